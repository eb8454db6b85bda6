/*
 * Maximum-likelihood fits of customer families and of gamma-gamma.
 *
 * Climbing from several starts happens on at most FEW_GROUPS groups. Of a larger sample these are every k-th
 * customer in sorted order, so that they are alike in x and T; the whole sample then only refines what they
 * give.
 */
#include "fit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "maximise.h"
#include "models/gamma_gamma.h"

#define FEW_GROUPS 10000
#define MOST_STARTS 8

/* Every step-th customer, from the middle of the first step on; step = 1 is all of them. */
typedef struct thinning {
    int64_t step, before; /* before: customers passed so far */
} thinning;

static thinning
thinning_of(size_t n_groups, double customers)
{
    double step = ceil(customers / FEW_GROUPS);

    return (thinning){.step = n_groups <= FEW_GROUPS ? 1 : (int64_t)step};
}

/* How many of the chosen customers are among the next `weight` ones. */
static int64_t
thinning_take(thinning *thin, int64_t weight)
{
    int64_t chosen = (thin->before + thin->step / 2) / thin->step;

    thin->before += weight;
    return (thin->before + thin->step / 2) / thin->step - chosen;
}

/* At most FEW_GROUPS + 1 groups. */
static size_t
thin_customers(const customer_sample *all, double unit, customer_group *thinned)
{
    thinning thin = thinning_of(all->n, all->customers);
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++) {
        const customer_group *group = &all->groups[i];
        int64_t weight = thinning_take(&thin, group->weight);

        if (weight > 0)
            thinned[n++] = (customer_group){
                .of = {.x = group->of.x, .t_x = group->of.t_x / unit, .t = group->of.t / unit},
                .weight = weight,
            };
    }
    return n;
}

static size_t
thin_spend(const spend_sample *all, spend_group *thinned)
{
    thinning thin = thinning_of(all->n, all->customers);
    size_t n = 0;

    for (size_t i = 0; i < all->n; i++) {
        int64_t weight = thinning_take(&thin, all->groups[i].weight);

        if (weight > 0) {
            thinned[n] = all->groups[i];
            thinned[n++].weight = weight;
        }
    }
    return n;
}

/* Maximum over the whole sample, by way of the part where there is one; where the part has no maximum, the
 * whole may still have one. */
static clm_status
maximise_by_part(likelihood *whole, likelihood *part, int n_starts, const double starts[][CLM_MAX_PARAMS],
                 optimum *o)
{
    clm_status status;

    if (part == NULL)
        return maximise(whole, n_starts, starts, o);
    status = maximise(part, n_starts, starts, o);
    if (status == CLM_OK) {
        for (int i = 0; i < whole->nparams * whole->nparams; i++)
            o->information[i] *= whole->customers / part->customers;
        return maximise_refine(whole, o);
    }
    if (status == CLM_STOPPED || status == CLM_NO_MEMORY)
        return status;
    return maximise(whole, n_starts, starts, o);
}

static clm_status
fill_fit(const likelihood *f, const optimum *o, model_fit *fit)
{
    *fit = (model_fit){.nparams = f->nparams,
                       .log_likelihood = o->value,
                       .customers = (int64_t)f->customers,
                       .evaluations = f->evaluations};
    likelihood_params(f, o->theta, fit->params);
    for (int i = 0; i < f->nparams; i++)
        if (!(fit->params[i] > 0.0 && isfinite(fit->params[i])))
            return CLM_OVERFLOW;
    return optimum_standard_errors(f, o, fit->se);
}

/* A family and the sample it is fitted to. */
typedef struct customer_problem {
    const customer_family *family;
    const customer_sample *sample;
} customer_problem;

static clm_status
evaluate_customers(const void *data, const double *params, double *value, double *gradient,
                   const clm_stop *stop)
{
    const customer_problem *problem = data;

    if (!problem->family->valid(params))
        return CLM_DOMAIN;
    return problem->family->log_likelihood(problem->sample, params, value, gradient, stop);
}

static likelihood
customer_likelihood(const customer_problem *problem, double unit, const clm_stop *stop)
{
    likelihood f = {.nparams = problem->family->nparams,
                    .evaluate = evaluate_customers,
                    .sample = problem,
                    .customers = problem->sample->customers,
                    .stop = stop};

    for (int i = 0; i < f.nparams; i++)
        f.unit[i] = pow(unit, problem->family->time_power[i]);
    return f;
}

/* Fits to a sample with the largest time `unit`, and to the same, or a part of it, in that unit. */
static clm_status
fit_customer_samples(const customer_family *family, const customer_sample *all, double unit,
                     const customer_sample *scaled, const clm_stop *stop, model_fit *fit)
{
    customer_problem whole_problem = {family, all}, part_problem = {family, scaled};
    likelihood whole = customer_likelihood(&whole_problem, unit, stop);
    likelihood part = customer_likelihood(&part_problem, 1.0, stop);
    double starts[MOST_STARTS][CLM_MAX_PARAMS];
    int n_starts = family->starts(scaled, MOST_STARTS, starts);
    optimum o = {0};
    clm_status status = maximise_by_part(&whole, all->n > FEW_GROUPS ? &part : NULL, n_starts, starts, &o);

    return status == CLM_OK ? fill_fit(&whole, &o, fit) : status;
}

