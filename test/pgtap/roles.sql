-- Who may do what: a superuser's installation and a trusted one by the owner of a database.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(193);
SET LOCAL client_min_messages = warning;

CREATE ROLE clm_test_owner;
CREATE ROLE clm_test_user;
SELECT format('GRANT CREATE ON DATABASE %I TO clm_test_owner', current_database()) \gexec

-- What a statement gives a role: 'ok' or the SQLSTATE. Nothing that it does stays, unless it is said to
CREATE FUNCTION pg_temp.as_role(role text, statement text, stays boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE format('SET LOCAL ROLE %I', role);
        EXECUTE statement;
        RESET ROLE;
        IF NOT stays THEN
            RAISE EXCEPTION USING ERRCODE = 'ZZ000';
        END IF;
    EXCEPTION WHEN OTHERS THEN
        RESET ROLE;
        RETURN CASE SQLSTATE WHEN 'ZZ000' THEN 'ok' ELSE SQLSTATE END;
    END;
    RETURN 'ok';
END
$$;

CREATE TEMP VIEW reference AS SELECT left(relname, -length('_builtin')) AS name FROM pg_class
    WHERE relnamespace = to_regnamespace('clm') AND relkind = 'r' AND relname LIKE '%\_builtin';

-- Everybody may use functions, aggregates, types and operators, and read the reference tables
CREATE TEMP TABLE use (name text, statement text);
INSERT INTO use VALUES
    ('aggregates', $$SELECT clm.history(day, amount) FROM clm.simulate(10, '2024-01-01', '2024-12-31')$$),
    ('models', $$SELECT clm.customer_model(h, '2024-12-31') FROM (SELECT clm.history(day, amount) AS h FROM clm.simulate(500, '2024-01-01', '2024-12-31') GROUP BY customer_id) v$$),
    ('scores', $$SELECT clm.scores('{2024-01-01:5}', '2024-12-31', clm.prior_guess())$$),
    ('stages', $$SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-12-31')$$),
    ('labels', $$SELECT clm.label('new', 'life5', 'zh')$$),
    ('matrices', $$SELECT clm.matrix('profitability', 1, 0, 1, 1, 'zh')$$),
    ('types in tables of one''s own', $$CREATE TEMP TABLE mine (h clm.history, m clm.customer_model, s clm.stage, r clm.rfm)$$),
    ('operators', $$SELECT '{2024-01-01:5}'::clm.history OPERATOR(clm.+) '{2024-01-01:5}'::clm.history$$);
INSERT INTO use SELECT 'table ' || name, format('SELECT FROM clm.%I, clm.%I, clm.%I', name, name || '_builtin', name || '_user') FROM reference;
CREATE TEMP TABLE write (name text, statement text, builtin boolean);
INSERT INTO write VALUES
    ('add a label', $$INSERT INTO clm.stage_label_user (system, stage, code, en, zh) VALUES ('ours', 'new', 'n', 'New', '新')$$, false),
    ('hide a system', $$INSERT INTO clm.stage_system_user (system, hidden) VALUES ('life5', true)$$, false),
    ('stand over a shipped label', $$INSERT INTO clm.stage_label_user (system, stage, en) VALUES ('telecom5', 'mature', 'Core')$$, false),
    ('change a label', $$UPDATE clm.stage_label_user SET en = 'x'$$, false),
    ('delete a system', $$DELETE FROM clm.stage_system_user$$, false),
    ('change a shipped label', $$UPDATE clm.stage_label_builtin SET en = 'x'$$, true),
    ('delete a shipped system', $$DELETE FROM clm.stage_system_builtin$$, true);
INSERT INTO write SELECT 'hide rows of ' || name, format('INSERT INTO clm.%I SELECT *, true FROM clm.%I', name || '_user', name || '_builtin'), false FROM reference;
INSERT INTO write SELECT 'change shipped rows of ' || name, format('UPDATE clm.%I SET zh = ''x''', name || '_builtin'), true FROM reference;

-- Installed by a superuser
DROP EXTENSION clm;
DROP SCHEMA IF EXISTS clm;
CREATE EXTENSION clm;
SELECT is(pg_temp.as_role('clm_test_user', statement), 'ok', 'superuser''s: a user may use ' || name) FROM use;
SELECT is(pg_temp.as_role('clm_test_user', statement), '42501', 'superuser''s: a user may not ' || name) FROM write;
SELECT is(pg_temp.as_role('clm_test_user', 'CREATE TABLE clm.mine ()'), '42501', 'superuser''s: a user may not create in the schema');
SELECT is(pg_temp.as_role(current_user, statement), 'ok', 'superuser''s: the superuser may ' || name) FROM write;
SELECT is(pg_temp.as_role('clm_test_owner', 'DROP EXTENSION clm'), '42501', 'superuser''s: another owner may not drop it');

-- Installed by somebody who may create in the database, since it is trusted
DROP EXTENSION clm;
DROP SCHEMA IF EXISTS clm;
SELECT is(pg_temp.as_role('clm_test_user', 'CREATE EXTENSION clm'), '42501', 'trusted: not without CREATE on the database');
-- What the installer gives to everybody by default is not given of what is the superuser's
ALTER DEFAULT PRIVILEGES FOR ROLE clm_test_owner GRANT ALL ON TABLES TO PUBLIC;
SELECT is(pg_temp.as_role('clm_test_owner', 'CREATE EXTENSION clm', stays => true), 'ok', 'trusted: with CREATE on the database');
SELECT is((SELECT extowner::regrole::text FROM pg_extension WHERE extname = 'clm'), 'clm_test_owner', 'trusted: the extension''s owner');
SELECT is(pg_temp.as_role('clm_test_user', statement), 'ok', 'trusted: a user may use ' || name) FROM use;
SELECT is(pg_temp.as_role('clm_test_user', statement), '42501', 'trusted: a user may not ' || name) FROM write;
SELECT is(pg_temp.as_role('clm_test_owner', statement), CASE WHEN builtin THEN '42501' ELSE 'ok' END,
    format('trusted: the owner may %s%s', CASE WHEN builtin THEN 'not ' ELSE '' END, name)) FROM write;
SELECT is(pg_temp.as_role('clm_test_owner', 'GRANT INSERT ON clm.stage_label_user TO clm_test_user'), 'ok', 'trusted: the owner may let others keep labels');
SELECT is(pg_temp.as_role('clm_test_owner', $$CREATE OR REPLACE FUNCTION clm.total(h clm.history, after date DEFAULT NULL, upto date DEFAULT NULL)
    RETURNS float8 LANGUAGE sql AS 'SELECT 1::float8'$$), '42501', 'trusted: the owner may not replace a function');
-- What the owner keeps are rows: code in these tables would run as whoever reads a label
SELECT is(pg_temp.as_role('clm_test_owner', statement), '42501', 'trusted: the owner may not ' || name)
FROM (VALUES ('put a rule on the rows', $$CREATE RULE "_RETURN" AS ON SELECT TO clm.stage_label_user DO INSTEAD SELECT * FROM clm.stage_label_builtin$$),
             ('put a trigger on them', $$CREATE TRIGGER t BEFORE INSERT ON clm.stage_label_user FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()$$),
             ('put a policy on them', $$CREATE POLICY p ON clm.stage_label_user USING (true)$$),
             ('put a constraint on them', $$ALTER TABLE clm.stage_label_user ADD CHECK (code <> '')$$),
             ('put an index on them', $$CREATE INDEX ON clm.stage_label_user (lower(en))$$)) v(name, statement);
-- The schema is the installer's: until a superuser takes it over he may add functions to it, afterwards nobody may
SELECT is(pg_temp.as_role('clm_test_owner', 'CREATE FUNCTION clm.mine() RETURNS int LANGUAGE sql RETURN 1'), 'ok', 'trusted: the owner may add to the schema');
SELECT is(pg_temp.as_role('clm_test_user', 'CREATE FUNCTION clm.mine() RETURNS int LANGUAGE sql RETURN 1'), '42501', 'trusted: a user may not');
ALTER SCHEMA clm OWNER TO CURRENT_USER;
SELECT is(pg_temp.as_role('clm_test_owner', 'CREATE FUNCTION clm.mine() RETURNS int LANGUAGE sql RETURN 1'), '42501', 'taken over: nor may the owner');
SELECT is(pg_temp.as_role('clm_test_user', statement), 'ok', 'taken over: a user may use ' || name) FROM use WHERE name !~ '^table';
SELECT is(pg_temp.as_role('clm_test_owner', statement), 'ok', 'taken over: the owner may ' || name) FROM write WHERE NOT builtin AND name !~ '^hide rows';
SELECT is(pg_temp.as_role('clm_test_owner', 'DROP EXTENSION clm'), 'ok', 'trusted: the owner may drop it');

SELECT * FROM finish();
ROLLBACK;
