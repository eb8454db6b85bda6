/*
 * Contract families: values computed with arbitrary precision, published numbers, identities, gradients, fits to
 * published data and to simulated customers, errors and stops.
 */
#include "core/contract_fit.h"
#include "core/contract_value.h"
#include "core/gamma_functions.h"
#include "family_values.h"

#include <float.h>

extern const contract_family sbg_family, bdw_family;

#include "contract_values.h"

static const contract_family *
family_of(const char *name)
{
    return contract_family_by_name(name, strlen(name));
}

static double
multiple_of(const contract_family *family, const double *params, double tenure, contract_terms terms)
{
    double value = NAN;

    return contract_multiple(family, params, tenure, &terms, NULL, &value) == CLM_OK ? value : NAN;
}

/* Discounts at the n-th renewal, which is due after tenure n - 1 (Fader & Hardie 2010). */
static double
derl(const contract_family *family, const double *params, double n, double discount)
{
    return multiple_of(family, params, n - 1, (contract_terms){discount, true, 0, false});
}

static double
del(const contract_family *family, const double *params, double discount)
{
    return multiple_of(family, params, 0, (contract_terms){discount, true, 0, true});
}

/* ---- values ---- */

static double
golden_value(const contract_family *f, const char *quantity, const double *p, double t, double d)
{
    if (strcmp(quantity, "S") == 0)
        return contract_survival(f, p, t);
    if (strcmp(quantity, "P") == 0)
        return contract_survival(f, p, t - 1) * contract_churn(f, p, t - 1);
    if (strcmp(quantity, "ret") == 0)
        return contract_retention(f, p, t - 1);
    if (strcmp(quantity, "del") == 0)
        return del(f, p, d);
    return derl(f, p, t, d);
}

/* Every row of a golden table to 1e-9 relatively, though probabilities might be off by 1e-12. */
static void
test_golden_table(const contract_family *family, const char *name, int rows_expected)
{
    FILE *file = open_golden(name);
    char first[1024], line[1024], *header[MOST_FIELDS], *field[MOST_FIELDS];
    double worst = 0;
    int rows = 0, fields;

    if (file == NULL || fgets(first, sizeof(first), file) == NULL)
        return;
    fields = split(first, header, MOST_FIELDS);
    while (fgets(line, sizeof(line), file) != NULL) {
        double p[CLM_MAX_PARAMS], want, got, error;

        if (split(line, field, MOST_FIELDS) != fields)
            continue;
        for (int i = 0; i < family->nparams; i++)
            p[i] = atof(field[1 + i]);
        want = golden_number(header, field, fields, "value");
        got = golden_value(family, field[0], p, golden_number(header, field, fields, "t"),
                           golden_number(header, field, fields, "d"));
        error = fabs(got - want) / fmax(want, DBL_MIN);
        if (!(error < 1e-11))
            printf("# row %d, %s: got %.17g, want %.17g\n", rows + 2, field[0], got, want);
        if (!(error <= worst))
            worst = error;
        rows++;
    }
    fclose(file);
    ok(rows == rows_expected && worst < 1e-9, "%d rows of %s, worst relative error %.2g", rows, name, worst);
}

/* Sums computed with forty digits. */
static void
test_multiples(void)
{
    double worst = 0;

    for (size_t i = 0; i < sizeof(multiple_values) / sizeof(*multiple_values); i++) {
        const multiple_value *v = &multiple_values[i];
        double got = multiple_of(v->family, v->params, v->tenure, v->terms), error = fabs(got / v->value - 1);

        if (!(error < 1e-12))
            printf("# %s (%g, %g, %g) tenure %g discount %g periods %d: got %.17g, want %.17g, %.2g\n",
                   v->family->name, v->params[0], v->params[1], v->params[2], v->tenure, v->terms.discount,
                   v->terms.infinite ? -1 : v->terms.periods, got, v->value, error);
        if (!(error <= worst))
            worst = error;
    }
    ok(worst < 1e-11, "%zu multiples, worst relative error %.2g",
       sizeof(multiple_values) / sizeof(*multiple_values), worst);
}

