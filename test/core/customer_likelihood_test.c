/*
 * The likelihood of one customer after the other against that of the sample; pictures of customers; and fits to
 * customers that lie elsewhere against fits to the same customers in memory.
 */
#include "core/customer_likelihood.h"
#include "core/fit.h"
#include "core/models/gamma_gamma.h"
#include "core/picture.h"
#include "tap.h"

#include <float.h>
#include <string.h>

#define CUSTOMERS 4000
#define MANY 24000 /* more than a fit climbs on */
#define MOST_GAPS 200

/* Customers with their gaps in days; a period is a week, or an opportunity. */
typedef struct own_customer {
    customer_summary of;
    double log_gaps;
    int64_t n_spend;
    double spend;
} own_customer;

static own_customer customers[MANY];
static customer_group groups[MANY], rounded[MANY];
static spend_group spends[MANY], rounded_spends[MANY];
static size_t n_customers, n_spends;

static const double spend_params[GAMMA_GAMMA_NPARAMS] = {6.25, 3.74, 15.44};

/* Days as a history has them: no two purchases on one day. */
static void
draw_customer(const customer_family *family, clm_rng *rng, clm_times *times, own_customer *c)
{
    int32_t gaps[MOST_GAPS], last = 0, day;
    int32_t age = family->discrete ? 6 + (int32_t)(20.0 * clm_rng_uniform(rng))
                                   : 200 + (int32_t)(500.0 * clm_rng_uniform(rng));
    int scale = family->discrete ? 1 : 7;

    times->n = 0;
    (void)family->draw(family->typical_params, (double)age / scale, rng, times, NULL);
    *c = (own_customer){.of.t = (double)age / scale};
    for (size_t i = 0; i < times->n && c->of.x < MOST_GAPS; i++) {
        day = (int32_t)floor(times->values[i] * scale);
        if (day <= last)
            continue;
        gaps[c->of.x++] = day - last;
        last = day;
    }
    c->of.t_x = (double)last / scale;
    c->log_gaps = customer_log_gaps(gaps, (size_t)c->of.x, scale);
    c->n_spend = c->of.x;
    if (c->of.x > 0) {
        double nu = gamma_gamma_draw_customer(spend_params, rng), sum = 0.0;

        for (int64_t i = 0; i < c->of.x; i++)
            sum += gamma_gamma_draw_spend(spend_params, nu, rng);
        c->spend = sum / (double)c->of.x;
    }
}

static void
draw_customers(const customer_family *family, size_t n)
{
    clm_times times = {0};

    n_spends = 0;
    for (n_customers = 0; n_customers < n; n_customers++) {
        own_customer *c = &customers[n_customers];
        clm_rng rng;

        clm_rng_seed(&rng, 11, n_customers);
        draw_customer(family, &rng, &times, c);
        groups[n_customers] = (customer_group){c->of, 1};
        if (c->n_spend > 0)
            spends[n_spends++] = (spend_group){c->n_spend, c->spend, 1};
    }
    free(times.values);
}

static double
all_log_gaps(void)
{
    double sum = 0.0;

    for (size_t i = 0; i < n_customers; i++)
        sum += customers[i].log_gaps;
    return sum;
}

/* ---- customer after customer ---- */

static clm_status
sum_likelihood(const customer_family *family, const double *params, double *value, double *gradient)
{
    *value = 0.0;
    memset(gradient, 0, CLM_MAX_PARAMS * sizeof(*gradient));
    for (size_t i = 0; i < n_customers; i++) {
        double own, by_params[CLM_MAX_PARAMS];
        clm_status status =
            customer_likelihood_at(family, params, &customers[i].of, customers[i].log_gaps, &own, by_params);

        if (status != CLM_OK)
            return status;
        *value += own;
        for (int p = 0; p < family->nparams; p++)
            gradient[p] += by_params[p];
    }
    return CLM_OK;
}

