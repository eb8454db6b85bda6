-- How do customers move between the stages, where will they be, and what is that worth?
-- For: management and planning. Moves are counted from a quarter before the day of the report to that day. A chain forgets
-- how long somebody has been in a state, and so overvalues those who left long ago. They are split by their silence: churned,
-- and lost 长期流失, without a purchase for more than a year. Even so the chain knows nothing of the single customer: the value
-- from the histories stands beside its own, and where the two differ, believe the histories.
-- Needs: c(id, h), model(m)
-- Source: Pfeifer & Carraway 2000.

-- The moves, as rows of a Sankey diagram (source, target, width); the largest fifteen.
WITH position AS (
    SELECT id, quarter, CASE WHEN stage = 'churned' AND clm.recency(h, day) > 365 THEN 'lost' ELSE stage::text END AS state
    FROM c, generate_series(0, 1) quarter, LATERAL (SELECT date :'d' - 91 * quarter AS day) d,
         LATERAL (SELECT clm.lifecycle_stage(h, day) AS stage) s
    WHERE clm.occasions(h, NULL, date :'d') > 0
)
SELECT from_state, to_state, coalesce(f.zh, '长期流失') AS "从", coalesce(t.zh, '长期流失') AS "到", e.count,
       round(e.share::numeric, 3) AS share
FROM (SELECT clm.transitions(a.state, b.state) AS moves FROM position a JOIN position b USING (id)
      WHERE a.quarter = 1 AND b.quarter = 0) q, LATERAL clm.entries(moves) e
     LEFT JOIN clm.stage_label f ON f.system = 'telecom5' AND f.stage::text = from_state
     LEFT JOIN clm.stage_label t ON t.system = 'telecom5' AND t.stage::text = to_state
ORDER BY e.count DESC, from_state, to_state LIMIT 15;

-- On-ramps and off-ramps: joining, coming back, buying less, leaving; and who is being developed.
SELECT count(*) FILTER (WHERE before = 'prospect') AS joined,
       count(*) FILTER (WHERE before = 'churned' AND now NOT IN ('churned', 'declining')) AS came_back,
       count(*) FILTER (WHERE before IN ('growing', 'mature') AND now = 'declining') AS buying_less,
       count(*) FILTER (WHERE before NOT IN ('prospect', 'churned') AND now = 'churned') AS customer_loss,
       round(count(*) FILTER (WHERE before NOT IN ('prospect', 'churned') AND now <> 'churned')::numeric
             / nullif(count(*) FILTER (WHERE before NOT IN ('prospect', 'churned')), 0), 3) AS retention_rate,
       count(*) FILTER (WHERE now = 'new') AS new, count(*) FILTER (WHERE now = 'growing') AS growing,
       count(*) FILTER (WHERE now = 'mature') AS mature
FROM (SELECT clm.lifecycle_stage(h, date :'d' - 91) AS before, clm.lifecycle_stage(h, date :'d') AS now
      FROM c WHERE clm.occasions(h, NULL, date :'d') > 0) s;

-- Value of the next five years (20 quarters) by state, at 10 % a year and a margin of 45 %, and where today's customers will
-- be; both if people keep moving as they did, and nobody is added. by_chain: from the moves and the margin that a customer of
-- each state brings in a quarter; the chain's first reward is the quarter that has just ended, already earned and so taken
-- off. by_history: the mean of what each customer's own history promises.
WITH position AS (
    SELECT id, quarter, CASE WHEN stage = 'churned' AND clm.recency(h, day) > 365 THEN 'lost' ELSE stage::text END AS state,
           .45 * clm.total(h, day - 91, day) AS margin,
           CASE quarter WHEN 0 THEN clm.clv(h, day, m, 20 * 91, .10, .45) END AS clv
    FROM c, model, generate_series(0, 1) quarter, LATERAL (SELECT date :'d' - 91 * quarter AS day) d,
         LATERAL (SELECT clm.lifecycle_stage(h, day) AS stage) s
    WHERE clm.occasions(h, NULL, day) > 0
), today AS (
    SELECT state, count(*) AS customers, avg(margin) AS margin, avg(clv) AS by_history
    FROM position WHERE quarter = 0 GROUP BY state
), moves AS (
    SELECT clm.transitions(a.state, b.state) AS t FROM position a JOIN position b USING (id)
    WHERE a.quarter = 1 AND b.quarter = 0
), named AS ( -- exactly the states of the moves, whether anybody is in them today or not
    SELECT from_state AS state FROM moves, clm.entries(t) UNION SELECT to_state FROM moves, clm.entries(t)
), states AS (
    SELECT array_agg(state ORDER BY state) AS names, array_agg(coalesce(margin, 0) ORDER BY state) AS margins,
           array_agg(coalesce(customers, 0)::float8 ORDER BY state) AS mix
    FROM named LEFT JOIN today USING (state)
), ahead AS (
    SELECT state, max(amount) FILTER (WHERE step = 1) AS one, max(amount) FILTER (WHERE step = 2) AS two,
           max(amount) FILTER (WHERE step = 4) AS four
    FROM states, moves, LATERAL clm.forecast(t, names, mix, 4) GROUP BY state
)
SELECT state, coalesce(zh, '长期流失') AS "阶段", coalesce(customers, 0) AS today, round(one::numeric) AS "1 quarter",
       round(two::numeric) AS "2 quarters", round(four::numeric) AS "4 quarters",
       round(margin::numeric, 2) AS margin_a_quarter,
       round((CASE v.clv WHEN 0 THEN 0 ELSE v.clv - coalesce(margin, 0) END)::numeric, 2) AS by_chain,
       round(by_history::numeric, 2) AS by_history, round((by_history * customers)::numeric) AS all_customers
FROM states, moves, LATERAL clm.clv(t, names, margins, 1.1 ^ .25 - 1, periods => 20) v JOIN ahead USING (state)
     FULL JOIN today USING (state) LEFT JOIN clm.stage_label l ON l.system = 'telecom5' AND l.stage::text = state
ORDER BY l.stage, state;

-- A worked example: P = [.7 .3 0; .25 .45 .30; 0 0 1], rewards 40, -4, 0, discount .1.
WITH example AS (
    SELECT clm.transitions(f, t) AS t, ARRAY['active', 'at risk', 'lost'] AS names, ARRAY[40, -4, 0]::float8[] AS rewards
    FROM (VALUES ('active', 'active', 14), ('active', 'at risk', 6), ('at risk', 'active', 5), ('at risk', 'at risk', 9),
                 ('at risk', 'lost', 6), ('lost', 'lost', 1)) x(f, t, n), generate_series(1, n)
)
SELECT v.state, round(v.clv::numeric, 2) AS clv, round(w.clv::numeric, 2) AS clv_of_4_periods
FROM example, LATERAL clm.clv(t, names, rewards, .1) v JOIN LATERAL clm.clv(t, names, rewards, .1, 4) w USING (state)
ORDER BY v.state;
