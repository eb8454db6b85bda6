/*
 * BG/BB (Fader, Hardie & Shang 2010, "Customer-base analysis in a discrete-time noncontractual setting"):
 * customers with opportunities to buy at fixed times, one purchase at most at each. Before each opportunity a
 * customer drops out for good with a beta(gamma, delta) probability theta; one who stays buys with a
 * beta(alpha, beta) probability p.
 *
 * A history is x purchases, the last at opportunity t_x, of t = n opportunities. All results are sums of
 * positive terms relative to the branch in which the customer is alive, so that nothing cancels and there is
 * no pole at gamma = 1.
 */
#include <math.h>

#include "../beta_average.h"
#include "../compensated.h"
#include "../distributions.h"
#include "../gamma_functions.h"
#include "../incomplete_beta.h"
#include "../poisson.h"
#include "family.h"
#include "family_helpers.h"

extern const customer_family bgbb_family;

#define NPARAMS 4
#define MOST_PURCHASES 10000000 /* that draw() gives one customer */
#define LARGE 1e200             /* of a sum, which is then scaled down */
#define DIRECT_TERMS 512        /* up to which a sum is taken term by term, where another way exists */
#define DIRECT_LOGARITHMS 64    /* the same for logarithms */
#define NEGLIGIBLE 1e-18
#define NEGLIGIBLE_EXPONENT 45.0
#define COUNTLESS 1e15      /* opportunities: doubles far above are no longer all whole numbers */
#define NORMAL_VARIANCE 1e6 /* of a binomial number that is as good as normal but for its skewness */

static const char *const param_names[NPARAMS] = {"alpha", "beta", "gamma", "delta"};
static const int time_power[NPARAMS] = {0, 0, 0, 0};

/* Estimates for donations to a charity (Fader, Hardie & Shang 2010). */
static const double typical_params[NPARAMS] = {1.204, 0.750, 0.657, 2.783};

typedef struct bgbb_params {
    double alpha, beta, gamma, delta;
} bgbb_params;

static bgbb_params
unpack(const double *params)
{
    return (bgbb_params){params[0], params[1], params[2], params[3]};
}

static bool
bgbb_valid(const double *params)
{
    return all_positive(params, NPARAMS);
}

/* A number of opportunities; false for NaN as well. */
static bool
opportunities_valid(double n)
{
    return n >= 0.0 && n <= CLM_MAX_OPPORTUNITIES && n == floor(n);
}

static bool
history_valid(const customer_summary *c)
{
    return customer_summary_valid(c) && opportunities_valid(c->t) && opportunities_valid(c->t_x) &&
           (double)c->x <= c->t_x;
}

static bool
arguments_valid(const double *params, const customer_summary *c, double ahead)
{
    return bgbb_valid(params) && history_valid(c) && opportunities_valid(ahead);
}

/* ln E[(1 - theta)^n] for theta ~ beta(gamma, delta): ln of (delta)_n / (gamma + delta)_n. */
static double
log_survival(double gamma, double delta, double n)
{
    double sum = 0.0;

    if (n > DIRECT_LOGARITHMS)
        return log_gamma_ratio(delta, gamma) - log_gamma_ratio(delta + n, gamma);
    for (double i = 0.0; i < n; i++)
        sum -= log1p(gamma / (delta + i));
    return sum;
}

/* ---- likelihood ---- */

/*
 * The odds that a customer is dead, summed over when: dropped out after opportunity tau, tau from n - 1 down
 * to t_x, each relative to being alive at n. Along with the sum go the sums of its terms times their
 * logarithmic derivatives, all divided by e^scale.
 */
typedef struct dead_sum {
    double x, tau; /* tau: the last one added; n where none is */
    double term;   /* of tau */
    double d_ab;   /* sums of 1/(alpha+beta+i), 1/(beta+i-x) and 1/(delta+i) over i from tau to n - 1, */
    double d_b;    /* and of 1/(gamma+delta+i) over i from tau + 1 to n - 1: the logarithmic */
    double d_gd;   /* derivatives of the term */
    double d_delta;
    double sum, slope[NPARAMS], scale;
} dead_sum;

