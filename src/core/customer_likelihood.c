/*
 * The likelihood of one customer, as that of a sample of one.
 */
#include "customer_likelihood.h"

#include <math.h>

#include "compensated.h"
#include "models/gamma_gamma.h"

double
customer_log_gaps(const int32_t *gaps, size_t n, int32_t period)
{
    compensated_sum sum = {0.0, 0.0};

    for (size_t i = 0; i < n; i++)
        compensated_add(&sum, log((double)gaps[i] / period));
    return compensated_value(&sum);
}

clm_status
customer_likelihood_at(const customer_family *family, const double *params, const customer_summary *c,
                       double log_gaps, double *value, double *gradient)
{
    static const uint32_t first = 0;
    customer_group group = {*c, 1};
    customer_sample sample = {.n = 1,
                              .groups = &group,
                              .customers = 1.0,
                              .log_gaps = log_gaps,
                              .max_x = c->x,
                              .n_t = 1,
                              .n_t_x = 1,
                              .t_values = &group.of.t,
                              .t_x_values = &group.of.t_x,
                              .t_index = &first,
                              .t_x_index = &first};

    return family->log_likelihood(&sample, params, value, gradient, NULL);
}

clm_status
spend_likelihood_at(const double *params, int64_t n, double m, double *value, double *gradient)
{
    double total = (double)n * m, log_m = log(m);
    spend_group group = {n, m, 1};
    spend_run run = {.n = n, .weight = 1, .count = 1, .sum_log_m = log_m};
    spend_sample sample = {.n = 1,
                           .groups = &group,
                           .customers = 1.0,
                           .mean_log_m = log_m,
                           .n_runs = 1,
                           .runs = &run,
                           .totals = &total};

    return gamma_gamma_log_likelihood(&sample, params, value, gradient, NULL);
}
