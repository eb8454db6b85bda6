/*
 * Fits with covariates: recovery of known effects from simulated customers, invariances, what the prior does,
 * errors and stops.
 */
#include "core/covariate_fit.h"
#include "tap.h"

#include <string.h>

#define MOST_CUSTOMERS 20000
#define NZ 2

static customer_group groups[MOST_CUSTOMERS];
static double z[MOST_CUSTOMERS * NZ];
static covariate_data data = {.ncovariates = NZ, .groups = groups, .z = z};

static const double params[] = {0.8, 8.0, 0.7, 2.5};
static const double effects[] = {0.5, -0.3, -0.4, 0.25}; /* on purchase, then on drop-out */

static const customer_family *
family_of(const char *name)
{
    return customer_family_by_name(name, strlen(name));
}

/* A class of two, and a number around 40: customers are between 26 and 130 weeks old. */
static void
draw_customers(const customer_family *family, size_t n, uint64_t seed)
{
    clm_times times = {0};

    for (data.n = 0; data.n < n; data.n++) {
        double *own_z = &z[data.n * NZ], own[CLM_MAX_PARAMS];
        customer_group *group = &groups[data.n];
        clm_rng rng;

        clm_rng_seed(&rng, seed, data.n);
        own_z[0] = clm_rng_uniform(&rng) < 0.4;
        own_z[1] = floor(40.0 + 6.0 * clm_rng_normal(&rng)) / 10.0;
        covariate_params(family, params, NZ, effects, own_z, own);
        *group = (customer_group){.of.t = floor(26.0 + 104.0 * clm_rng_uniform(&rng)), .weight = 1};
        times.n = 0;
        family->draw(own, group->of.t, &rng, &times, NULL);
        group->of.x = (int64_t)times.n;
        group->of.t_x = times.n > 0 ? times.values[times.n - 1] : 0.0;
    }
    free(times.values);
}

static clm_status
fit(const char *family, double prior, model_fit *result)
{
    int culprit;

    return fit_with_covariates(family_of(family), &data, prior, NULL, result, &culprit);
}

static void
test_recovery(const char *family)
{
    model_fit result;

    draw_customers(family_of(family), MOST_CUSTOMERS, 1);
    if (!ok(fit(family, 0.0, &result) == CLM_OK, "%s with covariates is fitted", family))
        return;
    for (int i = 0; i < result.nparams; i++)
        is_close(result.params[i], params[i], 0.0, 3.0 * result.se[i], family_of(family)->param_names[i]);
    for (int i = 0; i < 2 * NZ; i++)
        is_close(result.effects[i], effects[i], 0.0, 3.0 * result.effects_se[i], "an effect");
    for (int i = 0; i < NZ; i++)
        ok(result.effects_se[i] < 0.15, "and it is known well: %.3f", result.effects_se[i]);
}

/* The likelihood of the fit is that of the customers one by one with their own parameters. */
static void
test_likelihood(const char *family)
{
    model_fit result, plain;
    customer_data all = {.groups = malloc(sizeof(groups))};
    double sum = 0.0;

    draw_customers(family_of(family), 3000, 2);
    ok(fit(family, 0.0, &result) == CLM_OK, "%s: 3,000 customers", family);
    for (size_t i = 0; i < data.n; i++) {
        customer_group group = groups[i];
        customer_data one = {.groups = &group, .n = 1};
        double own[CLM_MAX_PARAMS], value = NAN;

        covariate_params(family_of(family), result.params, NZ, result.effects, &z[i * NZ], own);
        customer_log_likelihood(family_of(family), own, &one, NULL, &value);
        sum += value;
    }
    is_close(sum, result.log_likelihood, 1e-11, 0.0, "the likelihood is that of the customers");
    memcpy(all.groups, groups, data.n * sizeof(*groups));
    all.n = data.n;
    fit_customer_family(family_of(family), &all, 0.0, NULL, &plain);
    ok(plain.log_likelihood < result.log_likelihood, "covariates that matter raise it by %.1f",
       result.log_likelihood - plain.log_likelihood);
    free(all.groups);
}

/* Other units of a covariate, and another zero. */
static void
test_units(void)
{
    model_fit result, moved;

    draw_customers(family_of("bg/nbd"), 3000, 3);
    fit("bg/nbd", 0.0, &result);
    for (size_t i = 0; i < data.n; i++)
        z[i * NZ + 1] = (z[i * NZ + 1] - 4.0) * 1000.0;
    ok(fit("bg/nbd", 0.0, &moved) == CLM_OK, "fitted in other units");
    is_close(moved.log_likelihood, result.log_likelihood, 1e-12, 0.0, "the same likelihood");
    is_close(moved.effects[1] * 1000.0, result.effects[1], 1e-7, 0.0, "effects count by unit");
    is_close(moved.effects_se[3] * 1000.0, result.effects_se[3], 1e-5, 0.0, "and so do their errors");
    is_close(moved.params[1], result.params[1] * exp(-4.0 * result.effects[1]), 1e-7, 0.0,
             "the parameters are those of z = 0");
}

