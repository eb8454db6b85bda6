/*
 * Concentration of value, percentiles and RFM scores: worked examples, closed forms, a naive computation, merging, limits.
 */
#include "core/concentration.h"
#include "core/percentiles.h"
#include "core/random.h"
#include "core/rfm_score.h"
#include "tap.h"

#include <stdlib.h>
#include <string.h>

/* The concentration of single values, merged first. */
static clm_status
concentration_of_values(const double *values, size_t n, concentration *c)
{
    value_group *groups = malloc((n + 1) * sizeof(*groups));
    clm_status status;

    for (size_t i = 0; i < n; i++)
        groups[i] = (value_group){values[i], 1};
    status = value_groups_merge(groups, &n, NULL);
    if (status == CLM_OK)
        status = concentration_of(groups, n, NULL, c);
    free(groups);
    return status;
}

static void
test_worked(void)
{
    static const double profits[] = {120, 80, 60, 30, 20, 10, 5, 0, -25, -50};
    static const double positive[] = {120, 80, 60, 30, 20, 10, 5, 5, 5, 5};
    concentration c;

    ok(concentration_of_values(profits, 10, &c) == CLM_OK && c.customers == 10 && c.total == 250,
       "whale curve: total");
    ok(c.has_shares && !c.has_gini, "whale curve: no Gini coefficient with losses");
    is_close(c.peak, 1.3, 1e-15, 0.0, "whale curve: peak");
    is_close(c.peak_position, .7, 1e-15, 0.0, "whale curve: position of the peak");
    is_close(c.top20, .8, 1e-15, 0.0, "whale curve: best 20 %");
    is_close(c.loss, -.3, 1e-15, 0.0, "whale curve: loss");
    ok(c.has_top80 && c.top80_customers == 3 && c.top80_share == .3, "whale curve: 80 %% of the profit");
    ok(concentration_of_values(positive, 10, &c) == CLM_OK && c.has_gini && c.has_shares, "Lorenz curve");
    is_close(c.gini, .565, 0.0, 5e-4, "Lorenz curve: Gini coefficient");
    is_close(c.top20, .588, 0.0, 5e-4, "Lorenz curve: best 20 %");
    ok(c.peak == 1 && c.peak_position == 1 && c.loss == 0, "Lorenz curve: no loss");
}

static int
compare_descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

/* Whole numbers, so that sums are exact: Gini as half the relative mean difference, the whale curve by walking it. */
static void
check_against_definition(uint64_t seed, int n, int least, int most)
{
    double *values = malloc((size_t)n * sizeof(*values)), total = 0, peak = 0, sum = 0, positive = 0,
           differences = 0;
    double top20 = 0;
    int position = 0, top80 = 0;
    concentration c;
    clm_rng rng;

    clm_rng_seed(&rng, seed, 1);
    for (int i = 0; i < n; i++) {
        values[i] = least + floor(clm_rng_uniform(&rng) * (most - least + 1));
        total += values[i];
        positive += fmax(values[i], 0);
    }
    ok(concentration_of_values(values, (size_t)n, &c) == CLM_OK && c.customers == n && c.total == total,
       "%d values from %d to %d", n, least, most);
    qsort(values, (size_t)n, sizeof(*values), compare_descending);
    for (int i = 0; i < n; i++) {
        sum += values[i];
        if (sum > peak) {
            peak = sum;
            position = i + 1;
        }
        if (i < (n + 4) / 5)
            top20 = sum;
        if (top80 == 0 && 5 * sum >= 4 * positive)
            top80 = i + 1;
        for (int j = 0; j < n; j++)
            differences += fabs(values[i] - values[j]);
    }
    ok(c.has_shares == (total > 0) && c.has_gini == (total > 0 && least >= 0), "%d values: what there is", n);
    if (c.has_shares) {
        is_close(c.peak, peak / total, 1e-15, 0.0, "peak");
        is_close(c.peak_position, (double)position / n, 1e-15, 0.0, "position of the peak");
        is_close(c.top20, top20 / total, 1e-15, 0.0, "best 20 %");
        is_close(c.peak + c.loss, 1.0, 0.0, 1e-15 * c.peak, "peak + loss = 1");
    }
    if (c.has_gini)
        is_close(c.gini, differences / (2.0 * n * total), 1e-14, 1e-15, "Gini coefficient");
    ok(c.has_top80 == (positive > 0) && (!c.has_top80 || c.top80_customers == top80), "80 %% by %d of %d",
       top80, n);
    free(values);
}

