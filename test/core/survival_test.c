/*
 * The Kaplan-Meier curve: published values, identities, a naive computation, merging, reading, limits.
 */
#include "core/random.h"
#include "core/survival.h"
#include "tap.h"

#include <string.h>

#define MOST 64 /* tenures in the small curves of these tests */

/* The worked example: d/n = 1/10, 2/8, 1/5. */
static const tenure_group worked[] = {{1, 1, 2}, {2, 2, 3}, {3, 1, 5}};

/* Remission times in weeks of 21 leukaemia patients on 6-MP (Freireich et al. 1963), and what textbooks print of
 * their curve (Kleinbaum & Klein, Survival Analysis): survival, standard error, log-log interval. */
static const tenure_group remission[] = {
    {6, 3, 4},  {7, 1, 1},  {9, 0, 1},  {10, 1, 2}, {11, 0, 1}, {13, 1, 1}, {16, 1, 1}, {17, 0, 1},
    {19, 0, 1}, {20, 0, 1}, {22, 1, 1}, {23, 1, 1}, {25, 0, 1}, {32, 0, 2}, {34, 0, 1}, {35, 0, 1}};
static const struct {
    int64_t period, at_risk;
    double survival, se, low, high;
} remission_table[] = {{6, 21, .8571, .0764, .6197, .9516},  {7, 17, .8067, .0869, .5631, .9228},
                       {10, 15, .7529, .0963, .5032, .8894}, {13, 12, .6902, .1068, .4316, .8491},
                       {16, 11, .6275, .1141, .3675, .8049}, {22, 7, .5378, .1282, .2678, .7468},
                       {23, 6, .4482, .1346, .1881, .6801}};

typedef struct computed_curve {
    int64_t tenure[MOST], at_risk[MOST], events[MOST];
    double survival[MOST], se[MOST];
    survival_curve curve; /* of these arrays */
} computed_curve;

static clm_status
compute(const tenure_group *groups, size_t n, computed_curve *c)
{
    for (size_t i = 0; i < n; i++) {
        c->tenure[i] = groups[i].tenure;
        c->events[i] = groups[i].events;
    }
    c->curve = (survival_curve){n, c->tenure, c->at_risk, c->events, c->survival, c->se};
    return kaplan_meier(groups, n, c->at_risk, c->survival, c->se);
}

static void
test_worked(void)
{
    computed_curve c;
    survival_point start, end;

    ok(compute(worked, 3, &c) == CLM_OK && c.at_risk[0] == 10 && c.at_risk[1] == 8 && c.at_risk[2] == 5,
       "worked example: at risk");
    is_close(c.survival[2], .540, 0.0, 5e-4, "worked example: survival");
    is_close(c.se[2], .173, 0.0, 5e-4, "worked example: standard error");
    start = survival_curve_at(&c.curve, 0);
    end = survival_curve_at(&c.curve, 3);
    ok(start.at_risk == 10 && start.events == 0 && start.retention_rate == 1 && start.survival == 1 &&
           start.se == 0 && !start.has_interval,
       "before the first tenure everybody is there");
    ok(end.at_risk == 5 && end.events == 1 && end.retention_rate == .8 && end.survival == c.survival[2] &&
           end.se == c.se[2],
       "the last tenure");
}

static void
test_published(void)
{
    size_t n = sizeof(remission) / sizeof(*remission);
    computed_curve c;
    survival_point between;

    ok(compute(remission, n, &c) == CLM_OK && survival_curve_valid(&c.curve), "remission times");
    for (size_t i = 0; i < sizeof(remission_table) / sizeof(*remission_table); i++) {
        survival_point p = survival_curve_at(&c.curve, remission_table[i].period);

        ok(p.at_risk == remission_table[i].at_risk && p.has_interval, "remission: at risk after %d weeks",
           (int)remission_table[i].period);
        is_close(p.survival, remission_table[i].survival, 0.0, 5.01e-5, "remission: survival");
        is_close(p.se, remission_table[i].se, 0.0, 5.01e-5, "remission: standard error");
        is_close(p.low, remission_table[i].low, 0.0, 5.01e-5, "remission: lower bound");
        is_close(p.high, remission_table[i].high, 0.0, 5.01e-5, "remission: upper bound");
    }
    between = survival_curve_at(&c.curve, 12);
    ok(between.at_risk == 12 && between.events == 0 && between.retention_rate == 1 &&
           between.survival == c.survival[3] && between.se == c.se[3],
       "between tenures the curve carries on");
    ok(survival_curve_at(&c.curve, 35).survival == c.survival[11], "up to the longest tenure");
}

