-- Who the customers are, and what is known of them on the day d.

-- c: one row a person, with the history of purchases; 400 prospects have none yet.
CREATE TABLE c AS
    SELECT id, one_of(ARRAY['East', 'North', 'South', 'West'], draw(id, 'region')) AS region,
           CASE WHEN draw(id, 'plan') < .5 THEN 'basic' WHEN draw(id, 'plan') < .85 THEN 'standard' ELSE 'premium' END
           AS plan,
           CASE WHEN draw(id, 'channel') < .4 THEN 'online' WHEN draw(id, 'channel') < .7 THEN 'store'
                WHEN draw(id, 'channel') < .85 THEN 'partner' ELSE 'referral' END AS channel,
           16 + floor(50 * draw(id, 'age'))::int AS age, one_of(ARRAY['f', 'm'], draw(id, 'gender')) AS gender, h
    FROM (SELECT customer_id AS id, clm.history(day, amount) AS h FROM orders GROUP BY customer_id
          UNION ALL
          SELECT newest + n, NULL
          FROM (SELECT max(customer_id) AS newest FROM orders) o, generate_series(1, 400) n) people;
ALTER TABLE c ADD PRIMARY KEY (id);

-- model: one row, fitted on what was known on the day d.
CREATE TABLE model AS SELECT clm.customer_model(h, date :'d') AS m FROM c;

-- today: those who had bought by the day d, for the tables that follow.
CREATE TEMP TABLE today AS
    SELECT c.*, clm.lifecycle_stage(h, date :'d') AS stage, clm.first_day(h) AS first_day,
           clm.last_day(clm.as_of(h, date :'d')) AS last_day, clm.total(h, NULL, date :'d') AS total,
           clm.total(h, date :'d' - 365, date :'d') AS year, clm.occasions(h, date :'d' - 365, date :'d') AS year_orders
    FROM c WHERE clm.occasions(h, NULL, date :'d') > 0;
ALTER TABLE today ADD PRIMARY KEY (id);

-- service: what serving the customer cost in the last 365 days; one in eight calls all the time.
CREATE TABLE service AS
    SELECT id, cents(4 + 2.2 * year_orders * CASE WHEN draw(id, 'calls') < .125 THEN 8 ELSE 1 END) AS cost FROM today;

-- wallet: what the customer spends a year on the category with all suppliers; what others bought on his word (ppv), and
-- income from partners (ctv), both a year. Whoever returned more in the year than he bought is left out.
CREATE TABLE wallet AS
    SELECT id, cents(CASE WHEN year > 0 THEN year / (.25 + .75 * draw(id, 'share'))
                          ELSE 50 + 250 * draw(id, 'spending') END) AS category_spend,
           CASE WHEN draw(id, 'influence') < .8 THEN cents(50 * draw(id, 'influence')) END AS ppv,
           CASE WHEN draw(id, 'partner') < .3 THEN cents(12 * draw(id, 'income')) END AS ctv
    FROM today WHERE year >= 0;

-- contract: the plan that runs now. expiry: plans that ended in the eleven months until a month before d, renewed or not;
-- who did not renew left on left_on.
CREATE TABLE contract AS
    SELECT id, date :'d' - 15 + floor(380 * draw(id, 'ends'))::int AS ends_on FROM today;
CREATE TABLE expiry AS
    SELECT id, plan, ends_on, draw(id, 'renewed') < rate AS renewed,
           CASE WHEN draw(id, 'renewed') >= rate THEN ends_on + 20 - floor(200 * draw(id, 'left') ^ 3)::int END AS left_on
    FROM (SELECT id, plan, date :'d' - 30 - floor(335 * draw(id, 'ended'))::int AS ends_on,
                 CASE plan WHEN 'basic' THEN .72 WHEN 'standard' THEN .80 ELSE .88 END AS rate
          FROM today WHERE first_day < date :'d' - 400) e;

-- subscription: from the first purchase until 30 days after the last one of somebody who has churned.
CREATE TABLE subscription AS
    SELECT id, first_day AS started_on, CASE WHEN stage = 'churned' THEN least(last_day + 30, date :'d') END AS ended_on
    FROM today;

-- survey: answers of two in five customers, from 1 to 5; would_recommend from 0 to 10. before is what was perceived a year
-- earlier, rival what is perceived of the strongest competitor, bottleneck what keeps the customer from buying more.
CREATE TABLE survey AS
    SELECT id, expected, perceived, greatest(1, perceived - .3 + .5 * draw(id, 'before')) AS before,
           2.6 + 1.6 * draw(id, 'rival') AS rival,
           round(least(10, 2.2 * perceived + 3 * draw(id, 'nps') - 1.2))::int AS would_recommend,
           one_to_five(draw(id, 'product'), perceived) AS product_quality,
           one_to_five(draw(id, 'service'), perceived) AS service_quality,
           one_to_five(draw(id, 'price'), perceived) AS price, one_to_five(draw(id, 'brand'), perceived) AS brand,
           least(5, perceived + .4) AS functional_value, greatest(1, perceived - .4) AS emotional_value,
           1 + 3 * draw(id, 'social') AS social_value,
           one_of(ARRAY['price', 'service', 'no further need', 'does not know the offer', 'network'],
                  draw(id, 'bottleneck') ^ 1.5) AS bottleneck
    FROM (SELECT id, cents(3.0 + 1.2 * draw(id, 'expected')) AS expected,
                 cents(greatest(1, least(5, 2.2 + 2.4 * draw(id, 'perceived')
                                         + CASE WHEN stage IN ('churned', 'declining') THEN -.5 ELSE .5 END))) AS perceived
          FROM today WHERE draw(id, 'surveyed') < .4) s;
