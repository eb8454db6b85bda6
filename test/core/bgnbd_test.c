/*
 * BG/NBD and MBG/NBD: values computed with arbitrary precision, identities, published values, domain.
 */
#include <float.h>

#include "family_checks.h"

extern const customer_family bgnbd_family, mbgnbd_family;

static const reference own_values[] = {
#include "bgnbd_values.h"
};
#define N_OWN_VALUES (sizeof(own_values) / sizeof(*own_values))

/* Fader and Hardie's customers of the CDNOW panel: id, x, t_x, T, ..., with scores at CDNOW's parameters. */
static void
test_cdnow_customers(void)
{
    static const double params[4] = {.243, 4.414, .793, 2.426};
    static const struct {
        const char *name;
        int column;
        double ahead, delta;
    } scores[] = {
        {"palive", 6, 0, 0}, {"cet39", 7, 39, 0}, {"cet52", 8, 52, 0}, {"dert10pct", 11, INFINITY, 1}};
    double worst[4] = {0};
    FILE *file = open_golden("clv_cdnow_golden.csv");
    char line[1024], *field[13];
    int rows = 0;

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        customer_summary c;

        if (split(line, field, 13) != 13 || strcmp(field[0], "id") == 0)
            continue;
        c = (customer_summary){atoll(field[1]), atof(field[2]), atof(field[3])};
        for (int i = 0; i < 4; i++) {
            double want = atof(field[scores[i].column]), got = NAN, other;

            if (i == 0)
                bgnbd_family.p_alive(params, &c, 0, &got, &other);
            else
                bgnbd_family.discounted_purchases(params, &c, scores[i].ahead,
                                                  scores[i].delta * log(1.1) / 52, &got);
            if (!(fabs(got - want) <= worst[i] * want))
                worst[i] = fabs(got - want) / want;
        }
        rows++;
    }
    if (file != NULL)
        fclose(file);
    for (int i = 0; i < 4; i++)
        ok(rows == 20 && worst[i] <= 1e-9, "%s of %d CDNOW customers, worst error %.2g", scores[i].name, rows,
           worst[i]);
}

static void
test_published(void)
{
    static const double rounded[4] = {.243, 4.414, .793, 2.426};
    static const customer_summary c = {2, 30.43, 38.86};
    double alive = 0, dead = 0, value = 0;

    bgnbd_family.p_alive(rounded, &c, 0, &alive, &dead);
    is_close(alive, .7266, 0, 5e-5, "published BG/NBD P(alive) of (2, 30.43, 38.86)");
    bgnbd_family.expected_purchases(rounded, &c, 39, &value);
    is_close(value, 1.226, 0, 5e-4, "published BG/NBD E[Y(39)]");
    bgnbd_family.p_purchases_new(rounded, 0, 39, &value);
    is_close(value, .5737864, 0, 5e-8, "published BG/NBD P(X(39) = 0)");
    mbgnbd_family.p_alive(rounded, &c, 0, &alive, &dead);
    is_close(alive, .774, 0, 5e-4, "MBG/NBD P(alive) at the same parameters");
}

/* P(dead) adds up to 1, and rounding takes it no further. */
static void
test_rounded_dead(void)
{
    static const double params[4] = {15.752514447662884, 13.253, 74.327, 74.327};
    static const customer_summary c = {61920, 2.1123930304175909e-05, 0.00024851682710795185};
    double alive = NAN, dead = NAN;

    ok(bgnbd_family.p_alive(params, &c, 27.553, &alive, &dead) == CLM_OK && alive < 1e-36 && dead == 1,
       "P(dead) of a customer who is gone for certain is 1, not above: 1 + %.3g", dead - 1);
}

/* ---- identities ---- */

static const double some_params[][4] = {{.243, 4.414, .793, 2.426},
                                        {.525, 6.183, .891, 1.614},
                                        {.6, 10, .4, .6},
                                        {2, 10, 1, 1},
                                        {1, 3, 3.5, 20},
                                        {5, .1, .05, 12},
                                        {.01, .02, 40, 300},
                                        {800, 300, .01, .02},
                                        {.002, 700, 900, .03}};
