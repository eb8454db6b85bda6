/*
 * What builds a clm.transitions: the aggregates transitions(from_state, to_state) from rows and
 * rollup(transitions) from parts; merge, which does the same without an aggregate.
 *
 * The state is a flat hash table of distinct moves that grows by doubling, so a row costs one look-up and
 * counting has no order: the final function sorts what is there. Growing allocates in the current context and
 * returns the new block: the executor then copies it to where it keeps states and frees the old one.
 */
#include "transitions.h"

#include "access/htup_details.h"
#include "catalog/pg_enum.h"
#include "miscadmin.h"
#include "utils/syscache.h"

/* The first argument as a state that may be written to; a new one where it is NULL. */
static TransitionsState *
get_writable_state(FunctionCallInfo fcinfo)
{
    TransitionsState *state;

    if (PG_ARGISNULL(0))
        return make_transitions_state(TRANSITIONS_STATE_FIRST_SIZE);
    state = datum_get_transitions_state(PG_GETARG_DATUM(0));
    if (!AggCheckCallContext(fcinfo, NULL))
        return copy_transitions_state(state, VARSIZE(state));
    return state;
}

static state_name
get_state_name(FunctionCallInfo fcinfo, int argno)
{
    text *argument = PG_GETARG_TEXT_PP(argno);
    state_name name = {VARDATA_ANY(argument), VARSIZE_ANY_EXHDR(argument)};

    (void)check_state_name(&name, NULL);
    return name;
}

static TransitionsState *
add_moves(TransitionsState *state, const move_list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        CHECK_FOR_INTERRUPTS();
        state = add_move(state, &list->moves[i], NULL);
    }
    return state;
}

static Datum
finish_state(const TransitionsState *state)
{
    move_list list = state_moves(state);

    PG_RETURN_POINTER(make_transitions(&list));
}

/* The label of a clm.stage. */
static state_name
get_stage_name(FunctionCallInfo fcinfo, int argno)
{
    HeapTuple label = SearchSysCache1(ENUMOID, ObjectIdGetDatum(PG_GETARG_OID(argno)));
    char *bytes;

    if (!HeapTupleIsValid(label))
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                        errmsg("invalid internal value for enum: %u", PG_GETARG_OID(argno))));
    bytes = pstrdup(NameStr(((Form_pg_enum)GETSTRUCT(label))->enumlabel));
    ReleaseSysCache(label);
    return (state_name){bytes, strlen(bytes)};
}

/* transitions(from_state, to_state): the kinds of states differ in how they are named. */
static Datum
count_move(FunctionCallInfo fcinfo, state_name (*get_name)(FunctionCallInfo fcinfo, int argno))
{
    move_count move = {.count = 1};

    if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
        return unchanged_state(fcinfo);
    move.from = get_name(fcinfo, 1);
    move.to = get_name(fcinfo, 2);
    PG_RETURN_POINTER(add_move(get_writable_state(fcinfo), &move, NULL));
}

PG_FUNCTION_INFO_V1(clm_transitions_transition);
Datum
clm_transitions_transition(PG_FUNCTION_ARGS)
{
    return count_move(fcinfo, get_state_name);
}

PG_FUNCTION_INFO_V1(clm_transitions_stage_transition);
Datum
clm_transitions_stage_transition(PG_FUNCTION_ARGS)
{
    return count_move(fcinfo, get_stage_name);
}

/* rollup(transitions) */
PG_FUNCTION_INFO_V1(clm_transitions_rollup_transition);
Datum
clm_transitions_rollup_transition(PG_FUNCTION_ARGS)
{
    move_list list;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    list = datum_get_moves(PG_GETARG_DATUM(1));
    PG_RETURN_POINTER(add_moves(get_writable_state(fcinfo), &list));
}

PG_FUNCTION_INFO_V1(clm_transitions_combine);
Datum
clm_transitions_combine(PG_FUNCTION_ARGS)
{
    const transition_counter *other;
    TransitionsState *state;
    move_count move;
    size_t at = 0;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    other = state_counter(datum_get_transitions_state(PG_GETARG_DATUM(1)));
    state = get_writable_state(fcinfo);
    while (transition_counter_next(other, &at, &move)) {
        CHECK_FOR_INTERRUPTS();
        state = add_move(state, &move, NULL);
    }
    PG_RETURN_POINTER(state);
}

/* Leaves the state as it is, so that it also serves as a window function. */
PG_FUNCTION_INFO_V1(clm_transitions_final);
Datum
clm_transitions_final(PG_FUNCTION_ARGS)
{
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    return finish_state(datum_get_transitions_state(PG_GETARG_DATUM(0)));
}

PG_FUNCTION_INFO_V1(clm_transitions_merge);
Datum
clm_transitions_merge(PG_FUNCTION_ARGS)
{
    move_list a = datum_get_moves(PG_GETARG_DATUM(0)), b = datum_get_moves(PG_GETARG_DATUM(1));
    TransitionsState *state = make_transitions_state(TRANSITIONS_STATE_FIRST_SIZE);

    return finish_state(add_moves(add_moves(state, &a), &b));
}
