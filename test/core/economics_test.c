/*
 * The economics of a customer and initiatives that move them: worked examples, the recursion and the sum behind the
 * closed form, numerical derivatives, break-even points, combinations of initiatives one by one, and bad input.
 */
#include "tap.h"

#include <float.h>
#include <string.h>

#include "core/constant_retention.h"
#include "core/levers.h"
#include "core/random.h"

/* ---- helpers ---- */

static economics
defaults(void)
{
    economics e;

    economics_default(&e);
    return e;
}

/* The economics with a driver set. */
static economics
with(economics e, economics_driver driver, double value)
{
    e.driver[driver] = value;
    return e;
}

static double
clv(economics e)
{
    double value = NAN;

    return economics_clv(&e, &value) == CLM_OK ? value : NAN;
}

/* A telecom customer: margin 17.8 a month, retention .97. */
static economics
telecom(void)
{
    economics e = defaults();

    e.driver[ECONOMICS_REVENUE] = 60;
    e.driver[ECONOMICS_GROSS_MARGIN] = .45;
    e.driver[ECONOMICS_SERVICE_COST] = 8;
    e.driver[ECONOMICS_CHURN] = .03;
    e.driver[ECONOMICS_BAD_DEBT] = .02;
    e.driver[ECONOMICS_WINBACK] = .005;
    e.driver[ECONOMICS_ACQUISITION_COST] = 55;
    return e;
}

/* Margin 100, retention .8, discount .1. */
static economics
textbook(void)
{
    return with(with(with(defaults(), ECONOMICS_REVENUE, 100), ECONOMICS_CHURN, .2), ECONOMICS_DISCOUNT, .1);
}

static double
between(clm_rng *rng, double least, double most)
{
    return least + (most - least) * clm_rng_uniform(rng);
}

/* Every driver inside its domain and away from its limits, the value of a customer positive. */
static economics
random_economics(clm_rng *rng)
{
    static const double least[ECONOMICS_DRIVERS] = {.1, 1,   20,  1, -2,  .9, .5, .05,
                                                    -2, .05, .01, 0, .01, .1, .3, .005};
    static const double most[ECONOMICS_DRIVERS] = {1, 9,  90, 5,   4,  1.2, .9, .3,
                                                   3, .6, .4, .08, .3, 3,   .7, .2};
    economics e;

    for (int d = 0; d < ECONOMICS_DRIVERS; d++)
        e.driver[d] = between(rng, least[d], most[d]);
    return e;
}

/* ---- margin, retention, lifetime value ---- */

static void
test_worked_examples(void)
{
    economics e = telecom();
    double value;

    ok(economics_margin(&e, &value) == CLM_OK, "telecom: margin");
    is_close(value, 17.8, 1e-14, 0, "telecom: margin 17.8");
    ok(economics_retention(&e, &value) == CLM_OK, "telecom: retention");
    is_close(value, .97, 1e-15, 0, "telecom: retention .97");
    is_close(clv(e), 544.27, 0, .005, "telecom: lifetime value 544.27");
    e = with(with(with(with(e, ECONOMICS_EXPIRING, .05), ECONOMICS_RENEWAL, .8), ECONOMICS_CHURN, .02),
             ECONOMICS_SAVE, .25);
    economics_retention(&e, &value);
    is_close(value, .97575, 1e-15, 0, "contracts that end, and saves: retention .97575");
    e = with(with(textbook(), ECONOMICS_WINBACK, .1), ECONOMICS_WINBACK_COST, 2);
    is_close(clv(e), 540, 1e-14, 0, "win-back: 540");
    is_close(clv(textbook()), 366.67, 0, .005, "without win-back: 366.67");
    e = with(textbook(), ECONOMICS_ACQUISITION_COST, 100);
    is_close(clv(e), 266.67, 0, .005, "less the first margin: end of period, 266.67");
    /* A prospect who converts with probability .03 to a customer worth 266.67, at a cost of 5. */
    e = with(with(textbook(), ECONOMICS_CONVERSION, .03 * .8 / 1.1), ECONOMICS_ACQUISITION_COST, 5);
    is_close(clv(e), 3.00, 0, .005, "prospect: 3.00");
}

