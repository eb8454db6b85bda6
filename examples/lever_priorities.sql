-- Which initiatives come first, and which must be stopped?
-- For: the head of customer management, before the budget round. Each initiative is a set of changes of value drivers, side
-- effects included. alone: what it adds to the lifetime value of a customer by itself; shapley: its fair share when all run
-- together; interaction: the difference; net: shapley x customers reached - cost of the programme. What destroys value even
-- before its cost is to be stopped: ending it shows in the bottom line at once.
-- Needs: no table; the numbers of the company stand in it
-- Source: Shapley 1953; Gupta & Lehmann 2003.
WITH base AS (
    SELECT clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03, bad_debt => .02,
                         winback => .005,
                         discount => .01, acquisition_cost => 55) AS e
), programme (initiative, zh, customers, cost) AS (
    VALUES ('save desk', '挽留专席', 1200, 9000), ('IVR', '自动应答', 6000, 30000), ('data plan', '流量套餐', 2500, 40000),
           ('bill by e-mail', '电子账单', 6000, 5000), ('renewal call', '续约回访', 900, 6000)
), change AS (
    SELECT array_agg(ROW(initiative, driver, delta)::clm.effect ORDER BY initiative, driver) AS effects
    FROM (VALUES ('save desk', 'save', .15), ('save desk', 'revenue', -2), ('IVR', 'service_cost', -1.5),
          ('IVR', 'churn', .004),
                 ('IVR', 'cross_sell', -.5), ('data plan', 'revenue', 6), ('data plan', 'service_cost', 1.5),
                 ('bill by e-mail', 'service_cost', -.3), ('renewal call', 'churn', -.002),
                 ('renewal call', 'service_cost', .2)) x(initiative, driver, delta)
)
SELECT initiative, zh, round(alone::numeric, 2) AS alone, round(shapley::numeric, 2) AS shapley,
       round((shapley - alone)::numeric, 2) AS interaction, customers, round((shapley * customers - cost)::numeric) AS net,
       CASE WHEN shapley < 0 THEN 'stop 停止' WHEN shapley * customers < cost THEN 'not at this cost 暂缓'
       ELSE 'do 实施' END AS verdict
FROM base, change, LATERAL clm.lever_value(e, effects) v JOIN programme USING (initiative)
ORDER BY net DESC, initiative;

-- The shares add up to the joint effect: value of a customer today, with all initiatives, and without those to be stopped.
WITH base AS (
    SELECT clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03, bad_debt => .02,
                         winback => .005,
                         discount => .01, acquisition_cost => 55) AS e,
           ARRAY[('save desk', 'save', .15), ('save desk', 'revenue', -2), ('IVR', 'service_cost', -1.5),
                 ('IVR', 'churn', .004),
                 ('IVR', 'cross_sell', -.5), ('data plan', 'revenue', 6),
                 ('data plan', 'service_cost', 1.5)]::clm.effect[] AS effects
)
SELECT round(clm.clv(e)::numeric, 2) AS today, round(clm.clv(clm.apply(e, effects))::numeric, 2) AS with_all,
       round(sum(shapley)::numeric, 2) AS sum_of_shapley, round(min(joint)::numeric, 2) AS joint,
       round(clm.clv(clm.apply(e, effects[1:2] || effects[6:7]))::numeric, 2) AS without_ivr
FROM base, LATERAL clm.lever_value(e, effects) GROUP BY e, effects;
