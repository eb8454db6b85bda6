/*
 * Composite values by the names of their attributes, and the arrays of numbers that they and arguments carry.
 */
#include "composite.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

/* ---- reading ---- */

composite
deform_composite_as(TupleDesc desc, HeapTupleHeader header)
{
    composite row;
    HeapTupleData tuple;

    row.desc = desc;
    row.values = palloc(row.desc->natts * sizeof(Datum));
    row.nulls = palloc(row.desc->natts * sizeof(bool));
    tuple.t_len = HeapTupleHeaderGetDatumLength(header);
    ItemPointerSetInvalid(&tuple.t_self);
    tuple.t_tableOid = InvalidOid;
    tuple.t_data = header;
    heap_deform_tuple(&tuple, row.desc, row.values, row.nulls);
    return row;
}

composite
deform_composite(HeapTupleHeader header)
{
    return deform_composite_as(
        lookup_rowtype_tupdesc_copy(HeapTupleHeaderGetTypeId(header), HeapTupleHeaderGetTypMod(header)),
        header);
}

static bool
is_attribute(const composite *row, int i, const char *name)
{
    Form_pg_attribute attribute = TupleDescAttr(row->desc, i);

    return !attribute->attisdropped && namestrcmp(&attribute->attname, name) == 0;
}

/* The place of an attribute; -1 where an earlier version of the type has none of that name. */
static int
find_attribute(const composite *row, const char *name)
{
    for (int i = 0; i < row->desc->natts; i++) {
        if (is_attribute(row, i, name))
            return i;
    }
    return -1;
}

static int
attribute_index(const composite *row, const char *name)
{
    int i = find_attribute(row, name);

    if (i < 0)
        elog(ERROR, "%s has no attribute \"%s\"", format_type_be(row->desc->tdtypeid), name);
    return i;
}

bool
get_attribute(const composite *row, const char *name, Datum *value)
{
    int i = find_attribute(row, name);

    if (i < 0)
        return false;
    *value = row->values[i];
    return !row->nulls[i];
}

bool
get_float8_attribute(const composite *row, const char *name, float8 *value)
{
    Datum datum;

    if (!get_attribute(row, name, &datum))
        return false;
    *value = DatumGetFloat8(datum);
    if (!isfinite(*value))
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                        errmsg("%s must be a finite number, not %g", name, *value)));
    return true;
}

void
get_float8_attributes(const composite *row, const char *const *names, int n, float8 *values)
{
    for (int i = 0; i < n; i++) {
        /* Most types have just these attributes, in this order. */
        int j = i < row->desc->natts && is_attribute(row, i, names[i]) ? i : attribute_index(row, names[i]);

        if (!row->nulls[j])
            values[i] = DatumGetFloat8(row->values[j]);
    }
}

/* ---- making ---- */

composite
make_result_row(FunctionCallInfo fcinfo)
{
    composite row;
    Oid type;

    if (get_call_result_type(fcinfo, &type, &row.desc) != TYPEFUNC_COMPOSITE)
        elog(ERROR, "%s is not a composite type", format_type_be(type));
    row.desc = BlessTupleDesc(row.desc);
    row.values = palloc0(row.desc->natts * sizeof(Datum));
    row.nulls = palloc(row.desc->natts * sizeof(bool));
    memset(row.nulls, true, row.desc->natts * sizeof(bool));
    return row;
}

void
set_attribute(const composite *row, const char *name, Datum value)
{
    int i = find_attribute(row, name);

    if (i < 0)
        return;
    row->values[i] = value;
    row->nulls[i] = false;
}

void
set_float8_attribute(const composite *row, const char *name, float8 value)
{
    set_attribute(row, name, Float8GetDatum(value));
}

void
set_int64_attribute(const composite *row, const char *name, int64 value)
{
    set_attribute(row, name, Int64GetDatum(value));
}

Datum
composite_datum(const composite *row)
{
    return HeapTupleGetDatum(heap_form_tuple(row->desc, row->values, row->nulls));
}

Datum
row_datum(TupleDesc desc, const Datum *values, const bool *nulls, int n)
{
    composite row = {.desc = desc};
    int given = Min(n, desc->natts);

    if (desc->natts == n)
        return HeapTupleGetDatum(
            heap_form_tuple(desc, unconstify(Datum *, values), unconstify(bool *, nulls)));
    row.values = palloc0(desc->natts * sizeof(Datum));
    row.nulls = palloc(desc->natts * sizeof(bool));
    memset(row.nulls, true, desc->natts * sizeof(bool));
    memcpy(row.values, values, given * sizeof(Datum));
    memcpy(row.nulls, nulls, given * sizeof(bool));
    return composite_datum(&row);
}

/* ---- arrays ---- */

/* An array of n 8-byte numbers, which lie in it as they do in C. */
static Datum
make_number_array(Oid element_type, const void *values, int n)
{
    Size size = ARR_OVERHEAD_NONULLS(1) + n * sizeof(int64);
    ArrayType *array;

    if (n == 0)
        return PointerGetDatum(construct_empty_array(element_type));
    array = palloc0(size);
    SET_VARSIZE(array, size);
    array->ndim = 1;
    array->elemtype = element_type;
    ARR_DIMS(array)[0] = n;
    ARR_LBOUND(array)[0] = 1;
    memcpy(ARR_DATA_PTR(array), values, n * sizeof(int64));
    return PointerGetDatum(array);
}

Datum
make_float8_array(const float8 *values, int n)
{
    return make_number_array(FLOAT8OID, values, n);
}

Datum
make_int64_array(const int64 *values, int n)
{
    return make_number_array(INT8OID, values, n);
}

static const void *
get_number_array(Datum datum, const char *name, int *n)
{
    ArrayType *array = DatumGetArrayTypeP(datum);

    if (ARR_NDIM(array) > 1)
        ereport(ERROR,
                (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("%s must be a one-dimensional array", name)));
    if (array_contains_nulls(array))
        ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not contain nulls", name)));
    *n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
    return ARR_DATA_PTR(array);
}

const float8 *
get_float8_array(Datum array, const char *name, int *n)
{
    const float8 *values = get_number_array(array, name, n);

    for (int i = 0; i < *n; i++) {
        if (!isfinite(values[i]))
            ereport(ERROR,
                    (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
                     errmsg("%s must be finite numbers, but element %d is %g", name, i + 1, values[i])));
    }
    return values;
}

const int64 *
get_int64_array(Datum array, const char *name, int *n)
{
    return get_number_array(array, name, n);
}
