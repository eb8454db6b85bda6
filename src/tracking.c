/*
 * The aggregate tracking, and what is read off it and a model: repeat purchases by period as rows, actual and expected,
 * and the season, which a warning names.
 */
#include "clm.h"

#include <math.h>

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/datetime.h"

#include "composite.h"
#include "core/seasonality.h"
#include "core/tracking.h"
#include "history.h"
#include "model.h"
#include "row_state.h"

/* ---- the state: rows of tracking_day ---- */

enum { CONSTANT_UPTO, CONSTANT_PERIOD, NCONSTANTS };

static clm_status
merge_rows(void *rows, size_t *n, size_t width, const clm_stop *stop)
{
    return tracking_days_merge(rows, n, stop);
}

static bool
row_valid(const void *row)
{
    const tracking_day *day = row;

    return history_takes_day(day->day) && tracking_day_valid(day);
}

static bool
is_whole_number(double value, double least, double most)
{
    return value >= least && value <= most && value == floor(value);
}

static bool
constants_valid(const double *constants)
{
    return is_whole_number(constants[CONSTANT_UPTO], HISTORY_MIN_DAY, HISTORY_MAX_DAY) &&
           is_whole_number(constants[CONSTANT_PERIOD], 1, PG_INT32_MAX);
}

static const row_kind kind = {.type = "tracking_state",
                              .function = "tracking",
                              .nconstants = NCONSTANTS,
                              .constants = {"upto", "period"},
                              .columns = "nnn",
                              .merge = merge_rows,
                              .constants_valid = constants_valid,
                              .row_valid = row_valid};

ROW_STATE_FUNCTIONS(tracking, &kind)

/* The occasions of a history up to a day: the first one, then repeats. */
static tracking_day *
list_occasions(const history_view *h, DateADT upto, size_t *n)
{
    size_t entries = history_entries_upto(h, upto);
    tracking_day *days = palloc(Max(entries, 1) * sizeof(*days));

    *n = 0;
    for (size_t i = 0; i < entries; i++) {
        if (i % CLM_STOP_EVERY == 0)
            CHECK_FOR_INTERRUPTS();
        if (history_is_occasion(h, i)) {
            days[*n] = (tracking_day){history_day(h, i), *n == 0, *n > 0};
            (*n)++;
        }
    }
    return days;
}

/* (state, history, upto [, period]) */
static Datum
add_history(FunctionCallInfo fcinfo, int32 period)
{
    double constants[NCONSTANTS];
    history_view h;
    tracking_day *days;
    size_t n;
    Datum state;

    if (PG_ARGISNULL(2))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("upto must not be null")));
    constants[CONSTANT_UPTO] = get_finite_date(fcinfo, 2, "upto");
    constants[CONSTANT_PERIOD] = period;
    if (PG_ARGISNULL(1))
        return unchanged_state(fcinfo);
    PG_GETARG_HISTORY(1, &h);
    days = list_occasions(&h, (DateADT)constants[CONSTANT_UPTO], &n);
    state = n == 0 ? unchanged_state(fcinfo) : row_state_append_rows(fcinfo, &kind, constants, days, n);
    pfree(days);
    return state;
}

PG_FUNCTION_INFO_V1(clm_tracking_transition);
Datum
clm_tracking_transition(PG_FUNCTION_ARGS)
{
    return add_history(fcinfo, DEFAULT_PERIOD);
}

PG_FUNCTION_INFO_V1(clm_tracking_period_transition);
Datum
clm_tracking_period_transition(PG_FUNCTION_ARGS)
{
    if (PG_ARGISNULL(3))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("period must not be null")));
    return add_history(fcinfo, get_positive_int32(fcinfo, 3, "period"));
}

/* ---- the type clm.tracking ---- */

typedef struct tracked {
    DateADT first_day, upto;
    int32 period;
    tracking t;
} tracked;

static int64
sum_of(const int64 *counts, size_t n)
{
    int64 sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += counts[i];
    return sum;
}

static Datum
make_tracking(FunctionCallInfo fcinfo, const tracked *tr)
{
    composite row = make_result_row(fcinfo);
    int n = (int)tr->t.n;

    set_attribute(&row, "first_day", DateADTGetDatum(tr->first_day));
    set_attribute(&row, "upto", DateADTGetDatum(tr->upto));
    set_attribute(&row, "period", Int32GetDatum(tr->period));
    set_int64_attribute(&row, "customers", sum_of(tr->t.joined, n));
    set_int64_attribute(&row, "purchases", sum_of(tr->t.repeats, n));
    set_attribute(&row, "day", make_int64_array(tr->t.day, n));
    set_attribute(&row, "joined", make_int64_array(tr->t.joined, n));
    set_attribute(&row, "repeats", make_int64_array(tr->t.repeats, n));
    return composite_datum(&row);
}

