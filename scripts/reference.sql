-- What the extension puts into the catalogs, as one JSON value, in the order of creation, operators in that of their
-- functions; scripts/write-reference makes docs/reference.md of it. Nothing here depends on the version of PostgreSQL or on the search_path of the database.
SET search_path = pg_catalog, pg_temp;

CREATE TEMP VIEW member AS
    SELECT classid, objid AS oid, obj_description(objid, classid::regclass::text) AS comment
    FROM pg_depend
    WHERE refclassid = 'pg_extension'::regclass AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'clm') AND deptype = 'e';

-- What PostgreSQL calls and users do not. The comments of helpers say so themselves.
CREATE TEMP VIEW internal AS
    SELECT unnest(ARRAY[aggtransfn, aggcombinefn, aggfinalfn, aggtranstype])::oid AS oid FROM pg_aggregate
    UNION SELECT unnest(ARRAY[typinput, typoutput, typreceive, typsend, typmodin, typmodout])::oid FROM pg_type
    UNION SELECT prosupport::oid FROM pg_proc
    UNION SELECT amproc::oid FROM pg_amproc
    UNION SELECT oid FROM member WHERE comment ~ '^(Part of clm\.|Implementation of the |For the planner: )';

CREATE TEMP VIEW attribute AS
    SELECT attrelid, json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod),
                                                'comment', col_description(attrelid, attnum)) ORDER BY attnum) AS attributes
    FROM pg_attribute WHERE attnum > 0 AND NOT attisdropped GROUP BY attrelid;

CREATE TEMP VIEW object AS
    SELECT oid, oid AS sort, json_build_object('kind', CASE prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END,
        'name', proname, 'comment', comment, 'volatile', provolatile, 'parallel', proparallel, 'set', proretset,
        'result', format_type(prorettype, NULL), 'arguments', arguments) AS data
    FROM member JOIN pg_proc p USING (oid), LATERAL (
        SELECT coalesce(json_agg(json_build_object('mode', coalesce(proargmodes[n], 'i'), 'name', coalesce(proargnames[n], ''),
                   'type', format_type(type, NULL), 'default', pg_get_function_arg_default(p.oid, n::int)) ORDER BY n), '[]') AS arguments
        FROM unnest(coalesce(proallargtypes, proargtypes::oid[])) WITH ORDINALITY a(type, n)) a
    WHERE classid = 'pg_proc'::regclass
    UNION ALL
    SELECT t.oid, t.oid, json_build_object('kind', 'type', 'name', typname, 'sort', typtype,
        'comment', coalesce(comment, obj_description(typrelid, 'pg_class')),
        'base', CASE typtype WHEN 'd' THEN format_type(typbasetype, typtypmod) END, 'attributes', attributes,
        'labels', (SELECT json_agg(enumlabel ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid))
    FROM member JOIN pg_type t USING (oid) LEFT JOIN pg_class c ON c.oid = typrelid LEFT JOIN attribute ON attrelid = typrelid
    WHERE classid = 'pg_type'::regclass AND typcategory <> 'A' AND coalesce(relkind, 'c') = 'c'
    UNION ALL
    SELECT c.oid, c.oid, json_build_object('kind', CASE relkind WHEN 'v' THEN 'view' ELSE 'table' END, 'name', relname,
        'comment', comment, 'attributes', attributes)
    FROM member JOIN pg_class c USING (oid) JOIN attribute ON attrelid = oid
    WHERE classid = 'pg_class'::regclass AND relkind IN ('r', 'p', 'v', 'm')
    UNION ALL
    SELECT o.oid, oprcode, json_build_object('kind', 'operator', 'name', oprname, 'comment', comment,
        'left', format_type(nullif(oprleft, 0), NULL), 'right', format_type(oprright, NULL), 'result', format_type(oprresult, NULL))
    FROM member JOIN pg_operator o USING (oid) WHERE classid = 'pg_operator'::regclass
    UNION ALL
    SELECT c.oid, c.oid, json_build_object('kind', 'operator class', 'name', opcname, 'comment', comment, 'method', amname)
    FROM member JOIN pg_opclass c USING (oid) JOIN pg_am a ON a.oid = opcmethod WHERE classid = 'pg_opclass'::regclass;

SELECT json_agg(json_build_object('internal', oid IN (SELECT oid FROM internal) OR data ->> 'kind' = 'operator class', 'data', data)
                ORDER BY sort, oid)
FROM object;
