/*
 * Rounds customers so that many become equal.
 */
#include "picture.h"

#include <float.h>
#include <math.h>

#define COUNT_BITS 4 /* leading bits that stay, of counts, */
#define TIME_BITS 5  /* of ages, */
#define SPEND_BITS 6 /* and of amounts */
#define RECENCIES 32 /* parts of an age, to which recency is rounded */
#define EXACT_COUNT ((int64_t)1 << 53)

/* To so many leading bits. */
static double
round_to_bits(double value, int bits)
{
    int exponent;
    double fraction = frexp(value, &exponent),
           rounded = ldexp(nearbyint(ldexp(fraction, bits)), exponent - bits);

    /* The smallest and the largest numbers stay. */
    return rounded > 0.0 && rounded <= DBL_MAX ? rounded : value;
}

static int64_t
round_count(int64_t n)
{
    return n >= EXACT_COUNT ? EXACT_COUNT : (int64_t)round_to_bits((double)n, COUNT_BITS);
}

customer_summary
picture_summary(const customer_summary *c, bool whole_times)
{
    customer_summary p = {round_count(c->x), c->t_x, c->t};

    if (whole_times && c->t <= (double)(1 << TIME_BITS)) {
        p.x = c->x;
        return p;
    }
    p.t = round_to_bits(c->t, TIME_BITS);
    if (c->t > 0.0)
        p.t_x = p.t * (nearbyint(c->t_x / c->t * RECENCIES) / RECENCIES);
    if (whole_times) {
        p.t_x = nearbyint(p.t_x);
        /* Who buys at nearly each opportunity. */
        if (c->x > 0 && p.t_x < 1.0)
            p.t_x = 1.0;
        if ((double)p.x > p.t_x)
            p.x = (int64_t)p.t_x;
    }
    return p;
}

void
picture_spend(int64_t *n, double *m)
{
    *n = round_count(*n);
    *m = round_to_bits(*m, SPEND_BITS);
}
