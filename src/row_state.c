/*
 * Flat states of rows of numbers: constants, where the kind has trailing doubles their number, then the rows in the
 * order of arrival, then spare room.
 *
 * A state grows by doubling. Before it grows beyond ROW_STATE_MERGE_FROM its rows are merged, so that its size
 * follows the distinct rows where there are few.
 *
 * From ROW_STATE_LARGE on, transitions keep the same layout in an expanded object. The executor would copy a larger
 * flat state at every doubling, and obeys no cancel meanwhile. Smaller states stay flat, since a GROUP BY may have
 * very many of them and a memory context for each would cost more than the copies.
 *
 * Text and binary form are: version, constants, number of trailing
 * doubles where the kind has them, number of rows, rows.
 */
#include "row_state.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/expandeddatum.h"

#include "state_text.h"

#define ROW_STATE_FORMAT 1         /* of the flat, the text and the binary form */
#define ROW_STATE_FIRST_SIZE 256   /* bytes, header included */
#define ROW_STATE_MERGE_FROM 65536 /* bytes */
#define ROW_STATE_LARGE (1 << 22)  /* bytes */
#define ROW_STATE_CHUNK (1 << 22)  /* bytes that are copied or zeroed between two looks at interrupts */

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

/* A large state: it owns a block in its own context. Spare room of the block is not zeroed, flatten_into does that. */
typedef struct LargeRowState {
    ExpandedObjectHeader header;
    const row_kind *kind;
    RowState *state;
} LargeRowState;

/* A state that may be written to. */
typedef struct writable_state {
    RowState *state;
    LargeRowState *large; /* what owns it; NULL where it is flat */
} writable_state;

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

/* ---- large states ---- */

static Size
flat_size(ExpandedObjectHeader *header)
{
    return VARSIZE(((LargeRowState *)header)->state);
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size allocated)
{
    const LargeRowState *large = (LargeRowState *)header;
    Size used = row_at(large->state, large->kind, large->state->n) - (char *)large->state;

    fill_bytes(result, (const char *)large->state, used);
    fill_bytes((char *)result + used, NULL, allocated - used);
}

static const ExpandedObjectMethods large_state_methods = {flat_size, flatten_into};

/* A large state below `parent` with a block of so many bytes, all to be filled. */
static LargeRowState *
make_large_state(const row_kind *kind, Size size, MemoryContext parent)
{
    MemoryContext context = AllocSetContextCreate(parent, "clm row state", ALLOCSET_SMALL_SIZES);
    LargeRowState *large = MemoryContextAlloc(context, sizeof(LargeRowState));

    EOH_init_header(&large->header, &large_state_methods, context);
    large->kind = kind;
    large->state = MemoryContextAlloc(context, size);
    return large;
}

/* The large state of this kind that a datum points to, or NULL where it is none. */
static LargeRowState *
datum_get_large_state(Datum datum, const row_kind *kind)
{
    LargeRowState *large;

    if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum)))
        return NULL;
    large = (LargeRowState *)DatumGetEOHP(datum);
    return large->header.eoh_methods == &large_state_methods && large->kind == kind ? large : NULL;
}

static Datum
writable_state_datum(const writable_state *w)
{
    return w->large != NULL ? EOHPGetRWDatum(&w->large->header) : PointerGetDatum(w->state);
}

/* ---- states to read and to write ---- */

