/*
 * Measures of a ranking: worked values, pairs counted one by one, and scores at the ends of the range.
 */
#include "core/ranking.h"
#include "core/random.h"
#include "tap.h"

#include <float.h>
#include <string.h>

#define WORKED 10
static const double worked_scores[WORKED] = {.9, .8, .7, .6, .55, .5, .4, .3, .2, .1};
static const bool worked_hits[WORKED] = {1, 1, 0, 1, 0, 0, 0, 1, 0, 0};

static scored_group *
make_groups(const double *scores, const bool *hits, size_t n)
{
    scored_group *groups = malloc((n > 0 ? n : 1) * sizeof(*groups));

    for (size_t i = 0; i < n; i++)
        groups[i] = (scored_group){scores[i], 1, hits[i]};
    return groups;
}

/* The measures of customers in any order. */
static ranking_measures
measure(const double *scores, const bool *hits, size_t n)
{
    scored_group *groups = make_groups(scores, hits, n);
    ranking_measures m = {0};

    ok(scored_groups_merge(groups, &n, NULL) == CLM_OK && measure_ranking(groups, n, NULL, &m) == CLM_OK,
       "%zu groups are measured", n);
    free(groups);
    return m;
}

static bool
same(const ranking_measures *a, const ranking_measures *b)
{
    bool equal = a->n == b->n && a->hits == b->hits && a->has_both == b->has_both &&
                 a->has_hits == b->has_hits && a->probabilities == b->probabilities && a->auc == b->auc &&
                 a->gini == b->gini && a->lift == b->lift && a->ks == b->ks && a->brier == b->brier;

    for (int i = 0; i < RANKING_BINS; i++)
        equal = equal && a->bins[i].n == b->bins[i].n && a->bins[i].hits == b->bins[i].hits &&
                a->bins[i].mean_score == b->bins[i].mean_score;
    return equal;
}

static void
test_worked(void)
{
    ranking_measures m = measure(worked_scores, worked_hits, WORKED);

    ok(m.n == 10 && m.hits == 4 && m.has_both && m.has_hits && m.probabilities, "worked example: counts");
    is_close(m.auc, 19.0 / 24.0, 0, 1e-15, "worked example: AUC .7917, 19 of 24 pairs");
    is_close(m.gini, 14.0 / 24.0, 0, 1e-15, "worked example: Gini");
    is_close(m.ks, 7.0 / 12.0, 0, 1e-15, "worked example: KS .583");
    is_close(m.brier, .19525, 0, 1e-15, "worked example: Brier .195");
    is_close(m.lift, 2.5, 0, 1e-15, "worked example: the one highest score is a hit");
    is_close((double)(m.bins[9].hits + m.bins[8].hits) / (double)(m.bins[9].n + m.bins[8].n) / .4, 2.5, 0,
             1e-15, "worked example: lift of the top 20 %% from the bins");
    for (int i = 0; i < RANKING_BINS; i++)
        ok(m.bins[i].n == 1 && m.bins[i].mean_score == worked_scores[9 - i] &&
               m.bins[i].hits == worked_hits[9 - i],
           "worked example: bin %d", i + 1);
}

/* ---- against definitions, customer by customer ---- */

static double
auc_by_pairs(const double *scores, const bool *hits, size_t n)
{
    double won = 0.0, pairs = 0.0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (hits[i] && !hits[j]) {
                won += scores[i] > scores[j] ? 1.0 : scores[i] == scores[j] ? .5 : 0.0;
                pairs += 1.0;
            }
        }
    }
    return won / pairs;
}

static double
share_up_to(const double *scores, const bool *hits, size_t n, bool of, double score)
{
    double counted = 0.0, all = 0.0;

    for (size_t i = 0; i < n; i++) {
        if (hits[i] == of) {
            all += 1.0;
            counted += scores[i] <= score;
        }
    }
    return counted / all;
}

static double
ks_by_definition(const double *scores, const bool *hits, size_t n)
{
    double largest = 0.0;

    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(share_up_to(scores, hits, n, true, scores[i]) -
                                     share_up_to(scores, hits, n, false, scores[i])));
    return largest;
}

/* Each customer counts with the chance to be among the top tenth when ties are broken at random. */
static double
lift_by_definition(const double *scores, const bool *hits, size_t n)
{
    double top = ceil((double)n / 10.0), top_hits = 0.0, all_hits = 0.0;

    for (size_t i = 0; i < n; i++) {
        double above = 0.0, equal = 0.0;

        for (size_t j = 0; j < n; j++) {
            above += scores[j] > scores[i];
            equal += scores[j] == scores[i];
        }
        top_hits += hits[i] * fmin(1.0, fmax(0.0, (top - above) / equal));
        all_hits += hits[i];
    }
    return (top_hits / top) / (all_hits / (double)n);
}

