/*
 * Profit of a campaign: worked values, and the definition itself, integrated over the acceptance rate.
 */
#include "core/empc.h"
#include "core/gamma_functions.h"
#include "core/quadrature.h"
#include "core/random.h"
#include "tap.h"

#include <float.h>
#include <string.h>

#define WORKED 10
static const scored_group worked[WORKED] = {{.1, 1, 0},  {.2, 1, 0}, {.3, 1, 1}, {.4, 1, 0}, {.5, 1, 0},
                                            {.55, 1, 0}, {.6, 1, 1}, {.7, 1, 0}, {.8, 1, 1}, {.9, 1, 1}};

/* The profit of merged groups, which stay as they are. */
static clm_status
measure(const scored_group *groups, size_t n, const campaign *c, campaign_profit *profit)
{
    scored_group *copy = malloc(n * sizeof(*copy));
    clm_status status;

    memcpy(copy, groups, n * sizeof(*copy));
    status = measure_campaign(copy, n, c, NULL, profit);
    free(copy);
    return status;
}

static void
test_worked(void)
{
    campaign_profit p;

    ok(measure(worked, WORKED, &default_campaign, &p) == CLM_OK, "worked example");
    is_close(p.mpc, 18.0, 0, 1e-13, "worked example: MPC 18.0");
    ok(p.mpc_share == .8 && p.mpc_threshold == .3, "worked example: MPC at 80 %%, from score .3 on");
    is_close(p.empc, 18.072, 0, 5e-4, "worked example: EMPC 18.072");
    ok(p.empc_share > .7 && p.empc_share < .8, "worked example: fewer where acceptance is low");
}

/* ---- the definition ---- */

/* A contacted share of all, by hits and misses, and the threshold that makes it. */
typedef struct selection {
    double hits, misses, score;
} selection;

/* Largest profit of a customer over all thresholds, none included, and the number contacted for it. */
static double
best_profit(const selection *selections, size_t n, double customers, const campaign *c, double gamma,
            size_t *best)
{
    double largest = 0.0, delta = c->incentive / c->value, phi = c->contact / c->value;

    *best = 0;
    for (size_t i = 1; i <= n; i++) {
        double profit =
            c->value *
            ((gamma * (1.0 - delta) - phi) * selections[i].hits - (delta + phi) * selections[i].misses) /
            customers;

        if (profit > largest * (1.0 + 1e-14)) {
            largest = profit;
            *best = i;
        }
    }
    return largest;
}

static double
beta_density(const campaign *c, double gamma)
{
    return exp((c->alpha - 1.0) * log(gamma) + (c->beta - 1.0) * log1p(-gamma) - log_beta(c->alpha, c->beta));
}

#define PANELS 4000

/* EMPC and its share by quadrature; alpha and beta are at least 1, so that the density is bounded. */
static void
integrate(const selection *selections, size_t n, double customers, const campaign *c, campaign_profit *p)
{
    p->empc = 0.0;
    p->empc_share = 0.0;
    for (int panel = 0; panel < PANELS; panel++) {
        for (int i = 0; i < GAUSS_NODES; i++) {
            double gamma = (panel + .5 + .5 * gauss_node[i]) / PANELS;
            double weight = .5 / PANELS * gauss_weight[i] * beta_density(c, gamma);
            size_t best;

            p->empc += weight * best_profit(selections, n, customers, c, gamma, &best);
            p->empc_share += weight * (selections[best].hits + selections[best].misses) / customers;
        }
    }
}

static void
test_by_definition(const scored_group *groups, size_t n, const campaign *c)
{
    selection *selections = calloc(n + 1, sizeof(*selections));
    double customers = 0.0;
    campaign_profit p, want;
    size_t best;

    for (size_t i = 1; i <= n; i++) {
        const scored_group *group = &groups[n - i];

        selections[i].hits = selections[i - 1].hits + (double)group->hits;
        selections[i].misses = selections[i - 1].misses + (double)(group->n - group->hits);
        selections[i].score = group->score;
        customers += (double)group->n;
    }
    ok(measure(groups, n, c, &p) == CLM_OK, "%zu groups, value %g, incentive %g, contact %g, Beta(%g, %g)", n,
       c->value, c->incentive, c->contact, c->alpha, c->beta);
    want.mpc = best_profit(selections, n, customers, c, c->alpha / (c->alpha + c->beta), &best);
    is_close(p.mpc, want.mpc, 1e-12, 1e-12 * c->value, "  MPC");
    is_close(p.mpc_share, (selections[best].hits + selections[best].misses) / customers, 0, 1e-15,
             "  MPC's share");
    ok(best == 0 || p.mpc_threshold == selections[best].score, "  MPC's threshold");
    integrate(selections, n, customers, c, &want);
    is_close(p.empc, want.empc, 1e-6, 1e-7 * c->value, "  EMPC");
    is_close(p.empc_share, want.empc_share, 0, 2e-4, "  EMPC's share");
    ok(p.empc >= p.mpc * (1.0 - 1e-12), "  EMPC is at least MPC");
    free(selections);
}

