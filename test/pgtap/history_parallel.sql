-- Histories are the same bytes whatever plan builds them: serial, parallel, by partitions, or shipped between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(25);

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA history_parallel;
SET LOCAL search_path TO history_parallel, public;
DO 'BEGIN PERFORM setseed(0.42); END';
CREATE TABLE source AS
    SELECT row_number() OVER (ORDER BY random()) AS id, customer, date '2023-11-15' + floor(90 * random() ^ 2)::int AS day,
        CASE WHEN customer % 10 = 0 THEN -round((100 * random())::numeric, 2) ELSE round((100 * random() - 30)::numeric, 2) END AS amount
    FROM generate_series(1, 500) customer, LATERAL generate_series(1, 1 + customer * 2 % 160) row;
CREATE TABLE part AS
    SELECT customer, id % 40 AS part, clm.history(day, amount) AS h FROM source GROUP BY customer, id % 40;
\ir include/plans.sql
ANALYZE part;

-- What all queries compute: every aggregate, customer by customer
CREATE FUNCTION query_of(source text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT customer, clm.history(day) AS visits, clm.history(day, amount) AS h, clm.history(day::timestamp, amount::float8) AS f, '
        'clm.history(day::timestamptz, amount) FILTER (WHERE amount > 20) AS large FROM %s GROUP BY customer', source)
$$;

-- Serial
SET LOCAL timezone TO 'UTC';
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
CREATE TABLE reference AS
    SELECT customer, clm.history(day) AS visits, clm.history(day, amount) AS h, clm.history(day::timestamp, amount::float8) AS f,
        clm.history(day::timestamptz, amount) FILTER (WHERE amount > 20) AS large
    FROM source GROUP BY customer;
CREATE TABLE rolled AS SELECT customer, clm.rollup(h) AS h FROM part GROUP BY customer;
CREATE TABLE one AS SELECT 1 AS customer, clm.history(day, amount) AS h, clm.rollup(clm.history(ARRAY[day], ARRAY[amount::float8])) AS r FROM source;
SELECT digest_of('TABLE reference') AS reference, digest_of('TABLE rolled') AS rolled, digest_of('TABLE one') AS one \gset
SELECT is((SELECT count(*) FROM reference WHERE clm.total(h) IS NOT NULL AND f OPERATOR(clm.=) h), 500::bigint, 'serial: a history a customer');
SELECT ok((SELECT count(*) FROM reference WHERE large IS NULL) BETWEEN 50 AND 100, 'serial: some groups are empty');
\ir include/every_plan.sql
SELECT matches(plan_of('SELECT customer, clm.rollup(h) AS h FROM part GROUP BY customer'), 'Finalize (Hash|Group)Aggregate.*Gather.*Partial (Hash|Group)Aggregate', 'parallel rollup: the plan is partial');
SELECT is(digest_of('SELECT customer, clm.rollup(h) AS h FROM part GROUP BY customer'), :'rolled', 'parallel rollup: same bytes');
SELECT matches(plan_of('SELECT 1 AS customer, clm.history(day, amount) FROM source'), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel, one group: the plan is partial');
SELECT is(digest_of('SELECT 1 AS customer, clm.history(day, amount) AS h, clm.rollup(clm.history(ARRAY[day], ARRAY[amount::float8])) AS r FROM source'), :'one',
    'parallel, one group: same bytes');
SELECT is(digest_of('SELECT 1 AS customer, clm.history(day, amount) AS h FROM source WHERE customer < 0'), digest_of('SELECT 1 AS customer, NULL::clm.history AS h'),
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
CREATE AGGREGATE state_of(date, numeric) (SFUNC = clm.history_transition, STYPE = clm.history_state, COMBINEFUNC = clm.history_combine, PARALLEL = SAFE);
CREATE AGGREGATE history_of(clm.history_state) (SFUNC = clm.history_combine, STYPE = clm.history_state, FINALFUNC = clm.history_final, COMBINEFUNC = clm.history_combine, PARALLEL = SAFE);
CREATE TABLE shipped AS SELECT customer, id % 7 AS node, state_of(day, amount) AS state FROM source GROUP BY customer, id % 7;
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
SELECT is((SELECT count(*) FROM (SELECT customer, history_of(state::text::clm.history_state ORDER BY md5(node || state::text)) AS h FROM shipped GROUP BY customer) s
           JOIN reference r USING (customer) WHERE clm.history_send(s.h) = clm.history_send(r.h)), 500::bigint, 'states shipped as text: same bytes');
SELECT is((SELECT count(*) FROM (SELECT customer, history_of(state ORDER BY md5(node || state::text)) AS h FROM received GROUP BY customer) s
           JOIN reference r USING (customer) WHERE clm.history_send(s.h) = clm.history_send(r.h)), 500::bigint, 'states shipped in binary: same bytes');
SELECT is((SELECT count(*) FROM shipped s JOIN received r USING (customer, node) WHERE s.state::text = r.state::text AND clm.history_state_send(s.state) = clm.history_state_send(r.state)
           AND clm.history_state_send(s.state::text::clm.history_state) = clm.history_state_send(s.state)), (SELECT count(*) FROM shipped), 'states come back as they were sent');

-- A state outlives its use: the aggregate, its state and a window over it share one transition state.
SELECT is((SELECT count(*) FROM (SELECT customer, clm.history(day, amount) AS h, state_of(day, amount) AS s, clm.history(day, amount) AS again FROM source GROUP BY customer) q
           WHERE h OPERATOR(clm.=) again AND clm.history_final(s) OPERATOR(clm.=) h), 500::bigint, 'final function and plain state from one transition state');
SELECT is((SELECT count(*) FROM (SELECT customer, day, clm.history(day, amount) OVER (PARTITION BY customer ORDER BY day) AS h,
               last_value(day) OVER (PARTITION BY customer ORDER BY day RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS last FROM source) w
           JOIN reference r USING (customer) WHERE w.h OPERATOR(clm.<>) clm.as_of(r.h, w.day)), 0::bigint, 'a running history is the history as of its day');

SELECT * FROM finish();
ROLLBACK;
