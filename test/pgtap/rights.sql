-- Whose rights count: marts and tracking read what their owners may read and nothing more, run nothing of others with the rights of
-- whoever calls, and look up no name where others could have put something else.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(59);
SET LOCAL client_min_messages = error;
CREATE ROLE clm_test_shop;     -- owns the orders
CREATE ROLE clm_test_analyst;  -- makes marts and histories of them
CREATE ROLE clm_test_reader;   -- looks at marts
CREATE ROLE clm_test_loader;   -- writes orders and reads none
CREATE ROLE clm_test_mallory;
SELECT format('GRANT CREATE ON DATABASE %I TO clm_test_shop, clm_test_analyst, clm_test_mallory', current_database()) \gexec

-- What a statement gives a role: 'ok' or the SQLSTATE; what it does stays
CREATE FUNCTION pg_temp.as_role(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE pg_catalog.format('SET LOCAL ROLE %I', role);
    EXECUTE statement;
    RESET ROLE;
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RESET ROLE;
    RETURN SQLSTATE;
END
$$;

SET LOCAL ROLE clm_test_shop;
CREATE SCHEMA shop;
GRANT USAGE ON SCHEMA shop TO PUBLIC;
CREATE TABLE shop.sale (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer int, day date, amount numeric, card text, region int);
INSERT INTO shop.sale (customer, day, amount, card, region) SELECT customer_id, day, amount, 'secret', customer_id % 2 FROM clm.simulate(300, '2023-01-01', '2024-12-31', 11);
CREATE INDEX ON shop.sale (customer);
GRANT INSERT ON shop.sale TO clm_test_loader;
RESET ROLE;

-- Column privileges: those of the columns that are named suffice, and each is needed
SELECT is(pg_temp.as_role('clm_test_analyst', $$CALL clm.create_mart('mart', 'shop.sale', 'customer', 'day', 'amount')$$), '42501', 'a mart needs the right to read');
GRANT SELECT (customer, day, id) ON shop.sale TO clm_test_analyst;
SELECT is(pg_temp.as_role('clm_test_analyst', $$CALL clm.create_mart('mart', 'shop.sale', 'customer', 'day', 'amount', watermark => 'id')$$), '42501', 'every column that it names');
SELECT is(pg_temp.as_role('clm_test_analyst', $$CALL clm.create_mart('mart', 'shop.sale', 'customer', 'day', 'region')$$), '42501', 'and not another');
SELECT is((SELECT count(*) FROM pg_namespace WHERE nspname ~ '^mart'), 0::bigint, 'what failed leaves nothing');
GRANT SELECT (amount) ON shop.sale TO clm_test_analyst;
SELECT is(pg_temp.as_role('clm_test_analyst', $$CALL clm.create_mart('mart', 'shop.sale', 'customer', 'day', 'amount', watermark => 'id')$$), 'ok', 'the columns suffice');
INSERT INTO shop.sale (customer, day, amount) VALUES (9001, '2025-01-02', 5);
SELECT is(pg_temp.as_role('clm_test_analyst', $$CALL clm.refresh_mart('mart')$$), 'ok', 'also for a refresh');
SELECT is((SELECT count(*) FROM mart.customers), (SELECT count(DISTINCT customer) FROM shop.sale), 'which sees all rows');
CREATE TABLE shop.histories (customer int PRIMARY KEY, h clm.history);
ALTER TABLE shop.histories OWNER TO clm_test_analyst;
GRANT CREATE ON SCHEMA shop TO clm_test_analyst;
SELECT is(pg_temp.as_role('clm_test_analyst', $$SELECT clm.track('shop.sale', 'customer', 'day', 'amount', 'shop.histories')$$), '42501', 'tracking needs the right to have a trigger');
GRANT TRIGGER ON shop.sale TO clm_test_analyst;
SELECT is(pg_temp.as_role('clm_test_analyst', $$SELECT clm.track('shop.sale', 'customer', 'day', 'region', 'shop.histories')$$), '42501', 'and those to the columns');
SELECT is(pg_temp.as_role('clm_test_analyst', $$SELECT clm.track('shop.sale', 'customer', 'day', 'amount', 'shop.histories')$$), 'ok', 'which suffice');
SELECT is(pg_temp.as_role('clm_test_loader', $$INSERT INTO shop.sale (customer, day, amount) VALUES (9002, '2025-01-03', 7), (9001, '2025-01-02', 8)$$), 'ok', 'who may insert only can');
SELECT is((SELECT count(*) FROM ((SELECT customer, h FROM shop.histories EXCEPT SELECT customer, clm.history(day, amount) FROM shop.sale GROUP BY 1) UNION ALL
    (SELECT customer, clm.history(day, amount) FROM shop.sale GROUP BY 1 EXCEPT SELECT customer, h FROM shop.histories)) d), 0::bigint, 'and the histories follow');
SELECT is(pg_temp.as_role('clm_test_loader', 'SELECT FROM shop.histories'), '42501', 'of which he sees nothing');

-- Row-level security: a mart shows what its owner may see, whoever looks; each refresh anew
ALTER TABLE shop.sale ENABLE ROW LEVEL SECURITY;
CREATE POLICY even ON shop.sale TO clm_test_analyst USING (region = 0);
SELECT is(pg_temp.as_role('clm_test_loader', $$INSERT INTO shop.sale (customer, day, amount, region) VALUES (9003, '2025-01-03', 7, 1)$$), '42501', 'a loader is held to the policies');
CREATE POLICY load ON shop.sale FOR INSERT TO clm_test_loader WITH CHECK (true);
SELECT isnt(pg_temp.as_role('clm_test_loader', $$INSERT INTO shop.sale (customer, day, amount, region) VALUES (9003, '2025-01-03', 7, 1), (9001, '2025-01-02', 1, 1)$$), 'ok',
    'a tracked table with policies for the keeper is an error, not wrong histories');
SELECT is(pg_temp.as_role('clm_test_analyst', $$SELECT clm.untrack('shop.sale')$$), 'ok', 'until it is not tracked any more');
SELECT is(pg_temp.as_role('clm_test_analyst', $$CALL clm.refresh_mart('mart', whole => true)$$), 'ok', 'a refresh under policies');
SELECT is((SELECT count(*) FROM mart.customers), (SELECT count(DISTINCT customer) FROM shop.sale WHERE region = 0), 'sees the rows of its owner only');
SELECT is(pg_temp.as_role('clm_test_reader', 'SELECT FROM mart.customers'), '42501', 'nobody else may look');
GRANT USAGE ON SCHEMA mart TO clm_test_reader;
GRANT SELECT ON mart.customers TO clm_test_reader;
SELECT is(pg_temp.as_role('clm_test_reader', 'SELECT FROM mart.customers'), 'ok', 'but by a grant of a view');
SELECT is(pg_temp.as_role('clm_test_reader', 'SELECT FROM mart.overview'), '42501', 'of that view');
SELECT is(pg_temp.as_role('clm_test_reader', 'SELECT FROM mart_store.customer'), '42501', 'and not of what is stored');
SELECT is(pg_temp.as_role('clm_test_reader', 'SELECT customer FROM shop.sale'), '42501', 'nor of the orders');
SELECT is(pg_temp.as_role('clm_test_analyst', $$CALL clm.refresh_mart('mart')$$), 'ok', 'a refresh');
SELECT is(pg_temp.as_role('clm_test_reader', 'SELECT FROM mart.customers'), 'ok', 'keeps the grants');
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relnamespace IN ('mart'::regnamespace, 'mart_store'::regnamespace) AND c.relowner <> 'clm_test_analyst'::regrole$$, 'all is the owner''s');

