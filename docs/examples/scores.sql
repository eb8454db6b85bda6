-- # Scores
-- What a fitted model says of one customer: probabilities, expected purchases and spend, value. With a history they count in
-- days, with a summary `clm.rfm` in the periods of the model.

-- clm.prior_guess
SELECT family, period, params FROM clm.prior_guess();

-- clm.p_alive: A customer of the literature (Fader, Hardie & Lee 2005): two repeat purchases, the last in week 30 of 39
SELECT clm.p_alive(clm.rfm(2, 30.43, 38.86), clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}'));

-- clm.p_alive, clm.p_active, clm.churn_score: Who has not left for good, who will buy within 90 days, and who will not
SELECT customer_id, clm.p_alive(h, date '2024-12-31', m), clm.p_active(h, date '2024-12-31', m), clm.churn_score(h, date '2024-12-31', m)
FROM customers, model WHERE customer_id IN (1, 1144, 1233) ORDER BY customer_id;

-- clm.churn_score: Of a customer under contract, who leaves at the end of the next period with this probability
SELECT tenure, clm.churn_score(clm.retention_model('sbg', ARRAY[1, 3]), tenure) FROM generate_series(0, 2) tenure;

-- clm.expected_purchases: The same customer of the literature, in the next 39 weeks
SELECT clm.expected_purchases(clm.rfm(2, 30.43, 38.86), clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}'), 39);

-- clm.expected_purchases: Of a newcomer in his first year
SELECT clm.expected_purchases(m) FROM model;

-- clm.p_purchases: Half of the newcomers and more never come back within a year
SELECT n, clm.p_purchases(m, n) FROM model, generate_series(0, 3) n;

-- clm.expected_spend: Of somebody who spent 22.35 twice, where the mean of all is 35.22
SELECT clm.expected_spend(clm.rfm(2, 30.43, 38.86, 22.35), m) AS two_repeats, clm.expected_spend(clm.rfm(0, 0, 38.86), m) AS unknown
FROM (SELECT clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}') AS m) q;

-- clm.clv: Remaining value of customers without a contract: of the next year, and for ever at a margin of 30 %
SELECT customer_id, clm.clv(h, date '2024-12-31', m), clm.clv(h, date '2024-12-31', m, days => NULL, margin => .3) AS for_ever
FROM customers, model WHERE customer_id IN (1, 1144, 1233) ORDER BY customer_id;

-- clm.clv: Of a newcomer, the first purchase included
SELECT clm.clv(m) FROM model;

-- clm.clv: A contract of 100 a year that four in five renew, at 10 %
SELECT clm.clv(100, .8, .1) AS for_ever, clm.clv(100, .8, .1, periods => 5) AS five_years, clm.clv(100, .8, .1, advance => true) AS paid_in_advance;

-- clm.clv: Contracts of customers who differ (Fader & Hardie 2007, 2010): the longer one has stayed, the more one is worth
SELECT tenure, clm.clv(clm.retention_model('sbg', ARRAY[1, 3]), tenure, 1, .1) AS derl FROM generate_series(0, 3) tenure;

-- clm.clv: From the drivers of a prospect
SELECT clm.clv(clm.economics(conversion => .03, revenue => 100, churn => .2, discount => .1, acquisition_cost => 8));

-- clm.clv: By state, from the moves between states (Pfeifer & Carraway 2000)
SELECT v.* FROM clm.clv('{active>active:70,active>silent:30,silent>active:25,silent>silent:45,silent>lost:30,lost>lost:1}'::clm.transitions,
                        ARRAY['active', 'silent', 'lost'], ARRAY[40, -4, 0], .1) v;

-- clm.scores: The most valuable customers
SELECT customer_id, s.stage, s.stage_reason, s.churn_score, s.expected_purchases, s.expected_spend, s.value_to_date, s.clv
FROM customers, model, LATERAL clm.scores(h, date '2024-12-31', m) s ORDER BY s.clv DESC NULLS LAST LIMIT 3;

-- clm.scores: With an interval that holds 80 %
SELECT customer_id, s.purchases_lower, s.expected_purchases, s.purchases_upper, s.clv_lower, s.clv, s.clv_upper
FROM customers, model, LATERAL clm.scores(h, date '2024-12-31', m, level => .8) s WHERE customer_id = 1144;
