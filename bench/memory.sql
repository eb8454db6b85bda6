-- Bytes: what a customer takes in a table; what a group of history() takes beyond one of count(*) in a hash table; and the
-- memory of a backend, its peak before and after a fit, beyond what a scan of the same table takes.
\ir common.sql
SELECT pg_temp.configure('{}') \g /dev/null

CREATE FUNCTION pg_temp.peak_mb() RETURNS float8 LANGUAGE sql AS $$
    SELECT round(substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s+(\d+)')::float8 / 1024)
$$;
SELECT sum(clm.recency(h, date '2024-12-31')) FROM customers \g /dev/null
SELECT pg_temp.peak_mb() AS before \gset
SELECT clm.customer_model(h, date '2024-12-31', 'bg/nbd') FROM customers \g /dev/null
INSERT INTO bench_result (section, what, yardstick, value, unit, target)
    SELECT 'memory', 'customer_model, bg/nbd: peak of the backend', 'a scan of the histories', pg_temp.peak_mb() - :before, 'MB more', 200;

-- Blocks of memory double up to 8 MB, so only many groups show what one takes.
CREATE FUNCTION pg_temp.hash_kb(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING off, FORMAT json) ' || query INTO plan;
    IF (plan -> 0 -> 'Plan' ->> 'HashAgg Batches')::integer > 1 THEN
        RAISE EXCEPTION 'the hash table does not fit into memory: %', query;
    END IF;
    RETURN (plan -> 0 -> 'Plan' ->> 'Peak Memory Usage')::float8;
END
$$;
CREATE TEMP TABLE rows AS SELECT i % 400000 AS customer, date '2024-01-01' + i / 400000 AS day, i::float8 AS amount FROM generate_series(0, 3999999) i;
ANALYZE rows;
SET enable_sort = off;
INSERT INTO bench_result (section, what, yardstick, value, unit, target)
    SELECT 'memory', 'a group of history(day, amount), 10 rows each', 'a group of count(*)',
           (pg_temp.hash_kb('SELECT customer, clm.history(day, amount) FROM rows GROUP BY customer') - pg_temp.hash_kb('SELECT customer, count(*) FROM rows GROUP BY customer')) / 400000,
           'kB more', .3;
INSERT INTO bench_result (section, what, yardstick, value, unit)
    SELECT 'memory', 'a group of the simulated customers', 'a group of count(*)',
           (pg_temp.hash_kb('SELECT customer, clm.history(day, amount) FROM orders GROUP BY customer') - pg_temp.hash_kb('SELECT customer, count(*) FROM orders GROUP BY customer')) / :customers,
           'kB more';
RESET enable_sort;

-- The row of the built-in aggregates that a mart would keep instead
CREATE TABLE builtin_rows AS SELECT customer, count(*) AS n, min(day) AS first, max(day) AS last, sum(amount) AS total FROM orders GROUP BY customer;
INSERT INTO bench_result (section, what, yardstick, value, unit, note)
    SELECT 'storage', 'a history, ' || round((SELECT count(*) FROM orders)::numeric / :customers, 1) || ' orders on average', '', avg(pg_column_size(h)), 'bytes', NULL FROM customers;
INSERT INTO bench_result (section, what, yardstick, value, unit, note)
    SELECT 'storage', 'a customer in a table (customer, history)', 'a row (customer, count, min, max, sum): ' || round(pg_table_size('builtin_rows') / :customers::numeric) || ' bytes',
           pg_table_size('customers') / :customers::float8, 'bytes', round(pg_table_size('customers') / pg_table_size('builtin_rows')::numeric, 2) || ' times' ;
INSERT INTO bench_result (section, what, yardstick, value, unit, note)
    SELECT 'storage', 'the orders of a customer as rows (customer, day, amount)', '', pg_table_size('orders') / :customers::float8, 'bytes',
           round(pg_table_size('orders') / pg_table_size('customers')::numeric, 2) || ' times the histories';
DROP TABLE builtin_rows;
