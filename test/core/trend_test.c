/* The trend: sums of periods, relative slope, Mann-Kendall and Laplace. */
#include "tap.h"

#include <float.h>
#include <limits.h>

#include "core/trend.h"

#define MAX_DAYS 1000

typedef struct test_history {
    uint32_t stamps[MAX_DAYS];
    double amounts[MAX_DAYS];
    size_t n;
} test_history;

static void
append(test_history *made, int32_t day, double amount)
{
    made->stamps[made->n] = make_stamp(day, amount >= 0);
    made->amounts[made->n++] = amount;
}

static history_view
view_of(const test_history *made)
{
    return (history_view){(const unsigned char *)made->stamps, (const unsigned char *)made->amounts, made->n};
}

/* Are the sums of the last k periods of `period` days up to as_of these n? */
static bool
sums_are(const test_history *made, int32_t as_of, int period, int k, const double *want, int n)
{
    history_view h = view_of(made);
    double sums[TREND_MAX_PERIODS];
    int got;

    if (trend_periods(&h, as_of, period, k, sums, &got) != CLM_OK || got != n)
        return false;
    for (int i = 0; i < n; i++) {
        if (sums[i] != want[i])
            return false;
    }
    return true;
}

static void
test_periods(void)
{
    test_history made = {.n = 0};

    append(&made, 0, 1);
    append(&made, 10, 2);
    append(&made, 11, -5);
    append(&made, 20, 4);
    append(&made, 21, 8);
    append(&made, 40, 16);

    ok(sums_are(&made, 30, 10, 3, (double[]){2, -1, 8}, 3), "a period ends with its last day");
    ok(sums_are(&made, 30, 10, 2, (double[]){-1, 8}, 2), "only the last k periods count");
    ok(sums_are(&made, 30, 10, 9, (double[]){1, 2, -1, 8}, 4),
       "the period of the first purchase is the oldest");
    ok(sums_are(&made, 29, 10, 9, (double[]){1, -3, 12}, 3), "periods end at as_of, wherever that is");
    ok(sums_are(&made, 39, 10, 2, (double[]){12, 0}, 2),
       "days after as_of do not count, an empty period is 0");
    ok(sums_are(&made, 100, 10, 3, (double[]){0, 0, 0}, 3), "silence is a row of zeros");
    ok(sums_are(&made, 0, 10, 6, (double[]){1}, 1), "on the first day there is one period");
    ok(sums_are(&made, -1, 10, 6, NULL, 0), "before the first day there is none");
    ok(sums_are(&made, 30, INT_MAX, 6, (double[]){10}, 1), "a period may be longer than all time");
}

static void
test_periods_without_occasion(void)
{
    test_history refunds = {.n = 0}, later = {.n = 0}, none = {.n = 0};

    append(&refunds, 0, -1);
    append(&refunds, 5, -2);
    append(&later, 0, -1);
    append(&later, 15, -2);
    append(&later, 18, 7);
    ok(sums_are(&none, 100, 10, 6, NULL, 0), "an empty history has no period");
    ok(sums_are(&refunds, 100, 10, 6, NULL, 0), "a history of refunds has no period");
    ok(sums_are(&later, 30, 10, 6, (double[]){5, 0}, 2),
       "the first occasion opens the periods, a refund before it in its period still counts");
}

static void
test_periods_hard_input(void)
{
    test_history made = {.n = 0}, wide = {.n = 0};
    history_view h;
    double sums[TREND_MAX_PERIODS];
    int n;

    append(&made, 1, 1e16);
    append(&made, 2, 1);
    append(&made, 3, -1e16);
    ok(sums_are(&made, 5, 10, 3, (double[]){1}, 1), "sums are compensated");
    h = view_of(&made);
    ok(trend_periods(&h, 5, 0, 3, sums, &n) == CLM_DOMAIN &&
           trend_periods(&h, 5, 1, 0, sums, &n) == CLM_DOMAIN &&
           trend_periods(&h, 5, 1, TREND_MAX_PERIODS + 1, sums, &n) == CLM_DOMAIN,
       "period and k are checked");
    append(&made, 4, DBL_MAX);
    append(&made, 5, DBL_MAX);
    h = view_of(&made);
    ok(trend_periods(&h, 5, 10, 3, sums, &n) == CLM_OVERFLOW, "a sum beyond double is an error");

    append(&wide, -HISTORY_JULIAN_EPOCH, 1);
    append(&wide, 2145031948, 2);
    ok(sums_are(&wide, 2145031948, INT_MAX, 6, (double[]){3}, 1), "the first and last date fit one period");
    ok(sums_are(&wide, 2145031948, 1, 3, (double[]){0, 0, 2}, 3), "and are far apart in days");
}

