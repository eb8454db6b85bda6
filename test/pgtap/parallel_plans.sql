-- What the planner chooses by itself, with the settings that a server comes with: workers for large tables and none for small
-- ones, the right number of rows of a set, and expensive functions as late as possible. Nothing here runs but EXPLAIN.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT * FROM no_plan(); -- one test an aggregate, and there are more with every version

-- Workers see the tables of the transaction that started them, but no temporary ones.
CREATE SCHEMA parallel_plans;
SET LOCAL search_path TO parallel_plans, public;
CREATE TABLE orders AS
    SELECT i / 10 AS customer, i % 12 AS segment, date '2022-01-01' + i % 1000 AS day, (i % 97)::float8 AS amount FROM generate_series(0, 299999) i;
CREATE TABLE customers AS
    SELECT id, id % 12 AS segment, CASE id % 2 WHEN 0 THEN even ELSE odd END AS h, clm.rfm(3, 50, 90) AS summary
    FROM generate_series(1, 100000) id,
        (SELECT clm.history(date '2022-01-01' + 30 * i, 20) AS even, clm.history(date '2022-01-01' + 30 * i, 20) FILTER (WHERE i <= 4) AS odd
         FROM generate_series(1, 16) i) h;
CREATE TABLE few AS SELECT * FROM customers WHERE id <= 1000;
CREATE TABLE few_orders AS SELECT * FROM orders WHERE customer < 100;
CREATE TABLE model AS SELECT clm.customer_model('bg/nbd', 7, '{1,6,.5,3}', '{6,4,15}') AS m;
CREATE TABLE segment_model AS SELECT segment, m FROM model, generate_series(0, 11) segment;
ANALYZE segment_model; ANALYZE orders; ANALYZE customers; ANALYZE few; ANALYZE few_orders; ANALYZE model;

CREATE FUNCTION plan_of(query text, options text DEFAULT 'COSTS off') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lines text := '';
BEGIN
    FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, query) LOOP
        lines := lines || line || E'\n';
    END LOOP;
    RETURN lines;
END
$$;
-- Estimate of the rows of the last node with that name, as of one call; total cost of the whole plan
CREATE FUNCTION estimated_rows(query text, node text) RETURNS float8 LANGUAGE sql AS $$
    SELECT substring(plan_of(query, 'COSTS on') FROM node || '[^\n]* rows=(\d+)')::float8
$$;
CREATE FUNCTION estimated_cost(query text) RETURNS float8 LANGUAGE sql AS $$
    SELECT substring(plan_of(query, 'COSTS on') FROM '\.\.([\d.]+) rows')::float8
$$;

-- The settings of a new cluster, whatever this one has
SET LOCAL max_parallel_workers_per_gather TO 2;
SET LOCAL max_parallel_workers TO 8;
SET LOCAL parallel_setup_cost TO 1000;
SET LOCAL parallel_tuple_cost TO 0.1;
SET LOCAL min_parallel_table_scan_size TO '8MB';
SET LOCAL work_mem TO '4MB';
SET LOCAL jit TO off;

-- Histories
SELECT matches(plan_of('SELECT segment, clm.history(day, amount) FROM orders GROUP BY segment'),
    'Finalize (Hash|Group)Aggregate.*Gather.*Partial (Hash|Group)Aggregate.*Parallel Seq Scan', 'histories of few groups: by workers');
SELECT matches(plan_of('SELECT clm.history(day, amount) FROM orders'), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'one history: by workers');
SELECT matches(plan_of('CREATE TABLE result AS SELECT segment, clm.history(day, amount) FROM orders GROUP BY segment'), 'Finalize.*Gather.*Partial', 'into a table: by workers');
SELECT unalike(plan_of('SELECT segment, clm.history(day, amount) FROM few_orders GROUP BY segment'), '%Gather%', 'histories of a small table: without');

-- Every aggregate over many rows, its arguments NULL of their types: what the planner sees is the same
CREATE TABLE aggregate AS
    SELECT p.oid::regprocedure AS name, format('%s(%s)', p.oid::regproc, (SELECT string_agg('NULLIF(id, id)::text::' || a.type::regtype, ', ' ORDER BY n)
        FROM unnest(p.proargtypes) WITH ORDINALITY a(type, n))) AS call
    FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
    WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clm') AND d.deptype = 'e'
      AND d.classid = 'pg_proc'::regclass AND p.prokind = 'a';
