-- Response models are the same bytes whatever plan builds them: serial, parallel, by partitions, or shipped between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(31);

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA response_parallel;
SET LOCAL search_path TO response_parallel, public;
DO 'BEGIN PERFORM setseed(0.42); END';
-- 60 segments of 40 to 99 customers, and one of 30,000 whose states outgrow the sizes from which they merge; `few` takes 100
-- values, so that it merges
CREATE TABLE source AS
    SELECT row_number() OVER (ORDER BY random()) AS id, least(segment, 61) AS segment, random() < .3 + .02 * a AS outcome,
        CASE WHEN random() > .01 THEN ARRAY[a, exp(20 * b), -b, random(), random() - 1e6, CASE WHEN c = 0 THEN '-0' ELSE c END::float8] END AS x, ARRAY[a, c]::float8[] AS few
    FROM generate_series(1, 61) segment, LATERAL generate_series(1, CASE WHEN segment = 61 THEN 30000 ELSE 39 + segment END) i,
        LATERAL (SELECT floor(20 * random()) AS a, random() + i * 0 AS b, floor(5 * random()) AS c) s;
\ir include/plans.sql

CREATE FUNCTION query_of(source text, segments text DEFAULT 'segment') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %2$s AS segment, clm.response_model(outcome, x) AS m, clm.response_model(outcome, few, .5) AS f, clm.response_model(outcome, few, 2) FILTER (WHERE segment < 0) AS none FROM %1$s GROUP BY 1', source, segments)
$$;

-- Serial
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
CREATE TABLE reference AS
    SELECT segment, clm.response_model(outcome, x) AS m, clm.response_model(outcome, few, .5) AS f, clm.response_model(outcome, few, 2) FILTER (WHERE segment < 0) AS none FROM source GROUP BY segment;
SELECT digest_of('TABLE reference') AS reference \gset
SELECT is((SELECT count(*) FROM reference r JOIN (SELECT segment, count(x) AS n, count(*) AS all, count(*) FILTER (WHERE outcome) AS hits FROM source GROUP BY 1) s USING (segment)
           WHERE (m).customers = n AND (f).customers = s.all AND (f).hits = hits AND none IS NULL), 61::bigint, 'serial: everybody counts');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY x) s')), :'reference', 'ascending signals: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY few DESC, outcome) s')), :'reference', 'another order: same bytes');
\ir include/every_plan.sql

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
CREATE AGGREGATE state_of(boolean, float8[]) (SFUNC = clm.response_model_transition, STYPE = clm.response_model_state, COMBINEFUNC = clm.response_model_combine, PARALLEL = SAFE);
CREATE AGGREGATE model_of(clm.response_model_state) (SFUNC = clm.response_model_combine, STYPE = clm.response_model_state, FINALFUNC = clm.response_model_final, COMBINEFUNC = clm.response_model_combine, PARALLEL = SAFE);
CREATE TABLE shipped AS SELECT segment, id % 7 AS node, state_of(outcome, x) AS s FROM source GROUP BY segment, id % 7;
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is((SELECT count(*) FROM (SELECT segment, model_of(s::text::clm.response_model_state ORDER BY md5(node || segment::text)) AS m FROM shipped GROUP BY segment) s
           JOIN reference r USING (segment) WHERE record_send(s.m) = record_send(r.m)), 61::bigint, 'states shipped as text: same bytes');
SELECT is((SELECT count(*) FROM (SELECT segment, model_of(s ORDER BY node DESC) AS m FROM received GROUP BY segment) s
           JOIN reference r USING (segment) WHERE record_send(s.m) = record_send(r.m)), 61::bigint, 'states shipped in binary: same bytes');
SELECT is((SELECT count(*) FROM shipped s JOIN received r USING (segment, node) WHERE s.s::text IS NOT DISTINCT FROM r.s::text
           AND clm.response_model_state_send(s.s) IS NOT DISTINCT FROM clm.response_model_state_send(r.s)
           AND clm.response_model_state_send(s.s::text::clm.response_model_state) IS NOT DISTINCT FROM clm.response_model_state_send(s.s)), (SELECT count(*) FROM shipped), 'states come back as they were sent');

-- A state outlives its use: the aggregate, its state and a window over it share one transition state.
SELECT is((SELECT count(*) FROM (SELECT segment, clm.response_model(outcome, x) AS m, state_of(outcome, x) AS s FROM source GROUP BY segment) q JOIN reference r USING (segment)
           WHERE record_send(q.m) = record_send(r.m) AND record_send(clm.response_model_final(q.s)) = record_send(r.m)), 61::bigint, 'final function and plain state from one transition state');
