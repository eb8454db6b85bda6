/*
 * What the functions that score customers share.
 */
#ifndef CLM_SCORES_H
#define CLM_SCORES_H

#include "model.h"

#include "core/score.h"
#include "rfm.h"

/* Horizon of churn_score where scores() gives it, in days; the default of the function churn_score. */
#define CHURN_DAYS 90

/* A customer and the model to score with. */
typedef struct scored_customer {
    const customer_model *model;
    scoring_site *site; /* where the model is kept */
    customer customer;
} scored_customer;

/* The customer and the model of (history, as_of, model): false where one is NULL or there is no occasion yet. The same
 * of (rfm, model). */
extern bool get_scored_history(FunctionCallInfo fcinfo, bool with_spend, scored_customer *c);
extern bool get_scored_rfm(FunctionCallInfo fcinfo, scored_customer *c);

/* A time ahead in the model's periods: where time comes in opportunities only whole ones count, and an error for
 * less than one. */
extern double whole_opportunities(const customer_model *model, double ahead);

/* The arguments ahead, annual_discount, margin from argno on; false where discount or margin is NULL. */
extern bool get_valuation(FunctionCallInfo fcinfo, int argno, const customer_model *model, bool in_days,
                          valuation *v);

/* Scores, `ahead` in the model's periods. */
extern double get_p_alive(const scored_customer *c, double ahead, double *dead);
extern double get_expected_purchases(const scored_customer *c, double ahead);

/* The probability of no purchase within the time; latent: of having left already. */
extern double get_churn(const scored_customer *c, bool latent, double ahead);

/* What a purchase is expected to be worth; false where that does not exist (a new customer under q <= 1). */
extern bool get_expected_spend(const scored_customer *c, double *spend);

/* Discounted value of the customer's future purchases. */
extern double get_remaining_value(const scored_customer *c, const valuation *v, double spend);

#endif
