-- For tests: everything that the catalogs say about the objects of the extension clm, one line a fact, without what differs from
-- one installation to the next (OIDs, sizes, files). Rows are found by their dependency on the extension, columns by what the
-- server knows of its catalogs: nothing is listed here that a new kind of object could escape.
-- SELECT * FROM pg_temp.objects() ORDER BY 1 prints them.

-- An object as text. A function's name alone would not do.
CREATE FUNCTION pg_temp.name_of(class oid, object oid, sub integer DEFAULT 0) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN object = 0 THEN '-' ELSE coalesce((SELECT i.type || ' ' || i.identity FROM pg_identify_object(class, object, sub) i), '?') END
$$;

-- What a server prints of parse trees, which hold OIDs.
CREATE FUNCTION pg_temp.definition(class regclass, object oid) RETURNS text LANGUAGE sql AS $$
    SELECT CASE class
        WHEN 'pg_proc'::regclass THEN (SELECT CASE WHEN prokind IN ('f', 'p') THEN pg_get_functiondef(object) ELSE pg_get_function_arguments(object) END FROM pg_proc WHERE oid = object)
        WHEN 'pg_class'::regclass THEN (SELECT CASE relkind WHEN 'v' THEN pg_get_viewdef(object) WHEN 'i' THEN pg_get_indexdef(object) END FROM pg_class WHERE oid = object)
        WHEN 'pg_constraint'::regclass THEN pg_get_constraintdef(object)
        WHEN 'pg_rewrite'::regclass THEN pg_get_ruledef(object)
        WHEN 'pg_trigger'::regclass THEN pg_get_triggerdef(object)
        WHEN 'pg_attrdef'::regclass THEN (SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef WHERE oid = object) END
$$;

