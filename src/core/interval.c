/*
 * Intervals of one customer's scores by quasi-random points.
 *
 * A point is a live customer as this one may be: a rate, a drop-out, a phase, a mean spend, or the luck that makes a
 * number of purchases of them. The points are a lattice of rank 1 in the unit cube of their probabilities (Korobov
 * 1959; Sloan & Joe 1994), so each coordinate takes each of the n probabilities (j + 1/2) / n once, and a quantile
 * function is needed at those alone. The customer who has left is not drawn: his probability is exact.
 */
#include "interval.h"

#include <math.h>
#include <stdlib.h>

#include "models/gamma_gamma.h"
#include "quantiles.h"

/* Coordinates of a point; a spend and luck are never needed together. */
enum { BY_RATE, BY_DROPOUT, BY_SPEND, BY_ARRIVALS, BY_PHASE, N_COORDINATES, BY_SURVIVAL = BY_SPEND };

/*
 * Point i has the coordinates i generator^d mod n. The generators have the least P_2 (Sloan & Joe 1994), with weights
 * 1, 1, .7, .7, .4 of the coordinates; the one of the smallest lattice the least error of the ends themselves, over 36
 * customers and the levels .5, .8, .9 and .95.
 */
typedef struct lattice {
    double least_tail; /* for ends with at least so much beyond them */
    int n, generator;
} lattice;

static const lattice lattices[] = {
    {.0199, 1021, 360}, {.0049, 4093, 800}, {.0019, 16381, 6077}, {0.0, 65521, 25978}};

#define POINTS_PER_CHECK 1024 /* of the stop callback */

/* All that the points are made of; the arrays have n items each. */
typedef struct points {
    int n;
    bool with_spend; /* spend and value are set */
    int64_t generator;
    customer_posterior posterior;
    double *log_p;            /* logarithms of the probabilities */
    double *rate, *dropout;   /* quantiles */
    double *spend;            /* 1 / nu, nu of rate 1 */
    double *expected, *value; /* of each point; then in another order */
    double *purchases;        /* the same */
} points;

#define N_ARRAYS 7

static clm_status
points_allocate(double tail, points *p)
{
    const lattice *l = lattices;
    double *arrays;

    while (tail < l->least_tail)
        l++;
    p->n = l->n;
    p->generator = l->generator;
    arrays = malloc(N_ARRAYS * (size_t)p->n * sizeof(double));
    if (arrays == NULL)
        return CLM_NO_MEMORY;
    p->log_p = arrays;
    p->rate = arrays + p->n;
    p->dropout = arrays + 2 * p->n;
    p->spend = arrays + 3 * p->n;
    p->expected = arrays + 4 * p->n;
    p->value = arrays + 5 * p->n;
    p->purchases = arrays + 6 * p->n;
    return CLM_OK;
}

/* ---- coordinates ---- */

/* Of a rate or drop-out, where purchases come in phases with weights. */
static void
fill_latent(const latent *of, const double *weights, int steps, const points *p, double *values)
{
    quantile_table table;

    if (of->kind == LATENT_BETA)
        beta_quantiles(of->a, of->b, &table);
    else
        gamma_mixture_quantiles(of->a, weights, steps, &table);
    quantiles_fill(&table, p->n, p->log_p, values);
    for (int j = 0; j < p->n; j++)
        values[j] = of->kind == LATENT_BETA ? 1.0 / (1.0 + exp(-values[j])) : exp(values[j]) / of->b;
}

static void
fill_coordinates(points *p, double spend_shape)
{
    static const double one = 1.0;
    const customer_posterior *known = &p->posterior;

    quantile_logs(p->n, p->log_p);
    fill_latent(&known->purchase, known->phase_weight, known->steps, p, p->rate);
    fill_latent(&known->dropout, &one, 1, p, p->dropout);
    if (p->with_spend) {
        quantile_table table;

        gamma_quantiles(spend_shape, &table);
        quantiles_fill(&table, p->n, p->log_p, p->spend);
        for (int j = 0; j < p->n; j++)
            p->spend[j] = exp(-p->spend[j]);
    }
}

/*
 * The phase of a customer with that rate, by the probability u: with shape a of no phase, P(j) is proportional to
 * weight_j (b rate)^j / (a)_j.
 */
static int
phase_at(const customer_posterior *known, double rate, double u)
{
    double mass[CLM_MAX_REGULARITY], ratio = 1.0, total = 0.0;
    int phase = 0;

    for (int j = 0; j < known->steps; j++) {
        mass[j] = known->phase_weight[j] * ratio;
        total += mass[j];
        ratio *= known->purchase.b * rate / (known->purchase.a + j);
    }
    if (!(total > 0.0 && isfinite(total)))
        return known->steps - 1;
    for (double rest = u * total - mass[0]; rest > 0.0 && phase < known->steps - 1; rest -= mass[phase])
        phase++;
    return phase;
}

/* ---- values of the points ---- */

/* Of something that may be beyond counting. */
static double
finite_or_infinite(double value)
{
    return isfinite(value) ? value : INFINITY;
}

/* Own purchases of the live customer, discounted by delta; may be infinite. */
static double
own_purchases(const customer_family *family, const customer_latents *latents, double ahead, double delta)
{
    return finite_or_infinite(family->purchases_given(latents, ahead, delta));
}

