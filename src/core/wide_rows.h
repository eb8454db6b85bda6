/*
 * Rows of many numbers: sorted by what they hold, equal ones merged.
 *
 * A row is `width` numbers of 8 bytes: first `counts` counts, then its keys. A count is an int64_t from 0 to
 * WIDE_ROWS_MOST; a key is a finite double or an int64_t that is not negative.
 */
#ifndef CLM_WIDE_ROWS_H
#define CLM_WIDE_ROWS_H

#include "core.h"

/* Largest count of a row: more would not be exact as a double. */
#define WIDE_ROWS_MOST ((int64_t)1 << 53)

/*
 * Sorts the rows in place and merges those of equal keys, whose counts add up; *n shrinks, and keys of -0 become
 * 0. The same rows always make the same list, whatever their order was. It is in the order of a hash of the keys,
 * so that the first rows are as good as a random sample of all. CLM_DOMAIN for a count outside its domain,
 * CLM_OVERFLOW where a count grows beyond WIDE_ROWS_MOST, CLM_STOPPED (the rows are then all there, in some order),
 * CLM_NO_MEMORY.
 */
extern clm_status wide_rows_merge(void *rows, size_t *n, size_t width, size_t counts, const clm_stop *stop);

#endif
