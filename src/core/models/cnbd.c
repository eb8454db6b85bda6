/*
 * BG/CNBD-k (Platzer & Reutterer 2016, "Ticking away the moments: timing regularity helps to better predict
 * customer activity") and MBG/CNBD-k (Reutterer, Platzer & Schroeder 2021): as BG/NBD and MBG/NBD, but a
 * purchase is the k-th step of the Poisson process, so that the times between a customer's purchases are
 * Erlang-k: the more regular, the larger k. With k = 1 they are those models.
 *
 * One implementation for both: m is the number of chances to drop out that came with the first purchase, 0
 * for BG and 1 for MBG. Callbacks of a family do not see the family: the wrappers at the end bind m.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../compensated.h"
#include "../dropout_mixture.h"
#include "../gamma_functions.h"
#include "../incomplete_beta.h"
#include "../poisson.h"
#include "../regular_mixture.h"
#include "family.h"
#include "family_helpers.h"

extern const customer_family bgcnbd_family, mbgcnbd_family;

_Static_assert(MOST_STEPS == CLM_MAX_REGULARITY, "a phase for each step");

#define NPARAMS 5
#define MOST_PURCHASES 10000000 /* that draw() gives one customer */

static const char *const param_names[NPARAMS] = {"k", "r", "alpha", "a", "b"};
static const int time_power[NPARAMS] = {0, 0, 1, 0, 0};

/* A base of regular buyers, with about the purchases and the drop-out of CDNOW's (alpha is the time of a step, not
 * of a purchase). */
static const double bg_typical_params[NPARAMS] = {2, 0.4, 2.5, 0.793, 2.426};
static const double mbg_typical_params[NPARAMS] = {2, 0.7, 3.5, 0.891, 1.614};

typedef struct cnbd_params {
    int k, m;
    double r, alpha, a, b;
} cnbd_params;

/* Of parameters that may not have been checked yet: a k that is no whole number of steps becomes 0. */
static cnbd_params
unpack(const double *params, int m)
{
    int k = params[0] >= 1.0 && params[0] <= CLM_MAX_REGULARITY ? (int)params[0] : 0;

    return (cnbd_params){k, m, params[1], params[2], params[3], params[4]};
}

static bool
cnbd_valid(const double *params)
{
    return all_positive(params, NPARAMS) && params[0] >= 1.0 && params[0] <= CLM_MAX_REGULARITY &&
           params[0] == floor(params[0]);
}

static bool
arguments_valid(const double *params, const customer_summary *c, double ahead)
{
    return cnbd_valid(params) && customer_summary_valid(c) && time_valid(ahead);
}

/* ---- likelihood ---- */

/* What a likelihood needs of x alone: n = x + m chances to drop out, kx steps. */
typedef struct count_terms {
    double steps, shape;   /* kx and r + kx */
    double log_ratio;      /* ln[(r)_kx (b)_n / (a+b)_n] */
    double d_r, d_b, d_ab; /* derivatives of ln (r)_kx, ln (b)_n and ln (a+b)_n */
    double log_odds_dead;  /* at t = t_x: ln(a / (b+n-1)); -infinity where n = 0 */
    double last_b;         /* 1 / (b+n-1); 0 where n = 0 */
} count_terms;

static count_terms
count_terms_of(int64_t x, const cnbd_params *p)
{
    double steps = (double)x * p->k, n = (double)x + p->m, ab = p->a + p->b;
    double last_b = n > 0.0 ? 1.0 / (p->b + (((double)x - 1.0) + p->m)) : 0.0;

    return (count_terms){.steps = steps,
                         .shape = p->r + steps,
                         .log_ratio =
                             log_gamma_ratio(p->r, steps) + log_gamma_ratio(p->b, n) - log_gamma_ratio(ab, n),
                         .d_r = digamma_difference(p->r, steps),
                         .d_b = digamma_difference(p->b, n),
                         .d_ab = digamma_difference(ab, n),
                         .log_odds_dead = log(p->a * last_b),
                         .last_b = last_b};
}

/*
 * The time since the last purchase in the branch of the living: ln of S, the sum of (R)_j u^j / j! over the steps
 * j < k that may be done since, u = (t - t_x) / (alpha + t), and its derivatives by R and alpha.
 */
typedef struct silence {
    double log_sum, d_shape, d_alpha;
} silence;

