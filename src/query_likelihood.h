/*
 * Customers that queries give, tables of other servers among them: each look at them is a pass of aggregates over the
 * queries.
 */
#ifndef CLM_QUERY_LIKELIHOOD_H
#define CLM_QUERY_LIKELIHOOD_H

#include "clm.h"

#include "core/fit.h"
#include "fit_state.h"

typedef struct query_customers query_customers;

/*
 * Takes n queries apart and makes the first pass; within SPI, everything in the current memory context. An error where a
 * query does not give what is needed. The schema is the extension's.
 */
extern query_customers *start_query_customers(Oid schema, const fit_constants *constants, int n,
                                              char *const *queries);

/* What the fits need of them, after the first pass. evaluate never throws: an error inside is kept, and CLM_STOPPED
 * returned. */
extern customer_source query_customer_source(query_customers *customers);
extern spend_source query_spend_source(query_customers *customers);

/* Throws the error that is kept, once the core has returned; does nothing where there is none. */
extern void rethrow_query_error(const query_customers *customers);

#endif
