/*
 * The composite clm.customer_model as it is read: by attribute name and validated, since users may build one with
 * ROW; and described as rows. It is made in model_row.c.
 */
#include "model.h"

#include <math.h>

#include "access/parallel.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "composite.h"
#include "core/history.h"

static const char *const spend_names[GAMMA_GAMMA_NPARAMS] = {"p", "q", "gamma"};

/* Names of all families, with commas, and of "auto" where that may be. */
static const char *
known_families(bool or_auto)
{
    StringInfoData known;

    initStringInfo(&known);
    for (const customer_family *const *f = customer_families; *f != NULL; f++)
        appendStringInfo(&known, "%s%s", f == customer_families ? "" : ", ", (*f)->name);
    appendStringInfoString(&known, or_auto ? ", " AUTO_FAMILY " (the best of those of continuous time)" : "");
    return known.data;
}

static pg_noreturn void
reject_family(const char *name, size_t length, bool or_auto)
{
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown family \"%.*s\"", (int)length, name),
             errhint("Known families are: %s.", known_families(or_auto))));
}

const customer_family *
get_family(const char *name, size_t length)
{
    const customer_family *family = customer_family_by_name(name, length);

    if (family == NULL)
        reject_family(name, length, false);
    return family;
}

const customer_family *
get_family_or_auto(const char *name, size_t length)
{
    const customer_family *family = customer_family_by_name(name, length);

    if (family == NULL && !family_name_is(AUTO_FAMILY, name, length))
        reject_family(name, length, true);
    return family;
}

void
check_opportunities(const customer_family *family, const customer_summary *c)
{
    if (family->discrete && !(c->t == floor(c->t) && c->t_x == floor(c->t_x) && c->x <= c->t_x))
        ereport(
            ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
             errmsg(
                 "%s needs whole numbers of opportunities with x <= t_x <= t, not x = %lld, t_x = %g, t = %g",
                 family->name, (long long)c->x, c->t_x, c->t)));
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
check_parameters(bool valid, bool with_k, const char *what, const char *of)
{
    if (!valid)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("%s of a customer_model are outside the domain of %s", what, of),
                 with_k
                     ? errdetail("Parameters are positive, finite numbers; k is a whole number from 1 to %d.",
                                 CLM_MAX_REGULARITY)
                     : errdetail("Parameters are positive, finite numbers.")));
}

/* Effects of covariates; both arrays have the same length. */
static void
read_effects(const composite *row, customer_model *model)
{
    Datum purchase, dropout;
    bool has_purchase = get_attribute(row, "purchase_effects", &purchase);
    bool has_dropout = get_attribute(row, "dropout_effects", &dropout);
    const float8 *effects;
    int n;

    model->ncovariates = 0;
    if (!has_purchase && !has_dropout)
        return;
    if (!has_purchase || !has_dropout || model->family->purchase_power == NULL)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("a customer_model of %s cannot have these effects", model->family->name),
                 errdetail("purchase_effects and dropout_effects come together, with families that take "
                           "covariates.")));
    effects = get_float8_array(purchase, "purchase_effects", &n);
    if (n < 1 || n > CLM_MAX_COVARIATES)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("purchase_effects of a customer_model must be 1 to %d numbers, not %d",
                               CLM_MAX_COVARIATES, n)));
    memcpy(model->effects, effects, n * sizeof(double));
    get_parameters(dropout, "dropout_effects", n, model->effects + n);
    for (int i = n; i < 2 * n; i++)
        if (!isfinite(model->effects[i]))
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("dropout_effects of a customer_model must be finite numbers")));
    model->ncovariates = n;
}

static void
read_days(const composite *row, customer_model *model)
{
    Datum value;

    model->has_as_of = get_attribute(row, "as_of", &value);
    if (model->has_as_of)
        model->as_of = DatumGetDateADT(value);
    if (model->has_as_of && DATE_NOT_FINITE(model->as_of))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("as_of of a customer_model must be a finite date")));
    model->since = get_attribute(row, "since", &value) ? DatumGetDateADT(value) : HISTORY_MIN_DAY;
    if (DATE_NOT_FINITE(model->since))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("since of a customer_model must be a finite date")));
}

