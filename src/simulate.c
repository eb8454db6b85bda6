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

#include "core/simulate.h"
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

/* What simulate() was asked for. */
typedef struct request {
    int64 customers;
    DateADT start;
    simulation simulation;
} request;

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
get_days_arguments(FunctionCallInfo fcinfo, request *r)
{
    DateADT start = get_finite_date(fcinfo, ARG_START, "start"),
            stop = get_finite_date(fcinfo, ARG_STOP, "stop");
    DateADT join_by = PG_ARGISNULL(ARG_JOIN_BY) ? stop : get_finite_date(fcinfo, ARG_JOIN_BY, "join_by");

    if (stop < start)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("stop must not be before start")));
    if (join_by < start || join_by > stop)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("join_by must lie between start and stop")));
    r->start = start;
    r->simulation.join_days = (double)join_by - start + 1;
    r->simulation.days = (double)stop - start + 1;
}

static void
get_request(FunctionCallInfo fcinfo, request *r)
{
    simulation *s = &r->simulation;
    text *family;

    require_arguments(fcinfo);
    r->customers = PG_GETARG_INT64(ARG_CUSTOMERS);
    if (r->customers < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("customers must be at least 0, not %lld", (long long)r->customers)));
    get_days_arguments(fcinfo, r);
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
put_customer(ReturnSetInfo *rsinfo, const request *r, int64 customer, simulated_purchases *purchases)
{
    clm_status status = simulate_customer(&r->simulation, (uint64)customer, purchases, &backend_stop);

    if (status == CLM_TOO_MANY)
        ereport(ERROR,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                 errmsg("customer %lld would make more than ten million purchases", (long long)customer),
                 errhint("Give params of a slower purchase process, or a shorter time.")));
    check_status(status, "a simulated amount");
    for (size_t i = 0; i < purchases->days.n; i++) {
        Datum values[3] = {Int64GetDatum(customer),
                           DateADTGetDatum(r->start + (DateADT)floor(purchases->days.values[i])),
                           Float8GetDatum(purchases->amounts.values[i])};
        bool nulls[3] = {false, false, false};

        /* Here and not once a customer, of whom one may have millions. */
        CHECK_FOR_INTERRUPTS();
        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
}

PG_FUNCTION_INFO_V1(clm_simulate);
Datum
clm_simulate(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    request r;
    simulated_purchases purchases = {{NULL, 0, 0}, {NULL, 0, 0}};

    get_request(fcinfo, &r);
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    PG_TRY();
    {
        for (int64 customer = 1; customer <= r.customers; customer++)
            put_customer(rsinfo, &r, customer, &purchases);
    }
    PG_FINALLY();
    {
        simulated_purchases_free(&purchases);
    }
    PG_END_TRY();
    return (Datum)0;
}
