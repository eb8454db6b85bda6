-- Memory of the aggregates and of the comparison of histories.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(8);

-- Neither workers nor disk: all groups in one hash table
SET LOCAL max_parallel_workers_per_gather = 0;
SET LOCAL work_mem = '1GB';
SET LOCAL hash_mem_multiplier = 1;
SET LOCAL enable_sort = off;
SET LOCAL jit = off;

-- 200,000 rows in 20,000 groups: ten rows each, or in one group of two 3 rows and 17 in the other
CREATE TEMP TABLE purchase AS
    SELECT i % 20000 AS customer, 2 * (i % 10000) + (i / 10000 >= 3)::int AS uneven,
        date '2023-01-01' + (i / 20000) * 31 + i % 17 AS day, (i % 1009) / 8.0::float8 AS amount
    FROM generate_series(0, 199999) i;
ANALYZE purchase;

-- The node of the plan of a query that aggregates in a hash table
CREATE FUNCTION pg_temp.hash_aggregate(query text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING off, FORMAT json) ' || query INTO plan;
    RETURN jsonb_path_query_first(plan::jsonb, '$.** ? (@."Strategy" == "Hashed")');
END
$$;
CREATE TEMP TABLE measured AS
    SELECT name, query, pg_temp.hash_aggregate(query) AS node
    FROM (VALUES ('count', 'count(*)', 'customer'), ('history(day, amount)', 'clm.history(day, amount)', 'customer'),
        ('history(day)', 'clm.history(day)', 'customer'), ('history(day, amount) of uneven groups', 'clm.history(day, amount)', 'uneven'),
        ('rollup(h)', 'clm.rollup(clm.history(ARRAY[day], ARRAY[amount]))', 'customer')) v(name, aggregate, key),
        format('SELECT %s FROM purchase GROUP BY %s', aggregate, key) query;
SELECT ok(bool_and((node->>'Actual Rows')::numeric = 20000), '20,000 groups') FROM measured;
SELECT ok(bool_and((node->>'HashAgg Batches')::int <= 1 AND coalesce((node->>'Disk Usage')::int, 0) = 0), 'nothing goes to disk') FROM measured;
-- Bytes that a query holds while a cursor stands on its first row, so in a hash table all groups. The peak that EXPLAIN
-- shows counts blocks of up to 8 MB as they are allocated, and says little about a group.
CREATE FUNCTION pg_temp.memory_of(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    rows refcursor;
    before numeric;
    during numeric;
    one record;
BEGIN
    SELECT sum(used_bytes) INTO before FROM pg_backend_memory_contexts;
    OPEN rows FOR EXECUTE query;
    FETCH rows INTO one;
    SELECT sum(used_bytes) INTO during FROM pg_backend_memory_contexts;
    CLOSE rows;
    RETURN during - before;
END
$$;
CREATE TEMP TABLE held AS SELECT name, pg_temp.memory_of(query) / 20000 AS bytes FROM measured;
SELECT cmp_ok(bytes - (SELECT bytes FROM held WHERE name = 'count'), '<', 300::numeric, 'less than 300 bytes a group beyond count(*): ' || name)
FROM held WHERE name <> 'count' ORDER BY name;

-- What a sort compares is often compressed or out of line, and each comparison must give back what it unpacked:
-- 1000 histories of 24 kB would leave hundreds of MB behind.
CREATE TEMP TABLE long_history (h clm.history);
ALTER TABLE long_history ALTER h SET STORAGE external;
INSERT INTO long_history
    SELECT clm.merge(clm.history(date '2000-01-01' + j, 1), clm.history(ARRAY[date '2020-01-01'], ARRAY[(i * 7919 % 1009)::float8]))
    FROM generate_series(1, 1000) i, generate_series(1, 2000) j GROUP BY i;
SET LOCAL enable_sort = on;
SELECT cmp_ok(pg_temp.memory_of('SELECT h FROM long_history ORDER BY h') / 1048576, '<', 20::numeric, 'sorting histories out of line leaks nothing');
SELECT cmp_ok(pg_temp.memory_of('SELECT max(clm.last_day(h)) FROM long_history GROUP BY h') / 1048576, '<', 150::numeric, 'nor does grouping by them');

SELECT * FROM finish();
ROLLBACK;
