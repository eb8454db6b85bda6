/*
 * What holds for every family of customer models in continuous time with four parameters: a sample's likelihood,
 * identities between the scores, the domain and its ends, draws.
 */
#ifndef CLM_FAMILY_CHECKS_H
#define CLM_FAMILY_CHECKS_H

#include "family_values.h"

/* ---- likelihood ---- */

/* Groups in the sample's order with their index tables, one distinct time a group. */
#define SAMPLE_GROUPS 7
typedef struct own_sample {
    customer_sample sample;
    customer_group groups[SAMPLE_GROUPS];
    double t[SAMPLE_GROUPS], t_x[SAMPLE_GROUPS];
    uint32_t index[SAMPLE_GROUPS];
} own_sample;

/* Counts with gaps short and long, so that both ways to step from count to count are used. */
static inline void
make_sample(own_sample *s)
{
    static const customer_group groups[SAMPLE_GROUPS] = {{{0, 0, 0}, 3},
                                                         {{0, 0, 40}, 700},
                                                         {{1, 3, 38}, 90},
                                                         {{2, 30.43, 38.86}, 55},
                                                         {{40, 37, 38.86}, 12},
                                                         {{1500, 990.5, 1000}, 4},
                                                         {{INT64_C(3000000000), 9000, 10000}, 1}};

    memcpy(s->groups, groups, sizeof(groups));
    s->sample = (customer_sample){.n = SAMPLE_GROUPS,
                                  .groups = s->groups,
                                  .max_x = INT64_C(3000000000),
                                  .n_t = SAMPLE_GROUPS,
                                  .n_t_x = SAMPLE_GROUPS,
                                  .t_values = s->t,
                                  .t_x_values = s->t_x,
                                  .t_index = s->index,
                                  .t_x_index = s->index};
    for (int i = 0; i < SAMPLE_GROUPS; i++) {
        s->t[i] = groups[i].of.t;
        s->t_x[i] = groups[i].of.t_x;
        s->index[i] = (uint32_t)i;
        s->sample.customers += (double)groups[i].weight;
    }
}

static inline bool
stop_now(void *arg)
{
    return *(bool *)arg;
}

static inline void
test_likelihood(const customer_family *f)
{
    static const double params[4] = {.5, 6, .9, 1.6}, absurd[4] = {1e308, 1e-308, 1e308, 1e-308};
    double value = 0, sum = 0, one, gradient[4], other[4];
    bool stopping = true;
    clm_stop stop = {stop_now, &stopping};
    own_sample s;

    make_sample(&s);
    ok(f->log_likelihood(&s.sample, params, &value, gradient, NULL) == CLM_OK, "%s: a sample's likelihood",
       f->name);
    for (int i = 0; i < SAMPLE_GROUPS; i++) {
        one_likelihood(f, params, &s.groups[i].of, 0, &one, NULL);
        sum += (double)s.groups[i].weight * one;
    }
    is_close(value, sum, 1e-13, 0, "is the weighted sum of the customers'");
    ok(f->log_likelihood(&s.sample, params, &value, other, &stop) == CLM_STOPPED, "obeys the stop callback");
    ok(f->log_likelihood(&s.sample, absurd, &value, other, NULL) == CLM_OVERFLOW, "reports overflow");
    /* The huge count would drown the others' derivatives in rounding. */
    s.sample.n--;
    f->log_likelihood(&s.sample, params, &value, gradient, NULL);
    for (int i = 0; i < 4; i++) {
        double above[4], below[4], up, down, step = 1e-5 * params[i];
        char name[64];

        memcpy(above, params, sizeof(above));
        memcpy(below, params, sizeof(below));
        above[i] += step;
        below[i] -= step;
        f->log_likelihood(&s.sample, above, &up, NULL, NULL);
        f->log_likelihood(&s.sample, below, &down, NULL, NULL);
        snprintf(name, sizeof(name), "%s: derivative by %s", f->name, f->param_names[i]);
        is_close(gradient[i], (up - down) / (above[i] - below[i]), 1e-7, 1e-6, name);
    }
}

static inline void
test_starts(const customer_family *f)
{
    own_sample s;
    double starts[5][CLM_MAX_PARAMS];
    bool valid = true;
    customer_moments moments;
    int n;

    make_sample(&s);
    moments = customer_sample_moments(&s.sample, 1.0);
    n = f->starts(&moments, 5, starts);
    for (int i = 0; i < n; i++)
        valid = valid && f->valid(starts[i]);
    ok(n >= 3 && n <= 5 && valid, "%s: %d starting points inside the domain", f->name, n);
    ok(f->starts(&moments, 1, starts) == 1, "%s: no more starting points than asked for", f->name);
}

/* ---- identities ---- */

