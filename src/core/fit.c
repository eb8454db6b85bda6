/*
 * Maximum-likelihood fits of customer families and of gamma-gamma.
 *
 * Climbing from several starts happens on at most FEW_GROUPS groups. Of a larger sample these are every k-th
 * customer in sorted order, so that they are alike in x and T; the whole sample then only refines what they
 * give. Of customers that lie elsewhere it is a picture of them with rounded numbers.
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
    /* Each step of a climb over data that lie elsewhere is a pass over them. */
    return maximise(whole, whole->evaluate_points != NULL ? 1 : n_starts, starts, o);
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

/* A family, with its k where it has one, and the customers it is fitted to: a sample, or a source. */
typedef struct customer_problem {
    const customer_family *family;
    double k;
    const customer_sample *sample;
    const customer_source *source;
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

static clm_status
evaluate_source(const void *data, int n, double params[][MAXIMISE_PARAMS], double *values,
                double gradients[][MAXIMISE_PARAMS], const clm_stop *stop)
{
    const customer_problem *problem = data;
    const customer_family *family = problem->family;
    size_t first = (size_t)first_free(family), size = ((size_t)family->nparams - first) * sizeof(double);
    double all[MAXIMISE_POINTS][CLM_MAX_PARAMS], by_all[MAXIMISE_POINTS][CLM_MAX_PARAMS];
    clm_status status;

    if (clm_stop_requested(stop))
        return CLM_STOPPED;
    for (int i = 0; i < n; i++) {
        all[i][0] = problem->k;
        memcpy(all[i] + first, params[i], size);
        if (!family->valid(all[i]))
            return CLM_DOMAIN;
    }
    status = problem->source->evaluate(problem->source->arg, n, all, values, by_all);
    for (int i = 0; i < n && status == CLM_OK; i++)
        memcpy(gradients[i], by_all[i] + first, size);
    return status;
}

static likelihood
customer_likelihood(const customer_problem *problem, double unit, double prior, const clm_stop *stop)
{
    int first = first_free(problem->family), n = problem->family->nparams - first;
    likelihood f = {.nparams = n, .npositive = n, .prior = prior, .sample = problem, .stop = stop};

    if (problem->source != NULL) {
        f.evaluate_points = evaluate_source;
        f.customers = problem->source->moments.customers;
    } else {
        f.evaluate = evaluate_customers;
        f.customers = problem->sample->customers;
    }
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
fit_starts(const customer_family *family, const customer_moments *scaled, double starts[][MAXIMISE_PARAMS])
{
    double params[FIT_STARTS][CLM_MAX_PARAMS];
    int first = first_free(family), n = family->starts(scaled, FIT_STARTS, params);

    for (int s = 0; s < n; s++)
        for (int i = first; i < family->nparams; i++)
            starts[s][i - first] = log(params[s][i]);
    return n;
}

/* How a family is fitted to a sample or a source: the whole, and a part of it with the unit of time 1. */
typedef struct customer_fit {
    const customer_family *family;
    const customer_sample *all; /* or */
    const customer_source *source;
    customer_moments moments; /* of all, with the unit of time 1 */
    customer_sample scaled;   /* all where `is_all` */
    bool is_all;
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
    customer_problem whole_problem = {c->family, k, c->all, c->source};
    customer_problem part_problem = {c->family, k, &c->scaled, NULL};
    likelihood whole = customer_likelihood(&whole_problem, c->unit, c->prior, c->stop);
    likelihood part = customer_likelihood(&part_problem, 1.0, c->prior, c->stop);
    double starts[FIT_STARTS][MAXIMISE_PARAMS];
    int n_starts = fit_starts(c->family, &c->moments, starts);
    optimum o = {0};
    clm_status status;

    start_with_k(c, k, starts, n_starts);
    memcpy(whole.centre, starts[0], sizeof(whole.centre));
    memcpy(part.centre, starts[0], sizeof(part.centre));
    status = maximise_by_part(&whole, c->is_all ? NULL : &part, n_starts, starts, &o);
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

/* Fits with all known but the scaled part, which the groups give. */
static clm_status
fit_by_part(customer_fit *c, const customer_group *groups, size_t n, model_fit *fit)
{
    clm_status status = customer_sample_build(groups, n, c->stop, &c->scaled);

    if (status != CLM_OK)
        return status;
    status = c->family->regular ? fit_regular(c, fit) : fit_with_k(c, 0, fit);
    customer_sample_free(&c->scaled);
    return status;
}

static clm_status
check_moments(const customer_moments *moments, double unit)
{
    if (moments->customers < 2.0)
        return CLM_FIT_TOO_FEW;
    if (moments->x == 0.0)
        return CLM_FIT_NO_REPEAT;
    return unit == 0.0 ? CLM_FIT_BORDER : CLM_OK; /* all purchases at once: any rate is too low */
}

static clm_status
fit_customer_sample(const customer_family *family, const customer_sample *all, double prior,
                    const clm_stop *stop, model_fit *fit)
{
    customer_fit c = {.family = family,
                      .all = all,
                      .is_all = all->n <= FEW_GROUPS,
                      .unit = fit_time_unit(family, all),
                      .prior = prior,
                      .stop = stop};
    customer_group *thinned;
    clm_status status;

    c.moments = customer_sample_moments(all, c.unit);
    status = check_moments(&c.moments, c.unit);
    if (status != CLM_OK)
        return status;
    thinned = malloc((FEW_GROUPS + 1) * sizeof(*thinned));
    if (thinned == NULL)
        return CLM_NO_MEMORY;
    status = fit_by_part(&c, thinned, thin_customers(all, c.unit, thinned), fit);
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
fit_customer_source(const customer_family *family, customer_source *source, double prior,
                    const clm_stop *stop, model_fit *fit)
{
    customer_fit c = {.family = family,
                      .source = source,
                      .moments = source->moments,
                      .unit = family->discrete ? 1.0 : source->longest,
                      .prior = prior,
                      .stop = stop};
    clm_status status = check_moments(&c.moments, c.unit);

    if (status == CLM_OK)
        status = customer_groups_merge(source->picture, &source->n, stop);
    if (status != CLM_OK)
        return status;
    c.moments.t_x /= c.unit;
    c.moments.t /= c.unit;
    for (size_t i = 0; i < source->n; i++) {
        source->picture[i].of.t_x /= c.unit;
        source->picture[i].of.t /= c.unit;
    }
    return fit_by_part(&c, source->picture, source->n, fit);
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

static clm_status
evaluate_spend_source(const void *data, int n, double params[][MAXIMISE_PARAMS], double *values,
                      double gradients[][MAXIMISE_PARAMS], const clm_stop *stop)
{
    const spend_source *source = data;
    double all[MAXIMISE_POINTS][CLM_MAX_PARAMS], by_all[MAXIMISE_POINTS][CLM_MAX_PARAMS];
    clm_status status;

    if (clm_stop_requested(stop))
        return CLM_STOPPED;
    for (int i = 0; i < n; i++) {
        memcpy(all[i], params[i], GAMMA_GAMMA_NPARAMS * sizeof(double));
        if (!gamma_gamma_valid(all[i]))
            return CLM_DOMAIN;
    }
    status = source->evaluate(source->arg, n, all, values, by_all);
    for (int i = 0; i < n && status == CLM_OK; i++)
        memcpy(gradients[i], by_all[i], GAMMA_GAMMA_NPARAMS * sizeof(double));
    return status;
}

/* Without the way to evaluate it. */
static likelihood
spend_likelihood(double customers, double unit, double prior, const clm_stop *stop)
{
    likelihood f = {.nparams = GAMMA_GAMMA_NPARAMS,
                    .npositive = GAMMA_GAMMA_NPARAMS,
                    .prior = prior,
                    .customers = customers,
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

/* Fits a likelihood by way of the groups of a part, or, where is_all, without it. */
static clm_status
fit_spend_by_part(likelihood *whole, const spend_group *groups, size_t n, bool is_all, model_fit *fit)
{
    likelihood part = spend_likelihood(0.0, whole->unit[2], whole->prior, whole->stop);
    double starts[SPEND_STARTS][MAXIMISE_PARAMS];
    spend_sample thin;
    optimum o = {0};
    clm_status status = spend_sample_build(groups, n, whole->stop, &thin);

    if (status != CLM_OK)
        return status;
    for (int s = 0; s < SPEND_STARTS; s++)
        for (int i = 0; i < GAMMA_GAMMA_NPARAMS; i++)
            starts[s][i] = log(spend_starts[s][i]);
    part.evaluate = evaluate_spend;
    part.sample = &thin;
    part.customers = thin.customers;
    status = maximise_by_part(whole, is_all ? NULL : &part, SPEND_STARTS, starts, &o);
    spend_sample_free(&thin);
    return status == CLM_OK ? fit_from_optimum(whole, &o, 0, fit) : status;
}

static clm_status
fit_spend_sample(const spend_sample *all, double prior, const clm_stop *stop, model_fit *fit)
{
    /* A typical spend rather than the mean, which a single order can move. */
    likelihood whole = spend_likelihood(all->customers, exp(all->mean_log_m), prior, stop);
    spend_group *thinned;
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
    whole.evaluate = evaluate_spend;
    whole.sample = all;
    status = fit_spend_by_part(&whole, thinned, thin_spend(all, thinned), all->n <= FEW_GROUPS, fit);
    free(thinned);
    return status;
}

clm_status
fit_spend_source(spend_source *source, double prior, const clm_stop *stop, model_fit *fit)
{
    likelihood whole = spend_likelihood(source->customers, exp(source->mean_log_m), prior, stop);
    clm_status status;

    if (source->customers == 0.0)
        return CLM_FIT_NO_REPEAT;
    if (source->customers < 2.0)
        return CLM_FIT_TOO_FEW;
    if (source->least == source->largest)
        return CLM_FIT_NO_SPREAD;
    status = spend_groups_merge(source->picture, &source->n, stop);
    if (status != CLM_OK)
        return status;
    whole.evaluate_points = evaluate_spend_source;
    whole.sample = source;
    return fit_spend_by_part(&whole, source->picture, source->n, false, fit);
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
