/*
 * lifecycle_stage: where a customer stands, by the silence rule or by a fitted model. The rules are in
 * core/stage.
 */
#include "stage.h"

#include <math.h>

#include "catalog/pg_enum.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

#include "core/stage.h"
#include "history.h"
#include "rfm.h"

/* Labels of the enum clm.stage, by stage code. */
static const char *const stage_names[] = {"prospect", "engaged",   "new",     "growing",
                                          "mature",   "declining", "churned", "regained"};

StaticAssertDecl(lengthof(stage_names) == STAGE_COUNT, "one label for each stage");

/* ---- the enum ---- */

/* The stage as a value of clm.stage, whose labels are looked up once for a call site. */
static Datum
stage_datum(FunctionCallInfo fcinfo, clm_stage_code stage)
{
    scoring_site *site = get_scoring_site(fcinfo);

    if (!OidIsValid(site->stage_oids[stage])) {
        Oid namespace_oid = get_func_namespace(fcinfo->flinfo->fn_oid);
        Oid type_oid = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("stage"),
                                       ObjectIdGetDatum(namespace_oid));

        site->stage_oids[stage] =
            GetSysCacheOid2(ENUMTYPOIDNAME, Anum_pg_enum_oid, ObjectIdGetDatum(type_oid),
                            CStringGetDatum(stage_names[stage]));
        if (!OidIsValid(site->stage_oids[stage]))
            elog(ERROR, "the enum clm.stage has no label \"%s\"", stage_names[stage]);
    }
    return ObjectIdGetDatum(site->stage_oids[stage]);
}

/* ---- options ---- */

/* Options that a NULL leaves at their default. */
static void
get_int_option(FunctionCallInfo fcinfo, int argno, const char *name, int least, int *option)
{
    if (PG_ARGISNULL(argno))
        return;
    *option = PG_GETARG_INT32(argno);
    if (*option < least)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be at least %d, not %d", name, least, *option)));
}

static void
get_float8_option(FunctionCallInfo fcinfo, int argno, const char *name, double *option)
{
    if (!PG_ARGISNULL(argno))
        *option = get_finite_float8(fcinfo, argno, name);
}

static bool
get_date_option(FunctionCallInfo fcinfo, int argno, int32_t *day)
{
    if (PG_ARGISNULL(argno))
        return false;
    /* Infinities compare as they should: never, or ever since. */
    *day = PG_GETARG_DATEADT(argno);
    return true;
}

/* The six options that end both signatures: period, k, grow, decline, engaged, closed. */
static void
get_common_options(FunctionCallInfo fcinfo, int argno, stage_options *options)
{
    get_int_option(fcinfo, argno, "period", 1, &options->period);
    get_int_option(fcinfo, argno + 1, "k", TREND_MIN_PERIODS, &options->k);
    if (options->k > TREND_MAX_PERIODS)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("k must be at most %d, not %d", TREND_MAX_PERIODS, options->k)));
    get_float8_option(fcinfo, argno + 2, "grow", &options->grow);
    get_float8_option(fcinfo, argno + 3, "decline", &options->decline);
    if (options->grow <= options->decline)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("grow must be greater than decline"),
                        errdetail("grow is %g, decline is %g.", options->grow, options->decline)));
    options->has_engaged = get_date_option(fcinfo, argno + 4, &options->engaged);
    options->has_closed = get_date_option(fcinfo, argno + 5, &options->closed);
}

/* ---- classification ---- */

/* A model and the history that it looks at. */
typedef struct modelled_history {
    const customer_model *model;
    const history_view *h;
} modelled_history;

