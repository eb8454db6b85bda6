/*
 * BG/BB: values computed with arbitrary precision, published values, identities, simulation, fits, domain.
 */
#include <float.h>

#include "../../src/core/fit.h"
#include "../../src/core/poisson.h"
#include "family_simulation.h"
#include "family_values.h"

extern const customer_family bgbb_family;

static const customer_family *const f = &bgbb_family;

static const reference own_values[] = {
#include "bgbb_values.h"
};
#define N_OWN_VALUES (sizeof(own_values) / sizeof(*own_values))

static const double published_params[4] = {1.20, .75, .66, 2.78};

/* Fader, Hardie & Shang 2010: a customer with three purchases, the last at the fourth of six opportunities. */
static void
test_published(void)
{
    static const customer_summary c = {3, 4, 6};
    double alive = NAN, dead = NAN, value = NAN;

    f->p_alive(published_params, &c, 1, &alive, &dead);
    is_close(alive, .43834385, 0, 6e-9, "published P(alive at opportunity 7) of (3, 4, 6)");
    f->discounted_purchases(published_params, &c, INFINITY, log(1.1), &value);
    is_close(value, 1.62137919, 0, 6e-9, "published DERT at 10 % a period");
}

/* ---- likelihood ---- */

#define GROUPS 7

static const customer_group some_groups[GROUPS] = {
    {{0, 0, 0}, 3},  {{0, 0, 6}, 700},      {{1, 2, 6}, 90},      {{1, 6, 6}, 55},
    {{2, 3, 6}, 12}, {{300, 500, 1000}, 4}, {{400, 500, 1000}, 1}};

static bool
stop_now(void *arg)
{
    return *(bool *)arg;
}

/* Of the groups, or of no group in the domain: the status. */
static clm_status
sample_likelihood(const customer_group *groups, size_t n, const double *params, double *value,
                  double *gradient, const clm_stop *stop)
{
    customer_sample sample;
    clm_status status = customer_sample_build(groups, n, NULL, &sample);

    if (status != CLM_OK)
        return status;
    status = f->log_likelihood(&sample, params, value, gradient, stop);
    customer_sample_free(&sample);
    return status;
}

static void
test_likelihood(void)
{
    static const double params[4] = {.5, 1.6, .9, 6}, absurd[4] = {1e308, 1e-308, 1e308, 1e-308};
    static const customer_group not_whole = {{1, 1.5, 2}, 1}, too_many = {{3, 2, 4}, 1},
                                too_long = {{1, 1, 1e7}, 1};
    double value = 0, sum = 0, one, gradient[4], other[4];
    bool stopping = true;
    clm_stop stop = {stop_now, &stopping};

    ok(sample_likelihood(some_groups, GROUPS, params, &value, gradient, NULL) == CLM_OK,
       "a sample's likelihood");
    for (int i = 0; i < GROUPS; i++) {
        one_likelihood(f, params, &some_groups[i].of, 0, &one, NULL);
        sum += (double)some_groups[i].weight * one;
    }
    is_close(value, sum, 1e-13, 0, "is the weighted sum of the customers'");
    ok(sample_likelihood(some_groups, GROUPS, params, &value, other, &stop) == CLM_STOPPED,
       "obeys the stop callback");
    ok(sample_likelihood(some_groups, GROUPS, absurd, &value, other, NULL) == CLM_OVERFLOW,
       "reports overflow");
    ok(sample_likelihood(&not_whole, 1, params, &value, other, NULL) == CLM_DOMAIN,
       "refuses half opportunities");
    ok(sample_likelihood(&too_many, 1, params, &value, other, NULL) == CLM_DOMAIN,
       "refuses more purchases than opportunities");
    ok(sample_likelihood(&too_long, 1, params, &value, other, NULL) == CLM_DOMAIN,
       "refuses more than a million opportunities");
    for (int i = 0; i < 4; i++) {
        double above[4], below[4], up, down, step = 1e-5 * params[i];
        char name[64];

        memcpy(above, params, sizeof(above));
        memcpy(below, params, sizeof(below));
        above[i] += step;
        below[i] -= step;
        sample_likelihood(some_groups, GROUPS, above, &up, NULL, NULL);
        sample_likelihood(some_groups, GROUPS, below, &down, NULL, NULL);
        snprintf(name, sizeof(name), "derivative by %s", f->param_names[i]);
        is_close(gradient[i], (up - down) / (above[i] - below[i]), 1e-7, 1e-6, name);
    }
}

/* ---- identities ---- */

