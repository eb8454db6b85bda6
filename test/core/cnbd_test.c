/*
 * BG/CNBD-k and MBG/CNBD-k: values computed with arbitrary precision, identities with BG/NBD and MBG/NBD,
 * simulation, fits for each k, domain.
 */
#include "../../src/core/fit.h"
#include "../../src/core/models/family.h"
#include "../../src/core/regular_mixture.h"
#include "family_simulation.h"
#include "family_values.h"

extern const customer_family bgnbd_family, mbgnbd_family, bgcnbd_family, mbgcnbd_family;

static const reference own_values[] = {
#include "cnbd_values.h"
};
#define N_OWN_VALUES (sizeof(own_values) / sizeof(*own_values))

/* Discounted purchases up to a horizon t: quadrature of the rate of purchases over time. */
static const reference discounted_values[] = {
#include "cnbd_discounted_values.h"
};
#define N_DISCOUNTED_VALUES (sizeof(discounted_values) / sizeof(*discounted_values))

static double
discounted(const customer_family *f, const double *params, const customer_summary *c, double ahead,
           double delta)
{
    double value;

    return f->discounted_purchases(params, c, ahead, delta, &value) == CLM_OK ? value : NAN;
}

static double
expected(const customer_family *f, const double *params, const customer_summary *c, double ahead)
{
    double value;

    return f->expected_purchases(params, c, ahead, &value) == CLM_OK ? value : NAN;
}

static double
difference(double a, double b)
{
    double d = fabs(a - b) / fmax(fmax(fabs(a), fabs(b)), 1e-290);

    return isnan(d) ? INFINITY : d;
}

static void
test_discounted_values(void)
{
    double worst = 0;

    for (size_t i = 0; i < N_DISCOUNTED_VALUES; i++) {
        const reference *row = &discounted_values[i];

        worst = fmax(worst,
                     difference(discounted(row->family, row->params, &row->of, row->t, row->d), row->value));
    }
    ok(worst < 1e-11, "discounted purchases up to a horizon, worst error %.2g", worst);
}

/* ---- k = 1 ---- */

static const double some_params[][5] = {{1, .243, 4.414, .793, 2.426},
                                        {2, .525, 6.183, .891, 1.614},
                                        {3, .6, 10, .4, .6},
                                        {2, 2, 10, 1, 1},
                                        {5, 1, 3, 3.5, 20},
                                        {20, 5, .1, .05, 12},
                                        {4, .01, .02, 40, 300},
                                        {6, 800, 300, .01, .02},
                                        {3, .002, 700, 900, .03}};
static const customer_summary some_customers[] = {{0, 0, 0},         {0, 0, 38.86},   {1, 1.7, 38.86},
                                                  {2, 30.43, 38.86}, {26, 30.86, 31}, {29, 2, 38},
                                                  {400, 95, 100},    {1, 2, 500}};
#define N_PARAMS (sizeof(some_params) / sizeof(*some_params))
#define N_CUSTOMERS (sizeof(some_customers) / sizeof(*some_customers))

/* The largest difference between the scores of one customer. */
static double
unlike(const customer_family *f, const double *p, const customer_family *g, const double *q,
       const customer_summary *c, double ahead)
{
    double one[12] = {0}, other[12] = {0}, worst = 0;

    for (int i = 0; i < 2; i++) {
        const customer_family *of = i == 0 ? f : g;
        const double *params = i == 0 ? p : q;
        double *v = i == 0 ? one : other;

        of->p_alive(params, c, 0, &v[0], &v[1]);
        of->p_alive(params, c, ahead, &v[2], &v[3]);
        of->p_active(params, c, ahead, &v[4]);
        of->expected_purchases(params, c, ahead, &v[5]);
        of->discounted_purchases(params, c, ahead, .01, &v[6]);
        of->discounted_purchases(params, c, INFINITY, .01, &v[7]);
        of->expected_purchases_new(params, ahead, &v[8]);
        of->p_purchases_new(params, c->x, ahead, &v[9]);
        one_likelihood(of, params, c, -INFINITY, &v[10], NULL);
    }
    for (int i = 0; i < 12; i++) {
        double d = fabs(one[i] - other[i]) / fmax(fabs(other[i]), i == 10 ? 1 : 1e-280);

        worst = fmax(worst, isnan(d) ? INFINITY : d);
    }
    return worst;
}

