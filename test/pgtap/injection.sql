-- Names and texts that would end a quotation or a literal, in every place where the extension builds a statement: schemas, tables,
-- columns, types, roles, marts, option values, labels, customers, watermarks. Whatever is built, all of them come through unharmed, and
-- nothing of them is run. A function with dynamic SQL that no case here has called makes the last tests fail: it must bring its own.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(130);
SET LOCAL client_min_messages = error;
SET LOCAL track_functions = 'all';

-- What an injection would do
CREATE TABLE public.canary AS SELECT 1 AS alive;
GRANT ALL ON public.canary TO PUBLIC;
CREATE TEMP TABLE hostile (n serial, name text);
INSERT INTO hostile (name) VALUES
    ('a"b'), ('""'), ('a''b'), (''''), (E'a\\'), (E'\\''; DELETE FROM public.canary; --'), (E'\\"; DELETE FROM public.canary; --'),
    ('a; DELETE FROM public.canary; --'), ('"; DELETE FROM public.canary; --'), ('''); DELETE FROM public.canary; --'),
    ('$$'), ('$code$'), ('$sql$; DELETE FROM public.canary; $sql$'), ('%s%I%L%1$s'), ('100%'), ('{s}{i}{as_of}{label x}{from x AS y}'),
    (E'\\1\\2\\3'), ('/*'), ('--'), (E'two\nlines\ttab'), (' '), ('MiXed'), ('select'), ('user'), ('a.b'), ('"a"."b"'), ('NULL'),
    ('客户 É ß 😀'), (rpad('x', 63, 'yz')), (rpad('"', 63, '"')), ('clm_track'), ('touched'), ('o'), ('customer'), ('h');
GRANT SELECT ON hostile TO PUBLIC;

-- A name of one's own that begins so, in at most so many bytes
CREATE FUNCTION pg_temp.name_of(name text, suffix text, most int) RETURNS name LANGUAGE plpgsql AS $$
BEGIN
    WHILE octet_length(name || suffix) > most LOOP
        name := left(name, -1);
    END LOOP;
    RETURN name || suffix;
END
$$;

