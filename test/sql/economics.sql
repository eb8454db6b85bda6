-- Economics of a customer and the value levers: worked numbers, identities, effects and initiatives, bad input.
\set VERBOSITY terse
SET extra_float_digits = 0;

-- A telecom customer: margin 60 * (.45 - .02) - 8, retention 1 - .03
CREATE TEMP TABLE telecom AS
    SELECT clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03, bad_debt => .02, winback => .005,
                         discount => .01, acquisition_cost => 55) AS e;
SELECT round(clm.margin(e)::numeric, 6) AS margin, round(clm.retention(e)::numeric, 6) AS retention, round(clm.clv(e)::numeric, 2) AS clv
FROM telecom;
SELECT round(clm.retention(clm.economics(expiring => .05, renewal => .8, churn => .02, save => .25))::numeric, 6) AS retention;
-- Fields that are not given have their defaults, and so has NULL
SELECT clm.economics();
SELECT clm.clv(ROW(NULL, NULL, 10, NULL, NULL, NULL, NULL, NULL, NULL, NULL, .19, NULL, NULL, NULL, NULL, NULL)::clm.economics) =
       clm.clv(clm.economics(revenue => 10, churn => .19)) AS nulls, clm.margin(clm.economics(revenue => NULL, gross_margin => NULL)) AS margin,
       clm.retention(clm.economics(churn => NULL)) AS retention;
-- Lifetime value with win-back
SELECT round(clm.clv(clm.economics(revenue => 100, churn => .2, discount => .1, winback => .1, winback_cost => 2))::numeric, 6) AS winback;
-- Without win-back it is the value with constant retention, margins in advance
SELECT bool_and(abs(clm.clv(clm.economics(revenue => m, churn => 1 - r, discount => i, acquisition_cost => 7)) -
                    clm.clv(m, r, i, 7, advance => true)) < 1e-9) AS same
FROM (VALUES (100, .8, .1), (12.5, .97, .01), (0, .5, .1), (3, 0, .1), (3, 1, .1), (3, .5, 0), (3, .5, -.2)) v(m, r, i);
SELECT round(clm.clv(clm.economics(revenue => 100, churn => .2, discount => .1))::numeric, 2) AS advance;
-- The closed form is the sum over the periods that a customer is there or away
WITH RECURSIVE period(t, here) AS (
    SELECT 0, 1::float8
    UNION ALL
    SELECT t + 1, here * .97 + (1 - here) * .005 FROM period WHERE t < 4000)
SELECT abs(sum((17.8 * here - 1.5 / 1.01 * (1 - here)) / 1.01 ^ t) - max(clm.clv(clm.economics(
           revenue => 17.8, churn => .03, winback => .005, winback_cost => 1.5)))) < 1e-9 AS same FROM period;
-- A prospect: 3 % convert to a customer worth 266.67 at the end of each period (r / (1 + i) of its value in advance)
CREATE TEMP TABLE prospect AS
    SELECT clm.economics(revenue => 100, churn => .2, discount => .1, conversion => .03 * .8 / 1.1, acquisition_cost => 5) AS e;
SELECT round(clm.clv(e)::numeric, 2) AS prospect, round((clm.breakeven(e, 'conversion') * 1.1 / .8)::numeric, 6) AS conversion,
       round((5 / 266.6666666667), 6) AS cost_over_value FROM prospect;

-- Three initiatives whose headline hides the rest
SELECT headline[1].initiative, round((clm.clv(clm.apply(e, headline)) - clm.clv(e))::numeric, 1) AS headline,
       round((clm.clv(clm.apply(e, headline || rest)) - clm.clv(e))::numeric, 1) AS in_full
FROM telecom, (VALUES
    (1, ARRAY[('save desk', 'save', .2)]::clm.effect[], ARRAY[('save desk', 'revenue', -8)]::clm.effect[]),
    (2, ARRAY[('data plan', 'revenue', 6)]::clm.effect[], ARRAY[('data plan', 'service_cost', 3.2)]::clm.effect[]),
    (3, ARRAY[('IVR', 'service_cost', -1.5)]::clm.effect[], ARRAY[('IVR', 'churn', .004), ('IVR', 'cross_sell', -.5)]::clm.effect[]))
    v(n, headline, rest) ORDER BY n;