static void
test_sum(const customer_family *family)
{
    double value, gradient[CLM_MAX_PARAMS], want, by_params[CLM_MAX_PARAMS];
    customer_sample sample;
    size_t n = n_customers;
    char name[80];

    ok(sum_likelihood(family, family->typical_params, &value, gradient) == CLM_OK,
       "%s: customer after customer", family->name);
    ok(customer_groups_merge(groups, &n, NULL) == CLM_OK &&
           customer_sample_build(groups, n, NULL, &sample) == CLM_OK,
       "%s: as a sample", family->name);
    sample.log_gaps = all_log_gaps();
    ok(family->log_likelihood(&sample, family->typical_params, &want, by_params, NULL) == CLM_OK,
       "%s: its likelihood", family->name);
    snprintf(name, sizeof(name), "%s: the same log-likelihood", family->name);
    is_close(value, want, 1e-12, 0.0, name);
    for (int p = 0; p < family->nparams; p++) {
        snprintf(name, sizeof(name), "%s: the same derivative by %s", family->name, family->param_names[p]);
        is_close(gradient[p], by_params[p], 1e-10, 1e-9 * (double)n_customers, name);
    }
    customer_sample_free(&sample);
    for (size_t i = 0; i < n_customers; i++)
        groups[i] = (customer_group){customers[i].of, 1};
}

static void
test_not_finite(void)
{
    const customer_family *bg = customer_family_by_name("bg/nbd", 6),
                          *bgbb = customer_family_by_name("bg/bb", 5);
    const double far[] = {1e308, 1e-308, 1.0, 1.0}, fine[] = {1.0, 1.0, 1.0, 1.0};
    const customer_summary buyer = {3, 10.0, 20.0}, broken = {3, 1.5, 2.5};
    double value, gradient[CLM_MAX_PARAMS];

    ok(customer_likelihood_at(bg, far, &buyer, 0.0, &value, gradient) == CLM_OVERFLOW,
       "not finite: an overflow");
    ok(customer_likelihood_at(bgbb, fine, &broken, 0.0, &value, gradient) == CLM_DOMAIN,
       "not a history of opportunities");
    ok(spend_likelihood_at(fine, 3, DBL_MAX, &value, gradient) == CLM_OVERFLOW ||
           (isfinite(value) && isfinite(gradient[0]) && isfinite(gradient[1]) && isfinite(gradient[2])),
       "a huge spend: finite or an overflow");
}

/* ---- pictures ---- */

static bool
picture_fine(const customer_summary *c, bool whole)
{
    customer_summary p = picture_summary(c, whole), again = picture_summary(&p, whole);
    bool near = fabs(p.t - c->t) <= c->t / 32 && fabs(p.t_x - c->t_x) <= c->t / 16 + (whole ? 1.0 : 0.0) &&
                fabs((double)p.x - (double)c->x) <= (double)c->x / 16;

    if (whole)
        near = near || (p.t_x == floor(p.t_x) && p.t == floor(p.t) && (double)p.x <= p.t_x);
    return customer_summary_valid(&p) && near && (p.x == 0) == (c->x == 0) && again.t == p.t &&
           (!whole || (p.t == floor(p.t) && p.t_x == floor(p.t_x) && (double)p.x <= p.t_x));
}

static void
test_pictures(void)
{
    static const customer_summary extreme[] = {
        {0, 0, 0},      {0, 0, DBL_MAX}, {1, 0, 0},     {1, DBL_MIN, 1e-300}, {INT64_MAX, DBL_MAX, DBL_MAX},
        {1, 0, 5e-324}, {17, 1.0, 1.0},  {1, 1e-9, 1e9}};
    bool fine = true;
    int64_t n = 17;
    double m = 12.34;

    for (size_t i = 0; i < sizeof(extreme) / sizeof(*extreme); i++) {
        customer_summary p = picture_summary(&extreme[i], false);

        fine = fine && customer_summary_valid(&p) && (p.x == 0) == (extreme[i].x == 0);
    }
    ok(fine, "pictures of extreme customers are valid");
    fine = true;
    for (int t = 0; t <= 40; t++)
        for (int t_x = 0; t_x <= t; t_x++)
            for (int x = t_x > 0; x <= t_x; x++) {
                customer_summary c = {x, t_x, t};

                fine = fine && picture_fine(&c, true) && (t > 32 || picture_summary(&c, true).t_x == t_x);
            }
    for (int t = 40; t < 4000; t += 61)
        for (int t_x = 1; t_x <= t; t_x += 7)
            for (int x = 1; x <= t_x; x += 13) {
                customer_summary c = {x, t_x, t};

                fine = fine && picture_fine(&c, true);
            }
    ok(fine, "pictures of opportunities are opportunities, few of them exact");
    picture_spend(&n, &m);
    ok(n == 16 || n == 18, "a count keeps 4 bits");
    is_close(m, 12.34, 1.0 / 64, 0.0, "an amount keeps 6 bits");
    m = DBL_MAX;
    n = INT64_MAX;
    picture_spend(&n, &m);
    ok(isfinite(m) && n > 0, "the largest amount stays finite");
    m = 5e-324;
    picture_spend(&n, &m);
    ok(m > 0.0, "the smallest stays above 0");
}

