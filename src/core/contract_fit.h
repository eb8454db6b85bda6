/*
 * Maximum-likelihood fits of contract families to customers of whom some have left and some are still there.
 */
#ifndef CLM_CONTRACT_FIT_H
#define CLM_CONTRACT_FIT_H

#include "core.h"
#include "fit.h"
#include "models/contract.h"
#include "survival.h"

/* Whether customers can have come by these tenures under contract: nobody leaves before the end of the first period. */
extern bool contract_group_valid(const tenure_group *group);

/*
 * Log-likelihood of n merged, valid groups and, where gradient is not NULL, its derivatives by the parameters: who has left at
 * tenure t counts as S(t - 1) - S(t), who is still there as S(t) (Fader & Hardie 2007). CLM_DOMAIN (parameters),
 * CLM_STOPPED, CLM_OVERFLOW where it is not finite.
 */
extern clm_status contract_log_likelihood(const contract_family *family, const tenure_group *groups, size_t n,
                                          const double *params, double *value, double *gradient,
                                          const clm_stop *stop);

/*
 * Fits the family to n merged, valid groups. Errors: CLM_DOMAIN (a group that is not valid), CLM_STOPPED,
 * CLM_NO_MEMORY, CLM_OVERFLOW, CLM_FIT_NO_CHURN, CLM_FIT_ONE_PERIOD and the codes of maximise.h; CLM_FIT_HESSIAN also where
 * customers were seen for fewer periods than the family has parameters.
 */
extern clm_status fit_contract_family(const contract_family *family, const tenure_group *groups, size_t n,
                                      const clm_stop *stop, model_fit *fit);

#endif
