-- The reference tables: complete in Chinese and English, consistent with one another, open to rows of the user's; and
-- clm.matrix, which reads one of them.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_encoding = 'UTF8';
\pset null -

-- Each table of shipped rows has a table of the user's, with the same columns and key, and a view with the same columns
CREATE TEMP VIEW reference AS
    SELECT left(relname, -length('_builtin')) AS name FROM pg_class
    WHERE relnamespace = 'clm'::regnamespace AND relkind = 'r' AND relname LIKE '%\_builtin';
CREATE TEMP VIEW shipped_column AS
    SELECT r.name, a.attname AS column, a.attnum, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS filled,
           EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey)) AS in_key
    FROM reference r JOIN pg_attribute a ON a.attrelid = format('clm.%I', r.name || '_builtin')::regclass AND a.attnum > 0;
CREATE FUNCTION pg_temp.count(name text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    rows bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM clm.%I', name) INTO rows;
    RETURN rows;
END $$;
SELECT name, pg_temp.count(name) AS rows, pg_temp.count(name || '_builtin') AS shipped, pg_temp.count(name || '_user') AS your_own,
       (SELECT string_agg(c.column, ', ' ORDER BY attnum) FROM shipped_column c WHERE c.name = r.name AND in_key) AS key
FROM reference r ORDER BY name;
CREATE FUNCTION pg_temp.columns(relation regclass) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum)
    FROM pg_attribute WHERE attrelid = relation AND attnum > 0 $$;
CREATE FUNCTION pg_temp.key(relation regclass) RETURNS text LANGUAGE sql AS $$
    SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = relation AND contype = 'p' $$;
SELECT name FROM reference r, format('clm.%I', name || '_builtin') shipped, format('clm.%I', name || '_user') own, format('clm.%I', name) merged
WHERE (pg_temp.columns(shipped::regclass) = pg_temp.columns(merged::regclass)
   AND pg_temp.columns(shipped::regclass) || ', hidden boolean' = pg_temp.columns(own::regclass)
   AND pg_temp.key(shipped::regclass) = pg_temp.key(own::regclass)) IS NOT TRUE;
-- Of the user's rows nothing but the key must be given, and the comments say so
SELECT c.name, c.column FROM shipped_column c JOIN pg_attribute a ON a.attrelid = format('clm.%I', c.name || '_user')::regclass AND a.attname = c.column
WHERE a.attnotnull <> c.in_key
   OR col_description(a.attrelid, a.attnum) <> format('%s (%s)', col_description(format('clm.%I', c.name || '_builtin')::regclass, c.attnum),
                                                      CASE WHEN in_key THEN 'key' ELSE 'NULL keeps the shipped value' END);
SELECT obj_description('clm.lever_user'::regclass), obj_description('clm.matrix_cell_user'::regclass) LIKE '%(matrix, x_high, y_high)%' AS key_named \gx

-- Complete: every text of every row, as (table, row, column, text)
CREATE FUNCTION pg_temp.texts() RETURNS TABLE (name name, row_key text, "column" name, text text) LANGUAGE plpgsql AS $$
DECLARE
    c record;
BEGIN
    FOR c IN SELECT s.*, (SELECT string_agg(format('%I::text', k.column), ' || '' '' || ' ORDER BY k.attnum)
                          FROM shipped_column k WHERE k.name = s.name AND k.in_key) AS key
             FROM shipped_column s WHERE s.type = 'text'
    LOOP
        RETURN QUERY EXECUTE format('SELECT %L::name, %s, %L::name, %I FROM clm.%I', c.name, c.key, c.column, c.column, c.name || '_builtin');
    END LOOP;
END $$;
CREATE TEMP TABLE texts AS SELECT * FROM pg_temp.texts();
SELECT t.name, t.row_key, t.column, t.text FROM texts t WHERE t.text = '' OR t.text <> trim(t.text) OR t.text ~ '\s\s|[\n\t]';
-- A column in one language has its twin in the other, and a row has both texts or none
SELECT name, c.column, type, filled FROM shipped_column c WHERE c.column ~ '(^|_)(en|zh)$' AND NOT EXISTS (
    SELECT FROM shipped_column o WHERE o.name = c.name AND o.type = c.type AND o.filled = c.filled
      AND o.column = regexp_replace(c.column, '(^|_)(en|zh)$', CASE WHEN c.column LIKE '%zh' THEN '\1en' ELSE '\1zh' END)::name);