/* Relative slope, or NAN where there is none. */
static double
slope_of(const double *y, int n)
{
    double slope;

    return trend_relative_slope(y, n, &slope) == CLM_OK ? slope : NAN;
}

static void
test_slope(void)
{
    double bills[] = {320, 310, 305, 280, 240, 190};
    double mean = 1645.0 / 6, slope = -442.5 / 17.5;
    double up[] = {1, 2, 3}, threshold[] = {112.5, 107.5, 102.5, 97.5, 92.5, 87.5};
    double flat[] = {7, 7, 7, 7};

    is_close(slope, -25.3, 0, 0.05, "the falling bills: slope");
    is_close(slope_of(bills, 6), slope / mean, 1e-15, 0, "the falling bills: relative slope");
    is_close(slope_of(bills, 6), -0.092, 0, 0.0005, "which is -9.2 % a period");
    ok(slope_of(up, 3) == 0.5, "1, 2, 3 rises by half its mean");
    ok(slope_of(flat, 4) == 0, "a constant has slope 0");
    ok(slope_of(threshold, 6) == -0.05, "a fall by 5 % of the mean is -0.05 exactly");
    ok(isnan(slope_of(up, 2)), "two periods are no trend");
}

static void
test_slope_mean(void)
{
    double zero[] = {1, -2, 1}, none[] = {0, 0, 0}, negative[] = {-1, -2, -3};
    double residue[] = {0.1, 0.2, -0.3}, small[] = {1, 1, -1.99};
    double huge[] = {DBL_MAX, DBL_MAX, DBL_MAX / 2}, tiny[] = {5e-324, 1e-323, 1.5e-323};

    ok(isnan(slope_of(zero, 3)) && isnan(slope_of(none, 3)), "a mean of 0 has no relative slope");
    ok(isnan(slope_of(residue, 3)), "nor has one that is 0 but for rounding");
    ok(isnan(slope_of(negative, 3)), "nor a negative one, whose sign would be turned");
    is_close(slope_of(small, 3), -1.495 * 300, 1e-9, 0, "a small positive mean is a mean");
    is_close(slope_of(huge, 3), -0.3, 1e-15, 0, "sums beyond double do not matter");
    is_close(slope_of(tiny, 3), 0.5, 1e-15, 0, "nor do denormal numbers");
}

static mann_kendall
kendall_of(const double *y, int n)
{
    mann_kendall test = {0, -1, -1};

    if (trend_mann_kendall(y, n, &test) != CLM_OK)
        test.p_down = test.p_up = NAN;
    return test;
}

/* An order of 1, ..., n with this many inversions, at most n (n - 1) / 2. */
static void
order_with_inversions(int n, int inversions, double *y)
{
    for (int i = 0; i < n; i++)
        y[i] = i + 1;
    for (int i = n - 1; i > 0; i--) {
        for (int j = i; j > 0 && inversions > 0 && y[j - 1] < y[j]; j--) {
            double moved = y[j];

            y[j] = y[j - 1];
            y[j - 1] = moved;
            inversions--;
        }
    }
}

/* Upper tails P(S >= s) as printed in the tables, e.g. Gilbert 1987, table A18. */
static void
test_published_values(void)
{
    static const struct {
        int n, s;
        double p, half_digit;
    } table[] = {{4, 0, .625, .0005},    {4, 4, .167, .0005},  {4, 6, .042, .0005},    {5, 2, .408, .0005},
                 {5, 6, .117, .0005},    {5, 8, .042, .0005},  {5, 10, .0083, .00005}, {6, 1, .500, .0005},
                 {6, 7, .136, .0005},    {6, 9, .068, .0005},  {6, 11, .028, .0005},   {6, 13, .0083, .00005},
                 {6, 15, .0014, .00005}, {7, 11, .068, .0005}, {7, 13, .035, .0005},   {7, 15, .015, .0005},
                 {7, 17, .0054, .00005}, {8, 14, .054, .0005}, {8, 16, .031, .0005},   {8, 18, .016, .0005},
                 {9, 18, .038, .0005},   {9, 20, .022, .0005}, {10, 19, .054, .0005},  {10, 21, .036, .0005},
                 {10, 23, .023, .0005}};

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        int n = table[i].n, s = table[i].s;
        double y[10];
        mann_kendall test;

        order_with_inversions(n, (n * (n - 1) / 2 - s) / 2, y);
        test = kendall_of(y, n);
        ok(test.s == s && fabs(test.p_up - table[i].p) <= table[i].half_digit,
           "table: n = %d, P(S >= %d) = %g", n, s, table[i].p);
    }
}

