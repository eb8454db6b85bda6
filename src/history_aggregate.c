/*
 * What builds a clm.history: the aggregates history(day [, amount]) from rows and rollup(history) from
 * histories; merge and the constructor from arrays, which do the same without an aggregate.
 *
 * Transition, combine and final function work on a clm.history_state: a flat array of 12-byte rows that grows by
 * doubling. Nothing is sorted or summed before the end, and sums of days are exact, so the result depends on the
 * multiset of rows only: the final function sorts a copy by day, sums the rows of each, and
 * packs the days. A context, a hash table or an expanded object for each group would cost kilobytes where a
 * customer's first twenty orders take 256 bytes.
 *
 * Growing allocates in the current context and returns the new block: the executor then copies it to where it
 * keeps states and frees the old one, far from the other parts of its group, which costs misses of the cache.
 * So the first size is one that few customers outgrow; a worker sees a part of their orders only, and hands its
 * states on with their spare room, so there it is half. Sizes are powers of two, header included, because the
 * allocator rounds up to those.
 */
#include "history.h"

#include "catalog/pg_type.h"
#include "nodes/execnodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "core/decimal.h"
#include "core/new_days.h"

/* Bytes of a new state: the header and twenty rows; in a partial aggregation the header and ten. */
#define HISTORY_STATE_FIRST_SIZE 256
#define HISTORY_STATE_LEAST_SIZE 128

/* The latest rows of a state that is not in the cache reach into a second line: both are fetched at once. */
#define CACHE_LINE 64

/* Signs in the binary form of a numeric; NaN and the infinities have others. */
#define NUMERIC_POSITIVE 0
#define NUMERIC_NEGATIVE 0x4000

#define NUMERIC_MOST_DIGITS 4 /* of base 10000: five may be beyond the precision of a double */

/* ---- the state ---- */

/* A state with the rows of `old` (or none) and at least so many places; its size is `size` or the next power of
 * two that holds them. */
static HistoryState *
grow_state(const HistoryState *old, size_t places, Size size)
{
    Size used = 0;
    HistoryState *state;

    while (size < HISTORY_STATE_SIZE(places))
        size *= 2;
    state = make_history_state(
        Max(places, Min((size - HISTORY_STATE_HEADER_SIZE) / sizeof(history_row), HISTORY_MAX_ROWS)));
    if (old != NULL) {
        used = HISTORY_STATE_PLACES(old->n);
        memcpy(state->rows, old->rows, used * sizeof(history_row));
        state->n = old->n;
    }
    /* Spare room may be stored: it holds no leftovers of other memory. */
    memset(&state->rows[used], 0, VARSIZE(state) - HISTORY_STATE_SIZE(used));
    return state;
}

/* As AggCheckCallContext, whose call would cost as much as the check of a row. */
static inline bool
is_called_by_aggregation(FunctionCallInfo fcinfo)
{
    return fcinfo->context != NULL &&
           (IsA(fcinfo->context, AggState) || IsA(fcinfo->context, WindowAggState));
}

static bool
is_called_by_partial_aggregation(FunctionCallInfo fcinfo)
{
    return fcinfo->context != NULL && IsA(fcinfo->context, AggState) &&
           DO_AGGSPLIT_SKIPFINAL(((AggState *)fcinfo->context)->aggsplit);
}

/* The first argument as a state with room for `more` rows that may be written to; a new one where it is NULL.
 */
static HistoryState *
get_writable_history_state(FunctionCallInfo fcinfo, size_t more)
{
    HistoryState *state;
    size_t places;

    if (PG_ARGISNULL(0))
        return grow_state(NULL, HISTORY_STATE_PLACES(more),
                          is_called_by_partial_aggregation(fcinfo) ? HISTORY_STATE_LEAST_SIZE
                                                                   : HISTORY_STATE_FIRST_SIZE);
    __builtin_prefetch(PG_GETARG_POINTER(0) + CACHE_LINE);
    state = datum_get_history_state(PG_GETARG_DATUM(0));
    places = HISTORY_STATE_PLACES(state->n + more);
    if (places > HISTORY_STATE_CAPACITY(state) || !is_called_by_aggregation(fcinfo))
        return grow_state(state, places, HISTORY_STATE_LEAST_SIZE);
    return state;
}

/* ---- history(day [, amount]): three kinds of days, three kinds of amounts ---- */

