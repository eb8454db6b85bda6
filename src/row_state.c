/*
 * Flat states of rows of numbers: constants, where the kind has trailing doubles their number, then the rows in the
 * order of arrival, then spare room.
 *
 * A state grows by doubling. Before it grows beyond ROW_STATE_MERGE_FROM its rows are merged, so that its size
 * follows the distinct rows where there are few. Text and binary form are: version, constants, number of trailing
 * doubles where the kind has them, number of rows, rows.
 */
#include "row_state.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"

#include "state_text.h"

#define ROW_STATE_FORMAT 1         /* of the flat, the text and the binary form */
#define ROW_STATE_FIRST_SIZE 256   /* bytes, header included */
#define ROW_STATE_MERGE_FROM 65536 /* bytes */
#define ROW_STATE_CHUNK (1 << 24)  /* bytes that are copied or zeroed between two looks at interrupts */

/* All alike 8 bytes wide. */
typedef union number {
    double d;
    int64 n;
} number;

typedef struct RowState {
    int32 vl_len_;
    int32 format;
    uint64 n; /* number of rows */
    /* Constants, number of trailing doubles, rows, spare room up to VARSIZE. */
    number numbers[FLEXIBLE_ARRAY_MEMBER];
} RowState;

/* One row as it comes from outside. */
typedef struct row_buffer {
    number numbers[ROW_MAX_COLUMNS + ROW_MAX_TRAILING];
} row_buffer;

/* The columns that all rows of a kind have. */
static int
column_count(const row_kind *kind)
{
    return (int)strlen(kind->columns);
}

static Size
header_size(const row_kind *kind)
{
    return offsetof(RowState, numbers) +
           (kind->nconstants + (kind->trailing != NULL ? 1 : 0)) * sizeof(number);
}

static int
trailing_count(const RowState *state, const row_kind *kind)
{
    return kind->trailing != NULL ? (int)state->numbers[kind->nconstants].n : 0;
}

/* Columns of a row. */
static int
row_width(const RowState *state, const row_kind *kind)
{
    return column_count(kind) + trailing_count(state, kind);
}

static Size
row_size(const RowState *state, const row_kind *kind)
{
    return row_width(state, kind) * sizeof(number);
}

static char *
row_at(RowState *state, const row_kind *kind, size_t i)
{
    return (char *)state + header_size(kind) + i * row_size(state, kind);
}

static size_t
capacity(const RowState *state, const row_kind *kind)
{
    return (VARSIZE(state) - header_size(kind)) / row_size(state, kind);
}

static bool
trailing_valid(const row_kind *kind, int64 trailing)
{
    return kind->trailing == NULL ? trailing == 0 : trailing >= 1 && trailing <= ROW_MAX_TRAILING;
}

static RowState *
datum_get_row_state(Datum datum, const row_kind *kind)
{
    RowState *state = (RowState *)PG_DETOAST_DATUM(datum);

    if (VARSIZE(state) < header_size(kind) || state->format != ROW_STATE_FORMAT ||
        !trailing_valid(kind, kind->trailing != NULL ? state->numbers[kind->nconstants].n : 0) ||
        state->n > capacity(state, kind))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored %s", kind->type)));
    return state;
}

/* Copies so many bytes, or zeroes them where there is nothing to copy from; large states take a while. */
static void
fill_bytes(char *to, const char *from, Size size)
{
    for (Size done = 0; done < size; done += ROW_STATE_CHUNK) {
        Size chunk = Min(size - done, ROW_STATE_CHUNK);

        CHECK_FOR_INTERRUPTS();
        if (from != NULL)
            memcpy(to + done, from + done, chunk);
        else
            memset(to + done, 0, chunk);
    }
}

pg_noreturn static void
reject_size(const row_kind *kind, size_t n)
{
    ereport(ERROR,
            (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
             errmsg("too many distinct rows for the aggregate %s: %zu", kind->function, n),
             errdetail("Its state can have %zu bytes.", (size_t)MaxAllocSize),
             errhint("Give it a sample of the rows, by TABLESAMPLE for example, or round their numbers.")));
}

/* A state with these constants, so many trailing doubles in a row and no rows, with room for n of them and of at least
 * `size` bytes, a power of two; all room is zeroed from row `from` on, since it may be stored. */
