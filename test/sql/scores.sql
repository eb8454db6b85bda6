-- Scores of a customer under a model: published values, errors of models, NULLs, warnings, stored models.
\set VERBOSITY terse
SET datestyle = ISO;
SET extra_float_digits = 0;

-- Published parameters for CDNOW: BG/NBD (Fader, Hardie & Lee 2005), MBG/NBD, gamma-gamma
CREATE TEMP TABLE model (name text, m clm.customer_model);
INSERT INTO model VALUES
    ('bg', clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}')),
    ('mbg', jsonb_populate_record(clm.customer_model('mbg/nbd', 7, '{.524843159,6.18308528,.891359391,1.61400224}',
                '{6.25,3.74,15.44}'), '{"customers": 2357, "as_of": "1997-09-30"}')),
    ('no spend', clm.customer_model('mbg/nbd', 7, '{.525,6.183,.891,1.614}'));

-- The customer of the papers: 2 repeat purchases, the last in week 30.43 of 38.86, of 22.35 each
SELECT name, round(clm.p_alive(c, m)::numeric, 4) AS p_alive, round(clm.expected_purchases(c, m, 39)::numeric, 3) AS purchases,
       round(clm.expected_spend(c, m)::numeric, 2) AS spend
FROM model, (VALUES (clm.rfm(2, 30.43, 38.86, 22.35))) v(c) WHERE name <> 'no spend';
-- A one-time buyer: certainly alive under BG/NBD; expected spend is that of the population, p gamma / (q - 1)
SELECT name, round(clm.p_alive(c, m)::numeric, 4) AS p_alive, round(clm.expected_spend(c, m)::numeric, 2) AS spend,
       round(clm.p_purchases(m, 0, 273)::numeric, 6) AS p_no_purchase
