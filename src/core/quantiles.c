/*
 * Quantile functions of gamma and beta distributions by tables.
 *
 * As a function of y (ln x, or the logit of x) both densities are log-concave with tails that are exponential or fall
 * faster. The density is integrated outward from its middle, over cells narrow against its curvature, until it is
 * negligible or a pure exponential, whose remainder has a closed form. No gamma function is needed: the sum of all
 * parts is the constant. Between nodes y is a cubic in the logarithm of the smaller probability, of which it is a
 * nearly linear function.
 */
#include "quantiles.h"

#include <math.h>
#include <string.h>

#define LEAST_SHAPE 1e-100
#define LARGEST_SHAPE 1e12
#define CELL 0.5          /* width in units of 1/sqrt(1 + curvature) */
#define CELL_DROP 2.0     /* of the log-density, at most, over a cell */
#define NEGLIGIBLE 20.0   /* drop of the log-density below its maximum that ends the table */
#define PURE 11.5         /* an exponential to 1e-5, so far from where it bends */
#define PURE_MIXTURE 30.0 /* the smallest component alone */
#define CELL_NODES 3

/* Of Gauss and Legendre on [0, 1]. */
static const double cell_node[CELL_NODES] = {0.1127016653792583, 0.5, 0.8872983346207417};
static const double cell_weight[CELL_NODES] = {5.0 / 18, 8.0 / 18, 5.0 / 18};

/*
 * A log-density of s = y - origin, up to a constant:
 * gamma: a s - scale (e^s - 1), plus the logarithm of a polynomial in e^s for a mixture, scale = e^origin;
 * beta: a s - total ln(1 + middle (e^s - 1)), middle the x of the origin.
 */
typedef struct log_density {
    bool beta;
    double a, scale, total, middle;
    const double *coefficients; /* of the polynomial */
    int steps;
} log_density;

typedef struct density_point {
    double log, slope, curvature;
} density_point;

static density_point
gamma_point(const log_density *d, double s)
{
    double grown = expm1(s), e = 1.0 + grown;
    density_point point = {d->a * s - d->scale * grown, d->a - d->scale * e, d->scale * e};

    if (d->steps > 1) {
        double value = 0.0, derivative = 0.0;

        for (int j = d->steps - 1; j >= 0; j--) {
            derivative = derivative * e + value;
            value = value * e + d->coefficients[j];
        }
        point.log += log(value);
        point.slope += e * derivative / value;
    }
    return point;
}

static density_point
beta_point(const log_density *d, double s)
{
    double grown = d->middle * expm1(s), x = (d->middle + grown) / (1.0 + grown);

    return (density_point){d->a * s - d->total * log1p(grown), d->a - d->total * x, d->total * x * (1.0 - x)};
}

static density_point
point_at(const log_density *d, double s)
{
    return d->beta ? beta_point(d, s) : gamma_point(d, s);
}

/* ---- integration ---- */

/* One half of the table: nodes outward from the origin with the density there and the integral of the cell before. */
typedef struct half_table {
    int n;
    double s[QUANTILE_NODES / 2], density[QUANTILE_NODES / 2], cell[QUANTILE_NODES / 2];
    double rest; /* integral beyond the last node */
} half_table;

/* Outward to where the log-density has fallen far below its maximum beyond `least`, or to `most` if that is nearer:
 * both are distances, and from there on it is a line with the slope `pure`. */
static void
integrate_half(const log_density *d, double direction, double least, double most, double pure,
               half_table *half)
{
    density_point here = point_at(d, 0.0);
    double s = 0.0, largest = here.log;

    half->s[0] = 0.0;
    half->density[0] = exp(here.log);
    half->cell[0] = 0.0;
    half->n = 1;
    while (half->n < QUANTILE_NODES / 2 && s < most && (s < least || here.log > largest - NEGLIGIBLE)) {
        double width = CELL / sqrt(1.0 + here.curvature), sum = 0.0;

        width = fmin(width, CELL_DROP / fabs(here.slope));
        for (int i = 0; i < CELL_NODES; i++)
            sum += cell_weight[i] * exp(point_at(d, direction * (s + cell_node[i] * width)).log);
        s += width;
        here = point_at(d, direction * s);
        largest = fmax(largest, here.log);
        half->s[half->n] = direction * s;
        half->density[half->n] = exp(here.log);
        half->cell[half->n] = sum * width;
        half->n++;
    }
    half->rest = exp(here.log) / (s >= most ? pure : fabs(here.slope));
}

/* A node with the integrals of the density on both sides of it, and the total. */
static void
set_node(quantile_table *table, double s, double density, double lower, double upper, double total)
{
    int i = table->n++;

    table->y[i] = s;
    table->log_lower[i] = log(lower / total);
    table->log_upper[i] = log(upper / total);
    table->by_lower[i] = lower / density;
    table->by_upper[i] = -upper / density;
}

/* Nodes from left to right, with the integrals summed from both ends so that each is accurate where it is small. */
static void
join_halves(const half_table *left, const half_table *right, quantile_table *table)
{
    double lower[QUANTILE_NODES], upper[QUANTILE_NODES], cell[QUANTILE_NODES];
    int n = 0, middle = left->n - 1;

    for (int i = left->n - 1; i > 0; i--)
        cell[n++] = left->cell[i];
    for (int i = 1; i < right->n; i++)
        cell[n++] = right->cell[i];
    lower[0] = left->rest;
    for (int i = 0; i < n; i++)
        lower[i + 1] = lower[i] + cell[i];
    upper[n] = right->rest;
    for (int i = n; i > 0; i--)
        upper[i - 1] = upper[i] + cell[i - 1];
    table->n = 0;
    for (int i = 0; i <= n; i++) {
        const half_table *half = i < middle ? left : right;
        int at = i < middle ? middle - i : i - middle;

        set_node(table, half->s[at], half->density[at], lower[i], upper[i], lower[n] + right->rest);
    }
}

