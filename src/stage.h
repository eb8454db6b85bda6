/*
 * Lifecycle stages as SQL values.
 */
#ifndef CLM_SERVER_STAGE_H
#define CLM_SERVER_STAGE_H

#include "model.h"

#include "core/history.h"

/* Stage and its reason in words, by the model form with its default options, for a history cut at as_of. */
extern void set_stage_scores(FunctionCallInfo fcinfo, const history_view *h, DateADT as_of,
                             const customer_model *model, Datum *stage, Datum *reason);

#endif
