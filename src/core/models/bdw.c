/*
 * The beta-discrete-Weibull model: as sBG, but each customer's own probability to leave changes with tenure, rising for c > 1
 * and falling for c < 1 (Fader, Hardie, Liu, Davin & Steenburgh 2018).
 *
 * S(t) = B(alpha, beta + t^c) / B(alpha, beta); c = 1 is sBG.
 */
#include <math.h>

#include "../gamma_functions.h"
#include "contract.h"

extern const contract_family bdw_family;

#define SMALLEST 1e-6
#define LARGEST 1e9
#define LARGEST_C 16.0 /* tenures up to 2^63 have a finite power */
/* From this power of a tenure on S(t) is t^(-alpha c) but for a factor. */
#define LARGEST_POWER 1e305
#define LARGE_GROWTH                                                                                         \
    40.0 /* of the logarithm of a power: what it was before is below the rounding of what it is then */

static const char *const param_names[] = {"alpha", "beta", "c"};

static bool
valid(const double *p)
{
    return p[0] >= SMALLEST && p[0] <= LARGEST && p[1] >= SMALLEST && p[1] <= LARGEST && p[2] >= SMALLEST &&
           p[2] <= LARGEST_C;
}

/* ln((tenure + ahead) / tenure), tenure > 0; the quotient may be beyond the range of a double. */
static double
log_growth(double tenure, double ahead)
{
    double quotient = ahead / tenure;

    return isfinite(quotient) ? log1p(quotient) : log(tenure + ahead) - log(tenure);
}

/* (tenure + ahead)^c - tenure^c without cancellation. */
static double
power_step(double tenure, double ahead, double c)
{
    double growth = tenure > 0.0 ? c * log_growth(tenure, ahead) : INFINITY;

    if (growth > LARGE_GROWTH)
        return pow(tenure + ahead, c);
    return pow(tenure, c) * expm1(growth);
}

/* Beyond LARGEST_POWER, which begins at tenure `from`. */
static double
log_far_survival(const double *p, double tenure, double ahead)
{
    double from = pow(LARGEST_POWER, 1.0 / p[2]);

    if (tenure >= from)
        return -p[0] * p[2] * log1p(ahead / tenure);
    return log_beta_ratio(p[0], p[1] + pow(tenure, p[2]), power_step(tenure, from - tenure, p[2])) -
           p[0] * p[2] * log1p((tenure - from + ahead) / from);
}

static double
log_survival(const double *p, double tenure, double ahead, double *gradient)
{
    double power = pow(tenure, p[2]), beta = p[1] + power, step = power_step(tenure, ahead, p[2]);

    if (!(power + step < LARGEST_POWER))
        return log_far_survival(p, tenure, ahead);
    if (gradient != NULL) {
        double log_tenure = tenure > 0.0 ? log(tenure) : 0.0;
        double step_by_c =
            step > 0.0 ? step * log(tenure + ahead) + (tenure > 0.0 ? power * log_growth(tenure, ahead) : 0.0)
                       : 0.0;

        gradient[0] = -digamma_difference(p[0] + beta, step);
        gradient[1] = log_beta_ratio_slope(p[0], beta, step);
        gradient[2] = gradient[1] * power * log_tenure - digamma_difference(beta + step, p[0]) * step_by_c;
    }
    return fmin(log_beta_ratio(p[0], beta, step), 0.0);
}

static double
tail_power(const double *p)
{
    return p[0] * p[2];
}

/* Like sBG's, and with probabilities that change. */
static int
starts(double churn, int most, double starts[][CLM_MAX_PARAMS])
{
    static const double sizes[] = {1.0, 0.3, 3.0, 20.0}, powers[] = {1.0, 1.5, 0.7, 1.0};
    int n = 0;

    for (; n < most && n < (int)(sizeof(sizes) / sizeof(*sizes)); n++) {
        starts[n][0] = sizes[n];
        starts[n][1] = starts[n][0] * (1.0 - churn) / churn;
        starts[n][2] = powers[n];
    }
    return n;
}

const contract_family bdw_family = {
    .name = "bdw",
    .nparams = 3,
    .param_names = param_names,
    .domain = "alpha and beta lie between 1e-6 and 1e9, c between 1e-6 and 16.",
    .valid = valid,
    .log_survival = log_survival,
    .tail_power = tail_power,
    .starts = starts,
};