FROM model, (VALUES (clm.rfm(0, 0, 38.86))) v(c) WHERE name <> 'no spend';
-- Gamma-gamma at (6, 4, 16), three purchases of 35 (lifetimes' documentation: 34.571429)
SELECT round(clm.expected_spend(clm.rfm(3, 5, 9, 35), clm.customer_model((m).family, 7, (m).params, '{6,4,16}'))::numeric, 6) AS spend
FROM model WHERE name = 'bg';
-- Only the n repeat purchases with a value count: p (gamma + n mean) / (p n + q - 1), here n = 1 of x = 2; in the history a
-- free order and a refund do not
SELECT clm.rfm(h, d) AS summary, round(clm.expected_spend(clm.rfm(2, 30, 39, 22.35, 1), m)::numeric, 6) AS spend,
       round((6.25 * (15.44 + 22.35) / (6.25 + 3.74 - 1)), 6) AS formula, round(clm.expected_spend(h, d, m)::numeric, 6) AS of_history,
       round((6.25 * (15.44 + 20) / (6.25 + 3.74 - 1)), 6) AS formula
FROM model, (VALUES ('{1997-01-01:5,1997-02-05:0,1997-03-05:20,1997-04-01:-5}'::clm.history, date '1997-09-30')) v(h, d) WHERE name = 'bg';
-- Nobody's mean spend exists where p n + q <= 1: NULL, also for clv; a customer with purchases has one
SELECT clm.expected_spend(clm.rfm(0, 0, 9), m) AS spend, clm.clv(clm.rfm(0, 0, 9), m) AS clv,
       (clm.scores(clm.rfm(0, 0, 9), m)).clv AS score, clm.expected_spend(clm.rfm(1, 5, 9, 35), m) AS spend_of_buyer
FROM (VALUES (clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6,1,16}'))) v(m);

-- describe: the standard errors are there where the model has them
SELECT d.* FROM model, clm.describe(m) d WHERE model.name = 'mbg';
SELECT d.* FROM clm.describe(jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'),
    '{"se": [0.1, 0.2, 0.3, 0.4], "log_likelihood": -5, "customers": 6}')) d;
SELECT count(*) FROM clm.describe(NULL::clm.customer_model);

-- Defaults: 90 days for churn and p_active, 365 for money and expectations, 10 % a year, margin 1; named arguments
SELECT clm.churn_score(h, d, m) = clm.churn_score(h, d, m, days => 90) AS churn,
       clm.p_active(h, d, m) = clm.p_active(h, d, m, 90) AS active, clm.p_alive(h, d, m) = clm.p_alive(h, d, m, days => 0) AS alive,
       clm.expected_purchases(h, d, m) = clm.expected_purchases(h, d, m, 365) AS purchases,
       clm.clv(h, d, m) = clm.clv(h, d, m, days => 365, annual_discount => .1, margin => 1) AS clv,
       clm.scores(h, d, m) = clm.scores(h, d, m, 365, .1, 1) AS scores,
       clm.expected_purchases(m) = clm.expected_purchases(m, 365) AS new, clm.p_purchases(m, 1) = clm.p_purchases(m, 1, 365) AS n
FROM model, (VALUES ('{1997-01-01:10,1997-05-01:20}'::clm.history, date '1997-09-30')) v(h, d) WHERE name = 'mbg';
SELECT clm.churn_score(c, m) = clm.churn_score(c, m, 90 / 7.) AS churn, clm.p_active(c, m) = clm.p_active(c, m, 90 / 7.) AS active,
       clm.p_alive(c, m) = clm.p_alive(c, m, 0) AS alive, clm.expected_purchases(c, m) = clm.expected_purchases(c, m, 365 / 7.) AS purchases,
       clm.clv(c, m) = clm.clv(c, m, 365 / 7., .1, 1) AS clv, clm.scores(c, m) = clm.scores(c, m, 365 / 7., .1, 1) AS scores
FROM model, (VALUES (clm.rfm(2, 30.43, 38.86, 22.35))) v(c) WHERE name = 'mbg';

-- Without a model: the documented guess, for ranking
SELECT clm.prior_guess();
SELECT clm.p_alive(h, d) = clm.p_alive(h, d, g) AS alive, clm.p_active(h, d) = clm.p_active(h, d, g) AS active,
       clm.churn_score(h, d) = clm.churn_score(h, d, g) AS churn, clm.churn_score(h, d, 30) = clm.churn_score(h, d, g, 30) AS churn_30,
       abs(clm.churn_score(h, d, days => NULL) - (1 - clm.p_alive(h, d))) < 1e-15 AS latent, clm.p_alive(h, d) BETWEEN .01 AND .99 AS sensible
FROM clm.prior_guess() g, (VALUES ('{1997-01-01:10,1997-05-01:20}'::clm.history, date '1997-09-30')) v(h, d);

-- NULL answers a NULL argument, and a customer without an occasion up to as_of
SELECT what, clm.p_alive(h, d, m) AS alive, clm.p_active(h, d, m) AS active, clm.churn_score(h, d, m) AS churn,
       clm.churn_score(h, d, m, NULL) AS latent, clm.expected_purchases(h, d, m) AS purchases, clm.expected_spend(h, d, m) AS spend,
       clm.clv(h, d, m) AS clv, clm.rfm(h, d) AS rfm, clm.scores(h, d, m) AS scores
FROM (SELECT 'NULL history' AS what, NULL::clm.history AS h, date '1997-09-30' AS d, m FROM model WHERE name = 'mbg'
      UNION ALL SELECT 'empty history', '{}', '1997-09-30', m FROM model WHERE name = 'mbg'
      UNION ALL SELECT 'refunds alone', '{1997-09-01:-5}', '1997-09-30', m FROM model WHERE name = 'mbg'
      UNION ALL SELECT 'before the first day', '{1997-10-01:5}', '1997-09-30', m FROM model WHERE name = 'mbg'
      UNION ALL SELECT 'NULL as_of', '{1997-09-01:5}', NULL, m FROM model WHERE name = 'mbg'
      UNION ALL SELECT 'NULL model', '{1997-09-01:5}', '1997-09-30', NULL) v;
SELECT clm.p_alive(h, d, m, NULL) AS alive, clm.p_active(h, d, m, NULL) AS active, clm.expected_purchases(h, d, m, NULL) AS purchases,
       clm.clv(h, d, m, 365, NULL) AS no_discount, clm.clv(h, d, m, 365, .1, NULL) AS no_margin,
       clm.scores(h, d, m, 365, NULL) AS scores, clm.expected_purchases(m, NULL) AS new, clm.p_purchases(m, NULL) AS n
FROM model, (VALUES ('{1997-01-01:10}'::clm.history, date '1997-09-30')) v(h, d) WHERE name = 'mbg';
SELECT clm.p_alive(c, m), clm.p_active(c, m), clm.churn_score(c, m), clm.expected_purchases(c, m), clm.expected_spend(c, m),
       clm.clv(c, m), clm.scores(c, m)
FROM model, (VALUES (NULL::clm.rfm), (clm.rfm(NULL, 1, 2)), (clm.rfm(1, NULL, 2)), (clm.rfm(1, 1, NULL))) v(c) WHERE name = 'mbg';

-- scores: all future has no number of purchases; a summary has no days, hence no stage and no value to date
SELECT s.stage, s.stage_reason, s.thin, s.churn_score IS NOT NULL AS churn, s.expected_purchases, s.value_to_date, s.clv > 0 AS clv,
       s.clv_total = s.value_to_date + s.clv AS total
FROM model, clm.scores('{1997-01-01:10,1997-05-01:20,1997-09-01:30}', date '1997-09-30', m, NULL, .1, .5) s WHERE name = 'mbg';
SELECT s.stage, s.stage_reason, s.thin, s.value_to_date, s.clv_total, s.p_alive = clm.p_alive(c, m) AS alive
FROM model, (VALUES (clm.rfm(1, 2, 3, 4))) v(c), clm.scores(c, m) s WHERE name = 'mbg';

-- A model without a spend part: scores() leaves money out, the functions for money say why
SELECT s.expected_spend, s.clv, s.clv_total, s.value_to_date, s.p_alive > 0 AS alive
FROM model, clm.scores('{1997-01-01:10}', date '1997-09-30', m) s WHERE name = 'no spend';
\set VERBOSITY default
SELECT clm.clv('{1997-01-01:10}', date '1997-09-30', m) FROM model WHERE name = 'no spend';
\set VERBOSITY terse
SELECT clm.expected_spend('{1997-01-01:10}', date '1997-09-30', m) FROM model WHERE name = 'no spend';
SELECT clm.clv(clm.rfm(1, 1, 1, 5), m) FROM model WHERE name = 'no spend';
SELECT clm.expected_spend(clm.rfm(1, 1, 1, 5), m) FROM model WHERE name = 'no spend';

-- Before the model's own day: one WARNING a statement, however many rows and functions; none at that day or later
\set VERBOSITY default
SELECT count(clm.p_alive(h, '1997-09-29', m)), count(clm.churn_score(h, '1997-09-28', m)), count((clm.scores(h, '1997-09-29', m)).clv),
       count(clm.lifecycle_stage(h, '1997-09-29', m))
FROM model, (VALUES ('{1997-01-01:10}'::clm.history), ('{1997-01-02:10}')) v(h) WHERE name = 'mbg';
\set VERBOSITY terse
SELECT clm.lifecycle_stage('{1997-01-01:10}', '1997-09-29', m) FROM model WHERE name = 'mbg';
SELECT clm.clv('{1997-01-01:10}', '1997-09-29', m) > 0 AS clv FROM model WHERE name = 'mbg';
SELECT clm.clv('{1997-01-01:10}', '1997-09-30', m) > 0 AS clv FROM model WHERE name = 'mbg';
SELECT clm.clv('{1997-01-01:10}', '1997-01-30', m) > 0 AS no_day FROM model WHERE name = 'bg';

-- Models that users build are checked
CREATE FUNCTION pg_temp.try(family text, period integer, params float8[], spend float8[] DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    RETURN clm.p_alive(clm.rfm(1, 1, 2), clm.customer_model(family, period, params, spend));
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, hint);
END
$$;
SELECT pg_temp.try(family, period, params::float8[], spend::float8[]) FROM (VALUES
    ('pareto', 7, '{1,2,3,4}', NULL), (NULL, 7, '{1,2,3,4}', NULL), ('bg/nbd', 0, '{1,2,3,4}', NULL), ('bg/nbd', -7, '{1,2,3,4}', NULL),
    ('bg/nbd', NULL, '{1,2,3,4}', NULL), ('bg/nbd', 7, NULL, NULL), ('bg/nbd', 7, '{}', NULL), ('bg/nbd', 7, '{1,2,3}', NULL),
    ('bg/nbd', 7, '{1,2,3,4,5}', NULL), ('bg/nbd', 7, '{{1,2},{3,4}}', NULL), ('bg/nbd', 7, '{1,2,3,NULL}', NULL),
    ('bg/nbd', 7, '{1,2,3,NaN}', NULL), ('bg/nbd', 7, '{1,2,3,Infinity}', NULL), ('bg/nbd', 7, '{-1,2,3,4}', NULL),
    ('bg/nbd', 7, '{0,2,3,4}', NULL), ('bg/nbd', 7, '{1,2,3,4}', '{1,2}'), ('bg/nbd', 7, '{1,2,3,4}', '{1,2,NULL}'),
    ('bg/nbd', 7, '{1,2,3,4}', '{1,2,NaN}'), ('bg/nbd', 7, '{1,2,3,4}', '{1,2,-3}')) v(family, period, params, spend);
SELECT clm.describe(jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{"se": [1, 2]}'));
-- The forms without a horizon compute it from the period: the same errors
\set VERBOSITY sqlstate
SELECT clm.p_active(clm.rfm(1, 1, 2), clm.customer_model('bg/nbd', 0, '{1,2,3,4}'));
SELECT clm.p_active(clm.rfm(1, 1, 2), clm.customer_model('bg/nbd', NULL::int, '{1,2,3,4}'));
SELECT clm.churn_score(clm.rfm(1, 1, 2), clm.customer_model('bg/nbd', 0, '{1,2,3,4}'));
SELECT clm.expected_purchases(clm.rfm(1, 1, 2), clm.customer_model('bg/nbd', 0, '{1,2,3,4}'));
SELECT clm.clv(clm.rfm(1, 1, 2), clm.customer_model('bg/nbd', 0, '{1,2,3,4}'));
SELECT clm.scores(clm.rfm(1, 1, 2), clm.customer_model('bg/nbd', 0, '{1,2,3,4}'));
\set VERBOSITY terse

-- Stored models: in a table, in a materialized view, as text, in a variable; models compare and group
CREATE TABLE stored_model AS SELECT * FROM model;
CREATE MATERIALIZED VIEW viewed_model AS SELECT * FROM stored_model;
CREATE TEMP TABLE scored AS
    SELECT name, m, clm.scores(clm.rfm(2, 30.43, 38.86, 22.35), m) AS s FROM model;
SELECT name, scored.m = t.m AS equal, s = clm.scores(clm.rfm(2, 30.43, 38.86, 22.35), t.m) AS by_table,
       s = clm.scores(clm.rfm(2, 30.43, 38.86, 22.35), v.m) AS by_view,
       s = clm.scores(clm.rfm(2, 30.43, 38.86, 22.35), t.m::text::clm.customer_model) AS by_text
FROM scored JOIN stored_model t USING (name) JOIN viewed_model v USING (name) ORDER BY name;
DO $$
DECLARE
    variable clm.customer_model := (SELECT m FROM stored_model WHERE name = 'mbg');
BEGIN
    RAISE NOTICE 'variable: %', clm.scores(clm.rfm(2, 30.43, 38.86, 22.35), variable) = (SELECT s FROM scored WHERE name = 'mbg');
END
$$;
SELECT count(DISTINCT m) AS models FROM (SELECT m FROM stored_model UNION ALL SELECT m FROM viewed_model) v;
-- One function call site, a model that changes from row to row
SELECT count(*) FILTER (WHERE s = clm.scores(clm.rfm(2, 30.43, 38.86, 22.35), m)) AS same
FROM (SELECT m, s FROM scored, generate_series(1, 5) i ORDER BY i, name) v;
DROP MATERIALIZED VIEW viewed_model;
DROP TABLE stored_model;

-- With and without clm in the search path
CREATE TEMP TABLE day_model AS
    SELECT '{1997-01-01:10,1997-05-01:20}'::clm.history AS h, date '1997-09-30' AS d, m, clm.scores('{1997-01-01:10,1997-05-01:20}', date '1997-09-30', m) AS s
    FROM model WHERE name = 'mbg';
SET search_path = '';
SELECT clm.scores(h, d, m) = s AS scores, clm.churn_score(h, d) = clm.churn_score(h, d, clm.prior_guess(), 90) AS prior,
       clm.clv(clm.rfm(h, d, 7), m) = clm.clv(clm.rfm(h, d, 7), m, 365 / 7.) AS rfm, clm.label((s).stage) AS label
FROM pg_temp.day_model;
SET search_path = clm, public;
SELECT scores(h, d, m) = s AS scores, churn_score(h, d) = churn_score(h, d, prior_guess(), 90) AS prior,
       clv(rfm(h, d, 7), m) = clv(rfm(h, d, 7), m, 365 / 7.) AS rfm, label((s).stage) AS label
FROM pg_temp.day_model;
RESET search_path;

-- A NULL days without a type could be a model as well: PostgreSQL asks for a name or a type
\set VERBOSITY sqlstate
SELECT clm.churn_score('{1997-01-01:10}'::clm.history, date '1997-09-30', NULL);
SELECT clm.churn_score('{1997-01-01:10}'::clm.history, date '1997-09-30', NULL::integer) > 0 AS latent;

-- A model from its parameters is the one that ROW builds; it is checked when it is used
SELECT m = clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}') AS same FROM model WHERE name = 'bg';
SELECT m = clm.customer_model('mbg/nbd', 7, '{.525,6.183,.891,1.614}') AS same FROM model WHERE name = 'no spend';
SELECT clm.p_alive(clm.rfm(0, 0, 1), clm.customer_model('x/nbd', 7, '{1,1,1,1}'));
SELECT clm.p_alive(clm.rfm(0, 0, 1), clm.customer_model('bg/nbd', 7, '{1,1,1}'));
SELECT clm.p_alive(clm.rfm(0, 0, 1), clm.customer_model(NULL, 7, '{1,1,1,1}'));

\set VERBOSITY terse

-- Intervals: NULL without a level; then each pair around its estimate, a whole number of purchases among them
SELECT s.expected_purchases_lower, s.expected_purchases_upper, s.purchases_lower, s.purchases_upper, s.clv_lower, s.clv_upper
FROM model, clm.scores('{1997-01-01:10,1997-05-01:20}', date '1997-09-30', m) s WHERE name = 'mbg';
SELECT name, level, s.expected_purchases BETWEEN s.expected_purchases_lower AND s.expected_purchases_upper AS purchases,
       s.clv BETWEEN s.clv_lower AND s.clv_upper AS clv, s.purchases_upper > s.purchases_lower AND s.purchases_upper = floor(s.purchases_upper) AS whole,
       s.purchases_upper > lag(s.purchases_upper) OVER w AND s.clv_upper > lag(s.clv_upper) OVER w AND s.clv_lower <= lag(s.clv_lower) OVER w AS wider
FROM model, (VALUES (.5::float8), (.9), (.999)) v(level),
    clm.scores('{1997-01-01:10,1997-02-01:20,1997-03-01:15,1997-09-20:20}', date '1997-09-30', m, 3650, level => level) s
WHERE name <> 'no spend' WINDOW w AS (PARTITION BY name ORDER BY level) ORDER BY name, level;
-- The rest of the scores does not depend on the level; a summary gives what its history does; a negative margin swaps the ends
SELECT (s).stage = (l).stage AND (s).churn_score = (l).churn_score AND (s).expected_purchases = (l).expected_purchases AND (s).clv_total = (l).clv_total AS same,
       ((l).expected_purchases_upper, (l).purchases_upper, (l).clv_upper) = ((r).expected_purchases_upper, (r).purchases_upper, (r).clv_upper) AS summary,
       (n).clv_lower = -(l).clv_upper AND (n).clv_upper = -(l).clv_lower AS swapped
FROM model, (VALUES ('{1997-01-01:10,1997-05-01:20,1997-09-20:20}'::clm.history, date '1997-09-30')) v(h, d),
    LATERAL (SELECT clm.scores(h, d, m), clm.scores(h, d, m, level => .8), clm.scores(clm.rfm(h, d, 7), m, 365 / 7., level => .8),
                    clm.scores(h, d, m, margin => -1, level => .8)) s(s, l, r, n) WHERE name = 'mbg';
-- Somebody who has surely left: all ends are 0; nothing happens within no time; all future has a value, but no number
SELECT s.p_alive < .001 AS left, s.expected_purchases_upper, s.purchases_upper, s.clv_upper
FROM model, clm.scores(clm.rfm(50, 10, 40, 20), m, 52, level => .9) s WHERE name = 'mbg';
SELECT s.expected_purchases_lower, s.expected_purchases_upper, s.purchases_lower, s.purchases_upper, s.clv_lower, s.clv_upper
FROM model, clm.scores(clm.rfm(3, 30, 39, 20), m, 0, level => .9) s WHERE name = 'mbg';
SELECT s.expected_purchases_lower, s.expected_purchases_upper, s.purchases_lower, s.purchases_upper, s.clv BETWEEN s.clv_lower AND s.clv_upper AS clv
FROM model, clm.scores(clm.rfm(3, 30, 39, 20), m, NULL, level => .9) s WHERE name = 'mbg';
-- Without a spend part, or a customer, or where nobody's mean spend exists: numbers alone, or nothing
SELECT s.purchases_upper > 0 AS purchases, s.clv_lower, s.clv_upper
FROM model, clm.scores('{1997-01-01:10}', date '1997-09-30', m, level => .9) s WHERE name = 'no spend';
SELECT clm.scores(NULL, date '1997-09-30', m, level => .9), clm.scores(NULL::clm.rfm, m, 52, level => .9) FROM model WHERE name = 'mbg';
SELECT s.expected_purchases_upper > 0 AS purchases, s.clv_lower, s.clv_upper
FROM clm.scores(clm.rfm(0, 0, 9), clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6,1,16}'), 52, level => .9) s;
-- Levels: above 0 and at most .999; also where there is no customer
CREATE FUNCTION pg_temp.try_level(level float8) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    RETURN (clm.scores(NULL, date '1997-09-30', (SELECT m FROM model WHERE name = 'mbg'), level => level)).stage;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, hint);
END
$$;
SELECT level, pg_temp.try_level(level) FROM (VALUES (NULL::float8), (1e-300), (.999), (0), (1), (.9991), (-.5), (90), (100), (200), ('NaN'), ('Infinity')) v(level);
SELECT clm.scores(clm.rfm(0, 0, 9), m, 52, level => 90) FROM model WHERE name = 'mbg';
-- Money out of range
SELECT clm.scores(clm.rfm(3, 30, 39, 20), m, 52, margin => 1e307, level => .9) FROM model WHERE name = 'mbg';