-- Lever prioritisation: value alone, share of the joint value, stop list
CREATE TEMP TABLE programme AS
    SELECT ARRAY[('save desk','save',.15),('save desk','revenue',-2),('IVR','service_cost',-1.5),('IVR','churn',.004),('IVR','cross_sell',-.5),
                 ('data plan','revenue',6),('data plan','service_cost',1.5)]::clm.effect[] AS effects;
-- Row by row, with the same initiatives again and with others
SELECT i, round(sum(v.joint)::numeric, 2) AS joint, round(sum(alone)::numeric, 2) AS alone
FROM telecom, programme, generate_series(1, 5) i, LATERAL clm.lever_value(e, CASE WHEN i <= 3 THEN effects ELSE effects[:1] END) v GROUP BY i ORDER BY i;
SELECT v.initiative, round(alone::numeric, 2) AS alone, round(shapley::numeric, 2) AS shapley, round(joint::numeric, 2) AS joint,
       round((v.shapley - v.alone)::numeric, 2) AS interaction, v.shapley < 0 AS destroys_value
FROM telecom, programme, clm.lever_value(e, effects) v ORDER BY shapley DESC;
-- Rows come in the order of the first effects; alone and joint are differences of clv; shares add up to the joint value
SELECT initiative, n FROM telecom, programme, clm.lever_value(e, effects) WITH ORDINALITY v(initiative, alone, shapley, joint, n);
SELECT bool_and(abs(alone - (clm.clv(clm.apply(e, (SELECT array_agg(f) FROM unnest(effects) f WHERE f.initiative = v.initiative))) - clm.clv(e))) < 1e-9) AS alone,
       bool_and(abs(joint - (clm.clv(clm.apply(e, effects)) - clm.clv(e))) < 1e-9) AS joint, abs(sum(shapley) - max(joint)) < 1e-9 AS sum
FROM telecom, programme, clm.lever_value(e, effects) v;
-- Shares by hand: the mean over the six orders of three initiatives
WITH name AS (SELECT row_number() OVER () AS k, initiative FROM telecom, programme, clm.lever_value(e, effects)),
     coalition AS (SELECT s, clm.clv(clm.apply(e, coalesce((SELECT array_agg(f) FROM unnest(effects) f JOIN name USING (initiative) WHERE s >> (k::int - 1) & 1 = 1), '{}'))) AS v
                   FROM telecom, programme, generate_series(0, 7) s),
     term AS (SELECT initiative, CASE a.s WHEN 0 THEN 2 WHEN (7 - (1 << (k::int - 1))) THEN 2 ELSE 1 END / 6.0 * (b.v - a.v) AS gain
              FROM name, coalition a JOIN coalition b ON b.s > a.s WHERE a.s >> (k::int - 1) & 1 = 0 AND b.s = a.s + (1 << (k::int - 1)))
SELECT bool_and(abs(shapley - by_hand) < 1e-9) AS same
FROM (SELECT initiative, sum(gain) AS by_hand FROM term GROUP BY 1) h JOIN (SELECT v.* FROM telecom, programme, clm.lever_value(e, effects) v) l USING (initiative);
-- Eleven initiatives: equal ones have equal shares, one that does nothing has 0
SELECT count(*), round(max(alone)::numeric, 4) AS alone, count(DISTINCT round(shapley::numeric, 9)) AS shares, min(shapley) AS nothing,
       abs(sum(shapley) - max(joint)) < 1e-9 AS sum, abs(max(joint) - (clm.clv(clm.apply(max(e::text)::clm.economics, ARRAY[('all', 'save', .2)]::clm.effect[])) - clm.clv(max(e::text)::clm.economics))) < 1e-9 AS joint
