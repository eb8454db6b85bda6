/*
 * The composite clm.response_model: read and checked, since users may build one with ROW or from published weights;
 * scores, reasons, and the model as rows.
 */
#include "clm.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "composite.h"
#include "core/logistic.h"

/* What scoring needs of a model: its numbers in memory of their own. */
typedef struct response_model {
    int p; /* signals */
    double coefficients[LOGISTIC_MOST_SIGNALS + 1];
    bool has_means;
    double means[LOGISTIC_MOST_SIGNALS];
} response_model;

/* What a function call site keeps in fn_extra. */
typedef struct response_site {
    struct varlena *datum; /* the bytes that `model` was read from */
    response_model model;
} response_site;

/* ---- reading ---- */

/* An array of a model that must have n elements; false where it is NULL. */
static bool
get_model_array(const composite *row, const char *name, int n, const float8 **values)
{
    Datum array;
    int length;

    if (!get_attribute(row, name, &array))
        return false;
    *values = get_float8_array(array, name, &length);
    if (length != n)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("%s of a response_model with %d signals must have %d elements, not %d", name,
                               n - (strcmp(name, "means") != 0), n, length)));
    return true;
}

static const float8 *
require_coefficients(const composite *row, int *n)
{
    const float8 *values;
    Datum array;

    if (!get_attribute(row, "coefficients", &array))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("coefficients of a response_model must not be null")));
    values = get_float8_array(array, "coefficients", n);
    if (*n < 2 || *n > LOGISTIC_MOST_SIGNALS + 1)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("coefficients of a response_model must have between 2 and %d elements, not %d",
                               LOGISTIC_MOST_SIGNALS + 1, *n),
                        errdetail("They are the intercept and one for each signal.")));
    return values;
}

static void
read_model(const composite *row, response_model *model)
{
    const float8 *coefficients, *means;
    int n;

    coefficients = require_coefficients(row, &n);
    model->p = n - 1;
    memcpy(model->coefficients, coefficients, n * sizeof(float8));
    model->has_means = get_model_array(row, "means", n - 1, &means);
    if (model->has_means)
        memcpy(model->means, means, (n - 1) * sizeof(float8));
}

/* The model in argument 0; it is kept in fn_extra, so that a query that scores a million customers with one model reads
 * it once. */
static const response_model *
get_response_model(FunctionCallInfo fcinfo)
{
    struct varlena *datum = PG_DETOAST_DATUM(PG_GETARG_DATUM(0)), *copy;
    response_site *site = fcinfo->flinfo->fn_extra;
    composite row;

    if (site == NULL)
        site = fcinfo->flinfo->fn_extra =
            MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(response_site));
    if (site->datum != NULL && VARSIZE(site->datum) == VARSIZE(datum) &&
        memcmp(site->datum, datum, VARSIZE(datum)) == 0)
        return &site->model;
    if (site->datum != NULL)
        pfree(site->datum);
    site->datum = NULL; /* while the model is being read */
    row = deform_composite((HeapTupleHeader)datum);
    read_model(&row, &site->model);
    copy = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE(datum));
    memcpy(copy, datum, VARSIZE(datum));
    site->datum = copy;
    return &site->model;
}

/* The signals in argument 1, one for each coefficient; NULL where one of them is. */
static const float8 *
get_signals(FunctionCallInfo fcinfo, const response_model *model)
{
    ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
    int n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

    if (ARR_NDIM(array) <= 1 && n != model->p)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("x must have %d elements, as the model has signals, not %d", model->p, n)));
    if (ARR_NDIM(array) == 1 && array_contains_nulls(array))
        return NULL;
    return get_float8_array(PointerGetDatum(array), "x", &n);
}

/* ---- response_model(coefficients, means) ---- */

PG_FUNCTION_INFO_V1(clm_response_model_make);
Datum
clm_response_model_make(PG_FUNCTION_ARGS)
{
    composite row = make_result_row(fcinfo);
    response_model model;

    if (!PG_ARGISNULL(0))
        set_attribute(&row, "coefficients", PG_GETARG_DATUM(0));
    if (!PG_ARGISNULL(1))
        set_attribute(&row, "means", PG_GETARG_DATUM(1));
    read_model(&row, &model);
    PG_RETURN_DATUM(composite_datum(&row));
}

/* ---- score(model, x) ---- */

