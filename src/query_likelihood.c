/*
 * Customers that queries give: takes the queries apart, and looks at the customers in passes.
 *
 * A pass is one statement, SELECT aggregates FROM (query), or the UNION ALL of one for each query, with constants only:
 * so that the planner may run it in parallel, and postgres_fdw at the other end, at several at the same time where they
 * are async_capable. All passes see the same snapshot.
 */
#include "query_likelihood.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "portability/instr_time.h"
#include "tcop/cmdtag.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/lsyscache.h"
#include "utils/plancache.h"
#include "utils/syscache.h"

#include "composite.h"
#include "core/models/gamma_gamma.h"
#include "model.h"
#include "state_text.h"

/* What is asked in a pass: the likelihood of purchases or of spend. */
enum { PURCHASES, SPEND, KINDS };

/* A query as the FROM of a pass, and its columns as arguments of aggregates. */
typedef struct customer_query {
    const char *from;
    const char *customer;
    const char *weight; /* NULL: each row is one customer */
    bool histories;
} customer_query;

/* Answers of a pass to one point, added up over the queries. */
typedef struct point_answer {
    bool known; /* did any query have customers? */
    bool finite;
    float8 value, gradient[CLM_MAX_PARAMS];
    int64 customers;
    float8 moments[4], least, largest;
} point_answer;

struct query_customers {
    const fit_constants *constants;
    Oid picture_type, likelihood_type; /* of the extension, whatever the name of its schema is by now */
    int n;
    customer_query *queries;
    int passes;
    MemoryContext context, pass_context;
    FitState *picture;
    point_answer first[KINDS];
    ErrorData *error;
    /* What evaluate callbacks get. */
    struct asked {
        query_customers *customers;
        int kind;
    } asked[KINDS];
};

/* ---- queries ---- */

static pg_noreturn void
reject_query(const char *what, const char *hint)
{
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", what), errhint("%s", hint)));
}

static Oid
type_of_clm(Oid schema, const char *name)
{
    return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name), ObjectIdGetDatum(schema));
}

/* The one SELECT that a text is. */
static CachedPlanSource *
parse_query(const char *text)
{
    SPIPlanPtr plan = SPI_prepare(text, 0, NULL);
    List *sources;
    CachedPlanSource *source;

    if (plan == NULL)
        elog(ERROR, "SPI_prepare failed: %s", SPI_result_code_string(SPI_result));
    sources = SPI_plan_get_plan_sources(plan);
    if (list_length(sources) > 1)
        reject_query(psprintf("query must be one statement, not %d", list_length(sources)),
                     "Fit to several queries at a time with an array of them.");
    source = sources == NIL ? NULL : linitial(sources);
    if (source == NULL || source->commandTag != CMDTAG_SELECT || source->resultDesc == NULL)
        reject_query("query must be a SELECT that returns rows",
                     "Write SELECT h FROM customers, or TABLE customers.");
    return source;
}

/* The column of that type; 0 where there is none. */
static int
find_column(TupleDesc desc, Oid type)
{
    int found = 0;

    for (int i = 0; i < desc->natts; i++) {
        if (getBaseType(TupleDescAttr(desc, i)->atttypid) != type)
            continue;
        if (found > 0)
            reject_query(psprintf("query must have one column of type %s, not both \"%s\" and \"%s\"",
                                  format_type_be(type), NameStr(TupleDescAttr(desc, found - 1)->attname),
                                  NameStr(TupleDescAttr(desc, i)->attname)),
                         "Select one of them.");
        found = i + 1;
    }
    return found;
}

/* The column `weight`; 0 where there is none. */
static int
find_weight(TupleDesc desc)
{
    int found = 0;

    for (int i = 0; i < desc->natts; i++) {
        if (namestrcmp(&TupleDescAttr(desc, i)->attname, "weight") != 0)
            continue;
        if (found > 0)
            reject_query("query must have one column called weight, not two", "Rename the other one.");
        found = i + 1;
    }
    return found;
}

/* The number of customers that share a summary may have been given another name. */
static void
check_weight(TupleDesc desc, bool histories, int weight)
{
    if (histories && weight > 0)
        reject_query("weight is for summaries of type clm.rfm", "Each history is one customer.");
    for (int i = 0; !histories && weight == 0 && i < desc->natts; i++)
        if (TupleDescAttr(desc, i)->atttypid == INT8OID)
            ereport(NOTICE,
                    (errmsg("each summary counts as one customer"),
                     errhint("Numbers of customers who share a summary come from a column called weight, "
                             "not \"%s\".",
                             NameStr(TupleDescAttr(desc, i)->attname))));
}

