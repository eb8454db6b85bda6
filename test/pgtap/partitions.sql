-- Partitioned tables: grouped by the partition key each partition is aggregated on its own, grouped otherwise in parts, by
-- workers too, and the answers are those of one table.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(33);

CREATE SCHEMA partitions;
SET LOCAL search_path TO partitions, public;
SET LOCAL jit TO off;
SET LOCAL max_parallel_workers_per_gather TO 0;
CREATE TABLE source AS
    SELECT row_number() OVER () AS id, CASE customer_id % 3 WHEN 0 THEN 'west' WHEN 1 THEN 'east' ELSE 'north' END AS region,
        customer_id AS customer, day, amount / (line + 3) AS amount
    FROM clm.simulate(2000, '2023-01-01', '2024-12-31', seed => 11), generate_series(1, 10) line;
\ir include/plans.sql

-- By customer, by month with an empty partition, and by customer and half-year; histories by region, by customer, and by
-- the half-year that they are of
CREATE TABLE by_customer (LIKE source) PARTITION BY HASH (customer);
CREATE TABLE by_month (LIKE source) PARTITION BY RANGE (day);
CREATE TABLE by_both (LIKE source) PARTITION BY HASH (customer);
CREATE TABLE one AS SELECT region, customer, clm.history(day, amount) AS h FROM source GROUP BY region, customer;
CREATE TABLE of_region (LIKE one) PARTITION BY LIST (region);
CREATE TABLE of_customer (LIKE one) PARTITION BY HASH (customer);
CREATE TABLE of_half (half date, customer bigint, h clm.history) PARTITION BY RANGE (half);
DO $$
DECLARE
    month date;
    half date;
BEGIN
    FOR i IN 0 .. 2 LOOP
        EXECUTE format('CREATE TABLE by_customer_%1$s PARTITION OF by_customer FOR VALUES WITH (MODULUS 3, REMAINDER %1$s)', i);
        EXECUTE format('CREATE TABLE by_both_%1$s PARTITION OF by_both FOR VALUES WITH (MODULUS 3, REMAINDER %1$s) PARTITION BY RANGE (day)', i);
        EXECUTE format('CREATE TABLE of_customer_%1$s PARTITION OF of_customer FOR VALUES WITH (MODULUS 3, REMAINDER %1$s)', i);
        EXECUTE format('CREATE TABLE of_%1$s PARTITION OF of_region FOR VALUES IN (%1$L)', (ARRAY['west', 'east', 'north'])[i + 1]);
    END LOOP;
    FOR i IN 0 .. 24 LOOP
        month := date '2023-01-01' + make_interval(months => i);
        EXECUTE format('CREATE TABLE by_month_%s PARTITION OF by_month FOR VALUES FROM (%L) TO (%L)', i, month, month + interval '1 month');
    END LOOP;
    FOR i IN 0 .. 3 LOOP
        half := date '2023-01-01' + make_interval(months => 6 * i);
        EXECUTE format('CREATE TABLE of_half_%s PARTITION OF of_half FOR VALUES FROM (%L) TO (%L)', i, half, half + interval '6 months');
        FOR j IN 0 .. 2 LOOP
            EXECUTE format('CREATE TABLE by_both_%1$s_%2$s PARTITION OF by_both_%1$s FOR VALUES FROM (%3$L) TO (%4$L)', j, i, half, half + interval '6 months');
        END LOOP;
    END LOOP;
END
$$;
INSERT INTO by_customer TABLE source;
INSERT INTO by_month TABLE source;
INSERT INTO by_both TABLE source;
INSERT INTO of_region TABLE one;
INSERT INTO of_customer TABLE one;
INSERT INTO of_half
    SELECT half, customer, clm.history(day, amount) FROM source, LATERAL (SELECT make_date(extract(year FROM day)::int, CASE WHEN extract(month FROM day) < 7 THEN 1 ELSE 7 END, 1) AS half) p
    GROUP BY half, customer;
ANALYZE by_customer, by_month, by_both, one, of_region, of_customer, of_half;
CREATE TABLE model AS SELECT clm.customer_model(h, '2024-12-31') AS m FROM one;

