-- # Checks of a model
-- Does a model fit? Purchases by period, by month and by number of purchases, actual and expected.

-- clm.tracking: Its rows are shown at clm.points
SELECT (t).first_day, (t).period, (t).customers, (t).purchases FROM (SELECT clm.tracking(h, date '2024-12-31') AS t FROM customers) q;

-- clm.seasonality: Simulated customers know no seasons
SELECT s.* FROM (SELECT clm.tracking(h, date '2024-12-31') AS t FROM customers) q, model, LATERAL clm.seasonality(t, m) s WHERE s.month <= 3;

-- clm.frequency_fit: A fit up to June, and what was bought from then to December
SELECT (f).customers, (f).holdout_purchases
FROM (SELECT clm.frequency_fit(h, date '2024-06-30', m, date '2024-12-31') AS f
      FROM customers, (SELECT clm.customer_model(h, date '2024-06-30') AS m FROM customers) fitted) q;
