/*
 * A memory of what live customers are expected to buy.
 *
 * A table in which each customer has two places, by a hash: the later of three drives the first one out. It begins
 * small, for a query may have a call site for each of a thousand partitions, and grows as long as customers are missed.
 */
#include "purchase_memo.h"

#define FIRST_CAPACITY 128
#define GROWTH 4
#define LAST_CAPACITY (FIRST_CAPACITY * GROWTH * GROWTH * GROWTH * GROWTH) /* 786 kB */

typedef struct known_purchases {
    int64 x; /* -1: the place is empty */
    double t;
    double purchases;
} known_purchases;

void
forget_purchases(purchase_memo *memo)
{
    if (memo->known != NULL)
        pfree(memo->known);
    *memo = (purchase_memo){0};
}

/* Begins anew with room for so many. */
static void
begin_memo(purchase_memo *memo, MemoryContext context, double ahead, double delta, uint32 capacity)
{
    if (capacity != memo->capacity) {
        forget_purchases(memo);
        memo->known = MemoryContextAlloc(context, capacity * sizeof(known_purchases));
        memo->capacity = capacity;
    }
    for (uint32 i = 0; i < capacity; i++)
        memo->known[i].x = -1;
    memo->misses = 0;
    memo->ahead = ahead;
    memo->delta = delta;
}

/* The first of a customer's two places, which are neighbours. */
static known_purchases *
places_of(const purchase_memo *memo, const customer_summary *c)
{
    uint64 bits;

    /* Whole periods differ in the high bits only; those of a product with an odd number (the golden ratio, Knuth
     * vol. 3, 6.4) are well mixed. */
    memcpy(&bits, &c->t, sizeof(bits));
    bits = (bits ^ bits >> 32) + (uint64)c->x * UINT64CONST(0xD1B54A32D192ED03);
    bits *= UINT64CONST(0x9E3779B97F4A7C15);
    return &memo->known[(bits >> 40) & (memo->capacity - 2)];
}

static bool
is_of(const known_purchases *known, const customer_summary *c)
{
    return known->x == c->x && known->t == c->t;
}

clm_status
recall_purchases(purchase_memo *memo, MemoryContext context, const customer_family *family,
                 const double *params, const customer_summary *c, double ahead, double delta,
                 double *purchases)
{
    known_purchases *places;
    clm_status status;

    if (memo->capacity == 0 || ahead != memo->ahead || delta != memo->delta)
        begin_memo(memo, context, ahead, delta, FIRST_CAPACITY);
    else if (memo->misses > memo->capacity / 2 && memo->capacity < LAST_CAPACITY)
        begin_memo(memo, context, ahead, delta, GROWTH * memo->capacity);
    places = places_of(memo, c);
    for (int i = 0; i < 2; i++)
        if (is_of(&places[i], c)) {
            *purchases = places[i].purchases;
            return CLM_OK;
        }
    status = family->live_purchases(params, c->x, c->t, ahead, delta, purchases);
    if (status == CLM_OK) {
        places[1] = places[0];
        places[0] = (known_purchases){c->x, c->t, *purchases};
        memo->misses++;
    }
    return status;
}