static dead_sum
dead_sum_start(const bgbb_params *p, double x, double n)
{
    double first = 1.0 / (p->gamma + p->delta + n);

    return (dead_sum){.x = x, .tau = n, .term = p->gamma * first, .d_gd = -first};
}

/* Adds the terms down to tau = t_x. */
static clm_status
dead_sum_extend(dead_sum *s, const bgbb_params *p, double t_x, const clm_stop *stop)
{
    double ab = p->alpha + p->beta, gd = p->gamma + p->delta;

    while (s->tau > t_x) {
        double tau = --s->tau, still = ab + tau, missed = p->beta + (tau - s->x), gone = gd + (tau + 1.0);
        double stayed = p->delta + tau, inverse_missed = 1.0 / missed, inverse_stayed = 1.0 / stayed;

        s->term *= (still * inverse_missed) * (gone * inverse_stayed);
        s->d_ab += 1.0 / still;
        s->d_b += inverse_missed;
        s->d_gd += 1.0 / gone;
        s->d_delta += inverse_stayed;
        s->sum += s->term;
        s->slope[0] += s->term * s->d_ab;
        s->slope[1] += s->term * (s->d_ab - s->d_b);
        s->slope[2] += s->term * (1.0 / p->gamma + s->d_gd);
        s->slope[3] += s->term * (s->d_gd - s->d_delta);
        if (s->sum > LARGE) {
            s->scale += log(LARGE);
            s->term /= LARGE;
            s->sum /= LARGE;
            for (int i = 0; i < NPARAMS; i++)
                s->slope[i] /= LARGE;
        }
        if (clm_stop_at((size_t)tau, stop))
            return CLM_STOPPED;
    }
    return CLM_OK;
}

/* ln of the odds; -infinity where there was no chance to drop out. */
static double
dead_sum_log(const dead_sum *s)
{
    return log(s->sum) + s->scale;
}

/* ln of the alive branch, (alpha)_x (beta)_{n-x} / (alpha+beta)_n (delta)_n / (gamma+delta)_n, and gradient. */
typedef struct alive_terms {
    double log, gradient[NPARAMS];
} alive_terms;

static alive_terms
alive_branch(const bgbb_params *p, double x, double n)
{
    double ab = p->alpha + p->beta, gd = p->gamma + p->delta;
    double d_ab = digamma_difference(ab, n), d_gd = digamma_difference(gd, n);

    return (alive_terms){
        .log = log_survival(p->alpha, p->beta, n - x) + log_survival(p->beta + (n - x), p->alpha, x) +
               log_survival(p->gamma, p->delta, n),
        .gradient = {digamma_difference(p->alpha, x) - d_ab, digamma_difference(p->beta, n - x) - d_ab, -d_gd,
                     digamma_difference(p->delta, n) - d_gd}};
}

static void
add_group(compensated_sum *total, const alive_terms *alive, const dead_sum *dead, double weight)
{
    double logit = dead_sum_log(dead), e = exp(-fabs(logit));
    double p_dead = (logit > 0.0 ? 1.0 : e) / (1.0 + e);

    compensated_add(&total[0], weight * (alive->log + fmax(logit, 0.0) + log1p(e)));
    for (int i = 0; i < NPARAMS; i++) {
        double slope = dead->sum > 0.0 ? dead->slope[i] / dead->sum : 0.0;

        compensated_add(&total[i + 1], weight * (alive->gradient[i] + p_dead * slope));
    }
}

/*
 * The groups of one x and n, from first to end, which are sorted by t_x: one walk down from n serves all of
 * them.
 */
static clm_status
add_run(const customer_group *groups, size_t first, size_t end, const bgbb_params *p, compensated_sum *total,
        const clm_stop *stop)
{
    double x = (double)groups[first].of.x, n = groups[first].of.t;
    alive_terms alive = alive_branch(p, x, n);
    dead_sum dead = dead_sum_start(p, x, n);

    for (size_t i = end; i-- > first;) {
        clm_status status = dead_sum_extend(&dead, p, groups[i].of.t_x, stop);

        if (status != CLM_OK)
            return status;
        add_group(total, &alive, &dead, (double)groups[i].weight);
    }
    return CLM_OK;
}

