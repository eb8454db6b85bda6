/*
 * Histories: whatever order and parts the rows come in, the result is the same; and what reads a history, among it the
 * trend and the stage, survives any bytes in its place.
 */
#include "../../src/core/exact_sum.h"
#include "../../src/core/new_days.h"
#include "../../src/core/stage.h"
#include "../../src/core/trend.h"
#include "fuzz.h"

#define MOST_ROWS 64

/* Rows on their way into a history, and the packed history. */
typedef struct rows {
    history_row row[MOST_ROWS];
    size_t n;
    unsigned char packed[MOST_ROWS * HISTORY_ENTRY_SIZE];
    history_view view;
} rows;

static void
pack(rows *r)
{
    history_pack(r->row, r->n, r->packed);
    r->view = (history_view){r->packed, r->packed + r->n * sizeof(uint32_t), r->n};
}

static clm_status
finish(rows *r)
{
    history_row scratch[MOST_ROWS];
    clm_status status = history_finish_rows(r->row, &r->n, scratch, NULL);

    if (status == CLM_OK)
        pack(r);
    return status;
}

static void
read_rows(fuzz_input *in, rows *r)
{
    r->n = fuzz_pick(in, MOST_ROWS + 1);
    for (size_t i = 0; i < r->n; i++) {
        int32_t day = fuzz_day(in);

        r->row[i] = make_history_row(day, fuzz_finite(in), fuzz_bool(in));
    }
}

static bool
same(const history_view *a, const history_view *b)
{
    return a->n == b->n && memcmp(a->stamps, b->stamps, a->n * sizeof(uint32_t)) == 0 &&
           memcmp(a->amounts, b->amounts, a->n * sizeof(double)) == 0;
}

/* ---- what reads a history ---- */

static void
read_summary(fuzz_input *in, const history_view *h, int32_t as_of)
{
    history_rfm rfm;
    int32_t gaps[MOST_ROWS];

    if (history_summary(h, as_of, fuzz_bool(in) ? HISTORY_MIN_DAY : fuzz_day(in), &rfm) != CLM_OK)
        return;
    CHECK(rfm.x >= 0 && (size_t)rfm.x <= h->n);
    history_gaps(&rfm, gaps);
    (void)history_count_opportunities(&rfm, fuzz_between(in, 1, 400));
}

static clm_status
some_p_active(void *arg, const stage_moment *moment, int horizon, double *p)
{
    *p = *(double *)arg;
    return moment->occasions > 0 && horizon >= 1 ? CLM_OK : CLM_DOMAIN;
}

static void
read_stage(fuzz_input *in, const history_view *h, int32_t as_of, bool valid)
{
    stage_options options;
    stage_result result;
    double p = fuzz_share(in);
    stage_model model = {some_p_active, &p};
    char text[STAGE_REASON_SIZE];

    stage_default_options(&options);
    if (fuzz_bool(in)) {
        options.new_for = (int)fuzz_bits(in, 4);
        options.churn_after = fuzz_double(in);
        options.churn_floor = (int)fuzz_bits(in, 4);
        options.period = (int)fuzz_bits(in, 4);
        options.k = fuzz_between(in, 0, TREND_MAX_PERIODS + 1);
        options.grow = fuzz_double(in);
        options.decline = fuzz_double(in);
        options.alive_below = fuzz_share(in);
        options.horizon = (int)fuzz_bits(in, 4);
        options.has_engaged = fuzz_bool(in);
        options.engaged = fuzz_day(in);
        options.has_closed = fuzz_bool(in);
        options.closed = fuzz_day(in);
    }
    if (stage_check_options(&options) != CLM_OK)
        return;
    if (stage_classify(h, as_of, &options, fuzz_bool(in) ? &model : NULL, &result) != CLM_OK)
        return;
    CHECK((int)result.stage >= 0 && result.stage < STAGE_COUNT);
    stage_reason_text(&result, text, sizeof(text));
    CHECK(!valid || strlen(text) < sizeof(text) - 1);
}

static void
read_trend(fuzz_input *in, const history_view *h, int32_t as_of)
{
    double sums[TREND_MAX_PERIODS], slope, z;
    mann_kendall test;
    int n, period = fuzz_between(in, 0, 100000), k = fuzz_between(in, 0, 20);

    if (trend_periods(h, as_of, period, k, sums, &n) != CLM_OK)
        return;
    CHECK(n >= 0 && n <= k);
    if (trend_relative_slope(sums, n, &slope) == CLM_OK)
        CHECK(isfinite(slope));
    if (trend_mann_kendall(sums, n, &test) == CLM_OK)
        CHECK(is_share(test.p_down) && is_share(test.p_up));
    if (trend_laplace(h, fuzz_day(in), as_of, &z) == CLM_OK)
        CHECK(isfinite(z));
}

