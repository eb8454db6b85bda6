-- The aggregates clm.tracking and clm.frequency_fit with their points, and clm.seasonality: worked examples, brute force,
-- bad input, states.
\set VERBOSITY terse

-- The error of a statement, or its first column where there is none
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE statement INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(result, ''));
END
$$;

-- Four customers: three come on the 1st, 3rd and 11th; a refund is no purchase; whoever has no occasion does not count
CREATE TEMP TABLE customer AS
    SELECT id, clm.history(day, amount) AS h
    FROM (VALUES (1, date '2024-01-01', 10), (1, '2024-01-04', 10), (1, '2024-01-08', 10), (1, '2024-01-09', -5),
                 (2, '2024-01-03', 10), (2, '2024-01-14', 10), (2, '2024-02-01', 10),
                 (3, '2024-01-11', 10), (3, '2024-01-15', 10), (4, '2024-01-02', -5)) v(id, day, amount) GROUP BY id
    UNION ALL SELECT 5, NULL;
CREATE TEMP TABLE model AS
    SELECT clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}') AS m,
           jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}'), '{"as_of": "2024-01-14"}') AS dated;
SELECT (t).* FROM (SELECT clm.tracking(h, '2024-01-31') AS t FROM customer) q;
-- Periods of 7 days; the last, unfinished one is left out. The expected ones are sums of what is expected of a new customer
SELECT period, first_day, last_day, actual, round(expected::numeric, 6) AS expected, cumulative_actual,
       round(cumulative_expected::numeric, 6) AS cumulative_expected, holdout
FROM (SELECT clm.tracking(h, '2024-01-31') AS t FROM customer) q, model, clm.points(t, dated);
SELECT bool_and(abs(cumulative_expected - e) < 1e-12) AS cumulative, bool_and(abs(expected - (e - before)) < 1e-12) AS by_period,
       bool_and(holdout IS NULL) AS without_as_of
FROM (SELECT p.*, e, lag(e, 1, 0) OVER (ORDER BY period) AS before
      FROM (SELECT clm.tracking(h, '2024-01-31', 5) AS t FROM customer) q, model, clm.points(t, m) p, LATERAL (
          SELECT sum(clm.expected_purchases(m, last_day - clm.first_day(h))) AS e FROM customer
          WHERE clm.first_day(h) <= last_day AND clm.occasions(h) > 0) s) c;
-- As far as upto; a period of a day, of all days, of more
SELECT (t).customers, (t).purchases, (t).day FROM (SELECT clm.tracking(h, '2024-01-10') AS t FROM customer) q;
SELECT days, count(*), max(cumulative_actual) AS purchases, round(max(cumulative_expected)::numeric, 6) AS expected
FROM unnest(ARRAY[1, 31, 2147483647]) days, LATERAL (SELECT clm.tracking(h, '2024-01-31', days) AS t FROM customer) q, model,
    clm.points(t, m) GROUP BY days ORDER BY days;
SELECT p.* FROM (SELECT clm.tracking(h, '2024-01-01', 1) AS t FROM customer) q, model, clm.points(t, m) p;

-- NULLs and nobody
SELECT clm.tracking(h, '2023-12-31') IS NULL AS before_all, clm.tracking(NULL, '2024-01-31') IS NULL AS all_null,
       clm.tracking(h, '2024-01-31') FILTER (WHERE id IN (4, 5)) IS NULL AS no_occasion FROM customer;
SELECT clm.tracking(h, '2024-01-31') IS NULL AS no_rows FROM customer WHERE false;
SELECT count(*) FROM (SELECT clm.tracking(h, '2024-01-31') AS t FROM customer) q, clm.points(t, NULL);
SELECT count(*) FROM model, clm.points(NULL::clm.tracking, m);
-- Families in opportunities or with hard parameters
SELECT params, pg_temp.try(format('SELECT cumulative_expected FROM (SELECT clm.tracking(h, ''2024-01-31'', 31) AS t FROM customer) q, '
    'clm.points(t, clm.customer_model(%L, 1, %L))', family, params)) AS expected
