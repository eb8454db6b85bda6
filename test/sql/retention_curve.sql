-- The aggregate clm.retention_curve and its points: published values, brute force, bad input, its state.
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

-- 1 of 10, 2 of 8, 1 of 5: survival .540, standard error .173
CREATE TEMP TABLE worked AS
    SELECT * FROM (VALUES (1, true, 1), (1, false, 1), (2, true, 2), (2, false, 1), (3, true, 1), (3, false, 4)) v(tenure, churned, customers);
SELECT (c).customers, (c).churned, (c).tenure, (c).at_risk, (c).events
FROM (SELECT clm.retention_curve(tenure, churned, customers) FROM worked) v(c);
SELECT period, at_risk, churned, retention_rate, round(survival::numeric, 3) AS survival, round(se::numeric, 3) AS se,
       round(ci_low::numeric, 3) AS ci_low, round(ci_high::numeric, 3) AS ci_high
FROM (SELECT clm.retention_curve(tenure, churned, customers) FROM worked) v(c), clm.points(c);
-- A weight is that many rows; any integer type is a tenure
SELECT clm.retention_curve(w.tenure, churned) = (SELECT clm.retention_curve(tenure, churned, customers) FROM worked) AS by_rows,
       clm.retention_curve(w.tenure::bigint, churned) = clm.retention_curve(w.tenure, churned) AS "bigint",
       clm.retention_curve(w.tenure::smallint, churned) = clm.retention_curve(w.tenure, churned) AS "smallint"
FROM worked w, generate_series(1, customers);

-- Weeks in remission of 21 patients on 6-MP (Freireich et al. 1963), -: still in remission. Textbooks print survival
-- .8571 .8067 .7529 .6902 .6275 .5378 .4482, standard errors .0764 .0869 .0963 .1068 .1141 .1282 .1346
CREATE TEMP TABLE remission AS
    SELECT abs(weeks) AS tenure, weeks > 0 AS churned
    FROM unnest(ARRAY[6,6,6,-6,7,-9,10,-10,-11,13,16,-17,-19,-20,22,23,-25,-32,-32,-34,-35]) weeks;
SELECT period, at_risk, churned, round(retention_rate::numeric, 4) AS retention_rate, round(survival::numeric, 4) AS survival,
       round(se::numeric, 4) AS se, round(ci_low::numeric, 4) AS ci_low, round(ci_high::numeric, 4) AS ci_high
FROM (SELECT clm.retention_curve(tenure, churned) FROM remission) v(c), clm.points(c);

-- Against the definition: 1,000 customers, three segments, ties, gaps between tenures
CREATE TEMP TABLE customer AS
    SELECT i % 3 AS segment, (i::bigint * i * 7919 % 1009 % (20 + 30 * (i % 3)))::int * 3 AS tenure, i * 31 % 7 < 4 AS churned
    FROM generate_series(1, 1000) i;
CREATE TEMP TABLE expected AS
    SELECT segment, tenure, at_risk, events, exp(sum(ln(1 - events / at_risk)) OVER w)::float8 AS survival,
           (exp(sum(ln(1 - events / at_risk)) OVER w) * sqrt(sum(events / (at_risk * (at_risk - events))) OVER w))::float8 AS se
    FROM (SELECT segment, t.tenure, count(*) FILTER (WHERE c.tenure = t.tenure AND churned)::numeric AS events, count(*)::numeric AS at_risk
          FROM (SELECT DISTINCT segment, tenure FROM customer) t JOIN customer c USING (segment) WHERE c.tenure >= t.tenure
          GROUP BY 1, 2) n
    WHERE events < at_risk
    WINDOW w AS (PARTITION BY segment ORDER BY tenure);
SELECT count(*) AS tenures, count(*) FILTER (WHERE a.at_risk = e.at_risk AND a.events = e.events AND abs(a.survival - e.survival) < 1e-14
       AND abs(a.se - e.se) < 1e-14) AS agree
FROM expected e LEFT JOIN (
    SELECT segment, u.* FROM (SELECT segment, clm.retention_curve(tenure, churned) FROM customer GROUP BY 1) v(segment, c),
        unnest((c).tenure, (c).at_risk, (c).events, (c).survival, (c).se) u(tenure, at_risk, events, survival, se)) a USING (segment, tenure);
