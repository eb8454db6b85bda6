/*
 * Ridge logistic regression: the probability of an outcome from signals, the fit and the reasons of a score.
 *
 * logit P(hit | x) = b_0 + sum_j b_j x_j. The fit maximises the log-likelihood less (ridge / 2) sum_j (b_j s_j)^2,
 * where s_j is the standard deviation (that of the customers at hand, with divisor n) of signal j; the intercept is
 * free. So a fit does not depend on the units of the signals (le Cessie & van Houwelingen 1992, "Ridge estimators
 * in logistic regression").
 */
#ifndef CLM_LOGISTIC_H
#define CLM_LOGISTIC_H

#include "core.h"

/* So weak a penalty moves no estimate by more than about ridge / (n p (1 - p)) of itself: 5e-7 for a thousand
 * customers of whom a quarter are hits. It keeps separated and collinear signals finite: it is a prior by which a
 * standard deviation of a signal adds some 100 to the logit. */
#define LOGISTIC_RIDGE 1e-4

#define LOGISTIC_MOST_SIGNALS 200

/* A row is customers of equal signals: their number n >= 1, hits of 0 to n, then the signals, finite doubles. */
typedef union logistic_number {
    int64_t n;
    double x;
} logistic_number;

#define LOGISTIC_COUNTS 2

/* Whether the counts of a row are in their domain. */
extern bool logistic_row_valid(const void *row);

typedef struct logistic_fit {
    /* Of the caller, for p signals: */
    double *coefficients; /* p + 1: intercept first, on the scale of the signals */
    double *se;           /* p + 1: from the inverse of the penalised information */
    double *means;        /* p */
    /* Of the fit: */
    double log_likelihood; /* without the penalty */
    double auc;            /* area under the ROC curve of the fitted scores, equal scores counting half */
    int64_t customers, hits;
    int passes;    /* over all rows for the likelihood: what the fit cost */
    size_t signal; /* with CLM_FIT_CONSTANT and CLM_FIT_COLLINEAR: which one, from 1 */
} logistic_fit;

/*
 * Fits n rows of p signals (1 to LOGISTIC_MOST_SIGNALS), ridge >= 0, by Newton's method with halved steps. The rows
 * are merged ones (wide_rows_merge with LOGISTIC_COUNTS counts): the first of them serve as a sample of all.
 * With ridge > 0 a constant signal has coefficient and standard error 0.
 *
 * CLM_FIT_ONE_OUTCOME; with ridge = 0 CLM_FIT_CONSTANT, CLM_FIT_COLLINEAR, and CLM_FIT_BORDER where signals
 * separate hits from misses, so that no maximum exists; with a tiny ridge CLM_FIT_COLLINEAR, too.
 * CLM_FIT_NOT_CONVERGED, CLM_OVERFLOW (more than 2^53 customers, or a coefficient beyond the range of a double),
 * CLM_DOMAIN, CLM_STOPPED, CLM_NO_MEMORY.
 */
extern clm_status logistic_estimate(const logistic_number *rows, size_t n, size_t p, double ridge,
                                    const clm_stop *stop, logistic_fit *fit);

/* Probability of a hit for p + 1 coefficients and p signals, accurate in both tails; CLM_OVERFLOW where a product of
 * coefficient and signal is. */
extern clm_status logistic_score(const double *coefficients, const double *x, size_t p, double *probability);

/* What a signal adds to the logit. */
typedef struct logistic_reason {
    size_t signal; /* from 0 */
    double contribution;
} logistic_reason;

/* The contributions b_j (x_j - mean_j), largest first, equal ones by signal; CLM_OVERFLOW. */
extern clm_status logistic_reasons(const double *coefficients, const double *means, const double *x, size_t p,
                                   logistic_reason *reasons);

#endif
