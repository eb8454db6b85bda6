/*
 * Expectations of a live customer under a gamma rate and a beta drop-out chance.
 *
 * Each has a fast and a robust way.
 *
 * Fast: with z = s / (1+s) the purchase rate is (R/A) (1-z)^a times a power series in z whose coefficients do
 * not depend on s: they are computed once for all the s at which a customer's rate is wanted. The expected
 * number has the closed form of closed_form_purchases(). The discounted one is an integral over u = ln(1+s),
 * in which the rate is analytic within 2 pi of the real axis however large s is, so that panels of 16
 * Gauss-Legendre nodes about 2 wide are exact: one or two panels for a usual horizon, five or so without
 * horizon, where the recurrence of the D_n would take 200 / zeta steps. Series that are slow near z = 1 are
 * continued (hypergeometric.h).
 *
 * Robust, where the series cancels: the trapezoidal rule over v = logit(p), which converges exponentially
 * (Trefethen & Weideman 2014) and has positive terms only.
 */
#include <float.h>
#include <math.h>
#include <stdbool.h>

#include "dropout_mixture.h"
#include "exponential_integral.h"
#include "hypergeometric.h"
#include "quadrature.h"

#define CANCELLATION_ALLOWED 1e4 /* costs as many digits: 1e-12 remains */
#define MOST_CONTINUED 40.0      /* parameter of a series that may be continued, see hypergeometric_next() */
#define MOST_LOG 600.0           /* of a factor whose counterpart must not overflow */
#define NO_SPREAD 1e-7           /* standard deviation of logit(p) that is as good as none */
#define MOST_HALVINGS 6          /* of a trapezoidal step; 3 are enough for parameters 1e-3 to 1e4 */
#define MOST_REACH 1e12          /* of s, where the trapezoidal rule is needed: it bounds the work */
#define CLOSED_FORM_TERMS 600    /* of its series, at most */
#define LOOK_AHEAD_FROM 50       /* terms, after which it is foreseen how many it takes */
#define NEGLIGIBLE_EXPONENT 40.0 /* exp(-40) = 4e-18 of the integral is left out */
#define NEGLIGIBLE 1e-19         /* of a sum, for one of its terms */
#define PANEL_WIDTH 2.5          /* of u = ln(1+s), for 16 nodes */
#define PANEL_EXPONENT 14.0      /* largest change of an exponent within a panel: 16 nodes give 1e-15 */

/* ---- robust: trapezoidal rule over the logit of p ---- */

/* What is averaged over p; it is constant for p * (R + 1) * reach << 1. */
typedef struct integrand {
    double (*value)(const struct integrand *g, double p);
    double R, s, zeta;
    double reach; /* largest s that matters */
    double most;  /* g at p = 0 */
} integrand;

static double
survival_given_p(const integrand *g, double p)
{
    return exp(-g->R * log1p(p * g->s));
}

static double
purchases_given_p(const integrand *g, double p)
{
    return -expm1(-g->R * log1p(p * g->s)) / p;
}

/*
 * (R/p) times the integral of exp(-(zeta/p)(e^v - 1) - R v) over v = ln(1 + p s) from 0 up.
 */
static double
discounted_given_p(const integrand *g, double p)
{
    return g->R / p * scaled_exponential_integral(g->R, g->zeta / p, log1p(p * g->s));
}

/* Running sums of the trapezoidal rule, of the density of v and of density times g, both relative to the
 * largest density, at p = a / (a + B). */
typedef struct trapezoid {
    double largest; /* its logarithm, but for the constant that log_density() leaves out */
    double density, product;
} trapezoid;

/* ln of the density of v = logit(p) but for a constant, and p. */
static double
log_density(const dropout_mixture *m, double v, double *p)
{
    double e = exp(-fabs(v)), l = log1p(e);

    *p = (v < 0.0 ? e : 1.0) / (1.0 + e);
    return v < 0.0 ? m->a * (v - l) - m->B * l : -m->a * l - m->B * (v + l);
}

/*
 * Adds the nodes first, first + step, ... . Where p (or 1 - p) has become so small that g is constant and the
 * density exactly exponential, the endless rest is a geometric series. g falls with p, so on the way down
 * (step < 0) the product may rise long after the density has become negligible: the sum ends past its peak.
 */
