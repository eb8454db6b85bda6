/*
 * Pareto/NBD (Schmittlein, Morrison & Colombo 1987): customers buy at a gamma(r, alpha) rate until they drop out,
 * which may happen at any time, at a gamma(s, beta) rate.
 *
 * Given his history a live customer's rates are gamma(r + x, alpha + t) and gamma(s, beta + t). The customer is
 * a race of two clocks (gamma_race.h), the next purchase and the drop-out.
 */
#include <math.h>
#include <stdlib.h>

#include "../compensated.h"
#include "../exponential_integral.h"
#include "../gamma_functions.h"
#include "../gamma_race.h"
#include "../poisson.h"
#include "../quadrature.h"
#include "family.h"
#include "family_helpers.h"

extern const customer_family paretonbd_family;

#define NPARAMS 4
#define MOST_PURCHASES 10000000  /* that draw() gives one customer */
#define PURCHASES_PER_CHECK 4096 /* of the stop callback; times, too */
#define GROUPS_PER_CHECK                                                                                     \
    64                     /* they may take ten microseconds each; plain additions before a compensated one */
#define LONG_GAP 64        /* between counts, where a recurrence no longer pays */
#define FACTORS_PER_LOG 16 /* of at most 2^63 each, and their product is finite */
#define UNLIKELY 0.01      /* probability of a purchase: the likelihood without one is 1 less it */

static const char *const param_names[NPARAMS] = {"r", "alpha", "s", "beta"};
static const int time_power[NPARAMS] = {0, 1, 0, 1};
static const int purchase_power[NPARAMS] = {0, -1, 0, 0}, dropout_power[NPARAMS] = {0, 0, 0, -1};

/* Estimates for the purchases of CDNOW's customers (Fader, Hardie & Lee 2005, RFM and CLV). */
static const double typical_params[NPARAMS] = {0.553, 10.578, 0.606, 11.669};

typedef struct pareto_params {
    double r, alpha, s, beta;
} pareto_params;

static pareto_params
unpack(const double *params)
{
    return (pareto_params){params[0], params[1], params[2], params[3]};
}

static bool
pareto_valid(const double *params)
{
    return all_positive(params, NPARAMS);
}

/* ---- likelihood ---- */

/* Of one distinct time t, relative to alpha and beta, so that nothing cancels for alpha far above or below. */
typedef struct time_terms {
    race_point point;      /* alpha + t, beta + t */
    double log_A, log_B;   /* ln((alpha + t) / alpha), ln((beta + t) / beta) */
    double over_A, over_B; /* 1 / (alpha + t), 1 / (beta + t) */
} time_terms;

/* The terms of n times in *terms, which the caller frees, also after CLM_NO_MEMORY and CLM_STOPPED; *most is
 * raised to the most terms of a series that they take. */
static clm_status
tabulate_times(const double *times, size_t n, const pareto_params *p, const clm_stop *stop,
               time_terms **terms, int *most)
{
    *terms = malloc((n > 0 ? n : 1) * sizeof(**terms));
    if (*terms == NULL)
        return CLM_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        time_terms *of = &(*terms)[i];

        if (i % PURCHASES_PER_CHECK == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        of->point = race_point_of(p->alpha + times[i], p->beta + times[i]);
        of->log_A = log1p(times[i] / p->alpha);
        of->log_B = log1p(times[i] / p->beta);
        of->over_A = 1.0 / of->point.A;
        of->over_B = 1.0 / of->point.B;
        if (of->point.n > *most)
            *most = of->point.n;
    }
    return CLM_OK;
}

/* What a likelihood needs of x alone. It moves upward with the sorted groups. */
typedef struct count_terms {
    int64_t x;
    double log_rising, d_r; /* ln[Gamma(r+x) / Gamma(r)] and its derivative */
    double shape;           /* r + x */
    double log_start;       /* ln of the likelihood at t = t_x = 0 */
    double x_per_alpha;
    race_series series;
} count_terms;

