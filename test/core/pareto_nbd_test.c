/*
 * Pareto/NBD: values computed with arbitrary precision, identities, published values, domain.
 */
#include "family_checks.h"

extern const customer_family paretonbd_family;

static const customer_family *const pareto = &paretonbd_family;

static const reference own_values[] = {
#include "pareto_nbd_values.h"
};
#define N_OWN_VALUES (sizeof(own_values) / sizeof(*own_values))

/*
 * Numbers that the documentation of the package BTYD prints for CDNOW, and Fader, Hardie & Lee's of 2005. The
 * first is at the estimates that come with the package; the next three at others, of the purchases by day, which
 * agree with ours in some five digits.
 */
static void
test_published(void)
{
    static const double rounded[4] = {.5533971432566353, 10.580198543474417, .6060624971176622,
                                      11.656223670707654};
    static const double days[4] = {.553277047, 10.5776835, .606239989, 11.6687353};
    static const double other[4] = {.5629966, 12.559037, .4081095, 10.5148048};
    static const customer_summary none = {0, 0, 39}, many = {26, 30.857142857142858, 31},
                                  some = {7, 35, 77.86};
    double value = 0, dead = 0;

    pareto->p_alive(rounded, &none, 0, &value, &dead);
    is_close(value, .2941633, 0, 5e-8, "published P(alive) of (0, 0, 39)");
    pareto->p_alive(days, &many, 0, &value, &dead);
    is_close(value, .997874, 0, 2e-6, "published P(alive) of (26, 30.86, 31)");
    pareto->expected_purchases_new(days, 52, &value);
    is_close(value, 1.473434, 0, 2e-6, "published E[X(52)]");
    pareto->expected_purchases(days, &many, 52, &value);
    is_close(value, 25.45647, 1e-4, 0, "published E[Y(52)] of (26, 30.86, 31)");
    is_close(discounted(pareto, other, &some, INFINITY, .0027), 1.864183328, 0, 5e-10,
             "published DERT of (7, 35, 77.86)");
}

/* ---- likelihood ---- */

/* One customer's likelihood and gradient where the series of A >= B, that of A < B, and neither are used:
 * moving beta past alpha changes nothing by a jump. */
static void
test_likelihood_continuity(void)
{
    double worst = 0;

    for (double alpha = 1e-3; alpha < 2e3; alpha *= 10)
        for (double ratio = 1. / 64; ratio < 100; ratio *= 4)
            for (size_t j = 0; j < N_CUSTOMERS; j++) {
                double below[4] = {.6, alpha, .7, alpha * ratio * (1 - 1e-12)};
                double above[4] = {.6, alpha, .7, alpha * ratio * (1 + 1e-12)};
                double value[2] = {NAN, NAN}, gradient[2][4];

                one_likelihood(pareto, below, &some_customers[j], 0, &value[0], gradient[0]);
                one_likelihood(pareto, above, &some_customers[j], 0, &value[1], gradient[1]);
                worst = fmax(worst, fabs(value[0] - value[1]) / (1 + fabs(value[0])));
                for (int i = 0; i < 4; i++)
                    worst =
                        fmax(worst, fabs(gradient[0][i] - gradient[1][i]) * below[i] / (1 + fabs(value[0])));
                if (isnan(value[0] + value[1]))
                    worst = INFINITY;
            }
    ok(worst < 1e-10, "likelihood and gradient are continuous, worst %.2g", worst);
}

/* Over all counts and the time of the last purchase the likelihood must integrate to 1. */
static void
test_likelihood_is_density(void)
{
    static const double params[4] = {.8, 6, .9, 2.6};
    static const double boole[4] = {14.0, 32.0, 12.0, 32.0};
    const double t = 5;
    const int n = 80;
    double value, sum;

    one_likelihood(pareto, params, &(customer_summary){0, 0, t}, 0, &value, NULL);
    sum = exp(value);
    for (int64_t x = 1; x < 60; x++)
        for (int i = 0; i <= n; i++) {
            double t_x = t * i / n, weight = boole[i % 4] / (i == 0 || i == n ? 2 : 1) * (t / n) * 2 / 45;

            /* Before the last purchase x - 1 others, in any order. */
            one_likelihood(pareto, params, &(customer_summary){x, t_x, t}, 0, &value, NULL);
            if (i > 0 || x == 1)
                sum += weight * exp(value + (double)(x - 1) * (i > 0 ? log(t_x) : 0) - lgamma((double)x));
        }
    is_close(sum, 1, 1e-9, 0, "the likelihood is a density: it integrates to 1");
}

