-- What customers do besides ordering: what is in the baskets, contacts, usage.

-- order_line: the products of each order. Each has a main product; what else is in the basket depends on it, on the customer,
-- and on how many orders came before.
CREATE TABLE product AS
    SELECT * FROM (VALUES ('mobile', true, .45), ('data', true, .60), ('tv', false, .35), ('handset', false, .15),
                          ('case', true, .55), ('roaming', true, .50)) p(product, own_brand, margin);
CREATE TABLE order_line AS
    WITH choice AS (
        SELECT order_id, customer_id, day, amount, row_number() OVER (PARTITION BY customer_id ORDER BY day, order_id) AS nth,
               one_of(ARRAY['mobile', 'mobile', 'mobile', 'data', 'data', 'handset', 'case'], draw(order_id, 'main')) AS main
        FROM orders WHERE amount > 0
    ), basket AS (
        SELECT order_id, customer_id, day, amount, main AS product FROM choice
        UNION
        SELECT order_id, customer_id, day, amount, 'case' FROM choice WHERE main = 'handset' AND draw(order_id, 'case') < .6
        UNION
        SELECT order_id, customer_id, day, amount, 'data' FROM choice WHERE main = 'mobile' AND draw(order_id, 'data') < .3
        UNION -- television and roaming are taken up late, and by some only
        SELECT order_id, customer_id, day, amount, 'tv' FROM choice
        WHERE nth > 4 AND draw(customer_id, 'tv') < .4 AND draw(order_id, 'tv') < .3
        UNION
        SELECT order_id, customer_id, day, amount, 'roaming' FROM choice
        WHERE nth > 6 AND draw(customer_id, 'roaming') < .3 AND draw(order_id, 'roaming') < .3
    )
    SELECT order_id, customer_id, day, product, amount / count(*) OVER (PARTITION BY order_id) AS amount FROM basket;

-- contact: who talked to whom, when, at which touchpoint (see clm.touchpoint) and about what; complaints have the day on
-- which they were resolved.
CREATE TABLE contact AS
    SELECT customer_id, day, touchpoint, inbound, topic,
           CASE WHEN topic = 'complaint' AND draw(n, 'resolved') < .85 AND day + 21 <= date :'d'
                THEN day + 1 + floor(20 * draw(n, 'days'))::int END AS resolved_on
    FROM (SELECT id AS customer_id, n, first_day + floor((date :'d' - first_day) * draw(n, 'contact'))::int AS day,
                 one_of(ARRAY['call_centre', 'service_hall', 'bill', 'outbound_call', 'newsletter', 'community_manager'],
                        draw(n, 'touchpoint')) AS touchpoint,
                 draw(n, 'inbound') < .4 AS inbound,
                 one_of(ARRAY['complaint', 'suggestion', 'question', 'question', 'question', 'offer', 'offer', 'offer'],
                        draw(n, 'topic')) AS topic
          FROM today, generate_series(id * 100, id * 100 + floor(8 * draw(id, 'contacts'))::bigint) n) x;

-- usage: minutes a month, as a history of its own, from the second year of a customer on, until three months after d. Some
-- use less and less; they were asked why, and half of them were helped (treated).
CREATE TABLE usage AS
    WITH customer AS (
        SELECT id, 100 + 500 * draw(id, 'minutes') AS level, draw(id, 'falls') < .25 AS falls,
               draw(id, 'helped') < .5 AS helped,
               draw(id, 'success') AS success
        FROM today WHERE first_day < date :'d' - 365 AND stage <> 'churned'
    ), month AS ( -- from the twelfth month before d to the third after it; loss and recovery are in logs
        SELECT *, CASE WHEN falls THEN .12 * greatest(6 - month, 0) ELSE 0 END AS loss,
               CASE WHEN falls AND helped AND month < 0 THEN .12 * (6 - month) * success ELSE 0 END AS recovery
        FROM customer, generate_series(-3, 11) month
    )
    SELECT id, clm.history(date :'d' - 15 - 30 * month,
                           cents(level * exp(recovery - loss + .1 * draw(id * 100 + 50 + month, 'noise')))) AS h,
           CASE WHEN falls THEN one_of(ARRAY['price', 'mobile substitution', 'rival access code', 'fault'],
                                       draw(id, 'cause') ^ 1.4) END AS cause,
           CASE WHEN falls THEN helped END AS treated
    FROM month GROUP BY id, falls, helped;
