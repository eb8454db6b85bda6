/*
 * Samples: sorting, merging, tables of distinct times, runs of spends, domains and stops.
 */
#include "core/random.h"
#include "core/sample.h"
#include "tap.h"

#include <string.h>

/* Says yes at call number `at`, counted from 1. */
typedef struct stop_state {
    int calls, at;
} stop_state;

static bool
stop_at_call(void *arg)
{
    stop_state *state = arg;

    return ++state->calls >= state->at;
}

static int
compare_customers(const void *a, const void *b)
{
    const customer_summary *s = &((const customer_group *)a)->of, *t = &((const customer_group *)b)->of;

    if (s->x != t->x)
        return s->x < t->x ? -1 : 1;
    if (s->t != t->t)
        return s->t < t->t ? -1 : 1;
    return (s->t_x > t->t_x) - (s->t_x < t->t_x);
}

static int
compare_spends(const void *a, const void *b)
{
    const spend_group *s = a, *t = b;

    if (s->n != t->n)
        return s->n < t->n ? -1 : 1;
    return (s->m > t->m) - (s->m < t->m);
}

/* Customers as daily data have them, in weeks; with few days most are equal, with many most differ. */
static customer_group *
random_customers(size_t n, int days)
{
    customer_group *groups = malloc((n + 1) * sizeof(*groups));
    clm_rng rng;

    clm_rng_seed(&rng, n, (uint64_t)days);
    for (size_t i = 0; i < n && groups != NULL; i++) {
        int age = (int)(clm_rng_uniform(&rng) * days), x = (int)(clm_rng_exponential(&rng) * 4.0);
        int last = x > 0 ? (int)(clm_rng_uniform(&rng) * age) : 0;

        groups[i] =
            (customer_group){.of = {.x = x, .t_x = last / 7.0, .t = age / 7.0}, .weight = 1 + (int64_t)i % 3};
    }
    return groups;
}

static spend_group *
random_spends(size_t n, int prices)
{
    spend_group *groups = malloc((n + 1) * sizeof(*groups));
    clm_rng rng;

    clm_rng_seed(&rng, n, (uint64_t)prices);
    for (size_t i = 0; i < n && groups != NULL; i++)
        groups[i] = (spend_group){.n = 1 + (int64_t)(clm_rng_exponential(&rng) * 3.0),
                                  .m = (1.0 + (int)(clm_rng_uniform(&rng) * prices)) / 100.0,
                                  .weight = 1 + (int64_t)i % 3};
    return groups;
}

/* Merged groups ascend strictly, and hold the same customers as the sorted input. */
static void
check_customer_merge(size_t n, int days)
{
    customer_group *groups = random_customers(n, days), *sorted = random_customers(n, days);
    size_t merged = n, at = 0;
    bool same = customer_groups_merge(groups, &merged, NULL) == CLM_OK;

    qsort(sorted, n, sizeof(*sorted), compare_customers);
    for (size_t i = 0; i < merged; i++) {
        int64_t weight = 0;

        for (; at < n && compare_customers(&sorted[at], &groups[i]) == 0; at++)
            weight += sorted[at].weight;
        same = same && weight == groups[i].weight &&
               (i == 0 || compare_customers(&groups[i - 1], &groups[i]) < 0);
    }
    ok(same && at == n, "%zu customers of %d days merge into %zu groups", n, days, merged);
    free(groups);
    free(sorted);
}

static void
check_spend_merge(size_t n, int prices)
{
    spend_group *groups = random_spends(n, prices), *sorted = random_spends(n, prices);
    size_t merged = n, at = 0;
    bool same = spend_groups_merge(groups, &merged, NULL) == CLM_OK;

    qsort(sorted, n, sizeof(*sorted), compare_spends);
    for (size_t i = 0; i < merged; i++) {
        int64_t weight = 0;

        for (; at < n && compare_spends(&sorted[at], &groups[i]) == 0; at++)
            weight += sorted[at].weight;
        same =
            same && weight == groups[i].weight && (i == 0 || compare_spends(&groups[i - 1], &groups[i]) < 0);
    }
    ok(same && at == n, "%zu spends of %d prices merge into %zu groups", n, prices, merged);
    free(groups);
    free(sorted);
}