SELECT e.name, e.row_key, e.column FROM texts e JOIN texts z ON z.name = e.name AND z.row_key = e.row_key
    AND e.column ~ '(^|_)en$' AND z.column = regexp_replace(e.column, 'en$', 'zh')::name
WHERE (e.text IS NULL) <> (z.text IS NULL);
-- Chinese is Chinese, with Chinese punctuation; all else is not
SELECT t.name, t.row_key, t.column, t.text FROM texts t WHERE t.column ~ '(^|_)zh$' AND t.text !~ E'[\u4E00-\u9FFF]';
SELECT t.name, t.row_key, t.column, t.text FROM texts t WHERE t.column ~ '(^|_)zh$' AND t.text ~ E'[\u4E00-\u9FFF] *[,;:?!()]|[,;:?!()] *[\u4E00-\u9FFF]|。$';
SELECT t.name, t.row_key, t.column, t.text FROM texts t WHERE t.column !~ '(^|_)zh$' AND t.text ~ E'[\u2E80-\uFFFF]';
SELECT t.name, t.row_key, t.column, t.text FROM texts t WHERE t.column ~ '_en$' AND t.column NOT LIKE 'question%' AND t.text ~ '[.?!]$';
-- Names are not said twice where they should tell rows apart
SELECT t.name, t.column, t.text, count(*) FROM texts t
WHERE t.name IN ('stage_system', 'lever', 'value_part', 'touchpoint', 'action', 'term') AND (t.column IN ('en', 'zh') OR t.column LIKE 'de%')
   OR t.name IN ('matrix_cell', 'process_step') AND (t.column LIKE 'advice%' OR t.column LIKE 'description%')
GROUP BY t.name, t.column, t.text HAVING count(*) > 1;

-- Consistent: what a row refers to is there
SELECT a.code, a.touchpoint FROM clm.action a WHERE touchpoint IS NOT NULL AND touchpoint NOT IN (SELECT code FROM clm.touchpoint);
SELECT a.code, a.lever, a.stage FROM clm.action a WHERE NOT EXISTS (SELECT FROM clm.lever l WHERE l.code = a.lever AND a.stage = ANY (l.stages));
SELECT s.trap, s.driver, s.lever FROM clm.side_effect s WHERE NOT EXISTS (
    SELECT FROM clm.lever l WHERE l.code = s.lever AND (l.driver = s.driver OR l.code = 'retention' AND s.driver = 'churn'));
SELECT l.system FROM clm.stage_label l WHERE l.system NOT IN (SELECT system FROM clm.stage_system);
SELECT part FROM clm.value_part EXCEPT VALUES ('cpv'), ('ppv'), ('civ'), ('ckv'), ('ctv');
-- Every stage has levers and actions, every lever and every touchpoint an action, every initiative a row
SELECT stage, (SELECT string_agg(code, ' ' ORDER BY n) FROM clm.lever WHERE stage = ANY (stages)) AS levers,
       (SELECT count(*) FROM clm.action a WHERE a.stage = s.stage) AS actions
FROM unnest(enum_range(NULL::clm.stage)) AS s(stage);
SELECT n, l.code, count(a.code) AS actions FROM clm.lever l LEFT JOIN clm.action a ON a.lever = l.code GROUP BY n, l.code ORDER BY n;
SELECT sort, t.code, t.kind, t.online, count(a.code) AS actions FROM clm.touchpoint t LEFT JOIN clm.action a ON a.touchpoint = t.code
GROUP BY sort, t.code, t.kind, t.online ORDER BY sort;
\pset format unaligned
SELECT initiative_no AS no, count(*) AS rows, string_agg(DISTINCT stage::text, ' ') AS stages, string_agg(DISTINCT touchpoint, ' ') AS touchpoints,
       string_agg(DISTINCT lever, ' ') AS levers, string_agg(zh, '；' ORDER BY code) AS zh
