/*
 * Ridge logistic regression: high-precision values, closed forms, recovery, invariance, separation, limits, scores.
 */
#include "core/logistic.h"
#include "core/random.h"
#include "core/wide_rows.h"
#include "tap.h"

#include <string.h>

#define MOST 8

/* A fit with room for its results. */
typedef struct fitted {
    double coefficients[LOGISTIC_MOST_SIGNALS + 1], se[LOGISTIC_MOST_SIGNALS + 1],
        means[LOGISTIC_MOST_SIGNALS];
    logistic_fit fit;
} fitted;

static clm_status
estimate(const logistic_number *rows, size_t n, size_t p, double ridge, const clm_stop *stop, fitted *f)
{
    size_t bytes = n * (p + LOGISTIC_COUNTS) * sizeof(*rows);
    logistic_number *merged = malloc(bytes + 1);
    clm_status status;

    memcpy(merged, rows, bytes);
    memset(f, 0, sizeof(*f));
    f->fit.coefficients = f->coefficients;
    f->fit.se = f->se;
    f->fit.means = f->means;
    status = wide_rows_merge(merged, &n, p + LOGISTIC_COUNTS, LOGISTIC_COUNTS, NULL);
    if (status == CLM_OK)
        status = logistic_estimate(merged, n, p, ridge, stop, &f->fit);
    free(merged);
    return status;
}

static void
set_row(logistic_number *rows, size_t p, size_t i, int64_t n, int64_t hits, const double *x)
{
    logistic_number *row = rows + i * (p + LOGISTIC_COUNTS);

    row[0].n = n;
    row[1].n = hits;
    for (size_t j = 0; j < p; j++)
        row[LOGISTIC_COUNTS + j].x = x[j];
}

/* ---- against values in 40 digits ---- */

static const double small_x[12][2] = {{.5, 3}, {1.25, -1}, {2, 0},   {2.5, 4},  {-.75, 1.5}, {3, 2},
                                      {0, -2}, {1, 1},     {1.5, 5}, {-2, .25}, {2.25, -3},  {.1, 2}};
static const int64_t small_n[12] = {3, 2, 4, 5, 1, 6, 2, 3, 2, 4, 3, 5};
static const int64_t small_hits[12] = {1, 1, 3, 1, 1, 5, 1, 1, 0, 1, 3, 2};

/* The small data with signals times scale[j] plus shift[j]. */
static void
fill_small(logistic_number *rows, const double *scale, const double *shift)
{
    for (size_t i = 0; i < 12; i++) {
        double x[2];

        for (size_t j = 0; j < 2; j++)
            x[j] = small_x[i][j] * scale[j] + shift[j];
        set_row(rows, 2, i, small_n[i], small_hits[i], x);
    }
}

static const double one[2] = {1, 1}, none[2] = {0, 0};

static const struct {
    double ridge, coefficients[3], se[3], log_likelihood, auc;
} reference[] = {
    {0,
     {.076163369413647491, .47679958139923301, -.45752789248274337},
     {.49885079694589475, .24729821488489293, .20190035220206324},
     -23.329100286526247,
     .73625},
    {.5,
     {.060682572096230576, .4340765227328015, -.41432440351672577},
     {.48144181355502009, .23389308227288424, .18602648909728455},
     -23.358874536224785,
     .73625},
    {20,
     {.0099810113351825181, .11375293105952591, -.11082122353073026},
     {.36532816119064879, .12279741021493032, .087471068059320878},
     -25.724734918151294,
     .73625},
};

static void
test_reference(void)
{
    logistic_number rows[12 * 4];
    fitted f;

    fill_small(rows, one, none);
    for (size_t i = 0; i < sizeof(reference) / sizeof(reference[0]); i++) {
        char name[80];

        ok(estimate(rows, 12, 2, reference[i].ridge, NULL, &f) == CLM_OK && f.fit.customers == 40 &&
               f.fit.hits == 20,
           "ridge %g: fit, customers, hits", reference[i].ridge);
        for (int j = 0; j < 3; j++) {
            snprintf(name, sizeof(name), "ridge %g: coefficient %d", reference[i].ridge, j);
            is_close(f.coefficients[j], reference[i].coefficients[j], 1e-13, 1e-15, name);
            snprintf(name, sizeof(name), "ridge %g: standard error %d", reference[i].ridge, j);
            is_close(f.se[j], reference[i].se[j], 1e-9, 0.0, name);
        }
        is_close(f.fit.log_likelihood, reference[i].log_likelihood, 1e-14, 0.0, "log-likelihood");
        is_close(f.fit.auc, reference[i].auc, 1e-14, 0.0, "AUC");
        is_close(f.means[0], 1.175, 1e-15, 0.0, "first mean");
        is_close(f.means[1], 1.2875, 1e-15, 0.0, "second mean");
    }
}

