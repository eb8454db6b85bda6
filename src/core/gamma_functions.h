/*
 * Logarithms of gamma functions, of their ratios, and derivatives of these.
 *
 * Ratios and differences come from Stirling's series of the difference itself, so they keep their relative
 * accuracy where the two gamma functions agree in most digits. Accurate to about 1e-14 for arguments from
 * 1e-3 to 1e8; the caller ensures the domain.
 */
#ifndef CLM_GAMMA_FUNCTIONS_H
#define CLM_GAMMA_FUNCTIONS_H

/* ln Gamma(x), x > 0; the error is absolute (not relative) near its zeros 1 and 2. */
extern double log_gamma(double x);
/* ln (Gamma(a + b) / Gamma(a)), a > 0, b >= 0. */
extern double log_gamma_ratio(double a, double b);
/* ln B(a, b), a, b > 0. */
extern double log_beta(double a, double b);
/* ln (B(a, b + t) / B(a, b)), a, b > 0, t >= 0, accurate relatively however small it is. */
extern double log_beta_ratio(double a, double b, double t);
/* Its derivative by b. */
extern double log_beta_ratio_slope(double a, double b, double t);
/* digamma(a + b) - digamma(a), a > 0, b >= 0, where digamma is the derivative of ln Gamma. */
extern double digamma_difference(double a, double b);

#endif
