-- Trackings, frequency fits and cohorts are the same bytes whatever plan computes them: serial, parallel, by partitions, or shipped
-- between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(30);

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA tracking_parallel;
SET LOCAL search_path TO tracking_parallel, public;
-- 40 cohorts of 2 to 200 customers; some have no history, some no purchase
CREATE TABLE source AS
    SELECT customer_id AS id, (sqrt(customer_id - 1) / 1.6)::int AS cohort, CASE WHEN customer_id % 53 > 0 THEN clm.history(day, CASE WHEN customer_id % 59 = 0 THEN -1 ELSE amount END) END AS h
    FROM clm.simulate(4000, '2022-01-01', '2024-12-31', 4, join_by => '2024-06-30') GROUP BY customer_id;
CREATE TABLE model AS SELECT clm.customer_model('mbg/nbd', 7, '{.525,6.183,.891,1.614}') AS m;
\ir include/plans.sql

-- What all queries compute: every aggregate, group by group or for all
CREATE FUNCTION query_of(source text, key text DEFAULT 'cohort') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %2$s AS cohort, clm.tracking(h, date ''2024-12-31'') AS t, clm.tracking(h, date ''2023-12-31'', 30) AS own, '
        'clm.frequency_fit(h, ''2023-12-31'', (SELECT m FROM model), ''2024-12-31'') AS f, '
        'clm.tracking(h, date ''2024-12-31'') FILTER (WHERE id < 0) AS none FROM %1$s GROUP BY 1', source, key)
$$;

-- Serial
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
CREATE TABLE reference AS
    SELECT cohort, clm.tracking(h, date '2024-12-31') AS t, clm.tracking(h, date '2023-12-31', 30) AS own,
        clm.frequency_fit(h, '2023-12-31', (SELECT m FROM model), '2024-12-31') AS f, clm.tracking(h, date '2024-12-31') FILTER (WHERE id < 0) AS none
    FROM source GROUP BY cohort;
SELECT digest_of('TABLE reference') AS reference, digest_of(query_of('source', '1::int')) AS one,
    digest_of('SELECT clm.cohorts(h, ''2024-06-30'', ''week'') FROM source') AS cohorts \gset
