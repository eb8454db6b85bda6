/*
 * Probabilities of the rows of a frequency fit; the last row is what the others leave.
 */
#include "frequency_fit.h"

#include <math.h>

int
frequency_row(int64_t x)
{
    return x < FREQUENCY_ROWS - 1 ? (int)x : FREQUENCY_ROWS - 1;
}

clm_status
frequency_probabilities(const customer_family *family, const double *params, double t, double *probability)
{
    double rest = 1.0;

    for (int n = 0; n < FREQUENCY_ROWS - 1; n++) {
        clm_status status = family->p_purchases_new(params, n, t, &probability[n]);

        if (status != CLM_OK)
            return status;
        rest -= probability[n];
    }
    probability[FREQUENCY_ROWS - 1] = fmax(0.0, rest);
    return CLM_OK;
}
