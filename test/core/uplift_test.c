/*
 * Unit tests of core/uplift and core/value: published examples, invariances, simulation with known truth.
 */
#include "core/uplift.h"

#include <float.h>

#include "core/distributions.h"
#include "core/random.h"
#include "core/value.h"
#include "tap.h"

/* ---- proportions ---- */

static uplift
proportions(int64_t treated_yes, int64_t treated, int64_t control_yes, int64_t control)
{
    int64_t n[UPLIFT_ARMS], yes[UPLIFT_ARMS];
    uplift u = {.lift = NAN};

    n[UPLIFT_TREATED] = treated;
    n[UPLIFT_CONTROL] = control;
    yes[UPLIFT_TREATED] = treated_yes;
    yes[UPLIFT_CONTROL] = control_yes;
    if (uplift_proportions(n, yes, 0.95, &u) != CLM_OK)
        u.lift = NAN;
    return u;
}

static void
test_worked_pilot(void)
{
    uplift u = proportions(4300, 5000, 4200, 5000);

    ok(u.mean[UPLIFT_TREATED] == 0.86 && u.mean[UPLIFT_CONTROL] == 0.84, "4300 and 4200 of 5000: the shares");
    ok(u.lift == 0.02, "lift .020, rounded once");
    is_close(u.se, 0.00714, 0, 5e-6, "standard error .00714");
    is_close(u.low, 0.0060, 0, 5e-5, "from .0060");
    is_close(u.high, 0.0340, 0, 5e-5, "to .0340");
    is_close(u.statistic, 2.80, 0, 5e-3, "z 2.80");
    is_close(u.p, 0.0051, 0, 5e-5, "p .0051");
    ok(u.df == 0 && u.has_test, "by the normal distribution");
    is_close(5000 * u.lift * 266.67 - 5000 * 4, 6667, 0, 0.5, "incremental profit 6,667");
}

/* Newcombe 1998, Table II, method 10. */
static void
test_newcombe(void)
{
    static const struct {
        int64_t a, m, b, n;
        double low, high;
    } table[] = {{56, 70, 48, 80, 0.0524, 0.3339}, {9, 10, 3, 10, 0.1705, 0.8090},
                 {6, 7, 2, 7, 0.0582, 0.8062},     {5, 56, 0, 29, -0.0381, 0.1926},
                 {0, 10, 0, 20, -0.1611, 0.2775},  {0, 10, 0, 10, -0.2775, 0.2775},
                 {10, 10, 0, 20, 0.6791, 1.0000},  {10, 10, 0, 10, 0.6075, 1.0000}};
    char name[40];
    bool mirrored = true;

    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        uplift u = proportions(table[i].a, table[i].m, table[i].b, table[i].n);
        uplift v = proportions(table[i].b, table[i].n, table[i].a, table[i].m);

        snprintf(name, sizeof(name), "%d/%d - %d/%d", (int)table[i].a, (int)table[i].m, (int)table[i].b,
                 (int)table[i].n);
        is_close(u.low, table[i].low, 0, 5.1e-5, name);
        is_close(u.high, table[i].high, 0, 5.1e-5, name);
        mirrored = mirrored && u.low == -v.high && u.high == -v.low && u.lift == -v.lift && u.p == v.p;
    }
    ok(mirrored, "exchanged arms turn lift and interval round");
}

static void
test_proportion_edges(void)
{
    const int64_t big = INT64_C(4611686018427387904);
    int64_t n[UPLIFT_ARMS] = {1, 100}, yes[UPLIFT_ARMS] = {1, 50};
    uplift u = proportions(0, 10, 0, 10);

    ok(u.lift == 0 && u.se == 0 && u.statistic == 0 && u.p == 1, "nobody did it: z 0, p 1");
    u = proportions(10, 10, 20, 20);
    ok(u.lift == 0 && u.statistic == 0 && u.p == 1 && u.high < 0.3 && u.low > -0.3,
       "everybody did it: z 0, p 1");
    u = proportions(10, 10, 0, 10);
    is_close(u.statistic, sqrt(20), 1e-15, 0, "10/10 - 0/10: z^2 = 20");
    ok(u.se == 0 && u.high == 1, "without variance in either arm, yet with a test");
    ok(uplift_proportions(n, yes, 0.95, &u) == CLM_UNDEFINED, "one customer is no control group");
    u = proportions(big / 2 + 1, big, big / 2, big);
    is_close(u.lift, 1.0 / (double)big, 1e-15, 0, "one in 4.6e18: the lift is not lost");
    is_close(u.high - u.low, 2 * 1.959963984540054 * u.se, 1e-12, 0, "and the interval is Wald's");
    n[0] = n[1];
    uplift_proportions(n, yes, 1e-300, &u);
    ok(u.low <= u.lift && u.lift <= u.high && u.high - u.low < 1e-15, "level 0 is a point");
    uplift_proportions(n, yes, 0x1p-60, &u);
    ok(u.low == u.lift && u.high == u.lift, "and so is one that rounds to it");
    uplift_proportions(n, yes, 1 - DBL_EPSILON / 2, &u);
    ok(u.high > 0.4 && u.high < 1, "the largest level is not everything");
}

