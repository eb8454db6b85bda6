-- Who declines while the market does not, and who only goes with it?
-- For: the analyst, monthly. The market is the sum of all customers of a region; trend is the change of sales a month
-- relative to their mean over the last six months. own_trend is what is left when the market's trend is taken away.
-- Needs: c(id, region, h)
-- Source: Mann 1945, Cox & Lewis 1966 (when a trend stands out from noise).

-- The market, by region.
SELECT coalesce(region, 'all') AS region, count(*) AS customers,
       round(clm.trend(clm.rollup(h), date :'d')::numeric, 4) AS trend,
       round(clm.total(clm.rollup(h), date :'d' - 90, date :'d')::numeric) AS sales,
       round((clm.total(clm.rollup(h), date :'d' - 90, date :'d')
       / nullif(clm.total(clm.rollup(h), date :'d' - 180, date :'d' - 90), 0))::numeric, 3) AS "last 3 / previous 3"
FROM c GROUP BY ROLLUP (region) ORDER BY c.region NULLS LAST;

-- Those who decline against their market, the largest first.
WITH market AS (
    SELECT region, clm.trend(clm.rollup(h), date :'d') AS market FROM c GROUP BY region
)
SELECT id, c.region, round(clm.total(h, date :'d' - 180, date :'d')::numeric, 2) AS half_year,
       round(clm.trend(h, date :'d')::numeric, 3) AS trend,
       round(market::numeric, 3) AS market, round((clm.trend(h, date :'d') - market)::numeric, 3) AS own_trend,
       clm.lifecycle_stage(h, date :'d') AS stage
FROM c JOIN market USING (region) WHERE clm.lifecycle_stage(h, date :'d') = 'declining'
ORDER BY clm.total(h, date :'d' - 180, date :'d') DESC, id LIMIT 10;

-- How many stand out: customers in their second half-year and later, who still buy, by trend net of the market.
SELECT band AS own_trend, count(*) AS customers, round(sum(half_year)::numeric) AS half_year
FROM (SELECT width_bucket(clm.trend(h, date :'d') - market, ARRAY[-.15, -.05, .05, .15]::float8[]) AS n,
             clm.total(h, date :'d' - 180, date :'d') AS half_year
      FROM c JOIN (SELECT region, clm.trend(clm.rollup(h), date :'d') AS market FROM c GROUP BY region) m USING (region)
      WHERE clm.tenure(h, date :'d') > 180 AND clm.lifecycle_stage(h, date :'d') IN ('growing', 'mature', 'declining')) x
JOIN (VALUES (0, 'below -15 %'), (1, '-15 to -5 %'), (2, '-5 to 5 %'), (3, '5 to 15 %'), (4, 'above 15 %')) b(n, band)
     USING (n)
GROUP BY n, band ORDER BY n;