static void
test_one_step(const customer_family *f, const customer_family *simple)
{
    double worst = 0;

    for (size_t i = 0; i < N_PARAMS; i++)
        for (size_t j = 0; j < N_CUSTOMERS; j++)
            for (double ahead = .01; ahead < 1e4; ahead *= 13) {
                double params[5] = {1};

                memcpy(params + 1, some_params[i] + 1, sizeof(params) - sizeof(*params));
                worst = fmax(worst, unlike(f, params, simple, params + 1, &some_customers[j], ahead));
            }
    ok(worst < 1e-12, "%s with k = 1 is %s, worst difference %.2g", f->name, simple->name, worst);
}

/* The general sums with k = 1 against the closed forms of BG/NBD. */
static void
test_general_with_one_step(void)
{
    double worst = 0;

    for (size_t i = 0; i < N_PARAMS; i++)
        for (double s = 1e-6; s < 1e5; s *= 19)
            for (double zeta = 1e-6; zeta < 100; zeta *= 23) {
                const double *p = some_params[i];
                double simple[4] = {p[1], 1, p[3], p[4]};
                static const customer_summary c = {0, 0, 0};
                regular_mixture m = {1, p[1], p[3], p[4], 0};

                worst =
                    fmax(worst, difference(regular_purchases(&m, s), expected(&bgnbd_family, simple, &c, s)));
                worst = fmax(worst, difference(regular_discounted(&m, s, zeta),
                                               discounted(&bgnbd_family, simple, &c, s, zeta)));
                worst = fmax(worst, difference(regular_discounted(&m, INFINITY, zeta),
                                               discounted(&bgnbd_family, simple, &c, INFINITY, zeta)));
            }
    ok(worst < 1e-10, "the general sums with k = 1 are the closed forms, worst %.2g", worst);
}

/* ---- identities ---- */

static void
test_discounting(const customer_family *f)
{
    double undiscounted = 0, far = 0, least = 0, order = 0;

    for (size_t i = 1; i < N_PARAMS; i++)
        for (size_t j = 0; j < N_CUSTOMERS; j++) {
            const double *p = some_params[i];
            const customer_summary *c = &some_customers[j];

            for (double ahead = 1e-2; ahead < 600; ahead *= 30) {
                double all = expected(f, p, c, ahead), value = discounted(f, p, c, ahead, .3 / ahead), alive,
                       dead;

                undiscounted = fmax(undiscounted, difference(discounted(f, p, c, ahead, 0), all));
                undiscounted = fmax(undiscounted, difference(discounted(f, p, c, ahead, 1e-13 / ahead), all));
                least = fmax(least, isnan(value) ? INFINITY : exp(-.3) * all - value);
                order = fmax(order, value - all);
                ok(f->p_alive(p, c, ahead, &alive, &dead) == CLM_OK && fabs(alive + dead - 1) < 1e-14,
                   "%s: P(alive) and its complement", f->name);
            }
            far = fmax(far, difference(discounted(f, p, c, 4e4, .001), discounted(f, p, c, INFINITY, .001)));
        }
    ok(undiscounted < 1e-10, "%s: without discount it is the expected number, worst %.2g", f->name,
       undiscounted);
    ok(least <= 0 && order <= 0, "%s: discounted purchases lie between their bounds", f->name);
    ok(far < 1e-10, "%s: a far horizon is like none, worst %.2g", f->name, far);
}

