/*
 * How a fit is asked for: its family, period and further options, from arguments and from clm.fit_options.
 */
#ifndef CLM_FIT_OPTIONS_H
#define CLM_FIT_OPTIONS_H

#include "clm.h"

#include "fit_state.h"
#include "rfm.h"

/* What an aggregation has where nothing else is said. */
extern fit_constants default_fit_constants(void);

/* Family and period from arguments that must not be NULL. */
extern void get_family_argument(FunctionCallInfo fcinfo, int argno, fit_constants *constants);
extern void get_period_argument(FunctionCallInfo fcinfo, int argno, fit_constants *constants);

/* The options in argument argno, which come in as the same bytes with every row. */
extern fit_constants get_options_argument(FunctionCallInfo fcinfo, int argno);

/* An error where the options do not go together with each other or with as_of. */
extern void check_fit_options(const fit_constants *constants);

/* How such a fit counts a customer's time. */
extern customer_clock fit_clock(const fit_constants *constants);

#endif
