/*
 * The composite clm.customer_model as C reads and makes it.
 */
#ifndef CLM_SERVER_MODEL_H
#define CLM_SERVER_MODEL_H

#include "clm.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"

#include "composite.h"
#include "core/choice.h"
#include "core/fit.h"
#include "core/models/family.h"
#include "core/models/gamma_gamma.h"
#include "core/stage.h"
#include "purchase_memo.h"
#include "rfm.h"

#define DEFAULT_FAMILY "mbg/nbd"
#define AUTO_FAMILY "auto" /* the name of no family: the best of all */
#define DEFAULT_PERIOD 7   /* days */

/* What scoring needs of a model. */
typedef struct customer_model {
    const customer_family *family;
    int32 period;  /* days */
    DateADT since; /* HISTORY_MIN_DAY: the first occasion starts a customer's clock */
    double params[CLM_MAX_PARAMS];
    int ncovariates;
    double effects[2 * CLM_MAX_COVARIATES]; /* on purchase, then on drop-out */
    bool has_as_of;
    DateADT as_of; /* where has_as_of */
    bool has_spend;
    double spend[GAMMA_GAMMA_NPARAMS]; /* where has_spend */
} customer_model;

/* The family of that name, or an error that lists the known ones; NULL for "auto", where that may be. */
extern const customer_family *get_family(const char *name, size_t length);
extern const customer_family *get_family_or_auto(const char *name, size_t length);

static inline customer_clock
model_clock(const customer_model *model)
{
    return (customer_clock){model->period, model->family->discrete, model->since};
}

/* An error where the family counts opportunities and the summary does not. */
extern void check_opportunities(const customer_family *family, const customer_summary *c);

/* The model of a row; an error where an attribute is wrong. */
extern void read_customer_model(HeapTupleHeader header, customer_model *model);

/*
 * The model in argument argno, read and checked, without covariates: an error where it has some. It is kept in fn_extra, so that a query that scores a
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
    purchase_memo expected, discounted; /* by `model`; with an annual_discount of 0 and with another one */
    TupleDesc score_desc;               /* of clm.customer_score */
    Oid stage_oids[STAGE_COUNT];        /* labels of clm.stage, by stage code */
} scoring_site;

static inline scoring_site *
get_scoring_site(FunctionCallInfo fcinfo)
{
    if (unlikely(fcinfo->flinfo->fn_extra == NULL))
        fcinfo->flinfo->fn_extra = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(scoring_site));
    return fcinfo->flinfo->fn_extra;
}

/* A fit on its way into the composite. */
typedef struct fitted_model {
    int32 period;
    DateADT as_of; /* DATEVAL_NOBEGIN where the summaries came without one */
    DateADT since; /* DATEVAL_NOBEGIN where there is none */
    float8 prior;  /* 0: none */
    const family_choice *choice;
    bool compared, by_holdout; /* is the comparison of families worth telling, and by what was it? */
    const model_fit *spend;    /* NULL where there is none */
} fitted_model;

/* Fills in a row of clm.customer_model, all NULL as yet. */
extern Datum make_customer_model(composite row, const fitted_model *model);

#endif
