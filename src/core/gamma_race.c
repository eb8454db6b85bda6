/*
 * The race of two clocks with gamma distributed rates.
 *
 * The probability that the second rings first, at some y up to h, is K(h) = s times the integral over y of
 * (1 + y/A)^-R (1 + y/B)^-s / (B + y). Three ways to it:
 *
 * Without an end it is Gauss's hypergeometric function (Fader & Hardie 2005, a note on deriving the Pareto/NBD
 * model; in Euler's form, all terms of which are positive), c = R + s:
 *   A >= B: G = (s/c) 2F1(1, R; c+1; z),           z = 1 - B/A,
 *   A <  B: G = (s/c) (A/B) 2F1(1, s+1; c+1; z),   z = 1 - A/B.
 *
 * With an end it is G - e^l G', where l is the logarithm of the probability of silence until h and G' belongs to
 * (A + h, B + h). Read the other way this gives G from G' and a K with h so large that z' is not near 1.
 *
 * Where that difference cancels, Gauss-Legendre panels over v = ln(1 + y / min(A, B)). The integrand is analytic
 * within pi of the real axis however large y is, so that panels about 2.5 wide are exact with 16 nodes.
 */
#include <float.h>
#include <math.h>

#include "gamma_race.h"
#include "quadrature.h"

#define LARGEST_Z 0.75         /* of a series: beyond, its terms fall slowly */
#define LOG_NEGLIGIBLE (-41.0) /* of a term against the first; the rest is at most four times as large */
#define NEGLIGIBLE 1e-18       /* of a panel or a term against the sum */
#define SOON (-0.02)           /* ln of silence from which on K is surely a small part of G */
#define SMALL_PART 0.01        /* of G: a K so small has lost too many digits as a difference */
#define PANEL_WIDTH 2.5
#define MOST_PANELS 1000
#define PANEL_EXPONENT 14.0 /* largest change of an exponent within a panel: 16 nodes give 1e-15 */

double
race_log_silence(const gamma_race *race, double h)
{
    return -race->R * log1p(h / race->A) - race->s * log1p(h / race->B);
}

/* ---- quadrature ---- */

/* Integrals of the integrand of K / s: of itself, and times ln(1 + y/A), ln(1 + y/B), y/(A+y), y/(B+y). */
typedef struct panel_sums {
    double one, log_A, log_B, part_A, part_B;
} panel_sums;

static void
add_panel(const gamma_race *race, double lo, double hi, panel_sums *sums)
{
    double half = 0.5 * (hi - lo), middle = lo + half;
    bool by_A = race->A < race->B;
    double shorter = by_A ? race->A : race->B, longer = by_A ? race->B : race->A;

    for (int i = 0; i < GAUSS_NODES; i++) {
        double v = middle + half * gauss_node[i], y = shorter * expm1(v), log_longer = log1p(y / longer);
        double log_A = by_A ? v : log_longer, log_B = by_A ? log_longer : v;
        double rest_A = race->A / (race->A + y), rest_B = race->B / (race->B + y);
        double g = half * gauss_weight[i] * exp(-race->R * log_A - race->s * log_B);

        if (by_A) /* dy / (B + y) by v */
            g *= race->A / race->B * (rest_B / rest_A);
        sums->one += g;
        sums->log_A += g * log_A;
        sums->log_B += g * log_B;
        sums->part_A += g * (1.0 - rest_A);
        sums->part_B += g * (1.0 - rest_B);
    }
}

/* How wide a panel that begins at v may be. The exponent changes by `steady` a unit of v because of the clock
 * with the shorter scale, by `rising`, up to e times as fast a unit later, because of the other. */
static double
panel_width(const gamma_race *race, double v)
{
    bool by_A = race->A < race->B;
    double shorter = by_A ? race->A : race->B, longer = by_A ? race->B : race->A;
    double y = shorter * expm1(v), steady = by_A ? fabs(race->R - 1.0) : race->s;
    double rising = (by_A ? race->s + 1.0 : race->R) * ((shorter + y) / (longer + y));

    return 1.0 / (1.0 / PANEL_WIDTH + steady / PANEL_EXPONENT + 1.0 / log1p(PANEL_EXPONENT / rising));
}

race_value
race_second_soon(const gamma_race *race, double h)
{
    double shorter = fmin(race->A, race->B), ratio = h / shorter, s = race->s;
    double end = isfinite(ratio) ? log1p(ratio) : log(h) - log(shorter), v = 0.0;
    panel_sums sums = {0.0, 0.0, 0.0, 0.0, 0.0};
    int panels = 0;

    while (v < end) {
        double width = panel_width(race, v), next = width * 1.2 < end - v ? v + width : end;
        double before = sums.one;

        if (panels++ == MOST_PANELS) { /* only where y underflows */
            sums.one = NAN;
            break;
        }
        add_panel(race, v, next, &sums);
        if (!(sums.one - before > NEGLIGIBLE * before))
            break;
        v = next;
    }
    return (race_value){.value = s * sums.one,
                        .by_R = -s * sums.log_A,
                        .by_s = sums.one - s * sums.log_B,
                        .by_log_A = race->R * s * sums.part_A,
                        .by_log_B = s * ((s + 1.0) * sums.part_B - sums.one)};
}

/* ---- series with tabulated coefficients ---- */

/* 1 - min / max of A and B. */
static double
distance_from_equal(double A, double B)
{
    return fabs(A - B) / fmax(A, B);
}

/* How long to wait until A and B, which grow with the time that has passed, are near enough for a series. What
 * rounding leaves of z above LARGEST_Z needs no further wait. */
