/*
 * The families that a retention model may have (a new one is one row here, at the end, since states may hold a family
 * by its place), and what all of them share.
 */
#include <math.h>

#include "contract.h"
#include "family.h"

extern const contract_family sbg_family, bdw_family;

const contract_family *const contract_families[] = {&sbg_family, &bdw_family, NULL};

const contract_family *
contract_family_by_name(const char *name, size_t length)
{
    for (const contract_family *const *family = contract_families; *family != NULL; family++)
        if (family_name_is((*family)->name, name, length))
            return *family;
    return NULL;
}

double
contract_survival(const contract_family *family, const double *params, double tenure)
{
    return exp(family->log_survival(params, 0.0, tenure, NULL));
}

double
contract_retention(const contract_family *family, const double *params, double tenure)
{
    return exp(family->log_survival(params, tenure, 1.0, NULL));
}

double
contract_churn(const contract_family *family, const double *params, double tenure)
{
    return -expm1(family->log_survival(params, tenure, 1.0, NULL));
}
