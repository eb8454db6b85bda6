/*
 * Initiatives that move the drivers of a customer's economics, and what each is worth: alone, and as its share of the
 * worth of all together, interactions included (Shapley 1953).
 */
#ifndef CLM_LEVERS_H
#define CLM_LEVERS_H

#include "economics.h"
#include "shapley.h"

#define LEVERS_MAX_INITIATIVES SHAPLEY_MAX_PLAYERS

/* One driver that an initiative moves; initiatives go by the numbers that the caller gives them. */
typedef struct lever_effect {
    int initiative;
    economics_driver driver;
    double delta;
} lever_effect;

/* An initiative that takes a driver out of its domain, and to what. */
typedef struct lever_breach {
    int initiative;
    economics_driver driver;
    double value;
} lever_breach;

/* What each of n initiatives adds to each driver. */
typedef struct lever_initiatives {
    int n;
    double delta[LEVERS_MAX_INITIATIVES][ECONOMICS_DRIVERS];
} lever_initiatives;

typedef struct lever_values {
    double alone[LEVERS_MAX_INITIATIVES];   /* clv with that initiative only - clv without any */
    double shapley[LEVERS_MAX_INITIATIVES]; /* they add up to joint */
    double joint;                           /* clv with all - clv without any */
} lever_values;

/* Why there are no values. */
typedef struct lever_failure {
    lever_breach breach; /* with CLM_DOMAIN */
    unsigned
        combination; /* with CLM_DIVERGES and CLM_OVERFLOW: a combination that does so, as a set of bits */
} lever_failure;

/*
 * Adds the effects to e, which is inside its domain. False where this takes a driver out of its domain: the breach is
 * the initiative that last pushed it that way, and where the driver is at the end.
 */
extern bool levers_apply(economics *e, const lever_effect *effects, size_t n, lever_breach *breach);

/* The sums of the effects by initiative, 0 to n_initiatives - 1 <= LEVERS_MAX_INITIATIVES - 1. */
extern void levers_sum(const lever_effect *effects, size_t n, int n_initiatives,
                       lever_initiatives *initiatives);

/*
 * The values of the initiatives from the lifetime values of all 2^n combinations on e, which is inside its domain as
 * each combination must be: CLM_DOMAIN otherwise, found from the largest and the smallest sum of each driver, which some combination
 * reaches. CLM_DIVERGES and CLM_OVERFLOW as economics_clv has them.
 */
extern clm_status levers_value(const economics *e, const lever_initiatives *initiatives, lever_values *values,
                               lever_failure *failure);

#endif