static void
test_published(void)
{
    static const double printed[] = {3.31, 3.45, 3.59, 3.72, 3.84}, simple[] = {3.62, 4.22, 4.70, 5.10};
    static const double p[] = {3.80, 15.20}, one_three[] = {1, 3};

    for (int n = 1; n <= 5; n++)
        is_close(derl(&sbg_family, p, n, .1), printed[n - 1], 0, .005, "DERL of Fader & Hardie 2010");
    for (int n = 1; n <= 4; n++)
        is_close(derl(&sbg_family, one_three, n, .1), simple[n - 1], 0, .005, "DERL, alpha 1, beta 3");
    is_close(del(&sbg_family, one_three, .1), 4.295, 0, .0005, "DEL, alpha 1, beta 3");
    is_close(contract_retention(&sbg_family, one_three, 0), .75, 1e-15, 0, "retention 1");
    is_close(contract_retention(&sbg_family, one_three, 1), .8, 1e-15, 0, "retention 2");
    is_close(contract_retention(&sbg_family, one_three, 2), 5. / 6, 1e-15, 0, "retention 3");
    is_close(contract_survival(&sbg_family, one_three, 3), .5, 1e-15, 0, "survival 3");
    /* alpha = 1 makes S(t) = beta / (beta + t): DEL by the logarithm, beta = 1: ln(1/(1 - z))/z */
    is_close(del(&sbg_family, (double[]){1, 1}, 1e-6), log(1.000001e6) * 1.000001, 1e-13, 0,
             "DEL at a discount of 1e-6 is a logarithm");
    is_close(del(&sbg_family, (double[]){1, 1}, 1e-12), log(1.000000000001e12), 1e-11, 0, "at 1e-12");
    is_close(del(&sbg_family, (double[]){1, 1}, 1e-200), 200 * log(10), 1e-12, 0, "at 1e-200");
}

/* Without discount the sum is that of a telescoping series. */
static void
test_no_discount(void)
{
    double worst = 0;

    for (double alpha = 1.01; alpha < 1e4; alpha *= 2.3)
        for (double beta = 1e-3; beta < 1e6; beta *= 31)
            for (double n = 1; n < 1e5; n *= 17)
                worst = fmax(worst, fabs(derl(&sbg_family, (double[]){alpha, beta}, n, 0) /
                                             ((beta + n - 1) / (alpha - 1)) -
                                         1) *
                                        (alpha - 1) / alpha);
    ok(worst < 1e-12, "DERL without discount is (beta + n - 1)/(alpha - 1), worst %.2g", worst);
    ok(isnan(derl(&sbg_family, (double[]){1, 3}, 1, 0)), "alpha = 1: no finite sum");
}

/* ---- identities ---- */

static void
test_identities(void)
{
    static const double params[][3] = {{.668, 3.806, 1.3}, {1e-3, 1e3, .1}, {1e3, 1e-3, 3}, {50, 80, .4},
                                       {1e-6, 1e9, 16},    {1e9, 1e-6, .5}, {1e9, 1e9, 1},  {.5, 1e9, 2}};
    static const double discounts[] = {1e-9, 1e-4, .01, .3, 5, 1e6};
    double one = 0, step = 0, same = 0;

    for (int i = 0; i < 8; i++) {
        for (double t = 0; t < 1e7; t = 3 * t + 1) {
            double c1[] = {params[i][0], params[i][1], 1}, s = bdw_family.log_survival(params[i], 0, t, NULL);
            double more = bdw_family.log_survival(params[i], t, 7, NULL);

            one = fmax(one, fabs(contract_retention(&bdw_family, params[i], t) +
                                 contract_churn(&bdw_family, params[i], t) - 1));
            step = fmax(step, fabs(s + more - bdw_family.log_survival(params[i], 0, t + 7, NULL)) /
                                  fmax(1, fabs(s)));
            same = fmax(same, fabs(bdw_family.log_survival(c1, t, 5, NULL) /
                                       sbg_family.log_survival(params[i], t, 5, NULL) -
                                   1));
        }
    }
    ok(one < 1e-15, "retention and churn add up to 1");
    ok(step < 1e-13, "survival multiplies, %.2g", step);
    ok(same < 1e-12, "bdw with c = 1 is sbg, %.2g", same);

    step = 0;
    for (int i = 0; i < 8; i++)
        for (int d = 0; d < 6; d++)
            for (int n = 0; n < 200; n = 2 * n + 1) {
                double i1 = 1 + discounts[d];
                double r = contract_retention(&bdw_family, params[i], n);
                double here = derl(&bdw_family, params[i], n + 1, discounts[d]);
                double next = derl(&bdw_family, params[i], n + 2, discounts[d]);
                double now =
                    multiple_of(&bdw_family, params[i], n, (contract_terms){discounts[d], true, 0, true});
                double error = fmax(fabs(r * (1 + next / i1) / here - 1), fabs((1 + here / i1) / now - 1));

                if (!(error <= step))
                    step = error;
            }
    ok(step < 1e-12, "value = retention x (margin + discounted next value), %.2g", step);
}

