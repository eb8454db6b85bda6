/*
 * The gamma-gamma model of spend: likelihood and gradient, expected spend, draws, errors.
 */
#include "core/models/gamma_gamma.h"
#include "tap.h"

#include <float.h>
#include <string.h>

#include "gamma_gamma_values.h"

static const double cdnow[] = {6.25, 3.74, 15.44};

/* Log-likelihood of groups in any order; NaN where it is an error. */
static double
likelihood_of(spend_group *groups, size_t n, const double *params, double *gradient)
{
    spend_sample sample;
    double value = NAN;

    if (spend_groups_merge(groups, &n, NULL) != CLM_OK ||
        spend_sample_build(groups, n, NULL, &sample) != CLM_OK)
        return NAN;
    if (gamma_gamma_log_likelihood(&sample, params, &value, gradient, NULL) != CLM_OK)
        value = NAN;
    spend_sample_free(&sample);
    return value;
}

/* Relative error of one value; an expected spend that does not exist is NaN in the tables. */
static double
error_of(const char *quantity, const double *params, int64_t n, double m, double want)
{
    spend_group group = {n, m, 1};
    double got = NAN;
    clm_status status;

    if (strcmp(quantity, "ll") == 0)
        return fabs(likelihood_of(&group, 1, params, NULL) / want - 1.0);
    status = gamma_gamma_expected_spend(params, n, m, &got);
    if (isnan(want))
        return status == CLM_UNDEFINED ? 0.0 : INFINITY;
    return status == CLM_OK ? fabs(got / want - 1.0) : INFINITY;
}

static void
test_values(void)
{
    double worst = 0.0;

    for (size_t i = 0; i < sizeof(gamma_gamma_values) / sizeof(*gamma_gamma_values); i++) {
        const struct gamma_gamma_value *v = &gamma_gamma_values[i];
        double error = error_of(v->quantity, v->params, v->n, v->m, v->value);

        worst = error <= worst ? worst : error;
    }
    ok(worst < 1e-9, "values in arbitrary precision: largest relative error %.2g", worst);
}

/* Every row of the golden file, where it is at hand. */
static void
test_golden(void)
{
    char path[4096], line[512], quantity[16], value[64];
    double worst = 0.0, p[3], m;
    long n;
    int rows = 0;
    FILE *file;

    if (shared_folder() == NULL)
        return;
    snprintf(path, sizeof(path), "%s/golden/gg_golden.csv", shared_folder());
    file = fopen(path, "r");
    if (!ok(file != NULL, "the golden values can be read"))
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        double error;

        if (sscanf(line, "%15[^,],%lf,%lf,%lf,%ld,%lf,%63[^,]", quantity, &p[0], &p[1], &p[2], &n, &m,
                   value) != 7)
            continue;
        error = error_of(quantity, p, n, m, strtod(value, NULL));
        if (!(error <= 1e-9))
            printf("# off by %g: %s", error, line);
        worst = error <= worst ? worst : error;
        rows++;
    }
    fclose(file);
    ok(rows == 797 && worst < 1e-9, "%d golden values: largest relative error %.2g", rows, worst);
}

/* Groups with all kinds of n, m and weight, some of them so extreme that products would under- or overflow.
 */
static size_t
mixed_groups(spend_group *groups, size_t n)
{
    clm_rng rng;

    clm_rng_seed(&rng, 11, 0);
    for (size_t i = 0; i < n; i++) {
        double size = i % 7 == 0 ? 1e-6 : i % 11 == 0 ? 1e9 : 30.0;

        groups[i].n = 1 + (int64_t)(clm_rng_exponential(&rng) * (i % 13 == 0 ? 20000.0 : 3.0));
        groups[i].m = size * exp(clm_rng_normal(&rng));
        groups[i].weight = i % 3 == 0 ? 1 + (int64_t)(5.0 * clm_rng_uniform(&rng)) : 1;
    }
    return n;
}

/* A sample's likelihood is the weighted sum of its groups', one by one. */
static void
test_sum(void)
{
    static const double params[][3] = {{6.25, 3.74, 15.44}, {0.01, 0.5, 1e-3}, {300.0, 20.0, 1e3}};
    spend_group groups[3000];

    for (size_t k = 0; k < 3; k++) {
        size_t n = mixed_groups(groups, 3000);
        double sum = 0.0, gradient[3] = {0.0}, one[3], whole[3];

        for (size_t i = 0; i < n; i++) {
            spend_group group = {groups[i].n, groups[i].m, 1};

            sum += (double)groups[i].weight * likelihood_of(&group, 1, params[k], one);
            for (int j = 0; j < 3; j++)
                gradient[j] += (double)groups[i].weight * one[j];
        }
        is_close(likelihood_of(groups, n, params[k], whole), sum, 1e-12, 0.0, "sum over groups");
        for (int j = 0; j < 3; j++)
            is_close(whole[j], gradient[j], 1e-11, 0.0, "sum of gradients");
    }
}

