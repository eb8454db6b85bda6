-- clm.history: text and binary form, the aggregates that build it, what can be read off it.
SET search_path TO clm, public;
SET datestyle TO ISO;
SET timezone TO 'UTC';

--
-- Text form
--
SELECT '{}'::history, '{2024-01-05:20}'::history, '{2024-01-05:20,2024-02-11:-3}'::history;

-- Rows come in any order and are sorted; the rows of a day add up; white space between tokens does not matter.
SELECT '{2024-03-01:1,2024-01-05:20,2024-02-11:7}'::history;
SELECT '{2024-01-05:20,2024-01-05:1.5,2024-01-05:-0.25}'::history;
SELECT e' { 2024-01-05 : 20 ,\n\t2024-02-11 : -3 } '::history, '{ }'::history;

-- The star: a day that was an occasion although its net amount is negative. It says nothing where that is clear.
SELECT '{2024-01-05:20,2024-01-05:-50}'::history, '{2024-01-05:-30*}'::history, '{2024-01-05:-30}'::history;
SELECT '{2024-01-05:20*}'::history, '{2024-01-05:0*}'::history, '{2024-01-05:-20*,2024-01-05:50}'::history;
SELECT '{2024-01-05:-30*}'::history = '{2024-01-05:-30}'::history AS same,
       '{2024-01-05:20*}'::history = '{2024-01-05:20}'::history AS same;

-- Every date that PostgreSQL has
SELECT '{4714-11-24 BC:1,0001-12-31 BC:2,0001-01-01:3,10000-01-01:4,5874897-12-31:5}'::history AS h \gset
SELECT :'h'::history;
SELECT unnest(days(:'h')), unnest(days(:'h')) - date '2000-01-01' AS days_after_2000;
SELECT days(:'h') = ARRAY['4714-11-24 BC', '0001-12-31 BC', '0001-01-01', '10000-01-01', '5874897-12-31']::date[] AS same;
SELECT '{2024-02-29:1,2000-02-29:1,0004-02-29:1,0005-02-28 BC:1,0005-02-29 BC:1}'::history;

-- Amounts come back to the last bit, and -0 is 0.
SELECT '{2024-01-01:1e300,2024-01-02:-1e300,2024-01-03:4.9e-324,2024-01-04:2.2250738585072014e-308,'
       '2024-01-05:0.1,2024-01-06:1.7976931348623157e308,2024-01-07:123456789012345.67,2024-01-08:.5,2024-01-09:+5.}'::history;
SELECT '{2024-01-05:-0}'::history, occasions('{2024-01-05:-0}'), '{2024-01-05:-0.0}'::history = '{2024-01-05:0}'::history AS same;

-- The text is the same under every setting.
CREATE TABLE sample (id int, h history);
INSERT INTO sample VALUES
    (1, '{}'),
    (2, '{2024-01-05:20}'),
    (3, '{2024-01-05:-20}'),
    (4, '{2024-01-05:-20*}'),
    (5, '{4714-11-24 BC:0.1,0044-03-15 BC:-1e300,5874897-12-31:4.9e-324}'),
    (6, (SELECT history(date '2000-01-01' + i, (i * 7919 % 10007 - 5000) / 7.0) FROM generate_series(1, 2000) i)),
    (7, NULL);
CREATE FUNCTION digest_of_texts() RETURNS text LANGUAGE sql AS $$SELECT md5(string_agg(h::text, ' ' ORDER BY id)) FROM clm.sample$$;
SELECT digest_of_texts() AS reference \gset
SET datestyle TO 'SQL, DMY'; SET extra_float_digits TO -15;
SELECT digest_of_texts() = :'reference' AS same, '{2024-01-05:0.1}'::history;
SET datestyle TO 'German'; SET extra_float_digits TO 0; SET timezone TO 'Pacific/Kiritimati';
SELECT digest_of_texts() = :'reference' AS same, '{2024-01-05:0.1}'::history;
SET datestyle TO 'Postgres, MDY'; SET extra_float_digits TO 3; SET intervalstyle TO 'iso_8601';
DO $$
BEGIN
    SET LOCAL lc_numeric TO 'de_DE.utf8';
    SET LOCAL lc_time TO 'de_DE.utf8';
    ASSERT '{2024-01-05:0.5}'::clm.history::text = '{2024-01-05:0.5}';