/* Without censoring the curve is the share that stays, to the last bit, and its standard error the binomial one. */
static void
test_uncensored(void)
{
    tenure_group groups[MOST];
    computed_curve c;
    int64_t customers = 0, stayed;
    bool same = true, close = true;
    clm_rng rng;

    clm_rng_seed(&rng, 11, 1);
    for (int i = 0; i < MOST; i++) {
        int64_t left = 1 + (int64_t)(clm_rng_uniform(&rng) * 1000);

        groups[i] = (tenure_group){3 * i, left, left};
        customers += left;
    }
    compute(groups, MOST, &c);
    stayed = customers;
    for (int i = 0; i < MOST; i++) {
        double share;

        stayed -= groups[i].customers;
        share = (double)stayed / (double)customers;
        same = same && c.survival[i] == share;
        close = close && fabs(c.se[i] - sqrt(share * (1 - share) / (double)customers)) <= 1e-14;
    }
    ok(same, "without censoring: the share that stays");
    ok(close, "without censoring: the binomial standard error");
    ok(c.survival[MOST - 1] == 0 && c.se[MOST - 1] == 0, "survival 0 has standard error 0");
    ok(!survival_curve_at(&c.curve, groups[MOST - 1].tenure).has_interval, "survival 0 has no interval");
}

/* The definition, customer by customer, in long double. */
static void
check_against_definition(uint64_t seed, int customers, int tenures)
{
    int64_t tenure[1000];
    bool left[1000];
    tenure_group groups[1000];
    size_t n = (size_t)customers;
    computed_curve c;
    long double survival = 1, greenwood = 0;
    bool close = true, within = true;
    clm_rng rng;

    clm_rng_seed(&rng, seed, 2);
    for (int i = 0; i < customers; i++) {
        tenure[i] = (int64_t)(clm_rng_uniform(&rng) * tenures);
        left[i] = clm_rng_uniform(&rng) < .6;
        groups[i] = (tenure_group){tenure[i], left[i], 1};
    }
    tenure_groups_merge(groups, &n, NULL);
    compute(groups, n, &c);
    for (size_t i = 0; i < n; i++) {
        int at_risk = 0, events = 0;
        survival_point p;

        for (int j = 0; j < customers; j++) {
            at_risk += tenure[j] >= groups[i].tenure;
            events += tenure[j] == groups[i].tenure && left[j];
        }
        survival *= 1 - (long double)events / at_risk;
        if (at_risk > events)
            greenwood += (long double)events / ((long double)at_risk * (at_risk - events));
        close = close && c.at_risk[i] == at_risk && c.events[i] == events &&
                fabsl(c.survival[i] - survival) <= 1e-15L &&
                fabsl(c.se[i] - survival * sqrtl(greenwood)) <= 1e-15L;
        p = survival_curve_at(&c.curve, groups[i].tenure);
        within = within && (!p.has_interval ||
                            (p.low >= 0 && p.low <= p.survival && p.survival <= p.high && p.high <= 1));
    }
    ok(close, "%d customers of %d tenures: as defined", customers, tenures);
    ok(within && survival_curve_valid(&c.curve),
       "%d customers: the interval holds the estimate, within 0 and 1", customers);
}

static void
test_merge(void)
{
    enum { N = 50000 };
    static tenure_group groups[N], reverse[N];
    size_t n = N, reversed = N, none = 0, two = 2, again;
    int64_t customers = 0, events = 0;
    bool ascending = true;
    tenure_group many[] = {{1, 0, SURVIVAL_MOST_CUSTOMERS}, {1, 0, 1}};
    tenure_group apart[] = {{1, 0, SURVIVAL_MOST_CUSTOMERS}, {2, 0, 1}};
    computed_curve c;
    clm_rng rng;

    clm_rng_seed(&rng, 3, 3);
    for (size_t i = 0; i < N; i++) {
        int64_t weight = 1 + (int64_t)(clm_rng_uniform(&rng) * 5);

        groups[i] = (tenure_group){(int64_t)(clm_rng_uniform(&rng) * 2000), weight / 2, weight};
        reverse[N - 1 - i] = groups[i];
        customers += weight;
        events += weight / 2;
    }
    tenure_groups_merge(groups, &n, NULL);
    tenure_groups_merge(reverse, &reversed, NULL);
    ok(n == reversed && memcmp(groups, reverse, n * sizeof(*groups)) == 0,
       "merging: the order does not matter");
    for (size_t i = 0; i < n; i++) {
        ascending = ascending && (i == 0 || groups[i - 1].tenure < groups[i].tenure);
        customers -= groups[i].customers;
        events -= groups[i].events;
    }
    ok(n <= 2000 && ascending && customers == 0 && events == 0, "merging: %zu tenures, nobody is lost", n);
    again = n;
    tenure_groups_merge(groups, &again, NULL);
    ok(again == n && memcmp(groups, reverse, n * sizeof(*groups)) == 0,
       "merging what is merged changes nothing");
    ok(tenure_groups_merge(groups, &none, NULL) == CLM_OK && none == 0, "merging nothing");
    ok(tenure_groups_merge(many, &two, NULL) == CLM_OVERFLOW, "too many customers of a tenure");
    ok(compute(apart, 2, &c) == CLM_OVERFLOW, "too many customers");
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
    static tenure_group groups[N];
    bool stopped = true;
    int calls = 0;

    for (int at = 1; at < 100; at = at * 3 / 2 + 1) {
        int left = at;
        clm_stop stop = {stop_at_call, &left};
        size_t n = N;
        clm_status status;
        clm_rng rng;

        clm_rng_seed(&rng, 5, 5);
        for (size_t i = 0; i < N; i++)
            groups[i] = (tenure_group){(int64_t)(clm_rng_uniform(&rng) * 1e9), 1, 1};
        status = tenure_groups_merge(groups, &n, &stop);
        stopped = stopped && status == (left <= 0 ? CLM_STOPPED : CLM_OK);
        calls = calls < at - left ? at - left : calls;
    }
    ok(stopped && calls > 10, "a stop is obeyed at any of %d places", calls);
}