static const customer_summary some_customers[] = {{0, 0, 0},         {0, 0, 38.86},      {1, 1.7, 38.86},
                                                  {2, 30.43, 38.86}, {26, 30.86, 31},    {29, 2, 38},
                                                  {400, 95, 100},    {5000, 9999, 10000}};
#define N_CUSTOMERS (sizeof(some_customers) / sizeof(*some_customers))

static inline double
discounted(const customer_family *f, const double *params, const customer_summary *c, double ahead,
           double delta)
{
    double value;

    return f->discounted_purchases(params, c, ahead, delta, &value) == CLM_OK ? value : NAN;
}

static inline double
expected(const customer_family *f, const double *params, const customer_summary *c, double ahead)
{
    double value;

    return f->expected_purchases(params, c, ahead, &value) == CLM_OK ? value : NAN;
}

static inline double
difference(double a, double b)
{
    double d = fabs(a - b) / fmax(fmax(fabs(a), fabs(b)), 1e-290);

    return isnan(d) ? INFINITY : d;
}

/*
 * Integration by parts of the discounted rate, exp(-delta H) E(H) + delta times the integral of exp(-delta t)
 * E(t), by Boole's rule in ln(1 + t / A), A the shortest time scale of the customer.
 */
static inline double
discounted_by_parts(const customer_family *f, const double *params, const customer_summary *c, double ahead,
                    double delta)
{
    static const double boole[4] = {14.0, 32.0, 12.0, 32.0};
    double A = INFINITY, end, sum = 0;
    int n = 1200;

    for (int i = 0; i < f->nparams; i++)
        if (f->time_power[i] == 1)
            A = fmin(A, params[i] + c->t);
    end = log1p(ahead / A);

    for (int i = 0; i <= n; i++) {
        double u = end * i / n, t = A * expm1(u), weight = boole[i % 4] / (i == 0 || i == n ? 2 : 1);

        sum += weight * exp(-delta * t) * expected(f, params, c, t) * A * exp(u);
    }
    return exp(-delta * ahead) * expected(f, params, c, ahead) + delta * sum * (end / n) * 2 / 45;
}

static inline void
test_discounting(const customer_family *f, const double params[][4], size_t n_params)
{
    static const double horizons[] = {1e-4, 1, 13, 52, 520};
    double undiscounted = 0, parts = 0, far = 0;

    for (size_t i = 0; i < n_params; i++)
        for (size_t j = 0; j < N_CUSTOMERS; j++) {
            const double *p = params[i];
            const customer_summary *c = &some_customers[j];

            for (size_t k = 0; k < 5; k++) {
                double ahead = horizons[k], delta = .4 / ahead;

                undiscounted =
                    fmax(undiscounted, difference(discounted(f, p, c, ahead, 0), expected(f, p, c, ahead)));
                undiscounted = fmax(undiscounted, difference(discounted(f, p, c, ahead, 1e-14 / ahead),
                                                             expected(f, p, c, ahead)));
                if (k % 2 == 1)
                    parts = fmax(parts, difference(discounted(f, p, c, ahead, delta),
                                                   discounted_by_parts(f, p, c, ahead, delta)));
            }
            far =
                fmax(far, difference(discounted(f, p, c, 1e4, .0027), discounted(f, p, c, INFINITY, .0027)));
        }
    ok(undiscounted < 1e-10, "%s: without discount it is the expected number, worst %.2g", f->name,
       undiscounted);
    ok(parts < 1e-9, "%s: finite horizon agrees with quadrature of the expected number, worst %.2g", f->name,
       parts);
    ok(far < 1e-10, "%s: a far horizon is like none, worst %.2g", f->name, far);
}

/* The purchases of a live customer are those of any customer without the factor P(alive), whenever the last one was. */
static inline void
test_live_purchases(const customer_family *f, const double params[][4], size_t n_params)
{
    static const double bad[] = {-1, NAN, INFINITY, 0};
    double worst = 0, alive, dead, live;
    int refused = 0;

    for (size_t i = 0; i < n_params; i++)
        for (size_t j = 0; j < N_CUSTOMERS; j++) {
            const customer_summary *c = &some_customers[j];

            for (double ahead = 1e-4; ahead < 1e5; ahead *= 100) {
                f->p_alive(params[i], c, 0, &alive, &dead);
                if (f->live_purchases(params[i], c->x, c->t, ahead, .01, &live) != CLM_OK)
                    live = NAN;
                worst = fmax(worst, difference(alive * live, discounted(f, params[i], c, ahead, .01)));
            }
        }
    ok(worst == 0, "%s: purchases are P(alive) times those of a live customer, to the last bit", f->name);
    for (size_t i = 0; i < 3; i++) {
        refused += f->live_purchases(params[0], 1, bad[i], 1, .1, &live) == CLM_DOMAIN;
        refused += f->live_purchases(params[0], 1, 1, 1, bad[i], &live) == CLM_DOMAIN;
        refused += f->live_purchases(bad, 1, 1, 1, .1, &live) == CLM_DOMAIN;
        refused += isinf(bad[i]) || f->live_purchases(params[0], 1, 1, bad[i], .1, &live) == CLM_DOMAIN;
    }
    refused += f->live_purchases(params[0], -1, 1, 1, .1, &live) == CLM_DOMAIN;
    ok(refused == 13, "%s: a live customer outside the domain is refused", f->name);
}

