/*
 * Transitions of aggregates that gather customers in a clm.customer_model_state.
 */
#ifndef CLM_CUSTOMER_ROWS_H
#define CLM_CUSTOMER_ROWS_H

#include "clm.h"

#include "fit_state.h"

/* The state to write to: argument 0 in place within an aggregation, otherwise a copy; a new one where it is NULL. */
extern FitState *get_writable_fit_state(FunctionCallInfo fcinfo, const fit_constants *constants);

/*
 * (state, history, as_of, ...): customers without an occasion up to as_of are not counted. For a picture the customer's
 * numbers are rounded, see core/picture.h.
 */
extern Datum add_history_row(FunctionCallInfo fcinfo, fit_constants *constants, bool picture);

/* (state, rfm, ...) */
extern Datum add_rfm_row(FunctionCallInfo fcinfo, const fit_constants *constants, int64 weight, bool picture);

/* A weight: NULL is 0, negative ones are errors. */
extern int64 get_weight_argument(FunctionCallInfo fcinfo, int argno);

/* An error where the summary is none that the family takes; NULL takes all. */
extern void check_summary(const customer_family *family, const customer_summary *c, const char *aggregate);

#endif