-- Nobody refreshes or drops another's mart, as what its owner has put there would run with the rights of the caller
SELECT is(pg_temp.as_role(role, statement), '42501', format('%s: %s', role, statement))
FROM unnest(ARRAY['clm_test_mallory', 'clm_test_shop', current_user::text]) role, unnest(ARRAY[$$CALL clm.refresh_mart('mart')$$, $$CALL clm.drop_mart('mart')$$]) statement;
SET LOCAL ROLE clm_test_mallory;
CREATE SCHEMA forged;
CREATE SCHEMA forged_store;
CREATE TABLE forged_store.setting OF clm.mart_setting;
CREATE SCHEMA odd;
CREATE SCHEMA odd_store;
CREATE TABLE odd_store.setting (mart name, orders regclass);
RESET ROLE;
SELECT is(pg_temp.as_role(current_user::text, $$CALL clm.refresh_mart('forged')$$), '42501', 'a forged mart is not refreshed');
SELECT is(pg_temp.as_role(current_user::text, $$CALL clm.drop_mart('forged')$$), '42501', 'nor dropped');
SELECT is(pg_temp.as_role('clm_test_mallory', $$CALL clm.refresh_mart('odd')$$), '42704', 'a table of another type is no setting');
ALTER TABLE forged_store.setting OWNER TO clm_test_analyst;
SELECT is(pg_temp.as_role('clm_test_analyst', $$CALL clm.refresh_mart('forged')$$), '42501', 'a table of one''s own in a schema of another is no mart');

