/*
 * Rows of tenures, as the aggregates retention_curve and retention_model gather them.
 */
#ifndef CLM_TENURE_ROW_H
#define CLM_TENURE_ROW_H

#include "clm.h"

#include "core/survival.h"

#define TENURE_ROW_COLUMNS "nnn" /* of a row_kind */

/* For a row_kind. */
extern clm_status merge_tenure_rows(void *rows, size_t *n, size_t width, const clm_stop *stop);

/*
 * The row of a transition (state, tenure, churned, ...), whose argument weight_argno, where it is not 0, is how many customers
 * the row stands for. False for a row that does not count: one with a NULL, or of weight 0. A negative tenure or weight
 * is an error.
 */
extern bool get_tenure_row(FunctionCallInfo fcinfo, int weight_argno, tenure_group *row);

#endif
