/*
 * The type clm.customer_model_state: customers gathered for a fit, equal ones merged with weights.
 *
 * In memory it is an expanded object with lists of customer summaries (x, t_x, t) and of repeat buyers' spend
 * (n, m), in a context of its own below the aggregate's. Appending and sorting at the end beats a hash table,
 * whose every insertion misses the cache. Where families are compared by a hold-out there is a list of the
 * customers as they stood before, and for families that look at regularity a table of the days between purchases:
 * whole numbers, so that their sums do not depend on any order.
 *
 * Stored, it is flat: constants, then the sorted groups. A state of few customers is flat in memory too, with its
 * rows in the order of arrival. Text and binary forms are in fit_state_io.c.
 */
#include "fit_state.h"

#include <math.h>

#include "common/int.h"

#include "model.h"

#define FIT_STATE_FORMAT 2 /* of the flat form */
#define FIT_STATE_MAGIC 0x636c6d31
#define FAMILY_NAME_SIZE 24 /* a family's name in a flat state, with its final 0 */

typedef struct FlatFitState {
    int32 vl_len_;
    int32 format;
    char family[FAMILY_NAME_SIZE];
    int32 period;
    DateADT as_of;
    float8 prior;
    DateADT since;
    DateADT holdout;
    uint32 ncustomers;        /* number of customer_group, which follow first */
    uint32 nspend;            /* number of spend_group, which follow then */
    uint32 ncalibration;      /* number of customer_group */
    uint32 ngaps[GAP_TABLES]; /* number of int64, from 0 days on, of each table */
    uint32
        nrows; /* of a small state, which has nothing else: number of fit_row, then spare room up to VARSIZE */
    uint32 unused; /* keeps what follows aligned */
} FlatFitState;

StaticAssertDecl(sizeof(FlatFitState) % sizeof(double) == 0, "what follows is aligned");

/* Sizes in bytes of a small state: powers of two, as the allocator rounds up to those. */
#define SMALL_STATE_FIRST 256
#define SMALL_STATE_LAST 4096
#define SMALL_STATE_CAPACITY(flat) ((VARSIZE(flat) - sizeof(FlatFitState)) / sizeof(fit_row))

/* ---- lists of groups ---- */

/* A list with so many groups is merged before it grows. */
#define MERGE_FROM (1 << 21)
#define MERGE_EARLY_FROM (1 << 14)

static clm_status
merge_customers(void *groups, size_t *n)
{
    return customer_groups_merge(groups, n, &backend_stop);
}

static clm_status
merge_spend(void *groups, size_t *n)
{
    return spend_groups_merge(groups, n, &backend_stop);
}

static group_list
make_list(MemoryContext context, Size item_size, clm_status (*merge)(void *, size_t *))
{
    group_list list = {NULL, 0, 8, item_size, MERGE_FROM, merge};

    list.items = MemoryContextAlloc(context, list.capacity * item_size);
    return list;
}

/* Sorts the groups and merges equal ones: the same customers always make the same list. */
static void
merge_list(group_list *list)
{
    check_status(list->merge(list->items, &list->n), "the number of customers");
}

static void *
next_item(group_list *list)
{
    if (list->n == list->capacity) {
        if (list->n >= list->merge_from)
            merge_list(list);
        /* Where merging has not freed half, it would soon be due again. */
        if (list->n > list->capacity / 2) {
            list->capacity *= 2;
            list->items = repalloc_huge(list->items, list->capacity * list->item_size);
        }
    }
    return (char *)list->items + list->n++ * list->item_size;
}

static void
append_list(group_list *list, const group_list *other)
{
    for (size_t i = 0; i < other->n; i++)
        memcpy(next_item(list), (const char *)other->items + i * list->item_size, list->item_size);
}

void
fit_state_add_customers(FitState *state, const customer_group *group)
{
    *(customer_group *)next_item(&state->customers) = *group;
}

void
fit_state_add_spend(FitState *state, const spend_group *group)
{
    *(spend_group *)next_item(&state->spend) = *group;
}

void
fit_state_add_calibration(FitState *state, const customer_group *group)
{
    *(customer_group *)next_item(&state->calibration) = *group;
}