/* To x, at or above the x it has: by recurrence over a gap of a few, by gamma ratios over a long one. */
static void
count_terms_advance(count_terms *c, int64_t x, const pareto_params *p, int terms)
{
    if (x - c->x > LONG_GAP) {
        double from = (double)c->x, n = (double)(x - c->x);

        c->log_rising += log_gamma_ratio(p->r + from, n);
        c->d_r += digamma_difference(p->r + from, n);
        c->x = x;
    }
    while (c->x < x) {
        double product = 1.0;

        for (int i = 0; i < FACTORS_PER_LOG && c->x < x; i++, c->x++) {
            product *= p->r + (double)c->x;
            c->d_r += 1.0 / (p->r + (double)c->x);
        }
        c->log_rising += log(product);
    }
    c->shape = p->r + (double)x;
    c->log_start = c->log_rising - (double)x * log(p->alpha);
    c->x_per_alpha = (double)x / p->alpha;
    race_series_start(&c->series, c->shape, p->s, p->alpha >= p->beta, terms);
}

/* Value and gradient of a stretch of groups: plain sums. */
typedef struct likelihood_sums {
    double value, gradient[NPARAMS];
} likelihood_sums;

/*
 * One group. Its likelihood is (r)_x alpha^-x e^(silence until t_x) (G + e^l (1 - G')): the customer dropped out
 * before he would have bought again, or he has done neither until t and does not drop out first; l is the
 * logarithm of the probability of silence from t_x to t, G and G' are those of drop-out before a purchase after
 * t_x and after t. All terms are positive, and G belongs to (x, t_x), G' to (x, t): far fewer than groups.
 * (Fader & Hardie 2005, a note on deriving the Pareto/NBD model, regrouped.)
 */
static inline void
add_group(likelihood_sums *sums, const pareto_params *p, const count_terms *c, const time_terms *t,
          const time_terms *t_x, const race_value *before, const race_value *after, const customer_group *g)
{
    double weight = (double)g->weight, since = g->of.t - g->of.t_x, R = c->shape, s = p->s;
    double since_A = t->log_A - t_x->log_A, since_B = t->log_B - t_x->log_B;
    double silence = exp(-R * since_A - s * since_B), lives = 1.0 - after->value;
    double likelihood = before->value + silence * lives;
    double dead = 1.0 / likelihood, alive = silence * dead;

    sums->value += weight * (c->log_start - R * t_x->log_A - s * t_x->log_B + log(likelihood));
    sums->gradient[0] +=
        weight * (c->d_r - t_x->log_A + dead * before->by_R - alive * (since_A * lives + after->by_R));
    sums->gradient[1] += weight * (R * (g->of.t_x / p->alpha) * t_x->over_A - c->x_per_alpha +
                                   dead * before->by_log_A * t_x->over_A +
                                   alive * t->over_A * (lives * R * since * t_x->over_A - after->by_log_A));
    sums->gradient[2] +=
        weight * (dead * before->by_s - t_x->log_B - alive * (since_B * lives + after->by_s));
    sums->gradient[3] +=
        weight * (s * (g->of.t_x / p->beta) * t_x->over_B + dead * before->by_log_B * t_x->over_B +
                  alive * t->over_B * (lives * s * since * t_x->over_B - after->by_log_B));
}

/* One group of which hardly anybody would have bought within t, and nobody did: the likelihood is 1 less the
 * probability of a purchase. */
static void
add_unlikely_buyers(likelihood_sums *sums, const pareto_params *p, double t, double weight)
{
    gamma_race race = {p->s, p->beta, p->r, p->alpha};
    race_value purchase = race_second_soon(&race, t);
    double slope = -weight / (1.0 - purchase.value);

    sums->value += weight * log1p(-purchase.value);
    sums->gradient[0] += slope * purchase.by_s;
    sums->gradient[1] += slope * purchase.by_log_B / p->alpha;
    sums->gradient[2] += slope * purchase.by_R;
    sums->gradient[3] += slope * purchase.by_log_A / p->beta;
}

/* P(drop-out before a purchase) after a time, of the x for which it was last wanted. */
typedef struct cached_race {
    race_value value;
    int64_t x;
} cached_race;

