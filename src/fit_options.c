/*
 * How a fit is asked for: its family, period and further options, from arguments and from clm.fit_options.
 */
#include "fit_options.h"

#include "composite.h"
#include "model.h"

/* What an aggregation has where nothing else is said. */
fit_constants
default_fit_constants(void)
{
    return (fit_constants){.family = get_family(DEFAULT_FAMILY, strlen(DEFAULT_FAMILY)),
                           .period = DEFAULT_PERIOD,
                           .as_of = DATEVAL_NOBEGIN,
                           .since = DATEVAL_NOBEGIN,
                           .holdout = DATEVAL_NOBEGIN};
}

static void
set_family(fit_constants *constants, text *name)
{
    constants->family = get_family_or_auto(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
}

void
get_family_argument(FunctionCallInfo fcinfo, int argno, fit_constants *constants)
{
    if (PG_ARGISNULL(argno))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("family must not be null")));
    set_family(constants, PG_GETARG_TEXT_PP(argno));
}

void
get_period_argument(FunctionCallInfo fcinfo, int argno, fit_constants *constants)
{
    if (PG_ARGISNULL(argno))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("period must not be null")));
    constants->period = get_positive_int32(fcinfo, argno, "period");
}

/* ---- clm.fit_options ---- */

static void
read_day_option(const composite *row, const char *name, DateADT *day)
{
    Datum value;

    if (!get_attribute(row, name, &value))
        return;
    *day = DatumGetDateADT(value);
    if (DATE_NOT_FINITE(*day))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a finite date", name)));
}

/* Each option that is NULL stays as it is. */
static void
read_options(HeapTupleHeader header, fit_constants *constants)
{
    composite row = deform_composite(header);
    Datum value;

    if (get_attribute(&row, "family", &value))
        set_family(constants, DatumGetTextPP(value));
    if (get_attribute(&row, "period", &value))
        constants->period = DatumGetInt32(value);
    if (constants->period < 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("period must be at least 1, not %d", constants->period)));
    if (get_float8_attribute(&row, "prior", &constants->prior) && constants->prior <= 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("prior must be above 0, not %g", constants->prior),
                        errdetail("It is the standard deviation of a normal prior of the logarithms of the "
                                  "parameters: 1 is rather strong, 3 weak. NULL is no prior.")));
    read_day_option(&row, "since", &constants->since);
    read_day_option(&row, "holdout", &constants->holdout);
}

void
check_fit_options(const fit_constants *c)
{
    if (c->since != DATEVAL_NOBEGIN && c->since > c->as_of)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("since must not be after as_of")));
    if (c->holdout == DATEVAL_NOBEGIN)
        return;
    if (c->holdout >= c->as_of || c->holdout < c->since)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("holdout must be before as_of and not before since"),
                        errdetail("Families are fitted up to the end of that day and compared by what came "
                                  "after it, up to as_of.")));
    if (c->family != NULL && c->family->discrete)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s cannot be compared by a holdout", c->family->name),
                        errdetail("Its time is discrete, that of the other families is continuous.")));
}

/* The options that a call site has read last: a cache only, since a cluster may call without it. */
typedef struct options_site {
    struct varlena *datum;
    fit_constants constants;
} options_site;

fit_constants
get_options_argument(FunctionCallInfo fcinfo, int argno)
{
    options_site *site = fcinfo->flinfo->fn_extra;
    struct varlena *datum;
    fit_constants constants = default_fit_constants();

    if (PG_ARGISNULL(argno))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("options must not be null")));
    datum = PG_DETOAST_DATUM(PG_GETARG_DATUM(argno));
    if (site != NULL && VARSIZE(site->datum) == VARSIZE(datum) &&
        memcmp(site->datum, datum, VARSIZE(datum)) == 0)
        return site->constants;
    read_options((HeapTupleHeader)datum, &constants);
    if (site == NULL)
        site = fcinfo->flinfo->fn_extra =
            MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(options_site));
    if (site->datum != NULL)
        pfree(site->datum);
    site->datum = NULL;
    site->datum = memcpy(MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE(datum)), datum, VARSIZE(datum));
    site->constants = constants;
    return constants;
}

customer_clock
fit_clock(const fit_constants *constants)
{
    return (customer_clock){constants->period, constants->family != NULL && constants->family->discrete,
                            constants->since == DATEVAL_NOBEGIN ? HISTORY_MIN_DAY : constants->since};
}
