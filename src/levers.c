/*
 * apply and lever_value: initiatives, given as arrays of clm.effect, on a clm.economics.
 */
#include "economics.h"

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/typcache.h"

#include "core/levers.h"

/* The effects of an array, numbered by their initiatives, and the names of these. */
typedef struct effect_list {
    int n;
    lever_effect *effects;
    int n_initiatives;
    Datum *initiatives; /* text */
} effect_list;

#define NAME_ARGS(initiative) (int)VARSIZE_ANY_EXHDR(initiative), VARDATA_ANY(initiative)

/* ---- reading effects ---- */

static Datum
require_effect_attribute(const composite *row, const char *name)
{
    Datum value;

    if (!get_attribute(row, name, &value))
        ereport(ERROR,
                (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s of an effect must not be null", name)));
    return value;
}

/* Reads all of an effect but the number of its initiative, whose name it returns. */
static text *
read_effect(const composite *row, lever_effect *effect)
{
    text *initiative = DatumGetTextPP(require_effect_attribute(row, "initiative"));
    text *driver = DatumGetTextPP(require_effect_attribute(row, "driver"));

    effect->driver = get_driver(VARDATA_ANY(driver), VARSIZE_ANY_EXHDR(driver));
    effect->delta = DatumGetFloat8(require_effect_attribute(row, "delta"));
    if (!isfinite(effect->delta))
        ereport(ERROR,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                 errmsg("delta of %s in initiative \"%.*s\" must be a finite number, not %g",
                        economics_driver_names[effect->driver], NAME_ARGS(initiative), effect->delta)));
    return initiative;
}

/* The number of the initiative among the most first ones; a new one is the next, or -1 where there is no room. */
static int
initiative_number(effect_list *list, text *initiative, int most)
{
    Size length = VARSIZE_ANY_EXHDR(initiative);

    for (int k = 0; k < list->n_initiatives; k++) {
        text *known = DatumGetTextPP(list->initiatives[k]);

        if (VARSIZE_ANY_EXHDR(known) == length &&
            memcmp(VARDATA_ANY(known), VARDATA_ANY(initiative), length) == 0)
            return k;
    }
    if (list->n_initiatives == most)
        return -1;
    list->initiatives[list->n_initiatives] = PointerGetDatum(initiative);
    return list->n_initiatives++;
}

static void
deconstruct_effects(ArrayType *array, Datum **elements, int *n)
{
    if (ARR_NDIM(array) > 1)
        ereport(ERROR,
                (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("effects must be a one-dimensional array")));
    if (array_contains_nulls(array))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("effects must not contain nulls")));
    deconstruct_array(array, ARR_ELEMTYPE(array), -1, false, TYPALIGN_DOUBLE, elements, NULL, n);
}

/*
 * The effects of an array, which they point into. With most_initiatives = 0 each effect is an initiative of its own;
 * otherwise equal names are one, and more of them are an error.
 */
static effect_list
read_effects(ArrayType *array, int most_initiatives)
{
    TupleDesc desc = lookup_rowtype_tupdesc(ARR_ELEMTYPE(array), -1);
    effect_list list = {0};
    Datum *elements;

    deconstruct_effects(array, &elements, &list.n);
    list.effects = MemoryContextAllocHuge(CurrentMemoryContext, (list.n + 1) * sizeof(lever_effect));
    list.initiatives = palloc((most_initiatives > 0 ? most_initiatives : list.n + 1) * sizeof(Datum));
    for (int j = 0; j < list.n; j++) {
        composite row = deform_composite_as(desc, DatumGetHeapTupleHeader(elements[j]));
        text *initiative = read_effect(&row, &list.effects[j]);

        CHECK_FOR_INTERRUPTS();
        if (most_initiatives > 0)
            list.effects[j].initiative = initiative_number(&list, initiative, most_initiatives);
        else
            list.initiatives[list.effects[j].initiative = list.n_initiatives++] = PointerGetDatum(initiative);
        if (list.effects[j].initiative < 0)
            ereport(
                ERROR,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                 errmsg("lever_value takes at most %d initiatives, but \"%.*s\" is another", most_initiatives,
                        NAME_ARGS(initiative)),
                 errhint("Give initiatives that are decided together one name, or leave out small ones.")));
        pfree(row.values);
        pfree(row.nulls);
    }
    ReleaseTupleDesc(desc);
    return list;
}

/* ---- errors ---- */

pg_noreturn static void
throw_breach(const effect_list *list, const lever_breach *breach, const char *detail)
{
    text *initiative = DatumGetTextPP(list->initiatives[breach->initiative]);
    const char *driver = economics_driver_names[breach->driver];
    const economics_domain *domain = &economics_domains[breach->driver];
    bool above = breach->value > domain->most;

    if (!isfinite(breach->value))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                        errmsg("initiative \"%.*s\" takes %s out of range of double precision",
                               NAME_ARGS(initiative), driver)));
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("initiative \"%.*s\" takes %s to %.15g, %s %g", NAME_ARGS(initiative), driver,
                           breach->value,
                           above          ? "above"
                           : domain->open ? "not above"
                                          : "below",
                           above ? domain->most : domain->least),
                    detail != NULL ? errdetail("%s", detail) : 0));
}