-- The value of a column as text: references by name, lists of rights sorted.
CREATE FUNCTION pg_temp.fact(value jsonb, kind regtype, refers_to oid) RETURNS text LANGUAGE sql AS $$
    SELECT CASE
        WHEN value = 'null' THEN NULL
        WHEN refers_to IS NOT NULL AND jsonb_typeof(value) = 'array' THEN (SELECT string_agg(pg_temp.name_of(refers_to, e::oid), ', ' ORDER BY n) FROM jsonb_array_elements_text(value) WITH ORDINALITY a(e, n))
        WHEN refers_to IS NOT NULL THEN pg_temp.name_of(refers_to, (value #>> '{}')::oid)
        WHEN kind = 'aclitem[]'::regtype THEN (SELECT string_agg(e, ', ' ORDER BY e) FROM jsonb_array_elements_text(value) e)
        -- Servers from 15.20 on keep versions of a composite's attributes there, which are positions in the log of an installation.
        WHEN kind = 'text[]'::regtype THEN (SELECT string_agg(e, ', ') FROM jsonb_array_elements_text(value) e WHERE e NOT LIKE 'pg\_attver=%')
        ELSE value #>> '{}' END
$$;

-- The columns of a catalog as jsonb, functions by OID, without parse trees, and without what an installation has of its own. The
-- server does not hold anybody to attndims, which versions of it fill in differently.
CREATE FUNCTION pg_temp.columns_of(catalog regclass) RETURNS text LANGUAGE sql AS $$
    SELECT format('jsonb_build_object(%s)', string_agg(format('%L, t.%I%s', attname, attname, CASE atttypid WHEN 'regproc'::regtype THEN '::oid' WHEN 'oidvector'::regtype THEN '::oid[]' END), ', '))
    FROM pg_attribute WHERE attrelid = catalog AND attnum > 0 AND atttypid <> 'pg_node_tree'::regtype
        AND attname <> ALL ('{oid,relfilenode,relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid,reltoastrelid,attcacheoff,attndims,attmissingval,atthasmissing,extconfig,extcondition}')
$$;

CREATE FUNCTION pg_temp.objects() RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog AS $$
DECLARE
    found record;
    rows text;
BEGIN
    CREATE TEMP TABLE member ON COMMIT DROP AS
        WITH RECURSIVE member(classid, objid) AS (
            SELECT 'pg_extension'::regclass::oid, oid FROM pg_extension WHERE extname = 'clm'
            UNION SELECT d.classid, d.objid FROM pg_depend d JOIN member m ON d.refclassid = m.classid AND d.refobjid = m.objid
            WHERE d.deptype IN ('e', 'i', 'a') AND NOT EXISTS (SELECT FROM pg_class t WHERE d.classid = 'pg_class'::regclass AND t.oid = d.objid AND t.relkind = 't'))
        SELECT DISTINCT classid, objid FROM member
        UNION SELECT 'pg_namespace'::regclass, 'clm'::regnamespace;
    CREATE TEMP TABLE reference ON COMMIT DROP AS
        SELECT fktable, fkcols[1] AS col, pktable FROM pg_get_catalog_foreign_keys() WHERE pkcols = '{oid}' AND cardinality(fkcols) = 1;
    -- The catalogs whose rows are of these objects, and the column that says of which.
    FOR found IN
        SELECT m.classid::regclass AS class, m.classid::regclass AS of_class, 'oid' AS key FROM (SELECT DISTINCT classid FROM member) m
        UNION ALL VALUES ('pg_attribute'::regclass, 'pg_class'::regclass, 'attrelid'), ('pg_aggregate', 'pg_proc', 'aggfnoid'), ('pg_index', 'pg_class', 'indexrelid'),
            ('pg_enum', 'pg_type', 'enumtypid'), ('pg_range', 'pg_type', 'rngtypid'), ('pg_inherits', 'pg_class', 'inhrelid'), ('pg_sequence', 'pg_class', 'seqrelid')
    LOOP
        RETURN QUERY EXECUTE format($sql$
SELECT concat_ws(' | ', pg_temp.name_of(%2$s, m.objid), concat_ws(' ', %4$L, t.part), c.key, coalesce(pg_temp.fact(c.value, a.atttypid, r.pktable), 'NULL'))
FROM (SELECT t.%3$I::oid AS id, %6$s AS part, %5$s AS columns FROM %4$s t) t JOIN member m ON m.classid = %2$s AND m.objid = t.id,
    LATERAL jsonb_each(t.columns) c JOIN pg_attribute a ON a.attrelid = %1$s AND a.attname = c.key LEFT JOIN reference r ON r.fktable = %1$s AND r.col = c.key
WHERE c.key <> 'enumsortorder' AND coalesce((t.columns ->> 'attnum')::int, 1) > 0$sql$,
            found.class::oid, found.of_class::oid, found.key, found.class, pg_temp.columns_of(found.class),
            CASE found.class WHEN 'pg_attribute'::regclass THEN 't.attnum' WHEN 'pg_enum'::regclass THEN 'row_number() OVER (PARTITION BY t.enumtypid ORDER BY t.enumsortorder)' ELSE 'NULL' END);
    END LOOP;
    RETURN QUERY SELECT concat_ws(' | ', pg_temp.name_of(m.classid, m.objid), 'definition', pg_temp.definition(m.classid, m.objid)) FROM member m;
    RETURN QUERY SELECT concat_ws(' | ', pg_temp.name_of(d.classoid, d.objoid, d.objsubid), 'comment', d.description) FROM pg_description d JOIN member m ON d.classoid = m.classid AND d.objoid = m.objid;
    RETURN QUERY SELECT concat_ws(' | ', pg_temp.name_of(p.classoid, p.objoid, p.objsubid), 'initial rights', p.privtype, (SELECT string_agg(a::text, ', ' ORDER BY a::text) FROM unnest(p.initprivs) a))
        FROM pg_init_privs p JOIN member m ON p.classoid = m.classid AND p.objoid = m.objid;
    RETURN QUERY SELECT concat_ws(' | ', pg_temp.name_of(d.classid, d.objid, d.objsubid), 'depends', d.deptype, pg_temp.name_of(d.refclassid, d.refobjid, d.refobjsubid))
        FROM pg_depend d JOIN member m ON d.classid = m.classid AND d.objid = m.objid;
    RETURN QUERY SELECT concat_ws(' | ', 'dumped', c.oid::regclass, e.extcondition[c.n]) FROM pg_extension e, unnest(e.extconfig) WITH ORDINALITY c(oid, n) WHERE e.extname = 'clm';
    FOR rows IN SELECT objid::regclass FROM member JOIN pg_class c ON c.oid = objid WHERE classid = 'pg_class'::regclass AND relkind = 'r' AND relname LIKE '%\_builtin' LOOP
        RETURN QUERY EXECUTE format('SELECT concat_ws('' | '', %L, ''row'', t) FROM %s t', rows, rows);
    END LOOP;
    DROP TABLE member, reference;
END
$$;
