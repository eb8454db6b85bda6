/*
 * Customers with rounded counts, times and amounts: few distinct ones, however many there are, which show where the
 * optimum of a likelihood lies without being it.
 *
 * Rounding does not depend on other customers, so pictures of parts add up to that of the whole. A million
 * customers of two years make some ten thousand groups, purchases and spend together.
 */
#ifndef CLM_PICTURE_H
#define CLM_PICTURE_H

#include "sample.h"

/* The summary of a picture, valid if the one given is; where `whole_times`, times are whole numbers as before, with
 * x <= t_x as before. Numbers of purchases up to 16 stay, and so do whole times up to 32. */
extern customer_summary picture_summary(const customer_summary *c, bool whole_times);

/* The same for n > 0 purchases of mean value *m > 0. */
extern void picture_spend(int64_t *n, double *m);

#endif
