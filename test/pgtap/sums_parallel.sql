-- Sums and uplifts are the same bytes whatever plan computes them: serial, parallel, by partitions, or shipped between nodes.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(24);

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA sums_parallel;
SET LOCAL search_path TO sums_parallel, public;
DO 'BEGIN PERFORM setseed(0.42); END';
-- Amounts of money, some of huge and tiny numbers that nearly cancel in their group, few NULLs; groups of 2 to 160 rows
CREATE TABLE source AS
    SELECT row_number() OVER (ORDER BY random()) AS id, g, row, random() < 0.5 AS treated, CASE WHEN random() < 0.95 THEN random() < 0.3 END AS kept,
        CASE WHEN g % 10 = 0 THEN (-1) ^ row * (ARRAY[1e300, 4.94065645841247e-324, 1e-300, 1e16, 0.1])[1 + row / 2 % 5]::float8
            WHEN random() < 0.95 THEN round((1000 * random() ^ 4 - 30)::numeric, 2)::float8 END AS amount
    FROM generate_series(1, 400) g, LATERAL generate_series(1, 2 + g * 2 % 160) row;
\ir include/plans.sql

-- What all queries compute: every aggregate, group by group
CREATE FUNCTION query_of(source text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT g, clm.sum(ROW(amount, -amount, NULL, row, amount * 3)::clm.value) AS v, clm.uplift(treated, kept) AS p, clm.uplift(treated, amount) AS m, '
        'clm.uplift(treated, kept, 0.9) AS pl, clm.uplift(treated, amount, 0.99) FILTER (WHERE amount > 200) AS ml FROM %s GROUP BY g', source)
$$;

-- Serial
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT unalike(plan_of(query_of('source')), '%Partial%', 'serial: no partial aggregation');
CREATE TABLE reference AS SELECT g, clm.sum(ROW(amount, -amount, NULL, row, amount * 3)::clm.value) AS v, clm.uplift(treated, kept) AS p, clm.uplift(treated, amount) AS m,
    clm.uplift(treated, kept, 0.9) AS pl, clm.uplift(treated, amount, 0.99) FILTER (WHERE amount > 200) AS ml FROM source GROUP BY g;
SELECT digest_of('TABLE reference') AS reference \gset
CREATE TABLE one AS SELECT 1 AS g, clm.sum(ROW(amount, -amount, NULL, row, amount * 3)::clm.value) AS v, clm.uplift(treated, kept) AS p, clm.uplift(treated, amount) AS m FROM source;
SELECT digest_of('TABLE one') AS one \gset
SELECT ok((SELECT count(*) FROM reference WHERE (m).p_value IS NOT NULL AND (p).lift IS NOT NULL AND (v).cpv = -(v).ppv) > 350 AND (SELECT count(*) FROM reference WHERE ml IS NULL) BETWEEN 3 AND 40,
    'serial: results, and some groups that are empty');
SELECT is((SELECT count(*) FROM reference r WHERE (v).ckv <> (SELECT sum(row) FROM source s WHERE s.g = r.g)
    OR abs((v).cpv - (SELECT sum(amount::numeric) FROM source s WHERE s.g = r.g)) > 1e-15 * (SELECT sum(abs(amount)) FROM source s WHERE s.g = r.g)), 0::bigint, 'serial: the sums are right');
-- Numbers of both signs that cancel all but one
SELECT is((SELECT count(*) FROM reference WHERE g % 10 = 0 AND (v).cpv = (SELECT (sum(amount::numeric))::float8 FROM source s WHERE s.g = reference.g)), 40::bigint,
    'huge and tiny numbers: rounded as numeric sums are');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY md5(id::text)) s')), :'reference', 'rows in another order: same bytes');
SELECT is(digest_of(query_of('(SELECT * FROM source ORDER BY amount DESC) s')), :'reference', 'rows in the order of amounts: same bytes');
\ir include/every_plan.sql
SELECT matches(plan_of('SELECT 1 AS g, clm.uplift(treated, amount) FROM source'), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'parallel, one group: the plan is partial');
SELECT is(digest_of('SELECT 1 AS g, clm.sum(ROW(amount, -amount, NULL, row, amount * 3)::clm.value) AS v, clm.uplift(treated, kept) AS p, clm.uplift(treated, amount) AS m FROM source'), :'one',
    'parallel, one group: same bytes');
