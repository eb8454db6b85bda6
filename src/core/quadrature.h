/*
 * Gauss-Legendre quadrature with 16 nodes.
 */
#ifndef CLM_QUADRATURE_H
#define CLM_QUADRATURE_H

#define GAUSS_NODES 16

/* Nodes, ascending, and weights on [-1, 1]. The integral of f over [lo, hi] is half * sum of weight[i] *
 * f(middle + half * node[i]), half = (hi - lo) / 2; exact for polynomials of degree 31. */
extern const double gauss_node[GAUSS_NODES], gauss_weight[GAUSS_NODES];

#endif
