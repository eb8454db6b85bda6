/*
 * The aggregate response_model(outcome, x [, ridge]): ridge logistic regression of an outcome on signals.
 */
#include "clm.h"

#include "lib/stringinfo.h"

#include "composite.h"
#include "core/logistic.h"
#include "core/wide_rows.h"
#include "row_state.h"

StaticAssertDecl(ROW_MAX_TRAILING == LOGISTIC_MOST_SIGNALS, "a state holds as many signals as can be fitted");

/* ---- the state: rows of counts and signals ---- */

static clm_status
merge_rows(void *rows, size_t *n, size_t width, const clm_stop *stop)
{
    return wide_rows_merge(rows, n, width, LOGISTIC_COUNTS, stop);
}

static bool
constants_valid(const double *constants)
{
    return constants[0] >= 0;
}

static const row_kind kind = {.type = "response_model_state",
                              .function = "response_model",
                              .nconstants = 1,
                              .constants = {"ridge"},
                              .columns = "nn",
                              .trailing = "x",
                              .merge = merge_rows,
                              .constants_valid = constants_valid,
                              .row_valid = logistic_row_valid};

ROW_STATE_FUNCTIONS(response_model, &kind)

/* (state, outcome, x): a row without one of them does not count. */
static Datum
add_customer(FunctionCallInfo fcinfo, double ridge)
{
    int64 counts[LOGISTIC_COUNTS];
    const float8 *x;
    int n;

    if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
        return unchanged_state(fcinfo);
    counts[0] = 1;
    counts[1] = PG_GETARG_BOOL(1);
    x = get_float8_array(PG_GETARG_DATUM(2), "x", &n);
    return row_state_append_trailing(fcinfo, &kind, &ridge, counts, x, n);
}

PG_FUNCTION_INFO_V1(clm_response_model_transition);
Datum
clm_response_model_transition(PG_FUNCTION_ARGS)
{
    return add_customer(fcinfo, LOGISTIC_RIDGE);
}

PG_FUNCTION_INFO_V1(clm_response_model_ridge_transition);
Datum
clm_response_model_ridge_transition(PG_FUNCTION_ARGS)
{
    if (PG_ARGISNULL(3))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("ridge must not be null")));
    return add_customer(fcinfo, get_nonnegative_float8(fcinfo, 3, "ridge"));
}

/* ---- the fit ---- */

/* Throws what a failed fit means to the user. */
static void
check_fit(clm_status status, const logistic_fit *fit)
{
    switch (status) {
        case CLM_FIT_ONE_OUTCOME:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("cannot fit a response_model where all outcomes are the same"),
                            errhint("Take a larger segment, or a longer time, in which it happened to some "
                                    "customers and not to others.")));
            break;
        case CLM_FIT_CONSTANT:
            ereport(ERROR,
                    (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                     errmsg("signal %zu of x has the same value in all rows", fit->signal),
                     errhint("Leave it out, or give a ridge above 0, with which its coefficient is 0.")));
            break;
        case CLM_FIT_COLLINEAR:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("signal %zu of x is a linear combination of those before it", fit->signal),
                            errhint("Leave it out, or give a larger ridge.")));
            break;
        case CLM_FIT_BORDER:
            ereport(
                ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("the fit of a response_model without ridge has no optimum"),
                 errdetail("Signals separate the customers to whom it happened from others: some coefficient "
                           "would be infinite."),
                 errhint("Give a ridge above 0.")));
            break;
        case CLM_FIT_NOT_CONVERGED:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("the fit of a response_model did not converge"),
                            errhint("Give a larger ridge.")));
            break;
        default:
            check_status(status, "the fit of a response_model");
    }
}

/* Names the signals without variation: their standard error is 0, and no other's is. */
static void
warn_of_constants(const logistic_fit *fit, int p)
{
    StringInfoData signals;

    initStringInfo(&signals);
    for (int j = 1; j <= p; j++) {
        if (fit->se[j] == 0)
            appendStringInfo(&signals, "%s%d", signals.len > 0 ? ", " : "", j);
    }
    if (signals.len > 0)
        ereport(WARNING,
                (errmsg("the response_model leaves out signals that have the same value in all rows: %s",
                        signals.data),
                 errdetail("Their coefficients are 0.")));
    pfree(signals.data);
}

static Datum
make_response_model(FunctionCallInfo fcinfo, const logistic_fit *fit, int p, double ridge)
{
    composite row = make_result_row(fcinfo);

    set_attribute(&row, "coefficients", make_float8_array(fit->coefficients, p + 1));
    set_attribute(&row, "se", make_float8_array(fit->se, p + 1));
    set_attribute(&row, "means", make_float8_array(fit->means, p));
    set_float8_attribute(&row, "log_likelihood", fit->log_likelihood);
    set_int64_attribute(&row, "customers", fit->customers);
    set_int64_attribute(&row, "hits", fit->hits);
    set_float8_attribute(&row, "auc", fit->auc);
    set_float8_attribute(&row, "ridge", ridge);
    set_attribute(&row, "evaluations", Int32GetDatum(fit->passes));
    return composite_datum(&row);
}

PG_FUNCTION_INFO_V1(clm_response_model_final);
Datum
clm_response_model_final(PG_FUNCTION_ARGS)
{
    logistic_number *rows;
    const double *constants;
    logistic_fit fit = {0};
    size_t n;
    int p;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    rows = row_state_rows(PG_GETARG_DATUM(0), &kind, &n, &constants);
    if (n == 0)
        PG_RETURN_NULL();
    p = row_state_trailing(PG_GETARG_DATUM(0), &kind);
    fit.coefficients = palloc((p + 1) * sizeof(float8));
    fit.se = palloc((p + 1) * sizeof(float8));
    fit.means = palloc(p * sizeof(float8));
    check_fit(logistic_estimate(rows, n, p, constants[0], &backend_stop, &fit), &fit);
    pfree(rows);
    warn_of_constants(&fit, p);
    PG_RETURN_DATUM(make_response_model(fcinfo, &fit, p, constants[0]));
}
