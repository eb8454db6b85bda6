/*
 * The type clm.history: storage, text and binary input and output, order and hash.
 *
 * Text: {2024-01-05:20,2024-02-11:-3}, one day:amount an entry. A day of refunds alone is no occasion; a day
 * that was an occasion though its net amount is negative carries a star: 2024-02-11:-3*. Input takes rows in
 * any order and sums those of a day, as the aggregate does. Dates are always ISO, amounts the shortest text
 * that reads back exactly, so the text means the same under every setting. clm.history_state has the same
 * text, with the rows of a day apart.
 */
#include "history.h"

#include <math.h>

#include "common/hashfn.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"
#include "utils/datetime.h"

#include "state_text.h"
#include "text_reader.h"

/* Version byte of the binary form. */
#define HISTORY_WIRE_FORMAT 1

/* Bytes of a row in the binary form: day, flag, amount. */
#define ROW_WIRE_SIZE (4 + 1 + 8)

/* ---- storage ---- */

history_view
datum_get_history(Datum datum)
{
    struct varlena *stored = PG_DETOAST_DATUM_PACKED(datum);
    Size size = VARSIZE_ANY_EXHDR(stored);
    const unsigned char *data = (const unsigned char *)VARDATA_ANY(stored);
    history_view view;

    if (size < 1 || (size - 1) % HISTORY_ENTRY_SIZE != 0 || data[0] != HISTORY_FORMAT)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored history"),
                        errdetail("Its format is %d, this version of clm reads format %d.",
                                  size < 1 ? 0 : data[0], HISTORY_FORMAT)));
    view.n = (size - 1) / HISTORY_ENTRY_SIZE;
    view.stamps = data + 1;
    view.amounts = view.stamps + view.n * sizeof(uint32_t);
    return view;
}

History *
allocate_history(size_t n)
{
    Size size = HISTORY_HEADER_SIZE + n * HISTORY_ENTRY_SIZE;
    History *history;

    if (n > HISTORY_MAX_ENTRIES)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("a history cannot have more than %zu days", (size_t)HISTORY_MAX_ENTRIES)));
    history = palloc(size);
    SET_VARSIZE(history, size);
    history->format = HISTORY_FORMAT;
    return history;
}

History *
make_history(const history_row *rows, size_t n)
{
    History *history = allocate_history(n);

    history_pack(rows, n, history->packed);
    return history;
}

History *
copy_history(const history_view *h)
{
    History *history = allocate_history(h->n);
    Size stamps = h->n * sizeof(uint32_t);

    memcpy(history->packed, h->stamps, stamps);
    memcpy(history->packed + stamps, h->amounts, h->n * sizeof(double));
    return history;
}

/* finish_history for an input function: NULL after a soft error. */
static History *
finish_input(history_row *rows, size_t n, Node *escontext)
{
    history_row *scratch = NULL;
    History *history;

    if (!history_rows_are_finished(rows, n)) {
        clm_status status;

        scratch = palloc(n * sizeof(history_row));
        status = history_finish_rows(rows, &n, scratch, &backend_stop);
        if (status == CLM_OVERFLOW)
            ereturn(escontext, NULL,
                    (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                     errmsg("the net amount of a day is out of range of double precision")));
        check_status(status, "a history");
    }
    history = make_history(rows, n);
    if (scratch != NULL)
        pfree(scratch);
    return history;
}

History *
finish_history(history_row *rows, size_t n)
{
    return finish_input(rows, n, NULL);
}

history_rows
allocate_history_rows(size_t n)
{
    if (n > HISTORY_MAX_ROWS)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("a history cannot be made of more than %zu rows", (size_t)HISTORY_MAX_ROWS)));
    return (history_rows){palloc(n * sizeof(history_row)), 0};
}

/* ---- the state ---- */

void
reject_history_state(void)
{
    ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored history state")));
}

HistoryState *
make_history_state(size_t places)
{
    HistoryState *state;

    if (places > HISTORY_MAX_ROWS)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("a history cannot be made of more than %zu rows", (size_t)HISTORY_MAX_ROWS)));
    state = palloc(HISTORY_STATE_SIZE(places));
    SET_VARSIZE(state, HISTORY_STATE_SIZE(places));
    state->n = 0;
    return state;
}

history_rows
copy_state_rows(const HistoryState *state)
{
    size_t before = history_state_moved(state);
    history_rows copy = {palloc(state->n * sizeof(history_row)), state->n};

    memcpy(copy.rows, state->rows + HISTORY_STATE_LATEST, before * sizeof(history_row));
    memcpy(copy.rows + before, state->rows, (state->n - before) * sizeof(history_row));
    return copy;
}

/* ---- checks ---- */