void
read_customer_model(HeapTupleHeader header, customer_model *model)
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
    check_parameters(model->family->valid(model->params), model->family->regular, "params",
                     model->family->name);
    read_effects(&row, model);
    read_days(&row, model);
    model->has_spend = get_attribute(&row, "spend", &value);
    if (model->has_spend) {
        get_parameters(value, "spend", GAMMA_GAMMA_NPARAMS, model->spend);
        check_parameters(gamma_gamma_valid(model->spend), false, "spend", "gamma-gamma");
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
    read_customer_model((HeapTupleHeader)datum, &model);
    if (model.ncovariates > 0)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("the customer_model has covariates, so it scores only customers whose covariates "
                        "are given"),
                 errhint("Write clm.given(model, z) in place of the model, z being the customer's %d "
                         "covariates.",
                         model.ncovariates)));
    copy = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE(datum));
    memcpy(copy, datum, VARSIZE(datum));
    if (site->model_datum != NULL)
        pfree(site->model_datum);
    site->model_datum = copy;
    forget_purchases(&site->expected);
    forget_purchases(&site->discounted);
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

/* ---- describe(model): rows (name, value, se) ---- */

static void
put_row(ReturnSetInfo *rsinfo, const char *name, bool has_value, double value, bool has_se, double se)
{
    Datum values[3] = {PointerGetDatum(cstring_to_text(name)), Float8GetDatum(value), Float8GetDatum(se)};
    /* A model that a user built with ROW may carry anything here; it is shown as unknown. */
    bool nulls[3] = {false, !has_value || !isfinite(value), !has_se || !isfinite(se)};

    tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* Element i of a float8[] attribute, where it is there. */
static bool
get_element(const composite *row, const char *name, int i, double *element)
{
    Datum array, value;
    int index[1] = {i + 1};
    bool is_null;

    if (!get_attribute(row, name, &array))
        return false;
    value =
        array_get_element(array, 1, index, -1, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &is_null);
    *element = is_null ? 0 : DatumGetFloat8(value);
    return !is_null;
}

static void
put_parameters(ReturnSetInfo *rsinfo, const composite *row, const char *se_name, const char *const *names,
               int n, const double *params)
{
    for (int i = 0; i < n; i++) {
        double se = 0;
        bool has_se = get_element(row, se_name, i, &se);

        put_row(rsinfo, names[i], true, params[i], has_se, se);
    }
}

static void
put_effects(ReturnSetInfo *rsinfo, const composite *row, const char *se_name, const char *on, int n,
            const double *effects)
{
    for (int i = 0; i < n; i++) {
        double se = 0;
        bool has_se = get_element(row, se_name, i, &se);

        put_row(rsinfo, psprintf("%s z[%d]", on, i + 1), true, effects[i], has_se, se);
    }
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
    read_customer_model(PG_GETARG_HEAPTUPLEHEADER(0), &model);
    row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0));
    put_parameters(rsinfo, &row, "se", model.family->param_names, model.family->nparams, model.params);
    put_effects(rsinfo, &row, "purchase_effects_se", "purchase", model.ncovariates, model.effects);
    put_effects(rsinfo, &row, "dropout_effects_se", "dropout", model.ncovariates,
                model.effects + model.ncovariates);
    put_attribute(rsinfo, &row, "log_likelihood", false);
    put_attribute(rsinfo, &row, "customers", true);
    if (model.has_spend) {
        put_parameters(rsinfo, &row, "spend_se", spend_names, GAMMA_GAMMA_NPARAMS, model.spend);
        put_attribute(rsinfo, &row, "spend_log_likelihood", false);
        put_attribute(rsinfo, &row, "spend_customers", true);
    }
    return (Datum)0;
}
