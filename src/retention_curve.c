/*
 * The aggregate retention_curve (Kaplan-Meier), and its points as rows.
 */
#include "clm.h"

#include "funcapi.h"
#include "miscadmin.h"

#include "composite.h"
#include "row_state.h"
#include "tenure_row.h"

#define MOST_TENURES 1000000 /* distinct ones of a curve: five arrays of 8 MB */
#define MOST_POINTS 100000   /* rows that points() gives */

/* ---- the state: rows of tenure_group ---- */

static bool
row_valid(const void *row)
{
    return tenure_group_valid(row);
}

static const row_kind kind = {.type = "retention_curve_state",
                              .function = "retention_curve",
                              .columns = TENURE_ROW_COLUMNS,
                              .merge = merge_tenure_rows,
                              .row_valid = row_valid};

ROW_STATE_FUNCTIONS(retention_curve, &kind)

static Datum
add_customers(FunctionCallInfo fcinfo, int weight_argno)
{
    tenure_group row;

    if (!get_tenure_row(fcinfo, weight_argno, &row))
        return unchanged_state(fcinfo);
    return row_state_append(fcinfo, &kind, NULL, &row);
}

PG_FUNCTION_INFO_V1(clm_retention_curve_transition);
Datum
clm_retention_curve_transition(PG_FUNCTION_ARGS)
{
    return add_customers(fcinfo, 0);
}

PG_FUNCTION_INFO_V1(clm_retention_curve_weight_transition);
Datum
clm_retention_curve_weight_transition(PG_FUNCTION_ARGS)
{
    return add_customers(fcinfo, 3);
}

/* ---- the curve ---- */

static Datum
make_curve(FunctionCallInfo fcinfo, const tenure_group *groups, int n, const int64 *at_risk,
           const float8 *survival, const float8 *se)
{
    composite row = make_result_row(fcinfo);
    int64 *tenure = palloc(n * sizeof(*tenure)), *events = palloc(n * sizeof(*events)), churned = 0;

    for (int i = 0; i < n; i++) {
        tenure[i] = groups[i].tenure;
        events[i] = groups[i].events;
        churned += events[i];
    }
    set_int64_attribute(&row, "customers", at_risk[0]);
    set_int64_attribute(&row, "churned", churned);
    set_attribute(&row, "tenure", make_int64_array(tenure, n));
    set_attribute(&row, "at_risk", make_int64_array(at_risk, n));
    set_attribute(&row, "events", make_int64_array(events, n));
    set_attribute(&row, "survival", make_float8_array(survival, n));
    set_attribute(&row, "se", make_float8_array(se, n));
    return composite_datum(&row);
}

PG_FUNCTION_INFO_V1(clm_retention_curve_final);
Datum
clm_retention_curve_final(PG_FUNCTION_ARGS)
{
    const tenure_group *groups;
    size_t n;
    int64 *at_risk;
    float8 *survival, *se;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    groups = row_state_rows(PG_GETARG_DATUM(0), &kind, &n, NULL);
    if (n == 0)
        PG_RETURN_NULL();
    if (n > MOST_TENURES)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("a retention_curve has at most %d distinct tenures, not %zu", MOST_TENURES, n),
                        errhint("Count tenure in longer periods, days or months for example.")));
    at_risk = palloc(n * sizeof(*at_risk));
    survival = palloc(n * sizeof(*survival));
    se = palloc(n * sizeof(*se));
    check_status(kaplan_meier(groups, n, at_risk, survival, se), "retention_curve");
    PG_RETURN_DATUM(make_curve(fcinfo, groups, (int)n, at_risk, survival, se));
}

/* ---- points(retention_curve): rows, one a period ---- */

pg_noreturn static void
reject_curve(const char *why)
{
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid retention_curve"),
                    errdetail("%s", why), errhint("The aggregate retention_curve makes valid ones.")));
}

static Datum
require_array(const composite *row, const char *name)
{
    Datum value;

    if (!get_attribute(row, name, &value))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a retention_curve must not be null", name)));
    return value;
}

/* The curve in argument 0, which users may have built themselves. */
static survival_curve
get_curve(FunctionCallInfo fcinfo)
{
    composite row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0));
    survival_curve curve;
    int n, lengths[4];

    curve.tenure = get_int64_array(require_array(&row, "tenure"), "tenure", &n);
    curve.at_risk = get_int64_array(require_array(&row, "at_risk"), "at_risk", &lengths[0]);
    curve.events = get_int64_array(require_array(&row, "events"), "events", &lengths[1]);
    curve.survival = get_float8_array(require_array(&row, "survival"), "survival", &lengths[2]);
    curve.se = get_float8_array(require_array(&row, "se"), "se", &lengths[3]);
    curve.n = (size_t)n;
    for (int i = 0; i < (int)lengthof(lengths); i++) {
        if (lengths[i] != n)
            reject_curve("Its arrays differ in length.");
    }
    if (!survival_curve_valid(&curve))
        reject_curve("Its tenures, one at least, ascend from 0 or more, at_risk falls by at least events "
                     "from one to the next, "
                     "survival falls within 0 and 1, and se is not negative.");
    return curve;
}

PG_FUNCTION_INFO_V1(clm_retention_curve_points);
Datum
clm_retention_curve_points(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    survival_curve curve = get_curve(fcinfo);
    int64 last = curve.tenure[curve.n - 1];

    if (last >= MOST_POINTS)
        ereport(ERROR,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                 errmsg("points gives at most %d periods, but the longest tenure is %lld", MOST_POINTS,
                        (long long)last),
                 errhint("Count tenure in longer periods, days or months for example, or read the arrays "
                         "of the curve with unnest.")));
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    for (int64 period = 0; period <= last; period++) {
        survival_point point = survival_curve_at(&curve, period);
        Datum values[8] = {Int64GetDatum(period),          Int64GetDatum(point.at_risk),
                           Int64GetDatum(point.events),    Float8GetDatum(point.retention_rate),
                           Float8GetDatum(point.survival), Float8GetDatum(point.se),
                           Float8GetDatum(point.low),      Float8GetDatum(point.high)};
        bool nulls[8] = {[6] = !point.has_interval, [7] = !point.has_interval};

        CHECK_FOR_INTERRUPTS();
        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
    return (Datum)0;
}
