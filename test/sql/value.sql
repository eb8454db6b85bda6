-- clm.value: the five parts of what a customer is worth, their total, and their sum over customers.
SET search_path TO clm, public;

--
-- Purchase value: spending * share * unit margin
--
-- A household spends 12,000 a year in the category, 35 % of it here, at a margin of 30 %: 1,260 a year. Over all years, with
-- retention .8 and discount .1 at the end of the period, times .8/.3: 3,360. The rest of the wallet is worth 2,340.
SELECT cpv(12000, .35, .30), round(cpv(12000, .35, .30)::numeric * .8 / .3, 2) AS all_years, cpv(12000, 1 - .35, .30) AS wallet_gap;
SELECT clv(cpv(12000, .35, .30), .8, .1)::numeric(12, 2) AS all_years;
SELECT cpv(100, .5, -.1) AS loss, cpv(0, 0, 0) AS nothing, cpv(100, 1, .3) AS all_of_it, cpv(NULL, .5, .1) AS "null", cpv(1, NULL, .1) AS "null", cpv(1, .5, NULL) AS "null";

-- Praise value, as a textbook has it: influence * reach * mean cpv of those reached
SELECT .02 * 150 * 420 AS ppv;
-- Referral value (Kumar, Petersen & Leone 2007): margin A less referral cost a and marketing M, plus saved acquisition cost,
-- of a customer who would not have joined (type 1); the saved cost alone of one who would have (type 2); discounted at 8 %.
SELECT t, type, round(sum(value / 1.08 ^ t), 2) AS discounted, round(sum(sum(value / 1.08 ^ t)) OVER (ORDER BY type, t), 2) AS crv
FROM (VALUES (1, 1, 100 - 5 - 10 + 40), (2, 1, 120 - 10), (1, 2, 40)) referral(t, type, value) GROUP BY t, type ORDER BY type, t;

--
-- Total: a NULL part counts as 0, nothing at all is NULL
--
SELECT v, total(v), v IS NULL AS is_null FROM (VALUES
    (1, ROW(1260, 1260, 2, NULL, 50)::value), (2, ROW(1260, NULL, NULL, NULL, NULL)::value), (3, ROW(NULL, NULL, NULL, NULL, 0)::value),
    (4, ROW(NULL, NULL, NULL, NULL, NULL)::value), (5, NULL), (6, ROW(-5, 3, 0, 0, -0.0::float8)::value),
    (7, ROW(.1, .2, .3, -.6, NULL)::value), (8, ROW(1e300, 1, -1e300, 1e-300, 0)::value), (9, ROW(1e308, 1e308, -1e308, 0, 0)::value)) t(i, v) ORDER BY i;
SELECT (v).*, (v).cpv + coalesce((v).ppv, 0) AS two FROM (SELECT ROW(1, 2, 3, NULL, 5)::value AS v) q;
SELECT total(ROW(1, 2, 3, 4, 5)) AS row, total((1, NULL, 3, 4, 5)::value) AS converted_row;

--
-- Sum over customers, merge and +
--
CREATE TABLE customer (id int, v value);
INSERT INTO customer VALUES (1, (1260, 1260, 2, NULL, 50)), (2, (.1, NULL, 2, NULL, NULL)), (3, (.2, -60, 2, NULL, NULL)), (4, NULL), (5, (NULL, NULL, NULL, NULL, NULL)), (6, (.3, .1, 2, NULL, .1));
SELECT sum(v), total(sum(v)), (sum(v)).cpv, count(v) FROM customer;
SELECT id > 3 AS later, sum(v), sum(v) FILTER (WHERE id = 4) AS nothing FROM customer GROUP BY 1 ORDER BY 1;
SELECT sum(v) AS no_parts, sum(v) IS NULL AS is_null, total(sum(v)) FROM customer WHERE id = 5;
SELECT sum(v) AS no_value, total(sum(v)) FROM customer WHERE id = 4;
SELECT id, sum(v) OVER (ORDER BY id) AS running, sum(v) OVER (ORDER BY id ROWS 1 PRECEDING) AS two FROM customer ORDER BY id;
SELECT sum(v) = sum(v ORDER BY id DESC) AS same FROM customer;
-- A portfolio's total leaves ppv out, as cpv has the purchases of referred customers already.
SELECT total(sum(v)) - (sum(v)).ppv AS portfolio FROM customer;

