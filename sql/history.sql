-- clm.history: what happened. One customer's sparse day series, built from rows by an aggregate.

CREATE TYPE clm.history;

CREATE FUNCTION clm.history_in(cstring) RETURNS clm.history
    AS 'MODULE_PATHNAME', 'clm_history_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.history_out(clm.history) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_history_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.history_recv(internal) RETURNS clm.history
    AS 'MODULE_PATHNAME', 'clm_history_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.history_send(clm.history) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_history_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.history_in(cstring) IS 'Text input of clm.history';
COMMENT ON FUNCTION clm.history_out(clm.history) IS 'Text output of clm.history';
COMMENT ON FUNCTION clm.history_recv(internal) IS 'Binary input of clm.history';
COMMENT ON FUNCTION clm.history_send(clm.history) IS 'Binary output of clm.history';

CREATE TYPE clm.history (
    INPUT = clm.history_in,
    OUTPUT = clm.history_out,
    RECEIVE = clm.history_recv,
    SEND = clm.history_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended,
    -- An untyped literal is a history where a function also takes another type of the extension.
    PREFERRED = true
);
COMMENT ON TYPE clm.history IS
    'One customer''s history: one entry a day (day, net amount, occasion or not), sorted. An occasion is a day with at '
    'least one row of amount >= 0; refunds alone make none. Text form: {2024-01-05:20,2024-02-11:-3}';

-- Accessors

CREATE FUNCTION clm.history(days date[], amounts float8[]) RETURNS clm.history
    AS 'MODULE_PATHNAME', 'clm_history_from_arrays' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 25;
COMMENT ON FUNCTION clm.history(date[], float8[]) IS
    'The history of the rows (days[i], amounts[i]), in any order; a row with a NULL is skipped, a day''s amounts add up';

CREATE FUNCTION clm.days(h clm.history) RETURNS date[]
    AS 'MODULE_PATHNAME', 'clm_history_days' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clm.days(clm.history) IS 'The days of the history, ascending, days of refunds alone included';

CREATE FUNCTION clm.amounts(h clm.history) RETURNS float8[]
    AS 'MODULE_PATHNAME', 'clm_history_amounts' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clm.amounts(clm.history) IS 'The net amount of each day of clm.days(h), in the same order';

CREATE FUNCTION clm.entries_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_entries_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.entries_support(internal) IS 'For the planner: number of rows of clm.entries(h)';
CREATE FUNCTION clm.entries(h clm.history, OUT day date, OUT amount float8, OUT occasion boolean) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_history_entries' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200 ROWS 10
    SUPPORT clm.entries_support;
COMMENT ON FUNCTION clm.entries(clm.history) IS 'The entries of the history as rows, by day';

CREATE FUNCTION clm.as_of(h clm.history, as_of date) RETURNS clm.history
    AS 'MODULE_PATHNAME', 'clm_history_as_of' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clm.as_of(clm.history, date) IS
    'The history as it stood at the end of the day as_of; NULL where nothing had happened yet';

CREATE FUNCTION clm.occasions(h clm.history, after date DEFAULT NULL, upto date DEFAULT NULL) RETURNS integer
    AS 'MODULE_PATHNAME', 'clm_history_occasions' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 8;
COMMENT ON FUNCTION clm.occasions(clm.history, date, date) IS
    'Number of occasions with after < day <= upto; a NULL bound is no bound';

CREATE FUNCTION clm.total(h clm.history, after date DEFAULT NULL, upto date DEFAULT NULL) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_history_total' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 8;
COMMENT ON FUNCTION clm.total(clm.history, date, date) IS
    'Sum of net amounts with after < day <= upto, refunds included; a NULL bound is no bound';

CREATE FUNCTION clm.first_day(h clm.history) RETURNS date
    AS 'MODULE_PATHNAME', 'clm_history_first_day' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4;
COMMENT ON FUNCTION clm.first_day(clm.history) IS 'Day of the first occasion; NULL where there is none';

CREATE FUNCTION clm.last_day(h clm.history) RETURNS date
    AS 'MODULE_PATHNAME', 'clm_history_last_day' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4;
COMMENT ON FUNCTION clm.last_day(clm.history) IS 'Day of the last occasion; NULL where there is none';

