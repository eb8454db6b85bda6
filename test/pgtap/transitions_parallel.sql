-- Transitions are the same bytes whatever plan builds them: serial, parallel, by partitions, or shipped between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(27);

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA transitions_parallel;
SET LOCAL search_path TO transitions_parallel, public;
DO 'BEGIN PERFORM setseed(0.42); END';
-- Segments of a few states, one of thousands of distinct moves, and odd names
CREATE TABLE source AS
    SELECT row_number() OVER (ORDER BY random()) AS id, segment,
        CASE WHEN random() < .02 THEN NULL WHEN segment = 0 THEN 'state ' || floor(100 * random()) ELSE (ARRAY['new', 'grow ing', '流失', '', 'a"b\c', 'x>y:1,'])[1 + floor(6 * random())::int] END AS f,
        CASE WHEN segment = 39 THEN NULL WHEN segment = 0 THEN 'state ' || floor(100 * random()) ELSE (ARRAY['new', 'grow ing', '流失', '', 'a"b\c', 'x>y:1,'])[1 + floor(3 * random() + 3 * random())::int] END AS t
    FROM generate_series(0, 39) segment, LATERAL generate_series(1, CASE segment WHEN 0 THEN 20000 ELSE 10 * segment END) row;
CREATE TABLE part AS SELECT segment, id % 40 AS part, clm.transitions(f, t) AS m FROM source GROUP BY segment, id % 40;
\ir include/plans.sql
ANALYZE part;