-- The points: every period from 0 on; survival carries on; the log-log interval
SELECT segment, count(*) AS periods, min(period) AS first, max(period) AS last,
       bool_and(p.at_risk = (SELECT count(*) FROM customer c WHERE c.segment = v.segment AND c.tenure >= period)
           AND p.churned = (SELECT count(*) FROM customer c WHERE c.segment = v.segment AND c.tenure = period AND c.churned)) AS counts,
       bool_and(abs(retention_rate - (1 - p.churned / p.at_risk::float8)) < 1e-15) AS rate,
       bool_and(abs(survival - coalesce((SELECT e.survival FROM expected e WHERE e.segment = v.segment AND e.tenure <= period
           ORDER BY e.tenure DESC LIMIT 1), 1)) < 1e-14) FILTER (WHERE survival > 0) AS survival,
       bool_and(CASE WHEN survival IN (0, 1) THEN num_nulls(ci_low, ci_high) = 2 AND se = 0 ELSE
           abs(ci_low - survival ^ exp(1.959963984540054 * se / (survival * -ln(survival)))) < 1e-12 AND
           abs(ci_high - survival ^ exp(-1.959963984540054 * se / (survival * -ln(survival)))) < 1e-12 END) AS interval
FROM (SELECT segment, clm.retention_curve(tenure, churned) FROM customer GROUP BY 1) v(segment, c), clm.points(c) p
GROUP BY 1 ORDER BY 1;

-- Without open relations the curve is the share that stays, with the binomial standard error
SELECT count(*), bool_and(survival = (SELECT count(*) FROM customer WHERE tenure > period) / 1000.0::float8) AS share,
       bool_and(abs(se - sqrt(survival * (1 - survival) / 1000)) < 1e-15) AS binomial
FROM (SELECT clm.retention_curve(tenure, true) FROM customer) v(c), clm.points(c);
-- Where all stay there is nothing to estimate; where all leave at once, too
SELECT v.stay, p.* FROM (SELECT 'stay', clm.retention_curve(t, false) FROM generate_series(0, 2) t
    UNION ALL SELECT 'leave', clm.retention_curve(0, true) FROM generate_series(1, 5)) v(stay, c), clm.points(c) p ORDER BY 1, 2;

-- NULLs are skipped, nothing gives NULL
SELECT clm.retention_curve(t, c, w) FROM (VALUES (2, true, 1), (NULL, true, 1), (3, NULL, 1), (5, false, NULL), (7, true, 0)) v(t, c, w);
SELECT clm.retention_curve(t, c) FROM (VALUES (2, true), (NULL, true), (3, NULL), (5, false)) v(t, c);
SELECT clm.retention_curve(NULL, true) IS NULL AS all_null, clm.retention_curve(1, true, 0) IS NULL AS weight_0,
       clm.retention_curve(1, true) FILTER (WHERE false) IS NULL AS filtered FROM generate_series(1, 3);
SELECT clm.retention_curve(t, true) IS NULL AS no_rows FROM generate_series(1, 0) t;
SELECT count(*) AS no_points FROM clm.points(NULL::clm.retention_curve);
-- One customer
SELECT clm.retention_curve(0, false) AS open, clm.retention_curve(0, true) AS left;

-- The order of rows does not matter; a running curve is the curve of the rows so far
SELECT clm.retention_curve(tenure, churned ORDER BY tenure, churned) = clm.retention_curve(tenure, churned ORDER BY md5(tenure::text || churned), tenure DESC) AS same FROM customer;
SELECT count(*) AS tenures, bool_and(c = (SELECT clm.retention_curve(tenure, churned) FROM customer WHERE tenure <= w.tenure)) AS as_of
FROM (SELECT DISTINCT ON (tenure) tenure, clm.retention_curve(tenure, churned) OVER (ORDER BY tenure) AS c FROM customer) w;
-- A long curve is stored out of line and read back
CREATE TEMP TABLE stored AS SELECT clm.retention_curve(i * 7 % 5003, i % 2 = 0) AS c FROM generate_series(1, 20000) i;
SELECT count(*), bool_and(p = q) AS same FROM stored, clm.points(c) WITH ORDINALITY p
JOIN (SELECT q FROM (SELECT clm.retention_curve(i * 7 % 5003, i % 2 = 0) FROM generate_series(1, 20000) i) v(c), clm.points(c) WITH ORDINALITY q) o
    ON (o.q).ordinality = p.ordinality;

