-- How many customers of which value are in which stage, in which region?
-- For: segmentation. tier by sales of the last 365 days (from 200 and from 1000); the columns are the five stages A to E of
-- telecom, in which all people of the region who have not bought yet are prospects; arpu: sales a month over the last 90
-- days, of those who have bought.
-- Needs: c(region, h)
SELECT CASE grouping(region) WHEN 1 THEN 'all' ELSE region END AS region,
       CASE grouping(tier) WHEN 1 THEN 'all' ELSE (ARRAY['low', 'middle', 'high'])[tier + 1] END AS tier,
       count(*) AS customers,
       count(*) FILTER (WHERE stage = 'A') AS "A 客户获取", count(*) FILTER (WHERE stage = 'B') AS "B 客户提升",
       count(*) FILTER (WHERE stage = 'C') AS "C 客户成熟", count(*) FILTER (WHERE stage = 'D') AS "D 客户衰退",
       count(*) FILTER (WHERE stage = 'E') AS "E 客户离网", round(avg(arpu) FILTER (WHERE stage <> 'A')::numeric, 2) AS arpu
FROM (SELECT region, clm.label(clm.lifecycle_stage(h, date :'d'), 'telecom5', 'code') AS stage,
             clm.total(h, date :'d' - 90, date :'d') / 3 AS arpu,
             width_bucket(coalesce(clm.total(h, date :'d' - 365, date :'d'), 0), ARRAY[200, 1000]::float8[]) AS tier FROM c) s
GROUP BY CUBE (region, tier) ORDER BY s.region NULLS LAST, s.tier NULLS LAST;

-- The stages of another published system, for the whole base: any row of clm.stage_system will do.
SELECT coalesce(clm.label(stage, 'clm4', 'en'), 'n/a') AS phase, coalesce(clm.label(stage, 'clm4', 'zh'), '不适用') AS "阶段",
       string_agg(DISTINCT stage::text, ', ') AS stages, sum(customers) AS customers
FROM (SELECT clm.lifecycle_stage(h, date :'d') AS stage, count(*) AS customers FROM c GROUP BY 1) s
GROUP BY 1, 2 ORDER BY min(stage);
