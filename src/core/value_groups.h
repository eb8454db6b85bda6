/*
 * The values of many customers, sorted and counted: what shares, ranks and percentiles are read off.
 */
#ifndef CLM_VALUE_GROUPS_H
#define CLM_VALUE_GROUPS_H

#include "core.h"

/* More would not be exact as a double. */
#define VALUE_GROUPS_MOST_CUSTOMERS ((int64_t)1 << 53)

/* Customers with the same value. */
typedef struct value_group {
    double value;      /* finite */
    int64_t customers; /* > 0, at most VALUE_GROUPS_MOST_CUSTOMERS */
} value_group;

extern bool value_group_valid(const value_group *group);

/*
 * Sorts n valid groups by value and merges equal ones in place, *n shrinks; the result does not depend on the
 * order of the input. Errors: CLM_OVERFLOW (more than VALUE_GROUPS_MOST_CUSTOMERS in a group), CLM_NO_MEMORY,
 * CLM_STOPPED; after an error the groups are of no use.
 */
extern clm_status value_groups_merge(value_group *groups, size_t *n, const clm_stop *stop);

/* The customers of all groups. Errors: CLM_OVERFLOW (more than VALUE_GROUPS_MOST_CUSTOMERS), CLM_STOPPED. */
extern clm_status value_groups_count(const value_group *groups, size_t n, const clm_stop *stop,
                                     int64_t *customers);

#endif
