/*
 * Markov chains of customer states: estimate, value by state, forecast.
 */
#include "markov.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "linalg.h"

void
markov_shares(const move_count *moves, size_t n, double *shares)
{
    size_t start = 0;

    while (start < n) {
        size_t end = start;
        double total = 0.0;

        for (; end < n && state_name_compare(&moves[end].from, &moves[start].from) == 0; end++)
            total += (double)moves[end].count;
        for (; start < end; start++)
            shares[start] = (double)moves[start].count / total;
    }
}

void
markov_estimate(const move_count *moves, const size_t *from, const size_t *to, size_t n, const double *shares,
                markov_chain *chain)
{
    memset(chain->p, 0, chain->n * chain->n * sizeof(double));
    for (size_t i = 0; i < chain->n; i++)
        chain->absorbing[i] = true;
    for (size_t k = 0; k < n; k++) {
        chain->p[from[k] * chain->n + to[k]] = shares[k];
        chain->absorbing[from[k]] = false;
    }
    for (size_t i = 0; i < chain->n; i++) {
        if (chain->absorbing[i])
            chain->p[i * chain->n + i] = 1.0;
    }
}

static clm_status
check_finite(double *values, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(values[i]))
            return CLM_OVERFLOW;
        values[i] += 0.0; /* -0 becomes 0 */
    }
    return CLM_OK;
}

static double
reward_of(const markov_chain *chain, const double *rewards, size_t i)
{
    return chain->absorbing[i] ? 0.0 : rewards[i];
}

/*
 * I - P / (1 + i). An element of its diagonal is (i + the probabilities to leave) / (1 + i), without the
 * cancellation of 1 - p / (1 + i). The value of an absorbing state is known, 0: its row says so.
 */
static void
fill_system(const markov_chain *chain, double discount, double *a)
{
    size_t n = chain->n;

    memset(a, 0, n * n * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        double leave = 0.0;

        for (size_t j = 0; j < n && !chain->absorbing[i]; j++) {
            if (j == i)
                continue;
            leave += chain->p[i * n + j];
            a[i * n + j] = -chain->p[i * n + j] / (1.0 + discount);
        }
        a[i * n + i] = chain->absorbing[i] ? 1.0 : (discount + leave) / (1.0 + discount);
    }
}

clm_status
markov_clv(const markov_chain *chain, const double *rewards, double discount, double *value)
{
    size_t n = chain->n;
    double *a;
    size_t *pivots;
    clm_status status;

    if (!(discount > 0.0 && isfinite(discount)))
        return CLM_DOMAIN;
    if (n == 0)
        return CLM_OK;
    a = malloc(n * n * sizeof(double));
    pivots = malloc(n * sizeof(size_t));
    if (a == NULL || pivots == NULL)
        status = CLM_NO_MEMORY;
    else {
        fill_system(chain, discount, a);
        status = lu_factor(a, n, pivots, (double)n * DBL_EPSILON) ? CLM_OK : CLM_DIVERGES;
    }
    if (status == CLM_OK) {
        for (size_t i = 0; i < n; i++)
            value[i] = reward_of(chain, rewards, i);
        lu_solve(a, n, pivots, value);
        status = check_finite(value, n);
    }
    free(a);
    free(pivots);
    return status;
}

/* next = R + P value / (1 + i) */
static void
look_ahead(const markov_chain *chain, const double *rewards, double discount, const double *value,
           double *next)
{
    size_t n = chain->n;

    for (size_t i = 0; i < n; i++) {
        double expected = 0.0;

        for (size_t j = 0; j < n; j++)
            expected += chain->p[i * n + j] * value[j];
        next[i] = reward_of(chain, rewards, i) + expected / (1.0 + discount);
    }
}

clm_status
markov_clv_until(const markov_chain *chain, const double *rewards, double discount, int64_t periods,
                 double *value, const clm_stop *stop)
{
    size_t n = chain->n;
    clm_status status = CLM_OK;
    double *next;

    if (!(discount > -1.0 && isfinite(discount)) || periods < 0)
        return CLM_DOMAIN;
    if (n == 0)
        return CLM_OK;
    next = malloc(n * sizeof(double));
    if (next == NULL)
        return CLM_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        value[i] = reward_of(chain, rewards, i) + 0.0;
    for (int64_t t = 0; t < periods && status == CLM_OK; t++) {
        look_ahead(chain, rewards, discount, value, next);
        status = clm_stop_requested(stop) ? CLM_STOPPED : check_finite(next, n);
        /* Once nothing changes, nothing ever will. */
        if (memcmp(value, next, n * sizeof(double)) == 0)
            break;
        memcpy(value, next, n * sizeof(double));
    }
    free(next);
    return status;
}

clm_status
markov_step(const markov_chain *chain, const double *mix, double *next)
{
    size_t n = chain->n;

    memset(next, 0, n * sizeof(double));
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++)
            next[j] += mix[i] * chain->p[i * n + j];
    }
    return check_finite(next, n);
}
