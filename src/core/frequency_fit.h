/*
 * How many customers make 0, 1, 2, ... repeat purchases, by a model (Fader, Hardie & Lee 2005, figure 4).
 */
#ifndef CLM_FREQUENCY_FIT_H
#define CLM_FREQUENCY_FIT_H

#include "core.h"
#include "models/family.h"

#define FREQUENCY_ROWS 8 /* 0 to 6 repeat purchases, and 7 or more */

/* The row of a customer with x >= 0 repeat purchases. */
extern int frequency_row(int64_t x);

/*
 * The probability of each row for a customer who has been one for time t, in the model's periods: they add up to 1 but
 * for rounding. Errors are those of the family's p_purchases_new.
 */
extern clm_status frequency_probabilities(const customer_family *family, const double *params, double t,
                                          double *probability);

#endif