-- The parts of track and create_mart are there for everybody, with everybody's own rights
SELECT is(pg_temp.as_role('clm_test_analyst', $$SELECT clm.track('shop.sale', 'customer', 'day', 'amount', 'shop.histories')$$), '42501', 'no tracking under policies');
ALTER TABLE shop.sale DISABLE ROW LEVEL SECURITY;
SELECT is(pg_temp.as_role('clm_test_analyst', $$SELECT clm.track('shop.sale', 'customer', 'day', 'amount', 'shop.histories')$$), 'ok', 'tracked again');
SELECT function AS function FROM clm.tracked \gset
SELECT is(pg_temp.as_role('clm_test_mallory', statement), '42501', 'another may not: ' || statement)
FROM (VALUES (format('SELECT clm.track_drop(%L)', :'function')), ($$SELECT clm.untrack('shop.sale')$$),
             ($$SELECT clm.track_function('shop.sale', 'shop.histories', 'BEGIN RETURN NULL; END', 'x')$$), (format($$SELECT clm.track_triggers('shop.sale', 'shop.histories', %L)$$, 'shop.clm_track_1')),
             ($$SELECT clm.track_fill('shop.sale', 'customer', 'day', 'amount', 'shop.histories', 'shop.clm_track_1')$$), ($$SELECT clm.mart_step('x', 'DELETE FROM shop.sale')$$),
             ($$SELECT clm.mart_swap('mart', 'customer', 'history')$$)) v(statement);
SET LOCAL ROLE clm_test_mallory;
CREATE TABLE forged_store.mine (customer int, day date, amount numeric);
RESET ROLE;
SELECT is(pg_temp.as_role('clm_test_mallory', format('CREATE TRIGGER mine AFTER INSERT ON forged_store.mine EXECUTE FUNCTION %s', :'function')), '42501', 'nor put the trigger function on a table of his own');
SELECT is((SELECT string_agg(concat_ws(' ', p.proname, p.proowner::regrole, p.proconfig), '; ') FROM pg_proc p WHERE p.prosecdef AND (p.pronamespace = 'clm'::regnamespace OR p.proname ~ '^clm_')),
    'clm_track_1 clm_test_analyst {"search_path=pg_catalog, pg_temp",row_security=off}', 'the trigger function is the one SECURITY DEFINER, its keeper''s, and pinned');

-- What others have put before the server's own: in a search_path, and in the temporary schema
CREATE SCHEMA evil;
CREATE TABLE public.clm_test_ran (what text);
GRANT INSERT ON public.clm_test_ran TO PUBLIC;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
CREATE FUNCTION evil.run(what text) RETURNS void LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.clm_test_ran VALUES (what); END $$;
SELECT format($f$CREATE FUNCTION evil.%1$I(%2$s) RETURNS %3$s LANGUAGE plpgsql VOLATILE AS %4$L$f$, name, arguments, result,
              format('BEGIN PERFORM evil.run(%L); RETURN pg_catalog.%I(%s); END', name, name, passed))
FROM (VALUES ('format', 'text, name', 'text', '$1, $2'), ('format', 'text, text', 'text', '$1, $2'), ('format', 'text, name, text', 'text', '$1, $2, $3'), ('format', 'text, name, name', 'text', '$1, $2, $3'),
             ('format', 'text, regclass', 'text', '$1, $2'), ('quote_ident', 'text', 'text', '$1'), ('quote_ident', 'name', 'text', '$1::text'), ('to_regclass', 'text', 'regclass', '$1'),
             ('to_regprocedure', 'text', 'regprocedure', '$1'), ('obj_description', 'oid, name', 'text', '$1, $2'), ('round', 'numeric, integer', 'numeric', '$1, $2'), ('replace', 'text, text, text', 'text', '$1, $2, $3'),
             ('left', 'text, integer', 'text', '$1, $2'), ('has_table_privilege', 'regclass, text', 'boolean', '$1, $2'), ('pg_has_role', 'oid, text', 'boolean', '$1, $2'), ('current_setting', 'text', 'text', '$1'),
             ('current_setting', 'text, boolean', 'text', '$1, $2'), ('pg_trigger_depth', '', 'integer', ''), ('date_trunc', 'text, timestamp', 'timestamp', '$1, $2'), ('to_char', 'timestamptz, text', 'text', '$1, $2'),
             ('lower', 'text', 'text', '$1'), ('concat', 'text', 'text', '$1'), ('isfinite', 'date', 'boolean', '$1'), ('cardinality', 'anyarray', 'integer', '$1')) v(name, arguments, result, passed) \gexec
