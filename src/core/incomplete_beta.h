/*
 * The regularised incomplete beta function, with both tails.
 */
#ifndef CLM_INCOMPLETE_BETA_H
#define CLM_INCOMPLETE_BETA_H

/*
 * I_x(a, b) and its complement I_y(b, a), y = 1 - x; the one below about 1/2 is accurate relatively, both
 * absolutely. a, b > 0, 0 <= x, y <= 1; y is an argument of its own so that nothing is lost where x is
 * near 1. Relative error about 1e-14 for a, b up to 1e3, growing with the logarithms that nearly cancel to
 * 1e-12 at 1e5. Used as P(NB(r, z) >= n) = I_z(n, r).
 */
extern void incomplete_beta(double a, double b, double x, double y, double *lower, double *upper);

#endif
