/*
 * The economics of a customer: margin, retention, lifetime value, its slopes and its break-even points.
 */
#include "economics.h"

#include <float.h>
#include <string.h>

const char *const economics_driver_names[ECONOMICS_DRIVERS] = {[ECONOMICS_CONVERSION] = "conversion",
                                                               [ECONOMICS_ACQUISITION_COST] =
                                                                   "acquisition_cost",
                                                               [ECONOMICS_REVENUE] = "revenue",
                                                               [ECONOMICS_SERVICE_COST] = "service_cost",
                                                               [ECONOMICS_CROSS_SELL] = "cross_sell",
                                                               [ECONOMICS_PRICE] = "price",
                                                               [ECONOMICS_RENEWAL] = "renewal",
                                                               [ECONOMICS_EXPIRING] = "expiring",
                                                               [ECONOMICS_MIGRATION] = "migration",
                                                               [ECONOMICS_SAVE] = "save",
                                                               [ECONOMICS_CHURN] = "churn",
                                                               [ECONOMICS_BAD_DEBT] = "bad_debt",
                                                               [ECONOMICS_WINBACK] = "winback",
                                                               [ECONOMICS_WINBACK_COST] = "winback_cost",
                                                               [ECONOMICS_GROSS_MARGIN] = "gross_margin",
                                                               [ECONOMICS_DISCOUNT] = "discount"};

const economics_domain economics_domains[ECONOMICS_DRIVERS] = {
    [ECONOMICS_CONVERSION] = {1, 0, 1, false},
    [ECONOMICS_ACQUISITION_COST] = {0, 0, INFINITY, false},
    [ECONOMICS_REVENUE] = {0, 0, INFINITY, false},
    [ECONOMICS_SERVICE_COST] = {0, 0, INFINITY, false},
    [ECONOMICS_CROSS_SELL] = {0, -INFINITY, INFINITY, false},
    [ECONOMICS_PRICE] = {1, 0, INFINITY, false},
    [ECONOMICS_RENEWAL] = {1, 0, 1, false},
    [ECONOMICS_EXPIRING] = {0, 0, 1, false},
    [ECONOMICS_MIGRATION] = {0, -INFINITY, INFINITY, false},
    [ECONOMICS_SAVE] = {0, 0, 1, false},
    [ECONOMICS_CHURN] = {0, 0, 1, false},
    [ECONOMICS_BAD_DEBT] = {0, 0, 1, false},
    [ECONOMICS_WINBACK] = {0, 0, 1, false},
    [ECONOMICS_WINBACK_COST] = {0, 0, INFINITY, false},
    [ECONOMICS_GROSS_MARGIN] = {1, -INFINITY, 1, false},
    [ECONOMICS_DISCOUNT] = {.01, -1, INFINITY, true}};

/* ---- drivers ---- */

int
economics_driver_by_name(const char *name, size_t length)
{
    for (int i = 0; i < ECONOMICS_DRIVERS; i++) {
        if (strlen(economics_driver_names[i]) == length &&
            memcmp(economics_driver_names[i], name, length) == 0)
            return i;
    }
    return -1;
}

void
economics_default(economics *e)
{
    for (int i = 0; i < ECONOMICS_DRIVERS; i++)
        e->driver[i] = economics_domains[i].initial;
}

bool
economics_in_domain(economics_driver driver, double value)
{
    const economics_domain *domain = &economics_domains[driver];

    return isfinite(value) && (domain->open ? value > domain->least : value >= domain->least) &&
           value <= domain->most;
}

int
economics_invalid_driver(const economics *e)
{
    for (int i = 0; i < ECONOMICS_DRIVERS; i++) {
        if (!economics_in_domain(i, e->driver[i]))
            return i;
    }
    return -1;
}

double
economics_settle(economics_driver driver, double sum, double magnitude)
{
    const economics_domain *domain = &economics_domains[driver];
    double rounding = 8 * DBL_EPSILON * magnitude;

    if (!isfinite(rounding))
        return sum;
    if (!domain->open && sum < domain->least && sum >= domain->least - rounding)
        return domain->least;
    if (sum > domain->most && sum <= domain->most + rounding)
        return domain->most;
    return sum;
}

/* ---- values ---- */

clm_status
economics_margin(const economics *e, double *margin)
{
    if (economics_invalid_driver(e) >= 0)
        return CLM_DOMAIN;
    *margin = economics_formula_margin(e->driver, 1);
    return isfinite(*margin) ? CLM_OK : CLM_OVERFLOW;
}

clm_status
economics_retention(const economics *e, double *retention)
{
    if (economics_invalid_driver(e) >= 0)
        return CLM_DOMAIN;
    *retention = 1 - economics_formula_loss(e->driver, 1);
    return CLM_OK;
}

