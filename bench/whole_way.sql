-- From orders to scored customers, as a user would do it once a night: histories, a BG/NBD model with spend, and all scores,
-- stored in tables within one transaction, with whatever workers the planner takes; against the query of four aggregates
-- alone, under the same settings, in turns.
\ir common.sql
CREATE TEMP TABLE step_run (round integer, step text, ms float8);
CREATE PROCEDURE pg_temp.step(round integer, step text, query text) LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
BEGIN
    EXECUTE query;
    INSERT INTO step_run VALUES (round, step, extract(epoch FROM clock_timestamp() - start) * 1000);
END
$$;
SELECT greatest(1, :customers / 10000) AS part \gset
SELECT set_config('bench.part', :'part', false) \g /dev/null
DO $$
BEGIN
    FOR round IN 1 .. current_setting('bench.rounds')::integer LOOP
        PERFORM pg_temp.configure('{"max_parallel_workers_per_gather": "2"}');
        CALL pg_temp.step(round, 'four aggregates',
            'SELECT count(n), max(f), max(l), max(s) FROM (SELECT count(*) n, min(day) f, max(day) l, sum(amount) s FROM orders GROUP BY customer) q');
        CALL pg_temp.step(round, 'histories', 'CREATE TABLE way_customers AS SELECT customer, clm.history(day, amount) AS h FROM orders GROUP BY customer');
        CALL pg_temp.step(round, 'fit', 'CREATE TABLE way_model AS SELECT clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'') AS m FROM way_customers');
        CALL pg_temp.step(round, 'scores', 'CREATE TABLE way_scores AS SELECT customer, (s).*
            FROM (SELECT customer, clm.scores(h, date ''2024-12-31'', (SELECT m FROM way_model)) AS s FROM way_customers OFFSET 0) q');
        CALL pg_temp.step(round, 'scores of a part', format('CREATE TABLE part_scores AS SELECT customer, (s).*
            FROM (SELECT customer, clm.scores(h, date ''2024-12-31'', (SELECT m FROM way_model)) AS s FROM way_customers WHERE customer %% %s = 0 OFFSET 0) q', current_setting('bench.part')));
        CALL pg_temp.step(round, 'scores of a part with level', format('CREATE TABLE level_scores AS SELECT customer, (s).*
            FROM (SELECT customer, clm.scores(h, date ''2024-12-31'', (SELECT m FROM way_model), level => .9) AS s FROM way_customers WHERE customer %% %s = 0 OFFSET 0) q',
            current_setting('bench.part')));
        DROP TABLE way_customers, way_model, way_scores, part_scores, level_scores;
    END LOOP;
END
$$;
-- With the level: what a customer of the part takes longer, for all customers
CREATE TEMP VIEW way AS
    SELECT round, max(ms) FILTER (WHERE step = 'four aggregates') AS four, max(ms) FILTER (WHERE step = 'histories') AS histories, max(ms) FILTER (WHERE step = 'fit') AS fit,
           max(ms) FILTER (WHERE step = 'scores') AS scores, sum(ms) FILTER (WHERE step IN ('histories', 'fit', 'scores')) AS whole,
           :part * (max(ms) FILTER (WHERE step = 'scores of a part with level') - max(ms) FILTER (WHERE step = 'scores of a part')) AS level
    FROM step_run GROUP BY round;
INSERT INTO bench_result (section, what, yardstick, ms, yardstick_ms, value, least, most, target)
    SELECT 'whole way', what, 'the four aggregates alone', percentile_cont(.5) WITHIN GROUP (ORDER BY ms), percentile_cont(.5) WITHIN GROUP (ORDER BY four),
           percentile_cont(.5) WITHIN GROUP (ORDER BY ms / four), min(ms / four), max(ms / four), target
    FROM way, LATERAL (VALUES (1, 'histories', histories, NULL), (2, 'fit', fit, NULL), (3, 'scores, no level', scores, NULL), (4, 'from orders to scores, no level', whole, 3),
                              (5, format('from orders to scores, level .9 (measured on 1 customer in %s, scaled)', :part), whole + level, NULL)) v(n, what, ms, target)
    GROUP BY n, what, target ORDER BY n;
INSERT INTO bench_result (section, what, ms, value, unit)
    SELECT 'whole way', 'orders a second, no level', whole, round((SELECT count(*) FROM orders) / whole * 1000, -3), 'orders/s'
    FROM (SELECT percentile_cont(.5) WITHIN GROUP (ORDER BY whole)::numeric AS whole FROM way) w;
