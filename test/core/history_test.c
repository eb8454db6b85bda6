/* Histories without a server: the sort template, how rows become a history, and what is read off it. */
#include "tap.h"

#include <float.h>
#include <limits.h>

#include "core/compensated.h"
#include "core/history.h"

/* ---- the sort template ---- */

/* Sorted by key only, so that `place` shows whether equal keys keep their order. */
typedef struct item {
    int key;
    int place;
} item;

static long comparisons;

static bool
item_less(const item *a, const item *b)
{
    comparisons++;
    return a->key < b->key;
}

#define SORT_NAME sort_items
#define SORT_TYPE item
#define SORT_LESS(a, b) item_less(a, b)
#include "core/sort.h"

static uint64_t random_state = 42;

static int
random_below(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

typedef int (*key_of_place)(int place, int n);

static int
ascending(int place, int n)
{
    return place;
}

static int
descending(int place, int n)
{
    return n - place;
}

static int
organ_pipe(int place, int n)
{
    return place < n / 2 ? place : n - place;
}

static int
valley(int place, int n)
{
    return place < n / 2 ? n - place : place;
}

static int
all_equal(int place, int n)
{
    return 7;
}

static int
two_values(int place, int n)
{
    return place & 1;
}

static int
at_random(int place, int n)
{
    return random_below(n);
}

static int
few_values(int place, int n)
{
    return random_below(3);
}

static int
saw_teeth(int place, int n)
{
    return place % 17;
}

static int
small_last(int place, int n)
{
    return place == n - 1 ? -1 : place;
}

static int
large_first(int place, int n)
{
    return place == 0 ? n : place;
}

/* Runs of 1, 2, 4, ... items, each below the one before: merges of very different lengths. */
static int
doubling_runs(int place, int n)
{
    int run = 0;

    while ((1 << (run + 1)) - 1 <= place)
        run++;
    return place - 100 * run;
}

static const struct {
    const char *name;
    key_of_place key;
} patterns[] = {{"ascending", ascending},       {"descending", descending},
                {"organ pipe", organ_pipe},     {"valley", valley},
                {"all equal", all_equal},       {"two values", two_values},
                {"random", at_random},          {"few values", few_values},
                {"saw teeth", saw_teeth},       {"smallest last", small_last},
                {"largest first", large_first}, {"doubling runs", doubling_runs}};

#define NPATTERNS ((int)(sizeof(patterns) / sizeof(patterns[0])))

/* The memory ends where the items do, so that a sanitizer sees a step beyond. */
static item *
make_items(int n, key_of_place key)
{
    item *items = malloc((n > 0 ? (size_t)n : 1) * sizeof(item));

    if (items == NULL)
        abort();
    for (int i = 0; i < n; i++)
        items[i] = (item){key(i, n), i};
    return items;
}

/* Keys ascend, and equal keys have their places in order. */
static bool
is_stably_sorted(const item *items, int n)
{
    for (int i = 1; i < n; i++) {
        if (items[i - 1].key > items[i].key ||
            (items[i - 1].key == items[i].key && items[i - 1].place >= items[i].place))
            return false;
    }
    return true;
}

/* Is each place of 0 .. n - 1 there once, with its key? */
static bool
is_permutation(const item *items, const item *before, int n)
{
    char *seen = calloc(n > 0 ? (size_t)n : 1, 1);
    bool complete = seen != NULL;

    for (int i = 0; complete && i < n; i++) {
        int place = items[i].place;

        complete = place >= 0 && place < n && !seen[place] && before[place].key == items[i].key;
        if (complete)
            seen[place] = 1;
    }
    free(seen);
    return complete;
}

static bool
sorts(int n, key_of_place key)
{
    item *items = make_items(n, key), *before = make_items(n, key);
    item *scratch = n > SORT_SMALL ? make_items(n, all_equal) : NULL;
    bool passed;

    memcpy(before, items, (size_t)n * sizeof(item)); /* a random key is drawn once */
    passed = sort_items(items, (size_t)n, scratch, NULL) && is_stably_sorted(items, n) &&
             is_permutation(items, before, n);
    free(items);
    free(before);
    free(scratch);
    return passed;
}

static void
test_sort_orders(void)
{
    for (int p = 0; p < NPATTERNS; p++) {
        int failed_at = -1;

        for (int n = 0; n <= 70 && failed_at < 0; n++) {
            if (!sorts(n, patterns[p].key))
                failed_at = n;
        }
        ok(failed_at < 0, "sort: 0 to 70 items, %s", patterns[p].name);
        if (failed_at >= 0)
            printf("#   wrong for %d items\n", failed_at);
        ok(sorts(100000, patterns[p].key), "sort: 100,000 items, %s", patterns[p].name);
    }
}

static void
test_sort_random_sizes(void)
{
    int failed = 0;

    for (int i = 0; i < 3000; i++)
        failed += !sorts(random_below(400), patterns[random_below(NPATTERNS)].key);
    ok(failed == 0, "sort: 3,000 arrays of random size and pattern");
}

static long
comparisons_of(int n, key_of_place key)
{
    item *items = make_items(n, key), *scratch = make_items(n, key);

    comparisons = 0;
    sort_items(items, (size_t)n, scratch, NULL);
    free(items);
    free(scratch);
    return comparisons;
}

static void
test_sort_effort(void)
{
    int n = 1 << 17, slow = -1;

    for (int p = 0; p < NPATTERNS; p++) {
        /* log2 n = 17 comparisons an item; finding the runs takes one more in each of the 14 passes. */
        if (comparisons_of(n, patterns[p].key) > 36L * n)
            slow = p;
    }
    ok(slow < 0, "sort: no pattern takes more than O(n log n)%s%s", slow < 0 ? "" : ", not so ",
       slow < 0 ? "" : patterns[slow].name);
    ok(comparisons_of(n, ascending) < n, "sort: sorted input is looked at once");
    ok(comparisons_of(n, large_first) < 4L * n, "sort: few runs take little more");
}

static int stop_after, stop_questions;

static bool
stop_requested(void *arg)
{
    return stop_questions++ >= stop_after && arg == &stop_after;
}

/* Most comparisons between two looks at the stop callback, and since the last one. */
static long most_comparisons, last_comparisons;

static bool
note_comparisons(void *arg)
{
    if (comparisons - last_comparisons > most_comparisons)
        most_comparisons = comparisons - last_comparisons;
    last_comparisons = comparisons;
    return false;
}

static void
test_sort_stop_often(void)
{
    clm_stop stop = {note_comparisons, NULL};
    int n = 1000000, late = -1;

    for (int p = 0; p < NPATTERNS; p++) {
        item *items = make_items(n, patterns[p].key), *scratch = make_items(n, all_equal);

        comparisons = most_comparisons = last_comparisons = 0;
        sort_items(items, (size_t)n, scratch, &stop);
        note_comparisons(NULL);
        if (most_comparisons > 200000)
            late = p;
        free(items);
        free(scratch);
    }
    ok(late < 0, "sort: asks every 200,000 comparisons or earlier%s%s", late < 0 ? "" : ", not so ",
       late < 0 ? "" : patterns[late].name);
}

static void
test_sort_stop(void)
{
    clm_stop stop = {stop_requested, &stop_after};
    item *items = make_items(100000, descending), *scratch = make_items(100000, descending);

    stop_questions = 0;
    stop_after = 0;
    ok(!sort_items(items, 100000, scratch, &stop), "sort: stops when asked to");
    ok(stop_questions == 1, "sort: does not ask again after that");
    stop_questions = 0;
    stop_after = 5000;
    ok(!sort_items(items, 100000, scratch, &stop), "sort: stops in a later pass");
    free(items);
    items = make_items(100000, descending);
    stop_questions = 0;
    stop_after = 1 << 30;
    ok(sort_items(items, 100000, scratch, &stop) && is_stably_sorted(items, 100000) && stop_questions > 1000,
       "sort: goes on while nobody asks it to stop");
    free(items);
    free(scratch);
}

/* ---- rows become a history ---- */

#define MAX_ROWS 1000

static history_row
row(int32_t day, double amount)
{
    return make_history_row(day, amount, false);
}

static bool
same_rows(const history_row *a, const history_row *b, size_t n)
{
    return n == 0 || memcmp(a, b, n * sizeof(history_row)) == 0;
}

/* Do these rows become those entries? The rows are changed. */
static bool
becomes(history_row *rows, size_t n, const history_row *entries, size_t nentries)
{
    history_row scratch[MAX_ROWS];

    return history_finish_rows(rows, &n, scratch, NULL) == CLM_OK && n == nentries &&
           same_rows(rows, entries, n) && history_rows_are_finished(rows, n);
}

static void
test_rows(void)
{
    history_row minus_zero = row(5, -0.0), zero = row(5, 0);
    history_row first = row(HISTORY_MIN_DAY, -1), last = row(HISTORY_MAX_DAY, 1);

    ok(same_rows(&minus_zero, &zero, 1) && !signbit(history_row_amount(&minus_zero)) &&
           stamp_is_occasion(zero.stamp),
       "-0 becomes 0, an occasion");
    ok(stamp_day(first.stamp) == HISTORY_MIN_DAY && !stamp_is_occasion(first.stamp) &&
           stamp_day(last.stamp) == HISTORY_MAX_DAY && stamp_is_occasion(last.stamp) &&
           first.stamp < last.stamp,
       "the first and the last date fit into a stamp, in order");
    first = make_history_row(3, -5e-324, true);
    ok(history_row_amount(&first) == -5e-324 && stamp_is_occasion(first.stamp) && stamp_day(first.stamp) == 3,
       "the smallest double and a given flag are kept");
}

static void
test_rows_are_finished(void)
{
    history_row rows[] = {row(1, -1), row(2, 1), row(4, -1)};

    ok(history_rows_are_finished(rows, 0) && history_rows_are_finished(rows, 1) &&
           history_rows_are_finished(rows, 3),
       "ascending days are finished");
    rows[1] = row(1, 1);
    ok(!history_rows_are_finished(rows, 3), "the same day twice is not, whatever the flags");
    rows[0] = row(1, 1);
    rows[1] = row(1, -1);
    ok(!history_rows_are_finished(rows, 3), "nor in the other order of flags");
    rows[0] = row(2, 1);
    ok(!history_rows_are_finished(rows, 3), "nor are descending days");
}

static void
test_finish(void)
{
    ok(becomes((history_row[]){row(3, 1), row(1, 2), row(2, 4)}, 3,
               (history_row[]){row(1, 2), row(2, 4), row(3, 1)}, 3),
       "rows are sorted by day");
    ok(becomes((history_row[]){row(3, 1), row(1, 2), row(3, 4), row(1, -5)}, 4,
               (history_row[]){make_history_row(1, -3, true), row(3, 5)}, 2),
       "rows of a day add up; a refund does not undo the occasion");
    ok(becomes((history_row[]){row(1, -2), row(1, -1)}, 2, (history_row[]){row(1, -3)}, 1),
       "refunds make no occasion");
    ok(becomes((history_row[]){row(1, -2), make_history_row(1, -1, true)}, 2,
               (history_row[]){make_history_row(1, -3, true)}, 1),
       "an entry that was an occasion stays one");
    ok(becomes((history_row[]){row(1, 5), row(1, -5)}, 2, (history_row[]){row(1, 0)}, 1), "nothing is left");
    ok(becomes(NULL, 0, NULL, 0), "no rows, no entries");
    ok(becomes((history_row[]){row(HISTORY_MAX_DAY, 1), row(HISTORY_MIN_DAY, 2), row(HISTORY_MAX_DAY, 3)}, 3,
               (history_row[]){row(HISTORY_MIN_DAY, 2), row(HISTORY_MAX_DAY, 4)}, 2),
       "the first and the last date");
}

static void
test_finish_sums(void)
{
    history_row tenths[1000], scratch[1000], whole = row(1, 100);
    size_t n = 1000;

    for (int i = 0; i < 1000; i++)
        tenths[i] = row(1, 0.1);
    ok(history_finish_rows(tenths, &n, scratch, NULL) == CLM_OK && n == 1 && same_rows(tenths, &whole, 1),
       "a thousand times 0.1 is 100");
    ok(becomes((history_row[]){row(1, 1), row(1, 1e100), row(1, -1e100)}, 3, (history_row[]){row(1, 1)}, 1),
       "1 + 1e100 - 1e100 = 1");
    ok(becomes((history_row[]){row(1, 1e16), row(1, 1), row(1, 1), row(1, -1e16)}, 4,
               (history_row[]){row(1, 2)}, 1),
       "1e16 + 1 + 1 - 1e16 = 2");
    ok(becomes((history_row[]){row(1, 5e-324), row(1, 5e-324), row(2, 1)}, 3,
               (history_row[]){row(1, 1e-323), row(2, 1)}, 2),
       "the smallest doubles add up exactly");
}

/* Sums that more than two doubles hold are correctly rounded in any order of their rows. */
static void
test_finish_exact_sums(void)
{
    const double terms[] = {0x1p100, 1, 0x1p-53, 0x1p-80, -0x1p100, 0x1p300, -0x1p300};
    history_row whole = row(1, 1 + 0x1p-52);
    int wrong = 0;

    for (int round = 0; round < 500; round++) {
        history_row rows[7];

        for (int i = 0; i < 7; i++)
            rows[i] = row(1, terms[i]);
        for (int i = 6; i > 0; i--) {
            int j = random_below(i + 1);
            history_row swap = rows[i];

            rows[i] = rows[j];
            rows[j] = swap;
        }
        if (!becomes(rows, 7, &whole, 1))
            wrong++;
    }
    ok(wrong == 0, "1 + 2^-53 + 2^-80 is rounded up, whatever cancels around it");
    ok(becomes((history_row[]){row(1, DBL_MAX), row(1, DBL_MAX), row(1, -DBL_MAX), row(1, 0x1p-1074),
                               row(1, -DBL_MAX)},
               5, (history_row[]){row(1, 0x1p-1074)}, 1),
       "the smallest double is left of the largest");
}

/* Ten days of ten rows in order, half of them with sums that two doubles do not hold; stops at the question `after`. */
static clm_status
finish_hard_days(int after)
{
    clm_stop stop = {stop_requested, &stop_after};
    history_row rows[100], scratch[100];
    size_t n = 100;

    for (int i = 0; i < 100; i++)
        rows[i] = row(i / 10, i % 2 ? 1 : i / 10 % 2 ? ldexp(1, 40 * (i % 10)) : 2);
    stop_after = after;
    stop_questions = 0;
    return history_finish_rows(rows, &n, scratch, &stop);
}

/* Each day asks, and each that is summed again; sorting so few rows does not. */
static void
test_finish_stops(void)
{
    int wrong = 0;

    ok(finish_hard_days(INT_MAX) == CLM_OK && stop_questions == 15, "sums of days ask whether to stop");
    for (int at = 0; at < 15; at++) {
        if (finish_hard_days(at) != CLM_STOPPED || stop_questions != at + 1)
            wrong++;
    }
    ok(wrong == 0, "and stop there");
    stop_after = 0;
}

static void
test_finish_errors(void)
{
    clm_stop stop = {stop_requested, &stop_after};
    history_row rows[100], scratch[100];
    size_t n = 2;

    rows[0] = rows[1] = row(1, 1e308);
    ok(history_finish_rows(rows, &n, scratch, NULL) == CLM_OVERFLOW, "a day beyond double is an overflow");
    n = 3;
    rows[0] = rows[2] = row(1, -DBL_MAX);
    rows[1] = row(0, 1);
    ok(history_finish_rows(rows, &n, scratch, NULL) == CLM_OVERFLOW, "a negative one too");
    n = 3;
    rows[0] = rows[2] = row(1, DBL_MAX);
    rows[1] = row(1, -DBL_MAX);
    ok(history_finish_rows(rows, &n, scratch, NULL) == CLM_OK && n == 1 &&
           history_row_amount(rows) == DBL_MAX,
       "what cancels out on the way is none");
    n = 100;
    for (int i = 0; i < 100; i++)
        rows[i] = row(-i, i);
    stop_questions = stop_after = 0;
    ok(history_finish_rows(rows, &n, scratch, &stop) == CLM_STOPPED, "a stop is passed on");
    stop_questions = 0;
    ok(history_sort_rows(rows, 100, scratch, &stop) == CLM_STOPPED, "by the sort of the state too");
    for (int i = 0; i < 100; i++)
        rows[i] = row(i / 10, -i);
    stop_questions = 0;
    stop_after = 3;
    ok(history_sort_rows(rows, 100, scratch, &stop) == CLM_STOPPED && stop_questions == 4,
       "and between two days");
    stop_after = 0;
}

/* Rows in any order give the same bytes, and sorting keeps every row. */
static void
test_finish_permutations(void)
{
    history_row rows[200], finished[200], shuffled[200], scratch[200];
    int different = 0;
    size_t n = 200;

    for (int i = 0; i < 200; i++)
        rows[i] = make_history_row(random_below(60), (random_below(20001) - 10000) / 100.0, random_below(2));
    memcpy(finished, rows, sizeof(rows));
    history_finish_rows(finished, &n, scratch, NULL);
    for (int round = 0; round < 500; round++) {
        size_t m = 200;

        memcpy(shuffled, rows, sizeof(rows));
        for (int i = 199; i > 0; i--) {
            int j = random_below(i + 1);
            history_row swap = shuffled[i];

            shuffled[i] = shuffled[j];
            shuffled[j] = swap;
        }
        if (history_finish_rows(shuffled, &m, scratch, NULL) != CLM_OK || m != n ||
            !same_rows(shuffled, finished, n))
            different++;
    }
    ok(different == 0 && n > 40 && n <= 60, "500 permutations of 200 rows give the same bytes");
    history_sort_rows(rows, 200, scratch, NULL);
    for (int i = 1; i < 200; i++) {
        bool tie = rows[i - 1].stamp == rows[i].stamp;

        if (rows[i - 1].stamp > rows[i].stamp ||
            (tie && history_row_amount(&rows[i - 1]) > history_row_amount(&rows[i])))
            different++;
    }
    ok(different == 0, "sorted rows ascend by day, flag and amount");
}

static void
test_compensated(void)
{
    double terms[] = {1, 1e100, 1, -1e100};
    compensated_sum up = {0, 0}, down = {0, 0};

    for (int i = 0; i < 4; i++) {
        compensated_add(&up, terms[i]);
        compensated_add(&down, terms[3 - i]);
    }
    ok(compensated_value(&up) == 2 && compensated_value(&down) == 2, "1 + 1e100 + 1 - 1e100 = 2, both ways");
    compensated_add(&up, DBL_MAX);
    compensated_add(&up, DBL_MAX);
    ok(!isfinite(compensated_value(&up)), "an overflow is not finite");
}

/* ---- a history, read ---- */

typedef struct packed_history {
    unsigned char bytes[1 + 20 * HISTORY_ENTRY_SIZE];
    size_t n;
} packed_history;

/* Packs at an odd address: neither array need be aligned. */
static history_view
pack(packed_history *made, const history_row *rows, size_t n)
{
    made->n = n;
    history_pack(rows, n, made->bytes + 1);
    return (history_view){made->bytes + 1, made->bytes + 1 + n * sizeof(uint32_t), n};
}

static void
test_pack(void)
{
    history_row rows[] = {row(HISTORY_MIN_DAY, -1e300), make_history_row(0, -0.1, true), row(1, 5e-324),
                          row(HISTORY_MAX_DAY, DBL_MAX)};
    packed_history made;
    history_view h = pack(&made, rows, 4);
    bool same = true;

    for (size_t i = 0; i < 4; i++) {
        history_row entry = history_entry(&h, i);

        same = same && same_rows(&entry, &rows[i], 1) && history_day(&h, i) == stamp_day(rows[i].stamp) &&
               history_amount(&h, i) == history_row_amount(&rows[i]);
    }
    ok(same, "packed rows come back to the bit");
    ok(!history_is_occasion(&h, 0) && history_is_occasion(&h, 1) && history_occasions(&h) == 3,
       "flags of occasions come back");
}

/* Are the entries with after < day <= upto those from `from` on, n of them? */
static bool
slice_is(const history_view *h, int64_t after, int64_t upto, size_t from, size_t n)
{
    history_view slice = history_slice(h, after, upto);

    return slice.n == n && (n == 0 || (slice.stamps == h->stamps + from * sizeof(uint32_t) &&
                                       slice.amounts == h->amounts + from * sizeof(double)));
}

static void
test_slices(void)
{
    history_row rows[] = {row(HISTORY_MIN_DAY, 1), row(-3, 2), row(0, 3), row(7, -4),
                          row(HISTORY_MAX_DAY, 5)};
    packed_history made;
    history_view h = pack(&made, rows, 5), none = pack(&(packed_history){.n = 0}, rows, 0);

    ok(history_entries_upto(&h, INT64_MIN) == 0 && history_entries_upto(&h, HISTORY_MIN_DAY - 1) == 0 &&
           history_entries_upto(&h, HISTORY_MIN_DAY) == 1 && history_entries_upto(&h, -4) == 1 &&
           history_entries_upto(&h, -3) == 2 && history_entries_upto(&h, 6) == 3 &&
           history_entries_upto(&h, 7) == 4 && history_entries_upto(&h, HISTORY_MAX_DAY - 1) == 4 &&
           history_entries_upto(&h, HISTORY_MAX_DAY) == 5 && history_entries_upto(&h, INT64_MAX) == 5,
       "entries up to a day, the first and the last date included");
    ok(history_entries_upto(&none, INT64_MIN) == 0 && history_entries_upto(&none, INT64_MAX) == 0,
       "an empty history has none");
    ok(slice_is(&h, INT64_MIN, INT64_MAX, 0, 5) && slice_is(&h, INT64_MIN, 0, 0, 3) &&
           slice_is(&h, INT32_MIN, INT32_MAX, 0, 5),
       "a slice without a lower bound");
    ok(slice_is(&h, HISTORY_MIN_DAY, HISTORY_MAX_DAY, 1, 4) &&
           slice_is(&h, HISTORY_MIN_DAY - 1, HISTORY_MIN_DAY, 0, 1),
       "the lower bound is exclusive, the upper inclusive");
    ok(slice_is(&h, 7, HISTORY_MAX_DAY, 4, 1) && slice_is(&h, 7, HISTORY_MAX_DAY - 1, 0, 0) &&
           slice_is(&h, HISTORY_MAX_DAY, INT64_MAX, 0, 0) && slice_is(&h, INT64_MAX, INT64_MAX, 0, 0),
       "slices at the last date");
    ok(slice_is(&h, 7, -3, 0, 0) && slice_is(&h, INT64_MAX, INT64_MIN, 0, 0) && slice_is(&h, 0, 0, 0, 0) &&
           slice_is(&none, INT64_MIN, INT64_MAX, 0, 0),
       "bounds the wrong way round, and an empty history, give nothing");
}

/* Every slice of a long history against a plain count. */
static void
test_slices_exhaustively(void)
{
    history_row rows[20];
    packed_history made;
    history_view h;
    int wrong = 0;

    for (int i = 0; i < 20; i++)
        rows[i] = row(3 * i + i % 2, i);
    for (size_t n = 0; n <= 20; n++) {
        h = pack(&made, rows, n);
        for (int after = -2; after < 64; after++) {
            for (int upto = -2; upto < 64; upto++) {
                size_t from = 0, to = 0;

                for (size_t i = 0; i < n; i++) {
                    from += stamp_day(rows[i].stamp) <= after;
                    to += stamp_day(rows[i].stamp) <= upto;
                }
                wrong += !slice_is(&h, after, upto, from, to > from ? to - from : 0);
            }
        }
    }
    ok(wrong == 0, "every slice of histories of 0 to 20 entries");
}

static void
test_reading(void)
{
    history_row rows[] = {row(1, -1), row(5, 20), make_history_row(15, -50, true), row(20, -5)};
    packed_history made;
    history_view h = pack(&made, rows, 4), refund = history_slice(&h, 0, 1), none = history_slice(&h, 0, 0);
    int32_t first, last;
    double total;

    ok(history_first_day(&h, &first) && first == 5 && history_last_day(&h, &last) && last == 15,
       "the first and the last occasion, refunds apart");
    ok(!history_first_day(&refund, &first) && !history_last_day(&refund, &last) &&
           !history_first_day(&none, &first) && !history_last_day(&none, &last),
       "without an occasion there is none");
    ok(history_total(&h, &total) == CLM_OK && total == -36 && history_total(&none, &total) == CLM_OK &&
           total == 0,
       "the total is net, and 0 for nothing");
    h = pack(&made, (history_row[]){row(1, 1), row(2, 1e100), row(3, 1), row(4, -1e100)}, 4);
    ok(history_total(&h, &total) == CLM_OK && total == 2, "the total is compensated");
    h = pack(&made, (history_row[]){row(1, 1e308), row(2, 1e308)}, 2);
    ok(history_total(&h, &total) == CLM_OVERFLOW, "a total beyond double is an overflow");
}

static void
test_compare(void)
{
    /* In ascending order */
    const history_row rows[][2] = {{row(1, -2), row(2, 1)}, {make_history_row(1, -2, true), row(2, 1)},
                                   {row(1, -1), row(2, 1)}, {row(1, 1), row(2, -1)},
                                   {row(1, 1), row(2, 1)},  {row(1, 1), row(3, -9)},
                                   {row(2, -9), row(3, 1)}};
    int n = (int)(sizeof(rows) / sizeof(rows[0])), wrong = 0;
    packed_history left, right;

    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            history_view a = pack(&left, rows[i], 2), b = pack(&right, rows[j], 2);
            history_view start = {b.stamps, b.amounts, 1};

            wrong += history_compare(&a, &b) != (i > j) - (i < j);
            if (i == j)
                wrong += history_compare(&a, &start) != 1 || history_compare(&start, &a) != -1;
        }
    }
    ok(wrong == 0, "histories compare by day, amount and occasion, the shorter first");
}