/* Merging what is merged changes nothing; nor does an order in reverse. */
static void
test_merge_order(void)
{
    size_t n = 5000, merged = n, again;
    customer_group *groups = random_customers(n, 300), *reverse = random_customers(n, 300);
    size_t reversed = n;

    for (size_t i = 0; i < n / 2; i++) {
        customer_group group = reverse[i];

        reverse[i] = reverse[n - 1 - i];
        reverse[n - 1 - i] = group;
    }
    customer_groups_merge(groups, &merged, NULL);
    customer_groups_merge(reverse, &reversed, NULL);
    ok(merged == reversed && memcmp(groups, reverse, merged * sizeof(*groups)) == 0,
       "the result does not depend on the order");
    again = merged;
    customer_groups_merge(groups, &again, NULL);
    ok(again == merged && memcmp(groups, reverse, merged * sizeof(*groups)) == 0,
       "merged groups stay as they are");
    free(groups);
    free(reverse);
}

static void
test_merge_edges(void)
{
    customer_group zeros[] = {{{0, -0.0, 5.0}, 1}, {{0, 0.0, 5.0}, 2}};
    customer_group many[] = {{{0, 0.0, 5.0}, (int64_t)1 << 53}, {{0, 0.0, 5.0}, 1}};
    size_t none = 0, two = 2, more = 2;

    ok(customer_groups_merge(zeros, &none, NULL) == CLM_OK && none == 0, "no groups");
    ok(customer_groups_merge(zeros, &two, NULL) == CLM_OK && two == 1 && zeros[0].weight == 3 &&
           !signbit(zeros[0].of.t_x),
       "-0 is 0");
    ok(customer_groups_merge(many, &more, NULL) == CLM_OVERFLOW, "too many customers");
}

static void
test_domain(void)
{
    static const customer_group bad[] = {
        {{-1, 0.0, 1.0}, 1}, {{1, 2.0, 1.0}, 1},      {{1, -1.0, 1.0}, 1},     {{0, 0.5, 1.0}, 1},
        {{1, 0.5, NAN}, 1},  {{1, NAN, 1.0}, 1},      {{1, 0.5, INFINITY}, 1}, {{1, 0.5, 1.0}, 0},
        {{0, 0.0, -1.0}, 1}, {{1, INFINITY, 1.0}, 1},
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
        customer_group groups[] = {{{1, 0.5, 1.0}, 1}, bad[i]};
        size_t n = 2;

        ok(customer_groups_merge(groups, &n, NULL) == CLM_DOMAIN, "customer outside the domain: %zu", i);
    }
}

static void
check_customer_sample(size_t n, int days)
{
    customer_group *groups = random_customers(n, days);
    customer_sample sample;
    double customers = 0.0;
    bool same = true;

    customer_groups_merge(groups, &n, NULL);
    if (!ok(customer_sample_build(groups, n, NULL, &sample) == CLM_OK, "a sample of %zu groups", n))
        return;
    for (size_t i = 0; i < n; i++) {
        same = same && sample.t_index[i] < sample.n_t && sample.t_x_index[i] < sample.n_t_x &&
               sample.t_values[sample.t_index[i]] == groups[i].of.t &&
               sample.t_x_values[sample.t_x_index[i]] == groups[i].of.t_x;
        customers += (double)groups[i].weight;
    }
    ok(same, "times by index");
    ok(sample.n_t <= (size_t)days && sample.n_t_x <= (size_t)days, "%zu and %zu distinct times", sample.n_t,
       sample.n_t_x);
    ok(sample.customers == customers && sample.max_x == (n > 0 ? groups[n - 1].of.x : 0),
       "customers, largest x");
    customer_sample_free(&sample);
    free(groups);
}

static void
check_spend_sample(size_t n, int prices)
{
    spend_group *groups = random_spends(n, prices);
    spend_sample sample;
    double customers = 0.0, log_m = 0.0, customers_in_runs = 0.0;
    size_t next = 0;
    bool sorted = true;

    spend_groups_merge(groups, &n, NULL);
    if (!ok(spend_sample_build(groups, n, NULL, &sample) == CLM_OK, "a spend sample of %zu groups", n))
        return;
    for (size_t i = 0; i < n; i++) {
        customers += (double)groups[i].weight;
        log_m += (double)groups[i].weight * log(groups[i].m);
    }
    for (size_t r = 0; r < sample.n_runs; r++) {
        const spend_run *run = &sample.runs[r];

        sorted = sorted && run->first == next && run->count > 0;
        next += run->count;
        for (size_t i = run->first + 1; i < next; i++)
            sorted = sorted && sample.totals[i - 1] < sample.totals[i];
        if (r > 0)
            sorted = sorted && (run[-1].n < run->n || (run[-1].n == run->n && run[-1].weight < run->weight));
        customers_in_runs += (double)(run->weight * (int64_t)run->count);
    }
    ok(sorted && next == n, "%zu runs, sorted", sample.n_runs);
    ok(customers == sample.customers && customers == customers_in_runs, "customers");
    is_close(sample.mean_log_m * customers, log_m, 1e-12, 0.0, "sum of ln m");
    spend_sample_free(&sample);
    free(groups);
}