static silence
silence_of(const cnbd_params *p, double shape, const customer_summary *c)
{
    double weight[CLM_MAX_REGULARITY], u = (c->t - c->t_x) / (p->alpha + c->t), slope = 0.0;
    silence s = {regular_phases(p->k, shape, u, weight), 0.0, 0.0};

    for (int j = 1; j < p->k; j++) {
        slope += 1.0 / (shape + (j - 1));
        s.d_shape += weight[j] * slope;
        s.d_alpha -= weight[j] * j;
    }
    s.d_alpha /= p->alpha + c->t;
    return s;
}

/*
 * One group, but for what the gaps give. Its likelihood is the sum of two branches, alive and dead at t:
 * (r)_kx alpha^r [(b)_n / (a+b)_n S (alpha+t)^-R + a (b)_{n-1} / (a+b)_n (alpha+t_x)^-R], R = r + kx; the
 * logarithm of the larger one is taken out.
 */
static void
add_group(compensated_sum *total, const cnbd_params *p, const count_terms *n, const customer_group *g)
{
    const customer_summary *c = &g->of;
    silence s = silence_of(p, n->shape, c);
    double log_t = log1p(c->t / p->alpha), log_t_x = log1p(c->t_x / p->alpha), weight = (double)g->weight;
    double logit = n->log_odds_dead + n->shape * log1p((c->t - c->t_x) / (p->alpha + c->t_x)) - s.log_sum;
    double e = exp(-fabs(logit)), dead = (logit > 0.0 ? 1.0 : e) / (1.0 + e);
    double alive = (logit > 0.0 ? e : 1.0) / (1.0 + e), branch = n->log_ratio - n->steps * log(p->alpha);
    double slope_t = c->t / (p->alpha * (p->alpha + c->t));
    double slope_t_x = c->t_x / (p->alpha * (p->alpha + c->t_x));

    if (logit > 0.0)
        branch += n->log_odds_dead - n->shape * log_t_x;
    else
        branch += s.log_sum - n->shape * log_t;
    compensated_add(&total[0], weight * (branch + log1p(e)));
    compensated_add(&total[1], weight * (n->d_r - dead * log_t_x + alive * (s.d_shape - log_t)));
    compensated_add(&total[2], weight * (n->shape * (alive * slope_t + dead * slope_t_x) -
                                         n->steps / p->alpha + alive * s.d_alpha));
    compensated_add(&total[3], weight * (dead / p->a - n->d_ab));
    compensated_add(&total[4], weight * ((n->d_b - n->d_ab) - dead * n->last_b));
}

/* What the gaps between purchases give: each has the density lambda^k gap^{k-1} exp(-lambda gap) / (k-1)!, of which
 * gap^{k-1} and (k-1)! stand apart. */
static void
add_gaps(compensated_sum *total, const customer_sample *sample, double gaps, int k)
{
    if (k == 1)
        return;
    compensated_add(&total[0], (k - 1) * sample->log_gaps);
    compensated_add(&total[0], -gaps * log_gamma(k));
}

/* Log-likelihood (Platzer & Reutterer 2016, eq. 2, with the drop-out of either model integrated) and gradient. The
 * derivative by k is given as 0. */
