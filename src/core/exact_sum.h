/*
 * Exact sums of doubles: the same whatever the order of rows, workers, partitions or nodes.
 *
 * A sum is a superaccumulator (Kulisch & Miranker 1981; Neal 2015, "Fast exact summation using small and large
 * superaccumulators"): a fixed-point number in base 2^32 whose places are int64 chunks, so that carries wait
 * until many numbers have been added. Only a window of the places is kept, since the amounts of one sum are
 * of similar size: money takes 3 or 4 chunks. The caller keeps the chunks and widens the window.
 *
 * The places reach from the smallest square of a double to more than 2^63 times the largest, and so do
 * differences of products of sums: variances lose nothing, and nothing underflows.
 */
#ifndef CLM_EXACT_SUM_H
#define CLM_EXACT_SUM_H

#include <string.h>

#include "core.h"

#define EXACT_PLACES 137 /* place i counts units of 2^(32 (i - EXACT_POINT)) */
#define EXACT_POINT 68

/* How many numbers may be added to chunks before they are read and written anew. */
#define EXACT_MAX_ADDITIONS (1 << 30)

/* A number: sign and digits in base 2^32, the first and the last of which are not 0; n = 0 for zero. */
typedef struct exact_number {
    bool negative;
    int low; /* place of digit[0] */
    int n;
    uint32_t digit[EXACT_PLACES];
} exact_number;

/* The places low, ..., low + width - 1. */
typedef struct exact_window {
    int low, width;
} exact_window;

/* The places that the digits of a double may take, those that are 0 included. */
#define EXACT_DOUBLE_PLACES 3

/* Takes a finite double apart: |value| is the digits from place `low` on; returns whether it is negative. */
static inline bool
exact_split_double(double value, int *low, uint32_t digit[EXACT_DOUBLE_PLACES])
{
    uint64_t bits, mantissa;
    int exponent, position, shift;

    memcpy(&bits, &value, sizeof(bits));
    mantissa = bits & ((UINT64_C(1) << 52) - 1);
    exponent = (int)(bits >> 52 & 0x7ff);
    if (exponent > 0)
        mantissa |= UINT64_C(1) << 52;
    else
        exponent = 1; /* a subnormal number */
    position = exponent - 1075 + 32 * EXACT_POINT;
    shift = position % 32;
    *low = position / 32;
    digit[0] = (uint32_t)(mantissa << shift);
    digit[1] = (uint32_t)(mantissa >> (32 - shift));
    digit[2] = shift == 0 ? 0 : (uint32_t)(mantissa >> (64 - shift));
    return bits >> 63 != 0;
}

/* The number that is a finite double. */
extern void exact_from_double(double value, exact_number *x);
/* The number that is a count, at least 0. */
extern void exact_from_count(int64_t count, exact_number *x);

/* a b and a - b; CLM_OVERFLOW beyond the places, which squares and counts times sums do not reach. The result may
 * not be an argument. */
extern clm_status exact_multiply(const exact_number *a, const exact_number *b, exact_number *product);
extern clm_status exact_subtract(const exact_number *a, const exact_number *b, exact_number *difference);

/* x = fraction 2^exponent with 1/2 <= |fraction| <= 1, correctly rounded to a double; 0 = 0 2^0. */
extern void exact_to_scaled(const exact_number *x, double *fraction, int *exponent);
/* x as a double: correctly rounded wherever a sum of doubles can lie; CLM_OVERFLOW. */
extern clm_status exact_to_double(const exact_number *x, double *value);

/* Widens the window to the places of x. */
extern void exact_window_include(exact_window *window, const exact_number *x);
extern void exact_window_join(exact_window *window, const exact_window *other);
/* Whether all places of `other` lie in the window. */
extern bool exact_window_covers(const exact_window *window, const exact_window *other);

/* Adds x to the chunks of a window that covers it. */
extern void exact_add(int64_t *chunks, const exact_window *window, const exact_number *x);
/* The same for many finite doubles: their places must lie in the window, unless the double is 0. */
static inline void
exact_add_double(int64_t *chunks, const exact_window *window, double value)
{
    uint32_t digit[EXACT_DOUBLE_PLACES];
    int low;
    int64_t sign = 1 - 2 * (int64_t)exact_split_double(value, &low, digit);

    if (value == 0)
        return;
    chunks += low - window->low;
    chunks[0] += sign * (int64_t)digit[0];
    chunks[1] += sign * (int64_t)digit[1];
    chunks[2] += sign * (int64_t)digit[2];
}

/* What the chunks hold; CLM_OVERFLOW where that has more places than there are. */
extern clm_status exact_read(const int64_t *chunks, const exact_window *window, exact_number *x);

/* The sum of n finite doubles, correctly rounded; n <= EXACT_MAX_ADDITIONS. CLM_OVERFLOW. */
extern clm_status exact_sum(const double *values, int n, double *sum);

#endif
