-- The aggregate clm.cohorts and its entries: a worked example, plain SQL over all four calendars, edge days, growth
-- accounting, bad input, states.
\set VERBOSITY terse
SET datestyle = ISO;

-- The error of a statement, or its first column where there is none
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

-- Five customers: two come in January, one with a refund in the year before, one in February; the others do not count by then
CREATE TEMP TABLE customer AS
    SELECT * FROM (VALUES (1, '{2024-01-05:20,2024-02-11:-3,2024-02-12:1,2024-04-01:5}'::clm.history), (2, '{2024-02-01:7.5,2024-03-01:-2}'),
        (3, '{2023-12-31:-4,2024-01-31:1}'), (4, NULL), (5, '{2024-01-01:-3}'), (6, '{2024-05-01:3}'), (7, '{}')) v(id, h);
SELECT clm.cohorts(h, '2024-04-30', 'month') FROM customer;
SELECT e.* FROM (SELECT clm.cohorts(h, '2024-04-30', 'Month') AS c FROM customer) q, clm.entries(c) e;
SELECT clm.cohorts(h, '2024-01-31', 'YEAR') FROM customer;
SELECT clm.entries(c) FROM (SELECT clm.cohorts(h, '2024-01-31', 'quarter') AS c FROM customer) q;
-- None: NULL, and no rows
SELECT clm.cohorts(h, '2023-12-31', 'week') AS before_all, clm.cohorts(h, '2024-12-31', 'week') FILTER (WHERE id > 99) AS no_rows,
       clm.cohorts(h, '2024-12-31', 'week') FILTER (WHERE id IN (4, 5, 7)) AS none_counts FROM customer;
SELECT count(*) FROM clm.entries(NULL::clm.cohorts);
-- Running, as a window function
SELECT id, c FROM (SELECT id, clm.cohorts(h, '2024-02-29', 'month') OVER (ORDER BY id) AS c FROM customer) w ORDER BY id;

-- ---- the same by plain SQL, on simulated orders with some refunds ----
CREATE TEMP TABLE simulated AS
    SELECT id, clm.history(day, amount) AS h
    FROM (SELECT customer_id AS id, day, amount FROM clm.simulate(400, '2019-01-01', '2024-12-31', 5, join_by => '2023-12-31')
          UNION ALL SELECT customer_id, day - 40 + (customer_id * 31 % 100)::integer, -amount / 4 FROM clm.simulate(400, '2019-01-01', '2024-12-31', 6) WHERE customer_id % 4 = 0) o
    GROUP BY id;
CREATE FUNCTION pg_temp.by_sql(as_of date, unit text) RETURNS TABLE (cohort date, period integer, period_day date, size bigint, active bigint, stayed bigint, amount numeric) LANGUAGE sql AS $$
    WITH step AS (SELECT CASE unit WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || unit)::interval END AS step),
    entry AS (SELECT id, date_trunc(unit, e.day)::date AS p, e.amount, e.occasion FROM simulated, clm.entries(h) e WHERE e.day <= as_of),
    came AS (SELECT id, min(p) AS cohort FROM entry WHERE occasion GROUP BY id),
    cell AS (SELECT id, cohort, greatest(p, cohort) AS p, bool_or(occasion) AS active, sum(amount::numeric) AS amount FROM entry JOIN came USING (id) GROUP BY 1, 2, 3),
    moved AS (SELECT c.*, c.active AND EXISTS (SELECT FROM cell b, step WHERE b.id = c.id AND b.p = c.p - step AND b.active) AS stayed FROM cell c)
    SELECT c.cohort, (row_number() OVER (PARTITION BY c.cohort ORDER BY g.p) - 1)::integer, g.p::date, (SELECT count(*) FROM came WHERE came.cohort = c.cohort),
        count(m.id) FILTER (WHERE m.active), count(m.id) FILTER (WHERE m.stayed), coalesce(sum(m.amount), 0)
    FROM (SELECT DISTINCT cohort FROM came) c CROSS JOIN step CROSS JOIN LATERAL generate_series(c.cohort::timestamp, as_of::timestamp, step) g(p) LEFT JOIN moved m ON m.cohort = c.cohort AND m.p = g.p
    GROUP BY c.cohort, g.p
