/*
 * Signals are standardised on the way, a chunk of rows at a time. Sums are built in the order of the rows: of a few
 * rows at once, of a block of chunks, of all.
 */
#include "logistic_likelihood.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compensated.h"

#define CHUNK_ROWS 64   /* taken at a time: they stay in the nearest cache */
#define BLOCK_CHUNKS 64 /* chunks whose sums are gathered before they are added to all */
#define LANES 4         /* rows, and numbers of a row, are padded to a multiple of it and added together */

bool
logistic_row_valid(const void *row)
{
    const logistic_number *numbers = row;

    return numbers[0].n >= 1 && numbers[0].n <= LOGISTIC_MOST_CUSTOMERS && numbers[1].n >= 0 &&
           numbers[1].n <= numbers[0].n;
}

static const logistic_number *
row_at(const logistic_design *d, size_t i)
{
    return d->rows + i * (LOGISTIC_COUNTS + d->p);
}

static const logistic_number *
signals_at(const logistic_design *d, size_t i)
{
    return row_at(d, i) + LOGISTIC_COUNTS;
}

static size_t
chunk_rows(size_t from, size_t n)
{
    return n - from < CHUNK_ROWS ? n - from : CHUNK_ROWS;
}

/* ---- a design ---- */

clm_status
logistic_design_make(logistic_design *d, const logistic_number *rows, size_t n, size_t p,
                     const clm_stop *stop)
{
    size_t stride = (1 + p + LANES - 1) / LANES * LANES;
    double *numbers = calloc(4 * p + CHUNK_ROWS * (stride + 2) + stride * (stride + 1), sizeof(*numbers));

    memset(d, 0, sizeof(*d));
    if (numbers == NULL)
        return CLM_NO_MEMORY;
    d->rows = rows;
    d->n = n;
    d->p = p;
    d->stride = stride;
    d->stop = stop;
    d->scale = numbers;
    d->centre = d->scale + p;
    d->spread = d->centre + p;
    d->inverse_spread = d->spread + p;
    d->z = d->inverse_spread + p;
    d->weights = d->z + CHUNK_ROWS * stride;
    d->residuals = d->weights + CHUNK_ROWS;
    d->block = d->residuals + CHUNK_ROWS;
    return CLM_OK;
}

void
logistic_design_free(logistic_design *d)
{
    free(d->scale);
}

/* ---- counts, means and standard deviations ---- */

static clm_status
count_customers(logistic_design *d)
{
    for (size_t i = 0; i < d->n; i++) {
        const logistic_number *row = row_at(d, i);

        if (clm_stop_at(i, d->stop))
            return CLM_STOPPED;
        if (!logistic_row_valid(row))
            return CLM_DOMAIN;
        if (row[0].n > LOGISTIC_MOST_CUSTOMERS - d->customers)
            return CLM_OVERFLOW;
        d->customers += row[0].n;
        d->hits += row[1].n;
    }
    return CLM_OK;
}

/* The power of 2 that brings the larger magnitude to 1/2 or more and below 1. */
static double
scale_of(double least, double most)
{
    int exponent;

    frexp(fmax(fabs(least), fabs(most)), &exponent);
    return ldexp(1.0, -(exponent < -1021 ? -1021 : exponent));
}

/* Finds each signal's scale; a constant signal gets its value as centre, and spread 0. */
static clm_status
find_scales(logistic_design *d, double *least, double *most)
{
    const logistic_number *first = signals_at(d, 0);

    for (size_t j = 0; j < d->p; j++)
        least[j] = most[j] = first[j].x;
    for (size_t i = 1; i < d->n; i++) {
        const logistic_number *x = signals_at(d, i);

        if (i % CHUNK_ROWS == 0 && clm_stop_requested(d->stop))
            return CLM_STOPPED;
        for (size_t j = 0; j < d->p; j++) {
            least[j] = x[j].x < least[j] ? x[j].x : least[j];
            most[j] = x[j].x > most[j] ? x[j].x : most[j];
        }
    }
    for (size_t j = 0; j < d->p; j++) {
        if (!isfinite(least[j]) || !isfinite(most[j]))
            return CLM_DOMAIN;
        d->scale[j] = scale_of(least[j], most[j]);
        d->centre[j] = first[j].x * d->scale[j];
        d->spread[j] = least[j] < most[j] ? 1.0 : 0.0;
    }
    return CLM_OK;
}

