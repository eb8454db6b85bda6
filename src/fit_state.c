/*
 * The type clm.customer_model_state: customers gathered for a fit, equal ones merged with weights.
 *
 * In memory it is an expanded object with two lists, customer summaries (x, t_x, t) and repeat buyers' spend
 * (n, m), in a context of its own below the aggregate's. Appending and sorting at the end beats a hash table,
 * whose every insertion misses the cache. Stored, it is flat: constants, then the sorted groups. A state of few
 * customers is flat in memory too, with its rows in the order of arrival. The text is tokens separated by spaces, with as_of in days since 2000-01-01, -2147483648 where there is none:
 *     version family period as_of n {x t_x t weight} n {n m weight}
 */
#include "fit_state.h"

#include <math.h>

#include "libpq/pqformat.h"
#include "miscadmin.h"

#include "model.h"
#include "state_text.h"

#define FIT_STATE_FORMAT 1 /* of the flat, the text and the binary form */
#define FIT_STATE_MAGIC 0x636c6d31
#define FAMILY_NAME_SIZE 24 /* a family's name in a flat state, with its final 0 */

typedef struct FlatFitState {
    int32 vl_len_;
    int32 format;
    char family[FAMILY_NAME_SIZE];
    int32 period;
    DateADT as_of;
    uint32 ncustomers; /* number of customer_group, which follow first */
    uint32 nspend;     /* number of spend_group, which follow then */
    uint32
        nrows; /* of a small state, which has nothing else: number of fit_row, then spare room up to VARSIZE */
    uint32 unused; /* keeps what follows aligned */
} FlatFitState;

/* Sizes in bytes of a small state: powers of two, as the allocator rounds up to those. */
#define SMALL_STATE_FIRST 256
#define SMALL_STATE_LAST 4096
#define SMALL_STATE_CAPACITY(flat) ((VARSIZE(flat) - sizeof(FlatFitState)) / sizeof(fit_row))

/* ---- lists of groups ---- */

/* A list that has so many groups is merged before it grows, so that its size follows the distinct ones. */
#define MERGE_FROM (1 << 21)

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
    group_list list = {NULL, 0, 8, item_size, merge};

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
        if (list->n >= MERGE_FROM)
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

static void
fit_state_add_customers(FitState *state, const customer_group *group)
{
    *(customer_group *)next_item(&state->customers) = *group;
}

static void
fit_state_add_spend(FitState *state, const spend_group *group)
{
    *(spend_group *)next_item(&state->spend) = *group;
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

void
check_same_constants(const fit_constants *a, const fit_constants *b)
{
    const char *differs = a->family != b->family   ? "family"
                          : a->period != b->period ? "period"
                          : a->as_of != b->as_of   ? "as_of"
                                                   : NULL;

    if (differs != NULL)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("%s must be the same for all rows of an aggregate customer_model", differs),
                        errhint("Use GROUP BY to fit several models.")));
}

/* ---- flat states ---- */

static const FlatFitState *
check_flat(const FlatFitState *flat)
{
    Size groups = flat->ncustomers * sizeof(customer_group) + flat->nspend * sizeof(spend_group);

    if (VARSIZE(flat) < sizeof(*flat) || flat->format != FIT_STATE_FORMAT ||
        memchr(flat->family, '\0', FAMILY_NAME_SIZE) == NULL ||
        (flat->nrows == 0 ? VARSIZE(flat) != sizeof(*flat) + groups
                          : groups > 0 || flat->nrows > SMALL_STATE_CAPACITY(flat)))
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored customer_model_state")));
    return flat;
}

static fit_constants
flat_constants(const FlatFitState *flat)
{
    return (fit_constants){get_family(flat->family, strlen(flat->family)), flat->period, flat->as_of};
}

static void
set_flat_header(FlatFitState *flat, Size size, const fit_constants *constants)
{
    memset(flat, 0, sizeof(*flat));
    SET_VARSIZE(flat, size);
    flat->format = FIT_STATE_FORMAT;
    strlcpy(flat->family, constants->family->name, FAMILY_NAME_SIZE);
    flat->period = constants->period;
    flat->as_of = constants->as_of;
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
    return flat->ncustomers + flat->nspend == 0;
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

static Size
flat_size(ExpandedObjectHeader *header)
{
    FitState *state = (FitState *)header;
    Size size;

    merge_list(&state->customers);
    merge_list(&state->spend);
    size = sizeof(FlatFitState) + state->customers.n * sizeof(customer_group) +
           state->spend.n * sizeof(spend_group);
    if (!AllocSizeIsValid(size))
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("too many distinct customers to store or send: %zu", state->customers.n)));
    return size;
}

