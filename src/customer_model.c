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

#include <math.h>

#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "composite.h"
#include "customer_fit.h"
#include "customer_rows.h"
#include "fit_options.h"
#include "fit_state.h"

/* ---- transitions ---- */

PG_FUNCTION_INFO_V1(clm_customer_model_history_transition);
Datum
clm_customer_model_history_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    return add_history_row(fcinfo, &constants, false);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_family_transition);
Datum
clm_customer_model_history_family_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    get_family_argument(fcinfo, 3, &constants);
    return add_history_row(fcinfo, &constants, false);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_period_transition);
Datum
clm_customer_model_history_period_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    get_family_argument(fcinfo, 3, &constants);
    get_period_argument(fcinfo, 4, &constants);
    return add_history_row(fcinfo, &constants, false);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_options_transition);
Datum
clm_customer_model_history_options_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = get_options_argument(fcinfo, 3);

    return add_history_row(fcinfo, &constants, false);
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_transition);
Datum
clm_customer_model_rfm_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    return add_rfm_row(fcinfo, &constants, 1, false);
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_family_transition);
Datum
clm_customer_model_rfm_family_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    get_family_argument(fcinfo, 2, &constants);
    return add_rfm_row(fcinfo, &constants, 1, false);
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_weight_transition);
Datum
clm_customer_model_rfm_weight_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();
    int64 weight = get_weight_argument(fcinfo, 3);

    get_family_argument(fcinfo, 2, &constants);
    get_period_argument(fcinfo, 4, &constants);
    return add_rfm_row(fcinfo, &constants, weight, false);
}

/* (state, rfm, options [, weight]) */
PG_FUNCTION_INFO_V1(clm_customer_model_rfm_options_transition);
Datum
clm_customer_model_rfm_options_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = get_options_argument(fcinfo, 2);

    if (constants.since != DATEVAL_NOBEGIN || constants.holdout != DATEVAL_NOBEGIN)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("since and holdout are for fits to histories"),
                        errdetail("A summary knows no days.")));
    return add_rfm_row(fcinfo, &constants, PG_NARGS() > 3 ? get_weight_argument(fcinfo, 3) : 1, false);
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
    if (small_state_rows(PG_GETARG_DATUM(1), &constants, &rows, &n) && n > 0) {
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

/* The customers of a list with the sum of their gaps. */
static customer_data
get_customer_data(FitState *state, group_list *list, int gaps)
{
    const gap_table *table = &state->gaps[gaps];

    return (customer_data){list->items, list->n, fit_needs_gaps(&state->constants),
                           sum_log_gaps(table->count, table->n, state->constants.period)};
}

/* The customers of the calibration as they stand at as_of: those who are old enough. */
static customer_data
get_later_data(FitState *state)
{
    const fit_constants *constants = &state->constants;
    customer_data later = get_customer_data(state, &state->customers, GAPS_LATER);
    const customer_group *all = state->customers.items;
    int64 least_days = (int64)constants->as_of - constants->holdout;

    later.groups = palloc_extended((later.n + 1) * sizeof(customer_group), MCXT_ALLOC_HUGE);
    later.n = 0;
    for (size_t i = 0; i < state->customers.n; i++)
        if (llrint(all[i].of.t * constants->period) >= least_days)
            later.groups[later.n++] = all[i];
    return later;
}

/* Fits the family, or chooses the best one. The fits sort the lists and merge equal groups in place, which leaves
 * the state's meaning as it is. */
static void
fit_purchases(FitState *state, family_choice *choice)
{
    const fit_constants *constants = &state->constants;
    bool by_holdout = constants->holdout != DATEVAL_NOBEGIN;
    customer_data all = get_customer_data(state, &state->customers, GAPS_ALL), calibration, later;
    choice_data data = {&all, NULL, NULL};
    clm_status status;

    if (by_holdout) {
        calibration = get_customer_data(state, &state->calibration, GAPS_CALIBRATION);
        later = get_later_data(state);
        data = (choice_data){&all, &calibration, &later};
    }
    status = choose_family(constants->family, &data, constants->prior, &backend_stop, choice);
    state->customers.n = all.n;
    if (by_holdout)
        state->calibration.n = calibration.n;
    check_customer_fit(status, constants->family == NULL ? "any family" : constants->family->name);
}

/* Says which family was chosen, and by how much. */
static void
tell_choice(const family_choice *choice, bool by_holdout)
{
    const tried_family *best = &choice->tried[choice->best];
    const char *what = by_holdout ? "hold-out log-score" : "BIC";
    StringInfoData others;

    initStringInfo(&others);
    for (int i = 0; i < choice->n; i++) {
        const tried_family *other = &choice->tried[i];

        if (i == choice->best)
            continue;
        if (other->status == CLM_OK)
            appendStringInfo(&others, "%s%s is worse by %.2f", others.len > 0 ? ", " : "",
                             other->family->name, fabs(other->criterion - best->criterion));
        else
            appendStringInfo(&others, "%s%s cannot be fitted", others.len > 0 ? ", " : "",
                             other->family->name);
    }
    ereport(NOTICE,
            (errmsg("family \"%s\" is the best by %s: %.2f", best->family->name, what, best->criterion),
             others.len > 0 ? errdetail("%s.", others.data) : 0));
}

PG_FUNCTION_INFO_V1(clm_customer_model_final);
Datum
clm_customer_model_final(PG_FUNCTION_ARGS)
{
    FitState *state;
    const fit_constants *constants;
    family_choice choice;
    model_fit spend;
    fitted_model model;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_fit_state(PG_GETARG_DATUM(0), CurrentMemoryContext, false);
    constants = &state->constants;
    fit_purchases(state, &choice);
    model = (fitted_model){.period = constants->period,
                           .as_of = constants->as_of,
                           .since = constants->since,
                           .prior = constants->prior,
                           .choice = &choice,
                           .compared = constants->family == NULL || constants->holdout != DATEVAL_NOBEGIN,
                           .by_holdout = constants->holdout != DATEVAL_NOBEGIN};
    if (fit_spend_part(state->spend.items, &state->spend.n, constants->prior, &spend))
        model.spend = &spend;
    if (constants->family == NULL)
        tell_choice(&choice, model.by_holdout);
    PG_RETURN_DATUM(make_customer_model(make_result_row(fcinfo), &model));
}