/* Log-likelihood (Fader, Hardie & Shang 2010, eq. 5) and gradient; CLM_DOMAIN for a group that is no history of
 * opportunities. */
static clm_status
bgbb_log_likelihood(const customer_sample *sample, const double *params, double *value, double *gradient,
                    const clm_stop *stop)
{
    bgbb_params p = unpack(params);
    compensated_sum total[1 + NPARAMS] = {{0.0, 0.0}};
    const customer_group *groups = sample->groups;
    clm_status status;

    for (size_t first = 0, end; first < sample->n; first = end) {
        for (end = first; end < sample->n && groups[end].of.x == groups[first].of.x &&
                          groups[end].of.t == groups[first].of.t;
             end++)
            if (!history_valid(&groups[end].of))
                return CLM_DOMAIN;
        if (clm_stop_requested(stop))
            return CLM_STOPPED;
        status = add_run(groups, first, end, &p, total, stop);
        if (status != CLM_OK)
            return status;
    }
    for (int i = 0; gradient != NULL && i < NPARAMS; i++) {
        status = give(compensated_value(&total[i + 1]), &gradient[i]);
        if (status != CLM_OK)
            return status;
    }
    return give(compensated_value(&total[0]), value);
}

/*
 * Points to start from: the mean of p from the purchases up to the last one, where customers were alive for
 * sure, with drop-out at one opportunity in three to one in twenty.
 */
static int
bgbb_starts(const customer_moments *moments, int most, double starts[][CLM_MAX_PARAMS])
{
    static const double dropout[][2] = {{0.7, 2.8}, {1.0, 2.0}, {1.0, 10.0}, {0.5, 5.0}, {3.0, 30.0}};
    static const double spread[] = {2.0, 1.0, 2.0, 6.0, 4.0};
    double mean = fmin(fmax(moments->x / fmax(moments->t_x, 1.0), 0.02), 0.98);
    int n = 0;

    for (; n < most && n < (int)(sizeof(spread) / sizeof(*spread)); n++) {
        starts[n][0] = spread[n] * mean;
        starts[n][1] = spread[n] * (1.0 - mean);
        starts[n][2] = dropout[n][0];
        starts[n][3] = dropout[n][1];
    }
    return n;
}

/* ---- what is known of a customer at n ---- */

/* P(alive) and its complement; and, of a live customer, p ~ beta(buys, misses), theta ~ beta(goes, stays). */
typedef struct outlook {
    double alive, dead;
    double buys, misses, goes, stays;
} outlook;

static outlook
outlook_of(const bgbb_params *p, const customer_summary *c)
{
    double x = (double)c->x;
    dead_sum sum = dead_sum_start(p, x, c->t);
    double logit, e;

    (void)dead_sum_extend(&sum, p, c->t_x, NULL);
    logit = dead_sum_log(&sum);
    e = exp(-fabs(logit));
    return (outlook){.alive = (logit > 0.0 ? e : 1.0) / (1.0 + e),
                     .dead = (logit > 0.0 ? 1.0 : e) / (1.0 + e),
                     .buys = p->alpha + x,
                     .misses = p->beta + (c->t - x),
                     .goes = p->gamma,
                     .stays = p->delta + c->t};
}

/* P(alive at opportunity n + ahead) (Fader, Hardie & Shang 2010, eq. 11), and its complement. */
static clm_status
bgbb_p_alive(const double *params, const customer_summary *c, double ahead, double *alive, double *dead)
{
    bgbb_params p = unpack(params);
    outlook o;
    double log_stay;
    clm_status status;

    if (!arguments_valid(params, c, ahead))
        return CLM_DOMAIN;
    o = outlook_of(&p, c);
    log_stay = log_survival(o.goes, o.stays, ahead);
    status = give(o.alive * exp(log_stay), alive);
    return status == CLM_OK ? give(at_most_1(o.dead - o.alive * expm1(log_stay)), dead) : status;
}

