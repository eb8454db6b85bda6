/*
 * The aggregate customer_model: a customer-base model from histories, or from customer summaries with
 * weights.
 *
 * Transitions turn each customer into a summary and merge it into the state; what is constant for the
 * aggregation (family, period, as_of) lives in the state too. The final function sorts the groups and fits,
 * so that the model depends on the customers only, not on the order of rows, workers or nodes. All
 * mathematics is in core/fit.
 */
#include "model.h"

#include "utils/builtins.h"

#include "fit_state.h"
#include "history.h"
#include "rfm.h"

/* ---- transitions ---- */

static const customer_family *
get_family_argument(FunctionCallInfo fcinfo, int argno)
{
    text *name;

    if (PG_ARGISNULL(argno))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("family must not be null")));
    name = PG_GETARG_TEXT_PP(argno);
    return get_family(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

static int32
get_period_argument(FunctionCallInfo fcinfo, int argno)
{
    if (PG_ARGISNULL(argno))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("period must not be null")));
    return get_positive_int32(fcinfo, argno, "period");
}

/* The state to write to: the argument in place within an aggregation, otherwise a copy; a new one where it is
 * NULL. */
static FitState *
get_writable_fit_state(FunctionCallInfo fcinfo, const fit_constants *constants)
{
    MemoryContext parent;
    bool in_place = AggCheckCallContext(fcinfo, &parent) != 0;
    FitState *writable;
    Datum state;

    if (!in_place)
        parent = CurrentMemoryContext;
    if (PG_ARGISNULL(0))
        return make_fit_state(constants, parent);
    /* Outside an aggregation an expanded state is its owner's: its flat form is expanded anew. */
    state = in_place ? PG_GETARG_DATUM(0) : PointerGetDatum(PG_DETOAST_DATUM(PG_GETARG_DATUM(0)));
    writable = datum_get_fit_state(state, parent, true);
    check_same_constants(&writable->constants, constants);
    return writable;
}

static Datum
add_customer(FunctionCallInfo fcinfo, const fit_constants *constants, const customer *c, int64 weight)
{
    fit_row row = {{c->summary, weight}, c->n_monetary, c->monetary};
    Datum small = small_state_append(PG_ARGISNULL(0) ? (Datum)0 : PG_GETARG_DATUM(0), constants, &row, 1,
                                     AggCheckCallContext(fcinfo, NULL) != 0);
    FitState *state;

    if (small != (Datum)0)
        PG_RETURN_DATUM(small);
    state = get_writable_fit_state(fcinfo, constants);
    fit_state_add(state, &row);
    return EOHPGetRWDatum(&state->header);
}

/* (state, history, as_of, ...): customers without an occasion up to as_of are not counted. */
static Datum
add_history(FunctionCallInfo fcinfo, const customer_family *family, int32 period)
{
    fit_constants constants = {family, period, 0};
    history_view h;
    customer c;

    if (PG_ARGISNULL(2))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("as_of must not be null")));
    constants.as_of = get_finite_date(fcinfo, 2, "as_of");
    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    PG_GETARG_HISTORY(1, &h);
    if (!history_get_customer(&h, constants.as_of, period, true, &c))
        return unchanged_state(fcinfo);
    return add_customer(fcinfo, &constants, &c, 1);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_transition);
Datum
clm_customer_model_history_transition(PG_FUNCTION_ARGS)
{
    return add_history(fcinfo, get_family(DEFAULT_FAMILY, strlen(DEFAULT_FAMILY)), DEFAULT_PERIOD);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_family_transition);
Datum
clm_customer_model_history_family_transition(PG_FUNCTION_ARGS)
{
    return add_history(fcinfo, get_family_argument(fcinfo, 3), DEFAULT_PERIOD);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_period_transition);
Datum
clm_customer_model_history_period_transition(PG_FUNCTION_ARGS)
{
    return add_history(fcinfo, get_family_argument(fcinfo, 3), get_period_argument(fcinfo, 4));
}

/* (state, rfm, ...) */
static Datum
add_rfm(FunctionCallInfo fcinfo, const customer_family *family, int32 period, int64 weight)
{
    fit_constants constants = {family, period, DATEVAL_NOBEGIN};
    customer c;

    if (PG_ARGISNULL(1) || weight == 0 || !datum_get_customer(PG_GETARG_DATUM(1), &c))
        return unchanged_state(fcinfo);
    return add_customer(fcinfo, &constants, &c, weight);
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_transition);
Datum
clm_customer_model_rfm_transition(PG_FUNCTION_ARGS)
{
    return add_rfm(fcinfo, get_family(DEFAULT_FAMILY, strlen(DEFAULT_FAMILY)), DEFAULT_PERIOD, 1);
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_family_transition);
Datum
clm_customer_model_rfm_family_transition(PG_FUNCTION_ARGS)
{
    return add_rfm(fcinfo, get_family_argument(fcinfo, 2), DEFAULT_PERIOD, 1);
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_weight_transition);
Datum
clm_customer_model_rfm_weight_transition(PG_FUNCTION_ARGS)
{
    int64 weight = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT64(3);

    if (weight < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("weight must be at least 0, not %lld", (long long)weight)));
    return add_rfm(fcinfo, get_family_argument(fcinfo, 2), get_period_argument(fcinfo, 4), weight);
}

