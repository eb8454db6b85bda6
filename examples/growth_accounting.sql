-- Is the base growing, and from where?
-- For: management. Each quarter: new customers, returning ones (active in the quarter before too), resurrected ones (active
-- earlier only), and dormant ones, who were active in the quarter before and now are not. pulse = (new + resurrected) /
-- dormant: above 1 the base grows. GRR: share of the previous quarter's sales to its customers that remains, without their
-- growth; NRR: with it.
-- Needs: c(h)
-- Source: growth accounting as practised by subscription businesses.
WITH quarter AS (
    SELECT date :'d' - 91 * (q + 1) AS after, date :'d' - 91 * q AS upto FROM generate_series(0, 5) q
), activity AS (
    SELECT upto, clm.occasions(h, after, upto) > 0 AS now, clm.occasions(h, after - 91, after) > 0 AS before,
           clm.occasions(h, NULL, after - 91) > 0 AS earlier, clm.total(h, after, upto) AS sales,
           greatest(clm.total(h, after - 91, after), 0) AS sales_before
    FROM c, quarter WHERE h IS NOT NULL
)
SELECT upto, count(*) FILTER (WHERE now) AS active, count(*) FILTER (WHERE now AND NOT before AND NOT earlier) AS new,
       count(*) FILTER (WHERE now AND before) AS returning,
       count(*) FILTER (WHERE now AND NOT before AND earlier) AS resurrected,
       count(*) FILTER (WHERE before AND NOT now) AS dormant,
       round(count(*) FILTER (WHERE now AND NOT before)::numeric / nullif(count(*) FILTER (WHERE before AND NOT now), 0),
             2) AS pulse,
       round((sum(least(greatest(sales, 0), sales_before)) FILTER (WHERE before)
              / nullif(sum(sales_before) FILTER (WHERE before), 0))::numeric, 2) AS grr,
       round((sum(sales) FILTER (WHERE before) / nullif(sum(sales_before) FILTER (WHERE before), 0))::numeric, 2) AS nrr
FROM activity GROUP BY upto ORDER BY upto;

-- A worked example: 120 new, 30 resurrected, 90 dormant; sales of 1000, 40 less by contraction, 60 by churn, 80 more by
-- expansion.
SELECT round((120 + 30) / 90.0, 2) AS pulse, round((1000 - 40 - 60) / 1000.0, 2) AS grr,
       round((1000 - 40 - 60 + 80) / 1000.0, 2) AS nrr;
