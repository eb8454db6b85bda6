/*
 * Families of customer models: for any parameters, customer and horizon a score is refused or a number within its range,
 * and goes together with the others.
 */
#include "../../src/core/customer_likelihood.h"
#include "../../src/core/frequency_fit.h"
#include "../../src/core/models/family.h"
#include "../../src/core/models/gamma_gamma.h"
#include "../../src/core/score.h"
#include "fuzz.h"

#define ROUNDING 1e-6 /* of scores at absurd parameters */

typedef struct question {
    const customer_family *family;
    double params[CLM_MAX_PARAMS];
    customer_summary of;
    double ahead, delta;
} question;

static double
read_param(fuzz_input *in)
{
    return fuzz_byte(in) < 4 ? fuzz_double(in) : fuzz_positive(in);
}

static double
read_time(fuzz_input *in, bool discrete)
{
    double t = fuzz_byte(in) < 4 ? fuzz_double(in) : fuzz_positive(in);

    return discrete && fuzz_byte(in) >= 4 ? floor(fmin(t * 10, 2000)) : t;
}

static void
read_question(fuzz_input *in, question *q)
{
    int families = 0;

    while (customer_families[families] != NULL)
        families++;
    q->family = customer_families[fuzz_pick(in, (size_t)families)];
    for (int i = 0; i < q->family->nparams; i++)
        q->params[i] = read_param(in);
    if (q->family->regular && fuzz_byte(in) >= 4)
        q->params[0] = fuzz_between(in, 1, CLM_MAX_REGULARITY);
    q->of.t = read_time(in, q->family->discrete);
    q->of.x = fuzz_byte(in) < 4 ? fuzz_int64(in) : fuzz_count(in);
    q->of.t_x = q->of.x == 0 ? 0 : q->of.t * fuzz_share(in);
    if (q->family->discrete && fuzz_byte(in) >= 4) {
        q->of.t_x = floor(q->of.t_x);
        q->of.x = (double)q->of.x > q->of.t_x ? (int64_t)fmax(q->of.t_x, 0) : q->of.x;
    }
    q->ahead = read_time(in, q->family->discrete);
    q->delta = fuzz_bool(in) ? fuzz_positive(in) / 100 : fuzz_double(in);
}

static bool
is_valid(const question *q)
{
    return q->family->valid(q->params) && customer_summary_valid(&q->of);
}

/* ---- scores of a customer ---- */

static void
check_alive(const question *q)
{
    double alive = NAN, dead = NAN, active = NAN, churn = NAN;
    clm_status status = q->family->p_alive(q->params, &q->of, q->ahead, &alive, &dead);

    CHECK(is_valid(q) || status == CLM_DOMAIN);
    if (status == CLM_OK)
        CHECK(is_share(alive) && is_share(dead) && fabs(alive + dead - 1) < ROUNDING);
    status = q->family->p_active(q->params, &q->of, q->ahead, &active);
    CHECK(is_valid(q) || status == CLM_DOMAIN);
    CHECK(score_churn(q->family, q->params, &q->of, q->ahead, &churn) == status);
    if (status == CLM_OK)
        CHECK(is_share(active) && is_share(churn));
}

static void
check_purchases(const question *q)
{
    double expected = NAN, discounted = NAN, live = NAN;
    clm_status plain = q->family->expected_purchases(q->params, &q->of, q->ahead, &expected);
    clm_status less = q->family->discounted_purchases(q->params, &q->of, q->ahead, q->delta, &discounted);

    CHECK(is_valid(q) || (plain == CLM_DOMAIN && less == CLM_DOMAIN));
    CHECK(q->delta >= 0 || less == CLM_DOMAIN);
    if (plain == CLM_OK)
        CHECK(expected >= 0 && isfinite(expected));
    if (less == CLM_OK)
        CHECK(discounted >= 0 && isfinite(discounted));
    if (q->family->live_purchases != NULL &&
        q->family->live_purchases(q->params, q->of.x, q->of.t, q->ahead, q->delta, &live) == CLM_OK)
        CHECK(live >= 0 && isfinite(live));
}