EXCEPTION WHEN invalid_parameter_value THEN
    NULL; -- this machine does not have that locale
END
$$;
SELECT digest_of_texts() = :'reference' AS same, '{2024-01-05:0.1}'::history;
RESET extra_float_digits; RESET intervalstyle;
SET datestyle TO ISO; SET timezone TO 'UTC';

-- Text there and back: the same bytes
SELECT id, h::text::history = h AS same, history_send(h::text::history) = history_send(h) AS same_bytes FROM sample ORDER BY id;

--
-- Binary form: version, number of entries, then day, flag and amount of each
--
SELECT history_send('{}'), history_send('{2000-01-02:1,2000-01-03:-1,2000-01-04:-1*}');

-- COPY, text and binary, brings everything back.
CREATE TABLE copied (id int, h history);
\set file `mktemp`
\setenv CLM_COPY :file
\copy sample TO PROGRAM 'cat >"$CLM_COPY"'
\copy copied FROM PROGRAM 'cat "$CLM_COPY"'
SELECT count(*), bool_and(c.h IS NOT DISTINCT FROM s.h AND history_send(c.h) IS NOT DISTINCT FROM history_send(s.h)) AS same
FROM copied c JOIN sample s USING (id);
TRUNCATE copied;
\copy sample TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy copied FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
SELECT count(*), bool_and(c.h IS NOT DISTINCT FROM s.h AND history_send(c.h) IS NOT DISTINCT FROM history_send(s.h)) AS same
FROM copied c JOIN sample s USING (id);
\! rm "$CLM_COPY"

-- A history survives whatever storage a table chooses for it.
CREATE TABLE stored (how text, h history);
INSERT INTO stored SELECT 'compressed or out of line', h FROM sample WHERE id = 6;
ALTER TABLE stored ALTER h SET STORAGE external;
INSERT INTO stored SELECT 'out of line', h FROM sample WHERE id = 6;
ALTER TABLE stored ALTER h SET STORAGE plain;
INSERT INTO stored SELECT 'plain', as_of(h, '2001-01-01') FROM sample WHERE id = 6;
SELECT how, cardinality(days(h)), digest = md5(h::text) AS same
FROM stored, LATERAL (SELECT md5(CASE how WHEN 'plain' THEN as_of(s.h, '2001-01-01') ELSE s.h END::text) AS digest FROM sample s WHERE s.id = 6) d
ORDER BY how;

--
-- The aggregate history(day, amount)
--
CREATE TABLE purchase (customer int, day date, amount numeric);
INSERT INTO purchase VALUES
    (1, '2024-02-11', 30), (1, '2024-01-05', 12.5), (1, '2024-02-11', 7.25), (1, '2024-03-01', -5),
    (2, '2024-01-05', 0), (2, '2024-01-06', -1),
    (3, '2024-01-05', -1), (3, '2024-01-05', -2),
    (4, NULL, 1), (4, '2024-01-05', NULL), (4, '2024-01-06', 4),
    (5, NULL, 1), (5, '2024-01-05', NULL);

-- An occasion is a day with a row of at least 0: a free order is one, refunds alone are none, and a refund on the
-- day of an order does not undo it. Rows with a NULL are skipped; nothing left gives NULL, as an empty group does.
SELECT customer, history(day, amount) AS h, occasions(history(day, amount)), total(history(day, amount))
FROM purchase GROUP BY customer ORDER BY customer;
SELECT history(day, amount) AS nothing, history(day) AS nothing, rollup(NULL::history) AS nothing FROM purchase WHERE false;
SELECT history(day, amount) AS nothing, history(NULL::date) AS nothing, history(NULL::date, amount) AS nothing
FROM purchase WHERE customer = 5;
SELECT history(day, a) FROM (VALUES (date '2024-01-05', 10), (date '2024-01-05', -25)) v(day, a);

