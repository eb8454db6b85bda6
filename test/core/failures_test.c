/*
 * What the core does where it cannot go on: memory that runs out at any allocation, and a stop at any look at the callback, in
 * each long piece of work. The status says so, nothing leaks, and the same work done once more gives the same answer, bit for bit.
 *
 * The Makefile links this program so that the core's malloc, calloc, realloc and free are those below.
 */
#include "core/choice.h"
#include "core/concentration.h"
#include "core/contract_fit.h"
#include "core/contract_value.h"
#include "core/covariate_fit.h"
#include "core/empc.h"
#include "core/fit.h"
#include "core/history.h"
#include "core/interval.h"
#include "core/logistic.h"
#include "core/markov.h"
#include "core/models/contract.h"
#include "core/models/family.h"
#include "core/random.h"
#include "core/ranking.h"
#include "core/simulate.h"
#include "core/survival.h"
#include "core/tracking.h"
#include "core/wide_rows.h"
#include "tap.h"

#include <string.h>

/* ---- memory and looks that fail at a place ---- */

typedef struct counter {
    long calls, fails_at; /* 0: never */
} counter;

static counter allocations, looks;
static long blocks; /* allocated and not freed */

static bool
fails(counter *c)
{
    return ++c->calls == c->fails_at;
}

extern void *__real_malloc(size_t size);
extern void *__real_calloc(size_t n, size_t size);
extern void *__real_realloc(void *block, size_t size);
extern void __real_free(void *block);

static void *
counted(void *block)
{
    blocks += block != NULL;
    return block;
}

extern void *__wrap_malloc(size_t size);
extern void *__wrap_calloc(size_t n, size_t size);
extern void *__wrap_realloc(void *block, size_t size);
extern void __wrap_free(void *block);

void *
__wrap_malloc(size_t size)
{
    return fails(&allocations) ? NULL : counted(__real_malloc(size));
}

void *
__wrap_calloc(size_t n, size_t size)
{
    return fails(&allocations) ? NULL : counted(__real_calloc(n, size));
}

void *
__wrap_realloc(void *block, size_t size)
{
    if (fails(&allocations))
        return NULL;
    return block == NULL ? counted(__real_realloc(block, size)) : __real_realloc(block, size);
}

void
__wrap_free(void *block)
{
    blocks -= block != NULL;
    __real_free(block);
}

static bool
look(void *arg)
{
    (void)arg;
    return fails(&looks);
}

static const clm_stop stop = {look, NULL};

/* ---- the sweep ---- */

/* A piece of work: what it needs is made anew by prepare; its answer is up to so many numbers. */
#define ANSWERS 40

typedef struct work {
    const char *name;
    void (*prepare)(void);
    clm_status (*run)(double *answer);
    long each;  /* the first so many places are all tried, of the others some */
    bool keeps; /* after a stop its input is still the same customers: the work can be done on it */
} work;

/* One run with a failure at that place of allocations or looks; 0 is none. */
static clm_status
run_with(const work *w, counter *failing, long at, double *answer)
{
    clm_status status;

    allocations = looks = (counter){0, 0};
    if (failing != NULL)
        failing->fails_at = at;
    memset(answer, 0, ANSWERS * sizeof(*answer));
    status = w->run(answer);
    allocations.fails_at = looks.fails_at = 0;
    return status;
}

static void
sweep(const work *w, counter *failing, clm_status expected, const double *answer, long places,
      const char *what)
{
    long tried = 0, wrong = 0, leaks = 0, late = 0, different = 0, held = blocks;

    for (long at = 1; at <= places; at += at < w->each ? 1 : 1 + at / 2, tried++) {
        double again[ANSWERS];

        w->prepare();
        held = blocks;
        wrong += run_with(w, failing, at, again) != expected;
        late += failing->calls != at && expected == CLM_STOPPED;
        leaks += blocks != held;
        if (!w->keeps)
            w->prepare();
        wrong += run_with(w, NULL, 0, again) != CLM_OK;
        different += memcmp(answer, again, sizeof(again)) != 0;
        leaks += blocks != held;
    }
    ok(wrong == 0, "%s: %s at any of %ld of %ld places", w->name, what, tried, places);
    ok(leaks == 0, "%s: %s leaks nothing", w->name, what);
    ok(late == 0, "%s: after it no look is taken", w->name);
    ok(different == 0, "%s: the same answer afterwards", w->name);
}

