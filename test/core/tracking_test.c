/*
 * Tracking: against a published formula computed elsewhere, the definition, merging, limits, stopping.
 */
#include "core/random.h"
#include "core/tracking.h"
#include "tap.h"

#include <string.h>

/* The rounded estimates for CDNOW of Fader, Hardie & Lee 2005, and Batislam et al. 2007's model on the same data. */
static const double bg_params[] = {.243, 4.414, .793, 2.426};
static const double mbg_params[] = {.525, 6.183, .891, 1.614};

static const int64_t days[] = {0, 2, 10, 15};
static const int64_t joined[] = {3, 5, 1, 0};
static const int64_t repeats[] = {0, 1, 4, 2};
static const tracking small = {1000, 4, days, joined, repeats};

/* Expected until the end of these days, by the formulas with 30 digits (mpmath). */
static const int64_t ends[] = {0, 1, 2, 6, 13, 20, 100, 999};
static const double bg_expected[] = {0,
                                     0.023478033515542709,
                                     0.046729228003816704,
                                     0.29188907362286394,
                                     0.72375115787708884,
                                     1.1618725307822794,
                                     5.0901678709131143,
                                     23.631003000890785};
static const int64_t actual_until[] = {0, 0, 1, 1, 5, 7, 7, 7};

static const customer_family *
family(const char *name)
{
    return customer_family_by_name(name, strlen(name));
}

static void
test_values(void)
{
    enum { N = sizeof(ends) / sizeof(*ends) };
    static const int64_t some[] = {0, 6, 20, 100};
    static const double mbg_expected[] = {0, 0.290671174229, 1.16123290467, 5.09718271062};
    int64_t actual[N];
    double expected[N];
    bool counts = true;

    ok(tracking_valid(&small), "a tracking");
    ok(track_purchases(&small, family("bg/nbd"), bg_params, 7, ends, N, actual, expected, NULL) == CLM_OK,
       "tracked");
    for (int i = 0; i < N; i++) {
        is_close(expected[i], bg_expected[i], 1e-11, 1e-14, "BG/NBD: expected");
        counts = counts && actual[i] == actual_until[i];
    }
    ok(counts, "actual");
    track_purchases(&small, family("mbg/nbd"), mbg_params, 7, some, 4, actual, expected, NULL);
    for (int i = 0; i < 4; i++)
        is_close(expected[i], mbg_expected[i], 1e-11, 1e-14, "MBG/NBD: expected");
    ok(track_purchases(&small, family("bg/nbd"), bg_params, 7, ends, 0, actual, expected, NULL) == CLM_OK,
       "no period");
}

/* Where time comes in opportunities, parts of one do not count. */
static void
test_discrete(void)
{
    customer_family discrete = *family("bg/nbd");
    int64_t end[] = {28, 100}, actual[2];
    double expected[2];

    discrete.discrete = true;
    track_purchases(&small, &discrete, bg_params, 30, end, 2, actual, expected, NULL);
    ok(expected[0] == 0, "discrete: nothing before the first opportunity");
    is_close(expected[1], 1.3577870780374201, 1e-11, 0, "discrete: three whole opportunities");
    ok(model_time(&discrete, 30, 89) == 2 && model_time(&discrete, 30, 90) == 3 &&
           model_time(family("bg/nbd"), 30, 45) == 1.5,
       "whole opportunities, or any time");
}

/* The order of the days does not matter; nothing gets lost. */
static void
test_merge(void)
{
    enum { N = 50000 };
    static tracking_day list[N], reverse[N];
    size_t n = N, reversed = N, two = 2, none = 0;
    int64_t customers = 0, purchases = 0;
    tracking_day many[] = {{1, TRACKING_MOST_PURCHASES, 0}, {1, 1, 0}};
    tracking_day more[] = {{1, 1, TRACKING_MOST_PURCHASES}, {1, 0, 1}};
    bool ascending = true;
    clm_rng rng;

    clm_rng_seed(&rng, 3, 3);
    for (size_t i = 0; i < N; i++) {
        list[i] = (tracking_day){(int64_t)(clm_rng_uniform(&rng) * 3000) - 1000, i % 3 == 0, i % 3 > 0};
        reverse[N - 1 - i] = list[i];
    }
    ok(tracking_days_merge(list, &n, NULL) == CLM_OK &&
           tracking_days_merge(reverse, &reversed, NULL) == CLM_OK && n == reversed && n <= 3000 &&
           memcmp(list, reverse, n * sizeof(*list)) == 0,
       "merging: the order does not matter");
    for (size_t i = 0; i < n; i++) {
        ascending = ascending && (i == 0 || list[i - 1].day < list[i].day);
        customers += list[i].joined;
        purchases += list[i].repeats;
    }
    ok(ascending && customers == 16667 && purchases == N - 16667, "merging: nothing is lost");
    ok(tracking_days_merge(many, &two, NULL) == CLM_OVERFLOW, "too many customers on a day");
    two = 2;
    ok(tracking_days_merge(more, &two, NULL) == CLM_OVERFLOW, "too many purchases on a day");
    ok(tracking_days_merge(list, &none, NULL) == CLM_OK && none == 0, "merging nothing");
}