/* ---- the customer summary ---- */

/* Is the summary as of a day this one? n_monetary < 0 where there is none. */
static bool
summary_is(const history_view *h, int64_t as_of, int64_t since, history_rfm want, int64_t n_monetary,
           double monetary)
{
    history_rfm got;
    int64_t n;
    double mean;
    clm_status status = history_summary(h, as_of, since, &got);

    if (status != CLM_OK)
        return status == CLM_UNDEFINED && n_monetary < 0;
    return got.x == want.x && got.recency_days == want.recency_days && got.age_days == want.age_days &&
           got.left_truncated == want.left_truncated && history_spend(&got.repeats, &n, &mean) == CLM_OK &&
           n == n_monetary && mean == monetary;
}

static void
test_summary(void)
{
    history_row rows[] = {row(-5, -1), row(0, 10),  row(10, 20), make_history_row(20, -3, true),
                          row(30, 0),  row(35, -9), row(40, 7)};
    packed_history made;
    history_view h = pack(&made, rows, 7), refund = history_slice(&h, INT64_MIN, -5);
    const int64_t ever = HISTORY_MIN_DAY;

    ok(summary_is(&h, -1, ever, (history_rfm){0}, -1, 0) &&
           summary_is(&refund, 9, ever, (history_rfm){0}, -1, 0),
       "before the first occasion there is no summary");
    ok(summary_is(&h, 0, ever, (history_rfm){.x = 0}, 0, 0), "on its day the clock stands at 0");
    ok(summary_is(&h, 9, ever, (history_rfm){.age_days = 9}, 0, 0), "the first occasion is not counted");
    ok(summary_is(&h, 10, ever, (history_rfm){.x = 1, .recency_days = 10, .age_days = 10}, 1, 20),
       "a repeat counts on its own day");
    ok(summary_is(&h, 36, ever, (history_rfm){.x = 3, .recency_days = 30, .age_days = 36}, 1, 20),
       "free orders and negative days are repeats without a value, refunds are nothing");
    ok(summary_is(&h, 100, ever, (history_rfm){.x = 4, .recency_days = 40, .age_days = 100}, 2, 13.5),
       "the mean is that of the positive repeats");
}

