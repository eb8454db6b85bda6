/*
 * Tail probabilities of the normal distribution (erfc), Student's t (incomplete beta, Abramowitz & Stegun 26.7.1; near
 * the normal distribution a series), chi-square (26.4.19) and F (26.6.2). Quantiles are found by iterating on the tail
 * itself, so that they are as accurate as it is.
 */
#include "distributions.h"

#include <math.h>
#include <stdbool.h>

#include "gamma_functions.h"
#include "incomplete_beta.h"
#include "incomplete_gamma.h"

#define MAX_STEPS 200 /* about 5 are needed */

static const double pi = 3.14159265358979323846;
static const double sqrt_half = 0.70710678118654752440;
static const double sqrt_two_pi = 2.50662827463100050242;

/* ---- normal ---- */

double
normal_tail(double z)
{
    return 0.5 * erfc(z * sqrt_half);
}

double
normal_quantile(double tail)
{
    double s, z;

    if (tail > 0.5)
        return -normal_quantile(1.0 - tail);
    /* Right to 4.5e-4 (Abramowitz & Stegun 26.2.23); then Halley's method triples the digits a step. */
    s = sqrt(-2.0 * log(tail));
    z = s -
        (2.515517 + s * (0.802853 + s * 0.010328)) / (1.0 + s * (1.432788 + s * (0.189269 + s * 0.001308)));
    for (int i = 0; i < MAX_STEPS; i++) {
        double step = (tail - normal_tail(z)) * sqrt_two_pi * exp(0.5 * z * z);

        step /= 1.0 + 0.5 * z * step;
        z -= step;
        if (!(fabs(step) > 1e-6))
            break;
    }
    return z;
}

/* ---- Student's t ---- */

/*
 * For many degrees of freedom. T = sqrt(df) sinh s has a density proportional to cosh(s)^-df, which in
 * w = ln cosh(s) = log1p(t^2/df)/2 becomes exp(-(df - 1/2) w) h(w^2)/sqrt(2 w) with h(w^2) = sqrt(w/sinh w).
 * With u^2 = 2 (df - 1/2) w this is a normal density times a series h in w^2 = (u^2/scale)^2, integrated term by
 * term. The incomplete beta function would lose digits where x is near 1.
 */
#define NEAR_NORMAL_DF 100.0
#define NEAR_NORMAL_W 0.5
#define SERIES_TERMS 10

static const double series[SERIES_TERMS] = {-1.0 / 12,
                                            1.0 / 160,
                                            -5.042989417989418e-4,
                                            4.343722442680776e-5,
                                            -3.8963857323232323e-6,
                                            3.58333546345079e-7,
                                            -3.3497470720605779e-8,
                                            3.1675854343161148e-9,
                                            -3.0210368517370962e-10,
                                            2.900415787669253e-11};

/*
 * The integral of exp(-u^2/2) h over a half line or an interval from that of exp(-u^2/2) alone, by integration by
 * parts: boundary is u exp(-u^2/2) at the lower limit less that at the upper one, w that of the limit.
 */
static double
integrate_series(double integral, double boundary, double w, double scale)
{
    double sum = integral;

    boundary /= scale;
    for (int m = 1; m <= 2 * SERIES_TERMS; m++) {
        integral = (2 * m - 1) / scale * integral + boundary;
        boundary *= w;
        if (m % 2 == 0)
            sum += series[m / 2 - 1] * integral;
    }
    return sum;
}

/* P(T > t) and P(0 < T < t), w = log1p(t^2/df)/2. */
static void
near_normal_parts(double w, double df, double *tail, double *central)
{
    double scale = 2.0 * df - 1.0;
    double u = sqrt(scale * w), boundary = u * exp(-0.5 * u * u);
    double half = integrate_series(0.5 * sqrt_two_pi, 0.0, 0.0, scale);

    *tail = 0.5 * integrate_series(sqrt_two_pi * normal_tail(u), boundary, w, scale) / half;
    *central = 0.5 * integrate_series(0.5 * sqrt_two_pi * erf(u * sqrt_half), -boundary, w, scale) / half;
}

/* P(T > t) and P(0 < T < t) for t >= 0. */
static void
student_parts(double t, double df, double *tail, double *central)
{
    /* x = df/(df + t^2) and y = 1 - x, without an overflow. */
    double root = sqrt(df);
    double ratio = t > root ? root / t : t / root;
    double larger = 1.0 / (1.0 + ratio * ratio), smaller = ratio * ratio * larger;
    double w = 0.5 * log1p(ratio * ratio);

    if (df > NEAR_NORMAL_DF && t <= root && w < NEAR_NORMAL_W) {
        near_normal_parts(w, df, tail, central);
        return;
    }
    if (t > root)
        incomplete_beta(0.5 * df, 0.5, smaller, larger, tail, central);
    else
        incomplete_beta(0.5 * df, 0.5, larger, smaller, tail, central);
    *tail *= 0.5;
    *central *= 0.5;
}

double
student_tail(double t, double df)
{
    double tail, central;

    student_parts(fabs(t), df, &tail, &central);
    return t < 0 ? 0.5 + central : tail;
}

static double
student_density(double t, double df)
{
    double ratio = t / sqrt(df);

    return exp(log_gamma_ratio(0.5 * df, 0.5) - 0.5 * log(df * pi) - 0.5 * (df + 1.0) * log1p(ratio * ratio));
}

double
student_quantile(double tail, double df)
{
    bool by_centre = tail > 0.25;
    double wanted = by_centre ? 0.5 - tail : tail;
    double t;

    if (tail > 0.5)
        return -student_quantile(1.0 - tail, df);
    if (tail == 0.5)
        return 0.0;
    /* Newton's method for the logarithm of the smaller part as a function of ln t, which is concave: from the
     * second step on it goes one way, however heavy the tail. */
    t = normal_quantile(tail);
    for (int i = 0; i < MAX_STEPS; i++) {
        double part[2], step;

        student_parts(t, df, &part[0], &part[1]);
        step = log(part[by_centre] / wanted) * part[by_centre] / (t * student_density(t, df));
        t *= exp(by_centre ? -step : step);
        if (!(fabs(step) > 1e-9))
            break;
    }
    return t;
}

/* ---- chi-square and F ---- */

double
chi_square_tail(double x, double df)
{
    double lower, upper;

    incomplete_gamma(0.5 * df, 0.5 * x, &lower, &upper);
    return upper;
}

double
f_tail(double f, double df1, double df2)
{
    double explained = df1 * f, total = explained + df2, lower, upper;

    if (isinf(total))
        return 0.0;
    incomplete_beta(0.5 * df2, 0.5 * df1, df2 / total, explained / total, &lower, &upper);
    return lower;
}
