/*
 * What an action has changed: the difference between customers who were treated and a control group, with its
 * standard error, interval and test; and how many customers such a pilot needs.
 */
#ifndef CLM_UPLIFT_H
#define CLM_UPLIFT_H

#include "core.h"
#include "exact_sum.h"

enum { UPLIFT_CONTROL, UPLIFT_TREATED, UPLIFT_ARMS };

typedef struct uplift {
    double mean[UPLIFT_ARMS];
    double lift; /* mean of the treated less that of the control group */
    double se;   /* its standard error */
    /* With has_test only: */
    bool has_test;
    double low, high; /* the confidence interval of the lift */
    double statistic;
    double df; /* degrees of freedom of the statistic; 0 where it is a normal one */
    double p;  /* two-sided */
} uplift;

/*
 * Two proportions: of n customers in each arm, `successes` did it; 0 <= successes <= n.
 *
 * se is sqrt(sum of p (1 - p) / n): the variance of a 0/1 outcome is that of the binomial distribution, without
 * n - 1. The interval is Newcombe's (1998, Statistics in Medicine 17:873-890, method 10) from Wilson's score
 * intervals. The statistic is z of the score test, whose standard error pools the two arms; where nobody or
 * everybody of both did it, z is 0 and p is 1. 0 < level < 1. CLM_UNDEFINED with fewer than two customers in an
 * arm.
 */
extern clm_status uplift_proportions(const int64_t *n, const int64_t *successes, double level,
                                     uplift *result);

/* n outcomes of an arm by their exact sum and sum of squares. */
typedef struct uplift_outcomes {
    int64_t n;
    exact_number sum, squares;
} uplift_outcomes;

/*
 * Two means: Welch's t (1947) with the degrees of freedom of Welch and Satterthwaite, interval and p by Student's
 * t. The variances are (sum of squares - (sum)^2/n)/(n - 1), without any loss since the sums are exact. Where no
 * outcome of either arm varies there is no test and no interval. 0 < level < 1. CLM_UNDEFINED with fewer than two
 * outcomes in an arm; CLM_OVERFLOW; CLM_DOMAIN where no outcomes have such sums.
 */
extern clm_status uplift_means(const uplift_outcomes *arms, double level, uplift *result);

/*
 * How many customers each arm needs so that a two-sided test at alpha finds a change from p0 to p1 with the given
 * power: Fleiss, Levin & Paik (2003, Statistical Methods for Rates and Proportions, ch. 4), the variance pooled under
 * the null hypothesis, without continuity correction. 0 <= p0, p1 <= 1, p0 != p1, 0 < alpha < power < 1, or else CLM_DOMAIN; CLM_OVERFLOW beyond int64.
 */
extern clm_status uplift_sample_size(double p0, double p1, double power, double alpha, int64_t *n);

#endif
