-- Fits of the families, each against the BG/NBD fit of as many customers: milliseconds, customers a second, evaluations of
-- the likelihood, and the ratio of each pair's times.
SET client_min_messages = warning;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '1GB';
SET jit = off;

CREATE TABLE contracts AS
    SELECT least(life, 1 + i % 60) AS tenure, life <= 1 + i % 60 AS churned
    FROM (SELECT i, ceil(ln(random()) / ln(1 - chance))::bigint + 1 AS life
          FROM (SELECT i, .02 + .3 * random() ^ 3 AS chance FROM generate_series(1, (SELECT count(*) FROM customers)) i) c) l;
VACUUM ANALYZE contracts;

CREATE TEMP TABLE fit (sort serial, name text, target float8, query text, yardstick text);
\set bg '$$SELECT (clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'')).evaluations FROM customers$$'
INSERT INTO fit (name, target, query, yardstick) VALUES
    ('mbg/nbd / bg/nbd', NULL, 'SELECT (clm.customer_model(h, date ''2024-12-31'', ''mbg/nbd'')).evaluations FROM customers', :bg),
    ('pareto/nbd / bg/nbd', 10, 'SELECT (clm.customer_model(h, date ''2024-12-31'', ''pareto/nbd'')).evaluations FROM customers', :bg),
    ('bg/bb in months / bg/nbd', NULL, 'SELECT (clm.customer_model(h, date ''2024-12-31'', ''bg/bb'', 30)).evaluations FROM customers', :bg),
    ('mbg/cnbd-k / bg/nbd', NULL, 'SELECT (clm.customer_model(h, date ''2024-12-31'', ''mbg/cnbd-k'')).evaluations FROM customers', :bg),
    ('sbg / bg/nbd', NULL, 'SELECT (clm.retention_model(tenure, churned)).evaluations FROM contracts', :bg),
    ('bdw / bg/nbd', NULL, 'SELECT (clm.retention_model(tenure, churned, ''bdw'')).evaluations FROM contracts', :bg),
    ('response_model, 20 signals / bg/nbd', NULL, 'SELECT (clm.response_model(outcome, x)).evaluations FROM signals', :bg);
CREATE TEMP TABLE fit_run (sort integer, query_ms float8, yardstick_ms float8, evaluations integer);

CREATE FUNCTION pg_temp.timed(query text, OUT ms float8, OUT evaluations float8) LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
BEGIN
    EXECUTE query INTO evaluations;
    ms := extract(epoch FROM clock_timestamp() - start) * 1000;
END
$$;
DO $$
DECLARE
    pair record;
    yardstick record;
    fitted record;
BEGIN
    FOR pair IN SELECT * FROM fit ORDER BY sort LOOP
        FOR round IN 1 .. 3 LOOP
            SELECT * INTO yardstick FROM pg_temp.timed(pair.yardstick);
            SELECT * INTO fitted FROM pg_temp.timed(pair.query);
            INSERT INTO fit_run VALUES (pair.sort, fitted.ms, yardstick.ms, fitted.evaluations);
        END LOOP;
    END LOOP;
END
$$;

\pset footer off
SELECT name AS "fit / yardstick", round(percentile_cont(.5) WITHIN GROUP (ORDER BY query_ms)::numeric) AS "ms",
       round(((SELECT count(*) FROM customers) / percentile_cont(.5) WITHIN GROUP (ORDER BY query_ms) * 1000)::numeric, -3) AS "customers/s",
       max(evaluations) AS "evaluations",
       round(percentile_cont(.5) WITHIN GROUP (ORDER BY query_ms / yardstick_ms)::numeric, 2) AS "ratio",
       coalesce(target::text, '') AS "target"
FROM fit_run JOIN fit USING (sort) GROUP BY sort, name, target ORDER BY sort;
