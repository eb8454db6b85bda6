/*
 * Unit tests of core/exact_sum: correct rounding, any order, exact products and differences.
 */
#include "core/exact_sum.h"

#include <float.h>
#include <string.h>

#include "core/random.h"
#include "tap.h"

static double
sum_of(const double *values, int n)
{
    double sum;

    return exact_sum(values, n, &sum) == CLM_OK ? sum : NAN;
}

#define SUM(...)                                                                                             \
    sum_of((const double[]){__VA_ARGS__}, (int)(sizeof((const double[]){__VA_ARGS__}) / sizeof(double)))

static bool
same(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0;
}

static void
shuffle(clm_rng *rng, double *values, int n)
{
    for (int i = n - 1; i > 0; i--) {
        int j = (int)(clm_rng_uniform(rng) * (i + 1));
        double kept = values[i];

        values[i] = values[j];
        values[j] = kept;
    }
}

/* A double with random bits of mantissa, sign and exponent; subnormal ones included. */
static double
any_double(clm_rng *rng, int low_exponent, int high_exponent)
{
    int exponent = low_exponent + (int)(clm_rng_uniform(rng) * (high_exponent - low_exponent));

    return ldexp(2 * clm_rng_uniform(rng) - 1, exponent);
}

static void
test_rounding(void)
{
    ok(same(sum_of(NULL, 0), 0.0), "nothing sums to 0");
    ok(same(SUM(-0.0, -0.0), 0.0), "zeros sum to 0 without a sign");
    ok(SUM(0.1, 0.2, 0.3) == 0.6, "0.1 + 0.2 + 0.3 = 0.6, where plain addition gives 0.6000000000000001");
    ok(SUM(1e300, 1, -1e300) == 1, "1e300 + 1 - 1e300 = 1");
    ok(SUM(1e300, 1e-300, -1e300, DBL_TRUE_MIN, -1e-300) == DBL_TRUE_MIN, "the smallest double is left");
    ok(SUM(0x1p53, 1) == 0x1p53, "halves to even, down");
    ok(SUM(0x1p53, 3) == 0x1p53 + 4, "halves to even, up");
    ok(SUM(0x1p53, 1, DBL_TRUE_MIN) == 0x1p53 + 2, "more than a half, by a bit far below, goes up");
    ok(SUM(0x1p53, 1, -DBL_TRUE_MIN) == 0x1p53, "less than a half goes down");
    ok(SUM(-0x1p53, -1, -DBL_TRUE_MIN) == -0x1p53 - 2, "the same below 0");
    ok(SUM(-0x1p53, -3) == -0x1p53 - 4, "halves to even below 0");
    ok(SUM(0x1.fffffffffffffp31, 0x1p-22) == 0x1p32, "a carry through all digits");
    ok(SUM(DBL_MIN, -DBL_TRUE_MIN) == DBL_MIN - DBL_TRUE_MIN, "into the subnormal numbers");
    ok(SUM(DBL_MAX, DBL_MAX, -DBL_MAX) == DBL_MAX, "what cancels out does not overflow");
    ok(isnan(SUM(DBL_MAX, DBL_MAX)) && isnan(SUM(-DBL_MAX, -0x1p970)), "beyond the range: an overflow");
    ok(SUM(DBL_MAX, 0x1p970, -DBL_TRUE_MIN) == DBL_MAX, "just not beyond the range");
}

