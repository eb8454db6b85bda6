/*
 * Groups of customers who are alike: merging does not depend on the order of the groups, and counts stay; then what is
 * measured on them: concentration, ranking, the profit of a campaign, survival, RFM scores.
 */
#include "../../src/core/concentration.h"
#include "../../src/core/empc.h"
#include "../../src/core/percentiles.h"
#include "../../src/core/ranking.h"
#include "../../src/core/rfm_score.h"
#include "../../src/core/sample.h"
#include "../../src/core/survival.h"
#include "../../src/core/wide_rows.h"
#include "fuzz.h"

#define MOST 48

/* Reverses n items of some bytes. */
static void
reverse(const void *from, void *to, size_t n, size_t size)
{
    for (size_t i = 0; i < n; i++)
        memcpy((char *)to + i * size, (const char *)from + (n - 1 - i) * size, size);
}

/* Makes `other` the reversed list, merges both with MERGE(list, &n) and checks that they come out the same. */
#define MERGE_BOTH_WAYS(list, other, n, status, MERGE)                                                       \
    do {                                                                                                     \
        size_t other_n = n;                                                                                  \
        reverse(list, other, n, sizeof(*(list)));                                                            \
        status = MERGE(list, &n, NULL);                                                                      \
        if (status == CLM_OK)                                                                                \
            CHECK(MERGE(other, &other_n, NULL) == CLM_OK && other_n == n &&                                  \
                  memcmp(list, other, n * sizeof(*(list))) == 0);                                            \
        else                                                                                                 \
            CHECK(MERGE(other, &other_n, NULL) != CLM_OK);                                                   \
    } while (0)

static void
check_concentration(fuzz_input *in)
{
    value_group groups[MOST], other[MOST];
    size_t n = 0, wanted = fuzz_pick(in, MOST + 1);
    concentration c;
    double percentiles[PERCENTILES];
    clm_status status;

    while (n < wanted) {
        groups[n] = (value_group){fuzz_finite(in), 1 + fuzz_count(in) % VALUE_GROUPS_MOST_CUSTOMERS};
        wanted -= !value_group_valid(&groups[n]);
        n += value_group_valid(&groups[n]);
    }
    MERGE_BOTH_WAYS(groups, other, n, status, value_groups_merge);
    if (status != CLM_OK || n == 0 || concentration_of(groups, n, NULL, &c) != CLM_OK)
        return;
    CHECK(percentiles_of(groups, n, NULL, percentiles) == CLM_OK && percentiles[0] >= groups[0].value &&
          percentiles[PERCENTILES - 1] <= groups[n - 1].value);
    for (int k = 1; k < PERCENTILES; k++)
        CHECK(percentiles[k - 1] <= percentiles[k]);
    CHECK(c.customers > 0 && isfinite(c.total));
    CHECK(!c.has_gini || is_share(c.gini));
    CHECK(!c.has_shares || (c.peak >= 1 && c.loss <= 0 && is_share(c.peak_position) && isfinite(c.top20)));
    CHECK(!c.has_shares || is_close_to(c.peak + c.loss, 1, 0, 1e-9 * c.peak));
    CHECK(!c.has_top80 ||
          (c.top80_customers >= 1 && c.top80_customers <= c.customers && is_share(c.top80_share)));
}

static void
check_campaign(fuzz_input *in, scored_group *groups, size_t n)
{
    campaign c = default_campaign;
    campaign_profit profit;
    clm_status status;

    if (fuzz_bool(in))
        c = (campaign){fuzz_positive(in), fuzz_double(in), fuzz_double(in), fuzz_positive(in),
                       fuzz_positive(in)};
    status = measure_campaign(groups, n, &c, NULL, &profit);
    CHECK(campaign_valid(&c) || status == CLM_DOMAIN);
    if (status != CLM_OK)
        return;
    CHECK(profit.mpc >= 0 && isfinite(profit.mpc) && is_share(profit.mpc_share));
    CHECK(isfinite(profit.empc) && profit.empc >= 0 && profit.empc_share >= 0 &&
          profit.empc_share <= 1 + 1e-9);
    CHECK(profit.empc >= profit.mpc - 1e-6 * c.value);
}

