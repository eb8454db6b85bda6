/*
 * Counts and exact sums as the state of an aggregate.
 *
 * A state is rewritten, with its chunks as digits again, where a number falls outside its window or where carries
 * have been waiting for EXACT_MAX_ADDITIONS additions. Text and binary form are those of the digits in the smallest
 * window, so that equal sums print and travel alike however they came about. The text is tokens separated by
 * spaces, a digit in base 2^32 with the sign of its sum:
 *     version constant ... count ... [least largest] low width {digit ...} ...
 */
#include "sum_state.h"

#include <math.h>

#include "common/int.h"
#include "libpq/pqformat.h"

#include "state_text.h"

#define SUM_STATE_FORMAT 1 /* of the flat, the text and the binary form */
#define SUM_STATE_SIZE(layout, width)                                                                        \
    (offsetof(SumState, data) + (plain_numbers(layout) + (layout)->nsums * (Size)(width)) * sizeof(int64))

/* ---- parts ---- */

/* Numbers before the chunks. */
static Size
plain_numbers(const sum_layout *layout)
{
    return layout->ncounts + layout->nconstants + (layout->has_range ? 2 : 0);
}

SumState *
datum_get_sum_state(Datum datum, const sum_layout *layout)
{
    SumState *state = (SumState *)PG_DETOAST_DATUM(datum);

    if (VARSIZE(state) < offsetof(SumState, data) || state->format != SUM_STATE_FORMAT ||
        state->low + state->width > EXACT_PLACES || state->additions > EXACT_MAX_ADDITIONS ||
        VARSIZE(state) != SUM_STATE_SIZE(layout, state->width))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored %s", layout->type)));
    return state;
}

static SumState *
make_sum_state(const sum_layout *layout, const float8 *constants, exact_window window)
{
    SumState *state = palloc0(SUM_STATE_SIZE(layout, window.width));

    SET_VARSIZE(state, SUM_STATE_SIZE(layout, window.width));
    state->format = SUM_STATE_FORMAT;
    state->low = window.low;
    state->width = window.width;
    if (layout->nconstants > 0)
        memcpy(sum_state_constants(state, layout), constants, layout->nconstants * sizeof(float8));
    return state;
}

static exact_window
window_of(const SumState *state)
{
    return (exact_window){state->low, state->width};
}

static Size
first_chunk(const SumState *state, const sum_layout *layout, int i)
{
    return plain_numbers(layout) + i * (Size)state->width;
}

void
sum_state_widen(SumState *state, const sum_layout *layout, float8 least, float8 largest)
{
    float8 *range = sum_state_range(state, layout);

    if (state->data[0] == 0 || least < range[0])
        range[0] = least;
    if (state->data[0] == 0 || largest > range[1])
        range[1] = largest;
}

void
sum_state_count(SumState *state, int i, int64 more)
{
    if (pg_add_s64_overflow(state->data[i], more, &state->data[i]))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("too many rows to count")));
}

void
sum_state_add(SumState *state, const sum_layout *layout, int i, const exact_number *x)
{
    exact_window window = window_of(state);

    exact_add(state->data + first_chunk(state, layout, i), &window, x);
}

void
sum_state_read(const SumState *state, const sum_layout *layout, int i, exact_number *x)
{
    exact_window window = window_of(state);

    check_status(exact_read(state->data + first_chunk(state, layout, i), &window, x), "a sum");
}

/* The same counts and sums, the chunks as digits, in a window as wide as they take that includes the given one. */
static SumState *
rewrite_sum_state(const SumState *state, const sum_layout *layout, exact_window window)
{
    SumState *written;
    exact_number x;

    for (int i = 0; i < layout->nsums; i++) {
        sum_state_read(state, layout, i, &x);
        exact_window_include(&window, &x);
    }
    written = make_sum_state(layout, sum_state_constants(state, layout), window);
    memcpy(written->data, state->data, plain_numbers(layout) * sizeof(int64));
    for (int i = 0; i < layout->nsums; i++) {
        sum_state_read(state, layout, i, &x);
        sum_state_add(written, layout, i, &x);
    }
    written->additions = 1;
    return written;
}

/* ---- transitions ---- */

