/*
 * The aggregate likelihood: log-likelihood and gradient of a family, or of gamma-gamma, at given parameters, with the
 * moments of the customers that starting points are guessed from.
 *
 * The state has a fixed size. What each customer contributes is rounded once, and then summed exactly, so that the
 * result depends on the customers only.
 */
#include "composite.h"

#include <math.h>

#include "utils/builtins.h"

#include "core/customer_likelihood.h"
#include "core/exact_sum.h"
#include "core/models/gamma_gamma.h"
#include "customer_rows.h"
#include "fit_options.h"
#include "history.h"
#include "model.h"
#include "rfm.h"
#include "sum_state.h"

#define SPEND_FAMILY "gamma-gamma" /* the model of spend, beside the families of purchases */
#define MOST_MOMENTS 4

/* The constants of an aggregation. A family is its place in the registry, gamma-gamma is -1; parameters that it does
 * not have are 0. */
enum { FAMILY, PERIOD, AS_OF, SINCE, PARAMS, NCONSTANTS = PARAMS + CLM_MAX_PARAMS };
/* Customers, and those for whom the likelihood is not finite. */
enum { CUSTOMERS, NOT_FINITE, NCOUNTS };
enum { VALUE, GRADIENT, MOMENTS = GRADIENT + CLM_MAX_PARAMS, NSUMS = MOMENTS + MOST_MOMENTS };

static const char *const constant_names[NCONSTANTS] = {"family", "period", "as_of",  "since",
                                                       "params", "params", "params", "params",
                                                       "params", "params", "params", "params"};
static const char *const spend_names[GAMMA_GAMMA_NPARAMS] = {"p", "q", "gamma"};

static bool state_valid(const SumState *state);

static const sum_layout layout = {.type = "likelihood_state",
                                  .aggregate = "likelihood",
                                  .nconstants = NCONSTANTS,
                                  .constants = constant_names,
                                  .ncounts = NCOUNTS,
                                  .nsums = NSUMS,
                                  .valid = state_valid,
                                  .has_range = true};

SUM_STATE_FUNCTIONS(clm_likelihood, &layout)

/* Where a likelihood is taken. */
typedef struct likelihood_point {
    const customer_family *family; /* NULL: gamma-gamma */
    int nparams;
    float8 constants[NCONSTANTS];
} likelihood_point;

static int
count_params(const customer_family *family)
{
    return family == NULL ? GAMMA_GAMMA_NPARAMS : family->nparams;
}

static bool
params_valid(const customer_family *family, const float8 *params)
{
    return family == NULL ? gamma_gamma_valid(params) : family->valid(params);
}

static bool
is_int32(float8 value)
{
    return value >= PG_INT32_MIN && value <= PG_INT32_MAX && value == floor(value);
}

static bool
state_valid(const SumState *state)
{
    const float8 *c = sum_state_constants(state, &layout);
    const customer_family *family = customer_family_at(c[FAMILY]);
    fit_constants constants = {.holdout = DATEVAL_NOBEGIN};

    if ((family == NULL && c[FAMILY] != -1) || !is_int32(c[PERIOD]) || !is_int32(c[AS_OF]) ||
        !is_int32(c[SINCE]))
        return false;
    constants.period = (int32)c[PERIOD];
    constants.as_of = (DateADT)c[AS_OF];
    constants.since = (DateADT)c[SINCE];
    for (int i = count_params(family); i < CLM_MAX_PARAMS; i++)
        if (c[PARAMS + i] != 0)
            return false;
    return wrong_fit_constants(&constants) == NULL && params_valid(family, c + PARAMS) &&
           state->data[NOT_FINITE] <= state->data[CUSTOMERS] && sum_state_range(state, &layout)[0] >= 0;
}

/* ---- arguments ---- */

static void
require_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
    if (PG_ARGISNULL(argno))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
}