SELECT a + b AS plus, merge(a, b) = a + b AS same, b + a = a + b AS commutative
FROM (VALUES (1, ROW(1, 2, NULL, 4, NULL)::value, ROW(10, NULL, NULL, 40, 50)::value), (2, ROW(1, 2, 3, 4, 5)::value, NULL), (3, NULL, NULL),
    (4, ROW(NULL, NULL, NULL, NULL, NULL)::value, NULL), (5, ROW(.1, 1e300, 0, -0.0::float8, 1)::value, ROW(.2, -1e300, 0, -0.0::float8, 1e-300)::value)) t(i, a, b) ORDER BY i;
SELECT sum(v) = (SELECT a.v + b.v + c.v FROM customer a, customer b, customer c WHERE (a.id, b.id, c.id) = (1, 2, 3)) AS sum_is_plus FROM customer WHERE id <= 3;

-- Exact whatever the order: what is left of huge numbers that cancel is not lost.
CREATE TABLE extreme AS SELECT i, x FROM unnest('{1e300,-1e300,1e-300,4.94065645841247e-324,1,-1e300,1e300,1e16,0.1,-1e16,-4.94065645841247e-324,1.7976931348623157e308,1.7976931348623157e308,-1.7976931348623157e308,-1.7976931348623157e308}'::float8[])
    WITH ORDINALITY u(x, i);
SELECT DISTINCT s.* FROM generate_series(1, 100) run, LATERAL (SELECT (sum(ROW(x, -x, x - 1, NULL, 1)::value ORDER BY md5(i || ' ' || run))).* FROM extreme) s;
-- The sum of cents is what exact arithmetic gives.
SELECT (sum(ROW(c / 100.0::float8, NULL, -c / 100.0::float8, NULL, NULL)::value)).*, sum(c / 100.0::float8) AS plain, sum(c) / 100.0 AS exact FROM generate_series(1, 100000) c;
-- The state of a group of money amounts
SELECT pg_column_size(state) < 256 AS small FROM (SELECT value_transition(value_transition(NULL, ROW(12.34, 1999.99, .01, NULL, 100000)::value), ROW(10000000.01, 1, 1, 1, 1)::value) AS state) q;

--
-- sum in the search_path leaves the server's own alone.
--
SELECT sum(i) AS int, sum(i::bigint) AS bigint, sum(i::numeric) AS numeric, sum(i::float8) AS float8, sum(i::float4) AS float4, sum(i::smallint) AS smallint,
    sum(i * interval '1 day') AS interval, sum(i::numeric::money) = '6'::money AS money, sum(DISTINCT i % 2) AS "distinct", sum(ROW(i, 1, NULL, NULL, NULL)) AS row FROM generate_series(1, 3) i;
SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'clm'::regnamespace AND proname = 'sum';
-- Without the schema in the search_path
SET search_path TO public;
SELECT clm.sum(v), clm.total(clm.sum(v)), clm.merge(clm.sum(v), NULL), clm.sum(v) OPERATOR(clm.+) clm.sum(v) AS plus, sum(id) FROM clm.customer;
SET search_path TO clm, public;

--
-- Share of wallet: purchases of a year over the spending in the category, at most 1
--
CREATE TABLE wallet AS SELECT 1 AS id, '{2024-02-01:1200,2024-08-01:3000}'::history AS h, 12000::float8 AS category_spend, 1260::float8 AS ppv, 50::float8 AS ctv
    UNION ALL SELECT 2, '{2024-05-01:700}', 500, NULL, NULL;