static double
brier_by_definition(const double *scores, const bool *hits, size_t n)
{
    double sum = 0.0;

    for (size_t i = 0; i < n; i++)
        sum += (scores[i] - hits[i]) * (scores[i] - hits[i]);
    return sum / (double)n;
}

/* A bin holds exactly the customers whose mid-rank, as a share of n, lies in its tenth. */
static bool
bins_by_definition(const double *scores, const bool *hits, size_t n, const ranking_measures *m)
{
    double count[RANKING_BINS] = {0}, bin_hits[RANKING_BINS] = {0}, sum[RANKING_BINS] = {0};
    bool agree = true;

    for (size_t i = 0; i < n; i++) {
        size_t below = 0, equal = 0, bin;

        for (size_t j = 0; j < n; j++) {
            below += scores[j] < scores[i];
            equal += scores[j] == scores[i];
        }
        bin = 10 * (2 * below + equal) / (2 * n);
        count[bin] += 1.0;
        bin_hits[bin] += hits[i];
        sum[bin] += scores[i];
    }
    for (int i = 0; i < RANKING_BINS; i++)
        agree = agree && (double)m->bins[i].n == count[i] && (double)m->bins[i].hits == bin_hits[i] &&
                fabs(m->bins[i].mean_score - (count[i] > 0 ? sum[i] / count[i] : 0.0)) < 1e-12;
    return agree;
}

static void
test_random(size_t n, int levels, uint64_t seed)
{
    double *scores = malloc(n * sizeof(*scores)), *reversed = malloc(n * sizeof(*scores));
    bool *hits = malloc(n * sizeof(*hits)), *reversed_hits = malloc(n * sizeof(*hits));
    ranking_measures m, again;
    clm_rng rng;

    clm_rng_seed(&rng, seed, n);
    for (size_t i = 0; i < n; i++) {
        double u = clm_rng_uniform(&rng);

        scores[i] = levels > 0 ? floor(u * levels) / levels : u;
        hits[i] = clm_rng_uniform(&rng) < .1 + .6 * scores[i];
        reversed[n - 1 - i] = scores[i];
        reversed_hits[n - 1 - i] = hits[i];
    }
    hits[0] = reversed_hits[n - 1] = true;
    hits[1] = reversed_hits[n - 2] = false;
    m = measure(scores, hits, n);
    again = measure(reversed, reversed_hits, n);
    ok(same(&m, &again), "%zu customers, %d levels: the order does not matter", n, levels);
    is_close(m.auc, auc_by_pairs(scores, hits, n), 0, 1e-13, "  AUC by pairs");
    is_close(m.ks, ks_by_definition(scores, hits, n), 0, 1e-13, "  KS by distribution functions");
    is_close(m.lift, lift_by_definition(scores, hits, n), 1e-12, 0, "  lift by chances");
    is_close(m.brier, brier_by_definition(scores, hits, n), 0, 1e-13, "  Brier by customers");
    ok(bins_by_definition(scores, hits, n, &m), "  bins by mid-ranks");

    for (size_t i = 0; i < n; i++)
        scores[i] = -scores[i];
    again = measure(scores, hits, n);
    is_close(again.auc, 1.0 - m.auc, 0, 1e-14, "  AUC of the inverse ranking");
    is_close(again.ks, m.ks, 0, 1e-14, "  KS of the inverse ranking");
    ok(!again.probabilities, "  negative scores are no probabilities");
    free(scores);
    free(reversed);
    free(hits);
    free(reversed_hits);
}

/* ---- edges ---- */

static void
test_edges(void)
{
    const double rising[] = {.1, .2, .3, .4}, one[] = {.25}, constant[] = {.5, .5, .5, .5};
    const double beyond[] = {0., 1., 1.0000000000000002};
    const bool split[] = {0, 0, 1, 1}, inverse[] = {1, 1, 0, 0}, all[] = {1, 1, 1, 1}, none[4] = {0};
    ranking_measures m = measure(rising, split, 4);

    ok(m.auc == 1 && m.gini == 1 && m.ks == 1 && m.lift == 2, "perfect ranking");
    m = measure(rising, inverse, 4);
    ok(m.auc == 0 && m.gini == -1 && m.ks == 1 && m.lift == 0, "inverse ranking");
    m = measure(constant, split, 4);
    ok(m.auc == .5 && m.gini == 0 && m.ks == 0 && m.lift == 1 && m.brier == .25, "constant scores");
    ok(m.bins[5].n == 4 && m.bins[5].hits == 2 && m.bins[5].mean_score == .5, "one group lies in the middle");
    m = measure(rising, all, 4);
    ok(!m.has_both && m.has_hits && m.lift == 1 && m.probabilities, "hits alone");
    is_close(m.brier, (.81 + .64 + .49 + .36) / 4, 0, 1e-15, "hits alone: Brier");
    m = measure(rising, none, 4);
    ok(!m.has_both && !m.has_hits && m.probabilities, "misses alone");
    is_close(m.brier, (.01 + .04 + .09 + .16) / 4, 0, 1e-15, "misses alone: Brier");
    m = measure(one, all, 1);
    ok(m.n == 1 && m.hits == 1 && !m.has_both && m.lift == 1 && m.brier == .5625 && m.bins[5].n == 1,
       "one customer");
    m = measure(one, all, 0);
    ok(m.n == 0 && m.hits == 0 && !m.has_both && !m.has_hits && !m.probabilities && m.bins[0].n == 0,
       "nobody");
    ok(measure(beyond, split, 2).probabilities, "0 and 1 are probabilities");
    ok(!measure(beyond, split, 3).probabilities, "more than 1 is none");
}