static void
test_gradient(void)
{
    static const double params[][3] = {{6.25, 3.74, 15.44}, {0.7, 1.1, 40.0}, {80.0, 12.0, 3.0}};
    spend_group groups[500];

    for (size_t k = 0; k < 3; k++) {
        size_t n = mixed_groups(groups, 500);
        double gradient[3];

        likelihood_of(groups, n, params[k], gradient);
        for (int j = 0; j < 3; j++) {
            double above[3], below[3], h = 1e-5 * params[k][j], difference;

            memcpy(above, params[k], sizeof(above));
            memcpy(below, params[k], sizeof(below));
            above[j] += h;
            below[j] -= h;
            difference = (likelihood_of(groups, n, above, NULL) - likelihood_of(groups, n, below, NULL)) /
                         (above[j] - below[j]);
            is_close(gradient[j], difference, 1e-6, 0.0, "gradient against central differences");
        }
    }
}

static void
test_expected_spend(void)
{
    static const double other[] = {6.0, 4.0, 16.0}, no_mean[] = {6.0, 1.0, 16.0};
    double value = 0.0;

    gamma_gamma_expected_spend(cdnow, 0, 0.0, &value);
    is_close(value, 35.22, 0.0, 0.005, "E[M] of a new customer");
    gamma_gamma_expected_spend(cdnow, 2, 22.35, &value);
    is_close(value, 24.66, 0.0, 0.005, "E[M] of two purchases of 22.35");
    gamma_gamma_expected_spend(other, 3, 35.0, &value);
    is_close(value, 34.571429, 0.0, 5e-7, "E[M] of three purchases of 35");
    ok(gamma_gamma_expected_spend(no_mean, 0, 0.0, &value) == CLM_UNDEFINED, "no mean for q = 1");
    ok(gamma_gamma_expected_spend(no_mean, 1, 5.0, &value) == CLM_OK, "but after a purchase");
}

static void
test_errors(void)
{
    static const double bad[][3] = {{0, 1, 1}, {1, -1, 1}, {1, 1, INFINITY}, {NAN, 1, 1}};
    static const double huge[] = {1e300, 1e300, 1e300};
    double value;
    spend_group group = {3, 10.0, 1},
                wrong[] = {{0, 1.0, 1}, {1, 0.0, 1}, {1, NAN, 1}, {1, INFINITY, 1}, {1, 1.0, 0}};
    spend_sample sample;
    clm_status status;
    size_t one = 1;

    spend_sample_build(&group, 1, NULL, &sample);
    for (size_t i = 0; i < 4; i++) {
        ok(!gamma_gamma_valid(bad[i]) &&
               gamma_gamma_log_likelihood(&sample, bad[i], &value, NULL, NULL) == CLM_DOMAIN &&
               gamma_gamma_expected_spend(bad[i], 3, 10.0, &value) == CLM_DOMAIN,
           "parameters outside the domain: %zu", i);
    }
    ok(gamma_gamma_valid(cdnow), "valid parameters");
    status = gamma_gamma_log_likelihood(&sample, huge, &value, NULL, NULL);
    ok(status == CLM_OVERFLOW || (status == CLM_OK && isfinite(value)), "huge parameters give no infinity");
    spend_sample_free(&sample);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
        ok(spend_groups_merge(&wrong[i], &one, NULL) == CLM_DOMAIN, "group outside the domain: %zu", i);
    ok(gamma_gamma_expected_spend(cdnow, -1, 10.0, &value) == CLM_DOMAIN, "negative n");
    ok(gamma_gamma_expected_spend(cdnow, 1, -10.0, &value) == CLM_DOMAIN, "negative mean");
    ok(gamma_gamma_expected_spend(cdnow, 1000000, DBL_MAX, &value) == CLM_OVERFLOW, "overflow");
}

static bool
always(void *arg)
{
    (void)arg;
    return true;
}

static void
test_stop(void)
{
    clm_stop stop = {always, NULL};
    spend_group group = {3, 10.0, 1};
    spend_sample sample;
    double value;

    spend_sample_build(&group, 1, NULL, &sample);
    ok(gamma_gamma_log_likelihood(&sample, cdnow, &value, NULL, &stop) == CLM_STOPPED, "stops when asked");
    spend_sample_free(&sample);
}

static void
test_draws(void)
{
    static const double tiny[] = {1e-4, 1e-4, 1e-4};
    clm_rng rng;
    double sum = 0.0, mean = 6.25 * 15.44 / 2.74;
    bool in_range = true;
    int n = 200000;

    clm_rng_seed(&rng, 8, 0);
    for (int i = 0; i < n; i++)
        sum += gamma_gamma_draw_spend(cdnow, gamma_gamma_draw_customer(cdnow, &rng), &rng);
    /* Var = E[M]^2 ((p + 1) (q - 1) / (p (q - 2)) - 1) */
    is_close(sum / n, mean, 0.0, 5.0 * mean * sqrt((7.25 * 2.74 / (6.25 * 1.74) - 1.0) / n),
             "mean of drawn spends");
    for (int i = 0; i < 10000; i++) {
        double spend = gamma_gamma_draw_spend(tiny, gamma_gamma_draw_customer(tiny, &rng), &rng);

        in_range = in_range && spend >= 0.0 && isfinite(spend);
    }
    ok(in_range, "extreme parameters draw finite spends");
}

int
main(void)
{
    test_values();
    test_golden();
    test_sum();
    test_gradient();
    test_expected_spend();
    test_errors();
    test_stop();
    test_draws();
    return done_testing();
}
