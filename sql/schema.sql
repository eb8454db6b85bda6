-- A trusted installation runs as a superuser in a schema that may have been there before, with another user's objects in
-- it. Nothing below may find those: names are looked up in the server's own schema only, and the schema must be empty and
-- the installer's.
SET LOCAL search_path = pg_catalog, pg_temp;

DO $$
DECLARE
    installer oid := (SELECT extowner FROM pg_extension WHERE extname = 'clm');
BEGIN
    IF EXISTS (SELECT FROM pg_depend
               WHERE refclassid = 'pg_namespace'::regclass AND refobjid = 'clm'::regnamespace
                 AND classid <> 'pg_extension'::regclass) THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_schema', MESSAGE = 'schema "clm" is not empty',
            HINT = 'Move or drop what is in it, then install the extension clm.';
    END IF;
    IF NOT pg_has_role(installer, (SELECT nspowner FROM pg_namespace WHERE nspname = 'clm'), 'MEMBER') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'schema "clm" belongs to another user',
            HINT = 'Its owner could add functions that stand in for those of the extension.';
    END IF;
END
$$;

COMMENT ON SCHEMA clm IS
    'Customer lifecycle management: histories of customers, fitted models, value, churn risk and lifecycle stages';
