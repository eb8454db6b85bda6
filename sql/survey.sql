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
