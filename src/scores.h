/*
 * What the functions that score customers share.
 */
#ifndef CLM_SCORES_H
#define CLM_SCORES_H

#include "model.h"
#include "rfm.h"

/* Horizon of churn_score where scores() gives it, in days; the default of the function churn_score. */
#define CHURN_DAYS 90

/* A customer and the model to score with. */
typedef struct scored_customer {
    const customer_model *model;
    customer customer;
} scored_customer;

#endif
