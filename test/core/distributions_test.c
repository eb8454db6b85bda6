/*
 * Unit tests of core/distributions: against values with many digits, closed forms, printed tables.
 */
#include "core/distributions.h"

#include <float.h>

#include "distributions_values.h"
#include "tap.h"

#define LENGTH(array) ((int)(sizeof(array) / sizeof((array)[0])))

static void
test_values(void)
{
    char name[80];

    for (int i = 0; i < LENGTH(normal_tails); i++) {
        snprintf(name, sizeof(name), "P(Z > %g)", normal_tails[i].z);
        is_close(normal_tail(normal_tails[i].z), normal_tails[i].tail, 1e-13, 0, name);
    }
    for (int i = 0; i < LENGTH(normal_quantiles); i++) {
        snprintf(name, sizeof(name), "normal quantile of %g", normal_quantiles[i].tail);
        is_close(normal_quantile(normal_quantiles[i].tail), normal_quantiles[i].z, 2e-15, 1e-15, name);
    }
    for (int i = 0; i < LENGTH(student_tails); i++) {
        const student_value *v = &student_tails[i];

        snprintf(name, sizeof(name), "P(T > %g), %g degrees of freedom", v->t, v->df);
        is_close(student_tail(v->t, v->df), v->tail, v->tail > 1e-100 ? 1e-13 : 3e-13, 0, name);
    }
    for (int i = 0; i < LENGTH(student_quantiles); i++) {
        const student_value *v = &student_quantiles[i];

        snprintf(name, sizeof(name), "t quantile of %g, %g degrees of freedom", v->tail, v->df);
        is_close(student_quantile(v->tail, v->df), v->t, 2e-14, 0, name);
    }
}

/* Accuracy falls with the degrees of freedom, since logarithms of that size cancel. */
static void
test_tails_of_sums(void)
{
    char name[80];

    for (int i = 0; i < LENGTH(chi_square_tails); i++) {
        const chi_square_value *v = &chi_square_tails[i];

        snprintf(name, sizeof(name), "P(X > %g), %g degrees of freedom", v->x, v->df);
        is_close(chi_square_tail(v->x, v->df), v->tail, fmax(2e-13, 5e-15 * v->df), 1e-300, name);
    }
    for (int i = 0; i < LENGTH(f_tails); i++) {
        const f_value *v = &f_tails[i];

        snprintf(name, sizeof(name), "P(F > %g), %g and %g degrees of freedom", v->f, v->df1, v->df2);
        is_close(f_tail(v->f, v->df1, v->df2), v->tail, v->df1 + v->df2 > 200 ? 1e-12 : 2e-13, 0, name);
    }
    ok(chi_square_tail(0, 11) == 1 && chi_square_tail(INFINITY, 11) == 0 && chi_square_tail(1e308, 3) == 0 &&
           f_tail(0, 11, 9) == 1 && f_tail(INFINITY, 11, 9) == 0 && f_tail(1e308, 11, 9) < 1e-300,
       "chi-square and F from 0 to infinity");
}

/* The square of a normal number, the sum of two exponential ones, the square of Student's t. */
static void
test_relations(void)
{
    bool one = true, two = true, student = true;

    for (double x = 1e-3; x < 1300; x *= 1.3) {
        one = one && fabs(chi_square_tail(x, 1) / (2 * normal_tail(sqrt(x))) - 1) < 1e-12;
        two = two && fabs(chi_square_tail(x, 2) / exp(-x / 2) - 1) < 1e-12;
        student = student && fabs(f_tail(x, 1, 9) / (2 * student_tail(sqrt(x), 9)) - 1) < 1e-12;
    }
    ok(one, "chi-square with one degree of freedom: the square of a normal number");
    ok(two, "chi-square with two: exponential");
    ok(student, "F with one and nine: the square of Student's t");
}