-- Newcomers: the first purchase and the discounted repeat purchases, each of the population's mean spend p gamma / (q - 1)
SELECT name, round(clm.clv(m, days => 0)::numeric, 6) AS first, round(6.25 * 15.44 / (3.74 - 1), 6) AS formula,
       round((clm.clv(m, 273, 0) / clm.clv(m, 0) - 1)::numeric, 6) AS repeats, round(clm.expected_purchases(m, 273)::numeric, 6) AS expected
FROM model WHERE name <> 'no spend';
SELECT clm.clv(m) = clm.clv(m, days => 365, annual_discount => .1, margin => 1) AS defaults, clm.clv(m, NULL) > clm.clv(m, 3650) AS all_future,
       abs(clm.clv(m, margin => -.3) / clm.clv(m) + .3) < 1e-15 AS margin, clm.clv(m, annual_discount => 0) > clm.clv(m) AS discount,
       clm.clv(m, 365, NULL) AS no_discount, clm.clv(m, 365, .1, NULL) AS no_margin, clm.clv(NULL::clm.customer_model) AS no_model
FROM model WHERE name = 'mbg';
SELECT clm.clv(clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6,1,16}')) AS no_mean;
SELECT clm.clv(m) FROM model WHERE name = 'no spend';
SELECT clm.clv(m, -1) FROM model WHERE name = 'mbg';
SELECT clm.clv(m, 365, -.1) FROM model WHERE name = 'mbg';
SELECT clm.clv(m, 365, 'NaN') FROM model WHERE name = 'mbg';
SELECT clm.clv(m, NULL, 0) FROM model WHERE name = 'mbg';
SELECT clm.clv(m, 365, .1, 1e308) FROM model WHERE name = 'mbg';
