-- Which of several measures works best in which channel?
-- For: the manager of campaigns. Three measures were tested at the same time against one control group, in every channel,
-- so that nothing but the measure differs; "call and visit" joins two touchpoints. lift: more customers kept; gain: more
-- margin in 90 days, less the cost a head. decision looks at the interval of the gain: 95 %, for each comparison by itself.
-- Needs: trial(channel, arm, kept, margin)
-- Source: Welch 1947 (interval of a difference of means); Newcombe 1998.
WITH arm (arm, zh, cost) AS (
    VALUES ('letter', '信函', 1.0), ('call', '外呼', 2.0), ('call and visit', '外呼与走访', 4.0)
), tested AS (
    SELECT t.channel, a.arm, a.zh, a.cost, t.arm = a.arm AS treated, t.kept, t.margin
    FROM trial t JOIN arm a ON t.arm IN (a.arm, 'control')
)
SELECT coalesce(channel, 'all') AS channel, arm, zh, (k).n_treated, (k).n_control, round((k).lift::numeric, 3) AS lift,
       round((k).p_value::numeric, 4) AS p_value, round(((g).lift - cost)::numeric, 2) AS gain,
       round(((g).ci_low - cost)::numeric, 2) AS gain_low,
       round(((g).ci_high - cost)::numeric, 2) AS gain_high,
       CASE WHEN (k).lift IS NULL THEN 'no data 无数据' WHEN (g).ci_low > cost THEN 'roll out 推广'
            WHEN (g).ci_high < cost THEN 'stop 停止' ELSE 'keep testing 继续试点' END AS decision
FROM (SELECT channel, arm, zh, cost, clm.uplift(treated, kept) AS k, clm.uplift(treated, margin) AS g
      FROM tested GROUP BY GROUPING SETS ((channel, arm, zh, cost), (arm, zh, cost))) q
ORDER BY q.channel NULLS LAST, cost;