static const double some_params[][4] = {{1.2, .75, .66, 2.78}, {.5, .5, 1, 1},       {2, 5, .001, 50},
                                        {.001, .001, .001, 1}, {800, 900, 40, 1000}, {3, .25, 2.5, 7}};
static const customer_summary some_customers[] = {{0, 0, 0}, {0, 0, 6},    {3, 4, 6},
                                                  {6, 6, 6}, {50, 60, 80}, {300, 900, 1000}};
#define N_PARAMS (sizeof(some_params) / sizeof(*some_params))
#define N_CUSTOMERS (sizeof(some_customers) / sizeof(*some_customers))

static double
discounted(const double *params, const customer_summary *c, double ahead, double delta)
{
    double value;

    return f->discounted_purchases(params, c, ahead, delta, &value) == CLM_OK ? value : NAN;
}

static double
difference(double a, double b)
{
    double d = fabs(a - b) / fmax(fmax(fabs(a), fabs(b)), 1e-290);

    return isnan(d) ? INFINITY : d;
}

/* The sum over the opportunities ahead of P(alive then) E[p], discounted. */
static double
discounted_one_by_one(const double *params, const customer_summary *c, double ahead, double delta)
{
    double sum = 0, buys = params[0] + (double)c->x, n = params[0] + params[1] + c->t, stay = NAN, dead;

    f->p_alive(params, c, 0, &stay, &dead);
    for (double j = 1; j <= ahead; j++) {
        stay *= (params[3] + c->t + j - 1) / (params[2] + params[3] + c->t + j - 1);
        sum += stay * buys / n * exp(-delta * j);
    }
    return sum;
}

static void
test_discounting(void)
{
    static const double horizons[] = {0, 1, 13, 600, 5000}, rates[] = {0, 1e-13, 1e-6, 1e-3, .1, 2};
    double worst = 0, far = 0, alive_worst = 0, live_worst = 0;

    for (size_t i = 0; i < N_PARAMS; i++)
        for (size_t j = 0; j < N_CUSTOMERS; j++) {
            const double *p = some_params[i];
            const customer_summary *c = &some_customers[j];

            for (size_t k = 0; k < 5; k++) {
                double alive, dead, ratio, twice, live = NAN;

                for (size_t l = 0; l < 6; l++)
                    worst = fmax(worst, difference(discounted(p, c, horizons[k], rates[l]),
                                                   discounted_one_by_one(p, c, horizons[k], rates[l])));
                f->p_alive(p, c, 0, &alive, &dead);
                f->live_purchases(p, c->x, c->t, horizons[k], .1, &live);
                live_worst = fmax(live_worst, difference(alive * live, discounted(p, c, horizons[k], .1)));
                f->p_alive(p, c, horizons[k], &alive, &dead);
                alive_worst = fmax(alive_worst, fabs(alive + dead - 1));
                f->p_alive(p, c, horizons[k] + 1, &twice, &dead);
                ratio = (p[3] + c->t + horizons[k]) / (p[2] + p[3] + c->t + horizons[k]);
                alive_worst = fmax(alive_worst, difference(twice, alive * ratio));
            }
            far = fmax(far, difference(discounted(p, c, 1e6, .0027), discounted(p, c, INFINITY, .0027)));
        }
    ok(worst < 1e-11, "the value of opportunities ahead is that of each, worst %.2g", worst);
    ok(far < 1e-11, "a far horizon is like none, worst %.2g", far);
    ok(live_worst == 0, "purchases are P(alive) times those of a live customer, to the last bit");
    ok(alive_worst < 1e-12, "P(alive) falls from one opportunity to the next as it should, worst %.2g",
       alive_worst);
}

static void
test_endless(void)
{
    static const double finite[4] = {.5, 1.6, 2.5, 7}, endless[4] = {.5, 1.6, 1, 7};
    static const customer_summary c = {3, 20, 38};
    double value, all = discounted(finite, &c, INFINITY, 0);

    is_close(discounted(finite, &c, INFINITY, 1e-13), all, 1e-9, 0,
             "undiscounted purchases of all time are the limit of slow discounting");
    ok(f->discounted_purchases(endless, &c, INFINITY, 0, &value) == CLM_DIVERGES,
       "and diverge for gamma <= 1");
}