static pg_noreturn void
reject_params(const customer_family *family, const float8 *params)
{
    const char *name = family == NULL ? SPEND_FAMILY : family->name;
    const char *const *names = family == NULL ? spend_names : family->param_names;

    for (int i = 0; i < count_params(family); i++)
        if (params[i] <= 0)
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("%s of %s must be above 0, not %g", names[i], name, params[i])));
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("%s of %s must be a whole number from 1 to %d, not %g", names[0], name,
                           CLM_MAX_REGULARITY, params[0])));
}

/* A family, or NULL for gamma-gamma, with the parameters in argument argno. */
static likelihood_point
get_point(FunctionCallInfo fcinfo, const customer_family *family, int argno)
{
    likelihood_point at = {.family = family,
                           .nparams = count_params(family),
                           .constants = {[FAMILY] = family == NULL ? -1 : customer_family_place(family),
                                         [PERIOD] = 1,
                                         [AS_OF] = DATEVAL_NOBEGIN,
                                         [SINCE] = DATEVAL_NOBEGIN}};
    const float8 *params;
    int n;

    require_argument(fcinfo, argno, "params");
    params = get_float8_array(PG_GETARG_DATUM(argno), "params", &n);
    if (n != at.nparams)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("params of %s must be %d numbers, not %d",
                               family == NULL ? SPEND_FAMILY : family->name, at.nparams, n)));
    memcpy(at.constants + PARAMS, params, n * sizeof(float8));
    if (!params_valid(family, at.constants + PARAMS))
        reject_params(family, params);
    return at;
}

/* The name of a family and the parameters in arguments argno and argno + 1. */
static likelihood_point
get_named_point(FunctionCallInfo fcinfo, int argno)
{
    const customer_family *family = NULL;
    text *name;

    require_argument(fcinfo, argno, "family");
    name = PG_GETARG_TEXT_PP(argno);
    if (!family_name_is(SPEND_FAMILY, VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name)))
        family = get_family(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name));
    return get_point(fcinfo, family, argno + 1);
}

/* Options that were read, with params and spend in arguments argno and argno + 1. */
static likelihood_point
get_point_of_options(FunctionCallInfo fcinfo, const fit_constants *options, int argno)
{
    require_argument(fcinfo, argno + 1, "spend");
    if (options->family == NULL)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("a likelihood is that of one given family")));
    return get_point(fcinfo, PG_GETARG_BOOL(argno + 1) ? NULL : options->family, argno);
}

/* ---- transitions ---- */

/* What equal customers contribute. */
typedef struct contribution {
    clm_status status; /* of value and gradient */
    float8 value, gradient[CLM_MAX_PARAMS];
    int nmoments;
    float8 moments[MOST_MOMENTS]; /* of one of them */
    float8 in_range;
    int64 weight;
} contribution;

/* Numbers to add, each the weight times what one customer contributes; the sum that each goes to. */
typedef struct weighted_numbers {
    exact_number weight, numbers[NSUMS];
    int n, sums[NSUMS];
    exact_window needed;
} weighted_numbers;

static void
add_number(weighted_numbers *w, const contribution *c, int sum, float8 value)
{
    exact_number *x = &w->numbers[w->n], one;

    if (c->weight == 1)
        exact_from_double(value, x);
    else {
        exact_from_double(value, &one);
        check_status(exact_multiply(&one, &w->weight, x), "the likelihood of equal customers");
    }
    exact_window_include(&w->needed, x);
    w->sums[w->n++] = sum;
}

