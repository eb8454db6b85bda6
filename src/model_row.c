/*
 * The composite clm.customer_model as it is made: from a fit, and for customers with given covariates.
 */
#include "model.h"

#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "composite.h"
#include "core/covariate_fit.h"

/* The standard errors of a regular family say nothing of k, which is chosen. */
static Datum
make_se_array(const customer_family *family, const model_fit *fit)
{
    Datum values[CLM_MAX_PARAMS];
    bool nulls[CLM_MAX_PARAMS];
    int dims[1] = {fit->nparams}, lower[1] = {1};

    for (int i = 0; i < fit->nparams; i++) {
        values[i] = Float8GetDatum(fit->se[i]);
        nulls[i] = family->regular && i == 0;
    }
    return PointerGetDatum(construct_md_array(values, nulls, 1, dims, lower, FLOAT8OID, sizeof(float8),
                                              FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

static void
set_fit_attributes(const composite *row, const customer_family *family, const model_fit *fit)
{
    int n = fit->ncovariates;

    set_attribute(row, "params", make_float8_array(fit->params, fit->nparams));
    set_attribute(row, "se", make_se_array(family, fit));
    set_float8_attribute(row, "log_likelihood", fit->log_likelihood);
    set_int64_attribute(row, "customers", fit->customers);
    set_attribute(row, "evaluations", Int32GetDatum(fit->evaluations));
    if (n == 0)
        return;
    set_attribute(row, "purchase_effects", make_float8_array(fit->effects, n));
    set_attribute(row, "purchase_effects_se", make_float8_array(fit->effects_se, n));
    set_attribute(row, "dropout_effects", make_float8_array(fit->effects + n, n));
    set_attribute(row, "dropout_effects_se", make_float8_array(fit->effects_se + n, n));
}

/* Which families were tried, and how good each is; NULL where one could not be fitted. */
static void
set_comparison(const composite *row, const family_choice *choice, bool by_holdout)
{
    Datum names[CHOICE_FAMILIES], criteria[CHOICE_FAMILIES];
    bool nulls[CHOICE_FAMILIES];
    int dims[1] = {choice->n}, lower[1] = {1};

    for (int i = 0; i < choice->n; i++) {
        names[i] = PointerGetDatum(cstring_to_text(choice->tried[i].family->name));
        criteria[i] = Float8GetDatum(choice->tried[i].criterion);
        nulls[i] = choice->tried[i].status != CLM_OK;
    }
    set_attribute(row, "criterion", PointerGetDatum(cstring_to_text(by_holdout ? "holdout" : "bic")));
    set_attribute(row, "compared",
                  PointerGetDatum(construct_array(names, choice->n, TEXTOID, -1, false, TYPALIGN_INT)));
    set_attribute(row, "compared_by",
                  PointerGetDatum(construct_md_array(criteria, nulls, 1, dims, lower, FLOAT8OID,
                                                     sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)));
}

Datum
make_customer_model(composite row, const fitted_model *model)
{
    const customer_family *family = model->choice->tried[model->choice->best].family;
    const model_fit *spend = model->spend;

    set_attribute(&row, "family", PointerGetDatum(cstring_to_text(family->name)));
    set_attribute(&row, "period", Int32GetDatum(model->period));
    set_fit_attributes(&row, family, &model->choice->fit);
    if (model->as_of != DATEVAL_NOBEGIN)
        set_attribute(&row, "as_of", DateADTGetDatum(model->as_of));
    if (model->since != DATEVAL_NOBEGIN)
        set_attribute(&row, "since", DateADTGetDatum(model->since));
    if (model->prior > 0)
        set_float8_attribute(&row, "prior", model->prior);
    if (spend != NULL) {
        set_attribute(&row, "spend", make_float8_array(spend->params, spend->nparams));
        set_attribute(&row, "spend_se", make_float8_array(spend->se, spend->nparams));
        set_float8_attribute(&row, "spend_log_likelihood", spend->log_likelihood);
        set_int64_attribute(&row, "spend_customers", spend->customers);
    }
    if (model->compared)
        set_comparison(&row, model->choice, model->by_holdout);
    return composite_datum(&row);
}

/* given(model, z): the model of customers with these covariates. */
PG_FUNCTION_INFO_V1(clm_given);
Datum
clm_given(PG_FUNCTION_ARGS)
{
    static const char *const kept[] = {"family", "period", "as_of", "since", "spend", "spend_se"};
    composite row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0)), result = make_result_row(fcinfo);
    customer_model model;
    const float8 *z;
    double own[CLM_MAX_PARAMS];
    Datum value;
    int n;

    read_customer_model(PG_GETARG_HEAPTUPLEHEADER(0), &model);
    z = get_float8_array(PG_GETARG_DATUM(1), "z", &n);
    if (n != model.ncovariates)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("z must have as many elements as the customer_model has covariates: %d, not %d",
                        model.ncovariates, n)));
    if (n == 0)
        memcpy(own, model.params, sizeof(own));
    else
        check_status(covariate_params(model.family, model.params, n, model.effects, z, own),
                     "a parameter of the customer_model for these covariates");
    for (int i = 0; i < (int)lengthof(kept); i++)
        if (get_attribute(&row, kept[i], &value))
            set_attribute(&result, kept[i], value);
    set_attribute(&result, "params", make_float8_array(own, model.family->nparams));
    return composite_datum(&result);
}
