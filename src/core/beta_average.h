/*
 * Mean of a function of a beta distributed probability.
 */
#ifndef CLM_BETA_AVERAGE_H
#define CLM_BETA_AVERAGE_H

/*
 * What is averaged over p ~ beta(a, b): positive, falling with p, at most `most` (its value at p = 0), and
 * constant where p * reach is far below 1. value() gets p and ln(1 - p), each accurate where it is small.
 */
typedef struct beta_integrand {
    double (*value)(const void *arg, double p, double log_q);
    const void *arg;
    double most, reach;
} beta_integrand;

/*
 * a, b > 0. Relative error below 1e-12 where value() is bounded and analytic for |arg(p / (1-p))| < pi / 2.
 * Takes 50 to some 300 values. NaN where reach is above 1e15 or a or b outside 1e-12 to 1e12 (unless both are
 * so large that p is as good as known), which bounds the work.
 */
extern double beta_average(double a, double b, const beta_integrand *g);

#endif
