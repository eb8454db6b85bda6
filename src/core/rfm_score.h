/*
 * RFM scores by cut points: equal customers score equal, which quantiles by rank (ntile) do not grant.
 */
#ifndef CLM_RFM_SCORE_H
#define CLM_RFM_SCORE_H

#include "core.h"

/*
 * The score 1 ... n + 1, n + 1 the best, of a value among n ascending cut points (neighbours may be equal). A
 * value equal to a cut point is on its better side: 1 + number of cuts <= value, or, where a lower value is
 * better, 1 + number of cuts >= value. Arguments are finite.
 */
extern int rfm_score(double value, const double *cuts, int n, bool lower_is_better);

#endif