bool
reject_row(int64 day, float8 amount, Node *escontext)
{
    if (!history_takes_day(day))
        ereturn(escontext, false,
                (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
                 errmsg("a day of a history must be a finite date"),
                 errdetail("Days reach from 4714-11-24 BC to 5874897-12-31.")));
    ereturn(escontext, false,
            (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
             errmsg("an amount of a history must be a finite number, not %g", amount)));
}

/* ---- text ---- */

static void
append_entry(StringInfo text, const history_row *row)
{
    int year, month, day;
    char amount_text[DOUBLE_SHORTEST_DECIMAL_LEN];
    double amount = history_row_amount(row);

    CHECK_FOR_INTERRUPTS();
    j2date(stamp_day(row->stamp) + POSTGRES_EPOCH_JDATE, &year, &month, &day);
    double_to_shortest_decimal_buf(amount, amount_text);
    appendStringInfo(text, "%04d-%02d-%02d%s:%s%s", year > 0 ? year : 1 - year, month, day,
                     year > 0 ? "" : " BC", amount_text,
                     amount < 0 && stamp_is_occasion(row->stamp) ? "*" : "");
}

/* A number of min_digits to max_digits digits. */
static bool
read_digits(text_reader *reader, int min_digits, int max_digits, int *value)
{
    int digits = 0;

    *value = 0;
    while (digits < max_digits && *reader->at >= '0' && *reader->at <= '9') {
        *value = *value * 10 + (*reader->at++ - '0');
        digits++;
    }
    return digits >= min_digits && !(*reader->at >= '0' && *reader->at <= '9');
}

static bool
read_day(text_reader *reader, int64 *result)
{
    int year, month, day, y, m, d;
    bool exists;
    const char *start;

    skip_space(reader);
    start = reader->at;
    if (!read_digits(reader, 4, 7, &year) || *reader->at++ != '-' || !read_digits(reader, 2, 2, &month) ||
        *reader->at++ != '-' || !read_digits(reader, 2, 2, &day)) {
        reader->at = start;
        return malformed(reader, "a date such as 2024-01-05");
    }
    exists = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 31;
    if (strncmp(reader->at, " BC", 3) == 0) {
        reader->at += 3;
        year = 1 - year;
    }
    if (exists && !IS_VALID_JULIAN(year, month, day)) {
        /* The conversion would overflow; such a day is out of range in any case. */
        *result = HISTORY_MAX_DAY + INT64CONST(1);
        return true;
    }
    if (exists) {
        /* A day that the month does not have comes back as another one. */
        *result = (int64)date2j(year, month, day) - POSTGRES_EPOCH_JDATE;
        j2date(date2j(year, month, day), &y, &m, &d);
        exists = y == year && m == month && d == day;
    }
    if (!exists) {
        reader->at = start;
        return malformed(reader, "an existing date");
    }
    return true;
}

static bool
read_amount(text_reader *reader, float8 *amount)
{
    size_t length = strspn(reader->at, "0123456789+-.eE");
    char *end;

    errno = 0;
    *amount = strtod(reader->at, &end);
    if (length == 0 || end != reader->at + length)
        return malformed(reader, "an amount such as 12.5");
    if (errno == ERANGE && (*amount == 0 || isinf(*amount)))
        ereturn(reader->escontext, false,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                 errmsg("\"%.*s\" is out of range of double precision", (int)length, reader->at)));
    reader->at = end;
    return true;
}

static bool
read_entry(text_reader *reader, history_row *row)
{
    int64 day = 0; /* as the compiler cannot know that read_day sets it */
    float8 amount;
    bool occasion = false;

    if (!read_day(reader, &day))
        return false;
    if (!skip(reader, ':'))
        return malformed(reader, "a colon");
    skip_space(reader);
    if (!read_amount(reader, &amount) || !check_row(day, amount, reader->escontext))
        return false;
    if (*reader->at == '*') {
        reader->at++;
        occasion = true;
    }
    *row = make_history_row((int32_t)day, amount, occasion);
    return true;
}

/* Reads the whole text; false after a soft error. */
static bool
read_rows(const char *text, const char *type, Node *escontext, history_rows *read)
{
    text_reader reader = {text, text, type, "A history looks like {2024-01-05:20,2024-02-11:-3}.", escontext};
    size_t most = 1;

    for (const char *c = text; *c != '\0'; c++)
        most += *c == ',';
    *read = allocate_history_rows(most);
    if (!skip(&reader, '{'))
        return malformed(&reader, "an opening brace");
    if (!skip(&reader, '}')) {
        do {
            CHECK_FOR_INTERRUPTS();
            if (!read_entry(&reader, &read->rows[read->n]))
                return false;
            read->n++;
        } while (skip(&reader, ','));
        if (!skip(&reader, '}'))
            return malformed(&reader, "a comma or a closing brace");
    }
    return at_end(&reader);
}