typedef struct likelihood_work {
    const customer_sample *sample;
    pareto_params p;
    time_terms *t, *t_x;
    int terms;           /* of the series */
    cached_race *of_t_x; /* for each t_x */
    count_terms count;
} likelihood_work;

static inline const race_value *
cached_value(cached_race *cache, const count_terms *c, const race_point *point)
{
    if (cache->x != c->x) {
        cache->value = race_second_ever(&c->series, point);
        cache->x = c->x;
    }
    return &cache->value;
}

static void
add_groups(likelihood_work *w, size_t first, size_t end, likelihood_sums *sums)
{
    const customer_sample *sample = w->sample;
    cached_race of_t = {.x = -1};
    uint32_t t_index = 0;

    for (size_t i = first; i < end; i++) {
        const customer_group *g = &sample->groups[i];
        const time_terms *t = &w->t[sample->t_index[i]], *t_x = &w->t_x[sample->t_x_index[i]];

        if (g->of.x == 0 && w->p.r * t->log_A < UNLIKELY) {
            add_unlikely_buyers(sums, &w->p, g->of.t, (double)g->weight);
            continue;
        }
        if (g->of.x != w->count.x || w->count.shape == 0.0)
            count_terms_advance(&w->count, g->of.x, &w->p, w->terms);
        if (sample->t_index[i] != t_index)
            of_t.x = -1;
        t_index = sample->t_index[i];
        add_group(sums, &w->p, &w->count, t, t_x,
                  cached_value(&w->of_t_x[sample->t_x_index[i]], &w->count, &t_x->point),
                  cached_value(&of_t, &w->count, &t->point), g);
    }
}

static clm_status
prepare(likelihood_work *w, const clm_stop *stop)
{
    const customer_sample *sample = w->sample;
    clm_status status = tabulate_times(sample->t_values, sample->n_t, &w->p, stop, &w->t, &w->terms);

    if (status == CLM_OK)
        status = tabulate_times(sample->t_x_values, sample->n_t_x, &w->p, stop, &w->t_x, &w->terms);
    if (status != CLM_OK)
        return status;
    w->of_t_x = malloc((sample->n_t_x + 1) * sizeof(*w->of_t_x));
    if (w->of_t_x == NULL)
        return CLM_NO_MEMORY;
    for (size_t i = 0; i < sample->n_t_x; i++)
        w->of_t_x[i].x = -1;
    return CLM_OK;
}

static clm_status
sum_groups(likelihood_work *w, compensated_sum *total, const clm_stop *stop)
{
    for (size_t first = 0; first < w->sample->n; first += GROUPS_PER_CHECK) {
        size_t rest = w->sample->n - first;
        likelihood_sums sums = {0.0, {0.0}};

        if (clm_stop_requested(stop))
            return CLM_STOPPED;
        add_groups(w, first, first + (rest < GROUPS_PER_CHECK ? rest : GROUPS_PER_CHECK), &sums);
        compensated_add(&total[0], sums.value);
        for (int i = 0; i < NPARAMS; i++)
            compensated_add(&total[i + 1], sums.gradient[i]);
    }
    return CLM_OK;
}

static clm_status
pareto_log_likelihood(const customer_sample *sample, const double *params, double *value, double *gradient,
                      const clm_stop *stop)
{
    likelihood_work w = {.sample = sample, .p = unpack(params)};
    compensated_sum total[1 + NPARAMS] = {{0.0, 0.0}};
    clm_status status = prepare(&w, stop);

    if (status == CLM_OK)
        status = sum_groups(&w, total, stop);
    free(w.t);
    free(w.t_x);
    free(w.of_t_x);
    for (int i = 0; gradient != NULL && i < NPARAMS && status == CLM_OK; i++)
        status = give(compensated_value(&total[i + 1]), &gradient[i]);
    return status == CLM_OK ? give(compensated_value(&total[0]), value) : status;
}

/* Points to start from: a twentieth to two thirds of the customers drop out in the longest time observed, which
 * is 1. */
