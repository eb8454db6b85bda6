/*
 * Concentration of value: how much of the total few customers bring, and how much others destroy.
 *
 * The Gini coefficient of the Lorenz curve, and the whale curve of cumulative profit, best customer first
 * (Kaplan, R. S., & Narayanan, V. G. (2001). Measuring and managing customer profitability. Journal of Cost
 * Management 15(5)).
 */
#ifndef CLM_CONCENTRATION_H
#define CLM_CONCENTRATION_H

#include "value_groups.h"

typedef struct concentration {
    int64_t customers;
    double total;

    bool has_gini; /* no value is negative and the total is positive */
    double gini;   /* sum of (2k - n - 1) x_(k) / (n total), in [0, 1) */

    bool has_shares;      /* the total is positive, and more than a rounding error of its parts */
    double peak;          /* sum of the positive values / total, >= 1 */
    double peak_position; /* share of customers with a positive value */
    double top20;         /* the best ceil(n / 5) customers' part of the total */
    double loss;          /* sum of the negative values / total, <= 0; peak + loss = 1 */

    bool has_top80;          /* some value is positive */
    int64_t top80_customers; /* fewest customers who bring 80 % of the sum of the positive values */
    double top80_share;      /* they are this share of all customers */
} concentration;

/* The concentration of n > 0 merged groups. Errors: CLM_OVERFLOW (a sum beyond a double, or more than
 * VALUE_GROUPS_MOST_CUSTOMERS), CLM_STOPPED. */
extern clm_status concentration_of(const value_group *groups, size_t n, const clm_stop *stop,
                                   concentration *c);

#endif
