/*
 * Observations as a fit needs them: sorted, equal ones merged, and taken apart so that a likelihood does its
 * costly work once for many customers.
 */
#include "sample.h"

#include <math.h>
#include <stdlib.h>

#include "compensated.h"

#define RADIX_NAME sort_customer_groups
#define RADIX_TYPE customer_group
#define RADIX_KEYS 3
#define RADIX_KEY(group, k)                                                                                  \
    ((k) == 0   ? radix_key_of_double((group)->of.t_x)                                                       \
     : (k) == 1 ? radix_key_of_double((group)->of.t)                                                         \
                : (uint64_t)(group)->of.x)
#include "radix_sort.h"

#define RADIX_NAME sort_spend_groups
#define RADIX_TYPE spend_group
#define RADIX_KEYS 2
#define RADIX_KEY(group, k) ((k) == 0 ? radix_key_of_double((group)->m) : (uint64_t)(group)->n)
#include "radix_sort.h"

#define RADIX_NAME sort_by_weight
#define RADIX_TYPE spend_group
#define RADIX_KEYS 2
#define RADIX_KEY(group, k) ((k) == 0 ? (uint64_t)(group)->weight : (uint64_t)(group)->n)
#include "radix_sort.h"

/* More would not be exact as a double. */
#define MOST_CUSTOMERS ((int64_t)1 << 53)

/* Adds a weight to a count of customers. */
static clm_status
add_weight(int64_t *customers, int64_t weight)
{
    if (weight <= 0)
        return CLM_DOMAIN;
    if (weight > MOST_CUSTOMERS - *customers)
        return CLM_OVERFLOW;
    *customers += weight;
    return CLM_OK;
}

/* Checks the groups' domain and makes -0 into 0, which otherwise compares equal but has other bits. */
static clm_status
check_customer_groups(customer_group *groups, size_t n, const clm_stop *stop)
{
    int64_t customers = 0;

    for (size_t i = 0; i < n; i++) {
        customer_summary *c = &groups[i].of;
        clm_status status = add_weight(&customers, groups[i].weight);

        if (status != CLM_OK)
            return status;
        if (!customer_summary_valid(c))
            return CLM_DOMAIN;
        c->t_x += 0.0;
        c->t += 0.0;
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
    }
    return CLM_OK;
}

clm_status
customer_groups_merge(customer_group *groups, size_t *n, const clm_stop *stop)
{
    clm_status status = check_customer_groups(groups, *n, stop);
    customer_group *scratch;
    size_t merged = 0;

    if (status != CLM_OK || *n == 0)
        return status;
    scratch = malloc(*n * sizeof(*scratch));
    if (scratch == NULL)
        return CLM_NO_MEMORY;
    if (!sort_customer_groups(groups, *n, scratch, stop))
        status = CLM_STOPPED;
    free(scratch);
    if (status != CLM_OK)
        return status;

    for (size_t i = 1; i < *n; i++) {
        const customer_summary *last = &groups[merged].of, *c = &groups[i].of;

        if (clm_stop_at(i, stop)) {
            /* All customers stay there, merged or not. */
            memmove(&groups[merged + 1], &groups[i], (*n - i) * sizeof(*groups));
            *n -= i - (merged + 1);
            return CLM_STOPPED;
        }
        if (c->x == last->x && c->t == last->t && c->t_x == last->t_x)
            groups[merged].weight += groups[i].weight;
        else
            groups[++merged] = groups[i];
    }
    *n = merged + 1;
    return CLM_OK;
}

static clm_status
check_spend_groups(const spend_group *groups, size_t n, const clm_stop *stop)
{
    int64_t customers = 0;

    for (size_t i = 0; i < n; i++) {
        clm_status status = add_weight(&customers, groups[i].weight);

        if (status != CLM_OK)
            return status;
        if (!(groups[i].n > 0 && groups[i].m > 0.0 && isfinite(groups[i].m)))
            return CLM_DOMAIN;
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
    }
    return CLM_OK;
}

clm_status
spend_groups_merge(spend_group *groups, size_t *n, const clm_stop *stop)
{
    clm_status status = check_spend_groups(groups, *n, stop);
    spend_group *scratch;
    size_t merged = 0;

    if (status != CLM_OK || *n == 0)
        return status;
    scratch = malloc(*n * sizeof(*scratch));
    if (scratch == NULL)
        return CLM_NO_MEMORY;
    if (!sort_spend_groups(groups, *n, scratch, stop))
        status = CLM_STOPPED;
    free(scratch);
    if (status != CLM_OK)
        return status;

    for (size_t i = 1; i < *n; i++) {
        if (clm_stop_at(i, stop)) {
            memmove(&groups[merged + 1], &groups[i], (*n - i) * sizeof(*groups));
            *n -= i - (merged + 1);
            return CLM_STOPPED;
        }
        if (groups[i].n == groups[merged].n && groups[i].m == groups[merged].m)
            groups[merged].weight += groups[i].weight;
        else
            groups[++merged] = groups[i];
    }
    *n = merged + 1;
    return CLM_OK;
}

