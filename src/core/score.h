/*
 * Scores that are put together from what a family and the spend model offer.
 */
#ifndef CLM_SCORE_H
#define CLM_SCORE_H

#include "core.h"
#include "models/family.h"

/* How the future is valued: all of it or some periods, at which discount, and the share of spend that counts. */
typedef struct valuation {
    double ahead;  /* periods, >= 0, or INFINITY */
    double delta;  /* continuous rate of discount per period, >= 0 */
    double margin; /* share of spend */
} valuation;

/* Continuous rate of discount per period of so many days: ln(1 + annual) / 365.25 a day; annual > -1. */
extern double score_discount_rate(double annual_discount, double period_days);

/* Probability of no purchase in (t, t + ahead]: 1 - P(active). Statuses of the family's p_active. */
extern clm_status score_churn(const customer_family *family, const double *params, const customer_summary *c,
                              double ahead, double *value);

/* Expected purchases of a customer whose P(alive) is known, where a live one's are. Statuses of live_purchases pass on,
 * but somebody who is gone for certain buys nothing, even where a live customer's purchases are beyond counting. */
extern clm_status score_purchases(double alive, clm_status live_status, double live, double *value);

/* Remaining value: margin x expected spend x discounted expected purchases (Fader, Hardie & Lee 2005); CLM_OVERFLOW. */
extern clm_status score_remaining_value(double margin, double spend, double purchases, double *value);

/* Value of a customer who makes the first purchase now: that purchase, undiscounted, and the repeat purchases, each
 * of the expected spend. The same statuses. */
extern clm_status score_newcomer_value(const customer_family *family, const double *params,
                                       const valuation *v, double spend, double *value);

/* Money that counts of a total: margin x total, and the sum of such parts; CLM_OVERFLOW. */
extern clm_status score_margin(double margin, double total, double *value);
extern clm_status score_sum(double to_date, double remaining, double *value);

#endif
