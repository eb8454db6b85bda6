/*
 * Quantiles of the Poisson distribution.
 */
#ifndef CLM_POISSON_H
#define CLM_POISSON_H

/* The smallest n with P(N <= n) >= v, N Poisson with that mean, 0 <= mean <= 1e9, 0 < v < 1. */
extern double poisson_quantile(double mean, double v);

#endif