/* Sum over the opportunity of the next purchase: alive at it, no purchase before, one then. */
static clm_status
bgbb_p_active(const double *params, const customer_summary *c, double ahead, double *value)
{
    bgbb_params p = unpack(params);
    double stay = 1.0, next, sum = 0.0;
    outlook o;

    if (!arguments_valid(params, c, ahead))
        return CLM_DOMAIN;
    o = outlook_of(&p, c);
    next = o.buys / (o.buys + o.misses);
    for (double i = 0.0; i < ahead; i++) {
        stay *= (o.stays + i) / (o.goes + o.stays + i);
        sum += stay * next;
        next *= (o.misses + i) / (o.buys + o.misses + 1.0 + i);
        if (stay * next * (ahead - i) < NEGLIGIBLE * sum)
            break;
    }
    return give(o.alive * fmin(sum, 1.0), value);
}

/* ---- remaining opportunities ---- */

/* Given theta: the sum of q^j, j from 1 to ahead, q = (1 - theta) exp(-delta). */
typedef struct lifetime {
    double ahead, delta;
} lifetime;

static double
lifetime_given(const void *arg, double theta, double log_stay)
{
    const lifetime *l = arg;
    double log_q = log_stay - l->delta, gone = -expm1(log_q);

    (void)theta;
    if (gone == 0.0 || l->ahead == 0.0)
        return l->ahead;
    return exp(log_q) / gone * (isinf(l->ahead) ? 1.0 : -expm1(l->ahead * log_q));
}

/* E of that without discount: sum of (D)_j / (D+g)_j, theta ~ beta(g, D), which telescopes for g != 1. */
static double
undiscounted_lifetime(double g, double D, double ahead)
{
    double log_ratio, step = fabs(1.0 - g);

    if (isinf(ahead))
        return D / (g - 1.0);
    if (g == 1.0)
        return D * digamma_difference(D + 1.0, ahead);
    if (g < 1.0)
        log_ratio = log_gamma_ratio(D + g + ahead, step) - log_gamma_ratio(D + g, step);
    else
        log_ratio = log_gamma_ratio(D + 1.0, step) - log_gamma_ratio(D + 1.0 + ahead, step);
    return D * expm1(log_ratio) / (1.0 - g);
}

/*
 * Expected number of opportunities 1 to ahead at which a live customer is still alive, each discounted by
 * exp(-delta j). ahead may be infinite; with delta = 0 then only for g > 1.
 */
static double
expected_lifetime(double g, double D, double ahead, double delta)
{
    double terms = fmin(ahead, NEGLIGIBLE_EXPONENT / delta), rho = exp(-delta), term = 1.0, sum = 0.0;
    lifetime l = {ahead, delta};
    beta_integrand f = {lifetime_given, &l, fmin(ahead, -1.0 / expm1(-delta)), terms};

    if (terms > DIRECT_TERMS)
        return delta == 0.0 ? undiscounted_lifetime(g, D, ahead) : beta_average(g, D, &f);
    for (double j = 0.0; j < ahead && term > NEGLIGIBLE * sum * -expm1(-delta); j++) {
        term *= rho * ((D + j) / (g + D + j));
        sum += term;
    }
    return sum;
}

/* The mean of p times the remaining lifetime, of a live customer (Fader, Hardie & Shang 2010, eq. 13 and 14). */
static clm_status
bgbb_live_purchases(const double *params, int64_t x, double t, double ahead, double delta, double *value)
{
    bgbb_params p = unpack(params);
    customer_summary c = {x, x > 0 ? t : 0.0, t};
    double buys = p.alpha + (double)x, misses = p.beta + (t - (double)x);

    if (!arguments_valid(params, &c, ahead == INFINITY ? 0.0 : ahead) || !time_valid(delta))
        return CLM_DOMAIN;
    if (isinf(ahead) && delta == 0.0 && p.gamma <= 1.0)
        return CLM_DIVERGES;
    return give(buys / (buys + misses) * expected_lifetime(p.gamma, p.delta + t, ahead, delta), value);
}

