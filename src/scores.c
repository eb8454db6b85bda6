/*
 * Scores of one customer under a fitted model: probabilities, expected purchases and spend, value.
 *
 * Each score has two SQL functions, one for (history, as_of, model, days) and one for (rfm, model, periods):
 * both make a customer and then share one function. NULL answers a customer without an occasion up to as_of.
 */
#include "scores.h"

#include <math.h>

#include "core/score.h"
#include "history.h"

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

double
whole_opportunities(const customer_model *model, double ahead)
{
    if (!model->family->discrete)
        return ahead;
    if (ahead > 0 && ahead < 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s looks at least one opportunity ahead, which is %d days",
                               model->family->name, model->period),
                        errhint("Write days => %d, or periods => 1 for a summary.", model->period)));
    if (ahead > CLM_MAX_OPPORTUNITIES)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s looks at most %d opportunities ahead, not %g", model->family->name,
                               CLM_MAX_OPPORTUNITIES, ahead)));
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

bool
get_scored_history(FunctionCallInfo fcinfo, bool with_spend, scored_customer *c)
{
    history_view h;
    customer_clock clock;
    DateADT as_of;

    if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
        return false;
    as_of = get_finite_date(fcinfo, 1, "as_of");
    c->model = get_customer_model(fcinfo, 2);
    c->site = get_scoring_site(fcinfo);
    clock = model_clock(c->model);
    PG_GETARG_HISTORY(0, &h);
    if (!history_get_customer(&h, as_of, &clock, with_spend, &c->customer))
        return false;
    warn_of_leakage(c->model, as_of);
    return true;
}

bool
get_scored_rfm(FunctionCallInfo fcinfo, scored_customer *c)
{
    if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
        return false;
    c->model = get_customer_model(fcinfo, 1);
    c->site = get_scoring_site(fcinfo);
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

double
get_p_alive(const scored_customer *c, double ahead, double *dead)
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

/* Discounted expected purchases, for the score `what`. */
static double
get_purchases(const scored_customer *c, double ahead, double delta, const char *what)
{
    const customer_model *model = c->model;
    const customer_summary *summary = &c->customer.summary;
    double purchases, live = 0, dead;
    clm_status status;

    if (model->family->live_purchases == NULL) {
        status = model->family->discounted_purchases(model->params, summary, ahead, delta, &purchases);
    } else {
        status = recall_purchases(delta == 0 ? &c->site->expected : &c->site->discounted,
                                  GetMemoryChunkContext(c->site), model->family, model->params, summary,
                                  ahead, delta, &live);
        status = score_purchases(get_p_alive(c, 0, &dead), status, live, &purchases);
    }
    check_status(status, what);
    return purchases;
}

double
get_expected_purchases(const scored_customer *c, double ahead)
{
    return get_purchases(c, ahead, 0, "expected_purchases");
}

PG_FUNCTION_INFO_V1(clm_p_alive_history);
Datum
clm_p_alive_history(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead, dead;

    if (!get_history_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(get_p_alive(&c, ahead, &dead));
}

PG_FUNCTION_INFO_V1(clm_p_alive_rfm);
Datum
clm_p_alive_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead, dead;

    if (!get_rfm_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(get_p_alive(&c, ahead, &dead));
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
    PG_RETURN_FLOAT8(get_expected_purchases(&c, ahead));
}

PG_FUNCTION_INFO_V1(clm_expected_purchases_rfm);
Datum
clm_expected_purchases_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;
    double ahead;

    if (!get_rfm_ahead(fcinfo, &c, &ahead))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(get_expected_purchases(&c, ahead));
}

double
get_churn(const scored_customer *c, bool latent, double ahead)
{
    double score;

    if (latent)
        (void)get_p_alive(c, 0, &score);
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
    PG_RETURN_FLOAT8(get_churn(&c, latent, latent ? 0 : get_days(fcinfo, 3, c.model)));
}

PG_FUNCTION_INFO_V1(clm_churn_score_rfm);
Datum
clm_churn_score_rfm(PG_FUNCTION_ARGS)
{
    scored_customer c;
    bool latent = PG_ARGISNULL(2);

    if (!get_scored_rfm(fcinfo, &c))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(get_churn(&c, latent, latent ? 0 : get_periods(fcinfo, 2, c.model)));
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

bool
get_expected_spend(const scored_customer *c, double *spend)
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
    if (!get_expected_spend(c, &spend))
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

bool
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

double
get_remaining_value(const scored_customer *c, const valuation *v, double spend)
{
    double value;

    check_status(score_remaining_value(v->margin, spend, get_purchases(c, v->ahead, v->delta, "clv"), &value),
                 "clv");
    return value;
}

static Datum
clv_datum(FunctionCallInfo fcinfo, const scored_customer *c, const valuation *v)
{
    double spend;

    require_spend(c->model);
    if (!get_expected_spend(c, &spend))
        PG_RETURN_NULL();
    PG_RETURN_FLOAT8(get_remaining_value(c, v, spend));
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
    if (!get_expected_spend(&c, &spend))
        PG_RETURN_NULL();
    check_status(score_newcomer_value(c.model->family, c.model->params, &v, spend, &value), "clv");
    PG_RETURN_FLOAT8(value);
}
