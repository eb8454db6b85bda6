/* The Shapley value: a worked example, its axioms, and the definition over all orders of joining. */
#include "tap.h"

#include "core/random.h"
#include "core/shapley.h"

static int
members(unsigned coalition)
{
    int n = 0;

    for (; coalition != 0; coalition &= coalition - 1)
        n++;
    return n;
}

/*
 * Three initiatives of a telecom provider on a margin of 100 - 35 - 3, retention .8 and discount .1, margins at the end
 * of each period: a retention offer, a data plan, self-service.
 */
static void
test_worked_example(void)
{
    static const double margin[] = {-6, 3, 5}, retention[] = {.05, 0, -.02};
    double v[8], phi[3];

    for (unsigned s = 0; s < 8; s++) {
        double m = 62, r = .8;

        for (int k = 0; k < 3; k++) {
            m += s >> k & 1 ? margin[k] : 0;
            r += s >> k & 1 ? retention[k] : 0;
        }
        v[s] = m * r / (1.1 - r);
    }
    is_close(v[0], 165.33, 0, .005, "worked example: value without initiatives");
    is_close(v[1] - v[0], 25.07, 0, .005, "worked example: the retention offer alone");
    is_close(v[2] - v[0], 8.00, 0, .005, "worked example: the data plan alone");
    is_close(v[4] - v[0], -2.02, 0, .005, "worked example: self-service alone");
    ok(shapley_values(3, v, phi) == CLM_OK, "worked example: Shapley values");
    is_close(phi[0], 25.64, 0, .005, "worked example: the retention offer's share");
    is_close(phi[1], 8.66, 0, .005, "worked example: the data plan's share");
    is_close(phi[2], -2.89, 0, .005, "worked example: self-service's share");
    is_close(v[7] - v[0], 31.41, 0, .005, "worked example: all three");
    is_close(phi[0] + phi[1] + phi[2], v[7] - v[0], 1e-14, 0, "worked example: the shares add up");
    is_close(v[7] - v[0] - (v[1] + v[2] + v[4] - 3 * v[0]), .36, 0, .005, "worked example: interaction");
}

/* A game with values in [-100, 100). */
static void
make_random_game(clm_rng *rng, int n, double *v)
{
    for (int s = 0; s < 1 << n; s++)
        v[s] = 200 * clm_rng_uniform(rng) - 100;
}

/*
 * Adds up what each player gains when he joins, over every order in which those who are not in `coalition` yet can join
 * it; returns the number of these orders.
 */
static double
join_in_every_order(int n, const double *v, unsigned coalition, double *gains)
{
    double orders = 0;

    if (coalition == (1u << n) - 1)
        return 1;
    for (int k = 0; k < n; k++) {
        unsigned larger = coalition | 1u << k;
        double after;

        if (larger == coalition)
            continue;
        after = join_in_every_order(n, v, larger, gains);
        gains[k] += after * (v[larger] - v[coalition]);
        orders += after;
    }
    return orders;
}

static void
test_all_orders(void)
{
    clm_rng rng;
    double v[SHAPLEY_MAX_COALITIONS], phi[SHAPLEY_MAX_PLAYERS];

    clm_rng_seed(&rng, 1, 0);
    for (int n = 1; n <= 8; n++) {
        double gains[SHAPLEY_MAX_PLAYERS] = {0}, orders, worst = 0;

        make_random_game(&rng, n, v);
        orders = join_in_every_order(n, v, 0, gains);
        ok(shapley_values(n, v, phi) == CLM_OK && orders == tgamma(n + 1), "all %g orders", orders);
        for (int k = 0; k < n; k++)
            worst = fmax(worst, fabs(phi[k] - gains[k] / orders));
        is_close(worst, 0, 0, 1e-11, "the mean gain over all orders of joining");
    }
}

/* |S|! (n - |S| - 1)! / n! for up to eleven players. */
static void
test_definition(void)
{
    clm_rng rng;
    double v[SHAPLEY_MAX_COALITIONS], phi[SHAPLEY_MAX_PLAYERS];

    clm_rng_seed(&rng, 2, 0);
    for (int n = 9; n <= SHAPLEY_MAX_PLAYERS; n++) {
        double worst = 0;

        make_random_game(&rng, n, v);
        shapley_values(n, v, phi);
        for (int k = 0; k < n; k++) {
            double sum = 0;

            for (unsigned s = 0; s < 1u << n; s++) {
                if (!(s >> k & 1))
                    sum += tgamma(members(s) + 1) * tgamma(n - members(s)) / tgamma(n + 1) *
                           (v[s | 1u << k] - v[s]);
            }
            worst = fmax(worst, fabs(phi[k] - sum));
        }
        is_close(worst, 0, 0, 1e-11, "the definition by factorials");
    }
}

static void
test_axioms(void)
{
    clm_rng rng;
    double v[SHAPLEY_MAX_COALITIONS], w[SHAPLEY_MAX_COALITIONS], sum[SHAPLEY_MAX_COALITIONS];
    double phi_v[SHAPLEY_MAX_PLAYERS], phi_w[SHAPLEY_MAX_PLAYERS], phi_sum[SHAPLEY_MAX_PLAYERS];

    clm_rng_seed(&rng, 3, 0);
    for (int n = 1; n <= SHAPLEY_MAX_PLAYERS; n++) {
        double total = 0, worst = 0;

        make_random_game(&rng, n, v);
        make_random_game(&rng, n, w);
        for (int s = 0; s < 1 << n; s++)
            sum[s] = 3 * v[s] + w[s];
        shapley_values(n, v, phi_v);
        shapley_values(n, w, phi_w);
        shapley_values(n, sum, phi_sum);
        for (int k = 0; k < n; k++) {
            total += phi_v[k];
            worst = fmax(worst, fabs(phi_sum[k] - 3 * phi_v[k] - phi_w[k]));
        }
        is_close(total, v[(1 << n) - 1] - v[0], 0, 1e-11, "efficient: the values add up to the worth of all");
        is_close(worst, 0, 0, 1e-11, "additive over games");
        /* Player 0 adds nothing, and the last two are alike. */
        for (int s = 0; s < 1 << n; s++)
            w[s] = v[s & ~1];
        shapley_values(n, w, phi_w);
        ok(phi_w[0] == 0, "dummy: who adds nothing has exactly 0");
        if (n == 1)
            continue;
        for (unsigned s = 0; s < 1u << n; s++)
            w[s] = v[(s & ((1u << (n - 2)) - 1)) | (unsigned)members(s >> (n - 2)) << (n - 2)];
        shapley_values(n, w, phi_w);
        is_close(phi_w[n - 1], phi_w[n - 2], 0, 1e-11, "symmetric: equal players have equal values");
    }
}

static void
test_limits(void)
{
    static double v[2 * SHAPLEY_MAX_COALITIONS];
    double phi[SHAPLEY_MAX_PLAYERS + 1] = {7};

    ok(shapley_values(0, v, phi) == CLM_OK && phi[0] == 7, "no player: no value");
    ok(shapley_values(12, v, phi) == CLM_TOO_MANY, "twelve players are too many");
    ok(shapley_values(-1, v, phi) == CLM_TOO_MANY, "a negative number of players");
    v[0] = -1.7e308;
    v[1] = 1.7e308;
    ok(shapley_values(1, v, phi) == CLM_OVERFLOW, "a gain beyond the range of a number");
}

int
main(void)
{
    test_worked_example();
    test_all_orders();
    test_definition();
    test_axioms();
    test_limits();
    return done_testing();
}
