-- A trusted installation runs as a superuser: what another user put into a schema clm before must not run with it.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(12);
SET LOCAL client_min_messages = warning;
DROP EXTENSION clm;
DROP SCHEMA IF EXISTS clm;
CREATE ROLE clm_test_mallory;
CREATE ROLE clm_test_victim;
SELECT format('GRANT CREATE ON DATABASE %I TO clm_test_mallory, clm_test_victim', current_database()) \gexec
CREATE TABLE public.clm_test_ran (who text, how text);
GRANT INSERT ON public.clm_test_ran TO PUBLIC;

-- A function that fits better than the server's own, and an operator of the schema
SET LOCAL ROLE clm_test_mallory;
CREATE SCHEMA clm;
CREATE FUNCTION clm.format(text, text, text, text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.clm_test_ran VALUES (current_user, 'function');
    RETURN pg_catalog.format($1, $2, $3, $4);
END $$;
CREATE FUNCTION clm.same(oid, regclass) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.clm_test_ran VALUES (current_user, 'operator');
    RETURN $1 OPERATOR(pg_catalog.=) $2::oid;
END $$;
CREATE OPERATOR clm.= (LEFTARG = oid, RIGHTARG = regclass, FUNCTION = clm.same);
SELECT throws_ok('CREATE EXTENSION clm', '42P06', 'schema "clm" is not empty', 'no installation over others'' objects');
RESET ROLE;
SELECT is_empty('SELECT * FROM public.clm_test_ran', 'nothing of theirs ran');
SELECT is((SELECT rolsuper FROM pg_roles WHERE rolname = 'clm_test_mallory'), false, 'nobody became a superuser');
RESET ROLE;
DROP EXTENSION IF EXISTS clm;
DROP SCHEMA IF EXISTS clm CASCADE;

-- One object of any kind is enough
CREATE SCHEMA clm;
CREATE TYPE clm.odd AS (x int);
SELECT throws_ok('CREATE EXTENSION clm', '42P06', NULL, 'not over a type');
RESET ROLE;
DROP EXTENSION IF EXISTS clm;
DROP SCHEMA IF EXISTS clm CASCADE;
CREATE SCHEMA clm;
CREATE FUNCTION clm.odd() RETURNS int LANGUAGE sql RETURN 1;
SELECT throws_ok('CREATE EXTENSION clm', '42P06', NULL, 'not over a function');
RESET ROLE;
DROP EXTENSION IF EXISTS clm;
DROP SCHEMA IF EXISTS clm CASCADE;

-- An empty schema: the installer's own serves, another user's does not, a superuser may restore into either
CREATE SCHEMA clm AUTHORIZATION clm_test_mallory;
SET LOCAL ROLE clm_test_victim;
SELECT throws_ok('CREATE EXTENSION clm', '42501', 'schema "clm" belongs to another user', 'not in another user''s schema');
RESET ROLE;
SELECT lives_ok('CREATE EXTENSION clm', 'a superuser may, as a restore does');
RESET ROLE;
DROP EXTENSION IF EXISTS clm;
DROP SCHEMA IF EXISTS clm CASCADE;
CREATE SCHEMA clm AUTHORIZATION clm_test_victim;
SET LOCAL ROLE clm_test_victim;
SELECT lives_ok('CREATE EXTENSION clm', 'in one''s own schema');
RESET ROLE;
DROP EXTENSION IF EXISTS clm;
DROP SCHEMA IF EXISTS clm CASCADE;

-- A hostile session: a search_path with functions and operators that fit better, and tables in the temporary schema
CREATE SCHEMA clm_test_evil AUTHORIZATION clm_test_mallory;
SET LOCAL ROLE clm_test_mallory;
CREATE FUNCTION clm_test_evil.format(text, text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.clm_test_ran VALUES (current_user, 'format');
    RETURN pg_catalog.format($1, $2);
END $$;
CREATE FUNCTION clm_test_evil.format(text, name) RETURNS text LANGUAGE sql AS 'SELECT clm_test_evil.format($1, $2::text)';
CREATE FUNCTION clm_test_evil.same(oid, oid) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO public.clm_test_ran VALUES (current_user, 'operator');
    RETURN $1 OPERATOR(pg_catalog.=) $2;
END $$;
CREATE OPERATOR clm_test_evil.= (LEFTARG = oid, RIGHTARG = oid, FUNCTION = clm_test_evil.same);
CREATE TEMP TABLE pg_extension (extname name, extowner oid);
CREATE TEMP TABLE pg_depend (refclassid oid);
CREATE DOMAIN pg_temp.text AS pg_catalog.text CHECK (false);
CREATE DOMAIN pg_temp.float8 AS pg_catalog.float8 CHECK (false);
SET LOCAL search_path = clm_test_evil, pg_temp, pg_catalog, public;
SELECT lives_ok('CREATE EXTENSION clm', 'in a hostile session');
RESET ROLE;
SELECT is_empty('SELECT * FROM public.clm_test_ran', 'nothing of it ran');
SELECT is_empty($$SELECT proname FROM pg_catalog.pg_proc p, pg_catalog.pg_depend d WHERE p.pronamespace = 'clm'::regnamespace AND d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid
    AND d.refclassid = 'pg_catalog.pg_type'::regclass AND d.refobjid IN (SELECT t.oid FROM pg_catalog.pg_type t WHERE t.typnamespace = pg_my_temp_schema())$$, 'and nothing refers to it');
RESET search_path;
DROP EXTENSION IF EXISTS clm;
DROP SCHEMA IF EXISTS clm CASCADE;
DROP TABLE pg_temp.pg_extension, pg_temp.pg_depend;
DROP DOMAIN pg_temp.text, pg_temp.float8;

-- A role whose name needs quotes
CREATE ROLE "clm's ""test""";
SELECT format('GRANT CREATE ON DATABASE %I TO "clm''s ""test"""', current_database()) \gexec
SET LOCAL ROLE "clm's ""test""";
SELECT lives_ok('CREATE EXTENSION clm', 'a role with quotes in its name installs');
RESET ROLE;
DROP EXTENSION IF EXISTS clm;
DROP SCHEMA IF EXISTS clm CASCADE;

SELECT * FROM finish();
ROLLBACK;
