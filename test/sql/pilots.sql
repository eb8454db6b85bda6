-- clm.uplift: what an action changed, by proportions and by means; clm.sample_size: how large a pilot must be.
SET search_path TO clm, public;
SET extra_float_digits TO -3;

-- The outcomes of a pilot from the numbers of each arm
CREATE FUNCTION pilot(treated_yes int, treated int, control_yes int, control int, OUT treated boolean, OUT kept boolean) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT true, i <= treated_yes FROM generate_series(1, treated) i UNION ALL SELECT false, i <= control_yes FROM generate_series(1, control) i
$$;

--
-- Proportions
--
-- 4,300 of 5,000 treated customers stayed, 4,200 of 5,000 of the control group: lift .020, standard error .00714, 95 % interval
-- .0060 to .0340, z 2.80, p .0051. At a value of 266.67 a customer and 4 for each contact that is a profit of 6,667.
SELECT n_treated, n_control, mean_treated, mean_control, lift, round(se::numeric, 5) AS se, round(ci_low::numeric, 4) AS ci_low, round(ci_high::numeric, 4) AS ci_high, level,
    round(statistic::numeric, 2) AS z, df, round(p_value::numeric, 4) AS p_value, round((n_treated * lift * 266.67 - n_treated * 4)::numeric) AS profit
FROM (SELECT (uplift(treated, kept)).* FROM pilot(4300, 5000, 4200, 5000)) u;

-- Newcombe (1998), table II, method 10
SELECT a || '/' || m || ' - ' || b || '/' || n AS example, round(lift::numeric, 4) AS lift, round(ci_low::numeric, 4) AS ci_low, round(ci_high::numeric, 4) AS ci_high,
    (round(ci_low::numeric, 4), round(ci_high::numeric, 4)) = (low, high) AS as_published
FROM (VALUES (1, 56, 70, 48, 80, .0524, .3339), (2, 9, 10, 3, 10, .1705, .8090), (3, 6, 7, 2, 7, .0582, .8062), (4, 5, 56, 0, 29, -.0381, .1926),
    (5, 0, 10, 0, 20, -.1611, .2775), (6, 0, 10, 0, 10, -.2775, .2775), (7, 10, 10, 0, 20, .6791, 1.0000), (8, 10, 10, 0, 10, .6075, 1.0000)) t(i, a, m, b, n, low, high),
    LATERAL (SELECT (uplift(treated, kept)).* FROM pilot(a, m, b, n)) u ORDER BY i;

-- The interval from its definition: Wilson's limits of each arm are where (p - x)^2 = z^2 x (1 - x) / n; z^2 = 3.841458820694124
WITH u AS (SELECT (uplift(treated, kept)).* FROM pilot(13, 41, 5, 37)),
    arm AS (SELECT s, p, (2 * n * p + z2 - s * sqrt(z2 * (z2 + 4 * n * p * (1 - p)))) / (2 * (n + z2)) AS x, n, z2
        FROM u, LATERAL (VALUES (1, 13 / 41.0::float8, 41), (-1, 5 / 37.0::float8, 37)) a(s, p, n), LATERAL (SELECT 3.841458820694124::float8) z(z2))
SELECT bool_and(abs((p - x) ^ 2 - z2 * x * (1 - x) / n) < 1e-15) AS on_the_limits,
    abs((SELECT lift - ci_low FROM u) - sqrt(sum((p - x) ^ 2))) < 1e-14 AS lower_end FROM arm;

-- Other levels; nested intervals
SELECT level, lift, ci_low, ci_high, statistic, p_value FROM (VALUES (.5), (.8), (.9), (.95), (.99), (.999999)) l(l), LATERAL (SELECT (uplift(treated, kept, l)).* FROM pilot(56, 70, 48, 80)) u ORDER BY level;
SELECT uplift(treated, kept) = uplift(treated, kept, .95) AS default_level FROM pilot(9, 10, 3, 10);

