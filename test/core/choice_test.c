/*
 * The choice of a family: by BIC and by a hold-out the right one wins on simulated customers; priors; errors.
 */
#include "core/choice.h"
#include "tap.h"

#include <string.h>

#define CUSTOMERS 8000

/* Customers as they stood half-way and at the end. */
static customer_group all_groups[CUSTOMERS], half_groups[CUSTOMERS], later_groups[CUSTOMERS];
static customer_data all, half, later;

static const customer_family *
family_of(const char *name)
{
    return customer_family_by_name(name, strlen(name));
}

static customer_summary
summary_at(const clm_times *times, double t)
{
    customer_summary c = {.t = t};

    for (size_t i = 0; i < times->n && times->values[i] <= t; i++) {
        c.x++;
        c.t_x = times->values[i];
    }
    return c;
}

static void
draw_customers(const char *family, const double *params, uint64_t seed)
{
    clm_times times = {0};

    all = (customer_data){.groups = all_groups};
    half = (customer_data){.groups = half_groups};
    later = (customer_data){.groups = later_groups};
    for (size_t i = 0; i < CUSTOMERS; i++) {
        double t = 30.0 + floor(90.0 * (double)i / CUSTOMERS);
        clm_rng rng;

        clm_rng_seed(&rng, seed, i);
        times.n = 0;
        family_of(family)->draw(params, t, &rng, &times, NULL);
        all_groups[all.n++] = (customer_group){summary_at(&times, t), 1};
        if (t < 40.0)
            continue;
        later_groups[later.n++] = (customer_group){summary_at(&times, t), 1};
        half_groups[half.n++] = (customer_group){summary_at(&times, t - 40.0), 1};
    }
    free(times.values);
}

static void
test_choice(const char *family, const double *params)
{
    family_choice choice;
    choice_data by_bic = {&all, NULL, NULL}, by_holdout = {&all, &half, &later};
    model_fit fit;

    draw_customers(family, params, 1);
    ok(choose_family(NULL, &by_bic, 0.0, NULL, &choice) == CLM_OK &&
           strcmp(choice.tried[choice.best].family->name, family) == 0,
       "%s is found by BIC among %d", family, choice.n);
    fit_customer_family(family_of(family), &all, 0.0, NULL, &fit);
    ok(memcmp(&fit, &choice.fit, sizeof(fit)) == 0, "and its fit is the one of that family alone");
    is_close(choice.tried[choice.best].criterion,
             fit_bic(fit.log_likelihood, fit.nparams, (double)fit.customers), 1e-14, 0.0, "BIC of the fit");
    ok(choose_family(NULL, &by_holdout, 0.0, NULL, &choice) == CLM_OK &&
           strcmp(choice.tried[choice.best].family->name, family) == 0,
       "%s is found by a hold-out", family);
    ok(fit.params[0] == choice.fit.params[0] && fit.customers == choice.fit.customers,
       "and then fitted to all customers");
}

/* The hold-out score is the logarithm of the density of what came, given what was: the sum over customers. */
static void
test_holdout_score(void)
{
    static const double params[] = {0.8, 8.0, 0.7, 2.5};
    choice_data by_holdout = {&all, &half, &later};
    family_choice choice;
    double sum = 0.0;
    model_fit fit;

    draw_customers("bg/nbd", params, 2);
    fit_customer_family(family_of("bg/nbd"), &half, 0.0, NULL, &fit);
    for (size_t i = 0; i < later.n; i++) {
        customer_data one = {.groups = &later_groups[i], .n = 1};
        double value = NAN;

        customer_log_likelihood(family_of("bg/nbd"), fit.params, &one, NULL, &value);
        sum += value;
    }
    choose_family(family_of("bg/nbd"), &by_holdout, 0.0, NULL, &choice);
    is_close(choice.tried[0].criterion, sum - fit.log_likelihood, 1e-10, 0.0,
             "the score is the rise of the likelihood at the parameters of the calibration");
}

