/*
 * The regularised incomplete gamma function: below about a + 1 by its power series (DLMF 8.11.4), above by its
 * continued fraction (DLMF 8.9.2); each completed to 1 on the other side.
 */
#include <math.h>

#include "core.h"
#include "gamma_functions.h"
#include "incomplete_gamma.h"

#define MOST_TERMS 100000 /* about 8 sqrt(a) are needed where x is near a */

/* x^a e^-x / Gamma(a + 1) */
static double
leading_factor(double a, double x)
{
    return exp(a * log(x) - x - log_gamma(a + 1.0));
}

/* 1 + x/(a + 1) + x^2/((a + 1)(a + 2)) + ... */
static double
lower_series(double a, double x)
{
    double term = 1.0, sum = 1.0;

    for (int n = 1; n < MOST_TERMS && term > 1e-17 * sum; n++) {
        term *= x / (a + n);
        sum += term;
    }
    return sum;
}

/* 1/(x + 1 - a - 1 (1 - a)/(x + 3 - a - ...)), by the forward recurrence of Steed. */
static double
upper_fraction(double a, double x)
{
    double b = x + 1.0 - a, denominator = 1.0 / b, step = denominator, sum = step;

    for (int n = 1; n < MOST_TERMS; n++) {
        double numerator = -n * (n - a);

        b += 2.0;
        denominator = 1.0 / (b + numerator * denominator);
        step *= b * denominator - 1.0;
        sum += step;
        if (!(fabs(step) > 1e-17 * fabs(sum)))
            break;
    }
    return sum;
}

void
incomplete_gamma(double a, double x, double *lower, double *upper)
{
    if (x == 0.0 || isinf(x)) {
        *lower = x == 0.0 ? 0.0 : 1.0;
        *upper = 1.0 - *lower;
    } else if (x < a + 1.0) {
        *lower = at_most_1(leading_factor(a, x) * lower_series(a, x));
        *upper = 1.0 - *lower;
    } else {
        *upper = at_most_1(leading_factor(a, x) * a * upper_fraction(a, x));
        *lower = 1.0 - *upper;
    }
}