static void
check_span(int64 span)
{
    if (span > TRACKING_MOST_DAYS)
        ereport(ERROR,
                (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                 errmsg("a tracking spans at most %d days, not %lld", TRACKING_MOST_DAYS, (long long)span),
                 errhint("upto is the last day of the data; leave out what lies long before it.")));
}

PG_FUNCTION_INFO_V1(clm_tracking_final);
Datum
clm_tracking_final(PG_FUNCTION_ARGS)
{
    const tracking_day *days;
    const double *constants;
    int64 *day, *joined, *repeats;
    tracked tr;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    days = row_state_rows(PG_GETARG_DATUM(0), &kind, &tr.t.n, &constants);
    if (tr.t.n == 0)
        PG_RETURN_NULL();
    tr.first_day = (DateADT)days[0].day;
    tr.upto = (DateADT)constants[CONSTANT_UPTO];
    tr.period = (int32)constants[CONSTANT_PERIOD];
    tr.t.span = constants[CONSTANT_UPTO] - days[0].day + 1;
    check_span(tr.t.span);
    tr.t.day = day = palloc(tr.t.n * sizeof(*day));
    tr.t.joined = joined = palloc(tr.t.n * sizeof(*joined));
    tr.t.repeats = repeats = palloc(tr.t.n * sizeof(*repeats));
    for (size_t i = 0; i < tr.t.n; i++) {
        day[i] = days[i].day - tr.first_day;
        joined[i] = days[i].joined;
        repeats[i] = days[i].repeats;
    }
    if (!tracking_valid(&tr.t))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid tracking_state"),
                        errdetail("Its days do not go together.")));
    PG_RETURN_DATUM(make_tracking(fcinfo, &tr));
}

/* ---- reading a tracking, which users may have built themselves ---- */

static Datum
require_part(const composite *row, const char *name)
{
    Datum value;

    if (!get_attribute(row, name, &value))
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s of a tracking must not be null", name)));
    return value;
}

pg_noreturn static void
reject_tracking(const char *why)
{
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid tracking"),
                    errdetail("%s", why), errhint("The aggregate tracking makes valid ones.")));
}

/* The tracking in argument 0. */
static tracked
get_tracking(FunctionCallInfo fcinfo)
{
    composite row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0));
    int n, njoined, nrepeats;
    tracked tr;

    tr.first_day = DatumGetDateADT(require_part(&row, "first_day"));
    tr.upto = DatumGetDateADT(require_part(&row, "upto"));
    tr.period = DatumGetInt32(require_part(&row, "period"));
    tr.t.day = get_int64_array(require_part(&row, "day"), "day", &n);
    tr.t.joined = get_int64_array(require_part(&row, "joined"), "joined", &njoined);
    tr.t.repeats = get_int64_array(require_part(&row, "repeats"), "repeats", &nrepeats);
    if (DATE_NOT_FINITE(tr.first_day) || DATE_NOT_FINITE(tr.upto) || tr.upto < tr.first_day || tr.period < 1)
        reject_tracking(
            "Its days are finite, upto is not before first_day, and the period is at least 1 day.");
    tr.t.span = (int64)tr.upto - tr.first_day + 1;
    check_span(tr.t.span);
    if (njoined != n || nrepeats != n)
        reject_tracking("Its arrays differ in length.");
    tr.t.n = (size_t)n;
    if (!tracking_valid(&tr.t))
        reject_tracking(
            "Its days ascend from 0 to upto - first_day at most, a customer joins on the first, and "
            "no count is negative or too large.");
    return tr;
}

/* What was bought until the ends of some days, and what the model expected. */
typedef struct purchases_until {
    int64 *ends;
    size_t n;
    int64 *actual;
    float8 *expected;
} purchases_until;

static purchases_until
make_purchases_until(size_t most)
{
    return (purchases_until){palloc(Max(most, 1) * sizeof(int64)), 0, palloc(Max(most, 1) * sizeof(int64)),
                             palloc(Max(most, 1) * sizeof(float8))};
}

static void
track(const tracked *tr, const customer_model *model, purchases_until *p)
{
    check_status(track_purchases(&tr->t, model->family, model->params, model->period, p->ends, p->n,
                                 p->actual, p->expected, &backend_stop),
                 "the expected purchases of a tracking");
}

/* ---- the season ---- */

/* The calendar months that lie within the days of a tracking: ends[0] is the day before the first of them, and
 * ends[k] the last day of the k-th; returns the first one, from 0. */
static int
find_months(const tracked *tr, purchases_until *p)
{
    int year, month, day, first_month;

    j2date(tr->first_day + POSTGRES_EPOCH_JDATE, &year, &month, &day);
    if (day > 1)
        month++;
    first_month = (month - 1) % MONTHS_OF_YEAR;
    for (;; month++) {
        /* date2j wants a month of the year. */
        int64 end = date2j(year + (month - 1) / MONTHS_OF_YEAR, (month - 1) % MONTHS_OF_YEAR + 1, 1) - 1 -
                    POSTGRES_EPOCH_JDATE - (int64)tr->first_day;

        if (end >= tr->t.span)
            break;
        p->ends[p->n++] = end;
    }
    return first_month;
}