static void
test_margin_terms(void)
{
    economics e = with(telecom(), ECONOMICS_PRICE, 1.1);
    double value;

    economics_margin(&e, &value);
    is_close(value, 60 * 1.1 - 60 * .55 - 60 * 1.1 * .02 - 8, 1e-14, 0,
             "margin: revenue at the new price, costs at the old, bad debt of what is billed");
    e = with(with(telecom(), ECONOMICS_CROSS_SELL, 3), ECONOMICS_MIGRATION, -5);
    economics_margin(&e, &value);
    is_close(value, 15.8, 1e-14, 0, "margin: cross-selling and migration add to it");
    e = with(telecom(), ECONOMICS_SERVICE_COST, 80);
    economics_margin(&e, &value);
    is_close(value, -54.2, 1e-14, 0, "margin: negative");
    ok(clv(e) < -1000, "clv: negative");
    e = with(with(defaults(), ECONOMICS_EXPIRING, 1), ECONOMICS_CHURN, 1);
    economics_retention(&e, &value);
    ok(value == 1, "retention: 1 where all contracts end and are renewed, whatever churn");
    e = with(with(defaults(), ECONOMICS_CHURN, 1), ECONOMICS_EXPIRING, .3);
    e.driver[ECONOMICS_RENEWAL] = 0;
    economics_retention(&e, &value);
    ok(value == 0, "retention: 0");
    e = defaults();
    ok(clv(e) == 0, "clv of the defaults: nothing earned, nothing spent");
}

/* The equations for the value of a customer and of a lost one, solved by elimination. */
static double
solve_recursion(const economics *e)
{
    const double *x = e->driver;
    double m, r, v = 1 / (1 + x[ECONOMICS_DISCOUNT]), w = x[ECONOMICS_WINBACK], c = x[ECONOMICS_WINBACK_COST];
    double a, value;

    economics_margin(e, &m);
    economics_retention(e, &r);
    a = 1 - v * (1 - w);
    value = (m * a - v * v * (1 - r) * c) / ((1 - v * r) * a - v * v * (1 - r) * w);
    return x[ECONOMICS_CONVERSION] * value - x[ECONOMICS_ACQUISITION_COST];
}

/* The expected margins and costs, period by period. */
static double
sum_periods(const economics *e, int periods)
{
    const double *x = e->driver;
    double m, r, here = 1, away = 0, factor = 1, sum = 0;

    economics_margin(e, &m);
    economics_retention(e, &r);
    for (int t = 0; t < periods; t++) {
        double stay = here * r + away * x[ECONOMICS_WINBACK];

        /* A lost customer is looked for at the end of each period away. */
        sum += factor * (here * m - away * x[ECONOMICS_WINBACK_COST] / (1 + x[ECONOMICS_DISCOUNT]));
        here = stay;
        away = 1 - here;
        factor /= 1 + x[ECONOMICS_DISCOUNT];
    }
    return x[ECONOMICS_CONVERSION] * sum - x[ECONOMICS_ACQUISITION_COST];
}

static void
test_closed_form(void)
{
    clm_rng rng;
    double worst_recursion = 0, worst_sum = 0, worst_constant = 0;

    clm_rng_seed(&rng, 1, 0);
    for (int n = 0; n < 300; n++) {
        economics e = random_economics(&rng);
        constant_retention c = {.infinite = true, .advance = true};
        double value = clv(e), constant;

        worst_recursion = fmax(worst_recursion, fabs(value - solve_recursion(&e)) / fabs(value));
        worst_sum = fmax(worst_sum, fabs(value - sum_periods(&e, 8000)) / fabs(value));
        e = with(with(with(e, ECONOMICS_WINBACK, 0), ECONOMICS_WINBACK_COST, 0), ECONOMICS_CONVERSION, 1);
        economics_margin(&e, &c.margin);
        economics_retention(&e, &c.retention);
        c.discount = e.driver[ECONOMICS_DISCOUNT];
        c.acquisition = e.driver[ECONOMICS_ACQUISITION_COST];
        constant_retention_clv(&c, &constant);
        worst_constant = fmax(worst_constant, fabs(clv(e) - constant) / fabs(constant));
    }
    is_close(worst_recursion, 0, 0, 1e-10, "the closed form solves the recursion");
    is_close(worst_sum, 0, 0, 1e-10, "the closed form is the sum over the periods");
    is_close(worst_constant, 0, 0, 1e-12, "without win-back: the value with constant retention, in advance");
}

/* Where differences such as 1 + i - r would lose all digits. */
static void
test_digits(void)
{
    economics e =
        with(with(with(defaults(), ECONOMICS_REVENUE, 1), ECONOMICS_DISCOUNT, 1e-14), ECONOMICS_CHURN, 3e-14);

    is_close(clv(e), 2.5e13 * (1 + 1e-14), 1e-15, 0, "hardly any discount and churn");
    e = with(e, ECONOMICS_WINBACK, 1e-14);
    is_close(clv(e), 4e13, 1e-13, 0, "and hardly any win-back");
    e = with(with(textbook(), ECONOMICS_DISCOUNT, 1e-300), ECONOMICS_CHURN, .2);
    is_close(clv(e), 500, 1e-15, 0, "a discount of 1e-300");
    e = with(textbook(), ECONOMICS_DISCOUNT, 0);
    is_close(clv(e), 500, 1e-15, 0, "no discount at all");
    e = with(textbook(), ECONOMICS_DISCOUNT, 1e300);
    is_close(clv(e), 100, 1e-15, 0, "a discount of 1e300: the first margin");
    e = with(with(textbook(), ECONOMICS_DISCOUNT, -.1), ECONOMICS_CHURN, .2);
    is_close(clv(e), 100 * .9 / .1, 1e-14, 0, "a negative discount that churn outweighs");
}

