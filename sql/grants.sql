-- A trusted installation leaves the schema to its owner alone: here everybody may use it, and its owner may keep rows.

GRANT USAGE ON SCHEMA clm TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA clm TO PUBLIC;

DO $$
DECLARE
    user_table regclass;
BEGIN
    FOR user_table IN
        SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'clm'::regnamespace AND c.relkind = 'r' AND c.relname LIKE '%\_user'
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO %s', user_table,
            (SELECT extowner::regrole FROM pg_extension WHERE extname = 'clm'));
    END LOOP;
END
$$;
