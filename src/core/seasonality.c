/*
 * The test for a season: Poisson regression of monthly counts on a smooth trend, then sums by month of the year.
 */
#include "seasonality.h"

#include <math.h>

#include "distributions.h"
#include "linalg.h"

#define LEAST_DEGREE 2
#define MOST_DEGREE 8
#define MOST_TERMS (MOST_DEGREE + 1)
#define MOST_STEPS 50
#define TEST_LEVEL 0.001
#define REPEAT_LEVEL 0.01
#define LEAST_REPEAT_DF 10 /* two years */
#define DEPARTURE 3.0      /* standard errors */

/* The months that count, with their time from -1 to 1 and the trend so far. */
typedef struct trend_fit {
    size_t n;
    int degree;
    const month_count *month[SEASON_MOST_MONTHS];
    double time[SEASON_MOST_MONTHS], trend[SEASON_MOST_MONTHS];
    double coef[MOST_TERMS];
} trend_fit;

static bool
counts(const month_count *month)
{
    return month->expected >= SEASON_LEAST_EXPECTED;
}

/* A degree more for two years more: the trend can bend once in two years at most, a season does twice a year. */
static int
trend_degree(size_t months)
{
    int degree = LEAST_DEGREE + ((int)months - MONTHS_OF_YEAR) / 24;

    return degree < MOST_DEGREE ? degree : MOST_DEGREE;
}

/* Chebyshev's polynomials at x, |x| <= 1: well-conditioned, all within -1 and 1. */
static void
trend_terms(double x, int degree, double *term)
{
    term[0] = 1.0;
    term[1] = x;
    for (int i = 2; i <= degree; i++)
        term[i] = 2.0 * x * term[i - 1] - term[i - 2];
}

/* Sets the trend of the coefficients and returns the log-likelihood of the counts, up to a constant; -infinity where
 * it has none. */
static double
set_trend(trend_fit *fit, const double *coef)
{
    double log_likelihood = 0.0, term[MOST_TERMS];

    for (size_t k = 0; k < fit->n; k++) {
        double log_ratio = 0.0;

        trend_terms(fit->time[k], fit->degree, term);
        for (int i = 0; i <= fit->degree; i++)
            log_ratio += coef[i] * term[i];
        fit->trend[k] = fit->month[k]->expected * exp(log_ratio);
        log_likelihood += (double)fit->month[k]->actual * log_ratio - fit->trend[k];
    }
    return isfinite(log_likelihood) ? log_likelihood : -INFINITY;
}

/* Newton's step from the current trend; false where the information is singular. */
static bool
newton_step(const trend_fit *fit, double *step)
{
    double information[MOST_TERMS * MOST_TERMS] = {0}, term[MOST_TERMS];
    size_t terms = (size_t)fit->degree + 1;

    for (size_t i = 0; i < terms; i++)
        step[i] = 0.0;
    for (size_t k = 0; k < fit->n; k++) {
        trend_terms(fit->time[k], fit->degree, term);
        for (size_t i = 0; i < terms; i++) {
            step[i] += term[i] * ((double)fit->month[k]->actual - fit->trend[k]);
            for (size_t j = 0; j <= i; j++)
                information[i * terms + j] += term[i] * term[j] * fit->trend[k];
        }
    }
    if (!cholesky_factor(information, terms, 1e-12))
        return false;
    cholesky_solve(information, terms, step);
    return true;
}

/* Goes along the step, half of it, a quarter ... until the likelihood has not fallen. */
static double
take_step(trend_fit *fit, const double *step, double log_likelihood)
{
    double length = 1.0, reached;
    double coef[MOST_TERMS];

    do {
        for (int i = 0; i <= fit->degree; i++)
            coef[i] = fit->coef[i] + length * step[i];
        reached = set_trend(fit, coef);
        length /= 2.0;
    } while (!(reached >= log_likelihood) && length > 1e-10);
    if (!(reached >= log_likelihood))
        return set_trend(fit, fit->coef);
    for (int i = 0; i <= fit->degree; i++)
        fit->coef[i] = coef[i];
    return reached;
}