SELECT format($f$CREATE FUNCTION evil.op_%1$s(%2$s, %2$s) RETURNS boolean LANGUAGE plpgsql AS %4$L; CREATE OPERATOR evil.%3$s (LEFTARG = %2$s, RIGHTARG = %2$s, FUNCTION = evil.op_%1$s)$f$,
              row_number() OVER (), type, op, format('BEGIN PERFORM evil.run(%L); RETURN $1 OPERATOR(pg_catalog.%s) $2; END', op || type, op))
FROM unnest('{=,<>,<,>,<=,>=}'::text[]) op, unnest('{int4,int8,oid,name,text,date,float8,numeric,"\"char\"",bool}'::text[]) type \gexec
CREATE AGGREGATE evil.max(date) (SFUNC = pg_catalog.date_larger, STYPE = date, INITCOND = '3000-01-01');
CREATE AGGREGATE evil.sum(float8) (SFUNC = pg_catalog.float8pl, STYPE = float8, INITCOND = '-1e9');
CREATE DOMAIN evil.date AS pg_catalog.date CHECK (false);
CREATE DOMAIN evil.history AS clm.history CHECK (false);
CREATE TABLE evil.pg_class AS SELECT * FROM pg_class LIMIT 0;
CREATE TABLE evil.pg_attribute (attrelid oid);
CREATE TABLE evil.setting (mart name);
GRANT ALL ON ALL TABLES IN SCHEMA evil TO PUBLIC;
CREATE TEMP TABLE pg_class (oid oid);
CREATE TEMP TABLE pg_proc (oid oid);
CREATE TEMP TABLE pg_trigger (oid oid);
CREATE TEMP TABLE stage_label (system text);
GRANT ALL ON pg_temp.pg_class, pg_temp.pg_proc, pg_temp.pg_trigger, pg_temp.stage_label TO PUBLIC;
CREATE FUNCTION pg_temp.under_evil(role text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    was text := pg_catalog.current_setting('search_path');
    answer text;
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'evil, pg_temp, clm, pg_catalog', true);
    answer := pg_temp.as_role(role, statement);
    PERFORM pg_catalog.set_config('search_path', was, true);
    RETURN answer;
END
$$;
SELECT is(pg_temp.under_evil('clm_test_analyst', statement), 'ok', 'under a hostile search_path: ' || statement)
FROM unnest(ARRAY[$$CALL clm.create_mart('safe', 'shop.sale', 'customer', 'day', 'amount', watermark => 'id')$$, $$CALL clm.refresh_mart('safe', '2025-01-31')$$,
                  $$CALL clm.refresh_mart('safe', '2025-01-31')$$, $$SELECT FROM safe.customers UNION ALL SELECT FROM safe.overview UNION ALL SELECT FROM safe.early_warning UNION ALL SELECT FROM safe.cohorts$$, $$SELECT clm.untrack('shop.sale')$$,
                  $$SELECT clm.track('shop.sale', 'customer', 'day', 'amount', 'shop.histories')$$, $$SELECT clm.label('new', 'life5', 'zh'), clm.matrix('profitability', 1, 0, 1, 1, 'zh')$$,
                  $$SELECT clm.customer_model(h, '2024-12-31'::pg_catalog.date) FROM shop.histories$$]) statement;
SELECT is(pg_temp.under_evil('clm_test_loader', $$INSERT INTO shop.sale (customer, day, amount) VALUES (9005, '2025-01-04', 7), (9001, '2025-01-02', 8)$$), 'ok', 'and a tracked insert');
SELECT is(pg_temp.under_evil('clm_test_analyst', $$CALL clm.drop_mart('safe')$$), 'ok', 'and the end of a mart');
SELECT is((SELECT array_agg(DISTINCT what) FROM public.clm_test_ran), NULL, 'nothing of others was run');
SELECT is((SELECT count(*) FROM ((SELECT customer, h FROM shop.histories EXCEPT SELECT customer, clm.history(day, amount) FROM shop.sale GROUP BY 1) UNION ALL
    (SELECT customer, clm.history(day, amount) FROM shop.sale GROUP BY 1 EXCEPT SELECT customer, h FROM shop.histories)) d), 0::bigint, 'and the histories are right');

SELECT * FROM finish();
ROLLBACK;
