-- Does the model fit, and may it be believed for the time to come?
-- For: whoever relies on the scores. The model as it stood half a year before the day of the report, against all that
-- happened until then. Plot actual and expected by period, and holdout as a vertical line: where the two drift apart the
-- model is wrong on average, where actual ones wave around the expected ones there are seasons or campaigns that the model
-- does not know. Each row sums over customers what the model expects of a new one in the time since the first purchase.
-- Needs: c(h)
-- Source: Fader, Hardie & Lee 2005 (tracking plot, frequency fit).
WITH past AS (
    SELECT clm.customer_model(h, date :'d' - 182) AS m FROM c
), checked AS (
    SELECT clm.tracking(h, date :'d', 28) AS t FROM c
)
SELECT p.period, p.first_day, p.last_day, p.actual, round(p.expected::numeric, 1) AS expected, p.cumulative_actual,
       round(p.cumulative_expected::numeric, 1) AS cumulative_expected, p.holdout
FROM past, checked, LATERAL clm.points(t, m) p
ORDER BY p.period;

-- Do purchases depend on the month of the year? index: actual per expected purchase, with the long-run trend taken out.
-- departs: more than chance, and by a quarter at least. Then fit to whole years and compare the same months only.
WITH past AS (
    SELECT clm.customer_model(h, date :'d' - 182) AS m FROM c
), checked AS (
    SELECT clm.tracking(h, date :'d') AS t FROM c
)
SELECT s.month, s.months, s.actual, round(s.expected::numeric, 1) AS expected, round(s.index::numeric, 2) AS index, s.departs
FROM past, checked, LATERAL clm.seasonality(t, m) s
ORDER BY s.month;

-- Which customers does it get wrong? By the number of repeat purchases until half a year ago (7: 7 and more): how many
-- customers there are and the model expects, and what each bought since, given what was known of him.
WITH past AS (
    SELECT clm.customer_model(h, date :'d' - 182) AS m FROM c
)
SELECT p.purchases, p.customers, round(p.expected_customers::numeric, 1) AS expected_customers,
       round(p.holdout_actual::numeric, 3) AS actual_since, round(p.holdout_expected::numeric, 3) AS expected_since
FROM (SELECT clm.frequency_fit(h, date :'d' - 182, m, date :'d') AS f FROM c, past) q, LATERAL clm.points(f) p
ORDER BY p.purchases;

-- A worked example: three customers of day 1, who bought again on days 3, 9 and 9, under the estimates that were published
-- for CDNOW.
SELECT p.period, p.actual, round(p.expected::numeric, 4) AS expected
FROM (SELECT clm.tracking(h, date '2024-01-14') AS t
      FROM (VALUES (clm.history(ARRAY['2024-01-01', '2024-01-03', '2024-01-09']::date[], '{1,1,1}')),
                   (clm.history(ARRAY['2024-01-01', '2024-01-09']::date[], '{1,1}')),
                   (clm.history(ARRAY['2024-01-01']::date[], '{1}'))) x(h)) q,
     LATERAL clm.points(t, clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}')) p;