static clm_status
clv_status(economics e)
{
    double value;

    return economics_clv(&e, &value);
}

static void
test_no_value(void)
{
    economics e = with(textbook(), ECONOMICS_DISCOUNT, 0);

    ok(clv_status(with(e, ECONOMICS_CHURN, 0)) == CLM_DIVERGES, "diverges: nobody leaves, no discount");
    ok(clv_status(with(e, ECONOMICS_WINBACK, .1)) == CLM_DIVERGES, "diverges: the lost return, no discount");
    ok(clv_status(with(e, ECONOMICS_WINBACK_COST, 1)) == CLM_DIVERGES,
       "diverges: the lost cost, no discount");
    ok(clv_status(with(e, ECONOMICS_DISCOUNT, -.3)) == CLM_DIVERGES,
       "diverges: a discount below minus churn");
    ok(clv_status(with(e, ECONOMICS_DISCOUNT, -.2)) == CLM_DIVERGES, "diverges: a discount of minus churn");
    ok(clv_status(with(with(e, ECONOMICS_CHURN, 0), ECONOMICS_CONVERSION, 0)) == CLM_DIVERGES,
       "diverges: whatever the conversion");
    e = with(with(with(e, ECONOMICS_CHURN, 0), ECONOMICS_REVENUE, 0), ECONOMICS_ACQUISITION_COST, 5);
    ok(clv(e) == -5, "nothing to sum: minus the acquisition cost");
    ok(clv_status(with(textbook(), ECONOMICS_REVENUE, 1.7e308)) == CLM_OVERFLOW, "overflow of the value");
    e = with(with(textbook(), ECONOMICS_REVENUE, 1.7e308), ECONOMICS_PRICE, 1e10);
    ok(clv_status(e) == CLM_OVERFLOW, "overflow of the margin");
    ok(clv_status(with(e, ECONOMICS_DISCOUNT, 0)) == CLM_OVERFLOW, "overflow of the margin without discount");
    ok(clv_status(with(with(defaults(), ECONOMICS_REVENUE, 1.7e308), ECONOMICS_DISCOUNT, 1e-300)) ==
           CLM_OVERFLOW,
       "overflow for next to no discount");
}

static void
test_domain(void)
{
    static const double outside[] = {NAN, INFINITY, -INFINITY};
    economics e = telecom();
    double value;

    for (int d = 0; d < ECONOMICS_DRIVERS; d++) {
        const economics_domain *domain = &economics_domains[d];
        bool refused = true;

        for (int j = 0; j < 3; j++)
            refused &=
                clv_status(with(e, d, outside[j])) == CLM_DOMAIN && !economics_in_domain(d, outside[j]);
        if (isfinite(domain->least))
            refused &= clv_status(with(e, d, nextafter(domain->least, -INFINITY))) == CLM_DOMAIN &&
                       economics_in_domain(d, domain->least) == !domain->open;
        if (isfinite(domain->most))
            refused &= clv_status(with(e, d, nextafter(domain->most, INFINITY))) == CLM_DOMAIN &&
                       economics_in_domain(d, domain->most);
        ok(refused, "%s outside its domain", economics_driver_names[d]);
        ok(economics_driver_by_name(economics_driver_names[d], strlen(economics_driver_names[d])) == d,
           "%s by name", economics_driver_names[d]);
    }
    ok(economics_driver_by_name("", 0) == -1 && economics_driver_by_name("chur", 4) == -1 &&
           economics_driver_by_name("churns", 6) == -1 && economics_driver_by_name("Churn", 5) == -1,
       "names of no driver");
    e = with(e, ECONOMICS_SAVE, 2);
    ok(economics_invalid_driver(&e) == ECONOMICS_SAVE, "the driver outside");
    ok(economics_margin(&e, &value) == CLM_DOMAIN && economics_retention(&e, &value) == CLM_DOMAIN &&
           economics_slope(&e, ECONOMICS_CHURN, &value) == CLM_DOMAIN &&
           economics_elasticity(&e, ECONOMICS_CHURN, &value) == CLM_DOMAIN &&
           economics_breakeven(&e, ECONOMICS_CHURN, 0, &value) == CLM_DOMAIN,
       "no function takes it");
    e = telecom();
    ok(economics_breakeven(&e, ECONOMICS_CHURN, NAN, &value) == CLM_DOMAIN, "a target that is no number");
}