static void
test_continuity(void)
{
    for (double step = 1e-15; step < 1e-9; step *= 10) {
        double worst = 0;

        for (int sign = -1; sign <= 1; sign += 2)
            for (double ahead = 1; ahead < 1e6; ahead *= 11)
                for (size_t j = 0; j < N_CUSTOMERS; j++) {
                    double one[4] = {1.2, .75, 1, 2.78}, near[4] = {1.2, .75, 1 + sign * step, 2.78};
                    const customer_summary *c = &some_customers[j];

                    worst =
                        fmax(worst, difference(discounted(one, c, ahead, 0), discounted(near, c, ahead, 0)));
                    worst = fmax(worst,
                                 difference(discounted(one, c, ahead, .01), discounted(near, c, ahead, .01)));
                }
        ok(worst < 1e-11 + 50 * step, "continuous at gamma = 1, step %.0g: %.2g", step, worst);
    }
}

static void
test_counts(void)
{
    for (size_t i = 0; i < N_PARAMS; i++) {
        double sum = 0, mean = 0, none = NAN, active = NAN, want = NAN;

        for (int64_t n = 0; n <= 200; n++) {
            double p = NAN;

            f->p_purchases_new(some_params[i], n, 200, &p);
            sum += p;
            mean += p * (double)n;
        }
        f->expected_purchases_new(some_params[i], 200, &want);
        is_close(sum, 1, 1e-12, 0, "P(X(200) = n) sums to 1");
        is_close(mean, want, 1e-11, 0, "and has the expected mean");
        f->p_purchases_new(some_params[i], 0, 200, &none);
        f->p_active(some_params[i], &some_customers[0], 200, &active);
        is_close(active, 1 - none, 0, 1e-14, "and none of 200 is the complement of some");
        ok(f->p_purchases_new(some_params[i], 201, 200, &want) == CLM_OK && want == 0,
           "no more purchases than opportunities");
    }
}

/* Where nearly nobody drops out purchases are beta-binomial, also where the terms of the sum grow beyond a double. */
static void
test_many_opportunities(void)
{
    static const double stay[4] = {1e5, 2e5, 1e-9, 1e9};
    const double n = 10000, x = 4000, a = stay[0], b = stay[1];
    double p = NAN, log_p = lgamma(n + 1) - lgamma(x + 1) - lgamma(n - x + 1) + lgamma(a + x) - lgamma(a) +
                            lgamma(b + n - x) - lgamma(b) + lgamma(a + b) - lgamma(a + b + n);

    ok(f->p_purchases_new(stay, (int64_t)x, n, &p) == CLM_OK, "4000 purchases in 10000 opportunities");
    is_close(log(p), log_p, 1e-8, 1e-8, "beta-binomial");
}

/* The smallest k with P(a binomial(n, p) number <= k) >= v, summed from the nearer end. */
static double
binomial_quantile_by_sum(double n, double p, double v)
{
    double sum = 0;

    for (double k = 0; k <= n; k++) {
        sum += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p));
        if (sum >= v)
            return k;
    }
    return n;
}

static void
test_given(void)
{
    static const double rates[] = {.999, .5, .001, .98}, v[] = {1e-14, 1e-9, .3, .999999};
    const customer_latents stays = {.rate = .25, .dropout = 0, .steps = 1},
                           stops = {.rate = .25, .dropout = .5, .steps = 1};

    ok(f->purchases_given(&stays, 12, 0) == 3 && f->purchases_given(&stops, 0, .1) == 0,
       "who never drops out buys with his rate");
    is_close(f->purchases_given(&stops, INFINITY, 0), .25, 1e-15, 0, "who does, until then");
    for (int i = 0; i < 16; i++) {
        const customer_latents c = {.rate = rates[i / 4], .dropout = 0, .steps = 1};

        ok(f->count_given(&c, 1000, .5, v[i % 4]) == binomial_quantile_by_sum(1000, rates[i / 4], v[i % 4]),
           "quantile %g of 1000 opportunities with rate %g", v[i % 4], rates[i / 4]);
    }
}

/* ---- domain ---- */

