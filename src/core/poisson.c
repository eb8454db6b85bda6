/*
 * Quantiles of the Poisson distribution: summed from 0 for small means, otherwise searched for from Cornish
 * and Fisher's normal approximation (1938), which is off by a step or two. The one tail that the search needs
 * is an incomplete gamma function, by quadrature.
 */
#include "poisson.h"

#include <math.h>

#include "distributions.h"
#include "quadrature.h"

#define SMALL_MEAN 100.0 /* from here on 8 standard deviations below are enough for Stirling */
#define MOST_MEAN 1e15
#define NEGLIGIBLE 1e-18
#define PANEL_EXPONENT 10.0 /* change of the exponent within a panel of 16 nodes */

static double
small_quantile(double mean, double v)
{
    double n = 0.0, term = exp(-mean), sum = term;

    /* Rounding may keep the sum below a v near 1. */
    while (sum < v && (n < mean || term > NEGLIGIBLE)) {
        n++;
        term *= mean / n;
        sum += term;
    }
    return n;
}

/* P(N = n), n > 0 (Loader 2000): Stirling's formula with its error, and the deviance, which does not cancel
 * where n is near the mean. */
static double
probability(double n, double mean)
{
    double w = 1.0 / (n * n), d = (mean - n) / n;
    double error = (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w / 1188)))) / n;
    double deviance = d - log1p(d); /* n of it; by a series where it is a small difference */

    if (fabs(d) < 0.1) {
        double power = d * d;

        deviance = 0.0;
        for (int k = 2; k < 18; k++, power *= -d)
            deviance += power / k;
    }
    return exp(-n * deviance - error) / sqrt(6.2831853071795864769 * n);
}

/*
 * A tail relative to P(N = n): the integral over u > 0 of (1 + side u/mean)^n exp(-side u), for side = 1 that of
 * P(N <= n), for side = -1 that of P(N > n), u < mean. Panels are as wide as the exponent's slope and
 * curvature allow.
 */
static double
relative_tail(double n, double mean, double side)
{
    double end = side > 0.0 ? INFINITY : mean, u = 0.0, sum = 0.0;

    while (u < end) {
        double at = mean + side * u, slope = fabs(n / at - 1.0), curvature = n / (at * at);
        /* slope w + curvature w^2 / 2 = PANEL_EXPONENT */
        double width =
            2.0 * PANEL_EXPONENT / (slope + sqrt(slope * slope + 2.0 * PANEL_EXPONENT * curvature));
        double half = 0.5 * fmin(width, end - u), panel = 0.0;

        for (int i = 0; i < GAUSS_NODES; i++) {
            double x = side * (u + half * (1.0 + gauss_node[i]));

            panel += gauss_weight[i] * exp(n * log1p(x / mean) - x);
        }
        sum += half * panel;
        if (!(half * panel > NEGLIGIBLE * sum))
            break;
        u += 2.0 * half;
    }
    return sum;
}

/* From n with P(N <= n) known step by step to the quantile; steps come to a tail's end before they come to v
 * only by rounding. */
static double
search(double n, double mean, double v)
{
    double term = probability(n, mean);

    if (v <= 0.5) { /* lower tail */
        double below = term * relative_tail(n, mean, 1.0);

        while (n > 0.0 && below - term >= v && term > 0.0) {
            below -= term;
            term *= n-- / mean;
        }
        while (below < v && term > NEGLIGIBLE * v) {
            term *= mean / ++n;
            below += term;
        }
    } else { /* upper tail: P(N > n) <= 1 - v, which is exact */
        double above = term * relative_tail(n, mean, -1.0), rest = 1.0 - v;

        while (above > rest && term > NEGLIGIBLE * rest) {
            term *= mean / ++n;
            above -= term;
        }
        while (n > 0.0 && above + term <= rest && term > 0.0) {
            above += term;
            term *= n-- / mean;
        }
    }
    return n;
}

double
poisson_quantile(double mean, double v)
{
    double z, n;

    if (!(mean >= 0.0 && mean <= MOST_MEAN && v > 0.0 && v < 1.0))
        return NAN;
    if (mean < SMALL_MEAN)
        return small_quantile(mean, v);
    z = v <= 0.5 ? -normal_quantile(v) : normal_quantile(1.0 - v);
    n = mean + z * sqrt(mean) + (z * z - 1.0) / 6.0 - 0.5;
    return search(fmax(1.0, floor(n)), mean, v);
}
