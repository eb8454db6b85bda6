-- Who uses less and less, why, and did it help to act on the cause?
-- For: the usage team. Usage is a history of minutes a month, beside that of purchases. Losing usage is not yet losing the
-- customer: the off-ramp of partial defection.
-- Needs: c(id, h), usage(id, h, cause, treated)
-- Source: Kendall 1938, Mann 1945 (trend beyond noise); Newcombe 1998.

-- Usage lost by cause; trend is the change of minutes a month relative to their mean over six months.
SELECT coalesce(cause, 'none') AS cause, count(*) AS customers, round(avg(clm.trend(h, date :'d'))::numeric, 3) AS trend,
       round(avg(clm.total(h, date :'d' - 90, date :'d') / 3)::numeric, 1) AS minutes_now,
       round((sum(clm.total(h, date :'d' - 90, date :'d'))
              / nullif(sum(clm.total(h, date :'d' - 180, date :'d' - 90)), 0))::numeric, 3) AS "last 3 / previous 3"
FROM usage GROUP BY cause ORDER BY trend, cause;

-- Losing the customer against losing usage: stage of the purchases by stage of the usage.
SELECT clm.lifecycle_stage(c.h, date :'d') AS purchases, clm.lifecycle_stage(u.h, date :'d') AS usage, count(*) AS customers,
       round(sum(clm.total(c.h, date :'d' - 365, date :'d'))::numeric) AS sales
FROM usage u JOIN c USING (id) GROUP BY 1, 2 ORDER BY 1, 2;

-- Did acting on the cause help? recovered: more minutes in the 90 days after the report than in the 90 days before.
SELECT coalesce(cause, 'all') AS cause, (r).n_treated, (r).n_control, round((r).lift::numeric, 3) AS lift,
       round((r).ci_low::numeric, 3) AS ci_low,
       round((r).ci_high::numeric, 3) AS ci_high, round((u).lift::numeric, 1) AS more_minutes
FROM (SELECT cause, clm.uplift(treated, after > before) AS r, clm.uplift(treated, after - before) AS u
      FROM (SELECT cause, treated, clm.total(h, date :'d', date :'d' + 90) AS after,
                   clm.total(h, date :'d' - 90, date :'d') AS before
            FROM usage WHERE cause IS NOT NULL) x
      GROUP BY ROLLUP (cause)) y
ORDER BY y.cause NULLS LAST;

-- A worked example: six monthly bills.
SELECT round(clm.trend(h, date '2024-06-30')::numeric, 3) AS trend,
       round((clm.total(h, date '2024-04-01', date '2024-06-30')
              / clm.total(h, date '2024-01-01', date '2024-04-01'))::numeric, 3) AS "last 3 / previous 3",
       clm.lifecycle_stage(h, date '2024-06-30')
FROM (SELECT clm.history(ARRAY['2024-01-15', '2024-02-14', '2024-03-15', '2024-04-14', '2024-05-14', '2024-06-13']::date[],
                         ARRAY[320, 310, 305, 280, 240, 190]) AS h) b;
