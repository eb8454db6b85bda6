/*
 * The type clm.customer_model_state: customers gathered for a fit, equal ones merged with weights.
 *
 * In memory it is an expanded object with two hash tables, customer summaries (x, t_x, t) and repeat buyers'
 * spend (n, m), in a context of its own below the aggregate's. Stored, it is flat: constants, then the sorted
 * groups. Its text is the same as tokens separated by spaces: version family period as_of-or-"-" n {x t_x t
 * weight} n {n m weight}
 */
#include "fit_state.h"

#include <math.h>

#include "common/int.h"
#include "common/shortest_dec.h"
#include "lib/stringinfo.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

#include "model.h"

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
} FlatFitState;

/* ---- hash tables ---- */

typedef struct customer_entry {
    customer_group group;
    char status;
} customer_entry;

typedef struct spend_key {
    int64 n;
    double m;
} spend_key;

typedef struct spend_entry {
    spend_key key;
    int64 weight;
    char status;
} spend_entry;

/* Mixes 64 bits into a hash; doubles of days differ in their high bits only, so those must reach the low
 * ones. */
static inline uint64
mix(uint64 hash, uint64 bits)
{
    hash = (hash ^ bits) * UINT64CONST(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 29);
}

static inline uint64
double_bits(double value)
{
    uint64 bits;

    memcpy(&bits, &value, sizeof(bits));
    return bits;
}

static inline uint32
hash_summary(customer_summary s)
{
    return (uint32)(mix(mix(mix(0, (uint64)s.x), double_bits(s.t_x)), double_bits(s.t)) >> 32);
}

static inline uint32
hash_spend(spend_key key)
{
    return (uint32)(mix(mix(0, (uint64)key.n), double_bits(key.m)) >> 32);
}

#define SH_PREFIX customer_table
#define SH_ELEMENT_TYPE customer_entry
#define SH_KEY_TYPE customer_summary
#define SH_KEY group.of
#define SH_HASH_KEY(table, key) hash_summary(key)
#define SH_EQUAL(table, a, b) ((a).x == (b).x && (a).t_x == (b).t_x && (a).t == (b).t)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

#define SH_PREFIX spend_table
#define SH_ELEMENT_TYPE spend_entry
#define SH_KEY_TYPE spend_key
#define SH_KEY key
#define SH_HASH_KEY(table, key) hash_spend(key)
#define SH_EQUAL(table, a, b) ((a).n == (b).n && (a).m == (b).m)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

static void
add_weight(int64 *total, int64 weight)
{
    if (pg_add_s64_overflow(*total, weight, total))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                        errmsg("the number of customers is out of range")));
}

void
fit_state_add_customers(FitState *state, const customer_group *group)
{
    bool found;
    customer_entry *entry = customer_table_insert(state->customers, group->of, &found);

    if (!found)
        entry->group.weight = 0;
    add_weight(&entry->group.weight, group->weight);
}

void
fit_state_add_spend(FitState *state, const spend_group *group)
{
    bool found;
    spend_key key = {group->n, group->m};
    spend_entry *entry = spend_table_insert(state->spend, key, &found);

    if (!found)
        entry->weight = 0;
    add_weight(&entry->weight, group->weight);
}

customer_group *
fit_state_customers(FitState *state, size_t *n)
{
    customer_table_iterator iterator;
    customer_entry *entry;
    customer_group *groups = MemoryContextAllocHuge(CurrentMemoryContext,
                                                    (state->customers->members + 1) * sizeof(customer_group));

    *n = 0;
    customer_table_start_iterate(state->customers, &iterator);
    while ((entry = customer_table_iterate(state->customers, &iterator)) != NULL)
        groups[(*n)++] = entry->group;
    return groups;
}

spend_group *
fit_state_spend(FitState *state, size_t *n)
{
    spend_table_iterator iterator;
    spend_entry *entry;
    spend_group *groups =
        MemoryContextAllocHuge(CurrentMemoryContext, (state->spend->members + 1) * sizeof(spend_group));

    *n = 0;
    spend_table_start_iterate(state->spend, &iterator);
    while ((entry = spend_table_iterate(state->spend, &iterator)) != NULL)
        groups[(*n)++] = (spend_group){entry->key.n, entry->key.m, entry->weight};
    return groups;
}

/* The groups as arrays in canonical order: the same customers always have the same flat form. */
static customer_group *
sorted_customers(FitState *state, size_t *n)
{
    customer_group *groups = fit_state_customers(state, n);

    check_status(customer_groups_merge(groups, n, &backend_stop), "sorting customers");
    return groups;
}

static spend_group *
sorted_spend(FitState *state, size_t *n)
{
    spend_group *groups = fit_state_spend(state, n);

    check_status(spend_groups_merge(groups, n, &backend_stop), "sorting customers' spend");
    return groups;
}

/* ---- the expanded object ---- */

