/*
 * Fits with covariates that do not change over time: a customer's own parameters are those of the base times
 * exp(power effects' z), with separate effects on purchase and on drop-out (Fader & Hardie 2007, "Incorporating
 * time-invariant covariates into the Pareto/NBD and BG/NBD models").
 */
#ifndef CLM_COVARIATE_FIT_H
#define CLM_COVARIATE_FIT_H

#include "core.h"
#include "fit.h"

/* Customers with their covariates. */
typedef struct covariate_data {
    int ncovariates;        /* 1 to CLM_MAX_COVARIATES */
    size_t n;               /* customers */
    customer_group *groups; /* n of them */
    const double *z;        /* n x ncovariates, row by row, finite */
} covariate_data;

/*
 * Parameters of a customer with covariates z, given those of z = 0 and the effects (on purchase, then on
 * drop-out). CLM_DOMAIN where the family takes no covariates, CLM_OVERFLOW where a parameter leaves the range.
 */
extern clm_status covariate_params(const customer_family *family, const double *params, int ncovariates,
                                   const double *effects, const double *z, double *own);

/*
 * Fits a family that takes covariates; the groups stay as they are. The prior is as in fit_customer_family, and
 * of the effects, a standard deviation of the covariate each, around 0. *culprit is the covariate (from 0) that is
 * constant, with CLM_FIT_CONSTANT, or a combination of those before, with CLM_FIT_COLLINEAR. Errors otherwise as fit_customer_family.
 */
extern clm_status fit_with_covariates(const customer_family *family, const covariate_data *data, double prior,
                                      const clm_stop *stop, model_fit *fit, int *culprit);

#endif
