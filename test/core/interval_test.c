/*
 * Intervals of customers' scores: their ends against quadrature in other variables and against closed forms; coverage of
 * simulated customers whose own rate and drop-out are known; limits.
 */
#include "core/interval.h"

#include <string.h>
#include <time.h>

#include "core/gamma_functions.h"
#include "core/incomplete_beta.h"
#include "core/models/gamma_gamma.h"
#include "tap.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

extern const customer_family bgnbd_family, mbgnbd_family;

/* ---- a reference of its own: sums over many nodes ---- */

#define MOST_NODES 20000

/* A density of y at even steps, normalised; and what lies at or below each step. */
typedef struct dense {
    int n;
    double from, step, mass[MOST_NODES], below[MOST_NODES];
} dense;

static void
dense_normalise(dense *d)
{
    double sum = 0.0;

    for (int i = 0; i < d->n; i++) {
        d->below[i] = sum + d->mass[i] / 2;
        sum += d->mass[i];
    }
    for (int i = 0; i < d->n; i++) {
        d->mass[i] /= sum;
        d->below[i] /= sum;
    }
}

static void
dense_range(dense *d, double from, double to, double widest)
{
    d->n = (int)fmin(fmax(300, (to - from) / widest), MOST_NODES);
    d->from = from;
    d->step = (to - from) / (d->n - 1);
}

/* ln x, x ~ gamma(a, 1), but for 1e-9 at the ends */
static void
dense_gamma(double a, dense *d)
{
    dense_range(d, (-21 + log_gamma(a + 1)) / a, log(a + 9 * sqrt(a) + 30), .05);
    for (int i = 0; i < d->n; i++) {
        double y = d->from + i * d->step;

        d->mass[i] = exp(a * y - exp(y) - log_gamma(a));
    }
    dense_normalise(d);
}

/* The logit of x, x ~ beta(a, b). */
static void
dense_beta(double a, double b, dense *d)
{
    double log_b = log_beta(a, b);

    dense_range(d, (-21 + log_b + log(a)) / a, -(-21 + log_b + log(b)) / b, .1);
    for (int i = 0; i < d->n; i++) {
        double y = d->from + i * d->step;

        d->mass[i] = exp(-a * log1p(exp(-y)) - b * log1p(exp(y)) - log_b);
    }
    dense_normalise(d);
}

/* P(Y <= y) */
static double
dense_below(const dense *d, double y)
{
    double at = (y - d->from) / d->step;
    int i = (int)floor(fmin(fmax(at, -1), d->n));

    if (i < 0)
        return 0;
    if (i >= d->n - 1)
        return 1;
    return d->below[i] + (at - i) * (d->below[i + 1] - d->below[i]);
}

/* ---- probabilities under BG/NBD and MBG/NBD ---- */

typedef struct own_case {
    double R, A, a, B, alive; /* rate ~ gamma(R, A), drop-out ~ beta(a, B) */
    double ahead, delta;      /* horizon */
    double shape, scale;      /* of the mean spend */
    const dense *rate, *drop, *nu;
} own_case;

/* The formula of the definition. */
static double
own_purchases(const own_case *c, double rate, double dropout, double delta)
{
    double k = rate * dropout + delta;

    return rate * -expm1(-k * c->ahead) / k;
}

/* P(E <= value), 0 < value: for each drop-out, E grows with the rate, which is found by bisection. */
static double
below_expected(const own_case *c, double value)
{
    double sum = 0.0;

    for (int i = 0; i < c->drop->n; i++) {
        double dropout = 1 / (1 + exp(-(c->drop->from + i * c->drop->step)));
        double low = c->rate->from - 1, high = c->rate->from + c->rate->n * c->rate->step + 1;

        if (c->drop->mass[i] < 1e-12)
            continue;
        for (int step = 0; step < 50; step++) {
            double y = (low + high) / 2;

            if (own_purchases(c, exp(y) / c->A, dropout, 0) < value)
                low = y;
            else
                high = y;
        }
        sum += c->drop->mass[i] * dense_below(c->rate, low);
    }
    return 1 - c->alive + c->alive * sum;
}

