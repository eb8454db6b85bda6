/*
 * Purchases of a simulated customer.
 */
#ifndef CLM_SIMULATE_H
#define CLM_SIMULATE_H

#include "core.h"
#include "models/family.h"
#include "models/gamma_gamma.h"
#include "random.h"

typedef struct simulation {
    uint64_t seed;
    const customer_family *family;
    double params[CLM_MAX_PARAMS];
    double spend[GAMMA_GAMMA_NPARAMS];
    int32_t period;   /* days of the unit of params */
    double join_days; /* first purchases fall evenly into so many days from the start, */
    double days;      /* and nothing falls behind so many; days >= join_days > 0 */
} simulation;

/* Purchases in the order of time: when, in days since the start, and of what value. Freed by the caller. */
typedef struct simulated_purchases {
    clm_times days;
    clm_times amounts;
} simulated_purchases;

/*
 * The purchases of customer number `customer`, first and repeat ones, replacing what was there: the same for the same
 * seed and number. CLM_TOO_MANY for more than ten million; CLM_OVERFLOW where an amount is beyond double; CLM_STOPPED,
 * CLM_NO_MEMORY.
 */
extern clm_status simulate_customer(const simulation *s, uint64_t customer, simulated_purchases *purchases,
                                    const clm_stop *stop);
extern void simulated_purchases_free(simulated_purchases *purchases);

#endif
