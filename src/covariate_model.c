/*
 * The aggregate customer_model(h, as_of, options, z): a model with covariates that do not change over time.
 *
 * Its state is rows of a customer's summary, spend and covariates, equal ones merged with weights.
 */
#include "model.h"

#include "composite.h"
#include "core/covariate_fit.h"
#include "core/wide_rows.h"
#include "customer_fit.h"
#include "fit_options.h"
#include "history.h"
#include "row_state.h"

/* ---- the state ---- */

/* A row; the covariates follow. The weight comes first, as wide rows have it. */
typedef struct covariate_row {
    int64 weight;
    int64 x;
    float8 t_x, t;
    int64 n; /* repeat purchases with a value */
    float8 m;
} covariate_row;

/* The constants of an aggregation, as doubles. The family is its place in the registry. */
enum { FAMILY, PERIOD, AS_OF, PRIOR, SINCE, N_CONSTANTS };

static clm_status
merge_rows(void *rows, size_t *n, size_t width, const clm_stop *stop)
{
    return wide_rows_merge(rows, n, width, 1, stop);
}

static bool
is_day(double value)
{
    return value >= PG_INT32_MIN && value <= PG_INT32_MAX && value == (DateADT)value;
}

static bool
constants_valid(const double *c)
{
    fit_constants constants = {.holdout = DATEVAL_NOBEGIN, .prior = c[PRIOR]};
    const customer_family *family = customer_family_at(c[FAMILY]);

    if (family == NULL || !(c[PERIOD] >= 1 && c[PERIOD] <= PG_INT32_MAX && c[PERIOD] == (int32)c[PERIOD]) ||
        !is_day(c[AS_OF]) || !is_day(c[SINCE]))
        return false;
    constants.period = (int32)c[PERIOD];
    constants.as_of = (DateADT)c[AS_OF];
    constants.since = (DateADT)c[SINCE];
    return family->purchase_power != NULL && wrong_fit_constants(&constants) == NULL;
}

static bool
row_valid(const void *row)
{
    const covariate_row *r = row;
    customer_summary summary = {r->x, r->t_x, r->t};

    return r->weight >= 1 && customer_summary_valid(&summary) && r->n >= 0 &&
           (r->n == 0 ? r->m == 0 : r->m > 0);
}

static const row_kind kind = {.type = "covariate_model_state",
                              .function = "customer_model",
                              .nconstants = N_CONSTANTS,
                              .constants = {"family", "period", "as_of", "prior", "since"},
                              .columns = "nnddnd",
                              .trailing = "z",
                              .merge = merge_rows,
                              .constants_valid = constants_valid,
                              .row_valid = row_valid};

ROW_STATE_FUNCTIONS(covariate_model, &kind)

static void
check_covariate_options(const fit_constants *c)
{
    if (c->family == NULL || c->family->purchase_power == NULL)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 errmsg("family \"%s\" takes no covariates", fit_family_name(c)),
                 errhint("Fit pareto/nbd, bg/nbd or mbg/nbd: clm.fit_options(family => 'pareto/nbd').")));
    if (c->holdout != DATEVAL_NOBEGIN)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("holdout cannot be combined with covariates")));
}

/* (state, history, as_of, options, z): a customer without an occasion up to as_of, or without z, does not count. */
PG_FUNCTION_INFO_V1(clm_covariate_model_transition);
Datum
clm_covariate_model_transition(PG_FUNCTION_ARGS)
{
    fit_constants options = get_options_argument(fcinfo, 3);
    customer_clock clock = fit_clock(&options);
    double constants[N_CONSTANTS];
    history_view h;
    customer c;
    covariate_row row;
    const float8 *z;
    int n;

    if (PG_ARGISNULL(2))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("as_of must not be null")));
    options.as_of = get_finite_date(fcinfo, 2, "as_of");
    check_covariate_options(&options);
    check_fit_options(&options);
    if (PG_ARGISNULL(1) || PG_ARGISNULL(4))
        return unchanged_state(fcinfo);
    z = get_float8_array(PG_GETARG_DATUM(4), "z", &n);
    if (n < 1 || n > CLM_MAX_COVARIATES)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("z must have 1 to %d elements, not %d", CLM_MAX_COVARIATES, n)));
    PG_GETARG_HISTORY(1, &h);
    if (!history_get_customer(&h, options.as_of, &clock, true, &c))
        return unchanged_state(fcinfo);
    constants[FAMILY] = customer_family_place(options.family);
    constants[PERIOD] = options.period;
    constants[AS_OF] = options.as_of;
    constants[PRIOR] = options.prior;
    constants[SINCE] = options.since;
    row = (covariate_row){1,           c.summary.x,  c.summary.t_x,
                          c.summary.t, c.n_monetary, c.n_monetary > 0 ? c.monetary : 0};
    return row_state_append_trailing(fcinfo, &kind, constants, &row, z, n);
}

