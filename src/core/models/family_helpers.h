/*
 * What customer families share: checks of arguments and results, starting points.
 */
#ifndef CLM_FAMILY_HELPERS_H
#define CLM_FAMILY_HELPERS_H

#include <math.h>

#include "../core.h"
#include "../sample.h"

static inline bool
all_positive(const double *params, int n)
{
    for (int i = 0; i < n; i++)
        if (!(params[i] > 0.0 && isfinite(params[i])))
            return false;
    return true;
}

/* Of a span of time; false for NaN as well. */
static inline bool
time_valid(double t)
{
    return t >= 0.0 && isfinite(t);
}

/* Every result passes here, so that NaN and infinity do not leave. */
static inline clm_status
give(double result, double *value)
{
    if (!isfinite(result))
        return CLM_OVERFLOW;
    *value = result;
    return CLM_OK;
}

/* Purchases of a customer from P(alive) and what live_purchases gave: 0 for one who is gone for certain, even where
 * those of a live customer are beyond counting. */
static inline clm_status
give_purchases(double alive, clm_status live_status, double live, double *value)
{
    if (alive == 0.0 && live_status == CLM_OVERFLOW)
        return give(0.0, value);
    return live_status == CLM_OK ? give(alive * live, value) : live_status;
}

/* Shape r of the customers' rates and their mean, by moments of the counts as if nobody dropped out: mean mu and
 * variance mu + mu^2 / r. */
static inline void
purchase_moments(const customer_moments *m, double *r, double *rate)
{
    double mu = fmax(m->x / m->customers, 1e-6);
    double excess = fmax(m->xx / m->customers - mu * mu - mu, 1e-3 * mu * mu);

    *r = fmin(fmax(mu * mu / excess, 0.05), 20.0);
    *rate = mu / fmax(m->t / m->customers, 1e-6);
}

/* What a starting point assumes of drop-out: its two parameters, and how much faster than the moments say the
 * customers buy, because drop-out hides a part of their purchases. */
typedef struct dropout_guess {
    double params[2], faster;
} dropout_guess;

/* Starting points r, alpha and the two parameters of drop-out for n guesses, no more than most; returns how many.
 */
static inline int
starting_points(const customer_moments *moments, const dropout_guess *guesses, int n, int most,
                double starts[][CLM_MAX_PARAMS])
{
    double r, rate;
    int i;

    purchase_moments(moments, &r, &rate);
    for (i = 0; i < n && i < most; i++) {
        starts[i][0] = r;
        starts[i][1] = r / (rate * guesses[i].faster);
        starts[i][2] = guesses[i].params[0];
        starts[i][3] = guesses[i].params[1];
    }
    return i;
}

#endif