#define MOST_GROUPS 60

/* Groups of up to `ties` customers whose hit rates rise with the score, not always. */
static size_t
draw_groups(clm_rng *rng, size_t n, int ties, scored_group *groups)
{
    for (size_t i = 0; i < n; i++) {
        groups[i] = (scored_group){(double)i / n, 1 + (int64_t)(ties * clm_rng_uniform(rng)), 0};
        for (int64_t j = 0; j < groups[i].n; j++)
            groups[i].hits += clm_rng_uniform(rng) < .05 + .5 * groups[i].score;
    }
    groups[0].hits = 0;
    groups[n - 1].hits = groups[n - 1].n;
    return n;
}

static void
test_random(void)
{
    const campaign campaigns[] = {{200, 10, 1, 6, 14}, {200, 10, 1, 1, 1},   {50, 0, 1, 2, 2},
                                  {50, 20, 0, 6, 14},  {1, .99, .001, 9, 2}, {1, .2, .05, 40, 60},
                                  {1e-3, 0, 0, 3, 5}};
    scored_group groups[MOST_GROUPS];
    clm_rng rng;

    clm_rng_seed(&rng, 20130501, 3);
    for (size_t i = 0; i < sizeof(campaigns) / sizeof(campaigns[0]); i++) {
        test_by_definition(groups, draw_groups(&rng, MOST_GROUPS, 9, groups), &campaigns[i]);
        test_by_definition(groups, draw_groups(&rng, 25, 1, groups), &campaigns[i]);
    }
    test_by_definition(worked, WORKED, &default_campaign);
}

/* ---- closed cases ---- */

static void
test_edges(void)
{
    const scored_group perfect[] = {{1, 6, 0}, {2, 4, 4}}, inverse[] = {{1, 4, 4}, {2, 6, 0}};
    const scored_group constant[] = {{.5, 10, 4}}, hits[] = {{1, 2, 2}, {2, 1, 1}}, misses[] = {{1, 3, 0}};
    const campaign free_of_cost = {100, 0, 0, 6, 14}, dear = {100, 10, 95, 6, 14},
                   dearer = {100, 10, 1e9, 6, 14};
    const campaign too_dear_on_average = {100, 0, 40, 6, 14};
    campaign_profit p;

    /* E[max(0, 190 gamma - 1)] is 56 but for the tiny chance of an acceptance below 1/190. */
    ok(measure(perfect, 2, &default_campaign, &p) == CLM_OK && p.mpc_share == .4 && p.mpc_threshold == 2,
       "perfect scores: the hits alone are contacted");
    is_close(p.mpc, .4 * 56, 0, 1e-13, "perfect scores: MPC");
    is_close(p.empc, .4 * 56, 0, 1e-6, "perfect scores: EMPC");
    is_close(p.empc_share, .4, 0, 1e-8, "perfect scores: EMPC's share");
    ok(measure(inverse, 2, &default_campaign, &p) == CLM_OK && p.mpc_share == 1 && p.mpc_threshold == 1,
       "inverse scores: all or nobody");
    is_close(p.mpc, (4 * 56 - 6 * 11) / 10.0, 0, 1e-13, "inverse scores: MPC");
    ok(measure(constant, 1, &default_campaign, &p) == CLM_OK && p.mpc_share == 1 && p.mpc_threshold == .5,
       "constant scores: all or nobody");
    is_close(p.mpc, (4 * 56 - 6 * 11) / 10.0, 0, 1e-13, "constant scores: MPC");
    ok(measure(hits, 2, &default_campaign, &p) == CLM_UNDEFINED, "hits alone");
    ok(measure(misses, 1, &default_campaign, &p) == CLM_UNDEFINED, "misses alone");
    ok(measure(misses, 0, &default_campaign, &p) == CLM_UNDEFINED, "nobody");

    ok(measure(worked, WORKED, &free_of_cost, &p) == CLM_OK, "no cost");
    is_close(p.mpc, 100 * .4 * .3, 0, 1e-13, "no cost: all hits are contacted");
    is_close(p.empc, 100 * .4 * .3, 0, 1e-13, "no cost: whatever the acceptance");
    ok(p.mpc_share == .8 && fabs(p.empc_share - .8) < 1e-15, "no cost: but nobody below the last hit");
    ok(measure(worked, WORKED, &dear, &p) == CLM_OK && p.mpc == 0 && p.mpc_share == 0 && p.empc == 0 &&
           p.empc_share == 0,
       "a contact for more than it can earn: nobody");
    ok(measure(worked, WORKED, &dearer, &p) == CLM_OK && p.mpc == 0 && p.empc == 0, "for much more: nobody");
    ok(measure(worked, WORKED, &too_dear_on_average, &p) == CLM_OK && p.mpc == 0 && p.mpc_share == 0 &&
           p.empc > 0 && p.empc_share > 0,
       "too dear at the expected acceptance, not at a higher one");
}