static int
pareto_starts(const customer_moments *moments, int most, double starts[][CLM_MAX_PARAMS])
{
    static const dropout_guess guesses[] = {
        {{0.5, 0.5}, 1.5}, {{0.6, 0.3}, 1.0}, {{1.0, 2.0}, 1.0}, {{2.0, 2.0}, 3.0}, {{3.0, 60.0}, 1.0}};

    return starting_points(moments, guesses, (int)(sizeof(guesses) / sizeof(*guesses)), most, starts);
}

/* ---- scores ---- */

/* P(alive) at t and its complement: the customer has neither bought nor dropped out since t_x, or has dropped
 * out. */
static void
alive_now(const pareto_params *p, const customer_summary *c, double *alive, double *dead)
{
    gamma_race race = {p->r + (double)c->x, p->alpha + c->t_x, p->s, p->beta + c->t_x};
    double since = c->t - c->t_x, silence = exp(race_log_silence(&race, since));
    double gone = race_second(&race, since), either = silence + gone;

    *alive = silence / either;
    *dead = gone / either;
}

/* What is known of the rates of a customer who is alive at t. */
static gamma_race
remaining(const pareto_params *p, int64_t x, double t)
{
    return (gamma_race){p->r + (double)x, p->alpha + t, p->s, p->beta + t};
}

static clm_status
pareto_p_alive(const double *params, const customer_summary *c, double ahead, double *alive, double *dead)
{
    pareto_params p = unpack(params);
    double now, gone, log_survival;
    clm_status status;

    if (!pareto_valid(params) || !customer_summary_valid(c) || !time_valid(ahead))
        return CLM_DOMAIN;
    alive_now(&p, c, &now, &gone);
    log_survival = -p.s * log1p(ahead / (p.beta + c->t));
    status = give(now * exp(log_survival), alive);
    return status == CLM_OK ? give(at_most_1(gone - now * expm1(log_survival)), dead) : status;
}

/* P(alive) times the probability that the purchase comes in time and before the drop-out. */
static clm_status
pareto_p_active(const double *params, const customer_summary *c, double ahead, double *value)
{
    pareto_params p = unpack(params);
    gamma_race next, swapped;
    double alive, dead;

    if (!pareto_valid(params) || !customer_summary_valid(c) || !time_valid(ahead))
        return CLM_DOMAIN;
    alive_now(&p, c, &alive, &dead);
    next = remaining(&p, c->x, c->t);
    swapped = (gamma_race){next.s, next.B, next.R, next.A};
    return give(alive * at_most_1(race_second(&swapped, ahead)), value);
}

/* Of a customer alive at t: his rate (r+x) / (alpha+t) times the integral of exp(-delta u) (1 + u / (beta+t))^-s over u
 * (Fader, Hardie & Lee 2005, RFM and CLV, for ahead infinite). */
static clm_status
pareto_live_purchases(const double *params, int64_t x, double t, double ahead, double delta, double *value)
{
    pareto_params p = unpack(params);
    gamma_race race = remaining(&p, x, t);

    if (!pareto_valid(params) || x < 0 || !time_valid(t) || !(ahead >= 0.0) || !time_valid(delta))
        return CLM_DOMAIN;
    if (delta == 0.0 && isinf(ahead) && p.s <= 1.0)
        return CLM_DIVERGES;
    return give(race.R / race.A * race.B *
                    scaled_exponential_integral(race.s - 1.0, delta * race.B, log1p(ahead / race.B)),
                value);
}

static clm_status
pareto_discounted_purchases(const double *params, const customer_summary *c, double ahead, double delta,
                            double *value)
{
    pareto_params p = unpack(params);
    double alive, dead, live = 0.0;
    clm_status status;

    if (!pareto_valid(params) || !customer_summary_valid(c))
        return CLM_DOMAIN;
    alive_now(&p, c, &alive, &dead);
    status = pareto_live_purchases(params, c->x, c->t, ahead, delta, &live);
    return give_purchases(alive, status, live, value);
}