SELECT cmp_ok(count(*), '>=', 40::bigint, 'there are aggregates') FROM aggregate;
SELECT matches(plan_of(format('SELECT %s FROM customers', call)), 'Finalize Aggregate.*Gather.*Partial Aggregate.*Parallel Seq Scan', name || ': by workers') FROM aggregate ORDER BY name::text;
SELECT matches(plan_of(format('SELECT segment, %s FROM customers GROUP BY segment', call)), 'Finalize (Hash|Group)Aggregate.*Gather.*Partial (Hash|Group)Aggregate',
    name || ', by segment: by workers') FROM aggregate ORDER BY name::text;
SELECT unalike(plan_of(format('SELECT %s FROM few', call)), '%Gather%', name || ', small table: without') FROM aggregate ORDER BY name::text;

-- Fits and scores. A model comes from a subquery of its own: up to PostgreSQL 17 a join with a table of one row looks expensive to workers.
SELECT matches(plan_of('SELECT clm.customer_model(h, date ''2024-12-31'') FROM customers'), 'Finalize Aggregate.*Gather.*Partial Aggregate', 'a fit: by workers');
SELECT matches(plan_of('SELECT segment, clm.customer_model(h, date ''2024-12-31'') FROM customers GROUP BY segment'), 'Finalize.*Gather.*Partial', 'a fit a segment: by workers');
\set scores 'clm.scores(h, date 2024-12-31, (SELECT m FROM model))'
SELECT matches(plan_of('CREATE TABLE result AS SELECT id, clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) AS s FROM customers'), 'Gather.*Parallel Seq Scan on customers', 'scores into a table: by workers');
SELECT matches(plan_of('CREATE TABLE result AS SELECT id, (s).* FROM (SELECT id, clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) AS s FROM customers OFFSET 0) q'),
    'Gather.*Parallel Seq Scan on customers', 'scores into columns of a table: by workers');
SELECT matches(plan_of('CREATE MATERIALIZED VIEW result AS SELECT id, (s).* FROM (SELECT id, clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) AS s FROM customers OFFSET 0) q'),
    'Gather.*Parallel Seq Scan on customers', 'scores into a materialized view: by workers');
SELECT matches(plan_of('SELECT id, clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) AS s FROM customers'), 'Gather.*Parallel Seq Scan on customers', 'scores as a result: by workers');
SELECT matches(plan_of('SELECT id, clm.scores(h, date ''2024-12-31'', m) AS s FROM customers JOIN segment_model USING (segment)'), 'Gather.*Parallel Seq Scan on customers',
    'scores with a model a segment: by workers');
SELECT matches(plan_of('SELECT sum(clm.clv(h, date ''2024-12-31'', (SELECT m FROM model))) FROM customers'), 'Gather.*Partial Aggregate', 'value of the base: by workers');
SELECT unalike(plan_of('SELECT id, clm.p_alive(h, date ''2024-12-31'', (SELECT m FROM model)) FROM customers'), '%Gather%',
    'a cheap score as a result: without, as a row costs more to pass on than to score');
SELECT unalike(plan_of('CREATE TABLE result AS SELECT id, clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) AS s FROM few'), '%Gather%', 'scores of a small table: without');
SELECT matches(plan_of('CREATE TABLE result AS SELECT id, clm.scores(h, date ''2024-12-31'', (SELECT m FROM model), level => .9) AS s FROM customers'), 'Gather',
    'scores with intervals: by workers');

-- What costs much comes late
SELECT matches(plan_of('SELECT id FROM few, model WHERE clm.clv(h, date ''2024-12-31'', m) > 5 AND clm.recency(h, date ''2024-12-31'') < 30 AND segment = 3'),
    'Filter: \(\(segment = 3\) AND \(clm.recency', 'the cheaper condition first');
SELECT matches(plan_of('SELECT id, clm.scores(h, date ''2024-12-31'', m) FROM few, model ORDER BY id LIMIT 10', 'VERBOSE, COSTS off'), 'Limit.*scores.*Sort[^(]*',
    'ORDER BY and LIMIT before scores');
SELECT cmp_ok(estimated_cost('SELECT clm.scores(h, date ''2024-12-31'', m, level => .9) FROM few, model'), '>',
    10 * estimated_cost('SELECT clm.scores(h, date ''2024-12-31'', m) FROM few, model'), 'a level costs, and the planner knows');