FROM telecom, LATERAL clm.lever_value(e, (SELECT array_agg(('no. ' || n, 'save', CASE n WHEN 11 THEN 0 ELSE .02 END)::clm.effect ORDER BY n) FROM generate_series(1, 11) n)) v;
-- For each customer, the effects from a table
CREATE TEMP TABLE customer AS
    SELECT id, clm.economics(revenue => 20 + id, service_cost => 3, churn => .02 + id * .001) AS e,
           ARRAY[('a', 'revenue', id), ('b', CASE WHEN id % 2 = 0 THEN 'save' ELSE 'cross_sell' END, .1)]::clm.effect[] AS effects
    FROM generate_series(1, 4) id;
SELECT id, initiative, round(alone::numeric, 2) AS alone, round(shapley::numeric, 2) AS shapley FROM customer, clm.lever_value(e, effects) ORDER BY 1, 2;
SELECT id, (clm.lever_value(e, effects)).initiative FROM customer ORDER BY 1, 2;
-- apply leaves the fields alone that no effect moves
SELECT clm.apply(ROW(NULL, 5, 10, NULL, NULL, NULL, NULL, NULL, NULL, NULL, .3, NULL, NULL, NULL, NULL, NULL)::clm.economics,
                 ARRAY[('a', 'revenue', 2), ('b', 'revenue', -1), ('b', 'price', .1), ('a', 'churn', -.1), ('b', 'churn', -.2)]::clm.effect[]);
-- No effects
SELECT clm.apply(e, '{}') = e AS empty, clm.apply(e, NULL) IS NULL AS no_array, clm.apply(NULL, '{}') IS NULL AS no_economics,
       (SELECT count(*) FROM clm.lever_value(e, '{}')) AS empty_rows, (SELECT count(*) FROM clm.lever_value(e, NULL)) AS no_array_rows,
       (SELECT count(*) FROM clm.lever_value(NULL, effects)) AS no_economics_rows FROM telecom, programme;
SELECT clm.margin(NULL) AS margin, clm.retention(NULL) AS retention, clm.clv(NULL::clm.economics) AS clv, clm.elasticity(NULL, 'churn') AS elasticity,
       clm.elasticity(e, NULL) AS no_driver, clm.breakeven(e, NULL) AS breakeven, clm.breakeven(e, 'churn', NULL) AS no_target FROM telecom;

-- Elasticities of the value at the end of each period: that in advance less the first margin, 100, and acquisition cost
SELECT round(clm.elasticity(clm.apply(e, ARRAY[('', 'acquisition_cost', -60)]::clm.effect[]), 'renewal')::numeric, 2) AS retention_gross,
       round(clm.elasticity(e, 'renewal')::numeric, 2) AS retention, round(clm.elasticity(e, 'discount')::numeric, 2) AS discount
FROM clm.economics(revenue => 100, expiring => 1, renewal => .8, discount => .1, acquisition_cost => 160) e;
SELECT round(clm.elasticity(e, 'revenue')::numeric, 2) AS margin, round(clm.elasticity(e, 'acquisition_cost')::numeric, 2) AS acquisition_cost
FROM clm.economics(revenue => 100, churn => .2, discount => .1, conversion => .8 / 1.1, acquisition_cost => 60) e;
-- Every driver against central differences with h = 1e-5 max(|x|, 1)
SELECT driver, abs(clm.elasticity(e, driver) - x / clm.clv(e) * (clm.clv(clm.apply(e, ARRAY[('', driver, h)]::clm.effect[])) - clm.clv(clm.apply(e, ARRAY[('', driver, -h)]::clm.effect[]))) / (2 * h)) < 1e-6 AS same
FROM clm.economics(.5, 3, 60, 8, 2, 1.1, .8, .1, -1, .2, .05, .02, .01, .4, .45, .02) e,
    LATERAL (SELECT key AS driver, value::float8 AS x, 1e-5 * greatest(abs(value::float8), 1) AS h FROM json_each_text(to_json(e))) d ORDER BY driver;
