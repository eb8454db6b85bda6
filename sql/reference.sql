-- Reference tables: for every table clm.x_builtin of shipped rows the table clm.x_user of the user's own and the view
-- clm.x over both. A user's row changes the columns that it gives of the shipped row of its key, or adds a row where no
-- such row is shipped; a hidden one takes the row out. So upgrades replace the shipped rows, dumps carry the user's, and
-- neither meets the other.
--
-- Nothing checks that an added row is complete: the row that another one changes may be gone from a later version, and
-- neither the upgrade nor a restore may fail for that.
--
-- A column refers to another of these tables where it has the name of that table's key, or the table's own name where the
-- key is called code: system to clm.stage_system, lever to clm.lever. A row drops out with a hidden one that it refers to.
DO $$
DECLARE
    shipped record;
BEGIN
    FOR shipped IN
        SELECT left(t.relname, -length('_builtin')) AS name, string_agg(format('%I', a.attname), ', ' ORDER BY k.n) AS key,
               (SELECT string_agg(format('ALTER %I DROP NOT NULL', o.attname), ', ' ORDER BY o.attnum) FROM pg_attribute o
                WHERE o.attrelid = t.oid AND o.attnum > 0 AND NOT o.attisdropped AND o.attnum <> ALL (i.indkey)) AS others_optional
        FROM pg_class t
            JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
            CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
        WHERE t.relnamespace = 'clm'::regnamespace AND t.relname LIKE '%\_builtin'
        GROUP BY t.oid, i.indexrelid
    LOOP
        EXECUTE format('CREATE TABLE clm.%I (LIKE clm.%I, hidden boolean NOT NULL DEFAULT false, PRIMARY KEY (%s))',
            shipped.name || '_user', shipped.name || '_builtin', shipped.key);
        EXECUTE format('ALTER TABLE clm.%I %s', shipped.name || '_user', shipped.others_optional);
        EXECUTE format('COMMENT ON TABLE clm.%I IS %L', shipped.name || '_user',
            format('Your own rows of clm.%I. To change a shipped row, give its key (%s) and what is to change: NULL keeps the '
                   'shipped value. To add a row, give a new key and every column: what is left out shows as NULL. To hide a '
                   'row, give its key and hidden => true', shipped.name, shipped.key));
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
               string_agg(format(CASE WHEN p.in_key THEN 'b.%1$I' ELSE 'coalesce(u.%1$I, b.%1$I) AS %1$I' END, p.attname), ', '
                          ORDER BY p.attnum) AS changed,
               string_agg(format('u.%1$I = b.%1$I', p.attname), ' AND ' ORDER BY p.attnum) FILTER (WHERE p.in_key) AS same_key,
               string_agg((SELECT string_agg(format('NOT EXISTS (SELECT FROM clm.%I h WHERE h.%I = r.%I AND h.hidden)',
                                                    parent.name || '_user', parent.key, p.attname), ' AND ' ORDER BY parent.name)
                           FROM parent WHERE parent.referred_as = p.attname AND parent.name <> p.name), ' AND ' ORDER BY p.attnum) AS parents_shown
        FROM part p
        GROUP BY p.name, p.oid
    LOOP
        EXECUTE format('CREATE VIEW clm.%1$I AS
            SELECT %4$s FROM (
                SELECT %5$s FROM clm.%3$I b LEFT JOIN clm.%2$I u ON %6$s WHERE u.hidden IS NOT TRUE
                UNION ALL
                SELECT %4$s FROM clm.%2$I u WHERE NOT hidden AND NOT EXISTS (SELECT FROM clm.%3$I b WHERE %6$s)) r
            WHERE %7$s',
            shipped.name, shipped.name || '_user', shipped.name || '_builtin', shipped.columns, shipped.changed, shipped.same_key,
            coalesce(shipped.parents_shown, 'true'));
        EXECUTE format('COMMENT ON VIEW clm.%I IS %L', shipped.name, shipped.subject || '; the shipped rows and your own');
        EXECUTE format('COMMENT ON TABLE clm.%I IS %L', shipped.name || '_builtin',
            shipped.subject || '; as shipped, replaced by upgrades');
        FOR described IN
            SELECT a.attname AS name, col_description(a.attrelid, a.attnum) AS comment,
                   CASE WHEN a.attnum = ANY (i.indkey) THEN 'key' ELSE 'NULL keeps the shipped value' END AS role
            FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
            WHERE a.attrelid = format('clm.%I', shipped.name || '_builtin')::regclass AND a.attnum > 0 AND NOT a.attisdropped
        LOOP
            EXECUTE format('COMMENT ON COLUMN clm.%I.%I IS %L', shipped.name, described.name, described.comment);
            EXECUTE format('COMMENT ON COLUMN clm.%I.%I IS %L', shipped.name || '_user', described.name,
                format('%s (%s)', described.comment, described.role));
        END LOOP;
    END LOOP;
END
$$;
