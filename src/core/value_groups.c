/*
 * The values of many customers, sorted and counted.
 */
#include "value_groups.h"

#include <math.h>
#include <stdlib.h>

#define SORT_NAME sort_few_groups
#define SORT_TYPE value_group
#define SORT_LESS(a, b) ((a)->value < (b)->value)
#include "sort.h"

#define RADIX_NAME sort_many_groups
#define RADIX_TYPE value_group
#define RADIX_KEYS 1
#define RADIX_KEY(group, k) ((void)(k), radix_key_of_signed_double((group)->value))
#include "radix_sort.h"

#define FEW 1024 /* up to so many groups the tables of a radix sort take longer than a merge sort */

bool
value_group_valid(const value_group *group)
{
    return isfinite(group->value) && group->customers > 0 && group->customers <= VALUE_GROUPS_MOST_CUSTOMERS;
}

static clm_status
sort_value_groups(value_group *groups, size_t n, const clm_stop *stop)
{
    value_group *scratch = malloc(n * sizeof(*scratch));
    bool finished;

    if (scratch == NULL)
        return CLM_NO_MEMORY;
    finished =
        n <= FEW ? sort_few_groups(groups, n, scratch, stop) : sort_many_groups(groups, n, scratch, stop);
    free(scratch);
    return finished ? CLM_OK : CLM_STOPPED;
}

clm_status
value_groups_merge(value_group *groups, size_t *n, const clm_stop *stop)
{
    size_t merged = 0;
    clm_status status;

    if (*n == 0)
        return CLM_OK;
    for (size_t i = 0; i < *n; i++) {
        groups[i].value += 0.0; /* -0 becomes 0, which it equals */
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
    }
    status = sort_value_groups(groups, *n, stop);
    if (status != CLM_OK)
        return status;

    for (size_t i = 1; i < *n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (groups[i].value != groups[merged].value) {
            groups[++merged] = groups[i];
            continue;
        }
        if (groups[i].customers > VALUE_GROUPS_MOST_CUSTOMERS - groups[merged].customers)
            return CLM_OVERFLOW;
        groups[merged].customers += groups[i].customers;
    }
    *n = merged + 1;
    return CLM_OK;
}

clm_status
value_groups_count(const value_group *groups, size_t n, const clm_stop *stop, int64_t *customers)
{
    *customers = 0;
    for (size_t i = 0; i < n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (groups[i].customers > VALUE_GROUPS_MOST_CUSTOMERS - *customers)
            return CLM_OVERFLOW;
        *customers += groups[i].customers;
    }
    return CLM_OK;
}
