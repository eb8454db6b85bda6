/*
 * Fits to a handful of customers, however odd: an error that says why, or parameters of the domain with standard errors;
 * and the order of the customers does not matter.
 */
#include "../../src/core/choice.h"
#include "../../src/core/contract_fit.h"
#include "../../src/core/covariate_fit.h"
#include "../../src/core/fit.h"
#include "../../src/core/logistic.h"
#include "../../src/core/wide_rows.h"
#include "fuzz.h"

#define MOST 8

/* A fit that does not end soon is given up: the time that it takes is no subject here. */
static bool
enough(void *arg)
{
    return ++*(int *)arg > 3000;
}

static bool
is_fit(const model_fit *fit, int first)
{
    for (int i = first; i < fit->nparams; i++)
        if (!(fit->params[i] > 0 && isfinite(fit->params[i]) && fit->se[i] >= 0 && isfinite(fit->se[i])))
            return false;
    return isfinite(fit->log_likelihood);
}

static const customer_family *
read_family(fuzz_input *in)
{
    int families = 0;

    while (customer_families[families] != NULL)
        families++;
    return customer_families[fuzz_pick(in, (size_t)families)];
}

static size_t
read_customers(fuzz_input *in, customer_group *groups)
{
    size_t n = fuzz_pick(in, MOST + 1);
    bool odd = fuzz_byte(in) < 32;

    memset(groups, 0, MOST * sizeof(*groups));
    for (size_t i = 0; i < n; i++) {
        customer_summary *c = &groups[i].of;

        c->t = odd ? fuzz_double(in) : fuzz_between(in, 10, 40);
        c->x = odd ? fuzz_int64(in) : fuzz_between(in, 0, 6);
        c->t_x = c->x == 0 ? 0 : odd ? c->t * fuzz_share(in) : fuzz_between(in, (int)c->x, 10);
        groups[i].weight = odd ? fuzz_int64(in) : fuzz_between(in, 1, 30);
    }
    return n;
}

static void
check_family(fuzz_input *in)
{
    const customer_family *family = read_family(in);
    customer_group groups[MOST], other[MOST];
    customer_data data = {.groups = groups}, reversed = {.groups = other};
    double prior = fuzz_bool(in) ? fuzz_share(in) : 0;
    int asked = 0, asked_again = 0;
    clm_stop stop = {enough, &asked}, stop_again = {enough, &asked_again};
    model_fit fit, again;
    clm_status status;

    data.has_gaps = fuzz_byte(in) >= 16;
    data.log_gaps = fuzz_between(in, 0, 100);
    data.n = read_customers(in, groups);
    reversed.n = data.n;
    reversed.has_gaps = data.has_gaps;
    reversed.log_gaps = data.log_gaps;
    for (size_t i = 0; i < data.n; i++)
        other[i] = groups[data.n - 1 - i];
    status = fit_customer_family(family, &data, prior, &stop, &fit);
    if (status == CLM_STOPPED)
        return;
    CHECK(status != CLM_OK || (is_fit(&fit, 0) && family->valid(fit.params)));
    if (fuzz_byte(in) < 64) {
        clm_status other_status = fit_customer_family(family, &reversed, prior, &stop_again, &again);

        /* Which of several faults is found first depends on the order. */
        CHECK((other_status == CLM_OK) == (status == CLM_OK));
        CHECK(status != CLM_OK ||
              memcmp(fit.params, again.params, (size_t)fit.nparams * sizeof(double)) == 0);
    }
}

static void
check_choice(fuzz_input *in)
{
    customer_group groups[MOST];
    customer_data data = {.groups = groups};
    choice_data all = {&data, NULL, NULL};
    int asked = 0;
    clm_stop stop = {enough, &asked};
    family_choice choice;

    data.n = read_customers(in, groups);
    data.has_gaps = fuzz_byte(in) < 32;
    if (choose_family(NULL, &all, 0, &stop, &choice) == CLM_OK)
        CHECK(choice.best >= 0 && choice.best < choice.n && is_fit(&choice.fit, 0));
}

static void
check_spend(fuzz_input *in)
{
    spend_group groups[MOST];
    size_t n = fuzz_pick(in, MOST + 1);
    bool odd = fuzz_byte(in) < 32;
    int asked = 0;
    clm_stop stop = {enough, &asked};
    model_fit fit;

    for (size_t i = 0; i < n; i++)
        groups[i] =
            odd ? (spend_group){fuzz_int64(in), fuzz_double(in), fuzz_int64(in)}
                : (spend_group){fuzz_between(in, 1, 9), fuzz_between(in, 1, 100), fuzz_between(in, 1, 9)};
    if (fit_spend(groups, &n, fuzz_bool(in) ? fuzz_share(in) : 0, &stop, &fit) == CLM_OK)
        CHECK(is_fit(&fit, 0));
}

