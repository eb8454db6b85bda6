/*
 * Customer lifetime value with a constant retention rate.
 */
#include "constant_retention.h"

#include <math.h>

static bool
in_domain(const constant_retention *c)
{
    return isfinite(c->margin) && isfinite(c->acquisition) && c->retention >= 0 && c->retention <= 1 &&
           c->discount > -1 && isfinite(c->discount) && c->growth > -1 && isfinite(c->growth) &&
           (c->infinite || c->periods >= 0);
}

/* 1 + q + ... + q^(n - 1), without the cancellation that (1 - q^n) / (1 - q) has for q near 1. */
static double
geometric_sum(double q, int n)
{
    double log_q = log(q);

    if (q == 0)
        return n > 0 ? 1 : 0;
    if (log_q == 0)
        return n;
    return expm1(n * log_q) / expm1(log_q);
}

clm_status
constant_retention_clv(const constant_retention *c, double *value)
{
    double q = c->retention * (1 + c->growth) / (1 + c->discount);
    double multiple;

    if (!in_domain(c))
        return CLM_DOMAIN;
    if (!isfinite(q))
        return CLM_OVERFLOW;
    if (c->margin == 0)
        multiple = 0;
    else if (!c->infinite)
        multiple = geometric_sum(q, c->periods);
    else if (q < 1)
        multiple = (1 + c->discount) / (1 + c->discount - c->retention * (1 + c->growth));
    else
        return CLM_DIVERGES;
    *value = c->margin * multiple * (c->advance ? 1 : q) - c->acquisition + 0.0; /* -0 becomes 0 */
    return isfinite(*value) ? CLM_OK : CLM_OVERFLOW;
}
