/*
 * The likelihood of ridge logistic regression on standardised signals, its gradient and its information, over rows of
 * counts and signals. For the fit in logistic.c only.
 */
#ifndef CLM_LOGISTIC_LIKELIHOOD_H
#define CLM_LOGISTIC_LIKELIHOOD_H

#include "core.h"
#include "logistic.h"
#include "ranking.h"

#define LOGISTIC_MOST_CUSTOMERS ((int64_t)1 << 53)

/* The rows, and how their signals are standardised: z = (x scale - centre) / spread. */
typedef struct logistic_design {
    const logistic_number *rows;
    size_t n, p;
    size_t stride; /* of a padded row: intercept, signals, zeros */
    const clm_stop *stop;
    int64_t customers, hits;
    double *scale, *centre, *spread; /* p each; scale is a power of 2, spread 0 for a constant signal */
    double *inverse_spread;          /* 0 for a constant signal */
    double *z, *weights, *residuals; /* room for a chunk of rows */
    double *block;                   /* and for the sums of a block of chunks: gradient, then information */
} logistic_design;

/* The penalised likelihood at some coefficients of the standardised signals; its arrays are the caller's. */
typedef struct logistic_likelihood {
    double objective, log_likelihood; /* with and without the penalty */
    double *gradient;                 /* stride */
    double *information;              /* stride x stride, upper triangle, without the penalty */
} logistic_likelihood;

/* CLM_NO_MEMORY; to be freed in any case. */
extern clm_status logistic_design_make(logistic_design *d, const logistic_number *rows, size_t n, size_t p,
                                       const clm_stop *stop);
extern void logistic_design_free(logistic_design *d);

/* Counts customers and hits and finds how to standardise: means and standard deviations with divisor n.
 * CLM_DOMAIN, CLM_OVERFLOW (too many customers), CLM_STOPPED, CLM_NO_MEMORY. */
extern clm_status logistic_standardise(logistic_design *d);

/* The penalised likelihood of the first n rows; beta has `stride` elements: intercept, p coefficients, zeros. Where
 * groups is not NULL, it gets the rows' logits and counts, and gradient and information are left alone.
 * CLM_OVERFLOW, CLM_STOPPED. */
extern clm_status logistic_evaluate(const logistic_design *d, size_t n, const double *beta, double ridge,
                                    logistic_likelihood *e, scored_group *groups);

#endif