/* Columns are named anew, since a query may have two of one name. */
static const char *
from_clause(const CachedPlanSource *source)
{
    const RawStmt *statement = source->raw_parse_tree;
    const char *text = source->query_string + Max(statement->stmt_location, 0);
    int length = statement->stmt_len > 0 ? statement->stmt_len : (int)strlen(text);
    StringInfoData from;

    initStringInfo(&from);
    /* A comment may end the text: the line break ends the comment. */
    appendStringInfo(&from, "(%.*s\n) AS q(", length, text);
    for (int i = 1; i <= source->resultDesc->natts; i++)
        appendStringInfo(&from, "%sc%d", i == 1 ? "" : ", ", i);
    appendStringInfoChar(&from, ')');
    return from.data;
}

/* Columns are cast to just the types that the aggregates are declared with: for a column of a domain, whoever may create in
 * the schema clm could have an aggregate of the same name, whose result is something else. */
static customer_query
take_apart(Oid schema, const char *text)
{
    CachedPlanSource *source = parse_query(text);
    TupleDesc desc = source->resultDesc;
    int history = find_column(desc, type_of_clm(schema, "history"));
    int rfm = find_column(desc, type_of_clm(schema, "rfm"));
    int weight = find_weight(desc);

    if (history == 0 && rfm == 0)
        reject_query(
            "query has no column of type clm.history or clm.rfm",
            "Select a history a customer: SELECT clm.history(day, amount) FROM orders GROUP BY customer.");
    if (history > 0 && rfm > 0)
        reject_query("query must have a column of type clm.history or of clm.rfm, not both",
                     "Select one of them.");
    check_weight(desc, history > 0, weight);
    return (customer_query){
        .from = from_clause(source),
        .customer = psprintf("q.c%d::clm.%s", Max(history, rfm), history > 0 ? "history" : "rfm"),
        .histories = history > 0,
        .weight = rfm > 0 && weight > 0 ? psprintf("q.c%d::pg_catalog.int8", weight) : NULL};
}

/* ---- statements ---- */

/* A day as every server reads it. */
static const char *
day_text(DateADT day)
{
    char *text = palloc(MAXDATELEN + 1);
    struct pg_tm tm = {0};

    j2date(day + POSTGRES_EPOCH_JDATE, &tm.tm_year, &tm.tm_mon, &tm.tm_mday);
    EncodeDateOnly(&tm, USE_ISO_DATES, text);
    return text;
}

static void
append_params(StringInfo sql, int n, const float8 *params)
{
    appendStringInfoString(sql, "'{");
    for (int i = 0; i < n; i++) {
        if (i > 0)
            appendStringInfoChar(sql, ',');
        append_double(sql, params[i]);
    }
    appendStringInfoString(sql, "}'::pg_catalog.float8[]");
}

static int
count_params(const query_customers *c, int kind)
{
    return kind == SPEND ? GAMMA_GAMMA_NPARAMS : c->constants->family->nparams;
}

/* clm.aggregate(customer, [as_of,] options. The family is a part of the options since postgres_fdw leaves an aggregate with a
 * text argument at home, for the sake of collations. */
static void
append_call(StringInfo sql, const query_customers *c, const customer_query *query, const char *aggregate)
{
    const fit_constants *constants = c->constants;

    appendStringInfo(sql, "clm.%s(%s, ", aggregate, query->customer);
    if (query->histories)
        appendStringInfo(sql, "'%s'::pg_catalog.date, ", day_text(constants->as_of));
    appendStringInfo(sql, "'(%s,%d,,%s,)'::clm.fit_options", constants->family->name, constants->period,
                     constants->since == DATEVAL_NOBEGIN ? "" : day_text(constants->since));
}

/* What follows the other arguments: for summaries their weight. */
static void
append_end(StringInfo sql, const customer_query *query)
{
    if (!query->histories)
        appendStringInfo(sql, ", %s", query->weight == NULL ? "1::pg_catalog.int8" : query->weight);
    appendStringInfoChar(sql, ')');
}

/* clm.likelihood(...) at a point. */
static void
append_likelihood(StringInfo sql, const query_customers *c, const customer_query *query, int kind,
                  const float8 *params)
{
    append_call(sql, c, query, "likelihood");
    appendStringInfoString(sql, ", ");
    append_params(sql, count_params(c, kind), params);
    appendStringInfoString(sql, kind == SPEND ? ", true" : ", false");
    append_end(sql, query);
}

static void
append_picture(StringInfo sql, const query_customers *c, const customer_query *query)
{
    append_call(sql, c, query, "customer_picture");
    append_end(sql, query);
}

/* ---- passes ---- */

