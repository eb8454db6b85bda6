-- What sqlsmith finds in its database: values of every type of the extension, sane ones and extreme ones, and of the catalog little
-- more than the extension's functions, so that most of what it writes calls them.
\set ON_ERROR_STOP 1
SET client_min_messages = error;
CREATE EXTENSION clm;
\o /dev/null
SELECT setseed(:seed::float8 / 2147483647);

CREATE SCHEMA shop;
CREATE TABLE shop.orders AS
    SELECT customer_id, day, amount FROM clm.simulate(400, date '2023-01-01', date '2024-12-31', seed => 1);
CREATE INDEX ON shop.orders (customer_id);
CREATE TABLE shop.histories (customer_id bigint PRIMARY KEY, h clm.history);
SELECT clm.track('shop.orders', 'customer_id', 'day', 'amount', 'shop.histories');
CALL clm.create_mart('mart', 'shop.orders', 'customer_id', 'day', 'amount');

-- Aggregates without the final step: their results are the states, which anybody may have in a column. They are what a
-- server that distributes tables makes of the extension's aggregates.
CREATE SCHEMA part;
DO $$
DECLARE
    a record;
BEGIN
    FOR a IN SELECT proname, aggtransfn::regproc AS transition, aggtranstype::regtype AS state,
                    nullif(aggcombinefn::oid, 0)::regproc AS combine, pg_get_function_identity_arguments(p.oid) AS arguments
             FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid WHERE pronamespace = 'clm'::regnamespace LOOP
        EXECUTE format('CREATE AGGREGATE part.%I(%s) (SFUNC = %s, STYPE = %s%s, PARALLEL = SAFE)', a.proname, a.arguments, a.transition, a.state,
                       ', COMBINEFUNC = ' || a.combine);
    END LOOP;
END
$$;

