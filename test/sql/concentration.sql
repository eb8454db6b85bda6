-- The aggregates clm.concentration and clm.percentiles, and RFM scores by cut points: worked examples, brute force, bad input, the state.
\set VERBOSITY terse

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

-- Total 250, peak 130 % at 70 % of the customers, best 20 % bring 80 %, loss -30 %, no Gini coefficient with losses
SELECT (clm.concentration(v)).* FROM unnest('{120,80,60,30,20,10,5,0,-25,-50}'::float8[]) v;
-- Gini .565, best 20 % bring 58.8 %
SELECT n, total, round(gini::numeric, 3) AS gini, peak, peak_position, round(top20::numeric, 3) AS top20, loss, top80_customers, top80_share
FROM (SELECT (clm.concentration(v)).* FROM unnest('{120,80,60,30,20,10,5,5,5,5}'::float8[]) v) c;

-- As a report uses it, with amounts of any numeric type
CREATE TEMP TABLE ledger AS SELECT * FROM (VALUES (1, 100), (1, 20), (2, 80), (3, -50), (4, 60), (5, 30), (6, 20), (7, 10), (8, 5), (9, 0), (10, -25)) v(customer_id, amount);
SELECT (clm.concentration(p)).* FROM (SELECT sum(amount) p FROM ledger GROUP BY customer_id) q;
SELECT clm.concentration(n) = clm.concentration(f) AS "numeric", clm.concentration(i) = clm.concentration(f) AS "integer", clm.concentration(r) = clm.concentration(f) AS "real"
FROM (SELECT sum(amount::numeric(12,2)) n, sum(amount::float8) f, sum(amount)::int i, sum(amount::real) r FROM ledger GROUP BY customer_id) q;

-- The whole whale curve is a window query: cumulative share of the total, best customer first
SELECT round(100.0 * count(*) OVER best / count(*) OVER (), 1) AS customers, round(100.0 * sum(p) OVER best / sum(p) OVER (), 1) AS profit
FROM (SELECT customer_id, sum(amount) p FROM ledger GROUP BY customer_id) q
WINDOW best AS (ORDER BY p DESC, customer_id ROWS UNBOUNDED PRECEDING);

-- Against the definition, in exact numbers: amounts with cents, ties, losses in some segments
CREATE TEMP TABLE customer AS
    SELECT i AS id, i % 7 AS segment, round((i::bigint * i * 7919 % 10007 % (50 * (1 + i % 4)) - CASE WHEN i % 7 < 3 THEN 0 ELSE 10 * (i % 7) END)::numeric / 100, 2) AS profit
    FROM generate_series(1, 3000) i;
INSERT INTO customer VALUES (0, 7, 12.34), (-1, 8, 0), (-2, 8, 0), (-3, 9, -5), (-4, 9, 5), (-5, 10, -3), (-6, 11, NULL);
CREATE TEMP TABLE expected AS
    WITH ranked AS (
        SELECT segment, profit, row_number() OVER best AS k, sum(profit) OVER (best ROWS UNBOUNDED PRECEDING) AS cumulative,
               count(*) OVER s AS n, sum(profit) OVER s AS total, sum(greatest(profit, 0)) OVER s AS positive, sum(least(profit, 0)) OVER s AS negative
        FROM customer WHERE profit IS NOT NULL
        WINDOW s AS (PARTITION BY segment), best AS (PARTITION BY segment ORDER BY profit DESC)),
    whale AS (SELECT *, max(cumulative) OVER (PARTITION BY segment) AS peak FROM ranked)
    SELECT segment, n, total, CASE WHEN negative = 0 AND total > 0 THEN sum((n + 1 - 2 * k) * profit) / (n * total) END AS gini,
           CASE WHEN total > 0 THEN max(peak) / total END AS peak,
           CASE WHEN total > 0 THEN (min(k) FILTER (WHERE cumulative = peak))::numeric / n END AS peak_position,
           CASE WHEN total > 0 THEN sum(profit) FILTER (WHERE k <= ceil(n / 5.0)) / total END AS top20,
           CASE WHEN total > 0 THEN negative / total END AS loss,
           CASE WHEN positive > 0 THEN min(k) FILTER (WHERE cumulative >= .8 * positive) END AS top80_customers
    FROM whale GROUP BY segment, n, total, positive, negative;
