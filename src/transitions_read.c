/*
 * What can be read off a clm.transitions: its entries as rows, the value of a customer by state, and the
 * customers of each state in the periods to come.
 */
#include "transitions.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core/markov.h"

/* Most steps of a forecast. */
#define FORECAST_MAX_STEPS 10000

/* Most names in a hint. */
#define NAMES_SHOWN 20

static Datum
name_datum(const state_name *name)
{
    return PointerGetDatum(cstring_to_text_with_len(name->bytes, (int)name->length));
}

/* ---- entries ---- */

PG_FUNCTION_INFO_V1(clm_transitions_entries);
Datum
clm_transitions_entries(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    move_list list;
    double *shares;

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    list = datum_get_moves(PG_GETARG_DATUM(0));
    shares = palloc(list.n * sizeof(double));
    markov_shares(list.moves, list.n, shares);
    for (size_t i = 0; i < list.n; i++) {
        Datum values[4] = {name_datum(&list.moves[i].from), name_datum(&list.moves[i].to),
                           Int64GetDatum(list.moves[i].count), Float8GetDatum(shares[i])};
        bool nulls[4] = {false, false, false, false};

        CHECK_FOR_INTERRUPTS();
        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
        pfree(DatumGetPointer(values[0]));
        pfree(DatumGetPointer(values[1]));
    }
    return (Datum)0;
}

/* ---- arguments of clv and forecast ---- */

/* The states that the caller names, in the caller's order, with a number for each, and their chain. */
typedef struct named_chain {
    state_name *states;
    double *numbers; /* rewards or mix */
    markov_chain chain;
} named_chain;

static void
append_quoted(StringInfo text, const state_name *name)
{
    appendStringInfo(text, "%s\"%.*s\"", text->len > 0 ? ", " : "", (int)name->length, name->bytes);
}

/* A sentence that lists the states of the data. */
static const char *
known_states(const move_list *list)
{
    const state_name **names = palloc(2 * list->n * sizeof(*names));
    const state_name **scratch = palloc(2 * list->n * sizeof(*scratch));
    size_t n;
    StringInfoData text;

    check_status(distinct_state_names(list->moves, list->n, names, scratch, &n, &backend_stop),
                 "sorting states");
    if (n == 0)
        return "There are no moves in the data.";
    initStringInfo(&text);
    for (size_t i = 0; i < Min(n, NAMES_SHOWN); i++)
        append_quoted(&text, names[i]);
    return psprintf("The states of the data are %s%s.", text.data,
                    n > NAMES_SHOWN ? psprintf(" and %zu more", n - NAMES_SHOWN) : "");
}

/* The n elements of an array of one dimension. */
static Datum *
get_elements(FunctionCallInfo fcinfo, int argno, const char *name, Oid type, bool **nulls, int *n)
{
    ArrayType *array = PG_GETARG_ARRAYTYPE_P(argno);
    Datum *elements;

    if (ARR_NDIM(array) > 1)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("%s must be an array of one dimension, not of %d", name, ARR_NDIM(array))));
    if (type == TEXTOID)
        deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, nulls, n);
    else
        deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements,
                          nulls, n);
    return elements;
}

static void
get_states(FunctionCallInfo fcinfo, int argno, named_chain *c)
{
    bool *nulls;
    int n;
    Datum *elements = get_elements(fcinfo, argno, "states", TEXTOID, &nulls, &n);

    if (n > MARKOV_MAX_STATES)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("there must be at most %d states, not %d", MARKOV_MAX_STATES, n)));
    c->chain.n = n;
    c->states = palloc(n * sizeof(state_name));
    for (int i = 0; i < n; i++) {
        text *element;

        if (nulls[i])
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("states must not contain a null"),
                            errdetail("Element %d is null.", i + 1)));
        element = DatumGetTextPP(elements[i]);
        c->states[i] = (state_name){VARDATA_ANY(element), VARSIZE_ANY_EXHDR(element)};
    }
}

