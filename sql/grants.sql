-- A trusted installation leaves the schema to a superuser alone: here everybody may use it, and the extension's owner may
-- keep rows of his own and let others do so.
--
-- The tables of users' rows stay the superuser's. Were they their keeper's, he could put code of his own into them (a
-- rule, a policy, a constraint), which would run as whoever calls label() or reads a view, superusers included. (The schema
-- is the installer's all the same, so he may add functions to it.)
DO $$
DECLARE
    user_table regclass;
BEGIN
    FOR user_table IN
        SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'clm'::regnamespace AND c.relkind = 'r' AND c.relname LIKE '%\_user'
    LOOP
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON %s TO %s WITH GRANT OPTION', user_table,
            (SELECT extowner::regrole FROM pg_extension WHERE extname = 'clm'));
    END LOOP;
END
$$;

GRANT USAGE ON SCHEMA clm TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA clm TO PUBLIC;