/* Are parameters and time such that results are accurate, by what the families say of themselves? */
static bool
is_ordinary(const question *q)
{
    for (int i = 0; i < q->family->nparams; i++)
        if (!(q->params[i] >= 1e-3 && q->params[i] <= 1e4))
            return false;
    return q->of.t <= 1e4;
}

static void
check_new_customer(const question *q, int64_t n)
{
    double value = NAN, rows[FREQUENCY_ROWS], sum = 0;

    if (q->family->expected_purchases_new(q->params, q->of.t, &value) == CLM_OK)
        CHECK(value >= 0 && isfinite(value));
    if (q->family->p_purchases_new(q->params, n, q->of.t, &value) == CLM_OK)
        CHECK(value >= 0 && value <= 1 + ROUNDING);
    if (frequency_probabilities(q->family, q->params, q->of.t, rows) == CLM_OK) {
        for (int i = 0; i < FREQUENCY_ROWS; i++) {
            CHECK(rows[i] >= 0 && rows[i] <= 1 + ROUNDING);
            sum += rows[i];
        }
        CHECK(!is_ordinary(q) || is_close_to(sum, 1, 0, ROUNDING));
    }
}

static void
check_posterior(fuzz_input *in, const question *q)
{
    customer_posterior known;
    customer_latents latents = {.rate = fuzz_positive(in), .dropout = fuzz_share(in)};
    double u = fuzz_between(in, 1, 999) / 1000.0, v = fuzz_between(in, 1, 999) / 1000.0, weights = 0, value;
    clm_status status = q->family->posterior(q->params, &q->of, &known);

    CHECK(is_valid(q) || status == CLM_DOMAIN);
    if (status != CLM_OK)
        return;
    CHECK(is_share(known.alive) && known.steps >= 1 && known.steps <= CLM_MAX_REGULARITY);
    CHECK(known.purchase.a > 0 && known.purchase.b > 0 && known.dropout.a > 0 && known.dropout.b > 0);
    for (int j = 0; j < known.steps; j++)
        weights += known.phase_weight[j];
    CHECK(is_close_to(weights, 1, 0, ROUNDING));
    if (!(latents.dropout >= 0) || !(q->ahead >= 0) || !(q->delta >= 0) || isinf(q->delta) ||
        (q->family->discrete && q->ahead != floor(q->ahead)))
        return;
    latents.steps = known.steps;
    latents.phase = fuzz_between(in, 0, known.steps - 1);
    value = q->family->purchases_given(&latents, q->ahead, q->delta);
    CHECK(!isfinite(value) || value >= 0);
    value = q->family->count_given(&latents, q->ahead, u, v);
    CHECK(!isfinite(value) || (value >= 0 && value == floor(value)));
}

/* ---- likelihood ---- */