/* One finite number a state, from an array of that name; one of its elements is an `element`. */
static void
get_numbers(FunctionCallInfo fcinfo, int argno, const char *name, const char *element, named_chain *c)
{
    bool *nulls;
    int n;
    Datum *elements = get_elements(fcinfo, argno, name, FLOAT8OID, &nulls, &n);

    if ((size_t)n != c->chain.n)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("states and %s must have the same length", name),
                        errdetail("states has %zu elements, %s has %d.", c->chain.n, name, n)));
    c->numbers = palloc(n * sizeof(double));
    for (int i = 0; i < n; i++) {
        const state_name *state = &c->states[i];

        if (nulls[i])
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                            errmsg("the %s of state \"%.*s\" must not be null", element, (int)state->length,
                                   state->bytes)));
        c->numbers[i] = DatumGetFloat8(elements[i]) + 0.0; /* -0 becomes 0 */
        if (!isfinite(c->numbers[i]))
            ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                            errmsg("the %s of state \"%.*s\" must be a finite number, not %g", element,
                                   (int)state->length, state->bytes, c->numbers[i])));
    }
}

/* References to the states of the caller, sorted; none may come twice. */
static const state_name **
sort_states(const named_chain *c, const move_list *list)
{
    size_t n = c->chain.n;
    const state_name **sorted = palloc(n * sizeof(*sorted)), **scratch = palloc(n * sizeof(*scratch));

    for (size_t i = 0; i < n; i++)
        sorted[i] = &c->states[i];
    check_status(sort_state_names(sorted, n, scratch, &backend_stop), "sorting states");
    for (size_t i = 1; i < n; i++) {
        if (state_name_compare(sorted[i - 1], sorted[i]) == 0)
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("states lists \"%.*s\" twice", (int)sorted[i]->length, sorted[i]->bytes),
                            errhint("%s", known_states(list))));
    }
    return sorted;
}

/* The number of a state of the data in the caller's list. */
static size_t
state_number(const named_chain *c, const state_name **sorted, const state_name *name, const move_list *list)
{
    const state_name *state = find_state_name(sorted, c->chain.n, name);

    if (state == NULL)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("states does not list \"%.*s\", a state of the data", (int)name->length, name->bytes),
                 errhint("%s", known_states(list))));
    return (size_t)(state - c->states);
}

static void
check_all_seen(const named_chain *c, const bool *seen, const move_list *list)
{
    for (size_t i = 0; i < c->chain.n; i++) {
        if (!seen[i])
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("states lists \"%.*s\", which is no state of the data",
                                   (int)c->states[i].length, c->states[i].bytes),
                            errhint("%s", known_states(list))));
    }
}

/* Joins the moves of the data to the states of the caller. */
static void
estimate_chain(const move_list *list, named_chain *c)
{
    size_t n = c->chain.n;
    size_t *from = palloc(list->n * sizeof(size_t)), *to = palloc(list->n * sizeof(size_t));
    const state_name **sorted = sort_states(c, list);
    bool *seen = palloc0(n * sizeof(bool));
    double *shares = palloc(list->n * sizeof(double));

    for (size_t k = 0; k < list->n; k++) {
        from[k] = state_number(c, sorted, &list->moves[k].from, list);
        to[k] = state_number(c, sorted, &list->moves[k].to, list);
        seen[from[k]] = seen[to[k]] = true;
    }
    check_all_seen(c, seen, list);
    c->chain.p = palloc(n * n * sizeof(double));
    c->chain.absorbing = palloc(n * sizeof(bool));
    markov_shares(list->moves, list->n, shares);
    markov_estimate(list->moves, from, to, list->n, shares, &c->chain);
}

/* Transitions, states and numbers from the first three arguments. */
static void
get_named_chain(FunctionCallInfo fcinfo, const char *name, const char *element, named_chain *c)
{
    move_list list = datum_get_moves(PG_GETARG_DATUM(0));

    get_states(fcinfo, 1, c);
    get_numbers(fcinfo, 2, name, element, c);
    estimate_chain(&list, c);
}

/* ---- clv ---- */

