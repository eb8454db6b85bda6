-- Who brings the value: its concentration on few customers, percentiles, and RFM scores of customers by cut points.

CREATE TYPE clm.concentration AS (
    n bigint,
    total float8,
    gini float8,
    peak float8,
    peak_position float8,
    top20 float8,
    loss float8,
    top80_customers bigint,
    top80_share float8
);
COMMENT ON TYPE clm.concentration IS
    'How concentrated value is on few customers, as the aggregate concentration returns it. Shares of the total are NULL where '
    'the total is not positive, or but a rounding error of gains and losses that cancel';
COMMENT ON COLUMN clm.concentration.n IS 'Number of customers';
COMMENT ON COLUMN clm.concentration.total IS 'Sum of all values';
COMMENT ON COLUMN clm.concentration.gini IS
    'Gini coefficient of the Lorenz curve: 0 where all values are equal, near 1 where one customer has all; NULL where a value '
    'is negative or the total is not positive';
COMMENT ON COLUMN clm.concentration.peak IS
    'Peak of the whale curve: the sum of the positive values as a share of the total, 1.3 for example (Kaplan & Narayanan 2001)';
COMMENT ON COLUMN clm.concentration.peak_position IS
    'Where the whale curve reaches its peak: the share of customers with a positive value';
COMMENT ON COLUMN clm.concentration.top20 IS
    'Share of the total that the best 20 % of the customers bring, rounded up to a whole customer';
COMMENT ON COLUMN clm.concentration.loss IS
    'Sum of the negative values as a share of the total, -0.3 for example; peak + loss = 1';
COMMENT ON COLUMN clm.concentration.top80_customers IS
    'Fewest customers who bring 80 % of the sum of the positive values; NULL where no value is positive';
COMMENT ON COLUMN clm.concentration.top80_share IS 'The same as a share of all customers';

CREATE TYPE clm.concentration_state;

CREATE FUNCTION clm.concentration_state_in(cstring) RETURNS clm.concentration_state
    AS 'MODULE_PATHNAME', 'clm_concentration_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.concentration_state_out(clm.concentration_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_concentration_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.concentration_state_recv(internal) RETURNS clm.concentration_state
    AS 'MODULE_PATHNAME', 'clm_concentration_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.concentration_state_send(clm.concentration_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_concentration_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.concentration_state_in(cstring) IS 'Text input of clm.concentration_state';
COMMENT ON FUNCTION clm.concentration_state_out(clm.concentration_state) IS 'Text output of clm.concentration_state';
COMMENT ON FUNCTION clm.concentration_state_recv(internal) IS 'Binary input of clm.concentration_state';
COMMENT ON FUNCTION clm.concentration_state_send(clm.concentration_state) IS 'Binary output of clm.concentration_state';

CREATE TYPE clm.concentration_state (
    INPUT = clm.concentration_state_in,
    OUTPUT = clm.concentration_state_out,
    RECEIVE = clm.concentration_state_recv,
    SEND = clm.concentration_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.concentration_state IS 'Values gathered: the state of the aggregates concentration and percentiles';

CREATE FUNCTION clm.concentration_transition(clm.concentration_state, float8) RETURNS clm.concentration_state
    AS 'MODULE_PATHNAME', 'clm_concentration_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
CREATE FUNCTION clm.concentration_combine(clm.concentration_state, clm.concentration_state) RETURNS clm.concentration_state
    AS 'MODULE_PATHNAME', 'clm_concentration_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
CREATE FUNCTION clm.concentration_final(clm.concentration_state) RETURNS clm.concentration
    AS 'MODULE_PATHNAME', 'clm_concentration_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.concentration_transition(clm.concentration_state, float8) IS
    'Adds a customer''s value to the state of the aggregates clm.concentration and clm.percentiles';
COMMENT ON FUNCTION clm.concentration_combine(clm.concentration_state, clm.concentration_state) IS
    'One state with the values of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.concentration_final(clm.concentration_state) IS 'The concentration of the values that a state has gathered';

CREATE AGGREGATE clm.concentration(v float8) (
    SFUNC = clm.concentration_transition,
    STYPE = clm.concentration_state,
    SSPACE = 65536,
    FINALFUNC = clm.concentration_final,
    COMBINEFUNC = clm.concentration_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.concentration(float8) IS
    'How concentrated the customers'' values (profit, revenue) are, one row a customer: Gini coefficient, peak, position and '
    'loss of the whale curve, share of the best 20 %, and the fewest customers with 80 % of the positive values. NULLs are '
    'skipped, no value gives NULL, NaN and infinity are errors';

CREATE FUNCTION clm.percentiles_final(clm.concentration_state) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'clm_percentiles_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.percentiles_final(clm.concentration_state) IS 'The percentiles of the values that a state has gathered';

CREATE AGGREGATE clm.percentiles(v float8) (
    SFUNC = clm.concentration_transition,
    STYPE = clm.concentration_state,
    SSPACE = 65536,
    FINALFUNC = clm.percentiles_final,
    COMBINEFUNC = clm.concentration_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.percentiles(float8) IS
    'The 99 percentiles of the customers'' values, ascending: element 50 is the median, 20, 40, 60 and 80 are the quintiles, 80, 95 and 99 the cuts of a customer pyramid. The k-th is the least '
    'value that at least k % of the values do not exceed: what percentile_disc gives, but in parallel and from several servers (Hyndman & Fan 1996, type 1). NULLs are skipped, no value '
    'gives NULL, NaN and infinity are errors';

CREATE FUNCTION clm.rfm_score(value float8, cuts float8[], lower_is_better boolean DEFAULT false) RETURNS integer
    AS 'MODULE_PATHNAME', 'clm_rfm_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION clm.rfm_score(float8, float8[], boolean) IS
    'RFM score 1 to n + 1 of a value among n ascending cut points, n + 1 the best; equal values score equal, and a value on a '
    'cut point takes its better side. Recency (days since the last purchase) needs lower_is_better => true. Quintiles as cuts: '
    'percentile_cont(ARRAY[.2,.4,.6,.8]) WITHIN GROUP (ORDER BY value). NULL where an argument is NULL; NaN and infinity, '
    'cuts that are empty, contain NULL or do not ascend are errors';