/* Whether the small tracking is still valid with one day changed, or another span. */
static bool
valid_with(size_t i, int64_t day, int64_t join, int64_t repeat, int64_t span)
{
    int64_t d[4], j[4], r[4];
    tracking t = {span, 4, d, j, r};

    memcpy(d, days, sizeof(d));
    memcpy(j, joined, sizeof(j));
    memcpy(r, repeats, sizeof(r));
    d[i] = day;
    j[i] = join;
    r[i] = repeat;
    return tracking_valid(&t);
}

static void
test_domain(void)
{
    tracking none = {1000, 0, days, joined, repeats};

    ok(!tracking_valid(&none), "no day");
    ok(valid_with(1, 2, 5, 1, 16) && !valid_with(1, 2, 5, 1, 15), "days within the span");
    ok(valid_with(1, 2, 5, 1, TRACKING_MOST_DAYS) && !valid_with(1, 2, 5, 1, TRACKING_MOST_DAYS + 1) &&
           !valid_with(1, 2, 5, 1, INT64_MAX),
       "a hundred years");
    ok(!valid_with(0, 1, 3, 0, 1000) && !valid_with(0, -1, 3, 0, 1000) && !valid_with(0, 0, 0, 1, 1000),
       "a customer joins on day 0");
    ok(!valid_with(1, 10, 5, 1, 1000) && !valid_with(1, 11, 5, 1, 1000), "days ascend");
    ok(!valid_with(1, 2, -1, 1, 1000) && !valid_with(1, 2, 1, -1, 1000) && !valid_with(1, 2, 0, 0, 1000) &&
           !valid_with(1, 2, INT64_MIN, INT64_MAX, 1000),
       "counts");
    ok(!valid_with(1, 2, TRACKING_MOST_PURCHASES, 1, 1000) &&
           !valid_with(1, 2, 1, TRACKING_MOST_PURCHASES, 1000) && !valid_with(1, 2, INT64_MAX, 1, 1000),
       "sums of counts");
}

static bool
stop_at_call(void *arg)
{
    return --*(int *)arg <= 0;
}

/* Every day a customer and a repeat purchase: days and their ends, n of them. */
static int64_t every_day[TRACKING_MOST_DAYS], one[TRACKING_MOST_DAYS], actual_end[TRACKING_MOST_DAYS];
static double expected_end[TRACKING_MOST_DAYS];

static void
test_long(void)
{
    enum { N = TRACKING_MOST_DAYS };
    static const int64_t last[] = {N / 2, N - 1};
    tracking t = {N, N, every_day, one, one};

    ok(tracking_valid(&t) && track_purchases(&t, family("bg/nbd"), bg_params, 7, last, 2, actual_end,
                                             expected_end, NULL) == CLM_OK,
       "a hundred years");
    ok(actual_end[0] == N / 2 + 1 && actual_end[1] == N && expected_end[1] > 2 * expected_end[0],
       "a hundred years: purchases");
}

/* Ten years day by day: expectations rise, and the work ends when told. */
static void
test_stop(void)
{
    enum { N = 3653 };
    tracking t = {N, N, every_day, one, one};
    bool stopped = true, rises = true;
    int calls = 0;

    ok(track_purchases(&t, family("bg/nbd"), bg_params, 7, every_day, N, actual_end, expected_end, NULL) ==
           CLM_OK,
       "ten years, day by day");
    for (int i = 1; i < N; i++)
        rises = rises && expected_end[i] > expected_end[i - 1] && actual_end[i] == i + 1;
    ok(rises, "expected and actual purchases rise");
    for (int at = 1; at < 3 * N; at = at * 3 / 2 + 1) {
        int left = at;
        clm_stop stop = {stop_at_call, &left};
        clm_status status = track_purchases(&t, family("bg/nbd"), bg_params, 7, every_day, N, actual_end,
                                            expected_end, &stop);

        stopped = stopped && status == (left <= 0 ? CLM_STOPPED : CLM_OK);
        calls = calls < at - left ? at - left : calls;
    }
    ok(stopped && calls > N, "a stop is obeyed at any of %d places", calls);
}

/* Parameters at the border of their domain give finite expectations or an error. */
static void
test_hard_parameters(void)
{
    static const double grid[] = {1e-3, 1, 1e3};
    int64_t actual[8];
    double expected[8];
    bool fine = true;

    for (int i = 0; i < 81; i++) {
        double params[] = {grid[i % 3], grid[i / 3 % 3], grid[i / 9 % 3], grid[i / 27 % 3]};

        for (int f = 0; customer_families[f] != NULL; f++) {
            clm_status status;

            if (customer_families[f]->nparams != 4 || !customer_families[f]->valid(params))
                continue;
            status =
                track_purchases(&small, customer_families[f], params, 1, ends, 8, actual, expected, NULL);
            for (int k = 1; k < 8 && status == CLM_OK; k++)
                fine = fine && isfinite(expected[k]) && expected[k] >= expected[k - 1] * (1 - 1e-9);
            fine = fine && (status == CLM_OK || status == CLM_OVERFLOW);
        }
    }
    ok(fine, "hard parameters: finite, not falling");
}

int
main(void)
{
    test_values();
    test_discrete();
    test_merge();
    test_domain();
    for (int i = 0; i < TRACKING_MOST_DAYS; i++) {
        every_day[i] = i;
        one[i] = 1;
    }
    test_long();
    test_stop();
    test_hard_parameters();
    return done_testing();
}
