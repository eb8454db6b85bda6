/*
 * What the planner may ask about a call before it runs: how many rows it returns, and what it costs where that depends on
 * the arguments. Only arguments that are constant while planning are read, and the statistics of a column of histories;
 * where nothing is known, the ROWS and COST that the function declares hold. Nothing here throws for an argument that the
 * function itself will refuse.
 */
#include "clm.h"

#include <math.h>

#include "access/htup_details.h"
#include "catalog/pg_statistic.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/supportnodes.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/array.h"
#include "utils/selfuncs.h"

#include "cohorts.h"
#include "core/models/family.h"
#include "core/shapley.h"
#include "history.h"

/* Costs in units of cpu_operator_cost, measured with bench/costs.sql. */
#define SCORES_WITH_LEVEL_COST 12000.0
#define LEVER_VALUE_COST 250.0
#define LEVER_COMBINATION_COST 0.5
#define SIMULATED_CUSTOMER_COST 50.0
#define SIMULATED_PURCHASE_COST 10.0

/* ---- arguments ---- */

/* The argument, a constant where it can be made one; NULL where the call has no such argument. */
static Node *
get_argument(PlannerInfo *root, Node *call, int argno)
{
    Node *argument;

    if (call == NULL || !IsA(call, FuncExpr) || argno >= list_length(((FuncExpr *)call)->args))
        return NULL;
    argument = list_nth(((FuncExpr *)call)->args, argno);
    return root != NULL ? estimate_expression_value(root, argument) : argument;
}

/* Is the argument a constant? *isnull says which. */
static bool
get_constant(PlannerInfo *root, Node *call, int argno, Datum *value, bool *isnull)
{
    Node *argument = get_argument(root, call, argno);

    if (argument == NULL || !IsA(argument, Const))
        return false;
    *value = ((Const *)argument)->constvalue;
    *isnull = ((Const *)argument)->constisnull;
    return true;
}

/* Is the argument a constant other than NULL? */
static bool
get_known(PlannerInfo *root, Node *call, int argno, Datum *value)
{
    bool isnull;

    return get_constant(root, call, argno, value, &isnull) && !isnull;
}

/* The length of an array argument that is a constant or written with ARRAY[]; -1 where it is not known. */
static int
get_array_length(PlannerInfo *root, Node *call, int argno)
{
    Node *argument = get_argument(root, call, argno);

    if (argument == NULL)
        return -1;
    if (IsA(argument, Const) && !((Const *)argument)->constisnull) {
        ArrayType *array = DatumGetArrayTypeP(((Const *)argument)->constvalue);

        return ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    }
    if (IsA(argument, ArrayExpr) && !((ArrayExpr *)argument)->multidims)
        return list_length(((ArrayExpr *)argument)->elements);
    return -1;
}

/* ---- answers ---- */

static Datum
answer_rows(SupportRequestRows *request, double rows)
{
    request->rows = clamp_row_est(rows);
    PG_RETURN_POINTER(request);
}

static Datum
answer_cost(SupportRequestCost *request, double operators)
{
    request->startup = 0;
    request->per_tuple = operators * cpu_operator_cost;
    PG_RETURN_POINTER(request);
}

#define NO_ANSWER PG_RETURN_POINTER(NULL)

/* ---- entries(h): as many as the column's mean width has room for ---- */

/* Mean number of entries of a column of histories, those that are NULL included; -1 where it is not known. What is out of
 * line counts as the pointer to it. */
static double
mean_entries(PlannerInfo *root, Var *column)
{
    VariableStatData stored;
    double entries = -1;

    if (root == NULL || column->varlevelsup != 0 || column->varno <= 0 ||
        column->varno >= root->simple_rel_array_size || root->simple_rel_array[column->varno] == NULL)
        return -1;
    examine_variable(root, (Node *)column, 0, &stored);
    if (HeapTupleIsValid(stored.statsTuple)) {
        Form_pg_statistic statistics = (Form_pg_statistic)GETSTRUCT(stored.statsTuple);
        double width = statistics->stawidth;
        double header = width <= VARATT_SHORT_MAX ? VARHDRSZ_SHORT : VARHDRSZ;

        entries = (width - header - (HISTORY_HEADER_SIZE - VARHDRSZ)) / HISTORY_ENTRY_SIZE;
        entries = Max(entries, 0) * (1 - statistics->stanullfrac);
    }
    ReleaseVariableStats(stored);
    return entries;
}

