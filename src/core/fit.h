/*
 * Maximum-likelihood fits: a customer family to summaries, gamma-gamma to spend.
 */
#ifndef CLM_FIT_H
#define CLM_FIT_H

#include "core.h"
#include "maximise.h"
#include "models/family.h"
#include "sample.h"

typedef struct model_fit {
    int nparams;
    double
        params[CLM_MAX_PARAMS]; /* in the units of the groups given; for z = 0 where there are covariates */
    double se[CLM_MAX_PARAMS];  /* 0 of the k of a regular family, which is chosen, not estimated */
    int ncovariates;
    double effects[2 * CLM_MAX_COVARIATES]; /* on purchase, ncovariates of them, then on drop-out */
    double effects_se[2 * CLM_MAX_COVARIATES];
    double log_likelihood; /* without a prior's part */
    int64_t customers;
    int evaluations; /* of the likelihood over the whole sample */
} model_fit;

/* The customers that a family is fitted to: n groups in any order, equal ones allowed. A fit sorts and merges
 * them in place, and n shrinks, so the result does not depend on their order. */
typedef struct customer_data {
    customer_group *groups;
    size_t n;
    bool has_gaps;
    double log_gaps; /* where known: sum of the logarithms of the times between purchases, of all customers */
} customer_data;

/*
 * Fits the family. The log-likelihood is a density in the units of the groups. prior > 0 is the standard
 * deviation of a normal prior of the logarithms of the parameters around a guess by moments (the family's first
 * start); 0 is none. The k of a regular family is chosen by likelihood.
 * Errors: CLM_DOMAIN (a group outside its domain, no log_gaps for a regular family), CLM_STOPPED (the groups are
 * then the same customers in some order), CLM_NO_MEMORY, CLM_OVERFLOW and the CLM_FIT_ codes.
 */
extern clm_status fit_customer_family(const customer_family *family, customer_data *data, double prior,
                                      const clm_stop *stop, model_fit *fit);

/* Log-likelihood of the data at parameters of the family; the same errors, and it merges groups, too. */
extern clm_status customer_log_likelihood(const customer_family *family, const double *params,
                                          customer_data *data, const clm_stop *stop, double *value);

/*
 * Customers that lie elsewhere, in tables of other nodes for example, and need not fit into memory: a fit looks at
 * a picture of them, and asks for the likelihood of all.
 */
typedef struct customer_source {
    customer_moments moments; /* of all, in the units of the picture */
    double longest;           /* their largest t */
    customer_group *picture;  /* n groups in any order, times and counts rounded as in picture.h */
    size_t n;
    /* Log-likelihoods and gradients of all at n <= MAXIMISE_POINTS points of the family's domain; the errors of
     * log_likelihood. */
    clm_status (*evaluate)(void *arg, int n, double params[][CLM_MAX_PARAMS], double *values,
                           double gradients[][CLM_MAX_PARAMS]);
    void *arg;
} customer_source;

/* The same fit; the same errors, and those of evaluate. Where the picture has no maximum, the whole is climbed from
 * the best start only. */
extern clm_status fit_customer_source(const customer_family *family, customer_source *source, double prior,
                                      const clm_stop *stop, model_fit *fit);

/* Maximum over the whole sample, by way of a part of it where that is not NULL; where the part has no maximum, the
 * whole may still have one. The errors of maximise(). */
extern clm_status maximise_by_part(likelihood *whole, likelihood *part, int n_starts,
                                   double starts[][MAXIMISE_PARAMS], optimum *o);

/* The fit that an optimum is; the first so many parameters are not the optimiser's. CLM_OVERFLOW, CLM_FIT_HESSIAN. */
extern clm_status fit_from_optimum(const likelihood *f, const optimum *o, int first, model_fit *fit);

/* Starting points of a family as thetas, see maximise.h, for moments in that unit; returns how many. */
#define FIT_STARTS 8
extern int fit_starts(const customer_family *family, const customer_moments *scaled,
                      double starts[][MAXIMISE_PARAMS]);

/* The unit of time in which a sample is scaled: its largest t, or 1 where time is discrete. */
extern double fit_time_unit(const customer_family *family, const customer_sample *sample);

/* The same for the gamma-gamma model of spend: params p, q, gamma; the prior around typical values.
 * CLM_FIT_NO_REPEAT where *n = 0, CLM_FIT_NO_SPREAD where all mean spends are the same. */
extern clm_status fit_spend(spend_group *groups, size_t *n, double prior, const clm_stop *stop,
                            model_fit *fit);

/* The spend of customers that lie elsewhere. */
typedef struct spend_source {
    double customers;
    double mean_log_m;     /* over customers */
    double least, largest; /* mean spend of a customer */
    spend_group *picture;  /* as above */
    size_t n;
    clm_status (*evaluate)(void *arg, int n, double params[][CLM_MAX_PARAMS], double *values,
                           double gradients[][CLM_MAX_PARAMS]);
    void *arg;
} spend_source;

extern clm_status fit_spend_source(spend_source *source, double prior, const clm_stop *stop, model_fit *fit);

#endif
