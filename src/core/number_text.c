/*
 * Short texts with numbers in them. Where a few whole-number digits decide, they are found by one multiplication; it
 * is off by less than NEAR_TIE, so numbers closer than that to the middle between two results are left to snprintf,
 * which is exact, and so are those of unusual size.
 */
#include "number_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NEAR_TIE 1e-6
#define LARGEST_SCALED 1e9
#define INTEGER_SIZE 20 /* digits of an uint64 */

static const double power_of_ten[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

number_text
number_text_start(char *text, size_t size)
{
    text[0] = '\0';
    return (number_text){text, size, 0};
}

static void
put_characters(number_text *to, const char *characters, size_t n)
{
    size_t room = to->size - 1 - to->length;

    n = n < room ? n : room;
    memcpy(to->text + to->length, characters, n);
    to->length += n;
    to->text[to->length] = '\0';
}

void
put_text(number_text *to, const char *text)
{
    put_characters(to, text, strlen(text));
}

/* At least so many digits, with zeros in front. */
static void
put_digits(number_text *to, uint64_t value, int digits)
{
    char buffer[INTEGER_SIZE], *first = buffer + sizeof(buffer);

    for (; value > 0 || digits > 0; digits--, value /= 10)
        *--first = (char)('0' + value % 10);
    put_characters(to, first, (size_t)(buffer + sizeof(buffer) - first));
}

void
put_integer(number_text *to, int64_t value)
{
    if (value < 0)
        put_text(to, "-");
    put_digits(to, value < 0 ? -(uint64_t)value : (uint64_t)value, 1);
}

/* By snprintf. */
static void
put_printed(number_text *to, const char *format, int digits, double value)
{
    size_t room = to->size - to->length;
    int written = snprintf(to->text + to->length, room, format, digits, value);

    if (written > 0)
        to->length += (size_t)written < room ? (size_t)written : room - 1;
}

/* The nearest whole number of a scaled value >= 0; false where it may be another one. */
static bool
round_scaled(double scaled, uint64_t *nearest)
{
    if (!(scaled < LARGEST_SCALED))
        return false;
    *nearest = (uint64_t)(scaled + 0.5);
    return fabs(fabs(scaled - (double)*nearest) - 0.5) > NEAR_TIE;
}

void
put_significant(number_text *to, double value, int digits)
{
    double least = power_of_ten[digits - 1], scale = power_of_ten[digits];
    int decimals = digits;
    uint64_t scaled = 0;

    for (; value * scale < least && decimals < digits + 3; decimals++)
        scale *= 10.0;
    if (value * scale >= least && value < 1.0 && round_scaled(value * scale, &scaled) &&
        (double)scaled < 10.0 * least) {
        for (; scaled % 10 == 0; decimals--)
            scaled /= 10;
        put_text(to, "0.");
        put_digits(to, scaled, decimals);
    } else {
        put_printed(to, "%.*g", digits, value);
    }
}

void
put_signed_decimals(number_text *to, double value, int decimals)
{
    double unit = power_of_ten[decimals];
    uint64_t scaled;

    if (round_scaled(fabs(value) * unit, &scaled)) {
        put_text(to, signbit(value) ? "-" : "+");
        put_digits(to, scaled / (uint64_t)unit, 1);
        put_text(to, ".");
        put_digits(to, scaled % (uint64_t)unit, decimals);
    } else {
        put_printed(to, "%+.*f", decimals, value);
    }
}
