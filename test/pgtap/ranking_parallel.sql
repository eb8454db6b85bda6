-- Tests of scores are the same bytes whatever plan computes them: serial, parallel, by partitions, or shipped between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(27);

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA ranking_parallel;
SET LOCAL search_path TO ranking_parallel, public;
DO 'BEGIN PERFORM setseed(0.42); END';
-- 60 groups of 7 to 1,800 customers, a third of them with few distinct scores; sums of scores depend on their order in the last bits
CREATE TABLE source AS
    SELECT row_number() OVER (ORDER BY random()) AS id, g AS campaign, score, random() < score * .6 AS hit
    FROM generate_series(1, 60) g, LATERAL generate_series(1, g * g / 2 + 7) i,
        LATERAL (SELECT CASE WHEN g % 3 = 0 THEN floor(random() * 20) / 19 ELSE random() * (1 + i % 2) / 2 END AS score) s;
UPDATE source SET hit = NULL WHERE id % 101 = 0;
\ir include/plans.sql

-- What all queries compute: every aggregate, group by group or for all
CREATE FUNCTION query_of(source text, key text DEFAULT 'campaign') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %2$s AS campaign, clm.ranking(score, hit) AS r, clm.empc(score, hit) AS e, clm.empc(score, hit, 50, 2, 1, 2, 3) AS own, '
        'clm.ranking(score, hit) FILTER (WHERE score > 1) AS none FROM %1$s GROUP BY 1', source, key)
$$;

-- Serial
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
CREATE TABLE reference AS
    SELECT campaign, clm.ranking(score, hit) AS r, clm.empc(score, hit) AS e, clm.empc(score, hit, 50, 2, 1, 2, 3) AS own,
        clm.ranking(score, hit) FILTER (WHERE score > 1) AS none
    FROM source GROUP BY campaign;
SELECT digest_of('TABLE reference') AS reference, digest_of(query_of('source', '1::int')) AS one \gset
SELECT is(count(*), 60::bigint, 'serial: every group has both classes') FROM reference WHERE (r).auc BETWEEN .2 AND 1 AND (e).empc >= (e).mpc;
SELECT is(count(*), 60::bigint, 'serial: an empty one is NULL') FROM reference WHERE none IS NULL;
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY score) s')), :'reference', 'ascending scores: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY score DESC) s')), :'reference', 'descending scores: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY md5(id::text)) s')), :'reference', 'scores in disorder: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY md5(id::text)) s', '1::int')), :'one', 'one group in disorder: same bytes');
\ir include/every_plan.sql
SELECT matches(plan_of(replace(query_of('source', '1::int'), 'GROUP BY 1', '')), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel, one group: the plan is partial');
SELECT is(digest_of(replace(query_of('source', '1::int'), 'GROUP BY 1', '')), :'one', 'parallel, one group: same bytes');
SELECT is(digest_of(replace(query_of('source', '1::int'), 'GROUP BY 1', 'WHERE id < 0')), digest_of('SELECT 1 AS campaign, NULL::clm.ranking, NULL::clm.empc, NULL::clm.empc, NULL::clm.ranking'),
    'parallel, no rows: NULL');

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
CREATE AGGREGATE ranking_state_of(float8, boolean) (SFUNC = clm.ranking_transition, STYPE = clm.ranking_state, COMBINEFUNC = clm.ranking_combine, PARALLEL = SAFE);
CREATE AGGREGATE empc_state_of(float8, boolean, float8, float8, float8, float8, float8) (SFUNC = clm.empc_transition, STYPE = clm.empc_state, COMBINEFUNC = clm.empc_combine, PARALLEL = SAFE);
CREATE AGGREGATE ranking_of(clm.ranking_state) (SFUNC = clm.ranking_combine, STYPE = clm.ranking_state, FINALFUNC = clm.ranking_final, COMBINEFUNC = clm.ranking_combine, PARALLEL = SAFE);
CREATE AGGREGATE empc_of(clm.empc_state) (SFUNC = clm.empc_combine, STYPE = clm.empc_state, FINALFUNC = clm.empc_final, COMBINEFUNC = clm.empc_combine, PARALLEL = SAFE);
CREATE TABLE shipped AS
    SELECT campaign, id % 7 AS node, ranking_state_of(score, hit) AS r, empc_state_of(score, hit, 50, 2, 1, 2, 3) AS e FROM source GROUP BY campaign, id % 7;
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is((SELECT count(*) FROM (SELECT campaign, ranking_of(r::text::clm.ranking_state ORDER BY md5(node || r::text)) AS r, empc_of(e::text::clm.empc_state ORDER BY md5(node || e::text)) AS e
               FROM shipped GROUP BY campaign) s JOIN reference f USING (campaign)
           WHERE record_send(s.r) = record_send(f.r) AND record_send(s.e) = record_send(f.own)), 60::bigint, 'states shipped as text: same bytes');
SELECT is((SELECT count(*) FROM (SELECT campaign, ranking_of(r ORDER BY md5(node || r::text)) AS r, empc_of(e ORDER BY md5(node || e::text)) AS e FROM received GROUP BY campaign) s
           JOIN reference f USING (campaign) WHERE record_send(s.r) = record_send(f.r) AND record_send(s.e) = record_send(f.own)), 60::bigint, 'states shipped in binary: same bytes');
SELECT is((SELECT count(*) FROM shipped s JOIN received r USING (campaign, node) WHERE (s.r::text, s.e::text) IS NOT DISTINCT FROM (r.r::text, r.e::text)
           AND (clm.ranking_state_send(s.r), clm.empc_state_send(s.e)) IS NOT DISTINCT FROM (clm.ranking_state_send(r.r), clm.empc_state_send(r.e))
           AND clm.ranking_state_send(s.r::text::clm.ranking_state) IS NOT DISTINCT FROM clm.ranking_state_send(s.r)), (SELECT count(*) FROM shipped), 'states come back as they were sent');

-- A state outlives its use: the aggregate, its state and a window over it share one transition state.
SELECT is((SELECT count(*) FROM (SELECT campaign, clm.ranking(score, hit) AS r, ranking_state_of(score, hit) AS s, empc_state_of(score, hit, 50, 2, 1, 2, 3) AS e FROM source GROUP BY campaign) q
           JOIN reference f USING (campaign) WHERE record_send(q.r) = record_send(f.r) AND record_send(clm.ranking_final(q.s)) = record_send(f.r) AND record_send(clm.empc_final(q.e)) = record_send(f.own)),
    60::bigint, 'final function and plain state from one transition state');
SELECT is((SELECT count(*) FROM (SELECT DISTINCT ON (campaign) campaign, clm.ranking(score, hit) OVER w AS r, clm.empc(score, hit) OVER w AS e FROM source WHERE campaign <= 40
               WINDOW w AS (PARTITION BY campaign ORDER BY id) ORDER BY campaign, id DESC) s
           JOIN reference f USING (campaign) WHERE record_send(s.r) = record_send(f.r) AND record_send(s.e) = record_send(f.e)), 40::bigint, 'a running ranking ends as that of all');

SELECT * FROM finish();
ROLLBACK;