SELECT cmp_ok(estimated_cost('SELECT clm.scores(summary, m, 52, level => .9) FROM few, model'), '>',
    10 * estimated_cost('SELECT clm.scores(summary, m, 52) FROM few, model'), 'also of a summary');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = prolang
    WHERE pronamespace = 'clm'::regnamespace AND lanname = 'c' AND prokind <> 'p' AND procost = 1
      AND proname !~ '_(in|out|recv|send|support)$' AND NOT EXISTS (SELECT FROM pg_aggregate WHERE aggfinalfn = p.oid)$$, 'every function but final ones says what it costs');

-- Numbers of rows
SET LOCAL max_parallel_workers_per_gather TO 0;
SELECT cmp_ok(abs(estimated_rows('SELECT * FROM customers, clm.entries(h)', 'Function Scan') / 10 - 1), '<', .15::float8, 'entries of a column: as many as it has on average');
SELECT cmp_ok(abs(estimated_rows('SELECT * FROM customers, clm.entries(h)', '^') / (SELECT sum(clm.occasions(h)) FROM customers) - 1), '<', .15::float8, 'and of the whole table');
SELECT cmp_ok(abs(estimated_rows('SELECT clm.entries(h) FROM customers', '^') / (SELECT sum(clm.occasions(h)) FROM customers) - 1), '<', .15::float8, 'also in the list of a SELECT');
SELECT cmp_ok(abs(estimated_rows('SELECT * FROM (SELECT h AS x FROM customers OFFSET 0) c, clm.entries(x)', 'Function Scan') / 10 - 1), '<', .15::float8, 'and of a subquery''s column');
SELECT is(estimated_rows($$SELECT * FROM clm.entries('{2024-01-05:20,2024-02-11:-3,2024-02-12:1}')$$, 'Function Scan'), 3::float8, 'entries of a constant: exactly');
SELECT is(estimated_rows($$SELECT * FROM clm.entries('{}')$$, 'Function Scan'), 1::float8, 'of an empty one: the least that the planner knows');
SELECT is(estimated_rows('SELECT * FROM clm.entries(NULL::clm.history)', 'Function Scan'), 1::float8, 'and of NULL');
SELECT is(estimated_rows('SELECT * FROM customers, clm.entries(clm.as_of(h, date ''2022-06-01''))', 'Function Scan'), 10::float8, 'of what is computed: ten');
-- A column with many NULLs, and one that nobody has analysed
CREATE TABLE sparse AS SELECT id, CASE WHEN id % 4 = 0 THEN h END AS h FROM few WHERE id % 2 = 0;
SELECT is(estimated_rows('SELECT * FROM sparse, clm.entries(h)', 'Function Scan'), 10::float8, 'without statistics: ten');
ANALYZE sparse;
SELECT is(estimated_rows('SELECT * FROM sparse, clm.entries(h)', 'Function Scan'), 8::float8, 'NULLs have none');
SELECT is(estimated_rows('SELECT * FROM few c WHERE EXISTS (SELECT FROM clm.entries(c.h) WHERE amount > 100)', 'Function Scan') IS NOT NULL, true, 'in a subquery');