static int
refusals(const double *params, const customer_summary *c, double ahead)
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
test_domain(void)
{
    static const double params[4] = {.5, 6, .9, 1.6};
    static const customer_summary fine = {1, 1, 2};
    static const customer_summary wrong[] = {{-1, 0, 1},  {1, -1, 1},  {1, 2, 1},        {0, 1, 2},
                                             {1, NAN, 1}, {1, 1, NAN}, {1, 1, INFINITY}, {1, 0, 1},
                                             {2, 1, 3},   {1, 1, 2.5}, {1, 1.5, 2},      {1, 1, 1e6 + 1}};
    static const double bad_params[][4] = {
        {0, 6, .9, 1.6}, {.5, -1, .9, 1.6}, {.5, 6, NAN, 1.6}, {.5, 6, .9, INFINITY}};
    static const double bad_ahead[] = {-1, NAN, INFINITY, .5, 1e6 + 1};
    int refused = 0, asked = 0;
    double v;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++, asked += 5)
        refused += refusals(params, &wrong[i], 1);
    for (size_t i = 0; i < 4; i++, asked += 8) {
        refused += refusals(bad_params[i], &fine, 1);
        refused += !f->valid(bad_params[i]);
        refused += f->expected_purchases_new(bad_params[i], 1, &v) == CLM_DOMAIN;
        refused += f->p_purchases_new(bad_params[i], 1, 1, &v) == CLM_DOMAIN;
    }
    for (size_t i = 0; i < 5; i++, asked += 7) {
        refused += refusals(params, &fine, bad_ahead[i]);
        refused += f->expected_purchases_new(params, bad_ahead[i], &v) == CLM_DOMAIN;
        refused += f->p_purchases_new(params, 1, bad_ahead[i], &v) == CLM_DOMAIN;
    }
    refused += f->p_purchases_new(params, -1, 1, &v) == CLM_DOMAIN;
    refused += f->discounted_purchases(params, &fine, -INFINITY, .1, &v) == CLM_DOMAIN;
    refused += f->discounted_purchases(params, &fine, 1, NAN, &v) == CLM_DOMAIN;
    refused += f->discounted_purchases(params, &fine, INFINITY, -.1, &v) == CLM_DOMAIN;
    ok(refused == asked + 4, "all of %d arguments outside the domain are refused (%d)", asked + 4, refused);
}

/* Nothing but a number or an error, wherever in the domain. */
static void
test_extremes(void)
{
    static const double size[] = {1e-300, 1e-9, 1, 1e4, 1e20, 1e300}, horizon[] = {0, 1, 100, 3000};
    static const customer_summary customers[] = {{0, 0, 0}, {3, 50, 3000}, {3000, 3000, 3000}};
    int wrong = 0;

    for (int code = 0; code < 6 * 6 * 6 * 6; code++) {
        double p[4] = {size[code % 6], size[code / 6 % 6], size[code / 36 % 6], size[code / 216]}, v, w;

        for (int j = 0; j < 3; j++) {
            const customer_summary *c = &customers[j];
            double ahead = horizon[(code + j) % 4];

            wrong += f->p_alive(p, c, ahead, &v, &w) == CLM_OK && !(v >= 0 && v <= 1 && w >= 0 && w <= 1);
            wrong += f->p_active(p, c, ahead, &v) == CLM_OK && !(v >= 0 && v <= 1);
            wrong += f->discounted_purchases(p, c, ahead, 1e-3, &v) == CLM_OK &&
                     !(v >= 0 && v <= ahead * 1.0000001);
            wrong += f->discounted_purchases(p, c, INFINITY, 1e-3, &v) == CLM_OK && !(v >= 0 && isfinite(v));
            wrong += f->p_purchases_new(p, c->x, ahead, &v) == CLM_OK && !(v >= 0 && v <= 1);
        }
    }
    ok(wrong == 0, "no NaN, infinity or impossible probability at the ends of the domain (%d)", wrong);
}

/* ---- simulation and fits ---- */

static customer_group customers[40000]; /* too large for the stack */

static void
test_draw(void)
{
    enum { CUSTOMERS = 100000 };
    static const double sure[4] = {1e9, 1e-9, 1e-9, 1e9};
    sample_mean purchases = {0, 0, 0}, none = {0, 0, 0};
    double mean = NAN, p0 = NAN;
    clm_times times = {NULL, 0, 0};
    bool whole = true, stopping = true;
    clm_stop stop = {stop_now, &stopping};
    clm_rng rng;

    for (int i = 0; i < CUSTOMERS; i++) {
        clm_rng_seed(&rng, 42, (uint64_t)i);
        times.n = 0;
        whole = whole && f->draw(published_params, 12.9, &rng, &times, NULL) == CLM_OK;
        for (size_t k = 0; k < times.n; k++)
            whole = whole && times.values[k] == floor(times.values[k]) && times.values[k] <= 12 &&
                    times.values[k] > (k > 0 ? times.values[k - 1] : 0);
        sample_mean_add(&purchases, (double)times.n);
        sample_mean_add(&none, times.n == 0);
    }
    f->expected_purchases_new(published_params, 12, &mean);
    f->p_purchases_new(published_params, 0, 12, &p0);
    ok(whole, "purchases are drawn at opportunities 1, 2, ... up to floor(t)");
    is_mean(&purchases, mean, "%s: %s", f->name, "mean of the draws");
    is_mean(&none, p0, "%s: %s", f->name, "share without a repeat purchase");
    times.n = 0;
    ok(f->draw(sure, 1e9, &rng, &times, NULL) == CLM_TOO_MANY, "an endless stream of purchases is cut");
    ok(f->draw(sure, 1e9, &rng, &times, &stop) == CLM_STOPPED, "a draw obeys the stop callback");
    ok(f->draw(published_params, NAN, &rng, &times, NULL) == CLM_DOMAIN, "no horizon, no draw");
    free(times.values);
}

