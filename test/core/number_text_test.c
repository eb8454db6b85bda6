/* Texts with numbers: what snprintf writes, byte by byte. */
#include "tap.h"

#include <float.h>
#include <string.h>

#include "core/number_text.h"
#include "core/random.h"

#define SIZE 400

static bool
significant_is_printf(double value, int digits)
{
    char got[SIZE], want[SIZE];
    number_text to = number_text_start(got, sizeof(got));

    put_significant(&to, value, digits);
    snprintf(want, sizeof(want), "%.*g", digits, value);
    if (strcmp(got, want) == 0 && to.length == strlen(got))
        return true;
    printf("# %.17g with %d digits: got %s, want %s\n", value, digits, got, want);
    return false;
}

static bool
decimals_are_printf(double value, int decimals)
{
    char got[SIZE], want[SIZE];
    number_text to = number_text_start(got, sizeof(got));

    put_signed_decimals(&to, value, decimals);
    snprintf(want, sizeof(want), "%+.*f", decimals, value);
    if (strcmp(got, want) == 0 && to.length == strlen(got))
        return true;
    printf("# %.17g with %d decimals: got %s, want %s\n", value, decimals, got, want);
    return false;
}

static bool
all_are_printf(double value)
{
    bool same = true;

    for (int n = 1; n <= 6; n++)
        same = significant_is_printf(value, n) && decimals_are_printf(value, n) && same;
    return same;
}

static void
test_special(void)
{
    static const double values[] = {0.0,     1.0,      9.5,     9.95,        9.995,   99.5,    0.5,
                                    0.05,    0.005,    0.25,    0.125,       0.375,   1e-4,    1e-5,
                                    9.96e-5, 9.949e-5, 0.0996,  0.996,       1e9,     9.999e8, DBL_MIN,
                                    5e-324,  1e15,     DBL_MAX, DBL_EPSILON, INFINITY};
    bool same = true;

    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        same = all_are_printf(values[i]) && all_are_printf(-values[i]) && same;
        same =
            all_are_printf(nextafter(values[i], 0.0)) && all_are_printf(nextafter(values[i], 1e300)) && same;
    }
    ok(same, "special numbers and their neighbours");
}

static void
test_random(void)
{
    clm_rng rng;
    bool same = true;

    clm_rng_seed(&rng, 1, 0);
    for (int i = 0; i < 20000 && same; i++) {
        double uniform = clm_rng_uniform(&rng);

        same = all_are_printf(uniform) && all_are_printf(exp(20.0 * uniform - 15.0)) &&
               all_are_printf(-exp(50.0 * uniform - 25.0));
    }
    ok(same, "random numbers");
    same = true;
    for (int i = 0; i < 20000; i++) /* middles between two results, as exact as a double can be */
        same = all_are_printf(i / 2000.0) && all_are_printf(-i / 200.0) && same;
    ok(same, "numbers in the middle between two results");
}

static void
test_room(void)
{
    char text[12] = "untouched", one[1] = {'x'};
    number_text to = number_text_start(text, 8), none = number_text_start(one, 1);

    put_text(&to, "n = ");
    put_integer(&to, -1234567);
    ok(strcmp(text, "n = -12") == 0 && to.length == 7, "what does not fit is left out: %s", text);
    put_significant(&to, 1e-300, 2);
    put_signed_decimals(&to, 1e300, 2);
    ok(strcmp(text, "n = -12") == 0 && to.length == 7, "also of what snprintf writes");
    put_integer(&none, 7);
    put_signed_decimals(&none, 1e300, 2);
    ok(one[0] == '\0' && none.length == 0, "there may be room for the final 0 only");
}

static void
test_integers(void)
{
    char text[64];
    number_text to = number_text_start(text, sizeof(text));

    put_integer(&to, INT64_MIN);
    put_text(&to, " ");
    put_integer(&to, 0);
    put_text(&to, " ");
    put_integer(&to, INT64_MAX);
    ok(strcmp(text, "-9223372036854775808 0 9223372036854775807") == 0, "whole numbers: %s", text);
}

int
main(void)
{
    test_integers();
    test_special();
    test_random();
    test_room();
    return done_testing();
}
