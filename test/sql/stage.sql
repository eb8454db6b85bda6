-- lifecycle_stage: the rules in their order, both signatures, options, replays, and the stage of scores().
\set VERBOSITY terse
SET datestyle = ISO;

SELECT enum_range(NULL::clm.stage);

-- 1. No occasion up to as_of: a prospect, or engaged from the date engaged on. 2. closed: churned from that date on
SELECT what, clm.lifecycle_stage(h, '2024-06-30') AS stage, clm.lifecycle_stage(h, '2024-06-30', engaged => '2024-06-30') AS engaged_today,
       clm.lifecycle_stage(h, '2024-06-30', engaged => '2024-07-01') AS engaged_tomorrow,
       clm.lifecycle_stage(h, '2024-06-30', closed => '2024-06-30') AS closed_today,
       clm.lifecycle_stage(h, '2024-06-30', closed => '2024-07-01') AS closed_tomorrow
FROM (VALUES ('no history', NULL::clm.history), ('empty', '{}'), ('refund alone', '{2024-05-01:-5}'), ('later', '{2024-07-01:5}'),
             ('free order', '{2024-05-01:0}'), ('order', '{2024-05-01:5}')) v(what, h);
-- Infinite dates of contact and end: never, or ever since; NULL: none
SELECT clm.lifecycle_stage(NULL, '2024-06-30', engaged => 'infinity') AS never_engaged, clm.lifecycle_stage(NULL, '2024-06-30', engaged => '-infinity') AS ever_engaged,
       clm.lifecycle_stage('{2024-05-01:5}', '2024-06-30', closed => 'infinity') AS never_closed,
       clm.lifecycle_stage('{2024-05-01:5}', '2024-06-30', closed => '-infinity') AS ever_closed,
       clm.lifecycle_stage('{2024-05-01:5}', '2024-06-30', engaged => NULL, closed => NULL) AS none,
       clm.lifecycle_stage('{2024-05-01:5}', NULL) AS no_day;

-- 3. Silence longer than max(churn_floor, churn_after x cadence): one occasion leaves the floor alone
SELECT d, clm.lifecycle_stage('{2024-01-01:5}', d) AS one, clm.lifecycle_stage('{2023-11-02:5,2024-01-01:5}', d) AS gap_60,
       clm.lifecycle_stage('{2023-11-02:5,2024-01-01:5}', d, churn_after => 1) AS after_1,
       clm.lifecycle_stage('{2024-01-01:5}', d, churn_floor => 180) AS floor_180
FROM (VALUES (date '2024-01-01'), ('2024-03-30'), ('2024-03-31'), ('2024-04-01'), ('2024-06-29'), ('2024-06-30')) v(d);
-- 4. Regained: two orders 730 days apart, ten days after the second; for new_for days. A gap that ended in a regain is no cadence
SELECT d, clm.lifecycle_stage('{2022-01-01:5,2024-01-01:5}', d) AS stage, clm.lifecycle_stage('{2022-01-01:5,2024-01-01:5}', d, new_for => 5) AS new_for_5
FROM (VALUES (date '2023-12-31'), ('2024-01-01'), ('2024-01-11'), ('2024-03-30'), ('2024-03-31'), ('2024-04-01')) v(d);
-- On the day before the return the silence was 90 days: not churned, so not regained; a day more is
SELECT clm.lifecycle_stage('{2024-01-01:5,2024-04-01:5}', '2024-04-11') AS gap_91, clm.lifecycle_stage('{2024-01-01:5,2024-04-02:5}', '2024-04-11') AS gap_92;
-- 5. New for new_for days
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-01-31', new_for => 31) AS new, clm.lifecycle_stage('{2024-01-01:5}', '2024-01-31', new_for => 30) AS old;

-- 6. A monthly bill that falls is declining, one that grows is growing, a steady one is mature; the days are even
CREATE FUNCTION pg_temp.bills(VARIADIC amounts float8[]) RETURNS clm.history LANGUAGE sql AS $$
    SELECT clm.history(date '2023-12-17' + 30 * (i::int - cardinality(amounts)), amount) FROM unnest(amounts) WITH ORDINALITY b(amount, i);