#define MAX_BRUTE 7
#define MAX_BRUTE_S (MAX_BRUTE * (MAX_BRUTE - 1) / 2)

/* What going through all orders finds: how many have each S, and one order for it. */
typedef struct brute_force {
    int n;
    double values[MAX_BRUTE];
    int total, count[2 * MAX_BRUTE_S + 1];
    double example[2 * MAX_BRUTE_S + 1][MAX_BRUTE];
} brute_force;

static void
count_orders(brute_force *all, double *y, int length, unsigned used)
{
    int s = 0;

    if (length < all->n) {
        for (int i = 0; i < all->n; i++) {
            if (!(used & 1u << i)) {
                y[length] = all->values[i];
                count_orders(all, y, length + 1, used | 1u << i);
            }
        }
        return;
    }
    for (int j = 0; j < length; j++) {
        for (int i = 0; i < j; i++)
            s += (y[j] > y[i]) - (y[j] < y[i]);
    }
    all->total++;
    all->count[s + MAX_BRUTE_S]++;
    memcpy(all->example[s + MAX_BRUTE_S], y, sizeof(all->example[0]));
}

/* Does the test agree with the counts for every S that occurs? */
static bool
agrees_with_counts(const brute_force *all)
{
    int below = 0;

    for (int i = 0; i <= 2 * MAX_BRUTE_S; i++) {
        mann_kendall test;

        if (all->count[i] == 0)
            continue;
        test = kendall_of(all->example[i], all->n);
        if (test.s != i - MAX_BRUTE_S || fabs(test.p_up - (double)(all->total - below) / all->total) > 1e-14)
            return false;
        below += all->count[i];
        if (fabs(test.p_down - (double)below / all->total) > 1e-14)
            return false;
    }
    return true;
}

/* Every way to tie n values: bit i of `ties` says that value i + 1 equals value i. */
static void
test_brute_force(void)
{
    for (int n = 1; n <= MAX_BRUTE; n++) {
        bool agrees = true;

        for (unsigned ties = 0; ties < 1u << (n - 1); ties++) {
            brute_force all = {.n = n};
            double y[MAX_BRUTE] = {0};

            for (int i = 1; i < n; i++)
                all.values[i] = all.values[i - 1] + !(ties >> (i - 1) & 1);
            count_orders(&all, y, 0, 0);
            agrees = agrees && agrees_with_counts(&all);
        }
        ok(agrees, "n = %d: all orders, all ties", n);
    }
}

/* Exact values by rational arithmetic. */
static void
test_many_periods(void)
{
    double few_values[120], many_values[120], step[120], down[120], squares[24];
    mann_kendall test;

    for (int i = 0; i < 120; i++) {
        few_values[i] = i * 37 % 7 + i / 30;
        many_values[i] = i * 37 % 101 - i / 10;
        step[i] = i < 60;
        down[i] = -i;
    }
    for (int i = 0; i < 24; i++)
        squares[i] = i * i % 5;
    test = kendall_of(few_values, 120);
    ok(test.s == 2240, "120 periods, few values: S");
    is_close(test.p_up, 9.052001718400752e-08, 1e-12, 0, "120 periods, few values: P(S >= s)");
    is_close(test.p_down, 0.9999999118299446, 1e-12, 0, "120 periods, few values: P(S <= s)");
    test = kendall_of(many_values, 120);
    ok(test.s == -472, "120 periods, many values: S");
    is_close(test.p_down, 0.14297416489217318, 1e-12, 0, "120 periods, many values: P(S <= s)");
    is_close(test.p_up, 0.8580480852556146, 1e-12, 0, "120 periods, many values: P(S >= s)");
    is_close(kendall_of(step, 120).p_down, 1.035036944093482e-35, 1e-12, 0, "120 periods in two steps");
    is_close(kendall_of(down, 120).p_down, exp(-lgamma(121)), 1e-11, 0, "120 falling periods: 1 / 120!");
    is_close(kendall_of(squares, 24).p_up, 0.26270522807588853, 1e-13, 0, "24 periods of three values");
}

