-- For tests of what must not get lost: in the schema kept a table for each type of the extension, named after it, with values of all
-- kinds; tables, views, indexes and functions that users make of them; tracked tables, marts, and rows in the reference tables.
SET client_min_messages = warning;
CREATE SCHEMA kept;
CREATE SCHEMA raw;

-- States, which the server never keeps, by aggregates that end with them.
CREATE AGGREGATE raw.history(date, numeric) (SFUNC = clm.history_transition, STYPE = clm.history_state);
CREATE AGGREGATE raw.cohorts(clm.history, date, text) (SFUNC = clm.cohorts_transition, STYPE = clm.cohorts_state);
CREATE AGGREGATE raw.concentration(float8) (SFUNC = clm.concentration_transition, STYPE = clm.concentration_state);
CREATE AGGREGATE raw.retention_model(bigint, boolean, text) (SFUNC = clm.retention_model_transition, STYPE = clm.retention_model_state);
CREATE AGGREGATE raw.likelihood(clm.history, date, text, float8[], integer) (SFUNC = clm.likelihood_transition, STYPE = clm.likelihood_state);
CREATE AGGREGATE raw.customer_model(clm.history, date, text) (SFUNC = clm.customer_model_transition, STYPE = clm.customer_model_state);
CREATE AGGREGATE raw.covariate_model(clm.history, date, clm.fit_options, float8[]) (SFUNC = clm.covariate_model_transition, STYPE = clm.covariate_model_state);
CREATE AGGREGATE raw.uplift(boolean, boolean) (SFUNC = clm.uplift_transition, STYPE = clm.uplift_state);
CREATE AGGREGATE raw.ranking(float8, boolean) (SFUNC = clm.ranking_transition, STYPE = clm.ranking_state);
CREATE AGGREGATE raw.empc(float8, boolean) (SFUNC = clm.empc_transition, STYPE = clm.empc_state);
CREATE AGGREGATE raw.response_model(boolean, float8[]) (SFUNC = clm.response_model_transition, STYPE = clm.response_model_state);
CREATE AGGREGATE raw.retention_curve(bigint, boolean) (SFUNC = clm.retention_curve_transition, STYPE = clm.retention_curve_state);
CREATE AGGREGATE raw.tracking(clm.history, date) (SFUNC = clm.tracking_transition, STYPE = clm.tracking_state);
CREATE AGGREGATE raw.frequency_fit(clm.history, date, clm.customer_model, date) (SFUNC = clm.frequency_fit_transition, STYPE = clm.frequency_fit_state);
CREATE AGGREGATE raw.transitions(text, text) (SFUNC = clm.transitions_transition, STYPE = clm.transitions_state);
CREATE AGGREGATE raw.sum(clm.value) (SFUNC = clm.value_transition, STYPE = clm.value_state);

-- Orders, and marts of them: one that refreshes by a watermark, one whose histories are tracked.
CREATE SCHEMA shop;
CREATE TABLE shop.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, day date, amount numeric);
CREATE INDEX ON shop.orders (customer);
INSERT INTO shop.orders (customer, day, amount)
    SELECT customer_id, day, (CASE WHEN random_day % 37 = 0 THEN -1 ELSE 1 END * amount / 3)::numeric(12, 4)
    FROM (SELECT *, row_number() OVER (ORDER BY customer_id, day) AS random_day FROM clm.simulate(400, '2023-01-01', '2024-12-31', seed => 11)) s;
CALL clm.create_mart('mart', 'shop.orders', 'customer', 'day', 'amount', watermark => 'id', as_of => '2024-12-31');
CALL clm.create_mart('live_mart', 'shop.orders', 'customer', 'day', 'amount', as_of => '2024-12-31', track => true);

