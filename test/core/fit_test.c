/*
 * Maximum-likelihood fits: published estimates on the CDNOW sample, recovery of known parameters from
 * simulated customers, invariances, errors and stops.
 */
#include "core/fit.h"
#include "core/models/gamma_gamma.h"
#include "tap.h"

#include <string.h>

#define MOST_CUSTOMERS 40000

/* ---- samples ---- */

typedef struct customers {
    customer_group groups[MOST_CUSTOMERS];
    spend_group spends[MOST_CUSTOMERS];
    size_t n, n_spends;
} customers;

static customers data; /* one at a time; too large for the stack */

static const customer_family *
family_of(const char *name)
{
    return customer_family_by_name(name, strlen(name));
}

/* Customers who are between 26 and 78 weeks old. */
static bool
draw_customers(const customer_family *family, const double *params, size_t n, uint64_t seed)
{
    clm_times times = {0};
    clm_status status = CLM_OK;

    for (data.n = 0; data.n < n && status == CLM_OK; data.n++) {
        customer_group *group = &data.groups[data.n];
        clm_rng rng;

        clm_rng_seed(&rng, seed, data.n);
        times.n = 0;
        *group = (customer_group){.of.t = 26.0 + 52.0 * clm_rng_uniform(&rng), .weight = 1};
        status = family->draw(params, group->of.t, &rng, &times, NULL);
        group->of.x = (int64_t)times.n;
        group->of.t_x = times.n > 0 ? times.values[times.n - 1] : 0.0;
    }
    free(times.values);
    return status == CLM_OK;
}

static void
draw_spends(const double *params, size_t n, uint64_t seed)
{
    for (data.n_spends = 0; data.n_spends < n; data.n_spends++) {
        spend_group *group = &data.spends[data.n_spends];
        double nu, sum = 0.0;
        clm_rng rng;

        clm_rng_seed(&rng, seed, data.n_spends);
        nu = gamma_gamma_draw_customer(params, &rng);
        *group = (spend_group){.n = 1 + (int64_t)(3.0 * clm_rng_exponential(&rng)), .weight = 1};
        for (int64_t i = 0; i < group->n; i++)
            sum += gamma_gamma_draw_spend(params, nu, &rng);
        group->m = sum / (double)group->n;
    }
}

static clm_status
fit_groups(const char *family, const clm_stop *stop, model_fit *fit)
{
    customer_data customers = {.groups = data.groups, .n = data.n};
    clm_status status = fit_customer_family(family_of(family), &customers, 0.0, stop, fit);

    data.n = customers.n;
    return status;
}

static clm_status
fit_customers(const char *family, model_fit *fit)
{
    return fit_groups(family, NULL, fit);
}

static clm_status
fit_spends(model_fit *fit)
{
    return fit_spend(data.spends, &data.n_spends, 0.0, NULL, fit);
}

/* ---- CDNOW ---- */

/* Days since 0000-03-01 (proleptic Gregorian). */
static int
day_number(int year, int month, int day)
{
    int y = month > 2 ? year : year - 1, m = month > 2 ? month - 3 : month + 9;

    return 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1;
}

/* One customer's days so far. */
typedef struct buyer {
    int id, first, last, repeats, paid_days;
    double day_amount, spend;
} buyer;

/* The day is over: a repeat day with a positive amount counts as spend. */
static void
close_day(buyer *b)
{
    if (b->last > b->first && b->day_amount > 0.0) {
        b->paid_days++;
        b->spend += b->day_amount;
    }
    b->day_amount = 0.0;
}

static void
close_buyer(buyer *b, int until)
{
    close_day(b);
    data.groups[data.n++] = (customer_group){
        .of = {.x = b->repeats, .t_x = (b->last - b->first) / 7.0, .t = (until - b->first) / 7.0},
        .weight = 1};
    if (b->paid_days > 0)
        data.spends[data.n_spends++] = (spend_group){b->paid_days, b->spend / b->paid_days, 1};
}

/* One more line of a file: the same buyer's or the next one's; nothing where it is too late. */
static void
add_purchase(buyer *b, int id, int day, double amount, int until)
{
    if (day > until)
        return;
    if (id != b->id) {
        if (b->id != 0)
            close_buyer(b, until);
        *b = (buyer){.id = id, .first = day, .last = day};
    } else if (day != b->last) {
        close_day(b);
        b->repeats++;
        b->last = day;
    }
    b->day_amount += amount;
}

