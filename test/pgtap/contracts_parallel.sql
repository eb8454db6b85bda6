-- Retention models are the same bytes whatever plan computes them: serial, parallel, by partitions, or shipped between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(33);

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA contracts_parallel;
SET LOCAL search_path TO contracts_parallel, public;
DO 'BEGIN PERFORM setseed(0.42); END';
-- 40 segments of 500 to 8,000 customers who leave with a probability of their own, uniformly distributed to the power of g % 4 + 1 (beta with
-- alpha = 1 / (g % 4 + 1) and beta = 1), and have been seen for up to 24 periods
CREATE TABLE source AS
    SELECT id, segment, least(tenure, seen) AS tenure, tenure <= seen AS churned, 1 + id % 3 AS weight
    FROM (SELECT row_number() OVER (ORDER BY random()) AS id, g AS segment, 1 + floor(least(ln(random()) / ln(1 - theta), 1e9))::bigint AS tenure, (random() * 24)::bigint AS seen
          FROM generate_series(1, 40) g, LATERAL generate_series(1, 300 + g * 200) i, LATERAL (SELECT random() ^ (g % 4 + 1) * .999 + 1e-9 * i AS theta) t) s;
UPDATE source SET churned = NULL WHERE id % 101 = 0;
\ir include/plans.sql

-- What all queries compute: every aggregate, group by group or for all
CREATE FUNCTION query_of(source text, key text DEFAULT 'segment') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %2$s AS segment, clm.retention_model(tenure, churned) AS s, clm.retention_model(tenure, churned, ''sbg'') AS f, clm.retention_model(tenure, churned, ''sbg'', weight) AS w, '
        'clm.retention_model(tenure, churned) FILTER (WHERE segment < 0) AS none FROM %1$s GROUP BY 1', source, key)
$$;

-- Serial
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
CREATE TABLE reference AS
    SELECT segment, clm.retention_model(tenure, churned) AS s, clm.retention_model(tenure, churned, 'sbg') AS f, clm.retention_model(tenure, churned, 'sbg', weight) AS w,
        clm.retention_model(tenure, churned) FILTER (WHERE segment < 0) AS none
    FROM source GROUP BY segment;