SELECT id, clm.total(v) AS clv5, (v).*, sow, (1-sow)*category_spend*.30 AS wallet_gap FROM
 (SELECT id, category_spend, sow, ROW(clm.cpv(category_spend,sow,.30), ppv, 2, NULL, ctv)::clm.value v
  FROM (SELECT *, least(1,clm.total(h,date '2024-12-31'-365,date '2024-12-31')/category_spend) sow FROM wallet) a) b ORDER BY id;

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
    $$cpv(12000, 1.0000001, .3)$$, $$cpv(12000, -.1, .3)$$, $$cpv(-1, .3, .3)$$, $$cpv('NaN', .3, .3)$$, $$cpv(1, 'NaN', .3)$$, $$cpv('Infinity', .3, .3)$$,
    $$cpv(1, .3, '-Infinity')$$, $$cpv(1e308, 1, 10)$$,
    $$total(ROW(1, 'NaN', NULL, NULL, NULL)::value)$$, $$total(ROW('-Infinity', 1, NULL, NULL, NULL)::value)$$, $$total(ROW(1e308, 1e308, NULL, NULL, NULL)::value)$$,
    $$ROW(1, 2, 3, 4, 'Infinity')::value + NULL$$, $$NULL + ROW(1, 2, 'NaN', 4, 5)::value$$, $$ROW(1, 2, 1e308, 4, 5)::value + ROW(1, 2, 1e308, 4, 5)::value$$,
    $$sum(ROW(1, 2, NULL, 'NaN', 1)::value)$$, $$sum(ROW(NULL, 1e308, NULL, NULL, 1)::value) FROM generate_series(1, 2)$$,
    -- a literal without a type may be a history or a value
    $$total('{2024-01-01:5}')$$, $$total('{2024-01-01:5}'::history)$$]) WITH ORDINALITY u(call, i) ORDER BY i;
SELECT cpv(12000, 1.4, .3);
SELECT cpv(12000, -.1, .3);

--
-- The state: its text comes back, malformed ones are refused
--
CREATE TABLE state (i int GENERATED ALWAYS AS IDENTITY, s value_state);
INSERT INTO state (s) SELECT value_transition(NULL, v) FROM (SELECT v FROM customer WHERE v IS NOT NULL OR id = 5 ORDER BY id) q;
INSERT INTO state (s) SELECT value_transition(value_transition(NULL, ROW(x, 1, -x, 0, NULL)), ROW(-x, 1, 1, 1, 1)) FROM unnest('{1e300,4.94065645841247e-324,1,0.1}'::float8[]) x;
SELECT i, left(s::text, 70) AS state, value_final(s), s::text::value_state::text = s::text AS same FROM state ORDER BY i;
SELECT value_final(value_combine(a.s, b.s)) = value_final(a.s) + value_final(b.s) AS combine_is_plus, count(*) FROM state a, state b GROUP BY 1;
SELECT value_combine(a.s, b.s)::text = value_combine(b.s, a.s)::text AS commutative, count(*) FROM state a, state b GROUP BY 1;
SELECT value_combine(NULL, NULL) IS NULL AS "null", value_combine(NULL, s)::text = s::text AS same, value_combine(s, NULL)::text = s::text AS same, value_final(NULL) IS NULL AS "null" FROM state WHERE i = 1;
-- A text in other digits means the same and is put in order.
SELECT '1 1 0 0 0 0 66 4 0 0 5 0  0 0 0 0  0 0 0 0  0 0 0 0  0 0 0 0'::value_state, '1 1 0 0 0 0 67 2 -1 1 0 0 0 0 0 0 0 0'::value_state;

SELECT input, try(format('SELECT %L::value_state', input)) FROM unnest(ARRAY[
    '', ' ', 'x', '1', '2 0 0 0 0 0 0 0', '0 0 0 0 0 0 0 0', '1 0 0 0 0 0', '1 0 0 0 0 0 0', '1 0 0 0 0 0 0 0 0', '1 0 0 0 0 0 0 1 0 0 0 0', '1 0 0 0 0 0 0 1 0 0 0 0 0 0',
    '1 -1 0 0 0 0 0 0', '1 0 0 0 0 -9223372036854775808 0 0', '1 0 0 0 0 9223372036854775808 0 0', '1 0.5 0 0 0 0 0 0', '1 1e3 0 0 0 0 0 0', '1 NaN 0 0 0 0 0 0',
    '1 0 0 0 0 0 -1 0', '1 0 0 0 0 0 0 -1', '1 0 0 0 0 0 138 0', '1 0 0 0 0 0 0 138', '1 0 0 0 0 0 137 1', '1 0 0 0 0 0 9223372036854775807 9223372036854775807',
    '1 0 0 0 0 0 68 1 4294967296 0 0 0 0', '1 0 0 0 0 0 68 1 0 0 0 0 -4294967296', '1 0 0 0 0 0 68 1 0 0 0 0 4294967295', '1 0 0 0 0 0 68 1 0 0 x 0 0', '1 0 0 0 0 0 0 0 ', ' 1 0 0 0 0 0 0 0']) WITH ORDINALITY u(input, i) ORDER BY i;