/* Purchases up to 1997-09-30, which the file holds sorted by customer and day. */
static bool
read_cdnow(void)
{
    int until = day_number(1997, 9, 30), id, year, month, day;
    char path[4096], line[256];
    buyer b = {0};
    double amount;
    FILE *file;

    data.n = data.n_spends = 0;
    snprintf(path, sizeof(path), "%s/data/cdnow_sample_log.csv", shared_folder());
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%*[^,],%d,%d-%d-%d,%*d,%lf", &id, &year, &month, &day, &amount) != 5)
            continue;
        add_purchase(&b, id, day_number(year, month, day), amount, until);
    }
    close_buyer(&b, until);
    fclose(file);
    return data.n == 2357;
}

/* 600 customers of an apparel retailer, all new on 2005-01-02: the first 104 weeks. The file is sorted. */
static bool
read_apparel(void)
{
    int until = day_number(2006, 12, 31), id, year, month, day;
    char path[4096], line[256];
    buyer b = {0};
    FILE *file;

    data.n = data.n_spends = 0;
    snprintf(path, sizeof(path), "%s/data/apparel_trans.csv", shared_folder());
    file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (sscanf(line, "%d,%d-%d-%d", &id, &year, &month, &day) == 4)
            add_purchase(&b, id, day_number(year, month, day), 0.0, until);
    }
    close_buyer(&b, until);
    fclose(file);
    return data.n == 600;
}

static void
check_fit(const char *name, clm_status status, const model_fit *fit, const double *params, const double *se,
          double log_likelihood)
{
    if (!ok(status == CLM_OK, "%s is fitted (status %d)", name, (int)status))
        return;
    for (int i = 0; i < fit->nparams; i++) {
        is_close(fit->params[i], params[i], 1e-7, 0.0, name);
        is_close(fit->se[i], se[i], 1e-5, 0.0, name);
    }
    is_close(fit->log_likelihood, log_likelihood, 0.0, 1e-7, name);
    printf("# %s: %d evaluations\n", name, fit->evaluations);
}

/* Estimates in Fader, Hardie & Lee 2005 and Batislam et al. 2007, with more digits. */
static void
test_cdnow(void)
{
    static const double bg[] = {.2425945224, 4.413602019, .7929220172, 2.425906777};
    static const double bg_se[] = {.01255737807, .3782240599, .1857338214, .7054142598};
    static const double mbg[] = {.5248431591, 6.18308528, .8913593907, 1.61400224};
    static const double mbg_se[] = {.08326820658, .6956206425, .1547899278, .5374947982};
    static const double pareto[] = {.5532770469, 10.57768346, .6062399891, 11.66873529};
    static const double pareto_se[] = {.0476279259791, .842722533816, .187281342312, 6.2111135906};
    static const double spend[] = {6.249572271, 3.744224667, 15.443520963};
    static const double spend_se[] = {1.19005533596, .290133065276, 4.15942275197};
    model_fit fit;

    if (shared_folder() == NULL)
        return;
    if (!ok(read_cdnow(), "2,357 CDNOW customers"))
        return;
    ok(data.n_spends == 946, "946 repeat buyers");
    check_fit("CDNOW BG/NBD", fit_customers("bg/nbd", &fit), &fit, bg, bg_se, -9582.42920667393);
    ok(fit.customers == 2357, "all customers count");
    check_fit("CDNOW MBG/NBD", fit_customers("mbg/nbd", &fit), &fit, mbg, mbg_se, -9582.13571555375);
    check_fit("CDNOW Pareto/NBD", fit_customers("pareto/nbd", &fit), &fit, pareto, pareto_se,
              -9594.97617893954);
    check_fit("CDNOW gamma-gamma", fit_spends(&fit), &fit, spend, spend_se, -4055.91769480187);
}

/* Reference estimates; R's CLVTools prints the same to four digits. */
static void
test_apparel(void)
{
    static const double pareto[] = {1.448939125928, 48.63488144583, .5612510488508, 46.88210923697};
    static const double pareto_se[] = {.243419330378, 7.48890938941, .271065429292, 35.6130065346};
    model_fit fit;

    if (shared_folder() != NULL && ok(read_apparel(), "600 customers of an apparel retailer"))
        check_fit("apparel Pareto/NBD", fit_customers("pareto/nbd", &fit), &fit, pareto, pareto_se,
                  -5848.09782690224);
}

