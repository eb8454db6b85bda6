/*
 * The value of initiatives: the lifetime values of all their combinations, built up from smaller ones.
 */
#include "levers.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Combinations are taken in blocks of the 2^6 that the first six initiatives make, in columns: one a driver. */
#define BLOCK_INITIATIVES 6
#define BLOCK (1 << BLOCK_INITIATIVES)
#define MAX_BLOCKS (1 << (LEVERS_MAX_INITIATIVES - BLOCK_INITIATIVES))

/* ---- sums of effects ---- */

/* A driver as effects are added to it. */
typedef struct lever_sum {
    double value;
    double magnitude; /* sum of the absolute terms */
    int last_up, last_down;
} lever_sum;

static lever_sum
start_sum(double present)
{
    return (lever_sum){.value = present, .magnitude = fabs(present), .last_up = -1, .last_down = -1};
}

static void
add_to_sum(lever_sum *sum, int initiative, double delta)
{
    sum->value += delta;
    sum->magnitude += fabs(delta);
    if (delta > 0)
        sum->last_up = initiative;
    else if (delta < 0)
        sum->last_down = initiative;
}

/* The sum, inside the domain of the driver; false otherwise. */
static bool
finish_sum(const lever_sum *sum, economics_driver driver, double *value, lever_breach *breach)
{
    *value = economics_settle(driver, sum->value, sum->magnitude);
    if (economics_in_domain(driver, *value))
        return true;
    *breach = (lever_breach){.initiative = *value > economics_domains[driver].most || *value == INFINITY ||
                                                   sum->last_down < 0
                                               ? sum->last_up
                                               : sum->last_down,
                             .driver = driver,
                             .value = *value};
    return false;
}

bool
levers_apply(economics *e, const lever_effect *effects, size_t n, lever_breach *breach)
{
    lever_sum sums[ECONOMICS_DRIVERS];

    for (int d = 0; d < ECONOMICS_DRIVERS; d++)
        sums[d] = start_sum(e->driver[d]);
    for (size_t j = 0; j < n; j++)
        add_to_sum(&sums[effects[j].driver], effects[j].initiative, effects[j].delta);
    for (int d = 0; d < ECONOMICS_DRIVERS; d++) {
        if (!finish_sum(&sums[d], d, &e->driver[d], breach))
            return false;
    }
    return true;
}

void
levers_sum(const lever_effect *effects, size_t n, int n_initiatives, lever_initiatives *initiatives)
{
    memset(initiatives, 0, sizeof(*initiatives));
    initiatives->n = n_initiatives;
    for (size_t j = 0; j < n; j++)
        initiatives->delta[effects[j].initiative][effects[j].driver] += effects[j].delta;
}

/* The sum of the driver with every initiative that pushes it in the direction of the sign. */
static bool
extreme_in_domain(const economics *e, const lever_initiatives *initiatives, economics_driver driver, int sign,
                  lever_breach *breach)
{
    lever_sum sum = start_sum(e->driver[driver]);
    double value;

    for (int k = 0; k < initiatives->n; k++) {
        if (sign * initiatives->delta[k][driver] > 0)
            add_to_sum(&sum, k, initiatives->delta[k][driver]);
    }
    return finish_sum(&sum, driver, &value, breach);
}

static bool
combinations_in_domain(const economics *e, const lever_initiatives *initiatives, lever_breach *breach)
{
    for (int d = 0; d < ECONOMICS_DRIVERS; d++) {
        if (!extreme_in_domain(e, initiatives, d, -1, breach) ||
            !extreme_in_domain(e, initiatives, d, 1, breach))
            return false;
    }
    return true;
}

/* ---- combinations ---- */

typedef struct combinations {
    const lever_initiatives *initiatives;
    int nmoved;
    economics_driver moved[ECONOMICS_DRIVERS];   /* the drivers that some initiative moves */
    double first[ECONOMICS_DRIVERS][BLOCK];      /* drivers in the first block */
    double column[ECONOMICS_DRIVERS * BLOCK];    /* drivers in the present block */
    double shift[MAX_BLOCKS][ECONOMICS_DRIVERS]; /* what each block adds to the first */
    double value[BLOCK];                         /* lifetime values of the present block */
} combinations;

/* The first block: each initiative doubles the combinations before it. Where there are fewer, they repeat. */
static void
make_first_column(combinations *c, economics_driver driver, double present)
{
    double *x = c->first[driver];

    x[0] = present;
    for (int k = 0; k < BLOCK_INITIATIVES; k++) {
        double delta = k < c->initiatives->n ? c->initiatives->delta[k][driver] : 0;

        for (int s = 0; s < 1 << k; s++)
            x[s + (1 << k)] = x[s] + delta;
    }
}

/* Each initiative after the sixth doubles the blocks before it; returns how many there are. */
static int
make_shifts(combinations *c)
{
    int blocks = c->initiatives->n > BLOCK_INITIATIVES ? 1 << (c->initiatives->n - BLOCK_INITIATIVES) : 1;

    memset(c->shift[0], 0, sizeof(c->shift[0]));
    for (int k = 0; 1 << k < blocks; k++) {
        const double *delta = c->initiatives->delta[BLOCK_INITIATIVES + k];

        for (int b = 0; b < 1 << k; b++) {
            for (int d = 0; d < ECONOMICS_DRIVERS; d++)
                c->shift[b + (1 << k)][d] = c->shift[b][d] + delta[d];
        }
    }
    return blocks;
}