$$;
SET jit = off;
CREATE TEMP TABLE mine AS
    SELECT unit, as_of, e.* FROM unnest('{week,month,quarter,year}'::text[]) unit, unnest('{2024-12-31,2024-02-29,2021-01-03}'::date[]) as_of,
        LATERAL (SELECT clm.cohorts(h, as_of, unit) AS c FROM simulated) q, LATERAL clm.entries(c) WITH ORDINALITY e(cohort, period, period_day, size, active, stayed, amount, row);
CREATE TEMP TABLE by_sql AS
    SELECT unit, as_of, o.*, row_number() OVER (PARTITION BY unit, as_of ORDER BY cohort, period) AS row FROM (SELECT DISTINCT unit, as_of FROM mine) u, LATERAL pg_temp.by_sql(as_of, unit) o;
SELECT unit, as_of, count(*) > 1 AS rows, bool_and((m.cohort, m.period, m.period_day, m.size, m.active, m.stayed) IS NOT DISTINCT FROM (o.cohort, o.period, o.period_day, o.size, o.active, o.stayed)) AS same,
    max(abs(m.amount - o.amount::float8)) < 1e-9 AS same_amounts
FROM mine m FULL JOIN by_sql o USING (unit, as_of, row) GROUP BY unit, as_of ORDER BY unit, as_of;
-- The totals are those of the histories; growth accounting by calendar month, from the cells and customer by customer
SELECT unit, as_of, abs(sum(amount) - t) < 1e-6 AS all_money, sum(size) FILTER (WHERE period = 0) = n AS all_customers
FROM mine, LATERAL (SELECT sum(clm.total(h, NULL, as_of)) AS t, count(*) AS n FROM simulated WHERE clm.occasions(h, NULL, as_of) > 0) s GROUP BY unit, as_of, t, n ORDER BY unit, as_of;
CREATE TEMP TABLE flow AS
    SELECT period_day, sum(active) AS active, sum(size) FILTER (WHERE period = 0) AS new, sum(stayed) AS again
    FROM (SELECT clm.cohorts(h, '2024-12-31', 'month') AS c FROM simulated) q, clm.entries(c) GROUP BY period_day;
SELECT count(*) AS months, bool_and((active, coalesce(new, 0), again, active - coalesce(new, 0) - again, before - again) IS NOT DISTINCT FROM
    (s.now, s.first, s."returning", s.back, s.gone)) AS same
FROM (SELECT *, lag(active, 1, 0) OVER (ORDER BY period_day) AS before, period_day - 1 AS d, (period_day + interval '1 month - 1 day')::date AS e, (period_day - interval '1 month 1 day')::date AS b FROM flow) f, LATERAL (
    SELECT count(*) FILTER (WHERE now) AS now, count(*) FILTER (WHERE now AND NOT ever) AS first, count(*) FILTER (WHERE now AND just) AS "returning",
        count(*) FILTER (WHERE now AND ever AND NOT just) AS back, count(*) FILTER (WHERE just AND NOT now) AS gone
    FROM (SELECT clm.occasions(h, d, e) > 0 AS now, clm.occasions(h, (d + 1 - interval '1 month')::date - 1, d) > 0 AS just, clm.occasions(h, NULL, d) > 0 AS ever FROM simulated) a) s;
-- A past day replayed: the histories as they stood then give the same
SELECT unit, clm.cohorts(h, '2022-05-31', unit)::text = clm.cohorts(clm.as_of(h, '2022-05-31'), '2022-05-31', unit)::text AS same
FROM simulated, unnest('{week,month,quarter,year}'::text[]) unit GROUP BY unit ORDER BY unit;

-- ---- edge days: the first days of periods as date_trunc gives them ----
CREATE TEMP TABLE edge AS
    SELECT day FROM (VALUES (date '2024-02-28'), ('2024-02-29'), ('2024-03-01'), ('2023-02-28'), ('2023-03-01'), ('2000-02-29'), ('1900-02-28'), ('1900-03-01'), ('2100-02-28'), ('2100-03-01'),
        ('2020-12-27'), ('2020-12-28'), ('2020-12-31'), ('2021-01-01'), ('2021-01-03'), ('2021-01-04'), ('2019-12-29'), ('2019-12-30'), ('2020-01-01'), ('2026-12-31'), ('2027-01-03'), ('2027-01-04'),
        ('0001-01-01'), ('0001-12-31 BC'), ('0001-01-01 BC'), ('0005-02-29 BC'), ('0004-12-31 BC'), ('4713-01-01 BC'), ('4713-12-31 BC'), ('294276-12-31'), ('1582-10-10')) v(day);
