/*
 * How well scores rank and predict what happened: customers with the same score as groups, and the measures
 * of a ranking.
 */
#ifndef CLM_RANKING_H
#define CLM_RANKING_H

#include "core.h"

/* Customers with the same score. Domain: score finite, n >= 1, 0 <= hits <= n. */
typedef struct scored_group {
    double score;
    int64_t n;    /* how many customers */
    int64_t hits; /* those of them to whom it happened */
} scored_group;

extern bool scored_group_valid(const scored_group *group);

/*
 * Sorts the groups by score, ascending, and merges those of equal score in place; *n shrinks. The same
 * customers always make the same list. CLM_DOMAIN for a group outside its domain, CLM_OVERFLOW for more than
 * 2^53 customers, CLM_STOPPED, CLM_NO_MEMORY.
 */
extern clm_status scored_groups_merge(scored_group *groups, size_t *n, const clm_stop *stop);

/* Customers and hits of merged groups. CLM_STOPPED. */
extern clm_status scored_groups_count(const scored_group *groups, size_t n, const clm_stop *stop,
                                      int64_t *customers, int64_t *hits);

#define RANKING_BINS 10

/* Customers of one tenth of a ranking. */
typedef struct ranking_bin {
    int64_t n; /* 0: no group lies there; mean_score is then 0 */
    int64_t hits;
    double mean_score;
} ranking_bin;

typedef struct ranking_measures {
    int64_t n, hits;
    bool has_both;      /* hits and misses: auc, gini and ks exist */
    bool has_hits;      /* lift exists */
    bool probabilities; /* all scores are in [0, 1], and n > 0: brier exists */
    double auc;         /* P(score of a hit > score of a miss) + P(equal) / 2 */
    double gini;        /* 2 auc - 1 */
    double lift;        /* hit rate of the ceil(n / 10) highest scores / hit rate of all */
    double ks;    /* largest |difference| of the distribution functions of the scores of hits and misses */
    double brier; /* mean of (score - outcome)^2 */
    ranking_bin bins[RANKING_BINS]; /* by ascending score */
} ranking_measures;

/*
 * The measures of merged groups. Hanley & McNeil (1982) for auc (mid-ranks), Lemmens & Croux (2006) for lift:
 * of the group at the border of the top tenth as large a part of its hits counts as of its customers. Brier
 * (1950). A group is never split between bins: it lies in that of its mid-rank. CLM_STOPPED.
 */
extern clm_status measure_ranking(const scored_group *groups, size_t n, const clm_stop *stop,
                                  ranking_measures *measures);

/* Share of hits among n > 0 customers. */
extern double ranking_hit_rate(int64_t n, int64_t hits);

#endif
