/*
 * The type clm.customer_model_state as text and in binary.
 *
 * The text is tokens separated by spaces, with days counted from 2000-01-01, -2147483648 where there is none, and
 * family auto for the best of all:
 *     version family period as_of prior since holdout
 *     n {x t_x t weight} n {n m weight} n {x t_x t weight}, then for each table of gaps n {days count}
 */
#include "fit_state.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "miscadmin.h"

#include "model.h"
#include "state_text.h"

#define FORMAT 2
#define TYPE "customer_model_state"

/* ---- checks of what comes from outside: each returns why it is wrong, or NULL ---- */

static const char *
add_checked_customers(FitState *state, bool calibration, customer_group group)
{
    if (!customer_summary_valid(&group.of) || group.weight < 1)
        return "A customer summary is outside its domain.";
    if (calibration)
        fit_state_add_calibration(state, &group);
    else
        fit_state_add_customers(state, &group);
    return NULL;
}

static const char *
add_checked_spend(FitState *state, spend_group group)
{
    if (group.n < 1 || !isfinite(group.m) || group.m <= 0 || group.weight < 1)
        return "A spend is outside its domain.";
    fit_state_add_spend(state, &group);
    return NULL;
}

static const char *
add_checked_gap(FitState *state, int table, int64 days, int64 count)
{
    if (days < 1 || days > FIT_MOST_GAP || count < 1)
        return "A time between purchases is outside its domain.";
    fit_state_add_gap(state, table, days, count);
    return NULL;
}

static const char *
make_checked_state(const char *family, fit_constants *constants, FitState **state)
{
    const char *why;

    constants->family = customer_family_by_name(family, strlen(family));
    if (constants->family == NULL && strcmp(family, AUTO_FAMILY) != 0)
        return "The family is not known to this version of clm.";
    why = wrong_fit_constants(constants);
    if (why == NULL)
        *state = make_fit_state(constants, CurrentMemoryContext);
    return why;
}

/* ---- text ---- */

static int32
read_int32(state_reader *reader)
{
    int64 value = read_integer(reader);

    if (reader->error == NULL && (value < PG_INT32_MIN || value > PG_INT32_MAX))
        reader->error = "A number is out of range.";
    return (int32)value;
}

static FitState *
read_constants(state_reader *reader)
{
    fit_constants constants;
    FitState *state = NULL;
    const char *family;

    if (read_integer(reader) != FORMAT && reader->error == NULL)
        reader->error = "The version is not known to this version of clm.";
    family = read_token(reader);
    constants.period = read_int32(reader);
    constants.as_of = read_int32(reader);
    constants.prior = read_double(reader);
    constants.since = read_int32(reader);
    constants.holdout = read_int32(reader);
    if (reader->error == NULL)
        reader->error = make_checked_state(family, &constants, &state);
    return state;
}

static void
read_customers(state_reader *reader, FitState *state, bool calibration)
{
    for (int64 n = read_count(reader); n > 0 && reader->error == NULL; n--) {
        customer_group group;

        CHECK_FOR_INTERRUPTS();
        group.of.x = read_integer(reader);
        group.of.t_x = read_double(reader);
        group.of.t = read_double(reader);
        group.weight = read_integer(reader);
        if (reader->error == NULL)
            reader->error = add_checked_customers(state, calibration, group);
    }
}

static void
read_spend(state_reader *reader, FitState *state)
{
    for (int64 n = read_count(reader); n > 0 && reader->error == NULL; n--) {
        spend_group group;

        CHECK_FOR_INTERRUPTS();
        group.n = read_integer(reader);
        group.m = read_double(reader);
        group.weight = read_integer(reader);
        if (reader->error == NULL)
            reader->error = add_checked_spend(state, group);
    }
}

