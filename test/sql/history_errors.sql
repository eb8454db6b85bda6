-- clm.history: what it refuses, and how. The functions below answer with SQLSTATE and message.
SET search_path TO clm, public;
SET datestyle TO ISO;
SET timezone TO 'UTC';

-- The error of a statement, or its first column where there is none
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE statement INTO result;
    RETURN coalesce(result, 'NULL');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;

--
-- Malformed text
--
CREATE TABLE malformed (i int GENERATED ALWAYS AS IDENTITY, input text);
INSERT INTO malformed (input) VALUES
    (''), (' '), ('{'), ('}'), ('2024-01-05:20'), ('{2024-01-05:20'), ('{2024-01-05:20}}'), ('{2024-01-05:20} x'), ('{2024-01-05:20}{}'),
    ('{,}'), ('{2024-01-05:20,}'), ('{,2024-01-05:20}'), ('{2024-01-05:20;2024-01-06:20}'), ('{2024-01-05:20 2024-01-06:20}'),
    ('{2024-01-05}'), ('{2024-01-05:}'), ('{:20}'), ('{2024-01-05=20}'), ('{2024-01-05::20}'),
    -- days
    ('{2024-1-5:20}'), ('{24-01-05:20}'), ('{2024-01-005:20}'), ('{20240105:20}'), ('{2024/01/05:20}'), ('{05.01.2024:20}'), ('{yesterday:20}'), ('{infinity:20}'),
    ('{2024 -01-05:20}'), ('{2024- 01-05:20}'), ('{2024-01 -05:20}'), ('{-2024-01-05:20}'), ('{2024-01-05AD:20}'), ('{2024-01-05BC:20}'), ('{2024-01-05  BC:20}'), ('{2024-01-05 bc:20}'), ('{2024-01-05 BCE:20}'),
    ('{2024-00-05:20}'), ('{2024-13-05:20}'), ('{2024-01-00:20}'), ('{2024-01-32:20}'), ('{2023-02-29:20}'), ('{1900-02-29:20}'), ('{2024-04-31:20}'), ('{0004-02-29 BC:20}'),
    ('{0000-01-01:20}'), ('{0000-01-01 BC:20}'), ('{4714-11-23 BC:20}'), ('{4714-10-31 BC:20}'), ('{4715-01-01 BC:20}'), ('{5874898-01-01:20}'), ('{5874898-05-31:20}'), ('{5874898-06-03:20}'), ('{9999999-12-31:20}'), ('{9999999-12-31 BC:20}'), ('{99999999-12-31:20}'), ('{99999999999999999999-01-01:20}'),
    -- amounts
    ('{2024-01-05:x}'), ('{2024-01-05:NaN}'), ('{2024-01-05:inf}'), ('{2024-01-05:-Infinity}'), ('{2024-01-05:0x10}'), ('{2024-01-05:1e}'), ('{2024-01-05:1e5e}'), ('{2024-01-05:1.2.3}'), ('{2024-01-05:--1}'), ('{2024-01-05:+-1}'),
    ('{2024-01-05:.}'), ('{2024-01-05:-}'), ('{2024-01-05:e5}'), ('{2024-01-05:1 000}'), ('{2024-01-05:1_000}'), ('{2024-01-05:1,5}'), ('{2024-01-05:20*5}'), ('{2024-01-05:*}'), ('{2024-01-05:20**}'), ('{2024-01-05:20 *}'), ('{2024-01-05*:20}'),
    ('{2024-01-05:1e309}'), ('{2024-01-05:-1e309}'), ('{2024-01-05:1e-400}'), ('{2024-01-05:1.8e308}'),
    ('{2024-01-05:1e308,2024-01-05:1e308}'), ('{2024-01-05:-1.7e308,2024-01-06:1,2024-01-05:-1.7e308}');
SELECT input, try(format('SELECT %L::clm.history', input)) FROM malformed ORDER BY i;
-- The state reads the same text, but does not add up.
SELECT count(*), string_agg(input, ' ' ORDER BY i) FILTER (WHERE try(format('SELECT %L::clm.history_state', input)) !~ '^22') AS accepted
FROM malformed WHERE replace(try(format('SELECT %L::clm.history_state', input)), 'clm.history_state', 'clm.history') IS DISTINCT FROM try(format('SELECT %L::clm.history', input));

