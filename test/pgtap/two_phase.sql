-- Citus computes an aggregate in two phases: workers ship partial states, as text or in binary, and the coordinator combines
-- them. Simulated by the module two_phase for every aggregate of the extension: the same bytes as without, or the same error.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(16);
SET LOCAL client_min_messages TO error;
\getenv module CLM_TEST_MODULE
\ir ../module/two_phase.sql

-- ---- rows for all aggregates: 300 customers, and at the end ten rows that count for none ----
DO 'BEGIN PERFORM setseed(0.42); END';
CREATE TEMP TABLE sample AS
    SELECT id, date '2024-01-01' + (id * 37 % 366)::integer AS day, round((1000 * random() ^ 3 - 20)::numeric, 2) AS price, h, clm.rfm(h, '2024-12-31') AS s, 1 + id % 3 AS weight,
        least(ceil(ln(1 - random()) / ln(1 - (0.02 + 0.6 * random() ^ 2))), 8)::bigint AS tenure, random() < 0.3 AS hit, random() AS score,
        (ARRAY['visit', 'basket', 'order', 'Rückgabe', '退货'])[1 + id * 7 % 5] AS from_state, (ARRAY['visit', 'basket', 'order', 'gone'])[1 + id * 11 % 4] AS to_state,
        (enum_range(NULL::clm.stage))[1 + id * 3 % 8] AS from_stage, (enum_range(NULL::clm.stage))[1 + id * 5 % 8] AS to_stage,
        ROW(random() * 100, -random(), NULL, 1e15 * random(), id)::clm.value AS value, ARRAY[random(), sin(id), (id % 7)::float8] AS x, ARRAY[(id % 5)::float8] AS z
    FROM (SELECT customer_id AS id, clm.history(o.day, amount) AS h FROM clm.simulate(300, '2024-01-01', '2024-12-31', 77) o GROUP BY customer_id) c;
INSERT INTO sample (id) SELECT generate_series(301, 310);
ALTER TABLE sample ADD at timestamp, ADD at_utc timestamptz, ADD amount float8, ADD churned boolean, ADD moves clm.transitions, ADD model clm.customer_model, ADD other_model clm.customer_model;
UPDATE sample SET at = day + interval '23 hours', at_utc = day + interval '1 hour', amount = price, churned = tenure < 8, moves = m
    FROM (SELECT id, clm.transitions(from_state, to_state) AS m FROM sample GROUP BY id) t WHERE t.id = sample.id;
UPDATE sample SET (model, other_model) = (SELECT clm.customer_model(h, '2024-06-30'), clm.customer_model(h, '2024-06-30', 'bg/nbd') FROM sample);
CREATE TEMP TABLE ordered AS SELECT * FROM sample ORDER BY id;