static Size
flat_size(ExpandedObjectHeader *header)
{
    FitState *state = (FitState *)header;
    Size size = sizeof(FlatFitState) + state->customers->members * sizeof(customer_group) +
                state->spend->members * sizeof(spend_group);

    if (!AllocSizeIsValid(size))
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
                        errmsg("too many distinct customers to store or send: %llu",
                               (unsigned long long)state->customers->members)));
    return size;
}

static void
flatten_into(ExpandedObjectHeader *header, void *result, Size allocated)
{
    FitState *state = (FitState *)header;
    FlatFitState *flat = result;
    size_t ncustomers, nspend;
    customer_group *customers = sorted_customers(state, &ncustomers);
    spend_group *spend = sorted_spend(state, &nspend);

    memset(flat, 0, sizeof(*flat));
    SET_VARSIZE(flat, allocated);
    flat->format = FIT_STATE_FORMAT;
    strlcpy(flat->family, state->constants.family->name, FAMILY_NAME_SIZE);
    flat->period = state->constants.period;
    flat->as_of = state->constants.as_of;
    flat->ncustomers = ncustomers;
    flat->nspend = nspend;
    memcpy(flat + 1, customers, ncustomers * sizeof(customer_group));
    memcpy((char *)(flat + 1) + ncustomers * sizeof(customer_group), spend, nspend * sizeof(spend_group));
    pfree(customers);
    pfree(spend);
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
    state->customers = customer_table_create(context, 64, NULL);
    state->spend = spend_table_create(context, 64, NULL);
    return state;
}

static FitState *
expand(const FlatFitState *flat, MemoryContext parent)
{
    const customer_group *customers = (const customer_group *)(flat + 1);
    const spend_group *spend = (const spend_group *)(customers + flat->ncustomers);
    fit_constants constants;
    FitState *state;

    if (flat->format != FIT_STATE_FORMAT)
        ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("invalid stored customer_model_state")));
    constants.family = get_family(flat->family, strlen(flat->family));
    constants.period = flat->period;
    constants.as_of = flat->as_of;
    state = make_fit_state(&constants, parent);
    for (uint32 i = 0; i < flat->ncustomers; i++)
        fit_state_add_customers(state, &customers[i]);
    for (uint32 i = 0; i < flat->nspend; i++)
        fit_state_add_spend(state, &spend[i]);
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

void
fit_state_merge(FitState *state, FitState *other)
{
    size_t ncustomers, nspend;
    customer_group *customers;
    spend_group *spend;

    check_same_constants(&state->constants, &other->constants);
    /* In sorted order: inserting in the order of one hash table into another makes long runs of collisions.
     */
    customers = sorted_customers(other, &ncustomers);
    spend = sorted_spend(other, &nspend);
    for (size_t i = 0; i < ncustomers; i++)
        fit_state_add_customers(state, &customers[i]);
    for (size_t i = 0; i < nspend; i++)
        fit_state_add_spend(state, &spend[i]);
    pfree(customers);
    pfree(spend);
}

/* ---- checks of what comes from outside ---- */

static void
pg_attribute_noreturn() bad_state(const char *why)
{
    ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
                    errmsg("invalid representation of type clm.customer_model_state"), errdetail("%s", why)));
}

static void
add_checked_customers(FitState *state, customer_group group)
{
    const customer_summary *s = &group.of;

    if (s->x < 0 || !isfinite(s->t) || !(s->t_x >= 0 && s->t_x <= s->t) || (s->x == 0 && s->t_x != 0) ||
        group.weight < 1)
        bad_state("A customer summary is outside its domain.");
    fit_state_add_customers(state, &group);
}

static void
add_checked_spend(FitState *state, spend_group group)
{
    if (group.n < 1 || !isfinite(group.m) || group.m <= 0 || group.weight < 1)
        bad_state("A spend is outside its domain.");
    fit_state_add_spend(state, &group);
}

static FitState *
make_checked_state(const char *family, size_t length, int32 period, DateADT as_of)
{
    fit_constants constants = {get_family(family, length), period, as_of};

    if (period < 1)
        bad_state("The period is less than a day.");
    if (as_of != DATEVAL_NOBEGIN && !IS_VALID_DATE(as_of))
        bad_state("The as_of is not a date.");
    return make_fit_state(&constants, CurrentMemoryContext);
}

/* ---- text ---- */

static const char *
next_token(char **at)
{
    const char *token = strtok_r(NULL, " ", at);

    if (token == NULL)
        bad_state("The text ends too early.");
    return token;
}

static int64
next_integer(char **at)
{
    const char *token = next_token(at);
    char *end;
    int64 value;

    errno = 0;
    value = strtoi64(token, &end, 10);
    if (errno != 0 || end == token || *end != '\0')
        bad_state("A number is expected.");
    return value;
}

