-- The aggregate clm.retention_model and what a model says: published fits and numbers, identities, bad input, the state.
\set VERBOSITY terse

-- The error of a statement with its detail and hint, or its first column where there is none
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
    detail text;
    hint text;
BEGIN
    EXECUTE statement INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(detail, ''), nullif(hint, ''));
END
$$;

-- Customers out of 1,000 who are still there after each year (Fader & Hardie 2007)
CREATE TEMP TABLE still_there AS
    SELECT segment, year - 1 AS year, round(10 * percent)::int AS n FROM (VALUES
        ('regular', '{100,63.1,46.8,38.2,32.6,28.9,26.2,24.1,22.3,20.7,19.4,18.3,17.3}'::numeric[]),
        ('high end', '{100,86.9,74.3,65.3,59.3,55.1,51.7,49.1,46.8,44.5,42.7,40.9,39.4}')) v(segment, percents),
        unnest(percents) WITH ORDINALITY u(percent, year);
-- Seven years of them as rows for the aggregate
CREATE TEMP TABLE customer AS
    SELECT segment, year AS tenure, true AS churned, lag(n) OVER (PARTITION BY segment ORDER BY year) - n AS customers FROM still_there WHERE year <= 7
    UNION ALL SELECT segment, 7, false, n FROM still_there WHERE year = 7;
DELETE FROM customer WHERE customers IS NULL;

-- They print alpha, beta .704, 1.182 and .668, 3.806
CREATE TEMP TABLE model AS SELECT segment, clm.retention_model(tenure, churned, family, customers) AS m
    FROM customer, (VALUES ('sbg'), ('bdw')) f(family) GROUP BY segment, family;
SELECT segment, (m).family, name, round(value::numeric, 4) AS value, round(se::numeric, 4) AS se
FROM model, clm.describe(m) ORDER BY 1, 2 DESC, name NOT IN ('alpha', 'beta', 'c'), 3;
SELECT segment, (m).family, (m).customers, (m).churned, clm.log_likelihood(m) = (m).log_likelihood AS log_likelihood,
       clm.aic(m) = 2 * cardinality((m).params) - 2 * (m).log_likelihood AS aic, clm.bic(m) = cardinality((m).params) * ln(1000::float8) - 2 * (m).log_likelihood AS bic
FROM model ORDER BY 1, 2;
-- Which family fits better, by both criteria
SELECT segment, (array_agg((m).family ORDER BY clm.aic(m)))[1] AS aic, (array_agg((m).family ORDER BY clm.bic(m)))[1] AS bic FROM model GROUP BY 1 ORDER BY 1;
-- Survival after 12 years, projected from seven, beside what came
SELECT segment, (m).family, round(clm.survival(m, 12)::numeric, 3) AS projected, n / 1000. AS actual FROM model JOIN still_there USING (segment) WHERE year = 12 ORDER BY 1, 2;
-- A weight is that many rows; any integer type is a tenure; sbg is the default; the order of rows does not matter
SELECT m.segment, clm.retention_model(c.tenure, churned) = m.m AS by_rows, clm.retention_model(c.tenure::bigint, churned, 'sbg') = m.m AS "bigint",
       clm.retention_model(c.tenure::smallint, churned ORDER BY md5(c.tenure::text || i)) = m.m AS "smallint"
FROM customer c JOIN model m USING (segment), generate_series(1, customers) i WHERE (m).family = 'sbg' GROUP BY m.segment, m.m ORDER BY 1;
-- The rows of retention_curve: without censoring before the end, its survival is the data; the model is near it
SELECT segment, max(abs(p.survival - clm.survival(m, period))) < .04 AS near
FROM (SELECT segment, clm.retention_curve(tenure, churned, customers) AS c FROM customer GROUP BY 1) c JOIN model USING (segment), clm.points(c) p
WHERE (m).family = 'sbg' GROUP BY 1 ORDER BY 1;

