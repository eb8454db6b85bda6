/*
 * The test for a season: no warning where there is none, one where there is, by simulation; identities; limits.
 */
#include "core/random.h"
#include "core/seasonality.h"
#include "tap.h"

#define MOST 120 /* months */
#define RUNS 600

static int64_t
draw_poisson(clm_rng *rng, double mean)
{
    int64_t n = 0;

    if (mean > 500) /* close enough, and fast */
        return (int64_t)fmax(0, floor(mean + sqrt(mean) * clm_rng_normal(rng) + .5));
    for (double t = clm_rng_exponential(rng); t < mean; t += clm_rng_exponential(rng))
        n++;
    return n;
}

/* What is true of a month, relative to what the model expects: 1; a slow decline; a wave of 30 months; a poor start. */
typedef enum misfit { RIGHT, DECLINE, WAVE, START, NMISFITS } misfit;

static double
true_ratio(misfit kind, int k, int n)
{
    switch (kind) {
        case DECLINE:
            return exp(-1.5 * k / n);
        case WAVE:
            return 1 + .3 * sin(2 * 3.14159265358979 * k / 30);
        case START:
            return 1 + .5 * exp(-k / 2.0);
        default:
            return 1;
    }
}

/* Share of RUNS simulated series of n months that are called seasonal; December is multiplied by `december`. */
static double
share_called(misfit kind, int n, double level, double december, uint64_t seed)
{
    int called = 0;
    clm_rng rng;

    clm_rng_seed(&rng, seed, 9);
    for (int i = 0; i < RUNS; i++) {
        month_count months[MOST];
        season s;

        for (int k = 0; k < n; k++) {
            int month = (i + k) % MONTHS_OF_YEAR;
            double mean = level * true_ratio(kind, k, n) * (month == 11 ? december : 1);

            months[k] = (month_count){month, draw_poisson(&rng, mean), level};
        }
        called += judge_season(months, (size_t)n, &s) == CLM_OK && s.seasonal &&
                  s.month[11].departs == (december > 1);
    }
    return (double)called / RUNS;
}

/* Without a season fewer than 1 in 200 are called, whatever the model misses in the long run. */
static void
test_plain(void)
{
    static const int lengths[] = {12, 18, 24, 36, 60, 120};
    static const double levels[] = {10, 100, 3000};

    for (int kind = 0; kind < NMISFITS; kind++) {
        double most = 0;

        for (int i = 0; i < 6; i++) {
            for (int j = 0; j < 3; j++)
                most =
                    fmax(most, share_called((misfit)kind, lengths[i], levels[j], 1, (uint64_t)(10 * i + j)));
        }
        ok(most < .005, "no season, misfit %d: at most %.4f are called", kind, most);
    }
}

/* Doubled Decembers are found, from 100 purchases a month on in most cases after two years, nearly always after three. */
static void
test_december(void)
{
    for (int kind = 0; kind < NMISFITS; kind++) {
        double two = share_called((misfit)kind, 24, 300, 2, 1),
               three = share_called((misfit)kind, 36, 300, 2, 2);

        ok(two > .85, "December doubled, two years, misfit %d: %.3f are called", kind, two);
        ok(three > .99, "December doubled, three years, misfit %d: %.3f are called", kind, three);
    }
    ok(share_called(RIGHT, 24, 100, 2, 3) > .9, "December doubled, 100 purchases a month");
}

/* Where the counts are the model's times a smooth trend, every index is 1 to rounding; scale does not matter. */
static void
test_trend(void)
{
    month_count months[36];
    season s, t;
    bool flat = true, sums = true, scaled = true;
    double actual = 0, expected = 0;

    for (int k = 0; k < 36; k++)
        months[k] =
            (month_count){(k + 4) % 12, (int64_t)round(1e9 * exp(-.01 * k + 2e-4 * k * k)), 1e6 + 1e4 * k};
    for (int k = 0; k < 36; k++)
        months[k].expected = 1e6;
    ok(judge_season(months, 36, &s) == CLM_OK && !s.seasonal && s.p > .5, "an exact trend is no season");
    for (int m = 0; m < 12; m++) {
        flat = flat && fabs(s.month[m].index - 1) < 1e-8 && s.month[m].months == 3;
        actual += (double)s.month[m].actual;
        expected += s.month[m].expected;
    }
    sums = fabs(actual / expected - 1) < 1e-9;
    ok(flat, "an exact trend: indexes are 1");
    ok(sums, "actual and expected purchases have the same total");
    for (int k = 0; k < 36; k++) {
        months[k].actual = 100 + 40 * (months[k].month == 5);
        months[k].expected = 100;
    }
    judge_season(months, 36, &s);
    for (int k = 0; k < 36; k++)
        months[k].expected *= 7;
    judge_season(months, 36, &t);
    for (int m = 0; m < 12; m++)
        scaled = scaled && fabs(s.month[m].index / t.month[m].index - 1) < 1e-9;
    ok(scaled && s.seasonal == t.seasonal && s.seasonal && s.month[5].departs && !s.month[4].departs,
       "a model that expects seven times as much finds the same season");
}

static void
test_limits(void)
{
    static month_count months[SEASON_MOST_MONTHS + 1];
    season s;

    for (int k = 0; k <= SEASON_MOST_MONTHS; k++)
        months[k] = (month_count){k % 12, 50, 50};
    ok(judge_season(months, 0, &s) == CLM_UNDEFINED && judge_season(months, 11, &s) == CLM_UNDEFINED,
       "fewer than twelve months");
    ok(judge_season(months, 12, &s) == CLM_OK && !s.seasonal, "twelve months");
    ok(judge_season(months, SEASON_MOST_MONTHS, &s) == CLM_OK && !s.seasonal &&
           judge_season(months, SEASON_MOST_MONTHS + 1, &s) == CLM_DOMAIN,
       "two hundred years");
    months[3].expected = 4.9;
    ok(judge_season(months, 12, &s) == CLM_UNDEFINED, "a month of which too little is expected");
    ok(judge_season(months, 24, &s) == CLM_OK && s.month[3].months == 1 && s.month[2].months == 2,
       "the same month of another year counts");
    for (int k = 0; k < 24; k++)
        months[k] = (month_count){k % 12, 0, 50};
    ok(judge_season(months, 24, &s) == CLM_UNDEFINED, "no purchase at all");
    months[0].actual = 1000000;
    ok(judge_season(months, 24, &s) != CLM_OK || !s.seasonal || s.month[0].departs,
       "all purchases in one month");
    for (int k = 0; k < 24; k++)
        months[k] = (month_count){k % 12, k % 2 == 0 ? 0 : (int64_t)1 << 53, k % 2 == 0 ? 5 : 1e300};
    if (judge_season(months, 24, &s) == CLM_OK)
        ok(isfinite(s.p) && isfinite(s.month[0].index) && isfinite(s.month[1].index),
           "extreme numbers: finite");
    else
        ok(true, "extreme numbers: not judged");
    for (int k = 0; k < 24; k++)
        months[k].expected = 1.7e308;
    ok(judge_season(months, 24, &s) == CLM_UNDEFINED, "expectations that overflow");
}

int
main(void)
{
    test_plain();
    test_december();
    test_trend();
    test_limits();
    return done_testing();
}
