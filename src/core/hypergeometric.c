/*
 * Gauss's hypergeometric function: power series and analytic continuation by Taylor series (the differential
 * equation DLMF 15.10.1 gives their three-term recurrence).
 */
#include <float.h>
#include <math.h>

#include "hypergeometric.h"

#define FIRST_W_LOW 0.25          /* where a series at 0 ends that will be continued */
#define CONTINUED_REACH (2.0 / 3) /* of a later piece: from its centre w down to w / 3 */

/* Sums at z of a series at 0: of its terms and of their absolute values; and the last term. */
typedef struct series_sums {
    double sum, absolute, last;
} series_sums;

static series_sums
sum_terms(const hypergeometric_piece *piece, double z)
{
    series_sums s = {0.0, 0.0, 0.0};
    double power = 1.0;

    for (int i = 0; i < piece->n; i++) {
        s.last = piece->coef[i] * power;
        s.sum += s.last;
        s.absolute += fabs(s.last);
        power *= z;
    }
    return s;
}

/* Appends terms to a series at 0 until it has settled at z = 1 - w. False where it overflows or, as far as
 * can be seen beforehand, would need too many terms. */
static bool
extend_series(const hypergeometric *f, double w, hypergeometric_piece *piece, double *cancellation)
{
    double z = 1.0 - w, power, bound;
    series_sums s = sum_terms(piece, z);
    int n = piece->n;

    if (fabs(s.last) * pow(z, HYPERGEOMETRIC_TERMS - n) > DBL_EPSILON * s.absolute)
        return false;
    power = pow(z, n - 1);
    do {
        double k = n - 1, ratio = (f->p + k) * (f->q + k) / ((f->c + k) * n), term;

        if (n == HYPERGEOMETRIC_TERMS)
            return false;
        piece->coef[n] = piece->coef[n - 1] * ratio;
        power *= z;
        term = piece->coef[n++] * power;
        s.sum += term;
        s.absolute += fabs(term);
        /* The rest is below |term| / (1 - ratio z), and the ratio tends to 1 from either side. */
        ratio = fabs(ratio) > 1.0 ? fabs(ratio) : 1.0;
        bound = DBL_EPSILON / 8 * s.absolute * (1.0 - ratio * z);
        s.last = term;
    } while (fabs(s.last) > bound);
    piece->n = n;
    piece->w_low = w;
    *cancellation = s.absolute / fabs(s.sum);
    return isfinite(s.absolute) && isfinite(*cancellation);
}

bool
hypergeometric_first(const hypergeometric *f, double w_low, hypergeometric_piece *piece, double *cancellation)
{
    piece->coef[0] = 1.0;
    piece->n = 1;
    piece->centre = 1.0;
    if (!extend_series(f, w_low > FIRST_W_LOW ? w_low : FIRST_W_LOW, piece, cancellation))
        return false;
    if (w_low < FIRST_W_LOW) {
        double before = *cancellation;
        int n = piece->n;

        if (!extend_series(f, w_low, piece, cancellation)) {
            piece->n = n;
            *cancellation = before;
        }
    }
    return true;
}

/* Value and derivative by z, times w, at the point 1 - w of a piece. */
static void
value_and_slope(const hypergeometric_piece *piece, double w, double *value, double *slope)
{
    double x = (piece->centre - w) / piece->centre, v = 0.0, s = 0.0;

    for (int i = piece->n - 1; i >= 0; i--) {
        s = s * x + v;
        v = v * x + piece->coef[i];
    }
    *value = v;
    *slope = s * (w / piece->centre);
}

bool
hypergeometric_next(const hypergeometric *f, const hypergeometric_piece *before, hypergeometric_piece *piece,
                    double *cancellation)
{
    double w = before->w_low, z = 1.0 - w, first_order = f->c - (f->p + f->q + 1.0) * z;
    double *coef = piece->coef, power = CONTINUED_REACH, sum, absolute;
    int small = 0, n;

    piece->centre = w;
    piece->w_low = w * (1.0 - CONTINUED_REACH);
    value_and_slope(before, w, &coef[0], &coef[1]);
    sum = coef[0] + coef[1] * power;
    absolute = fabs(coef[0]) + fabs(coef[1]) * power;
    for (n = 2; n < HYPERGEOMETRIC_TERMS && small < 2; n++) {
        double k = n - 2, scale = 1.0 / (z * (k + 1.0) * (k + 2.0));

        coef[n] = w * (k + f->p) * (k + f->q) * scale * coef[n - 2] -
                  (k + 1.0) * ((w - z) * k + first_order) * scale * coef[n - 1];
        power *= CONTINUED_REACH;
        sum += coef[n] * power;
        absolute += fabs(coef[n]) * power;
        small = fabs(coef[n]) * power <= DBL_EPSILON / 16 * absolute ? small + 1 : 0;
    }
    piece->n = n;
    *cancellation *= absolute / fabs(sum);
    return small == 2 && isfinite(absolute) && isfinite(*cancellation);
}

double
hypergeometric_value(const hypergeometric_piece *piece, double w)
{
    double x = (piece->centre - w) / piece->centre, value = 0.0;

    for (int i = piece->n - 1; i >= 0; i--)
        value = value * x + piece->coef[i];
    return value;
}

void
hypergeometric_values(const hypergeometric_piece *piece, const double *w, double *value)
{
    double x[HYPERGEOMETRIC_BLOCK], sum[HYPERGEOMETRIC_BLOCK] = {0.0};

    for (int j = 0; j < HYPERGEOMETRIC_BLOCK; j++)
        x[j] = (piece->centre - w[j]) / piece->centre;
    for (int i = piece->n - 1; i >= 0; i--)
        for (int j = 0; j < HYPERGEOMETRIC_BLOCK; j++)
            sum[j] = sum[j] * x[j] + piece->coef[i];
    for (int j = 0; j < HYPERGEOMETRIC_BLOCK; j++)
        value[j] = sum[j];
}