SELECT is(estimated_rows(format('SELECT * FROM clm.entries(%L::clm.cohorts)', c), 'Function Scan'), (SELECT count(*) FROM clm.entries(c))::float8, 'entries of constant cohorts: exactly')
FROM (SELECT clm.cohorts(h, '2024-12-31', 'month') AS c FROM few) q;
SELECT is(estimated_rows('SELECT * FROM clm.entries(NULL::clm.cohorts)', 'Function Scan'), 1::float8, 'and of NULL');
SELECT is(estimated_rows(format('SELECT * FROM (SELECT clm.cohorts(h, ''2024-12-31'', %L) AS c FROM few) q, clm.entries(c)', unit), 'Function Scan'), periods * (periods + 1) / 2, 'of an aggregate: three years by ' || unit)
FROM (VALUES ('week', 157::float8), ('month', 36), ('quarter', 12), ('year', 3)) v(unit, periods);
SELECT is(estimated_rows(format('SELECT * FROM (SELECT %s AS c FROM few) q, clm.entries(c)', cohorts), 'Function Scan'), 666::float8, 'of a calendar that is not known: as of months: ' || cohorts)
FROM unnest(ARRAY['clm.cohorts(h, ''2024-12-31'', ''decade'')', 'clm.cohorts(h, ''2024-12-31'', NULL)', 'clm.cohorts(h, ''2024-12-31'', current_user)']) cohorts;
SELECT is(estimated_rows('SELECT * FROM clm.points(clm.retention_model(''sbg'', ''{1,2}''::float8[]), 120)', 'Function Scan'), 121::float8, 'points of a retention model: periods + 1');
SELECT is(estimated_rows('SELECT * FROM (VALUES (5), (7)) v(n), clm.points(clm.retention_model(''sbg'', ''{1,2}''::float8[]), n)', 'Function Scan'), 36::float8, 'of periods that are not known: 36');
CREATE TABLE moves AS SELECT clm.transitions('a'::text, 'b'::text) AS t;
SELECT is(estimated_rows('SELECT * FROM moves, clm.forecast(t, ''{a,b}'', ''{1,2}'', 49)', 'Function Scan'), 100::float8, 'forecast: states times steps');
SELECT is(estimated_rows('SELECT * FROM moves, clm.forecast(t, ARRAY[''a'', ''b'', current_user::text], ''{1,2,3}'', 9)', 'Function Scan'), 30::float8, 'forecast of states that are computed');
SELECT is(estimated_rows('SELECT * FROM moves, generate_series(1, 3) n, clm.forecast(t, ARRAY[''a'', n::text], ''{1,2}'', 9)', 'Function Scan on forecast'), 20::float8, 'of states that a column gives');
SELECT is(estimated_rows('SELECT * FROM moves, generate_series(1, 3) n, clm.forecast(t, ''{a,b}'', ''{1,2}'', n)', 'Function Scan on forecast'), 100::float8, 'of steps that are not known: 100');
SELECT is(estimated_rows('SELECT * FROM moves, clm.clv(t, ''{a,b,c}'', ''{1,2,3}'', .1)', 'Function Scan'), 3::float8, 'clv(transitions): states');
SELECT is(estimated_rows('SELECT * FROM moves, clm.clv(t, NULL, ''{1,2,3}'', .1)', 'Function Scan'), 8::float8, 'of states that are NULL: 8');
SELECT is(estimated_rows($$SELECT * FROM clm.lever_value(clm.economics(revenue => 50), '{"(a,revenue,1)","(b,churn,.001)","(a,churn,.001)"}')$$, 'Function Scan'), 2::float8,
    'lever_value: initiatives');
SELECT is(estimated_rows($$SELECT * FROM clm.lever_value(clm.economics(revenue => 50), '{"(a,revenue,1)",NULL,"(,churn,.001)"}')$$, 'Function Scan'), 5::float8, 'of effects that are NULL: 5');
SELECT cmp_ok(estimated_cost(format('SELECT * FROM clm.lever_value(clm.economics(revenue => 50), %L)', (SELECT array_agg(ROW('i' || i, 'revenue', 1)::clm.effect) FROM generate_series(1, 11) i))),
    '>', 2 * estimated_cost(format('SELECT * FROM clm.lever_value(clm.economics(revenue => 50), %L)', (SELECT array_agg(ROW('i' || i, 'revenue', 1)::clm.effect) FROM generate_series(1, 3) i))),
    'eleven initiatives cost more than three');
-- simulate: each family's estimate beside what it makes
SELECT cmp_ok(abs(estimated_rows(query, 'Function Scan') / (SELECT count(*) FROM clm.simulate(2000, date '2023-01-01', date '2024-12-31', 3, family)) - 1), '<', .2::float8, 'simulate: ' || family)
FROM (VALUES ('bg/nbd'), ('mbg/nbd'), ('pareto/nbd')) v(family),
    format('SELECT * FROM clm.simulate(2000, date ''2023-01-01'', date ''2024-12-31'', 3, %L)', family) query;
SELECT is(estimated_rows(query, 'Function Scan'), 10000::float8, 'simulate cannot tell: ' || query)
FROM unnest(ARRAY['SELECT * FROM clm.simulate(10, date ''2023-01-01'', date ''2024-12-31'', 3, ''no such family'')',
    'SELECT * FROM clm.simulate(10, date ''2023-01-01'', date ''2024-12-31'', 3, ''bg/nbd'', ''{1,2,-3,4}'')',
    'SELECT * FROM clm.simulate(10, date ''2023-01-01'', date ''2024-12-31'', 3, ''bg/nbd'', ''{1,2,3}'')',
    'SELECT * FROM clm.simulate(10, date ''2023-01-01'', date ''2022-12-31'', 3)',
    'SELECT * FROM clm.simulate(10, date ''2023-01-01'', date ''2024-12-31'', 3, period => 0)',
    'SELECT * FROM clm.simulate(NULL, date ''2023-01-01'', date ''2024-12-31'', 3)']) query;

SELECT * FROM finish();
ROLLBACK;
