/*
 * The aggregate frequency_fit: how many customers made 0, 1, 2, ... repeat purchases, as counted and by a model, and
 * what each of these groups bought afterwards; and its points as rows.
 *
 * The model, the days and the history are a row's own: a segment may have a model of its own.
 */
#include "clm.h"

#include <math.h>

#include "funcapi.h"

#include "composite.h"
#include "core/frequency_fit.h"
#include "core/tracking.h"
#include "history.h"
#include "rfm.h"
#include "model.h"
#include "sum_state.h"

/* Counts and sums of clm.frequency_fit_state, each for every row of the result. */
enum {
    COUNT_CUSTOMERS = 0,
    COUNT_FOLLOWED = FREQUENCY_ROWS,      /* of them, those with a hold-out */
    COUNT_PURCHASES = 2 * FREQUENCY_ROWS, /* what these bought in it */
    NCOUNTS = 3 * FREQUENCY_ROWS
};
enum { SUM_EXPECTED_CUSTOMERS = 0, SUM_EXPECTED_PURCHASES = FREQUENCY_ROWS, NSUMS = 2 * FREQUENCY_ROWS };

static bool
state_valid(const SumState *state)
{
    for (int i = 0; i < FREQUENCY_ROWS; i++) {
        int64 followed = state->data[COUNT_FOLLOWED + i];

        if (followed > state->data[COUNT_CUSTOMERS + i] ||
            (followed == 0 && state->data[COUNT_PURCHASES + i] > 0))
            return false;
    }
    return true;
}

static const sum_layout layout = {.type = "frequency_fit_state",
                                  .aggregate = "frequency_fit",
                                  .ncounts = NCOUNTS,
                                  .nsums = NSUMS,
                                  .valid = state_valid};

SUM_STATE_FUNCTIONS(clm_frequency_fit, &layout)

/* ---- transition: (state, history, as_of, model, upto) ---- */

/* A customer's contribution. */
typedef struct fit_row {
    int row;
    double probability[FREQUENCY_ROWS];
    bool followed;
    int64 purchases;
    double expected_purchases;
} fit_row;

/* The end of the hold-out; false where there is none. */
static bool
get_holdout(FunctionCallInfo fcinfo, DateADT as_of, DateADT *upto)
{
    if (PG_ARGISNULL(4))
        return false;
    *upto = get_finite_date(fcinfo, 4, "upto");
    if (*upto < as_of)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("upto must not lie before as_of"),
                        errdetail("The hold-out are the days after as_of, up to upto.")));
    return *upto > as_of;
}

/* Fills in what follows from the customer and the model; false where he has no occasion yet. */
static bool
make_fit_row(const history_view *h, DateADT as_of, const customer_model *model, DateADT upto, fit_row *row)
{
    customer_clock clock = model_clock(model);
    history_view holdout;
    customer c;

    if (!history_get_customer(h, as_of, &clock, false, &c))
        return false;
    row->row = frequency_row(c.summary.x);
    check_status(frequency_probabilities(model->family, model->params, c.summary.t, row->probability),
                 "the probability of a number of purchases");
    if (row->followed) {
        double ahead = model_time(model->family, model->period, (int64)upto - as_of);

        holdout = history_slice(h, as_of, upto);
        row->purchases = (int64)history_occasions(&holdout);
        check_status(
            model->family->expected_purchases(model->params, &c.summary, ahead, &row->expected_purchases),
            "expected_purchases");
    }
    return true;
}

static Datum
add_fit_row(FunctionCallInfo fcinfo, const fit_row *row)
{
    exact_number share[FREQUENCY_ROWS], purchases;
    exact_window needed = {0, 0};
    SumState *state;

    for (int i = 0; i < FREQUENCY_ROWS; i++) {
        exact_from_double(row->probability[i], &share[i]);
        exact_window_include(&needed, &share[i]);
    }
    exact_from_double(row->followed ? row->expected_purchases : 0, &purchases);
    exact_window_include(&needed, &purchases);
    state = get_writable_sum_state(fcinfo, &layout, NULL, needed);
    for (int i = 0; i < FREQUENCY_ROWS; i++)
        sum_state_add(state, &layout, SUM_EXPECTED_CUSTOMERS + i, &share[i]);
    sum_state_add(state, &layout, SUM_EXPECTED_PURCHASES + row->row, &purchases);
    sum_state_count(state, COUNT_CUSTOMERS + row->row, 1);
    if (row->followed) {
        sum_state_count(state, COUNT_FOLLOWED + row->row, 1);
        sum_state_count(state, COUNT_PURCHASES + row->row, row->purchases);
    }
    PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(clm_frequency_fit_transition);
Datum
clm_frequency_fit_transition(PG_FUNCTION_ARGS)
{
    const customer_model *model;
    DateADT as_of, upto = 0;
    history_view h;
    fit_row row;

    if (PG_ARGISNULL(2))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("as_of must not be null")));
    as_of = get_finite_date(fcinfo, 2, "as_of");
    row.followed = get_holdout(fcinfo, as_of, &upto);
    if (PG_ARGISNULL(1) || PG_ARGISNULL(3))
        return unchanged_state(fcinfo);
    model = get_customer_model(fcinfo, 3);
    PG_GETARG_HISTORY(1, &h);
    if (!make_fit_row(&h, as_of, model, upto, &row))
        return unchanged_state(fcinfo);
    warn_of_leakage(model, as_of);
    return add_fit_row(fcinfo, &row);
}