CREATE FUNCTION pg_temp.same(a float8, b numeric) RETURNS boolean LANGUAGE sql AS 'SELECT CASE WHEN a IS NULL OR b IS NULL THEN num_nulls(a, b) = 2 ELSE abs(a - b) <= 1e-12 * greatest(1, abs(b)) END';
SELECT segment, n, pg_temp.same(c.total, e.total) AS total, pg_temp.same(c.gini, e.gini) AS gini, pg_temp.same(c.peak, e.peak) AS peak,
       pg_temp.same(c.peak_position, e.peak_position) AS position, pg_temp.same(c.top20, e.top20) AS top20, pg_temp.same(c.loss, e.loss) AS loss,
       c.top80_customers IS NOT DISTINCT FROM e.top80_customers AS top80, c.top80_share IS NOT DISTINCT FROM e.top80_customers / c.n::float8 AS share,
       round(c.gini::numeric, 3) AS gini, round(c.peak::numeric, 3) AS peak, c.top80_customers
FROM (SELECT segment, (clm.concentration(profit)).* FROM customer GROUP BY segment) c FULL JOIN expected e USING (segment, n) ORDER BY segment;
-- Peak and loss make up the total
SELECT count(*), bool_and(abs((c).peak + (c).loss - 1) < 1e-14 * (c).peak) AS peak_and_loss
FROM (SELECT clm.concentration(profit) FROM customer GROUP BY segment) v(c) WHERE (c).peak IS NOT NULL;

-- Few customers, equal ones, nothing to share
SELECT what, (clm.concentration(v)).* FROM (VALUES ('one', 5), ('equal', 2), ('equal', 2), ('equal', 2), ('zero', 0), ('zero', 0), ('loss', -5), ('loss', 2),
    ('cancels', .1), ('cancels', .2), ('cancels', -.3), ('even', 4), ('even', -4), ('losses', -1)) c(what, v) GROUP BY what ORDER BY what;
-- Decimal amounts are not exact in binary: 80 % is still reached by 28 of 35
SELECT (clm.concentration(.7)).top80_customers FROM generate_series(1, 35);
-- NULLs are skipped, nothing gives NULL; -0 is 0
SELECT clm.concentration(v) FROM (VALUES (NULL), (3), (NULL), (1)) c(v);
SELECT clm.concentration(NULL) IS NULL AS all_null, clm.concentration(1) FILTER (WHERE false) IS NULL AS filtered FROM generate_series(1, 3);
SELECT clm.concentration(v) IS NULL AS no_rows FROM generate_series(1, 0) v;
SELECT clm.concentration(v) FROM (VALUES ('-0'::float8), ('0')) c(v);

-- The order of rows does not matter; a running concentration is that of the rows so far
SELECT clm.concentration(profit ORDER BY profit) = clm.concentration(profit ORDER BY md5(id::text)) AS same, clm.concentration(profit ORDER BY id) = clm.concentration(profit ORDER BY profit DESC) AS same FROM customer;
SELECT bool_and(c = (SELECT clm.concentration(profit) FROM customer WHERE customer.id <= w.id)) AS so_far
FROM (SELECT id, clm.concentration(profit) OVER (ORDER BY id) AS c FROM customer WHERE id < 200) w;

-- Bad and extreme values
\set VERBOSITY default
SELECT clm.concentration('NaN');
SELECT clm.concentration(v) FROM (VALUES (1), ('-Infinity'::float8)) c(v);
SELECT clm.concentration(1e308) FROM generate_series(1, 2);
\set VERBOSITY terse
SELECT what, pg_temp.try(format('SELECT clm.concentration(v) FROM unnest(%L::float8[]) v', v)) FROM (VALUES
    (1, 'infinity', '{1,Infinity}'), (2, 'profits too large', '{1e308,1e308,-1e308,-1e308}'), (3, 'losses too large', '{1e308,-1e308,-1e308}'),
    (4, 'large', '{1.5e308,-1.25e308}'), (5, 'small', '{5e-324,5e-324}'), (6, 'far apart', '{1e308,1,1e-308}')) c(i, what, v) ORDER BY i;
SELECT left(pg_temp.try('SELECT clm.concentration(1e400::numeric)'), 5) AS numeric_too_large;

-- The state as text: equal values are one row (value, customers), in canonical order
SELECT clm.concentration_transition(clm.concentration_transition(clm.concentration_transition(clm.concentration_transition(NULL, .1), -2.5), '-0'), .1);
SELECT clm.concentration_combine('1 1 0.1 1', '1 2 5 1 0.1 4');
SELECT clm.concentration_combine(NULL, s)::text AS left_null, clm.concentration_combine(s, NULL)::text AS right_null, clm.concentration_combine(NULL, NULL) IS NULL AS both_null,
       clm.concentration_final(NULL) IS NULL AS final_null, clm.concentration_final('1 0') IS NULL AS final_empty, clm.concentration_final(s) AS final
FROM (SELECT '1 1 5 2'::clm.concentration_state) v(s);
-- Outside an aggregate the arguments stay as they are
DO $$
DECLARE
    a clm.concentration_state := clm.concentration_transition(NULL, 5);
    b clm.concentration_state := clm.concentration_transition(a, 3);
    c clm.concentration_state := clm.concentration_combine(a, b);
