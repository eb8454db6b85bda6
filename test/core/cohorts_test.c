/*
 * Cohorts: the calendar against a walk day by day, the table against counting by hand, tables grown and put together
 * against those that got everything at once.
 */
#include "core/cohorts.h"
#include "tap.h"

#include <string.h>

/* ---- the calendar ---- */

static bool
is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int
month_length(int year, int month)
{
    static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return lengths[month] + (month == 1 && is_leap_year(year));
}

/* Do the periods of a unit step exactly on days that start one, from one day to another? year and month, from 0, are
 * those of the first day, which is the of_month-th of its month, from 1, and the of_week-th of its week, from 0. */
static bool
calendar_steps(calendar_unit unit, int64_t from, int64_t to, int year, int month, int of_month, int of_week)
{
    int32_t period = calendar_period(unit, (int32_t)from);

    for (int64_t day = from + 1; day <= to; day++) {
        bool begins;

        of_week = (of_week + 1) % 7;
        if (++of_month > month_length(year, month)) {
            of_month = 1;
            month = (month + 1) % 12;
            year += month == 0;
        }
        begins = unit == CALENDAR_WEEK ? of_week == 0
                                       : of_month == 1 && (unit == CALENDAR_MONTH || month == 0 ||
                                                           (unit == CALENDAR_QUARTER && month % 3 == 0));
        period += begins;
        if (calendar_period(unit, (int32_t)day) != period ||
            (begins && calendar_first_day(unit, period) != day))
            return false;
    }
    return true;
}

static void
test_calendar(void)
{
    int64_t from = (int64_t)HISTORY_MAX_DAY + 1 - 146097; /* 400 years are 146,097 days, whole weeks */
    calendar_unit unit;

    for (int u = 0; u < CALENDAR_UNITS; u++) {
        unit = (calendar_unit)u;
        /* 4714-11-24 BC was a Monday; HISTORY_MAX_DAY is 5874897-12-31. */
        ok(calendar_steps(unit, HISTORY_MIN_DAY, 1000000, -4713, 10, 24, 0),
           "%s: from the first date to 4737", calendar_names[u]);
        ok(calendar_first_day(unit, calendar_period(unit, HISTORY_MIN_DAY)) == HISTORY_MIN_DAY,
           "%s: the first date is the first day of the first period", calendar_names[u]);
        ok(calendar_steps(unit, from, HISTORY_MAX_DAY, 5874898 - 400, 0, 1,
                          (int)((from + HISTORY_JULIAN_EPOCH) % 7)),
           "%s: the last 400 years", calendar_names[u]);
    }
    ok(calendar_by_name("quarter", 7, &unit) && unit == CALENDAR_QUARTER &&
           calendar_by_name("WeEk", 4, &unit) && unit == CALENDAR_WEEK &&
           !calendar_by_name("weeks", 5, &unit) && !calendar_by_name("", 0, &unit) &&
           !calendar_by_name("day", 3, &unit) && unit == CALENDAR_WEEK,
       "calendars by name");
}

/* ---- tables that grow ---- */

static cohort_table *
new_table(calendar_unit unit, int32_t as_of)
{
    cohort_table *t = calloc(1, sizeof(*t));

    cohort_table_init(t, sizeof(*t), unit, as_of);
    return t;
}

/* With room for no more than is asked for. */
static cohort_table *
with_room(cohort_table *t, const cohort_room *room)
{
    size_t size = cohort_table_size_with(t, room);
    cohort_table *larger;

    if (cohort_table_has_room(t, room))
        return t;
    larger = calloc(1, size);
    cohort_table_copy(larger, size, t, room);
    free(t);
    return larger;
}

static cohort_table *
add_history(cohort_table *t, const history_view *h)
{
    cohort_room room;

    if (cohort_room_of_history(h, (calendar_unit)t->unit, t->as_of, &room) != CLM_OK)
        return t;
    t = with_room(t, &room);
    cohort_table_add_history(t, h, &room);
    return t;
}