static clm_status
cnbd_log_likelihood(const customer_sample *sample, const double *params, int m, double *value,
                    double *gradient, const clm_stop *stop)
{
    cnbd_params p = unpack(params, m);
    compensated_sum total[NPARAMS] = {{0.0, 0.0}};
    count_terms n = count_terms_of(0, &p);
    double gaps = 0.0;
    int64_t x = 0;

    for (size_t i = 0; i < sample->n; i++) {
        const customer_group *g = &sample->groups[i];

        if (i % (CLM_STOP_EVERY / 4) == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        if (g->of.x != x) {
            x = g->of.x;
            n = count_terms_of(x, &p);
        }
        add_group(total, &p, &n, g);
        gaps += (double)g->weight * (double)x;
    }
    add_gaps(total, sample, gaps, p.k);
    for (int i = 0; gradient != NULL && i < NPARAMS; i++) {
        clm_status status = give(i == 0 ? 0.0 : compensated_value(&total[i]), &gradient[i]);

        if (status != CLM_OK)
            return status;
    }
    return give(compensated_value(&total[0]), value);
}

/*
 * Points to start from, for k = 1: the purchase process by moments of the counts, as if nobody dropped out, and
 * faster ones with drop-out. A fit for a larger k sets k and divides alpha, the time of a step, by it.
 */
static int
cnbd_starts(const customer_moments *moments, int most, double starts[][CLM_MAX_PARAMS])
{
    static const dropout_guess guesses[] = {
        {{0.5, 1.5}, 2.0}, {{0.8, 2.5}, 1.0}, {{0.3, 3.0}, 1.0}, {{2.0, 2.0}, 4.0}, {{5.0, 50.0}, 1.0}};
    int n = starting_points(moments, guesses, (int)(sizeof(guesses) / sizeof(*guesses)), most, starts);

    for (int i = 0; i < n; i++) {
        memmove(&starts[i][1], &starts[i][0], (NPARAMS - 1) * sizeof(starts[i][0]));
        starts[i][0] = 1.0;
    }
    return n;
}

/* ---- scores ---- */

/* P(alive) and its complement, and what is known of a live customer. */
typedef struct outlook {
    double alive, dead;
    regular_mixture mixture;
    dropout_mixture simple; /* the same for k = 1 */
    double A;               /* rate of the steps' rate: unit of time of the mixtures */
} outlook;

/* The odds of being dead are a / (b+n-1) ((alpha+t) / (alpha+t_x))^R / S; 0 where there was no chance to drop
 * out. */
static outlook
outlook_of(const cnbd_params *p, const customer_summary *c)
{
    double x = (double)c->x, n = x + p->m, shape = p->r + x * p->k, A = p->alpha + c->t;
    double weight[CLM_MAX_REGULARITY], odds = 0.0;
    outlook o = {.mixture = {p->k, shape, p->a, p->b + n, (c->t - c->t_x) / A},
                 .simple = {shape, p->a, p->b + n},
                 .A = A};

    if (n > 0.0)
        odds = p->a / (p->b + ((x - 1.0) + p->m)) *
               exp(shape * log1p((c->t - c->t_x) / (p->alpha + c->t_x)) -
                   regular_phases(p->k, shape, o.mixture.u, weight));
    o.alive = 1.0 / (1.0 + odds);
    o.dead = odds > 1.0 ? 1.0 - o.alive : odds * o.alive;
    return o;
}

static double
live_purchases(const outlook *o, double s, double zeta)
{
    if (o->mixture.k > 1)
        return regular_discounted(&o->mixture, s, zeta);
    return dropout_discounted(&o->simple, s, zeta);
}

static double
live_survival(const outlook *o, double s)
{
    return o->mixture.k > 1 ? regular_survival(&o->mixture, s) : dropout_survival(&o->simple, s);
}

/* As in BG/NBD: where death in (t, t + ahead] is rare its probability comes from the expected purchases, E[p
 * (purchases given p)] = a / (a+B) E of beta(a+1, B). */
static clm_status
cnbd_p_alive(const double *params, const customer_summary *c, double ahead, int m, double *alive,
             double *dead)
{
    cnbd_params p = unpack(params, m);
    double s, dying = 0.0, surviving = 1.0;
    outlook o;
    clm_status status;

    if (!arguments_valid(params, c, ahead))
        return CLM_DOMAIN;
    o = outlook_of(&p, c);
    s = ahead / o.A;
    if (ahead > 0.0 && o.alive > 0.0) {
        outlook dropping = o;

        dropping.mixture.a = dropping.simple.a = p.a + 1.0;
        dying = p.a / (p.a + o.simple.B) * live_purchases(&dropping, s, 0.0);
        surviving = 1.0 - dying;
        if (dying > 0.5) {
            surviving = live_survival(&o, s);
            dying = 1.0 - surviving;
        }
    }
    status = give(o.alive * surviving, alive);
    return status == CLM_OK ? give(at_most_1(o.dead + o.alive * dying), dead) : status;
}

static clm_status
cnbd_p_active(const double *params, const customer_summary *c, double ahead, int m, double *value)
{
    cnbd_params p = unpack(params, m);
    outlook o;

    if (!arguments_valid(params, c, ahead))
        return CLM_DOMAIN;
    o = outlook_of(&p, c);
    return give(o.alive * regular_active(&o.mixture, ahead / o.A), value);
}

/* Without an end and without discount the expected number of all that will come is E[1/p]: every step comes one
 * day. */
static clm_status
cnbd_discounted_purchases(const double *params, const customer_summary *c, double ahead, double delta, int m,
                          double *value)
{
    cnbd_params p = unpack(params, m);
    outlook o;

    if (!arguments_valid(params, c, 0.0) || !(ahead >= 0.0) || !time_valid(delta))
        return CLM_DOMAIN;
    o = outlook_of(&p, c);
    if (delta == 0.0 && isinf(ahead))
        return p.a > 1.0 ? give(o.alive * (1.0 + o.simple.B / (p.a - 1.0)), value) : CLM_DIVERGES;
    if (o.alive == 0.0)
        return give(0.0, value);
    return give(o.alive * live_purchases(&o, ahead / o.A, delta * o.A), value);
}

static clm_status
cnbd_expected_purchases(const double *params, const customer_summary *c, double ahead, int m, double *value)
{
    return isinf(ahead) ? CLM_DOMAIN : cnbd_discounted_purchases(params, c, ahead, 0.0, m, value);
}

/* A new customer is one with no history yet. */
static clm_status
cnbd_expected_purchases_new(const double *params, double t, int m, double *value)
{
    static const customer_summary nothing_yet = {0, 0.0, 0.0};

    return cnbd_expected_purchases(params, &nothing_yet, t, m, value);
}

/*
 * P(X(t) = n), N = n + m: all chances to drop out survived, (b)_N / (a+b)_N, and kn to kn + k - 1 steps; or gone
 * with the last of them, a (b)_{N-1} / (a+b)_N, and at least kn steps would have come.
 */
static clm_status
cnbd_p_purchases_new(const double *params, int64_t n, double t, int m, double *value)
{
    cnbd_params p = unpack(params, m);
    double x = (double)n, chances = x + p.m, z, rest, steps, term, survived, exactly = 0.0, at_least = 1.0,
           fewer;

    if (!cnbd_valid(params) || n < 0 || !time_valid(t))
        return CLM_DOMAIN;
    if (t == 0.0)
        return give(n == 0 ? 1.0 : 0.0, value);
    z = t / (p.alpha + t);
    rest = p.alpha / (p.alpha + t);
    steps = x * p.k;
    term = -p.r * log1p(t / p.alpha);
    if (n > 0) {
        term += log_gamma_ratio(p.r, steps) - log_gamma_ratio(1.0, steps) - steps * log1p(p.alpha / t);
        incomplete_beta(steps, p.r, z, rest, &at_least, &fewer);
    }
    term = exp(term);
    for (int i = 0; i < p.k; i++) {
        exactly += term;
        term *= (p.r + steps + i) / (steps + i + 1.0) * z;
    }
    survived = exp(log_gamma_ratio(p.b, chances) - log_gamma_ratio(p.a + p.b, chances));
    if (chances > 0.0)
        exactly += p.a / (p.b + (chances - 1.0)) * at_least;
    return give(at_most_1(survived * exactly), value);
}

/* ---- draws, and what is known given rate and drop-out ---- */

/* One customer: purchases come after k steps each, until the coin of some purchase, in MBG/CNBD-k also the first,
 * says stop. */
static clm_status
cnbd_draw(const double *params, double t, clm_rng *rng, int m, clm_times *times, const clm_stop *stop)
{
    cnbd_params p = unpack(params, m);
    double rate, dropout, now = 0.0;

    if (!cnbd_valid(params) || !time_valid(t))
        return CLM_DOMAIN;
    rate = clm_rng_gamma(rng, p.r) / p.alpha;
    dropout = clm_rng_beta(rng, p.a, p.b);
    if (m == 1 && clm_rng_uniform(rng) < dropout)
        return CLM_OK;
    for (size_t purchases = 0; purchases < MOST_PURCHASES; purchases++) {
        clm_status status;

        if (clm_stop_at(purchases, stop))
            return CLM_STOPPED;
        now += (p.k == 1 ? clm_rng_exponential(rng) : clm_rng_gamma(rng, p.k)) / rate;
        if (!(now <= t))
            return CLM_OK;
        status = clm_times_append(times, now);
        if (status != CLM_OK || clm_rng_uniform(rng) < dropout)
            return status;
    }
    return CLM_TOO_MANY;
}

static clm_status
cnbd_posterior(const double *params, const customer_summary *c, int m, customer_posterior *posterior)
{
    cnbd_params p = unpack(params, m);
    outlook o;

    if (!arguments_valid(params, c, 0.0))
        return CLM_DOMAIN;
    o = outlook_of(&p, c);
    *posterior = (customer_posterior){.purchase = {LATENT_GAMMA, o.mixture.R, o.A},
                                      .dropout = {LATENT_BETA, o.mixture.a, o.mixture.B},
                                      .steps = p.k};
    (void)regular_phases(p.k, o.mixture.R, o.mixture.u, posterior->phase_weight);
    return give(o.alive, &posterior->alive);
}

static double
cnbd_purchases_given(const customer_latents *l, double ahead, double delta)
{
    return regular_purchases_given(l->steps, l->phase, l->rate, l->dropout, ahead, delta);
}

/* The purchase after which he is gone is geometric; until then purchases go with the steps. */
static double
cnbd_count_given(const customer_latents *l, double ahead, double u, double v)
{
    double steps = l->rate * ahead,
           last = l->dropout > 0.0 ? floor(log(u) / log1p(-l->dropout)) + 1.0 : INFINITY;
    double purchases = INFINITY;

    if (l->rate == 0.0 || ahead == 0.0)
        return 0.0;
    if (isfinite(steps))
        purchases = floor((l->phase + poisson_quantile(steps, v)) / l->steps);
    return fmin(purchases, last);
}

/* ---- the two families ---- */

#define WRAPPERS(prefix, m)                                                                                  \
    static clm_status prefix##_log_likelihood(const customer_sample *sample, const double *params,           \
                                              double *value, double *gradient, const clm_stop *stop)         \
    {                                                                                                        \
        return cnbd_log_likelihood(sample, params, m, value, gradient, stop);                                \
    }                                                                                                        \
    static clm_status prefix##_p_alive(const double *params, const customer_summary *c, double ahead,        \
                                       double *alive, double *dead)                                          \
    {                                                                                                        \
        return cnbd_p_alive(params, c, ahead, m, alive, dead);                                               \
    }                                                                                                        \
    static clm_status prefix##_p_active(const double *params, const customer_summary *c, double ahead,       \
                                        double *value)                                                       \
    {                                                                                                        \
        return cnbd_p_active(params, c, ahead, m, value);                                                    \
    }                                                                                                        \
    static clm_status prefix##_expected_purchases(const double *params, const customer_summary *c,           \
                                                  double ahead, double *value)                               \
    {                                                                                                        \
        return cnbd_expected_purchases(params, c, ahead, m, value);                                          \
    }                                                                                                        \
    static clm_status prefix##_discounted_purchases(const double *params, const customer_summary *c,         \
                                                    double ahead, double delta, double *value)               \
    {                                                                                                        \
        return cnbd_discounted_purchases(params, c, ahead, delta, m, value);                                 \
    }                                                                                                        \
    static clm_status prefix##_expected_purchases_new(const double *params, double t, double *value)         \
    {                                                                                                        \
        return cnbd_expected_purchases_new(params, t, m, value);                                             \
    }                                                                                                        \
    static clm_status prefix##_p_purchases_new(const double *params, int64_t n, double t, double *value)     \
    {                                                                                                        \
        return cnbd_p_purchases_new(params, n, t, m, value);                                                 \
    }                                                                                                        \
    static clm_status prefix##_draw(const double *params, double t, clm_rng *rng, clm_times *times,          \
                                    const clm_stop *stop)                                                    \
    {                                                                                                        \
        return cnbd_draw(params, t, rng, m, times, stop);                                                    \
    }                                                                                                        \
    static clm_status prefix##_posterior(const double *params, const customer_summary *c,                    \
                                         customer_posterior *posterior)                                      \
    {                                                                                                        \
        return cnbd_posterior(params, c, m, posterior);                                                      \
    }

/* Everything of a family but its name and typical parameters. */
#define CALLBACKS(prefix)                                                                                    \
    .nparams = NPARAMS, .param_names = param_names, .regular = true, .time_power = time_power,               \
    .valid = cnbd_valid, .log_likelihood = prefix##_log_likelihood, .starts = cnbd_starts,                   \
    .p_alive = prefix##_p_alive, .p_active = prefix##_p_active,                                              \
    .expected_purchases = prefix##_expected_purchases,                                                       \
    .discounted_purchases = prefix##_discounted_purchases,                                                   \
    .expected_purchases_new = prefix##_expected_purchases_new, .p_purchases_new = prefix##_p_purchases_new,  \
    .draw = prefix##_draw, .posterior = prefix##_posterior, .purchases_given = cnbd_purchases_given,         \
    .count_given = cnbd_count_given

WRAPPERS(bg, 0)
WRAPPERS(mbg, 1)

const customer_family bgcnbd_family = {
    .name = "bg/cnbd-k", .typical_params = bg_typical_params, CALLBACKS(bg)};

const customer_family mbgcnbd_family = {
    .name = "mbg/cnbd-k", .typical_params = mbg_typical_params, CALLBACKS(mbg)};
