/*
 * What a retention_model says: survival, retention and churn by tenure, remaining value, and the projected curve.
 */
#include "clm.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"

#include "core/contract_value.h"
#include "retention_model.h"

#define MOST_POINTS 100000 /* periods that points() gives */

/* ---- the model of a call site ---- */

#define KEPT_TENURES 512 /* whose multiples are kept: a base has few tenures but many customers */

/* What a query that scores a million customers with one model reads and computes once. */
typedef struct retention_site {
    struct varlena *datum; /* the bytes that `model` was read from */
    retention_model model;
    contract_terms terms;
    double multiples[KEPT_TENURES]; /* at these terms, by tenure; 0 where not computed yet */
} retention_site;

static retention_site *
get_site(FunctionCallInfo fcinfo)
{
    retention_site *site = fcinfo->flinfo->fn_extra;
    struct varlena *datum = PG_DETOAST_DATUM(PG_GETARG_DATUM(0));
    retention_model model;

    if (site != NULL && VARSIZE(site->datum) == VARSIZE(datum) &&
        memcmp(site->datum, datum, VARSIZE(datum)) == 0)
        return site;
    read_retention_model((HeapTupleHeader)datum, &model);
    if (site != NULL)
        pfree(site->datum);
    else
        site = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(*site));
    fcinfo->flinfo->fn_extra = NULL; /* not before it is whole */
    memset(site, 0, sizeof(*site));
    site->datum = MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, VARSIZE(datum));
    memcpy(site->datum, datum, VARSIZE(datum));
    site->model = model;
    fcinfo->flinfo->fn_extra = site;
    return site;
}

static int64
get_tenure(FunctionCallInfo fcinfo, int argno)
{
    int64 tenure = PG_GETARG_INT64(argno);

    if (tenure < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("tenure must be at least 0, not %lld", (long long)tenure)));
    return tenure;
}

/* ---- survival(m, tenure), retention_rate(m, tenure), churn_score(m, tenure) ---- */

typedef double (*tenure_function)(const contract_family *family, const double *params, double tenure);

static Datum
score_tenure(FunctionCallInfo fcinfo, tenure_function score)
{
    const retention_model *model = &get_site(fcinfo)->model;

    PG_RETURN_FLOAT8(score(model->family, model->params, (double)get_tenure(fcinfo, 1)));
}

PG_FUNCTION_INFO_V1(clm_retention_model_survival);
Datum
clm_retention_model_survival(PG_FUNCTION_ARGS)
{
    return score_tenure(fcinfo, contract_survival);
}

PG_FUNCTION_INFO_V1(clm_retention_model_retention_rate);
Datum
clm_retention_model_retention_rate(PG_FUNCTION_ARGS)
{
    return score_tenure(fcinfo, contract_retention);
}

PG_FUNCTION_INFO_V1(clm_retention_model_churn_score);
Datum
clm_retention_model_churn_score(PG_FUNCTION_ARGS)
{
    return score_tenure(fcinfo, contract_churn);
}

/* ---- clv(m, tenure, margin, discount, periods, advance) ---- */

static contract_terms
get_terms(FunctionCallInfo fcinfo)
{
    contract_terms terms = {.discount = get_finite_float8(fcinfo, 3, "discount"),
                            .infinite = PG_ARGISNULL(4),
                            .advance = PG_GETARG_BOOL(5)};

    if (terms.discount <= -1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("discount must be greater than -1, not %g", terms.discount)));
    if (!terms.infinite)
        terms.periods = PG_GETARG_INT32(4);
    if (terms.periods < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("periods must be at least 0, not %d", terms.periods)));
    return terms;
}

static bool
same_terms(const contract_terms *a, const contract_terms *b)
{
    return a->discount == b->discount && a->infinite == b->infinite && a->periods == b->periods &&
           a->advance == b->advance;
}

static double
get_multiple(retention_site *site, int64 tenure, const contract_terms *terms)
{
    double multiple;

    if (!same_terms(&site->terms, terms)) {
        memset(site->multiples, 0, sizeof(site->multiples));
        site->terms = *terms;
    }
    if (tenure < KEPT_TENURES && site->multiples[tenure] > 0)
        return site->multiples[tenure];
    check_status(contract_multiple(site->model.family, site->model.params, (double)tenure, terms,
                                   &backend_stop, &multiple),
                 "clv");
    if (tenure < KEPT_TENURES)
        site->multiples[tenure] = multiple;
    return multiple;
}

/* A NULL but of periods gives NULL. */
PG_FUNCTION_INFO_V1(clm_clv_retention_model);
Datum
clm_clv_retention_model(PG_FUNCTION_ARGS)
{
    retention_site *site;
    contract_terms terms;
    int64 tenure;
    float8 margin, value;

    for (int i = 0; i < 6; i++) {
        if (PG_ARGISNULL(i) && i != 4)
            PG_RETURN_NULL();
    }
    site = get_site(fcinfo);
    tenure = get_tenure(fcinfo, 1);
    margin = get_finite_float8(fcinfo, 2, "margin");
    terms = get_terms(fcinfo);
    if (margin == 0)
        PG_RETURN_FLOAT8(0);
    value = margin * get_multiple(site, tenure, &terms);
    if (!isfinite(value))
        check_status(CLM_OVERFLOW, "clv");
    PG_RETURN_FLOAT8(value);
}

/* ---- points(m, periods): the projected curve as rows ---- */

PG_FUNCTION_INFO_V1(clm_retention_model_points);
Datum
clm_retention_model_points(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    int32 periods = PG_GETARG_INT32(1);
    retention_model m;

    read_retention_model(PG_GETARG_HEAPTUPLEHEADER(0), &m);
    if (periods < 0 || periods > MOST_POINTS)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("periods must lie between 0 and %d, not at %d", MOST_POINTS, periods)));
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    for (int32 period = 0; period <= periods; period++) {
        double before = period - 1.0;
        double retention = period == 0 ? 1 : contract_retention(m.family, m.params, before);
        double churned = period == 0 ? 0
                                     : contract_survival(m.family, m.params, before) *
                                           contract_churn(m.family, m.params, before);
        Datum values[4] = {Int64GetDatum(period), Float8GetDatum(churned), Float8GetDatum(retention),
                           Float8GetDatum(contract_survival(m.family, m.params, period))};
        bool nulls[4] = {false};

        CHECK_FOR_INTERRUPTS();
        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
    return (Datum)0;
}
