/*
 * What every part of the core shares: status codes, the stop callback, limits.
 *
 * The core is plain C11. It knows nothing of PostgreSQL, keeps no global state, never prints, never longjmps,
 * and frees on every path what it allocates itself. NaN and infinity never leave it: a function returns a
 * status, and its results are meaningful only with CLM_OK.
 */
#ifndef CLM_CORE_H
#define CLM_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum clm_status {
    CLM_OK = 0,
    CLM_STOPPED,           /* the stop callback asked to end */
    CLM_NO_MEMORY,         /* malloc failed */
    CLM_DOMAIN,            /* an argument lies outside the documented domain */
    CLM_OVERFLOW,          /* finite input, result beyond the range of a double */
    CLM_TOO_MANY,          /* more than a documented number of results */
    CLM_DIVERGES,          /* an infinite sum has no finite value */
    CLM_UNDEFINED,         /* the quantity does not exist for these arguments; SQL answers NULL */
    CLM_FIT_TOO_FEW,       /* fewer than two customers */
    CLM_FIT_NO_REPEAT,     /* nobody bought again */
    CLM_FIT_NO_SPREAD,     /* every customer spends the same */
    CLM_FIT_BORDER,        /* the likelihood grows towards the border of the domain */
    CLM_FIT_NOT_CONVERGED, /* no start led to an optimum */
    CLM_FIT_HESSIAN,       /* the Hessian at the optimum is not positive definite */
    CLM_FIT_NO_CHURN,      /* nobody has left */
    CLM_FIT_ONE_PERIOD,    /* all have left in the same period */
    CLM_FIT_ONE_OUTCOME,   /* the outcome is the same for every customer */
    CLM_FIT_CONSTANT,      /* a signal or a covariate has the same value for every customer */
    CLM_FIT_FAR,           /* covariates lie so far from 0 that the parameters there leave the range */
    CLM_FIT_COLLINEAR      /* a signal or a covariate is a linear combination of others */
} clm_status;

/* Asked now and then in long work; true means: free everything and return CLM_STOPPED. NULL never stops. */
typedef struct clm_stop {
    bool (*requested)(void *arg);
    void *arg;
} clm_stop;

static inline bool
clm_stop_requested(const clm_stop *stop)
{
    return stop != NULL && stop->requested(stop->arg);
}

/* Items of a fast loop between two looks at the stop callback: well below a millisecond of work. */
#define CLM_STOP_EVERY 16384

/* The look at item i of such a loop. */
static inline bool
clm_stop_at(size_t i, const clm_stop *stop)
{
    return i % CLM_STOP_EVERY == 0 && clm_stop_requested(stop);
}

/* A probability without what rounding takes it beyond 1 by. NaN stays NaN, which fmin() would make 1. */
static inline double
at_most_1(double p)
{
    return p > 1.0 ? 1.0 : p;
}

/* Most parameters that a family may have, and most covariates of a model; arrays in fits and models are this
 * long. */
#define CLM_MAX_PARAMS 8
#define CLM_MAX_COVARIATES 16

#endif