$$;
SELECT clm.lifecycle_stage(h, '2023-12-31') AS stage, round(clm.trend(h, '2023-12-31')::numeric, 3) AS trend
FROM (VALUES (pg_temp.bills(320, 310, 305, 280, 240, 190)), (pg_temp.bills(320, 320, 310, 305, 280, 240, 190)),
             (pg_temp.bills(190, 190, 240, 280, 305, 310, 320)), (pg_temp.bills(300, 300, 300, 300, 300, 300, 300)),
             (pg_temp.bills(300, 100, 100, 300, 100, 300, 100)), (pg_temp.bills(320, 320, 310, 305, 300, 299, 298))) v(h);
-- Thresholds, period and k are options: a fall by 9 % is none below a threshold of -10 %
SELECT clm.lifecycle_stage(h, '2023-12-31', decline => -.1) AS decline, clm.lifecycle_stage(h, '2023-12-31', decline => -.01, grow => .01) AS small,
       clm.lifecycle_stage(h, '2023-12-31', k => 3) AS k_3, clm.lifecycle_stage(h, '2023-12-31', period => 60) AS period_60
FROM (VALUES (pg_temp.bills(320, 320, 310, 305, 280, 240, 190)), (pg_temp.bills(320, 320, 310, 305, 300, 299, 298))) v(h);
-- Purchase days alone, each of amount 1: more and more often, less and less often
SELECT clm.lifecycle_stage(clm.history(d), '2023-12-31') AS growing
FROM (SELECT date '2023-01-01' UNION ALL SELECT date '2023-12-31' - i * (i + 1) / 2 FROM generate_series(0, 18) i) v(d);
SELECT clm.lifecycle_stage(clm.history(d), '2023-12-31', churn_floor => 1000) AS declining
FROM (SELECT date '2023-07-04' + i * (i + 1) / 2 FROM generate_series(0, 17) i UNION ALL SELECT date '2023-01-01') v(d);

-- The model form: churned where p_active within the horizon is less than alive_below, never while new
CREATE TEMP TABLE model AS SELECT clm.prior_guess() AS m;
SELECT d, round(clm.p_active(h, d, m, 90)::numeric, 3) AS p_active, clm.lifecycle_stage(h, d, m) AS stage,
       clm.lifecycle_stage(h, d, m, alive_below => .3) AS below_30, clm.lifecycle_stage(h, d, m, alive_below => 0) AS never,
       clm.lifecycle_stage(h, d, m, horizon => 7) AS horizon_7, clm.lifecycle_stage(h, d, m, new_for => 1000, alive_below => 1) AS new
FROM model, (VALUES ('{2023-01-01:5,2023-02-01:5,2023-03-01:5,2023-04-01:5}'::clm.history)) v(h),
    (VALUES (date '2023-03-31'), ('2023-05-01'), ('2023-09-01'), ('2024-01-01'), ('2025-01-01')) w(d);
-- Exactly alive_below is not less
SELECT clm.lifecycle_stage(h, d, m, alive_below => p) AS at, clm.lifecycle_stage(h, d, m, alive_below => p + 1e-12) AS above
FROM model, (VALUES ('{2023-01-01:5}'::clm.history, date '2023-12-31')) v(h, d), LATERAL (SELECT clm.p_active(h, d, m, 90)) w(p);
-- Regained by the model's rule; engaged, closed and NULLs as without a model
SELECT clm.lifecycle_stage('{2022-01-01:5,2024-01-01:5}', '2024-01-11', m) AS regained, clm.lifecycle_stage(NULL, '2024-01-11', m) AS prospect,
       clm.lifecycle_stage(NULL, '2024-01-11', m, engaged => '2024-01-11') AS engaged,
       clm.lifecycle_stage('{2024-01-01:5}', '2024-01-11', m, closed => '2024-01-11') AS closed,
       clm.lifecycle_stage('{2024-01-01:5}', NULL, m) AS no_day, clm.lifecycle_stage('{2024-01-01:5}'::clm.history, '2024-01-11', NULL::clm.customer_model) AS no_model