PG_FUNCTION_INFO_V1(clm_response_model_score);
Datum
clm_response_model_score(PG_FUNCTION_ARGS)
{
    const response_model *model = get_response_model(fcinfo);
    const float8 *x = get_signals(fcinfo, model);
    float8 probability;

    if (x == NULL)
        PG_RETURN_NULL();
    check_status(logistic_score(model->coefficients, x, model->p, &probability), "score");
    PG_RETURN_FLOAT8(probability);
}

/* ---- names of signals ---- */

/* Names in argument argno, NULL where it is not given. */
static const Datum *
get_names(FunctionCallInfo fcinfo, int argno, int p, bool **nulls)
{
    ArrayType *array;
    Datum *names;
    int n;

    if (PG_ARGISNULL(argno))
        return NULL;
    array = PG_GETARG_ARRAYTYPE_P(argno);
    if (ARR_NDIM(array) > 1)
        ereport(ERROR,
                (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("names must be a one-dimensional array")));
    deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &names, nulls, &n);
    if (n != p)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("names must have %d elements, as the model has signals, not %d", p, n)));
    return names;
}

/* The name of signal j, from 0: x1, x2, ... where it has none. */
static Datum
signal_name(const Datum *names, const bool *nulls, int j)
{
    if (names != NULL && !nulls[j])
        return names[j];
    return CStringGetTextDatum(psprintf("x%d", j + 1));
}

/* ---- reasons(model, x [, names]) ---- */

PG_FUNCTION_INFO_V1(clm_response_model_reasons);
Datum
clm_response_model_reasons(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    logistic_reason reasons[LOGISTIC_MOST_SIGNALS];
    const response_model *model;
    const float8 *x;
    const Datum *names;
    bool *name_nulls = NULL;

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
        return (Datum)0;
    model = get_response_model(fcinfo);
    names = get_names(fcinfo, 2, model->p, &name_nulls);
    x = get_signals(fcinfo, model);
    if (x == NULL)
        return (Datum)0;
    if (!model->has_means)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("reasons need a response_model with means"),
                 errdetail("A contribution counts from the mean of its signal.")));
    check_status(logistic_reasons(model->coefficients, model->means, x, model->p, reasons), "reasons");
    for (int i = 0; i < model->p; i++) {
        int j = (int)reasons[i].signal;
        Datum values[] = {Int32GetDatum(i + 1),
                          Int32GetDatum(j + 1),
                          signal_name(names, name_nulls, j),
                          Float8GetDatum(x[j]),
                          Float8GetDatum(model->means[j]),
                          Float8GetDatum(reasons[i].contribution)};
        bool nulls[lengthof(values)] = {false};

        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
    return (Datum)0;
}

/* ---- describe(model [, names]): rows (name, value, se) ---- */

static void
put_row(ReturnSetInfo *rsinfo, Datum name, double value, bool has_se, double se)
{
    Datum values[] = {name, Float8GetDatum(value), Float8GetDatum(se)};
    /* A model that a user built with ROW may carry anything here; it is shown as unknown. */
    bool nulls[lengthof(values)] = {false, !isfinite(value), !has_se};

    tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* A row for a bigint or float8 attribute, where it is there. */
static void
put_attribute(ReturnSetInfo *rsinfo, const composite *row, const char *name, bool is_count)
{
    Datum value;

    if (get_attribute(row, name, &value))
        put_row(rsinfo, CStringGetTextDatum(name),
                is_count ? (double)DatumGetInt64(value) : DatumGetFloat8(value), false, 0);
}

PG_FUNCTION_INFO_V1(clm_response_model_describe);
Datum
clm_response_model_describe(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    response_model model;
    composite row;
    const float8 *se;
    const Datum *names;
    bool *nulls = NULL, has_se;

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    if (PG_ARGISNULL(0))
        return (Datum)0;
    row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0));
    read_model(&row, &model);
    names = get_names(fcinfo, 1, model.p, &nulls);
    has_se = get_model_array(&row, "se", model.p + 1, &se);
    for (int j = 0; j <= model.p; j++) {
        Datum name = j == 0 ? CStringGetTextDatum("intercept") : signal_name(names, nulls, j - 1);
        /* That of a constant signal is 0: the data say nothing about it. */
        bool known = has_se && se[j] > 0;

        put_row(rsinfo, name, model.coefficients[j], known, known ? se[j] : 0);
    }
    put_attribute(rsinfo, &row, "log_likelihood", false);
    put_attribute(rsinfo, &row, "customers", true);
    put_attribute(rsinfo, &row, "hits", true);
    put_attribute(rsinfo, &row, "auc", false);
    put_attribute(rsinfo, &row, "ridge", false);
    return (Datum)0;
}
