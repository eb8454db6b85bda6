-- Likelihoods and pictures are the same bytes whatever plan makes them: serial, parallel, by partitions, or shipped between
-- nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(20);
SET LOCAL client_min_messages TO warning;

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA distributed_parallel;
SET LOCAL search_path TO distributed_parallel, public;
CREATE TABLE source AS
    SELECT customer_id AS id, least(customer_id % 41, 17 + customer_id % 3) AS segment, clm.history(day, amount) AS h
    FROM clm.simulate(6000, date '2023-01-01', date '2024-12-31', 5, 'bg/nbd', '{1.1,6,.8,2}') GROUP BY 1;
\ir include/plans.sql

CREATE FUNCTION query_of(source text, segments text DEFAULT 'segment') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %2$s AS segment, clm.likelihood(h, date ''2024-12-31'', ''pareto/nbd'', ''{.6,11,.5,12}'', 7) AS l, clm.likelihood(h, date ''2024-12-31'', clm.fit_options(''mbg/cnbd-k'', since => date ''2023-06-01''), ''{2,.6,3,.9,2}'', false) AS k, '
        'clm.likelihood(clm.rfm(h, date ''2024-12-31''), ''gamma-gamma'', ''{6,4,15}'', 1 + id %% 3) AS s, clm.customer_picture(h, date ''2024-12-31'', clm.fit_options(''bg/nbd''))::text AS p FROM %1$s GROUP BY %2$s', source, segments)
$$;

-- Serial
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
SELECT digest_of(query_of('source')) AS reference \gset
SELECT digest_of(query_of('source', '0 * segment')) AS one \gset
SELECT is((SELECT (clm.likelihood(h, date '2024-12-31', 'bg/nbd', '{1,1,1,1}', 7)).customers FROM source), 6000::bigint, 'serial: everybody counts');
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
CREATE AGGREGATE likelihood_state(clm.history, date, text, float8[], integer) (SFUNC = clm.likelihood_transition, STYPE = clm.likelihood_state, COMBINEFUNC = clm.likelihood_combine, PARALLEL = SAFE);
CREATE AGGREGATE likelihood_of(clm.likelihood_state) (SFUNC = clm.likelihood_combine, STYPE = clm.likelihood_state, FINALFUNC = clm.likelihood_final);
CREATE AGGREGATE states_of(clm.likelihood_state) (SFUNC = clm.likelihood_combine, STYPE = clm.likelihood_state);
CREATE TABLE shipped AS SELECT segment, id % 4 AS node, likelihood_state(h, date '2024-12-31', 'pareto/nbd', '{.6,11,.5,12}', 7) AS l FROM source GROUP BY 1, 2;
SELECT digest_of('SELECT segment, clm.likelihood(h, date ''2024-12-31'', ''pareto/nbd'', ''{.6,11,.5,12}'', 7) FROM source GROUP BY 1') AS shipped \gset
SELECT is(digest_of('SELECT segment, likelihood_of(l ORDER BY node DESC) FROM shipped GROUP BY segment'), :'shipped', 'stored: same bytes');
SELECT is(digest_of('SELECT segment, likelihood_of(l::text::clm.likelihood_state ORDER BY node DESC) FROM shipped GROUP BY segment'), :'shipped', 'shipped as text: same bytes');
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is(digest_of('SELECT segment, likelihood_of(l) FROM received GROUP BY segment'), :'shipped', 'shipped in binary: same bytes');
SELECT is(digest_of('SELECT segment, states_of(l ORDER BY node DESC)::text FROM received GROUP BY segment'),
    digest_of('SELECT segment, likelihood_state(h, date ''2024-12-31'', ''pareto/nbd'', ''{.6,11,.5,12}'', 7)::text FROM source GROUP BY 1'), 'states of one node and of four: same bytes');
-- As a running total it goes on from a state that it must not change
SELECT is((SELECT max((l).customers) FROM (SELECT clm.likelihood(h, date '2024-12-31', 'bg/nbd', '{1,1,1,1}', 7) OVER (ORDER BY id) AS l FROM source WHERE id <= 50) w), 50::bigint, 'a running total');
SELECT * FROM finish();
ROLLBACK;
