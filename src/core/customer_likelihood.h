/*
 * The likelihood of one customer: what an aggregate that sees customers one after the other adds up.
 */
#ifndef CLM_CUSTOMER_LIKELIHOOD_H
#define CLM_CUSTOMER_LIKELIHOOD_H

#include "core.h"
#include "models/family.h"
#include "sample.h"

/* log_gaps of a customer with n gaps of so many days each, in periods of so many days. */
extern double customer_log_gaps(const int32_t *gaps, size_t n, int32_t period);

/* Log-likelihood of a valid customer at valid params, and its derivatives, one a parameter; log_gaps as in
 * customer_sample, for a regular family. CLM_OVERFLOW where it is not finite, CLM_DOMAIN where the family cannot
 * take such a customer, CLM_NO_MEMORY. */
extern clm_status customer_likelihood_at(const customer_family *family, const double *params,
                                         const customer_summary *c, double log_gaps, double *value,
                                         double *gradient);

/* The same for the gamma-gamma model of spend: n > 0 purchases of mean value m > 0. */
extern clm_status spend_likelihood_at(const double *params, int64_t n, double m, double *value,
                                      double *gradient);

#endif