static void
test_settle(void)
{
    ok(economics_settle(ECONOMICS_CHURN, .3 - .1 - .2, .6) == 0, "a sum that misses 0 by its rounding");
    ok(economics_settle(ECONOMICS_SAVE, 1 + DBL_EPSILON, 1) == 1, "a sum that misses 1 by its rounding");
    ok(economics_settle(ECONOMICS_CHURN, -1e-9, .6) == -1e-9, "a sum that misses 0 by more");
    ok(economics_settle(ECONOMICS_DISCOUNT, -1, 1) == -1, "a limit that is outside");
    ok(economics_settle(ECONOMICS_REVENUE, -1e308, INFINITY) == -1e308, "terms beyond the range of a number");
    ok(economics_settle(ECONOMICS_MIGRATION, -5, 5) == -5, "no limit");
}

/* ---- slopes ---- */

static double
elasticity(economics e, economics_driver driver)
{
    double value = NAN;

    return economics_elasticity(&e, driver, &value) == CLM_OK ? value : NAN;
}

static void
test_published_elasticities(void)
{
    economics e =
        with(with(with(textbook(), ECONOMICS_CHURN, 0), ECONOMICS_EXPIRING, 1), ECONOMICS_RENEWAL, .8);

    /* Less the first margin this is the value at the end of each period, 266.67; with 60 to acquire it, 206.67. */
    is_close(elasticity(with(e, ECONOMICS_ACQUISITION_COST, 100), ECONOMICS_RENEWAL), 3.67, 0, .005,
             "retention, gross: 3.67");
    is_close(elasticity(with(e, ECONOMICS_ACQUISITION_COST, 160), ECONOMICS_RENEWAL), 4.73, 0, .005,
             "retention, net: 4.73");
    is_close(elasticity(with(e, ECONOMICS_ACQUISITION_COST, 160), ECONOMICS_DISCOUNT), -.43, 0, .005,
             "discount, net: -.43");
    /* So it is when r / (1 + i) of the customers get that far. */
    e = with(with(e, ECONOMICS_CONVERSION, .8 / 1.1), ECONOMICS_ACQUISITION_COST, 60);
    is_close(elasticity(e, ECONOMICS_REVENUE), 1.29, 0, .005, "margin, net: 1.29");
    is_close(elasticity(e, ECONOMICS_ACQUISITION_COST), -.29, 0, .005, "acquisition cost: -.29");
    e = with(e, ECONOMICS_ACQUISITION_COST, 100);
    ok(isnan(elasticity(with(e, ECONOMICS_ACQUISITION_COST, 300), ECONOMICS_CHURN)),
       "none where the value is negative");
    ok(elasticity(textbook(), ECONOMICS_CROSS_SELL) == 0, "0 for a driver that is 0");
}

/* Central differences of fourth order. */
static double
numerical_slope(const economics *e, economics_driver driver)
{
    double x = e->driver[driver], h = 1e-3 * fmax(fabs(x), .01);

    return (8 * (clv(with(*e, driver, x + h)) - clv(with(*e, driver, x - h))) -
            clv(with(*e, driver, x + 2 * h)) + clv(with(*e, driver, x - 2 * h))) /
           (12 * h);
}

static void
test_slopes(void)
{
    for (int d = 0; d < ECONOMICS_DRIVERS; d++) {
        clm_rng rng;
        double worst = 0;

        clm_rng_seed(&rng, 2, d);
        for (int n = 0; n < 400; n++) {
            economics e = random_economics(&rng);
            double slope, expected;

            /* A quarter each without win-back, without its cost, without either. */
            if (n & 1 && d != ECONOMICS_WINBACK)
                e.driver[ECONOMICS_WINBACK] = 0;
            if (n & 2 && d != ECONOMICS_WINBACK_COST)
                e.driver[ECONOMICS_WINBACK_COST] = 0;
            if ((n & 7) == 3 && e.driver[ECONOMICS_WINBACK] + e.driver[ECONOMICS_WINBACK_COST] == 0)
                e.driver[ECONOMICS_DISCOUNT] *= -.001;
            if (d == ECONOMICS_CONVERSION)
                e.driver[d] *= .9;
            expected = numerical_slope(&e, d);
            if (economics_slope(&e, d, &slope) != CLM_OK)
                slope = NAN;
            worst =
                fmax(worst, !(fabs(slope - expected) >= 0) ? INFINITY
                                                           : fabs(slope - expected) / (1 + fabs(expected)));
        }
        ok(worst < 1e-6, "slope over %s (%.1e)", economics_driver_names[d], worst);
    }
}

