/*
 * Maximum of a log-likelihood over positive parameters.
 */
#ifndef CLM_MAXIMISE_H
#define CLM_MAXIMISE_H

#include "core.h"

/* No parameter in its unit leaves 1 / MAXIMISE_BOX to MAXIMISE_BOX: what would, has no maximum inside. */
#define MAXIMISE_BOX 1e6

/*
 * The log-likelihood of a sample as a function of theta, the logarithms of the parameters in units that make
 * them about 1: params[i] = unit[i] exp(theta[i]).
 */
typedef struct likelihood {
    int nparams;
    /* As log_likelihood of customer_family, of whatever sample points to. */
    clm_status (*evaluate)(const void *sample, const double *params, double *value, double *gradient,
                           const clm_stop *stop);
    const void *sample;
    double customers; /* in the sample */
    double unit[CLM_MAX_PARAMS];
    const clm_stop *stop;
    int evaluations; /* counted here */
} likelihood;

typedef struct optimum {
    double theta[CLM_MAX_PARAMS];
    double value;
    /* Minus the Hessian by theta, nparams x nparams, row by row: Fisher's observed information. */
    double information[CLM_MAX_PARAMS * CLM_MAX_PARAMS];
} optimum;

extern void likelihood_params(const likelihood *f, const double *theta, double *params);

/*
 * Climbs from each start (values of the parameters in their units) and refines the best of the summits.
 * Errors: CLM_STOPPED, CLM_NO_MEMORY, CLM_OVERFLOW (not finite at any start), CLM_FIT_BORDER,
 * CLM_FIT_NOT_CONVERGED, CLM_FIT_HESSIAN.
 */
extern clm_status maximise(likelihood *f, int n_starts, const double starts[][CLM_MAX_PARAMS], optimum *best);

/*
 * Refines an optimum, theta and information of which are known about, for example from a part of the sample;
 * the errors are the same.
 */
extern clm_status maximise_refine(likelihood *f, optimum *o);

/* Standard errors of the parameters by the delta method. CLM_FIT_HESSIAN where the information does not
 * determine every parameter. */
extern clm_status optimum_standard_errors(const likelihood *f, const optimum *o, double *se);

#endif
