/*
 * BG/NBD (Fader, Hardie & Lee 2005) and MBG/NBD (Batislam, Denizel & Filiztekin 2007; Hoppe & Wagner 2007):
 * customers buy at a gamma(r, alpha) rate and drop out with a beta(a, b) probability after each repeat
 * purchase and, in MBG/NBD, after the first purchase as well.
 *
 * One implementation for both: m is the number of chances to drop out that came with the first purchase, 0
 * for BG and 1 for MBG, so a customer with x repeat purchases has had x + m. Callbacks of a family do not see
 * the family: the wrappers at the end of the file bind m.
 */
#include <math.h>
#include <stdlib.h>

#include "../compensated.h"
#include "../dropout_mixture.h"
#include "../gamma_functions.h"
#include "../incomplete_beta.h"
#include "../poisson.h"
#include "family.h"
#include "family_helpers.h"

extern const customer_family bgnbd_family, mbgnbd_family;

#define NPARAMS 4
#define MOST_PURCHASES 10000000 /* that draw() gives one customer */
#define GROUPS_PER_CHECK 16384  /* of the stop callback; purchases too */
#define GROUPS_PER_SUM 256      /* plain additions before a compensated one */
#define LONG_GAP 64             /* between counts, where a recurrence no longer pays */
#define FACTORS_PER_LOG 16      /* of at most 2^63 each, and their product is finite */

static const char *const param_names[NPARAMS] = {"r", "alpha", "a", "b"};
static const int time_power[NPARAMS] = {0, 1, 0, 0};
/* An effect on drop-out moves the mean odds of leaving, a / b: with b moving as well (Fader & Hardie 2007, with equal
 * effects) the mean would be the same for all customers. */
static const int purchase_power[NPARAMS] = {0, -1, 0, 0}, dropout_power[NPARAMS] = {0, 0, 1, 0};

/* Estimates for the purchases of CDNOW's customers (Fader, Hardie & Lee 2005). */
static const double bg_typical_params[NPARAMS] = {0.243, 4.414, 0.793, 2.426};
static const double mbg_typical_params[NPARAMS] = {0.525, 6.183, 0.891, 1.614};

typedef struct bgnbd_params {
    double r, alpha, a, b;
} bgnbd_params;

static bgnbd_params
unpack(const double *params)
{
    return (bgnbd_params){params[0], params[1], params[2], params[3]};
}

static bool
bgnbd_valid(const double *params)
{
    return all_positive(params, NPARAMS);
}

/* ---- likelihood ---- */

/* Of one distinct time, relative to alpha, so that nothing cancels for alpha far above or below it. */
typedef struct time_terms {
    double log;   /* ln((alpha + t) / alpha) */
    double slope; /* minus its derivative by alpha: 1 / alpha - 1 / (alpha + t) */
} time_terms;

/* The terms of n times in *terms, which the caller frees, also after CLM_NO_MEMORY and CLM_STOPPED. */
static clm_status
tabulate_times(const double *times, size_t n, double alpha, const clm_stop *stop, time_terms **terms)
{
    *terms = malloc((n > 0 ? n : 1) * sizeof(**terms));
    if (*terms == NULL)
        return CLM_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        if (i % GROUPS_PER_CHECK == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        (*terms)[i].log = log1p(times[i] / alpha);
        (*terms)[i].slope = times[i] / (alpha * (alpha + times[i]));
    }
    return CLM_OK;
}

/*
 * What a likelihood needs of x alone. It moves upward with the sorted groups. k = x + m chances to drop out;
 * (y)_n = Gamma(y+n) / Gamma(y).
 */
typedef struct count_terms {
    int64_t x;
    double log_ratio;      /* ln[(r)_x (b)_k / (a+b)_k] */
    double d_r, d_b, d_ab; /* sums of 1/(r+i), i < x, and of 1/(b+i) and 1/(a+b+i), i < k */
    double log_odds_dead;  /* at t = t_x: ln(a / (b+k-1)); -infinity where k = 0 */
    double last_b;         /* 1 / (b+k-1); 0 where k = 0 */
    double shape;          /* r + x */
    double x_per_alpha;
    double log_alive, log_dead; /* the branches of the likelihood at t = t_x = 0 */
} count_terms;

