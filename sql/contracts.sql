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
