/*
 * A customer's economics, levers, offers, surveys and shares of worth: refused, or numbers that add up.
 */
#include "../../src/core/levers.h"
#include "../../src/core/offer.h"
#include "../../src/core/survey.h"
#include "../../src/core/value.h"
#include "fuzz.h"

static double
read_driver(fuzz_input *in, economics_driver d)
{
    const economics_domain *domain = &economics_domains[d];
    uint8_t kind = fuzz_byte(in);

    if (kind < 6)
        return fuzz_double(in);
    if (kind < 128)
        return domain->initial;
    if (domain->most == 1 && domain->least == 0)
        return fuzz_share(in);
    return fuzz_bool(in) ? fuzz_between(in, -50, 100) : fuzz_positive(in);
}

static void
read_economics(fuzz_input *in, economics *e)
{
    economics_default(e);
    for (int d = 0; d < ECONOMICS_DRIVERS; d++)
        e->driver[d] = read_driver(in, d);
}

static void
check_economics(fuzz_input *in)
{
    economics e;
    economics_driver d = fuzz_pick(in, ECONOMICS_DRIVERS);
    double value = NAN, clv = NAN, target = fuzz_double(in);
    clm_status status;

    read_economics(in, &e);
    status = economics_clv(&e, &clv);
    CHECK(economics_invalid_driver(&e) < 0 || status == CLM_DOMAIN);
    CHECK(status != CLM_OK || isfinite(clv));
    if (economics_margin(&e, &value) == CLM_OK)
        CHECK(isfinite(value));
    if (economics_retention(&e, &value) == CLM_OK)
        CHECK(is_share(value));
    if (economics_slope(&e, d, &value) == CLM_OK)
        CHECK(isfinite(value));
    if (economics_elasticity(&e, d, &value) == CLM_OK)
        CHECK(isfinite(value));
    if (economics_breakeven(&e, d, target, &value) == CLM_OK)
        CHECK(isfinite(value) && economics_in_domain(d, value));
}

static void
check_levers(fuzz_input *in)
{
    lever_effect effects[24];
    size_t n = fuzz_pick(in, COUNT_OF(effects) + 1);
    int n_initiatives = fuzz_between(in, 1, LEVERS_MAX_INITIATIVES);
    lever_initiatives initiatives;
    lever_values values;
    lever_failure failure;
    lever_breach breach;
    economics e, changed;

    read_economics(in, &e);
    if (economics_invalid_driver(&e) >= 0)
        return;
    for (size_t i = 0; i < n; i++) {
        int initiative = fuzz_between(in, 0, n_initiatives - 1);
        economics_driver driver = fuzz_pick(in, ECONOMICS_DRIVERS);

        effects[i] = (lever_effect){initiative, driver,
                                    fuzz_bool(in) ? fuzz_finite(in) : fuzz_between(in, -20, 20) / 100.0};
    }
    changed = e;
    if (levers_apply(&changed, effects, n, &breach))
        CHECK(economics_invalid_driver(&changed) < 0);
    else
        CHECK(breach.initiative >= 0 && breach.initiative < n_initiatives);
    levers_sum(effects, n, n_initiatives, &initiatives);
    switch (levers_value(&e, &initiatives, &values, &failure)) {
        case CLM_OK:
            break;
        case CLM_DOMAIN:
            CHECK(failure.breach.initiative >= 0 && failure.breach.initiative < n_initiatives);
            return;
        default:
            CHECK(failure.combination < 1u << n_initiatives);
            return;
    }
    for (int k = 0; k < n_initiatives; k++) {
        CHECK(isfinite(values.alone[k]) && isfinite(values.shapley[k]));
    }
    CHECK(isfinite(values.joint));
}

static void
check_shapley(fuzz_input *in)
{
    static double v[SHAPLEY_MAX_COALITIONS];
    int n = fuzz_between(in, 0, 5);
    double phi[SHAPLEY_MAX_PLAYERS], sum = 0, magnitude = 0;

    for (int s = 0; s < 1 << n; s++)
        magnitude = fmax(magnitude, fabs(v[s] = fuzz_finite(in)));
    if (shapley_values(n, v, phi) != CLM_OK)
        return;
    for (int k = 0; k < n; k++) {
        CHECK(isfinite(phi[k]));
        sum += phi[k];
    }
    CHECK(magnitude > 1e300 || is_close_to(sum, v[(1 << n) - 1] - v[0], 0, 1e-300 + 1e-12 * magnitude));
}

static void
check_offer(fuzz_input *in)
{
    offer o = {fuzz_share(in),  fuzz_share(in),  fuzz_double(in),
               fuzz_double(in), fuzz_double(in), fuzz_share(in)};
    double weights[8], x[8], value = NAN;
    int n = (int)fuzz_pick(in, 9);

    if (offer_value(&o, &value) == CLM_OK)
        CHECK(isfinite(value));
    if (offer_expected_loss(fuzz_share(in), fuzz_share(in), fuzz_double(in), &value) == CLM_OK)
        CHECK(isfinite(value) && value >= 0);
    if (survey_gap(fuzz_double(in), fuzz_double(in), &value) == CLM_OK)
        CHECK(isfinite(value));
    for (int i = 0; i < n; i++) {
        weights[i] = fuzz_double(in);
        x[i] = fuzz_double(in);
    }
    if (survey_index(weights, x, n, &value) == CLM_OK)
        CHECK(isfinite(value));
    if (value_cpv(fuzz_double(in), fuzz_share(in), fuzz_double(in), &value) == CLM_OK)
        CHECK(isfinite(value));
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static void (*const checks[])(fuzz_input *) = {check_economics, check_levers, check_shapley, check_offer};
    fuzz_input in = {bytes, size};

    checks[fuzz_pick(&in, COUNT_OF(checks))](&in);
    return 0;
}
