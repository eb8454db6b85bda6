/*
 * The type clm.transitions: storage, text and binary input and output, equality.
 *
 * Text: {new>growing:120,"odd, name">churned:3}, one from>to:count a move. A name is quoted where it is empty or
 * has one of {}<>:,"\ or white space in it; in quotes, a backslash makes the next character part of the name.
 * Input takes moves in any order and adds up equal ones, as the aggregate does. clm.transitions_state has the
 * same text and the same binary form, so states travel finished.
 */
#include "transitions.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"

#include "state_text.h"
#include "text_reader.h"

/* Version byte of the binary form. */
#define TRANSITIONS_WIRE_FORMAT 1

/* Bytes that a move takes at least in the binary form: two lengths and the count. */
#define MOVE_WIRE_SIZE (4 + 4 + 8)

/* ---- storage ---- */

static move_count *
allocate_moves(size_t n)
{
    return palloc(Max(n, 1) * sizeof(move_count));
}

move_list
datum_get_moves(Datum datum)
{
    struct varlena *stored = PG_DETOAST_DATUM_PACKED(datum);
    Size size = VARSIZE_ANY_EXHDR(stored);
    const unsigned char *data = (const unsigned char *)VARDATA_ANY(stored);
    move_list list;

    if (size < 1 || data[0] != TRANSITIONS_FORMAT)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored transitions"),
                        errdetail("Their format is %d, this version of clm reads format %d.",
                                  size < 1 ? 0 : data[0], TRANSITIONS_FORMAT)));
    if (!packed_moves_are_valid(data + 1, size - 1, &list.n))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored transitions")));
    list.moves = allocate_moves(list.n);
    unpack_moves(data + 1, list.n, list.moves);
    return list;
}

Transitions *
make_transitions(const move_list *list)
{
    Size size = TRANSITIONS_HEADER_SIZE + packed_moves_size(list->moves, list->n);
    Transitions *transitions;

    if (!AllocSizeIsValid(size))
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("too many distinct moves between states: %zu", list->n)));
    transitions = palloc(size);
    SET_VARSIZE(transitions, size);
    transitions->format = TRANSITIONS_FORMAT;
    pack_moves(list->moves, list->n, transitions->packed);
    return transitions;
}

move_list
state_moves(const TransitionsState *state)
{
    const transition_counter *counter = state_counter(state);
    move_list list = {allocate_moves(counter->n), 0};
    move_count *scratch = allocate_moves(counter->n);
    size_t at = 0;

    while (list.n < counter->n && transition_counter_next(counter, &at, &list.moves[list.n]))
        list.n++;
    check_status(sort_moves(list.moves, list.n, scratch, &backend_stop), "sorting moves between states");
    pfree(scratch);
    return list;
}

TransitionsState *
datum_get_transitions_state(Datum datum)
{
    TransitionsState *state = (TransitionsState *)PG_DETOAST_DATUM(datum);

    if (VARSIZE(state) < TRANSITIONS_STATE_FIRST_SIZE ||
        !transition_counter_is_valid(state_counter(state), VARSIZE(state) - sizeof(*state)))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored transitions state")));
    return state;
}

/* Zeroed: spare room may be stored. */
TransitionsState *
make_transitions_state(Size size)
{
    TransitionsState *state;

    if (size > TRANSITIONS_STATE_LAST_SIZE)
        ereport(ERROR,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too many distinct moves between states"),
                 errdetail("They would take more than %zu MB.",
                           (size_t)(TRANSITIONS_STATE_LAST_SIZE / 1024 / 1024))));
    state = palloc0(size);
    SET_VARSIZE(state, size);
    transition_counter_init(state_counter(state), size - sizeof(*state));
    return state;
}

TransitionsState *
copy_transitions_state(const TransitionsState *state, Size size)
{
    TransitionsState *copy = make_transitions_state(size);

    transition_counter_copy(state_counter(copy), state_counter(state));
    return copy;
}

