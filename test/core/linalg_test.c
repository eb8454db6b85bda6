/*
 * Cholesky's method: factor, solution, inverse, and what is not positive definite. LU factors: solutions, the
 * need for pivots, and what is singular.
 */
#include "core/linalg.h"
#include "tap.h"

#include <string.h>

#define N 20

/* 1 / (i + j + 1) + 1 on the diagonal: positive definite, and nothing in it is 0. */
static void
fill(double *a, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            a[i * n + j] = 1.0 / (double)(i + j + 1) + (i == j ? 1.0 : 0.0);
}

static void
test_solution(void)
{
    double a[N * N], l[N * N], inverse[N * N], b[N] = {0.0}, worst = 0.0;

    fill(a, N);
    memcpy(l, a, sizeof(l));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < N; j++)
            b[i] += a[i * N + j] * (double)(j + 1);
    ok(cholesky_factor(l, N, 1e-12), "a positive definite matrix has a factor");
    cholesky_solve(l, N, b);
    for (size_t i = 0; i < N; i++)
        worst = fmax(worst, fabs(b[i] - (double)(i + 1)));
    ok(worst < 1e-13, "solution");

    cholesky_inverse(l, N, inverse);
    worst = 0.0;
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < N; j++) {
            double sum = i == j ? -1.0 : 0.0;

            for (size_t k = 0; k < N; k++)
                sum += a[i * N + k] * inverse[k * N + j];
            worst = fmax(worst, fabs(sum));
        }
    }
    ok(worst < 1e-13, "inverse");
}

static void
test_indefinite(void)
{
    double indefinite[] = {1.0, 2.0, 2.0, 1.0}, singular[] = {1.0, 1.0, 1.0, 1.0 + 1e-12};
    double same[] = {1.0, 1.0, 1.0, 1.0 + 1e-12}, bad[] = {NAN, 0.0, 0.0, 1.0}, large[] = {INFINITY};

    ok(!cholesky_factor(indefinite, 2, 0.0), "an indefinite matrix");
    ok(!cholesky_factor(singular, 2, 1e-9), "a nearly singular matrix");
    ok(cholesky_factor(same, 2, 0.0), "which is positive definite all the same");
    ok(!cholesky_factor(bad, 2, 0.0) && !cholesky_factor(large, 1, 0.0), "NaN and infinity");
}

/* Numbers between -1 and 1 without a pattern, the same at every run. */
static double
noise(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return (double)*state / 2147483648.0 - 1.0;
}

/* A matrix of noise with zeros on its diagonal, and the right side of the solution 1, 2, ... n. */
static void
test_lu_solution(size_t n)
{
    double *a = malloc(n * n * sizeof(double)), *b = malloc(n * sizeof(double)), worst = 0.0;
    size_t *pivots = malloc(n * sizeof(size_t));
    uint32_t state = (uint32_t)n;

    for (size_t i = 0; i < n; i++) {
        b[i] = 0.0;
        for (size_t j = 0; j < n; j++) {
            a[i * n + j] = i == j ? 0.0 : noise(&state);
            b[i] += a[i * n + j] * (double)(j + 1);
        }
    }
    ok(lu_factor(a, n, pivots, 1e-15), "%zu rows have factors, though the diagonal is 0", n);
    lu_solve(a, n, pivots, b);
    for (size_t i = 0; i < n; i++)
        worst = fmax(worst, fabs(b[i] / (double)(i + 1) - 1.0));
    ok(worst < 1e-9, "%zu rows: solution within %.1g", n, worst);
    free(a);
    free(b);
    free(pivots);
}

/* 3x + 2y - z = 1, 2x - 2y + 4z = -2, -x + y/2 - z = 0 has the solution 1, -2, -2. */
static void
test_lu_by_hand(void)
{
    double a[] = {3, 2, -1, 2, -2, 4, -1, .5, -1}, b[] = {1, -2, 0}, one[] = {-4}, x[] = {2};
    double small[] = {1e-20, 1, 1, 1}, y[] = {1, 2};
    size_t pivots[3];

    ok(lu_factor(a, 3, pivots, 1e-15), "three equations");
    lu_solve(a, 3, pivots, b);
    is_close(b[0], 1, 1e-14, 0, "x");
    is_close(b[1], -2, 1e-14, 0, "y");
    is_close(b[2], -2, 1e-14, 0, "z");
    ok(lu_factor(one, 1, pivots, 1e-15), "one equation");
    lu_solve(one, 1, pivots, x);
    ok(x[0] == -0.5, "its solution");
    ok(lu_factor(small, 2, pivots, 1e-15), "a tiny leading element");
    lu_solve(small, 2, pivots, y);
    is_close(y[0], 1, 1e-15, 0, "does no harm, x");
    is_close(y[1], 1, 1e-15, 0, "does no harm, y");
    ok(lu_factor(NULL, 0, NULL, 1e-15), "no equation");
}

static void
test_lu_singular(void)
{
    double rank_1[] = {1, 2, 2, 4}, zeros[] = {0, 0, 0, 0}, zero_column[] = {0, 1, 0, 2};
    double nearly[] = {1, 1, 1, 1 + 1e-15}, same[] = {1, 1, 1, 1 + 1e-15};
    double bad[] = {NAN, 0, 0, 1}, large[] = {INFINITY}, overflow[] = {1e300, 1, -1e300, 1e308};
    double scaled[] = {1e-200, 0, 0, 1e200};
    size_t pivots[2];

    ok(!lu_factor(rank_1, 2, pivots, 1e-15), "rank 1");
    ok(!lu_factor(zeros, 2, pivots, 0) && !lu_factor(zero_column, 2, pivots, 0), "zeros");
    ok(!lu_factor(nearly, 2, pivots, 1e-14), "a nearly singular matrix");
    ok(lu_factor(same, 2, pivots, 1e-16), "which is regular all the same");
    ok(!lu_factor(bad, 2, pivots, 0) && !lu_factor(large, 1, pivots, 0), "NaN and infinity");
    ok(lu_factor(overflow, 2, pivots, 1e-15), "large elements");
    ok(lu_factor(scaled, 2, pivots, 1e-15), "columns of different scale");
}

int
main(void)
{
    test_solution();
    test_indefinite();
    test_lu_by_hand();
    test_lu_solution(7);
    test_lu_solution(N);
    test_lu_solution(200);
    test_lu_singular();
    return done_testing();
}