static RowState *
make_row_state(const row_kind *kind, const double *constants, int trailing, size_t n, size_t from, Size size)
{
    Size width = (column_count(kind) + trailing) * sizeof(number), needed = header_size(kind) + n * width;
    RowState *state;

    if (n > MaxAllocSize / width || needed > MaxAllocSize)
        reject_size(kind, n);
    while (size < needed)
        size *= 2;
    size = Min(size, MaxAllocSize);
    state = palloc(size);
    SET_VARSIZE(state, size);
    state->format = ROW_STATE_FORMAT;
    state->n = 0;
    for (int i = 0; i < kind->nconstants; i++)
        state->numbers[i].d = constants[i] + 0.0; /* -0 becomes 0: equal constants have equal bits */
    if (kind->trailing != NULL)
        state->numbers[kind->nconstants].n = trailing;
    fill_bytes(row_at(state, kind, from), NULL, size - header_size(kind) - from * width);
    return state;
}

static void
merge_rows(const row_kind *kind, void *rows, size_t *n, int width)
{
    clm_status status = kind->merge(rows, n, width, &backend_stop);

    if (status != CLM_OK)
        throw_status(status, psprintf("the number of rows of %s", kind->function));
}

static void
check_same_constants(const row_kind *kind, const RowState *state, const double *constants)
{
    for (int i = 0; i < kind->nconstants; i++) {
        if (state->numbers[i].d != constants[i])
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("%s must be the same for all rows of an aggregate %s", kind->constants[i],
                                   kind->function),
                            errhint("Use GROUP BY to compute several of them.")));
    }
}

static void
check_trailing(const row_kind *kind, int n)
{
    if (!trailing_valid(kind, n))
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("%s must have between 1 and %d elements, not %d", kind->trailing,
                               ROW_MAX_TRAILING, n)));
}

static void
check_same_trailing(const row_kind *kind, const RowState *state, int n)
{
    if (trailing_count(state, kind) != n)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("%s must have the same number of elements in all rows: %d, not %d",
                               kind->trailing, trailing_count(state, kind), n)));
}

/* A copy of the state with room for `more` rows and of at least `size` bytes. */
static RowState *
copy_row_state(RowState *old, const row_kind *kind, size_t more, Size size)
{
    RowState *state =
        make_row_state(kind, &old->numbers[0].d, trailing_count(old, kind), old->n + more, old->n, size);

    fill_bytes(row_at(state, kind, 0), row_at(old, kind, 0), old->n * row_size(old, kind));
    state->n = old->n;
    return state;
}

/* Merges the rows of a state in place. */
static void
merge_row_state(RowState *state, const row_kind *kind)
{
    size_t n = state->n;

    merge_rows(kind, row_at(state, kind, 0), &n, row_width(state, kind));
    memset(row_at(state, kind, n), 0, (state->n - n) * row_size(state, kind));
    state->n = n;
}

/* Whether a full state is worth merging. Wide rows are seldom equal, and dear to sort: they are merged at every
 * third doubling only, and at all when the state nears its largest size. */
static bool
merge_is_due(const RowState *state, const row_kind *kind)
{
    Size size = VARSIZE(state);

    if (size < ROW_STATE_MERGE_FROM)
        return false;
    return kind->trailing == NULL || size >= MaxAllocSize / 2 ||
           pg_leftmost_one_pos32(size / ROW_STATE_MERGE_FROM) % 3 == 0;
}

/* A state that may be written to, with room for `more` rows: the same one where there is room or merging makes
 * enough of it, otherwise one of twice the size. */
static RowState *
reserve_rows(RowState *state, const row_kind *kind, size_t more)
{
    if (capacity(state, kind) - state->n >= more)
        return state;
    if (merge_is_due(state, kind))
        merge_row_state(state, kind);
    /* Where merging leaves less than half free, it would soon be due again, and again. */
    if (state->n + more <= capacity(state, kind) / 2)
        return state;
    if (VARSIZE(state) >= MaxAllocSize) {
        if (state->n + more > capacity(state, kind) / 16 * 15)
            reject_size(kind, state->n + more);
        return state;
    }
    return copy_row_state(state, kind, more, 2 * (Size)VARSIZE(state));
}

/* The state in argument 0 with room for `more` rows, to be written to; a new one where it is NULL. */
static RowState *
get_writable_row_state(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants, int trailing,
                       size_t more)
{
    RowState *state;

    if (PG_ARGISNULL(0))
        return make_row_state(kind, constants, trailing, more, 0, ROW_STATE_FIRST_SIZE);
    state = datum_get_row_state(PG_GETARG_DATUM(0), kind);
    check_same_constants(kind, state, constants);
    check_same_trailing(kind, state, trailing);
    if (!AggCheckCallContext(fcinfo, NULL))
        return copy_row_state(state, kind, more, ROW_STATE_FIRST_SIZE);
    return reserve_rows(state, kind, more);
}

