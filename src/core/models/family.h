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

/*
 * What is known of one customer's future: given that he is alive, his rate of purchase and his drop-out are
 * independent of each other, each gamma or beta distributed. Where a purchase is the last of several hidden
 * steps (CNBD-k), it is not known how many of them are done: a phase, which adds its number to the shape of the
 * rate.
 */
typedef enum latent_kind { LATENT_GAMMA, LATENT_BETA } latent_kind;

typedef struct latent {
    latent_kind kind;
    double a, b; /* gamma: shape and rate; beta(a, b) */
} latent;

#define CLM_MAX_REGULARITY 20 /* hidden steps of a purchase */

/* Most opportunities, past or ahead, where time is discrete; sums have as many terms. */
#define CLM_MAX_OPPORTUNITIES 1000000

typedef struct customer_posterior {
    double alive;
    latent purchase, dropout;
    int steps;                               /* hidden steps of a purchase; 1 for most families */
    double phase_weight[CLM_MAX_REGULARITY]; /* P(so many steps are done), steps of them; sum 1 */
} customer_posterior;

/* A live customer's own rate and drop-out, and his phase. */
typedef struct customer_latents {
    double rate, dropout;
    int steps, phase;
} customer_latents;

typedef struct customer_family {
    const char *name; /* as in SQL: "bg/nbd" */
    int nparams;
    const char *const *param_names; /* "r", "alpha", "a", "b" */

    /* Time comes in opportunities to purchase: t and t_x are whole numbers, with at most one purchase each, and
     * so is every `ahead`. */
    bool discrete;

    /* The first parameter is k, the hidden steps of a purchase: a whole number from 1 to CLM_MAX_REGULARITY,
     * which a fit chooses by likelihood; its gradient is 0. The likelihood needs log_gaps of the sample. */
    bool regular;

    /* Powers of exp(effects' z) that a customer's own parameters have over those of z = 0: of the effects on
     * purchase and of those on drop-out. NULL: the family takes no covariates. */
    const int *purchase_power, *dropout_power;

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
     * most). The times of the moments are scaled so that the largest t is 1, unless time is discrete. */
    int (*starts)(const customer_moments *moments, int most, double starts[][CLM_MAX_PARAMS]);

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

    /* The same of a customer who is known to be alive at t, so without the factor P(alive). It depends on x and t
     * only, which many customers share. NULL where the time since the last purchase matters as well. */
    clm_status (*live_purchases)(const double *params, int64_t x, double t, double ahead, double delta,
                                 double *value);

    /* A new customer, counted from the first purchase, which is not included:
     * expected number of purchases in (0, t], and P(X(t) = n). */
    clm_status (*expected_purchases_new)(const double *params, double t, double *value);
    clm_status (*p_purchases_new)(const double *params, int64_t n, double t, double *value);

    /* Draws one customer's repeat purchases in (0, t]: appends their times, ascending, to `times`.
     * CLM_TOO_MANY where there are more than ten million. */
    clm_status (*draw)(const double *params, double t, clm_rng *rng, clm_times *times, const clm_stop *stop);

    /* What is known of the customer's rate and drop-out after t. */
    clm_status (*posterior)(const double *params, const customer_summary *c, customer_posterior *posterior);

    /* Given these, the expected purchases of a live customer in (t, t + ahead], discounted as above; not finite
     * where they have no finite value. ahead may be INFINITY. */
    double (*purchases_given)(const customer_latents *latents, double ahead, double delta);

    /* Given these, the number of purchases of a live customer in (t, t + ahead] that goes with two independent
     * uniform numbers in (0, 1); not finite where it is beyond counting. */
    double (*count_given)(const customer_latents *latents, double ahead, double u, double v);
} customer_family;

/* Is that the name of the family, in whatever case its letters are? */
extern bool family_name_is(const char *family, const char *name, size_t length);

/* The registered families, ending with NULL; and the family of that name or NULL. */
extern const customer_family *const customer_families[];
extern const customer_family *customer_family_by_name(const char *name, size_t length);

/* The place of a family in the registry; and the family of a place, NULL where there is none. */
extern int customer_family_place(const customer_family *family);
extern const customer_family *customer_family_at(double place);

#endif