static void
test_work(const work *w)
{
    double answer[ANSWERS];
    long n_allocations, n_looks;

    w->prepare();
    if (!ok(run_with(w, NULL, 0, answer) == CLM_OK, "%s", w->name))
        return;
    n_allocations = allocations.calls;
    n_looks = looks.calls;
    if (n_allocations > 0)
        sweep(w, &allocations, CLM_NO_MEMORY, answer, n_allocations, "memory that runs out");
    if (n_looks > 0)
        sweep(w, &looks, CLM_STOPPED, answer, n_looks, "a stop");
}

/* ---- customers ---- */

#define FEW 80
#define MANY 17000

static const customer_family *family;
static customer_group groups[MANY], later_groups[MANY];
static spend_group spend[MANY];
static double covariates[MANY];
static customer_data customers, later;
static size_t n_spend;

static const customer_family *
family_of(const char *name)
{
    return customer_family_by_name(name, strlen(name));
}

static customer_group drawn[MANY], drawn_later[MANY];
static double drawn_log_gaps, drawn_later_log_gaps;

/* Customers of the family with its typical parameters: what they bought in t periods, and in 20 more. */
static void
draw_new_customers(size_t n)
{
    clm_times times = {0};

    drawn_log_gaps = drawn_later_log_gaps = 0.0;
    for (size_t i = 0; i < n; i++) {
        clm_rng rng;
        double t = (double)(40 + i % 20), before = 0.0;

        clm_rng_seed(&rng, 11, i);
        times.n = 0;
        family->draw(family->typical_params, t + 20.0, &rng, &times, NULL);
        drawn[i] = (customer_group){{0, 0.0, t}, 1};
        for (size_t j = 0; j < times.n; before = times.values[j++]) {
            double log_gap = log(times.values[j] - before);

            drawn_later_log_gaps += log_gap;
            if (times.values[j] > t)
                continue;
            drawn_log_gaps += log_gap;
            drawn[i].of.x++;
            drawn[i].of.t_x = times.values[j];
        }
        drawn_later[i] = (customer_group){{(int64_t)times.n, before, t + 20.0}, 1};
        covariates[i] = (double)(i % 7);
    }
    free(times.values);
}

/* Each time the same ones, in their first order. */
static void
draw_customers(size_t n)
{
    static const customer_family *drawn_family;
    static size_t n_drawn;

    if (drawn_family != family || n_drawn != n)
        draw_new_customers(n);
    drawn_family = family;
    n_drawn = n;
    memcpy(groups, drawn, n * sizeof(*groups));
    memcpy(later_groups, drawn_later, n * sizeof(*groups));
    customers = (customer_data){groups, n, true, drawn_log_gaps};
    later = (customer_data){later_groups, n, true, drawn_later_log_gaps};
}

static void
few_customers(void)
{
    draw_customers(FEW);
}

static void
many_customers(void)
{
    draw_customers(MANY);
}

/* So many that climbing happens on a part of them. */
static void
customers_of_two_parts(void)
{
    draw_customers(5500);
}

static clm_status
fit_answer(clm_status status, const model_fit *fit, double *answer)
{
    memcpy(answer, fit->params, sizeof(fit->params));
    memcpy(answer + CLM_MAX_PARAMS, fit->se, sizeof(fit->se));
    answer[2 * CLM_MAX_PARAMS] = fit->log_likelihood;
    answer[2 * CLM_MAX_PARAMS + 1] = fit->effects[0];
    return status;
}

static clm_status
fit_family(double *answer)
{
    model_fit fit = {0};

    return fit_answer(fit_customer_family(family, &customers, 1.0, &stop, &fit), &fit, answer);
}

static clm_status
log_likelihood(double *answer)
{
    return customer_log_likelihood(family, family->typical_params, &customers, &stop, answer);
}

static clm_status
fit_covariates(double *answer)
{
    const covariate_data data = {1, customers.n, groups, covariates};
    model_fit fit = {0};
    int culprit;

    return fit_answer(fit_with_covariates(family, &data, 1.0, &stop, &fit, &culprit), &fit, answer);
}

static clm_status
choose_by_bic(double *answer)
{
    const choice_data data = {&customers, NULL, NULL};
    family_choice choice;
    clm_status status = choose_family(NULL, &data, 1.0, &stop, &choice);

    answer[ANSWERS - 1] = choice.best;
    return fit_answer(status, &choice.fit, answer);
}

