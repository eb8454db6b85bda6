-- clv: the closed form for constant retention, and the value of a customer under a fitted model.
\set VERBOSITY terse
SET extra_float_digits = 0;

-- Constant retention: margin 100, retention .8, discount .1 (Berger & Nasr 1998; Gupta & Lehmann 2003)
SELECT round(clm.clv(100, .8, .1)::numeric, 2) AS "end", round(clm.clv(100, .8, .1, advance => true)::numeric, 2) AS advance,
       round(clm.clv(100, .8, .1, periods => 5)::numeric, 2) AS end_5,
       round(clm.clv(100, .8, .1, periods => 5, advance => true)::numeric, 2) AS advance_5,
       round(clm.clv(100, .8, .1, growth => .03)::numeric, 2) AS growth;
-- Acquisition cost comes off; a loss is a negative value
SELECT round(clm.clv(100, .8, .1, 60)::numeric, 2) AS acquisition, round(clm.clv(-100, .8, .1)::numeric, 2) AS loss,
       round(clm.clv(-100, .8, .1, 60, 0, 5, true)::numeric, 2) AS positional;
-- The closed form is the sum of its terms: at the end of each period, or at its start
SELECT n, bool_and(abs(clm.clv(m, r, i, 7, g, n) - ends + 7) < 1e-9) AS "end",
       bool_and(abs(clm.clv(m, r, i, 7, g, n, true) - starts + 7) < 1e-9) AS advance
FROM (VALUES (0), (1), (2), (60)) v(n), (VALUES (12.5, 0, .1, 0), (12.5, .8, .1, .03), (12.5, 1, .1, 0), (-3, .99, 0, -.02),
                                               (12.5, 1, 0, 0), (12.5, .9, -.1, 0), (12.5, 1, .05, .05), (12.5, .9, 0, .3)) p(m, r, i, g),
    LATERAL (SELECT coalesce(sum(m * (r::float8 * (1 + g) / (1 + i)) ^ t) FILTER (WHERE t > 0), 0) AS ends,
                    coalesce(sum(m * CASE WHEN t = 1 THEN 1 ELSE (r::float8 * (1 + g) / (1 + i)) ^ (t - 1) END) FILTER (WHERE t > 0), 0) AS starts
             FROM generate_series(0, n) t) s
GROUP BY n ORDER BY n;
-- Nobody renews: nothing at the end, the first margin in advance. No period: nothing. Everybody renews: a perpetuity
SELECT clm.clv(100, 0, .1) AS r_0, clm.clv(100, 0, .1, advance => true) AS r_0_advance, clm.clv(100, .8, .1, periods => 0) AS n_0,
       clm.clv(100, .8, .1, periods => 0, advance => true) AS n_0_advance, round(clm.clv(100, 1, .1)::numeric, 6) AS r_1,
       round(clm.clv(100, 1, .1, advance => true)::numeric, 6) AS r_1_advance, clm.clv(100, 1, 0, periods => 5) AS r_1_i_0,
       clm.clv(0, 1, 0) AS m_0, clm.clv(0, 1, 0, 60) AS m_0_cost;
-- A large number of periods tends to no end; the closed form keeps its digits where q is next to 1
SELECT abs(clm.clv(100, .8, .1, periods => 1000) - clm.clv(100, .8, .1)) < 1e-9 AS long,
       abs(clm.clv(1, 1, 1e-12, periods => 1000000) / 999999.5 - 1) < 1e-9 AS near_1,
       abs(clm.clv(1, 1 - 1e-12, 0) * 1e-12 - 1) < 1e-3 AS near_1_no_end;
-- The unit trap: 10 % a year is .797 % a month
SELECT round(clm.clv(12, .97, 1.1 ^ (1 / 12.) - 1)::numeric, 2) AS monthly;

-- An infinite sum that has no value is an error, never infinity
\set VERBOSITY default
SELECT clm.clv(100, 1, 0);
\set VERBOSITY sqlstate
SELECT clm.clv(100, .9, -.1);
SELECT clm.clv(100, 1, .03, growth => .03);
SELECT clm.clv(100, 1, .03, growth => .05);
SELECT clm.clv(-100, 1, 0);
\set VERBOSITY terse
-- A NULL gives NULL, but of periods: no end
SELECT clm.clv(NULL::float8, .8, .1) AS margin, clm.clv(100, NULL::float8, .1::float8) AS retention, clm.clv(100, .8, NULL::float8) AS discount,
       clm.clv(100, .8, .1, NULL) AS acquisition, clm.clv(100, .8, .1, 0, NULL) AS growth,
       round(clm.clv(100, .8, .1, 0, 0, NULL)::numeric, 2) AS periods, clm.clv(100, .8, .1, 0, 0, 5, NULL) AS advance;
-- Outside the domain
SELECT clm.clv(100, 1.1, .1);
SELECT clm.clv(100, -.1, .1);
SELECT clm.clv(100, .8, -1);
SELECT clm.clv(100, .8, .1, growth => -1);
SELECT clm.clv(100, .8, .1, periods => -1);
SELECT clm.clv('NaN'::float8, .8, .1);
SELECT clm.clv('-Infinity'::float8, .8, .1);
SELECT clm.clv(100, 'NaN'::float8, .1::float8);
SELECT clm.clv(100, .8, 'Infinity'::float8);
SELECT clm.clv(100, .8, 'NaN'::float8);
SELECT clm.clv(100, .8, .1, 'Infinity');
SELECT clm.clv(100, .8, .1, 0, 'NaN');
-- Results beyond the range of a number
SELECT clm.clv(1e308, 1, 0, periods => 2147483647);
SELECT clm.clv(1, 1, -.999, periods => 2147483647);
SELECT clm.clv(-1e308, 0, 0, 1.7e308, advance => true);
SELECT clm.clv(1, 1, -.9999999999999999, growth => 1.7e308, periods => 1);

