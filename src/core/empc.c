/*
 * Maximum and expected maximum profit of a campaign.
 *
 * Only thresholds on the convex hull of the ROC curve are ever best. Its segments are the groups pooled until
 * hit rates rise strictly with the score. From the highest scores down, segment j with hits h_j and misses m_j
 * pays from gamma_j = [phi + (delta + phi) m_j / h_j] / (1 - delta) on, and earns per hit value (1 - delta)
 * (gamma - gamma_j) beyond it. So EMPC is a sum over segments of h_j value (1 - delta) E[max(0, gamma -
 * gamma_j)], all terms positive.
 */
#include "empc.h"

#include <math.h>

#include "compensated.h"
#include "incomplete_beta.h"

/* Groups or segments between two looks at the stop callback. */
#define STOP_EVERY 1024

const campaign default_campaign = {200.0, 10.0, 1.0, 6.0, 14.0};

static bool
shape_valid(double shape)
{
    return shape >= CAMPAIGN_LEAST_SHAPE && shape <= CAMPAIGN_MOST_SHAPE;
}

/* Written so that NaN fails. */
bool
campaign_valid(const campaign *c)
{
    return isfinite(c->value) && isfinite(c->contact) && c->value > 0.0 && c->incentive >= 0.0 &&
           c->incentive < c->value && c->contact >= 0.0 && shape_valid(c->alpha) && shape_valid(c->beta);
}

/* Pools neighbours (by adjacent violators) until hit rates rise strictly; a segment keeps its lowest score. */
static clm_status
pool_groups(scored_group *groups, size_t *n, const clm_stop *stop)
{
    size_t segments = 0;

    for (size_t i = 0; i < *n; i++) {
        scored_group segment = groups[i];

        if (i % STOP_EVERY == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        while (segments > 0 && (double)groups[segments - 1].hits * (double)segment.n >=
                                   (double)segment.hits * (double)groups[segments - 1].n) {
            segments--;
            segment.score = groups[segments].score;
            segment.n += groups[segments].n;
            segment.hits += groups[segments].hits;
        }
        groups[segments++] = segment;
    }
    *n = segments;
    return CLM_OK;
}

/* The money of a campaign in units of 2^exponent, about its value: sums of the largest doubles stay finite. */
typedef struct scaled_campaign {
    int exponent;
    double gain;    /* value - incentive, in (0, 1] */
    double waste;   /* incentive + contact */
    double contact; /* at most 2: from 1 on no contact ever pays */
} scaled_campaign;

static scaled_campaign
scale_campaign(const campaign *c)
{
    scaled_campaign scaled;
    double value = frexp(c->value, &scaled.exponent), incentive = ldexp(c->incentive, -scaled.exponent);

    scaled.contact = fmin(2.0, ldexp(c->contact, -scaled.exponent));
    scaled.gain = value - incentive;
    scaled.waste = incentive + scaled.contact;
    return scaled;
}

/* gamma_j; infinite where a segment never pays. */
static double
paying_acceptance(const scored_group *segment, const scaled_campaign *c)
{
    double misses = (double)(segment->n - segment->hits);

    return segment->hits == 0 ? INFINITY : (c->contact + c->waste * misses / (double)segment->hits) / c->gain;
}

/* P(gamma > from) and E[max(0, gamma - from)] for gamma ~ Beta(alpha, beta), 0 <= from < 1. */
static void
acceptance_beyond(const campaign *c, double from, double *probability, double *excess)
{
    double mean = c->alpha / (c->alpha + c->beta), below, weighted;

    incomplete_beta(c->alpha, c->beta, from, 1.0 - from, &below, probability);
    incomplete_beta(c->alpha + 1.0, c->beta, from, 1.0 - from, &below, &weighted);
    *excess = fmax(0.0, mean * weighted - from * *probability);
}

/* What the segments bring that are contacted where acceptance is as expected. */
static void
measure_maximum(const scored_group *segments, size_t n, double customers, const campaign *c,
                const scaled_campaign *scaled, campaign_profit *profit)
{
    double mean = c->alpha / (c->alpha + c->beta);
    double contacted = 0.0, hits = 0.0;

    for (size_t i = n; i > 0 && paying_acceptance(&segments[i - 1], scaled) < mean; i--) {
        contacted += (double)segments[i - 1].n;
        hits += (double)segments[i - 1].hits;
        profit->mpc_threshold = segments[i - 1].score;
    }
    profit->mpc = ldexp(
        fmax(0.0, (hits * (mean * scaled->gain - scaled->contact) - (contacted - hits) * scaled->waste) /
                      customers),
        scaled->exponent);
    profit->mpc_share = contacted / customers;
}

static clm_status
measure_expected_maximum(const scored_group *segments, size_t n, double customers, const campaign *c,
                         const scaled_campaign *scaled, const clm_stop *stop, campaign_profit *profit)
{
    compensated_sum earned = {0, 0}, contacted = {0, 0};

    for (size_t i = n; i > 0; i--) {
        const scored_group *segment = &segments[i - 1];
        double from = paying_acceptance(segment, scaled), probability, excess;

        if (from >= 1.0)
            break;
        if (i % STOP_EVERY == 0 && clm_stop_requested(stop))
            return CLM_STOPPED;
        acceptance_beyond(c, from, &probability, &excess);
        compensated_add(&earned, (double)segment->hits * excess);
        compensated_add(&contacted, (double)segment->n * probability);
    }
    profit->empc = ldexp(compensated_value(&earned) * scaled->gain / customers, scaled->exponent);
    profit->empc_share = fmin(1.0, compensated_value(&contacted) / customers);
    return CLM_OK;
}

clm_status
measure_campaign(scored_group *groups, size_t n, const campaign *c, const clm_stop *stop,
                 campaign_profit *profit)
{
    int64_t customers, hits;
    scaled_campaign scaled;
    clm_status status;

    if (!campaign_valid(c))
        return CLM_DOMAIN;
    status = scored_groups_count(groups, n, stop, &customers, &hits);
    if (status == CLM_OK && (hits == 0 || hits == customers))
        status = CLM_UNDEFINED;
    if (status == CLM_OK)
        status = pool_groups(groups, &n, stop);
    if (status != CLM_OK)
        return status;
    scaled = scale_campaign(c);
    *profit = (campaign_profit){0};
    measure_maximum(groups, n, (double)customers, c, &scaled, profit);
    return measure_expected_maximum(groups, n, (double)customers, c, &scaled, stop, profit);
}
