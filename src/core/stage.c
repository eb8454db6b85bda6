/*
 * The stage classifier: an ordered list of rules, the first that holds decides. Only the days up to as_of
 * count, so any past day can be replayed.
 */
#include "stage.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "number_text.h"

/* One-sided level at which a trend stands out from noise, and the normal quantile of the same level. */
#define TREND_P 0.05
#define TREND_Z 1.645

/* Most, relative, that rounding to two digits adds. */
#define TWO_DIGITS_ERROR 0.0501

/* Exact probabilities such as 1/20 may come out of floating point a little above the level. */
#define TREND_P_ROUNDING (1 + 1e-9)

/* What one pass over the occasions up to as_of finds. */
typedef struct occasion_scan {
    int64_t occasions;
    int32_t first_day, last_day, previous_day; /* previous_day only with two occasions */
    size_t last_entry, previous_entry;
    int64_t regular_gaps, regular_days; /* gaps that did not end in a regain: how many, their sum */
    bool last_gap_regained;             /* history form: the last gap did */
} occasion_scan;

/* Whether the customer counts as gone, and the numbers behind it. */
typedef struct silence {
    bool gone;
    double limit;    /* history form */
    double p_active; /* model form */
} silence;

void
stage_default_options(stage_options *options)
{
    *options = (stage_options){.new_for = 90,
                               .churn_after = 3,
                               .churn_floor = 90,
                               .period = 30,
                               .k = 6,
                               .grow = 0.05,
                               .decline = -0.05,
                               .alive_below = 0.10,
                               .horizon = 90};
}

/* CLM_DOMAIN where an option lies outside the domain that stage_options states or is not finite. */
clm_status
stage_check_options(const stage_options *options)
{
    bool valid = options->new_for >= 0 && options->churn_after > 0 && isfinite(options->churn_after) &&
                 options->churn_floor >= 0 && options->period >= 1 && options->k >= TREND_MIN_PERIODS &&
                 options->k <= TREND_MAX_PERIODS && isfinite(options->grow) && isfinite(options->decline) &&
                 options->grow > options->decline && options->alive_below >= 0 && options->alive_below <= 1 &&
                 options->horizon >= 1;

    return valid ? CLM_OK : CLM_DOMAIN;
}

/* Longest silence in days that is not churn: churn_after mean gaps, at least churn_floor; without a regular
 * gap there is no cadence, and churn_floor stands alone. */
static double
silence_limit(const stage_options *options, const occasion_scan *scan)
{
    double limit = options->churn_floor;

    if (scan->regular_gaps > 0) {
        /* Multiplied first: 3 mean gaps of 10, 10 and 11 days are 31 days and not a bit less. */
        double cadences = options->churn_after * (double)scan->regular_days / (double)scan->regular_gaps;

        limit = fmax(limit, fmin(cadences, DBL_MAX));
    }
    return limit;
}

/* Takes the occasion on `day` in: the gap before it ended in a regain where the silence on the day before was
 * longer than the limit known then. */
static void
take_occasion(occasion_scan *scan, const stage_options *options, int32_t day, size_t entry)
{
    if (scan->occasions == 0) {
        scan->first_day = day;
    } else {
        int64_t gap = (int64_t)day - scan->last_day;

        scan->previous_day = scan->last_day;
        scan->previous_entry = scan->last_entry;
        scan->last_gap_regained = (double)(gap - 1) > silence_limit(options, scan);
        if (!scan->last_gap_regained) {
            scan->regular_gaps++;
            scan->regular_days += gap;
        }
    }
    scan->occasions++;
    scan->last_day = day;
    scan->last_entry = entry;
}

static occasion_scan
scan_occasions(const history_view *h, int32_t as_of, const stage_options *options)
{
    occasion_scan scan = {0};

    for (size_t i = 0; h != NULL && i < h->n; i++) {
        uint32_t stamp = history_stamp(h, i);

        if (stamp_day(stamp) > as_of)
            break;
        if (stamp_is_occasion(stamp))
            take_occasion(&scan, options, stamp_day(stamp), i);
    }
    return scan;
}

/* Model form of "gone": the model expects no further purchase; never for a new customer, whom it hardly
 * knows. */