FROM (VALUES ('mbg/nbd', '{1e3,1e-3,1e-3,1e3}'), ('mbg/nbd', '{1e-3,1e3,1e3,1e-3}'), ('bg/nbd', '{1e3,1e-3,1,1e3}'), ('bg/nbd', '{1e-3,1e-3,1e-3,1e-3}')) v(family, params);

-- Errors
SELECT what, pg_temp.try(format('SELECT clm.tracking(%s) FROM customer', arguments)) AS answer
FROM (VALUES (1, 'no last day', 'h, NULL'), (2, 'no end', 'h, ''infinity'''), (3, 'no start', 'h, ''-infinity'''),
    (4, 'no period', 'h, ''2024-01-31'', NULL'), (5, 'an empty period', 'h, ''2024-01-31'', 0'), (6, 'a negative period', 'h, ''2024-01-31'', -7'),
    (7, 'different days', 'h, date ''2024-01-31'' + id'), (8, 'different periods', 'h, ''2024-01-31'', id'),
    (9, 'a hundred years', 'h, date ''2024-01-01'' + 36524'), (10, 'a day more', 'h, date ''2024-01-01'' + 36525'),
    (11, 'far away', 'h, ''9999-12-31''')) v(i, what, arguments) ORDER BY i;
SELECT pg_temp.try('SELECT clm.tracking(clm.history(ARRAY[''4001-01-01 BC'', ''6000-01-01'']::date[], ''{1,1}''), ''6000-01-01'')') AS ten_thousand_years;
SELECT pg_temp.try($$SELECT clm.tracking(clm.history(ARRAY['5874897-12-01', '5874897-12-31']::date[], '{1,1}'), '5874897-12-31')$$) AS last_days,
       pg_temp.try($$SELECT clm.tracking(clm.history(ARRAY['4714-11-24 BC', '4713-11-24 BC']::date[], '{1,1}'), '4713-12-31 BC')$$) AS first_days;
SELECT count(*) AS last_days FROM (SELECT clm.tracking(clm.history(ARRAY['5874896-01-01', '5874897-12-31']::date[], '{1,1}'), '5874897-12-31') AS t) q,
    model, clm.points(t, m) WHERE last_day <= '5874897-12-31';
SELECT count(*) AS first_days FROM (SELECT clm.tracking(clm.history(ARRAY['4714-11-24 BC', '4710-11-24 BC']::date[], '{1,1}'), '4710-12-31 BC') AS t) q,
    model, clm.points(t, m);
-- A model that is none
SELECT pg_temp.try(format('SELECT p FROM (SELECT clm.tracking(h, ''2024-01-31'') AS t FROM customer) q, clm.points(t, %s) p', model)) AS answer
FROM unnest(ARRAY['clm.customer_model(''bg/nbd'', 7, ''{1,1,1}'')', 'clm.customer_model(''bg/nbd'', 7, ''{1,1,1,-1}'')', 'clm.customer_model(''x'', 7, ''{1,1,1,1}'')',
    'clm.customer_model(''bg/nbd'', 0, ''{1,1,1,1}'')', 'clm.customer_model(NULL, 7, ''{1,1,1,1}'')']) model;

-- Trackings built by hand: a valid one is read, others are errors that say why
SELECT count(*), sum(actual) FROM model, clm.points(ROW('2024-01-01', '2024-01-31', 7, NULL, NULL, '{0,9}', '{2,1}', '{0,1}')::clm.tracking, m);
CREATE TEMP TABLE garbage (i int GENERATED ALWAYS AS IDENTITY, first_day text DEFAULT '2024-01-01', upto text DEFAULT '2024-01-31', period text DEFAULT '7',
    day text DEFAULT '{0,9}', joined text DEFAULT '{2,1}', repeats text DEFAULT '{0,1}');