/* P(V <= value), margin 1: for each rate and drop-out the mean spend is scale / g. */
static double
below_value(const own_case *c, double value)
{
    double sum = 0.0;

    for (int i = 0; i < c->drop->n; i++) {
        double dropout = 1 / (1 + exp(-(c->drop->from + i * c->drop->step)));

        if (c->drop->mass[i] < 1e-7)
            continue;
        for (int j = 0; j < c->rate->n; j++) {
            double purchases, g;

            if (c->rate->mass[j] < 1e-7)
                continue;
            purchases = own_purchases(c, exp(c->rate->from + j * c->rate->step) / c->A, dropout, c->delta);
            g = c->scale * purchases / value;
            sum += c->drop->mass[i] * c->rate->mass[j] * (1 - dense_below(c->nu, log(g)));
        }
    }
    return 1 - c->alive + c->alive * sum;
}

/* P(N <= n): more than n are made where n coins let him stay and the negative binomial number is above n. */
static double
below_purchases(const own_case *c, double n)
{
    double lower, upper, stay = exp(log_gamma_ratio(c->B, n) - log_gamma_ratio(c->a + c->B, n));
    double z = c->ahead / (c->A + c->ahead);

    if (n < 0)
        return 0;
    incomplete_beta(n + 1, c->R, z, 1 - z, &lower, &upper);
    return 1 - c->alive * stay * lower;
}

/* ---- accuracy ---- */

/* By how much the probability below an end differs from the wanted one; an end at 0 has the atom below it. */
static double
end_error(double end, double below, double wanted)
{
    return end > 0 ? fabs(below - wanted) : fmax(0, wanted - below);
}

/* Of a whole number: wanted lies between the probabilities below and up to it. */
static double
whole_error(const own_case *c, double end, double wanted)
{
    return fmax(0, fmax(wanted - below_purchases(c, end), below_purchases(c, end - 1) - wanted));
}

static const double hard_params[][4] = {{.243, 4.414, .793, 2.426},
                                        {.525, 6.183, .891, 1.614},
                                        {.05, .5, .2, .3},
                                        {3, 10, 8, 90},
                                        {1, 1, .1, 40},
                                        {.02, 20, 5, 5}};
static const customer_summary hard_customers[] = {
    {0, 0, 39}, {2, 30.43, 38.86}, {5, 12, 15}, {26, 30.857, 31}, {400, 199, 200}};

typedef struct worst_errors {
    double expected, purchases, value;
} worst_errors;

static void
add_errors(const customer_family *f, const double *params, const customer_summary *of, double ahead,
           double level, bool with_value, worst_errors *worst)
{
    static const double spend_params[] = {6.25, 3.74, 15.44};
    static dense rate, drop, nu;
    int m = f == &mbgnbd_family;
    double x = (double)of->x, tail = (1 - level) / 2, error;
    spend_evidence spend = {spend_params, of->x, 35};
    valuation v = {ahead, .002, 1};
    own_case c = {params[0] + x,
                  params[1] + of->t,
                  params[2],
                  params[3] + x + m,
                  0,
                  ahead,
                  .002,
                  6.25 * x + 3.74,
                  6.25 * (15.44 + 35 * x),
                  &rate,
                  &drop,
                  &nu};
    customer_intervals got;
    double other;

    if (customer_intervals_of(f, params, of, &spend, &v, level, NULL, &got) != CLM_OK) {
        *worst = (worst_errors){1, 1, 1};
        return;
    }
    f->p_alive(params, of, 0, &c.alive, &other);
    dense_gamma(c.R, &rate);
    dense_beta(c.a, c.B, &drop);
    dense_gamma(c.shape, &nu);
    error = fmax(end_error(got.expected.lower, below_expected(&c, got.expected.lower), tail),
                 end_error(got.expected.upper, below_expected(&c, got.expected.upper), 1 - tail));
    worst->expected = fmax(worst->expected, error);
    error = fmax(whole_error(&c, got.purchases.lower, tail), whole_error(&c, got.purchases.upper, 1 - tail));
    worst->purchases = fmax(worst->purchases, error);
    if (!with_value)
        return;
    error = fmax(end_error(got.value.lower, below_value(&c, got.value.lower), tail),
                 end_error(got.value.upper, below_value(&c, got.value.upper), 1 - tail));
    worst->value = fmax(worst->value, error);
}

