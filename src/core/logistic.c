/*
 * Newton's method for ridge logistic regression (McCullagh & Nelder 1989, section 4.4), its results on the scale of
 * the signals, and scores.
 */
#include "logistic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compensated.h"
#include "linalg.h"
#include "logistic_likelihood.h"
#include "ranking.h"

#define TOLERANCE 1e-9 /* of the last step, which is still taken: what it leaves is its square */
#define MOST_STEPS 100
#define MOST_HALVINGS 40

/* From so many rows on a sample is worth its while: the start that it gives saves passes over all of them. It needs no
 * more precision than it has, and a penalty keeps it from running away where it has few hits. */
#define SAMPLE_FROM 100000
#define SAMPLE_ROWS 20000
#define SAMPLE_RIDGE 1.0
#define SAMPLE_TOLERANCE 1e-2

/* The part of its variance that a signal must keep, given those before it. */
#define COLLINEAR 1e-10
#define COLLINEAR_RIDGED 1e-14 /* where the penalty makes up for it */

/* A fit under way. */
typedef struct newton {
    logistic_design design;
    double ridge;
    double *beta, *trial, *step; /* stride each */
    double *factor;              /* (p + 1) x (p + 1) */
    logistic_likelihood at_beta, at_trial;
    int passes;
    size_t signal; /* that spoilt the last factor, from 1 */
} newton;

/* ---- one step ---- */

/* The leading `order` rows and columns of the penalised information, as a lower triangle. */
static void
copy_information(const newton *fit, double ridge, size_t order, double *a)
{
    for (size_t i = 0; i < order; i++) {
        for (size_t j = 0; j <= i; j++)
            a[i * order + j] = fit->at_beta.information[j * fit->design.stride + i];
        if (i > 0)
            a[i * order + i] += ridge;
    }
}

/* The first signal, from 1, with which the information has no factor. */
static size_t
find_collinear(newton *fit, double ridge, double tolerance)
{
    size_t signal = 1;

    for (; signal < fit->design.p; signal++) {
        copy_information(fit, ridge, signal + 1, fit->factor);
        if (!cholesky_factor(fit->factor, signal + 1, tolerance))
            break;
    }
    return signal;
}

/* Factors the penalised information. Without a factor at the first step signals are collinear; later on the weights
 * have vanished, since the signals separate. */
static clm_status
factor_information(newton *fit, double ridge, bool first)
{
    double tolerance = ridge > 0.0 ? COLLINEAR_RIDGED : COLLINEAR;

    copy_information(fit, ridge, fit->design.p + 1, fit->factor);
    if (cholesky_factor(fit->factor, fit->design.p + 1, tolerance))
        return CLM_OK;
    if (!first && ridge == 0.0)
        return CLM_FIT_BORDER;
    fit->signal = find_collinear(fit, ridge, tolerance);
    return CLM_FIT_COLLINEAR;
}

/* The largest part of a step, of what it changes or of 1. */
static double
step_size(const newton *fit)
{
    double size = 0.0;

    for (size_t j = 0; j <= fit->design.p; j++)
        size = fmax(size, fabs(fit->step[j]) / (1.0 + fabs(fit->beta[j])));
    return size;
}

static void
swap_likelihoods(logistic_likelihood *a, logistic_likelihood *b)
{
    logistic_likelihood c = *a;

    *a = *b;
    *b = c;
}

static clm_status
evaluate_beta(newton *fit, size_t n, double ridge)
{
    fit->passes += n == fit->design.n;
    return logistic_evaluate(&fit->design, n, fit->beta, ridge, &fit->at_beta, NULL);
}

/* Takes the step, or half of it, or half of that, until the objective does not fall: what rounding may take off it does
 * not count. */
static clm_status
take_step(newton *fit, size_t n, double ridge)
{
    double slack = 1e-13 * fabs(fit->at_beta.objective), part = 1.0;

    for (int halvings = 0; halvings < MOST_HALVINGS; halvings++, part /= 2.0) {
        clm_status status;

        for (size_t j = 0; j <= fit->design.p; j++)
            fit->trial[j] = fit->beta[j] + part * fit->step[j];
        fit->passes += n == fit->design.n;
        status = logistic_evaluate(&fit->design, n, fit->trial, ridge, &fit->at_trial, NULL);
        if (status != CLM_OK && status != CLM_OVERFLOW)
            return status;
        if (status == CLM_OK && fit->at_trial.objective >= fit->at_beta.objective - slack) {
            memcpy(fit->beta, fit->trial, fit->design.stride * sizeof(double));
            swap_likelihoods(&fit->at_beta, &fit->at_trial);
            return CLM_OK;
        }
    }
    return CLM_FIT_NOT_CONVERGED;
}

/* Maximises from beta, at which the likelihood has been evaluated, over the first n rows. The last step is taken
 * without another evaluation. */