-- At the far ends: the last place, and counts that cannot grow
SELECT try($$SELECT value_final('1 1 0 0 0 0 136 1 1 0 0 0 0')$$) AS final, try($$SELECT value_final(value_combine('1 1 0 0 0 0 136 1 4294967295 0 0 0 0', '1 1 0 0 0 0 136 1 4294967295 0 0 0 0'))$$) AS places,
    try($$SELECT value_final('1 1 0 0 0 0 0 1 1 0 0 0 0')$$) AS smallest, try($$SELECT value_combine('1 9223372036854775807 0 0 0 0 0 0', '1 1 0 0 0 0 0 0')$$) AS counts;

-- Malformed binary: a COPY file of one row with one field, the given bytes
CREATE TABLE received (s value_state);
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
CREATE FUNCTION message(counts bigint[], low int, width int, digits bigint[], version int DEFAULT 1) RETURNS bytea LANGUAGE sql AS $$
    SELECT substr(int4send(version), 4) || substr(int4send(low), 4) || substr(int4send(width), 4) || coalesce(string_agg(int8send(x), '' ORDER BY i), '')
    FROM unnest(counts || digits) WITH ORDINALITY u(x, i)
$$;
SELECT count(*), bool_and(receive(value_state_send(s)) = s::text) AS same FROM state;
SELECT name, receive(field) FROM (VALUES
    (1, 'nothing', ''::bytea),
    (2, 'version 0', message('{0,0,0,0,0}', 0, 0, '{}', 0)),
    (3, 'version 2', message('{0,0,0,0,0}', 0, 0, '{}', 2)),
    (4, 'empty sums', message('{0,0,0,0,0}', 0, 0, '{}')),
    (5, 'four counts', message('{0,0,0,0}', 0, 0, '{}')),
    (6, 'six counts', message('{0,0,0,0,0,0}', 0, 0, '{}')),
    (7, 'negative count', message('{0,0,0,0,-1}', 0, 0, '{}')),
    (8, 'no places', message('{0,0,0,0,0}', 138, 0, '{}')),
    (9, 'too many places', message('{0,0,0,0,0}', 0, 138, '{}')),
    (10, 'places behind the last', message('{0,0,0,0,0}', 137, 1, '{}')),
    (11, 'most places, no digits', message('{0,0,0,0,0}', 0, 137, '{}')),
    (12, 'largest window', message('{0,0,0,0,0}', 255, 255, '{}')),
    (13, 'digit too large', message('{0,0,0,0,0}', 68, 1, '{4294967296,0,0,0,0}')),
    (14, 'digit too small', message('{0,0,0,0,0}', 68, 1, '{0,0,0,0,-9223372036854775808}')),
    (15, 'largest digits', message('{1,0,0,0,1}', 68, 1, '{4294967295,0,0,0,-4294967295}')),
    (16, 'one byte missing', substr(message('{1,0,0,0,1}', 68, 1, '{1,0,0,0,1}'), 1, 82)),
    (17, 'one byte more', message('{1,0,0,0,1}', 68, 1, '{1,0,0,0,1}') || '\x00'),
    (18, 'smaller window', message('{1,0,0,0,0}', 60, 3, '{0,7,0,0,0,0,0,0,0,0,0,0,0,0,0}'))) v(i, name, field) ORDER BY i;

DROP TABLE customer, extreme, wallet, state, received;
DROP FUNCTION try(text), receive(bytea), message(bigint[], int, int, bigint[], int);