static void
test_special(void)
{
    static const double one[] = {7.5}, zeros[] = {0, -0.0, 0}, losses[] = {-3, -2}, even[] = {5, -5},
                        uneven[] = {0.1, 0.2, -0.3};
    double equal[35], winner[1000] = {[17] = 42};
    concentration c;

    ok(concentration_of_values(one, 1, &c) == CLM_OK && c.total == 7.5 && c.gini == 0 && c.peak == 1 &&
           c.peak_position == 1 && c.top20 == 1 && c.loss == 0 && c.top80_customers == 1 &&
           c.top80_share == 1,
       "one customer");
    ok(concentration_of_values(zeros, 3, &c) == CLM_OK && c.customers == 3 && c.total == 0 &&
           !signbit(c.total) && !c.has_gini && !c.has_shares && !c.has_top80,
       "all zero: no shares");
    ok(concentration_of_values(losses, 2, &c) == CLM_OK && c.total == -5 && !c.has_gini && !c.has_shares &&
           !c.has_top80,
       "losses alone: no shares");
    ok(concentration_of_values(even, 2, &c) == CLM_OK && c.total == 0 && !c.has_shares &&
           c.top80_customers == 1 && c.top80_share == .5,
       "a total of 0: no shares of it, but customers with 80 %% of the profit");
    ok(concentration_of_values(uneven, 3, &c) == CLM_OK && !c.has_shares && fabs(c.total) < 1e-16 &&
           c.top80_customers == 2,
       "a total that is but a rounding error counts as 0");

    for (int i = 0; i < 35; i++)
        equal[i] = 0.7;
    ok(concentration_of_values(equal, 35, &c) == CLM_OK && c.gini == 0 && c.top80_customers == 28,
       "equal customers: Gini 0, 80 %% by 80 %% of them");
    is_close(c.top20, .2, 1e-15, 0.0, "equal customers: the best 20 % bring 20 %");
    ok(concentration_of_values(winner, 1000, &c) == CLM_OK && c.top80_customers == 1 && c.top20 == 1 &&
           c.peak_position == .001,
       "one has all");
    is_close(c.gini, .999, 1e-15, 0.0, "one has all: Gini 1 - 1/n");
}

/* 80 % by decimal amounts, which are not exact: k of 5k customers of the same value, whatever the value. */
static void
test_rounding(void)
{
    int wrong = 0;

    for (int cents = 1; cents < 200; cents++) {
        for (int k = 1; k < 100; k++) {
            value_group group = {cents / 100.0, 5 * (int64_t)k};
            concentration c;

            wrong += concentration_of(&group, 1, NULL, &c) != CLM_OK || c.top80_customers != 4 * k;
        }
    }
    ok(wrong == 0, "80 %% of equal decimal amounts: %d wrong", wrong);
}

static void
test_extreme(void)
{
    static const double large[] = {1e308, 1e308}, negative[] = {-1e308, -1e308, 1},
                        both[] = {1e308, 1e308, -1e308, -1e308};
    static const double fits[] = {1.7e308, -1.6e308}, small[] = {5e-324, 5e-324, -5e-324},
                        mixed[] = {1e308, 1, 1e-308, -1e-308};
    value_group many = {1.0, VALUE_GROUPS_MOST_CUSTOMERS},
                apart[] = {{1.0, VALUE_GROUPS_MOST_CUSTOMERS}, {2.0, 1}};
    concentration c;

    ok(concentration_of_values(large, 2, &c) == CLM_OVERFLOW, "a total beyond a double");
    ok(concentration_of_values(negative, 3, &c) == CLM_OVERFLOW, "losses beyond a double");
    ok(concentration_of_values(both, 4, &c) == CLM_OVERFLOW, "profits beyond a double");
    ok(concentration_of_values(fits, 2, &c) == CLM_OK && c.has_shares, "large values that fit");
    is_close(c.peak, 17, 1e-14, 0.0, "large values: peak");
    ok(concentration_of_values(small, 3, &c) == CLM_OK && c.peak == 2 && c.loss == -1 &&
           c.top80_customers == 2,
       "the smallest values");
    ok(concentration_of_values(mixed, 4, &c) == CLM_OK && c.peak == 1 && c.top80_customers == 1,
       "values far apart");
    ok(concentration_of(&many, 1, NULL, &c) == CLM_OK && c.gini == 0 &&
           c.customers == VALUE_GROUPS_MOST_CUSTOMERS,
       "as many customers as can be");
    ok(concentration_of(apart, 2, NULL, &c) == CLM_OVERFLOW, "too many customers");
}

