/*
 * offer_value and expected_loss: what an offer to one customer is worth, and what credit to one customer costs.
 */
#include "clm.h"

#include "core/offer.h"

/* offer_value(need, accept, value, offer_cost, contact_cost, waste) */
PG_FUNCTION_INFO_V1(clm_offer_value);
Datum
clm_offer_value(PG_FUNCTION_ARGS)
{
    offer o;
    float8 value;

    o.need = get_probability(fcinfo, 0, "need");
    o.accept = get_probability(fcinfo, 1, "accept");
    o.value = get_finite_float8(fcinfo, 2, "value");
    o.offer_cost = get_nonnegative_float8(fcinfo, 3, "offer_cost");
    o.contact_cost = get_nonnegative_float8(fcinfo, 4, "contact_cost");
    o.waste = get_probability(fcinfo, 5, "waste");
    check_status(offer_value(&o, &value), "offer_value");
    PG_RETURN_FLOAT8(value);
}

/* expected_loss(pd, lgd, ead) */
PG_FUNCTION_INFO_V1(clm_expected_loss);
Datum
clm_expected_loss(PG_FUNCTION_ARGS)
{
    float8 pd = get_probability(fcinfo, 0, "pd");
    float8 lgd = get_probability(fcinfo, 1, "lgd");
    float8 ead = get_nonnegative_float8(fcinfo, 2, "ead");
    float8 value;

    check_status(offer_expected_loss(pd, lgd, ead, &value), "expected_loss");
    PG_RETURN_FLOAT8(value);
}
