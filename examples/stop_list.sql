-- On which customers do we lose money, can it be mended, and where should we stop?
-- For: service management. Customers whose yearly contribution is negative and whose value to come does not cover a year of
-- service. reduce: serving them through digital channels (70 % off the service cost, at 10 % more churn) makes them
-- profitable; stop: it does not. What is saved goes to the best customers.
-- Needs: c(id, region, h), model(m), service(id, cost)
-- Source: customer profitability matrix; Shapiro et al. 1987.
WITH year AS (
    SELECT id, s.cost, clm.total(h, date :'d' - 365, date :'d') AS sales,
           coalesce(clm.clv(h, date :'d', m, 365, .10, .45), 0) AS to_come,
           clm.economics(revenue => greatest(clm.total(h, date :'d' - 365, date :'d'), 0) / 12, gross_margin => .45,
                         service_cost => s.cost / 12,
                         churn => least(.9, 1 - (1 - clm.churn_score(h, date :'d', m, 90)) ^ (1 / 3.0)), discount => .01) AS e
    FROM c JOIN service s USING (id), model WHERE clm.lifecycle_stage(h, date :'d') <> 'churned'
), judged AS (
    SELECT *, clm.clv(e) AS value_now,
           clm.clv(clm.apply(e, ARRAY[('digital', 'service_cost', -.7 * (e).service_cost),
                                      ('digital', 'churn', .1 * (e).churn)]::clm.effect[])) AS value_digital
    FROM year WHERE .45 * sales < cost AND to_come < cost
)
SELECT CASE WHEN value_digital > 0 THEN 'reduce' ELSE 'stop' END AS action,
       CASE WHEN value_digital > 0 THEN '减少投入，转数字渠道' ELSE '终止服务，资源转移' END AS "措施", count(*) AS customers,
       round(sum(sales)::numeric) AS sales, round(sum(cost)::numeric) AS service_cost,
       round(sum(.45 * sales - cost)::numeric) AS contribution,
       round(sum(value_now)::numeric) AS value_now, round(sum(value_digital)::numeric) AS value_digital,
       round(sum(CASE WHEN value_digital > 0 THEN .7 * cost ELSE cost END)::numeric) AS freed
FROM judged GROUP BY 1, 2 ORDER BY 1;

-- The customers concerned, the largest losses first.
WITH year AS (
    SELECT id, region, s.cost, clm.total(h, date :'d' - 365, date :'d') AS sales,
           coalesce(clm.clv(h, date :'d', m, 365, .10, .45), 0) AS to_come, clm.lifecycle_stage(h, date :'d') AS stage
    FROM c JOIN service s USING (id), model WHERE clm.lifecycle_stage(h, date :'d') <> 'churned'
)
SELECT id, region, stage, round(sales::numeric, 2) AS sales, cost, round((.45 * sales - cost)::numeric, 2) AS contribution,
       round(to_come::numeric, 2) AS to_come
FROM year WHERE .45 * sales < cost AND to_come < cost ORDER BY .45 * sales - cost, id LIMIT 8;