static clm_status
bgbb_discounted_purchases(const double *params, const customer_summary *c, double ahead, double delta,
                          double *value)
{
    bgbb_params p = unpack(params);
    double live = 0.0;
    clm_status status;

    if (!arguments_valid(params, c, 0.0))
        return CLM_DOMAIN;
    status = bgbb_live_purchases(params, c->x, c->t, ahead, delta, &live);
    return give_purchases(outlook_of(&p, c).alive, status, live, value);
}

static clm_status
bgbb_expected_purchases(const double *params, const customer_summary *c, double ahead, double *value)
{
    return isinf(ahead) ? CLM_DOMAIN : bgbb_discounted_purchases(params, c, ahead, 0.0, value);
}

/* A new customer is one with no history yet (Fader, Hardie & Shang 2010, eq. 8). */
static clm_status
bgbb_expected_purchases_new(const double *params, double t, double *value)
{
    static const customer_summary nothing_yet = {0, 0.0, 0.0};

    return bgbb_expected_purchases(params, &nothing_yet, t, value);
}

/*
 * P(X(t) = x) (Fader, Hardie & Shang 2010, eq. 7): x of t purchases by those who are alive at t, or x of tau by
 * those who dropped out after tau. The terms are relative to that of tau = x.
 */
static clm_status
bgbb_p_purchases_new(const double *params, int64_t n, double t, double *value)
{
    bgbb_params p = unpack(params);
    double ab = p.alpha + p.beta, gd = p.gamma + p.delta, x = (double)n, weight = 1.0, sum = 0.0, log_first;

    if (!bgbb_valid(params) || n < 0 || !opportunities_valid(t))
        return CLM_DOMAIN;
    if (x > t)
        return give(0.0, value);
    log_first = log_survival(p.beta, p.alpha, x) + log_survival(p.gamma, p.delta, x);
    for (double tau = x; tau < t; tau++) {
        double missed = tau - x;

        sum += weight * (p.gamma / (gd + tau));
        weight *=
            (p.delta + tau) / (gd + tau) * ((p.beta + missed) / (ab + tau)) * ((tau + 1.0) / (missed + 1.0));
        if (sum > LARGE) {
            sum /= LARGE;
            weight /= LARGE;
            log_first += log(LARGE);
        }
    }
    return give(at_most_1(exp(log_first + log(sum + weight))), value);
}

/* ---- given p and theta ---- */

/* Opportunities at which a customer with drop-out theta is alive, of those to come, for a uniform number u. */
static double
drawn_lifetime(double theta, double u)
{
    double lifetime = floor(log(u) / log1p(-theta));

    return theta > 0.0 ? lifetime : INFINITY;
}

/* A customer's opportunities are over where he drops out; between purchases lie geometric numbers of them. */
static clm_status
bgbb_draw(const double *params, double t, clm_rng *rng, clm_times *times, const clm_stop *stop)
{
    double buys, end, now = 0.0;

    if (!bgbb_valid(params) || !time_valid(t))
        return CLM_DOMAIN;
    buys = clm_rng_beta(rng, params[0], params[1]);
    end = drawn_lifetime(clm_rng_beta(rng, params[2], params[3]), clm_rng_uniform(rng));
    end = fmin(floor(t), end);
    if (buys == 0.0)
        return CLM_OK;
    for (size_t purchases = 0; purchases < MOST_PURCHASES; purchases++) {
        clm_status status;

        if (clm_stop_at(purchases, stop))
            return CLM_STOPPED;
        now += 1.0 + floor(clm_rng_exponential(rng) / -log1p(-buys));
        if (!(now <= end))
            return CLM_OK;
        status = clm_times_append(times, now);
        if (status != CLM_OK)
            return status;
    }
    return CLM_TOO_MANY;
}