/* ---- the type clm.frequency_fit ---- */

static Datum
read_sums(const SumState *state, int first)
{
    double values[FREQUENCY_ROWS];

    for (int i = 0; i < FREQUENCY_ROWS; i++) {
        exact_number sum;

        sum_state_read(state, &layout, first + i, &sum);
        check_status(exact_to_double(&sum, &values[i]), "an expected number");
    }
    return make_float8_array(values, FREQUENCY_ROWS);
}

PG_FUNCTION_INFO_V1(clm_frequency_fit_final);
Datum
clm_frequency_fit_final(PG_FUNCTION_ARGS)
{
    SumState *state;
    composite row;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_sum_state(PG_GETARG_DATUM(0), &layout);
    row = make_result_row(fcinfo);
    set_attribute(&row, "customers", make_int64_array(state->data + COUNT_CUSTOMERS, FREQUENCY_ROWS));
    set_attribute(&row, "expected_customers", read_sums(state, SUM_EXPECTED_CUSTOMERS));
    set_attribute(&row, "holdout_customers", make_int64_array(state->data + COUNT_FOLLOWED, FREQUENCY_ROWS));
    set_attribute(&row, "holdout_purchases", make_int64_array(state->data + COUNT_PURCHASES, FREQUENCY_ROWS));
    set_attribute(&row, "holdout_expected", read_sums(state, SUM_EXPECTED_PURCHASES));
    return composite_datum(&row);
}

/* ---- points(frequency_fit): rows, one a number of purchases ---- */

static Datum
require_rows(const composite *row, const char *name, Datum *value)
{
    if (!get_attribute(row, name, value))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a frequency_fit must not be null", name)));
    return *value;
}

static void
check_rows(const char *name, int n, bool negative)
{
    if (n != FREQUENCY_ROWS || negative)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid frequency_fit"),
                        errdetail("%s is not %d numbers of at least 0.", name, FREQUENCY_ROWS),
                        errhint("The aggregate frequency_fit makes valid ones.")));
}

static const int64 *
get_counts(const composite *row, const char *name)
{
    Datum value;
    int n;
    const int64 *counts = get_int64_array(require_rows(row, name, &value), name, &n);
    bool negative = false;

    for (int i = 0; i < n; i++)
        negative = negative || counts[i] < 0;
    check_rows(name, n, negative);
    return counts;
}

static const float8 *
get_sums(const composite *row, const char *name)
{
    Datum value;
    int n;
    const float8 *sums = get_float8_array(require_rows(row, name, &value), name, &n);
    bool negative = false;

    for (int i = 0; i < n; i++)
        negative = negative || sums[i] < 0;
    check_rows(name, n, negative);
    return sums;
}

PG_FUNCTION_INFO_V1(clm_frequency_fit_points);
Datum
clm_frequency_fit_points(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    composite row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0));
    const int64 *customers = get_counts(&row, "customers");
    const float8 *expected_customers = get_sums(&row, "expected_customers");
    const int64 *followed = get_counts(&row, "holdout_customers");
    const int64 *purchases = get_counts(&row, "holdout_purchases");
    const float8 *expected = get_sums(&row, "holdout_expected");

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    for (int i = 0; i < FREQUENCY_ROWS; i++) {
        bool none = followed[i] == 0;
        Datum values[5] = {Int32GetDatum(i), Int64GetDatum(customers[i]),
                           Float8GetDatum(expected_customers[i]),
                           Float8GetDatum(none ? 0 : (float8)purchases[i] / (float8)followed[i]),
                           Float8GetDatum(none ? 0 : expected[i] / (float8)followed[i])};
        bool nulls[5] = {[3] = none, [4] = none};

        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
    return (Datum)0;
}
