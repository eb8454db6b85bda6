/*
 * The types clm.cohorts and clm.cohorts_state: storage, text and binary input and output, the same for both.
 *
 * Both forms list the cells that are not empty, cohort by cohort, the earliest first, each sum by its digits: equal states
 * look the same however they came about. The text is tokens separated by spaces:
 *     version calendar as_of cohorts {age cells {period active stayed low digits {digit} ...} ...} ...
 * with as_of in days since 2000-01-01, and the digits, in base 2^32 from place `low` on, with the sign of their sum. In
 * the binary form, the sign is a byte before them.
 */
#include "cohorts.h"

#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "miscadmin.h"

#include "state_text.h"

#define COHORTS_STATE_FORMAT 1 /* of the flat, the text and the binary form */

/* ---- storage ---- */

CohortsState *
datum_get_cohorts_state(Datum datum)
{
    CohortsState *state = (CohortsState *)PG_DETOAST_DATUM(datum);

    if (VARSIZE(state) < sizeof(*state) || state->format != COHORTS_STATE_FORMAT ||
        !cohort_table_is_valid(state_table(state), VARSIZE(state) - sizeof(*state)))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored cohorts")));
    return state;
}

/* A state of zeros with a table of so many bytes at least. */
static CohortsState *
allocate_state(Size table_size)
{
    Size size = 1;
    CohortsState *state;

    while (size < sizeof(*state) + table_size && size < MaxAllocSize)
        size *= 2;
    size = Min(size, MaxAllocSize);
    if (size < sizeof(*state) + table_size)
        ereport(
            ERROR,
            (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("too much for the aggregate cohorts"),
             errdetail("Its state can have %zu bytes.", (size_t)MaxAllocSize),
             errhint("Count in longer periods, or leave out amounts that are very large or very small.")));
    state = palloc0(size);
    SET_VARSIZE(state, size);
    state->format = COHORTS_STATE_FORMAT;
    return state;
}

static Size
table_room(const CohortsState *state)
{
    return VARSIZE(state) - sizeof(*state);
}

CohortsState *
make_cohorts_state(calendar_unit unit, DateADT as_of)
{
    CohortsState *state = allocate_state(sizeof(cohort_table));

    cohort_table_init(state_table(state), table_room(state), unit, as_of);
    return state;
}

/* A new state with the same content, and room. */
static CohortsState *
enlarge_state(const CohortsState *state, const cohort_room *room)
{
    CohortsState *larger = allocate_state(cohort_table_size_with(state_table(state), room));

    cohort_table_copy(state_table(larger), table_room(larger), state_table(state), room);
    return larger;
}

CohortsState *
cohorts_state_with(CohortsState *state, const cohort_room *room, size_t n)
{
    const cohort_table *t = state_table(state);

    /* Cell by cell, so that no carries wait. */
    if (!cohort_table_takes(t, n))
        state = add_cohorts(make_cohorts_state((calendar_unit)t->unit, t->as_of), state);
    return cohort_table_has_room(state_table(state), room) ? state : enlarge_state(state, room);
}

/* ---- cells ---- */

static CohortsState *
add_cell(CohortsState *state, int32 age, int32 period, const cohort_cell *cell)
{
    cohort_room room = {age, {0, 0}};

    exact_window_include(&room.window, &cell->amount);
    state = cohorts_state_with(state, &room, 1);
    if (cohort_table_add_cell(state_table(state), age, period, cell) == CLM_OVERFLOW)
        ereport(ERROR,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("too many customers for cohorts")));
    return state;
}

static bool
is_empty(const cohort_cell *cell)
{
    return cell->active == 0 && cell->amount.n == 0;
}

static void
read_cell(const cohort_table *t, const int64_t *row, int32 period, cohort_cell *cell)
{
    check_status(cohort_cell_read(t, row, period, cell), "the amount of a cohort");
}

CohortsState *
add_cohorts(CohortsState *state, const CohortsState *other)
{
    const cohort_table *t = state_table(other);
    cohort_cell cell;

    for (int32 age = 0; age < (int32)t->nages; age++) {
        const int64_t *row = cohort_table_row(t, age);

        CHECK_FOR_INTERRUPTS();
        for (int32 period = 0; row != NULL && period <= age; period++) {
            read_cell(t, row, period, &cell);
            if (!is_empty(&cell))
                state = add_cell(state, age, period, &cell);
        }
    }
    return state;
}

