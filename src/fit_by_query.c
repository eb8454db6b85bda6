/*
 * The procedure fit_customer_model: fits a model to the customers that queries give, without gathering them, by passes
 * over the queries that ask for likelihood and gradient.
 */
#include "model.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "customer_fit.h"
#include "fit_options.h"
#include "query_likelihood.h"

/* ---- arguments: (query or queries, as_of, options, model) ---- */

static fit_constants
get_constants(FunctionCallInfo fcinfo)
{
    fit_constants constants = PG_ARGISNULL(2) ? default_fit_constants() : get_options_argument(fcinfo, 2);

    if (!PG_ARGISNULL(1))
        constants.as_of = get_finite_date(fcinfo, 1, "as_of");
    if (constants.family == NULL || constants.holdout != DATEVAL_NOBEGIN)
        ereport(
            ERROR,
            (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
             errmsg("fit_customer_model fits one given family, without a holdout"),
             errhint(
                 "Fit each family and compare clm.bic(model); or take the aggregate customer_model, which "
                 "chooses, on a sample of the customers.")));
    if (PG_ARGISNULL(1) && constants.since != DATEVAL_NOBEGIN)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("since is for fits to histories"),
                        errdetail("A summary knows no days.")));
    check_fit_options(&constants);
    return constants;
}

/* The queries: a text, or an array of them. */
static char **
get_queries(FunctionCallInfo fcinfo, bool is_array, int *n)
{
    Datum *texts;
    bool *nulls;
    char **queries;

    if (PG_ARGISNULL(0))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
                        errmsg("%s must not be null", is_array ? "queries" : "query")));
    *n = 1;
    if (!is_array) {
        queries = palloc(sizeof(*queries));
        queries[0] = text_to_cstring(PG_GETARG_TEXT_PP(0));
        return queries;
    }
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, n);
    if (*n == 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("queries must not be empty")));
    queries = palloc(*n * sizeof(*queries));
    for (int i = 0; i < *n; i++) {
        if (nulls[i])
            ereport(ERROR,
                    (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("queries must not contain nulls")));
        queries[i] = TextDatumGetCString(texts[i]);
    }
    return queries;
}

/* ---- the fit ---- */

static void
fit_purchases(const fit_constants *constants, query_customers *customers, family_choice *choice)
{
    customer_source source = query_customer_source(customers);
    clm_status status;

    *choice = (family_choice){.n = 1, .tried = {{.family = constants->family}}};
    status = fit_customer_source(constants->family, &source, constants->prior, &backend_stop, &choice->fit);
    rethrow_query_error(customers);
    check_customer_fit(status, constants->family->name);
}

static bool
fit_spend_of_queries(const fit_constants *constants, query_customers *customers, model_fit *fit)
{
    spend_source source = query_spend_source(customers);
    clm_status status = fit_spend_source(&source, constants->prior, &backend_stop, fit);

    rethrow_query_error(customers);
    return check_spend_fit(status);
}

/* The row of output parameters, whose only one is the model. */
static Datum
make_output(FunctionCallInfo fcinfo, const fitted_model *model)
{
    composite output = make_result_row(fcinfo), row = {0};

    row.desc = lookup_rowtype_tupdesc_copy(TupleDescAttr(output.desc, 0)->atttypid, -1);
    row.values = palloc0(row.desc->natts * sizeof(Datum));
    row.nulls = palloc(row.desc->natts * sizeof(bool));
    memset(row.nulls, true, row.desc->natts * sizeof(bool));
    set_attribute(&output, "model", make_customer_model(row, model));
    return composite_datum(&output);
}

static Datum
fit_by_queries(FunctionCallInfo fcinfo, bool is_array)
{
    fit_constants constants = get_constants(fcinfo);
    int n;
    char **queries = get_queries(fcinfo, is_array, &n);
    MemoryContext caller = CurrentMemoryContext;
    query_customers *customers;
    family_choice choice;
    model_fit spend;
    fitted_model model = {.period = constants.period,
                          .as_of = constants.as_of,
                          .since = constants.since,
                          .prior = constants.prior,
                          .choice = &choice};
    Datum output;

    if (SPI_connect() != SPI_OK_CONNECT)
        elog(ERROR, "SPI_connect failed");
    customers = start_query_customers(get_func_namespace(fcinfo->flinfo->fn_oid), &constants, n, queries);
    fit_purchases(&constants, customers, &choice);
    if (fit_spend_of_queries(&constants, customers, &spend))
        model.spend = &spend;
    MemoryContextSwitchTo(caller);
    output = make_output(fcinfo, &model);
    SPI_finish();
    return output;
}

PG_FUNCTION_INFO_V1(clm_fit_customer_model);
Datum
clm_fit_customer_model(PG_FUNCTION_ARGS)
{
    return fit_by_queries(fcinfo, false);
}

PG_FUNCTION_INFO_V1(clm_fit_customer_model_queries);
Datum
clm_fit_customer_model_queries(PG_FUNCTION_ARGS)
{
    return fit_by_queries(fcinfo, true);
}