static void
test_accuracy(void)
{
    static const double levels[] = {.5, .8, .9, .95, .98, .99, .999};

    for (int l = 0; l < LENGTH(levels); l++) {
        worst_errors worst = {0, 0, 0};
        double allowed = levels[l] <= .96 ? .007 : (1 - levels[l]) / 6;

        for (int i = 0; i < LENGTH(hard_params); i++)
            for (int j = 0; j < LENGTH(hard_customers); j++)
                for (int m = 0; m < 2; m++)
                    add_errors(m == 0 ? &bgnbd_family : &mbgnbd_family, hard_params[i], &hard_customers[j],
                               (i + j) % 2 == 0 ? 52 : 8, levels[l], (i + j + m) % 4 == 0, &worst);
        ok(worst.expected <= allowed && worst.purchases <= allowed && worst.value <= allowed,
           "level %g: probabilities of the ends off by at most %.5f, %.5f, %.5f (allowed %.5f)", levels[l],
           worst.expected, worst.purchases, worst.value, allowed);
    }
}

/* ---- coverage ---- */

#define SIMULATED 2000

/* One customer with what nobody knows of him. */
typedef struct simulated {
    customer_summary summary;
    double mean_spend;
    double expected, purchases, value; /* after t, with his own rate, drop-out and spend */
} simulated;

static const double spend_params[] = {6.25, 3.74, 15.44};

static simulated
simulate_one(const double *params, int m, double t, const valuation *v, clm_rng *rng)
{
    double rate = clm_rng_gamma(rng, params[0]) / params[1],
           dropout = clm_rng_beta(rng, params[2], params[3]);
    double nu = gamma_gamma_draw_customer(spend_params, rng), total = 0, now = 0;
    bool alive = m == 0 || clm_rng_uniform(rng) >= dropout, alive_at_t;
    own_case own = {.ahead = v->ahead};
    simulated s = {.summary = {0, 0, t}};

    for (now += clm_rng_exponential(rng) / rate; alive && now <= t; now += clm_rng_exponential(rng) / rate) {
        s.summary.x++;
        s.summary.t_x = now;
        total += gamma_gamma_draw_spend(spend_params, nu, rng);
        alive = clm_rng_uniform(rng) >= dropout;
    }
    alive_at_t = alive;
    for (; alive && now <= t + v->ahead; now += clm_rng_exponential(rng) / rate) {
        s.purchases++;
        alive = clm_rng_uniform(rng) >= dropout;
    }
    s.mean_spend = s.summary.x > 0 ? total / (double)s.summary.x : 0;
    if (alive_at_t) {
        s.expected = own_purchases(&own, rate, dropout, 0);
        s.value = own_purchases(&own, rate, dropout, v->delta) * spend_params[0] / nu;
    }
    return s;
}

/* How many lie within their interval, and above and below it, and how many should. */
typedef struct coverage {
    double inside, expected, variance;
    double above, expected_above, below, expected_below;
} coverage;

static void
count_one(coverage *c, const interval *i, double truth, double probability)
{
    c->inside += truth >= i->lower && truth <= i->upper;
    c->expected += probability;
    c->variance += probability * (1 - probability);
    c->above += truth > i->upper;
    c->below += truth < i->lower;
}

/*
 * A quantity with an atom at 0, the customer who has left. An end above 0 leaves out its tail exactly, an end at 0
 * nothing below it; where both are 0, all but the atom lies above. So the coverage that an interval should have is known
 * customer by customer, and is the level itself only where the lower end is above 0.
 */
static void
count_with_atom(coverage *c, const interval *i, double truth, double tail, double alive)
{
    double above = i->upper > 0 ? tail : alive, below = i->lower > 0 ? tail : 0;

    count_one(c, i, truth, 1 - above - below);
    c->expected_above += above;
    c->expected_below += below;
}

