/*
 * The trend of a customer's money and purchases: net sums of the last periods, their relative slope, and two
 * tests that tell a trend from noise (Mann-Kendall on the sums, Laplace on the days).
 */
#include "trend.h"

#include <float.h>
#include <math.h>

#include "compensated.h"

/* Sums that differ by less than this share of the largest are equal: cents have no exact binary form, so
 * 10.1 + 19.9 and 30 must still tie. */
#define TIE_TOLERANCE 1e-12

#define MAX_PAIRS (TREND_MAX_PERIODS * (TREND_MAX_PERIODS - 1) / 2)

/* Number of periods from the one that holds the first occasion to the one that ends at as_of, at most k; 0
 * where there is no occasion among the first `entries` entries. */
static int
periods_lived(const history_view *h, size_t entries, int32_t as_of, int period, int k)
{
    for (size_t i = 0; i < entries; i++) {
        if (history_is_occasion(h, i)) {
            int64_t periods = ((int64_t)as_of - history_day(h, i)) / period + 1;

            /* Days ascend, or else the stored value is broken: then no sum may be outside the array. */
            return periods < 1 ? 0 : periods < k ? (int)periods : k;
        }
    }
    return 0;
}

/*
 * Net amounts of the last full periods that end at as_of, oldest first: the last of the *n sums is that of
 * the days in (as_of - period, as_of]. The oldest period is the k-th last, or the one with the customer's
 * first occasion where that is later; *n = 0 without an occasion up to as_of. Entries after as_of do not
 * count.
 *
 * Domain: period >= 1 day, 1 <= k <= TREND_MAX_PERIODS; sums has room for k values. Errors: CLM_DOMAIN,
 * CLM_OVERFLOW where a sum leaves the range of a double.
 */
clm_status
trend_periods(const history_view *h, int32_t as_of, int period, int k, double *sums, int *n)
{
    compensated_sum totals[TREND_MAX_PERIODS] = {{0, 0}};
    size_t end;

    if (period < 1 || k < 1 || k > TREND_MAX_PERIODS)
        return CLM_DOMAIN;
    end = history_entries_upto(h, as_of);
    *n = periods_lived(h, end, as_of, period, k);
    for (size_t i = history_entries_upto(h, as_of - (int64_t)period * *n); i < end; i++) {
        int64_t age = ((int64_t)as_of - history_day(h, i)) / period;

        if (age >= 0 && age < *n)
            compensated_add(&totals[*n - 1 - age], history_amount(h, i));
    }
    for (int j = 0; j < *n; j++) {
        sums[j] = compensated_value(&totals[j]);
        if (!isfinite(sums[j]))
            return CLM_OVERFLOW;
    }
    return CLM_OK;
}

static double
largest_magnitude(const double *y, int n)
{
    double largest = 0;

    for (int i = 0; i < n; i++)
        largest = fmax(largest, fabs(y[i]));
    return largest;
}

/*
 * Relative change per period: the least-squares slope of y over 0, 1, ..., n - 1, divided by the mean of y.
 * -0.05 means a fall of 5 % of the mean in each period.
 *
 * Only a positive mean gives a share whose sign is the direction of the money, so CLM_UNDEFINED for a mean
 * that is negative or, but for rounding, zero; also for n < TREND_MIN_PERIODS. Finite y only. Source:
 * ordinary least squares with equally spaced x.
 */
clm_status
trend_relative_slope(const double *y, int n, double *slope)
{
    compensated_sum weighted = {0, 0}, sum = {0, 0};
    double magnitude = 0, squares = 0;
    int exponent;

    if (n < TREND_MIN_PERIODS)
        return CLM_UNDEFINED;
    frexp(largest_magnitude(y, n), &exponent);
    for (int i = 0; i < n; i++) {
        double value = ldexp(y[i], -exponent); /* the result has no scale; so the sums cannot overflow */
        double x = 2.0 * i - (n - 1);          /* twice the centred index, a whole number */

        compensated_add(&weighted, x * value);
        compensated_add(&sum, value);
        magnitude += fabs(value);
        squares += x * x;
    }
    if (compensated_value(&sum) <= n * DBL_EPSILON * magnitude)
        return CLM_UNDEFINED;
    *slope = 2.0 * n * compensated_value(&weighted) / (squares * compensated_value(&sum));
    return CLM_OK;
}

/* Sorts the values into sorted and gathers equal ones: sizes[g] of them in group g; returns the number of
 * groups. Insertion sort: n is small. */
static int
tie_groups(const double *y, int n, double *sorted, int *sizes)
{
    double tolerance = TIE_TOLERANCE * largest_magnitude(y, n);
    int groups = 0;

    for (int i = 0; i < n; i++) {
        int j = i;

        for (; j > 0 && sorted[j - 1] > y[i]; j--)
            sorted[j] = sorted[j - 1];
        sorted[j] = y[i];
    }
    for (int i = 0; i < n; i++) {
        if (i > 0 && sorted[i] - sorted[i - 1] <= tolerance)
            sizes[groups - 1]++;
        else
            sizes[groups++] = 1;
    }
    return groups;
}

