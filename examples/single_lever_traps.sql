-- What goes wrong when only one lever is looked at?
-- For: whoever is about to cut a cost or push a tariff. headline: what the measure promises by the one driver that it is
-- meant to move; full: with what it does to the others, too. The sizes are examples: replace them by your own through
-- clm.side_effect_user. Customers bring 60 a month, as in lever_priorities.sql.
-- Needs: no table; the numbers of the company stand in it
-- Source: the side effects are those described in telecom practice.
WITH base AS (
    SELECT clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03, bad_debt => .02,
                         winback => .005, discount => .01, acquisition_cost => 55) AS e
)
SELECT trap, zh AS "单一杠杆", round((clm.clv(clm.apply(e, headline)) - clm.clv(e))::numeric, 1) AS headline,
       round((clm.clv(clm.apply(e, whole)) - clm.clv(e))::numeric, 1) AS full, side_effects AS "副作用"
FROM base, (SELECT trap, zh, array_agg(ROW(trap, driver, delta)::clm.effect
                                       ORDER BY sort) FILTER (WHERE headline) AS headline,
                   array_agg(ROW(trap, driver, delta)::clm.effect ORDER BY sort) AS whole,
                   string_agg(description_zh, '；' ORDER BY sort) FILTER (WHERE NOT headline) AS side_effects
            FROM clm.side_effect GROUP BY trap, zh) s
ORDER BY trap;

-- How large may the side effect be until nothing is left of the promise? Each trap's measure, and the driver of its side
-- effect where the value is what it was.
WITH base AS (
    SELECT clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03, bad_debt => .02,
                         winback => .005, discount => .01, acquisition_cost => 55) AS e
)
SELECT measure, driver, (to_jsonb(e) ->> driver)::float8 AS today,
       round(clm.breakeven(clm.apply(e, ARRAY[ROW(measure, lever, delta)::clm.effect]), driver, clm.clv(e))::numeric,
             4) AS breakeven
FROM base, (VALUES ('plan optimisation', 'save', .20, 'revenue'), ('new data service', 'revenue', 6, 'service_cost'),
            ('IVR', 'service_cost', -1.5, 'churn')) x(measure, lever, delta, driver)
ORDER BY measure;
