/*
 * Maximum of a log-likelihood over positive and real parameters: quasi-Newton climbs from several starts (NLopt's
 * L-BFGS), then Newton steps, so that the result does not depend on where a climb happened to end.
 */
#include "maximise.h"

#include <math.h>
#include <string.h>

#include <nlopt.h>

#include "linalg.h"

/* Climbs end where a step gains less than this a customer: Newton's steps finish the work. */
#define CLIMB_GAIN 1e-9
#define CLIMB_EVALUATIONS 200
/* Central differences of the gradient, this far apart in theta: the errors are near 1e-8 of the result. */
#define DIFFERENCE 1e-4
#define NEWTON_STEPS 60
#define LONGEST_STEP 1.0
/* The information found within this distance of theta serves for the last step and the standard errors. */
#define NEAR 3e-7
/* A step is the last where it leaves less than this: a Newton step leaves about its length times the distance, itself
 * included, from where the information was found. */
#define LAST_ERROR 1e-12
/* A step shorter than this in standard errors is the last, too. */
#define LAST_STEP_IN_ERRORS 1e-6
/* A parameter known only within a factor of e^5 (one standard error) is not determined by the sample. */
#define LARGEST_LOG_ERROR 5.0
/* Part of its variance that a parameter must keep when the others are known. */
#define SMALLEST_PIVOT 1e-9

void
likelihood_params(const likelihood *f, const double *theta, double *params)
{
    for (int i = 0; i < f->nparams; i++)
        params[i] = i < f->npositive ? f->unit[i] * exp(theta[i]) : theta[i];
}

double
likelihood_log_prior(const likelihood *f, const double *theta)
{
    double squares = 0.0;

    if (f->prior == 0.0)
        return 0.0;
    for (int i = 0; i < f->nparams; i++) {
        double distance = (theta[i] - f->centre[i]) / f->prior;

        squares += distance * distance;
    }
    return -0.5 * squares;
}

static clm_status
evaluate_params(likelihood *f, int n, double params[][MAXIMISE_PARAMS], double *values,
                double gradients[][MAXIMISE_PARAMS])
{
    f->evaluations += n;
    if (f->evaluate_points != NULL)
        return f->evaluate_points(f->sample, n, params, values, gradients, f->stop);
    for (int i = 0; i < n; i++) {
        clm_status status = f->evaluate(f->sample, params[i], &values[i], gradients[i], f->stop);

        if (status != CLM_OK)
            return status;
    }
    return CLM_OK;
}

/* Values and gradients by theta at n <= MAXIMISE_POINTS points. */
static clm_status
evaluate_at(likelihood *f, int n, double thetas[][MAXIMISE_PARAMS], double *values,
            double gradients[][MAXIMISE_PARAMS])
{
    double params[MAXIMISE_POINTS][MAXIMISE_PARAMS];
    clm_status status;

    for (int p = 0; p < n; p++)
        likelihood_params(f, thetas[p], params[p]);
    status = evaluate_params(f, n, params, values, gradients);
    for (int p = 0; p < n && status == CLM_OK; p++) {
        for (int i = 0; i < f->npositive; i++)
            gradients[p][i] *= params[p][i];
        values[p] += likelihood_log_prior(f, thetas[p]);
        for (int i = 0; i < f->nparams && f->prior > 0.0; i++)
            gradients[p][i] -= (thetas[p][i] - f->centre[i]) / (f->prior * f->prior);
    }
    return status;
}

static clm_status
evaluate_one(likelihood *f, const double *theta, double *value, double *gradient)
{
    double thetas[1][MAXIMISE_PARAMS], gradients[1][MAXIMISE_PARAMS];
    clm_status status;

    memcpy(thetas[0], theta, (size_t)f->nparams * sizeof(*theta));
    status = evaluate_at(f, 1, thetas, value, gradients);
    if (status == CLM_OK)
        memcpy(gradient, gradients[0], (size_t)f->nparams * sizeof(*gradient));
    return status;
}