FROM clm.action WHERE initiative_no IS NOT NULL GROUP BY initiative_no ORDER BY initiative_no;

-- The eleven levers in the order of the value chain
SELECT n, code, driver, kind, flow, stages, en, zh FROM clm.lever ORDER BY n;
-- The questions that the five stages of telecom5 ask
SELECT code, question_en, question_zh, array_agg(stage ORDER BY stage) AS stages FROM clm.stage_label
WHERE question_en IS NOT NULL OR question_zh IS NOT NULL GROUP BY system, code, question_en, question_zh ORDER BY code;
SELECT DISTINCT system FROM clm.stage_label WHERE question_en IS NOT NULL;
SELECT count(*) AS unasked FROM clm.stage_label WHERE system = 'telecom5' AND question_en IS NULL;
-- Parts of value, cells, touchpoints, processes and terms
SELECT n, part, en, zh FROM clm.value_part ORDER BY n;
SELECT matrix, x_en, x_high AS high, y_en, y_high AS high, code, en, zh FROM clm.matrix_cell ORDER BY matrix, x_high DESC, y_high DESC;
SELECT code, en, zh FROM clm.touchpoint ORDER BY sort;
SELECT process, process_zh, array_agg(n ORDER BY n) AS n, string_agg(en, ' > ' ORDER BY n) AS en, string_agg(zh, '→' ORDER BY n) AS zh
FROM clm.process_step GROUP BY process, process_zh ORDER BY process;
SELECT stage, string_agg(code, ' ' ORDER BY code) AS actions FROM clm.action GROUP BY stage ORDER BY stage;
SELECT code, en, zh FROM clm.term ORDER BY code;
\pset format aligned
-- The matrices: four cells each, of different codes and names, on the same axes
SELECT matrix, count(*), count(DISTINCT (x_high, y_high)) AS cells, count(DISTINCT code) AS codes, count(DISTINCT en) AS en, count(DISTINCT zh) AS zh,
       count(DISTINCT (x_en, x_zh, y_en, y_zh)) AS axes, count(DISTINCT source) AS sources
FROM clm.matrix_cell GROUP BY matrix ORDER BY matrix;

-- The side effects turn a gain into a loss. The value of a customer, by its definition, on the base that the comment names
SELECT trap, sort, driver, delta, headline, lever, en, zh FROM clm.side_effect ORDER BY sort;
CREATE FUNCTION pg_temp.value(revenue float8 = 60, service_cost float8 = 8, churn float8 = .03, save float8 = 0, cross_sell float8 = 0)
RETURNS float8 LANGUAGE sql AS $$
    SELECT margin * back / ((1 - v * retention) * back - v * v * (1 - retention) * .005) - 55
    FROM (SELECT revenue * (.45 - .02) + cross_sell - service_cost AS margin, 1 - churn * (1 - save) AS retention,
                 1 / 1.01 AS v, 1 - (1 - .005) / 1.01 AS back) p $$;
CREATE FUNCTION pg_temp.gain(trap text, headline_alone boolean) RETURNS numeric LANGUAGE sql AS $$
    SELECT round((pg_temp.value(60 + coalesce(max(delta) FILTER (WHERE driver = 'revenue'), 0), 8 + coalesce(max(delta) FILTER (WHERE driver = 'service_cost'), 0),
                         .03 + coalesce(max(delta) FILTER (WHERE driver = 'churn'), 0), coalesce(max(delta) FILTER (WHERE driver = 'save'), 0),
                         coalesce(max(delta) FILTER (WHERE driver = 'cross_sell'), 0)) - pg_temp.value())::numeric, 1)
    FROM clm.side_effect s WHERE s.trap = $1 AND (s.headline OR NOT headline_alone) $$;
SELECT round(pg_temp.value()::numeric, 2) AS base;
SELECT trap, pg_temp.gain(trap, true) AS headline, pg_temp.gain(trap, false) AS full_effect FROM (VALUES ('plan_optimisation'), ('data_service'), ('ivr')) t(trap);
-- Initiatives as one value for each, ready for a report
SELECT trap, array_agg((driver, delta) ORDER BY sort) AS effects, sum(headline::int) AS headlines FROM clm.side_effect GROUP BY trap ORDER BY min(sort);

