/*
 * The profit of a retention campaign that contacts the customers with the highest scores: maximum profit (MPC)
 * and expected maximum profit (EMPC).
 *
 * A hit is a customer who would leave. Each contact costs `contact`; a hit who is contacted accepts with
 * probability gamma, costs the incentive and stays, which is worth `value`; a miss who is contacted takes the
 * incentive. Contacting the share of all that has hits pi0 F0 and misses pi1 F1 earns, a customer of the base,
 *     P(gamma) = value {[gamma (1 - delta) - phi] pi0 F0 - (delta + phi) pi1 F1},
 * delta = incentive / value, phi = contact / value, gamma ~ Beta(alpha, beta).
 */
#ifndef CLM_EMPC_H
#define CLM_EMPC_H

#include "ranking.h"

/* In money; the shares and alpha, beta without a unit. */
typedef struct campaign {
    double value;     /* > 0 */
    double incentive; /* >= 0, < value */
    double contact;   /* >= 0 */
    double alpha;     /* CAMPAIGN_LEAST_SHAPE to CAMPAIGN_MOST_SHAPE */
    double beta;      /* the same */
} campaign;

#define CAMPAIGN_LEAST_SHAPE 1e-6
#define CAMPAIGN_MOST_SHAPE 1e6

/* Value 200, incentive 10, contact 1, gamma ~ Beta(6, 14) (Verbraken, Verbeke & Baesens 2013). */
extern const campaign default_campaign;

/* Whether all five are finite and in their domain. */
extern bool campaign_valid(const campaign *c);

typedef struct campaign_profit {
    double mpc;           /* largest P(E[gamma]), at least 0: nobody needs to be contacted */
    double mpc_share;     /* share of customers to contact for it, the smallest one */
    double mpc_threshold; /* lowest score among them; meaningful where mpc_share > 0 */
    double empc;          /* E[largest P(gamma)] */
    double empc_share;    /* expected share of customers to contact for it */
} campaign_profit;

/*
 * MPC (Verbeke et al. 2012) and EMPC (Verbraken, Verbeke & Baesens 2013) of merged groups, in closed form; a
 * group is contacted as a whole or not at all. The groups are pooled in place. Absolute error about 1e-13 x
 * value for alpha, beta up to 100, 1e-9 x value at 1e6. CLM_UNDEFINED without a hit or without a miss,
 * CLM_DOMAIN, CLM_STOPPED.
 */
extern clm_status measure_campaign(scored_group *groups, size_t n, const campaign *c, const clm_stop *stop,
                                   campaign_profit *profit);

#endif