/* Fits the trend; false where the counts have none: too many of them are 0. */
static bool
fit_trend(trend_fit *fit)
{
    double actual = 0.0, expected = 0.0, log_likelihood, step[MOST_TERMS];

    for (size_t k = 0; k < fit->n; k++) {
        actual += (double)fit->month[k]->actual;
        expected += fit->month[k]->expected;
    }
    if (!(actual > 0.0) || !isfinite(expected))
        return false;
    fit->coef[0] = log(actual / expected);
    log_likelihood = set_trend(fit, fit->coef);
    for (int i = 0; i < MOST_STEPS; i++) {
        double before = log_likelihood;

        if (!isfinite(before) || !newton_step(fit, step))
            return false;
        log_likelihood = take_step(fit, step, before);
        if (!(log_likelihood - before > 1e-10))
            return isfinite(log_likelihood);
    }
    return false;
}

/* Sums by month of the year; false where one has nothing to be compared with. */
static bool
sum_months(const trend_fit *fit, season *s)
{
    *s = (season){.p = 1.0, .p_repeat = 1.0};
    for (size_t k = 0; k < fit->n; k++) {
        season_month *month = &s->month[fit->month[k]->month];

        month->months++;
        month->actual += fit->month[k]->actual;
        month->expected += fit->trend[k];
    }
    for (int m = 0; m < MONTHS_OF_YEAR; m++) {
        if (!(s->month[m].expected > 1e-6))
            return false;
        s->month[m].index = (double)s->month[m].actual / s->month[m].expected;
    }
    return true;
}

/* Pearson's chi-square of counts against their seasonal trend: how much a month differs from itself. */
static double
scatter_within(const trend_fit *fit, const season *s)
{
    double sum = 0.0;

    for (size_t k = 0; k < fit->n; k++) {
        double expected = s->month[fit->month[k]->month].index * fit->trend[k];
        double off = (double)fit->month[k]->actual - expected;

        if (expected > 0.0)
            sum += off * off / expected;
    }
    return sum;
}

static void
test_season(const trend_fit *fit, season *s)
{
    double df = MONTHS_OF_YEAR - 1, within_df = (double)fit->n - MONTHS_OF_YEAR - fit->degree;
    double between = 0.0, dispersion = 1.0;

    for (int m = 0; m < MONTHS_OF_YEAR; m++) {
        double off = (double)s->month[m].actual - s->month[m].expected;

        between += off * off / s->month[m].expected;
    }
    s->p = s->p_repeat = chi_square_tail(between, df);
    if (within_df >= LEAST_REPEAT_DF) {
        dispersion = fmax(1.0, scatter_within(fit, s) / within_df);
        s->p_repeat = f_tail(between / df / dispersion, df, within_df);
    }
    for (int m = 0; m < MONTHS_OF_YEAR; m++) {
        season_month *month = &s->month[m];

        month->departs =
            s->p < TEST_LEVEL && s->p_repeat < REPEAT_LEVEL &&
            fabs(month->index - 1.0) >= SEASON_LEAST_EFFECT &&
            fabs((double)month->actual - month->expected) > DEPARTURE * sqrt(dispersion * month->expected);
        s->seasonal = s->seasonal || month->departs;
    }
}

clm_status
judge_season(const month_count *months, size_t n, season *s)
{
    trend_fit fit = {.n = 0};
    bool seen[MONTHS_OF_YEAR] = {false};

    if (n > SEASON_MOST_MONTHS)
        return CLM_DOMAIN;
    for (size_t k = 0; k < n; k++) {
        if (!counts(&months[k]))
            continue;
        seen[months[k].month] = true;
        fit.month[fit.n] = &months[k];
        fit.time[fit.n++] = n > 1 ? 2.0 * (double)k / (double)(n - 1) - 1.0 : 0.0;
    }
    for (int m = 0; m < MONTHS_OF_YEAR; m++) {
        if (!seen[m])
            return CLM_UNDEFINED;
    }
    fit.degree = trend_degree(fit.n);
    if (!fit_trend(&fit) || !sum_months(&fit, s))
        return CLM_UNDEFINED;
    test_season(&fit, s);
    return CLM_OK;
}
