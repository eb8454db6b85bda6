/*
 * How Citus computes an aggregate: workers make partial states and print or send them, a coordinator reads and
 * combines them and finishes. Aggregates of this module do it to an aggregate that they are told by name, on one
 * server and by the same rules, of which these are the hard ones for an aggregate:
 *
 * - every call goes through an FmgrInfo that was looked up for this one row: fn_extra is empty, there is no fn_expr;
 * - the calling aggregate's context is passed on: AggCheckCallContext succeeds, AggGetAggref tells of another
 *   aggregate, and the current memory context is that of one row;
 * - several arguments come as a record, so that their varlena values may be short and unaligned;
 * - a state at a new address is copied, and the old one freed;
 * - a worker without rows, or with none that counts, ships NULL.
 *
 * A function of this module that is no aggregate calls transition and combine functions outside any aggregation,
 * where they must leave all their arguments as they were.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_aggregate.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/expandeddatum.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

PG_MODULE_MAGIC;

/* A state on its way through the rows of one phase. */
typedef struct phase {
    FormData_pg_aggregate aggregate;
    Oid input, receive, io_param;
    int16 length;
    bool by_value;
    NullableDatum state;
    bool started; /* has a strict function got its first state? */
} phase;

static MemoryContext
aggregate_context(FunctionCallInfo fcinfo)
{
    MemoryContext context;

    if (!AggCheckCallContext(fcinfo, &context))
        elog(ERROR, "this function serves aggregates only");
    return context;
}

static FormData_pg_aggregate
find_aggregate(Oid function)
{
    HeapTuple tuple = SearchSysCache1(AGGFNOID, ObjectIdGetDatum(function));
    FormData_pg_aggregate aggregate;

    if (!HeapTupleIsValid(tuple))
        elog(ERROR, "function %u is no aggregate", function);
    aggregate = *(Form_pg_aggregate)GETSTRUCT(tuple);
    if (!heap_attisnull(tuple, Anum_pg_aggregate_agginitval, NULL))
        elog(ERROR, "aggregates with an initial state are not simulated");
    ReleaseSysCache(tuple);
    if (aggregate.aggcombinefn == InvalidOid || aggregate.aggtranstype == INTERNALOID ||
        aggregate.aggfinalextra)
        elog(ERROR,
             "an aggregate without a combine function, or with an internal state or extra arguments, does "
             "not run in two phases");
    return aggregate;
}

static phase *
start_phase(FunctionCallInfo fcinfo)
{
    phase *p;
    int16 length;
    bool by_value;
    char alignment, delimiter;

    if (PG_ARGISNULL(1))
        elog(ERROR, "the aggregate is NULL");
    p = MemoryContextAllocZero(aggregate_context(fcinfo), sizeof(*p));
    p->aggregate = find_aggregate(PG_GETARG_OID(1));
    get_type_io_data(p->aggregate.aggtranstype, IOFunc_receive, &length, &by_value, &alignment, &delimiter,
                     &p->io_param, &p->receive);
    get_type_io_data(p->aggregate.aggtranstype, IOFunc_input, &p->length, &p->by_value, &alignment,
                     &delimiter, &p->io_param, &p->input);
    p->state.isnull = true;
    return p;
}

static phase *
get_phase(FunctionCallInfo fcinfo)
{
    return PG_ARGISNULL(0) ? start_phase(fcinfo) : (phase *)PG_GETARG_POINTER(0);
}

/* ---- calls ---- */

/* Calls a function as for the first time. */
static NullableDatum
call_afresh(FunctionCallInfo outer, Oid function, int nargs, const NullableDatum *args)
{
    LOCAL_FCINFO(call, FUNC_MAX_ARGS);
    FmgrInfo info;
    NullableDatum result;

    fmgr_info(function, &info);
    InitFunctionCallInfoData(*call, &info, nargs, outer->fncollation, outer->context, NULL);
    for (int i = 0; i < nargs; i++)
        call->args[i] = args[i];
    result.value = FunctionCallInvoke(call);
    result.isnull = call->isnull;
    return result;
}

static bool
is_expanded(const phase *p, Datum state)
{
    return DatumIsReadWriteExpandedObject(state, false, p->length);
}

/* The state in memory that lives as long as the aggregation. */
static Datum
own_state(FunctionCallInfo fcinfo, const phase *p, Datum state)
{
    MemoryContext context = aggregate_context(fcinfo), before;

    if (is_expanded(p, state) && MemoryContextGetParent(DatumGetEOHP(state)->eoh_context) == context)
        return state;
    before = MemoryContextSwitchTo(context);
    state = datumCopy(state, p->by_value, p->length);
    MemoryContextSwitchTo(before);
    return state;
}

static void
replace_state(FunctionCallInfo fcinfo, phase *p, NullableDatum next)
{
    if (!p->by_value && DatumGetPointer(next.value) != DatumGetPointer(p->state.value)) {
        if (!next.isnull)
            next.value = own_state(fcinfo, p, next.value);
        if (!p->state.isnull && is_expanded(p, p->state.value))
            DeleteExpandedObject(p->state.value);
        else if (!p->state.isnull)
            pfree(DatumGetPointer(p->state.value));
    }
    p->state = next;
}