/* What the derivatives share. With w = c = 0 the factor (i + w) / i and the terms of the lost are no part of V. */
typedef struct annuity {
    double m, l, i, w, c;
    double leaving;     /* i + l + w */
    bool lost_for_good; /* w = c = 0 */
    double ever;        /* (i + w) / i: discounted periods of a life with returns, over those without */
    double conversion, acquisition_cost;
} annuity;

static annuity
make_annuity(const economics *e)
{
    const double *x = e->driver;
    annuity a = {.m = economics_formula_margin(x, 1),
                 .l = economics_formula_loss(x, 1),
                 .i = x[ECONOMICS_DISCOUNT],
                 .w = x[ECONOMICS_WINBACK],
                 .c = x[ECONOMICS_WINBACK_COST],
                 .conversion = x[ECONOMICS_CONVERSION],
                 .acquisition_cost = x[ECONOMICS_ACQUISITION_COST]};

    a.leaving = a.i + a.l + a.w;
    a.lost_for_good = a.w == 0 && a.c == 0;
    a.ever = a.lost_for_good ? 1 : (a.i + a.w) / a.i;
    return a;
}

/* Discounted cost of looking for a lost customer, (l / i) c; 0 where it costs nothing, whatever i. */
static double
search_cost(const annuity *a)
{
    return a->lost_for_good ? 0 : a->l / a->i * a->c;
}

/* Is the sum finite whatever m? Then it is so around here, too. */
static bool
converges(const annuity *a)
{
    return a->leaving > 0 && (a->lost_for_good || a->i > 0);
}

/* V, by ratios that stay in range where its parts do not. */
static double
customer_value(const annuity *a)
{
    return a->m * ((1 + a->i) / a->leaving) * a->ever - search_cost(a) / a->leaving;
}

clm_status
economics_clv(const economics *e, double *value)
{
    annuity a;

    if (economics_invalid_driver(e) >= 0)
        return CLM_DOMAIN;
    a = make_annuity(e);
    if (a.m == 0 && (a.l == 0 || a.c == 0))
        *value = -a.acquisition_cost; /* nothing to sum */
    else if (converges(&a) || !isfinite(a.m))
        *value = a.conversion * customer_value(&a) - a.acquisition_cost;
    else
        return CLM_DIVERGES;
    *value += 0.0; /* -0 becomes 0 */
    return isfinite(*value) ? CLM_OK : CLM_OVERFLOW;
}

/* ---- slopes ---- */

/* dm/dx; m is linear in each driver. */
static double
margin_slope(const economics *e, economics_driver driver)
{
    const double *x = e->driver;

    switch (driver) {
        case ECONOMICS_REVENUE:
            return x[ECONOMICS_GROSS_MARGIN] + (x[ECONOMICS_PRICE] - 1) -
                   x[ECONOMICS_BAD_DEBT] * x[ECONOMICS_PRICE];
        case ECONOMICS_PRICE:
            return x[ECONOMICS_REVENUE] * (1 - x[ECONOMICS_BAD_DEBT]);
        case ECONOMICS_BAD_DEBT:
            return -x[ECONOMICS_REVENUE] * x[ECONOMICS_PRICE];
        case ECONOMICS_GROSS_MARGIN:
            return x[ECONOMICS_REVENUE];
        case ECONOMICS_CROSS_SELL:
        case ECONOMICS_MIGRATION:
            return 1;
        case ECONOMICS_SERVICE_COST:
            return -1;
        default:
            return 0;
    }
}

/* dl/dx; l is linear in each driver. */
static double
loss_slope(const economics *e, economics_driver driver)
{
    const double *x = e->driver;

    switch (driver) {
        case ECONOMICS_EXPIRING:
            return 1 - x[ECONOMICS_RENEWAL] - x[ECONOMICS_CHURN] * (1 - x[ECONOMICS_SAVE]);
        case ECONOMICS_RENEWAL:
            return -x[ECONOMICS_EXPIRING];
        case ECONOMICS_CHURN:
            return (1 - x[ECONOMICS_EXPIRING]) * (1 - x[ECONOMICS_SAVE]);
        case ECONOMICS_SAVE:
            return -(1 - x[ECONOMICS_EXPIRING]) * x[ECONOMICS_CHURN];
        default:
            return 0;
    }
}

/* dV/di = {-m [(1 - l) i^2 + w (2 i + l + w)] + l c (2 i + l + w)} / [i (i + l + w)]^2 */
static double
discount_slope(const annuity *a)
{
    double returns = 0, searches = 0;

    if (!a->lost_for_good) {
        double twice = (a->i + a->leaving) / a->i;

        returns = a->w / a->i * twice;
        searches = a->l / a->i * a->c * twice;
    }
    return (searches - a->m * (1 - a->l + returns)) / a->leaving / a->leaving;
}

