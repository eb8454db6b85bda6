/*
 * Exact sums: parts add up to the whole in any order, what is added can be taken away again, and products and rounding
 * agree with whole numbers of 128 bits.
 */
#include "../../src/core/exact_sum.h"
#include "fuzz.h"

#define MOST 40

/* The sum of values[from ... to - 1] in as small a window as holds it. */
static void
sum_part(const double *values, int from, int to, exact_number *sum)
{
    exact_window window = {0, 0};
    int64_t *chunks;
    exact_number x;

    for (int i = from; i < to; i++) {
        exact_from_double(values[i], &x);
        exact_window_include(&window, &x);
    }
    chunks = calloc((size_t)window.width + 1, sizeof(*chunks));
    CHECK(chunks != NULL);
    for (int i = from; i < to; i++) {
        exact_from_double(values[i], &x);
        exact_add(chunks, &window, &x);
    }
    CHECK(exact_read(chunks, &window, sum) == CLM_OK);
    free(chunks);
}

static bool
equal(const exact_number *a, const exact_number *b)
{
    return a->negative == b->negative && a->low == b->low && a->n == b->n &&
           memcmp(a->digit, b->digit, (size_t)a->n * sizeof(*a->digit)) == 0;
}

static void
add(const exact_number *a, const exact_number *b, exact_number *sum)
{
    exact_number minus = *b;

    minus.negative = b->n > 0 && !b->negative;
    CHECK(exact_subtract(a, &minus, sum) == CLM_OK);
}

static void
check_parts(fuzz_input *in)
{
    double values[MOST], reversed[MOST], one = NAN, other = NAN;
    int n = (int)fuzz_pick(in, MOST + 1), middle = n > 0 ? fuzz_between(in, 0, n) : 0;
    exact_number whole, left, right, sum, back;
    clm_status status;

    for (int i = 0; i < n; i++)
        reversed[n - 1 - i] = values[i] = fuzz_finite(in);
    sum_part(values, 0, n, &whole);
    sum_part(values, 0, middle, &left);
    sum_part(values, middle, n, &right);
    add(&left, &right, &sum);
    CHECK(equal(&sum, &whole));
    CHECK(exact_subtract(&whole, &right, &back) == CLM_OK && equal(&back, &left));
    sum_part(reversed, 0, n, &sum);
    CHECK(equal(&sum, &whole));

    status = exact_sum(values, n, &one);
    CHECK(exact_sum(reversed, n, &other) == status);
    CHECK(status != CLM_OK || (isfinite(one) && one == other));
    if (n == 1)
        CHECK(status == CLM_OK && one == values[0]);
}

/* Whole numbers with less than 2^62, as two digits and a place. */
static void
check_products(fuzz_input *in)
{
    int64_t a = fuzz_int64(in) / 4, b = fuzz_int64(in) / 4;
    double x = (double)a, y = (double)b, product, rounded;
    __int128 want = (__int128)(int64_t)x * (int64_t)y;
    exact_number left, right, result;

    exact_from_double(x, &left);
    exact_from_double(y, &right);
    CHECK(exact_multiply(&left, &right, &result) == CLM_OK);
    CHECK(exact_to_double(&result, &product) == CLM_OK);
    /* Conversion of whole numbers to double rounds correctly. */
    rounded = (double)want;
    CHECK(product == rounded);
    if (a >= 0) {
        exact_from_count(a, &left);
        CHECK(exact_to_double(&left, &product) == CLM_OK && product == (double)a);
    }
}

static void
check_any_product(fuzz_input *in)
{
    double x = fuzz_finite(in), y = fuzz_finite(in), value, fraction;
    exact_number a, b, product;
    int exponent;

    exact_from_double(x, &a);
    exact_from_double(y, &b);
    CHECK(exact_to_double(&a, &value) == CLM_OK && value == x);
    CHECK(exact_multiply(&a, &b, &product) == CLM_OK);
    exact_to_scaled(&product, &fraction, &exponent);
    CHECK(fraction == 0.0 || (fabs(fraction) >= 0.5 && fabs(fraction) <= 1.0));
    value = ldexp(fraction, exponent);
    /* x y is rounded once, too, unless it is subnormal. */
    CHECK(fabs(x * y) < 2 * DBL_MIN || value == x * y);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    size_t what = fuzz_pick(&in, 3);

    if (what == 0)
        check_parts(&in);
    else if (what == 1)
        check_products(&in);
    else
        check_any_product(&in);
    return 0;
}