/* ---- the fit ---- */

/* The rows of a state as a fit wants them. */
typedef struct gathered {
    covariate_data data;
    spend_group *spend;
    size_t n_spend;
} gathered;

static gathered
gather(const char *rows, size_t n, int nz)
{
    Size size = sizeof(covariate_row) + nz * sizeof(double);
    double *z = palloc_extended((n * nz + 1) * sizeof(double), MCXT_ALLOC_HUGE);
    gathered g = {.data = {.ncovariates = nz,
                           .n = n,
                           .groups = palloc_extended((n + 1) * sizeof(customer_group), MCXT_ALLOC_HUGE),
                           .z = z},
                  .spend = palloc_extended((n + 1) * sizeof(spend_group), MCXT_ALLOC_HUGE)};

    for (size_t i = 0; i < n; i++) {
        const covariate_row *row = (const covariate_row *)(rows + i * size);

        g.data.groups[i] = (customer_group){{row->x, row->t_x, row->t}, row->weight};
        memcpy(z + i * nz, row + 1, nz * sizeof(double));
        if (row->n > 0)
            g.spend[g.n_spend++] = (spend_group){row->n, row->m, row->weight};
    }
    return g;
}

static void
check_covariate_fit(clm_status status, const customer_family *family, int culprit)
{
    if (status == CLM_FIT_CONSTANT || status == CLM_FIT_COLLINEAR)
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                 status == CLM_FIT_CONSTANT
                     ? errmsg("covariate z[%d] is the same for all customers, or nearly so for its size",
                              culprit + 1)
                     : errmsg("covariate z[%d] is a combination of those before it", culprit + 1),
                 errhint("Leave it out. Of the indicators of all classes of a category one is too many.")));
    if (status == CLM_FIT_FAR)
        ereport(ERROR,
                (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                 errmsg("the parameters of %s for z = 0 are out of range", family->name),
                 errdetail("The covariates lie far from 0, and the parameters are those of z = 0."),
                 errhint("Subtract a typical value from each covariate, 2020 from a year for example.")));
    check_customer_fit(status, family->name);
}

PG_FUNCTION_INFO_V1(clm_covariate_model_final);
Datum
clm_covariate_model_final(PG_FUNCTION_ARGS)
{
    const double *constants;
    size_t n;
    int culprit;
    char *rows;
    gathered g;
    family_choice choice = {.n = 1};
    clm_status status;
    model_fit spend;
    fitted_model model;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    rows = row_state_rows(PG_GETARG_DATUM(0), &kind, &n, &constants);
    g = gather(rows, n, row_state_trailing(PG_GETARG_DATUM(0), &kind));
    choice.tried[0].family = customer_family_at(constants[FAMILY]);
    status = fit_with_covariates(choice.tried[0].family, &g.data, constants[PRIOR], &backend_stop,
                                 &choice.fit, &culprit);
    check_covariate_fit(status, choice.tried[0].family, culprit);
    model = (fitted_model){.period = (int32)constants[PERIOD],
                           .as_of = (DateADT)constants[AS_OF],
                           .since = (DateADT)constants[SINCE],
                           .prior = constants[PRIOR],
                           .choice = &choice};
    if (fit_spend_part(g.spend, &g.n_spend, constants[PRIOR], &spend))
        model.spend = &spend;
    PG_RETURN_DATUM(make_customer_model(make_result_row(fcinfo), &model));
}
