/*
 * The value of one offer to one customer, and the expected loss of credit.
 */
#include "offer.h"

#include <math.h>

static bool
is_probability(double p)
{
    return p >= 0 && p <= 1;
}

static bool
is_cost(double cost)
{
    return isfinite(cost) && cost >= 0;
}

clm_status
offer_value(const offer *o, double *value)
{
    if (!is_probability(o->need) || !is_probability(o->accept) || !is_probability(o->waste) ||
        !isfinite(o->value) || !is_cost(o->offer_cost) || !is_cost(o->contact_cost))
        return CLM_DOMAIN;
    *value = o->need * o->accept * (o->value - o->offer_cost) - (1 - o->need) * o->waste * o->offer_cost -
             o->contact_cost;
    return isfinite(*value) ? CLM_OK : CLM_OVERFLOW;
}

clm_status
offer_expected_loss(double pd, double lgd, double ead, double *value)
{
    if (!is_probability(pd) || !is_probability(lgd) || !is_cost(ead))
        return CLM_DOMAIN;
    *value = pd * lgd * ead + 0.0; /* -0 becomes 0 */
    return CLM_OK;
}
