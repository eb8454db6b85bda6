/*
 * Gamma-gamma model of spend per purchase (Fader, Hardie & Lee 2005, "RFM and CLV"; Fader & Hardie 2013, "The
 * gamma-gamma model of monetary value"): a customer's purchases are gamma(p, rate nu), and nu over customers
 * is gamma(q, rate gamma).
 *
 * With n purchases of mean m the density of m is (ibid., equation 1a)
 *     exp of  -ln B(pn, q) - pn ln(1 + gamma/(nm)) - q ln(1 + nm/gamma) - ln m.
 */
#include "gamma_gamma.h"

#include <float.h>
#include <math.h>

#include "../gamma_functions.h"

/* The parameters with their names. */
typedef struct gamma_gamma_params {
    double p, q, gamma;
} gamma_gamma_params;

static inline gamma_gamma_params
params_of(const double *params)
{
    return (gamma_gamma_params){params[0], params[1], params[2]};
}

/*
 * Sums over groups, each counted once, of functions of the total s = nm. The two shares s/(gamma + s) and
 * gamma/(gamma + s) add to 1; their logarithms are the -ln(1 + gamma/s) and -ln(1 + s/gamma) of the density.
 */
typedef struct spend_sums {
    double log_spend_share, log_prior_share;
    double spend_share; /* s/(gamma + s) */
    double inverse;     /* 1/(gamma + s) */
} spend_sums;

/* Totals between two looks at the stop callback: a fraction of a millisecond. */
#define STOP_EVERY 16384

/* Above this p n an error of one rounding in the logarithm of a share is seen in the likelihood. */
#define PRODUCT_UP_TO 1e4

/* Adds the sums of count totals, one logarithm each: the exact way. */
static void
add_totals(const double *totals, size_t count, double gamma, spend_sums *sums)
{
    for (size_t i = 0; i < count; i++) {
        double inverse = 1.0 / (gamma + totals[i]);

        sums->inverse += inverse;
        sums->spend_share += totals[i] * inverse;
        sums->log_spend_share -= log1p(gamma / totals[i]);
        sums->log_prior_share -= log1p(totals[i] / gamma);
    }
}

/* The same with one logarithm of a product of all shares, which the caller knows not to underflow; by four
 * separate products, because each multiplication waits for the one before. */
static void
add_totals_by_product(const double *totals, size_t count, double gamma, spend_sums *sums)
{
    double spend[4] = {1.0, 1.0, 1.0, 1.0}, prior[4] = {1.0, 1.0, 1.0, 1.0};
    double inverses[4] = {0.0}, shares[4] = {0.0};

    for (size_t i = 0; i < count; i++) {
        double inverse = 1.0 / (gamma + totals[i]), share = totals[i] * inverse;
        size_t lane = i % 4;

        inverses[lane] += inverse;
        shares[lane] += share;
        spend[lane] *= share;
        prior[lane] *= gamma * inverse;
    }
    sums->inverse += (inverses[0] + inverses[1]) + (inverses[2] + inverses[3]);
    sums->spend_share += (shares[0] + shares[1]) + (shares[2] + shares[3]);
    sums->log_spend_share += log((spend[0] * spend[1]) * (spend[2] * spend[3]));
    sums->log_prior_share += log((prior[0] * prior[1]) * (prior[2] * prior[3]));
}

/* How many factors >= 1 / largest can be multiplied without loss near the smallest double. */
static size_t
safe_factors(double largest)
{
    double factors = 900.0 / fmax(log2(largest), 1.0);

    return factors >= 1.0 ? (size_t)factors : 1;
}

static clm_status
sum_run(const spend_sample *sample, const spend_run *run, const gamma_gamma_params *g, const clm_stop *stop,
        spend_sums *sums)
{
    const double *totals = sample->totals + run->first;
    /* Totals ascend, so the smallest share of each kind is at an end of the run. */
    double largest = 1.0 + fmax(g->gamma / totals[0], totals[run->count - 1] / g->gamma);
    bool exact = g->p * (double)run->n > PRODUCT_UP_TO || !(largest < DBL_MAX);
    size_t block = exact ? STOP_EVERY : safe_factors(largest);
    size_t unchecked = 0;

    *sums = (spend_sums){0};
    for (size_t i = 0; i < run->count; i += block) {
        size_t count = run->count - i < block ? run->count - i : block;

        if (exact)
            add_totals(totals + i, count, g->gamma, sums);
        else
            add_totals_by_product(totals + i, count, g->gamma, sums);
        unchecked += count;
        if (unchecked >= STOP_EVERY) {
            unchecked = 0;
            if (clm_stop_requested(stop))
                return CLM_STOPPED;
        }
    }
    return CLM_OK;
}

/* The part of a customer's likelihood that depends on n alone, and its derivatives by p and q. */
typedef struct count_terms {
    double value, by_p, by_q;
} count_terms;

static count_terms
count_terms_of(const gamma_gamma_params *g, int64_t n)
{
    double pn = g->p * (double)n;

    return (count_terms){.value = -log_beta(pn, g->q),
                         .by_p = (double)n * digamma_difference(pn, g->q),
                         .by_q = digamma_difference(g->q, pn)};
}