/* Counts by month and judges them; false where there is too little to judge. */
static bool
find_season(const tracked *tr, const customer_model *model, season *s)
{
    purchases_until p = make_purchases_until(tr->t.span / 28 + 2);
    int first_month = find_months(tr, &p);
    month_count *months = palloc(Max(p.n, 1) * sizeof(*months));
    bool before_all = p.n > 0 && p.ends[0] < 0;
    clm_status status;
    size_t n = 0;

    /* Until the day before all days there is nothing to track. */
    if (before_all)
        p.ends[0] = 0;
    track(tr, model, &p);
    if (before_all) {
        p.actual[0] = 0;
        p.expected[0] = 0;
    }
    for (; n + 1 < p.n; n++)
        months[n] = (month_count){(first_month + (int)n) % MONTHS_OF_YEAR, p.actual[n + 1] - p.actual[n],
                                  Max(p.expected[n + 1] - p.expected[n], 0)};
    status = judge_season(months, n, s);
    if (status == CLM_UNDEFINED)
        return false;
    check_status(status, "the season of a tracking");
    return true;
}

static const char *const month_names[MONTHS_OF_YEAR] = {"January",   "February", "March",    "April",
                                                        "May",       "June",     "July",     "August",
                                                        "September", "October",  "November", "December"};

static void
warn_of_season(const season *s)
{
    StringInfoData departures;
    int64 most = 0;

    initStringInfo(&departures);
    for (int m = 0; m < MONTHS_OF_YEAR; m++) {
        most = Max(most, s->month[m].months);
        if (s->month[m].departs)
            appendStringInfo(&departures, "%s%.0f %%%s in %s", departures.len > 0 ? ", " : "",
                             100 * s->month[m].index, departures.len > 0 ? "" : " of the expected ones",
                             month_names[m]);
    }
    ereport(WARNING,
            (errcode(ERRCODE_WARNING), errmsg("purchases depend on the month of the year"),
             errdetail("With the long-run trend taken out, actual purchases are %s.%s", departures.data,
                       most > 1 ? "" : " Each month was seen once: it may be an event of that year."),
             errhint("Fit the model to whole years, compare a month with the same month of other years, and "
                     "see clm.seasonality(tracking, model).")));
}

PG_FUNCTION_INFO_V1(clm_tracking_seasonality);
Datum
clm_tracking_seasonality(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    tracked tr = get_tracking(fcinfo);
    const customer_model *model = get_customer_model(fcinfo, 1);
    season s;

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    if (!find_season(&tr, model, &s))
        return (Datum)0;
    for (int m = 0; m < MONTHS_OF_YEAR; m++) {
        const season_month *month = &s.month[m];
        Datum values[6] = {Int32GetDatum(m + 1),         Int64GetDatum(month->months),
                           Int64GetDatum(month->actual), Float8GetDatum(month->expected),
                           Float8GetDatum(month->index), BoolGetDatum(month->departs)};
        bool nulls[6] = {false};

        tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
    }
    return (Datum)0;
}

/* ---- points(tracking, model): rows, one a period ---- */

static void
put_period(ReturnSetInfo *rsinfo, const tracked *tr, const customer_model *model, const purchases_until *p,
           size_t i)
{
    int64 bought = i == 0 ? 0 : p->actual[i - 1];
    float8 expected = i == 0 ? 0 : p->expected[i - 1];
    int64 first = i == 0 ? 0 : p->ends[i - 1] + 1;
    DateADT last_day = tr->first_day + (DateADT)p->ends[i];
    Datum values[8] = {Int64GetDatum((int64)i + 1),
                       DateADTGetDatum(tr->first_day + (DateADT)first),
                       DateADTGetDatum(last_day),
                       Int64GetDatum(p->actual[i] - bought),
                       Float8GetDatum(Max(p->expected[i] - expected, 0)),
                       Int64GetDatum(p->actual[i]),
                       Float8GetDatum(p->expected[i]),
                       BoolGetDatum(model->has_as_of && last_day > model->as_of)};
    bool nulls[8] = {[7] = !model->has_as_of};

    tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

PG_FUNCTION_INFO_V1(clm_tracking_points);
Datum
clm_tracking_points(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    tracked tr = get_tracking(fcinfo);
    const customer_model *model = get_customer_model(fcinfo, 1);
    purchases_until p = make_purchases_until(tr.t.span / tr.period);
    season s;

    for (int64 end = tr.period; end <= tr.t.span; end += tr.period)
        p.ends[p.n++] = end - 1;
    track(&tr, model, &p);
    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    for (size_t i = 0; i < p.n; i++)
        put_period(rsinfo, &tr, model, &p, i);
    if (find_season(&tr, model, &s) && s.seasonal)
        warn_of_season(&s);
    return (Datum)0;
}
