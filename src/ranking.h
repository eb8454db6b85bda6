/*
 * Rows (score, n, hits) of the aggregates that judge scores: how they are read and merged.
 */
#ifndef CLM_RANKING_ROWS_H
#define CLM_RANKING_ROWS_H

#include "row_state.h"

#include "core/ranking.h"

/* For a row_kind: columns, merge and row_valid. */
#define SCORED_ROW_COLUMNS "dnn"
extern clm_status merge_scored_rows(void *rows, size_t *n, size_t width, const clm_stop *stop);
extern bool scored_row_valid(const void *row);

/* The customer of arguments 1 (score) and 2 (hit) as a row; false where one of them is NULL. */
extern bool get_scored_row(FunctionCallInfo fcinfo, scored_group *row);

#endif