/* A finite sum grows into the infinite one; parts add up. */
static void
test_finite(void)
{
    static const double p[] = {.668, 3.806, 1.3};
    double worst = 0, whole;

    for (int n = 1; n < 100000; n = n * 5 / 3 + 1) {
        double two = multiple_of(&bdw_family, p, 2, (contract_terms){.003, false, 2 * n, false});
        double first = multiple_of(&bdw_family, p, 2, (contract_terms){.003, false, n, false});
        double second = multiple_of(&bdw_family, p, 2 + n, (contract_terms){.003, false, n, false});
        double stay = exp(bdw_family.log_survival(p, 2, n, NULL)) * pow(1.003, -n);

        worst = fmax(worst, fabs((first + stay * second) / two - 1));
    }
    ok(worst < 1e-12, "sums over n and n periods make that over 2 n, %.2g", worst);
    whole = multiple_of(&bdw_family, p, 2, (contract_terms){.003, true, 0, false});
    is_close(multiple_of(&bdw_family, p, 2, (contract_terms){.003, false, 2147483647, false}), whole, 1e-14,
             0, "2^31 periods are all");
    is_close(multiple_of(&sbg_family, p, 0, (contract_terms){.1, false, 0, false}), 0, 0, 0, "no periods");
    is_close(multiple_of(&sbg_family, p, 0, (contract_terms){.1, false, 1, true}), 1, 0, 0, "one margin now");
    is_close(multiple_of(&sbg_family, p, 0, (contract_terms){.1, false, 1, false}), 3.806 / 4.474, 1e-14, 0,
             "one renewal");
    is_close(multiple_of(&sbg_family, (double[]){1, 1}, 0, (contract_terms){0, false, 1000000, true}),
             log(1e6) + .57721566490153286 + .5e-6, 1e-14, 0, "a harmonic sum");
}

/* So far ahead that a power of the tenure is beyond a double: S(t) is Gamma(alpha + beta) / Gamma(beta) t^(-alpha c). */
static void
test_far(void)
{
    static const double p[] = {1.5, 3, 16};
    double far = bdw_family.log_survival(p, 0, 1e30, NULL),
           middle = bdw_family.log_survival(p, 0, 1e19, NULL);

    is_close(far, lgamma(4.5) - lgamma(3) - 24 * log(1e30), 1e-14, 0, "S(1e30)");
    is_close(bdw_family.log_survival(p, 1e20, 1e20, NULL), -24 * log(2), 1e-14, 0, "S(2e20) / S(1e20)");
    is_close(middle + bdw_family.log_survival(p, 1e19, 1e30 - 1e19, NULL), far, 1e-13, 0,
             "S(1e19), then on to 1e30");
    is_close(bdw_family.log_survival((double[]){1.5, 1e9, 16}, 5e18, 1e20, NULL), -24 * log(21), 1e-12, 0,
             "from before the border to behind it");
}