-- alpha 1, beta 3: r .75 .8 .833, survival .5 after three, DERL(1..4) 3.62 4.22 4.70 5.10, DEL 4.295 against 3.143 for a constant .75
SELECT period, round(churned::numeric, 10) AS churned, round(retention_rate::numeric, 10) AS retention_rate, round(survival::numeric, 10) AS survival
FROM clm.points(clm.retention_model('sbg', ARRAY[1, 3]), 4);
SELECT tenure, round(clm.survival(m, tenure)::numeric, 10) AS survival, round(clm.retention_rate(m, tenure)::numeric, 10) AS retention_rate,
       round(clm.churn_score(m, tenure)::numeric, 10) AS churn_score,
       round(clm.clv(m, tenure, 1, .1)::numeric, 2) AS derl
FROM clm.retention_model('sbg', ARRAY[1, 3]) m, generate_series(0, 3) tenure;
SELECT round(clm.clv(m, 0, 1, .1, advance => true)::numeric, 3) AS del, round(clm.clv(1, .75, .1, advance => true)::numeric, 3) AS constant
FROM clm.retention_model('sbg', ARRAY[1, 3]) m;
-- Fader & Hardie (2010), (3.80, 15.20): 3.31 3.45 3.59 3.72 3.84
SELECT string_agg(round(clm.clv(m, n - 1, 1, .1)::numeric, 2)::text, ' ' ORDER BY n) FROM clm.retention_model(family => 'sbg', params => '{3.80,15.20}') m, generate_series(1, 5) n;
-- The same tenure again, and under other terms, row by row
SELECT k, round(clm.clv(m, k % 2, 1, .1 * (1 + k / 4))::numeric, 4) AS derl FROM clm.retention_model(family => 'sbg', params => '{3.80,15.20}') m, generate_series(0, 7) k ORDER BY k;
-- Timing: just before a renewal, just before a sure margin, just after it
SELECT tenure, abs(advance - (1 + renewal / 1.08)) < 1e-12 AS advance, abs(renewal - clm.retention_rate(m, tenure) * clm.clv(m, tenure + 1, 1, .08, advance => true)) < 1e-12 AS renewal
FROM clm.retention_model('bdw', ARRAY[.5, .9, 1.2]) m, unnest('{0,1,2,7,100,10000}'::int[]) tenure,
    LATERAL (SELECT clm.clv(m, tenure, 1, .08, advance => true) AS advance, clm.clv(m, tenure, 1, .08) AS renewal) v;
-- Many alike customers are a constant rate; finite horizons are sums
SELECT abs(clm.clv(m, 5, 100, .1, advance => true) / clm.clv(100, .8, .1, advance => true) - 1) < 1e-6 AS constant,
       abs(clm.clv(m, 0, 100, .1, 5, true) / clm.clv(100, .8, .1, periods => 5, advance => true) - 1) < 1e-6 AS five_periods,
       abs(clm.clv(m, 0, 100, .1) / 1.1 / clm.clv(100, .8, .1) - 1) < 1e-6 AS at_the_end
FROM clm.retention_model('sbg', ARRAY[2e8, 8e8]) m;
SELECT periods, abs(clm.clv(m, 3, 10, .02, periods) - coalesce((SELECT sum(10 * clm.survival(m, 3 + k) / clm.survival(m, 3) / 1.02 ^ (k - 1)) FROM generate_series(1, periods) k), 0)) < 1e-9 AS sum
FROM clm.retention_model('bdw', ARRAY[.5, .9, 1.2]) m, unnest('{0,1,2,10,191,192,193,194,1000}'::int[]) periods;
-- Small discounts are fast and exact: alpha = beta = 1 has DEL = (1 + i) ln((1 + i) / i)
SELECT i, abs(clm.clv(clm.retention_model('sbg', ARRAY[1, 1]), 0, 1, i, advance => true) / ((1 + i) * ln((1 + i) / i)) - 1) < 1e-13 AS exact
FROM unnest('{10,1,.1,.001,1e-6,1e-9,1e-15}'::float8[]) i;
-- No discount: finite where the expected stay is, beta / (alpha - 1); a negative one with an end only
SELECT clm.clv(clm.retention_model('sbg', ARRAY[3, 8]), 0, 1, 0)::real AS mean_stay, clm.clv(clm.retention_model('sbg', ARRAY[3, 8]), 0, 0, 0) AS nothing,
       round(clm.clv(clm.retention_model('sbg', ARRAY[1, 3]), 0, 100, -.02, 12)::numeric, 4) AS negative;
