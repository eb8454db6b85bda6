/*
 * Gauss's hypergeometric function 2F1(p, q; c; z) on 0 <= z < 1, as polynomials that hold on a stretch of z.
 *
 * A piece costs about two flops a term to evaluate once its coefficients are known, so a function that is
 * wanted at many z (the nodes of a quadrature) is expanded once. The first piece is the power series at 0;
 * further ones follow it towards 1, each a Taylor series at a new centre that is continued from the piece
 * before. No formula has a pole at integer differences of the parameters.
 *
 * Near 1 a piece is a function of w = 1 - z, which is exact however close z comes to 1.
 */
#ifndef CLM_HYPERGEOMETRIC_H
#define CLM_HYPERGEOMETRIC_H

#include <stdbool.h>

#define HYPERGEOMETRIC_TERMS 200
#define HYPERGEOMETRIC_BLOCK 8

typedef struct hypergeometric {
    double p, q, c; /* c > 0 */
} hypergeometric;

typedef struct hypergeometric_piece {
    double w_low;  /* the piece holds for w_low <= w <= the w_low of the piece before (1 for the first) */
    double centre; /* w of the centre; 1 for the series at 0 */
    double coef[HYPERGEOMETRIC_TERMS]; /* of ((centre - w) / centre)^n */
    int n;
} hypergeometric_piece;

/*
 * The series at 0, cut for use down to w_low, or, where that takes more than HYPERGEOMETRIC_TERMS terms, down
 * to a w_low of 1/4. *cancellation is sum |terms| / |sum of terms| there: it multiplies the relative error.
 * False where the series is too slow even there, or overflows.
 */
extern bool hypergeometric_first(const hypergeometric *f, double w_low, hypergeometric_piece *piece,
                                 double *cancellation);

/*
 * The piece that follows `before`, down to a third of its w_low; multiplies *cancellation by its own. For
 * |p|, |q| up to about 40: beyond, the terms outgrow the sum. False where the series does not settle.
 */
extern bool hypergeometric_next(const hypergeometric *f, const hypergeometric_piece *before,
                                hypergeometric_piece *piece, double *cancellation);

/* The value at 1 - w. */
extern double hypergeometric_value(const hypergeometric_piece *piece, double w);

/* The same for HYPERGEOMETRIC_BLOCK points at once, several times as fast as one by one. */
extern void hypergeometric_values(const hypergeometric_piece *piece, const double *w, double *value);

#endif
