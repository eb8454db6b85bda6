/*
 * Intervals of a customer's scores: their ends are finite, in order and on the right side of zero.
 */
#include "../../src/core/interval.h"
#include "fuzz.h"

static bool
is_interval(const interval *i)
{
    return !i->known || (isfinite(i->lower) && isfinite(i->upper) && i->lower <= i->upper);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    fuzz_input in = {bytes, size};
    double params[CLM_MAX_PARAMS], spend_params[3], level;
    const customer_family *family;
    customer_summary c;
    spend_evidence spend = {spend_params, 0, 0};
    valuation v;
    customer_intervals found;
    int families = 0;

    while (customer_families[families] != NULL)
        families++;
    family = customer_families[fuzz_pick(&in, (size_t)families)];
    for (int i = 0; i < family->nparams; i++)
        params[i] = fuzz_positive(&in);
    if (family->regular)
        params[0] = fuzz_between(&in, 1, CLM_MAX_REGULARITY);
    c.t = family->discrete ? fuzz_between(&in, 0, 100) : fuzz_positive(&in);
    c.x = fuzz_count(&in);
    c.t_x = c.x == 0 ? 0 : family->discrete ? floor(c.t * fuzz_share(&in)) : c.t * fuzz_share(&in);
    if (family->discrete && (double)c.x > c.t_x)
        c.x = (int64_t)fmax(c.t_x, 0);
    v.ahead = fuzz_byte(&in) < 32 ? INFINITY
              : family->discrete  ? fuzz_between(&in, 0, 1000)
                                  : fuzz_positive(&in);
    v.delta = fuzz_bool(&in) ? 0 : fuzz_positive(&in) / 100;
    v.margin = fuzz_bool(&in) ? 1 : fuzz_double(&in);
    for (int i = 0; i < 3; i++)
        spend_params[i] = fuzz_positive(&in);
    spend.n = fuzz_count(&in);
    spend.m = fuzz_double(&in);
    level = fuzz_byte(&in) < 240 ? fuzz_between(&in, 1, 950) / 1000.0 : fuzz_double(&in);
    if (customer_intervals_of(family, params, &c, fuzz_bool(&in) ? &spend : NULL, &v, level, NULL, &found) ==
        CLM_OK) {
        CHECK(is_interval(&found.expected) && found.expected.lower >= 0);
        CHECK(is_interval(&found.purchases) && found.purchases.lower >= 0);
        CHECK(is_interval(&found.value));
    }
    return 0;
}
