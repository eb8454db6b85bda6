/*
 * What a family of contract models offers, and the registry of families: customers whose leaving is seen, at the
 * end of whole periods, and who differ in how readily they leave.
 *
 * A new family is one file in this folder that defines one `const contract_family`, plus one row in
 * contract_registry.c. Everything else (likelihood, survival, value) follows from how long customers stay.
 *
 * Tenure is the number of periods that a customer has stayed beyond the end of: a new customer has 0, and one who
 * leaves at the end of his first period has never had more. S(t) is the probability to reach tenure t.
 */
#ifndef CLM_CONTRACT_H
#define CLM_CONTRACT_H

#include "../core.h"

typedef struct contract_family {
    const char *name; /* as in SQL: "sbg" */
    int nparams;
    const char *const *param_names;
    const char *domain; /* of the parameters, a sentence */

    bool (*valid)(const double *params);

    /* ln S(tenure + ahead) / S(tenure) for valid parameters and any tenure >= 0 and ahead >= 0, fractions too; never
     * positive, and accurate relatively. Where gradient is not NULL, also its derivatives by the parameters; both
     * times are at most 2^63 then. */
    double (*log_survival)(const double *params, double tenure, double ahead, double *gradient);

    /* The power p with which S(t) falls in the end, as t^-p. */
    double (*tail_power)(const double *params);

    /* Deterministic points from which an optimiser should start, for customers of whom on average the share `churn`
     * leaves in a period, 0 < churn < 1; returns how many (<= most). */
    int (*starts)(double churn, int most, double starts[][CLM_MAX_PARAMS]);
} contract_family;

/* The registered families, ending with NULL, the default first; and the family of that name or NULL. */
extern const contract_family *const contract_families[];
extern const contract_family *contract_family_by_name(const char *name, size_t length);

/* S(tenure), for tenure >= 0. */
extern double contract_survival(const contract_family *family, const double *params, double tenure);

/* Of customers with that tenure, the share that stays another period, S(tenure + 1) / S(tenure), and the share that leaves at
 * its end; each accurate where it is small. */
extern double contract_retention(const contract_family *family, const double *params, double tenure);
extern double contract_churn(const contract_family *family, const double *params, double tenure);

#endif
