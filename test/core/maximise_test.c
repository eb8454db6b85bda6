/*
 * The optimiser on functions whose maximum is known, and on those that have none: what it finds, and what it says.
 */
#include "core/maximise.h"
#include "tap.h"

#include <string.h>

/* Functions of two thetas with their gradients; NaN where they are to fail. */
typedef double (*function)(const double *theta, double *gradient);

/* Highest at (0.5, -1), as a normal density with correlation is. */
static double
hill(const double *theta, double *gradient)
{
    double x = theta[0] - 0.5, y = theta[1] + 1.0;

    gradient[0] = -100.0 * (2.0 * x - y);
    gradient[1] = -100.0 * (2.0 * y - x);
    return -100.0 * (x * x + y * y - x * y);
}

/* Steep on its flanks, where a Newton step goes too far: highest at (2, 2). */
static double
peak(const double *theta, double *gradient)
{
    double value = 0.0;

    for (int i = 0; i < 2; i++) {
        double x = theta[i] - 2.0, root = sqrt(1.0 + 100.0 * x * x);

        gradient[i] = -1000.0 * x / root;
        value -= 10.0 * root;
    }
    return value;
}

static double
plain(const double *theta, double *gradient)
{
    gradient[0] = gradient[1] = 0.0;
    return 1.0;
}

/* Known in one direction only. */
static double
ridge(const double *theta, double *gradient)
{
    double x = theta[0] - theta[1];

    gradient[0] = -200.0 * x;
    gradient[1] = 200.0 * x;
    return -100.0 * x * x;
}

static double
slope(const double *theta, double *gradient)
{
    gradient[0] = 100.0;
    gradient[1] = -200.0 * theta[1];
    return 100.0 * theta[0] - 100.0 * theta[1] * theta[1];
}

static double
nowhere(const double *theta, double *gradient)
{
    gradient[0] = gradient[1] = NAN;
    return NAN;
}

/* A gradient that points away from the top. */
static double
lie(const double *theta, double *gradient)
{
    double value = hill(theta, gradient);

    gradient[0] = -gradient[0] + 3.0;
    gradient[1] = -gradient[1] + 3.0;
    return value;
}

/* A hill whose gradient leaves the range beside the top. */
static double
torn(const double *theta, double *gradient)
{
    double value = hill(theta, gradient);

    if (theta[0] > 0.5 && theta[0] < 0.50011)
        gradient[0] = INFINITY;
    return value;
}

static clm_status
evaluate(const void *sample, const double *params, double *value, double *gradient, const clm_stop *stop)
{
    (void)stop;
    *value = (*(const function *)sample)(params, gradient);
    return isfinite(*value) ? CLM_OK : CLM_OVERFLOW;
}

/* Both parameters are real ones: they are the thetas. */
static likelihood
likelihood_of(const function *f)
{
    return (likelihood){.nparams = 2, .evaluate = evaluate, .sample = f, .customers = 100.0};
}

static clm_status
maximum_of(function f, double x, double y, optimum *o)
{
    likelihood l = likelihood_of(&f);
    double starts[1][MAXIMISE_PARAMS] = {{x, y}};

    return maximise(&l, 1, starts, o);
}

static void
test_maximum(void)
{
    double se[2];
    function f = hill;
    likelihood l = likelihood_of(&f);
    optimum o;

    ok(maximum_of(hill, 3.0, 4.0, &o) == CLM_OK, "a hill");
    is_close(o.theta[0], 0.5, 1e-10, 0, "its top");
    is_close(o.theta[1], -1.0, 1e-10, 0, "its top");
    is_close(o.information[1], -100.0, 1e-7, 0, "its curvature");
    ok(optimum_standard_errors(&l, &o, se) == CLM_OK, "its standard errors");
    is_close(se[0], sqrt(2.0 / 300.0), 1e-7, 0, "are those of the inverse of 100 (2, -1; -1, 2)");
    ok(maximum_of(peak, -5.0, 9.0, &o) == CLM_OK, "a peak");
    is_close(o.theta[0], 2.0, 0, 1e-9, "its top");
}

/* A part of the sample had its top at `x`: from there the whole is refined. */
static void
test_refine(function f, double x, double top, const char *name)
{
    likelihood l = likelihood_of(&f);
    optimum o = {.theta = {x, x}, .information = {1000.0, 0.0, 0.0, 1000.0}};

    ok(maximise_refine(&l, &o) == CLM_OK, "%s from afar", name);
    is_close(o.theta[0], top, 0, 1e-9, "its top");
}

static void
test_no_maximum(void)
{
    function f = lie;
    likelihood l = likelihood_of(&f);
    optimum o = {.theta = {0.5, -1.0}, .information = {1.0, 0.0, 0.0, 1.0}};

    ok(maximum_of(nowhere, 0.0, 0.0, &o) == CLM_OVERFLOW, "a function that is nowhere finite");
    ok(maximum_of(slope, 0.0, 0.0, &o) == CLM_FIT_BORDER, "a slope without end");
    ok(maximum_of(plain, 0.0, 0.0, &o) == CLM_FIT_HESSIAN, "a plain");
    ok(maximum_of(ridge, 1.0, 0.0, &o) != CLM_OK ||
           optimum_standard_errors(&l, &o, (double[2]){0}) == CLM_FIT_HESSIAN,
       "a level ridge");
    ok(maximum_of(torn, 0.5, -1.0, &o) == CLM_OVERFLOW, "a gradient that is not finite beside the top");
    o = (optimum){.theta = {0.5, -1.0}, .information = {1.0, 0.0, 0.0, 1.0}};
    ok(maximise_refine(&l, &o) == CLM_FIT_NOT_CONVERGED, "a gradient that leads away from the top");
}

int
main(void)
{
    test_maximum();
    test_refine(hill, 6.0, 0.5, "a hill");
    test_refine(peak, -9.0, 2.0, "a peak");
    test_no_maximum();
    return done_testing();
}
