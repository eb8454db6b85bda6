/*
 * What the outcome of a fit means to the user: errors with hints, and a model without its spend part.
 */
#include "customer_fit.h"

#include "fit_error.h"

void
check_customer_fit(clm_status status, const char *family)
{
    fit_subject subject = {
        family, "customer_model",
        "the customers differ too little in how often they buy, or in how readily they "
        "leave, to tell the parameters apart",
        "The Hessian of the likelihood is not positive definite at the optimum, so there are "
        "no standard errors.",
        "Take more customers, a longer time, another family, or a prior: "
        "clm.fit_options(prior => 2)."};

    if (status == CLM_FIT_NO_REPEAT)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("cannot fit %s where no customer bought again", family),
                        errhint("Take a longer time, or a larger segment with repeat buyers.")));
    check_fit(status, &subject);
}

bool
check_spend_fit(clm_status status)
{
    switch (status) {
        case CLM_OK:
            return true;
        case CLM_FIT_NO_REPEAT: /* nobody's repeat purchases have a value */
        case CLM_FIT_NO_SPREAD: /* counts, or one price for all */
            return false;
        case CLM_FIT_TOO_FEW:
        case CLM_FIT_BORDER:
        case CLM_FIT_NOT_CONVERGED:
        case CLM_FIT_HESSIAN:
            ereport(
                WARNING,
                (errcode(ERRCODE_WARNING), errmsg("the model has no spend part"),
                 errdetail("The amounts of the repeat buyers do not determine a gamma-gamma model: they are "
                           "nearly equal, as counts are, or too few customers bought again."),
                 errhint("Scores without money work. clv and expected_spend need histories with amounts, of "
                         "more repeat buyers.")));
            return false;
        default:
            check_status(status, "the fit of spend");
            return false;
    }
}

bool
fit_spend_part(spend_group *groups, size_t *n, float8 prior, model_fit *fit)
{
    return check_spend_fit(fit_spend(groups, n, prior, &backend_stop, fit));
}