/* ---- means ---- */

static clm_status
means_at(const double *treated, int n_treated, const double *control, int n_control, double level, uplift *u)
{
    static uplift_outcomes arms[UPLIFT_ARMS];
    const double *values[UPLIFT_ARMS];
    exact_window all = {0, EXACT_PLACES};

    values[UPLIFT_TREATED] = treated;
    values[UPLIFT_CONTROL] = control;
    arms[UPLIFT_TREATED].n = n_treated;
    arms[UPLIFT_CONTROL].n = n_control;
    for (int arm = 0; arm < UPLIFT_ARMS; arm++) {
        int64_t sums[EXACT_PLACES] = {0}, squares[EXACT_PLACES] = {0};

        for (int i = 0; i < arms[arm].n; i++) {
            exact_number x, square;

            exact_from_double(values[arm][i], &x);
            exact_multiply(&x, &x, &square);
            exact_add(sums, &all, &x);
            exact_add(squares, &all, &square);
        }
        exact_read(sums, &all, &arms[arm].sum);
        exact_read(squares, &all, &arms[arm].squares);
    }
    return uplift_means(arms, level, u);
}

static uplift
means(const double *treated, int n_treated, const double *control, int n_control)
{
    uplift u = {.lift = NAN};

    if (means_at(treated, n_treated, control, n_control, 0.95, &u) != CLM_OK)
        u.lift = NAN;
    return u;
}

/* Extra hours of sleep under two drugs (Student 1908), as R prints t.test(extra ~ group, data = sleep). */
static const double sleep_1[] = {0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0};
static const double sleep_2[] = {1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4};

static void
test_welch(void)
{
    uplift u = means(sleep_1, 10, sleep_2, 10);
    double two[] = {1, 3}, three[] = {2, 2, 5};

    ok(u.mean[UPLIFT_TREATED] == 0.75 && u.mean[UPLIFT_CONTROL] == 2.33 && u.lift == -1.58, "sleep: means");
    is_close(u.statistic, -1.8608, 0, 5e-5, "t = -1.8608");
    is_close(u.df, 17.776, 0, 5e-4, "df = 17.776");
    is_close(u.p, 0.07939, 0, 5e-6, "p = 0.07939");
    is_close(u.low, -3.3654832, 0, 5e-8, "from -3.3654832");
    is_close(u.high, 0.2054832, 0, 5e-8, "to 0.2054832");

    /* 2 - 3, variances 2/2 and 3/3: se^2 = 2, df = 4/(1/1 + 1/2) = 8/3. */
    u = means(two, 2, three, 3);
    is_close(u.se, sqrt(2), 1e-15, 0, "by hand: se");
    is_close(u.df, 8.0 / 3, 1e-15, 0, "by hand: df");
    is_close(u.statistic, -1 / sqrt(2), 1e-15, 0, "by hand: t");
    is_close(u.p, 2 * student_tail(sqrt(0.5), 8.0 / 3), 1e-14, 0, "by hand: p");
    is_close(u.high - u.lift, student_quantile(0.025, 8.0 / 3) * sqrt(2), 1e-14, 0, "by hand: interval");
}

/* Outcomes times 2^power plus shift are the same pilot in other units; lift and se to the given accuracy. */
static bool
is_same_pilot(int power, double shift, double accuracy)
{
    double a[10], b[10];
    uplift u, v;

    for (int i = 0; i < 10; i++) {
        a[i] = ldexp(round(10 * sleep_1[i]) + shift, power);
        b[i] = ldexp(round(10 * sleep_2[i]) + shift, power);
    }
    u = means(sleep_1, 10, sleep_2, 10);
    v = means(a, 10, b, 10);
    return fabs(ldexp(v.lift, -power) / (10 * u.lift) - 1) < accuracy &&
           fabs(ldexp(v.se, -power) / (10 * u.se) - 1) < accuracy &&
           fabs(v.statistic / u.statistic - 1) < 1e-14 && fabs(v.df / u.df - 1) < 1e-14 &&
           fabs(v.p / u.p - 1) < 1e-13;
}

