/*
 * Tests of a customer family against simulation: what was expected of drawn customers against what they then
 * did, and the scores against averages over what is known of a customer's rate and drop-out.
 */
#ifndef CLM_FAMILY_SIMULATION_H
#define CLM_FAMILY_SIMULATION_H

#include "../../src/core/models/family.h"
#include "tap.h"

/* Mean and its standard error. */
typedef struct sample_mean {
    double n, sum, squares;
} sample_mean;

static inline void
sample_mean_add(sample_mean *m, double value)
{
    m->n++;
    m->sum += value;
    m->squares += value * value;
}

/* Is the mean within 4.5 standard errors of what is wanted? */
static inline void
is_mean(const sample_mean *m, double want, const char *format, const char *name, const char *what)
{
    double mean = m->sum / m->n, variance = fmax(m->squares / m->n - mean * mean, 0.0);
    double error = sqrt(variance / m->n);
    char label[160];

    snprintf(label, sizeof(label), format, name, what);
    is_close(mean, want, 1e-12, 4.5 * error, label);
}

/* ---- what drawn customers do ---- */

#define STRATA 6 /* of customers: without, with one to three, with more purchases; long silent or not */

static inline int
stratum_of(const customer_summary *c)
{
    int busy = c->x == 0 ? 0 : c->x <= 3 ? 1 : 2;

    return 2 * busy + (c->t - c->t_x > 0.3 * c->t);
}

/* Purchases, of discounted value, and whether there were any, less what was expected. */
static inline bool
add_surprises(const customer_family *f, const double *params, const customer_summary *c,
              const clm_times *times, double ahead, double delta, sample_mean surprise[3])
{
    double purchases = 0, discounted = 0, active, expected, value;

    for (size_t i = (size_t)c->x; i < times->n && times->values[i] <= c->t + ahead; i++) {
        purchases++;
        discounted += exp(-delta * (times->values[i] - c->t));
    }
    if (f->expected_purchases(params, c, ahead, &expected) != CLM_OK ||
        f->discounted_purchases(params, c, ahead, delta, &value) != CLM_OK ||
        f->p_active(params, c, ahead, &active) != CLM_OK)
        return false;
    sample_mean_add(&surprise[0], purchases - expected);
    sample_mean_add(&surprise[1], discounted - value);
    sample_mean_add(&surprise[2], (purchases > 0) - active);
    return true;
}

/* In every stratum the surprises must be 0 on average. */
static inline void
test_foresight(const customer_family *f, const double *params, double t, double ahead, double delta,
               int customers)
{
    static const char *const what[3] = {"purchases", "discounted purchases", "activity"};
    sample_mean surprise[STRATA][3] = {{{0, 0, 0}}};
    clm_times times = {NULL, 0, 0};
    bool fine = true;

    for (int i = 0; i < customers && fine; i++) {
        customer_summary c = {0, 0, t};
        clm_rng rng;

        clm_rng_seed(&rng, 7, (uint64_t)i);
        times.n = 0;
        fine = f->draw(params, t + ahead, &rng, &times, NULL) == CLM_OK;
        while ((size_t)c.x < times.n && times.values[c.x] <= t)
            c.t_x = times.values[c.x++];
        fine = fine && add_surprises(f, params, &c, &times, ahead, delta, surprise[stratum_of(&c)]);
    }
    free(times.values);
    ok(fine, "%s: customers drawn and scored", f->name);
    for (int s = 0; s < STRATA; s++)
        for (int i = 0; i < 3 && surprise[s][i].n > 100; i++)
            is_mean(&surprise[s][i], 0, "%s: %s of drawn customers as expected", f->name, what[i]);
}

/* ---- what is known of one customer ---- */

static inline double
draw_latent(const latent *l, double more_shape, clm_rng *rng)
{
    return l->kind == LATENT_GAMMA ? clm_rng_gamma(rng, l->a + more_shape) / l->b
                                   : clm_rng_beta(rng, l->a, l->b);
}

static inline customer_latents
draw_latents(const customer_posterior *p, clm_rng *rng)
{
    customer_latents l = {.steps = p->steps};
    double u = clm_rng_uniform(rng);

    while (l.phase < p->steps - 1 && u > p->phase_weight[l.phase])
        u -= p->phase_weight[l.phase++];
    l.rate = draw_latent(&p->purchase, l.phase, rng);
    l.dropout = draw_latent(&p->dropout, 0, rng);
    return l;
}

/* Means of purchases_given and count_given over the posterior are the scores. */
static inline void
test_posterior(const customer_family *f, const double *params, const customer_summary *c, double ahead,
               double delta)
{
    enum { DRAWS = 40000 };
    sample_mean purchases = {0, 0, 0}, discounted = {0, 0, 0}, endless = {0, 0, 0}, count = {0, 0, 0};
    sample_mean active = {0, 0, 0};
    double alive = NAN, dead, want = NAN;
    customer_posterior p;
    clm_rng rng;

    clm_rng_seed(&rng, 11, (uint64_t)c->x);
    ok(f->posterior(params, c, &p) == CLM_OK, "%s: a posterior", f->name);
    f->p_alive(params, c, 0, &alive, &dead);
    is_close(p.alive, alive, 1e-15, 0, "has P(alive)");
    for (int i = 0; i < DRAWS; i++) {
        customer_latents l = draw_latents(&p, &rng);
        double n = f->count_given(&l, ahead, clm_rng_uniform(&rng), clm_rng_uniform(&rng));

        sample_mean_add(&purchases, alive * f->purchases_given(&l, ahead, 0));
        sample_mean_add(&discounted, alive * f->purchases_given(&l, ahead, delta));
        sample_mean_add(&endless, alive * f->purchases_given(&l, INFINITY, delta));
        sample_mean_add(&count, alive * n);
        sample_mean_add(&active, alive * (n > 0));
    }
    f->expected_purchases(params, c, ahead, &want);
    is_mean(&purchases, want, "%s: %s averaged over the posterior", f->name, "purchases given");
    is_mean(&count, want, "%s: %s averaged over the posterior", f->name, "count given");
    f->p_active(params, c, ahead, &want);
    is_mean(&active, want, "%s: %s averaged over the posterior", f->name, "a count above 0");
    f->discounted_purchases(params, c, ahead, delta, &want);
    is_mean(&discounted, want, "%s: %s averaged over the posterior", f->name, "discounted purchases given");
    f->discounted_purchases(params, c, INFINITY, delta, &want);
    is_mean(&endless, want, "%s: %s averaged over the posterior", f->name, "endless purchases given");
}

#endif
