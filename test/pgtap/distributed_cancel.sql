-- A cancel ends a distributed fit in any pass, and the session lives on.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(5);
SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE customer AS
    SELECT clm.history(day, amount) AS h FROM clm.simulate(15000, '2023-01-01', '2024-12-31', 2, 'pareto/nbd') GROUP BY customer_id;
CREATE FUNCTION pg_temp.asked(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    model clm.customer_model;
BEGIN
    CALL clm.fit_customer_model(query, date '2024-12-31', clm.fit_options('pareto/nbd'), model);
    RETURN model.customers;
END
$$;
\ir include/run.sql
\set fit '$$SELECT pg_temp.asked(''TABLE customer'')$$'
CREATE TEMP TABLE uncancelled AS SELECT * FROM pg_temp.run(:fit);
SELECT is(state, '00000', 'a fit ends by itself') FROM uncancelled;
SELECT greatest(1, (seconds * 60)::int) AS early, greatest(2, (seconds * 400)::int) AS middle FROM uncancelled \gset
SET LOCAL statement_timeout = :early;
CREATE TEMP TABLE early AS SELECT * FROM pg_temp.run(:fit);
SET LOCAL statement_timeout = :middle;
CREATE TEMP TABLE middle AS SELECT * FROM pg_temp.run(:fit);
SET LOCAL statement_timeout = 0;
SELECT is(state, '57014', 'a fit is cancelled early') FROM early;
SELECT is(state, '57014', 'a fit is cancelled in the middle') FROM middle;
SELECT cmp_ok(e.seconds, '<', u.seconds * .5, 'an early cancel ends it early') FROM early e, uncancelled u;
SELECT is(pg_temp.asked('TABLE customer'), 15000::bigint, 'a fit after cancelled ones');
SELECT * FROM finish();
ROLLBACK;