static void
read_all(fuzz_input *in, const history_view *h, bool valid)
{
    int32_t as_of = fuzz_day(in), first = 0, last = 0;
    int64_t n;
    double value = NAN;
    history_view part = history_slice(h, fuzz_day(in), fuzz_day(in));

    CHECK(part.n <= h->n && history_occasions(&part) <= history_occasions(h));
    CHECK(history_first_day(h, &first) == history_last_day(h, &last));
    CHECK(!valid || first <= last);
    if (history_total(h, &value) == CLM_OK)
        CHECK(isfinite(value));
    if (history_cadence(h, &value) == CLM_OK)
        CHECK(isfinite(value) && (!valid || value >= 1));
    if (history_spend(h, &n, &value) == CLM_OK)
        CHECK(n >= 0 && isfinite(value));
    CHECK(!valid || history_compare(h, h) == 0);
    read_summary(in, h, as_of);
    read_trend(in, h, as_of);
    read_stage(in, h, as_of, valid);
}

/* ---- rows ---- */

static void
check_order(const rows *all, const rows *whole, clm_status status)
{
    rows other = *all;

    for (size_t i = 0; i < all->n; i++)
        other.row[i] = all->row[all->n - 1 - i];
    CHECK(finish(&other) == status);
    CHECK(status != CLM_OK || same(&other.view, &whole->view));
}

/* The amount of each day is the sum of its rows, correctly rounded by other code. */
static void
check_sums(const rows *all, const rows *whole, clm_status status)
{
    bool overflows = false;

    for (size_t i = 0; i < all->n; i++) {
        int32_t day = stamp_day(all->row[i].stamp);
        double amounts[MOST_ROWS], sum;
        int n = 0;

        for (size_t j = 0; j < all->n; j++) {
            if (stamp_day(all->row[j].stamp) == day)
                amounts[n++] = history_row_amount(&all->row[j]);
        }
        if (exact_sum(amounts, n, &sum) == CLM_OVERFLOW)
            overflows = true;
        else if (status == CLM_OK)
            CHECK(history_amount(&whole->view, history_search(&whole->view, day) - 1) == sum);
    }
    CHECK((status == CLM_OVERFLOW) == overflows);
}

/* The first half of the days and the rest, merged again: by turns, so that days interleave. */
static void
check_new_days(fuzz_input *in, const rows *whole)
{
    rows a = {.n = 0}, b = {.n = 0}, merged = {.n = whole->n};

    for (size_t i = 0; i < whole->n; i++) {
        rows *to = fuzz_bool(in) ? &a : &b;

        to->row[to->n++] = whole->row[i];
    }
    pack(&a);
    pack(&b);
    CHECK(history_merge_new_days(&a.view, &b.view, merged.packed) == CLM_OK);
    merged.view = (history_view){merged.packed, merged.packed + merged.n * sizeof(uint32_t), merged.n};
    CHECK(same(&merged.view, &whole->view));
    CHECK(whole->n == 0 || history_merge_new_days(&whole->view, &whole->view,
                                                  (unsigned char[2 * sizeof(a.packed)]){0}) == CLM_UNDEFINED);
    CHECK(history_compare(&a.view, &b.view) == -history_compare(&b.view, &a.view));
}

static void
check_rows(fuzz_input *in)
{
    rows all, whole;
    clm_status status;

    read_rows(in, &all);
    whole = all;
    status = finish(&whole);
    check_order(&all, &whole, status);
    check_sums(&all, &whole, status);
    if (status != CLM_OK)
        return;
    CHECK(history_rows_are_finished(whole.row, whole.n));
    check_new_days(in, &whole);
    read_all(in, &whole.view, true);
}

/* Bytes in place of a history, on the heap so that the sanitizer sees their ends. */
static void
check_bytes(fuzz_input *in)
{
    size_t n = fuzz_pick(in, MOST_ROWS + 1);
    unsigned char *bytes = malloc(n * HISTORY_ENTRY_SIZE + 1);
    history_view h = {bytes, bytes + n * sizeof(uint32_t), n};

    CHECK(bytes != NULL);
    for (size_t i = 0; i < n * HISTORY_ENTRY_SIZE; i++)
        bytes[i] = fuzz_byte(in);
    read_all(in, &h, false);
    free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};

    if (fuzz_byte(&in) < 192)
        check_rows(&in);
    else
        check_bytes(&in);
    return 0;
}
