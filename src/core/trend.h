/*
 * The trend of a customer's money and purchases: net sums of the last periods, their relative slope, and two
 * tests that tell a trend from noise.
 */
#ifndef CLM_TREND_H
#define CLM_TREND_H

#include "core.h"
#include "history.h"

#define TREND_MAX_PERIODS 120 /* the exact test costs about n cubed; 120 months are ten years */
#define TREND_MIN_PERIODS 3   /* two points always lie on a line */
#define TREND_MIN_EVENTS 4    /* from here on the Laplace statistic is close to normal */

typedef struct mann_kendall {
    int s;         /* pairs of periods that rise minus pairs that fall */
    double p_down; /* P(S <= s) where there is no trend */
    double p_up;   /* P(S >= s) where there is no trend */
} mann_kendall;

extern clm_status trend_periods(const history_view *h, int32_t as_of, int period, int k, double *sums,
                                int *n);
extern clm_status trend_relative_slope(const double *y, int n, double *slope);
extern clm_status trend_mann_kendall(const double *y, int n, mann_kendall *test);
extern clm_status trend_laplace(const history_view *h, int32_t start, int32_t end, double *z);

#endif