static void
add_nodes(const dropout_mixture *m, const integrand *g, double first, double step, trapezoid *sum)
{
    double power = step < 0.0 ? m->a : m->B;
    double scale = step < 0.0 ? 1.0 + m->B + (g->R + 1.0) * g->reach : 1.0 + m->a + g->R;
    double before = 0.0;

    for (double v = first;; v += step) {
        double p, density = exp(log_density(m, v, &p) - sum->largest), product = density * g->value(g, p);
        bool geometric = exp(-fabs(v)) * fmin(scale, DBL_MAX) < DBL_EPSILON / 4 && v * step > 0.0;

        if (geometric) {
            density /= -expm1(-power * fabs(step));
            product /= -expm1(-power * fabs(step));
        }
        sum->density += density;
        sum->product += product;
        if (geometric ||
            !(density > NEGLIGIBLE * sum->density || product > NEGLIGIBLE * sum->product || product > before))
            return;
        before = product;
    }
}

/* Mean of g over p ~ beta(a, B): the step is halved until that changes nothing; its error is about the square
 * of the last change. */
static double
mean_over_p(const dropout_mixture *m, const integrand *g)
{
    double middle = log(m->a / m->B), step = fmin(1.0, sqrt(1.0 / m->a + 1.0 / m->B));
    trapezoid sum = {0.0, 0.0, 0.0};
    double before, mean = NAN, p;

    if (g->reach > MOST_REACH)
        return NAN;
    if (step < NO_SPREAD)
        return g->value(g, m->a / (m->a + m->B));
    sum.largest = log_density(m, middle, &p);
    add_nodes(m, g, middle, step, &sum);
    add_nodes(m, g, middle - step, -step, &sum);
    for (int halving = 0; halving < MOST_HALVINGS; halving++) {
        before = mean;
        mean = sum.product / sum.density;
        if (fabs(mean - before) <= 1e-10 * mean + 1e-20 * g->most)
            break;
        add_nodes(m, g, middle + 0.5 * step, step, &sum);
        add_nodes(m, g, middle - 0.5 * step, -step, &sum);
        step *= 0.5;
    }
    return mean;
}

/* ---- fast: series in z = s / (1 + s) ---- */

/*
 * E[(1 + p s)^-K] = (1-z)^a 2F1(a+B-K, a; a+B; z), DLMF 15.8.1: of the transformations to z the one whose
 * series does not depend on the number of past purchases but in its denominators, and so shortens with it.
 */
static hypergeometric
mixture_series(const dropout_mixture *m, double K)
{
    return (hypergeometric){(m->a - K) + m->B, m->a, m->a + m->B};
}

/* The next piece of a slow series, where parameters are moderate enough for that and digits remain. */
static bool
continue_series(const hypergeometric *f, const hypergeometric_piece *before, hypergeometric_piece *next,
                double *cancellation)
{
    return fabs(f->p) <= MOST_CONTINUED && f->q <= MOST_CONTINUED &&
           hypergeometric_next(f, before, next, cancellation) && *cancellation <= CANCELLATION_ALLOWED;
}

static bool
series_survival(const dropout_mixture *m, double s, double *value)
{
    hypergeometric f = mixture_series(m, m->R);
    hypergeometric_piece pieces[2];
    double w = 1.0 / (1.0 + s), cancellation;
    int last = 0;

    if (m->a * log1p(s) > MOST_LOG || !hypergeometric_first(&f, w, &pieces[0], &cancellation) ||
        cancellation > CANCELLATION_ALLOWED)
        return false;
    for (; pieces[last].w_low > w; last ^= 1)
        if (!continue_series(&f, &pieces[last], &pieces[last ^ 1], &cancellation))
            return false;
    *value = exp(-m->a * log1p(s)) * hypergeometric_value(&pieces[last], w);
    return true;
}

/*
 * The expected number of purchases with neither pole at a = 1 nor at a + B = 1:
 * -c expm1((a-1) L) / (a-1) - (1-z)^(a-1) S, L = ln(1-z), c = a + B - 1,
 * S = sum over n >= 1 of (c-R)_n (a)_{n-1} / ((c+1)_{n-1} n!) z^n.
 * False where the series is slow or the difference cancels.
 */
static bool
closed_form_purchases(const dropout_mixture *m, double s, double *value)
{
    double z = s / (1.0 + s), L = -log1p(s), c = m->a + m->B - 1.0, d = c - m->R;
    double change = expm1((m->a - 1.0) * L);
    double head = m->a == 1.0 ? -c * L : -c * change / (m->a - 1.0);
    double term = d * z, sum = term, absolute = fabs(term), power, tail;

    for (int n = 1; fabs(term) > DBL_EPSILON / 8 * absolute * (1.0 - z); n++) {
        if (n == LOOK_AHEAD_FROM && fabs(term) * pow(z, CLOSED_FORM_TERMS - n) > DBL_EPSILON * absolute)
            return false;
        if (n == CLOSED_FORM_TERMS)
            return false;
        term *= (d + n) * (m->a + n - 1.0) / ((c + n) * (n + 1.0)) * z;
        sum += term;
        absolute += fabs(term);
    }
    power = exp((m->a - 1.0) * L); /* not 1 + change, which rounds to 0 where it is small */
    tail = power * sum;
    *value = head - tail;
    absolute = (fabs(head) + power * absolute) * (1.0 + fabs((m->a - 1.0) * L));
    return *value > 0.0 && isfinite(*value) && absolute / CANCELLATION_ALLOWED <= *value;
}

