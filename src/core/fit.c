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

#include "models/gamma_gamma.h"

#define FEW_GROUPS 10000

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

clm_status
maximise_by_part(likelihood *whole, likelihood *part, int n_starts, double starts[][MAXIMISE_PARAMS],
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

clm_status
fit_from_optimum(const likelihood *f, const optimum *o, int first, model_fit *fit)
{
    *fit = (model_fit){.nparams = first + f->nparams,
                       .log_likelihood = o->value - likelihood_log_prior(f, o->theta),
                       .customers = (int64_t)f->customers,
                       .evaluations = f->evaluations};
    likelihood_params(f, o->theta, fit->params + first);
    for (int i = first; i < fit->nparams; i++)
        if (!(fit->params[i] > 0.0 && isfinite(fit->params[i])))
            return CLM_OVERFLOW;
    return optimum_standard_errors(f, o, fit->se + first);
}

/* ---- customer families ---- */

/* A family, with its k where it has one, and the sample it is fitted to. */
typedef struct customer_problem {
    const customer_family *family;
    double k;
    const customer_sample *sample;
} customer_problem;

/* How many parameters come before those that the optimiser moves. */
static int
first_free(const customer_family *family)
{
    return family->regular ? 1 : 0;
}

static clm_status
evaluate_customers(const void *data, const double *params, double *value, double *gradient,
                   const clm_stop *stop)
{
    const customer_problem *problem = data;
    const customer_family *family = problem->family;
    int first = first_free(family), n = family->nparams - first;
    double all[CLM_MAX_PARAMS] = {problem->k}, by_all[CLM_MAX_PARAMS];
    clm_status status;

    memcpy(all + first, params, (size_t)n * sizeof(*params));
    if (!family->valid(all))
        return CLM_DOMAIN;
    status = family->log_likelihood(problem->sample, all, value, by_all, stop);
    if (status == CLM_OK)
        memcpy(gradient, by_all + first, (size_t)n * sizeof(*gradient));
    return status;
}

static likelihood
customer_likelihood(const customer_problem *problem, double unit, double prior, const clm_stop *stop)
{
    int first = first_free(problem->family), n = problem->family->nparams - first;
    likelihood f = {.nparams = n,
                    .npositive = n,
                    .prior = prior,
                    .evaluate = evaluate_customers,
                    .sample = problem,
                    .customers = problem->sample->customers,
                    .stop = stop};

    for (int i = 0; i < n; i++)
        f.unit[i] = pow(unit, problem->family->time_power[first + i]);
    return f;
}

double
fit_time_unit(const customer_family *family, const customer_sample *sample)
{
    double unit = 0.0;

    if (family->discrete)
        return 1.0;
    for (size_t i = 0; i < sample->n_t; i++)
        unit = fmax(unit, sample->t_values[i]);
    return unit;
}

int
fit_starts(const customer_family *family, const customer_sample *scaled, double starts[][MAXIMISE_PARAMS])
{
    double params[FIT_STARTS][CLM_MAX_PARAMS];
    int first = first_free(family), n = family->starts(scaled, FIT_STARTS, params);

    for (int s = 0; s < n; s++)
        for (int i = first; i < family->nparams; i++)
            starts[s][i - first] = log(params[s][i]);
    return n;
}

/* How a family is fitted to a sample: the whole, and the same, or a part of it, with the unit of time 1. */
typedef struct customer_fit {
    const customer_family *family;
    const customer_sample *all, *scaled;
    double unit, prior;
    const clm_stop *stop;
} customer_fit;

/* Hidden steps come k times as often as purchases, for which the family's starting points are. */
static void
start_with_k(const customer_fit *c, int k, double starts[][MAXIMISE_PARAMS], int n_starts)
{
    int first = first_free(c->family);

    for (int s = 0; s < n_starts && k > 1; s++)
        for (int i = first; i < c->family->nparams; i++)
            starts[s][i - first] -= c->family->time_power[i] * log(k);
}

/* k is 0 where the family has none. */
static clm_status
fit_with_k(const customer_fit *c, int k, model_fit *fit)
{
    customer_problem whole_problem = {c->family, k, c->all}, part_problem = {c->family, k, c->scaled};
    likelihood whole = customer_likelihood(&whole_problem, c->unit, c->prior, c->stop);
    likelihood part = customer_likelihood(&part_problem, 1.0, c->prior, c->stop);
    double starts[FIT_STARTS][MAXIMISE_PARAMS];
    int n_starts = fit_starts(c->family, c->scaled, starts);
    optimum o = {0};
    clm_status status;

    start_with_k(c, k, starts, n_starts);
    memcpy(whole.centre, starts[0], sizeof(whole.centre));
    memcpy(part.centre, starts[0], sizeof(part.centre));
    status = maximise_by_part(&whole, c->all->n > FEW_GROUPS ? &part : NULL, n_starts, starts, &o);
    if (status == CLM_OK)
        status = fit_from_optimum(&whole, &o, first_free(c->family), fit);
    if (k > 0)
        fit->params[0] = k;
    return status;
}

/* The likelihood rises with k up to the regularity of the customers and falls beyond it. */
static clm_status
fit_regular(const customer_fit *c, model_fit *fit)
{
    clm_status first_status = CLM_OK;
    bool found = false;
    int evaluations = 0;

    for (int k = 1, falls = 0; k <= CLM_MAX_REGULARITY && falls < 2; k++) {
        model_fit at_k = {0};
        clm_status status = fit_with_k(c, k, &at_k);

        if (status == CLM_STOPPED || status == CLM_NO_MEMORY)
            return status;
        if (k == 1)
            first_status = status;
        evaluations += at_k.evaluations;
        if (status != CLM_OK || (found && at_k.log_likelihood <= fit->log_likelihood)) {
            falls++;
            continue;
        }
        falls = 0;
        found = true;
        *fit = at_k;
    }
    fit->evaluations = evaluations;
    return found ? CLM_OK : first_status;
}

static clm_status
fit_customer_sample(const customer_family *family, const customer_sample *all, double prior,
                    const clm_stop *stop, model_fit *fit)
{
    customer_fit c = {family, all, NULL, fit_time_unit(family, all), prior, stop};
    customer_group *thinned;
    customer_sample scaled;
    clm_status status;

    if (all->customers < 2.0)
        return CLM_FIT_TOO_FEW;
    if (all->max_x == 0)
        return CLM_FIT_NO_REPEAT;
    if (c.unit == 0.0) /* all purchases at once: any rate is too low */
        return CLM_FIT_BORDER;

    thinned = malloc((FEW_GROUPS + 1) * sizeof(*thinned));
    if (thinned == NULL)
        return CLM_NO_MEMORY;
    status = customer_sample_build(thinned, thin_customers(all, c.unit, thinned), stop, &scaled);
    if (status == CLM_OK) {
        c.scaled = &scaled;
        status = family->regular ? fit_regular(&c, fit) : fit_with_k(&c, 0, fit);
        customer_sample_free(&scaled);
    }
    free(thinned);
    return status;
}

/* Merged groups as a sample. CLM_DOMAIN where the family cannot take them. */
static clm_status
build_sample(const customer_family *family, customer_data *data, const clm_stop *stop,
             customer_sample *sample)
{
    clm_status status;

    if (family->regular && !data->has_gaps)
        return CLM_DOMAIN;
    status = customer_groups_merge(data->groups, &data->n, stop);
    if (status == CLM_OK)
        status = customer_sample_build(data->groups, data->n, stop, sample);
    if (status == CLM_OK)
        sample->log_gaps = data->log_gaps;
    return status;
}

clm_status
fit_customer_family(const customer_family *family, customer_data *data, double prior, const clm_stop *stop,
                    model_fit *fit)
{
    customer_sample sample;
    clm_status status = build_sample(family, data, stop, &sample);

    if (status != CLM_OK)
        return status;
    status = fit_customer_sample(family, &sample, prior, stop, fit);
    customer_sample_free(&sample);
    return status;
}

clm_status
customer_log_likelihood(const customer_family *family, const double *params, customer_data *data,
                        const clm_stop *stop, double *value)
{
    customer_sample sample;
    clm_status status = build_sample(family, data, stop, &sample);

    if (status != CLM_OK)
        return status;
    status = family->log_likelihood(&sample, params, value, NULL, stop);
    customer_sample_free(&sample);
    return status;
}

/* ---- spend ---- */

static clm_status
evaluate_spend(const void *data, const double *params, double *value, double *gradient, const clm_stop *stop)
{
    return gamma_gamma_log_likelihood(data, params, value, gradient, stop);
}

/* The surface has a long ridge (p grows while q and gamma fall, and the reverse): starts lie along it, all
 * with a typical spend q gamma^-1 p = 1. */
#define SPEND_STARTS 4
static const double spend_starts[SPEND_STARTS][GAMMA_GAMMA_NPARAMS] = {
    {6.0, 4.0, 4.0 / 6.0}, {1.0, 3.0, 3.0}, {40.0, 3.0, 3.0 / 40.0}, {3.0, 30.0, 10.0}};

static likelihood
spend_likelihood(const spend_sample *sample, double unit, double prior, const clm_stop *stop)
{
    likelihood f = {.nparams = GAMMA_GAMMA_NPARAMS,
                    .npositive = GAMMA_GAMMA_NPARAMS,
                    .prior = prior,
                    .evaluate = evaluate_spend,
                    .sample = sample,
                    .customers = sample->customers,
                    .unit = {1.0, 1.0, unit},
                    .stop = stop};

    for (int i = 0; i < f.nparams; i++)
        f.centre[i] = log(spend_starts[0][i]);
    return f;
}

static bool
all_spend_the_same(const spend_sample *sample)
{
    for (size_t i = 1; i < sample->n; i++)
        if (sample->groups[i].m != sample->groups[0].m)
            return false;
    return true;
}

static clm_status
fit_spend_sample(const spend_sample *all, double prior, const clm_stop *stop, model_fit *fit)
{
    /* A typical spend rather than the mean, which a single order can move. */
    double unit = exp(all->mean_log_m);
    likelihood whole = spend_likelihood(all, unit, prior, stop), part;
    double starts[SPEND_STARTS][MAXIMISE_PARAMS];
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

    for (int s = 0; s < SPEND_STARTS; s++)
        for (int i = 0; i < GAMMA_GAMMA_NPARAMS; i++)
            starts[s][i] = log(spend_starts[s][i]);
    thinned = malloc((FEW_GROUPS + 1) * sizeof(*thinned));
    if (thinned == NULL)
        return CLM_NO_MEMORY;
    status = spend_sample_build(thinned, thin_spend(all, thinned), stop, &thin);
    if (status == CLM_OK) {
        part = spend_likelihood(&thin, unit, prior, stop);
        status = maximise_by_part(&whole, all->n > FEW_GROUPS ? &part : NULL, SPEND_STARTS, starts, &o);
        spend_sample_free(&thin);
    }
    free(thinned);
    return status == CLM_OK ? fit_from_optimum(&whole, &o, 0, fit) : status;
}

clm_status
fit_spend(spend_group *groups, size_t *n, double prior, const clm_stop *stop, model_fit *fit)
{
    spend_sample sample;
    clm_status status = spend_groups_merge(groups, n, stop);

    if (status == CLM_OK)
        status = spend_sample_build(groups, *n, stop, &sample);
    if (status != CLM_OK)
        return status;
    status = fit_spend_sample(&sample, prior, stop, fit);
    spend_sample_free(&sample);
    return status;
}
