/*
 * Scores of one customer under a fitted model: probabilities, expected purchases and spend, value.
 *
 * Each score has two SQL functions, one for (history, as_of, model, days) and one for (rfm, model, periods):
 * both make a customer and then share one function. NULL answers a customer without an occasion up to as_of.
 */
#include "scores.h"

#include <math.h>

#include "access/htup_details.h"
#include "funcapi.h"
#include "utils/builtins.h"

#include "core/interval.h"
#include "core/score.h"
#include "history.h"
#include "stage.h"

/* ---- arguments ---- */

/* A span of time in the model's periods that must be at least 0; NULL is the caller's. */
static double
check_ahead(double ahead, const char *name)
{
    if (!isfinite(ahead) || ahead < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be a finite number of at least 0, not %g", name, ahead)));
    return ahead;
}

/* Where time comes in opportunities only whole ones count. */
static double
whole_opportunities(const customer_model *model, double ahead)
{
    if (!model->family->discrete)
        return ahead;
    if (ahead > 0 && ahead < 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s looks at least one opportunity ahead, which is %d days",
                               model->family->name, model->period)));
    return floor(ahead);
}

static double
get_days(FunctionCallInfo fcinfo, int argno, const customer_model *model)
{
    return whole_opportunities(model, check_ahead(PG_GETARG_INT32(argno), "days") / model->period);
}

static double
get_periods(FunctionCallInfo fcinfo, int argno, const customer_model *model)
{
    return whole_opportunities(model, check_ahead(PG_GETARG_FLOAT8(argno), "periods"));
}

/* (history, as_of, model): false where one is NULL or the customer has no occasion yet. */
static bool
get_scored_history(FunctionCallInfo fcinfo, bool with_spend, scored_customer *c)
{
    history_view h;
    customer_clock clock;
    DateADT as_of;

    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
        return false;
    as_of = get_finite_date(fcinfo, 1, "as_of");
    c->model = get_customer_model(fcinfo, 2);
    clock = model_clock(c->model);
    PG_GETARG_HISTORY(0, &h);
    if (!history_get_customer(&h, as_of, &clock, with_spend, &c->customer))
        return false;
    warn_of_leakage(c->model, as_of);
    return true;
}

/* (rfm, model) */
static bool
get_scored_rfm(FunctionCallInfo fcinfo, scored_customer *c)
{
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
        return false;
    c->model = get_customer_model(fcinfo, 1);
    if (!datum_get_customer(PG_GETARG_DATUM(0), &c->customer))
        return false;
    check_opportunities(c->model->family, &c->customer.summary);
    return true;
}

/* ---- probabilities and expectations ---- */

/* The arguments of a score that looks some time ahead: from (history, as_of, model, days); false gives NULL.
 */
static bool
get_history_ahead(FunctionCallInfo fcinfo, scored_customer *c, double *ahead)
{
    if (!get_scored_history(fcinfo, false, c) || PG_ARGISNULL(3))
        return false;
    *ahead = get_days(fcinfo, 3, c->model);
    return true;
}

/* The same from (rfm, model, periods). */
static bool
get_rfm_ahead(FunctionCallInfo fcinfo, scored_customer *c, double *ahead)
{
    if (!get_scored_rfm(fcinfo, c) || PG_ARGISNULL(2))
        return false;
    *ahead = get_periods(fcinfo, 2, c->model);
    return true;
}

static double
p_alive(const scored_customer *c, double ahead, double *dead)
{
    double alive;

    check_status(c->model->family->p_alive(c->model->params, &c->customer.summary, ahead, &alive, dead),
                 "p_alive");
    return alive;
}

static double
p_active(const scored_customer *c, double ahead)
{
    double active;

    check_status(c->model->family->p_active(c->model->params, &c->customer.summary, ahead, &active),
                 "p_active");
    return active;
}

static double
expected_purchases(const scored_customer *c, double ahead)
{
    double purchases;

    check_status(
        c->model->family->expected_purchases(c->model->params, &c->customer.summary, ahead, &purchases),
        "expected_purchases");
    return purchases;
}