-- The message shows where it went wrong and what was expected, and stays valid text whatever the input is.
SELECT '{2024-01-05:20,2024-02-30:1,2024-03-01:5}'::history;
SELECT '{2024-01-05:20 2024-02-29:1,2024-03-01:5}'::history;
DO $$
DECLARE
    detail text;
    cut int;
BEGIN
    FOR cut IN 0..4 LOOP
        BEGIN
            PERFORM ('{' || repeat('a', cut) || repeat('客户€', 20) || ':1}')::clm.history;
        EXCEPTION WHEN invalid_text_representation THEN
            GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
            RAISE NOTICE '%: %', cut, convert_from(convert_to(detail, 'UTF8'), 'UTF8') = detail;
        END;
    END LOOP;
END
$$;

-- Soft errors (PostgreSQL 16 and later): all of these are caught by the input function, none is thrown.
SELECT current_setting('server_version_num')::int >= 160000 AS has_soft_errors \gset
\if :has_soft_errors
CREATE FUNCTION soft(input text, type text) RETURNS text LANGUAGE sql AS
    'SELECT coalesce(i.sql_error_code || '' '' || i.message, ''valid'') FROM pg_input_error_info(input, type) i';
CREATE FUNCTION is_valid(input text, type text) RETURNS boolean LANGUAGE sql AS 'SELECT pg_input_is_valid(input, type)';
\else
CREATE FUNCTION soft(input text, type text) RETURNS text LANGUAGE sql AS
    'SELECT clm.try(format(''SELECT %L::%s'', input, type))';
CREATE FUNCTION is_valid(input text, type text) RETURNS boolean LANGUAGE sql AS
    'SELECT clm.try(format(''SELECT %L::%s'', input, type)) !~ ''^22''';
\endif
SELECT count(*) FILTER (WHERE is_valid(input, 'clm.history')) AS valid,
    count(*) FILTER (WHERE soft(input, 'clm.history') IS DISTINCT FROM try(format('SELECT %L::clm.history', input))) AS other_message
FROM malformed;
SELECT input, is_valid(input, 'clm.history_state') FROM malformed WHERE is_valid(input, 'clm.history_state') ORDER BY i;
SELECT is_valid('{2024-01-05:20}', 'clm.history') AS valid, is_valid('{2024-01-05:20}', 'clm.history_state') AS valid;

--
-- Malformed binary: a COPY file of one row with one field, the given bytes
--
CREATE TABLE received (h history, s history_state);
CREATE FUNCTION receive(what text, field bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    file bytea := '\x5047434f50590aff0d0a00' || '\x0000000000000000'::bytea || '\x0001' || int4send(length(field)) || field || '\xffff';
    escaped text := '';
    result text;
BEGIN
    FOR i IN 0..length(file) - 1 LOOP
        escaped := escaped || '\' || (get_byte(file, i) / 64) || (get_byte(file, i) / 8 % 8) || (get_byte(file, i) % 8);
    END LOOP;
    TRUNCATE clm.received;
    EXECUTE format('COPY clm.received (%I) FROM PROGRAM %L (FORMAT binary)', what, format('printf ''%s''', escaped));
    EXECUTE format('SELECT %I::text FROM clm.received', what) INTO STRICT result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, nullif(result, ''));
END
$$;
-- An entry and a message as the binary form has them
CREATE FUNCTION entry(day int, flag int, amount float8) RETURNS bytea LANGUAGE sql AS
    $$SELECT int4send(day) || set_byte('\x00', 0, flag) || float8send(amount)$$;
CREATE FUNCTION message(entries bytea, n bigint DEFAULT NULL, version int DEFAULT 1) RETURNS bytea LANGUAGE sql AS
    $$SELECT set_byte('\x00', 0, version) || substr(int8send(coalesce(n, length(entries) / 13)), 5) || entries$$;

