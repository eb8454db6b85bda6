-- response_model: fits with known answers, scores and reasons, what is left out or refused, weights from elsewhere, the state.
\set VERBOSITY terse
SET extra_float_digits = 0;

CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
    hint text;
BEGIN
    EXECUTE statement INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(result, ''), nullif(hint, ''));
END
$$;

-- A 2 x 2 table: 30 of 200 without a complaint leave, 60 of 150 with one. The coefficient is the log odds ratio, its standard
-- error Woolf's, and scores are the rates
CREATE TEMP TABLE complaint AS
    SELECT i <= 30 OR i > 290 AS churned, ARRAY[(i > 200)::int]::float8[] AS x FROM generate_series(1, 350) i;
CREATE TEMP TABLE fit AS SELECT clm.response_model(churned, x, 0) AS m, clm.response_model(churned, x) AS d FROM complaint;
SELECT name, round(value::numeric, 10) AS value, round(se::numeric, 8) AS se FROM fit, clm.describe(m, '{complaint}');
SELECT abs((m).coefficients[2] - ln(60 * 170 / (90 * 30.))) < 1e-13 AS log_odds, abs((m).se[2] - sqrt(1 / 30. + 1 / 170. + 1 / 60. + 1 / 90.)) < 1e-9 AS woolf,
    abs(clm.score(m, '{0}') - .15) < 1e-14 AS rate_0, abs(clm.score(m, '{1}') - .4) < 1e-14 AS rate_1, clm.churn_score(m, '{1}') = clm.score(m, '{1}') AS same,
    abs((m).auc - (60 * 170 + (30 * 170 + 60 * 90) / 2.) / (90. * 260)) < 1e-14 AS auc
FROM fit;
SELECT (d).ridge, abs((d).coefficients[2] / (m).coefficients[2] - 1) < 2e-6 AS hardly_moved FROM fit;
SELECT abs(clm.log_likelihood(m) - (30 * ln(.15) + 170 * ln(.85) + 60 * ln(.4) + 90 * ln(.6))) < 1e-11 AS log_likelihood,
    abs(clm.aic(m) - (4 - 2 * clm.log_likelihood(m))) < 1e-11 AS aic, abs(clm.bic(m) - (2 * ln(350::float8) - 2 * clm.log_likelihood(m))) < 1e-11 AS bic FROM fit;

-- Simulated: 20,000 customers with known coefficients, one model a region
CREATE TEMP TABLE base AS
    SELECT i AS id, i % 2 AS region, ARRAY[r, c, t]::float8[] AS x,
        (hashint4(i * 7 + 3) / 4294967296.0 + .5) < 1 / (1 + exp(1.2 - .02 * r - .9 * c + 1.5 * t)) AS churned
    FROM generate_series(1, 20000) i, LATERAL (SELECT (hashint4(i) & 127) AS r, (hashint4(i + 100000) & 3) AS c, (hashint4(i + 200000) & 1023) / 1024.0 - .5 AS t) s;
CREATE TEMP TABLE model AS SELECT region, clm.response_model(churned, x) AS m FROM base GROUP BY region;
SELECT region, (m).customers, name, abs(value - truth) < 3 * se AS within_3_se, round((se * 1000)::numeric) AS se_1000
FROM model, clm.describe(m, '{recency,complaints,trend}'), (VALUES ('intercept', -1.2), ('recency', .02), ('complaints', .9), ('trend', -1.5)) v(name_, truth) WHERE name = name_ ORDER BY 1, name;
-- AUC is that of clm.ranking, mean score the hit rate; the penalised likelihood is at its top: no other coefficients do better
SELECT region, abs((m).auc - (r).auc) < 1e-9 AS auc, abs(mean - (m).hits / (m).customers::float8) < 1e-12 AS rate, (m).hits = (r).hits AS hits
FROM (SELECT region, m, clm.ranking(clm.score(m, x), churned) AS r, avg(clm.score(m, x)) AS mean FROM base JOIN model USING (region) GROUP BY region, m) q ORDER BY region;
SELECT clm.response_model(churned, x) = clm.response_model(churned, x ORDER BY x) AS ascending, clm.response_model(churned, x) = clm.response_model(churned, x, 1e-4) AS default_ridge FROM base;
-- Units do not matter
SELECT bool_and(abs(clm.score(m, x) - clm.score(k, ARRAY[x[1] * 1e200, x[2] * 1e-200 + 1e-195, -5 * x[3]])) < 1e-9) AS same_scores
FROM (SELECT clm.response_model(churned, x) AS m, clm.response_model(churned, ARRAY[x[1] * 1e200, x[2] * 1e-200 + 1e-195, -5 * x[3]]) AS k FROM base) q, base;

