/*
 * The composite clm.customer_score: all scores of a customer in one evaluation, with intervals where a level is asked for.
 */
#include "scores.h"

#include <math.h>

#include "funcapi.h"

#include "composite.h"
#include "core/interval.h"
#include "history.h"
#include "stage.h"

/* Attributes of clm.customer_score, in their order. */
enum {
    SCORE_STAGE,
    SCORE_STAGE_REASON,
    SCORE_THIN,
    SCORE_CHURN_SCORE,
    SCORE_P_ALIVE,
    SCORE_EXPECTED_PURCHASES,
    SCORE_EXPECTED_SPEND,
    SCORE_VALUE_TO_DATE,
    SCORE_CLV,
    SCORE_CLV_TOTAL,
    SCORE_EXPECTED_PURCHASES_LOWER,
    SCORE_EXPECTED_PURCHASES_UPPER,
    SCORE_PURCHASES_LOWER,
    SCORE_PURCHASES_UPPER,
    SCORE_CLV_LOWER,
    SCORE_CLV_UPPER,
    SCORE_NATTS
};

/* A composite in the making: every attribute is NULL until it is set. */
typedef struct score_row {
    Datum values[SCORE_NATTS];
    bool nulls[SCORE_NATTS];
} score_row;

static void
set_score(score_row *row, int attribute, Datum value)
{
    row->values[attribute] = value;
    row->nulls[attribute] = false;
}

static void
set_float8_score(score_row *row, int attribute, double value)
{
    set_score(row, attribute, Float8GetDatum(value));
}

/* In the model's periods; where time comes in opportunities, at least one of them. */
static double
churn_horizon(const customer_model *model)
{
    double ahead = (double)CHURN_DAYS / model->period;

    return model->family->discrete ? fmax(floor(ahead), 1) : ahead;
}

/* Everything that the model says about the customer; expected_purchases stays NULL where the horizon is
 * infinite. */
static void
set_model_scores(score_row *row, const scored_customer *c, const valuation *v)
{
    double dead, spend;

    set_score(row, SCORE_THIN, BoolGetDatum(c->customer.summary.x < 2));
    set_float8_score(row, SCORE_CHURN_SCORE, get_churn(c, false, churn_horizon(c->model)));
    set_float8_score(row, SCORE_P_ALIVE, get_p_alive(c, 0, &dead));
    if (isfinite(v->ahead))
        set_float8_score(row, SCORE_EXPECTED_PURCHASES, get_expected_purchases(c, v->ahead));
    if (c->model->has_spend && get_expected_spend(c, &spend)) {
        set_float8_score(row, SCORE_EXPECTED_SPEND, spend);
        set_float8_score(row, SCORE_CLV, get_remaining_value(c, v, spend));
    }
}

/* The level of intervals; false where none are wanted. */
static bool
get_level(FunctionCallInfo fcinfo, int argno, double *level)
{
    if (PG_ARGISNULL(argno))
        return false;
    *level = get_finite_float8(fcinfo, argno, "level");
    if (*level <= 0 || *level > MOST_INTERVAL_LEVEL)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("level must lie above 0 and be at most %g, not %g", MOST_INTERVAL_LEVEL, *level),
                 percent_hint(*level)));
    return true;
}

/* Two attributes: the ends. */
static void
set_interval(score_row *row, int lower, const interval *ends)
{
    if (!ends->known)
        return;
    set_float8_score(row, lower, ends->lower);
    set_float8_score(row, lower + 1, ends->upper);
}

/* Intervals of what set_model_scores has set. */
static void
set_intervals(score_row *row, const scored_customer *c, const valuation *v, double level)
{
    spend_evidence spend = {c->model->spend, c->customer.n_monetary, c->customer.monetary};
    customer_intervals intervals;

    check_status(customer_intervals_of(c->model->family, c->model->params, &c->customer.summary,
                                       row->nulls[SCORE_CLV] ? NULL : &spend, v, level, &backend_stop,
                                       &intervals),
                 "the interval of a score");
    if (!row->nulls[SCORE_EXPECTED_PURCHASES]) {
        set_interval(row, SCORE_EXPECTED_PURCHASES_LOWER, &intervals.expected);
        set_interval(row, SCORE_PURCHASES_LOWER, &intervals.purchases);
    }
    set_interval(row, SCORE_CLV_LOWER, &intervals.value);
}

static Datum
score_datum(FunctionCallInfo fcinfo, score_row *row)
{
    scoring_site *site = get_scoring_site(fcinfo);

    if (site->score_desc == NULL) {
        MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
        TupleDesc desc;

        if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
            elog(ERROR, "clm.scores must return the composite clm.customer_score");
        site->score_desc = BlessTupleDesc(CreateTupleDescCopy(desc));
        MemoryContextSwitchTo(old);
    }
    PG_RETURN_DATUM(row_datum(site->score_desc, row->values, row->nulls, SCORE_NATTS));
}

/* scores(history, as_of, model, days, annual_discount, margin, level): a NULL history is a prospect. */
PG_FUNCTION_INFO_V1(clm_scores_history);
Datum
clm_scores_history(PG_FUNCTION_ARGS)
{
    score_row row;
    scored_customer c;
    valuation v;
    history_view h = {NULL, NULL, 0};
    DateADT as_of;
    double total, to_date, level;
    bool with_intervals;

    if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
        PG_RETURN_NULL();
    memset(row.nulls, true, sizeof(row.nulls));
    as_of = get_finite_date(fcinfo, 1, "as_of");
    c.model = get_customer_model(fcinfo, 2);
    if (!get_valuation(fcinfo, 3, c.model, true, &v))
        PG_RETURN_NULL();
    with_intervals = get_level(fcinfo, 6, &level);
    if (!PG_ARGISNULL(0))
        PG_GETARG_HISTORY(0, &h);
    h = history_slice(&h, PG_INT64_MIN, as_of);
    set_stage_scores(fcinfo, &h, as_of, c.model, &row.values[SCORE_STAGE], &row.values[SCORE_STAGE_REASON]);
    row.nulls[SCORE_STAGE] = row.nulls[SCORE_STAGE_REASON] = false;
    if (h.n > 0) {
        check_status(history_total(&h, &total), "value_to_date");
        check_status(score_margin(v.margin, total, &to_date), "value_to_date");
        set_float8_score(&row, SCORE_VALUE_TO_DATE, to_date);
    }
    if (get_scored_history(fcinfo, true, &c)) {
        set_model_scores(&row, &c, &v);
        if (!row.nulls[SCORE_CLV]) {
            check_status(score_sum(to_date, DatumGetFloat8(row.values[SCORE_CLV]), &total), "clv_total");
            set_float8_score(&row, SCORE_CLV_TOTAL, total);
        }
        if (with_intervals)
            set_intervals(&row, &c, &v, level);
    }
    return score_datum(fcinfo, &row);
}

/* scores(rfm, model, periods, annual_discount, margin, level): a summary has no days, hence no stage and no value to
 * date. */
PG_FUNCTION_INFO_V1(clm_scores_rfm);
Datum
clm_scores_rfm(PG_FUNCTION_ARGS)
{
    score_row row;
    scored_customer c;
    valuation v;
    double level;
    bool with_intervals = get_level(fcinfo, 5, &level);

    if (!get_scored_rfm(fcinfo, &c) || !get_valuation(fcinfo, 2, c.model, false, &v))
        PG_RETURN_NULL();
    memset(row.nulls, true, sizeof(row.nulls));
    set_model_scores(&row, &c, &v);
    if (with_intervals)
        set_intervals(&row, &c, &v, level);
    return score_datum(fcinfo, &row);
}
