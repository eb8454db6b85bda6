/*
 * The Kaplan-Meier curve: how many customers stay how long, where not all have left yet.
 *
 * Kaplan, E. L., & Meier, P. (1958). Nonparametric estimation from incomplete observations. JASA 53(282).
 */
#ifndef CLM_SURVIVAL_H
#define CLM_SURVIVAL_H

#include "core.h"

/* More would not be exact as a double. */
#define SURVIVAL_MOST_CUSTOMERS ((int64_t)1 << 53)

/* Customers with the same tenure: those who left at it, and those who are still there and seen until then. */
typedef struct tenure_group {
    int64_t tenure;    /* completed periods, >= 0 */
    int64_t events;    /* who left, 0 <= events <= customers */
    int64_t customers; /* > 0, at most SURVIVAL_MOST_CUSTOMERS */
} tenure_group;

extern bool tenure_group_valid(const tenure_group *group);

/*
 * Sorts n valid groups by tenure and merges equal ones in place, *n shrinks; the result does not depend on the
 * order of the input. Errors: CLM_OVERFLOW (more than SURVIVAL_MOST_CUSTOMERS in a group), CLM_NO_MEMORY,
 * CLM_STOPPED; after an error the groups are of no use.
 */
extern clm_status tenure_groups_merge(tenure_group *groups, size_t *n, const clm_stop *stop);

/*
 * The curve of n merged groups, a value for each: customers at risk (of that tenure or more), the share
 * S = product of (1 - events / at risk) that stays longer, and its standard error by Greenwood (1926),
 * S sqrt(sum of events / (at risk (at risk - events))). Customers who are seen until a tenure are at risk at it.
 * The standard error is 0 where S is 0, as the binomial one is. Error: CLM_OVERFLOW (more than
 * SURVIVAL_MOST_CUSTOMERS).
 */
extern clm_status kaplan_meier(const tenure_group *groups, size_t n, int64_t *at_risk, double *survival,
                               double *se);

/* A curve at n > 0 tenures, one array each. */
typedef struct survival_curve {
    size_t n;
    const int64_t *tenure, *at_risk, *events;
    const double *survival, *se; /* finite */
} survival_curve;

/* Whether the arrays may come from kaplan_meier: tenures ascend from 0 or more, at_risk falls by at least events
 * from one to the next, survival falls within [0, 1], se is not negative. */
extern bool survival_curve_valid(const survival_curve *curve);

/* A curve at one period. */
typedef struct survival_point {
    int64_t at_risk, events;
    double retention_rate; /* 1 - events / at_risk: of those at risk, who stays longer */
    double survival, se;
    bool has_interval; /* there is none where survival is 0 or 1 */
    double low, high;  /* 95 % */
} survival_point;

/*
 * A valid curve at a period 0 <= period <= the last tenure; between tenures nobody leaves. The interval is that
 * of log(-log S) and stays within [0, 1]: S^exp(+-z se / (S log S)) (Kalbfleisch & Prentice 1980).
 */
extern survival_point survival_curve_at(const survival_curve *curve, int64_t period);

#endif
