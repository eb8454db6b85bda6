-- Are customers satisfied, and do the dissatisfied leave?
-- For: quality and service management. gap = perceived - expected, both from 1 to 5: above 0 delighted, below 0
-- disappointed.
-- Needs: c(id, region, h), model(m), survey(id, expected, perceived, before, rival, would_recommend, product_quality,
-- service_quality, price, brand, functional_value, emotional_value, social_value, bottleneck)
-- Source: Oliver 1980; Parasuraman, Zeithaml & Berry 1988; Reichheld 2003 (NPS).

-- Gap against churn: probability of no purchase in 90 days, and what then happened.
SELECT band AS gap, zh AS "满意度", count(*) AS customers, round(avg(churn)::numeric, 3) AS churn,
       round(avg(stayed_away::int), 3) AS stayed_away
FROM (SELECT clm.churn_score(h, date :'d', m, 90) AS churn, clm.occasions(h, date :'d', date :'d' + 90) = 0 AS stayed_away,
             width_bucket(clm.gap(expected, perceived), ARRAY[-1, -.25, .25]::float8[]) AS n
      FROM c JOIN survey USING (id), model) s
JOIN (VALUES (0, 'below -1', '很不满意'), (1, '-1 to -0.25', '不满意'), (2, '-0.25 to 0.25', '符合期望'),
             (3, 'above 0.25', '超出期望')) b(n, band, zh) USING (n)
GROUP BY n, band, zh ORDER BY n;

-- The effect of being satisfied, as a difference of means with its interval: orders in the following 90 days. Not an
-- experiment: read it as a hint.
SELECT (u).n_treated AS satisfied, (u).n_control AS dissatisfied, round((u).lift::numeric, 3) AS more_orders,
       round((u).ci_low::numeric, 3) AS ci_low, round((u).ci_high::numeric, 3) AS ci_high
FROM (SELECT clm.uplift(clm.gap(expected, perceived) >= 0, clm.occasions(h, date :'d', date :'d' + 90)::float8) AS u
      FROM c JOIN survey USING (id)) q;

-- Net promoter score, gap to rivals and to a year ago, index of the four causes of perceived value (weights from a study of
-- one's own), and the three kinds of value that customers say they get, by region.
SELECT coalesce(region, 'all') AS region, count(*) AS answers,
       round(100.0 * (count(*) FILTER (WHERE would_recommend >= 9) - count(*) FILTER (WHERE would_recommend <= 6))
             / count(*)) AS nps,
       round(avg(clm.gap(rival, perceived))::numeric, 2) AS "against rival",
       round(avg(clm.gap(before, perceived))::numeric, 2) AS "against last year",
       round(avg(clm.score('{.35,.30,.20,.15}', ARRAY[product_quality, service_quality, price, brand]))::numeric, 2) AS index,
       round(avg(functional_value)::numeric, 2) AS "功能性价值", round(avg(emotional_value)::numeric, 2) AS "情感性价值",
       round(avg(social_value)::numeric, 2) AS "社会性价值"
FROM survey JOIN c USING (id) GROUP BY ROLLUP (region) ORDER BY c.region NULLS LAST;

-- New customers and others on the three things that a new customer judges: gap to what was expected of each.
SELECT CASE WHEN clm.tenure(h, date :'d') < 90 THEN 'new' ELSE 'others' END AS customers, count(*) AS answers,
       round(avg(clm.gap(expected, product_quality))::numeric, 2) AS product,
       round(avg(clm.gap(expected, service_quality))::numeric, 2) AS service,
       round(avg(clm.gap(expected, price))::numeric, 2) AS price
FROM survey JOIN c USING (id) GROUP BY 1 ORDER BY 1;

-- Why mature customers do not grow: what they named in the survey.
SELECT bottleneck, count(*) AS customers, round(sum(clm.total(h, date :'d' - 365, date :'d'))::numeric) AS sales
FROM survey JOIN c USING (id) WHERE clm.lifecycle_stage(h, date :'d') = 'mature' GROUP BY bottleneck
ORDER BY customers DESC, bottleneck;

-- A worked example.
SELECT round(clm.gap(4.2, 3.6)::numeric, 2) AS gap, clm.score('{.5,.3,.2}', ARRAY[4, 3, 5]) AS index,
       round(100.0 * (count(*) FILTER (WHERE answer >= 9) - count(*) FILTER (WHERE answer <= 6)) / count(*)) AS nps
FROM unnest('{10,9,9,8,7,6,3,10,9,8}'::int[]) answer;
