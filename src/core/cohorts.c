/*
 * Cohorts by calendar period: the calendar, and the table in which cells are gathered.
 */
#include "cohorts.h"

#include <string.h>

/* ---- the calendar ---- */

const char *const calendar_names[CALENDAR_UNITS] = {"week", "month", "quarter", "year"};

bool
calendar_by_name(const char *name, size_t length, calendar_unit *unit)
{
    for (int u = 0; u < CALENDAR_UNITS; u++) {
        size_t i = 0;

        if (strlen(calendar_names[u]) != length)
            continue;
        /* Lower case without regard to a locale: only the letters of the names can match. */
        while (i < length &&
               (name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 'a' - 'A' : name[i]) == calendar_names[u][i])
            i++;
        if (i == length) {
            *unit = (calendar_unit)u;
            return true;
        }
    }
    return false;
}

/* Days are counted from one so early that no number is negative: Julian day 0 is a Monday, the first date that there is. */
static uint32_t
julian_day(int32_t day)
{
    return (uint32_t)((int64_t)day + HISTORY_JULIAN_EPOCH);
}

/*
 * Years that begin in March end with the leap day, if they have one, and from March on months are 31, 30, 31, 30, 31 days
 * long, again and again: a month begins (153 m + 2) / 5 days after 1 March. They are counted from the year -4800, months
 * and their multiples from the January of that year.
 */
#define MARCH_OF_4800_BC (-32044) /* as a Julian day */
#define MARCH 2                   /* as a month of the year, from 0 */
#define DAYS_OF_400_YEARS 146097
#define DAYS_OF_4_YEARS 1461
#define MONTHS_A_YEAR 12
#define MONTHS_A_QUARTER 3

static uint32_t
month_of_day(int32_t day)
{
    uint64_t days = (uint64_t)julian_day(day) - MARCH_OF_4800_BC;
    uint32_t century = (uint32_t)((4 * days + 3) / DAYS_OF_400_YEARS);
    uint32_t of_century = (uint32_t)(days - (uint64_t)DAYS_OF_400_YEARS * century / 4);
    uint32_t year = (4 * of_century + 3) / DAYS_OF_4_YEARS;
    uint32_t of_year = of_century - DAYS_OF_4_YEARS * year / 4;

    return MONTHS_A_YEAR * (100 * century + year) + (5 * of_year + 2) / 153 + MARCH;
}

static int64_t
first_day_of_month(uint32_t month)
{
    uint32_t months = month - MARCH, year = months / MONTHS_A_YEAR;
    uint32_t of_year = (153 * (months % MONTHS_A_YEAR) + 2) / 5;

    return (int64_t)365 * year + year / 4 - year / 100 + year / 400 + of_year + MARCH_OF_4800_BC -
           HISTORY_JULIAN_EPOCH;
}

int32_t
calendar_period(calendar_unit unit, int32_t day)
{
    switch (unit) {
        case CALENDAR_WEEK:
            return (int32_t)(julian_day(day) / 7);
        case CALENDAR_QUARTER:
            return (int32_t)(month_of_day(day) / MONTHS_A_QUARTER);
        case CALENDAR_YEAR:
            return (int32_t)(month_of_day(day) / MONTHS_A_YEAR);
        default:
            return (int32_t)month_of_day(day);
    }
}

int32_t
calendar_first_day(calendar_unit unit, int32_t period)
{
    int64_t day;

    switch (unit) {
        case CALENDAR_WEEK:
            day = 7 * (int64_t)period - HISTORY_JULIAN_EPOCH;
            break;
        case CALENDAR_QUARTER:
            day = first_day_of_month((uint32_t)period * MONTHS_A_QUARTER);
            break;
        case CALENDAR_YEAR:
            day = first_day_of_month((uint32_t)period * MONTHS_A_YEAR);
            break;
        default:
            day = first_day_of_month((uint32_t)period);
    }
    return day < HISTORY_MIN_DAY ? HISTORY_MIN_DAY : (int32_t)day;
}

/* ---- cells ---- */

bool
cohort_counts_are_valid(int64_t size, int64_t before, int64_t active, int64_t stayed)
{
    /* Those who were active in both periods are in each, and are all but who was missing in one of them. */
    return size >= 1 && size <= COHORT_MOST_CUSTOMERS && active >= 0 && active <= size && stayed >= 0 &&
           stayed <= active && stayed <= before && stayed >= before + active - size;
}

static bool
number_is_valid(const exact_number *x)
{
    if (x->n == 0)
        return x->low == 0 && !x->negative;
    return x->n > 0 && x->low >= 0 && x->low + x->n <= EXACT_PLACES && x->digit[0] != 0 &&
           x->digit[x->n - 1] != 0;
}

