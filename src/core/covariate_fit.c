/*
 * Fits with covariates.
 *
 * Customers with the same covariates have the same parameters: they form one sample, of which the family gives
 * likelihood and gradient, and the chain rule the derivatives by the effects. The optimiser sees covariates that
 * are centred and scaled; the results are moved back to z = 0.
 */
#include "covariate_fit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compensated.h"
#include "linalg.h"

#define FEW_CUSTOMERS 5000
#define COLLINEAR 1e-9 /* part of its variance that a covariate must keep when those before are known */

/* A customer on the way into the samples. */
typedef struct sorted_customer {
    const double *z;
    size_t size; /* of z in bytes */
    customer_group group;
} sorted_customer;

/* Any total order of the covariates will do. */
static inline bool
z_less(const sorted_customer *a, const sorted_customer *b)
{
    return memcmp(a->z, b->z, a->size) < 0;
}

#define SORT_NAME sort_by_z
#define SORT_TYPE sorted_customer
#define SORT_LESS(a, b) z_less(a, b)
#include "sort.h"

/* Customers with the same covariates. */
typedef struct covariate_cell {
    double z[CLM_MAX_COVARIATES]; /* centred and scaled */
    customer_sample sample;
} covariate_cell;

typedef struct covariate_problem {
    const customer_family *family;
    int ncovariates;
    customer_group *groups; /* of all cells, one after another */
    covariate_cell *cells;
    size_t n_cells;
    double unit; /* of time */
    /* Largest size of each covariate, and in units of it mean and standard deviation. */
    double most[CLM_MAX_COVARIATES], mean[CLM_MAX_COVARIATES], scale[CLM_MAX_COVARIATES];
} covariate_problem;

/* ---- parameters ---- */

/* Exponents of a customer's factors of the scale of purchase and of drop-out. */
typedef struct linear_effects {
    double purchase, dropout;
} linear_effects;

static linear_effects
effects_at(int n, const double *effects, const double *z)
{
    linear_effects sum = {0.0, 0.0};

    for (int j = 0; j < n; j++) {
        sum.purchase += effects[j] * z[j];
        sum.dropout += effects[n + j] * z[j];
    }
    return sum;
}

/* The logarithm of what parameter i is multiplied by. */
static double
log_factor(const customer_family *family, int i, const linear_effects *e)
{
    return family->purchase_power[i] * e->purchase + family->dropout_power[i] * e->dropout;
}

clm_status
covariate_params(const customer_family *family, const double *params, int ncovariates, const double *effects,
                 const double *z, double *own)
{
    linear_effects e = effects_at(ncovariates, effects, z);

    if (family->purchase_power == NULL)
        return CLM_DOMAIN;
    for (int i = 0; i < family->nparams; i++)
        own[i] = params[i] * exp(log_factor(family, i, &e));
    return family->valid(own) ? CLM_OK : CLM_OVERFLOW;
}

/* ---- likelihood ---- */

/* Adds one cell to value and gradient. */
static clm_status
add_cell(const covariate_problem *p, const covariate_cell *cell, const double *params, compensated_sum *total,
         const clm_stop *stop)
{
    const customer_family *family = p->family;
    int n = family->nparams, nz = p->ncovariates;
    linear_effects e = effects_at(nz, params + n, cell->z);
    double own[CLM_MAX_PARAMS], gradient[CLM_MAX_PARAMS], value, by_purchase = 0.0, by_dropout = 0.0;
    clm_status status = covariate_params(family, params, nz, params + n, cell->z, own);

    if (status == CLM_OK)
        status = family->log_likelihood(&cell->sample, own, &value, gradient, stop);
    if (status != CLM_OK)
        return status;
    compensated_add(&total[0], value);
    for (int i = 0; i < n; i++) {
        double by_log = gradient[i] * own[i];

        compensated_add(&total[1 + i], gradient[i] * exp(log_factor(family, i, &e)));
        by_purchase += family->purchase_power[i] * by_log;
        by_dropout += family->dropout_power[i] * by_log;
    }
    for (int j = 0; j < nz; j++) {
        compensated_add(&total[1 + n + j], by_purchase * cell->z[j]);
        compensated_add(&total[1 + n + nz + j], by_dropout * cell->z[j]);
    }
    return CLM_OK;
}

static clm_status
evaluate_cells(const void *data, const double *params, double *value, double *gradient, const clm_stop *stop)
{
    const covariate_problem *p = data;
    int n = p->family->nparams + 2 * p->ncovariates;
    compensated_sum total[1 + MAXIMISE_PARAMS] = {{0.0, 0.0}};

    for (size_t c = 0; c < p->n_cells; c++) {
        clm_status status = add_cell(p, &p->cells[c], params, total, stop);

        if (status != CLM_OK)
            return status;
    }
    *value = compensated_value(&total[0]);
    for (int i = 0; i < n; i++) {
        gradient[i] = compensated_value(&total[1 + i]);
        if (!isfinite(gradient[i]))
            return CLM_OVERFLOW;
    }
    return isfinite(*value) ? CLM_OK : CLM_OVERFLOW;
}