static Datum
add_contribution(FunctionCallInfo fcinfo, const likelihood_point *at, const contribution *c)
{
    weighted_numbers w;
    SumState *state;

    w.n = 0;
    w.needed = (exact_window){0, 0};
    exact_from_count(c->weight, &w.weight);
    if (c->status == CLM_OK)
        add_number(&w, c, VALUE, c->value);
    for (int i = 0; i < at->nparams && c->status == CLM_OK; i++)
        add_number(&w, c, GRADIENT + i, c->gradient[i]);
    for (int i = 0; i < c->nmoments; i++)
        add_number(&w, c, MOMENTS + i, c->moments[i]);
    state = get_writable_sum_state(fcinfo, &layout, at->constants, w.needed);
    sum_state_widen(state, &layout, c->in_range, c->in_range);
    sum_state_count(state, CUSTOMERS, c->weight);
    if (c->status != CLM_OK)
        sum_state_count(state, NOT_FINITE, c->weight);
    for (int i = 0; i < w.n; i++)
        sum_state_add(state, &layout, w.sums[i], &w.numbers[i]);
    PG_RETURN_POINTER(state);
}

/* Where a value is not finite, the result says so. */
static void
check_contribution(clm_status status)
{
    if (status != CLM_OVERFLOW)
        check_status(status, "the likelihood of a customer");
}

static Datum
add_customer(FunctionCallInfo fcinfo, const likelihood_point *at, const customer *c, float8 log_gaps,
             int64 weight)
{
    const customer_summary *s = &c->summary;
    float8 x = (float8)s->x;
    contribution row = {.nmoments = MOST_MOMENTS, .moments = {x, x * x, s->t_x, s->t}, .weight = weight};

    if (at->family == NULL) {
        if (c->n_monetary == 0)
            return unchanged_state(fcinfo);
        row.status =
            spend_likelihood_at(at->constants + PARAMS, c->n_monetary, c->monetary, &row.value, row.gradient);
        row.nmoments = 1;
        row.moments[0] = log(c->monetary);
        row.in_range = c->monetary;
    } else {
        row.status =
            customer_likelihood_at(at->family, at->constants + PARAMS, s, log_gaps, &row.value, row.gradient);
        row.in_range = s->t;
    }
    check_contribution(row.status);
    return add_contribution(fcinfo, at, &row);
}

/* (state, history, as_of, ...) at a point, with period and since of the constants. */
static Datum
add_history(FunctionCallInfo fcinfo, likelihood_point *at, fit_constants *constants)
{
    customer_clock clock;
    history_view h;
    customer c;
    float8 log_gaps = 0;

    require_argument(fcinfo, 2, "as_of");
    constants->family = at->family;
    constants->as_of = get_finite_date(fcinfo, 2, "as_of");
    constants->holdout = DATEVAL_NOBEGIN;
    check_fit_options(constants);
    at->constants[PERIOD] = constants->period;
    at->constants[AS_OF] = constants->as_of;
    at->constants[SINCE] = constants->since;
    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    clock = fit_clock(constants);
    PG_GETARG_HISTORY(1, &h);
    if (!history_get_customer(&h, constants->as_of, &clock, at->family == NULL, &c))
        return unchanged_state(fcinfo);
    if (at->family != NULL && at->family->regular) {
        size_t n;
        int32 *gaps = history_get_gaps(&h, constants->as_of, &clock, &n);

        log_gaps = customer_log_gaps(gaps, n, constants->period);
    }
    return add_customer(fcinfo, at, &c, log_gaps, 1);
}

/* (state, rfm, ...) at a point. */
static Datum
add_summary(FunctionCallInfo fcinfo, const likelihood_point *at, int64 weight)
{
    customer c;

    if (PG_ARGISNULL(1) || weight == 0 || !datum_get_customer(PG_GETARG_DATUM(1), &c))
        return unchanged_state(fcinfo);
    check_summary(at->family, &c.summary, "likelihood");
    return add_customer(fcinfo, at, &c, 0, weight);
}

/* (state, history, as_of, family, params, period) */
PG_FUNCTION_INFO_V1(clm_likelihood_history_transition);
Datum
clm_likelihood_history_transition(PG_FUNCTION_ARGS)
{
    likelihood_point at = get_named_point(fcinfo, 3);
    fit_constants constants = {.since = DATEVAL_NOBEGIN};

    get_period_argument(fcinfo, 5, &constants);
    return add_history(fcinfo, &at, &constants);
}

