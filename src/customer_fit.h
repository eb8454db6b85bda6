/*
 * What the outcome of a fit means to the user: errors with hints, and a model without its spend part.
 */
#ifndef CLM_CUSTOMER_FIT_H
#define CLM_CUSTOMER_FIT_H

#include "clm.h"

#include "core/fit.h"

/* Throws what a failed fit of the purchases means to the user. */
extern void check_customer_fit(clm_status status, const char *family);

/*
 * Whether the spend part of a model could be fitted, by the status of its fit. Where it cannot be trusted the purchases can, and serve all scores but those with
 * money in them: the model then carries no spend, which the functions that need it say, and a WARNING tells
 * why here.
 */
extern bool check_spend_fit(clm_status status);

/* Fits it to groups; whether it could be. */
extern bool fit_spend_part(spend_group *groups, size_t *n, float8 prior, model_fit *fit);

#endif