-- What is well formed comes through.
SELECT receive('h', history_send(h)) = h::text AS same, receive('s', history_send(h)) = h::text AS same
FROM (VALUES ('{}'::history), ('{2024-01-05:20,2024-02-11:-3}'), ('{2024-01-05:-30*}'), ('{4714-11-24 BC:1e300,0001-01-01:4.9e-324,5874897-12-31:-1e-300}')) v(h);
SELECT receive('s', history_state_send('{2024-02-01:5,2024-01-01:-1,2024-02-01:-7}'));
SELECT receive('h', message(entry(1, 1, '-0'))) AS zero;

SELECT name, receive('h', field) AS history, CASE WHEN receive('s', field) = replace(receive('h', field), 'clm.history', 'clm.history_state') THEN 'the same' ELSE receive('s', field) END AS state
FROM (VALUES
    (1, 'nothing', ''::bytea),
    (2, 'version 0', message('', version => 0)),
    (3, 'version 2', message('', version => 2)),
    (4, 'version 255', message(entry(1, 1, 1), version => 255)),
    (5, 'no count', '\x01'),
    (6, 'part of a count', '\x01000000'),
    (7, 'count too small', message(entry(1, 1, 1) || entry(2, 1, 1), 1)),
    (8, 'count too large', message(entry(1, 1, 1), 2)),
    (9, 'count without entries', message('', 1)),
    (10, 'largest count', message(entry(1, 1, 1), 4294967295)),
    (11, 'count that overflows', message(entry(1, 1, 1), 4294967295 / 13 + 1)),
    (12, 'truncated', substr(message(entry(1, 1, 1) || entry(2, 1, 1)), 1, 30)),
    (13, 'one byte missing', substr(message(entry(1, 1, 1), 1), 1, 17)),
    (14, 'one byte more', message(entry(1, 1, 1), 1) || '\x00'),
    (15, 'twelve bytes more', message(entry(1, 1, 1), 1) || '\x000000000000000000000000'),
    (16, 'NaN', message(entry(1, 1, 'NaN'))),
    (17, 'infinity', message(entry(1, 1, 'Infinity'))),
    (18, '-infinity', message(entry(1, 0, '-Infinity'))),
    (19, 'days out of order', message(entry(2, 1, 1) || entry(1, 1, 1))),
    (20, 'same day twice', message(entry(1, 1, 1) || entry(1, 1, 1))),
    (21, 'same day twice, refund first', message(entry(1, 0, -1) || entry(1, 1, 1))),
    (22, 'flag 2', message(entry(1, 2, 1))),
    (23, 'flag 255', message(entry(1, 255, -1))),
    (24, 'no occasion, yet positive', message(entry(1, 0, 1))),
    (25, 'no occasion, yet zero', message(entry(1, 0, 0))),
    (26, 'no occasion, yet -0', message(entry(1, 0, '-0'))),
    (27, 'before the first date', message(entry(-2451546, 1, 1))),
    (28, 'after the last date', message(entry(2145031949, 1, 1))),
    (29, 'date -infinity', message(entry(-2147483648, 1, 1))),
    (30, 'date infinity', message(entry(2147483647, 1, 1)))) v(i, name, field) ORDER BY i;