/* Runs a statement, a row a query; its result is SPI_tuptable. */
static void
run_pass(query_customers *c, const char *sql)
{
    instr_time start, duration;
    int result;

    INSTR_TIME_SET_CURRENT(start);
    ereport(DEBUG2, (errmsg_internal("%s", sql)));
    result = SPI_execute(sql, true, 0);
    if (result != SPI_OK_SELECT || SPI_processed != (uint64)c->n)
        elog(ERROR, "a pass over the customers failed: %s", SPI_result_code_string(result));
    INSTR_TIME_SET_CURRENT(duration);
    INSTR_TIME_SUBTRACT(duration, start);
    c->passes++;
    ereport(DEBUG1, (errmsg_internal("fit_customer_model: pass %d took %.1f ms", c->passes,
                                     INSTR_TIME_GET_MILLISEC(duration))));
}

/* Statements look for aggregates by name, and whoever owns the schema clm can rename it and make another, at any time: what
 * another aggregate gives must not be taken for a value of the extension's type. */
static bool
get_result(int row, int column, Oid type, Datum *value)
{
    bool is_null;

    if (getBaseType(SPI_gettypeid(SPI_tuptable->tupdesc, column)) != type)
        ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
                        errmsg("an aggregate in the schema clm is not that of the extension")));
    *value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &is_null);
    return !is_null;
}

static void
add_array(const composite *row, const char *name, float8 *sums, int most)
{
    Datum array;
    const float8 *values;
    int n;

    if (!get_attribute(row, name, &array))
        return;
    values = get_float8_array(array, name, &n);
    for (int i = 0; i < Min(n, most); i++)
        sums[i] += values[i];
}

/* Adds the clm.likelihood of one query. */
static void
add_answer(point_answer *sum, Datum likelihood)
{
    composite row = deform_composite(DatumGetHeapTupleHeader(likelihood));
    float8 value = 0, least = 0, largest = 0;
    Datum customers;

    sum->finite = get_float8_attribute(&row, "log_likelihood", &value) && (sum->finite || !sum->known);
    sum->value += value;
    add_array(&row, "gradient", sum->gradient, CLM_MAX_PARAMS);
    add_array(&row, "moments", sum->moments, lengthof(sum->moments));
    if (get_attribute(&row, "customers", &customers))
        sum->customers += DatumGetInt64(customers);
    (void)get_float8_attribute(&row, "least", &least);
    (void)get_float8_attribute(&row, "largest", &largest);
    sum->least = sum->known ? Min(sum->least, least) : least;
    sum->largest = sum->known ? Max(sum->largest, largest) : largest;
    sum->known = true;
}

/* The answers in a column, of all queries. */
static point_answer
read_answer(const query_customers *c, int column)
{
    point_answer sum = {0};
    Datum value;

    for (int i = 0; i < c->n; i++)
        if (get_result(i, column, c->likelihood_type, &value))
            add_answer(&sum, value);
    return sum;
}

/* The likelihood of one kind at n points. */
static clm_status
ask_likelihoods(query_customers *c, int kind, int n, double params[][CLM_MAX_PARAMS], double *values,
                double gradients[][CLM_MAX_PARAMS])
{
    StringInfoData sql;
    clm_status status = CLM_OK;

    initStringInfo(&sql);
    for (int q = 0; q < c->n; q++) {
        appendStringInfoString(&sql, q == 0 ? "SELECT " : "\nUNION ALL SELECT ");
        for (int i = 0; i < n; i++) {
            appendStringInfoString(&sql, i == 0 ? "" : ", ");
            append_likelihood(&sql, c, &c->queries[q], kind, params[i]);
        }
        appendStringInfo(&sql, " FROM %s", c->queries[q].from);
    }
    run_pass(c, sql.data);
    for (int i = 0; i < n; i++) {
        point_answer answer = read_answer(c, i + 1);

        if (answer.customers != c->first[kind].customers)
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("query must give the same customers in every pass, not " INT64_FORMAT
                                   " and then " INT64_FORMAT,
                                   c->first[kind].customers, answer.customers),
                            errhint("Store what a volatile query gives in a table.")));
        if (!answer.finite)
            status = CLM_OVERFLOW;
        values[i] = answer.value;
        memcpy(gradients[i], answer.gradient, sizeof(answer.gradient));
    }
    SPI_freetuptable(SPI_tuptable);
    return status;
}

/* The callback of the core, through which no error may jump. */
static clm_status
evaluate(void *arg, int n, double params[][CLM_MAX_PARAMS], double *values,
         double gradients[][CLM_MAX_PARAMS])
{
    struct asked *asked = arg;
    query_customers *c = asked->customers;
    MemoryContext before = MemoryContextSwitchTo(c->pass_context);
    volatile clm_status status = CLM_STOPPED;

    PG_TRY();
    {
        status = ask_likelihoods(c, asked->kind, n, params, values, gradients);
    }
    PG_CATCH();
    {
        MemoryContextSwitchTo(c->context);
        c->error = CopyErrorData();
        FlushErrorState();
    }
    PG_END_TRY();
    MemoryContextSwitchTo(before);
    MemoryContextReset(c->pass_context);
    return status;
}

