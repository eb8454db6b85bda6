/*
 * The tracking of a customer base: one expectation for each age, in days, then a convolution with the numbers of
 * customers who joined.
 */
#include "tracking.h"

#include <math.h>
#include <stdlib.h>

#define SORT_NAME sort_tracking_days
#define SORT_TYPE tracking_day
#define SORT_LESS(a, b) ((a)->day < (b)->day)
#include "sort.h"

/* ---- days ---- */

bool
tracking_day_valid(const tracking_day *day)
{
    return day->joined >= 0 && day->joined <= TRACKING_MOST_PURCHASES && day->repeats >= 0 &&
           day->repeats <= TRACKING_MOST_PURCHASES && (day->joined > 0 || day->repeats > 0);
}

/* *sum += count, both within 0 and TRACKING_MOST_PURCHASES; false where the sum is not. */
static bool
add_count(int64_t *sum, int64_t count)
{
    *sum += count;
    return *sum <= TRACKING_MOST_PURCHASES;
}

clm_status
tracking_days_merge(tracking_day *days, size_t *n, const clm_stop *stop)
{
    size_t merged = 0;
    clm_status status;

    if (*n == 0)
        return CLM_OK;
    status = sort_tracking_days_alone(days, *n, stop);
    if (status != CLM_OK)
        return status;

    for (size_t i = 1; i < *n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (days[i].day != days[merged].day)
            days[++merged] = days[i];
        else if (!add_count(&days[merged].joined, days[i].joined) ||
                 !add_count(&days[merged].repeats, days[i].repeats))
            return CLM_OVERFLOW;
    }
    *n = merged + 1;
    return CLM_OK;
}

bool
tracking_valid(const tracking *t)
{
    int64_t before = -1, customers = 0, purchases = 0;

    for (size_t i = 0; i < t->n; i++) {
        tracking_day day = {t->day[i], t->joined[i], t->repeats[i]};

        if (day.day <= before || day.day >= t->span || !tracking_day_valid(&day) ||
            !add_count(&customers, day.joined) || !add_count(&purchases, day.repeats))
            return false;
        before = day.day;
    }
    return t->n > 0 && t->span <= TRACKING_MOST_DAYS && t->day[0] == 0 && t->joined[0] > 0;
}

/* ---- expectation ---- */

double
model_time(const customer_family *family, int32_t period, int64_t days)
{
    return family->discrete ? (double)(days / period) : (double)days / period;
}

/* What a new customer is expected to buy within 0, 1, ..., days days. */
static clm_status
expect_by_age(const customer_family *family, const double *params, int32_t period, int64_t days,
              double *expected, const clm_stop *stop)
{
    for (int64_t age = 0; age <= days; age++) {
        double time = model_time(family, period, age);
        clm_status status;

        if (age > 0 && time == model_time(family, period, age - 1)) {
            expected[age] = expected[age - 1];
            continue;
        }
        if (clm_stop_requested(stop))
            return CLM_STOPPED;
        status = family->expected_purchases_new(params, time, &expected[age]);
        if (status != CLM_OK)
            return status;
    }
    return CLM_OK;
}

/* The sum over customers of what is expected until the end of a day. */
static double
expect_until(const tracking *t, int64_t end, const double *by_age)
{
    double sum = 0.0;

    for (size_t i = 0; i < t->n && t->day[i] <= end; i++)
        sum += (double)t->joined[i] * by_age[end - t->day[i]];
    return sum;
}

clm_status
track_purchases(const tracking *t, const customer_family *family, const double *params, int32_t period,
                const int64_t *ends, size_t n, int64_t *actual, double *expected, const clm_stop *stop)
{
    double *by_age;
    clm_status status;
    size_t at = 0;
    int64_t purchases = 0;

    if (n == 0)
        return CLM_OK;
    by_age = malloc(((size_t)ends[n - 1] + 1) * sizeof(*by_age));
    if (by_age == NULL)
        return CLM_NO_MEMORY;
    status = expect_by_age(family, params, period, ends[n - 1], by_age, stop);
    for (size_t i = 0; i < n && status == CLM_OK; i++) {
        for (; at < t->n && t->day[at] <= ends[i]; at++)
            purchases += t->repeats[at];
        actual[i] = purchases;
        expected[i] = expect_until(t, ends[i], by_age);
        if (!isfinite(expected[i]))
            status = CLM_OVERFLOW;
        else if (clm_stop_requested(stop))
            status = CLM_STOPPED;
    }
    free(by_age);
    return status;
}