/* Makes room for gaps of so many days. */
static void
widen_gap_table(FitState *state, gap_table *table, size_t n)
{
    size_t size = Max(table->n, 64);

    while (size < n)
        size *= 2;
    table->count = table->count == NULL ? MemoryContextAllocExtended(state->header.eoh_context,
                                                                     size * sizeof(int64), MCXT_ALLOC_HUGE)
                                        : repalloc_huge(table->count, size * sizeof(int64));
    memset(table->count + table->n, 0, (size - table->n) * sizeof(int64));
    table->n = size;
}

void
fit_state_add_gap(FitState *state, int table, int64 days, int64 count)
{
    gap_table *gaps = &state->gaps[table];

    if (days > FIT_MOST_GAP)
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("purchases of a customer are more than %d days apart", FIT_MOST_GAP)));
    if ((size_t)days >= gaps->n)
        widen_gap_table(state, gaps, (size_t)days + 1);
    if (pg_add_s64_overflow(gaps->count[days], count, &gaps->count[days]))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("too many purchases to fit to")));
}

void
fit_state_normalise(FitState *state)
{
    merge_list(&state->customers);
    merge_list(&state->spend);
    merge_list(&state->calibration);
    /* The spare room of a table depends on the order in which gaps came. */
    for (int i = 0; i < GAP_TABLES; i++)
        while (state->gaps[i].n > 0 && state->gaps[i].count[state->gaps[i].n - 1] == 0)
            state->gaps[i].n--;
}

void
fit_state_merge_early(FitState *state)
{
    state->customers.merge_from = state->spend.merge_from = MERGE_EARLY_FROM;
}

void
fit_state_add(FitState *state, const fit_row *row)
{
    fit_state_add_customers(state, &row->customers);
    if (row->n > 0) {
        spend_group spend = {row->n, row->m, row->customers.weight};

        fit_state_add_spend(state, &spend);
    }
}

/* ---- constants ---- */

const char *
fit_family_name(const fit_constants *constants)
{
    return constants->family == NULL ? AUTO_FAMILY : constants->family->name;
}

bool
fit_needs_gaps(const fit_constants *constants)
{
    return constants->as_of != DATEVAL_NOBEGIN && (constants->family == NULL || constants->family->regular);
}

static bool
is_day_or_none(DateADT day)
{
    return day == DATEVAL_NOBEGIN || IS_VALID_DATE(day);
}

const char *
wrong_fit_constants(const fit_constants *c)
{
    if (c->period < 1)
        return "The period is not a number of days.";
    if (!is_day_or_none(c->as_of))
        return "The as_of is not a date.";
    if (!(isfinite(c->prior) && c->prior >= 0))
        return "The prior is not a finite number of at least 0.";
    if (!is_day_or_none(c->since) || c->since > c->as_of)
        return "The day since is not a date up to as_of.";
    if (!is_day_or_none(c->holdout) || (c->holdout != DATEVAL_NOBEGIN && c->holdout >= c->as_of))
        return "The holdout is not a date before as_of.";
    return NULL;
}

void
check_same_constants(const fit_constants *a, const fit_constants *b)
{
    const char *differs = a->family != b->family     ? "family"
                          : a->period != b->period   ? "period"
                          : a->as_of != b->as_of     ? "as_of"
                          : a->prior != b->prior     ? "prior"
                          : a->since != b->since     ? "since"
                          : a->holdout != b->holdout ? "holdout"
                                                     : NULL;

    if (differs != NULL)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be the same for all rows of an aggregate customer_model", differs),
                        errhint("Use GROUP BY to fit several models.")));
}

/* ---- flat states ---- */

static Size
flat_content_size(const FlatFitState *flat)
{
    Size size = ((Size)flat->ncustomers + flat->ncalibration) * sizeof(customer_group) +
                (Size)flat->nspend * sizeof(spend_group);

    for (int i = 0; i < GAP_TABLES; i++)
        size += flat->ngaps[i] * sizeof(int64);
    return size;
}

