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
    const customer_family *family; /* NULL: the best of all */
    int32 period;                  /* days */
    DateADT as_of;                 /* DATEVAL_NOBEGIN where the summaries came without one */
    float8 prior;                  /* 0: none */
    DateADT since;                 /* DATEVAL_NOBEGIN: the first occasion starts the clock */
    DateADT holdout;               /* families are compared by what came after it; DATEVAL_NOBEGIN: by BIC */
} fit_constants;

extern const char *fit_family_name(const fit_constants *constants);

/* Why constants that come from outside are wrong, or NULL. */
extern const char *wrong_fit_constants(const fit_constants *constants);

/* Does a fit with these constants need the days between purchases? */
extern bool fit_needs_gaps(const fit_constants *constants);

/* Groups in the order of arrival; equal ones are merged now and then. */
typedef struct group_list {
    void *items; /* of customer_group, or of spend_group */
    size_t n, capacity;
    Size item_size;
    size_t
        merge_from; /* with so many it is merged before it grows, so that its size follows the distinct ones */
    clm_status (*merge)(void *items, size_t *n); /* sorts them and merges equal ones */
} group_list;

#define FIT_MOST_GAP 4000000 /* days between two purchases, where they are counted */

/* How often purchases came so many days after the one before: count[days], for days < n. */
typedef struct gap_table {
    int64 *count;
    size_t n;
} gap_table;

/* Whose gaps: of all customers; of those of the calibration up to its end, and up to the end of all. */
enum { GAPS_ALL, GAPS_CALIBRATION, GAPS_LATER, GAP_TABLES };

/* The state in memory: an expanded object. */
typedef struct FitState {
    ExpandedObjectHeader header;
    int magic;
    fit_constants constants;
    group_list customers;
    group_list spend;
    group_list calibration; /* customers as they stood at the hold-out day */
    gap_table gaps[GAP_TABLES];
} FitState;

/* One call of a transition: equal customers, and what they spend; n = 0 where that is not known. */
typedef struct fit_row {
    customer_group customers;
    int64 n;  /* repeat purchases with a value */
    double m; /* their mean */
} fit_row;

/*
 * Few rows stay a flat value (where neither gaps nor a calibration are needed), without a memory context: a GROUP BY may have many small groups, and the executor walks
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

/* For states that have few distinct groups: keeps them small. */
extern void fit_state_merge_early(FitState *state);

extern void fit_state_add_customers(FitState *state, const customer_group *group);
extern void fit_state_add_spend(FitState *state, const spend_group *group);
extern void fit_state_add_calibration(FitState *state, const customer_group *group);
extern void fit_state_add_gap(FitState *state, int table, int64 days, int64 count);

/* Sorts all lists and merges equal groups: the same customers always make the same lists. */
extern void fit_state_normalise(FitState *state);

/* Adds all of `other`; an error where its constants differ. */
extern void fit_state_merge(FitState *state, const FitState *other);

/* An error where the constants differ, since one fit has one family, period, as_of and so on. */
extern void check_same_constants(const fit_constants *a, const fit_constants *b);

#endif