/*
 * The distinct values among many times, in the order of their first appearance, found by a hash table with
 * open addressing: a slot holds 1 + the place of a value, 0 where it is empty.
 */
typedef struct distinct_times {
    double *values;
    size_t n, capacity;
    uint32_t *slots;
    int slot_bits;
} distinct_times;

static inline size_t
slot_of(const distinct_times *times, double value)
{
    size_t last = ((size_t)1 << times->slot_bits) - 1;
    /* The high bits of a product with an odd number (the golden ratio, Knuth vol. 3, 6.4) are well mixed. */
    size_t slot =
        (size_t)((radix_key_of_double(value) * UINT64_C(0x9E3779B97F4A7C15)) >> (64 - times->slot_bits));

    while (times->slots[slot] != 0 && times->values[times->slots[slot] - 1] != value)
        slot = (slot + 1) & last;
    return slot;
}

/* Doubles the room for values and keeps twice as many slots. */
static clm_status
distinct_times_grow(distinct_times *times, const clm_stop *stop)
{
    size_t capacity = times->capacity == 0 ? 256 : 2 * times->capacity;
    int slot_bits = times->capacity == 0 ? 9 : times->slot_bits + 1;
    double *values = realloc(times->values, capacity * sizeof(*values));
    uint32_t *slots;

    if (values == NULL)
        return CLM_NO_MEMORY;
    times->values = values;
    slots = calloc((size_t)1 << slot_bits, sizeof(*slots));
    if (slots == NULL)
        return CLM_NO_MEMORY;
    free(times->slots);
    times->slots = slots;
    times->slot_bits = slot_bits;
    times->capacity = capacity;
    for (size_t i = 0; i < times->n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        slots[slot_of(times, values[i])] = (uint32_t)(i + 1);
    }
    return CLM_OK;
}

static clm_status
distinct_times_index(distinct_times *times, double value, const clm_stop *stop, uint32_t *index)
{
    size_t slot;

    if (times->n == times->capacity) {
        clm_status status = distinct_times_grow(times, stop);

        if (status != CLM_OK)
            return status;
    }
    slot = slot_of(times, value);
    if (times->slots[slot] == 0) {
        times->values[times->n++] = value;
        times->slots[slot] = (uint32_t)times->n;
    }
    *index = times->slots[slot] - 1;
    return CLM_OK;
}

static clm_status
index_times(const customer_group *groups, size_t n, const clm_stop *stop, distinct_times *t,
            distinct_times *t_x, uint32_t *t_index, uint32_t *t_x_index)
{
    for (size_t i = 0; i < n; i++) {
        clm_status status = CLM_OK;

        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        /* Sorted groups mostly repeat the t of the group before. */
        if (i > 0 && groups[i].of.t == groups[i - 1].of.t)
            t_index[i] = t_index[i - 1];
        else
            status = distinct_times_index(t, groups[i].of.t, stop, &t_index[i]);
        if (status == CLM_OK)
            status = distinct_times_index(t_x, groups[i].of.t_x, stop, &t_x_index[i]);
        if (status != CLM_OK)
            return status;
    }
    return CLM_OK;
}

clm_status
customer_sample_build(const customer_group *groups, size_t n, const clm_stop *stop, customer_sample *sample)
{
    distinct_times t = {0}, t_x = {0};
    uint32_t *t_index, *t_x_index;
    clm_status status = CLM_NO_MEMORY;

    *sample = (customer_sample){.n = n, .groups = groups};
    if (n >= UINT32_MAX) /* the tables would not fit their indexes */
        return CLM_OVERFLOW;
    for (size_t i = 0; i < n; i++)
        sample->customers += (double)groups[i].weight;
    sample->max_x = n > 0 ? groups[n - 1].of.x : 0;

    t_index = malloc((n + 1) * sizeof(*t_index));
    t_x_index = malloc((n + 1) * sizeof(*t_x_index));
    if (t_index != NULL && t_x_index != NULL)
        status = index_times(groups, n, stop, &t, &t_x, t_index, t_x_index);
    free(t.slots);
    free(t_x.slots);
    sample->t_index = t_index;
    sample->t_x_index = t_x_index;
    sample->n_t = t.n;
    sample->t_values = t.values;
    sample->n_t_x = t_x.n;
    sample->t_x_values = t_x.values;
    if (status != CLM_OK)
        customer_sample_free(sample);
    return status;
}

