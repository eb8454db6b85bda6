/*
 * Do purchases depend on the month of the year? Asked of counts by calendar month and of what a model without seasons
 * expects of them.
 *
 * What the model misses in the long run is not a season: a smooth trend of the ratio actual / expected is taken out
 * first, a polynomial of low degree in time fitted by Poisson regression (McCullagh & Nelder 1989, section 6.2). Then
 * the twelve sums of what was counted are compared with those of the trend.
 */
#ifndef CLM_SEASONALITY_H
#define CLM_SEASONALITY_H

#include "core.h"

#define MONTHS_OF_YEAR 12
#define SEASON_MOST_MONTHS 2400
#define SEASON_LEAST_EXPECTED 5.0 /* a month of which fewer purchases are expected does not count */
#define SEASON_LEAST_EFFECT 0.25  /* a month that departs from the trend by less does not matter */

/* A calendar month that was seen in full. */
typedef struct month_count {
    int month; /* 0 to 11 */
    int64_t actual;
    double expected;
} month_count;

typedef struct season_month {
    int64_t months; /* how many of them count */
    int64_t actual;
    double expected; /* by the trend */
    double index;    /* actual / expected */
    bool departs;    /* it matters, and is no accident */
} season_month;

typedef struct season {
    season_month month[MONTHS_OF_YEAR];
    double p;        /* of the chi-square test */
    double p_repeat; /* of the F test, from two years on: is a month like itself? before, p again */
    bool seasonal;   /* both tests say so, and a month departs */
} season;

/*
 * Judges n <= SEASON_MOST_MONTHS consecutive months. CLM_UNDEFINED where there is too little to judge: not all twelve
 * months of the year count, or there is no purchase. The test is Pearson's chi-square of the twelve sums with Poisson
 * dispersion at p < .001, 11 degrees of freedom, which the parameters of the trend make conservative. From two years
 * on, the scatter of a month from year to year must be smaller than that between months too (F test, p < .01): a wave
 * that the trend does not follow is no season. A month departs where its index is off by SEASON_LEAST_EFFECT and by
 * three standard errors.
 */
extern clm_status judge_season(const month_count *months, size_t n, season *s);

#endif