-- Where nobody or everybody did it in both arms, z is 0 and p is 1; where one arm did and the other did not, there is a test.
SELECT a, b, (uplift(treated, kept)).* FROM (VALUES (0, 0), (10, 10), (10, 0)) t(a, b), pilot(a, 10, b, 10) GROUP BY a, b ORDER BY a, b;

-- Fewer than two in an arm: their numbers, and nothing else. NULLs are skipped.
SELECT i, (uplift(t, k)).* FROM (VALUES (1, true, true), (2, true, true), (2, false, true), (3, true, true), (3, true, false), (3, false, true),
    (4, NULL, true), (4, true, NULL), (5, true, true), (5, true, false), (5, false, false), (5, false, false), (5, NULL, true), (5, false, NULL)) v(i, t, k) GROUP BY i ORDER BY i;
SELECT uplift(t, k) IS NULL AS "null", uplift(t, 1.5) IS NULL AS "null" FROM (VALUES (NULL::boolean, true)) v(t, k);
SELECT uplift(treated, kept) IS NULL AS "null", uplift(treated, 1.5) IS NULL AS "null" FROM pilot(0, 0, 0, 0);

--
-- Means
--
-- Extra hours of sleep (Student 1908). R: t.test(extra ~ group, data = sleep) prints
-- t = -1.8608, df = 17.776, p-value = 0.07939, interval -3.3654832 0.2054832, means 0.75 and 2.33.
CREATE TABLE sleep AS SELECT i <= 10 AS first, extra FROM unnest('{0.7,-1.6,-0.2,-1.2,-0.1,3.4,3.7,0.8,0.0,2.0,1.9,0.8,1.1,0.1,-0.1,4.4,5.5,1.6,4.6,3.4}'::float8[]) WITH ORDINALITY u(extra, i);
SELECT n_treated, n_control, mean_treated, mean_control, lift, round(ci_low::numeric, 7) AS ci_low, round(ci_high::numeric, 7) AS ci_high, level,
    round(statistic::numeric, 4) AS t, round(df::numeric, 3) AS df, round(p_value::numeric, 5) AS p_value
FROM (SELECT (uplift(first, extra)).* FROM sleep) u;
-- The formula itself, by the server's aggregates
SELECT abs(u.se - f.se) < 1e-15 AS se, abs(u.lift - f.lift) < 1e-15 AS lift, abs(u.statistic - f.lift / f.se) < 1e-14 AS t, abs(u.df - f.df) < 1e-12 AS df
FROM (SELECT (uplift(first, extra)).* FROM sleep) u, (SELECT t - c AS lift, sqrt(vt + vc) AS se, (vt + vc) ^ 2 / (vt ^ 2 / (nt - 1) + vc ^ 2 / (nc - 1)) AS df
    FROM (SELECT avg(extra) FILTER (WHERE first) AS t, avg(extra) FILTER (WHERE NOT first) AS c, count(*) FILTER (WHERE first) AS nt, count(*) FILTER (WHERE NOT first) AS nc,
        var_samp(extra) FILTER (WHERE first) / count(*) FILTER (WHERE first) AS vt, var_samp(extra) FILTER (WHERE NOT first) / count(*) FILTER (WHERE NOT first) AS vc FROM sleep) a) f;
-- Levels: a higher one has the lower within it; numeric and integer outcomes are taken as float8
SELECT level, round(ci_low::numeric, 4) AS ci_low, round(ci_high::numeric, 4) AS ci_high FROM (VALUES (.5), (.95), (.999)) l(l), LATERAL (SELECT (uplift(first, extra, l)).* FROM sleep) u ORDER BY level;
SELECT uplift(first, extra) = uplift(first, extra::numeric(4, 1)) AS numeric, (uplift(first, (10 * extra)::int)).lift AS integer FROM sleep;
-- Around 1e15 nothing is lost, though the squares have 31 digits; in units of 1e200 and 1e-200 neither, though they are out of range.
SELECT shift, unit, u.lift / unit AS lift, u.se / unit AS se, u.statistic AS t, u.df, u.p_value
FROM (VALUES (1, 0::float8, 1::float8), (2, 1e15, 1), (3, 0, 1e200), (4, 0, 1e-200)) v(i, shift, unit), LATERAL (SELECT (uplift(first, (round(10 * extra) + shift) * unit)).* FROM sleep) u ORDER BY i;