/* Sums of n (x - centre) and of n (x - centre)^2 over all rows, x scaled. */
static clm_status
sum_deviations(const logistic_design *d, compensated_sum *sums, compensated_sum *squares, double *chunk_sums)
{
    double *chunk_squares = chunk_sums + d->p;

    for (size_t from = 0; from < d->n; from += CHUNK_ROWS) {
        if (clm_stop_requested(d->stop))
            return CLM_STOPPED;
        memset(chunk_sums, 0, 2 * d->p * sizeof(*chunk_sums));
        for (size_t i = from; i < from + chunk_rows(from, d->n); i++) {
            const logistic_number *x = signals_at(d, i);
            double n = (double)row_at(d, i)[0].n;

            for (size_t j = 0; j < d->p; j++) {
                double deviation = x[j].x * d->scale[j] - d->centre[j];

                chunk_sums[j] += n * deviation;
                chunk_squares[j] += n * (deviation * deviation);
            }
        }
        for (size_t j = 0; j < d->p; j++) {
            compensated_add(&sums[j], chunk_sums[j]);
            compensated_add(&squares[j], chunk_squares[j]);
        }
    }
    return CLM_OK;
}

/* Moves the centres to the means and sets the spreads. Returns whether a centre was too far off for that, so that the
 * spreads must be found again from the new ones. */
static bool
set_spreads(logistic_design *d, const compensated_sum *sums, const compensated_sum *squares)
{
    double customers = (double)d->customers;
    bool again = false;

    for (size_t j = 0; j < d->p; j++) {
        double shift = compensated_value(&sums[j]) / customers;
        double square = compensated_value(&squares[j]) / customers;
        double variance = square - shift * shift;

        if (d->spread[j] == 0.0)
            continue;
        d->centre[j] += shift;
        d->spread[j] = sqrt(variance > 0.0 ? variance : square);
        d->inverse_spread[j] = 1.0 / d->spread[j];
        again = again || variance < 1e-4 * square;
    }
    return again;
}

static clm_status
standardise_with(logistic_design *d, compensated_sum *sums, double *work)
{
    clm_status status = find_scales(d, work, work + d->p);
    bool again = true;

    for (int round = 0; round < 2 && again && status == CLM_OK; round++) {
        memset(sums, 0, 2 * d->p * sizeof(*sums));
        status = sum_deviations(d, sums, sums + d->p, work);
        if (status == CLM_OK)
            again = set_spreads(d, sums, sums + d->p);
    }
    return status;
}

clm_status
logistic_standardise(logistic_design *d)
{
    compensated_sum *sums = malloc(2 * d->p * sizeof(*sums));
    double *work = malloc(2 * d->p * sizeof(*work));
    clm_status status = sums != NULL && work != NULL ? count_customers(d) : CLM_NO_MEMORY;

    if (status == CLM_OK)
        status = standardise_with(d, sums, work);
    free(sums);
    free(work);
    return status;
}

/* ---- the likelihood ---- */

/* Standardises `rows` rows into z; what is left of the last LANES is 0. */
static void
load_chunk(const logistic_design *d, size_t from, size_t rows)
{
    for (size_t r = 0; r < rows; r++) {
        const logistic_number *x = signals_at(d, from + r);
        double *z = d->z + r * d->stride;

        z[0] = 1.0;
        for (size_t j = 0; j < d->p; j++)
            z[1 + j] = (x[j].x * d->scale[j] - d->centre[j]) * d->inverse_spread[j];
    }
    while (rows % LANES != 0)
        memset(d->z + rows++ * d->stride, 0, d->stride * sizeof(double));
}

