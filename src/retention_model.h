/*
 * The composite clm.retention_model as C reads and makes it.
 */
#ifndef CLM_RETENTION_MODEL_H
#define CLM_RETENTION_MODEL_H

#include "clm.h"

#include "access/htup.h"

#include "core/fit.h"
#include "core/models/contract.h"

typedef struct retention_model {
    const contract_family *family;
    double params[CLM_MAX_PARAMS];
} retention_model;

/* The family of that name, or an error that lists the known ones. */
extern const contract_family *get_contract_family(const text *name);

/* A composite, read and checked: users may have built it. */
extern void read_retention_model(HeapTupleHeader header, retention_model *model);

extern Datum make_retention_model(FunctionCallInfo fcinfo, const contract_family *family,
                                  const model_fit *fit, int64 churned);

#endif