--
-- Rows that the aggregates refuse
--
SELECT arguments, left(try(format('SELECT clm.history(%s)', arguments)), 80) FROM unnest(ARRAY[
    $$date 'infinity'$$, $$date '-infinity'$$, $$timestamp 'infinity'$$, $$timestamp '-infinity'$$, $$timestamptz 'infinity'$$, $$timestamptz '-infinity'$$,
    $$date 'infinity', 1::float8$$, $$timestamp '-infinity', 1::float8$$, $$timestamptz 'infinity', 1::float8$$,
    $$date '-infinity', 1::numeric$$, $$timestamp 'infinity', 1::numeric$$, $$timestamptz '-infinity', 1::numeric$$,
    $$date '2024-01-05', 'NaN'::float8$$, $$date '2024-01-05', 'Infinity'::float8$$, $$date '2024-01-05', '-Infinity'::float8$$,
    $$timestamp '2024-01-05', 'NaN'::float8$$, $$timestamptz '2024-01-05', 'Infinity'::float8$$,
    $$date '2024-01-05', 'NaN'::numeric$$, $$date '2024-01-05', 'Infinity'::numeric$$, $$timestamp '2024-01-05', '-Infinity'::numeric$$, $$timestamptz '2024-01-05', 'NaN'::numeric$$,
    $$date '2024-01-05', '1e309'::numeric$$,
    -- a row with a NULL is skipped before it is looked at
    $$date 'infinity', NULL::float8$$, $$NULL::date, 'NaN'::float8$$, $$NULL::timestamp, 'NaN'::numeric$$,
    -- a literal without a type is taken for a history
    $$'2024-01-05'$$]) WITH ORDINALITY u(arguments, i) ORDER BY i;
SELECT try($$SELECT clm.history(d, a) FROM (VALUES (date '2024-01-05', 1e308::float8), ('2024-01-05', 1e308)) v(d, a)$$) AS day,
    try($$SELECT clm.rollup(h) FROM (VALUES ('{2024-01-05:-1e308}'::clm.history), ('{2024-01-05:-1e308}')) v(h)$$) AS rollup,
    try($$SELECT '{2024-01-05:1e308}'::clm.history OPERATOR(clm.+) '{2024-01-05:1e308}'$$) AS plus;
-- What cancels out within double precision is no overflow.
SELECT history(d, a) FROM (VALUES (date '2024-01-05', 1e308::float8), ('2024-01-05', 1e308), ('2024-01-05', -1e308)) v(d, a);

--
-- Arguments that the functions refuse
--
SELECT call, try('SELECT clm.' || call) FROM unnest(ARRAY[
    $$as_of('{2024-01-05:1}', 'infinity')$$, $$as_of('{2024-01-05:1}', '-infinity')$$,
    $$recency('{2024-01-05:1}', 'infinity')$$, $$tenure('{2024-01-05:1}', '-infinity')$$,
    $$recency('{4714-11-24 BC:1}', '5874897-12-31')$$, $$recency('{4714-11-24 BC:1}', '5874897-12-30')$$,
    $$total('{2024-01-05:1e308,2024-01-06:1e308}'::history)$$, $$total('{2024-01-05:1e308,2024-01-06:1e308}', '2024-01-05')$$,
    $$trend('{2024-01-05:1}', 'infinity')$$, $$trend('{2024-01-05:1}', '2024-01-05', 0)$$, $$trend('{2024-01-05:1}', '2024-01-05', -30)$$,
    $$trend('{2024-01-05:1}', '2024-01-05', 30, 2)$$, $$trend('{2024-01-05:1}', '2024-01-05', 30, 121)$$, $$trend('{2024-01-05:1}', '2024-01-05', 30, -1)$$,
    $$trend('{2024-01-05:1}', '2024-01-05', 2147483647, 120)$$, $$trend('{2024-01-05:1e308,2024-01-06:1e308,2024-01-20:1,2024-01-30:1}', '2024-01-30', 10)$$,
    $$history('{2024-01-05,2024-01-06}'::date[], '{1}')$$, $$history('{}'::date[], '{1}')$$, $$history('{{2024-01-05},{2024-01-06}}'::date[], '{{1},{2}}')$$,
    $$history('{2024-01-05}'::date[], '{{1}}')$$, $$history('{infinity}'::date[], '{1}')$$, $$history('{2024-01-05}'::date[], '{NaN}')$$,
    $$history('{2024-01-05}'::date[], '{-Infinity}')$$, $$history('{infinity,2024-01-05}'::date[], '{NULL,1}')$$,
    $$history('{2024-01-05,2024-01-05}'::date[], '{1e308,1e308}')$$]) WITH ORDINALITY u(call, i) ORDER BY i;

DROP TABLE malformed, received;
DROP FUNCTION try(text), soft(text, text), is_valid(text, text), receive(text, bytea), entry(int, int, float8), message(bytea, bigint, int);
