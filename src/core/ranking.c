/*
 * The measures of a ranking, from groups of equal scores. Everything is summed in the order of scores with
 * compensation, so that nothing depends on the order in which customers came.
 */
#include "ranking.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "compensated.h"

#define SORT_NAME sort_few
#define SORT_TYPE scored_group
#define SORT_LESS(a, b) ((a)->score < (b)->score)
#include "sort.h"

#define RADIX_NAME sort_many
#define RADIX_TYPE scored_group
#define RADIX_KEYS 1
#define RADIX_KEY(group, k) radix_key_of_signed_double((group)->score)
#include "radix_sort.h"

/* From so many on a radix sort is the faster one. */
#define MANY_GROUPS 4096

/* ---- groups ---- */

/* More would not be exact as a double. */
#define MOST_CUSTOMERS ((int64_t)1 << 53)

bool
scored_group_valid(const scored_group *group)
{
    return isfinite(group->score) && group->n >= 1 && group->hits >= 0 && group->hits <= group->n;
}

/* Checks the groups' domain and makes -0 into 0, which otherwise compares equal but has other bits. */
static clm_status
check_groups(scored_group *groups, size_t n, const clm_stop *stop)
{
    int64_t customers = 0;

    for (size_t i = 0; i < n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (!scored_group_valid(&groups[i]))
            return CLM_DOMAIN;
        if (groups[i].n > MOST_CUSTOMERS - customers)
            return CLM_OVERFLOW;
        customers += groups[i].n;
        groups[i].score += 0.0;
    }
    return CLM_OK;
}

static clm_status
sort_groups(scored_group *groups, size_t n, const clm_stop *stop)
{
    scored_group *scratch = NULL;
    bool sorted;

    if (n > SORT_SMALL) {
        scratch = malloc(n * sizeof(*scratch));
        if (scratch == NULL)
            return CLM_NO_MEMORY;
    }
    sorted = n < MANY_GROUPS ? sort_few(groups, n, scratch, stop) : sort_many(groups, n, scratch, stop);
    free(scratch);
    return sorted ? CLM_OK : CLM_STOPPED;
}

clm_status
scored_groups_merge(scored_group *groups, size_t *n, const clm_stop *stop)
{
    clm_status status = check_groups(groups, *n, stop);
    size_t merged = 0;

    if (status == CLM_OK)
        status = sort_groups(groups, *n, stop);
    if (status != CLM_OK || *n == 0)
        return status;
    for (size_t i = 1; i < *n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        if (groups[i].score == groups[merged].score) {
            groups[merged].n += groups[i].n;
            groups[merged].hits += groups[i].hits;
        } else {
            groups[++merged] = groups[i];
        }
    }
    *n = merged + 1;
    return CLM_OK;
}

clm_status
scored_groups_count(const scored_group *groups, size_t n, const clm_stop *stop, int64_t *customers,
                    int64_t *hits)
{
    *customers = 0;
    *hits = 0;
    for (size_t i = 0; i < n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        *customers += groups[i].n;
        *hits += groups[i].hits;
    }
    return CLM_OK;
}

/* ---- measures ---- */

/* auc, gini and ks: pairs of a hit and a miss, and the two distribution functions, group by group. */
static clm_status
measure_order(const scored_group *groups, size_t n, const clm_stop *stop, ranking_measures *m)
{
    double hits = (double)m->hits, misses = (double)(m->n - m->hits), largest = 0.0;
    int64_t hits_below = 0, misses_below = 0;
    compensated_sum pairs = {0, 0}; /* twice the pairs in order, plus those of equal scores */

    for (size_t i = 0; i < n; i++) {
        int64_t group_misses = groups[i].n - groups[i].hits;

        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        compensated_add(&pairs, (double)groups[i].hits * (double)(2 * misses_below + group_misses));
        hits_below += groups[i].hits;
        misses_below += group_misses;
        largest = fmax(largest, fabs((double)hits_below * misses - (double)misses_below * hits));
    }
    m->auc = fmin(1.0, compensated_value(&pairs) / (2.0 * hits * misses));
    m->gini = 2.0 * m->auc - 1.0;
    m->ks = fmin(1.0, largest / (hits * misses));
    return CLM_OK;
}

