/*
 * The difference between a treated and a control group: proportions, means, and the size of a pilot.
 */
#include "uplift.h"

#include <math.h>

#include "distributions.h"

/* fraction 2^exponent: squares of amounts may lie beyond the range of a double, their roots and ratios do not. */
typedef struct scaled {
    double fraction;
    int exponent;
} scaled;

static scaled
scaled_of(const exact_number *x)
{
    scaled s;

    exact_to_scaled(x, &s.fraction, &s.exponent);
    return s;
}

/* The difference of the means a.sum/a.n - b.sum/b.n = (a.sum b.n - b.sum a.n)/(a.n b.n), rounded at the end only. */
static clm_status
difference_of_means(const exact_number *sum_a, int64_t n_a, const exact_number *sum_b, int64_t n_b,
                    scaled *difference)
{
    exact_number n, left, right, exact;
    clm_status status;

    exact_from_count(n_b, &n);
    if ((status = exact_multiply(sum_a, &n, &left)) != CLM_OK)
        return status;
    exact_from_count(n_a, &n);
    if ((status = exact_multiply(sum_b, &n, &right)) != CLM_OK)
        return status;
    if ((status = exact_subtract(&left, &right, &exact)) != CLM_OK)
        return status;
    *difference = scaled_of(&exact);
    difference->fraction /= (double)n_a * (double)n_b;
    return CLM_OK;
}

static bool
all_finite(const uplift *u)
{
    return isfinite(u->mean[UPLIFT_CONTROL]) && isfinite(u->mean[UPLIFT_TREATED]) && isfinite(u->lift) &&
           isfinite(u->se) &&
           (!u->has_test ||
            (isfinite(u->low) && isfinite(u->high) && isfinite(u->statistic) && isfinite(u->df)));
}

/* ---- proportions ---- */

/*
 * p - l for the lower limit l of Wilson's score interval of a proportion p = 1 - q, w = z^2/(2 n); with p and q
 * exchanged, the distance to the upper limit. Neither form subtracts what nearly agrees.
 */
static double
wilson_below(double p, double q, double w)
{
    double root = sqrt(2.0 * w * p * q + w * w);

    if (w == 0.0)
        return 0.0;
    return p <= q ? 2.0 * w * p * q / (root + w * (q - p)) : (root + w * (p - q)) / (1.0 + 2.0 * w);
}

/* Newcombe's interval from the distances of Wilson's limits; w = z^2/(2 n). */
static void
newcombe_interval(const double *p, const double *q, const double *w, uplift *result)
{
    double below[UPLIFT_ARMS], above[UPLIFT_ARMS];

    for (int i = 0; i < UPLIFT_ARMS; i++) {
        below[i] = wilson_below(p[i], q[i], w[i]);
        above[i] = wilson_below(q[i], p[i], w[i]);
    }
    result->low = result->lift - sqrt(below[UPLIFT_TREATED] * below[UPLIFT_TREATED] +
                                      above[UPLIFT_CONTROL] * above[UPLIFT_CONTROL]);
    result->high = result->lift + sqrt(above[UPLIFT_TREATED] * above[UPLIFT_TREATED] +
                                       below[UPLIFT_CONTROL] * below[UPLIFT_CONTROL]);
}

/* z of the score test, whose standard error is that of the two arms taken as one. */
static double
pooled_z(const int64_t *n, const int64_t *successes, double lift)
{
    double all = (double)n[0] + (double)n[1];
    double p = ((double)successes[0] + (double)successes[1]) / all;
    double q = ((double)(n[0] - successes[0]) + (double)(n[1] - successes[1])) / all;

    return lift == 0.0 ? 0.0 : lift / sqrt(p * q * (1.0 / (double)n[0] + 1.0 / (double)n[1]));
}

clm_status
uplift_proportions(const int64_t *n, const int64_t *successes, double level, uplift *result)
{
    double z = normal_quantile(0.5 * (1.0 - level));
    double p[UPLIFT_ARMS], q[UPLIFT_ARMS], w[UPLIFT_ARMS], variance = 0.0;
    exact_number sum[UPLIFT_ARMS];
    scaled difference;
    clm_status status;

    for (int i = 0; i < UPLIFT_ARMS; i++) {
        if (n[i] < 2)
            return CLM_UNDEFINED;
        p[i] = (double)successes[i] / (double)n[i];
        q[i] = (double)(n[i] - successes[i]) / (double)n[i];
        w[i] = 0.5 * z * z / (double)n[i];
        variance += p[i] * q[i] / (double)n[i];
        result->mean[i] = p[i];
        exact_from_count(successes[i], &sum[i]);
    }
    status = difference_of_means(&sum[UPLIFT_TREATED], n[UPLIFT_TREATED], &sum[UPLIFT_CONTROL],
                                 n[UPLIFT_CONTROL], &difference);
    if (status != CLM_OK)
        return status;
    result->lift = ldexp(difference.fraction, difference.exponent);
    result->se = sqrt(variance);
    result->has_test = true;
    newcombe_interval(p, q, w, result);
    result->statistic = pooled_z(n, successes, result->lift);
    result->df = 0.0;
    result->p = 2.0 * normal_tail(fabs(result->statistic));
    return CLM_OK;
}

