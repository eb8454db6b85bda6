/*
 * What the failure of a fit means to the user: errors with hints, for customers and contracts alike.
 */
#ifndef CLM_FIT_ERROR_H
#define CLM_FIT_ERROR_H

#include "clm.h"

/* What is fitted, and what the user reads where it cannot be. */
typedef struct fit_subject {
    const char *name;   /* of the family */
    const char *type;   /* of the model, for errors that are not those of a fit */
    const char *border; /* why the likelihood may have no optimum inside the domain */
    const char *unsure; /* why there may be no standard errors */
    const char *hint;
} fit_subject;

/* Does nothing for CLM_OK; otherwise throws. */
extern void check_fit(clm_status status, const fit_subject *subject);

#endif