/* ---- closed forms ---- */

/* A 2 x 2 table: intercept and coefficient are log odds, the variance of the latter is Woolf's. */
static void
test_saturated(void)
{
    const double zero = 0, unit = 1;
    logistic_number rows[6];
    fitted f;

    set_row(rows, 1, 0, 200, 30, &zero);
    set_row(rows, 1, 1, 150, 60, &unit);
    ok(estimate(rows, 2, 1, 0.0, NULL, &f) == CLM_OK, "2 x 2: fit");
    is_close(f.coefficients[0], log(30.0 / 170.0), 1e-14, 0.0, "2 x 2: intercept");
    is_close(f.coefficients[1], log(60.0 * 170.0 / (90.0 * 30.0)), 1e-14, 0.0, "2 x 2: log odds ratio");
    is_close(f.se[0], sqrt(1.0 / 30 + 1.0 / 170), 1e-9, 0.0, "2 x 2: standard error of the intercept");
    is_close(f.se[1], sqrt(1.0 / 30 + 1.0 / 170 + 1.0 / 60 + 1.0 / 90), 1e-9, 0.0, "2 x 2: Woolf's");
    is_close(f.fit.log_likelihood, 30 * log(.15) + 170 * log(.85) + 60 * log(.4) + 90 * log(.6), 1e-14, 0.0,
             "2 x 2: log-likelihood");
    is_close(f.fit.auc, (60.0 * 170 + (30.0 * 170 + 60.0 * 90) / 2) / (90.0 * 260), 1e-14, 0.0, "2 x 2: AUC");
    ok(estimate(rows, 2, 1, 1e300, NULL, &f) == CLM_OK && fabs(f.coefficients[1]) < 1e-290,
       "a huge ridge leaves nothing of a coefficient");
    is_close(f.coefficients[0], log(90.0 / 260.0), 1e-14, 0.0, "but the rate of all");
    ok(estimate(rows, 2, 1, LOGISTIC_RIDGE, NULL, &f) == CLM_OK, "default ridge");
    is_close(f.coefficients[1], log(60.0 * 170.0 / (90.0 * 30.0)), 2e-6, 0.0, "it hardly moves an estimate");
}

/* ---- simulation ---- */

static logistic_number *
simulate(size_t n, size_t p, const double *b, uint64_t seed)
{
    logistic_number *rows = malloc(n * (p + LOGISTIC_COUNTS) * sizeof(*rows));
    clm_rng rng;

    clm_rng_seed(&rng, seed, 0);
    for (size_t i = 0; i < n; i++) {
        double x[MOST], logit = b[0];

        for (size_t j = 0; j < p; j++) {
            x[j] = clm_rng_normal(&rng) * (double)(j + 1) + (double)j;
            logit += b[j + 1] * x[j];
        }
        set_row(rows, p, i, 1, clm_rng_uniform(&rng) < 1.0 / (1.0 + exp(-logit)), x);
    }
    return rows;
}

static void
test_recovery(size_t n)
{
    static const double b[] = {-1.0, .8, -.4, .15, 0.0};
    logistic_number *rows = simulate(n, 4, b, 11);
    fitted f;

    ok(estimate(rows, n, 4, LOGISTIC_RIDGE, NULL, &f) == CLM_OK, "%zu customers: fit", n);
    for (int j = 0; j < 5; j++)
        ok(fabs(f.coefficients[j] - b[j]) < 3 * f.se[j], "coefficient %d: %.4f for %.4f, s.e. %.4f", j,
           f.coefficients[j], b[j], f.se[j]);
    ok(f.fit.auc > .7 && f.fit.auc < .9 && f.fit.passes <= 9, "AUC %.4f after %d passes", f.fit.auc,
       f.fit.passes);
    free(rows);
}