PG_FUNCTION_INFO_V1(clm_entries_support);
Datum
clm_entries_support(PG_FUNCTION_ARGS)
{
    SupportRequestRows *request = (SupportRequestRows *)PG_GETARG_POINTER(0);
    Node *history;
    double entries = -1;

    if (!IsA(request, SupportRequestRows))
        NO_ANSWER;
    history = get_argument(request->root, request->node, 0);
    if (history != NULL && IsA(history, Const))
        entries = ((Const *)history)->constisnull ? 0 : datum_get_history(((Const *)history)->constvalue).n;
    else if (history != NULL && IsA(history, Var))
        entries = mean_entries(request->root, (Var *)history);
    if (entries < 0)
        NO_ANSWER;
    return answer_rows(request, entries);
}

/* ---- entries(cohorts): a triangle of cells ---- */

/* How many periods of each unit three years of orders have. */
static const double typical_periods[CALENDAR_UNITS] = {157, 36, 12, 3};

/* The calendar of a column that is the aggregate cohorts(h, as_of, calendar) of a subquery; false where it is none. */
static bool
get_subquery_calendar(PlannerInfo *root, Var *column, calendar_unit *unit)
{
    RangeTblEntry *table;
    TargetEntry *entry;
    TargetEntry *argument;

    if (root == NULL || column->varlevelsup != 0 || column->varno <= 0 ||
        column->varno >= root->simple_rel_array_size || root->simple_rte_array[column->varno] == NULL)
        return false;
    table = root->simple_rte_array[column->varno];
    entry = table->rtekind == RTE_SUBQUERY ? get_tle_by_resno(table->subquery->targetList, column->varattno)
                                           : NULL;
    if (entry == NULL || !IsA(entry->expr, Aggref))
        return false;
    argument = get_tle_by_resno(((Aggref *)entry->expr)->args, 3);
    /* Another aggregate of a user's own may return cohorts as well, and have arguments of any type. */
    if (argument == NULL || !IsA(argument->expr, Const) || ((Const *)argument->expr)->constisnull ||
        ((Const *)argument->expr)->consttype != TEXTOID)
        return false;
    return calendar_by_name(VARDATA_ANY(DatumGetTextPP(((Const *)argument->expr)->constvalue)),
                            VARSIZE_ANY_EXHDR(DatumGetTextPP(((Const *)argument->expr)->constvalue)), unit);
}

static double
count_cells(Datum cohorts)
{
    const cohort_table *t = state_table(datum_get_cohorts_state(cohorts));
    double cells = 0;

    for (int32 age = 0; age < (int32)t->nages; age++)
        cells += cohort_table_row(t, age) != NULL ? age + 1 : 0;
    return cells;
}

PG_FUNCTION_INFO_V1(clm_cohorts_entries_support);
Datum
clm_cohorts_entries_support(PG_FUNCTION_ARGS)
{
    SupportRequestRows *request = (SupportRequestRows *)PG_GETARG_POINTER(0);
    Node *cohorts;
    calendar_unit unit;
    double cells = -1;

    if (!IsA(request, SupportRequestRows))
        NO_ANSWER;
    cohorts = get_argument(request->root, request->node, 0);
    if (cohorts != NULL && IsA(cohorts, Const))
        cells = ((Const *)cohorts)->constisnull ? 0 : count_cells(((Const *)cohorts)->constvalue);
    else if (cohorts != NULL && IsA(cohorts, Var) &&
             get_subquery_calendar(request->root, (Var *)cohorts, &unit))
        cells = typical_periods[unit] * (typical_periods[unit] + 1) / 2;
    if (cells < 0)
        NO_ANSWER;
    return answer_rows(request, cells);
}

