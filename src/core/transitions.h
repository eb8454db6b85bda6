/*
 * Moves of customers between named states, counted: how many went from one state to another.
 *
 * Counts are gathered in a counter, a hash table in one block of memory, and then packed for storage: sorted
 * by (from, to) bytewise, without a gap, so that equal counts are equal bytes. A packed move is its count (8
 * bytes), the lengths of its two names (2 bytes each) and the names, none of it aligned.
 */
#ifndef CLM_TRANSITIONS_H
#define CLM_TRANSITIONS_H

#include "core.h"

/* Longest name of a state in bytes. */
#define STATE_NAME_MAX 1024

typedef struct state_name {
    const char *bytes; /* without a final 0 */
    size_t length;
} state_name;

typedef struct move_count {
    state_name from;
    state_name to;
    int64_t count;
} move_count;

/* ---- names ---- */

/* Bytewise order, the shorter first: negative, 0 or positive. */
extern int state_name_compare(const state_name *a, const state_name *b);

/* Sorts n references to names, in which equal names stay in their order; scratch has room for n.
 * CLM_STOPPED. */
extern clm_status sort_state_names(const state_name **names, size_t n, const state_name **scratch,
                                   const clm_stop *stop);

/* The name among n sorted references that equals the one looked for, or NULL. */
extern const state_name *find_state_name(const state_name *const *names, size_t n, const state_name *name);

/* Sorted references to the distinct names of n moves; names and scratch have room for 2 n. *count becomes
 * their number. CLM_STOPPED. */
extern clm_status distinct_state_names(const move_count *moves, size_t n, const state_name **names,
                                       const state_name **scratch, size_t *count, const clm_stop *stop);

/* ---- the counter ---- */

/* A block of `size` bytes, all of which counts as its content: slots of a hash table with open addresses,
 * then the moves in the order of arrival, then zeros. */
typedef struct transition_counter {
    uint32_t size;
    uint32_t nslots;
    uint32_t n;      /* moves */
    uint32_t used;   /* 8-byte words that they take */
    uint64_t area[]; /* slots of 4 bytes, then the moves */
} transition_counter;

/* Limits of the size. Whatever fits into a block between them also fits into the hash table. */
#define TRANSITION_COUNTER_MIN_SIZE 128
#define TRANSITION_COUNTER_MAX_SIZE ((size_t)1 << 30)

/* Makes a counter of a block of zeros. */
extern void transition_counter_init(transition_counter *counter, size_t size);

/* Does the header agree with itself and with the size of the block that it stands in? */
extern bool transition_counter_is_valid(const transition_counter *counter, size_t size);

/*
 * Adds count >= 1 to a move between names of at most STATE_NAME_MAX bytes. CLM_TOO_MANY where it has no room,
 * CLM_OVERFLOW where the sum leaves the range of int64_t; the counter is then as it was.
 */
extern clm_status transition_counter_add(transition_counter *counter, const move_count *move);

/* Fills an empty counter with what a smaller one has. */
extern void transition_counter_copy(transition_counter *to, const transition_counter *from);

/* Reads one move after the other, in the order of arrival: *at starts at 0; false at the end. */
extern bool transition_counter_next(const transition_counter *counter, size_t *at, move_count *move);

/* ---- the packed form ---- */

/* Sorts moves by (from, to); scratch has room for n. CLM_STOPPED. */
extern clm_status sort_moves(move_count *moves, size_t n, move_count *scratch, const clm_stop *stop);

/* Bytes that n moves take, and the moves written there; they are sorted and distinct. */
extern size_t packed_moves_size(const move_count *moves, size_t n);
extern void pack_moves(const move_count *moves, size_t n, unsigned char *packed);

/* Is it what pack_moves writes? Then *n is the number of moves. */
extern bool packed_moves_are_valid(const unsigned char *packed, size_t size, size_t *n);

/* Takes valid packed moves apart; the names stay where they are. */
extern void unpack_moves(const unsigned char *packed, size_t n, move_count *moves);

#endif
