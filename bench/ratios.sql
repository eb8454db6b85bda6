-- Runs each statement and its yardstick in turns, and prints the medians and the ratio of each pair's times.
SET client_min_messages = notice;
SET max_parallel_workers_per_gather = 0;
SET work_mem = '1GB';
SET jit = off;

CREATE TEMP TABLE ratio (sort serial, name text, limit_ratio float8, yardstick text, query text);
INSERT INTO ratio (name, limit_ratio, yardstick, query) VALUES
    ('history(day, amount) / count(*), min(day), max(day), sum(amount)', 1.5,
     'SELECT max(n), max(f), max(l), max(s) FROM (SELECT count(*) n, min(day) f, max(day) l, sum(amount) s FROM orders GROUP BY customer) q',
     'SELECT count(h) FROM (SELECT clm.history(day, amount) h FROM orders GROUP BY customer) q'),
    ('customer_model(h, d, ''bg/nbd'') with spend / sum(recency(h, d))', 6,
     'SELECT sum(clm.recency(h, date ''2024-12-31'')) FROM customers',
     'SELECT clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'') FROM customers'),
    ('customer_model(h, d), MBG/NBD with spend / sum(recency(h, d))', NULL,
     'SELECT sum(clm.recency(h, date ''2024-12-31'')) FROM customers',
     'SELECT clm.customer_model(h, date ''2024-12-31'') FROM customers'),
    ('p_alive(h, d, m) / exp(float8), scan of the histories', 2,
     'SELECT sum(exp(customer * 1e-7::float8)) FROM customers',
     'SELECT sum(clm.p_alive(h, date ''2024-12-31'', (SELECT m FROM model))) FROM customers'),
    ('p_alive(rfm, m) / exp(float8), scan of the summaries', 2,
     'SELECT sum(exp(tenure * 1e-3)) FROM summaries',
     'SELECT sum(clm.p_alive(summary, (SELECT m FROM model))) FROM summaries'),
    ('churn_score(h, d, m, 90) / exp(float8)', NULL,
     'SELECT sum(exp(customer * 1e-7::float8)) FROM customers',
     'SELECT sum(clm.churn_score(h, date ''2024-12-31'', (SELECT m FROM model), 90)) FROM customers'),
    ('expected_purchases(h, d, m, 365) / exp(float8)', NULL,
     'SELECT sum(exp(customer * 1e-7::float8)) FROM customers',
     'SELECT sum(clm.expected_purchases(h, date ''2024-12-31'', (SELECT m FROM model), 365)) FROM customers'),
    ('clv(h, d, m, 365) / exp(float8)', NULL,
     'SELECT sum(exp(customer * 1e-7::float8)) FROM customers',
     'SELECT sum(clm.clv(h, date ''2024-12-31'', (SELECT m FROM model), 365)) FROM customers'),
    ('lifecycle_stage(h, d) / exp(float8)', NULL,
     'SELECT sum(exp(customer * 1e-7::float8)) FROM customers',
     'SELECT count(clm.lifecycle_stage(h, date ''2024-12-31'')) FROM customers'),
    ('scores(h, d, m) / exp(float8)', NULL,
     'SELECT sum(exp(customer * 1e-7::float8)) FROM customers',
     'SELECT sum((s).clv) FROM (SELECT clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) s FROM customers OFFSET 0) q'),
    ('response_model(outcome, x), 20 signals / regr_slope(outcome, x[1])', 15,
     'SELECT regr_slope(outcome::integer, x[1]) FROM signals',
     'SELECT clm.response_model(outcome, x) FROM signals'),
    ('score(response_model, x), 20 signals / exp(float8)', NULL,
     'SELECT sum(exp(-x[1])) FROM signals',
     'SELECT sum(clm.score(m, x)) FROM signals, response');
CREATE TEMP TABLE run (sort integer, yardstick_ms float8, query_ms float8);

CREATE FUNCTION pg_temp.milliseconds(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
BEGIN
    EXECUTE query;
    RETURN extract(epoch FROM clock_timestamp() - start) * 1000;
END
$$;

-- The first round warms caches and does not count.
SELECT set_config('bench.rounds', :'rounds', false) \g /dev/null
DO $$
DECLARE
    pair record;
    yardstick_ms float8;
    query_ms float8;
BEGIN
    FOR pair IN SELECT * FROM ratio ORDER BY sort LOOP
        FOR round IN 0 .. current_setting('bench.rounds')::integer LOOP
            yardstick_ms := pg_temp.milliseconds(pair.yardstick);
            query_ms := pg_temp.milliseconds(pair.query);
            IF round > 0 THEN
                INSERT INTO run VALUES (pair.sort, yardstick_ms, query_ms);
            END IF;
        END LOOP;
    END LOOP;
END
$$;

\pset footer off
SELECT name AS "what / yardstick",
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY query_ms)::numeric) AS "ms",
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY yardstick_ms)::numeric) AS "yardstick ms",
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY query_ms / yardstick_ms)::numeric, 2) AS "ratio",
       round(min(query_ms / yardstick_ms)::numeric, 2) AS "least",
       round(max(query_ms / yardstick_ms)::numeric, 2) AS "most",
       coalesce(limit_ratio::text, '') AS "target"
FROM run JOIN ratio USING (sort) GROUP BY sort, name, limit_ratio ORDER BY sort;