static void
report_coverage(const coverage *c, const char *family, double level, const char *what, bool sides)
{
    double inside = fabs(c->inside - c->expected) / sqrt(c->variance + 1e-9);
    double above = fabs(c->above - c->expected_above) / sqrt(c->expected_above + 1);
    double below = fabs(c->below - c->expected_below) / sqrt(c->expected_below + 1);

    ok(inside <= 3 && c->inside >= level * SIMULATED - 3 * sqrt(level * (1 - level) * SIMULATED),
       "%s, level %g: %s of %.0f customers within, %.1f should be", family, level, what, c->inside,
       c->expected);
    if (sides)
        ok(above <= 3 && below <= 3, "above %.0f of %.1f, below %.0f of %.1f", c->above, c->expected_above,
           c->below, c->expected_below);
}

static void
test_coverage(const customer_family *f, const double *params, double level)
{
    int m = f == &mbgnbd_family;
    valuation v = {26, .002, 1};
    coverage expected = {0}, purchases = {0}, value = {0};
    clm_rng rng;

    clm_rng_seed(&rng, 2024, (uint64_t)m);
    for (int i = 0; i < SIMULATED; i++) {
        simulated s = simulate_one(params, m, 8 + 50 * clm_rng_uniform(&rng), &v, &rng);
        spend_evidence spend = {spend_params, s.summary.x, s.mean_spend};
        double x = (double)s.summary.x, tail = (1 - level) / 2, other;
        own_case c = {.R = params[0] + x,
                      .A = params[1] + s.summary.t,
                      .a = params[2],
                      .B = params[3] + x + m,
                      .ahead = 26};
        customer_intervals got;

        if (customer_intervals_of(f, params, &s.summary, &spend, &v, level, NULL, &got) != CLM_OK)
            continue;
        f->p_alive(params, &s.summary, 0, &c.alive, &other);
        count_with_atom(&expected, &got.expected, s.expected, tail, c.alive);
        count_with_atom(&value, &got.value, s.value, tail, c.alive);
        count_one(&purchases, &got.purchases, s.purchases,
                  below_purchases(&c, got.purchases.upper) - below_purchases(&c, got.purchases.lower - 1));
    }
    report_coverage(&expected, f->name, level, "own expected purchases", true);
    report_coverage(&value, f->name, level, "own value", true);
    report_coverage(&purchases, f->name, level, "number of purchases", false);
}

/* ---- families of the test's own: phases, and a rate that is a probability ---- */

static clm_status
phased_posterior(const double *params, const customer_summary *c, customer_posterior *posterior)
{
    (void)params;
    (void)c;
    *posterior = (customer_posterior){.alive = 1,
                                      .purchase = {LATENT_GAMMA, .7, 2},
                                      .dropout = {LATENT_GAMMA, 3, 10},
                                      .steps = 3,
                                      .phase_weight = {.2, .5, .3}};
    return CLM_OK;
}

static clm_status
probable_posterior(const double *params, const customer_summary *c, customer_posterior *posterior)
{
    phased_posterior(params, c, posterior);
    posterior->steps = 1;
    posterior->phase_weight[0] = 1;
    posterior->purchase = (latent){LATENT_BETA, 2, 3};
    return CLM_OK;
}

static double
rate_given(const customer_latents *latents, double ahead, double delta)
{
    (void)ahead;
    /* With a discount: the rate in phase 1 alone. */
    return delta == 0 || latents->phase == 1 ? latents->rate : 0;
}

static double
phase_given(const customer_latents *latents, double ahead, double u, double v)
{
    (void)ahead;
    (void)u;
    (void)v;
    return latents->phase;
}

static double
infinite_above_two(const customer_latents *latents, double ahead, double u, double v)
{
    return phase_given(latents, ahead, u, v) > 1 ? INFINITY : 0;
}

/* P(rate > value) of the phases from first to last, with their weights. */
static double
phases_above(int first, int last, double value)
{
    static const double weight[] = {.2, .5, .3};
    static dense rate;
    double sum = 0;

    for (int j = first; j <= last; j++) {
        dense_gamma(.7 + j, &rate);
        sum += weight[j] * (1 - dense_below(&rate, log(2 * value)));
    }
    return sum;
}