/* The gradient of the penalised likelihood vanishes: sums over rows of residuals, and of those times each signal. */
static void
test_gradient(void)
{
    static const double b[] = {-3.0, 1.5, .6, -.2, .1};
    const size_t n = 150000;
    logistic_number *rows = simulate(n, 4, b, 5);
    double sums[5] = {0}, squares[5] = {0}, worst = 0;
    fitted f;

    ok(estimate(rows, n, 4, 0.0, NULL, &f) == CLM_OK, "from the fit of a sample: fit");
    for (size_t i = 0; i < n; i++) {
        const logistic_number *row = rows + i * 6;
        double x[4], p = 0;

        for (int j = 0; j < 4; j++)
            x[j] = row[2 + j].x;
        logistic_score(f.coefficients, x, 4, &p);
        for (int j = 0; j < 5; j++) {
            double z = j == 0 ? 1.0 : x[j - 1];

            sums[j] += ((double)row[1].n - p) * z;
            squares[j] += z * z;
        }
    }
    for (int j = 0; j < 5; j++)
        worst = fmax(worst, fabs(sums[j]) / squares[j]);
    ok(worst < 1e-12, "the likelihood's gradient is 0: %g", worst);
    free(rows);
}

/* ---- invariance ---- */

static bool
same_fit(const fitted *a, const fitted *b)
{
    return memcmp(a->coefficients, b->coefficients, sizeof(a->coefficients)) == 0 &&
           memcmp(a->se, b->se, sizeof(a->se)) == 0 && memcmp(a->means, b->means, sizeof(a->means)) == 0 &&
           a->fit.log_likelihood == b->fit.log_likelihood && a->fit.auc == b->fit.auc;
}

static void
test_order(void)
{
    static const double b[] = {-1.0, .8, -.4};
    const size_t n = 120000;
    logistic_number *rows = simulate(n, 2, b, 3), *reversed = malloc(n * 4 * sizeof(*rows));
    fitted f, g;

    for (size_t i = 0; i < n; i++)
        memcpy(reversed + i * 4, rows + (n - 1 - i) * 4, 4 * sizeof(*rows));
    ok(estimate(rows, n, 2, 1e-3, NULL, &f) == CLM_OK && estimate(reversed, n, 2, 1e-3, NULL, &g) == CLM_OK &&
           same_fit(&f, &g),
       "the order of rows does not matter, in any bit");
    free(rows);
    free(reversed);
}

/* Units do not matter, in any bit where they differ by powers of 2; nor do zero points. */
static void
test_scale(double scale0, double scale1, const char *name)
{
    const double scale[2] = {scale0, scale1};
    logistic_number rows[48];
    fitted f, g;
    bool agree;

    fill_small(rows, one, none);
    estimate(rows, 12, 2, .5, NULL, &f);
    fill_small(rows, scale, none);
    agree = estimate(rows, 12, 2, .5, NULL, &g) == CLM_OK;
    agree = agree && fabs(g.coefficients[0] - f.coefficients[0]) <= 1e-12;
    for (int j = 1; j <= 2; j++) {
        agree = agree && fabs(g.coefficients[j] * scale[j - 1] - f.coefficients[j]) <= 1e-12;
        agree = agree && fabs(g.se[j] * fabs(scale[j - 1]) - f.se[j]) <= 1e-9;
        agree = agree && fabs(g.means[j - 1] / scale[j - 1] - f.means[j - 1]) <= 1e-12;
    }
    ok(agree && fabs(g.fit.log_likelihood - f.fit.log_likelihood) <= 1e-12 && g.fit.auc == f.fit.auc,
       "signals in other units: %s", name);
}

static void
test_shift(void)
{
    const double shift[2] = {1e6, -1e9};
    logistic_number rows[48];
    fitted f, g;

    fill_small(rows, one, none);
    estimate(rows, 12, 2, .5, NULL, &f);
    fill_small(rows, one, shift);
    ok(estimate(rows, 12, 2, .5, NULL, &g) == CLM_OK, "signals with a large mean: fit");
    is_close(g.coefficients[1], f.coefficients[1], 1e-9, 0.0, "first coefficient");
    is_close(g.coefficients[2], f.coefficients[2], 1e-6, 0.0, "second coefficient");
    is_close(g.se[2], f.se[2], 1e-6, 0.0, "its standard error");
    is_close(g.means[1], f.means[1] - 1e9, 1e-15, 0.0, "mean");
}

