/*
 * Counts and exact sums gathered by an aggregate: a flat state that aggregates of several names share.
 */
#ifndef CLM_SUM_STATE_H
#define CLM_SUM_STATE_H

#include "clm.h"

#include "core/exact_sum.h"

/* A header, then int64 counts, then the chunks of each sum in turn; all sums have the same window. */
typedef struct SumState {
    int32 vl_len_;
    uint16 format;
    uint8 low, width; /* the window */
    uint32 additions; /* at most so many numbers were added to each sum since its chunks were digits */
    uint32 unused;
    float8 constant; /* the aggregate's constant argument; 0 where it has none */
    int64 data[FLEXIBLE_ARRAY_MEMBER];
} SumState;

/* What the state of an aggregate consists of. */
typedef struct sum_layout {
    const char *type; /* of the state, in schema clm */
    const char *aggregate;
    const char *constant; /* name of the constant argument, NULL where there is none */
    int ncounts;          /* each at least 0 */
    int nsums;
    /* Whether the constant and the counts go together; NULL where all do. */
    bool (*valid)(const SumState *state);
} sum_layout;

/* The state of a datum; its counts and sums are read in place. */
extern SumState *datum_get_sum_state(Datum datum, const sum_layout *layout);

/*
 * The first argument as a state to which a transition or a combine function may add, once to each sum, numbers
 * within the window `needed`: in place where allowed, otherwise rewritten with room for them; a new one where it is
 * NULL. An error where its constant is another one.
 */
extern SumState *get_writable_sum_state(FunctionCallInfo fcinfo, const sum_layout *layout, float8 constant,
                                        exact_window needed);

/* Adds to count i; an error beyond int64. */
extern void sum_state_count(SumState *state, int i, int64 more);

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
