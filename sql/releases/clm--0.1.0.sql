\echo Use "CREATE EXTENSION clm" to load this file. \quit
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
-- Customer summaries, and models fitted to them: what a customer base does without contracts.

CREATE TYPE clm.rfm AS (
    x bigint,
    t_x float8,
    t float8,
    monetary float8,
    n_monetary bigint,
    left_truncated boolean
);
COMMENT ON TYPE clm.rfm IS
    'The field''s customer summary (Fader, Hardie & Lee 2005): x repeat purchases, the last at t_x, seen until t, both in '
    'periods since the first purchase; monetary is the mean value of n_monetary repeat purchases';
COMMENT ON COLUMN clm.rfm.x IS 'Number of repeat purchases (days with a purchase after the first), at least 0';
COMMENT ON COLUMN clm.rfm.t_x IS 'Time of the last repeat purchase, in periods since the first; 0 where x is 0';
COMMENT ON COLUMN clm.rfm.t IS 'Age of the customer, in periods since the first purchase (T in the literature), at least t_x';
COMMENT ON COLUMN clm.rfm.monetary IS 'Mean net amount of the repeat purchases with a positive net amount; NULL where none is known';
COMMENT ON COLUMN clm.rfm.n_monetary IS 'Number of repeat purchases behind monetary; NULL means x';
COMMENT ON COLUMN clm.rfm.left_truncated IS
    'The customer is older than the data: time counts from the start of observation, and every purchase is a repeat';

CREATE FUNCTION clm.rfm(h clm.history, as_of date, period integer DEFAULT 7, since date DEFAULT NULL) RETURNS clm.rfm
    AS 'MODULE_PATHNAME', 'clm_rfm_from_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;
COMMENT ON FUNCTION clm.rfm(clm.history, date, integer, date) IS
    'The customer summary of a history as of the end of a day, times in periods of `period` days; NULL without an occasion '
    'up to as_of. since: the first day with complete data; a customer with earlier occasions is left-truncated there';

CREATE FUNCTION clm.rfm(x bigint, t_x float8, t float8, monetary float8 DEFAULT NULL, n_monetary bigint DEFAULT NULL)
    RETURNS clm.rfm LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ROW($1, $2, $3, $4, $5, false)::clm.rfm;
    END;
COMMENT ON FUNCTION clm.rfm(bigint, float8, float8, float8, bigint) IS
    'A customer summary of your own, with times in the periods of the model that it is used with';

CREATE TYPE clm.customer_model AS (
    family text,
    period integer,
    params float8[],
    se float8[],
    log_likelihood float8,
    customers bigint,
    as_of date,
    spend float8[],
    spend_se float8[],
    spend_log_likelihood float8,
    spend_customers bigint,
    purchase_effects float8[],
    purchase_effects_se float8[],
    dropout_effects float8[],
    dropout_effects_se float8[],
    prior float8,
    since date,
    criterion text,
    compared text[],
    compared_by float8[],
    evaluations integer
);
COMMENT ON TYPE clm.customer_model IS
    'A fitted customer-base model, as the aggregate customer_model returns it; clm.describe(model) lists it as rows';
COMMENT ON COLUMN clm.customer_model.family IS 'bg/nbd, mbg/nbd, pareto/nbd, bg/bb, bg/cnbd-k or mbg/cnbd-k';
COMMENT ON COLUMN clm.customer_model.period IS 'Days of a period: the unit of time of the parameters';
COMMENT ON COLUMN clm.customer_model.params IS
    'Parameters in the literature''s order: r, alpha, a, b (BG/NBD, MBG/NBD); r, alpha, s, beta (Pareto/NBD); alpha, beta, gamma, '
    'delta (BG/BB); k, r, alpha, a, b (CNBD-k)';
COMMENT ON COLUMN clm.customer_model.se IS 'Standard errors of params; NULL for a k, which is chosen';
COMMENT ON COLUMN clm.customer_model.log_likelihood IS 'Log-likelihood of the purchases at params';
COMMENT ON COLUMN clm.customer_model.customers IS 'Number of customers fitted to';
COMMENT ON COLUMN clm.customer_model.as_of IS 'The day up to which histories counted; NULL where the model comes from summaries';
COMMENT ON COLUMN clm.customer_model.spend IS 'Gamma-gamma parameters of spend: p, q, gamma; NULL where there is no spend part';
COMMENT ON COLUMN clm.customer_model.spend_se IS 'Standard errors of spend';
COMMENT ON COLUMN clm.customer_model.spend_log_likelihood IS 'Log-likelihood of the spend at those parameters';
COMMENT ON COLUMN clm.customer_model.spend_customers IS 'Number of repeat buyers whose spend was fitted to';
COMMENT ON COLUMN clm.customer_model.purchase_effects IS
    'Effects of the covariates on purchase: one more of z[j] multiplies a customer''s rate of purchase by exp(effect j); params '
    'are those of z = 0. NULL without covariates (Fader & Hardie 2007)';
COMMENT ON COLUMN clm.customer_model.purchase_effects_se IS 'Standard errors of purchase_effects';
COMMENT ON COLUMN clm.customer_model.dropout_effects IS
    'Effects of the covariates on drop-out: one more of z[j] multiplies the rate of drop-out (Pareto/NBD), or the mean odds of '
    'leaving after a purchase, a / b (BG/NBD and MBG/NBD), by exp(effect j)';
COMMENT ON COLUMN clm.customer_model.dropout_effects_se IS 'Standard errors of dropout_effects';
COMMENT ON COLUMN clm.customer_model.prior IS
    'Standard deviation of the normal prior of the logarithms of the parameters; NULL where none was used';
COMMENT ON COLUMN clm.customer_model.since IS
    'First day of complete data, from which the clock of older customers counts; NULL where the first occasion starts it';
COMMENT ON COLUMN clm.customer_model.criterion IS
    'What families were compared by: bic (the smaller, the better) or holdout (log-score of the hold-out, the larger, the '
    'better); NULL where the family was given';
COMMENT ON COLUMN clm.customer_model.compared IS 'The families that were compared';
COMMENT ON COLUMN clm.customer_model.evaluations IS 'How often the fit evaluated the likelihood of all customers';
COMMENT ON COLUMN clm.customer_model.compared_by IS 'Their criterion, in the order of compared; NULL where a family could not be fitted';

CREATE FUNCTION clm.customer_model(family text, period integer, params float8[], spend float8[] DEFAULT NULL)
    RETURNS clm.customer_model LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ROW($1, $2, $3, NULL, NULL, NULL, NULL, $4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                   NULL, NULL)::clm.customer_model;
    END;
COMMENT ON FUNCTION clm.customer_model(text, integer, float8[], float8[]) IS
    'A model with parameters of your own, published ones for example: params in the literature''s order in periods of '
    '`period` days, spend (p, q, gamma) where there is one. It is checked when it is used';

CREATE FUNCTION clm.describe(model clm.customer_model, OUT name text, OUT value float8, OUT se float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_customer_model_describe' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 400 ROWS 11;
COMMENT ON FUNCTION clm.describe(clm.customer_model) IS
    'The model as rows: each parameter with its standard error, log-likelihoods and numbers of customers';

CREATE FUNCTION clm.given(model clm.customer_model, z float8[]) RETURNS clm.customer_model
    AS 'MODULE_PATHNAME', 'clm_given' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200;
COMMENT ON FUNCTION clm.given(clm.customer_model, float8[]) IS
    'The model of customers with the covariates z, for scoring: clm.clv(h, as_of, clm.given(model, z)). z has as many '
    'elements as the model has covariates; an error for another number, or where a parameter leaves the range of numbers';

CREATE FUNCTION clm.log_likelihood(model clm.customer_model) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN abs(($1).log_likelihood) < 'Infinity' THEN ($1).log_likelihood END;
    END;
COMMENT ON FUNCTION clm.log_likelihood(clm.customer_model) IS
    'Log-likelihood of the purchases (not of the spend) at the parameters, without the part of a prior';
CREATE FUNCTION clm.aic(model clm.customer_model) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT 2.0 * (cardinality(($1).params) + 2 * coalesce(cardinality(($1).purchase_effects), 0))
               - 2.0 * clm.log_likelihood($1);
    END;
COMMENT ON FUNCTION clm.aic(clm.customer_model) IS
    'Akaike''s information criterion of the purchase part, 2 parameters - 2 log-likelihood: the smaller, the better, among '
    'models of the same customers (Akaike 1974)';
CREATE FUNCTION clm.bic(model clm.customer_model) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT (cardinality(($1).params) + 2 * coalesce(cardinality(($1).purchase_effects), 0))
               * ln(CASE WHEN ($1).customers > 0 THEN ($1).customers END::float8) - 2.0 * clm.log_likelihood($1);
    END;
COMMENT ON FUNCTION clm.bic(clm.customer_model) IS
    'Bayesian information criterion of the purchase part, parameters x ln(customers) - 2 log-likelihood: the smaller, the '
    'better, among models of the same customers (Schwarz 1978)';

CREATE FUNCTION clm.comparison(model clm.customer_model, OUT family text, OUT criterion text, OUT value float8,
                               OUT worse_by float8, OUT chosen boolean) RETURNS SETOF record
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE ROWS 5
    BEGIN ATOMIC
        WITH c AS (SELECT u.family, CASE WHEN abs(u.value) < 'Infinity' THEN u.value END AS value
                   FROM ROWS FROM (unnest(($1).compared), unnest(($1).compared_by)) AS u(family, value))
        SELECT c.family, ($1).criterion, c.value, abs(c.value - b.value), c.family = ($1).family
        FROM c, (SELECT o.value FROM c AS o WHERE o.family = ($1).family) AS b
        ORDER BY abs(c.value - b.value), c.family;
    END;
COMMENT ON FUNCTION clm.comparison(clm.customer_model) IS
    'The families that family => ''auto'' has compared, the best first: value is BIC (the smaller, the better) or the log-score '
    'of the hold-out (the larger, the better), worse_by the distance from the best; NULL where a family could not be '
    'fitted. No rows where the family was given';

-- Options of a fit

CREATE TYPE clm.fit_options AS (
    family text,
    period integer,
    prior float8,
    since date,
    holdout date
);
COMMENT ON TYPE clm.fit_options IS 'How customer_model fits; build it with clm.fit_options(name => value, ...)';
COMMENT ON COLUMN clm.fit_options.family IS 'A family, or auto: the best of those that can be fitted; NULL: mbg/nbd';
COMMENT ON COLUMN clm.fit_options.period IS 'Days of a period, the unit of time of the parameters; NULL: 7';
COMMENT ON COLUMN clm.fit_options.prior IS
    'Standard deviation of a normal prior of the logarithms of the parameters around a guess by moments (and of the effects '
    'of covariates, a standard deviation of the covariate each, around 0): 3 is weak, 1 rather strong; NULL: none';
COMMENT ON COLUMN clm.fit_options.since IS
    'First day of complete data: older customers count from there, with every purchase from then on a repeat; NULL: the first '
    'occasion of a customer starts the clock';
COMMENT ON COLUMN clm.fit_options.holdout IS
    'A day before as_of: families are fitted up to it and compared by the log-score of what came after it; the model itself is '
    'then fitted up to as_of. NULL: families are compared by BIC';

CREATE FUNCTION clm.fit_options(family text DEFAULT 'mbg/nbd', period integer DEFAULT 7, prior float8 DEFAULT NULL,
                                since date DEFAULT NULL, holdout date DEFAULT NULL) RETURNS clm.fit_options
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ROW($1, $2, $3, $4, $5)::clm.fit_options;
    END;
COMMENT ON FUNCTION clm.fit_options(text, integer, float8, date, date) IS
    'Options of a fit by name: clm.fit_options(family => ''auto'', prior => 3); what is left out stays as usual. The columns of '
    'the type clm.fit_options say what each means';

-- The aggregates

CREATE TYPE clm.customer_model_state;

CREATE FUNCTION clm.customer_model_state_in(cstring) RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.customer_model_state_out(clm.customer_model_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_customer_model_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.customer_model_state_recv(internal) RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.customer_model_state_send(clm.customer_model_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_customer_model_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.customer_model_state_in(cstring) IS 'Text input of clm.customer_model_state';
COMMENT ON FUNCTION clm.customer_model_state_out(clm.customer_model_state) IS 'Text output of clm.customer_model_state';
COMMENT ON FUNCTION clm.customer_model_state_recv(internal) IS 'Binary input of clm.customer_model_state';
COMMENT ON FUNCTION clm.customer_model_state_send(clm.customer_model_state) IS 'Binary output of clm.customer_model_state';

CREATE TYPE clm.customer_model_state (
    INPUT = clm.customer_model_state_in,
    OUTPUT = clm.customer_model_state_out,
    RECEIVE = clm.customer_model_state_recv,
    SEND = clm.customer_model_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.customer_model_state IS 'Customers gathered for a fit: the state of the aggregate customer_model';

CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.history, date) RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_history_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.history, date, text)
    RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_history_family_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 22;
CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.history, date, text, integer)
    RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_history_period_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 22;
CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.history, date, clm.fit_options)
    RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_history_options_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 22;
CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.rfm) RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_rfm_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 17;
CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.rfm, text) RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_rfm_family_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.rfm, text, bigint, integer)
    RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_rfm_weight_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.rfm, clm.fit_options)
    RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_rfm_options_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.customer_model_transition(clm.customer_model_state, clm.rfm, clm.fit_options, bigint)
    RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_rfm_options_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.customer_model_combine(clm.customer_model_state, clm.customer_model_state)
    RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_model_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
CREATE FUNCTION clm.customer_model_final(clm.customer_model_state) RETURNS clm.customer_model
    AS 'MODULE_PATHNAME', 'clm_customer_model_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.customer_model_combine(clm.customer_model_state, clm.customer_model_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.customer_model_final(clm.customer_model_state) IS 'Fits the model to the customers that a state has gathered';

-- The aggregates differ in their arguments only.
DO $$
DECLARE
    signature record;
BEGIN
    FOR signature IN VALUES
        ('h clm.history, as_of date', 'histories as of a day: MBG/NBD in weeks'),
        ('h clm.history, as_of date, family text', 'histories as of a day, in weeks'),
        ('h clm.history, as_of date, family text, period integer', 'histories as of a day, in periods of so many days'),
        ('h clm.history, as_of date, options clm.fit_options', 'histories as of a day, with options by name'),
        ('summary clm.rfm', 'customer summaries: MBG/NBD in weeks'),
        ('summary clm.rfm, family text', 'customer summaries, in weeks'),
        ('summary clm.rfm, family text, weight bigint, period integer',
         'customer summaries with weights (numbers of equal customers), in periods of so many days'),
        ('summary clm.rfm, options clm.fit_options', 'customer summaries, with options by name'),
        ('summary clm.rfm, options clm.fit_options, weight bigint',
         'customer summaries with weights (numbers of equal customers), with options by name')
    LOOP
        EXECUTE format(
            'CREATE AGGREGATE clm.customer_model(%s) (SFUNC = clm.customer_model_transition, '
            'STYPE = clm.customer_model_state, SSPACE = 131072, FINALFUNC = clm.customer_model_final, '
            'COMBINEFUNC = clm.customer_model_combine, PARALLEL = SAFE)', signature.column1);
        EXECUTE format('COMMENT ON AGGREGATE clm.customer_model(%s) IS %L', signature.column1,
            'Maximum-likelihood fit of a customer-base model to ' || signature.column2
            || ', with a gamma-gamma model of spend where the repeat buyers'' amounts allow it. Customers without an '
            || 'occasion are not counted. An error where no trustworthy fit exists');
        EXECUTE format('COMMENT ON FUNCTION clm.customer_model_transition(clm.customer_model_state, %s) IS %L',
            regexp_replace(signature.column1, '\m(h|as_of|family|period|options|summary|weight) ', '', 'g'),
            'Adds a customer to the state of the aggregate clm.customer_model');
    END LOOP;
END
$$;

-- The aggregate with covariates has a state of its own

CREATE TYPE clm.covariate_model_state;

CREATE FUNCTION clm.covariate_model_state_in(cstring) RETURNS clm.covariate_model_state
    AS 'MODULE_PATHNAME', 'clm_covariate_model_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.covariate_model_state_out(clm.covariate_model_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_covariate_model_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.covariate_model_state_recv(internal) RETURNS clm.covariate_model_state
    AS 'MODULE_PATHNAME', 'clm_covariate_model_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.covariate_model_state_send(clm.covariate_model_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_covariate_model_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.covariate_model_state_in(cstring) IS 'Text input of clm.covariate_model_state';
COMMENT ON FUNCTION clm.covariate_model_state_out(clm.covariate_model_state) IS 'Text output of clm.covariate_model_state';
COMMENT ON FUNCTION clm.covariate_model_state_recv(internal) IS 'Binary input of clm.covariate_model_state';
COMMENT ON FUNCTION clm.covariate_model_state_send(clm.covariate_model_state) IS 'Binary output of clm.covariate_model_state';

CREATE TYPE clm.covariate_model_state (
    INPUT = clm.covariate_model_state_in,
    OUTPUT = clm.covariate_model_state_out,
    RECEIVE = clm.covariate_model_state_recv,
    SEND = clm.covariate_model_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.covariate_model_state IS
    'Customers with covariates gathered for a fit: the state of the aggregate customer_model with z';

CREATE FUNCTION clm.covariate_model_transition(clm.covariate_model_state, clm.history, date, clm.fit_options, float8[])
    RETURNS clm.covariate_model_state
    AS 'MODULE_PATHNAME', 'clm_covariate_model_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 35;
CREATE FUNCTION clm.covariate_model_combine(clm.covariate_model_state, clm.covariate_model_state)
    RETURNS clm.covariate_model_state
    AS 'MODULE_PATHNAME', 'clm_covariate_model_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 1000;
CREATE FUNCTION clm.covariate_model_final(clm.covariate_model_state) RETURNS clm.customer_model
    AS 'MODULE_PATHNAME', 'clm_covariate_model_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.covariate_model_transition(clm.covariate_model_state, clm.history, date, clm.fit_options, float8[]) IS
    'Adds a customer with covariates to the state of the aggregate clm.customer_model';
COMMENT ON FUNCTION clm.covariate_model_combine(clm.covariate_model_state, clm.covariate_model_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.covariate_model_final(clm.covariate_model_state) IS
    'Fits the model with covariates to the customers that a state has gathered';

CREATE AGGREGATE clm.customer_model(h clm.history, as_of date, options clm.fit_options, z float8[]) (
    SFUNC = clm.covariate_model_transition,
    STYPE = clm.covariate_model_state,
    SSPACE = 131072,
    FINALFUNC = clm.covariate_model_final,
    COMBINEFUNC = clm.covariate_model_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.customer_model(clm.history, date, clm.fit_options, float8[]) IS
    'Maximum-likelihood fit to histories as of a day with 1 to 16 covariates z that do not change over time, for Pareto/NBD, '
    'BG/NBD and MBG/NBD: they act on the rate of purchase and, apart from that, on drop-out (Fader & Hardie 2007). Score with '
    'clm.given(model, z). Customers without an occasion or with a NULL z are not counted. An error where no trustworthy fit '
    'exists, and for a covariate that is constant or a combination of others';
-- Where each customer stands in the lifecycle: eight stages, and the names that ten published systems give them.

CREATE TYPE clm.stage AS ENUM ('prospect', 'engaged', 'new', 'growing', 'mature', 'declining', 'churned', 'regained');
COMMENT ON TYPE clm.stage IS 'Stage of a customer in the lifecycle; clm.label(stage, system, lang) names it in other systems';

CREATE FUNCTION clm.lifecycle_stage(
    h clm.history, as_of date, new_for integer DEFAULT 90, churn_after float8 DEFAULT 3, churn_floor integer DEFAULT 90,
    period integer DEFAULT 30, k integer DEFAULT 6, grow float8 DEFAULT .05, decline float8 DEFAULT -.05,
    engaged date DEFAULT NULL, closed date DEFAULT NULL) RETURNS clm.stage
    AS 'MODULE_PATHNAME', 'clm_lifecycle_stage' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
COMMENT ON FUNCTION clm.lifecycle_stage(clm.history, date, integer, float8, integer, integer, integer, float8, float8, date, date) IS
    'Stage as of the end of a day, from the history alone: churned after a silence of more than churn_after mean gaps and '
    'more than churn_floor days; new and regained for new_for days; growing or declining where the amounts of the last k '
    'periods (slope >= grow or <= decline a period) or the purchase days show a trend beyond noise; otherwise mature. A '
    'NULL history is a prospect, or engaged from the date engaged on; closed is the date the relation ended';

CREATE FUNCTION clm.lifecycle_stage(
    h clm.history, as_of date, model clm.customer_model, new_for integer DEFAULT 90, alive_below float8 DEFAULT .10,
    horizon integer DEFAULT 90, period integer DEFAULT 30, k integer DEFAULT 6, grow float8 DEFAULT .05,
    decline float8 DEFAULT -.05, engaged date DEFAULT NULL, closed date DEFAULT NULL) RETURNS clm.stage
    AS 'MODULE_PATHNAME', 'clm_lifecycle_stage_model' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 40;
COMMENT ON FUNCTION clm.lifecycle_stage(clm.history, date, clm.customer_model, integer, float8, integer, integer, integer, float8, float8, date, date) IS
    'Stage as of the end of a day, with a fitted model in place of the silence rule: churned where the probability of '
    'another purchase within horizon days is less than alive_below, never while new. Otherwise as without a model. Where time is '
    'discrete (bg/bb) the horizon is rounded up to whole opportunities';
-- The ten published stage systems as data: what they are, and how each of them calls the stages of clm.stage.

CREATE TABLE clm.stage_system_builtin (
    system text PRIMARY KEY,
    sort int NOT NULL,
    stages int NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL,
    source text NOT NULL
);
COMMENT ON TABLE clm.stage_system_builtin IS 'Published systems of lifecycle stages';
COMMENT ON COLUMN clm.stage_system_builtin.system IS 'Short name of the system, as functions take it';
COMMENT ON COLUMN clm.stage_system_builtin.sort IS 'Order in lists';
COMMENT ON COLUMN clm.stage_system_builtin.stages IS 'Number of stages that the system tells apart';
COMMENT ON COLUMN clm.stage_system_builtin.en IS 'Name in English';
COMMENT ON COLUMN clm.stage_system_builtin.zh IS 'Name in Chinese';
COMMENT ON COLUMN clm.stage_system_builtin.description_en IS 'What the system describes, a sentence in English';
COMMENT ON COLUMN clm.stage_system_builtin.description_zh IS 'What the system describes, a sentence in Chinese';
COMMENT ON COLUMN clm.stage_system_builtin.source IS 'Where the system was published';

INSERT INTO clm.stage_system_builtin (system, sort, stages, en, zh, description_en, description_zh, source) VALUES
    ('telecom5', 1, 5, 'Telecom A-E', '电信客户生命周期 A-E',
     'From acquisition to exit in the five lettered stages that telecom operators use',
     '电信运营商使用的五个字母阶段，从客户获取到客户离网',
     'McKinsey & Company, customer lifecycle management for China Telecom'),
    ('clm4', 2, 4, 'Four phases of CLM', '客户生命周期管理四阶段',
     'Winning customers, bringing them from the first to the second purchase, keeping them buying, and losing them, the tendency to leave included',
     '获取客户、促成二次购买、维持重复购买、客户流失（含流失倾向）',
     'Customer lifecycle management literature (Chinese)'),
    ('nurture4', 3, 4, 'Acquire, nurture, develop, maintain', '获取、培养、发展、维护',
     'The four tasks of customer management, nurturing contacts before their first purchase among them; losing customers is no task and has no label',
     '客户管理的四项任务，其中培养指首次购买之前的接触与教育；流失不是任务，故无对应名称',
     'Customer lifecycle management literature (Chinese)'),
    ('relationship4', 4, 4, 'Four periods of a relationship', '客户关系四时期',
     'The level of the relationship over time: exploring each other, forming, stable, and going back',
     '客户关系水平随时间的发展：考察、形成、稳定、退化',
     'Theory of the customer relationship lifecycle (Chinese CRM textbooks)'),
    ('journey6', 5, 6, 'Customer journey', '客户旅程六阶段',
     'What the customer goes through with a brand, from hearing of it to leaving it',
     '客户与品牌接触的全过程，从认知到流失',
     'Brand marketing literature (Chinese)'),
    ('textbook4', 6, 4, 'Prospect, new, existing', '潜在客户、新客户、老客户',
     'The textbook series of prospect, new and existing customer; its fourth stage, the new customer of a new service, is an existing customer whose history with that one product is new',
     '教科书划分：潜在客户、新客户、老客户；第四阶段“新业务的新客户”指老客户在某项新业务的单独历史中处于新客户阶段',
     'CRM textbooks (Chinese)'),
    ('life5', 7, 5, 'Life of a customer', '客户生命五阶段',
     'The relationship told as a life from birth to death; before the first purchase there is none',
     '把客户关系比作生命，从诞生到死亡；首次购买之前尚无生命',
     'Customer lifecycle management literature (Chinese)'),
    ('consumption5', 8, 5, 'Consumption of a subscriber', '消费变化五阶段',
     'How much a subscriber spends: starting, growing, stable, falling, gone; before the first purchase there is nothing to see',
     '按用户消费额的变化划分：开始、增长、稳定、下降、离网；首次购买之前无消费',
     'Telecom practice (Chinese literature)'),
    ('scope4', 9, 4, 'Scope of CLM', '客户生命周期管理的范围',
     'What the company does with customers at each time: acquire them, raise their value, retain them, manage their leaving',
     '企业在各时期的管理工作：获取、提升价值、保留、离网管理',
     'Customer lifecycle management literature (Chinese)'),
    ('dwyer5', 10, 5, 'Buyer-seller relationship', '买卖关系五阶段',
     'The five phases through which a relationship of buyer and seller develops and ends',
     '买卖双方关系由建立到解体的五个阶段',
     'Dwyer, Schurr & Oh 1987, Developing Buyer-Seller Relationships, Journal of Marketing 51(2)');

-- A stage that a system does not have has no row.
CREATE TABLE clm.stage_label_builtin (
    system text NOT NULL,
    stage clm.stage NOT NULL,
    code text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    note_en text,
    note_zh text,
    question_en text,
    question_zh text,
    PRIMARY KEY (system, stage)
);
COMMENT ON TABLE clm.stage_label_builtin IS
    'What each published system calls a stage (no row where it has no such stage)';
COMMENT ON COLUMN clm.stage_label_builtin.system IS 'The system, see clm.stage_system';
COMMENT ON COLUMN clm.stage_label_builtin.stage IS 'The stage of the classifier';
COMMENT ON COLUMN clm.stage_label_builtin.code IS 'Short stable identifier within the system; the letter where it has letters';
COMMENT ON COLUMN clm.stage_label_builtin.en IS 'Label in English';
COMMENT ON COLUMN clm.stage_label_builtin.zh IS 'Label in Chinese';
COMMENT ON COLUMN clm.stage_label_builtin.note_en IS 'Why this label, where it is a choice, and what else the stage is called, in English';
COMMENT ON COLUMN clm.stage_label_builtin.note_zh IS 'Why this label, where it is a choice, and what else the stage is called, in Chinese';
COMMENT ON COLUMN clm.stage_label_builtin.question_en IS
    'What to ask about customers in this stage, in English, where the system has such questions';
COMMENT ON COLUMN clm.stage_label_builtin.question_zh IS
    'What to ask about customers in this stage, in Chinese, where the system has such questions';

INSERT INTO clm.stage_label_builtin (system, stage, code, en, zh) VALUES
    ('telecom5', 'prospect', 'A', 'Acquisition', '客户获取'),
    ('telecom5', 'engaged', 'A', 'Acquisition', '客户获取'),
    ('telecom5', 'new', 'B', 'Build-up', '客户提升'),
    ('telecom5', 'growing', 'B', 'Build-up', '客户提升'),
    ('telecom5', 'mature', 'C', 'Climax', '客户成熟'),
    ('telecom5', 'declining', 'D', 'Decline', '客户衰退'),
    ('telecom5', 'churned', 'E', 'Exit', '客户离网'),
    ('telecom5', 'regained', 'B', 'Build-up', '客户提升'),
    ('clm4', 'prospect', 'acquire', 'Acquisition', '获取'),
    ('clm4', 'engaged', 'acquire', 'Acquisition', '获取'),
    ('clm4', 'new', 'develop', 'Development', '发展'),
    ('clm4', 'growing', 'maintain', 'Maintenance', '维护'),
    ('clm4', 'mature', 'maintain', 'Maintenance', '维护'),
    ('clm4', 'declining', 'lose', 'Churn', '流失'),
    ('clm4', 'churned', 'lose', 'Churn', '流失'),
    ('clm4', 'regained', 'develop', 'Development', '发展'),
    ('nurture4', 'prospect', 'acquire', 'Acquisition', '获取'),
    ('nurture4', 'engaged', 'nurture', 'Nurture', '培养'),
    ('nurture4', 'new', 'develop', 'Development', '发展'),
    ('nurture4', 'growing', 'develop', 'Development', '发展'),
    ('nurture4', 'mature', 'maintain', 'Maintenance', '维护'),
    ('nurture4', 'declining', 'maintain', 'Maintenance', '维护'),
    ('nurture4', 'regained', 'develop', 'Development', '发展'),
    ('relationship4', 'prospect', 'explore', 'Exploration', '考察期'),
    ('relationship4', 'engaged', 'explore', 'Exploration', '考察期'),
    ('relationship4', 'new', 'explore', 'Exploration', '考察期'),
    ('relationship4', 'growing', 'form', 'Formation', '形成期'),
    ('relationship4', 'mature', 'stable', 'Stability', '稳定期'),
    ('relationship4', 'declining', 'degenerate', 'Degeneration', '退化期'),
    ('relationship4', 'churned', 'degenerate', 'Degeneration', '退化期'),
    ('relationship4', 'regained', 'form', 'Formation', '形成期'),
    ('journey6', 'prospect', 'aware', 'Awareness', '认知'),
    ('journey6', 'engaged', 'interest', 'Interest', '兴趣'),
    ('journey6', 'new', 'purchase', 'Purchase', '购买'),
    ('journey6', 'growing', 'repurchase', 'Repurchase', '再次购买'),
    ('journey6', 'mature', 'repurchase', 'Repurchase', '再次购买'),
    ('journey6', 'declining', 'use', 'Use', '使用'),
    ('journey6', 'churned', 'lose', 'Churn', '流失'),
    ('journey6', 'regained', 'repurchase', 'Repurchase', '再次购买'),
    ('textbook4', 'prospect', 'prospect', 'Prospect', '潜在客户'),
    ('textbook4', 'engaged', 'prospect', 'Prospect', '潜在客户'),
    ('textbook4', 'new', 'new', 'New customer', '新客户'),
    ('textbook4', 'growing', 'existing', 'Existing customer', '老客户'),
    ('textbook4', 'mature', 'existing', 'Existing customer', '老客户'),
    ('textbook4', 'declining', 'existing', 'Existing customer', '老客户'),
    ('textbook4', 'regained', 'new', 'New customer', '新客户'),
    ('life5', 'new', 'birth', 'Birth', '诞生'),
    ('life5', 'growing', 'growth', 'Growth', '成长'),
    ('life5', 'mature', 'maturity', 'Maturity', '成熟'),
    ('life5', 'declining', 'ageing', 'Ageing', '衰老'),
    ('life5', 'churned', 'death', 'Death', '死亡'),
    ('life5', 'regained', 'birth', 'Birth', '诞生'),
    ('consumption5', 'new', 'start', 'Starting to spend', '开始消费'),
    ('consumption5', 'growing', 'grow', 'Growing spend', '消费成长'),
    ('consumption5', 'mature', 'stable', 'Stable spend', '消费稳定'),
    ('consumption5', 'declining', 'fall', 'Falling spend', '消费下降'),
    ('consumption5', 'churned', 'leave', 'Off the network', '离网'),
    ('consumption5', 'regained', 'start', 'Starting to spend', '开始消费'),
    ('scope4', 'prospect', 'acquire', 'Acquisition', '获取'),
    ('scope4', 'engaged', 'acquire', 'Acquisition', '获取'),
    ('scope4', 'new', 'raise', 'Raising value', '提升价值'),
    ('scope4', 'growing', 'raise', 'Raising value', '提升价值'),
    ('scope4', 'mature', 'retain', 'Retention', '保留'),
    ('scope4', 'declining', 'retain', 'Retention', '保留'),
    ('scope4', 'churned', 'exit', 'Churn management', '离网管理'),
    ('scope4', 'regained', 'raise', 'Raising value', '提升价值'),
    ('dwyer5', 'prospect', 'awareness', 'Awareness', '认知'),
    ('dwyer5', 'engaged', 'exploration', 'Exploration', '探索'),
    ('dwyer5', 'new', 'exploration', 'Exploration', '探索'),
    ('dwyer5', 'growing', 'expansion', 'Expansion', '扩展'),
    ('dwyer5', 'mature', 'commitment', 'Commitment', '承诺'),
    ('dwyer5', 'declining', 'dissolution', 'Dissolution', '解体'),
    ('dwyer5', 'churned', 'dissolution', 'Dissolution', '解体'),
    ('dwyer5', 'regained', 'expansion', 'Expansion', '扩展');

UPDATE clm.stage_label_builtin SET
    note_en = 'Also called the development period, seen from the company, which develops customers',
    note_zh = '从企业角度看又称开发期，即开发客户的时期'
WHERE system = 'relationship4' AND code = 'explore';

UPDATE clm.stage_label_builtin SET
    note_en = 'Also called the growth period: returns rise and little more has to be spent',
    note_zh = '又称成长期：回报增多，只需少量发展投入'
WHERE system = 'relationship4' AND code = 'form';

-- No published system has a stage of its own for customers who came back.
UPDATE clm.stage_label_builtin l SET note_en = 'A modelling choice: ' || c.en, note_zh = '建模选择：' || c.zh
FROM (VALUES
    ('telecom5', 'regained'::clm.stage,
     'the texts call a return re-entry, a way in; a customer who came back is known already, so build-up fits better than acquisition',
     '文献称之为“再入网”，属于进入方式；回归客户已为企业所了解，归入客户提升比归入客户获取更合适'),
    ('clm4', 'regained',
     'a customer who came back has to be brought to the next purchase, as after a first one',
     '回归客户如同刚完成首次购买的客户，需要促成下一次购买'),
    ('nurture4', 'declining',
     'the system has no stage of loss, so keeping the purchases of a declining customer is part of maintaining',
     '该体系没有流失阶段，消费下降的客户归入维护'),
    ('nurture4', 'regained',
     'a customer who came back knows the company and needs no nurturing, but buys little so far',
     '回归客户已了解企业，无需再次培养，但购买尚少，有待发展'),
    ('relationship4', 'regained',
     'both sides know each other, so the relationship forms anew without being explored again; the period is also called the growth period',
     '双方已相互了解，关系重新形成而无需再次考察；形成期又称成长期'),
    ('journey6', 'declining',
     'a customer whose purchases decline is taken to use the product without repurchasing',
     '消费下降的客户视为仍在使用、但不再重复购买'),
    ('journey6', 'regained',
     'the purchase of a customer who came back is taken as a repurchase, not as a first one',
     '回归客户的购买视为再次购买，而非首次购买'),
    ('textbook4', 'regained',
     'a customer who came back is treated like a new one, whose confidence and trust have to be won',
     '回归客户的信心和信任需要重新建立，视同新客户'),
    ('life5', 'regained',
     'the second life of a customer begins with a birth, as the first one did',
     '客户回归是第二次生命的开始，与首次购买一样归入诞生'),
    ('consumption5', 'regained',
     'a customer who came back starts to spend afresh',
     '回归客户视为重新开始消费'),
    ('scope4', 'regained',
     'what the company has to do with a customer who came back is to raise the value again',
     '对回归客户的管理工作是重新提升其价值'),
    ('dwyer5', 'regained',
     'buyer and seller know each other, so the relationship expands again without another exploration',
     '买卖双方已相互了解，关系再次扩展而无需重新探索')) c(system, stage, en, zh)
WHERE l.system = c.system AND l.stage = c.stage;

UPDATE clm.stage_label_builtin l SET question_en = q.en, question_zh = q.zh
FROM (VALUES
    ('A', 'How do we find prospects and win them as customers?', '如何发现潜在客户，并使其成为我们的客户？'),
    ('B', 'How do we make customers into high-value customers?', '如何把客户培养成高价值客户？'),
    ('C', 'How do we bring customers to use new products, and make them loyal?', '如何促使客户使用新产品，并培养其忠诚度？'),
    ('D', 'How do we prolong the lives of customers?', '如何延长客户的生命周期？'),
    ('E', 'How do we win back customers who have left?', '如何赢回已经离开的客户？')) q(code, en, zh)
WHERE l.system = 'telecom5' AND l.code = q.code;
-- The levers of customer value, in the order of the value chain, and the side effects that make a pull at a single one
-- cost more than it brings.

CREATE TABLE clm.lever_builtin (
    n int NOT NULL,
    code text PRIMARY KEY,
    driver text NOT NULL,
    kind text NOT NULL,
    flow text NOT NULL,
    stages clm.stage[] NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL
);
COMMENT ON TABLE clm.lever_builtin IS 'The levers of customer value, one for each driver of a customer''s economics';
COMMENT ON COLUMN clm.lever_builtin.n IS 'Place in the value chain, from first consideration to win-back';
COMMENT ON COLUMN clm.lever_builtin.code IS 'Short stable identifier of the lever';
COMMENT ON COLUMN clm.lever_builtin.driver IS 'The driver of a customer''s economics that the lever moves, as effects name it';
COMMENT ON COLUMN clm.lever_builtin.kind IS
    'What the lever changes: acquisition (customers who join), revenue, cost, or retention (how long customers stay)';
COMMENT ON COLUMN clm.lever_builtin.flow IS
    'Where it acts on the base of customers: on-ramp (joining and coming back), value (while they are there) or off-ramp (leaving, and leaving debts)';
COMMENT ON COLUMN clm.lever_builtin.stages IS 'Stages of the customers on whom the lever is pulled';
COMMENT ON COLUMN clm.lever_builtin.en IS 'Name in English';
COMMENT ON COLUMN clm.lever_builtin.zh IS 'Name in Chinese';
COMMENT ON COLUMN clm.lever_builtin.description_en IS 'What the lever does, a sentence in English';
COMMENT ON COLUMN clm.lever_builtin.description_zh IS 'What the lever does, a sentence in Chinese';

INSERT INTO clm.lever_builtin (n, code, driver, kind, flow, stages, en, zh, description_en, description_zh) VALUES
    (1, 'consideration', 'conversion', 'acquisition', 'on-ramp', '{prospect,engaged}', 'Consideration', '购买意向',
     'Raises the probability that a prospect considers the offer and becomes a customer',
     '提高潜在客户考虑并最终购买的概率'),
    (2, 'acquisition', 'acquisition_cost', 'acquisition', 'on-ramp', '{prospect,engaged}', 'Acquisition', '新客户获取',
     'Lowers what is spent on each customer who is won',
     '降低获取每位新客户的成本'),
    (3, 'usage', 'revenue', 'revenue', 'value', '{new,growing,mature,declining,regained}', 'Usage and revenue', '使用量与收入提升',
     'Stimulates usage, so that each customer brings more revenue a period',
     '刺激使用，提高每位客户每期的收入贡献'),
    (4, 'service_cost', 'service_cost', 'cost', 'value', '{new,growing,mature,declining,regained}', 'Cost to serve', '服务成本管理',
     'Lowers the cost of everyday service for each customer and period',
     '降低每位客户每期的日常服务成本'),
    (5, 'cross_sell', 'cross_sell', 'revenue', 'value', '{growing,mature}', 'Cross-selling and up-selling', '交叉销售与向上销售',
     'Adds the contribution of further products and of better versions of those that the customer has',
     '向客户销售更多产品或更高档次的产品，增加每期贡献'),
    (6, 'price', 'price', 'revenue', 'value', '{growing,mature,declining}', 'Price', '价格调整',
     'Changes the price level, which goes straight into the margin and, the other way, into the willingness to stay',
     '调整资费水平，直接影响利润，同时反向影响客户的去留'),
    (7, 'renewal', 'renewal', 'retention', 'value', '{growing,mature,declining}', 'Contract renewal', '合同续签',
     'Raises the probability that a customer whose contract or plan expires renews it',
     '提高合同或优惠计划到期客户的续签概率'),
    (8, 'migration', 'migration', 'revenue', 'value', '{growing,mature,declining}', 'Brand and plan migration', '品牌与套餐迁移',
     'Guides moves between brands and plans, so that their net effect on the contribution is positive',
     '引导客户在品牌和套餐之间迁移，使其对贡献的净影响为正'),
    (9, 'retention', 'save', 'retention', 'off-ramp', '{mature,declining,regained}', 'Early warning and retention', '离网预警与挽留',
     'Recognises customers who are about to leave, and saves a larger share of them',
     '及早识别有离网倾向的客户，并提高挽留成功的比例'),
    (10, 'bad_debt', 'bad_debt', 'cost', 'off-ramp', '{new,growing,mature,declining,churned,regained}', 'Bad debt', '坏账管理',
     'Lowers the share of billed revenue that is never paid',
     '降低已出账收入中无法收回的比例'),
    (11, 'winback', 'winback', 'acquisition', 'on-ramp', '{churned}', 'Win-back', '流失客户赢回',
     'Raises the probability that a customer who has left comes back, where the second life is worth more than the offer',
     '在第二次生命周期的价值高于赢回成本时，提高流失客户回归的概率');

CREATE TABLE clm.side_effect_builtin (
    trap text NOT NULL,
    sort int NOT NULL,
    driver text NOT NULL,
    delta float8 NOT NULL,
    headline boolean NOT NULL,
    lever text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL,
    PRIMARY KEY (trap, driver)
);
COMMENT ON TABLE clm.side_effect_builtin IS
    'Traps of looking at a single lever: initiatives that gain at the lever they are judged by, and lose more at others '
    '(the directions are published, the sizes an example for a customer with revenue 60 a period)';
COMMENT ON COLUMN clm.side_effect_builtin.trap IS 'Short name of the trap; its rows are all the effects of one initiative';
COMMENT ON COLUMN clm.side_effect_builtin.sort IS 'Order in lists, the headline effect of a trap before the others';
COMMENT ON COLUMN clm.side_effect_builtin.driver IS 'The driver of a customer''s economics that changes';
COMMENT ON COLUMN clm.side_effect_builtin.delta IS
    'By how much it changes, in money a period or as a probability. The directions are published; the sizes are an example for '
    'a customer with revenue 60, gross margin .45, service cost 8, churn .03 and bad debt .02 a period: put in your own';
COMMENT ON COLUMN clm.side_effect_builtin.headline IS 'Whether this is the effect by which the initiative is usually judged';
COMMENT ON COLUMN clm.side_effect_builtin.lever IS 'The lever to which the driver belongs, see clm.lever';
COMMENT ON COLUMN clm.side_effect_builtin.en IS 'Name of the trap in English';
COMMENT ON COLUMN clm.side_effect_builtin.zh IS 'Name of the trap in Chinese';
COMMENT ON COLUMN clm.side_effect_builtin.description_en IS 'What this effect means, a sentence in English';
COMMENT ON COLUMN clm.side_effect_builtin.description_zh IS 'What this effect means, a sentence in Chinese';

INSERT INTO clm.side_effect_builtin (trap, sort, driver, delta, headline, lever, en, zh, description_en, description_zh) VALUES
    ('plan_optimisation', 1, 'save', .20, true, 'retention', 'Plan optimisation', '套餐优化',
     'Moving customers to the plan that suits them best keeps many who would have left',
     '为客户换用最合适的套餐，留住许多原本会离网的客户'),
    ('plan_optimisation', 2, 'revenue', -8, false, 'usage', 'Plan optimisation', '套餐优化',
     'Recurring revenue falls, since those who would have stayed pay less too, and some of those who are kept are worth nothing or less than nothing',
     '经常性收入减少：原本不会离网的客户也少付了钱，留住的客户中还有低价值甚至负价值客户'),
    ('data_service', 3, 'revenue', 6, true, 'usage', 'New data service', '推出新数据业务',
     'A new data service raises the revenue of each customer',
     '推出新的数据业务，提高每位客户的收入'),
    ('data_service', 4, 'service_cost', 3.2, false, 'service_cost', 'New data service', '推出新数据业务',
     'Customers call more often because of it, so that the cash cost of serving them rises',
     '客户来电增多，服务的现金成本随之上升'),
    ('ivr', 5, 'service_cost', -1.5, true, 'service_cost', 'Automated answering', '电话自动应答',
     'Machines answer calls in place of agents, which lowers the cost of service',
     '以自动应答代替人工接听，降低服务成本'),
    ('ivr', 6, 'churn', .004, false, 'retention', 'Automated answering', '电话自动应答',
     'Customers of high value, who expect to reach a person, leave more often',
     '希望得到人工服务的高价值客户更容易离网'),
    ('ivr', 7, 'cross_sell', -.5, false, 'cross_sell', 'Automated answering', '电话自动应答',
     'Fewer conversations leave fewer chances for up-selling and cross-selling',
     '与客户的对话减少，向上销售和交叉销售的机会随之减少');
-- The five parts of customer lifetime value, under the names that the type clm.value gives them.

CREATE TABLE clm.value_part_builtin (
    n int NOT NULL,
    part text PRIMARY KEY,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL,
    computation_en text NOT NULL,
    computation_zh text NOT NULL,
    caution_en text NOT NULL,
    caution_zh text NOT NULL,
    source text NOT NULL
);
COMMENT ON TABLE clm.value_part_builtin IS 'The five parts of customer lifetime value: what each is, and how to compute it';
COMMENT ON COLUMN clm.value_part_builtin.n IS 'Order in lists';
COMMENT ON COLUMN clm.value_part_builtin.part IS 'Short name of the part, as the type clm.value has it';
COMMENT ON COLUMN clm.value_part_builtin.en IS 'Name in English';
COMMENT ON COLUMN clm.value_part_builtin.zh IS 'Name in Chinese';
COMMENT ON COLUMN clm.value_part_builtin.description_en IS 'What the part is, a sentence in English';
COMMENT ON COLUMN clm.value_part_builtin.description_zh IS 'What the part is, a sentence in Chinese';
COMMENT ON COLUMN clm.value_part_builtin.computation_en IS 'How it is computed, in English';
COMMENT ON COLUMN clm.value_part_builtin.computation_zh IS 'How it is computed, in Chinese';
COMMENT ON COLUMN clm.value_part_builtin.caution_en IS 'What to beware of, in English';
COMMENT ON COLUMN clm.value_part_builtin.caution_zh IS 'What to beware of, in Chinese';
COMMENT ON COLUMN clm.value_part_builtin.source IS 'Where the part was published, and what it corresponds to elsewhere';

INSERT INTO clm.value_part_builtin (n, part, en, zh, description_en, description_zh, computation_en, computation_zh,
                                    caution_en, caution_zh, source) VALUES
    (1, 'cpv', 'Customer purchase value (CPV)', '客户购买价值（CPV）',
     'The profit from what the customer buys in a period',
     '客户在一个时期内直接购买所带来的利润',
     'Spending in the category with all suppliers × share of it that is yours × margin per unit of spending',
     '客户消费能力（在该品类向所有供应商的支出）× 客户份额 × 单位边际利润',
     'It is the value of one period: for a lifetime multiply it by the multiple of the retention and the discount rate, or use a fitted model',
     '这是单期价值：要得到终身价值，须乘以由保持率和折现率决定的倍数，或使用拟合模型',
     'CRM textbooks (Chinese); Berger & Nasr 1998, Customer Lifetime Value: Marketing Models and Applications, Journal of Interactive Marketing 12(1)'),
    (2, 'ppv', 'Public praise value (PPV)', '客户口碑价值（PPV）',
     'The profit from purchases of others that the customer''s word of mouth causes',
     '客户的口碑促使他人购买所带来的利润',
     'Influence × number of people reached × average purchase value of those reached; or, from records of referrals, the customer referral value (CRV)',
     '影响力 × 影响范围 × 受影响者的平均购买价值；如有推荐记录，可用客户推荐价值（CRV）',
     'Add it up for one customer only: in the sum over all customers the purchases of those who were referred count twice, once in their own CPV and once in the PPV of whoever referred them',
     '只可在单个客户内相加：若对全部客户汇总，被推荐客户的购买会重复计算，一次计入其本人的 CPV，一次计入推荐人的 PPV',
     'CRM textbooks (Chinese); Kumar, Petersen & Leone 2007, How Valuable Is Word of Mouth?, Harvard Business Review 85(10)'),
    (3, 'civ', 'Customer information value (CIV)', '客户信息价值（CIV）',
     'What the customer''s data, complaints, suggestions and requests, given for nothing, are worth to the company',
     '客户无偿提供的资料、投诉、建议和需求对企业的价值',
     'Number of items supplied × cost of collecting such an item otherwise; about the same for every customer',
     '提供的信息条数 × 以其他方式收集一条信息的成本；各客户大致相同',
     'CIV means something else in Kumar et al. 2010: customer influencer value, the effect of a customer on others, which belongs to the public praise value here. Their customer knowledge value is this part and the next one together',
     '名称易混：Kumar 等（2010）的 CIV 是客户影响者价值，即对其他客户的影响，在此归入口碑价值；其 CKV 大致相当于此处的信息价值与知识价值之和',
     'CRM textbooks (Chinese); for the other meaning: Kumar et al. 2010, Undervalued or Overvalued Customers, Journal of Service Research 13(3)'),
    (4, 'ckv', 'Customer knowledge value (CKV)', '客户知识价值（CKV）',
     'What the know-how of a customer is worth where it turns into better products or processes',
     '客户的专门知识转化为产品或流程改进所带来的价值',
     'Probability that the idea is adopted × its gain × the customer''s share in it − cost of putting it to use; NULL where a customer has no such knowledge',
     '采纳概率 × 收益 × 客户贡献比例 − 转化成本；没有此类知识的客户记为空值',
     'CKV means customer knowledge value in Kumar et al. 2010 too, but there it is the value of all feedback that customers give, so it covers the information value here as well',
     '名称易混：Kumar 等（2010）的 CKV 指客户全部反馈的价值，范围更广，也包含此处的信息价值',
     'CRM textbooks (Chinese); for the other meaning: Kumar et al. 2010, Undervalued or Overvalued Customers, Journal of Service Research 13(3)'),
    (5, 'ctv', 'Customer trading value (CTV)', '客户交易价值（CTV）',
     'The income from third parties who pay for access to the customer: selling together, entering the market, using the trust in the brand',
     '第三方为接触客户而支付的收益：联合销售、市场准入、借用客户对品牌的信任',
     'Sum of the income from partners that is owed to the customer, discounted',
     '可归因于该客户的合作方收入之和，按折现计算',
     'Count it only where the customer has agreed that partners may make offers; published engagement value has no counterpart to it',
     '仅在客户同意接受合作方营销时计入；国外的客户契合价值体系中没有对应部分',
     'CRM textbooks (Chinese)');
-- Two-axis matrices: what the four cells of each are called, and what to do with the customers in them.

CREATE TABLE clm.matrix_cell_builtin (
    matrix text NOT NULL,
    x_high boolean NOT NULL,
    y_high boolean NOT NULL,
    code text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    x_en text NOT NULL,
    x_zh text NOT NULL,
    y_en text NOT NULL,
    y_zh text NOT NULL,
    advice_en text NOT NULL,
    advice_zh text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (matrix, x_high, y_high)
);
COMMENT ON TABLE clm.matrix_cell_builtin IS 'The cells of two-axis matrices, which clm.matrix(name, x, y, x_cut, y_cut) finds';
COMMENT ON COLUMN clm.matrix_cell_builtin.matrix IS 'Short name of the matrix, as clm.matrix takes it';
COMMENT ON COLUMN clm.matrix_cell_builtin.x_high IS 'Whether the cell has x at or above its cut';
COMMENT ON COLUMN clm.matrix_cell_builtin.y_high IS 'Whether the cell has y at or above its cut';
COMMENT ON COLUMN clm.matrix_cell_builtin.code IS 'Short stable identifier of the cell within the matrix';
COMMENT ON COLUMN clm.matrix_cell_builtin.en IS 'Name of the cell in English';
COMMENT ON COLUMN clm.matrix_cell_builtin.zh IS 'Name of the cell in Chinese';
COMMENT ON COLUMN clm.matrix_cell_builtin.x_en IS 'What x measures, in English';
COMMENT ON COLUMN clm.matrix_cell_builtin.x_zh IS 'What x measures, in Chinese';
COMMENT ON COLUMN clm.matrix_cell_builtin.y_en IS 'What y measures, in English';
COMMENT ON COLUMN clm.matrix_cell_builtin.y_zh IS 'What y measures, in Chinese';
COMMENT ON COLUMN clm.matrix_cell_builtin.advice_en IS 'What to do, a sentence in English';
COMMENT ON COLUMN clm.matrix_cell_builtin.advice_zh IS 'What to do, a sentence in Chinese';
COMMENT ON COLUMN clm.matrix_cell_builtin.source IS 'Where the matrix was published';

-- Of the profitability matrix some prints give the class Maintain a weak retention too, which would leave customers of low
-- contribution and high retention without a class.
INSERT INTO clm.matrix_cell_builtin (matrix, x_high, y_high, code, en, zh, x_en, x_zh, y_en, y_zh, advice_en, advice_zh, source)
SELECT axes.matrix, x_high, y_high, code, en, zh, x_en, x_zh, y_en, y_zh, advice_en, advice_zh, source
FROM (VALUES
    ('profitability', 'Contribution', '客户贡献度', 'Retention', '客户持续性',
     'McKinsey & Company, customer profitability matrix'),
    ('price_cost', 'Net price', '净价格', 'Cost to serve', '服务成本',
     'Shapiro, Rangan, Moriarty & Ross 1987, Manage Customers for Profits (Not Just Sales), Harvard Business Review 65(5)'),
    ('clv_crv', 'Customer lifetime value (CLV)', '客户终身价值（CLV）', 'Customer referral value (CRV)', '客户推荐价值（CRV）',
     'Kumar, Petersen & Leone 2007, How Valuable Is Word of Mouth?, Harvard Business Review 85(10)'),
    ('value_risk', 'Customer value', '客户价值', 'Churn risk', '流失风险',
     'Common practice of churn management'),
    ('impact_attention', 'Impact', '影响力', 'Attention', '关注度',
     'STEEP analysis of drivers (social, technological, economic, environmental, political), as consultants practise it'))
        AS axes(matrix, x_en, x_zh, y_en, y_zh, source)
JOIN (VALUES
    ('profitability', true, true, 'profitable', 'Profitable', '盈利型',
     'The main source of profit: keep these customers with the best service, and watch over them',
     '利润的主要来源：以最好的服务留住他们，并持续关注'),
    ('profitability', true, false, 'prospective', 'Prospective', '前景型',
     'They contribute much but may leave: improve the service and build loyalty',
     '贡献高但不稳定：改善服务，培养忠诚度'),
    ('profitability', false, true, 'maintain', 'Maintain', '保持型',
     'They stay and contribute a little: serve them at lower cost, and raise their contribution where it can be raised',
     '关系持久但贡献有限：降低服务成本，并在可能时提升其贡献'),
    ('profitability', false, false, 'inefficient', 'Inefficient', '低效型',
     'They contribute little, perhaps less than they cost, and do not stay: put less into them, or end the relation, and move the resources to others',
     '贡献低甚至亏损，且不持久：减少投入或终止服务，把资源转向其他客户'),
    ('price_cost', true, true, 'carriage_trade', 'Carriage trade', '贵宾型',
     'They cost much to serve and pay for it: keep up the service that they pay for',
     '服务成本高，但愿意为此付高价：保持与价格相称的优质服务'),
    ('price_cost', true, false, 'passive', 'Passive', '被动型',
     'They pay a high price and ask for little: the most profitable, to be guarded against competitors and never taken for granted',
     '付高价而要求不多：利润最高，须防范竞争对手，不可视为理所当然'),
    ('price_cost', false, true, 'aggressive', 'Aggressive', '强势型',
     'They ask for the best service at the lowest price: charge for services, lower their cost, or let the price rise',
     '要求以最低的价格得到最好的服务：对附加服务收费、降低服务成本或提高价格'),
    ('price_cost', false, false, 'bargain_basement', 'Bargain basement', '廉价型',
     'They pay little and need little: keep the service plain and automatic',
     '支付的价格低，要求也少：提供简单、自动化的服务'),
    ('clv_crv', true, true, 'champions', 'Champions', '冠军客户',
     'They buy much and bring others: keep both up, and let nothing disturb them',
     '购买多，推荐也多：两方面都保持，避免打扰'),
    ('clv_crv', true, false, 'affluents', 'Affluents', '富裕客户',
     'They buy much but bring few others: encourage them to refer',
     '购买多，推荐少：鼓励其推荐他人'),
    ('clv_crv', false, true, 'advocates', 'Advocates', '倡导客户',
     'They bring others but buy little themselves: win them for cross-selling and up-selling',
     '推荐多，自己购买少：通过交叉销售和向上销售提高其购买'),
    ('clv_crv', false, false, 'misers', 'Misers', '吝啬客户',
     'They neither buy much nor bring others: encourage both, at low cost',
     '购买和推荐都少：以较低成本同时促进两者'),
    ('value_risk', true, true, 'save', 'Save', '重点挽留',
     'Call them first, find out why they want to leave, and make the best offer that still pays',
     '优先联系，了解离开的原因，在仍有利润的前提下给出最优挽留方案'),
    ('value_risk', true, false, 'cherish', 'Cherish', '悉心维护',
     'Look after them regularly and sell them more, without offering discounts that nobody asked for',
     '定期关怀并深化合作，无需主动让利'),
    ('value_risk', false, true, 'let_go', 'Save at low cost or let go', '低成本挽留或放弃',
     'Offer only what costs next to nothing, and let those go who cost more than they bring',
     '仅采用几乎没有成本的挽留方式；服务成本高于收益的客户不再挽留'),
    ('value_risk', false, false, 'develop', 'Serve leanly and develop', '精简服务并培育',
     'Serve them by self-service, and raise their value by usage and cross-selling',
     '以自助服务为主，通过提升使用量和交叉销售提高其价值'),
    ('impact_attention', true, true, 'act', 'Act', '立即应对',
     'The driver matters and everybody knows it: have a plan and carry it out',
     '影响大且广受关注：制定并落实应对方案'),
    ('impact_attention', true, false, 'blind_spot', 'Blind spot', '盲点',
     'The driver matters more than people think: look into it before others do',
     '影响大却少有人关注：抢在他人之前深入研究'),
    ('impact_attention', false, true, 'noise', 'Noise', '过热话题',
     'The driver is talked about more than it matters: spend no more on it than it deserves',
     '讨论多而影响小：避免投入过多资源'),
    ('impact_attention', false, false, 'monitor', 'Monitor', '持续观察',
     'The driver matters little so far: look again at the next review',
     '目前影响不大：留待下次评估时复查'))
        AS cell(matrix, x_high, y_high, code, en, zh, advice_en, advice_zh) USING (matrix);
-- What to do with customers: the touchpoints where company and customer meet, and the actions there, by stage and lever.

CREATE TABLE clm.touchpoint_builtin (
    sort int NOT NULL,
    code text PRIMARY KEY,
    kind text NOT NULL,
    online boolean NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL
);
COMMENT ON TABLE clm.touchpoint_builtin IS 'Touchpoints: where company and customer meet';
COMMENT ON COLUMN clm.touchpoint_builtin.sort IS 'Order in lists';
COMMENT ON COLUMN clm.touchpoint_builtin.code IS 'Short stable identifier of the touchpoint';
COMMENT ON COLUMN clm.touchpoint_builtin.kind IS
    'Who begins the contact as a rule: inbound, the customer; outbound, the company';
COMMENT ON COLUMN clm.touchpoint_builtin.online IS 'Whether they meet on the internet';
COMMENT ON COLUMN clm.touchpoint_builtin.en IS 'Name in English';
COMMENT ON COLUMN clm.touchpoint_builtin.zh IS 'Name in Chinese';
COMMENT ON COLUMN clm.touchpoint_builtin.description_en IS 'What it is good for, a sentence in English';
COMMENT ON COLUMN clm.touchpoint_builtin.description_zh IS 'What it is good for, a sentence in Chinese';

INSERT INTO clm.touchpoint_builtin (sort, code, kind, online, en, zh, description_en, description_zh) VALUES
    (1, 'call_centre', 'inbound', false, 'Call centre', '呼叫中心',
     'The customer calls (in China Telecom''s case the number 10000): answer quickly and competently, find needs, recommend what fits',
     '客户来电（如中国电信 10000 号）：接通快、服务专业，借机发掘需求、推荐合适的产品'),
    (2, 'service_hall', 'inbound', false, 'Service hall', '营业厅',
     'The customer comes to the shop: serve efficiently and kindly, demonstrate products, sell',
     '客户到店：服务高效友好，演示产品，促成销售'),
    (3, 'bill', 'outbound', false, 'Bill', '账单',
     'The bill reaches every customer every period and takes inserts along',
     '账单每期送达每位客户，可随寄宣传内容'),
    (4, 'outbound_call', 'outbound', false, 'Outbound call', '主动外呼',
     'An agent calls chosen customers with one purpose: an offer, a question, a warning',
     '客服人员按名单致电客户，每次只有一个目的：推荐、回访或提醒'),
    (5, 'newsletter', 'outbound', false, 'Newsletter', '客户通讯',
     'Regular letters with news about products and the company',
     '定期寄送的信函，介绍产品和企业的最新消息'),
    (6, 'community_manager', 'outbound', false, 'Community manager', '社区经理',
     'A person in charge of the households and shops of an area, who knows them and visits them',
     '负责一个片区的家庭和商户，了解客户并上门服务'),
    (7, 'agent', 'inbound', false, 'Agent', '代理商',
     'Dealers and partners who sell for the company',
     '代理企业产品销售的经销商和合作伙伴'),
    (8, 'referral', 'inbound', false, 'Referral', '老客户推荐',
     'Customers who come because other customers or partners recommended the company',
     '经其他客户或合作伙伴介绍而来的客户'),
    (9, 'event', 'outbound', false, 'Event', '展会与现场活动',
     'Fairs, promotions, roadshows and meetings with customers',
     '展会、促销、户外活动与客户座谈'),
    (10, 'advertising', 'outbound', false, 'Advertising', '广告',
     'Advertisements in print, on screens and outdoors, which make the brand known',
     '平面、影视和户外广告，用于提高品牌知名度'),
    (11, 'website', 'inbound', true, 'Website', '网站',
     'The company''s own pages and shop, found directly, by search or by paid links',
     '企业官网和网上商城，客户直接访问或经搜索、付费链接进入'),
    (12, 'app', 'inbound', true, 'App', '手机客户端（APP）',
     'The company''s application on the customer''s phone: service, offers, benefits',
     '客户手机上的企业应用：办理业务、查看优惠和会员权益'),
    (13, 'social', 'inbound', true, 'Social media', '社交媒体',
     'Accounts and groups where customers ask, answer and talk about the company',
     '客户提问、解答和讨论企业的账号与社群'),
    (14, 'email', 'outbound', true, 'E-mail', '电子邮件',
     'Messages to chosen customers that cost next to nothing and are easily ignored',
     '发给选定客户的邮件，成本极低，但容易被忽略'),
    (15, 'sms', 'outbound', false, 'Text message', '短信',
     'Short messages that nearly everybody reads: reminders, codes, short offers',
     '几乎人人都会看的短消息：提醒、验证码和简短优惠');

CREATE TABLE clm.action_builtin (
    code text PRIMARY KEY,
    stage clm.stage NOT NULL,
    touchpoint text,
    lever text NOT NULL,
    initiative_no int,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL
);
COMMENT ON TABLE clm.action_builtin IS 'Actions: what to do with customers in a stage, where, and for which lever';
COMMENT ON COLUMN clm.action_builtin.code IS
    'Short stable identifier of the action; what is done in several stages or at several touchpoints has a row for each';
COMMENT ON COLUMN clm.action_builtin.stage IS 'Stage of the customers with whom it is done';
COMMENT ON COLUMN clm.action_builtin.touchpoint IS
    'The touchpoint where it is done, see clm.touchpoint; NULL for work that does not meet the customer';
COMMENT ON COLUMN clm.action_builtin.lever IS 'The lever that it pulls first, see clm.lever';
COMMENT ON COLUMN clm.action_builtin.initiative_no IS
    'Number among the twelve initiatives of a published programme (McKinsey for China Telecom); NULL for actions from elsewhere. '
    'The published list that we know leaves out number 11: plan_renewal stands there by our choice';
COMMENT ON COLUMN clm.action_builtin.en IS 'Name in English';
COMMENT ON COLUMN clm.action_builtin.zh IS 'Name in Chinese';
COMMENT ON COLUMN clm.action_builtin.description_en IS 'What is done, a sentence in English';
COMMENT ON COLUMN clm.action_builtin.description_zh IS 'What is done, a sentence in Chinese';

INSERT INTO clm.action_builtin (code, stage, touchpoint, lever, initiative_no, en, zh, description_en, description_zh) VALUES
    -- The twelve initiatives
    ('capture_rival_users', 'prospect', 'outbound_call', 'acquisition', 1,
     'Win high-value users of competitors', '争取竞争对手的高价值用户',
     'Find users of competitors who would be of high value, and make them an offer that pays at their expected value',
     '识别竞争对手的高价值用户，按其预期价值提供仍有盈利的入网条件'),
    ('spot_potential_value', 'prospect', 'community_manager', 'consideration', 2,
     'Watch prospects of high potential', '社区经理关注潜在高价值客户',
     'The community manager keeps an eye on households and shops that could become high-value customers, and visits them in time',
     '社区经理留意片区内有望成为高价值客户的家庭和商户，适时上门接洽'),
    ('usage_monitoring_mature', 'mature', NULL, 'usage', 3,
     'Monitor usage', '监控使用量变化',
     'Watch the usage of customers, those of high value first, and notice falls while they are small',
     '监控客户（首先是高价值客户）的使用量，在下降初期及时发现'),
    ('usage_monitoring_declining', 'declining', NULL, 'usage', 3,
     'Analyse losses of usage', '分析使用量流失原因',
     'Find out regularly where usage went: to a competitor, to the mobile phone, because of price or because of faults',
     '定期分析使用量的去向与原因：转向竞争对手、被移动通信替代、资费或故障'),
    ('usage_recovery_call', 'declining', 'outbound_call', 'usage', 4,
     'Recover lost usage by calls', '外呼提升使用量',
     'Call customers whose usage fell, remove the cause where there is one, and make an offer where there is none',
     '致电使用量下降的客户，有原因的消除原因，无明显原因的给予优惠'),
    ('usage_recovery_visit', 'declining', 'community_manager', 'usage', 4,
     'Recover lost usage on the spot', '上门提升使用量',
     'Visit customers whose usage fell and set their lines right, for instance by removing a competitor''s dialler',
     '走访使用量下降的客户并现场处理，例如拆除竞争对手的拨号器'),
    ('inbound_sales_call_centre', 'growing', 'call_centre', 'cross_sell', 5,
     'Sell on incoming calls', '呼叫中心向上销售与交叉销售',
     'Give agents a process and an incentive for up-selling and cross-selling whenever a customer calls',
     '为话务员制定来电时的向上销售与交叉销售流程，并配以激励'),
    ('inbound_sales_hall', 'growing', 'service_hall', 'cross_sell', 5,
     'Sell in the service hall', '营业厅向上销售与交叉销售',
     'Give the staff of service halls a process and an incentive for up-selling and cross-selling',
     '为营业员制定向上销售与交叉销售流程，并配以激励'),
    ('need_discovery_call_centre', 'growing', 'call_centre', 'cross_sell', 6,
     'Discover needs on incoming calls', '来电咨询时发掘需求',
     'Use every inquiry to learn what else the customer needs, and recommend one thing that fits',
     '利用每次咨询了解客户的其他需求，并推荐一项合适的产品'),
    ('need_discovery_hall', 'growing', 'service_hall', 'cross_sell', 6,
     'Discover needs in the service hall', '到店咨询时发掘需求',
     'Ask customers who come to the service hall what they use and lack, and demonstrate what fits',
     '了解到店客户的使用情况和未满足的需求，并演示合适的产品'),
    ('channel_combination_call_centre', 'growing', 'call_centre', 'cross_sell', 7,
     'Combined channels: the call centre prepares', '渠道配合：呼叫中心预热',
     'The call centre finds interest in a targeted offer and passes the name on to the community manager',
     '呼叫中心按目标名单了解客户意向，并转交社区经理跟进'),
    ('channel_combination_community', 'growing', 'community_manager', 'cross_sell', 7,
     'Combined channels: the community manager closes', '渠道配合：社区经理成交',
     'The community manager visits customers whose interest the call centre has found, and concludes the sale',
     '社区经理走访呼叫中心转来的意向客户，完成销售'),
    ('bundle_toolkit', 'growing', 'service_hall', 'cross_sell', 8,
     'Toolkit of bundles', '产品包装与捆绑工具包',
     'Put together products that are often bought together, at a price that leaves a margin, as ready-made packages for the staff',
     '把常被一起购买的产品组合成有利润的套餐，供一线人员直接使用'),
    ('high_value_care', 'mature', 'community_manager', 'retention', 9,
     'Regular care for high-value customers', '定期关怀高价值客户',
     'Stay in touch with high-value customers at fixed intervals, follow their usage, and raise their loyalty',
     '按固定周期关怀高价值客户，跟踪其使用量，提升忠诚度'),
    ('mature_tracking', 'mature', NULL, 'retention', 10,
     'Track customers of more than a year', '跟踪一年以上的成熟用户',
     'Follow the usage of customers who have been there for more than a year, and list those whose plans end within 90 days',
     '跟踪入网一年以上用户的使用情况，列出优惠计划将在 90 天内到期的用户'),
    ('expiry_call', 'mature', 'outbound_call', 'renewal', 10,
     'Call before the plan expires', '优惠到期前回访',
     'Call customers of middle and high value before their plans expire, and ask what would keep them',
     '在优惠计划到期前回访中高价值客户，了解其续约条件'),
    ('plan_renewal', 'mature', 'call_centre', 'renewal', 11,
     'Renew the plan at expiry', '到期更新优惠计划',
     'Let customers renew in place, so that nobody has to leave and join again to get the plans of new customers',
     '允许老客户直接更新计划，无需离网再入网才能享受新客户优惠'),
    ('save_scheme', 'declining', 'outbound_call', 'retention', 12,
     'Save customers at risk', '高危用户离网挽留',
     'Call customers of middle and high value who are at high risk, with an offer graded by value and risk, and follow up',
     '按价值和风险分级设计挽留方案，致电中高价值的高危用户并持续跟进'),
    ('save_desk', 'declining', 'call_centre', 'retention', 12,
     'Save desk', '挽留专席',
     'Pass every customer who calls to cancel to agents who are trained to save, and allowed to make an offer',
     '把来电要求离网的客户转给受过挽留培训、有权给予优惠的专席'),
    -- Prospects
    ('target_survey', 'prospect', 'outbound_call', 'consideration', NULL,
     'Survey the market for targets', '市场调研锁定目标客户',
     'Everybody in the region is a prospect: find out by survey who is wanted, with what needs, preferences and habits',
     '区域内所有客户都是潜在客户：通过调研确定目标客户及其需求、偏好和习惯'),
    ('advertising', 'prospect', 'advertising', 'consideration', NULL,
     'Advertise', '广告与市场推广',
     'Make the brand known and liked among the target customers',
     '在目标客户中提高品牌的知名度和好感度'),
    ('search_presence', 'prospect', 'website', 'consideration', NULL,
     'Be found on the internet', '网站与搜索推广',
     'Lead those who search to the website, by good pages and by paid links',
     '通过优质内容、搜索引擎优化和付费广告把搜索者引到网站'),
    ('roadshow', 'prospect', 'event', 'acquisition', NULL,
     'Fairs and roadshows', '展会与户外促销',
     'Meet prospects at fairs and promotions and sign them up on the spot',
     '在展会和促销现场接触潜在客户并当场办理'),
    ('agent_sales', 'prospect', 'agent', 'acquisition', NULL,
     'Sell through agents', '代理商发展客户',
     'Pay agents for customers who stay, not for signatures alone',
     '按留存客户而非仅按开户数向代理商支付佣金'),
    ('referral_programme', 'prospect', 'referral', 'acquisition', NULL,
     'Referral programme', '推荐有礼',
     'Reward customers who bring others, by what those turn out to be worth',
     '奖励推荐他人入网的老客户，奖励与被推荐者的价值挂钩'),
    -- Engaged prospects
    ('nurture_education', 'engaged', 'email', 'consideration', NULL,
     'Educational content', '教育性内容',
     'Explain what the product does and how others use it, before anything is sold',
     '在销售之前介绍产品的用途和他人的使用经验'),
    ('nurture_trial', 'engaged', 'app', 'consideration', NULL,
     'Free trial', '免费试用',
     'Let prospects try the product for a limited time, at no risk',
     '让潜在客户在限定时间内无风险地试用产品'),
    ('nurture_dialogue', 'engaged', 'social', 'consideration', NULL,
     'Dialogue on social media', '社交媒体互动',
     'Answer questions and take part where prospects talk about the subject',
     '在潜在客户讨论的地方答疑并参与交流'),
    ('hall_demo', 'engaged', 'service_hall', 'consideration', NULL,
     'Demonstration in the service hall', '营业厅演示',
     'Show the product to visitors and let them try it',
     '向到店客户演示产品并让其亲自体验'),
    ('inquiry_follow_up', 'engaged', 'call_centre', 'acquisition', NULL,
     'Follow up inquiries', '咨询跟进',
     'Call back whoever asked within a day, and bring the inquiry to a decision',
     '一天内回复咨询者，促使其作出购买决定'),
    -- New customers
    ('welcome_guide', 'new', 'app', 'usage', NULL,
     'Guide for new customers', '新客户使用指南',
     'Show new customers step by step how to get the most from what they bought',
     '逐步引导新客户充分使用所购产品'),
    ('welcome_call', 'new', 'outbound_call', 'usage', NULL,
     'Welcome call', '入网回访',
     'Ask in the first weeks whether everything works, and build confidence and trust',
     '在入网最初几周了解使用是否顺利，建立客户的信心和信任'),
    ('second_purchase', 'new', 'email', 'usage', NULL,
     'Bring about the second purchase', '促成二次购买',
     'Recommend what suits the first purchase at the time when others buy again',
     '在多数客户再次购买的时点，推荐与首次购买相配的产品'),
    ('first_bill', 'new', 'bill', 'service_cost', NULL,
     'Explain the first bill', '首期账单说明',
     'Put an explanation with the first bill, so that it need not be asked for by telephone',
     '随首期账单附上说明，减少来电询问'),
    ('credit_check', 'new', 'service_hall', 'bad_debt', NULL,
     'Check credit on joining', '入网信用审核',
     'Check credit when a customer joins, and set deposits and limits by the risk',
     '入网时审核信用，按风险设定押金和信用额度'),
    -- Growing customers
    ('call_centre_recommendation', 'growing', 'call_centre', 'cross_sell', NULL,
     'Recommend on incoming calls', '呼叫中心推荐',
     'Recommend the next best product at the end of a call that went well',
     '在通话顺利结束时推荐最合适的下一个产品'),
    ('bill_insert', 'growing', 'bill', 'cross_sell', NULL,
     'Insert with the bill', '随账单宣传',
     'Put one offer, chosen by what the customer uses, with the bill',
     '按客户的使用情况选择一项优惠，随账单寄送'),
    ('outbound_offer', 'growing', 'outbound_call', 'cross_sell', NULL,
     'Offer by outbound call', '外呼推荐',
     'Call customers who are likely to accept a product, only where the expected profit exceeds the cost of the call',
     '致电接受概率较高的客户，仅在预期利润高于外呼成本时进行'),
    ('personal_recommendation', 'growing', 'app', 'cross_sell', NULL,
     'Personal recommendations', '个性化推荐',
     'Recommend what customers with similar purchases bought as well',
     '推荐购买行为相似的客户还购买过的产品'),
    ('usage_incentive', 'growing', 'sms', 'usage', NULL,
     'Incentive to use more', '使用激励',
     'Offer a benefit for passing a level of usage that lies above the present one',
     '设定高于当前使用量的目标，达到后给予奖励'),
    ('plan_upgrade', 'growing', 'service_hall', 'migration', NULL,
     'Move up to a better plan', '升级套餐',
     'Move customers who outgrow their plan to the one that suits them, before they pay surcharges',
     '为使用量超出套餐的客户及时升级到合适的套餐'),
    -- Mature customers
    ('loyalty_gifts', 'mature', 'newsletter', 'retention', NULL,
     'Loyalty plan: gifts', '忠诚度计划：礼品',
     'Thank loyal customers with gifts, by tenure and value',
     '按在网时间和价值向忠诚客户赠送礼品'),
    ('loyalty_discounts', 'mature', 'bill', 'retention', NULL,
     'Loyalty plan: discounts', '忠诚度计划：话费优惠',
     'Give loyal customers discounts that grow with the time they stay',
     '给予忠诚客户随在网时间递增的话费优惠'),
    ('loyalty_trials', 'mature', 'app', 'cross_sell', NULL,
     'Loyalty plan: free trials', '忠诚度计划：免费试用',
     'Let loyal customers try new services first, for nothing',
     '让忠诚客户优先免费试用新业务'),
    ('member_benefits', 'mature', 'app', 'retention', NULL,
     'Member benefits', '会员福利',
     'Keep benefits for members that cannot be had elsewhere',
     '为会员提供他处没有的专属福利'),
    ('priority_service', 'mature', 'call_centre', 'retention', NULL,
     'Priority service', '优先服务',
     'Let high-value customers skip the queue and reach a person who knows them',
     '高价值客户免排队，直接接通熟悉其情况的专员'),
    ('newsletter', 'mature', 'newsletter', 'usage', NULL,
     'Newsletter', '寄送客户通讯',
     'Tell customers regularly what is new and how others use it',
     '定期告知客户新产品及他人的使用经验'),
    ('feedback', 'mature', 'website', 'retention', NULL,
     'Ask for feedback and answer it', '收集并回应反馈',
     'Ask what is missing, answer everybody, and report what was changed',
     '询问不足之处，逐一回复，并告知改进结果'),
    ('customer_panel', 'mature', 'event', 'usage', NULL,
     'Panels with customers', '客户座谈会',
     'Learn from panels and telephone surveys why mature customers do not grow, and what they still need',
     '通过座谈会和电话调研了解成熟客户价值提升的瓶颈和深层需求'),
    ('product_innovation', 'mature', NULL, 'cross_sell', NULL,
     'Product innovation', '产品创新',
     'Develop new products with loyal customers, and test whether they raise value before they are rolled out',
     '与忠诚客户共同开发新产品，推广前检验其是否提升价值'),
    ('self_service', 'mature', 'app', 'service_cost', NULL,
     'Self-service', '自助服务',
     'Move simple requests to self-service, and leave the way to a person open for high-value customers',
     '把简单业务转为自助办理，同时为高价值客户保留人工通道'),
    ('electronic_bill', 'mature', 'bill', 'service_cost', NULL,
     'Electronic bill', '电子账单',
     'Deliver bills electronically to all who agree, correctly and in time',
     '征得同意后改发电子账单，做到准确、及时'),
    ('price_review', 'mature', 'bill', 'price', NULL,
     'Review prices', '资费复审',
     'Change prices where customers value the product, after computing how much churn the change may cost at most',
     '在客户认可产品价值的业务上调整资费，并事先测算可承受的最大流失率'),
    ('brand_migration', 'mature', 'service_hall', 'migration', NULL,
     'Guide moves between brands', '引导品牌间迁移',
     'Offer customers the brand that suits them before they look for it elsewhere, and count what is lost at the old one',
     '主动为客户推荐合适的品牌，并计入原品牌的收入损失'),
    ('credit_watch', 'mature', 'sms', 'bad_debt', NULL,
     'Watch payments', '缴费跟踪',
     'Remind before the due day, and lower the limit of those who pay later and later',
     '到期前提醒缴费，对拖欠时间越来越长的客户下调信用额度'),
    -- Declining customers
    ('tailored_service', 'declining', 'community_manager', 'retention', NULL,
     'Tailor the service', '定制服务',
     'Find out what the customer needs now, and shape the service accordingly',
     '了解客户当前的需求，据此调整服务'),
    ('decline_promotion', 'declining', 'email', 'usage', NULL,
     'Promotion', '促销活动',
     'Invite customers whose purchases fall to a promotion of what they used to buy',
     '邀请购买下降的客户参加其以往所购产品的促销'),
    ('decline_coupon', 'declining', 'app', 'usage', NULL,
     'Coupon', '优惠券',
     'Give a coupon with an early end, only to those who would not buy without it',
     '发放有效期较短的优惠券，只给没有优惠便不会购买的客户'),
    ('churn_reasons', 'declining', 'outbound_call', 'retention', NULL,
     'Ask for the reasons', '了解离网原因',
     'Ask customers at risk why they think of leaving, and count the reasons',
     '询问有离网倾向的客户原因，并分类统计'),
    ('debt_collection', 'declining', 'outbound_call', 'bad_debt', NULL,
     'Collect what is due', '账款催收',
     'Remind those in arrears, and agree on instalments before the debt grows',
     '提醒欠费客户，在欠款扩大之前商定分期还款'),
    -- Customers who have left
    ('lost_database', 'churned', NULL, 'winback', NULL,
     'Database of lost customers', '离网客户数据库',
     'Keep, for each product, who left, when, why, and what they were worth',
     '按产品记录离网客户及其离网时间、原因和价值'),
    ('exit_interview', 'churned', 'outbound_call', 'winback', NULL,
     'Ask those who left', '离网回访',
     'Ask those who left for the reason, and whether they would come back if it were removed',
     '了解客户离网的原因，以及消除原因后是否愿意回归'),
    ('winback_offer', 'churned', 'outbound_call', 'winback', NULL,
     'Win-back offer by value', '按价值赢回流失客户',
     'Make offers to lost customers in the order of expected profit from their second life, and stop where it is used up',
     '按第二次生命周期的预期利润排序向流失客户提供优惠，无利可图时停止'),
    ('winback_letter', 'churned', 'newsletter', 'winback', NULL,
     'Win-back letter', '赢回信函',
     'Write to those who left what has changed since, at little cost',
     '以较低成本致函离网客户，告知此后的改进'),
    ('final_bill', 'churned', 'bill', 'bad_debt', NULL,
     'Collect the final bill', '末期账单结清',
     'Send the final bill at once, and collect it before the address is out of date',
     '及时寄送末期账单，趁联系方式有效时结清'),
    -- Customers who came back
    ('welcome_back', 'regained', 'outbound_call', 'usage', NULL,
     'Welcome back', '回归欢迎',
     'Call those who came back, and help them to be where they were soon',
     '致电回归客户，帮助其尽快恢复使用'),
    ('cause_removed', 'regained', 'community_manager', 'retention', NULL,
     'Make sure that the cause is gone', '确认离网原因已消除',
     'Check that what once drove the customer away does not happen again, and follow the first months closely',
     '确认当初导致离网的问题不再发生，并密切跟踪最初几个月');
-- Processes of customer lifecycle management, step by step.

CREATE TABLE clm.process_step_builtin (
    process text NOT NULL,
    n int NOT NULL,
    process_en text NOT NULL,
    process_zh text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL,
    PRIMARY KEY (process, n)
);
COMMENT ON TABLE clm.process_step_builtin IS
    'Steps of processes, their success factors and enablers, and the map of functions that carry them out';
COMMENT ON COLUMN clm.process_step_builtin.process IS
    'Short name: clm (the working loop), success, enablers, value (how value arises), feedback; and the map of functions: '
    'marketing (its elements), sales (before, during and after), operations';
COMMENT ON COLUMN clm.process_step_builtin.n IS 'Number of the step within the process, or order of what has no sequence';
COMMENT ON COLUMN clm.process_step_builtin.process_en IS 'Name of the process in English';
COMMENT ON COLUMN clm.process_step_builtin.process_zh IS 'Name of the process in Chinese';
COMMENT ON COLUMN clm.process_step_builtin.en IS 'Name of the step in English';
COMMENT ON COLUMN clm.process_step_builtin.zh IS 'Name of the step in Chinese';
COMMENT ON COLUMN clm.process_step_builtin.description_en IS 'What is done, a sentence in English';
COMMENT ON COLUMN clm.process_step_builtin.description_zh IS 'What is done, a sentence in Chinese';

INSERT INTO clm.process_step_builtin (process, n, process_en, process_zh, en, zh, description_en, description_zh)
SELECT process, n, process_en, process_zh, en, zh, description_en, description_zh
FROM (VALUES
    ('clm', 'The loop of customer lifecycle management', '客户生命周期管理流程'),
    ('success', 'Success factors', '成功四要点'),
    ('enablers', 'Enablers', '三项支撑条件'),
    ('value', 'How value arises', '价值创造过程'),
    ('feedback', 'Feedback loop', '客户反馈机制'),
    ('marketing', 'Five elements of marketing', '营销五要素'),
    ('sales', 'Before, during and after the sale', '售前、售中、售后'),
    ('operations', 'Functions that carry it out', '执行职能')) AS named(process, process_en, process_zh)
JOIN (VALUES
    ('clm', 1, 'Infer the main trends', '推断主要发展趋势',
     'Read from customer and market data where spending, usage and the mix of stages are going',
     '根据客户和市场数据判断消费、使用量和阶段构成的走向'),
    ('clm', 2, 'Analyse value drivers and behaviour', '分析价值驱动因素与消费者行为',
     'Find out which levers make profit and which lose it, and which customers behave how',
     '分析各价值杠杆的利润组成，弄清哪些盈利、哪些亏损，以及各类客户的行为'),
    ('clm', 3, 'Form hypotheses and initiatives', '提出假设与举措',
     'Turn each finding into a hypothesis, and each hypothesis into an initiative, a policy or a product with stated effects',
     '把发现转化为假设，再把假设转化为效果明确的举措、政策或产品'),
    ('clm', 4, 'Pilot, track, improve, roll out', '试点、跟踪、改进、推广',
     'Test against a control group, improve what falls short, and roll out what pays for itself',
     '与对照组比较试点效果，改进不足之处，推广能够盈利的举措'),
    ('success', 1, 'Judge across the whole lifecycle', '跨周期评估',
     'Compute for each customer the profit from all levers, and the full economic value of moving any one of them',
     '按全部杠杆计算每位客户的利润组成，以及调整任一杠杆的全部经济价值'),
    ('success', 2, 'Carry out strictly', '严格执行',
     'Test several initiatives in parallel and across channels, with control groups',
     '跨渠道平行测试多项举措，并设对照组'),
    ('success', 3, 'Match the way of operating', '配套经营方法',
     'Weigh volume against value across departments, so that none gains at the cost of another',
     '各部门共同权衡业务量和价值，避免顾此失彼'),
    ('success', 4, 'Follow a proven process', '严格流程',
     'Go through the same steps each time, and down to the root cause',
     '每次遵循同样的成熟步骤，并追查根本原因'),
    ('enablers', 1, 'Collecting and analysing data', '数据收集与分析',
     'One record for each customer, from all systems, that can be asked as of any day',
     '汇集各系统数据，为每位客户建立可按任意日期查询的统一记录'),
    ('enablers', 2, 'A CRM that works in operation', '可运作的客户关系管理系统',
     'Lists and recommendations reach the people who talk to customers, and the answers come back',
     '把名单和推荐送达一线人员，并回收结果'),
    ('enablers', 3, 'Organisation', '组织机构',
     'Somebody is responsible for each stage and each lever, with goals in customer value',
     '每个阶段、每项杠杆都有责任人，并以客户价值为目标'),
    ('value', 1, 'Provide value', '价值提供',
     'The company makes an offer that is worth more to the customer than its price',
     '企业提供对客户而言价值高于价格的产品和服务'),
    ('value', 2, 'Trade value', '价值交易',
     'The customer pays, and both sides gain by the exchange',
     '客户付费购买，双方都从交换中获益'),
    ('value', 3, 'Maintain the relation', '关系维护',
     'Service, contact and trust keep the exchange going',
     '通过服务、沟通和信任使交易持续'),
    ('value', 4, 'Create value together', '价值共创',
     'Loyal customers contribute knowledge, ideas and recommendations',
     '忠诚客户贡献知识、创意和推荐'),
    ('feedback', 1, 'Collect', '收集',
     'Take in complaints, suggestions and requests at every touchpoint',
     '在每个接触点收集投诉、建议和需求'),
    ('feedback', 2, 'Classify', '分类',
     'Sort them by subject, urgency and value of the customer',
     '按内容、紧急程度和客户价值分类'),
    ('feedback', 3, 'Respond', '回应',
     'Answer each customer within the time that was promised',
     '在承诺的时限内答复每位客户'),
    ('feedback', 4, 'Analyse', '分析',
     'Look for causes behind what is reported often',
     '从高频问题中寻找根源'),
    ('feedback', 5, 'Improve', '改进',
     'Remove the causes, and tell those who reported them',
     '消除根源，并告知提出问题的客户'),
    ('marketing', 1, 'Segmentation', '客户细分',
     'Divide customers by value, need, behaviour, region and stage',
     '按价值、需求、行为、地域和生命周期阶段划分客户'),
    ('marketing', 2, 'Mix of channels', '渠道组合',
     'Choose for each segment the channels that reach it at the lowest cost',
     '为每个细分市场选择成本最低的有效渠道'),
    ('marketing', 3, 'Products and prices', '产品与定价',
     'Shape products, bundles and prices for the segments',
     '针对细分市场设计产品、组合和资费'),
    ('marketing', 4, 'Advertising and promotion', '广告与促销',
     'Make offers known, and give a reason to take them now',
     '宣传产品，并促使客户及时购买'),
    ('marketing', 5, 'Retention and loyalty', '保留与忠诚',
     'Keep the customers who are worth keeping, and reward those who stay',
     '保留有价值的客户，回报忠诚客户'),
    ('sales', 1, 'Before the sale', '售前',
     'Find prospects, learn their needs, advise and demonstrate',
     '发现潜在客户，了解需求，提供咨询和演示'),
    ('sales', 2, 'During the sale', '售中',
     'Conclude the contract, check credit, install and activate',
     '签约受理、信用审核、安装开通'),
    ('sales', 3, 'After the sale', '售后',
     'Bill, repair, answer, care and renew',
     '出账收费、故障处理、咨询投诉、客户关怀与续约'),
    ('operations', 1, 'Service halls', '营业厅',
     'Sell and serve where customers come in person',
     '面对面的销售与服务'),
    ('operations', 2, 'Call centre', '呼叫中心',
     'Answer calls, sell on them, and call customers',
     '受理来电、来电销售和主动外呼'),
    ('operations', 3, 'Community managers', '社区经理',
     'Look after the households and shops of an area',
     '负责片区内家庭和商户的维系'),
    ('operations', 4, 'Agents', '代理商',
     'Sell through partners, and pay them for customers who stay',
     '通过合作伙伴发展客户，并按客户留存情况支付佣金'),
    ('operations', 5, 'Billing', '计费与账务',
     'Bill correctly and in time, and collect what is due',
     '准确及时出账，并收回账款'),
    ('operations', 6, 'Fault handling', '故障处理',
     'Repair quickly, and say when it will be done',
     '快速修复，并告知修复时间'),
    ('operations', 7, 'Quality control', '服务质量监督',
     'Measure service where the customer meets it, and act on what is found',
     '从客户体验出发衡量服务，并据此改进'))
        AS step(process, n, en, zh, description_en, description_zh) USING (process);
-- The terms of the field that a reader of a report may look up.

CREATE TABLE clm.term_builtin (
    code text PRIMARY KEY,
    en text NOT NULL,
    zh text NOT NULL,
    definition_en text NOT NULL,
    definition_zh text NOT NULL,
    source text NOT NULL
);
COMMENT ON TABLE clm.term_builtin IS 'Glossary: the terms of customer lifecycle management';
COMMENT ON COLUMN clm.term_builtin.code IS 'Short stable identifier of the term';
COMMENT ON COLUMN clm.term_builtin.en IS 'The term in English';
COMMENT ON COLUMN clm.term_builtin.zh IS 'The term in Chinese';
COMMENT ON COLUMN clm.term_builtin.definition_en IS 'What it means, a sentence in English';
COMMENT ON COLUMN clm.term_builtin.definition_zh IS 'What it means, a sentence in Chinese';
COMMENT ON COLUMN clm.term_builtin.source IS 'A publication that defines it, or where it is in use';

INSERT INTO clm.term_builtin (code, en, zh, definition_en, definition_zh, source) VALUES
    -- Customer lifecycle management and what came before it
    ('clm', 'Customer lifecycle management (CLM)', '客户生命周期管理（CLM）',
     'Managing the whole course of a customer relationship, from the first consideration to win-back, so that it yields the highest value',
     '对客户关系全过程（从考虑购买到离网赢回）的管理，目的是使其价值最大化',
     'McKinsey & Company, customer lifecycle management for China Telecom'),
    ('clm_goals', 'Customer lifecycle management, by its goals', '客户生命周期管理（按目标定义）',
     'Identifying relationships with customers, increasing them, and maintaining them: the second common definition of CLM',
     '识别、增加和维持客户关系的管理活动：客户生命周期管理的另一种常见定义',
     'Customer lifecycle management literature (Chinese)'),
    ('customer_lifecycle', 'Customer lifecycle', '客户生命周期',
     'The time from the beginning of a relationship with a customer to its complete end, and the course of its level over that time',
     '客户关系从建立到完全终止的全过程，以及关系水平随时间变化的轨迹',
     'Theory of the customer relationship lifecycle (Chinese CRM textbooks)'),
    ('crm', 'Customer relationship management (CRM)', '客户关系管理（CRM）',
     'A continuous process of communicating with customers, understanding them and improving what is done for them, in order to acquire, satisfy and keep them',
     '与客户持续沟通、不断了解并改进服务的过程，涵盖客户获取、满意度管理和关系的协调发展',
     'CRM textbooks (Chinese)'),
    ('contact_management', 'Contact management', '接触管理',
     'Collecting all that passes between company and customer; the ancestor of CRM from about 1980',
     '收集客户与企业联系的全部信息；约 1980 年出现，客户关系管理的前身',
     'In use since about 1980'),
    ('relationship_marketing', 'Relationship marketing', '关系营销',
     'Marketing that builds lasting relationships with customers in place of single sales',
     '以建立长期客户关系而非单次交易为目标的营销',
     'Jackson 1985, Build Customer Relationships That Last, Harvard Business Review 63(6)'),
    ('customer_care', 'Customer care', '客户关怀',
     'Service and support for the customer before, during and after the sale; from about 1990 the step from contact management to CRM',
     '售前、售中、售后全程的客户服务与支持；约 1990 年由接触管理演变而来',
     'In use since about 1990'),
    ('one_to_one_marketing', 'One-to-one marketing', '一对一营销',
     'Treating each customer as a segment of one: an own offer for everybody, chosen by value and needs',
     '把每位客户视为一个细分市场，按其价值和需求单独提供方案',
     'Peppers & Rogers 1993, The One to One Future'),
    ('touchpoint', 'Touchpoint', '接触点',
     'Any occasion on which company and customer meet, from the bill to the call centre',
     '客户与企业接触的任何场合，如账单、呼叫中心',
     'Marketing practice'),
    -- Value to the company
    ('clv', 'Customer lifetime value (CLV)', '客户终身价值（CLV）',
     'Present value of the margins that a customer is expected to bring; in reports the remaining value from the day of the report on, unless they say otherwise',
     '客户预期带来的各期利润的现值；报表中如无说明，指自报表日起的剩余价值',
     'Berger & Nasr 1998, Customer Lifetime Value: Marketing Models and Applications, Journal of Interactive Marketing 12(1)'),
    ('lifetime_value', 'Total lifetime value', '总终身价值',
     'Value to date and remaining value together: the total economic value from the first day of the relation to the last',
     '已实现价值与剩余价值之和，即关系自始至终的总经济价值',
     'CRM textbooks (Chinese)'),
    ('value_to_date', 'Value to date (realised value)', '已实现价值（既成价值）',
     'Value that the customer has brought up to the day of the report',
     '截至报表日客户已经带来的价值',
     'Customer value management (Chinese literature)'),
    ('remaining_value', 'Remaining value', '剩余价值',
     'Expected value of the customer from the day of the report on',
     '自报表日起客户预期还将带来的价值',
     'Fader & Hardie 2010, Customer-Base Valuation in a Contractual Setting, Marketing Science 29(1)'),
    ('potential_value', 'Potential value', '潜在价值',
     'Value that could still be won from the customer: what is spent with others, or what would be added if the customer behaved like the best of the same kind',
     '尚可争取的价值：客户在竞争对手处的消费，或达到同类最佳客户水平时的增值',
     'Customer value management (Chinese literature)'),
    ('model_value', 'Model value', '模型价值',
     'Future value as a model predicts it, in contrast to value that has been realised',
     '由模型预测的未来价值，与已实现的价值相对',
     'Customer value management (Chinese literature)'),
    ('customer_equity', 'Customer equity', '客户资产',
     'Sum of the lifetime values of all customers, present and future',
     '全部现有和未来客户终身价值之和',
     'Blattberg & Deighton 1996, Manage Marketing by the Customer Equity Test, Harvard Business Review 74(4)'),
    ('referral_value', 'Customer referral value (CRV)', '客户推荐价值（CRV）',
     'Present value of the customers whom a customer brings: full margins of those who would not have come otherwise, saved acquisition costs of the others',
     '客户推荐他人所带来价值的现值：对原本不会购买者计其全部利润，对其余的人只计节省的获取成本',
     'Kumar, Petersen & Leone 2007, How Valuable Is Word of Mouth?, Harvard Business Review 85(10)'),
    ('engagement_value', 'Customer engagement value', '客户契合价值',
     'Lifetime, referral, influencer and knowledge value of a customer together',
     '客户的终身价值、推荐价值、影响者价值与知识价值之和',
     'Kumar et al. 2010, Undervalued or Overvalued Customers, Journal of Service Research 13(3)'),
    ('civ_name_clash', 'CIV: two meanings', 'CIV 的两种含义',
     'Customer information value here and in Chinese textbooks; customer influencer value in Kumar et al. 2010, which belongs to the public praise value here',
     '在中文教科书和此处指客户信息价值；在 Kumar 等（2010）中指客户影响者价值，对应此处的口碑价值',
     'Kumar et al. 2010, Undervalued or Overvalued Customers, Journal of Service Research 13(3)'),
    ('ckv_name_clash', 'CKV: two meanings', 'CKV 的两种含义',
     'Here the value of a customer''s know-how; in Kumar et al. 2010 the value of all feedback, which covers the information value here as well. The trading value has no counterpart there',
     '此处指客户专门知识的价值；在 Kumar 等（2010）中指全部反馈的价值，也包含此处的信息价值；客户交易价值在其中没有对应',
     'Kumar et al. 2010, Undervalued or Overvalued Customers, Journal of Service Research 13(3)'),
    ('spending_capacity', 'Spending capacity', '客户消费能力',
     'What a customer spends in the category with all suppliers in a period: the size of the wallet',
     '客户在一个时期内于该品类向所有供应商的支出，即钱包大小',
     'CRM textbooks (Chinese)'),
    ('share_of_wallet', 'Share of wallet', '客户份额（钱包份额）',
     'Share of a customer''s spending in the category that goes to the company; market share counts customers, share of wallet looks into each one',
     '客户在该品类的支出中流向本企业的比例；市场份额看客户多少，客户份额看每位客户的深度',
     'Cooil et al. 2007, A Longitudinal Analysis of Customer Satisfaction and Share of Wallet, Journal of Marketing 71(1)'),
    ('unit_margin', 'Unit margin', '单位边际利润',
     'Contribution of a unit of spending after variable costs',
     '每单位消费扣除变动成本后的贡献',
     'CRM textbooks (Chinese)'),
    ('arpu', 'Average revenue per user (ARPU)', '每用户平均收入（ARPU）',
     'Revenue of a period divided by the number of active customers',
     '一个时期的收入除以活跃客户数',
     'Telecom practice'),
    ('acquisition_cost', 'Customer acquisition cost (CAC)', '客户获取成本（CAC）',
     'Spending on acquisition divided by the number of customers won',
     '获取客户的总支出除以新获取的客户数',
     'Marketing practice'),
    ('high_value_customer', 'High-value customers (HVC)', '高价值客户（HVC）',
     'The smallest group of customers who together bring 80 % of the profit, or the first few per cent by value',
     '合计贡献 80% 利润的最少客户，或按价值排序的前百分之几',
     'Marketing practice'),
    ('profit_concentration', 'Whale curve', '鲸鱼曲线（利润集中度）',
     'Cumulative profit of the customers, the best first: it rises above the total and falls where customers lose money',
     '客户按利润由高到低排列的累计利润曲线：先升至总利润以上，再因亏损客户而回落',
     'Kaplan & Narayanan 2001, Measuring and Managing Customer Profitability, Journal of Cost Management 15(5)'),
    -- Value to the customer
    ('functional_value', 'Functional value', '功能性价值',
     'What a product is worth to the customer for what it does: quality, performance, price',
     '产品的功能、质量和价格等实际效用给客户带来的价值',
     'Sheth, Newman & Gross 1991, Why We Buy What We Buy, Journal of Business Research 22(2)'),
    ('emotional_value', 'Emotional value', '情感性价值',
     'What a product is worth to the customer for the feelings that go with it: pleasure, trust, safety',
     '产品和服务引起的愉悦、信任、安全等感受给客户带来的价值',
     'Sheth, Newman & Gross 1991, Why We Buy What We Buy, Journal of Business Research 22(2)'),
    ('social_value', 'Social value', '社会性价值',
     'What a product is worth to the customer for how others see its owner: belonging, standing, recognition',
     '产品和服务带来的归属感、地位和他人认可等给客户带来的价值',
     'Sheth, Newman & Gross 1991, Why We Buy What We Buy, Journal of Business Research 22(2)'),
    ('perceived_value', 'Perceived value', '感知价值',
     'The customer''s own judgement of what is received for what is given: subjective, relative to competitors, changing over time',
     '客户对所得与付出的主观评价，因人而异，相对于竞争者，并随时间变化',
     'Zeithaml 1988, Consumer Perceptions of Price, Quality, and Value, Journal of Marketing 52(3)'),
    ('value_cocreation', 'Value co-creation', '价值共创',
     'Company and customer create value together, by the customer''s knowledge, ideas and recommendations',
     '企业与客户共同创造价值，客户贡献知识、创意和推荐',
     'Prahalad & Ramaswamy 2004, Co-creation Experiences, Journal of Interactive Marketing 18(3)'),
    ('satisfaction_gap', 'Satisfaction gap', '满意度差距',
     'Perceived performance less expected performance: above zero the customer is delighted, below zero dissatisfied',
     '实际体验减去期望：大于零为惊喜，小于零为不满意',
     'Oliver 1980, A Cognitive Model of the Antecedents and Consequences of Satisfaction Decisions, Journal of Marketing Research 17(4)'),
    ('loyalty', 'Loyalty', '忠诚度',
     'A lasting disposition to buy again and to recommend, whatever competitors offer',
     '不受竞争对手影响而持续购买并乐于推荐的倾向',
     'Oliver 1999, Whence Consumer Loyalty?, Journal of Marketing 63'),
    ('bonds', 'Levels of retention', '客户保持的三个层次',
     'What ties a customer to a company: financial bonds (discounts), social bonds (persons), structural bonds (solutions that are hard to replace)',
     '维系客户的三种纽带：财务层次（优惠）、社交层次（人际关系）、结构层次（难以替代的解决方案）',
     'Berry & Parasuraman 1991, Marketing Services'),
    -- Staying and leaving
    ('churn', 'Churn', '客户流失（离网）',
     'A customer ends the relation: seen where there is a contract, otherwise inferred from silence',
     '客户终止关系：有合同时可以观测，无合同时只能根据长期未购买推断',
     'Marketing practice'),
    ('churn_tendency', 'Churn tendency', '流失倾向',
     'Probability that the customer makes no purchase within a stated time',
     '客户在规定时间内不再购买的概率',
     'Neslin et al. 2006, Defection Detection, Journal of Marketing Research 43(2)'),
    ('usage_loss', 'Usage loss', '话务流失',
     'A customer stays but uses less, or uses competitors as well: partial loss, in contrast to churn',
     '客户仍在网但使用减少，或部分转向竞争对手：属部分流失，区别于客户离网',
     'McKinsey & Company, customer lifecycle management for China Telecom'),
    ('on_ramp', 'On-ramps', '入网通道',
     'The ways into the customer base: joining for the first time, and coming back',
     '客户进入的途径：首次入网和再入网',
     'McKinsey & Company, customer lifecycle management for China Telecom'),
    ('off_ramp', 'Off-ramps', '离网通道',
     'The ways out of it: loss of the customer, and loss of usage while the customer stays',
     '客户离开的途径：客户离网和在网期间的话务流失',
     'McKinsey & Company, customer lifecycle management for China Telecom'),
    ('retention_rate', 'Retention rate', '客户保持率（保有率）',
     'Share of the customers at the beginning of a period who are still there at its end',
     '期初客户中到期末仍保留的比例',
     'Marketing practice'),
    ('early_warning', 'Early warning', '离网预警',
     'Listing customers at risk before they leave, by their churn tendency, the trend of their usage, or the end of their plan',
     '根据流失倾向、使用趋势或计划到期时间，在客户离网之前列出高危客户',
     'Telecom practice'),
    ('win_back', 'Win-back', '赢回',
     'Bringing customers who have left back, where their second life is expected to be worth more than it costs',
     '使流失客户回归，前提是其第二次生命周期的预期价值高于成本',
     'Stauss & Friege 1999, Regaining Service Customers, Journal of Service Research 1(4)'),
    ('bad_debt', 'Bad debt', '坏账',
     'Billed revenue that is never paid; expected loss = probability of default × loss given default × exposure',
     '已出账但无法收回的款项；预期损失 = 违约概率 × 违约损失率 × 风险敞口',
     'Credit risk practice'),
    -- Levers and tests
    ('value_lever', 'Value lever', '价值杠杆',
     'A quantity that management can move and that changes the value of customers: the eleven levers form the chain from consideration to win-back',
     '企业可以调整、并会改变客户价值的因素：十一项杠杆构成从购买意向到赢回的价值链',
     'McKinsey & Company, customer lifecycle management for China Telecom'),
    ('total_economic_value', 'Total economic value of a lever', '杠杆的全部经济价值',
     'Change of customer value when a lever is moved, with all its effects on the other levers',
     '调整某项杠杆所引起的客户价值变化，包括对其他杠杆的全部影响',
     'McKinsey & Company, customer lifecycle management for China Telecom; shared out fairly: Shapley 1953, A Value for n-Person Games'),
    ('cross_selling', 'Cross-selling', '交叉销售',
     'Selling further products to customers one has',
     '向现有客户销售其他产品',
     'Marketing practice'),
    ('up_selling', 'Up-selling', '向上销售（叠加销售）',
     'Selling a better or larger version of what the customer has, or additions to it',
     '向客户销售其所用产品的更高档次、更大规格或附加项目',
     'Marketing practice'),
    ('uplift', 'Uplift', '增量效果',
     'Outcome of those who were treated less the outcome of a control group: what an action has caused',
     '实验组与对照组结果之差，即举措真正带来的效果',
     'Radcliffe 2007, Using Control Groups to Target on Predicted Lift, Direct Marketing Analytics Journal'),
    -- What models are told, and what they answer
    ('rfm', 'Recency, frequency, monetary value (RFM)', '最近购买、购买频率与购买金额（RFM）',
     'When a customer bought last, how often, and for how much: the summary from which models predict',
     '客户最近一次购买的时间、购买次数和金额：模型预测所依据的汇总指标',
     'Fader, Hardie & Lee 2005, RFM and CLV, Journal of Marketing Research 42(4)'),
    ('probability_alive', 'Probability of being alive, P(alive)', '存活概率 P(alive)',
     'Probability that a customer without a contract has not left yet; nothing observed can confirm it',
     '无合同客户尚未流失的概率；属不可观测的潜在状态，无法直接验证',
     'Schmittlein, Morrison & Colombo 1987, Counting Your Customers, Management Science 33(1)'),
    ('cadence', 'Cadence', '购买周期',
     'Mean number of days between purchases',
     '相邻两次购买之间的平均天数',
     'Marketing practice');
-- What the views of a mart call their classes, and the action that they propose in each stage.

CREATE TABLE clm.mart_label_builtin (
    kind text NOT NULL,
    code text NOT NULL,
    sort int NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    PRIMARY KEY (kind, code)
);
COMMENT ON TABLE clm.mart_label_builtin IS 'Labels of the views that clm.create_mart makes';
COMMENT ON COLUMN clm.mart_label_builtin.kind IS 'What is labelled: stage, churn_band, tier, rfm_group, curve or item (a row of the view model)';
COMMENT ON COLUMN clm.mart_label_builtin.code IS 'Short stable identifier within the kind, as the views give it';
COMMENT ON COLUMN clm.mart_label_builtin.sort IS 'Order in lists, unique within the kind';
COMMENT ON COLUMN clm.mart_label_builtin.en IS 'Label in English';
COMMENT ON COLUMN clm.mart_label_builtin.zh IS 'Label in Chinese';

INSERT INTO clm.mart_label_builtin (kind, code, sort, en, zh) VALUES
    ('stage', 'prospect', 1, 'Prospect', '潜在客户'),
    ('stage', 'engaged', 2, 'Engaged', '已接触'),
    ('stage', 'new', 3, 'New', '新客户'),
    ('stage', 'growing', 4, 'Growing', '成长'),
    ('stage', 'mature', 5, 'Mature', '成熟'),
    ('stage', 'declining', 6, 'Declining', '衰退'),
    ('stage', 'churned', 7, 'Churned', '流失'),
    ('stage', 'regained', 8, 'Regained', '回归'),
    ('churn_band', 'very_low', 1, 'Very low', '极低'),
    ('churn_band', 'low', 2, 'Low', '低'),
    ('churn_band', 'medium', 3, 'Medium', '中'),
    ('churn_band', 'high', 4, 'High', '高'),
    ('churn_band', 'very_high', 5, 'Very high', '极高'),
    ('tier', 'top', 1, 'Top 1 %', '顶级客户（前 1%）'),
    ('tier', 'large', 2, 'Large: next 4 %', '大客户（其后 4%）'),
    ('tier', 'medium', 3, 'Medium: next 15 %', '中等客户（其后 15%）'),
    ('tier', 'small', 4, 'Small: other 80 %', '小客户（其余 80%）'),
    ('rfm_group', 'champions', 1, 'Champions', '重要价值客户'),
    ('rfm_group', 'recent', 2, 'Recent', '新近客户'),
    ('rfm_group', 'loyal', 3, 'Loyal', '忠诚客户'),
    ('rfm_group', 'valuable_at_risk', 4, 'Valuable at risk', '重要挽留客户'),
    ('rfm_group', 'to_develop', 5, 'To develop', '待发展客户'),
    ('rfm_group', 'asleep', 6, 'Asleep', '沉睡客户'),
    ('curve', 'lorenz', 1, 'Lorenz curve: from the least valuable', '洛伦兹曲线（价值由低到高）'),
    ('curve', 'whale', 2, 'Whale curve: from the most valuable', '鲸鱼曲线（价值由高到低）'),
    ('item', 'family', 1, 'Family of the model', '模型族'),
    ('item', 'period', 2, 'Days of a period', '每期天数'),
    ('item', 'customers', 3, 'Customers fitted to', '参与拟合的客户数'),
    ('item', 'log_likelihood', 30, 'Log-likelihood of the purchases', '购买部分的对数似然'),
    ('item', 'spend_customers', 31, 'Repeat buyers fitted to', '参与拟合的重复购买客户数'),
    ('item', 'spend_log_likelihood', 32, 'Log-likelihood of the spend', '金额部分的对数似然'),
    ('item', 'aic', 33, 'Akaike''s information criterion', '赤池信息准则（AIC）'),
    ('item', 'bic', 34, 'Bayesian information criterion', '贝叶斯信息准则（BIC）'),
    ('item', 'tracking_ratio', 40, 'Check: actual / expected repeat purchases', '检验：重复购买次数，实际 / 预期'),
    ('item', 'tracking_error', 41, 'Check: mean absolute error of a period, as a share of the purchases', '检验：各期绝对误差的平均值占购买次数的比例'),
    ('item', 'frequency_error', 42, 'Check: share of customers whose number of purchases the model misplaces', '检验：购买次数与模型分布不符的客户占比'),
    ('item', 'seasonal_months', 43, 'Check: months of the year that depart from the model', '检验：一年中明显偏离模型的月份数');

CREATE TABLE clm.next_action_builtin (
    lifecycle_stage text PRIMARY KEY,
    action text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL
);
COMMENT ON TABLE clm.next_action_builtin IS 'The action of clm.action that the call list of a mart proposes in each stage';
COMMENT ON COLUMN clm.next_action_builtin.lifecycle_stage IS 'Stage of clm.stage; a stage without a row is not called';
COMMENT ON COLUMN clm.next_action_builtin.action IS 'Code of the action in clm.action';
COMMENT ON COLUMN clm.next_action_builtin.en IS 'Why to call, in English; the list adds the day of the last purchase';
COMMENT ON COLUMN clm.next_action_builtin.zh IS 'Why to call, in Chinese; the list adds the day of the last purchase';

INSERT INTO clm.next_action_builtin (lifecycle_stage, action, en, zh) VALUES
    ('new', 'second_purchase', 'a new customer, easily lost', '新客户，容易流失'),
    ('growing', 'call_centre_recommendation', 'buys more and more: much to lose', '购买不断增加，一旦流失损失大'),
    ('mature', 'high_value_care', 'a steady customer whose value is at risk', '购买稳定的客户，价值有流失风险'),
    ('declining', 'save_scheme', 'buys less and less', '购买不断减少'),
    ('regained', 'welcome_back', 'came back, and may leave again', '流失后回归，可能再次流失');
-- Reference tables: for every table clm.x_builtin of shipped rows the table clm.x_user of the user's own and the view
-- clm.x over both. A user's row changes the columns that it gives of the shipped row of its key, or adds a row where no
-- such row is shipped; a hidden one takes the row out. So upgrades replace the shipped rows, dumps carry the user's, and
-- neither meets the other.
--
-- Nothing checks that an added row is complete: the row that another one changes may be gone from a later version, and
-- neither the upgrade nor a restore may fail for that.
--
-- A column refers to another of these tables where it has the name of that table's key, or the table's own name where the
-- key is called code: system to clm.stage_system, lever to clm.lever. A row drops out with a hidden one that it refers to.
DO $$
DECLARE
    shipped record;
BEGIN
    FOR shipped IN
        SELECT left(t.relname, -length('_builtin')) AS name, string_agg(format('%I', a.attname), ', ' ORDER BY k.n) AS key,
               (SELECT string_agg(format('ALTER %I DROP NOT NULL', o.attname), ', ' ORDER BY o.attnum) FROM pg_attribute o
                WHERE o.attrelid = t.oid AND o.attnum > 0 AND NOT o.attisdropped AND o.attnum <> ALL (i.indkey)) AS others_optional
        FROM pg_class t
            JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
            CROSS JOIN unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
            JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum
        WHERE t.relnamespace = 'clm'::regnamespace AND t.relname LIKE '%\_builtin'
        GROUP BY t.oid, i.indexrelid
    LOOP
        EXECUTE format('CREATE TABLE clm.%I (LIKE clm.%I, hidden boolean NOT NULL DEFAULT false, PRIMARY KEY (%s))',
            shipped.name || '_user', shipped.name || '_builtin', shipped.key);
        EXECUTE format('ALTER TABLE clm.%I %s', shipped.name || '_user', shipped.others_optional);
        EXECUTE format('COMMENT ON TABLE clm.%I IS %L', shipped.name || '_user',
            format('Your own rows of clm.%I. To change a shipped row, give its key (%s) and what is to change: NULL keeps the '
                   'shipped value. To add a row, give a new key and every column: what is left out shows as NULL. To hide a '
                   'row, give its key and hidden => true', shipped.name, shipped.key));
        EXECUTE format('COMMENT ON COLUMN clm.%I.hidden IS %L', shipped.name || '_user',
            format('Takes the row of this key out of clm.%I, and what refers to it', shipped.name));
        PERFORM pg_extension_config_dump(format('clm.%I', shipped.name || '_user')::regclass, '');
    END LOOP;
END
$$;

DO $$
DECLARE
    shipped record;
    described record;
BEGIN
    FOR shipped IN
        WITH part AS (
            SELECT t.oid, left(t.relname, -length('_builtin')) AS name, a.attname, a.attnum,
                   a.attnum = ANY (i.indkey) AS in_key, i.indnkeyatts
            FROM pg_class t
                JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
                JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
            WHERE t.relnamespace = 'clm'::regnamespace AND t.relname LIKE '%\_builtin'),
        parent AS (
            SELECT name, attname AS key, CASE attname WHEN 'code' THEN name ELSE attname END AS referred_as
            FROM part WHERE in_key AND indnkeyatts = 1)
        SELECT p.name, obj_description(p.oid, 'pg_class') AS subject,
               string_agg(format('%I', p.attname), ', ' ORDER BY p.attnum) AS columns,
               string_agg(format(CASE WHEN p.in_key THEN 'b.%1$I' ELSE 'coalesce(u.%1$I, b.%1$I) AS %1$I' END, p.attname), ', '
                          ORDER BY p.attnum) AS changed,
               string_agg(format('u.%1$I = b.%1$I', p.attname), ' AND ' ORDER BY p.attnum) FILTER (WHERE p.in_key) AS same_key,
               string_agg((SELECT string_agg(format('NOT EXISTS (SELECT FROM clm.%I h WHERE h.%I = r.%I AND h.hidden)',
                                                    parent.name || '_user', parent.key, p.attname), ' AND ' ORDER BY parent.name)
                           FROM parent WHERE parent.referred_as = p.attname AND parent.name <> p.name), ' AND ' ORDER BY p.attnum) AS parents_shown
        FROM part p
        GROUP BY p.name, p.oid
    LOOP
        EXECUTE format('CREATE VIEW clm.%1$I AS
            SELECT %4$s FROM (
                SELECT %5$s FROM clm.%3$I b LEFT JOIN clm.%2$I u ON %6$s WHERE u.hidden IS NOT TRUE
                UNION ALL
                SELECT %4$s FROM clm.%2$I u WHERE NOT hidden AND NOT EXISTS (SELECT FROM clm.%3$I b WHERE %6$s)) r
            WHERE %7$s',
            shipped.name, shipped.name || '_user', shipped.name || '_builtin', shipped.columns, shipped.changed, shipped.same_key,
            coalesce(shipped.parents_shown, 'true'));
        EXECUTE format('COMMENT ON VIEW clm.%I IS %L', shipped.name, shipped.subject || '; the shipped rows and your own');
        EXECUTE format('COMMENT ON TABLE clm.%I IS %L', shipped.name || '_builtin',
            shipped.subject || '; as shipped, replaced by upgrades');
        FOR described IN
            SELECT a.attname AS name, col_description(a.attrelid, a.attnum) AS comment,
                   CASE WHEN a.attnum = ANY (i.indkey) THEN 'key' ELSE 'NULL keeps the shipped value' END AS role
            FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
            WHERE a.attrelid = format('clm.%I', shipped.name || '_builtin')::regclass AND a.attnum > 0 AND NOT a.attisdropped
        LOOP
            EXECUTE format('COMMENT ON COLUMN clm.%I.%I IS %L', shipped.name, described.name, described.comment);
            EXECUTE format('COMMENT ON COLUMN clm.%I.%I IS %L', shipped.name || '_user', described.name,
                format('%s (%s)', described.comment, described.role));
        END LOOP;
    END LOOP;
END
$$;
-- Functions that read the reference tables: the name of a stage, and of the cell of a matrix.

CREATE FUNCTION clm.in_language(lang text, en text, zh text, code text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF lang NOT IN ('en', 'zh', 'code') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = pg_catalog.format('unknown language "%s"', lang),
            HINT = 'Known languages are: en, zh, code.';
    END IF;
    RETURN CASE lang WHEN 'en' THEN en WHEN 'zh' THEN zh WHEN 'code' THEN code END;
END
$$;
COMMENT ON FUNCTION clm.in_language(text, text, text, text) IS
    'Part of clm.label and clm.matrix: the second, third or fourth argument, that is the name in English (en), in Chinese (zh), '
    'or the code (code), by lang; NULL where lang is, an error where it is anything else';

CREATE FUNCTION clm.label(stage clm.stage, system text DEFAULT 'telecom5', lang text DEFAULT 'en') RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 2000 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    en text;
    zh text;
    code text;
BEGIN
    SELECT l.en, l.zh, l.code INTO en, zh, code FROM clm.stage_label l WHERE l.system = label.system AND l.stage = label.stage;
    IF NOT FOUND THEN -- alone: a condition with a query in it is a query in every call
        IF NOT EXISTS (SELECT FROM clm.stage_system s WHERE s.system = label.system) THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = pg_catalog.format('unknown stage system "%s"', system),
                HINT = pg_catalog.format('Known systems are: %s.',
                    (SELECT pg_catalog.string_agg(s.system, ', ' ORDER BY s.sort, s.system) FROM clm.stage_system s));
        END IF;
    END IF;
    RETURN clm.in_language(lang, en, zh, code);
END
$$;
COMMENT ON FUNCTION clm.label(clm.stage, text, text) IS
    'The name of a stage in a published system, in English (en) or Chinese (zh), or its code; NULL where the system has no '
    'such stage. Unknown systems and languages are errors';

CREATE FUNCTION clm.matrix(name text, x float8, y float8, x_cut float8, y_cut float8, lang text DEFAULT 'en') RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 2000 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    en text; -- stays NULL, like the others, where a number is NULL, which is neither high nor low
    zh text;
    code text;
BEGIN
    SELECT c.en, c.zh, c.code INTO en, zh, code FROM clm.matrix_cell c
    WHERE c.matrix = matrix.name AND c.x_high = (x >= x_cut) AND c.y_high = (y >= y_cut);
    IF NOT FOUND AND name IS NOT NULL THEN -- alone, as above
        IF NOT EXISTS (SELECT FROM clm.matrix_cell c WHERE c.matrix = matrix.name) THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = pg_catalog.format('unknown matrix "%s"', name),
                HINT = pg_catalog.format('Known matrices are: %s.',
                    (SELECT pg_catalog.string_agg(DISTINCT c.matrix, ', ' ORDER BY c.matrix) FROM clm.matrix_cell c));
        END IF;
    END IF;
    IF pg_catalog.num_nulls(x, y, x_cut, y_cut) = 0 AND NOT ('Infinity' > ALL (ARRAY[@x, @y, @x_cut, @y_cut])) THEN
        RAISE EXCEPTION USING ERRCODE = 'numeric_value_out_of_range',
            MESSAGE = (SELECT pg_catalog.format('%s must be a finite number, not %s', v.argument, v.value)
                       FROM (VALUES ('x', x), ('y', y), ('x_cut', x_cut), ('y_cut', y_cut)) v(argument, value)
                       WHERE NOT @v.value < 'Infinity' LIMIT 1);
    END IF;
    RETURN clm.in_language(lang, en, zh, code);
END
$$;
COMMENT ON FUNCTION clm.matrix(text, float8, float8, float8, float8, text) IS
    'The cell of a two-axis matrix into which x and y fall, in English (en) or Chinese (zh), or its code; at the cut counts as '
    'high. NULL where a number is, and where you have hidden the cell; NaN, infinity, an unknown matrix (clm.matrix_cell lists '
    'them) and an unknown language are errors';
-- Scores: what a fitted model says of one customer. From a history time counts in days, from a clm.rfm in the model's
-- periods.

CREATE FUNCTION clm.prior_guess() RETURNS clm.customer_model LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.customer_model('mbg/nbd', 1, '{1,30,0.5,1.5}');
    END;
COMMENT ON FUNCTION clm.prior_guess() IS
    'The model that scores without a fitted one use: MBG/NBD in days with r = 1, alpha = 30, a = 0.5, b = 1.5. It ranks '
    'customers; its probabilities are a guess and it has no spend part';

-- Probabilities

CREATE FUNCTION clm.p_alive(h clm.history, as_of date, model clm.customer_model, days integer DEFAULT 0) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_p_alive_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 13;
COMMENT ON FUNCTION clm.p_alive(clm.history, date, clm.customer_model, integer) IS
    'Probability that the customer has not left for good `days` after as_of: P(alive), a latent state that no data can '
    'confirm. NULL before the first occasion (Fader, Hardie & Lee 2005; Batislam et al. 2007)';
CREATE FUNCTION clm.p_alive(summary clm.rfm, model clm.customer_model, periods float8 DEFAULT 0) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_p_alive_rfm' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 12;
COMMENT ON FUNCTION clm.p_alive(clm.rfm, clm.customer_model, float8) IS
    'Probability that the customer has not left for good `periods` after t';
CREATE FUNCTION clm.p_alive(h clm.history, as_of date) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.p_alive($1, $2, clm.prior_guess(), 0);
    END;
COMMENT ON FUNCTION clm.p_alive(clm.history, date) IS 'P(alive) under clm.prior_guess(): for ranking only';

CREATE FUNCTION clm.p_active(h clm.history, as_of date, model clm.customer_model, days integer DEFAULT 90) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_p_active_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clm.p_active(clm.history, date, clm.customer_model, integer) IS
    'Probability of at least one purchase in the `days` after as_of; NULL before the first occasion';
CREATE FUNCTION clm.p_active(summary clm.rfm, model clm.customer_model, periods float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_p_active_rfm' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 13;
COMMENT ON FUNCTION clm.p_active(clm.rfm, clm.customer_model, float8) IS
    'Probability of at least one purchase in the `periods` after t';
CREATE FUNCTION clm.p_active(summary clm.rfm, model clm.customer_model) RETURNS float8
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.p_active($1, $2, 90.0::float8 / nullif(($2).period, 0));
    END;
COMMENT ON FUNCTION clm.p_active(clm.rfm, clm.customer_model) IS 'Probability of at least one purchase in the 90 days after t';
CREATE FUNCTION clm.p_active(h clm.history, as_of date, days integer DEFAULT 90) RETURNS float8
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.p_active($1, $2, clm.prior_guess(), $3);
    END;
COMMENT ON FUNCTION clm.p_active(clm.history, date, integer) IS
    'Probability of a purchase in the next `days` under clm.prior_guess(): for ranking only';

CREATE FUNCTION clm.churn_score(h clm.history, as_of date, model clm.customer_model, days integer DEFAULT 90) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_churn_score_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 15;
COMMENT ON FUNCTION clm.churn_score(clm.history, date, clm.customer_model, integer) IS
    'Probability of no purchase in the `days` after as_of; days => NULL: of having left for good already (1 - P(alive)), '
    'which no data can confirm and which ranks worse. NULL before the first occasion';
CREATE FUNCTION clm.churn_score(summary clm.rfm, model clm.customer_model, periods float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_churn_score_rfm' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 14;
COMMENT ON FUNCTION clm.churn_score(clm.rfm, clm.customer_model, float8) IS
    'Probability of no purchase in the `periods` after t; periods => NULL: of having left for good already';
CREATE FUNCTION clm.churn_score(summary clm.rfm, model clm.customer_model) RETURNS float8
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.churn_score($1, $2, 90.0::float8 / nullif(($2).period, 0));
    END;
COMMENT ON FUNCTION clm.churn_score(clm.rfm, clm.customer_model) IS 'Probability of no purchase in the 90 days after t';
CREATE FUNCTION clm.churn_score(h clm.history, as_of date, days integer DEFAULT 90) RETURNS float8
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.churn_score($1, $2, clm.prior_guess(), $3);
    END;
COMMENT ON FUNCTION clm.churn_score(clm.history, date, integer) IS
    'Probability of no purchase in the next `days` under clm.prior_guess(): for ranking only';

-- Expectations

CREATE FUNCTION clm.expected_purchases(h clm.history, as_of date, model clm.customer_model, days integer DEFAULT 365)
    RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_expected_purchases_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
COMMENT ON FUNCTION clm.expected_purchases(clm.history, date, clm.customer_model, integer) IS
    'Expected number of purchases (days with a purchase) in the `days` after as_of; NULL before the first occasion';
CREATE FUNCTION clm.expected_purchases(summary clm.rfm, model clm.customer_model, periods float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_expected_purchases_rfm' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 23;
COMMENT ON FUNCTION clm.expected_purchases(clm.rfm, clm.customer_model, float8) IS
    'Expected number of purchases in the `periods` after t';
CREATE FUNCTION clm.expected_purchases(summary clm.rfm, model clm.customer_model) RETURNS float8
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.expected_purchases($1, $2, 365.0::float8 / nullif(($2).period, 0));
    END;
COMMENT ON FUNCTION clm.expected_purchases(clm.rfm, clm.customer_model) IS 'Expected number of purchases in the 365 days after t';
CREATE FUNCTION clm.expected_purchases(model clm.customer_model, days integer DEFAULT 365) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_expected_purchases_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION clm.expected_purchases(clm.customer_model, integer) IS
    'Expected number of repeat purchases of a new customer in the `days` after the first purchase';

CREATE FUNCTION clm.p_purchases(model clm.customer_model, n integer, days integer DEFAULT 365) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_p_purchases_new' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 45;
COMMENT ON FUNCTION clm.p_purchases(clm.customer_model, integer, integer) IS
    'Probability that a new customer makes exactly n repeat purchases in the `days` after the first purchase';

CREATE FUNCTION clm.expected_spend(h clm.history, as_of date, model clm.customer_model) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_expected_spend_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 12;
COMMENT ON FUNCTION clm.expected_spend(clm.history, date, clm.customer_model) IS
    'Expected value of a purchase of this customer (gamma-gamma; Fader & Hardie 2013); NULL before the first occasion, and '
    'where the expectation does not exist (p n + q <= 1)';
CREATE FUNCTION clm.expected_spend(summary clm.rfm, model clm.customer_model) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_expected_spend_rfm' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 9;
COMMENT ON FUNCTION clm.expected_spend(clm.rfm, clm.customer_model) IS
    'Expected value of a purchase of this customer (gamma-gamma); NULL where the expectation does not exist';

-- Value

CREATE FUNCTION clm.clv(h clm.history, as_of date, model clm.customer_model, days integer DEFAULT 365,
                        annual_discount float8 DEFAULT .10, margin float8 DEFAULT 1) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_clv_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 75;
COMMENT ON FUNCTION clm.clv(clm.history, date, clm.customer_model, integer, float8, float8) IS
    'Remaining value of the customer: expected purchases in the `days` after as_of (NULL: all future), each worth margin x '
    'expected spend, discounted continuously at ln(1 + annual_discount) / 365.25 a day. Acquisition cost and value to date '
    'are not in it. NULL before the first occasion';
CREATE FUNCTION clm.clv(summary clm.rfm, model clm.customer_model, periods float8, annual_discount float8 DEFAULT .10,
                        margin float8 DEFAULT 1) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_clv_rfm' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 70;
COMMENT ON FUNCTION clm.clv(clm.rfm, clm.customer_model, float8, float8, float8) IS
    'Remaining value of the customer over the `periods` after t (NULL: all future), discounted at annual_discount a year';
CREATE FUNCTION clm.clv(summary clm.rfm, model clm.customer_model) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.clv($1, $2, 365.0::float8 / nullif(($2).period, 0));
    END;
COMMENT ON FUNCTION clm.clv(clm.rfm, clm.customer_model) IS
    'Remaining value of the customer over the 365 days after t, at 10 % a year and margin 1';
CREATE FUNCTION clm.clv(model clm.customer_model, days integer DEFAULT 365, annual_discount float8 DEFAULT .10,
                        margin float8 DEFAULT 1) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_clv_new' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 190;
COMMENT ON FUNCTION clm.clv(clm.customer_model, integer, float8, float8) IS
    'Value of a newcomer, a customer who makes the first purchase now: that purchase and the expected repeat purchases in the '
    '`days` after it (NULL: all future), each worth margin x the expected spend of a new customer, discounted at '
    'ln(1 + annual_discount) / 365.25 a day. First purchase included; acquisition cost not. NULL where nobody''s mean spend '
    'exists (gamma-gamma with q <= 1); error where the model has no spend part';
CREATE FUNCTION clm.clv(margin float8, retention float8, discount float8, acquisition float8 DEFAULT 0,
                        growth float8 DEFAULT 0, periods integer DEFAULT NULL, advance boolean DEFAULT false) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_clv_constant_retention' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 5;
COMMENT ON FUNCTION clm.clv(float8, float8, float8, float8, float8, integer, boolean) IS
    'Value of a contract with constant retention: margin is money a period, discount a rate per period, both growing by '
    'growth; margins at the end of each period if retained, with advance => true at its start; periods NULL: for ever. '
    'Less the acquisition cost (Berger & Nasr 1998; Gupta & Lehmann 2003)';

CREATE TYPE clm.customer_score AS (
    stage clm.stage,
    stage_reason text,
    thin boolean,
    churn_score float8,
    p_alive float8,
    expected_purchases float8,
    expected_spend float8,
    value_to_date float8,
    clv float8,
    clv_total float8,
    expected_purchases_lower float8,
    expected_purchases_upper float8,
    purchases_lower float8,
    purchases_upper float8,
    clv_lower float8,
    clv_upper float8
);
COMMENT ON TYPE clm.customer_score IS 'All scores of a customer, as clm.scores returns them';
COMMENT ON COLUMN clm.customer_score.stage IS 'Lifecycle stage, by the model form of clm.lifecycle_stage';
COMMENT ON COLUMN clm.customer_score.stage_reason IS 'The rule that decided the stage, with its numbers';
COMMENT ON COLUMN clm.customer_score.thin IS 'Fewer than two repeat purchases: the scores say more of customers like this one than of this one';
COMMENT ON COLUMN clm.customer_score.churn_score IS
    'Probability of no purchase in the next 90 days; under bg/bb in the whole opportunities of these, at least one';
COMMENT ON COLUMN clm.customer_score.p_alive IS 'Probability of not having left for good';
COMMENT ON COLUMN clm.customer_score.expected_purchases IS 'Expected purchases within the horizon; NULL where that is all future';
COMMENT ON COLUMN clm.customer_score.expected_spend IS 'Expected value of a purchase; NULL where the model has no spend part';
COMMENT ON COLUMN clm.customer_score.value_to_date IS 'margin x sum of the amounts up to as_of';
COMMENT ON COLUMN clm.customer_score.clv IS 'Remaining value within the horizon; NULL where the model has no spend part';
COMMENT ON COLUMN clm.customer_score.clv_total IS 'value_to_date + clv';
COMMENT ON COLUMN clm.customer_score.expected_purchases_lower IS
    'Lower end of the interval for what this customer''s own rate of purchase and drop-out make expected_purchases: what is '
    'known of him. 0 where he may have left; NULL without a level, and where expected_purchases is';
COMMENT ON COLUMN clm.customer_score.expected_purchases_upper IS 'Upper end of the interval for his own expected purchases; see expected_purchases_lower';
COMMENT ON COLUMN clm.customer_score.purchases_lower IS
    'Lower end, a whole number, of the interval in which the number of his purchases within the horizon will fall, given the '
    'model: it adds chance to what is not known of him. NULL without a level, and where expected_purchases is';
COMMENT ON COLUMN clm.customer_score.purchases_upper IS 'Upper end, a whole number, of the interval for the number of his purchases; see purchases_lower';
COMMENT ON COLUMN clm.customer_score.clv_lower IS
    'Lower end of the interval for clv as this customer''s own rate, drop-out and mean spend make it. NULL without a level, '
    'and where clv is';
COMMENT ON COLUMN clm.customer_score.clv_upper IS 'Upper end of the interval for his own clv; see clv_lower';

CREATE FUNCTION clm.scores_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_scores_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.scores_support(internal) IS 'For the planner: cost of clm.scores(...), which is higher with a level';
CREATE FUNCTION clm.scores(h clm.history, as_of date, model clm.customer_model, days integer DEFAULT 365,
                           annual_discount float8 DEFAULT .10, margin float8 DEFAULT 1, level float8 DEFAULT NULL)
    RETURNS clm.customer_score
    AS 'MODULE_PATHNAME', 'clm_scores_history' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200
    SUPPORT clm.scores_support;
COMMENT ON FUNCTION clm.scores(clm.history, date, clm.customer_model, integer, float8, float8, float8) IS
    'All scores of a customer in one evaluation; use it in LATERAL, since (clm.scores(...)).* calls it once a column. A '
    'NULL history is a prospect, with NULL scores. With a level, above 0 and at most .999, also equal-tailed intervals, given '
    'the model''s parameters as if they were known';
CREATE FUNCTION clm.scores(summary clm.rfm, model clm.customer_model, periods float8, annual_discount float8 DEFAULT .10,
                           margin float8 DEFAULT 1, level float8 DEFAULT NULL) RETURNS clm.customer_score
    AS 'MODULE_PATHNAME', 'clm_scores_rfm' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100
    SUPPORT clm.scores_support;
COMMENT ON FUNCTION clm.scores(clm.rfm, clm.customer_model, float8, float8, float8, float8) IS
    'All scores of a customer summary in one evaluation; a summary has no days, so stage, its reason and what counts value '
    'to date are NULL. With a level also equal-tailed intervals';
CREATE FUNCTION clm.scores(summary clm.rfm, model clm.customer_model) RETURNS clm.customer_score
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT clm.scores($1, $2, 365.0::float8 / nullif(($2).period, 0));
    END;
COMMENT ON FUNCTION clm.scores(clm.rfm, clm.customer_model) IS
    'All scores of a customer summary over the 365 days after t, at 10 % a year and margin 1';
-- A fit to customers who do not fit into one machine's memory: the likelihood as an aggregate with a small state, and a
-- procedure that drives it to the optimum.

CREATE TYPE clm.likelihood AS (
    family text,
    params float8[],
    period integer,
    as_of date,
    since date,
    log_likelihood float8,
    gradient float8[],
    customers bigint,
    moments float8[],
    least float8,
    largest float8
);
COMMENT ON TYPE clm.likelihood IS
    'Log-likelihood and gradient of a family at given parameters, as the aggregate likelihood returns it. Those of parts of the '
    'customers add up: log_likelihood, gradient, customers and moments';
COMMENT ON COLUMN clm.likelihood.family IS 'A family of customer_model, or gamma-gamma: the model of spend';
COMMENT ON COLUMN clm.likelihood.params IS 'Parameters in the literature''s order, as in clm.customer_model; p, q, gamma of spend';
COMMENT ON COLUMN clm.likelihood.period IS 'Days of a period: the unit of time of the parameters; NULL for summaries, which have their own';
COMMENT ON COLUMN clm.likelihood.as_of IS 'The day up to which histories counted; NULL for summaries';
COMMENT ON COLUMN clm.likelihood.since IS 'First day of complete data; NULL where the first occasion starts the clock';
COMMENT ON COLUMN clm.likelihood.log_likelihood IS
    'Log-likelihood of the customers; NULL where it is not finite at params';
COMMENT ON COLUMN clm.likelihood.gradient IS
    'Its derivatives by params (0 by a k, which is a whole number); NULL where log_likelihood is';
COMMENT ON COLUMN clm.likelihood.customers IS 'Number of customers counted; with gamma-gamma those whose repeat purchases have a value';
COMMENT ON COLUMN clm.likelihood.moments IS
    'Sums over the customers from which a fit guesses where to start: of x, x squared, t_x and t (clm.rfm); with gamma-gamma of '
    'the logarithm of monetary';
COMMENT ON COLUMN clm.likelihood.least IS 'The least t; with gamma-gamma the least monetary';
COMMENT ON COLUMN clm.likelihood.largest IS 'The largest t; with gamma-gamma the largest monetary';

CREATE TYPE clm.likelihood_state;

CREATE FUNCTION clm.likelihood_state_in(cstring) RETURNS clm.likelihood_state
    AS 'MODULE_PATHNAME', 'clm_likelihood_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.likelihood_state_out(clm.likelihood_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_likelihood_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.likelihood_state_recv(internal) RETURNS clm.likelihood_state
    AS 'MODULE_PATHNAME', 'clm_likelihood_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.likelihood_state_send(clm.likelihood_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_likelihood_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.likelihood_state_in(cstring) IS 'Text input of clm.likelihood_state';
COMMENT ON FUNCTION clm.likelihood_state_out(clm.likelihood_state) IS 'Text output of clm.likelihood_state';
COMMENT ON FUNCTION clm.likelihood_state_recv(internal) IS 'Binary input of clm.likelihood_state';
COMMENT ON FUNCTION clm.likelihood_state_send(clm.likelihood_state) IS 'Binary output of clm.likelihood_state';

CREATE TYPE clm.likelihood_state (
    INPUT = clm.likelihood_state_in,
    OUTPUT = clm.likelihood_state_out,
    RECEIVE = clm.likelihood_state_recv,
    SEND = clm.likelihood_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.likelihood_state IS
    'Exact sums, less than a kilobyte however many customers: the state of the aggregate likelihood';

CREATE FUNCTION clm.likelihood_transition(clm.likelihood_state, clm.history, date, text, float8[], integer)
    RETURNS clm.likelihood_state
    AS 'MODULE_PATHNAME', 'clm_likelihood_history_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 80;
CREATE FUNCTION clm.likelihood_transition(clm.likelihood_state, clm.history, date, clm.fit_options, float8[], boolean)
    RETURNS clm.likelihood_state
    AS 'MODULE_PATHNAME', 'clm_likelihood_history_options_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 80;
CREATE FUNCTION clm.likelihood_transition(clm.likelihood_state, clm.rfm, text, float8[]) RETURNS clm.likelihood_state
    AS 'MODULE_PATHNAME', 'clm_likelihood_rfm_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 80;
CREATE FUNCTION clm.likelihood_transition(clm.likelihood_state, clm.rfm, text, float8[], bigint) RETURNS clm.likelihood_state
    AS 'MODULE_PATHNAME', 'clm_likelihood_rfm_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 80;
CREATE FUNCTION clm.likelihood_transition(clm.likelihood_state, clm.rfm, clm.fit_options, float8[], boolean, bigint)
    RETURNS clm.likelihood_state
    AS 'MODULE_PATHNAME', 'clm_likelihood_rfm_options_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 80;
CREATE FUNCTION clm.likelihood_combine(clm.likelihood_state, clm.likelihood_state) RETURNS clm.likelihood_state
    AS 'MODULE_PATHNAME', 'clm_likelihood_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.likelihood_final(clm.likelihood_state) RETURNS clm.likelihood
    AS 'MODULE_PATHNAME', 'clm_likelihood_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.likelihood_combine(clm.likelihood_state, clm.likelihood_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.likelihood_final(clm.likelihood_state) IS 'The likelihood of the customers that a state has summed';

CREATE DOMAIN clm.customer_picture AS clm.customer_model_state;
COMMENT ON DOMAIN clm.customer_picture IS
    'Customers with rounded numbers, equal ones merged: few, however many customers there are. A distributed fit starts from them';

CREATE FUNCTION clm.customer_picture_transition(clm.customer_model_state, clm.history, date, clm.fit_options)
    RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_picture_history_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
CREATE FUNCTION clm.customer_picture_transition(clm.customer_model_state, clm.rfm, clm.fit_options, bigint) RETURNS clm.customer_model_state
    AS 'MODULE_PATHNAME', 'clm_customer_picture_rfm_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 25;
CREATE FUNCTION clm.customer_picture_final(clm.customer_model_state) RETURNS clm.customer_picture
    AS 'MODULE_PATHNAME', 'clm_customer_picture_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.customer_picture_final(clm.customer_model_state) IS 'The picture that a state has gathered';

-- The aggregates of a name differ in their arguments only.
DO $$
DECLARE
    signature record;
BEGIN
    FOR signature IN VALUES
        ('likelihood', 'h clm.history, as_of date, family text, params float8[], period integer', 'histories as of a day'),
        ('likelihood', 'h clm.history, as_of date, options clm.fit_options, params float8[], spend boolean',
         'histories as of a day, with family, period and since in options, or gamma-gamma where spend is true; the form that '
         'postgres_fdw pushes down'),
        ('likelihood', 'summary clm.rfm, family text, params float8[]', 'customer summaries'),
        ('likelihood', 'summary clm.rfm, family text, params float8[], weight bigint',
         'customer summaries with weights (numbers of equal customers)'),
        ('likelihood', 'summary clm.rfm, options clm.fit_options, params float8[], spend boolean, weight bigint',
         'customer summaries with weights, with the family in options, or gamma-gamma where spend is true; the form that '
         'postgres_fdw pushes down'),
        ('customer_picture', 'h clm.history, as_of date, options clm.fit_options', 'histories as of a day'),
        ('customer_picture', 'summary clm.rfm, options clm.fit_options, weight bigint',
         'customer summaries with weights (numbers of equal customers)')
    LOOP
        EXECUTE format(
            'CREATE AGGREGATE clm.%1$I(%2$s) (SFUNC = clm.%3$I, STYPE = clm.%4$I, SSPACE = %5$s, FINALFUNC = clm.%6$I, '
            'COMBINEFUNC = clm.%7$I, PARALLEL = SAFE)', signature.column1, signature.column2, signature.column1 || '_transition',
            CASE signature.column1 WHEN 'likelihood' THEN 'likelihood_state' ELSE 'customer_model_state' END,
            CASE signature.column1 WHEN 'likelihood' THEN 1024 ELSE 65536 END, signature.column1 || '_final',
            CASE signature.column1 WHEN 'likelihood' THEN 'likelihood_combine' ELSE 'customer_model_combine' END);
        EXECUTE format('COMMENT ON AGGREGATE clm.%I(%s) IS %L', signature.column1, signature.column2,
            CASE signature.column1
                WHEN 'likelihood' THEN 'Log-likelihood and gradient of a family of customer_model, or of gamma-gamma, at params: of '
                    || signature.column3 || '. The state is small and exact: the result depends on the customers only, whatever '
                    || 'their order. Customers without an occasion are not counted; log_likelihood is NULL where it is not finite. '
                    || 'An error for params outside the domain'
                ELSE 'A picture of the customers, for the start of a distributed fit: of ' || signature.column3
                    || '. Counts keep 4, times and recencies 5, amounts 6 leading bits' END);
        EXECUTE format('COMMENT ON FUNCTION clm.%I(clm.%I, %s) IS %L', signature.column1 || '_transition',
            CASE signature.column1 WHEN 'likelihood' THEN 'likelihood_state' ELSE 'customer_model_state' END,
            pg_catalog.regexp_replace(signature.column2, '\m(h|as_of|family|params|period|options|spend|summary|weight) ', '', 'g'),
            'Adds a customer to the state of the aggregate clm.' || signature.column1);
    END LOOP;
END
$$;

CREATE PROCEDURE clm.fit_customer_model(query text, as_of date, options clm.fit_options DEFAULT NULL,
                                        INOUT model clm.customer_model DEFAULT NULL)
    AS 'MODULE_PATHNAME', 'clm_fit_customer_model' LANGUAGE C;
COMMENT ON PROCEDURE clm.fit_customer_model(text, date, clm.fit_options, clm.customer_model) IS
    'Fits the model of the aggregate customer_model to the customers of a query, without gathering them: each step is a pass of '
    'aggregates over the query, which parallel workers or other servers run. The query is one SELECT or TABLE without '
    'parameters, with one column of type clm.history, or with one of type clm.rfm, an optional column weight, and as_of NULL. '
    'options: all but family => ''auto'' and holdout. The parameters agree with those of the aggregate to 1e-6';

CREATE PROCEDURE clm.fit_customer_model(queries text[], as_of date, options clm.fit_options DEFAULT NULL,
                                        INOUT model clm.customer_model DEFAULT NULL)
    AS 'MODULE_PATHNAME', 'clm_fit_customer_model_queries' LANGUAGE C;
COMMENT ON PROCEDURE clm.fit_customer_model(text[], date, clm.fit_options, clm.customer_model) IS
    'The same for customers of several queries, one a server for example: each pass is the UNION ALL of one aggregate a query';
-- Models of contracts: customers whose leaving is seen, at the end of a period.

CREATE TYPE clm.retention_model AS (
    family text,
    params float8[],
    se float8[],
    log_likelihood float8,
    customers bigint,
    churned bigint,
    evaluations integer
);
COMMENT ON TYPE clm.retention_model IS
    'A fitted model of how long customers under contract stay, as the aggregate retention_model returns it; '
    'clm.describe(model) lists it as rows, clm.points(model, periods) projects the retention curve';
COMMENT ON COLUMN clm.retention_model.family IS
    'sbg: customers leave with a probability of their own, constant in time (Fader & Hardie 2007); bdw: one that changes with '
    'tenure (Fader, Hardie, Liu, Davin & Steenburgh 2018)';
COMMENT ON COLUMN clm.retention_model.params IS
    'Parameters in the literature''s order: alpha, beta; of bdw alpha, beta, c, where c > 1 means that a customer leaves more '
    'readily as time goes by, c < 1 less, c = 1 is sbg';
COMMENT ON COLUMN clm.retention_model.se IS 'Standard errors of params';
COMMENT ON COLUMN clm.retention_model.log_likelihood IS 'Log-likelihood of the tenures at params';
COMMENT ON COLUMN clm.retention_model.customers IS 'Number of customers fitted to';
COMMENT ON COLUMN clm.retention_model.evaluations IS 'How often the fit evaluated the likelihood';
COMMENT ON COLUMN clm.retention_model.churned IS 'How many of them have left; the others are still there (censored)';

CREATE FUNCTION clm.retention_model(family text, params float8[]) RETURNS clm.retention_model
    LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ROW($1, $2, NULL, NULL, NULL, NULL, NULL)::clm.retention_model;
    END;
COMMENT ON FUNCTION clm.retention_model(text, float8[]) IS
    'A model with parameters of your own, published ones for example, in the literature''s order: sbg alpha, beta; bdw alpha, '
    'beta, c. Type the array, ARRAY[.668, 3.806] for example, or name the arguments: two untyped literals could also be a row of '
    'the aggregate. It is checked when it is used: alpha and beta from 1e-6 to 1e9, c from 1e-6 to 16';

CREATE FUNCTION clm.describe(model clm.retention_model, OUT name text, OUT value float8, OUT se float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_retention_model_describe' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 150 ROWS 6;
COMMENT ON FUNCTION clm.describe(clm.retention_model) IS
    'The model as rows: each parameter with its standard error, log-likelihood, numbers of customers and of those who left';

CREATE FUNCTION clm.log_likelihood(model clm.retention_model) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT CASE WHEN abs(($1).log_likelihood) < 'Infinity' THEN ($1).log_likelihood END;
    END;
COMMENT ON FUNCTION clm.log_likelihood(clm.retention_model) IS
    'Log-likelihood of the tenures that the model was fitted to; NULL for parameters of your own';
CREATE FUNCTION clm.aic(model clm.retention_model) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT 2 * pg_catalog.cardinality(($1).params) - 2 * clm.log_likelihood($1);
    END;
COMMENT ON FUNCTION clm.aic(clm.retention_model) IS
    'Akaike''s information criterion, 2 x parameters - 2 x log-likelihood (Akaike 1974): of several models of the same customers '
    'the one with the smallest is to be preferred';
CREATE FUNCTION clm.bic(model clm.retention_model) RETURNS float8 LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT pg_catalog.cardinality(($1).params)
                   * pg_catalog.ln(CASE WHEN ($1).customers > 0 THEN ($1).customers END::float8)
               - 2 * clm.log_likelihood($1);
    END;
COMMENT ON FUNCTION clm.bic(clm.retention_model) IS
    'Bayesian information criterion, parameters x ln(customers) - 2 x log-likelihood (Schwarz 1978), the smaller the better';

-- The aggregates

CREATE TYPE clm.retention_model_state;

CREATE FUNCTION clm.retention_model_state_in(cstring) RETURNS clm.retention_model_state
    AS 'MODULE_PATHNAME', 'clm_retention_model_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.retention_model_state_out(clm.retention_model_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_retention_model_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.retention_model_state_recv(internal) RETURNS clm.retention_model_state
    AS 'MODULE_PATHNAME', 'clm_retention_model_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.retention_model_state_send(clm.retention_model_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_retention_model_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.retention_model_state_in(cstring) IS 'Text input of clm.retention_model_state';
COMMENT ON FUNCTION clm.retention_model_state_out(clm.retention_model_state) IS 'Text output of clm.retention_model_state';
COMMENT ON FUNCTION clm.retention_model_state_recv(internal) IS 'Binary input of clm.retention_model_state';
COMMENT ON FUNCTION clm.retention_model_state_send(clm.retention_model_state) IS 'Binary output of clm.retention_model_state';

CREATE TYPE clm.retention_model_state (
    INPUT = clm.retention_model_state_in,
    OUTPUT = clm.retention_model_state_out,
    RECEIVE = clm.retention_model_state_recv,
    SEND = clm.retention_model_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.retention_model_state IS 'Tenures gathered for a fit: the state of the aggregate retention_model';

CREATE FUNCTION clm.retention_model_transition(clm.retention_model_state, bigint, boolean) RETURNS clm.retention_model_state
    AS 'MODULE_PATHNAME', 'clm_retention_model_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 8;
CREATE FUNCTION clm.retention_model_transition(clm.retention_model_state, bigint, boolean, text)
    RETURNS clm.retention_model_state
    AS 'MODULE_PATHNAME', 'clm_retention_model_family_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 9;
CREATE FUNCTION clm.retention_model_transition(clm.retention_model_state, bigint, boolean, text, bigint)
    RETURNS clm.retention_model_state
    AS 'MODULE_PATHNAME', 'clm_retention_model_weight_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
CREATE FUNCTION clm.retention_model_combine(clm.retention_model_state, clm.retention_model_state)
    RETURNS clm.retention_model_state
    AS 'MODULE_PATHNAME', 'clm_retention_model_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 100;
CREATE FUNCTION clm.retention_model_final(clm.retention_model_state) RETURNS clm.retention_model
    AS 'MODULE_PATHNAME', 'clm_retention_model_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.retention_model_transition(clm.retention_model_state, bigint, boolean) IS
    'Adds a customer to the state of the aggregate clm.retention_model';
COMMENT ON FUNCTION clm.retention_model_transition(clm.retention_model_state, bigint, boolean, text) IS
    'Adds a customer to the state of the aggregate clm.retention_model';
COMMENT ON FUNCTION clm.retention_model_transition(clm.retention_model_state, bigint, boolean, text, bigint) IS
    'Adds equal customers to the state of the aggregate clm.retention_model';
COMMENT ON FUNCTION clm.retention_model_combine(clm.retention_model_state, clm.retention_model_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.retention_model_final(clm.retention_model_state) IS
    'Fits the model to the customers that a state has gathered';

CREATE AGGREGATE clm.retention_model(tenure bigint, churned boolean) (
    SFUNC = clm.retention_model_transition,
    STYPE = clm.retention_model_state,
    SSPACE = 65536,
    FINALFUNC = clm.retention_model_final,
    COMBINEFUNC = clm.retention_model_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.retention_model(bigint, boolean) IS
    'Maximum-likelihood fit of sbg to customers under contract. tenure: the period at whose end the customer left (churned, at '
    'least 1), or, where he is still there, the periods that he has completed (0 or more; censored, never kept for ever): the '
    'same rows as for retention_curve. A row with a NULL is skipped, no row gives NULL. An error where somebody has left at '
    'tenure 0, and where no trustworthy fit exists: nobody or all at once have left, too few periods, no differences between '
    'customers (Fader & Hardie 2007)';
CREATE AGGREGATE clm.retention_model(tenure bigint, churned boolean, family text) (
    SFUNC = clm.retention_model_transition,
    STYPE = clm.retention_model_state,
    SSPACE = 65536,
    FINALFUNC = clm.retention_model_final,
    COMBINEFUNC = clm.retention_model_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.retention_model(bigint, boolean, text) IS
    'The same with a family of your choice, the same in all rows: sbg, or bdw, where a customer''s own probability to leave '
    'changes with tenure (Fader, Hardie, Liu, Davin & Steenburgh 2018)';
CREATE AGGREGATE clm.retention_model(tenure bigint, churned boolean, family text, weight bigint) (
    SFUNC = clm.retention_model_transition,
    STYPE = clm.retention_model_state,
    SSPACE = 65536,
    FINALFUNC = clm.retention_model_final,
    COMBINEFUNC = clm.retention_model_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.retention_model(bigint, boolean, text, bigint) IS
    'The same of rows that stand for `weight` equal customers each; a row of weight 0 is skipped, a negative weight is an error';

-- What a model says. tenure is that of a customer who is still there: the periods that he has completed.

CREATE FUNCTION clm.survival(model clm.retention_model, tenure bigint) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_retention_model_survival' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 12;
COMMENT ON FUNCTION clm.survival(clm.retention_model, bigint) IS
    'Share of new customers who are still there after `tenure` periods, S(tenure); 1 at 0. A negative tenure is an error';
CREATE FUNCTION clm.retention_rate(model clm.retention_model, tenure bigint) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_retention_model_retention_rate' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 12;
COMMENT ON FUNCTION clm.retention_rate(clm.retention_model, bigint) IS
    'Probability that a customer who has completed `tenure` periods renews at the end of the next one, S(tenure + 1) / '
    'S(tenure) = 1 - churn_score(model, tenure). It is the rate r of period tenure + 1 in the literature and in points(model, …)';
CREATE FUNCTION clm.churn_score(model clm.retention_model, tenure bigint) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_retention_model_churn_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 12;
COMMENT ON FUNCTION clm.churn_score(clm.retention_model, bigint) IS
    'Probability that a customer who has completed `tenure` periods leaves at the end of the next one, 1 - retention_rate(model, '
    'tenure). A negative tenure is an error';

CREATE FUNCTION clm.clv(model clm.retention_model, tenure bigint, margin float8, discount float8, periods integer DEFAULT NULL,
                        advance boolean DEFAULT false) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_clv_retention_model' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clm.clv(clm.retention_model, bigint, float8, float8, integer, boolean) IS
    'Remaining value of a customer under contract who has completed `tenure` periods. margin is money a period, discount a '
    'rate per period of the model, periods the number of margins that count (NULL: all). By default seen just before the next '
    'renewal: margins come at renewals, the next one undiscounted, if he renews: margin x DERL(tenure + 1) of Fader & Hardie '
    '(2010). advance: seen just before the margin of the period that begins now, which is certain: at tenure 0 the value of a '
    'customer just acquired, margin x DEL. Just after a payment it is the default / (1 + discount). Acquisition cost is not '
    'in it. A NULL but of periods gives NULL. Errors: discount <= -1; negative tenure or periods; numbers that are not '
    'finite; no end and a discount <= 0, unless it is 0 and the expected stay is finite (alpha, or alpha x c of bdw, above 1)';

CREATE FUNCTION clm.points_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_points_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.points_support(internal) IS 'For the planner: number of rows of clm.points(retention_model, periods)';
CREATE FUNCTION clm.points(model clm.retention_model, periods integer, OUT period bigint, OUT churned float8,
    OUT retention_rate float8, OUT survival float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_retention_model_points' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 1500 ROWS 36
    SUPPORT clm.points_support;
COMMENT ON FUNCTION clm.points(clm.retention_model, integer) IS
    'The projected retention curve as rows, one a period from 0 to `periods`, with columns like those of '
    'points(retention_curve): the share of all customers who leave at the end of the period (churned), the share of those in it '
    'who renew then (retention_rate; 1 at period 0), and the share of all who are still there afterwards (survival). periods '
    'from 0 to 100,000';
-- Does a model fit? Purchases by period and by number of purchases, actual and expected.

-- By period: tracking

CREATE TYPE clm.tracking AS (
    first_day date,
    upto date,
    period integer,
    customers bigint,
    purchases bigint,
    day bigint[],
    joined bigint[],
    repeats bigint[]
);
COMMENT ON TYPE clm.tracking IS
    'When customers came and bought again, as the aggregate tracking returns it: the arrays have an element for each day on '
    'which somebody bought; clm.points(tracking, model) lists it by period beside what the model expects';
COMMENT ON COLUMN clm.tracking.first_day IS 'Day of the earliest first purchase, on which the first period begins';
COMMENT ON COLUMN clm.tracking.upto IS 'The last day that was looked at';
COMMENT ON COLUMN clm.tracking.period IS 'Days of a period';
COMMENT ON COLUMN clm.tracking.customers IS 'Number of customers with a purchase up to that day';
COMMENT ON COLUMN clm.tracking.purchases IS 'Number of their repeat purchases';
COMMENT ON COLUMN clm.tracking.day IS 'Days on which somebody bought, in days since first_day, ascending';
COMMENT ON COLUMN clm.tracking.joined IS 'Customers whose first purchase was on that day';
COMMENT ON COLUMN clm.tracking.repeats IS 'Repeat purchases on that day';

CREATE TYPE clm.tracking_state;

CREATE FUNCTION clm.tracking_state_in(cstring) RETURNS clm.tracking_state
    AS 'MODULE_PATHNAME', 'clm_tracking_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.tracking_state_out(clm.tracking_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_tracking_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.tracking_state_recv(internal) RETURNS clm.tracking_state
    AS 'MODULE_PATHNAME', 'clm_tracking_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.tracking_state_send(clm.tracking_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_tracking_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.tracking_state_in(cstring) IS 'Text input of clm.tracking_state';
COMMENT ON FUNCTION clm.tracking_state_out(clm.tracking_state) IS 'Text output of clm.tracking_state';
COMMENT ON FUNCTION clm.tracking_state_recv(internal) IS 'Binary input of clm.tracking_state';
COMMENT ON FUNCTION clm.tracking_state_send(clm.tracking_state) IS 'Binary output of clm.tracking_state';

CREATE TYPE clm.tracking_state (
    INPUT = clm.tracking_state_in,
    OUTPUT = clm.tracking_state_out,
    RECEIVE = clm.tracking_state_recv,
    SEND = clm.tracking_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.tracking_state IS 'Days gathered for a tracking: the state of the aggregate tracking';

CREATE FUNCTION clm.tracking_transition(clm.tracking_state, clm.history, date) RETURNS clm.tracking_state
    AS 'MODULE_PATHNAME', 'clm_tracking_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 60;
CREATE FUNCTION clm.tracking_transition(clm.tracking_state, clm.history, date, integer) RETURNS clm.tracking_state
    AS 'MODULE_PATHNAME', 'clm_tracking_period_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 60;
CREATE FUNCTION clm.tracking_combine(clm.tracking_state, clm.tracking_state) RETURNS clm.tracking_state
    AS 'MODULE_PATHNAME', 'clm_tracking_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 500;
CREATE FUNCTION clm.tracking_final(clm.tracking_state) RETURNS clm.tracking
    AS 'MODULE_PATHNAME', 'clm_tracking_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.tracking_transition(clm.tracking_state, clm.history, date) IS
    'Adds a customer to the state of the aggregate clm.tracking, in weeks';
COMMENT ON FUNCTION clm.tracking_transition(clm.tracking_state, clm.history, date, integer) IS
    'Adds a customer to the state of the aggregate clm.tracking';
COMMENT ON FUNCTION clm.tracking_combine(clm.tracking_state, clm.tracking_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.tracking_final(clm.tracking_state) IS 'The tracking of the customers that a state has gathered';

CREATE AGGREGATE clm.tracking(h clm.history, upto date) (
    SFUNC = clm.tracking_transition,
    STYPE = clm.tracking_state,
    SSPACE = 65536,
    FINALFUNC = clm.tracking_final,
    COMBINEFUNC = clm.tracking_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.tracking(clm.history, date) IS
    'When customers came and when they bought again, up to the end of the day upto, in weeks. upto: the last day of the '
    'data, the same for all. Histories that are NULL or have no occasion by then are skipped, none at all gives NULL. '
    'An error where upto is NULL or infinite, or lies 36,525 days or more after the earliest first purchase';
CREATE AGGREGATE clm.tracking(h clm.history, upto date, period integer) (
    SFUNC = clm.tracking_transition,
    STYPE = clm.tracking_state,
    SSPACE = 65536,
    FINALFUNC = clm.tracking_final,
    COMBINEFUNC = clm.tracking_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.tracking(clm.history, date, integer) IS
    'The same in periods of so many days, at least 1, the same for all rows';

CREATE FUNCTION clm.points(tracking clm.tracking, model clm.customer_model, OUT period integer, OUT first_day date,
    OUT last_day date, OUT actual bigint, OUT expected float8, OUT cumulative_actual bigint, OUT cumulative_expected float8,
    OUT holdout boolean) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_tracking_points' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 200000 ROWS 100;
COMMENT ON FUNCTION clm.points(clm.tracking, clm.customer_model) IS
    'Repeat purchases by period, actual and expected: the tracking plot (Fader, Hardie & Lee 2005). Periods count from 1; '
    'one that is not over by upto is left out. expected: the sum over customers of what the model expects of a new customer '
    'in the time since his first purchase, whatever he did in it. holdout: the period ends after the as_of of the model; NULL '
    'where that is NULL. Warns where purchases depend on the month of the year, see seasonality';

CREATE FUNCTION clm.seasonality(tracking clm.tracking, model clm.customer_model, OUT month integer, OUT months bigint,
    OUT actual bigint, OUT expected float8, OUT index float8, OUT departs boolean) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_tracking_seasonality' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 12;
COMMENT ON FUNCTION clm.seasonality(clm.tracking, clm.customer_model) IS
    'Repeat purchases by month of the year (1 to 12), actual and expected: over the calendar months within the tracking, '
    'those left out of which the model expects fewer than 5 purchases, with a smooth trend of actual / expected taken out '
    '(Poisson regression). months: how many of them there are; index: actual / expected; departs: the months differ beyond '
    'chance (chi-square test, p < .001; from two years on also an F test against the scatter of a month, p < .01), and this one by '
    'at least 25 % and three standard errors. No rows where not every month of the year counts once';

-- By number of purchases: frequency_fit

CREATE TYPE clm.frequency_fit AS (
    customers bigint[],
    expected_customers float8[],
    holdout_customers bigint[],
    holdout_purchases bigint[],
    holdout_expected float8[]
);
COMMENT ON TYPE clm.frequency_fit IS
    'Customers by their number of repeat purchases, as the aggregate frequency_fit returns it: the arrays have an element for '
    '0, 1, ..., 6, and 7 or more purchases; clm.points(frequency_fit) lists it as rows';
COMMENT ON COLUMN clm.frequency_fit.customers IS 'Customers who made that many repeat purchases up to as_of';
COMMENT ON COLUMN clm.frequency_fit.expected_customers IS 'How many of all customers the model expects to';
COMMENT ON COLUMN clm.frequency_fit.holdout_customers IS 'Of customers, those who were followed after as_of';
COMMENT ON COLUMN clm.frequency_fit.holdout_purchases IS 'Purchases of these from as_of to upto';
COMMENT ON COLUMN clm.frequency_fit.holdout_expected IS 'Purchases that the model expects of these, given what they had bought';

CREATE TYPE clm.frequency_fit_state;

CREATE FUNCTION clm.frequency_fit_state_in(cstring) RETURNS clm.frequency_fit_state
    AS 'MODULE_PATHNAME', 'clm_frequency_fit_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.frequency_fit_state_out(clm.frequency_fit_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_frequency_fit_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.frequency_fit_state_recv(internal) RETURNS clm.frequency_fit_state
    AS 'MODULE_PATHNAME', 'clm_frequency_fit_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.frequency_fit_state_send(clm.frequency_fit_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_frequency_fit_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.frequency_fit_state_in(cstring) IS 'Text input of clm.frequency_fit_state';
COMMENT ON FUNCTION clm.frequency_fit_state_out(clm.frequency_fit_state) IS 'Text output of clm.frequency_fit_state';
COMMENT ON FUNCTION clm.frequency_fit_state_recv(internal) IS 'Binary input of clm.frequency_fit_state';
COMMENT ON FUNCTION clm.frequency_fit_state_send(clm.frequency_fit_state) IS 'Binary output of clm.frequency_fit_state';

CREATE TYPE clm.frequency_fit_state (
    INPUT = clm.frequency_fit_state_in,
    OUTPUT = clm.frequency_fit_state_out,
    RECEIVE = clm.frequency_fit_state_recv,
    SEND = clm.frequency_fit_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.frequency_fit_state IS
    'Counts and sums gathered for a frequency fit: the state of the aggregate frequency_fit';

CREATE FUNCTION clm.frequency_fit_transition(clm.frequency_fit_state, clm.history, date, clm.customer_model, date)
    RETURNS clm.frequency_fit_state
    AS 'MODULE_PATHNAME', 'clm_frequency_fit_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 250;
CREATE FUNCTION clm.frequency_fit_combine(clm.frequency_fit_state, clm.frequency_fit_state) RETURNS clm.frequency_fit_state
    AS 'MODULE_PATHNAME', 'clm_frequency_fit_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
CREATE FUNCTION clm.frequency_fit_final(clm.frequency_fit_state) RETURNS clm.frequency_fit
    AS 'MODULE_PATHNAME', 'clm_frequency_fit_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 40;
COMMENT ON FUNCTION clm.frequency_fit_transition(clm.frequency_fit_state, clm.history, date, clm.customer_model, date) IS
    'Adds a customer to the state of the aggregate clm.frequency_fit';
COMMENT ON FUNCTION clm.frequency_fit_combine(clm.frequency_fit_state, clm.frequency_fit_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.frequency_fit_final(clm.frequency_fit_state) IS
    'The frequency fit of the customers that a state has gathered';

CREATE AGGREGATE clm.frequency_fit(h clm.history, as_of date, model clm.customer_model, upto date) (
    SFUNC = clm.frequency_fit_transition,
    STYPE = clm.frequency_fit_state,
    SSPACE = 2048,
    FINALFUNC = clm.frequency_fit_final,
    COMBINEFUNC = clm.frequency_fit_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.frequency_fit(clm.history, date, clm.customer_model, date) IS
    'How many customers made 0, 1, 2, ... repeat purchases up to as_of and what each of these groups bought in the hold-out, '
    'the days after as_of up to upto, as counted and as the model expects. Without a hold-out (upto NULL or as_of) only the '
    'first. Each row may have a model and days of its own. A row with a NULL history or model, or without an occasion up '
    'to as_of, is skipped, none at all gives NULL; an error where as_of is NULL, a date infinite, or upto before as_of. '
    'Warns where the model was fitted on later days than as_of';

CREATE FUNCTION clm.points(fit clm.frequency_fit, OUT purchases integer, OUT customers bigint, OUT expected_customers float8,
    OUT holdout_actual float8, OUT holdout_expected float8) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_frequency_fit_points' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 250 ROWS 8;
COMMENT ON FUNCTION clm.points(clm.frequency_fit) IS
    'The frequency fit as rows: repeat purchases up to as_of (0 to 6; 7 stands for 7 and more), customers with so many, how '
    'many the model expects to have (the sum of their probabilities), and what such a customer bought in the hold-out on '
    'average, actual and expected; NULL where none was followed (Fader, Hardie & Lee 2005, figures 4 and 6)';

-- The five-part value of a customer: what one is worth beyond one's own purchases.

CREATE TYPE clm.value AS (
    cpv float8,
    ppv float8,
    civ float8,
    ckv float8,
    ctv float8
);
COMMENT ON TYPE clm.value IS
    'Value of a customer in five parts, all money of the same period: purchase, praise, information, knowledge and trading '
    'value. A NULL part is not known and counts as 0; clm.total(value) adds the parts, clm.sum(value) the customers';
COMMENT ON COLUMN clm.value.cpv IS
    'Customer purchase value: profit from the customer''s own purchases, clm.cpv(spending, share, unit_margin) or a clm.clv';
COMMENT ON COLUMN clm.value.ppv IS
    'Public praise value: profit from sales to others that the customer''s word of mouth causes, for example influence * reach '
    '* mean cpv of those reached, or the customer referral value CRV (Kumar, Petersen & Leone 2007, 2010): for each customer '
    'who would not have joined, the margin less cost of referral and marketing plus the saved acquisition cost; for each who '
    'would have joined anyway, the saved acquisition cost alone; discounted. Summed over customers it counts purchases of the '
    'referred customers twice, once here and once in their own cpv: leave either of the two out of a total over a portfolio';
COMMENT ON COLUMN clm.value.civ IS
    'Customer information value: what data, complaints, suggestions and requirements that the customer supplies save in '
    'collecting them. Not the CIV of Kumar et al. (2010), customer influencer value, which belongs to ppv';
COMMENT ON COLUMN clm.value.ckv IS
    'Customer knowledge value: profit from know-how of the customer that improves products or processes; often NULL. Kumar et '
    'al. (2010) call CKV the value of all feedback, civ included';
COMMENT ON COLUMN clm.value.ctv IS
    'Customer trading value: income from third parties that comes with the relationship, such as partners'' sales to the customer';

CREATE FUNCTION clm.cpv(spending float8, share float8, unit_margin float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_cpv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4;
COMMENT ON FUNCTION clm.cpv(float8, float8, float8) IS
    'Customer purchase value of a period: spending in the category at all suppliers (at least 0) * share of it spent here (0 to '
    '1) * profit per unit of spending (may be negative). An error outside these limits';

CREATE FUNCTION clm.total(v clm.value) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_value_total' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 70;
COMMENT ON FUNCTION clm.total(clm.value) IS
    'Sum of the five parts, a NULL part being 0; NULL where all are NULL. Over customers, ppv and cpv count referred purchases '
    'twice, see the comment on ppv';

CREATE FUNCTION clm.merge(a clm.value, b clm.value) RETURNS clm.value
    AS 'MODULE_PATHNAME', 'clm_value_merge' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300;
COMMENT ON FUNCTION clm.merge(clm.value, clm.value) IS
    'Each part the sum of those of both that are not NULL, NULL where neither is; a NULL value has no parts. The same as a + b';
CREATE OPERATOR clm.+ (
    LEFTARG = clm.value, RIGHTARG = clm.value, FUNCTION = clm.merge, COMMUTATOR = OPERATOR(clm.+)
);
COMMENT ON OPERATOR clm.+ (clm.value, clm.value) IS 'the sum of two values, part by part, as clm.merge(a, b)';

-- The aggregate

CREATE TYPE clm.value_state;

CREATE FUNCTION clm.value_state_in(cstring) RETURNS clm.value_state
    AS 'MODULE_PATHNAME', 'clm_value_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.value_state_out(clm.value_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_value_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.value_state_recv(internal) RETURNS clm.value_state
    AS 'MODULE_PATHNAME', 'clm_value_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.value_state_send(clm.value_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_value_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.value_state_in(cstring) IS 'Text input of clm.value_state';
COMMENT ON FUNCTION clm.value_state_out(clm.value_state) IS 'Text output of clm.value_state';
COMMENT ON FUNCTION clm.value_state_recv(internal) IS 'Binary input of clm.value_state';
COMMENT ON FUNCTION clm.value_state_send(clm.value_state) IS 'Binary output of clm.value_state';

CREATE TYPE clm.value_state (
    INPUT = clm.value_state_in,
    OUTPUT = clm.value_state_out,
    RECEIVE = clm.value_state_recv,
    SEND = clm.value_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.value_state IS 'Exact sums of the parts of values: the state of the aggregate clm.sum';

CREATE FUNCTION clm.value_transition(clm.value_state, clm.value) RETURNS clm.value_state
    AS 'MODULE_PATHNAME', 'clm_value_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 35;
CREATE FUNCTION clm.value_combine(clm.value_state, clm.value_state) RETURNS clm.value_state
    AS 'MODULE_PATHNAME', 'clm_value_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.value_final(clm.value_state) RETURNS clm.value
    AS 'MODULE_PATHNAME', 'clm_value_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
COMMENT ON FUNCTION clm.value_transition(clm.value_state, clm.value) IS 'Adds a value to the state of the aggregate clm.sum';
COMMENT ON FUNCTION clm.value_combine(clm.value_state, clm.value_state) IS
    'One state with the values of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.value_final(clm.value_state) IS 'The sum of the values that a state has gathered';

-- SSPACE is the state of a group of amounts of money.
CREATE AGGREGATE clm.sum(v clm.value) (
    SFUNC = clm.value_transition,
    STYPE = clm.value_state,
    SSPACE = 256,
    FINALFUNC = clm.value_final,
    COMBINEFUNC = clm.value_combine,
    PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.sum(clm.value) IS
    'Each part the sum of those that are not NULL, correctly rounded whatever the order of the rows; NULL where there is none, '
    'and NULL without a value. A NaN or an infinity is an error. Over customers, ppv and cpv count referred purchases twice, '
    'see the comment on ppv';
-- The economics of a customer: the drivers of the eleven value levers, the lifetime value that follows from them, and
-- what moving them is worth.

CREATE TYPE clm.economics AS (
    conversion float8,
    acquisition_cost float8,
    revenue float8,
    service_cost float8,
    cross_sell float8,
    price float8,
    renewal float8,
    expiring float8,
    migration float8,
    save float8,
    churn float8,
    bad_debt float8,
    winback float8,
    winback_cost float8,
    gross_margin float8,
    discount float8
);
COMMENT ON TYPE clm.economics IS
    'Economics of a customer, a segment or a prospect: the drivers of the eleven value levers, all of them per period (a '
    'month, say). A NULL field counts as its default. Build it with clm.economics(revenue => 60, churn => .03, ...); it is '
    'checked when it is used';
COMMENT ON COLUMN clm.economics.conversion IS
    'Lever 1, consideration: probability that a prospect becomes a customer, in [0, 1]; default 1, a customer already';
COMMENT ON COLUMN clm.economics.acquisition_cost IS 'Lever 2, acquisition: cost of a prospect, at least 0; default 0';
COMMENT ON COLUMN clm.economics.revenue IS
    'Lever 3, usage: revenue at the present price, before bad debt, at least 0; default 0';
COMMENT ON COLUMN clm.economics.service_cost IS 'Lever 4, cost to serve: at least 0; default 0';
COMMENT ON COLUMN clm.economics.cross_sell IS 'Lever 5, cross-selling: contribution of what else is sold; default 0';
COMMENT ON COLUMN clm.economics.price IS
    'Lever 6, pricing: price index, at least 0; default 1, the present price. A change falls straight to the margin';
COMMENT ON COLUMN clm.economics.renewal IS
    'Lever 7, contract renewal: probability that a contract that ends is renewed, in [0, 1]; default 1';
COMMENT ON COLUMN clm.economics.expiring IS
    'Share of customers whose contract ends in a period, in [0, 1]; default 0. It weighs renewal against churn';
COMMENT ON COLUMN clm.economics.migration IS 'Lever 8, migration: contribution of moves between brands or plans; default 0';
COMMENT ON COLUMN clm.economics.save IS
    'Lever 9, churn prevention: share of would-be churners who are saved, in [0, 1]; default 0';
COMMENT ON COLUMN clm.economics.churn IS
    'Probability of wanting to leave, for customers whose contract does not end in the period, in [0, 1]; default 0';
COMMENT ON COLUMN clm.economics.bad_debt IS
    'Lever 10, bad debt: share of billed revenue that is never paid, in [0, 1]; default 0';
COMMENT ON COLUMN clm.economics.winback IS
    'Lever 11, win-back: probability that a lost customer returns in a period, in [0, 1]; default 0';
COMMENT ON COLUMN clm.economics.winback_cost IS
    'What each lost customer costs in each period, paid at its end, at least 0; default 0';
COMMENT ON COLUMN clm.economics.gross_margin IS
    'Share of revenue left after variable costs at the present price, at most 1; default 1';
COMMENT ON COLUMN clm.economics.discount IS 'Discount rate of a period, above -1; default .01';

CREATE FUNCTION clm.economics(
    conversion float8 DEFAULT 1, acquisition_cost float8 DEFAULT 0, revenue float8 DEFAULT 0, service_cost float8 DEFAULT 0,
    cross_sell float8 DEFAULT 0, price float8 DEFAULT 1, renewal float8 DEFAULT 1, expiring float8 DEFAULT 0,
    migration float8 DEFAULT 0, save float8 DEFAULT 0, churn float8 DEFAULT 0, bad_debt float8 DEFAULT 0,
    winback float8 DEFAULT 0, winback_cost float8 DEFAULT 0, gross_margin float8 DEFAULT 1, discount float8 DEFAULT .01)
    RETURNS clm.economics LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ROW($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)::clm.economics;
    END;
COMMENT ON FUNCTION clm.economics(float8, float8, float8, float8, float8, float8, float8, float8, float8, float8, float8,
                                  float8, float8, float8, float8, float8) IS
    'Economics with the drivers that are given by name, economics(revenue => 60, churn => .03); the others have their '
    'defaults, which NULL stands for as well';

CREATE FUNCTION clm.margin(e clm.economics) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_economics_margin' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION clm.margin(clm.economics) IS
    'Margin of a period: revenue * (gross_margin + (price - 1) - bad_debt * price) + cross_sell + migration - service_cost. '
    'It may be negative';

CREATE FUNCTION clm.retention(e clm.economics) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_economics_retention' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION clm.retention(clm.economics) IS
    'Probability of staying from one period to the next: expiring * renewal + (1 - expiring) * (1 - churn * (1 - save))';

CREATE FUNCTION clm.clv(e clm.economics) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_economics_clv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION clm.clv(clm.economics) IS
    'Lifetime value of a prospect: conversion times the value of a customer, less acquisition_cost. Margins come at the '
    'start of each period, the first one now, and lost customers may return (Berger & Nasr 1998; Gupta & Lehmann 2003; '
    'Thomas, Blattberg & Fox 2004). An error where the sum over all periods is infinite';

CREATE FUNCTION clm.elasticity(e clm.economics, driver text) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_elasticity' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION clm.elasticity(clm.economics, text) IS
    'By how many percent clv(e) changes when the driver grows by one percent, in the limit: (x / clv) * d clv / dx (Gupta, '
    'Lehmann & Stuart 2004). 0 for a driver that is 0. NULL where clv(e) is 0 or negative, as the sign would flip, and for '
    'winback and winback_cost where discount is not above 0';

CREATE FUNCTION clm.breakeven(e clm.economics, driver text, target float8 DEFAULT 0) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_breakeven' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION clm.breakeven(clm.economics, text, float8) IS
    'The value of the driver at which clv(e) is `target`, all else equal; NULL where no value in the driver''s domain leads '
    'there, or the driver has no effect. Only discount can have two; the one nearest to its present value counts';

-- Initiatives

CREATE TYPE clm.effect AS (initiative text, driver text, delta float8);
COMMENT ON TYPE clm.effect IS
    'What an initiative does to a driver of clm.economics; an initiative with several effects is several of these';
COMMENT ON COLUMN clm.effect.initiative IS 'Name of the initiative, of your choice';
COMMENT ON COLUMN clm.effect.driver IS 'Field of clm.economics that it moves';
COMMENT ON COLUMN clm.effect.delta IS 'What it adds to that field; negative: takes away';

CREATE FUNCTION clm.apply(e clm.economics, effects clm.effect[]) RETURNS clm.economics
    AS 'MODULE_PATHNAME', 'clm_apply' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION clm.apply(clm.economics, clm.effect[]) IS
    'The economics with the effects added. Effects on one field add up; the sum must stay in the field''s domain. Without '
    'effects, e as it is; NULL effects give NULL. An effect that is or holds NULL, and an unknown driver, are errors';

CREATE FUNCTION clm.lever_value_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_lever_value_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.lever_value_support(internal) IS 'For the planner: number of rows and cost of clm.lever_value(e, effects)';
CREATE FUNCTION clm.lever_value(e clm.economics, effects clm.effect[],
                                OUT initiative text, OUT alone float8, OUT shapley float8, OUT joint float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_lever_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 5
    SUPPORT clm.lever_value_support;
COMMENT ON FUNCTION clm.lever_value(clm.economics, clm.effect[]) IS
    'What each initiative is worth, a row for each in the order of their first effects: alone, the change of clv(e) with it '
    'only; shapley, its share of the joint change, interactions included (Shapley 1953); joint, the change with all of them, '
    'to which the shares add up. At most 11 initiatives, all combinations of which must stay in the domain of clm.economics. '
    'No effects, or NULL: no rows';
-- Offers and credit: what one contact with one customer is worth

CREATE FUNCTION clm.offer_value(need float8, accept float8, value float8, offer_cost float8, contact_cost float8 DEFAULT 0,
                                waste float8 DEFAULT 1) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_offer_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION clm.offer_value(float8, float8, float8, float8, float8, float8) IS
    'Expected profit of an offer to one customer: need x accept x (value - offer_cost) - (1 - need) x waste x offer_cost - '
    'contact_cost. need: probability that the customer would be lost without it (the churn score for a save offer, 1 to '
    'win, win back or cross-sell); accept: probability that who needs it takes it; waste: that who does not need it takes it '
    'all the same. Probabilities lie in [0, 1], costs are money of at least 0; NULL gives NULL, NaN and infinity are errors '
    '(Neslin et al. 2006; Stauss & Friege 1999)';

CREATE FUNCTION clm.expected_loss(pd float8, lgd float8, ead float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_expected_loss' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4;
COMMENT ON FUNCTION clm.expected_loss(float8, float8, float8) IS
    'Expected loss of credit to one customer: pd (probability of default) x lgd (share lost given default) x ead (exposure at '
    'default, money). pd and lgd lie in [0, 1], ead is at least 0; NULL gives NULL, NaN and infinity are errors';
-- What customers answer: satisfaction gaps and weighted indices

CREATE FUNCTION clm.gap(expected float8, perceived float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_gap' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4;
COMMENT ON FUNCTION clm.gap(float8, float8) IS
    'Satisfaction gap: perceived - expected, both on the same scale. Above 0 the customer is delighted, at 0 confirmed, below 0 '
    'dissatisfied; NULL gives NULL, NaN and infinity are errors (Oliver 1980)';

CREATE FUNCTION clm.score(weights float8[], x float8[]) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_score_weights' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 12;
COMMENT ON FUNCTION clm.score(float8[], float8[]) IS
    'Index of survey answers: the sum of weights[j] x x[j], which is their weighted mean where the weights add up to 1. NULL '
    'where an answer in x is NULL and for empty arrays; arrays of different lengths, a NULL weight, NaN and infinity are '
    'errors (SERVQUAL: Parasuraman, Zeithaml & Berry 1988)';
-- Pilots: did the action work, by how much, and how many customers does it take to see that.

CREATE TYPE clm.uplift AS (
    n_treated bigint,
    n_control bigint,
    mean_treated float8,
    mean_control float8,
    lift float8,
    se float8,
    ci_low float8,
    ci_high float8,
    level float8,
    statistic float8,
    df float8,
    p_value float8
);
COMMENT ON TYPE clm.uplift IS
    'What an action changed: treated customers against a control group. The action pays where ci_low * value of an outcome is '
    'above the cost per customer. With fewer than two customers in an arm all but their numbers is NULL';
COMMENT ON COLUMN clm.uplift.n_treated IS 'Number of treated customers with a known outcome';
COMMENT ON COLUMN clm.uplift.n_control IS 'Number of customers of the control group with a known outcome';
COMMENT ON COLUMN clm.uplift.mean_treated IS 'Mean outcome of the treated; of a boolean outcome the share of true';
COMMENT ON COLUMN clm.uplift.mean_control IS 'Mean outcome of the control group';
COMMENT ON COLUMN clm.uplift.lift IS 'mean_treated - mean_control: what the action changed per customer';
COMMENT ON COLUMN clm.uplift.se IS
    'Standard error of the lift: square root of the sum over the arms of variance / n, the variance of a boolean outcome being '
    'p (1 - p), of others with n - 1';
COMMENT ON COLUMN clm.uplift.ci_low IS
    'Lower end of the confidence interval of the lift: Newcombe (1998, method 10) for a boolean outcome, Welch for others. NULL '
    'where no outcome of either arm varies';
COMMENT ON COLUMN clm.uplift.ci_high IS 'Upper end of the confidence interval of the lift';
COMMENT ON COLUMN clm.uplift.level IS 'Level of the confidence interval';
COMMENT ON COLUMN clm.uplift.statistic IS
    'z of the score test (pooled standard error) for a boolean outcome, Welch''s t for others; NULL where no outcome of either '
    'arm varies, but z = 0 where all booleans are equal';
COMMENT ON COLUMN clm.uplift.df IS 'Degrees of freedom of Welch''s t (Welch & Satterthwaite); NULL for a boolean outcome';
COMMENT ON COLUMN clm.uplift.p_value IS 'Two-sided p-value of the statistic: how easily chance alone makes such a lift';

CREATE TYPE clm.uplift_state;

CREATE FUNCTION clm.uplift_state_in(cstring) RETURNS clm.uplift_state
    AS 'MODULE_PATHNAME', 'clm_uplift_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.uplift_state_out(clm.uplift_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_uplift_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.uplift_state_recv(internal) RETURNS clm.uplift_state
    AS 'MODULE_PATHNAME', 'clm_uplift_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.uplift_state_send(clm.uplift_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_uplift_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.uplift_state_in(cstring) IS 'Text input of clm.uplift_state';
COMMENT ON FUNCTION clm.uplift_state_out(clm.uplift_state) IS 'Text output of clm.uplift_state';
COMMENT ON FUNCTION clm.uplift_state_recv(internal) IS 'Binary input of clm.uplift_state';
COMMENT ON FUNCTION clm.uplift_state_send(clm.uplift_state) IS 'Binary output of clm.uplift_state';

CREATE TYPE clm.uplift_state (
    INPUT = clm.uplift_state_in,
    OUTPUT = clm.uplift_state_out,
    RECEIVE = clm.uplift_state_recv,
    SEND = clm.uplift_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.uplift_state IS 'Counts and exact sums of two arms: the state of the aggregate clm.uplift';

CREATE FUNCTION clm.uplift_transition(clm.uplift_state, boolean, boolean) RETURNS clm.uplift_state
    AS 'MODULE_PATHNAME', 'clm_uplift_proportions_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 4;
CREATE FUNCTION clm.uplift_transition(clm.uplift_state, boolean, boolean, float8) RETURNS clm.uplift_state
    AS 'MODULE_PATHNAME', 'clm_uplift_proportions_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 4;
CREATE FUNCTION clm.uplift_transition(clm.uplift_state, boolean, float8) RETURNS clm.uplift_state
    AS 'MODULE_PATHNAME', 'clm_uplift_means_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 6;
CREATE FUNCTION clm.uplift_transition(clm.uplift_state, boolean, float8, float8) RETURNS clm.uplift_state
    AS 'MODULE_PATHNAME', 'clm_uplift_means_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 6;
CREATE FUNCTION clm.uplift_combine(clm.uplift_state, clm.uplift_state) RETURNS clm.uplift_state
    AS 'MODULE_PATHNAME', 'clm_uplift_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 20;
CREATE FUNCTION clm.uplift_proportions_final(clm.uplift_state) RETURNS clm.uplift
    AS 'MODULE_PATHNAME', 'clm_uplift_proportions_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 50;
CREATE FUNCTION clm.uplift_means_final(clm.uplift_state) RETURNS clm.uplift
    AS 'MODULE_PATHNAME', 'clm_uplift_means_final' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 90;
COMMENT ON FUNCTION clm.uplift_combine(clm.uplift_state, clm.uplift_state) IS
    'One state with the rows of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.uplift_proportions_final(clm.uplift_state) IS
    'The difference of the proportions that a state has counted';
COMMENT ON FUNCTION clm.uplift_means_final(clm.uplift_state) IS 'The difference of the means that a state has gathered';

-- The four aggregates differ in the kind of outcome and in whether they take a level. SSPACE is the state of a group of
-- amounts of money; one of booleans takes a quarter.
DO $$
DECLARE
    kind record;
    level text;
BEGIN
    FOR kind IN VALUES ('boolean', 'proportions', 72, 'share of customers with a true outcome: Newcombe''s interval, score test'),
                       ('float8', 'means', 288, 'mean outcome: interval and test by Welch''s t')
    LOOP
        FOREACH level IN ARRAY ARRAY['', ', float8'] LOOP
            EXECUTE format('COMMENT ON FUNCTION clm.uplift_transition(clm.uplift_state, boolean, %s%s) IS %L', kind.column1,
                level, 'Adds a row to the state of the aggregate clm.uplift');
            EXECUTE format(
                'CREATE AGGREGATE clm.uplift(treated boolean, outcome %s%s) (SFUNC = clm.uplift_transition, '
                'STYPE = clm.uplift_state, SSPACE = %s, FINALFUNC = clm.uplift_%s_final, '
                'COMBINEFUNC = clm.uplift_combine, PARALLEL = SAFE)',
                kind.column1, replace(level, ', ', ', level '), kind.column3, kind.column2);
            EXECUTE format('COMMENT ON AGGREGATE clm.uplift(boolean, %s%s) IS %L', kind.column1, level,
                'What an action changed in the ' || kind.column4 || ', at '
                || CASE level WHEN '' THEN 'level 0.95' ELSE 'a confidence level between 0 and 1, the same for all rows' END
                || '. A row with a NULL is skipped, no row at all gives NULL');
        END LOOP;
    END LOOP;
END
$$;

CREATE FUNCTION clm.sample_size(p0 float8, p1 float8, power float8 DEFAULT 0.8, alpha float8 DEFAULT 0.05) RETURNS bigint
    AS 'MODULE_PATHNAME', 'clm_sample_size' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 20;
COMMENT ON FUNCTION clm.sample_size(float8, float8, float8, float8) IS
    'Number of customers that each arm of a pilot needs so that a two-sided test at level alpha finds a change of a share from '
    'p0 to p1 with probability power (Fleiss, Levin & Paik 2003, without continuity correction). An error where p0 = p1, '
    'unless 0 < alpha < power < 1, and beyond bigint';
-- Tests of scores: how well they rank and predict what happened, and what a campaign that follows them earns.

-- ranking(score, hit)

CREATE TYPE clm.ranking AS (
    n bigint,
    hits bigint,
    auc float8,
    gini float8,
    lift float8,
    ks float8,
    brier float8,
    bin_n bigint[],
    bin_score float8[],
    bin_hits bigint[]
);
COMMENT ON TYPE clm.ranking IS
    'How well a score ranks and predicts an outcome, as the aggregate ranking returns it; clm.calibration(ranking) lists its '
    'tenths as rows';
COMMENT ON COLUMN clm.ranking.n IS 'Number of customers with a score and an outcome';
COMMENT ON COLUMN clm.ranking.hits IS 'Number of those to whom it happened';
COMMENT ON COLUMN clm.ranking.auc IS
    'Area under the ROC curve: the probability that a hit has a higher score than a miss, equal scores counting half; '
    'NULL without a hit or without a miss';
COMMENT ON COLUMN clm.ranking.gini IS 'Gini coefficient, 2 auc - 1: 0 for a score that says nothing, 1 for a perfect one';
COMMENT ON COLUMN clm.ranking.lift IS
    'Top-decile lift: hit rate of the tenth with the highest scores (ceil(n / 10) customers) divided by the hit rate of all; '
    'of equal scores at its border a proportional part counts. NULL without a hit';
COMMENT ON COLUMN clm.ranking.ks IS
    'Kolmogorov-Smirnov statistic: largest absolute difference of the distribution functions of the scores of hits and of '
    'misses; NULL without a hit or without a miss';
COMMENT ON COLUMN clm.ranking.brier IS
    'Brier score: mean squared difference of score and outcome (1 or 0), less is better; NULL where a score is outside [0, 1]';
COMMENT ON COLUMN clm.ranking.bin_n IS 'Number of customers of each tenth by ascending score: ten elements, for clm.calibration';
COMMENT ON COLUMN clm.ranking.bin_score IS 'Mean score of each tenth, 0 where nobody is in it';
COMMENT ON COLUMN clm.ranking.bin_hits IS 'Number of hits of each tenth';

CREATE TYPE clm.ranking_state;

CREATE FUNCTION clm.ranking_state_in(cstring) RETURNS clm.ranking_state
    AS 'MODULE_PATHNAME', 'clm_ranking_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.ranking_state_out(clm.ranking_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_ranking_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.ranking_state_recv(internal) RETURNS clm.ranking_state
    AS 'MODULE_PATHNAME', 'clm_ranking_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.ranking_state_send(clm.ranking_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_ranking_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.ranking_state_in(cstring) IS 'Text input of clm.ranking_state';
COMMENT ON FUNCTION clm.ranking_state_out(clm.ranking_state) IS 'Text output of clm.ranking_state';
COMMENT ON FUNCTION clm.ranking_state_recv(internal) IS 'Binary input of clm.ranking_state';
COMMENT ON FUNCTION clm.ranking_state_send(clm.ranking_state) IS 'Binary output of clm.ranking_state';

CREATE TYPE clm.ranking_state (
    INPUT = clm.ranking_state_in,
    OUTPUT = clm.ranking_state_out,
    RECEIVE = clm.ranking_state_recv,
    SEND = clm.ranking_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.ranking_state IS
    'Scores gathered, equal ones with their numbers of customers and of hits: the state of the aggregate ranking';

CREATE FUNCTION clm.ranking_transition(clm.ranking_state, float8, boolean) RETURNS clm.ranking_state
    AS 'MODULE_PATHNAME', 'clm_ranking_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 7;
CREATE FUNCTION clm.ranking_combine(clm.ranking_state, clm.ranking_state) RETURNS clm.ranking_state
    AS 'MODULE_PATHNAME', 'clm_ranking_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
CREATE FUNCTION clm.ranking_final(clm.ranking_state) RETURNS clm.ranking
    AS 'MODULE_PATHNAME', 'clm_ranking_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.ranking_transition(clm.ranking_state, float8, boolean) IS
    'Adds a customer to the state of the aggregate clm.ranking';
COMMENT ON FUNCTION clm.ranking_combine(clm.ranking_state, clm.ranking_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.ranking_final(clm.ranking_state) IS 'Measures the ranking that a state has gathered';

CREATE AGGREGATE clm.ranking(score float8, hit boolean) (
    SFUNC = clm.ranking_transition, STYPE = clm.ranking_state, SSPACE = 65536, FINALFUNC = clm.ranking_final,
    COMBINEFUNC = clm.ranking_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.ranking(float8, boolean) IS
    'How well the score ranks and predicts the outcome hit, higher scores meaning more likely: AUC, Gini, top-decile lift, KS, '
    'Brier score, calibration. The order of rows does not matter, nor do monotonic transformations of the score but for brier '
    'and calibration. A row with a NULL is skipped, no rows give NULL; a score that is NaN or infinite is an error';

CREATE FUNCTION clm.calibration(
    ranking clm.ranking, OUT bin integer, OUT n bigint, OUT mean_score float8, OUT hits bigint, OUT hit_rate float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_ranking_calibration' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 300 ROWS 10;
COMMENT ON FUNCTION clm.calibration(clm.ranking) IS
    'The ranking by tenths of the customers, from the lowest scores (bin 1) to the highest (bin 10): a score that is a '
    'probability is calibrated where mean_score and hit_rate agree. Customers of equal score are never split: all are in the '
    'bin of their mid-rank, so bins may differ in size, and empty ones are left out. NULL gives no rows';

-- empc(score, hit [, campaign])

CREATE TYPE clm.empc AS (
    n bigint,
    hits bigint,
    mpc float8,
    mpc_share float8,
    mpc_threshold float8,
    empc float8,
    empc_share float8
);
COMMENT ON TYPE clm.empc IS
    'Profit of a retention campaign that contacts the customers with the highest scores, as the aggregate empc returns it; '
    'without a hit or without a miss all but n and hits is NULL';
COMMENT ON COLUMN clm.empc.n IS 'Number of customers with a score and an outcome';
COMMENT ON COLUMN clm.empc.hits IS 'Number of those who left';
COMMENT ON COLUMN clm.empc.mpc IS
    'Maximum profit (MPC), in money per customer of the base, contacted or not, where those who would leave accept with the '
    'expected probability; 0 where contacting nobody is best';
COMMENT ON COLUMN clm.empc.mpc_share IS 'Share of customers to contact for the maximum profit, the smallest where several earn it';
COMMENT ON COLUMN clm.empc.mpc_threshold IS 'Contact customers from this score on for the maximum profit; NULL where contacting nobody is best';
COMMENT ON COLUMN clm.empc.empc IS
    'Expected maximum profit (EMPC), in money per customer of the base: the number contacted is chosen knowing the probability '
    'of acceptance, which varies between campaigns';
COMMENT ON COLUMN clm.empc.empc_share IS 'Expected share of customers contacted for the expected maximum profit';

CREATE TYPE clm.empc_state;

CREATE FUNCTION clm.empc_state_in(cstring) RETURNS clm.empc_state
    AS 'MODULE_PATHNAME', 'clm_empc_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.empc_state_out(clm.empc_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_empc_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.empc_state_recv(internal) RETURNS clm.empc_state
    AS 'MODULE_PATHNAME', 'clm_empc_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.empc_state_send(clm.empc_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_empc_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.empc_state_in(cstring) IS 'Text input of clm.empc_state';
COMMENT ON FUNCTION clm.empc_state_out(clm.empc_state) IS 'Text output of clm.empc_state';
COMMENT ON FUNCTION clm.empc_state_recv(internal) IS 'Binary input of clm.empc_state';
COMMENT ON FUNCTION clm.empc_state_send(clm.empc_state) IS 'Binary output of clm.empc_state';

CREATE TYPE clm.empc_state (
    INPUT = clm.empc_state_in,
    OUTPUT = clm.empc_state_out,
    RECEIVE = clm.empc_state_recv,
    SEND = clm.empc_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.empc_state IS
    'A campaign and scores gathered, equal ones with their numbers of customers and of hits: the state of the aggregate empc';

CREATE FUNCTION clm.empc_transition(clm.empc_state, float8, boolean) RETURNS clm.empc_state
    AS 'MODULE_PATHNAME', 'clm_empc_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 7;
CREATE FUNCTION clm.empc_transition(clm.empc_state, float8, boolean, float8, float8, float8, float8, float8)
    RETURNS clm.empc_state
    AS 'MODULE_PATHNAME', 'clm_empc_campaign_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 10;
CREATE FUNCTION clm.empc_combine(clm.empc_state, clm.empc_state) RETURNS clm.empc_state
    AS 'MODULE_PATHNAME', 'clm_empc_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 200;
CREATE FUNCTION clm.empc_final(clm.empc_state) RETURNS clm.empc
    AS 'MODULE_PATHNAME', 'clm_empc_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.empc_transition(clm.empc_state, float8, boolean) IS
    'Adds a customer to the state of the aggregate clm.empc';
COMMENT ON FUNCTION clm.empc_transition(clm.empc_state, float8, boolean, float8, float8, float8, float8, float8) IS
    'Adds a customer to the state of the aggregate clm.empc';
COMMENT ON FUNCTION clm.empc_combine(clm.empc_state, clm.empc_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.empc_final(clm.empc_state) IS 'Profit of the campaign for the customers that a state has gathered';

CREATE AGGREGATE clm.empc(score float8, hit boolean) (
    SFUNC = clm.empc_transition, STYPE = clm.empc_state, SSPACE = 65536, FINALFUNC = clm.empc_final,
    COMBINEFUNC = clm.empc_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.empc(float8, boolean) IS
    'Maximum and expected maximum profit of a retention campaign (Verbraken, Verbeke & Baesens 2013) with their defaults: '
    'value 200, incentive 10, contact 1, alpha 6, beta 14; see the aggregate with these arguments';

CREATE AGGREGATE clm.empc(
    score float8, hit boolean, value float8, incentive float8, contact float8, alpha float8, beta float8
) (
    SFUNC = clm.empc_transition, STYPE = clm.empc_state, SSPACE = 65536, FINALFUNC = clm.empc_final,
    COMBINEFUNC = clm.empc_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.empc(float8, boolean, float8, float8, float8, float8, float8) IS
    'Maximum and expected maximum profit (Verbeke et al. 2012; Verbraken, Verbeke & Baesens 2013) of a retention campaign that '
    'contacts the customers with the highest scores. hit: the customer leaves; value > 0: what keeping one is worth; '
    '0 <= incentive < value: cost of the offer, which all contacted take who would stay anyway, and those who would leave with '
    'a probability drawn from Beta(alpha, beta), alpha and beta from 1e-6 to 1e6, and then stay; contact >= 0: cost of '
    'each contact. The five must be the same for all rows. Customers of equal score are contacted together. A row without '
    'score or hit is skipped, no rows give NULL; NaN, infinity and a NULL among the five are errors';
-- Response models: the probability that something happens to a customer, from signals; what speaks for it and against it.

CREATE TYPE clm.response_model AS (
    coefficients float8[],
    se float8[],
    means float8[],
    log_likelihood float8,
    customers bigint,
    hits bigint,
    auc float8,
    ridge float8,
    evaluations integer
);
COMMENT ON TYPE clm.response_model IS
    'A logistic regression of an outcome (churn, conversion, acceptance) on signals, as the aggregate response_model or the '
    'function of that name makes it; clm.describe(model) lists it as rows';
COMMENT ON COLUMN clm.response_model.coefficients IS
    'Intercept, then the coefficient of each signal: what one more unit of it adds to the logit, ln(p / (1 - p)). 0 for a '
    'signal that had the same value in all rows';
COMMENT ON COLUMN clm.response_model.se IS
    'Standard errors of coefficients, from the inverse of the penalised information; 0 for a signal that had the same value in '
    'all rows';
COMMENT ON COLUMN clm.response_model.means IS 'Mean of each signal over the customers: what clm.reasons counts from';
COMMENT ON COLUMN clm.response_model.log_likelihood IS 'Log-likelihood of the outcomes at coefficients, without the penalty';
COMMENT ON COLUMN clm.response_model.customers IS 'Number of rows fitted to';
COMMENT ON COLUMN clm.response_model.hits IS 'Number of those with outcome true';
COMMENT ON COLUMN clm.response_model.auc IS
    'Area under the ROC curve over the rows fitted to, equal scores counting half: a little better than over new ones';
COMMENT ON COLUMN clm.response_model.evaluations IS 'How often the fit evaluated the likelihood of all customers';
COMMENT ON COLUMN clm.response_model.ridge IS
    'Weight of the penalty: (ridge / 2) x the sum of (coefficient x standard deviation of its signal)^2 was taken off the '
    'log-likelihood';

CREATE FUNCTION clm.response_model(coefficients float8[], means float8[] DEFAULT NULL) RETURNS clm.response_model
    AS 'MODULE_PATHNAME', 'clm_response_model_make' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 30;
COMMENT ON FUNCTION clm.response_model(float8[], float8[]) IS
    'A model with weights from elsewhere: intercept and a coefficient for each of 1 to 200 signals, and the signals'' means, '
    'which only clm.reasons needs. NULL coefficients, arrays of other lengths, NULL elements, NaN and infinity are errors';

-- The aggregates

CREATE TYPE clm.response_model_state;

CREATE FUNCTION clm.response_model_state_in(cstring) RETURNS clm.response_model_state
    AS 'MODULE_PATHNAME', 'clm_response_model_state_in' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.response_model_state_out(clm.response_model_state) RETURNS cstring
    AS 'MODULE_PATHNAME', 'clm_response_model_state_out' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.response_model_state_recv(internal) RETURNS clm.response_model_state
    AS 'MODULE_PATHNAME', 'clm_response_model_state_recv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
CREATE FUNCTION clm.response_model_state_send(clm.response_model_state) RETURNS bytea
    AS 'MODULE_PATHNAME', 'clm_response_model_state_send' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.response_model_state_in(cstring) IS 'Text input of clm.response_model_state';
COMMENT ON FUNCTION clm.response_model_state_out(clm.response_model_state) IS 'Text output of clm.response_model_state';
COMMENT ON FUNCTION clm.response_model_state_recv(internal) IS 'Binary input of clm.response_model_state';
COMMENT ON FUNCTION clm.response_model_state_send(clm.response_model_state) IS 'Binary output of clm.response_model_state';

CREATE TYPE clm.response_model_state (
    INPUT = clm.response_model_state_in,
    OUTPUT = clm.response_model_state_out,
    RECEIVE = clm.response_model_state_recv,
    SEND = clm.response_model_state_send,
    INTERNALLENGTH = VARIABLE,
    ALIGNMENT = double,
    STORAGE = extended
);
COMMENT ON TYPE clm.response_model_state IS
    'A ridge and signals gathered, equal ones with their numbers of customers and of hits: the state of the aggregate '
    'response_model';

CREATE FUNCTION clm.response_model_transition(clm.response_model_state, boolean, float8[]) RETURNS clm.response_model_state
    AS 'MODULE_PATHNAME', 'clm_response_model_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 12;
CREATE FUNCTION clm.response_model_transition(clm.response_model_state, boolean, float8[], float8)
    RETURNS clm.response_model_state
    AS 'MODULE_PATHNAME', 'clm_response_model_ridge_transition' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 12;
CREATE FUNCTION clm.response_model_combine(clm.response_model_state, clm.response_model_state)
    RETURNS clm.response_model_state
    AS 'MODULE_PATHNAME', 'clm_response_model_combine' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300;
CREATE FUNCTION clm.response_model_final(clm.response_model_state) RETURNS clm.response_model
    AS 'MODULE_PATHNAME', 'clm_response_model_final' LANGUAGE C IMMUTABLE PARALLEL SAFE;
COMMENT ON FUNCTION clm.response_model_transition(clm.response_model_state, boolean, float8[]) IS
    'Adds a customer to the state of the aggregate clm.response_model';
COMMENT ON FUNCTION clm.response_model_transition(clm.response_model_state, boolean, float8[], float8) IS
    'Adds a customer to the state of the aggregate clm.response_model';
COMMENT ON FUNCTION clm.response_model_combine(clm.response_model_state, clm.response_model_state) IS
    'One state with the customers of both, for parallel and distributed aggregation';
COMMENT ON FUNCTION clm.response_model_final(clm.response_model_state) IS
    'The model fitted to the customers that a state has gathered';

CREATE AGGREGATE clm.response_model(outcome boolean, x float8[]) (
    SFUNC = clm.response_model_transition, STYPE = clm.response_model_state, SSPACE = 262144,
    FINALFUNC = clm.response_model_final, COMBINEFUNC = clm.response_model_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.response_model(boolean, float8[]) IS
    'Ridge logistic regression of an outcome on signals with the ridge 0.0001, which moves no estimate in its first six digits '
    'where there are a thousand customers or more; see the aggregate with the argument ridge';

CREATE AGGREGATE clm.response_model(outcome boolean, x float8[], ridge float8) (
    SFUNC = clm.response_model_transition, STYPE = clm.response_model_state, SSPACE = 262144,
    FINALFUNC = clm.response_model_final, COMBINEFUNC = clm.response_model_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE clm.response_model(boolean, float8[], float8) IS
    'Logistic regression of an outcome (true: it happened) on 1 to 200 signals, the same number in all rows: the maximum of '
    'the log-likelihood less (ridge / 2) x the sum of (coefficient x standard deviation of its signal)^2. ridge >= 0, the same '
    'for all rows. Above 0 the fit is finite also where signals separate the outcomes or depend on each other; a signal with '
    'one value gets coefficient 0 and a WARNING names it. At 0 these are errors. The result does not depend on the order of '
    'rows. A row without outcome or x is skipped, no rows give NULL. Errors: outcomes that are all the same, NULL elements, '
    'NaN, infinity, a NULL ridge, more different rows than 1 GB holds, 6 million of 20 signals (le Cessie & van Houwelingen '
    '1992, Ridge estimators in logistic regression)';

-- Scores and reasons

CREATE FUNCTION clm.score(model clm.response_model, x float8[]) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_response_model_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clm.score(clm.response_model, float8[]) IS
    'Probability that it happens to a customer with the signals x: 1 / (1 + exp(-(b0 + b1 x1 + b2 x2 + ...))). NULL where a '
    'signal is NULL: a missing signal does not count as 0. x of another length than the model has signals, NaN, infinity and a '
    'product beyond the range of float8 are errors';

CREATE FUNCTION clm.churn_score(model clm.response_model, x float8[]) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_response_model_score' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 10;
COMMENT ON FUNCTION clm.churn_score(clm.response_model, float8[]) IS
    'Probability that a customer with the signals x leaves, where the outcome of the model was leaving: the same as '
    'clm.score(model, x)';

CREATE FUNCTION clm.reasons(
    model clm.response_model, x float8[], names text[] DEFAULT NULL,
    OUT reason integer, OUT signal integer, OUT name text, OUT x float8, OUT mean float8, OUT contribution float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_response_model_reasons' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 140 ROWS 10;
COMMENT ON FUNCTION clm.reasons(clm.response_model, float8[], text[]) IS
    'Why a customer has this score: the signals, that which raises it most first (equal ones by number), with '
    'contribution = coefficient x (x - mean). The contributions add up to the difference of the logits of this customer and of '
    'one whose signals are all at their means; what lowers the score is negative and comes last. names: one for each signal, '
    'otherwise x1, x2 ... NULL gives no rows, nor does a NULL signal; a model without means, arrays of another length, NaN, '
    'infinity and contributions beyond the range of float8 are errors';

CREATE FUNCTION clm.describe(
    model clm.response_model, names text[] DEFAULT NULL, OUT name text, OUT value float8, OUT se float8
) RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_response_model_describe' LANGUAGE C IMMUTABLE PARALLEL SAFE COST 300 ROWS 16;
COMMENT ON FUNCTION clm.describe(clm.response_model, text[]) IS
    'The model as rows: intercept and coefficients with their standard errors (NULL for a signal that had one value only), '
    'log-likelihood, numbers of customers and hits, AUC and ridge. names: one for each signal, otherwise x1, x2 ...';

CREATE FUNCTION clm.log_likelihood(model clm.response_model) RETURNS float8
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT CASE WHEN pg_catalog.abs((model).log_likelihood) < 'Infinity' THEN (model).log_likelihood END;
END;
COMMENT ON FUNCTION clm.log_likelihood(clm.response_model) IS
    'Log-likelihood of the outcomes that the model was fitted to; NULL for weights from elsewhere';

CREATE FUNCTION clm.aic(model clm.response_model) RETURNS float8
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT 2 * pg_catalog.cardinality((model).coefficients) - 2 * clm.log_likelihood(model);
END;
COMMENT ON FUNCTION clm.aic(clm.response_model) IS
    'Akaike information criterion, 2 k - 2 log_likelihood with k coefficients, the intercept included: of two models of the '
    'same rows the smaller is better (Akaike 1974)';

CREATE FUNCTION clm.bic(model clm.response_model) RETURNS float8
    LANGUAGE SQL IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    SELECT pg_catalog.cardinality((model).coefficients)
               * pg_catalog.ln(CASE WHEN (model).customers > 0 THEN (model).customers END::float8) - 2 * clm.log_likelihood(model);
END;
COMMENT ON FUNCTION clm.bic(clm.response_model) IS
    'Bayesian information criterion, k ln(customers) - 2 log_likelihood with k coefficients, the intercept included: of two '
    'models of the same rows the smaller is better (Schwarz 1978)';
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
-- Incremental histories: clm.track writes a trigger function for a table of orders and a table of histories, which keeps
-- the one up to date with the other, and clm.untrack removes it.
--
-- What is tracked is not kept in a table: it is in the triggers, which follow renames, dumps and restores. The arguments of
-- a trigger tell whether its table is the one that was given as orders, a part of it, or the target.

CREATE VIEW clm.tracked AS
    SELECT o.tgrelid::regclass AS orders, t.tgrelid::regclass AS target, p.oid::regprocedure AS function,
           obj_description(p.oid, 'pg_proc') AS made_by
    FROM pg_proc p
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'x'
    JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'clm'
    LEFT JOIN (SELECT DISTINCT tgfoid, tgrelid FROM pg_trigger WHERE tgargs = E'\\x6f726465727300') o ON o.tgfoid = p.oid -- 'orders'
    LEFT JOIN (SELECT DISTINCT tgfoid, tgrelid FROM pg_trigger WHERE tgargs = E'\\x74617267657400') t ON t.tgfoid = p.oid -- 'target'
    WHERE p.proname ~ '^clm_track_[0-9]+$' AND p.prorettype = 'trigger'::regtype;
COMMENT ON VIEW clm.tracked IS 'Tables of histories that clm.track keeps up to date';
COMMENT ON COLUMN clm.tracked.orders IS 'The table of orders; NULL where it has been dropped';
COMMENT ON COLUMN clm.tracked.target IS 'The table of histories; NULL where it has been dropped: the next clm.track of the orders cleans up, or clm.untrack(orders)';
COMMENT ON COLUMN clm.tracked.function IS 'The trigger function, which belongs to the owner of the target';
COMMENT ON COLUMN clm.tracked.made_by IS
    'The call that wrote it, with the names of that time: it can be run again as long as these have not changed. Read it first: the owner of the function can change it';

CREATE FUNCTION clm.track_tables(orders regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE member(id) AS (
        SELECT orders::oid
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN member m ON i.inhparent = m.id)
    SELECT id::regclass FROM member ORDER BY id = orders DESC, id;
END;
COMMENT ON FUNCTION clm.track_tables(regclass) IS
    'Part of clm.track: a table and all its partitions or children; a statement on any of them changes the table, and fires only '
    'its own triggers';

CREATE FUNCTION clm.track_check_table(orders regclass, member regclass, target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    kind "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = member);
    persistence "char" := (SELECT c.relpersistence FROM pg_class c WHERE c.oid = member);
    target_persistence "char" := (SELECT c.relpersistence FROM pg_class c WHERE c.oid = target);
BEGIN
    IF kind IN ('v', 'm', 'f') THEN
        RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
            MESSAGE = format('cannot track %s: %s is a %s', orders, CASE WHEN member = orders THEN 'it' ELSE member::text END,
                CASE kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END),
            DETAIL = 'Statement triggers with transition tables work on ordinary and partitioned tables only.',
            HINT = CASE WHEN kind = 'f' THEN 'Aggregate what is in another database there, and merge the histories.'
                        ELSE 'Track the table that the view reads; a stored generated column that is NULL leaves rows out.' END;
    ELSIF kind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION USING ERRCODE = 'wrong_object_type', MESSAGE = format('cannot track %s: it is not a table', orders);
    ELSIF 't' IN (persistence, target_persistence) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_table_definition',
            MESSAGE = format('cannot track %s: %s is a temporary table', orders, CASE persistence WHEN 't' THEN member ELSE target END),
            HINT = 'What ON COMMIT deletes fires no trigger. Aggregate it where you need it.';
    ELSIF member = target THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s cannot be both orders and target', member);
    ELSIF kind = 'r' AND persistence <> target_persistence THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_table_definition',
            MESSAGE = format('%s and %s must both be logged or both be unlogged', member, target),
            DETAIL = 'A crash empties unlogged tables, without a trigger.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_check_table(regclass, regclass, regclass) IS
    'Part of clm.track: an error where a table of orders or one of its partitions is of a kind that cannot be tracked';

CREATE FUNCTION clm.track_base_type(orders regclass, col name) RETURNS regtype
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT coalesce(nullif(t.typbasetype, 0), t.oid)::regtype FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = orders AND a.attname = col AND a.attnum > 0 AND NOT a.attisdropped);
COMMENT ON FUNCTION clm.track_base_type(regclass, name) IS
    'Part of clm.track: the type of a column, or the one that its domain is made of; NULL where there is no such column';

CREATE FUNCTION clm.track_day_types() RETURNS regtype[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{date,timestamp,timestamptz}'::regtype[];
CREATE FUNCTION clm.track_amount_types() RETURNS regtype[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{int2,int4,int8,float4,float8,numeric}'::regtype[];
COMMENT ON FUNCTION clm.track_day_types() IS
    'Part of clm.track: types of days. Columns of other types might come with casts, which would run with the rights of the target''s owner';
COMMENT ON FUNCTION clm.track_amount_types() IS 'Part of clm.track: types of amounts';

CREATE FUNCTION clm.track_check_orders(orders regclass, customer name, day name, amount name) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    part regclass;
    parent regclass;
    missing name;
    virtual name;
BEGIN
    SELECT i.inhrelid, i.inhparent INTO part, parent FROM pg_inherits i
    WHERE i.inhrelid IN (SELECT clm.track_tables(orders)) AND i.inhparent NOT IN (SELECT clm.track_tables(orders)) LIMIT 1;
    IF parent IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
            MESSAGE = format(CASE WHEN part = orders THEN 'cannot track %1$s alone: it is a part of %2$s'
                             ELSE 'cannot track %1$s: its part %3$s is one of %2$s as well' END, orders, parent, part),
            DETAIL = format('Statements on %s change it without firing its triggers.', parent),
            HINT = format(CASE WHEN part = orders THEN 'Track %2$s.' ELSE 'ALTER TABLE %1$s NO INHERIT %2$s takes it out.' END, part, parent);
    END IF;
    SELECT c.name, CASE WHEN a.attgenerated = 'v' THEN c.name END INTO missing, virtual
    FROM unnest(ARRAY[customer, day, amount]) c(name)
    LEFT JOIN pg_attribute a ON a.attrelid = orders AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.name IS NOT NULL AND (a.attname IS NULL OR a.attgenerated = 'v') LIMIT 1;
    IF virtual IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = format('column "%s" of %s is a virtual generated column', virtual, orders),
            HINT = 'Triggers see stored columns only: make it STORED.';
    ELSIF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('column "%s" of %s does not exist', missing, orders);
    END IF;
    SELECT c.name INTO missing FROM (VALUES (day, clm.track_day_types()), (amount, clm.track_amount_types())) c(name, types)
    WHERE c.name IS NOT NULL AND clm.track_base_type(orders, c.name) <> ALL (c.types) LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
            MESSAGE = format('column "%s" of %s is of type %s', missing, orders,
                (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = orders AND a.attname = missing)),
            HINT = 'Days are of type date, timestamp or timestamptz, amounts integers, floats or numeric. A stored generated column can convert others.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_check_orders(regclass, name, name, name) IS
    'Part of clm.track: an error where the columns of orders are not there or cannot be aggregated';

CREATE FUNCTION clm.track_arguments(day name, amount name) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format('o.%I', day) || CASE WHEN amount IS NULL THEN '' ELSE format(', o.%I', amount) END;
COMMENT ON FUNCTION clm.track_arguments(name, name) IS
    'Part of clm.track: the arguments of clm.history for the orders o, with an amount where there is a column of amounts';

CREATE FUNCTION clm.track_has_index(orders regclass, customer name) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                   WHERE i.indrelid = orders AND a.attname = customer AND i.indisvalid AND i.indpred IS NULL);
COMMENT ON FUNCTION clm.track_has_index(regclass, name) IS
    'Part of clm.track: whether there is an index by which the orders of a customer are found';

CREATE FUNCTION clm.track_columns(orders regclass, customer name, target regclass, OUT key name, OUT history name, OUT equals text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    source pg_attribute := (SELECT a FROM pg_attribute a WHERE a.attrelid = orders AND a.attname = customer);
    kind text := format_type(source.atttypid, source.atttypmod);
    candidates bigint;
BEGIN
    IF (SELECT c.relkind FROM pg_class c WHERE c.oid = target) <> 'r' THEN
        RAISE EXCEPTION USING ERRCODE = 'wrong_object_type', MESSAGE = format('the target %s is not an ordinary table', target);
    END IF;
    SELECT min(a.attname), count(*) INTO history, candidates FROM pg_attribute a
    WHERE a.attrelid = target AND a.atttypid = 'clm.history'::regtype AND a.attgenerated = '' AND NOT a.attisdropped;
    IF candidates <> 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_table_definition',
            MESSAGE = format('the target %s must have one column of type clm.history, not %s', target, candidates),
            HINT = format('For example: CREATE TABLE … (customer %s PRIMARY KEY, h clm.history).', kind);
    END IF;
    -- Rows conflict by that index, so it must tell customers apart just as GROUP BY does.
    SELECT CASE WHEN count(*) = 1 OR bool_or(a.attname = customer) THEN coalesce(min(a.attname) FILTER (WHERE a.attname = customer), min(a.attname)) END,
           min(format('OPERATOR(%I.%s)', s.nspname, o.oprname)), count(*)
    INTO key, equals, candidates
    FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indnkeyatts = 1
    JOIN pg_opclass c ON c.oid = i.indclass[0] AND c.opcdefault AND c.opcmethod = (SELECT m.oid FROM pg_am m WHERE m.amname = 'btree')
    JOIN pg_amop e ON e.amopfamily = c.opcfamily AND e.amopstrategy = 3 AND e.amoplefttype = c.opcintype AND e.amoprighttype = c.opcintype
    JOIN pg_operator o ON o.oid = e.amopopr JOIN pg_namespace s ON s.oid = o.oprnamespace
    WHERE a.attrelid = target AND a.atttypid = source.atttypid AND a.attcollation = source.attcollation AND i.indcollation[0] = a.attcollation
      AND (a.atttypmod IN (-1, source.atttypmod) OR a.atttypid = 'varchar'::regtype AND source.atttypmod BETWEEN 0 AND a.atttypmod)
      AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL;
    IF key IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_table_definition',
            MESSAGE = CASE candidates WHEN 0 THEN format('the target %s has no unique index on a column of type %s', target, kind)
                      ELSE format('the target %s has %s unique columns of type %s, and none is called "%s"', target, candidates, kind, customer) END,
            DETAIL = format('Its key must be unique, not deferrable, and of the type and collation of column "%s" of %s.', customer, orders),
            HINT = format('For example: CREATE TABLE … (%I %s PRIMARY KEY, h clm.history).', customer, kind);
    ELSIF (SELECT t.typcategory IN ('A', 'C') FROM pg_type t WHERE t.oid = source.atttypid) THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = format('customers of type %s cannot be tracked', kind);
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_columns(regclass, name, regclass) IS
    'Part of clm.track: the columns of the target and the operator that compares customers; an error where the target does not fit';

CREATE FUNCTION clm.track_check_rights(orders regclass, customer name, day name, amount name, target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    keeper regrole := (SELECT c.relowner FROM pg_class c WHERE c.oid = target); -- as whom the triggers work
    hidden regclass;
BEGIN
    IF NOT pg_has_role(keeper, 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('must be owner of table %s', target);
    END IF;
    IF NOT has_schema_privilege(keeper, (SELECT c.relnamespace FROM pg_class c WHERE c.oid = orders), 'USAGE')
       OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = orders AND a.attname IN (customer, day, amount)
                  AND NOT has_column_privilege(keeper, orders, a.attnum, 'SELECT')) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%s, who owns %s, may not read %s', keeper, target, orders),
            HINT = 'The triggers work with the rights of the owner of the target.';
    END IF;
    SELECT c.oid INTO hidden FROM pg_class c, pg_roles r
    WHERE c.oid IN (orders, target) AND r.oid = keeper AND c.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
      AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE'));
    IF hidden IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%s, who owns %s, is subject to row-level security of %s', keeper, target, hidden),
            DETAIL = 'Histories of some of the orders would be wrong.',
            HINT = 'The owner of the target must own the orders as well, or have BYPASSRLS.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_check_rights(regclass, name, name, name, regclass) IS
    'Part of clm.track: an error where the caller does not own the target, or its owner does not see all orders';

CREATE FUNCTION clm.track_verify(relation oid, trigger name, event text, orders text, target text, customer name, day name, amount name, key name)
    RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    -- Only clm.track can put the function on a table, so these are the tables that it was told. Catalogs are read here and not by
    -- functions, which would plan their queries for every statement.
    IF NOT EXISTS (SELECT FROM pg_trigger mine, pg_trigger o, pg_trigger t
                   WHERE mine.tgrelid = relation AND mine.tgname = trigger
                     AND o.tgrelid = to_regclass(orders) AND o.tgfoid = mine.tgfoid AND o.tgargs = E'\\x6f726465727300'
                     AND t.tgrelid = to_regclass(target) AND t.tgfoid = mine.tgfoid AND t.tgargs = E'\\x74617267657400') THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('%s cannot be kept up to date with %s', target, orders),
            DETAIL = 'One of them was renamed, moved or dropped, or this transaction is older than the tracking.',
            HINT = 'Run clm.track(orders, customer, day, amount, target) again with the present names; or clm.untrack(orders) to end it.';
    ELSIF NOT EXISTS (SELECT FROM pg_attribute c, pg_attribute k, pg_attribute d, pg_type dt, pg_attribute a, pg_type at
                      WHERE c.attrelid = orders::regclass AND c.attname = customer
                        AND k.attrelid = target::regclass AND k.attname = key AND k.atttypid = c.atttypid
                        -- What varchar(n) does not take is an error; other types round.
                        AND (k.atttypmod IN (-1, c.atttypmod) OR k.atttypid = 'varchar'::regtype)
                        AND d.attrelid = c.attrelid AND d.attname = day AND dt.oid = d.atttypid
                        AND coalesce(nullif(dt.typbasetype, 0), dt.oid) = ANY (clm.track_day_types())
                        AND a.attrelid = c.attrelid AND a.attname = amount AND at.oid = a.atttypid
                        AND coalesce(nullif(at.typbasetype, 0), at.oid) = ANY (clm.track_day_types() || clm.track_amount_types())) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('%s cannot be kept up to date with %s', target, orders),
            DETAIL = 'A column that is tracked was renamed or dropped, or has another type.',
            HINT = 'Run clm.track(orders, customer, day, amount, target) again with the present names; or clm.untrack(orders) to end it.';
    ELSIF event = 'TRUNCATE' AND current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = format('cannot truncate a tracked table in a transaction at isolation level %s', current_setting('transaction_isolation')),
            DETAIL = 'Its snapshot may miss orders of others.', HINT = 'Truncate at level read committed, or delete.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_verify(oid, name, text, text, text, name, name, name, name) IS
    'Part of clm.track: an error of a statement on a tracked table where the names that were tracked now mean other tables or types';

CREATE FUNCTION clm.track_code(orders regclass, customer name, day name, amount name, target regclass) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    kind text := (SELECT format_type(a.atttypid, -1) FROM pg_attribute a WHERE a.attrelid = orders AND a.attname = customer);
    columns record := clm.track_columns(orders, customer, target);
    -- One index scan a customer, whatever the planner believes of a table that is being loaded; or one pass for all.
    each_one text := format('unnest($1) u(customer) CROSS JOIN LATERAL (SELECT clm.history(%s) AS h FROM %s o WHERE o.%I %s u.customer) f',
        clm.track_arguments(day, amount), orders, customer, columns.equals);
    at_once text := format('(SELECT u.customer, clm.history(%s) AS h FROM unnest($1) u(customer) LEFT JOIN %s o ON o.%I %s u.customer GROUP BY u.customer) f',
        clm.track_arguments(day, amount), orders, customer, columns.equals);
    merge text := format('MERGE INTO %s t USING (SELECT customer, h FROM ', target);
    changes text := format(') f ON t.%I %s f.customer WHEN MATCHED AND f.h IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET %I = f.h',
        columns.key, columns.equals, columns.history);
    counts text := format('o.%I IS NOT NULL AND o.%I IS NOT NULL AND o.%I IS NOT NULL', customer, day, coalesce(amount, day));
    watched text := format('o.%I AS customer, o.%I AS day, o.%I AS amount', customer, day, coalesce(amount, day));
BEGIN
    RETURN format($code$
-- Written by clm.track, which writes it again when a table or a column has another name.
#variable_conflict use_column
<<clm_track>>
DECLARE
    touched %8$s[]; -- customers whose orders are aggregated again
BEGIN
    PERFORM clm.track_verify(TG_RELID, TG_NAME, TG_OP, %14$L, %15$L, %16$L, %17$L, %18$L, %19$L);
    -- Customers are locked in the order of their keys, so that two loaders never wait for each other.
    IF TG_OP = 'INSERT' THEN
        -- An empty history stands for one that shares a day with the new rows, until it is aggregated again below. So are all of
        -- them where another trigger, of the same statement of the client, may have changed the new rows already.
        WITH merged AS (
            INSERT INTO %1$s AS t (%5$I, %6$I)
            SELECT o.%4$I, clm.history(%3$s) FROM clm_new o WHERE %9$s GROUP BY o.%4$I ORDER BY o.%4$I
            ON CONFLICT (%5$I) DO UPDATE SET %6$I = coalesce(clm.merge_new_days(t.%6$I, excluded.%6$I), '{}')
            RETURNING t.%5$I AS customer, clm.history_eq(t.%6$I, '{}') AS shares)
        SELECT array_agg(m.customer) INTO clm_track.touched FROM merged m
        WHERE m.shares OR (SELECT current_setting('clm.track_nested', true) = extract(epoch FROM statement_timestamp())::text);
    ELSE
        IF pg_trigger_depth() > 1 THEN
            PERFORM set_config('clm.track_nested', extract(epoch FROM statement_timestamp())::text, true);
        END IF;
        IF TG_OP = 'UPDATE' THEN
            SELECT array_agg(DISTINCT c.customer ORDER BY c.customer) INTO clm_track.touched
            FROM ((SELECT %10$s FROM clm_old o EXCEPT ALL SELECT %10$s FROM clm_new o)
                  UNION ALL
                  (SELECT %10$s FROM clm_new o EXCEPT ALL SELECT %10$s FROM clm_old o)) c
            WHERE c.customer IS NOT NULL;
        ELSIF TG_OP = 'DELETE' THEN
            SELECT array_agg(DISTINCT o.%4$I ORDER BY o.%4$I) INTO clm_track.touched FROM clm_old o WHERE o.%4$I IS NOT NULL;
        ELSE
            SELECT array_agg(c.customer ORDER BY c.customer) INTO clm_track.touched
            FROM (SELECT t.%5$I AS customer FROM %1$s t UNION SELECT o.%4$I FROM %2$s o) c WHERE c.customer IS NOT NULL;
        END IF;
        INSERT INTO %1$s AS t (%5$I, %6$I) SELECT u.customer, '{}' FROM unnest(clm_track.touched) u(customer)
        ON CONFLICT (%5$I) DO UPDATE SET %6$I = t.%6$I WHERE false;
    END IF;
    IF clm_track.touched IS NULL THEN
        RETURN NULL;
    END IF;
    -- Under read committed the next query sees all that was committed before the locks were had. A snapshot of the
    -- transaction may be older: that is a serialization failure where the customer has changed, as the locks have found, or
    -- was deleted, which shows here.
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        PERFORM FROM %1$s t WHERE t.%5$I %7$s ANY (clm_track.touched) FOR NO KEY UPDATE;
    END IF;
    EXECUTE CASE WHEN cardinality(clm_track.touched) <= %13$s THEN %11$L ELSE %12$L END USING clm_track.touched;
    RETURN NULL;
END
$code$, target, orders, clm.track_arguments(day, amount), customer, columns.key, columns.history, columns.equals, kind, counts, watched,
        merge || each_one || changes, merge || at_once || changes, CASE WHEN clm.track_has_index(orders, customer) THEN 1000 ELSE 0 END,
        orders::text, target::text, customer, day, coalesce(amount, day), columns.key);
END
$$;
COMMENT ON FUNCTION clm.track_code(regclass, name, name, name, regclass) IS
    'Part of clm.track: the body of the trigger function';

CREATE FUNCTION clm.track_drop(function regprocedure) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
    AS $$
DECLARE
    member regclass;
BEGIN
    -- Writers lock the orders before the target, and so does this, where it may: DROP FUNCTION begins with the target.
    FOR member IN SELECT t.tgrelid FROM pg_trigger t WHERE t.tgfoid = function GROUP BY t.tgrelid
                  ORDER BY bool_or(t.tgargs = E'\\x74617267657400'), bool_or(t.tgargs = E'\\x6f726465727300') DESC, t.tgrelid LOOP
        IF has_table_privilege(member, 'UPDATE, DELETE, TRUNCATE') THEN
            EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', member);
        END IF;
    END LOOP;
    EXECUTE format('DROP FUNCTION %s CASCADE', function); -- and its triggers
END
$$;
COMMENT ON FUNCTION clm.track_drop(regprocedure) IS 'Part of clm.untrack: removes the triggers and their function';

CREATE FUNCTION clm.track_function(orders regclass, target regclass, code text, made_by text, OUT function text, OUT is_new boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    home regnamespace := (SELECT c.relnamespace FROM pg_class c WHERE c.oid = target);
    keeper regrole := (SELECT c.relowner FROM pg_class c WHERE c.oid = target);
    found regprocedure;
    free integer := 1;
    grantee text;
BEGIN
    -- Functions of tables that have been dropped, and one of another owner or schema
    FOR found IN SELECT t.function FROM clm.tracked t JOIN pg_proc p ON p.oid = t.function
                 WHERE pg_has_role(p.proowner, 'USAGE')
                   AND ((t.target IS NULL AND (t.orders = track_function.orders OR t.orders IS NULL))
                    OR (t.orders IS NULL AND t.target = track_function.target)
                    OR (t.orders = track_function.orders AND t.target = track_function.target
                        AND (p.proowner <> keeper OR p.pronamespace <> home))) LOOP
        PERFORM clm.track_drop(found);
    END LOOP;
    SELECT t.function INTO found FROM clm.tracked t JOIN pg_proc p ON p.oid = t.function
    WHERE t.orders = track_function.orders AND t.target = track_function.target AND p.proowner = keeper;
    is_new := found IS NULL;
    -- Triggers are called after the function: its name must be free in every schema.
    WHILE is_new AND EXISTS (SELECT FROM pg_proc p WHERE p.proname = 'clm_track_' || free) LOOP
        free := free + 1;
    END LOOP;
    function := format('%s.%I', home, coalesce((SELECT p.proname FROM pg_proc p WHERE p.oid = found), 'clm_track_' || free));
    EXECUTE format('CREATE %s FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER '
        'SET search_path = pg_catalog, pg_temp SET row_security = off AS %L', CASE WHEN is_new THEN '' ELSE 'OR REPLACE' END, function, code);
    EXECUTE format('COMMENT ON FUNCTION %s() IS %L', function, made_by);
    EXECUTE format('ALTER FUNCTION %s() DEPENDS ON EXTENSION clm', function);
    -- Nobody else may put it on a table of his own: it writes with the rights of the target's owner.
    FOR grantee IN SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                   FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                   WHERE p.oid = to_regprocedure(function || '()') AND a.grantee <> p.proowner LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s() FROM %s', function, grantee);
    END LOOP;
    IF keeper <> quote_ident(current_user)::regrole THEN
        EXECUTE format('ALTER FUNCTION %s() OWNER TO %s', function, keeper);
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_function(regclass, regclass, text, text) IS
    'Part of clm.track: makes the trigger function or replaces it; its name, and whether it is a new one';

CREATE FUNCTION clm.track_triggers(orders regclass, target regclass, function text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    name name := (SELECT p.proname FROM pg_proc p WHERE p.oid = to_regprocedure(function || '()'));
    done regclass[] := '{}';
    member regclass;
    event record;
    stray record;
BEGIN
    -- A trigger locks its table against writers and against new partitions, whose number is then known.
    LOOP
        SELECT t INTO member FROM clm.track_tables(orders) t WHERE t <> ALL (done) LIMIT 1;
        EXIT WHEN member IS NULL;
        PERFORM clm.track_check_table(orders, member, target);
        FOR event IN VALUES ('INSERT', 'REFERENCING NEW TABLE AS clm_new'), ('DELETE', 'REFERENCING OLD TABLE AS clm_old'),
                            ('UPDATE', 'REFERENCING OLD TABLE AS clm_old NEW TABLE AS clm_new'), ('TRUNCATE', '') LOOP
            EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s EXECUTE FUNCTION %s(%L)', name || '_' || lower(event.column1),
                event.column1, member, event.column2, function, CASE WHEN member = orders THEN 'orders' ELSE 'part' END);
        END LOOP;
        done := done || member;
    END LOOP;
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER TRUNCATE ON %s EXECUTE FUNCTION %s(%L)', name || '_truncate', target, function, 'target');
    -- Partitions that have been detached
    FOR stray IN SELECT t.tgname, t.tgrelid::regclass AS member FROM pg_trigger t
                 WHERE t.tgfoid = to_regprocedure(function || '()') AND t.tgrelid <> ALL (done || target) LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', stray.tgname, stray.member);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clm.track_triggers(regclass, regclass, text) IS
    'Part of clm.track: puts the triggers on orders, its partitions or children, and the target, and locks these tables';

CREATE FUNCTION clm.track_fill(orders regclass, customer name, day name, amount name, target regclass, function text,
                               OUT written bigint, OUT removed bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    columns record := clm.track_columns(orders, customer, target);
    keeper regrole := (SELECT c.relowner FROM pg_class c WHERE c.oid = target);
    fill text := (SELECT format('%s.%I', p.pronamespace::regnamespace, p.proname || '_fill') FROM pg_proc p
                  WHERE p.oid = to_regprocedure(function || '()'));
BEGIN
    -- Triggers of the target and functions of its types are its owner's: they must not run with the rights of the caller.
    EXECUTE format('CREATE FUNCTION %s(OUT written bigint, OUT removed bigint) LANGUAGE sql SECURITY DEFINER '
        'SET search_path = pg_catalog, pg_temp SET row_security = off AS %L', fill, format($sql$
WITH whole AS MATERIALIZED (
    SELECT o.%4$I AS customer, clm.history(%3$s) AS h FROM %2$s o WHERE o.%4$I IS NOT NULL GROUP BY o.%4$I),
gone AS (
    DELETE FROM %1$s t WHERE NOT EXISTS (SELECT FROM whole w WHERE w.customer %7$s t.%5$I AND w.h IS NOT NULL) RETURNING 1),
fresh AS (
    INSERT INTO %1$s AS t (%5$I, %6$I) SELECT w.customer, w.h FROM whole w WHERE w.h IS NOT NULL ORDER BY w.customer
    ON CONFLICT (%5$I) DO UPDATE SET %6$I = excluded.%6$I WHERE clm.history_eq(t.%6$I, excluded.%6$I) IS NOT TRUE RETURNING 1)
SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM gone)$sql$,
        target, orders, clm.track_arguments(day, amount), customer, columns.key, columns.history, columns.equals));
    EXECUTE format('REVOKE ALL ON FUNCTION %s() FROM PUBLIC', fill);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s() TO %s', fill, quote_ident(current_user)::regrole);
    IF keeper <> quote_ident(current_user)::regrole THEN
        EXECUTE format('ALTER FUNCTION %s() OWNER TO %s', fill, keeper);
    END IF;
    EXECUTE format('SELECT f.written, f.removed FROM %s() f', fill) INTO written, removed;
    EXECUTE format('DROP FUNCTION %s()', fill);
END
$$;
COMMENT ON FUNCTION clm.track_fill(regclass, name, name, name, regclass, text) IS
    'Part of clm.track: aggregates all orders and brings the target up to date, with the rights of its owner; numbers of histories '
    'written and of rows removed';

CREATE FUNCTION clm.track(orders regclass, customer name, day name, amount name, target regclass) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    other regclass;
    made record;
    filled record;
BEGIN
    IF num_nulls(orders, customer, day, target) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'orders, customer, day and target must not be NULL',
            HINT = 'Only amount may be: then every order counts 1.';
    ELSIF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
            MESSAGE = format('clm.track cannot run in a transaction at isolation level %s', current_setting('transaction_isolation')),
            DETAIL = 'Its snapshot may be older than the lock on the orders.', HINT = 'Run it at level read committed.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('clm.track', 0)); -- functions and triggers of two at a time would get one name
    PERFORM clm.track_check_table(orders, orders, target);
    PERFORM clm.track_check_rights(orders, customer, day, amount, target);
    PERFORM clm.track_check_orders(orders, customer, day, amount);
    PERFORM clm.track_columns(orders, customer, target);
    SELECT t.orders INTO other FROM clm.tracked t WHERE t.target = track.target AND t.orders <> track.orders;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('%s is already kept up to date with %s', target, other),
            HINT = format('Give %s a target of its own, or track a table that both are partitions of.', orders);
    END IF;
    made := clm.track_function(orders, target, clm.track_code(orders, customer, day, amount, target),
                               format('clm.track(%L, %L, %L, %L, %L)', orders, customer, day, amount, target));
    PERFORM clm.track_triggers(orders, target, made.function);
    filled := clm.track_fill(orders, customer, day, amount, target, made.function);
    IF made.is_new AND filled.removed > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('the target %s has %s rows of customers without a history in %s', target, filled.removed, orders),
            DETAIL = 'A tracked table has rows of customers with a history only: the others would be deleted.',
            HINT = 'Take a table of its own for the histories, or delete these rows.';
    END IF;
    IF NOT clm.track_has_index(orders, customer) THEN
        RAISE NOTICE USING MESSAGE = format('%s has no index that begins with column "%s"', orders, customer),
            DETAIL = 'Every update, delete or second batch of a day reads the whole table without one.',
            HINT = 'Create it, then run clm.track again.';
    END IF;
    RETURN filled.written + filled.removed;
END
$$;
COMMENT ON FUNCTION clm.track(regclass, name, name, name, regclass) IS
    'Keeps target, a table of one row (customer, history) a customer, up to date with the table orders by statement triggers: at '
    'any time it holds SELECT customer, clm.history(day, amount) FROM orders WHERE customer IS NOT NULL GROUP BY customer HAVING '
    'clm.history(day, amount) IS NOT NULL, byte for byte. amount NULL: every order counts 1. Brings the target up to date first '
    'and returns the number of its rows that were changed. Run it again after partitions were attached or detached and after '
    'tables or columns were renamed. Tables that cannot be tracked are errors';

CREATE FUNCTION clm.untrack(orders regclass, target regclass DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
    AS $$
DECLARE
    function regprocedure;
    ended bigint := 0;
BEGIN
    IF orders IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'orders must not be NULL';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('clm.track', 0));
    FOR function IN SELECT t.function FROM clm.tracked t JOIN pg_proc p ON p.oid = t.function
                    WHERE t.orders = untrack.orders AND (untrack.target IS NULL OR t.target = untrack.target)
                      AND pg_has_role(p.proowner, 'USAGE') LOOP
        PERFORM clm.track_drop(function);
        ended := ended + 1;
    END LOOP;
    IF ended = 0 AND EXISTS (SELECT FROM clm.tracked t WHERE t.orders = untrack.orders AND (untrack.target IS NULL OR t.target = untrack.target)) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('only the owner of a target can end the tracking of %s', orders);
    END IF;
    IF ended = 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = CASE WHEN target IS NULL THEN format('%s is not tracked', orders) ELSE format('%s is not kept up to date with %s', target, orders) END,
            HINT = 'The view clm.tracked lists what is tracked.';
    END IF;
    RETURN ended;
END
$$;
COMMENT ON FUNCTION clm.untrack(regclass, regclass) IS
    'Ends what clm.track has begun for a table of orders: for one target, or for all where target is NULL, also where the target '
    'is gone. The target stays as it is. Returns how many it ended; an error where there was none';
-- Marts: clm.create_mart builds, from a table of orders, stored histories, a model and scores in the schema <mart>_store, and in
-- the schema <mart> plain views for those who look (sql/mart_views.sql); clm.refresh_mart brings in what is new.
--
-- Everything is written with the rights of the caller, in his transaction: a call that fails or is cancelled leaves the old
-- mart whole. Large tables are made anew beside the old ones and take their places at the end, so that readers wait for that
-- moment only; a refresh as of the same day changes some of their rows. What a mart is made of is its row of clm.mart_setting. Tables in between are dropped before the end; they are not
-- UNLOGGED, since what a failed call leaves of such tables can keep a server from recovering after a crash.

CREATE TYPE clm.mart_setting AS (
    mart name,
    orders regclass,
    customer name,
    day name,
    amount name,
    period integer,
    horizon integer,
    discount float8,
    margin float8,
    family text,
    calendar text,
    time_zone text,
    observed_from date,
    watermark name,
    seen text,
    tracked boolean,
    confirm integer,
    call_list integer,
    as_of date,
    previous_as_of date,
    model clm.customer_model,
    no_model text,
    gini float8,
    top20_share float8
);
COMMENT ON TYPE clm.mart_setting IS 'What a mart is made of: the arguments of clm.create_mart, the day it is as of, and its model';
COMMENT ON COLUMN clm.mart_setting.mart IS 'The schema of its views; the stored tables are in the schema of this name with _store';
COMMENT ON COLUMN clm.mart_setting.orders IS 'The table, view or foreign table of orders';
COMMENT ON COLUMN clm.mart_setting.customer IS 'Column of the customer';
COMMENT ON COLUMN clm.mart_setting.day IS 'Column of the day';
COMMENT ON COLUMN clm.mart_setting.amount IS 'Column of the amount; NULL: every order counts 1';
COMMENT ON COLUMN clm.mart_setting.period IS 'Days of a period of the model';
COMMENT ON COLUMN clm.mart_setting.horizon IS 'Days that expected purchases and values look ahead';
COMMENT ON COLUMN clm.mart_setting.discount IS 'Discount a year';
COMMENT ON COLUMN clm.mart_setting.margin IS 'Margin, a share of the amounts';
COMMENT ON COLUMN clm.mart_setting.family IS 'Family of the model, or auto';
COMMENT ON COLUMN clm.mart_setting.calendar IS 'Calendar periods of cohorts and flows: week, month, quarter or year';
COMMENT ON COLUMN clm.mart_setting.time_zone IS 'Time zone of the days; needed where the day is a timestamptz';
COMMENT ON COLUMN clm.mart_setting.observed_from IS 'First day of complete data, where customers are older than the data';
COMMENT ON COLUMN clm.mart_setting.watermark IS 'Column that grows with every order added; NULL: a refresh reads all orders';
COMMENT ON COLUMN clm.mart_setting.seen IS 'Its largest value that was read';
COMMENT ON COLUMN clm.mart_setting.tracked IS 'Whether clm.track keeps the histories up to date';
COMMENT ON COLUMN clm.mart_setting.confirm IS 'As of how many days in a row a new stage must be found before a customer''s stage changes';
COMMENT ON COLUMN clm.mart_setting.call_list IS 'Customers on the list early_warning, at most';
COMMENT ON COLUMN clm.mart_setting.as_of IS 'The day the mart is as of';
COMMENT ON COLUMN clm.mart_setting.previous_as_of IS 'The day it was as of before; NULL: only this one so far';
COMMENT ON COLUMN clm.mart_setting.model IS 'The model; NULL where none could be fitted';
COMMENT ON COLUMN clm.mart_setting.no_model IS 'Why none could be fitted';
COMMENT ON COLUMN clm.mart_setting.gini IS 'Gini coefficient of the values of all customers';
COMMENT ON COLUMN clm.mart_setting.top20_share IS 'Share of the value that the best fifth of the customers have';

-- Names and expressions

CREATE FUNCTION clm.mart_store(mart name) RETURNS name
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (mart::text || '_store')::name;
COMMENT ON FUNCTION clm.mart_store(name) IS 'Part of clm.create_mart: the schema of the stored tables of a mart';

CREATE FUNCTION clm.mart_key_type(orders regclass, customer name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE clm.track_base_type(orders, customer) WHEN 'int2'::regtype THEN 'integer' WHEN 'int4'::regtype THEN 'integer'
           WHEN 'int8'::regtype THEN 'bigint' ELSE 'text' END;
COMMENT ON FUNCTION clm.mart_key_type(regclass, name) IS 'Part of clm.create_mart: the type that a column of customers has in the mart';

CREATE FUNCTION clm.mart_collation(orders regclass, customer name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce((SELECT format(' COLLATE %I.%I', n.nspname, c.collname)
                     FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation JOIN pg_namespace n ON n.oid = c.collnamespace
                     WHERE a.attrelid = orders AND a.attname = customer AND NOT c.collisdeterministic), '');
COMMENT ON FUNCTION clm.mart_collation(regclass, name) IS 'Part of clm.create_mart: the collation of a column of customers where it takes different texts for equal';

CREATE FUNCTION clm.mart_key(s clm.mart_setting, customer text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    -- What is equal in the orders gets one text: 1 and 1.0, or citext of any case. A cast of a user's own type would run code of
    -- his, with the rights of the caller; concat takes what the output function writes.
    RETURN (SELECT format(CASE WHEN t.oid = 'numeric'::regtype THEN 'trim_scale(%s)::text' WHEN t.typname = 'citext' THEN 'lower(concat(%s))'
                               WHEN t.typnamespace <> 'pg_catalog'::regnamespace THEN 'concat(%s)' ELSE '%s::%s' END,
                          customer, clm.mart_key_type(s.orders, s.customer))
            FROM pg_type t WHERE t.oid = clm.track_base_type(s.orders, s.customer));
COMMENT ON FUNCTION clm.mart_key(clm.mart_setting, text) IS
    'Part of clm.create_mart: a customer of the orders, given as an expression, as an expression of the mart''s type';

CREATE FUNCTION clm.mart_history(s clm.mart_setting) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format('clm.history(%s%s)',
        CASE WHEN s.time_zone IS NULL THEN format('o.%I', s.day) ELSE format('(o.%I AT TIME ZONE %L)', s.day, s.time_zone) END,
        CASE WHEN s.amount IS NULL THEN '' ELSE format(', o.%I::%s', s.amount,
            CASE clm.track_base_type(s.orders, s.amount) WHEN 'numeric'::regtype THEN 'numeric' ELSE 'float8' END) END);
COMMENT ON FUNCTION clm.mart_history(clm.mart_setting) IS 'Part of clm.create_mart: the history of the orders o, as an expression';

CREATE FUNCTION clm.mart_interval(calendar text) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE calendar WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month'
           WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END;
COMMENT ON FUNCTION clm.mart_interval(text) IS 'Part of clm.create_mart: length of a calendar period: week, month, quarter or year; NULL for others';

-- Checks

CREATE FUNCTION clm.mart_watermark_types() RETURNS regtype[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{int2,int4,int8,float4,float8,numeric,date,timestamp,timestamptz,text,varchar,uuid}'::regtype[];
COMMENT ON FUNCTION clm.mart_watermark_types() IS 'Part of clm.create_mart: types of watermarks; those of users might come with casts and operators of theirs';

CREATE FUNCTION clm.mart_check_columns(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    wrong record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = s.orders) THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_table', MESSAGE = format('the table of orders of mart "%s" does not exist', s.mart),
            DETAIL = 'It has been dropped.', HINT = 'clm.drop_mart removes the mart, clm.create_mart makes one of another table.';
    END IF;
    SELECT c.name INTO wrong FROM unnest(ARRAY[s.customer, s.day, s.amount, s.watermark]) c(name)
    WHERE c.name IS NOT NULL AND clm.track_base_type(s.orders, c.name) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('column "%s" of %s does not exist', wrong.name, s.orders),
            HINT = format('Its columns are: %s.', (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
                                                  WHERE a.attrelid = s.orders AND a.attnum > 0 AND NOT a.attisdropped));
    END IF;
    SELECT c.name, c.wanted, clm.track_base_type(s.orders, c.name) AS type INTO wrong
    FROM (VALUES (s.day, clm.track_day_types(), 'a day must be of type date, timestamp or timestamptz'),
                 (s.amount, clm.track_amount_types(), 'an amount must be of type integer, float or numeric'),
                 (s.watermark, clm.mart_watermark_types(), 'a watermark must be a number, a date or time, a text or a uuid')) c(name, types, wanted)
    WHERE c.name IS NOT NULL AND clm.track_base_type(s.orders, c.name) <> ALL (c.types) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
            MESSAGE = format('column "%s" of %s is of type %s: %s', wrong.name, s.orders, wrong.type, wrong.wanted),
            HINT = 'A view can convert it.';
    END IF;
    IF (clm.track_base_type(s.orders, s.day) = 'timestamptz'::regtype) <> (s.time_zone IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = CASE WHEN s.time_zone IS NULL
            THEN format('column "%s" of %s is of type timestamptz: time_zone is needed to tell its days', s.day, s.orders)
            ELSE format('time_zone is for days of type timestamptz, and column "%s" of %s is not', s.day, s.orders) END,
            HINT = CASE WHEN s.time_zone IS NULL THEN 'For example time_zone => ''Europe/Berlin''.' ELSE 'Leave time_zone out.' END;
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_check_columns(clm.mart_setting) IS
    'Part of clm.create_mart: an error where the columns are not there or cannot be used';

CREATE FUNCTION clm.mart_check_options(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    wrong text;
BEGIN
    wrong := CASE
        WHEN num_nulls(s.mart, s.orders, s.customer, s.day) > 0 THEN 'schema, orders, customer and day must not be NULL'
        WHEN num_nulls(s.period, s.horizon, s.discount, s.margin, s.family, s.calendar, s.tracked, s.confirm, s.call_list) > 0
            THEN 'period, horizon, discount, margin, family, calendar, track, confirm and call_list must not be NULL'
        WHEN s.horizon NOT BETWEEN 1 AND 36525 THEN format('horizon must be between 1 and 36525 days, not %s', s.horizon)
        WHEN NOT (s.discount >= 0 AND s.discount <= 10) THEN format('discount must be between 0 and 10 a year, not %s', s.discount)
        WHEN NOT (s.margin > 0 AND s.margin <= 1e6) THEN format('margin must be above 0 and at most 1e6, not %s', s.margin)
        WHEN clm.mart_interval(s.calendar) IS NULL THEN format('calendar must be week, month, quarter or year, not "%s"', s.calendar)
        WHEN s.confirm NOT BETWEEN 1 AND 100 THEN format('confirm must be between 1 and 100, not %s', s.confirm)
        WHEN s.call_list NOT BETWEEN 0 AND 1000000 THEN format('call_list must be between 0 and 1000000, not %s', s.call_list)
        WHEN NOT (isfinite(coalesce(s.as_of, '2000-01-01')) AND isfinite(coalesce(s.observed_from, '2000-01-01')))
            THEN 'as_of and observed_from must be finite'
        WHEN s.tracked AND num_nonnulls(s.time_zone, s.watermark) > 0 THEN 'track goes without time_zone and without watermark'
        WHEN octet_length(s.mart) > 57 THEN format('the name "%s" is longer than 57 bytes', s.mart)
        END;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong;
    END IF;
    IF s.margin > 1 AND s.amount IS NOT NULL THEN
        RAISE WARNING USING MESSAGE = format('a margin of %s is %s %% of the amounts', s.margin, 100 * s.margin), HINT = 'A margin is a share: 40 % is .4.';
    END IF;
    IF s.discount > 1 THEN
        RAISE WARNING USING MESSAGE = format('a discount of %s is %s %% a year', s.discount, 100 * s.discount), HINT = 'A discount is a share: 10 % a year is .1.';
    END IF;
    -- Errors of a family or a period, before any order is read
    PERFORM clm.customer_model_transition(NULL, clm.history('{2000-01-01}'::date[], '{1}'), date '2000-01-01', clm.fit_options(s.family, s.period));
END
$$;
COMMENT ON FUNCTION clm.mart_check_options(clm.mart_setting) IS 'Part of clm.create_mart: an error where an argument makes no sense, a warning where it looks like a percentage';

CREATE FUNCTION clm.mart_settings(mart name) RETURNS clm.mart_setting
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    setting regclass;
    owner regrole;
    s clm.mart_setting;
BEGIN
    IF mart IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'schema must not be NULL';
    END IF;
    setting := to_regclass(format('%I.setting', clm.mart_store(mart)));
    IF setting IS NULL OR (SELECT c.reloftype FROM pg_class c WHERE c.oid = setting) <> 'clm.mart_setting'::regtype THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('schema "%s" is not a mart', mart),
            HINT = 'CALL clm.create_mart(schema, orders, customer, day, amount) makes one.';
    END IF;
    -- What the owner has written there runs with the rights of the caller; and who owns the schema can put other tables there.
    SELECT r.owner INTO owner
    FROM (SELECT c.relowner AS owner FROM pg_class c WHERE c.oid = setting UNION ALL
          SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = clm.mart_store(mart)) r
    WHERE r.owner <> quote_ident(current_user)::regrole LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('must be owner of mart "%s"', mart),
            HINT = format('SET ROLE %s first.', owner);
    END IF;
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', setting); -- one refresh at a time
    EXECUTE format('SELECT FROM %s FOR UPDATE', setting); -- which fails, to be tried again, where the snapshot is older than the last one
    EXECUTE format('SELECT t.* FROM %s t', setting) INTO s;
    s.mart := mart; -- where the schemas have been renamed
    RETURN s;
END
$$;
COMMENT ON FUNCTION clm.mart_settings(name) IS
    'Part of clm.refresh_mart: what a mart is made of, locked until the end of the transaction; an error where there is no such '
    'mart, or it is another owner''s';

CREATE FUNCTION clm.mart_check_refresh(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    was regtype := (SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = to_regclass(format('%I.added', clm.mart_store(s.mart))) AND a.attname = 'customer');
    type regtype := clm.mart_key_type(s.orders, s.customer)::regtype;
BEGIN
    IF was <> type THEN
        RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch', MESSAGE = format('customers of mart "%s" are of type %s, and those of %s are now of type %s', s.mart, was, s.orders, type),
            HINT = 'Make the mart anew: clm.drop_mart, then clm.create_mart.';
    ELSIF s.tracked AND NOT EXISTS (SELECT FROM clm.tracked t WHERE t.orders = s.orders AND t.target = to_regclass(format('%I.history', clm.mart_store(s.mart)))) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('%s is not tracked any more for mart "%s"', s.orders, s.mart),
            HINT = format('SELECT clm.track(%L, %L, %L, %L, %L) begins anew.', s.orders, s.customer, s.day, s.amount, format('%I.history', clm.mart_store(s.mart)));
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_check_refresh(clm.mart_setting) IS 'Part of clm.refresh_mart: an error where the column of customers has got another type, or a mart that is tracked is not any more';

-- Steps

CREATE FUNCTION clm.mart_seconds(start timestamptz) RETURNS numeric
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    RETURN round(extract(epoch FROM clock_timestamp() - start), 1);
COMMENT ON FUNCTION clm.mart_seconds(timestamptz) IS 'Part of clm.create_mart: seconds since a time, for the progress that it tells';

CREATE FUNCTION clm.mart_step(what text, statement text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    start timestamptz := clock_timestamp();
    n bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE NOTICE '%: % rows, % s', what, n, clm.mart_seconds(start);
    RETURN n;
END
$$;
COMMENT ON FUNCTION clm.mart_step(text, text) IS 'Part of clm.create_mart: runs a statement and tells rows and seconds; the number of rows';

CREATE FUNCTION clm.mart_columns(s clm.mart_setting, target name, template name DEFAULT '%I') RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT string_agg(format(template::text, a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = to_regclass(format('%I.%I', clm.mart_store(s.mart), target)) AND a.attnum > 0 AND NOT a.attisdropped);
COMMENT ON FUNCTION clm.mart_columns(clm.mart_setting, name, name) IS 'Part of clm.create_mart: the columns of a stored table, each put into a template of format()';

CREATE FUNCTION clm.mart_gather(s clm.mart_setting, target name, query text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    n bigint;
BEGIN
    EXECUTE format('CREATE TABLE %I.gathered (%s) AS %s', store, clm.mart_columns(s, target), query);
    EXECUTE format('INSERT INTO %1$I.%2$I SELECT * FROM %1$I.gathered', store, target);
    GET DIAGNOSTICS n = ROW_COUNT;
    EXECUTE format('DROP TABLE %I.gathered', store);
    RETURN n;
END
$$;
COMMENT ON FUNCTION clm.mart_gather(clm.mart_setting, name, text) IS
    'Part of clm.create_mart: adds the rows of a query to a table; INSERT … SELECT has no workers, CREATE TABLE AS has';

CREATE FUNCTION clm.mart_swap(mart name, old name, new name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(mart);
BEGIN
    IF to_regclass(format('%I.%I', store, old)) IS NOT NULL THEN
        EXECUTE format('DROP TABLE %I.%I', store, old);
    END IF;
    EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', store, new, old);
    EXECUTE format('ALTER INDEX %I.%I RENAME TO %I', store, new || '_pkey', old || '_pkey');
END
$$;
COMMENT ON FUNCTION clm.mart_swap(name, name, name) IS 'Part of clm.refresh_mart: a new table takes the place of an old one';

CREATE FUNCTION clm.mart_read_all(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
BEGIN
    -- In the order of their key, and so are the customers made of them: a refresh of some finds its way through pages in turn.
    PERFORM clm.mart_step('histories from all orders', format(
        'CREATE TABLE %1$I.history_next WITH (fillfactor = 90) AS SELECT %2$s AS customer, %3$s AS h FROM %4$s o WHERE o.%5$I IS NOT NULL %6$s GROUP BY 1 HAVING %3$s IS NOT NULL ORDER BY 1',
        store, clm.mart_key(s, format('o.%I', s.customer)), clm.mart_history(s), s.orders, s.customer,
        CASE WHEN s.seen IS NULL THEN '' ELSE format('AND (o.%I > %L) IS NOT TRUE', s.watermark, s.seen) END));
    EXECUTE format('ALTER TABLE %I.history_next ADD PRIMARY KEY (customer)', store);
    PERFORM clm.mart_swap(s.mart, 'history', 'history_next');
    EXECUTE format('ANALYZE %I.history', store);
END
$$;
COMMENT ON FUNCTION clm.mart_read_all(clm.mart_setting) IS
    'Part of clm.create_mart: histories of all customers, from all orders, but those above the watermark that was seen: the next refresh counts them';

CREATE FUNCTION clm.mart_track(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    type text := (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = s.orders AND a.attname = s.customer);
    start timestamptz := clock_timestamp();
BEGIN
    EXECUTE format('CREATE TABLE %I.history (customer %s PRIMARY KEY, h clm.history) WITH (fillfactor = 50)', store, type);
    RAISE NOTICE 'histories from all orders, tracked from now on: % rows, % s',
        clm.track(s.orders, s.customer, s.day, s.amount, format('%I.history', store)::regclass),
        clm.mart_seconds(start);
    -- The room that is left now is for updates: the server would clean a page at each look as long as less of it were free.
    EXECUTE format('ALTER TABLE %I.history SET (fillfactor = 90)', store);
    EXECUTE format('ANALYZE %I.history', store);
END
$$;
COMMENT ON FUNCTION clm.mart_track(clm.mart_setting) IS 'Part of clm.create_mart: histories that clm.track keeps up to date';

CREATE FUNCTION clm.mart_read_new(s clm.mart_setting, upto text) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET default_statistics_target = 1 -- for the number of rows
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    batch integer;
BEGIN
    EXECUTE format('SELECT coalesce(max(batch), 0) + 1 FROM %I.added', store) INTO batch;
    PERFORM clm.mart_step('histories of new orders', format(
        'INSERT INTO %1$I.added SELECT %2$s, %3$s, %4$s FROM %5$s o WHERE o.%6$I IS NOT NULL AND o.%7$I > %8$L AND o.%7$I <= %9$L GROUP BY 1 HAVING %3$s IS NOT NULL ORDER BY 1',
        store, clm.mart_key(s, format('o.%I', s.customer)), clm.mart_history(s), batch, s.orders, s.customer, s.watermark, s.seen, upto));
    EXECUTE format('ANALYZE %I.added (customer, batch)', store);
    RETURN batch;
END
$$;
COMMENT ON FUNCTION clm.mart_read_new(clm.mart_setting, text) IS
    'Part of clm.refresh_mart: gathers the orders above the watermark that was seen, up to another one (NULL: none), in the table added; the number of this batch in there';

-- OFFSET '0' has a function called once, not for each field of what it gives. OFFSET 0 would do so too, but keep workers out of the
-- join: it is an integer that must be cast to bigint, which the planner has not yet done where it looks for what workers can do.

CREATE FUNCTION clm.mart_touched(s clm.mart_setting, batch integer) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format($sql$(
SELECT b.customer, b.h_before, b.h_new, coalesce(clm.merge(b.h_before, b.h_new), b.h_new) AS h
FROM (SELECT n.customer, n.h AS h_new, coalesce(clm.merge(o.h, a.h), o.h, a.h) AS h_before
      FROM %1$I.added n LEFT JOIN %1$I.history o USING (customer) LEFT JOIN (SELECT customer, clm.rollup(h) AS h FROM %1$I.added WHERE batch < %2$s GROUP BY 1) a USING (customer)
      WHERE n.batch = %2$s OFFSET '0') b OFFSET '0')$sql$, clm.mart_store(s.mart), batch);
COMMENT ON FUNCTION clm.mart_touched(clm.mart_setting, integer) IS
    'Part of clm.refresh_mart: the query of customers with orders in a batch, with their histories before it and with it';

CREATE FUNCTION clm.mart_merge_added(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
BEGIN
    EXECUTE format('CREATE TABLE %1$I.merged AS SELECT a.customer, clm.rollup(a.h) AS h FROM %1$I.added a GROUP BY 1', store);
    EXECUTE format('ANALYZE %I.merged (customer)', store);
    PERFORM clm.mart_step('histories with new orders merged', format('MERGE INTO %1$I.history t USING %1$I.merged m ON t.customer = m.customer
        WHEN MATCHED THEN UPDATE SET h = clm.merge(t.h, m.h) WHEN NOT MATCHED THEN INSERT VALUES (m.customer, m.h)', store));
    EXECUTE format('DROP TABLE %I.merged', store);
    EXECUTE format('DELETE FROM %I.added', store);
END
$$;
COMMENT ON FUNCTION clm.mart_merge_added(clm.mart_setting) IS 'Part of clm.refresh_mart: merges the orders that have been gathered into the histories';

CREATE FUNCTION clm.mart_watermark(s clm.mart_setting, above text) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    seen text;
BEGIN
    IF s.watermark IS NOT NULL THEN
        EXECUTE format('SELECT o.%1$I::text FROM %2$s o WHERE o.%1$I %3$s ORDER BY o.%1$I DESC LIMIT 1', s.watermark, s.orders,
            CASE WHEN above IS NULL THEN 'IS NOT NULL' ELSE format('> %L', above) END) INTO seen; -- as there is no max(uuid)
    END IF;
    RETURN seen;
END
$$;
COMMENT ON FUNCTION clm.mart_watermark(clm.mart_setting, text) IS
    'Part of clm.create_mart: the largest value of the watermark column, above a given one (NULL: of all); NULL where there is none';

CREATE FUNCTION clm.mart_last_day(s clm.mart_setting) RETURNS date
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    last date;
BEGIN
    EXECUTE format('SELECT max(clm.last_day(h)) FROM %I.history', clm.mart_store(s.mart)) INTO last;
    IF last IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('%s has no purchase', s.orders),
            DETAIL = 'A purchase is an order with a customer, a day and an amount of at least 0.';
    END IF;
    RETURN last;
END
$$;
COMMENT ON FUNCTION clm.mart_last_day(clm.mart_setting) IS 'Part of clm.create_mart: the day of the last purchase; an error where there is none';

CREATE FUNCTION clm.mart_check_days(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    first date;
BEGIN
    EXECUTE format('SELECT min(clm.first_day(h)) FROM %I.history', clm.mart_store(s.mart)) INTO first;
    IF NOT isfinite(s.as_of) OR s.as_of < first OR first IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('%s has no purchase up to %s', s.orders, s.as_of),
            DETAIL = coalesce('The first one is of ' || first || '.', 'A purchase is an order with a customer, a day and an amount of at least 0.');
    ELSIF s.observed_from > s.as_of THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('observed_from (%s) is after as_of (%s)', s.observed_from, s.as_of);
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_check_days(clm.mart_setting) IS 'Part of clm.create_mart: an error where no purchase lies before the day of the mart';

CREATE FUNCTION clm.mart_fit(s clm.mart_setting) RETURNS clm.mart_setting
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    start timestamptz := clock_timestamp();
    model clm.customer_model;
BEGIN
    EXECUTE format('SELECT (m).* FROM (SELECT clm.customer_model(h, %L::date, clm.fit_options(%L, %s, since => %L)) AS m FROM %I.history OFFSET 0) q',
        s.as_of, s.family, s.period, s.observed_from, clm.mart_store(s.mart)) INTO model;
    RAISE NOTICE 'model %: % customers, % s', model.family, model.customers, clm.mart_seconds(start);
    s.model := model;
    s.no_model := NULL;
    RETURN s;
EXCEPTION WHEN invalid_parameter_value OR numeric_value_out_of_range THEN -- by what the data are: the options have been checked
    RAISE WARNING USING MESSAGE = 'the mart has no model: ' || SQLERRM, HINT = 'Stages come from the histories alone, and other scores are NULL.';
    s.model := NULL;
    s.no_model := SQLERRM;
    RETURN s;
END
$$;
COMMENT ON FUNCTION clm.mart_fit(clm.mart_setting) IS 'Part of clm.create_mart: the settings with a new model; without one, with a warning, where none can be fitted';

-- Scores

CREATE FUNCTION clm.mart_value(s clm.mart_setting) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (s.model).spend IS NULL THEN 'value_to_date' ELSE 'clv' END;
COMMENT ON FUNCTION clm.mart_value(clm.mart_setting) IS
    'Part of clm.create_mart: what customers are ranked by, clv where the model has a spend part, or else value_to_date';

CREATE FUNCTION clm.mart_flow_from(s clm.mart_setting) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(s.previous_as_of, (s.as_of - clm.mart_interval(s.calendar))::date);
COMMENT ON FUNCTION clm.mart_flow_from(clm.mart_setting) IS
    'Part of clm.create_mart: the day from which moves between stages are counted, the previous as_of or a calendar period ago';

CREATE FUNCTION clm.mart_stage_before(s clm.mart_setting) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
BEGIN
    s.model.as_of := NULL; -- it has seen what came after that day, which is meant
    RETURN CASE WHEN s.model IS NULL THEN format('clm.lifecycle_stage(h, %L::date)', clm.mart_flow_from(s))
           ELSE format('clm.lifecycle_stage(h, %L::date, %L::clm.customer_model)', clm.mart_flow_from(s), s.model) END;
END
$$;
COMMENT ON FUNCTION clm.mart_stage_before(clm.mart_setting) IS
    'Part of clm.create_mart: the stage of the history h on the day from which moves are counted, as an expression';

CREATE FUNCTION clm.mart_scored(s clm.mart_setting, histories text, kept text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
BEGIN
    RETURN format($sql$
SELECT customer, first_day, last_day, purchases, revenue, (x).stage AS raw_stage, (x).stage_reason, (x).thin, (x).churn_score, (x).p_alive,
       (x).expected_purchases, (x).expected_spend, (x).value_to_date, (x).clv, stage_before%6$s
FROM (SELECT %1$s AS customer, clm.first_day(h) AS first_day, %2$L::date - clm.recency(h, %2$L::date) AS last_day,
             clm.occasions(h, NULL, %2$L::date) AS purchases, clm.total(h, NULL, %2$L::date) AS revenue, %3$s AS x, %4$s AS stage_before%6$s
      FROM %5$s t WHERE clm.occasions(h, NULL, %2$L::date) > 0 OFFSET '0') q$sql$,
        CASE WHEN s.tracked THEN clm.mart_key(s, 't.customer') ELSE 't.customer' END, s.as_of,
        CASE WHEN s.model IS NULL THEN format('ROW(clm.lifecycle_stage(h, %L::date), NULL, clm.occasions(h, NULL, %L::date) < 3, NULL, NULL, NULL, NULL, '
                                              '%s * clm.total(h, NULL, %L::date), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::clm.customer_score',
                                              s.as_of, s.as_of, s.margin, s.as_of)
             ELSE format('clm.scores(h, %L::date, %L::clm.customer_model, %s, %s, %s)', s.as_of, s.model, s.horizon, s.discount, s.margin) END,
        CASE WHEN s.previous_as_of IS NULL THEN clm.mart_stage_before(s) ELSE 'NULL::clm.stage' END, histories, kept);
END
$$;
COMMENT ON FUNCTION clm.mart_scored(clm.mart_setting, text, text) IS
    'Part of clm.create_mart: the query of the scores of customers with histories, with the stage before where no earlier refresh has told it; kept names further columns of the histories, each after a comma';

CREATE FUNCTION clm.mart_confirmed(s clm.mart_setting, is_later boolean) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    -- Of a customer n and the stored row o of the same customer. A refresh as of the same day votes again, on what there was before
    -- that day.
    RETURN CASE WHEN s.previous_as_of IS NULL THEN 'n.stage_before, n.raw_stage AS stage, 1 AS agreed, NULL::clm.stage AS raw_before, 0 AS agreed_before'
        ELSE format('%1$s AS stage_before,
            CASE WHEN %1$s IS NULL OR n.raw_stage = %1$s OR CASE WHEN n.raw_stage = %2$s THEN %3$s + 1 ELSE 1 END >= %4$s THEN n.raw_stage ELSE %1$s END AS stage,
            CASE WHEN n.raw_stage = %2$s THEN %3$s + 1 ELSE 1 END AS agreed, %2$s AS raw_before, %3$s AS agreed_before',
            CASE WHEN is_later THEN 'o.stage' ELSE 'o.stage_before' END, CASE WHEN is_later THEN 'o.raw_stage' ELSE 'o.raw_before' END,
            CASE WHEN is_later THEN 'o.agreed' ELSE 'o.agreed_before' END, s.confirm) END;
COMMENT ON FUNCTION clm.mart_confirmed(clm.mart_setting, boolean) IS
    'Part of clm.refresh_mart: the stage that enough refreshes agree on, and what later ones need to know, as expressions';

CREATE FUNCTION clm.mart_counted(template name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT string_agg(format(template::text, c), ', ')
            FROM unnest('{first_day,last_day,purchases,revenue,stage,stage_before,churn_score,expected_purchases,value_to_date,clv,value,percentile,r_score,f_score,m_score,
                          churn_band,rfm_group,matrix_class}'::text[]) c);
COMMENT ON FUNCTION clm.mart_counted(name) IS 'Part of clm.create_mart: the columns of a customer that clm.mart_count reads, each put into a template of format()';

CREATE FUNCTION clm.mart_score(s clm.mart_setting, histories text, is_later boolean, is_patch boolean) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format('SELECT n.customer, n.first_day, n.last_day, n.purchases, n.revenue, n.raw_stage, n.stage_reason, n.thin, n.churn_score, n.p_alive,
            n.expected_purchases, n.expected_spend, n.value_to_date, n.clv, %s%s FROM (%s) n%s',
        clm.mart_confirmed(s, is_later), CASE WHEN is_patch THEN ', n.h_before, n.h_new, o.ctid AS place, ' || clm.mart_counted('o.%1$I AS before_%1$s') ELSE '' END,
        clm.mart_scored(s, histories, CASE WHEN is_patch THEN ', h_before, h_new' ELSE '' END),
        CASE WHEN is_patch OR s.previous_as_of IS NOT NULL THEN format(' LEFT JOIN %I.customer o USING (customer)', clm.mart_store(s.mart)) ELSE '' END);
COMMENT ON FUNCTION clm.mart_score(clm.mart_setting, text, boolean, boolean) IS
    'Part of clm.create_mart: the query of the scores of customers with histories; of a patch with the histories, and with their stored rows and the places of those';

CREATE FUNCTION clm.mart_classes() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format($sql$
       CASE WHEN churn_score < .2 THEN 'very_low' WHEN churn_score < .4 THEN 'low' WHEN churn_score < .6 THEN 'medium'
            WHEN churn_score < .8 THEN 'high' WHEN churn_score IS NOT NULL THEN 'very_high' END AS churn_band,
       CASE WHEN percentile >= 99 THEN 'top' WHEN percentile >= 95 THEN 'large' WHEN percentile >= 80 THEN 'medium' WHEN percentile IS NOT NULL THEN 'small' END AS tier,
       CASE WHEN r_score >= 4 AND f_score >= 4 AND m_score >= 4 THEN 'champions' WHEN r_score >= 4 AND f_score <= 2 THEN 'recent'
            WHEN r_score >= 3 AND f_score >= 3 THEN 'loyal' WHEN r_score <= 2 AND m_score >= 4 THEN 'valuable_at_risk'
            WHEN r_score <= 2 AND f_score <= 2 THEN 'asleep' ELSE 'to_develop' END AS rfm_group,
       %s AS matrix_class$sql$,
        coalesce((SELECT 'CASE ' || string_agg(format('WHEN (value >= x_cut) = %L AND (1 - churn_score >= y_cut) = %L THEN %L', c.x_high, c.y_high, c.code), ' ') || ' END'
         FROM clm.matrix_cell c WHERE c.matrix = 'profitability'), 'NULL::text'));
COMMENT ON FUNCTION clm.mart_classes() IS
    'Part of clm.create_mart: classes of a customer, as expressions: the band of the churn score; the tier of the customer pyramid '
    '(Curry & Curry 2000: 1, 4, 15 and 80 %); the RFM group; the cell of the profitability matrix';

CREATE FUNCTION clm.mart_minus(cuts float8[]) RETURNS float8[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- width_bucket counts the cuts that are <= its operand. Of the negatives these are the cuts >= it: a value on a cut is below it.
    RETURN (SELECT array_agg(-c ORDER BY -c) FROM unnest(cuts) c);
COMMENT ON FUNCTION clm.mart_minus(float8[]) IS 'Part of clm.create_mart: cut points with the other sign, ascending';

CREATE FUNCTION clm.mart_quintiles(percentiles float8[]) RETURNS float8[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY[percentiles[20], percentiles[40], percentiles[60], percentiles[80]];
COMMENT ON FUNCTION clm.mart_quintiles(float8[]) IS 'Part of clm.create_mart: the quintiles among the percentiles';

CREATE FUNCTION clm.mart_cut(s clm.mart_setting) RETURNS clm.concentration
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    value text := clm.mart_value(s);
    q record;
    above record;
BEGIN
    EXECUTE format('SELECT clm.percentiles(%1$s) AS value, clm.percentiles(1 - churn_score) AS stay, clm.percentiles(revenue) AS revenue, clm.percentiles((%2$L::date - last_day)::float8) AS recency,
        clm.percentiles(purchases::float8) AS purchases, clm.concentration(%1$s) AS whole FROM %3$I.scored', value, s.as_of, store) INTO q;
    -- The least of the upper half: in the matrix a value on its cut counts as high.
    EXECUTE format('SELECT min(%1$s) FILTER (WHERE %1$s > $1) AS value, min(1 - churn_score) FILTER (WHERE 1 - churn_score > $2) AS stay FROM %2$I.scored', value, store)
        INTO above USING q.value[50], q.stay[50];
    EXECUTE format('DELETE FROM %I.cut', store);
    EXECUTE format('INSERT INTO %I.cut VALUES ($1, $2, $3, $4, $5, $6, $7)', store)
        USING s.as_of, clm.mart_minus(q.value), coalesce(above.value, q.value[50]), coalesce(above.stay, q.stay[50]), clm.mart_quintiles(q.recency),
              clm.mart_minus(clm.mart_quintiles(q.purchases)), clm.mart_minus(clm.mart_quintiles(q.revenue));
    RETURN q.whole;
END
$$;
COMMENT ON FUNCTION clm.mart_cut(clm.mart_setting) IS 'Part of clm.create_mart: stores the cut points of all customers'' scores; how concentrated their values are';

CREATE FUNCTION clm.mart_classed(s clm.mart_setting, scored text, others text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
DECLARE
    cut record;
BEGIN
    EXECUTE format('SELECT * FROM %I.cut', clm.mart_store(s.mart)) INTO cut;
    RETURN format($sql$
SELECT customer, first_day, last_day, purchases, revenue, stage, raw_stage, stage_before, raw_before, agreed, agreed_before, stage_reason,
       thin, churn_score, p_alive, expected_purchases, expected_spend, value_to_date, clv, value, percentile, r_score, f_score, m_score,%2$s%3$s
FROM (SELECT t.*, t.%1$s AS value, %5$L::float8 AS x_cut, %6$L::float8 AS y_cut, (99 - width_bucket(-t.%1$s, %7$L::float8[]))::smallint AS percentile,
             (5 - width_bucket(%8$L::date - t.last_day - 1, %9$L::float8[]))::smallint AS r_score,
             (5 - width_bucket(-t.purchases, %10$L::float8[]))::smallint AS f_score,
             (5 - width_bucket(-t.revenue, %11$L::float8[]))::smallint AS m_score
      FROM (%4$s) t OFFSET '0') q$sql$, clm.mart_value(s), clm.mart_classes(), others, scored,
        cut.x_cut, cut.y_cut, cut.minus_percentiles, cut.as_of, cut.recency, cut.minus_purchases, cut.minus_revenue);
END
$$;
COMMENT ON FUNCTION clm.mart_classed(clm.mart_setting, text, text) IS 'Part of clm.create_mart: the query of the customers as they are stored, from one of their scores; others names further columns of that, each after a comma';

CREATE FUNCTION clm.mart_score_all(s clm.mart_setting, is_later boolean) RETURNS clm.mart_setting
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET default_statistics_target = 30
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    start timestamptz;
    whole clm.concentration;
BEGIN
    PERFORM clm.mart_step('scores', format('CREATE TABLE %I.scored AS %s', store, clm.mart_score(s, format('%I.history', store), is_later, false)));
    start := clock_timestamp();
    whole := clm.mart_cut(s);
    s.gini := whole.gini;
    s.top20_share := whole.top20;
    RAISE NOTICE 'cut points: % s', clm.mart_seconds(start);
    PERFORM clm.mart_step('classes', format('CREATE TABLE %I.customer_next WITH (fillfactor = 80) AS %s', store, clm.mart_classed(s, format('SELECT * FROM %I.scored', store), '')));
    EXECUTE format('DROP TABLE %I.scored', store);
    EXECUTE format('ALTER TABLE %I.customer_next ADD PRIMARY KEY (customer)', store);
    EXECUTE format('ANALYZE %I.customer_next', store);
    RETURN s;
END
$$;
COMMENT ON FUNCTION clm.mart_score_all(clm.mart_setting, boolean) IS
    'Part of clm.create_mart: the scores of all customers, in a new table; the settings with how concentrated their values are';

CREATE FUNCTION clm.mart_score_touched(s clm.mart_setting, batch integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET default_statistics_target = 1
    SET min_parallel_table_scan_size = 0 SET parallel_leader_participation = off -- few rows, but much to do with each; the leader stores them
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    patched bigint;
BEGIN
    patched := clm.mart_step('scores of customers with new orders', format('CREATE TABLE %I.patched AS %s', store,
        clm.mart_classed(s, clm.mart_score(s, clm.mart_touched(s, batch), false, true), ', place, h_before, h_new, ' || clm.mart_counted('before_%s'))));
    EXECUTE format('ANALYZE %I.patched (place, stage, churn_band, rfm_group, matrix_class, first_day)', store);
    RETURN patched;
END
$$;
COMMENT ON FUNCTION clm.mart_score_touched(clm.mart_setting, integer) IS
    'Part of clm.refresh_mart: the scores of customers with orders in a batch as of the same day, classed by the cut points that there are, in the table patched; beside them what was stored; their number';

CREATE FUNCTION clm.mart_store_patched(s clm.mart_setting, patched bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
BEGIN
    IF clm.mart_step('stored again', format('UPDATE %1$I.customer c SET (%2$s) = ROW(%3$s) FROM %1$I.patched p WHERE c.ctid = p.place',
            store, clm.mart_columns(s, 'customer'), clm.mart_columns(s, 'customer', 'p.%I'))) < patched THEN
        EXECUTE format('INSERT INTO %1$I.customer SELECT %2$s FROM %1$I.patched WHERE place IS NULL', store, clm.mart_columns(s, 'customer'));
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_store_patched(clm.mart_setting, bigint) IS 'Part of clm.refresh_mart: the customers of the table patched, so many, take their places, or new ones';

-- What is counted and summed from the customers, for the views to read

CREATE FUNCTION clm.mart_create_tables(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format($sql$
CREATE TABLE %1$I.setting OF clm.mart_setting;
CREATE TABLE %1$I.added (customer %2$s, h clm.history, batch int);
CREATE TABLE %1$I.label (kind text, code text, sort int, en text, zh text, PRIMARY KEY (kind, code));
CREATE TABLE %1$I.cut (as_of date, minus_percentiles float8[], x_cut float8, y_cut float8, recency float8[], minus_purchases float8[], minus_revenue float8[]);
CREATE TABLE %1$I.segment (stage clm.stage, churn_band text, rfm_group text, matrix_class text, customers bigint, purchases bigint, recency_days bigint, r bigint, f bigint, m bigint,
    revenue float8, expected_purchases float8, value_to_date float8, clv float8, clv_total float8, value float8, scored bigint, churn_score float8, value_at_risk float8);
CREATE TABLE %1$I.percentile (percentile smallint, customers bigint, value float8, scored bigint, churn_score float8, value_at_risk float8);
CREATE TABLE %1$I.start (first_day date, customers bigint, active bigint, revenue float8, value_to_date float8, clv float8, clv_total float8, value_at_risk float8);
CREATE TABLE %1$I.move (from_day date, to_day date, from_stage clm.stage, to_stage clm.stage, customers bigint);
CREATE TABLE %1$I.cohort (cohort date, period int, period_day date, size bigint, active bigint, stayed bigint, amount float8);
CREATE TABLE %1$I.item (place int, code text, value float8, se float8, note text);
CREATE TABLE %1$I.tracking (period int, period_day date, actual float8, expected float8, cumulative_actual float8, cumulative_expected float8);
CREATE TABLE %1$I.frequency (purchases int, customers bigint, expected_customers float8);
CREATE TABLE %1$I.call (rank int, customer %2$s, stage clm.stage, tier text, churn_score float8, value float8, value_at_risk float8, first_day date, last_day date, purchases int)$sql$,
        clm.mart_store(s.mart), clm.mart_key_type(s.orders, s.customer) || clm.mart_collation(s.orders, s.customer));
END
$$;
COMMENT ON FUNCTION clm.mart_create_tables(clm.mart_setting) IS 'Part of clm.create_mart: the stored tables but history and customer';

CREATE FUNCTION clm.mart_labels(OUT kind text, OUT code text, OUT sort integer, OUT en text, OUT zh text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- Every column is named, else the server that stores the definition names it, each version in its way.
    SELECT l.kind, l.code, l.sort, l.en, l.zh FROM clm.mart_label l
    UNION ALL SELECT 'matrix_class' AS kind, c.code, 1 + (NOT c.x_high)::int * 2 + (NOT c.y_high)::int AS sort, c.en, c.zh FROM clm.matrix_cell c WHERE c.matrix = 'profitability'
    UNION ALL SELECT 'matrix_advice' AS kind, c.code, NULL AS sort, c.advice_en AS en, c.advice_zh AS zh FROM clm.matrix_cell c WHERE c.matrix = 'profitability'
    UNION ALL SELECT DISTINCT 'matrix_axis' AS kind, a.code, NULL::int AS sort, a.en, a.zh FROM clm.matrix_cell c, LATERAL (VALUES ('x', c.x_en, c.x_zh), ('y', c.y_en, c.y_zh)) a(code, en, zh)
              WHERE c.matrix = 'profitability' AND c.x_high AND c.y_high
    UNION ALL SELECT 'action' AS kind, a.code, row_number() OVER (ORDER BY a.code) AS sort, a.en, a.zh FROM clm.action a
    UNION ALL SELECT 'touchpoint' AS kind, p.code, p.sort, p.en, p.zh FROM clm.touchpoint p
    UNION ALL SELECT 'reason' AS kind, n.lifecycle_stage AS code, NULL AS sort, n.en, n.zh FROM clm.next_action n
    UNION ALL SELECT 'next_action' AS kind, n.lifecycle_stage AS code, NULL AS sort, n.action AS en, a.touchpoint AS zh FROM clm.next_action n LEFT JOIN clm.action a ON a.code = n.action;
END;
COMMENT ON FUNCTION clm.mart_labels() IS 'Part of clm.create_mart: the labels that a mart copies; of several with one kind and code it takes the first';

CREATE FUNCTION clm.mart_label_all(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format('DELETE FROM %1$I.label; INSERT INTO %1$I.label SELECT * FROM clm.mart_labels() ON CONFLICT DO NOTHING', clm.mart_store(s.mart));
END
$$;
COMMENT ON FUNCTION clm.mart_label_all(clm.mart_setting) IS 'Part of clm.create_mart: copies labels, so that views need none but the mart''s own tables';

CREATE FUNCTION clm.mart_has_other_labels(s clm.mart_setting) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    others boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT * FROM %1$I.label EXCEPT SELECT * FROM clm.mart_labels())
        OR (SELECT count(DISTINCT (kind, code)) FROM clm.mart_labels()) <> (SELECT count(*) FROM %1$I.label)', clm.mart_store(s.mart)) INTO others;
    RETURN others;
END
$$;
COMMENT ON FUNCTION clm.mart_has_other_labels(clm.mart_setting) IS 'Part of clm.refresh_mart: whether labels, or classes and actions that have them, have changed since the mart copied them';

CREATE FUNCTION clm.mart_uncount(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format('DELETE FROM %1$I.segment; DELETE FROM %1$I.start; DELETE FROM %1$I.percentile; DELETE FROM %1$I.cohort; DELETE FROM %1$I.move WHERE to_day >= %2$L', clm.mart_store(s.mart), s.as_of);
END
$$;
COMMENT ON FUNCTION clm.mart_uncount(clm.mart_setting) IS 'Part of clm.create_mart: empties what clm.mart_count and clm.mart_cohorts add to';

CREATE FUNCTION clm.mart_count(s clm.mart_setting, customers text, sign integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
BEGIN
    -- All in one look
    EXECUTE format($sql$
CREATE TABLE %1$I.counted AS
SELECT CASE WHEN grouping(churn_band) = 0 THEN 'segment' WHEN grouping(first_day) = 0 THEN 'start' WHEN grouping(percentile) = 0 THEN 'percentile' ELSE 'move' END AS target,
       stage, churn_band, rfm_group, matrix_class, first_day, percentile, from_stage, %4$s * count(*) AS customers, %4$s * count(*) FILTER (WHERE stage <> 'churned') AS active,
       %4$s * sum(purchases) AS purchases, %4$s * sum(%3$L::date - last_day) AS recency_days, %4$s * sum(r_score) AS r, %4$s * sum(f_score) AS f, %4$s * sum(m_score) AS m,
       %4$s * sum(revenue) AS revenue, %4$s * sum(expected_purchases) AS expected_purchases, %4$s * sum(value_to_date) AS value_to_date, %4$s * sum(clv) AS clv,
       %4$s * sum(value_to_date + clv) AS clv_total, %4$s * sum(value) AS value, %4$s * count(churn_score) AS scored, %4$s * sum(churn_score) AS churn_score,
       %4$s * sum(churn_score * value) AS value_at_risk
FROM (SELECT *, coalesce(stage_before, 'prospect') AS from_stage FROM %2$s c) q
GROUP BY GROUPING SETS ((stage, churn_band, rfm_group, matrix_class), (first_day), (percentile), (from_stage, stage))$sql$, store, customers, s.as_of, sign);
    EXECUTE format($sql$
INSERT INTO %1$I.segment SELECT stage, churn_band, rfm_group, matrix_class, customers, purchases, recency_days, r, f, m, revenue, expected_purchases, value_to_date, clv, clv_total, value, scored,
    churn_score, value_at_risk FROM %1$I.counted WHERE target = 'segment';
INSERT INTO %1$I.start SELECT first_day, customers, active, revenue, value_to_date, clv, clv_total, value_at_risk FROM %1$I.counted WHERE target = 'start';
INSERT INTO %1$I.percentile SELECT percentile, customers, value, scored, churn_score, value_at_risk FROM %1$I.counted WHERE target = 'percentile' AND percentile IS NOT NULL;
INSERT INTO %1$I.move SELECT %2$L, %3$L, from_stage, stage, customers FROM %1$I.counted WHERE target = 'move';
DROP TABLE %1$I.counted$sql$, store, clm.mart_flow_from(s), s.as_of);
END
$$;
COMMENT ON FUNCTION clm.mart_count(clm.mart_setting, text, integer) IS
    'Part of clm.create_mart: adds numbers and sums of customers by class, first day and percentile of value, and moves between stages; sign -1 takes them off';

CREATE FUNCTION clm.mart_cohorts_of(s clm.mart_setting, h text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format('clm.cohorts(%s, %L::date, %L)', h, s.as_of, s.calendar);
COMMENT ON FUNCTION clm.mart_cohorts_of(clm.mart_setting, text) IS 'Part of clm.create_mart: the cohorts of histories, as an expression';

CREATE FUNCTION clm.mart_cohorts(s clm.mart_setting, cohorts text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM clm.mart_gather(s, 'cohort', format('SELECT e.cohort, e.period, e.period_day, q.sign * e.size, q.sign * e.active, q.sign * e.stayed, q.sign * e.amount
        FROM (%s) q(c, sign), LATERAL clm.entries(q.c) e', cohorts));
END
$$;
COMMENT ON FUNCTION clm.mart_cohorts(clm.mart_setting, text) IS
    'Part of clm.create_mart: adds customers and amounts by cohort and period, of a query of cohorts with signs; -1 takes them off';

CREATE FUNCTION clm.mart_frequency(s clm.mart_setting) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
DECLARE
    fit text := format('clm.frequency_fit(h, %1$L::date, %2$L::clm.customer_model, %1$L::date)', s.as_of, s.model);
    since date := coalesce(s.observed_from, '-infinity'); -- what older customers did before is not known
BEGIN
    IF (s.model).family = 'bg/bb' THEN -- which counts opportunities, not purchases
        RETURN format('SELECT p.purchases, p.customers, p.expected_customers FROM (SELECT %s AS f FROM %I.history WHERE clm.first_day(h) >= %L::date) q, LATERAL clm.points(q.f) p',
            fit, clm.mart_store(s.mart), since);
    END IF;
    -- What the model expects depends on the first day alone: it is asked once a day, not once a customer.
    RETURN format($sql$
SELECT e.purchases, coalesce(a.customers, 0), e.customers
FROM (SELECT p.purchases, sum(d.customers * p.expected_customers) AS customers
      FROM %1$I.start d, LATERAL (SELECT %2$s AS f FROM (SELECT clm.history(ARRAY[d.first_day], '{1}') AS h) o) q, LATERAL clm.points(q.f) p WHERE d.first_day >= %3$L::date GROUP BY 1) e
     LEFT JOIN (SELECT least(purchases - 1, 7) AS purchases, count(*) AS customers FROM %1$I.customer_next WHERE first_day >= %3$L::date GROUP BY 1) a USING (purchases)$sql$,
        clm.mart_store(s.mart), fit, since);
END
$$;
COMMENT ON FUNCTION clm.mart_frequency(clm.mart_setting) IS 'Part of clm.create_mart: the query of customers by number of repeat purchases, actual and expected';

CREATE FUNCTION clm.mart_check_model(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    start timestamptz := clock_timestamp();
    tracking clm.tracking;
BEGIN
    EXECUTE format('DELETE FROM %1$I.item; DELETE FROM %1$I.tracking; DELETE FROM %1$I.frequency', store);
    IF s.model IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT (t).* FROM (SELECT clm.tracking(h, %L::date, %s) AS t FROM %I.history WHERE clm.first_day(h) >= %L::date OFFSET 0) q',
        s.as_of, s.period, store, coalesce(s.observed_from, '-infinity')) INTO tracking;
    EXECUTE format('INSERT INTO %I.tracking SELECT p.period, p.last_day, p.actual, p.expected, p.cumulative_actual, p.cumulative_expected FROM clm.points($1, $2) p', store)
        USING tracking, s.model;
    PERFORM clm.mart_gather(s, 'frequency', clm.mart_frequency(s));
    EXECUTE format($sql$
INSERT INTO %1$I.item
    SELECT d.place, d.name, d.value, d.se, NULL FROM clm.describe($1) WITH ORDINALITY d(name, value, se, place)
    UNION ALL SELECT NULL, 'family', NULL, NULL, ($1).family
    UNION ALL SELECT NULL, 'aic', clm.aic($1), NULL, NULL
    UNION ALL SELECT NULL, 'bic', clm.bic($1), NULL, NULL
    UNION ALL SELECT NULL, 'tracking_ratio', sum(t.actual) / nullif(sum(t.expected), 0), NULL, NULL FROM %1$I.tracking t
    UNION ALL SELECT NULL, 'tracking_error', avg(abs(t.actual - t.expected)) / nullif(avg(t.actual), 0), NULL, NULL FROM %1$I.tracking t
    UNION ALL SELECT NULL, 'frequency_error', sum(abs(f.customers - f.expected_customers)) / 2 / nullif(sum(f.customers), 0), NULL, NULL FROM %1$I.frequency f
    UNION ALL SELECT NULL, 'seasonal_months', count(*) FILTER (WHERE m.departs), NULL, NULL FROM clm.seasonality($2, $1) m$sql$, store) USING s.model, tracking;
    RAISE NOTICE 'checks of the model: % s', clm.mart_seconds(start);
END
$$;
COMMENT ON FUNCTION clm.mart_check_model(clm.mart_setting) IS 'Part of clm.create_mart: parameters of the model, and how it agrees with the purchases';

CREATE FUNCTION clm.mart_call_list(s clm.mart_setting, customers text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    listed bigint;
BEGIN
    -- Four times as many as are shown, so that a refresh of some customers can do without a look at all.
    EXECUTE format($sql$
CREATE TABLE %1$I.listed AS
    SELECT customer, stage, tier, churn_score, value, value_at_risk, first_day, last_day, purchases
    FROM (%2$s) c
    WHERE value_at_risk > 0 AND stage = ANY (%3$L)
      AND (stage = 'declining' OR %5$L::date - last_day > coalesce((last_day - first_day) / nullif(purchases - 1, 0)::float8, 30))
    ORDER BY value_at_risk DESC, customer LIMIT %4$s$sql$,
        store, customers, (SELECT array_agg(stage) FROM unnest(enum_range(NULL::clm.stage)) stage WHERE stage::text IN (SELECT n.lifecycle_stage FROM clm.next_action n)), 4::bigint * s.call_list, s.as_of);
    EXECUTE format('DELETE FROM %I.call', store);
    EXECUTE format('INSERT INTO %1$I.call SELECT row_number() OVER (ORDER BY value_at_risk DESC, customer), * FROM %1$I.listed', store);
    GET DIAGNOSTICS listed = ROW_COUNT;
    EXECUTE format('DROP TABLE %I.listed', store);
    RETURN listed;
END
$$;
COMMENT ON FUNCTION clm.mart_call_list(clm.mart_setting, text) IS
    'Part of clm.create_mart: lists the customers with the highest value at risk, in stages that have a next action, who are declining or silent for longer than the mean gap between '
    'their purchases (30 days after a first one); their number';

CREATE FUNCTION clm.mart_call_list_all(s clm.mart_setting, customers name) RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    RETURN clm.mart_call_list(s, format('SELECT *, churn_score * value AS value_at_risk FROM %I.%I', clm.mart_store(s.mart), customers));
COMMENT ON FUNCTION clm.mart_call_list_all(clm.mart_setting, name) IS 'Part of clm.create_mart: the call list, from all customers';

CREATE FUNCTION clm.mart_call_list_patched(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    -- Whoever is not on the list and not patched comes after its last one: down to there the list is whole.
    IF clm.mart_call_list(s, format($sql$
WITH last AS MATERIALIZED (SELECT value_at_risk, customer FROM %1$I.call ORDER BY rank DESC LIMIT 1),
     p AS MATERIALIZED (SELECT customer, stage, tier, churn_score, value, churn_score * value AS value_at_risk, first_day, last_day, purchases FROM %1$I.patched
                        WHERE churn_score * value >= (SELECT value_at_risk FROM last) OR customer IN (SELECT customer FROM %1$I.call))
SELECT customer, stage, tier, churn_score, value, value_at_risk, first_day, last_day, purchases FROM %1$I.call WHERE customer NOT IN (SELECT customer FROM p)
UNION ALL SELECT p.* FROM p, last WHERE p.value_at_risk > last.value_at_risk OR p.value_at_risk = last.value_at_risk AND p.customer <= last.customer$sql$,
            clm.mart_store(s.mart))) < s.call_list THEN
        PERFORM clm.mart_call_list_all(s, 'customer');
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_call_list_patched(clm.mart_setting) IS 'Part of clm.refresh_mart: the call list, from what it was and the customers of the table patched';

-- The whole

CREATE FUNCTION clm.mart_set(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format('DELETE FROM %I.setting', clm.mart_store(s.mart));
    EXECUTE format('INSERT INTO %I.setting SELECT ($1).*', clm.mart_store(s.mart)) USING s;
END
$$;
COMMENT ON FUNCTION clm.mart_set(clm.mart_setting) IS 'Part of clm.create_mart: stores the settings';

CREATE FUNCTION clm.mart_build(s clm.mart_setting, is_later boolean, refit boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    start timestamptz;
BEGIN
    IF refit THEN
        s := clm.mart_fit(s);
    END IF;
    s := clm.mart_score_all(s, is_later);
    start := clock_timestamp();
    PERFORM clm.mart_uncount(s);
    PERFORM clm.mart_count(s, format('%I.customer_next', store), 1);
    PERFORM clm.mart_cohorts(s, format('SELECT %s, 1 FROM %I.history', clm.mart_cohorts_of(s, 'h'), store));
    PERFORM clm.mart_call_list_all(s, 'customer_next');
    RAISE NOTICE 'classes, cohorts and the call list: % s', clm.mart_seconds(start);
    PERFORM clm.mart_check_model(s);
    PERFORM clm.mart_label_all(s);
    PERFORM clm.mart_set(s);
    EXECUTE format('ANALYZE %1$I.setting, %1$I.label, %1$I.cut, %1$I.segment, %1$I.percentile, %1$I.start, %1$I.move, %1$I.cohort, %1$I.call', store);
    -- Readers of customers wait from here on.
    PERFORM clm.mart_views(s);
    PERFORM clm.mart_swap(s.mart, 'customer', 'customer_next');
END
$$;
COMMENT ON FUNCTION clm.mart_build(clm.mart_setting, boolean, boolean) IS
    'Part of clm.create_mart: all that is made of the histories';

CREATE FUNCTION clm.mart_patch(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET random_page_cost = .1 -- customers are looked up in the order of their keys, and stored again in that of their places; new orders often lie together, too
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    upto text := clm.mart_watermark(s, s.seen);
    patched bigint;
BEGIN
    patched := clm.mart_score_touched(s, clm.mart_read_new(s, upto));
    s.seen := coalesce(upto, s.seen);
    PERFORM clm.mart_cohorts(s, format('SELECT v.* FROM (SELECT %s AS old, %s AS new FROM %I.patched OFFSET 0) p, LATERAL (VALUES (p.old, -1), (p.new, 1)) v',
        clm.mart_cohorts_of(s, 'h_before'), clm.mart_cohorts_of(s, 'coalesce(clm.merge(h_before, h_new), h_new)'), store));
    PERFORM clm.mart_count(s, format('(SELECT %s FROM %I.patched WHERE place IS NOT NULL)', clm.mart_counted('before_%1$s AS %1$I'), store), -1);
    PERFORM clm.mart_count(s, format('%I.patched', store), 1);
    PERFORM clm.mart_store_patched(s, patched);
    PERFORM clm.mart_call_list_patched(s);
    PERFORM clm.mart_set(s);
    EXECUTE format('DROP TABLE %I.patched', store);
END
$$;
COMMENT ON FUNCTION clm.mart_patch(clm.mart_setting) IS
    'Part of clm.refresh_mart: reads new orders, and what they change as of the same day, with the same model. Cut points, the concentration and the checks of the model stay as they were';

CREATE FUNCTION clm.mart_warn_of_last_day(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    before date;
BEGIN
    EXECUTE format('SELECT max(last_day) FROM %I.customer WHERE last_day < %L', clm.mart_store(s.mart), s.as_of) INTO before;
    IF s.as_of > current_date OR s.as_of - before > 90 THEN
        RAISE WARNING USING MESSAGE = format('the mart is as of the last purchase, %s', s.as_of),
            DETAIL = format('%sThe one before is of %s.', CASE WHEN s.as_of > current_date THEN 'That day is still to come. ' ELSE '' END, before),
            HINT = 'Where that is a mistyped day, give as_of.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_warn_of_last_day(clm.mart_setting) IS 'Part of clm.create_mart: a warning where the last purchase may be a mistyped day';

CREATE FUNCTION clm.mart_warn_of_older(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    early record;
BEGIN
    EXECUTE format('SELECT d.upto, sum(t.customers) FILTER (WHERE t.first_day <= d.upto) / sum(t.customers) AS share
        FROM %1$I.start t, (SELECT min(first_day) + (%2$L::date - min(first_day)) / 20 AS upto FROM %1$I.start) d GROUP BY d.upto', clm.mart_store(s.mart), s.as_of) INTO early;
    IF s.observed_from IS NULL AND early.share > .2 THEN
        RAISE WARNING USING MESSAGE = format('%s %% of the customers have their first order in the first 5 %% of the days, up to %s', round(100 * early.share), early.upto),
            DETAIL = 'Many of them are likely to be older than the data: what looks like a first order is none.',
            HINT = 'observed_from => first day of complete data lets their clocks start there; or this is a cohort, and all is well.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_warn_of_older(clm.mart_setting) IS 'Part of clm.create_mart: a warning where customers are older than the data';

CREATE PROCEDURE clm.create_mart(
    schema name, orders regclass, customer name, day name, amount name DEFAULT NULL, period integer DEFAULT 7, as_of date DEFAULT NULL, horizon integer DEFAULT 365,
    discount float8 DEFAULT .10, margin float8 DEFAULT 1, family text DEFAULT 'mbg/nbd', calendar text DEFAULT 'month', time_zone text DEFAULT NULL,
    observed_from date DEFAULT NULL, watermark name DEFAULT NULL, track boolean DEFAULT false, confirm integer DEFAULT 1, call_list integer DEFAULT 500)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET datestyle = iso SET extra_float_digits = 1 SET bytea_output = hex SET standard_conforming_strings = on
    AS $$
DECLARE
    s clm.mart_setting := ROW(schema, orders, customer, day, amount, period, horizon, discount, margin, family, calendar, time_zone, observed_from, watermark, NULL,
                              track, confirm, call_list, as_of, NULL, NULL, NULL, NULL, NULL);
    taken name;
BEGIN
    PERFORM clm.mart_check_options(s);
    PERFORM clm.mart_check_columns(s);
    SELECT n.nspname INTO taken FROM pg_namespace n WHERE n.nspname IN (s.mart, clm.mart_store(s.mart)) ORDER BY n.nspname LIMIT 1;
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_schema', MESSAGE = format('schema "%s" already exists', taken),
            HINT = format('clm.refresh_mart brings a mart up to date, clm.drop_mart removes one. A mart needs the names "%s" and "%s".', s.mart, clm.mart_store(s.mart));
    END IF;
    EXECUTE format('CREATE SCHEMA %I', s.mart);
    EXECUTE format('CREATE SCHEMA %I', clm.mart_store(s.mart));
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', s.mart, format('Customer mart of %s, made by clm.create_mart', s.orders));
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', clm.mart_store(s.mart), format('Stored tables of the mart "%s"', s.mart));
    PERFORM clm.mart_create_tables(s);
    s.seen := clm.mart_watermark(s, NULL);
    IF s.tracked THEN
        PERFORM clm.mart_track(s);
    ELSE
        PERFORM clm.mart_read_all(s);
    END IF;
    s.as_of := coalesce(s.as_of, clm.mart_last_day(s));
    PERFORM clm.mart_check_days(s);
    PERFORM clm.mart_build(s, false, true);
    IF as_of IS NULL THEN
        PERFORM clm.mart_warn_of_last_day(s);
    END IF;
    PERFORM clm.mart_warn_of_older(s);
END
$$;
COMMENT ON PROCEDURE clm.create_mart(name, regclass, name, name, name, integer, date, integer, float8, float8, text, text, text, date, name, boolean, integer, integer) IS
    'Builds a mart of a table, view or foreign table of orders: in the schema that is named, views of plain columns for BI tools, with comments; beside it, '
    'in the schema <schema>_store, what they read. amount NULL: every order counts 1. period: days of a period of the model; as_of: the day up to which orders count, NULL: the last '
    'purchase; horizon: days that values look ahead; discount a year; margin: share of the amounts; calendar: week, month, quarter or year, of cohorts and flows; '
    'time_zone: of a timestamptz; observed_from: first day of complete data; watermark: column that grows with every order added, so that refreshes read new '
    'orders only; track: clm.track keeps the histories up to date; confirm: a stage changes after so many days of refreshes agree; call_list: its length. With the rights of the caller; an error leaves nothing';

CREATE FUNCTION clm.mart_read(s clm.mart_setting, whole boolean) RETURNS clm.mart_setting
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    upto text; -- orders that come in while others are read wait for the next refresh, which would count them again
BEGIN
    IF s.watermark IS NULL OR s.seen IS NULL OR whole THEN
        s.seen := clm.mart_watermark(s, NULL);
        EXECUTE format('DELETE FROM %I.added', clm.mart_store(s.mart));
        PERFORM clm.mart_read_all(s);
    ELSE
        upto := clm.mart_watermark(s, s.seen);
        PERFORM clm.mart_read_new(s, upto);
        PERFORM clm.mart_merge_added(s);
        s.seen := coalesce(upto, s.seen);
    END IF;
    RETURN s;
END
$$;
COMMENT ON FUNCTION clm.mart_read(clm.mart_setting, boolean) IS
    'Part of clm.refresh_mart: reads new orders and merges them into the histories, or reads all; the settings with the watermark that was seen';

CREATE PROCEDURE clm.refresh_mart(schema name, as_of date DEFAULT NULL, refit boolean DEFAULT false, whole boolean DEFAULT false)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET datestyle = iso SET extra_float_digits = 1 SET bytea_output = hex SET standard_conforming_strings = on
    AS $$
DECLARE
    s clm.mart_setting := clm.mart_settings(schema);
    before date := s.as_of;
    is_patch boolean := s.watermark IS NOT NULL AND s.seen IS NOT NULL AND as_of IS NOT DISTINCT FROM s.as_of AND refit IS NOT TRUE AND whole IS NOT TRUE
        AND NOT clm.mart_has_other_labels(s);
BEGIN
    PERFORM clm.mart_check_columns(s);
    PERFORM clm.mart_check_refresh(s);
    IF is_patch THEN
        PERFORM clm.mart_patch(s);
    ELSE
        IF NOT s.tracked THEN
            s := clm.mart_read(s, coalesce(whole, false));
        END IF;
        s.as_of := coalesce(as_of, clm.mart_last_day(s));
        PERFORM clm.mart_check_days(s);
        IF s.as_of > before THEN
            s.previous_as_of := before;
        ELSIF s.as_of <= s.previous_as_of THEN
            s.previous_as_of := NULL; -- back in time: stages begin anew
        END IF;
        PERFORM clm.mart_build(s, s.as_of > before, coalesce(refit, false));
        IF as_of IS NULL THEN
            PERFORM clm.mart_warn_of_last_day(s);
        END IF;
    END IF;
END
$$;
COMMENT ON PROCEDURE clm.refresh_mart(name, date, boolean, boolean) IS
    'Brings a mart up to date: reads new orders (where it has a watermark or is tracked, or else all; whole => true: all), scores every customer as of as_of (NULL: '
    'the last purchase), with the model that it has or, with refit => true, a new one. Where only orders above the watermark are new, as_of the same, it scores the customers who have some, by the same cut points. Readers see the old mart until it is done; an error leaves the old one';

CREATE PROCEDURE clm.drop_mart(schema name)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET client_min_messages = warning
    AS $$
DECLARE
    s clm.mart_setting := clm.mart_settings(schema);
    store name := clm.mart_store(s.mart);
    view name;
BEGIN
    PERFORM clm.untrack(t.orders, t.target) FROM clm.tracked t WHERE t.target = to_regclass(format('%I.history', store)) AND t.orders IS NOT NULL;
    PERFORM clm.track_drop(t.function) FROM clm.tracked t WHERE t.target = to_regclass(format('%I.history', store)); -- of orders that are gone
    -- What else somebody has put there or made of views and tables is not ours: it makes this an error.
    FOR view IN SELECT c.view FROM clm.mart_comments() c WHERE c.col IS NULL LOOP
        EXECUTE format('DROP VIEW IF EXISTS %I.%I', s.mart, view);
    END LOOP;
    EXECUTE format('DROP SCHEMA IF EXISTS %I', s.mart);
    EXECUTE format('DROP TABLE IF EXISTS %1$I.setting, %1$I.history, %1$I.customer, %1$I.added, %1$I.label, %1$I.cut, %1$I.segment, %1$I.percentile, %1$I.start, '
                   '%1$I.move, %1$I.cohort, %1$I.item, %1$I.tracking, %1$I.frequency, %1$I.call', store);
    EXECUTE format('DROP SCHEMA %I', store);
END
$$;
COMMENT ON PROCEDURE clm.drop_mart(name) IS
    'Removes a mart: its views and its stored tables. An error where other objects depend on them or are in their schemas';
-- The views of a mart: plain columns over its stored tables, with comments on views and columns.

CREATE FUNCTION clm.mart_view_query(view name) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    -- Placeholders, see clm.mart_view: {s} the schema of the stored tables, {i} a calendar period, {as_of} and {horizon} of the
    -- setting as sub-selects (a join with its row would keep the planner from workers), {from k AS x}
    -- a label, {label x} its columns.
    RETURN CASE view
WHEN 'overview' THEN $sql$
SELECT t.as_of, d.first_day, g.customers, d.active_customers, g.new_customers, g.purchases, g.revenue, g.expected_purchases, g.clv, g.clv_total, g.value_at_risk,
       g.churn_score / nullif(g.scored, 0) AS mean_churn_score, t.gini, t.top20_share, CASE WHEN (t.model).spend IS NULL THEN 'value_to_date' ELSE 'clv' END AS value_basis, t.horizon AS horizon_days, t.discount, t.margin, t.calendar, t.no_model
FROM {s}.setting t,
     (SELECT sum(customers)::bigint AS customers, coalesce(sum(customers) FILTER (WHERE stage = 'new'), 0)::bigint AS new_customers, sum(purchases)::bigint AS purchases, sum(revenue) AS revenue,
             sum(expected_purchases) AS expected_purchases, sum(clv) AS clv, sum(clv_total) AS clv_total, sum(value_at_risk) AS value_at_risk,
             sum(churn_score) AS churn_score, sum(scored) AS scored FROM {s}.segment) g,
     (SELECT min(first_day) AS first_day, sum(active)::bigint AS active_customers
      FROM (SELECT first_day, sum(active) AS active FROM {s}.start GROUP BY 1 HAVING sum(customers) > 0) p) d$sql$
WHEN 'customers' THEN $sql$
SELECT c.customer, c.first_day AS first_purchase, c.last_day AS last_purchase, c.purchases, c.revenue, c.revenue / c.purchases AS average_purchase,
       {as_of} - c.first_day AS tenure_days, {as_of} - c.last_day AS recency_days, {label stage}, {label raw_stage}, c.stage_reason, c.thin::int AS thin,
       c.churn_score, {label churn_band}, c.p_alive, c.expected_purchases, c.expected_spend, c.value_to_date, c.clv, c.value_to_date + c.clv AS clv_total,
       c.value, c.churn_score * c.value AS value_at_risk,
       CASE WHEN c.expected_purchases >= 1 THEN {as_of} + ceil({horizon} / c.expected_purchases)::int END AS next_purchase,
       {label tier}, (10 - c.percentile / 10)::int AS value_decile, c.r_score::int AS r_score, c.f_score::int AS f_score, c.m_score::int AS m_score,
       {label rfm_group}, {label matrix_class}
FROM {s}.customer_next c {from c.stage::text AS stage} {from c.raw_stage::text AS raw_stage} {from c.churn_band AS churn_band} {from c.tier AS tier}
     {from c.rfm_group AS rfm_group} {from c.matrix_class AS matrix_class}$sql$
WHEN 'stages' THEN $sql$
SELECT {label stage}, g.customers, g.customers / sum(g.customers) OVER ()::float8 AS customers_share, g.revenue, g.value_to_date, g.clv, g.value,
       g.value / nullif(greatest(sum(g.value) OVER (), 0), 0) AS value_share, g.churn_score / nullif(g.scored, 0) AS mean_churn_score, g.value_at_risk
FROM (SELECT stage, sum(customers)::bigint AS customers, sum(revenue) AS revenue, sum(value_to_date) AS value_to_date, sum(clv) AS clv, sum(value) AS value,
             sum(churn_score) AS churn_score, sum(scored)::bigint AS scored, sum(value_at_risk) AS value_at_risk
      FROM {s}.segment GROUP BY stage HAVING sum(customers) > 0) g
     {from g.stage::text AS stage}$sql$
WHEN 'lifecycle_flow' THEN $sql$
SELECT f.period, (row_number() OVER w)::int AS period_order, ((f.period + {i})::date <= t.as_of + 1)::int AS complete, f.active AS active_customers,
       f.new AS new_customers, f.stayed AS returning_customers, f.active - f.new - f.stayed AS resurrected_customers,
       coalesce(lag(f.active) OVER w - f.stayed, 0) AS dormant_customers,
       f.stayed / nullif(lag(f.active) OVER w, 0)::float8 AS retention,
       (f.active - f.stayed) / nullif(lag(f.active) OVER w - f.stayed, 0)::float8 AS pulse
FROM (SELECT period_day AS period, sum(active)::bigint AS active, coalesce(sum(size) FILTER (WHERE period = 0), 0)::bigint AS new, sum(stayed)::bigint AS stayed
      FROM {s}.cohort GROUP BY period_day) f, {s}.setting t
WINDOW w AS (ORDER BY f.period)$sql$
WHEN 'stage_flow' THEN $sql$
SELECT m.from_day, m.to_day, (m.to_day = t.as_of)::int AS latest, {label from_stage}, {label to_stage}, m.customers,
       m.customers / sum(m.customers) OVER (PARTITION BY m.from_day, m.to_day, m.from_stage)::float8 AS share
FROM (SELECT from_day, to_day, from_stage, to_stage, sum(customers)::bigint AS customers FROM {s}.move GROUP BY 1, 2, 3, 4 HAVING sum(customers) > 0) m CROSS JOIN {s}.setting t {from m.from_stage::text AS from_stage} {from m.to_stage::text AS to_stage}$sql$
WHEN 'cohorts' THEN $sql$
SELECT c.cohort, (dense_rank() OVER (ORDER BY c.cohort))::int AS cohort_order, c.period, c.period_day, ((c.period_day + {i})::date <= t.as_of + 1)::int AS complete,
       c.size, c.active, c.active / c.size::float8 AS retention, t.margin * c.amount AS value, t.margin * sum(c.amount) OVER w AS cumulative_value,
       t.margin * sum(c.amount) OVER w / c.size AS cumulative_value_per_customer
FROM (SELECT cohort, period, period_day, sum(size)::bigint AS size, sum(active)::bigint AS active, sum(amount) AS amount
      FROM {s}.cohort GROUP BY 1, 2, 3 HAVING sum(size) > 0) c, {s}.setting t
WINDOW w AS (PARTITION BY c.cohort ORDER BY c.period)$sql$
WHEN 'value_deciles' THEN $sql$
SELECT d.decile, d.customers, d.value, d.value / nullif(greatest(sum(d.value) OVER (), 0), 0) AS value_share,
       sum(d.customers) OVER w / sum(d.customers) OVER ()::float8 AS cumulative_customers_share, sum(d.value) OVER w / nullif(greatest(sum(d.value) OVER (), 0), 0) AS cumulative_value_share,
       d.value / d.customers AS mean_value, (SELECT -c.minus_percentiles[10 * d.decile] FROM {s}.cut c) AS above, (SELECT -c.minus_percentiles[10 * d.decile - 10] FROM {s}.cut c) AS up_to,
       d.churn_score / nullif(d.scored, 0) AS mean_churn_score, d.value_at_risk
FROM (SELECT 10 - percentile / 10 AS decile, sum(customers)::bigint AS customers, sum(value) AS value,
             sum(churn_score) AS churn_score, sum(scored)::bigint AS scored, sum(value_at_risk) AS value_at_risk FROM {s}.percentile GROUP BY 1 HAVING sum(customers) > 0) d
WINDOW w AS (ORDER BY d.decile)$sql$
WHEN 'concentration' THEN $sql$
SELECT {label curve}, (row_number() OVER (PARTITION BY p.curve ORDER BY p.place) - 1)::int AS point,
       sum(p.customers) OVER w / sum(p.customers) OVER (PARTITION BY p.curve)::float8 AS customers_share,
       sum(p.value) OVER w / nullif(greatest(sum(p.value) OVER (PARTITION BY p.curve), 0), 0) AS value_share
FROM (SELECT curve, CASE curve WHEN 'lorenz' THEN percentile ELSE 99 - percentile END AS place, sum(customers)::bigint AS customers, sum(value) AS value
      FROM {s}.percentile, (VALUES ('lorenz'), ('whale')) v(curve) GROUP BY 1, 2 HAVING sum(customers) > 0
      UNION ALL SELECT curve, -1, 0, 0 FROM (VALUES ('lorenz'), ('whale')) origin(curve) WHERE EXISTS (SELECT FROM {s}.percentile)) p {from p.curve AS curve}
WINDOW w AS (PARTITION BY p.curve ORDER BY p.place)$sql$
WHEN 'churn_bands' THEN $sql$
SELECT {label churn_band}, b.lower, b.upper, coalesce(g.customers, 0) AS customers, coalesce(g.customers / sum(g.customers) OVER ()::float8, 0) AS customers_share,
       g.churn_score / nullif(g.customers, 0) AS mean_churn_score, coalesce(g.value, 0) AS value, coalesce(g.value_at_risk, 0) AS value_at_risk
FROM (VALUES ('very_low', 0::float8, .2::float8), ('low', .2, .4), ('medium', .4, .6), ('high', .6, .8), ('very_high', .8, 1)) b(code, lower, upper)
     LEFT JOIN (SELECT churn_band, sum(customers)::bigint AS customers, sum(churn_score) AS churn_score, sum(value) AS value, sum(value_at_risk) AS value_at_risk
                FROM {s}.segment GROUP BY 1 HAVING sum(customers) > 0) g ON g.churn_band = b.code {from b.code AS churn_band}
WHERE EXISTS (SELECT FROM {s}.segment WHERE churn_band IS NOT NULL)$sql$
WHEN 'rfm_groups' THEN $sql$
SELECT {label rfm_group}, g.customers, g.customers / sum(g.customers) OVER ()::float8 AS customers_share, g.r / g.customers::float8 AS mean_r, g.f / g.customers::float8 AS mean_f,
       g.m / g.customers::float8 AS mean_m, g.recency_days / g.customers::float8 AS mean_recency_days, g.purchases / g.customers::float8 AS mean_purchases, g.revenue, g.value,
       g.churn_score / nullif(g.scored, 0) AS mean_churn_score
FROM (SELECT rfm_group, sum(customers)::bigint AS customers, sum(r)::bigint AS r, sum(f)::bigint AS f, sum(m)::bigint AS m, sum(recency_days)::bigint AS recency_days,
             sum(purchases)::bigint AS purchases, sum(revenue) AS revenue, sum(value) AS value, sum(churn_score) AS churn_score, sum(scored)::bigint AS scored
      FROM {s}.segment GROUP BY 1 HAVING sum(customers) > 0) g {from g.rfm_group AS rfm_group}$sql$
WHEN 'matrix' THEN $sql$
SELECT {label matrix_class}, a.en AS advice_en, a.zh AS advice_zh, x.en AS x_en, x.zh AS x_zh, y.en AS y_en, y.zh AS y_zh, u.x_cut, u.y_cut,
       coalesce(g.customers, 0) AS customers, coalesce(g.customers / sum(g.customers) OVER ()::float8, 0) AS customers_share, coalesce(g.value, 0) AS value,
       g.value / nullif(greatest(sum(g.value) OVER (), 0), 0) AS value_share, g.churn_score / nullif(g.customers, 0) AS mean_churn_score, coalesce(g.value_at_risk, 0) AS value_at_risk
FROM {s}.cut u CROSS JOIN {s}.label k
     LEFT JOIN (SELECT matrix_class, sum(customers)::bigint AS customers, sum(value) AS value, sum(churn_score) AS churn_score, sum(value_at_risk) AS value_at_risk
                FROM {s}.segment GROUP BY 1 HAVING sum(customers) > 0) g ON g.matrix_class = k.code
     LEFT JOIN {s}.label a ON a.kind = 'matrix_advice' AND a.code = k.code
     LEFT JOIN {s}.label x ON x.kind = 'matrix_axis' AND x.code = 'x' LEFT JOIN {s}.label y ON y.kind = 'matrix_axis' AND y.code = 'y' {from k.code AS matrix_class}
WHERE k.kind = 'matrix_class' AND EXISTS (SELECT FROM {s}.segment WHERE matrix_class IS NOT NULL)$sql$
WHEN 'equity' THEN $sql$
SELECT e.cohort, (row_number() OVER (ORDER BY e.cohort))::int AS cohort_order, e.customers, e.active / e.customers::float8 AS active_share, e.revenue, e.value_to_date, e.clv, e.clv_total,
       e.value_at_risk
FROM (SELECT date_trunc(t.calendar, p.first_day::timestamp)::date AS cohort, sum(p.customers)::bigint AS customers, sum(p.active)::bigint AS active, sum(p.revenue) AS revenue,
             sum(p.value_to_date) AS value_to_date, sum(p.clv) AS clv, sum(p.clv_total) AS clv_total, sum(p.value_at_risk) AS value_at_risk
      FROM {s}.start p, {s}.setting t GROUP BY 1 HAVING sum(p.customers) > 0) e$sql$
WHEN 'model' THEN $sql$
SELECT i.code AS item, coalesce(l.sort, 9 + i.place) AS item_order, coalesce(l.en, i.code) AS item_en, coalesce(l.zh, i.code) AS item_zh, i.value, i.se, i.note
FROM {s}.item i LEFT JOIN {s}.label l ON l.kind = 'item' AND l.code = i.code$sql$
WHEN 'tracking' THEN 'SELECT t.period, t.period_day, t.actual, t.expected, t.cumulative_actual, t.cumulative_expected FROM {s}.tracking t'
WHEN 'frequency' THEN 'SELECT f.purchases, f.customers, f.expected_customers FROM {s}.frequency f'
WHEN 'early_warning' THEN $sql$
SELECT c.rank, c.customer, {label stage}, {label tier}, c.churn_score, c.value, c.value_at_risk, c.last_day AS last_purchase, {as_of} - c.last_day AS recency_days,
       concat_ws('; ', r.en, 'last purchase ' || to_char(c.last_day, 'YYYY-MM-DD'), 'one every ' || round((c.last_day - c.first_day) / nullif(c.purchases - 1, 0)::numeric) || ' d before') AS reason_en,
       concat_ws('；', r.zh, '最近一次购买 ' || to_char(c.last_day, 'YYYY-MM-DD'), '此前平均每 ' || round((c.last_day - c.first_day) / nullif(c.purchases - 1, 0)::numeric) || ' 天一次') AS reason_zh, {label action}, {label touchpoint}
FROM {s}.call c LEFT JOIN {s}.label r ON r.kind = 'reason' AND r.code = c.stage::text LEFT JOIN {s}.label n ON n.kind = 'next_action' AND n.code = c.stage::text
     {from c.stage::text AS stage} {from c.tier AS tier} {from n.en AS action} {from n.zh AS touchpoint}
WHERE c.rank <= (SELECT t.call_list FROM {s}.setting t)$sql$
    END;
COMMENT ON FUNCTION clm.mart_view_query(name) IS 'Part of clm.create_mart: the query of a view, with placeholders';

CREATE FUNCTION clm.mart_view(s clm.mart_setting, view name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    query text := clm.mart_view_query(view);
BEGIN
    query := regexp_replace(query, '\{from (\S+) AS (raw_|from_|to_)?(\w+)\}', 'LEFT JOIN {s}.label l_\2\3 ON l_\2\3.kind = ''\3'' AND l_\2\3.code = \1', 'g');
    query := regexp_replace(query, '\{label (\w+)\}', 'l_\1.code AS \1, l_\1.sort AS \1_order, l_\1.en AS \1_en, l_\1.zh AS \1_zh', 'g');
    query := regexp_replace(query, '\{(as_of|horizon)\}', '(SELECT t.\1 FROM {s}.setting t)', 'g');
    query := replace(query, '{i}', format('interval %L', clm.mart_interval(s.calendar)));
    query := replace(query, '{s}', format('%I', clm.mart_store(s.mart))); -- the last: a name may hold anything
    EXECUTE format('CREATE OR REPLACE VIEW %I.%I AS %s', s.mart, view, query);
END
$$;
COMMENT ON FUNCTION clm.mart_view(clm.mart_setting, name) IS 'Part of clm.create_mart: makes a view';

CREATE FUNCTION clm.mart_comments() RETURNS TABLE (view name, col name, comment text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 120
    -- A row without a view is for the columns of that name of all views.
BEGIN ATOMIC
    VALUES
        ('overview'::name, NULL::name, 'The customer base in one row'),
        ('customers', NULL, 'Every customer with a purchase, with all scores and classes'),
        ('stages', NULL, 'Customers and value by stage of the lifecycle'),
        ('lifecycle_flow', NULL, 'Growth accounting: who is new, returning, resurrected or dormant, by calendar period'),
        ('stage_flow', NULL, 'Moves of customers between stages, from refresh to refresh; the first from a calendar period before'),
        ('cohorts', NULL, 'Customers by the calendar period of their first purchase: retention and value, period by period'),
        ('value_deciles', NULL, 'Tenths of the customers by value, the best first; equal values are in the lower tenth'),
        ('concentration', NULL, 'Points of the Lorenz curve and of the whale curve of value'),
        ('churn_bands', NULL, 'Customers and value at stake by the probability of no purchase in 90 days'),
        ('rfm_groups', NULL, 'Customers by recency, frequency and monetary value'),
        ('matrix', NULL, 'The customer profitability matrix: value against retention, both cut at the median'),
        ('equity', NULL, 'Value to date and value to come by the calendar period of the first purchase'),
        ('model', NULL, 'The model: parameters, standard errors, checks; no rows where none could be fitted'),
        ('tracking', NULL, 'Check of the model: repeat purchases by period, actual and expected; where there is an observed_from, of customers who came since'),
        ('frequency', NULL, 'Check of the model: customers by number of repeat purchases, actual and expected; where there is an observed_from, of those who came since'),
        ('early_warning', NULL, 'Call list: customers who are declining or silent for longer than the mean gap between their purchases (30 days after a first one), by value at risk, with the next best action'),
        (NULL, 'as_of', 'The day up to which orders count'),
        (NULL, 'first_day', 'Day of the first purchase of anybody'),
        (NULL, 'customers', 'Number of customers'),
        (NULL, 'customers_share', 'Share of all customers'),
        ('concentration', 'customers_share', 'Share of the customers up to this point of the curve'),
        (NULL, 'active_customers', 'Customers who are not churned'),
        ('lifecycle_flow', 'active_customers', 'Customers with a purchase in the period'),
        (NULL, 'new_customers', 'Customers in the stage new'),
        ('lifecycle_flow', 'new_customers', 'Customers with their first purchase in the period'),
        (NULL, 'returning_customers', 'Customers with purchases in this period and in the one before'),
        (NULL, 'resurrected_customers', 'Customers with a purchase in this period, none in the one before, and some before that'),
        (NULL, 'dormant_customers', 'Customers with a purchase in the period before and none in this one; charts show them below the axis'),
        (NULL, 'purchases', 'Number of days with a purchase'),
        ('frequency', 'purchases', 'Number of repeat purchases; 7 stands for 7 or more'),
        (NULL, 'revenue', 'Sum of all amounts up to as_of, refunds taken off'),
        (NULL, 'average_purchase', 'Revenue per day with a purchase'),
        (NULL, 'value_to_date', 'Margin x revenue: what has been earned'),
        (NULL, 'clv', 'Remaining value: margin of the purchases expected within the horizon, discounted; NULL where the model has no spend part'),
        (NULL, 'clv_total', 'value_to_date + clv'),
        (NULL, 'value', 'What customers are ranked by: clv, or value_to_date where the model has no spend part (see overview.value_basis)'),
        ('model', 'value', 'Value of the item'),
        ('cohorts', 'value', 'Margin x amounts of the cohort in the period'),
        (NULL, 'value_share', 'Share of the value of all customers; NULL where that is not positive'),
        ('concentration', 'value_share', 'Share of all value that these customers have; above 1 where others bring losses'),
        (NULL, 'value_at_risk', 'churn_score x value: what is expected to be gone if who does not buy in 90 days never does; a weight for priorities, not a forecast'),
        (NULL, 'mean_value', 'Value per customer'),
        (NULL, 'mean_churn_score', 'Mean probability of no purchase in 90 days'),
        (NULL, 'gini', 'Gini coefficient of value: 0 where all are equal, near 1 where one customer has all'),
        (NULL, 'top20_share', 'Share of the value that the best fifth of the customers have'),
        (NULL, 'value_basis', 'What value means: clv, or value_to_date where the model has no spend part'),
        (NULL, 'horizon_days', 'Days that expected purchases and clv look ahead'),
        (NULL, 'discount', 'Discount a year'),
        (NULL, 'margin', 'Margin, a share of the amounts'),
        (NULL, 'calendar', 'Calendar periods: week, month, quarter or year'),
        (NULL, 'no_model', 'Why there is no model; NULL where there is one'),
        (NULL, 'customer', 'The customer, as in the orders'),
        (NULL, 'first_purchase', 'Day of the first purchase'),
        (NULL, 'last_purchase', 'Day of the last purchase'),
        (NULL, 'tenure_days', 'Days since the first purchase'),
        (NULL, 'recency_days', 'Days since the last purchase'),
        (NULL, 'stage', 'Stage of the lifecycle; with confirm above 1 the one that so many refreshes agree on'),
        (NULL, 'raw_stage', 'Stage as this refresh finds it'),
        (NULL, 'stage_reason', 'The rule that decided raw_stage, with its numbers'),
        (NULL, 'thin', '1 where fewer than two repeat purchases tell of the customer: the scores say more of customers like this one'),
        (NULL, 'churn_score', 'Probability of no purchase in the next 90 days'),
        (NULL, 'churn_band', 'Band of the churn score, a fifth of the scale each'),
        (NULL, 'p_alive', 'Probability of not having left for good'),
        (NULL, 'expected_purchases', 'Purchases expected within the horizon'),
        (NULL, 'expected_spend', 'Expected amount of a purchase'),
        (NULL, 'next_purchase', 'Day by which one purchase is expected: horizon / expected_purchases days ahead; NULL where less than one is expected within the horizon'),
        (NULL, 'tier', 'Tier of the customer pyramid by value: the top 1 %, the next 4 %, the next 15 %, the others'),
        (NULL, 'value_decile', 'Tenth by value, 1 the best'),
        (NULL, 'r_score', 'Recency score 1 to 5 by quintiles, 5 the most recent'),
        (NULL, 'f_score', 'Frequency score 1 to 5 by quintiles of the number of purchases, 5 the most frequent'),
        (NULL, 'm_score', 'Monetary score 1 to 5 by quintiles of revenue, 5 the highest'),
        (NULL, 'rfm_group', 'Group by the three RFM scores, the first that holds: champions, r, f and m at least 4; recent, r at least 4 and f at most 2; loyal, r and f at least 3; valuable_at_risk, r at most 2 and m at least 4; asleep, r and f at most 2; to_develop, the others'),
        (NULL, 'matrix_class', 'Cell of the profitability matrix'),
        (NULL, 'advice_en', 'What to do with these customers, in English'),
        (NULL, 'advice_zh', 'What to do with these customers, in Chinese'),
        (NULL, 'x_en', 'What the x axis measures, in English'),
        (NULL, 'x_zh', 'What the x axis measures, in Chinese'),
        (NULL, 'y_en', 'What the y axis measures, in English'),
        (NULL, 'y_zh', 'What the y axis measures, in Chinese'),
        (NULL, 'x_cut', 'The lowest value above the median: from here on x is high'),
        (NULL, 'y_cut', 'The lowest 1 - churn_score above the median: from here on y is high. Half of the customers are, however likely they are to buy'),
        ('lifecycle_flow', 'period', 'First day of the calendar period'),
        ('cohorts', 'period', 'Calendar periods since that of the first purchase, which is 0'),
        ('tracking', 'period', 'Period of the model, from the first purchase of anybody'),
        (NULL, 'period_order', 'Order of the periods, from 1'),
        (NULL, 'complete', '1 where the period has ended by as_of, or else 0'),
        (NULL, 'retention', 'Share of the customers of the period before who bought again'),
        ('cohorts', 'retention', 'Share of the cohort with a purchase in the period'),
        (NULL, 'pulse', '(new + resurrected) / dormant: above 1 the base grows'),
        (NULL, 'from_day', 'Day from which the move is counted'),
        (NULL, 'to_day', 'Day up to which the move is counted'),
        (NULL, 'latest', '1 for the moves up to the day of the mart, 0 for earlier ones'),
        (NULL, 'from_stage', 'Stage on from_day; prospect: no purchase yet'),
        (NULL, 'to_stage', 'Stage on to_day'),
        (NULL, 'share', 'Share of those who were in from_stage'),
        (NULL, 'cohort', 'First day of the calendar period of the first purchase'),
        (NULL, 'cohort_order', 'Order of the cohorts, from 1'),
        ('cohorts', 'period_day', 'First day of the period'),
        ('tracking', 'period_day', 'Last day of the period'),
        (NULL, 'size', 'Customers of the cohort'),
        (NULL, 'active', 'Customers of the cohort with a purchase in the period'),
        (NULL, 'cumulative_value', 'Value of the cohort up to the end of the period'),
        (NULL, 'cumulative_value_per_customer', 'The same per customer of the cohort'),
        (NULL, 'decile', 'Tenth of the customers by value, 1 the best'),
        (NULL, 'cumulative_customers_share', 'Share of the customers in this tenth and better ones'),
        (NULL, 'cumulative_value_share', 'Share of the value of this tenth and better ones'),
        (NULL, 'above', 'Values of the tenth are above this; NULL for the last tenth'),
        (NULL, 'up_to', 'Values of the tenth are not above this; NULL for the first tenth'),
        (NULL, 'curve', 'lorenz: customers from the least valuable; whale: from the most valuable'),
        (NULL, 'point', 'Order of the points of a curve, from 0 at the origin'),
        (NULL, 'lower', 'Lower end of the band, included'),
        (NULL, 'upper', 'Upper end of the band'),
        (NULL, 'mean_r', 'Mean recency score'),
        (NULL, 'mean_f', 'Mean frequency score'),
        (NULL, 'mean_m', 'Mean monetary score'),
        (NULL, 'mean_recency_days', 'Mean days since the last purchase'),
        (NULL, 'mean_purchases', 'Mean number of purchases'),
        (NULL, 'active_share', 'Share of the cohort that is not churned'),
        (NULL, 'item', 'Parameter, number or check'),
        (NULL, 'se', 'Standard error; NULL where there is none'),
        (NULL, 'note', 'The item where it is a text: the family'),
        (NULL, 'actual', 'Repeat purchases in the period'),
        (NULL, 'expected', 'Repeat purchases that the model expects in the period'),
        (NULL, 'cumulative_actual', 'Repeat purchases up to the end of the period'),
        (NULL, 'cumulative_expected', 'Repeat purchases that the model expects up to the end of the period'),
        (NULL, 'expected_customers', 'Number of customers that the model expects'),
        (NULL, 'rank', 'Place on the list, 1 first'),
        (NULL, 'reason_en', 'Why to call, in English'),
        (NULL, 'reason_zh', 'Why to call, in Chinese'),
        (NULL, 'action', 'Next best action, a code of clm.action'),
        (NULL, 'touchpoint', 'Where to do it, a code of clm.touchpoint; NULL where the action has no place');
END;
COMMENT ON FUNCTION clm.mart_comments() IS 'Part of clm.create_mart: comments of the views and of their columns';

CREATE FUNCTION clm.mart_comment(mart name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    described record;
BEGIN
    FOR described IN SELECT c.view, c.comment FROM clm.mart_comments() c WHERE c.col IS NULL LOOP
        EXECUTE format('COMMENT ON VIEW %I.%I IS %L', mart, described.view, described.comment);
    END LOOP;
    FOR described IN
        SELECT c.relname AS view, a.attname AS col,
               coalesce((SELECT m.comment FROM clm.mart_comments() m WHERE m.col = a.attname AND coalesce(m.view, c.relname) = c.relname ORDER BY m.view LIMIT 1),
                        CASE WHEN a.attname LIKE '%\_order' THEN 'Order of ' || left(a.attname, -6) || ' in lists'
                             WHEN a.attname LIKE '%\_en' THEN 'Label of ' || left(a.attname, -3) || ', in English'
                             WHEN a.attname LIKE '%\_zh' THEN 'Label of ' || left(a.attname, -3) || ', in Chinese' END) AS comment
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = to_regnamespace(format('%I', mart)) AND c.relname IN (SELECT m.view FROM clm.mart_comments() m WHERE m.col IS NULL) LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', mart, described.view, described.col, described.comment);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clm.mart_comment(name) IS 'Part of clm.create_mart: writes the comments of the views';

CREATE FUNCTION clm.mart_views(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    view name;
    is_missing boolean;
    is_new boolean := false;
BEGIN
    -- A refresh replaces the one view that reads the new table, and so locks no other: a reader in a transaction who goes on to another
    -- view while the refresh waits for him would deadlock with it.
    FOR view IN SELECT c.view FROM clm.mart_comments() c WHERE c.col IS NULL LOOP
        is_missing := to_regclass(format('%I.%I', s.mart, view)) IS NULL;
        is_new := is_new OR is_missing;
        IF is_missing OR view = 'customers' THEN
            PERFORM clm.mart_view(s, view);
        END IF;
    END LOOP;
    IF is_new THEN
        PERFORM clm.mart_comment(s.mart);
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_views(clm.mart_setting) IS 'Part of clm.create_mart: makes the views that are not there, and lets customers read the new table';
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