static void
test_domain(void)
{
    static const tenure_group bad[] = {
        {-1, 0, 1}, {1, -1, 1}, {1, 2, 1}, {1, 0, 0}, {1, 0, SURVIVAL_MOST_CUSTOMERS + 1}};
    static const tenure_group good[] = {
        {0, 0, 1}, {INT64_MAX, 1, 1}, {1, SURVIVAL_MOST_CUSTOMERS, SURVIVAL_MOST_CUSTOMERS}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
        ok(!tenure_group_valid(&bad[i]), "group outside the domain: %zu", i);
    for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
        ok(tenure_group_valid(&good[i]), "group in the domain: %zu", i);
}

/* Whether the worked curve is still valid with one number changed. */
static bool
valid_with(size_t i, int64_t tenure, int64_t at_risk, int64_t events, double survival, double se)
{
    computed_curve c;

    compute(worked, 3, &c);
    c.tenure[i] = tenure;
    c.at_risk[i] = at_risk;
    c.events[i] = events;
    c.survival[i] = survival;
    c.se[i] = se;
    return survival_curve_valid(&c.curve);
}

static void
test_valid(void)
{
    computed_curve c;

    compute(worked, 3, &c);
    c.curve.n = 0;
    ok(!survival_curve_valid(&c.curve), "no curve");
    ok(valid_with(1, 2, 8, 2, .675, .1), "a curve");
    ok(!valid_with(0, -1, 10, 1, .9, .1), "negative tenure");
    ok(!valid_with(1, 1, 8, 2, .675, .1) && !valid_with(1, 3, 8, 2, .675, .1), "tenures that do not ascend");
    ok(!valid_with(1, 2, 10, 2, .675, .1), "more at risk than are left");
    ok(!valid_with(1, 2, 6, 2, .675, .1), "fewer at risk than go on");
    ok(!valid_with(2, 3, 0, 0, .54, .1) && !valid_with(2, 3, -5, 0, .54, .1), "nobody at risk");
    ok(!valid_with(2, 3, INT64_MIN, 0, .54, .1) && !valid_with(0, 1, INT64_MAX, 1, .9, .1),
       "extreme numbers at risk");
    ok(!valid_with(2, 3, 5, 6, .54, .1) && !valid_with(2, 3, 5, -1, .54, .1), "events");
    ok(!valid_with(2, 3, 5, INT64_MAX, .54, .1) && !valid_with(2, 3, 5, INT64_MIN, .54, .1),
       "extreme events");
    ok(!valid_with(2, 3, 5, 1, .7, .1) && !valid_with(0, 1, 10, 1, 1.1, .1), "survival that grows");
    ok(!valid_with(2, 3, 5, 1, -.1, .1) && !valid_with(2, 3, 5, 1, NAN, .1), "survival that is none");
    ok(!valid_with(2, 3, 5, 1, .54, -.1) && !valid_with(2, 3, 5, 1, .54, NAN), "standard error");
}

/* Whatever a valid curve says, its interval is finite and within [0, 1]. */
static void
test_extreme_interval(void)
{
    static const double survivals[] = {5e-324, 1e-308, 1e-16, .5, 1 - 1e-15, 0x1.fffffffffffffp-1};
    static const double errors[] = {0, 5e-324, 1e-300, 1, 1e300, 1.7e308};
    bool within = true;

    for (size_t i = 0; i < sizeof(survivals) / sizeof(*survivals); i++) {
        for (size_t j = 0; j < sizeof(errors) / sizeof(*errors); j++) {
            int64_t tenure = 7, at_risk = 1, events = 0;
            survival_curve curve = {1, &tenure, &at_risk, &events, &survivals[i], &errors[j]};
            survival_point p = survival_curve_at(&curve, 7);

            within = within && p.has_interval && p.low >= 0 && p.low <= p.high && p.high <= 1;
        }
    }
    ok(within, "extreme curves have intervals within 0 and 1");
}

int
main(void)
{
    test_worked();
    test_published();
    test_uncensored();
    check_against_definition(1, 1, 1);
    check_against_definition(2, 10, 5);
    check_against_definition(3, 300, 50);
    check_against_definition(4, 1000, 12);
    test_merge();
    test_stop();
    test_domain();
    test_valid();
    test_extreme_interval();
    return done_testing();
}