-- A row for each of some customers. Where a query joins it with itself or takes two columns of a type, values of different customers,
-- models and families meet.
CREATE TABLE shop.sane AS
WITH model AS MATERIALIZED (
    SELECT n, CASE n WHEN 0 THEN clm.customer_model(h, date '2024-06-30')
                     WHEN 1 THEN clm.customer_model(h, date '2024-06-30', clm.fit_options('bg/nbd', 14, 2))
                     WHEN 2 THEN clm.customer_model('pareto/nbd', 7, ARRAY[.55, 10.6, .6, 11.7], ARRAY[6.2, 3.7, 15.4])
                     WHEN 3 THEN clm.customer_model('bg/cnbd-k', 7, ARRAY[2, .3, 4, .8, 2.4])
                     ELSE clm.customer_model('bg/bb', 30, ARRAY[1.2, .7, .6, 2.7]) END AS m
    FROM shop.histories, generate_series(0, 4) n GROUP BY n
), whole AS MATERIALIZED (
    SELECT clm.transitions(clm.lifecycle_stage(h, '2024-03-31'), clm.lifecycle_stage(h, '2024-06-30')) AS flow,
           clm.cohorts(h, '2024-06-30', 'quarter') AS cohorts, clm.tracking(h, '2024-12-31', 14) AS tracking,
           clm.frequency_fit(h, '2024-03-31', (SELECT m FROM model WHERE n = 0), '2024-12-31') AS frequencies,
           clm.ranking(random(), random() < .4) AS ranking, clm.empc(random(), random() < .4) AS empc,
           clm.uplift(random() < .5, random() < .4) AS uplift, clm.concentration(clm.total(h, NULL, NULL)) AS concentration,
           clm.retention_curve(customer_id % 7 + 1, random() < .5) AS curve, clm.retention_model('sbg', ARRAY[1, 3]) AS retention,
           clm.response_model(random() < .5, ARRAY[random(), random()], .1) AS response,
           clm.likelihood(h, '2024-06-30', 'bg/nbd', ARRAY[.3, 4, .8, 2.4], 7) AS likelihood,
           clm.customer_picture(h, '2024-06-30', clm.fit_options('bg/nbd')) AS picture
    FROM shop.histories
), states AS MATERIALIZED (
    SELECT customer_id % 6 AS n, part.rollup(h) AS history_state, part.customer_model(h, '2024-06-30') AS model_state,
           part.customer_model(h, '2024-06-30', clm.fit_options('bg/nbd'), ARRAY[random(), customer_id % 2]) AS covariate_state,
           part.likelihood(h, '2024-06-30', 'bg/nbd', ARRAY[.3, 4, .8, 2.4], 7) AS likelihood_state,
           part.retention_model(customer_id % 7 + 1, random() < .5) AS retention_state, part.tracking(h, '2024-12-31', 14) AS tracking_state,
           part.frequency_fit(h, '2024-03-31', (SELECT m FROM model WHERE n = 0), '2024-12-31') AS frequency_state,
           part.sum((random(), random(), NULL, 1, 0)::clm.value) AS value_state, part.uplift(random() < .5, random()) AS uplift_state,
           part.ranking(random(), random() < .4) AS ranking_state, part.empc(random(), random() < .4) AS empc_state,
           part.response_model(random() < .5, ARRAY[random(), random()]) AS response_state,
           part.retention_curve(customer_id % 7 + 1, random() < .5) AS curve_state, part.concentration(clm.total(h, NULL, NULL)) AS concentration_state,
           part.transitions('new', (ARRAY['growing', 'churned', 'new'])[1 + customer_id % 3]) AS transitions_state,
           part.cohorts(h, '2024-06-30', 'quarter') AS cohorts_state
    FROM shop.histories GROUP BY 1
)
SELECT customer_id::int AS id, (customer_id % 9)::bigint AS number, random() AS share, (random() * 100)::numeric(8, 2) AS price, customer_id % 2 = 0 AS flag,
       date '2024-01-01' + customer_id::int * 11 AS day, date '2024-06-30' AS as_of, timestamp '2024-01-01 12:00' + customer_id * interval '3 hours' AS at,
       timestamptz '2024-01-01 12:00+02' + customer_id * interval '1 month' AS instant, interval '1 month' AS step,
       (ARRAY['pareto/nbd', 'bg/nbd', 'mbg/nbd', 'bg/bb', 'mbg/cnbd-k', 'auto', 'sbg', 'bdw', 'gamma-gamma'])[1 + customer_id % 9] AS family,
       (ARRAY['new', 'growing', 'mature', 'churned', 'en', 'zh', 'month', 'quarter', 'churn', 'price'])[1 + customer_id % 10] AS word,
       (ARRAY['sbg', 'bdw'])[1 + customer_id % 2] AS contract, 'mart'::name AS mart, (ARRAY['customer_id', 'day', 'amount'])[1 + customer_id % 3]::name AS part,
       (ARRAY['shop.orders', 'shop.histories', 'mart.customers'])[1 + customer_id % 3]::regclass AS relation,
       ARRAY[random(), random() * 10] AS two, ARRAY[.3, 4, .8, 2.4] AS params, clm.days(h) AS days, clm.amounts(h) AS amounts, ARRAY['new', 'growing', 'churned'] AS names,
       (enum_range(NULL::clm.stage))[1 + customer_id % 8] AS stage, h, clm.as_of(h, '2024-03-31') AS earlier, m, clm.rfm(h, '2024-06-30', 7, '2023-01-01') AS summary,
       clm.fit_options((ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd', 'auto'])[1 + customer_id % 4], 7, 2) AS options,
       clm.economics(revenue => 50 + customer_id, churn => .02, renewal => .8, gross_margin => .4) AS economics,
       ARRAY[('IVR', 'churn', -.004), ('care', 'price', .1)]::clm.effect[] AS effects, (10, random(), NULL, 1, 2)::clm.value AS value,
       s AS score, whole.*, states.*
FROM shop.histories JOIN model ON model.n = customer_id % 5 JOIN states ON states.n = customer_id % 6, whole, LATERAL clm.scores(h, '2024-06-30', m, 90, .1, .5, .8) s
WHERE customer_id % 5 <> 4 AND customer_id <= 80;

-- The same with what is at the ends of the types, and with composite values that no function of the extension makes.
CREATE TEMP TABLE odd (type regtype, v text);
INSERT INTO odd SELECT type::regtype, unnest(v) FROM (VALUES
    ('boolean', ARRAY['t', NULL]),
    ('int', ARRAY['0', '-1', '2147483647', '-2147483648', NULL]),
    ('bigint', ARRAY['0', '-1', '9223372036854775807', '-9223372036854775808', NULL]),
    ('float8', ARRAY['0', '-0', '-1', 'NaN', 'Infinity', '-Infinity', '1e308', '-1e308', '4e-324', '1e-300', NULL]),
    ('numeric', ARRAY['0', '-1', 'NaN', NULL]),
    ('text', ARRAY['', 'no such', repeat('客户', 3000), E'\n', NULL]),
    ('name', ARRAY['', 'ctid', 'pg_catalog', NULL]),
    ('date', ARRAY['infinity', '-infinity', '4714-11-24 BC', '5874897-12-31', '2000-01-01', '2024-06-30', NULL]),
    ('timestamp', ARRAY['infinity', '-infinity', '4714-11-24 BC', '294276-12-31 23:59:59']),
    ('timestamptz', ARRAY['infinity', '-infinity', '4714-11-24 00:00+00 BC', '294276-12-31 23:59:59+00']),
    ('interval', ARRAY['0', '-1 month', '178000000 years']),
    ('regclass', ARRAY['0', '1', 'pg_catalog.pg_class']),
    ('float8[]', ARRAY['{}', '{NaN}', '{NULL}', '{0,0,0,0}', '{{1,2},{3,4}}', '[5:6]={1,2}', '{1e308,1e-308}', '{1e308,1e-308,1,1}', '{-1,1,1}', NULL]),
    ('bigint[]', ARRAY['{}', '{-1}', '{NULL}', '{9223372036854775807,9223372036854775807}', '{{1,2},{3,4}}', '[-5:-4]={1,2}', NULL]),
    ('text[]', ARRAY['{}', '{NULL}', '{"",""}', '{{a,b}}', NULL]),
    ('date[]', ARRAY['{}', '{infinity}', '{NULL}', '{2024-01-02,2024-01-01,2024-01-01}', '{{2024-01-01,2024-01-02}}', NULL]),
    ('clm.stage', ARRAY['prospect', 'regained', NULL]),
    ('clm.effect[]', ARRAY['{}', '{NULL}', '{"(,,)"}', '{"(a,no such,NaN)"}', '{"(a,churn,1e308)","(a,price,-1e308)"}', NULL]),
    ('clm.history', ARRAY['{4714-11-24 BC:1e308,5874897-12-31:1e308}', '{2024-01-01:-1}', '{2024-01-01:0}', '{2024-01-01:4e-324,2024-06-30:-1e308*}', NULL]),
    ('clm.transitions', ARRAY['{}', '{a>b:9007199254740993}', NULL]),
    ('clm.cohorts', ARRAY[NULL::text])
) AS q(type, v);

CREATE FUNCTION pg_temp.odd_value(attribute_type oid) RETURNS jsonb LANGUAGE sql
    AS $$ SELECT coalesce(to_jsonb(v), 'null') FROM pg_temp.odd WHERE type = attribute_type ORDER BY random() LIMIT 1 $$;
-- Odd values for some of the columns, as jsonb_populate_record puts them into a row.
CREATE FUNCTION pg_temp.odd_columns(relation oid, part float8) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN coalesce((SELECT jsonb_object_agg(attname, CASE WHEN typtype = 'c' AND random() < .8 THEN pg_temp.odd_columns(typrelid, part) ELSE pg_temp.odd_value(atttypid) END)
        FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
        WHERE attrelid = relation AND attnum > 0 AND NOT attisdropped AND random() < part AND (typtype = 'c' OR atttypid IN (SELECT type FROM pg_temp.odd))), '{}');
END
$$;
CREATE TABLE shop.edge AS
    SELECT odd_one.* FROM shop.sane s, LATERAL jsonb_populate_record(s, pg_temp.odd_columns('shop.sane'::regclass, .3)) AS odd_one;
ANALYZE;

-- sqlsmith looks functions up in pg_proc, found by the search path, and tables in information_schema.tables. Functions of sets become
-- plain ones, which they may be called as; of PostgreSQL's own there are a few to make arguments of.
CREATE VIEW information_schema.pg_proc AS
    SELECT oid, pronamespace, prorettype, proname, proargtypes, prokind, false AS proretset FROM pg_catalog.pg_proc
    WHERE pronamespace IN ('clm'::regnamespace, 'part'::regnamespace) AND proname !~ '(_recv|_in|_support)$' AND NOT 'internal'::regtype = ANY (proargtypes)
       OR pronamespace = 'pg_catalog'::regnamespace
          AND oid IN ('float8(int)'::regprocedure, 'float8(numeric)'::regprocedure, 'float8pl'::regproc, 'float8mul'::regproc, 'date_pli'::regproc,
                      'date_mii'::regproc, 'int8(int)'::regprocedure, 'int4(boolean)'::regprocedure, 'random'::regproc, 'lower(text)'::regprocedure);
DO $$
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW information_schema.tables AS SELECT * FROM (' || rtrim(pg_get_viewdef('information_schema.tables'), ';') || ') t '
        'WHERE table_schema::text || ''.'' || table_name::text IN (''shop.sane'', ''shop.edge'', ''shop.orders'', ''shop.histories'', ''mart.customers'')';
    EXECUTE format('ALTER DATABASE %I SET search_path = information_schema, pg_catalog, clm', current_database());
END
$$;

-- It looks operators up in pg_catalog.pg_operator by that name: without those of types that the extension has nothing to do with
-- (geometry, networks, ranges, bits, text search).
SET allow_system_table_mods = on;
DELETE FROM pg_catalog.pg_operator USING pg_type t
WHERE t.oid IN (oprleft, oprright) AND (typcategory IN ('G', 'I', 'R', 'V')
    OR typname IN ('anyrange', 'anymultirange', 'tsvector', 'tsquery', 'money', 'macaddr', 'macaddr8', 'pg_lsn', 'uuid', 'tid', 'xid', 'xid8', 'cid'));