static void
test_slopes_at_limits(void)
{
    economics e = with(textbook(), ECONOMICS_DISCOUNT, 0);
    double slope;

    ok(economics_slope(&e, ECONOMICS_WINBACK, &slope) == CLM_UNDEFINED &&
           economics_slope(&e, ECONOMICS_WINBACK_COST, &slope) == CLM_UNDEFINED,
       "no slope of win-back without discount");
    ok(economics_slope(&e, ECONOMICS_CHURN, &slope) == CLM_OK, "but of churn");
    is_close(slope, -100 / .04, 1e-14, 0, "-m / l^2");
    e = with(with(e, ECONOMICS_REVENUE, 0), ECONOMICS_CHURN, 0);
    ok(economics_slope(&e, ECONOMICS_CHURN, &slope) == CLM_UNDEFINED,
       "no slope where there is nothing to sum");
    e = with(e, ECONOMICS_REVENUE, 1);
    ok(economics_slope(&e, ECONOMICS_CHURN, &slope) == CLM_DIVERGES, "nor where the sum diverges");
    e = textbook();
    ok(economics_slope(&e, ECONOMICS_WINBACK, &slope) == CLM_OK, "win-back that has not begun");
    is_close(slope, 100 * 1.1 * .2 / (.1 * .09), 1e-13, 0, "l m (1 + i) / [i (i + l)^2]");
}

/* ---- break-even ---- */

static double
breakeven(economics e, economics_driver driver, double target)
{
    double value = NAN;

    return economics_breakeven(&e, driver, target, &value) == CLM_OK ? value : NAN;
}

static void
test_published_breakeven(void)
{
    economics e = with(with(textbook(), ECONOMICS_REVENUE, 110), ECONOMICS_ACQUISITION_COST, 110);

    is_close(breakeven(e, ECONOMICS_CHURN, 266.67), 1 - .7788, 0, 5e-5,
             "a price rise of 10 % may cost 2.12 points of retention");
    e = with(with(textbook(), ECONOMICS_CONVERSION, .03), ECONOMICS_ACQUISITION_COST, 5);
    is_close(breakeven(e, ECONOMICS_CONVERSION, 0), 5 / (1100. / 3), 1e-14, 0,
             "break-even conversion: cost over value");
    is_close(breakeven(e, ECONOMICS_ACQUISITION_COST, 0), 11, 1e-14, 0, "break-even cost of a prospect");
}

/* Is x where the lifetime value is that of e: to 12 digits, or as near as the rounding of the value lets see? */
static bool
is_back_at(const economics *e, economics_driver driver, double x)
{
    double present = e->driver[driver], value = clv(*e);
    double rounding = 8 * DBL_EPSILON * (fabs(value) + e->driver[ECONOMICS_ACQUISITION_COST]);

    return fabs(x - present) <= 1e-12 * fabs(present) || fabs(clv(with(*e, driver, x)) - value) <= rounding;
}

/* From another value of the driver, the break-even of the value there is back there. */
static void
test_breakeven(void)
{
    for (int d = 0; d < ECONOMICS_DRIVERS; d++) {
        clm_rng rng;
        bool all = true;

        clm_rng_seed(&rng, 3, d);
        for (int n = 0; n < 400; n++) {
            economics e = random_economics(&rng), from = e;

            if (n & 1 && d != ECONOMICS_WINBACK)
                e.driver[ECONOMICS_WINBACK] = 0;
            if (n & 2 && d != ECONOMICS_WINBACK_COST)
                e.driver[ECONOMICS_WINBACK_COST] = 0;
            /* Of two discounts the nearest counts. */
            if (d != ECONOMICS_DISCOUNT)
                from = random_economics(&rng);
            all &= is_back_at(&e, d, breakeven(with(e, d, from.driver[d]), d, clv(e)));
        }
        ok(all, "break-even of %s", economics_driver_names[d]);
    }
}

/* The limits of a driver's domain are break-even points themselves, but nothing beyond. */
static void
test_breakeven_at_limits(void)
{
    clm_rng rng;
    bool reached = true, refused = true;

    clm_rng_seed(&rng, 4, 0);
    for (int n = 0; n < 200; n++) {
        economics e = random_economics(&rng);

        for (int d = 0; d < ECONOMICS_DISCOUNT; d++) {
            const double limits[] = {economics_domains[d].least, economics_domains[d].most};

            for (int j = 0; j < 2; j++) {
                double slope, value = clv(with(e, d, limits[j]));
                economics at = with(e, d, limits[j]);

                if (!isfinite(limits[j]))
                    continue;
                economics_slope(&at, d, &slope);
                reached &= fabs(breakeven(e, d, value) - limits[j]) < 1e-11;
                refused &= isnan(breakeven(e, d, value + (j == 0 ? -1e-6 : 1e-6) * slope));
            }
        }
    }
    ok(reached, "limits are reached");
    ok(refused, "nothing beyond the limits");
}

