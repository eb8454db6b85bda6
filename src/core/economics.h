/*
 * The economics of a customer: the drivers of the eleven value levers, and the margin, retention and lifetime value
 * that follow from them (Berger & Nasr 1998; Gupta & Lehmann 2003; Gupta, Lehmann & Stuart 2004; Thomas, Blattberg
 * & Fox 2004).
 *
 * All rates and amounts are per period. A customer pays a margin m at the start of each period, stays for the next
 * one with probability r = 1 - l, and returns with probability w from each period that he is away, which costs c.
 */
#ifndef CLM_ECONOMICS_H
#define CLM_ECONOMICS_H

#include <math.h>

#include "core.h"

typedef enum economics_driver {
    ECONOMICS_CONVERSION,       /* probability that a prospect becomes a customer */
    ECONOMICS_ACQUISITION_COST, /* money a prospect */
    ECONOMICS_REVENUE,          /* money a period at the present price */
    ECONOMICS_SERVICE_COST,     /* money a period */
    ECONOMICS_CROSS_SELL,       /* contribution a period */
    ECONOMICS_PRICE,            /* index, 1: the present price */
    ECONOMICS_RENEWAL,          /* probability that a contract that ends is renewed */
    ECONOMICS_EXPIRING,         /* share of customers whose contract ends in a period */
    ECONOMICS_MIGRATION,        /* contribution a period of moves between plans */
    ECONOMICS_SAVE,             /* share of would-be churners who are saved */
    ECONOMICS_CHURN,            /* probability to want to leave in a period, outside of contracts that end */
    ECONOMICS_BAD_DEBT,         /* share of what is billed that is never paid */
    ECONOMICS_WINBACK,          /* probability that a lost customer returns in a period */
    ECONOMICS_WINBACK_COST,     /* money a period and lost customer */
    ECONOMICS_GROSS_MARGIN,     /* share of revenue at the present price */
    ECONOMICS_DISCOUNT,         /* rate a period */
    ECONOMICS_DRIVERS
} economics_driver;

typedef struct economics {
    double driver[ECONOMICS_DRIVERS];
} economics;

/* What a driver may be; unbounded sides are infinite. */
typedef struct economics_domain {
    double initial; /* the value of a driver that is not given */
    double least;
    double most;
    bool open; /* least itself is outside */
} economics_domain;

extern const char *const economics_driver_names[ECONOMICS_DRIVERS];
extern const economics_domain economics_domains[ECONOMICS_DRIVERS];

/* The driver of that name, or -1. */
extern int economics_driver_by_name(const char *name, size_t length);

/* Every driver at its initial value. */
extern void economics_default(economics *e);

/* Is the value finite and inside the driver's domain? */
extern bool economics_in_domain(economics_driver driver, double value);

/* The first driver outside its domain, or -1. The functions below return CLM_DOMAIN where there is one. */
extern int economics_invalid_driver(const economics *e);

/*
 * A sum that misses the domain by no more than its own rounding, as .3 - .1 - .2 misses 0, is the limit it misses;
 * any other value is returned as it is. magnitude: the sum of the absolute values of the terms.
 */
extern double economics_settle(economics_driver driver, double sum, double magnitude);

/*
 * m = revenue (gross_margin + (price - 1) - bad_debt price) + cross_sell + migration - service_cost: what changes the
 * price falls straight to the margin. CLM_OVERFLOW.
 */
extern clm_status economics_margin(const economics *e, double *margin);

/* r = expiring renewal + (1 - expiring) (1 - churn (1 - save)), in [0, 1]. */
extern clm_status economics_retention(const economics *e, double *retention);

/*
 * conversion V - acquisition_cost, with the value V of a customer from V = m + v (r V + l L), L = v (-c + w V +
 * (1 - w) L), v = 1 / (1 + i). Solved, without cancellation:
 *     V = [m (1 + i) (i + w) - l c] / [i (i + l + w)],
 * which is m (1 + i) / (i + l) where w = c = 0; i = 0 will do there. CLM_DIVERGES where the sum over all periods has
 * no finite value: i + l <= 0, or i <= 0 with win-back. CLM_OVERFLOW.
 */
extern clm_status economics_clv(const economics *e, double *value);

/* The derivative of economics_clv by the driver. CLM_UNDEFINED for win-back that i <= 0 does not allow. */
extern clm_status economics_slope(const economics *e, economics_driver driver, double *slope);

/* (x / V) dV/dx of a driver x, with V = economics_clv. CLM_UNDEFINED where V <= 0: the sign would flip. */
extern clm_status economics_elasticity(const economics *e, economics_driver driver, double *elasticity);

/*
 * The value of the driver, inside its domain, at which economics_clv is `target`. Only the discount rate can have two:
 * of these the one nearest to its present value. CLM_UNDEFINED where there is none, or where the driver has no effect;
 * CLM_DIVERGES where no value of the driver makes the sum finite.
 */
extern clm_status economics_breakeven(const economics *e, economics_driver driver, double target,
                                      double *value);

/*
 * Margin and loss, unchecked: driver d is x[d * stride], so that they serve one customer's economics (stride 1) as well
 * as many in columns, several at a time.
 */
static inline double
economics_formula_margin(const double *x, size_t stride)
{
    double price = x[ECONOMICS_PRICE * stride];

    return x[ECONOMICS_REVENUE * stride] *
               (x[ECONOMICS_GROSS_MARGIN * stride] + (price - 1) - x[ECONOMICS_BAD_DEBT * stride] * price) +
           x[ECONOMICS_CROSS_SELL * stride] + x[ECONOMICS_MIGRATION * stride] -
           x[ECONOMICS_SERVICE_COST * stride];
}

/* l = 1 - r, from terms that are all positive. */
static inline double
economics_formula_loss(const double *x, size_t stride)
{
    double expiring = x[ECONOMICS_EXPIRING * stride];

    return expiring * (1 - x[ECONOMICS_RENEWAL * stride]) +
           (1 - expiring) * x[ECONOMICS_CHURN * stride] * (1 - x[ECONOMICS_SAVE * stride]);
}

#endif
