-- The distributed fit: the same optimum as the collecting one for every family and option; likelihoods that add up and agree
-- with the model; passes that see one snapshot, run in parallel and write nothing.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
\getenv shared CLM_SHARED
SELECT plan(50);
SET LOCAL client_min_messages = warning;
CREATE SCHEMA clm_test_distributed;
SET LOCAL search_path = clm_test_distributed, public;
\set d '''2024-12-31''::date'

-- How far two models are apart: the largest relative difference of a number, infinite where something else differs
CREATE FUNCTION apart(a clm.customer_model, b clm.customer_model) RETURNS float8 LANGUAGE sql AS $$
    SELECT CASE WHEN (a.family, a.period, a.customers, a.as_of, a.prior, a.since, a.spend_customers)
                     IS NOT DISTINCT FROM (b.family, b.period, b.customers, b.as_of, b.prior, b.since, b.spend_customers)
                     AND (a.spend IS NULL) = (b.spend IS NULL) AND a.evaluations > 0
                THEN max(abs(x / y - 1)) ELSE 'infinity' END
    FROM unnest(a.params || a.se || a.spend || a.spend_se || a.log_likelihood || a.spend_log_likelihood,
                b.params || b.se || b.spend || b.spend_se || b.log_likelihood || b.spend_log_likelihood) u(x, y)
$$;
CREATE FUNCTION both_ways(rows text, as_of date, options clm.fit_options, OUT gathered clm.customer_model, OUT asked clm.customer_model)
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SELECT (clm.customer_model(h, $1, $2)).* FROM (%s) c', rows) INTO gathered USING as_of, options;
    CALL clm.fit_customer_model(rows, as_of, options, asked);
END
$$;

-- Every family, plain, with a prior, with a start of observation; two of them with more customers than a fit climbs on, too
CREATE TABLE customer (family text, size text, h clm.history);
INSERT INTO customer
    SELECT f.family, s.size, h FROM (VALUES ('mbg/nbd', NULL::float8[]), ('bg/nbd', NULL), ('pareto/nbd', NULL), ('bg/cnbd-k', '{2,.6,2.5,.8,2.4}'), ('mbg/cnbd-k', '{3,1,4,.9,1.6}'), ('bg/bb', NULL)) f(family, params),
        (VALUES ('few', 800, 1), ('many', 15000, 2)) s(size, n, seed),
        LATERAL (SELECT clm.history(day, amount) AS h FROM clm.simulate(s.n, '2023-01-01', '2024-12-31', s.seed, f.family, f.params, CASE f.family WHEN 'bg/bb' THEN 30 ELSE 7 END) GROUP BY customer_id) c
    WHERE s.size = 'few' OR f.family IN ('mbg/nbd', 'pareto/nbd');
CREATE TABLE compared AS
    SELECT family, size, variant, (b).* FROM (SELECT family, size, count(*) FROM customer GROUP BY 1, 2) c,
        LATERAL (VALUES ('plain', NULL::float8, NULL::date), ('prior', 1.5, NULL), ('since', NULL, date '2023-07-01')) v(variant, prior, since),
        LATERAL both_ways(format('SELECT h FROM customer WHERE family = %L AND size = %L', family, size), :d,
            clm.fit_options(family, CASE family WHEN 'bg/bb' THEN 30 ELSE 7 END, prior => v.prior, since => v.since)) b;
SELECT cmp_ok(apart(asked, gathered), '<', 1e-6::float8, format('%s, %s customers, %s: the same model', family, size, variant)) FROM compared ORDER BY family, size, variant;
SELECT is((SELECT count(*) FROM compared), 24::bigint, 'all of them');
SELECT cmp_ok(max((asked).evaluations), '<=', 25, 'few evaluations of all customers') FROM compared WHERE family NOT LIKE '%cnbd%';

-- The likelihood at the optimum is the model's, and there the gradient vanishes against the standard errors
SELECT ok(bool_and(abs((l).log_likelihood / (gathered).log_likelihood - 1) < 1e-12 AND (l).customers = (gathered).customers), 'the likelihood at the parameters is that of the model')
FROM (SELECT gathered, (SELECT clm.likelihood(h, :d, clm.fit_options(c.family, (gathered).period, since => (gathered).since), (gathered).params, false) FROM customer u WHERE u.family = c.family AND u.size = c.size) AS l
      FROM compared c) v;
SELECT ok(bool_and(abs(g * se) < 1e-3), 'the gradient at the optimum is none')
FROM (SELECT gathered, (SELECT clm.likelihood(h, :d, clm.fit_options(c.family, (gathered).period, since => (gathered).since), (gathered).params, false) FROM customer u WHERE u.family = c.family AND u.size = c.size) AS l
      FROM compared c WHERE variant <> 'prior') v, unnest((l).gradient, (gathered).se) u(g, se) WHERE se IS NOT NULL;
SELECT ok(bool_and(abs((l).log_likelihood / (gathered).spend_log_likelihood - 1) < 1e-12 AND (l).customers = (gathered).spend_customers), 'the likelihood of spend is that of the model')
FROM (SELECT gathered, (SELECT clm.likelihood(h, :d, clm.fit_options(c.family, (gathered).period, since => (gathered).since), (gathered).spend, true) FROM customer u WHERE u.family = c.family AND u.size = c.size) AS l
      FROM compared c WHERE (gathered).spend IS NOT NULL) v;

-- Gradients are what central differences of the log-likelihood say, away from the optimum
CREATE TABLE point (family text, params float8[]);
INSERT INTO point VALUES ('mbg/nbd', '{.7,9,1.1,2}'), ('bg/nbd', '{.4,6,.6,2}'), ('pareto/nbd', '{.8,12,.4,9}'), ('bg/bb', '{1.4,.9,.5,2}'), ('bg/cnbd-k', '{2,.8,3,.6,2}'), ('mbg/cnbd-k', '{3,.8,3,.6,2}'), ('gamma-gamma', '{5,3,12}');
CREATE FUNCTION at(family text, params float8[]) RETURNS clm.likelihood LANGUAGE sql AS $$
    SELECT clm.likelihood(h, date '2024-12-31', $1, $2, 7) FROM clm_test_distributed.customer c WHERE c.family = 'mbg/nbd' AND size = 'few'
$$;
SELECT ok(bool_and(CASE WHEN family LIKE '%cnbd-k' AND i = 1 THEN g = 0
                        ELSE abs(((at(family, up)).log_likelihood - (at(family, down)).log_likelihood) / (2 * step) - g) < 1e-5 * (1 + abs(g)) END), family || ': gradient')
FROM point p, LATERAL unnest((at(family, params)).gradient) WITH ORDINALITY u(g, i), LATERAL (SELECT params[i] * 1e-5) s(step),
    LATERAL (SELECT array_agg(CASE WHEN j = i AND NOT (family LIKE '%cnbd-k' AND i = 1) THEN v + step ELSE v END ORDER BY j),
                    array_agg(CASE WHEN j = i AND NOT (family LIKE '%cnbd-k' AND i = 1) THEN v - step ELSE v END ORDER BY j) FROM unnest(params) WITH ORDINALITY w(v, j)) m(up, down)
GROUP BY family ORDER BY family;

-- Parts add up to the whole
SELECT ok(bool_and(abs((w).log_likelihood - parts) <= 1e-12 * abs(parts) AND (w).customers = customers AND abs((w).gradient[1] - slope) <= 1e-10 * (1 + abs(slope))), 'the likelihoods of parts add up')
FROM point p, LATERAL (SELECT clm.likelihood(h, :d, p.family, params, 7) AS w FROM customer) all_of_them,
    LATERAL (SELECT sum((l).log_likelihood) AS parts, sum((l).customers) AS customers, sum((l).gradient[1]) AS slope
             FROM (SELECT clm.likelihood(h, :d, p.family, params, 7) AS l FROM customer GROUP BY customer.family, size) g) s
WHERE p.family NOT IN ('bg/bb');

-- Several queries, and customers of whom one query has none
CREATE FUNCTION asked(queries text[], options clm.fit_options) RETURNS clm.customer_model LANGUAGE plpgsql AS $$
DECLARE
    model clm.customer_model;
BEGIN
    CALL clm.fit_customer_model(queries, date '2024-12-31', options, model);
    RETURN model;
END
$$;
SELECT cmp_ok(apart(asked(ARRAY[$$SELECT h FROM customer WHERE family = 'pareto/nbd' AND size = 'many' AND clm.occasions(h) = 1$$,
        $$SELECT h FROM customer WHERE family = 'pareto/nbd' AND size = 'many' AND clm.occasions(h) > 1$$, $$SELECT h FROM customer WHERE false$$],
        clm.fit_options('pareto/nbd', prior => 1.5)), gathered), '<', 1e-6::float8, 'three queries, one of them empty')
FROM compared WHERE family = 'pareto/nbd' AND size = 'many' AND variant = 'prior';

-- Histories that come from an aggregate over orders
CREATE TABLE orders AS SELECT * FROM clm.simulate(900, '2024-01-01', '2024-12-31', 8);
SELECT cmp_ok(apart((b).asked, (b).gathered), '<', 1e-6::float8, 'histories that the query builds')
FROM both_ways('SELECT clm.history(day, amount) AS h FROM clm_test_distributed.orders GROUP BY customer_id', :d, clm.fit_options('bg/nbd')) b;

-- A base that has no optimum ends as in the collecting fit, after few passes
CREATE FUNCTION error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TABLE hopeless AS SELECT clm.history(ARRAY[date '2024-01-01', date '2024-01-08' + i % 3], ARRAY[5, 6]) AS h FROM generate_series(1, 100) i;
SELECT is(error_of($$SELECT asked(ARRAY['TABLE hopeless'], clm.fit_options('bg/nbd'))$$), error_of($$SELECT clm.customer_model(h, '2024-12-31', 'bg/nbd') FROM hopeless$$), 'no optimum: the same error');
SELECT isnt(error_of($$SELECT clm.customer_model(h, '2024-12-31', 'bg/nbd') FROM hopeless$$), NULL, 'which it is');

-- In parallel: each pass is a partial aggregate
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
ANALYZE customer;
CREATE FUNCTION plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lines text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS off, VERBOSE) ' || query LOOP
        lines := lines || line || E'\n';
    END LOOP;
    RETURN lines;
END
$$;
SELECT matches(plan_of($$SELECT clm.likelihood(q.c2, '2024-12-31'::pg_catalog.date, '(bg/nbd,7,,,)'::clm.fit_options, '{1,1,1,1}'::pg_catalog.float8[], false)
    FROM (SELECT family, h FROM customer WHERE size = 'few') AS q(c1, c2)$$), 'Finalize Aggregate.*Gather.*Partial Aggregate.*Parallel Seq Scan', 'the query of a pass is flattened and runs in parallel');
SELECT is(asked(ARRAY[$$SELECT h FROM customer WHERE family = 'bg/nbd' AND size = 'few'$$], clm.fit_options('bg/nbd'))::text, asked::text, 'in parallel: the same model, byte for byte')
FROM compared WHERE family = 'bg/nbd' AND size = 'few' AND variant = 'plain';
SET LOCAL max_parallel_workers_per_gather = 0;

-- All passes see the same customers, and a transaction that may not write may fit
CREATE TABLE growing AS SELECT h FROM customer WHERE family = 'bg/nbd' AND size = 'few';
CREATE FUNCTION grow() RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    INSERT INTO clm_test_distributed.growing SELECT clm.history(date '2024-02-02', 5);
    RETURN true;
END
$$;
SELECT is((asked(ARRAY['SELECT h FROM growing WHERE (SELECT grow()) '], clm.fit_options('bg/nbd'))).customers, 800::bigint, 'one snapshot for all passes');
SELECT cmp_ok(count(*), '>', 802::bigint, 'though rows were added in every pass') FROM growing;
SAVEPOINT writable;
SET TRANSACTION READ ONLY;
SELECT is((asked(ARRAY['SELECT h FROM customer WHERE family = ''bg/nbd'' AND size = ''few'''], clm.fit_options('bg/nbd'))).customers, 800::bigint, 'in a read-only transaction');
ROLLBACK TO writable;

-- Real purchases: 2,357 customers of CDNOW. The data are not part of the project
\if :{?shared}
\cd :shared
CREATE TEMP TABLE log (orig_id text, id text, day date, cds integer, amount float8);
\copy log FROM 'data/cdnow_sample_log.csv' (FORMAT csv, HEADER)
SELECT collect_tap(array_agg(cmp_ok(apart((b).asked, (b).gathered), '<', 1e-6::float8, family || ' on CDNOW: the same model')))
FROM unnest('{mbg/nbd,bg/nbd,pareto/nbd,bg/cnbd-k}'::text[]) family, LATERAL both_ways('SELECT clm.history(day, amount) AS h FROM log GROUP BY id', '1997-09-30', clm.fit_options(family)) b;
\else
SELECT skip('CLM_SHARED names no folder with the data', 4);
\endif

SELECT * FROM finish();
ROLLBACK;