bool
gamma_gamma_valid(const double *params)
{
    for (int i = 0; i < GAMMA_GAMMA_NPARAMS; i++)
        if (!(params[i] > 0.0 && isfinite(params[i])))
            return false;
    return true;
}

/*
 * Log-likelihood of the sample's mean spends and its gradient by (p, q, gamma) where gradient is not NULL.
 * CLM_DOMAIN for parameters that are not valid, CLM_OVERFLOW where a result is not finite, CLM_STOPPED.
 */
clm_status
gamma_gamma_log_likelihood(const spend_sample *sample, const double *params, double *value, double *gradient,
                           const clm_stop *stop)
{
    gamma_gamma_params g = params_of(params);
    double ll = 0.0, by_p = 0.0, by_q = 0.0, by_gamma = 0.0;
    count_terms terms = {0};

    if (!gamma_gamma_valid(params))
        return CLM_DOMAIN;
    for (size_t r = 0; r < sample->n_runs; r++) {
        const spend_run *run = &sample->runs[r];
        double n = (double)run->n, weight = (double)run->weight, count = (double)run->count;
        spend_sums sums;

        if (r % 256 == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        if (r == 0 || run->n != sample->runs[r - 1].n)
            terms = count_terms_of(&g, run->n);
        if (sum_run(sample, run, &g, stop, &sums) != CLM_OK)
            return CLM_STOPPED;
        ll += weight * (count * terms.value + g.p * n * sums.log_spend_share + g.q * sums.log_prior_share -
                        run->sum_log_m);
        by_p += weight * (count * terms.by_p + n * sums.log_spend_share);
        by_q += weight * (count * terms.by_q + sums.log_prior_share);
        by_gamma += weight * (g.q * sums.spend_share / g.gamma - g.p * n * sums.inverse);
    }
    if (!(isfinite(ll) && isfinite(by_p) && isfinite(by_q) && isfinite(by_gamma)))
        return CLM_OVERFLOW;
    *value = ll;
    if (gradient != NULL) {
        gradient[0] = by_p;
        gradient[1] = by_q;
        gradient[2] = by_gamma;
    }
    return CLM_OK;
}

/*
 * E[M | n, m] = p (gamma + nm) / (pn + q - 1) (Fader & Hardie 2013), in the units of gamma and m.
 * CLM_DOMAIN for parameters not valid, n < 0, or m not finite and positive where n > 0.
 */
clm_status
gamma_gamma_expected_spend(const double *params, int64_t n, double m, double *value)
{
    gamma_gamma_params g = params_of(params);
    double count = (double)n, total = n > 0 ? count * m : 0.0;
    double pn, pn_rest, sum, back, sum_rest, below;

    if (!gamma_gamma_valid(params) || n < 0 || (n > 0 && !(m > 0.0 && isfinite(m))))
        return CLM_DOMAIN;

    /* pn + q may be 1 to the last digit, so the product and the sum keep what they round off (Knuth's
     * two-sum). */
    pn = g.p * count;
    pn_rest = fma(g.p, count, -pn);
    sum = pn + g.q;
    back = sum - pn;
    sum_rest = (pn - (sum - back)) + (g.q - back);
    below = (sum - 1.0) + (sum_rest + pn_rest);
    if (below <= 0.0)
        return CLM_UNDEFINED;
    *value = g.p * ((g.gamma + total) / below);
    return isfinite(*value) ? CLM_OK : CLM_OVERFLOW;
}

/*
 * What is known of a customer's mean spend p / nu: nu is gamma(p n + q, rate gamma + n m), so the mean is scale / g, g
 * gamma(shape, rate 1). Statuses of gamma_gamma_expected_spend, though it exists for every shape > 0.
 */
clm_status
gamma_gamma_posterior(const double *params, int64_t n, double m, double *shape, double *scale)
{
    gamma_gamma_params g = params_of(params);
    double count = (double)n;

    if (!gamma_gamma_valid(params) || n < 0 || (n > 0 && !(m > 0.0 && isfinite(m))))
        return CLM_DOMAIN;
    *shape = g.p * count + g.q;
    *scale = g.p * (g.gamma + (n > 0 ? count * m : 0.0));
    return isfinite(*shape) && isfinite(*scale) ? CLM_OK : CLM_OVERFLOW;
}

/* The rate nu > 0 of one customer, in 1 / the units of gamma. */
double
gamma_gamma_draw_customer(const double *params, clm_rng *rng)
{
    gamma_gamma_params g = params_of(params);
    double nu = clm_rng_gamma(rng, g.q) / g.gamma;

    /* A tiny q makes rates beyond the range of a double. */
    return fmin(fmax(nu, DBL_MIN), DBL_MAX);
}

/* The value of one purchase, finite and >= 0, in the units of gamma. */
double
gamma_gamma_draw_spend(const double *params, double nu, clm_rng *rng)
{
    return fmin(clm_rng_gamma(rng, params[0]) / nu, DBL_MAX);
}
