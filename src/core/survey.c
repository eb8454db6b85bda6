/*
 * Satisfaction gaps and weighted indices of survey answers.
 */
#include "survey.h"

#include <math.h>

#include "compensated.h"

clm_status
survey_gap(double expected, double perceived, double *gap)
{
    if (!isfinite(expected) || !isfinite(perceived))
        return CLM_DOMAIN;
    *gap = perceived - expected;
    return isfinite(*gap) ? CLM_OK : CLM_OVERFLOW;
}

clm_status
survey_index(const double *weights, const double *x, int n, double *index)
{
    compensated_sum sum = {0};

    for (int j = 0; j < n; j++) {
        if (!isfinite(weights[j]) || !isfinite(x[j]))
            return CLM_DOMAIN;
        compensated_add(&sum, weights[j] * x[j]);
    }
    *index = compensated_value(&sum);
    return isfinite(*index) ? CLM_OK : CLM_OVERFLOW;
}
