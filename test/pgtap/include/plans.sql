-- For the tests of aggregates under every plan: the rows of the table source by row over the partitions of spread, so that
-- every group is spread over all of them; one query to compare the results of a query by, its answer, and its plan.
CREATE TABLE spread (LIKE source) PARTITION BY HASH (id);
CREATE TABLE spread_0 PARTITION OF spread FOR VALUES WITH (MODULUS 3, REMAINDER 0);
CREATE TABLE spread_1 PARTITION OF spread FOR VALUES WITH (MODULUS 3, REMAINDER 1);
CREATE TABLE spread_2 PARTITION OF spread FOR VALUES WITH (MODULUS 3, REMAINDER 2);
INSERT INTO spread SELECT * FROM source;
ANALYZE source; ANALYZE spread;

CREATE FUNCTION comparison_of(query text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT count(*) || '' '' || md5(string_agg(q::text, '' '' ORDER BY q::text)) FROM (%s) q', query)
$$;
CREATE FUNCTION digest_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    digest text;
BEGIN
    EXECUTE comparison_of(query) INTO digest;
    RETURN digest;
END
$$;
CREATE FUNCTION plan_of(query text, options text DEFAULT 'COSTS off') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    lines text := '';
BEGIN
    FOR line IN EXECUTE format('EXPLAIN (%s) %s', options, comparison_of(query)) LOOP
        lines := lines || line || E'\n';
    END LOOP;
    RETURN lines;
END
$$;
-- So that the planner aggregates in parts, early, also where combining the states costs more than it saves
SET LOCAL cpu_tuple_cost TO 1;