/* (state, history, as_of, options, params, spend) */
PG_FUNCTION_INFO_V1(clm_likelihood_history_options_transition);
Datum
clm_likelihood_history_options_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = get_options_argument(fcinfo, 3);
    likelihood_point at = get_point_of_options(fcinfo, &constants, 4);

    return add_history(fcinfo, &at, &constants);
}

/* (state, rfm, family, params [, weight]) */
PG_FUNCTION_INFO_V1(clm_likelihood_rfm_transition);
Datum
clm_likelihood_rfm_transition(PG_FUNCTION_ARGS)
{
    likelihood_point at = get_named_point(fcinfo, 2);

    return add_summary(fcinfo, &at, PG_NARGS() > 4 ? get_weight_argument(fcinfo, 4) : 1);
}

/* (state, rfm, options, params, spend, weight) */
PG_FUNCTION_INFO_V1(clm_likelihood_rfm_options_transition);
Datum
clm_likelihood_rfm_options_transition(PG_FUNCTION_ARGS)
{
    fit_constants constants = get_options_argument(fcinfo, 2);
    likelihood_point at = get_point_of_options(fcinfo, &constants, 3);

    return add_summary(fcinfo, &at, get_weight_argument(fcinfo, 5));
}

/* ---- the result ---- */

static clm_status
read_sums(const SumState *state, int first, int n, float8 *values)
{
    clm_status status = CLM_OK;

    for (int i = 0; i < n && status == CLM_OK; i++) {
        exact_number x;

        sum_state_read(state, &layout, first + i, &x);
        status = exact_to_double(&x, &values[i]);
    }
    return status;
}

/* The likelihood where it is finite. */
static void
set_likelihood(const composite *row, const SumState *state, int nparams)
{
    float8 values[1 + CLM_MAX_PARAMS];

    if (state->data[NOT_FINITE] > 0 || read_sums(state, VALUE, 1 + nparams, values) != CLM_OK)
        return;
    set_float8_attribute(row, "log_likelihood", values[0]);
    set_attribute(row, "gradient", make_float8_array(values + 1, nparams));
}

static void
set_days(const composite *row, const float8 *constants)
{
    if (constants[AS_OF] == DATEVAL_NOBEGIN) /* summaries know no days */
        return;
    set_attribute(row, "period", Int32GetDatum((int32)constants[PERIOD]));
    set_attribute(row, "as_of", DateADTGetDatum((DateADT)constants[AS_OF]));
    if (constants[SINCE] != DATEVAL_NOBEGIN)
        set_attribute(row, "since", DateADTGetDatum((DateADT)constants[SINCE]));
}

PG_FUNCTION_INFO_V1(clm_likelihood_final);
Datum
clm_likelihood_final(PG_FUNCTION_ARGS)
{
    SumState *state;
    const customer_family *family;
    const float8 *constants;
    float8 moments[MOST_MOMENTS];
    composite row;
    int n;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_sum_state(PG_GETARG_DATUM(0), &layout);
    constants = sum_state_constants(state, &layout);
    family = customer_family_at(constants[FAMILY]);
    n = family == NULL ? 1 : MOST_MOMENTS;
    row = make_result_row(fcinfo);
    set_attribute(&row, "family",
                  PointerGetDatum(cstring_to_text(family == NULL ? SPEND_FAMILY : family->name)));
    set_attribute(&row, "params", make_float8_array(constants + PARAMS, count_params(family)));
    set_days(&row, constants);
    set_likelihood(&row, state, count_params(family));
    set_int64_attribute(&row, "customers", state->data[CUSTOMERS]);
    check_status(read_sums(state, MOMENTS, n, moments), "a moment of the customers");
    set_attribute(&row, "moments", make_float8_array(moments, n));
    set_float8_attribute(&row, "least", sum_state_range(state, &layout)[0]);
    set_float8_attribute(&row, "largest", sum_state_range(state, &layout)[1]);
    PG_RETURN_DATUM(composite_datum(&row));
}
