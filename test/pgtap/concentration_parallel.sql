-- Retention curves and concentrations are the same bytes whatever plan builds them: serial, parallel, by partitions, or
-- shipped between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(27);

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA concentration_parallel;
SET LOCAL search_path TO concentration_parallel, public;
DO 'BEGIN PERFORM setseed(0.42); END';
-- 300 segments of 1 to 300 customers, and one of 45,000 whose states outgrow the size from which they merge
CREATE TABLE source AS
    SELECT row_number() OVER (ORDER BY random()) AS id, least(segment, 301) AS segment, floor(40 * random() ^ 2)::int AS tenure, random() < .6 AS churned,
        (3 * random())::int::bigint AS weight, CASE WHEN random() < .02 THEN NULL ELSE round((100 * random() - 20 * random())::numeric, 2) END AS profit,
        exp(20 * random()) - 1e4 * random() AS value
    FROM generate_series(1, 600) segment, LATERAL generate_series(1, least(segment, 301 - (segment > 300)::int * 151));
\ir include/plans.sql

-- What all queries compute: every aggregate, segment by segment
CREATE FUNCTION query_of(source text, segments text DEFAULT 'segment') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %2$s AS segment, clm.retention_curve(tenure, churned) AS c, clm.retention_curve(tenure * id, churned, weight) AS w, '
        'clm.concentration(profit) AS p, clm.concentration(value) AS v, clm.concentration(value) FILTER (WHERE churned AND tenure = 3) AS f FROM %1$s GROUP BY %2$s', source, segments)
$$;

-- Serial
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
CREATE TABLE reference AS
    SELECT segment, clm.retention_curve(tenure, churned) AS c, clm.retention_curve(tenure * id, churned, weight) AS w, clm.concentration(profit) AS p,
        clm.concentration(value) AS v, clm.concentration(value) FILTER (WHERE churned AND tenure = 3) AS f
    FROM source GROUP BY segment;
CREATE TABLE one AS SELECT 0 AS segment, clm.retention_curve(tenure, churned) AS c, clm.concentration(value) AS v FROM source;
SELECT digest_of('TABLE reference') AS reference, digest_of('TABLE one') AS one \gset
SELECT is((SELECT count(*) FROM reference r JOIN (SELECT segment, count(*) AS n, count(profit) AS profits, nullif(sum(weight), 0) AS weight FROM source GROUP BY 1) s USING (segment)
           WHERE (c).customers = n AND (w).customers IS NOT DISTINCT FROM s.weight AND coalesce((p).n, 0) = profits AND (v).n = n), 301::bigint, 'serial: everybody counts');
