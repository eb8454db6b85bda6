/*
 * The module itself, and the bridge between the core and the server: interrupts, errors, checked arguments.
 */
#include "clm.h"

#include "miscadmin.h"

PG_MODULE_MAGIC;

/* ---- interrupts ---- */

/* The error by which an interrupt has ended core work, from then until throw_status throws it. */
static ErrorData *interrupt_error = NULL;

/* An error that nobody has thrown goes with its memory, so that it cannot end later work. */
static void
forget_error(void *error)
{
    if (interrupt_error == error)
        interrupt_error = NULL;
}

/* Takes the error just caught from the server into memory of the caller. */
static void
keep_error(MemoryContext context)
{
    MemoryContextCallback *callback;

    MemoryContextSwitchTo(context);
    callback = palloc(sizeof(*callback));
    interrupt_error = CopyErrorData();
    callback->func = forget_error;
    callback->arg = interrupt_error;
    MemoryContextRegisterResetCallback(context, callback);
    FlushErrorState();
}

/*
 * Serves interrupts in the middle of core work, where no error may be thrown: it would jump over frames of the core
 * and of NLopt, which have memory to free. Only the server knows them all (a conflict with recovery on a standby and
 * a lost client have no flag that could be read here), and only it knows which of them end a statement: after the
 * others the work goes on. Where interrupts are held off it goes on as well. Once an error waits to be thrown the
 * answer stays the same. A backend that is to die exits in here, with all its memory.
 */
static bool
interrupt_ends_work(void *arg)
{
    MemoryContext context = CurrentMemoryContext;

    if (interrupt_error != NULL)
        return true;
    if (!INTERRUPTS_PENDING_CONDITION() || !INTERRUPTS_CAN_BE_PROCESSED())
        return false;
    PG_TRY();
    {
        CHECK_FOR_INTERRUPTS();
    }
    PG_CATCH();
    {
        keep_error(context);
    }
    PG_END_TRY();
    return interrupt_error != NULL;
}

const clm_stop backend_stop = {interrupt_ends_work, NULL};

/* Throws the error of the interrupt that has ended core work. */
static void
throw_interrupt(const char *what)
{
    ErrorData *error = interrupt_error;

    if (error == NULL)
        elog(ERROR, "%s was stopped without an interrupt", what);
    interrupt_error = NULL;
    ReThrowError(error);
}

/* ---- errors and checked arguments ---- */

void
throw_status(clm_status status, const char *what)
{
    switch (status) {
        case CLM_STOPPED:
            throw_interrupt(what);
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
