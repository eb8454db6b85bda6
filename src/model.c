/*
 * The composite clm.customer_model: read by attribute name and validated, since users may build one with ROW;
 * made from a fit; described as rows.
 */
#include "model.h"

#include <math.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "composite.h"

static const char *const spend_names[GAMMA_GAMMA_NPARAMS] = {"p", "q", "gamma"};

const customer_family *
get_family(const char *name, size_t length)
{
    const customer_family *family = customer_family_by_name(name, length);
    StringInfoData known;

    if (family != NULL)
        return family;
    initStringInfo(&known);
    for (const customer_family *const *f = customer_families; *f != NULL; f++)
        appendStringInfo(&known, "%s%s", f == customer_families ? "" : ", ", (*f)->name);
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown family \"%.*s\"", (int)length, name),
             errhint("Known families are: %s.", known.data)));
}

/* ---- reading ---- */

static Datum
require_attribute(const composite *row, const char *name)
{
    Datum value;

    if (!get_attribute(row, name, &value))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a customer_model must not be null", name)));
    return value;
}

/* The n float8 elements of a parameter array. */
static void
get_parameters(Datum array_datum, const char *what, int n, double *params)
{
    ArrayType *array = DatumGetArrayTypeP(array_datum);

    if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != n || array_contains_nulls(array))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a customer_model must be %d numbers", what, n)));
    memcpy(params, ARR_DATA_PTR(array), n * sizeof(double));
}

static void
check_parameters(bool valid, const char *what, const char *of)
{
    if (!valid)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a customer_model are outside the domain of %s", what, of),
                        errdetail("Parameters are positive, finite numbers.")));
}

static void
read_model(HeapTupleHeader header, customer_model *model)
{
    composite row = deform_composite(header);
    text *family = DatumGetTextPP(require_attribute(&row, "family"));
    Datum value;

    model->family = get_family(VARDATA_ANY(family), VARSIZE_ANY_EXHDR(family));
    model->period = DatumGetInt32(require_attribute(&row, "period"));
    if (model->period < 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("period of a customer_model must be at least 1 day, not %d", model->period)));
    get_parameters(require_attribute(&row, "params"), "params", model->family->nparams, model->params);
    check_parameters(model->family->valid(model->params), "params", model->family->name);
    model->has_as_of = get_attribute(&row, "as_of", &value);
    if (model->has_as_of)
        model->as_of = DatumGetDateADT(value);
    if (model->has_as_of && DATE_NOT_FINITE(model->as_of))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("as_of of a customer_model must be a finite date")));
    model->has_spend = get_attribute(&row, "spend", &value);
    if (model->has_spend) {
        get_parameters(value, "spend", GAMMA_GAMMA_NPARAMS, model->spend);
        check_parameters(gamma_gamma_valid(model->spend), "spend", "gamma-gamma");
    }
}

const customer_model *
get_customer_model(FunctionCallInfo fcinfo, int argno)
{
    scoring_site *site = get_scoring_site(fcinfo);
    struct varlena *datum = PG_DETOAST_DATUM(PG_GETARG_DATUM(argno));
    struct varlena *copy;
    customer_model model;

    if (site->model_datum != NULL && VARSIZE(site->model_datum) == VARSIZE(datum) &&
        memcmp(site->model_datum, datum, VARSIZE(datum)) == 0)
        return &site->model;
    read_model((HeapTupleHeader)datum, &model);
    copy = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE(datum));
    memcpy(copy, datum, VARSIZE(datum));
    if (site->model_datum != NULL)
        pfree(site->model_datum);
    site->model_datum = copy;
    site->model = model;
    return &site->model;
}

