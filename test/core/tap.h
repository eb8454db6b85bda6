/*
 * The few helpers that the unit tests of the core share: they print TAP, so that `prove` runs and counts
 * them.
 */
#ifndef CLM_TAP_H
#define CLM_TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static int tap_run, tap_failed;

static inline bool
ok(bool passed, const char *format, ...)
{
    va_list args;

    tap_run++;
    if (!passed)
        tap_failed++;
    printf("%s %d - ", passed ? "ok" : "not ok", tap_run);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    return passed;
}

/* |got - want| <= max(absolute, relative * |want|), and got is a number. */
static inline bool
is_close(double got, double want, double relative, double absolute, const char *name)
{
    double allowed = fmax(absolute, relative * fabs(want));
    bool passed = fabs(got - want) <= allowed;

    ok(passed, "%s", name);
    if (!passed)
        printf("#   got  %.17g\n#   want %.17g (allowed difference %.3g)\n", got, want, allowed);
    return passed;
}

/* Folder of the reference values where it exists: CLM_SHARED, as the test runner sets it; otherwise NULL. */
static inline const char *
shared_folder(void)
{
    return getenv("CLM_SHARED");
}

static inline int
done_testing(void)
{
    printf("1..%d\n", tap_run);
    return tap_failed == 0 ? 0 : 1;
}

#endif
