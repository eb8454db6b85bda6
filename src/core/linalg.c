/*
 * Small dense symmetric systems by Cholesky's method (Golub & Van Loan, Matrix Computations, section 4.2).
 */
#include "linalg.h"

#include <math.h>

/* Sum of l[i][k] l[j][k] over k < upto. */
static double
row_product(const double *l, size_t n, size_t i, size_t j, size_t upto)
{
    double sum = 0.0;

    for (size_t k = 0; k < upto; k++)
        sum += l[i * n + k] * l[j * n + k];
    return sum;
}

bool
cholesky_factor(double *a, size_t n, double tolerance)
{
    for (size_t j = 0; j < n; j++) {
        double diagonal = a[j * n + j];
        double pivot = diagonal - row_product(a, n, j, j, j);

        /* Written so that NaN fails too. */
        if (!(pivot > 0.0 && pivot >= tolerance * diagonal && isfinite(pivot)))
            return false;
        a[j * n + j] = sqrt(pivot);
        for (size_t i = j + 1; i < n; i++)
            a[i * n + j] = (a[i * n + j] - row_product(a, n, i, j, j)) / a[j * n + j];
    }
    return true;
}

void
cholesky_solve(const double *l, size_t n, double *b)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= l[i * n + k] * b[k];
        b[i] /= l[i * n + i];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= l[k * n + i] * b[k];
        b[i] /= l[i * n + i];
    }
}

void
cholesky_inverse(const double *l, size_t n, double *inverse)
{
    /* The inverse is symmetric, so its columns may be stored as rows. */
    for (size_t j = 0; j < n; j++) {
        for (size_t i = 0; i < n; i++)
            inverse[j * n + i] = i == j ? 1.0 : 0.0;
        cholesky_solve(l, n, inverse + j * n);
    }
}
