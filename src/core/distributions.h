/*
 * Tail probabilities of the normal, Student's t, the chi-square and the F distribution, quantiles of the first two.
 */
#ifndef CLM_DISTRIBUTIONS_H
#define CLM_DISTRIBUTIONS_H

/*
 * P(Z > z) for a standard normal Z, any z. Relative error about z^2 1e-16 in the upper tail.
 */
extern double normal_tail(double z);

/* The z with P(Z > z) = tail, 0 < tail < 1; to about 1e-15 of max(1, |z|). */
extern double normal_quantile(double tail);

/*
 * P(T > t) for Student's t with 0 < df <= 1e20 degrees of freedom, any t. Relative error below 1e-13 where it is above
 * 1e-100, growing with -ln of the probability.
 */
extern double student_tail(double t, double df);

/* The t with P(T > t) = tail, 1e-150 <= tail < 1, df from about 1 to 1e20; to about 2e-14 relatively. */
extern double student_quantile(double tail, double df);

/* P(X > x) for X chi-square with 0 < df <= 2e5 degrees of freedom, x >= 0. Relative error about 1e-13 where it is above
 * 1e-100 and df up to 100. */
extern double chi_square_tail(double x, double df);

/* P(F > f) for F's distribution with 0 < df1, df2 <= 2e5 degrees of freedom, f >= 0. Relative error as above. */
extern double f_tail(double f, double df1, double df2);

#endif