static clm_status
choose_by_holdout(double *answer)
{
    customer_group all[FEW];
    customer_data whole = {all, later.n, true, later.log_gaps};
    const choice_data data = {&whole, &customers, &later};
    family_choice choice;
    clm_status status;

    memcpy(all, later_groups, sizeof(all));
    status = choose_family(family, &data, 1.0, &stop, &choice);
    return fit_answer(status, &choice.fit, answer);
}

/* ---- customers that lie elsewhere ---- */

static clm_status
evaluate_groups(void *arg, int n, double params[][CLM_MAX_PARAMS], double *values,
                double gradients[][CLM_MAX_PARAMS])
{
    customer_sample *sample = arg;
    clm_status status = CLM_OK;

    for (int i = 0; i < n && status == CLM_OK; i++)
        status = family->log_likelihood(sample, params[i], &values[i], gradients[i], &stop);
    return status;
}

static clm_status
fit_source(double *answer)
{
    customer_group picture[FEW];
    customer_source source = {.longest = 59.0, .picture = picture, .n = FEW, .evaluate = evaluate_groups};
    customer_sample sample;
    model_fit fit = {0};
    clm_status status = customer_groups_merge(groups, &customers.n, &stop);

    memcpy(picture, groups, customers.n * sizeof(*picture));
    source.n = customers.n;
    if (status == CLM_OK)
        status = customer_sample_build(groups, customers.n, &stop, &sample);
    if (status != CLM_OK)
        return status;
    source.arg = &sample;
    source.moments = customer_sample_moments(&sample, 1.0);
    status = fit_customer_source(family, &source, 1.0, &stop, &fit);
    customer_sample_free(&sample);
    return fit_answer(status, &fit, answer);
}

/* ---- spend ---- */

static void
draw_spend(size_t n)
{
    static const double params[] = {6.25, 3.74, 15.44};

    n_spend = n;
    for (size_t i = 0; i < n; i++) {
        clm_rng rng;
        double nu, sum = 0.0;

        clm_rng_seed(&rng, 12, i);
        nu = gamma_gamma_draw_customer(params, &rng);
        spend[i] = (spend_group){.n = 1 + (int64_t)(i % 5), .weight = 1 + (int64_t)(i % 2)};
        for (int64_t j = 0; j < spend[i].n; j++)
            sum += gamma_gamma_draw_spend(params, nu, &rng);
        spend[i].m = sum / (double)spend[i].n;
    }
}

static void
few_spend(void)
{
    draw_spend(FEW);
}

static void
many_spend(void)
{
    draw_spend(MANY);
}

static clm_status
fit_spend_alone(double *answer)
{
    model_fit fit = {0};

    return fit_answer(fit_spend(spend, &n_spend, 1.0, &stop, &fit), &fit, answer);
}

static clm_status
spend_likelihood(double *answer)
{
    static const double params[] = {6.25, 3.74, 15.44};
    spend_sample sample;
    clm_status status = spend_groups_merge(spend, &n_spend, &stop);

    if (status == CLM_OK)
        status = spend_sample_build(spend, n_spend, &stop, &sample);
    if (status != CLM_OK)
        return status;
    status = gamma_gamma_log_likelihood(&sample, params, answer, answer + 1, &stop);
    spend_sample_free(&sample);
    return status;
}

static clm_status
evaluate_spend_groups(void *arg, int n, double params[][CLM_MAX_PARAMS], double *values,
                      double gradients[][CLM_MAX_PARAMS])
{
    clm_status status = CLM_OK;

    for (int i = 0; i < n && status == CLM_OK; i++)
        status = gamma_gamma_log_likelihood(arg, params[i], &values[i], gradients[i], &stop);
    return status;
}

static clm_status
fit_spend_elsewhere(double *answer)
{
    spend_group picture[FEW];
    spend_source source = {
        .least = 1.0, .largest = 1e6, .picture = picture, .evaluate = evaluate_spend_groups};
    spend_sample sample;
    model_fit fit = {0};
    clm_status status = spend_groups_merge(spend, &n_spend, &stop);

    memcpy(picture, spend, n_spend * sizeof(*picture));
    source.n = n_spend;
    if (status == CLM_OK)
        status = spend_sample_build(spend, n_spend, &stop, &sample);
    if (status != CLM_OK)
        return status;
    source.arg = &sample;
    source.customers = sample.customers;
    source.mean_log_m = sample.mean_log_m;
    status = fit_spend_source(&source, 1.0, &stop, &fit);
    spend_sample_free(&sample);
    return fit_answer(status, &fit, answer);
}

