/*
 * A memory of what live customers are expected to buy. It depends on their repeat purchases and their age only, so a
 * million customers ask for some ten thousand numbers, each of which takes a microsecond or ten.
 */
#ifndef CLM_PURCHASE_MEMO_H
#define CLM_PURCHASE_MEMO_H

#include "clm.h"

#include "core/models/family.h"

/* Of one model, one horizon and one rate of discount; zeroed memory is an empty one. */
typedef struct purchase_memo {
    double ahead, delta;
    struct known_purchases *known;
    uint32 capacity; /* of known: a power of 2, or 0 */
    uint32 misses;   /* since it has had this capacity */
} purchase_memo;

/* Forgets everything: for another model. */
extern void forget_purchases(purchase_memo *memo);

/*
 * What family->live_purchases gives, which must not be NULL: the same bits, whether they were known or not. The memo's
 * numbers go to `context`. *purchases is set with CLM_OK only.
 */
extern clm_status recall_purchases(purchase_memo *memo, MemoryContext context, const customer_family *family,
                                   const double *params, const customer_summary *c, double ahead,
                                   double delta, double *purchases);

#endif
