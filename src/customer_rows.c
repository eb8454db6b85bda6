/*
 * Rows of customers on their way into a clm.customer_model_state, as they are or as a picture shows them.
 */
#include "customer_rows.h"

#include "core/picture.h"
#include "fit_options.h"
#include "history.h"
#include "model.h"
#include "rfm.h"

FitState *
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

/* The customer as a picture shows him. */
static void
round_row(const fit_constants *constants, fit_row *row)
{
    row->customers.of =
        picture_summary(&row->customers.of, constants->family != NULL && constants->family->discrete);
    if (row->n > 0)
        picture_spend(&row->n, &row->m);
}

static Datum
add_customer(FunctionCallInfo fcinfo, const fit_constants *constants, const customer *c, int64 weight,
             bool picture)
{
    fit_row row = {{c->summary, weight}, c->n_monetary, c->monetary};
    FitState *state;
    Datum small;

    if (picture)
        round_row(constants, &row);
    small = small_state_append(PG_ARGISNULL(0) ? (Datum)0 : PG_GETARG_DATUM(0), constants, &row, 1,
                               AggCheckCallContext(fcinfo, NULL) != 0);
    if (small != (Datum)0)
        PG_RETURN_DATUM(small);
    state = get_writable_fit_state(fcinfo, constants);
    if (picture)
        fit_state_merge_early(state);
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

Datum
add_history_row(FunctionCallInfo fcinfo, fit_constants *constants, bool picture)
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
    state = add_customer(fcinfo, constants, &c, 1, picture);
    if (picture)
        return state;
    if (fit_needs_gaps(constants) || constants->holdout != DATEVAL_NOBEGIN)
        add_past((FitState *)DatumGetEOHP(state), &h, &clock);
    return state;
}

void
check_summary(const customer_family *family, const customer_summary *c, const char *aggregate)
{
    if (family != NULL && family->regular)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s is fitted to histories only", family->name),
                        errdetail("It looks at the times between purchases, which a summary does not carry."),
                        errhint("Write %s(h, as_of, '%s'%s).", aggregate, family->name,
                                strcmp(aggregate, "customer_model") == 0 ? "" : ", ...")));
    if (family != NULL)
        check_opportunities(family, c);
}

Datum
add_rfm_row(FunctionCallInfo fcinfo, const fit_constants *constants, int64 weight, bool picture)
{
    customer c;

    if (PG_ARGISNULL(1) || weight == 0 || !datum_get_customer(PG_GETARG_DATUM(1), &c))
        return unchanged_state(fcinfo);
    check_summary(constants->family, &c.summary, picture ? "customer_picture" : "customer_model");
    return add_customer(fcinfo, constants, &c, weight, picture);
}

int64
get_weight_argument(FunctionCallInfo fcinfo, int argno)
{
    int64 weight = PG_ARGISNULL(argno) ? 0 : PG_GETARG_INT64(argno);

    if (weight < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("weight must be at least 0, not %lld", (long long)weight)));
    return weight;
}