Datum
row_state_append_trailing(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants,
                          const void *row, const double *trailing, int n)
{
    Size fixed = column_count(kind) * sizeof(number);
    RowState *state;
    char *at;

    check_trailing(kind, n);
    state = get_writable_row_state(fcinfo, kind, constants, n, 1);
    at = row_at(state, kind, state->n++);
    memcpy(at, row, fixed);
    if (n > 0)
        memcpy(at + fixed, trailing, n * sizeof(number));
    PG_RETURN_POINTER(state);
}

Datum
row_state_append(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants, const void *row)
{
    return row_state_append_trailing(fcinfo, kind, constants, row, NULL, 0);
}

Datum
row_state_append_rows(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants,
                      const void *rows, size_t n)
{
    RowState *state = get_writable_row_state(fcinfo, kind, constants, 0, n);

    memcpy(row_at(state, kind, state->n), rows, n * row_size(state, kind));
    state->n += n;
    PG_RETURN_POINTER(state);
}

Datum
row_state_combine(FunctionCallInfo fcinfo, const row_kind *kind)
{
    RowState *state, *other;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    other = datum_get_row_state(PG_GETARG_DATUM(1), kind);
    state = get_writable_row_state(fcinfo, kind, &other->numbers[0].d, trailing_count(other, kind), other->n);
    fill_bytes(row_at(state, kind, state->n), row_at(other, kind, 0), other->n * row_size(other, kind));
    state->n += other->n;
    PG_RETURN_POINTER(state);
}

void *
row_state_rows(Datum datum, const row_kind *kind, size_t *n, const double **constants)
{
    RowState *state = datum_get_row_state(datum, kind);
    Size size = state->n * row_size(state, kind);
    void *rows = palloc(Max(size, 1));

    fill_bytes(rows, row_at(state, kind, 0), size);
    *n = state->n;
    merge_rows(kind, rows, n, row_width(state, kind));
    if (constants != NULL)
        *constants = &state->numbers[0].d;
    return rows;
}

int
row_state_trailing(Datum datum, const row_kind *kind)
{
    return trailing_count(datum_get_row_state(datum, kind), kind);
}

/* ---- text ---- */

static const char *
constants_error(const row_kind *kind, const number *constants)
{
    for (int i = 0; i < kind->nconstants; i++) {
        if (!isfinite(constants[i].d))
            return "A constant is not a finite number.";
    }
    return kind->nconstants == 0 || kind->constants_valid(&constants[0].d)
               ? NULL
               : "A constant is outside its domain.";
}

/* Whether column i of a row is a double; trailing ones are. */
static bool
is_double(const row_kind *kind, int i)
{
    return i >= column_count(kind) || kind->columns[i] == 'd';
}

static const char *
row_error(const row_kind *kind, const number *row, int width)
{
    for (int i = 0; i < width; i++) {
        if (is_double(kind, i) && !isfinite(row[i].d))
            return "A number of a row is not finite.";
    }
    return kind->row_valid(row) ? NULL : "A row is outside its domain.";
}

static const char *
append_checked_row(const row_kind *kind, RowState **state, const number *row)
{
    const char *error = row_error(kind, row, row_width(*state, kind));

    if (error == NULL) {
        *state = reserve_rows(*state, kind, 1);
        memcpy(row_at(*state, kind, (*state)->n++), row, row_size(*state, kind));
    }
    return error;
}

static const char *
trailing_error(const row_kind *kind, int64 trailing)
{
    return trailing_valid(kind, trailing) ? NULL : "The number of elements of a row is outside its domain.";
}

static RowState *
read_row_state(state_reader *reader, const row_kind *kind)
{
    row_buffer row;
    RowState *state;
    int64 trailing;

    if (read_integer(reader) != ROW_STATE_FORMAT)
        reader->error = "The version is not known to this version of clm.";
    for (int i = 0; i < kind->nconstants; i++)
        row.numbers[i].d = read_double(reader);
    trailing = kind->trailing != NULL ? read_integer(reader) : 0;
    if (reader->error == NULL)
        reader->error = constants_error(kind, row.numbers);
    if (reader->error == NULL)
        reader->error = trailing_error(kind, trailing);
    if (reader->error != NULL)
        return NULL;
    state = make_row_state(kind, &row.numbers[0].d, (int)trailing, 0, 0, ROW_STATE_FIRST_SIZE);
    for (int64 n = read_count(reader); n > 0 && reader->error == NULL; n--) {
        CHECK_FOR_INTERRUPTS();
        for (int i = 0; i < row_width(state, kind); i++) {
            if (is_double(kind, i))
                row.numbers[i].d = read_double(reader);
            else
                row.numbers[i].n = read_integer(reader);
        }
        if (reader->error == NULL)
            reader->error = append_checked_row(kind, &state, row.numbers);
    }
    read_end(reader);
    return state;
}

