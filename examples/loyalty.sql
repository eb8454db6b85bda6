-- How loyal are our customers, and do they respond?
-- For: the loyalty programme. index = .4 x stickiness + .3 x share of wallet + .3 x length of the relation (two years count
-- as full), from 0 to 1; stickiness: months with a purchase among the months of the last year in which the customer was
-- with us.
-- Needs: c(id, plan, h), pilot(id, treated, kept), wallet(id, category_spend)
-- Source: Parasuraman et al. 1988 (weighted index); Cooil et al. 2007.
WITH month AS (
    SELECT id, n, clm.occasions(h, date :'d' - 30 * (n + 1), date :'d' - 30 * n) > 0 AS active
    FROM c, generate_series(0, 11) n
    WHERE clm.tenure(h, date :'d') >= 30 * (n + 1)
), sticky AS (
    SELECT id, avg(active::int)::float8 AS stickiness FROM month GROUP BY id
), loyal AS (
    SELECT c.id, c.plan, c.h, stickiness, least(1, clm.tenure(h, date :'d') / 730.0)::float8 AS length,
           least(1, greatest(0, clm.total(h, date :'d' - 365, date :'d') / nullif(category_spend, 0))) AS share
    FROM c JOIN sticky USING (id) JOIN wallet USING (id)
), scored AS (
    SELECT *, clm.score('{.4,.3,.3}', ARRAY[stickiness, share, length]) AS index FROM loyal
)
SELECT coalesce(plan, 'all') AS plan, count(*) AS customers, round(avg(stickiness)::numeric, 3) AS stickiness,
       round(avg(share)::numeric, 3) AS share, round(avg(length)::numeric, 3) AS length,
       round(avg(index)::numeric, 3) AS index,
       round(100.0 * avg((clm.occasions(h, NULL, date :'d') > 1)::int), 1) AS "% with a repeat purchase",
       round(corr(index, clm.occasions(h, date :'d', date :'d' + 90)::float8)::numeric, 2) AS correlation_with_next_orders
FROM scored GROUP BY ROLLUP (plan) ORDER BY scored.plan NULLS LAST;

-- Sensitivity: how much loyal and less loyal customers respond to a measure, from the pilot.
WITH sticky AS (
    SELECT c.id, avg((clm.occasions(h, date :'d' - 30 * (n + 1), date :'d' - 30 * n) > 0)::int) AS stickiness
    FROM c, generate_series(0, 11) n WHERE clm.tenure(h, date :'d') >= 30 * (n + 1) GROUP BY c.id
)
SELECT CASE WHEN stickiness >= .5 THEN 'buys in most months' WHEN stickiness >= .1 THEN 'buys now and then'
       ELSE 'hardly buys' END AS customers, (u).n_treated, (u).n_control,
       round((u).lift::numeric, 3) AS lift, round((u).ci_low::numeric, 3) AS ci_low, round((u).ci_high::numeric, 3) AS ci_high
FROM (SELECT CASE WHEN stickiness >= .5 THEN .5 WHEN stickiness >= .1 THEN .1 ELSE 0 END AS stickiness,
             clm.uplift(treated, kept) AS u FROM sticky JOIN pilot USING (id) GROUP BY 1) q
ORDER BY stickiness DESC;