-- Nine signatures, one result: three kinds of days, three kinds of amounts
SELECT customer,
    ARRAY[history(day, amount::float8), history(day::timestamp, amount), history(day::timestamp, amount::float8),
          history(day::timestamptz, amount), history(day::timestamptz, amount::float8)] =
        array_fill(history(day, amount), ARRAY[5]) AS same,
    ARRAY[history(day::timestamp), history(day::timestamptz), history(day, 1), history(day, 1.0)] =
        array_fill(history(day), ARRAY[4]) AS same_without_amount,
    history(day) AS one_each
FROM purchase WHERE day IS NOT NULL AND amount IS NOT NULL GROUP BY customer ORDER BY customer;
SELECT pg_typeof(history(date '2024-01-05')), history(date '2024-01-05', 2), history(date '2024-01-05', 2::real), history(date '2024-01-05', 2::bigint);
SELECT count(*) AS signatures FROM pg_aggregate WHERE aggfnoid::oid IN (SELECT oid FROM pg_proc WHERE proname = 'history' AND pronamespace = 'clm'::regnamespace);

-- Time stamps: a day is the calendar day of a timestamp and the UTC day of a timestamptz, before 2000 and 1970 too.
SELECT history(t, i) FROM (VALUES
    (timestamp '2024-01-05 23:59:59.999999', 1), ('2024-01-06 00:00', 2), ('2000-01-01 00:00', 3),
    ('1999-12-31 23:59:59.999999', 4), ('1999-12-31 00:00', 5), ('1999-12-30 23:59:59.999999', 6),
    ('1970-01-01 00:00', 7), ('1969-12-31 23:59:59.999999', 8), ('1969-12-31 00:00', 9),
    ('0001-01-01 00:00', 10), ('0001-12-31 23:59 BC', 11), ('4714-11-24 00:00 BC', 12),
    ('4714-11-24 00:00:00.000001 BC', 13), ('294276-12-31 23:59:59.999999', 14)) v(t, i);
SET timezone TO 'Asia/Shanghai';
SELECT history(t) AS utc_days, history(t AT TIME ZONE 'Asia/Shanghai') AS local_days
FROM (VALUES (timestamptz '2024-01-05 07:59:59.999999+08'), ('2024-01-05 08:00+08'), ('1999-12-31 20:00-05')) v(t);
SELECT history('2024-01-05 00:30', 1) AS "a literal without type is a timestamptz";
SET timezone TO 'America/Los_Angeles';
SELECT history(t) AS utc_days FROM (VALUES (timestamptz '2024-01-05 07:59:59.999999+08'), ('2024-01-05 08:00+08'), ('1999-12-31 20:00-05')) v(t);
SET timezone TO 'UTC';

-- DISTINCT, FILTER and ORDER BY inside the aggregate
SELECT history(DISTINCT day) AS "distinct", history(day) AS all, history(DISTINCT day, a) AS distinct_pairs,
    history(day, a) FILTER (WHERE a > 1) AS filtered, history(day, a ORDER BY a DESC, day) = history(day, a ORDER BY day) AS same
FROM (VALUES (date '2024-01-05', 1), ('2024-01-05', 1), ('2024-01-06', 2), ('2024-01-06', 3)) v(day, a);

-- The sum of a day is rounded once, however many rows there are.
SELECT history(date '2024-01-05', 0.1) FROM generate_series(1, 1000);
SELECT history(date '2024-01-05', a) FROM (VALUES (1e16), (1), (-1e16), (1e-3)) v(a);