/* A sample of whole days, in which values are found again, against single customers. */
static void
test_many_groups(void)
{
    enum { COUNTS = 6, DAYS = 40, GROUPS = COUNTS * DAYS * (DAYS - 1) / 2 };
    static customer_group groups[GROUPS];
    static const double params[][4] = {{.6, 10, .6, 12}, {.6, 12, .6, 10}, {2, 90, .5, .2}, {2, .2, .5, 90}};
    customer_sample sample;
    size_t n = 0;

    for (int x = 1; x <= COUNTS; x++)
        for (int t = 1; t < DAYS; t++)
            for (int t_x = 1; t_x <= t; t_x++)
                groups[n++] = (customer_group){{x * x, t_x / 7.0, t / 7.0}, 1 + (x + t + t_x) % 3};
    ok(customer_sample_build(groups, n, NULL, &sample) == CLM_OK, "%zu groups", n);
    for (int i = 0; i < 4; i++) {
        double value = NAN, gradient[4], one, its[4], sum[5] = {0}, worst = 0;

        pareto->log_likelihood(&sample, params[i], &value, gradient, NULL);
        for (size_t k = 0; k < n; k++) {
            one_likelihood(pareto, params[i], &groups[k].of, 0, &one, its);
            sum[4] += (double)groups[k].weight * one;
            for (int j = 0; j < 4; j++)
                sum[j] += (double)groups[k].weight * its[j];
        }
        for (int j = 0; j < 4; j++)
            worst = fmax(worst, fabs(gradient[j] - sum[j]) / (fabs(sum[j]) + 1e-3 * fabs(sum[4])));
        is_close(value, sum[4], 1e-12, 0, "likelihood of many groups");
        ok(worst < 1e-11, "and its gradient, worst %.2g", worst);
    }
    customer_sample_free(&sample);
}

/* A likelihood and a gradient for parameters from 1e-3 to 1e3, and no NaN however far outside. */
static void
test_likelihood_extremes(void)
{
    static const double size[] = {1e-3, .03, 1, 30, 1e3}, far[] = {1e-300, 1e-20, 1, 1e20, 1e300};
    static const customer_summary more[] = {{1, 1e-9, 1e4}, {5000, 1e-3, 1e4}, {3, 1e-300, 1e300}};
    int missing = 0, wrong = 0;

    for (int code = 0; code < 5 * 5 * 5 * 5; code++)
        for (size_t j = 0; j < N_CUSTOMERS + 3; j++) {
            const customer_summary *c = j < N_CUSTOMERS ? &some_customers[j] : &more[j - N_CUSTOMERS];
            int digit[4] = {code % 5, code / 5 % 5, code / 25 % 5, code / 125};
            double near_one[4], extreme[4], value, gradient[4];

            for (int i = 0; i < 4; i++) {
                near_one[i] = size[digit[i]];
                extreme[i] = far[digit[i]];
            }
            missing +=
                j < N_CUSTOMERS + 2 && one_likelihood(pareto, near_one, c, 0, &value, gradient) != CLM_OK;
            if (one_likelihood(pareto, extreme, c, 0, &value, gradient) == CLM_OK)
                wrong += !isfinite(value + gradient[0] + gradient[1] + gradient[2] + gradient[3]);
        }
    ok(missing == 0, "a likelihood for all parameters from 1e-3 to 1e3 (%d missing)", missing);
    ok(wrong == 0, "and no NaN or infinity beyond (%d)", wrong);
}

static bool
count_call(void *arg)
{
    ++*(int *)arg;
    return false;
}

/* A group may take microseconds, so the stop callback is asked at least once for every hundred. */
static void
test_stop_often(void)
{
    enum { GROUPS = 20000 };
    static customer_group groups[GROUPS];
    static const double params[4] = {.6, 1e-3, .6, 1e3};
    int calls = 0;
    clm_stop stop = {count_call, &calls};
    customer_sample sample;
    double value, gradient[4];

    for (int i = 0; i < GROUPS; i++)
        groups[i] = (customer_group){{3, 1 + i * 1e-4, 2 + i * 3e-4}, 1};
    customer_sample_build(groups, GROUPS, NULL, &sample);
    pareto->log_likelihood(&sample, params, &value, gradient, &stop);
    ok(calls >= GROUPS / 100, "the stop callback is asked %d times in %d groups", calls, GROUPS);
    customer_sample_free(&sample);
}

/* ---- scores ---- */

static const double some_params[][4] = {
    {.553, 10.58, .606, 11.67}, {.6, 11, 1.5, 11},    {1.4, 48.6, .56, 46.9},
    {.5, 2.9, 1, 14.1},         {3, 8, .3, .7},       {10.5, .008, 3.1, 2.8},
    {.01, .02, 40, 300},        {800, 300, .01, .02}, {.002, 700, 30, .03}};
#define N_PARAMS (sizeof(some_params) / sizeof(*some_params))

