/*
 * Customer lifetime value with a constant retention rate (Berger & Nasr 1998; Gupta & Lehmann 2003).
 */
#ifndef CLM_CONSTANT_RETENTION_H
#define CLM_CONSTANT_RETENTION_H

#include "core.h"

typedef struct constant_retention {
    double margin;      /* money a period */
    double retention;   /* probability to stay from period to period, in [0, 1] */
    double discount;    /* a period, > -1 */
    double acquisition; /* cost, subtracted */
    double growth;      /* of the margin a period, > -1 */
    bool infinite;      /* or else: */
    int periods;        /* how many margins count, >= 0 */
    bool advance; /* margins at the start of each period, the first one now; otherwise at the end, if retained
                   */
} constant_retention;

/*
 * With q = r (1 + g) / (1 + i): the sum of m q^t over t = 1, 2, ... N (end timing) or t = 0, 1, ... N - 1
 * (advance), less the acquisition cost. CLM_DIVERGES for an infinite sum with q >= 1 and a margin that is not
 * 0; CLM_DOMAIN; CLM_OVERFLOW.
 */
extern clm_status constant_retention_clv(const constant_retention *c, double *value);

#endif