/* flat_size has just merged the lists. */
static void
flatten_into(ExpandedObjectHeader *header, void *result, Size allocated)
{
    FitState *state = (FitState *)header;
    FlatFitState *flat = result;
    Size customers_size = state->customers.n * sizeof(customer_group);

    set_flat_header(flat, allocated, &state->constants);
    flat->ncustomers = state->customers.n;
    flat->nspend = state->spend.n;
    memcpy(flat + 1, state->customers.items, customers_size);
    memcpy((char *)(flat + 1) + customers_size, state->spend.items, state->spend.n * sizeof(spend_group));
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
    return state;
}

static FitState *
expand(const FlatFitState *flat, MemoryContext parent)
{
    const customer_group *customers = (const customer_group *)(flat + 1);
    const spend_group *spend = (const spend_group *)(customers + flat->ncustomers);
    const fit_row *rows = (const fit_row *)(flat + 1);
    fit_constants constants = flat_constants(check_flat(flat));
    FitState *state = make_fit_state(&constants, parent);

    for (uint32 i = 0; i < flat->ncustomers; i++)
        fit_state_add_customers(state, &customers[i]);
    for (uint32 i = 0; i < flat->nspend; i++)
        fit_state_add_spend(state, &spend[i]);
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
}

/* ---- checks of what comes from outside: each returns why it is wrong, or NULL ---- */

static const char *
add_checked_customers(FitState *state, customer_group group)
{
    if (!customer_summary_valid(&group.of) || group.weight < 1)
        return "A customer summary is outside its domain.";
    fit_state_add_customers(state, &group);
    return NULL;
}

static const char *
add_checked_spend(FitState *state, spend_group group)
{
    if (group.n < 1 || !isfinite(group.m) || group.m <= 0 || group.weight < 1)
        return "A spend is outside its domain.";
    fit_state_add_spend(state, &group);
    return NULL;
}

static const char *
make_checked_state(const char *family, int64 period, int64 as_of, FitState **state)
{
    fit_constants constants = {customer_family_by_name(family, strlen(family)), (int32)period,
                               (DateADT)as_of};

    if (constants.family == NULL)
        return "The family is not known to this version of clm.";
    if (period < 1 || period > PG_INT32_MAX)
        return "The period is not a number of days.";
    if (as_of != DATEVAL_NOBEGIN && !IS_VALID_DATE(as_of))
        return "The as_of is not a date.";
    *state = make_fit_state(&constants, CurrentMemoryContext);
    return NULL;
}

/* ---- text ---- */

static FitState *
read_state(state_reader *reader)
{
    FitState *state = NULL;
    const char *family;
    int64 period;

    if (read_integer(reader) != FIT_STATE_FORMAT)
        reader->error = "The version is not known to this version of clm.";
    family = read_token(reader);
    period = read_integer(reader);
    if (reader->error == NULL)
        reader->error = make_checked_state(family, period, read_integer(reader), &state);
    for (int64 n = read_count(reader); n > 0 && reader->error == NULL; n--) {
        customer_group group;

        CHECK_FOR_INTERRUPTS();
        group.of.x = read_integer(reader);
        group.of.t_x = read_double(reader);
        group.of.t = read_double(reader);
        group.weight = read_integer(reader);
        if (reader->error == NULL)
            reader->error = add_checked_customers(state, group);
    }
    for (int64 n = read_count(reader); n > 0 && reader->error == NULL; n--) {
        spend_group group;

        CHECK_FOR_INTERRUPTS();
        group.n = read_integer(reader);
        group.m = read_double(reader);
        group.weight = read_integer(reader);
        if (reader->error == NULL)
            reader->error = add_checked_spend(state, group);
    }
    read_end(reader);
    return state;
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_in);
Datum
clm_customer_model_state_in(PG_FUNCTION_ARGS)
{
    state_reader reader = {pstrdup(PG_GETARG_CSTRING(0)), NULL};
    FitState *state = read_state(&reader);

    if (reader.error != NULL)
        ereturn(CLM_ESCONTEXT(fcinfo), (Datum)0,
                (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                 errmsg("invalid input syntax for type clm.customer_model_state"),
                 errdetail("%s", reader.error)));
    return EOHPGetRWDatum(&state->header);
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_out);
Datum
clm_customer_model_state_out(PG_FUNCTION_ARGS)
{
    FitState *state = datum_get_fit_state(PG_GETARG_DATUM(0), CurrentMemoryContext, false);
    StringInfoData text;
    const customer_group *customers = state->customers.items;
    const spend_group *spend = state->spend.items;

    merge_list(&state->customers);
    merge_list(&state->spend);
    initStringInfo(&text);
    appendStringInfo(&text, "%d %s %d %d", FIT_STATE_FORMAT, state->constants.family->name,
                     state->constants.period, state->constants.as_of);
    appendStringInfo(&text, " %zu", state->customers.n);
    for (size_t i = 0; i < state->customers.n; i++) {
        CHECK_FOR_INTERRUPTS();
        append_integer(&text, customers[i].of.x);
        append_double(&text, customers[i].of.t_x);
        append_double(&text, customers[i].of.t);
        append_integer(&text, customers[i].weight);
    }
    appendStringInfo(&text, " %zu", state->spend.n);
    for (size_t i = 0; i < state->spend.n; i++) {
        CHECK_FOR_INTERRUPTS();
        append_integer(&text, spend[i].n);
        append_double(&text, spend[i].m);
        append_integer(&text, spend[i].weight);
    }
    PG_RETURN_CSTRING(text.data);
}

