/*
 * Which family describes customers best.
 */
#include "choice.h"

#include <math.h>

double
fit_bic(double log_likelihood, int nparams, double observations)
{
    return nparams * log(observations) - 2.0 * log_likelihood;
}

static bool
takes(const customer_family *family, const customer_family *only, const choice_data *data)
{
    return only != NULL ? family == only : !family->discrete && (!family->regular || data->all->has_gaps);
}

/* The hold-out score of a family. */
static clm_status
score_holdout(const customer_family *family, const choice_data *data, double prior, const clm_stop *stop,
              double *score)
{
    model_fit fit;
    double before = 0.0, upto_end = 0.0;
    clm_status status = fit_customer_family(family, data->calibration, prior, stop, &fit);

    if (status == CLM_OK)
        status = customer_log_likelihood(family, fit.params, data->calibration, stop, &before);
    if (status == CLM_OK)
        status = customer_log_likelihood(family, fit.params, data->later, stop, &upto_end);
    *score = upto_end - before;
    return status;
}

/* The criterion of one family; by BIC with its fit to all. */
static clm_status
try_family(const choice_data *data, double prior, const clm_stop *stop, tried_family *tried, model_fit *fit)
{
    if (data->calibration != NULL)
        return score_holdout(tried->family, data, prior, stop, &tried->criterion);
    tried->status = fit_customer_family(tried->family, data->all, prior, stop, fit);
    if (tried->status == CLM_OK)
        tried->criterion = fit_bic(fit->log_likelihood, fit->nparams, (double)fit->customers);
    return tried->status;
}

/* A family that is better by less is no better: with k = 1 a regular one is the same as the plain one. */
#define TIE 1e-3

static bool
better(const choice_data *data, double criterion, double than)
{
    return data->calibration != NULL ? criterion > than + TIE : criterion < than - TIE;
}

static bool
is_final(clm_status status)
{
    return status == CLM_STOPPED || status == CLM_NO_MEMORY;
}

/* Tries each family that takes the data. */
static clm_status
try_families(const customer_family *only, const choice_data *data, double prior, const clm_stop *stop,
             family_choice *choice)
{
    for (const customer_family *const *family = customer_families; *family != NULL; family++) {
        tried_family *tried = &choice->tried[choice->n];
        model_fit fit;

        if (!takes(*family, only, data))
            continue;
        *tried = (tried_family){.family = *family};
        tried->status = try_family(data, prior, stop, tried, &fit);
        if (is_final(tried->status))
            return tried->status;
        choice->n++;
        if (tried->status != CLM_OK ||
            (choice->best >= 0 && !better(data, tried->criterion, choice->tried[choice->best].criterion)))
            continue;
        choice->best = choice->n - 1;
        choice->fit = fit;
    }
    return CLM_OK;
}

/* The best of those that could be fitted so far; -1 where there is none. */
static int
find_best(const choice_data *data, const family_choice *choice)
{
    int best = -1;

    for (int i = 0; i < choice->n; i++)
        if (choice->tried[i].status == CLM_OK &&
            (best < 0 || better(data, choice->tried[i].criterion, choice->tried[best].criterion)))
            best = i;
    return best;
}

/* After a hold-out the best family is fitted to all; one that cannot be gives way to the next best. */
static clm_status
fit_best_to_all(const choice_data *data, double prior, const clm_stop *stop, family_choice *choice)
{
    clm_status first = CLM_OK;

    for (; choice->best >= 0; choice->best = find_best(data, choice)) {
        tried_family *best = &choice->tried[choice->best];

        best->status = fit_customer_family(best->family, data->all, prior, stop, &choice->fit);
        if (best->status == CLM_OK || is_final(best->status))
            return best->status;
        if (first == CLM_OK)
            first = best->status;
    }
    return first;
}

clm_status
choose_family(const customer_family *only, const choice_data *data, double prior, const clm_stop *stop,
              family_choice *choice)
{
    clm_status status;

    *choice = (family_choice){.best = -1};
    status = try_families(only, data, prior, stop, choice);
    if (status != CLM_OK)
        return status;
    if (choice->best < 0)
        return choice->tried[0].status;
    return data->calibration == NULL ? CLM_OK : fit_best_to_all(data, prior, stop, choice);
}
