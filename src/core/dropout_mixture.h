/*
 * Purchases of a customer who is alive, whose rate of purchase is gamma distributed and whose chance to drop
 * out after a purchase is beta distributed: the expectations that the BG/NBD and MBG/NBD models share.
 *
 * Given rate lambda and chance p, purchases come as a Poisson process and each is the last one with
 * probability p; lambda ~ gamma(R, rate A) and p ~ beta(a, B) are independent. Time is measured in units of
 * A: s = t / A.
 */
#ifndef CLM_DROPOUT_MIXTURE_H
#define CLM_DROPOUT_MIXTURE_H

typedef struct dropout_mixture {
    double R; /* shape of the rate */
    double a; /* p ~ beta(a, B) */
    double B;
} dropout_mixture;

/*
 * All for parameters > 0. Relative error below 1e-11 for parameters from 1e-3 to 1e4, R to 1e5, and s to 1e7.
 * Far outside the result may be infinite or NaN, where it overflows or its sum would take too long: the
 * caller checks.
 *
 * With ordinary parameters (up to about 20) a call takes 0.1 to 3 microseconds, 10 where s is above 1e3; with
 * others up to some hundred.
 */

/* Probability to be alive still at s: E[(1 + p s)^-R] = 2F1(R, a; a + B; -s), 0 <= s < infinity. Absolute
 * error 1e-15 where it is below 1e-15. */
extern double dropout_survival(const dropout_mixture *m, double s);

/* Expected number of purchases up to s: E[(1 - (1 + p s)^-R) / p]; the last one counts. */
extern double dropout_purchases(const dropout_mixture *m, double s);

/* The same with each purchase discounted by exp(-zeta * its time); s may be infinite where zeta > 0. zeta is
 * the discount rate times A, 0 <= zeta < infinity. */
extern double dropout_discounted(const dropout_mixture *m, double s, double zeta);

#endif
