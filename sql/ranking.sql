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
