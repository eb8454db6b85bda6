/*
 * The scaled exponential integral: a continued fraction for large zeta (DLMF 8.19.17, its even part) and
 * Gauss-Legendre panels up to where zeta e^v has become large, or to the end. No formula has a pole at whole
 * orders.
 */
#include <math.h>

#include "exponential_integral.h"
#include "quadrature.h"

#define LARGE_ZETA 2.5           /* where the fraction takes some 35 terms */
#define FRACTION_TERMS 1000      /* never needed */
#define NEGLIGIBLE_EXPONENT 45.0 /* exp(-45) = 3e-20 of the integral is left out */
#define PANEL_WIDTH 2.5
#define PANEL_EXPONENT 14.0 /* largest change of an exponent within a panel: 16 nodes give 1e-15 */

/* e^zeta E_order(zeta), order > 0, zeta large: 1/(b_0 - a_1/(b_1 - a_2/(b_2 - ...))), b_k = zeta + order + 2k,
 * a_k = k (order + k - 1), by the forward recurrence of Steed for the differences of its convergents. */
static double
fraction(double order, double zeta)
{
    double denominator = 1.0 / (zeta + order), step = denominator, sum = denominator;

    for (int k = 1; k < FRACTION_TERMS; k++) {
        double a = k * (order + (k - 1)), b = zeta + order + 2 * k;

        /* step_k = step_{k-1} (b_k D_k - 1), D_k = 1 / (b_k - a_k D_{k-1}): the factor is a_k D_{k-1} D_k. */
        step *= a * denominator;
        denominator = 1.0 / (b - a * denominator);
        step *= denominator;
        sum += step;
        if (!(step > 1e-17 * sum))
            break;
    }
    return sum;
}

/* The integral from `from` to `to`. */
static double
integrate(double p, double zeta, double from, double to)
{
    double sum = 0.0, v = from;

    while (v < to) {
        double room = log1p(PANEL_EXPONENT / (zeta * exp(v)));
        double width = 1.0 / (1.0 / PANEL_WIDTH + fabs(p) / PANEL_EXPONENT + 1.0 / room);
        double next = width * 1.2 < to - v ? v + width : to, half = 0.5 * (next - v), middle = v + half;
        double panel = 0.0;

        for (int i = 0; i < GAUSS_NODES; i++) {
            double at = middle + half * gauss_node[i];

            panel += gauss_weight[i] * exp(-zeta * expm1(at) - p * at);
        }
        sum += half * panel;
        if (!(next > v) || (p >= 0.0 && !(half * panel > 1e-18 * sum)))
            break;
        v = next;
    }
    return sum;
}

double
scaled_exponential_integral(double p, double zeta, double end)
{
    double large;

    if (zeta == 0.0)
        return p == 0.0 ? end : -expm1(-p * end) / p;
    if (zeta * expm1(end) < NEGLIGIBLE_EXPONENT)
        return integrate(p, zeta, 0.0, end);
    if (zeta >= LARGE_ZETA)
        return fraction(p + 1.0, zeta);
    large = log(LARGE_ZETA / zeta);
    return integrate(p, zeta, 0.0, large) +
           exp(-(LARGE_ZETA - zeta) - p * large) * fraction(p + 1.0, LARGE_ZETA);
}
