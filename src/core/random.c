/*
 * Reproducible random numbers: xoshiro256** (Blackman & Vigna 2021), seeded by splitmix64 (Steele, Lea &
 * Flood 2014), and the distributions that customer models are made of.
 */
#include "random.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* One step of splitmix64: a bijection that mixes every bit of the counter. */
static uint64_t
splitmix64(uint64_t *counter)
{
    uint64_t z = *counter += UINT64_C(0x9E3779B97F4A7C15);

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static inline uint64_t
rotate_left(uint64_t x, int bits)
{
    return (x << bits) | (x >> (64 - bits));
}

static uint64_t
next_bits(clm_rng *rng)
{
    uint64_t *s = rng->s;
    uint64_t result = rotate_left(s[1] * 5, 7) * 9, t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate_left(s[3], 45);
    return result;
}

void
clm_rng_seed(clm_rng *rng, uint64_t seed, uint64_t stream)
{
    /* Seed and stream are mixed apart, so that (1, 2) and (2, 1) have nothing in common. */
    uint64_t counter = splitmix64(&seed);

    counter = rotate_left(counter, 32) ^ splitmix64(&stream);
    for (int i = 0; i < 4; i++)
        rng->s[i] = splitmix64(&counter);
}

double
clm_rng_uniform(clm_rng *rng)
{
    /* The middles of 2^52 equal intervals, which 53 bits hold exactly: neither 0 nor 1 can appear. */
    return ((double)(next_bits(rng) >> 12) + 0.5) * 0x1p-52;
}

double
clm_rng_exponential(clm_rng *rng)
{
    return -log(clm_rng_uniform(rng));
}

double
clm_rng_normal(clm_rng *rng)
{
    double u, v, s;

    /* Marsaglia's polar method; its second number is dropped, because the generator keeps no other state. */
    do {
        u = 2.0 * clm_rng_uniform(rng) - 1.0;
        v = 2.0 * clm_rng_uniform(rng) - 1.0;
        s = u * u + v * v;
    } while (s >= 1.0);
    return u * sqrt(-2.0 * log(s) / s);
}

/* Gamma with shape >= 1: Marsaglia & Tsang 2000, "A simple method for generating gamma variables". */
static double
gamma_of_large_shape(clm_rng *rng, double shape)
{
    double d = shape - 1.0 / 3.0, c = 1.0 / sqrt(9.0 * d);

    for (;;) {
        double x = clm_rng_normal(rng), root = 1.0 + c * x, v = root * root * root;

        if (root > 0.0 && log(clm_rng_uniform(rng)) < 0.5 * x * x + d * (1.0 - v + log(v)))
            return d * v;
    }
}

/* The logarithm of a gamma variable: finite where the variable itself would underflow. */
static double
log_gamma_variable(clm_rng *rng, double shape)
{
    if (shape >= 1.0)
        return log(gamma_of_large_shape(rng, shape));
    /* G(shape) = G(shape + 1) U^(1 / shape), ibid. section 6. */
    double boosted = log(gamma_of_large_shape(rng, shape + 1.0));
    return fmax(boosted + log(clm_rng_uniform(rng)) / shape, -DBL_MAX);
}

double
clm_rng_gamma(clm_rng *rng, double shape)
{
    return shape >= 1.0 ? gamma_of_large_shape(rng, shape) : exp(log_gamma_variable(rng, shape));
}

double
clm_rng_beta(clm_rng *rng, double a, double b)
{
    /* x / (x + y) by the logarithms: for tiny shapes both x and y underflow, and 0 / 0 would appear. */
    double log_x = log_gamma_variable(rng, a), log_y = log_gamma_variable(rng, b);

    return 1.0 / (1.0 + exp(log_y - log_x));
}

clm_status
clm_times_append(clm_times *times, double t)
{
    if (times->n == times->capacity) {
        size_t capacity = times->capacity == 0 ? 16 : 2 * times->capacity;
        double *values;

        if (capacity > SIZE_MAX / sizeof(*values))
            return CLM_NO_MEMORY;
        values = realloc(times->values, capacity * sizeof(*values));
        if (values == NULL)
            return CLM_NO_MEMORY;
        times->values = values;
        times->capacity = capacity;
    }
    times->values[times->n++] = t;
    return CLM_OK;
}
