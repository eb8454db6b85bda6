/*
 * Cohorts by calendar period: how many customers came in each, and how many of these bought, and for how much, in each
 * period since: the cohort table, and the accumulation behind growth accounting.
 *
 * A customer belongs to the cohort of the period of his first occasion. A cohort is known by its age, the number of
 * periods from its own to that of as_of, the last one; it has a cell for each of its periods 0, ..., age.
 *
 * Cells are gathered in a table, one block of memory: a directory with the first day of each age and its row of cells, then the rows in the
 * order of arrival. Ages do not change while earlier cohorts arrive, and an early customer costs one row, whatever
 * lies between him and the others. Sums are exact (exact_sum.h), all in one window of places, which is that of the
 * amounts seen: with money a cell takes 40 or 48 bytes.
 */
#ifndef CLM_COHORTS_H
#define CLM_COHORTS_H

#include "core.h"
#include "exact_sum.h"
#include "history.h"

/* ---- the calendar ---- */

typedef enum calendar_unit {
    CALENDAR_WEEK, /* of ISO 8601, from Monday */
    CALENDAR_MONTH,
    CALENDAR_QUARTER,
    CALENDAR_YEAR,
    CALENDAR_UNITS
} calendar_unit;

extern const char *const calendar_names[CALENDAR_UNITS];

/* The unit of that name, in any letter case; false where there is none. */
extern bool calendar_by_name(const char *name, size_t length, calendar_unit *unit);

/* The number of the period in which a day of a history lies, in the Gregorian calendar before its introduction too. */
extern int32_t calendar_period(calendar_unit unit, int32_t day);

/* The first day of a period, but not before HISTORY_MIN_DAY: the earliest one begins with the first date there is. */
extern int32_t calendar_first_day(calendar_unit unit, int32_t period);

/* ---- cells ---- */

/* Periods from the first to that of as_of at most; weeks since 1970 do until 2046. */
#define COHORT_MOST_PERIODS 4000

/* Customers of a table at most: counts are exact as doubles. */
#define COHORT_MOST_CUSTOMERS ((int64_t)1 << 53)

typedef struct cohort_cell {
    int64_t active; /* customers of the cohort with an occasion in the period */
    int64_t stayed; /* and one in the period before it, of the cohort's */
    exact_number amount;
} cohort_cell;

/* Can a period of a cohort of that size be so, after one in which `before` were active? */
extern bool cohort_counts_are_valid(int64_t size, int64_t before, int64_t active, int64_t stayed);

/* The same of a cell that is not all zeros, its amount being written as exact_sum.h does. */
extern bool cohort_cell_is_valid(const cohort_cell *cell, int64_t size, int64_t before);

/* ---- the table ---- */

typedef struct cohort_table {
    uint32_t size;      /* bytes of the block */
    uint32_t nages;     /* places of the directory */
    uint32_t used;      /* words of 8 bytes that rows take */
    uint32_t additions; /* at most so many numbers were added to each sum since its chunks were digits */
    int64_t customers;
    int32_t as_of;
    int32_t last;       /* the period of as_of */
    uint8_t unit;       /* a calendar_unit */
    uint8_t low, width; /* the window of the sums */
    uint8_t unused[5];
    uint64_t area[]; /* the directory, a word for each age, then rows */
} cohort_table;

/* What a table must have to take something in: a row for an age, and places for sums. */
typedef struct cohort_room {
    int32_t age;
    exact_window window;
} cohort_room;

/* Makes an empty table of a block of zeros, of at least sizeof(cohort_table) bytes. */
extern void cohort_table_init(cohort_table *t, size_t size, calendar_unit unit, int32_t as_of);

/* Does the header agree with itself and with the size of the block that it stands in? */
extern bool cohort_table_is_valid(const cohort_table *t, size_t size);

extern bool cohort_table_has_room(const cohort_table *t, const cohort_room *room);

/* Leaves out the spare room of a table. */
extern void cohort_table_trim(cohort_table *t);

/* Bytes of a table with all that t has, and room. */
extern size_t cohort_table_size_with(const cohort_table *t, const cohort_room *room);

/* Makes such a table of a block of zeros, at least so large. */
extern void cohort_table_copy(cohort_table *to, size_t size, const cohort_table *from,
                              const cohort_room *room);

/* May n more numbers be added to sums? Otherwise the cells must move to a new table, by cohort_table_add_cell. */
extern bool cohort_table_takes(const cohort_table *t, size_t n);

/*
 * What it takes to add a customer with this history, which ends by as_of. CLM_UNDEFINED: it has no occasion; CLM_TOO_MANY: the
 * first one lies COHORT_MOST_PERIODS or more before the last period.
 */
extern clm_status cohort_room_of_history(const history_view *h, calendar_unit unit, int32_t as_of,
                                         cohort_room *room);

/* Adds this customer; the table has the room, and takes h->n numbers. */
extern void cohort_table_add_history(cohort_table *t, const history_view *h, const cohort_room *room);

/* The row of the cohorts of an age; NULL where there is none. */
extern const int64_t *cohort_table_row(const cohort_table *t, int32_t age);

/* Reads a cell of a row; an empty one is zeros. CLM_OVERFLOW: see exact_read. */
extern clm_status cohort_cell_read(const cohort_table *t, const int64_t *row, int32_t period,
                                   cohort_cell *cell);

/* Adds a cell to that of an age and a period; the table has the room, and takes one number. CLM_OVERFLOW: more than
 * COHORT_MOST_CUSTOMERS. */
extern clm_status cohort_table_add_cell(cohort_table *t, int32_t age, int32_t period,
                                        const cohort_cell *cell);

#endif