#define N_PARAMS (sizeof(some_params) / sizeof(*some_params))

static void
test_endless(const customer_family *f)
{
    static const double finite[4] = {.5, 6, 2.5, 7}, endless[4] = {.5, 6, 1, 7};
    static const customer_summary c = {3, 20, 38};
    double value, all = discounted(f, finite, &c, INFINITY, 0);

    is_close(all, expected(f, finite, &c, 1e9), 1e-9, 0, "undiscounted purchases of all time");
    is_close(discounted(f, finite, &c, INFINITY, 1e-13), all, 1e-9, 0, "are the limit of slow discounting");
    ok(f->discounted_purchases(endless, &c, INFINITY, 0, &value) == CLM_DIVERGES, "and diverge for a <= 1");
}

static void
test_continuity(const customer_family *f)
{
    static const double a_is_1[4] = {.5, 6, 1, 2.5}, sum_is_1[4] = {.5, 6, .25, .75}, whole[4] = {2, 6, 1, 1};

    for (double step = 1e-15; step < 1e-9; step *= 10) {
        double worst = 0;

        for (int sign = -1; sign <= 1; sign += 2) {
            worst = fmax(worst, jump(f, a_is_1, 2, sign * step));
            worst = fmax(worst, jump(f, sum_is_1, 3, sign * step));
            worst = fmax(worst, jump(f, whole, 0, sign * step));
        }
        ok(worst < 1e-10 + 50 * step, "%s: continuous at a = 1, a + b = 1 and integers, step %.0g: %.2g",
           f->name, step, worst);
    }
}

static void
test_registry(void)
{
    ok(customer_family_by_name("bg/nbd", 6) == &bgnbd_family, "bg/nbd is registered");
    ok(customer_family_by_name("mbg/nbd and more", 7) == &mbgnbd_family, "mbg/nbd is registered");
    ok(customer_family_by_name("bg", 2) == NULL, "bg alone is no family");
}

/* Where P(alive) has no value, neither has what is known of the customer. */
static void
test_absurd_posterior(const customer_family *family)
{
    static const double absurd[][4] = {{9e246, 1e6, DBL_TRUE_MIN, 77}, {1, DBL_MAX, 1, 1}};
    static const customer_summary customers[] = {{INT64_C(9007199254740991), 2.5e-51, 77}, {1, 1e308, 1e308}};
    customer_posterior known;

    for (int i = 0; i < 2; i++)
        ok(family->posterior(absurd[i], &customers[i], &known) == CLM_OVERFLOW, "%s: what is known overflows",
           family->name);
}

int
main(void)
{
    static const customer_family *const families[] = {&bgnbd_family, &mbgnbd_family};

    test_values(own_values, N_OWN_VALUES, "bgnbd_values.h");
    if (shared_folder() != NULL) {
        test_golden(&bgnbd_family, "bgnbd_golden.csv", -1, 9611);
        test_golden(&mbgnbd_family, "mbgnbd_golden.csv", -1, 9714);
        test_cdnow_customers();
    }
    test_published();
    test_rounded_dead();
    test_gradients(own_values, N_OWN_VALUES);
    for (int i = 0; i < 2; i++) {
        test_likelihood(families[i]);
        test_starts(families[i]);
        test_discounting(families[i], some_params, N_PARAMS);
        test_live_purchases(families[i], some_params, N_PARAMS);
        test_endless(families[i]);
        test_continuity(families[i]);
        test_probabilities(families[i], some_params, N_PARAMS);
        test_counts(families[i], some_params, 5);
        test_domain(families[i]);
        test_extremes(families[i]);
        test_absurd_posterior(families[i]);
        test_draw(families[i]);
    }
    test_registry();
    return done_testing();
}