clm_status
economics_slope(const economics *e, economics_driver driver, double *slope)
{
    annuity a = make_annuity(e);
    double value, stake; /* stake: what leaving costs, beyond time */
    clm_status status = economics_clv(e, &value);

    if (status != CLM_OK)
        return status;
    if (!converges(&a))
        return CLM_UNDEFINED;
    stake = (a.m * (1 + a.i) + a.c) / a.leaving;
    switch (driver) {
        case ECONOMICS_CONVERSION:
            *slope = customer_value(&a);
            break;
        case ECONOMICS_ACQUISITION_COST:
            *slope = -1;
            break;
        case ECONOMICS_DISCOUNT:
            *slope = a.conversion * discount_slope(&a);
            break;
        case ECONOMICS_WINBACK:
        case ECONOMICS_WINBACK_COST:
            if (a.i <= 0)
                return CLM_UNDEFINED;
            *slope = a.conversion * (a.l / a.i) / a.leaving * (driver == ECONOMICS_WINBACK ? stake : -1);
            break;
        default:
            *slope = a.conversion * a.ever / a.leaving *
                     ((1 + a.i) * margin_slope(e, driver) - stake * loss_slope(e, driver));
    }
    return isfinite(*slope) ? CLM_OK : CLM_OVERFLOW;
}

clm_status
economics_elasticity(const economics *e, economics_driver driver, double *elasticity)
{
    double value, slope;
    clm_status status = economics_clv(e, &value);

    if (status == CLM_OK && value <= 0)
        return CLM_UNDEFINED;
    if (status == CLM_OK)
        status = economics_slope(e, driver, &slope);
    if (status != CLM_OK)
        return status;
    *elasticity = e->driver[driver] / value * slope;
    return isfinite(*elasticity) ? CLM_OK : CLM_OVERFLOW;
}

/* ---- break-even ---- */

/*
 * V = target where F = conversion [m (1 + i) (i + w) / i - c l / i] - K (i + l + w) is 0, with K = target +
 * acquisition_cost. F is linear in each driver but the discount rate.
 */
static double
residual(const annuity *a, double target)
{
    return a->conversion * (a->m * ((1 + a->i) * a->ever) - search_cost(a)) -
           (target + a->acquisition_cost) * a->leaving;
}

/* Error of F from rounding, by the sum of its absolute terms. */
static double
residual_rounding(const economics *e, double target)
{
    const double *x = e->driver;
    annuity a = make_annuity(e);
    double m = x[ECONOMICS_REVENUE] * (fabs(x[ECONOMICS_GROSS_MARGIN]) + fabs(x[ECONOMICS_PRICE] - 1) +
                                       x[ECONOMICS_BAD_DEBT] * x[ECONOMICS_PRICE]) +
               fabs(x[ECONOMICS_CROSS_SELL]) + fabs(x[ECONOMICS_MIGRATION]) + x[ECONOMICS_SERVICE_COST];

    return 8 * DBL_EPSILON *
           (a.conversion * (m * ((1 + a.i) * a.ever) + search_cost(&a)) +
            (fabs(target) + a.acquisition_cost) * (fabs(a.i) + a.l + a.w));
}

/* dF/dx */
static double
residual_slope(const economics *e, const annuity *a, economics_driver driver, double k)
{
    double growing = (1 + a->i) * a->ever;

    switch (driver) {
        case ECONOMICS_CONVERSION:
            return a->m * growing - search_cost(a);
        case ECONOMICS_ACQUISITION_COST:
            return -a->leaving;
        case ECONOMICS_WINBACK:
            return a->conversion * a->m * (1 + a->i) / a->i - k;
        case ECONOMICS_WINBACK_COST:
            return -a->conversion * a->l / a->i;
        default:
            return a->conversion * growing * margin_slope(e, driver) -
                   loss_slope(e, driver) * (a->lost_for_good ? k : a->conversion * a->c / a->i + k);
    }
}

/* Is x, which solves F = 0, a value of the driver with that lifetime value, and not the pole of V? */
static bool
is_solution(const economics *e, economics_driver driver, double x, double target)
{
    economics solved = *e;
    double value;
    annuity a;

    solved.driver[driver] = x;
    if (economics_clv(&solved, &value) != CLM_OK)
        return false;
    a = make_annuity(&solved);
    /* Next to the pole x rounds to where the value is another one altogether. */
    return a.leaving > 8 * DBL_EPSILON * (fabs(a.i) + a.l + a.w) &&
           fabs(value - target) * a.leaving <= 1e6 * residual_rounding(&solved, target);
}

/* A coefficient, and the sum of the absolute terms that it is rounded from. */
typedef struct coefficient {
    double value, magnitude;
} coefficient;

