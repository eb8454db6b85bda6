-- Fits: known parameters are recovered, and the same customers give the same model whatever the plan that gathers them.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(57);
-- Small groups of customers come without a spend part, which a WARNING says.
SET LOCAL client_min_messages = error;

-- Parameters behind simulated purchases lie within three standard errors of the estimates. Purchases are slow (alpha in
-- weeks at least 10), so that counting days instead of moments hardly matters
CREATE TEMP TABLE truth (family text, seed bigint, params float8[], spend float8[]);
INSERT INTO truth VALUES
    ('bg/nbd', 11, '{.6,20,.8,2.5}', '{6,4,15}'), ('bg/nbd', 12, '{1.5,60,1.5,4}', '{3,6,80}'),
    ('mbg/nbd', 13, '{.6,20,.8,2.5}', '{6,4,15}'), ('mbg/nbd', 14, '{1.5,60,.6,1.5}', '{2,5,40}');
CREATE TEMP TABLE recovered AS
    SELECT t.*, clm.customer_model(h, date '2024-12-31', family) AS m
    FROM truth t, LATERAL (
        SELECT clm.history(day, amount) AS h
        FROM clm.simulate(10000, '2020-01-01', '2024-12-31', t.seed, t.family, t.params, 7, t.spend, '2022-12-31') GROUP BY customer_id) c
    GROUP BY family, seed, params, spend;
SELECT cmp_ok(abs(estimate - value) / se, '<', 3::float8, format('%s, seed %s: %s = %s', family, seed, name, value))
FROM (SELECT family, seed, p.* FROM recovered, unnest(params, (m).params, (m).se, ARRAY['r', 'alpha', 'a', 'b']) p(value, estimate, se, name)
      UNION ALL
      SELECT family, seed, p.* FROM recovered, unnest(spend, (m).spend, (m).spend_se, ARRAY['p', 'q', 'gamma']) p(value, estimate, se, name)) v
ORDER BY seed;
-- Standard errors are no wider than they need to be: the sample is large
SELECT cmp_ok(max(se / estimate), '<', .5::float8, 'estimates are known within half their size')
FROM recovered, unnest((m).params, (m).se) p(estimate, se);

-- One base for the plans; groups of customers for GROUP BY
CREATE SCHEMA clm_test_models;
SET LOCAL search_path = clm_test_models, public;
CREATE TABLE customer AS
    SELECT customer_id AS id, customer_id % 4 AS channel, clm.history(day, amount) AS h
    FROM clm.simulate(8000, '2023-01-01', '2024-12-31', 21, join_by => '2024-06-30') GROUP BY customer_id;
