/*
 * Quantiles of the Poisson distribution, in about constant time.
 */
#ifndef CLM_POISSON_H
#define CLM_POISSON_H

/*
 * The smallest n with P(N <= n) >= v, N ~ Poisson(mean), 0 < v < 1: with a uniform v a draw of N. 0 for mean =
 * 0. Right but where v is within 1e-10 of a step of the distribution (1e-14 for means below 100). Not finite
 * for a mean above 1e15, where doubles no longer count, and for a mean or v outside the domain. At most some
 * 3 microseconds.
 */
extern double poisson_quantile(double mean, double v);

#endif
