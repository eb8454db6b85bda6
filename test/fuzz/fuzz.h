/*
 * What the fuzz targets of the core share: numbers taken from libFuzzer's bytes, among them many at the borders of
 * what a double or a count can be, and checks that end the run.
 */
#ifndef CLM_FUZZ_H
#define CLM_FUZZ_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../src/core/core.h"
#include "../../src/core/history.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* Unlike assert() it is never compiled away. */
#define CHECK(condition)                                                                                     \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                          \
            abort();                                                                                         \
        }                                                                                                    \
    } while (0)

#define COUNT_OF(array) (sizeof(array) / sizeof(*(array)))

typedef struct fuzz_input {
    const uint8_t *at;
    size_t left;
} fuzz_input;

/* The next bytes as a number; zeros follow the last byte. */
static inline uint64_t
fuzz_bits(fuzz_input *in, size_t bytes)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < bytes; i++) {
        bits = bits << 8 | (in->left > 0 ? *in->at : 0);
        in->at += in->left > 0;
        in->left -= in->left > 0;
    }
    return bits;
}

static inline uint8_t
fuzz_byte(fuzz_input *in)
{
    return (uint8_t)fuzz_bits(in, 1);
}

static inline bool
fuzz_bool(fuzz_input *in)
{
    return fuzz_byte(in) & 1;
}

/* One of n things; n is small. */
static inline size_t
fuzz_pick(fuzz_input *in, size_t n)
{
    return fuzz_byte(in) % n;
}

static inline int
fuzz_between(fuzz_input *in, int low, int high)
{
    return low + (int)(fuzz_bits(in, 3) % ((uint64_t)(high - low) + 1));
}

static inline double
fuzz_raw_double(fuzz_input *in)
{
    uint64_t bits = fuzz_bits(in, sizeof(double));
    double value;

    memcpy(&value, &bits, sizeof(value));
    return value;
}

/* Positive, from the everyday to the absurd. */
static inline double
fuzz_positive(fuzz_input *in)
{
    static const double borders[] = {
        1,       2,      .5,    1e-3, 1e3, 1e-12,           1e12,    1e-100,
        1e100,   1e15,   1e-15, 1e-6, 1e6, 1 + DBL_EPSILON, DBL_MIN, DBL_TRUE_MIN,
        DBL_MAX, 1e-300, 1e300, 20,   1e5, 0x1p53,          0x1p63,  1 - DBL_EPSILON / 2};
    uint8_t kind = fuzz_byte(in);

    if (kind < 24)
        return borders[fuzz_pick(in, COUNT_OF(borders))];
    if (kind < 32)
        return fmax(DBL_TRUE_MIN, fabs(fuzz_raw_double(in))); /* not NaN, nor 0 */
    if (kind < 64)
        return exp((double)fuzz_between(in, -600000, 600000) / 1000.0);
    if (kind < 128)
        return exp((double)fuzz_between(in, -12000, 12000) / 1000.0);
    return (double)fuzz_between(in, 1, 100000) / 1000.0;
}

/* Any double at all: NaN, infinities, both zeros and subnormal numbers included. */
static inline double
fuzz_double(fuzz_input *in)
{
    static const double odd[] = {0.0,      -0.0,      1.0,     -1.0,     NAN,
                                 INFINITY, -INFINITY, DBL_MAX, -DBL_MAX, DBL_TRUE_MIN};
    uint8_t kind = fuzz_byte(in);

    if (kind < 16)
        return odd[fuzz_pick(in, COUNT_OF(odd))];
    if (kind < 48)
        return fuzz_raw_double(in);
    if (kind < 80)
        return (double)fuzz_between(in, -100, 100);
    return kind % 2 != 0 ? -fuzz_positive(in) : fuzz_positive(in);
}

static inline double
fuzz_finite(fuzz_input *in)
{
    double value = fuzz_double(in);

    return isfinite(value) ? value : 0.0;
}

/* In [0, 1] mostly. */
static inline double
fuzz_share(fuzz_input *in)
{
    uint8_t kind = fuzz_byte(in);

    if (kind < 16)
        return fuzz_double(in);
    if (kind < 64)
        return fmin(1.0, fuzz_positive(in));
    return (double)fuzz_between(in, 0, 1000) / 1000.0;
}

/* A count, mostly small, of any sign. */
static inline int64_t
fuzz_int64(fuzz_input *in)
{
    static const int64_t borders[] = {0,
                                      1,
                                      -1,
                                      INT64_MAX,
                                      INT64_MIN,
                                      INT64_C(1) << 53,
                                      (INT64_C(1) << 53) + 1,
                                      (INT64_C(1) << 53) - 1,
                                      INT64_C(1) << 31,
                                      INT64_C(1) << 62,
                                      100000000};
    uint8_t kind = fuzz_byte(in);

    if (kind < 32)
        return borders[fuzz_pick(in, COUNT_OF(borders))];
    if (kind < 48)
        return (int64_t)fuzz_bits(in, 8);
    if (kind < 96)
        return fuzz_between(in, 0, 100000);
    return fuzz_between(in, 0, 20);
}

static inline int64_t
fuzz_count(fuzz_input *in)
{
    int64_t count = fuzz_int64(in);

    return count < 0 ? ~count : count;
}

/* A day of a date, mostly of these years. */
static inline int32_t
fuzz_day(fuzz_input *in)
{
    uint8_t kind = fuzz_byte(in);

    if (kind < 8)
        return kind % 2 != 0 ? HISTORY_MIN_DAY : HISTORY_MAX_DAY;
    if (kind < 24)
        return HISTORY_MIN_DAY +
               (int32_t)(fuzz_bits(in, 4) % ((uint64_t)HISTORY_MAX_DAY - HISTORY_MIN_DAY + 1));
    return kind < 96 ? fuzz_between(in, 8000, 10000) : fuzz_between(in, 8760, 8800);
}

/* Is it a number that may leave the core? */
static inline bool
is_share(double value)
{
    return value >= 0.0 && value <= 1.0;
}

static inline bool
is_close_to(double a, double b, double relative, double absolute)
{
    return a == b || fabs(a - b) <= fmax(absolute, relative * fmax(fabs(a), fabs(b)));
}

#endif
