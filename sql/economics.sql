-- The economics of a customer: the drivers of the eleven value levers, the lifetime value that follows from them, and
-- what moving them is worth.

CREATE TYPE clm.economics AS (
    conversion float8,
    acquisition_cost float8,
    revenue float8,
    service_cost float8,
    cross_sell float8,
    price float8,
    renewal float8,
    expiring float8,
    migration float8,
    save float8,
    churn float8,
    bad_debt float8,
    winback float8,
    winback_cost float8,
    gross_margin float8,
    discount float8
);
COMMENT ON TYPE clm.economics IS
    'Economics of a customer, a segment or a prospect: the drivers of the eleven value levers, all of them per period (a '
    'month, say). A NULL field counts as its default. Build it with clm.economics(revenue => 60, churn => .03, ...); it is '
    'checked when it is used';
COMMENT ON COLUMN clm.economics.conversion IS
    'Lever 1, consideration: probability that a prospect becomes a customer, in [0, 1]; default 1, a customer already';
COMMENT ON COLUMN clm.economics.acquisition_cost IS 'Lever 2, acquisition: cost of a prospect, at least 0; default 0';
COMMENT ON COLUMN clm.economics.revenue IS
    'Lever 3, usage: revenue at the present price, before bad debt, at least 0; default 0';
COMMENT ON COLUMN clm.economics.service_cost IS 'Lever 4, cost to serve: at least 0; default 0';
COMMENT ON COLUMN clm.economics.cross_sell IS 'Lever 5, cross-selling: contribution of what else is sold; default 0';
COMMENT ON COLUMN clm.economics.price IS
    'Lever 6, pricing: price index, at least 0; default 1, the present price. A change falls straight to the margin';
COMMENT ON COLUMN clm.economics.renewal IS
    'Lever 7, contract renewal: probability that a contract that ends is renewed, in [0, 1]; default 1';
COMMENT ON COLUMN clm.economics.expiring IS
    'Share of customers whose contract ends in a period, in [0, 1]; default 0. It weighs renewal against churn';
COMMENT ON COLUMN clm.economics.migration IS 'Lever 8, migration: contribution of moves between brands or plans; default 0';
COMMENT ON COLUMN clm.economics.save IS
    'Lever 9, churn prevention: share of would-be churners who are saved, in [0, 1]; default 0';
COMMENT ON COLUMN clm.economics.churn IS
    'Probability of wanting to leave, for customers whose contract does not end in the period, in [0, 1]; default 0';
COMMENT ON COLUMN clm.economics.bad_debt IS
    'Lever 10, bad debt: share of billed revenue that is never paid, in [0, 1]; default 0';
COMMENT ON COLUMN clm.economics.winback IS
    'Lever 11, win-back: probability that a lost customer returns in a period, in [0, 1]; default 0';
COMMENT ON COLUMN clm.economics.winback_cost IS
    'What each lost customer costs in each period, paid at its end, at least 0; default 0';
COMMENT ON COLUMN clm.economics.gross_margin IS
    'Share of revenue left after variable costs at the present price, at most 1; default 1';
COMMENT ON COLUMN clm.economics.discount IS 'Discount rate of a period, above -1; default .01';

CREATE FUNCTION clm.economics(
    conversion float8 DEFAULT 1, acquisition_cost float8 DEFAULT 0, revenue float8 DEFAULT 0, service_cost float8 DEFAULT 0,
    cross_sell float8 DEFAULT 0, price float8 DEFAULT 1, renewal float8 DEFAULT 1, expiring float8 DEFAULT 0,
    migration float8 DEFAULT 0, save float8 DEFAULT 0, churn float8 DEFAULT 0, bad_debt float8 DEFAULT 0,
    winback float8 DEFAULT 0, winback_cost float8 DEFAULT 0, gross_margin float8 DEFAULT 1, discount float8 DEFAULT .01)
    RETURNS clm.economics LANGUAGE SQL IMMUTABLE PARALLEL SAFE
    BEGIN ATOMIC
        SELECT ROW($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)::clm.economics;
    END;
COMMENT ON FUNCTION clm.economics(float8, float8, float8, float8, float8, float8, float8, float8, float8, float8, float8,
                                  float8, float8, float8, float8, float8) IS
    'Economics with the drivers that are given by name, economics(revenue => 60, churn => .03); the others have their '
    'defaults, which NULL stands for as well';

