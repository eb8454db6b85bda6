/*
 * What a customer under contract will still pay: margins for as long as he stays, discounted.
 */
#ifndef CLM_CONTRACT_VALUE_H
#define CLM_CONTRACT_VALUE_H

#include "core.h"
#include "models/contract.h"

typedef struct contract_terms {
    double discount; /* a period, > -1 */
    bool infinite;   /* or else: */
    int periods;     /* how many margins count, >= 0 */
    bool
        advance; /* the first margin comes now, for sure; otherwise at the next renewal, which is now due, if renewed */
} contract_terms;

/*
 * Value of a margin of 1 a period from a customer with that tenure >= 0, at valid parameters: the sum over k of
 * S(tenure + k) / S(tenure) (1 + i)^-k, k = 0, 1, ... (advance), or of S(tenure + k) / S(tenure) (1 + i)^-(k - 1),
 * k = 1, 2, ... In the terms of Fader & Hardie (2010) an advance at tenure 0 is DEL, and at the renewal after tenure
 * n - 1 it is DERL(n). Relative error about 1e-13 for every discount.
 * Errors: CLM_DOMAIN; CLM_DIVERGES (infinite, discount <= 0, and the sum has no finite value); CLM_OVERFLOW;
 * CLM_STOPPED.
 */
extern clm_status contract_multiple(const contract_family *family, const double *params, double tenure,
                                    const contract_terms *terms, const clm_stop *stop, double *multiple);

#endif
