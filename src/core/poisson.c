/*
 * Quantiles of the Poisson distribution: stand-in until the real one comes.
 */
#include "poisson.h"

#include <math.h>

#include "distributions.h"

double
poisson_quantile(double mean, double v)
{
    double term = exp(-mean), sum = term, n = 0.0, z;

    if (mean < 50.0) {
        while (sum < v && n < 1000.0) {
            n += 1.0;
            term *= mean / n;
            sum += term;
        }
        return n;
    }
    z = -normal_quantile(v);
    return fmax(0.0, ceil(mean + sqrt(mean) * z + (z * z - 1.0) / 6.0 - 0.5));
}
