/*
 * Rows of tenures, as the aggregates retention_curve and retention_model gather them.
 */
#include "tenure_row.h"

clm_status
merge_tenure_rows(void *rows, size_t *n, size_t width, const clm_stop *stop)
{
    return tenure_groups_merge(rows, n, stop);
}

static int64
get_weight(FunctionCallInfo fcinfo, int argno)
{
    int64 weight = PG_GETARG_INT64(argno);

    if (weight < 0 || weight > SURVIVAL_MOST_CUSTOMERS)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("weight must lie between 0 and %lld, not at %lld",
                               (long long)SURVIVAL_MOST_CUSTOMERS, (long long)weight)));
    return weight;
}

bool
get_tenure_row(FunctionCallInfo fcinfo, int weight_argno, tenure_group *row)
{
    row->customers = 1;
    if (weight_argno != 0 && PG_ARGISNULL(weight_argno))
        return false;
    if (weight_argno != 0)
        row->customers = get_weight(fcinfo, weight_argno);
    if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
        return false;
    row->tenure = PG_GETARG_INT64(1);
    row->events = PG_GETARG_BOOL(2) ? row->customers : 0;
    if (row->tenure < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("tenure must be at least 0, not %lld", (long long)row->tenure)));
    return row->customers > 0;
}