-- A margin may be negative
-- Periods without end in sight are summed at once where discounting makes the last ones nothing, and equal for ever
SELECT abs(clm.clv(m, 0, 1, d, 2147483647, true) / clm.clv(m, 0, 1, d, advance => true) - 1) < 1e-12 AS for_ever
FROM clm.retention_model('bdw', ARRAY[.668, 3.806, 1.2]) m, unnest(ARRAY[.01, .5, 100]) d;
SELECT clm.clv(m, 2, -100, .1) = -clm.clv(m, 2, 100, .1) AS loss FROM clm.retention_model('sbg', ARRAY[1, 3]) m;
-- Extreme tenures
SELECT t, round(clm.survival(m, t)::numeric, 20) AS survival, round(clm.churn_score(m, t)::numeric, 30) AS churn_score, round(clm.clv(m, t, 1, .1)::numeric, 6) AS clv
FROM clm.retention_model('bdw', ARRAY[.5, .9, 1.2]) m, unnest('{0,1000000,9223372036854775807}'::bigint[]) t;

-- NULLs are skipped, nothing gives NULL
SELECT clm.retention_model(t, c, 'sbg', w) = (SELECT clm.retention_model(tenure, churned, 'sbg', customers) FROM customer WHERE segment = 'regular') AS same
FROM (SELECT tenure, churned, customers FROM customer WHERE segment = 'regular' UNION ALL VALUES (NULL, true, 1), (3, NULL, 1), (5, false, NULL), (7, true, 0)) v(t, c, w);
SELECT clm.retention_model(NULL::int, true) IS NULL AS all_null, clm.retention_model(1, true, 'sbg', 0) IS NULL AS weight_0,
       clm.retention_model(1, true) FILTER (WHERE false) IS NULL AS filtered FROM generate_series(1, 3);
SELECT num_nulls(clm.survival(NULL, 1), clm.survival(m, NULL), clm.retention_rate(m, NULL), clm.churn_score(m, NULL), clm.churn_score(NULL::clm.retention_model, 1),
       clm.clv(m, NULL, 1, .1), clm.clv(m, 1, NULL, .1), clm.clv(m, 1, 1, NULL), clm.clv(m, 1, 1, .1, 1, NULL), clm.clv(NULL::clm.retention_model, 1, 1, .1)) AS nulls,
       clm.log_likelihood(m) IS NULL AND clm.aic(m) IS NULL AND clm.bic(m) IS NULL AS not_fitted,
       (SELECT count(*) FROM clm.points(m, NULL)) + (SELECT count(*) FROM clm.points(NULL::clm.retention_model, 3)) + (SELECT count(*) FROM clm.describe(NULL::clm.retention_model)) AS rows
FROM clm.retention_model('sbg', ARRAY[1, 3]) m;
SELECT * FROM clm.describe(clm.retention_model('bdw', ARRAY[1, 3, .7]));