INSERT INTO garbage (first_day) VALUES (NULL), ('infinity'), ('2024-02-01'), ('1900-01-01'), ('4713-01-01 BC');
INSERT INTO garbage (upto) VALUES (NULL), ('infinity'), ('2024-01-09'), ('5874897-12-31');
INSERT INTO garbage (period) VALUES (NULL), ('0'), ('-2147483648');
INSERT INTO garbage (day) VALUES (NULL), ('{}'), ('{0}'), ('{1,9}'), ('{9,0}'), ('{0,0}'), ('{0,NULL}'), ('{{0},{9}}'), ('{0,31}'), ('{0,9223372036854775807}');
INSERT INTO garbage (joined) VALUES (NULL), ('{2}'), ('{0,3}'), ('{2,-1}'), ('{9007199254740992,1}'), ('{9223372036854775807,9223372036854775807}');
INSERT INTO garbage (repeats) VALUES (NULL), ('{0,1,2}'), ('{0,-1}'), ('{9007199254740992,1}'), ('{0,-9223372036854775808}');
SELECT i, pg_temp.try(format('SELECT p FROM model, clm.points(ROW(%L, %L, %L, NULL, NULL, %L, %L, %L)::clm.tracking, m) p',
    first_day, upto, period, day, joined, repeats)) AS answer FROM garbage ORDER BY i;
SELECT pg_temp.try('SELECT p FROM model, clm.seasonality(ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::clm.tracking, m) p') AS seasonality;

-- The order of rows does not matter; a running tracking is that of the rows so far
SELECT clm.tracking(h, '2024-01-31' ORDER BY id) = clm.tracking(h, '2024-01-31' ORDER BY -id) AS same FROM customer;
SELECT id, (t).customers, (t).purchases FROM (SELECT id, clm.tracking(h, '2024-01-31') OVER (ORDER BY id) AS t FROM customer) w;

-- Frequency fit: as counted, and by the probabilities and expectations of single customers
CREATE TEMP TABLE person AS
    SELECT customer_id AS id, clm.history(day) AS h FROM clm.simulate(500, '2023-01-01', '2024-06-30', 3, 'bg/nbd') GROUP BY 1;
CREATE TEMP TABLE by_hand AS
    SELECT n AS purchases, count(*) FILTER (WHERE least(x, 7) = n) AS customers,
           sum(CASE WHEN n < 7 THEN clm.p_purchases(m, n, age) ELSE 1 - (SELECT sum(clm.p_purchases(m, k, age)) FROM generate_series(0, 6) k) END) AS expected_customers,
           avg(actual) FILTER (WHERE least(x, 7) = n) AS holdout_actual, avg(expected) FILTER (WHERE least(x, 7) = n) AS holdout_expected
    FROM model, generate_series(0, 7) n, LATERAL (
        SELECT clm.occasions(h, NULL, '2023-12-31') - 1 AS x, clm.tenure(h, '2023-12-31') AS age, clm.occasions(h, '2023-12-31', '2024-06-30') AS actual,
               clm.expected_purchases(h, '2023-12-31', m, 182) AS expected FROM person WHERE clm.occasions(h, NULL, '2023-12-31') > 0) p
    GROUP BY n;
SELECT p.purchases, p.customers, round(p.expected_customers::numeric, 6) AS expected_customers, round(p.holdout_actual::numeric, 6) AS holdout_actual,
       round(p.holdout_expected::numeric, 6) AS holdout_expected, p.customers = b.customers AS counted, abs(p.expected_customers - b.expected_customers) < 1e-10 AS expected,
       abs(p.holdout_actual - b.holdout_actual) < 1e-12 AS actual_each, abs(p.holdout_expected - b.holdout_expected) < 1e-12 AS expected_each
