/*
 * Unit tests of core/quantiles: against values with many digits, identities, hard shapes.
 */
#include "core/quantiles.h"

#include "quantiles_values.h"
#include "tap.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define POINTS 1000

static double log_p[POINTS], y[POINTS];

/* The quantiles of gamma(a), or beta(a, b) where b > 0, in y. */
static const quantile_table *
fill(double a, double b)
{
    static quantile_table table;

    if (b > 0)
        beta_quantiles(a, b, &table);
    else
        gamma_quantiles(a, &table);
    quantiles_fill(&table, POINTS, log_p, y);
    return &table;
}

static void
test_values(void)
{
    double worst = 0, a = 0, b = 0;

    for (int i = 0; i < LENGTH(quantile_values); i++) {
        const quantile_value *v = &quantile_values[i];
        double error;

        if (v->a != a || v->b != b)
            fill(a = v->a, b = v->b);
        error = fabs(y[v->j] - v->y) * v->slope;
        if (!(error <= worst))
            worst = error;
        ok(error<6e-4, "%s(%g, %g): quantile of %g, probability off by %.2g of it", b> 0 ? "beta" : "gamma",
           a, b, (v->j + .5) / POINTS, error);
    }
    ok(worst < 6e-4, "the worst of all: %.2g", worst);
}

/* Closed forms: gamma(1) is exponential, beta(a, 1) a power, and beta(b, a) mirrors beta(a, b). */
static void
test_closed_forms(void)
{
    static double other[POINTS];
    double worst = 0;

    fill(1, 0);
    for (int j = 0; j < POINTS; j++)
        worst = fmax(worst, fabs(exp(y[j]) / -log1p(-(j + .5) / POINTS) - 1));
    ok(worst < 6e-4, "gamma(1) is exponential: %.2g", worst);
    for (double a = 1e-3; a < 2e5; a *= 10) {
        worst = 0;
        fill(a, 1);
        for (int j = 0; j < POINTS; j++) {
            double p = (j + .5) / POINTS, log_x = y[j] > 0 ? -log1p(exp(-y[j])) : y[j] - log1p(exp(y[j]));

            other[j] = y[j];
            worst = fmax(worst, fabs(expm1(a * log_x - log(p))) * p / fmin(p, 1 - p));
        }
        ok(worst < 6e-4, "beta(%g, 1) is a power: %.2g", a, worst);
        fill(1, a);
        worst = 0;
        for (int j = 0; j < POINTS; j++)
            worst = fmax(worst, fabs(y[j] + other[POINTS - 1 - j]));
        ok(worst <= (fabs(a - 1) < .5 ? 1e-3 : 0), "beta(1, %g) mirrors it", a);
    }
}

/* A mixture with all weight on one component is that component; one of equal components in a row lies between. */
static void
test_mixtures(void)
{
    static double low[POINTS], high[POINTS];
    static const double shapes[] = {1e-3, .5, 30, 1e5};
    quantile_table table;

    for (int i = 0; i < LENGTH(shapes); i++) {
        double weights[20] = {[7] = 1}, worst = 0;
        bool between = true;

        gamma_mixture_quantiles(shapes[i], weights, 20, &table);
        quantiles_fill(&table, POINTS, log_p, low);
        fill(shapes[i] + 7, 0);
        for (int j = 0; j < POINTS; j++)
            worst = fmax(worst, fabs(low[j] - y[j]) * sqrt(shapes[i] + 7));
        ok(worst < 1e-3, "shape %g: a mixture of one component, off by %.2g of its spread", shapes[i], worst);
        for (int j = 0; j < 20; j++)
            weights[j] = .05;
        gamma_mixture_quantiles(shapes[i], weights, 20, &table);
        quantiles_fill(&table, POINTS, log_p, y);
        gamma_quantiles(shapes[i], &table);
        quantiles_fill(&table, POINTS, log_p, low);
        gamma_quantiles(shapes[i] + 19, &table);
        quantiles_fill(&table, POINTS, log_p, high);
        for (int j = 0; j < POINTS; j++)
            between &= low[j] <= y[j] && y[j] <= high[j] && (j == 0 || y[j - 1] < y[j]);
        ok(between, "shape %g: a mixture of all lies between the first and the last", shapes[i]);
    }
}

/* Far beyond every posterior: finite and ascending, or constant where shapes are so large that nothing spreads. */
static void
test_hard_shapes(void)
{
    static const double shapes[] = {1e-300, 1e-100, 1e-20, 1e-6, 1e-3, .1, 1, 30, 1e3, 1e5, 1e9, 1e12, 1e300};
    int wrong = 0, nodes = 0;

    for (int i = 0; i < LENGTH(shapes); i++)
        for (int k = -1; k < LENGTH(shapes); k++) {
            const quantile_table *table = fill(shapes[i], k < 0 ? 0 : shapes[k]);

            nodes = table->n > nodes ? table->n : nodes;
            for (int j = 0; j < POINTS; j++)
                wrong += !(isfinite(y[j]) && (j == 0 || y[j - 1] <= y[j]));
        }
    ok(wrong == 0, "hard shapes: finite and ascending");
    ok(nodes < QUANTILE_NODES / 2 + 20, "a table has at most %d nodes", nodes);
}

int
main(void)
{
    quantile_logs(POINTS, log_p);
    test_values();
    test_closed_forms();
    test_mixtures();
    test_hard_shapes();
    return done_testing();
}
