/*
 * The composite clm.retention_model: read by attribute name and validated, since users may build one with ROW; made from a
 * fit; described as rows.
 */
#include "retention_model.h"

#include <math.h>

#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "composite.h"

const contract_family *
get_contract_family(const text *name)
{
    const contract_family *family = contract_family_by_name(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
    StringInfoData known;

    if (family != NULL)
        return family;
    initStringInfo(&known);
    for (const contract_family *const *f = contract_families; *f != NULL; f++)
        appendStringInfo(&known, "%s%s", f == contract_families ? "" : ", ", (*f)->name);
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
             errmsg("unknown family \"%s\" of a retention_model", text_to_cstring(name)),
             errhint("Known families of contracts are: %s. customer_model has those without a contract.",
                     known.data)));
}

/* ---- reading ---- */

static Datum
require_attribute(const composite *row, const char *name)
{
    Datum value;

    if (!get_attribute(row, name, &value))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a retention_model must not be null", name)));
    return value;
}

/* An array with a number for each parameter. */
static const float8 *
get_parameter_array(Datum array, const char *name, const contract_family *family)
{
    int n;
    const float8 *values = get_float8_array(array, name, &n);

    if (n != family->nparams)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a retention_model of family %s must be %d numbers, not %d", name,
                               family->name, family->nparams, n)));
    return values;
}

static void
read_row(const composite *row, retention_model *model)
{
    const float8 *params;

    model->family = get_contract_family(DatumGetTextPP(require_attribute(row, "family")));
    params = get_parameter_array(require_attribute(row, "params"), "params", model->family);
    memcpy(model->params, params, model->family->nparams * sizeof(*params));
    if (!model->family->valid(model->params))
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("params of a retention_model are outside the domain of %s", model->family->name),
                 errdetail("Parameters %s", model->family->domain)));
}

void
read_retention_model(HeapTupleHeader header, retention_model *model)
{
    composite row = deform_composite(header);

    read_row(&row, model);
}

/* ---- making ---- */

Datum
make_retention_model(FunctionCallInfo fcinfo, const contract_family *family, const model_fit *fit,
                     int64 churned)
{
    composite row = make_result_row(fcinfo);

    set_attribute(&row, "family", PointerGetDatum(cstring_to_text(family->name)));
    set_attribute(&row, "params", make_float8_array(fit->params, fit->nparams));
    set_attribute(&row, "se", make_float8_array(fit->se, fit->nparams));
    set_float8_attribute(&row, "log_likelihood", fit->log_likelihood);
    set_int64_attribute(&row, "customers", fit->customers);
    set_int64_attribute(&row, "churned", churned);
    set_attribute(&row, "evaluations", Int32GetDatum(fit->evaluations));
    return composite_datum(&row);
}

/* ---- describe(model): rows (name, value, se) ---- */

static void
put_row(const ReturnSetInfo *rsinfo, const char *name, double value, const float8 *se)
{
    Datum values[3] = {PointerGetDatum(cstring_to_text(name)), Float8GetDatum(value),
                       se == NULL ? (Datum)0 : Float8GetDatum(*se)};
    bool nulls[3] = {false, false, se == NULL};

    tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
put_count(const ReturnSetInfo *rsinfo, const composite *row, const char *name)
{
    Datum count;

    if (get_attribute(row, name, &count))
        put_row(rsinfo, name, (double)DatumGetInt64(count), NULL);
}

PG_FUNCTION_INFO_V1(clm_retention_model_describe);
Datum
clm_retention_model_describe(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    composite row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0));
    const float8 *se = NULL;
    retention_model model;
    float8 log_likelihood;
    Datum array;

    read_row(&row, &model);
    if (get_attribute(&row, "se", &array))
        se = get_parameter_array(array, "se", model.family);
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    for (int i = 0; i < model.family->nparams; i++)
        put_row(rsinfo, model.family->param_names[i], model.params[i], se == NULL ? NULL : &se[i]);
    if (get_float8_attribute(&row, "log_likelihood", &log_likelihood))
        put_row(rsinfo, "log_likelihood", log_likelihood, NULL);
    put_count(rsinfo, &row, "customers");
    put_count(rsinfo, &row, "churned");
    return (Datum)0;
}