/* Results at p and at p with one parameter moved by a hair, over all scores. */
static inline double
jump(const customer_family *f, const double *p, int which, double relative)
{
    double moved[4], worst = 0;

    memcpy(moved, p, sizeof(moved));
    moved[which] *= 1 + relative;
    for (size_t j = 0; j < N_CUSTOMERS; j++) {
        const customer_summary *c = &some_customers[j];

        for (double ahead = .01; ahead < 1e4; ahead *= 7) {
            worst = fmax(worst, difference(expected(f, p, c, ahead), expected(f, moved, c, ahead)));
            worst =
                fmax(worst, difference(discounted(f, p, c, ahead, .01), discounted(f, moved, c, ahead, .01)));
        }
        worst = fmax(worst,
                     difference(discounted(f, p, c, INFINITY, .01), discounted(f, moved, c, INFINITY, .01)));
    }
    return worst;
}

static inline void
test_probabilities(const customer_family *f, const double params[][4], size_t n_params)
{
    double complement = 0, later = 0;

    for (size_t i = 0; i < n_params; i++)
        for (size_t j = 0; j < N_CUSTOMERS; j++)
            for (double ahead = 0; ahead < 1e5; ahead = ahead * 9 + .001) {
                double alive = NAN, dead = NAN, before = NAN, other;

                f->p_alive(params[i], &some_customers[j], ahead, &alive, &dead);
                f->p_alive(params[i], &some_customers[j], ahead / 2, &before, &other);
                complement = fmax(complement, isnan(alive + dead) ? 1 : fabs(alive + dead - 1));
                later = fmax(later, alive - before);
            }
    ok(complement < 1e-14, "%s: P(alive) + P(dead) = 1, worst %.2g", f->name, complement);
    ok(later < 1e-13, "%s: P(alive) falls with time", f->name);
}

static inline void
test_counts(const customer_family *f, const double params[][4], size_t n_params)
{
    for (size_t i = 0; i < n_params; i++) {
        double sum = 0, mean = 0, want = NAN;

        for (int64_t n = 0; n < 3000; n++) {
            double p = NAN;

            f->p_purchases_new(params[i], n, 39, &p);
            sum += p;
            mean += p * (double)n;
        }
        f->expected_purchases_new(params[i], 39, &want);
        is_close(sum, 1, 1e-12, 0, "P(X(39) = n) sums to 1");
        is_close(mean, want, 1e-11, 0, "and has the expected mean");
    }
}

/* ---- domain ---- */

static inline void
test_domain(const customer_family *f)
{
    static const double params[4] = {.5, 6, .9, 1.6};
    static const customer_summary fine = {1, 1, 2};
    static const customer_summary wrong[] = {
        {-1, 0, 1},  {1, -1, 1},  {1, 2, 1},        {0, 1, 2},
        {1, NAN, 1}, {1, 1, NAN}, {1, 1, INFINITY}, {1, INFINITY, INFINITY}};
    static const double bad_params[][4] = {
        {0, 6, .9, 1.6}, {.5, -1, .9, 1.6}, {.5, 6, NAN, 1.6}, {.5, 6, .9, INFINITY}};
    static const double bad_ahead[] = {-1, NAN, INFINITY};
    double v, w;
    int refused = 0, asked = 0;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++, asked += 4) {
        refused += f->p_alive(params, &wrong[i], 1, &v, &w) == CLM_DOMAIN;
        refused += f->p_active(params, &wrong[i], 1, &v) == CLM_DOMAIN;
        refused += f->expected_purchases(params, &wrong[i], 1, &v) == CLM_DOMAIN;
        refused += f->discounted_purchases(params, &wrong[i], 1, .1, &v) == CLM_DOMAIN;
    }
    for (size_t i = 0; i < 4; i++, asked += 7) {
        refused += !f->valid(bad_params[i]);
        refused += f->p_alive(bad_params[i], &fine, 1, &v, &w) == CLM_DOMAIN;
        refused += f->p_active(bad_params[i], &fine, 1, &v) == CLM_DOMAIN;
        refused += f->expected_purchases(bad_params[i], &fine, 1, &v) == CLM_DOMAIN;
        refused += f->discounted_purchases(bad_params[i], &fine, 1, .1, &v) == CLM_DOMAIN;
        refused += f->expected_purchases_new(bad_params[i], 1, &v) == CLM_DOMAIN;
        refused += f->p_purchases_new(bad_params[i], 1, 1, &v) == CLM_DOMAIN;
    }
    for (size_t i = 0; i < 3; i++, asked += 7) {
        refused += f->p_alive(params, &fine, bad_ahead[i], &v, &w) == CLM_DOMAIN;
        refused += f->p_active(params, &fine, bad_ahead[i], &v) == CLM_DOMAIN;
        refused += f->expected_purchases(params, &fine, bad_ahead[i], &v) == CLM_DOMAIN;
        refused += f->discounted_purchases(params, &fine, 1, bad_ahead[i], &v) == CLM_DOMAIN;
        refused += f->expected_purchases_new(params, bad_ahead[i], &v) == CLM_DOMAIN;
        refused += f->p_purchases_new(params, 1, bad_ahead[i], &v) == CLM_DOMAIN;
        refused +=
            isinf(bad_ahead[i]) || f->discounted_purchases(params, &fine, bad_ahead[i], .1, &v) == CLM_DOMAIN;
    }
    refused += f->p_purchases_new(params, -1, 1, &v) == CLM_DOMAIN;
    ok(refused == asked + 1, "%s: all of %d arguments outside the domain are refused", f->name, asked + 1);
}