-- As a window function: running, moving and whole frames are the aggregate of the frame's rows.
SELECT day, a, history(day, a) OVER (ORDER BY day, a) AS running,
    history(day, a) OVER (ORDER BY day, a ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS moving,
    history(day, a) OVER (ORDER BY day, a ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS rest,
    history(day, a) OVER (ORDER BY day, a ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING) AS later
FROM (VALUES (date '2024-01-05', 1.0), ('2024-01-07', 2), ('2024-01-07', -3), ('2024-01-09', 4)) v(day, a);
WITH r AS (SELECT i, date '2024-01-01' + i * 37 % 50 AS day, i % 7 - 2.0 AS a FROM generate_series(1, 60) i),
w AS (SELECT i, history(day, a) OVER (ORDER BY i ROWS BETWEEN 20 PRECEDING AND 3 FOLLOWING) AS h FROM r)
SELECT count(*), bool_and(h = (SELECT history(day, a) FROM r WHERE r.i BETWEEN w.i - 20 AND w.i + 3)) AS same FROM w;

--
-- Two histories in one: rollup, merge, +
--
SELECT rollup(h) FROM (VALUES ('{2024-01-05:20,2024-01-07:1}'::history), ('{2024-01-05:-30,2024-01-06:2}'), (NULL), ('{}')) v(h);
SELECT rollup(h) AS empty FROM (VALUES ('{}'::history), (NULL)) v(h);
SELECT rollup(h) OVER (ORDER BY i) FROM (VALUES (1, '{2024-01-05:20}'::history), (2, NULL), (3, '{2024-01-05:-30}'), (4, '{2023-01-01:1}')) v(i, h);
SELECT '{2024-01-05:20}'::history + '{2024-01-05:-30,2024-01-06:2}' AS plus,
    merge('{2024-01-05:20}'::history, '{2024-01-05:-30,2024-01-06:2}') AS merged,
    '{2024-01-05:20}'::history + NULL AS nothing;
-- The flag of an occasion is never lost, a refund never becomes one.
SELECT '{2024-01-05:-30*}'::history + '{2024-01-05:-1}', '{2024-01-05:-30}'::history + '{2024-01-05:-1}', '{2024-01-05:-30}'::history + '{2024-01-05:30}';
WITH s AS (SELECT h FROM sample WHERE id <= 6)
SELECT bool_and(a.h + b.h = b.h + a.h) AS commutative, bool_and((a.h + b.h) + c.h = a.h + (b.h + c.h)) AS associative,
    bool_and(a.h + b.h = merge(a.h, b.h)) AS merge_is_plus, bool_and(a.h + '{}' = a.h) AS neutral
FROM s a, s b, s c WHERE a.h <> b.h AND b.h <> c.h AND a.h <> c.h;

--
-- Accessors
--
SELECT '{2024-01-02:-1,2024-01-05:20,2024-01-15:-50*,2024-01-20:-5,2024-02-04:0,2024-02-20:-7}'::history AS h \gset
SELECT first_day(:'h'), last_day(:'h'), cadence(:'h'), occasions(:'h'), total(:'h'::history);
SELECT days(:'h'), amounts(:'h');
SELECT * FROM entries(:'h');

-- Without an occasion there is no time; without an entry there is nothing.
SELECT h, first_day(h), last_day(h), cadence(h), occasions(h), total(h), days(h), amounts(h), recency(h, '2024-03-01'), tenure(h, '2024-03-01'),
    (SELECT count(*) FROM entries(h)) AS entries
FROM (VALUES ('{2024-01-05:-1}'::history), ('{}'), (NULL)) v(h);
SELECT cadence('{2024-01-05:1}') AS one_is_not_enough, cadence('{2024-01-05:1,2024-01-08:-1}'), cadence('{2024-01-05:1,2024-01-08:1,2024-01-10:1}'),
    cadence('{4714-11-24 BC:1,5874897-12-31:1}');

-- after < day <= upto, each bound may be missing
SELECT after, upto, occasions(:'h', after, upto), total(:'h', after, upto)
FROM (VALUES (date '2024-01-04', date '2024-01-05'), ('2024-01-05', '2024-01-15'), ('2024-01-05', NULL), (NULL, '2024-01-15'), (NULL, '2024-01-14'),
    (NULL, NULL), ('2024-01-15', '2024-01-15'), ('2024-02-01', '2024-01-01'), ('2024-02-20', NULL), (NULL, '2024-01-01'),
    ('-infinity', 'infinity'), ('infinity', NULL), (NULL, '-infinity'), ('4714-11-24 BC', '5874897-12-31')) v(after, upto);
SELECT occasions(:'h', upto => '2024-01-14'), occasions(:'h', after => '2024-01-05'), total(:'h', upto => '2024-01-14'), total(:'h', '2024-01-05');
SELECT occasions(NULL), occasions(NULL, '2024-01-01', '2024-01-01'), total(NULL::history), total('{}'::history);
SELECT total('{2024-01-01:1e16,2024-01-02:1,2024-01-03:-1e16}'::history) AS compensated;
-- A lower bound leaves out the day itself, the first of all days too.
SELECT occasions('{4714-11-24 BC:1}', '4714-11-24 BC'), occasions('{4714-11-24 BC:1}', NULL, '4714-11-24 BC'), total('{5874897-12-31:7}', '5874897-12-30', '5874897-12-31');

-- What was known at the end of a day
SELECT d, as_of(:'h', d), recency(:'h', d), tenure(:'h', d)
FROM unnest(ARRAY['2024-01-01', '2024-01-02', '2024-01-04', '2024-01-05', '2024-01-14', '2024-01-15', '2024-02-03', '2024-02-04', '2030-01-01', '5874897-12-31', NULL]::date[]) d;
SELECT as_of('{4714-11-24 BC:1,5874897-12-31:2}', '4714-11-24 BC'), as_of('{4714-11-24 BC:1,5874897-12-31:2}', '5874897-12-30'), as_of('{}', '2024-01-01');

-- Usage falls by 9.2 % a month.
SELECT round(100 * trend(history(date '2024-06-29' - 30 * (6 - i::int), a), '2024-06-29')::numeric, 1) AS percent
FROM unnest(ARRAY[320, 310, 305, 280, 240, 190]) WITH ORDINALITY u(a, i);
-- The same six periods whatever was before them and comes after them; fewer periods; periods of other lengths
WITH h AS (SELECT history(date '2024-06-29' - 30 * (6 - i::int), a) + '{2023-01-01:1000,2024-06-30:1000}' AS h
           FROM unnest(ARRAY[320, 310, 305, 280, 240, 190]) WITH ORDINALITY u(a, i))
SELECT round(trend(h, '2024-06-29')::numeric, 6) AS six, round(trend(h, '2024-06-29', 30, 3)::numeric, 6) AS three, round((-45 / (710.0 / 3))::numeric, 6) AS by_hand,
    round(trend(h, '2024-06-29', k => 6, period => 60)::numeric, 6) AS pairs FROM h;
SELECT trend('{2024-01-01:1,2024-01-11:1}', '2024-01-20', 10, 3) AS two_periods, trend('{2024-01-01:1,2024-01-11:1}', '2024-01-21', 10, 3) AS three,
    trend('{2024-01-01:1}', '2023-01-01') AS before, trend('{}', '2024-01-01') AS empty, trend('{2024-01-01:-1}', '2025-01-01') AS refund,
    trend('{2024-01-01:1}', '2025-01-01') AS silence, trend(NULL, '2024-01-01') AS nothing, trend('{2024-01-01:1}', NULL) AS nothing;

-- From arrays, as from rows; a history taken apart and put together is the same.
SELECT history(ARRAY['2024-02-01', '2024-01-01', NULL, '2024-01-01', '2024-03-01']::date[], ARRAY[1, 2, 3, 0.5, NULL]);
SELECT history('{}'::date[], '{}'), history(ARRAY[NULL]::date[], ARRAY[1]), history(NULL::date[], '{1}'), history('[5:6]={2024-01-01,2024-01-02}'::date[], '{1,2}');
SELECT id, history(days(h), amounts(h)) = h AS same FROM sample ORDER BY id; -- but for the star
SELECT id, rollup(h) = h AS same, (SELECT history(day, amount) FROM entries(h)) = h AS same FROM sample WHERE id NOT IN (1, 4, 7) GROUP BY id, h ORDER BY id;

--
-- Order: by day, amount, occasion, entry by entry
--
SELECT i, h, h = lag(h) OVER (ORDER BY h) AS "=", h > lag(h) OVER (ORDER BY h) AS ">", history_cmp(h, lag(h) OVER (ORDER BY h)) AS cmp
FROM (VALUES (1, '{}'::history), (2, '{2023-12-31:1}'), (3, '{2024-01-05:-20}'), (4, '{2024-01-05:-20*}'), (5, '{2024-01-05:1}'), (6, '{2024-01-05:1,2024-01-06:1}'),
    (7, '{2024-01-05:1,2024-01-06:1}'), (8, '{2024-01-05:1,2024-01-07:-1}'), (9, '{2024-01-05:2}'), (10, '{2024-01-06:-9}')) v(i, h) ORDER BY h, i;
WITH s AS (SELECT h FROM sample)
SELECT bool_and((a.h < b.h) = (b.h > a.h) AND (a.h <= b.h) = (NOT a.h > b.h) AND (a.h >= b.h) = (NOT a.h < b.h) AND (a.h = b.h) = (NOT a.h <> b.h)
    AND (a.h <= b.h) = (a.h < b.h OR a.h = b.h) AND history_cmp(a.h, b.h) = -history_cmp(b.h, a.h) AND (history_cmp(a.h, b.h) = 0) = (a.h = b.h)
    AND (a.h <> b.h OR history_hash(a.h) = history_hash(b.h) AND history_hash_extended(a.h, 42) = history_hash_extended(b.h, 42))) AS consistent
FROM s a, s b;
SELECT history_hash('{}') = history_hash('{2024-01-05:1}') AS collide, history_hash_extended('{2024-01-05:1}', 1) = history_hash_extended('{2024-01-05:1}', 2) AS unseeded;

-- Grouped, joined and indexed
CREATE TABLE many AS
    SELECT i, history(ARRAY[date '2024-01-01' + i % 100], ARRAY[(i % 100)::float8]) AS h FROM generate_series(1, 1000) i;
CREATE INDEX many_btree ON many (h);
ANALYZE many;
SELECT count(*) AS groups, min(n) AS smallest, max(n) AS largest FROM (SELECT h, count(*) AS n FROM many GROUP BY h) g;
SELECT count(DISTINCT h) FROM many;
SET enable_seqscan TO off; SET enable_bitmapscan TO off; SET enable_indexonlyscan TO off;
EXPLAIN (COSTS off) SELECT count(*) FROM many WHERE h = '{2024-01-08:7}';
SELECT count(*) FROM many WHERE h = '{2024-01-08:7}';
SELECT count(*) FROM many WHERE h >= '{2024-01-08:7}' AND h < '{2024-01-10:9}';
DROP INDEX many_btree;
CREATE INDEX many_hash ON many USING hash (h);
EXPLAIN (COSTS off) SELECT count(*) FROM many WHERE h = '{2024-01-08:7}';
SELECT count(*) FROM many WHERE h = '{2024-01-08:7}';
RESET enable_seqscan; RESET enable_bitmapscan; RESET enable_indexonlyscan;
SET enable_mergejoin TO off; SET enable_nestloop TO off;
EXPLAIN (COSTS off) SELECT count(*) FROM many a JOIN many b ON a.h = b.h;
SELECT count(*) FROM many a JOIN many b ON a.h = b.h;
SET enable_mergejoin TO on; SET enable_hashjoin TO off;
SELECT count(*) FROM many a JOIN many b ON a.h = b.h;
RESET enable_mergejoin; RESET enable_hashjoin; RESET enable_nestloop;
CREATE TABLE partitioned (h history) PARTITION BY HASH (h);
CREATE TABLE partitioned_0 PARTITION OF partitioned FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE partitioned_1 PARTITION OF partitioned FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO partitioned SELECT h FROM many;
SELECT count(DISTINCT h), (SELECT count(*) > 0 FROM partitioned_0) AND (SELECT count(*) > 0 FROM partitioned_1) AS both_used FROM partitioned;

-- Outside the search_path operators need their schema, their functions only the usual prefix.
SET search_path TO public;
SELECT '{2024-01-05:1}'::clm.history OPERATOR(clm.+) '{2024-01-05:2}' AS plus, clm.merge('{2024-01-05:1}'::clm.history, '{2024-01-05:2}'),
    '{2024-01-05:1}'::clm.history OPERATOR(clm.<) '{2024-01-05:2}' AS less, '{2024-01-05:1}'::clm.history OPERATOR(clm.=) '{2024-01-05:1}' AS equal;
SELECT count(*) FROM (SELECT DISTINCT h FROM clm.many ORDER BY h) d;
SELECT count(*) FROM (SELECT h FROM clm.many UNION SELECT h FROM clm.sample) u;

--
-- The state of the aggregates, which a cluster ships between its nodes
--
SET search_path TO clm, public;
-- Called by hand the functions never change their arguments.
WITH s AS MATERIALIZED (SELECT history_transition(history_transition(NULL, date '2024-02-01', 5::float8), date '2024-01-01', -1::float8) AS s)
SELECT history_combine(s, s) AS twice, history_transition(s, date '2023-01-01') AS more, history_rollup_transition(s, '{2024-02-01:3,2024-02-02:4}') AS rolled, s AS unchanged,
    history_final(s) AS made, s AS unchanged
FROM s;
-- A state of 13 rows has room for more and is passed without being copied: still it stays as it was.
WITH s AS MATERIALIZED (
    SELECT history_transition((SELECT ('{' || string_agg(format('2024-01-%s:1', to_char(i, 'FM00')), ',' ORDER BY i) || '}')::history_state FROM generate_series(1, 12) i),
        date '2024-01-13', 1) AS s, '{2024-02-01:5,2024-02-02:-5}'::history_state AS other)
SELECT occasions(history_final(s)) AS n, occasions(history_final(history_transition(s, date '2024-03-01'))) AS more, occasions(history_final(s)) AS n,
    occasions(history_final(history_rollup_transition(s, '{2024-03-01:1,2024-03-02:1}'))) AS rolled, occasions(history_final(s)) AS n,
    occasions(history_final(history_combine(s, other))) AS combined, occasions(history_final(s)) AS n,
    occasions(history_final(history_combine(other, s))) AS combined, occasions(history_final(s)) AS n,
    total(history_final(history_combine(s, s))) AS twice, occasions(history_final(s)) AS n, other
FROM s;
SELECT history_transition(NULL::history_state, NULL::date) AS nothing, history_transition('{2024-01-01:1}'::history_state, NULL::date) AS same,
    history_transition('{2024-01-01:1}'::history_state, date '2024-01-01', NULL::numeric) AS same, history_combine(NULL, NULL) AS nothing,
    history_combine(NULL, '{2024-01-01:1}') AS same, history_combine('{2024-01-01:1}', NULL) AS same, history_final(NULL) AS nothing, history_final('{}') AS empty;
-- The rows of a day stay apart until the end, the state is printed and sent in one order.
SELECT '{2024-02-01:5,2024-01-01:-1,2024-02-01:-7,2024-02-01:-5*}'::history_state AS s, history_final('{2024-02-01:5,2024-01-01:-1,2024-02-01:-7,2024-02-01:-5*}');
SELECT history_state_send('{2024-02-01:5,2024-01-01:-1,2024-02-01:-7}') = history_state_send('{2024-02-01:-7,2024-02-01:5,2024-01-01:-1}') AS same;
CREATE TABLE states (i int, s history_state);
INSERT INTO states
    SELECT i % 5, s FROM generate_series(1, 20) i, LATERAL (SELECT history_transition(history_transition(NULL, date '2024-01-01' + i % 3, 1.5::float8 * i), date '2024-01-01', -i::numeric)) t(s);
INSERT INTO states SELECT 100, history_state_in(history_out(h)) FROM sample WHERE id = 6;
SELECT i, history_combine(a, b)::text = history_combine(b, a)::text AS commutative,
    history_final(history_combine(a, b)) = history_final(a) + history_final(b) AS "as +",
    history_final(history_combine(a::text::history_state, b::text::history_state)) = history_final(history_combine(a, b)) AS through_text
FROM (SELECT DISTINCT ON (x.i) x.i, x.s AS a, y.s AS b FROM states x JOIN states y ON x.i = y.i AND (x.s::text <> y.s::text OR x.i = 100) ORDER BY x.i, x.s::text, y.s::text) p ORDER BY i;

DROP TABLE sample, copied, stored, purchase, many, partitioned, states;
DROP FUNCTION digest_of_texts();