/* Must work end because of this status? Other errors only say that a point is no good. */
static bool
is_final(clm_status status)
{
    return status == CLM_STOPPED || status == CLM_NO_MEMORY;
}

/* Rows first, ..., first + n - 1 of minus the Hessian by central differences of the gradient. */
static clm_status
information_rows(likelihood *f, const double *theta, int first, int n, double *information)
{
    double moved[MAXIMISE_POINTS][MAXIMISE_PARAMS], gradients[MAXIMISE_POINTS][MAXIMISE_PARAMS];
    double values[MAXIMISE_POINTS];
    clm_status status;

    for (int i = 0; i < n; i++)
        for (int side = 0; side < 2; side++) {
            memcpy(moved[2 * i + side], theta, (size_t)f->nparams * sizeof(*theta));
            moved[2 * i + side][first + i] += side == 0 ? DIFFERENCE : -DIFFERENCE;
        }
    status = evaluate_at(f, 2 * n, moved, values, gradients);
    if (status != CLM_OK)
        return status;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < f->nparams; j++) {
            double second = (gradients[2 * i + 1][j] - gradients[2 * i][j]) / (2.0 * DIFFERENCE);

            if (!isfinite(second))
                return CLM_OVERFLOW;
            information[(first + i) * f->nparams + j] = second;
        }
    return CLM_OK;
}

