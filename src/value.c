/*
 * The five-part value of a customer: purchase, praise, information, knowledge and trading value. A part that is
 * NULL is not known and counts as 0; where all parts are NULL so is the total.
 */
#include "composite.h"

#include "utils/float.h"

#include "core/exact_sum.h"
#include "core/value.h"
#include "sum_state.h"

enum { PARTS = 5 };

static const char *const part_names[PARTS] = {"cpv", "ppv", "civ", "ckv", "ctv"};

/* The parts that are not NULL; the others are 0. */
typedef struct value_parts {
    bool known[PARTS];
    float8 part[PARTS];
} value_parts;

/* The parts of an argument of type clm.value, of which a NULL has none; returns how many are known. */
static int
get_value_parts(FunctionCallInfo fcinfo, int argno, value_parts *v)
{
    composite row;
    int n = 0;

    memset(v, 0, sizeof(*v));
    if (PG_ARGISNULL(argno))
        return 0;
    row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(argno));
    for (int i = 0; i < PARTS; i++) {
        v->known[i] = get_float8_attribute(&row, part_names[i], &v->part[i]);
        n += v->known[i];
    }
    return n;
}

/* ---- cpv(spending, share, unit_margin) ---- */

PG_FUNCTION_INFO_V1(clm_cpv);
Datum
clm_cpv(PG_FUNCTION_ARGS)
{
    float8 spending = get_nonnegative_float8(fcinfo, 0, "spending");
    float8 share = get_finite_float8(fcinfo, 1, "share");
    float8 unit_margin = get_finite_float8(fcinfo, 2, "unit_margin");
    float8 cpv;

    if (share > 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("share must lie between 0 and 1, not at %s", float8out_internal(share)),
                        errdetail("More is spent here than the customer is said to spend in the category."),
                        errhint("Use least(1, share) where the category spending is an estimate.")));
    if (share < 0)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("share must lie between 0 and 1, not at %g", share),
                        errhint("Use greatest(0, share) where refunds may exceed the purchases.")));
    check_status(value_cpv(spending, share, unit_margin, &cpv), "cpv");
    PG_RETURN_FLOAT8(cpv);
}

/* ---- total(value) ---- */

PG_FUNCTION_INFO_V1(clm_value_total);
Datum
clm_value_total(PG_FUNCTION_ARGS)
{
    value_parts v;
    float8 total;

    if (get_value_parts(fcinfo, 0, &v) == 0)
        PG_RETURN_NULL();
    check_status(exact_sum(v.part, PARTS, &total), "the total of a value");
    PG_RETURN_FLOAT8(total);
}

/* ---- merge(value, value) and the aggregate sum(value) ---- */

static const char *const sum_names[PARTS] = {"the sum of cpv", "the sum of ppv", "the sum of civ",
                                             "the sum of ckv", "the sum of ctv"};

PG_FUNCTION_INFO_V1(clm_value_merge);
Datum
clm_value_merge(PG_FUNCTION_ARGS)
{
    value_parts a, b;
    composite row;

    if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
        PG_RETURN_NULL();
    (void)get_value_parts(fcinfo, 0, &a);
    (void)get_value_parts(fcinfo, 1, &b);
    row = make_result_row(fcinfo);
    for (int i = 0; i < PARTS; i++) {
        float8 both[2] = {a.part[i], b.part[i]}, sum;

        if (a.known[i] || b.known[i]) {
            check_status(exact_sum(both, 2, &sum), sum_names[i]);
            set_float8_attribute(&row, part_names[i], sum);
        }
    }
    PG_RETURN_DATUM(composite_datum(&row));
}

/* For each part the number of values that have it, and their sum. */
static const sum_layout value_layout = {
    .type = "value_state", .aggregate = "sum", .ncounts = PARTS, .nsums = PARTS};

SUM_STATE_FUNCTIONS(clm_value, &value_layout)

PG_FUNCTION_INFO_V1(clm_value_transition);
Datum
clm_value_transition(PG_FUNCTION_ARGS)
{
    value_parts v;
    exact_number numbers[PARTS];
    exact_window needed = {0, 0};
    SumState *state;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    (void)get_value_parts(fcinfo, 1, &v);
    for (int i = 0; i < PARTS; i++) {
        exact_from_double(v.part[i], &numbers[i]);
        exact_window_include(&needed, &numbers[i]);
    }
    state = get_writable_sum_state(fcinfo, &value_layout, NULL, needed);
    for (int i = 0; i < PARTS; i++) {
        sum_state_count(state, i, v.known[i]);
        sum_state_add(state, &value_layout, i, &numbers[i]);
    }
    PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(clm_value_final);
Datum
clm_value_final(PG_FUNCTION_ARGS)
{
    SumState *state;
    composite row;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_sum_state(PG_GETARG_DATUM(0), &value_layout);
    row = make_result_row(fcinfo);
    for (int i = 0; i < PARTS; i++) {
        exact_number x;
        float8 sum;

        if (state->data[i] == 0)
            continue;
        sum_state_read(state, &value_layout, i, &x);
        check_status(exact_to_double(&x, &sum), sum_names[i]);
        set_float8_attribute(&row, part_names[i], sum);
    }
    PG_RETURN_DATUM(composite_datum(&row));
}