static void
test_breakeven_discount(void)
{
    economics e = with(textbook(), ECONOMICS_SERVICE_COST, 96);
    double low, high;

    is_close(breakeven(textbook(), ECONOMICS_DISCOUNT, 500), 0, 0, 1e-15, "no discount");
    is_close(breakeven(textbook(), ECONOMICS_DISCOUNT, 900), -.1, 1e-14, 0, "a negative one");
    is_close(breakeven(with(textbook(), ECONOMICS_DISCOUNT, -.5), ECONOMICS_DISCOUNT, 1100. / 3), .1, 1e-14,
             0, "from where the value diverges");
    ok(isnan(breakeven(textbook(), ECONOMICS_DISCOUNT, 100)), "the first margin takes an infinite discount");
    ok(isnan(breakeven(textbook(), ECONOMICS_DISCOUNT, 99)), "less than the first margin never comes");
    ok(isnan(breakeven(with(textbook(), ECONOMICS_CHURN, 1), ECONOMICS_DISCOUNT, 100)),
       "no effect: only one margin");
    ok(isnan(breakeven(with(e, ECONOMICS_SERVICE_COST, 100), ECONOMICS_DISCOUNT, 0)), "no effect: no margin");
    /* Looking for the lost costs more than a small margin where the future counts, not where it hardly does. */
    e = with(e, ECONOMICS_WINBACK_COST, 3);
    low = breakeven(with(e, ECONOMICS_DISCOUNT, .3), ECONOMICS_DISCOUNT, 4.3);
    high = breakeven(with(e, ECONOMICS_DISCOUNT, 9), ECONOMICS_DISCOUNT, 4.3);
    ok(low > 0 && high > low, "two discounts: %g and %g, each found from near by", low, high);
    is_close(clv(with(e, ECONOMICS_DISCOUNT, low)), 4.3, 1e-12, 0, "the value at the smaller one");
    is_close(clv(with(e, ECONOMICS_DISCOUNT, high)), 4.3, 1e-12, 0, "the value at the larger one");
    ok(isnan(breakeven(e, ECONOMICS_DISCOUNT, 8)), "above the maximum between them");
}

static clm_status
breakeven_status(economics e, economics_driver driver)
{
    double value;

    return economics_breakeven(&e, driver, 10, &value);
}

static void
test_no_breakeven(void)
{
    economics e = textbook(), free = with(textbook(), ECONOMICS_DISCOUNT, 0);

    ok(breakeven_status(with(e, ECONOMICS_CHURN, 0), ECONOMICS_SAVE) == CLM_UNDEFINED,
       "no effect: saves without churn");
    ok(breakeven_status(e, ECONOMICS_RENEWAL) == CLM_UNDEFINED, "no effect: renewals without contracts");
    ok(breakeven_status(with(e, ECONOMICS_EXPIRING, 1), ECONOMICS_CHURN) == CLM_UNDEFINED,
       "no effect: churn under contract");
    ok(breakeven_status(with(e, ECONOMICS_CONVERSION, 0), ECONOMICS_REVENUE) == CLM_UNDEFINED,
       "no effect: no customer");
    ok(breakeven_status(with(e, ECONOMICS_REVENUE, 0), ECONOMICS_CHURN) == CLM_UNDEFINED,
       "no effect: no margin");
    ok(breakeven_status(with(with(e, ECONOMICS_REVENUE, 0), ECONOMICS_DISCOUNT, -.1), ECONOMICS_CHURN) ==
           CLM_UNDEFINED,
       "no effect: no margin, at the border of convergence");
    ok(breakeven_status(with(e, ECONOMICS_CHURN, 0), ECONOMICS_WINBACK) == CLM_UNDEFINED,
       "no effect: nobody is lost");
    ok(breakeven_status(with(free, ECONOMICS_WINBACK, .1), ECONOMICS_REVENUE) == CLM_DIVERGES,
       "diverges whatever the revenue: win-back without discount");
    ok(breakeven_status(with(free, ECONOMICS_WINBACK, .1), ECONOMICS_CHURN) == CLM_DIVERGES,
       "nor does churn help");
    ok(breakeven_status(with(free, ECONOMICS_CHURN, 0), ECONOMICS_REVENUE) == CLM_DIVERGES,
       "diverges whatever the revenue");
    ok(breakeven_status(free, ECONOMICS_WINBACK) == CLM_UNDEFINED &&
           breakeven_status(free, ECONOMICS_WINBACK_COST) == CLM_UNDEFINED,
       "no win-back without discount");
    is_close(breakeven(with(free, ECONOMICS_CHURN, 0), ECONOMICS_CHURN, 500), .2, 1e-14, 0,
             "churn from where the value diverges");
    ok(isnan(breakeven(e, ECONOMICS_REVENUE, -1)), "a value that takes a negative revenue");
    ok(isnan(breakeven(with(e, ECONOMICS_ACQUISITION_COST, 1e308), ECONOMICS_REVENUE, 1.7e308)),
       "beyond the range of a number");
}