static void
read_gaps(state_reader *reader, FitState *state, int table)
{
    for (int64 n = read_count(reader); n > 0 && reader->error == NULL; n--) {
        int64 days = read_integer(reader), count = read_integer(reader);

        CHECK_FOR_INTERRUPTS();
        if (reader->error == NULL)
            reader->error = add_checked_gap(state, table, days, count);
    }
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_in);
Datum
clm_customer_model_state_in(PG_FUNCTION_ARGS)
{
    state_reader reader = {pstrdup(PG_GETARG_CSTRING(0)), NULL};
    FitState *state = read_constants(&reader);

    read_customers(&reader, state, false);
    read_spend(&reader, state);
    read_customers(&reader, state, true);
    for (int i = 0; i < GAP_TABLES; i++)
        read_gaps(&reader, state, i);
    read_end(&reader);
    if (reader.error != NULL)
        ereturn(CLM_ESCONTEXT(fcinfo), (Datum)0,
                (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                 errmsg("invalid input syntax for type clm.%s", TYPE), errdetail("%s", reader.error)));
    return EOHPGetRWDatum(&state->header);
}

static void
append_customers(StringInfo text, const group_list *list)
{
    const customer_group *groups = list->items;

    append_integer(text, (int64)list->n);
    for (size_t i = 0; i < list->n; i++) {
        CHECK_FOR_INTERRUPTS();
        append_integer(text, groups[i].of.x);
        append_double(text, groups[i].of.t_x);
        append_double(text, groups[i].of.t);
        append_integer(text, groups[i].weight);
    }
}

static void
append_spend(StringInfo text, const group_list *list)
{
    const spend_group *groups = list->items;

    append_integer(text, (int64)list->n);
    for (size_t i = 0; i < list->n; i++) {
        CHECK_FOR_INTERRUPTS();
        append_integer(text, groups[i].n);
        append_double(text, groups[i].m);
        append_integer(text, groups[i].weight);
    }
}

/* Number of gaps of different length. */
static int64
distinct_gaps(const gap_table *gaps)
{
    int64 n = 0;

    for (size_t days = 0; days < gaps->n; days++)
        n += gaps->count[days] != 0;
    return n;
}

static void
append_gaps(StringInfo text, const gap_table *gaps)
{
    append_integer(text, distinct_gaps(gaps));
    for (size_t days = 0; days < gaps->n; days++) {
        if (gaps->count[days] == 0)
            continue;
        append_integer(text, (int64)days);
        append_integer(text, gaps->count[days]);
    }
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_out);
Datum
clm_customer_model_state_out(PG_FUNCTION_ARGS)
{
    FitState *state = datum_get_fit_state(PG_GETARG_DATUM(0), CurrentMemoryContext, false);
    const fit_constants *constants = &state->constants;
    StringInfoData text;

    fit_state_normalise(state);
    initStringInfo(&text);
    appendStringInfo(&text, "%d %s %d %d", FORMAT, fit_family_name(constants), constants->period,
                     constants->as_of);
    append_double(&text, constants->prior);
    append_integer(&text, constants->since);
    append_integer(&text, constants->holdout);
    append_customers(&text, &state->customers);
    append_spend(&text, &state->spend);
    append_customers(&text, &state->calibration);
    for (int i = 0; i < GAP_TABLES; i++)
        append_gaps(&text, &state->gaps[i]);
    PG_RETURN_CSTRING(text.data);
}

/* ---- binary ---- */

static void
receive_customers(StringInfo message, FitState *state, bool calibration)
{
    for (uint32 n = pq_getmsgint(message, 4); n > 0; n--) {
        customer_group group;

        CHECK_FOR_INTERRUPTS();
        group.of.x = pq_getmsgint64(message);
        group.of.t_x = pq_getmsgfloat8(message) + 0.0;
        group.of.t = pq_getmsgfloat8(message) + 0.0;
        group.weight = pq_getmsgint64(message);
        reject_binary(TYPE, add_checked_customers(state, calibration, group));
    }
}