static clm_status
model_silence(const stage_model *model, const stage_options *options, const stage_moment *moment,
              silence *found)
{
    clm_status status;

    if ((int64_t)moment->day - moment->first_day < options->new_for)
        return CLM_OK;
    status = model->p_active(model->arg, moment, options->horizon, &found->p_active);
    if (status == CLM_OK)
        found->gone = found->p_active < options->alive_below;
    return status;
}

/* Rule 3: whether the customer is gone at as_of. */
static clm_status
silence_now(const occasion_scan *scan, int32_t as_of, const stage_options *options, const stage_model *model,
            silence *found)
{
    *found = (silence){false, 0, 0};
    if (model != NULL) {
        stage_moment now = {scan->occasions, scan->last_entry, scan->first_day, scan->last_day, as_of};

        return model_silence(model, options, &now, found);
    }
    found->limit = silence_limit(options, scan);
    found->gone = (double)((int64_t)as_of - scan->last_day) > found->limit;
    return CLM_OK;
}

/* Rule 4: whether the last occasion was a return less than new_for days ago, that is, the same rule with only
 * the days before the last gap called the customer gone on the day before it. */
static clm_status
returned(const occasion_scan *scan, int32_t as_of, const stage_options *options, const stage_model *model,
         bool *back)
{
    *back = false;
    if (scan->occasions < 2 || (int64_t)as_of - scan->last_day >= options->new_for)
        return CLM_OK;
    if (model != NULL) {
        stage_moment before = {scan->occasions - 1, scan->previous_entry, scan->first_day, scan->previous_day,
                               scan->last_day - 1};
        silence found = {false, 0, 0};
        clm_status status = model_silence(model, options, &before, &found);

        *back = found.gone;
        return status;
    }
    *back = scan->last_gap_regained;
    return CLM_OK;
}

/*
 * Whether the sums or the days of the trend's window stand out from noise on the side of the threshold that
 * was crossed; sets the cause and its numbers.
 *
 * Mann-Kendall assumes that all orders of the sums are equally likely without a trend. The period with the
 * first purchase breaks that: it holds that purchase for certain, but only part of its days. With it, up to
 * 18 % of steady young customers would count as growing; so it is left out, and so is the first purchase from
 * Laplace's test, whose window begins after it.
 */
static clm_status
test_trend(const history_view *h, int32_t as_of, int32_t first_day, const stage_options *options,
           const double *sums, int n, bool down, stage_result *result)
{
    int64_t start = as_of - (int64_t)options->period * n;
    bool first_inside = first_day > start;
    int32_t laplace_start = first_inside ? first_day : (int32_t)start;
    mann_kendall test;
    clm_status status = trend_mann_kendall(sums + first_inside, n - first_inside, &test);

    if (status != CLM_OK)
        return status;
    result->p_value = down ? test.p_down : test.p_up;
    status = trend_laplace(h, laplace_start, as_of, &result->laplace);
    if (status != CLM_OK && status != CLM_UNDEFINED)
        return status;
    result->has_laplace = status == CLM_OK;
    if (result->p_value <= TREND_P * TREND_P_ROUNDING)
        result->cause = STAGE_TREND_AMOUNTS;
    else if (result->has_laplace && (down ? -result->laplace : result->laplace) >= TREND_Z)
        result->cause = STAGE_TREND_DAYS;
    else
        result->cause = STAGE_TREND_NOISE;
    return CLM_OK;
}

/* Rules 6 and 7: growing or declining where the trend is steep enough and no noise, otherwise mature. */
static clm_status
classify_trend(const history_view *h, int32_t as_of, int32_t first_day, const stage_options *options,
               stage_result *result)
{
    double sums[TREND_MAX_PERIODS];
    bool down;
    int n;
    clm_status status = trend_periods(h, as_of, options->period, options->k, sums, &n);

    result->stage = STAGE_MATURE;
    result->cause = STAGE_NO_TREND;
    if (status == CLM_OK)
        status = trend_relative_slope(sums, n, &result->trend);
    result->period = options->period;
    if (status != CLM_OK)
        return status == CLM_UNDEFINED ? CLM_OK : status;

    result->cause = STAGE_TREND_FLAT;
    down = result->trend <= options->decline;
    if (!down && result->trend < options->grow)
        return CLM_OK;
    status = test_trend(h, as_of, first_day, options, sums, n, down, result);
    if (status == CLM_OK && result->cause != STAGE_TREND_NOISE)
        result->stage = down ? STAGE_DECLINING : STAGE_GROWING;
    return status;
}

