/*
 * The aggregate retention_model: a contract model from customers of whom some have left and some are still there.
 *
 * Its state are the rows of retention_curve, with the family's place in the registry as a constant. The final function merges
 * equal ones and fits, so that the model depends on the customers only, not on the order of rows, workers or nodes.
 */
#include "clm.h"

#include "core/contract_fit.h"
#include "fit_error.h"
#include "retention_model.h"
#include "row_state.h"
#include "tenure_row.h"

/* ---- the state ---- */

static int
family_count(void)
{
    int n = 0;

    while (contract_families[n] != NULL)
        n++;
    return n;
}

static bool
constants_valid(const double *constants)
{
    double place = constants[0];

    return place >= 0 && place < family_count() && place == (int)place;
}

static bool
row_valid(const void *row)
{
    return contract_group_valid(row);
}

static const row_kind kind = {.type = "retention_model_state",
                              .function = "retention_model",
                              .nconstants = 1,
                              .constants = {"family"},
                              .columns = TENURE_ROW_COLUMNS,
                              .merge = merge_tenure_rows,
                              .constants_valid = constants_valid,
                              .row_valid = row_valid};

ROW_STATE_FUNCTIONS(retention_model, &kind)

/* The place in the registry of the family that the argument names. */
static double
get_family_place(FunctionCallInfo fcinfo, int argno)
{
    const contract_family *family;
    int place = 0;

    if (PG_ARGISNULL(argno))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("family must not be null")));
    family = get_contract_family(PG_GETARG_TEXT_PP(argno));
    while (contract_families[place] != family)
        place++;
    return place;
}

/* (state, tenure, churned [, family [, weight]]): a row with a NULL does not count. */
static Datum
add_customers(FunctionCallInfo fcinfo, double family_place, int weight_argno)
{
    tenure_group row;
    bool counts = get_tenure_row(fcinfo, weight_argno, &row);

    if (!counts)
        return unchanged_state(fcinfo);
    if (!contract_group_valid(&row))
        ereport(
            ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
             errmsg("a customer who has left must have a tenure of at least 1, not %lld",
                    (long long)row.tenure),
             errdetail("Contracts end with a period: who leaves at the end of the first one has tenure 1."),
             errhint("Where tenure counts completed periods only, add 1 for customers who have left.")));
    return row_state_append(fcinfo, &kind, &family_place, &row);
}

PG_FUNCTION_INFO_V1(clm_retention_model_transition);
Datum
clm_retention_model_transition(PG_FUNCTION_ARGS)
{
    return add_customers(fcinfo, 0, 0);
}

PG_FUNCTION_INFO_V1(clm_retention_model_family_transition);
Datum
clm_retention_model_family_transition(PG_FUNCTION_ARGS)
{
    return add_customers(fcinfo, get_family_place(fcinfo, 3), 0);
}

PG_FUNCTION_INFO_V1(clm_retention_model_weight_transition);
Datum
clm_retention_model_weight_transition(PG_FUNCTION_ARGS)
{
    return add_customers(fcinfo, get_family_place(fcinfo, 3), 4);
}

/* ---- the fit ---- */

/* Throws what a failed fit means to the user. */
static void
check_contract_fit(clm_status status, const contract_family *family)
{
    fit_subject subject = {
        family->name, "retention_model",
        "the share that leaves does not fall with tenure as it does where customers differ, or "
        "hardly anyone leaves after the first periods",
        "The customers do not determine its parameters: they were seen for too few periods, or "
        "differ too little.",
        "Take more customers, a longer time, or another family."};

    if (status == CLM_FIT_NO_CHURN)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("cannot fit %s where no customer has left", family->name),
                        errhint("Take a longer time, or a larger segment with customers who left.")));
    if (status == CLM_FIT_ONE_PERIOD)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("cannot fit %s where all customers left in the same period", family->name),
                        errhint("Include customers who are still there, with churned false, and count tenure "
                                "in shorter periods.")));
    check_fit(status, &subject);
}

PG_FUNCTION_INFO_V1(clm_retention_model_final);
Datum
clm_retention_model_final(PG_FUNCTION_ARGS)
{
    const contract_family *family;
    const tenure_group *groups;
    const double *place;
    model_fit fit;
    int64 churned = 0;
    size_t n;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    groups = row_state_rows(PG_GETARG_DATUM(0), &kind, &n, &place);
    if (n == 0)
        PG_RETURN_NULL();
    family = contract_families[(int)*place];
    check_contract_fit(fit_contract_family(family, groups, n, &backend_stop, &fit), family);
    for (size_t i = 0; i < n; i++)
        churned += groups[i].events;
    PG_RETURN_DATUM(make_retention_model(fcinfo, family, &fit, churned));
}