TransitionsState *
add_move(TransitionsState *state, const move_count *move, Node *escontext)
{
    clm_status status;

    while ((status = transition_counter_add(state_counter(state), move)) == CLM_TOO_MANY)
        state = copy_transitions_state(state, VARSIZE(state) * 2);
    if (status == CLM_OVERFLOW)
        ereturn(escontext, NULL,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                 errmsg("the number of moves from \"%.*s\" to \"%.*s\" is out of range of bigint",
                        (int)move->from.length, move->from.bytes, (int)move->to.length, move->to.bytes)));
    return state;
}

bool
check_state_name(const state_name *name, Node *escontext)
{
    if (name->length > STATE_NAME_MAX)
        ereturn(
            escontext, false,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
             errmsg("the name of a state must have at most %d bytes, not %zu", STATE_NAME_MAX, name->length),
             errdetail("It begins with \"%.*s\".", pg_mbcliplen(name->bytes, (int)name->length, 40),
                       name->bytes)));
    return true;
}

/* ---- text ---- */

/* Does the character end a name that stands without quotes? All server encodings keep ASCII to itself. */
static bool
is_special(char character)
{
    return character == '\0' || strchr("{}<>:,\"\\ \t\n\v\f\r", character) != NULL;
}

static void
append_name(StringInfo text, const state_name *name)
{
    bool quoted = name->length == 0;

    for (size_t i = 0; i < name->length && !quoted; i++)
        quoted = is_special(name->bytes[i]);
    if (!quoted) {
        appendBinaryStringInfo(text, name->bytes, (int)name->length);
        return;
    }
    appendStringInfoChar(text, '"');
    for (size_t i = 0; i < name->length; i++) {
        if (name->bytes[i] == '"' || name->bytes[i] == '\\')
            appendStringInfoChar(text, '\\');
        appendStringInfoChar(text, name->bytes[i]);
    }
    appendStringInfoChar(text, '"');
}

static char *
moves_text(const move_list *list)
{
    StringInfoData text;

    initStringInfo(&text);
    appendStringInfoChar(&text, '{');
    for (size_t i = 0; i < list->n; i++) {
        CHECK_FOR_INTERRUPTS();
        if (i > 0)
            appendStringInfoChar(&text, ',');
        append_name(&text, &list->moves[i].from);
        appendStringInfoChar(&text, '>');
        append_name(&text, &list->moves[i].to);
        appendStringInfo(&text, ":%lld", (long long)list->moves[i].count);
    }
    appendStringInfoChar(&text, '}');
    return text.data;
}

/* Reads what follows an opening quote into the buffer. */
static bool
read_quoted(text_reader *reader, StringInfo buffer)
{
    for (; *reader->at != '"'; reader->at++) {
        if (*reader->at == '\\')
            reader->at++;
        if (*reader->at == '\0')
            return malformed(reader, "a closing quote");
        appendStringInfoChar(buffer, *reader->at);
    }
    reader->at++;
    return true;
}

static bool
read_name(text_reader *reader, StringInfo buffer, state_name *name)
{
    resetStringInfo(buffer);
    if (skip(reader, '"')) {
        if (!read_quoted(reader, buffer))
            return false;
    } else {
        if (is_special(*reader->at))
            return malformed(reader, "the name of a state");
        while (!is_special(*reader->at))
            appendStringInfoChar(buffer, *reader->at++);
    }
    *name = (state_name){buffer->data, buffer->len};
    return check_state_name(name, reader->escontext);
}

static bool
read_number_of_moves(text_reader *reader, int64_t *count)
{
    size_t length;

    skip_space(reader);
    length = strspn(reader->at, "0123456789");
    errno = 0;
    *count = strtoll(reader->at, NULL, 10);
    if (length > 0 && errno == ERANGE)
        ereturn(reader->escontext, false,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                 errmsg("\"%.*s\" is out of range of bigint", (int)Min(length, 100), reader->at)));
    if (length == 0 || *count < 1)
        return malformed(reader, "a count of at least 1");
    reader->at += length;
    return true;
}

