/*
 * The aggregate empc(score, hit [, value, incentive, contact, alpha, beta]): profit of a campaign that contacts
 * the customers with the highest scores.
 */
#include "ranking.h"

#include "core/empc.h"

#include "composite.h"

static campaign
campaign_of_constants(const double *constants)
{
    return (campaign){constants[0], constants[1], constants[2], constants[3], constants[4]};
}

static bool
constants_valid(const double *constants)
{
    campaign c = campaign_of_constants(constants);

    return campaign_valid(&c);
}

static const row_kind empc_kind = {
    .type = "empc_state",
    .function = "empc",
    .nconstants = 5,
    .constants = {"value", "incentive", "contact", "alpha", "beta"},
    .columns = SCORED_ROW_COLUMNS,
    .merge = merge_scored_rows,
    .constants_valid = constants_valid,
    .row_valid = scored_row_valid,
};

ROW_STATE_FUNCTIONS(empc, &empc_kind)

/* ---- transitions ---- */

static void
check_shape(const char *name, double shape)
{
    if (shape < CAMPAIGN_LEAST_SHAPE || shape > CAMPAIGN_MOST_SHAPE)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must lie between %g and %g, not at %g", name, CAMPAIGN_LEAST_SHAPE,
                               CAMPAIGN_MOST_SHAPE, shape)));
}

static void
throw_invalid_campaign(const campaign *c)
{
    if (!(c->value > 0))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("value must be above 0, not %g", c->value)));
    if (!(c->incentive >= 0 && c->incentive < c->value))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("incentive must be at least 0 and below value = %g, not %g", c->value,
                               c->incentive)));
    if (!(c->contact >= 0))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("contact must be at least 0, not %g", c->contact)));
    check_shape("alpha", c->alpha);
    check_shape("beta", c->beta);
}

/* The constants in arguments 3 to 7, checked. */
static void
get_campaign(FunctionCallInfo fcinfo, double *constants)
{
    campaign c;

    for (int i = 0; i < empc_kind.nconstants; i++) {
        const char *name = empc_kind.constants[i];

        if (PG_ARGISNULL(3 + i))
            ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
        constants[i] = get_finite_float8(fcinfo, 3 + i, name);
    }
    c = campaign_of_constants(constants);
    if (!campaign_valid(&c))
        throw_invalid_campaign(&c);
}

static Datum
append_customer(FunctionCallInfo fcinfo, const double *constants)
{
    scored_group row;

    if (!get_scored_row(fcinfo, &row))
        return unchanged_state(fcinfo);
    return row_state_append(fcinfo, &empc_kind, constants, &row);
}

PG_FUNCTION_INFO_V1(clm_empc_transition);
Datum
clm_empc_transition(PG_FUNCTION_ARGS)
{
    const campaign *c = &default_campaign;
    const double constants[] = {c->value, c->incentive, c->contact, c->alpha, c->beta};

    return append_customer(fcinfo, constants);
}

PG_FUNCTION_INFO_V1(clm_empc_campaign_transition);
Datum
clm_empc_campaign_transition(PG_FUNCTION_ARGS)
{
    double constants[ROW_MAX_CONSTANTS];

    get_campaign(fcinfo, constants);
    return append_customer(fcinfo, constants);
}

/* ---- the result ---- */

static void
set_profit(const composite *row, const campaign_profit *profit)
{
    set_float8_attribute(row, "mpc", profit->mpc);
    set_float8_attribute(row, "mpc_share", profit->mpc_share);
    if (profit->mpc_share > 0)
        set_float8_attribute(row, "mpc_threshold", profit->mpc_threshold);
    set_float8_attribute(row, "empc", profit->empc);
    set_float8_attribute(row, "empc_share", profit->empc_share);
}

PG_FUNCTION_INFO_V1(clm_empc_final);
Datum
clm_empc_final(PG_FUNCTION_ARGS)
{
    const double *constants;
    scored_group *groups;
    int64 customers, hits;
    campaign_profit profit;
    clm_status status;
    campaign c;
    composite row;
    size_t n;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    groups = row_state_rows(PG_GETARG_DATUM(0), &empc_kind, &n, &constants);
    c = campaign_of_constants(constants);
    check_status(scored_groups_count(groups, n, &backend_stop, &customers, &hits), "empc");
    row = make_result_row(fcinfo);
    set_int64_attribute(&row, "n", customers);
    set_int64_attribute(&row, "hits", hits);
    status = measure_campaign(groups, n, &c, &backend_stop, &profit);
    if (status != CLM_UNDEFINED) {
        check_status(status, "empc");
        set_profit(&row, &profit);
    }
    PG_RETURN_DATUM(composite_datum(&row));
}