bool
cohort_cell_is_valid(const cohort_cell *cell, int64_t size, int64_t before)
{
    return cohort_counts_are_valid(size, before, cell->active, cell->stayed) &&
           number_is_valid(&cell->amount) && (cell->active > 0 || cell->amount.n > 0);
}

/* ---- the table ---- */

/* Words of a cell: its counts, and the chunks of its sum. */
enum { CELL_ACTIVE, CELL_STAYED, CELL_CHUNKS };

#define FEWEST_AGES 16 /* places of a directory */

/* A place of the directory. */
typedef struct cohort_place {
    uint32_t row; /* 0, or 1 + the word at which the row starts */
    int32_t first_day;
} cohort_place;

static cohort_place *
directory(const cohort_table *t)
{
    return (cohort_place *)t->area;
}

static size_t
cell_words(int width)
{
    return CELL_CHUNKS + (size_t)width;
}

static exact_window
window_of(const cohort_table *t)
{
    return (exact_window){t->low, t->width};
}

static size_t
words_for_rows(const cohort_table *t)
{
    return (t->size - sizeof(*t)) / sizeof(t->area[0]) - t->nages;
}

/* The row of an age that has one. */
static int64_t *
row_at(const cohort_table *t, int32_t age)
{
    return (int64_t *)t->area + t->nages + directory(t)[age].row - 1;
}

const int64_t *
cohort_table_row(const cohort_table *t, int32_t age)
{
    return (uint32_t)age < t->nages && directory(t)[age].row != 0 ? row_at(t, age) : NULL;
}

void
cohort_table_init(cohort_table *t, size_t size, calendar_unit unit, int32_t as_of)
{
    t->size = (uint32_t)size;
    t->unit = (uint8_t)unit;
    t->as_of = as_of;
    t->last = calendar_period(unit, as_of);
}

bool
cohort_table_is_valid(const cohort_table *t, size_t size)
{
    return size >= sizeof(*t) && t->size == size && t->unit < CALENDAR_UNITS &&
           t->low + t->width <= EXACT_PLACES && t->nages <= COHORT_MOST_PERIODS &&
           t->additions <= EXACT_MAX_ADDITIONS &&
           t->nages + t->used <= (size - sizeof(*t)) / sizeof(t->area[0]);
}

bool
cohort_table_takes(const cohort_table *t, size_t n)
{
    return n <= EXACT_MAX_ADDITIONS - t->additions;
}

bool
cohort_table_has_room(const cohort_table *t, const cohort_room *room)
{
    exact_window window = window_of(t);

    return exact_window_covers(&window, &room->window) && (uint32_t)room->age < t->nages &&
           (directory(t)[room->age].row != 0 ||
            ((size_t)room->age + 1) * cell_words(t->width) <= words_for_rows(t) - t->used);
}

void
cohort_table_trim(cohort_table *t)
{
    t->size = (uint32_t)(sizeof(*t) + (t->nages + (size_t)t->used) * sizeof(t->area[0]));
}

/* The window and the places of the directory of a table with room. */
static exact_window
window_with(const cohort_table *t, const cohort_room *room)
{
    exact_window window = window_of(t);

    exact_window_join(&window, &room->window);
    return window;
}

static uint32_t
ages_with(const cohort_table *t, const cohort_room *room)
{
    uint32_t nages = t->nages > FEWEST_AGES ? t->nages : FEWEST_AGES;

    while (nages <= (uint32_t)room->age)
        nages *= 2;
    return nages < COHORT_MOST_PERIODS ? nages : COHORT_MOST_PERIODS;
}

size_t
cohort_table_size_with(const cohort_table *t, const cohort_room *room)
{
    size_t cells = t->used / cell_words(t->width);

    if (cohort_table_row(t, room->age) == NULL)
        cells += (size_t)room->age + 1;
    return sizeof(*t) +
           sizeof(t->area[0]) * (ages_with(t, room) + cells * cell_words(window_with(t, room).width));
}

/* Makes the row of an age, of zeros. */
static void
add_row(cohort_table *t, int32_t age)
{
    directory(t)[age].row = t->used + 1;
    t->used += (uint32_t)(((size_t)age + 1) * cell_words(t->width));
}

static void
copy_row(cohort_table *to, const cohort_table *from, int32_t age)
{
    const int64_t *old = row_at(from, age);
    size_t shift = (size_t)(from->low - to->low);
    int64_t *new;

    add_row(to, age);
    new = row_at(to, age);
    for (int32_t period = 0; period <= age; period++) {
        new[CELL_ACTIVE] = old[CELL_ACTIVE];
        new[CELL_STAYED] = old[CELL_STAYED];
        if (from->width > 0)
            memcpy(new + CELL_CHUNKS + shift, old + CELL_CHUNKS, from->width * sizeof(*new));
        old += cell_words(from->width);
        new += cell_words(to->width);
    }
}

