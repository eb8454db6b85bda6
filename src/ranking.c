/*
 * The aggregate ranking(score, hit), and calibration(ranking), which lists its tenths.
 */
#include "ranking.h"

#include "funcapi.h"

#include "composite.h"

/* ---- rows of scores ---- */

clm_status
merge_scored_rows(void *rows, size_t *n, size_t width, const clm_stop *stop)
{
    return scored_groups_merge(rows, n, stop);
}

bool
scored_row_valid(const void *row)
{
    return scored_group_valid(row);
}

bool
get_scored_row(FunctionCallInfo fcinfo, scored_group *row)
{
    if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
        return false;
    *row = (scored_group){get_finite_float8(fcinfo, 1, "score"), 1, PG_GETARG_BOOL(2)};
    return true;
}

/* ---- ranking(score, hit) ---- */

static const row_kind ranking_kind = {
    .type = "ranking_state",
    .function = "ranking",
    .columns = SCORED_ROW_COLUMNS,
    .merge = merge_scored_rows,
    .row_valid = scored_row_valid,
};

ROW_STATE_FUNCTIONS(ranking, &ranking_kind)

PG_FUNCTION_INFO_V1(clm_ranking_transition);
Datum
clm_ranking_transition(PG_FUNCTION_ARGS)
{
    scored_group row;

    if (!get_scored_row(fcinfo, &row))
        return unchanged_state(fcinfo);
    return row_state_append(fcinfo, &ranking_kind, NULL, &row);
}

static void
set_bins(const composite *row, const ranking_bin *bins)
{
    int64 n[RANKING_BINS], hits[RANKING_BINS];
    float8 scores[RANKING_BINS];

    for (int i = 0; i < RANKING_BINS; i++) {
        n[i] = bins[i].n;
        hits[i] = bins[i].hits;
        scores[i] = bins[i].mean_score;
    }
    set_attribute(row, "bin_n", make_int64_array(n, RANKING_BINS));
    set_attribute(row, "bin_score", make_float8_array(scores, RANKING_BINS));
    set_attribute(row, "bin_hits", make_int64_array(hits, RANKING_BINS));
}

PG_FUNCTION_INFO_V1(clm_ranking_final);
Datum
clm_ranking_final(PG_FUNCTION_ARGS)
{
    ranking_measures m;
    scored_group *groups;
    composite row;
    size_t n;

    if (PG_ARGISNULL(0))
        PG_RETURN_NULL();
    groups = row_state_rows(PG_GETARG_DATUM(0), &ranking_kind, &n, NULL);
    check_status(measure_ranking(groups, n, &backend_stop, &m), "ranking");
    pfree(groups);
    row = make_result_row(fcinfo);
    set_int64_attribute(&row, "n", m.n);
    set_int64_attribute(&row, "hits", m.hits);
    if (m.has_both) {
        set_float8_attribute(&row, "auc", m.auc);
        set_float8_attribute(&row, "gini", m.gini);
        set_float8_attribute(&row, "ks", m.ks);
    }
    if (m.has_hits)
        set_float8_attribute(&row, "lift", m.lift);
    if (m.probabilities)
        set_float8_attribute(&row, "brier", m.brier);
    set_bins(&row, m.bins);
    PG_RETURN_DATUM(composite_datum(&row));
}

/* ---- calibration(ranking) ---- */

static void
check_bin_count(const char *name, int n)
{
    if (n != RANKING_BINS)
        ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
                        errmsg("%s of a ranking must have %d elements, not %d", name, RANKING_BINS, n)));
}

static const int64 *
get_bin_counts(const composite *row, const char *name)
{
    const int64 *counts;
    Datum array;
    int n;

    if (!get_attribute(row, name, &array))
        return NULL;
    counts = get_int64_array(array, name, &n);
    check_bin_count(name, n);
    return counts;
}

static const float8 *
get_bin_scores(const composite *row)
{
    const float8 *scores;
    Datum array;
    int n;

    if (!get_attribute(row, "bin_score", &array))
        return NULL;
    scores = get_float8_array(array, "bin_score", &n);
    check_bin_count("bin_score", n);
    return scores;
}

static void
check_bin(int i, int64 n, int64 hits)
{
    if (n < 0 || hits < 0 || hits > n)
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                        errmsg("bin_hits of a ranking must lie between 0 and bin_n"),
                        errdetail("Element %d of bin_n is %lld, and of bin_hits %lld.", i + 1, (long long)n,
                                  (long long)hits)));
}

/* A ranking that a user built with ROW may carry anything. */
PG_FUNCTION_INFO_V1(clm_ranking_calibration);
Datum
clm_ranking_calibration(PG_FUNCTION_ARGS)
{
    ReturnSetInfo *rsinfo = (ReturnSetInfo *)fcinfo->resultinfo;
    composite row = deform_composite(PG_GETARG_HEAPTUPLEHEADER(0));
    const int64 *n = get_bin_counts(&row, "bin_n"), *hits = get_bin_counts(&row, "bin_hits");
    const float8 *scores = get_bin_scores(&row);

    InitMaterializedSRF(fcinfo, MAT_SRF_USE_EXPECTED_DESC);
    if (n == NULL || hits == NULL || scores == NULL)
        return (Datum)0;
    for (int i = 0; i < RANKING_BINS; i++) {
        check_bin(i, n[i], hits[i]);
        if (n[i] > 0) {
            Datum values[] = {Int32GetDatum(i + 1), Int64GetDatum(n[i]), Float8GetDatum(scores[i]),
                              Int64GetDatum(hits[i]), Float8GetDatum(ranking_hit_rate(n[i], hits[i]))};
            bool nulls[lengthof(values)] = {false};

            tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
        }
    }
    return (Datum)0;
}