-- What all queries compute, segment by segment
CREATE FUNCTION query_of(source text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT segment, clm.transitions(f, t) AS m, clm.transitions(t, f) AS back, clm.transitions(f, t) FILTER (WHERE f <> t) AS moved FROM %s GROUP BY segment', source)
$$;

-- Serial, and what SQL counts
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
CREATE TABLE reference AS
    SELECT segment, clm.transitions(f, t) AS m, clm.transitions(t, f) AS back, clm.transitions(f, t) FILTER (WHERE f <> t) AS moved FROM source GROUP BY segment;
CREATE TABLE rolled AS SELECT segment, clm.rollup(m) AS m FROM part GROUP BY segment;
SELECT digest_of('TABLE reference') AS reference, digest_of('TABLE rolled') AS rolled, digest_of('SELECT 1 AS segment, clm.transitions(f, t) AS m FROM source') AS one \gset
SELECT set_eq('SELECT segment, e.from_state, e.to_state, e.count FROM reference, clm.entries(m) e',
    'SELECT segment, f, t, count(*) FROM source WHERE f IS NOT NULL AND t IS NOT NULL GROUP BY segment, f, t', 'serial: as SQL counts');
SELECT set_eq('SELECT segment FROM reference WHERE m IS NULL', ARRAY[39], 'serial: a segment without moves');
SELECT is((SELECT count(*) FROM reference a JOIN rolled b USING (segment) WHERE clm.transitions_send(a.m) = clm.transitions_send(b.m)), 39::bigint, 'rollup of parts is the whole');
SELECT is((SELECT clm.transitions(f, t)::text FROM (SELECT f, t FROM source WHERE segment = 0 ORDER BY md5(id::text)) v), (SELECT m::text FROM reference WHERE segment = 0),
    'rows in another order: same transitions');
\ir include/every_plan.sql
SELECT matches(plan_of('SELECT segment, clm.rollup(m) AS m FROM part GROUP BY segment'), 'Finalize (Hash|Group)Aggregate.*Gather.*Partial (Hash|Group)Aggregate', 'parallel rollup: the plan is partial');
SELECT is(digest_of('SELECT segment, clm.rollup(m) AS m FROM part GROUP BY segment'), :'rolled', 'parallel rollup: same bytes');
SELECT matches(plan_of('SELECT 1 AS segment, clm.transitions(f, t) FROM source'), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel, one group: the plan is partial');
SELECT is(digest_of('SELECT 1 AS segment, clm.transitions(f, t) AS m FROM source'), :'one', 'parallel, one group: same bytes');
SELECT is(digest_of('SELECT 1 AS segment, clm.transitions(f, t) AS m FROM source WHERE segment < 0'), digest_of('SELECT 1 AS segment, NULL::clm.transitions AS m'), 'parallel, no rows: NULL');

-- By partitions
SET LOCAL max_parallel_workers_per_gather TO 0;
SET LOCAL enable_partitionwise_aggregate TO on;
SELECT matches(plan_of(query_of('spread')), 'Finalize (Hash|Group)Aggregate.*Append.*Partial.*Partial.*Partial', 'by partitions: the plan is partial');
SELECT is(digest_of(query_of('spread')), :'reference', 'by partitions: same bytes');
SET LOCAL max_parallel_workers_per_gather TO 2;
SELECT is(digest_of(query_of('spread')), :'reference', 'by partitions in parallel: same bytes');
RESET max_parallel_workers_per_gather;

-- Shipped: states as a worker node makes them, printed or sent, and combined by the coordinator
CREATE AGGREGATE state_of(text, text) (SFUNC = clm.transitions_transition, STYPE = clm.transitions_state, COMBINEFUNC = clm.transitions_combine, PARALLEL = SAFE);
CREATE AGGREGATE transitions_of(clm.transitions_state) (SFUNC = clm.transitions_combine, STYPE = clm.transitions_state, FINALFUNC = clm.transitions_final, COMBINEFUNC = clm.transitions_combine, PARALLEL = SAFE);
CREATE TABLE shipped AS SELECT segment, id % 7 AS node, state_of(f, t) AS state FROM source GROUP BY segment, id % 7;
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is((SELECT count(*) FROM (SELECT segment, transitions_of(state::text::clm.transitions_state ORDER BY md5(node || state::text)) AS m FROM shipped GROUP BY segment) s
           JOIN reference r USING (segment) WHERE clm.transitions_send(s.m) = clm.transitions_send(r.m)), 39::bigint, 'states shipped as text: same bytes');
SELECT is((SELECT count(*) FROM (SELECT segment, transitions_of(state ORDER BY md5(node || state::text)) AS m FROM received GROUP BY segment) s
           JOIN reference r USING (segment) WHERE clm.transitions_send(s.m) = clm.transitions_send(r.m)), 39::bigint, 'states shipped in binary: same bytes');
SELECT is((SELECT count(*) FROM shipped s JOIN received r USING (segment, node) WHERE s.state::text = r.state::text AND clm.transitions_state_send(s.state) = clm.transitions_state_send(r.state)
           AND clm.transitions_state_send(s.state::text::clm.transitions_state) = clm.transitions_state_send(s.state)), (SELECT count(*) FROM shipped WHERE state IS NOT NULL), 'states come back as they were sent');

-- Combining leaves its second argument as it is, and outside an aggregate its first one too
SELECT is((SELECT count(*) FROM (SELECT a.state AS a, b.state AS b, a.state::text AS a_text, b.state::text AS b_text, clm.transitions_combine(a.state, b.state) AS ab,
               clm.transitions_transition(a.state, 'new', 'new') AS more FROM shipped a JOIN shipped b USING (segment) WHERE a.node = 0 AND b.node = 1 OFFSET 0) q
           WHERE a::text <> a_text OR b::text <> b_text OR ab::text <> (a_text::clm.transitions OPERATOR(clm.+) b_text::clm.transitions)::text), 0::bigint, 'arguments stay as they are');

-- A state outlives its use: the aggregate, its state and a window over it share one transition state.
SELECT is((SELECT count(*) FROM (SELECT segment, clm.transitions(f, t) AS m, state_of(f, t) AS s, clm.transitions(f, t) AS again FROM source GROUP BY segment) q
           WHERE m OPERATOR(clm.=) again AND clm.transitions_final(s) OPERATOR(clm.=) m), 39::bigint, 'final function and plain state from one transition state');
SELECT is((SELECT count(*) FROM (SELECT id, segment, clm.transitions(f, t) OVER (PARTITION BY segment ORDER BY id) AS m FROM source WHERE segment BETWEEN 1 AND 10) w
           WHERE w.m::text IS DISTINCT FROM (SELECT clm.transitions(f, t)::text FROM source s WHERE s.segment = w.segment AND s.id <= w.id)), 0::bigint, 'running transitions are those up to their row');

SELECT * FROM finish();
ROLLBACK;
