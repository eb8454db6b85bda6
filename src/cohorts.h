/*
 * The types clm.cohorts and clm.cohorts_state as the server stores them.
 */
#ifndef CLM_SERVER_COHORTS_H
#define CLM_SERVER_COHORTS_H

#include "clm.h"

#include "core/cohorts.h"

/*
 * Cohorts in the making: a cohort_table follows the header. Sizes are powers of two, as the allocator rounds up to those.
 * Finished ones, a clm.cohorts, are the same without spare room, the rows in the order of their ages and the sums as digits,
 * so that equal cohorts have equal bytes.
 */
typedef struct CohortsState {
    int32 vl_len_;
    uint32 format;
} CohortsState;

static inline cohort_table *
state_table(const CohortsState *state)
{
    return (cohort_table *)(state + 1);
}

/* The state, or the finished cohorts, of a datum, in place where it was stored plainly. */
extern CohortsState *datum_get_cohorts_state(Datum datum);

/* A state without customers. */
extern CohortsState *make_cohorts_state(calendar_unit unit, DateADT as_of);

/* The state, which may be written to, where it has the room and takes n more numbers; otherwise a larger one with the
 * same content. */
extern CohortsState *cohorts_state_with(CohortsState *state, const cohort_room *room, size_t n);

/* Adds what the other state has gathered, with the same as_of and calendar, to a state that may be written to. */
extern CohortsState *add_cohorts(CohortsState *state, const CohortsState *other);

/* The finished cohorts of a state. */
extern CohortsState *finish_cohorts(const CohortsState *state);

#endif