/* Dropping out needs a purchase: over any time, P(alive) falls by p for each purchase expected. */
static void
test_endless(const customer_family *f)
{
    static const double finite[5] = {3, .5, 6, 2.5, 7}, endless[5] = {3, .5, 6, 1, 7};
    static const customer_summary c = {3, 20, 38};
    double value, all = discounted(f, finite, &c, INFINITY, 0);

    is_close(discounted(f, finite, &c, INFINITY, 1e-13), all, 1e-6, 0,
             "undiscounted purchases of all time are the limit of slow discounting");
    ok(f->discounted_purchases(endless, &c, INFINITY, 0, &value) == CLM_DIVERGES, "and diverge for a <= 1");
}

static void
test_counts(const customer_family *f)
{
    for (size_t i = 0; i < 5; i++) {
        double sum = 0, mean = 0, want = NAN, none = NAN, active = NAN, alive = NAN, dead;

        for (int64_t n = 0; n < 1500; n++) {
            double p = NAN;

            f->p_purchases_new(some_params[i], n, 39, &p);
            sum += p;
            mean += p * (double)n;
        }
        f->expected_purchases_new(some_params[i], 39, &want);
        is_close(sum, 1, 1e-12, 0, "P(X(39) = n) sums to 1");
        is_close(mean, want, 1e-11, 0, "and has the expected mean");
        f->p_purchases_new(some_params[i], 0, 39, &none);
        f->p_active(some_params[i], &some_customers[0], 39, &active);
        f->p_alive(some_params[i], &some_customers[0], 0, &alive, &dead);
        is_close(active, 1 - none, 0, 1e-14, "and none is the complement of some");
    }
}

/* Given a customer's own rate and drop-out, and the step that he is at. */
static void
test_given(const customer_family *f)
{
    const customer_latents buys = {.rate = .5, .dropout = .2, .steps = 2, .phase = 1},
                           never = {.rate = 0, .dropout = .2, .steps = 2};

    ok(f->purchases_given(&buys, 0, 0) == 0 && f->purchases_given(&never, 10, 0) == 0 &&
           f->count_given(&buys, 0, .5, .5) == 0 && f->count_given(&never, 10, .5, .5) == 0,
       "%s: no time or no rate, no purchase", f->name);
    ok(f->purchases_given(&buys, INFINITY, 0) == 5, "%s: until he drops out 1 / p purchases", f->name);
    is_close(f->purchases_given(&buys, 1e4, 0), 5, 1e-9, 0, "which a long time comes to");
}

/* ---- domain ---- */

static int
refusals(const customer_family *f, const double *params, const customer_summary *c, double ahead)
{
    customer_posterior posterior;
    double v, w;

    return (f->p_alive(params, c, ahead, &v, &w) == CLM_DOMAIN) +
           (f->p_active(params, c, ahead, &v) == CLM_DOMAIN) +
           (f->expected_purchases(params, c, ahead, &v) == CLM_DOMAIN) +
           (isinf(ahead) || f->discounted_purchases(params, c, ahead, .1, &v) == CLM_DOMAIN) +
           (ahead != 1 || f->posterior(params, c, &posterior) == CLM_DOMAIN);
}