-- None where the value is not positive; 0 for a driver that is 0
SELECT clm.elasticity(clm.economics(revenue => 1, churn => .1, acquisition_cost => 50), 'churn') AS loss, clm.elasticity(clm.economics(), 'churn') AS nothing,
       clm.elasticity(e, 'cross_sell') AS zero, clm.elasticity(clm.economics(revenue => 1, churn => .1, discount => 0), 'winback') AS undiscounted FROM telecom;

-- Break-even: how much churn a price rise of 10 % may cost
SELECT round((1 - clm.breakeven(clm.economics(revenue => 110, acquisition_cost => 110, churn => .2, discount => .1), 'churn', 266.67))::numeric, 4) AS retention;
-- For every driver the value there is the target
SELECT driver, x AS present, round(at::numeric, 6) AS breakeven, round((clm.clv(clm.apply(e, ARRAY[('', driver, at - x)]::clm.effect[])) / target)::numeric, 12) AS clv_to_target
FROM clm.economics(.5, 3, 60, 8, 2, 1.1, .8, .1, -1, .2, .05, .02, .01, .4, .45, .02) e, LATERAL (SELECT clm.clv(e) * .97 AS target) t,
    LATERAL (SELECT key AS driver, value::float8 AS x FROM json_each_text(to_json(e))) d, LATERAL (SELECT clm.breakeven(e, driver, target) AS at) b ORDER BY driver;
-- The target is 0 unless given; the value of a driver may be a limit of its domain
SELECT round(clm.breakeven(e, 'acquisition_cost')::numeric, 2) AS acquisition_cost, clm.breakeven(e, 'save', clm.clv(e)) AS save,
       clm.breakeven(clm.economics(revenue => 100, churn => .2), 'churn', 100 * 1.01 / .01) < 1e-15 AS no_churn FROM telecom;
-- None: beyond the domain, without effect
SELECT clm.breakeven(clm.economics(revenue => 100, churn => .2), 'revenue', -1) AS negative, clm.breakeven(clm.economics(revenue => 100, churn => .2), 'churn', 10101) AS too_much,
       clm.breakeven(clm.economics(revenue => 100, churn => .2), 'renewal', 5) AS no_contract, clm.breakeven(clm.economics(), 'churn') AS nothing;
-- Two discounts lead to the same value where a small margin must pay for looking after the lost: the nearest counts
SELECT i AS "from", round(x::numeric, 6) AS discount, round(clm.clv(clm.economics(revenue => 4, churn => .2, winback_cost => 3, discount => x))::numeric, 9) AS clv
FROM (VALUES (.1), (.3), (9)) v(i), LATERAL (SELECT clm.breakeven(clm.economics(revenue => 4, churn => .2, winback_cost => 3, discount => i), 'discount', 4.3) AS x) b;