/* Nothing but a number or an error, and that soon, wherever in the domain. */
static inline void
test_extremes(const customer_family *f)
{
    static const double size[] = {1e-300, 1e-9, 1, 1e4, 1e20, 1e300};
    static const customer_summary customers[] = {{0, 0, 0}, {3, 1e-300, 1e300}, {INT64_MAX, 1, 1e10}};
    int wrong = 0;

    for (int code = 0; code < 6 * 6 * 6 * 6; code++) {
        double p[4] = {size[code % 6], size[code / 6 % 6], size[code / 36 % 6], size[code / 216]}, v, w;

        for (int j = 0; j < 3; j++) {
            const customer_summary *c = &customers[j];
            double ahead = size[(code + j) % 6];

            wrong += f->p_alive(p, c, ahead, &v, &w) == CLM_OK && !(v >= 0 && v <= 1 && w >= 0 && w <= 1);
            wrong += f->expected_purchases(p, c, ahead, &v) == CLM_OK && !(v >= 0 && isfinite(v));
            wrong += f->discounted_purchases(p, c, ahead, .1, &v) == CLM_OK && !(v >= 0 && isfinite(v));
            wrong += f->discounted_purchases(p, c, INFINITY, .1, &v) == CLM_OK && !(v >= 0 && isfinite(v));
            wrong += f->p_purchases_new(p, c->x, ahead, &v) == CLM_OK && !(v >= 0 && v <= 1);
        }
    }
    ok(wrong == 0, "%s: no NaN, infinity or impossible probability at the ends of the domain (%d)", f->name,
       wrong);
}

/* ---- draws ---- */

static inline void
test_draw(const customer_family *f)
{
    static const double params[4] = {.8, 6, .9, 2.6}, torrent[4] = {1000, 1e-6, 1e-12, 1000};
    enum { CUSTOMERS = 100000 };
    double sum = 0, squares = 0, none = 0, mean, p0;
    bool ordered = true;
    clm_times times = {NULL, 0, 0};
    clm_rng rng;

    for (int i = 0; i < CUSTOMERS; i++) {
        clm_rng_seed(&rng, 42, (uint64_t)i);
        times.n = 0;
        if (f->draw(params, 39, &rng, &times, NULL) != CLM_OK)
            ordered = false;
        for (size_t k = 0; k < times.n; k++)
            ordered = ordered && times.values[k] <= 39 && times.values[k] > (k > 0 ? times.values[k - 1] : 0);
        sum += (double)times.n;
        squares += (double)times.n * (double)times.n;
        none += times.n == 0;
    }
    f->expected_purchases_new(params, 39, &mean);
    f->p_purchases_new(params, 0, 39, &p0);
    ok(ordered, "%s: drawn times ascend within the horizon", f->name);
    is_close(sum / CUSTOMERS, mean, 0, 4 * sqrt(squares) / CUSTOMERS, "mean of the draws");
    is_close(none / CUSTOMERS, p0, 0, 4 * sqrt(p0 * (1 - p0) / CUSTOMERS), "share without a repeat purchase");
    times.n = 0;
    ok(f->draw(torrent, 1, &rng, &times, NULL) == CLM_TOO_MANY, "%s: an endless stream of purchases is cut",
       f->name);
    ok(f->draw(params, NAN, &rng, &times, NULL) == CLM_DOMAIN, "%s: no horizon, no draw", f->name);
    free(times.values);
}

#endif