static clm_status
bgbb_posterior(const double *params, const customer_summary *c, customer_posterior *posterior)
{
    bgbb_params p = unpack(params);
    outlook o;

    if (!arguments_valid(params, c, 0.0))
        return CLM_DOMAIN;
    o = outlook_of(&p, c);
    *posterior = (customer_posterior){.alive = o.alive,
                                      .purchase = {LATENT_BETA, o.buys, o.misses},
                                      .dropout = {LATENT_BETA, o.goes, o.stays},
                                      .steps = 1,
                                      .phase_weight = {1.0}};
    return give(o.alive, &posterior->alive);
}

static double
bgbb_purchases_given(const customer_latents *latents, double ahead, double delta)
{
    lifetime l = {ahead, delta};

    return latents->rate * lifetime_given(&l, latents->dropout, log1p(-latents->dropout));
}

/* P(a binomial(n, p) number <= k), 0 <= k < n. */
static double
binomial_up_to(double n, double p, double k)
{
    double more, upto;

    incomplete_beta(k + 1.0, n - k, p, 1.0 - p, &more, &upto);
    return upto;
}

/* The same where whole numbers up to n are not all doubles and the variance is small: the rarer of the two outcomes is
 * as good as Poisson distributed. */
static double
countless_quantile(double n, double p, double v)
{
    return p < 0.5 ? fmin(n, poisson_quantile(n * p, v)) : n - poisson_quantile(n * (1.0 - p), 1.0 - v);
}

/*
 * The smallest k with P(a binomial(n, p) number <= k) >= v: bisection around the normal quantile with its
 * correction for skewness, which alone serves where the variance is large.
 */
static double
binomial_quantile(double n, double p, double v)
{
    double mean = n * p, variance = mean * (1.0 - p), sd = sqrt(variance), z = -normal_quantile(v);
    double guess = floor(mean + sd * z + (1.0 - 2.0 * p) * (z * z - 1.0) / 6.0 + 0.5), step = 2.0, lo, hi;

    guess = fmin(fmax(guess, 0.0), n);
    if (variance > NORMAL_VARIANCE || p <= 0.0 || p >= 1.0)
        return guess;
    if (n > COUNTLESS)
        return countless_quantile(n, p, v);
    /* lo is too small, hi is not. */
    lo = hi = guess;
    if (hi < n && binomial_up_to(n, p, hi) < v)
        for (hi = fmin(n, hi + 1.0); hi < n && binomial_up_to(n, p, hi) < v; step *= 2.0) {
            lo = hi;
            hi = fmin(n, hi + step);
        }
    else
        for (lo -= 1.0; lo >= 0.0 && binomial_up_to(n, p, lo) >= v; step *= 2.0) {
            hi = lo;
            lo = fmax(-1.0, lo - step);
        }
    while (hi - lo > 1.0) {
        double middle = floor(0.5 * (lo + hi));

        if (binomial_up_to(n, p, middle) < v)
            lo = middle;
        else
            hi = middle;
    }
    return hi;
}

static double
bgbb_count_given(const customer_latents *latents, double ahead, double u, double v)
{
    double n = fmin(ahead, drawn_lifetime(latents->dropout, u));

    if (n == 0.0 || latents->rate == 0.0)
        return 0.0;
    return isfinite(n) ? binomial_quantile(n, latents->rate, v) : INFINITY;
}

const customer_family bgbb_family = {
    .name = "bg/bb",
    .nparams = NPARAMS,
    .param_names = param_names,
    .discrete = true,
    .time_power = time_power,
    .typical_params = typical_params,
    .valid = bgbb_valid,
    .log_likelihood = bgbb_log_likelihood,
    .starts = bgbb_starts,
    .p_alive = bgbb_p_alive,
    .p_active = bgbb_p_active,
    .expected_purchases = bgbb_expected_purchases,
    .discounted_purchases = bgbb_discounted_purchases,
    .live_purchases = bgbb_live_purchases,
    .expected_purchases_new = bgbb_expected_purchases_new,
    .p_purchases_new = bgbb_p_purchases_new,
    .draw = bgbb_draw,
    .posterior = bgbb_posterior,
    .purchases_given = bgbb_purchases_given,
    .count_given = bgbb_count_given,
};