/* Numbers that cancel in pairs, and a rest that is left exactly. */
static void
test_order(void)
{
    enum { N = 400 };
    clm_rng rng;
    double values[2 * N + 3], first;
    bool all = true, cancels = true;

    clm_rng_seed(&rng, 1, 0);
    for (int i = 0; i < N; i++) {
        values[2 * i] = any_double(&rng, -1074, 1024);
        values[2 * i + 1] = any_double(&rng, -40, 40);
    }
    values[2 * N] = 1e300;
    values[2 * N + 1] = -DBL_TRUE_MIN;
    values[2 * N + 2] = 1e-300;
    first = sum_of(values, 2 * N + 3);
    for (int i = 0; i < 200; i++) {
        shuffle(&rng, values, 2 * N + 3);
        all = all && same(sum_of(values, 2 * N + 3), first);
    }
    ok(all && isfinite(first), "any order of numbers of all sizes gives the same bits");

    for (int run = 0; run < 200; run++) {
        double rest = any_double(&rng, -1000, 1000);

        for (int i = 0; i < N; i++) {
            values[2 * i] = any_double(&rng, -1074, 1024);
            values[2 * i + 1] = -values[2 * i];
        }
        values[2 * N] = rest;
        shuffle(&rng, values, 2 * N + 1);
        cancels = cancels && same(sum_of(values, 2 * N + 1), rest);
    }
    ok(cancels, "what is left of pairs that cancel is exact");
}

static bool
is_zero(const exact_number *x)
{
    return x->n == 0 && x->low == 0 && !x->negative;
}

/* Whether the product of two doubles is its rounded value and the rest that fma finds. */
static bool
product_is_exact(double x, double y)
{
    exact_number a, b, product, part, rest, left;
    double rounded = x * y, value;

    exact_from_double(x, &a);
    exact_from_double(y, &b);
    if (exact_multiply(&a, &b, &product) != CLM_OK || exact_to_double(&product, &value) != CLM_OK)
        return false;
    exact_from_double(rounded, &part);
    exact_subtract(&product, &part, &rest);
    exact_from_double(fma(x, y, -rounded), &part);
    exact_subtract(&rest, &part, &left);
    return is_zero(&left) && same(value, rounded + 0.0);
}

static void
test_products(void)
{
    clm_rng rng;
    exact_number a, b, product, difference;
    bool all = true;
    double fraction;
    int exponent;

    clm_rng_seed(&rng, 2, 0);
    for (int i = 0; i < 20000; i++)
        all = all && product_is_exact(any_double(&rng, -400, 400), any_double(&rng, -400, 400));
    ok(all, "products of doubles are exact, and rounded correctly");
    ok(product_is_exact(0, -3) && product_is_exact(1, 1) && product_is_exact(-0x1p-500, 0x1p-500),
       "and round ones");

    exact_from_double(DBL_MAX, &a);
    ok(exact_multiply(&a, &a, &product) == CLM_OK && exact_to_double(&product, &fraction) == CLM_OVERFLOW,
       "the square of the largest double is held, but is no double");
    exact_to_scaled(&product, &fraction, &exponent);
    ok(fraction == 0x1.ffffffffffffep-1 && exponent == 2048, "it is (1 - 2^-52) 2^2048, rounded");
    exact_from_double(-DBL_TRUE_MIN, &a);
    exact_multiply(&a, &a, &product);
    exact_to_scaled(&product, &fraction, &exponent);
    ok(fraction == 0.5 && exponent == -2147, "the square of the smallest double is 2^-2148");
    exact_from_double(0.0, &b);
    exact_to_scaled(&b, &fraction, &exponent);
    ok(fraction == 0 && exponent == 0, "0 = 0 2^0");

    exact_from_count(INT64_MAX, &a);
    exact_from_double(0x1p63, &b);
    exact_subtract(&b, &a, &difference);
    exact_to_double(&difference, &fraction);
    ok(fraction == 1, "counts are exact up to the largest");
    exact_from_count(0, &a);
    ok(is_zero(&a) && exact_multiply(&a, &b, &product) == CLM_OK && is_zero(&product),
       "0 times anything is 0");
}

