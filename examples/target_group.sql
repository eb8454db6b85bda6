-- Whom do we want, how deep are we with them, and how far do our own brands carry?
-- For: category and brand management. The group is women from 18 to 35 with a wallet of at least 100 a year. Deep: share of
-- wallet; wide: products held; and what the own brands bring.
-- Needs: c(id, age, gender, h), order_line(customer_id, day, product, amount), product(product, own_brand, margin),
-- wallet(id, category_spend)
-- Source: target groups of own-brand retailers.
WITH customer AS (
    SELECT c.id, gender = 'f' AND age BETWEEN 18 AND 35 AND category_spend >= 100 AS target, category_spend,
           greatest(clm.total(h, date :'d' - 365, date :'d'), 0) AS sales
    FROM c JOIN wallet USING (id)
), held AS (
    SELECT customer_id AS id, count(DISTINCT product) AS products, sum(amount) AS sold,
           sum(amount) FILTER (WHERE own_brand) AS own, sum(amount * margin) AS margin,
           sum(amount * margin) FILTER (WHERE own_brand) AS own_margin
    FROM order_line JOIN product USING (product) WHERE day > date :'d' - 365 AND day <= date :'d' GROUP BY customer_id
)
SELECT CASE WHEN target THEN 'target group' ELSE 'others' END AS customers, count(*) AS n,
       round(avg(category_spend)::numeric, 2) AS wallet,
       round((sum(least(sales, category_spend)) / sum(category_spend))::numeric, 3) AS share,
       round(avg(products), 2) AS products, round((100 * sum(own) / sum(sold))::numeric, 1) AS "own brand %",
       round((100 * sum(own_margin) / sum(own))::numeric, 1) AS "own margin %",
       round((100 * (sum(margin) - sum(own_margin)) / (sum(sold) - sum(own)))::numeric, 1) AS "other margin %"
FROM customer LEFT JOIN held USING (id) GROUP BY target ORDER BY target DESC;

-- By product, in the target group: penetration, sales and margin.
SELECT product, CASE WHEN own_brand THEN 'own' ELSE 'other' END AS brand, count(DISTINCT customer_id) AS buyers,
       round(100.0 * count(DISTINCT customer_id) / min(total), 1) AS "penetration %",
       round(sum(amount)::numeric) AS sales, round(sum(amount * margin)::numeric) AS margin
FROM order_line JOIN product USING (product) JOIN c ON c.id = customer_id JOIN wallet USING (id),
     LATERAL (SELECT count(*) AS total FROM c x JOIN wallet y USING (id)
              WHERE x.gender = 'f' AND x.age BETWEEN 18 AND 35 AND y.category_spend >= 100) t
WHERE gender = 'f' AND age BETWEEN 18 AND 35 AND category_spend >= 100 AND day > date :'d' - 365 AND day <= date :'d'
GROUP BY product, own_brand ORDER BY sales DESC, product;