static clm_status
pareto_expected_purchases(const double *params, const customer_summary *c, double ahead, double *value)
{
    return isfinite(ahead) ? pareto_discounted_purchases(params, c, ahead, 0.0, value) : CLM_DOMAIN;
}

/* A new customer is one with no history yet. */
static clm_status
pareto_expected_purchases_new(const double *params, double t, double *value)
{
    static const customer_summary nothing_yet = {0, 0.0, 0.0};

    return pareto_expected_purchases(params, &nothing_yet, t, value);
}

/* ---- distribution of a new customer's purchases ---- */

/* ln of P(n purchases until y, and none but alive), without the factor Gamma(r+n) / (Gamma(r) n!). */
static double
log_count_alive(const pareto_params *p, double n, double y)
{
    return -n * log1p(p->alpha / y) - p->r * log1p(y / p->alpha) - p->s * log1p(y / p->beta);
}

/* Which ln y makes the integrand of p_gone_after() largest: the zero of
 * (r+s) y^2 - (alpha (n-s) + beta (1-r)) y - (n+1) alpha beta. */
static double
log_peak(const pareto_params *p, double n)
{
    double half = 0.5 * (p->alpha * (n - p->s) + p->beta * (1.0 - p->r));
    double product = (n + 1.0) * p->alpha * p->beta, root = hypot(half, sqrt((p->r + p->s) * product));

    return log(half > 0.0 ? (half + root) / (p->r + p->s) : product / (root - half));
}

/* The width in ln y of a panel of 16 nodes from u on: the exponent changes by at most 10, its curvature grows
 * by less than a factor of four. */
static double
count_panel_width(const pareto_params *p, double n, double u)
{
    double y = exp(u), a = p->alpha / (p->alpha + y), b = p->beta / (p->beta + y);
    double slope = fabs((n + p->r) * a + (1.0 - p->r) - (p->s + 1.0) * (1.0 - b));
    double curvature = 4.0 * ((n + p->r) * a * (1.0 - a) + (p->s + 1.0) * b * (1.0 - b));

    return fmin(1.3, 20.0 / (slope + sqrt(slope * slope + 20.0 * curvature)));
}

/*
 * The integral from one ln y to another, forward or backward, until it adds nothing: of
 * P(n purchases until y, then drop-out at y), whose density by ln y falls on both sides of its only peak.
 */
static double
integrate_gone(const pareto_params *p, double n, double log_factor, double from, double to)
{
    double side = to > from ? 1.0 : -1.0, sum = 0.0;

    for (double u = from; side * (to - u) > 0.0;) {
        double half = 0.5 * side * fmin(count_panel_width(p, n, u), fabs(to - u)), panel = 0.0;

        for (int i = 0; i < GAUSS_NODES; i++) {
            double y = exp(u + half * (1.0 + gauss_node[i]));

            panel += gauss_weight[i] * exp(log_factor + log_count_alive(p, n, y)) * (y / (p->beta + y));
        }
        sum += fabs(half) * panel;
        if (!(fabs(half) * panel > 1e-18 * sum) || u + 2.0 * half == u)
            break;
        u += 2.0 * half;
    }
    return p->s * sum;
}

/* P(n purchases and then drop-out, by t), n > 0. */
static double
p_gone_after(const pareto_params *p, double n, double log_factor, double t)
{
    double end = log(t), peak = fmin(end, log_peak(p, n));

    if (!isfinite(peak))
        return NAN;
    return integrate_gone(p, n, log_factor, peak, -INFINITY) + integrate_gone(p, n, log_factor, peak, end);
}

/* P(X(t) = n): n purchases by t and alive, or dropped out after n purchases (Fader & Hardie 2006, deriving an
 * expression for P(X(t) = x) under the Pareto/NBD model; the second part by quadrature, not by their sums). */
