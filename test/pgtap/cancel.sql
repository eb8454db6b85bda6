-- A cancel ends a fit and a simulation long before they would end by themselves, and the session lives on. Any other interrupt
-- of the server's is served as soon: one that is an error gives the server's own message, and a harmless one ends nothing.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(35);

-- 300,000 customers whose times differ a little, so that no two merge and a fit takes its time. They are gathered
-- beforehand: what is cancelled is the fit
CREATE AGGREGATE pg_temp.gather(clm.rfm) (SFUNC = clm.customer_model_transition, STYPE = clm.customer_model_state);
CREATE TEMP TABLE gathered AS
    SELECT pg_temp.gather(clm.rfm((s).x, (s).t_x * (1 + id * 1e-9), (s).t * (1 + id * 1e-9), (s).monetary, (s).n_monetary)) AS state
    FROM (SELECT customer_id AS id, clm.rfm(clm.history(day, amount), '2024-12-31') AS s
          FROM clm.simulate(300000, '2024-01-01', '2024-12-31', 61) GROUP BY customer_id OFFSET 0) v;

\ir include/run.sql

-- A fit: without a timeout, then cancelled early, in the middle and late
\set fit '$$SELECT clm.customer_model_final(state) FROM gathered$$'
CREATE TEMP TABLE uncancelled AS SELECT * FROM pg_temp.run(:fit);
SELECT is(state, '00000', 'the fit ends by itself') FROM uncancelled;
SELECT greatest(1, (seconds * 50)::int) AS early, greatest(2, (seconds * 300)::int) AS middle, greatest(3, (seconds * 600)::int) AS late FROM uncancelled \gset
SET LOCAL statement_timeout = :early;
CREATE TEMP TABLE early AS SELECT * FROM pg_temp.run(:fit);
SET LOCAL statement_timeout = :middle;
CREATE TEMP TABLE middle AS SELECT * FROM pg_temp.run(:fit);
SET LOCAL statement_timeout = :late;
CREATE TEMP TABLE late AS SELECT * FROM pg_temp.run(:fit);
SET LOCAL statement_timeout = 0;
SELECT is(state, '57014', 'a fit is cancelled early') FROM early;
SELECT is(state, '57014', 'a fit is cancelled in the middle') FROM middle;
SELECT is(state, '57014', 'a fit is cancelled late') FROM late;
SELECT is(message, 'canceling statement due to statement timeout', 'in the words of the server') FROM middle;
SELECT cmp_ok(e.seconds, '<', u.seconds * .5, 'an early cancel ends the fit early') FROM early e, uncancelled u;
SELECT cmp_ok(m.seconds, '<', u.seconds * .8, 'a cancel in the middle ends the fit then') FROM middle m, uncancelled u;
SELECT ok((m).customers = 300000 AND (m).spend IS NOT NULL, 'a fit after cancelled ones')
FROM (SELECT clm.customer_model_final(state) AS m FROM gathered OFFSET 0) v;

-- A response model of 300,000 customers and 20 signals: the merging of its rows and its fit
CREATE AGGREGATE pg_temp.gather(boolean, float8[]) (SFUNC = clm.response_model_transition, STYPE = clm.response_model_state);
CREATE TEMP TABLE signals AS
    SELECT pg_temp.gather(i % 3 = 0, ARRAY[sin(i), cos(i), i % 7, i % 11, i, i % 13, i % 17, sqrt(i), ln(i), sin(i / 3.0), i % 19, i % 23, i % 29, i % 31, i % 37, i % 41, i % 43, i % 47, i % 53, i % 59]) AS state
    FROM generate_series(1, 300000) i;
\set response '$$SELECT clm.response_model_final(state) FROM signals$$'
CREATE TEMP TABLE response AS SELECT * FROM pg_temp.run(:response);
SELECT is(state, '00000', 'a response model ends by itself') FROM response;
SELECT greatest(1, (seconds * 100)::int) AS early, greatest(2, (seconds * 500)::int) AS middle FROM response \gset
SET LOCAL statement_timeout = :early;
CREATE TEMP TABLE response_early AS SELECT * FROM pg_temp.run(:response);
SET LOCAL statement_timeout = :middle;
CREATE TEMP TABLE response_middle AS SELECT * FROM pg_temp.run(:response);
SET LOCAL statement_timeout = 0;
SELECT is(state, '57014', 'a response model is cancelled early') FROM response_early;
SELECT is(state, '57014', 'a response model is cancelled in the middle') FROM response_middle;
SELECT cmp_ok(e.seconds, '<', r.seconds * .5, 'an early cancel ends it early') FROM response_early e, response r;
SELECT is((clm.response_model_final(state)).customers, 300000::bigint, 'a response model after cancelled ones') FROM signals;

