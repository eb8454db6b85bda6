/*
 * The types clm.transitions and clm.transitions_state as the server stores them.
 */
#ifndef CLM_SERVER_TRANSITIONS_H
#define CLM_SERVER_TRANSITIONS_H

#include "clm.h"

#include "core/transitions.h"

/* Format of stored transitions; a reader refuses any other. */
#define TRANSITIONS_FORMAT 1

/* Finished transitions: format byte, then the packed moves of core/transitions.h. */
typedef struct Transitions {
    int32 vl_len_;
    uint8 format;
    unsigned char packed[FLEXIBLE_ARRAY_MEMBER];
} Transitions;

#define TRANSITIONS_HEADER_SIZE offsetof(Transitions, packed)

/*
 * Transitions in the making: a transition_counter follows the header. Sizes are powers of two, as the
 * allocator rounds up to those.
 */
typedef struct TransitionsState {
    int32 vl_len_;
    int32 unused; /* keeps what follows aligned */
} TransitionsState;

#define TRANSITIONS_STATE_FIRST_SIZE 256
#define TRANSITIONS_STATE_LAST_SIZE ((Size)1 << 29)

static inline transition_counter *
state_counter(const TransitionsState *state)
{
    return (transition_counter *)(state + 1);
}

/* Moves, sorted by (from, to) and distinct. */
typedef struct move_list {
    move_count *moves;
    size_t n;
} move_list;

/* The moves of a datum; their names stay where they are unless the datum was compressed or out of line. */
extern move_list datum_get_moves(Datum datum);

/* The moves that a state has gathered; their names stay there. */
extern move_list state_moves(const TransitionsState *state);

/* New transitions of the moves. */
extern Transitions *make_transitions(const move_list *list);

/* The state of a datum, in place where it was stored plainly. */
extern TransitionsState *datum_get_transitions_state(Datum datum);

/* An empty state of this size; a copy of a state of at least its size. */
extern TransitionsState *make_transitions_state(Size size);
extern TransitionsState *copy_transitions_state(const TransitionsState *state, Size size);

/*
 * Adds a move to a state that may be written to, and returns the state: a larger one where it has no room. A
 * count beyond bigint is an error; a soft one, and NULL, where there is an escontext.
 */
extern TransitionsState *add_move(TransitionsState *state, const move_count *move, Node *escontext);

/* A name must not be longer than STATE_NAME_MAX bytes; false after a soft error. */
extern bool check_state_name(const state_name *name, Node *escontext);

#endif
