/*
 * Cohorts: tables of parts, merged cell by cell, are the table of the whole; the calendar's periods follow each other
 * without a gap.
 */
#include "../../src/core/cohorts.h"
#include "fuzz.h"

#define MOST_CUSTOMERS 8
#define MOST_DAYS 12

typedef struct customer {
    unsigned char packed[MOST_DAYS * HISTORY_ENTRY_SIZE];
    history_view view;
} customer;

static cohort_table *
make_table(size_t size, calendar_unit unit, int32_t as_of)
{
    cohort_table *t = calloc(1, size);

    CHECK(t != NULL);
    cohort_table_init(t, size, unit, as_of);
    return t;
}

/* The table with room, which may be a new one. */
static cohort_table *
with_room(cohort_table *t, const cohort_room *room)
{
    cohort_table *larger;
    size_t size;

    if (cohort_table_has_room(t, room))
        return t;
    size = cohort_table_size_with(t, room);
    larger = make_table(size, t->unit, t->as_of);
    cohort_table_copy(larger, size, t, room);
    free(t);
    CHECK(cohort_table_is_valid(larger, size) && cohort_table_has_room(larger, room));
    return larger;
}

static void
read_customer(fuzz_input *in, int32_t as_of, customer *c)
{
    history_row rows[MOST_DAYS], scratch[MOST_DAYS];
    size_t n = fuzz_pick(in, MOST_DAYS + 1);

    for (size_t i = 0; i < n; i++) {
        int32_t day = fuzz_day(in);

        rows[i] = make_history_row(day < as_of ? day : as_of, fuzz_finite(in), false);
    }
    if (history_finish_rows(rows, &n, scratch, NULL) != CLM_OK)
        n = 0;
    history_pack(rows, n, c->packed);
    c->view = (history_view){c->packed, c->packed + n * sizeof(uint32_t), n};
}

static cohort_table *
add_customer(cohort_table *t, const history_view *h)
{
    cohort_room room;

    if (cohort_room_of_history(h, t->unit, t->as_of, &room) != CLM_OK)
        return t;
    t = with_room(t, &room);
    CHECK(cohort_table_takes(t, h->n));
    cohort_table_add_history(t, h, &room);
    return t;
}

/* Adds all cells of another table. */
static cohort_table *
add_table(cohort_table *t, const cohort_table *other)
{
    cohort_cell cell;

    for (int32_t age = 0; age < (int32_t)other->nages; age++) {
        const int64_t *row = cohort_table_row(other, age);

        for (int32_t period = 0; row != NULL && period <= age; period++) {
            cohort_room room = {age, {0, 0}};

            CHECK(cohort_cell_read(other, row, period, &cell) == CLM_OK);
            if (cell.active == 0 && cell.amount.n == 0)
                continue;
            exact_window_include(&room.window, &cell.amount);
            t = with_room(t, &room);
            CHECK(cohort_table_takes(t, 1));
            CHECK(cohort_table_add_cell(t, age, period, &cell) == CLM_OK);
        }
    }
    return t;
}

static bool
same_number(const exact_number *a, const exact_number *b)
{
    return a->negative == b->negative && a->low == b->low && a->n == b->n &&
           memcmp(a->digit, b->digit, (size_t)a->n * sizeof(*a->digit)) == 0;
}

static void
check_same(const cohort_table *a, const cohort_table *b)
{
    cohort_cell left, right;

    CHECK(a->customers == b->customers);
    for (int32_t age = 0; age < COHORT_MOST_PERIODS; age++) {
        const int64_t *row = cohort_table_row(a, age), *other = cohort_table_row(b, age);
        int64_t size = 0, before = 0;

        CHECK((row == NULL) == (other == NULL));
        for (int32_t period = 0; row != NULL && period <= age; period++) {
            CHECK(cohort_cell_read(a, row, period, &left) == CLM_OK);
            CHECK(cohort_cell_read(b, other, period, &right) == CLM_OK);
            CHECK(left.active == right.active && left.stayed == right.stayed &&
                  same_number(&left.amount, &right.amount));
            size = period == 0 ? left.active : size;
            CHECK((left.active == 0 && left.amount.n == 0) || cohort_cell_is_valid(&left, size, before));
            before = left.active;
        }
    }
}

static void
check_table(fuzz_input *in)
{
    calendar_unit unit = (calendar_unit)fuzz_pick(in, CALENDAR_UNITS);
    int32_t as_of = fuzz_day(in);
    customer customers[MOST_CUSTOMERS];
    cohort_table *whole = make_table(sizeof(cohort_table), unit, as_of);
    cohort_table *part[2] = {make_table(sizeof(cohort_table), unit, as_of),
                             make_table(sizeof(cohort_table), unit, as_of)};
    cohort_table *merged = make_table(sizeof(cohort_table), unit, as_of);
    size_t n = fuzz_pick(in, MOST_CUSTOMERS + 1);

    for (size_t i = 0; i < n; i++) {
        cohort_table **to = &part[fuzz_pick(in, 2)];

        read_customer(in, as_of, &customers[i]);
        whole = add_customer(whole, &customers[i].view);
        *to = add_customer(*to, &customers[i].view);
    }
    merged = add_table(merged, part[1]);
    merged = add_table(merged, part[0]);
    cohort_table_trim(merged);
    check_same(whole, merged);
    free(whole);
    free(part[0]);
    free(part[1]);
    free(merged);
}

static void
check_calendar(fuzz_input *in)
{
    calendar_unit unit = (calendar_unit)fuzz_pick(in, CALENDAR_UNITS), named;
    int32_t day = fuzz_day(in), period = calendar_period(unit, day), first = calendar_first_day(unit, period);
    char name[8];
    size_t length = fuzz_pick(in, sizeof(name) + 1);

    CHECK(first <= day && calendar_period(unit, first) == period);
    CHECK(first == HISTORY_MIN_DAY || calendar_period(unit, first - 1) == period - 1);
    CHECK(day == HISTORY_MAX_DAY || calendar_period(unit, day + 1) - period <= 1);
    for (size_t i = 0; i < length; i++)
        name[i] = (char)fuzz_byte(in);
    if (calendar_by_name(name, length, &named))
        CHECK(strlen(calendar_names[named]) == length);
}

/* Any header in place of that of a table is refused, or agrees with the block that it stands in. */
static void
check_header(fuzz_input *in)
{
    size_t size = fuzz_pick(in, 200);
    unsigned char *block = malloc(size > sizeof(cohort_table) ? size : sizeof(cohort_table));
    const cohort_table *t = (cohort_table *)block;

    CHECK(block != NULL);
    for (size_t i = 0; i < sizeof(cohort_table); i++)
        block[i] = fuzz_byte(in);
    if (cohort_table_is_valid(t, size))
        CHECK(sizeof(*t) + 8 * ((size_t)t->nages + t->used) <= size);
    free(block);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    uint8_t what = fuzz_byte(&in);

    if (what < 192)
        check_table(&in);
    else if (what < 224)
        check_calendar(&in);
    else
        check_header(&in);
    return 0;
}
