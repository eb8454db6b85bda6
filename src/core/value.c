/*
 * Customer purchase value.
 */
#include "value.h"

#include <math.h>

clm_status
value_cpv(double spending, double share, double unit_margin, double *cpv)
{
    if (!(spending >= 0.0 && share >= 0.0 && share <= 1.0))
        return CLM_DOMAIN;
    *cpv = spending * share * unit_margin;
    return isfinite(*cpv) ? CLM_OK : CLM_OVERFLOW;
}
