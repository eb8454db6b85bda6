/*
 * Customers who migrate between states as a Markov chain (Pfeifer & Carraway 2000): the value of a customer
 * by state, and the customers of each state in the periods to come.
 */
#ifndef CLM_MARKOV_H
#define CLM_MARKOV_H

#include "transitions.h"

/* Most states of a chain. */
#define MARKOV_MAX_STATES 200

typedef struct markov_chain {
    size_t n;  /* states */
    double *p; /* n x n, row by row: probability to be in state j a period after state i; rows sum to 1 */
    bool *absorbing; /* n: nobody was seen to leave the state; its p is 1 on the diagonal, its reward 0 */
} markov_chain;

/* The share of each of n sorted moves in all moves out of its state. */
extern void markov_shares(const move_count *moves, size_t n, double *shares);

/*
 * Fills a chain of chain->n states from n sorted moves; from[k] and to[k] are the numbers of the states that
 * move k joins. A state without a move out of it absorbs.
 */
extern void markov_estimate(const move_count *moves, const size_t *from, const size_t *to, size_t n,
                            const double *shares, markov_chain *chain);

/*
 * Value of a customer by the state at the start, V = (I - P / (1 + i))^-1 R (Pfeifer & Carraway 2000): the
 * reward of now and of all periods to come, each at the start of its period. Rewards are finite; those of
 * absorbing states are not read. CLM_DOMAIN unless the discount i > 0; CLM_DIVERGES where i is so small that
 * the matrix is singular in double precision; CLM_OVERFLOW; CLM_NO_MEMORY.
 */
extern clm_status markov_clv(const markov_chain *chain, const double *rewards, double discount,
                             double *value);

/*
 * The same up to a horizon of T periods ahead: V_0 = R, V_T = R + P V_{T-1} / (1 + i), so T + 1 rewards
 * count. CLM_DOMAIN unless i > -1 and T >= 0; CLM_OVERFLOW; CLM_NO_MEMORY; CLM_STOPPED.
 */
extern clm_status markov_clv_until(const markov_chain *chain, const double *rewards, double discount,
                                   int64_t periods, double *value, const clm_stop *stop);

/* Moves a mix of customers (or shares of them, >= 0) one period ahead; the total stays. CLM_OVERFLOW. */
extern clm_status markov_step(const markov_chain *chain, const double *mix, double *next);

#endif
