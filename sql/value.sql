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
