/*
 * Discounted sums of survival.
 *
 * Survival falls as slowly as a power of tenure, so that a sum at a small discount has millions of terms that matter. The first
 * TERMS are added one by one. From there on survival is smooth at the scale of tenure itself, and the rest is the
 * integral, by Gauss-Legendre on panels that grow with tenure, plus Gregory's corrections at its ends (Whittaker &
 * Robinson 1924).
 */
#include "contract_value.h"

#include <float.h>
#include <math.h>

#include "compensated.h"
#include "quadrature.h"

#define TERMS 64
#define CORRECTIONS 13
/* A panel is at most as long as its start is far, and survival falls (or discounts grow) over it by e^10 at most. */
#define LONGEST_FALL 10.0
#define NEGLIGIBLE 1e-18
/* Beyond, what is left is a power of time to the last bit, or has no finite sum. */
#define LONGEST_TIME 1e306

/* The terms f(j) = S(tenure + first + j) / S(tenure) exp(-delta j), j >= 0, fractions too. */
typedef struct series {
    const contract_family *family;
    const double *params;
    double tenure, first, delta;
    const clm_stop *stop;
} series;

static double
term(const series *s, double j)
{
    return exp(s->family->log_survival(s->params, s->tenure, s->first + j, NULL) - s->delta * j);
}

/* Share of survival that the period from j to j + 1 costs, logarithmic. */
static double
fall(const series *s, double j)
{
    return -s->family->log_survival(s->params, s->tenure + s->first + j, 1.0, NULL);
}

/* Sum of f(j), from <= j < upto; *done where, of an infinite sum, nothing that matters follows. */
static double
sum_terms(const series *s, double from, double upto, bool *done)
{
    compensated_sum sum = {0};

    *done = false;
    for (double j = from; j < upto && !*done; j++) {
        double f = term(s, j);

        compensated_add(&sum, f);
        *done = s->delta > 0.0 && f <= NEGLIGIBLE * fmin(s->delta, 1.0) * sum.sum;
    }
    return compensated_value(&sum);
}

/*
 * What the sum over j = at, at + step, ... has beyond the integral at this end, step = 1 or -1: the sum of g_i D^(i - 1) f(at),
 * where D is the difference to the next term and x / ln(1 + x) is the sum of g_i x^i.
 */
static double
end_correction(const series *s, double at, double step)
{
    static const double g[CORRECTIONS] = {1.0 / 2,
                                          -1.0 / 12,
                                          1.0 / 24,
                                          -19.0 / 720,
                                          3.0 / 160,
                                          -863.0 / 60480,
                                          275.0 / 24192,
                                          -33953.0 / 3628800,
                                          8183.0 / 1036800,
                                          -3250433.0 / 479001600,
                                          4671.0 / 788480,
                                          -13695779093.0 / 2615348736000,
                                          2224234463.0 / 475517952000};
    double difference[CORRECTIONS], sum = 0.0;

    for (int i = 0; i < CORRECTIONS; i++)
        difference[i] = term(s, at + step * i);
    for (int i = 0; i < CORRECTIONS; i++) {
        sum += g[i] * difference[0];
        for (int k = 0; k + 1 < CORRECTIONS - i; k++)
            difference[k] = difference[k + 1] - difference[k];
    }
    return sum;
}

static double
integrate_panel(const series *s, double from, double length)
{
    double half = 0.5 * length, middle = from + half, sum = 0.0;

    for (int i = 0; i < GAUSS_NODES; i++)
        sum += gauss_weight[i] * term(s, middle + half * gauss_node[i]);
    return half * sum;
}

/* How far a panel that begins at j may reach. */
static double
panel_length(const series *s, double j)
{
    double length = s->tenure + s->first + j, here = fabs(s->delta + fall(s, j));

    while (length * fmax(here, fabs(s->delta + fall(s, j + length))) > LONGEST_FALL)
        length *= 0.5;
    return length;
}

/* Whether what is left of an integral at j, however far it goes, does not matter to the total. */
static bool
is_negligible(const series *s, double j, double total)
{
    return s->delta > 0.0 && term(s, j) <= NEGLIGIBLE * s->delta * total;
}

/* What of the infinite integral is left at j: *rest where it is known to the last bit, or does not matter to the
 * total. */
static bool
is_settled(const series *s, double j, double total, double *rest)
{
    double time = s->tenure + s->first + j, f = term(s, j), power = time * fall(s, j);
    double tail_power = s->family->tail_power(s->params);

    *rest = 0.0;
    if (is_negligible(s, j, total))
        return true;
    if (!(tail_power > 1.0))
        return false;
    if (power > 1.0 && time * f <= NEGLIGIBLE * (fmin(power, tail_power) - 1.0) * total)
        return true;
    if (s->delta * time > DBL_EPSILON / 4 || fabs(power - tail_power) > 16 * DBL_EPSILON * tail_power)
        return false;
    *rest = time * f / (tail_power - 1.0);
    return s->delta == 0.0;
}

static clm_status
integrate(const series *s, double from, double upto, double before, double *integral)
{
    double total = 0.0, rest = 0.0;

    for (double j = from, length; j < upto; j += length) {
        if (clm_stop_requested(s->stop))
            return CLM_STOPPED;
        if (isinf(upto) ? is_settled(s, j, before + total, &rest) : is_negligible(s, j, before + total))
            break;
        if (s->tenure + j > LONGEST_TIME)
            return CLM_OVERFLOW;
        length = fmin(panel_length(s, j), upto - j);
        total += integrate_panel(s, j, length);
        if (!isfinite(total))
            return CLM_OVERFLOW;
    }
    *integral = total + rest;
    return CLM_OK;
}

/* Sum of the first n terms; n may be INFINITY. */
static clm_status
sum_series(const series *s, double n, double *sum)
{
    bool infinite = isinf(n), done;
    double last = n - 1.0 - TERMS, integral;
    clm_status status;

    if (n <= 3 * TERMS) {
        *sum = sum_terms(s, 0.0, n, &done);
        return isfinite(*sum) ? CLM_OK : CLM_OVERFLOW;
    }
    *sum = sum_terms(s, 0.0, TERMS, &done);
    if (done)
        return CLM_OK;
    status = integrate(s, TERMS, last, *sum, &integral);
    if (status != CLM_OK)
        return status;
    *sum += integral + end_correction(s, TERMS, 1.0);
    if (!infinite)
        *sum += end_correction(s, last, -1.0) + sum_terms(s, last + 1.0, n, &done);
    return isfinite(*sum) ? CLM_OK : CLM_OVERFLOW;
}

clm_status
contract_multiple(const contract_family *family, const double *params, double tenure,
                  const contract_terms *terms, const clm_stop *stop, double *multiple)
{
    series s = {family, params, tenure, terms->advance ? 0.0 : 1.0, log1p(terms->discount), stop};

    if (!family->valid(params) || !(tenure >= 0.0) || !isfinite(tenure) || !(terms->discount > -1.0) ||
        !isfinite(terms->discount) || (!terms->infinite && terms->periods < 0))
        return CLM_DOMAIN;
    if (terms->infinite &&
        (terms->discount < 0.0 || (terms->discount == 0.0 && family->tail_power(params) <= 1.0)))
        return CLM_DIVERGES;
    return sum_series(&s, terms->infinite ? INFINITY : (double)terms->periods, multiple);
}
