-- A trusted installation leaves the schema to its owner alone: here everybody may use it, and its owner may keep rows.

GRANT USAGE ON SCHEMA clm TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA clm TO PUBLIC;

DO $$
DECLARE
    user_table regclass;
BEGIN
    FOR user_table IN
        SELECT c.oid FROM pg_catalog.pg_class c
        WHERE c.relnamespace = 'clm'::pg_catalog.regnamespace AND c.relkind = 'r' AND c.relname LIKE '%\_user'
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s OWNER TO %s', user_table, '@extowner@');
    END LOOP;
END
$$;