/* A state without moves out of it may be final, or its moves may be missing from the data. */
static void
warn_of_absorbing(const named_chain *c)
{
    StringInfoData states, ignored;

    initStringInfo(&states);
    initStringInfo(&ignored);
    for (size_t i = 0; i < c->chain.n; i++) {
        if (!c->chain.absorbing[i])
            continue;
        append_quoted(&states, &c->states[i]);
        if (c->numbers[i] != 0)
            append_quoted(&ignored, &c->states[i]);
    }
    if (states.len > 0)
        ereport(WARNING,
                (errcode(ERRCODE_WARNING), errmsg("nobody leaves these states in the data: %s", states.data),
                 ignored.len == 0
                     ? errdetail("They count as final, with a reward of 0.")
                     : errdetail("They count as final, with a reward of 0; the rewards given for "
                                 "these are ignored: %s.",
                                 ignored.data),
                 errhint("A state in which customers stay needs rows that lead from it to itself.")));
}

static void
compute_clv(FunctionCallInfo fcinfo, const named_chain *c, double *value)
{
    float8 discount = get_finite_float8(fcinfo, 3, "discount");

    if (PG_ARGISNULL(4)) {
        if (discount <= 0)
            ereport(ERROR,
                    (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                     errmsg("discount must be greater than 0 where no periods are given, not %g", discount),
                     errhint("Give periods or a discount above 0.")));
        check_status(markov_clv(&c->chain, c->numbers, discount, value), "clv");
        return;
    }
    if (discount <= -1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("discount must be greater than -1, not %g", discount)));
    if (PG_GETARG_INT32(4) < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("periods must be at least 0, not %d", PG_GETARG_INT32(4))));
    check_status(markov_clv_until(&c->chain, c->numbers, discount, PG_GETARG_INT32(4), value, &backend_stop),
                 "clv");
}

/* clv(transitions, states, rewards, discount, periods); a NULL but of periods gives no rows. */
PG_FUNCTION_INFO_V1(clm_clv_transitions);
Datum
clm_clv_transitions(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    named_chain c;
    double *value;

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    for (int i = 0; i < 4; i++) {
        if (PG_ARGISNULL(i))
            return (Datum)0;
    }
    get_named_chain(fcinfo, "rewards", "reward", &c);
    value = palloc(c.chain.n * sizeof(double));
    compute_clv(fcinfo, &c, value);
    warn_of_absorbing(&c);
    for (size_t i = 0; i < c.chain.n; i++) {
        Datum values[2] = {name_datum(&c.states[i]), Float8GetDatum(value[i])};
        bool nulls[2] = {false, false};

        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
    return (Datum)0;
}

/* ---- forecast ---- */

static void
put_step(ReturnSetInfo *rsinfo, const named_chain *c, int32 step, const Datum *names, const double *mix)
{
    for (size_t i = 0; i < c->chain.n; i++) {
        Datum values[3] = {Int32GetDatum(step), names[i], Float8GetDatum(mix[i])};
        bool nulls[3] = {false, false, false};

        CHECK_FOR_INTERRUPTS();
        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
}

static int32
get_steps(FunctionCallInfo fcinfo, int argno)
{
    int32 steps = PG_GETARG_INT32(argno);

    if (steps < 0 || steps > FORECAST_MAX_STEPS)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("steps must lie between 0 and %d, not at %d", FORECAST_MAX_STEPS, steps)));
    return steps;
}

static void
check_mix(const named_chain *c)
{
    for (size_t i = 0; i < c->chain.n; i++) {
        if (c->numbers[i] < 0)
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("the mix of state \"%.*s\" must be at least 0, not %g",
                                   (int)c->states[i].length, c->states[i].bytes, c->numbers[i])));
    }
}

/* forecast(transitions, states, mix, steps) */
PG_FUNCTION_INFO_V1(clm_transitions_forecast);
Datum
clm_transitions_forecast(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    int32 steps = get_steps(fcinfo, 3);
    named_chain c;
    double *mix, *next;
    Datum *names;

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    get_named_chain(fcinfo, "mix", "mix", &c);
    check_mix(&c);
    names = palloc(c.chain.n * sizeof(Datum));
    for (size_t i = 0; i < c.chain.n; i++)
        names[i] = name_datum(&c.states[i]);
    mix = c.numbers;
    next = palloc(c.chain.n * sizeof(double));
    for (int32 step = 0; step <= steps; step++) {
        double *moved = next;

        put_step(rsinfo, &c, step, names, mix);
        if (step == steps)
            break;
        check_status(markov_step(&c.chain, mix, next), "a forecast");
        next = mix;
        mix = moved;
    }
    return (Datum)0;
}
