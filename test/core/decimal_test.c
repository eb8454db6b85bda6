/* Decimal numbers as doubles: the quick conversion against the C library's conversion of the same text. */
#include "tap.h"

#include <inttypes.h>

#include "core/decimal.h"

static uint64_t random_state = 7;

static uint64_t
random_bits(void)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return random_state ^ random_state >> 29;
}

/* Is the conversion refused, or the same to the last bit as that of the text? */
static bool
is_nearest(uint64_t mantissa, int power, bool *converted)
{
    char text[64];
    double value = 0;

    snprintf(text, sizeof(text), "%" PRIu64 "e%d", mantissa, power);
    *converted = decimal_to_double(mantissa, power, &value);
    return !*converted || value == strtod(text, NULL);
}

static void
test_nearest(void)
{
    int wrong = 0, converted = 0;

    for (int i = 0; i < 1000000; i++) {
        bool done;

        wrong += !is_nearest(random_bits() >> (i % 64), i % 61 - 30, &done);
        converted += done;
    }
    ok(wrong == 0, "a million mantissas and powers: as strtod, or refused");
    ok(converted > 500000, "most of them are converted");
}

static void
test_limits(void)
{
    double value = -1;
    int wrong = 0;

    for (int power = -22; power <= 22; power++) {
        bool converted;

        wrong += !is_nearest(DECIMAL_MAX_MANTISSA, power, &converted) || !converted;
    }
    ok(wrong == 0, "2^53 times each power of ten from -22 to 22");
    ok(decimal_to_double(0, 4, &value) && value == 0, "zero");
    ok(!decimal_to_double(DECIMAL_MAX_MANTISSA + 1, 0, &value), "2^53 + 1 is refused");
    ok(!decimal_to_double(1, 23, &value) && !decimal_to_double(1, -23, &value),
       "powers beyond 22 are refused");
}

int
main(void)
{
    test_nearest();
    test_limits();
    return done_testing();
}