PG_FUNCTION_INFO_V1(clm_p_alive_history);
Datum
clm_p_alive_history(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead, dead;

    if (!get_history_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(p_alive(&c, ahead, &dead));
}

PG_FUNCTION_INFO_V1(clm_p_alive_rfm);
Datum
clm_p_alive_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead, dead;

    if (!get_rfm_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(p_alive(&c, ahead, &dead));
}

PG_FUNCTION_INFO_V1(clm_p_active_history);
Datum
clm_p_active_history(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead;

    if (!get_history_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(p_active(&c, ahead));
}

PG_FUNCTION_INFO_V1(clm_p_active_rfm);
Datum
clm_p_active_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead;

    if (!get_rfm_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(p_active(&c, ahead));
}

PG_FUNCTION_INFO_V1(clm_expected_purchases_history);
Datum
clm_expected_purchases_history(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead;

    if (!get_history_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(expected_purchases(&c, ahead));
}

PG_FUNCTION_INFO_V1(clm_expected_purchases_rfm);
Datum
clm_expected_purchases_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead;

    if (!get_rfm_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(expected_purchases(&c, ahead));
}

/* The probability of no purchase within the time; without a time, of having left already. */
static double
churn(const scored_customer *c, bool latent, double ahead)
{
    double score;

    if (latent)
        (void)p_alive(c, 0, &score);
    else
        check_status(score_churn(c->model->family, c->model->params, &c->customer.summary, ahead, &score),
                     "churn_score");
    return score;
}

PG_FUNCTION_INFO_V1(clm_churn_score_history);
Datum
clm_churn_score_history(PG_FUNCTION_ARGS)
{
    scored_customer c;
    bool latent = PG_ARGISNULL(3);

    if (!get_scored_history(fcinfo, false, &c))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(churn(&c, latent, latent ? 0 : get_days(fcinfo, 3, c.model)));
}

PG_FUNCTION_INFO_V1(clm_churn_score_rfm);
Datum
clm_churn_score_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;
    bool latent = PG_ARGISNULL(2);

    if (!get_scored_rfm(fcinfo, &c))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(churn(&c, latent, latent ? 0 : get_periods(fcinfo, 2, c.model)));
}

/* A new customer: expected_purchases(model, days). */
PG_FUNCTION_INFO_V1(clm_expected_purchases_new);
Datum
clm_expected_purchases_new(PG_FUNCTION_ARGS)
{
    const customer_model *model = get_customer_model(fcinfo, 0);
    double purchases;

    check_status(model->family->expected_purchases_new(model->params, get_days(fcinfo, 1, model), &purchases),
                 "expected_purchases");
    PG_RETURN_FLOAT8(purchases);
}

/* A new customer: p_purchases(model, n, days). */
PG_FUNCTION_INFO_V1(clm_p_purchases_new);
Datum
clm_p_purchases_new(PG_FUNCTION_ARGS)
{
    const customer_model *model = get_customer_model(fcinfo, 0);
    int32 n = PG_GETARG_INT32(1);
    double probability;

    if (n < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("n must be at least 0, not %d", n)));
    check_status(model->family->p_purchases_new(model->params, n, get_days(fcinfo, 2, model), &probability),
                 "p_purchases");
    PG_RETURN_FLOAT8(probability);
}

/* ---- money ---- */

/* What a purchase is expected to be worth; false where that does not exist (a new customer under q <= 1). */
static bool
expected_spend(const scored_customer *c, double *spend)
{
    clm_status status =
        gamma_gamma_expected_spend(c->model->spend, c->customer.n_monetary, c->customer.monetary, spend);

    if (status == CLM_UNDEFINED)
        return false;
    check_status(status, "expected_spend");
    return true;
}

static void
require_spend(const customer_model *model)
{
    if (!model->has_spend)
        ereport(
            ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the customer_model has no spend part"),
             errdetail("It was fitted to purchases without amounts, to equal amounts, or to too few repeat "
                       "buyers."),
             errhint("Fit a model to histories with amounts: clm.history(day, amount).")));
}

static Datum
spend_datum(FunctionCallInfo fcinfo, const scored_customer *c)
{
    double spend;

    require_spend(c->model);
    if (!expected_spend(c, &spend))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(spend);
}

PG_FUNCTION_INFO_V1(clm_expected_spend_history);
Datum
clm_expected_spend_history(PG_FUNCTION_ARGS)
{
    scored_customer c;

    if (!get_scored_history(fcinfo, true, &c))
        PG_RETURN_NULL();
    return spend_datum(fcinfo, &c);
}

PG_FUNCTION_INFO_V1(clm_expected_spend_rfm);
Datum
clm_expected_spend_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;

    if (!get_scored_rfm(fcinfo, &c))
        PG_RETURN_NULL();
    return spend_datum(fcinfo, &c);
}

