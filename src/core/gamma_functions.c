/*
 * Logarithms of gamma functions, of their ratios, and derivatives of these, by Stirling's series (Abramowitz
 * & Stegun 6.1.41, 6.3.18) after moving the argument up by the recurrence.
 */
#include "gamma_functions.h"

#include <math.h>
#include <stddef.h>

/* From here on seven terms of the series reach the last bit of a double. */
#define STIRLING_FROM 10.0
#define STIRLING_TERMS 7

/* ln Gamma(z) = (z - 1/2) ln z - z + ln(2 pi)/2 + sum of c[k] z^-(2k + 1); c[k] = B_{2k+2}/((2k+1)(2k+2)). */
static const double log_gamma_series[STIRLING_TERMS] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                                        1.0 / 1188, -691.0 / 360360, 1.0 / 156};

/* digamma(z) = ln z - 1/(2z) - sum of c[k] z^-(2k + 2); c[k] = B_{2k+2}/(2k+2). */
static const double digamma_series[STIRLING_TERMS] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                                                      1.0 / 132, -691.0 / 32760, 1.0 / 12};

static const double half_log_two_pi = 0.91893853320467274178;

/* Sum of c[k] w^k. */
static double
series(const double *c, double w)
{
    double sum = 0.0;

    for (size_t k = STIRLING_TERMS; k-- > 0;)
        sum = sum * w + c[k];
    return sum;
}

/*
 * Sum of c[k] (v1 w1^k - v2 w2^k) from the differences dv = v1 - v2 and dw = w1 - w2, which the caller knows
 * without cancellation.
 */
static double
series_difference(const double *c, double v2, double dv, double w1, double w2, double dw)
{
    double difference = dv, last = v2, sum = 0.0;

    for (size_t k = 0; k < STIRLING_TERMS; k++) {
        sum += c[k] * difference;
        difference = w1 * difference + last * dw;
        last *= w2;
    }
    return sum;
}

double
log_gamma(double x)
{
    double product = 1.0;

    while (x < STIRLING_FROM)
        product *= x++;
    return (x - 0.5) * log(x) - x + half_log_two_pi + series(log_gamma_series, 1.0 / (x * x)) / x -
           log(product);
}

double
log_gamma_ratio(double a, double b)
{
    double moved = 0.0, v1, v2, dv;

    /* One log1p a step rather than a product: right in every digit also for tiny b. */
    for (; a < STIRLING_FROM; a++)
        moved += log1p(b / a);

    v1 = 1.0 / a;
    v2 = 1.0 / (a + b);
    dv = b * v1 * v2;
    return (a + b - 0.5) * log1p(b / a) + b * (log(a) - 1.0) -
           series_difference(log_gamma_series, v2, dv, v1 * v1, v2 * v2, dv * (v1 + v2)) - moved;
}

double
log_beta(double a, double b)
{
    /* From the larger argument, so that as little as possible cancels. */
    double larger = fmax(a, b), smaller = fmin(a, b);

    return log_gamma(smaller) - log_gamma_ratio(larger, smaller);
}

/* A function at b and its differences when b grows by a, by t, and by both: f(b + a) - f(b), f(b + t) - f(b),
 * f(b + a + t) - f(b + a) - f(b + t) + f(b). */
typedef struct mixed_difference {
    double value, by_a, by_t, mixed;
} mixed_difference;

/* Of a product, from those of its factors. For falling convex factors all four parts add up without cancellation. */
static mixed_difference
product_difference(const mixed_difference *u, const mixed_difference *v)
{
    return (mixed_difference){
        .value = u->value * v->value,
        .by_a = u->by_a * (v->value + v->by_a) + u->value * v->by_a,
        .by_t = u->by_t * (v->value + v->by_t) + u->value * v->by_t,
        .mixed = u->mixed * (v->value + v->by_a + v->by_t + v->mixed) + u->by_t * (v->by_a + v->mixed) +
                 u->by_a * (v->by_t + v->mixed) + u->value * v->mixed,
    };
}

/* That of 1/z. */
static mixed_difference
reciprocal_difference(double a, double b, double t)
{
    double p = 1.0 / b, pa = 1.0 / (b + a), pt = 1.0 / (b + t), pat = 1.0 / (b + a + t);

    return (mixed_difference){p, -a * p * pa, -t * p * pt, a * pa * (t * pt) * (p + pat)};
}

/* Mixed difference of the sum of c[k] z^-(first + 2k), first = 1 or 2. */
static double
series_mixed_difference(const double *c, int first, double a, double b, double t)
{
    mixed_difference power = reciprocal_difference(a, b, t), square = product_difference(&power, &power);
    double sum = 0.0;

    if (first == 2)
        power = square;
    for (size_t k = 0; k < STIRLING_TERMS; k++) {
        sum += c[k] * power.mixed;
        power = product_difference(&power, &square);
    }
    return sum;
}

/* ln (1 - a/(a + b) t/(b + t)) = ln (b (a + b + t) / ((a + b) (b + t))), right in every digit near 0. */
static double
log_cross_ratio(double a, double b, double t)
{
    double q = a / (a + b) * (t / (b + t));

    return q < 0.5 ? log1p(-q) : log(b / (a + b) * ((a + b + t) / (b + t)));
}

double
log_beta_ratio(double a, double b, double t)
{
    /* Minus the mixed difference ln G(b + a + t) - ln G(b + a) - ln G(b + t) + ln G(b), G the gamma function. */
    double moved = 0.0, cross;

    for (; b < STIRLING_FROM; b++)
        moved += log_cross_ratio(a, b, t);
    cross = log_cross_ratio(a, b, t);
    if (cross > -1e-100) /* it may have underflowed where b times it has not */
        cross = -a * ((b - 0.5) / (b + a)) * (t / (b + t));
    else
        cross *= b - 0.5;
    return moved - cross - a * log1p(t / (b + a)) - t * log1p(a / (b + t)) -
           series_mixed_difference(log_gamma_series, 1, a, b, t);
}

double
log_beta_ratio_slope(double a, double b, double t)
{
    /* Minus the same mixed difference of digamma; all its parts have one sign. */
    double sum = 0.0;

    for (; b < STIRLING_FROM; b++)
        sum += reciprocal_difference(a, b, t).mixed;
    return sum - log_cross_ratio(a, b, t) + 0.5 * reciprocal_difference(a, b, t).mixed +
           series_mixed_difference(digamma_series, 2, a, b, t);
}

double
digamma_difference(double a, double b)
{
    double moved = 0.0, v1, v2, dv, dw;

    for (; a < STIRLING_FROM; a++)
        moved += b / (a * (a + b));

    v1 = 1.0 / a;
    v2 = 1.0 / (a + b);
    dv = b * v1 * v2;
    dw = dv * (v1 + v2);
    return log1p(b / a) + 0.5 * dv + series_difference(digamma_series, v2 * v2, dw, v1 * v1, v2 * v2, dw) +
           moved;
}
