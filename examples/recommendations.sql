-- What goes together, what can be bundled, and what should be recommended to whom?
-- For: the shop, the call centre and whoever packs bundles. Of each pair of products: support, the share of baskets with
-- both; confidence, how many of those who buy the first buy the second; lift, how much more often than by chance; cosine,
-- the same without regard to how common both are; margin, what a basket with both brings by the two.
-- Needs: order_line(order_id, customer_id, day, product, amount), product(product, margin)
-- Source: Agrawal, Imieliński & Swami 1993; next product to buy: Knott, Hayes & Neslin 2002.
WITH line AS (
    SELECT order_id, product, amount * margin AS margin FROM order_line JOIN product USING (product) WHERE day <= date :'d'
), total AS (
    SELECT count(DISTINCT order_id) AS baskets FROM line
), single AS (
    SELECT product, count(*) AS n FROM line GROUP BY product
), pair AS (
    SELECT a.product AS a, b.product AS b, count(*) AS n, avg(a.margin + b.margin) AS margin
    FROM line a JOIN line b ON a.order_id = b.order_id AND a.product <> b.product GROUP BY a.product, b.product
)
SELECT pair.a AS "has", pair.b AS "also buys", pair.n, round(pair.n::numeric / baskets, 4) AS support,
       round(pair.n::numeric / x.n, 3) AS confidence,
       round(pair.n::numeric * baskets / x.n / y.n, 2) AS lift,
       round((pair.n / sqrt(x.n::float8 * y.n))::numeric, 3) AS cosine,
       round(pair.margin::numeric, 2) AS margin
FROM pair JOIN single x ON x.product = pair.a JOIN single y ON y.product = pair.b, total
WHERE pair.n >= 20 ORDER BY lift DESC, confidence DESC, "has", "also buys" LIMIT 12;

-- The next product for each customer: the one not had yet that those with the customer's products most often have, if its
-- expected margin is above the cost of the contact.
WITH owned AS (
    SELECT DISTINCT customer_id, product FROM order_line WHERE day <= date :'d'
), single AS (
    SELECT product, count(*) AS n FROM owned GROUP BY product
), rule AS (
    SELECT a.product AS a, b.product AS b, count(*)::float8 / s.n AS confidence
    FROM owned a JOIN owned b ON a.customer_id = b.customer_id AND a.product <> b.product
         JOIN single s ON s.product = a.product
    GROUP BY a.product, b.product, s.n
), worth AS (
    SELECT product, margin * avg(amount) * 3 AS value FROM order_line JOIN product USING (product) GROUP BY product, margin
), best AS (
    SELECT DISTINCT ON (o.customer_id) o.customer_id, b AS next_product, confidence, value,
           clm.offer_value(1, confidence * .2, value, 0, 1) AS profit
    FROM owned o JOIN rule ON rule.a = o.product JOIN worth ON worth.product = rule.b
    WHERE NOT EXISTS (SELECT FROM owned has WHERE has.customer_id = o.customer_id AND has.product = rule.b)
    ORDER BY o.customer_id, profit DESC, b
)
SELECT next_product, count(*) AS customers, round(avg(confidence)::numeric, 3) AS confidence,
       round(avg(value)::numeric, 2) AS value,
       count(*) FILTER (WHERE profit > 0) AS worth_a_contact, round(sum(greatest(profit, 0))::numeric) AS expected_profit
FROM best GROUP BY next_product ORDER BY expected_profit DESC, next_product;

-- A worked example: 1000 baskets, 400 with A, 300 with B, 200 with both.
SELECT round(ab / 1000, 3) AS support, round(ab / a, 3) AS confidence, round(ab * 1000 / a / b, 3) AS lift,
       round(ab / sqrt(a * b), 3) AS cosine
FROM (VALUES (400.0, 300.0, 200.0)) x(a, b, ab);
