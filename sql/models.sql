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
