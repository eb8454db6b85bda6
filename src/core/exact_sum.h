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
/* What the chunks hold; CLM_OVERFLOW where that has more places than there are. */
extern clm_status exact_read(const int64_t *chunks, const exact_window *window, exact_number *x);

/* The sum of n finite doubles, correctly rounded; n <= EXACT_MAX_ADDITIONS. CLM_OVERFLOW. */
extern clm_status exact_sum(const double *values, int n, double *sum);

#endif
