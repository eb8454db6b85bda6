/*
 * Reproducible random numbers: the same seed gives the same draws on every platform with IEEE doubles.
 */
#ifndef CLM_RANDOM_H
#define CLM_RANDOM_H

#include "core.h"

typedef struct clm_rng {
    uint64_t s[4];
} clm_rng;

/* A growing list of times; free(values) is the caller's. */
typedef struct clm_times {
    double *values;
    size_t n, capacity;
} clm_times;

/* Stream `stream` of seed `seed`: streams of one seed are independent, so customer i can be drawn alone. */
extern void clm_rng_seed(clm_rng *rng, uint64_t seed, uint64_t stream);
/* Uniform in (0, 1), never 0 or 1. */
extern double clm_rng_uniform(clm_rng *rng);
/* Exponential with mean 1. */
extern double clm_rng_exponential(clm_rng *rng);
extern double clm_rng_normal(clm_rng *rng);
/* Gamma with the given shape > 0 and scale 1; may underflow to 0 for tiny shapes, never negative. */
extern double clm_rng_gamma(clm_rng *rng, double shape);
/* Beta(a, b), a, b > 0; in [0, 1]. */
extern double clm_rng_beta(clm_rng *rng, double a, double b);

/* Appends t; CLM_NO_MEMORY where the list cannot grow. */
extern clm_status clm_times_append(clm_times *times, double t);

#endif
