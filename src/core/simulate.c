/*
 * Purchases of a simulated customer: the first at a random time, repeat purchases by the family, amounts by gamma-gamma.
 */
#include "simulate.h"

#include <math.h>
#include <stdlib.h>

#define AMOUNTS_PER_CHECK 16384 /* of the stop callback */

/* Turns the family's times, in periods since the first purchase, into days; the first purchase goes in front. */
static clm_status
times_to_days(clm_times *times, double joined, const simulation *s)
{
    clm_status status = clm_times_append(times, 0);
    size_t kept = 1;

    if (status != CLM_OK)
        return status;
    for (size_t i = times->n - 1; i > 0; i--)
        times->values[i] = joined + times->values[i - 1] * s->period;
    times->values[0] = joined;
    /* Rounding may carry a purchase at the very end beyond it. */
    while (kept < times->n && times->values[kept] < s->days)
        kept++;
    times->n = kept;
    return CLM_OK;
}

static clm_status
draw_amounts(const simulation *s, size_t n, double nu, clm_rng *rng, clm_times *amounts, const clm_stop *stop)
{
    amounts->n = 0;
    for (size_t i = 0; i < n; i++) {
        double amount = gamma_gamma_draw_spend(s->spend, nu, rng);
        clm_status status = isfinite(amount) ? clm_times_append(amounts, amount) : CLM_OVERFLOW;

        if (status != CLM_OK)
            return status;
        if (i % AMOUNTS_PER_CHECK == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
    }
    return CLM_OK;
}

clm_status
simulate_customer(const simulation *s, uint64_t customer, simulated_purchases *purchases,
                  const clm_stop *stop)
{
    clm_rng rng;
    double joined, nu;
    clm_status status;

    clm_rng_seed(&rng, s->seed, customer);
    joined = s->join_days * clm_rng_uniform(&rng);
    nu = gamma_gamma_draw_customer(s->spend, &rng);
    purchases->days.n = 0;
    status = s->family->draw(s->params, (s->days - joined) / s->period, &rng, &purchases->days, stop);
    if (status == CLM_OK)
        status = times_to_days(&purchases->days, joined, s);
    if (status == CLM_OK)
        status = draw_amounts(s, purchases->days.n, nu, &rng, &purchases->amounts, stop);
    return status;
}

void
simulated_purchases_free(simulated_purchases *purchases)
{
    free(purchases->days.values);
    free(purchases->amounts.values);
}