/* ---- customers that lie elsewhere ---- */

/* What the callback does, and how often it was asked. */
typedef struct elsewhere {
    const customer_family *family;
    int passes, most_points, stop_after;
    clm_status fails;
} elsewhere;

static clm_status
answer(elsewhere *e, int n)
{
    e->passes++;
    e->most_points = n > e->most_points ? n : e->most_points;
    return e->passes == e->stop_after ? e->fails : CLM_OK;
}

static clm_status
evaluate_elsewhere(void *arg, int n, double params[][CLM_MAX_PARAMS], double *values,
                   double gradients[][CLM_MAX_PARAMS])
{
    elsewhere *e = arg;
    clm_status status = answer(e, n);

    for (int i = 0; i < n && status == CLM_OK; i++)
        status = sum_likelihood(e->family, params[i], &values[i], gradients[i]);
    return status;
}

static clm_status
evaluate_spend_elsewhere(void *arg, int n, double params[][CLM_MAX_PARAMS], double *values,
                         double gradients[][CLM_MAX_PARAMS])
{
    clm_status status = answer(arg, n);

    for (int i = 0; i < n && status == CLM_OK; i++) {
        values[i] = 0.0;
        memset(gradients[i], 0, sizeof(gradients[i]));
        for (size_t c = 0; c < n_spends && status == CLM_OK; c++) {
            double own, by_params[CLM_MAX_PARAMS];

            status = spend_likelihood_at(params[i], spends[c].n, spends[c].m, &own, by_params);
            values[i] += own;
            for (int p = 0; p < GAMMA_GAMMA_NPARAMS; p++)
                gradients[i][p] += by_params[p];
        }
    }
    return status;
}

static customer_source
source_of(elsewhere *e)
{
    customer_source source = {.moments.customers = (double)n_customers,
                              .picture = rounded,
                              .n = n_customers,
                              .evaluate = evaluate_elsewhere,
                              .arg = e};

    for (size_t i = 0; i < n_customers; i++) {
        const customer_summary *c = &customers[i].of;

        source.moments.x += (double)c->x;
        source.moments.xx += (double)c->x * (double)c->x;
        source.moments.t_x += c->t_x;
        source.moments.t += c->t;
        source.longest = fmax(source.longest, c->t);
        rounded[i] = (customer_group){picture_summary(c, e->family->discrete), 1};
    }
    return source;
}

static bool
same_fit(const model_fit *a, const model_fit *b)
{
    bool same = a->nparams == b->nparams && a->customers == b->customers &&
                fabs(a->log_likelihood - b->log_likelihood) <= 1e-9 * fabs(b->log_likelihood);

    for (int i = 0; i < a->nparams && same; i++) {
        same = fabs(a->params[i] - b->params[i]) <= 1e-6 * b->params[i] &&
               fabs(a->se[i] - b->se[i]) <= 1e-6 * b->se[i];
        if (!same)
            printf("# %d: %.12g %.12g, standard errors %.12g %.12g\n", i, a->params[i], b->params[i],
                   a->se[i], b->se[i]);
    }
    return same;
}

static void
test_source(const customer_family *family, double prior)
{
    elsewhere e = {.family = family};
    customer_source source = source_of(&e);
    customer_data data = {.groups = groups, .n = n_customers, .has_gaps = true, .log_gaps = all_log_gaps()};
    model_fit fit, want;
    clm_status status = fit_customer_family(family, &data, prior, NULL, &want);

    ok(status == CLM_OK, "%s, %zu customers, prior %g: fitted in memory (status %d)", family->name,
       n_customers, prior, (int)status);
    status = fit_customer_source(family, &source, prior, NULL, &fit);
    ok(status == CLM_OK && same_fit(&fit, &want),
       "%s, %zu customers, prior %g: the same elsewhere (status %d)", family->name, n_customers, prior,
       (int)status);
    ok(e.passes <= (family->regular ? 80 : 16) && e.most_points <= MAXIMISE_POINTS,
       "%s: %d passes for %d points", family->name, e.passes, fit.evaluations);
    for (size_t i = 0; i < n_customers; i++)
        groups[i] = (customer_group){customers[i].of, 1};
}

