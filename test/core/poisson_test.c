/*
 * Poisson quantiles: values computed with arbitrary precision, moments, domain.
 */
#include "../../src/core/poisson.h"
#include "../../src/core/random.h"
#include "tap.h"

static const struct {
    double mean, v, n;
} values[] = {
    /* clang-format off */
    {1e-06, 1e-12, 0},
    {1e-06, 0.0001, 0},
    {1e-06, 0.01, 0},
    {1e-06, 0.2, 0},
    {1e-06, 0.5, 0},
    {1e-06, 0.7, 0},
    {1e-06, 0.99, 0},
    {1e-06, 0.999999, 0},
    {1e-06, 0.9999999999990905, 1},
    {0.3, 1e-12, 0},
    {0.3, 0.0001, 0},
    {0.3, 0.01, 0},
    {0.3, 0.2, 0},
    {0.3, 0.5, 0},
    {0.3, 0.7, 0},
    {0.3, 0.99, 2},
    {0.3, 0.999999, 5},
    {0.3, 0.9999999999990905, 10},
    {1, 1e-12, 0},
    {1, 0.0001, 0},
    {1, 0.01, 0},
    {1, 0.2, 0},
    {1, 0.5, 1},
    {1, 0.7, 1},
    {1, 0.99, 4},
    {1, 0.999999, 9},
    {1, 0.9999999999990905, 14},
    {5.5, 1e-12, 0},
    {5.5, 0.0001, 0},
    {5.5, 0.01, 1},
    {5.5, 0.2, 3},
    {5.5, 0.5, 5},
    {5.5, 0.7, 7},
    {5.5, 0.99, 12},
    {5.5, 0.999999, 20},
    {5.5, 0.9999999999990905, 29},
    {29, 1e-12, 1},
    {29, 0.0001, 11},
    {29, 0.01, 17},
    {29, 0.2, 24},
    {29, 0.5, 29},
    {29, 0.7, 32},
    {29, 0.99, 42},
    {29, 0.999999, 58},
    {29, 0.9999999999990905, 74},
    {60, 1e-12, 14},
    {60, 0.0001, 33},
    {60, 0.01, 43},
    {60, 0.2, 53},
    {60, 0.5, 60},
    {60, 0.7, 64},
    {60, 0.99, 79},
    {60, 0.999999, 100},
    {60, 0.9999999999990905, 122},
    {99.5, 1e-12, 38},
    {99.5, 0.0001, 65},
    {99.5, 0.01, 77},
    {99.5, 0.2, 91},
    {99.5, 0.5, 99},
    {99.5, 0.7, 105},
    {99.5, 0.99, 123},
    {99.5, 0.999999, 150},
    {99.5, 0.9999999999990905, 177},
    {100, 1e-12, 38},
    {100, 0.0001, 65},
    {100, 0.01, 77},
    {100, 0.2, 92},
    {100, 0.5, 100},
    {100, 0.7, 105},
    {100, 0.99, 124},
    {100, 0.999999, 151},
    {100, 0.9999999999990905, 178},
    {101, 1e-12, 39},
    {101, 0.0001, 66},
    {101, 0.01, 78},
    {101, 0.2, 92},
    {101, 0.5, 101},
    {101, 0.7, 106},
    {101, 0.99, 125},
    {101, 0.999999, 152},
    {101, 0.9999999999990905, 180},
    {137.25, 1e-12, 63},
    {137.25, 0.0001, 96},
    {137.25, 0.01, 111},
    {137.25, 0.2, 127},
    {137.25, 0.5, 137},
    {137.25, 0.7, 143},
    {137.25, 0.99, 165},
    {137.25, 0.999999, 196},
    {137.25, 0.9999999999990905, 228},
    {1000, 1e-12, 786},
    {1000, 0.0001, 885},
    {1000, 0.01, 927},
    {1000, 0.2, 973},
    {1000, 0.5, 1000},
    {1000, 0.7, 1016},
    {1000, 0.99, 1074},
    {1000, 0.999999, 1154},
    {1000, 0.9999999999990905, 1231},
    {12345.678, 1e-12, 11572},
    {12345.678, 0.0001, 11935},
    {12345.678, 0.01, 12088},
    {12345.678, 0.2, 12252},
    {12345.678, 0.5, 12346},
    {12345.678, 0.7, 12404},
    {12345.678, 0.99, 12605},
    {12345.678, 0.999999, 12877},
    {12345.678, 0.9999999999990905, 13137},
    {1000000.0, 1e-12, 992974},
    {1000000.0, 0.0001, 996283},
    {1000000.0, 0.01, 997674},
    {1000000.0, 0.2, 999158},
    {1000000.0, 0.5, 1000000},
    {1000000.0, 0.7, 1000524},
    {1000000.0, 0.99, 1002327},
    {1000000.0, 0.999999, 1004757},
    {1000000.0, 0.9999999999990905, 1007056},
    {1000000000.0, 1e-09, 999810339},
    {1000000000.0, 0.2, 999973386},
    {1000000000.0, 0.5, 1000000000},
    {1000000000.0, 0.97, 1000059476},
    {1000000000.0, 0.9999999990686774, 1000190038},
    {1000000000000.0, 1e-09, 999994002199},
    {1000000000000.0, 0.2, 999999158379},
    {1000000000000.0, 0.5, 1000000000000},
    {1000000000000.0, 0.97, 1000001880794},
    {1000000000000.0, 0.9999999990686774, 1000006009359},
    /* clang-format on */
};
#define N_VALUES (sizeof(values) / sizeof(*values))