static void
check_same_constants(const sum_layout *layout, const float8 *a, const float8 *b)
{
    for (int i = 0; i < layout->nconstants; i++) {
        if (a[i] == b[i])
            continue;
        /* Of several constants some are places in lists and days. */
        if (layout->nconstants == 1)
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("%s must be the same for all rows of an aggregate %s, not %g and %g",
                                   layout->constants[i], layout->aggregate, a[i], b[i])));
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be the same for all rows of an aggregate %s", layout->constants[i],
                               layout->aggregate)));
    }
}

SumState *
get_writable_sum_state(FunctionCallInfo fcinfo, const sum_layout *layout, const float8 *constants,
                       exact_window needed)
{
    SumState *state;
    exact_window window;

    if (PG_ARGISNULL(0))
        state = make_sum_state(layout, constants, needed);
    else {
        state = datum_get_sum_state(PG_GETARG_DATUM(0), layout);
        check_same_constants(layout, sum_state_constants(state, layout), constants);
        window = window_of(state);
        if (!AggCheckCallContext(fcinfo, NULL) || state->additions == EXACT_MAX_ADDITIONS ||
            !exact_window_covers(&window, &needed)) {
            exact_window_join(&window, &needed);
            state = rewrite_sum_state(state, layout, window);
        }
    }
    state->additions++;
    return state;
}

Datum
sum_state_combine(FunctionCallInfo fcinfo, const sum_layout *layout)
{
    SumState *state, *other;
    exact_window needed = {0, 0};
    exact_number x;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    other = datum_get_sum_state(PG_GETARG_DATUM(1), layout);
    for (int i = 0; i < layout->nsums; i++) {
        sum_state_read(other, layout, i, &x);
        exact_window_include(&needed, &x);
    }
    state = get_writable_sum_state(fcinfo, layout, sum_state_constants(other, layout), needed);
    if (layout->has_range && other->data[0] > 0)
        sum_state_widen(state, layout, sum_state_range(other, layout)[0], sum_state_range(other, layout)[1]);
    for (int i = 0; i < layout->ncounts; i++)
        sum_state_count(state, i, other->data[i]);
    for (int i = 0; i < layout->nsums; i++) {
        sum_state_read(other, layout, i, &x);
        sum_state_add(state, layout, i, &x);
    }
    PG_RETURN_POINTER(state);
}

/* ---- checks of what comes from outside ---- */

static bool
window_is_valid(int64 low, int64 width)
{
    return low >= 0 && width >= 0 && width <= EXACT_PLACES && low <= EXACT_PLACES - width;
}

/* Why a state that was read is wrong, or NULL. */
static const char *
check_read_state(const SumState *state, const sum_layout *layout)
{
    for (int i = 0; i < layout->ncounts; i++) {
        if (state->data[i] < 0)
            return "A count is negative.";
    }
    for (Size i = 0; i < plain_numbers(layout) - layout->ncounts; i++) {
        if (!isfinite(sum_state_constants(state, layout)[i]))
            return "A finite number is expected.";
    }
    if (layout->has_range && !(sum_state_range(state, layout)[0] <= sum_state_range(state, layout)[1]))
        return "The least number is not the least.";
    for (int i = 0; i < layout->nsums * state->width; i++) {
        int64 digit = state->data[plain_numbers(layout) + i];

        if (digit <= -INT64CONST(0x100000000) || digit >= INT64CONST(0x100000000))
            return "A digit is out of range.";
    }
    if (layout->valid != NULL && !layout->valid(state))
        return "The numbers do not go together.";
    return NULL;
}

/* ---- text ---- */

static SumState *
read_state(state_reader *reader, const sum_layout *layout)
{
    float8 constants[SUM_MAX_CONSTANTS], *range;
    SumState *state, *whole;
    int64 low, width;

    if (read_integer(reader) != SUM_STATE_FORMAT)
        reader->error = "The version is not known to this version of clm.";
    for (int i = 0; i < layout->nconstants; i++)
        constants[i] = read_double(reader);
    state = make_sum_state(layout, constants, (exact_window){0, 0});
    for (int i = 0; i < layout->ncounts; i++)
        state->data[i] = read_integer(reader);
    range = sum_state_range(state, layout);
    for (int i = 0; i < 2 && layout->has_range; i++)
        range[i] = read_double(reader);
    low = read_integer(reader);
    width = read_integer(reader);
    if (reader->error == NULL && !window_is_valid(low, width))
        reader->error = "The places are out of range.";
    if (reader->error != NULL)
        return NULL;
    whole = make_sum_state(layout, constants, (exact_window){(int)low, (int)width});
    memcpy(whole->data, state->data, plain_numbers(layout) * sizeof(int64));
    for (int i = 0; i < layout->nsums * width; i++)
        whole->data[plain_numbers(layout) + i] = read_integer(reader);
    whole->additions = 1;
    read_end(reader);
    if (reader->error == NULL)
        reader->error = check_read_state(whole, layout);
    return whole;
}