/* ---- cells ---- */

/* Largest size, mean and standard deviation of covariate j over customers. */
static void
find_scale(const covariate_data *data, covariate_problem *p, int j)
{
    compensated_sum sum = {0.0, 0.0}, squares = {0.0, 0.0};
    const double *z = data->z + j;
    size_t nz = (size_t)data->ncovariates;
    double customers = 0.0;

    p->most[j] = DBL_MIN;
    for (size_t i = 0; i < data->n; i++)
        p->most[j] = fmax(p->most[j], fabs(z[i * nz]));
    for (size_t i = 0; i < data->n; i++) {
        compensated_add(&sum, (double)data->groups[i].weight * (z[i * nz] / p->most[j]));
        customers += (double)data->groups[i].weight;
    }
    p->mean[j] = compensated_value(&sum) / customers;
    for (size_t i = 0; i < data->n; i++) {
        double d = z[i * nz] / p->most[j] - p->mean[j];

        compensated_add(&squares, (double)data->groups[i].weight * d * d);
    }
    p->scale[j] = sqrt(compensated_value(&squares) / customers);
}

static double
scaled_z(const covariate_problem *p, const double *z, int j)
{
    return (z[j] / p->most[j] - p->mean[j]) / p->scale[j];
}

/* CLM_FIT_CONSTANT or CLM_FIT_COLLINEAR where a covariate is constant, or those before determine it. */
static clm_status
check_covariates(const covariate_data *data, const covariate_problem *p, int *culprit)
{
    size_t nz = (size_t)p->ncovariates;
    double correlation[CLM_MAX_COVARIATES * CLM_MAX_COVARIATES] = {0.0}, customers = 0.0;

    for (*culprit = 0; *culprit < p->ncovariates; (*culprit)++)
        if (!(p->scale[*culprit] > 1e-12 * fabs(p->mean[*culprit])))
            return CLM_FIT_CONSTANT;
    for (size_t i = 0; i < data->n; i++) {
        double weight = (double)data->groups[i].weight;

        customers += weight;
        for (size_t j = 0; j < nz; j++)
            for (size_t k = 0; k <= j; k++)
                correlation[j * nz + k] +=
                    weight * scaled_z(p, data->z + i * nz, (int)j) * scaled_z(p, data->z + i * nz, (int)k);
    }
    for (size_t n = 2; n <= nz; n++) {
        double leading[CLM_MAX_COVARIATES * CLM_MAX_COVARIATES];

        for (size_t j = 0; j < n; j++)
            for (size_t k = 0; k <= j; k++)
                leading[j * n + k] = correlation[j * nz + k] / customers;
        *culprit = (int)n - 1;
        if (!cholesky_factor(leading, n, COLLINEAR))
            return CLM_FIT_COLLINEAR;
    }
    return CLM_OK;
}

/* Sorts the customers by covariates into p->groups, with times in units. */
static clm_status
sort_customers(const covariate_data *data, covariate_problem *p, sorted_customer *sorted,
               const clm_stop *stop)
{
    clm_status status;

    for (size_t i = 0; i < data->n; i++)
        sorted[i] = (sorted_customer){data->z + i * (size_t)p->ncovariates,
                                      (size_t)p->ncovariates * sizeof(double), data->groups[i]};
    status = sort_by_z_alone(sorted, data->n, stop);
    if (status != CLM_OK)
        return status;
    for (size_t i = 0; i < data->n; i++)
        p->groups[i] = sorted[i].group;
    return CLM_OK;
}

/* The cell of the customers first .. first + n - 1 of p->groups. */
static clm_status
build_cell(covariate_problem *p, const double *z, size_t first, size_t n, const clm_stop *stop)
{
    covariate_cell *cell = &p->cells[p->n_cells];
    clm_status status = customer_groups_merge(p->groups + first, &n, stop);

    for (int j = 0; j < p->ncovariates; j++)
        cell->z[j] = scaled_z(p, z, j);
    if (status == CLM_OK)
        status = customer_sample_build(p->groups + first, n, stop, &cell->sample);
    if (status == CLM_OK)
        p->n_cells++;
    return status;
}

static clm_status
build_sorted_cells(const covariate_data *data, covariate_problem *p, sorted_customer *sorted,
                   const clm_stop *stop)
{
    clm_status status = sort_customers(data, p, sorted, stop);
    size_t end, cells = 0;

    for (size_t i = 0; i < data->n; i++)
        cells += i == 0 || z_less(&sorted[i - 1], &sorted[i]);
    p->cells = malloc((cells + 1) * sizeof(*p->cells));
    if (p->cells == NULL)
        return CLM_NO_MEMORY;
    for (size_t i = 0; i < data->n && status == CLM_OK; i = end) {
        for (end = i + 1; end < data->n && !z_less(&sorted[i], &sorted[end]); end++)
            ;
        status = build_cell(p, sorted[i].z, i, end - i, stop);
    }
    return status;
}