static value_group *
random_groups(size_t n, double scale)
{
    value_group *groups = malloc(n * sizeof(*groups));
    clm_rng rng;

    clm_rng_seed(&rng, n, 7);
    for (size_t i = 0; i < n; i++)
        groups[i] = (value_group){rint((clm_rng_uniform(&rng) - .3) * scale) / 100, 1 + (int64_t)i % 3};
    return groups;
}

/* Few groups and many are sorted in different ways. */
static void
check_merge(size_t count, double scale)
{
    value_group *groups = random_groups(count, scale), *reverse = malloc(count * sizeof(*reverse));
    size_t n = count, reversed = count;
    int64_t customers = 0, merged = 0;
    bool ascending = true, no_minus_zero = true;

    for (size_t i = 0; i < count; i++) {
        reverse[count - 1 - i] = groups[i];
        customers += groups[i].customers;
    }
    value_groups_merge(groups, &n, NULL);
    value_groups_merge(reverse, &reversed, NULL);
    for (size_t i = 0; i < n; i++) {
        merged += groups[i].customers;
        ascending = ascending && (i == 0 || groups[i - 1].value < groups[i].value);
        no_minus_zero = no_minus_zero && !(groups[i].value == 0 && signbit(groups[i].value));
    }
    ok(n == reversed && memcmp(groups, reverse, n * sizeof(*groups)) == 0,
       "merging %zu groups: the order does not matter", count);
    ok(merged == customers && ascending && no_minus_zero, "merging %zu groups into %zu: nobody is lost",
       count, n);
    free(groups);
    free(reverse);
}

static void
test_merge_edges(void)
{
    value_group zeros[] = {{-0.0, 1}, {0.0, 2}}, many[] = {{1, VALUE_GROUPS_MOST_CUSTOMERS}, {1, 1}};
    size_t none = 0, two = 2, more = 2;

    ok(value_groups_merge(zeros, &none, NULL) == CLM_OK && none == 0, "merging nothing");
    ok(value_groups_merge(zeros, &two, NULL) == CLM_OK && two == 1 && zeros[0].customers == 3 &&
           !signbit(zeros[0].value),
       "-0 is 0");
    ok(value_groups_merge(many, &more, NULL) == CLM_OVERFLOW, "too many customers of a value");
}