static cohort_table *
add_table(cohort_table *t, const cohort_table *other)
{
    for (int32_t age = 0; age < (int32_t)other->nages; age++) {
        const int64_t *row = cohort_table_row(other, age);

        for (int32_t period = 0; row != NULL && period <= age; period++) {
            cohort_cell cell;
            cohort_room room = {age, {0, 0}};

            (void)cohort_cell_read(other, row, period, &cell);
            exact_window_include(&room.window, &cell.amount);
            t = with_room(t, &room);
            if (cohort_table_add_cell(t, age, period, &cell) != CLM_OK)
                return t;
        }
    }
    return t;
}

static bool
same_cell(const cohort_cell *a, const cohort_cell *b)
{
    return a->active == b->active && a->stayed == b->stayed && a->amount.n == b->amount.n &&
           a->amount.low == b->amount.low && a->amount.negative == b->amount.negative &&
           memcmp(a->amount.digit, b->amount.digit, (size_t)a->amount.n * sizeof(a->amount.digit[0])) == 0;
}

/* The same cells, whatever the blocks look like. */
static bool
same_tables(const cohort_table *a, const cohort_table *b)
{
    for (int32_t age = 0; age < COHORT_MOST_PERIODS; age++) {
        const int64_t *left = cohort_table_row(a, age), *right = cohort_table_row(b, age);

        if ((left == NULL) != (right == NULL))
            return false;
        for (int32_t period = 0; left != NULL && period <= age; period++) {
            cohort_cell x, y;

            if (cohort_cell_read(a, left, period, &x) != CLM_OK ||
                cohort_cell_read(b, right, period, &y) != CLM_OK || !same_cell(&x, &y))
                return false;
        }
    }
    return a->customers == b->customers;
}

/* ---- simulated customers ---- */

#define CUSTOMERS 2000
#define MOST_ENTRIES 30
#define AS_OF 9131 /* 2024-12-31 */

static uint64_t seed = 42;

static int
draw(int n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (int)((seed >> 33) % (uint64_t)n);
}

typedef struct customer {
    unsigned char packed[MOST_ENTRIES * HISTORY_ENTRY_SIZE];
    history_view h;
} customer;

static customer customers[CUSTOMERS];

/* Up to three years, some of it refunds on days of their own, some before the first occasion. */
static void
simulate(void)
{
    for (int i = 0; i < CUSTOMERS; i++) {
        history_row rows[MOST_ENTRIES];
        size_t n = (size_t)draw(MOST_ENTRIES);
        int32_t day = AS_OF - draw(1000);

        for (size_t k = 0; k < n; k++) {
            rows[k] = make_history_row(day, (draw(200000) - 20000) / 100.0, draw(10) == 0);
            day += 1 + draw(40);
        }
        while (n > 0 && stamp_day(rows[n - 1].stamp) > AS_OF)
            n--;
        history_pack(rows, n, customers[i].packed);
        customers[i].h = (history_view){customers[i].packed, customers[i].packed + 4 * n, n};
    }
}

static bool
is_active(const history_view *h, calendar_unit unit, int32_t period)
{
    for (size_t i = 0; i < h->n; i++) {
        if (history_is_occasion(h, i) && calendar_period(unit, history_day(h, i)) == period)
            return true;
    }
    return false;
}

/* A cell counted by hand; the amount in cents. */
static bool
is_as_counted(const cohort_table *t, int32_t age, int32_t period)
{
    calendar_unit unit = (calendar_unit)t->unit;
    int32_t cohort = t->last - age, first;
    int64_t active = 0, stayed = 0;
    double cents = 0, amount;
    const int64_t *row = cohort_table_row(t, age);
    cohort_cell cell;

    for (int i = 0; i < CUSTOMERS; i++) {
        const history_view *h = &customers[i].h;
        bool now;

        if (!history_first_day(h, &first) || calendar_period(unit, first) != cohort)
            continue;
        now = is_active(h, unit, cohort + period);
        active += now;
        stayed += now && period > 0 && is_active(h, unit, cohort + period - 1);
        for (size_t k = 0; k < h->n; k++) {
            int32_t in = calendar_period(unit, history_day(h, k)) - cohort;

            if ((in < 0 ? 0 : in) == period)
                cents += nearbyint(100 * history_amount(h, k));
        }
    }
    if (row == NULL)
        return active == 0 && cents == 0;
    return cohort_cell_read(t, row, period, &cell) == CLM_OK &&
           exact_to_double(&cell.amount, &amount) == CLM_OK && cell.active == active &&
           cell.stayed == stayed && fabs(amount - cents / 100) < 1e-9;
}

