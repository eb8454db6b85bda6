/*
 * Survey answers: the gap between what customers expect and what they perceive, and indices of weighted answers.
 */
#ifndef CLM_SURVEY_H
#define CLM_SURVEY_H

#include "core.h"

/* perceived - expected, both on the same scale: below 0 the customer is dissatisfied (Oliver 1980). CLM_DOMAIN; CLM_OVERFLOW.
 */
extern clm_status survey_gap(double expected, double perceived, double *gap);

/*
 * The index sum_j weights[j] x[j] of n answers: their weighted mean where the weights add up to 1, as SERVQUAL weighs gaps
 * (Parasuraman, Zeithaml & Berry 1988). CLM_DOMAIN; CLM_OVERFLOW.
 */
extern clm_status survey_index(const double *weights, const double *x, int n, double *index);

#endif