static void
test_domain(void)
{
    static const value_group bad[] = {{NAN, 1}, {INFINITY, 1}, {-INFINITY, 1},
                                      {1, 0},   {1, -1},       {1, VALUE_GROUPS_MOST_CUSTOMERS + 1}};
    static const value_group good[] = {{0, 1}, {-1e308, VALUE_GROUPS_MOST_CUSTOMERS}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        ok(!value_group_valid(&bad[i]), "group outside the domain: %zu", i);
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        ok(value_group_valid(&good[i]), "group in the domain: %zu", i);
}

static bool
stop_at_call(void *arg)
{
    return --*(int *)arg <= 0;
}

static void
test_stop(void)
{
    enum { N = 200000 };
    bool stopped = true;
    int calls = 0;

    for (int at = 1; at < 400; at = at * 5 / 4 + 1) {
        int left = at;
        clm_stop stop = {stop_at_call, &left};
        value_group *groups = random_groups(N, 1e9);
        size_t n = N;
        concentration c;
        clm_status status = value_groups_merge(groups, &n, &stop);

        if (status == CLM_OK)
            status = concentration_of(groups, n, &stop, &c);
        stopped = stopped && status == (left <= 0 ? CLM_STOPPED : CLM_OK);
        calls = calls < at - left ? at - left : calls;
        free(groups);
    }
    ok(stopped && calls > 50, "a stop is obeyed at any of %d places", calls);
}

/* The k-th of n sorted values stands at place ceil(k n / 100), whatever groups they come in. */
static void
check_percentiles(uint64_t seed, int n, int values)
{
    value_group *groups = malloc((size_t)n * sizeof(*groups));
    double *sorted = malloc((size_t)n * sizeof(*sorted)), percentiles[PERCENTILES];
    size_t ngroups = (size_t)n;
    int wrong = 0;
    clm_rng rng;

    clm_rng_seed(&rng, seed, 1);
    for (int i = 0; i < n; i++) {
        sorted[i] = floor(clm_rng_uniform(&rng) * values) - values / 2;
        groups[i] = (value_group){sorted[i], 1};
    }
    qsort(sorted, (size_t)n, sizeof(*sorted), compare_descending);
    ok(value_groups_merge(groups, &ngroups, NULL) == CLM_OK &&
           percentiles_of(groups, ngroups, NULL, percentiles) == CLM_OK,
       "percentiles of %d values", n);
    for (int k = 1; k <= PERCENTILES; k++)
        wrong += percentiles[k - 1] != sorted[n - (k * n + 99) / 100];
    ok(wrong == 0, "percentiles of %d values of %d by their places", n, values);
    free(groups);
    free(sorted);
}

static void
test_percentiles(void)
{
    const int64_t most = VALUE_GROUPS_MOST_CUSTOMERS;
    value_group many[] = {{-1, most / 2}, {2, most / 2}};
    value_group apart[] = {{1, most}, {2, 1}};
    double percentiles[PERCENTILES];
    int left = 0;
    clm_stop stop = {stop_at_call, &left};

    for (int n = 1; n <= 300; n += n < 20 ? 1 : 31)
        check_percentiles((uint64_t)n, n, 1000);
    check_percentiles(5, 100, 3);
    check_percentiles(6, 100003, 100000);
    ok(percentiles_of(many, 2, NULL, percentiles) == CLM_OK && percentiles[49] == -1 && percentiles[50] == 2,
       "percentiles of very many customers");
    ok(percentiles_of(apart, 2, NULL, percentiles) == CLM_OVERFLOW, "percentiles of too many customers");
    ok(percentiles_of(many, 2, &stop, percentiles) == CLM_STOPPED, "percentiles, stopped");
}

static void
test_rfm_score(void)
{
    static const double cuts[] = {10, 20, 20, 40};
    static const double values[] = {-1e300, 9.99, 10, 10.01, 19.99, 20, 20.01, 39.99, 40, 40.01, 1e300};
    static const int higher[] = {1, 1, 2, 2, 2, 4, 4, 4, 5, 5, 5},
                     lower[] = {5, 5, 5, 4, 4, 4, 2, 2, 2, 1, 1};
    bool counted = true;
    clm_rng rng;

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        ok(rfm_score(values[i], cuts, 4, false) == higher[i], "%g, higher is better", values[i]);
        ok(rfm_score(values[i], cuts, 4, true) == lower[i], "%g, lower is better", values[i]);
    }
    clm_rng_seed(&rng, 9, 9);
    for (int round = 0; round < 2000; round++) {
        double sorted[20], value = floor(clm_rng_uniform(&rng) * 12);
        int n = 1 + round % 20, not_above = 0, not_below = 0;

        for (int i = 0; i < n; i++) {
            sorted[i] = (i > 0 ? sorted[i - 1] : 0) + floor(clm_rng_uniform(&rng) * 3);
            not_above += sorted[i] <= value;
            not_below += sorted[i] >= value;
        }
        counted = counted && rfm_score(value, sorted, n, false) == 1 + not_above &&
                  rfm_score(value, sorted, n, true) == 1 + not_below;
    }
    ok(counted, "scores by counting");
}

int
main(void)
{
    test_worked();
    check_against_definition(1, 1, 1, 9);
    check_against_definition(2, 2, -5, 9);
    check_against_definition(3, 7, 0, 3);
    check_against_definition(4, 100, -50, 100);
    check_against_definition(5, 500, 0, 1000000);
    check_against_definition(6, 2000, -400000, 1000000);
    check_against_definition(7, 2000, 1, 20);
    check_against_definition(8, 300, -100, 0);
    test_special();
    test_rounding();
    test_extreme();
    check_merge(1, 1e3);
    check_merge(10, 1e3);
    check_merge(1000, 1e3);
    check_merge(1000, 1e9);
    check_merge(100000, 1e4);
    check_merge(100000, 1e9);
    test_merge_edges();
    test_domain();
    test_stop();
    test_percentiles();
    test_rfm_score();
    return done_testing();
}