Datum
sum_state_in(FunctionCallInfo fcinfo, const sum_layout *layout)
{
    state_reader reader = {pstrdup(PG_GETARG_CSTRING(0)), NULL};
    SumState *state = read_state(&reader, layout);

    if (reader.error != NULL)
        ereturn(CLM_ESCONTEXT(fcinfo), (Datum)0,
                (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                 errmsg("invalid input syntax for type clm.%s", layout->type),
                 errdetail("%s", reader.error)));
    PG_RETURN_POINTER(state);
}

/* The state in its canonical form: digits in the smallest window. */
static SumState *
canonical_state(FunctionCallInfo fcinfo, const sum_layout *layout)
{
    return rewrite_sum_state(datum_get_sum_state(PG_GETARG_DATUM(0), layout), layout, (exact_window){0, 0});
}

Datum
sum_state_out(FunctionCallInfo fcinfo, const sum_layout *layout)
{
    SumState *state = canonical_state(fcinfo, layout);
    StringInfoData text;

    initStringInfo(&text);
    appendStringInfo(&text, "%d", SUM_STATE_FORMAT);
    for (int i = 0; i < layout->nconstants; i++)
        append_double(&text, sum_state_constants(state, layout)[i]);
    for (int i = 0; i < layout->ncounts; i++)
        append_integer(&text, state->data[i]);
    for (int i = 0; i < 2 && layout->has_range; i++)
        append_double(&text, sum_state_range(state, layout)[i]);
    appendStringInfo(&text, " %d %d", state->low, state->width);
    for (int i = 0; i < layout->nsums * state->width; i++)
        append_integer(&text, state->data[plain_numbers(layout) + i]);
    PG_RETURN_CSTRING(text.data);
}

/* ---- binary ---- */

Datum
sum_state_recv(FunctionCallInfo fcinfo, const sum_layout *layout)
{
    StringInfo message = (StringInfo)PG_GETARG_POINTER(0);
    float8 constants[SUM_MAX_CONSTANTS], *range;
    SumState *state;
    exact_window window;

    if (pq_getmsgbyte(message) != SUM_STATE_FORMAT)
        reject_binary(layout->type, "The version is not known to this version of clm.");
    window.low = pq_getmsgbyte(message);
    window.width = pq_getmsgbyte(message);
    if (!window_is_valid(window.low, window.width))
        reject_binary(layout->type, "The places are out of range.");
    for (int i = 0; i < layout->nconstants; i++)
        constants[i] = pq_getmsgfloat8(message) + 0.0;
    state = make_sum_state(layout, constants, window);
    for (int i = 0; i < layout->ncounts; i++)
        state->data[i] = pq_getmsgint64(message);
    range = sum_state_range(state, layout);
    for (int i = 0; i < 2 && layout->has_range; i++)
        range[i] = pq_getmsgfloat8(message) + 0.0;
    for (int i = 0; i < layout->nsums * window.width; i++)
        state->data[plain_numbers(layout) + i] = pq_getmsgint64(message);
    state->additions = 1;
    pq_getmsgend(message);
    reject_binary(layout->type, check_read_state(state, layout));
    PG_RETURN_POINTER(state);
}

Datum
sum_state_send(FunctionCallInfo fcinfo, const sum_layout *layout)
{
    SumState *state = canonical_state(fcinfo, layout);
    StringInfoData message;

    pq_begintypsend(&message);
    pq_sendint8(&message, SUM_STATE_FORMAT);
    pq_sendint8(&message, state->low);
    pq_sendint8(&message, state->width);
    for (int i = 0; i < layout->nconstants; i++)
        pq_sendfloat8(&message, sum_state_constants(state, layout)[i]);
    for (int i = 0; i < layout->ncounts; i++)
        pq_sendint64(&message, state->data[i]);
    for (int i = 0; i < 2 && layout->has_range; i++)
        pq_sendfloat8(&message, sum_state_range(state, layout)[i]);
    for (int i = 0; i < layout->nsums * state->width; i++)
        pq_sendint64(&message, state->data[plain_numbers(layout) + i]);
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