SELECT unit, count(*), bool_and(e.cohort = date_trunc(unit, day::timestamp)::date AND period_day = e.cohort) AS same
FROM (SELECT unit, day, clm.cohorts(clm.history(ARRAY[day], '{1}'), day, unit) AS c FROM edge, unnest('{week,month,quarter,year}'::text[]) unit GROUP BY unit, day) q, clm.entries(c) e GROUP BY unit ORDER BY unit;
-- The first and the last date: the earliest period of all begins with the first date there is
SELECT unit, (SELECT string_agg(period_day::text, ' ' ORDER BY period) FILTER (WHERE period < 3 OR active > 0) FROM clm.entries(f)) AS first, (SELECT string_agg(period_day::text, ' ') FROM clm.entries(l)) AS last
FROM (SELECT unit, clm.cohorts('{4714-11-24 BC:1}', '4713-01-01 BC', unit) AS f, clm.cohorts('{5874897-12-31:1}', '5874897-12-31', unit) AS l
      FROM unnest('{week,month,quarter,year}'::text[]) unit GROUP BY unit) q ORDER BY unit;
-- Amounts of all sizes, in any order: correctly rounded
SELECT array_agg(DISTINCT amount) AS amounts, count(DISTINCT c::text) FROM (SELECT clm.cohorts(h, '2024-01-31', 'month' ORDER BY id * 7 % k) AS c
    FROM (VALUES (1, '{2024-01-01:1e300}'::clm.history), (2, '{2024-01-02:0.1}'), (3, '{2024-01-02:0,2024-01-03:-1e300}'), (4, '{2024-01-02:0.2}'), (5, '{2024-01-02:5e-324}'), (6, '{2024-01-05:-0}')) v(id, h),
        generate_series(3, 9) k GROUP BY k) q, clm.entries(c);

-- ---- bad arguments ----
SELECT i, pg_temp.try(format('SELECT clm.cohorts(h, %s) FROM (VALUES (''{2024-01-01:1}''::clm.history)) v(h)', arguments)) AS says FROM (VALUES
    (1, $$NULL, 'month'$$), (2, $$'infinity', 'month'$$), (3, $$'-infinity', 'month'$$), (4, $$'2024-01-31', NULL$$), (5, $$'2024-01-31', 'day'$$), (6, $$'2024-01-31', ''$$), (7, $$'2024-01-31', 'months'$$),
    (8, $$'2024-01-31', ' week'$$), (9, $$'2024-01-31', 'MÖNTH'$$), (10, $$'2100-08-29', 'week'$$), (11, $$'2100-08-30', 'week'$$), (12, $$'2357-04-30', 'month'$$), (13, $$'2357-05-01', 'month'$$),
    (14, $$'3023-12-31', 'quarter'$$), (15, $$'3024-01-01', 'quarter'$$), (16, $$'6023-12-31', 'year'$$), (17, $$'6024-01-01', 'year'$$), (18, $$'5874897-12-31', 'year'$$)) v(i, arguments)
WHERE pg_temp.try(format('SELECT clm.cohorts(h, %s) FROM (VALUES (''{2024-01-01:1}''::clm.history)) v(h)', arguments)) LIKE '_____ |%' ORDER BY i;
-- Also for a history that does not count
SELECT pg_temp.try('SELECT clm.cohorts(NULL, NULL, ''week'')') AS as_of, pg_temp.try('SELECT clm.cohorts(NULL, ''2024-01-01'', ''decade'')') AS calendar;
-- Two values of what is one
SELECT pg_temp.try($$SELECT clm.cohorts(h, date '2024-04-30' - id % 2, 'month') FROM customer$$) AS as_of,
       pg_temp.try($$SELECT clm.cohorts(h, '2024-04-30', (ARRAY['month', 'Month', 'week'])[id]) FROM customer WHERE id <= 3$$) AS calendar,
       pg_temp.try($$SELECT clm.cohorts(h, '2024-04-30', (ARRAY['month', 'Month', 'MONTH'])[id]) IS NOT NULL FROM customer WHERE id <= 3$$) AS the_same;
