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