/* Fills in what follows from x and the sums. */
static void
count_terms_finish(count_terms *c, const bgnbd_params *p, int m)
{
    double x = (double)c->x, previous = (x - 1.0) + m;

    c->last_b = previous < 0.0 ? 0.0 : 1.0 / (p->b + previous);
    c->log_odds_dead = previous < 0.0 ? -INFINITY : log(p->a * c->last_b);
    c->shape = p->r + x;
    c->x_per_alpha = x / p->alpha;
    c->log_alive = c->log_ratio - x * log(p->alpha);
    c->log_dead = previous == 0.0 && c->x == 0 ? -log1p(p->b / p->a) : c->log_alive + c->log_odds_dead;
}

static count_terms
count_terms_start(const bgnbd_params *p, int m)
{
    count_terms c = {.x = 0};

    if (m == 1) {
        c.log_ratio = -log1p(p->a / p->b);
        c.d_b = 1.0 / p->b;
        c.d_ab = 1.0 / (p->a + p->b);
    }
    count_terms_finish(&c, p, m);
    return c;
}

/* On to a larger x: by recurrence over a gap of a few, by gamma ratios over a long one. */
static void
count_terms_advance(count_terms *c, int64_t x, const bgnbd_params *p, int m)
{
    double ab = p->a + p->b;

    if (x - c->x > LONG_GAP) {
        double from = (double)c->x, n = (double)(x - c->x);

        c->log_ratio += log_gamma_ratio(p->r + from, n) + log_gamma_ratio(p->b + (from + m), n) -
                        log_gamma_ratio(ab + (from + m), n);
        c->d_r += digamma_difference(p->r + from, n);
        c->d_b += digamma_difference(p->b + (from + m), n);
        c->d_ab += digamma_difference(ab + (from + m), n);
        c->x = x;
    }
    while (c->x < x) {
        double product = 1.0;

        for (int i = 0; i < FACTORS_PER_LOG && c->x < x; i++, c->x++) {
            double r = p->r + (double)c->x, b = p->b + ((double)c->x + m), inverse = 1.0 / (b + p->a);

            product *= r * (b * inverse);
            c->d_r += 1.0 / r;
            c->d_b += 1.0 / b;
            c->d_ab += inverse;
        }
        c->log_ratio += log(product);
    }
    count_terms_finish(c, p, m);
}

/* Value and gradient of a stretch of groups: plain sums. */
typedef struct likelihood_sums {
    double value, gradient[NPARAMS];
} likelihood_sums;

/*
 * One group. Its likelihood is the sum of two branches, alive and dead at t:
 * (r)_x alpha^r [(b)_k / (a+b)_k (alpha+t)^-(r+x) + a (b)_{k-1} / (a+b)_k (alpha+t_x)^-(r+x)];
 * the logarithm of the larger one is taken out.
 */
static inline void
add_group(likelihood_sums *sums, const bgnbd_params *p, const count_terms *c, const time_terms *t,
          const time_terms *t_x, double weight)
{
    double since = t->log - t_x->log, logit = c->log_odds_dead + c->shape * since;
    double e = exp(-fabs(logit)), larger = 1.0 / (1.0 + e), smaller = e * larger;
    double dead = logit > 0.0 ? larger : smaller, alive = logit > 0.0 ? smaller : larger;
    double branch = logit > 0.0 ? c->log_dead - c->shape * t_x->log : c->log_alive - c->shape * t->log;

    /* Not log1p: it is slower, and better only where e is nothing against the branch. */
    sums->value += weight * (branch + log(1.0 + e));
    sums->gradient[0] += weight * (c->d_r - (alive * t->log + dead * t_x->log));
    sums->gradient[1] += weight * (c->shape * (alive * t->slope + dead * t_x->slope) - c->x_per_alpha);
    sums->gradient[2] += weight * (dead / p->a - c->d_ab);
    sums->gradient[3] += weight * ((c->d_b - c->d_ab) - dead * c->last_b);
}

