/*
 * Scores that are put together from what a family and the spend model offer.
 */
#include "score.h"

#include <math.h>

#include "models/family_helpers.h"

#define DAYS_PER_YEAR 365.25

double
score_discount_rate(double annual_discount, double period_days)
{
    return log1p(annual_discount) / DAYS_PER_YEAR * period_days;
}

clm_status
score_churn(const customer_family *family, const double *params, const customer_summary *c, double ahead,
            double *value)
{
    double active;
    clm_status status = family->p_active(params, c, ahead, &active);

    return status == CLM_OK ? give(1 - active, value) : status;
}

clm_status
score_purchases(double alive, clm_status live_status, double live, double *value)
{
    return give_purchases(alive, live_status, live, value);
}

clm_status
score_remaining_value(double margin, double spend, double purchases, double *value)
{
    return give(margin * spend * purchases, value);
}

clm_status
score_newcomer_value(const customer_family *family, const double *params, const valuation *v, double spend,
                     double *value)
{
    static const customer_summary nothing_yet = {0, 0.0, 0.0};
    double repeats;
    clm_status status = family->discounted_purchases(params, &nothing_yet, v->ahead, v->delta, &repeats);

    return status == CLM_OK ? give(v->margin * spend * (1.0 + repeats), value) : status;
}

clm_status
score_margin(double margin, double total, double *value)
{
    return give(margin * total, value);
}

clm_status
score_sum(double to_date, double remaining, double *value)
{
    return give(to_date + remaining, value);
}