/* ---- one customer ---- */

static void
nothing(void)
{
}

static clm_status
draw_one(double *answer)
{
    static const double often[][CLM_MAX_PARAMS] = {{50, 1, 1, 1e6}, {50, 1, 1, 1e6},    {50, 1, 1, 1e6},
                                                   {5, 5, 1, 1e6},  {2, 50, 1, 1, 1e6}, {2, 50, 1, 1, 1e6}};
    clm_times times = {0};
    clm_rng rng;
    clm_status status;

    clm_rng_seed(&rng, 13, 0);
    status = family->draw(often[customer_family_place(family)], 3000.0, &rng, &times, &stop);
    answer[0] = (double)times.n;
    free(times.values);
    return status;
}

static clm_status
simulate_one(double *answer)
{
    simulation s = {.seed = 14,
                    .family = family,
                    .params = {50, 1, 1, 1e6},
                    .spend = {6.25, 3.74, 15.44},
                    .period = 7,
                    .join_days = 1,
                    .days = 2000};
    simulated_purchases purchases = {{0}, {0}};
    clm_status status = simulate_customer(&s, 1, &purchases, &stop);

    answer[0] = (double)purchases.days.n;
    answer[1] = purchases.amounts.n > 0 ? purchases.amounts.values[purchases.amounts.n - 1] : 0.0;
    simulated_purchases_free(&purchases);
    return status;
}

static clm_status
intervals_of_one(double *answer)
{
    static const double spend_params[] = {6.25, 3.74, 15.44};
    const spend_evidence evidence = {spend_params, 3, 40.0};
    const customer_summary c = {3, 20.0, 40.0};
    const valuation v = {52.0, 0.002, 0.3};
    customer_intervals i;
    clm_status status =
        customer_intervals_of(family, family->typical_params, &c, &evidence, &v, 0.9, &stop, &i);

    memcpy(answer, (double[]){i.expected.lower, i.expected.upper, i.purchases.upper, i.value.upper},
           4 * sizeof(double));
    return status;
}

/* ---- groups of scores, values, tenures, days ---- */

static scored_group scores[MANY];
static value_group values[MANY];
static tenure_group tenures[MANY];
static tracking_day days[MANY];
static history_row rows[MANY];

/* Of a customer whose readiness to leave is beta(1, 4), seen for at most 12 periods. */
static tenure_group
draw_tenure(clm_rng *rng)
{
    double leaves = clm_rng_beta(rng, 1.0, 4.0);

    for (int64_t t = 1; t < 12; t++)
        if (clm_rng_uniform(rng) < leaves)
            return (tenure_group){t, 1, 1};
    return (tenure_group){12, 0, 1};
}

static void
make_groups(void)
{
    clm_rng rng;

    clm_rng_seed(&rng, 15, 0);
    for (size_t i = 0; i < MANY; i++) {
        scores[i] = (scored_group){clm_rng_uniform(&rng), 1, clm_rng_uniform(&rng) < 0.3};
        values[i] = (value_group){clm_rng_normal(&rng) + 1.0, 1};
        tenures[i] = draw_tenure(&rng);
        days[i] = (tracking_day){i == 0 ? 0 : (int64_t)(1000.0 * clm_rng_uniform(&rng)), 1, 2};
        rows[i] = make_history_row((int32_t)(30000.0 * clm_rng_uniform(&rng)), clm_rng_normal(&rng), false);
    }
}

static clm_status
rank_scores(double *answer)
{
    size_t n = MANY;
    ranking_measures m = {0};
    clm_status status = scored_groups_merge(scores, &n, &stop);

    if (status == CLM_OK)
        status = measure_ranking(scores, n, &stop, &m);
    memcpy(answer, (double[]){m.auc, m.lift, m.brier, m.bins[9].mean_score}, 4 * sizeof(double));
    return status;
}

static clm_status
profit_of_scores(double *answer)
{
    size_t n = MANY;
    campaign_profit p = {0};
    clm_status status = scored_groups_merge(scores, &n, &stop);

    if (status == CLM_OK)
        status = measure_campaign(scores, n, &default_campaign, &stop, &p);
    memcpy(answer, &p, sizeof(p));
    return status;
}

static clm_status
concentrate(double *answer)
{
    size_t n = MANY;
    concentration c = {0};
    clm_status status = value_groups_merge(values, &n, &stop);

    if (status == CLM_OK)
        status = concentration_of(values, n, &stop, &c);
    memcpy(answer, (double[]){c.total, c.peak, c.top20, c.top80_share}, 4 * sizeof(double));
    return status;
}