/* The state of a datum, flat or large, to be read. */
static RowState *
datum_get_row_state(Datum datum, const row_kind *kind)
{
    const LargeRowState *large = datum_get_large_state(datum, kind);
    RowState *state = large != NULL ? large->state : (RowState *)PG_DETOAST_DATUM(datum);

    if (VARSIZE(state) < header_size(kind) || state->format != ROW_STATE_FORMAT ||
        !trailing_valid(kind, kind->trailing != NULL ? state->numbers[kind->nconstants].n : 0) ||
        state->n > capacity(state, kind))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored %s", kind->type)));
    return state;
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

/* The size of a state with room for n rows of so many columns: `size` bytes, or as often twice that as it takes. */
static Size
room_size(const row_kind *kind, int width, size_t n, Size size)
{
    Size row = width * sizeof(number), needed = header_size(kind) + n * row;

    if (n > MaxAllocSize / row || needed > MaxAllocSize)
        reject_size(kind, n);
    while (size < needed)
        size *= 2;
    return Min(size, MaxAllocSize);
}

/* A state with these constants, so many trailing doubles in a row and no rows, with room for n of them and of at least
 * `size` bytes, a power of two. It is flat where it is small or `parent` is NULL; then all room is zeroed from row
 * `from` on, since it may be stored. */
static writable_state
make_row_state(const row_kind *kind, const double *constants, int trailing, size_t n, size_t from, Size size,
               MemoryContext parent)
{
    writable_state w = {NULL, NULL};

    size = room_size(kind, column_count(kind) + trailing, n, size);
    if (parent != NULL && size >= ROW_STATE_LARGE)
        w.large = make_large_state(kind, size, parent);
    w.state = w.large != NULL ? w.large->state : palloc(size);
    SET_VARSIZE(w.state, size);
    w.state->format = ROW_STATE_FORMAT;
    w.state->n = 0;
    for (int i = 0; i < kind->nconstants; i++)
        w.state->numbers[i].d = constants[i] + 0.0; /* -0 becomes 0: equal constants have equal bits */
    if (kind->trailing != NULL)
        w.state->numbers[kind->nconstants].n = trailing;
    if (w.large == NULL) {
        char *room = row_at(w.state, kind, from);

        fill_bytes(room, NULL, (char *)w.state + size - room);
    }
    return w;
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
static writable_state
copy_row_state(RowState *old, const row_kind *kind, size_t more, Size size, MemoryContext parent)
{
    writable_state w = make_row_state(kind, &old->numbers[0].d, trailing_count(old, kind), old->n + more,
                                      old->n, size, parent);

    fill_bytes(row_at(w.state, kind, 0), row_at(old, kind, 0), old->n * row_size(old, kind));
    w.state->n = old->n;
    return w;
}

/* Gives a state twice its size, or more where that does not make room for `more` rows. A large block is moved by the
 * kernel and hardly ever copied. */
static void
grow_row_state(writable_state *w, const row_kind *kind, size_t more, MemoryContext parent)
{
    Size size = 2 * (Size)VARSIZE(w->state);

    if (w->large == NULL) {
        *w = copy_row_state(w->state, kind, more, size, parent);
        return;
    }
    size = room_size(kind, row_width(w->state, kind), w->state->n + more, size);
    w->state = w->large->state = repalloc(w->state, size);
    SET_VARSIZE(w->state, size);
}

/* Merges the rows of a state in place. */
static void
merge_row_state(const writable_state *w, const row_kind *kind)
{
    size_t old_n = w->state->n, n = old_n;

    merge_rows(kind, row_at(w->state, kind, 0), &n, row_width(w->state, kind));
    w->state->n = n;
    if (w->large == NULL)
        fill_bytes(row_at(w->state, kind, n), NULL, (old_n - n) * row_size(w->state, kind));
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

/* Makes room for `more` rows: merges where that makes enough of it, otherwise doubles the state. */
static void
reserve_rows(writable_state *w, const row_kind *kind, size_t more, MemoryContext parent)
{
    size_t room = capacity(w->state, kind);

    if (room - w->state->n >= more)
        return;
    if (merge_is_due(w->state, kind))
        merge_row_state(w, kind);
    /* Where merging leaves less than half free, it would soon be due again, and again. */
    if (w->state->n + more <= room / 2)
        return;
    if (VARSIZE(w->state) < MaxAllocSize)
        grow_row_state(w, kind, more, parent);
    else if (w->state->n + more > room / 16 * 15)
        reject_size(kind, w->state->n + more);
}

/* The state in argument 0 with room for `more` rows; a new one where it is NULL, and a copy where the argument is not
 * the transition's own. */
static writable_state
get_writable_row_state(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants, int trailing,
                       size_t more)
{
    MemoryContext parent = CurrentMemoryContext;
    bool in_place = AggCheckCallContext(fcinfo, &parent) != 0;
    writable_state w;

    if (PG_ARGISNULL(0))
        return make_row_state(kind, constants, trailing, more, 0, ROW_STATE_FIRST_SIZE, parent);
    w.large = datum_get_large_state(PG_GETARG_DATUM(0), kind);
    w.state = datum_get_row_state(PG_GETARG_DATUM(0), kind);
    check_same_constants(kind, w.state, constants);
    check_same_trailing(kind, w.state, trailing);
    if (!in_place || (w.large != NULL && !VARATT_IS_EXTERNAL_EXPANDED_RW(PG_GETARG_POINTER(0))))
        return copy_row_state(w.state, kind, more, ROW_STATE_FIRST_SIZE, parent);
    reserve_rows(&w, kind, more, parent);
    return w;
}

Datum
row_state_append_trailing(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants,
                          const void *row, const double *trailing, int n)
{
    Size fixed = column_count(kind) * sizeof(number);
    writable_state w;
    char *at;

    check_trailing(kind, n);
    w = get_writable_row_state(fcinfo, kind, constants, n, 1);
    at = row_at(w.state, kind, w.state->n++);
    memcpy(at, row, fixed);
    if (n > 0)
        memcpy(at + fixed, trailing, n * sizeof(number));
    return writable_state_datum(&w);
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
    writable_state w = get_writable_row_state(fcinfo, kind, constants, 0, n);

    memcpy(row_at(w.state, kind, w.state->n), rows, n * row_size(w.state, kind));
    w.state->n += n;
    return writable_state_datum(&w);
}

Datum
row_state_combine(FunctionCallInfo fcinfo, const row_kind *kind)
{
    RowState *other;
    writable_state w;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    other = datum_get_row_state(PG_GETARG_DATUM(1), kind);
    w = get_writable_row_state(fcinfo, kind, &other->numbers[0].d, trailing_count(other, kind), other->n);
    fill_bytes(row_at(w.state, kind, w.state->n), row_at(other, kind, 0), other->n * row_size(other, kind));
    w.state->n += other->n;
    return writable_state_datum(&w);
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

/* What comes from outside stays flat. */
static const char *
append_checked_row(const row_kind *kind, writable_state *w, const number *row)
{
    const char *error = row_error(kind, row, row_width(w->state, kind));

    if (error == NULL) {
        reserve_rows(w, kind, 1, NULL);
        memcpy(row_at(w->state, kind, w->state->n++), row, row_size(w->state, kind));
    }
    return error;
}

/* Rows that cannot be merged would be a value without an output. */
static const char *
merge_error(const row_kind *kind, RowState *state)
{
    size_t n = state->n;
    clm_status status = kind->merge(row_at(state, kind, 0), &n, row_width(state, kind), &backend_stop);

    if (status == CLM_OVERFLOW)
        return "The numbers of rows add up to more than can be counted.";
    check_status(status, kind->function);
    fill_bytes(row_at(state, kind, n), NULL, (state->n - n) * row_size(state, kind));
    state->n = n;
    return NULL;
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
    writable_state w;
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
    w = make_row_state(kind, &row.numbers[0].d, (int)trailing, 0, 0, ROW_STATE_FIRST_SIZE, NULL);
    for (int64 n = read_count(reader); n > 0 && reader->error == NULL; n--) {
        CHECK_FOR_INTERRUPTS();
        for (int i = 0; i < row_width(w.state, kind); i++) {
            if (is_double(kind, i))
                row.numbers[i].d = read_double(reader);
            else
                row.numbers[i].n = read_integer(reader);
        }
        if (reader->error == NULL)
            reader->error = append_checked_row(kind, &w, row.numbers);
    }
    read_end(reader);
    if (reader->error == NULL)
        reader->error = merge_error(kind, w.state);
    return w.state;
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
    writable_state w;
    int64 count, trailing;

    if (pq_getmsgbyte(message) != ROW_STATE_FORMAT)
        reject_binary(kind->type, "The version is not known to this version of clm.");
    for (int i = 0; i < kind->nconstants; i++)
        row.numbers[i].d = pq_getmsgfloat8(message) + 0.0;
    reject_binary(kind->type, constants_error(kind, row.numbers));
    trailing = kind->trailing != NULL ? pq_getmsgint64(message) : 0;
    reject_binary(kind->type, trailing_error(kind, trailing));
    w = make_row_state(kind, &row.numbers[0].d, (int)trailing, 0, 0, ROW_STATE_FIRST_SIZE, NULL);
    count = pq_getmsgint64(message);
    reject_binary(kind->type, count < 0 ? "The number of rows is negative." : NULL);
    for (int64 n = count; n > 0; n--) {
        CHECK_FOR_INTERRUPTS();
        for (int i = 0; i < row_width(w.state, kind); i++) {
            if (is_double(kind, i))
                row.numbers[i].d = pq_getmsgfloat8(message) + 0.0;
            else
                row.numbers[i].n = pq_getmsgint64(message);
        }
        reject_binary(kind->type, append_checked_row(kind, &w, row.numbers));
    }
    pq_getmsgend(message);
    reject_binary(kind->type, merge_error(kind, w.state));
    PG_RETURN_POINTER(w.state);
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
