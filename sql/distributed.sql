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