CREATE TABLE shop.parts (customer text, day timestamp, amount float8) PARTITION BY RANGE (day);
CREATE TABLE shop.parts_2023 PARTITION OF shop.parts FOR VALUES FROM ('2023-01-01') TO ('2024-01-01');
CREATE TABLE shop.parts_2024 PARTITION OF shop.parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE INDEX ON shop.parts (customer);
CREATE TABLE shop.part_histories (customer text PRIMARY KEY, h clm.history) WITH (fillfactor = 50);
SELECT clm.track('shop.parts', 'customer', 'day', 'amount', 'shop.part_histories') \g /dev/null
INSERT INTO shop.parts SELECT 'c' || customer, day + interval '5 hours', amount FROM shop.orders WHERE customer % 3 = 0;

-- 400 customers, and what aggregates of other things take.
CREATE TABLE kept.sample AS
    SELECT customer AS id, clm.history(day, amount) AS h, customer % 8 < 5 AND customer % 7 < 3 AS treated, customer % 5 < 2 AS hit, sin(customer) AS score,
        ROW(customer, -customer / 7.0, NULL, 1e15 / customer, 1)::clm.value AS value, ARRAY[sin(customer), customer % 7] AS x, ARRAY[customer % 5]::float8[] AS z
    FROM shop.orders GROUP BY customer;
CREATE TABLE kept.customer_model AS
    SELECT row_number() OVER () AS id, v FROM (
        SELECT clm.customer_model(h, '2024-12-31', family) AS v FROM kept.sample, unnest('{bg/nbd,mbg/nbd,pareto/nbd,bg/bb,bg/cnbd-k,mbg/cnbd-k}'::text[]) family GROUP BY family
        UNION ALL SELECT clm.customer_model(h, '2024-12-31', clm.fit_options('bg/nbd', prior => 2), z) FROM kept.sample
        UNION ALL SELECT clm.customer_model(h, '2024-12-31', clm.fit_options('auto')) FROM kept.sample
        UNION ALL SELECT clm.customer_model('pareto/nbd', 7, '{.55,10.58,.61,11.67}') UNION ALL SELECT NULL) m;

CREATE TABLE kept.contract AS
    SELECT tenure, churned FROM (VALUES (1, 131, true), (2, 126, true), (3, 90, true), (4, 60, true), (5, 42, true), (6, 34, true), (7, 517, false)) t(tenure, n, churned), generate_series(1, n);