static clm_status
climb(newton *fit, size_t n, double ridge, double tolerance)
{
    for (int steps = 0; steps < MOST_STEPS; steps++) {
        clm_status status = factor_information(fit, ridge, steps == 0);

        if (status != CLM_OK)
            return status;
        memcpy(fit->step, fit->at_beta.gradient, fit->design.stride * sizeof(double));
        cholesky_solve(fit->factor, fit->design.p + 1, fit->step);
        if (step_size(fit) <= tolerance) {
            for (size_t j = 0; j <= fit->design.p; j++)
                fit->beta[j] += fit->step[j];
            return CLM_OK;
        }
        status = take_step(fit, n, ridge);
        if (status != CLM_OK)
            return status;
    }
    return ridge > 0.0 ? CLM_FIT_NOT_CONVERGED : CLM_FIT_BORDER;
}

/* ---- the start ---- */

/* The fit without signals: the objective that every other start must beat. */
static double
start_from_rate(newton *fit)
{
    double hits = (double)fit->design.hits, misses = (double)(fit->design.customers - fit->design.hits);

    memset(fit->beta, 0, fit->design.stride * sizeof(double));
    fit->beta[0] = log(hits / misses);
    return -hits * log1p(misses / hits) - misses * log1p(hits / misses);
}

static bool
sample_has_both(const logistic_design *d)
{
    int64_t n = 0, hits = 0;

    for (size_t i = 0; i < SAMPLE_ROWS; i++) {
        n += d->rows[i * (LOGISTIC_COUNTS + d->p)].n;
        hits += d->rows[i * (LOGISTIC_COUNTS + d->p) + 1].n;
    }
    return hits > 0 && hits < n;
}

/* Evaluates all rows at a good start: the fit of a sample where there are many rows and it helps. */
static clm_status
start(newton *fit)
{
    double rate_objective = start_from_rate(fit), ridge = fmax(fit->ridge, SAMPLE_RIDGE);
    clm_status status;

    if (fit->design.n < SAMPLE_FROM || !sample_has_both(&fit->design))
        return evaluate_beta(fit, fit->design.n, fit->ridge);
    status = evaluate_beta(fit, SAMPLE_ROWS, ridge);
    if (status == CLM_OK)
        status = climb(fit, SAMPLE_ROWS, ridge, SAMPLE_TOLERANCE);
    if (status == CLM_STOPPED)
        return status;
    if (status == CLM_OK)
        status = evaluate_beta(fit, fit->design.n, fit->ridge);
    if (status == CLM_STOPPED || (status == CLM_OK && fit->at_beta.objective > rate_objective))
        return status;
    start_from_rate(fit);
    return evaluate_beta(fit, fit->design.n, fit->ridge);
}

/* ---- results ---- */

/* Coefficients on the scale of the signals; the intercept is that of signals that are 0. */
static clm_status
set_coefficients(const newton *fit, double *coefficients)
{
    const logistic_design *d = &fit->design;
    compensated_sum intercept = {fit->beta[0], 0};

    for (size_t j = 0; j < d->p; j++) {
        double slope = fit->beta[1 + j] * d->inverse_spread[j];

        coefficients[1 + j] = slope * d->scale[j];
        compensated_add(&intercept, -slope * d->centre[j]);
        if (!isfinite(coefficients[1 + j]))
            return CLM_OVERFLOW;
    }
    coefficients[0] = compensated_value(&intercept);
    return isfinite(coefficients[0]) ? CLM_OK : CLM_OVERFLOW;
}

/* The intercept is beta_0 - sum_j beta_j centre_j / spread_j: its variance is a quadratic form. */
static double
intercept_variance(const logistic_design *d, const double *covariance)
{
    compensated_sum variance = {0, 0};

    for (size_t i = 0; i <= d->p; i++) {
        double a = i == 0 ? 1.0 : -d->centre[i - 1] * d->inverse_spread[i - 1];

        for (size_t j = 0; j <= d->p; j++) {
            double b = j == 0 ? 1.0 : -d->centre[j - 1] * d->inverse_spread[j - 1];

            compensated_add(&variance, a * b * covariance[i * (d->p + 1) + j]);
        }
    }
    return fmax(0.0, compensated_value(&variance));
}

/* From the factor at the last step. */
static clm_status
set_standard_errors(const newton *fit, double *se)
{
    const logistic_design *d = &fit->design;
    size_t order = d->p + 1;
    double *covariance = malloc(order * order * sizeof(*covariance));
    bool finite;

    if (covariance == NULL)
        return CLM_NO_MEMORY;
    cholesky_inverse(fit->factor, order, covariance);
    se[0] = sqrt(intercept_variance(d, covariance));
    finite = isfinite(se[0]);
    for (size_t j = 1; j <= d->p; j++) {
        se[j] = sqrt(covariance[j * order + j]) * d->inverse_spread[j - 1] * d->scale[j - 1];
        finite = finite && isfinite(se[j]);
    }
    free(covariance);
    return finite ? CLM_OK : CLM_OVERFLOW;
}