-- How each aggregate is called on them. Constant arguments are written {value|another value}
CREATE TEMP TABLE call (aggregate regprocedure, arguments text);
INSERT INTO call VALUES
    ('clm.history(date)', 'day'),
    ('clm.history(date, float8)', 'day, amount'),
    ('clm.history(date, numeric)', 'day, price'),
    ('clm.history(timestamp)', 'at'),
    ('clm.history(timestamp, float8)', 'at, amount'),
    ('clm.history(timestamp, numeric)', 'at, price'),
    ('clm.history(timestamptz)', 'at_utc'),
    ('clm.history(timestamptz, float8)', 'at_utc, amount'),
    ('clm.history(timestamptz, numeric)', 'at_utc, price'),
    ('clm.rollup(clm.history)', 'h'),
    ('clm.customer_model(clm.history, date)', 'h, {date ''2024-12-31''|date ''2024-12-30''}'),
    ('clm.customer_model(clm.history, date, text)', 'h, {date ''2024-12-31''|date ''2024-12-30''}, {text ''bg/nbd''|text ''mbg/nbd''}'),
    ('clm.customer_model(clm.history, date, text, integer)', 'h, {date ''2024-12-31''|date ''2024-12-30''}, {text ''pareto/nbd''|text ''mbg/nbd''}, {7|14}'),
    ('clm.customer_model(clm.history, date, clm.fit_options)', 'h, {date ''2024-12-31''|date ''2024-12-30''}, {clm.fit_options(''mbg/cnbd-k'', prior => 2)|clm.fit_options(''mbg/cnbd-k'', prior => 3)}'),
    ('clm.customer_model(clm.history, date, clm.fit_options)',
        'h, {date ''2024-12-31''|date ''2024-12-30''}, {clm.fit_options(''auto'', holdout => ''2024-08-31'')|clm.fit_options(''auto'', holdout => ''2024-09-30'')}'),
    ('clm.customer_model(clm.rfm)', 's'),
    ('clm.customer_model(clm.rfm, text)', 's, {text ''bg/nbd''|text ''mbg/nbd''}'),
    ('clm.customer_model(clm.rfm, text, bigint, integer)', 's, {text ''bg/nbd''|text ''mbg/nbd''}, weight, {7|14}'),
    ('clm.customer_model(clm.rfm, clm.fit_options)', 's, {clm.fit_options(''bg/nbd'')|clm.fit_options(''bg/nbd'', prior => 2)}'),
    ('clm.customer_model(clm.rfm, clm.fit_options, bigint)', 's, {clm.fit_options(''bg/nbd'')|clm.fit_options(''bg/nbd'', prior => 2)}, weight'),
    ('clm.customer_model(clm.history, date, clm.fit_options, float8[])',
        'h, {date ''2024-12-31''|date ''2024-12-30''}, {clm.fit_options(''mbg/nbd'')|clm.fit_options(''bg/nbd'')}, z'),
    ('clm.likelihood(clm.history, date, text, float8[], integer)',
        'h, {date ''2024-12-31''|date ''2024-12-30''}, {text ''bg/nbd''|text ''mbg/nbd''}, {ARRAY[1,6,.5,2]::float8[]|ARRAY[1,6,.5,3]::float8[]}, {7|14}'),
    ('clm.likelihood(clm.history, date, clm.fit_options, float8[], boolean)',
        'h, {date ''2024-12-31''|date ''2024-12-30''}, {clm.fit_options(''mbg/nbd'')|clm.fit_options(''bg/nbd'')}, {ARRAY[1,6,.5,2]::float8[]|ARRAY[1,6,.5,3]::float8[]}, {false|true}'),
    ('clm.likelihood(clm.rfm, text, float8[])', 's, {text ''gamma-gamma''|text ''mbg/nbd''}, {ARRAY[6,4,15]::float8[]|ARRAY[6,4,16]::float8[]}'),
    ('clm.likelihood(clm.rfm, text, float8[], bigint)', 's, {text ''bg/nbd''|text ''mbg/nbd''}, {ARRAY[1,6,.5,2]::float8[]|ARRAY[1,6,.5,3]::float8[]}, weight'),
    ('clm.likelihood(clm.rfm, clm.fit_options, float8[], boolean, bigint)',
        's, {clm.fit_options(''bg/nbd'')|clm.fit_options(''mbg/nbd'')}, {ARRAY[1,6,.5,2]::float8[]|ARRAY[1,6,.5,3]::float8[]}, {false|true}, weight'),
    ('clm.customer_picture(clm.history, date, clm.fit_options)', 'h, {date ''2024-12-31''|date ''2024-12-30''}, {clm.fit_options(''mbg/nbd'')|clm.fit_options(''bg/nbd'')}'),
    ('clm.customer_picture(clm.rfm, clm.fit_options, bigint)', 's, {clm.fit_options(''mbg/nbd'')|clm.fit_options(''bg/nbd'')}, weight'),
    ('clm.frequency_fit(clm.history, date, clm.customer_model, date)', 'h, date ''2024-06-30'' + (id % 31)::integer, CASE WHEN id % 3 = 0 THEN model ELSE other_model END, date ''2024-11-30'' + (id % 31)::integer'),
    ('clm.tracking(clm.history, date)', 'h, {date ''2024-12-31''|date ''2024-12-30''}'),
    ('clm.tracking(clm.history, date, integer)', 'h, {date ''2024-12-31''|date ''2024-12-30''}, {14|30}'),
    ('clm.cohorts(clm.history, date, text)', 'h, {date ''2024-12-31''|date ''2024-12-30''}, {text ''month''|text ''week''}'),
    ('clm.retention_curve(bigint, boolean)', 'tenure, churned'),
    ('clm.retention_curve(bigint, boolean, bigint)', 'tenure, churned, weight'),
    ('clm.retention_model(bigint, boolean)', 'tenure, churned'),
    ('clm.retention_model(bigint, boolean, text)', 'tenure, churned, {text ''bdw''|text ''sbg''}'),
    ('clm.retention_model(bigint, boolean, text, bigint)', 'tenure, churned, {text ''sbg''|text ''bdw''}, weight'),
    ('clm.response_model(boolean, float8[])', 'hit, x'),
    ('clm.response_model(boolean, float8[], float8)', 'hit, x, {float8 ''1''|float8 ''2''}'),
    ('clm.ranking(float8, boolean)', 'score, hit'),
    ('clm.empc(float8, boolean)', 'score, hit'),
    ('clm.empc(float8, boolean, float8, float8, float8, float8, float8)',
        'score, hit, {float8 ''200''|float8 ''300''}, {float8 ''10''|float8 ''20''}, {float8 ''1''|float8 ''2''}, {float8 ''6''|float8 ''7''}, {float8 ''14''|float8 ''15''}'),
    ('clm.concentration(float8)', 'score'),
    ('clm.percentiles(float8)', 'score'),
    ('clm.uplift(boolean, boolean)', 'hit, churned'),
    ('clm.uplift(boolean, boolean, float8)', 'hit, churned, {float8 ''0.9''|float8 ''0.95''}'),
    ('clm.uplift(boolean, float8)', 'hit, amount'),
    ('clm.uplift(boolean, float8, float8)', 'hit, amount, {float8 ''0.9''|float8 ''0.95''}'),
    ('clm.sum(clm.value)', 'value'),
    ('clm.transitions(text, text)', 'from_state, to_state'),
    ('clm.transitions(clm.stage, clm.stage)', 'from_stage, to_stage'),
    ('clm.rollup(clm.transitions)', 'moves');
