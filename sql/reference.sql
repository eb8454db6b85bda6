-- Reference tables: for every table clm.x_builtin of shipped rows the table clm.x_user of the user's own and the view
-- clm.x over both. A user's row adds to the shipped ones or stands in for the one of its key; a hidden one takes it out. So
-- upgrades replace the shipped rows, dumps carry the user's, and neither meets the other.
--
-- A column refers to another of these tables where it has the name of that table's key, or the table's own name where the
-- key is called code: system to clm.stage_system, lever to clm.lever. A row drops out with a hidden one that it refers to.
DO $$
DECLARE
    shipped record;
BEGIN
    FOR shipped IN
        SELECT left(t.relname, -length('_builtin')) AS name, string_agg(format('%I', a.attname), ', ' ORDER BY k.n) AS key
        FROM pg_class t
            JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
            CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
        WHERE t.relnamespace = 'clm'::regnamespace AND t.relname LIKE '%\_builtin'
        GROUP BY t.relname
    LOOP
        EXECUTE format('CREATE TABLE clm.%I (LIKE clm.%I INCLUDING COMMENTS, hidden boolean NOT NULL DEFAULT false, PRIMARY KEY (%s))',
            shipped.name || '_user', shipped.name || '_builtin', shipped.key);
        EXECUTE format('COMMENT ON TABLE clm.%I IS %L', shipped.name || '_user',
            format('Your own rows of clm.%I: a row adds one or replaces the shipped one of its key (%s), hidden => true takes it out',
                shipped.name, shipped.key));
        EXECUTE format('COMMENT ON COLUMN clm.%I.hidden IS %L', shipped.name || '_user',
            format('Takes the row of this key out of clm.%I, and what refers to it', shipped.name));
        PERFORM pg_extension_config_dump(format('clm.%I', shipped.name || '_user')::regclass, '');
    END LOOP;
END
$$;

DO $$
DECLARE
    shipped record;
    described record;
BEGIN
    FOR shipped IN
        WITH part AS (
            SELECT t.oid, left(t.relname, -length('_builtin')) AS name, a.attname, a.attnum,
                   a.attnum = ANY (i.indkey) AS in_key, i.indnkeyatts
            FROM pg_class t
                JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE t.relnamespace = 'clm'::regnamespace AND t.relname LIKE '%\_builtin'),
        parent AS (
            SELECT name, attname AS key, CASE attname WHEN 'code' THEN name ELSE attname END AS referred_as
            FROM part WHERE in_key AND indnkeyatts = 1)
        SELECT p.name, obj_description(p.oid, 'pg_class') AS subject,
               string_agg(format('%I', p.attname), ', ' ORDER BY p.attnum) AS columns,
               string_agg(format('u.%1$I = b.%1$I', p.attname), ' AND ' ORDER BY p.attnum) FILTER (WHERE p.in_key) AS same_key,
               string_agg((SELECT string_agg(format('NOT EXISTS (SELECT FROM clm.%I h WHERE h.%I = r.%I AND h.hidden)',
                                                    parent.name || '_user', parent.key, p.attname), ' AND ')
                           FROM parent WHERE parent.referred_as = p.attname AND parent.name <> p.name), ' AND ') AS parents_shown
        FROM part p
        GROUP BY p.name, p.oid
    LOOP
        EXECUTE format('CREATE VIEW clm.%1$I AS
            SELECT %4$s FROM (
                SELECT %4$s FROM clm.%2$I WHERE NOT hidden
                UNION ALL
                SELECT %4$s FROM clm.%3$I b WHERE NOT EXISTS (SELECT FROM clm.%2$I u WHERE %5$s)) r
            WHERE %6$s',
            shipped.name, shipped.name || '_user', shipped.name || '_builtin', shipped.columns, shipped.same_key,
            coalesce(shipped.parents_shown, 'true'));
        EXECUTE format('COMMENT ON VIEW clm.%I IS %L', shipped.name, shipped.subject || '; the shipped rows and your own');
        EXECUTE format('COMMENT ON TABLE clm.%I IS %L', shipped.name || '_builtin',
            shipped.subject || '; as shipped, replaced by upgrades');
        FOR described IN
            SELECT attname AS name, col_description(attrelid, attnum) AS comment FROM pg_attribute
            WHERE attrelid = format('clm.%I', shipped.name || '_builtin')::regclass AND attnum > 0 AND NOT attisdropped
        LOOP
            EXECUTE format('COMMENT ON COLUMN clm.%I.%I IS %L', shipped.name, described.name, described.comment);
        END LOOP;
    END LOOP;
END
$$;