/* Rule 1: without an occasion, a contact decides. */
static void
classify_no_purchase(int32_t as_of, const stage_options *options, stage_result *result)
{
    if (options->has_engaged && options->engaged <= as_of) {
        result->stage = STAGE_ENGAGED;
        result->cause = STAGE_CONTACT;
        result->day = options->engaged;
    } else {
        result->stage = STAGE_PROSPECT;
        result->cause = STAGE_NO_PURCHASE;
    }
}

static void
set_gone(const occasion_scan *scan, int32_t as_of, const stage_options *options, const stage_model *model,
         const silence *found, stage_result *result)
{
    result->stage = STAGE_CHURNED;
    if (model != NULL) {
        result->cause = STAGE_UNLIKELY;
        result->p_active = found->p_active;
        result->alive_below = options->alive_below;
        result->horizon = options->horizon;
    } else {
        result->cause = STAGE_SILENT;
        result->days = (int64_t)as_of - scan->last_day;
        result->limit = found->limit;
    }
}

/* Rules 3 to 7: the stage of a customer with an occasion and an open relation. */
static clm_status
classify_buyer(const history_view *h, const occasion_scan *scan, int32_t as_of, const stage_options *options,
               const stage_model *model, stage_result *result)
{
    int64_t tenure = (int64_t)as_of - scan->first_day;
    silence found;
    bool back = false;
    clm_status status = silence_now(scan, as_of, options, model, &found);

    if (status == CLM_OK && !found.gone)
        status = returned(scan, as_of, options, model, &back);
    if (status != CLM_OK)
        return status;

    if (found.gone) {
        set_gone(scan, as_of, options, model, &found, result);
    } else if (back) {
        result->stage = STAGE_REGAINED;
        result->cause = STAGE_RETURN;
        result->day = scan->last_day;
        result->days = (int64_t)scan->last_day - scan->previous_day;
    } else if (tenure < options->new_for) {
        result->stage = STAGE_NEW;
        result->cause = STAGE_YOUNG;
        result->days = tenure;
    } else {
        return classify_trend(h, as_of, scan->first_day, options, result);
    }
    return CLM_OK;
}

/*
 * Stage of the customer at the end of day as_of, and why. h NULL, or without an occasion up to as_of, is a
 * prospect or engaged. model NULL is the history form: silence longer than the limit is churn; otherwise the
 * model's probability of another purchase decides about churn and regain.
 *
 * Errors: CLM_DOMAIN for options outside their domain, CLM_OVERFLOW where a period's money leaves the range
 * of a double, and what the model answers. Takes one pass over the history and allocates nothing.
 */
clm_status
stage_classify(const history_view *h, int32_t as_of, const stage_options *options, const stage_model *model,
               stage_result *result)
{
    occasion_scan scan;
    clm_status status = stage_check_options(options);

    if (status != CLM_OK)
        return status;
    *result = (stage_result){0};
    scan = scan_occasions(h, as_of, options);
    if (scan.occasions == 0) {
        classify_no_purchase(as_of, options, result);
    } else if (options->has_closed && options->closed <= as_of) {
        result->stage = STAGE_CHURNED;
        result->cause = STAGE_CLOSED;
        result->day = options->closed;
    } else {
        return classify_buyer(h, &scan, as_of, options, model, result);
    }
    return CLM_OK;
}

#define DATE_SIZE 40 /* room for any three ints, as the compiler sees it; a date is 16 characters at most */

/* Writes the day as PostgreSQL prints it in ISO style: 2024-01-05, 0044-03-15 BC. Proleptic Gregorian
 * calendar; counts in years that begin in March, so that the leap day comes last. */
