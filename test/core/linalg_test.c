/*
 * Cholesky's method: factor, solution, inverse, and what is not positive definite.
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

int
main(void)
{
    test_solution();
    test_indefinite();
    return done_testing();
}
