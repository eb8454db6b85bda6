/*
 * RFM scores: the place of a value among cut points, by binary search.
 */
#include "rfm_score.h"

int
rfm_score(double value, const double *cuts, int n, bool lower_is_better)
{
    int low = 0, high = n;

    /* low: number of cuts below the value, or, where higher is better, not above it */
    while (low < high) {
        int middle = low + (high - low) / 2;

        if (cuts[middle] < value || (!lower_is_better && cuts[middle] == value))
            low = middle + 1;
        else
            high = middle;
    }
    return 1 + (lower_is_better ? n - low : low);
}
