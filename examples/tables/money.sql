-- What customers cost and bring, besides the price of their orders.

-- acquired: what it cost to win each customer through which channel (so large a part of what customers bring on average),
-- and the mean monthly margin since.
CREATE TABLE acquired AS
    SELECT id, channel, first_day AS day,
           cents(average * CASE channel WHEN 'online' THEN .25 WHEN 'store' THEN .40 WHEN 'partner' THEN .55 ELSE .15 END
                 * (.7 + .6 * draw(id, 'cac'))) AS cac,
           cents(.45 * total / greatest(6, (date :'d' - first_day) / 30.4375)) AS m
    FROM today, (SELECT .45 * avg(total) AS average FROM today) a;

-- lost: customers who have left, with the service they had, why they left, the monthly margin they brought while they
-- stayed, and the probability that they come back when asked, from earlier win-back campaigns.
CREATE TABLE lost AS
    SELECT id, one_of(ARRAY['fixed line', 'mobile', 'broadband'], draw(id, 'line')) AS line,
           one_of(ARRAY['price', 'moved away', 'service', 'rival offer', 'no need'], draw(id, 'reason')) AS reason,
           cents(.45 * total / greatest(6, (last_day - first_day + 30) / 30.4375)) AS m,
           round((.02 + .14 * draw(id, 'return') ^ 2)::numeric, 3)::float8 AS p
    FROM today WHERE stage = 'churned' AND total > 0;

-- arrears: open bills with their days overdue, probability of default and loss given default.
CREATE TABLE arrears AS
    SELECT id, round((.01 + .5 * overdue / 180 * draw(id, 'pd'))::numeric, 3)::float8 AS pd, .6::float8 AS lgd,
           cents(10 + 90 * draw(id, 'balance')) AS balance, overdue
    FROM (SELECT id, floor(180 * draw(id, 'overdue') ^ 2)::int AS overdue FROM today WHERE draw(id, 'arrears') < .2) a;

-- ledger: every line of profit and loss with the lever that it belongs to; the codes are those of clm.lever.
CREATE TABLE ledger AS
    SELECT id AS customer_id, 'acquisition' AS lever, day, -cac AS amount FROM acquired
    UNION ALL
    SELECT id, 'consideration', day, -cents(2 + 6 * draw(id, 'media')) FROM acquired
    UNION ALL
    SELECT customer_id, CASE WHEN product IN ('tv', 'roaming', 'case') THEN 'cross_sell' ELSE 'usage' END, day,
           cents(margin * l.amount)
    FROM order_line l JOIN product USING (product) WHERE day <= date :'d'
    UNION ALL
    SELECT customer_id, 'usage', day, cents(.45 * amount) FROM orders WHERE amount < 0 AND day <= date :'d'
    UNION ALL
    SELECT id, 'service_cost', date :'d' - 182, -cost FROM service
    UNION ALL
    SELECT id, 'price', date :'d' - 90, cents(.02 * year) FROM today WHERE plan = 'premium' AND year > 0
    UNION ALL
    SELECT id, 'renewal', ends_on, -6 FROM expiry WHERE renewed
    UNION ALL
    SELECT id, 'migration', date :'d' - 60, CASE WHEN draw(id, 'up') < .6 THEN 9 ELSE -7 END
    FROM today WHERE draw(id, 'moved') < .08
    UNION ALL
    SELECT id, 'retention', date :'d' - 45, -12 FROM today WHERE draw(id, 'saved') < .1
    UNION ALL
    SELECT id, 'bad_debt', date :'d', -cents(pd * lgd * balance) FROM arrears
    UNION ALL
    SELECT id, 'winback', last_day, -25 FROM today WHERE stage = 'regained';

-- journey: value along the customer's journey, by link and by part of value (see clm.value_part), realised or still
-- possible over the next five years.
CREATE TABLE link AS
    SELECT * FROM (VALUES (1, 'brand communication', '品牌传播', 'ppv', .05), (2, 'product trial', '产品体验', 'civ', .02),
                          (3, 'sale', '产品销售', 'cpv', .45), (4, 'after-sales service', '售后服务', 'cpv', .18),
                          (5, 'trade-in', '以旧换新', 'cpv', .08), (6, 'finance', '金融服务', 'ctv', .07),
                          (7, 'digital services', '数字服务', 'cpv', .08), (8, 'partner services', '合作服务', 'ctv', .04),
                          (9, 'community', '客户社区', 'ckv', .03)) l(n, link, zh, part, weight);
CREATE TABLE journey AS
    SELECT id AS customer_id, link.n, part, cents(.45 * total * weight * reach) AS realised,
           cents(.45 * total * weight * (1.6 - reach)) AS unrealised
    FROM today, link, LATERAL (SELECT draw(id * 10 + link.n, 'reach') ^ (link.n / 3.0) AS reach) r
    WHERE total > 0;