/* Point i, which has the coordinates `at`. */
static void
evaluate_point(const customer_family *family, const valuation *v, points *p, const int64_t *at, int i)
{
    const customer_posterior *known = &p->posterior;
    double n = p->n, rate = p->rate[at[BY_RATE]];
    double survival = ((double)at[BY_SURVIVAL] + 0.5) / n, arrivals = ((double)at[BY_ARRIVALS] + 0.5) / n;
    customer_latents latents = {rate, p->dropout[at[BY_DROPOUT]], known->steps, 0};

    if (known->steps > 1)
        latents.phase = phase_at(known, rate, ((double)at[BY_PHASE] + 0.5) / n);
    p->expected[i] = own_purchases(family, &latents, v->ahead, 0.0);
    p->purchases[i] = finite_or_infinite(family->count_given(&latents, v->ahead, survival, arrivals));
    if (p->with_spend) {
        p->value[i] = v->delta > 0.0 ? own_purchases(family, &latents, v->ahead, v->delta) : p->expected[i];
        if (p->value[i] > 0.0)
            p->value[i] *= p->spend[at[BY_SPEND]];
    }
}

static clm_status
evaluate_points(const customer_family *family, const valuation *v, points *p, const clm_stop *stop)
{
    int64_t step[N_COORDINATES] = {1}, at[N_COORDINATES] = {0};

    for (int d = 1; d < N_COORDINATES; d++)
        step[d] = step[d - 1] * p->generator % p->n;
    for (int i = 0; i < p->n; i++) {
        if (i % POINTS_PER_CHECK == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        evaluate_point(family, v, p, at, i);
        for (int d = 0; d < N_COORDINATES; d++) {
            at[d] += step[d];
            at[d] = at[d] >= p->n ? at[d] - p->n : at[d];
        }
    }
    return CLM_OK;
}

/* ---- quantiles of the values ---- */

/* The k-th smallest of values[from ... n - 1], which are put in order around it (Hoare 1961). */
static double
select_value(double *values, int from, int n, int k)
{
    int low = from, high = n - 1;

    while (low < high) {
        double pivot = values[low + (high - low) / 2];
        int i = low, j = high;

        while (i <= j) {
            while (values[i] < pivot)
                i++;
            while (values[j] > pivot)
                j--;
            if (i <= j) {
                double value = values[i];

                values[i++] = values[j];
                values[j--] = value;
            }
        }
        if (k <= j)
            high = j;
        else if (k >= i)
            low = i;
        else
            break;
    }
    return values[k];
}

/*
 * The quantile of probability q, 0 < q < 1, of the live customer, values[from ...] not below it. Whole numbers: the
 * smallest with at least so much up to it; otherwise points stand for the middles of their steps.
 */
static double
point_quantile(double *values, int from, int n, double q, bool whole)
{
    double position = whole ? ceil(q * n * (1.0 - 1e-12)) - 1.0 : q * n - 0.5;
    int k = (int)fmin(fmax(floor(position), 0.0), n - 1.0);
    double fraction = position - k, value = select_value(values, from, n, k), next;

    if (!(fraction > 0.0) || k == n - 1 || isinf(value))
        return value;
    next = select_value(values, k + 1, n, k + 1);
    return isinf(next) ? next : value + fraction * (next - value);
}

/* Equal-tailed, where a mass of 1 - alive lies at 0. */
static interval
interval_of(double *values, int n, double alive, double tail, bool whole)
{
    double lower = 1.0 - (1.0 - tail) / alive, upper = 1.0 - tail / alive;
    interval result = {true, 0.0, 0.0};

    if (alive > tail)
        result.upper = point_quantile(values, 0, n, upper, whole);
    if (alive > 1.0 - tail)
        result.lower = point_quantile(values, 0, n, lower, whole);
    result.known = isfinite(result.upper);
    return result;
}

/* In money: `scale` is what one purchase is worth times the value's unit, and may be negative. */
static clm_status
value_interval(points *p, double tail, double scale, interval *value)
{
    interval i = interval_of(p->value, p->n, p->posterior.alive, tail, false);
    double low = scale * i.lower + 0.0, high = scale * i.upper + 0.0; /* no minus 0 */

    if (!isfinite(low) || !isfinite(high))
        return CLM_OVERFLOW;
    *value = (interval){true, fmin(low, high), fmax(low, high)};
    return CLM_OK;
}

clm_status
customer_intervals_of(const customer_family *family, const double *params, const customer_summary *c,
                      const spend_evidence *spend, const valuation *v, double level, const clm_stop *stop,
                      customer_intervals *intervals)
{
    static const customer_intervals nothing = {{false, 0, 0}, {false, 0, 0}, {false, 0, 0}};
    double tail = (1.0 - level) / 2.0, shape = 0.0, scale = 0.0;
    clm_status status;
    points p;

    if (!(level > 0.0 && level <= MOST_INTERVAL_LEVEL) || !(v->ahead >= 0.0) || !(v->delta >= 0.0) ||
        !isfinite(v->delta) || !isfinite(v->margin))
        return CLM_DOMAIN;
    status = family->posterior(params, c, &p.posterior);
    if (status == CLM_OK && spend != NULL)
        status = gamma_gamma_posterior(spend->params, spend->n, spend->m, &shape, &scale);
    if (status == CLM_OK)
        status = points_allocate(tail, &p);
    if (status != CLM_OK)
        return status;
    p.with_spend = spend != NULL;
    fill_coordinates(&p, shape);
    status = evaluate_points(family, v, &p, stop);
    *intervals = nothing;
    if (status == CLM_OK) {
        intervals->expected = interval_of(p.expected, p.n, p.posterior.alive, tail, false);
        intervals->purchases = interval_of(p.purchases, p.n, p.posterior.alive, tail, true);
        if (p.with_spend)
            status = value_interval(&p, tail, v->margin * scale, &intervals->value);
    }
    free(p.log_p);
    return status;
}