SELECT pg_temp.try($$SELECT sum(amount) FROM (SELECT clm.cohorts(h, '2024-01-30', 'month') AS c FROM unnest('{"{2024-01-01:1.7e308}","{2024-01-02:1.7e308}"}'::clm.history[]) h) q, clm.entries(c)$$) AS too_much;

-- ---- the value, stored ----
CREATE TEMP TABLE stored AS SELECT unit, clm.cohorts(h, '2024-12-31', unit) AS c FROM simulated, unnest('{week,month,quarter,year}'::text[]) unit GROUP BY unit;
SELECT unit, c::text::clm.cohorts::text = c::text AS by_text, clm.cohorts_send(c::text::clm.cohorts) = clm.cohorts_send(c) AS in_binary,
    (SELECT count(*) FROM clm.entries(c)) = (SELECT count(*) FROM clm.entries(c::text::clm.cohorts)) AS same_rows FROM stored ORDER BY unit;
-- COPY, in binary
CREATE TEMP TABLE copied (LIKE stored);
\set file `mktemp`
\setenv CLM_COPY :file
\copy stored TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy copied FROM PROGRAM 'cat "$CLM_COPY"; rm "$CLM_COPY"' (FORMAT binary)
SELECT count(*), bool_and(c.c::text = s.c::text) AS same FROM copied c JOIN stored s USING (unit);
SELECT count(*) FROM clm.entries('1 week 0 0'::clm.cohorts);
SELECT pg_temp.try('SELECT ''1 week 0''::clm.cohorts') AS too_short;
-- A literal without a type is still a history
SELECT * FROM clm.entries('{2024-01-05:20}');

-- ---- the state, printed and sent ----
CREATE AGGREGATE pg_temp.gather(clm.history, date, text) (SFUNC = clm.cohorts_transition, STYPE = clm.cohorts_state);
CREATE TEMP TABLE state AS SELECT pg_temp.gather(h, '2024-04-30', 'month') AS s FROM customer;
SELECT s FROM state;
CREATE TEMP TABLE states AS SELECT unit, pg_temp.gather(h, '2024-12-31', unit) AS s, clm.cohorts(h, '2024-12-31', unit) AS c FROM simulated, unnest('{week,month,quarter,year}'::text[]) unit GROUP BY unit;
SELECT unit, s::text::clm.cohorts_state::text = s::text AS as_text, clm.cohorts_state_send(s::text::clm.cohorts_state) = clm.cohorts_state_send(s) AS in_binary,
    clm.cohorts_final(s::text::clm.cohorts_state)::text = c::text AS finished, (SELECT sum(size) FROM clm.entries(clm.cohorts_final(clm.cohorts_combine(s, s::text::clm.cohorts_state)))) = 2 * (SELECT sum(size) FROM clm.entries(c)) AS twice, clm.cohorts_final(s)::text = c::text AS still FROM states ORDER BY unit;
