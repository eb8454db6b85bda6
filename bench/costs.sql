-- What a call of each function takes, in units of the planner's cpu_operator_cost, beside the COST that it declares. The
-- unit is the time of exp(float8), a cheap built-in function. It runs alone: scripts/with-cluster psql -X -q -f bench/costs.sql
-- A line of cost_call or cost_aggregate is all that a new function needs. Of an aggregate come transition, combine and
-- final function.
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS clm;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET work_mem = '1GB';
\pset footer off
\if :{?cost_rows}
\else
    \set cost_rows 20000
\endif

-- Customers with ten orders each, and one row of what is the same for all of them
CREATE TEMP TABLE cost_customer AS
    WITH customer AS (
        SELECT customer_id::integer AS id, clm.history(day, amount) AS h
        FROM clm.simulate(:cost_rows, date '2022-01-01', date '2024-12-31', 1, 'bg/nbd', '{1.2,6,0.5,2.9}', 7, NULL, date '2023-09-30')
        GROUP BY 1)
    SELECT id, h, clm.history_send(h) AS sent, clm.rfm(h, date '2024-12-31') AS s, id * 1e-5::float8 AS f, life <= 1 + id % 60 AS hit, least(life, 1 + id % 60) AS tenure,
           ARRAY[id % 7, id % 11, id % 13, id % 17]::float8[] AS x, clm.days(h) AS days, clm.amounts(h) AS amounts,
           clm.lifecycle_stage(h, date '2024-12-31') AS stage, 's' || id % 6 AS state, 's' || id % 7 AS next_state,
           clm.economics(revenue => 50 + id % 20, gross_margin => .5, churn => .02, discount => .01) AS e,
           ROW(id % 9, id % 5, 1, 2, 3)::clm.value AS v
    FROM customer,
        LATERAL (SELECT ceil(ln(.5 + hashint4extended(id, 1) / 18446744073709551616.0::float8 + 1e-9)
                             / ln(.98 - .3 * (.5 + hashint4extended(id, 2) / 18446744073709551616.0::float8) ^ 3))::bigint + 1 AS life) l;
CREATE TEMP TABLE cost_model AS
    SELECT clm.customer_model(h, date '2024-12-31') AS m, clm.retention_model(tenure, hit) AS c, clm.response_model(hit, x) AS p,
           clm.transitions(state, next_state) AS t, clm.tracking(h, date '2024-12-31') AS k, clm.retention_curve(tenure, hit) AS curve,
           clm.ranking(f, hit) AS r, clm.cohorts(h, date '2024-12-31', 'month') AS co
    FROM cost_customer;
ALTER TABLE cost_model ADD z clm.customer_model, ADD ff clm.frequency_fit;
UPDATE cost_model SET
    z = (SELECT clm.customer_model(h, date '2024-12-31', clm.fit_options(prior => 2), x[1:2]) FROM cost_customer WHERE id % 10 = 0),
    ff = (SELECT clm.frequency_fit(h, date '2024-06-30', m, date '2024-12-31') FROM cost_customer WHERE id % 10 = 0);
CREATE TEMP TABLE cost_order AS
    SELECT id, day, amount, amount::numeric(10,2) AS price, day::timestamp AS moment, day::timestamptz AS instant
    FROM cost_customer, clm.entries(h);
VACUUM ANALYZE cost_customer;
VACUUM ANALYZE cost_model;
VACUUM ANALYZE cost_order;

