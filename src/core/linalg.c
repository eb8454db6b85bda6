/*
 * Small dense systems (Golub & Van Loan, Matrix Computations): symmetric ones by Cholesky's method (section
 * 4.2), others by LU factors with partial pivoting (section 3.4).
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

static void
swap(double *a, double *b)
{
    double value = *a;

    *a = *b;
    *b = value;
}

/* Element (i, j) less the sum of a[i][k] a[k][j] over k < upto. */
static double
reduced_element(const double *a, size_t n, size_t i, size_t j, size_t upto)
{
    double value = a[i * n + j];

    for (size_t k = 0; k < upto; k++)
        value -= a[i * n + k] * a[k * n + j];
    return value;
}

/* Column by column (Crout), so that a pivot can be compared with its column as it was given. */
bool
lu_factor(double *a, size_t n, size_t *pivots, double tolerance)
{
    for (size_t j = 0; j < n; j++) {
        double largest = 0.0, pivot = 0.0;

        for (size_t i = 0; i < n; i++)
            largest = fmax(largest, fabs(a[i * n + j]));
        pivots[j] = j;
        for (size_t i = 0; i < n; i++) {
            a[i * n + j] = reduced_element(a, n, i, j, i < j ? i : j);
            if (!isfinite(a[i * n + j]))
                return false;
            if (i >= j && fabs(a[i * n + j]) > fabs(pivot)) {
                pivot = a[i * n + j];
                pivots[j] = i;
            }
        }
        if (pivot == 0.0 || fabs(pivot) <= tolerance * largest)
            return false;
        for (size_t k = 0; k < n && pivots[j] != j; k++)
            swap(&a[j * n + k], &a[pivots[j] * n + k]);
        for (size_t i = j + 1; i < n; i++)
            a[i * n + j] /= pivot;
    }
    return true;
}

void
lu_solve(const double *lu, size_t n, const size_t *pivots, double *b)
{
    for (size_t j = 0; j < n; j++)
        swap(&b[j], &b[pivots[j]]);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++)
            b[i] -= lu[i * n + k] * b[k];
    }
    for (size_t i = n; i-- > 0;) {
        for (size_t k = i + 1; k < n; k++)
            b[i] -= lu[i * n + k] * b[k];
        b[i] /= lu[i * n + i];
    }
}
