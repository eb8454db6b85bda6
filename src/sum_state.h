/*
 * Counts and exact sums gathered by an aggregate: a flat state that aggregates of several names share.
 */
#ifndef CLM_SUM_STATE_H
#define CLM_SUM_STATE_H

#include "clm.h"

#include "core/exact_sum.h"

/* A header, then int64 counts, float8 constants, two float8 where there is a range, and the chunks of each sum in turn;
 * all sums have the same window. */
typedef struct SumState {
    int32 vl_len_;
    uint16 format;
    uint8 low, width; /* the window */
    uint32 additions; /* at most so many numbers were added to each sum since its chunks were digits */
    uint32 unused;
    int64 data[FLEXIBLE_ARRAY_MEMBER];
} SumState;

#define SUM_MAX_CONSTANTS 16

/* What the state of an aggregate consists of. */
typedef struct sum_layout {
    const char *type; /* of the state, in schema clm */
    const char *aggregate;
    int nconstants;               /* numbers that are the same in all rows of an aggregation */
    const char *const *constants; /* their names */
    int ncounts;                  /* each at least 0 */
    int nsums;
    /* Whether constants and counts go together; NULL where all do. */
    bool (*valid)(const SumState *state);
    bool
        has_range; /* the least and the largest of some numbers are kept, there are none while count 0 is 0 */
} sum_layout;

static inline float8 *
sum_state_constants(const SumState *state, const sum_layout *layout)
{
    return (float8 *)(state->data + layout->ncounts);
}

/* Least and largest. */
static inline float8 *
sum_state_range(const SumState *state, const sum_layout *layout)
{
    return sum_state_constants(state, layout) + layout->nconstants;
}

/* The state of a datum; its counts and sums are read in place. */
extern SumState *datum_get_sum_state(Datum datum, const sum_layout *layout);

/*
 * The first argument as a state to which a transition or a combine function may add, once to each sum, numbers
 * within the window `needed`: in place where allowed, otherwise rewritten with room for them; a new one where it is
 * NULL. An error where a constant is another one.
 */
extern SumState *get_writable_sum_state(FunctionCallInfo fcinfo, const sum_layout *layout,
                                        const float8 *constants, exact_window needed);

/* Adds to count i; an error beyond int64. */
extern void sum_state_count(SumState *state, int i, int64 more);

/* Widens the range to a number, or a range; before the rows that it comes from are counted. */
extern void sum_state_widen(SumState *state, const sum_layout *layout, float8 least, float8 largest);

/* Adds to sum i, or reads it. */
extern void sum_state_add(SumState *state, const sum_layout *layout, int i, const exact_number *x);
extern void sum_state_read(const SumState *state, const sum_layout *layout, int i, exact_number *x);

extern Datum sum_state_in(FunctionCallInfo fcinfo, const sum_layout *layout);
extern Datum sum_state_out(FunctionCallInfo fcinfo, const sum_layout *layout);
extern Datum sum_state_recv(FunctionCallInfo fcinfo, const sum_layout *layout);
extern Datum sum_state_send(FunctionCallInfo fcinfo, const sum_layout *layout);
extern Datum sum_state_combine(FunctionCallInfo fcinfo, const sum_layout *layout);

#define SUM_STATE_FUNCTION(name, function, layout)                                                           \
    PG_FUNCTION_INFO_V1(name);                                                                               \
    Datum name(PG_FUNCTION_ARGS)                                                                             \
    {                                                                                                        \
        return function(fcinfo, layout);                                                                     \
    }

/* The functions of a state type that SQL sees: prefix_state_in, ..., prefix_combine. */
#define SUM_STATE_FUNCTIONS(prefix, layout)                                                                  \
    SUM_STATE_FUNCTION(prefix##_state_in, sum_state_in, layout)                                              \
    SUM_STATE_FUNCTION(prefix##_state_out, sum_state_out, layout)                                            \
    SUM_STATE_FUNCTION(prefix##_state_recv, sum_state_recv, layout)                                          \
    SUM_STATE_FUNCTION(prefix##_state_send, sum_state_send, layout)                                          \
    SUM_STATE_FUNCTION(prefix##_combine, sum_state_combine, layout)

#endif
