-- Amounts of type numeric become the same doubles as the server's own conversion gives.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(3);

SELECT setseed(0.5);
CREATE TEMP TABLE amount AS
    SELECT ((random() * 10 ^ (i % 14))::numeric(30, 4) * (1 - 2 * (i % 2))) AS a FROM generate_series(1, 20000) i
    UNION ALL SELECT (random() * 10 ^ (i % 60 - 30))::numeric FROM generate_series(1, 20000) i
    UNION ALL SELECT 10::numeric ^ i * m FROM generate_series(-30, 60) i,
        (VALUES (1), (-9999), (10000), (9007199254740991), (9007199254740992), (9007199254740993), (-12345678901234567)) v(m)
    UNION ALL SELECT a FROM (VALUES (0), (0.000), (1e-300), (1e300), (0.1), (-19.99), (123456789.12)) v(a);
SELECT is_empty($$
    SELECT a, h FROM (SELECT a, clm.history(date '2024-01-01', a) AS h FROM amount GROUP BY ctid, a) q
    WHERE (clm.amounts(h))[1]::text IS DISTINCT FROM a::float8::text
$$, 'a numeric amount is the nearest double');
SELECT throws_ok($$ SELECT clm.history(date '2024-01-01', numeric 'NaN') $$, '22003', NULL, 'NaN is an error');
SELECT throws_ok($$ SELECT clm.history(date '2024-01-01', numeric '-Infinity') $$, '22003', NULL, 'so is infinity');

SELECT * FROM finish();
ROLLBACK;
