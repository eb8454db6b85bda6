/*
 * What the tests of customer families share: values computed with arbitrary precision, from a file beside the
 * test or from the golden tables of the shared folder, compared quantity by quantity.
 */
#ifndef CLM_FAMILY_VALUES_H
#define CLM_FAMILY_VALUES_H

#include <string.h>

#include "../../src/core/models/family.h"
#include "tap.h"

/* One reference value; unused arguments are 0. */
typedef struct reference {
    const customer_family *family;
    char quantity[16];
    double params[CLM_MAX_PARAMS];
    customer_summary of;
    double log_gaps; /* for regular families: the sum of the logarithms of the times between purchases */
    double t;        /* horizon, or age of a new customer */
    double d;        /* discount rate */
    double value;
} reference;

/* ---- one customer's log-likelihood ---- */

static inline clm_status
one_likelihood(const customer_family *family, const double *params, const customer_summary *of,
               double log_gaps, double *value, double *gradient)
{
    customer_group group = {*of, 1};
    uint32_t index = 0;
    customer_sample sample = {.n = 1,
                              .groups = &group,
                              .customers = 1,
                              .log_gaps = log_gaps,
                              .max_x = of->x,
                              .n_t = 1,
                              .n_t_x = 1,
                              .t_values = &group.of.t,
                              .t_x_values = &group.of.t_x,
                              .t_index = &index,
                              .t_x_index = &index};

    return family->log_likelihood(&sample, params, value, gradient, NULL);
}

/* ---- reference values ---- */

static inline double
computed(const reference *row)
{
    const customer_family *f = row->family;
    double value = NAN, other = NAN;
    clm_status status = CLM_DOMAIN;

    if (strcmp(row->quantity, "ll") == 0)
        status = one_likelihood(f, row->params, &row->of, row->log_gaps, &value, NULL);
    else if (strcmp(row->quantity, "palive") == 0)
        status = f->p_alive(row->params, &row->of, f->discrete ? row->t : 0, &value, &other);
    else if (strcmp(row->quantity, "pdead") == 0)
        status = f->p_alive(row->params, &row->of, 0, &other, &value);
    else if (strcmp(row->quantity, "palive_at") == 0)
        status = f->p_alive(row->params, &row->of, row->t, &value, &other);
    else if (strcmp(row->quantity, "pactive") == 0)
        status = f->p_active(row->params, &row->of, row->t, &value);
    else if (strcmp(row->quantity, "cet") == 0)
        status = f->expected_purchases(row->params, &row->of, row->t, &value);
    else if (strcmp(row->quantity, "dert") == 0)
        status = f->discounted_purchases(row->params, &row->of, INFINITY, row->d, &value);
    else if (strcmp(row->quantity, "ex") == 0)
        status = f->expected_purchases_new(row->params, f->discrete ? row->of.t : row->t, &value);
    else if (strcmp(row->quantity, "pmf") == 0)
        status = f->p_purchases_new(row->params, row->of.x, f->discrete ? row->of.t : row->t, &value);
    return status == CLM_OK ? value : NAN;
}

/* Errors of one quantity over many rows. */
typedef struct tally {
    const customer_family *family;
    char quantity[16];
    int rows, wrong;
    double worst; /* relative error; for probabilities relative to at least 1e-3 */
} tally;

#define MOST_TALLIES 32

static inline bool
is_probability(const char *quantity)
{
    return quantity[0] == 'p';
}

static inline void
print_row(const reference *row, double got)
{
    printf("#   %s %s (", row->family->name, row->quantity);
    for (int i = 0; i < row->family->nparams; i++)
        printf("%s%g", i == 0 ? "" : ", ", row->params[i]);
    printf(") x %lld t_x %.9g T %.9g t %g d %g: got %.17g, want %.17g\n", (long long)row->of.x, row->of.t_x,
           row->of.t, row->t, row->d, got, row->value);
}

static inline void
count_row(tally *tallies, int *n, const reference *row)
{
    double got = computed(row), floor = is_probability(row->quantity) ? 1e-3 : 1e-290, error;
    int i = 0;

    while (i < *n && (tallies[i].family != row->family || strcmp(tallies[i].quantity, row->quantity) != 0))
        i++;
    if (i == *n) {
        memset(&tallies[(*n)++], 0, sizeof(tally));
        tallies[i].family = row->family;
        strcpy(tallies[i].quantity, row->quantity);
    }
    if (strcmp(row->quantity, "ll") == 0)
        floor = 1e-6;
    error = fabs(got - row->value) / fmax(fabs(row->value), floor);
    tallies[i].rows++;
    if (!(error <= 1e-9)) {
        tallies[i].wrong++;
        print_row(row, got);
    }
    if (!(error <= tallies[i].worst))
        tallies[i].worst = error;
}

static inline void
report_tallies(const tally *tallies, int n, const char *source)
{
    for (int i = 0; i < n; i++)
        ok(tallies[i].wrong == 0, "%s %s: %d rows of %s, worst error %.2g", tallies[i].family->name,
           tallies[i].quantity, tallies[i].rows, source, tallies[i].worst);
}

