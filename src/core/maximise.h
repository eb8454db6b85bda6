/*
 * Maximum of a log-likelihood over positive parameters and real ones.
 */
#ifndef CLM_MAXIMISE_H
#define CLM_MAXIMISE_H

#include "core.h"

/* No positive parameter in its unit leaves 1 / MAXIMISE_BOX to MAXIMISE_BOX, no real one the logarithms of
 * these: what would, has no maximum inside. */
#define MAXIMISE_BOX 1e6

/* Most parameters: those of a family, and two effects a covariate. */
#define MAXIMISE_PARAMS (CLM_MAX_PARAMS + 2 * CLM_MAX_COVARIATES)

/* Most points that are evaluated at once. */
#define MAXIMISE_POINTS (2 * CLM_MAX_PARAMS)

/*
 * The log-likelihood of a sample as a function of theta: of the positive parameters their logarithms, in units
 * that make them about 1, params[i] = unit[i] exp(theta[i]); then the real ones, params[i] = theta[i].
 *
 * With a prior the maximum is that of the posterior: theta[i] is normal around centre[i] with standard deviation
 * prior.
 */
typedef struct likelihood {
    int nparams;
    int npositive; /* the first so many are positive */
    double prior;  /* 0: none */
    double centre[MAXIMISE_PARAMS];
    /* As log_likelihood of customer_family, of whatever sample points to. */
    clm_status (*evaluate)(const void *sample, const double *params, double *value, double *gradient,
                           const clm_stop *stop);
    /* In its place where an evaluation costs a pass over data that lie elsewhere: at 1 to MAXIMISE_POINTS points in
     * one pass. */
    clm_status (*evaluate_points)(const void *sample, int n, double params[][MAXIMISE_PARAMS], double *values,
                                  double gradients[][MAXIMISE_PARAMS], const clm_stop *stop);
    const void *sample;
    double customers;             /* in the sample */
    double unit[MAXIMISE_PARAMS]; /* of the positive ones */
    const clm_stop *stop;
    int evaluations; /* counted here, point by point */
} likelihood;

typedef struct optimum {
    double theta[MAXIMISE_PARAMS];
    double value; /* with the logarithm of the prior */
    /* Minus the Hessian by theta, nparams x nparams, row by row: Fisher's observed information. */
    double information[MAXIMISE_PARAMS * MAXIMISE_PARAMS];
} optimum;

extern void likelihood_params(const likelihood *f, const double *theta, double *params);

/* Logarithm of the prior density, but for a constant: at most 0, and 0 at its centre. */
extern double likelihood_log_prior(const likelihood *f, const double *theta);

/*
 * Climbs from each start (thetas) and refines the best of the summits.
 * Errors: CLM_STOPPED, CLM_NO_MEMORY, CLM_OVERFLOW (not finite at any start), CLM_FIT_BORDER,
 * CLM_FIT_NOT_CONVERGED, CLM_FIT_HESSIAN.
 */
extern clm_status maximise(likelihood *f, int n_starts, double starts[][MAXIMISE_PARAMS], optimum *best);

/*
 * Refines an optimum, theta and information of which are known about, for example from a part of the sample;
 * the errors are the same.
 */
extern clm_status maximise_refine(likelihood *f, optimum *o);

/* Covariance of theta, nparams x nparams. CLM_FIT_HESSIAN where the information does not determine every
 * parameter. */
extern clm_status optimum_covariance(const likelihood *f, const optimum *o, double *covariance);

/* Standard errors of the parameters by the delta method. CLM_FIT_HESSIAN as above. */
extern clm_status optimum_standard_errors(const likelihood *f, const optimum *o, double *se);

#endif
