/*
 * Maximum-likelihood fits: a customer family to summaries, gamma-gamma to spend.
 */
#ifndef CLM_FIT_H
#define CLM_FIT_H

#include "core.h"
#include "sample.h"
#include "models/family.h"

typedef struct model_fit {
    int nparams;
    double params[CLM_MAX_PARAMS]; /* in the units of the groups given */
    double se[CLM_MAX_PARAMS];
    double log_likelihood;
    int64_t customers;
    int evaluations; /* of the likelihood over the whole sample */
} model_fit;

/*
 * Fits the family to n groups in any order, equal ones allowed; sorts and merges them in place (*n shrinks),
 * so the result does not depend on their order. The log-likelihood is a density in the units of the groups.
 * Errors: CLM_DOMAIN (a group outside its domain), CLM_STOPPED (the groups are then the same customers in
 * some order), CLM_NO_MEMORY, CLM_OVERFLOW and the CLM_FIT_ codes.
 */
extern clm_status fit_customer_family(const customer_family *family, customer_group *groups, size_t *n,
                                      const clm_stop *stop, model_fit *fit);

/* The same for the gamma-gamma model of spend: params p, q, gamma. CLM_FIT_NO_REPEAT where *n = 0,
 * CLM_FIT_NO_SPREAD where all mean spends are the same. */
extern clm_status fit_spend(spend_group *groups, size_t *n, const clm_stop *stop, model_fit *fit);

#endif