FROM (SELECT clm.frequency_fit(h, '2023-12-31', m, '2024-06-30') AS f FROM person, model) q, clm.points(f) p JOIN by_hand b USING (purchases) ORDER BY 1;
-- Without a hold-out
SELECT p.* FROM (SELECT clm.frequency_fit(h, '2024-01-31', m, NULL) AS f FROM customer, model) q, clm.points(f) p WHERE p.customers > 0;
SELECT clm.frequency_fit(h, '2024-01-31', m, NULL) = clm.frequency_fit(h, '2024-01-31', m, '2024-01-31') AS same FROM customer, model;
-- A day on which everybody is new: nobody has bought again, for sure
SELECT p.* FROM (SELECT clm.frequency_fit(clm.as_of(h, clm.first_day(h)), clm.first_day(h), m, clm.first_day(h) + 30) AS f FROM customer, model WHERE id < 4) q, clm.points(f) p LIMIT 2;
-- Some rows with a hold-out, some without; some with a model of their own, some without one
SELECT (f).customers, (f).holdout_customers, (f).holdout_purchases
FROM (SELECT clm.frequency_fit(h, '2024-01-10', CASE WHEN id <> 3 THEN m END, CASE WHEN id = 1 THEN date '2024-01-31' END) AS f FROM customer, model) q;
-- The order of rows does not matter
SELECT clm.frequency_fit(h, '2023-12-31', m, '2024-06-30' ORDER BY id)::text = clm.frequency_fit(h, '2023-12-31', m, '2024-06-30' ORDER BY md5(id::text))::text AS same FROM person, model;
-- NULLs, nobody, a model that has seen later days, errors
SELECT clm.frequency_fit(h, '2023-12-31', m, NULL) IS NULL AS before_all, clm.frequency_fit(NULL, '2024-01-31', m, NULL) IS NULL AS no_history,
       clm.frequency_fit(h, '2024-01-31', NULL, NULL) IS NULL AS no_model, clm.frequency_fit(h, '2024-01-31', m, NULL) FILTER (WHERE false) IS NULL AS filtered FROM customer, model;
SELECT count(*) FROM clm.points(NULL::clm.frequency_fit);
SELECT (clm.frequency_fit(h, '2024-01-10', dated, '2024-01-31')).customers FROM customer, model;
SELECT pg_temp.try(format('SELECT clm.frequency_fit(%s) FROM customer, model', arguments)) AS answer
FROM (VALUES (1, 'h, NULL, m, NULL'), (2, 'h, ''infinity'', m, NULL'), (3, 'h, ''-infinity'', m, NULL'), (4, 'h, ''2024-01-31'', m, ''infinity'''),
    (5, 'h, ''2024-01-31'', m, ''2024-01-30'''), (6, 'h, ''2024-01-31'', clm.customer_model(''bg/nbd'', 7, ''{1,1,1,-1}''), NULL')) v(i, arguments) ORDER BY i;
SELECT i, pg_temp.try(format('SELECT p FROM clm.points(ROW(%s)::clm.frequency_fit) p', arguments)) AS answer
FROM (VALUES (1, $$'{1,0,0,0,0,0,0,0}', '{1,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}'$$), (2, 'NULL, NULL, NULL, NULL, NULL'),
    (3, $$'{1}', '{1,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}'$$),
    (4, $$'{1,0,0,0,0,0,0,-1}', '{1,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}'$$),
    (5, $$'{1,0,0,0,0,0,0,0}', '{1,0,0,0,0,0,0,-1}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}'$$),
    (6, $$'{1,0,0,0,0,0,0,0}', '{1,0,0,0,0,0,0,NaN}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0}'$$)) v(i, arguments) ORDER BY i;