static void
test_units(void)
{
    double lows[] = {1, 2, 3}, highs[] = {1e300, 2e300, 4e300}, tinies[] = {1e-300, 3e-300},
           huge[] = {DBL_MAX, DBL_MAX};
    double minus[] = {-DBL_MAX, -DBL_MAX}, steps[] = {7, 7}, spread[] = {DBL_MAX, -DBL_MAX};
    uplift u;

    ok(is_same_pilot(0, 0, 1e-14), "in tenths");
    ok(is_same_pilot(0, 0x1p49, 1e-14), "around 1e15: nothing is lost");
    ok(is_same_pilot(1000, 0, 1e-14), "around 1e301, whose squares are no doubles");
    ok(is_same_pilot(-1060, 0, 1e-5), "among the subnormal numbers");
    u = means(highs, 3, lows, 3);
    is_close(u.df, 2, 1e-14, 0, "one arm varies much more: its degrees of freedom");
    u = means(tinies, 2, lows, 3);
    ok(isfinite(u.p) && u.df >= 1.999, "the other way round");
    ok(means_at(huge, 2, minus, 2, 0.95, &u) == CLM_OVERFLOW, "a lift beyond the range");
    ok(means_at(spread, 2, lows, 3, 0.95, &u) == CLM_OVERFLOW, "an interval beyond the range");
    u = means(huge, 2, huge, 2);
    ok(u.mean[0] == DBL_MAX && u.lift == 0, "sums may be beyond the range");
    u = means(steps, 2, steps, 2);
    ok(u.lift == 0 && u.se == 0 && !u.has_test, "nothing varies: no test");
    u = means(steps, 2, lows, 3);
    ok(u.has_test && fabs(u.df - 2) < 1e-14 && u.lift == 5, "one arm varies: its degrees of freedom");
    ok(means_at(steps, 1, lows, 3, 0.95, &u) == CLM_UNDEFINED &&
           means_at(steps, 0, lows, 3, 0.95, &u) == CLM_UNDEFINED,
       "too few outcomes");
}

static void
test_impossible_sums(void)
{
    static uplift_outcomes arms[UPLIFT_ARMS];
    uplift u;

    for (int i = 0; i < UPLIFT_ARMS; i++) {
        arms[i].n = 2;
        exact_from_double(5, &arms[i].sum);
        exact_from_double(1, &arms[i].squares);
    }
    ok(uplift_means(arms, 0.95, &u) == CLM_DOMAIN, "a sum of squares below (sum)^2/n");
}

/* ---- the size of a pilot ---- */

static int64_t
size_of(double p0, double p1, double power, double alpha)
{
    int64_t n = -1;

    return uplift_sample_size(p0, p1, power, alpha, &n) == CLM_OK ? n : -1;
}

static void
test_sample_size(void)
{
    int64_t n;

    ok(size_of(0.84, 0.86, 0.8, 0.05) == 5003, "84 to 86 %%: 5,003 in each arm");
    ok(size_of(0.86, 0.84, 0.8, 0.05) == 5003, "and back");
    ok(size_of(0.5, 0.75, 0.9, 0.05) == 77,
       "as R's power.prop.test(p1 = .50, p2 = .75, power = .90): n = 76.7");
    ok(size_of(0, 1, 0.8, 0.05) == 2, "from never to always");
    ok(size_of(0.5, 0.5 + 1e-8, 0.8, 0.05) > INT64_C(39000000000000000), "a tiny change takes very many");
    ok(uplift_sample_size(0.5, 0.5 + 1e-10, 0.8, 0.05, &n) == CLM_OVERFLOW, "too many to count");
    ok(uplift_sample_size(0, DBL_TRUE_MIN, 0.8, 0.05, &n) == CLM_OVERFLOW, "far too many");
    ok(size_of(0.5, 0.5, 0.8, 0.05) < 0 && size_of(-0.1, 0.5, 0.8, 0.05) < 0 &&
           size_of(0.1, 1.5, 0.8, 0.05) < 0 && size_of(0.1, 0.5, 1, 0.05) < 0 &&
           size_of(0.1, 0.5, 0.05, 0.05) < 0 && size_of(0.1, 0.5, 0.8, 0) < 0 &&
           size_of(NAN, 0.5, 0.8, 0.05) < 0 && size_of(0.1, 0.5, NAN, 0.05) < 0 &&
           size_of(0.1, 0.5, 0.8, NAN) < 0,
       "what it is not defined for");
}