static clm_status
fit_tenures(double *answer)
{
    size_t n = MANY;
    model_fit fit = {0};
    clm_status status = tenure_groups_merge(tenures, &n, &stop);

    if (status == CLM_OK)
        status = fit_contract_family(contract_families[0], tenures, n, &stop, &fit);
    return fit_answer(status, &fit, answer);
}

static clm_status
value_contract(double *answer)
{
    static const double params[] = {1.0, 3.0};
    const contract_terms terms = {0.0, false, 1000000, true};

    return contract_multiple(contract_family_by_name("sbg", 3), params, 2.0, &terms, &stop, answer);
}

static clm_status
track_days(double *answer)
{
    static int64_t day[MANY], joined[MANY], repeats[MANY];
    const int64_t ends[] = {10, 500, 999};
    int64_t actual[3];
    size_t n = MANY;
    clm_status status = tracking_days_merge(days, &n, &stop);
    tracking t = {1000, n, day, joined, repeats};

    if (status != CLM_OK)
        return status;
    for (size_t i = 0; i < n; i++) {
        day[i] = days[i].day;
        joined[i] = days[i].joined;
        repeats[i] = days[i].repeats;
    }
    return track_purchases(&t, family, family->typical_params, 7, ends, 3, actual, answer, &stop);
}

static clm_status
finish_history(double *answer)
{
    static history_row scratch[MANY];
    size_t n = MANY;
    clm_status status = history_finish_rows(rows, &n, scratch, &stop);

    answer[0] = (double)n;
    answer[1] = history_row_amount(&rows[0]);
    return status;
}

/* ---- long lists in few runs, and names ---- */

#define LONG 140000

static tracking_day long_days[LONG];
static move_count moves[LONG / 4];
static char names[LONG / 4][8];

static void
make_lists(void)
{
    for (size_t i = 0; i < LONG; i++)
        long_days[i] = (tracking_day){(int64_t)(i % (LONG / 2)), 1, 1};
    for (size_t i = 0; i < LONG / 4; i++) {
        snprintf(names[i], sizeof(names[i]), "%zu", i * 40503 % 65537);
        moves[i] = (move_count){{names[i], strlen(names[i])}, {names[i / 2], strlen(names[i / 2])}, 1};
    }
}

static clm_status
merge_days(double *answer)
{
    size_t n = LONG;
    clm_status status = tracking_days_merge(long_days, &n, &stop);

    answer[0] = (double)n;
    answer[1] = (double)long_days[n - 1].joined;
    return status;
}

static clm_status
sort_names(double *answer)
{
    static const state_name *found[LONG / 2], *scratch[LONG / 2];
    static move_count moves_scratch[LONG / 4];
    size_t n = 0;
    clm_status status = sort_moves(moves, LONG / 4, moves_scratch, &stop);

    if (status == CLM_OK)
        status = distinct_state_names(moves, LONG / 4, found, scratch, &n, &stop);
    answer[0] = (double)n;
    return status;
}

/* ---- signals ---- */

#define ROWS 100000
#define SIGNALS 2
#define WIDTH (LOGISTIC_COUNTS + SIGNALS)

static logistic_number signals[ROWS * WIDTH];

static void
make_signals(void)
{
    clm_rng rng;

    clm_rng_seed(&rng, 16, 0);
    for (size_t i = 0; i < ROWS; i++) {
        logistic_number *row = &signals[i * WIDTH];

        row[2].x = clm_rng_normal(&rng);
        row[3].x = clm_rng_uniform(&rng);
        row[0].n = 1;
        row[1].n = clm_rng_uniform(&rng) < 1.0 / (1.0 + exp(1.0 - row[2].x));
    }
}

static clm_status
fit_signals(size_t n, double *answer)
{
    double coefficients[1 + SIGNALS], se[1 + SIGNALS], means[SIGNALS];
    logistic_fit fit = {.coefficients = coefficients, .se = se, .means = means};
    clm_status status = logistic_estimate(signals, n, SIGNALS, LOGISTIC_RIDGE, &stop, &fit);

    if (status == CLM_OK)
        memcpy(answer, (double[]){coefficients[0], coefficients[1], se[2], fit.auc}, 4 * sizeof(double));
    return status;
}

static clm_status
fit_few_signals(double *answer)
{
    return fit_signals(200, answer);
}

