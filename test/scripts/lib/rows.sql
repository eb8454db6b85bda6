-- For tests: a line for each table and view that is not the server's or shipped, with the number of its rows and a checksum of them
-- as text and of their bytes as the send functions write them. The order of rows does not matter, nor do OIDs, which are another
-- database's own: composites and arrays are taken apart, as their bytes name types by OID.
-- SELECT * FROM pg_temp.row_sums() ORDER BY 1 prints them.
-- Of the tables that match an argument, floating-point numbers count to nine digits: marts sum them in the order in which rows
-- happened to find room, so that after a refresh last digits differ from one database to the next.

-- An expression that gives another one of that type as text, or the bytes that its send function writes. Attributes called
-- added_by_test are left out: an upgrade has added them.
CREATE FUNCTION pg_temp.plain(value text, type oid, is_binary boolean, depth integer DEFAULT 0) RETURNS text LANGUAGE sql AS $$
    SELECT CASE
        WHEN t.typtype = 'd' THEN pg_temp.plain(format('(%s)::%s', value, t.typbasetype::regtype), t.typbasetype, is_binary, depth)
        WHEN t.typtype = 'c' THEN (SELECT format('CASE WHEN (%s) IS NOT DISTINCT FROM NULL THEN ''-'' ELSE concat_ws('':'', ''row'', %s) END', value,
                string_agg(pg_temp.plain(format('(%s).%I', value, a.attname), a.atttypid, is_binary, depth), ', ' ORDER BY a.attnum))
            FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'added_by_test')
        WHEN t.typcategory = 'A' AND t.typelem <> 0 AND t.typlen = -1 THEN format('(SELECT concat(array_dims(%2$s), string_agg(%1$s, '':'' ORDER BY n)) FROM unnest(%2$s) WITH ORDINALITY u%3$s(e%3$s, n))',
            pg_temp.plain('e' || depth, t.typelem, is_binary, depth + 1), value, depth)
        WHEN NOT is_binary OR t.typname LIKE 'reg%' THEN format('coalesce(%s::text, ''-'')', value)
        ELSE format('coalesce(%s(%s)::text, ''-'')', t.typsend, value) END
    FROM pg_type t WHERE t.oid = type
$$;

CREATE FUNCTION pg_temp.row_sums(rounded text DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog SET extra_float_digits = 1 SET datestyle = iso AS $$
DECLARE
    relation record;
BEGIN
    FOR relation IN
        SELECT c.oid::regclass AS name, p.texts, p.bytes
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace,
            LATERAL (SELECT string_agg(pg_temp.plain(v.value, a.atttypid, false), ', ' ORDER BY a.attnum) AS texts,
                            string_agg(pg_temp.plain(v.value, a.atttypid, true), ', ' ORDER BY a.attnum) AS bytes
                     FROM pg_attribute a, LATERAL (SELECT format(CASE WHEN a.atttypid = 'float8'::regtype AND c.oid::regclass::text ~ rounded
                                                                      THEN 'to_char(t.%I, ''9.99999999EEEE'')::float8' ELSE 't.%I' END, a.attname) AS value) v
                     WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> 'added_by_test') p
        WHERE c.relkind IN ('r', 'p', 'v', 'm') AND c.relispopulated AND n.nspname !~ '^pg_|^information_schema$' AND c.relname !~ '_builtin$' AND c.oid <> 'clm.tracked'::regclass AND c.relname <> 'added_by_test'
    LOOP
        RETURN QUERY EXECUTE format('SELECT concat_ws('' '', %L, count(*), md5(string_agg(p.texts, E''\n'' ORDER BY p.texts)), md5(string_agg(p.bytes, E''\n'' ORDER BY p.bytes)))
            FROM %s t, LATERAL (SELECT concat_ws('':'', %s) AS texts, concat_ws('':'', %s) AS bytes) p', relation.name, relation.name, relation.texts, relation.bytes);
    END LOOP;
    -- Not in a table, but kept by triggers
    RETURN QUERY SELECT concat_ws(' ', 'tracked', orders, target, md5(pg_get_functiondef(function)), made_by) FROM clm.tracked;
END
$$;
