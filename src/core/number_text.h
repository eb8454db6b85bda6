/*
 * Short texts with numbers in them, put together piece by piece: what snprintf writes, in a tenth of its time.
 */
#ifndef CLM_NUMBER_TEXT_H
#define CLM_NUMBER_TEXT_H

#include <stddef.h>
#include <stdint.h>

/* A text in the making, always with its final 0; what does not fit is left out. size is at least 1. */
typedef struct number_text {
    char *text;
    size_t size, length;
} number_text;

extern number_text number_text_start(char *text, size_t size);

extern void put_text(number_text *to, const char *text);

/* As %lld, %.*g and %+.*f do, with 1 to 6 digits or 1 to 6 decimals. */
extern void put_integer(number_text *to, int64_t value);
extern void put_significant(number_text *to, double value, int digits);
extern void put_signed_decimals(number_text *to, double value, int decimals);

#endif