/* ---- initiatives ---- */

static void
test_apply(void)
{
    static const lever_effect effects[] = {
        {7, ECONOMICS_SAVE, .25}, {7, ECONOMICS_REVENUE, -2}, {8, ECONOMICS_REVENUE, 6}};
    static const lever_effect to_zero[] = {{0, ECONOMICS_CHURN, -.1}, {1, ECONOMICS_CHURN, -.2}};
    static const lever_effect there_and_back[] = {{0, ECONOMICS_SAVE, 2}, {1, ECONOMICS_SAVE, -1.5}};
    static const lever_effect beyond[] = {
        {3, ECONOMICS_SAVE, .8}, {4, ECONOMICS_SAVE, .5}, {5, ECONOMICS_SAVE, -.1}};
    static const lever_effect infinite[] = {{1, ECONOMICS_REVENUE, 1.7e308}, {2, ECONOMICS_REVENUE, 1.7e308}};
    lever_breach breach;
    economics e = telecom();

    ok(levers_apply(&e, effects, 3, &breach) && e.driver[ECONOMICS_SAVE] == .25 &&
           e.driver[ECONOMICS_REVENUE] == 64 && e.driver[ECONOMICS_CHURN] == .03,
       "effects add up");
    e = with(telecom(), ECONOMICS_CHURN, .3);
    ok(levers_apply(&e, to_zero, 2, &breach) && e.driver[ECONOMICS_CHURN] == 0,
       "exactly to the limit but for rounding");
    e = telecom();
    ok(levers_apply(&e, there_and_back, 2, &breach) && e.driver[ECONOMICS_SAVE] == .5, "only the end counts");
    e = telecom();
    ok(!levers_apply(&e, beyond, 3, &breach) && breach.initiative == 4 && breach.driver == ECONOMICS_SAVE,
       "outside: the initiative that pushed it last");
    is_close(breach.value, 1.2, 1e-15, 0, "outside: the value");
    e = telecom();
    ok(!levers_apply(&e, infinite, 2, &breach) && breach.initiative == 2 && isinf(breach.value),
       "beyond the range of a number");
    e = telecom();
    ok(levers_apply(&e, NULL, 0, &breach) && memcmp(&e, &(economics){{0}}, sizeof(e)) != 0 &&
           e.driver[ECONOMICS_REVENUE] == 60,
       "no effect");
}

static lever_initiatives
random_initiatives(clm_rng *rng, int n, const economics *e)
{
    lever_initiatives made;

    levers_sum(NULL, 0, n, &made);
    for (int k = 0; k < n; k++) {
        for (int j = 0; j < 3; j++) {
            int d = (int)(clm_rng_uniform(rng) * ECONOMICS_DRIVERS);

            /* The random economics leave each driver room for this. */
            made.delta[k][d] = between(rng, -.05, .03) / 2 * fmin(fabs(e->driver[d]), .1);
        }
    }
    return made;
}

/* The lifetime value under a combination, and the values by the definition of the Shapley value. */
static double
combined_clv(const economics *e, const lever_initiatives *initiatives, unsigned combination)
{
    economics moved = *e;

    for (int k = 0; k < initiatives->n; k++) {
        for (int d = 0; d < ECONOMICS_DRIVERS && combination >> k & 1; d++)
            moved.driver[d] += initiatives->delta[k][d];
    }
    return clv(moved);
}

static double
worst_lever_error(const economics *e, const lever_initiatives *initiatives)
{
    static double v[SHAPLEY_MAX_COALITIONS];
    double expected[LEVERS_MAX_INITIATIVES], total = 0, worst = 0;
    lever_values values;
    lever_failure failure;

    if (levers_value(e, initiatives, &values, &failure) != CLM_OK)
        return INFINITY;
    for (unsigned s = 0; s < 1u << initiatives->n; s++)
        v[s] = combined_clv(e, initiatives, s);
    shapley_values(initiatives->n, v, expected);
    for (int k = 0; k < initiatives->n; k++) {
        worst = fmax(worst, fabs(values.shapley[k] - expected[k]));
        worst = fmax(worst, fabs(values.alone[k] - (v[1u << k] - v[0])));
        total += values.shapley[k];
    }
    worst = fmax(worst, fabs(values.joint - (v[(1u << initiatives->n) - 1] - v[0])));
    worst = fmax(worst, fabs(values.joint - total));
    return worst / fabs(v[0]);
}

static void
test_combinations(void)
{
    clm_rng rng;

    clm_rng_seed(&rng, 5, 0);
    for (int n = 0; n <= LEVERS_MAX_INITIATIVES; n++) {
        double worst = 0;

        for (int j = 0; j < 20; j++) {
            economics e = random_economics(&rng);
            lever_initiatives initiatives = random_initiatives(&rng, n, &e);

            e.driver[ECONOMICS_CONVERSION] *= .9;
            worst = fmax(worst, worst_lever_error(&e, &initiatives));
        }
        ok(worst < 1e-11, "%d initiatives: combination by combination (%.1e)", n, worst);
    }
}

