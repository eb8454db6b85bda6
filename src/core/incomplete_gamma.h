/*
 * The regularised incomplete gamma function, with both tails.
 */
#ifndef CLM_INCOMPLETE_GAMMA_H
#define CLM_INCOMPLETE_GAMMA_H

/*
 * P(a, x) and its complement Q(a, x); the one below about 1/2 is accurate relatively, both absolutely.
 * 0 < a <= 1e5, x >= 0, infinity included. Relative error about 1e-14 for a up to 10, growing with a and with
 * -ln of the probability. Used as the tail of the chi-square distribution, Q(df/2, x/2).
 */
extern void incomplete_gamma(double a, double x, double *lower, double *upper);

#endif
