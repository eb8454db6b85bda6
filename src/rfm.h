/*
 * The composite clm.rfm: the field's customer summary.
 */
#ifndef CLM_SERVER_RFM_H
#define CLM_SERVER_RFM_H

#include "clm.h"

#include "core/history.h"
#include "core/sample.h"

/* A customer as the models see one: summary and spend, times in periods. */
typedef struct customer {
    customer_summary summary;
    int64 n_monetary; /* repeat purchases with a value; 0 where none is known */
    float8 monetary;  /* their mean value */
} customer;

/* How a model counts time: in periods of so many days, or in opportunities of that length, and from a day on. */
typedef struct customer_clock {
    int32 period;
    bool discrete;
    DateADT since; /* HISTORY_MIN_DAY: the first occasion starts the clock */
} customer_clock;

/* The customer of a clm.rfm datum; false where x, t_x or t is NULL. An error where the values contradict. */
extern bool datum_get_customer(Datum rfm, customer *c);

/*
 * The customer of a history as of a day by a model's clock; false where there is no occasion yet. The spend takes
 * another pass over the history and is left out unless asked for.
 */
extern bool history_get_customer(const history_view *h, DateADT as_of, const customer_clock *clock,
                                 bool with_spend, customer *c);

/* The days between the customer's occasions, *n of them, in memory of their own. */
extern int32 *history_get_gaps(const history_view *h, DateADT as_of, const customer_clock *clock, size_t *n);

#endif