static double
next_double(char **at)
{
    const char *token = next_token(at);
    char *end;
    double value = strtod(token, &end);

    if (end == token || *end != '\0')
        bad_state("A number is expected.");
    return value + 0.0;
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_in);
Datum
clm_customer_model_state_in(PG_FUNCTION_ARGS)
{
    char *text = pstrdup(PG_GETARG_CSTRING(0)), *at;
    const char *token = strtok_r(text, " ", &at), *family;
    int64 period, as_of;
    FitState *state;

    if (token == NULL || strcmp(token, "1") != 0)
        bad_state("The version is not known to this version of clm.");
    family = next_token(&at);
    period = next_integer(&at);
    as_of = next_integer(&at);
    if (period > PG_INT32_MAX || as_of < PG_INT32_MIN || as_of > PG_INT32_MAX)
        bad_state("A constant is out of range.");
    state = make_checked_state(family, strlen(family), (int32)Max(period, 0), (DateADT)as_of);
    for (int64 n = next_integer(&at); n > 0; n--) {
        customer_group group;

        group.of.x = next_integer(&at);
        group.of.t_x = next_double(&at);
        group.of.t = next_double(&at);
        group.weight = next_integer(&at);
        add_checked_customers(state, group);
    }
    for (int64 n = next_integer(&at); n > 0; n--) {
        spend_group group;

        group.n = next_integer(&at);
        group.m = next_double(&at);
        group.weight = next_integer(&at);
        add_checked_spend(state, group);
    }
    if (strtok_r(NULL, " ", &at) != NULL)
        bad_state("The text goes on behind its end.");
    return EOHPGetRWDatum(&state->header);
}

static void
append_double(StringInfo text, double value)
{
    char digits[DOUBLE_SHORTEST_DECIMAL_LEN];

    double_to_shortest_decimal_buf(value, digits);
    appendStringInfo(text, " %s", digits);
}

PG_FUNCTION_INFO_V1(clm_customer_model_state_out);
Datum
clm_customer_model_state_out(PG_FUNCTION_ARGS)
{
    FitState *state = datum_get_fit_state(PG_GETARG_DATUM(0), CurrentMemoryContext, false);
    StringInfoData text;
    size_t ncustomers, nspend;
    customer_group *customers = sorted_customers(state, &ncustomers);
    spend_group *spend = sorted_spend(state, &nspend);

    initStringInfo(&text);
    appendStringInfo(&text, "%d %s %d %d", FIT_STATE_FORMAT, state->constants.family->name,
                     state->constants.period, state->constants.as_of);
    appendStringInfo(&text, " %zu", ncustomers);
    for (size_t i = 0; i < ncustomers; i++) {
        appendStringInfo(&text, " " INT64_FORMAT, customers[i].of.x);
        append_double(&text, customers[i].of.t_x);
        append_double(&text, customers[i].of.t);
        appendStringInfo(&text, " " INT64_FORMAT, customers[i].weight);
    }
    appendStringInfo(&text, " %zu", nspend);
    for (size_t i = 0; i < nspend; i++) {
        appendStringInfo(&text, " " INT64_FORMAT, spend[i].n);
        append_double(&text, spend[i].m);
        appendStringInfo(&text, " " INT64_FORMAT, spend[i].weight);
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
    int32 period;
    DateADT as_of;
    FitState *state;

    if (pq_getmsgbyte(message) != FIT_STATE_FORMAT)
        bad_state("The version is not known to this version of clm.");
    family = pq_getmsgstring(message);
    period = (int32)pq_getmsgint(message, 4);
    as_of = (DateADT)pq_getmsgint(message, 4);
    state = make_checked_state(family, strlen(family), period, as_of);
    for (uint32 n = pq_getmsgint(message, 4); n > 0; n--) {
        customer_group group;

        group.of.x = pq_getmsgint64(message);
        group.of.t_x = pq_getmsgfloat8(message) + 0.0;
        group.of.t = pq_getmsgfloat8(message) + 0.0;
        group.weight = pq_getmsgint64(message);
        add_checked_customers(state, group);
    }
    for (uint32 n = pq_getmsgint(message, 4); n > 0; n--) {
        spend_group group;

        group.n = pq_getmsgint64(message);
        group.m = pq_getmsgfloat8(message);
        group.weight = pq_getmsgint64(message);
        add_checked_spend(state, group);
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
    size_t ncustomers, nspend;
    customer_group *customers = sorted_customers(state, &ncustomers);
    spend_group *spend = sorted_spend(state, &nspend);

    pq_begintypsend(&message);
    pq_sendint8(&message, FIT_STATE_FORMAT);
    pq_sendstring(&message, state->constants.family->name);
    pq_sendint32(&message, (uint32)state->constants.period);
    pq_sendint32(&message, (uint32)state->constants.as_of);
    pq_sendint32(&message, (uint32)ncustomers);
    for (size_t i = 0; i < ncustomers; i++) {
        pq_sendint64(&message, customers[i].of.x);
        pq_sendfloat8(&message, customers[i].of.t_x);
        pq_sendfloat8(&message, customers[i].of.t);
        pq_sendint64(&message, customers[i].weight);
    }
    pq_sendint32(&message, (uint32)nspend);
    for (size_t i = 0; i < nspend; i++) {
        pq_sendint64(&message, spend[i].n);
        pq_sendfloat8(&message, spend[i].m);
        pq_sendint64(&message, spend[i].weight);
    }
    PG_RETURN_BYTEA_P(pq_endtypsend(&message));
}