/* The names of a combination of initiatives, or why there is none to name. */
static const char *
combination_text(const effect_list *list, unsigned combination)
{
    StringInfoData names;

    if (combination == 0)
        return "It does so without any initiative.";
    initStringInfo(&names);
    for (int k = 0; k < list->n_initiatives; k++) {
        text *initiative = DatumGetTextPP(list->initiatives[k]);

        if (combination >> k & 1)
            appendStringInfo(&names, "%s\"%.*s\"", names.len == 0 ? "It does so with " : ", ",
                             NAME_ARGS(initiative));
    }
    appendStringInfoChar(&names, '.');
    return names.data;
}

pg_noreturn static void
throw_failure(const effect_list *list, clm_status status, const lever_failure *failure)
{
    if (status == CLM_DOMAIN)
        throw_breach(list, &failure->breach, "lever_value takes every combination of the initiatives.");
    ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                    status == CLM_DIVERGES ? errmsg("clv diverges")
                                           : errmsg("clv is out of range of double precision"),
                    errdetail("%s", combination_text(list, failure->combination))));
}

/* ---- apply(e, effects) ---- */

PG_FUNCTION_INFO_V1(clm_apply);
Datum
clm_apply(PG_FUNCTION_ARGS)
{
    HeapTupleHeader header = PG_GETARG_HEAPTUPLEHEADER(0);
    effect_list list = read_effects(PG_GETARG_ARRAYTYPE_P(1), 0);
    composite row = deform_composite(header);
    economics e;
    lever_breach breach;

    read_economics(header, &e);
    if (!levers_apply(&e, list.effects, list.n, &breach))
        throw_breach(&list, &breach, NULL);
    for (int j = 0; j < list.n; j++) {
        economics_driver driver = list.effects[j].driver;

        set_float8_attribute(&row, economics_driver_names[driver], e.driver[driver]);
    }
    PG_RETURN_DATUM(composite_datum(&row));
}

/* ---- lever_value(e, effects) ---- */

/* The effects of the last call, which are the same for many rows. */
typedef struct lever_site {
    MemoryContext memory; /* of all that follows */
    ArrayType *array;
    effect_list list;
    lever_initiatives initiatives;
} lever_site;

static lever_site *
get_lever_site(FunctionCallInfo fcinfo)
{
    lever_site *site = fcinfo->flinfo->fn_extra;

    if (site == NULL) {
        site = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(lever_site));
        site->memory =
            AllocSetContextCreate(fcinfo->flinfo->fn_mcxt, "clm lever_value", ALLOCSET_SMALL_SIZES);
        fcinfo->flinfo->fn_extra = site;
    }
    return site;
}

static const lever_site *
get_initiatives(FunctionCallInfo fcinfo, int argno)
{
    lever_site *site = get_lever_site(fcinfo);
    ArrayType *array = PG_GETARG_ARRAYTYPE_P(argno);
    MemoryContext caller;

    if (site->array != NULL && VARSIZE(site->array) == VARSIZE(array) &&
        memcmp(site->array, array, VARSIZE(array)) == 0)
        return site;
    site->array = NULL;
    MemoryContextReset(site->memory);
    caller = MemoryContextSwitchTo(site->memory);
    array = (ArrayType *)datumCopy(PointerGetDatum(array), false, -1);
    site->list = read_effects(array, LEVERS_MAX_INITIATIVES);
    levers_sum(site->list.effects, site->list.n, site->list.n_initiatives, &site->initiatives);
    site->array = array;
    MemoryContextSwitchTo(caller);
    return site;
}

static void
put_values(ReturnSetInfo *rsinfo, const effect_list *list, const lever_values *values)
{
    bool nulls[4] = {false};

    for (int k = 0; k < list->n_initiatives; k++) {
        Datum row[4] = {list->initiatives[k], Float8GetDatum(values->alone[k]),
                        Float8GetDatum(values->shapley[k]), Float8GetDatum(values->joint)};

        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, row, nulls);
    }
}

PG_FUNCTION_INFO_V1(clm_lever_value);
Datum
clm_lever_value(PG_FUNCTION_ARGS)
{
    const lever_site *site = get_initiatives(fcinfo, 1);
    economics e;
    lever_values values;
    lever_failure failure;
    clm_status status;

    read_economics(PG_GETARG_HEAPTUPLEHEADER(0), &e);
    status = levers_value(&e, &site->initiatives, &values, &failure);
    if (status != CLM_OK)
        throw_failure(&site->list, status, &failure);
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    put_values((ReturnSetInfo *)fcinfo->resultinfo, &site->list, &values);
    return (Datum)0;
}