static inline void
test_values(const reference *rows, size_t n_rows, const char *source)
{
    tally tallies[MOST_TALLIES];
    int n = 0;

    for (size_t i = 0; i < n_rows; i++)
        count_row(tallies, &n, &rows[i]);
    report_tallies(tallies, n, source);
}

/* ---- gradients ---- */

/* The likelihood of one customer where parameter i has moved; NAN where there is none. */
static inline double
moved_likelihood(const reference *row, int i, double step)
{
    double p[CLM_MAX_PARAMS], value = NAN;

    memcpy(p, row->params, sizeof(p));
    p[i] += step;
    one_likelihood(row->family, p, &row->of, row->log_gaps, &value, NULL);
    return value;
}

/* Gradients of the single customers of the likelihoods among the rows, at hard parameters as well. */
static inline void
test_gradients(const reference *rows, size_t n_rows)
{
    double worst = 0;
    int customers = 0;

    for (size_t k = 0; k < n_rows; k++) {
        const reference *row = &rows[k];
        double value, gradient[CLM_MAX_PARAMS];

        if (strcmp(row->quantity, "ll") != 0)
            continue;
        one_likelihood(row->family, row->params, &row->of, row->log_gaps, &value, gradient);
        for (int i = row->family->regular ? 1 : 0; i < row->family->nparams; i++) {
            double step = 1e-4 * row->params[i], one, two, slope, scale;

            /* Central differences with steps h and h/2, extrapolated. */
            two = (moved_likelihood(row, i, step) - moved_likelihood(row, i, -step)) / (2 * step);
            one = (moved_likelihood(row, i, step / 2) - moved_likelihood(row, i, -step / 2)) / step;
            slope = (4 * one - two) / 3;
            scale = fabs(slope) + fabs(value) / row->params[i];
            if (scale > 0)
                worst = fmax(worst, fabs(slope - gradient[i]) / scale);
        }
        customers++;
    }
    ok(customers > 10 && worst < 1e-8, "gradients of %d customers agree with differences, worst %.2g",
       customers, worst);
}

/* ---- golden tables ---- */

#define MOST_FIELDS 16

/* Splits a line at its commas, in place; returns how many fields. */
static inline int
split(char *line, char **field, int most)
{
    int n = 0;

    for (char *at = line; n < most; at++) {
        field[n++] = at;
        at += strcspn(at, ",\r\n");
        if (*at != ',') {
            *at = '\0';
            break;
        }
        *at = '\0';
    }
    return n;
}

static inline FILE *
open_golden(const char *name)
{
    char path[4096];
    FILE *file;

    snprintf(path, sizeof(path), "%s/golden/%s", shared_folder(), name);
    file = fopen(path, "r");
    if (!ok(file != NULL, "%s is there", name))
        return NULL;
    return file;
}

/* The number in the column of that name of a table with that first line; 0 where there is none. */
static inline double
golden_number(char *const *header, char *const *field, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(header[i], name) == 0)
            return atof(field[i]);
    return 0;
}

/* A row of a golden table: the parameters follow the quantity; discrete families call T n and t m, and their
 * discount is per period. */
static inline reference
golden_row(const customer_family *family, char *const *header, char *const *field, int n)
{
    reference row = {.family = family};
    double d = golden_number(header, field, n, "d");

    snprintf(row.quantity, sizeof(row.quantity), "%s", field[0]);
    for (int i = 0; i < family->nparams; i++)
        row.params[i] = atof(field[1 + i]);
    row.of = (customer_summary){(int64_t)golden_number(header, field, n, "x"),
                                golden_number(header, field, n, "tx"),
                                golden_number(header, field, n, family->discrete ? "n" : "T")};
    row.t = golden_number(header, field, n, family->discrete ? "m" : "t");
    row.d = family->discrete ? log1p(d) : d;
    row.value = golden_number(header, field, n, "value");
    row.log_gaps = golden_number(header, field, n, "litt");
    return row;
}

/* Every row of a table, so many; where `variant` is not negative, only those with that number in column m. */
static inline void
test_golden(const customer_family *family, const char *name, int variant, int rows)
{
    FILE *file = open_golden(name);
    char first[1024], line[1024], *header[MOST_FIELDS], *field[MOST_FIELDS];
    tally tallies[MOST_TALLIES];
    int n = 0, fields, read = 0;

    if (file == NULL || fgets(first, sizeof(first), file) == NULL)
        return;
    fields = split(first, header, MOST_FIELDS);
    while (fgets(line, sizeof(line), file) != NULL) {
        reference row;

        if (split(line, field, MOST_FIELDS) != fields ||
            (variant >= 0 && golden_number(header, field, fields, "m") != variant))
            continue;
        row = golden_row(family, header, field, fields);
        count_row(tallies, &n, &row);
        read++;
    }
    fclose(file);
    ok(read == rows, "%s: %d rows read", name, read);
    report_tallies(tallies, n, name);
}

#endif
