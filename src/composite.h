/*
 * Composite values taken apart and put together by the names of their attributes: later versions append some,
 * rows that users built may lack them.
 */
#ifndef CLM_COMPOSITE_H
#define CLM_COMPOSITE_H

#include "clm.h"

#include "access/htup_details.h"
#include "access/tupdesc.h"

typedef struct composite {
    TupleDesc desc;
    Datum *values;
    bool *nulls;
} composite;

/* The attributes of a composite datum. */
extern composite deform_composite(HeapTupleHeader header);

/* The same with the type's descriptor at hand. */
extern composite deform_composite_as(TupleDesc desc, HeapTupleHeader header);

/* The attribute of that name; false where it is NULL, or the type is of an earlier version without it. */
extern bool get_attribute(const composite *row, const char *name, Datum *value);

/* A float8 attribute, checked to be a finite number; false where it is NULL. */
extern bool get_float8_attribute(const composite *row, const char *name, float8 *value);

/* The n float8 attributes of these names, whatever their values; where one is NULL, its value stays as it is. */
extern void get_float8_attributes(const composite *row, const char *const *names, int n, float8 *values);

/* A row of the composite type that the function returns, all NULL as yet. */
extern composite make_result_row(FunctionCallInfo fcinfo);

/* Set an attribute, where the type has it. */
extern void set_attribute(const composite *row, const char *name, Datum value);
extern void set_float8_attribute(const composite *row, const char *name, float8 value);
extern void set_int64_attribute(const composite *row, const char *name, int64 value);

/* The row as a datum. */
extern Datum composite_datum(const composite *row);

/* A row of the first n attributes of a type. The SQL objects may be of another version than the library: what the type has
 * beyond them is NULL, and what it lacks is left out. */
extern Datum row_datum(TupleDesc desc, const Datum *values, const bool *nulls, int n);

/* A float8[] of n finite values. */
extern Datum make_float8_array(const float8 *values, int n);
extern Datum make_int64_array(const int64 *values, int n);

/* A float8[] argument: one dimension, finite numbers, no NULL; an error that calls it `name` otherwise. The numbers
 * stay in the array. */
extern const float8 *get_float8_array(Datum array, const char *name, int *n);
extern const int64 *get_int64_array(Datum array, const char *name, int *n);

#endif
