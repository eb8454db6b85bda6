-- The limits of docs/limits.md, each from both sides: what still works, and the error beyond. Nowhere comes an infinity or a NaN out.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(30);
CREATE FUNCTION pg_temp.state_of(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;

-- Rows of a history: the room is reserved before the first one is read, so that 89,478,480 commas do without as many days
SELECT is(pg_temp.state_of($$SELECT ('{' || repeat(',', 89478479))::clm.history$$), '22P02', 'there is room for 89,478,480 rows, had the text any');
SELECT throws_ok($$SELECT ('{' || repeat(',', 89478480))::clm.history$$, '54000', 'a history cannot be made of more than 89478480 rows', 'and not for one more');

-- Days, up to the ends of the type
CREATE TEMP TABLE span AS SELECT clm.history(d, 1e300::float8) AS h FROM (VALUES (date '4714-11-24 BC'), (date '5874897-12-31')) v(d);
SELECT is(h::text, '{4714-11-24 BC:1e+300,5874897-12-31:1e+300}', 'the first and the last date') FROM span;
SELECT ok(clm.history_eq(h::text::clm.history, h), 'read back') FROM span;
SELECT is(clm.tenure(h, date '5874897-12-31'), date '5874897-12-31' - date '4714-11-24 BC', 'the days between them') FROM span;
SELECT is(clm.cadence(h), 2147483493::float8, 'and their mean') FROM span;
SELECT is((s).stage::text || (s).value_to_date, 'churned2e+300', 'scores over all time') FROM (SELECT clm.scores(h, date '5874897-12-31', clm.prior_guess()) AS s FROM span OFFSET 0) q;
SELECT is(clm.history(t, 1::float8)::text, '{4714-11-24 BC:1,294276-12-31:1}', 'the first and the last timestamp') FROM (VALUES (timestamp '4714-11-24 00:00 BC'), (timestamp '294276-12-31 23:59:59.999999')) v(t);
SELECT is(pg_temp.state_of(format('SELECT clm.history(%s, 1::float8)', day)), '22008', day || ' is none')
FROM unnest('{date ''infinity'',date ''-infinity'',timestamp ''infinity'',timestamptz ''-infinity''}'::text[]) day;
SELECT is(pg_temp.state_of(format('SELECT %L::clm.history', text)), '22008', text || ' is none') FROM unnest('{"{5874898-01-01:1}","{4714-11-23 BC:1}"}'::text[]) text;

-- Amounts
SELECT is(clm.total(clm.history(d, 8e307::float8)), 1.6e308::float8, 'a total below 1.8e308') FROM (VALUES (date '2024-01-01'), (date '2024-01-02')) v(d);
SELECT throws_ok($$SELECT clm.total(clm.history(d, 1e308::float8)) FROM (VALUES (date '2024-01-01'), (date '2024-01-02')) v(d)$$, '22003', NULL, 'a total above');
SELECT throws_ok($$SELECT clm.history(d, 1e308::float8) FROM (VALUES (date '2024-01-01'), (date '2024-01-01')) v(d)$$, '22003', NULL, 'a day above');
SELECT throws_ok($$SELECT clm.history(date '2024-01-01', 1e309::numeric)$$, '22003', NULL, 'a numeric above');
SELECT lives_ok($$SELECT clm.concentration(v) FROM (VALUES (1e300), (1e300)) t(v)$$, 'a concentration of amounts of 1e300');
SELECT throws_ok($$SELECT clm.concentration(v) FROM (VALUES (1e308), (1e308)) t(v)$$, '22003', NULL, 'of a sum above');
SELECT throws_ok($$SELECT clm.sum(v) FROM (VALUES (ROW(1e308, 0, 0, 0, 0)::clm.value), (ROW(1e308, 0, 0, 0, 0)::clm.value)) t(v)$$, '22003', NULL, 'a sum of values above');
SELECT is((SELECT sum(e.amount) FROM clm.entries((SELECT clm.cohorts(h, date '2024-12-31', 'month') FROM (VALUES ('{2024-01-01:1e300}'::clm.history), ('{2024-01-01:1e300}')) v(h))) e), 2e300::float8, 'cohorts of amounts of 1e300');

-- Periods
SELECT is((SELECT count(*) FROM clm.entries((SELECT clm.cohorts(clm.history(ARRAY['1976-01-01 BC', '2024-12-31']::date[], '{1,1}'), date '2024-12-31', 'year')))), 4000::bigint, 'cohorts span 4,000 periods');
SELECT throws_ok($$SELECT clm.cohorts(clm.history(ARRAY['1977-01-01 BC', '2024-12-31']::date[], '{1,1}'), date '2024-12-31', 'year')$$, '54000', NULL, 'not 4,001');
SELECT lives_ok($$SELECT clm.tracking(clm.history(ARRAY[date '2024-12-31' - 36524, '2024-12-31'], '{1,1}'), date '2024-12-31')$$, 'a tracking spans 36,525 days');
SELECT throws_ok($$SELECT clm.tracking(clm.history(ARRAY[date '2024-12-31' - 36525, '2024-12-31'], '{1,1}'), date '2024-12-31')$$, '54000', NULL, 'not 36,526');

-- Counts
SELECT is('{a>b:9223372036854775807}'::clm.transitions::text, '{a>b:9223372036854775807}', 'moves up to a bigint');
SELECT throws_ok($$SELECT clm.rollup(t) FROM (VALUES ('{a>b:9223372036854775807}'::clm.transitions), ('{a>b:1}')) v(t)$$, '22003', NULL, 'and not one more');
SELECT lives_ok($$SELECT clm.retention_curve(3, true, 9007199254740992)$$, 'weights up to 2^53');
SELECT throws_ok($$SELECT clm.retention_curve(3, true, 9007199254740993)$$, '22023', NULL, 'and not one more');

SELECT * FROM finish();
ROLLBACK;