/* Reads from>to:count; the buffers hold the names. */
static bool
read_move(text_reader *reader, StringInfo from, StringInfo to, move_count *move)
{
    if (!read_name(reader, from, &move->from))
        return false;
    if (!skip(reader, '>'))
        return malformed(reader, ">");
    if (!read_name(reader, to, &move->to))
        return false;
    if (!skip(reader, ':'))
        return malformed(reader, "a colon");
    return read_number_of_moves(reader, &move->count);
}

/* Reads moves up to the closing brace; NULL after a soft error. */
static TransitionsState *
read_moves(text_reader *reader)
{
    TransitionsState *state = make_transitions_state(TRANSITIONS_STATE_FIRST_SIZE);
    StringInfoData from, to;
    move_count move;

    if (skip(reader, '}'))
        return state;
    initStringInfo(&from);
    initStringInfo(&to);
    do {
        CHECK_FOR_INTERRUPTS();
        if (!read_move(reader, &from, &to, &move))
            return NULL;
        state = add_move(state, &move, reader->escontext);
        if (state == NULL)
            return NULL;
    } while (skip(reader, ','));
    if (!skip(reader, '}')) {
        (void)malformed(reader, "a comma or a closing brace");
        return NULL;
    }
    return state;
}

/* Reads the whole text; NULL after a soft error. */
static TransitionsState *
read_text(const char *text, const char *type, Node *escontext)
{
    text_reader reader = {text, text, type, "Transitions look like {new>growing:120,new>churned:30}.",
                          escontext};
    TransitionsState *state;

    if (!skip(&reader, '{')) {
        (void)malformed(&reader, "an opening brace");
        return NULL;
    }
    state = read_moves(&reader);
    if (state == NULL)
        return NULL;
    return at_end(&reader) ? state : NULL;
}

PG_FUNCTION_INFO_V1(clm_transitions_in);
Datum
clm_transitions_in(PG_FUNCTION_ARGS)
{
    TransitionsState *state = read_text(PG_GETARG_CSTRING(0), "transitions", CLM_ESCONTEXT(fcinfo));
    move_list list;

    if (state == NULL)
        PG_RETURN_NULL();
    list = state_moves(state);
    PG_RETURN_POINTER(make_transitions(&list));
}

PG_FUNCTION_INFO_V1(clm_transitions_out);
Datum
clm_transitions_out(PG_FUNCTION_ARGS)
{
    move_list list = datum_get_moves(PG_GETARG_DATUM(0));

    PG_RETURN_CSTRING(moves_text(&list));
}