Datum
row_state_in(FunctionCallInfo fcinfo, const row_kind *kind)
{
    state_reader reader = {pstrdup(PG_GETARG_CSTRING(0)), NULL};
    RowState *state = read_row_state(&reader, kind);

    if (reader.error != NULL)
        ereturn(CLM_ESCONTEXT(fcinfo), (Datum)0,
                (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                 errmsg("invalid input syntax for type clm.%s", kind->type), errdetail("%s", reader.error)));
    PG_RETURN_POINTER(state);
}

Datum
row_state_out(FunctionCallInfo fcinfo, const row_kind *kind)
{
    size_t n;
    const double *constants;
    const number *rows = row_state_rows(PG_GETARG_DATUM(0), kind, &n, &constants);
    int trailing = row_state_trailing(PG_GETARG_DATUM(0), kind), width = column_count(kind) + trailing;
    StringInfoData text;

    initStringInfo(&text);
    appendStringInfo(&text, "%d", ROW_STATE_FORMAT);
    for (int i = 0; i < kind->nconstants; i++)
        append_double(&text, constants[i]);
    if (kind->trailing != NULL)
        append_integer(&text, trailing);
    append_integer(&text, (int64)n);
    for (size_t i = 0; i < n * width; i++) {
        CHECK_FOR_INTERRUPTS();
        if (is_double(kind, (int)(i % width)))
            append_double(&text, rows[i].d);
        else
            append_integer(&text, rows[i].n);
    }
    PG_RETURN_CSTRING(text.data);
}

/* ---- binary ---- */

Datum
row_state_recv(FunctionCallInfo fcinfo, const row_kind *kind)
{
    StringInfo message = (StringInfo)PG_GETARG_POINTER(0);
    row_buffer row;
    RowState *state;
    int64 count, trailing;

    if (pq_getmsgbyte(message) != ROW_STATE_FORMAT)
        reject_binary(kind->type, "The version is not known to this version of clm.");
    for (int i = 0; i < kind->nconstants; i++)
        row.numbers[i].d = pq_getmsgfloat8(message) + 0.0;
    reject_binary(kind->type, constants_error(kind, row.numbers));
    trailing = kind->trailing != NULL ? pq_getmsgint64(message) : 0;
    reject_binary(kind->type, trailing_error(kind, trailing));
    state = make_row_state(kind, &row.numbers[0].d, (int)trailing, 0, 0, ROW_STATE_FIRST_SIZE);
    count = pq_getmsgint64(message);
    reject_binary(kind->type, count < 0 ? "The number of rows is negative." : NULL);
    for (int64 n = count; n > 0; n--) {
        CHECK_FOR_INTERRUPTS();
        for (int i = 0; i < row_width(state, kind); i++) {
            if (is_double(kind, i))
                row.numbers[i].d = pq_getmsgfloat8(message) + 0.0;
            else
                row.numbers[i].n = pq_getmsgint64(message);
        }
        reject_binary(kind->type, append_checked_row(kind, &state, row.numbers));
    }
    pq_getmsgend(message);
    PG_RETURN_POINTER(state);
}

Datum
row_state_send(FunctionCallInfo fcinfo, const row_kind *kind)
{
    size_t n;
    const double *constants;
    const number *rows = row_state_rows(PG_GETARG_DATUM(0), kind, &n, &constants);
    int trailing = row_state_trailing(PG_GETARG_DATUM(0), kind), width = column_count(kind) + trailing;
    StringInfoData message;

    pq_begintypsend(&message);
    pq_sendint8(&message, ROW_STATE_FORMAT);
    for (int i = 0; i < kind->nconstants; i++)
        pq_sendfloat8(&message, constants[i]);
    if (kind->trailing != NULL)
        pq_sendint64(&message, trailing);
    pq_sendint64(&message, (int64)n);
    for (size_t i = 0; i < n * width; i++) {
        CHECK_FOR_INTERRUPTS();
        if (is_double(kind, (int)(i % width)))
            pq_sendfloat8(&message, rows[i].d);
        else
            pq_sendint64(&message, rows[i].n);
    }
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
