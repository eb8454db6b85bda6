/*
 * margin, retention, clv, elasticity and breakeven of a clm.economics.
 */
#include "economics.h"

#include "lib/stringinfo.h"
#include "utils/typcache.h"

/* ---- arguments ---- */

pg_noreturn static void
throw_outside_domain(economics_driver driver, float8 value)
{
    const char *name = economics_driver_names[driver];
    const economics_domain *domain = &economics_domains[driver];

    if (!isfinite(value))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                        errmsg("%s must be a finite number, not %g", name, value)));
    if (domain->open)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be greater than %g, not %.15g", name, domain->least, value)));
    if (isfinite(domain->least) && isfinite(domain->most))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must lie between %g and %g, not at %.15g", name, domain->least,
                               domain->most, value),
                        percent_hint(value)));
    if (isfinite(domain->least))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be at least %g, not %.15g", name, domain->least, value)));
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("%s must be at most %g, not %.15g", name, domain->most, value)));
}

void
read_economics(HeapTupleHeader header, economics *e)
{
    TupleDesc desc =
        lookup_rowtype_tupdesc(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header));
    composite row = deform_composite_as(desc, header);
    int invalid;

    economics_default(e);
    get_float8_attributes(&row, economics_driver_names, ECONOMICS_DRIVERS, e->driver);
    ReleaseTupleDesc(desc);
    pfree(row.values);
    pfree(row.nulls);
    invalid = economics_invalid_driver(e);
    if (invalid >= 0)
        throw_outside_domain(invalid, e->driver[invalid]);
}

economics_driver
get_driver(const char *name, int length)
{
    int driver = economics_driver_by_name(name, length);
    StringInfoData known;

    if (driver >= 0)
        return driver;
    initStringInfo(&known);
    for (int i = 0; i < ECONOMICS_DRIVERS; i++)
        appendStringInfo(&known, "%s%s", i == 0 ? "" : ", ", economics_driver_names[i]);
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unknown driver \"%.*s\"", length, name),
                    errhint("Known drivers are: %s. The table clm.lever says which driver a lever moves.",
                            known.data)));
}

static economics_driver
get_driver_argument(FunctionCallInfo fcinfo, int argno)
{
    text *name = PG_GETARG_TEXT_PP(argno);

    return get_driver(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

/* ---- functions of economics alone ---- */

/* As check_status, but for the horizon that is no argument here. */
static void
check_economics_status(clm_status status, const char *what)
{
    if (status == CLM_DIVERGES)
        ereport(ERROR,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%s diverges", what),
                 errdetail("The sum over all periods is infinite."),
                 errhint("Give a discount above 0; without win-back a churn above 0 will do as well.")));
    check_status(status, what);
}

typedef clm_status (*economics_measure)(const economics *e, double *value);

static Datum
measure(FunctionCallInfo fcinfo, economics_measure of, const char *name)
{
    economics e;
    float8 value;

    read_economics(PG_GETARG_HEAPTUPLEHEADER(0), &e);
    check_economics_status(of(&e, &value), name);
    PG_RETURN_FLOAT8(value);
}

PG_FUNCTION_INFO_V1(clm_economics_margin);
Datum
clm_economics_margin(PG_FUNCTION_ARGS)
{
    return measure(fcinfo, economics_margin, "margin");
}

PG_FUNCTION_INFO_V1(clm_economics_retention);
Datum
clm_economics_retention(PG_FUNCTION_ARGS)
{
    return measure(fcinfo, economics_retention, "retention");
}

PG_FUNCTION_INFO_V1(clm_economics_clv);
Datum
clm_economics_clv(PG_FUNCTION_ARGS)
{
    return measure(fcinfo, economics_clv, "clv");
}

/* ---- functions of a driver ---- */

/* A number, or NULL where there is none. */
static Datum
optional_result(FunctionCallInfo fcinfo, clm_status status, float8 value, const char *name)
{
    if (status == CLM_UNDEFINED)
        PG_RETURN_NULL();
    check_economics_status(status, name);
    PG_RETURN_FLOAT8(value);
}

PG_FUNCTION_INFO_V1(clm_elasticity);
Datum
clm_elasticity(PG_FUNCTION_ARGS)
{
    economics_driver driver = get_driver_argument(fcinfo, 1);
    economics e;
    float8 value = 0;
    clm_status status;

    read_economics(PG_GETARG_HEAPTUPLEHEADER(0), &e);
    status = economics_elasticity(&e, driver, &value);
    return optional_result(fcinfo, status, value, status == CLM_DIVERGES ? "clv" : "elasticity");
}

PG_FUNCTION_INFO_V1(clm_breakeven);
Datum
clm_breakeven(PG_FUNCTION_ARGS)
{
    economics_driver driver = get_driver_argument(fcinfo, 1);
    float8 target = get_finite_float8(fcinfo, 2, "target");
    economics e;
    float8 value = 0;
    clm_status status;

    read_economics(PG_GETARG_HEAPTUPLEHEADER(0), &e);
    status = economics_breakeven(&e, driver, target, &value);
    return optional_result(fcinfo, status, value, "clv");
}
