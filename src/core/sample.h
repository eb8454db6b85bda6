/*
 * Observations that a customer model is fitted to: the field's customer summaries, equal ones merged with
 * weights.
 */
#ifndef CLM_SAMPLE_H
#define CLM_SAMPLE_H

#include "core.h"

/* One customer's purchases: x repeats, recency t_x and age t, both in periods since the first purchase.
 * Domain: x >= 0, 0 <= t_x <= t, t_x = 0 where x = 0, all finite. */
typedef struct customer_summary {
    int64_t x;
    double t_x;
    double t;
} customer_summary;

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
    int64_t max_x;
    size_t n_t, n_t_x;
    const double *t_values, *t_x_values;
    const uint32_t *t_index, *t_x_index;
} customer_sample;

/* Groups sorted by (n, m), no two equal. */
typedef struct spend_sample {
    size_t n;
    const spend_group *groups;
    double customers;
} spend_sample;

#endif
