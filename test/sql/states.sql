-- The types that a server with distributed tables ships between its nodes, and everybody may store: what is read from the same text is the same
-- in every byte, with nothing in it of what the memory held before.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS clm;
SET search_path = public;
SET timezone TO 'UTC';

-- Aggregates without their final steps
DO $$
DECLARE
    a record;
BEGIN
    FOR a IN SELECT proname, aggtransfn::regproc AS transition, aggtranstype::regtype AS state, pg_get_function_identity_arguments(p.oid) AS arguments
             FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid WHERE pronamespace = 'clm'::regnamespace LOOP
        EXECUTE format('CREATE AGGREGATE part_%s(%s) (SFUNC = %s, STYPE = %s)', a.proname, a.arguments, a.transition, a.state);
    END LOOP;
END
$$;
CREATE TABLE sampled AS
WITH buyer AS MATERIALIZED (SELECT customer_id AS id, clm.history(day, amount) AS h FROM clm.simulate(12, date '2024-01-01', date '2024-12-31', 3) GROUP BY 1),
     model AS MATERIALIZED (SELECT clm.customer_model('bg/nbd', 7, ARRAY[.3, 4, .8, 2.4]) AS m)
SELECT n, part_rollup(h)::text AS history_state, part_customer_model(h, '2024-06-30')::text AS customer_model_state,
       part_customer_model(h, '2024-06-30', clm.fit_options('bg/nbd'), ARRAY[id, .5])::text AS covariate_model_state,
       part_likelihood(h, '2024-06-30', 'bg/nbd', ARRAY[.3, 4, .8, 2.4], 7)::text AS likelihood_state,
       part_retention_model(id, id % 2 = 0)::text AS retention_model_state, part_tracking(h, '2024-12-31', 14)::text AS tracking_state,
       part_frequency_fit(h, '2024-06-30', (SELECT m FROM model), '2024-12-31')::text AS frequency_fit_state, part_sum((id, .1, NULL, -1, 0)::clm.value)::text AS value_state,
       part_uplift(id % 2 = 0, id / 3.0)::text AS uplift_state, part_ranking(id / 3.0, id % 2 = 0)::text AS ranking_state, part_empc(id / 3.0, id % 2 = 0)::text AS empc_state,
       part_response_model(id % 2 = 0, ARRAY[id, .5])::text AS response_model_state, part_retention_curve(id, id % 2 = 0)::text AS retention_curve_state,
       part_concentration(id / 3.0)::text AS concentration_state, part_transitions('new', 'state ' || id % 3)::text AS transitions_state,
       part_cohorts(h, '2024-12-31', 'month')::text AS cohorts_state,
       (clm.rollup(h))::text AS history, clm.transitions('new', 'state ' || id % 3)::text AS transitions, clm.cohorts(h, '2024-12-31', 'month')::text AS cohorts
FROM buyer, unnest(ARRAY[1, 2, 3, 6, 12]) n WHERE id <= n GROUP BY n;

-- Reads a text twice, with something else in memory between
CREATE FUNCTION pg_temp.reads_alike(type text, v text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    alike boolean := true;
    one boolean;
BEGIN
    FOR i IN 1 .. 12 LOOP
        EXECUTE format('SELECT record_image_eq(ROW(%1$L::clm.%2$s), ROW((%1$L || left(%3$L, 0))::clm.%2$s))', v, type, repeat(chr(64 + i), 60 * (i % 7) + i)) INTO one;
        alike := alike AND one;
    END LOOP;
    RETURN alike;
END
$$;
SELECT type, count(v), bool_and(pg_temp.reads_alike(type, v)) AS same_bytes FROM sampled s, LATERAL jsonb_each_text(to_jsonb(s) - 'n') AS j(type, v) GROUP BY type ORDER BY type;
-- The types without a row above
SELECT typname FROM pg_type t WHERE typnamespace = 'clm'::regnamespace AND typtype = 'b' AND typcategory <> 'A' AND typname NOT IN (SELECT jsonb_object_keys(to_jsonb(s)) FROM sampled s);

-- And what the aggregates leave, as it goes to a client: nothing in it is undefined, which shows under valgrind
SELECT n, part_history(date '2024-01-01' + i, i) AS history, part_transitions('a', 'b' || i) AS transitions, part_retention_curve(i, true) AS curve,
       part_concentration(i) AS concentration, part_ranking(i, i % 2 = 0) AS ranking, part_uplift(i % 2 = 0, i) AS uplift, part_empc(i, i % 2 = 0) AS empc,
       part_response_model(i % 2 = 0, ARRAY[i]) AS response, part_sum((i, 0, NULL, 0, 0)::clm.value) AS value, part_retention_model(i, i % 2 = 0) AS retention
FROM unnest(ARRAY[1, 4, 6]) n, generate_series(1, 20) i WHERE i <= n GROUP BY n ORDER BY n;