/* ---- points(retention_model, periods): one a period from 0 on ---- */

PG_FUNCTION_INFO_V1(clm_points_support);
Datum
clm_points_support(PG_FUNCTION_ARGS)
{
    SupportRequestRows *request = (SupportRequestRows *)PG_GETARG_POINTER(0);
    Datum periods;

    if (!IsA(request, SupportRequestRows) || !get_known(request->root, request->node, 1, &periods))
        NO_ANSWER;
    return answer_rows(request, DatumGetInt32(periods) + 1.0);
}

/* ---- transitions: clv lists each state, forecast each state at each step ---- */

PG_FUNCTION_INFO_V1(clm_clv_support);
Datum
clm_clv_support(PG_FUNCTION_ARGS)
{
    SupportRequestRows *request = (SupportRequestRows *)PG_GETARG_POINTER(0);
    int states;

    if (!IsA(request, SupportRequestRows) || (states = get_array_length(request->root, request->node, 1)) < 0)
        NO_ANSWER;
    return answer_rows(request, states);
}

PG_FUNCTION_INFO_V1(clm_forecast_support);
Datum
clm_forecast_support(PG_FUNCTION_ARGS)
{
    SupportRequestRows *request = (SupportRequestRows *)PG_GETARG_POINTER(0);
    int states;
    Datum steps;

    if (!IsA(request, SupportRequestRows) ||
        (states = get_array_length(request->root, request->node, 1)) < 0 ||
        !get_known(request->root, request->node, 3, &steps))
        NO_ANSWER;
    return answer_rows(request, states * (DatumGetInt32(steps) + 1.0));
}

/* ---- lever_value(e, effects): a row an initiative, and work that doubles with each ---- */

static bool
same_text(const struct varlena *a, const struct varlena *b)
{
    return VARSIZE_ANY_EXHDR(a) == VARSIZE_ANY_EXHDR(b) &&
           memcmp(VARDATA_ANY(a), VARDATA_ANY(b), VARSIZE_ANY_EXHDR(a)) == 0;
}

/* The number of initiatives of a constant array of effects; -1 where it is not known. */
static int
count_initiatives(PlannerInfo *root, Node *call)
{
    const struct varlena *names[SHAPLEY_MAX_PLAYERS + 1];
    Datum effects, *elements;
    bool *nulls;
    int n, initiatives = 0;

    if (!get_known(root, call, 1, &effects))
        return -1;
    deconstruct_array(DatumGetArrayTypeP(effects), ARR_ELEMTYPE(DatumGetArrayTypeP(effects)), -1, false,
                      TYPALIGN_DOUBLE, &elements, &nulls, &n);
    for (int i = 0; i < n && initiatives <= SHAPLEY_MAX_PLAYERS; i++) {
        bool isnull = nulls[i];
        Datum name = isnull ? 0 : GetAttributeByNum(DatumGetHeapTupleHeader(elements[i]), 1, &isnull);
        int known = 0;

        CHECK_FOR_INTERRUPTS();
        if (isnull)
            return -1;
        names[initiatives] = PG_DETOAST_DATUM_PACKED(name);
        while (!same_text(names[known], names[initiatives]))
            known++;
        initiatives += known == initiatives;
    }
    return initiatives;
}

PG_FUNCTION_INFO_V1(clm_lever_value_support);
Datum
clm_lever_value_support(PG_FUNCTION_ARGS)
{
    Node *request = (Node *)PG_GETARG_POINTER(0);
    int initiatives;

    if (IsA(request, SupportRequestRows)) {
        SupportRequestRows *rows = (SupportRequestRows *)request;

        if ((initiatives = count_initiatives(rows->root, rows->node)) >= 0)
            return answer_rows(rows, initiatives);
    } else if (IsA(request, SupportRequestCost)) {
        SupportRequestCost *cost = (SupportRequestCost *)request;

        if ((initiatives = count_initiatives(cost->root, cost->node)) >= 0)
            return answer_cost(cost, LEVER_VALUE_COST + ldexp(LEVER_COMBINATION_COST, initiatives));
    }
    NO_ANSWER;
}

