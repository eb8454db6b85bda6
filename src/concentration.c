/*
 * The aggregates over customers' values: concentration (Gini coefficient, whale curve, the customers who bring 80 % of
 * the value) and percentiles. They gather values in the same way.
 */
#include "clm.h"

#include "composite.h"
#include "core/concentration.h"
#include "core/percentiles.h"
#include "row_state.h"

static clm_status
merge_rows(void *rows, size_t *n, size_t width, const clm_stop *stop)
{
    return value_groups_merge(rows, n, stop);
}

static bool
row_valid(const void *row)
{
    return value_group_valid(row);
}

static const row_kind kind = {.type = "concentration_state",
                              .function = "concentration",
                              .columns = "dn",
                              .merge = merge_rows,
                              .row_valid = row_valid};

ROW_STATE_FUNCTIONS(concentration, &kind)

PG_FUNCTION_INFO_V1(clm_concentration_transition);
Datum
clm_concentration_transition(PG_FUNCTION_ARGS)
{
    value_group group = {.customers = 1};

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    group.value = get_finite_float8(fcinfo, 1, "v");
    return row_state_append(fcinfo, &kind, NULL, &group);
}

PG_FUNCTION_INFO_V1(clm_concentration_final);
Datum
clm_concentration_final(PG_FUNCTION_ARGS)
{
    const value_group *groups;
    size_t n;
    concentration c;
    composite row;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    groups = row_state_rows(PG_GETARG_DATUM(0), &kind, &n, NULL);
    if (n == 0)
        PG_RETURN_NULL();
    check_status(concentration_of(groups, n, &backend_stop, &c), "concentration");
    pfree(unconstify(value_group *, groups)); /* a query may have several such aggregates of all customers */
    row = make_result_row(fcinfo);
    set_int64_attribute(&row, "n", c.customers);
    set_float8_attribute(&row, "total", c.total);
    if (c.has_gini)
        set_float8_attribute(&row, "gini", c.gini);
    if (c.has_shares) {
        set_float8_attribute(&row, "peak", c.peak);
        set_float8_attribute(&row, "peak_position", c.peak_position);
        set_float8_attribute(&row, "top20", c.top20);
        set_float8_attribute(&row, "loss", c.loss);
    }
    if (c.has_top80) {
        set_int64_attribute(&row, "top80_customers", c.top80_customers);
        set_float8_attribute(&row, "top80_share", c.top80_share);
    }
    PG_RETURN_DATUM(composite_datum(&row));
}

PG_FUNCTION_INFO_V1(clm_percentiles_final);
Datum
clm_percentiles_final(PG_FUNCTION_ARGS)
{
    const value_group *groups;
    size_t n;
    float8 percentiles[PERCENTILES];

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    groups = row_state_rows(PG_GETARG_DATUM(0), &kind, &n, NULL);
    if (n == 0)
        PG_RETURN_NULL();
    check_status(percentiles_of(groups, n, &backend_stop, percentiles), "percentiles");
    pfree(unconstify(value_group *, groups));
    PG_RETURN_DATUM(make_float8_array(percentiles, PERCENTILES));
}