static void
test_value_errors(void)
{
    static const double p[] = {.668, 3.806}, steep[] = {1e6, 1};
    contract_terms forever = {0, true, 0, false};
    double v;

    ok(contract_multiple(&sbg_family, p, 0, &forever, NULL, &v) == CLM_DIVERGES, "no discount diverges");
    forever.discount = -.1;
    ok(contract_multiple(&sbg_family, steep, 0, &forever, NULL, &v) == CLM_DIVERGES,
       "a negative discount diverges");
    forever.discount = -1;
    ok(contract_multiple(&sbg_family, p, 0, &forever, NULL, &v) == CLM_DOMAIN, "discount -1");
    forever.discount = NAN;
    ok(contract_multiple(&sbg_family, p, 0, &forever, NULL, &v) == CLM_DOMAIN, "discount NaN");
    forever.discount = INFINITY;
    ok(contract_multiple(&sbg_family, p, 0, &forever, NULL, &v) == CLM_DOMAIN, "discount infinite");
    forever.discount = .1;
    ok(contract_multiple(&sbg_family, p, -1, &forever, NULL, &v) == CLM_DOMAIN, "negative tenure");
    ok(contract_multiple(&sbg_family, (double[]){0, 1}, 1, &forever, NULL, &v) == CLM_DOMAIN, "alpha 0");
    ok(contract_multiple(&bdw_family, (double[]){1, 1, 17}, 1, &forever, NULL, &v) == CLM_DOMAIN, "c 17");
    ok(contract_multiple(&sbg_family, p, 0x1p63, &forever, NULL, &v) == CLM_OK && v > 10.9 && v < 11.0001,
       "a tenure beyond counting stays for ever: %g", v);
    ok(contract_multiple(&sbg_family, p, 0, &(contract_terms){-.9, false, 1000, false}, NULL, &v) ==
           CLM_OVERFLOW,
       "a sum beyond a double");
    ok(contract_multiple(&bdw_family, (double[]){150, 1, .01}, 0, &(contract_terms){0, true, 0, false}, NULL,
                         &v) != CLM_OK ||
           isfinite(v),
       "a slow sum is finite or an error");
}

/* ---- log_beta_ratio ---- */

static void
test_log_beta_ratio(void)
{
    double worst = 0;

    for (double a = 1e-6; a < 1e9; a *= 41)
        for (double b = 1e-6; b < 1e9; b *= 37) {
            double one = log_beta_ratio(a, b, 1);

            /* One step is the recurrence, and the three arguments' roles can be exchanged. */
            worst = fmax(worst, fabs(one / -log1p(a / b) - 1));
            for (double t = 1e-3; t < 1e12; t *= 53)
                worst = fmax(worst, fabs(log_beta_ratio(a, b, t) / log_beta_ratio(t, b, a) - 1));
        }
    ok(worst < 1e-10, "log_beta_ratio: recurrence and symmetry, worst %.2g", worst);
    ok(log_beta_ratio(3, 2, 0) == 0, "nothing added");
}

/* ---- the likelihood ---- */

/* Percent still there after each year (Fader & Hardie 2007; Fader et al. 2018). */
static const double regular[] = {100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1, 22.3, 20.7, 19.4, 18.3, 17.3};
static const double high_end[] = {100,  86.9, 74.3, 65.3, 59.3, 55.1, 51.7,
                                  49.1, 46.8, 44.5, 42.7, 40.9, 39.4};

/* Of 1,000 customers, those who left in each of `years` years; the others are still there. */
static size_t
count_leavers(const double *percent, int years, tenure_group *groups)
{
    for (int t = 1; t <= years; t++) {
        int64_t left = llround(10 * (percent[t - 1] - percent[t]));

        groups[t - 1] = (tenure_group){t, left, left};
    }
    groups[years - 1].customers += llround(10 * percent[years]);
    return (size_t)years;
}

/* The log-likelihood by its definition. */
static double
likelihood_by_definition(const contract_family *family, const double *p, const tenure_group *groups, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double t = (double)groups[i].tenure, open = (double)(groups[i].customers - groups[i].events);

        if (groups[i].events > 0)
            sum += (double)groups[i].events *
                   log(contract_survival(family, p, t - 1) * contract_churn(family, p, t - 1));
        sum += open * log(contract_survival(family, p, t));
    }
    return sum;
}

static double
value_at(const contract_family *family, const double *params, int i, double step, const tenure_group *groups,
         size_t n)
{
    double p[CLM_MAX_PARAMS], value = NAN;

    memcpy(p, params, (size_t)family->nparams * sizeof(*p));
    p[i] += step;
    contract_log_likelihood(family, groups, n, p, &value, NULL, NULL);
    return value;
}