/* ---- simulated pilots with a known lift ---- */

#define PILOTS 20000

static int64_t
draw_binomial(clm_rng *rng, int n, double p)
{
    int64_t yes = 0;

    for (int i = 0; i < n; i++)
        yes += clm_rng_uniform(rng) < p;
    return yes;
}

/* Shares of pilots whose interval holds the truth, and whose test is significant. */
static void
simulate_proportions(double p0, double p1, int n0, int n1, double *coverage, double *power)
{
    clm_rng rng;
    int held = 0, significant = 0;

    clm_rng_seed(&rng, 20, 0);
    for (int i = 0; i < PILOTS; i++) {
        uplift u = proportions(draw_binomial(&rng, n1, p1), n1, draw_binomial(&rng, n0, p0), n0);

        held += u.low <= p1 - p0 && p1 - p0 <= u.high;
        significant += u.p < 0.05;
    }
    *coverage = (double)held / PILOTS;
    *power = (double)significant / PILOTS;
}

static void
simulate_means(double lift, double sd0, double sd1, int n0, int n1, double *coverage, double *power)
{
    double control[50], treated[50];
    clm_rng rng;
    int held = 0, significant = 0;

    clm_rng_seed(&rng, 21, 0);
    for (int i = 0; i < PILOTS; i++) {
        uplift u;

        for (int j = 0; j < n0; j++)
            control[j] = 50 + sd0 * clm_rng_normal(&rng);
        for (int j = 0; j < n1; j++)
            treated[j] = 50 + lift + sd1 * clm_rng_normal(&rng);
        u = means(treated, n1, control, n0);
        held += u.low <= lift && lift <= u.high;
        significant += u.p < 0.05;
    }
    *coverage = (double)held / PILOTS;
    *power = (double)significant / PILOTS;
}

static void
test_simulation(void)
{
    double coverage, power;

    simulate_proportions(0.08, 0.12, 300, 200, &coverage, &power);
    is_close(coverage, 0.95, 0, 0.006,
             "shares .08 and .12 of 300 and 200: the interval holds the truth in 95 %");
    simulate_proportions(0.02, 0.02, 60, 40, &coverage, &power);
    ok(coverage > 0.95 && coverage < 1, "rare outcomes in small arms: in no fewer");
    simulate_proportions(0.3, 0.3, 200, 200, &coverage, &power);
    is_close(power, 0.05, 0, 0.006, "without a lift 5 % are significant");
    simulate_proportions(0.3, 0.5, (int)size_of(0.3, 0.5, 0.8, 0.05), (int)size_of(0.3, 0.5, 0.8, 0.05),
                         &coverage, &power);
    is_close(power, 0.8, 0, 0.015, "pilots of sample_size find the lift with the power asked for");
    simulate_means(3, 4, 15, 30, 8, &coverage, &power);
    is_close(coverage, 0.95, 0, 0.006, "means of 30 and 8 with unequal variances: 95 %");
    simulate_means(0, 4, 15, 30, 8, &coverage, &power);
    is_close(power, 0.05, 0, 0.006, "without a lift 5 % are significant");
}

/* ---- customer purchase value ---- */

static void
test_cpv(void)
{
    double cpv;

    ok(value_cpv(12000, 0.35, 0.30, &cpv) == CLM_OK, "12,000 spent, 35 %% of it here, 30 %% margin");
    is_close(cpv, 1260, 1e-15, 0, "1,260 a year");
    ok(value_cpv(100, 0.5, -0.1, &cpv) == CLM_OK && cpv == -5, "a loss");
    ok(value_cpv(-1, 0.5, 0.1, &cpv) == CLM_DOMAIN && value_cpv(1, 1.01, 0.1, &cpv) == CLM_DOMAIN &&
           value_cpv(1, -0.01, 0.1, &cpv) == CLM_DOMAIN,
       "outside the domain");
    ok(value_cpv(1e308, 1, 100, &cpv) == CLM_OVERFLOW, "beyond the range");
}

int
main(void)
{
    test_worked_pilot();
    test_newcombe();
    test_proportion_edges();
    test_welch();
    test_units();
    test_impossible_sums();
    test_sample_size();
    test_simulation();
    test_cpv();
    return done_testing();
}