CREATE FUNCTION clm.recency(h clm.history, as_of date) RETURNS integer
    AS 'MODULE_PATHNAME', 'clm_history_recency' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION clm.recency(clm.history, date) IS
    'Days from the last occasion up to as_of, to as_of (less is more recent); NULL where there is none';

CREATE FUNCTION clm.tenure(h clm.history, as_of date) RETURNS integer
    AS 'MODULE_PATHNAME', 'clm_history_tenure' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION clm.tenure(clm.history, date) IS 'Days from the first occasion to as_of; NULL before the first occasion';

CREATE FUNCTION clm.cadence(h clm.history) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_history_cadence' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 6;
COMMENT ON FUNCTION clm.cadence(clm.history) IS 'Mean number of days between occasions; NULL for fewer than two occasions';

CREATE FUNCTION clm.trend(h clm.history, as_of date, period integer DEFAULT 30, k integer DEFAULT 6) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_history_trend' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 16;
COMMENT ON FUNCTION clm.trend(clm.history, date, integer, integer) IS
    'Relative slope of the amount per period of `period` days over the last k full periods that end with as_of, beginning '
    'with the period of the first occasion: least-squares slope / mean; -0.092 is a fall by 9.2 % a period. NULL for fewer '
    'than 3 periods or a mean that is not positive';

CREATE FUNCTION clm.merge(a clm.history, b clm.history) RETURNS clm.history
    AS 'MODULE_PATHNAME', 'clm_history_merge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 35;
COMMENT ON FUNCTION clm.merge(clm.history, clm.history) IS
    'One history with the entries of both; the amounts of a day that both have add up. The same as a + b';

CREATE FUNCTION clm.merge_new_days(a clm.history, b clm.history) RETURNS clm.history
    AS 'MODULE_PATHNAME', 'clm_history_merge_new_days' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clm.merge_new_days(clm.history, clm.history) IS
    'One history with the entries of both, to the last bit that of all rows aggregated at once; NULL where a day is in both, '
    'as rounded sums of a day do not tell that of all its rows';

-- Order: entry by entry by day, amount and occasion. It has no meaning but lets histories be grouped, joined and sorted.

CREATE FUNCTION clm.history_cmp(clm.history, clm.history) RETURNS integer
    AS 'MODULE_PATHNAME', 'clm_history_cmp' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION clm.history_eq(clm.history, clm.history) RETURNS boolean
    AS 'MODULE_PATHNAME', 'clm_history_eq' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION clm.history_ne(clm.history, clm.history) RETURNS boolean
    AS 'MODULE_PATHNAME', 'clm_history_ne' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION clm.history_lt(clm.history, clm.history) RETURNS boolean
    AS 'MODULE_PATHNAME', 'clm_history_lt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION clm.history_le(clm.history, clm.history) RETURNS boolean
    AS 'MODULE_PATHNAME', 'clm_history_le' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION clm.history_gt(clm.history, clm.history) RETURNS boolean
    AS 'MODULE_PATHNAME', 'clm_history_gt' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION clm.history_ge(clm.history, clm.history) RETURNS boolean
    AS 'MODULE_PATHNAME', 'clm_history_ge' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION clm.history_hash(clm.history) RETURNS integer
    AS 'MODULE_PATHNAME', 'clm_history_hash' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
CREATE FUNCTION clm.history_hash_extended(clm.history, bigint) RETURNS bigint
    AS 'MODULE_PATHNAME', 'clm_history_hash_extended' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clm.history_cmp(clm.history, clm.history) IS '-1, 0 or 1: a before, equal to or after b in the order of histories';
COMMENT ON FUNCTION clm.history_eq(clm.history, clm.history) IS 'Implementation of the = operator';
COMMENT ON FUNCTION clm.history_ne(clm.history, clm.history) IS 'Implementation of the <> operator';
COMMENT ON FUNCTION clm.history_lt(clm.history, clm.history) IS 'Implementation of the < operator';
COMMENT ON FUNCTION clm.history_le(clm.history, clm.history) IS 'Implementation of the <= operator';
COMMENT ON FUNCTION clm.history_gt(clm.history, clm.history) IS 'Implementation of the > operator';
COMMENT ON FUNCTION clm.history_ge(clm.history, clm.history) IS 'Implementation of the >= operator';
COMMENT ON FUNCTION clm.history_hash(clm.history) IS 'Hash of a history';
COMMENT ON FUNCTION clm.history_hash_extended(clm.history, bigint) IS 'Seeded 64-bit hash of a history';