/* Log-likelihood and AUC at the estimates. */
static clm_status
measure_fit(newton *fit, logistic_fit *result)
{
    size_t n = fit->design.n;
    scored_group *groups = malloc(n * sizeof(*groups));
    ranking_measures measures;
    clm_status status;

    if (groups == NULL)
        return CLM_NO_MEMORY;
    status = logistic_evaluate(&fit->design, n, fit->beta, fit->ridge, &fit->at_trial, groups);
    if (status == CLM_OK)
        status = scored_groups_merge(groups, &n, fit->design.stop);
    if (status == CLM_OK)
        status = measure_ranking(groups, n, fit->design.stop, &measures);
    free(groups);
    if (status == CLM_OK)
        result->auc = measures.auc;
    result->log_likelihood = fit->at_trial.log_likelihood;
    return status;
}

static clm_status
set_results(newton *fit, logistic_fit *result)
{
    const logistic_design *d = &fit->design;
    clm_status status = set_coefficients(fit, result->coefficients);

    for (size_t j = 0; j < d->p; j++)
        result->means[j] = d->centre[j] / d->scale[j];
    if (status == CLM_OK)
        status = set_standard_errors(fit, result->se);
    if (status == CLM_OK)
        status = measure_fit(fit, result);
    result->customers = d->customers;
    result->hits = d->hits;
    result->passes = fit->passes + 1;
    return status;
}

/* ---- the fit ---- */

/* Without a penalty a constant signal has no coefficient. */
static clm_status
check_signals(newton *fit)
{
    const logistic_design *d = &fit->design;

    if (d->hits == 0 || d->hits == d->customers)
        return CLM_FIT_ONE_OUTCOME;
    for (size_t j = 0; j < d->p && fit->ridge == 0.0; j++) {
        if (d->spread[j] == 0.0) {
            fit->signal = j + 1;
            return CLM_FIT_CONSTANT;
        }
    }
    return CLM_OK;
}

static clm_status
run_newton(newton *fit, logistic_fit *result)
{
    clm_status status = logistic_standardise(&fit->design);

    if (status == CLM_OK)
        status = check_signals(fit);
    if (status == CLM_OK)
        status = start(fit);
    if (status == CLM_OK)
        status = climb(fit, fit->design.n, fit->ridge, TOLERANCE);
    if (status == CLM_OK)
        status = set_results(fit, result);
    result->signal = fit->signal;
    return status;
}

clm_status
logistic_estimate(const logistic_number *rows, size_t n, size_t p, double ridge, const clm_stop *stop,
                  logistic_fit *result)
{
    newton fit = {.ridge = ridge};
    clm_status status;
    double *numbers;
    size_t s;

    if (n == 0 || p == 0 || p > LOGISTIC_MOST_SIGNALS || !(ridge >= 0.0 && isfinite(ridge)))
        return CLM_DOMAIN;
    status = logistic_design_make(&fit.design, rows, n, p, stop);
    s = fit.design.stride;
    numbers = status == CLM_OK ? calloc(5 * s + 2 * s * s + (p + 1) * (p + 1), sizeof(*numbers)) : NULL;
    if (numbers != NULL) {
        fit.beta = numbers;
        fit.trial = fit.beta + s;
        fit.step = fit.trial + s;
        fit.at_beta.gradient = fit.step + s;
        fit.at_trial.gradient = fit.at_beta.gradient + s;
        fit.at_beta.information = fit.at_trial.gradient + s;
        fit.at_trial.information = fit.at_beta.information + s * s;
        fit.factor = fit.at_trial.information + s * s;
        status = run_newton(&fit, result);
    } else {
        status = CLM_NO_MEMORY;
    }
    free(numbers);
    logistic_design_free(&fit.design);
    return status;
}

/* ---- scores ---- */

/* One over one plus e^-logit, without overflow and with full precision where it is tiny. */
static double
logistic(double logit)
{
    double e = exp(-fabs(logit));

    return logit >= 0.0 ? 1.0 / (1.0 + e) : e / (1.0 + e);
}

clm_status
logistic_score(const double *coefficients, const double *x, size_t p, double *probability)
{
    compensated_sum logit = {coefficients[0], 0};

    for (size_t j = 0; j < p; j++) {
        double term = coefficients[1 + j] * x[j];

        if (!isfinite(term))
            return CLM_OVERFLOW;
        compensated_add(&logit, term);
    }
    *probability = logistic(compensated_value(&logit));
    return isnan(*probability) ? CLM_OVERFLOW : CLM_OK;
}

#define SORT_NAME sort_reasons
#define SORT_TYPE logistic_reason
#define SORT_LESS(a, b) ((a)->contribution > (b)->contribution)
#include "sort.h"

clm_status
logistic_reasons(const double *coefficients, const double *means, const double *x, size_t p,
                 logistic_reason *reasons)
{
    logistic_reason scratch[LOGISTIC_MOST_SIGNALS];

    if (p > LOGISTIC_MOST_SIGNALS)
        return CLM_DOMAIN;
    for (size_t j = 0; j < p; j++) {
        reasons[j] = (logistic_reason){j, coefficients[1 + j] * (x[j] - means[j]) + 0.0};
        if (!isfinite(reasons[j].contribution))
            return CLM_OVERFLOW;
    }
    sort_reasons(reasons, p, scratch, NULL);
    return CLM_OK;
}
