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

