-- Which of our eleven value levers is furthest from what is possible, and what would closing the gap be worth?
-- For: the start of a CLM programme, and then every year. Each driver is measured in our own tables, compared with a
-- benchmark (that of the best company of the group), and moved there alone. elasticity: % change of lifetime value for 1 %
-- more of the driver; a driver without data is left out. A price never moves alone: the customers whom a rise drives away
-- belong to it as an effect on churn (the second table shows how many it can bear), and without that effect, as here, its
-- elasticity and the value of its gap are too high.
-- Needs: c(h), arrears(pd, lgd, balance), contract(id), expiry(renewed), ledger(lever, amount), prospect(cost, converted),
-- service(cost), subscription(started_on, ended_on)
-- Source: Gupta, Lehmann & Stuart 2004 (elasticities).
WITH measured AS (
    SELECT clm.economics(
               conversion => (SELECT avg(converted::int) FROM prospect WHERE converted IS NOT NULL),
               acquisition_cost => (SELECT sum(cost) / (SELECT count(*) FROM prospect WHERE converted IS NOT NULL)
                                    FROM prospect WHERE converted IS NOT NULL),
               revenue => (SELECT avg(greatest(clm.total(h, date :'d' - 90, date :'d'), 0)) / 3 FROM c
                           WHERE clm.occasions(h, date :'d' - 90, date :'d') > 0),
               service_cost => (SELECT avg(cost) / 12 FROM service),
               cross_sell => .5, price => 1,
               renewal => (SELECT avg(renewed::int) FROM expiry),
               expiring => (SELECT count(*) / 11.0 / (SELECT count(id) FROM contract) FROM expiry),
               migration => (SELECT sum(amount) / 3 / (SELECT count(*) FROM service) FROM ledger WHERE lever = 'migration'),
               save => .10,
               churn => (SELECT count(*) FILTER (WHERE ended_on <= date :'d')
                                / sum((least(ended_on, date :'d') - started_on) / 30.0 + 1)::float8
                         FROM subscription WHERE started_on <= date :'d'),
               bad_debt => (SELECT sum(clm.expected_loss(pd, lgd, balance)) FROM arrears)
                           / (SELECT sum(clm.total(h, date :'d' - 90, date :'d')) FROM c),
               winback => .004, winback_cost => .05, gross_margin => .45, discount => .01) AS e
), benchmark (driver, best) AS (
    VALUES ('conversion', .10), ('acquisition_cost', 6), ('revenue', 85), ('service_cost', 2.0), ('cross_sell', 1.5),
        ('price', 1.02), ('renewal', .85), ('migration', .15),
           ('save', .25), ('bad_debt', .003), ('winback', .010)
)
SELECT l.n, l.en AS lever, l.zh AS "价值杠杆", driver, round(own::numeric, 4) AS own, best,
       round(clm.elasticity(e, driver)::numeric, 3) AS elasticity,
       round((clm.clv(clm.apply(e, ARRAY[ROW('gap', driver, best - own)::clm.effect])) - clm.clv(e))::numeric,
             3) AS value_of_the_gap,
       rank() OVER (ORDER BY clm.clv(clm.apply(e, ARRAY[ROW('gap', driver, best - own)::clm.effect])) DESC) AS priority
FROM measured, benchmark JOIN clm.lever l USING (driver), LATERAL (SELECT (to_jsonb(e) ->> driver)::float8 AS own) o
WHERE own IS NOT NULL ORDER BY l.n;

-- What a price rise may cost: the churn at which a margin of 110 instead of 100 is worth no more (paid at the start of a
-- period).
SELECT round((today).churn::numeric, 4) AS churn, round(clm.breakeven(later, 'churn', clm.clv(today))::numeric, 4) AS breakeven
FROM (SELECT clm.economics(revenue => 100, churn => .2, discount => .1) AS today,
             clm.economics(revenue => 110, churn => .2, discount => .1) AS later) x;

-- A worked example: margin 100, retention .8, discount 10 %; with acquisition cost 60 the elasticities are those of the net
-- value.
SELECT round((clm.clv(100, .808, .1) / clm.clv(100, .8, .1) - 1)::numeric, 4) AS "1 % more retention",
       round((1.1 / (1.1 - .8)), 2) AS elasticity_of_retention,
       round((v / (v - 60))::numeric, 2) AS of_margin, round((1.1 / .3 * v / (v - 60))::numeric, 2) AS of_retention,
       round((-.1 / .3 * v / (v - 60))::numeric, 2) AS of_discount,
       round((-60 / (v - 60))::numeric, 2) AS of_acquisition_cost,
       round((1.1 * v / (110 + v))::numeric, 4) AS breakeven_retention
FROM (SELECT clm.clv(100, .8, .1) AS v) x;