-- Reasons: the largest contribution first; they add up to the difference of logits from the mean customer
SELECT r.* FROM clm.response_model(ARRAY[-2.2, 1.1, .8, -.6], ARRAY[.4, .1, 1]) m, clm.reasons(m, ARRAY[1.5, .2, 2], '{recency,complaints,usage}') r;
SELECT reason, signal, name, contribution FROM clm.response_model('{0,1,-1,2,1}'::float8[], '{0,0,0,0}') m, clm.reasons(m, '{1,1,-1,1}', ARRAY[NULL, 'b', 'c', 'd']) ORDER BY reason;
SELECT count(*), max(abs(total - ln(s / (1 - s)) + ln(s0 / (1 - s0)))) < 1e-13 AS add_up
FROM (SELECT sum(contribution) AS total, clm.score(m, b.x) AS s, clm.score(m, (m).means) AS s0 FROM base b JOIN model USING (region), clm.reasons(m, b.x) r WHERE id <= 500 GROUP BY id, m, b.x) q;

-- Both tails
SELECT clm.score(m, '{700}') AS high, clm.score(m, '{-700}') AS low, clm.score(m, '{-800}') AS none, clm.score(m, '{36.7}') < 1 AS below_1 FROM clm.response_model('{0,1}'::float8[]) m;

-- Separated signals: finite with a ridge, an error without
CREATE TEMP TABLE separated AS SELECT i > 10 AS churned, ARRAY[i, -i % 3]::float8[] AS x FROM generate_series(1, 20) i;
SELECT (m).auc, clm.score(m, '{1,0}') < .01 AS low, clm.score(m, '{20,0}') > .99 AS high FROM (SELECT clm.response_model(churned, x) AS m FROM separated) q;
SELECT pg_temp.try('SELECT clm.response_model(churned, x, 0) FROM separated');
-- Constant and collinear ones: left out or shared with a ridge, errors that name the signal without
SELECT (m).coefficients[3] AS coefficient, (m).se[3] AS se, (m).means[2] AS mean, (m).coefficients[2] = (d).coefficients[2] AS same FROM
    (SELECT clm.response_model(churned, ARRAY[x[1], 7]) AS m, (SELECT d FROM fit) AS d FROM complaint) q;
SELECT name, se FROM (SELECT clm.response_model(churned, ARRAY[7, x[1], 0]) AS m FROM complaint) q, clm.describe(m) WHERE name LIKE 'x%';
SELECT pg_temp.try('SELECT clm.response_model(churned, ARRAY[x[1], 7], 0) FROM complaint');
SELECT pg_temp.try('SELECT clm.response_model(churned, ARRAY[x[1], x[2], 3 * x[1] - x[2] + 4], 0) FROM base');
SELECT round(((m).coefficients[2] + 3 * (m).coefficients[4])::numeric, 4) = round((p).coefficients[2]::numeric, 4) AS shared
FROM (SELECT clm.response_model(churned, ARRAY[x[1], x[2], 3 * x[1] - x[2] + 4]) AS m, clm.response_model(churned, x[1:2]) AS p FROM base) q;
-- More signals than customers
SELECT (m).auc, cardinality((m).coefficients) FROM (SELECT clm.response_model(i = 2, (SELECT array_agg(sin(i * j)) FROM generate_series(1, 30) j)) AS m FROM generate_series(1, 3) i) q;
SELECT pg_temp.try('SELECT clm.response_model(i = 2, (SELECT array_agg(sin(i * j)) FROM generate_series(1, 30) j), 0) FROM generate_series(1, 3) i');
-- One outcome, one customer
SELECT pg_temp.try('SELECT clm.response_model(true, x) FROM base');
SELECT pg_temp.try('SELECT clm.response_model(false, ARRAY[1])');

-- A row without outcome or x is skipped; no rows give NULL
SELECT clm.response_model(churned, x) = (SELECT clm.response_model(churned, x) FROM complaint) AS skipped
FROM (TABLE complaint UNION ALL VALUES (NULL, '{3}'), (true, NULL::float8[]), (NULL, NULL)) v(churned, x);
SELECT clm.response_model(NULL::boolean, '{1}') IS NULL AS skipped, (SELECT clm.response_model(churned, x) FROM complaint WHERE false) IS NULL AS none;
-- 0 and -0 are the same
SELECT clm.response_model(i % 3 = 0, ARRAY[CASE WHEN i % 2 = 0 THEN '-0' ELSE '0' END::float8, i % 5]) = clm.response_model(i % 3 = 0, ARRAY[0, i % 5]) AS same FROM generate_series(1, 40) i;
-- Elements, lengths, dimensions, ridge
SELECT try, pg_temp.try(format('SELECT clm.response_model(o, %s) FROM (VALUES (true, ''{1,2}''::float8[]), (false, %L), (true, ''{3,1}'')) v(o, x)', coalesce(ridge, 'x'), try)) AS answer
FROM (VALUES ('{1,NaN}', NULL), ('{1,2,Infinity}', NULL), ('{NULL,1}', NULL), ('{}', NULL), ('{1}', NULL), ('{1,2,3}', NULL), ('{{1,2}}', NULL), ('[5:6]={2,1}', 'x, 1'),
    ('{2,1}', 'x, -1'), ('{2,1}', 'x, NULL'), ('{2,1}', 'x, ''NaN'''), ('{2,1}', 'x, x[1]')) v(try, ridge);