static void
test_likelihood(void)
{
    static const double params[][3] = {{.668, 3.806, 1.3}, {1e-3, 1e3, .1}, {3, .05, 2}, {20, 3000, .7}};
    static const tenure_group groups[] = {{0, 0, 5},   {1, 7, 7},    {2, 0, 3},      {5, 4, 9},
                                          {6, 1, 1},   {40, 2, 2},   {41, 0, 9},     {900, 8, 10},
                                          {901, 1, 1}, {5000, 0, 2}, {1000000, 1, 4}};
    size_t n = sizeof(groups) / sizeof(*groups);
    double worst = 0, slope_worst = 0;

    for (int k = 0; k < 4; k++)
        for (const contract_family *const *f = contract_families; *f != NULL; f++) {
            double value = NAN, gradient[CLM_MAX_PARAMS];

            contract_log_likelihood(*f, groups, n, params[k], &value, gradient, NULL);
            worst = fmax(worst, fabs(value / likelihood_by_definition(*f, params[k], groups, n) - 1));
            for (int i = 0; i < (*f)->nparams; i++) {
                double step = 2e-4 * params[k][i], one, two, slope;

                two = (value_at(*f, params[k], i, step, groups, n) -
                       value_at(*f, params[k], i, -step, groups, n)) /
                      (2 * step);
                one = (value_at(*f, params[k], i, step / 2, groups, n) -
                       value_at(*f, params[k], i, -step / 2, groups, n)) /
                      step;
                slope = (4 * one - two) / 3;
                if (fabs(slope - gradient[i]) > 1e-9 * (fabs(slope) + fabs(value) / params[k][i]))
                    printf("# %s %d, %s: slope %.12g, gradient %.12g\n", (*f)->name, k, (*f)->param_names[i],
                           slope, gradient[i]);
                slope_worst =
                    fmax(slope_worst, fabs(slope - gradient[i]) / (fabs(slope) + fabs(value) / params[k][i]));
            }
        }
    ok(worst < 1e-12, "likelihood by its definition, %.2g", worst);
    ok(slope_worst < 1e-9, "gradients agree with differences, %.2g", slope_worst);
}

/* ---- fits ---- */

static void
check_golden_fit(const char *family, const char *dataset, const tenure_group *groups, size_t n, char *line)
{
    char *field[MOST_FIELDS];
    model_fit fit;
    double value;

    if (split(line, field, MOST_FIELDS) < 6 || strcmp(field[0], family) != 0 ||
        strcmp(field[1], dataset) != 0)
        return;
    if (!ok(fit_contract_family(family_of(family), groups, n, NULL, &fit) == CLM_OK, "%s of %s", family,
            dataset))
        return;
    value = atof(field[4]);
    if (strcmp(field[3], "loglik") == 0)
        is_close(fit.log_likelihood, value, 0, 1e-6, "log-likelihood");
    for (int i = 0; i < fit.nparams; i++)
        if (strcmp(field[3], family_of(family)->param_names[i]) == 0) {
            is_close(fit.params[i], value, 1e-6, 0, field[3]);
            is_close(fit.se[i], atof(field[5]), 1e-4, 0, "its standard error");
        }
}

static void
test_golden_fits(void)
{
    static const int years[] = {4, 5, 7, 12};
    tenure_group groups[12];
    char line[1024], dataset[64];
    int rows = 0;
    FILE *file = open_golden("mle_golden.csv");

    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL)
        for (int k = 0; k < 8; k++) {
            char copy[1024];
            size_t n = count_leavers(k < 4 ? regular : high_end, years[k % 4], groups);
            int run = tap_run;

            snprintf(dataset, sizeof(dataset), "%s_S0..S%d", k < 4 ? "regular" : "highend", years[k % 4]);
            for (int f = 0; f < 2; f++) {
                strcpy(copy, line);
                check_golden_fit(f == 0 ? "sbg" : "bdw", dataset, groups, n, copy);
            }
            rows += tap_run > run;
        }
    fclose(file);
    ok(rows == 56, "%d estimates of mle_golden.csv", rows);
}