-- A table of each type: its name, and the query of its values.
CREATE FUNCTION kept.keep(type text, query text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TABLE kept.%1$I AS SELECT row_number() OVER () AS id, v::clm.%1$I AS v FROM (%2$s) q(v)', type, query);
END
$$;
SELECT kept.keep(type, query) FROM (VALUES
    ('history', $$SELECT h FROM kept.sample UNION ALL VALUES ('{}'::clm.history), (NULL), ('{4714-11-24 BC:-0.1*,1999-12-31:1e-300,2000-01-01:-0,5874897-12-31:1.7976931348623157e308}'),
        (clm.history(ARRAY(SELECT date '1990-01-01' + i FROM generate_series(1, 5000) i), ARRAY(SELECT i / 7.0 FROM generate_series(1, 5000) i)))$$),
    ('history_state', 'SELECT raw.history(day, amount) FROM shop.orders GROUP BY customer % 50'),
    ('cohorts', $$SELECT clm.cohorts(h, '2024-12-31', c) FROM kept.sample, unnest('{week,month,quarter,year}'::text[]) c GROUP BY c$$),
    ('cohorts_state', $$SELECT raw.cohorts(h, '2024-12-31', 'month') FROM kept.sample GROUP BY id % 3$$),
    ('concentration', 'SELECT clm.concentration(score + 2) FROM kept.sample'),
    ('concentration_state', 'SELECT raw.concentration(score + 2) FROM kept.sample GROUP BY id % 3'),
    ('retention_model', 'SELECT clm.retention_model(tenure, churned, f) FROM kept.contract, unnest(ARRAY[''sbg'', ''bdw'']) f GROUP BY f'),
    ('retention_model_state', $$SELECT raw.retention_model(tenure, churned, 'sbg') FROM kept.contract$$),
    ('retention_curve', 'SELECT clm.retention_curve(tenure, churned) FROM kept.contract'),
    ('retention_curve_state', 'SELECT raw.retention_curve(tenure, churned) FROM kept.contract GROUP BY tenure % 3'),
    ('likelihood', $$SELECT clm.likelihood(h, '2024-12-31', 'bg/nbd', '{1,6,.5,2}', 7) FROM kept.sample$$),
    ('likelihood_state', $$SELECT raw.likelihood(h, '2024-12-31', 'bg/nbd', '{1,6,.5,2}', 7) FROM kept.sample GROUP BY id % 3$$),
    ('customer_picture', $$SELECT clm.customer_picture(h, '2024-12-31', clm.fit_options('bg/nbd')) FROM kept.sample$$),
    ('customer_model_state', $$SELECT raw.customer_model(h, '2024-12-31', 'bg/nbd') FROM kept.sample$$),
    ('covariate_model_state', $$SELECT raw.covariate_model(h, '2024-12-31', clm.fit_options('bg/nbd', prior => 2), z) FROM kept.sample GROUP BY id % 3$$),
    ('fit_options', $$VALUES (clm.fit_options()), (clm.fit_options('auto', 14, 2, '2023-01-01', '2024-06-30'))$$),
    ('rfm', $$SELECT clm.rfm(h, '2024-12-31') FROM kept.sample UNION ALL SELECT clm.rfm(3, .1, 7.25)$$),
    ('customer_score', $$SELECT clm.scores(h, '2024-12-31', v, level => .9) FROM kept.customer_model m, kept.sample s WHERE m.id IN (1, 3, 4, 5) AND s.id <= 20$$),
    ('stage', 'SELECT unnest(enum_range(NULL::clm.stage))'),
    ('tracking', $$SELECT clm.tracking(h, '2024-12-31') FROM kept.sample$$),
    ('tracking_state', $$SELECT raw.tracking(h, '2024-12-31') FROM kept.sample GROUP BY id % 3$$),
    ('frequency_fit', $$SELECT clm.frequency_fit(h, '2024-12-31', v, '2024-12-31') FROM kept.sample s, kept.customer_model m WHERE m.id = 1$$),
    ('frequency_fit_state', $$SELECT raw.frequency_fit(h, '2024-12-31', v, '2024-12-31') FROM kept.sample s, kept.customer_model m WHERE m.id = 1 GROUP BY s.id % 3$$),
    ('transitions', $$SELECT clm.transitions(clm.lifecycle_stage(h, '2024-06-30'), clm.lifecycle_stage(h, '2024-12-31')) FROM kept.sample$$),
    ('transitions_state', $$SELECT raw.transitions('s' || id % 11, '退货' || id % 4) FROM kept.sample GROUP BY id % 3$$),
    ('value', 'SELECT value FROM kept.sample'),
    ('value_state', 'SELECT raw.sum(value) FROM kept.sample GROUP BY id % 3'),
    ('economics', 'SELECT clm.economics(conversion => .2, acquisition_cost => 50, revenue => 30 + i / 7.0, service_cost => 4, churn => .02, cross_sell => 3) FROM generate_series(1, 3) i'),
    ('effect', $$VALUES (ROW('IVR', 'churn', .004)::clm.effect), (ROW('', 'usage', -1e-9)::clm.effect), (ROW(NULL, NULL, NULL)::clm.effect)$$),
    ('uplift', 'SELECT clm.uplift(treated, hit) FROM kept.sample'),
    ('uplift_state', 'SELECT raw.uplift(treated, hit) FROM kept.sample GROUP BY id % 3'),
    ('ranking', 'SELECT clm.ranking(score, hit) FROM kept.sample'),
    ('ranking_state', 'SELECT raw.ranking(score, hit) FROM kept.sample GROUP BY id % 3'),
    ('empc', 'SELECT clm.empc((score + 1) / 2, hit) FROM kept.sample'),
    ('empc_state', 'SELECT raw.empc((score + 1) / 2, hit) FROM kept.sample GROUP BY id % 3'),
    ('response_model', 'SELECT clm.response_model(hit, x) FROM kept.sample'),
    ('response_model_state', 'SELECT raw.response_model(hit, x) FROM kept.sample GROUP BY id % 3'),
    ('mart_setting', 'SELECT s FROM mart_store.setting s')) t(type, query) \g /dev/null

-- What users make of them.
CREATE DOMAIN kept.known_history AS clm.history CHECK (clm.occasions(VALUE) > 0);
CREATE TYPE kept.pair AS (h clm.history, s clm.stage, many clm.history[]);
CREATE TABLE kept.users (
    id int PRIMARY KEY, h clm.history, known kept.known_history, both_of kept.pair, many clm.history[], stages clm.stage[],
    n int GENERATED ALWAYS AS (clm.occasions(h)) STORED, stage clm.stage DEFAULT 'prospect', e clm.economics DEFAULT clm.economics(), CHECK (clm.total(h) IS NOT NULL));
INSERT INTO kept.users (id, h, known, both_of, many, stages, stage)
    SELECT id, h, h, ROW(h, 'new', ARRAY[h, NULL])::kept.pair, ARRAY[h, '{}', NULL], '{new,mature}', 'mature' FROM kept.sample WHERE clm.occasions(h) > 0 AND id <= 60;
CREATE UNIQUE INDEX ON kept.users USING btree (h, id);
CREATE INDEX ON kept.users USING hash (h);
CREATE INDEX ON kept.users (clm.last_day(h));
CREATE VIEW kept.scored AS SELECT c.id, s.* FROM kept.sample c, kept.customer_model m, LATERAL clm.scores(c.h, '2024-12-31', m.v, level => .8) s WHERE m.id = 2 AND c.id <= 50;
CREATE MATERIALIZED VIEW kept.stages AS SELECT clm.lifecycle_stage(h, '2024-12-31') AS stage, count(*), clm.rollup(h) AS h FROM kept.sample GROUP BY 1;
CREATE FUNCTION kept.worth(h clm.history) RETURNS float8 LANGUAGE sql IMMUTABLE BEGIN ATOMIC SELECT clm.total(h) / nullif(clm.occasions(h), 0); END;
CREATE STATISTICS kept.users_statistics ON (clm.occasions(h)), stage FROM kept.users;
CREATE TABLE kept.by_stage (stage clm.stage, h clm.history) PARTITION BY LIST (stage);
CREATE TABLE kept.by_stage_new PARTITION OF kept.by_stage FOR VALUES IN ('new', 'growing');
CREATE TABLE kept.by_stage_other PARTITION OF kept.by_stage DEFAULT;
INSERT INTO kept.by_stage SELECT clm.lifecycle_stage(h, '2024-12-31'), h FROM kept.sample;

INSERT INTO clm.term_user (code, en) VALUES ('loyalty', 'Faith');
INSERT INTO clm.lever_user (code, hidden) VALUES ('price', true);
INSERT INTO clm.mart_label_user (kind, code, sort, en, zh) VALUES ('tier', 'top', 1, 'The few', '少数'), ('tier', 'ours', 9, 'Ours', '我们的');
INSERT INTO clm.stage_label_user (system, stage, en) SELECT system, stage, 'Fresh' FROM clm.stage_label_builtin WHERE stage = 'new';

-- Nothing is left out: a table with a value for every type of the extension.
DO $$
DECLARE
    missing text := (SELECT string_agg(t.typname, ', ') FROM pg_type t JOIN pg_depend d ON d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e'
        LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clm') AND coalesce(c.relkind, 'c') = 'c' AND t.typcategory <> 'A'
        AND to_regclass(format('kept.%I', t.typname)) IS NULL);
BEGIN
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'test/scripts/lib/keep.sql keeps no value of: %', missing;
    END IF;
END
$$;