static clm_status
build_cells(const covariate_data *data, covariate_problem *p, const clm_stop *stop)
{
    sorted_customer *sorted = malloc(data->n * sizeof(*sorted));
    clm_status status = CLM_NO_MEMORY;

    p->groups = malloc(data->n * sizeof(*p->groups));
    if (sorted != NULL && p->groups != NULL)
        status = build_sorted_cells(data, p, sorted, stop);
    free(sorted);
    return status;
}

static void
free_cells(covariate_problem *p)
{
    for (size_t c = 0; c < p->n_cells; c++)
        customer_sample_free(&p->cells[c].sample);
    free(p->cells);
    free(p->groups);
}

/* ---- the fit ---- */

/* Covariance of the results, n x n, from that of theta: the parameters are moved from mean covariates to z = 0,
 * the effects scaled back. */
static void
move_to_zero(const covariate_problem *p, const double *theta, double *moved, double *jacobian)
{
    const customer_family *family = p->family;
    int np = family->nparams, nz = p->ncovariates, n = np + 2 * nz;

    memset(jacobian, 0, (size_t)(n * n) * sizeof(*jacobian));
    for (int i = 0; i < np; i++) {
        jacobian[i * n + i] = 1.0;
        for (int j = 0; j < nz; j++) {
            double shift = -p->mean[j] / p->scale[j];

            jacobian[i * n + np + j] = family->purchase_power[i] * shift;
            jacobian[i * n + np + nz + j] = family->dropout_power[i] * shift;
        }
    }
    for (int j = 0; j < 2 * nz; j++)
        jacobian[(np + j) * n + np + j] = 1.0 / p->scale[j % nz] / p->most[j % nz];
    for (int i = 0; i < n; i++) {
        moved[i] = 0.0;
        for (int j = 0; j < n; j++)
            moved[i] += jacobian[i * n + j] * theta[j];
    }
}

/* Standard error of sum_j row[j] theta[j]. */
static double
error_of(const double *row, const double *covariance, int n)
{
    double variance = 0.0, most = 0.0;

    for (int i = 0; i < n; i++)
        most = fmax(most, fabs(row[i]));
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            variance += row[i] / most * covariance[i * n + j] * (row[j] / most);
    return most * sqrt(fmax(variance, 0.0));
}

static clm_status
fill_covariate_fit(const covariate_problem *p, const likelihood *f, const optimum *o, model_fit *fit)
{
    int np = p->family->nparams, n = f->nparams;
    double moved[MAXIMISE_PARAMS], jacobian[MAXIMISE_PARAMS * MAXIMISE_PARAMS];
    double covariance[MAXIMISE_PARAMS * MAXIMISE_PARAMS];
    clm_status status = optimum_covariance(f, o, covariance);

    if (status != CLM_OK)
        return status;
    move_to_zero(p, o->theta, moved, jacobian);
    *fit = (model_fit){.nparams = np,
                       .ncovariates = p->ncovariates,
                       .log_likelihood = o->value - likelihood_log_prior(f, o->theta),
                       .customers = (int64_t)f->customers,
                       .evaluations = f->evaluations};
    for (int i = 0; i < n; i++) {
        double error = error_of(&jacobian[i * n], covariance, n);

        if (i < np) {
            fit->params[i] = f->unit[i] * exp(moved[i]);
            fit->se[i] = fit->params[i] * error;
        } else {
            fit->effects[i - np] = moved[i];
            fit->effects_se[i - np] = error;
        }
        if (!isfinite(moved[i]) || !isfinite(error))
            return CLM_FIT_FAR;
    }
    return p->family->valid(fit->params) ? CLM_OK : CLM_FIT_FAR;
}

