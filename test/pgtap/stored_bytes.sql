-- What a broken disk or a restore of something else may leave in a column: bytes that are no value of the type. They are read as
-- an error of corrupted data, not as a value, and never end the server. Only a superuser can make them, by a cast without a function.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT * FROM no_plan(); -- some tests a type
SET LOCAL client_min_messages = warning;
CREATE SCHEMA stored_bytes;
SET LOCAL search_path TO stored_bytes, public;

-- A value of each type, as text
CREATE TABLE sample (type text, value text);
INSERT INTO sample VALUES
    ('history', '{2024-01-05:20,2024-02-11:-3}'), ('history_state', '{2024-01-05:20,2024-02-11:-3}'),
    ('transitions', '{new>churned:30,new>growing:120}'), ('transitions_state', '{new>churned:30,new>growing:120}'),
    ('cohorts', '1 month 8886 2 3 2 0 2 0 68 1 7 1 1 1 67 2 -7 -8 1 1 0 1 0 0 0'),
    ('cohorts_state', '1 month 8886 2 3 2 0 2 0 68 1 7 1 1 1 67 2 -7 -8 1 1 0 1 0 0 0'),
    ('customer_model_state', '2 mbg/nbd 7 5 0 -2147483648 -2147483648 0 0 0 0 0 0'),
    ('concentration_state', '1 1 0.1 3'), ('retention_curve_state', '1 2 3 0 1 5 1 2'),
    ('retention_model_state', '1 0 3 1 40 40 2 15 15 3 8 30'), ('ranking_state', '1 1 0.25 3 1'),
    ('empc_state', '1 200 10 1 6 14 1 0.25 3 1'), ('value_state', '1 1 0 0 0 0 67 1 4294967295 0 0 0 0');

-- Types of bytes that are stored as those of the extension are, by their alignment
CREATE TYPE bytes_i;
CREATE FUNCTION bytes_i_in(cstring) RETURNS bytes_i LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION bytes_i_out(bytes_i) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE TYPE bytes_i (INPUT = bytes_i_in, OUTPUT = bytes_i_out, ALIGNMENT = int4, STORAGE = extended);
CREATE TYPE bytes_d;
CREATE FUNCTION bytes_d_in(cstring) RETURNS bytes_d LANGUAGE internal IMMUTABLE STRICT AS 'byteain';
CREATE FUNCTION bytes_d_out(bytes_d) RETURNS cstring LANGUAGE internal IMMUTABLE STRICT AS 'byteaout';
CREATE TYPE bytes_d (INPUT = bytes_d_in, OUTPUT = bytes_d_out, ALIGNMENT = double, STORAGE = extended);
ALTER TABLE sample ADD bytes text;
UPDATE sample SET bytes = (SELECT 'bytes_' || typalign::text FROM pg_type WHERE oid = format('clm.%I', type)::regtype);
SELECT format('CREATE CAST (%2$s AS clm.%1$I) WITHOUT FUNCTION', type, bytes), format('CREATE CAST (clm.%1$I AS %2$s) WITHOUT FUNCTION', type, bytes)
FROM sample \gexec

CREATE FUNCTION bytes_of(sample) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    stored bytea;
BEGIN
    EXECUTE format('SELECT %L::clm.%I::%s::text::bytea', $1.value, $1.type, $1.bytes) INTO stored;
    RETURN stored;
END
$$;
-- What the type makes of bytes: its text, or the SQLSTATE
CREATE FUNCTION read(sample, stored bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text;
BEGIN
    EXECUTE format('SELECT %L::%s::clm.%I::text', stored::text, $1.bytes, $1.type) INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;

SELECT is(read(s, bytes_of(s)), value::text, type || ': its own bytes') FROM sample s ORDER BY type;
SELECT is(read(s, '\x'), 'XX001', type || ': nothing') FROM sample s ORDER BY type;
SELECT is(read(s, set_byte(bytes_of(s), 0, 255)), 'XX001', type || ': another format') FROM sample s
WHERE type NOT IN ('history_state', 'transitions_state') -- which begin with their sizes
ORDER BY type;
SELECT is(read(s, '\xffffff7fffffff7f' || substr(bytes_of(s), 9)), 'XX001', type || ': larger than it is') FROM sample s
WHERE type IN ('history_state', 'transitions_state') ORDER BY type;
SELECT is(read(s, substr(stored, 1, length(stored) - 1)), 'XX001', type || ': without the last byte')
FROM sample s, bytes_of(s) stored WHERE type IN ('history', 'transitions') ORDER BY type;
SELECT ok(bool_and(read(s, substr(stored, 1, n)) ~ '^(XX001|\{|\d+ )'), type || ': cut off anywhere it is corrupted, or a value')
FROM sample s, bytes_of(s) stored, generate_series(0, length(stored) - 1) n GROUP BY type ORDER BY type;
SELECT throws_ok(format('SELECT clm.occasions(%L::%s::clm.history)', '\xff', bytes), 'XX001', 'invalid stored history', 'a function of a history')
FROM sample WHERE type = 'history';

-- Functions of the library under another declaration, which only a superuser can make
CREATE FUNCTION no_row(clm.history, date, integer, date) RETURNS integer LANGUAGE c AS '$libdir/clm', 'clm_rfm_from_history';
SELECT throws_ok($$SELECT no_row('{2024-01-05:20}', '2024-02-01', 7, NULL)$$, 'XX000', 'clm.rfm must return the composite clm.rfm', 'the result of rfm is declared otherwise');

SELECT * FROM finish();
ROLLBACK;
