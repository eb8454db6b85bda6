-- Retention with censoring: how many customers stay how long, where not all have left yet (Kaplan-Meier).

CREATE TYPE clm.retention_curve AS (
    customers bigint,
    churned bigint,
    tenure bigint[],
    at_risk bigint[],
    events bigint[],
    survival float8[],
    se float8[]
);
COMMENT ON TYPE clm.retention_curve IS
    'A retention curve, as the aggregate retention_curve returns it (Kaplan & Meier 1958): the arrays have an element for '
    'each tenure that occurs; clm.points(curve) lists it as rows, one a period';
COMMENT ON COLUMN clm.retention_curve.customers IS 'Number of customers';
COMMENT ON COLUMN clm.retention_curve.churned IS 'How many of them have left; the others are still there (censored)';
COMMENT ON COLUMN clm.retention_curve.tenure IS 'The tenures that occur, in completed periods, ascending';
COMMENT ON COLUMN clm.retention_curve.at_risk IS 'Customers with that tenure or a longer one, those still there included';
COMMENT ON COLUMN clm.retention_curve.events IS 'Customers who left at that tenure';
COMMENT ON COLUMN clm.retention_curve.survival IS
    'Share of customers who stay longer than that tenure: the product of 1 - events / at_risk up to it';
COMMENT ON COLUMN clm.retention_curve.se IS 'Standard error of survival by Greenwood''s formula; 0 where survival is 0';

CREATE TYPE clm.retention_curve_state;

CREATE FUNCTION clm.retention_curve_state_in(cstring) RETURNS clm.retention_curve_state
    AS 'MODULE_PATHNAME', 'clm_retention_curve_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.retention_curve_state_out(clm.retention_curve_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_retention_curve_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.retention_curve_state_recv(internal) RETURNS clm.retention_curve_state
    AS 'MODULE_PATHNAME', 'clm_retention_curve_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.retention_curve_state_send(clm.retention_curve_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_retention_curve_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.retention_curve_state_in(cstring) IS 'Text input of clm.retention_curve_state';
COMMENT ON FUNCTION clm.retention_curve_state_out(clm.retention_curve_state) IS 'Text output of clm.retention_curve_state';
COMMENT ON FUNCTION clm.retention_curve_state_recv(internal) IS 'Binary input of clm.retention_curve_state';
COMMENT ON FUNCTION clm.retention_curve_state_send(clm.retention_curve_state) IS 'Binary output of clm.retention_curve_state';

CREATE TYPE clm.retention_curve_state (
    INPUT = clm.retention_curve_state_in,
    OUTPUT = clm.retention_curve_state_out,
    RECEIVE = clm.retention_curve_state_recv,
    SEND = clm.retention_curve_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.retention_curve_state IS 'Tenures gathered for a curve: the state of the aggregate retention_curve';

CREATE FUNCTION clm.retention_curve_transition(clm.retention_curve_state, bigint, boolean) RETURNS clm.retention_curve_state
    AS 'MODULE_PATHNAME', 'clm_retention_curve_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 8;
CREATE FUNCTION clm.retention_curve_transition(clm.retention_curve_state, bigint, boolean, bigint)
    RETURNS clm.retention_curve_state
    AS 'MODULE_PATHNAME', 'clm_retention_curve_weight_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 9;
CREATE FUNCTION clm.retention_curve_combine(clm.retention_curve_state, clm.retention_curve_state)
    RETURNS clm.retention_curve_state
    AS 'MODULE_PATHNAME', 'clm_retention_curve_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
CREATE FUNCTION clm.retention_curve_final(clm.retention_curve_state) RETURNS clm.retention_curve
    AS 'MODULE_PATHNAME', 'clm_retention_curve_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.retention_curve_transition(clm.retention_curve_state, bigint, boolean) IS
    'Adds a customer to the state of the aggregate clm.retention_curve';
COMMENT ON FUNCTION clm.retention_curve_transition(clm.retention_curve_state, bigint, boolean, bigint) IS
    'Adds equal customers to the state of the aggregate clm.retention_curve';
COMMENT ON FUNCTION clm.retention_curve_combine(clm.retention_curve_state, clm.retention_curve_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.retention_curve_final(clm.retention_curve_state) IS
    'The retention curve of the customers that a state has gathered';

CREATE AGGREGATE clm.retention_curve(tenure bigint, churned boolean) (
    SFUNC = clm.retention_curve_transition,
    STYPE = clm.retention_curve_state,
    SSPACE = 65536,
    FINALFUNC = clm.retention_curve_final,
    COMBINEFUNC = clm.retention_curve_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.retention_curve(bigint, boolean) IS
    'The Kaplan-Meier retention curve of customers. tenure: completed periods until the customer left (churned) or, where the '
    'relation is open, until now; an open relation counts as long as it has been seen, never as kept for ever. A row with a '
    'NULL is skipped, no row gives NULL, a negative tenure is an error';
CREATE AGGREGATE clm.retention_curve(tenure bigint, churned boolean, weight bigint) (
    SFUNC = clm.retention_curve_transition,
    STYPE = clm.retention_curve_state,
    SSPACE = 65536,
    FINALFUNC = clm.retention_curve_final,
    COMBINEFUNC = clm.retention_curve_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.retention_curve(bigint, boolean, bigint) IS
    'The Kaplan-Meier retention curve of rows that stand for `weight` equal customers each; a row with a NULL or of weight 0 '
    'is skipped; a negative weight, and a negative tenure whatever its weight, is an error';

CREATE FUNCTION clm.points(curve clm.retention_curve, OUT period bigint, OUT at_risk bigint, OUT churned bigint,
    OUT retention_rate float8, OUT survival float8, OUT se float8, OUT ci_low float8, OUT ci_high float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_retention_curve_points' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000 ROWS 36;
COMMENT ON FUNCTION clm.points(clm.retention_curve) IS
    'The curve as rows, one a period from 0 to the longest tenure: customers at risk, how many of them left, the share that '
    'stayed (retention_rate), the share of all that stays longer (survival) with its standard error and 95 % interval '
    '(log-log, within 0 and 1; NULL where survival is 0 or 1). An error for more than 100,000 periods, or a curve that is not '
    'valid';
