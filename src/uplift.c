/*
 * The aggregate uplift: did the action work, by the difference between treated customers and a control group; and
 * sample_size, how many customers it takes to see one.
 *
 * Transitions count, or sum outcomes and their squares exactly, so that the result depends on the rows only.
 */
#include "composite.h"

#include "core/exact_sum.h"
#include "core/uplift.h"
#include "sum_state.h"

#define DEFAULT_LEVEL 0.95

/* Counts and sums of clm.uplift_state, each for both arms; successes are counted for yes/no outcomes, sums are taken
 * of numbers. */
enum { COUNT_ROWS = 0, COUNT_SUCCESSES = UPLIFT_ARMS, NCOUNTS = 2 * UPLIFT_ARMS };
enum { SUM_OUTCOMES = 0, SUM_SQUARES = UPLIFT_ARMS, NSUMS = 2 * UPLIFT_ARMS };

static bool
level_is_valid(float8 level)
{
    return level > 0 && level < 1;
}

static bool uplift_state_is_valid(const SumState *state);

static const char *const constant_names[] = {"level"};
static const sum_layout uplift_layout = {.type = "uplift_state",
                                         .aggregate = "uplift",
                                         .nconstants = 1,
                                         .constants = constant_names,
                                         .ncounts = NCOUNTS,
                                         .nsums = NSUMS,
                                         .valid = uplift_state_is_valid};

static float8
level_of(const SumState *state)
{
    return sum_state_constants(state, &uplift_layout)[0];
}

static bool
uplift_state_is_valid(const SumState *state)
{
    for (int i = 0; i < UPLIFT_ARMS; i++) {
        if (state->data[COUNT_SUCCESSES + i] > state->data[COUNT_ROWS + i])
            return false;
    }
    return level_is_valid(level_of(state));
}

SUM_STATE_FUNCTIONS(clm_uplift, &uplift_layout)

/* ---- transitions: (state, treated, outcome [, level]) ---- */

static float8
get_level_argument(FunctionCallInfo fcinfo)
{
    float8 level;

    if (PG_NARGS() == 3)
        return DEFAULT_LEVEL;
    if (PG_ARGISNULL(3))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("level must not be null")));
    level = get_finite_float8(fcinfo, 3, "level");
    if (!level_is_valid(level))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("level must lie between 0 and 1, not at %g", level),
                        errhint("A 95 %% confidence interval has level 0.95.")));
    return level;
}

