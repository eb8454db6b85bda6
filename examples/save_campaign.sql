-- How many customers should a retention campaign reach, and what must the score be able to do for it to pay?
-- For: campaign planning. profit = N alpha {base lift [gamma V + delta (1 - gamma)] - delta - c} - A: alpha is the share
-- reached, best scores first, base the rate of churn of all, lift how much higher it is among those reached, gamma the
-- share of them who can be saved, V the value saved, delta the incentive (those who would have stayed take it too), c the
-- cost of contact, A the fixed cost.
-- Needs: c(id, h), model(m)
-- Source: Neslin et al. 2006.

-- The profit by share reached, from the backtest of the score: V = 200, gamma = .3, delta = 10, c = 1, A = 500.
-- needed: the lift that breaks even.
WITH past AS (
    SELECT clm.customer_model(h, date :'d' - 92) AS m FROM c
), ranked AS (
    SELECT lost, cume_dist() OVER (ORDER BY score DESC, id) AS share, avg(lost::int) OVER () AS base, count(*) OVER () AS n
    FROM (SELECT id, clm.churn_score(h, date :'d' - 92, m, 92) AS score,
                 clm.occasions(h, date :'d' - 92, date :'d') = 0 AS lost
          FROM c, past WHERE clm.lifecycle_stage(h, date :'d' - 92, m) NOT IN ('prospect', 'churned')) s
)
SELECT alpha, count(*) AS reached, round(avg(base), 3) AS base, round(avg(lost::int) / avg(base), 2) AS lift,
       round(11 / (avg(base) * (.3 * 200 + 10 * .7)), 2) AS needed,
       round(count(*) * (avg(lost::int) * (.3 * 200 + 10 * .7) - 11) - 500) AS profit
FROM ranked, unnest(ARRAY[.05, .10, .20, .30, .50, 1]) alpha WHERE share <= alpha
GROUP BY alpha ORDER BY alpha;

-- Customer by customer: each one has a value of his own. The offer is for those with a positive expected profit; threshold:
-- the churn probability above which a customer of average value gets it.
WITH today AS (
    SELECT clm.churn_score(h, date :'d', m, 90) AS churn,
           clm.clv(h, date :'d', m, 365, .10, .45) / nullif(clm.p_alive(h, date :'d', m), 0) AS value
    FROM c, model WHERE clm.occasions(h, NULL, date :'d') > 0 AND clm.lifecycle_stage(h, date :'d', m) <> 'churned'
)
SELECT count(*) AS customers, count(*) FILTER (WHERE profit > 0) AS to_reach,
       round(sum(profit) FILTER (WHERE profit > 0)::numeric) AS profit,
       round(sum(profit)::numeric) AS profit_of_all, round((11 / (.3 * avg(value) + 10 * .7))::numeric, 4) AS threshold
FROM (SELECT value, clm.offer_value(churn, .3, value, 10, 1) AS profit FROM today) x;

-- A worked example: N = 100000, alpha = .1, base .02, lift 4, V = 400, A = 2000; and one customer with churn .30.
SELECT round(b * l * (g * v + d * (1 - g)) - d - c, 2) AS per_contact,
       round(n * alpha * (b * l * (g * v + d * (1 - g)) - d - c) - a) AS profit,
       round((d + c) / (b * (g * v + d * (1 - g))), 2) AS lift_per_contact,
       round((d + c + a / (n * alpha)) / (b * (g * v + d * (1 - g))), 2) AS lift_with_fixed_cost,
       round(clm.offer_value(.30, .3, 400, 10, 1)::numeric, 2) AS one_customer,
       round((d + c) / (g * v + d * (1 - g)), 4) AS threshold
FROM (VALUES (100000.0, .1, .02, 4.0, .3, 400.0, 10.0, 1.0, 2000.0)) x(n, alpha, b, l, g, v, d, c, a);