/* ---- simulated customers ---- */

static const double bg_params[] = {0.6, 5.0, 0.8, 2.5}, spend_params[] = {6.25, 3.74, 15.44};

static void
check_recovery(const char *name, clm_status status, const model_fit *fit, const double *params)
{
    if (!ok(status == CLM_OK, "%s is fitted (status %d)", name, (int)status))
        return;
    for (int i = 0; i < fit->nparams; i++)
        is_close(fit->params[i], params[i], 0.0, 3.0 * fit->se[i], name);
}

static void
test_recovery(void)
{
    static const char *const names[] = {"bg/nbd", "mbg/nbd"};
    static const double rare[] = {0.05, 40.0, 1.2, 0.9}, often[] = {3.0, 1.5, 0.3, 6.0};
    static const double pareto_params[][4] = {
        {0.55, 10.5, 0.6, 11.5}, {2.0, 3.0, 1.5, 60.0}, {0.8, 60.0, 0.4, 3.0}};
    model_fit fit;

    for (int i = 0; i < 2; i++) {
        draw_customers(family_of(names[i]), bg_params, 5000, 1);
        check_recovery(names[i], fit_customers(names[i], &fit), &fit, bg_params);
        draw_customers(family_of(names[i]), rare, 30000, 2);
        check_recovery(names[i], fit_customers(names[i], &fit), &fit, rare);
        draw_customers(family_of(names[i]), often, 30000, 3);
        check_recovery(names[i], fit_customers(names[i], &fit), &fit, often);
    }
    for (int i = 0; i < 3; i++) {
        draw_customers(family_of("pareto/nbd"), pareto_params[i], 30000, 4);
        check_recovery("pareto/nbd", fit_customers("pareto/nbd", &fit), &fit, pareto_params[i]);
    }
    draw_spends(spend_params, 5000, 1);
    check_recovery("gamma-gamma", fit_spends(&fit), &fit, spend_params);
    draw_spends(spend_params, 40000, 2);
    check_recovery("gamma-gamma of a large sample", fit_spends(&fit), &fit, spend_params);
}

/* Not one parameter differs by more than 1e-8 of itself, after times a factor each. */
static bool
same_params(const model_fit *fit, const model_fit *other, const double *factors)
{
    bool same = fit->nparams == other->nparams;

    for (int i = 0; i < fit->nparams; i++)
        same = same && fabs(other->params[i] / (factors[i] * fit->params[i]) - 1.0) < 1e-8;
    return same;
}

static void
test_weights(void)
{
    static const double one[] = {1.0, 1.0, 1.0, 1.0};
    model_fit fit, doubled;

    draw_customers(family_of("bg/nbd"), bg_params, 3000, 4);
    fit_customers("bg/nbd", &fit);
    for (size_t i = 0; i < data.n; i++)
        data.groups[i].weight *= 2;
    ok(fit_customers("bg/nbd", &doubled) == CLM_OK && same_params(&fit, &doubled, one) &&
           doubled.customers == 6000,
       "doubled customers: the same parameters");
    is_close(doubled.se[0], fit.se[0] / sqrt(2.0), 1e-6, 0.0, "doubled customers: smaller errors");
    is_close(doubled.log_likelihood, 2.0 * fit.log_likelihood, 1e-12, 0.0, "doubled customers: likelihood");

    draw_spends(spend_params, 3000, 4);
    fit_spends(&fit);
    for (size_t i = 0; i < data.n_spends; i++)
        data.spends[i].weight *= 2;
    ok(fit_spends(&doubled) == CLM_OK && same_params(&fit, &doubled, one),
       "doubled spends: the same parameters");
    is_close(doubled.se[0], fit.se[0] / sqrt(2.0), 1e-6, 0.0, "doubled spends: smaller errors");
}

