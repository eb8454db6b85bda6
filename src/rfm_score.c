/*
 * rfm_score(value, cuts, lower_is_better): an RFM score by cut points.
 */
#include "clm.h"

#include "composite.h"
#include "core/rfm_score.h"

/* A cuts argument: finite numbers, at least one, in ascending order. */
static const float8 *
get_cuts(FunctionCallInfo fcinfo, int argno, int *n)
{
    const float8 *cuts = get_float8_array(PG_GETARG_DATUM(argno), "cuts", n);

    if (*n == 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("cuts must not be empty")));
    for (int i = 1; i < *n; i++) {
        if (cuts[i] < cuts[i - 1])
            ereport(ERROR,
                    (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                     errmsg("cuts must ascend, but element %d is %g after %g", i + 1, cuts[i], cuts[i - 1]),
                     errhint("Where a lower value is better, cuts ascend as well: set lower_is_better.")));
    }
    return cuts;
}

PG_FUNCTION_INFO_V1(clm_rfm_score);
Datum
clm_rfm_score(PG_FUNCTION_ARGS)
{
    float8 value = get_finite_float8(fcinfo, 0, "value");
    int n;
    const float8 *cuts = get_cuts(fcinfo, 1, &n);

    PG_RETURN_INT32(rfm_score(value, cuts, n, PG_GETARG_BOOL(2)));
}
