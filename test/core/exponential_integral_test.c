/*
 * The scaled exponential integral: values computed with arbitrary precision, by quadrature and, without an end,
 * by e^zeta E_{p+1}(zeta) as well.
 */
#include "../../src/core/exponential_integral.h"
#include "tap.h"

static const struct {
    double p, zeta, end, value;
} values[] = {
    /* clang-format off */
    {-0.999, 1e-06, INFINITY, 986849.743830673},
    {-0.999, 0.0312, INFINITY, 31.95485464210502},
    {-0.999, 0.9, INFINITY, 1.1104003926261135},
    {-0.999, 2.5, INFINITY, 0.39987862011603675},
    {-0.999, 40, INFINITY, 0.024999389911672453},
    {-0.999, 10000.0, INFINITY, 9.99999900010008e-05},
    {-0.999, 0.0, 1.5, 3.4784500261388955},
    {-0.999, 0.001, 0.01, 0.010050066247326387},
    {-0.999, 0.3, 2.0, 2.8401073756832007},
    {-0.999, 5.0, 0.6, 0.19668860851278377},
    {-0.4, 1e-06, INFINITY, 554.6770414798916},
    {-0.4, 0.0312, INFINITY, 6.603247996089288},
    {-0.4, 0.9, INFINITY, 0.7823429464838226},
    {-0.4, 2.5, INFINITY, 0.3368415662722609},
    {-0.4, 40, INFINITY, 0.02463910387499908},
    {-0.4, 10000.0, INFINITY, 9.999400095975049e-05},
    {-0.4, 0.0, 1.5, 2.0552970009762723},
    {-0.4, 0.001, 0.01, 0.010019976392403254},
    {-0.4, 0.3, 2.0, 1.6151966025981521},
    {-0.4, 5.0, 0.6, 0.17909600957753793},
    {0, 1e-06, INFINITY, 13.238309131365003},
    {0, 0.0312, INFINITY, 3.01365417785856},
    {0, 0.9, INFINITY, 0.6399492266392998},
    {0, 2.5, INFINITY, 0.3035258364859841},
    {0, 40, INFINITY, 0.024404115079628575},
    {0, 10000.0, INFINITY, 9.999000199940023e-05},
    {0, 0.0, 1.5, 1.5},
    {0, 0.001, 0.01, 0.009999949833083754},
    {0, 0.3, 2.0, 1.173455631856692},
    {0, 5.0, 0.6, 0.16878661800187317},
    {1e-10, 1e-06, INFINITY, 13.238309122520125},
    {1e-10, 0.0312, INFINITY, 3.0136541773460372},
    {1e-10, 0.9, INFINITY, 0.6399492266090291},
    {1e-10, 2.5, INFINITY, 0.3035258364783698},
    {1e-10, 40, INFINITY, 0.02440411507957038},
    {1e-10, 10000.0, INFINITY, 9.999000199939925e-05},
    {1e-10, 0.0, 1.5, 1.4999999998875},
    {1e-10, 0.001, 0.01, 0.009999949833078755},
    {1e-10, 0.3, 2.0, 1.1734556317693523},
    {1e-10, 5.0, 0.6, 0.1687866179994244},
    {0.5, 1e-06, INFINITY, 1.9964590887559461},
    {0.5, 0.0312, INFINITY, 1.481428974820526},
    {0.5, 0.9, INFINITY, 0.5134843225885213},
    {0.5, 2.5, INFINITY, 0.26921482696979543},
    {0.5, 40, INFINITY, 0.024116475159123112},
    {0.5, 10000.0, INFINITY, 9.998500374868809e-05},
    {0.5, 0.0, 1.5, 1.0552668945179706},
    {0.5, 0.001, 0.01, 0.0099749916146985},
    {0.5, 0.3, 2.0, 0.834664901729225},
    {0.5, 5.0, 0.6, 0.1572714567637593},
    {1, 1e-06, INFINITY, 0.9999867616908686},
    {1, 0.0312, INFINITY, 0.9059739896508129},
    {1, 0.9, INFINITY, 0.4240456960246302},
    {1, 2.5, INFINITY, 0.24118540878503975},
    {1, 40, INFINITY, 0.023835396814856948},
    {1, 10000.0, INFINITY, 9.99800059976012e-05},
    {1, 0.0, 1.5, 0.7768698398515702},
    {1, 0.001, 0.01, 0.009950116417249445},
    {1, 0.3, 2.0, 0.6280569669524625},
    {1, 5.0, 0.6, 0.14706747967536296},
    {7.25, 1e-06, INFINITY, 0.1379310124137973},
    {7.25, 0.0312, INFINITY, 0.13724654496779592},
    {7.25, 0.9, INFINITY, 0.12090060740514565},
    {7.25, 2.5, INFINITY, 0.09981968896153902},
    {7.25, 40, INFINITY, 0.02079666067727092},
    {7.25, 10000.0, INFINITY, 9.991757623436758e-05},
    {7.25, 0.0, 1.5, 0.1379284240680808},
    {7.25, 0.001, 0.01, 0.009646056103045237},
    {7.25, 0.3, 2.0, 0.13166414841722976},
    {7.25, 5.0, 0.6, 0.0789589120037038},
    {300, 1e-06, INFINITY, 0.003333333322185061},
    {300, 0.0312, INFINITY, 0.0033329855436592427},
    {300, 0.9, INFINITY, 0.0033233300993204414},
    {300, 2.5, INFINITY, 0.003305694516066791},
    {300, 40, INFINITY, 0.0029401568253951084},
    {300, 10000.0, INFINITY, 9.707822892305423e-05},
    {300, 0.0, 1.5, 0.0033333333333333335},
    {300, 0.001, 0.01, 0.0031673675190358064},
    {300, 0.3, 2.0, 0.003329992215258279},
    {300, 5.0, 0.6, 0.003278511747416},
    /* clang-format on */
};
#define N_VALUES (sizeof(values) / sizeof(*values))

int
main(void)
{
    double worst = 0, jump = 0;

    for (size_t i = 0; i < N_VALUES; i++) {
        double got = scaled_exponential_integral(values[i].p, values[i].zeta, values[i].end);
        double error = fabs(got / values[i].value - 1);

        if (!(error <= 1e-13))
            printf("# p %g zeta %g end %g: got %.17g, want %.17g\n", values[i].p, values[i].zeta,
                   values[i].end, got, values[i].value);
        if (!(error <= worst))
            worst = error;
    }
    ok(worst <= 1e-13, "%zu values, worst error %.2g", N_VALUES, worst);
    for (double p = -.9; p < 20; p += .7) {
        double below = scaled_exponential_integral(p, 2.5 * (1 - 1e-14), INFINITY);

        jump = fmax(jump, fabs(scaled_exponential_integral(p, 2.5, INFINITY) / below - 1));
    }
    ok(jump < 1e-13, "no jump where the method changes: %.2g", jump);
    ok(!isfinite(scaled_exponential_integral(-.5, 0, INFINITY)) &&
           !isfinite(scaled_exponential_integral(0, 0, INFINITY)),
       "not finite where the integral is not");
    ok(scaled_exponential_integral(2, 0, INFINITY) == .5, "without zeta: 1 / p");
    ok(scaled_exponential_integral(0x1p1023, 1e-146, INFINITY) <= 0x1p-1022,
       "where what the panels add underflows, the sum ends");
    return done_testing();
}