-- Nothing varies in either arm: the lift, a standard error of 0, and nothing else. It varies in one: that arm's degrees of freedom
SELECT what, u.* FROM (VALUES (1, 'neither', '{5,5,5}'::float8[], '{3,3}'::float8[]), (2, 'treated', '{4,5,6}', '{3,3}'), (3, 'control', '{5,5,5}', '{2,4}')) v(i, what, a, b),
    LATERAL (SELECT (uplift(t, y)).* FROM (SELECT true, unnest(a) UNION ALL SELECT false, unnest(b)) o(t, y)) u ORDER BY i;
SELECT i, (uplift(t, y)).* FROM (VALUES (1, true, 1.5), (2, true, 1.5), (2, false, 2), (3, true, 1), (3, true, 2), (3, false, 3), (4, true, NULL), (4, NULL, 1), (5, true, 1), (5, true, 2), (5, false, 3), (5, false, 4), (5, false, NULL), (5, NULL, 9)) v(i, t, y) GROUP BY i ORDER BY i;

-- Exact whatever the order, with outcomes of all sizes
CREATE TABLE extreme AS SELECT i, i % 2 = 0 AS t, x FROM unnest('{1e300,-1e300,1e-300,4.94065645841247e-324,1,-1e300,1e300,1e16,0.1,-1e16,-4.94065645841247e-324,3,1e150,-1e150}'::float8[]) WITH ORDINALITY u(x, i);
SELECT DISTINCT u.* FROM generate_series(1, 100) run, LATERAL (SELECT (uplift(t, x ORDER BY md5(i || ' ' || run))).* FROM extreme) u;
SELECT DISTINCT u.lift, u.se, u.df FROM generate_series(1, 100) run, LATERAL (SELECT (uplift(t, x ORDER BY md5(i || ' ' || run))).* FROM (SELECT i, t, x FROM extreme WHERE abs(x) < 1e16 UNION ALL SELECT 100 + j, j > 2, (-1) ^ j * 1e15 FROM generate_series(1, 4) j) e) u;
-- As a window function
SELECT i, (uplift(t, x) OVER (ORDER BY i)).lift FROM (VALUES (1, true, 1.5), (2, false, 1), (3, true, 2.5), (4, false, 0), (5, true, 5)) v(i, t, x);
-- The states of a group: booleans, and amounts of money
SELECT pg_column_size(uplift_transition(NULL, true, true)) AS booleans, pg_column_size(uplift_transition(uplift_transition(NULL, true, 1999.99), false, .01)) <= 288 AS money;

-- A pilot by channel: roll out where the lower end of the interval pays, stop where the upper end does not.
CREATE TABLE channel_pilot AS SELECT channel, p.* FROM (VALUES ('app', 4300, 4200), ('mail', 4220, 4215), ('phone', 4240, 4200)) c(channel, a, b), LATERAL pilot(a, 5000, b, 5000) p;
SELECT channel, (u).n_treated, (u).lift, (u).ci_low, (u).ci_high, CASE WHEN (u).ci_low*266.67>1.5 THEN 'roll out' WHEN (u).ci_high*266.67<4.5 THEN 'stop' ELSE 'keep testing' END
FROM (SELECT channel, clm.uplift(treated,kept) u FROM channel_pilot GROUP BY 1) q ORDER BY 1;

--
-- How large a pilot must be
--
-- From 84 to 86 % with a power of 80 %: 5,003 in each arm. R: power.prop.test(p1 = .50, p2 = .75, power = .90) prints n = 76.7.
SELECT sample_size(.84, .86), sample_size(.86, .84) AS back, sample_size(.50, .75, .90), sample_size(.50, .75, power => .90, alpha => .01) AS stricter, sample_size(0, 1) AS from_never_to_always,
    sample_size(.84, .86, .05000001) AS hardly_any_power, sample_size(.5, .5 + 1e-8) / 1000000000000 AS tiny_change, sample_size(NULL, .5) AS "null", sample_size(.4, .5, NULL) AS "null";