PG_FUNCTION_INFO_V1(clm_history_in);
Datum
clm_history_in(PG_FUNCTION_ARGS)
{
    history_rows read;
    History *history;

    if (!read_rows(PG_GETARG_CSTRING(0), "history", CLM_ESCONTEXT(fcinfo), &read))
        PG_RETURN_NULL();
    history = finish_input(read.rows, read.n, CLM_ESCONTEXT(fcinfo));
    if (history == NULL)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(history);
}

PG_FUNCTION_INFO_V1(clm_history_out);
Datum
clm_history_out(PG_FUNCTION_ARGS)
{
    history_view h;
    StringInfoData text;

    PG_GETARG_HISTORY(0, &h);
    initStringInfo(&text);
    appendStringInfoChar(&text, '{');
    for (size_t i = 0; i < h.n; i++) {
        history_row row = history_entry(&h, i);

        if (i > 0)
            appendStringInfoChar(&text, ',');
        append_entry(&text, &row);
    }
    appendStringInfoChar(&text, '}');
    PG_RETURN_CSTRING(text.data);
}

/* ---- binary ---- */

static void
send_row(StringInfo message, const history_row *row)
{
    CHECK_FOR_INTERRUPTS();
    pq_sendint32(message, (uint32)stamp_day(row->stamp));
    pq_sendint8(message, stamp_is_occasion(row->stamp));
    pq_sendfloat8(message, history_row_amount(row));
}

/* Reads version, count and rows, each checked on its own; the order of the rows is the caller's to check. */
static history_rows
receive_rows(StringInfo message, const char *type)
{
    history_rows received;
    uint32 n;

    if (pq_getmsgbyte(message) != HISTORY_WIRE_FORMAT)
        reject_binary(type, "The version is not known to this version of clm.");
    n = pq_getmsgint(message, 4);
    if (n != (uint32)(message->len - message->cursor) / ROW_WIRE_SIZE)
        reject_binary(type, "The number of entries does not match the length.");
    received = allocate_history_rows(n);
    for (uint32 i = 0; i < n; i++) {
        int32 day = (int32)pq_getmsgint(message, 4);
        int flag = pq_getmsgbyte(message);
        float8 amount = pq_getmsgfloat8(message);

        CHECK_FOR_INTERRUPTS();
        (void)check_row(day, amount, NULL);
        if (flag > 1)
            reject_binary(type, "The flag of an occasion is neither 0 nor 1.");
        if (flag == 0 && amount >= 0)
            reject_binary(type, "A day with an amount of at least zero is an occasion.");
        received.rows[received.n++] = make_history_row(day, amount, flag);
    }
    pq_getmsgend(message);
    return received;
}

PG_FUNCTION_INFO_V1(clm_history_recv);
Datum
clm_history_recv(PG_FUNCTION_ARGS)
{
    history_rows received = receive_rows((StringInfo)PG_GETARG_POINTER(0), "history");

    if (!history_rows_are_finished(received.rows, received.n))
        reject_binary("history", "The days are not in ascending order.");
    PG_RETURN_POINTER(make_history(received.rows, received.n));
}

