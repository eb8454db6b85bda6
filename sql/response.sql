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