-- Bad input
\set VERBOSITY default
SELECT clm.retention_curve(t, true) FROM (VALUES (3), (-1)) v(t);
SELECT clm.retention_curve(1, true, -1);
SELECT clm.retention_curve(1, true, 9007199254740993);
SELECT clm.retention_curve(1, true, 9007199254740992) FROM generate_series(1, 2);
SELECT clm.retention_curve(t, true, 9007199254740992) FROM generate_series(1, 2) t;
SELECT clm.retention_curve(t, true) FROM generate_series(0, 1000000) t;
SELECT count(*) FROM (SELECT clm.retention_curve(100000, true)) v(c), clm.points(c);
\set VERBOSITY terse
SELECT pg_temp.try('SELECT clm.retention_curve(-1, NULL)') AS skipped, pg_temp.try('SELECT clm.retention_curve(-1, true, 0)') AS checked,
       pg_temp.try('SELECT clm.retention_curve(9223372036854775807, true)') AS longest;
SELECT count(*) AS most_periods FROM (SELECT clm.retention_curve(99999, true)) v(c), clm.points(c);
SELECT (c).customers FROM (SELECT clm.retention_curve(1, true, 9007199254740992)) v(c);

-- Curves built by hand: a valid one is read, others are errors that say why
SELECT period, at_risk, churned, retention_rate, survival, se, round(ci_low::numeric, 6) AS ci_low, round(ci_high::numeric, 6) AS ci_high
FROM clm.points(ROW(10, 3, '{1,2}', '{10,8}', '{1,2}', '{.9,.675}', '{.09,.16}')::clm.retention_curve);
-- customers and churned are not needed
SELECT count(*) FROM clm.points(ROW(NULL, NULL, '{1,2}', '{10,8}', '{1,2}', '{.9,.675}', '{.09,.16}')::clm.retention_curve);
CREATE TEMP TABLE garbage (i int GENERATED ALWAYS AS IDENTITY, tenure text, at_risk text, events text, survival text, se text);
INSERT INTO garbage (tenure, at_risk, events, survival, se) VALUES
    (NULL, '{10,8}', '{1,2}', '{.9,.675}', '{.1,.1}'), ('{1,2}', NULL, '{1,2}', '{.9,.675}', '{.1,.1}'), ('{1,2}', '{10,8}', NULL, '{.9,.675}', '{.1,.1}'),
    ('{1,2}', '{10,8}', '{1,2}', NULL, '{.1,.1}'), ('{1,2}', '{10,8}', '{1,2}', '{.9,.675}', NULL),
    ('{}', '{}', '{}', '{}', '{}'), ('{1}', '{10,8}', '{1,2}', '{.9,.675}', '{.1,.1}'), ('{1,2}', '{10}', '{1,2}', '{.9,.675}', '{.1,.1}'),
    ('{1,2}', '{10,8}', '{}', '{.9,.675}', '{.1,.1}'), ('{1,2}', '{10,8}', '{1,2}', '{.9,.675,.1}', '{.1,.1}'), ('{1,2}', '{10,8}', '{1,2}', '{.9,.675}', '{.1}'),
    ('{{1},{2}}', '{10,8}', '{1,2}', '{.9,.675}', '{.1,.1}'), ('{1,NULL}', '{10,8}', '{1,2}', '{.9,.675}', '{.1,.1}'), ('{1,2}', '{10,8}', '{1,2}', '{.9,NULL}', '{.1,.1}'),
    ('{2,1}', '{10,8}', '{1,2}', '{.9,.675}', '{.1,.1}'), ('{1,1}', '{10,8}', '{1,2}', '{.9,.675}', '{.1,.1}'), ('{-1,2}', '{10,8}', '{1,2}', '{.9,.675}', '{.1,.1}'),
    ('{1,2}', '{8,10}', '{1,2}', '{.9,.675}', '{.1,.1}'), ('{1,2}', '{10,0}', '{1,0}', '{.9,.675}', '{.1,.1}'), ('{1,2}', '{10,9223372036854775807}', '{1,2}', '{.9,.675}', '{.1,.1}'),
    ('{1,2}', '{10,8}', '{3,2}', '{.9,.675}', '{.1,.1}'), ('{1,2}', '{10,8}', '{-1,2}', '{.9,.675}', '{.1,.1}'), ('{1,2}', '{10,8}', '{1,9}', '{.9,.675}', '{.1,.1}'),
    ('{1,2}', '{10,8}', '{1,2}', '{.6,.675}', '{.1,.1}'), ('{1,2}', '{10,8}', '{1,2}', '{1.1,.675}', '{.1,.1}'), ('{1,2}', '{10,8}', '{1,2}', '{.9,-.1}', '{.1,.1}'),
    ('{1,2}', '{10,8}', '{1,2}', '{.9,NaN}', '{.1,.1}'), ('{1,2}', '{10,8}', '{1,2}', '{.9,.675}', '{.1,-.1}'), ('{1,2}', '{10,8}', '{1,2}', '{.9,.675}', '{.1,Infinity}');