/* The arguments ahead, annual_discount, margin from argno on; false where discount or margin is NULL. */
static bool
get_valuation(FunctionCallInfo fcinfo, int argno, const customer_model *model, bool in_days, valuation *v)
{
    double annual_discount;

    if (PG_ARGISNULL(argno + 1) || PG_ARGISNULL(argno + 2))
        return false;
    annual_discount = get_finite_float8(fcinfo, argno + 1, "annual_discount");
    if (annual_discount < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("annual_discount must be at least 0, not %g", annual_discount),
                        errhint("10 %% a year is .10.")));
    v->ahead = PG_ARGISNULL(argno) ? INFINITY
               : in_days           ? get_days(fcinfo, argno, model)
                                   : get_periods(fcinfo, argno, model);
    v->delta = score_discount_rate(annual_discount, model->period);
    v->margin = get_finite_float8(fcinfo, argno + 2, "margin");
    return true;
}

/* Discounted value of the customer's future purchases. */
static double
remaining_value(const scored_customer *c, const valuation *v, double spend)
{
    double value;

    check_status(
        score_remaining_value(c->model->family, c->model->params, &c->customer.summary, v, spend, &value),
        "clv");
    return value;
}

static Datum
clv_datum(FunctionCallInfo fcinfo, const scored_customer *c, const valuation *v)
{
    double spend;

    require_spend(c->model);
    if (!expected_spend(c, &spend))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(remaining_value(c, v, spend));
}

PG_FUNCTION_INFO_V1(clm_clv_history);
Datum
clm_clv_history(PG_FUNCTION_ARGS)
{
    scored_customer c;
    valuation v;

    if (!get_scored_history(fcinfo, true, &c) || !get_valuation(fcinfo, 3, c.model, true, &v))
        PG_RETURN_NULL();
    return clv_datum(fcinfo, &c, &v);
}

PG_FUNCTION_INFO_V1(clm_clv_rfm);
Datum
clm_clv_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;
    valuation v;

    if (!get_scored_rfm(fcinfo, &c) || !get_valuation(fcinfo, 2, c.model, false, &v))
        PG_RETURN_NULL();
    return clv_datum(fcinfo, &c, &v);
}

/* A new customer: clv(model, days, annual_discount, margin). */
PG_FUNCTION_INFO_V1(clm_clv_new);
Datum
clm_clv_new(PG_FUNCTION_ARGS)
{
    scored_customer c = {.customer = {.n_monetary = 0}};
    valuation v;
    double spend, value;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    c.model = get_customer_model(fcinfo, 0);
    if (!get_valuation(fcinfo, 1, c.model, true, &v))
        PG_RETURN_NULL();
    require_spend(c.model);
    if (!expected_spend(&c, &spend))
        PG_RETURN_NULL();
    check_status(score_newcomer_value(c.model->family, c.model->params, &v, spend, &value), "clv");
    PG_RETURN_FLOAT8(value);
}

/* ---- all scores in one evaluation ---- */

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

/* Everything that the model says about the customer; expected_purchases stays NULL where the horizon is
 * infinite. */
static void
set_model_scores(score_row *row, const scored_customer *c, const valuation *v)
{
    double dead, spend;

    set_score(row, SCORE_THIN, BoolGetDatum(c->customer.summary.x < 2));
    if (!c->model->family->discrete || c->model->period <= CHURN_DAYS)
        set_float8_score(
            row, SCORE_CHURN_SCORE,
            churn(c, false, whole_opportunities(c->model, (double)CHURN_DAYS / c->model->period)));
    set_float8_score(row, SCORE_P_ALIVE, p_alive(c, 0, &dead));
    if (isfinite(v->ahead))
        set_float8_score(row, SCORE_EXPECTED_PURCHASES, expected_purchases(c, v->ahead));
    if (c->model->has_spend && expected_spend(c, &spend)) {
        set_float8_score(row, SCORE_EXPECTED_SPEND, spend);
        set_float8_score(row, SCORE_CLV, remaining_value(c, v, spend));
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

        if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != SCORE_NATTS)
            elog(ERROR, "clm.scores must return the composite clm.customer_score");
        site->score_desc = BlessTupleDesc(CreateTupleDescCopy(desc));
        MemoryContextSwitchTo(old);
    }
    PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(site->score_desc, row->values, row->nulls)));
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