void
rethrow_query_error(const query_customers *customers)
{
    if (customers->error != NULL)
        ReThrowError(customers->error);
}

/* ---- the first pass ---- */

static void
merge_picture(query_customers *c, Datum picture)
{
    FitState *state = datum_get_fit_state(picture, c->context, false);

    if (c->picture == NULL)
        c->picture = state;
    else
        fit_state_merge(c->picture, state);
}

static void
first_pass(query_customers *c)
{
    static const float8 spend_params[GAMMA_GAMMA_NPARAMS] = {6, 4, 15};
    StringInfoData sql;
    Datum picture;

    initStringInfo(&sql);
    for (int q = 0; q < c->n; q++) {
        appendStringInfoString(&sql, q == 0 ? "SELECT " : "\nUNION ALL SELECT ");
        append_picture(&sql, c, &c->queries[q]);
        appendStringInfoString(&sql, ", ");
        append_likelihood(&sql, c, &c->queries[q], PURCHASES, c->constants->family->typical_params);
        appendStringInfoString(&sql, ", ");
        append_likelihood(&sql, c, &c->queries[q], SPEND, spend_params);
        appendStringInfo(&sql, " FROM %s", c->queries[q].from);
    }
    run_pass(c, sql.data);
    for (int q = 0; q < c->n; q++)
        if (get_result(q, 1, c->picture_type, &picture))
            merge_picture(c, picture);
    c->first[PURCHASES] = read_answer(c, 2);
    c->first[SPEND] = read_answer(c, 3);
    SPI_freetuptable(SPI_tuptable);
    if (c->picture == NULL)
        reject_query("query gives no customers",
                     c->queries[0].histories ? "Customers without an occasion up to as_of do not count."
                                             : "Summaries that are NULL, and weights of 0, do not count.");
}

query_customers *
start_query_customers(Oid schema, const fit_constants *constants, int n, char *const *queries)
{
    query_customers *c = palloc0(sizeof(*c));

    c->constants = constants;
    c->picture_type = type_of_clm(schema, "customer_model_state");
    c->likelihood_type = type_of_clm(schema, "likelihood");
    c->n = n;
    c->context = CurrentMemoryContext;
    c->pass_context = AllocSetContextCreate(c->context, "clm pass", ALLOCSET_DEFAULT_SIZES);
    c->queries = palloc(n * sizeof(*c->queries));
    for (int kind = 0; kind < KINDS; kind++)
        c->asked[kind] = (struct asked){c, kind};
    for (int i = 0; i < n; i++) {
        c->queries[i] = take_apart(schema, queries[i]);
        if (c->queries[i].histories != c->queries[0].histories)
            reject_query("queries must all give histories, or all summaries", "Fit to one kind at a time.");
    }
    if (c->queries[0].histories && constants->as_of == DATEVAL_NOBEGIN)
        ereport(ERROR,
                (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("as_of must not be null for histories")));
    if (!c->queries[0].histories && constants->as_of != DATEVAL_NOBEGIN)
        reject_query("as_of must be null for summaries", "A summary knows no days: it stands as it is.");
    if (!c->queries[0].histories && constants->family->regular)
        reject_query(psprintf("%s is fitted to histories only", constants->family->name),
                     "Summaries do not carry the times between purchases.");
    first_pass(c);
    return c;
}

/* ---- sources ---- */

customer_source
query_customer_source(query_customers *c)
{
    const point_answer *a = &c->first[PURCHASES];

    return (customer_source){.moments = {.customers = (double)a->customers,
                                         .x = a->moments[0],
                                         .xx = a->moments[1],
                                         .t_x = a->moments[2],
                                         .t = a->moments[3]},
                             .longest = a->largest,
                             .picture = c->picture->customers.items,
                             .n = c->picture->customers.n,
                             .evaluate = evaluate,
                             .arg = &c->asked[PURCHASES]};
}

spend_source
query_spend_source(query_customers *c)
{
    const point_answer *a = &c->first[SPEND];

    return (spend_source){.customers = (double)a->customers,
                          .mean_log_m = a->customers > 0 ? a->moments[0] / (double)a->customers : 0,
                          .least = a->least,
                          .largest = a->largest,
                          .picture = c->picture->spend.items,
                          .n = c->picture->spend.n,
                          .evaluate = evaluate,
                          .arg = &c->asked[SPEND]};
}
