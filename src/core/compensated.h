/*
 * Compensated summation (Neumaier 1974): the sum of n doubles as if taken in twice the precision and rounded
 * once.
 */
#ifndef CLM_COMPENSATED_H
#define CLM_COMPENSATED_H

#include <math.h>

typedef struct compensated_sum {
    double sum;
    double compensation;
} compensated_sum;

static inline void
compensated_add(compensated_sum *s, double value)
{
    double sum = s->sum + value;

    if (fabs(s->sum) >= fabs(value))
        s->compensation += (s->sum - sum) + value;
    else
        s->compensation += (value - sum) + s->sum;
    s->sum = sum;
}

/* Not finite where the plain sum was not: the caller reports the overflow. */
static inline double
compensated_value(const compensated_sum *s)
{
    return s->sum + s->compensation;
}

#endif