SELECT cmp_ok(count(*), '>=', 39::bigint, 'serial: every cohort is tracked') FROM reference WHERE (t).purchases > 0 AND (f).customers[1] > 0;
SELECT is(sum((t).customers), (SELECT count(*) FROM source WHERE clm.occasions(h) > 0)::numeric, 'serial: all customers') FROM reference;
SELECT is(sum((t).purchases), (SELECT sum(clm.occasions(h) - 1) FROM source WHERE clm.occasions(h) > 0)::numeric, 'serial: all purchases') FROM reference;
SELECT is(count(*), 0::bigint, 'serial: an empty one is NULL') FROM reference WHERE none IS NOT NULL;
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY h) s')), :'reference', 'ascending histories: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY md5(id::text)) s')), :'reference', 'histories in disorder: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY md5(id::text)) s', '1::int')), :'one', 'one group in disorder: same bytes');
\ir include/every_plan.sql
SELECT matches(plan_of(replace(query_of('source', '1::int'), 'GROUP BY 1', '')), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel, one group: the plan is partial');
SELECT is(digest_of(replace(query_of('source', '1::int'), 'GROUP BY 1', '')), :'one', 'parallel, one group: same bytes');
SELECT matches(plan_of('SELECT clm.cohorts(h, ''2024-06-30'', ''week'') FROM source'), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel cohorts: the plan is partial');
SELECT is(digest_of('SELECT clm.cohorts(h, ''2024-06-30'', ''week'') FROM source'), :'cohorts', 'parallel cohorts: same bytes');
SELECT is(digest_of(replace(query_of('source', '1::int'), 'GROUP BY 1', 'WHERE id < 0')),
    digest_of('SELECT 1 AS cohort, NULL::clm.tracking, NULL::clm.tracking, NULL::clm.frequency_fit, NULL::clm.tracking'), 'parallel, no rows: NULL');

-- By partitions
SET LOCAL max_parallel_workers_per_gather TO 0;
SET LOCAL enable_partitionwise_aggregate TO on;
SELECT matches(plan_of(query_of('spread')), 'Finalize (Hash|Group)Aggregate.*Append.*Partial.*Partial.*Partial', 'by partitions: the plan is partial');
SELECT is(digest_of(query_of('spread')), :'reference', 'by partitions: same bytes');
SET LOCAL max_parallel_workers_per_gather TO 2;
SET LOCAL cpu_tuple_cost TO 10; -- combining more states is worth while on PostgreSQL 18, too
SELECT matches(plan_of(query_of('spread')), 'Finalize (Hash|Group)Aggregate.*Gather.*Append.*Partial.*Partial.*Partial', 'by partitions in parallel: the plan is partial');
SELECT is(digest_of(query_of('spread')), :'reference', 'by partitions in parallel: same bytes');
SET LOCAL cpu_tuple_cost TO 1;
RESET max_parallel_workers_per_gather;

-- Shipped: states as a worker node makes them, printed or sent, and combined by the coordinator
CREATE AGGREGATE tracking_state_of(clm.history, date, integer) (SFUNC = clm.tracking_transition, STYPE = clm.tracking_state, COMBINEFUNC = clm.tracking_combine, PARALLEL = SAFE);
CREATE AGGREGATE frequency_fit_state_of(clm.history, date, clm.customer_model, date) (SFUNC = clm.frequency_fit_transition, STYPE = clm.frequency_fit_state, COMBINEFUNC = clm.frequency_fit_combine, PARALLEL = SAFE);
CREATE AGGREGATE tracking_of(clm.tracking_state) (SFUNC = clm.tracking_combine, STYPE = clm.tracking_state, FINALFUNC = clm.tracking_final, COMBINEFUNC = clm.tracking_combine, PARALLEL = SAFE);
CREATE AGGREGATE frequency_fit_of(clm.frequency_fit_state) (SFUNC = clm.frequency_fit_combine, STYPE = clm.frequency_fit_state, FINALFUNC = clm.frequency_fit_final, COMBINEFUNC = clm.frequency_fit_combine, PARALLEL = SAFE);
CREATE TABLE shipped AS
    SELECT cohort, id % 7 AS node, tracking_state_of(h, '2023-12-31', 30) AS t, frequency_fit_state_of(h, '2023-12-31', m, '2024-12-31') AS f FROM source, model GROUP BY cohort, id % 7;
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
CREATE FUNCTION query_of_states(t text, f text, source text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT cohort, tracking_of(%s ORDER BY md5(node || t::text)) AS own, frequency_fit_of(%s ORDER BY md5(node || f::text)) AS f FROM %s GROUP BY cohort', t, f, source)
$$;
SELECT is(digest_of(query_of_states('t::text::clm.tracking_state', 'f::text::clm.frequency_fit_state', 'shipped')), digest_of('SELECT cohort, own, f FROM reference'), 'states shipped as text: same bytes');
SELECT is(digest_of(query_of_states('t', 'f', 'received')), digest_of('SELECT cohort, own, f FROM reference'), 'states shipped in binary: same bytes');
SELECT is((SELECT count(*) FROM shipped s JOIN received r USING (cohort, node) WHERE (s.t::text, s.f::text) IS NOT DISTINCT FROM (r.t::text, r.f::text)
           AND (clm.tracking_state_send(s.t), clm.frequency_fit_state_send(s.f)) IS NOT DISTINCT FROM (clm.tracking_state_send(r.t), clm.frequency_fit_state_send(r.f))), (SELECT count(*) FROM shipped), 'states come back as they were sent');

-- A state outlives its use: the aggregate, its state and a window over it share one transition state.
SELECT is((SELECT count(*) FROM (SELECT cohort, tracking_state_of(h, '2023-12-31', 30) AS s, clm.tracking(h, '2023-12-31', 30) AS t FROM source GROUP BY cohort) q
           JOIN reference f USING (cohort) WHERE q.t::text IS NOT DISTINCT FROM f.own::text AND clm.tracking_final(q.s)::text IS NOT DISTINCT FROM f.own::text), (SELECT count(*) FROM reference), 'final function and plain state from one transition state');
SELECT is((SELECT count(*) FROM (SELECT DISTINCT ON (cohort) cohort, clm.tracking(h, '2024-12-31') OVER w AS t, clm.frequency_fit(h, '2023-12-31', m, '2024-12-31') OVER w AS f FROM source, model
               WINDOW w AS (PARTITION BY cohort ORDER BY id) ORDER BY cohort, id DESC) s
           JOIN reference r USING (cohort) WHERE s.t::text IS NOT DISTINCT FROM r.t::text AND s.f::text IS NOT DISTINCT FROM r.f::text), (SELECT count(*) FROM reference), 'running ones end as those of all');

SELECT * FROM finish();
ROLLBACK;
