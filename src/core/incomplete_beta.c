/*
 * The regularised incomplete beta function by its continued fraction (DLMF 8.17.22), evaluated on that side
 * where it converges fast and completed to 1 on the other.
 */
#include <math.h>

#include "core.h"
#include "gamma_functions.h"
#include "incomplete_beta.h"

#define FRACTION_TERMS 100000 /* about sqrt(max(a, b)) are needed */

/* The continued fraction 1/(1 + d_1/(1 + d_2/(1 + ...))), x < (a + 1)/(a + b + 2), by the forward recurrence
 * of Steed for the differences of its convergents. */
static double
beta_fraction(double a, double b, double x)
{
    double denominator = 1.0, step = 1.0, sum = 1.0;

    for (int i = 1; i < FRACTION_TERMS; i++) {
        double k = i / 2;
        double d = i % 2 == 0 ? k * (b - k) * x / ((a + 2 * k - 1) * (a + 2 * k))
                              : -(a + k) * (a + b + k) * x / ((a + 2 * k) * (a + 2 * k + 1));

        denominator = 1.0 / (1.0 + d * denominator);
        step *= denominator - 1.0;
        sum += step;
        if (!(fabs(step) > 1e-17 * fabs(sum)))
            break;
    }
    return sum;
}

/* I_x(a, b) where the fraction converges fast. */
static double
beta_tail(double a, double b, double x, double y)
{
    double log_factor = log_gamma_ratio(b, a) - log_gamma_ratio(1.0, a);
    double log_x = x < 0.5 ? log(x) : log1p(-y);
    double log_y = y < 0.5 ? log(y) : log1p(-x);

    return at_most_1(exp(log_factor + a * log_x + b * log_y) * beta_fraction(a, b, x));
}

void
incomplete_beta(double a, double b, double x, double y, double *lower, double *upper)
{
    if (x == 0.0 || y == 0.0 || a == 0.0 || b == 0.0) { /* half of the least double is 0 */
        *lower = x == 0.0 || (y != 0.0 && b == 0.0) ? 0.0 : 1.0;
        *upper = 1.0 - *lower;
    } else if (x * (a + b + 2.0) < a + 1.0) {
        *lower = beta_tail(a, b, x, y);
        *upper = 1.0 - *lower;
    } else {
        *upper = beta_tail(b, a, y, x);
        *lower = 1.0 - *upper;
    }
}