static void
test_order(void)
{
    static customer_group reversed[3000];
    static double reversed_z[3000 * NZ];
    model_fit result = {0}, other = {0};
    int culprit;
    covariate_data backwards = {.ncovariates = NZ, .n = 3000, .groups = reversed, .z = reversed_z};

    draw_customers(family_of("bg/nbd"), 3000, 4);
    for (size_t i = 0; i < 3000; i++) {
        reversed[i] = groups[2999 - i];
        memcpy(&reversed_z[i * NZ], &z[(2999 - i) * NZ], NZ * sizeof(double));
    }
    fit("bg/nbd", 0.0, &result);
    fit_with_covariates(family_of("bg/nbd"), &backwards, 0.0, NULL, &other, &culprit);
    for (int i = 0; i < 2 * NZ; i++)
        is_close(other.effects[i], result.effects[i], 1e-9, 0.0, "any order, the same effects");
}

static void
test_prior(void)
{
    model_fit free_fit, weak, strong;

    draw_customers(family_of("bg/nbd"), 200, 5);
    fit("bg/nbd", 0.0, &free_fit);
    ok(fit("bg/nbd", 10.0, &weak) == CLM_OK && fit("bg/nbd", 0.02, &strong) == CLM_OK, "fits with priors");
    for (int i = 0; i < 2 * NZ; i++)
        ok(fabs(strong.effects[i]) < 0.1 && fabs(strong.effects[i]) <= fabs(weak.effects[i]),
           "a strong prior draws an effect to 0: %.4f, %.4f", weak.effects[i], strong.effects[i]);
    ok(strong.log_likelihood <= weak.log_likelihood, "and costs likelihood");
}

static void
test_errors(void)
{
    covariate_data wrong = data;
    model_fit result;
    int culprit = -1;

    draw_customers(family_of("bg/nbd"), 500, 6);
    for (size_t i = 0; i < data.n; i++)
        z[i * NZ + 1] = 7.0;
    ok(fit_with_covariates(family_of("bg/nbd"), &data, 0.0, NULL, &result, &culprit) == CLM_FIT_CONSTANT &&
           culprit == 1,
       "a constant covariate is named");
    for (size_t i = 0; i < data.n; i++)
        z[i * NZ + 1] = 3.0 - 2.0 * z[i * NZ];
    ok(fit_with_covariates(family_of("bg/nbd"), &data, 0.0, NULL, &result, &culprit) == CLM_FIT_COLLINEAR &&
           culprit == 1,
       "a combination of others is named");
    for (size_t i = 0; i < data.n; i++)
        z[i * NZ + 1] = i % 2 == 0 ? 1.7e308 : -1.7e308;
    ok(fit("bg/nbd", 0.0, &result) == CLM_OK, "the largest covariates are as good as any");
    for (size_t i = 0; i < data.n; i++)
        z[i * NZ + 1] = i % 2 == 0 ? 1e-300 : 3e-300;
    ok(fit("bg/nbd", 0.0, &result) == CLM_OK, "and so are tiny ones");
    for (size_t i = 0; i < data.n; i++)
        z[i * NZ + 1] = 1e9 + (double)(i % 3);
    ok(fit("bg/nbd", 0.0, &result) == CLM_FIT_FAR, "far from 0 the parameters of z = 0 leave the range");
    wrong.n = 0;
    ok(fit_with_covariates(family_of("bg/nbd"), &wrong, 0.0, NULL, &result, &culprit) == CLM_FIT_TOO_FEW,
       "nobody");
    wrong.n = 10;
    wrong.ncovariates = CLM_MAX_COVARIATES + 1;
    ok(fit_with_covariates(family_of("bg/nbd"), &wrong, 0.0, NULL, &result, &culprit) == CLM_DOMAIN,
       "too many covariates");
    draw_customers(family_of("bg/nbd"), 100, 7);
    for (size_t i = 0; i < data.n; i++)
        groups[i].of = (customer_summary){0, 0.0, groups[i].of.t};
    ok(fit("bg/nbd", 0.0, &result) == CLM_FIT_NO_REPEAT, "nobody repeats");
}

typedef struct stop_state {
    int calls, at;
} stop_state;

static bool
stop_at_call(void *arg)
{
    stop_state *state = arg;

    return ++state->calls >= state->at;
}

static void
test_stops(void)
{
    bool obeyed = true;
    int places = 0;

    draw_customers(family_of("bg/nbd"), 600, 8);
    for (int at = 1; at < 100000; at = at * 3 / 2 + 1) {
        stop_state state = {0, at};
        clm_stop stop = {stop_at_call, &state};
        model_fit result;
        int culprit;
        clm_status status = fit_with_covariates(family_of("bg/nbd"), &data, 0.0, &stop, &result, &culprit);

        obeyed = obeyed && status == (state.calls >= at ? CLM_STOPPED : CLM_OK) && state.calls <= at;
        places += status == CLM_STOPPED;
    }
    ok(obeyed && places > 10, "a stop is obeyed at once at %d places", places);
}

int
main(void)
{
    static const char *const families[] = {"bg/nbd", "mbg/nbd"};

    for (int i = 0; i < 2; i++) {
        test_recovery(families[i]);
        test_likelihood(families[i]);
    }
    test_units();
    test_order();
    test_prior();
    test_errors();
    test_stops();
    return done_testing();
}