static int
prepare(combinations *c, const economics *e)
{
    c->nmoved = 0;
    for (int d = 0; d < ECONOMICS_DRIVERS; d++) {
        bool moved = false;

        for (int k = 0; k < c->initiatives->n; k++)
            moved |= c->initiatives->delta[k][d] != 0;
        if (moved) {
            c->moved[c->nmoved++] = d;
            make_first_column(c, d, e->driver[d]);
        } else {
            for (int s = 0; s < BLOCK; s++)
                c->column[d * BLOCK + s] = e->driver[d];
        }
    }
    return make_shifts(c);
}

/* What is outside the domain now is so by rounding alone. */
static void
shift_column(double *restrict column, const double *restrict first, double shift,
             const economics_domain *domain)
{
    double least = domain->open ? nextafter(domain->least, INFINITY) : domain->least, most = domain->most;

    for (int s = 0; s < BLOCK; s++) {
        double x = first[s] + shift;

        x = x < least ? least : x;
        column[s] = x > most ? most : x;
    }
}

/* The drivers of a block that differ from the block before. */
static void
fill_columns(combinations *c, int block)
{
    for (int j = 0; j < c->nmoved; j++) {
        economics_driver d = c->moved[j];

        if (block == 0 || c->shift[block][d] != c->shift[block - 1][d])
            shift_column(c->column + d * BLOCK, c->first[d], c->shift[block][d], &economics_domains[d]);
    }
}

/*
 * The block's values for i > 0, several at a time: economics_clv in the form that needs one division. Not finite where it
 * fails, or where parts of it go out of range.
 */
static void
evaluate_discounted(combinations *c)
{
    for (int s = 0; s < BLOCK; s++) {
        const double *x = c->column + s;
        double m = economics_formula_margin(x, BLOCK), l = economics_formula_loss(x, BLOCK);
        double i = x[ECONOMICS_DISCOUNT * BLOCK], w = x[ECONOMICS_WINBACK * BLOCK];
        double scale = 1 / (i * (i + l + w));
        double customer = m * ((1 + i) * (i + w) * scale) - x[ECONOMICS_WINBACK_COST * BLOCK] * (l * scale);

        c->value[s] = x[ECONOMICS_CONVERSION * BLOCK] * customer - x[ECONOMICS_ACQUISITION_COST * BLOCK];
    }
}

/* The block's values one by one, up to the first that there is not: its place, or BLOCK. */
static int
evaluate_singly(combinations *c, clm_status *status)
{
    *status = CLM_OK;
    for (int s = 0; s < BLOCK; s++) {
        economics e;

        for (int d = 0; d < ECONOMICS_DRIVERS; d++)
            e.driver[d] = c->column[d * BLOCK + s];
        *status = economics_clv(&e, &c->value[s]);
        if (*status != CLM_OK)
            return s;
    }
    return BLOCK;
}

static clm_status
evaluate_all(combinations *c, int blocks, bool singly, double *value, unsigned *combination)
{
    clm_status status = CLM_OK;

    for (int block = 0; block < blocks && status == CLM_OK; block++) {
        fill_columns(c, block);
        if (singly)
            *combination = block * BLOCK + evaluate_singly(c, &status);
        else
            evaluate_discounted(c);
        memcpy(value + block * BLOCK, c->value, sizeof(c->value));
    }
    return status;
}

/* ---- values ---- */

static clm_status
take_values(int n, const double *v, lever_values *values, unsigned *combination)
{
    unsigned all = (1u << n) - 1;

    *combination = all;
    values->joint = v[all] - v[0];
    for (int k = 0; k < n; k++)
        values->alone[k] = v[1u << k] - v[0];
    return isfinite(values->joint) ? shapley_values(n, v, values->shapley) : CLM_OVERFLOW;
}

static bool
always_discounted(const economics *e, const lever_initiatives *initiatives)
{
    double least = e->driver[ECONOMICS_DISCOUNT];

    for (int k = 0; k < initiatives->n; k++)
        least += fmin(initiatives->delta[k][ECONOMICS_DISCOUNT], 0);
    return least > 0;
}

clm_status
levers_value(const economics *e, const lever_initiatives *initiatives, lever_values *values,
             lever_failure *failure)
{
    combinations c;
    double v[SHAPLEY_MAX_COALITIONS];
    unsigned *combination = &failure->combination;
    clm_status status;
    int blocks;

    if (!combinations_in_domain(e, initiatives, &failure->breach))
        return CLM_DOMAIN;
    c.initiatives = initiatives;
    blocks = prepare(&c, e);
    if (always_discounted(e, initiatives)) {
        evaluate_all(&c, blocks, false, v, combination);
        if (take_values(initiatives->n, v, values, combination) == CLM_OK)
            return CLM_OK;
    }
    status = evaluate_all(&c, blocks, true, v, combination);
    if (status == CLM_DOMAIN) /* the domain has been checked: what is left is a sum that rounds to infinity */
        return CLM_OVERFLOW;
    return status == CLM_OK ? take_values(initiatives->n, v, values, combination) : status;
}