/* One degree of freedom is Cauchy's distribution; two have a closed form as well. */
static void
test_closed_forms(void)
{
    const double pi = 3.14159265358979323846;
    bool one = true, two = true, mirrored = true;

    for (double t = 1e-3; t < 1e100; t *= 1.7) {
        double root = sqrt(2 + t * t);

        one = one && fabs(student_tail(t, 1) / (atan(1 / t) / pi) - 1) < 5e-14;
        two = two && fabs(student_tail(t, 2) * root * (root + t) - 1) < 5e-14;
        mirrored = mirrored && fabs(student_tail(t, 7.5) + student_tail(-t, 7.5) - 1) < 1e-15;
    }
    ok(one, "one degree of freedom: arctangent, over 100 powers of ten");
    ok(two, "two degrees of freedom: 1/(root (root + t)), root^2 = 2 + t^2");
    ok(mirrored, "both sides add up to 1");
}

static void
test_round_trips(void)
{
    const double df[] = {0.99999, 1, 1.7, 4, 30, 99.9, 100.1, 250, 1e4, 1e7, 1e12, 1e18};
    const double tail[] = {0.49999, 0.3, 0.2500001, 0.25, 0.01, 1e-8, 1e-30, 1e-150};
    bool normal = true, student = true, joint = true;

    for (int i = 0; i < LENGTH(tail); i++) {
        normal = normal && fabs(normal_tail(normal_quantile(tail[i])) / tail[i] - 1) < 1e-12;
        for (int j = 0; j < LENGTH(df); j++) {
            double t = student_quantile(tail[i], df[j]);

            student = student && fabs(student_tail(t, df[j]) / tail[i] - 1) < 1e-12;
            if (tail[i] >= 0.01)
                student = student && fabs(student_quantile(1 - tail[i], df[j]) / t + 1) < 1e-10;
        }
    }
    ok(normal, "normal: the tail of a quantile is where it came from");
    ok(student, "Student: the tail of a quantile is where it came from, on both sides");
    for (double t = 0.01; t < 12; t *= 1.3)
        joint = joint && fabs(student_tail(t, 100) / student_tail(t, 100 * (1 + 1e-15)) - 1) < 5e-14;
    ok(joint, "the two methods meet at 100 degrees of freedom");
    is_close(student_tail(2.5, 1e18), normal_tail(2.5), 1e-14, 0,
             "many degrees of freedom: the normal distribution");
}

static void
test_edges(void)
{
    ok(fabs(normal_quantile(0.5)) < 1e-16, "the normal median");
    ok(student_quantile(0.5, 3) == 0, "the median of t");
    ok(normal_tail(40) == 0 && normal_tail(-40) == 1, "far out: 0 and 1");
    ok(student_tail(DBL_MAX, 5) == 0 && student_tail(-DBL_MAX, 5) == 1 && student_tail(1e300, 1e20) == 0,
       "the same for t");
    ok(student_tail(0, 5) == 0.5 && student_tail(DBL_TRUE_MIN, 5) == 0.5, "at 0: a half");
    is_close(student_quantile(1e-100, 1), 1e100 / 3.14159265358979323846, 1e-13, 0, "a very heavy tail");
}

/* As printed in every table. */
static void
test_printed(void)
{
    is_close(normal_quantile(0.025), 1.959964, 0, 5e-7, "z .025 = 1.959964");
    is_close(student_quantile(0.025, 1), 12.706, 0, 5e-4, "t .025, 1 = 12.706");
    is_close(student_quantile(0.025, 10), 2.228, 0, 5e-4, "t .025, 10 = 2.228");
    is_close(student_quantile(0.005, 30), 2.750, 0, 5e-4, "t .005, 30 = 2.750");
    is_close(student_quantile(0.05, 120), 1.658, 0, 5e-4, "t .05, 120 = 1.658");
}

int
main(void)
{
    test_values();
    test_tails_of_sums();
    test_relations();
    test_closed_forms();
    test_round_trips();
    test_edges();
    test_printed();
    return done_testing();
}