static void
test_kendall_edges(void)
{
    double bills[] = {320, 310, 305, 280, 240, 190}, step[] = {30, 30, 30, 20, 20, 20};
    double parts[] = {10.1 + 19.9, 30, 0.1 + 29.9, 1.1 + 2.2 + 26.7}, same[] = {5, 5, 5};
    double zeros[] = {0, -0.0, 0};
    mann_kendall test = kendall_of(bills, 6);

    ok(test.s == -15, "the falling bills: S = -15");
    is_close(test.p_down, 1.0 / 720, 1e-14, 0, "the falling bills: p = 1/720");
    is_close(test.p_up, 1, 1e-14, 0, "and they surely do not grow");
    is_close(kendall_of(step, 6).p_down, 0.05, 1e-14, 0, "one step down in six: 1/20");
    test = kendall_of(same, 3);
    ok(test.s == 0 && test.p_down == 1 && test.p_up == 1, "a constant has no trend");
    ok(kendall_of(parts, 4).s == 0, "equal sums of different parts are ties");
    ok(kendall_of(zeros, 3).s == 0, "0 and -0 are ties");
    ok(kendall_of(bills, 1).p_down == 1, "one period has no trend");
    ok(isnan(kendall_of(bills, 0).p_up) && isnan(kendall_of(bills, TREND_MAX_PERIODS + 1).p_up),
       "the number of periods is checked");
}

static void
test_laplace(void)
{
    test_history made = {.n = 0}, even = {.n = 0}, daily = {.n = 0};
    history_view h;
    double z;

    for (int day = 1; day <= 4; day++)
        append(&made, day, 0);
    append(&made, 5, -1);
    h = view_of(&made);
    ok(trend_laplace(&h, 0, 100, &z) == CLM_OK, "four purchases are enough, refunds apart");
    is_close(z, (2 - 50) / (100 * sqrt(1.0 / 48)), 1e-14, 0, "early purchases: z < 0");
    ok(trend_laplace(&h, 1, 100, &z) == CLM_UNDEFINED, "three are not: start is outside the window");
    ok(trend_laplace(&h, 0, 3, &z) == CLM_UNDEFINED, "nor are days after the end in it");
    ok(trend_laplace(&h, 0, 4, &z) == CLM_OK && z == 0, "the end is, and a purchase every day has z = 0");
    ok(trend_laplace(&h, 9, 3, &z) == CLM_UNDEFINED, "a window turned round is empty");

    for (int day = 10; day <= 100; day += 10)
        append(&even, day - 5, 1);
    h = view_of(&even);
    trend_laplace(&h, 0, 100, &z);
    ok(fabs(z) < 0.1, "even purchases: z near 0");

    for (int day = 97; day <= 100; day++)
        append(&daily, day, 1);
    h = view_of(&daily);
    trend_laplace(&h, 0, 100, &z);
    is_close(z, (98 - 50) / (100 * sqrt(1.0 / 48)), 1e-14, 0, "late purchases mirror early ones");
}

/* A stored history that is broken, its days out of order, has some sums, but none outside the array. */
static void
test_broken_history(void)
{
    static const int32_t days[] = {100, 20, 300, -5000, 99, 40};
    double sums[5];
    int broken = 0;

    for (int first = 0; first < 6; first++) {
        test_history made = {.n = 0};
        history_view h;
        int n = -1;

        for (int i = 0; i < 6; i++)
            append(&made, days[(first + i) % 6], 1);
        h = view_of(&made);
        broken += trend_periods(&h, 60, 7, 5, sums, &n) == CLM_OK && n >= 0 && n <= 5;
    }
    ok(broken == 6, "days out of order do no harm");
}

int
main(void)
{
    test_periods();
    test_periods_without_occasion();
    test_periods_hard_input();
    test_slope();
    test_slope_mean();
    test_published_values();
    test_brute_force();
    test_many_periods();
    test_kendall_edges();
    test_laplace();
    test_broken_history();
    return done_testing();
}
