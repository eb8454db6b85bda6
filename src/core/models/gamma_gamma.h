/*
 * Gamma-gamma model of spend per purchase (Fader, Hardie & Lee 2005; Fader & Hardie 2013).
 */
#ifndef CLM_GAMMA_GAMMA_H
#define CLM_GAMMA_GAMMA_H

#include "../core.h"
#include "../random.h"
#include "../sample.h"

#define GAMMA_GAMMA_NPARAMS 3 /* p, q, gamma */

extern bool gamma_gamma_valid(const double *params);

extern clm_status gamma_gamma_log_likelihood(const spend_sample *sample, const double *params, double *value,
                                             double *gradient, const clm_stop *stop);
/* E[M] of a customer with n purchases of mean m (n = 0: a new customer). CLM_UNDEFINED where p n + q <= 1. */
extern clm_status gamma_gamma_expected_spend(const double *params, int64_t n, double m, double *value);
/* His own mean spend is scale / g, g ~ gamma(shape, rate 1). CLM_DOMAIN, CLM_OVERFLOW. */
extern clm_status gamma_gamma_posterior(const double *params, int64_t n, double m, double *shape,
                                        double *scale);
/* Draws nu, the customer's rate of spend; then each purchase's value given nu. */
extern double gamma_gamma_draw_customer(const double *params, clm_rng *rng);
extern double gamma_gamma_draw_spend(const double *params, double nu, clm_rng *rng);

#endif
