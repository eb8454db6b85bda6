/*
 * What the failure of a fit means to the user.
 */
#include "fit_error.h"

void
check_fit(clm_status status, const fit_subject *subject)
{
    switch (status) {
        case CLM_FIT_TOO_FEW:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("cannot fit %s to fewer than 2 customers", subject->name),
                            errhint("Fit larger segments, or one model for all.")));
            break;
        case CLM_FIT_BORDER:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("the fit of %s has no optimum inside the domain of its parameters",
                                   subject->name),
                            errdetail("The likelihood grows towards the border: %s.", subject->border),
                            errhint("%s", subject->hint)));
            break;
        case CLM_FIT_NOT_CONVERGED:
            ereport(ERROR,
                    (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                     errmsg("the fit of %s did not converge", subject->name), errhint("%s", subject->hint)));
            break;
        case CLM_FIT_HESSIAN:
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("the fit of %s cannot be trusted", subject->name),
                            errdetail("%s", subject->unsure), errhint("%s", subject->hint)));
            break;
        default:
            check_status(status, psprintf("the fit of a %s", subject->type));
    }
}
