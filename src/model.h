/*
 * The composite clm.customer_model as C reads and makes it.
 */
#ifndef CLM_SERVER_MODEL_H
#define CLM_SERVER_MODEL_H

#include "clm.h"

#include "access/tupdesc.h"

#include "core/fit.h"
#include "core/models/family.h"
#include "core/models/gamma_gamma.h"
#include "core/stage.h"

#define DEFAULT_FAMILY "mbg/nbd"
#define DEFAULT_PERIOD 7 /* days */

/* What scoring needs of a model. */
typedef struct customer_model {
    const customer_family *family;
    int32 period; /* days */
    double params[CLM_MAX_PARAMS];
    bool has_as_of;
    DateADT as_of; /* where has_as_of */
    bool has_spend;
    double spend[GAMMA_GAMMA_NPARAMS]; /* where has_spend */
} customer_model;

/* The family of that name, or an error that lists the known ones. */
extern const customer_family *get_family(const char *name, size_t length);

/*
 * The model in argument argno, read and checked; it is kept in fn_extra, so that a query that scores a
 * million customers with one model reads it once. Valid until the next call with another model.
 */
extern const customer_model *get_customer_model(FunctionCallInfo fcinfo, int argno);

/* For scores as of a day: warns once a statement where the model has seen what came after as_of. */
extern void warn_of_leakage(const customer_model *model, DateADT as_of);

/* Memory of a function call site, zeroed when it is first asked for: what functions that score keep in
 * fn_extra. */
typedef struct scoring_site {
    struct varlena *model_datum; /* the bytes that `model` was read from */
    customer_model model;
    TupleDesc score_desc;        /* of clm.customer_score */
    Oid stage_oids[STAGE_COUNT]; /* labels of clm.stage, by stage code */
} scoring_site;

static inline scoring_site *
get_scoring_site(FunctionCallInfo fcinfo)
{
    if (unlikely(fcinfo->flinfo->fn_extra == NULL))
        fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(scoring_site));
    return fcinfo->flinfo->fn_extra;
}

/* The composite for a fit; spend is NULL where there is none. */
extern Datum make_customer_model(FunctionCallInfo fcinfo, const customer_family *family, int32 period,
                                 bool has_as_of, DateADT as_of, const model_fit *fit, const model_fit *spend);

#endif
