/*
 * Concentration of value from groups of customers with the same value.
 */
#include "concentration.h"

#include <float.h>
#include <math.h>

#include "compensated.h"

/* How far below 80 % still counts as 80 %: decimal amounts are not exact as doubles. */
#define ROUNDING 1e-12

typedef struct value_sums {
    compensated_sum total, positive, negative;
    compensated_sum ranked; /* sum of (2k - n - 1) / n x_(k), k the rank from the smallest value */
    int64_t positive_customers;
} value_sums;

static clm_status
sum_values(const value_group *groups, size_t n, int64_t customers, const clm_stop *stop, value_sums *sums)
{
    int64_t below = 0;

    *sums = (value_sums){0};
    for (size_t i = 0; i < n; i++) {
        double value = groups[i].value * (double)groups[i].customers;

        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        compensated_add(&sums->total, value);
        compensated_add(groups[i].value > 0 ? &sums->positive : &sums->negative, value);
        if (groups[i].value > 0)
            sums->positive_customers += groups[i].customers;
        /* 2k - n - 1 is on average over the ranks of the group: */
        compensated_add(&sums->ranked, value * ((double)(below + below + groups[i].customers - customers) /
                                                (double)customers));
        below += groups[i].customers;
    }
    return isfinite(compensated_value(&sums->positive)) && isfinite(compensated_value(&sums->negative))
               ? CLM_OK
               : CLM_OVERFLOW;
}

/* The sum of the `customers` largest values. */
static clm_status
sum_best(const value_group *groups, size_t n, int64_t customers, const clm_stop *stop, double *sum)
{
    compensated_sum best = {0};

    for (size_t i = n; i-- > 0 && customers > 0;) {
        int64_t taken = groups[i].customers < customers ? groups[i].customers : customers;

        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        compensated_add(&best, groups[i].value * (double)taken);
        customers -= taken;
    }
    *sum = compensated_value(&best);
    return CLM_OK;
}

/* The fewest customers whose values sum up to `target`, which is positive and not more than the sum of the
 * positive values. */
static clm_status
count_to_reach(const value_group *groups, size_t n, double target, const clm_stop *stop, int64_t *customers)
{
    compensated_sum reached = {0};

    *customers = 0;
    for (size_t i = n; i-- > 0 && groups[i].value > 0;) {
        double missing = target - compensated_value(&reached),
               all = groups[i].value * (double)groups[i].customers;

        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (missing <= all) {
            double needed = fmin(ceil(missing / groups[i].value), (double)groups[i].customers);

            *customers += needed > 1 ? (int64_t)needed : 1;
            break;
        }
        compensated_add(&reached, all);
        *customers += groups[i].customers;
    }
    return CLM_OK;
}

clm_status
concentration_of(const value_group *groups, size_t n, const clm_stop *stop, concentration *c)
{
    value_sums sums;
    double positive, negative, best = 0.0;
    clm_status status;

    *c = (concentration){0};
    status = value_groups_count(groups, n, stop, &c->customers);
    if (status == CLM_OK)
        status = sum_values(groups, n, c->customers, stop, &sums);
    if (status != CLM_OK)
        return status;
    positive = compensated_value(&sums.positive);
    negative = compensated_value(&sums.negative);
    c->total = compensated_value(&sums.total);
    c->has_shares = c->total > DBL_EPSILON * positive - DBL_EPSILON * negative;
    c->has_gini = c->has_shares && groups[0].value >= 0;
    c->has_top80 = sums.positive_customers > 0;
    if (c->has_gini)
        c->gini = fmax(compensated_value(&sums.ranked) / c->total, 0.0);
    if (c->has_shares) {
        status = sum_best(groups, n, (c->customers + 4) / 5, stop, &best);
        c->peak = positive / c->total;
        c->peak_position = (double)sums.positive_customers / (double)c->customers;
        c->top20 = best / c->total;
        c->loss = negative / c->total;
    }
    if (c->has_top80 && status == CLM_OK) {
        status = count_to_reach(groups, n, 0.8 * (1.0 - ROUNDING) * positive, stop, &c->top80_customers);
        c->top80_share = (double)c->top80_customers / (double)c->customers;
    }
    return status;
}
