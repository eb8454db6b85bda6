/*
 * The types clm.history and clm.history_state as the server stores them.
 */
#ifndef CLM_SERVER_HISTORY_H
#define CLM_SERVER_HISTORY_H

#include "clm.h"

#include <math.h>

#include "core/history.h"

/* Format of a stored history; a reader refuses any other. */
#define HISTORY_FORMAT 1

/* A finished history: format byte, then the packed arrays of core/history.h. The number of entries is in its
 * size. */
typedef struct History {
    int32 vl_len_;
    uint8 format;
    unsigned char packed[FLEXIBLE_ARRAY_MEMBER];
} History;

#define HISTORY_HEADER_SIZE offsetof(History, packed)
#define HISTORY_MAX_ENTRIES ((MaxAllocSize - HISTORY_HEADER_SIZE) / HISTORY_ENTRY_SIZE)

/* Rows in the order of arrival. */
typedef struct history_rows {
    history_row *rows;
    size_t n;
} history_rows;

/*
 * A history in the making: rows, then spare room up to VARSIZE. It is flat, without a memory context of its own,
 * because a GROUP BY customer has millions of them, far more than a cache holds. So the latest rows lie at the front,
 * next to the count, where appending touches one line of memory; when their places are full, they move behind
 * the others, all at once.
 */
typedef struct HistoryState {
    int32 vl_len_;
    uint32 n;
    history_row rows[FLEXIBLE_ARRAY_MEMBER];
} HistoryState;

#define HISTORY_STATE_LATEST 5 /* places at the front */

/* Places that so many rows take: front and what has moved behind it are whole. */
#define HISTORY_STATE_PLACES(n)                                                                              \
    (((Size)(n) + HISTORY_STATE_LATEST - 1) / HISTORY_STATE_LATEST * HISTORY_STATE_LATEST)
#define HISTORY_STATE_HEADER_SIZE offsetof(HistoryState, rows)
#define HISTORY_STATE_SIZE(places) (HISTORY_STATE_HEADER_SIZE + (Size)(places) * sizeof(history_row))
#define HISTORY_STATE_CAPACITY(state) ((VARSIZE(state) - HISTORY_STATE_HEADER_SIZE) / sizeof(history_row))
#define HISTORY_MAX_ROWS                                                                                     \
    ((MaxAllocSize - HISTORY_STATE_HEADER_SIZE) / sizeof(history_row) / HISTORY_STATE_LATEST *               \
     HISTORY_STATE_LATEST)

#define PG_GETARG_HISTORY(argno, view) (*(view) = datum_get_history(PG_GETARG_DATUM(argno)))

/* The entries of a history datum; they stay where they are unless the datum was compressed or out of line. */
extern history_view datum_get_history(Datum datum);

/* A new history of n entries, which the caller writes into `packed`. */
extern History *allocate_history(size_t n);

/* A new history of the finished rows; of the entries of a view. */
extern History *make_history(const history_row *rows, size_t n);
extern History *copy_history(const history_view *h);

/* A new history of n rows in any order; sorts and sums them in place. */
extern History *finish_history(history_row *rows, size_t n);

/* The error that says what is wrong with a row; false after a soft one. */
extern bool reject_row(int64 day, float8 amount, Node *escontext);

static inline bool
history_takes_day(int64 day)
{
    return day >= HISTORY_MIN_DAY && day <= HISTORY_MAX_DAY;
}

/* Whether day and amount of a row are finite: true, or an error, or false after a soft one. */
static inline bool
check_row(int64 day, float8 amount, Node *escontext)
{
    return likely(history_takes_day(day) && isfinite(amount)) || reject_row(day, amount, escontext);
}

static inline history_row
checked_row(DateADT day, float8 amount)
{
    (void)check_row(day, amount, NULL);
    return make_history_row(day, amount, false);
}

/* No rows yet, with room for n. */
extern history_rows allocate_history_rows(size_t n);

extern pg_noreturn void reject_history_state(void);

/* The state of a datum, in place where it was stored plainly, as it is for each row of an aggregation. */
static inline HistoryState *
datum_get_history_state(Datum datum)
{
    HistoryState *state = (HistoryState *)DatumGetPointer(datum);

    if (unlikely(VARATT_IS_EXTENDED(state)))
        state = (HistoryState *)PG_DETOAST_DATUM(datum);
    if (unlikely(VARSIZE(state) < HISTORY_STATE_HEADER_SIZE ||
                 HISTORY_STATE_PLACES(state->n) > HISTORY_STATE_CAPACITY(state)))
        reject_history_state();
    return state;
}

/* An empty state with so many places. */
extern HistoryState *make_history_state(size_t places);

/* Appends a row; the state must have a place for it. */
static inline void
history_state_append(HistoryState *state, history_row row)
{
    uint32 latest = state->n % HISTORY_STATE_LATEST;

    if (latest == 0 && state->n > 0)
        memcpy(&state->rows[state->n], state->rows, HISTORY_STATE_LATEST * sizeof(history_row));
    state->rows[latest] = row;
    state->n++;
}

/* How many rows have moved behind the latest. */
static inline size_t
history_state_moved(const HistoryState *state)
{
    return state->n > 0 ? HISTORY_STATE_PLACES(state->n) - HISTORY_STATE_LATEST : 0;
}

/* A copy of the rows of a state. */
extern history_rows copy_state_rows(const HistoryState *state);

#endif
