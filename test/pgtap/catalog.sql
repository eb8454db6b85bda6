-- What the extension puts into the catalogs: documented, safe to push down, all of it in schema clm, gone after DROP.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(44);

CREATE TEMP VIEW member AS
    SELECT classid, objid, o.* FROM pg_depend d, pg_identify_object(classid, objid, 0) o
    WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clm') AND deptype = 'e';
CREATE TEMP VIEW function AS SELECT p.*, p.oid::regprocedure AS name, l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = prolang
    WHERE p.oid IN (SELECT objid FROM member WHERE classid = 'pg_proc'::regclass);
CREATE TEMP VIEW relation AS SELECT c.*, c.oid::regclass AS name FROM pg_class c WHERE relnamespace = 'clm'::regnamespace AND relkind IN ('r', 'v', 'c');
CREATE TEMP VIEW type AS SELECT t.*, t.oid::regtype AS name FROM pg_type t LEFT JOIN pg_class c ON c.oid = typrelid
    WHERE typnamespace = 'clm'::regnamespace AND typcategory <> 'A' AND coalesce(relkind, 'c') = 'c';

-- Everything of the extension is in its schema, and everything in its schema is of the extension
SELECT is_empty($$SELECT type, identity FROM member WHERE schema IS DISTINCT FROM 'clm'$$, 'nothing outside schema clm');
SELECT set_eq('SELECT DISTINCT classid::regclass::text FROM member', ARRAY['pg_type', 'pg_proc', 'pg_class', 'pg_operator', 'pg_opclass', 'pg_opfamily'], 'kinds of objects');
SELECT is_empty($$SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'clm'::regnamespace AND oid NOT IN (SELECT oid FROM function)$$, 'no other functions in the schema');
SELECT is_empty($$SELECT name FROM relation WHERE relkind <> 'c' AND oid NOT IN (SELECT objid FROM member)$$, 'no other relations in the schema');
SELECT is((SELECT (extrelocatable, extnamespace::regnamespace)::text FROM pg_extension WHERE extname = 'clm'), '(f,clm)', 'not relocatable');

-- Comments
SELECT is_empty($$SELECT name FROM function WHERE coalesce(obj_description(oid, 'pg_proc'), '') = ''$$, 'every function and aggregate has a comment');
SELECT is_empty($$SELECT name FROM type WHERE coalesce(obj_description(oid, 'pg_type'), '') = '' AND typrelid = 0$$, 'every base type and enum has a comment');
SELECT is_empty($$SELECT name FROM type WHERE coalesce(obj_description(oid, 'pg_type'), obj_description(typrelid, 'pg_class'), '') = ''$$, 'every composite has a comment');
SELECT is_empty($$SELECT name FROM relation WHERE relkind <> 'c' AND coalesce(obj_description(oid, 'pg_class'), '') = ''$$, 'every table and view has a comment');
SELECT is_empty($$SELECT name, attname FROM relation r JOIN pg_attribute ON attrelid = r.oid AND attnum > 0 AND NOT attisdropped
    WHERE coalesce(col_description(r.oid, attnum), '') = ''$$, 'every column of a composite, table or view has a comment');
SELECT is_empty($$SELECT oid::regoperator FROM pg_operator WHERE oprnamespace = 'clm'::regnamespace AND coalesce(obj_description(oid, 'pg_operator'), '') = ''$$, 'every operator has a comment');
SELECT is_empty($$SELECT opcname FROM pg_opclass WHERE opcnamespace = 'clm'::regnamespace AND coalesce(obj_description(oid, 'pg_opclass'), '') = ''$$, 'every operator class has a comment');
SELECT ok(obj_description((SELECT oid FROM pg_extension WHERE extname = 'clm'), 'pg_extension') <> '', 'the extension has a comment');
SELECT ok(obj_description('clm'::regnamespace, 'pg_namespace') <> '', 'the schema has a comment');