/* UTC day of a timestamp with or without time zone; infinities stay infinite. */
static DateADT
timestamp_day(Timestamp timestamp)
{
    int64 day = timestamp / USECS_PER_DAY;

    if (TIMESTAMP_IS_NOBEGIN(timestamp))
        return DATEVAL_NOBEGIN;
    if (TIMESTAMP_IS_NOEND(timestamp))
        return DATEVAL_NOEND;
    return (DateADT)(timestamp % USECS_PER_DAY < 0 ? day - 1 : day);
}

/* The next two bytes of a binary value. */
static uint16
read_uint16(const unsigned char **at)
{
    uint16 value = (uint16)((*at)[0] << 8 | (*at)[1]);

    *at += 2;
    return value;
}

/*
 * As numeric_float8, which goes through text and takes twice as long. Amounts have few digits, so the binary
 * form of the protocol is read instead: number of digits, weight of the first, sign, scale, digits of base 10000.
 */
static float8
numeric_amount(Datum amount)
{
    bytea *binary = DatumGetByteaPP(DirectFunctionCall1(numeric_send, amount));
    const unsigned char *at = (const unsigned char *)VARDATA_ANY(binary);
    int ndigits = read_uint16(&at), weight = (int16)read_uint16(&at), sign = read_uint16(&at);
    uint64 mantissa = 0;
    float8 value;

    if (ndigits <= NUMERIC_MOST_DIGITS && (sign == NUMERIC_POSITIVE || sign == NUMERIC_NEGATIVE)) {
        at += 2;
        for (int i = 0; i < ndigits; i++)
            mantissa = mantissa * 10000 + read_uint16(&at);
        if (decimal_to_double(mantissa, 4 * (weight - ndigits + 1), &value))
            return sign == NUMERIC_NEGATIVE ? -value : value;
    }
    return DatumGetFloat8(DirectFunctionCall1(numeric_float8, amount));
}

static Datum
append_row(FunctionCallInfo fcinfo, DateADT day, float8 amount)
{
    history_row row = checked_row(day, amount);
    HistoryState *state = get_writable_history_state(fcinfo, 1);

    history_state_append(state, row);
    PG_RETURN_POINTER(state);
}

#define HISTORY_TRANSITION(name, nargs, day, amount)                                                         \
    PG_FUNCTION_INFO_V1(name);                                                                               \
    Datum name(PG_FUNCTION_ARGS)                                                                             \
    {                                                                                                        \
        if (PG_ARGISNULL(1) || PG_ARGISNULL(nargs))                                                          \
            return unchanged_state(fcinfo);                                                                  \
        return append_row(fcinfo, day, amount);                                                              \
    }

#define DATE_ARGUMENT PG_GETARG_DATEADT(1)
#define TIMESTAMP_ARGUMENT timestamp_day(PG_GETARG_TIMESTAMP(1))
#define NUMERIC_ARGUMENT numeric_amount(PG_GETARG_DATUM(2))

/* timestamptz is microseconds of UTC, so its day is taken like a timestamp's: the same C functions serve
 * both. */
HISTORY_TRANSITION(clm_history_date_transition, 1, DATE_ARGUMENT, 1)
HISTORY_TRANSITION(clm_history_date_float8_transition, 2, DATE_ARGUMENT, PG_GETARG_FLOAT8(2))
HISTORY_TRANSITION(clm_history_date_numeric_transition, 2, DATE_ARGUMENT, NUMERIC_ARGUMENT)
HISTORY_TRANSITION(clm_history_timestamp_transition, 1, TIMESTAMP_ARGUMENT, 1)
HISTORY_TRANSITION(clm_history_timestamp_float8_transition, 2, TIMESTAMP_ARGUMENT, PG_GETARG_FLOAT8(2))
HISTORY_TRANSITION(clm_history_timestamp_numeric_transition, 2, TIMESTAMP_ARGUMENT, NUMERIC_ARGUMENT)

/* ---- rollup(history) ---- */

PG_FUNCTION_INFO_V1(clm_history_rollup_transition);
Datum
clm_history_rollup_transition(PG_FUNCTION_ARGS)
{
    history_view h;
    HistoryState *state;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    PG_GETARG_HISTORY(1, &h);
    state = get_writable_history_state(fcinfo, h.n);
    for (size_t i = 0; i < h.n; i++)
        history_state_append(state, history_entry(&h, i));
    PG_RETURN_POINTER(state);
}