-- Every other fit: cancelled after a quarter of its time it ends soon, with 100,000 customers whose times all differ
CREATE AGGREGATE pg_temp.gather(clm.rfm, text) (SFUNC = clm.customer_model_transition, STYPE = clm.customer_model_state);
CREATE AGGREGATE pg_temp.gather(clm.history, date, text) (SFUNC = clm.customer_model_transition, STYPE = clm.customer_model_state);
CREATE AGGREGATE pg_temp.gather(clm.history, date, clm.fit_options, float8[]) (SFUNC = clm.covariate_model_transition, STYPE = clm.covariate_model_state);
CREATE AGGREGATE pg_temp.gather(bigint, boolean, text) (SFUNC = clm.retention_model_transition, STYPE = clm.retention_model_state);
CREATE TEMP TABLE buyer AS
    SELECT customer_id AS id, clm.history(day, amount) AS h FROM clm.simulate(100000, '2024-01-01', '2024-12-31', 62) GROUP BY customer_id;
CREATE TEMP TABLE others AS
    SELECT (SELECT pg_temp.gather(clm.rfm((s).x, (s).t_x * (1 + id * 1e-9), (s).t * (1 + id * 1e-9)), 'pareto/nbd')
            FROM (SELECT id, clm.rfm(h, '2024-12-31') AS s FROM buyer OFFSET 0) v) AS pareto,
           (SELECT pg_temp.gather(h, '2024-12-31', 'auto') FROM buyer) AS auto,
           (SELECT pg_temp.gather(h, '2024-12-31', clm.fit_options('mbg/nbd'), ARRAY[id * .001]) FROM buyer WHERE id <= 30000) AS covariates,
           (SELECT pg_temp.gather(i, i % 3 = 0, 'bdw') FROM generate_series(1, 300000) i) AS contract;
CREATE FUNCTION pg_temp.cancelled(statement text, timeout integer, OUT state text, OUT late float8) LANGUAGE plpgsql AS $$
DECLARE
    ran record;
BEGIN
    SELECT * INTO ran FROM pg_temp.run(statement);
    state := ran.state;
    late := ran.seconds - timeout / 1000.0;
END
$$;
CREATE TEMP TABLE other_fit AS
    SELECT name, fit, greatest(5, ((pg_temp.run(fit)).seconds * 250)::int) AS timeout FROM (VALUES
        ('pareto/nbd', 'SELECT clm.customer_model_final(pareto) FROM others'), ('auto', 'SELECT clm.customer_model_final(auto) FROM others'),
        ('covariates', 'SELECT clm.covariate_model_final(covariates) FROM others')) v(name, fit)
    UNION ALL SELECT 'contract', 'SELECT clm.retention_model_final(contract) FROM others', 300;
SELECT fit AS pareto_fit, timeout AS pareto_timeout FROM other_fit WHERE name = 'pareto/nbd' \gset
SELECT fit AS auto_fit, timeout AS auto_timeout FROM other_fit WHERE name = 'auto' \gset
SELECT fit AS covariates_fit, timeout AS covariates_timeout FROM other_fit WHERE name = 'covariates' \gset
SELECT fit AS contract_fit, timeout AS contract_timeout FROM other_fit WHERE name = 'contract' \gset
CREATE TEMP TABLE other_end (name text, state text, late float8);
SET LOCAL statement_timeout = :pareto_timeout;
INSERT INTO other_end SELECT 'pareto/nbd', * FROM pg_temp.cancelled(:'pareto_fit', :pareto_timeout);
SET LOCAL statement_timeout = :auto_timeout;
INSERT INTO other_end SELECT 'auto', * FROM pg_temp.cancelled(:'auto_fit', :auto_timeout);
SET LOCAL statement_timeout = :covariates_timeout;
INSERT INTO other_end SELECT 'covariates', * FROM pg_temp.cancelled(:'covariates_fit', :covariates_timeout);
SET LOCAL statement_timeout = :contract_timeout;
INSERT INTO other_end SELECT 'contract', * FROM pg_temp.cancelled(:'contract_fit', :contract_timeout);
SET LOCAL statement_timeout = 0;
SELECT is(state, '57014', name || ': cancelled') FROM other_end ORDER BY name;
-- Generous, since the machine may be busy; an uncancelled fit would end three timeouts late
SELECT cmp_ok(e.late, '<', greatest(.5, f.timeout / 1000.0)::float8, name || ': soon') FROM other_end e JOIN other_fit f USING (name) ORDER BY name;