SELECT clm.cohorts_final(NULL) AS nothing, clm.cohorts_combine(NULL, NULL) AS nothing_twice, clm.cohorts_final('1 week 0 0') AS empty, clm.cohorts_combine(NULL, '1 week 0 0') AS and_nothing;
SELECT i, pg_temp.try(format('SELECT %L::clm.cohorts_state', state)) AS says FROM (VALUES
    (1, '1 month 8886 1 3 1 0 2 0 68 1 7'), (2, ''), (3, '2 month 8886 1 3 1 0 2 0 68 1 7'), (4, '1 decade 8886 1 3 1 0 2 0 68 1 7'), (5, '1 month 3000000000 0'), (6, '1 month -2451546 0'), (7, '1 month 8886 -1'),
    (8, '1 month 8886 1 -1 1 0 2 0 68 1 7'), (9, '1 month 8886 1 4000 1 0 2 0 68 1 7'), (10, '1 month 8886 2 3 1 0 2 0 68 1 7 3 1 0 2 0 68 1 7'), (11, '1 month 8886 1 3 0'), (12, '1 month 8886 1 3 1 1 2 0 68 1 7'),
    (13, '1 month 8886 1 3 1 0 0 0 68 1 7'), (14, '1 month 8886 1 3 1 0 2 1 68 1 7'), (15, '1 month 8886 1 3 2 0 2 0 68 1 7 1 3 0 0 0'), (16, '1 month 8886 1 3 2 0 2 0 68 1 7 4 1 0 0 0'), (17, '1 month 8886 1 3 2 0 2 0 68 1 7 0 1 0 0 0'),
    (18, '1 month 8886 1 3 2 0 2 0 68 1 7 1 0 0 0 0'), (19, '1 month 8886 1 3 2 0 2 0 68 1 7 1 2 1 0 0'), (20, '1 month 8886 1 3 1 0 2 0 137 1 7'), (21, '1 month 8886 1 3 1 0 2 0 -1 1 7'), (22, '1 month 8886 1 3 1 0 2 0 0 138 7'),
    (23, '1 month 8886 1 3 1 0 2 0 68 1 0'), (24, '1 month 8886 1 3 1 0 2 0 68 2 7 0'), (25, '1 month 8886 1 3 1 0 2 0 68 1 4294967296'), (26, '1 month 8886 1 3 1 0 2 0 68 2 7 -7'), (27, '1 month 8886 1 3 1 0 2 0 68 2 7'),
    (28, '1 month 8886 1 3 1 0 2 0 68 1 7 7'), (29, '1 month 8886 1 3 1 0 9007199254740993 0 68 1 7'), (30, '1 month 8886 2 3 1 0 9007199254740992 0 68 1 7 2 1 0 1 0 0 0'), (31, '1 month -2451545 1 1 1 0 2 0 68 1 7'),
    (32, '1 month 8886 9223372036854775807 3 1 0 2 0 68 1 7'), (33, '1 month 8886 1 3 9223372036854775807 0 2 0 68 1 7'), (34, '1 month 8886 1 3 1 0 2 0 5 0'), (35, '1 month 8886 1 3 1 0 x 0 68 1 7')) v(i, state) ORDER BY i;
-- Sums of numbers that no double is
SELECT pg_temp.try('SELECT clm.entries(clm.cohorts_final(clm.cohorts_combine(s, s))) FROM (VALUES (''1 month 8886 1 3 1 0 2 0 136 1 4294967295''::clm.cohorts_state)) v(s)') AS too_large;

-- Binary: what a message says, a state or the error. Every prefix of one is refused, and every byte of it matters
CREATE TEMP TABLE received (state clm.cohorts_state);
CREATE FUNCTION pg_temp.receive(field bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    file bytea := '\x5047434f50590aff0d0a00' || '\x0000000000000000'::bytea || '\x0001' || int4send(length(field)) || field || '\xffff';
    escaped text := '';
    result text;
BEGIN
    FOR i IN 0..length(file) - 1 LOOP
        escaped := escaped || '\' || (get_byte(file, i) / 64) || (get_byte(file, i) / 8 % 8) || (get_byte(file, i) % 8);
    END LOOP;
    TRUNCATE pg_temp.received;
    EXECUTE format('COPY pg_temp.received FROM PROGRAM %L (FORMAT binary)', format('printf ''%s''', escaped));
    SELECT state::text INTO STRICT result FROM pg_temp.received;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(result, ''));
END
$$;
CREATE TEMP TABLE message AS SELECT clm.cohorts_state_send('1 month 8886 2 3 2 0 2 0 68 1 7 1 1 1 67 2 -7 -8 1 1 0 1 0 0 0') AS m;
SELECT m, pg_temp.receive(m) FROM message;
SELECT pg_temp.receive('') AS empty, pg_temp.receive('\x02') AS version, pg_temp.receive('\x0104000022b600000000') AS calendar;
SELECT pg_temp.receive('\x01017fffffff00000000') AS day, pg_temp.receive('\x0101000022b6ffffffff') AS short, pg_temp.receive('\x0101000022b60000000000') AS long;
SELECT count(*), count(*) FILTER (WHERE pg_temp.receive(substr(m, 1, n)) ~ '^(22P03|08P01) ') AS refused FROM message, generate_series(0, length(m) - 1) n;
SELECT count(*), count(*) FILTER (WHERE says = '1 month 8886 2 3 2 0 2 0 68 1 7 1 1 1 67 2 -7 -8 1 1 0 1 0 0 0') AS unseen, count(*) FILTER (WHERE says !~ '^(1|22P03|08P01) ') AS other
FROM message, generate_series(0, length(m) - 1) n, unnest('{1,128}'::integer[]) bits, LATERAL (SELECT pg_temp.receive(set_byte(m, n, get_byte(m, n) # bits)) AS says) r;