static void
test_domain(const customer_family *f)
{
    static const double params[5] = {2, .5, 6, .9, 1.6};
    static const customer_summary fine = {1, 1, 2};
    static const customer_summary wrong[] = {
        {-1, 0, 1},  {1, -1, 1},  {1, 2, 1},        {0, 1, 2},
        {1, NAN, 1}, {1, 1, NAN}, {1, 1, INFINITY}, {1, INFINITY, INFINITY}};
    static const double bad_params[][5] = {
        {2, 0, 6, .9, 1.6},       {2, .5, -1, .9, 1.6},  {2, .5, 6, NAN, 1.6},
        {2, .5, 6, .9, INFINITY}, {1.5, .5, 6, .9, 1.6}, {0, .5, 6, .9, 1.6},
        {.5, .5, 6, .9, 1.6},     {21, .5, 6, .9, 1.6},  {NAN, .5, 6, .9, 1.6}};
    static const double bad_ahead[] = {-1, NAN, INFINITY};
    int refused = 0, asked = 0;
    double v;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++, asked += 5)
        refused += refusals(f, params, &wrong[i], 1);
    for (size_t i = 0; i < sizeof(bad_params) / sizeof(*bad_params); i++, asked += 8) {
        refused += refusals(f, bad_params[i], &fine, 1);
        refused += !f->valid(bad_params[i]);
        refused += f->expected_purchases_new(bad_params[i], 1, &v) == CLM_DOMAIN;
        refused += f->p_purchases_new(bad_params[i], 1, 1, &v) == CLM_DOMAIN;
    }
    for (size_t i = 0; i < 3; i++, asked += 7) {
        refused += refusals(f, params, &fine, bad_ahead[i]);
        refused += f->expected_purchases_new(params, bad_ahead[i], &v) == CLM_DOMAIN;
        refused += f->p_purchases_new(params, 1, bad_ahead[i], &v) == CLM_DOMAIN;
    }
    refused += f->p_purchases_new(params, -1, 1, &v) == CLM_DOMAIN;
    refused += f->discounted_purchases(params, &fine, 1, NAN, &v) == CLM_DOMAIN;
    ok(refused == asked + 2, "%s: all of %d arguments outside the domain are refused (%d)", f->name,
       asked + 2, refused);
}

/* Nothing but a number or an error, and that soon, wherever in the domain. */
static void
test_extremes(const customer_family *f)
{
    static const double size[] = {1e-300, 1e-9, 1, 1e4, 1e20, 1e300};
    static const customer_summary customers[] = {{0, 0, 0}, {3, 1e-300, 1e300}, {INT64_MAX, 1, 1e10}};
    int wrong = 0;

    for (int code = 0; code < 6 * 6 * 6 * 6; code++) {
        double p[5] = {code % 3 * 9 + 2, size[code % 6], size[code / 6 % 6], size[code / 36 % 6],
                       size[code / 216]};
        const customer_summary *c = &customers[code % 7 % 3];
        double ahead = size[code % 5], v, w;

        wrong += f->p_alive(p, c, ahead, &v, &w) == CLM_OK && !(v >= 0 && v <= 1 && w >= 0 && w <= 1);
        wrong += f->p_active(p, c, ahead, &v) == CLM_OK && !(v >= 0 && v <= 1);
        wrong += f->expected_purchases(p, c, ahead, &v) == CLM_OK && !(v >= 0 && isfinite(v));
        wrong += f->discounted_purchases(p, c, ahead, .1, &v) == CLM_OK && !(v >= 0 && isfinite(v));
        wrong += f->discounted_purchases(p, c, INFINITY, .1, &v) == CLM_OK && !(v >= 0 && isfinite(v));
        wrong += f->p_purchases_new(p, c->x, ahead, &v) == CLM_OK && !(v >= 0 && v <= 1);
    }
    ok(wrong == 0, "%s: no NaN, infinity or impossible probability at the ends of the domain (%d)", f->name,
       wrong);
}

/* ---- draws and fits ---- */

#define CUSTOMERS 20000

static bool
stop_now(void *arg)
{
    return *(bool *)arg;
}