CohortsState *
finish_cohorts(const CohortsState *state)
{
    const cohort_table *t = state_table(state);
    CohortsState *cohorts = add_cohorts(make_cohorts_state((calendar_unit)t->unit, t->as_of), state);

    cohort_table_trim(state_table(cohorts));
    SET_VARSIZE(cohorts, sizeof(*cohorts) + state_table(cohorts)->size);
    return cohorts;
}

/* ---- what comes from outside ---- */

/* A cohort that is being read: its age and what its cells must agree with. */
typedef struct cohort_reader {
    int64 age, size;
    int64 period, active; /* of the last cell, before the first one -1 and 0 */
} cohort_reader;

/* Before the first cohort, which cannot be older than the days of a history. */
static cohort_reader
before_cohorts(const CohortsState *state)
{
    const cohort_table *t = state_table(state);
    int64 ages = (int64)t->last - calendar_period((calendar_unit)t->unit, HISTORY_MIN_DAY) + 1;

    return (cohort_reader){.age = Min(ages, COHORT_MOST_PERIODS)};
}

/* Cohorts come in the order of their days. */
static bool
begin_cohort(cohort_reader *cohort, int64 age)
{
    bool valid = age >= 0 && age < cohort->age;

    *cohort = (cohort_reader){age, 0, -1, 0};
    return valid;
}

/* Takes the next cell; false where it does not go together with those before it. */
static bool
accept_cell(cohort_reader *cohort, int64 period, const cohort_cell *cell)
{
    int64 before = period == cohort->period + 1 ? cohort->active : 0;

    if (period <= cohort->period || period > cohort->age)
        return false;
    if (cohort->period < 0) {
        if (period != 0)
            return false;
        cohort->size = cell->active;
    }
    cohort->period = period;
    cohort->active = cell->active;
    return cohort_cell_is_valid(cell, cohort->size, before);
}

static const char *const unknown_version = "The version is not known to this version of clm.";
static const char *const unknown_calendar = "The calendar is not known.";
static const char *const bad_as_of = "The day is out of range.";
static const char *const bad_cohort = "The cohorts are not in order.";
static const char *const bad_digits = "The places are out of range.";
static const char *const bad_cell = "The numbers of a cohort do not go together.";

static bool
is_day(int64 day)
{
    return day >= HISTORY_MIN_DAY && day <= HISTORY_MAX_DAY;
}

static bool
places_are_valid(int64 low, int64 n)
{
    return low >= 0 && n >= 0 && n <= EXACT_PLACES && low <= EXACT_PLACES - n;
}

/* ---- text ---- */

static void
fail(state_reader *reader, const char *why)
{
    if (reader->error == NULL)
        reader->error = why;
}

/* The digits have the sign of the number, all the same. */
static void
read_amount(state_reader *reader, exact_number *x)
{
    int64 low = read_integer(reader), n = read_integer(reader);
    bool positive = false;

    *x = (exact_number){.n = 0};
    if (!places_are_valid(low, n)) {
        fail(reader, bad_digits);
        return;
    }
    x->low = (int)low;
    for (; x->n < n; x->n++) {
        int64 digit = read_integer(reader);

        if (digit <= -INT64CONST(0x100000000) || digit >= INT64CONST(0x100000000)) {
            fail(reader, "A digit is out of range.");
            return;
        }
        x->negative = x->negative || digit < 0;
        positive = positive || digit > 0;
        x->digit[x->n] = (uint32)(digit < 0 ? -digit : digit);
    }
    if (x->negative && positive)
        fail(reader, "The digits of a number differ in sign.");
}

static CohortsState *
read_cells(state_reader *reader, CohortsState *state, cohort_reader *cohort)
{
    int64 ncells = read_count(reader);
    cohort_cell cell;

    if (ncells < 1)
        fail(reader, bad_cell);
    for (int64 i = 0; i < ncells && reader->error == NULL; i++) {
        int64 period = read_integer(reader);

        CHECK_FOR_INTERRUPTS();
        cell.active = read_integer(reader);
        cell.stayed = read_integer(reader);
        read_amount(reader, &cell.amount);
        if (reader->error != NULL)
            break;
        if (!accept_cell(cohort, period, &cell))
            fail(reader, bad_cell);
        else
            state = add_cell(state, (int32)cohort->age, (int32)period, &cell);
    }
    return state;
}