-- Calls, and by how much to divide the number of customers: slow functions are called for a part of them.
CREATE TEMP TABLE cost_call (sort serial, name regprocedure, call text, part integer DEFAULT 1);
INSERT INTO cost_call (name, call, part) VALUES
    ('clm.history(date[], float8[])', 'clm.history(days, amounts)', 1),
    ('clm.days(clm.history)', 'clm.days(h)', 1),
    ('clm.amounts(clm.history)', 'clm.amounts(h)', 1),
    ('clm.entries(clm.history)', 'clm.entries(h)', 1),
    ('clm.as_of(clm.history, date)', 'clm.as_of(h, date ''2024-06-30'')', 1),
    ('clm.occasions(clm.history, date, date)', 'clm.occasions(h, NULL, date ''2024-06-30'')', 1),
    ('clm.total(clm.history, date, date)', 'clm.total(h, NULL, date ''2024-06-30'')', 1),
    ('clm.first_day(clm.history)', 'clm.first_day(h)', 1),
    ('clm.last_day(clm.history)', 'clm.last_day(h)', 1),
    ('clm.recency(clm.history, date)', 'clm.recency(h, date ''2024-12-31'')', 1),
    ('clm.tenure(clm.history, date)', 'clm.tenure(h, date ''2024-12-31'')', 1),
    ('clm.cadence(clm.history)', 'clm.cadence(h)', 1),
    ('clm.trend(clm.history, date, integer, integer)', 'clm.trend(h, date ''2024-12-31'')', 1),
    ('clm.merge(clm.history, clm.history)', 'clm.merge(h, h)', 1),
    ('clm.history_cmp(clm.history, clm.history)', 'clm.history_cmp(h, ''{2023-01-01:5}'')', 1),
    ('clm.history_hash(clm.history)', 'clm.history_hash(h)', 1),
    ('clm.history_in(cstring)', 'clm.history_in(clm.history_out(h))', 1),
    ('clm.history_out(clm.history)', 'clm.history_out(h)', 1),
    ('clm.history_send(clm.history)', 'clm.history_send(h)', 1),
    ('clm.rfm(clm.history, date, integer, date)', 'clm.rfm(h, date ''2024-12-31'')', 1),
    ('clm.rfm_score(float8, float8[], boolean)', 'clm.rfm_score(f, ''{.02,.04,.06,.08}'')', 1),
    ('clm.lifecycle_stage(clm.history, date, integer, float8, integer, integer, integer, float8, float8, date, date)',
     'clm.lifecycle_stage(h, date ''2024-12-31'')', 1),
    ('clm.lifecycle_stage(clm.history, date, clm.customer_model, integer, float8, integer, integer, integer, float8, float8, date, date)',
     'clm.lifecycle_stage(h, date ''2024-12-31'', m)', 1),
    ('clm.p_alive(clm.history, date, clm.customer_model, integer)', 'clm.p_alive(h, date ''2024-12-31'', m)', 1),
    ('clm.p_alive(clm.rfm, clm.customer_model, float8)', 'clm.p_alive(s, m)', 1),
    ('clm.p_active(clm.history, date, clm.customer_model, integer)', 'clm.p_active(h, date ''2024-12-31'', m)', 1),
    ('clm.p_active(clm.rfm, clm.customer_model, float8)', 'clm.p_active(s, m, 12)', 1),
    ('clm.churn_score(clm.history, date, clm.customer_model, integer)', 'clm.churn_score(h, date ''2024-12-31'', m)', 1),
    ('clm.churn_score(clm.rfm, clm.customer_model, float8)', 'clm.churn_score(s, m, 12)', 1),
    ('clm.expected_purchases(clm.history, date, clm.customer_model, integer)', 'clm.expected_purchases(h, date ''2024-12-31'', m)', 1),
    ('clm.expected_purchases(clm.rfm, clm.customer_model, float8)', 'clm.expected_purchases(s, m, 52)', 1),
    ('clm.expected_purchases(clm.customer_model, integer)', 'clm.expected_purchases(m, id % 365)', 1),
    ('clm.p_purchases(clm.customer_model, integer, integer)', 'clm.p_purchases(m, 3, id % 365)', 1),
    ('clm.expected_spend(clm.history, date, clm.customer_model)', 'clm.expected_spend(h, date ''2024-12-31'', m)', 1),
    ('clm.expected_spend(clm.rfm, clm.customer_model)', 'clm.expected_spend(s, m)', 1),
    ('clm.clv(clm.history, date, clm.customer_model, integer, float8, float8)', 'clm.clv(h, date ''2024-12-31'', m)', 1),
    ('clm.clv(clm.history, date, clm.customer_model, integer, float8, float8)', 'clm.clv(h, date ''2024-12-31'', m, NULL)', 10),
    ('clm.clv(clm.rfm, clm.customer_model, float8, float8, float8)', 'clm.clv(s, m, 52)', 1),
    ('clm.clv(clm.customer_model, integer, float8, float8)', 'clm.clv(m, 1 + id % 365)', 1),
    ('clm.scores(clm.history, date, clm.customer_model, integer, float8, float8, float8)', 'clm.scores(h, date ''2024-12-31'', m)', 1),
    ('clm.scores(clm.rfm, clm.customer_model, float8, float8, float8, float8)', 'clm.scores(s, m, 52)', 1),
    ('clm.scores(clm.history, date, clm.customer_model, integer, float8, float8, float8)', 'clm.scores(h, date ''2024-12-31'', m, level => .9)', 100),
    ('clm.scores(clm.rfm, clm.customer_model, float8, float8, float8, float8)', 'clm.scores(s, m, 52, level => .9)', 100),
    ('clm.given(clm.customer_model, float8[])', 'clm.given(z, x[1:2])', 1),
    ('clm.describe(clm.customer_model)', 'clm.describe(m)', 10),
    ('clm.comparison(clm.customer_model)', 'clm.comparison(m)', 10),
    ('clm.customer_model(text, integer, float8[], float8[])', 'clm.customer_model(''bg/nbd'', 7, ARRAY[f, 1, 1, 1])', 10),
    ('clm.points(clm.tracking, clm.customer_model)', 'clm.points(k, m)', 10000),
    ('clm.seasonality(clm.tracking, clm.customer_model)', 'clm.seasonality(k, m)', 1000),
    ('clm.points(clm.frequency_fit)', 'clm.points(ff)', 10),
    ('clm.survival(clm.retention_model, bigint)', 'clm.survival(c, tenure)', 1),
    ('clm.retention_rate(clm.retention_model, bigint)', 'clm.retention_rate(c, tenure)', 1),
    ('clm.churn_score(clm.retention_model, bigint)', 'clm.churn_score(c, tenure)', 1),
    ('clm.clv(clm.retention_model, bigint, float8, float8, integer, boolean)', 'clm.clv(c, tenure, 10, .1)', 1),
    ('clm.points(clm.retention_model, integer)', 'clm.points(c, 36)', 10),
    ('clm.points(clm.retention_curve)', 'clm.points(curve)', 10),
    ('clm.describe(clm.retention_model)', 'clm.describe(c)', 10),
    ('clm.score(clm.response_model, float8[])', 'clm.score(p, x)', 1),
    ('clm.reasons(clm.response_model, float8[], text[])', 'clm.reasons(p, x)', 1),
    ('clm.describe(clm.response_model, text[])', 'clm.describe(p)', 10),
    ('clm.score(float8[], float8[])', 'clm.score(x, x)', 1),
    ('clm.gap(float8, float8)', 'clm.gap(f, f + 1)', 1),
    ('clm.calibration(clm.ranking)', 'clm.calibration(r)', 10),
    ('clm.economics(float8, float8, float8, float8, float8, float8, float8, float8, float8, float8, float8, float8, float8, float8, float8, float8)',
     'clm.economics(revenue => f)', 1),
    ('clm.margin(clm.economics)', 'clm.margin(e)', 1),
    ('clm.retention(clm.economics)', 'clm.retention(e)', 1),
    ('clm.clv(clm.economics)', 'clm.clv(e)', 1),
    ('clm.elasticity(clm.economics, text)', 'clm.elasticity(e, ''churn'')', 1),
    ('clm.breakeven(clm.economics, text, float8)', 'clm.breakeven(e, ''churn'')', 1),
    ('clm.apply(clm.economics, clm.effect[])', 'clm.apply(e, ''{"(a,revenue,1)","(b,churn,.001)"}'')', 1),
    ('clm.lever_value(clm.economics, clm.effect[])', 'clm.lever_value(e, ''{"(a,revenue,1)","(b,churn,.001)","(c,gross_margin,.01)","(d,discount,.001)","(e,cross_sell,1)"}'')', 1),
    ('clm.clv(float8, float8, float8, float8, float8, integer, boolean)', 'clm.clv(f, .8, .1)', 1),
    ('clm.offer_value(float8, float8, float8, float8, float8, float8)', 'clm.offer_value(.5, .5, f, 1)', 1),
    ('clm.expected_loss(float8, float8, float8)', 'clm.expected_loss(.1, .5, f)', 1),
    ('clm.cpv(float8, float8, float8)', 'clm.cpv(f, .5, .5)', 1),
    ('clm.total(clm.value)', 'clm.total(v)', 1),
    ('clm.merge(clm.value, clm.value)', 'clm.merge(v, v)', 1),
    ('clm.sample_size(float8, float8, float8, float8)', 'clm.sample_size(.1, .2 + f / 10)', 1),
    ('clm.label(clm.stage, text, text)', 'clm.label(stage)', 10),
    ('clm.matrix(text, float8, float8, float8, float8, text)', 'clm.matrix(''profitability'', f, f, .1, .1)', 10),
    ('clm.entries(clm.transitions)', 'clm.entries(t)', 10),
    ('clm.entries(clm.cohorts)', 'clm.entries(co)', 100),
    ('clm.merge(clm.transitions, clm.transitions)', 'clm.merge(t, t)', 10),
    ('clm.transitions_eq(clm.transitions, clm.transitions)', 'clm.transitions_eq(t, t)', 1),
    ('clm.clv(clm.transitions, text[], float8[], float8, integer)', 'clm.clv(t, ''{s0,s1,s2,s3,s4,s5,s6}'', ''{1,2,3,4,5,6,7}'', .1)', 10),
    ('clm.forecast(clm.transitions, text[], float8[], integer)', 'clm.forecast(t, ''{s0,s1,s2,s3,s4,s5,s6}'', ''{1,2,3,4,5,6,7}'', 12)', 10),
    ('clm.simulate(bigint, date, date, bigint, text, float8[], integer, float8[], date)',
     'clm.simulate(1000, date ''2024-01-01'', date ''2024-12-31'', id)', 1000);

