-- Do new customers come back, how soon, and how do their trial orders compare?
-- For: onboarding. The second purchase turns acquisition into development. Those who have not come back yet are counted
-- only for as long as they were seen; a share is empty where nobody of the half-year has been seen for that long.
-- Needs: c(h)
-- Source: Kaplan & Meier 1958.

-- Share with a second purchase within so many days of the first, by half-year of joining.
WITH start AS (
    SELECT clm.first_day(h) AS first, (SELECT min(day) FROM clm.entries(h)
                                       WHERE occasion AND day > clm.first_day(h)) AS second
    FROM (SELECT clm.as_of(h, date :'d') AS h FROM c) x WHERE clm.occasions(h) > 0
), cohort AS (
    SELECT *, format('%s H%s', extract(year FROM first), 1 + extract(month FROM first)::int / 7) AS cohort FROM start
), curve AS (
    SELECT cohort, clm.retention_curve(coalesce(second, date :'d') - first, second IS NOT NULL) AS curve FROM cohort
    GROUP BY cohort
)
SELECT cohort, (curve).customers, round(1 - min(survival) FILTER (WHERE period = 30)::numeric, 3) AS "30 days",
       round(1 - min(survival) FILTER (WHERE period = 60)::numeric, 3) AS "60 days",
       round(1 - min(survival) FILTER (WHERE period = 90)::numeric, 3) AS "90 days",
       round(1 - min(survival) FILTER (WHERE period = 180)::numeric, 3) AS "180 days"
FROM curve, LATERAL clm.points(curve) GROUP BY cohort, (curve).customers ORDER BY cohort;

-- Trial orders and the purchase cycle, by stage: first order relative to the later ones; thin: fewer than two repeat
-- purchases, so that the scores say little of this one customer yet.
SELECT coalesce(clm.label(stage, 'relationship4', 'zh'), '不适用') AS "时期", stage, count(*) AS customers,
       round((sum(first) FILTER (WHERE later > 0) / sum(later) FILTER (WHERE later > 0))::numeric,
             2) AS "first / later order",
       round(avg(cadence)::numeric, 1) AS days_between_orders, round(100.0 * avg((orders < 3)::int)) AS "% thin"
FROM (SELECT clm.lifecycle_stage(h, date :'d') AS stage, clm.occasions(h) AS orders, clm.cadence(h) AS cadence,
             clm.total(h, NULL, clm.first_day(h)) AS first,
             clm.total(h, clm.first_day(h), NULL) / nullif(clm.occasions(h) - 1, 0) AS later
      FROM (SELECT clm.as_of(h, date :'d') AS h FROM c) a WHERE clm.occasions(h) > 0) x
GROUP BY stage ORDER BY stage;