/* Estimates from 40,000 drawn customers, within 3.5 standard errors. */
static void
test_recovery(void)
{
    size_t n = sizeof(customers) / sizeof(*customers);
    customer_data data = {.groups = customers, .n = n};
    clm_times times = {NULL, 0, 0};
    model_fit fit;

    for (size_t i = 0; i < n; i++) {
        clm_rng rng;

        clm_rng_seed(&rng, 3, i);
        times.n = 0;
        f->draw(published_params, (double)(8 + i % 5), &rng, &times, NULL);
        customers[i] = (customer_group){
            {(int64_t)times.n, times.n > 0 ? times.values[times.n - 1] : 0, (double)(8 + i % 5)}, 1};
    }
    free(times.values);
    if (!ok(fit_customer_family(f, &data, 0, NULL, &fit) == CLM_OK, "a fit to drawn customers"))
        return;
    for (int i = 0; i < 4; i++)
        is_close(fit.params[i], published_params[i], 0, 3.5 * fit.se[i], f->param_names[i]);
}

/* Donations of 11,104 donors in six years (Fader, Hardie & Shang 2010). */
static void
test_donations(void)
{
    static const double estimates[4] = {1.203522351601914, .7497163581729389, .6567182084418324,
                                        2.783442232577381};
    char path[4096], line[256];
    long long x, t_x, t, weight;
    customer_data data = {.groups = customers};
    model_fit fit;
    FILE *file;

    snprintf(path, sizeof(path), "%s/data/donations.csv", shared_folder());
    file = fopen(path, "r");
    while (file != NULL && data.n < 100 && fgets(line, sizeof(line), file) != NULL)
        if (sscanf(line, "%lld,%lld,%lld,%lld", &x, &t_x, &t, &weight) == 4)
            customers[data.n++] = (customer_group){{x, (double)t_x, (double)t}, weight};
    if (file != NULL)
        fclose(file);
    if (!ok(data.n == 22 && fit_customer_family(f, &data, 0, NULL, &fit) == CLM_OK, "a fit to the donations"))
        return;
    is_close(fit.log_likelihood, -33225.5812743470068, 0, 1e-6, "log-likelihood of the donations");
    for (int i = 0; i < 4; i++)
        is_close(fit.params[i], estimates[i], 1e-5, 0, f->param_names[i]);
}

/* Numbers of opportunities between which and the next one lies no double: a search among them would not end. */
static void
test_countless_opportunities(void)
{
    static const customer_latents nearly_always = {1 - DBL_EPSILON / 2, 0, 1, 0},
                                  hardly_ever = {1e-17, 0, 1, 0};

    for (double n = 1e15; n < 1e22; n *= 10)
        is_close(f->count_given(&nearly_always, n, .5, .5), n, 1e-15, 0, "nearly all opportunities are used");
    is_close(f->count_given(&hardly_ever, 1e18, .5, .5), poisson_quantile(10, .5), 0, 0,
             "a few of very many");
    is_close(f->count_given(&hardly_ever, 1e18, .5, .999), poisson_quantile(10, .999), 0, 0, "or some more");
}

int
main(void)
{
    static const customer_summary regular = {3, 4, 6}, busy = {50, 60, 61};
    static const double patient[4] = {1.2, .75, 2.5, 20};

    test_values(own_values, N_OWN_VALUES, "bgbb_values.h");
    test_gradients(own_values, N_OWN_VALUES);
    if (shared_folder() != NULL) {
        test_golden(f, "bgbb_golden.csv", -1, 1587);
        test_donations();
    }
    test_published();
    test_likelihood();
    test_discounting();
    test_endless();
    test_continuity();
    test_counts();
    test_many_opportunities();
    test_given();
    test_domain();
    test_extremes();
    test_draw();
    test_countless_opportunities();
    test_recovery();
    test_foresight(f, published_params, 10, 12, .05, 200000);
    test_posterior(f, published_params, &regular, 12, .1);
    test_posterior(f, patient, &busy, 40, .02);
    ok(customer_family_by_name("bg/bb", 5) == f, "bg/bb is registered");
    return done_testing();
}