static void
test_extreme_scores(void)
{
    const double huge[] = {-DBL_MAX, -DBL_MAX, -1e308, 1e308, DBL_MAX, nextafter(DBL_MAX, 0)};
    const bool hits[] = {0, 0, 0, 1, 1, 1};
    const double tiny[] = {5e-324, 0., -0., -5e-324};
    const bool tiny_hits[] = {1, 0, 0, 0};
    scored_group many[3];
    size_t n = 3;
    ranking_measures m = measure(huge, hits, 6);

    ok(m.auc == 1 && m.ks == 1 && m.lift == 2, "huge scores rank");
    for (int i = 0; i < RANKING_BINS; i++)
        ok(isfinite(m.bins[i].mean_score), "huge scores: finite mean in bin %d", i + 1);
    ok(m.bins[1].mean_score == -DBL_MAX && m.bins[9].mean_score == DBL_MAX, "huge scores: exact means");
    m = measure(tiny, tiny_hits, 4);
    ok(m.auc == 1 && m.bins[8].mean_score == 5e-324 && m.bins[5].n == 2 && m.bins[1].mean_score == -5e-324,
       "tiny scores rank, and 0 is -0");
    for (int i = 0; i < 3; i++)
        many[i] = (scored_group){i == 0 ? DBL_MAX : nextafter(many[i - 1].score, 0), 1000000000000001 + i, i};
    ok(scored_groups_merge(many, &n, NULL) == CLM_OK && measure_ranking(many, n, NULL, &m) == CLM_OK &&
           m.n == 3000000000000006,
       "trillions of customers");
}

static bool
always(void *arg)
{
    (void)arg;
    return true;
}

static void
test_groups(void)
{
    const clm_stop stop = {always, NULL};
    scored_group groups[] = {{1, 2, 1}, {-0.0, 1, 0}, {-3, 5, 5}, {0, 2, 2}, {1, 1, 0}, {-3, 1, 0}};
    const scored_group merged[] = {{-3, 6, 5}, {0, 3, 2}, {1, 3, 1}};
    const scored_group wrong[] = {{NAN, 1, 0}, {INFINITY, 1, 0}, {1, 0, 0},
                                  {1, -1, 0},  {1, 1, 2},        {1, 1, -1}};
    scored_group full[] = {{1, (int64_t)1 << 53, 0}, {2, 1, 0}};
    ranking_measures m;
    size_t n = 6;

    ok(scored_groups_merge(groups, &n, NULL) == CLM_OK && n == 3 &&
           memcmp(groups, merged, sizeof(merged)) == 0,
       "equal scores merge, -0 as 0");
    ok(scored_groups_merge(groups, &n, NULL) == CLM_OK && n == 3 &&
           memcmp(groups, merged, sizeof(merged)) == 0,
       "merged groups stay as they are");
    ok(scored_groups_merge(groups, &n, &stop) == CLM_STOPPED, "a merge stops");
    ok(measure_ranking(groups, n, &stop, &m) == CLM_STOPPED, "a measurement stops");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        scored_group group = wrong[i];

        n = 1;
        ok(scored_groups_merge(&group, &n, NULL) == CLM_DOMAIN, "group %zu is outside the domain", i);
    }
    n = 2;
    ok(scored_groups_merge(full, &n, NULL) == CLM_OVERFLOW, "more than 2^53 customers");
    n = 1;
    ok(scored_groups_merge(full, &n, NULL) == CLM_OK, "2^53 customers");
}

int
main(void)
{
    test_worked();
    test_random(2, 0, 1);
    test_random(11, 3, 2);
    test_random(100, 7, 3);
    test_random(503, 0, 4);
    test_random(997, 90, 5);
    test_random(6007, 0, 6); /* sorted by radix */
    test_edges();
    test_extreme_scores();
    test_groups();
    return done_testing();
}
