/*
 * What is judged of many customers: pilots, seasons, trackings, simulated purchases.
 */
#include "../../src/core/exact_sum.h"
#include "../../src/core/seasonality.h"
#include "../../src/core/simulate.h"
#include "../../src/core/tracking.h"
#include "../../src/core/uplift.h"
#include "fuzz.h"

static void
check_result(const uplift *u)
{
    CHECK(isfinite(u->lift) && isfinite(u->se) && u->se >= 0);
    if (u->has_test)
        CHECK(isfinite(u->low) && isfinite(u->high) && u->low <= u->high && isfinite(u->statistic) &&
              is_share(u->p));
}

static void
check_proportions(fuzz_input *in)
{
    int64_t n[UPLIFT_ARMS], successes[UPLIFT_ARMS], size;
    double level = fuzz_between(in, 1, 999) / 1000.0;
    uplift result;

    for (int arm = 0; arm < UPLIFT_ARMS; arm++) {
        n[arm] = fuzz_count(in);
        successes[arm] = fuzz_count(in);
        successes[arm] = successes[arm] > n[arm] ? n[arm] : successes[arm];
    }
    if (uplift_proportions(n, successes, level, &result) == CLM_OK)
        check_result(&result);
    if (uplift_sample_size(fuzz_share(in), fuzz_share(in), fuzz_share(in), fuzz_share(in), &size) == CLM_OK)
        CHECK(size > 0);
}

static void
read_outcomes(fuzz_input *in, uplift_outcomes *arm)
{
    double values[8];
    int n = (int)fuzz_pick(in, 9);
    exact_window window = {0, EXACT_PLACES};
    int64_t sums[EXACT_PLACES] = {0}, squares[EXACT_PLACES] = {0};
    exact_number x, square;

    arm->n = n;
    for (int i = 0; i < n; i++) {
        values[i] = fuzz_finite(in);
        exact_from_double(values[i], &x);
        CHECK(exact_multiply(&x, &x, &square) == CLM_OK);
        exact_add(sums, &window, &x);
        exact_add(squares, &window, &square);
    }
    CHECK(exact_read(sums, &window, &arm->sum) == CLM_OK);
    CHECK(exact_read(squares, &window, &arm->squares) == CLM_OK);
}

/* Real outcomes; or sums that no outcomes have, which may be asked for in text. */
static void
check_means(fuzz_input *in)
{
    uplift_outcomes arms[UPLIFT_ARMS];
    uplift result;

    for (int arm = 0; arm < UPLIFT_ARMS; arm++) {
        read_outcomes(in, &arms[arm]);
        if (fuzz_byte(in) < 32)
            arms[arm].n = fuzz_count(in);
        if (fuzz_byte(in) < 32)
            exact_from_double(fuzz_finite(in), &arms[arm].squares);
    }
    if (uplift_means(arms, fuzz_between(in, 1, 999) / 1000.0, &result) == CLM_OK)
        check_result(&result);
}

static void
check_season(fuzz_input *in)
{
    month_count months[60];
    size_t n = fuzz_pick(in, COUNT_OF(months) + 1), first = fuzz_pick(in, MONTHS_OF_YEAR);
    season s;

    for (size_t i = 0; i < n; i++) {
        int64_t actual = fuzz_byte(in) < 4 ? fuzz_count(in) % (INT64_C(1) << 53) : fuzz_between(in, 0, 1000);
        double expected = fuzz_byte(in) < 8 ? fuzz_positive(in) : fuzz_between(in, 0, 1000);

        months[i] = (month_count){(int)((first + i) % MONTHS_OF_YEAR), actual, expected};
    }
    if (judge_season(months, n, &s) != CLM_OK)
        return;
    CHECK(is_share(s.p) && is_share(s.p_repeat));
    for (int m = 0; m < MONTHS_OF_YEAR; m++)
        CHECK(s.month[m].months > 0 && isfinite(s.month[m].expected) && s.month[m].index >= 0 &&
              isfinite(s.month[m].index));
}

