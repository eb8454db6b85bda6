/*
 * The Shapley value: what each player adds to a game, on average over all orders in which the players can join
 * (Shapley 1953).
 */
#ifndef CLM_SHAPLEY_H
#define CLM_SHAPLEY_H

#include "core.h"

/* Most players: the values of 2^11 coalitions are taken. */
#define SHAPLEY_MAX_PLAYERS 11
#define SHAPLEY_MAX_COALITIONS (1 << SHAPLEY_MAX_PLAYERS)

/*
 * phi[k] = sum over the coalitions S without k of |S|! (n - |S| - 1)! / n! [v(S with k) - v(S)], exactly, for n <=
 * SHAPLEY_MAX_PLAYERS players. v[S] is the worth of the coalition whose members are the bits of S, v[0] that of the
 * empty one; all 2^n finite. The phi add up to v[2^n - 1] - v[0]; a player who never changes v has exactly 0.
 * CLM_TOO_MANY; CLM_OVERFLOW.
 */
extern clm_status shapley_values(int n, const double *v, double *phi);

#endif
