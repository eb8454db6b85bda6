/*
 * Percentiles from groups of customers with the same value.
 */
#include "percentiles.h"

clm_status
percentiles_of(const value_group *groups, size_t n, const clm_stop *stop, double percentiles[PERCENTILES])
{
    int64_t customers, upto = 0;
    int k = 1;
    clm_status status = value_groups_count(groups, n, stop, &customers);

    if (status != CLM_OK)
        return status;
    for (size_t i = 0; i < n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        upto += groups[i].customers;
        /* Whole numbers, so that no percentile is one rank off: 100 upto would be too large for an int64. */
        while (k <= PERCENTILES && upto >= k * (customers / 100) + (k * (customers % 100) + 99) / 100)
            percentiles[k++ - 1] = groups[i].value;
    }
    return CLM_OK;
}