static const customer_family *
read_model(fuzz_input *in, double *params)
{
    const customer_family *family;
    int families = 0;

    while (customer_families[families] != NULL)
        families++;
    family = customer_families[fuzz_pick(in, (size_t)families)];
    for (int i = 0; i < family->nparams; i++)
        params[i] = fuzz_byte(in) < 128 ? family->typical_params[i] : fuzz_positive(in);
    if (family->regular)
        params[0] = fuzz_between(in, 1, CLM_MAX_REGULARITY);
    return family;
}

static void
check_tracking(fuzz_input *in)
{
    tracking_day days[16];
    int64_t day[16], joined[16], repeats[16], ends[2], actual[2];
    size_t n = 1 + fuzz_pick(in, 16);
    double params[CLM_MAX_PARAMS], expected[2];
    const customer_family *family = read_model(in, params);
    tracking t = {0, 0, day, joined, repeats};

    for (size_t i = 0; i < n; i++) {
        days[i] = (tracking_day){i == 0 ? 0 : fuzz_between(in, 0, 200), fuzz_byte(in),
                                 fuzz_count(in) % TRACKING_MOST_PURCHASES};
        days[i].joined += !tracking_day_valid(&days[i]);
    }
    if (tracking_days_merge(days, &n, NULL) != CLM_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        day[i] = days[i].day;
        joined[i] = days[i].joined;
        repeats[i] = days[i].repeats;
    }
    t.n = n;
    t.span = day[n - 1] + 1;
    ends[1] = t.span - 1;
    ends[0] = fuzz_between(in, 0, (int)ends[1]);
    if (!tracking_valid(&t) || !family->valid(params))
        return;
    if (track_purchases(&t, family, params, fuzz_between(in, 1, 31), ends, 2, actual, expected, NULL) !=
        CLM_OK)
        return;
    CHECK(actual[0] >= 0 && actual[0] <= actual[1]);
    CHECK(expected[0] >= 0 && isfinite(expected[1]) && expected[1] >= expected[0] * (1 - 1e-6));
}

static bool
enough(void *arg)
{
    return ++*(int *)arg > 20;
}

/* The same customer twice; one with very many purchases is given up. */
static void
check_simulation(fuzz_input *in)
{
    simulation s = {.seed = fuzz_bits(in, 8), .period = fuzz_between(in, 1, 31)};
    simulated_purchases once = {{NULL, 0, 0}, {NULL, 0, 0}}, again = {{NULL, 0, 0}, {NULL, 0, 0}};
    uint64_t customer = fuzz_bits(in, 8);
    int asked = 0, asked_again = 0;
    clm_stop stop = {enough, &asked}, stop_again = {enough, &asked_again};
    clm_status status;

    s.family = read_model(in, s.params);
    for (int i = 0; i < GAMMA_GAMMA_NPARAMS; i++)
        s.spend[i] = fuzz_positive(in);
    s.join_days = fuzz_between(in, 1, 400);
    s.days = s.join_days + fuzz_between(in, 0, 400);
    if (!s.family->valid(s.params) || !gamma_gamma_valid(s.spend))
        return;
    status = simulate_customer(&s, customer, &once, &stop);
    CHECK(simulate_customer(&s, customer, &again, &stop_again) == status);
    if (status == CLM_OK) {
        CHECK(once.days.n == again.days.n && once.days.n == once.amounts.n && once.days.n >= 1);
        for (size_t i = 0; i < once.days.n; i++) {
            CHECK(once.days.values[i] == again.days.values[i] &&
                  once.amounts.values[i] == again.amounts.values[i]);
            CHECK(once.days.values[i] >= 0 && once.days.values[i] <= s.days &&
                  isfinite(once.amounts.values[i]));
            CHECK(i == 0 || once.days.values[i] >= once.days.values[i - 1]);
        }
    }
    simulated_purchases_free(&once);
    simulated_purchases_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const checks[])(fuzz_input *) = {check_proportions, check_means, check_season,
                                                   check_tracking, check_simulation};
    fuzz_input in = {bytes, size};

    checks[fuzz_pick(&in, COUNT_OF(checks))](&in);
    return 0;
}
