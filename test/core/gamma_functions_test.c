/*
 * Logarithms of gamma functions and their ratios against values in arbitrary precision.
 */
#include "core/gamma_functions.h"
#include "tap.h"

static const struct gamma_value {
    double a, b, log_ratio, log_beta, digamma_difference;
} values[] = {
    {0.001, 0.001, -0.6937219316244937, 7.600900817008347, 500.0016413354569},
    {0.001, 5.0, -3.7276188267141293, 6.905672657062075, 1002.0819108988065},
    {0.5, 1e-09, -1.9635100235540225e-09, 20.723265838332704, 4.934802192130281e-09},
    {1.0, 1.0, 0.0, 0.0, 1.0},
    {3.74, 6.25, 11.304309727202618, -6.084705740212388, 1.0712210193683087},
    {9.5, 0.25, 0.5528715192534941, 0.7351510054445833, 0.027371658641626478},
    {12.0, 1e-12, 2.4426616799758555e-12, 27.631021115925527, 8.690187287176461e-14},
    {100.0, 0.5, 2.3013350982022227, -1.7289701552775227, 0.005012499843757812},
    {1000.0, 1000.0, 7293.703024845084, -1388.4826016359023, 0.6933972430599376},
    {2.5, 100000.0, 1051316.2066231987, -28.497649541827652, 10.809788824129154},
    {100000000.0, 0.001, 0.018420680738957366, 6.888758204644896, 1.000000004995e-11},
    {100000000.0, 3.5, 64.47238264758327, -63.271409045236204, 3.499999956250001e-08},
    {100000000.0, 100000000.0, 1880697510.160652, -138629444.05681732, 0.6931471830599453},
    {0.001, 100000000.0, 1742068059.2150764, 6.888758204644896, 1018.9962526707726},
};

int
main(void)
{
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++) {
        const struct gamma_value *v = &values[i];
        char name[100];

        snprintf(name, sizeof(name), "ln Gamma(a+b)/Gamma(a), a = %g, b = %g", v->a, v->b);
        is_close(log_gamma_ratio(v->a, v->b), v->log_ratio, 5e-15, 2e-15, name);
        snprintf(name, sizeof(name), "ln B(%g, %g)", v->a, v->b);
        is_close(log_beta(v->a, v->b), v->log_beta, 1e-13, 1e-14, name);
        snprintf(name, sizeof(name), "digamma(a+b) - digamma(a), a = %g, b = %g", v->a, v->b);
        is_close(digamma_difference(v->a, v->b), v->digamma_difference, 5e-15, 0.0, name);
    }
    is_close(log_gamma_ratio(7.0, 0.0), 0.0, 0.0, 0.0, "an empty ratio");
    is_close(log_gamma(0.5), 0.57236494292470008707, 5e-15, 0.0, "ln Gamma(1/2)");
    is_close(log_gamma(1e-3), 6.9071788853838537, 1e-15, 0.0, "ln Gamma(1/1000)");
    is_close(log_gamma(2.0), 0.0, 0.0, 1e-14, "ln Gamma(2)");
    is_close(log_gamma(101.0), 363.73937555556349014, 1e-15, 0.0, "ln 100!");
    return done_testing();
}