static void
test_counts(calendar_unit unit)
{
    cohort_table *all = new_table(unit, AS_OF), *back = new_table(unit, AS_OF),
                 *parts = new_table(unit, AS_OF);
    cohort_table *part[3] = {new_table(unit, AS_OF), new_table(unit, AS_OF), new_table(unit, AS_OF)};
    int32_t ages = unit == CALENDAR_WEEK ? 30 : 40; /* of the weeks, some */
    bool counted = true;

    for (int i = 0; i < CUSTOMERS; i++) {
        all = add_history(all, &customers[i].h);
        back = add_history(back, &customers[CUSTOMERS - 1 - i].h);
        part[i % 3] = add_history(part[i % 3], &customers[i].h);
    }
    for (int i = 2; i >= 0; i--)
        parts = add_table(parts, part[i]);
    for (int32_t age = 0; age < ages; age++) {
        for (int32_t period = 0; period <= age; period++)
            counted = is_as_counted(all, age, period) && counted;
    }
    ok(counted, "%s: cells as counted by hand", calendar_names[unit]);
    ok(same_tables(all, back), "%s: customers the other way round", calendar_names[unit]);
    ok(same_tables(all, parts), "%s: in parts", calendar_names[unit]);
    ok(cohort_table_is_valid(all, all->size) && !cohort_table_is_valid(all, all->size - 8) &&
           !cohort_table_is_valid(all, 8),
       "%s: the header fits the block", calendar_names[unit]);
    for (int i = 0; i < 3; i++)
        free(part[i]);
    free(all);
    free(back);
    free(parts);
}

/* ---- single histories ---- */

/* A history of two days, occasions both. */
static history_view
two_days(unsigned char *packed, int32_t a, double x, int32_t b, double y)
{
    history_row rows[2] = {make_history_row(a, x, true), make_history_row(b, y, true)};

    history_pack(rows, 2, packed);
    return (history_view){packed, packed + 8, 2};
}

/* The period of every first and last day of 4,000 periods is found, whatever the cohort. */
static void
test_all_ages(calendar_unit unit)
{
    cohort_table *t = new_table(unit, AS_OF);
    unsigned char packed[2 * HISTORY_ENTRY_SIZE];
    int32_t oldest = COHORT_MOST_PERIODS - 1, start = calendar_first_day(unit, t->last - oldest);
    bool found = true;
    history_view h;
    cohort_cell cell;

    for (int32_t age = oldest - 1; age >= 0; age--) {
        int32_t first = calendar_first_day(unit, t->last - age);
        int32_t last = age == 0 ? AS_OF : calendar_first_day(unit, t->last - age + 1) - 1;

        h = two_days(packed, start, 0, first, 1);
        t = add_history(t, &h);
        h = two_days(packed, start, 0, last, 1);
        t = add_history(t, &h);
    }
    for (int32_t period = 1; period <= oldest; period++)
        found = found && cohort_cell_read(t, cohort_table_row(t, oldest), period, &cell) == CLM_OK &&
                cell.active == 2 && cell.stayed == (period == 1 ? 2 : 0);
    ok(found, "%s: first and last days of 4,000 periods", calendar_names[unit]);
    free(t);
}

