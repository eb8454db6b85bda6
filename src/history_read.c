/*
 * What can be read off a clm.history: its entries, days, counts, sums and trend.
 */
#include "history.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"

#include "core/trend.h"

/* Bounds after < day <= upto, where NULL is no bound. */
static history_view
get_slice(FunctionCallInfo fcinfo)
{
    history_view h;
    int64 after = PG_ARGISNULL(1) ? PG_INT64_MIN : PG_GETARG_DATEADT(1);
    int64 upto = PG_ARGISNULL(2) ? PG_INT64_MAX : PG_GETARG_DATEADT(2);

    PG_GETARG_HISTORY(0, &h);
    return history_slice(&h, after, upto);
}

PG_FUNCTION_INFO_V1(clm_history_occasions);
Datum
clm_history_occasions(PG_FUNCTION_ARGS)
{
    history_view slice;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    slice = get_slice(fcinfo);
    PG_RETURN_INT32((int32)history_occasions(&slice));
}

PG_FUNCTION_INFO_V1(clm_history_total);
Datum
clm_history_total(PG_FUNCTION_ARGS)
{
    history_view slice;
    float8 total;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    slice = get_slice(fcinfo);
    check_status(history_total(&slice, &total), "the total of a history");
    PG_RETURN_FLOAT8(total);
}

/* The history as it stood at the end of a day; NULL where nothing had happened. */
PG_FUNCTION_INFO_V1(clm_history_as_of);
Datum
clm_history_as_of(PG_FUNCTION_ARGS)
{
    history_view h, past;

    PG_GETARG_HISTORY(0, &h);
    past = history_slice(&h, PG_INT64_MIN, get_finite_date(fcinfo, 1, "as_of"));
    if (past.n == 0)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(copy_history(&past));
}

PG_FUNCTION_INFO_V1(clm_history_first_day);
Datum
clm_history_first_day(PG_FUNCTION_ARGS)
{
    history_view h;
    int32 day;

    PG_GETARG_HISTORY(0, &h);
    if (!history_first_day(&h, &day))
        PG_RETURN_NULL();
    PG_RETURN_DATEADT(day);
}

PG_FUNCTION_INFO_V1(clm_history_last_day);
Datum
clm_history_last_day(PG_FUNCTION_ARGS)
{
    history_view h;
    int32 day;

    PG_GETARG_HISTORY(0, &h);
    if (!history_last_day(&h, &day))
        PG_RETURN_NULL();
    PG_RETURN_DATEADT(day);
}

/* Days from an occasion, found by `find` among those up to as_of, to as_of. */
static Datum
days_since(FunctionCallInfo fcinfo, bool (*find)(const history_view *, int32 *))
{
    history_view h, past;
    DateADT as_of = get_finite_date(fcinfo, 1, "as_of");
    int32 day;

    PG_GETARG_HISTORY(0, &h);
    past = history_slice(&h, PG_INT64_MIN, as_of);
    if (!find(&past, &day))
        PG_RETURN_NULL();
    /* The first and the last date lie 2,147,483,493 days apart, so an int4 is wide enough. */
    PG_RETURN_INT32(as_of - day);
}

PG_FUNCTION_INFO_V1(clm_history_recency);
Datum
clm_history_recency(PG_FUNCTION_ARGS)
{
    return days_since(fcinfo, history_last_day);
}

PG_FUNCTION_INFO_V1(clm_history_tenure);
Datum
clm_history_tenure(PG_FUNCTION_ARGS)
{
    return days_since(fcinfo, history_first_day);
}

/* Mean number of days between occasions; NULL for fewer than two. */
PG_FUNCTION_INFO_V1(clm_history_cadence);
Datum
clm_history_cadence(PG_FUNCTION_ARGS)
{
    history_view h;
    float8 days;

    PG_GETARG_HISTORY(0, &h);
    if (history_cadence(&h, &days) == CLM_UNDEFINED)
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(days);
}

PG_FUNCTION_INFO_V1(clm_history_days);
Datum
clm_history_days(PG_FUNCTION_ARGS)
{
    history_view h;
    Datum *days;

    PG_GETARG_HISTORY(0, &h);
    days = palloc(h.n * sizeof(Datum));
    for (size_t i = 0; i < h.n; i++)
        days[i] = DateADTGetDatum(history_day(&h, i));
    PG_RETURN_ARRAYTYPE_P(construct_array(days, (int)h.n, DATEOID, sizeof(DateADT), true, TYPALIGN_INT));
}

PG_FUNCTION_INFO_V1(clm_history_amounts);
Datum
clm_history_amounts(PG_FUNCTION_ARGS)
{
    history_view h;
    Datum *amounts;

    PG_GETARG_HISTORY(0, &h);
    amounts = palloc(h.n * sizeof(Datum));
    for (size_t i = 0; i < h.n; i++)
        amounts[i] = Float8GetDatum(history_amount(&h, i));
    PG_RETURN_ARRAYTYPE_P(
        construct_array(amounts, (int)h.n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(clm_history_entries);
Datum
clm_history_entries(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    history_view h;

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    PG_GETARG_HISTORY(0, &h);
    for (size_t i = 0; i < h.n; i++) {
        Datum values[3] = {DateADTGetDatum(history_day(&h, i)), Float8GetDatum(history_amount(&h, i)),
                           BoolGetDatum(history_is_occasion(&h, i))};
        bool nulls[3] = {false, false, false};

        CHECK_FOR_INTERRUPTS();
        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
    return (Datum)0;
}

/* trend(h, as_of, period, k) */
PG_FUNCTION_INFO_V1(clm_history_trend);
Datum
clm_history_trend(PG_FUNCTION_ARGS)
{
    history_view h;
    DateADT as_of = get_finite_date(fcinfo, 1, "as_of");
    int32 period = get_positive_int32(fcinfo, 2, "period"), k = PG_GETARG_INT32(3);
    double sums[TREND_MAX_PERIODS], slope;
    int n;
    clm_status status;

    if (k < TREND_MIN_PERIODS || k > TREND_MAX_PERIODS)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("k must lie between %d and %d, not at %d", TREND_MIN_PERIODS, TREND_MAX_PERIODS, k)));
    PG_GETARG_HISTORY(0, &h);
    status = trend_periods(&h, as_of, period, k, sums, &n);
    if (status == CLM_OK)
        status = trend_relative_slope(sums, n, &slope);
    if (status == CLM_UNDEFINED)
        PG_RETURN_NULL();
    check_status(status, "the trend of a history");
    PG_RETURN_FLOAT8(slope);
}