static void
test_units(void)
{
    static const double alpha[] = {1.0, 7.0, 1.0, 1.0}, gamma[] = {1.0, 1.0, 100.0};
    double repeats = 0.0;
    model_fit fit, other;

    draw_customers(family_of("mbg/nbd"), bg_params, 3000, 5);
    fit_customers("mbg/nbd", &fit);
    for (size_t i = 0; i < data.n; i++) {
        data.groups[i].of.t *= 7.0;
        data.groups[i].of.t_x *= 7.0;
        repeats += (double)(data.groups[i].weight * data.groups[i].of.x);
    }
    ok(fit_customers("mbg/nbd", &other) == CLM_OK && same_params(&fit, &other, alpha),
       "weeks to days: alpha");
    is_close(other.log_likelihood, fit.log_likelihood - repeats * log(7.0), 1e-12, 0.0,
             "weeks to days: likelihood");

    draw_spends(spend_params, 3000, 5);
    fit_spends(&fit);
    for (size_t i = 0; i < data.n_spends; i++)
        data.spends[i].m *= 100.0;
    ok(fit_spends(&other) == CLM_OK && same_params(&fit, &other, gamma), "dollars to cents: gamma");
    is_close(other.log_likelihood, fit.log_likelihood - 3000.0 * log(100.0), 1e-12, 0.0,
             "dollars to cents: likelihood");
}

static void
reverse_order(void)
{
    for (size_t i = 0; i < data.n / 2; i++) {
        customer_group group = data.groups[i];

        data.groups[i] = data.groups[data.n - 1 - i];
        data.groups[data.n - 1 - i] = group;
    }
    for (size_t i = 0; i < data.n_spends / 2; i++) {
        spend_group group = data.spends[i];

        data.spends[i] = data.spends[data.n_spends - 1 - i];
        data.spends[data.n_spends - 1 - i] = group;
    }
}

/* On samples small and so large that a part of them is fitted first. */
static void
test_order(void)
{
    static const size_t sizes[] = {2000, 30000};
    static const char *const names[] = {"bg/nbd", "pareto/nbd"};

    for (int i = 0; i < 2; i++) {
        model_fit fit = {0}, other = {0};

        draw_customers(family_of("bg/nbd"), bg_params, sizes[i], 6);
        draw_spends(spend_params, sizes[i], 6);
        for (int k = 0; k < 2; k++) {
            fit_customers(names[k], &fit);
            reverse_order();
            ok(fit_customers(names[k], &other) == CLM_OK && memcmp(&fit, &other, sizeof(fit)) == 0,
               "any order of %zu customers gives the same bits, %s", sizes[i], names[k]);
        }
        fit_spends(&fit);
        reverse_order();
        ok(fit_spends(&other) == CLM_OK && memcmp(&fit, &other, sizeof(fit)) == 0,
           "any order of %zu spends gives the same bits", sizes[i]);
    }
}

/* What a part of the sample prepares, the whole decides: the gradient at the result is nothing. */
static void
test_large_sample(void)
{
    customer_sample sample;
    double value, gradient[CLM_MAX_PARAMS], worst = 0.0;
    model_fit fit;

    draw_customers(family_of("bg/nbd"), bg_params, MOST_CUSTOMERS, 7);
    fit_customers("bg/nbd", &fit);
    customer_sample_build(data.groups, data.n, NULL, &sample);
    family_of("bg/nbd")->log_likelihood(&sample, fit.params, &value, gradient, NULL);
    customer_sample_free(&sample);
    for (int i = 0; i < fit.nparams; i++)
        worst = fmax(worst, fabs(gradient[i] * fit.params[i]) / MOST_CUSTOMERS);
    ok(worst < 1e-9, "gradient of %d customers at the optimum: %.2g a customer", MOST_CUSTOMERS, worst);
    ok(fit.evaluations <= 30, "%d evaluations of the whole sample", fit.evaluations);
}

/* ---- errors ---- */

static void
test_customer_errors(void)
{
    model_fit fit;

    data.groups[0] = (customer_group){{3, 10.0, 20.0}, 1};
    data.n = 1;
    ok(fit_customers("bg/nbd", &fit) == CLM_FIT_TOO_FEW, "one customer");
    data.n = 0;
    ok(fit_customers("bg/nbd", &fit) == CLM_FIT_TOO_FEW, "no customer");
    data.groups[0] = (customer_group){{0, 0.0, 20.0}, 100};
    data.groups[1] = (customer_group){{0, 0.0, 30.0}, 100};
    data.n = 2;
    ok(fit_customers("mbg/nbd", &fit) == CLM_FIT_NO_REPEAT, "nobody repeats");
    data.groups[0] = (customer_group){{2, 0.0, 0.0}, 100};
    data.n = 1;
    ok(fit_customers("bg/nbd", &fit) == CLM_FIT_BORDER, "all purchases at once");
    data.groups[0] = (customer_group){{2, 30.0, 20.0}, 100};
    data.n = 1;
    ok(fit_customers("bg/nbd", &fit) == CLM_DOMAIN, "a purchase after the end");
    data.groups[0] = (customer_group){{4, 18.0, 20.0}, 100};
    data.n = 1;
    clm_status status = fit_customers("bg/nbd", &fit);
    ok(status == CLM_FIT_BORDER || status == CLM_FIT_HESSIAN, "all customers alike: no spread to fit (%d)",
       (int)status);
}

