/*
 * What a customer is worth by direct purchases: one of the five parts of customer value.
 */
#ifndef CLM_VALUE_H
#define CLM_VALUE_H

#include "core.h"

/*
 * Customer purchase value of a period: spending in the category at all suppliers (money, at least 0) times the
 * share of it that is spent here (0 to 1; share of wallet, Cooil et al. 2007) times profit per unit of spending
 * (may be negative). CLM_DOMAIN; CLM_OVERFLOW.
 */
extern clm_status value_cpv(double spending, double share, double unit_margin, double *cpv);

#endif