-- Histories customer by customer; by region one of everything that a history or two days of it give, some of it of scores
CREATE FUNCTION histories_of(orders text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT customer, clm.history(day, amount) AS h, clm.history(day) AS visits FROM %s GROUP BY customer', orders)
$$;
CREATE FUNCTION everything_of(histories text) RETURNS text LANGUAGE sql AS $$
    SELECT format($q$SELECT region, clm.customer_model(h, '2024-12-31') AS model, clm.customer_model(h, '2024-12-31', clm.fit_options('bg/nbd', prior => 2)) AS prior,
            clm.retention_curve(clm.tenure(h, '2024-12-31')::bigint, clm.recency(h, '2024-12-31') > 90) AS retention,
            clm.transitions(clm.lifecycle_stage(h, '2024-06-30'), clm.lifecycle_stage(h, '2024-12-31')) AS moves,
            clm.concentration(clm.clv(h, '2024-12-31', (SELECT m FROM model))) AS value,
            clm.ranking(clm.churn_score(h, '2024-06-30', (SELECT m FROM model)), clm.occasions(h, '2024-06-30', '2024-12-31') = 0) AS ranking,
            clm.response_model(clm.recency(h, '2024-12-31') > 90, ARRAY[clm.total(h), clm.tenure(h, '2024-12-31')]) AS response,
            clm.uplift(customer %% 2 = 0, clm.total(h)) AS uplift, clm.tracking(h, '2024-12-31') AS tracking, clm.cohorts(h, '2024-12-31', 'week') AS cohorts, clm.rollup(h) AS all_days
        FROM %s GROUP BY region$q$, histories)
$$;
SET LOCAL client_min_messages TO error; -- scores of a day before the model's
SELECT digest_of(histories_of('source')) AS histories, digest_of(everything_of('one')) AS everything,
    digest_of('SELECT customer, clm.rollup(h) FROM one GROUP BY customer') AS rolled,
    digest_of('SELECT clm.customer_model(h, ''2024-12-31'') FROM one') AS model,
    digest_of('SELECT customer, clm.history(day, amount) AS h, max(clm.clv(h, ''2024-12-31'', (SELECT m FROM model))) AS clv FROM source JOIN one USING (customer) GROUP BY customer') AS joined \gset

-- Only where asked for
SELECT unalike(plan_of(histories_of('by_customer')), '%Append%Aggregate%', 'by default the partitions are aggregated together');
SELECT is(digest_of(histories_of('by_customer')), :'histories', 'aggregated together: same bytes');
SET LOCAL enable_partitionwise_aggregate TO on;

-- By the partition key
SELECT matches(plan_of(histories_of('by_customer')), 'Append.*HashAggregate.*HashAggregate.*HashAggregate', 'by customer: each partition on its own');
SELECT unalike(plan_of(histories_of('by_customer')), '%Partial%', 'by customer: nothing to combine');
SELECT is(digest_of(histories_of('by_customer')), :'histories', 'by customer: same bytes');
SELECT matches(plan_of(everything_of('of_region')), 'Append.*Group Key.*Group Key.*Group Key', 'by region: each partition on its own');
SELECT unalike(plan_of(everything_of('of_region')), '%Partial%', 'by region: nothing to combine');
SELECT is(digest_of(everything_of('of_region')), :'everything', 'by region: every aggregate gives the same');
SELECT is(digest_of(histories_of('by_customer') || ' HAVING clm.total(clm.history(day, amount)) > 100'), digest_of(histories_of('source') || ' HAVING clm.total(clm.history(day, amount)) > 100'),
    'by customer: HAVING too');

-- In parts
SELECT matches(plan_of(histories_of('by_month')), 'Finalize (Hash|Group)Aggregate.*Append.*Partial.*Partial', 'by month: in parts');
SELECT is(digest_of(histories_of('by_month')), :'histories', 'by month: same bytes');
SELECT is(digest_of(histories_of('by_month') || ' HAVING count(*) > 3'), digest_of(histories_of('source') || ' HAVING count(*) > 3'), 'by month: HAVING waits for the whole');
SELECT is(digest_of('SELECT customer, clm.history(day, amount) FROM by_month WHERE day BETWEEN ''2024-02-01'' AND ''2024-03-31'' GROUP BY customer'),
    digest_of('SELECT customer, clm.history(day, amount) FROM source WHERE day BETWEEN ''2024-02-01'' AND ''2024-03-31'' GROUP BY customer'), 'by month: two of them');
SELECT is(digest_of('SELECT clm.history(day, amount) FROM by_month WHERE day >= ''2025-01-01'''), digest_of('SELECT NULL::clm.history'), 'by month: an empty one gives NULL');
SELECT is(digest_of('SELECT customer, clm.rollup(h) FROM of_half GROUP BY customer'), :'rolled', 'histories of half-years: rolled up to the same bytes');
SELECT matches(plan_of('SELECT clm.customer_model(h, ''2024-12-31'') FROM of_region'), 'Finalize Aggregate.*Append.*Partial Aggregate.*Partial Aggregate', 'a model of all: in parts');
SELECT is(digest_of('SELECT clm.customer_model(h, ''2024-12-31'') FROM of_region'), :'model', 'a model of all: the same');
SELECT is(digest_of(everything_of('of_customer')), :'everything', 'in parts: every aggregate gives the same');
SELECT matches(plan_of(everything_of('of_customer')), 'Finalize (Hash|Group)Aggregate.*Append.*Partial', 'in parts: so the plan says');

-- Partitions of partitions: on their own by customer, in parts within
SELECT matches(plan_of(histories_of('by_both')), 'Append.*Finalize (Hash|Group)Aggregate.*Append.*Partial.*Finalize (Hash|Group)Aggregate.*Append.*Partial', 'by customer and half-year: both');
SELECT is(digest_of(histories_of('by_both')), :'histories', 'by customer and half-year: same bytes');

-- Orders joined with histories partition by partition
SET LOCAL enable_partitionwise_join TO on;
SELECT replace(replace('SELECT customer, clm.history(day, amount) AS h, max(clm.clv(h, ''2024-12-31'', (SELECT m FROM model))) AS clv FROM source JOIN one USING (customer) GROUP BY customer',
    'source', 'by_customer'), 'one', 'of_customer') AS join \gset
SELECT matches(plan_of(:'join'), 'Append.*Aggregate.*Join.*Aggregate.*Join.*Aggregate.*Join', 'a join: each partition on its own');
SELECT is(digest_of(:'join'), :'joined', 'a join: the same bytes');

-- By workers
SET LOCAL max_parallel_workers_per_gather TO 2;
SET LOCAL min_parallel_table_scan_size TO 0;
SET LOCAL parallel_setup_cost TO 0;
SET LOCAL parallel_tuple_cost TO 0;
SET LOCAL parallel_leader_participation TO off;
-- Where workers do not share a partition
ALTER TABLE by_customer_0 SET (parallel_workers = 0); ALTER TABLE by_customer_1 SET (parallel_workers = 0); ALTER TABLE by_customer_2 SET (parallel_workers = 0);
SELECT matches(plan_of(histories_of('by_customer')), 'Gather.*Parallel Append.*HashAggregate.*HashAggregate.*HashAggregate', 'by customer: workers take a partition each');
SELECT is(digest_of(histories_of('by_customer')), :'histories', 'by customer and workers: same bytes');
SELECT matches(plan_of(everything_of('of_region')), 'Append.*Finalize.*Gather.*Partial.*Finalize.*Gather.*Partial', 'by region: workers share each partition');
SELECT is(digest_of(everything_of('of_region')), :'everything', 'by region and workers: every aggregate gives the same');
SELECT matches(plan_of(histories_of('by_month')), 'Finalize (Hash|Group)Aggregate.*Gather.*Parallel Append.*Partial.*Partial', 'by month: in parts by workers');
SELECT matches(plan_of(histories_of('by_month'), 'ANALYZE, COSTS off, TIMING off'), 'Workers Launched: [12]', 'by month: workers are there');
SELECT is(digest_of(histories_of('by_month')), :'histories', 'by month and workers: same bytes');
SELECT matches(plan_of('SELECT clm.customer_model(h, ''2024-12-31'') FROM of_customer'), 'Finalize Aggregate.*Gather.*Parallel Append.*Partial Aggregate', 'a model of all: in parts by workers');
SELECT is(digest_of('SELECT clm.customer_model(h, ''2024-12-31'') FROM of_customer'), :'model', 'a model of all by workers: the same');
SELECT is(digest_of(:'join'), :'joined', 'a join by workers: the same bytes');

SELECT * FROM finish();
ROLLBACK;
