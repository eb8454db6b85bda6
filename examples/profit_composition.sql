-- Where does each customer's profit come from, and how much of it do a few customers bring?
-- For: the controller and the head of customer management. Every line of the ledger belongs to one of the eleven value
-- levers.
-- Needs: c(id, h), ledger(customer_id, lever, amount)
-- Source: Kaplan & Narayanan 2001 (whale curve).

-- Profit by lever; in its order from winning customers to losing them.
SELECT l.n, l.en AS lever, l.zh AS "价值杠杆", count(DISTINCT customer_id) AS customers, round(sum(amount)::numeric) AS amount,
       round((sum(amount) / count(DISTINCT customer_id))::numeric, 2) AS per_customer,
       round((100 * sum(amount) / sum(sum(amount)) OVER ())::numeric, 1) AS "% of profit"
FROM ledger JOIN clm.lever l ON l.code = ledger.lever GROUP BY l.n, l.en, l.zh ORDER BY l.n;

-- The composition of the best three and the worst three customers.
WITH profit AS (
    SELECT customer_id, sum(amount) AS profit, row_number() OVER (ORDER BY sum(amount) DESC, customer_id) AS best,
           row_number() OVER (ORDER BY sum(amount), customer_id) AS worst
    FROM ledger GROUP BY customer_id
)
SELECT customer_id, round(profit::numeric, 2) AS profit,
       string_agg(format('%s %s', zh, round(amount::numeric)), '，' ORDER BY n) AS "利润组成"
FROM (SELECT customer_id, best, profit, n, zh, sum(amount) AS amount
      FROM profit JOIN ledger USING (customer_id) JOIN clm.lever l ON l.code = ledger.lever
      WHERE best <= 3 OR worst <= 3 GROUP BY customer_id, best, profit, n, zh) x
GROUP BY customer_id, best, profit ORDER BY best;

-- Concentration: the profit of the profitable alone is peak times the total; it is reached at peak_position of the customers;
-- top80_customers are the smallest set that brings 80 % of all positive profit: the high-value customers.
SELECT k.n, round(k.total::numeric) AS total, round(k.peak::numeric, 3) AS peak,
       round(k.peak_position::numeric, 3) AS peak_position,
       round(k.top20::numeric, 3) AS top20, round(k.loss::numeric, 3) AS loss, k.top80_customers,
       round(k.top80_share::numeric, 3) AS top80_share
FROM (SELECT clm.concentration(profit) AS c FROM (SELECT sum(amount) AS profit FROM ledger GROUP BY customer_id) p) q,
     LATERAL (SELECT (c).*) k;

-- The whale curve: customers from best to worst, and how much of the total profit they have brought so far.
WITH ranked AS (
    SELECT row_number() OVER best AS k, count(*) OVER () AS n, sum(profit) OVER best AS so_far, sum(profit) OVER () AS total
    FROM (SELECT customer_id, sum(amount) AS profit FROM ledger GROUP BY customer_id) p
    WINDOW best AS (ORDER BY profit DESC, customer_id ROWS UNBOUNDED PRECEDING)
)
SELECT 10 * tenth AS "% of customers", round((100 * so_far / nullif(total, 0))::numeric, 1) AS "% of profit"
FROM ranked, generate_series(1, 10) tenth WHERE k = n * tenth / 10 ORDER BY tenth;

-- Cost and contribution by stage: young relations cost before they bring anything.
SELECT stage, coalesce(clm.label(stage, 'relationship4', 'zh'), '不适用') AS "时期", count(*) AS customers,
       round(avg(income)::numeric, 2) AS income, round(avg(cost)::numeric, 2) AS cost,
       round(avg(income + cost)::numeric, 2) AS profit,
       round(100.0 * avg((income + cost < 0)::int), 1) AS "% with a loss"
FROM (SELECT clm.lifecycle_stage(h, date :'d') AS stage, coalesce(sum(amount) FILTER (WHERE amount > 0), 0) AS income,
             coalesce(sum(amount) FILTER (WHERE amount < 0), 0) AS cost
      FROM ledger JOIN c ON c.id = customer_id GROUP BY c.id, c.h) s
GROUP BY stage ORDER BY stage;

-- A worked example: ten customers, two of them with a loss.
SELECT k.total, k.gini, k.peak, k.peak_position, k.top20, k.loss
FROM (SELECT clm.concentration(v) AS c FROM unnest('{120,80,60,30,20,10,5,0,-25,-50}'::float8[]) v) q,
     LATERAL (SELECT (c).*) k;