/* A certain acceptance leaves nothing to choose later: EMPC is MPC. */
static void
test_narrow(void)
{
    const campaign narrow = {200, 10, 1, 3e5, 7e5};
    campaign_profit p;

    ok(measure(worked, WORKED, &narrow, &p) == CLM_OK && p.empc_share <= 1, "an acceptance almost certain");
    is_close(p.mpc, 18.0, 0, 1e-12, "almost certain: MPC");
    is_close(p.empc, 18.0, 0, 1e-6, "almost certain: EMPC");
    is_close(p.empc_share, .8, 0, 1e-9, "almost certain: EMPC's share");
}

/* With tiny shapes acceptance is 0 or 1: alpha / (alpha + beta) of the profit where all accept. */
static void
test_wide(void)
{
    const campaign wide = {200, 10, 1, 3e-6, 7e-6};
    campaign_profit p;

    ok(measure(worked, WORKED, &wide, &p) == CLM_OK, "an acceptance of all or nobody");
    is_close(p.empc, .3 * (4 * 189 - 4 * 11) / 10, 1e-4, 0, "all or nobody: EMPC");
    is_close(p.empc_share, .3 * .8, 1e-4, 0, "all or nobody: EMPC's share");
}

static void
test_extreme_money(void)
{
    const double unit[] = {1e-300, 1e300, 8e305};
    campaign_profit p, q;

    measure(worked, WORKED, &default_campaign, &p);
    for (int i = 0; i < 3; i++) {
        const campaign c = {200 * unit[i], 10 * unit[i], unit[i], 6, 14};

        ok(measure(worked, WORKED, &c, &q) == CLM_OK && q.mpc_share == p.mpc_share, "in units of %g",
           unit[i]);
        is_close(q.mpc / unit[i], p.mpc, 1e-14, 0, "  MPC");
        is_close(q.empc / unit[i], p.empc, 1e-14, 0, "  EMPC");
    }
    const campaign ends[] = {{DBL_MAX, nextafter(DBL_MAX, 0), DBL_MAX, 6, 14},
                             {5e-324, 0, DBL_MAX, 6, 14},
                             {DBL_MAX, 5e-324, 5e-324, 1e-6, 1e6},
                             {5e-324, 0, 0, 1e6, 1e-6},
                             {DBL_MAX, 0, 0, 1e6, 1e6},
                             {1, .9999999999999999, 0, 6, 14}};
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        ok(measure(worked, WORKED, &ends[i], &q) == CLM_OK && isfinite(q.mpc) && q.mpc >= 0 &&
               isfinite(q.empc) && q.empc >= 0 && q.mpc_share >= 0 && q.mpc_share <= 1 && q.empc_share >= 0 &&
               q.empc_share <= 1,
           "at the end of the domain, %zu", i);
}

static bool
always(void *arg)
{
    (void)arg;
    return true;
}

static void
test_domain(void)
{
    const campaign wrong[] = {
        {0, 0, 1, 6, 14},    {-1, 0, 1, 6, 14},  {10, 10, 1, 6, 14},      {10, -1, 1, 6, 14},
        {10, 1, -1, 6, 14},  {10, 1, 1, 0, 14},  {10, 1, 1, 6, 0},        {10, 1, 1, 2e6, 14},
        {10, 1, 1, 6, 1e-7}, {NAN, 1, 1, 6, 14}, {10, NAN, 1, 6, 14},     {10, 1, NAN, 6, 14},
        {10, 1, 1, NAN, 14}, {10, 1, 1, 6, NAN}, {INFINITY, 1, 1, 6, 14}, {10, 1, INFINITY, 6, 14}};
    const clm_stop stop = {always, NULL};
    scored_group copy[WORKED];
    campaign_profit p;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        ok(measure(worked, WORKED, &wrong[i], &p) == CLM_DOMAIN, "outside the domain, %zu", i);
    memcpy(copy, worked, sizeof(copy));
    ok(measure_campaign(copy, WORKED, &default_campaign, &stop, &p) == CLM_STOPPED, "it stops");
}

int
main(void)
{
    test_worked();
    test_random();
    test_edges();
    test_narrow();
    test_wide();
    test_extreme_money();
    test_domain();
    return done_testing();
}