/* An end of the callback is an end of the fit, whenever it comes. */
static void
test_ends(const customer_family *family)
{
    static const clm_status ends[] = {CLM_STOPPED, CLM_NO_MEMORY};
    bool ended = true;

    for (int after = 1; after < 6; after++)
        for (int i = 0; i < 2; i++) {
            elsewhere e = {.family = family, .stop_after = after, .fails = ends[i]};
            customer_source source = source_of(&e);
            model_fit fit;

            ended = ended && fit_customer_source(family, &source, 0.0, NULL, &fit) == ends[i] &&
                    e.passes == after;
        }
    ok(ended, "%s: what ends the callback ends the fit, at once", family->name);
}

static spend_source
spend_source_of(elsewhere *e)
{
    spend_source source = {.customers = (double)n_spends,
                           .least = INFINITY,
                           .picture = rounded_spends,
                           .n = n_spends,
                           .evaluate = evaluate_spend_elsewhere,
                           .arg = e};

    for (size_t i = 0; i < n_spends; i++) {
        source.mean_log_m += log(spends[i].m) / (double)n_spends;
        source.least = fmin(source.least, spends[i].m);
        source.largest = fmax(source.largest, spends[i].m);
        rounded_spends[i] = spends[i];
        picture_spend(&rounded_spends[i].n, &rounded_spends[i].m);
    }
    return source;
}

static void
test_spend_source(double prior)
{
    elsewhere e = {.passes = 0};
    spend_source source = spend_source_of(&e);
    spend_group own[MANY];
    size_t n = n_spends;
    model_fit fit, want;
    clm_status status;

    memcpy(own, spends, n * sizeof(*own));
    ok(fit_spend(own, &n, prior, NULL, &want) == CLM_OK, "spend, prior %g: fitted in memory", prior);
    status = fit_spend_source(&source, prior, NULL, &fit);
    ok(status == CLM_OK && same_fit(&fit, &want), "spend, prior %g: the same elsewhere (status %d)", prior,
       (int)status);
    ok(e.passes <= 16, "spend: %d passes for %d points", e.passes, fit.evaluations);
}

static void
test_hopeless_sources(void)
{
    elsewhere e = {.family = customer_family_by_name("mbg/nbd", 7)};
    customer_group one = {{0, 0, 10.0}, 5};
    customer_source source = {.picture = &one, .n = 1, .evaluate = evaluate_elsewhere, .arg = &e};
    spend_source spend = {.evaluate = evaluate_spend_elsewhere, .arg = &e};
    model_fit fit;

    source.moments.customers = 1.0;
    ok(fit_customer_source(e.family, &source, 0.0, NULL, &fit) == CLM_FIT_TOO_FEW, "one customer");
    source.moments.customers = 5.0;
    ok(fit_customer_source(e.family, &source, 0.0, NULL, &fit) == CLM_FIT_NO_REPEAT, "nobody bought again");
    source.moments.x = 1.0;
    ok(fit_customer_source(e.family, &source, 0.0, NULL, &fit) == CLM_FIT_BORDER, "all purchases at once");
    ok(fit_spend_source(&spend, 0.0, NULL, &fit) == CLM_FIT_NO_REPEAT, "no spend");
    spend.customers = 1.0;
    ok(fit_spend_source(&spend, 0.0, NULL, &fit) == CLM_FIT_TOO_FEW, "spend of one customer");
    spend.customers = 9.0;
    spend.least = spend.largest = 5.0;
    ok(fit_spend_source(&spend, 0.0, NULL, &fit) == CLM_FIT_NO_SPREAD, "all spend the same");
    ok(e.passes == 0, "none of these takes a pass");
}

int
main(void)
{
    for (const customer_family *const *family = customer_families; *family != NULL; family++) {
        draw_customers(*family, CUSTOMERS);
        test_sum(*family);
        test_source(*family, 0.0);
        test_source(*family, 2.0);
    }
    test_spend_source(0.0);
    test_spend_source(1.0);
    draw_customers(customer_family_by_name("mbg/nbd", 7), MANY);
    test_source(customer_family_by_name("mbg/nbd", 7), 0.0);
    test_source(customer_family_by_name("mbg/nbd", 7), 0.5);
    test_spend_source(0.5);
    test_ends(customer_family_by_name("mbg/nbd", 7));
    test_hopeless_sources();
    test_not_finite();
    test_pictures();
    return done_testing();
}