void
warn_of_leakage(const customer_model *model, DateADT as_of)
{
    /* When the client's statement began that was warned last; several functions may score in one. */
    static TimestampTz warned = PG_INT64_MIN;
    TimestampTz statement = GetCurrentStatementStartTimestamp();

    /* The leader of a parallel plan warns for its workers. */
    if (!model->has_as_of || as_of >= model->as_of || statement == warned || IsParallelWorker())
        return;
    warned = statement;
    ereport(
        WARNING,
        (errcode(ERRCODE_WARNING), errmsg("scoring as of a day before the model's own"),
         errdetail(
             "The model was fitted with what was known later, so these scores look better than they are."),
         errhint("Fit a model as of the same day or an earlier one.")));
}

/* ---- making ---- */

Datum
make_customer_model(FunctionCallInfo fcinfo, const customer_family *family, int32 period, bool has_as_of,
                    DateADT as_of, const model_fit *fit, const model_fit *spend)
{
    composite row = make_result_row(fcinfo);

    set_attribute(&row, "family", PointerGetDatum(cstring_to_text(family->name)));
    set_attribute(&row, "period", Int32GetDatum(period));
    set_attribute(&row, "params", make_float8_array(fit->params, fit->nparams));
    set_attribute(&row, "se", make_float8_array(fit->se, fit->nparams));
    set_float8_attribute(&row, "log_likelihood", fit->log_likelihood);
    set_int64_attribute(&row, "customers", fit->customers);
    if (has_as_of)
        set_attribute(&row, "as_of", DateADTGetDatum(as_of));
    if (spend != NULL) {
        set_attribute(&row, "spend", make_float8_array(spend->params, spend->nparams));
        set_attribute(&row, "spend_se", make_float8_array(spend->se, spend->nparams));
        set_float8_attribute(&row, "spend_log_likelihood", spend->log_likelihood);
        set_int64_attribute(&row, "spend_customers", spend->customers);
    }
    return composite_datum(&row);
}

/* ---- describe(model): rows (name, value, se) ---- */

static void
put_row(ReturnSetInfo *rsinfo, const char *name, bool has_value, double value, bool has_se, double se)
{
    Datum values[3] = {PointerGetDatum(cstring_to_text(name)), Float8GetDatum(value), Float8GetDatum(se)};
    /* A model that a user built with ROW may carry anything here; it is shown as unknown. */
    bool nulls[3] = {false, !has_value || !isfinite(value), !has_se || !isfinite(se)};

    tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_parameters(ReturnSetInfo *rsinfo, const composite *row, const char *se_name, const char *const *names,
               int n, const double *params)
{
    double se[CLM_MAX_PARAMS];
    Datum value;
    bool has_se = get_attribute(row, se_name, &value);

    if (has_se)
        get_parameters(value, se_name, n, se);
    for (int i = 0; i < n; i++)
        put_row(rsinfo, names[i], true, params[i], has_se, has_se ? se[i] : 0);
}

/* A row for a bigint or float8 attribute, where it is there. */
static void
put_attribute(ReturnSetInfo *rsinfo, const composite *row, const char *name, bool is_count)
{
    Datum value;

    if (get_attribute(row, name, &value))
        put_row(rsinfo, name, true, is_count ? (double)DatumGetInt64(value) : DatumGetFloat8(value), false,
                0);
}

PG_FUNCTION_INFO_V1(clm_customer_model_describe);
Datum
clm_customer_model_describe(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    composite row;
    customer_model model;

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    read_model(PG_GETARG_HEAPTUPLEHEADER(0), &model);
    row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0));
    put_parameters(rsinfo, &row, "se", model.family->param_names, model.family->nparams, model.params);
    put_attribute(rsinfo, &row, "log_likelihood", false);
    put_attribute(rsinfo, &row, "customers", true);
    if (model.has_spend) {
        put_parameters(rsinfo, &row, "spend_se", spend_names, GAMMA_GAMMA_NPARAMS, model.spend);
        put_attribute(rsinfo, &row, "spend_log_likelihood", false);
        put_attribute(rsinfo, &row, "spend_customers", true);
    }
    return (Datum)0;
}