static bool
all_finite(const double *values, int n)
{
    for (int i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

static void
check_likelihood(fuzz_input *in, const question *q)
{
    double value = NAN, other = NAN, gradient[CLM_MAX_PARAMS], log_gaps = fuzz_bool(in) ? 0 : fuzz_finite(in);

    if (!is_valid(q))
        return;
    if (customer_likelihood_at(q->family, q->params, &q->of, log_gaps, &value, gradient) != CLM_OK)
        return;
    CHECK(isfinite(value) && all_finite(gradient, q->family->nparams));
    CHECK(customer_likelihood_at(q->family, q->params, &q->of, log_gaps, &other, NULL) == CLM_OK);
    CHECK(is_close_to(value, other, ROUNDING, ROUNDING));
}

/* Twice as many customers have twice the log-likelihood, and the sample is the sum of its customers. */
static void
check_sample(fuzz_input *in, const question *q)
{
    customer_group groups[6];
    size_t n = 1 + fuzz_pick(in, COUNT_OF(groups));
    customer_sample sample;
    double value = NAN, gradient[CLM_MAX_PARAMS], sum = 0, magnitude = 0;
    clm_status status;

    for (size_t i = 0; i < n; i++) {
        question other = *q;

        other.of.t = read_time(in, q->family->discrete);
        other.of.x = fuzz_between(in, 0, 200);
        other.of.t_x = other.of.x == 0 ? 0 : other.of.t * fuzz_share(in);
        if (q->family->discrete) {
            other.of.t_x = floor(other.of.t_x);
            other.of.x = (double)other.of.x > other.of.t_x ? (int64_t)fmax(other.of.t_x, 0) : other.of.x;
            other.of.t_x = other.of.x == 0 ? 0 : other.of.t_x;
        }
        groups[i] = (customer_group){other.of, 1 + fuzz_byte(in)};
    }
    if (!q->family->valid(q->params) || customer_groups_merge(groups, &n, NULL) != CLM_OK ||
        customer_sample_build(groups, n, NULL, &sample) != CLM_OK)
        return;
    status = q->family->log_likelihood(&sample, q->params, &value, gradient, NULL);
    customer_sample_free(&sample);
    if (status != CLM_OK)
        return;
    CHECK(isfinite(value) && all_finite(gradient, q->family->nparams));
    for (size_t i = 0; i < n; i++) {
        double one;

        if (customer_likelihood_at(q->family, q->params, &groups[i].of, 0, &one, NULL) != CLM_OK)
            return;
        sum += (double)groups[i].weight * one;
        magnitude += (double)groups[i].weight * fabs(one);
    }
    CHECK(is_close_to(value, sum, 0, ROUNDING * (1 + magnitude)));
}

static void
check_starts(fuzz_input *in, const question *q)
{
    double n = 2 + fuzz_byte(in), mean = fuzz_positive(in),
           t = q->family->discrete ? fuzz_between(in, 1, 100) : 1;
    double starts[8][CLM_MAX_PARAMS];
    customer_moments moments = {n, n * mean, n * mean * mean * (1 + fuzz_positive(in)), n * t / 2, n * t};
    int found = q->family->starts(&moments, 8, starts);

    CHECK(found >= 1 && found <= 8);
}

static void
check_spend(fuzz_input *in)
{
    double params[GAMMA_GAMMA_NPARAMS], m = read_param(in), value = NAN, gradient[GAMMA_GAMMA_NPARAMS];
    double shape = NAN, scale = NAN;
    int64_t n = fuzz_int64(in);

    for (int i = 0; i < GAMMA_GAMMA_NPARAMS; i++)
        params[i] = read_param(in);
    if (gamma_gamma_expected_spend(params, n, m, &value) == CLM_OK)
        CHECK(value >= 0 && isfinite(value));
    if (gamma_gamma_posterior(params, n, m, &shape, &scale) == CLM_OK)
        CHECK(shape > 0 && scale >= 0 && isfinite(shape) && isfinite(scale));
    if (gamma_gamma_valid(params) && n > 0 && m > 0 && isfinite(m) &&
        spend_likelihood_at(params, n, m, &value, gradient) == CLM_OK)
        CHECK(isfinite(value) && all_finite(gradient, GAMMA_GAMMA_NPARAMS));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    question q;

    read_question(&in, &q);
    switch (fuzz_pick(&in, 8)) {
        case 0:
        case 1:
            check_alive(&q);
            break;
        case 2:
            check_purchases(&q);
            break;
        case 3:
            check_new_customer(&q, fuzz_int64(&in));
            break;
        case 4:
            check_posterior(&in, &q);
            break;
        case 5:
            check_likelihood(&in, &q);
            check_starts(&in, &q);
            break;
        case 6:
            check_sample(&in, &q);
            break;
        default:
            check_spend(&in);
    }
    return 0;
}
