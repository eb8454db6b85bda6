/*
 * Simulated purchases: the same for the same seed, within their bounds, stopped and refused as documented; and the scores
 * that are put together of several quantities.
 */
#include <string.h>

#include "core/score.h"
#include "core/simulate.h"
#include "tap.h"

static bool
stop_now(void *arg)
{
    (void)arg;
    return true;
}

static simulation
weekly(const char *family, uint64_t seed)
{
    simulation s = {.seed = seed, .period = 7, .join_days = 90, .days = 730, .spend = {6.25, 3.74, 15.44}};

    s.family = customer_family_by_name(family, strlen(family));
    memcpy(s.params, s.family->typical_params, (size_t)s.family->nparams * sizeof(double));
    return s;
}

static void
test_customers(const char *family)
{
    simulation s = weekly(family, 7), other = weekly(family, 8);
    simulated_purchases a = {0}, b = {0};
    bool same = true, bounded = true, differs = false;
    double repeats = 0, expected = 0, joined = 0;
    enum { CUSTOMERS = 20000 };

    for (uint64_t i = 1; i <= CUSTOMERS; i++) {
        double ex;

        if (simulate_customer(&s, i, &a, NULL) != CLM_OK || simulate_customer(&s, i, &b, NULL) != CLM_OK)
            bounded = false;
        same = same && a.days.n == b.days.n && a.amounts.n == a.days.n &&
               memcmp(a.days.values, b.days.values, a.days.n * sizeof(double)) == 0 &&
               memcmp(a.amounts.values, b.amounts.values, a.days.n * sizeof(double)) == 0;
        bounded = bounded && a.days.n >= 1 && a.days.values[0] >= 0 && a.days.values[0] < 90;
        for (size_t k = 0; k < a.days.n; k++)
            bounded = bounded && a.days.values[k] < 730 && a.amounts.values[k] >= 0 &&
                      (k == 0 || a.days.values[k] >= a.days.values[k - 1]);
        repeats += (double)a.days.n - 1;
        joined += a.days.values[0];
        s.family->expected_purchases_new(s.params, (730 - a.days.values[0]) / 7, &ex);
        expected += ex;
        simulate_customer(&other, i, &b, NULL);
        differs = differs || b.days.values[0] != a.days.values[0];
    }
    ok(same, "%s: the same seed and number, the same purchases", family);
    ok(differs, "%s: another seed, other purchases", family);
    ok(bounded, "%s: in order, within the time, an amount each", family);
    is_close(joined / CUSTOMERS, 45, 0, 4 * 90 / sqrt(12.0 * CUSTOMERS), "first purchases fall evenly");
    is_close(repeats / expected, 1, 0.08, 0, "repeat purchases as the family expects");
    simulated_purchases_free(&a);
    simulated_purchases_free(&b);
}

static void
test_limits(void)
{
    simulation s = weekly("mbg/nbd", 1);
    simulated_purchases purchases = {0};
    clm_stop stop = {stop_now, NULL};
    static const double torrent[4] = {1000, 1e-6, 1e-12, 1000};

    ok(simulate_customer(&s, 1, &purchases, &stop) == CLM_STOPPED, "a stop is obeyed");
    memcpy(s.params, torrent, sizeof(torrent));
    ok(simulate_customer(&s, 1, &purchases, NULL) == CLM_TOO_MANY,
       "more than ten million purchases are refused");
    simulated_purchases_free(&purchases);
}

/* A customer of the literature; every part is known from elsewhere. */
static void
test_scores(void)
{
    const customer_family *bg = customer_family_by_name("bg/nbd", 6);
    static const double params[4] = {.243, 4.414, .793, 2.426};
    customer_summary c = {2, 30.43, 38.86};
    double churn, active, value, purchases, alive, dead, live;

    is_close(score_discount_rate(.1, 7), 0.0953101798043248600 * 7 / 365.25, 1e-15, 0,
             "ln(1.1) a year, by the week");
    ok(score_discount_rate(0, 7) == 0, "no discount");
    bg->p_active(params, &c, 39, &active);
    ok(score_churn(bg, params, &c, 39, &churn) == CLM_OK && churn == 1 - active, "churn is no purchase");
    is_close(score_churn(bg, params, &c, 0, &churn) == CLM_OK ? churn : -1, 1, 0, 0,
             "nobody buys in no time");
    bg->expected_purchases(params, &c, 39, &purchases);
    score_remaining_value(.3, 24.66, purchases, &value);
    is_close(value, .3 * 24.66 * 1.226, 1e-3, 0,
             "margin x spend x purchases, of which the literature has 1.226 for this customer");
    ok(score_remaining_value(1e308, 1e10, purchases, &value) == CLM_OVERFLOW,
       "money beyond double is an error");
    bg->p_alive(params, &c, 0, &alive, &dead);
    bg->live_purchases(params, c.x, c.t, 39, 0, &live);
    ok(score_purchases(alive, CLM_OK, live, &value) == CLM_OK && value == purchases,
       "purchases are P(alive) times those of a live customer");
    ok(score_purchases(0, CLM_OVERFLOW, 0, &value) == CLM_OK && value == 0,
       "who is gone for certain buys nothing, even if a live customer would buy beyond counting");
    ok(score_purchases(.5, CLM_OVERFLOW, 0, &value) == CLM_OVERFLOW &&
           score_purchases(0, CLM_DIVERGES, 0, &value) == CLM_DIVERGES,
       "other errors pass on");
    ok(score_margin(1e308, 10, &value) == CLM_OVERFLOW && score_sum(1e308, 1e308, &value) == CLM_OVERFLOW,
       "sums and products too");
    ok(score_churn(bg, params, &c, NAN, &churn) == CLM_DOMAIN, "NaN is refused");
}

int
main(void)
{
    test_customers("bg/nbd");
    test_customers("mbg/nbd");
    test_limits();
    test_scores();
    return done_testing();
}
