/*
 * Exact sums of doubles by a windowed superaccumulator, and the products and differences of such sums.
 */
#include "exact_sum.h"

#include <math.h>

#define BASE (INT64_C(1) << 32)

/* Drops zeros at both ends. */
static void
trim(exact_number *x)
{
    int zeros = 0;

    while (x->n > 0 && x->digit[x->n - 1] == 0)
        x->n--;
    while (zeros < x->n && x->digit[zeros] == 0)
        zeros++;
    if (zeros > 0) {
        x->low += zeros;
        x->n -= zeros;
        memmove(x->digit, x->digit + zeros, (size_t)x->n * sizeof(x->digit[0]));
    }
    if (x->n == 0) {
        x->low = 0;
        x->negative = false;
    }
}

void
exact_from_double(double value, exact_number *x)
{
    x->negative = exact_split_double(value, &x->low, x->digit);
    x->n = EXACT_DOUBLE_PLACES;
    trim(x);
}

void
exact_from_count(int64_t count, exact_number *x)
{
    x->negative = false;
    x->low = EXACT_POINT;
    x->n = 2;
    x->digit[0] = (uint32_t)count;
    x->digit[1] = (uint32_t)(count >> 32);
    trim(x);
}

/* ---- arithmetic ---- */

clm_status
exact_multiply(const exact_number *a, const exact_number *b, exact_number *product)
{
    product->negative = a->negative != b->negative;
    product->low = a->low + b->low - EXACT_POINT;
    product->n = a->n == 0 || b->n == 0 ? 0 : a->n + b->n;
    if (product->n > 0 && (product->low < 0 || product->low + product->n > EXACT_PLACES))
        return CLM_OVERFLOW;
    memset(product->digit, 0, (size_t)product->n * sizeof(product->digit[0]));
    for (int i = 0; i < a->n && product->n > 0; i++) {
        uint64_t carry = 0;

        for (int j = 0; j < b->n; j++) {
            carry += (uint64_t)a->digit[i] * b->digit[j] + product->digit[i + j];
            product->digit[i + j] = (uint32_t)carry;
            carry >>= 32;
        }
        product->digit[i + b->n] = (uint32_t)carry;
    }
    trim(product);
    return CLM_OK;
}

clm_status
exact_subtract(const exact_number *a, const exact_number *b, exact_number *difference)
{
    int64_t chunks[EXACT_PLACES] = {0};
    exact_window window = {0, 0};
    exact_number negated = *b;

    negated.negative = !b->negative;
    exact_window_include(&window, a);
    exact_window_include(&window, b);
    exact_add(chunks, &window, a);
    exact_add(chunks, &window, &negated);
    return exact_read(chunks, &window, difference);
}

/* ---- rounding ---- */

/* Digit n - 1 - i, counted from the first one down; 0 behind the last. */
static uint64_t
digit_from_top(const exact_number *x, int i)
{
    return i < x->n ? x->digit[x->n - 1 - i] : 0;
}

void
exact_to_scaled(const exact_number *x, double *fraction, int *exponent)
{
    uint64_t top, third, rest, mantissa;
    int leading; /* bits of the first digit */
    bool more;

    *fraction = 0.0;
    *exponent = 0;
    if (x->n == 0)
        return;
    /* The first 64 bits from the first 1 on, and whether any 1 follows them. */
    (void)frexp((double)digit_from_top(x, 0), &leading);
    top = digit_from_top(x, 0) << 32 | digit_from_top(x, 1);
    third = digit_from_top(x, 2);
    top = top << (32 - leading) | third >> leading;
    /* The last digit of a number is not 0. */
    more = x->n > 3 || (third & ((UINT64_C(1) << leading) - 1)) != 0;

    /* To 53 bits, halves to even. */
    mantissa = top >> 11;
    rest = top & 0x7ff;
    if (rest > 0x400 || (rest == 0x400 && (more || (mantissa & 1))))
        mantissa++;
    *fraction = ldexp((double)mantissa, -53);
    if (x->negative)
        *fraction = -*fraction;
    *exponent = 32 * (x->low + x->n - 1 - EXACT_POINT) + leading;
}

clm_status
exact_to_double(const exact_number *x, double *value)
{
    double fraction;
    int exponent;

    exact_to_scaled(x, &fraction, &exponent);
    *value = ldexp(fraction, exponent);
    return isfinite(*value) ? CLM_OK : CLM_OVERFLOW;
}

/* ---- windows ---- */

void
exact_window_join(exact_window *window, const exact_window *other)
{
    int high = window->low + window->width, other_high = other->low + other->width;

    if (window->width == 0)
        *window = *other;
    else if (other->width > 0) {
        window->low = window->low < other->low ? window->low : other->low;
        window->width = (high > other_high ? high : other_high) - window->low;
    }
}

void
exact_window_include(exact_window *window, const exact_number *x)
{
    exact_window places = {x->low, x->n};

    exact_window_join(window, &places);
}

bool
exact_window_covers(const exact_window *window, const exact_window *other)
{
    return other->width == 0 ||
           (other->low >= window->low && other->low + other->width <= window->low + window->width);
}

/* ---- sums ---- */

void
exact_add(int64_t *chunks, const exact_window *window, const exact_number *x)
{
    int64_t *chunk = chunks + (x->n > 0 ? x->low - window->low : 0);

    for (int i = 0; i < x->n; i++)
        chunk[i] += x->negative ? -(int64_t)x->digit[i] : (int64_t)x->digit[i];
}

/* Carries from chunk to chunk, each times sign, so that digits remain; returns what is carried out of the last. */
static int64_t
carry_chunks(const int64_t *chunks, int width, int sign, uint32_t *digit)
{
    int64_t carry = 0;

    for (int i = 0; i < width; i++) {
        int64_t value = sign * chunks[i] + carry;
        int64_t rest = value % BASE;

        if (rest < 0)
            rest += BASE;
        digit[i] = (uint32_t)rest;
        carry = (value - rest) / BASE;
    }
    return carry;
}

clm_status
exact_read(const int64_t *chunks, const exact_window *window, exact_number *x)
{
    int64_t carry = carry_chunks(chunks, window->width, 1, x->digit);

    x->negative = carry < 0;
    if (x->negative)
        carry = carry_chunks(chunks, window->width, -1, x->digit);
    x->low = window->low;
    x->n = window->width;
    if (carry > 0) {
        /* At most 2^30 numbers below 2^32 a place: what they carry is one digit. */
        if (x->low + x->n >= EXACT_PLACES)
            return CLM_OVERFLOW;
        x->digit[x->n++] = (uint32_t)carry;
    }
    trim(x);
    return CLM_OK;
}

clm_status
exact_sum(const double *values, int n, double *sum)
{
    int64_t chunks[EXACT_PLACES] = {0};
    exact_window window = {0, EXACT_PLACES};
    exact_number x;
    clm_status status;

    for (int i = 0; i < n; i++) {
        exact_from_double(values[i], &x);
        exact_add(chunks, &window, &x);
    }
    status = exact_read(chunks, &window, &x);
    return status == CLM_OK ? exact_to_double(&x, sum) : status;
}
