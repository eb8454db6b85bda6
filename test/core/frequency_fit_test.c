/*
 * Frequency fit: rows, sums of probabilities, simulated customers.
 */
#include "core/frequency_fit.h"
#include "core/random.h"
#include "tap.h"

#include <string.h>

static const double bg_params[] = {.243, 4.414, .793, 2.426};

static const customer_family *
family(const char *name)
{
    return customer_family_by_name(name, strlen(name));
}

static void
test_rows(void)
{
    ok(frequency_row(0) == 0 && frequency_row(6) == 6 && frequency_row(7) == 7 && frequency_row(8) == 7 &&
           frequency_row(INT64_MAX) == 7,
       "the last row takes all others");
}

/* Whatever the family and the time, probabilities that add up to 1. */
static void
test_sums(void)
{
    static const double times[] = {0, 1e-9, .5, 39, 1e4};
    static const double grid[] = {1e-3, .7, 1e3};
    bool one = true, within = true;

    for (int i = 0; i < 81 * 5; i++) {
        double params[] = {grid[i % 3], grid[i / 3 % 3], grid[i / 9 % 3], grid[i / 27 % 3]};
        double p[FREQUENCY_ROWS], sum = 0;

        if (frequency_probabilities(family("bg/nbd"), params, times[i / 81], p) != CLM_OK) {
            within = false;
            continue;
        }
        for (int n = 0; n < FREQUENCY_ROWS; n++) {
            sum += p[n];
            within = within && p[n] >= 0 && p[n] <= 1;
        }
        one = one && fabs(sum - 1) < 1e-12;
    }
    ok(within, "probabilities lie within 0 and 1");
    ok(one, "they add up to 1");
}

/* A new customer has not bought again yet. */
static void
test_new_customer(void)
{
    for (int f = 0; customer_families[f] != NULL; f++) {
        double p[FREQUENCY_ROWS], params[CLM_MAX_PARAMS];
        bool rest = true;

        memcpy(params, customer_families[f]->typical_params, customer_families[f]->nparams * sizeof(double));
        ok(frequency_probabilities(customer_families[f], params, 0, p) == CLM_OK && p[0] == 1,
           "%s: at time 0", customer_families[f]->name);
        for (int n = 1; n < FREQUENCY_ROWS; n++)
            rest = rest && p[n] == 0;
        ok(rest, "%s: nothing else", customer_families[f]->name);
    }
}

/* Simulated customers fall into the rows as often as expected, within 4.5 standard errors. */
static void
test_simulated(void)
{
    enum { CUSTOMERS = 200000 };
    double p[FREQUENCY_ROWS];
    int count[FREQUENCY_ROWS] = {0};
    clm_times times = {NULL, 0, 0};
    bool close = true;
    clm_rng rng;

    clm_rng_seed(&rng, 8, 8);
    frequency_probabilities(family("bg/nbd"), bg_params, 39, p);
    for (int i = 0; i < CUSTOMERS; i++) {
        times.n = 0;
        family("bg/nbd")->draw(bg_params, 39, &rng, &times, NULL);
        count[frequency_row((int64_t)times.n)]++;
    }
    free(times.values);
    for (int n = 0; n < FREQUENCY_ROWS; n++)
        close = close && fabs(count[n] - CUSTOMERS * p[n]) < 4.5 * sqrt(CUSTOMERS * p[n] * (1 - p[n]));
    ok(close, "simulated customers");
}

static void
test_errors(void)
{
    double p[FREQUENCY_ROWS];

    ok(frequency_probabilities(family("bg/nbd"), (double[]){0, 1, 1, 1}, 39, p) == CLM_DOMAIN &&
           frequency_probabilities(family("bg/nbd"), bg_params, -1, p) == CLM_DOMAIN,
       "parameters or a time outside the domain");
}

int
main(void)
{
    test_rows();
    test_sums();
    test_new_customer();
    test_simulated();
    test_errors();
    return done_testing();
}