static void
test_phases(void)
{
    customer_family phased = {.name = "phased",
                              .posterior = phased_posterior,
                              .purchases_given = rate_given,
                              .count_given = phase_given};
    static const customer_summary c = {0, 0, 1};
    /* A mean spend that is all but certain, 1. */
    static const double certain[] = {1e9, 1e9, 1};
    spend_evidence spend = {certain, 0, 0};
    valuation v = {1, .1, 1};
    customer_intervals got = {{0}, {0}, {0}};

    customer_intervals_of(&phased, NULL, &c, &spend, &v, .5, NULL, &got);
    is_close(phases_above(0, 2, got.expected.lower), .75, 0, .003, "phases: lower end of a mixture");
    is_close(phases_above(0, 2, got.expected.upper), .25, 0, .003, "phases: upper end");
    is_close(phases_above(1, 1, got.value.upper), .25, 0, .007, "phases: rate and phase belong together");
    ok(got.purchases.lower == 1 && got.purchases.upper == 2, "phases: P(phase <= 0, 1, 2) = .2, .7, 1");
    phased.posterior = probable_posterior;
    customer_intervals_of(&phased, NULL, &c, NULL, &v, .5, NULL, &got);
    /* I_x(2, 3) = x^2 (6 - 8 x + 3 x^2) */
    is_close(pow(got.expected.upper, 2) * (6 - 8 * got.expected.upper + 3 * pow(got.expected.upper, 2)), .75,
             0, .002, "a rate that is a probability");
    ok(!got.value.known, "no spend, no value");
    phased.posterior = phased_posterior;
    phased.count_given = infinite_above_two;
    customer_intervals_of(&phased, NULL, &c, NULL, &v, .5, NULL, &got);
    ok(!got.purchases.known && got.expected.known, "an infinite end is not known");
}

/* ---- limits ---- */

static bool
stop_now(void *arg)
{
    (void)arg;
    return true;
}

static bool
ordered(const interval *i)
{
    return !i->known || (isfinite(i->lower) && isfinite(i->upper) && i->lower <= i->upper);
}

/* The longest time between two looks at the stop callback, in seconds. */
typedef struct looks {
    clock_t last;
    double longest;
} looks;

static bool
look(void *arg)
{
    looks *l = arg;

    l->longest = fmax(l->longest, (double)(clock() - l->last) / CLOCKS_PER_SEC);
    l->last = clock();
    return false;
}

/* Numbers from nearly nothing to huge: the answer is in order, and a stop would be obeyed within a tenth of a second. */
static void
test_extremes(void)
{
    static const double sizes[] = {1e-3, 1, 1e3};
    static const customer_summary customers[] = {{0, 0, 0},         {0, 0, 1e4},
                                                 {1, 1e-9, 1e4},    {5000, 1e4, 1e4},
                                                 {100, 1e-6, 1e-6}, {INT64_C(3000000000), 1e4, 1e4}};
    static const double ahead[] = {0, 1e-9, 52, 1e6, INFINITY};
    looks l = {0, 0};
    clm_stop stop = {look, &l};
    int wrong = 0, n = 0, overflows = 0;

    for (int i = 0; i < 81; i++) {
        double params[] = {sizes[i % 3], sizes[i / 3 % 3], sizes[i / 9 % 3], sizes[i / 27]};

        for (int j = 0; j < 6 * 5; j++) {
            double level = i % 27 == j % 27 ? .999 : .9;
            spend_evidence spend = {spend_params, customers[j % 6].x, 35};
            valuation v = {ahead[j / 6], i % 2 == 0 ? .002 : 0, 1};
            customer_intervals got;
            clm_status status;

            l.last = clock();
            status = customer_intervals_of(i % 2 == 0 ? &bgnbd_family : &mbgnbd_family, params,
                                           &customers[j % 6], &spend, &v, level, &stop, &got);
            look(&l);
            n++;
            overflows += status == CLM_OVERFLOW;
            wrong += !(status == CLM_OVERFLOW ||
                       (status == CLM_OK && ordered(&got.expected) && ordered(&got.purchases) &&
                        ordered(&got.value) && got.expected.lower >= 0 &&
                        floor(got.purchases.upper) == got.purchases.upper));
        }
    }
    ok(wrong == 0, "%d hard customers: all in order, %d out of range", n, overflows);
    ok(l.longest < .1, "%.1f ms at most between two looks at the stop callback", l.longest * 1e3);
}

