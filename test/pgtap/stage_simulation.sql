-- Stages of simulated customers: steady buyers are rarely called growing or declining, real trends are found, and what
-- the model form calls churned hardly buys again.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(27);

-- Buyers at a constant rate (purchases a week), who never leave, with gamma-gamma amounts
CREATE FUNCTION pg_temp.steady(rate float8, customers bigint, seed bigint, join_by date) RETURNS SETOF record LANGUAGE sql
    AS $$ SELECT customer_id, day, amount FROM clm.simulate(customers, '2023-01-01', '2024-12-31', seed, 'bg/nbd', ARRAY[1e6, 1e6 / rate, 1e-9, 1e9], 7,
              '{6,4,15}', join_by) $$;
CREATE TEMP TABLE steady AS
    SELECT rate, age, customer_id, clm.history(day, amount) AS h
    FROM (VALUES (.15), (.4), (1), (3)) r(rate), (VALUES ('two years', date '2023-01-31'), ('some months', '2024-09-30')) a(age, join_by),
        pg_temp.steady(rate, 2000, (100 * rate)::bigint, join_by) p(customer_id bigint, day date, amount float8)
    GROUP BY rate, age, customer_id;
-- Silence and youth aside, only the trend decides
CREATE TEMP TABLE share AS
    SELECT rate, age, avg((stage = 'growing')::int) AS growing, avg((stage = 'declining')::int) AS declining, avg((stage = 'mature')::int) AS mature
    FROM steady, LATERAL (SELECT clm.lifecycle_stage(h, '2024-12-31', new_for => 0, churn_floor => 10000)) s(stage) GROUP BY rate, age;
SELECT cmp_ok(growing, '<=', .1, format('steady, %s a week, %s: growing', rate, age)) FROM share ORDER BY rate, age;
SELECT cmp_ok(declining, '<=', .1, format('steady, %s a week, %s: declining', rate, age)) FROM share ORDER BY rate, age;
SELECT ok(bool_and(growing + declining + mature = 1), 'nothing else') FROM share;

-- The same buyers with purchases left out so that the rate falls to a third, or rises from one, over the last 180 days
CREATE TEMP TABLE trending AS
    SELECT rate, down, customer_id, clm.history(day, amount) AS h
    FROM (VALUES (1), (3)) r(rate), (VALUES (true), (false)) v(down),
        pg_temp.steady(rate, 1000, 7, '2023-01-31') p(customer_id bigint, day date, amount float8),
        LATERAL (SELECT greatest(0, (day - date '2024-07-04') / 180.0)) t(elapsed)
    WHERE CASE WHEN down THEN 1 - elapsed * 2 / 3 ELSE 1 / 3.0 + elapsed * 2 / 3 END >
          ('x' || left(md5(customer_id || ' ' || day), 8))::bit(32)::bigint / 4294967296.0
    GROUP BY rate, down, customer_id;
CREATE TEMP TABLE found AS
    SELECT rate, down, avg((stage = CASE WHEN down THEN 'declining' ELSE 'growing' END::clm.stage)::int) AS found,
           avg((stage = CASE WHEN down THEN 'growing' ELSE 'declining' END::clm.stage)::int) AS wrong
    FROM trending, LATERAL (SELECT clm.lifecycle_stage(h, '2024-12-31', churn_floor => 10000)) s(stage) GROUP BY rate, down;
SELECT cmp_ok(found, '>', CASE rate WHEN 1 THEN .25 ELSE .5 END, format('a rate that %s, %s a week: found', CASE WHEN down THEN 'falls' ELSE 'rises' END, rate))
FROM found ORDER BY rate, down;
SELECT cmp_ok(max(wrong), '<', .02, 'hardly ever the wrong way round') FROM found;

-- Customers who leave as MBG/NBD says: the model form against what happened in the 90 days after
CREATE TEMP TABLE leaving AS
    SELECT customer_id, clm.history(day, amount) AS h
    FROM clm.simulate(5000, '2023-01-01', '2024-12-31', 51, 'mbg/nbd', '{.9,8,.8,2.5}', 7, '{6,4,15}', '2023-12-31') GROUP BY customer_id;
CREATE TEMP TABLE judged AS
    SELECT stage, silent, clm.occasions(h, d, d + 90) > 0 AS came_back
    FROM leaving, (VALUES (date '2024-09-30')) v(d), (SELECT clm.customer_model(h, '2024-09-30') FROM leaving) f(m),
        LATERAL (SELECT clm.lifecycle_stage(h, d, m), clm.lifecycle_stage(h, d)) s(stage, silent);
SELECT cmp_ok(avg(came_back::int), '<', .05, 'model form: few of the churned come back within 90 days') FROM judged WHERE stage = 'churned';
SELECT cmp_ok(avg(came_back::int), '>', .3, 'model form: many of the others do') FROM judged WHERE stage <> 'churned';
SELECT cmp_ok(count(*) FILTER (WHERE stage = 'churned'), '>', 1000::bigint, 'model form: there are churned ones') FROM judged;
SELECT cmp_ok(avg(came_back::int), '<', .15, 'silence rule: few of the churned come back') FROM judged WHERE silent = 'churned';
SELECT is(count(*) FILTER (WHERE stage IN ('prospect', 'engaged')), 0::bigint, 'every buyer has a buyer''s stage') FROM judged;

SELECT * FROM finish();
ROLLBACK;