SELECT pg_temp.try('SELECT clm.response_model(i % 2 = 0, array_fill(i::float8, ARRAY[201])) FROM generate_series(1, 3) i');
SELECT cardinality((clm.response_model(i % 3 = 0, (SELECT array_agg(cos(i * j)) FROM generate_series(1, 200) j))).se) FROM generate_series(1, 500) i;
-- The edge of the range of float8
SELECT round(((m).coefficients[2] * 1e304)::numeric, 6) AS coefficient FROM (SELECT clm.response_model(churned, ARRAY[x[1] * 1e304], 0) AS m FROM complaint) q;
SELECT pg_temp.try('SELECT clm.response_model(churned, ARRAY[x[1] * 1e-309], 0) FROM complaint');

-- Scores of bad arguments
SELECT try, pg_temp.try(format('SELECT clm.score(%s)', try)) AS answer
FROM (VALUES ('clm.response_model(ARRAY[0, 1, 2]), ARRAY[1, NULL]'), ('clm.response_model(ARRAY[0, 1, 2]), ARRAY[1]'), ('clm.response_model(ARRAY[0, 1, 2]), ''{}'''), ('clm.response_model(ARRAY[0, 1, 2]), ''{{1,2}}'''),
    ('clm.response_model(ARRAY[0, 1]), ''{NaN}'''), ('clm.response_model(ARRAY[0, 1e300]), ''{1e300}'''), ('clm.response_model(ARRAY[0, 1]), NULL::float8[]'), ('NULL::clm.response_model, ''{1}'''),
    ('(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::clm.response_model, ''{1}'''), ('(''{1}'', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::clm.response_model, ''{1}'''),
    ('(''{1,Infinity}'', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::clm.response_model, ''{1}''')) v(try);
-- Weights from elsewhere
SELECT try, pg_temp.try('SELECT ' || try) AS answer
FROM (VALUES ('clm.response_model(''{1,2}''::float8[])'), ('clm.response_model(NULL::float8[])'), ('clm.response_model(''{1}''::float8[])'), ('clm.response_model(''{1,NULL}''::float8[])'), ('clm.response_model(''{1,2}''::float8[], ''{1,2}'')'),
    ('clm.response_model(''{1,2}''::float8[], ''{NaN}'')'), ('clm.response_model(array_fill(1::float8, ARRAY[202]))'), ('clm.aic(clm.response_model(''{1,2}''::float8[]))'),
    ('clm.reasons(clm.response_model(''{1,2}''::float8[]), ''{1}'')'), ('clm.reasons(clm.response_model(''{1,2}''::float8[], ''{0}''), ''{1}'', ''{a,b}'')'), ('clm.reasons(clm.response_model(''{1,2}''::float8[], ''{0}''), ''{1}'', ''{{a}}'')'),
    ('clm.reasons(clm.response_model(''{1,2}''::float8[], ''{0}''), ''{NULL}'')'), ('clm.reasons(NULL, ''{1}'')'), ('clm.describe(clm.response_model(''{1,2}''::float8[]), ''{a,b}'')'), ('count(*) FROM clm.describe(NULL::clm.response_model)')) v(try);
SELECT * FROM clm.describe(clm.response_model('{1,2,3}'::float8[]), '{age}'::text[] || NULL::text);

-- The state: text with the ridge, the number of signals, the rows; what it does not take
CREATE AGGREGATE pg_temp.gather(boolean, float8[], float8) (SFUNC = clm.response_model_transition, STYPE = clm.response_model_state, COMBINEFUNC = clm.response_model_combine);
SELECT s, s::text::clm.response_model_state::text = s::text AS same FROM (SELECT pg_temp.gather(i % 2 = 0, ARRAY[i % 3, -0.0], .5) AS s FROM generate_series(1, 12) i) q;
SELECT try, pg_temp.try(format('SELECT %L::clm.response_model_state', try)) AS answer
FROM (VALUES ('1 0.5 2 0'), ('1 0.5 2 1 3 1 0.25 -0'), ('1 0.5 2 2 3 1 0 7 2 2 0 7'), ('2 0.5 2 0'), ('1 -1 2 0'), ('1 NaN 2 0'), ('1 0.5 0 0'), ('1 0.5 201 0'), ('1 0.5 2 -1'), ('1 0.5 2 1 3 4 0 0'), ('1 0.5 2 1 0 0 0 0'),
    ('1 0.5 2 1 3 1 0 NaN'), ('1 0.5 2 1 3 1 0'), ('1 0.5 2 1 3 1 0 0 0'), ('1 0.5 x 0'), ('')) v(try);
SELECT pg_temp.try('SELECT clm.response_model_combine(''1 0.5 2 0'', ''1 0.5 3 0'')') AS lengths, pg_temp.try('SELECT clm.response_model_combine(''1 0.5 2 0'', ''1 1 2 0'')') AS ridges;
SELECT clm.response_model_combine('1 0.5 2 1 3 1 0 7', '1 0.5 2 2 1 1 0 7 1 0 2 2') AS combined, clm.response_model_final('1 0.5 2 0') IS NULL AS none;
