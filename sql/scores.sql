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