SELECT i, pg_temp.try(format('SELECT count(*) FROM clm.points(ROW(10, 3, %L, %L, %L, %L, %L)::clm.retention_curve)', tenure, at_risk, events, survival, se))
FROM garbage ORDER BY i;
-- Extreme but valid ones have finite answers
SELECT period, survival, se, ci_low, ci_high
FROM clm.points(ROW(1, 0, '{0,1,2}', '{9,8,7}', '{1,1,1}', '{.9,.5,5e-324}', '{1.7e308,5e-324,1}')::clm.retention_curve);

-- The state as text: equal tenures are one row (tenure, left, customers), in canonical order
SELECT clm.retention_curve_transition(clm.retention_curve_transition(clm.retention_curve_transition(NULL, 5, true), 3, false), 5, false, 4);
SELECT clm.retention_curve_combine('1 1 5 1 2', '1 2 3 0 1 5 4 4');
SELECT clm.retention_curve_combine(NULL, s)::text AS left_null, clm.retention_curve_combine(s, NULL)::text AS right_null,
       clm.retention_curve_combine(NULL, NULL) IS NULL AS both_null, clm.retention_curve_final(NULL) IS NULL AS final_null,
       clm.retention_curve_final('1 0') IS NULL AS final_empty, clm.retention_curve_final(s) AS final
FROM (SELECT '1 1 5 1 2'::clm.retention_curve_state) v(s);
-- Outside an aggregate the arguments stay as they are
DO $$
DECLARE
    a clm.retention_curve_state := clm.retention_curve_transition(NULL, 5, true);
    b clm.retention_curve_state := clm.retention_curve_transition(a, 3, false);
    c clm.retention_curve_state := clm.retention_curve_combine(a, b);
BEGIN
    RAISE NOTICE 'a %, b %, c %', a, b, c;
END
$$;
-- Malformed text
SELECT s, pg_temp.try(format('SELECT %L::clm.retention_curve_state', s))
FROM unnest(ARRAY['', '1', 'x', '0 0', '2 1 5 1 2', '1 -1', '1 1', '1 1 5 1', '1 1 5 1 2 3', '1 2 5 1 2', '1 1 5.5 1 2', '1 1 5 1 2x', '1 1 -5 1 2', '1 1 5 3 2', '1 1 5 -1 2',
    '1 1 5 0 0', '1 1 5 0 9007199254740993', '1 1 99999999999999999999 0 1', '1 99999999999999999999', '1 9223372036854775807 1 1 1', '1 2 5 0 9007199254740992 5 0 1', '1 0', ' 1  1 5 1 2 ']) s;
-- Binary: what is well formed comes through, the rest is an error
CREATE TEMP TABLE received (s clm.retention_curve_state);
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
CREATE FUNCTION pg_temp.message(n bigint, VARIADIC numbers bigint[]) RETURNS bytea LANGUAGE sql AS
    $$SELECT '\x01' || int8send(n) || coalesce((SELECT string_agg(int8send(v), '' ORDER BY i) FROM unnest(numbers) WITH ORDINALITY u(v, i)), '')$$;
SELECT pg_temp.receive(clm.retention_curve_state_send('1 2 5 1 2 3 0 1')) AS same;
SELECT what, pg_temp.try(format('SELECT pg_temp.receive(%L)', field)) AS does FROM (VALUES
    (1, 'version', '\x02'::bytea || int8send(0)), (2, 'nothing', ''), (3, 'no count', '\x01'), (4, 'part of a count', '\x010000'),
    (5, 'negative count', pg_temp.message(-1, 5, 1, 2)), (6, 'count too small', pg_temp.message(1, 5, 1, 2, 6, 1, 2)), (7, 'count too large', pg_temp.message(2, 5, 1, 2)),
    (8, 'largest count', pg_temp.message(9223372036854775807, 5, 1, 2)), (9, 'part of a row', pg_temp.message(1, 5, 1)),
    (10, 'negative tenure', pg_temp.message(1, -5, 1, 2)), (11, 'more left than there were', pg_temp.message(1, 5, 3, 2)), (12, 'nobody', pg_temp.message(1, 5, 0, 0)),
    (13, 'too many', pg_temp.message(1, 5, 0, 9007199254740993)), (14, 'unsorted', pg_temp.message(2, 6, 1, 1, 5, 1, 1)), (15, 'equal', pg_temp.message(2, 5, 1, 1, 5, 0, 1))) v(i, what, field) ORDER BY i;