/* Sum of a[k] b[k] for n numbers, a multiple of LANES. */
static double
dot_product(const double *restrict a, const double *restrict b, size_t n)
{
    double sums[LANES] = {0.0};

    for (size_t k = 0; k < n; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[lane] += a[k + lane] * b[k + lane];
    return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/* sums[k] += the sum of factors[r] z[r][k] over LANES rows of z, for n numbers k, a multiple of LANES. */
static void
add_rows(double *restrict sums, const double *restrict factors, const double *restrict z, size_t stride,
         size_t n)
{
    const double *z1 = z + stride, *z2 = z1 + stride, *z3 = z2 + stride;
    const double f0 = factors[0], f1 = factors[1], f2 = factors[2], f3 = factors[3];

    for (size_t k = 0; k < n; k += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            sums[k + lane] +=
                (f0 * z[k + lane] + f1 * z1[k + lane]) + (f2 * z2[k + lane] + f3 * z3[k + lane]);
}

/* Weight, residual and log-likelihood of a row whose logit is `logit`, with one exp and one log. */
static double
row_likelihood(const logistic_number *row, double logit, double *weight, double *residual)
{
    double hits = (double)row[1].n, misses = (double)(row[0].n - row[1].n);
    double e = exp(-fabs(logit)), likely = 1.0 / (1.0 + e), unlikely = e * likely;
    double against = logit > 0.0 ? misses : hits; /* customers of the outcome that is less likely */

    *weight = (hits + misses) * (likely * unlikely);
    *residual = logit > 0.0 ? hits * unlikely - misses * likely : hits * likely - misses * unlikely;
    /* Exact 0 stays 0, however large the logit. */
    return -(against > 0.0 ? against * fabs(logit) : 0.0) - (hits + misses) * log1p(e);
}

/* Adds the chunk in z to gradient and information. */
static void
add_chunk(const logistic_design *d, size_t rows, double *gradient, double *information)
{
    size_t stride = d->stride;

    for (size_t r = 0; r < rows; r += LANES)
        add_rows(gradient, d->residuals + r, d->z + r * stride, stride, stride);
    for (size_t j = 0; j <= d->p; j++) {
        size_t first = j - j % LANES;

        for (size_t r = 0; r < rows; r += LANES) {
            const double *z = d->z + r * stride;
            double factors[LANES];

            for (size_t lane = 0; lane < LANES; lane++)
                factors[lane] = d->weights[r + lane] * z[lane * stride + j];
            add_rows(information + j * stride + first, factors, z + first, stride, stride - first);
        }
    }
}

/* Logits of a chunk, and all that follows from them; returns its log-likelihood. */
static double
score_chunk(const logistic_design *d, size_t from, size_t rows, const double *beta, scored_group *groups)
{
    double log_likelihood = 0.0;

    for (size_t r = 0; r < rows; r++) {
        const logistic_number *row = row_at(d, from + r);
        double logit = dot_product(beta, d->z + r * d->stride, d->stride);

        log_likelihood += row_likelihood(row, logit, &d->weights[r], &d->residuals[r]);
        if (groups != NULL)
            groups[from + r] = (scored_group){logit, row[0].n, row[1].n};
    }
    for (; rows % LANES != 0; rows++)
        d->weights[rows] = d->residuals[rows] = 0.0;
    return log_likelihood;
}

static double
penalty_of(const double *beta, size_t p, double ridge)
{
    double sum = 0.0;

    for (size_t j = 1; j <= p; j++)
        sum += beta[j] * beta[j];
    return 0.5 * ridge * sum;
}

static void
clear_derivatives(const logistic_design *d, logistic_likelihood *e)
{
    memset(e->gradient, 0, d->stride * sizeof(double));
    memset(e->information, 0, d->stride * d->stride * sizeof(double));
    memset(d->block, 0, d->stride * (d->stride + 1) * sizeof(double));
}

static void
add_block(const logistic_design *d, logistic_likelihood *e)
{
    const double *sums = d->block;

    for (size_t k = 0; k < d->stride; k++)
        e->gradient[k] += sums[k];
    sums += d->stride;
    for (size_t k = 0; k < d->stride * d->stride; k++)
        e->information[k] += sums[k];
    memset(d->block, 0, d->stride * (d->stride + 1) * sizeof(double));
}

/* Adds the chunk in z, which starts at row `from`, to its block, and a block that is full to all. */
static void
add_derivatives(const logistic_design *d, size_t from, size_t rows, size_t n, logistic_likelihood *e)
{
    add_chunk(d, rows, d->block, d->block + d->stride);
    if (from / CHUNK_ROWS % BLOCK_CHUNKS == BLOCK_CHUNKS - 1 || from + rows == n)
        add_block(d, e);
}

clm_status
logistic_evaluate(const logistic_design *d, size_t n, const double *beta, double ridge,
                  logistic_likelihood *e, scored_group *groups)
{
    compensated_sum log_likelihood = {0, 0};

    if (groups == NULL)
        clear_derivatives(d, e);
    for (size_t from = 0; from < n; from += CHUNK_ROWS) {
        size_t rows = chunk_rows(from, n);

        if (clm_stop_requested(d->stop))
            return CLM_STOPPED;
        load_chunk(d, from, rows);
        compensated_add(&log_likelihood, score_chunk(d, from, rows, beta, groups));
        if (groups == NULL)
            add_derivatives(d, from, rows, n, e);
    }
    for (size_t j = 1; j <= d->p && groups == NULL; j++)
        e->gradient[j] -= ridge * beta[j];
    e->log_likelihood = compensated_value(&log_likelihood);
    e->objective = e->log_likelihood - penalty_of(beta, d->p, ridge);
    return isfinite(e->objective) ? CLM_OK : CLM_OVERFLOW;
}