static void
check_ranking(fuzz_input *in)
{
    scored_group groups[MOST], other[MOST];
    size_t n = fuzz_pick(in, MOST + 1);
    bool probabilities = fuzz_bool(in);
    ranking_measures m;
    int64_t customers, hits;
    clm_status status;

    for (size_t i = 0; i < n; i++) {
        groups[i].score = probabilities ? fuzz_share(in) : fuzz_double(in);
        groups[i].n = fuzz_int64(in);
        groups[i].hits = fuzz_bool(in) ? fuzz_int64(in) : groups[i].n / 2;
    }
    MERGE_BOTH_WAYS(groups, other, n, status, scored_groups_merge);
    if (status != CLM_OK)
        return;
    CHECK(scored_groups_count(groups, n, NULL, &customers, &hits) == CLM_OK && hits <= customers);
    CHECK(measure_ranking(groups, n, NULL, &m) == CLM_OK && m.n == customers && m.hits == hits);
    CHECK(!m.has_both || (is_share(m.auc) && fabs(m.gini) <= 1 && is_share(m.ks)));
    CHECK(!m.has_hits || (m.lift >= 0 && isfinite(m.lift)));
    CHECK(!m.probabilities || is_share(m.brier));
    for (int b = 0; b < RANKING_BINS; b++)
        CHECK(m.bins[b].hits <= m.bins[b].n && isfinite(m.bins[b].mean_score));
    check_campaign(in, groups, n);
}

static void
check_survival(fuzz_input *in)
{
    tenure_group groups[MOST], other[MOST];
    size_t n = 0, wanted = fuzz_pick(in, MOST + 1);
    int64_t tenure[MOST], at_risk[MOST], events[MOST];
    double survival[MOST], se[MOST];
    survival_curve curve = {0, tenure, at_risk, events, survival, se};
    clm_status status;

    while (n < wanted) {
        groups[n] = (tenure_group){fuzz_int64(in), fuzz_int64(in), fuzz_int64(in)};
        wanted -= !tenure_group_valid(&groups[n]);
        n += tenure_group_valid(&groups[n]);
    }
    MERGE_BOTH_WAYS(groups, other, n, status, tenure_groups_merge);
    if (status != CLM_OK || n == 0 || kaplan_meier(groups, n, at_risk, survival, se) != CLM_OK)
        return;
    for (size_t i = 0; i < n; i++) {
        tenure[i] = groups[i].tenure;
        events[i] = groups[i].events;
    }
    curve.n = n;
    CHECK(survival_curve_valid(&curve));
    for (int i = 0; i < 4; i++) {
        int64_t period = fuzz_count(in) % (tenure[n - 1] < INT64_MAX ? tenure[n - 1] + 1 : INT64_MAX);
        survival_point at = survival_curve_at(&curve, period);

        CHECK(is_share(at.survival) && isfinite(at.se) && is_share(at.retention_rate));
        CHECK(!at.has_interval || (is_share(at.low) && is_share(at.high) && at.low <= at.high));
    }
}

static void
check_rfm(fuzz_input *in)
{
    double cuts[8], value = fuzz_finite(in);
    int n = (int)fuzz_pick(in, 9), high, low;

    for (int i = 0; i < n; i++) {
        cuts[i] = fuzz_finite(in);
        for (int j = i; j > 0 && cuts[j] < cuts[j - 1]; j--) {
            double swap = cuts[j];

            cuts[j] = cuts[j - 1];
            cuts[j - 1] = swap;
        }
    }
    high = rfm_score(value, cuts, n, false);
    low = rfm_score(value, cuts, n, true);
    CHECK(high >= 1 && high <= n + 1 && low >= 1 && low <= n + 1 && high + low >= n + 2);
}