static void
test_values(void)
{
    int wrong = 0;

    for (size_t i = 0; i < N_VALUES; i++) {
        double n = poisson_quantile(values[i].mean, values[i].v);

        if (n != values[i].n) {
            wrong++;
            printf("# mean %g v %.17g: got %.17g, want %.17g\n", values[i].mean, values[i].v, n, values[i].n);
        }
    }
    ok(wrong == 0, "%d of %zu quantiles are wrong", wrong, N_VALUES);
}

/* Over an even grid of v: mean and variance of the distribution, no step back, and no jump where the method
 * changes. */
static void
test_moments(void)
{
    static const double means[] = {.01, 3, 99.99, 100.01, 5e3, 1e7, 1e9};
    enum { GRID = 20000 };

    for (size_t i = 0; i < sizeof(means) / sizeof(*means); i++) {
        double sum = 0, squares = 0, before = 0;
        bool ascends = true;

        for (int k = 0; k < GRID; k++) {
            double n = poisson_quantile(means[i], (k + .5) / GRID), off = n - means[i];

            ascends = ascends && n >= before && n == floor(n);
            before = n;
            sum += off;
            squares += off * off;
        }
        ok(ascends, "mean %g: whole numbers that ascend", means[i]);
        is_close(sum / GRID, 0, 0, fmax(2e-4 * sqrt(means[i]), 2. / GRID), "and have that mean");
        is_close(squares / GRID, means[i], 2e-3, 2. / GRID, "and that variance");
    }
}

/* The quantile far out in a tail, by the sums of all terms from there on. */
static void
test_last_step(double mean, double v)
{
    double n = poisson_quantile(mean, v), term, beyond = 0, sum = 0;

    if (v < .5) {
        for (double k = 0; k < n; k++)
            sum += exp(k * log(mean) - mean - lgamma(k + 1));
        term = exp(n * log(mean) - mean - lgamma(n + 1));
        ok(sum < v && sum + term >= v * (1 - 1e-10), "mean %g: P(N <= %g) is the first to reach %g", mean, n,
           v);
        return;
    }
    for (double k = n + 1000; k > n; k--)
        beyond += exp(k * log(mean) - mean - lgamma(k + 1));
    term = exp(n * log(mean) - mean - lgamma(n + 1));
    ok(beyond <= (1 - v) * (1 + 1e-10) && beyond + term > 1 - v,
       "mean %g: P(N > %g) is the first not above %g", mean, n, 1 - v);
}

static void
test_domain(void)
{
    ok(poisson_quantile(0, .9999) == 0, "mean 0");
    ok(isfinite(poisson_quantile(1e15, .5)) && !isfinite(poisson_quantile(1e16, .5)), "the largest mean");
    ok(!isfinite(poisson_quantile(-1, .5)) && !isfinite(poisson_quantile(NAN, .5)) &&
           !isfinite(poisson_quantile(INFINITY, .5)),
       "a mean outside the domain");
    ok(!isfinite(poisson_quantile(1, 0)) && !isfinite(poisson_quantile(1, 1)) &&
           !isfinite(poisson_quantile(1, NAN)),
       "v outside the domain");
    ok(poisson_quantile(1e-300, 1 - 0x1p-53) == 0 && poisson_quantile(50, 0x1p-1000) == 0 &&
           poisson_quantile(1e6, 0x1p-1000) < 1e6 && poisson_quantile(1e6, 1 - 0x1p-53) < 1.01e6,
       "v next to 0 and 1");
    test_last_step(100, 1 - 0x1p-53);
    test_last_step(150, 1 - 0x1p-53);
    test_last_step(100, 1 - 0x1p-50);
    test_last_step(100, 0x1p-1000);
}

int
main(void)
{
    test_values();
    test_moments();
    test_domain();
    return done_testing();
}
