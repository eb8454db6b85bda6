/*
 * simulate(): reproducible purchases of customers with known parameters, for demos, tests and benchmarks.
 */
#include "model.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

#include "core/random.h"
#include "rfm.h"

/* Arguments of simulate, in their order. */
enum {
    ARG_CUSTOMERS,
    ARG_START,
    ARG_STOP,
    ARG_SEED,
    ARG_FAMILY,
    ARG_PARAMS,
    ARG_PERIOD,
    ARG_SPEND,
    ARG_JOIN_BY
};

/* Spend where the caller gives none: the estimates for CDNOW, p, q, gamma. */
static const double typical_spend[GAMMA_GAMMA_NPARAMS] = {6.25, 3.74, 15.44};

typedef struct simulation {
    int64 customers;
    DateADT start, stop, join_by;
    uint64 seed;
    const customer_family *family;
    double params[CLM_MAX_PARAMS];
    double spend[GAMMA_GAMMA_NPARAMS];
    int32 period; /* days */
} simulation;

/* ---- arguments ---- */

/* Where the argument is NULL, `typical` serves. */
static void
get_parameter_argument(FunctionCallInfo fcinfo, int argno, const char *name, int n, const double *typical,
                       double *params)
{
    ArrayType *array;

    memcpy(params, typical, n * sizeof(double));
    if (PG_ARGISNULL(argno))
        return;
    array = PG_GETARG_ARRAYTYPE_P(argno);
    if (ARR_NDIM(array) != 1 || ARR_DIMS(array)[0] != n || array_contains_nulls(array))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be %d numbers", name, n)));
    memcpy(params, ARR_DATA_PTR(array), n * sizeof(double));
}

static void
require_arguments(FunctionCallInfo fcinfo)
{
    static const int required[] = {ARG_CUSTOMERS, ARG_START, ARG_STOP, ARG_SEED, ARG_FAMILY, ARG_PERIOD};
    static const char *const names[] = {"customers", "start", "stop", "seed", "family", "period"};

    for (int i = 0; i < (int)lengthof(required); i++) {
        if (PG_ARGISNULL(required[i]))
            ereport(ERROR,
                    (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", names[i])));
    }
}

static void
get_days_arguments(FunctionCallInfo fcinfo, simulation *s)
{
    s->start = get_finite_date(fcinfo, ARG_START, "start");
    s->stop = get_finite_date(fcinfo, ARG_STOP, "stop");
    if (s->stop < s->start)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("stop must not be before start")));
    s->join_by = PG_ARGISNULL(ARG_JOIN_BY) ? s->stop : get_finite_date(fcinfo, ARG_JOIN_BY, "join_by");
    if (s->join_by < s->start || s->join_by > s->stop)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("join_by must lie between start and stop")));
}

static void
get_simulation(FunctionCallInfo fcinfo, simulation *s)
{
    text *family;

    require_arguments(fcinfo);
    s->customers = PG_GETARG_INT64(ARG_CUSTOMERS);
    if (s->customers < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("customers must be at least 0, not %lld", (long long)s->customers)));
    get_days_arguments(fcinfo, s);
    s->seed = (uint64)PG_GETARG_INT64(ARG_SEED);
    family = PG_GETARG_TEXT_PP(ARG_FAMILY);
    s->family = get_family(VARDATA_ANY(family), VARSIZE_ANY_EXHDR(family));
    s->period = get_positive_int32(fcinfo, ARG_PERIOD, "period");
    get_parameter_argument(fcinfo, ARG_PARAMS, "params", s->family->nparams, s->family->typical_params,
                           s->params);
    if (!s->family->valid(s->params))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("params are outside the domain of %s", s->family->name)));
    get_parameter_argument(fcinfo, ARG_SPEND, "spend", GAMMA_GAMMA_NPARAMS, typical_spend, s->spend);
    if (!gamma_gamma_valid(s->spend))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("spend is outside the domain of gamma-gamma")));
}

/* ---- purchases ---- */

static void
put_purchase(ReturnSetInfo *rsinfo, const simulation *s, int64 customer, double days, double nu, clm_rng *rng)
{
    double amount = gamma_gamma_draw_spend(s->spend, nu, rng);
    Datum values[3] = {Int64GetDatum(customer), DateADTGetDatum(s->start + (DateADT)floor(days)),
                       Float8GetDatum(amount)};
    bool nulls[3] = {false, false, false};

    /* Here and not once a customer, of whom one may have millions. */
    CHECK_FOR_INTERRUPTS();
    if (!isfinite(amount))
        check_status(CLM_OVERFLOW, "a simulated amount");
    tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* A customer's first purchase falls evenly between start and join_by; the family draws the repeat purchases.
 */
static void
simulate_customer(ReturnSetInfo *rsinfo, const simulation *s, int64 customer, clm_times *times)
{
    clm_rng rng;
    double join_days = (double)s->join_by - s->start + 1, days = (double)s->stop - s->start + 1;
    double joined, nu;
    clm_status status;

    clm_rng_seed(&rng, s->seed, (uint64)customer);
    joined = join_days * clm_rng_uniform(&rng);
    nu = gamma_gamma_draw_customer(s->spend, &rng);
    times->n = 0;
    status = s->family->draw(s->params, (days - joined) / s->period, &rng, times, &backend_stop);
    if (status == CLM_TOO_MANY)
        ereport(ERROR,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                 errmsg("customer %lld would make more than ten million purchases", (long long)customer),
                 errhint("Give params of a slower purchase process, or a shorter time.")));
    check_status(status, "simulate");
    put_purchase(rsinfo, s, customer, joined, nu, &rng);
    for (size_t i = 0; i < times->n; i++) {
        double day = joined + times->values[i] * s->period;

        /* Rounding may carry a purchase at the very end beyond it. */
        if (day < days)
            put_purchase(rsinfo, s, customer, day, nu, &rng);
    }
}

PG_FUNCTION_INFO_V1(clm_simulate);
Datum
clm_simulate(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    simulation s;
    clm_times times = {NULL, 0, 0};

    get_simulation(fcinfo, &s);
    InitMaterializedSRF(fcinfo, 0);
    PG_TRY();
    {
        for (int64 customer = 1; customer <= s.customers; customer++)
            simulate_customer(rsinfo, &s, customer, &times);
    }
    PG_FINALLY();
    {
        free(times.values);
    }
    PG_END_TRY();
    return (Datum)0;
}
