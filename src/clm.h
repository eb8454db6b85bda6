/*
 * What every file of the PostgreSQL side includes: server headers, limits, and the bridge to the core.
 */
#ifndef CLM_H
#define CLM_H

#include "postgres.h"

#include "fmgr.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "core/core.h"

/* Soft errors, and a header of its own for varlena macros, came with PostgreSQL 16; before, an input error is
 * thrown. */
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#include "varatt.h"
#define CLM_ESCONTEXT(fcinfo) ((fcinfo)->context)
#else
#define CLM_ESCONTEXT(fcinfo) NULL
#define ereturn(context, dummy_value, ...)                                                                   \
    do {                                                                                                     \
        (void)(context);                                                                                     \
        ereport(ERROR, __VA_ARGS__);                                                                         \
    } while (0)
#endif

/* PostgreSQL 18 has renamed it. */
#if PG_VERSION_NUM < 180000
#define pg_noreturn pg_attribute_noreturn()
#endif

/* Serves the server's interrupts during core work, and ends it where one of them is an error: the caller must then pass
 * CLM_STOPPED to check_status, which throws that error. */
extern const clm_stop backend_stop;

/* Throws what a status other than CLM_OK means, see check_status. */
extern void throw_status(clm_status status, const char *what);

/*
 * Does nothing for CLM_OK; otherwise throws what the status means, with `what` as the subject of the message.
 * CLM_UNDEFINED is the caller's: it is a NULL, not an error.
 */
static inline void
check_status(clm_status status, const char *what)
{
    if (unlikely(status != CLM_OK))
        throw_status(status, what);
}

/* A date argument that must be finite. */
extern DateADT get_finite_date(FunctionCallInfo fcinfo, int argno, const char *name);

/* A float8 argument that must be a finite number. */
extern float8 get_finite_float8(FunctionCallInfo fcinfo, int argno, const char *name);

/* A float8 argument that must be finite and at least 0. */
extern float8 get_nonnegative_float8(FunctionCallInfo fcinfo, int argno, const char *name);

/* For ereport: the hint for a probability that looks like per cent; nothing for another value. */
extern int percent_hint(float8 value);

/* A float8 argument that must lie in [0, 1]. */
extern float8 get_probability(FunctionCallInfo fcinfo, int argno, const char *name);

/* An int4 argument that must be at least 1. */
extern int32 get_positive_int32(FunctionCallInfo fcinfo, int argno, const char *name);

/* What a transition function returns for a row that does not count: its state, argument 0. */
extern Datum unchanged_state(FunctionCallInfo fcinfo);

#endif
