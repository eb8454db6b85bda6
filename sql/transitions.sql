-- clm.transitions: migration. How many customers moved from one state to another, what a customer is worth by state, and
-- where the customers will be.

CREATE TYPE clm.transitions;

CREATE FUNCTION clm.transitions_in(cstring) RETURNS clm.transitions
    AS 'MODULE_PATHNAME', 'clm_transitions_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.transitions_out(clm.transitions) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_transitions_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.transitions_recv(internal) RETURNS clm.transitions
    AS 'MODULE_PATHNAME', 'clm_transitions_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.transitions_send(clm.transitions) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_transitions_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.transitions_in(cstring) IS 'Text input of clm.transitions';
COMMENT ON FUNCTION clm.transitions_out(clm.transitions) IS 'Text output of clm.transitions';
COMMENT ON FUNCTION clm.transitions_recv(internal) IS 'Binary input of clm.transitions';
COMMENT ON FUNCTION clm.transitions_send(clm.transitions) IS 'Binary output of clm.transitions';

CREATE TYPE clm.transitions (
    INPUT = clm.transitions_in,
    OUTPUT = clm.transitions_out,
    RECEIVE = clm.transitions_recv,
    SEND = clm.transitions_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE clm.transitions IS
    'How many moves there were from each state to each other, or to itself, sorted by the names of the states. Text form: '
    '{new>growing:120,"on hold">churned:3}; a name has at most 1024 bytes';

-- What is in it

CREATE FUNCTION clm.entries(t clm.transitions, OUT from_state text, OUT to_state text, OUT count bigint, OUT share float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_transitions_entries' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 30;
COMMENT ON FUNCTION clm.entries(clm.transitions) IS
    'The moves as rows, by name: how many there were from from_state to to_state, and their share in all moves out of '
    'from_state; what a Sankey chart needs';

CREATE FUNCTION clm.merge(a clm.transitions, b clm.transitions) RETURNS clm.transitions
    AS 'MODULE_PATHNAME', 'clm_transitions_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300;
COMMENT ON FUNCTION clm.merge(clm.transitions, clm.transitions) IS
    'The moves of both; their numbers add up. The same as a + b';

CREATE FUNCTION clm.transitions_eq(clm.transitions, clm.transitions) RETURNS boolean
    AS 'MODULE_PATHNAME', 'clm_transitions_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
CREATE FUNCTION clm.transitions_ne(clm.transitions, clm.transitions) RETURNS boolean
    AS 'MODULE_PATHNAME', 'clm_transitions_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 50;
COMMENT ON FUNCTION clm.transitions_eq(clm.transitions, clm.transitions) IS 'Implementation of the = operator';
COMMENT ON FUNCTION clm.transitions_ne(clm.transitions, clm.transitions) IS 'Implementation of the <> operator';

CREATE OPERATOR clm.= (
    LEFTARG = clm.transitions, RIGHTARG = clm.transitions, FUNCTION = clm.transitions_eq,
    COMMUTATOR = OPERATOR(clm.=), NEGATOR = OPERATOR(clm.<>), RESTRICT = eqsel, JOIN = eqjoinsel
);
CREATE OPERATOR clm.<> (
    LEFTARG = clm.transitions, RIGHTARG = clm.transitions, FUNCTION = clm.transitions_ne,
    COMMUTATOR = OPERATOR(clm.<>), NEGATOR = OPERATOR(clm.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR clm.+ (
    LEFTARG = clm.transitions, RIGHTARG = clm.transitions, FUNCTION = clm.merge, COMMUTATOR = OPERATOR(clm.+)
);
COMMENT ON OPERATOR clm.= (clm.transitions, clm.transitions) IS 'same moves, as often';
COMMENT ON OPERATOR clm.<> (clm.transitions, clm.transitions) IS 'different moves, or not as often';
COMMENT ON OPERATOR clm.+ (clm.transitions, clm.transitions) IS 'the moves of both, as clm.merge(a, b)';

-- The Markov chain

CREATE FUNCTION clm.clv_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_clv_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.clv_support(internal) IS 'For the planner: number of rows of clm.clv(transitions, ...)';
CREATE FUNCTION clm.clv(t clm.transitions, states text[], rewards float8[], discount float8, periods integer DEFAULT NULL,
                        OUT state text, OUT clv float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_clv_transitions' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000 ROWS 8
    SUPPORT clm.clv_support;
COMMENT ON FUNCTION clm.clv(clm.transitions, text[], float8[], float8, integer) IS
    'Value of a customer by the state at the start (Pfeifer & Carraway 2000): rewards[i] is money a period in states[i], the '
    'first one now; discount is a rate per period, and a period is the time of one move. periods counts the moves ahead, so '
    'periods + 1 rewards; NULL: for ever, which needs a discount above 0. Lists all states of the data and no others, at most '
    '200. A state that nobody leaves in the data is final and worth 0, with a warning. A NULL in place of any other argument '
    'gives no rows';

CREATE FUNCTION clm.forecast_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_forecast_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.forecast_support(internal) IS 'For the planner: number of rows of clm.forecast(transitions, ...)';
CREATE FUNCTION clm.forecast(t clm.transitions, states text[], mix float8[], steps integer,
                             OUT step integer, OUT state text, OUT amount float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_transitions_forecast' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 2000 ROWS 100
    SUPPORT clm.forecast_support;
COMMENT ON FUNCTION clm.forecast(clm.transitions, text[], float8[], integer) IS
    'Where customers will be: mix[i] customers, or a share of them, in states[i] at step 0, moved ahead step by step by the '
    'shares of the moves; the total stays. Lists all states of the data and no others, at most 200; at most 10000 steps. A '
    'state that nobody leaves in the data keeps whom it gets';

-- Aggregates

CREATE TYPE clm.transitions_state;

CREATE FUNCTION clm.transitions_state_in(cstring) RETURNS clm.transitions_state
    AS 'MODULE_PATHNAME', 'clm_transitions_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.transitions_state_out(clm.transitions_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_transitions_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.transitions_state_recv(internal) RETURNS clm.transitions_state
    AS 'MODULE_PATHNAME', 'clm_transitions_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.transitions_state_send(clm.transitions_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_transitions_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.transitions_state_in(cstring) IS 'Text input of clm.transitions_state';
COMMENT ON FUNCTION clm.transitions_state_out(clm.transitions_state) IS 'Text output of clm.transitions_state';
COMMENT ON FUNCTION clm.transitions_state_recv(internal) IS 'Binary input of clm.transitions_state';
COMMENT ON FUNCTION clm.transitions_state_send(clm.transitions_state) IS 'Binary output of clm.transitions_state';

CREATE TYPE clm.transitions_state (
    INPUT = clm.transitions_state_in,
    OUTPUT = clm.transitions_state_out,
    RECEIVE = clm.transitions_state_recv,
    SEND = clm.transitions_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.transitions_state IS 'Transitions in the making: the state of the aggregates transitions and rollup';

CREATE FUNCTION clm.transitions_transition(clm.transitions_state, text, text) RETURNS clm.transitions_state
    AS 'MODULE_PATHNAME', 'clm_transitions_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 7;
CREATE FUNCTION clm.transitions_transition(clm.transitions_state, clm.stage, clm.stage) RETURNS clm.transitions_state
    AS 'MODULE_PATHNAME', 'clm_transitions_stage_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 12;
CREATE FUNCTION clm.transitions_rollup_transition(clm.transitions_state, clm.transitions) RETURNS clm.transitions_state
    AS 'MODULE_PATHNAME', 'clm_transitions_rollup_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
CREATE FUNCTION clm.transitions_combine(clm.transitions_state, clm.transitions_state) RETURNS clm.transitions_state
    AS 'MODULE_PATHNAME', 'clm_transitions_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
CREATE FUNCTION clm.transitions_final(clm.transitions_state) RETURNS clm.transitions
    AS 'MODULE_PATHNAME', 'clm_transitions_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
COMMENT ON FUNCTION clm.transitions_transition(clm.transitions_state, text, text) IS
    'Adds a move to the state of the aggregate clm.transitions';
COMMENT ON FUNCTION clm.transitions_transition(clm.transitions_state, clm.stage, clm.stage) IS
    'Adds a move between stages to the state of the aggregate clm.transitions';
COMMENT ON FUNCTION clm.transitions_rollup_transition(clm.transitions_state, clm.transitions) IS
    'Adds the moves of transitions to the state of the aggregate clm.rollup';
COMMENT ON FUNCTION clm.transitions_combine(clm.transitions_state, clm.transitions_state) IS
    'One state with the moves of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.transitions_final(clm.transitions_state) IS 'The transitions that a state has gathered';

-- SSPACE is the state of some sixty distinct moves.
CREATE AGGREGATE clm.transitions(from_state text, to_state text) (
    SFUNC = clm.transitions_transition,
    STYPE = clm.transitions_state,
    SSPACE = 4096,
    FINALFUNC = clm.transitions_final,
    COMBINEFUNC = clm.transitions_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.transitions(text, text) IS
    'Counts the moves of customers from one state to another, one a row; a customer who stays is a move from a state to '
    'itself. A row with a NULL is skipped, the order of the rows does not matter';

CREATE AGGREGATE clm.transitions(from_stage clm.stage, to_stage clm.stage) (
    SFUNC = clm.transitions_transition,
    STYPE = clm.transitions_state,
    SSPACE = 4096,
    FINALFUNC = clm.transitions_final,
    COMBINEFUNC = clm.transitions_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.transitions(clm.stage, clm.stage) IS
    'Counts the moves of customers from one lifecycle stage to another, as transitions(text, text) does by the stages'' names; '
    'cast the stage to text where the other state is one';

CREATE AGGREGATE clm.rollup(t clm.transitions) (
    SFUNC = clm.transitions_rollup_transition,
    STYPE = clm.transitions_state,
    SSPACE = 4096,
    FINALFUNC = clm.transitions_final,
    COMBINEFUNC = clm.transitions_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.rollup(clm.transitions) IS 'The moves of all transitions; their numbers add up';
