-- How do customers move between the stages, and where will they be?
-- For: management and planning. Moves are counted from a quarter before the day of the report to that day.
-- Source: Pfeifer & Carraway 2000.

-- The moves, as rows of a Sankey diagram (source, target, width); the largest fifteen.
SELECT from_state, to_state, coalesce(clm.label(from_state::clm.stage, 'telecom5', 'zh'), '不适用') AS "从",
       coalesce(clm.label(to_state::clm.stage, 'telecom5', 'zh'), '不适用') AS "到", e.count, round(e.share::numeric, 3) AS share
FROM (SELECT clm.transitions(clm.lifecycle_stage(h, date :'d' - 91)::text, clm.lifecycle_stage(h, date :'d')::text) AS t
      FROM c WHERE clm.occasions(h, NULL, date :'d') > 0) q, LATERAL clm.entries(t) e
ORDER BY e.count DESC, from_state, to_state LIMIT 15;

-- On-ramps and off-ramps: joining, coming back, using less, leaving; and who is being developed.
SELECT count(*) FILTER (WHERE before = 'prospect') AS joined,
       count(*) FILTER (WHERE before = 'churned' AND now NOT IN ('churned', 'declining')) AS came_back,
       count(*) FILTER (WHERE before IN ('growing', 'mature') AND now = 'declining') AS usage_loss,
       count(*) FILTER (WHERE before NOT IN ('prospect', 'churned') AND now = 'churned') AS customer_loss,
       round(count(*) FILTER (WHERE before NOT IN ('prospect', 'churned') AND now <> 'churned')::numeric
             / nullif(count(*) FILTER (WHERE before NOT IN ('prospect', 'churned')), 0), 3) AS retention_rate,
       count(*) FILTER (WHERE now = 'new') AS new, count(*) FILTER (WHERE now = 'growing') AS growing,
       count(*) FILTER (WHERE now = 'mature') AS mature
FROM (SELECT clm.lifecycle_stage(h, date :'d' - 91) AS before, clm.lifecycle_stage(h, date :'d') AS now
      FROM c WHERE clm.occasions(h, NULL, date :'d') > 0) s;

-- Value of the next five years by stage, from the moves of those who were customers and from the margin that a customer of
-- each stage brings in a quarter; 2.5 % a quarter. Those who have left are worth what their returns are worth.
WITH moves AS (
    SELECT clm.transitions(clm.lifecycle_stage(h, date :'d' - 91)::text, clm.lifecycle_stage(h, date :'d')::text) AS t
    FROM c WHERE clm.occasions(h, NULL, date :'d' - 91) > 0
), stage AS (
    SELECT clm.lifecycle_stage(h, date :'d') AS stage, .45 * avg(clm.total(h, date :'d' - 91, date :'d')) AS margin,
           count(*) AS customers
    FROM c WHERE clm.occasions(h, NULL, date :'d') > 0 GROUP BY 1
), states AS (
    SELECT array_agg(stage::text ORDER BY stage) AS names, array_agg(margin ORDER BY stage) AS margins FROM stage
)
SELECT stage, coalesce(clm.label(stage, 'telecom5', 'zh'), '不适用') AS "阶段", customers,
       round(margin::numeric, 2) AS margin_a_quarter,
       round(v.clv::numeric, 2) AS clv, round((v.clv * customers)::numeric) AS all_customers
FROM states, moves, LATERAL clm.clv(t, names, margins, .025, 20) v JOIN stage ON stage::text = v.state
ORDER BY stage;

-- Forecast: where today's customers will be, if people keep moving as they did; nobody is added.
WITH moves AS (
    SELECT clm.transitions(clm.lifecycle_stage(h, date :'d' - 91)::text, clm.lifecycle_stage(h, date :'d')::text) AS t
    FROM c WHERE clm.occasions(h, NULL, date :'d' - 91) > 0
), states AS (
    SELECT array_agg(stage::text ORDER BY stage) AS names, array_agg(customers ORDER BY stage) AS mix
    FROM (SELECT clm.lifecycle_stage(h, date :'d') AS stage, count(*)::float8 AS customers
          FROM c WHERE clm.occasions(h, NULL, date :'d') > 0 GROUP BY 1) s
)
SELECT state, round(max(amount) FILTER (WHERE step = 0)::numeric) AS today,
       round(max(amount) FILTER (WHERE step = 1)::numeric) AS "1 quarter",
       round(max(amount) FILTER (WHERE step = 2)::numeric) AS "2 quarters",
       round(max(amount) FILTER (WHERE step = 4)::numeric) AS "4 quarters"
FROM states, moves, LATERAL clm.forecast(t, names, mix, 4) f
GROUP BY state ORDER BY state::clm.stage;

-- A worked example: P = [.7 .3 0; .25 .45 .30; 0 0 1], rewards 40, -4, 0, discount .1.
WITH example AS (
    SELECT clm.transitions(f, t) AS t, ARRAY['active', 'at risk', 'lost'] AS names, ARRAY[40, -4, 0]::float8[] AS rewards
    FROM (VALUES ('active', 'active', 14), ('active', 'at risk', 6), ('at risk', 'active', 5), ('at risk', 'at risk', 9),
                 ('at risk', 'lost', 6), ('lost', 'lost', 1)) x(f, t, n), generate_series(1, n)
)
SELECT v.state, round(v.clv::numeric, 2) AS clv, round(w.clv::numeric, 2) AS clv_of_4_periods
FROM example, LATERAL clm.clv(t, names, rewards, .1) v JOIN LATERAL clm.clv(t, names, rewards, .1, 4) w USING (state)
ORDER BY v.state;