/* Wherever a stop comes, it is obeyed; the leak checker sees to the rest. */
static void
test_stop(void)
{
    size_t n = 100000;
    bool stopped = true;
    int calls = 0;

    for (int at = 1; at < 200; at = at * 3 / 2 + 1) {
        customer_group *groups = random_customers(n, 700);
        spend_group *spends = random_spends(n, 5000);
        stop_state state = {0, at};
        clm_stop stop = {stop_at_call, &state};
        size_t merged = n;
        customer_sample sample;
        spend_sample spend;
        clm_status status = customer_groups_merge(groups, &merged, &stop);

        if (status == CLM_OK) {
            status = customer_sample_build(groups, merged, &stop, &sample);
            if (status == CLM_OK)
                customer_sample_free(&sample);
        }
        stopped = stopped && status == (state.calls >= at ? CLM_STOPPED : CLM_OK);
        calls = calls < state.calls ? state.calls : calls;

        state.calls = 0;
        merged = n;
        status = spend_groups_merge(spends, &merged, &stop);
        if (status == CLM_OK) {
            status = spend_sample_build(spends, merged, &stop, &spend);
            if (status == CLM_OK)
                spend_sample_free(&spend);
        }
        stopped = stopped && status == (state.calls >= at ? CLM_STOPPED : CLM_OK);
        free(groups);
        free(spends);
    }
    ok(stopped && calls > 20, "a stop is obeyed at any of %d places", calls);
}

/* A stopped merge loses nobody: once it is let run to its end, it gives what an undisturbed one gives. */
static void
test_stop_loses_nothing(void)
{
    size_t n = 100000, whole_n = n, whole_spends_n = n;
    customer_group *whole = random_customers(n, 700);
    spend_group *whole_spends = random_spends(n, 5000);
    customer_group *original = malloc(n * sizeof(*original)), *groups = malloc(n * sizeof(*groups));
    spend_group *original_spends = malloc(n * sizeof(*original_spends)),
                *spends = malloc(n * sizeof(*spends));
    bool same = true;
    int stops = 0;

    memcpy(original, whole, n * sizeof(*original));
    memcpy(original_spends, whole_spends, n * sizeof(*original_spends));
    customer_groups_merge(whole, &whole_n, NULL);
    spend_groups_merge(whole_spends, &whole_spends_n, NULL);
    for (int at = 1; at < 200; at++) {
        stop_state state = {0, at};
        clm_stop stop = {stop_at_call, &state};
        size_t merged = n, merged_spends = n;

        memcpy(groups, original, n * sizeof(*groups));
        stops += customer_groups_merge(groups, &merged, &stop) == CLM_STOPPED;
        customer_groups_merge(groups, &merged, NULL);
        same = same && merged == whole_n && memcmp(groups, whole, merged * sizeof(*groups)) == 0;
        state.calls = 0;
        memcpy(spends, original_spends, n * sizeof(*spends));
        stops += spend_groups_merge(spends, &merged_spends, &stop) == CLM_STOPPED;
        spend_groups_merge(spends, &merged_spends, NULL);
        same = same && merged_spends == whole_spends_n &&
               memcmp(spends, whole_spends, merged_spends * sizeof(*spends)) == 0;
    }
    ok(same && stops > 50, "%d merges stopped at different places lose nobody", stops);
    free(whole);
    free(whole_spends);
    free(original);
    free(original_spends);
    free(groups);
    free(spends);
}

int
main(void)
{
    static const size_t sizes[] = {1, 2, 100, 20000};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
        check_customer_merge(sizes[i], 30);
        check_customer_merge(sizes[i], 3000);
        check_spend_merge(sizes[i], 20);
        check_spend_merge(sizes[i], 1000000);
        check_customer_sample(sizes[i], 500);
        check_spend_sample(sizes[i], 3000);
    }
    check_customer_sample(0, 1);
    check_customer_sample(30000, 100000);
    check_spend_sample(0, 1);
    test_merge_order();
    test_merge_edges();
    test_domain();
    test_stop();
    test_stop_loses_nothing();
    return done_testing();
}
