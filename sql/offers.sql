-- Offers and credit: what one contact with one customer is worth

CREATE FUNCTION clm.offer_value(need float8, accept float8, value float8, offer_cost float8, contact_cost float8 DEFAULT 0,
                                waste float8 DEFAULT 1) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_offer_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 5;
COMMENT ON FUNCTION clm.offer_value(float8, float8, float8, float8, float8, float8) IS
    'Expected profit of an offer to one customer: need x accept x (value - offer_cost) - (1 - need) x waste x offer_cost - '
    'contact_cost. need: probability that the customer would be lost without it (the churn score for a save offer, 1 to '
    'win, win back or cross-sell); accept: probability that who needs it takes it; waste: that who does not need it takes it '
    'all the same. Probabilities lie in [0, 1], costs are money of at least 0; NULL gives NULL, NaN and infinity are errors '
    '(Neslin et al. 2006; Stauss & Friege 1999)';

CREATE FUNCTION clm.expected_loss(pd float8, lgd float8, ead float8) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_expected_loss' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 4;
COMMENT ON FUNCTION clm.expected_loss(float8, float8, float8) IS
    'Expected loss of credit to one customer: pd (probability of default) x lgd (share lost given default) x ead (exposure at '
    'default, money). pd and lgd lie in [0, 1], ead is at least 0; NULL gives NULL, NaN and infinity are errors';