-- Under a fitted model
CREATE TEMP TABLE model AS
    SELECT name, clm.customer_model(name, 7, params, '{6.25,3.74,15.44}') AS m
    FROM (VALUES ('bg/nbd', '{.243,4.414,.793,2.426}'::float8[]), ('mbg/nbd', '{.525,6.183,.891,1.614}')) v(name, params);
CREATE TEMP TABLE customer AS
    SELECT h, date '1997-09-30' AS d FROM (VALUES ('{1997-01-01:10}'::clm.history), ('{1997-01-01:0,1997-02-03:22,1997-08-03:22.7}'),
        ('{1997-09-30:10}'), ('{1997-01-01:5,1997-01-09:5,1997-02-01:-2,1997-02-02:7}')) v(h);
-- Without discount it is margin x purchases x spend; margin scales it; a discount lowers it, a longer horizon raises it
SELECT name, bool_and(abs(clm.clv(h, d, m, 365, 0, .3) / (.3 * clm.expected_purchases(h, d, m, 365) * clm.expected_spend(h, d, m)) - 1) < 1e-9) AS undiscounted,
       bool_and(abs(clm.clv(h, d, m, 365, .1, 7) / (7 * clm.clv(h, d, m, 365, .1)) - 1) < 1e-14) AS margin,
       bool_and(clm.clv(h, d, m, 365, .1, -7) = -clm.clv(h, d, m, 365, .1, 7)) AS loss,
       bool_and(clm.clv(h, d, m, 365, .2) < clm.clv(h, d, m, 365, .1) AND clm.clv(h, d, m, 365, .1) < clm.clv(h, d, m, 365, 0)) AS discount,
       bool_and(clm.clv(h, d, m, 365) < clm.clv(h, d, m, 730) AND clm.clv(h, d, m, 730) < clm.clv(h, d, m, NULL)) AS horizon,
       bool_and(abs(clm.clv(h, d, m, 2147483647, .1) / clm.clv(h, d, m, NULL, .1) - 1) < 1e-9) AS no_end,
       bool_and(clm.clv(h, d, m, 0) = 0 AND clm.clv(h, d, m, 0, 0) = 0 AND clm.clv(h, d, m, 365, .1, 0) = 0) AS zero
FROM model, customer GROUP BY name ORDER BY name;
-- The discount is continuous: with the purchases of each day counted at its middle, the sum over days is near
SELECT name, bool_and(abs(clm.clv(h, d, m, 90, .5) / sum / clm.expected_spend(h, d, m) - 1) < 1e-6) AS day_by_day
FROM model, customer, LATERAL (
    SELECT sum((clm.expected_purchases(h, d, m, i) - clm.expected_purchases(h, d, m, i - 1)) * 1.5::float8 ^ (-(i - .5) / 365.25))
    FROM generate_series(1, 90) i) s(sum) GROUP BY name ORDER BY name;
-- From a summary: time in periods
SELECT name, bool_and(abs(clm.clv(h, d, m, 365, .1, .3) / clm.clv(clm.rfm(h, d, 7), m, 365 / 7., .1, .3) - 1) < 1e-12) AS finite,
       bool_and(clm.clv(h, d, m, NULL, .1, .3) = clm.clv(clm.rfm(h, d, 7), m, NULL, .1, .3)) AS no_end
FROM model, customer GROUP BY name ORDER BY name;
-- Undiscounted and without an end: finite for a > 1 only, and then alive x (1 + (b + x) / (a - 1)) purchases (MBG: b + x + 1)
SELECT clm.clv(h, d, m, NULL, 0) FROM model, customer;
SELECT bool_and(abs(clm.clv(c, m, NULL, 0) / clm.expected_spend(c, m) / (clm.p_alive(c, m) * (1 + (1.6 + (c).x + 1) / (1.5 - 1))) - 1) < 1e-9) AS finite
FROM (VALUES (clm.customer_model('mbg/nbd', 7, '{.525,6.183,1.5,1.6}', '{6.25,3.74,15.44}'))) v(m),
    (VALUES (clm.rfm(0, 0, 39)), (clm.rfm(2, 30, 39, 22))) w(c);
-- a near and at 1 is no special case
SELECT a, round(clm.clv(clm.rfm(2, 30, 39, 22), clm.customer_model('bg/nbd', 7, ARRAY[.243, 4.414, a, 2.426], '{6.25,3.74,15.44}'), 52, .1)::numeric, 6) AS clv
FROM unnest(ARRAY[.999999999, 1, 1.000000001]::float8[]) a;

-- Outside the domain
SELECT clm.clv(h, d, m, -1) FROM model, customer;
SELECT clm.clv(h, d, m, 365, -.1) FROM model, customer;
SELECT clm.clv(h, d, m, 365, 'NaN') FROM model, customer;
SELECT clm.clv(h, d, m, 365, 'Infinity') FROM model, customer;
SELECT clm.clv(h, d, m, 365, .1, 'NaN') FROM model, customer;
SELECT clm.clv(h, d, m, 365, .1, '-Infinity') FROM model, customer;
SELECT clm.clv(h, d, m, 365, .1, 1.7e308) FROM model, customer;
SELECT clm.clv(h, 'infinity', m) FROM model, customer;
SELECT clm.clv(clm.rfm(h, d), m, 'NaN') FROM model, customer;
SELECT clm.clv(clm.rfm(h, d), m, 'Infinity') FROM model, customer;
SELECT clm.clv(clm.rfm(h, d), m, -1) FROM model, customer;
