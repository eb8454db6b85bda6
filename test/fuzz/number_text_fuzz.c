/*
 * Numbers as text are what snprintf writes; decimal numbers that are read in one rounding are what strtod reads.
 */
#include "../../src/core/decimal.h"
#include "../../src/core/number_text.h"
#include "fuzz.h"

#include <inttypes.h>

#define LONGEST 512

static void
check_writing(fuzz_input *in)
{
    char *text, want[LONGEST];
    size_t size = (size_t)fuzz_between(in, 1, 40);
    int kind = (int)fuzz_pick(in, 3), digits = fuzz_between(in, 1, 6);
    double value = fuzz_finite(in);
    number_text to;

    text = malloc(size);
    CHECK(text != NULL);
    to = number_text_start(text, size);
    if (kind == 0) {
        int64_t whole = fuzz_int64(in);

        put_integer(&to, whole);
        snprintf(want, sizeof(want), "%" PRId64, whole);
    } else if (kind == 1) {
        put_significant(&to, value, digits);
        snprintf(want, sizeof(want), "%.*g", digits, value);
    } else {
        put_signed_decimals(&to, value, digits);
        snprintf(want, sizeof(want), "%+.*f", digits, value);
    }
    put_text(&to, " days");
    strcat(want, " days");
    CHECK(to.length < size && strlen(text) == to.length && strncmp(text, want, to.length) == 0);
    CHECK(to.length == size - 1 || strlen(want) == to.length);
    free(text);
}

static void
check_reading(fuzz_input *in)
{
    uint64_t mantissa = fuzz_bits(in, fuzz_pick(in, 9));
    int power = fuzz_between(in, -30, 30);
    char text[64];
    double value;

    if (!decimal_to_double(mantissa, power, &value))
        return;
    snprintf(text, sizeof(text), "%" PRIu64 "e%d", mantissa, power);
    CHECK(value == strtod(text, NULL));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};

    if (fuzz_bool(&in))
        check_writing(&in);
    else
        check_reading(&in);
    return 0;
}