-- Limits of the domain, and outside it
SELECT clm.clv(clm.economics(conversion => 1.1));
SELECT clm.clv(clm.economics(conversion => -.1));
SELECT clm.margin(clm.economics(acquisition_cost => -1));
SELECT clm.retention(clm.economics(revenue => -60));
SELECT clm.clv(clm.economics(service_cost => -1.5));
SELECT clm.clv(clm.economics(price => -.01));
SELECT clm.clv(clm.economics(renewal => 2));
SELECT clm.clv(clm.economics(expiring => 1.0000001));
SELECT clm.clv(clm.economics(save => 1.15));
SELECT clm.clv(clm.economics(churn => 3));
SELECT clm.clv(clm.economics(bad_debt => -.02));
SELECT clm.clv(clm.economics(winback => 5));
SELECT clm.clv(clm.economics(winback_cost => -1));
SELECT clm.clv(clm.economics(gross_margin => 45));
SELECT clm.clv(clm.economics(discount => -1));
SELECT clm.elasticity(clm.economics(churn => 3), 'churn');
SELECT clm.breakeven(clm.economics(churn => 3), 'churn');
SELECT clm.apply(clm.economics(churn => 3), '{}');
SELECT clm.lever_value(clm.economics(churn => 3), '{}');
-- What is not finite, in each field
CREATE FUNCTION pg_temp.does(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value float8;
BEGIN
    EXECUTE 'SELECT ' || expression INTO value;
    RETURN CASE WHEN value IS NULL THEN 'null' WHEN value IN ('NaN', 'infinity', '-infinity') THEN 'not finite' ELSE 'value' END;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
SELECT key COLLATE "C" AS field, string_agg(DISTINCT pg_temp.does(format('clm.clv(clm.economics(%I => %L))', key, v)), ', ') AS clv,
       string_agg(DISTINCT pg_temp.does(format('(SELECT max(joint) FROM clm.lever_value(clm.economics(churn => .1), ARRAY[(''a'', %L, %L)]::clm.effect[]))', key, v)), ', ') AS delta,
       string_agg(DISTINCT pg_temp.does(format('clm.breakeven(clm.economics(), %L, %L)', key, v)), ', ') AS target
FROM json_each_text(to_json(clm.economics())), (VALUES ('NaN'), ('Infinity'), ('-Infinity')) b(v) GROUP BY 1 ORDER BY 1;
-- What is extreme: never a value that is not finite
SELECT key COLLATE "C" AS field, string_agg(v || ' ' || pg_temp.does(format('clm.clv(clm.economics(revenue => %L, churn => .1, winback => .1, %I => %L))', CASE key WHEN 'revenue' THEN NULL ELSE '10' END, key, v)), ', ' ORDER BY n) AS clv
FROM json_each_text(to_json(clm.economics())), (VALUES (1, '1e308'), (2, '-1e308'), (3, '1e-300'), (4, '-0'), (5, '1')) b(n, v)
WHERE key NOT IN ('revenue', 'churn', 'winback') GROUP BY 1 ORDER BY 1;
-- An infinite sum is an error
\set VERBOSITY default
SELECT clm.clv(clm.economics(revenue => 10, discount => 0));
SELECT clm.clv(clm.economics(revenue => 10, churn => .1, winback => .1, discount => 0));
\set VERBOSITY terse
SELECT clm.clv(clm.economics(revenue => 10, churn => .1, discount => -.1));
SELECT clm.elasticity(clm.economics(revenue => 10, discount => 0), 'revenue');
SELECT clm.breakeven(clm.economics(revenue => 10, discount => 0), 'revenue', 5);
SELECT clm.clv(clm.economics(revenue => 1e308, churn => .01));
SELECT clm.margin(clm.economics(revenue => 1e308, price => 10));
-- A driver that does not exist
\set VERBOSITY default
SELECT clm.elasticity(clm.economics(), 'arpu');
\set VERBOSITY terse
SELECT clm.breakeven(clm.economics(), 'Churn');
SELECT clm.apply(clm.economics(), ARRAY[('a', '', 1)]::clm.effect[]);
SELECT clm.lever_value(clm.economics(), ARRAY[('a', 'churn ', .1)]::clm.effect[]);
-- Effects with something missing
SELECT clm.apply(clm.economics(), ARRAY[(NULL, 'churn', .1)]::clm.effect[]);
SELECT clm.apply(clm.economics(), ARRAY[('a', NULL, .1)]::clm.effect[]);
SELECT clm.apply(clm.economics(), ARRAY[('a', 'churn', NULL)]::clm.effect[]);
SELECT clm.apply(clm.economics(), ARRAY[NULL]::clm.effect[]);
SELECT clm.lever_value(clm.economics(), ARRAY[('a', 'churn', .1), NULL]::clm.effect[]);
SELECT clm.apply(clm.economics(), ARRAY[('a', 'churn', 'NaN')]::clm.effect[]);
SELECT clm.apply(clm.economics(), ARRAY[[('a', 'churn', .1)], [('b', 'churn', .1)]]::clm.effect[]);
-- Effects that lead out of the domain
SELECT clm.apply(clm.economics(save => .3), ARRAY[('save desk', 'save', .85)]::clm.effect[]);
SELECT clm.apply(clm.economics(service_cost => 1), ARRAY[('IVR', 'service_cost', -1.5), ('plan', 'service_cost', -1)]::clm.effect[]);
SELECT clm.apply(clm.economics(), ARRAY[('a', 'discount', -1.01)]::clm.effect[]);
SELECT clm.apply(clm.economics(revenue => 1.7e308), ARRAY[('a', 'revenue', 1.7e308)]::clm.effect[]);
-- but for rounding
SELECT (clm.apply(clm.economics(churn => .3, save => .7), ARRAY[('a', 'churn', -.1), ('b', 'churn', -.2), ('a', 'save', .1), ('b', 'save', .2)]::clm.effect[])).*;
-- Initiatives of which a combination leads out of the domain, though all together do not
SELECT clm.retention(clm.apply(clm.economics(renewal => .5, expiring => 1), effects)) FROM (SELECT ARRAY[('a', 'renewal', .6), ('b', 'renewal', -.3)]::clm.effect[] AS effects) q;
\set VERBOSITY default
SELECT clm.lever_value(clm.economics(renewal => .5, expiring => 1), ARRAY[('a', 'renewal', .6), ('b', 'renewal', -.3)]::clm.effect[]);
-- or to an infinite sum
SELECT clm.lever_value(clm.economics(revenue => 10, churn => .1, discount => 0), ARRAY[('save desk', 'save', .5), ('call back', 'winback', .1)]::clm.effect[]);
SELECT clm.lever_value(clm.economics(revenue => 10, discount => 0), ARRAY[('save desk', 'save', .5)]::clm.effect[]);
SELECT clm.lever_value(clm.economics(revenue => 10, churn => .01), ARRAY[('a', 'revenue', 1e308), ('b', 'churn', .5)]::clm.effect[]);
-- Twelve initiatives
SELECT clm.lever_value(clm.economics(), (SELECT array_agg(('no. ' || n, 'revenue', 1)::clm.effect ORDER BY n) FROM generate_series(1, 12) n));
\set VERBOSITY terse
-- twelve effects of fewer are none too many, and apply takes any number
SELECT count(*) FROM clm.lever_value(clm.economics(), (SELECT array_agg(('no. ' || n % 11, 'revenue', 1)::clm.effect ORDER BY n) FROM generate_series(1, 100) n));
SELECT (clm.apply(clm.economics(), (SELECT array_agg(('no. ' || n, 'revenue', 1)::clm.effect ORDER BY n) FROM generate_series(1, 100000) n))).revenue;

-- Sums that miss the border of the domain by rounding only stay inside it, in whichever order they are taken
SELECT initiative, joint
FROM clm.lever_value(clm.economics(discount => 0), ARRAY[('a', 'discount', -(1 - 2.0::float8 ^ (-53))), ('b', 'price', 0), ('c', 'price', 0), ('d', 'price', 0),
    ('e', 'price', 0), ('f', 'price', 0), ('g', 'discount', -2.0::float8 ^ (-55)), ('h', 'discount', -2.0::float8 ^ (-55)), ('i', 'discount', -2.0::float8 ^ (-55))]::clm.effect[]);
SELECT clm.lever_value(clm.economics(revenue => 1.7e308), ARRAY[('a', 'cross_sell', 1e308), ('b', 'cross_sell', 1e308)]::clm.effect[]);
-- No negative zero
SELECT clm.clv(clm.economics()) AS nothing, clm.clv(clm.economics(conversion => 0, service_cost => 5, churn => .1)) AS nobody, clm.clv(-100, 0, .1) AS end_timing;
-- Next to the pole of the value there is no break-even
SELECT clm.breakeven(clm.economics(discount => 1e-16, churn => .735), 'expiring', 1e308) IS NULL AS no_solution;
-- The discount of the highest value of all solves for that value, although rounding has the parabola miss it
SELECT round(clm.breakeven(e, 'discount', clm.clv(e))::numeric, 4) AS discount
FROM (SELECT clm.economics(acquisition_cost => 0.36019689290095247, revenue => 52.989617584720605, churn => 0.6499258847149583,
                           winback => 0.020330063735010173, winback_cost => 120.77883054150504, discount => 8.669693684011449) AS e) q;
