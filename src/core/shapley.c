/*
 * The Shapley value from the worth of every coalition.
 *
 * A coalition S counts in phi[k] with weight(|S| - 1) where k is a member and with -weight(|S|) where not, weight(s) =
 * s! (n - s - 1)! / n!. So with u(S) = [weight(|S| - 1) + weight(|S|)] (v(S) - v[0]), phi[k] is the sum of u over the
 * coalitions with k, less a sum over all coalitions that is the same for every k, and known since the phi add up to the
 * worth of all. The sums of u for all k together take 2^n additions: half of the coalitions at a time is folded away.
 */
#include "shapley.h"

#include <math.h>

/* Coalitions are taken in blocks of the 2^6 that the first six players make. */
#define BLOCK_PLAYERS 6
#define BLOCK (1 << BLOCK_PLAYERS)
#define BLOCK_SIZES (SHAPLEY_MAX_PLAYERS - BLOCK_PLAYERS + 1)
#define LANES 4

static int
count_members(unsigned coalition)
{
    int n = 0;

    for (; coalition != 0; coalition &= coalition - 1)
        n++;
    return n;
}

/* weight(s - 1) + weight(s) by s: (s - 1)! (n - s - 1)! / (n - 1)! for 0 < s < n, 1 / n for s = n; u(0) is 0 anyway. */
static void
make_factors(int n, double *factor)
{
    factor[0] = 0;
    for (int s = 1; s < n; s++)
        factor[s] = s == 1 ? 1. / (n - 1) : factor[s - 1] * (s - 1) / (n - s);
    factor[n] = 1. / n;
}

/* The u of all coalitions. Blocks whose other players are as many have the same factors. */
static void
make_u(int n, const double *v, double *restrict u)
{
    double factor[SHAPLEY_MAX_PLAYERS + 1], factors[BLOCK_SIZES][BLOCK], worth = v[0];
    int block = n < BLOCK_PLAYERS ? 1 << n : BLOCK;

    make_factors(n, factor);
    for (int s = 0; s < block; s++) {
        int size = count_members(s);

        for (int others = 0; others <= n - BLOCK_PLAYERS || others == 0; others++)
            factors[others][s] = factor[size + others];
    }
    for (int start = 0; start < 1 << n; start += block) {
        const double *restrict f = factors[count_members(start / BLOCK)];

        for (int s = 0; s < block; s++)
            u[start + s] = f[s] * (v[start + s] - worth);
    }
}

/* Adds the upper half of u to the lower one; returns the sum of the upper half. */
static double
fold(double *restrict lower, const double *restrict upper, int half)
{
    double sum[LANES] = {0};
    int s = 0;

    for (; s + LANES <= half; s += LANES) {
        for (int lane = 0; lane < LANES; lane++) {
            sum[lane] += upper[s + lane];
            lower[s + lane] += upper[s + lane];
        }
    }
    for (; s < half; s++) {
        sum[s] += upper[s];
        lower[s] += upper[s];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* Does the player never change the worth of a coalition? His bit is `stride`. */
static bool
is_dummy(int n, int stride, const double *v)
{
    for (int start = 0; start < 1 << n; start += 2 * stride) {
        for (int s = start; s < start + stride; s++) {
            if (v[s + stride] != v[s])
                return false;
        }
    }
    return true;
}

clm_status
shapley_values(int n, const double *v, double *phi)
{
    double u[SHAPLEY_MAX_COALITIONS], sum = 0, common;

    if (n < 0 || n > SHAPLEY_MAX_PLAYERS)
        return CLM_TOO_MANY;
    if (n == 0)
        return CLM_OK;
    make_u(n, v, u);
    for (int k = n - 1; k >= 0; k--) {
        phi[k] = fold(u, u + (1 << k), 1 << k);
        sum += phi[k];
    }
    common = (sum - (v[(1 << n) - 1] - v[0])) / n;
    for (int k = 0; k < n; k++) {
        phi[k] = is_dummy(n, 1 << k, v) ? 0 : phi[k] - common;
        if (!isfinite(phi[k]))
            return CLM_OVERFLOW;
    }
    return CLM_OK;
}