BEGIN
    RAISE NOTICE 'a %, b %, c %', a, b, c;
END
$$;
SELECT s, pg_temp.try(format('SELECT %L::clm.concentration_state', s))
FROM unnest(ARRAY['', '1', '2 0', '1 -1', '1 1 5', '1 1 5 1 2', '1 1 5 0', '1 1 5 -1', '1 1 5 9007199254740993', '1 1 NaN 1', '1 1 Infinity 1', '1 1 1e400 1', '1 1 x 1', '1 1 5 1.5',
    '1 2 5 9007199254740992 5 1', '1 2 5 1 -0 1', '1 0']) s;
SELECT pg_temp.try('SELECT clm.concentration_final(''1 2 5 9007199254740992 6 1'')') AS too_many;
-- Binary: what is well formed comes through, the rest is an error
CREATE TEMP TABLE received (s clm.concentration_state);
CREATE FUNCTION pg_temp.receive(field bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    file bytea := '\x5047434f50590aff0d0a00' || '\x0000000000000000'::bytea || '\x0001' || int4send(length(field)) || field || '\xffff';
    escaped text := '';
BEGIN
    FOR i IN 0..length(file) - 1 LOOP
        escaped := escaped || '\' || (get_byte(file, i) / 64) || (get_byte(file, i) / 8 % 8) || (get_byte(file, i) % 8);
    END LOOP;
    TRUNCATE received;
    EXECUTE format('COPY received FROM PROGRAM %L (FORMAT binary)', format('printf ''%s''', escaped));
    RETURN (SELECT s FROM received);
END
$$;
SELECT pg_temp.receive(clm.concentration_state_send('1 3 1e300 2 -5e-324 1 0.1 3')) AS same, pg_temp.receive('\x01' || int8send(1) || float8send('-0') || int8send(3)) AS zero;
SELECT what, pg_temp.try(format('SELECT pg_temp.receive(%L)', field)) AS does FROM (VALUES
    (1, 'NaN', '\x01' || int8send(1) || float8send('NaN') || int8send(1)), (2, 'infinity', '\x01' || int8send(1) || float8send('-Infinity') || int8send(1)),
    (3, 'nobody', '\x01' || int8send(1) || float8send(1) || int8send(0)), (4, 'truncated', '\x01' || int8send(1) || float8send(1) || int4send(0)),
    (5, 'negative count', '\x01' || int8send(-1)), (6, 'version', '\x00' || int8send(0)), (7, 'too long', '\x01' || int8send(0) || int8send(0))) v(i, what, field) ORDER BY i;

--
-- Percentiles: the k-th of n ordered values stands at place ceil(k n / 100)
--
SELECT count(*) AS segments, count(*) FILTER (WHERE p = by_place) AS by_place
FROM (SELECT segment, clm.percentiles(profit) AS p, (SELECT array_agg(v.v[ceil(k * cardinality(v.v) / 100.0)] ORDER BY k) FROM generate_series(1, 99) k) AS by_place
      FROM customer, LATERAL (SELECT array_agg(c.profit::float8 ORDER BY c.profit) FILTER (WHERE c.profit IS NOT NULL) AS v FROM customer c WHERE c.segment = customer.segment) v
      GROUP BY segment, v.v) q WHERE p IS NOT NULL;
SELECT clm.percentiles(profit)::float8[] = percentile_disc((SELECT array_agg(k / 100.0 ORDER BY k) FROM generate_series(1, 99) k)) WITHIN GROUP (ORDER BY profit::float8) AS as_percentile_disc
FROM customer WHERE id BETWEEN 1 AND 2999; -- of 3000, .07 * 3000 is rounded above 210 there
SELECT segment, cardinality(p), p[1], p[50], p[99] FROM (SELECT segment, clm.percentiles(profit) AS p FROM customer GROUP BY segment) q WHERE segment > 6 ORDER BY 1;
SELECT clm.percentiles(NULL) IS NULL AS all_null, clm.percentiles(1) FILTER (WHERE false) IS NULL AS filtered, clm.percentiles_final(NULL) IS NULL AS final_null, clm.percentiles_final('1 0') IS NULL AS final_empty;
SELECT p[1], p[99] FROM (SELECT clm.percentiles(v) AS p FROM unnest('{1.7976931348623157e308,-1.7976931348623157e308,-0,5e-324}'::float8[]) v) q;
SELECT pg_temp.try('SELECT clm.percentiles(''NaN'')') AS nan, pg_temp.try('SELECT clm.percentiles(''-Infinity'')') AS infinite,
       pg_temp.try('SELECT clm.percentiles_final(''1 2 5 9007199254740992 6 1'')') AS too_many;

--
-- RFM scores by cut points: 5 is the best of all three
--
CREATE TEMP TABLE buyer AS
    SELECT i AS id, (i * 37 % 100)::int AS recency, 1 + i * i % 11 AS frequency, (i * 7919 % 1009 / 4.0)::numeric(10,2) AS monetary FROM generate_series(1, 997) i;
CREATE TEMP TABLE cuts AS
    SELECT percentile_cont(ARRAY[.2,.4,.6,.8]) WITHIN GROUP (ORDER BY recency) AS r, percentile_cont(ARRAY[.2,.4,.6,.8]) WITHIN GROUP (ORDER BY frequency) AS f,
           percentile_cont(ARRAY[.2,.4,.6,.8]) WITHIN GROUP (ORDER BY monetary::float8) AS m FROM buyer;
TABLE cuts;
CREATE TEMP TABLE scored AS
    SELECT b.*, clm.rfm_score(recency, c.r, lower_is_better => true) AS r, clm.rfm_score(frequency, c.f) AS f, clm.rfm_score(monetary, c.m) AS m FROM buyer b, cuts c;
-- The most recent buyers score 5, those long gone 1; the more and the larger the purchases the better
SELECT r AS score, count(*), min(recency), max(recency) FROM scored GROUP BY 1 ORDER BY 1;
SELECT f AS score, count(*), min(frequency), max(frequency) FROM scored GROUP BY 1 ORDER BY 1;
SELECT m AS score, count(*), min(monetary), max(monetary) FROM scored GROUP BY 1 ORDER BY 1;
-- As 6 - ntile(5) by recency and ntile(5) by amount, which tell equal customers apart, but for those near a cut point
SELECT corr(r, 6 - n) > .98 AS recency, corr(m, t) > .98 AS monetary, max(abs(r - (6 - n))) AS r_differs, max(abs(m - t)) AS m_differs
FROM (SELECT *, ntile(5) OVER (ORDER BY recency) AS n, ntile(5) OVER (ORDER BY monetary) AS t FROM scored) v;
-- Equal customers score equal, better ones never worse
SELECT count(*) FILTER (WHERE a.recency = b.recency AND a.r <> b.r OR a.frequency = b.frequency AND a.f <> b.f) AS unequal,
       count(*) FILTER (WHERE a.recency < b.recency AND a.r < b.r OR a.frequency > b.frequency AND a.f < b.f OR a.monetary > b.monetary AND a.m < b.m) AS inverted
FROM scored a, scored b;
-- By counting cut points; low against high is the mirror image
SELECT count(*), bool_and(clm.rfm_score(v, cuts) = 1 + (SELECT count(*) FROM unnest(cuts) c WHERE c <= v)) AS higher,
       bool_and(clm.rfm_score(v, cuts, true) = 1 + (SELECT count(*) FROM unnest(cuts) c WHERE c >= v)) AS lower,
       bool_and(clm.rfm_score(v, cuts, true) = clm.rfm_score(-v, (SELECT array_agg(-c ORDER BY -c) FROM unnest(cuts) c))) AS mirrored
FROM generate_series(-1, 8, .5) v, (VALUES ('{3}'::float8[]), ('{3,3}'), ('{1,2,3,4}'), ('{0,0,0,5}'), ('{-1,2.5,2.5,7,7,7}'), ('{1,1,1,1}')) c(cuts);
-- A value on a cut point is on its better side
SELECT v, clm.rfm_score(v, '{10,20,20,40}') AS higher, clm.rfm_score(v, '{10,20,20,40}', true) AS lower FROM unnest(ARRAY[9, 10, 11, 20, 21, 40, 41]) v;
SELECT clm.rfm_score(1e308, '{-1e308,5e-324}') AS largest, clm.rfm_score('-0', '{0}') AS zero;

-- NULL gives NULL; what is no cut point is an error
SELECT clm.rfm_score(NULL, '{1}') IS NULL AS value, clm.rfm_score(1, NULL) IS NULL AS cuts, clm.rfm_score(1, '{1}', NULL) IS NULL AS direction;
SELECT clm.rfm_score(1, percentile_cont(ARRAY[.5]) WITHIN GROUP (ORDER BY v)) IS NULL AS no_customers FROM (VALUES (NULL::float8)) c(v);
SELECT a, pg_temp.try(format('SELECT clm.rfm_score(%s)', a)) FROM unnest(ARRAY['''NaN'', ''{1}''', '''Infinity'', ''{1}''', '''-Infinity'', ''{1}''', '1, ''{}''', '1, ''{1,NULL}''', '1, ''{1,NaN}''', '1, ''{1,Infinity}''',
    '1, ''{2,1}''', '1, ''{{1,2},{3,4}}''', '1, ''[5:6]={1,2}''']) a;
\set VERBOSITY default
SELECT clm.rfm_score(5, '{40,20}', true);