CREATE FUNCTION clm.margin(e clm.economics) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_economics_margin' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION clm.margin(clm.economics) IS
    'Margin of a period: revenue * (gross_margin + (price - 1) - bad_debt * price) + cross_sell + migration - service_cost. '
    'It may be negative';

CREATE FUNCTION clm.retention(e clm.economics) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_economics_retention' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION clm.retention(clm.economics) IS
    'Probability of staying from one period to the next: expiring * renewal + (1 - expiring) * (1 - churn * (1 - save))';

CREATE FUNCTION clm.clv(e clm.economics) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_economics_clv' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 30;
COMMENT ON FUNCTION clm.clv(clm.economics) IS
    'Lifetime value of a prospect: conversion times the value of a customer, less acquisition_cost. Margins come at the '
    'start of each period, the first one now, and lost customers may return (Berger & Nasr 1998; Gupta & Lehmann 2003; '
    'Thomas, Blattberg & Fox 2004). An error where the sum over all periods is infinite';

CREATE FUNCTION clm.elasticity(e clm.economics, driver text) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_elasticity' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION clm.elasticity(clm.economics, text) IS
    'By how many percent clv(e) changes when the driver grows by one percent, in the limit: (x / clv) * d clv / dx (Gupta, '
    'Lehmann & Stuart 2004). 0 for a driver that is 0. NULL where clv(e) is 0 or negative, as the sign would flip, and for '
    'winback and winback_cost where discount is not above 0';

CREATE FUNCTION clm.breakeven(e clm.economics, driver text, target float8 DEFAULT 0) RETURNS float8
    AS 'MODULE_PATHNAME', 'clm_breakeven' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 40;
COMMENT ON FUNCTION clm.breakeven(clm.economics, text, float8) IS
    'The value of the driver at which clv(e) is `target`, all else equal; NULL where no value in the driver''s domain leads '
    'there, or the driver has no effect. Only discount can have two; the one nearest to its present value counts';

-- Initiatives

CREATE TYPE clm.effect AS (initiative text, driver text, delta float8);
COMMENT ON TYPE clm.effect IS
    'What an initiative does to a driver of clm.economics; an initiative with several effects is several of these';
COMMENT ON COLUMN clm.effect.initiative IS 'Name of the initiative, of your choice';
COMMENT ON COLUMN clm.effect.driver IS 'Field of clm.economics that it moves';
COMMENT ON COLUMN clm.effect.delta IS 'What it adds to that field; negative: takes away';

CREATE FUNCTION clm.apply(e clm.economics, effects clm.effect[]) RETURNS clm.economics
    AS 'MODULE_PATHNAME', 'clm_apply' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 100;
COMMENT ON FUNCTION clm.apply(clm.economics, clm.effect[]) IS
    'The economics with the effects added. Effects on one field add up; the sum must stay in the field''s domain. Without '
    'effects, e as it is; NULL effects give NULL. An effect that is or holds NULL, and an unknown driver, are errors';

CREATE FUNCTION clm.lever_value_support(internal) RETURNS internal
    AS 'MODULE_PATHNAME', 'clm_lever_value_support' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;
COMMENT ON FUNCTION clm.lever_value_support(internal) IS 'For the planner: number of rows and cost of clm.lever_value(e, effects)';
CREATE FUNCTION clm.lever_value(e clm.economics, effects clm.effect[],
                                OUT initiative text, OUT alone float8, OUT shapley float8, OUT joint float8)
    RETURNS SETOF record
    AS 'MODULE_PATHNAME', 'clm_lever_value' LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE COST 500 ROWS 5
    SUPPORT clm.lever_value_support;
COMMENT ON FUNCTION clm.lever_value(clm.economics, clm.effect[]) IS
    'What each initiative is worth, a row for each in the order of their first effects: alone, the change of clv(e) with it '
    'only; shapley, its share of the joint change, interactions included (Shapley 1953); joint, the change with all of them, '
    'to which the shares add up. At most 11 initiatives, all combinations of which must stay in the domain of clm.economics. '
    'No effects, or NULL: no rows';
