/*
 * The shifted beta-geometric model: each customer leaves with a probability of his own, the same in every period, and
 * these are beta distributed (Fader & Hardie 2007).
 *
 * S(t) = B(alpha, beta + t) / B(alpha, beta); the retention rate rises with tenure, because those who leave readily have
 * left.
 */
#include <math.h>

#include "../gamma_functions.h"
#include "contract.h"

extern const contract_family sbg_family;

#define SMALLEST 1e-6
#define LARGEST 1e9

static const char *const param_names[] = {"alpha", "beta"};

static bool
valid(const double *p)
{
    return p[0] >= SMALLEST && p[0] <= LARGEST && p[1] >= SMALLEST && p[1] <= LARGEST;
}

static double
log_survival(const double *p, double tenure, double ahead, double *gradient)
{
    double beta = p[1] + tenure; /* of those who are still there */

    if (gradient != NULL) {
        gradient[0] = -digamma_difference(p[0] + beta, ahead);
        gradient[1] = log_beta_ratio_slope(p[0], beta, ahead);
    }
    return fmin(log_beta_ratio(p[0], beta, ahead), 0.0);
}

static double
tail_power(const double *p)
{
    return p[0];
}

/* Customers who differ much, some, and little. */
static int
starts(double churn, int most, double starts[][CLM_MAX_PARAMS])
{
    static const double sizes[] = {1.0, 0.3, 20.0};
    int n = 0;

    for (; n < most && n < (int)(sizeof(sizes) / sizeof(*sizes)); n++) {
        starts[n][0] = sizes[n];
        starts[n][1] = starts[n][0] * (1.0 - churn) / churn;
    }
    return n;
}

const contract_family sbg_family = {
    .name = "sbg",
    .nparams = 2,
    .param_names = param_names,
    .domain = "alpha and beta lie between 1e-6 and 1e9.",
    .valid = valid,
    .log_survival = log_survival,
    .tail_power = tail_power,
    .starts = starts,
};