static void
test_summary_truncated(void)
{
    history_row rows[] = {row(-5, -1), row(0, 10), row(10, 20), row(40, 7)};
    history_row ends[] = {row(HISTORY_MIN_DAY, 1), row(HISTORY_MAX_DAY, 2)};
    packed_history made, far;
    history_view h = pack(&made, rows, 4), wide = pack(&far, ends, 2);

    ok(summary_is(&h, 50, 0, (history_rfm){.x = 2, .recency_days = 40, .age_days = 50}, 2, 13.5) &&
           summary_is(&h, 50, -5, (history_rfm){.x = 2, .recency_days = 40, .age_days = 50}, 2, 13.5),
       "who starts with the data or later is not truncated, whatever was refunded before");
    ok(summary_is(&h, 50, 1,
                  (history_rfm){.x = 2, .recency_days = 39, .age_days = 49, .left_truncated = true}, 2, 13.5),
       "the clock of an older customer starts with the data");
    ok(summary_is(&h, 50, 10,
                  (history_rfm){.x = 2, .recency_days = 30, .age_days = 40, .left_truncated = true}, 2, 13.5),
       "and an occasion on that day is a repeat");
    ok(summary_is(&h, 50, 11,
                  (history_rfm){.x = 1, .recency_days = 29, .age_days = 39, .left_truncated = true}, 1, 7),
       "what lies before is left out");
    ok(summary_is(&h, 50, 50, (history_rfm){.left_truncated = true}, 0, 0) &&
           summary_is(&h, 50, 51, (history_rfm){0}, -1, 0) && summary_is(&h, -1, 51, (history_rfm){0}, -1, 0),
       "data that start after as_of say nothing");
    ok(summary_is(&wide, HISTORY_MAX_DAY, HISTORY_MIN_DAY,
                  (history_rfm){.x = 1, .recency_days = 2147483493, .age_days = 2147483493}, 1, 2) &&
           summary_is(&wide, HISTORY_MAX_DAY, HISTORY_MAX_DAY, (history_rfm){.x = 1, .left_truncated = true},
                      1, 2),
       "the first and the last date");
}