/* Estimates that Fader & Hardie (2007) print, from seven years: regular .704, 1.182, high-end .668, 3.806. */
static void
test_published_fits(void)
{
    tenure_group groups[12];
    model_fit fit;
    size_t n = count_leavers(regular, 7, groups);

    ok(fit_contract_family(&sbg_family, groups, n, NULL, &fit) == CLM_OK, "regular is fitted");
    is_close(fit.params[0], .704, 0, 5e-4, "regular: alpha");
    is_close(fit.params[1], 1.182, 0, 5e-4, "regular: beta");
    is_close(fit.log_likelihood, -1680.265188, 0, 1e-6, "regular: log-likelihood");
    n = count_leavers(high_end, 7, groups);
    ok(fit_contract_family(&sbg_family, groups, n, NULL, &fit) == CLM_OK, "high end is fitted");
    is_close(fit.params[0], .668, 0, 5e-4, "high end: alpha");
    is_close(fit.params[1], 3.806, 0, 5e-4, "high end: beta");
    ok(fit_contract_family(&bdw_family, groups, n, NULL, &fit) == CLM_OK, "high end by bdw");
    is_close(fit.params[2], 1.7235637, 1e-5, 0, "high end: c");
    is_close(fit.log_likelihood, -1605.3142132, 0, 1e-6, "high end by bdw: log-likelihood");
}

#define CUSTOMERS 20000

/* A customer's tenure, by his own probability to leave: S(t | theta) = (1 - theta)^(t^c). */
static int64_t
draw_tenure(const double *p, double c, clm_rng *rng)
{
    double theta = clm_rng_beta(rng, p[0], p[1]), u = clm_rng_uniform(rng);

    return 1 + (int64_t)fmin(pow(log(u) / log1p(-theta), 1 / c), 1e15);
}

static void
test_recovery(void)
{
    static const double params[][3] = {{.8, 2.5, 1}, {.05, .4, 1}, {4, 60, 1},
                                       {.6, 3, 1.5}, {1.5, 8, .7}, {.3, 40, 2.2}};
    static tenure_group groups[CUSTOMERS];

    for (int k = 0; k < 12; k++) {
        const contract_family *family = k < 3 ? &sbg_family : &bdw_family;
        const double *p = params[k % 6];
        bool censored = k >= 6;
        size_t n = CUSTOMERS;
        model_fit fit;
        clm_status status;

        if (k >= 6 && k < 9)
            family = &sbg_family;
        for (int i = 0; i < CUSTOMERS; i++) {
            clm_rng rng;
            int64_t tenure, seen;

            clm_rng_seed(&rng, 77, (uint64_t)(k * CUSTOMERS + i));
            tenure = draw_tenure(p, family == &sbg_family ? 1 : p[2], &rng);
            /* Seen until now, a different time for each; at most 60 periods even where all is seen. */
            seen = censored ? (int64_t)(clm_rng_uniform(&rng) * 25) : 60;
            groups[i] = tenure <= seen ? (tenure_group){tenure, 1, 1} : (tenure_group){seen, 0, 1};
        }
        tenure_groups_merge(groups, &n, NULL);
        status = fit_contract_family(family, groups, n, NULL, &fit);
        if (!ok(status == CLM_OK && fit.customers == CUSTOMERS, "%s %d is fitted (status %d, %d evaluations)",
                family->name, k, (int)status, fit.evaluations))
            continue;
        for (int i = 0; i < fit.nparams; i++)
            is_close(fit.params[i], p[i], 0, 3 * fit.se[i], family->param_names[i]);
    }
}