static clm_status
measure_lift(const scored_group *groups, size_t n, const clm_stop *stop, ranking_measures *m)
{
    int64_t top = m->n / 10 + (m->n % 10 > 0), left = top;
    double top_hits = 0.0;

    for (size_t i = n; i > 0 && left > 0; i--) {
        const scored_group *group = &groups[i - 1];
        int64_t counted = group->n < left ? group->n : left;

        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        top_hits += counted == group->n ? (double)group->hits
                                        : (double)group->hits * (double)counted / (double)group->n;
        left -= counted;
    }
    m->lift = top_hits * (double)m->n / ((double)top * (double)m->hits);
    return CLM_OK;
}

static clm_status
measure_brier(const scored_group *groups, size_t n, const clm_stop *stop, ranking_measures *m)
{
    compensated_sum errors = {0, 0};

    for (size_t i = 0; i < n; i++) {
        double score = groups[i].score;

        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        compensated_add(&errors, (double)groups[i].hits * ((1.0 - score) * (1.0 - score)));
        compensated_add(&errors, (double)(groups[i].n - groups[i].hits) * (score * score));
    }
    m->brier = compensated_value(&errors) / (double)m->n;
    return CLM_OK;
}

/* The bin, from 0, of a group of n customers above so many of all: that of its mid-rank, in whole numbers. */
static int
bin_of(int64_t below, int64_t n, int64_t all)
{
    return (int)(RANKING_BINS * (2 * below + n) / (2 * all));
}

/* The bin of n > 0 groups. Scores are scaled to at most 1, so that sums of the largest doubles stay finite. */
static clm_status
fill_bin(const scored_group *groups, size_t n, const clm_stop *stop, ranking_bin *bin)
{
    double lowest = groups[0].score, highest = groups[n - 1].score;
    compensated_sum sum = {0, 0};
    int exponent;

    frexp(fmax(fabs(lowest), fabs(highest)), &exponent);
    for (size_t i = 0; i < n; i++) {
        if (clm_stop_at(i, stop))
            return CLM_STOPPED;
        bin->n += groups[i].n;
        bin->hits += groups[i].hits;
        compensated_add(&sum, (double)groups[i].n * ldexp(groups[i].score, -exponent));
    }
    bin->mean_score = fmin(fmax(ldexp(compensated_value(&sum) / (double)bin->n, exponent), lowest), highest);
    return CLM_OK;
}

static clm_status
fill_bins(const scored_group *groups, size_t n, const clm_stop *stop, ranking_measures *m)
{
    int64_t below = 0;
    size_t end;

    for (size_t from = 0; from < n; from = end) {
        int bin = bin_of(below, groups[from].n, m->n);
        clm_status status;

        for (end = from; end < n && bin_of(below, groups[end].n, m->n) == bin; end++) {
            if (clm_stop_at(end, stop))
                return CLM_STOPPED;
            below += groups[end].n;
        }
        status = fill_bin(groups + from, end - from, stop, &m->bins[bin]);
        if (status != CLM_OK)
            return status;
    }
    return CLM_OK;
}

clm_status
measure_ranking(const scored_group *groups, size_t n, const clm_stop *stop, ranking_measures *measures)
{
    clm_status status;

    memset(measures, 0, sizeof(*measures));
    status = scored_groups_count(groups, n, stop, &measures->n, &measures->hits);
    measures->has_hits = measures->hits > 0;
    measures->has_both = measures->has_hits && measures->hits < measures->n;
    measures->probabilities = n > 0 && groups[0].score >= 0.0 && groups[n - 1].score <= 1.0;
    if (status == CLM_OK && measures->has_both)
        status = measure_order(groups, n, stop, measures);
    if (status == CLM_OK && measures->has_hits)
        status = measure_lift(groups, n, stop, measures);
    if (status == CLM_OK && measures->probabilities)
        status = measure_brier(groups, n, stop, measures);
    if (status == CLM_OK)
        status = fill_bins(groups, n, stop, measures);
    return status;
}

double
ranking_hit_rate(int64_t n, int64_t hits)
{
    return (double)hits / (double)n;
}