static void
test_endless(void)
{
    static const double finite[4] = {.5, 6, 2.5, 7}, endless[4] = {.5, 6, 1, 7};
    static const customer_summary c = {3, 20, 38};
    double value, all = discounted(pareto, finite, &c, INFINITY, 0);

    is_close(all, expected(pareto, finite, &c, 1e9), 1e-9, 0, "undiscounted purchases of all time");
    is_close(discounted(pareto, finite, &c, INFINITY, 1e-13), all, 1e-9, 0,
             "are the limit of slow discounting");
    ok(pareto->discounted_purchases(endless, &c, INFINITY, 0, &value) == CLM_DIVERGES,
       "and diverge for s <= 1");
    ok(pareto->expected_purchases(finite, &c, INFINITY, &value) == CLM_DOMAIN, "expectations have an end");
}

static void
test_continuity(void)
{
    static const double s_is_1[4] = {.5, 6, 1, 2.5}, equal[4] = {.5, 6, .7, 6}, whole[4] = {2, 6, 2, 60};

    for (double step = 1e-15; step < 1e-9; step *= 10) {
        double worst = 0;

        for (int sign = -1; sign <= 1; sign += 2) {
            worst = fmax(worst, jump(pareto, s_is_1, 2, sign * step));
            worst = fmax(worst, jump(pareto, equal, 3, sign * step));
            worst = fmax(worst, jump(pareto, whole, 0, sign * step));
            worst = fmax(worst, jump(pareto, whole, 2, sign * step));
        }
        ok(worst < 1e-10 + 50 * step, "continuous at s = 1, alpha = beta and integers, step %.0g: %.2g", step,
           worst);
    }
}

/* P(no purchase in (t, t + h]) moves a customer on: P(alive) after a silence is P(alive at t + h) divided by the
 * probability of silence less the chance to have bought first. By Bayes' rule from the scores alone. */
static void
test_silence(void)
{
    double worst = 0;

    for (size_t i = 0; i < N_PARAMS; i++)
        for (size_t j = 0; j < N_CUSTOMERS; j++)
            for (double h = .01; h < 1e3; h *= 10) {
                const double *p = some_params[i];
                const customer_summary *c = &some_customers[j];
                customer_summary later = {c->x, c->t_x, c->t + h};
                double alive, active, after, dead, silent_and_alive, R = p[0] + (double)c->x;

                pareto->p_alive(p, c, h, &alive, &dead);
                pareto->p_active(p, c, h, &active);
                pareto->p_alive(p, &later, 0, &after, &dead);
                silent_and_alive = alive * exp(-R * log1p(h / (p[1] + c->t)));
                worst = fmax(worst, fabs(silent_and_alive - after * (1 - active)));
            }
    ok(worst < 1e-13, "P(alive) after a further silence is by Bayes' rule, worst %.2g", worst);
}

/* ---- what is known of one customer ---- */

/* Means over draws from the posterior are the scores of a live customer. */
static void
test_posterior(void)
{
    enum { DRAWS = 200000 };
    static const double params[4] = {.553, 10.58, 1.606, 11.67};
    static const customer_summary c = {2, 30.43, 38.86};
    double alive = 0, dead = 0, rate = 0, mean[3] = {0}, square[3] = {0}, want[3] = {0};
    customer_posterior known = {0};
    clm_rng rng;

    ok(pareto->posterior(params, &c, &known) == CLM_OK && known.steps == 1 && known.phase_weight[0] == 1 &&
           known.purchase.kind == LATENT_GAMMA && known.dropout.kind == LATENT_GAMMA,
       "a customer's posterior");
    pareto->p_alive(params, &c, 0, &alive, &dead);
    is_close(known.alive, alive, 1e-15, 0, "has his P(alive)");
    clm_rng_seed(&rng, 7, 0);
    for (int i = 0; i < DRAWS; i++) {
        customer_latents own = {.steps = 1};
        double value[3];

        own.rate = clm_rng_gamma(&rng, known.purchase.a) / known.purchase.b;
        own.dropout = clm_rng_gamma(&rng, known.dropout.a) / known.dropout.b;
        value[0] = pareto->purchases_given(&own, 52, .01);
        value[1] = pareto->count_given(&own, 52, clm_rng_uniform(&rng), clm_rng_uniform(&rng));
        value[2] = value[1] > 0;
        rate += own.rate;
        for (int k = 0; k < 3; k++) {
            mean[k] += value[k] / DRAWS;
            square[k] += value[k] * value[k] / DRAWS;
        }
    }
    is_close(rate / DRAWS, 2.553 / 49.44, 5e-3, 0, "mean rate");
    want[0] = discounted(pareto, params, &c, 52, .01) / alive;
    want[1] = expected(pareto, params, &c, 52) / alive;
    pareto->p_active(params, &c, 52, &want[2]);
    want[2] /= alive;
    for (int k = 0; k < 3; k++)
        is_close(mean[k], want[k], 0, 4 * sqrt((square[k] - mean[k] * mean[k]) / DRAWS),
                 k == 0   ? "mean of the purchases given the rates"
                 : k == 1 ? "mean of the drawn counts"
                          : "share of drawn counts above 0");
    ok(pareto->posterior(params, &(customer_summary){1, 2, 1}, &known) == CLM_DOMAIN,
       "no customer, no posterior");
}