/* ---- means ---- */

/* The squared standard error of a mean: (n sum of squares - (sum)^2) / (n^2 (n - 1)). */
static clm_status
variance_of_mean(const uplift_outcomes *arm, scaled *variance)
{
    exact_number n, left, right, difference;
    double count = (double)arm->n;
    clm_status status;

    exact_from_count(arm->n, &n);
    if ((status = exact_multiply(&arm->squares, &n, &left)) != CLM_OK)
        return status;
    if ((status = exact_multiply(&arm->sum, &arm->sum, &right)) != CLM_OK)
        return status;
    if ((status = exact_subtract(&left, &right, &difference)) != CLM_OK)
        return status;
    if (difference.negative)
        return CLM_DOMAIN;
    *variance = scaled_of(&difference);
    variance->fraction /= count * count * (count - 1.0);
    return CLM_OK;
}

static int
larger_exponent(const scaled *a, const scaled *b)
{
    return a->fraction == 0.0 || (b->fraction != 0.0 && b->exponent > a->exponent) ? b->exponent
                                                                                   : a->exponent;
}

/* Welch's test of a lift with the squared standard errors of the two means, which are not both 0. */
static void
welch_test(const uplift_outcomes *arms, const scaled *variance, const scaled *lift, double level,
           uplift *result)
{
    /* Both variances are taken in units of 4^shift, so that their sum is a double. */
    int shift = larger_exponent(&variance[0], &variance[1]) / 2;
    double v[UPLIFT_ARMS], sum = 0.0, weight = 0.0, quantile;

    for (int i = 0; i < UPLIFT_ARMS; i++) {
        v[i] = ldexp(variance[i].fraction, variance[i].exponent - 2 * shift);
        sum += v[i];
    }
    for (int i = 0; i < UPLIFT_ARMS; i++)
        weight += (v[i] / sum) * (v[i] / sum) / ((double)arms[i].n - 1.0);
    result->df = 1.0 / weight;
    result->se = ldexp(sqrt(sum), shift);
    result->statistic = ldexp(lift->fraction / sqrt(sum), lift->exponent - shift);
    result->p = 2.0 * student_tail(fabs(result->statistic), result->df);
    quantile = student_quantile(0.5 * (1.0 - level), result->df);
    result->low = result->lift - quantile * result->se;
    result->high = result->lift + quantile * result->se;
}

clm_status
uplift_means(const uplift_outcomes *arms, double level, uplift *result)
{
    scaled variance[UPLIFT_ARMS], lift;
    clm_status status;

    for (int i = 0; i < UPLIFT_ARMS; i++) {
        scaled sum = scaled_of(&arms[i].sum);

        if (arms[i].n < 2)
            return CLM_UNDEFINED;
        result->mean[i] = ldexp(sum.fraction / (double)arms[i].n, sum.exponent);
        if ((status = variance_of_mean(&arms[i], &variance[i])) != CLM_OK)
            return status;
    }
    status = difference_of_means(&arms[UPLIFT_TREATED].sum, arms[UPLIFT_TREATED].n, &arms[UPLIFT_CONTROL].sum,
                                 arms[UPLIFT_CONTROL].n, &lift);
    if (status != CLM_OK)
        return status;
    result->lift = ldexp(lift.fraction, lift.exponent);
    result->se = 0.0;
    result->has_test = variance[0].fraction != 0.0 || variance[1].fraction != 0.0;
    if (result->has_test)
        welch_test(arms, variance, &lift, level, result);
    return all_finite(result) ? CLM_OK : CLM_OVERFLOW;
}

/* ---- the size of a pilot ---- */

clm_status
uplift_sample_size(double p0, double p1, double power, double alpha, int64_t *n)
{
    double mean = 0.5 * (p0 + p1), root, size;

    if (!(p0 >= 0.0 && p0 <= 1.0 && p1 >= 0.0 && p1 <= 1.0 && p0 != p1) ||
        !(alpha > 0.0 && alpha < power && power < 1.0))
        return CLM_DOMAIN;
    root = normal_quantile(0.5 * alpha) * sqrt(2.0 * mean * (1.0 - mean)) +
           normal_quantile(1.0 - power) * sqrt(p0 * (1.0 - p0) + p1 * (1.0 - p1));
    root /= p1 - p0;
    size = ceil(root * root);
    if (!(size < 0x1p63))
        return CLM_OVERFLOW;
    *n = (int64_t)size;
    return CLM_OK;
}