SELECT is(digest_of('SELECT 1 AS g, clm.sum(ROW(amount, 1, 1, 1, 1)::clm.value) AS v, clm.uplift(treated, amount) AS m FROM source WHERE g < 0'), digest_of('SELECT 1 AS g, NULL::clm.value AS v, NULL::clm.uplift AS m'),
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
CREATE AGGREGATE value_state_of(clm.value) (SFUNC = clm.value_transition, STYPE = clm.value_state, COMBINEFUNC = clm.value_combine, PARALLEL = SAFE);
CREATE AGGREGATE value_of(clm.value_state) (SFUNC = clm.value_combine, STYPE = clm.value_state, FINALFUNC = clm.value_final, COMBINEFUNC = clm.value_combine, PARALLEL = SAFE);
CREATE AGGREGATE uplift_state_of(boolean, boolean) (SFUNC = clm.uplift_transition, STYPE = clm.uplift_state, COMBINEFUNC = clm.uplift_combine, PARALLEL = SAFE);
CREATE AGGREGATE uplift_state_of(boolean, float8) (SFUNC = clm.uplift_transition, STYPE = clm.uplift_state, COMBINEFUNC = clm.uplift_combine, PARALLEL = SAFE);
CREATE AGGREGATE proportions_of(clm.uplift_state) (SFUNC = clm.uplift_combine, STYPE = clm.uplift_state, FINALFUNC = clm.uplift_proportions_final, COMBINEFUNC = clm.uplift_combine, PARALLEL = SAFE);
CREATE AGGREGATE means_of(clm.uplift_state) (SFUNC = clm.uplift_combine, STYPE = clm.uplift_state, FINALFUNC = clm.uplift_means_final, COMBINEFUNC = clm.uplift_combine, PARALLEL = SAFE);
CREATE TABLE shipped AS SELECT g, id % 7 AS node, value_state_of(ROW(amount, -amount, NULL, row, amount * 3)::clm.value) AS v, uplift_state_of(treated, kept) AS p, uplift_state_of(treated, amount) AS m
    FROM source GROUP BY g, id % 7;
CREATE TABLE received (LIKE shipped);
\set file `mktemp`
\setenv CLM_COPY :file
\copy shipped TO PROGRAM 'cat >"$CLM_COPY"' (FORMAT binary)
\copy received FROM PROGRAM 'cat "$CLM_COPY"' (FORMAT binary)
\! rm "$CLM_COPY"
CREATE FUNCTION query_of_states(v text, p text, m text, source text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT g, value_of(%s ORDER BY md5(node || v::text)) AS v, proportions_of(%s ORDER BY md5(node || v::text)) AS p, means_of(%s ORDER BY md5(node || v::text)) AS m FROM %s GROUP BY g', v, p, m, source)
$$;
SELECT is(digest_of(query_of_states('v::text::clm.value_state', 'p::text::clm.uplift_state', 'm::text::clm.uplift_state', 'shipped')), digest_of('SELECT g, v, p, m FROM reference'), 'states shipped as text: same bytes');
SELECT is(digest_of(query_of_states('v', 'p', 'm', 'received')), digest_of('SELECT g, v, p, m FROM reference'), 'states shipped in binary: same bytes');
-- Equal sums are equal states, however they came about: one node, or seven
CREATE AGGREGATE value_states_of(clm.value_state) (SFUNC = clm.value_combine, STYPE = clm.value_state);
CREATE AGGREGATE uplift_states_of(clm.uplift_state) (SFUNC = clm.uplift_combine, STYPE = clm.uplift_state);
SELECT is(digest_of('SELECT g, clm.value_state_send(value_states_of(v ORDER BY node DESC)) AS v, clm.uplift_state_send(uplift_states_of(m ORDER BY node DESC)) AS m FROM received GROUP BY g'),
    digest_of('SELECT g, clm.value_state_send(value_state_of(ROW(amount, -amount, NULL, row, amount * 3)::clm.value)) AS v, clm.uplift_state_send(uplift_state_of(treated, amount)) AS m FROM source GROUP BY g'),
    'states of one node and of seven: same bytes');

SELECT * FROM finish();
ROLLBACK;