static void
test_draw(const customer_family *f)
{
    static const double params[5] = {3, .8, 2, .9, 2.6}, torrent[5] = {3, 1000, 1e-6, 1e-12, 1000};
    sample_mean purchases = {0, 0, 0}, none = {0, 0, 0};
    double mean = NAN, p0 = NAN;
    bool ordered = true, stopping = true;
    clm_stop stop = {stop_now, &stopping};
    clm_times times = {NULL, 0, 0};
    clm_rng rng;

    for (int i = 0; i < 5 * CUSTOMERS; i++) {
        clm_rng_seed(&rng, 42, (uint64_t)i);
        times.n = 0;
        ordered = ordered && f->draw(params, 39, &rng, &times, NULL) == CLM_OK;
        for (size_t k = 0; k < times.n; k++)
            ordered = ordered && times.values[k] <= 39 && times.values[k] > (k > 0 ? times.values[k - 1] : 0);
        sample_mean_add(&purchases, (double)times.n);
        sample_mean_add(&none, times.n == 0);
    }
    f->expected_purchases_new(params, 39, &mean);
    f->p_purchases_new(params, 0, 39, &p0);
    ok(ordered, "%s: drawn times ascend within the horizon", f->name);
    is_mean(&purchases, mean, "%s: %s", f->name, "mean of the draws");
    is_mean(&none, p0, "%s: %s", f->name, "share without a repeat purchase");
    times.n = 0;
    clm_rng_seed(&rng, 1, 1);
    ok(f->draw(torrent, 1, &rng, &times, NULL) == CLM_TOO_MANY, "%s: an endless stream of purchases is cut",
       f->name);
    clm_rng_seed(&rng, 1, 1);
    ok(f->draw(torrent, 1, &rng, &times, &stop) == CLM_STOPPED, "%s: a draw obeys the stop callback",
       f->name);
    ok(f->draw(params, NAN, &rng, &times, NULL) == CLM_DOMAIN, "%s: no horizon, no draw", f->name);
    free(times.values);
}

static customer_group customers[CUSTOMERS];

/* Draws customers into `customers`; returns the sum of the logarithms of their gaps. */
static double
draw_customers(const customer_family *f, const double *params)
{
    clm_times times = {NULL, 0, 0};
    double log_gaps = 0;

    for (size_t i = 0; i < CUSTOMERS; i++) {
        double t = 26 + (double)(i % 40);
        clm_rng rng;

        clm_rng_seed(&rng, 5, i);
        times.n = 0;
        f->draw(params, t, &rng, &times, NULL);
        for (size_t j = 0; j < times.n; j++)
            log_gaps += log(times.values[j] - (j > 0 ? times.values[j - 1] : 0));
        customers[i] =
            (customer_group){{(int64_t)times.n, times.n > 0 ? times.values[times.n - 1] : 0, t}, 1};
    }
    free(times.values);
    return log_gaps;
}

/* The fit finds the k that was drawn, estimates near the truth, and a likelihood above that of other k. */
static void
test_recovery(const customer_family *f, const double *params)
{
    customer_data data = {.groups = customers, .n = CUSTOMERS, .has_gaps = true};
    model_fit fit;
    double at_truth = 0, beside, other[CLM_MAX_PARAMS];

    data.log_gaps = draw_customers(f, params);
    if (!ok(fit_customer_family(f, &data, 0, NULL, &fit) == CLM_OK, "%s: a fit to drawn customers", f->name))
        return;
    ok(fit.params[0] == params[0] && fit.se[0] == 0, "%s: k = %g is found, as it was drawn", f->name,
       fit.params[0]);
    for (int i = 1; i < f->nparams; i++)
        is_close(fit.params[i], params[i], 0, 3 * fit.se[i], f->param_names[i]);
    customer_log_likelihood(f, params, &data, NULL, &at_truth);
    ok(at_truth < fit.log_likelihood && fit.log_likelihood - at_truth < 15,
       "the truth is hardly less likely");
    memcpy(other, fit.params, sizeof(other));
    for (other[0] = 1; other[0] <= 5; other[0]++) {
        other[2] = fit.params[2] * fit.params[0] / other[0];
        if (customer_log_likelihood(f, other, &data, NULL, &beside) == CLM_OK && other[0] != params[0])
            ok(beside < fit.log_likelihood, "k = %g is less likely", other[0]);
    }
    data.has_gaps = false;
    ok(fit_customer_family(f, &data, 0, NULL, &fit) == CLM_DOMAIN, "no gaps, no fit");
}