static void
test_limits(void)
{
    static const double bad_levels[] = {0, 1, -.5, 1.5, .9991, 90, NAN, INFINITY};
    static const customer_summary c = {2, 30.43, 38.86}, bad = {2, 3, 1};
    const double *params = hard_params[1];
    spend_evidence spend = {spend_params, 2, 35}, no_spend = {spend_params, 2, -1};
    valuation v = {52, .002, .3}, negative = {52, .002, -.3}, none = {0, .002, 1}, undefined = {NAN, .002, 1};
    clm_stop stop = {stop_now, NULL};
    customer_intervals got, again;
    bool refused = true, nested = true;

    for (int i = 0; i < LENGTH(bad_levels); i++)
        refused &= customer_intervals_of(&bgnbd_family, params, &c, NULL, &v, bad_levels[i], NULL, &got) ==
                   CLM_DOMAIN;
    ok(refused, "levels outside (0, .999] are refused");
    ok(customer_intervals_of(&bgnbd_family, params, &bad, NULL, &v, .9, NULL, &got) == CLM_DOMAIN,
       "so is a customer");
    ok(customer_intervals_of(&bgnbd_family, params, &c, &no_spend, &v, .9, NULL, &got) == CLM_DOMAIN,
       "a negative spend");
    ok(customer_intervals_of(&bgnbd_family, params, &c, NULL, &undefined, .9, NULL, &got) == CLM_DOMAIN,
       "a horizon");
    ok(customer_intervals_of(&bgnbd_family, params, &c, NULL, &v, .9, &stop, &got) == CLM_STOPPED, "stops");
    customer_intervals_of(&bgnbd_family, params, &c, &spend, &v, .9, NULL, &got);
    customer_intervals_of(&bgnbd_family, params, &c, &spend, &negative, .9, NULL, &again);
    ok(got.value.lower == -again.value.upper && got.value.upper == -again.value.lower &&
           !signbit(again.value.upper),
       "a negative margin swaps the ends");
    customer_intervals_of(&bgnbd_family, params, &c, &spend, &none, .9, NULL, &got);
    ok(got.expected.upper == 0 && got.purchases.upper == 0 && got.value.upper == 0,
       "nothing happens within no time");
    customer_intervals_of(&mbgnbd_family, params, &c, &spend, &v, .05, NULL, &got);
    for (double level = .1; level < .999; level += .05) {
        customer_intervals_of(&mbgnbd_family, params, &c, &spend, &v, level, NULL, &again);
        nested &= again.expected.lower <= got.expected.lower && again.expected.upper >= got.expected.upper;
        got = again;
    }
    ok(nested, "a higher level has a wider interval");
}

int
main(void)
{
    static const double levels[] = {.8, .95};

    test_accuracy();
    for (int i = 0; i < LENGTH(levels); i++) {
        test_coverage(&bgnbd_family, hard_params[0], levels[i]);
        test_coverage(&mbgnbd_family, hard_params[1], levels[i]);
    }
    /* A base that buys often and stays: lower ends above 0. */
    test_coverage(&bgnbd_family, (const double[]){2, 8, 1, 30}, .8);
    test_coverage(&mbgnbd_family, (const double[]){2, 8, 1, 30}, .8);
    test_phases();
    test_extremes();
    test_limits();
    for (const customer_family *const *f = customer_families; *f != NULL; f++)
        ok((*f)->posterior != NULL && (*f)->purchases_given != NULL && (*f)->count_given != NULL,
           "%s says what is known of a customer", (*f)->name);
    return done_testing();
}