static void
test_limits(void)
{
    unsigned char packed[2 * HISTORY_ENTRY_SIZE];
    cohort_table *t = new_table(CALENDAR_YEAR, AS_OF);
    int32_t first = calendar_first_day(CALENDAR_YEAR, t->last - COHORT_MOST_PERIODS + 1);
    history_view h = two_days(packed, first - 1, 1, first, 1), none = {packed, packed, 0};
    cohort_room room;
    cohort_cell cell = {COHORT_MOST_CUSTOMERS, 0, {.n = 0}};
    history_row refund = make_history_row(100, -5, false);

    ok(cohort_room_of_history(&h, CALENDAR_YEAR, AS_OF, &room) == CLM_TOO_MANY, "a cohort too early");
    h = two_days(packed, first, 1, first + 1, 1);
    ok(cohort_room_of_history(&h, CALENDAR_YEAR, AS_OF, &room) == CLM_OK &&
           room.age == COHORT_MOST_PERIODS - 1,
       "the earliest");
    ok(cohort_room_of_history(&none, CALENDAR_YEAR, AS_OF, &room) == CLM_UNDEFINED, "no days");
    history_pack(&refund, 1, packed);
    none = (history_view){packed, packed + 4, 1};
    ok(cohort_room_of_history(&none, CALENDAR_YEAR, AS_OF, &room) == CLM_UNDEFINED, "a refund only");

    t = with_room(t, &(cohort_room){0, {0, 0}});
    ok(cohort_table_add_cell(t, 0, 0, &cell) == CLM_OK, "as many customers as can be");
    cell.active = 1;
    ok(cohort_table_add_cell(t, 0, 0, &cell) == CLM_OVERFLOW, "and one more");
    t->additions = EXACT_MAX_ADDITIONS - 2;
    ok(cohort_table_takes(t, 2) && !cohort_table_takes(t, 3), "carries wait until a number of additions");
    free(t);
}

/* Amounts of all sizes widen the window and stay exact. */
static void
test_window(void)
{
    static const double amounts[] = {1e300, 5e-324, 1, -1e300, 1.5, -0.0, 0, 1e-300, 1.7976931348623157e308};
    cohort_table *t = new_table(CALENDAR_MONTH, AS_OF);
    unsigned char packed[2 * HISTORY_ENTRY_SIZE];
    double got, want;
    cohort_cell cell;

    for (int i = 0; i < 9; i++) {
        history_view h = two_days(packed, AS_OF - 1, amounts[i], AS_OF, 0);

        t = add_history(t, &h);
    }
    ok(cohort_cell_read(t, cohort_table_row(t, 0), 0, &cell) == CLM_OK && cell.active == 9 &&
           exact_to_double(&cell.amount, &got) == CLM_OK && exact_sum(amounts, 9, &want) == CLM_OK &&
           got == want,
       "amounts of all sizes");
    free(t);
}

static void
test_valid(void)
{
    cohort_cell cell = {3, 2, {false, 66, 1, {7}}};

    ok(cohort_counts_are_valid(5, 4, 3, 2) && cohort_counts_are_valid(5, 5, 3, 3) &&
           cohort_counts_are_valid(1, 0, 1, 0) && cohort_counts_are_valid(5, 0, 0, 0),
       "counts that can be");
    ok(!cohort_counts_are_valid(0, 0, 0, 0) && !cohort_counts_are_valid(5, 4, 6, 4) &&
           !cohort_counts_are_valid(5, 4, 3, 4) && !cohort_counts_are_valid(5, 1, 3, 2) &&
           !cohort_counts_are_valid(5, 4, 3, 1) && !cohort_counts_are_valid(5, 4, -1, 0) &&
           !cohort_counts_are_valid(COHORT_MOST_CUSTOMERS + 1, 0, 1, 0),
       "counts that cannot");
    ok(cohort_cell_is_valid(&cell, 5, 4), "a cell");
    cell.amount.digit[0] = 0;
    ok(!cohort_cell_is_valid(&cell, 5, 4), "an amount with a zero in front");
    cell.amount = (exact_number){false, EXACT_PLACES, 1, {7}};
    ok(!cohort_cell_is_valid(&cell, 5, 4), "an amount beyond the places");
    cell.amount = (exact_number){true, 0, 0, {0}};
    ok(!cohort_cell_is_valid(&cell, 5, 4), "a negative zero");
    cell = (cohort_cell){0, 0, {.n = 0}};
    ok(!cohort_cell_is_valid(&cell, 5, 0), "an empty cell");
}

int
main(void)
{
    test_calendar();
    simulate();
    for (int unit = 0; unit < CALENDAR_UNITS; unit++) {
        test_counts((calendar_unit)unit);
        test_all_ages((calendar_unit)unit);
    }
    test_limits();
    test_window();
    test_valid();
    return done_testing();
}