CREATE TABLE partitioned (LIKE customer) PARTITION BY HASH (id);
CREATE TABLE partition_0 PARTITION OF partitioned FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE partition_1 PARTITION OF partitioned FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO partitioned SELECT * FROM customer;
ANALYZE customer;
ANALYZE partitioned;
\set d '''2024-12-31''::date'
SET LOCAL max_parallel_workers_per_gather = 0;
CREATE TABLE serial AS SELECT clm.customer_model(h, :d) AS m FROM customer;

SELECT ok((SELECT m FROM serial) = (SELECT clm.customer_model(h, :d) FROM (SELECT h FROM customer ORDER BY md5(id::text)) c), 'another order of rows');
SELECT ok((SELECT m FROM serial) = (SELECT clm.customer_model(h, :d ORDER BY id DESC) FROM customer), 'an order inside the aggregate');
SELECT ok((SELECT m FROM serial) = (SELECT clm.customer_model(h, :d, 'mbg/nbd', 7) FROM customer), 'the defaults written out');
SELECT ok((SELECT (m).as_of FROM serial) = :d AND (SELECT (m).as_of FROM (SELECT clm.customer_model(clm.rfm(h, :d)) AS m FROM customer) v) IS NULL,
    'as_of comes with histories and not with summaries');
SELECT ok((SELECT ((m).params, (m).se, (m).log_likelihood, (m).customers, (m).spend, (m).spend_se, (m).spend_log_likelihood, (m).spend_customers) FROM serial) =
    (SELECT ((m).params, (m).se, (m).log_likelihood, (m).customers, (m).spend, (m).spend_se, (m).spend_log_likelihood, (m).spend_customers)
     FROM (SELECT clm.customer_model(clm.rfm(h, :d)) AS m FROM customer) v), 'from histories as from their summaries');
SELECT ok((SELECT clm.customer_model(clm.rfm(h, :d, 30), 'bg/nbd', 1, 30) FROM customer) =
    (SELECT clm.customer_model(s, 'bg/nbd', n, 30) FROM (SELECT clm.rfm(h, :d, 30) AS s, count(*) AS n FROM customer GROUP BY 1) g), 'weights for equal summaries');
SELECT ok((SELECT clm.customer_model(clm.rfm(h, :d), 'mbg/nbd', 3, 7) FROM customer) =
    (SELECT clm.customer_model(clm.rfm(h, :d)) FROM customer, generate_series(1, 3)), 'weight 3 is three copies');
-- The same base three times over: the same optimum, three times the log-likelihood, errors smaller by the root of 3
SELECT ok(bool_and(abs(b.value / a.value - 1) < 1e-7 AND abs(a.se / b.se - sqrt(3)) < 1e-5), 'three copies of a base')
FROM (SELECT (clm.describe(clm.customer_model(clm.rfm(h, :d), 'mbg/nbd', 3, 7))).* FROM customer) b JOIN (SELECT (clm.describe(m)).* FROM serial) a USING (name)
WHERE a.se IS NOT NULL;
SELECT ok((SELECT m FROM serial) = (SELECT clm.customer_model(clm.as_of(h, :d), :d) FROM customer), 'a replay: only days up to as_of count');
SELECT ok((SELECT clm.customer_model(h, '2024-03-31') FROM customer) =
    (SELECT clm.customer_model(clm.as_of(h, '2024-03-31'), '2024-03-31') FROM customer), 'a replay of an earlier day');
SELECT ok((SELECT m FROM serial) = (SELECT clm.customer_model(h, :d) FROM
    (SELECT h FROM customer UNION ALL SELECT NULL UNION ALL SELECT '{}' UNION ALL SELECT '{2024-01-01:-5}' UNION ALL SELECT '{2025-01-01:5}') v),
    'customers without an occasion are not counted');

-- Parallel workers: the plan that is asserted is the one that runs
CREATE FUNCTION nodes(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lines text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
        lines := lines || line || E'\n';
    END LOOP;
    RETURN lines;
END
$$;
SET LOCAL max_parallel_workers_per_gather = 3;
SET LOCAL max_parallel_workers = 8;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
ALTER TABLE customer SET (parallel_workers = 3);
SELECT matches(nodes('SELECT clm.customer_model(h, ''2024-12-31'') FROM customer'), 'Finalize Aggregate.*Gather.*Partial Aggregate.*Parallel Seq Scan', 'the plan is parallel');
SELECT ok((SELECT m FROM serial) = (SELECT clm.customer_model(h, '2024-12-31') FROM customer), 'parallel');
SELECT ok((SELECT m FROM serial) = (SELECT clm.customer_model(h, '2024-12-31') FROM customer), 'parallel again');

-- Several models at once, in one plan
SET LOCAL max_parallel_workers_per_gather = 0;
CREATE TABLE channel_model AS SELECT channel, clm.customer_model(h, :d) AS m FROM customer GROUP BY channel;
SELECT ok(bool_and(m = (SELECT clm.customer_model(h, :d) FROM customer WHERE channel = c.channel)), 'GROUP BY fits each group')
FROM channel_model c;
SELECT is(sum((m).customers), (SELECT (m).customers FROM serial)::numeric, 'each customer counts once') FROM channel_model;
SET LOCAL max_parallel_workers_per_gather = 3;
SELECT matches(nodes('SELECT channel, clm.customer_model(h, ''2024-12-31'') FROM customer GROUP BY channel'), 'Finalize .*Gather.*Partial ', 'the grouped plan is parallel');
SELECT set_eq($$SELECT channel, clm.customer_model(h, '2024-12-31') FROM customer GROUP BY channel$$, 'SELECT * FROM channel_model', 'GROUP BY in parallel');
SELECT set_eq($$SELECT channel, clm.customer_model(h, '2024-12-31') FROM customer GROUP BY ROLLUP (channel)$$,
    'SELECT * FROM channel_model UNION ALL SELECT NULL, m FROM serial', 'GROUP BY ROLLUP');

-- Partition-wise
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL enable_partitionwise_aggregate = on;
SELECT matches(nodes('SELECT clm.customer_model(h, ''2024-12-31'') FROM partitioned'), 'Finalize Aggregate.*Append.*Partial Aggregate.*Partial Aggregate', 'the plan is partition-wise');
SELECT ok((SELECT m FROM serial) = (SELECT clm.customer_model(h, '2024-12-31') FROM partitioned), 'partition-wise');

-- As a window function a model of all rows so far, without harm to the states of later rows
SELECT ok(bool_and(w.m = (SELECT clm.customer_model(h, :d) FROM customer WHERE id <= 100 * (w.part + 1) - 1 AND id < 800)), 'window over growing groups')
FROM (SELECT DISTINCT id / 100 AS part, clm.customer_model(h, :d) OVER (ORDER BY id / 100) AS m FROM customer WHERE id < 800) w WHERE w.part >= 3;
SELECT ok(bool_and(w.m = (SELECT clm.customer_model(h, :d) FROM customer WHERE id / 500 = w.part)), 'window over partitions')
FROM (SELECT DISTINCT id / 500 AS part, clm.customer_model(h, :d) OVER (PARTITION BY id / 500) AS m FROM customer WHERE id < 2000) w;

-- One state serves two aggregates with the same arguments
SELECT ok(clm.customer_model(h, :d) = (SELECT m FROM serial) AND (clm.customer_model(h, :d)).family IS NOT NULL, 'twice in a query') FROM customer;
SELECT ok(clm.customer_model(h, :d) = (SELECT m FROM serial) AND (clm.customer_model(h, :d, 'bg/nbd')).family = 'bg/nbd', 'two families in a query') FROM customer;

-- More distinct customers than a fit climbs on at first, and more rows than a state keeps without merging equal ones (2^21)
CREATE TEMP TABLE many AS
    SELECT clm.rfm(clm.history(day, amount), '2024-12-31', 1) AS s
    FROM clm.simulate(30000, '2020-01-01', '2024-12-31', 31, params => '{.6,20,.8,2.5}') GROUP BY customer_id;
SELECT cmp_ok(count(DISTINCT s), '>', 12000::bigint, 'many distinct customers') FROM many;
SELECT ok((SELECT clm.customer_model(s, 'mbg/nbd', 1, 1) FROM many) = (SELECT clm.customer_model(s, 'mbg/nbd', 1, 1 ORDER BY s DESC) FROM many), 'many, another order');
SELECT ok((SELECT clm.customer_model(s, 'mbg/nbd', 75, 1) FROM many) = (SELECT clm.customer_model(s, 'mbg/nbd', 1, 1) FROM many, generate_series(1, 75)),
    '2,250,000 rows');

SELECT * FROM finish();
ROLLBACK;
