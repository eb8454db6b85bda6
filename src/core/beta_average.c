/*
 * Means over a beta variable p by the trapezoidal rule over v = logit(p). It converges exponentially
 * (Trefethen & Weideman 2014), and all its terms are positive.
 */
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "beta_average.h"

#define WIDEST_STEP 0.2  /* error exp(-pi^2 / step) for a function analytic up to an imaginary part of pi/2 */
#define STEP_PER_SD 0.5  /* error exp(-2 pi^2 / 0.5^2) for a normal density, and enough for a gamma one */
#define NO_SPREAD 1e-7   /* standard deviation of v that is as good as none */
#define NEGLIGIBLE 1e-20 /* of a sum, for one of its terms */
#define MOST_REACH 1e15
#define MOST_PARAMETER 1e12
#define LARGEST_LOG 700.0

/* ln(1 - m + m e^x), 0 < m < 1: how the density's denominator grows from the mode on. */
static double
log_growth(double m, double x)
{
    return x < LARGEST_LOG ? log1p(m * expm1(x)) : log(m) + x;
}

typedef struct beta_trapezoid {
    double a, b, mode, mean, step;
    const beta_integrand *g;
    double density, product; /* running sums, the density relative to its largest */
} beta_trapezoid;

/*
 * Adds the nodes on one side of the mode, side = -1 or 1. Where p (or 1 - p) is so small that the value is constant
 * and the density exactly exponential, the endless rest is a geometric series.
 */
static void
add_side(beta_trapezoid *sum, int side)
{
    double power = side < 0 ? sum->a : sum->b, reach = side < 0 ? sum->g->reach : 1.0;
    double scale = 1.0 + sum->a + sum->b + reach;

    for (int i = 1;; i++) {
        double x = side * i * sum->step, v = sum->mode + x, e = exp(-fabs(v)), log_e = log1p(e);
        double p = (v < 0.0 ? e : 1.0) / (1.0 + e), log_q = -fmax(v, 0.0) - log_e;
        double density = exp(sum->a * x - (sum->a + sum->b) * log_growth(sum->mean, x));
        double value = sum->g->value(sum->g->arg, p, log_q), rest = 1.0;
        bool constant = e * scale < DBL_EPSILON / 8 && v * side > 0.0;

        if (constant)
            rest = -1.0 / expm1(-power * sum->step);
        sum->density += density * rest;
        sum->product += density * value * rest;
        if (constant || (density <= NEGLIGIBLE * sum->density &&
                         !(density * (side < 0 ? sum->g->most : value) > NEGLIGIBLE * sum->product)))
            return;
    }
}

double
beta_average(double a, double b, const beta_integrand *g)
{
    double sd = sqrt(1.0 / a + 1.0 / b);
    beta_trapezoid sum = {.a = a, .b = b, .mean = a / (a + b), .g = g};
    double at_mode;

    if (!(g->reach <= MOST_REACH))
        return NAN;
    sum.mode = log(a / b);
    at_mode = g->value(g->arg, sum.mean, sum.mode > 0.0 ? -sum.mode - log1p(b / a) : -log1p(a / b));
    if (sd < NO_SPREAD)
        return at_mode;
    if (!(fmin(a, b) >= 1.0 / MOST_PARAMETER && fmax(a, b) <= MOST_PARAMETER))
        return NAN;
    sum.step = fmin(WIDEST_STEP, STEP_PER_SD * sd);
    sum.density = 1.0;
    sum.product = at_mode;
    add_side(&sum, -1);
    add_side(&sum, 1);
    return sum.product / sum.density;
}
