/*
 * Where a customer's own expected purchases, the number of his purchases and his value lie, from what his history says
 * of his rate of purchase, his drop-out and his spend. The model's parameters are taken as known.
 */
#ifndef CLM_INTERVAL_H
#define CLM_INTERVAL_H

#include "models/family.h"
#include "score.h"

#define MOST_INTERVAL_LEVEL .999

typedef struct interval {
    bool known; /* false where an end is infinite, or needs what is not there */
    double lower, upper;
} interval;

typedef struct customer_intervals {
    interval
        expected; /* of E[purchases in (t, t + ahead] | his own rate and drop-out]; 0 where he has left */
    interval purchases; /* of the number of purchases in (t, t + ahead]: whole numbers */
    interval value;     /* of margin x his own mean spend x his own discounted expected purchases */
} customer_intervals;

/* The purchases that tell of a customer's spend: gamma-gamma parameters, and n purchases of mean m. */
typedef struct spend_evidence {
    const double *params;
    int64_t n;
    double m;
} spend_evidence;

/*
 * Equal-tailed intervals at `level`, 0 < level <= MOST_INTERVAL_LEVEL: each end is a quantile, (1 - level) / 2 or
 * (1 + level) / 2, of the distribution that has a mass of 1 - P(alive) at 0. spend may be NULL: no value. v->ahead may
 * be INFINITY; where the purchases then have no finite quantile they are not known.
 *
 * Each end is the quantile of a probability that differs from the wanted one by at most .007 for levels up to .96 (as
 * a rule about .0012), beyond by at most a third of (1 - level) / 2. The result is deterministic.
 * CLM_DOMAIN; CLM_OVERFLOW where a value is out of range; CLM_NO_MEMORY; CLM_STOPPED.
 */
extern clm_status customer_intervals_of(const customer_family *family, const double *params,
                                        const customer_summary *c, const spend_evidence *spend,
                                        const valuation *v, double level, const clm_stop *stop,
                                        customer_intervals *intervals);

#endif
