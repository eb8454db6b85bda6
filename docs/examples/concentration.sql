-- # Concentration and RFM scores
-- Who brings the value.

-- clm.concentration: Ten customers, two of whom cost money: the best seven bring 130 % of the profit
SELECT c.n, c.total, c.peak, c.peak_position, c.loss, c.top20, c.top80_customers
FROM (SELECT (clm.concentration(v)).* FROM unnest(ARRAY[120, 80, 60, 30, 20, 10, 5, 0, -25, -50]) v) c;

-- clm.rfm_score: Days since the last purchase, and a number of purchases
SELECT clm.rfm_score(12, ARRAY[7, 30, 90, 180], lower_is_better => true) AS recency, clm.rfm_score(3, ARRAY[1, 3, 6, 12]) AS frequency;

-- clm.percentiles: Quintiles, as cut points for rfm_score, and the value above which the best 5 % of the customers are
SELECT p[20] AS "20 %", p[40] AS "40 %", p[60] AS "60 %", p[80] AS "80 %", p[95] AS "95 %"
FROM (SELECT clm.percentiles(v) AS p FROM generate_series(1, 500) v) q;
