-- A trusted installation leaves the schema to its owner alone: here its owner may keep rows, and everybody may use it.

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

-- Granted last, so that what is recorded as the extension's own privileges names the final owners: dumps leave it out.
GRANT USAGE ON SCHEMA clm TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA clm TO PUBLIC;
