/*
 * The aggregate cohorts, and entries, which lists what it found: for each calendar period in which customers came, how
 * many of them bought in each period since, and for how much.
 */
#include "cohorts.h"

#include "funcapi.h"
#include "miscadmin.h"

#include "history.h"

/* ---- arguments ---- */

static calendar_unit
find_calendar(const text *name)
{
    calendar_unit unit;

    if (!calendar_by_name(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &unit))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("unknown calendar \"%.*s\"", (int)VARSIZE_ANY_EXHDR(name), VARDATA_ANY(name)),
                        errhint("Known calendars are: week, month, quarter, year.")));
    return unit;
}

static void
require_argument(FunctionCallInfo fcinfo, int argno, const char *name)
{
    if (PG_ARGISNULL(argno))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
}

pg_noreturn static void
reject_span(void)
{
    ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                    errmsg("cohorts span at most %d periods", COHORT_MOST_PERIODS),
                    errhint("Take a longer calendar period, or leave out what lies long before as_of.")));
}

/* ---- the aggregate ---- */

static void
check_constant(bool same, const char *name)
{
    if (!same)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be the same for all rows of an aggregate cohorts", name),
                        errhint("Use GROUP BY to compute several of them.")));
}

/* The first argument as a state that may be written to; a new one where it is NULL. */
static CohortsState *
get_writable_state(FunctionCallInfo fcinfo, calendar_unit unit, DateADT as_of)
{
    CohortsState *state, *copy;

    if (PG_ARGISNULL(0))
        return make_cohorts_state(unit, as_of);
    state = datum_get_cohorts_state(PG_GETARG_DATUM(0));
    check_constant(state_table(state)->as_of == as_of, "as_of");
    check_constant(state_table(state)->unit == unit, "calendar");
    if (AggCheckCallContext(fcinfo, NULL))
        return state;
    copy = palloc(VARSIZE(state));
    memcpy(copy, state, VARSIZE(state));
    return copy;
}

/* (state, history, as_of, calendar) */
PG_FUNCTION_INFO_V1(clm_cohorts_transition);
Datum
clm_cohorts_transition(PG_FUNCTION_ARGS)
{
    calendar_unit unit;
    DateADT as_of;
    history_view h;
    cohort_room room;
    CohortsState *state;
    clm_status status;

    require_argument(fcinfo, 2, "as_of");
    require_argument(fcinfo, 3, "calendar");
    as_of = get_finite_date(fcinfo, 2, "as_of");
    unit = find_calendar(PG_GETARG_TEXT_PP(3));
    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    PG_GETARG_HISTORY(1, &h);
    h = history_slice(&h, PG_INT64_MIN, as_of);
    status = cohort_room_of_history(&h, unit, as_of, &room);
    if (status == CLM_UNDEFINED)
        return unchanged_state(fcinfo);
    if (status == CLM_TOO_MANY)
        reject_span();
    state = cohorts_state_with(get_writable_state(fcinfo, unit, as_of), &room, h.n);
    cohort_table_add_history(state_table(state), &h, &room);
    PG_RETURN_POINTER(state);
}

PG_FUNCTION_INFO_V1(clm_cohorts_combine);
Datum
clm_cohorts_combine(PG_FUNCTION_ARGS)
{
    const CohortsState *other;
    const cohort_table *t;

    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    other = datum_get_cohorts_state(PG_GETARG_DATUM(1));
    t = state_table(other);
    PG_RETURN_POINTER(add_cohorts(get_writable_state(fcinfo, (calendar_unit)t->unit, t->as_of), other));
}

/* Leaves the state as it is, so that it also serves as a window function. */
PG_FUNCTION_INFO_V1(clm_cohorts_final);
Datum
clm_cohorts_final(PG_FUNCTION_ARGS)
{
    const CohortsState *state;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    state = datum_get_cohorts_state(PG_GETARG_DATUM(0));
    if (state_table(state)->customers == 0)
        PG_RETURN_NULL();
    PG_RETURN_POINTER(finish_cohorts(state));
}

/* ---- entries(cohorts) ---- */

static void
put_cohort(ReturnSetInfo *rsinfo, const cohort_table *t, int32 age, const int64_t *row)
{
    calendar_unit unit = (calendar_unit)t->unit;
    int32 cohort = t->last - age;
    int64 size = 0;
    cohort_cell cell;

    for (int32 period = 0; period <= age; period++) {
        Datum values[7];
        bool nulls[7] = {false};
        float8 amount;

        CHECK_FOR_INTERRUPTS();
        check_status(cohort_cell_read(t, row, period, &cell), "the amount of a cohort");
        check_status(exact_to_double(&cell.amount, &amount), "the amount of a cohort");
        if (period == 0)
            size = cell.active;
        values[0] = DateADTGetDatum(calendar_first_day(unit, cohort));
        values[1] = Int32GetDatum(period);
        values[2] = DateADTGetDatum(calendar_first_day(unit, cohort + period));
        values[3] = Int64GetDatum(size);
        values[4] = Int64GetDatum(cell.active);
        values[5] = Int64GetDatum(cell.stayed);
        values[6] = Float8GetDatum(amount);
        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
}

PG_FUNCTION_INFO_V1(clm_cohorts_entries);
Datum
clm_cohorts_entries(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    const cohort_table *t = state_table(datum_get_cohorts_state(PG_GETARG_DATUM(0)));

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    for (int32 age = (int32)t->nages - 1; age >= 0; age--) {
        const int64_t *row = cohort_table_row(t, age);

        if (row != NULL)
            put_cohort(rsinfo, t, age, row);
    }
    return (Datum)0;
}
