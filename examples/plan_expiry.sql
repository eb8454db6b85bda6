-- When plans end: who leaves, who renews, and whom must we speak to now?
-- For: retention.
-- Needs: c(id, plan, h), contract(id, ends_on), expiry(id, plan, ends_on, renewed, left_on)
-- Source: survival analysis (hazard of a life table).

-- Leaving by days to the end of the plan: of those still there at the start of the window, the share who left within it.
WITH expiring AS (
    SELECT id, ends_on - left_on AS days_before FROM expiry
), span (n, span, upper, lower) AS (
    VALUES (1, 'more than 90 days before', 100000, 90), (2, '90 to 61 days before', 90, 60),
        (3, '60 to 31 days before', 60, 30),
           (4, '30 to 1 days before', 30, 0), (5, 'on the day and later', 0, -100000)
)
SELECT span, count(*) FILTER (WHERE days_before IS NULL OR days_before <= upper) AS there,
       count(*) FILTER (WHERE days_before <= upper AND days_before > lower) AS left_then,
       round(count(*) FILTER (WHERE days_before <= upper AND days_before > lower)::numeric
             / nullif(count(*) FILTER (WHERE days_before IS NULL OR days_before <= upper), 0), 3) AS hazard
FROM expiring, span GROUP BY n, span ORDER BY n;

-- Renewal rate by plan and the share of contracts that end in a month: the drivers `renewal` and `expiring`.
SELECT coalesce(plan, 'all') AS plan, count(*) AS expired, count(*) FILTER (WHERE renewed) AS renewed,
       round(avg(renewed::int), 3) AS renewal,
       round(count(*) / 11.0 / (SELECT count(*) FROM contract), 4) AS expiring
FROM expiry GROUP BY ROLLUP (plan) ORDER BY expiry.plan NULLS LAST;

-- To call back: customers older than a year, still with us, of middle and high value, whose plan ends within 90 days.
SELECT id, plan, ends_on, clm.tenure(h, date :'d') AS tenure, round(year::numeric, 2) AS year,
       round(trend::numeric, 3) AS trend,
       coalesce(clm.label(stage, 'telecom5', 'zh'), '不适用') AS "阶段"
FROM (SELECT c.id, c.plan, c.h, ends_on, clm.total(c.h, date :'d' - 365, date :'d') AS year,
             clm.trend(c.h, date :'d') AS trend,
             clm.lifecycle_stage(c.h, date :'d') AS stage FROM c JOIN contract USING (id)) x
WHERE ends_on BETWEEN date :'d' AND date :'d' + 90 AND clm.tenure(h, date :'d') > 365 AND x.year >= 200
      AND stage IN ('growing', 'mature', 'declining')
ORDER BY x.year DESC, id LIMIT 10;

-- How many they are, by window.
SELECT CASE WHEN ends_on <= date :'d' + 30 THEN '0 to 30 days' WHEN ends_on <= date :'d' + 60 THEN '31 to 60 days'
       ELSE '61 to 90 days' END AS plan_ends_in,
       count(*) AS customers, round(sum(clm.total(h, date :'d' - 365, date :'d'))::numeric) AS sales_at_stake
FROM c JOIN contract USING (id)
WHERE ends_on BETWEEN date :'d' AND date :'d' + 90 AND clm.tenure(h, date :'d') > 365
      AND clm.lifecycle_stage(h, date :'d') IN ('growing', 'mature', 'declining')
GROUP BY 1 ORDER BY 1;