/* ---- what has no maximum ---- */

static void
test_separation(void)
{
    logistic_number rows[20 * 3], two[2 * 22];
    double x[20], p;
    fitted f;

    for (int i = 0; i < 20; i++) {
        x[0] = i;
        set_row(rows, 1, i, 1, i >= 8, x);
    }
    ok(estimate(rows, 20, 1, 0.0, NULL, &f) == CLM_FIT_BORDER, "separated, no ridge: no maximum");
    ok(estimate(rows, 20, 1, LOGISTIC_RIDGE, NULL, &f) == CLM_OK && f.fit.auc == 1.0, "with ridge: a fit");
    ok(logistic_score(f.coefficients, x, 1, &p) == CLM_OK && p > .999, "that tells them apart");
    ok(estimate(rows, 20, 1, 1e-12, NULL, &f) == CLM_OK, "with a tiny ridge, too");
    x[0] = 8;
    set_row(rows, 1, 8, 2, 1, x);
    ok(estimate(rows, 20, 1, 0.0, NULL, &f) == CLM_FIT_BORDER, "all but one value separated: no maximum");
    ok(estimate(rows, 20, 1, LOGISTIC_RIDGE, NULL, &f) == CLM_OK, "with ridge: a fit");
    for (int i = 0; i < 2; i++) {
        for (int j = 0; j < 20; j++)
            x[j] = i * (j + 1);
        set_row(two, 20, i, 1, i, x);
    }
    ok(estimate(two, 2, 20, LOGISTIC_RIDGE, NULL, &f) == CLM_OK, "20 signals of 2 customers");
    ok(estimate(two, 2, 20, 0.0, NULL, &f) == CLM_FIT_COLLINEAR && f.fit.signal == 2,
       "without ridge: collinear");
    ok(estimate(two, 1, 20, LOGISTIC_RIDGE, NULL, &f) == CLM_FIT_ONE_OUTCOME, "one customer");
    ok(estimate(rows, 8, 1, LOGISTIC_RIDGE, NULL, &f) == CLM_FIT_ONE_OUTCOME, "one outcome");
}

/* A third signal that is the first less twice the second. */
static void
test_collinear(void)
{
    logistic_number rows[12 * 5];
    fitted f;

    for (size_t i = 0; i < 12; i++) {
        const double x[3] = {small_x[i][0], small_x[i][1], small_x[i][0] - 2 * small_x[i][1]};

        set_row(rows, 3, i, small_n[i], small_hits[i], x);
    }
    ok(estimate(rows, 12, 3, 0.0, NULL, &f) == CLM_FIT_COLLINEAR && f.fit.signal == 3, "a collinear signal");
    ok(estimate(rows, 12, 3, LOGISTIC_RIDGE, NULL, &f) == CLM_OK, "with ridge: a fit");
    is_close(f.coefficients[1] + f.coefficients[3], reference[0].coefficients[1], 1e-4, 0.0,
             "of the same effect");
    is_close(f.coefficients[2] - 2 * f.coefficients[3], reference[0].coefficients[2], 1e-4, 0.0, "of both");
}

/* The small data with a constant third signal and a fourth that equals the first. */
static void
test_dependent(void)
{
    logistic_number rows[12 * 6], plain[48];
    fitted f, g;

    fill_small(plain, one, none);
    estimate(plain, 12, 2, .01, NULL, &g);
    for (size_t i = 0; i < 12; i++) {
        const double x[4] = {small_x[i][0], small_x[i][1], 7.1, small_x[i][0]};

        set_row(rows, 4, i, small_n[i], small_hits[i], x);
    }
    ok(estimate(rows, 12, 4, 0.0, NULL, &f) == CLM_FIT_CONSTANT && f.fit.signal == 3, "a constant signal");
    ok(estimate(rows, 12, 4, .01, NULL, &f) == CLM_OK && f.coefficients[3] == 0.0 && f.se[3] == 0.0 &&
           f.means[2] == 7.1,
       "with ridge its coefficient is 0");
    /* Two equal signals share the effect, and are penalised half as much as one. */
    is_close(f.coefficients[1], f.coefficients[4], 1e-9, 0.0, "equal signals have equal coefficients");
    is_close(f.coefficients[1] + f.coefficients[4], g.coefficients[1], 1e-3, 0.0, "together that of one");
}