/* ---- fast: integral over u = ln(1 + s) ---- */

/* The integral of R exp(-zeta s - (a-1) u) F(u) du over one panel, F one piece of the series. */
static double
integrate_panel(const dropout_mixture *m, double zeta, const hypergeometric_piece *F, double lo, double hi)
{
    double half = 0.5 * (hi - lo), middle = lo + half, sum = 0.0;
    double w[GAUSS_NODES], rate[GAUSS_NODES], factor[GAUSS_NODES];

    for (int i = 0; i < GAUSS_NODES; i++) {
        double u = middle + half * gauss_node[i], s = expm1(u);

        w[i] = 1.0 / (1.0 + s);
        factor[i] = exp(-zeta * s - (m->a - 1.0) * u);
    }
    for (int i = 0; i < GAUSS_NODES; i += HYPERGEOMETRIC_BLOCK)
        hypergeometric_values(F, w + i, rate + i);
    for (int i = 0; i < GAUSS_NODES; i++)
        sum += gauss_weight[i] * factor[i] * rate[i];
    return m->R * half * sum;
}

/* The same from u to end, in as many panels as the exponent takes. */
static double
integrate_piece(const dropout_mixture *m, double zeta, const hypergeometric_piece *F, double u, double end)
{
    double sum = 0.0;

    while (u < end) {
        double room = log1p(PANEL_EXPONENT / (zeta * exp(u)));
        double width = 1.0 / (1.0 / PANEL_WIDTH + fabs(m->a - 1.0) / PANEL_EXPONENT + 1.0 / room);
        double next = width * 1.2 < end - u ? u + width : end;

        sum += integrate_panel(m, zeta, F, u, next);
        u = next;
    }
    return sum;
}

static bool
series_discounted(const dropout_mixture *m, double s, double zeta, double *value)
{
    hypergeometric f = mixture_series(m, m->R + 1.0);
    hypergeometric_piece pieces[2];
    double end = fmin(log1p(s), log1p(NEGLIGIBLE_EXPONENT / zeta)), w_end = exp(-end);
    double from = 0.0, cancellation, part;
    int last = 0;

    if (m->a * end > MOST_LOG || !hypergeometric_first(&f, w_end, &pieces[0], &cancellation) ||
        cancellation > CANCELLATION_ALLOWED)
        return false;
    for (*value = 0.0;; last ^= 1) {
        double to = pieces[last].w_low <= w_end ? end : -log(pieces[last].w_low);

        part = integrate_piece(m, zeta, &pieces[last], from, to);
        *value += part;
        if (to >= end || part <= DBL_EPSILON / 8 * *value)
            return true;
        if (!continue_series(&f, &pieces[last], &pieces[last ^ 1], &cancellation))
            return false;
        from = to;
    }
}

/* ---- what the header declares ---- */

double
dropout_survival(const dropout_mixture *m, double s)
{
    integrand g = {survival_given_p, m->R, s, 0.0, s, 1.0};
    double value;

    return series_survival(m, s, &value) ? value : mean_over_p(m, &g);
}

double
dropout_purchases(const dropout_mixture *m, double s)
{
    integrand g = {purchases_given_p, m->R, s, 0.0, s, m->R * s};
    double value;

    if (s == 0.0)
        return 0.0;
    if (closed_form_purchases(m, s, &value) || series_discounted(m, s, 0.0, &value))
        return value;
    return mean_over_p(m, &g);
}

double
dropout_discounted(const dropout_mixture *m, double s, double zeta)
{
    double reach = fmin(s, NEGLIGIBLE_EXPONENT / zeta);
    integrand g = {discounted_given_p, m->R, s, zeta, reach, m->R * fmin(s, 1.0 / zeta)};
    double value;

    if (zeta == 0.0)
        return dropout_purchases(m, s);
    if (s == 0.0)
        return 0.0;
    return series_discounted(m, s, zeta, &value) ? value : mean_over_p(m, &g);
}