-- Aggregates: arguments, table, what to group by (1,000 customers a group, as in a segment), and what parts the groups: a state
-- that is combined is one of 50 customers, as combining matters where groups are many and small
CREATE TEMP TABLE cost_aggregate (
    sort serial, name regprocedure, arguments text, source text DEFAULT 'cost_customer', key text DEFAULT 'id % 20', part text DEFAULT 'id / 1000'
);
INSERT INTO cost_aggregate (name, arguments, source, key, part) VALUES
    ('clm.history(date)', 'day', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.history(date, float8)', 'day, amount', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.history(date, numeric)', 'day, price', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.history(timestamp)', 'moment', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.history(timestamp, float8)', 'moment, amount', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.history(timestamp, numeric)', 'moment, price', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.history(timestamptz)', 'instant', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.history(timestamptz, float8)', 'instant, amount', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.history(timestamptz, numeric)', 'instant, price', 'cost_order', 'id', 'day < date ''2023-06-30'''),
    ('clm.rollup(clm.history)', 'h', 'cost_customer', 'id % 2000', 'id / 10000');
INSERT INTO cost_aggregate (name, arguments) VALUES
    ('clm.customer_model(clm.history, date)', 'h, date ''2024-12-31'''),
    ('clm.customer_model(clm.history, date, text)', 'h, date ''2024-12-31'', ''bg/nbd'''),
    ('clm.customer_model(clm.history, date, text, integer)', 'h, date ''2024-12-31'', ''bg/nbd'', 7'),
    ('clm.customer_model(clm.history, date, clm.fit_options)', 'h, date ''2024-12-31'', clm.fit_options()'),
    ('clm.customer_model(clm.rfm)', 's'),
    ('clm.customer_model(clm.rfm, text)', 's, ''bg/nbd'''),
    ('clm.customer_model(clm.rfm, text, bigint, integer)', 's, ''bg/nbd'', 1, 7'),
    ('clm.customer_model(clm.rfm, clm.fit_options)', 's, clm.fit_options()'),
    ('clm.customer_model(clm.rfm, clm.fit_options, bigint)', 's, clm.fit_options(), 1'),
    ('clm.customer_model(clm.history, date, clm.fit_options, float8[])', 'h, date ''2024-12-31'', clm.fit_options(prior => 2), x[1:2]'),
    ('clm.retention_model(bigint, boolean)', 'tenure, hit'),
    ('clm.retention_model(bigint, boolean, text)', 'tenure, hit, ''sbg'''),
    ('clm.retention_model(bigint, boolean, text, bigint)', 'tenure, hit, ''sbg'', 1'),
    ('clm.retention_curve(bigint, boolean)', 'tenure, hit'),
    ('clm.retention_curve(bigint, boolean, bigint)', 'tenure, hit, 1'),
    ('clm.response_model(boolean, float8[])', 'hit, x'),
    ('clm.response_model(boolean, float8[], float8)', 'hit, x, .1'),
    ('clm.tracking(clm.history, date)', 'h, date ''2024-12-31'''),
    ('clm.tracking(clm.history, date, integer)', 'h, date ''2024-12-31'', 7'),
    ('clm.cohorts(clm.history, date, text)', 'h, date ''2024-12-31'', ''month'''),
    ('clm.frequency_fit(clm.history, date, clm.customer_model, date)', 'h, date ''2024-06-30'', (SELECT m FROM cost_model), date ''2024-12-31'''),
    ('clm.concentration(float8)', 'f'),
    ('clm.percentiles(float8)', 'f'),
    ('clm.ranking(float8, boolean)', 'f, hit'),
    ('clm.empc(float8, boolean)', 'f, hit'),
    ('clm.empc(float8, boolean, float8, float8, float8, float8, float8)', 'f, hit, 200, 10, 1, 6, 14'),
    ('clm.transitions(text, text)', 'state, next_state'),
    ('clm.transitions(clm.stage, clm.stage)', 'stage, stage'),
    ('clm.rollup(clm.transitions)', '(SELECT t FROM cost_model)'),
    ('clm.sum(clm.value)', 'v'),
    ('clm.uplift(boolean, boolean)', 'hit, hit'),
    ('clm.uplift(boolean, boolean, float8)', 'hit, hit, .9'),
    ('clm.uplift(boolean, float8)', 'hit, f'),
    ('clm.uplift(boolean, float8, float8)', 'hit, f, .9');