/* ---- both ---- */

/* Appends the rows of another state in their order: sorting is quick where days come in runs. */
static void
append_state(HistoryState *state, const HistoryState *other)
{
    size_t moved = history_state_moved(other);

    for (size_t i = 0; i < moved; i++)
        history_state_append(state, other->rows[HISTORY_STATE_LATEST + i]);
    for (size_t i = 0; i < other->n - moved; i++)
        history_state_append(state, other->rows[i]);
}

/* The first state of a group is taken as it is: the executor copies it to where it keeps states. */
PG_FUNCTION_INFO_V1(clm_history_combine);
Datum
clm_history_combine(PG_FUNCTION_ARGS)
{
    HistoryState *state;
    const HistoryState *other;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    other = datum_get_history_state(PG_GETARG_DATUM(1));
    if (PG_ARGISNULL(0))
        PG_RETURN_POINTER(other);
    state = get_writable_history_state(fcinfo, other->n);
    append_state(state, other);
    PG_RETURN_POINTER(state);
}

/* Leaves the state as it is, so that it also serves as a window function. */
PG_FUNCTION_INFO_V1(clm_history_final);
Datum
clm_history_final(PG_FUNCTION_ARGS)
{
    history_rows copy;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    copy = copy_state_rows(datum_get_history_state(PG_GETARG_DATUM(0)));
    PG_RETURN_POINTER(finish_history(copy.rows, copy.n));
}

/* ---- constructors without an aggregate ---- */

PG_FUNCTION_INFO_V1(clm_history_merge);
Datum
clm_history_merge(PG_FUNCTION_ARGS)
{
    history_view a, b;
    history_rows both;

    PG_GETARG_HISTORY(0, &a);
    PG_GETARG_HISTORY(1, &b);
    both = allocate_history_rows(a.n + b.n);
    for (size_t i = 0; i < a.n; i++)
        both.rows[both.n++] = history_entry(&a, i);
    for (size_t i = 0; i < b.n; i++)
        both.rows[both.n++] = history_entry(&b, i);
    PG_RETURN_POINTER(finish_history(both.rows, both.n));
}

/* NULL where a day is in both: what its rows add up to is then not known to the last bit. */
PG_FUNCTION_INFO_V1(clm_history_merge_new_days);
Datum
clm_history_merge_new_days(PG_FUNCTION_ARGS)
{
    history_view a, b;
    History *merged;
    clm_status status;

    PG_GETARG_HISTORY(0, &a);
    PG_GETARG_HISTORY(1, &b);
    merged = allocate_history(a.n + b.n);
    status = history_merge_new_days(&a, &b, merged->packed);
    if (status == CLM_UNDEFINED)
        PG_RETURN_NULL();
    check_status(status, "the merge of two histories");
    PG_RETURN_POINTER(merged);
}

/* Rows from two arrays of equal length, as the aggregate would take them: a NULL element skips its row. */
PG_FUNCTION_INFO_V1(clm_history_from_arrays);
Datum
clm_history_from_arrays(PG_FUNCTION_ARGS)
{
    ArrayType *days = PG_GETARG_ARRAYTYPE_P(0), *amounts = PG_GETARG_ARRAYTYPE_P(1);
    Datum *day, *amount;
    bool *day_is_null, *amount_is_null;
    int ndays, namounts;
    history_rows given;

    if (ARR_NDIM(days) > 1 || ARR_NDIM(amounts) > 1)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("days and amounts must be one-dimensional arrays")));
    deconstruct_array(days, DATEOID, sizeof(DateADT), true, TYPALIGN_INT, &day, &day_is_null, &ndays);
    deconstruct_array(amounts, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &amount,
                      &amount_is_null, &namounts);
    if (ndays != namounts)
        ereport(ERROR,
                (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("days and amounts must have the same length"),
                 errdetail("There are %d days and %d amounts.", ndays, namounts)));
    given = allocate_history_rows(ndays);
    for (int i = 0; i < ndays; i++) {
        if (!day_is_null[i] && !amount_is_null[i])
            given.rows[given.n++] = checked_row(DatumGetDateADT(day[i]), DatumGetFloat8(amount[i]));
    }
    PG_RETURN_POINTER(finish_history(given.rows, given.n));
}