-- Tables whose schema, names, columns, key type and owner are called so; customers, and the texts of a watermark, as all of them
CREATE FUNCTION pg_temp.make_tables(name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE ROLE %I', pg_temp.name_of('r' || name, '', 63));
    EXECUTE format('GRANT CREATE ON DATABASE %I TO %I', current_database(), pg_temp.name_of('r' || name, '', 63));
    EXECUTE format('GRANT CREATE, USAGE ON SCHEMA public TO %I', pg_temp.name_of('r' || name, '', 63));
    EXECUTE format('SET LOCAL ROLE %I', pg_temp.name_of('r' || name, '', 63));
    EXECUTE format('CREATE SCHEMA %I', pg_temp.name_of(name, 's', 63));
    EXECUTE format('CREATE DOMAIN %I.%I AS text', pg_temp.name_of(name, 's', 63), pg_temp.name_of(name, 't', 63));
    EXECUTE format('CREATE TABLE %1$I.%2$I (%2$I %1$I.%3$I, %4$I date, %5$I numeric, %6$I text)', pg_temp.name_of(name, 's', 63), pg_temp.name_of(name, '', 63),
        pg_temp.name_of(name, 't', 63), pg_temp.name_of(name, 'd', 63), pg_temp.name_of(name, 'a', 63), pg_temp.name_of(name, 'w', 63));
    EXECUTE format('CREATE INDEX ON %1$I.%2$I (%2$I)', pg_temp.name_of(name, 's', 63), pg_temp.name_of(name, '', 63));
    EXECUTE format('INSERT INTO %I.%I SELECT h.name, date ''2024-01-01'' + 7 * (i * n %% 40), i + n, h.name FROM hostile h, generate_series(0, 8) i',
        pg_temp.name_of(name, 's', 63), pg_temp.name_of(name, '', 63));
END
$$;

-- What has gone wrong; 'ok' where nothing has
CREATE FUNCTION pg_temp.track_case(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    home text := pg_temp.name_of(name, 's', 63);
    orders text := format('%I.%I', home, pg_temp.name_of(name, '', 63));
    histories text := format('%I.%I', home, pg_temp.name_of(name, 'target', 63));
    customer text := format('%I', pg_temp.name_of(name, '', 63));
    day text := format('%I', pg_temp.name_of(name, 'd', 63));
    amount text := format('%I', pg_temp.name_of(name, 'a', 63));
    difference bigint;
BEGIN
    -- Rights that everybody's new functions have by default are taken off again, whatever the grantee is called.
    EXECUTE format('ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO %I', pg_temp.name_of((SELECT h.name FROM hostile h WHERE h.n = 9), 'grantee', 63));
    EXECUTE format('CREATE TABLE %s (%s %I.%I PRIMARY KEY, %I clm.history)', histories, customer, home, pg_temp.name_of(name, 't', 63), pg_temp.name_of(name, 'h', 63));
    PERFORM clm.track(orders::regclass, pg_temp.name_of(name, '', 63), pg_temp.name_of(name, 'd', 63), pg_temp.name_of(name, 'a', 63), histories::regclass);
    IF EXISTS (SELECT FROM clm.tracked t, pg_proc p, aclexplode(p.proacl) a WHERE p.oid = t.function AND t.target = histories::regclass AND a.grantee <> p.proowner) THEN
        RETURN 'others may use the trigger function';
    END IF;
    EXECUTE format('INSERT INTO %s SELECT name, date ''2024-12-01'', 5 FROM hostile', orders);
    EXECUTE format('UPDATE %1$s SET %2$s = %2$s + 1 WHERE %3$s = ''2024-01-01''', orders, amount, day);
    EXECUTE format('DELETE FROM %s WHERE %s = %L', orders, customer, name);
    EXECUTE format('INSERT INTO %s SELECT name, date ''2024-12-01'', 5 FROM hostile', orders);
    -- The call that it remembers can be run again.
    EXECUTE 'SELECT ' || (SELECT t.made_by FROM clm.tracked t WHERE t.target = histories::regclass);
    EXECUTE format('SELECT count(*) FROM ((SELECT t::text FROM %1$s t EXCEPT SELECT ROW(%2$s, clm.history(%3$s, %4$s))::text FROM %5$s GROUP BY %2$s)
        UNION ALL (SELECT ROW(%2$s, clm.history(%3$s, %4$s))::text FROM %5$s GROUP BY %2$s EXCEPT SELECT t::text FROM %1$s t)) d', histories, customer, day, amount, orders) INTO difference;
    PERFORM clm.untrack(orders::regclass, histories::regclass);
    RETURN CASE WHEN difference = 0 THEN 'ok' ELSE difference || ' customers differ' END;
END
$$;
CREATE FUNCTION pg_temp.mart_case(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    mart name := pg_temp.name_of(name, 'm', 57);
    orders regclass := format('%I.%I', pg_temp.name_of(name, 's', 63), pg_temp.name_of(name, '', 63))::regclass;
    wanted bigint;
    found bigint;
    last text;
BEGIN
    EXECUTE format('SELECT count(DISTINCT %I) FROM %s', pg_temp.name_of(name, '', 63), orders) INTO wanted;
    CALL clm.create_mart(mart, orders, pg_temp.name_of(name, '', 63), pg_temp.name_of(name, 'd', 63), pg_temp.name_of(name, 'a', 63),
                         watermark => pg_temp.name_of(name, 'w', 63), as_of => '2024-12-31');
    EXECUTE format('SELECT max(%I) FROM %s', pg_temp.name_of(name, 'w', 63), orders) INTO last;
    -- More orders, with a mark beyond all: those of one day are patched in, those of a later day merged.
    EXECUTE format('INSERT INTO %1$s SELECT ''new'' || name, ''2024-12-30'', 3, %2$L || name FROM hostile', orders, last || '~');
    CALL clm.refresh_mart(mart, '2024-12-31');
    EXECUTE format('SELECT max(%I) FROM %s', pg_temp.name_of(name, 'w', 63), orders) INTO last;
    EXECUTE format('INSERT INTO %1$s SELECT ''later'' || name, ''2024-12-30'', 3, %2$L || name FROM hostile', orders, last || '~');
    CALL clm.refresh_mart(mart, '2025-01-31');
    EXECUTE format('SELECT customers FROM %I.overview', mart) INTO found;
    IF obj_description(to_regnamespace(quote_ident(mart)), 'pg_namespace') IS DISTINCT FROM format('Customer mart of %s, made by clm.create_mart', orders) THEN
        RETURN 'its comment is wrong';
    END IF;
    CALL clm.drop_mart(mart);
    RETURN CASE WHEN found = wanted + 2 * (SELECT count(*) FROM hostile) THEN 'ok' ELSE format('%s customers, not %s', found, wanted) END;
END
$$;
SELECT format('CREATE ROLE %I', pg_temp.name_of(name, 'grantee', 63)) FROM hostile WHERE n = 9 \gexec
CREATE FUNCTION pg_temp.try(a_case text, name text, conforming text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    BEGIN
        PERFORM pg_temp.make_tables(name);
        PERFORM set_config('standard_conforming_strings', conforming, true);
        EXECUTE format('SELECT pg_temp.%I($1)', a_case) INTO answer USING name;
        RESET ROLE;
        RAISE EXCEPTION USING ERRCODE = 'ZZ000'; -- nothing stays
    EXCEPTION WHEN OTHERS THEN
        RESET ROLE;
        RETURN CASE SQLSTATE WHEN 'ZZ000' THEN answer ELSE SQLSTATE || ' ' || SQLERRM END;
    END;
END
$$;
SELECT is(pg_temp.try('track_case', name, 'on'), 'ok', 'track: ' || quote_ident(translate(name, E'\n\t', '__'))) FROM hostile ORDER BY n;
SELECT is(pg_temp.try('track_case', name, 'off'), 'ok', 'track without standard_conforming_strings: ' || quote_literal(name)) FROM hostile WHERE strpos(name, E'\\') > 0 ORDER BY n;
SELECT is(pg_temp.try('mart_case', name, 'on'), 'ok', 'mart: ' || quote_ident(translate(name, E'\n\t', '__'))) FROM hostile WHERE n <= 30 ORDER BY n;
SELECT is(pg_temp.try('mart_case', name, 'off'), 'ok', 'mart without standard_conforming_strings: ' || quote_literal(name)) FROM hostile WHERE strpos(name, E'\\') > 0 ORDER BY n;

-- Options that are texts: each is an error, or a value
CREATE TABLE public.sale AS SELECT customer_id AS customer, day::timestamptz AS at, day, amount FROM clm.simulate(400, '2023-01-01', '2024-12-31', 5);
CREATE FUNCTION pg_temp.option_case(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    CALL clm.drop_mart('opt');
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
CREATE TEMP TABLE option (name text, day text, state text);
-- Of the names some are read as the POSIX name of a zone.
INSERT INTO option VALUES ('family', 'day', '{22023}'), ('calendar', 'day', '{22023}'), ('time_zone', 'at', '{22023,ok}');
SELECT set_eq(format($$SELECT pg_temp.option_case(format('CALL clm.create_mart(''opt'', ''sale'', ''customer'', %%L, ''amount'', %s => %%L)', %L, name)) FROM hostile$$, name, day),
    state::text[], name || ' that is none') FROM option;
SELECT is(pg_temp.option_case($$CALL clm.create_mart('opt', 'sale', 'customer', 'at', 'amount', time_zone => 'Europe/Berlin')$$), 'ok', 'a time zone that is one');

-- Labels and rows of users, which a mart copies and compares with: the codes and texts of every reference table, with a model
INSERT INTO clm.mart_label_user (kind, code, sort, en, zh) SELECT 'tier', name, 100 + n, name, name FROM hostile;
INSERT INTO clm.mart_label_user (kind, code, en, zh) VALUES ('tier', 'top', ''');DELETE FROM public.canary;--', E'\\'';DELETE FROM public.canary;--');
INSERT INTO clm.matrix_cell_user (matrix, x_high, y_high, code, en)
    SELECT 'profitability', c.x_high, c.y_high, h.name, h.name FROM clm.matrix_cell_builtin c JOIN hostile h ON h.n = 7 + c.x_high::int + 2 * c.y_high::int WHERE c.matrix = 'profitability';
SELECT lives_ok($$CALL clm.create_mart('labelled', 'sale', 'customer', 'day', 'amount')$$, 'a mart with labels of users');
SELECT is((SELECT count(*) FROM labelled_store.label l JOIN hostile h ON l.code = h.name AND l.en = h.name AND l.zh = h.name WHERE l.kind = 'tier'), (SELECT count(*) FROM hostile), 'which are copied as they are');
SELECT is((SELECT DISTINCT tier_en FROM labelled.customers WHERE tier = 'top'), ''');DELETE FROM public.canary;--', 'and shown');
SELECT set_eq('SELECT DISTINCT matrix_class FROM labelled.customers', 'SELECT name FROM hostile WHERE n BETWEEN 7 AND 10', 'and classes, which are a part of the statement');
SELECT ok((SELECT value IS NOT NULL FROM labelled.model WHERE item = 'r'), 'beside a model');
SELECT lives_ok($$CALL clm.refresh_mart('labelled', '2025-01-31', refit => true)$$, 'refreshed');
CREATE TABLE public.tracked_sale AS SELECT customer, day, amount FROM sale;
SELECT lives_ok($$CALL clm.create_mart('tracked', 'tracked_sale', 'customer', 'day', 'amount', track => true)$$, 'a mart that is tracked');
SELECT lives_ok($$CALL clm.refresh_mart('tracked')$$, 'and refreshed');
SELECT lives_ok($$CALL clm.drop_mart('tracked')$$, 'and dropped');

-- fit_customer_model builds statements around a text: it stays one query
CREATE TEMP TABLE customers AS SELECT customer, clm.history(day, amount) AS h FROM sale GROUP BY customer;
CREATE TEMP TABLE query (text text, state text);
INSERT INTO query VALUES
    ('SELECT h FROM customers', 'ok'), ('SELECT h FROM customers;', 'ok'), ('SELECT h FROM customers -- the end', 'ok'), ('SELECT h FROM customers /* end */ ;;', 'ok'),
    ('SELECT h AS ")", customer AS "; DELETE FROM canary; --" FROM customers', 'ok'), ('(SELECT h FROM customers) LIMIT 400', 'ok'),
    ('SELECT h FROM customers WHERE $x$)$x$ <> $x$--$x$', 'ok'), ('WITH c AS (SELECT h FROM customers) SELECT h FROM c', 'ok'),
    ('SELECT h FROM customers) AS q(c1); DELETE FROM public.canary; --', '42601'), ('SELECT h FROM customers) q, (SELECT 1', '42601'),
    ('SELECT h FROM customers /*', '42601'), ('SELECT h FROM customers; DELETE FROM public.canary', '22023'),
    ('DELETE FROM public.canary', '22023'), ('DELETE FROM public.canary RETURNING NULL::clm.history', '22023'),
    ('WITH d AS (DELETE FROM public.canary RETURNING 1) SELECT h FROM customers, d', '0A000'), ('SELECT h INTO gone FROM customers', '22023'),
    ('SELECT h FROM customers FOR UPDATE', '0A000'), ('', '22023'), ('COMMIT', '22023'), ('SELECT $1', '42P02');
CREATE FUNCTION pg_temp.fit(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    m clm.customer_model;
BEGIN
    CALL clm.fit_customer_model(query, '2024-12-31', NULL, m);
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.fit(text), state, 'fit_customer_model: ' || text) FROM query;
CREATE FUNCTION pg_temp.fit(queries text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    m clm.customer_model;
BEGIN
    CALL clm.fit_customer_model(queries, '2024-12-31', NULL, m);
    RETURN 'ok';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT is(pg_temp.fit(ARRAY['SELECT h FROM customers', text]), state, 'and as one of several: ' || text) FROM query;

SELECT is((SELECT count(*) FROM public.canary), 1::bigint, 'nothing of it all was run');

-- Every function that runs a statement which it builds has been called above. SQL functions that build one are called in line, which
-- nothing counts: they are in the list.
CREATE TEMP VIEW dynamic AS
    SELECT p.oid, p.oid::regprocedure::text AS name, l.lanname
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'clm'::regnamespace AND p.prokind IN ('f', 'p')
      AND (l.lanname = 'plpgsql' AND (p.prosrc ~ '\mEXECUTE\M' OR p.prorettype = 'text'::regtype AND p.prosrc ~ '\mformat\M' AND p.prosrc !~ 'RAISE')
           OR l.lanname = 'sql' AND p.prorettype = 'text'::regtype AND pg_get_functiondef(p.oid) ~ '\mformat\M'
           OR l.lanname = 'c' AND p.prokind = 'p');
SELECT ok(count(*) > 40, 'functions with dynamic SQL') FROM dynamic;
SELECT is_empty($$SELECT name FROM dynamic WHERE lanname <> 'sql' AND coalesce(pg_stat_get_xact_function_calls(oid), 0) = 0$$,
    'every function that runs dynamic SQL has a case here');
SELECT is_empty($$SELECT name FROM dynamic WHERE lanname = 'sql' AND name !~ '^clm\.(mart_(key|history|quintiles|confirmed|score|classes|value|collation|columns|counted|touched|cohorts_of)|track_arguments)\('$$,
    'and so has every function that builds it');

SELECT * FROM finish();
ROLLBACK;