-- Functions: pushed down by postgres_fdw and Citus, run by parallel workers
SELECT is_empty($$SELECT name FROM function WHERE (proparallel = 's') <> (provolatile <> 'v') AND prokind <> 'p'$$, 'every function is PARALLEL SAFE, but the VOLATILE ones');
SELECT set_eq($$SELECT name::text FROM function WHERE provolatile = 'v' AND prokind <> 'p' AND proname !~ '^mart_'$$, ARRAY['clm.track(regclass,name,name,name,regclass)', 'clm.track_drop(regprocedure)', 'clm.track_fill(regclass,name,name,name,regclass,text)', 'clm.track_function(regclass,regclass,text,text)', 'clm.track_triggers(regclass,regclass,text)', 'clm.untrack(regclass,regclass)'], 'VOLATILE are those that make triggers, and the parts of create_mart');
SELECT set_eq($$SELECT name::text FROM function WHERE provolatile = 's' AND proname !~ '^(track|mart)_'$$, ARRAY['clm.label(clm.stage,text,text)', 'clm.matrix(text,double precision,double precision,double precision,double precision,text)'], 'STABLE where a table is read, otherwise IMMUTABLE');
SELECT is_empty($$SELECT name FROM function WHERE prosecdef$$, 'no SECURITY DEFINER');
SELECT is_empty($$SELECT name FROM function WHERE proleakproof$$, 'no LEAKPROOF');
SELECT is_empty($$SELECT name FROM function WHERE lanname NOT IN ('c', 'internal', 'sql', 'plpgsql')$$, 'languages');
SELECT is_empty($$SELECT name FROM function WHERE lanname = 'sql' AND prosqlbody IS NULL$$, 'SQL functions are parsed at creation: no dependence on search_path');
SELECT is_empty($$SELECT name FROM function WHERE lanname = 'plpgsql' AND NOT coalesce(proconfig, '{}') @> '{"search_path=pg_catalog, pg_temp"}'$$, 'PL/pgSQL functions set their search_path');
SELECT is_empty($$SELECT name FROM function f, unnest(proargtypes) a(type) JOIN pg_type t ON t.oid = a.type
    WHERE typtype = 'p' AND typname NOT IN ('cstring', 'internal')$$, 'no polymorphic arguments');
SELECT is_empty($$SELECT name FROM function WHERE 'internal'::regtype = ANY (proargtypes) AND proname !~ '_(recv|support)$'$$, 'internal only for binary input and the planner''s questions');
SELECT is_empty($$SELECT oid::regoperator FROM pg_operator o WHERE oprnamespace = 'clm'::regnamespace AND NOT EXISTS (SELECT FROM function f WHERE f.oid = oprcode)$$, 'every operator has a function twin');

-- Aggregates: partial states that a cluster can ship
CREATE TEMP VIEW aggregate AS SELECT f.name, f.proname, f.proargtypes, f.prorettype, f.provariadic, f.pronargdefaults, a.*, t.name AS state, t.typtype, t.typlen, t.typsend, t.typreceive, t.typinput, t.typoutput, t.typnamespace
    FROM function f JOIN pg_aggregate a ON a.aggfnoid = f.oid JOIN (SELECT t.*, oid::regtype AS name FROM pg_type t) t ON t.oid = a.aggtranstype;
CREATE TEMP VIEW aggregate_part AS SELECT a.name AS of, part.kind, f.* FROM aggregate a, LATERAL (VALUES ('transition', aggtransfn), ('combine', aggcombinefn), ('final', aggfinalfn), ('input', typinput), ('output', typoutput),
    ('receive', typreceive), ('send', typsend)) part(kind, function) LEFT JOIN function f ON f.oid = part.function;
SELECT set_eq('SELECT DISTINCT split_part(name::text, ''('', 1) FROM aggregate', ARRAY['clm.history', 'clm.rollup', 'clm.customer_model', 'clm.retention_curve', 'clm.retention_model', 'clm.concentration', 'clm.percentiles', 'clm.ranking', 'clm.empc', 'clm.transitions', 'clm.sum', 'clm.uplift', 'clm.tracking', 'clm.frequency_fit', 'clm.cohorts', 'clm.response_model', 'clm.likelihood', 'clm.customer_picture'], 'aggregates');
SELECT is_empty($$SELECT name FROM aggregate WHERE typtype <> 'b' OR typlen <> -1 OR typnamespace <> 'clm'::regnamespace$$, 'the state is a base type of the extension');
SELECT is_empty($$SELECT name, state FROM aggregate WHERE state::text !~ '^clm\.\w+_state$'$$, 'named so');
SELECT is_empty($$SELECT name FROM aggregate WHERE prorettype IS DISTINCT FROM to_regtype('clm.' || proname) AND proargtypes::text <> prorettype::text AND state::text <> 'clm.' || proname || '_state'
    AND NOT EXISTS (SELECT FROM aggregate o WHERE o.aggtransfn = aggregate.aggtransfn AND state::text = 'clm.' || o.proname || '_state')$$,
    'the result or its state has the name of the aggregate or of one that gathers the same, or values of its type are added up');