FROM model;

-- Many customers on many days: a replay sees only its past, in both forms; scores() gives the model form's stage; every stage occurs
CREATE TEMP TABLE customer AS
    SELECT customer_id, clm.history(day, amount) AS h FROM clm.simulate(300, '2022-01-01', '2023-12-31', 5) GROUP BY 1
    UNION ALL SELECT -1, NULL UNION ALL SELECT -2, '{2022-03-01:-3}' UNION ALL SELECT -3, pg_temp.bills(320, 320, 310, 305, 280, 240, 190)
    UNION ALL SELECT -4, pg_temp.bills(190, 190, 240, 280, 305, 310, 320) UNION ALL SELECT -5, pg_temp.bills(9, 9, 9, 9, 9, 9);
CREATE TEMP TABLE day AS SELECT d::date FROM generate_series(timestamp '2022-01-01', '2023-12-31', '73 days') d UNION SELECT date '2023-12-31';
SELECT bool_and(clm.lifecycle_stage(h, d) = clm.lifecycle_stage(clm.as_of(h, d), d)) AS history,
       bool_and(clm.lifecycle_stage(h, d, m) = clm.lifecycle_stage(clm.as_of(h, d), d, m)) AS model,
       bool_and(clm.lifecycle_stage(h, d, m) = (clm.scores(h, d, m)).stage) AS scores,
       count(DISTINCT clm.lifecycle_stage(h, d)) AS stages
FROM customer, day, model;
-- The reason that scores() gives names the rule
SELECT DISTINCT s.stage, regexp_replace(s.stage_reason, '[-+]?[0-9]+(-[0-9]+)*(\.[0-9]+)?(e[-+][0-9]+)?', '#', 'g') COLLATE "C" AS reason
FROM customer, day, model, clm.scores(h, d, m) s ORDER BY s.stage, reason;

-- Defaults and positions of the options; a NULL option is its default
SELECT bool_and(clm.lifecycle_stage(h, d) = clm.lifecycle_stage(h, d, NULL::integer, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) AS history,
       bool_and(clm.lifecycle_stage(h, d) = clm.lifecycle_stage(h, d, 90, 3, 90, 30, 6, .05, -.05)) AS written_out,
       bool_and(clm.lifecycle_stage(h, d, m) = clm.lifecycle_stage(h, d, m, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)) AS model,
       bool_and(clm.lifecycle_stage(h, d, m) = clm.lifecycle_stage(h, d, m, 90, .10, 90, 30, 6, .05, -.05)) AS model_written_out
FROM customer, day, model;

-- Options outside their domain
SELECT clm.lifecycle_stage('{2024-01-01:5}', 'infinity');
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', new_for => -1);
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', churn_after => 0);
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', churn_after => 'NaN');
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', churn_after => 'Infinity');
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', churn_floor => -1);
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', period => 0);
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', k => 2);
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', k => 1000000);
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', grow => 'NaN');
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', decline => '-Infinity');
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', grow => -.05);
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', m, alive_below => 1.1) FROM model;
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', m, alive_below => -.1) FROM model;
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', m, alive_below => 'NaN') FROM model;
SELECT clm.lifecycle_stage('{2024-01-01:5}', '2024-06-30', m, horizon => 0) FROM model;
SELECT clm.lifecycle_stage('{2024-01-01:5}', '-infinity', m) FROM model;
-- Extreme but valid
SELECT clm.lifecycle_stage('{2024-01-01:5,2024-02-01:5}', '2024-06-30', 2147483647, 1.7e308, 2147483647, 2147483647, 3, 1.7e308, -1.7e308) AS huge,
       clm.lifecycle_stage('{2024-01-01:5,2024-02-01:5}', '2024-06-30', 0, 1e-300, 0, 1, 3, 1e-300, -1e-300) AS tiny,
       clm.lifecycle_stage('{4714-11-24 BC:5}', '5874897-12-31') AS long;
