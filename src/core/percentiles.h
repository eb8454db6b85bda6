/*
 * The percentiles of the customers' values: the 99 cut points that part them into hundredths.
 */
#ifndef CLM_PERCENTILES_H
#define CLM_PERCENTILES_H

#include "value_groups.h"

#define PERCENTILES 99

/*
 * The percentiles of n > 0 merged groups. The k-th is the least value that at least k hundredths of the customers do not
 * exceed (the inverse of the distribution function: type 1 of Hyndman, R. J., & Fan, Y. (1996). Sample quantiles in
 * statistical packages. The American Statistician 50). Errors: CLM_OVERFLOW (too many customers), CLM_STOPPED.
 */
extern clm_status percentiles_of(const value_group *groups, size_t n, const clm_stop *stop,
                                 double percentiles[PERCENTILES]);

#endif
