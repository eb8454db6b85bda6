-- Aggregates of users that look like the extension's: the planner's questions and fit_customer_model, which builds statements, must
-- not take them for it. Whoever may create in a schema (all may in pg_temp) can make one, and whoever has installed a trusted
-- extension can in the schema clm.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(11);

-- clm.entries(cohorts) asks an aggregate's third argument for the calendar: here it is no text
CREATE FUNCTION pg_temp.keep(clm.cohorts, int, int, int) RETURNS clm.cohorts LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE pg_temp.mine(int, int, int) (SFUNC = pg_temp.keep, STYPE = clm.cohorts);
CREATE FUNCTION pg_temp.keep(clm.cohorts, int, int, float8) RETURNS clm.cohorts LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE pg_temp.mine(int, int, float8) (SFUNC = pg_temp.keep, STYPE = clm.cohorts);
CREATE FUNCTION pg_temp.keep(clm.cohorts, int, int, text) RETURNS clm.cohorts LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE pg_temp.mine(int, int, text) (SFUNC = pg_temp.keep, STYPE = clm.cohorts);
SELECT is_empty(format('SELECT e.* FROM (SELECT pg_temp.mine(1, 2, %s) AS c FROM generate_series(1, 2) OFFSET 0) q, LATERAL clm.entries(c) e', third),
    'cohorts of an aggregate with ' || third) FROM unnest('{3,1e300::float8,''decade''::text,''month''::text,NULL::text}'::text[]) third;

-- An aggregate in schema clm for a domain, which would fit a column of the domain better
CREATE DOMAIN pg_temp.mine AS clm.history;
CREATE DOMAIN pg_temp.my_rfm AS clm.rfm;
CREATE FUNCTION pg_temp.number(bigint, pg_temp.mine, date, clm.fit_options, float8[], boolean) RETURNS bigint LANGUAGE sql AS 'SELECT 42::bigint';
CREATE AGGREGATE clm.likelihood(pg_temp.mine, date, clm.fit_options, float8[], boolean) (SFUNC = pg_temp.number, STYPE = bigint);
CREATE FUNCTION pg_temp.number(bigint, pg_temp.my_rfm, clm.fit_options, float8[], boolean, bigint) RETURNS bigint LANGUAGE sql AS 'SELECT 42::bigint';
CREATE AGGREGATE clm.likelihood(pg_temp.my_rfm, clm.fit_options, float8[], boolean, bigint) (SFUNC = pg_temp.number, STYPE = bigint);
CREATE FUNCTION pg_temp.number(bigint, pg_temp.mine, date, clm.fit_options) RETURNS bigint LANGUAGE sql AS 'SELECT 42::bigint';
CREATE AGGREGATE clm.customer_picture(pg_temp.mine, date, clm.fit_options) (SFUNC = pg_temp.number, STYPE = bigint);
CREATE TEMP TABLE plain AS SELECT clm.history(day, amount) AS h FROM clm.simulate(500, '2024-01-01', '2024-12-31', 7) GROUP BY customer_id;
CREATE TEMP TABLE fitted (what text, m clm.customer_model);
DO $$
DECLARE
    m clm.customer_model;
    query record;
BEGIN
    FOR query IN VALUES ('SELECT h FROM plain', date '2024-12-31'), ('SELECT h::pg_temp.mine FROM plain', '2024-12-31'),
                        ('SELECT clm.rfm(h, ''2024-12-31'') FROM plain', NULL), ('SELECT clm.rfm(h, ''2024-12-31'')::pg_temp.my_rfm FROM plain', NULL) LOOP
        CALL clm.fit_customer_model(query.column1, query.column2, NULL, m);
        INSERT INTO fitted VALUES (query.column1, m);
    END LOOP;
END
$$;
SELECT is((SELECT m FROM fitted WHERE what LIKE '%mine%'), (SELECT m FROM fitted WHERE what LIKE 'SELECT h F%'), 'a fit to a domain is that to histories');
SELECT is((SELECT m FROM fitted WHERE what LIKE '%my_rfm%'), (SELECT m FROM fitted WHERE what LIKE '%rfm(%' AND what NOT LIKE '%my_rfm%'), 'a fit to a domain is that to summaries');

-- What costs much to count is not counted while planning, which no cancel would end
SELECT format('PREPARE many AS SELECT * FROM clm.lever_value(clm.economics(revenue => 60), %L::clm.effect[])',
              '{' || repeat('"(aaaa,churn,0)",', 50000) || repeat('"(bbbb,churn,0)",', 50000) || '"(cc,churn,0)"}') \gexec
SELECT set_config('clm_test.start', clock_timestamp()::text, true) \gset unused_
EXPLAIN EXECUTE many \g /dev/null
SELECT cmp_ok(clock_timestamp() - current_setting('clm_test.start')::timestamptz, '<', interval '10 s', 'initiatives of 100,000 effects are counted at once');
SELECT throws_ok(format('SELECT * FROM clm.lever_value(clm.economics(revenue => 60), %L::clm.effect[])', (SELECT array_agg((i, 'churn', 0)::clm.effect) FROM generate_series(1, 12) i)),
    '54000', NULL, 'twelve initiatives are too many, planned or not');

-- Whoever owns the schema can rename it, and make another of its name with aggregates that give something else
ALTER SCHEMA clm RENAME TO clm_test_renamed;
CREATE SCHEMA clm;
CREATE DOMAIN clm.history AS clm_test_renamed.history;
CREATE DOMAIN clm.fit_options AS clm_test_renamed.fit_options;
CREATE FUNCTION pg_temp.number(bigint, clm.history, date, clm.fit_options, float8[], boolean) RETURNS bigint LANGUAGE sql AS 'SELECT 42::bigint';
CREATE AGGREGATE clm.likelihood(clm.history, date, clm.fit_options, float8[], boolean) (SFUNC = pg_temp.number, STYPE = bigint);
CREATE FUNCTION pg_temp.number(bigint, clm.history, date, clm.fit_options) RETURNS bigint LANGUAGE sql AS 'SELECT 42::bigint';
CREATE AGGREGATE clm.customer_picture(clm.history, date, clm.fit_options) (SFUNC = pg_temp.number, STYPE = bigint);
SELECT throws_ok($$CALL clm_test_renamed.fit_customer_model('SELECT h FROM plain'::text, '2024-12-31'::date)$$, '42804', NULL, 'a number is not taken for a picture');
DROP AGGREGATE clm.customer_picture(clm.history, date, clm.fit_options);
CREATE FUNCTION pg_temp.picture(clm_test_renamed.customer_model_state, clm.history, date, clm.fit_options) RETURNS clm_test_renamed.customer_model_state LANGUAGE sql AS 'SELECT $1';
CREATE AGGREGATE clm.customer_picture(clm.history, date, clm.fit_options) (SFUNC = pg_temp.picture, STYPE = clm_test_renamed.customer_model_state);
SELECT throws_ok($$CALL clm_test_renamed.fit_customer_model('SELECT h FROM plain'::text, '2024-12-31'::date)$$, '42804', NULL, 'nor for a likelihood');

SELECT * FROM finish();
ROLLBACK;
