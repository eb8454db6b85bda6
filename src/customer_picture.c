/*
 * The aggregate customer_picture: customers with rounded numbers, equal ones merged, from which a distributed fit
 * takes its starting point. Its state is that of customer_model, whose combine function serves it.
 */
#include "clm.h"

#include "customer_rows.h"
#include "fit_options.h"

/* (state, history, as_of, options) */
PG_FUNCTION_INFO_V1(clm_customer_picture_history_transition);
Datum
clm_customer_picture_history_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = get_options_argument(fcinfo, 3);

    return add_history_row(fcinfo, &constants, true);
}

/* (state, rfm, options, weight) */
PG_FUNCTION_INFO_V1(clm_customer_picture_rfm_transition);
Datum
clm_customer_picture_rfm_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = get_options_argument(fcinfo, 2);

    return add_rfm_row(fcinfo, &constants, get_weight_argument(fcinfo, 3), true);
}

PG_FUNCTION_INFO_V1(clm_customer_picture_final);
Datum
clm_customer_picture_final(PG_FUNCTION_ARGS)
{
    FitState *state;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_fit_state(PG_GETARG_DATUM(0), CurrentMemoryContext, false);
    fit_state_normalise(state);
    PG_RETURN_DATUM(EOHPGetRODatum(&state->header));
}
