-- Memory of a backend: its peak before and after the fit, beyond what a scan of the same table takes; and what a group
-- of history() takes beyond one of count(*).
SET max_parallel_workers_per_gather = 0;
SET work_mem = '1GB';
\pset footer off

CREATE FUNCTION pg_temp.peak_mb() RETURNS numeric LANGUAGE sql AS $$
    SELECT round(substring(pg_read_file('/proc/self/status') FROM 'VmHWM:\s+(\d+)')::numeric / 1024)
$$;
SELECT sum(clm.recency(h, date '2024-12-31')) FROM customers \g /dev/null
SELECT pg_temp.peak_mb() AS before \gset
SELECT clm.customer_model(h, date '2024-12-31', 'bg/nbd') FROM customers \g /dev/null
SELECT pg_temp.peak_mb() - :before AS "MB of memory that the fit takes", 200 AS "target";

CREATE FUNCTION pg_temp.hash_kb(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, FORMAT JSON) ' || query INTO plan;
    RETURN (plan -> 0 -> 'Plan' ->> 'Peak Memory Usage')::numeric;
END
$$;
CREATE TEMP TABLE rows AS SELECT i % 20000 AS customer, date '2024-01-01' + i / 20000 AS day FROM generate_series(0, 199999) i;
ANALYZE rows;
SELECT round((pg_temp.hash_kb('SELECT customer, clm.history(day, 1::float8) FROM rows GROUP BY customer')
              - pg_temp.hash_kb('SELECT customer, count(*) FROM rows GROUP BY customer')) / 20000, 3)
       AS "kB a group of history() takes beyond count(*)", 0.4 AS "target";