/* Everybody alive and buying every week: no heterogeneity, no drop-out. */
static void
test_regular_buyers(void)
{
    model_fit fit;
    clm_status status;

    for (data.n = 0; data.n < 50; data.n++) {
        double t = 20.0 + (double)data.n;

        data.groups[data.n] = (customer_group){{(int64_t)t, t, t}, 10};
    }
    status = fit_customers("bg/nbd", &fit);
    ok(status == CLM_FIT_BORDER || status == CLM_FIT_HESSIAN, "regular buyers have no optimum (%d)",
       (int)status);
}

static void
test_spend_errors(void)
{
    model_fit fit;
    clm_status status;

    data.n_spends = 0;
    ok(fit_spends(&fit) == CLM_FIT_NO_REPEAT, "no spend");
    data.spends[0] = (spend_group){3, 10.0, 1};
    data.n_spends = 1;
    ok(fit_spends(&fit) == CLM_FIT_TOO_FEW, "one spender");
    data.spends[0].weight = 50;
    data.spends[1] = (spend_group){4, 10.0, 50};
    data.n_spends = 2;
    ok(fit_spends(&fit) == CLM_FIT_NO_SPREAD, "the same mean spend");
    data.spends[1].m = -1.0;
    data.n_spends = 2;
    ok(fit_spends(&fit) == CLM_DOMAIN, "a negative spend");

    /* Each customer always spends the same: p grows without end. */
    draw_spends((const double[]){1e7, 3.0, 1e-5}, 3000, 8);
    status = fit_spends(&fit);
    ok(status == CLM_FIT_BORDER || status == CLM_FIT_HESSIAN, "no spread within customers (%d)", (int)status);
    /* Customers are alike, their means even more so than their purchases: q and gamma grow without end. */
    draw_spends((const double[]){2.0, 1e7, 1e8}, 3000, 9);
    for (size_t i = 0; i < data.n_spends; i++)
        data.spends[i].m = 20.0 + (data.spends[i].m - 20.0) * pow((double)data.spends[i].n, -0.3);
    status = fit_spends(&fit);
    ok(status == CLM_FIT_BORDER || status == CLM_FIT_HESSIAN, "no spread between customers (%d)",
       (int)status);
}

/* ---- stops ---- */

typedef struct stop_state {
    int calls, at;
} stop_state;

static bool
stop_at_call(void *arg)
{
    stop_state *state = arg;

    return ++state->calls >= state->at;
}

/* Wherever a stop comes, it is obeyed; the leak checker sees to the rest. */
static void
check_stops(size_t size)
{
    bool stopped = true;
    int places = 0;

    for (int at = 1; at < 2000; at = at * 5 / 4 + 1) {
        stop_state state = {0, at};
        clm_stop stop = {stop_at_call, &state};
        model_fit fit;
        clm_status status;

        draw_customers(family_of("mbg/nbd"), bg_params, size, 10);
        status = fit_groups("mbg/nbd", &stop, &fit);
        stopped = stopped && status == (state.calls >= at ? CLM_STOPPED : CLM_OK) && state.calls <= at;
        places += status == CLM_STOPPED;

        state.calls = 0;
        draw_spends(spend_params, size, 10);
        status = fit_spend(data.spends, &data.n_spends, 0.0, &stop, &fit);
        stopped = stopped && status == (state.calls >= at ? CLM_STOPPED : CLM_OK) && state.calls <= at;
        places += status == CLM_STOPPED;
    }
    ok(stopped && places > 20, "a stop is obeyed at once at %d places, %zu customers", places, size);
}

int
main(void)
{
    test_cdnow();
    test_apparel();
    test_recovery();
    test_weights();
    test_units();
    test_order();
    test_large_sample();
    test_customer_errors();
    test_regular_buyers();
    test_spend_errors();
    check_stops(500);
    check_stops(20000);
    return done_testing();
}