SELECT set_eq($$SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.objid = p.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
    WHERE prokind = 'a' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clm')$$, 'SELECT DISTINCT aggregate FROM call', 'every aggregate of the extension is tested here');

-- The arguments with the first value of each constant; with the second one of the n-th for rows with an even id
CREATE FUNCTION pg_temp.plain(arguments text) RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(arguments, '\{(.*?)\|.*?\}', '\1', 'g')
$$;
CREATE FUNCTION pg_temp.conflicting(arguments text, n integer) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.plain(regexp_replace(arguments, '\{(.*?)\|(.*?)\}', 'CASE WHEN id % 2 = 0 THEN \2 ELSE \1 END', 1, n))
$$;

-- ---- the same result ----

-- The worker that has a row: of 7, one has only rows that do not count
CREATE FUNCTION pg_temp.worker_of(id bigint, workers integer) RETURNS integer LANGUAGE sql AS $$
    SELECT CASE WHEN workers < 7 THEN id % workers WHEN id > 300 THEN 6 ELSE (hashint8(id) & 2147483647) % 6 END::integer
$$;
-- The query in two phases. Before and after the workers there is one without rows
CREATE FUNCTION pg_temp.in_two_phases(aggregate regprocedure, arguments text, format text, workers integer, merged_by text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT two_phase.combine_%1$s(%2$L, state, NULL::%3$s ORDER BY %4$s) AS result FROM generate_series(-1, %5$s) worker,
        LATERAL (SELECT two_phase.partial_%1$s(%2$L, %6$s) AS state FROM ordered WHERE pg_temp.worker_of(id, %5$s) = worker) p',
        format, aggregate, prorettype::regtype, merged_by, workers, CASE pronargs WHEN 1 THEN arguments ELSE 'ROW(' || arguments || ')' END)
    FROM pg_proc WHERE oid = aggregate
$$;
-- Which ways to compute it do not give the plain result
CREATE FUNCTION pg_temp.differences(aggregate regprocedure, arguments text, format text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    way record;
    plain record;
    other record;
BEGIN
    EXECUTE format('SELECT %s(%s) AS result FROM ordered', aggregate::regproc, arguments) INTO plain;
    IF plain::text = '()' THEN
        RETURN NEXT format('%s: no result', aggregate);
    END IF;
    FOR way IN SELECT * FROM (VALUES (1, 'worker'), (2, 'worker'), (2, '-worker'), (7, 'worker'), (7, '-worker'), (7, 'md5(worker::text)')) v(workers, merged_by) LOOP
        EXECUTE pg_temp.in_two_phases(aggregate, arguments, format, way.workers, way.merged_by) INTO other;
        IF NOT plain *= other THEN
            RETURN NEXT format('%s, %s workers, merged by %s: %s instead of %s', aggregate, way.workers, way.merged_by, other, plain);
        END IF;
    END LOOP;
END
$$;
SELECT is_empty($$SELECT d FROM call, pg_temp.differences(aggregate, pg_temp.plain(arguments), 'text') d$$, 'states shipped as text: the same bytes');
SELECT is_empty($$SELECT d FROM call, pg_temp.differences(aggregate, pg_temp.plain(arguments), 'binary') d$$, 'states shipped in binary: the same bytes');

-- Nothing to aggregate: no rows, or none that counts
CREATE FUNCTION pg_temp.differences_of_nothing(aggregate regprocedure, arguments text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    way record;
    plain record;
    other record;
BEGIN
    FOR way IN SELECT * FROM (VALUES ('text'), ('binary')) f(format), (VALUES ('false'), ('id > 300')) r(rows) LOOP
        EXECUTE format('SELECT %s(%s) AS result FROM ordered WHERE %s', aggregate::regproc, arguments, way.rows) INTO plain;
        EXECUTE replace(pg_temp.in_two_phases(aggregate, arguments, way.format, 2, 'worker'), 'WHERE', 'WHERE ' || way.rows || ' AND') INTO other;
        IF NOT plain *= other OR plain::text <> '()' THEN
            RETURN NEXT format('%s of rows where %s: %s, plain %s', aggregate, way.rows, other, plain);
        END IF;
    END LOOP;
END
$$;
SELECT is_empty($$SELECT d FROM call, pg_temp.differences_of_nothing(aggregate, pg_temp.plain(arguments)) d$$, 'no rows, or none that counts: NULL everywhere');

-- ---- the same error: a constant that differs between two workers ----
CREATE FUNCTION pg_temp.error_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    state text; message text; detail text; hint text;
BEGIN
    EXECUTE query;
    RETURN NULL;
EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws('|', state, message, detail, hint);
END
$$;
CREATE TEMP TABLE conflict AS
    SELECT aggregate, n, pg_temp.error_of(format('SELECT %s(%s) FROM ordered', aggregate::regproc, pg_temp.conflicting(arguments, n))) AS plain,
        pg_temp.error_of(pg_temp.in_two_phases(aggregate, pg_temp.conflicting(arguments, n), 'text', 2, '-worker')) AS as_text,
        pg_temp.error_of(pg_temp.in_two_phases(aggregate, pg_temp.conflicting(arguments, n), 'binary', 2, '-worker')) AS in_binary
    FROM call, generate_series(1, regexp_count(arguments, '\{')) n;
SELECT cmp_ok((SELECT count(*) FROM conflict), '>=', 30::bigint, 'constants: two values in many ways');
SELECT is_empty('SELECT aggregate, n, plain FROM conflict WHERE plain IS NULL OR plain NOT LIKE ''22023|%''', 'two values of a constant are an error');
SELECT is_empty('SELECT * FROM conflict WHERE as_text IS DISTINCT FROM plain', 'as text: the same error');
SELECT is_empty('SELECT * FROM conflict WHERE in_binary IS DISTINCT FROM plain', 'in binary: the same error');

-- ---- outside an aggregation nothing is written to ----

-- The state in the middle of an aggregation is what an aggregate without a final function returns
CREATE FUNCTION pg_temp.impurities(aggregate regprocedure, arguments text, OUT step text, OUT impurity text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
    definition record;
BEGIN
    SELECT a.aggtransfn::oid::regprocedure AS transition, a.aggcombinefn::oid::regprocedure AS combine, a.aggfinalfn::oid::regprocedure AS final, a.aggtranstype::regtype AS state,
        oidvectortypes(p.proargtypes) AS types INTO definition FROM pg_aggregate a JOIN pg_proc p ON p.oid = a.aggfnoid WHERE p.oid = aggregate;
    EXECUTE format('CREATE AGGREGATE pg_temp.gathered(%s) (SFUNC = %s, STYPE = %s)', definition.types, definition.transition::oid::regproc, definition.state);
    EXECUTE format('CREATE TEMP TABLE gathered_state AS SELECT parts, pg_temp.gathered(%s) AS state FROM ordered, (VALUES (1), (3), (310)) v(parts) WHERE id %% parts = 0 GROUP BY parts', arguments);
    RETURN QUERY EXECUTE format('SELECT ''transition'', two_phase.impurity(%L, state, %s) FROM gathered_state, ordered WHERE id <= 5 OR id = 310', definition.transition, arguments);
    RETURN QUERY EXECUTE format('SELECT ''combine'', two_phase.impurity(%L, a.state, b.state) FROM gathered_state a, gathered_state b', definition.combine);
    RETURN QUERY EXECUTE format('SELECT ''final'', two_phase.impurity(%L, state) FROM gathered_state WHERE parts <> 3', definition.final);
    -- States straight from an aggregation may be expanded objects, which a table does not keep
    RETURN QUERY EXECUTE format('SELECT ''transition'', two_phase.impurity(%1$L, state, %2$s) FROM (SELECT pg_temp.gathered(%2$s) AS state FROM ordered) g, ordered WHERE id <= 2', definition.transition, arguments);
    RETURN QUERY EXECUTE format('SELECT ''combine'', two_phase.impurity(%1$L, pg_temp.gathered(%2$s ORDER BY id) FILTER (WHERE id %% 2 = 0), pg_temp.gathered(%2$s ORDER BY id) FILTER (WHERE id %% 2 = 1)) FROM ordered',
        definition.combine, arguments);
    RETURN QUERY EXECUTE format('SELECT ''final'', two_phase.impurity(%L, pg_temp.gathered(%s)) FROM ordered', definition.final, arguments);
    DROP TABLE gathered_state;
    EXECUTE format('DROP AGGREGATE pg_temp.gathered(%s)', definition.types);
END
$$;
CREATE TEMP TABLE impurity AS SELECT aggregate, i.* FROM call, pg_temp.impurities(aggregate, pg_temp.plain(arguments)) i;
SELECT is((SELECT count(*) FROM impurity), (SELECT count(*) * (3 * 6 + 3 * 3 + 2 + 2 + 1 + 1) FROM call), 'transition, combine and final functions were called');
SELECT is_empty('SELECT DISTINCT aggregate, impurity FROM impurity WHERE step = ''transition'' AND impurity IS NOT NULL', 'transition functions leave their arguments as they were');
SELECT is_empty('SELECT DISTINCT aggregate, impurity FROM impurity WHERE step = ''combine'' AND impurity IS NOT NULL', 'combine functions leave both states as they were');
SELECT is_empty('SELECT DISTINCT aggregate, impurity FROM impurity WHERE step = ''final'' AND impurity IS NOT NULL', 'final functions leave the state as it was');

-- States of some megabytes are expanded objects
CREATE TEMP TABLE large AS SELECT id, random() AS score FROM generate_series(1, 600000) id;
CREATE TEMP TABLE large_result AS SELECT clm.concentration(score) AS result FROM large;
SELECT results_eq(replace(pg_temp.in_two_phases('clm.concentration(float8)', 'score', 'text', 2, 'worker'), 'ordered', 'large'), 'TABLE large_result', 'large states shipped as text');
SELECT results_eq(replace(pg_temp.in_two_phases('clm.concentration(float8)', 'score', 'binary', 2, 'worker'), 'ordered', 'large'), 'TABLE large_result', 'large states shipped in binary');
CREATE AGGREGATE pg_temp.gathered(float8) (SFUNC = clm.concentration_transition, STYPE = clm.concentration_state);
SELECT is(two_phase.impurity('clm.concentration_transition(clm.concentration_state, float8)', state, float8 '0.5'), NULL, 'a transition function leaves a large state as it was')
    FROM (SELECT pg_temp.gathered(score) AS state FROM large) g;
SELECT is(two_phase.impurity('clm.concentration_combine(clm.concentration_state, clm.concentration_state)', pg_temp.gathered(score) FILTER (WHERE id % 2 = 0), pg_temp.gathered(score) FILTER (WHERE id % 2 = 1)), NULL,
    'a combine function leaves large states as they were') FROM large;

SELECT * FROM finish();
ROLLBACK;
