/*
 * One customer's history: the sparse day series (day, net amount, occasion or not), and what can be read off
 * it.
 *
 * A row is what was loaded: a day and an amount. An entry is a day of a finished history: the net amount of
 * its rows, and whether it was an occasion: a day with at least one row of amount >= 0. Days count from
 * 2000-01-01, as dates do in PostgreSQL.
 *
 * A finished history is two packed arrays, so that it can be stored as it is: n stamps of 4 bytes, ascending
 * and distinct in their day, then n amounts of 8 bytes. A stamp is 2 * (days since 4714-11-24 BC, the Julian
 * day number)
 * + occasion; day and flag fit because the last date's Julian day is below 2^31. Neither array need be
 * aligned.
 */
#ifndef CLM_HISTORY_H
#define CLM_HISTORY_H

#include <string.h>

#include "core.h"

#define HISTORY_JULIAN_EPOCH 2451545 /* Julian day number of 2000-01-01 */
#define HISTORY_ENTRY_SIZE 12        /* bytes of one entry, stamp and amount */

typedef struct history_view {
    const unsigned char *stamps;
    const unsigned char *amounts;
    size_t n;
} history_view;

static inline uint32_t
history_stamp(const history_view *h, size_t i)
{
    uint32_t stamp;

    memcpy(&stamp, h->stamps + i * sizeof(stamp), sizeof(stamp));
    return stamp;
}

static inline int32_t
stamp_day(uint32_t stamp)
{
    return (int32_t)(stamp >> 1) - HISTORY_JULIAN_EPOCH;
}

static inline bool
stamp_is_occasion(uint32_t stamp)
{
    return stamp & 1;
}

static inline uint32_t
make_stamp(int32_t day, bool occasion)
{
    return (uint32_t)((int64_t)day + HISTORY_JULIAN_EPOCH) << 1 | (uint32_t)occasion;
}

static inline int32_t
history_day(const history_view *h, size_t i)
{
    return stamp_day(history_stamp(h, i));
}

static inline bool
history_is_occasion(const history_view *h, size_t i)
{
    return stamp_is_occasion(history_stamp(h, i));
}

static inline double
history_amount(const history_view *h, size_t i)
{
    double amount;

    memcpy(&amount, h->amounts + i * sizeof(amount), sizeof(amount));
    return amount;
}

/* Days that a PostgreSQL date can hold, infinities apart. */
#define HISTORY_MIN_DAY (-HISTORY_JULIAN_EPOCH)
#define HISTORY_MAX_DAY 2145031948

/*
 * A row on its way into a history, or an entry of one on its way into another: 12 bytes that need an
 * alignment of 4.
 */
typedef struct history_row {
    uint32_t stamp;
    uint32_t amount_bits[2];
} history_row;

/* The row of a day within the limits above and a finite amount; the flag is for entries, rows find it
 * themselves. */
static inline history_row
make_history_row(int32_t day, double amount, bool occasion)
{
    history_row row;

    amount += 0.0; /* -0 becomes 0, so that equal histories have equal bytes */
    row.stamp = make_stamp(day, occasion || amount >= 0);
    memcpy(row.amount_bits, &amount, sizeof(amount));
    return row;
}

static inline double
history_row_amount(const history_row *row)
{
    double amount;

    memcpy(&amount, row->amount_bits, sizeof(amount));
    return amount;
}

/* Are the rows a finished history already: days ascending and distinct? */
extern bool history_rows_are_finished(const history_row *rows, size_t n);

/* Sorts rows by day, then flag, then amount; scratch has room for n rows. CLM_STOPPED. */
extern clm_status history_sort_rows(history_row *rows, size_t n, history_row *scratch, const clm_stop *stop);

/*
 * Sorts rows by day and sums those of each day. Sums are correctly rounded, so that the result depends on the
 * multiset of rows only. *n becomes the number of days; scratch has room for *n rows. CLM_OVERFLOW where a day's
 * net amount is beyond double; CLM_STOPPED.
 */
extern clm_status history_finish_rows(history_row *rows, size_t *n, history_row *scratch,
                                      const clm_stop *stop);

/* Writes finished rows as the two packed arrays of a history, n * HISTORY_ENTRY_SIZE bytes. */
extern void history_pack(const history_row *rows, size_t n, unsigned char *packed);

/* Entry i as a row. */
extern history_row history_entry(const history_view *h, size_t i);

/* Number of entries on days <= day, by binary search. */
extern size_t history_search(const history_view *h, int64_t day);

/* The same; most questions are about the present, where all entries count and no search is needed. */
static inline size_t
history_entries_upto(const history_view *h, int64_t day)
{
    return h->n == 0 || history_day(h, h->n - 1) <= day ? h->n : history_search(h, day);
}

/* The entries with after < day <= upto, as a view of the same memory (amounts and stamps shared). */
extern history_view history_slice(const history_view *h, int64_t after, int64_t upto);

/* Number of occasions. */
extern size_t history_occasions(const history_view *h);

/* Sum of the net amounts, correctly rounded but for cancellation; CLM_OVERFLOW. */
extern clm_status history_total(const history_view *h, double *total);

/* Day of the first and of the last occasion; false where there is none. */
extern bool history_first_day(const history_view *h, int32_t *day);
extern bool history_last_day(const history_view *h, int32_t *day);

/* Mean number of days between occasions; CLM_UNDEFINED for fewer than two. */
extern clm_status history_cadence(const history_view *h, double *days);

/* Order of two histories: entry by entry by day, amount, occasion, the shorter first; -1, 0 or 1. */
extern int history_compare(const history_view *a, const history_view *b);

/* A customer's summary as read off a history, see history_summary. Times in days. */
typedef struct history_rfm {
    int64_t x;            /* repeat occasions */
    int64_t recency_days; /* from the start of the clock to the last occasion, 0 where x = 0 */
    int64_t start;        /* day of the start of the clock */
    int64_t age_days;     /* from the start of the clock to as_of */
    bool left_truncated;  /* older than `since` */
    history_view repeats; /* the entries after the start of the clock, up to as_of */
} history_rfm;

/*
 * The customer summary as of the end of a day (Fader, Hardie & Lee 2005). The clock starts with the first
 * occasion, which is not counted. Where that lies before `since`, the first day with complete data, the
 * customer is left- truncated: what happened before is left out, the clock starts at `since` and every
 * occasion from then on is a repeat. CLM_UNDEFINED where no occasion lies up to as_of, or since > as_of for
 * such a customer. Without a `since`, pass HISTORY_MIN_DAY.
 */
extern clm_status history_summary(const history_view *h, int64_t as_of, int64_t since, history_rfm *rfm);

/*
 * Time in opportunities of `period` days each, the last of which ends with the day as_of, so that they are the same for
 * all customers and as_of on the last day of a year makes them calendar years. The first occasion lies in
 * opportunity 0: how many follow it, how many of these hold an occasion, and which is the last that does (0: none).
 */
typedef struct history_opportunities {
    int64_t n, x, last;
} history_opportunities;

extern history_opportunities history_count_opportunities(const history_rfm *rfm, int32_t period);

/* Writes the days between occasions, at least 1 each, from the start of the clock on: x of them. */
extern void history_gaps(const history_rfm *rfm, int32_t *gaps);

/* Number of the occasions with a positive net amount, and its mean over them (0 where there is none);
 * CLM_OVERFLOW. */
extern clm_status history_spend(const history_view *h, int64_t *n, double *mean);

#endif