/* ---- binary ---- */

PG_FUNCTION_INFO_V1(clm_customer_model_state_recv);
Datum
clm_customer_model_state_recv(PG_FUNCTION_ARGS)
{
    StringInfo message = (StringInfo)PG_GETARG_POINTER(0);
    const char *family;
    int32 period, as_of;
    FitState *state = NULL;

    if (pq_getmsgbyte(message) != FIT_STATE_FORMAT)
        reject_binary("customer_model_state", "The version is not known to this version of clm.");
    family = pq_getmsgstring(message);
    period = (int32)pq_getmsgint(message, 4);
    as_of = (int32)pq_getmsgint(message, 4);
    reject_binary("customer_model_state", make_checked_state(family, period, as_of, &state));
    for (uint32 n = pq_getmsgint(message, 4); n > 0; n--) {
        customer_group group;

        CHECK_FOR_INTERRUPTS();
        group.of.x = pq_getmsgint64(message);
        group.of.t_x = pq_getmsgfloat8(message) + 0.0;
        group.of.t = pq_getmsgfloat8(message) + 0.0;
        group.weight = pq_getmsgint64(message);
        reject_binary("customer_model_state", add_checked_customers(state, group));
    }
    for (uint32 n = pq_getmsgint(message, 4); n > 0; n--) {
        spend_group group;

        CHECK_FOR_INTERRUPTS();
        group.n = pq_getmsgint64(message);
        group.m = pq_getmsgfloat8(message);
        group.weight = pq_getmsgint64(message);
        reject_binary("customer_model_state", add_checked_spend(state, group));
    }
    pq_getmsgend(message);
    return EOHPGetRWDatum(&state->header);
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_send);
Datum
clm_customer_model_state_send(PG_FUNCTION_ARGS)
{
    FitState *state = datum_get_fit_state(PG_GETARG_DATUM(0), CurrentMemoryContext, false);
    StringInfoData message;
    const customer_group *customers = state->customers.items;
    const spend_group *spend = state->spend.items;

    merge_list(&state->customers);
    merge_list(&state->spend);
    pq_begintypsend(&message);
    pq_sendint8(&message, FIT_STATE_FORMAT);
    pq_sendstring(&message, state->constants.family->name);
    pq_sendint32(&message, (uint32)state->constants.period);
    pq_sendint32(&message, (uint32)state->constants.as_of);
    pq_sendint32(&message, (uint32)state->customers.n);
    for (size_t i = 0; i < state->customers.n; i++) {
        pq_sendint64(&message, customers[i].of.x);
        pq_sendfloat8(&message, customers[i].of.t_x);
        pq_sendfloat8(&message, customers[i].of.t);
        pq_sendint64(&message, customers[i].weight);
    }
    pq_sendint32(&message, (uint32)state->spend.n);
    for (size_t i = 0; i < state->spend.n; i++) {
        pq_sendint64(&message, spend[i].n);
        pq_sendfloat8(&message, spend[i].m);
        pq_sendint64(&message, spend[i].weight);
    }
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