CREATE OPERATOR clm.= (
    LEFTARG = clm.history, RIGHTARG = clm.history, FUNCTION = clm.history_eq,
    COMMUTATOR = OPERATOR(clm.=), NEGATOR = OPERATOR(clm.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES
);
CREATE OPERATOR clm.<> (
    LEFTARG = clm.history, RIGHTARG = clm.history, FUNCTION = clm.history_ne,
    COMMUTATOR = OPERATOR(clm.<>), NEGATOR = OPERATOR(clm.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
CREATE OPERATOR clm.< (
    LEFTARG = clm.history, RIGHTARG = clm.history, FUNCTION = clm.history_lt,
    COMMUTATOR = OPERATOR(clm.>), NEGATOR = OPERATOR(clm.>=), RESTRICT = scalarltsel, JOIN = scalarltjoinsel
);
CREATE OPERATOR clm.<= (
    LEFTARG = clm.history, RIGHTARG = clm.history, FUNCTION = clm.history_le,
    COMMUTATOR = OPERATOR(clm.>=), NEGATOR = OPERATOR(clm.>), RESTRICT = scalarlesel, JOIN = scalarlejoinsel
);
CREATE OPERATOR clm.> (
    LEFTARG = clm.history, RIGHTARG = clm.history, FUNCTION = clm.history_gt,
    COMMUTATOR = OPERATOR(clm.<), NEGATOR = OPERATOR(clm.<=), RESTRICT = scalargtsel, JOIN = scalargtjoinsel
);
CREATE OPERATOR clm.>= (
    LEFTARG = clm.history, RIGHTARG = clm.history, FUNCTION = clm.history_ge,
    COMMUTATOR = OPERATOR(clm.<=), NEGATOR = OPERATOR(clm.<), RESTRICT = scalargesel, JOIN = scalargejoinsel
);
CREATE OPERATOR clm.+ (
    LEFTARG = clm.history, RIGHTARG = clm.history, FUNCTION = clm.merge, COMMUTATOR = OPERATOR(clm.+)
);
COMMENT ON OPERATOR clm.= (clm.history, clm.history) IS 'same entries';
COMMENT ON OPERATOR clm.<> (clm.history, clm.history) IS 'different entries';
COMMENT ON OPERATOR clm.< (clm.history, clm.history) IS 'before in the order of histories';
COMMENT ON OPERATOR clm.<= (clm.history, clm.history) IS 'not after in the order of histories';
COMMENT ON OPERATOR clm.> (clm.history, clm.history) IS 'after in the order of histories';
COMMENT ON OPERATOR clm.>= (clm.history, clm.history) IS 'not before in the order of histories';
COMMENT ON OPERATOR clm.+ (clm.history, clm.history) IS 'one history with the entries of both, as clm.merge(a, b)';

CREATE OPERATOR CLASS clm.history_ops DEFAULT FOR TYPE clm.history USING btree AS
    OPERATOR 1 clm.<, OPERATOR 2 clm.<=, OPERATOR 3 clm.=, OPERATOR 4 clm.>=, OPERATOR 5 clm.>,
    FUNCTION 1 clm.history_cmp(clm.history, clm.history);
CREATE OPERATOR CLASS clm.history_hash_ops DEFAULT FOR TYPE clm.history USING hash AS
    OPERATOR 1 clm.=,
    FUNCTION 1 clm.history_hash(clm.history),
    FUNCTION 2 clm.history_hash_extended(clm.history, bigint);
COMMENT ON OPERATOR CLASS clm.history_ops USING btree IS 'Order of histories: entry by entry by day, amount and occasion';
COMMENT ON OPERATOR CLASS clm.history_hash_ops USING hash IS 'Hash of histories';

-- Aggregates

CREATE TYPE clm.history_state;

CREATE FUNCTION clm.history_state_in(cstring) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.history_state_out(clm.history_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_history_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.history_state_recv(internal) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.history_state_send(clm.history_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_history_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.history_state_in(cstring) IS 'Text input of clm.history_state';
COMMENT ON FUNCTION clm.history_state_out(clm.history_state) IS 'Text output of clm.history_state';
COMMENT ON FUNCTION clm.history_state_recv(internal) IS 'Binary input of clm.history_state';
COMMENT ON FUNCTION clm.history_state_send(clm.history_state) IS 'Binary output of clm.history_state';

CREATE TYPE clm.history_state (
    INPUT = clm.history_state_in,
    OUTPUT = clm.history_state_out,
    RECEIVE = clm.history_state_recv,
    SEND = clm.history_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = int4,
    STORAGE = extended
);
COMMENT ON TYPE clm.history_state IS 'A history in the making: the state of the aggregates history and rollup';

CREATE FUNCTION clm.history_transition(clm.history_state, date) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_date_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
CREATE FUNCTION clm.history_transition(clm.history_state, date, float8) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_date_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
CREATE FUNCTION clm.history_transition(clm.history_state, date, numeric) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_date_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.history_transition(clm.history_state, timestamp) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_timestamp_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
CREATE FUNCTION clm.history_transition(clm.history_state, timestamp, float8) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_timestamp_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 6;
CREATE FUNCTION clm.history_transition(clm.history_state, timestamp, numeric) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_timestamp_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.history_transition(clm.history_state, timestamptz) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_timestamp_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
CREATE FUNCTION clm.history_transition(clm.history_state, timestamptz, float8) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_timestamp_float8_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 6;
CREATE FUNCTION clm.history_transition(clm.history_state, timestamptz, numeric) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_timestamp_numeric_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.history_rollup_transition(clm.history_state, clm.history) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_rollup_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.history_combine(clm.history_state, clm.history_state) RETURNS clm.history_state
    AS 'MODULE_PATHNAME', 'clm_history_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
CREATE FUNCTION clm.history_final(clm.history_state) RETURNS clm.history
    AS 'MODULE_PATHNAME', 'clm_history_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;

-- The nine aggregates differ in their arguments only. SSPACE is the mean state of customers with ten orders on average.
DO $$
DECLARE
    day text;
    amount text;
BEGIN
    FOREACH day IN ARRAY ARRAY['date', 'timestamp', 'timestamptz'] LOOP
        FOREACH amount IN ARRAY ARRAY['', ', float8', ', numeric'] LOOP
            EXECUTE format('COMMENT ON FUNCTION clm.history_transition(clm.history_state, %s%s) IS %L', day, amount,
                'Adds a row to the state of the aggregate clm.history');
            EXECUTE format(
                'CREATE AGGREGATE clm.history(%s%s) (SFUNC = clm.history_transition, STYPE = clm.history_state, '
                'SSPACE = 320, FINALFUNC = clm.history_final, COMBINEFUNC = clm.history_combine, PARALLEL = SAFE)',
                CASE amount WHEN '' THEN day ELSE 'day ' || day END,
                replace(amount, ', ', ', amount '));
            EXECUTE format('COMMENT ON AGGREGATE clm.history(%s%s) IS %L', day, amount,
                'The history of a customer from rows of a day'
                || CASE day WHEN 'timestamptz' THEN ' (the UTC day)' ELSE '' END
                || CASE amount WHEN '' THEN ', each of amount 1' ELSE ' and an amount' END
                || '; a row with a NULL is skipped, the order of the rows does not matter');
        END LOOP;
    END LOOP;
END
$$;

CREATE AGGREGATE clm.rollup(h clm.history) (
    SFUNC = clm.history_rollup_transition,
    STYPE = clm.history_state,
    SSPACE = 256,
    FINALFUNC = clm.history_final,
    COMBINEFUNC = clm.history_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.rollup(clm.history) IS
    'One history with the entries of all; the amounts of a day that several have add up';
COMMENT ON FUNCTION clm.history_rollup_transition(clm.history_state, clm.history) IS
    'Adds the entries of a history to the state of the aggregate clm.rollup';
COMMENT ON FUNCTION clm.history_combine(clm.history_state, clm.history_state) IS
    'One state with the rows of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.history_final(clm.history_state) IS 'The history that a state has gathered';