-- Fits that cannot be
SELECT i, pg_temp.try(statement) FROM (VALUES
    (1, $$SELECT clm.retention_model(t, c) FROM (VALUES (3, true)) v(t, c)$$),
    (2, $$SELECT clm.retention_model(t, false) FROM generate_series(0, 9) t$$),
    (3, $$SELECT clm.retention_model(4, true) FROM generate_series(1, 500)$$),
    (4, $$SELECT clm.retention_model(1, t < 60) FROM generate_series(1, 100) t$$),
    (5, $$SELECT clm.retention_model(t, t < 3, 'bdw', 100) FROM generate_series(1, 2) t$$),
    (6, $$SELECT clm.retention_model(least(t, 8), t < 9, 'sbg', (65536 / 2 ^ t)::bigint) FROM generate_series(1, 9) t$$),
    (7, $$SELECT clm.retention_model(t, t < 5, 'sbg', w) FROM (VALUES (1, 100), (2, 300), (3, 500), (4, 700), (5, 50)) v(t, w)$$),
    (8, $$SELECT clm.retention_model(t, t = 1, 'sbg', 50) FROM generate_series(1, 5) t$$),
    (9, $$SELECT clm.retention_model(0, true)$$), (10, $$SELECT clm.retention_model(0, true, 'sbg', 0)$$),
    (11, $$SELECT clm.retention_model(-1, true)$$), (12, $$SELECT clm.retention_model(-1, false, 'bdw', 0)$$), (13, $$SELECT clm.retention_model(-1, NULL)$$),
    (14, $$SELECT clm.retention_model(1, true, 'pareto/nbd')$$), (15, $$SELECT clm.retention_model(1, true, '')$$), (16, $$SELECT clm.retention_model(1, true, NULL)$$),
    (17, $$SELECT clm.retention_model(1, true, 'sbg', -1)$$), (18, $$SELECT clm.retention_model(1, true, 'sbg', 9007199254740993)$$),
    (19, $$SELECT clm.retention_model(1, true, 'sbg', 9007199254740992) FROM generate_series(1, 2)$$),
    (20, $$SELECT clm.retention_model(t, true, 'sbg', 9007199254740992) FROM generate_series(1, 2) t$$),
    (21, $$SELECT clm.retention_model(t, true, CASE t WHEN 1 THEN 'sbg' ELSE 'bdw' END) FROM generate_series(1, 3) t$$),
    (22, $$SELECT clm.retention_model(1.5, true)$$)) v(i, statement) ORDER BY i;
-- Who leaves later and later at one time has a rising churn of his own: bdw has it, sbg does not (7)
SELECT (m).family, (m).params[3] > 1.5 AS rising FROM (SELECT clm.retention_model(t, t < 7, 'bdw', w) AS m
    FROM (VALUES (1, 100), (2, 300), (3, 400), (4, 300), (5, 150), (6, 80), (7, 90)) v(t, w)) f;

-- Bad arguments
SELECT i, pg_temp.try(format('SELECT %s FROM clm.retention_model(''sbg'', ARRAY[.7, 1.2]) m', expression)) FROM (VALUES
    (1, 'clm.survival(m, -1)'), (2, 'clm.retention_rate(m, -1)'), (3, 'clm.churn_score(m, -9223372036854775808)'), (4, 'clm.clv(m, -1, 1, .1)'),
    (5, 'clm.clv(m, 1, ''NaN'', .1)'), (6, 'clm.clv(m, 1, ''Infinity'', .1)'), (7, 'clm.clv(m, 1, 1, ''NaN'')'), (8, 'clm.clv(m, 1, 1, ''Infinity'')'),
    (9, 'clm.clv(m, 1, 1, -1)'), (10, 'clm.clv(m, 1, 1, -2, 3)'), (11, 'clm.clv(m, 1, 1, 0)'), (12, 'clm.clv(m, 1, 1, -.1)'), (13, 'clm.clv(m, 1, 1, .1, -1)'),
    (14, 'clm.clv(m, 1, 1, -.9, 1000)'), (15, 'clm.clv(m, 1, 1e308, .001)'), (16, '(SELECT count(*) FROM clm.points(m, -1))'), (17, '(SELECT count(*) FROM clm.points(m, 100001))'),
    (18, '(SELECT count(*) FROM clm.points(m, 100000))'), (19, 'clm.clv(m, 1, 1, 1e-300) BETWEEN 1e88 AND 1e92'), (20, 'clm.clv(m, 1, 1, 1e300)::real'),
    (21, 'clm.clv(m, 1, 1, -1 + 1e-16, 1)::real'), (22, 'clm.clv(m, 1, 1, 0, 2147483647) BETWEEN 100 AND 5000')) v(i, expression) ORDER BY i;
-- Models built by hand: a valid one is read, others are errors that say why
SELECT clm.churn_score(ROW('sbg', '{1,3}', NULL, 'NaN', -5, NULL, NULL)::clm.retention_model, 0)::real AS valid,
       num_nulls(clm.aic(m), clm.bic(m), clm.log_likelihood(m)) AS unknown FROM (SELECT ROW('sbg', '{1,3}', NULL, 'NaN', -5, NULL, NULL)::clm.retention_model) v(m);
