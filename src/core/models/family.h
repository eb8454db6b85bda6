/*
 * What a family of customer-base models offers, and the registry of families.
 *
 * A new family is one file in this folder that defines one `const customer_family`, plus one row in
 * registry.c. Parameters are in the literature's order and in the units of the summaries they are used with.
 */
#ifndef CLM_FAMILY_H
#define CLM_FAMILY_H

#include "../core.h"
#include "../random.h"
#include "../sample.h"

typedef struct customer_family {
    const char *name; /* as in SQL: "bg/nbd" */
    int nparams;
    const char *const *param_names; /* "r", "alpha", "a", "b" */

    /* Power with which each parameter scales with time: 1 for alpha (a time), 0 for a pure number. With times
     * divided by c, params[i] becomes params[i] / c^time_power[i]. */
    const int *time_power;

    const double *typical_params; /* of a real customer base, in weeks: what simulate draws from by default */

    /* Parameters all positive and finite and in the family's domain? */
    bool (*valid)(const double *params);

    /* Log-likelihood of the whole sample and, where gradient is not NULL, its derivatives by the parameters.
     * Returns CLM_OK, CLM_STOPPED, CLM_NO_MEMORY, or CLM_OVERFLOW where it is not finite at params. */
    clm_status (*log_likelihood)(const customer_sample *sample, const double *params, double *value,
                                 double *gradient, const clm_stop *stop);

    /* Deterministic points from which an optimiser should start, best guess first; returns how many (<=
     * most). The times of the sample are scaled so that the largest t is 1. */
    int (*starts)(const customer_sample *sample, int most, double starts[][CLM_MAX_PARAMS]);

    /* Probability that the customer has not dropped out `ahead` periods after t (ahead = 0: P(alive)), and
     * its complement, each accurate where it is small. */
    clm_status (*p_alive)(const double *params, const customer_summary *c, double ahead, double *alive,
                          double *dead);

    /* Probability of at least one purchase in (t, t + ahead]. */
    clm_status (*p_active)(const double *params, const customer_summary *c, double ahead, double *value);

    /* Expected number of purchases in (t, t + ahead]. */
    clm_status (*expected_purchases)(const double *params, const customer_summary *c, double ahead,
                                     double *value);

    /* Expected purchases in (t, t + ahead], each discounted by exp(-delta * periods after t). ahead may be
     * INFINITY; delta = 0 then gives CLM_DIVERGES unless the sum is finite. */
    clm_status (*discounted_purchases)(const double *params, const customer_summary *c, double ahead,
                                       double delta, double *value);

    /* A new customer, counted from the first purchase, which is not included:
     * expected number of purchases in (0, t], and P(X(t) = n). */
    clm_status (*expected_purchases_new)(const double *params, double t, double *value);
    clm_status (*p_purchases_new)(const double *params, int64_t n, double t, double *value);

    /* Draws one customer's repeat purchases in (0, t]: appends their times, ascending, to `times`.
     * CLM_TOO_MANY where there are more than ten million. */
    clm_status (*draw)(const double *params, double t, clm_rng *rng, clm_times *times, const clm_stop *stop);
} customer_family;

/* The registered families, ending with NULL; and the family of that name or NULL. */
extern const customer_family *const customer_families[];
extern const customer_family *customer_family_by_name(const char *name, size_t length);

#endif