PG_FUNCTION_INFO_V1(clm_transitions_state_in);
Datum
clm_transitions_state_in(PG_FUNCTION_ARGS)
{
    TransitionsState *state = read_text(PG_GETARG_CSTRING(0), "transitions_state", CLM_ESCONTEXT(fcinfo));

    if (state == NULL)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(clm_transitions_state_out);
Datum
clm_transitions_state_out(PG_FUNCTION_ARGS)
{
    move_list list = state_moves(datum_get_transitions_state(PG_GETARG_DATUM(0)));

    PG_RETURN_CSTRING(moves_text(&list));
}

/* ---- binary: version, number of moves, and each move's names with their lengths, and its count ---- */

static void
send_name(StringInfo message, const state_name *name)
{
    const char *text = pg_server_to_client(name->bytes, (int)name->length);
    size_t length = text == name->bytes ? name->length : strlen(text);

    pq_sendint32(message, (uint32)length);
    pq_sendbytes(message, text, (int)length);
}

static bytea *
moves_message(const move_list *list)
{
    StringInfoData message;

    pq_begintypsend(&message);
    pq_sendint8(&message, TRANSITIONS_WIRE_FORMAT);
    pq_sendint32(&message, (uint32)list->n);
    for (size_t i = 0; i < list->n; i++) {
        CHECK_FOR_INTERRUPTS();
        send_name(&message, &list->moves[i].from);
        send_name(&message, &list->moves[i].to);
        pq_sendint64(&message, (uint64)list->moves[i].count);
    }
    return pq_endtypsend(&message);
}

static void
require_bytes(StringInfo message, Size bytes, const char *type)
{
    if ((Size)(message->len - message->cursor) < bytes)
        reject_binary(type, "It ends too early.");
}

static state_name
receive_name(StringInfo message, const char *type)
{
    uint32 length;
    int converted;
    state_name name;

    require_bytes(message, 4, type);
    length = pq_getmsgint(message, 4);
    require_bytes(message, length, type);
    name.bytes = pq_getmsgtext(message, (int)length, &converted);
    name.length = (size_t)converted;
    (void)check_state_name(&name, NULL);
    return name;
}

/* Moves may come in any order, since the order of names depends on the encoding of the sender. */
static TransitionsState *
receive_moves(StringInfo message, const char *type)
{
    TransitionsState *state = make_transitions_state(TRANSITIONS_STATE_FIRST_SIZE);
    uint32 n;

    require_bytes(message, 1 + 4, type);
    if (pq_getmsgbyte(message) != TRANSITIONS_WIRE_FORMAT)
        reject_binary(type, "The version is not known to this version of clm.");
    n = pq_getmsgint(message, 4);
    require_bytes(message, (Size)n * MOVE_WIRE_SIZE, type);
    for (uint32 i = 0; i < n; i++) {
        move_count move;

        CHECK_FOR_INTERRUPTS();
        move.from = receive_name(message, type);
        move.to = receive_name(message, type);
        require_bytes(message, sizeof(int64), type);
        move.count = pq_getmsgint64(message);
        if (move.count < 1)
            reject_binary(type, "A count is less than 1.");
        state = add_move(state, &move, NULL);
        if (state_counter(state)->n != i + 1)
            reject_binary(type, "A move comes twice.");
    }
    if (message->cursor != message->len)
        reject_binary(type, "It goes on after the last move.");
    return state;
}

PG_FUNCTION_INFO_V1(clm_transitions_recv);
Datum
clm_transitions_recv(PG_FUNCTION_ARGS)
{
    move_list list = state_moves(receive_moves((StringInfo)PG_GETARG_POINTER(0), "transitions"));

    PG_RETURN_POINTER(make_transitions(&list));
}

PG_FUNCTION_INFO_V1(clm_transitions_send);
Datum
clm_transitions_send(PG_FUNCTION_ARGS)
{
    move_list list = datum_get_moves(PG_GETARG_DATUM(0));

    PG_RETURN_BYTEA_P(moves_message(&list));
}

PG_FUNCTION_INFO_V1(clm_transitions_state_recv);
Datum
clm_transitions_state_recv(PG_FUNCTION_ARGS)
{
    PG_RETURN_POINTER(receive_moves((StringInfo)PG_GETARG_POINTER(0), "transitions_state"));
}

PG_FUNCTION_INFO_V1(clm_transitions_state_send);
Datum
clm_transitions_state_send(PG_FUNCTION_ARGS)
{
    move_list list = state_moves(datum_get_transitions_state(PG_GETARG_DATUM(0)));

    PG_RETURN_BYTEA_P(moves_message(&list));
}

/* ---- equality ---- */

/* Equal transitions have equal bytes. A join calls this in a context that lives long, so what was unpacked is
 * freed. */
static bool
arguments_are_equal(FunctionCallInfo fcinfo)
{
    struct varlena *left = PG_GETARG_VARLENA_PP(0), *right = PG_GETARG_VARLENA_PP(1);
    bool equal = VARSIZE_ANY_EXHDR(left) == VARSIZE_ANY_EXHDR(right) &&
                 memcmp(VARDATA_ANY(left), VARDATA_ANY(right), VARSIZE_ANY_EXHDR(left)) == 0;

    PG_FREE_IF_COPY(left, 0);
    PG_FREE_IF_COPY(right, 1);
    return equal;
}

PG_FUNCTION_INFO_V1(clm_transitions_eq);
Datum
clm_transitions_eq(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(arguments_are_equal(fcinfo));
}

PG_FUNCTION_INFO_V1(clm_transitions_ne);
Datum
clm_transitions_ne(PG_FUNCTION_ARGS)
{
    PG_RETURN_BOOL(!arguments_are_equal(fcinfo));
}