-- A simulation of many customers, and one of a customer with many purchases
SET LOCAL statement_timeout = 200;
CREATE TEMP TABLE many AS SELECT * FROM pg_temp.run('SELECT count(*) FROM clm.simulate(1000000000000, ''2024-01-01'', ''2024-12-31'')');
SET LOCAL statement_timeout = 0;
SELECT is(state, '57014', 'a simulation of many customers is cancelled') FROM many;
SELECT cmp_ok(seconds, '<', 10::float8, 'at once') FROM many;
\set one '$$SELECT count(*) FROM clm.simulate(1, ''2024-01-01'', ''2024-12-31'', 1, ''mbg/nbd'', ''{1e5,1,1e-9,1}'')$$'
CREATE TEMP TABLE one AS SELECT * FROM pg_temp.run(:one);
SELECT is(state, '00000', 'a simulation of millions of purchases ends by itself') FROM one;
SELECT greatest(1, (seconds * 50)::int) AS early FROM one \gset
SET LOCAL statement_timeout = :early;
CREATE TEMP TABLE one_early AS SELECT * FROM pg_temp.run(:one);
SET LOCAL statement_timeout = 0;
SELECT is(state, '57014', 'a simulation of millions of purchases is cancelled') FROM one_early;
SELECT cmp_ok(e.seconds, '<', u.seconds * .6, 'long before its end') FROM one_early e, one u;
SELECT is(count(*), 2::bigint, 'a simulation after cancelled ones') FROM clm.simulate(2, '2024-01-01', '2024-01-01', 1);
SELECT ok(true, 'the session lives on');

-- Other sessions, in a fit that takes ten seconds if nothing ends it: when it began
CREATE FUNCTION pg_temp.fit_of(application text) RETURNS timestamptz LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_stat_clear_snapshot();
    RETURN (SELECT query_start FROM pg_stat_activity WHERE application_name = application AND state = 'active' AND query LIKE '%clm.retention_model%');
END
$$;
-- Does it come true within half a minute?
CREATE FUNCTION pg_temp.comes_true(condition text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    holds boolean;
BEGIN
    FOR i IN 1..600 LOOP
        EXECUTE 'SELECT ' || condition INTO holds;
        EXIT WHEN holds;
        PERFORM pg_sleep(0.05);
    END LOOP;
    RETURN holds;
END
$$;
\set long_fit `echo "SELECT clm.retention_model(i, i % 3 = 0, 'bdw') FROM generate_series(1, 300000) i"`
\setenv LONG_FIT :long_fit
\set output `mktemp`
\setenv OUTPUT :output
\set client `PGAPPNAME=clm_interrupted psql -X -q -v VERBOSITY=verbose -c "$LONG_FIT" -c "$LONG_FIT" >"$OUTPUT" 2>&1 & echo $!`
\setenv CLIENT :client
SELECT ok(pg_temp.comes_true($$pg_temp.fit_of('clm_interrupted') IS NOT NULL$$), 'another session fits');
SELECT pid, query_start AS begin FROM pg_sleep(1), pg_stat_activity WHERE application_name = 'clm_interrupted' \gset
SELECT pg_log_backend_memory_contexts(:pid) AS logged, pg_reload_conf() AS reloaded \gset
SELECT ok(pg_temp.comes_true(format($$position(convert_to(E'logging memory contexts of PID %s\n', 'UTF8') IN pg_read_binary_file('server.log')) > 0$$, :pid)), 'an interrupt is served');
SELECT is(pg_temp.fit_of('clm_interrupted'), :'begin', 'and the fit goes on');
SELECT pg_cancel_backend(:pid) AS cancelled \gset
SELECT ok(pg_temp.comes_true(format($$pg_temp.fit_of('clm_interrupted') > %L$$, :'begin')), 'after a cancel it begins another one');
SELECT pg_terminate_backend(:pid) AS terminated FROM pg_sleep(1) \gset
\! while kill -0 "$CLIENT"; do sleep 0.1; done 2>/dev/null
\set said `grep -E '^(ERROR|FATAL):' "$OUTPUT" && rm "$OUTPUT"`
SELECT is(:'said'::text, E'ERROR:  57014: canceling statement due to user request\nFATAL:  57P01: terminating connection due to administrator command', 'both ended in the words of the server');

-- Nobody signals a session whose client is lost: it looks itself now and then
\set client `PGAPPNAME=clm_lost PGOPTIONS='-c client_connection_check_interval=100ms' psql -X -q -c "$LONG_FIT" >/dev/null 2>&1 & echo $!`
\setenv CLIENT :client
SELECT ok(pg_temp.comes_true($$pg_temp.fit_of('clm_lost') IS NOT NULL$$), 'another session fits');
SELECT clock_timestamp() AS lost_at FROM pg_sleep(1) \gset
\! kill -KILL "$CLIENT"
SELECT ok(pg_temp.comes_true($$pg_temp.fit_of('clm_lost') IS NULL$$) AND clock_timestamp() < :'lost_at'::timestamptz + interval '4 seconds', 'a fit ends soon when its client is lost');

SELECT * FROM finish();
ROLLBACK;