-- The user's rows, in every table alike: one added, one changed in one column, one hidden, one that is new but incomplete;
-- the view shows them, the shipped rows stay
CREATE FUNCTION pg_temp.put(name text, shipped jsonb, change jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('INSERT INTO clm.%1$I SELECT (jsonb_populate_record(NULL::clm.%1$I, $1)).*', name || '_user') USING shipped || '{"hidden": false}' || change;
END $$;
CREATE FUNCTION pg_temp.rows(name text) RETURNS SETOF jsonb LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT to_jsonb(r) FROM clm.%I r ORDER BY r::text', name);
END $$;
CREATE FUNCTION pg_temp.key_of(name text, r jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_object_agg(c.column, r -> c.column::text) FROM shipped_column c WHERE c.name = $1 AND in_key $$;
CREATE FUNCTION pg_temp.try(name text) RETURNS TABLE (added boolean, changed boolean, hidden boolean, incomplete boolean, others boolean, shipped boolean, back boolean) LANGUAGE plpgsql AS $$
DECLARE
    before jsonb[] := ARRAY(SELECT pg_temp.rows(name));
    first_key text := (SELECT c.column FROM shipped_column c WHERE c.name = try.name AND in_key ORDER BY attnum LIMIT 1);
    new_row jsonb := before[1] || jsonb_build_object(first_key, 'ours', 'zh', '我们的');
    changed_row jsonb := before[2] || '{"en": "Changed"}';
    incomplete_row jsonb := pg_temp.key_of(name, new_row || jsonb_build_object(first_key, 'incomplete')) || '{"zh": "半"}';
    now jsonb[];
BEGIN
    PERFORM pg_temp.put(name, new_row, '{}'), pg_temp.put(name, pg_temp.key_of(name, before[2]), '{"en": "Changed"}'),
            pg_temp.put(name, pg_temp.key_of(name, before[3]), '{"hidden": true}'), pg_temp.put(name, incomplete_row, '{}');
    now := ARRAY(SELECT pg_temp.rows(name));
    added := new_row = ANY (now);
    changed := changed_row = ANY (now) AND before[2] <> ALL (now);
    hidden := before[3] <> ALL (now);
    incomplete := incomplete_row IN (SELECT jsonb_strip_nulls(r) FROM unnest(now) r);
    others := cardinality(now) = cardinality(before) + 1 AND before[1] = ANY (now) AND now @> before[4:];
    shipped := ARRAY(SELECT pg_temp.rows(name || '_builtin')) = before;
    EXECUTE format('DELETE FROM clm.%I', name || '_user');
    back := ARRAY(SELECT pg_temp.rows(name)) = before;
    RETURN NEXT;
END $$;
SELECT name, t.* FROM reference, pg_temp.try(name) t ORDER BY name;
-- Every column that is given wins, key alone changes nothing; the key must be given
CREATE FUNCTION pg_temp.try_columns(name text) RETURNS TABLE (columns bigint, wrong text) LANGUAGE plpgsql AS $$
DECLARE
    all_rows jsonb[] := ARRAY(SELECT pg_temp.rows(name || '_builtin'));
    first_row jsonb := all_rows[1];
    other_row jsonb;
    c name;
    shown jsonb;
BEGIN
    columns := 0;
    FOR c IN SELECT s.column FROM shipped_column s WHERE s.name = try_columns.name AND NOT in_key ORDER BY attnum
    LOOP
        SELECT r INTO other_row FROM unnest(all_rows) r WHERE r -> c <> first_row -> c AND r ->> c IS NOT NULL LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        PERFORM pg_temp.put(name, pg_temp.key_of(name, first_row), jsonb_build_object(c, other_row -> c));
        SELECT r INTO shown FROM pg_temp.rows(name) r WHERE r @> pg_temp.key_of(name, first_row);
        IF shown IS DISTINCT FROM first_row || jsonb_build_object(c, other_row -> c) THEN
            wrong := concat_ws(' ', wrong, c);
        END IF;
        columns := columns + 1;
        EXECUTE format('DELETE FROM clm.%I', name || '_user');
    END LOOP;
    PERFORM pg_temp.put(name, pg_temp.key_of(name, first_row), '{}');
    IF ARRAY(SELECT pg_temp.rows(name)) <> all_rows THEN
        wrong := concat_ws(' ', wrong, 'key alone');
    END IF;
    EXECUTE format('DELETE FROM clm.%I', name || '_user');
    RETURN NEXT;
END $$;
SELECT name, t.* FROM reference, pg_temp.try_columns(name) t ORDER BY name;
INSERT INTO clm.lever_user (zh) VALUES ('无');
INSERT INTO clm.matrix_cell_user (matrix, x_high, zh) VALUES ('profitability', true, '无');
INSERT INTO clm.lever_user (code, zh) VALUES ('usage', '一'), ('usage', '二');
INSERT INTO clm.lever_user (code, hidden) VALUES ('no_such_lever', true);
SELECT count(*) FROM clm.lever;
DELETE FROM clm.lever_user;

-- A row that is hidden takes what refers to it along, whether shipped or the user's; a changed one does not
BEGIN;
SELECT pg_temp.put('action', to_jsonb(a), '{"code": "our_call", "touchpoint": "our_desk", "lever": "renewal"}') FROM clm.action_builtin a WHERE code = 'expiry_call';
SELECT pg_temp.put('touchpoint', to_jsonb(t), '{"code": "our_desk"}') FROM clm.touchpoint_builtin t WHERE code = 'call_centre';
INSERT INTO clm.touchpoint_user (code, hidden) VALUES ('newsletter', true);
INSERT INTO clm.lever_user (code, hidden) VALUES ('cross_sell', true);
INSERT INTO clm.lever_user (code, en) VALUES ('usage', 'Our usage');
INSERT INTO clm.action_user (code, lever) VALUES ('welcome_guide', 'cross_sell'), ('bundle_toolkit', 'price');
SELECT s.trap, string_agg(driver, ' ' ORDER BY sort) AS drivers FROM clm.side_effect s GROUP BY s.trap ORDER BY min(sort);
SELECT count(*) AS actions, count(*) FILTER (WHERE lever = 'cross_sell') AS cross_sell, count(*) FILTER (WHERE touchpoint = 'newsletter') AS newsletter,
       count(*) FILTER (WHERE code = 'our_call') AS ours, count(*) FILTER (WHERE code = 'welcome_guide') AS moved_to_hidden,
       count(*) FILTER (WHERE code = 'bundle_toolkit') AS moved_from_hidden, count(*) FILTER (WHERE touchpoint IS NULL) AS nowhere, count(*) FILTER (WHERE lever = 'usage') AS usage
FROM clm.action;
SELECT count(*) AS shipped, count(*) FILTER (WHERE lever = 'cross_sell' OR touchpoint = 'newsletter') AS of_hidden FROM clm.action_builtin;
UPDATE clm.touchpoint_user SET hidden = true WHERE code = 'our_desk';
SELECT count(*) FILTER (WHERE code = 'our_call') AS ours FROM clm.action;
ROLLBACK;

-- clm.matrix: every cell; a value at the cut counts as high
SELECT matrix, x, y, clm.matrix(matrix, x, y, 50, 50, 'zh') AS zh, clm.matrix(matrix, x, y, 50, 50) AS en, clm.matrix(matrix, x, y, 50, 50, 'code') AS code
FROM (SELECT DISTINCT matrix FROM clm.matrix_cell) m, (VALUES (50, 50), (50, 49.999), (49.999, 50), (0, -5)) v(x, y) ORDER BY matrix, x DESC, y DESC;
SELECT bool_and(clm.matrix(matrix, x_high::int, y_high::int, 1, 1, lang) = CASE lang WHEN 'en' THEN en WHEN 'zh' THEN zh ELSE code END) AS as_in_the_table
FROM clm.matrix_cell, unnest(ARRAY['en', 'zh', 'code']) lang;
SELECT clm.matrix('profitability', 0, -0.0, -0.0, 0) AS zero, clm.matrix('clv_crv', -5, 1e-300, -4, 0) AS signs,
       clm.matrix(name => 'value_risk', x => 1, y => .1, x_cut => 1, y_cut => .3, lang => 'zh') AS named;
-- NULL where a number, the name or the language is
SELECT clm.matrix('profitability', NULL, 1, 1, 1) AS x, clm.matrix('profitability', 1, NULL, 1, 1) AS y, clm.matrix('profitability', 1, 1, NULL, 1) AS x_cut,
       clm.matrix('profitability', 1, 1, 1, NULL) AS y_cut, clm.matrix(NULL, 1, 1, 1, 1) AS name, clm.matrix('profitability', 1, 1, 1, 1, NULL) AS lang,
       clm.matrix('profitability', NULL, 'NaN', 1, 1) AS both;
-- Errors: unknown names, also where a number is NULL, and numbers that are none
SELECT clm.matrix('profit', 1, 1, 1, 1);
SELECT clm.matrix('profit', NULL, 1, 1, 1);
SELECT clm.matrix('', 'NaN', 1, 1, 1);
SELECT clm.matrix('profitability', 1, 1, 1, 1, 'de');
SELECT clm.matrix('profitability', NULL, 1, 1, 1, 'EN');
SELECT clm.matrix(NULL, 1, 1, 1, 1, 'de');
SELECT clm.matrix('profitability', 'NaN', 1, 1, 1);
SELECT clm.matrix('profitability', 1, 'Infinity', 1, 1);
SELECT clm.matrix('profitability', 1, 1, '-Infinity', 1);
SELECT clm.matrix('profitability', 1, 1, 1, 'NaN');
\set VERBOSITY sqlstate
SELECT clm.matrix('profit', 1, 1, 1, 1);
SELECT clm.matrix('profitability', 1, 1, 1, 1, 'de');
SELECT clm.matrix('profitability', 'NaN', 1, 1, 1);
\set VERBOSITY default
-- The user's cells: one changed, one hidden, a matrix of one's own with two cells; hidden altogether, it is unknown
BEGIN;
INSERT INTO clm.matrix_cell_user (matrix, x_high, y_high, zh) VALUES ('profitability', true, true, '明星型');
INSERT INTO clm.matrix_cell_user (matrix, x_high, y_high, hidden) VALUES ('profitability', false, false, true);
SELECT pg_temp.put('matrix_cell', to_jsonb(c), '{"matrix": "ours"}') FROM clm.matrix_cell_builtin c WHERE matrix = 'clv_crv' AND y_high;
SELECT clm.matrix('profitability', 1, 1, 0, 0, 'zh') AS changed, clm.matrix('profitability', 1, 1, 0, 0) AS kept, clm.matrix('profitability', 0, 0, 1, 1) AS hidden,
       clm.matrix('ours', 1, 1, 0, 0) AS ours, clm.matrix('ours', 1, 0, 0, 1) AS no_such_cell;
UPDATE clm.matrix_cell_user SET hidden = true WHERE matrix = 'ours';
SELECT clm.matrix('ours', 1, 1, 0, 0);
ROLLBACK;

-- clm.in_language
SELECT clm.in_language('en', 'a', 'b', 'c') AS en, clm.in_language('zh', 'a', 'b', 'c') AS zh, clm.in_language('code', 'a', 'b', 'c') AS code,
       clm.in_language(NULL, 'a', 'b', 'c') AS none, clm.in_language('zh', 'a', NULL, 'c') AS no_zh;
SELECT clm.in_language('', 'a', 'b', 'c');

-- The caller's operators of the same names are not used
CREATE SCHEMA clm_test_reference;
CREATE FUNCTION clm_test_reference.never(float8, float8) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR clm_test_reference.>= (LEFTARG = float8, RIGHTARG = float8, FUNCTION = clm_test_reference.never);
SET search_path = clm_test_reference, pg_catalog;
SELECT clm.matrix('profitability', 2, 2, 1, 1);
RESET search_path;
DROP OPERATOR clm_test_reference.>= (float8, float8);
DROP FUNCTION clm_test_reference.never;
DROP SCHEMA clm_test_reference;
