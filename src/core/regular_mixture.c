/*
 * Expectations of a live customer whose purchases take k steps of a Poisson process each.
 *
 * Purchase n comes with step kn, counted from the last purchase, if the n - 1 before it have let the customer
 * survive, with probability s_n = E[(1-p)^{n-1}] = (B)_{n-1} / (a+B)_{n-1}. So the expected number is the sum
 * over n of s_n P(steps >= kn): all terms are positive.
 *
 * Direct: the probabilities of the numbers of steps follow one from the other, and the sum is taken as it
 * stands.
 *
 * By rate: where that would be long, or with discount, the trapezoidal rule over v = ln(rate), which converges
 * exponentially (Trefethen & Weideman 2014). Given rate and phase j the number of further steps is Poisson, and
 * purchase n is worth rho^{kn-j} P(Poisson(theta) >= kn - j), rho = rate / (rate + zeta), theta = (rate + zeta)
 * s. Up to MOST_COUNTED steps that is summed over n. Beyond, the phase in which s finds the customer is as good
 * as uniform (what differs decays as exp(-theta (1 - cos(2 pi / k)))); the sum over n then has a closed form for
 * each p, which is averaged over p.
 */
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "beta_average.h"
#include "gamma_functions.h"
#include "hypergeometric.h"
#include "regular_mixture.h"

#define MOST_COUNTED 1000.0  /* theta */
#define COUNTS 4096          /* room for the probabilities of numbers of steps */
#define MOST_EXPONENT 1200.0 /* of probabilities, whose roots are finite */
#define LARGE 1e150          /* of a term, which is then scaled down */
#define MOST_REACH 1e10      /* of s: bounds the work */
#define MOST_SHAPE 1e20 /* of the rate: above, rounding hides that its density falls, and a sum has no end */
#define LEAST_DISCOUNT 1e-15     /* without end */
#define NEGLIGIBLE 1e-19         /* of a sum, for one of its terms */
#define CANCELLATION_ALLOWED 1e4 /* of a series: 1e-12 remains */
#define MOST_CONTINUED 40.0      /* parameter of a series that may be continued, see hypergeometric_next() */
#define PIECES 24                /* down to 1 - rho^k = 1e-12 */
#define STIRLING_FROM 16.0       /* R, from where on ln Gamma(R) is taken apart */
#define WIDEST_STEP 0.2          /* of v: as in beta_average.c */
#define STEP_PER_SD 0.5
/* Purchases come at k, 2k, ... steps. Until that is blurred, after some 2k purchases, the sum over n has waves in
 * v, which a step must resolve. */
#define STEP_PER_REGULARITY 0.53

/* ---- phases ---- */

double
regular_phases(int k, double R, double u, double *weight)
{
    double sum = 1.0, scale = 0.0;

    weight[0] = 1.0;
    for (int j = 1; j < k; j++) {
        weight[j] = weight[j - 1] * ((R + (j - 1)) * u / j);
        if (weight[j] > LARGE) {
            scale += log(weight[j]);
            for (int i = 0; i < j; i++)
                weight[i] /= weight[j];
            sum /= weight[j];
            weight[j] = 1.0;
        }
        sum += weight[j];
    }
    for (int j = 0; j < k; j++)
        weight[j] /= sum;
    return scale + log(sum);
}

/* ---- the chance to survive purchases ---- */

/* p ~ beta(a, B), or, with a = 0, known. */
typedef struct dropout_chance {
    double a, B, p;
} dropout_chance;

/* P(purchase n lets him survive), given that those before did. */
static inline double
survives(const dropout_chance *c, int n)
{
    return c->a > 0.0 ? (c->B + (n - 1)) / (c->a + c->B + (n - 1)) : 1.0 - c->p;
}

static double
average_over_chance(const dropout_chance *c, const beta_integrand *g)
{
    return c->a > 0.0 ? beta_average(c->a, c->B, g) : g->value(g->arg, c->p, log1p(-c->p));
}

/* ---- direct ---- */

/* Unscaled probabilities of 0, 1, ..., last steps; or, cumulated, of at least so many. */
typedef struct step_counts {
    int last;
    double p[COUNTS];
} step_counts;