static CohortsState *
read_state(state_reader *reader)
{
    cohort_reader cohort;
    calendar_unit unit = CALENDAR_WEEK;
    CohortsState *state;
    const char *name;
    int64 as_of, ncohorts;

    if (read_integer(reader) != COHORTS_STATE_FORMAT)
        fail(reader, unknown_version);
    name = read_token(reader);
    if (!calendar_by_name(name, strlen(name), &unit))
        fail(reader, unknown_calendar);
    as_of = read_integer(reader);
    if (!is_day(as_of))
        fail(reader, bad_as_of);
    ncohorts = read_count(reader);
    if (reader->error != NULL)
        return NULL;
    state = make_cohorts_state(unit, (DateADT)as_of);
    cohort = before_cohorts(state);
    for (int64 i = 0; i < ncohorts && reader->error == NULL; i++) {
        if (!begin_cohort(&cohort, read_integer(reader)))
            fail(reader, bad_cohort);
        else
            state = read_cells(reader, state, &cohort);
    }
    read_end(reader);
    return state;
}

/* NULL after a soft error. */
static CohortsState *
read_text(FunctionCallInfo fcinfo, const char *type)
{
    state_reader reader = {pstrdup(PG_GETARG_CSTRING(0)), NULL};
    CohortsState *state = read_state(&reader);

    if (reader.error != NULL)
        ereturn(CLM_ESCONTEXT(fcinfo), NULL,
                (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                 errmsg("invalid input syntax for type clm.%s", type), errdetail("%s", reader.error)));
    return state;
}

PG_FUNCTION_INFO_V1(clm_cohorts_in);
Datum
clm_cohorts_in(PG_FUNCTION_ARGS)
{
    CohortsState *state = read_text(fcinfo, "cohorts");

    if (state == NULL)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(finish_cohorts(state));
}

PG_FUNCTION_INFO_V1(clm_cohorts_state_in);
Datum
clm_cohorts_state_in(PG_FUNCTION_ARGS)
{
    CohortsState *state = read_text(fcinfo, "cohorts_state");

    if (state == NULL)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(state);
}

static void
append_cell(StringInfo text, int32 period, const cohort_cell *cell)
{
    const exact_number *x = &cell->amount;

    append_integer(text, period);
    append_integer(text, cell->active);
    append_integer(text, cell->stayed);
    append_integer(text, x->low);
    append_integer(text, x->n);
    for (int i = 0; i < x->n; i++)
        append_integer(text, x->negative ? -(int64)x->digit[i] : (int64)x->digit[i]);
}

/* Cells of a row that are not empty. */
static int32
count_cells(const cohort_table *t, const int64_t *row, int32 age)
{
    cohort_cell cell;
    int32 n = 0;

    for (int32 period = 0; period <= age; period++) {
        read_cell(t, row, period, &cell);
        n += !is_empty(&cell);
    }
    return n;
}

static int32
count_cohorts(const cohort_table *t)
{
    int32 n = 0;

    for (int32 age = 0; age < (int32)t->nages; age++)
        n += cohort_table_row(t, age) != NULL;
    return n;
}

PG_FUNCTION_INFO_V1(clm_cohorts_out);
Datum
clm_cohorts_out(PG_FUNCTION_ARGS)
{
    const cohort_table *t = state_table(datum_get_cohorts_state(PG_GETARG_DATUM(0)));
    StringInfoData text;
    cohort_cell cell;

    initStringInfo(&text);
    appendStringInfo(&text, "%d %s %d %d", COHORTS_STATE_FORMAT, calendar_names[t->unit], t->as_of,
                     count_cohorts(t));
    for (int32 age = (int32)t->nages - 1; age >= 0; age--) {
        const int64_t *row = cohort_table_row(t, age);

        CHECK_FOR_INTERRUPTS();
        if (row == NULL)
            continue;
        append_integer(&text, age);
        append_integer(&text, count_cells(t, row, age));
        for (int32 period = 0; period <= age; period++) {
            read_cell(t, row, period, &cell);
            if (!is_empty(&cell))
                append_cell(&text, period, &cell);
        }
    }
    PG_RETURN_CSTRING(text.data);
}

/* ---- binary ---- */

static void
require(bool valid, const char *type, const char *why)
{
    if (!valid)
        reject_binary(type, why);
}