PG_FUNCTION_INFO_V1(clm_uplift_proportions_transition);
Datum
clm_uplift_proportions_transition(PG_FUNCTION_ARGS)
{
    float8 level = get_level_argument(fcinfo);
    SumState *state;
    int arm;

    if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
        return unchanged_state(fcinfo);
    arm = PG_GETARG_BOOL(1) ? UPLIFT_TREATED : UPLIFT_CONTROL;
    state = get_writable_sum_state(fcinfo, &uplift_layout, &level, (exact_window){0, 0});
    sum_state_count(state, COUNT_ROWS + arm, 1);
    sum_state_count(state, COUNT_SUCCESSES + arm, PG_GETARG_BOOL(2));
    PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(clm_uplift_means_transition);
Datum
clm_uplift_means_transition(PG_FUNCTION_ARGS)
{
    float8 level = get_level_argument(fcinfo);
    exact_window needed = {0, 0};
    exact_number outcome, square;
    SumState *state;
    int arm;

    if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
        return unchanged_state(fcinfo);
    arm = PG_GETARG_BOOL(1) ? UPLIFT_TREATED : UPLIFT_CONTROL;
    exact_from_double(get_finite_float8(fcinfo, 2, "outcome"), &outcome);
    check_status(exact_multiply(&outcome, &outcome, &square), "the square of an outcome");
    exact_window_include(&needed, &outcome);
    exact_window_include(&needed, &square);
    state = get_writable_sum_state(fcinfo, &uplift_layout, &level, needed);
    sum_state_count(state, COUNT_ROWS + arm, 1);
    sum_state_add(state, &uplift_layout, SUM_OUTCOMES + arm, &outcome);
    sum_state_add(state, &uplift_layout, SUM_SQUARES + arm, &square);
    PG_RETURN_POINTER(state);
}

/* ---- results ---- */

static void
set_test(const composite *row, const uplift *u, float8 level)
{
    set_float8_attribute(row, "ci_low", u->low);
    set_float8_attribute(row, "ci_high", u->high);
    set_float8_attribute(row, "level", level);
    set_float8_attribute(row, "statistic", u->statistic);
    if (u->df > 0)
        set_float8_attribute(row, "df", u->df);
    set_float8_attribute(row, "p_value", u->p);
}

/* The numbers of rows always; the rest where the status allows it. */
static Datum
make_uplift(FunctionCallInfo fcinfo, const SumState *state, clm_status status, const uplift *u)
{
    composite row = make_result_row(fcinfo);

    set_int64_attribute(&row, "n_treated", state->data[COUNT_ROWS + UPLIFT_TREATED]);
    set_int64_attribute(&row, "n_control", state->data[COUNT_ROWS + UPLIFT_CONTROL]);
    if (status != CLM_UNDEFINED) {
        check_status(status, "uplift");
        set_float8_attribute(&row, "mean_treated", u->mean[UPLIFT_TREATED]);
        set_float8_attribute(&row, "mean_control", u->mean[UPLIFT_CONTROL]);
        set_float8_attribute(&row, "lift", u->lift);
        set_float8_attribute(&row, "se", u->se);
        if (u->has_test)
            set_test(&row, u, level_of(state));
    }
    return composite_datum(&row);
}

PG_FUNCTION_INFO_V1(clm_uplift_proportions_final);
Datum
clm_uplift_proportions_final(PG_FUNCTION_ARGS)
{
    SumState *state;
    uplift u;
    clm_status status;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_sum_state(PG_GETARG_DATUM(0), &uplift_layout);
    status = uplift_proportions(state->data + COUNT_ROWS, state->data + COUNT_SUCCESSES, level_of(state), &u);
    return make_uplift(fcinfo, state, status, &u);
}

PG_FUNCTION_INFO_V1(clm_uplift_means_final);
Datum
clm_uplift_means_final(PG_FUNCTION_ARGS)
{
    SumState *state;
    uplift_outcomes arms[UPLIFT_ARMS];
    uplift u;
    clm_status status;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_sum_state(PG_GETARG_DATUM(0), &uplift_layout);
    for (int i = 0; i < UPLIFT_ARMS; i++) {
        arms[i].n = state->data[COUNT_ROWS + i];
        sum_state_read(state, &uplift_layout, SUM_OUTCOMES + i, &arms[i].sum);
        sum_state_read(state, &uplift_layout, SUM_SQUARES + i, &arms[i].squares);
    }
    status = uplift_means(arms, level_of(state), &u);
    return make_uplift(fcinfo, state, status, &u);
}

/* ---- sample_size(p0, p1, power, alpha) ---- */

PG_FUNCTION_INFO_V1(clm_sample_size);
Datum
clm_sample_size(PG_FUNCTION_ARGS)
{
    float8 p0 = get_probability(fcinfo, 0, "p0"), p1 = get_probability(fcinfo, 1, "p1");
    float8 power = get_probability(fcinfo, 2, "power"), alpha = get_probability(fcinfo, 3, "alpha");
    clm_status status;
    int64_t n;

    if (p0 == p1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("p0 and p1 must differ, but both are %g", p0),
                        errdetail("No number of customers shows a change that is not there.")));
    if (alpha == 0 || alpha == 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("alpha must be greater than 0 and less than 1, not %g", alpha)));
    if (power <= alpha || power == 1)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("power must lie between alpha = %g and 1, not at %g", alpha, power)));
    status = uplift_sample_size(p0, p1, power, alpha, &n);
    if (status == CLM_OVERFLOW)
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                        errmsg("the sample size is out of range of bigint"),
                        errdetail("A change by %g is too small.", p1 - p0)));
    check_status(status, "sample_size");
    PG_RETURN_INT64(n);
}
