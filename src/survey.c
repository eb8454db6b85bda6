/*
 * gap and score: satisfaction gaps and weighted indices of survey answers.
 */
#include "clm.h"

#include "utils/array.h"

#include "composite.h"
#include "core/survey.h"

/* gap(expected, perceived) */
PG_FUNCTION_INFO_V1(clm_gap);
Datum
clm_gap(PG_FUNCTION_ARGS)
{
    float8 expected = get_finite_float8(fcinfo, 0, "expected");
    float8 perceived = get_finite_float8(fcinfo, 1, "perceived");
    float8 gap;

    check_status(survey_gap(expected, perceived, &gap), "gap");
    PG_RETURN_FLOAT8(gap);
}

/* score(weights, x); NULL where a question was not answered. */
PG_FUNCTION_INFO_V1(clm_score_weights);
Datum
clm_score_weights(PG_FUNCTION_ARGS)
{
    ArrayType *answers = PG_GETARG_ARRAYTYPE_P(1);
    const float8 *weights, *x;
    int nweights, n;
    float8 index;

    weights = get_float8_array(PG_GETARG_DATUM(0), "weights", &nweights);
    if (nweights != ArrayGetNItems(ARR_NDIM(answers), ARR_DIMS(answers)))
        ereport(ERROR,
                (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR), errmsg("weights and x must have the same length"),
                 errdetail("There are %d weights and %d answers.", nweights,
                           ArrayGetNItems(ARR_NDIM(answers), ARR_DIMS(answers)))));
    if (nweights == 0 || array_contains_nulls(answers))
        PG_RETURN_NULL();
    x = get_float8_array(PointerGetDatum(answers), "x", &n);
    check_status(survey_index(weights, x, n, &index), "score");
    PG_RETURN_FLOAT8(index);
}