/* Any curve that is taken for valid can be read. */
static void
check_any_curve(fuzz_input *in)
{
    int64_t tenure[4], at_risk[4], events[4];
    double survival[4], se[4];
    survival_curve curve = {1 + fuzz_pick(in, 4), tenure, at_risk, events, survival, se};

    for (size_t i = 0; i < curve.n; i++) {
        tenure[i] = fuzz_int64(in);
        at_risk[i] = fuzz_int64(in);
        events[i] = fuzz_int64(in);
        survival[i] = fuzz_share(in);
        se[i] = fuzz_finite(in);
    }
    if (survival_curve_valid(&curve)) {
        survival_point at = survival_curve_at(&curve, tenure[fuzz_pick(in, curve.n)]);

        CHECK(is_share(at.survival) && is_share(at.retention_rate));
        CHECK(!at.has_interval || (is_share(at.low) && is_share(at.high) && at.low <= at.high));
    }
}

static void
check_samples(fuzz_input *in)
{
    customer_group customers[MOST], other[MOST];
    spend_group spends[MOST], other_spends[MOST];
    size_t n = fuzz_pick(in, MOST + 1), n_spends = fuzz_pick(in, MOST + 1);
    customer_sample sample;
    spend_sample spend;
    clm_status status;

    for (size_t i = 0; i < n; i++) {
        double t = fuzz_bool(in) ? fuzz_double(in) : fuzz_between(in, 0, 50);

        customers[i] = (customer_group){
            {fuzz_int64(in), fuzz_bool(in) ? t * fuzz_share(in) : fuzz_double(in), t}, fuzz_int64(in)};
    }
    memset(other, 0, sizeof(other));
    MERGE_BOTH_WAYS(customers, other, n, status, customer_groups_merge);
    if (status == CLM_OK && n > 0 && customer_sample_build(customers, n, NULL, &sample) == CLM_OK) {
        for (size_t i = 0; i < n; i++)
            CHECK(sample.t_values[sample.t_index[i]] == customers[i].of.t &&
                  sample.t_x_values[sample.t_x_index[i]] == customers[i].of.t_x);
        customer_sample_free(&sample);
    }
    for (size_t i = 0; i < n_spends; i++)
        spends[i] = (spend_group){fuzz_int64(in), fuzz_double(in), fuzz_int64(in)};
    MERGE_BOTH_WAYS(spends, other_spends, n_spends, status, spend_groups_merge);
    if (status == CLM_OK && n_spends > 0 && spend_sample_build(spends, n_spends, NULL, &spend) == CLM_OK)
        spend_sample_free(&spend);
}

/* Two counts and two keys a row. */
typedef struct wide_row {
    int64_t counts[2];
    double keys[2];
} wide_row;

static clm_status
merge_wide_rows(wide_row *rows, size_t *n, const clm_stop *stop)
{
    return wide_rows_merge(rows, n, 4, 2, stop);
}

static void
check_wide_rows(fuzz_input *in)
{
    wide_row rows[MOST], other[MOST];
    size_t n = fuzz_pick(in, MOST + 1);
    clm_status status;

    for (size_t i = 0; i < n; i++)
        rows[i] = (wide_row){{fuzz_int64(in), fuzz_int64(in)}, {fuzz_finite(in), fuzz_between(in, 0, 3)}};
    MERGE_BOTH_WAYS(rows, other, n, status, merge_wide_rows);
    for (size_t i = 0; i < n && status == CLM_OK; i++)
        CHECK(rows[i].counts[0] >= 0 && rows[i].counts[0] <= WIDE_ROWS_MOST);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const checks[])(fuzz_input *) = {check_concentration, check_ranking,   check_survival,
                                                   check_rfm,           check_any_curve, check_wide_rows,
                                                   check_samples};
    fuzz_input in = {bytes, size};

    checks[fuzz_pick(&in, COUNT_OF(checks))](&in);
    return 0;
}
