-- What does marketing cost relative to sales, how do sales grow, and how steadily do we campaign?
-- For: the controller, monthly. cost: the ledger's lines of the levers that are marketing (consideration, acquisition,
-- renewal, retention, win-back); yoy: sales relative to the same month of the year before.
-- Needs: c(h), contact(day, touchpoint, inbound, topic), ledger(lever, day, amount)
-- Source: ratios of management accounting.
WITH month AS (
    SELECT date_trunc('month', date :'d')::date - (interval '1 month' * n) AS first, n FROM generate_series(0, 11) n
), base AS (
    SELECT clm.rollup(h) AS h FROM c
), spent AS (
    SELECT date_trunc('month', day) AS first, -sum(amount) AS cost FROM ledger
    WHERE lever IN ('consideration', 'acquisition', 'renewal', 'retention', 'winback') GROUP BY 1
)
SELECT to_char(first, 'YYYY-MM') AS month, round(sales::numeric) AS sales,
       round((100 * (sales / nullif(sales_before, 0) - 1))::numeric, 1) AS "yoy %",
       round(coalesce(cost, 0)::numeric) AS cost,
       round((100 * coalesce(cost, 0) / nullif(sales, 0))::numeric, 1) AS "cost % of sales"
FROM (SELECT month.first, clm.total(h, (first - interval '1 day')::date, (first + interval '1 month - 1 day')::date) AS sales,
             clm.total(h, (first - interval '1 year 1 day')::date, (first - interval '11 months 1 day')::date) AS sales_before
      FROM base, month) m
LEFT JOIN spent USING (first) ORDER BY first;

-- How steadily customers are approached: growth comes from continuous campaigns. Contacts by us with an offer, by
-- touchpoint: offers in the last 90 days, mean days between two days with an offer, and the longest pause.
SELECT touchpoint, sum(clm.occasions(h, date :'d' - 90, date :'d')) AS days_with_offers,
       round(max(clm.cadence(h))::numeric, 1) AS cadence, max(pause) AS longest_pause
FROM (SELECT touchpoint, clm.history(day) AS h FROM contact
      WHERE NOT inbound AND topic = 'offer' AND day BETWEEN date :'d' - 365 AND date :'d' GROUP BY touchpoint) x
JOIN (SELECT touchpoint, max(gap) AS pause
      FROM (SELECT touchpoint, day - lag(day) OVER (PARTITION BY touchpoint ORDER BY day) AS gap FROM contact
            WHERE NOT inbound AND topic = 'offer' AND day BETWEEN date :'d' - 365 AND date :'d') g
            GROUP BY touchpoint) p USING (touchpoint)
GROUP BY touchpoint ORDER BY touchpoint;