static void
check_contract(fuzz_input *in)
{
    tenure_group groups[MOST];
    size_t n = fuzz_pick(in, MOST + 1), family = 0, families = 0;
    bool odd = fuzz_byte(in) < 32;
    int asked = 0;
    clm_stop stop = {enough, &asked};
    model_fit fit;

    while (contract_families[families] != NULL)
        families++;
    family = fuzz_pick(in, families);
    for (size_t i = 0; i < n; i++) {
        groups[i] =
            odd ? (tenure_group){fuzz_int64(in), fuzz_int64(in), fuzz_int64(in)}
                : (tenure_group){fuzz_between(in, 1, 12), fuzz_between(in, 0, 50), fuzz_between(in, 50, 99)};
        if (!tenure_group_valid(&groups[i]))
            return;
    }
    if (n > 0 && tenure_groups_merge(groups, &n, NULL) == CLM_OK &&
        fit_contract_family(contract_families[family], groups, n, &stop, &fit) == CLM_OK)
        CHECK(is_fit(&fit, 0));
}

static void
check_covariates(fuzz_input *in)
{
    const customer_family *family = read_family(in);
    customer_group groups[MOST];
    double z[MOST * 3], own[CLM_MAX_PARAMS], effects[6];
    covariate_data data = {.ncovariates = fuzz_between(in, 1, 3), .groups = groups, .z = z};
    int asked = 0, culprit = -1;
    clm_stop stop = {enough, &asked};
    model_fit fit;

    data.n = read_customers(in, groups);
    for (size_t i = 0; i < data.n * (size_t)data.ncovariates; i++)
        z[i] = fuzz_byte(in) < 16 ? fuzz_finite(in) : fuzz_between(in, -2, 2);
    for (int i = 0; i < 6; i++)
        effects[i] = fuzz_finite(in);
    if (data.n > 0 &&
        covariate_params(family, family->typical_params, data.ncovariates, effects, z, own) == CLM_OK)
        for (int i = 0; i < family->nparams; i++)
            CHECK(own[i] > 0 && isfinite(own[i]));
    switch (fit_with_covariates(family, &data, fuzz_bool(in) ? 1 : 0, &stop, &fit, &culprit)) {
        case CLM_OK:
            CHECK(is_fit(&fit, 0) && fit.ncovariates == data.ncovariates);
            for (int i = 0; i < 2 * fit.ncovariates; i++)
                CHECK(isfinite(fit.effects[i]) && isfinite(fit.effects_se[i]));
            break;
        case CLM_FIT_CONSTANT:
        case CLM_FIT_COLLINEAR:
            CHECK(culprit >= 0 && culprit < data.ncovariates);
            break;
        default:
            break;
    }
}

static void
check_logistic(fuzz_input *in)
{
    logistic_number rows[MOST * 5];
    size_t n = fuzz_pick(in, MOST + 1), p = 1 + fuzz_pick(in, 3), width = LOGISTIC_COUNTS + p;
    double coefficients[4], se[4], means[3], probability = NAN, x[3];
    logistic_fit fit = {.coefficients = coefficients, .se = se, .means = means};
    logistic_reason reasons[3];
    bool odd = fuzz_byte(in) < 64;
    int asked = 0;
    clm_stop stop = {enough, &asked};

    for (size_t i = 0; i < n; i++) {
        rows[i * width].n = odd ? fuzz_int64(in) : fuzz_between(in, 1, 20);
        rows[i * width + 1].n = odd ? fuzz_int64(in) : fuzz_between(in, 0, (int)rows[i * width].n);
        for (size_t j = 0; j < p; j++)
            rows[i * width + LOGISTIC_COUNTS + j].x = odd ? fuzz_finite(in) : fuzz_between(in, -3, 3);
        if (!logistic_row_valid(&rows[i * width]))
            return;
    }
    for (size_t j = 0; j < p; j++)
        x[j] = fuzz_finite(in);
    if (wide_rows_merge(rows, &n, width, LOGISTIC_COUNTS, NULL) != CLM_OK || n == 0 ||
        logistic_estimate(rows, n, p, fuzz_bool(in) ? LOGISTIC_RIDGE : fabs(fuzz_finite(in)), &stop, &fit) !=
            CLM_OK)
        return;
    for (size_t j = 0; j <= p; j++)
        CHECK(isfinite(coefficients[j]) && isfinite(se[j]) && se[j] >= 0);
    CHECK(isfinite(fit.log_likelihood) && fit.log_likelihood <= 0 && is_share(fit.auc));
    if (logistic_score(coefficients, x, p, &probability) == CLM_OK)
        CHECK(is_share(probability));
    if (logistic_reasons(coefficients, means, x, p, reasons) == CLM_OK)
        for (size_t j = 0; j < p; j++)
            CHECK(reasons[j].signal < p && isfinite(reasons[j].contribution));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const checks[])(fuzz_input *) = {check_family,   check_choice,     check_spend,
                                                   check_contract, check_covariates, check_logistic};
    fuzz_input in = {bytes, size};

    checks[fuzz_pick(&in, COUNT_OF(checks))](&in);
    return 0;
}
