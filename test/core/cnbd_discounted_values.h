/*
 * Discounted purchases up to a horizon t of BG/CNBD-k and MBG/CNBD-k computed with arbitrary precision: family, quantity, {k, r, alpha, a, b},
 * {x, t_x, T}, log gaps, t, d, value. Included into an array of `reference`.
 */
/* clang-format off */
{&bgcnbd_family, "discounted", {2, 0.5, 6.0, 0.9, 1.6}, {2, 30.43, 38.86}, 0, 52.0, 0.0018, 1.4387449370841541},
{&mbgcnbd_family, "discounted", {2, 0.5, 6.0, 0.9, 1.6}, {7, 35.0, 77.86}, 0, 52.0, 0.5, 0.00065410811778252616},
{&bgcnbd_family, "discounted", {6, 0.25, 2.0, 2.5, 7.0}, {1, 1.7, 38.86}, 0, 100.0, 0.02, 0.00048947291538920872},
{&mbgcnbd_family, "discounted", {20, 3.0, 0.5, 0.4, 0.6}, {2, 30.43, 38.86}, 0, 12.0, 0.1, 0.47416439032096975},
{&bgcnbd_family, "discounted", {1, 0.243, 4.414, 0.793, 2.426}, {2, 30.43, 38.86}, 0, 39.0, 0.0027, 1.1671760486310766},