/* Where time comes in opportunities the horizon is rounded up to whole ones. */
static clm_status
moment_p_active(void *arg, const stage_moment *moment, int horizon, double *p)
{
    const modelled_history *m = arg;
    const customer_model *model = m->model;
    customer_clock clock = model_clock(model);
    double ahead = (double)horizon / model->period;
    customer c;

    if (!clock.discrete && clock.since == HISTORY_MIN_DAY)
        c.summary =
            customer_summary_of_days(moment->occasions - 1, (int64)moment->last_day - moment->first_day,
                                     (int64)moment->day - moment->first_day, model->period);
    else if (!history_get_customer(m->h, moment->day, &clock, false, &c))
        c.summary = (customer_summary){0, 0, 0};
    return model->family->p_active(model->params, &c.summary, clock.discrete ? ceil(ahead) : ahead, p);
}

static stage_result
classify(const history_view *h, DateADT as_of, const stage_options *options, const customer_model *model)
{
    modelled_history m = {model, h};
    stage_model callback = {moment_p_active, &m};
    stage_result result;

    check_status(stage_classify(h, as_of, options, model != NULL ? &callback : NULL, &result),
                 "lifecycle_stage");
    return result;
}

/* The history of argument 0, empty where it is NULL: someone who never bought is a prospect. */
static history_view
get_optional_history(FunctionCallInfo fcinfo)
{
    history_view h = {NULL, NULL, 0};

    if (!PG_ARGISNULL(0))
        PG_GETARG_HISTORY(0, &h);
    return h;
}

/* lifecycle_stage(h, as_of, new_for, churn_after, churn_floor, period, k, grow, decline, engaged, closed) */
PG_FUNCTION_INFO_V1(clm_lifecycle_stage);
Datum
clm_lifecycle_stage(PG_FUNCTION_ARGS)
{
    stage_options options;
    history_view h;

    if (PG_ARGISNULL(1))
        PG_RETURN_NULL();
    stage_default_options(&options);
    get_int_option(fcinfo, 2, "new_for", 0, &options.new_for);
    get_float8_option(fcinfo, 3, "churn_after", &options.churn_after);
    if (options.churn_after <= 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("churn_after must be greater than 0, not %g", options.churn_after)));
    get_int_option(fcinfo, 4, "churn_floor", 0, &options.churn_floor);
    get_common_options(fcinfo, 5, &options);
    h = get_optional_history(fcinfo);
    return stage_datum(fcinfo, classify(&h, get_finite_date(fcinfo, 1, "as_of"), &options, NULL).stage);
}

/* lifecycle_stage(h, as_of, model, new_for, alive_below, horizon, period, k, grow, decline, engaged, closed)
 */
PG_FUNCTION_INFO_V1(clm_lifecycle_stage_model);
Datum
clm_lifecycle_stage_model(PG_FUNCTION_ARGS)
{
    stage_options options;
    const customer_model *model;
    history_view h;
    DateADT as_of;

    if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
        PG_RETURN_NULL();
    stage_default_options(&options);
    get_int_option(fcinfo, 3, "new_for", 0, &options.new_for);
    get_float8_option(fcinfo, 4, "alive_below", &options.alive_below);
    if (options.alive_below < 0 || options.alive_below > 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("alive_below must lie between 0 and 1, not at %g", options.alive_below)));
    get_int_option(fcinfo, 5, "horizon", 1, &options.horizon);
    get_common_options(fcinfo, 6, &options);
    as_of = get_finite_date(fcinfo, 1, "as_of");
    model = get_customer_model(fcinfo, 2);
    warn_of_leakage(model, as_of);
    h = get_optional_history(fcinfo);
    return stage_datum(fcinfo, classify(&h, as_of, &options, model).stage);
}

void
set_stage_scores(FunctionCallInfo fcinfo, const history_view *h, DateADT as_of, const customer_model *model,
                 Datum *stage, Datum *reason)
{
    stage_options options;
    stage_result result;
    char text[STAGE_REASON_SIZE];

    stage_default_options(&options);
    result = classify(h, as_of, &options, model);
    stage_reason_text(&result, text, sizeof(text));
    *stage = stage_datum(fcinfo, result.stage);
    *reason = CStringGetTextDatum(text);
}