static void
test_given(void)
{
    customer_latents steady = {.rate = .5, .dropout = 0}, own = {.rate = .5, .dropout = .02},
                     rare = {.rate = 0, .dropout = 0}, slow = {.rate = .5, .dropout = 1e-18},
                     torrent = {.rate = 1e14, .dropout = 1e-3};

    is_close(pareto->purchases_given(&steady, 52, 0), 26, 1e-15, 0, "without drop-out: rate times time");
    is_close(pareto->purchases_given(&slow, 52, 0), 26, 1e-15, 0, "with next to none, too");
    is_close(pareto->purchases_given(&own, INFINITY, 0), 25, 1e-15, 0, "without an end: rate / dropout");
    is_close(pareto->purchases_given(&own, INFINITY, .03), 10, 1e-15, 0,
             "discounted: rate / (dropout + delta)");
    is_close(pareto->purchases_given(&own, 10, .03), 10 * (1 - exp(-.5)), 1e-14, 0, "until an end");
    ok(!isfinite(pareto->purchases_given(&steady, INFINITY, 0)), "for ever: no finite value");
    ok(pareto->purchases_given(&rare, INFINITY, 0) == 0 && pareto->count_given(&rare, 52, .5, .99) == 0,
       "who never buys");
    ok(pareto->count_given(&steady, 52, .5, .5) == 26, "the median of a Poisson number of mean 26");
    ok(pareto->count_given(&own, 52, exp(-.02 * 20), .5) == 10, "until drop-out at 20: of mean 10");
    ok(!isfinite(pareto->count_given(&torrent, 1e6, .5, .5)), "too many to count");
}

static void
test_covariate_powers(void)
{
    static const int purchase[4] = {0, -1, 0, 0}, dropout[4] = {0, 0, 0, -1};

    ok(memcmp(pareto->purchase_power, purchase, sizeof(purchase)) == 0 &&
           memcmp(pareto->dropout_power, dropout, sizeof(dropout)) == 0 && !pareto->discrete &&
           !pareto->regular,
       "covariates act on alpha and on beta");
    ok(customer_family_by_name("pareto/nbd", 10) == pareto, "pareto/nbd is registered");
}

/* Customers who never drop out buy by a negative binomial: the counts' probabilities add up to 1. */
static void
test_counts_without_dropout(void)
{
    static const double params[4] = {1000, 68.5, 96.2, 8e246};
    double sum = 0, one = NAN, negative_binomial = 0;

    for (int n = 0; n < 100; n++) {
        if (pareto->p_purchases_new(params, n, 1, &one) != CLM_OK)
            one = NAN;
        sum += one;
        if (n == 3)
            negative_binomial = one;
    }
    is_close(sum, 1, 1e-12, 0, "P(X(1) = n) at a beta of 8e246 add up to 1");
    /* (r)_3 / 3! (1 / (alpha + 1))^3 (alpha / (alpha + 1))^r */
    is_close(negative_binomial, 1000. * 1001 * 1002 / 6 / pow(69.5, 3) * pow(68.5 / 69.5, 1000), 1e-12, 0,
             "and are a negative binomial's");
}

int
main(void)
{
    test_values(own_values, N_OWN_VALUES, "pareto_nbd_values.h");
    if (shared_folder() != NULL)
        test_golden(pareto, "pnbd_golden.csv", -1, 11617);
    test_published();
    test_counts_without_dropout();
    test_gradients(own_values, N_OWN_VALUES);
    test_likelihood(pareto);
    test_likelihood_continuity();
    test_likelihood_is_density();
    test_many_groups();
    test_likelihood_extremes();
    test_stop_often();
    test_starts(pareto);
    test_discounting(pareto, some_params, N_PARAMS);
    test_live_purchases(pareto, some_params, N_PARAMS);
    test_endless();
    test_continuity();
    test_probabilities(pareto, some_params, N_PARAMS);
    test_counts(pareto, some_params, 4);
    test_silence();
    test_domain(pareto);
    test_extremes(pareto);
    test_draw(pareto);
    test_posterior();
    test_given();
    test_covariate_powers();
    return done_testing();
}
