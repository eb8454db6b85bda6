/*
 * Which family describes customers best: all that can be fitted are, and compared by BIC (Schwarz 1978), or by
 * how well they foresaw what came after a calibration.
 *
 * The hold-out score of a family is the logarithm of the density that its fit to the calibration gives to the
 * customers' later purchases: their log-likelihood up to the end less that up to the end of the calibration
 * (Good 1952). Customers who came later are left out of it.
 */
#ifndef CLM_CHOICE_H
#define CLM_CHOICE_H

#include "core.h"
#include "fit.h"

#define CHOICE_FAMILIES 8 /* at least as many as are registered */

typedef struct choice_data {
    customer_data *all;
    customer_data *calibration; /* NULL: compare by BIC */
    customer_data *later;       /* the customers of the calibration, up to the end */
} choice_data;

typedef struct tried_family {
    const customer_family *family;
    clm_status status; /* of its fit; a criterion exists where it is CLM_OK */
    double criterion;  /* BIC, or hold-out score */
} tried_family;

typedef struct family_choice {
    int n;
    tried_family tried[CHOICE_FAMILIES]; /* in the order of the registry */
    int best;
    model_fit fit; /* of the best, to all */
} family_choice;

/* Bayesian information criterion: the smaller, the better. */
extern double fit_bic(double log_likelihood, int nparams, double observations);

/*
 * Fits `only` that family, or where it is NULL all that take these data (time not discrete, gaps known where
 * they are needed), to all, and says which is the best. Errors: those of the fit of the first family where none
 * can be fitted; CLM_STOPPED, CLM_NO_MEMORY.
 */
extern clm_status choose_family(const customer_family *only, const choice_data *data, double prior,
                                const clm_stop *stop, family_choice *choice);

#endif
