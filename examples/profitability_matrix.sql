-- Which customers are profitable and loyal, which one without the other, and which neither?
-- For: resource allocation. The customer profitability matrix (麦肯锡客户盈利性矩阵): contribution against retention, both as a score
-- from 0 to 100 among all customers, cut at 50.
-- Needs: c(id, h), model(m), service(id, cost)
-- Source: McKinsey & Company, customer profitability matrix; Shapiro, Rangan, Moriarty & Ross 1987.

-- The six columns and the class, of the customers with the highest value to come.
WITH year AS (
    SELECT id, s.cost, clm.occasions(h, date :'d' - 365, date :'d') AS orders,
           clm.total(h, date :'d' - 365, date :'d') AS sales,
           clm.churn_score(h, date :'d', m, 90) AS churn, clm.clv(h, date :'d', m, 365, .10, .45) AS ltv
    FROM c JOIN service s USING (id), model
), scored AS (
    SELECT *, 100 * percent_rank() OVER (ORDER BY .45 * sales - cost) AS contribution_score,
           100 * percent_rank() OVER (ORDER BY 1 - churn) AS retention_score
    FROM year
)
SELECT id AS "客户", round(ltv::numeric, 2) AS "LTV", round((cost / nullif(orders, 0))::numeric, 2) AS "每次服务成本",
       round((sales / nullif(orders, 0))::numeric, 2) AS "每次消费金额", round(contribution_score::numeric, 1) AS "贡献度得分",
       round(retention_score::numeric, 1) AS "持续性得分",
       clm.matrix('profitability', contribution_score, retention_score, 50, 50, 'zh') AS "类型"
FROM scored ORDER BY ltv DESC, id LIMIT 8;

-- Class totals: numbers beside values, so that volume is not mistaken for value.
WITH year AS (
    SELECT s.cost, clm.total(h, date :'d' - 365, date :'d') AS sales, clm.churn_score(h, date :'d', m, 90) AS churn,
           clm.clv(h, date :'d', m, 365, .10, .45) AS ltv
    FROM c JOIN service s USING (id), model
), class AS (
    SELECT *, clm.matrix('profitability', contribution_score, retention_score, 50, 50, 'en') AS en,
           clm.matrix('profitability', contribution_score, retention_score, 50, 50, 'zh') AS zh
    FROM (SELECT *, 100 * percent_rank() OVER (ORDER BY .45 * sales - cost) AS contribution_score,
                 100 * percent_rank() OVER (ORDER BY 1 - churn) AS retention_score
          FROM year) x
)
SELECT en AS class, zh AS "类型", count(*) AS customers,
       round((100.0 * count(*) / sum(count(*)) OVER ())::numeric, 1) AS "% of customers",
       round(sum(.45 * sales - cost)::numeric) AS contribution, round(sum(ltv)::numeric) AS ltv,
       round((100 * sum(ltv) / sum(sum(ltv)) OVER ())::numeric, 1) AS "% of ltv"
FROM class GROUP BY en, zh ORDER BY ltv DESC, class;

-- Net price against cost to serve, of those who bought in the year; both a year and customer, cut at the mean.
WITH year AS (
    SELECT s.cost / clm.occasions(h, date :'d' - 365, date :'d') AS cost_to_serve,
           clm.total(h, date :'d' - 365, date :'d') / clm.occasions(h, date :'d' - 365, date :'d') AS net_price,
           .45 * clm.total(h, date :'d' - 365, date :'d') - s.cost AS contribution
    FROM c JOIN service s USING (id) WHERE clm.occasions(h, date :'d' - 365, date :'d') > 0
), cut AS (
    SELECT avg(net_price) AS price_cut, avg(cost_to_serve) AS cost_cut FROM year
)
SELECT clm.matrix('price_cost', net_price, cost_to_serve, price_cut, cost_cut, 'en') AS class,
       clm.matrix('price_cost', net_price, cost_to_serve, price_cut, cost_cut, 'zh') AS "类型", count(*) AS customers,
       round(avg(net_price)::numeric, 2) AS net_price, round(avg(cost_to_serve)::numeric, 2) AS cost_to_serve,
       round(sum(contribution)::numeric) AS contribution
FROM year, cut GROUP BY 1, 2 ORDER BY contribution DESC, class;

-- Value against risk: who deserves a call in person.
WITH today AS (
    SELECT clm.clv(h, date :'d', m, 365, .10, .45) AS value, clm.churn_score(h, date :'d', m, 90) AS risk
    FROM c, model WHERE clm.occasions(h, NULL, date :'d') > 0
), cut AS (
    SELECT percentile_cont(.8) WITHIN GROUP (ORDER BY value) AS value_cut FROM today
)
SELECT clm.matrix('value_risk', value, risk, value_cut, .5, 'en') AS class,
       clm.matrix('value_risk', value, risk, value_cut, .5, 'zh') AS "类型",
       count(*) AS customers, round(avg(value)::numeric, 2) AS value, round(avg(risk)::numeric, 2) AS risk
FROM today, cut GROUP BY 1, 2 ORDER BY value DESC, class;