--
-- What is refused
--
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE statement INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, nullif(result, ''));
END
$$;
SELECT call, try('SELECT ' || call) FROM unnest(ARRAY[
    $$uplift(true, 'NaN'::float8)$$, $$uplift(true, 'Infinity'::float8)$$, $$uplift(true, '-Infinity'::float8)$$, $$uplift(NULL, 'NaN'::float8)$$,
    $$uplift(true, true, 0)$$, $$uplift(true, true, 1)$$, $$uplift(true, true, -.5)$$, $$uplift(true, true, 95)$$, $$uplift(true, true, 'NaN')$$, $$uplift(true, true, NULL)$$,
    $$uplift(true, 1.5, 0)$$, $$uplift(true, 1.5, 'Infinity')$$, $$uplift(true, 1.5, NULL)$$,
    $$uplift(true, true, l) FROM unnest('{.9,.95}'::float8[]) l$$, $$uplift(true, 1.5, l) FROM unnest('{.9,.95}'::float8[]) l$$,
    $$uplift_combine(uplift_transition(NULL, true, true), uplift_transition(NULL, true, true, .9))$$,
    $$uplift(i > 2, (-1) ^ (i / 3) * 1.7e308::float8) FROM generate_series(1, 4) i$$,
    $$sample_size(.5, .5)$$, $$sample_size(-.1, .5)$$, $$sample_size(.5, 1.1)$$, $$sample_size('NaN', .5)$$, $$sample_size(.4, 'Infinity')$$, $$sample_size(.4, .5, 1)$$, $$sample_size(.4, .5, 0)$$,
    $$sample_size(.4, .5, .05)$$, $$sample_size(.4, .5, 'NaN')$$, $$sample_size(.4, .5, .8, 0)$$, $$sample_size(.4, .5, .8, 1)$$, $$sample_size(.4, .5, .8, -.1)$$, $$sample_size(.4, .5, .8, 'NaN')$$,
    $$sample_size(.5, .5 + 1e-10)$$, $$sample_size(0, 1e-300)$$]) WITH ORDINALITY u(call, i) ORDER BY i;
SELECT uplift(true, true, 95);

--
-- The state: its text comes back, malformed ones are refused
--
CREATE TABLE state (i int GENERATED ALWAYS AS IDENTITY, s uplift_state);
INSERT INTO state (s) VALUES (uplift_transition(NULL, true, true)), (uplift_transition(uplift_transition(NULL, true, true, .9), false, true, .9)), (uplift_transition(uplift_transition(NULL, true, 2.5), false, -0.1)),
    (uplift_transition(NULL, false, 1e300)), (uplift_transition(NULL, false, 4.94065645841247e-324)), (uplift_transition(NULL, false, 0));
SELECT i, left(s::text, 100) AS state, s::text::uplift_state::text = s::text AS same FROM state ORDER BY i;
SELECT uplift_combine(a.s, b.s)::text = uplift_combine(b.s, a.s)::text AS commutative, count(*) FROM state a, state b WHERE 2 NOT IN (a.i, b.i) GROUP BY 1;
SELECT uplift_combine(NULL, NULL) IS NULL AS "null", uplift_combine(NULL, s)::text = s::text AS same, uplift_combine(s, NULL)::text = s::text AS same, uplift_means_final(NULL) IS NULL AS "null" FROM state WHERE i = 3;
SELECT input, try(format('SELECT %L::uplift_state', input)) FROM unnest(ARRAY[
    '', '1 0.95 0 0 0 0 0 0', '2 0.95 0 0 0 0 0 0', '1 0 0 0 0 0 0 0', '1 1 0 0 0 0 0 0', '1 -1 0 0 0 0 0 0', '1 NaN 0 0 0 0 0 0', '1 inf 0 0 0 0 0 0', '1 x 0 0 0 0 0 0', '1 1e999 0 0 0 0 0 0',
    '1 0.95 1 0 2 0 0 0', '1 0.95 1 3 1 3 0 0', '1 0.95 1 3 1 4 0 0', '1 0.95 1 3 -1 3 0 0', '1 0.95 0 0 0 0 0', '1 0.95 0 0 0 0 68 1 1 2 3 4', '1 0.95 0 0 0 0 68 1 1 2 3', '1 0.95 0 0 0 0 68 1 1 2 3 4 5'])
    WITH ORDINALITY u(input, i) ORDER BY i;