static clm_status
information_at(likelihood *f, const double *theta, double *information)
{
    int n = f->nparams, most = MAXIMISE_POINTS / 2;

    for (int first = 0; first < n; first += most) {
        clm_status status =
            information_rows(f, theta, first, n - first < most ? n - first : most, information);

        if (status != CLM_OK)
            return status;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            information[i * n + j] = information[j * n + i] =
                0.5 * (information[i * n + j] + information[j * n + i]);
    return CLM_OK;
}

static double
largest(const double *v, int n)
{
    double norm = 0.0;

    for (int i = 0; i < n; i++)
        norm = fmax(norm, fabs(v[i]));
    return norm;
}

/* Where Newton's method stands. */
typedef struct newton {
    likelihood *f;
    optimum *o;
    double gradient[MAXIMISE_PARAMS];
    double distance; /* from where o->information was found; infinite if on another sample */
    double step[MAXIMISE_PARAMS];
    double gain;   /* twice what the step gains: the square of its length in standard errors */
    bool definite; /* is the information positive definite? */
} newton;

/* The step to the maximum of the quadratic model; where that has none, towards the gradient, by adding to the
 * diagonal (Levenberg 1944). */
static void
newton_step(newton *w)
{
    int n = w->f->nparams;
    double scale = 0.0, added = 0.0, length, l[MAXIMISE_PARAMS * MAXIMISE_PARAMS];

    for (int i = 0; i < n; i++)
        scale = fmax(scale, fabs(w->o->information[i * n + i]));
    scale = fmax(scale, 1e-12 * w->f->customers);
    w->definite = true;
    for (;;) {
        memcpy(l, w->o->information, (size_t)(n * n) * sizeof(*l));
        for (int i = 0; i < n; i++)
            l[i * n + i] += added;
        if (cholesky_factor(l, (size_t)n, 1e-13))
            break;
        w->definite = false;
        added = added == 0.0 ? 1e-6 * scale : 10.0 * added;
    }
    memcpy(w->step, w->gradient, (size_t)n * sizeof(*w->step));
    cholesky_solve(l, (size_t)n, w->step);
    w->gain = 0.0;
    for (int i = 0; i < n; i++)
        w->gain += w->gradient[i] * w->step[i];
    length = largest(w->step, n);
    for (int i = 0; i < n && length > LONGEST_STEP; i++)
        w->step[i] *= LONGEST_STEP / length;
}

/* Goes the step, or the first half, quarter ... of it that does not go down. *part is what was gone, 0 where
 * no part of the step goes up. */
static clm_status
newton_move(newton *w, double *part)
{
    int n = w->f->nparams;
    double rounding = 1e-12 * fabs(w->o->value);

    for (*part = 1.0; *part > 1e-3; *part *= 0.5) {
        double theta[MAXIMISE_PARAMS] = {0.0}, value, gradient[MAXIMISE_PARAMS];
        clm_status status;

        for (int i = 0; i < n; i++)
            theta[i] = w->o->theta[i] + *part * w->step[i];
        status = evaluate_one(w->f, theta, &value, gradient);
        if (is_final(status))
            return status;
        if (status == CLM_OK && value >= w->o->value - rounding) {
            memcpy(w->o->theta, theta, (size_t)n * sizeof(*theta));
            memcpy(w->gradient, gradient, (size_t)n * sizeof(*gradient));
            w->o->value = value;
            w->distance += *part * largest(w->step, n);
            return CLM_OK;
        }
    }
    *part = 0.0;
    return CLM_OK;
}

static clm_status
newton_renew_information(newton *w)
{
    w->distance = 0.0;
    return information_at(w->f, w->o->theta, w->o->information);
}

/* One round: a step, and new information where the old served badly or comes from too far. */
static clm_status
newton_round(newton *w, bool *done)
{
    int n = w->f->nparams;
    double before = largest(w->step, n), length, part;
    clm_status status = CLM_OK;

    newton_step(w);
    length = largest(w->step, n);
    if (w->distance > 0.0 &&
        (!w->definite || length > 0.3 * before || (length < NEAR && w->distance > NEAR))) {
        status = newton_renew_information(w);
        if (status != CLM_OK)
            return status;
        newton_step(w);
        length = largest(w->step, n);
    }
    if ((length * (length + w->distance) < LAST_ERROR ||
         w->gain < LAST_STEP_IN_ERRORS * LAST_STEP_IN_ERRORS) &&
        w->distance <= NEAR) {
        *done = true;
        for (int i = 0; i < n; i++)
            w->o->theta[i] += w->step[i];
        return w->definite ? CLM_OK : CLM_FIT_HESSIAN;
    }
    status = newton_move(w, &part);
    if (status != CLM_OK)
        return status;
    if (largest(w->o->theta, n) >= log(MAXIMISE_BOX))
        return CLM_FIT_BORDER;
    if (part == 0.0 && w->distance == 0.0)
        return CLM_FIT_NOT_CONVERGED;
    if (part == 0.0)
        return newton_renew_information(w);
    return CLM_OK;
}

static clm_status
newton_refine(likelihood *f, optimum *o, double distance)
{
    newton w = {.f = f, .o = o, .distance = distance};
    clm_status status = evaluate_one(f, o->theta, &o->value, w.gradient);
    bool done = false;

    if (status == CLM_OK && largest(o->theta, f->nparams) >= log(MAXIMISE_BOX))
        status = CLM_FIT_BORDER;
    if (status == CLM_OK && distance == 0.0)
        status = newton_renew_information(&w);
    for (int i = 0; i < f->nparams; i++)
        w.step[i] = 10.0 * LONGEST_STEP;
    for (int round = 0; round < NEWTON_STEPS && status == CLM_OK && !done; round++)
        status = newton_round(&w, &done);
    if (status != CLM_OK || done)
        return status;
    /* Steps that stay long run along a ridge that has no top. */
    return largest(w.step, f->nparams) > 0.01 ? CLM_FIT_BORDER : CLM_FIT_NOT_CONVERGED;
}

/* One climb: the best point so far, and why the climb was broken off. */
typedef struct climb {
    likelihood *f;
    nlopt_opt opt;
    clm_status status;
    bool found;
    double lowest;
    optimum top;
} climb;

/* NLopt's objective: the log-likelihood a customer. */
static double
climb_objective(unsigned n, const double *theta, double *gradient, void *data)
{
    climb *c = data;
    double value, by_theta[MAXIMISE_PARAMS];
    clm_status status = c->status; /* NLopt may ask on for a while after it was told to stop */

    if (status == CLM_OK)
        status = evaluate_one(c->f, theta, &value, by_theta);
    if (status != CLM_OK) {
        if (is_final(status)) {
            c->status = status;
            nlopt_force_stop(c->opt);
        }
        /* NLopt wants a number: no better than the worst seen. */
        if (gradient != NULL)
            memset(gradient, 0, n * sizeof(*gradient));
        return c->lowest - 1.0;
    }
    for (unsigned i = 0; i < n && gradient != NULL; i++)
        gradient[i] = by_theta[i] / c->f->customers;
    if (!c->found || value > c->top.value) {
        memcpy(c->top.theta, theta, n * sizeof(*theta));
        c->top.value = value;
        c->found = true;
    }
    value /= c->f->customers;
    c->lowest = fmin(c->lowest, value);
    return value;
}

/* Climbs from c->top.theta. NLopt's own verdict is of no interest beyond memory: the best point counts. */
static clm_status
climb_run(climb *c)
{
    unsigned n = (unsigned)c->f->nparams;
    double theta[MAXIMISE_PARAMS], mean;
    nlopt_result result;

    memcpy(theta, c->top.theta, sizeof(theta));
    c->opt = nlopt_create(NLOPT_LD_LBFGS, n);
    if (c->opt == NULL)
        return CLM_NO_MEMORY;
    if (nlopt_set_max_objective(c->opt, climb_objective, c) < 0 ||
        nlopt_set_lower_bounds1(c->opt, -log(MAXIMISE_BOX)) < 0 ||
        nlopt_set_upper_bounds1(c->opt, log(MAXIMISE_BOX)) < 0 ||
        nlopt_set_ftol_abs(c->opt, CLIMB_GAIN) < 0 || nlopt_set_maxeval(c->opt, CLIMB_EVALUATIONS) < 0)
        result = NLOPT_OUT_OF_MEMORY;
    else
        result = nlopt_optimize(c->opt, theta, &mean);
    nlopt_destroy(c->opt);
    if (c->status == CLM_OK && result == NLOPT_OUT_OF_MEMORY)
        c->status = CLM_NO_MEMORY;
    return c->status;
}

clm_status
maximise(likelihood *f, int n_starts, double starts[][MAXIMISE_PARAMS], optimum *best)
{
    bool found = false;

    for (int s = 0; s < n_starts; s++) {
        climb c = {.f = f};
        clm_status status;

        for (int i = 0; i < f->nparams; i++)
            c.top.theta[i] = fmax(fmin(starts[s][i], log(MAXIMISE_BOX)), -log(MAXIMISE_BOX));
        status = climb_run(&c);
        if (status != CLM_OK)
            return status;
        if (c.found && (!found || c.top.value > best->value)) {
            *best = c.top;
            found = true;
        }
    }
    return found ? newton_refine(f, best, 0.0) : CLM_OVERFLOW;
}

clm_status
maximise_refine(likelihood *f, optimum *o)
{
    return newton_refine(f, o, INFINITY);
}

clm_status
optimum_covariance(const likelihood *f, const optimum *o, double *covariance)
{
    size_t n = (size_t)f->nparams;
    double l[MAXIMISE_PARAMS * MAXIMISE_PARAMS];

    memcpy(l, o->information, n * n * sizeof(*l));
    if (!cholesky_factor(l, n, SMALLEST_PIVOT))
        return CLM_FIT_HESSIAN;
    cholesky_inverse(l, n, covariance);
    for (size_t i = 0; i < n; i++)
        if (!(covariance[i * n + i] < LARGEST_LOG_ERROR * LARGEST_LOG_ERROR))
            return CLM_FIT_HESSIAN;
    return CLM_OK;
}

clm_status
optimum_standard_errors(const likelihood *f, const optimum *o, double *se)
{
    int n = f->nparams;
    double params[MAXIMISE_PARAMS], covariance[MAXIMISE_PARAMS * MAXIMISE_PARAMS];
    clm_status status = optimum_covariance(f, o, covariance);

    if (status != CLM_OK)
        return status;
    likelihood_params(f, o->theta, params);
    for (int i = 0; i < n; i++)
        se[i] = sqrt(covariance[i * n + i]) * (i < f->npositive ? params[i] : 1.0);
    return CLM_OK;
}