static void
test_fit_errors(void)
{
    static const tenure_group one[] = {{3, 1, 1}}, stay[] = {{3, 0, 50}, {5, 0, 50}};
    static const tenure_group at_once[] = {{4, 500, 500}}, early[] = {{0, 1, 3}, {2, 4, 5}};
    static const tenure_group short_time[] = {{1, 100, 200}}, two_years[] = {{1, 100, 100}, {2, 30, 130}};
    /* One probability for all: a geometric distribution, and one with more even tenures than that. */
    static const tenure_group same[] = {{1, 5000, 5000}, {2, 2500, 2500}, {3, 1250, 1250}, {4, 625, 1250}};
    static const tenure_group rising[] = {{1, 1000, 1000}, {2, 3000, 3000}, {3, 5000, 5000}, {4, 900, 1000}};
    model_fit fit;
    clm_status status;

    ok(fit_contract_family(&sbg_family, one, 0, NULL, &fit) == CLM_FIT_TOO_FEW, "nobody");
    ok(fit_contract_family(&sbg_family, one, 1, NULL, &fit) == CLM_FIT_TOO_FEW, "one customer");
    ok(fit_contract_family(&sbg_family, stay, 2, NULL, &fit) == CLM_FIT_NO_CHURN, "nobody leaves");
    ok(fit_contract_family(&sbg_family, at_once, 1, NULL, &fit) == CLM_FIT_ONE_PERIOD, "all at once");
    ok(fit_contract_family(&sbg_family, early, 2, NULL, &fit) == CLM_DOMAIN, "gone before the first period");
    ok(fit_contract_family(&sbg_family, short_time, 1, NULL, &fit) == CLM_FIT_HESSIAN,
       "sbg after one period");
    ok(fit_contract_family(&sbg_family, two_years, 2, NULL, &fit) == CLM_OK, "sbg after two");
    ok(fit_contract_family(&bdw_family, two_years, 2, NULL, &fit) == CLM_FIT_HESSIAN, "bdw after two");
    for (int f = 0; f < 2; f++) {
        status = fit_contract_family(contract_families[f], same, 4, NULL, &fit);
        ok(status == CLM_FIT_BORDER || status == CLM_FIT_HESSIAN, "%s of equal customers (%d)",
           contract_families[f]->name, (int)status);
        status = fit_contract_family(contract_families[f], rising, 4, NULL, &fit);
        ok(status == CLM_FIT_BORDER || status == CLM_FIT_HESSIAN || f == 1, "%s of rising churn (%d)",
           contract_families[f]->name, (int)status);
    }
}

/* ---- cancels ---- */

static bool
count_down(void *arg)
{
    return --*(int *)arg < 0;
}

static void
test_stop(void)
{
    static tenure_group groups[50000];
    int looks = 3;
    clm_stop stop = {count_down, &looks};
    double value;
    model_fit fit;

    for (int i = 0; i < 50000; i++)
        groups[i] = (tenure_group){i + 1, 1 + (int64_t)(1e9 / (i + 3.) / (i + 4.)), 0};
    for (int i = 0; i < 50000; i++)
        groups[i].customers = groups[i].events + 1;
    ok(contract_log_likelihood(&bdw_family, groups, 50000, (double[]){1, 3, 1.2}, &value, NULL, &stop) ==
           CLM_STOPPED,
       "a likelihood stops");
    looks = 1000;
    ok(fit_contract_family(&bdw_family, groups, 50000, &stop, &fit) == CLM_STOPPED, "a fit stops");
    looks = 5;
    ok(contract_multiple(&bdw_family, (double[]){.1, 3, 1.2}, 0, &(contract_terms){1e-9, true, 0, false},
                         &stop, &value) == CLM_STOPPED,
       "a sum stops");
    looks = 1 << 30;
    ok(fit_contract_family(&sbg_family, groups, 50000, &stop, &fit) == CLM_OK, "50,000 tenures");
    ok((1 << 30) - looks >= fit.evaluations * 48, "the callback is asked often");
}

/* A tenure so short that the time ahead is beyond counting in it is like none: S(1) of B(alpha, beta + t^c). */
static void
test_short_tenures(void)
{
    static const double tenures[] = {DBL_TRUE_MIN, DBL_MIN, 1e-200, 1e-21, 1e-10}, powers[] = {.7, 1, 16};
    double worst = 0;

    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < 3; j++) {
            double p[] = {.5, 2, powers[j]}, gradient[3], start = pow(tenures[i], p[2]);
            double got = bdw_family.log_survival(p, tenures[i], 1, gradient);
            double want = log_beta_ratio(p[0], p[1] + start, pow(1 + tenures[i], p[2]) - start);

            worst = fmax(worst,
                         isfinite(got + gradient[0] + gradient[1] + gradient[2]) ? fabs(got / want - 1) : 1);
        }
    ok(worst < 1e-9, "bdw: very short tenures, worst relative error %.2g", worst);
}

int
main(void)
{
    test_log_beta_ratio();
    test_multiples();
    test_published();
    test_no_discount();
    test_identities();
    test_finite();
    test_far();
    test_short_tenures();
    test_value_errors();
    test_likelihood();
    test_published_fits();
    test_recovery();
    test_fit_errors();
    test_stop();
    if (shared_folder() != NULL) {
        test_golden_table(&sbg_family, "sbg_golden.csv", 239);
        test_golden_table(&bdw_family, "bdw_golden.csv", 152);
        test_golden_fits();
    }
    return done_testing();
}