static clm_status
pareto_p_purchases_new(const double *params, int64_t n, double t, double *value)
{
    pareto_params p = unpack(params);
    gamma_race race = {p.r, p.alpha, p.s, p.beta};
    double x = (double)n, log_factor;

    if (!pareto_valid(params) || n < 0 || !time_valid(t))
        return CLM_DOMAIN;
    if (t == 0.0)
        return give(n == 0 ? 1.0 : 0.0, value);
    if (n == 0)
        return give(at_most_1(exp(race_log_silence(&race, t)) + race_second(&race, t)), value);
    log_factor = log_gamma_ratio(p.r, x) - log_gamma_ratio(1.0, x);
    return give(at_most_1(exp(log_factor + log_count_alive(&p, x, t)) + p_gone_after(&p, x, log_factor, t)),
                value);
}

/* ---- single customers ---- */

/* Purchases of one customer: a Poisson process until t or the drop-out, whichever comes first. */
static clm_status
pareto_draw(const double *params, double t, clm_rng *rng, clm_times *times, const clm_stop *stop)
{
    pareto_params p = unpack(params);
    double rate, end, now = 0.0;

    if (!pareto_valid(params) || !time_valid(t))
        return CLM_DOMAIN;
    rate = clm_rng_gamma(rng, p.r) / p.alpha;
    end = clm_rng_gamma(rng, p.s) / p.beta;
    end = fmin(t, clm_rng_exponential(rng) / end);
    for (int purchases = 0; purchases < MOST_PURCHASES; purchases++) {
        clm_status status;

        if (purchases % PURCHASES_PER_CHECK == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        now += clm_rng_exponential(rng) / rate;
        if (!(now <= end))
            return CLM_OK;
        status = clm_times_append(times, now);
        if (status != CLM_OK)
            return status;
    }
    return CLM_TOO_MANY;
}

static clm_status
pareto_posterior(const double *params, const customer_summary *c, customer_posterior *posterior)
{
    pareto_params p = unpack(params);
    double dead;
    gamma_race race;

    if (!pareto_valid(params) || !customer_summary_valid(c))
        return CLM_DOMAIN;
    race = remaining(&p, c->x, c->t);
    *posterior = (customer_posterior){.purchase = {LATENT_GAMMA, race.R, race.A},
                                      .dropout = {LATENT_GAMMA, race.s, race.B},
                                      .steps = 1,
                                      .phase_weight = {1.0}};
    alive_now(&p, c, &posterior->alive, &dead);
    return isfinite(posterior->alive + race.A + race.B) ? CLM_OK : CLM_OVERFLOW;
}

/* The rate times the integral of exp(-(dropout + delta) u) over u. */
static double
pareto_purchases_given(const customer_latents *latents, double ahead, double delta)
{
    double decay = latents->dropout + delta;

    if (latents->rate == 0.0 || ahead == 0.0)
        return 0.0;
    return latents->rate * (decay * ahead < 1e-300 ? ahead : -expm1(-decay * ahead) / decay);
}

/* u chooses the drop-out, v the number of purchases until then. */
static double
pareto_count_given(const customer_latents *latents, double ahead, double u, double v)
{
    double lifetime = fmin(-log(u) / latents->dropout, ahead);

    return latents->rate == 0.0 ? 0.0 : poisson_quantile(latents->rate * lifetime, v);
}

const customer_family paretonbd_family = {
    .name = "pareto/nbd",
    .nparams = NPARAMS,
    .param_names = param_names,
    .purchase_power = purchase_power,
    .dropout_power = dropout_power,
    .time_power = time_power,
    .typical_params = typical_params,
    .valid = pareto_valid,
    .log_likelihood = pareto_log_likelihood,
    .starts = pareto_starts,
    .p_alive = pareto_p_alive,
    .p_active = pareto_p_active,
    .expected_purchases = pareto_expected_purchases,
    .discounted_purchases = pareto_discounted_purchases,
    .live_purchases = pareto_live_purchases,
    .expected_purchases_new = pareto_expected_purchases_new,
    .p_purchases_new = pareto_p_purchases_new,
    .draw = pareto_draw,
    .posterior = pareto_posterior,
    .purchases_given = pareto_purchases_given,
    .count_given = pareto_count_given,
};
