/*
 * clv(margin, retention, discount, ...): the closed form for a constant retention rate.
 */
#include "clm.h"

#include "core/constant_retention.h"

static float8
get_growth_rate(FunctionCallInfo fcinfo, int argno, const char *name)
{
    float8 rate = get_finite_float8(fcinfo, argno, name);

    if (rate <= -1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be greater than -1, not %g", name, rate)));
    return rate;
}

/* clv(margin, retention, discount, acquisition, growth, periods, advance); a NULL but of periods gives NULL.
 */
PG_FUNCTION_INFO_V1(clm_clv_constant_retention);
Datum
clm_clv_constant_retention(PG_FUNCTION_ARGS)
{
    constant_retention c = {0};
    float8 value;

    for (int i = 0; i < 7; i++) {
        if (PG_ARGISNULL(i) && i != 5)
            PG_RETURN_NULL();
    }
    c.margin = get_finite_float8(fcinfo, 0, "margin");
    c.retention = get_probability(fcinfo, 1, "retention");
    c.discount = get_growth_rate(fcinfo, 2, "discount");
    c.acquisition = get_finite_float8(fcinfo, 3, "acquisition");
    c.growth = get_growth_rate(fcinfo, 4, "growth");
    c.infinite = PG_ARGISNULL(5);
    if (!c.infinite)
        c.periods = PG_GETARG_INT32(5);
    if (c.periods < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("periods must be at least 0, not %d", c.periods)));
    c.advance = PG_GETARG_BOOL(6);
    check_status(constant_retention_clv(&c, &value), "clv");
    PG_RETURN_FLOAT8(value);
}
