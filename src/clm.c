/*
 * The module itself, and the bridge between the core and the server: interrupts, errors, checked arguments.
 */
#include "clm.h"

#include "miscadmin.h"

PG_MODULE_MAGIC;

static bool
interrupt_is_pending(void *arg)
{
#if PG_VERSION_NUM >= 170000
    if (TransactionTimeoutPending)
        return true;
#endif
    return QueryCancelPending || ProcDiePending;
}

const clm_stop backend_stop = {interrupt_is_pending, NULL};

void
throw_status(clm_status status, const char *what)
{
    switch (status) {
        case CLM_STOPPED:
            CHECK_FOR_INTERRUPTS();
            /* Interrupts may be held off where the caller cannot be left half done. */
            ereport(ERROR, (errcode(ERRCODE_QUERY_CANCELED), errmsg("%s was stopped", what)));
            break;
        case CLM_NO_MEMORY:
            ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory"),
                            errdetail("Failed in %s.", what)));
            break;
        case CLM_OVERFLOW:
            ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                            errmsg("%s is out of range of double precision", what)));
            break;
        case CLM_DIVERGES:
            ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%s diverges", what),
                            errdetail("The sum over an infinite future is infinite."),
                            errhint("Give a horizon, or a larger discount rate.")));
            break;
        case CLM_DOMAIN:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("%s is not defined for these arguments", what)));
            break;
        default:
            elog(ERROR, "unexpected status %d of %s", (int)status, what);
    }
}

DateADT
get_finite_date(FunctionCallInfo fcinfo, int argno, const char *name)
{
    DateADT day = PG_GETARG_DATEADT(argno);

    if (DATE_NOT_FINITE(day))
        ereport(ERROR,
                (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("%s must be a finite date", name)));
    return day;
}

float8
get_finite_float8(FunctionCallInfo fcinfo, int argno, const char *name)
{
    float8 value = PG_GETARG_FLOAT8(argno);

    if (isnan(value) || isinf(value))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                        errmsg("%s must be a finite number, not %g", name, value)));
    return value;
}

float8
get_nonnegative_float8(FunctionCallInfo fcinfo, int argno, const char *name)
{
    float8 value = get_finite_float8(fcinfo, argno, name);

    if (value < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be at least 0, not %g", name, value)));
    return value;
}

int
percent_hint(float8 value)
{
    return value >= 2 && value <= 100 ? errhint("%g %% is written %.15g.", value, value / 100) : 0;
}

float8
get_probability(FunctionCallInfo fcinfo, int argno, const char *name)
{
    float8 value = get_finite_float8(fcinfo, argno, name);

    if (value < 0 || value > 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must lie between 0 and 1, not at %g", name, value), percent_hint(value)));
    return value;
}

int32
get_positive_int32(FunctionCallInfo fcinfo, int argno, const char *name)
{
    int32 value = PG_GETARG_INT32(argno);

    if (value < 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be at least 1, not %d", name, value)));
    return value;
}

Datum
unchanged_state(FunctionCallInfo fcinfo)
{
    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}
