/*
 * Contract families: survival falls from 1, what a customer will still pay is refused or a number, and likelihoods are
 * finite; constant retention agrees with its sum.
 */
#include "../../src/core/constant_retention.h"
#include "../../src/core/contract_fit.h"
#include "../../src/core/contract_value.h"
#include "fuzz.h"

static const contract_family *
read_family(fuzz_input *in, double *params)
{
    const contract_family *family;
    int families = 0;

    while (contract_families[families] != NULL)
        families++;
    family = contract_families[fuzz_pick(in, (size_t)families)];
    for (int i = 0; i < family->nparams; i++)
        params[i] = fuzz_byte(in) < 8 ? fuzz_double(in) : fuzz_positive(in);
    return family;
}

static void
check_survival(fuzz_input *in, const contract_family *family, const double *params)
{
    double tenure = fuzz_positive(in), ahead = fuzz_positive(in), gradient[CLM_MAX_PARAMS];
    double log_survival = family->log_survival(params, tenure, ahead, NULL);

    CHECK(log_survival <= 0);
    CHECK(is_share(contract_survival(family, params, tenure)));
    CHECK(is_share(contract_retention(family, params, tenure)) &&
          is_share(contract_churn(family, params, tenure)));
    CHECK(fabs(contract_retention(family, params, tenure) + contract_churn(family, params, tenure) - 1) <
          1e-9);
    if (tenure <= 0x1p63 && ahead <= 0x1p63)
        CHECK(is_close_to(family->log_survival(params, tenure, ahead, gradient), log_survival, 1e-9, 1e-300));
}

/* In the way that long work is stopped: what may take millions of terms is asked for a while only. */
static bool
enough(void *arg)
{
    return ++*(int *)arg > 200;
}

static void
check_multiple(fuzz_input *in, const contract_family *family, const double *params)
{
    contract_terms terms = {.discount = fuzz_bool(in) ? fuzz_share(in) : fuzz_double(in),
                            .infinite = fuzz_bool(in),
                            .periods = (int)fuzz_between(in, -1, 100000),
                            .advance = fuzz_bool(in)};
    int asked = 0;
    clm_stop stop = {enough, &asked};
    double tenure = fuzz_byte(in) < 16 ? fuzz_double(in) : (double)fuzz_count(in), value = NAN;

    if (contract_multiple(family, params, tenure, &terms, &stop, &value) == CLM_OK)
        CHECK(isfinite(value) && value >= 0);
}

static void
check_likelihood(fuzz_input *in, const contract_family *family, const double *params)
{
    tenure_group groups[8];
    size_t n = 0, wanted = fuzz_pick(in, 9);
    double value = NAN, gradient[CLM_MAX_PARAMS];

    while (n < wanted) {
        groups[n] = (tenure_group){fuzz_count(in), fuzz_count(in), fuzz_count(in)};
        wanted -= !contract_group_valid(&groups[n]);
        n += contract_group_valid(&groups[n]);
    }
    if (tenure_groups_merge(groups, &n, NULL) != CLM_OK || n == 0)
        return;
    if (contract_log_likelihood(family, groups, n, params, &value, gradient, NULL) != CLM_OK)
        return;
    CHECK(isfinite(value) && value <= 0);
    for (int i = 0; i < family->nparams; i++)
        CHECK(isfinite(gradient[i]));
}

static void
check_constant(fuzz_input *in)
{
    constant_retention c = {.margin = fuzz_double(in),
                            .retention = fuzz_share(in),
                            .discount = fuzz_bool(in) ? fuzz_share(in) : fuzz_double(in),
                            .acquisition = fuzz_double(in),
                            .growth = fuzz_bool(in) ? 0 : fuzz_double(in),
                            .infinite = fuzz_bool(in),
                            .periods = (int)fuzz_bits(in, fuzz_bool(in) ? 4 : 1),
                            .advance = fuzz_bool(in)};
    double value = NAN;

    if (constant_retention_clv(&c, &value) == CLM_OK)
        CHECK(isfinite(value) && c.retention >= 0 && c.retention <= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    double params[CLM_MAX_PARAMS];
    const contract_family *family = read_family(&in, params);
    size_t what = fuzz_pick(&in, 4);

    if (what == 0)
        check_constant(&in);
    else if (what == 1)
        check_multiple(&in, family, params);
    else if (!family->valid(params))
        return 0;
    else if (what == 2)
        check_survival(&in, family, params);
    else
        check_likelihood(&in, family, params);
    return 0;
}