/* n sum(y^2) - (sum y)^2 of the given numbers. */
static double
spread_of(const double *values, int n)
{
    int64_t sums[EXACT_PLACES] = {0}, squares[EXACT_PLACES] = {0};
    exact_window all = {0, EXACT_PLACES};
    exact_number x, square, sum, count, left, right, spread;
    double result;

    for (int i = 0; i < n; i++) {
        exact_from_double(values[i], &x);
        exact_multiply(&x, &x, &square);
        exact_add(sums, &all, &x);
        exact_add(squares, &all, &square);
    }
    exact_read(sums, &all, &sum);
    exact_read(squares, &all, &square);
    exact_from_count(n, &count);
    exact_multiply(&count, &square, &left);
    exact_multiply(&sum, &sum, &right);
    exact_subtract(&left, &right, &spread);
    return exact_to_double(&spread, &result) == CLM_OK ? result : NAN;
}

static void
test_variances(void)
{
    double plain[] = {4, 7, 13, 16}, shifted[4], tiny[] = {1, 1 + DBL_EPSILON}, same_values[1000];

    ok(spread_of(plain, 4) == 4 * 3 * 30, "4, 7, 13, 16 have variance 30");
    for (int i = 0; i < 4; i++)
        shifted[i] = plain[i] + 1e15;
    ok(spread_of(shifted, 4) == 4 * 3 * 30, "and 1e15 higher still");
    ok(spread_of(tiny, 2) == DBL_EPSILON * DBL_EPSILON, "two neighbours differ by one bit");
    for (int i = 0; i < 1000; i++)
        same_values[i] = 0.1;
    ok(spread_of(same_values, 1000) == 0, "equal numbers do not vary");
}

static void
test_windows(void)
{
    exact_window window = {0, 0}, narrow = {66, 3}, wide = {60, 10}, empty = {0, 0},
                 end = {EXACT_PLACES - 1, 1};
    int64_t chunks[3], last[1];
    exact_number x, product;
    double value;

    exact_from_double(12.34, &x);
    exact_window_include(&window, &x);
    ok(window.low == 66 && window.width == 3, "an amount of money takes three places");
    exact_from_double(1e6, &x);
    exact_window_include(&window, &x);
    ok(window.low == 66 && window.width == 3, "a million no more");
    exact_window_join(&window, &empty);
    ok(exact_window_covers(&wide, &window) && !exact_window_covers(&window, &wide), "what covers what");
    exact_window_join(&window, &wide);
    ok(window.low == 60 && window.width == 10, "the window that covers two");
    ok(exact_window_covers(&narrow, &empty) && exact_window_covers(&empty, &empty),
       "no places are covered by any");

    /* As many additions of the largest digits as are allowed, of either sign. */
    for (int sign = -1; sign <= 1; sign += 2) {
        for (int i = 0; i < 3; i++)
            chunks[i] = sign * (int64_t)EXACT_MAX_ADDITIONS * 0xffffffff;
        ok(exact_read(chunks, &narrow, &x) == CLM_OK && x.low == 66 && x.n == 4 && x.negative == (sign < 0) &&
               x.digit[0] == 0xc0000000 && x.digit[1] == 0xffffffff && x.digit[3] == 0x3fffffff,
           "2^30 times the largest digits: sign %d", sign);
        exact_to_double(&x, &value);
        is_close(value, sign * 0x1p30 * 0x1p32, 1e-15, 0, "their value");
    }
    chunks[0] = -1;
    chunks[1] = 0;
    chunks[2] = 1;
    exact_read(chunks, &narrow, &x);
    ok(!x.negative && x.n == 2 && x.digit[0] == 0xffffffff && x.digit[1] == 0xffffffff,
       "digits of mixed signs");
    last[0] = INT64_C(1) << 32;
    ok(exact_read(last, &end, &x) == CLM_OVERFLOW, "beyond the last place: an overflow");
    last[0]--;
    ok(exact_read(last, &end, &x) == CLM_OK && exact_to_double(&x, &value) == CLM_OVERFLOW,
       "the last place is there");
    ok(exact_multiply(&x, &x, &product) == CLM_OVERFLOW, "a product beyond the places: an overflow");
}

int
main(void)
{
    test_rounding();
    test_order();
    test_products();
    test_variances();
    test_windows();
    return done_testing();
}