void
customer_sample_free(customer_sample *sample)
{
    free((void *)sample->t_index);
    free((void *)sample->t_x_index);
    free((void *)sample->t_values);
    free((void *)sample->t_x_values);
    *sample = (customer_sample){0};
}

customer_moments
customer_sample_moments(const customer_sample *sample, double unit)
{
    customer_moments m = {.customers = sample->customers};

    for (size_t i = 0; i < sample->n; i++) {
        const customer_group *g = &sample->groups[i];
        double weight = (double)g->weight, x = (double)g->of.x;

        m.x += weight * x;
        m.xx += weight * x * x;
        m.t_x += weight * (g->of.t_x / unit);
        m.t += weight * (g->of.t / unit);
    }
    return m;
}

/* Opens a new run where n or the weight changes; returns how many runs there are. runs == NULL only counts.
 */
static size_t
find_runs(const spend_group *sorted, size_t n, spend_run *runs)
{
    size_t n_runs = 0;

    for (size_t i = 0; i < n; i++) {
        bool opens = i == 0 || sorted[i].n != sorted[i - 1].n || sorted[i].weight != sorted[i - 1].weight;

        if (opens)
            n_runs++;
        if (runs != NULL && opens)
            runs[n_runs - 1] = (spend_run){.n = sorted[i].n, .weight = sorted[i].weight, .first = i};
        if (runs != NULL)
            runs[n_runs - 1].count++;
    }
    return n_runs;
}

/* Fills the totals and the sums of logarithms. */
static clm_status
fill_runs(const spend_group *sorted, spend_run *runs, size_t n_runs, double *totals, const clm_stop *stop)
{
    for (size_t r = 0; r < n_runs; r++) {
        for (size_t i = runs[r].first; i < runs[r].first + runs[r].count; i++) {
            if (clm_stop_at(i, stop))
                return CLM_STOPPED;
            totals[i] = (double)sorted[i].n * sorted[i].m;
            runs[r].sum_log_m += log(sorted[i].m);
        }
    }
    return CLM_OK;
}

/* The groups of a sample in the order of its runs, within a run by m; sorted and scratch have room for n. */
static clm_status
spend_sample_fill(spend_sample *sample, spend_group *sorted, spend_group *scratch, const clm_stop *stop)
{
    double *totals;
    spend_run *runs;

    if (sample->n > 0)
        memcpy(sorted, sample->groups, sample->n * sizeof(*sorted));
    if (!sort_by_weight(sorted, sample->n, scratch, stop))
        return CLM_STOPPED;
    sample->n_runs = find_runs(sorted, sample->n, NULL);
    sample->runs = runs = malloc((sample->n_runs + 1) * sizeof(*runs));
    sample->totals = totals = malloc((sample->n + 1) * sizeof(*totals));
    if (runs == NULL || totals == NULL)
        return CLM_NO_MEMORY;
    find_runs(sorted, sample->n, runs);
    return fill_runs(sorted, runs, sample->n_runs, totals, stop);
}

clm_status
spend_sample_build(const spend_group *groups, size_t n, const clm_stop *stop, spend_sample *sample)
{
    spend_group *sorted = malloc((n + 1) * sizeof(*sorted)), *scratch = malloc((n + 1) * sizeof(*scratch));
    clm_status status = CLM_NO_MEMORY;

    *sample = (spend_sample){.n = n, .groups = groups};
    if (sorted != NULL && scratch != NULL)
        status = spend_sample_fill(sample, sorted, scratch, stop);
    free(sorted);
    free(scratch);
    if (status != CLM_OK) {
        spend_sample_free(sample);
        return status;
    }
    for (size_t r = 0; r < sample->n_runs; r++) {
        const spend_run *run = &sample->runs[r];

        sample->customers += (double)run->weight * (double)run->count;
        sample->mean_log_m += (double)run->weight * run->sum_log_m;
    }
    if (n > 0)
        sample->mean_log_m /= sample->customers;
    return CLM_OK;
}

void
spend_sample_free(spend_sample *sample)
{
    free((void *)sample->runs);
    free((void *)sample->totals);
    *sample = (spend_sample){0};
}

double
sum_log_gaps(const int64_t *count, size_t n, double period)
{
    compensated_sum sum = {0.0, 0.0};

    for (size_t days = 1; days < n; days++)
        if (count[days] > 0)
            compensated_add(&sum, (double)count[days] * log((double)days / period));
    return compensated_value(&sum);
}