PG_FUNCTION_INFO_V1(clm_customer_model_combine);
Datum
clm_customer_model_combine(PG_FUNCTION_ARGS)
{
    FitState *state, *other;
    fit_constants constants;
    const fit_row *rows;
    uint32 n;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    if (small_state_rows(PG_GETARG_DATUM(1), &constants, &rows, &n)) {
        Datum small = small_state_append(PG_ARGISNULL(0) ? (Datum)0 : PG_GETARG_DATUM(0), &constants, rows, n,
                                         AggCheckCallContext(fcinfo, NULL) != 0);

        if (small != (Datum)0)
            PG_RETURN_DATUM(small);
    }
    other = datum_get_fit_state(PG_GETARG_DATUM(1), CurrentMemoryContext, false);
    state = get_writable_fit_state(fcinfo, &other->constants);
    fit_state_merge(state, other);
    return EOHPGetRWDatum(&state->header);
}

/* ---- the fit ---- */

/* Throws what a failed fit of the purchases means to the user. */
static void
check_fit(clm_status status, const customer_family *family)
{
    switch (status) {
        case CLM_FIT_TOO_FEW:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("cannot fit %s to fewer than 2 customers", family->name),
                            errhint("Fit larger segments, or one model for all.")));
            break;
        case CLM_FIT_NO_REPEAT:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("cannot fit %s where no customer bought again", family->name),
                            errhint("Take a longer time, or a larger segment with repeat buyers.")));
            break;
        case CLM_FIT_BORDER:
            ereport(
                ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("the fit of %s has no optimum inside the domain of its parameters", family->name),
                 errdetail(
                     "The likelihood grows towards the border: the customers differ too little in how often "
                     "they buy, or in how readily they leave, to tell the parameters apart."),
                 errhint("Take more customers, a longer time, or another family.")));
            break;
        case CLM_FIT_NOT_CONVERGED:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("the fit of %s did not converge", family->name),
                            errhint("Take more customers, a longer time, or another family.")));
            break;
        case CLM_FIT_HESSIAN:
            ereport(
                ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("the fit of %s cannot be trusted", family->name),
                 errdetail(
                     "The Hessian of the likelihood is not positive definite at the optimum, so there are no "
                     "standard errors."),
                 errhint("Take more customers, a longer time, or another family.")));
            break;
        default:
            check_status(status, "the fit of a customer_model");
    }
}

/*
 * Fits the spend part. Where it cannot be trusted the purchases can, and serve all scores but those with
 * money in them: the model then carries no spend, which the functions that need it say, and a WARNING tells
 * why here.
 */
static bool
fit_spend_part(FitState *state, model_fit *fit)
{
    clm_status status = fit_spend(state->spend.items, &state->spend.n, &backend_stop, fit);

    switch (status) {
        case CLM_OK:
            return true;
        case CLM_FIT_NO_REPEAT: /* nobody's repeat purchases have a value */
        case CLM_FIT_NO_SPREAD: /* counts, or one price for all */
            return false;
        case CLM_FIT_TOO_FEW:
        case CLM_FIT_BORDER:
        case CLM_FIT_NOT_CONVERGED:
        case CLM_FIT_HESSIAN:
            ereport(
                WARNING,
                (errcode(ERRCODE_WARNING), errmsg("the model has no spend part"),
                 errdetail("The amounts of the repeat buyers do not determine a gamma-gamma model: they are "
                           "nearly equal, as counts are, or too few customers bought again."),
                 errhint("Scores without money work. clv and expected_spend need histories with amounts, of "
                         "more repeat buyers.")));
            return false;
        default:
            check_status(status, "the fit of spend");
            return false;
    }
}

PG_FUNCTION_INFO_V1(clm_customer_model_final);
Datum
clm_customer_model_final(PG_FUNCTION_ARGS)
{
    FitState *state;
    const fit_constants *constants;
    model_fit fit, spend;
    bool has_spend;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_fit_state(PG_GETARG_DATUM(0), CurrentMemoryContext, false);
    /* The fit sorts the lists in place and merges equal groups, which leaves the state's meaning as it is. */
    constants = &state->constants;
    check_fit(fit_customer_family(constants->family, state->customers.items, &state->customers.n,
                                  &backend_stop, &fit),
              constants->family);
    has_spend = fit_spend_part(state, &spend);
    PG_RETURN_DATUM(make_customer_model(fcinfo, constants->family, constants->period,
                                        constants->as_of != DATEVAL_NOBEGIN, constants->as_of, &fit,
                                        has_spend ? &spend : NULL));
}
