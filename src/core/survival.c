/*
 * The Kaplan-Meier curve from groups of customers with the same tenure.
 */
#include "survival.h"

#include <math.h>
#include <stdlib.h>

#define SORT_NAME sort_tenure_groups
#define SORT_TYPE tenure_group
#define SORT_LESS(a, b) ((a)->tenure < (b)->tenure)
#include "sort.h"

/* 97.5 % quantile of the standard normal distribution */
#define NORMAL_975 1.959963984540054

bool
tenure_group_valid(const tenure_group *group)
{
    return group->tenure >= 0 && group->events >= 0 && group->events <= group->customers &&
           group->customers > 0 && group->customers <= SURVIVAL_MOST_CUSTOMERS;
}

clm_status
tenure_groups_merge(tenure_group *groups, size_t *n, const clm_stop *stop)
{
    size_t merged = 0;
    clm_status status;

    if (*n == 0)
        return CLM_OK;
    status = sort_tenure_groups_alone(groups, *n, stop);
    if (status != CLM_OK)
        return status;

    for (size_t i = 1; i < *n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (groups[i].tenure != groups[merged].tenure) {
            groups[++merged] = groups[i];
            continue;
        }
        if (groups[i].customers > SURVIVAL_MOST_CUSTOMERS - groups[merged].customers)
            return CLM_OVERFLOW;
        groups[merged].events += groups[i].events;
        groups[merged].customers += groups[i].customers;
    }
    *n = merged + 1;
    return CLM_OK;
}

/* How many customers have each tenure or a longer one. */
static clm_status
count_at_risk(const tenure_group *groups, size_t n, int64_t *at_risk)
{
    int64_t customers = 0;

    for (size_t i = n; i-- > 0;) {
        if (groups[i].customers > SURVIVAL_MOST_CUSTOMERS - customers)
            return CLM_OVERFLOW;
        customers += groups[i].customers;
        at_risk[i] = customers;
    }
    return CLM_OK;
}

clm_status
kaplan_meier(const tenure_group *groups, size_t n, int64_t *at_risk, double *survival, double *se)
{
    /* Between two tenures with censored customers the product telescopes to start x staying / at_start, and is
     * computed so: without any, S is the share that stays, to the last bit. */
    double start = 1.0, at_start = 0.0, s = 1.0, greenwood = 0.0;
    bool censored = true;
    clm_status status = count_at_risk(groups, n, at_risk);

    for (size_t i = 0; i < n && status == CLM_OK; i++) {
        double here = (double)at_risk[i], staying = (double)(at_risk[i] - groups[i].events);

        if (censored) {
            start = s;
            at_start = here;
        }
        if (groups[i].events > 0) {
            s = start * staying / at_start;
            if (staying > 0)
                greenwood += (double)groups[i].events / here / staying;
        }
        censored = groups[i].events < groups[i].customers;
        survival[i] = s;
        se[i] = s * sqrt(greenwood);
    }
    return status;
}

bool
survival_curve_valid(const survival_curve *curve)
{
    int64_t tenure = -1;
    double survival = 1.0;

    for (size_t i = 0; i < curve->n; i++) {
        int64_t next_at_risk = i + 1 < curve->n ? curve->at_risk[i + 1] : 0;

        if (curve->tenure[i] <= tenure || curve->at_risk[i] <= 0 ||
            curve->at_risk[i] > SURVIVAL_MOST_CUSTOMERS || next_at_risk < 0 || curve->events[i] < 0 ||
            curve->events[i] > curve->at_risk[i] || next_at_risk > curve->at_risk[i] - curve->events[i] ||
            !(curve->survival[i] >= 0) || !(curve->survival[i] <= survival) || !(curve->se[i] >= 0))
            return false;
        tenure = curve->tenure[i];
        survival = curve->survival[i];
    }
    return curve->n > 0;
}

/* The first tenure of the curve that is not below the period. */
static size_t
find_tenure(const survival_curve *curve, int64_t period)
{
    size_t low = 0, high = curve->n - 1;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (curve->tenure[middle] < period)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

survival_point
survival_curve_at(const survival_curve *curve, int64_t period)
{
    size_t i = find_tenure(curve, period);
    bool observed = curve->tenure[i] == period;
    survival_point point = {.at_risk = curve->at_risk[i], .retention_rate = 1.0, .survival = 1.0};

    if (observed) {
        point.events = curve->events[i];
        point.retention_rate = (double)(point.at_risk - point.events) / (double)point.at_risk;
    }
    if (observed || i > 0) {
        point.survival = curve->survival[observed ? i : i - 1];
        point.se = curve->se[observed ? i : i - 1];
    }
    point.has_interval = point.survival > 0.0 && point.survival < 1.0;
    if (point.has_interval) {
        double width = NORMAL_975 * (point.se / point.survival / -log(point.survival));

        point.low = pow(point.survival, exp(width));
        point.high = pow(point.survival, exp(-width));
    }
    return point;
}