static void
cumulate(step_counts *c)
{
    for (int i = c->last; i > 0; i--)
        c->p[i - 1] += c->p[i];
}

/*
 * Steps since the last purchase up to s: y of them have the probability (R)_y / y! (1-z)^R / S times the sum over
 * the phase j of C(y, j) (u (1-z))^j z^{y-j}, z = s / (1+s). The terms of the sum are kept up from y to y + 1.
 * *factor is what the results are to be multiplied by. Ends where the rest is negligible against P(at least k);
 * false where that takes too many, or overflows.
 */
static bool
count_steps(const regular_mixture *m, double s, step_counts *c, double *factor)
{
    double z = s / (1.0 + s), done = m->u / (1.0 + s), ignored[MOST_STEPS], phase[MOST_STEPS] = {0.0},
           sum = 0.0;
    double log_S = regular_phases(m->k, m->R, m->u, ignored), exponent = m->R * log1p(s) + log_S;

    if (!(exponent < MOST_EXPONENT))
        return false;
    *factor = exp(-0.5 * exponent);
    phase[0] = *factor;
    for (c->last = 0; c->last < COUNTS; c->last++) {
        int y = c->last;
        double ratio = (m->R + y) / (y + 1.0), largest = (z + done) * fmax(ratio, 1.0), term = 0.0;

        for (int j = m->k - 1; j >= 0; j--) {
            term += phase[j];
            phase[j] = ratio * (z * phase[j] + (j > 0 ? done * phase[j - 1] : 0.0));
        }
        c->p[y] = term;
        sum += y >= m->k ? term : 0.0;
        if (y > m->k && largest < 1.0 && term * y <= NEGLIGIBLE * (1.0 - largest) * sum)
            return true;
    }
    return false;
}

static bool
direct_purchases(const regular_mixture *m, double s, double *value)
{
    dropout_chance chance = {m->a, m->B, 0.0};
    step_counts c;
    double factor, survival = 1.0;

    if (!count_steps(m, s, &c, &factor))
        return false;
    cumulate(&c);
    *value = 0.0;
    for (int n = 1; n * m->k <= c.last; n++) {
        *value += survival * c.p[n * m->k];
        survival *= survives(&chance, n);
    }
    *value *= factor;
    return true;
}

static bool
direct_survival(const regular_mixture *m, double s, double *value)
{
    dropout_chance chance = {m->a, m->B, 0.0};
    step_counts c;
    double factor, survival = 1.0;

    if (!count_steps(m, s, &c, &factor))
        return false;
    *value = 0.0;
    for (int y = 0; y <= c.last; y++) {
        if (y > 0 && y % m->k == 0)
            survival *= survives(&chance, y / m->k);
        *value += survival * c.p[y];
    }
    *value *= factor;
    return true;
}

/* ---- given the rate ---- */

/*
 * E[1 / (1 - q y)] = 2F1(1, B; a+B; y) = (1-y)^{a-1} 2F1(a+B-1, a; a+B; y) (DLMF 15.8.1) for many y: the pieces of
 * that series, as far as they were needed.
 */
typedef struct endless_series {
    hypergeometric f;
    hypergeometric_piece piece[PIECES];
    int n;
    bool usable;
    double cancellation;
} endless_series;

static void
start_series(endless_series *series, const dropout_chance *c)
{
    series->f = (hypergeometric){(c->a - 1.0) + c->B, c->a, c->a + c->B};
    series->n = 1;
    series->usable = fabs(series->f.p) <= MOST_CONTINUED && series->f.q <= MOST_CONTINUED &&
                     hypergeometric_first(&series->f, 0.25, &series->piece[0], &series->cancellation) &&
                     series->cancellation <= CANCELLATION_ALLOWED;
}