static const FlatFitState *
check_flat(const FlatFitState *flat)
{
    if (VARSIZE(flat) < sizeof(*flat) || flat->format != FIT_STATE_FORMAT ||
        memchr(flat->family, '\0', FAMILY_NAME_SIZE) == NULL ||
        (flat->nrows == 0 ? VARSIZE(flat) != sizeof(*flat) + flat_content_size(flat)
                          : flat_content_size(flat) > 0 || flat->nrows > SMALL_STATE_CAPACITY(flat)))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored customer_model_state")));
    return flat;
}

static fit_constants
flat_constants(const FlatFitState *flat)
{
    return (fit_constants){get_family_or_auto(flat->family, strlen(flat->family)),
                           flat->period,
                           flat->as_of,
                           flat->prior,
                           flat->since,
                           flat->holdout};
}

static void
set_flat_header(FlatFitState *flat, Size size, const fit_constants *constants)
{
    memset(flat, 0, sizeof(*flat));
    SET_VARSIZE(flat, size);
    flat->format = FIT_STATE_FORMAT;
    strlcpy(flat->family, fit_family_name(constants), FAMILY_NAME_SIZE);
    flat->period = constants->period;
    flat->as_of = constants->as_of;
    flat->prior = constants->prior;
    flat->since = constants->since;
    flat->holdout = constants->holdout;
}

bool
small_state_rows(Datum state, fit_constants *constants, const fit_row **rows, uint32 *n)
{
    const FlatFitState *flat;

    if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(state)))
        return false;
    flat = check_flat((FlatFitState *)PG_DETOAST_DATUM(state));
    *constants = flat_constants(flat);
    *rows = (const fit_row *)(flat + 1);
    *n = flat->nrows;
    return flat_content_size(flat) == 0;
}

/* A small state with room for n rows, zeroed: spare room may be stored. */
static FlatFitState *
make_small_state(const fit_constants *constants, uint32 n)
{
    Size size = SMALL_STATE_FIRST;
    FlatFitState *flat;

    while (size < sizeof(FlatFitState) + n * sizeof(fit_row))
        size *= 2;
    flat = palloc0(size);
    set_flat_header(flat, size, constants);
    return flat;
}

Datum
small_state_append(Datum state, const fit_constants *constants, const fit_row *rows, uint32 n, bool in_place)
{
    FlatFitState *flat = NULL;
    fit_constants own;
    const fit_row *old_rows = NULL;
    uint32 old_n = 0;

    if (fit_needs_gaps(constants) || constants->holdout != DATEVAL_NOBEGIN)
        return (Datum)0;
    if (state != (Datum)0) {
        if (!small_state_rows(state, &own, &old_rows, &old_n))
            return (Datum)0;
        check_same_constants(&own, constants);
        flat = (FlatFitState *)old_rows - 1;
    }
    if (sizeof(FlatFitState) + ((Size)old_n + n) * sizeof(fit_row) > SMALL_STATE_LAST)
        return (Datum)0;
    if (flat == NULL || !in_place || SMALL_STATE_CAPACITY(flat) < old_n + n) {
        flat = make_small_state(constants, old_n + n);
        if (old_n > 0)
            memcpy(flat + 1, old_rows, old_n * sizeof(fit_row));
    }
    memcpy((fit_row *)(flat + 1) + old_n, rows, n * sizeof(fit_row));
    flat->nrows = old_n + n;
    return PointerGetDatum(flat);
}

/* ---- the expanded object ---- */

static void
set_flat_counts(FlatFitState *flat, const FitState *state)
{
    flat->ncustomers = state->customers.n;
    flat->nspend = state->spend.n;
    flat->ncalibration = state->calibration.n;
    for (int i = 0; i < GAP_TABLES; i++)
        flat->ngaps[i] = state->gaps[i].n;
}

static Size
flat_size(ExpandedObjectHeader *header)
{
    FitState *state = (FitState *)header;
    size_t groups; /* more than the 32 bits of a flat state can count, perhaps */
    FlatFitState counts;
    Size size;

    fit_state_normalise(state);
    groups = state->customers.n + state->spend.n + state->calibration.n;
    set_flat_counts(&counts, state);
    size = sizeof(FlatFitState) + flat_content_size(&counts);
    if (groups > MaxAllocSize / sizeof(spend_group) || !AllocSizeIsValid(size))
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("too many distinct customers to store or send: %zu", state->customers.n)));
    return size;
}

