/*
 * Repeat purchases by period, actual ones and those that a model expects: the tracking plot of a customer base
 * (Fader, Hardie & Lee 2005, figures 5 and 6).
 *
 * Customers enter by the day of their first purchase. Until the end of a day a customer is expected to make as
 * many repeat purchases as the model expects of a new one in the time since his first purchase; what single
 * customers have done does not enter, so calibration and hold-out are predicted alike.
 */
#ifndef CLM_TRACKING_H
#define CLM_TRACKING_H

#include "core.h"
#include "models/family.h"

#define TRACKING_MOST_DAYS 36525                   /* days of a tracking, a hundred years */
#define TRACKING_MOST_PURCHASES ((int64_t)1 << 53) /* counts of a tracking are exact as doubles */

/* What happened on a day. */
typedef struct tracking_day {
    int64_t day;
    int64_t joined;  /* customers whose first purchase was on it */
    int64_t repeats; /* repeat purchases on it, one a customer */
} tracking_day;

extern bool tracking_day_valid(const tracking_day *day);

/* Sorts n valid days and merges equal ones in place, *n shrinks; the result does not depend on the order of the
 * input. CLM_OVERFLOW (a count above TRACKING_MOST_PURCHASES), CLM_NO_MEMORY, CLM_STOPPED. */
extern clm_status tracking_days_merge(tracking_day *days, size_t *n, const clm_stop *stop);

/* Days 0 to span - 1, of which n are listed: those on which something happened. */
typedef struct tracking {
    int64_t span;
    size_t n;
    const int64_t *day, *joined, *repeats;
} tracking;

/* Are the listed days distinct, ascending and within the span, from day 0 with a first purchase on, their counts not
 * negative, and no sum of them too large? */
extern bool tracking_valid(const tracking *t);

/* Time of a model in periods, from days; where it comes in opportunities, only whole ones count. */
extern double model_time(const customer_family *family, int32_t period, int64_t days);

/*
 * Repeat purchases from the start to the end of day ends[i], i < n, ends ascending and below the span: actual and
 * expected under valid params. CLM_OVERFLOW, CLM_NO_MEMORY, CLM_STOPPED, or what the family's expectation reports.
 */
extern clm_status track_purchases(const tracking *t, const customer_family *family, const double *params,
                                  int32_t period, const int64_t *ends, size_t n, int64_t *actual,
                                  double *expected, const clm_stop *stop);

#endif