/* Replaces the state by function(state, args); args[0] is the place for the state. */
static void
advance(FunctionCallInfo fcinfo, phase *p, Oid function, int nargs, NullableDatum *args)
{
    if (func_strict(function)) {
        for (int i = 1; i < nargs; i++)
            if (args[i].isnull)
                return;
        if (!p->started) {
            p->state.value = own_state(fcinfo, p, args[1].value);
            p->state.isnull = false;
            p->started = true;
            return;
        }
        if (p->state.isnull)
            return;
    }
    args[0] = p->state;
    replace_state(fcinfo, p, call_afresh(fcinfo, function, nargs, args));
}

/* ---- first phase ---- */

/* The values in a record, after the place for the state: their number. Types must be those of the aggregate. */
static int
read_record(const phase *p, Datum record, NullableDatum *args)
{
    HeapTupleHeader header = DatumGetHeapTupleHeader(record);
    TupleDesc types =
        lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
    HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(header), .t_data = header};
    Datum values[FUNC_MAX_ARGS];
    bool nulls[FUNC_MAX_ARGS];
    Oid *wanted;
    int nwanted, n = types->natts;

    get_func_signature(p->aggregate.aggfnoid, &wanted, &nwanted);
    if (n != nwanted)
        elog(ERROR, "%d arguments instead of %d", n, nwanted);
    heap_deform_tuple(&tuple, types, values, nulls);
    for (int i = 0; i < n; i++) {
        if (TupleDescAttr(types, i)->atttypid != wanted[i])
            elog(ERROR, "argument %d is of another type than that of the aggregate", i + 1);
        args[1 + i] = (NullableDatum){values[i], nulls[i]};
    }
    ReleaseTupleDesc(types);
    return n;
}

/* An argument of its own, where an aggregate has but one. */
static int
read_single(FunctionCallInfo fcinfo, const phase *p, NullableDatum *args)
{
    Oid *wanted;
    int nwanted;

    get_func_signature(p->aggregate.aggfnoid, &wanted, &nwanted);
    if (nwanted != 1 || wanted[0] != get_fn_expr_argtype(fcinfo->flinfo, 2))
        elog(ERROR, "the argument is of another type than that of the aggregate");
    args[1] = fcinfo->args[2];
    return 1;
}

/* (internal, aggregate regprocedure, arguments anyelement): one row of a worker. */
PG_FUNCTION_INFO_V1(two_phase_advance);
Datum
two_phase_advance(PG_FUNCTION_ARGS)
{
    phase *p = get_phase(fcinfo);
    NullableDatum args[FUNC_MAX_ARGS];
    int n;

    if (get_fn_expr_argtype(fcinfo->flinfo, 2) == RECORDOID)
        n = read_record(p, PG_GETARG_DATUM(2), args);
    else
        n = read_single(fcinfo, p, args);
    advance(fcinfo, p, p->aggregate.aggtransfn, n + 1, args);
    PG_RETURN_POINTER(p);
}

/* The state as its output or its send function writes it, or NULL. */
static Datum
write_state(FunctionCallInfo fcinfo, IOFuncSelector which, bool *isnull)
{
    const phase *p = PG_ARGISNULL(0) ? NULL : (phase *)PG_GETARG_POINTER(0);
    int16 length;
    bool by_value;
    char alignment, delimiter;
    Oid io_param, function;
    NullableDatum written;

    *isnull = p == NULL || p->state.isnull;
    if (*isnull)
        return (Datum)0;
    get_type_io_data(p->aggregate.aggtranstype, which, &length, &by_value, &alignment, &delimiter, &io_param,
                     &function);
    written = call_afresh(fcinfo, function, 1, &p->state);
    *isnull = written.isnull;
    return written.value;
}

/* What a worker ships before Citus 14. */
PG_FUNCTION_INFO_V1(two_phase_print);
Datum
two_phase_print(PG_FUNCTION_ARGS)
{
    bool isnull;
    Datum written = write_state(fcinfo, IOFunc_output, &isnull);

    if (isnull)
        PG_RETURN_NULL();
    PG_RETURN_TEXT_P(cstring_to_text(DatumGetCString(written)));
}

/* What it ships since. */
PG_FUNCTION_INFO_V1(two_phase_send);
Datum
two_phase_send(PG_FUNCTION_ARGS)
{
    bool isnull;
    Datum written = write_state(fcinfo, IOFunc_send, &isnull);

    if (isnull)
        PG_RETURN_NULL();
    PG_RETURN_DATUM(written);
}

/* ---- second phase ---- */

/* A copy of a value in one piece. */
static Datum
flat_copy(Datum value)
{
    return PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
}

static bool
same_bytes(Datum a, Datum b)
{
    struct varlena *left = PG_DETOAST_DATUM(a), *right = PG_DETOAST_DATUM(b);

    return VARSIZE(left) == VARSIZE(right) && memcmp(left, right, VARSIZE(left)) == 0;
}

