/*
 * Random numbers: reproducible, in range, and with the moments of their distributions.
 */
#include "core/random.h"
#include "tap.h"

#include <string.h>

#define DRAWS 200000

typedef double (*draw_function)(clm_rng *rng, double a, double b);

static double
draw_uniform(clm_rng *rng, double a, double b)
{
    return a + (b - a) * clm_rng_uniform(rng);
}

static double
draw_exponential(clm_rng *rng, double a, double b)
{
    (void)a;
    (void)b;
    return clm_rng_exponential(rng);
}

static double
draw_normal(clm_rng *rng, double a, double b)
{
    return a + b * clm_rng_normal(rng);
}

static double
draw_gamma(clm_rng *rng, double shape, double b)
{
    (void)b;
    return clm_rng_gamma(rng, shape);
}

/* Mean and variance of many draws, within five standard errors of what theory says; kurtosis is that of the
 * distribution (3 for the normal one). */
static void
check_moments(const char *name, draw_function draw, double a, double b, double mean, double variance,
              double kurtosis)
{
    clm_rng rng;
    double sum = 0.0, sum_of_squares = 0.0, got_mean, got_variance;

    clm_rng_seed(&rng, 20240229, 7);
    for (int i = 0; i < DRAWS; i++) {
        double x = draw(&rng, a, b) - mean;

        sum += x;
        sum_of_squares += x * x;
    }
    got_mean = sum / DRAWS;
    got_variance = sum_of_squares / DRAWS;
    ok(fabs(got_mean) < 5.0 * sqrt(variance / DRAWS), "%s(%g, %g): mean %g", name, a, b, mean);
    ok(fabs(got_variance / variance - 1.0) < 5.0 * sqrt((kurtosis - 1.0) / DRAWS), "%s(%g, %g): variance %g",
       name, a, b, variance);
}

static void
test_moments(void)
{
    static const double shapes[] = {0.05, 0.5, 1.0, 2.5, 40.0, 1e6};
    static const double betas[][2] = {{1, 1}, {0.5, 0.5}, {0.8, 2.4}, {2, 30}, {0.01, 0.02}};

    check_moments("uniform", draw_uniform, 0.0, 1.0, 0.5, 1.0 / 12, 1.8);
    check_moments("exponential", draw_exponential, 0.0, 0.0, 1.0, 1.0, 9.0);
    check_moments("normal", draw_normal, 3.0, 2.0, 3.0, 4.0, 3.0);
    for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
        check_moments("gamma", draw_gamma, shapes[i], 0.0, shapes[i], shapes[i], 3.0 + 6.0 / shapes[i]);
    for (size_t i = 0; i < sizeof(betas) / sizeof(*betas); i++) {
        double a = betas[i][0], b = betas[i][1], s = a + b;
        double excess =
            6.0 * ((a - b) * (a - b) * (s + 1.0) - a * b * (s + 2.0)) / (a * b * (s + 2.0) * (s + 3.0));

        check_moments("beta", clm_rng_beta, a, b, a / s, a * b / (s * s * (s + 1.0)), 3.0 + excess);
    }
}

static void
test_reproducible(void)
{
    static const double first[] = {0x1.5701cf9bedcf7p-1, 0x1.5e1353b8b08aap-2, 0x1.8537c21ad0d07p-1,
                                   0x1.75a4d377c7d04p-3};
    clm_rng rng, again, other;
    bool same = true, in_range = true;

    clm_rng_seed(&rng, 1, 2);
    for (size_t i = 0; i < sizeof(first) / sizeof(*first); i++)
        same = same && clm_rng_uniform(&rng) == first[i];
    ok(same, "the first values of seed 1, stream 2");

    clm_rng_seed(&rng, 42, 0);
    clm_rng_seed(&again, 42, 0);
    same = true;
    for (int i = 0; i < 1000; i++)
        same = same && clm_rng_gamma(&rng, 0.7) == clm_rng_gamma(&again, 0.7);
    ok(same, "the same seed gives the same draws");

    clm_rng_seed(&rng, 1, 2);
    clm_rng_seed(&other, 2, 1);
    ok(memcmp(&rng, &other, sizeof(rng)) != 0, "seed and stream are not interchangeable");

    clm_rng_seed(&rng, 0, 0);
    for (int i = 0; i < DRAWS; i++) {
        double u = clm_rng_uniform(&rng);

        in_range = in_range && u > 0.0 && u < 1.0;
    }
    ok(in_range, "uniform numbers are inside (0, 1), from seed 0 as well");
}

/* The first numbers of neighbouring streams must not move together. */
static void
test_streams(void)
{
    double product = 0.0, last = 0.0;

    for (uint64_t stream = 0; stream < DRAWS; stream++) {
        clm_rng rng;
        double u;

        clm_rng_seed(&rng, 5, stream);
        u = clm_rng_uniform(&rng) - 0.5;
        product += u * last;
        last = u;
    }
    ok(fabs(product * 12.0 / DRAWS) < 5.0 / sqrt(DRAWS), "streams of one seed are uncorrelated");
}

static void
test_tiny_shapes(void)
{
    clm_rng rng;
    bool in_range = true;
    int high = 0;

    clm_rng_seed(&rng, 3, 3);
    for (int i = 0; i < 10000; i++) {
        double g = clm_rng_gamma(&rng, 1e-4), beta = clm_rng_beta(&rng, 1e-4, 1e-4);
        double extreme = clm_rng_beta(&rng, 1e-308, 1e-308);

        in_range = in_range && g >= 0.0 && isfinite(g) && beta >= 0.0 && beta <= 1.0 && extreme >= 0.0 &&
                   extreme <= 1.0;
        high += beta > 0.5;
    }
    ok(in_range, "tiny shapes stay in range");
    ok(abs(high - 5000) < 250, "beta(1e-4, 1e-4) falls on both sides alike");
}

static void
test_times(void)
{
    clm_times times = {0};
    bool kept = true;

    for (int i = 0; i < 1000; i++)
        kept = kept && clm_times_append(&times, i) == CLM_OK;
    for (int i = 0; i < 1000; i++)
        kept = kept && times.values[i] == i;
    ok(kept && times.n == 1000, "a list of times grows");
    free(times.values);
}

int
main(void)
{
    test_reproducible();
    test_streams();
    test_moments();
    test_tiny_shapes();
    test_times();
    return done_testing();
}