SELECT ok((SELECT count(*) FROM reference WHERE f IS NULL) BETWEEN 10 AND 100, 'serial: some groups are empty');
SELECT is((SELECT count(*) FROM reference WHERE (v).n > 4096), 1::bigint, 'serial: one segment is large');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY value) s')), :'reference', 'ascending values: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY value DESC) s')), :'reference', 'descending values: same bytes');
\ir include/every_plan.sql
\set all '$$SELECT 0 AS segment, clm.retention_curve(tenure, churned) AS c, clm.concentration(value) AS v FROM source$$'
SELECT matches(plan_of(:all), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel, one group: the plan is partial');
SELECT is(digest_of(:all), :'one', 'parallel, one group: same bytes');
SELECT is(digest_of(:all || ' WHERE segment < 0'), digest_of('SELECT 0 AS segment, NULL::clm.retention_curve, NULL::clm.concentration'), 'parallel, no rows: NULL');

-- By partitions
SET LOCAL max_parallel_workers_per_gather TO 0;
SET LOCAL enable_partitionwise_aggregate TO on;
SELECT matches(plan_of(query_of('spread')), 'Finalize (Hash|Group)Aggregate.*Append.*Partial.*Partial.*Partial', 'by partitions: the plan is partial');
SELECT is(digest_of(query_of('spread')), :'reference', 'by partitions: same bytes');
SET LOCAL max_parallel_workers_per_gather TO 2;
SELECT matches(plan_of(query_of('spread')), 'Finalize (Hash|Group)Aggregate.*Gather.*Append.*Partial.*Partial.*Partial', 'by partitions in parallel: the plan is partial');
SELECT is(digest_of(query_of('spread')), :'reference', 'by partitions in parallel: same bytes');
RESET max_parallel_workers_per_gather;

-- Shipped: states as a worker node makes them, printed or sent, and combined by the coordinator
CREATE AGGREGATE curve_state(bigint, boolean) (SFUNC = clm.retention_curve_transition, STYPE = clm.retention_curve_state, COMBINEFUNC = clm.retention_curve_combine, PARALLEL = SAFE);
CREATE AGGREGATE concentration_state(float8) (SFUNC = clm.concentration_transition, STYPE = clm.concentration_state, COMBINEFUNC = clm.concentration_combine, PARALLEL = SAFE);
CREATE AGGREGATE curve_of(clm.retention_curve_state) (SFUNC = clm.retention_curve_combine, STYPE = clm.retention_curve_state, FINALFUNC = clm.retention_curve_final, COMBINEFUNC = clm.retention_curve_combine, PARALLEL = SAFE);
CREATE AGGREGATE concentration_of(clm.concentration_state) (SFUNC = clm.concentration_combine, STYPE = clm.concentration_state, FINALFUNC = clm.concentration_final, COMBINEFUNC = clm.concentration_combine, PARALLEL = SAFE);
CREATE TABLE shipped AS SELECT segment, id % 7 AS node, curve_state(tenure, churned) AS c, concentration_state(value) AS v FROM source GROUP BY segment, id % 7;
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is((SELECT count(*) FROM (SELECT segment, curve_of(c::text::clm.retention_curve_state ORDER BY md5(node || segment::text)) AS c, concentration_of(v::text::clm.concentration_state ORDER BY node) AS v
           FROM shipped GROUP BY segment) s JOIN reference r USING (segment) WHERE s.c::text = r.c::text AND s.v::text = r.v::text), 301::bigint, 'states shipped as text: same bytes');
SELECT is((SELECT count(*) FROM (SELECT segment, curve_of(c ORDER BY md5(node || segment::text)) AS c, concentration_of(v ORDER BY node DESC) AS v
           FROM received GROUP BY segment) s JOIN reference r USING (segment) WHERE s.c::text = r.c::text AND s.v::text = r.v::text), 301::bigint, 'states shipped in binary: same bytes');
SELECT is((SELECT count(*) FROM shipped s JOIN received r USING (segment, node) WHERE s.c::text = r.c::text AND s.v::text = r.v::text
           AND clm.retention_curve_state_send(s.c) = clm.retention_curve_state_send(r.c) AND clm.concentration_state_send(s.v) = clm.concentration_state_send(r.v)
           AND clm.retention_curve_state_send(s.c::text::clm.retention_curve_state) = clm.retention_curve_state_send(s.c)
           AND clm.concentration_state_send(s.v::text::clm.concentration_state) = clm.concentration_state_send(s.v)), (SELECT count(*) FROM shipped), 'states come back as they were sent');

-- A state outlives its use: the aggregate, its state and a window over it share one transition state.
SELECT is((SELECT count(*) FROM (SELECT segment, clm.retention_curve(tenure, churned) AS c, curve_state(tenure, churned) AS cs, clm.concentration(value) AS v, concentration_state(value) AS vs,
               clm.concentration(value) AS again FROM source GROUP BY segment) q
           WHERE v = again AND clm.retention_curve_final(cs) = c AND clm.concentration_final(vs) = v), 301::bigint, 'final function and plain state from one transition state');
-- Equal rows merge: a state of many rows is no larger than its distinct ones need
SELECT cmp_ok(pg_column_size(curve_state(i % 40, i % 3 = 0)), '<=', 65536, 'the state of 200,000 customers of 40 tenures stays small') FROM generate_series(1, 200000) i;
SELECT cmp_ok(pg_column_size(concentration_state(i % 1000)), '<=', 65536, 'the state of 200,000 customers of 1,000 values stays small') FROM generate_series(1, 200000) i;

SELECT * FROM finish();
ROLLBACK;