PG_FUNCTION_INFO_V1(clm_history_send);
Datum
clm_history_send(PG_FUNCTION_ARGS)
{
    history_view h;
    StringInfoData message;

    PG_GETARG_HISTORY(0, &h);
    pq_begintypsend(&message);
    pq_sendint8(&message, HISTORY_WIRE_FORMAT);
    pq_sendint32(&message, (uint32)h.n);
    for (size_t i = 0; i < h.n; i++) {
        history_row row = history_entry(&h, i);

        send_row(&message, &row);
    }
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* ---- the state, as a cluster ships it ---- */

static HistoryState *
state_of_rows(const history_rows *from)
{
    HistoryState *state = make_history_state(HISTORY_STATE_PLACES(from->n));

    /* Fewer rows than places at the front leave some of them free: they hold no leftovers of other memory. */
    if (from->n < HISTORY_STATE_LATEST)
        memset(state->rows, 0, VARSIZE(state) - HISTORY_STATE_HEADER_SIZE);
    for (size_t i = 0; i < from->n; i++)
        history_state_append(state, from->rows[i]);
    return state;
}

PG_FUNCTION_INFO_V1(clm_history_state_in);
Datum
clm_history_state_in(PG_FUNCTION_ARGS)
{
    history_rows read;

    if (!read_rows(PG_GETARG_CSTRING(0), "history_state", CLM_ESCONTEXT(fcinfo), &read))
        PG_RETURN_NULL();
    PG_RETURN_POINTER(state_of_rows(&read));
}

/* The rows of a state in their canonical order, so that equal states print and travel alike. */
static history_rows
copy_sorted_rows(const HistoryState *state)
{
    history_rows copy = copy_state_rows(state);

    if (!history_rows_are_finished(copy.rows, copy.n)) {
        history_row *scratch = palloc(copy.n * sizeof(history_row));

        check_status(history_sort_rows(copy.rows, copy.n, scratch, &backend_stop), "sorting a history");
        pfree(scratch);
    }
    return copy;
}

PG_FUNCTION_INFO_V1(clm_history_state_out);
Datum
clm_history_state_out(PG_FUNCTION_ARGS)
{
    history_rows sorted = copy_sorted_rows(datum_get_history_state(PG_GETARG_DATUM(0)));
    StringInfoData text;

    initStringInfo(&text);
    appendStringInfoChar(&text, '{');
    for (size_t i = 0; i < sorted.n; i++) {
        if (i > 0)
            appendStringInfoChar(&text, ',');
        append_entry(&text, &sorted.rows[i]);
    }
    appendStringInfoChar(&text, '}');
    PG_RETURN_CSTRING(text.data);
}

PG_FUNCTION_INFO_V1(clm_history_state_recv);
Datum
clm_history_state_recv(PG_FUNCTION_ARGS)
{
    history_rows received = receive_rows((StringInfo)PG_GETARG_POINTER(0), "history_state");

    PG_RETURN_POINTER(state_of_rows(&received));
}

PG_FUNCTION_INFO_V1(clm_history_state_send);
Datum
clm_history_state_send(PG_FUNCTION_ARGS)
{
    history_rows sorted = copy_sorted_rows(datum_get_history_state(PG_GETARG_DATUM(0)));
    StringInfoData message;

    pq_begintypsend(&message);
    pq_sendint8(&message, HISTORY_WIRE_FORMAT);
    pq_sendint32(&message, (uint32)sorted.n);
    for (size_t i = 0; i < sorted.n; i++)
        send_row(&message, &sorted.rows[i]);
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}

/* ---- order and hash ---- */

/* A sort calls this in a context that lives as long as the sort, so what was unpacked is freed. */
static int
compare_arguments(FunctionCallInfo fcinfo)
{
    struct varlena *left = PG_GETARG_VARLENA_PP(0), *right = PG_GETARG_VARLENA_PP(1);
    history_view a = datum_get_history(PointerGetDatum(left)), b = datum_get_history(PointerGetDatum(right));
    int order = history_compare(&a, &b);

    PG_FREE_IF_COPY(left, 0);
    PG_FREE_IF_COPY(right, 1);
    return order;
}

PG_FUNCTION_INFO_V1(clm_history_cmp);
Datum
clm_history_cmp(PG_FUNCTION_ARGS)
{
    PG_RETURN_INT32(compare_arguments(fcinfo));
}

#define HISTORY_COMPARISON(name, relation)                                                                   \
    PG_FUNCTION_INFO_V1(name);                                                                               \
    Datum name(PG_FUNCTION_ARGS)                                                                             \
    {                                                                                                        \
        PG_RETURN_BOOL(compare_arguments(fcinfo) relation 0);                                                \
    }

HISTORY_COMPARISON(clm_history_eq, ==)
HISTORY_COMPARISON(clm_history_ne, !=)
HISTORY_COMPARISON(clm_history_lt, <)
HISTORY_COMPARISON(clm_history_le, <=)
HISTORY_COMPARISON(clm_history_gt, >)
HISTORY_COMPARISON(clm_history_ge, >=)

/* Equal histories have equal bytes, so the bytes are hashed. */
PG_FUNCTION_INFO_V1(clm_history_hash);
Datum
clm_history_hash(PG_FUNCTION_ARGS)
{
    struct varlena *stored = PG_GETARG_VARLENA_PP(0);
    history_view h = datum_get_history(PointerGetDatum(stored));
    Datum hash = hash_any(h.stamps, (int)(h.n * HISTORY_ENTRY_SIZE));

    PG_FREE_IF_COPY(stored, 0);
    return hash;
}

PG_FUNCTION_INFO_V1(clm_history_hash_extended);
Datum
clm_history_hash_extended(PG_FUNCTION_ARGS)
{
    struct varlena *stored = PG_GETARG_VARLENA_PP(0);
    history_view h = datum_get_history(PointerGetDatum(stored));
    Datum hash = hash_any_extended(h.stamps, (int)(h.n * HISTORY_ENTRY_SIZE), PG_GETARG_INT64(1));

    PG_FREE_IF_COPY(stored, 0);
    return hash;
}