/* Where some combinations have no discount, the formula of the others does not hold. */
static void
test_combinations_without_discount(void)
{
    economics e = with(textbook(), ECONOMICS_DISCOUNT, .02);
    lever_initiatives initiatives;
    lever_values values;
    lever_failure failure;

    levers_sum(NULL, 0, 9, &initiatives);
    for (int k = 0; k < 9; k++)
        initiatives.delta[k][ECONOMICS_DISCOUNT] = -.005;
    initiatives.delta[8][ECONOMICS_SAVE] = .3;
    ok(worst_lever_error(&e, &initiatives) < 1e-11, "down to a discount of -.025");
    initiatives.delta[7][ECONOMICS_WINBACK] = .1;
    initiatives.delta[8][ECONOMICS_DISCOUNT] = 0;
    ok(levers_value(&e, &initiatives, &values, &failure) == CLM_DIVERGES,
       "diverges: win-back without discount");
    ok(isnan(combined_clv(&e, &initiatives, failure.combination)) && failure.combination >> 7 & 1,
       "the combination that diverges");
    levers_sum(NULL, 0, 7, &initiatives);
    for (int k = 0; k < 7; k++)
        initiatives.delta[k][ECONOMICS_REVENUE] = k;
    e = with(textbook(), ECONOMICS_DISCOUNT, 1e300);
    ok(worst_lever_error(&e, &initiatives) < 1e-11, "a discount of 1e300");
    e = with(textbook(), ECONOMICS_DISCOUNT, 1e-310);
    ok(worst_lever_error(&e, &initiatives) < 1e-11, "a discount of 1e-310");
    levers_sum(NULL, 0, 1, &initiatives);
    initiatives.delta[0][ECONOMICS_REVENUE] = 1e307;
    e = with(e, ECONOMICS_CHURN, .001);
    ok(levers_value(&e, &initiatives, &values, &failure) == CLM_OVERFLOW && failure.combination == 1,
       "beyond the range of a number");
}

static void
test_combination_domain(void)
{
    static const lever_effect effects[] = {
        {0, ECONOMICS_SAVE, .6}, {1, ECONOMICS_SAVE, -.1}, {2, ECONOMICS_SAVE, .5}, {0, ECONOMICS_SAVE, .05}};
    economics e = with(telecom(), ECONOMICS_SAVE, .2);
    lever_initiatives initiatives;
    lever_values values;
    lever_failure failure;

    levers_sum(effects, 4, 3, &initiatives);
    ok(initiatives.n == 3 && initiatives.delta[0][ECONOMICS_SAVE] == .65, "effects of an initiative add up");
    ok(levers_value(&e, &initiatives, &values, &failure) == CLM_DOMAIN && failure.breach.initiative == 2 &&
           failure.breach.driver == ECONOMICS_SAVE,
       "outside: two initiatives without the third");
    is_close(failure.breach.value, 1.35, 1e-15, 0, "outside: the value");
    e = with(e, ECONOMICS_SAVE, .05);
    levers_sum(effects, 2, 2, &initiatives);
    ok(levers_value(&e, &initiatives, &values, &failure) == CLM_DOMAIN && failure.breach.initiative == 1,
       "outside: below, one alone");
    /* Three of .1 from .7, and three of -.1 from .3, are within the domain but for rounding. */
    levers_sum(NULL, 0, 3, &initiatives);
    for (int k = 0; k < 3; k++) {
        initiatives.delta[k][ECONOMICS_SAVE] = .1;
        initiatives.delta[k][ECONOMICS_CHURN] = -.1;
    }
    e = with(with(e, ECONOMICS_SAVE, .7), ECONOMICS_CHURN, .3);
    ok(levers_value(&e, &initiatives, &values, &failure) == CLM_OK, "to the limits but for rounding");
    is_close(values.joint, clv(with(with(e, ECONOMICS_SAVE, 1), ECONOMICS_CHURN, 0)) - clv(e), 1e-14, 0,
             "the value there");
}

int
main(void)
{
    test_worked_examples();
    test_margin_terms();
    test_closed_form();
    test_digits();
    test_no_value();
    test_domain();
    test_settle();
    test_published_elasticities();
    test_slopes();
    test_slopes_at_limits();
    test_published_breakeven();
    test_breakeven();
    test_breakeven_at_limits();
    test_breakeven_discount();
    test_no_breakeven();
    test_apply();
    test_combinations();
    test_combinations_without_discount();
    test_combination_domain();
    return done_testing();
}