static void
test_likelihood(const customer_family *f)
{
    static const customer_group groups[] = {
        {{0, 0, 40}, 700}, {{2, 30, 40}, 55}, {{40, 37, 38.86}, 12}, {{INT64_C(3000000000), 9000, 10000}, 1}};
    static const double params[5] = {3, .5, 6, .9, 1.6}, absurd[5] = {3, 1e308, 1e-308, 1e308, 1e-308};
    double value = 0, sum = 0, one, gradient[5];
    bool stopping = true;
    clm_stop stop = {stop_now, &stopping};
    customer_sample sample;

    if (!ok(customer_sample_build(groups, 4, NULL, &sample) == CLM_OK, "%s: a sample", f->name))
        return;
    ok(f->log_likelihood(&sample, params, &value, gradient, NULL) == CLM_OK && gradient[0] == 0,
       "%s: a sample's likelihood", f->name);
    for (int i = 0; i < 4; i++) {
        one_likelihood(f, params, &groups[i].of, 0, &one, NULL);
        sum += (double)groups[i].weight * one;
    }
    is_close(value, sum, 1e-13, 0, "is the weighted sum of the customers'");
    sample.log_gaps = 1000;
    f->log_likelihood(&sample, params, &one, NULL, NULL);
    is_close(one - value, 2 * 1000, 1e-6, 0, "and grows by k - 1 for each logarithm of a gap");
    ok(f->log_likelihood(&sample, params, &value, gradient, &stop) == CLM_STOPPED, "obeys the stop callback");
    ok(f->log_likelihood(&sample, absurd, &value, gradient, NULL) == CLM_OVERFLOW, "reports overflow");
    customer_sample_free(&sample);
}

/* Rates so much alike that rounding hides how they differ: a sum over them would have no end. */
static void
test_endless_rates(const customer_family *family)
{
    static const double absurd[] = {5, 4.4e68, 5e68, 4.4e68, 4.4e68};
    static const customer_summary nobody = {0, 0, 4.9e182};
    double alive = 1, dead = 0, value = 0;
    clm_status lives = family->p_alive(absurd, &nobody, 77, &alive, &dead);
    clm_status buys = family->expected_purchases(absurd, &nobody, 77, &value);

    ok((lives == CLM_OK || lives == CLM_OVERFLOW) && alive + dead == 1 &&
           (buys == CLM_OK || buys == CLM_OVERFLOW) && value >= 0,
       "%s: rates that hardly differ are refused, or have an answer", family->name);
}

int
main(void)
{
    static const customer_family *const families[] = {&bgcnbd_family, &mbgcnbd_family};
    static const customer_family *const simple[] = {&bgnbd_family, &mbgnbd_family};
    static const double two[5] = {2, .8, 2.5, .9, 2.6}, three[5] = {3, 1.5, 2, .7, 2},
                        slow[5] = {6, 2, 3, .8, 4};
    static const customer_summary silent = {4, 20, 30}, busy = {26, 30.86, 31};

    test_values(own_values, N_OWN_VALUES, "cnbd_values.h");
    test_gradients(own_values, N_OWN_VALUES);
    test_discounted_values();
    test_general_with_one_step();
    for (int i = 0; i < 2; i++) {
        if (shared_folder() != NULL)
            test_golden(families[i], "cnbdk_golden.csv", i, i == 0 ? 804 : 814);
        test_one_step(families[i], simple[i]);
        test_discounting(families[i]);
        test_endless(families[i]);
        test_counts(families[i]);
        test_given(families[i]);
        test_domain(families[i]);
        test_extremes(families[i]);
        test_endless_rates(families[i]);
        test_likelihood(families[i]);
        test_draw(families[i]);
        test_recovery(families[i], i == 0 ? two : three);
        test_foresight(families[i], i == 0 ? three : two, 30, 20, .02, 30000);
        test_posterior(families[i], two, &silent, 26, .03);
        test_posterior(families[i], slow, &busy, 26, .03);
        ok(customer_family_by_name(families[i]->name, strlen(families[i]->name)) == families[i],
           "%s is registered", families[i]->name);
    }
    return done_testing();
}
