-- offer_value, expected_loss, gap, score(weights, x): worked numbers, identities, and what is not answered.
\set VERBOSITY default
\set SHOW_CONTEXT never

-- A retention contact (Neslin et al. 2006): churn .30, accepted by .3 of those who would leave, 400 saved, incentive 10, contact 1
SELECT round(clm.offer_value(.30, .3, 400, 10, 1)::numeric, 6) AS save;
-- It pays from this churn probability on: (d + c) / (g V + d (1 - g)), .0866
SELECT round(((10 + 1) / (.3 * 400 + 10 * (1 - .3)))::numeric, 4) AS threshold,
       abs(clm.offer_value((10 + 1) / (.3 * 400 + 10 * (1 - .3)), .3, 400, 10, 1)) < 1e-12 AS breaks_even;
-- A campaign to 10,000 of 100,000 customers with a lift of 4 over a churn of .02, at a fixed cost of 2,000, and the lift it needs
SELECT round(clm.offer_value(.02 * 4, .3, 400, 10, 1)::numeric, 6) AS per_contact,
       round((100000 * .1 * clm.offer_value(.02 * 4, .3, 400, 10, 1) - 2000)::numeric, 6) AS campaign,
       round((11 / (.02 * (.3 * 400 + 10 * (1 - .3))))::numeric, 2) AS lift_per_contact,
       round((11.2 / (.02 * (.3 * 400 + 10 * (1 - .3))))::numeric, 2) AS lift_with_fixed_cost;
-- Win-back (Stauss & Friege 1999): second lifetime value 140, accepted by .12, offer 40, contact 3; breaks even at .03
SELECT round(clm.clv(80, .7, .1)::numeric, 6) AS sltv, round(clm.offer_value(1, .12, 140, 40, 3)::numeric, 6) AS win_back,
       round(clm.offer_value(1, 3 / (140 - 40.0), 140, 40, 3)::numeric, 12) = 0 AS breaks_even;
-- A prospect: .03 x 266.67 less 5 a prospect
SELECT round(clm.offer_value(1, .03, clm.clv(100, .8, .1), 0, 5)::numeric, 6) AS prospect;
-- Nobody who would stay takes it; contact_cost and waste have defaults; a value below the cost of the offer
SELECT clm.offer_value(.5, .5, 100, 10, 1, 0) AS no_waste, clm.offer_value(.5, .5, 100, 10) AS defaults, clm.offer_value(1, 1, -5, 0) AS negative;
-- Who needs nothing costs waste and contact; nobody accepts
SELECT clm.offer_value(0, 1, 1e6, 10, 1, .25) AS no_need, clm.offer_value(1, 0, 1e6, 10, 1) AS none_accepts;
SELECT clm.offer_value(NULL, .5, 100, 10, 1), clm.offer_value(.5, .5, NULL, 10, 1), clm.offer_value(.5, .5, 100, 10, NULL);
SELECT clm.offer_value(1.2, .5, 100, 10, 1);
SELECT clm.offer_value(.5, -.1, 100, 10, 1);
SELECT clm.offer_value(.5, .5, 100, 10, 1, 2);
SELECT clm.offer_value(.5, .5, 'NaN', 10, 1);
SELECT clm.offer_value(.5, .5, 'Infinity', 10, 1);
SELECT clm.offer_value(.5, .5, 100, -10, 1);
SELECT clm.offer_value(.5, .5, 100, 10, -1);
SELECT clm.offer_value('NaN', .5, 100, 10, 1);
SELECT clm.offer_value(1, 1, -1.7e308, 1.7e308, 0);

-- Expected loss of credit, and the loss rate that it feeds
SELECT round(clm.expected_loss(.04, .6, 500)::numeric, 6) AS loss, clm.expected_loss(0, 1, 500) AS safe, clm.expected_loss(1, 1, 500) AS lost,
       clm.expected_loss(.5, .5, 0) AS none, clm.expected_loss(1, 1, 1.7e308) > 0 AS extreme;
SELECT clm.expected_loss(NULL, .6, 500), clm.expected_loss(.04, NULL, 500), clm.expected_loss(.04, .6, NULL);
SELECT clm.expected_loss(1.04, .6, 500);
SELECT clm.expected_loss(.04, -.6, 500);
SELECT clm.expected_loss(.04, .6, -500);
SELECT clm.expected_loss(.04, .6, 'Infinity');
SELECT clm.expected_loss('NaN', .6, 500);

-- Satisfaction gap: expected 4.2, perceived 3.6
SELECT round(clm.gap(4.2, 3.6)::numeric, 6) AS dissatisfied, clm.gap(3, 3) AS confirmed, clm.gap(3, 5) AS delighted;
SELECT clm.gap(NULL, 3), clm.gap(3, NULL);
SELECT clm.gap('NaN', 3);
SELECT clm.gap(3, '-Infinity');
SELECT clm.gap(-1.7e308, 1.7e308);

-- Index of survey answers: a weighted mean where the weights add up to 1, SERVQUAL's weighted gaps
SELECT round(clm.score('{.5,.3,.2}'::float8[], '{4,3,5}')::numeric, 6) AS index, round(clm.score('{.6,.4}', ARRAY[clm.gap(4.2, 3.6), clm.gap(3, 4)])::numeric, 6) AS servqual,
       clm.score('{1,1,1,1}'::float8[], '{1e16,1,-1e16,1}') AS no_cancellation;
SELECT clm.score('{}'::float8[], '{}') AS empty, clm.score('{1,1}'::float8[], '{1,NULL}') AS unanswered, clm.score(NULL::float8[], '{1}'), clm.score('{1}'::float8[], NULL);
SELECT clm.score('{1,2}'::float8[], '{1}');
SELECT clm.score('{1,NULL}'::float8[], '{1,2}');
SELECT clm.score('{1,NaN}'::float8[], '{1,2}');
SELECT clm.score('{1,2}'::float8[], '{1,Infinity}');
SELECT clm.score('{{1,2}}'::float8[], '{{1,2}}');
SELECT clm.score('{1,1}'::float8[], '{1.7e308,1.7e308}');