/* Group that a value fell into. */
static int
group_of(double value, const double *sorted, const int *sizes)
{
    int group = 0;

    for (int end = sizes[0]; value > sorted[end - 1]; end += sizes[group])
        group++;
    return group;
}

/* S of Mann 1945: rising pairs minus falling pairs. */
static int
rising_minus_falling(const double *y, int n, const double *sorted, const int *sizes)
{
    int groups[TREND_MAX_PERIODS];
    int s = 0;

    for (int j = 0; j < n; j++) {
        groups[j] = group_of(y[j], sorted, sizes);
        for (int i = 0; i < j; i++)
            s += (groups[j] > groups[i]) - (groups[j] < groups[i]);
    }
    return s;
}

/*
 * Turns the distribution of the inversions of a random order of `others` values plus `joined` equal ones, of
 * degree *degree, into that with one more of the equal ones: the generating function gains the factor
 * (1 - q^(others + joined + 1)) / (1 - q^(joined + 1)), normalised to 1 at q = 1. The distribution is
 * symmetric, and in its lower half the subtraction loses nothing, so that half is computed and mirrored.
 */
static void
join_one(double *probability, int *degree, int others, int joined)
{
    int b = joined + 1, a = others + b;
    int new_degree = *degree + others, half = new_degree / 2;

    for (int i = *degree + 1; i <= new_degree; i++)
        probability[i] = 0;
    for (int i = half; i >= a; i--)
        probability[i] -= probability[i - a];
    for (int i = 0; i <= half; i++)
        probability[i] = probability[i] * b / a + (i >= b ? probability[i - b] : 0);
    for (int i = half + 1; i <= new_degree; i++)
        probability[i] = probability[new_degree - i];
    *degree = new_degree;
}

/* Distribution of the inversions over all orders of the values, each equally likely: the q-multinomial of the
 * group sizes. Returns its degree, which is the number of pairs that are not tied. */
static int
inversions(const int *sizes, int groups, double *probability)
{
    int degree = 0, others = 0;

    probability[0] = 1;
    for (int g = 0; g < groups; g++) {
        for (int joined = 0; joined < sizes[g]; joined++)
            join_one(probability, &degree, others, joined);
        others += sizes[g];
    }
    return degree;
}

/* Sum of the first upto + 1 probabilities, at most 1. */
static double
lower_tail(const double *probability, int upto)
{
    double tail = 0;

    for (int i = 0; i <= upto; i++)
        tail += probability[i];
    return fmin(tail, 1);
}

/*
 * Mann-Kendall test for a monotone trend: S and the exact probabilities of an S as low, or as high, when all
 * orders of the n values are equally likely, ties included. Sums equal within 1e-12 of the largest are ties.
 *
 * S = pairs - 2 * inversions, and the inversions of the orders of a multiset have the q-multinomial as
 * generating function, so no normal approximation is needed. Domain: 1 <= n <= TREND_MAX_PERIODS, finite y.
 * Error: CLM_DOMAIN. Sources: Mann 1945; Kendall 1970; MacMahon 1915 (the q-multinomial).
 */
clm_status
trend_mann_kendall(const double *y, int n, mann_kendall *test)
{
    double sorted[TREND_MAX_PERIODS], probability[MAX_PAIRS + 1];
    int sizes[TREND_MAX_PERIODS];
    int groups, pairs;

    if (n < 1 || n > TREND_MAX_PERIODS)
        return CLM_DOMAIN;
    groups = tie_groups(y, n, sorted, sizes);
    pairs = inversions(sizes, groups, probability);
    test->s = rising_minus_falling(y, n, sorted, sizes);
    /* By symmetry, S <= s is as likely as S >= -s: at most (pairs + s) / 2 inversions. */
    test->p_down = lower_tail(probability, (pairs + test->s) / 2);
    test->p_up = lower_tail(probability, (pairs - test->s) / 2);
    return CLM_OK;
}

/*
 * Laplace's test for a trend in the rate of purchases: z of the mean day of the n occasions in (start, end]
 * against the middle of that window, standard normal where the rate is constant; negative where purchases
 * become rarer. A day counts as its middle, half a day before its end, so that full windows give z = 0.
 *
 * CLM_UNDEFINED with n < TREND_MIN_EVENTS. Source: Cox & Lewis 1966, chapter 3:
 * z = (mean(t) - middle) / (length * sqrt(1 / (12 n))).
 */
clm_status
trend_laplace(const history_view *h, int32_t start, int32_t end, double *z)
{
    int64_t twice_middle = (int64_t)start + end + 1;
    int64_t n = 0, twice_deviation = 0;
    size_t stop = history_entries_upto(h, end);

    for (size_t i = history_entries_upto(h, start); i < stop; i++) {
        if (history_is_occasion(h, i)) {
            n++;
            twice_deviation += 2 * (int64_t)history_day(h, i) - twice_middle;
        }
    }
    if (n < TREND_MIN_EVENTS)
        return CLM_UNDEFINED;
    *z = (double)twice_deviation * sqrt(3.0 / (double)n) / ((double)end - start);
    return CLM_OK;
}