/* Combines with a shipped state, which must not change. */
static void
combine(FunctionCallInfo fcinfo, phase *p, NullableDatum shipped)
{
    NullableDatum args[2] = {p->state, shipped};
    Datum before = shipped.isnull ? (Datum)0 : flat_copy(shipped.value);

    advance(fcinfo, p, p->aggregate.aggcombinefn, 2, args);
    if (!shipped.isnull && !same_bytes(before, shipped.value))
        elog(ERROR, "the combine function of %s changes its second argument",
             format_procedure(p->aggregate.aggfnoid));
}

/* What an input or receive function makes of a shipped state; one that is strict is not called with NULL. */
static NullableDatum
read_state(FunctionCallInfo fcinfo, const phase *p, Oid function, NullableDatum shipped)
{
    NullableDatum args[3] = {shipped, {ObjectIdGetDatum(p->io_param), false}, {Int32GetDatum(-1), false}};

    if (shipped.isnull && func_strict(function))
        return (NullableDatum){(Datum)0, true};
    return call_afresh(fcinfo, function, 3, args);
}

/* (internal, aggregate regprocedure, state text, result anyelement): one printed state. */
PG_FUNCTION_INFO_V1(two_phase_combine_text);
Datum
two_phase_combine_text(PG_FUNCTION_ARGS)
{
    phase *p = get_phase(fcinfo);
    NullableDatum shipped = {(Datum)0, PG_ARGISNULL(2)};

    if (!shipped.isnull)
        shipped.value = CStringGetDatum(text_to_cstring(PG_GETARG_TEXT_PP(2)));
    combine(fcinfo, p, read_state(fcinfo, p, p->input, shipped));
    PG_RETURN_POINTER(p);
}

/* (internal, aggregate regprocedure, state bytea, result anyelement): one sent state. */
PG_FUNCTION_INFO_V1(two_phase_combine_binary);
Datum
two_phase_combine_binary(PG_FUNCTION_ARGS)
{
    phase *p = get_phase(fcinfo);
    NullableDatum shipped = {(Datum)0, PG_ARGISNULL(2)};
    StringInfoData message;

    if (!shipped.isnull) {
        bytea *bytes = PG_GETARG_BYTEA_PP(2);

        initStringInfo(&message);
        appendBinaryStringInfo(&message, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes));
        shipped.value = PointerGetDatum(&message);
    }
    combine(fcinfo, p, read_state(fcinfo, p, p->receive, shipped));
    PG_RETURN_POINTER(p);
}

/* (internal, aggregate, state, result anyelement): the result. */
PG_FUNCTION_INFO_V1(two_phase_finish);
Datum
two_phase_finish(PG_FUNCTION_ARGS)
{
    const phase *p = PG_ARGISNULL(0) ? NULL : (phase *)PG_GETARG_POINTER(0);
    Oid function;
    NullableDatum result;

    if (p == NULL)
        PG_RETURN_NULL();
    function = p->aggregate.aggfinalfn;
    if (get_fn_expr_rettype(fcinfo->flinfo) != get_func_rettype(p->aggregate.aggfnoid))
        elog(ERROR, "the result is of another type than that of the aggregate");
    result = p->state;
    if (OidIsValid(function) && !(func_strict(function) && result.isnull))
        result = call_afresh(fcinfo, function, 1, &p->state);
    if (result.isnull)
        PG_RETURN_NULL();
    PG_RETURN_DATUM(result.value);
}

/* ---- outside an aggregation ---- */

/* Copies an argument to compare with later. The argument itself becomes one that a function would not have to copy:
 * neither compressed nor short. */
static Datum
remember_argument(NullableDatum *arg)
{
    if (!VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(arg->value)))
        arg->value = flat_copy(arg->value);
    return flat_copy(arg->value);
}

/* (function regprocedure, VARIADIC "any"): calls the function twice. What is wrong with that, or NULL where the
 * results are the same bytes and those of the arguments have not changed. */
PG_FUNCTION_INFO_V1(two_phase_impurity);
Datum
two_phase_impurity(PG_FUNCTION_ARGS)
{
    NullableDatum args[FUNC_MAX_ARGS], results[2];
    Datum before[FUNC_MAX_ARGS] = {0};
    Oid function = PG_GETARG_OID(0);
    int n = PG_NARGS() - 1;

    for (int i = 0; i < n; i++) {
        args[i] = fcinfo->args[i + 1];
        if (!args[i].isnull && get_typlen(get_fn_expr_argtype(fcinfo->flinfo, i + 1)) == -1)
            before[i] = remember_argument(&args[i]);
    }
    for (int call = 0; call < 2; call++) {
        results[call] = call_afresh(fcinfo, function, n, args);
        for (int i = 0; i < n; i++)
            if (before[i] != (Datum)0 && !same_bytes(before[i], args[i].value))
                PG_RETURN_TEXT_P(cstring_to_text(psprintf("call %d changes argument %d", call + 1, i + 1)));
    }
    if (results[0].isnull != results[1].isnull ||
        (!results[0].isnull && !same_bytes(results[0].value, results[1].value)))
        PG_RETURN_TEXT_P(cstring_to_text("two calls have different results"));
    PG_RETURN_NULL();
}