/* Copies items to where a flat state continues; returns where it goes on. */
static char *
put_items(char *at, const void *items, size_t n, Size item_size)
{
    if (n > 0)
        memcpy(at, items, n * item_size);
    return at + n * item_size;
}

/* flat_size has just normalised the state. */
static void
flatten_into(ExpandedObjectHeader *header, void *result, Size allocated)
{
    FitState *state = (FitState *)header;
    FlatFitState *flat = result;
    char *at = (char *)(flat + 1);

    set_flat_header(flat, allocated, &state->constants);
    set_flat_counts(flat, state);
    at = put_items(at, state->customers.items, state->customers.n, sizeof(customer_group));
    at = put_items(at, state->spend.items, state->spend.n, sizeof(spend_group));
    at = put_items(at, state->calibration.items, state->calibration.n, sizeof(customer_group));
    for (int i = 0; i < GAP_TABLES; i++)
        at = put_items(at, state->gaps[i].count, state->gaps[i].n, sizeof(int64));
}

static const ExpandedObjectMethods fit_state_methods = {flat_size, flatten_into};

FitState *
make_fit_state(const fit_constants *constants, MemoryContext parent)
{
    MemoryContext context = AllocSetContextCreate(parent, "clm fit state", ALLOCSET_START_SMALL_SIZES);
    FitState *state = MemoryContextAlloc(context, sizeof(FitState));

    EOH_init_header(&state->header, &fit_state_methods, context);
    state->magic = FIT_STATE_MAGIC;
    state->constants = *constants;
    state->customers = make_list(context, sizeof(customer_group), merge_customers);
    state->spend = make_list(context, sizeof(spend_group), merge_spend);
    state->calibration = make_list(context, sizeof(customer_group), merge_customers);
    memset(state->gaps, 0, sizeof(state->gaps));
    return state;
}

static void
add_gap_table(FitState *state, int table, const int64 *count, size_t n)
{
    for (size_t days = 0; days < n; days++)
        if (count[days] != 0)
            fit_state_add_gap(state, table, (int64)days, count[days]);
}

static FitState *
expand(const FlatFitState *flat, MemoryContext parent)
{
    fit_constants constants = flat_constants(check_flat(flat)); /* first: a stored value may be cut off */
    const customer_group *customers = (const customer_group *)(flat + 1);
    const spend_group *spend = (const spend_group *)(customers + flat->ncustomers);
    const customer_group *calibration = (const customer_group *)(spend + flat->nspend);
    const int64 *gaps = (const int64 *)(calibration + flat->ncalibration);
    const fit_row *rows = (const fit_row *)(flat + 1);
    FitState *state = make_fit_state(&constants, parent);

    for (uint32 i = 0; i < flat->ncustomers; i++)
        fit_state_add_customers(state, &customers[i]);
    for (uint32 i = 0; i < flat->nspend; i++)
        fit_state_add_spend(state, &spend[i]);
    for (uint32 i = 0; i < flat->ncalibration; i++)
        fit_state_add_calibration(state, &calibration[i]);
    for (int i = 0; i < GAP_TABLES; gaps += flat->ngaps[i], i++)
        add_gap_table(state, i, gaps, flat->ngaps[i]);
    for (uint32 i = 0; i < flat->nrows; i++)
        fit_state_add(state, &rows[i]);
    return state;
}

FitState *
datum_get_fit_state(Datum datum, MemoryContext parent, bool writable)
{
    if (VARATT_IS_EXTERNAL_EXPANDED(DatumGetPointer(datum))) {
        FitState *state = (FitState *)DatumGetEOHP(datum);

        Assert(state->magic == FIT_STATE_MAGIC);
        if (!writable || VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(datum)))
            return state;
    }
    return expand((FlatFitState *)PG_DETOAST_DATUM(datum), parent);
}

void
fit_state_merge(FitState *state, const FitState *other)
{
    check_same_constants(&state->constants, &other->constants);
    append_list(&state->customers, &other->customers);
    append_list(&state->spend, &other->spend);
    append_list(&state->calibration, &other->calibration);
    for (int i = 0; i < GAP_TABLES; i++)
        add_gap_table(state, i, other->gaps[i].count, other->gaps[i].n);
}