static void
test_prior(void)
{
    static const double params[] = {0.8, 8.0, 0.7, 2.5};
    double before = INFINITY;
    model_fit fit, wide, none;
    int fitted = 0;

    draw_customers("mbg/nbd", params, 3);
    fit_customer_family(family_of("mbg/nbd"), &all, 0.0, NULL, &none);
    fit_customer_family(family_of("mbg/nbd"), &all, 1e4, NULL, &wide);
    for (int i = 0; i < 4; i++)
        is_close(wide.params[i], none.params[i], 1e-6, 0.0, "a prior without information changes nothing");
    is_close(wide.log_likelihood, none.log_likelihood, 1e-12, 0.0, "nor the likelihood");
    for (double prior = 3.0; prior > 0.01; prior /= 4.0) {
        fit_customer_family(family_of("mbg/nbd"), &all, prior, NULL, &fit);
        ok(fit.log_likelihood <= before && fit.se[2] < none.se[2] * 1.01,
           "a stronger prior: less likelihood, smaller errors");
        before = fit.log_likelihood;
    }
    /* Segments of 30 customers: without a prior many fits have no optimum, with one all are tame. */
    for (uint64_t seed = 0; seed < 50; seed++) {
        double most = 0.0, least = INFINITY;

        draw_customers("mbg/nbd", params, 100 + seed);
        for (size_t i = 0; i < 30; i++)
            all_groups[i] = all_groups[i * (CUSTOMERS / 30)];
        all.n = 30;
        if (fit_customer_family(family_of("mbg/nbd"), &all, 2.0, NULL, &fit) != CLM_OK)
            continue;
        for (int i = 0; i < 4; i++) {
            most = fmax(most, fit.params[i]);
            least = fmin(least, fit.params[i]);
        }
        fitted += most < 1e3 && least > 1e-3;
    }
    ok(fitted == 50, "%d of 50 segments of 30 customers are fitted with parameters in bounds", fitted);
}

/* The family with the best hold-out cannot be fitted to all: the next best is taken, and the first marked. */
static void
test_next_best(void)
{
    static const double params[] = {1.2, 8.0, 0.7, 1.5};
    choice_data by_holdout = {&all, &half, &later};
    family_choice choice;

    draw_customers("bg/nbd", params, 5);
    /* Of all customers one is left, of whom nothing can be learnt */
    all.n = 1;
    ok(choose_family(NULL, &by_holdout, 0.0, NULL, &choice) == CLM_FIT_TOO_FEW && choice.best < 0,
       "no family is left: the error of the best");
    for (int i = 0; i < choice.n; i++)
        ok(choice.tried[i].status != CLM_OK, "%s is marked", choice.tried[i].family->name);
}

static bool
stop_now(void *arg)
{
    (void)arg;
    return true;
}

static void
test_errors(void)
{
    choice_data data = {&all, NULL, NULL};
    clm_stop stop = {stop_now, NULL};
    family_choice choice;

    all = (customer_data){.groups = all_groups, .n = 1};
    all_groups[0] = (customer_group){{3, 10.0, 20.0}, 1};
    ok(choose_family(NULL, &data, 0.0, NULL, &choice) == CLM_FIT_TOO_FEW && choice.best < 0,
       "where no family can be fitted, the error of the first");
    draw_customers("bg/nbd", (const double[]){0.8, 8.0, 0.7, 2.5}, 4);
    ok(choose_family(NULL, &data, 0.0, &stop, &choice) == CLM_STOPPED, "a stop is obeyed");
}

int
main(void)
{
    static const double params[] = {1.2, 8.0, 0.7, 1.5};

    test_choice("bg/nbd", params);
    test_choice("mbg/nbd", params);
    test_holdout_score();
    test_prior();
    test_next_best();
    test_errors();
    return done_testing();
}