SELECT is((SELECT count(*) FROM (SELECT segment, id, clm.response_model(outcome, few, .5) OVER w AS f, count(*) OVER w = count(*) OVER (PARTITION BY segment) AS last
               FROM source WHERE segment BETWEEN 10 AND 20 WINDOW w AS (PARTITION BY segment ORDER BY outcome, id GROUPS BETWEEN UNBOUNDED PRECEDING AND 10000 FOLLOWING)) s JOIN reference r USING (segment)
           WHERE last AND record_send(s.f) = record_send(r.f)), (SELECT count(*) FROM source WHERE segment BETWEEN 10 AND 20), 'a window over all rows gives the model of all');
-- Equal rows merge: a state of many rows is no larger than its distinct ones need
SELECT cmp_ok(pg_column_size(state_of(i % 3 = 0, ARRAY[i % 100, i % 7, i % 4]::float8[])), '<=', 131072, 'the state of 200,000 customers of 700 kinds stays small') FROM generate_series(1, 200000) i;

-- States of 8 MB, which transitions keep in expanded objects: 70,000 customers of 10 signals
CREATE TABLE large AS
    SELECT i AS id, random() < .3 AS outcome, ARRAY[random(), i, -i, random(), 1, 2, 3, 4, 5, exp(10 * random())] AS x FROM generate_series(1, 70000) i;
CREATE TABLE spread_large (LIKE large) PARTITION BY HASH (id);
CREATE TABLE spread_large_0 PARTITION OF spread_large FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE spread_large_1 PARTITION OF spread_large FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO spread_large SELECT * FROM large;
ANALYZE large; ANALYZE spread_large;
CREATE AGGREGATE sum_of(clm.response_model_state) (SFUNC = clm.response_model_combine, STYPE = clm.response_model_state, COMBINEFUNC = clm.response_model_combine, PARALLEL = SAFE);
CREATE FUNCTION sent(clm.response_model_state) RETURNS text LANGUAGE sql AS 'SELECT md5(clm.response_model_state_send($1))';
SET LOCAL max_parallel_workers_per_gather TO 0;
CREATE TABLE large_state AS SELECT state_of(outcome, x) AS s FROM large;
SELECT sent(s) AS large FROM large_state \gset
SELECT is((SELECT octet_length(clm.response_model_state_send(s)) FROM large_state), 1 + 8 + 8 + 8 + 70000 * 12 * 8, 'large: all rows are there');
SELECT is((SELECT sent(state_of(outcome, x ORDER BY id DESC)) FROM large), :'large', 'large, in another order: same bytes');
SELECT is((SELECT sent(sum_of(s)) FROM (SELECT state_of(outcome, x) AS s FROM large GROUP BY id % 5 = 0) q), :'large', 'large, from parts of which one is large: same bytes');
SELECT is((SELECT sent(s::text::clm.response_model_state) FROM large_state), :'large', 'large, shipped as text: same bytes');
CREATE TABLE large_received (LIKE large_state);
\set file `mktemp`
\setenv CLM_COPY :file
\copy large_state TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy large_received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is((SELECT sent(s) FROM large_received), :'large', 'large, shipped in binary: same bytes');
SELECT is((SELECT sent(sum_of(s)) FROM (SELECT state_of(outcome, x) AS s FROM spread_large GROUP BY tableoid) q), :'large', 'large, by partitions: same bytes');
SET LOCAL max_parallel_workers_per_gather TO 2;
SELECT is((SELECT sent(state_of(outcome, x)) FROM spread_large), :'large', 'large, in parallel: same bytes');
-- A window reads its state time and again, a variable keeps its own
SELECT is((SELECT string_agg(DISTINCT sent, ' ') FROM (SELECT id, CASE WHEN id IN (60000, 65000) THEN sent(state_of(outcome, x) OVER (ORDER BY id / 10000)) END AS sent FROM large) q WHERE id = 60000),
    (SELECT sent(state_of(outcome, x)) FROM large WHERE id < 70000), 'large, in a window: same bytes');
CREATE FUNCTION keeps(state clm.response_model_state) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    more clm.response_model_state := clm.response_model_transition(state, true, array_fill(0::float8, ARRAY[10]));
    again clm.response_model_state := clm.response_model_transition(more, true, array_fill(1::float8, ARRAY[10]));
    twice clm.response_model_state := clm.response_model_combine(more, more);
    n integer := octet_length(clm.response_model_state_send(state));
BEGIN
    RETURN octet_length(clm.response_model_state_send(more)) = n + 96 AND octet_length(clm.response_model_state_send(again)) = n + 192
        AND sent(twice) = sent(clm.response_model_combine(more, more::text::clm.response_model_state)) AND sent(twice) <> sent(more);
END
$$;
SELECT ok((SELECT keeps(s) AND sent(s) = :'large' FROM large_state), 'large, in variables: no function changes its argument');

SELECT * FROM finish();
ROLLBACK;