/* Opportunities end with as_of: with the last day of a year they are years, whatever day a customer came on. */
static void
test_opportunities(void)
{
    /* Day 0 is 2000-01-01. 15 December of 2000 to 2004, a second gift in 2001, none in 2003; 31 December 2004 */
    history_row rows[] = {row(349, 5), row(400, 5), row(714, 5), row(1079, 5), row(1810, 5)};
    packed_history made;
    history_view h = pack(&made, rows, 5);
    history_rfm rfm;
    history_opportunities o;
    int32_t gaps[4];

    history_summary(&h, 1826, HISTORY_MIN_DAY, &rfm);
    o = history_count_opportunities(&rfm, 365);
    ok(o.n == 4 && o.x == 3 && o.last == 4, "gifts in three of the four years after the first");
    o = history_count_opportunities(&rfm, 3000);
    ok(o.n == 0 && o.x == 0 && o.last == 0, "a period that holds everything leaves nothing to count");
    o = history_count_opportunities(&rfm, 1);
    ok(o.n == 1826 - 349 && o.x == 4 && o.last == 1810 - 349, "with days as opportunities it is the summary");
    history_gaps(&rfm, gaps);
    ok(gaps[0] == 51 && gaps[1] == 314 && gaps[2] == 365 && gaps[3] == 731, "days between occasions");
    history_summary(&h, 1826, 400, &rfm);
    history_gaps(&rfm, gaps);
    ok(rfm.x == 4 && gaps[0] == 1 && gaps[1] == 314, "an older customer's first gap is at least a day");
    rows[2] = row(714, -5);
    h = pack(&made, rows, 5);
    history_summary(&h, 1826, HISTORY_MIN_DAY, &rfm);
    history_gaps(&rfm, gaps);
    ok(rfm.x == 3 && gaps[0] == 51 && gaps[1] == 679 && gaps[2] == 731, "a refund ends no gap");
}

static void
test_spend_overflow(void)
{
    history_row rows[] = {row(0, 1), row(1, 1e308), row(2, 1e308)};
    packed_history made;
    history_view h = pack(&made, rows, 3);
    int64_t n;
    double mean;

    ok(history_spend(&h, &n, &mean) == CLM_OVERFLOW, "a sum of spend beyond double is an overflow");
}

int
main(void)
{
    test_sort_orders();
    test_sort_random_sizes();
    test_sort_effort();
    test_sort_stop();
    test_sort_stop_often();
    test_rows();
    test_rows_are_finished();
    test_finish();
    test_finish_sums();
    test_finish_exact_sums();
    test_finish_errors();
    test_finish_stops();
    test_finish_permutations();
    test_compensated();
    test_pack();
    test_slices();
    test_slices_exhaustively();
    test_reading();
    test_compare();
    test_summary();
    test_summary_truncated();
    test_opportunities();
    test_spend_overflow();
    return done_testing();
}