/* Its value at y = 1 - w; false where the series does not serve. */
static bool
series_value(endless_series *series, double w, double *value)
{
    int i = series->n - 1;

    if (!series->usable)
        return false;
    while (series->piece[i].w_low > w) {
        double cancellation = series->cancellation;

        if (++i == PIECES ||
            !hypergeometric_next(&series->f, &series->piece[i - 1], &series->piece[i], &cancellation) ||
            cancellation > CANCELLATION_ALLOWED)
            return false;
        series->n = i + 1;
        series->cancellation = cancellation;
    }
    while (i > 0 && series->piece[i - 1].w_low <= w)
        i--;
    *value = exp((series->f.q - 1.0) * log(w)) * hypergeometric_value(&series->piece[i], w);
    return true;
}

typedef struct given_rate {
    int k;
    dropout_chance chance;
    endless_series *series;       /* where s is infinite and p not known */
    double theta;                 /* expected steps, at the rate that is raised by zeta; may be infinite */
    double log_rho;               /* ln of the discount of a step */
    double phase[MOST_STEPS];     /* weights of the phases */
    double value[MOST_STEPS];     /* these times rho^{k-j}, which discounts the next purchase */
    double total;                 /* of value */
    double ahead[2 * MOST_STEPS]; /* weight of value by j - i + k, i a uniform phase at s */
} given_rate;

static void
set_rate(given_rate *g, double rate, double zeta, double s)
{
    double rho = rate / (rate + zeta), discount = 1.0;

    g->theta = (rate + zeta) * s;
    g->log_rho = -log1p(zeta / rate);
    g->total = 0.0;
    memset(g->ahead, 0, sizeof(g->ahead));
    for (int j = g->k - 1; j >= 0; j--) {
        discount *= rho;
        g->value[j] = g->phase[j] * discount;
        g->total += g->value[j];
    }
    for (int j = 0; j < g->k && g->theta > MOST_COUNTED; j++)
        for (int i = 0; i < g->k; i++)
            g->ahead[j - i + g->k] += g->value[j] / g->k;
}

/* Poisson probabilities but for *factor, until the rest is negligible against P(at least k). */
static void
count_poisson(const given_rate *g, step_counts *c, double *factor)
{
    double sum = 0.0, term = exp(-0.5 * g->theta);

    *factor = term;
    for (c->last = 0;; c->last++) {
        c->p[c->last] = term;
        sum += c->last >= g->k ? term : 0.0;
        if ((c->last > g->k && c->last > g->theta && term <= NEGLIGIBLE * sum) || c->last == COUNTS - 1)
            return;
        term *= g->theta / (c->last + 1.0);
    }
}

static double
counted_purchases(const given_rate *g)
{
    step_counts c;
    double factor, worth = 1.0, rho_k = exp(g->k * g->log_rho), sum = 0.0;

    count_poisson(g, &c, &factor);
    cumulate(&c);
    for (int n = 1; g->k * (n - 1) < c.last; n++) {
        double reached = 0.0;

        for (int j = 0; j < g->k && worth > 0.0; j++)
            if (g->k * n - j <= c.last)
                reached += g->value[j] * c.p[g->k * n - j];
        sum += worth * reached;
        worth *= rho_k * survives(&g->chance, n);
    }
    return factor * sum;
}

static double
counted_survival(const given_rate *g)
{
    step_counts c;
    double factor, survival = 1.0, next = survives(&g->chance, 1), sum = 0.0;

    count_poisson(g, &c, &factor);
    for (int y = 0; y <= c.last; y++) {
        if (y > 0 && y % g->k == 0) {
            survival = next;
            next *= survives(&g->chance, y / g->k + 1);
        }
        for (int j = 0; j < g->k; j++)
            sum += g->phase[j] * c.p[y] * (y % g->k + j < g->k ? survival : next);
    }
    return factor * sum;
}

/*
 * total - sum of ahead[d] y^d: what the difference between the phases now and at s takes away from y^(purchases).
 * By recurrences in 1 - y, so that nothing cancels for y near 1.
 */
static double
phase_loss(const given_rate *g, double y, double gone)
{
    double change = 0.0, power = 1.0, sum = 0.0;

    for (int d = 1; d < g->k; d++) {
        change = gone + y * change; /* 1 - y^d */
        power *= y;
        sum += (g->ahead[g->k + d] - g->ahead[g->k - d] / power) * change;
    }
    return sum;
}