static void
receive_amount(StringInfo message, const char *type, exact_number *x)
{
    int sign = pq_getmsgbyte(message);

    *x = (exact_number){.negative = sign == 1};
    x->low = pq_getmsgbyte(message);
    x->n = pq_getmsgbyte(message);
    require(sign <= 1 && places_are_valid(x->low, x->n), type, bad_digits);
    for (int i = 0; i < x->n; i++)
        x->digit[i] = pq_getmsgint(message, 4);
}

static CohortsState *
receive_cells(StringInfo message, const char *type, CohortsState *state, cohort_reader *cohort)
{
    uint32 ncells = pq_getmsgint(message, 4);
    cohort_cell cell;

    require(ncells > 0, type, bad_cell);
    for (uint32 i = 0; i < ncells; i++) {
        int32 period = (int32)pq_getmsgint(message, 4);

        CHECK_FOR_INTERRUPTS();
        cell.active = pq_getmsgint64(message);
        cell.stayed = pq_getmsgint64(message);
        receive_amount(message, type, &cell.amount);
        require(accept_cell(cohort, period, &cell), type, bad_cell);
        state = add_cell(state, (int32)cohort->age, period, &cell);
    }
    return state;
}

static CohortsState *
receive_state(StringInfo message, const char *type)
{
    cohort_reader cohort;
    CohortsState *state;
    int unit;
    int32 as_of;
    uint32 ncohorts;

    require(pq_getmsgbyte(message) == COHORTS_STATE_FORMAT, type, unknown_version);
    unit = pq_getmsgbyte(message);
    require(unit < CALENDAR_UNITS, type, unknown_calendar);
    as_of = (int32)pq_getmsgint(message, 4);
    require(is_day(as_of), type, bad_as_of);
    ncohorts = pq_getmsgint(message, 4);
    state = make_cohorts_state((calendar_unit)unit, as_of);
    cohort = before_cohorts(state);
    for (uint32 i = 0; i < ncohorts; i++) {
        require(begin_cohort(&cohort, (int32)pq_getmsgint(message, 4)), type, bad_cohort);
        state = receive_cells(message, type, state, &cohort);
    }
    return state;
}

PG_FUNCTION_INFO_V1(clm_cohorts_recv);
Datum
clm_cohorts_recv(PG_FUNCTION_ARGS)
{
    PG_RETURN_POINTER(finish_cohorts(receive_state((StringInfo)PG_GETARG_POINTER(0), "cohorts")));
}

PG_FUNCTION_INFO_V1(clm_cohorts_state_recv);
Datum
clm_cohorts_state_recv(PG_FUNCTION_ARGS)
{
    PG_RETURN_POINTER(receive_state((StringInfo)PG_GETARG_POINTER(0), "cohorts_state"));
}

static void
send_cell(StringInfo message, int32 period, const cohort_cell *cell)
{
    const exact_number *x = &cell->amount;

    pq_sendint32(message, (uint32)period);
    pq_sendint64(message, (uint64)cell->active);
    pq_sendint64(message, (uint64)cell->stayed);
    pq_sendint8(message, x->negative);
    pq_sendint8(message, (uint8)x->low);
    pq_sendint8(message, (uint8)x->n);
    for (int i = 0; i < x->n; i++)
        pq_sendint32(message, x->digit[i]);
}

PG_FUNCTION_INFO_V1(clm_cohorts_send);
Datum
clm_cohorts_send(PG_FUNCTION_ARGS)
{
    const cohort_table *t = state_table(datum_get_cohorts_state(PG_GETARG_DATUM(0)));
    StringInfoData message;
    cohort_cell cell;

    pq_begintypsend(&message);
    pq_sendint8(&message, COHORTS_STATE_FORMAT);
    pq_sendint8(&message, t->unit);
    pq_sendint32(&message, (uint32)t->as_of);
    pq_sendint32(&message, (uint32)count_cohorts(t));
    for (int32 age = (int32)t->nages - 1; age >= 0; age--) {
        const int64_t *row = cohort_table_row(t, age);

        CHECK_FOR_INTERRUPTS();
        if (row == NULL)
            continue;
        pq_sendint32(&message, (uint32)age);
        pq_sendint32(&message, (uint32)count_cells(t, row, age));
        for (int32 period = 0; period <= age; period++) {
            read_cell(t, row, period, &cell);
            if (!is_empty(&cell))
                send_cell(&message, period, &cell);
        }
    }
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