SELECT i, pg_temp.try(format('SELECT clm.survival(clm.retention_model(%L, %L::float8[]), 1)::real', family, params)) FROM (VALUES
    (1, NULL, '{1,3}'), (2, 'sbg', NULL), (3, 'SBG', '{1,3}'), (4, 'sbg', '{1}'), (5, 'sbg', '{1,3,1}'), (6, 'bdw', '{1,3}'), (7, 'sbg', '{1,NULL}'), (8, 'sbg', '{1,NaN}'),
    (9, 'sbg', '{1,Infinity}'), (10, 'sbg', '{0,3}'), (11, 'sbg', '{1,-3}'), (12, 'sbg', '{1,1e10}'), (13, 'bdw', '{1,3,17}'), (14, 'bdw', '{1,3,0}'), (15, 'sbg', '{{1,3}}'),
    (16, 'sbg', '{}'), (17, 'bdw', '{1e9,1e-6,16}'), (18, 'bdw', '{1e-6,1e9,1e-6}')) v(i, family, params) ORDER BY i;
SELECT pg_temp.try($$SELECT d.value FROM clm.describe(ROW('sbg', '{1,3}', '{1}', 0, 0, 0, NULL)::clm.retention_model) d$$) AS se,
       pg_temp.try($$SELECT d.value FROM clm.describe(ROW('sbg', '{1,3}', '{1,2}', 'NaN', 0, 0, NULL)::clm.retention_model) d$$) AS log_likelihood,
       pg_temp.try($$SELECT d.value FROM clm.describe(ROW('sbg', '{1,-3}', NULL, 0, 0, 0, NULL)::clm.retention_model) d$$) AS params;

-- The state as text: the family's place, then rows (tenure, left, customers), equal ones merged, in canonical order
SELECT clm.retention_model_transition(clm.retention_model_transition(clm.retention_model_transition(NULL, 5, true), 3, false), 5, false, 'sbg', 4);
SELECT clm.retention_model_combine('1 1 1 5 1 2', '1 1 2 3 0 1 5 4 4');
SELECT clm.retention_model_combine(NULL, s)::text AS left_null, clm.retention_model_combine(s, NULL)::text AS right_null,
       clm.retention_model_combine(NULL, NULL) IS NULL AS both_null, clm.retention_model_final(NULL) IS NULL AS final_null,
       clm.retention_model_final('1 0 0') IS NULL AS final_empty, (clm.retention_model_final(s)).customers
FROM (SELECT '1 0 3 1 40 40 2 15 15 3 8 30'::clm.retention_model_state) v(s);
SELECT pg_temp.try($$SELECT clm.retention_model_combine('1 0 1 5 1 2', '1 1 1 5 1 2')$$) AS families;
-- Malformed text
SELECT s, pg_temp.try(format('SELECT %L::clm.retention_model_state', s))
FROM unnest(ARRAY['', '1', '1 0', 'x', '0 0 0', '2 0 1 5 1 2', '1 2 1 5 1 2', '1 -1 1 5 1 2', '1 .5 1 5 1 2', '1 NaN 0', '1 0 -1', '1 0 1', '1 0 1 5 1', '1 0 1 5 1 2 3', '1 0 1 -5 1 2',
    '1 0 1 5 3 2', '1 0 1 0 1 2', '1 0 1 0 0 2', '1 0 1 5 0 0', '1 0 1 5 0 9007199254740993', '1 1 0', ' 1  0  1 5 1 2 ']) s;
-- Outside an aggregate the arguments stay as they are; binary form and back
DO $$
DECLARE
    a clm.retention_model_state := clm.retention_model_transition(NULL, 5, true, 'bdw');
    b clm.retention_model_state := clm.retention_model_transition(a, 3, false, 'bdw');
    c clm.retention_model_state := clm.retention_model_combine(a, b);
BEGIN
    RAISE NOTICE 'a %, b %, c %, sent %', a, b, c, clm.retention_model_state_send(c);
END
$$;
