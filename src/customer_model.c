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
#include "fit_options.h"
#include "fit_state.h"
#include "history.h"
#include "rfm.h"

/* ---- transitions ---- */

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

/* Notes the days between a customer's purchases, and how he stood at the hold-out day. */
static void
add_past(FitState *state, const history_view *h, const customer_clock *clock)
{
    const fit_constants *constants = &state->constants;
    size_t n = 0;
    int32 *gaps = NULL;
    customer_group then = {.weight = 1};
    customer c;
    bool calibrated = constants->holdout != DATEVAL_NOBEGIN &&
                      history_get_customer(h, constants->holdout, clock, false, &c);

    if (fit_needs_gaps(constants))
        gaps = history_get_gaps(h, constants->as_of, clock, &n);
    for (size_t i = 0; i < n; i++) {
        fit_state_add_gap(state, GAPS_ALL, gaps[i], 1);
        if (calibrated)
            fit_state_add_gap(state, GAPS_LATER, gaps[i], 1);
    }
    if (!calibrated)
        return;
    then.of = c.summary;
    fit_state_add_calibration(state, &then);
    if (fit_needs_gaps(constants))
        gaps = history_get_gaps(h, constants->holdout, clock, &n);
    for (size_t i = 0; i < n; i++)
        fit_state_add_gap(state, GAPS_CALIBRATION, gaps[i], 1);
}

/* (state, history, as_of, ...): customers without an occasion up to as_of are not counted. */
static Datum
add_history(FunctionCallInfo fcinfo, fit_constants *constants)
{
    customer_clock clock;
    history_view h;
    customer c;
    Datum state;

    if (PG_ARGISNULL(2))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("as_of must not be null")));
    constants->as_of = get_finite_date(fcinfo, 2, "as_of");
    check_fit_options(constants);
    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    clock = fit_clock(constants);
    PG_GETARG_HISTORY(1, &h);
    if (!history_get_customer(&h, constants->as_of, &clock, true, &c))
        return unchanged_state(fcinfo);
    state = add_customer(fcinfo, constants, &c, 1);
    if (fit_needs_gaps(constants) || constants->holdout != DATEVAL_NOBEGIN)
        add_past((FitState *)DatumGetEOHP(state), &h, &clock);
    return state;
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_transition);
Datum
clm_customer_model_history_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    return add_history(fcinfo, &constants);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_family_transition);
Datum
clm_customer_model_history_family_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    get_family_argument(fcinfo, 3, &constants);
    return add_history(fcinfo, &constants);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_period_transition);
Datum
clm_customer_model_history_period_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    get_family_argument(fcinfo, 3, &constants);
    get_period_argument(fcinfo, 4, &constants);
    return add_history(fcinfo, &constants);
}

PG_FUNCTION_INFO_V1(clm_customer_model_history_options_transition);
Datum
clm_customer_model_history_options_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = get_options_argument(fcinfo, 3);

    return add_history(fcinfo, &constants);
}

/* A summary must fit what the family takes. */
static void
check_summary(const customer_family *family, const customer_summary *c)
{
    if (family != NULL && family->regular)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s is fitted to histories only", family->name),
                        errdetail("It looks at the times between purchases, which a summary does not carry."),
                        errhint("Write customer_model(h, as_of, '%s').", family->name)));
    if (family != NULL)
        check_opportunities(family, c);
}

/* (state, rfm, ...) */
static Datum
add_rfm(FunctionCallInfo fcinfo, const fit_constants *constants, int64 weight)
{
    customer c;

    if (PG_ARGISNULL(1) || weight == 0 || !datum_get_customer(PG_GETARG_DATUM(1), &c))
        return unchanged_state(fcinfo);
    check_summary(constants->family, &c.summary);
    return add_customer(fcinfo, constants, &c, weight);
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_transition);
Datum
clm_customer_model_rfm_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    return add_rfm(fcinfo, &constants, 1);
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_family_transition);
Datum
clm_customer_model_rfm_family_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();

    get_family_argument(fcinfo, 2, &constants);
    return add_rfm(fcinfo, &constants, 1);
}

static int64
get_weight_argument(FunctionCallInfo fcinfo, int argno)
{
    int64 weight = PG_ARGISNULL(argno) ? 0 : PG_GETARG_INT64(argno);

    if (weight < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("weight must be at least 0, not %lld", (long long)weight)));
    return weight;
}

PG_FUNCTION_INFO_V1(clm_customer_model_rfm_weight_transition);
Datum
clm_customer_model_rfm_weight_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = default_fit_constants();
    int64 weight = get_weight_argument(fcinfo, 3);

    get_family_argument(fcinfo, 2, &constants);
    get_period_argument(fcinfo, 4, &constants);
    return add_rfm(fcinfo, &constants, weight);
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
    return add_rfm(fcinfo, &constants, PG_NARGS() > 3 ? get_weight_argument(fcinfo, 3) : 1);
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
    PG_RETURN_DATUM(make_customer_model(fcinfo, &model));
}
