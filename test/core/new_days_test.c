/* Merging histories that share no day: the result is the aggregate of all rows, bit for bit. */
#include "tap.h"

#include <float.h>

#include "core/new_days.h"

#define MOST_DAYS 64

static uint64_t random_state = 7;

static int
random_below(int n)
{
    random_state = random_state * 6364136223846793005u + 1442695040888963407u;
    return (int)((random_state >> 33) % (uint64_t)n);
}

static history_view
view_of_packed(const unsigned char *packed, size_t n)
{
    return (history_view){packed, packed + n * sizeof(uint32_t), n};
}

/* Deals the days 0, 1 .. n - 1 at random to a, to b and to neither; all that were dealt go to `whole`. */
static void
deal(int n, int b_in, history_row *a, size_t *a_n, history_row *b, size_t *b_n, history_row *whole,
     size_t *n_dealt)
{
    *a_n = *b_n = *n_dealt = 0;
    for (int day = 0; day < n; day++) {
        history_row row = make_history_row(day, (random_below(2001) - 1000) / 7.0, random_below(2));
        int hand = random_below(b_in);

        if (hand == 0)
            b[(*b_n)++] = row;
        else if (hand < b_in - 1 || b_in == 2)
            a[(*a_n)++] = row;
        else
            continue;
        whole[(*n_dealt)++] = row;
    }
}

static void
test_any_deal(void)
{
    history_row a[MOST_DAYS], b[MOST_DAYS], whole[MOST_DAYS];
    unsigned char a_packed[MOST_DAYS * HISTORY_ENTRY_SIZE], b_packed[MOST_DAYS * HISTORY_ENTRY_SIZE];
    unsigned char expected[MOST_DAYS * HISTORY_ENTRY_SIZE], merged[MOST_DAYS * HISTORY_ENTRY_SIZE];
    int wrong = 0, sharing = 0;

    for (int round = 0; round < 20000; round++) {
        size_t a_n, b_n, n;
        history_view a_view, b_view;

        deal(random_below(MOST_DAYS), 2 + random_below(8), a, &a_n, b, &b_n, whole, &n);
        history_pack(a, a_n, a_packed);
        history_pack(b, b_n, b_packed);
        history_pack(whole, n, expected);
        a_view = view_of_packed(a_packed, a_n);
        b_view = view_of_packed(b_packed, b_n);
        wrong += history_merge_new_days(&a_view, &b_view, merged) != CLM_OK ||
                 memcmp(merged, expected, n * HISTORY_ENTRY_SIZE) != 0;
        wrong += history_merge_new_days(&b_view, &a_view, merged) != CLM_OK ||
                 memcmp(merged, expected, n * HISTORY_ENTRY_SIZE) != 0;
        /* One day of a, with another amount and flag, also in b */
        if (a_n > 0) {
            history_row shared = a[random_below((int)a_n)];
            size_t at = 0;

            while (at < b_n && stamp_day(b[at].stamp) < stamp_day(shared.stamp))
                at++;
            memmove(&b[at + 1], &b[at], (b_n - at) * sizeof(history_row));
            b[at] = make_history_row(stamp_day(shared.stamp), -1, false);
            history_pack(b, b_n + 1, b_packed);
            b_view = view_of_packed(b_packed, b_n + 1);
            sharing += history_merge_new_days(&a_view, &b_view, merged) != CLM_UNDEFINED;
            sharing += history_merge_new_days(&b_view, &a_view, merged) != CLM_UNDEFINED;
        }
    }
    ok(wrong == 0, "days dealt at random merge to the bytes of the whole, in either order: %d wrong", wrong);
    ok(sharing == 0, "a day in both is never merged: %d wrong", sharing);
}

static void
test_borders(void)
{
    history_row first = make_history_row(HISTORY_MIN_DAY, DBL_MAX, false);
    history_row last = make_history_row(HISTORY_MAX_DAY, -DBL_MAX, true);
    unsigned char a[HISTORY_ENTRY_SIZE], b[HISTORY_ENTRY_SIZE], merged[2 * HISTORY_ENTRY_SIZE];
    history_view a_view = view_of_packed(a, 1), b_view = view_of_packed(b, 1), none = view_of_packed(a, 0),
                 result;

    history_pack(&first, 1, a);
    history_pack(&last, 1, b);
    ok(history_merge_new_days(&b_view, &a_view, merged) == CLM_OK, "the first and the last day of all merge");
    result = view_of_packed(merged, 2);
    ok(history_day(&result, 0) == HISTORY_MIN_DAY && history_day(&result, 1) == HISTORY_MAX_DAY &&
           history_amount(&result, 0) == DBL_MAX && history_amount(&result, 1) == -DBL_MAX &&
           history_is_occasion(&result, 1),
       "with their amounts and flags");
    ok(history_merge_new_days(&none, &none, merged) == CLM_OK, "two empty histories merge");
    ok(history_merge_new_days(&a_view, &none, merged) == CLM_OK && memcmp(merged, a, sizeof(a)) == 0 &&
           history_merge_new_days(&none, &a_view, merged) == CLM_OK && memcmp(merged, a, sizeof(a)) == 0,
       "an empty one changes nothing");
    ok(history_merge_new_days(&a_view, &a_view, merged) == CLM_UNDEFINED,
       "a history shares its days with itself");
}

int
main(void)
{
    test_any_deal();
    test_borders();
    return done_testing();
}