/*
 * The discounted number given rate and p: [rho^{k-j} - E(q^X rho^{k(X+1)-j})] / (1 - q rho^k) where X, the purchases
 * up to s, goes with the steps: with y = q^{1/k} rho the last mean is exp(-theta (1-y)) times the mean over a uniform
 * phase at s.
 */
static double
closed_purchases(const void *arg, double p, double log_q)
{
    const given_rate *g = arg;
    double log_y = log_q / g->k + g->log_rho, y = exp(log_y), gone = -expm1(log_y),
           over = -expm1(g->k * log_y);
    double left = exp(-g->theta * gone);

    (void)p;
    if (gone == 0.0) { /* the limit; left = 1 */
        double sum = g->theta * g->total;

        for (int d = 1; d < g->k; d++)
            sum += d * (g->ahead[g->k + d] - g->ahead[g->k - d]);
        return sum / g->k;
    }
    if (left == 0.0)
        return g->total / over;
    return (g->total * -expm1(-g->theta * gone) + left * phase_loss(g, y, gone)) / over;
}

static double
closed_survival(const void *arg, double p, double log_q)
{
    const given_rate *g = arg;
    double log_y = log_q / g->k, gone = -expm1(log_y), left = exp(-g->theta * gone);

    (void)p;
    return left == 0.0 ? 0.0 : left * (g->total - phase_loss(g, exp(log_y), gone));
}

/* Without end: total times E[1 / (1 - q rho^k)]. */
static double
endless_purchases(const given_rate *g)
{
    double over = -expm1(g->k * g->log_rho), mean;
    beta_integrand f = {closed_purchases, g, g->total / over, g->k / over};

    if (g->series != NULL && series_value(g->series, over, &mean))
        return g->total * mean;
    return average_over_chance(&g->chance, &f);
}

static double
purchases_at_rate(const given_rate *g)
{
    beta_integrand f = {closed_purchases, g, 0.0, g->theta};

    if (isinf(g->theta))
        return endless_purchases(g);
    if (g->theta <= MOST_COUNTED)
        return counted_purchases(g);
    f.most = closed_purchases(g, 0.0, 0.0);
    return average_over_chance(&g->chance, &f);
}

static double
survival_at_rate(const given_rate *g)
{
    beta_integrand f = {closed_survival, g, g->total, g->theta};

    return g->theta <= MOST_COUNTED ? counted_survival(g) : average_over_chance(&g->chance, &f);
}

double
regular_purchases_given(int k, int phase, double rate, double p, double t, double delta)
{
    given_rate g = {.k = k, .chance = {0.0, 0.0, p}};

    if (!(rate > 0.0) || t == 0.0)
        return 0.0;
    if (isinf(t) && delta == 0.0)
        return 1.0 / p;
    g.phase[phase] = 1.0;
    set_rate(&g, rate, delta, t);
    return purchases_at_rate(&g);
}

/* ---- by rate ---- */

typedef struct rate_average {
    const regular_mixture *m;
    double s, zeta;
    double (*at_rate)(const given_rate *g);
    double log_scale; /* of the density, at x = 0 */
    double centre;    /* rate at x = 0 */
} rate_average;

/* Density of x = ln(rate / centre), for R above STIRLING_FROM relative to its mode so that nothing cancels. */
static rate_average
centre_rate(const regular_mixture *m, double s, double zeta, double (*at_rate)(const given_rate *g))
{
    rate_average r = {m, s, zeta, at_rate, 0.0, m->R};
    double w = 1.0 / (m->R * m->R), ignored[MOST_STEPS];

    if (m->R >= STIRLING_FROM) {
        double rest = (1.0 / 12 - w * (1.0 / 360 - w * (1.0 / 1260 - w * (1.0 / 1680 - w / 1188)))) / m->R;

        r.log_scale = 0.5 * log(m->R / 6.28318530717958647693) - rest;
    } else {
        r.centre = m->R + m->k;
        r.log_scale = m->R * log(r.centre) - r.centre - log_gamma(m->R);
    }
    r.log_scale -= regular_phases(m->k, m->R, m->u, ignored);
    return r;
}