static clm_status
fit_many_signals(double *answer)
{
    return fit_signals(ROWS, answer);
}

/* ---- wide rows ---- */

static uint64_t wide[3 * MANY];

/* The product with this odd number is undone by that with its inverse (Newton's iteration mod 2^64). */
static uint64_t
inverse_of(uint64_t odd)
{
    uint64_t inverse = odd;

    for (int i = 0; i < 6; i++)
        inverse *= 2 - odd * inverse;
    return inverse;
}

/* Rows of a count and a key; all the keys differ, and all have the same part of the hash by which rows are sorted first. */
static void
colliding_rows(void)
{
    for (uint64_t i = 0; i < MANY; i++) {
        uint64_t hash =
            (((uint64_t)5 << 31) | (i * 40503 % 65537)) * inverse_of(UINT64_C(0xd6e8feb86659fd93));

        hash ^= hash >> 32;
        wide[2 * i] = 1;
        wide[2 * i + 1] = (hash * inverse_of(UINT64_C(0x9e3779b97f4a7c15))) ^ 1;
    }
}

static clm_status
merge_wide(double *answer)
{
    size_t n = MANY;
    clm_status status = wide_rows_merge(wide, &n, 2, 1, &stop);

    answer[0] = (double)n;
    memcpy(answer + 1, wide, 30 * sizeof(*wide));
    return status;
}

/* ---- chains ---- */

static double chain_p[] = {0.6, 0.3, 0.1, 0.2, 0.5, 0.3, 0.0, 0.0, 1.0};
static bool absorbing[] = {false, false, true};
static const markov_chain chain = {3, chain_p, absorbing};
static const double rewards[] = {10.0, 4.0, 0.0};

static clm_status
value_chain(double *answer)
{
    clm_status status = markov_clv(&chain, rewards, 0.1, answer);

    return status == CLM_OK ? markov_clv_until(&chain, rewards, 0.1, 50000, answer + 3, &stop) : status;
}

int
main(void)
{
    static const work of_family[] = {
        {"a fit", few_customers, fit_family, 40, true},
        {"a log-likelihood", few_customers, log_likelihood, 60, true},
        {"a log-likelihood of many", many_customers, log_likelihood, 8, true},
        {"a fit to customers elsewhere", few_customers, fit_source, 60, true},
        {"a draw", nothing, draw_one, 60, true},
        {"intervals", nothing, intervals_of_one, 60, true},
    };
    static const work of_one_family[] = {
        {"a fit with covariates", few_customers, fit_covariates, 40, true},
        {"a fit with covariates by a part", customers_of_two_parts, fit_covariates, 4, true},
        {"the choice of a family", few_customers, choose_by_bic, 40, true},
        {"its choice by a hold-out", few_customers, choose_by_holdout, 40, true},
        {"a simulated customer", nothing, simulate_one, 60, true},
        {"tracking", make_groups, track_days, 8, false},
    };
    static const work others[] = {
        {"a fit of spend", few_spend, fit_spend_alone, 60, true},
        {"its likelihood for many", many_spend, spend_likelihood, 20, true},
        {"a fit of spend elsewhere", few_spend, fit_spend_elsewhere, 60, true},
        {"a ranking", make_groups, rank_scores, 40, false},
        {"a campaign", make_groups, profit_of_scores, 40, false},
        {"a concentration", make_groups, concentrate, 20, false},
        {"a fit of tenures", make_groups, fit_tenures, 8, false},
        {"the value of a contract", nothing, value_contract, 60, true},
        {"a history", make_groups, finish_history, 8, false},
        {"days in two runs", make_lists, merge_days, 8, false},
        {"names of states", make_lists, sort_names, 8, false},
        {"a fit of signals", make_signals, fit_few_signals, 20, true},
        {"a fit of many signals", make_signals, fit_many_signals, 6, true},
        {"rows of one hash", colliding_rows, merge_wide, 20, true},
        {"a Markov chain", nothing, value_chain, 60, true},
    };

    for (const customer_family *const *f = customer_families; *f != NULL; f++) {
        family = *f;
        printf("# %s\n", family->name);
        for (size_t i = 0; i < sizeof(of_family) / sizeof(*of_family); i++)
            test_work(&of_family[i]);
    }
    family = family_of("bg/nbd");
    for (size_t i = 0; i < sizeof(of_one_family) / sizeof(*of_one_family); i++)
        test_work(&of_one_family[i]);
    for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
        test_work(&others[i]);
    return done_testing();
}