-- Sums that no outcomes have: an error, never a crash
SELECT state, try(format('SELECT uplift_means_final(%L)', state)) FROM unnest(ARRAY['1 0.95 2 2 0 0 68 1 5 5 1 1', '1 0.95 2 2 0 0 136 1 1 0 0 0', '1 0.95 2 2 0 0 0 1 1 0 0 0', '1 0.95 2 2 0 0 101 1 -1 1 0 0',
    '1 0.95 9223372036854775807 9223372036854775807 9223372036854775807 0 68 1 0 0 0 0', '1 0.95 2 2 0 0 68 1 1 1 1 -1']) state;
SELECT (uplift_proportions_final('1 0.95 9223372036854775807 9223372036854775807 9223372036854775807 0 0 0')).*;
-- Malformed binary: a COPY file of one row with one field, the given bytes
CREATE TABLE received (s uplift_state);
CREATE FUNCTION receive(field bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    file bytea := '\x5047434f50590aff0d0a00' || '\x0000000000000000'::bytea || '\x0001' || int4send(length(field)) || field || '\xffff';
    escaped text := '';
    result text;
BEGIN
    FOR i IN 0..length(file) - 1 LOOP
        escaped := escaped || '\' || (get_byte(file, i) / 64) || (get_byte(file, i) / 8 % 8) || (get_byte(file, i) % 8);
    END LOOP;
    TRUNCATE clm.received;
    EXECUTE format('COPY clm.received FROM PROGRAM %L (FORMAT binary)', format('printf ''%s''', escaped));
    SELECT s::text INTO STRICT result FROM clm.received;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, nullif(result, ''));
END
$$;
CREATE FUNCTION message(level float8, counts bigint[], digits bigint[] DEFAULT '{}', low int DEFAULT 0, width int DEFAULT 0, version int DEFAULT 1) RETURNS bytea LANGUAGE sql AS $$
    SELECT substr(int4send(version), 4) || substr(int4send(low), 4) || substr(int4send(width), 4) || float8send(level) || coalesce(string_agg(int8send(x), '' ORDER BY i), '')
    FROM unnest(counts || digits) WITH ORDINALITY u(x, i)
$$;
SELECT count(*), bool_and(receive(uplift_state_send(s)) = s::text) AS same FROM state;
SELECT name, receive(field) FROM (VALUES
    (1, 'nothing', ''::bytea),
    (2, 'version 2', message(.95, '{0,0,0,0}', version => 2)),
    (3, 'no rows', message(.95, '{0,0,0,0}')),
    (4, 'level 1', message(1, '{0,0,0,0}')),
    (5, 'level NaN', message('NaN', '{0,0,0,0}')),
    (6, 'level infinity', message('Infinity', '{0,0,0,0}')),
    (7, 'more successes than rows', message(.95, '{0,0,1,0}')),
    (8, 'negative count', message(.95, '{-1,0,-1,0}')),
    (9, 'three counts', message(.95, '{0,0,0}')),
    (10, 'places behind the last', message(.95, '{0,0,0,0}', low => 137, width => 1)),
    (11, 'missing digits', message(.95, '{0,0,0,0}', '{1,2,3}', 68, 1)),
    (12, 'one byte more', message(.95, '{0,0,0,0}') || '\x00'),
    (13, 'digits', message(.9, '{1,1,0,0}', '{1,-2,3,4294967295}', 68, 1))) v(i, name, field) ORDER BY i;

DROP TABLE sleep, extreme, channel_pilot, state, received;
DROP FUNCTION pilot(int, int, int, int), try(text), receive(bytea), message(float8, bigint[], bigint[], int, int, int);
