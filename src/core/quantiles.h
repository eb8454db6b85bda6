/*
 * Quantile functions of gamma and beta distributions, tabulated once so that a thousand of their values are cheap.
 */
#ifndef CLM_QUANTILES_H
#define CLM_QUANTILES_H

#include <stdbool.h>

#define QUANTILE_NODES 160 /* most of a table; the hardest distributions take about 95 */

/*
 * One quantile function, of y = ln x for a gamma and y = ln(x / (1 - x)) for a beta distribution, so that nothing
 * underflows however small the shape: nodes with the logarithms of both probabilities and the derivatives of y by them.
 */
typedef struct quantile_table {
    int n;
    bool mirrored; /* it is the table of -y */
    double origin; /* of y; the nodes are relative to it */
    double y[QUANTILE_NODES];
    double log_lower[QUANTILE_NODES], log_upper[QUANTILE_NODES];
    double by_lower[QUANTILE_NODES], by_upper[QUANTILE_NODES];
} quantile_table;

/*
 * Tables of gamma(shape, rate 1), of the mixture of gamma(shape + j, rate 1), j < steps <= CLM_MAX_REGULARITY, with
 * such weights (sum 1), and of beta(a, b). The probability of a quantile is right to 6e-4 of the smaller one of it and
 * its complement, down to 5e-4, for shapes from 1e-3 to 1e5. All other shapes give finite quantiles; below 1e-100 and
 * above 1e12 they count as these.
 */
extern void gamma_quantiles(double shape, quantile_table *table);
extern void gamma_mixture_quantiles(double shape, const double *weights, int steps, quantile_table *table);
extern void beta_quantiles(double a, double b, quantile_table *table);

/*
 * The quantiles y of the n probabilities (j + 1/2) / n, ascending, j = 0 .. n - 1. log_p[j], j < (n + 1) / 2, are
 * their logarithms, as quantile_logs gives them; upper probabilities are the same numbers from the other end.
 */
extern void quantile_logs(int n, double *log_p);
extern void quantiles_fill(const quantile_table *table, int n, const double *log_p, double *y);

#endif
