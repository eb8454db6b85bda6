/*
 * Quantile tables and tail probabilities: finite and ascending, or within [0, 1], for any shape.
 */
#include "../../src/core/distributions.h"
#include "../../src/core/incomplete_beta.h"
#include "../../src/core/incomplete_gamma.h"
#include "../../src/core/poisson.h"
#include "../../src/core/quantiles.h"
#include "../../src/core/models/family.h"
#include "fuzz.h"

#define MOST 101

static void
check_table(fuzz_input *in)
{
    double weights[CLM_MAX_REGULARITY], total = 0, log_p[MOST], y[MOST];
    int steps = fuzz_between(in, 1, CLM_MAX_REGULARITY), n = fuzz_between(in, 1, MOST);
    quantile_table table;

    switch (fuzz_pick(in, 3)) {
        case 0:
            gamma_quantiles(fuzz_positive(in), &table);
            break;
        case 1:
            for (int j = 0; j < steps; j++)
                total += weights[j] = 1 + fuzz_byte(in);
            for (int j = 0; j < steps; j++)
                weights[j] /= total;
            gamma_mixture_quantiles(fuzz_positive(in), weights, steps, &table);
            break;
        default:
            beta_quantiles(fuzz_positive(in), fuzz_positive(in), &table);
    }
    CHECK(table.n >= 1 && table.n <= QUANTILE_NODES);
    quantile_logs(n, log_p);
    quantiles_fill(&table, n, log_p, y);
    for (int j = 0; j < n; j++)
        CHECK(isfinite(y[j]) && (j == 0 || y[j] >= y[j - 1]));
}

static void
check_tails(fuzz_input *in)
{
    double z = fuzz_double(in), x = fuzz_positive(in), lower, upper, df = fmin(fuzz_positive(in), 2e5);
    double share = (double)fuzz_between(in, 1, 16777214) / 16777215;

    if (!isnan(z)) {
        CHECK(is_share(normal_tail(z)));
        CHECK(is_share(student_tail(z, fmin(fuzz_positive(in), 1e20))));
    }
    CHECK(isfinite(normal_quantile(share)));
    CHECK(isfinite(student_quantile(share, fmax(1, df))));
    CHECK(is_share(chi_square_tail(x, df)));
    CHECK(is_share(f_tail(x, df, fmin(fuzz_positive(in), 2e5))));
    incomplete_gamma(fmin(df, 1e5), x, &lower, &upper);
    CHECK(is_share(lower) && is_share(upper) && fabs(lower + upper - 1) < 1e-9);
    incomplete_beta(df, fmin(fuzz_positive(in), 1e5), share, 1 - share, &lower, &upper);
    CHECK(is_share(lower) && is_share(upper) && fabs(lower + upper - 1) < 1e-9);
    x = poisson_quantile(x, share);
    CHECK(!isfinite(x) || (x >= 0 && x == floor(x)));
    CHECK(!isfinite(poisson_quantile(NAN, share)) && !isfinite(poisson_quantile(1, -share)));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};

    if (fuzz_byte(&in) < 160)
        check_table(&in);
    else
        check_tails(&in);
    return 0;
}