-- The season: 20 plain data sets of three years, in half of them under a model of another family, and no warning; then
-- the same with doubled Decembers
SET client_min_messages = error; -- purchases without amounts have no spend part
CREATE FUNCTION pg_temp.called(seed int, december boolean, family text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s: %s', month, departs), ' ') FILTER (WHERE departs OR month = 12)
    FROM (SELECT clm.tracking(h, '2023-12-31') AS t, clm.customer_model(h, '2023-12-31', family) AS m
          FROM (SELECT customer_id, clm.history(day) AS h
                FROM (SELECT customer_id, day FROM clm.simulate(2000, '2021-01-01', '2023-12-31', seed, join_by => '2021-12-31')
                      UNION ALL -- another purchase for each in December, on another day of the month
                      SELECT customer_id, day + CASE WHEN extract(day FROM day) < 16 THEN 1 ELSE -1 END
                      FROM clm.simulate(2000, '2021-01-01', '2023-12-31', seed, join_by => '2021-12-31')
                      WHERE december AND extract(month FROM day) = 12) o GROUP BY 1) c) q, clm.seasonality(t, m)
$$;
SELECT pg_temp.called(seed, false, CASE WHEN seed % 2 = 0 THEN 'mbg/nbd' ELSE 'bg/nbd' END) AS plain, count(*) FROM generate_series(1, 20) seed GROUP BY 1;
SELECT pg_temp.called(seed, true, 'mbg/nbd') AS doubled, count(*) FROM generate_series(1, 5) seed GROUP BY 1;

-- The warning; a tracking by weeks or days says the same
\set VERBOSITY default
CREATE TEMP TABLE seasonal AS
    SELECT customer_id AS id, clm.history(day) AS h
    FROM clm.simulate(4000, '2021-01-01', '2023-12-31', 5, join_by => '2021-12-31') WHERE extract(month FROM day) <> 2 OR customer_id % 2 = 0 GROUP BY 1;
CREATE TEMP TABLE fitted AS SELECT clm.customer_model(h, '2023-12-31') AS m FROM seasonal;
RESET client_min_messages;
SELECT count(*) FROM (SELECT clm.tracking(h, '2023-12-31') AS t FROM seasonal) q, fitted, clm.points(t, m);
SELECT count(*) FROM (SELECT clm.tracking(h, '2021-12-31', 30) AS t FROM seasonal) q, fitted, clm.points(t, m);
SELECT month, months, actual, round(expected::numeric, 2) AS expected, round(index::numeric, 4) AS index, departs
FROM (SELECT clm.tracking(h, '2023-12-31') AS t FROM seasonal) q, fitted, clm.seasonality(t, m);
SELECT array_agg(s.* ORDER BY month)::text = (SELECT array_agg(d.* ORDER BY month)::text FROM (SELECT clm.tracking(h, '2023-12-31', 1) AS t FROM seasonal) q, fitted, clm.seasonality(t, m) d) AS same
FROM (SELECT clm.tracking(h, '2023-12-31') AS t FROM seasonal) q, fitted, clm.seasonality(t, m) s;
-- Only whole months count: from the middle of a month on they are those from the next one
SELECT min(months), max(months), sum(actual) = (SELECT sum(clm.occasions(h, '2021-01-31', '2023-12-31') - (clm.first_day(h) > '2021-01-31')::int) FROM seasonal WHERE clm.first_day(h) > '2021-01-01') AS purchases
FROM (SELECT clm.tracking(h, '2023-12-31') AS t FROM seasonal WHERE clm.first_day(h) > '2021-01-01') q, fitted, clm.seasonality(t, m);
SELECT min(months), max(months) FROM (SELECT clm.tracking(h, '2023-11-29') AS t FROM seasonal) q, fitted, clm.seasonality(t, m);
-- Too little to judge: no rows, no warning
SELECT count(*) FROM (SELECT clm.tracking(h, '2021-12-30') AS t FROM seasonal) q, fitted, clm.seasonality(t, m);
SELECT count(*) FROM (SELECT clm.tracking(h, '2021-12-30') AS t FROM seasonal) q, fitted, clm.points(t, m);
SELECT count(*) FROM (SELECT clm.tracking(h, '2023-12-31') AS t FROM seasonal WHERE id < 40) q, fitted, clm.seasonality(t, m);
SELECT count(*) FROM (SELECT clm.tracking(h, '2024-01-31') AS t FROM customer) q, model, clm.seasonality(t, m);
\set VERBOSITY terse

-- States: text and binary, there and back
CREATE AGGREGATE pg_temp.gather(clm.history, date, integer) (SFUNC = clm.tracking_transition, STYPE = clm.tracking_state);
CREATE AGGREGATE pg_temp.gather_fit(clm.history, date, clm.customer_model, date) (SFUNC = clm.frequency_fit_transition, STYPE = clm.frequency_fit_state);
SELECT pg_temp.gather(h, '2024-01-31', 7) AS state FROM customer;
SELECT clm.tracking_final('1 8796 7 2 8766 3 0 8769 0 1');
SELECT clm.tracking_final(clm.tracking_transition(clm.tracking_transition(NULL, h, '2024-01-31'), h, '2024-01-31')) FROM customer WHERE id = 1;
SELECT clm.tracking_combine(NULL, NULL) IS NULL AS nothing, clm.tracking_combine('1 8796 7 1 8766 3 0', '1 8796 7 1 8766 1 2') AS both,
       clm.tracking_combine('1 8796 7 1 8766 3 0', NULL) AS left, clm.tracking_combine(NULL, '1 8796 7 1 8766 3 0') AS right;
SELECT clm.tracking_final('1 8796 7 0') IS NULL AS empty;
SELECT text, pg_temp.try(format('SELECT clm.tracking_final(%L)', text)) AS answer
FROM unnest(ARRAY['', '2 8796 7 1 8766 3 0', '1 8796 0 1 8766 3 0', '1 8796.5 7 1 8766 3 0', '1 NaN 7 1 8766 3 0', '1 1e300 7 1 8766 3 0', '1 8796 7 1 8766 0 0', '1 8796 7 1 8766 -1 1',
    '1 8796 7 1 99999999999 1 1', '1 8796 7 2 8766 3 0', '1 8796 7 1 8766 3 0 1', '1 8796 7 -1', '1 8796 7 1 8797 3 0', '1 8796 7 1 8766 0 3', '1 8796 7 2 8766 9007199254740992 0 8766 1 0']) text;
SELECT pg_temp.try($$SELECT clm.tracking_combine('1 8796 7 1 8766 3 0', '1 8797 7 1 8766 3 0')$$) AS other_day,
       pg_temp.try($$SELECT clm.tracking_combine('1 8796 7 1 8766 3 0', '1 8796 30 1 8766 3 0')$$) AS other_period;
SELECT (clm.frequency_fit_final(s)).customers, clm.frequency_fit_final(s::text::clm.frequency_fit_state)::text = clm.frequency_fit_final(s)::text AS same
FROM (SELECT pg_temp.gather_fit(h, '2024-01-10', m, '2024-01-31') AS s FROM customer, model) q;
SELECT (clm.frequency_fit_final(clm.frequency_fit_combine(s, s))).holdout_purchases, clm.frequency_fit_combine(s, NULL)::text = s::text AS left, clm.frequency_fit_combine(NULL, s)::text = s::text AS right
FROM (SELECT pg_temp.gather_fit(h, '2024-01-10', m, '2024-01-31') AS s FROM customer, model) q;
SELECT text, pg_temp.try(format('SELECT clm.frequency_fit_final(%L)', text)) AS answer
FROM (VALUES (''), ('1' || repeat(' 0', 24) || ' 0 0'), ('1 -1' || repeat(' 0', 23) || ' 0 0'), ('1' || repeat(' 0', 8) || ' 1' || repeat(' 0', 15) || ' 0 0'),
    ('1 1' || repeat(' 0', 15) || ' 1' || repeat(' 0', 7) || ' 0 0'), ('2' || repeat(' 0', 24) || ' 0 0')) v(text);