SELECT is_empty($$SELECT name FROM aggregate WHERE prorettype = aggtranstype$$, 'a result is finished, a state is not');
SELECT is_empty($$SELECT of, kind FROM aggregate_part WHERE oid IS NULL$$, 'a state combines, is finished, and has text and binary input and output, all by functions of the extension');
SELECT is_empty($$SELECT of, kind, name FROM aggregate_part WHERE provolatile <> 'i' OR proparallel <> 's'$$, 'all of them IMMUTABLE and PARALLEL SAFE');
SELECT is_empty($$SELECT of, kind, name FROM aggregate_part WHERE lanname <> 'c'$$, 'all of them in C');
SELECT is_empty($$SELECT of, kind, name FROM aggregate_part WHERE proisstrict <> (kind IN ('input', 'output', 'receive', 'send'))$$, 'a NULL state is seen by what aggregates, and by nothing else');
SELECT is_empty($$SELECT name FROM aggregate WHERE aggserialfn <> 0 OR aggdeserialfn <> 0$$, 'the state combines without serialization');
SELECT is_empty($$SELECT name FROM aggregate WHERE aggtransspace <= 0$$, 'SSPACE is declared');
SELECT is_empty($$SELECT name FROM aggregate WHERE aggfinalextra OR aggfinalmodify <> 'r'$$, 'final functions: read only, without extra arguments');
SELECT is_empty($$SELECT name FROM aggregate WHERE aggkind <> 'n' OR agginitval IS NOT NULL$$, 'no ordered sets, no initial values');
SELECT is_empty($$SELECT name FROM aggregate WHERE aggmtransfn <> 0 OR aggmtranstype <> 0 OR aggminitval IS NOT NULL OR aggsortop <> 0$$, 'no second implementation for windows, no operator instead');
SELECT is_empty($$SELECT name FROM aggregate WHERE provariadic <> 0 OR pronargdefaults <> 0 OR proargtypes = ''$$, 'each signature is an aggregate of its own, with arguments');

-- Rows that users keep are dumped; shipped ones are not
SELECT set_eq($$SELECT unnest(extconfig)::regclass::text FROM pg_extension WHERE extname = 'clm'$$,
    $$SELECT name::text FROM relation WHERE relname LIKE '%\_user'$$, 'pg_dump takes the users'' rows');
SELECT set_eq($$SELECT DISTINCT unnest(extcondition) FROM pg_extension WHERE extname = 'clm'$$, ARRAY[''], 'all of them');

-- What has no name in a part of a UNION is named as the definition is stored, by each version of the server in its way: pg_upgrade would
-- leave another definition than a fresh installation.
SELECT is_empty($$
    SELECT * FROM (
        SELECT name::text, pg_get_functiondef(oid) AS definition FROM function WHERE prosqlbody IS NOT NULL
        UNION ALL SELECT name::text, pg_get_viewdef(oid) FROM relation WHERE relkind = 'v') d
    WHERE definition ~ '\mUNION\M' AND definition ~ '\mAS ("\?column\?"|"?(text|bool|int[248]|float8|numeric|date|row_number|count|sum|min|max|avg|unnest|coalesce|nullif|greatest|least|case|array|exists|format|column\d)"?)\M'$$,
    'every column of a stored UNION is named');

DROP EXTENSION clm;
SELECT is_empty($$
    SELECT 'function', proname FROM pg_proc WHERE pronamespace = 'clm'::regnamespace UNION ALL
    SELECT 'relation', relname FROM pg_class WHERE relnamespace = 'clm'::regnamespace UNION ALL
    SELECT 'type', typname FROM pg_type WHERE typnamespace = 'clm'::regnamespace UNION ALL
    SELECT 'operator', oprname FROM pg_operator WHERE oprnamespace = 'clm'::regnamespace UNION ALL
    SELECT 'operator class', opcname FROM pg_opclass WHERE opcnamespace = 'clm'::regnamespace UNION ALL
    SELECT 'operator family', opfname FROM pg_opfamily WHERE opfnamespace = 'clm'::regnamespace$$, 'DROP EXTENSION removes everything');

SELECT * FROM finish();
ROLLBACK;
