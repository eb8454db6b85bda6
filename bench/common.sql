-- What the benchmarks share: a table of results, and a loop that runs statements and their yardsticks in turns.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS clm;
\pset footer off
\if :{?rounds}
\else
    \set rounds 3
\endif
SELECT set_config('bench.rounds', :'rounds', false) \g /dev/null

-- One line of the table that bench/summary.sql prints: a ratio, or another number with its unit
CREATE TABLE IF NOT EXISTS bench_result (
    sort serial, section text, what text, yardstick text, ms float8, yardstick_ms float8, value float8, least float8, most float8,
    unit text DEFAULT 'times', target float8, at_least boolean DEFAULT false, note text
);

-- What is to be measured: a statement and its yardstick. plan: what EXPLAIN ANALYZE must show of both, no_plan: what it must
-- not show. faster: the ratio is yardstick / statement, and the target is the least. notable: the statement's first
-- column is worth printing.
CREATE TEMP TABLE pair (
    sort serial, section text, what text, yardstick_name text, target float8, yardstick text, query text,
    settings jsonb DEFAULT '{}', yardstick_settings jsonb, plan text, no_plan text, yardstick_plan text, faster boolean DEFAULT false, note text
);
CREATE TEMP TABLE run (sort integer, yardstick_ms float8, query_ms float8, result text);

CREATE FUNCTION pg_temp.configure(settings jsonb) RETURNS void LANGUAGE sql AS $$
    SELECT set_config(key, value, false)
    FROM jsonb_each_text('{"max_parallel_workers_per_gather": "0", "work_mem": "1GB", "hash_mem_multiplier": "1", "jit": "off", "parallel_setup_cost": "1000", "parallel_tuple_cost": "0.1", "enable_sort": "on",
                           "enable_hashagg": "on", "enable_seqscan": "on", "enable_indexscan": "on", "enable_bitmapscan": "on"}'::jsonb || coalesce(settings, '{}'))
$$;

CREATE FUNCTION pg_temp.timed(query text, OUT ms float8, OUT result text) LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
BEGIN
    EXECUTE query INTO result;
    ms := extract(epoch FROM clock_timestamp() - start) * 1000;
END
$$;

-- Runs the statement once, which also warms caches, and fails where its plan is not the one that is to be measured.
CREATE FUNCTION pg_temp.check_plan(query text, plan text, no_plan text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lines text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, TIMING off, COSTS off) ' || query LOOP
        lines := lines || line || E'\n';
    END LOOP;
    IF lines !~ plan OR lines ~ no_plan THEN
        RAISE EXCEPTION 'this is not the plan that is to be measured: %', query
            USING DETAIL = lines, HINT = format('It must show %s%s.', plan, ' and not ' || no_plan);
    END IF;
END
$$;

CREATE PROCEDURE pg_temp.run_pairs() LANGUAGE plpgsql AS $$
DECLARE
    pair record;
    yardstick record;
    measured record;
BEGIN
    FOR pair IN SELECT * FROM pair ORDER BY sort LOOP
        FOR round IN 0 .. current_setting('bench.rounds')::integer LOOP
            PERFORM pg_temp.configure(coalesce(pair.yardstick_settings, pair.settings));
            IF round = 0 AND pair.plan IS NOT NULL THEN
                PERFORM pg_temp.check_plan(pair.yardstick, coalesce(pair.yardstick_plan, pair.plan), CASE WHEN pair.yardstick_plan IS NULL THEN pair.no_plan END);
                PERFORM pg_temp.configure(pair.settings);
                PERFORM pg_temp.check_plan(pair.query, pair.plan, pair.no_plan);
                CONTINUE;
            END IF;
            SELECT * INTO yardstick FROM pg_temp.timed(pair.yardstick);
            PERFORM pg_temp.configure(pair.settings);
            SELECT * INTO measured FROM pg_temp.timed(pair.query);
            IF round > 0 THEN
                INSERT INTO run VALUES (pair.sort, yardstick.ms, measured.ms, measured.result);
            END IF;
        END LOOP;
    END LOOP;
    PERFORM pg_temp.configure('{}');
    INSERT INTO bench_result (section, what, yardstick, ms, yardstick_ms, value, least, most, target, at_least, note)
        SELECT section, what, yardstick_name, percentile_cont(.5) WITHIN GROUP (ORDER BY query_ms), percentile_cont(.5) WITHIN GROUP (ORDER BY yardstick_ms),
               percentile_cont(.5) WITHIN GROUP (ORDER BY ratio), min(ratio), max(ratio), target, faster, max(result) || note
        FROM run JOIN pair USING (sort), LATERAL (SELECT CASE WHEN faster THEN yardstick_ms / query_ms ELSE query_ms / yardstick_ms END AS ratio) r
        GROUP BY sort, section, what, yardstick_name, target, faster, note ORDER BY sort;
    TRUNCATE pair, run;
END
$$;
