/*
 * Merging two histories of a customer that have no day in common, as a history and the days that came after it.
 *
 * A day's net amount is the rounded sum of its rows, so two histories that share a day cannot tell what the
 * rows of both would have given. Without a shared day every entry keeps its bits, and the result is that of
 * aggregating all rows at once.
 */
#ifndef CLM_NEW_DAYS_H
#define CLM_NEW_DAYS_H

#include "history.h"

/*
 * Writes the entries of both in the order of their days, as the packed arrays of a history: (a->n + b->n) *
 * HISTORY_ENTRY_SIZE bytes, which overlap neither. CLM_UNDEFINED where a day is in both.
 */
extern clm_status history_merge_new_days(const history_view *a, const history_view *b, unsigned char *packed);

#endif
