-- For the tests of cancels. Runs a statement: the SQLSTATE it ends with, the message, and after how many seconds. The timeout is that of the statement that calls this
CREATE FUNCTION pg_temp.run(statement text, OUT state text, OUT message text, OUT seconds float8) LANGUAGE plpgsql AS $$
DECLARE
    start timestamptz := clock_timestamp();
BEGIN
    BEGIN
        EXECUTE statement;
        state := '00000';
    EXCEPTION WHEN query_canceled THEN
        state := SQLSTATE;
        message := SQLERRM;
    END;
    seconds := extract(epoch FROM clock_timestamp() - start);
END
$$;
