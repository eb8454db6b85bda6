/*
 * Maximum-likelihood fits of contract families.
 *
 * Customers are followed from tenure to tenure: those who are still there share one survival from the tenure
 * before, so a likelihood costs two survivals a distinct tenure, each over a short time.
 */
#include "contract_fit.h"

#include <math.h>

#include "compensated.h"
#include "maximise.h"

#define MOST_STARTS 8

bool
contract_group_valid(const tenure_group *group)
{
    return tenure_group_valid(group) && (group->tenure > 0 || group->events == 0);
}

/* ---- the likelihood ---- */

/* A log-likelihood and its gradient as they add up. */
typedef struct likelihood_sums {
    const contract_family *family;
    const double *params;
    bool by_params; /* with gradient? */
    compensated_sum value, gradient[CLM_MAX_PARAMS];
} likelihood_sums;

static void
add_term(likelihood_sums *sums, double value, double factor, const double *gradient)
{
    compensated_add(&sums->value, value);
    for (int i = 0; i < sums->family->nparams && sums->by_params; i++)
        compensated_add(&sums->gradient[i], factor * gradient[i]);
}

/* Of customers with that tenure so many stay `ahead` periods; a further number, where ahead is 1, leaves. */
static void
add_step(likelihood_sums *sums, double tenure, double ahead, double stay, double leave)
{
    double gradient[CLM_MAX_PARAMS];
    double log_stay =
        sums->family->log_survival(sums->params, tenure, ahead, sums->by_params ? gradient : NULL);

    if (stay > 0.0)
        add_term(sums, stay * log_stay, stay, gradient);
    if (leave > 0.0)
        add_term(sums, leave * log(-expm1(log_stay)), -leave / expm1(-log_stay), gradient);
}

static double
count_customers(const tenure_group *groups, size_t n)
{
    double customers = 0.0;

    for (size_t i = 0; i < n; i++)
        customers += (double)groups[i].customers;
    return customers;
}

static clm_status
finish_sums(const likelihood_sums *sums, double *value, double *gradient)
{
    bool finite;

    *value = compensated_value(&sums->value);
    finite = isfinite(*value);
    for (int i = 0; i < sums->family->nparams && sums->by_params; i++) {
        gradient[i] = compensated_value(&sums->gradient[i]);
        finite = finite && isfinite(gradient[i]);
    }
    return finite ? CLM_OK : CLM_OVERFLOW;
}

/* Groups between two looks at the stop callback: one costs up to a microsecond. */
#define STOP_EVERY 1024

clm_status
contract_log_likelihood(const contract_family *family, const tenure_group *groups, size_t n,
                        const double *params, double *value, double *gradient, const clm_stop *stop)
{
    likelihood_sums sums = {.family = family, .params = params, .by_params = gradient != NULL};
    double at_risk = count_customers(groups, n);
    int64_t before = 0;

    if (!family->valid(params))
        return CLM_DOMAIN;
    for (size_t i = 0; i < n; i++) {
        int64_t tenure = groups[i].tenure;
        double events = (double)groups[i].events;

        if (i % STOP_EVERY == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        if (events > 0.0) {
            if (before < tenure - 1)
                add_step(&sums, (double)before, (double)(tenure - 1 - before), at_risk, 0.0);
            add_step(&sums, (double)(tenure - 1), 1.0, at_risk - events, events);
        } else if (before < tenure)
            add_step(&sums, (double)before, (double)(tenure - before), at_risk, 0.0);
        before = tenure;
        at_risk -= (double)groups[i].customers;
    }
    return finish_sums(&sums, value, gradient);
}

/* ---- the fit ---- */

/* A family and the customers it is fitted to. */
typedef struct contract_problem {
    const contract_family *family;
    const tenure_group *groups;
    size_t n;
} contract_problem;

static clm_status
evaluate_contract(const void *data, const double *params, double *value, double *gradient,
                  const clm_stop *stop)
{
    const contract_problem *problem = data;

    return contract_log_likelihood(problem->family, problem->groups, problem->n, params, value, gradient,
                                   stop);
}

/* Sums over the sample that decide whether a fit can be. */
typedef struct sample_summary {
    bool valid;
    double customers, events;
    double renewals; /* how often somebody could have left */
} sample_summary;

static sample_summary
summarise(const tenure_group *groups, size_t n)
{
    sample_summary s = {.valid = true};

    for (size_t i = 0; i < n; i++) {
        s.valid = s.valid && contract_group_valid(&groups[i]);
        s.customers += (double)groups[i].customers;
        s.events += (double)groups[i].events;
        s.renewals += (double)groups[i].customers * (double)groups[i].tenure;
    }
    return s;
}

static clm_status
check_sample(const contract_problem *problem, const sample_summary *s)
{
    if (!s->valid)
        return CLM_DOMAIN;
    if (s->customers < 2.0)
        return CLM_FIT_TOO_FEW;
    if (s->customers > (double)SURVIVAL_MOST_CUSTOMERS)
        return CLM_OVERFLOW;
    if (s->events == 0.0)
        return CLM_FIT_NO_CHURN;
    if (problem->n == 1 && s->events == s->customers)
        return CLM_FIT_ONE_PERIOD;
    /* Each period tells one number, the share that stays. */
    if (problem->groups[problem->n - 1].tenure < problem->family->nparams)
        return CLM_FIT_HESSIAN;
    return CLM_OK;
}

/* The family's starting points as thetas; returns how many. */
static int
find_starts(const contract_family *family, double churn, double starts[][MAXIMISE_PARAMS])
{
    double params[MOST_STARTS][CLM_MAX_PARAMS];
    int n = family->starts(churn, MOST_STARTS, params);

    for (int s = 0; s < n; s++)
        for (int i = 0; i < family->nparams; i++)
            starts[s][i] = log(params[s][i]);
    return n;
}

clm_status
fit_contract_family(const contract_family *family, const tenure_group *groups, size_t n, const clm_stop *stop,
                    model_fit *fit)
{
    contract_problem problem = {family, groups, n};
    sample_summary s = summarise(groups, n);
    likelihood f = {.nparams = family->nparams,
                    .npositive = family->nparams,
                    .evaluate = evaluate_contract,
                    .sample = &problem,
                    .customers = s.customers,
                    .stop = stop};
    double starts[MOST_STARTS][MAXIMISE_PARAMS];
    int n_starts;
    optimum o = {0};
    clm_status status = check_sample(&problem, &s);

    if (status != CLM_OK)
        return status;
    n_starts = find_starts(family, fmin(s.events / s.renewals, 0.99), starts);
    for (int i = 0; i < f.nparams; i++)
        f.unit[i] = 1.0;
    status = maximise(&f, n_starts, starts, &o);
    if (status == CLM_OK)
        status = fit_from_optimum(&f, &o, 0, fit);
    if (status == CLM_OK && !family->valid(fit->params))
        status = CLM_FIT_BORDER;
    return status;
}
