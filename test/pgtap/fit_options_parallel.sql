-- Models with a choice of family, a hold-out, a prior or covariates are the same bytes whatever plan builds them: serial,
-- parallel, by partitions, or shipped between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(19);
SET LOCAL client_min_messages TO warning;

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA fit_options_parallel;
SET LOCAL search_path TO fit_options_parallel, public;
-- 12 segments of 40 to 150 customers, and one of 3,000
CREATE TABLE source AS
    SELECT id, least(id % 13, 11) + (id > 1200)::int * 20 AS segment, h, round((id % 7 + .25 * (id % 3))::numeric, 2)::float8 AS size, (id % 2)::float8 AS web
    FROM (SELECT customer_id AS id, clm.history(day, amount) AS h
          FROM clm.simulate(4200, date '2023-01-01', date '2024-12-31', 5, 'bg/nbd', '{1.1,6,.8,2}') GROUP BY 1) s
    WHERE id <= 1200 OR id % 2 = 0 OR id % 3 = 0;
UPDATE source SET segment = 31 WHERE segment > 11;
\ir include/plans.sql

CREATE FUNCTION query_of(source text, segments text DEFAULT 'segment') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %2$s AS segment, clm.customer_model(h, date ''2024-12-31'', clm.fit_options(''auto'', prior => 2)) AS a, '
        'clm.customer_model(h, date ''2024-12-31'', clm.fit_options(''auto'', prior => 2, holdout => date ''2024-06-30'')) AS h, '
        'clm.customer_model(h, date ''2024-12-31'', clm.fit_options(''mbg/nbd'', prior => 2), ARRAY[web, size]) AS z FROM %1$s GROUP BY %2$s', source, segments)
$$;

-- Serial
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
SELECT digest_of(query_of('source')) AS reference \gset
SELECT digest_of(query_of('source', '0 * segment')) AS one \gset
SELECT is((SELECT count(*) FROM source), (SELECT sum((m).customers)::bigint FROM (SELECT clm.customer_model(h, date '2024-12-31',
    clm.fit_options('mbg/nbd', prior => 2), ARRAY[web, size]) AS m FROM source GROUP BY segment) s), 'serial: everybody counts');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY h) s')), :'reference', 'sorted by history: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY id DESC) s')), :'reference', 'descending: same bytes');
\ir include/every_plan.sql
SELECT is(digest_of(query_of('source', '0 * segment')), :'one', 'parallel, one group: same bytes');

-- By partitions
SET LOCAL max_parallel_workers_per_gather TO 0;
SET LOCAL enable_partitionwise_aggregate TO on;
SELECT matches(plan_of(query_of('spread')), 'Finalize (Hash|Group)Aggregate.*Append.*Partial.*Partial.*Partial', 'by partitions: the plan is partial');
SELECT is(digest_of(query_of('spread')), :'reference', 'by partitions: same bytes');
RESET max_parallel_workers_per_gather;

-- Shipped: states as a worker node makes them, printed or sent, and combined by the coordinator
CREATE AGGREGATE model_state(clm.history, date, clm.fit_options) (SFUNC = clm.customer_model_transition, STYPE = clm.customer_model_state, COMBINEFUNC = clm.customer_model_combine, PARALLEL = SAFE);
CREATE AGGREGATE covariate_state(clm.history, date, clm.fit_options, float8[]) (SFUNC = clm.covariate_model_transition, STYPE = clm.covariate_model_state, COMBINEFUNC = clm.covariate_model_combine, PARALLEL = SAFE);
CREATE AGGREGATE model_of(clm.customer_model_state) (SFUNC = clm.customer_model_combine, STYPE = clm.customer_model_state, FINALFUNC = clm.customer_model_final);
CREATE AGGREGATE covariates_of(clm.covariate_model_state) (SFUNC = clm.covariate_model_combine, STYPE = clm.covariate_model_state, FINALFUNC = clm.covariate_model_final);
CREATE TABLE shipped AS
    SELECT segment, id % 4 AS node, model_state(h, date '2024-12-31', clm.fit_options('auto', prior => 2)) AS a,
           model_state(h, date '2024-12-31', clm.fit_options('auto', prior => 2, holdout => date '2024-06-30')) AS h,
           covariate_state(h, date '2024-12-31', clm.fit_options('mbg/nbd', prior => 2), ARRAY[web, size]) AS z
    FROM source GROUP BY 1, 2;
SELECT is(digest_of('SELECT segment, model_of(a), model_of(h), covariates_of(z) FROM shipped GROUP BY segment'), :'reference', 'stored: same bytes');
SELECT is(digest_of('SELECT segment, model_of(a::text::clm.customer_model_state), model_of(h::text::clm.customer_model_state), covariates_of(z::text::clm.covariate_model_state)
    FROM shipped GROUP BY segment'), :'reference', 'shipped as text: same bytes');
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is(digest_of('SELECT segment, model_of(a), model_of(h), covariates_of(z) FROM received GROUP BY segment'), :'reference', 'shipped in binary: same bytes');
SELECT ok(bool_and(r.a::text = s.a::text AND r.h::text = s.h::text AND r.z::text = s.z::text), 'states come back as they were')
FROM received r JOIN shipped s USING (segment, node);
SELECT * FROM finish();
ROLLBACK;
