-- A mart of the orders: what it costs to create it and to refresh it, against the query of four aggregates alone; and what its
-- views cost against a scan of the stored customers. It runs after setup.sql.
\ir common.sql
SET max_parallel_workers_per_gather = 2;
SET work_mem = '1GB';
SET hash_mem_multiplier = 1;
SET jit = off;
CREATE SCHEMA mart_bench;
CREATE TABLE mart_bench.orders AS SELECT (row_number() OVER ())::bigint AS id, customer, day, amount FROM orders;
ALTER TABLE mart_bench.orders ADD PRIMARY KEY (id);
VACUUM ANALYZE mart_bench.orders;
-- One more order of every hundredth order's customer, in the last days
CREATE TABLE mart_bench.more AS
    SELECT 1000000000 + id AS id, customer, date '2024-12-31' - (id % 5)::integer AS day, amount FROM mart_bench.orders WHERE id % 100 = 0;

CREATE TEMP TABLE mart_run (round integer, step text, ms float8);
CREATE PROCEDURE pg_temp.step(round integer, step text, statement text) LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
BEGIN
    EXECUTE statement;
    INSERT INTO mart_run VALUES (round, step, extract(epoch FROM clock_timestamp() - start) * 1000);
END
$$;
CREATE PROCEDURE pg_temp.measure(rounds integer) LANGUAGE plpgsql AS $$
DECLARE
    view name;
BEGIN
    FOR round IN 1 .. rounds LOOP
        CALL pg_temp.step(round, 'four aggregates',
            'SELECT count(n), max(f), max(l), max(s) FROM (SELECT count(*) n, min(day) f, max(day) l, sum(amount) s FROM mart_bench.orders GROUP BY customer) q');
        CALL pg_temp.step(round, 'create_mart', 'CALL clm.create_mart(''bench_mart'', ''mart_bench.orders'', ''customer'', ''day'', ''amount'', as_of => ''2024-12-31'', watermark => ''id'')');
        CALL pg_temp.step(round, 'scan', 'COPY bench_mart_store.customer TO ''/dev/null''');
        CALL pg_temp.step(round, 'scan', 'COPY bench_mart_store.customer TO ''/dev/null''');
        FOR view IN SELECT viewname FROM pg_views WHERE schemaname = 'bench_mart' ORDER BY 1 LOOP
            CALL pg_temp.step(round, 'view ' || view, format('COPY (SELECT * FROM bench_mart.%I) TO ''/dev/null''', view));
        END LOOP;
        CALL pg_temp.step(round, 'sum', 'SELECT count(clv), sum(clv), avg(churn_score) FROM bench_mart_store.customer');
        CALL pg_temp.step(round, 'sum', 'SELECT count(clv), sum(clv), avg(churn_score) FROM bench_mart_store.customer');
        CALL pg_temp.step(round, 'customers by stage', 'SELECT stage_en, count(*), sum(clv), avg(churn_score) FROM bench_mart.customers GROUP BY stage_en');
        CALL pg_temp.step(round, 'customers by cell', 'SELECT matrix_class_en, tier_en, count(*), sum(value_at_risk) FROM bench_mart.customers GROUP BY 1, 2');
        INSERT INTO mart_bench.orders SELECT * FROM mart_bench.more;
        CALL pg_temp.step(round, 'refresh, the same day', 'CALL clm.refresh_mart(''bench_mart'', ''2024-12-31'')');
        DELETE FROM mart_bench.orders WHERE id > 1000000000;
        INSERT INTO mart_bench.orders SELECT id + 1000000000, customer, day, amount FROM mart_bench.more;
        CALL pg_temp.step(round, 'refresh, a later day', 'CALL clm.refresh_mart(''bench_mart'', ''2025-01-15'')');
        CALL pg_temp.step(round, 'refresh, refitted', 'CALL clm.refresh_mart(''bench_mart'', ''2025-01-31'', refit => true)');
        CALL clm.drop_mart('bench_mart');
        DELETE FROM mart_bench.orders WHERE id > 1000000000;
        COMMIT;
    END LOOP;
END
$$;
CALL pg_temp.measure(:rounds);
CREATE TEMP VIEW mart_pair AS
    SELECT r.step, r.ms, y.ms AS yardstick_ms, y.step AS yardstick
    FROM mart_run r JOIN (SELECT round, step, min(ms) AS ms FROM mart_run WHERE step IN ('four aggregates', 'scan', 'sum') GROUP BY 1, 2) y
         ON y.round = r.round AND y.step = CASE WHEN r.step ~ '^view' THEN 'scan' WHEN r.step ~ '^customers' THEN 'sum' ELSE 'four aggregates' END
    WHERE r.step NOT IN ('four aggregates', 'scan', 'sum');
INSERT INTO bench_result (section, what, yardstick, ms, yardstick_ms, value, least, most, target)
    SELECT 'mart', CASE WHEN n > 1 AND yardstick = 'scan' THEN 'the slowest view, all of it: ' || substr(step, 6) ELSE step END,
           CASE yardstick WHEN 'scan' THEN 'all of the stored customers' WHEN 'sum' THEN 'sums of the stored customers' ELSE 'the four aggregates alone' END, ms, yardstick_ms, ratio, least, most,
           CASE WHEN yardstick <> 'four aggregates' THEN 3 WHEN step = 'create_mart' THEN 4 WHEN step = 'refresh, the same day' THEN .4 WHEN step = 'refresh, a later day' THEN 2.4 END
    FROM (SELECT *, row_number() OVER (PARTITION BY yardstick ORDER BY ratio DESC) AS place, count(*) OVER (PARTITION BY yardstick) AS n
          FROM (SELECT step, yardstick, percentile_cont(.5) WITHIN GROUP (ORDER BY ms) AS ms, percentile_cont(.5) WITHIN GROUP (ORDER BY yardstick_ms) AS yardstick_ms,
                       percentile_cont(.5) WITHIN GROUP (ORDER BY ms / yardstick_ms) AS ratio, min(ms / yardstick_ms) AS least, max(ms / yardstick_ms) AS most FROM mart_pair GROUP BY step, yardstick) p) q
    WHERE yardstick <> 'scan' OR place = 1 ORDER BY yardstick, ms DESC;
DROP SCHEMA mart_bench CASCADE;
SELECT what, round(ms) AS ms, round(yardstick_ms) AS "yardstick ms", round(value::numeric, 2) AS ratio, target FROM bench_result WHERE section = 'mart' ORDER BY sort;