static void
receive_spend(StringInfo message, FitState *state)
{
    for (uint32 n = pq_getmsgint(message, 4); n > 0; n--) {
        spend_group group;

        CHECK_FOR_INTERRUPTS();
        group.n = pq_getmsgint64(message);
        group.m = pq_getmsgfloat8(message);
        group.weight = pq_getmsgint64(message);
        reject_binary(TYPE, add_checked_spend(state, group));
    }
}

static void
receive_gaps(StringInfo message, FitState *state, int table)
{
    for (uint32 n = pq_getmsgint(message, 4); n > 0; n--) {
        int64 days = pq_getmsgint64(message), count = pq_getmsgint64(message);

        CHECK_FOR_INTERRUPTS();
        reject_binary(TYPE, add_checked_gap(state, table, days, count));
    }
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_recv);
Datum
clm_customer_model_state_recv(PG_FUNCTION_ARGS)
{
    StringInfo message = (StringInfo)PG_GETARG_POINTER(0);
    const char *family;
    fit_constants constants;
    FitState *state = NULL;

    if (pq_getmsgbyte(message) != FORMAT)
        reject_binary(TYPE, "The version is not known to this version of clm.");
    family = pq_getmsgstring(message);
    constants.period = (int32)pq_getmsgint(message, 4);
    constants.as_of = (int32)pq_getmsgint(message, 4);
    constants.prior = pq_getmsgfloat8(message) + 0.0;
    constants.since = (int32)pq_getmsgint(message, 4);
    constants.holdout = (int32)pq_getmsgint(message, 4);
    reject_binary(TYPE, make_checked_state(family, &constants, &state));
    receive_customers(message, state, false);
    receive_spend(message, state);
    receive_customers(message, state, true);
    for (int i = 0; i < GAP_TABLES; i++)
        receive_gaps(message, state, i);
    pq_getmsgend(message);
    return EOHPGetRWDatum(&state->header);
}

static void
send_customers(StringInfo message, const group_list *list)
{
    const customer_group *groups = list->items;

    pq_sendint32(message, (uint32)list->n);
    for (size_t i = 0; i < list->n; i++) {
        pq_sendint64(message, groups[i].of.x);
        pq_sendfloat8(message, groups[i].of.t_x);
        pq_sendfloat8(message, groups[i].of.t);
        pq_sendint64(message, groups[i].weight);
    }
}

static void
send_spend(StringInfo message, const group_list *list)
{
    const spend_group *groups = list->items;

    pq_sendint32(message, (uint32)list->n);
    for (size_t i = 0; i < list->n; i++) {
        pq_sendint64(message, groups[i].n);
        pq_sendfloat8(message, groups[i].m);
        pq_sendint64(message, groups[i].weight);
    }
}

static void
send_gaps(StringInfo message, const gap_table *gaps)
{
    pq_sendint32(message, (uint32)distinct_gaps(gaps));
    for (size_t days = 0; days < gaps->n; days++) {
        if (gaps->count[days] == 0)
            continue;
        pq_sendint64(message, (int64)days);
        pq_sendint64(message, gaps->count[days]);
    }
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_send);
Datum
clm_customer_model_state_send(PG_FUNCTION_ARGS)
{
    FitState *state = datum_get_fit_state(PG_GETARG_DATUM(0), CurrentMemoryContext, false);
    const fit_constants *constants = &state->constants;
    StringInfoData message;

    fit_state_normalise(state);
    pq_begintypsend(&message);
    pq_sendint8(&message, FORMAT);
    pq_sendstring(&message, fit_family_name(constants));
    pq_sendint32(&message, (uint32)constants->period);
    pq_sendint32(&message, (uint32)constants->as_of);
    pq_sendfloat8(&message, constants->prior);
    pq_sendint32(&message, (uint32)constants->since);
    pq_sendint32(&message, (uint32)constants->holdout);
    send_customers(&message, &state->customers);
    send_spend(&message, &state->spend);
    send_customers(&message, &state->calibration);
    for (int i = 0; i < GAP_TABLES; i++)
        send_gaps(&message, &state->gaps[i]);
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