static clm_status
fit_customer_sample(const customer_family *family, const customer_sample *all, const clm_stop *stop,
                    model_fit *fit)
{
    customer_group *thinned;
    customer_sample scaled;
    double unit = 0.0;
    clm_status status;

    for (size_t i = 0; i < all->n_t; i++)
        unit = fmax(unit, all->t_values[i]);
    if (all->customers < 2.0)
        return CLM_FIT_TOO_FEW;
    if (all->max_x == 0)
        return CLM_FIT_NO_REPEAT;
    if (unit == 0.0) /* all purchases at once: any rate is too low */
        return CLM_FIT_BORDER;

    thinned = malloc((FEW_GROUPS + 1) * sizeof(*thinned));
    if (thinned == NULL)
        return CLM_NO_MEMORY;
    status = customer_sample_build(thinned, thin_customers(all, unit, thinned), stop, &scaled);
    if (status == CLM_OK) {
        status = fit_customer_samples(family, all, unit, &scaled, stop, fit);
        customer_sample_free(&scaled);
    }
    free(thinned);
    return status;
}

clm_status
fit_customer_family(const customer_family *family, customer_group *groups, size_t *n, const clm_stop *stop,
                    model_fit *fit)
{
    customer_sample sample;
    clm_status status = customer_groups_merge(groups, n, stop);

    if (status == CLM_OK)
        status = customer_sample_build(groups, *n, stop, &sample);
    if (status != CLM_OK)
        return status;
    status = fit_customer_sample(family, &sample, stop, fit);
    customer_sample_free(&sample);
    return status;
}

static clm_status
evaluate_spend(const void *data, const double *params, double *value, double *gradient, const clm_stop *stop)
{
    return gamma_gamma_log_likelihood(data, params, value, gradient, stop);
}

static likelihood
spend_likelihood(const spend_sample *sample, double unit, const clm_stop *stop)
{
    return (likelihood){.nparams = GAMMA_GAMMA_NPARAMS,
                        .evaluate = evaluate_spend,
                        .sample = sample,
                        .customers = sample->customers,
                        .unit = {1.0, 1.0, unit},
                        .stop = stop};
}

/* The surface has a long ridge (p grows while q and gamma fall, and the reverse): starts lie along it, all
 * with a typical spend q gamma^-1 p = 1. */
static const double spend_starts[][CLM_MAX_PARAMS] = {
    {6.0, 4.0, 4.0 / 6.0}, {1.0, 3.0, 3.0}, {40.0, 3.0, 3.0 / 40.0}, {3.0, 30.0, 10.0}};

static bool
all_spend_the_same(const spend_sample *sample)
{
    for (size_t i = 1; i < sample->n; i++)
        if (sample->groups[i].m != sample->groups[0].m)
            return false;
    return true;
}

static clm_status
fit_spend_sample(const spend_sample *all, const clm_stop *stop, model_fit *fit)
{
    /* A typical spend rather than the mean, which a single order can move. */
    double unit = exp(all->mean_log_m);
    likelihood whole = spend_likelihood(all, unit, stop), part;
    spend_group *thinned;
    spend_sample thin;
    optimum o = {0};
    clm_status status;

    if (all->n == 0)
        return CLM_FIT_NO_REPEAT;
    if (all->customers < 2.0)
        return CLM_FIT_TOO_FEW;
    if (all_spend_the_same(all))
        return CLM_FIT_NO_SPREAD;

    thinned = malloc((FEW_GROUPS + 1) * sizeof(*thinned));
    if (thinned == NULL)
        return CLM_NO_MEMORY;
    status = spend_sample_build(thinned, thin_spend(all, thinned), stop, &thin);
    if (status == CLM_OK) {
        part = spend_likelihood(&thin, unit, stop);
        status = maximise_by_part(&whole, all->n > FEW_GROUPS ? &part : NULL,
                                  sizeof(spend_starts) / sizeof(spend_starts[0]), spend_starts, &o);
        spend_sample_free(&thin);
    }
    free(thinned);
    return status == CLM_OK ? fill_fit(&whole, &o, fit) : status;
}

clm_status
fit_spend(spend_group *groups, size_t *n, const clm_stop *stop, model_fit *fit)
{
    spend_sample sample;
    clm_status status = spend_groups_merge(groups, n, stop);

    if (status == CLM_OK)
        status = spend_sample_build(groups, *n, stop, &sample);
    if (status != CLM_OK)
        return status;
    status = fit_spend_sample(&sample, stop, fit);
    spend_sample_free(&sample);
    return status;
}
