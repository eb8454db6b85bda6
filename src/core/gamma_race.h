/*
 * The race of two exponential clocks whose rates are gamma distributed, with derivatives: what the Pareto/NBD
 * model is made of, where purchase and drop-out compete.
 *
 * The first clock rings at a rate ~ gamma(R, rate A), the second, independently, at a rate ~ gamma(s, rate B).
 * All for parameters > 0. Relative error below 1e-11 for parameters from 1e-3 to 1e4 and R to 1e5. Far outside
 * a result may be infinite or NaN: the caller checks.
 */
#ifndef CLM_GAMMA_RACE_H
#define CLM_GAMMA_RACE_H

#include <stdbool.h>

typedef struct gamma_race {
    double R, A, s, B;
} gamma_race;

/* A probability and its derivatives by R, s, ln A and ln B. */
typedef struct race_value {
    double value, by_R, by_s, by_log_A, by_log_B;
} race_value;

/* ln of the probability that neither clock has rung by h: -R ln(1 + h/A) - s ln(1 + h/B). */
extern double race_log_silence(const gamma_race *race, double h);

/* Probability that the second clock rings by h, and before the first, 0 <= h < infinity. About 150 ns where
 * A and B are within a factor of three, a microsecond or two elsewhere. */
extern double race_second(const gamma_race *race, double h);

/* The same by quadrature, with derivatives: for h so small that little else has happened by then. */
extern race_value race_second_soon(const gamma_race *race, double h);

/*
 * Probability that the second clock rings before the first, ever, for many A and B with the same R, s and sign
 * of A - B: power series in z = 1 - min / max, whose coefficients are computed once.
 */
#define RACE_TERMS 144

typedef struct race_series {
    double R, s;
    bool first_larger; /* A >= B */
    int n;
    double coef[RACE_TERMS][3]; /* of z^i: value, derivatives by R and by s; [0] is not used */
} race_series;

/* What a series needs of A and B. */
typedef struct race_point {
    double A, B, z;
    double wait; /* > 0: z is too near 1, but not at (A + wait, B + wait) */
    int n;       /* terms that z takes */
} race_point;

extern race_point race_point_of(double A, double B);

/* For points with no more than `terms` terms. */
extern void race_series_start(race_series *series, double R, double s, bool first_larger, int terms);
extern race_value race_second_ever(const race_series *series, const race_point *point);

#endif
