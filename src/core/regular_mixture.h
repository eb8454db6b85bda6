/*
 * Purchases of a customer who is alive and buys regularly: a purchase is the last of k hidden steps, which come
 * as a Poisson process whose rate is gamma distributed; after a purchase he drops out with a chance that is
 * beta distributed. The expectations of the BG/CNBD-k and MBG/CNBD-k models; with k = 1 those of
 * dropout_mixture.h.
 *
 * Phase j, the number of steps that are done since the last purchase, has the probability (R)_j u^j / j! / S, u
 * being the silence since then; in phase j the rate is gamma(R + j, rate A). Time is measured in units of A:
 * s = t / A.
 */
#ifndef CLM_REGULAR_MIXTURE_H
#define CLM_REGULAR_MIXTURE_H

#define MOST_STEPS 20

typedef struct regular_mixture {
    int k;          /* 1 to MOST_STEPS */
    double R, a, B; /* p ~ beta(a, B) */
    double u;       /* time since the last purchase / A, 0 <= u <= 1 */
} regular_mixture;

/* The probabilities of the phases, k of them. Returns ln S, S = sum of (R)_j u^j / j! over j < k. */
extern double regular_phases(int k, double R, double u, double *weight);

/*
 * For parameters > 0. Relative error below 1e-10 for parameters from 1e-3 to 1e4, R to 1e6, and s to 1e7. NaN or
 * infinite where it would take too long (s above 1e10, R above 1e20, zeta below 1e-15 without end, a or B outside 1e-12 to 1e12) or overflows: the caller checks.
 */

/* Probability of at least one purchase up to s, 0 <= s < infinity. */
extern double regular_active(const regular_mixture *m, double s);

/* Expected number of purchases up to s, 0 <= s < infinity; the last one counts. About a microsecond where the
 * expected number of steps is below some 50; up to milliseconds where it is large and uncertain. */
extern double regular_purchases(const regular_mixture *m, double s);

/* The same with each purchase discounted by exp(-zeta * its time), zeta > 0; s may be infinite. */
extern double regular_discounted(const regular_mixture *m, double s, double zeta);

/* Probability to be alive still at s. */
extern double regular_survival(const regular_mixture *m, double s);

/* The expected discounted number given the rate of the steps, the chance p and the phase; s (here t) may be
 * infinite. Infinite where it has no finite value. */
extern double regular_purchases_given(int k, int phase, double rate, double p, double t, double delta);

#endif
