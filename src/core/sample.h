/*
 * Observations that a customer model is fitted to: the field's customer summaries, equal ones merged with
 * weights.
 */
#ifndef CLM_SAMPLE_H
#define CLM_SAMPLE_H

#include <math.h>

#include "core.h"

/* One customer's purchases: x repeats, recency t_x and age t, both in periods since the first purchase.
 * Domain: x >= 0, 0 <= t_x <= t, t_x = 0 where x = 0, all finite. */
typedef struct customer_summary {
    int64_t x;
    double t_x;
    double t;
} customer_summary;

/* The summary of a customer whose times are known in days, in periods of so many days. */
static inline customer_summary
customer_summary_of_days(int64_t x, int64_t recency_days, int64_t age_days, int32_t period)
{
    return (customer_summary){x, (double)recency_days / period, (double)age_days / period};
}

/* Written so that NaN fails. */
static inline bool
customer_summary_valid(const customer_summary *c)
{
    return c->x >= 0 && c->t_x >= 0 && c->t_x <= c->t && isfinite(c->t) && (c->x > 0 || c->t_x == 0);
}

/* Customers with the same summary. */
typedef struct customer_group {
    customer_summary of;
    int64_t weight; /* how many customers, > 0 */
} customer_group;

/* Customers with the same spend: n repeat purchases of mean value m. */
typedef struct spend_group {
    int64_t n;      /* > 0 */
    double m;       /* > 0 */
    int64_t weight; /* > 0 */
} spend_group;

/*
 * Groups sorted by (x, t, t_x), no two equal, with the distinct times apart, so that a likelihood takes the
 * logarithm of each distinct time once: groups[i].of.t == t_values[t_index[i]].
 */
typedef struct customer_sample {
    size_t n;
    const customer_group *groups;
    double customers; /* sum of weights */
    double
        log_gaps; /* over all customers: sum of the logarithms of the times between purchases, where known */
    int64_t max_x;
    size_t n_t, n_t_x;
    const double *t_values, *t_x_values;
    const uint32_t *t_index, *t_x_index;
} customer_sample;

/* Sums over customers of what starting points are guessed from. */
typedef struct customer_moments {
    double customers;
    double x, xx; /* of the numbers of repeat purchases, and of their squares */
    double t_x, t;
} customer_moments;

/* Spend groups with the same n and the same weight: totals[first] to totals[first + count - 1]. */
typedef struct spend_run {
    int64_t n, weight;
    size_t first, count;
    double sum_log_m; /* of the run's groups, each counted once */
} spend_run;

/*
 * Groups sorted by (n, m), no two equal. The runs, sorted by (n, weight), are the same groups again as a
 * likelihood wants them: totals holds n m, ascending within a run.
 */
typedef struct spend_sample {
    size_t n;
    const spend_group *groups;
    double customers;
    double mean_log_m; /* over customers */
    size_t n_runs;
    const spend_run *runs;
    const double *totals;
} spend_sample;

/*
 * Sorts n groups and merges equal ones in place, *n shrinks; the result does not depend on the order of the
 * input, bit for bit. Errors: CLM_DOMAIN (a group outside its domain), CLM_OVERFLOW (more than 2^53
 * customers), CLM_NO_MEMORY, CLM_STOPPED (the groups then are the same customers, in some order).
 */
extern clm_status customer_groups_merge(customer_group *groups, size_t *n, const clm_stop *stop);
extern clm_status spend_groups_merge(spend_group *groups, size_t *n, const clm_stop *stop);

/* Sum of the logarithms of times between purchases in units of `period` days; count[days] of them are so long. */
extern double sum_log_gaps(const int64_t *count, size_t n, double period);

/*
 * Builds a sample of merged groups, which it only refers to: they must outlive it. Free the sample after
 * CLM_OK; after an error (CLM_NO_MEMORY, CLM_OVERFLOW, CLM_STOPPED) nothing is left to free.
 */
extern clm_status customer_sample_build(const customer_group *groups, size_t n, const clm_stop *stop,
                                        customer_sample *sample);
extern void customer_sample_free(customer_sample *sample);
/* The moments of its customers, with times in units of `unit`. */
extern customer_moments customer_sample_moments(const customer_sample *sample, double unit);
extern clm_status spend_sample_build(const spend_group *groups, size_t n, const clm_stop *stop,
                                     spend_sample *sample);
extern void spend_sample_free(spend_sample *sample);

#endif