static double
wait_for_series(double A, double B, double z)
{
    return z > 1.001 * LARGEST_Z ? fmax(A, B) * (z / LARGEST_Z - 1.0) : 0.0;
}

race_point
race_point_of(double A, double B)
{
    race_point point = {.A = A, .B = B, .z = distance_from_equal(A, B)};
    double z = fmin(point.z, LARGEST_Z);

    point.wait = wait_for_series(A, B, point.z);
    point.n = z > 0.0 ? 2 + (int)(LOG_NEGLIGIBLE / log(z)) : 1;
    if (point.n >= RACE_TERMS)
        point.n = RACE_TERMS - 1;
    return point;
}

/* Stops where even at LARGEST_Z the next term is nothing against the first. */
void
race_series_start(race_series *series, double R, double s, bool first_larger, int terms)
{
    double above = first_larger ? R : s + 1.0, below = R + s + 1.0;
    double term = 1.0, power = 1.0, d_above = 0.0, d_below = 0.0;

    series->R = R;
    series->s = s;
    series->first_larger = first_larger;
    series->n = 0;
    for (int i = 1; i <= terms && term * power > NEGLIGIBLE * (1.0 - LARGEST_Z); i++) {
        double k = i - 1, over = 1.0 / (below + k);

        power = i == 1 ? below / above : power * LARGEST_Z;
        term *= (above + k) * over;
        d_above += 1.0 / (above + k);
        d_below += over;
        series->coef[i][0] = term;
        series->coef[i][1] = term * (first_larger ? d_above - d_below : -d_below);
        series->coef[i][2] = term * (first_larger ? -d_below : d_above - d_below);
        series->n = i;
    }
}

/* G, where z is not near 1. With 2F1 = 1 + z P its derivative by ln A is R G - s P for A >= B, otherwise
 * R G - s (1-z) (2F1 - P): from the differential equation, in which A - B has been cancelled. */
static race_value
evaluate_series(const race_series *series, double z, int n)
{
    double R = series->R, s = series->s, c = R + s, factor = s / c;
    double rest[3] = {0.0, 0.0, 0.0}, f;
    race_value G;

    for (int i = n < series->n ? n : series->n; i >= 1; i--)
        for (int j = 0; j < 3; j++)
            rest[j] = rest[j] * z + series->coef[i][j];
    f = 1.0 + z * rest[0];
    if (!series->first_larger)
        factor *= 1.0 - z;
    G.value = factor * f;
    G.by_R = factor * z * rest[1] - G.value / c;
    G.by_s = factor * z * rest[2] + G.value * (R / (s * c));
    G.by_log_A = R * G.value - (series->first_larger ? s * rest[0] : s * (1.0 - z) * (f - rest[0]));
    G.by_log_B = -G.by_log_A;
    return G;
}

race_value
race_second_ever(const race_series *series, const race_point *point)
{
    gamma_race race = {series->R, point->A, series->s, point->B};
    double h = point->wait, silence, A, B;
    race_value G, later;

    if (h == 0.0)
        return evaluate_series(series, point->z, point->n);
    G = race_second_soon(&race, h);
    silence = exp(race_log_silence(&race, h));
    if (silence <= NEGLIGIBLE * G.value)
        return G;
    A = race.A + h;
    B = race.B + h;
    later = evaluate_series(series, LARGEST_Z, point->n);
    G.value += silence * later.value;
    G.by_R += silence * (later.by_R - log1p(h / race.A) * later.value);
    G.by_s += silence * (later.by_s - log1p(h / race.B) * later.value);
    G.by_log_A += silence * (later.by_log_A * (race.A / A) + race.R * (h / A) * later.value);
    G.by_log_B += silence * (later.by_log_B * (race.B / B) + race.s * (h / B) * later.value);
    return G;
}

/* ---- one value ---- */

/* The sums 2F1(1, above; below; z) at two z not near 1, z1 >= z2. */
static void
sum_two_series(double above, double below, double z1, double z2, double *sum1, double *sum2)
{
    double term1 = 1.0, term2 = 1.0, end = NEGLIGIBLE * (1.0 - z1);

    *sum1 = *sum2 = 1.0;
    for (int i = 0; i < RACE_TERMS && term1 > end; i++) {
        double ratio = (above + i) / (below + i);

        term1 *= ratio * z1;
        term2 *= ratio * z2;
        *sum1 += term1;
        *sum2 += term2;
    }
}

double
race_second(const gamma_race *race, double h)
{
    double R = race->R, s = race->s, c = R + s, larger = fmax(race->A, race->B);
    double log_silence = race_log_silence(race, h), z = distance_from_equal(race->A, race->B);
    double wait = wait_for_series(race->A, race->B, z), first, second, K;

    if (log_silence > SOON)
        return race_second_soon(race, h).value;
    if (wait > 0.0) {
        gamma_race later = {R, race->A + fmin(wait, h), s, race->B + fmin(wait, h)};

        K = race_second_soon(race, fmin(wait, h)).value;
        return wait < h ? K + exp(race_log_silence(race, wait)) * race_second(&later, h - wait) : K;
    }
    sum_two_series(race->A >= race->B ? R : s + 1.0, c + 1.0, z, z * (larger / (larger + h)), &first,
                   &second);
    if (race->A < race->B) {
        first *= race->A / race->B;
        second *= (race->A + h) / (race->B + h);
    }
    K = first - exp(log_silence) * second;
    return K > SMALL_PART * first ? s / c * K : race_second_soon(race, h).value;
}
