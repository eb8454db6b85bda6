/*
 * The generalised exponential integral, scaled, up to a finite or infinite end: present values of what decays
 * like a power of time.
 */
#ifndef CLM_EXPONENTIAL_INTEGRAL_H
#define CLM_EXPONENTIAL_INTEGRAL_H

/*
 * The integral of exp(-zeta (e^v - 1) - p v) over v from 0 to end, which is that of exp(-zeta u) (1 + u)^-(p+1)
 * over u from 0 to e^end - 1; without an end e^zeta E_{p+1}(zeta). p > -1, 0 <= zeta < infinity, 0 <= end <=
 * infinity. Relative error below 1e-13 for p to 1e4. Infinite where the integral is: zeta = 0 and p <= 0
 * without an end. From 0.3 microseconds (large zeta) to 1 (zeta = .1) and 2 (1e-4).
 */
extern double scaled_exponential_integral(double p, double zeta, double end);

#endif
