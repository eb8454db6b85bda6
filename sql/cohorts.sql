-- Cohorts by calendar period: when customers came, and how many of them bought, and for how much, in each period since.

CREATE TYPE clm.cohorts;

CREATE FUNCTION clm.cohorts_in(cstring) RETURNS clm.cohorts
    AS 'MODULE_PATHNAME', 'clm_cohorts_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.cohorts_out(clm.cohorts) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_cohorts_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.cohorts_recv(internal) RETURNS clm.cohorts
    AS 'MODULE_PATHNAME', 'clm_cohorts_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.cohorts_send(clm.cohorts) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_cohorts_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.cohorts_in(cstring) IS 'Text input of clm.cohorts';
COMMENT ON FUNCTION clm.cohorts_out(clm.cohorts) IS 'Text output of clm.cohorts';
COMMENT ON FUNCTION clm.cohorts_recv(internal) IS 'Binary input of clm.cohorts';
COMMENT ON FUNCTION clm.cohorts_send(clm.cohorts) IS 'Binary output of clm.cohorts';

CREATE TYPE clm.cohorts (
    INPUT = clm.cohorts_in,
    OUTPUT = clm.cohorts_out,
    RECEIVE = clm.cohorts_recv,
    SEND = clm.cohorts_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.cohorts IS
    'Cohorts of customers by calendar period, as the aggregate cohorts returns them; clm.entries(cohorts) lists them as rows. '
    'Equal cohorts have equal text: calendar, as_of in days since 2000-01-01, and the cells that are not empty, with their '
    'exact sums';

CREATE TYPE clm.cohorts_state;

CREATE FUNCTION clm.cohorts_state_in(cstring) RETURNS clm.cohorts_state
    AS 'MODULE_PATHNAME', 'clm_cohorts_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.cohorts_state_out(clm.cohorts_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_cohorts_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.cohorts_state_recv(internal) RETURNS clm.cohorts_state
    AS 'MODULE_PATHNAME', 'clm_cohorts_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.cohorts_state_send(clm.cohorts_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_cohorts_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.cohorts_state_in(cstring) IS 'Text input of clm.cohorts_state';
COMMENT ON FUNCTION clm.cohorts_state_out(clm.cohorts_state) IS 'Text output of clm.cohorts_state';
COMMENT ON FUNCTION clm.cohorts_state_recv(internal) IS 'Binary input of clm.cohorts_state';
COMMENT ON FUNCTION clm.cohorts_state_send(clm.cohorts_state) IS 'Binary output of clm.cohorts_state';

CREATE TYPE clm.cohorts_state (
    INPUT = clm.cohorts_state_in,
    OUTPUT = clm.cohorts_state_out,
    RECEIVE = clm.cohorts_state_recv,
    SEND = clm.cohorts_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.cohorts_state IS 'Counts and exact sums gathered for cohorts: the state of the aggregate cohorts';

CREATE FUNCTION clm.cohorts_transition(clm.cohorts_state, clm.history, date, text) RETURNS clm.cohorts_state
    AS 'MODULE_PATHNAME', 'clm_cohorts_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
CREATE FUNCTION clm.cohorts_combine(clm.cohorts_state, clm.cohorts_state) RETURNS clm.cohorts_state
    AS 'MODULE_PATHNAME', 'clm_cohorts_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 2000;
CREATE FUNCTION clm.cohorts_final(clm.cohorts_state) RETURNS clm.cohorts
    AS 'MODULE_PATHNAME', 'clm_cohorts_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
COMMENT ON FUNCTION clm.cohorts_transition(clm.cohorts_state, clm.history, date, text) IS
    'Adds a customer to the state of the aggregate clm.cohorts';
COMMENT ON FUNCTION clm.cohorts_combine(clm.cohorts_state, clm.cohorts_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.cohorts_final(clm.cohorts_state) IS 'The cohorts of the customers that a state has gathered';

-- SSPACE is the state of three years of months, in money, with its spare room.
CREATE AGGREGATE clm.cohorts(h clm.history, as_of date, calendar text) (
    SFUNC = clm.cohorts_transition,
    STYPE = clm.cohorts_state,
    SSPACE = 49152,
    FINALFUNC = clm.cohorts_final,
    COMBINEFUNC = clm.cohorts_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.cohorts(clm.history, date, text) IS
    'Customers by the calendar period of their first occasion, and by period since then how many were active, how many stayed, '
    'and the sum of their net amounts, correctly rounded whatever the order of the rows; what lies before the first '
    'occasion''s period counts to that period. calendar: ''week'' (of ISO 8601, from Monday), ''month'', ''quarter'' or '
    '''year'', in any letter case, the same for all rows; as_of: the last day that counts, the same for all. Histories that '
    'are NULL or have no occasion by then are skipped, none at all gives NULL. An error where as_of is NULL or infinite, '
    'where calendar is NULL or unknown, and where a first occasion lies 4,000 periods or more before that of as_of';

CREATE FUNCTION clm.cohorts_entries_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_cohorts_entries_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.cohorts_entries_support(internal) IS 'For the planner: number of rows of clm.entries(cohorts)';
CREATE FUNCTION clm.entries(cohorts clm.cohorts, OUT cohort date, OUT period integer, OUT period_day date, OUT size bigint,
    OUT active bigint, OUT stayed bigint, OUT amount float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_cohorts_entries' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 13000 ROWS 666
    SUPPORT clm.cohorts_entries_support;
COMMENT ON FUNCTION clm.entries(clm.cohorts) IS
    'The cohorts as rows, one for each period of each cohort up to that of as_of, ordered by cohort and period: the first '
    'day of the cohort''s period; period 0, 1, ... from then on, and its first day (of the earliest dates there are, the first '
    'one); customers of the cohort; those active in the period; of these, those active in the period before too (0 in period 0); '
    'the sum of their net amounts. Summed by period_day this is growth accounting: new customers are the size where period = 0, '
    'returning ones sum(stayed), resurrected ones sum(active) - new - returning, and dormant ones the active of the period '
    'before less the returning. An error where a sum is beyond double precision';
