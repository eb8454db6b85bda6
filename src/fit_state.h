/*
 * The type clm.customer_model_state: what the aggregate customer_model has gathered.
 */
#ifndef CLM_FIT_STATE_H
#define CLM_FIT_STATE_H

#include "clm.h"

#include "utils/expandeddatum.h"

#include "core/models/family.h"
#include "core/sample.h"

/* What is the same for all rows of an aggregation. */
typedef struct fit_constants {
    const customer_family *family;
    int32 period;  /* days */
    DateADT as_of; /* DATEVAL_NOBEGIN where the summaries came without one */
} fit_constants;

/* Groups in the order of arrival; equal ones are merged now and then. */
typedef struct group_list {
    void *items; /* of customer_group, or of spend_group */
    size_t n, capacity;
    Size item_size;
    clm_status (*merge)(void *items, size_t *n); /* sorts them and merges equal ones */
} group_list;

/* The state in memory: an expanded object. */
typedef struct FitState {
    ExpandedObjectHeader header;
    int magic;
    fit_constants constants;
    group_list customers;
    group_list spend;
} FitState;

/* One call of a transition: equal customers, and what they spend; n = 0 where that is not known. */
typedef struct fit_row {
    customer_group customers;
    int64 n;  /* repeat purchases with a value */
    double m; /* their mean */
} fit_row;

/*
 * Few rows stay a flat value, without a memory context: a GROUP BY may have many small groups, and the executor walks
 * all contexts for every new one. Gives the state (0: none) with the rows added, in place where allowed and there is
 * room; or 0 where it is expanded or has become too large to be flat.
 */
extern Datum small_state_append(Datum state, const fit_constants *constants, const fit_row *rows, uint32 n,
                                bool in_place);

/* The rows of a small state and its constants; false where it is none. */
extern bool small_state_rows(Datum state, fit_constants *constants, const fit_row **rows, uint32 *n);

/* A new state below the given context; the state of a datum, in place where `writable` and it is expanded. */
extern FitState *make_fit_state(const fit_constants *constants, MemoryContext parent);
extern FitState *datum_get_fit_state(Datum datum, MemoryContext parent, bool writable);

extern void fit_state_add(FitState *state, const fit_row *row);

/* Adds all of `other`; an error where its constants differ. */
extern void fit_state_merge(FitState *state, const FitState *other);

/* An error where the constants differ, since one fit has one family, period and as_of. */
extern void check_same_constants(const fit_constants *a, const fit_constants *b);

#endif