SELECT digest_of('TABLE reference') AS reference, digest_of(query_of('source', '1::int')) AS one \gset
SELECT is(count(*), 40::bigint, 'serial: every segment is fitted near its truth')
FROM reference WHERE abs((s).params[1] - 1.0 / (segment % 4 + 1)) < 5 * (s).se[1] AND abs((s).params[2] - 1) < 5 * (s).se[2] AND s = f;
SELECT is(count(*), 40::bigint, 'serial: a row counts by its weight') FROM reference
WHERE (w).customers = (SELECT sum(weight) FROM source o WHERE o.segment = reference.segment AND churned IS NOT NULL) AND (s).customers = (SELECT count(churned) FROM source o WHERE o.segment = reference.segment);
SELECT is(count(*), 40::bigint, 'serial: an empty one is NULL') FROM reference WHERE none IS NULL;
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY tenure) s')), :'reference', 'ascending tenures: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY tenure DESC) s')), :'reference', 'descending tenures: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY md5(id::text)) s')), :'reference', 'tenures in disorder: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY md5(id::text)) s', '1::int')), :'one', 'one segment in disorder: same bytes');
\ir include/every_plan.sql
SELECT matches(plan_of(replace(query_of('source', '1::int'), 'GROUP BY 1', '')), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel, one segment: the plan is partial');
SELECT is(digest_of(replace(query_of('source', '1::int'), 'GROUP BY 1', '')), :'one', 'parallel, one segment: same bytes');
SELECT is(digest_of(replace(query_of('source', '1::int'), 'GROUP BY 1', 'WHERE id < 0')),
    digest_of('SELECT 1 AS segment, NULL::clm.retention_model, NULL::clm.retention_model, NULL::clm.retention_model, NULL::clm.retention_model'), 'parallel, no rows: NULL');
SELECT throws_ok($$SELECT clm.retention_model(tenure, churned, CASE WHEN id < 40000 THEN 'sbg' ELSE 'bdw' END) FROM source$$, '22023',
    'family must be the same for all rows of an aggregate retention_model', 'parallel: two families');
SELECT throws_ok($$SELECT clm.retention_model(0, churned) FROM source$$, '22023', NULL, 'parallel: who has left at tenure 0');

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
CREATE AGGREGATE state_of(bigint, boolean, text, bigint) (SFUNC = clm.retention_model_transition, STYPE = clm.retention_model_state, COMBINEFUNC = clm.retention_model_combine, PARALLEL = SAFE);
CREATE AGGREGATE model_of(clm.retention_model_state) (SFUNC = clm.retention_model_combine, STYPE = clm.retention_model_state, FINALFUNC = clm.retention_model_final, COMBINEFUNC = clm.retention_model_combine,
    PARALLEL = SAFE);
CREATE TABLE shipped AS SELECT segment, id % 7 AS node, state_of(tenure, churned, 'sbg', weight) AS s FROM source GROUP BY segment, id % 7;
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is((SELECT count(*) FROM (SELECT segment, model_of(s::text::clm.retention_model_state ORDER BY md5(node || s::text)) AS m FROM shipped GROUP BY segment) q
           JOIN reference r USING (segment) WHERE record_send(q.m) = record_send(r.w)), 40::bigint, 'states shipped as text: same bytes');
SELECT is((SELECT count(*) FROM (SELECT segment, model_of(s ORDER BY md5(node || s::text)) AS m FROM received GROUP BY segment) q
           JOIN reference r USING (segment) WHERE record_send(q.m) = record_send(r.w)), 40::bigint, 'states shipped in binary: same bytes');
SELECT is((SELECT count(*) FROM shipped s JOIN received r USING (segment, node) WHERE s.s::text = r.s::text AND clm.retention_model_state_send(s.s) = clm.retention_model_state_send(r.s)
           AND clm.retention_model_state_send(s.s::text::clm.retention_model_state) = clm.retention_model_state_send(s.s)), (SELECT count(*) FROM shipped), 'states come back as they were sent');

-- A state outlives its use: the aggregate, its state and a window over it share one transition state.
SELECT is((SELECT count(*) FROM (SELECT segment, clm.retention_model(tenure, churned, 'sbg', weight) AS m, state_of(tenure, churned, 'sbg', weight) AS s FROM source GROUP BY segment) q
           JOIN reference r USING (segment) WHERE record_send(q.m) = record_send(r.w) AND record_send(clm.retention_model_final(q.s)) = record_send(r.w)),
    40::bigint, 'final function and plain state from one transition state');
SELECT is((SELECT count(*) FROM (SELECT DISTINCT ON (segment) segment, clm.retention_model(tenure, churned) OVER w AS m FROM source
               WINDOW w AS (PARTITION BY segment ORDER BY id % 4 ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)) q
           JOIN reference r USING (segment) WHERE record_send(q.m) = record_send(r.s)), 40::bigint, 'a window over all rows gives the model of all');
SELECT is((SELECT count(*) FROM (SELECT segment, id, clm.retention_model(tenure, churned) OVER (PARTITION BY segment ORDER BY part) AS m, row_number() OVER (PARTITION BY segment ORDER BY part DESC, id) AS last
               FROM source, LATERAL (SELECT id % 3 AS part) p) q
           JOIN reference r USING (segment) WHERE last = 1 AND record_send(q.m) = record_send(r.s)), 40::bigint, 'a running model ends as that of all');

-- A cancel ends a fit of many distinct tenures long before it would end by itself
CREATE TABLE many AS SELECT state_of(i, true, 'bdw', 1 + (1e10 / (i + 3.0) / (i + 4.0))::bigint) AS s FROM generate_series(1, 100000) i;
CREATE FUNCTION run_many(OUT state text, OUT seconds float8) LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
BEGIN
    BEGIN
        PERFORM clm.retention_model_final(s) FROM many;
        state := '00000';
    EXCEPTION WHEN query_canceled THEN
        state := SQLSTATE;
    END;
    seconds := extract(epoch FROM clock_timestamp() - start);
END
$$;
CREATE TABLE uncancelled AS SELECT * FROM run_many();
SELECT (seconds * 300)::int AS middle FROM uncancelled \gset
SET LOCAL statement_timeout = :middle;
CREATE TABLE cancelled AS SELECT * FROM run_many();
SET LOCAL statement_timeout = 0;
SELECT is(u.state, '00000', 'a fit of 100,000 tenures ends by itself') FROM uncancelled u;
SELECT ok(c.state = '57014' AND c.seconds < u.seconds * .8, 'a cancel ends it then') FROM cancelled c, uncancelled u;

SELECT * FROM finish();
ROLLBACK;