-- The least of a few runs: what a busy machine adds is no part of the cost.
CREATE FUNCTION pg_temp.least_ms(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz;
    least_ms float8 := 'infinity';
BEGIN
    FOR round IN 1 .. 5 LOOP
        start := clock_timestamp();
        EXECUTE query;
        least_ms := least(least_ms, extract(epoch FROM clock_timestamp() - start) * 1000);
    END LOOP;
    RETURN least_ms;
END
$$;
CREATE TEMP TABLE cost (sort serial, name regprocedure, call text, calls float8, ns float8, rows float8 DEFAULT 0);
DO $$
DECLARE
    tried record;
    customers bigint := (SELECT count(*) FROM cost_customer);
    calls bigint;
    result bigint;
    from_part text;
    argument text;
    of_part float8;
    inner_call text;
BEGIN
    INSERT INTO cost (name, call, calls, ns) SELECT 'exp(float8)'::regprocedure, 'exp(f)', customers,
        1e6 * (pg_temp.least_ms('SELECT count(exp(exp(exp(-f)))) FROM cost_customer, generate_series(1, 20)')
               - pg_temp.least_ms('SELECT count(-f) FROM cost_customer, generate_series(1, 20)')) / (3 * 20 * customers);
    FOR tried IN SELECT c.*, p.proretset FROM cost_call c JOIN pg_proc p ON p.oid = c.name ORDER BY sort LOOP
        from_part := format('FROM cost_customer, cost_model WHERE id %% %s = 0', tried.part);
        EXECUTE 'SELECT count(*) ' || from_part INTO calls;
        argument := CASE WHEN tried.name = 'clm.history_in(cstring)'::regprocedure THEN 'clm.history_out(h)' ELSE 'id' END;
        IF tried.proretset THEN
            EXECUTE format('SELECT count(q) FROM (SELECT %s %s OFFSET 0) q', tried.call, from_part) INTO result;
            of_part := pg_temp.least_ms(format('SELECT count(q) FROM (SELECT %s %s OFFSET 0) q', tried.call, from_part));
        ELSE
            result := 0;
            of_part := pg_temp.least_ms(format('SELECT count(%s) %s', tried.call, from_part));
        END IF;
        of_part := of_part - pg_temp.least_ms(format('SELECT count(%s) %s', argument, from_part));
        INSERT INTO cost (name, call, calls, ns, rows) VALUES (tried.name, tried.call, calls, 1e6 * of_part / calls, result::float8 / calls);
    END LOOP;
END
$$;

-- Of an aggregate: the state alone gives the transition; stored states of parts of the groups the combination; stored states
-- of whole groups the final function; and a hash table of the groups the memory of a state
CREATE FUNCTION pg_temp.hash_bytes(query text) RETURNS float8 LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    EXECUTE 'EXPLAIN (ANALYZE, TIMING off, FORMAT json) ' || query INTO plan;
    RETURN 1024 * (jsonb_path_query_first(plan::jsonb, '$.** ? (@."Strategy" == "Hashed")') ->> 'Peak Memory Usage')::float8;
END
$$;
CREATE TEMP TABLE cost_space (sort serial, name regprocedure, groups bigint, rows float8, bytes float8);
DO $$
DECLARE
    tried record;
    n bigint;
    groups bigint;
    states bigint;
    arguments text;
    from_part text;
    per_row float8;
BEGIN
    SET enable_sort = off;
    FOR tried IN SELECT c.*, a.* FROM cost_aggregate c JOIN pg_aggregate a ON aggfnoid = c.name ORDER BY sort LOOP
        arguments := pg_get_function_identity_arguments(tried.name);
        from_part := format('FROM %s GROUP BY %s', tried.source, tried.key);
        EXECUTE format('CREATE AGGREGATE pg_temp.state_of(%s) (SFUNC = %s, STYPE = %s, SSPACE = %s)', arguments, tried.aggtransfn,
                       tried.aggtranstype::regtype, tried.aggtransspace);
        EXECUTE format('CREATE AGGREGATE pg_temp.combined(%s) (SFUNC = %s, STYPE = %1$s)', tried.aggtranstype::regtype, tried.aggcombinefn);
        EXECUTE format('SELECT count(*), count(DISTINCT %s) FROM %s', tried.key, tried.source) INTO n, groups;
        per_row := 1e6 / n * (pg_temp.least_ms(format('SELECT pg_temp.state_of(%s) %s', tried.arguments, from_part))
                              - pg_temp.least_ms('SELECT count(id) ' || from_part));
        INSERT INTO cost (name, call, calls, ns) VALUES (tried.aggtransfn, tried.name, n, per_row);

        EXECUTE format('CREATE TEMP TABLE cost_state AS SELECT %s AS key, pg_temp.state_of(%s) AS state %s, %s', tried.key, tried.arguments,
                       from_part, tried.part);
        SELECT count(*) INTO states FROM cost_state;
        INSERT INTO cost (name, call, calls, ns) VALUES (tried.aggcombinefn, tried.name, states,
            1e6 / states * (pg_temp.least_ms('SELECT pg_temp.combined(state) FROM cost_state GROUP BY key')
                            - pg_temp.least_ms('SELECT count(state) FROM cost_state GROUP BY key')));
        DROP TABLE cost_state;

        EXECUTE format('CREATE TEMP TABLE cost_state AS SELECT pg_temp.state_of(%s) AS state %s', tried.arguments, from_part);
        INSERT INTO cost (name, call, calls, ns) VALUES (tried.aggfinalfn, tried.name, groups,
            1e6 / groups * (pg_temp.least_ms(format('SELECT count(%s(state)) FROM cost_state', tried.aggfinalfn))
                            - pg_temp.least_ms('SELECT count(state) FROM cost_state')));
        DROP TABLE cost_state;

        INSERT INTO cost_space (name, groups, rows, bytes) VALUES (tried.name, groups, n::float8 / groups,
            (pg_temp.hash_bytes(format('SELECT pg_temp.state_of(%s) %s', tried.arguments, from_part))
             - pg_temp.hash_bytes('SELECT count(id) ' || from_part)) / groups);
        EXECUTE format('DROP AGGREGATE pg_temp.state_of(%s)', arguments);
        EXECUTE format('DROP AGGREGATE pg_temp.combined(%s)', tried.aggtranstype::regtype);
    END LOOP;
    RESET enable_sort;
END
$$;

-- The rows of a set cost what a row of a scan does, which the planner adds itself. The final function of a fit takes long, but as long in
-- every plan; and where the planner does not know the number of groups it takes 200, so that a declared cost would keep groups
-- from being aggregated on other servers.
SELECT left(replace(name::text, 'clm.', ''), 60) AS "function", left(replace(call, 'clm.', ''), 50) AS "call", round(ns) AS "ns",
       round(units::numeric, CASE WHEN units < 10 THEN 1 ELSE 0 END) AS "units", procost AS "declared",
       CASE WHEN name::text LIKE '%\_final' AND procost = 1 THEN 'not declared'
            WHEN units > 2.5 * procost OR units < procost / 2.5 AND procost > 2 THEN 'off' ELSE '' END AS "mark"
FROM (SELECT c.*, procost, greatest(c.ns / u.ns - 4 * c.rows, 0) AS units FROM cost c JOIN pg_proc p ON p.oid = c.name, cost u WHERE u.name = 'exp(float8)'::regprocedure) v
ORDER BY sort;
SELECT left(replace(name::text, 'clm.', ''), 60) AS "aggregate", groups, round(rows) AS "rows a group", round(bytes) AS "bytes a group",
       aggtransspace AS "SSPACE", CASE WHEN bytes > 2 * aggtransspace + 100 OR bytes < aggtransspace / 2 - 100 THEN 'off' ELSE '' END AS "mark"
FROM cost_space JOIN pg_aggregate ON aggfnoid = name ORDER BY sort;
SELECT replace(p.oid::regprocedure::text, 'clm.', '') AS "without a call here", procost AS "declared"
FROM pg_proc p
WHERE pronamespace = 'clm'::regnamespace AND prokind = 'f' AND p.oid NOT IN (SELECT name FROM cost) AND proname !~ '_(in|out|recv|send|support)$'
ORDER BY p.oid::regprocedure::text COLLATE "C";
