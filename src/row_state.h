/*
 * States of aggregates that gather rows of numbers, and sort them and merge equal ones before they compute:
 * one flat layout, one text and one binary form for all of them.
 *
 * Each aggregate describes its rows by a row_kind and wraps the functions below.
 */
#ifndef CLM_ROW_STATE_H
#define CLM_ROW_STATE_H

#include "clm.h"

#define ROW_MAX_CONSTANTS 8
#define ROW_MAX_COLUMNS 6
#define ROW_MAX_TRAILING 200

typedef struct row_kind {
    const char *type;     /* name of the state's type in schema clm */
    const char *function; /* name of the aggregate, for errors */
    int nconstants;       /* float8 arguments that must be the same in all rows of an aggregation */
    const char *constants[ROW_MAX_CONSTANTS]; /* their names */
    const char *columns; /* of a row, a letter each: d for a double, n for an int64; all 8 bytes wide */
    /* Where not NULL, as many doubles follow these columns as the first row of an aggregation has in the array argument of
     * this name: 1 to ROW_MAX_TRAILING of them, in every row. */
    const char *trailing;
    /* Sorts n rows of `width` columns each and merges equal ones in place: the same rows always make the same list. */
    clm_status (*merge)(void *rows, size_t *n, size_t width, const clm_stop *stop);
    /* Whether constants and a row that come from outside are in the domain; doubles are finite already. */
    bool (*constants_valid)(const double *constants); /* NULL where there are none */
    bool (*row_valid)(const void *row);
} row_kind;

/* The state in argument 0, or a new one where it is NULL, with one row more; a changed constant is an error. */
extern Datum row_state_append(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants,
                              const void *row);

/* The same with n > 0 rows more. */
extern Datum row_state_append_rows(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants,
                                   const void *rows, size_t n);

/* The same for a kind with trailing doubles: n of them; another number than in the rows before is an error. */
extern Datum row_state_append_trailing(FunctionCallInfo fcinfo, const row_kind *kind, const double *constants,
                                       const void *row, const double *trailing, int n);

/* The combine function of such an aggregate. */
extern Datum row_state_combine(FunctionCallInfo fcinfo, const row_kind *kind);

/* The rows of a state, sorted and merged, in memory of their own; the state stays as it is. `constants`, where
 * not NULL, points into the state afterwards. */
extern void *row_state_rows(Datum state, const row_kind *kind, size_t *n, const double **constants);

/* How many trailing doubles the rows of a state have. */
extern int row_state_trailing(Datum state, const row_kind *kind);

/* Text and binary input and output: rows are sorted and merged, so that equal states look the same. */
extern Datum row_state_in(FunctionCallInfo fcinfo, const row_kind *kind);
extern Datum row_state_out(FunctionCallInfo fcinfo, const row_kind *kind);
extern Datum row_state_recv(FunctionCallInfo fcinfo, const row_kind *kind);
extern Datum row_state_send(FunctionCallInfo fcinfo, const row_kind *kind);

/* Defines clm_<name>_state_in, _out, _recv, _send and clm_<name>_combine for a kind. */
#define ROW_STATE_FUNCTION(function, operation, kind)                                                        \
    PG_FUNCTION_INFO_V1(function);                                                                           \
    Datum function(PG_FUNCTION_ARGS)                                                                         \
    {                                                                                                        \
        return operation(fcinfo, kind);                                                                      \
    }
#define ROW_STATE_FUNCTIONS(name, kind)                                                                      \
    ROW_STATE_FUNCTION(clm_##name##_state_in, row_state_in, kind)                                            \
    ROW_STATE_FUNCTION(clm_##name##_state_out, row_state_out, kind)                                          \
    ROW_STATE_FUNCTION(clm_##name##_state_recv, row_state_recv, kind)                                        \
    ROW_STATE_FUNCTION(clm_##name##_state_send, row_state_send, kind)                                        \
    ROW_STATE_FUNCTION(clm_##name##_combine, row_state_combine, kind)

#endif
