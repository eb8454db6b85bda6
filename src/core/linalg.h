/*
 * Small dense systems, for matrices up to about 200 rows: symmetric ones by Cholesky's method, others by LU
 * factors. Matrices are stored row by row, n x n.
 */
#ifndef CLM_LINALG_H
#define CLM_LINALG_H

#include "core.h"

/*
 * Overwrites the lower triangle of the symmetric matrix `a` (only that triangle is read) with its Cholesky
 * factor L, a = L L'. False where a is not positive definite, or so nearly singular that a pivot keeps less
 * than the part `tolerance` of its diagonal element.
 */
extern bool cholesky_factor(double *a, size_t n, double tolerance);
/* Solves a x = b in place, given the factor of a. */
extern void cholesky_solve(const double *l, size_t n, double *b);
/* The inverse of a (n x n), given its factor. */
extern void cholesky_inverse(const double *l, size_t n, double *inverse);

/*
 * Overwrites the matrix `a` with its factors by partial pivoting: L below the diagonal (its own diagonal is
 * 1), U on and above it; step j exchanged the rows j and pivots[j]. False where a is singular, or so nearly
 * that a pivot keeps no more than the part `tolerance` of the largest element of its column.
 */
extern bool lu_factor(double *a, size_t n, size_t *pivots, double tolerance);
/* Solves a x = b in place, given the factors of a. */
extern void lu_solve(const double *lu, size_t n, const size_t *pivots, double *b);

#endif