static clm_status
sum_groups(const customer_sample *sample, const bgnbd_params *p, int m, const time_terms *t,
           const time_terms *t_x, compensated_sum *total, const clm_stop *stop)
{
    count_terms c = count_terms_start(p, m);

    for (size_t first = 0; first < sample->n; first += GROUPS_PER_SUM) {
        size_t end = sample->n - first < GROUPS_PER_SUM ? sample->n : first + GROUPS_PER_SUM;
        likelihood_sums sums = {0.0, {0.0}};

        if (first % GROUPS_PER_CHECK == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        for (size_t i = first; i < end; i++) {
            const customer_group *g = &sample->groups[i];

            if (g->of.x != c.x)
                count_terms_advance(&c, g->of.x, p, m);
            add_group(&sums, p, &c, &t[sample->t_index[i]], &t_x[sample->t_x_index[i]], (double)g->weight);
        }
        compensated_add(&total[0], sums.value);
        for (int i = 0; i < NPARAMS; i++)
            compensated_add(&total[i + 1], sums.gradient[i]);
    }
    return CLM_OK;
}

/* Log-likelihood of the sample and its gradient (Fader, Hardie & Lee 2005, eq. 6, regrouped as in add_group).
 */
static clm_status
bgnbd_log_likelihood(const customer_sample *sample, const double *params, int m, double *value,
                     double *gradient, const clm_stop *stop)
{
    bgnbd_params p = unpack(params);
    compensated_sum total[1 + NPARAMS] = {{0.0, 0.0}};
    time_terms *t = NULL, *t_x = NULL;
    clm_status status = tabulate_times(sample->t_values, sample->n_t, p.alpha, stop, &t);

    if (status == CLM_OK)
        status = tabulate_times(sample->t_x_values, sample->n_t_x, p.alpha, stop, &t_x);
    if (status == CLM_OK)
        status = sum_groups(sample, &p, m, t, t_x, total, stop);
    free(t);
    free(t_x);
    if (status != CLM_OK)
        return status;

    for (int i = 0; gradient != NULL && i < NPARAMS; i++) {
        status = give(compensated_value(&total[i + 1]), &gradient[i]);
        if (status != CLM_OK)
            return status;
    }
    return give(compensated_value(&total[0]), value);
}

/* Points to start from: drop-out of one in two to one in ten. */
static int
bgnbd_starts(const customer_moments *moments, int most, double starts[][CLM_MAX_PARAMS])
{
    static const dropout_guess guesses[] = {
        {{0.5, 1.5}, 2.0}, {{0.8, 2.5}, 1.0}, {{0.3, 3.0}, 1.0}, {{2.0, 2.0}, 4.0}, {{5.0, 50.0}, 1.0}};

    return starting_points(moments, guesses, (int)(sizeof(guesses) / sizeof(*guesses)), most, starts);
}

/* ---- scores ---- */

/*
 * Odds that the customer is dead: a / (b + x - 1 + m) ((alpha+t) / (alpha+t_x))^(r+x); 0 where there was no
 * chance to drop out. May overflow to infinity: alive is then below 1e-308. (Fader, Hardie & Lee 2005, from
 * eq. 10.)
 */
static double
odds_dead(const bgnbd_params *p, const customer_summary *c, int m)
{
    double x = (double)c->x, silence = (c->t - c->t_x) / (p->alpha + c->t_x);

    if (c->x == 0 && m == 0)
        return 0.0;
    /* log is faster than log1p, and as good here. */
    silence = silence > 0.5 ? log(1.0 + silence) : log1p(silence);
    return p->a / (p->b + ((x - 1.0) + m)) * exp((p->r + x) * silence);
}

static double
alive_now(const bgnbd_params *p, const customer_summary *c, int m)
{
    return 1.0 / (1.0 + odds_dead(p, c, m));
}

/* What is known of rate and drop-out of a customer who is alive at t. */
static dropout_mixture
remaining(const bgnbd_params *p, int64_t repeats, int m)
{
    double x = (double)repeats;

    return (dropout_mixture){p->r + x, p->a, p->b + (x + m)};
}

/*
 * P(alive at t + ahead) and its complement. Of the purchases still to come each lets the customer survive
 * with probability 1 - p: alive, P = E[(1 + p s)^-(r+x)], s = ahead / (alpha + t). Where death in (t, t +
 * ahead] is rare its probability comes from the expected purchases: E[p (purchases given p)] = a / (a+B) E of
 * beta(a+1, B).
 */
static clm_status
bgnbd_p_alive(const double *params, const customer_summary *c, double ahead, int m, double *alive,
              double *dead)
{
    bgnbd_params p = unpack(params);
    double odds, now, gone, dying = 0.0, surviving = 1.0;
    clm_status status;

    if (!bgnbd_valid(params) || !customer_summary_valid(c) || !time_valid(ahead))
        return CLM_DOMAIN;
    odds = odds_dead(&p, c, m);
    now = 1.0 / (1.0 + odds);
    gone = odds > 1.0 ? 1.0 - now : odds * now;
    if (ahead > 0.0 && now > 0.0) {
        dropout_mixture mixture = remaining(&p, c->x, m);
        dropout_mixture dropping = {mixture.R, mixture.a + 1.0, mixture.B};
        double s = ahead / (p.alpha + c->t);

        dying = mixture.a / (mixture.a + mixture.B) * dropout_purchases(&dropping, s);
        surviving = 1.0 - dying;
        if (dying > 0.5) {
            surviving = dropout_survival(&mixture, s);
            dying = 1.0 - surviving;
        }
    }
    status = give(now * surviving, alive);
    return status == CLM_OK ? give(at_most_1(gone + now * dying), dead) : status;
}

/* P(alive) (1 - ((alpha+t) / (alpha+t+ahead))^(r+x)): the next purchase cannot be prevented by drop-out. */
static clm_status
bgnbd_p_active(const double *params, const customer_summary *c, double ahead, int m, double *value)
{
    bgnbd_params p = unpack(params);

    if (!bgnbd_valid(params) || !customer_summary_valid(c) || !time_valid(ahead))
        return CLM_DOMAIN;
    return give(alive_now(&p, c, m) * -expm1(-(p.r + (double)c->x) * log1p(ahead / (p.alpha + c->t))), value);
}

/*
 * Discounted expected purchases of a live customer; without an end and without discount the expected number of all
 * that will come, E[1/p] = (a + B - 1) / (a - 1), finite for a > 1 only.
 */
static clm_status
bgnbd_live_purchases(const double *params, int64_t x, double t, double ahead, double delta, int m,
                     double *value)
{
    bgnbd_params p = unpack(params);
    dropout_mixture mixture = remaining(&p, x, m);
    double A = p.alpha + t;

    if (!bgnbd_valid(params) || x < 0 || !time_valid(t) || !(ahead >= 0.0) || !time_valid(delta))
        return CLM_DOMAIN;
    if (delta == 0.0 && isinf(ahead))
        return p.a > 1.0 ? give(1.0 + mixture.B / (p.a - 1.0), value) : CLM_DIVERGES;
    return give(dropout_discounted(&mixture, ahead / A, delta * A), value);
}

/* P(alive) times the purchases of a live customer (Fader, Hardie & Lee 2005, eq. 10). */
static clm_status
bgnbd_discounted_purchases(const double *params, const customer_summary *c, double ahead, double delta, int m,
                           double *value)
{
    bgnbd_params p = unpack(params);
    double live = 0.0;
    clm_status status;

    if (!bgnbd_valid(params) || !customer_summary_valid(c))
        return CLM_DOMAIN;
    status = bgnbd_live_purchases(params, c->x, c->t, ahead, delta, m, &live);
    return give_purchases(alive_now(&p, c, m), status, live, value);
}

static clm_status
bgnbd_expected_purchases(const double *params, const customer_summary *c, double ahead, int m, double *value)
{
    return isfinite(ahead) ? bgnbd_discounted_purchases(params, c, ahead, 0.0, m, value) : CLM_DOMAIN;
}

/* A new customer is one with no history yet (Fader, Hardie & Lee 2005, eq. 9). */
static clm_status
bgnbd_expected_purchases_new(const double *params, double t, int m, double *value)
{
    static const customer_summary nothing_yet = {0, 0.0, 0.0};

    return bgnbd_expected_purchases(params, &nothing_yet, t, m, value);
}

/* Probability to survive k chances to drop out: (b)_k / (a+b)_k. */
static double
survive_all(const bgnbd_params *p, double k)
{
    double product = 1.0;

    if (k > LONG_GAP)
        return exp(log_gamma_ratio(p->b, k) - log_gamma_ratio(p->a + p->b, k));
    for (double i = 0.0; i < k; i++)
        product *= (p->b + i) / (p->a + p->b + i);
    return product;
}

/*
 * P(X(t) = n) (Fader, Hardie & Lee 2005, eq. 8), k = n + m: n purchases in t and alive after each,
 * (b)_k / (a+b)_k NB(n), or gone with the last chance before more came,
 * a (b)_{k-1} / (a+b)_k P(NB >= n). NB counts the purchases of gamma(r, alpha) customers in t.
 */
static clm_status
bgnbd_p_purchases_new(const double *params, int64_t n, double t, int m, double *value)
{
    bgnbd_params p = unpack(params);
    double x = (double)n, k = x + m, z = t / (p.alpha + t), rest = p.alpha / (p.alpha + t);
    double exactly, survived, gone = 0.0;

    if (!bgnbd_valid(params) || n < 0 || !time_valid(t))
        return CLM_DOMAIN;
    if (t == 0.0 && n > 0)
        return give(0.0, value);
    exactly = -p.r * log1p(t / p.alpha);
    if (n > 0)
        exactly += log_gamma_ratio(p.r, x) - log_gamma_ratio(1.0, x) - x * log1p(p.alpha / t);
    survived = survive_all(&p, k);
    if (k > 0.0) {
        double at_least = 1.0, fewer;

        if (n > 0)
            incomplete_beta(x, p.r, z, rest, &at_least, &fewer);
        gone = p.a / (p.b + (k - 1.0)) * survived * at_least;
    }
    return give(at_most_1(survived * exp(exactly) + gone), value);
}

/* Purchases of one customer: a Poisson process until the coin of some purchase, in MBG/NBD also the first,
 * says stop. */
static clm_status
bgnbd_draw(const double *params, double t, clm_rng *rng, int m, clm_times *times, const clm_stop *stop)
{
    bgnbd_params p = unpack(params);
    double rate, dropout, now = 0.0;

    if (!bgnbd_valid(params) || !time_valid(t))
        return CLM_DOMAIN;
    rate = clm_rng_gamma(rng, p.r) / p.alpha;
    dropout = clm_rng_beta(rng, p.a, p.b);
    if (m == 1 && clm_rng_uniform(rng) < dropout)
        return CLM_OK;
    for (int purchases = 0; purchases < MOST_PURCHASES; purchases++) {
        clm_status status;

        if (purchases % GROUPS_PER_CHECK == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        now += clm_rng_exponential(rng) / rate;
        if (!(now <= t))
            return CLM_OK;
        status = clm_times_append(times, now);
        if (status != CLM_OK || clm_rng_uniform(rng) < dropout)
            return status;
    }
    return CLM_TOO_MANY;
}

/* ---- one customer's own rate and drop-out ---- */

/* Given alive: rate ~ gamma(r + x, alpha + t), drop-out ~ beta(a, b + x + m). */
static clm_status
bgnbd_posterior(const double *params, const customer_summary *c, int m, customer_posterior *posterior)
{
    bgnbd_params p = unpack(params);

    if (!bgnbd_valid(params) || !customer_summary_valid(c))
        return CLM_DOMAIN;
    *posterior = (customer_posterior){
        .alive = alive_now(&p, c, m),
        .purchase = {LATENT_GAMMA, p.r + (double)c->x, p.alpha + c->t},
        .dropout = {LATENT_BETA, p.a, p.b + ((double)c->x + m)},
        .steps = 1,
        .phase_weight = {1.0},
    };
    return isfinite(posterior->alive + posterior->purchase.b) ? CLM_OK : CLM_OVERFLOW;
}

/*
 * Purchases come at `rate` while he is alive, which he is after s with probability exp(-rate dropout s):
 * rate (1 - exp(-k ahead)) / k, k = rate dropout + delta.
 */
static double
bgnbd_purchases_given(const customer_latents *latents, double ahead, double delta)
{
    double k = latents->rate * latents->dropout + delta;
    double all = delta > 0.0 ? latents->rate / k : 1.0 / latents->dropout;

    if (latents->rate == 0.0 || ahead == 0.0)
        return 0.0;
    if (k * ahead < 1e-16)
        return latents->rate * ahead;
    return all * -expm1(-k * ahead);
}

/* Above it the spread of a Poisson number is nothing against that of its mean. */
#define LARGEST_POISSON_MEAN 1e9

/* The purchase with which he leaves is the first where a coin says so, by u; those that fit into the time are Poisson
 * distributed, by v. */
static double
bgnbd_count_given(const customer_latents *latents, double ahead, double u, double v)
{
    double mean = latents->rate == 0.0 || ahead == 0.0 ? 0.0 : latents->rate * ahead;
    double last = fmax(1.0, ceil(log(u) / log1p(-latents->dropout)));

    if (mean > LARGEST_POISSON_MEAN)
        return fmin(last, floor(mean));
    return fmin(last, poisson_quantile(mean, v));
}

/* ---- the two families ---- */

static clm_status
bg_log_likelihood(const customer_sample *sample, const double *params, double *value, double *gradient,
                  const clm_stop *stop)
{
    return bgnbd_log_likelihood(sample, params, 0, value, gradient, stop);
}

static clm_status
bg_p_alive(const double *params, const customer_summary *c, double ahead, double *alive, double *dead)
{
    return bgnbd_p_alive(params, c, ahead, 0, alive, dead);
}

static clm_status
bg_p_active(const double *params, const customer_summary *c, double ahead, double *value)
{
    return bgnbd_p_active(params, c, ahead, 0, value);
}

static clm_status
bg_expected_purchases(const double *params, const customer_summary *c, double ahead, double *value)
{
    return bgnbd_expected_purchases(params, c, ahead, 0, value);
}

static clm_status
bg_discounted_purchases(const double *params, const customer_summary *c, double ahead, double delta,
                        double *value)
{
    return bgnbd_discounted_purchases(params, c, ahead, delta, 0, value);
}

static clm_status
bg_live_purchases(const double *params, int64_t x, double t, double ahead, double delta, double *value)
{
    return bgnbd_live_purchases(params, x, t, ahead, delta, 0, value);
}

static clm_status
bg_expected_purchases_new(const double *params, double t, double *value)
{
    return bgnbd_expected_purchases_new(params, t, 0, value);
}

static clm_status
bg_p_purchases_new(const double *params, int64_t n, double t, double *value)
{
    return bgnbd_p_purchases_new(params, n, t, 0, value);
}

static clm_status
bg_draw(const double *params, double t, clm_rng *rng, clm_times *times, const clm_stop *stop)
{
    return bgnbd_draw(params, t, rng, 0, times, stop);
}

static clm_status
bg_posterior(const double *params, const customer_summary *c, customer_posterior *posterior)
{
    return bgnbd_posterior(params, c, 0, posterior);
}

static clm_status
mbg_log_likelihood(const customer_sample *sample, const double *params, double *value, double *gradient,
                   const clm_stop *stop)
{
    return bgnbd_log_likelihood(sample, params, 1, value, gradient, stop);
}

static clm_status
mbg_p_alive(const double *params, const customer_summary *c, double ahead, double *alive, double *dead)
{
    return bgnbd_p_alive(params, c, ahead, 1, alive, dead);
}

static clm_status
mbg_p_active(const double *params, const customer_summary *c, double ahead, double *value)
{
    return bgnbd_p_active(params, c, ahead, 1, value);
}

static clm_status
mbg_expected_purchases(const double *params, const customer_summary *c, double ahead, double *value)
{
    return bgnbd_expected_purchases(params, c, ahead, 1, value);
}

static clm_status
mbg_discounted_purchases(const double *params, const customer_summary *c, double ahead, double delta,
                         double *value)
{
    return bgnbd_discounted_purchases(params, c, ahead, delta, 1, value);
}

static clm_status
mbg_live_purchases(const double *params, int64_t x, double t, double ahead, double delta, double *value)
{
    return bgnbd_live_purchases(params, x, t, ahead, delta, 1, value);
}

static clm_status
mbg_expected_purchases_new(const double *params, double t, double *value)
{
    return bgnbd_expected_purchases_new(params, t, 1, value);
}

static clm_status
mbg_p_purchases_new(const double *params, int64_t n, double t, double *value)
{
    return bgnbd_p_purchases_new(params, n, t, 1, value);
}

static clm_status
mbg_draw(const double *params, double t, clm_rng *rng, clm_times *times, const clm_stop *stop)
{
    return bgnbd_draw(params, t, rng, 1, times, stop);
}

static clm_status
mbg_posterior(const double *params, const customer_summary *c, customer_posterior *posterior)
{
    return bgnbd_posterior(params, c, 1, posterior);
}

const customer_family bgnbd_family = {
    .name = "bg/nbd",
    .nparams = NPARAMS,
    .param_names = param_names,
    .time_power = time_power,
    .purchase_power = purchase_power,
    .dropout_power = dropout_power,
    .typical_params = bg_typical_params,
    .valid = bgnbd_valid,
    .log_likelihood = bg_log_likelihood,
    .starts = bgnbd_starts,
    .p_alive = bg_p_alive,
    .p_active = bg_p_active,
    .expected_purchases = bg_expected_purchases,
    .discounted_purchases = bg_discounted_purchases,
    .live_purchases = bg_live_purchases,
    .expected_purchases_new = bg_expected_purchases_new,
    .p_purchases_new = bg_p_purchases_new,
    .draw = bg_draw,
    .posterior = bg_posterior,
    .purchases_given = bgnbd_purchases_given,
    .count_given = bgnbd_count_given,
};

const customer_family mbgnbd_family = {
    .name = "mbg/nbd",
    .nparams = NPARAMS,
    .param_names = param_names,
    .time_power = time_power,
    .purchase_power = purchase_power,
    .dropout_power = dropout_power,
    .typical_params = mbg_typical_params,
    .valid = bgnbd_valid,
    .log_likelihood = mbg_log_likelihood,
    .starts = bgnbd_starts,
    .p_alive = mbg_p_alive,
    .p_active = mbg_p_active,
    .expected_purchases = mbg_expected_purchases,
    .discounted_purchases = mbg_discounted_purchases,
    .live_purchases = mbg_live_purchases,
    .expected_purchases_new = mbg_expected_purchases_new,
    .p_purchases_new = mbg_p_purchases_new,
    .draw = mbg_draw,
    .posterior = mbg_posterior,
    .purchases_given = bgnbd_purchases_given,
    .count_given = bgnbd_count_given,
};