static void
format_date(int32_t day, char text[DATE_SIZE])
{
    const int64_t era_days = 146097;              /* 400 years */
    int64_t z = (int64_t)day - 60 + 5 * era_days; /* days since 0000-03-01 */
    int64_t era = (z >= 0 ? z : z - era_days + 1) / era_days;
    int day_of_era = (int)(z - era * era_days);
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_from_march = (5 * day_of_year + 2) / 153;
    int day_of_month = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    int month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
    int year = (int)(era * 400 + year_of_era + (month <= 2));

    snprintf(text, DATE_SIZE, "%04d-%02d-%02d%s", year > 0 ? year : 1 - year, month, day_of_month,
             year > 0 ? "" : " BC");
}

/* "p_active 0.03 < 0.05 within 90 d", with as many digits as it takes to read as smaller. */
static void
put_unlikely(number_text *to, const stage_result *result)
{
    put_text(to, "p_active ");
    if (result->p_active * (1.0 + TWO_DIGITS_ERROR) < result->alive_below) {
        put_significant(to, result->p_active, 2);
    } else {
        char p[32] = "";

        for (int digits = 2; digits <= 17; digits++) {
            snprintf(p, sizeof(p), "%.*g", digits, result->p_active);
            if (strtod(p, NULL) < result->alive_below)
                break;
        }
        put_text(to, p);
    }
    put_text(to, " < ");
    put_significant(to, result->alive_below, 6);
    put_text(to, " within ");
    put_integer(to, result->horizon);
    put_text(to, " d");
}

/*
 * "trend -9.2 % per 30 d" and what the test of its cause found. A slope that may be chance is left out: where
 * a customer bought once in the window its size tells the purchase's place in the window, nothing else.
 */
static void
put_trend(number_text *to, const stage_result *result)
{
    if (result->cause == STAGE_TREND_NOISE) {
        put_text(to, "no clear trend, p ");
        put_significant(to, result->p_value, 2);
        return;
    }
    put_text(to, "trend ");
    put_signed_decimals(to, round(1000 * result->trend) / 10 + 0.0, 1); /* + 0.0: no "-0.0" */
    put_text(to, " % per ");
    put_integer(to, result->period);
    put_text(to, " d");
    if (result->cause == STAGE_TREND_AMOUNTS) {
        put_text(to, ", p ");
        put_significant(to, result->p_value, 2);
    } else if (result->cause == STAGE_TREND_DAYS) {
        put_text(to, ", purchase days z ");
        put_signed_decimals(to, result->laplace, 2);
    }
}

static void
put_date(number_text *to, int32_t day)
{
    char date[DATE_SIZE];

    format_date(day, date);
    put_text(to, date);
}

/* A number of days between two texts. */
static void
put_days(number_text *to, const char *before, int64_t days, const char *after)
{
    put_text(to, before);
    put_integer(to, days);
    put_text(to, after);
}

/*
 * The reason in English, for people: "silent 210 d > limit 180 d". Writes at most size bytes with the final
 * 0; STAGE_REASON_SIZE is always enough. The limit is shown in whole days: silence is whole days, so it
 * exceeds the limit where it exceeds the whole part.
 */
void
stage_reason_text(const stage_result *result, char *text, size_t size)
{
    number_text to = number_text_start(text, size);

    switch (result->cause) {
        case STAGE_NO_PURCHASE:
            put_text(&to, "no purchase yet");
            break;
        case STAGE_CONTACT:
            put_text(&to, "engaged since ");
            put_date(&to, result->day);
            break;
        case STAGE_CLOSED:
            put_text(&to, "closed on ");
            put_date(&to, result->day);
            break;
        case STAGE_SILENT:
            snprintf(text, size, "silent %lld d > limit %.0f d", (long long)result->days,
                     floor(result->limit));
            break;
        case STAGE_UNLIKELY:
            put_unlikely(&to, result);
            break;
        case STAGE_RETURN:
            put_text(&to, "back on ");
            put_date(&to, result->day);
            put_days(&to, " after ", result->days, " d");
            break;
        case STAGE_YOUNG:
            put_days(&to, "first purchase ", result->days, " d ago");
            break;
        case STAGE_NO_TREND:
            put_text(&to, "no trend");
            break;
        default:
            put_trend(&to, result);
    }
}