void
cohort_table_copy(cohort_table *to, size_t size, const cohort_table *from, const cohort_room *room)
{
    exact_window window = window_with(from, room);

    *to = *from;
    to->size = (uint32_t)size;
    to->nages = ages_with(from, room);
    to->low = (uint8_t)window.low;
    to->width = (uint8_t)window.width;
    to->used = 0;
    for (uint32_t age = 0; age < to->nages; age++)
        directory(to)[age].first_day = calendar_first_day((calendar_unit)to->unit, to->last - (int32_t)age);
    for (uint32_t age = 0; age < from->nages; age++) {
        if (directory(from)[age].row != 0)
            copy_row(to, from, (int32_t)age);
    }
}

/* A row that may be written to, in a table with room for it. */
static int64_t *
writable_row(cohort_table *t, int32_t age)
{
    if (directory(t)[age].row == 0)
        add_row(t, age);
    return row_at(t, age);
}

/* ---- customers ---- */

clm_status
cohort_room_of_history(const history_view *h, calendar_unit unit, int32_t as_of, cohort_room *room)
{
    int least = EXACT_PLACES, most = -1, low;
    uint32_t digit[EXACT_DOUBLE_PLACES];
    int32_t first;

    if (!history_first_day(h, &first))
        return CLM_UNDEFINED;
    room->age = calendar_period(unit, as_of) - calendar_period(unit, first);
    if (room->age >= COHORT_MOST_PERIODS)
        return CLM_TOO_MANY;
    for (size_t i = 0; i < h->n; i++) {
        double amount = history_amount(h, i);

        if (amount == 0)
            continue;
        (void)exact_split_double(amount, &low, digit);
        least = low < least ? low : least;
        most = low > most ? low : most;
    }
    room->window =
        most < 0 ? (exact_window){0, 0} : (exact_window){least, most - least + EXACT_DOUBLE_PLACES};
    return CLM_OK;
}

/* Periods a day, in the long run. */
static const double periods_a_day[CALENDAR_UNITS] = {1 / 7.0, 1 / 30.436875, 1 / 91.310625, 1 / 365.2425};

/*
 * The age of the period in which a day up to as_of lies, or `oldest` where that is more. Periods are so nearly of the same
 * length that the guess by their mean is off by one at most, and no branch depends on it.
 */
static inline int32_t
find_age(const cohort_place *places, int32_t oldest, int32_t day, double a_day)
{
    int64_t before = (int64_t)places[0].first_day - day;
    double periods = (double)before * a_day;
    int32_t age = before <= 0 ? 0 : periods < oldest ? (int32_t)periods + 1 : oldest;

    age += day < places[age].first_day;
    age = age < oldest ? age : oldest;
    return age - ((age > 0) & (day >= places[age - (age > 0)].first_day));
}

void
cohort_table_add_history(cohort_table *t, const history_view *h, const cohort_room *room)
{
    const cohort_place *places = directory(t);
    double a_day = periods_a_day[t->unit];
    exact_window window = window_of(t);
    size_t words = cell_words(t->width);
    int64_t *row = writable_row(t, room->age);
    int32_t active_in = -2;

    for (size_t i = 0; i < h->n; i++) {
        int32_t period = room->age - find_age(places, room->age, history_day(h, i), a_day);
        int64_t *cell = row + (size_t)period * words;
        int64_t more = history_is_occasion(h, i) & (period != active_in);

        exact_add_double(cell + CELL_CHUNKS, &window, history_amount(h, i));
        cell[CELL_ACTIVE] += more;
        cell[CELL_STAYED] += more & (period == active_in + 1);
        active_in = more ? period : active_in;
    }
    t->customers++;
    t->additions += (uint32_t)h->n;
}

/* ---- cells of other tables ---- */

clm_status
cohort_cell_read(const cohort_table *t, const int64_t *row, int32_t period, cohort_cell *cell)
{
    const int64_t *at = row + (size_t)period * cell_words(t->width);
    exact_window window = window_of(t);

    cell->active = at[CELL_ACTIVE];
    cell->stayed = at[CELL_STAYED];
    return exact_read(at + CELL_CHUNKS, &window, &cell->amount);
}

clm_status
cohort_table_add_cell(cohort_table *t, int32_t age, int32_t period, const cohort_cell *cell)
{
    exact_window window = window_of(t);
    int64_t *at = writable_row(t, age) + (size_t)period * cell_words(t->width);

    if (period == 0) {
        if (cell->active > COHORT_MOST_CUSTOMERS - t->customers)
            return CLM_OVERFLOW;
        t->customers += cell->active;
    }
    at[CELL_ACTIVE] += cell->active;
    at[CELL_STAYED] += cell->stayed;
    exact_add(at + CELL_CHUNKS, &window, &cell->amount);
    t->additions++;
    return CLM_OK;
}