static coefficient
difference(double minuend, double subtrahend)
{
    return (coefficient){minuend - subtrahend, fabs(minuend) + fabs(subtrahend)};
}

/* Puts the real roots of a x^2 + b x + c into x; returns how many. A pair that rounding alone keeps from being real is a
 * double root. */
static int
quadratic_roots(coefficient ca, coefficient cb, coefficient cc, double x[2])
{
    double a = ca.value, b = cb.value, c = cc.value;
    double scale = fmax(fmax(fabs(a), fabs(b)), fabs(c)), product, discriminant, rounding, t;

    if (scale == 0 || !isfinite(scale))
        return 0;
    a /= scale;
    b /= scale;
    c /= scale;
    /* b^2 - 4 a c without cancellation (Kahan 2004). */
    product = 4 * a * c;
    discriminant = fma(b, b, -product) - fma(4 * a, c, -product);
    rounding = 8 * DBL_EPSILON / scale *
               (2 * fabs(b) * cb.magnitude + 4 * fabs(c) * ca.magnitude + 4 * fabs(a) * cc.magnitude);
    if (discriminant < 0 && discriminant >= -rounding)
        discriminant = 0;
    if (discriminant < 0)
        return 0;
    t = -.5 * (b + copysign(sqrt(discriminant), b));
    x[0] = t / a;
    x[1] = c / t;
    return 2;
}

/* With win-back F i is quadratic in i, and positive i alone will do; without it F is linear in i. */
static clm_status
breakeven_discount(const economics *e, double target, double *value)
{
    annuity a = make_annuity(e);
    double present = a.i, k = target + a.acquisition_cost, q = a.conversion, x[2];
    int n = 1;
    bool found = false;

    if (a.m == 0 && (a.l == 0 || a.c == 0))
        return CLM_UNDEFINED;
    if (a.lost_for_good)
        x[0] = (k * a.l - q * a.m) / (q * a.m - k);
    else
        n = quadratic_roots(difference(q * a.m, k), difference(q * a.m * (1 + a.w), k * (a.l + a.w)),
                            difference(q * a.m * a.w, q * a.l * a.c), x);
    for (int j = 0; j < n; j++) {
        if (!is_solution(e, ECONOMICS_DISCOUNT, x[j], target) ||
            (found && fabs(x[j] - present) >= fabs(*value - present)))
            continue;
        *value = x[j];
        found = true;
    }
    return found ? CLM_OK : CLM_UNDEFINED;
}

/* Whether the driver can make the sum finite, win-back asking for i > 0. */
static clm_status
breakeven_exists(const economics *e, economics_driver driver)
{
    annuity a = make_annuity(e);
    bool winback = a.w > 0 && driver != ECONOMICS_WINBACK;
    bool winback_cost = a.c > 0 && driver != ECONOMICS_WINBACK_COST;

    if (a.i > 0)
        return CLM_OK;
    if (winback || winback_cost)
        return CLM_DIVERGES;
    if (driver == ECONOMICS_WINBACK || driver == ECONOMICS_WINBACK_COST)
        return CLM_UNDEFINED;
    return a.leaving > 0 || loss_slope(e, driver) != 0 ? CLM_OK : CLM_DIVERGES;
}

/* The zero of F over the driver; where it misses the domain by no more than its rounding, the limit. */
static clm_status
solve_residual(const economics *e, economics_driver driver, double target, double *x)
{
    const economics_domain *domain = &economics_domains[driver];
    economics at = *e;
    annuity a;
    double zero, slope, rounding;

    at.driver[driver] = 0;
    a = make_annuity(&at);
    slope = residual_slope(&at, &a, driver, target + a.acquisition_cost);
    zero = -residual(&a, target) / slope;
    if (!isfinite(zero))
        return CLM_UNDEFINED;
    *x = fmin(fmax(zero, domain->least), domain->most) + 0.0; /* a zero without a sign */
    rounding = residual_rounding(&at, target);
    at.driver[driver] = *x;
    rounding += residual_rounding(&at, target);
    return fabs(zero - *x) <= rounding / fabs(slope) ? CLM_OK : CLM_UNDEFINED;
}

clm_status
economics_breakeven(const economics *e, economics_driver driver, double target, double *value)
{
    clm_status status;
    double x;

    if (economics_invalid_driver(e) >= 0 || !isfinite(target))
        return CLM_DOMAIN;
    if (driver == ECONOMICS_DISCOUNT)
        return breakeven_discount(e, target, value);
    status = breakeven_exists(e, driver);
    if (status == CLM_OK)
        status = solve_residual(e, driver, target, &x);
    if (status != CLM_OK)
        return status;
    *value = x;
    return is_solution(e, driver, x, target) ? CLM_OK : CLM_UNDEFINED;
}