/* Starting points: those of the family without effects, the fit without covariates first, where it exists. */
static clm_status
find_starts(const covariate_problem *p, const covariate_data *data, double prior, const clm_stop *stop,
            double starts[][MAXIMISE_PARAMS], int *n_starts, double *centre)
{
    customer_data plain = {.groups = malloc(data->n * sizeof(*plain.groups)), .n = data->n};
    customer_sample sample;
    model_fit fit;
    clm_status status;

    if (plain.groups == NULL)
        return CLM_NO_MEMORY;
    memcpy(plain.groups, data->groups, data->n * sizeof(*plain.groups));
    status = fit_customer_family(p->family, &plain, prior, stop, &fit);
    if (status == CLM_OK)
        for (int i = 0; i < fit.nparams; i++)
            starts[0][i] = log(fit.params[i] / pow(p->unit, p->family->time_power[i]));
    *n_starts = status == CLM_OK ? 1 : 0;
    if (status != CLM_STOPPED && status != CLM_NO_MEMORY && status != CLM_FIT_TOO_FEW &&
        status != CLM_FIT_NO_REPEAT) {
        status = customer_sample_build(plain.groups, plain.n, stop, &sample);
        if (status == CLM_OK) {
            customer_moments moments = customer_sample_moments(&sample, p->unit);
            int n = fit_starts(p->family, &moments, starts + *n_starts);

            memcpy(centre, starts[*n_starts], MAXIMISE_PARAMS * sizeof(*centre));
            *n_starts += n;
            customer_sample_free(&sample);
        }
    }
    free(plain.groups);
    return status;
}

static likelihood
cells_likelihood(const covariate_problem *p, double prior, const clm_stop *stop)
{
    int np = p->family->nparams;
    likelihood f = {.nparams = np + 2 * p->ncovariates,
                    .npositive = np,
                    .prior = prior,
                    .evaluate = evaluate_cells,
                    .sample = p,
                    .stop = stop};

    for (size_t c = 0; c < p->n_cells; c++)
        f.customers += p->cells[c].sample.customers;
    for (int i = 0; i < np; i++)
        f.unit[i] = pow(p->unit, p->family->time_power[i]);
    return f;
}

/* Fits to the cells of p, by way of those of a part of the customers where that is not NULL. */
static clm_status
fit_cells(const covariate_problem *p, const covariate_problem *part, const covariate_data *data, double prior,
          const clm_stop *stop, model_fit *fit)
{
    double starts[1 + FIT_STARTS][MAXIMISE_PARAMS] = {{0.0}};
    likelihood whole = cells_likelihood(p, prior, stop), few;
    optimum o = {0};
    int n_starts;
    clm_status status = find_starts(p, data, prior, stop, starts, &n_starts, whole.centre);

    if (status != CLM_OK)
        return status;
    if (part != NULL) {
        few = cells_likelihood(part, prior, stop);
        memcpy(few.centre, whole.centre, sizeof(few.centre));
    }
    status = maximise_by_part(&whole, part != NULL ? &few : NULL, n_starts, starts, &o);
    return status == CLM_OK ? fill_covariate_fit(p, &whole, &o, fit) : status;
}

/* Every so many customers of a large sample; the arrays are the caller's to free. */
static clm_status
thin_data(const covariate_data *all, covariate_data *few)
{
    size_t nz = (size_t)all->ncovariates, step = all->n / FEW_CUSTOMERS + 1, n = all->n / step;
    customer_group *groups = malloc(n * sizeof(*groups));
    double *z = malloc(n * nz * sizeof(*z));

    *few = (covariate_data){all->ncovariates, n, groups, z};
    if (groups == NULL || z == NULL)
        return CLM_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        groups[i] = all->groups[i * step];
        memcpy(z + i * nz, all->z + i * step * nz, nz * sizeof(*z));
    }
    return CLM_OK;
}

/* Fits with the scales known; climbing from several starts happens on a part of a large sample. */
static clm_status
fit_scaled(covariate_problem *p, const covariate_data *data, double prior, const clm_stop *stop,
           model_fit *fit)
{
    covariate_problem part = *p;
    covariate_data few = {0};
    bool large = data->n > FEW_CUSTOMERS;
    clm_status status = build_cells(data, p, stop);

    if (status == CLM_OK && large)
        status = thin_data(data, &few);
    if (status == CLM_OK && large)
        status = build_cells(&few, &part, stop);
    if (status == CLM_OK)
        status = fit_cells(p, large ? &part : NULL, data, prior, stop, fit);
    free_cells(&part);
    free_cells(p);
    free(few.groups);
    free((void *)few.z);
    return status;
}

clm_status
fit_with_covariates(const customer_family *family, const covariate_data *data, double prior,
                    const clm_stop *stop, model_fit *fit, int *culprit)
{
    covariate_problem p = {.family = family, .ncovariates = data->ncovariates};
    clm_status status;

    if (family->purchase_power == NULL || data->ncovariates < 1 || data->ncovariates > CLM_MAX_COVARIATES)
        return CLM_DOMAIN;
    if (data->n == 0)
        return CLM_FIT_TOO_FEW;
    for (int j = 0; j < p.ncovariates; j++)
        find_scale(data, &p, j);
    status = check_covariates(data, &p, culprit);
    if (status != CLM_OK)
        return status;
    for (size_t i = 0; i < data->n; i++)
        p.unit = fmax(p.unit, data->groups[i].of.t);
    return p.unit == 0.0 ? CLM_FIT_BORDER : fit_scaled(&p, data, prior, stop, fit);
}
