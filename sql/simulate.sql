-- Purchases from known parameters

CREATE FUNCTION clm.simulate_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_simulate_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.simulate_support(internal) IS 'For the planner: number of rows and cost of clm.simulate(...)';
CREATE FUNCTION clm.simulate(
    customers bigint, start date, stop date, seed bigint DEFAULT 1, family text DEFAULT 'mbg/nbd',
    params float8[] DEFAULT NULL, period integer DEFAULT 7, spend float8[] DEFAULT NULL, join_by date DEFAULT NULL,
    OUT customer_id bigint, OUT day date, OUT amount float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_simulate' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100000 ROWS 10000
    SUPPORT clm.simulate_support;
COMMENT ON FUNCTION clm.simulate(bigint, date, date, bigint, text, float8[], integer, float8[], date) IS
    'Purchases of simulated customers in start .. stop, the same for the same arguments: first purchases fall evenly '
    'between start and join_by (NULL: stop), repeat purchases follow the family with params in periods of `period` days, '
    'amounts follow gamma-gamma with spend (p, q, gamma). NULL params and spend: estimates for CDNOW';