/* Density times what is averaged, and the theta there. */
static double
node(const rate_average *r, given_rate *g, double x)
{
    double rate = r->centre * exp(x), density = exp(r->log_scale + r->m->R * x - r->centre * expm1(x));
    double weight = density;

    for (int j = 0; j < g->k; j++) {
        g->phase[j] = weight;
        weight *= rate * r->m->u / (j + 1.0);
    }
    if (density == 0.0)
        return 0.0;
    set_rate(g, rate, r->zeta, r->s);
    return r->at_rate(g);
}

/* Density of the rate of the last node. */
static double
density_of(const given_rate *g)
{
    double sum = 0.0;

    for (int j = 0; j < g->k; j++)
        sum += g->phase[j];
    return sum;
}

/*
 * Adds the nodes on one side of the centre. Below it both density and purchases fall with the rate, and above it the
 * density falls faster than purchases grow: the sum ends with a negligible term. Survival instead is bounded by the
 * density, and is 1 for small rates, where the endless rest is a geometric series.
 */
static double
add_side(const rate_average *r, given_rate *g, double step, double sum)
{
    bool survival = r->at_rate == survival_at_rate;

    for (int i = 1;; i++) {
        double product = node(r, g, i * step), density = density_of(g);

        if (survival && step < 0.0 && g->theta < DBL_EPSILON / 16 && density > 0.0)
            return sum + product / -expm1(r->m->R * step);
        sum += product;
        if (!((survival ? density : product) > NEGLIGIBLE * sum))
            return sum;
    }
}

/* The mean over the rate. */
static double
average_over_rate(const rate_average *r)
{
    const regular_mixture *m = r->m;
    given_rate g = {.k = m->k, .chance = {m->a, m->B, 0.0}};
    double step = fmin(WIDEST_STEP, STEP_PER_SD / sqrt(m->R + m->k)), sum;
    endless_series series;

    if (isfinite(r->s)) {
        step = fmin(step, STEP_PER_REGULARITY / m->k);
    } else {
        start_series(&series, &g.chance);
        g.series = &series;
    }
    sum = node(r, &g, 0.0);
    sum = add_side(r, &g, -step, sum);
    return step * add_side(r, &g, step, sum);
}

/* ---- what the header declares ---- */

double
regular_active(const regular_mixture *m, double s)
{
    double ignored[MOST_STEPS], now = regular_phases(m->k, m->R, m->u, ignored), factor;
    double then = regular_phases(m->k, m->R, (m->u + s) / (1.0 + s), ignored);
    double value = -expm1(then - now - m->R * log1p(s));
    step_counts c;

    if (value < 0.1 && s < 1.0 && count_steps(m, s, &c, &factor)) {
        cumulate(&c);
        value = c.last >= m->k ? factor * c.p[m->k] : 0.0;
    }
    return fmax(value, 0.0);
}

double
regular_purchases(const regular_mixture *m, double s)
{
    rate_average r;
    double value;

    if (s == 0.0)
        return 0.0;
    if (direct_purchases(m, s, &value))
        return value;
    if (!(s <= MOST_REACH && m->R <= MOST_SHAPE))
        return NAN;
    r = centre_rate(m, s, 0.0, purchases_at_rate);
    return average_over_rate(&r);
}

double
regular_discounted(const regular_mixture *m, double s, double zeta)
{
    rate_average r;

    if (zeta == 0.0)
        return regular_purchases(m, s);
    if (s == 0.0)
        return 0.0;
    if (!(m->R <= MOST_SHAPE) || (isfinite(s) ? !(s <= MOST_REACH) : !(zeta >= LEAST_DISCOUNT)))
        return NAN;
    r = centre_rate(m, s, zeta, purchases_at_rate);
    return average_over_rate(&r);
}

double
regular_survival(const regular_mixture *m, double s)
{
    rate_average r;
    double value;

    if (s == 0.0)
        return 1.0;
    if (direct_survival(m, s, &value))
        return value;
    if (!(s <= MOST_REACH && m->R <= MOST_SHAPE))
        return NAN;
    r = centre_rate(m, s, 0.0, survival_at_rate);
    return average_over_rate(&r);
}
