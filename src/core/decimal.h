/*
 * Decimal numbers as doubles where one rounding is enough (Clinger 1990, "How to read floating point numbers
 * accurately"): a mantissa and a power of ten that both are doubles without error give the nearest double to their
 * product or quotient, as the slow conversion of any decimal text does.
 */
#ifndef CLM_DECIMAL_H
#define CLM_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#define DECIMAL_MAX_MANTISSA (UINT64_C(1) << 53)
#define DECIMAL_MAX_POWER 22 /* 5^22 < 2^53 */

/* The double nearest to mantissa * 10^power; false where it takes more than one rounding. */
static inline bool
decimal_to_double(uint64_t mantissa, int power, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

    if (mantissa > DECIMAL_MAX_MANTISSA || power > DECIMAL_MAX_POWER || power < -DECIMAL_MAX_POWER)
        return false;
    *value = power < 0 ? (double)mantissa / powers[-power] : (double)mantissa * powers[power];
    return true;
}

#endif