/* ---- simulate(customers, start, stop, ...): what a customer who joins half-way buys, times customers ---- */

/* Is the argument NULL, or an array of n numbers that are in the domain of the family? Which it is comes in *params. */
static bool
get_family_params(PlannerInfo *root, Node *call, int argno, const customer_family *family,
                  const double **params)
{
    Datum value;
    bool isnull;
    ArrayType *array;

    *params = family->typical_params;
    if (!get_constant(root, call, argno, &value, &isnull))
        return false;
    if (isnull)
        return true;
    array = DatumGetArrayTypeP(value);
    *params = (const double *)ARR_DATA_PTR(array);
    return ARR_NDIM(array) == 1 && ARR_DIMS(array)[0] == family->nparams && !array_contains_nulls(array) &&
           family->valid(*params);
}

/* Purchases of simulate's mean customer, first one included, and the number of customers. */
static bool
mean_simulation(PlannerInfo *root, Node *call, double *customers, double *purchases)
{
    Datum n, start, stop, name, period, join_by;
    bool no_join_by;
    const customer_family *family;
    const double *params;
    double days;

    if (!get_known(root, call, 0, &n) || !get_known(root, call, 1, &start) ||
        !get_known(root, call, 2, &stop) || !get_known(root, call, 4, &name) ||
        !get_known(root, call, 6, &period) || DatumGetInt32(period) < 1 ||
        !get_constant(root, call, 8, &join_by, &no_join_by))
        return false;
    family =
        customer_family_by_name(VARDATA_ANY(DatumGetTextPP(name)), VARSIZE_ANY_EXHDR(DatumGetTextPP(name)));
    if (family == NULL || !get_family_params(root, call, 5, family, &params))
        return false;
    days = (double)DatumGetDateADT(stop) -
           ((double)DatumGetDateADT(start) + DatumGetDateADT(no_join_by ? stop : join_by)) / 2;
    *customers = (double)DatumGetInt64(n);
    if (days < 0 || family->discrete ||
        family->expected_purchases_new(params, days / DatumGetInt32(period), purchases) != CLM_OK)
        return false;
    *purchases += 1;
    return true;
}

PG_FUNCTION_INFO_V1(clm_simulate_support);
Datum
clm_simulate_support(PG_FUNCTION_ARGS)
{
    Node *request = (Node *)PG_GETARG_POINTER(0);
    double customers, purchases;

    if (IsA(request, SupportRequestRows)) {
        SupportRequestRows *rows = (SupportRequestRows *)request;

        if (mean_simulation(rows->root, rows->node, &customers, &purchases))
            return answer_rows(rows, customers * purchases);
    } else if (IsA(request, SupportRequestCost)) {
        SupportRequestCost *cost = (SupportRequestCost *)request;

        if (mean_simulation(cost->root, cost->node, &customers, &purchases))
            return answer_cost(cost,
                               customers * (SIMULATED_CUSTOMER_COST + purchases * SIMULATED_PURCHASE_COST));
    }
    NO_ANSWER;
}

/* ---- scores(..., level): intervals cost many times what all the rest does ---- */

PG_FUNCTION_INFO_V1(clm_scores_support);
Datum
clm_scores_support(PG_FUNCTION_ARGS)
{
    SupportRequestCost *request = (SupportRequestCost *)PG_GETARG_POINTER(0);
    Datum level;
    bool isnull;

    if (!IsA(request, SupportRequestCost) || request->node == NULL || !IsA(request->node, FuncExpr))
        NO_ANSWER;
    /* The level is the last argument of both overloads. */
    if (get_constant(request->root, request->node, list_length(((FuncExpr *)request->node)->args) - 1, &level,
                     &isnull) &&
        isnull)
        NO_ANSWER;
    return answer_cost(request, SCORES_WITH_LEVEL_COST);
}