static bool
at_third(void *arg)
{
    return ++*(int *)arg >= 3;
}

static void
test_limits(void)
{
    const double infinite = INFINITY, most = 1.7e308, least = -1.7e308, tiny = 1e-300;
    logistic_number rows[6];
    fitted f;
    int looks = 0;
    const clm_stop stop = {at_third, &looks};

    set_row(rows, 1, 0, 5, 2, &most);
    set_row(rows, 1, 1, 5, 3, &least);
    ok(estimate(rows, 2, 1, .1, NULL, &f) == CLM_OK, "signals over the whole range of doubles");
    is_close(f.coefficients[1] * 1.7e308, -.4, .2, 0.0, "their coefficient");
    ok(estimate(rows, 2, 1, .1, &stop, &f) == CLM_STOPPED, "a stop");
    set_row(rows, 1, 1, 5, 3, &tiny);
    ok(estimate(rows, 2, 1, .1, NULL, &f) == CLM_OK, "large and tiny values");
    set_row(rows, 1, 0, 5, 2, &infinite);
    ok(estimate(rows, 2, 1, .1, NULL, &f) == CLM_DOMAIN, "an infinite signal");
    set_row(rows, 1, 0, 5, 6, &most);
    ok(estimate(rows, 2, 1, .1, NULL, &f) == CLM_DOMAIN, "more hits than customers");
    set_row(rows, 1, 0, (int64_t)1 << 53, 6, &most);
    ok(estimate(rows, 2, 1, .1, NULL, &f) == CLM_OVERFLOW, "too many customers");
    set_row(rows, 1, 0, 5, 2, &most);
    ok(estimate(rows, 2, 1, -.1, NULL, &f) == CLM_DOMAIN && estimate(rows, 2, 1, NAN, NULL, &f) == CLM_DOMAIN,
       "ridge outside its domain");
    ok(estimate(rows, 0, 1, .1, NULL, &f) == CLM_DOMAIN, "no rows");
}

/* ---- scores ---- */

static void
test_scores(void)
{
    const double b[] = {-2.2, 1.1, .8, -.6}, x[] = {1.5, .2, 2}, means[] = {.4, .1, 1};
    const double tail[] = {0, 1}, steep[] = {0, 1e300}, far = 700, beyond = -800, large = 1e300;
    logistic_reason reasons[3];
    double p, q;

    ok(logistic_score(b, x, 3, &p) == CLM_OK && fabs(p - .169) < 5e-4, "worked score");
    ok(logistic_reasons(b, means, x, 3, reasons) == CLM_OK && reasons[0].signal == 0 &&
           reasons[1].signal == 1 && reasons[2].signal == 2,
       "order of reasons");
    is_close(reasons[0].contribution, 1.21, 1e-14, 0.0, "first reason");
    is_close(reasons[1].contribution, .08, 1e-14, 0.0, "second reason");
    is_close(reasons[2].contribution, -.6, 1e-14, 0.0, "third reason");
    logistic_score(b, means, 3, &q);
    is_close(log(p / (1 - p)), log(q / (1 - q)) + 1.21 + .08 - .6, 1e-14, 0.0, "they add up");
    ok(logistic_score(tail, &far, 1, &p) == CLM_OK && p == 1.0, "the upper tail");
    ok(logistic_score(tail, &beyond, 1, &p) == CLM_OK && p == 0.0, "beyond the lower tail");
    p = -far;
    logistic_score(tail, &p, 1, &q);
    is_close(q, exp(-700.0), 1e-14, 0.0, "the lower tail");
    ok(logistic_score(steep, &large, 1, &p) == CLM_OVERFLOW, "a product beyond the range of doubles");
    ok(logistic_reasons(steep, tail, &large, 1, reasons) == CLM_OVERFLOW, "a contribution, too");
}

int
main(void)
{
    test_reference();
    test_saturated();
    test_recovery(50000);
    test_recovery(200000);
    test_gradient();
    test_order();
    test_scale(4.0, .125, "powers of 2");
    test_scale(1e300, 1e-300, "huge and tiny");
    test_scale(-1000.0, 1e-5, "others");
    test_shift();
    test_separation();
    test_collinear();
    test_dependent();
    test_limits();
    test_scores();
    return done_testing();
}