/* ---- the two distributions ---- */

static double
usable_shape(double shape)
{
    return fmin(fmax(shape, LEAST_SHAPE), LARGEST_SHAPE);
}

static void
tabulate(const log_density *d, double least_left, double most_left, double most_right, quantile_table *table)
{
    half_table left, right;

    integrate_half(d, -1.0, least_left, most_left, d->a, &left);
    integrate_half(d, 1.0, 0.0, most_right, d->total - d->a, &right);
    join_halves(&left, &right, table);
}

void
gamma_quantiles(double shape, quantile_table *table)
{
    log_density d = {.a = usable_shape(shape), .steps = 1};

    table->mirrored = false;
    table->origin = fmax(log(d.a), -PURE);
    d.scale = exp(table->origin);
    tabulate(&d, 0.0, table->origin + PURE, INFINITY, table);
}

/*
 * It starts at the middle of the largest component and goes on to the left until it has passed that of the smallest.
 */
void
gamma_mixture_quantiles(double shape, const double *weights, int steps, quantile_table *table)
{
    log_density d = {.a = usable_shape(shape), .steps = steps};
    double coefficients[QUANTILE_NODES], product = 1.0;

    if (steps == 1) {
        gamma_quantiles(shape, table);
        return;
    }
    table->mirrored = false;
    d.scale = d.a + (steps - 1);
    table->origin = log(d.scale);
    for (int j = 0; j < steps; j++) {
        coefficients[j] = weights[j] * product;
        product *= d.scale / (d.a + j);
    }
    d.coefficients = coefficients;
    tabulate(&d, table->origin - log(d.a), table->origin + PURE_MIXTURE, INFINITY, table);
}

void
beta_quantiles(double a, double b, quantile_table *table)
{
    double smaller = usable_shape(fmin(a, b)), larger = usable_shape(fmax(a, b));
    double left = -PURE - log1p(larger), right = PURE + log1p(smaller);
    log_density d = {.beta = true, .a = smaller, .total = smaller + larger, .steps = 1};

    table->mirrored = a > b;
    table->origin = fmax(log(smaller / larger), left);
    d.middle = 1.0 / (1.0 + exp(-table->origin));
    tabulate(&d, 0.0, table->origin - left, right - table->origin, table);
}

/* ---- reading ---- */

void
quantile_logs(int n, double *log_p)
{
    for (int j = 0; j < (n + 1) / 2; j++)
        log_p[j] = log((j + 0.5) / n);
}

/* The cubic through two nodes with their derivatives. */
static double
cubic(double from, double to, double y, double y_to, double slope, double slope_to, double at)
{
    double width = to - from, t = (at - from) / width, u = 1.0 - t;

    return u * u * ((1.0 + 2.0 * t) * y + t * width * slope) +
           t * t * ((1.0 + 2.0 * u) * y_to - u * width * slope_to);
}

/* Left of the nodes y is linear in the logarithm of the lower probability, even where it is above one half; right of
 * them in that of the upper one. */
static double
beyond_left(const quantile_table *table, double log_lower)
{
    return table->y[0] + table->by_lower[0] * (log_lower - table->log_lower[0]);
}

static double
beyond_right(const quantile_table *table, double log_upper)
{
    int last = table->n - 1;

    return table->y[last] + table->by_upper[last] * (log_upper - table->log_upper[last]);
}

/* The logarithm of 1 - p from that of p. */
static double
log_complement(double log_p)
{
    return log1p(-exp(log_p));
}

/* The count smallest probabilities, upward from y[0]. */
static void
fill_lower(const quantile_table *table, int count, const double *log_p, double *y)
{
    int to = 0; /* the first node at or above the probability */

    for (int j = 0; j < count; j++) {
        while (to < table->n && table->log_lower[to] < log_p[j])
            to++;
        if (to == 0)
            y[j] = beyond_left(table, log_p[j]);
        else if (to == table->n)
            y[j] = beyond_right(table, log_complement(log_p[j]));
        else
            y[j] = cubic(table->log_lower[to - 1], table->log_lower[to], table->y[to - 1], table->y[to],
                         table->by_lower[to - 1], table->by_lower[to], log_p[j]);
    }
}

/* The count largest ones, downward from *y. */
static void
fill_upper(const quantile_table *table, int count, const double *log_p, double *y)
{
    int from = table->n - 1; /* the last node at or below */

    for (int j = 0; j < count; j++) {
        while (from >= 0 && table->log_upper[from] < log_p[j])
            from--;
        if (from == table->n - 1)
            y[-j] = beyond_right(table, log_p[j]);
        else if (from < 0)
            y[-j] = beyond_left(table, log_complement(log_p[j]));
        else
            y[-j] = cubic(table->log_upper[from], table->log_upper[from + 1], table->y[from],
                          table->y[from + 1], table->by_upper[from], table->by_upper[from + 1], log_p[j]);
    }
}

void
quantiles_fill(const quantile_table *table, int n, const double *log_p, double *y)
{
    fill_lower(table, (n + 1) / 2, log_p, y);
    fill_upper(table, n / 2, log_p, y + n - 1);
    for (int j = 0; j < n; j++)
        y[j] += table->origin;
    for (int i = 0, j = n - 1; table->mirrored && i <= j; i++, j--) {
        double low = y[i];

        y[i] = -y[j];
        y[j] = -low;
    }
}
