-- Identities between scores, for many simulated customers, days, models and horizons.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(33);

CREATE TEMP TABLE purchase AS
    SELECT * FROM clm.simulate(400, '2023-01-01', '2024-12-31', 41)
    UNION ALL SELECT customer_id, day + 3, -amount / 2 FROM clm.simulate(400, '2023-01-01', '2024-12-31', 41) WHERE customer_id % 7 = 0;
CREATE TEMP TABLE customer AS
    SELECT customer_id AS id, clm.history(day, amount) AS h FROM purchase GROUP BY 1
    UNION ALL SELECT -1, NULL UNION ALL SELECT -2, '{}' UNION ALL SELECT -3, '{2023-06-01:-4}' UNION ALL SELECT -4, '{2023-06-01:0}';
CREATE TEMP TABLE day AS SELECT unnest('{2022-12-31,2023-01-01,2023-06-30,2024-02-29,2024-12-31,2026-01-01}'::date[]) AS d;
CREATE TEMP TABLE model AS
    SELECT clm.customer_model(f, period, CASE WHEN period = 7 THEN params ELSE ARRAY[params[1], 7 * params[2], params[3], params[4]] END, '{6.25,3.74,15.44}') AS m
    FROM (VALUES ('bg/nbd', '{.243,4.414,.793,2.426}'::float8[]), ('mbg/nbd', '{.525,6.183,.891,1.614}'), ('mbg/nbd', '{2,30,1.7,3}')) v(f, params),
        (VALUES (7), (1)) p(period);
CREATE TEMP TABLE scored AS SELECT id, h, d, m, n, clm.rfm(h, d, (m).period) AS s FROM customer, day, model, (VALUES (0), (1), (90), (1000)) v(n);

-- Ranges
SELECT ok(bool_and(clm.p_alive(h, d, m) BETWEEN 0 AND 1 AND clm.p_active(h, d, m, n) BETWEEN 0 AND 1 AND clm.churn_score(h, d, m, n) BETWEEN 0 AND 1
    AND clm.churn_score(h, d, m, NULL) BETWEEN 0 AND 1 AND clm.expected_purchases(h, d, m, n) >= 0), 'probabilities and expectations in their ranges') FROM scored;
SELECT is(count(*) FILTER (WHERE (clm.p_alive(h, d, m) IS NULL) <> (coalesce(clm.occasions(h, NULL, d), 0) = 0)), 0::bigint, 'NULL exactly without an occasion') FROM scored;

-- The two forms of churn
SELECT ok(bool_and(clm.churn_score(h, d, m, n) = 1 - clm.p_active(h, d, m, n)), 'churn_score = 1 - p_active') FROM scored;
SELECT ok(bool_and(abs(clm.churn_score(h, d, m, NULL) - (1 - clm.p_alive(h, d, m))) < 1e-15), 'latent churn_score = 1 - p_alive') FROM scored;
SELECT ok(bool_and(clm.churn_score(h, d, m, 0) = 1 AND clm.p_active(h, d, m, 0) = 0 AND clm.expected_purchases(h, d, m, 0) = 0), 'nothing happens within no time')
FROM scored WHERE s IS NOT NULL;
SELECT ok(bool_and(clm.p_active(h, d, m, n) <= clm.p_alive(h, d, m) + 1e-15 AND clm.p_active(h, d, m, n) <= clm.expected_purchases(h, d, m, n) + 1e-15), 'p_active is at most P(alive) and the expectation')
FROM scored;
SELECT ok(bool_and(clm.p_active(h, d, m, n) <= clm.p_active(h, d, m, n + 1) AND clm.expected_purchases(h, d, m, n) <= clm.expected_purchases(h, d, m, n + 1)
    AND clm.p_alive(h, d, m, n) >= clm.p_alive(h, d, m, n + 1)), 'monotone in the horizon') FROM scored;
SELECT ok(bool_and(abs(clm.p_active(s, m, 1e-6) / clm.expected_purchases(s, m, 1e-6) - 1) < 1e-4), 'p_active and expectation agree for short times')
FROM scored WHERE s IS NOT NULL AND n = 0 AND (s).t > 0;
SELECT ok(bool_and(clm.p_alive(h, d + 30, m) <= clm.p_alive(h, d, m) + 1e-15), 'silence lowers P(alive)')
FROM scored WHERE clm.occasions(h, d, d + 30) = 0 AND s IS NOT NULL;
SELECT ok(bool_and(clm.p_alive(h, d, m, 0) = clm.p_alive(h, d, m)), 'P(alive) in no days is P(alive)') FROM scored WHERE s IS NOT NULL;
-- A new customer
SELECT ok(bool_and(abs(sum / clm.expected_purchases(m, 200) - 1) < 1e-9), 'expected_purchases = sum of n p_purchases')
FROM (SELECT DISTINCT m FROM model) v, LATERAL (SELECT sum(k * clm.p_purchases(m, k, 200)) FROM generate_series(0, 1500) k) p(sum);
SELECT ok(bool_and(abs(sum - 1) < 1e-9), 'p_purchases sums to 1')
FROM (SELECT DISTINCT m FROM model) v, LATERAL (SELECT sum(clm.p_purchases(m, k, 200)) FROM generate_series(0, 1500) k) p(sum);
SELECT ok(bool_and(abs(clm.p_active(clm.rfm(0, 0, 0), m, n / (m).period::float8) - (1 - clm.p_purchases(m, 0, n))) < 1e-12), 'a new customer: p_active = 1 - P(0 purchases)')
FROM model, (VALUES (1), (90), (1000)) v(n);
SELECT ok(bool_and(abs(clm.expected_purchases(clm.rfm(0, 0, 0), m, n / (m).period::float8) / clm.expected_purchases(m, n) - 1) < 1e-12), 'a new customer: two ways to the expectation')
FROM model, (VALUES (1), (90), (1000)) v(n);

-- From a history as from its summary; a model in days as the same one in weeks
SELECT ok(bool_and((clm.p_alive(h, d, m, n), clm.p_active(h, d, m, n), clm.churn_score(h, d, m, n), clm.churn_score(h, d, m, NULL),
        clm.expected_purchases(h, d, m, n), clm.expected_spend(h, d, m), clm.clv(h, d, m, n), clm.clv(h, d, m, NULL, .07, .3))
    IS NOT DISTINCT FROM (clm.p_alive(s, m, p), clm.p_active(s, m, p), clm.churn_score(s, m, p), clm.churn_score(s, m, NULL),
        clm.expected_purchases(s, m, p), clm.expected_spend(s, m), clm.clv(s, m, p), clm.clv(s, m, NULL, .07, .3))), 'from a history as from its summary')
FROM scored, LATERAL (SELECT n / (m).period::float8) v(p);
SELECT ok(bool_and((hs.churn_score, hs.p_alive, hs.thin, hs.expected_purchases, hs.expected_spend, hs.clv)
    IS NOT DISTINCT FROM (ss.churn_score, ss.p_alive, ss.thin, ss.expected_purchases, ss.expected_spend, ss.clv)), 'scores from a history as from its summary')
FROM scored, clm.scores(h, d, m, n) hs, clm.scores(s, m, n / (m).period::float8) ss;
SELECT ok(bool_and(abs(clm.clv(h, d, w.m, 365) / clm.clv(h, d, i.m, 365) - 1) < 1e-9 AND abs(clm.p_alive(h, d, w.m) - clm.p_alive(h, d, i.m)) < 1e-12),
    'the unit of time does not matter')
FROM customer, day, model w JOIN model i ON (w.m).family = (i.m).family AND (w.m).params[3] = (i.m).params[3] WHERE (w.m).period = 7 AND (i.m).period = 1;

-- scores() is its single functions
SELECT ok(bool_and((sc.stage, sc.thin, sc.churn_score, sc.p_alive, sc.expected_purchases, sc.expected_spend, sc.clv, sc.value_to_date, sc.clv_total)
    IS NOT DISTINCT FROM (clm.lifecycle_stage(h, d, m), (s).x < 2, clm.churn_score(h, d, m, 90), clm.p_alive(h, d, m), clm.expected_purchases(h, d, m, n),
        clm.expected_spend(h, d, m), clm.clv(h, d, m, n, .08, .4), .4 * clm.total(clm.as_of(h, d)), .4 * clm.total(clm.as_of(h, d)) + clm.clv(h, d, m, n, .08, .4))),
    'scores() fields are the single functions')
FROM scored, clm.scores(h, d, m, n, .08, .4) sc;
SELECT ok(bool_and(sc.stage IS NOT NULL AND sc.stage_reason <> ''), 'everybody has a stage and a reason') FROM scored, clm.scores(h, d, m, n) sc;

-- A call site remembers what live customers buy, which must not show: in whatever order customers, horizons and models come, and for one alone
CREATE TEMP TABLE asked AS
    SELECT row_number() OVER (ORDER BY x, t, p, m::text) AS id, clm.rfm(x, CASE WHEN x > 0 THEN t / 2 ELSE 0 END, t) AS s, m, p
    FROM generate_series(0, 59) x, (SELECT i / 7.0::float8 FROM generate_series(0, 799) i) v(t),
        (SELECT m, p FROM model, (VALUES (52::float8), (NULL)) h(p) WHERE (m).period = 7 AND (m).family = 'bg/nbd'
         UNION ALL SELECT clm.customer_model('pareto/nbd', 7, '{.553,10.578,.606,11.669}', '{6.25,3.74,15.44}'), 52) h;
CREATE TEMP TABLE answer AS
    SELECT id, clm.clv(s, m, p) AS clv, clm.expected_purchases(s, m, 52) AS purchases FROM (SELECT * FROM asked ORDER BY id OFFSET 0) a;
SELECT is(count(*), 0::bigint, 'the order of customers, horizons and models does not matter')
FROM (SELECT id, clm.clv(s, m, p) AS clv, clm.expected_purchases(s, m, 52) AS purchases
      FROM (SELECT * FROM asked ORDER BY (m).family, p, hashint8extended(id, 0) OFFSET 0) a) again
    JOIN answer USING (id) WHERE (again.clv, again.purchases) IS DISTINCT FROM (answer.clv, answer.purchases);
CREATE FUNCTION pg_temp.alone(id bigint, OUT clv float8, OUT purchases float8) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'SELECT clm.clv(s, m, p), clm.expected_purchases(s, m, 52) FROM asked WHERE id = $1' INTO clv, purchases USING id;
END
$$;
CREATE INDEX ON asked (id);
SELECT is(count(*), 0::bigint, 'a customer alone has the same scores')
FROM (SELECT * FROM answer WHERE id % 97 = 0) answer, pg_temp.alone(id) alone WHERE (alone.clv, alone.purchases) IS DISTINCT FROM (answer.clv, answer.purchases);

-- Leakage: a score as of a day is the score of the history of that day, and of the rows up to it
SELECT ok(bool_and((clm.scores(h, d, m, n), clm.rfm(h, d), clm.lifecycle_stage(h, d)) IS NOT DISTINCT FROM
    (clm.scores(clm.as_of(h, d), d, m, n), clm.rfm(clm.as_of(h, d), d), clm.lifecycle_stage(clm.as_of(h, d), d))), 'as_of(h, d) has all that counts') FROM scored;
CREATE TEMP TABLE past AS
    SELECT id, d, (SELECT clm.history(p.day, amount) FROM purchase p WHERE customer_id = id AND p.day <= d) AS h FROM customer, day WHERE id > 0;
SELECT ok(bool_and(p.h::text IS NOT DISTINCT FROM clm.as_of(c.h, d)::text), 'as_of(h, d) is the history of the rows up to d') FROM past p JOIN customer c USING (id);
SELECT ok(bool_and((clm.p_alive(p.h, d, m), clm.p_active(p.h, d, m), clm.churn_score(p.h, d, m), clm.churn_score(p.h, d, m, NULL), clm.expected_purchases(p.h, d, m),
        clm.expected_spend(p.h, d, m), clm.clv(p.h, d, m), clm.scores(p.h, d, m), clm.lifecycle_stage(p.h, d), clm.lifecycle_stage(p.h, d, m))
    IS NOT DISTINCT FROM (clm.p_alive(c.h, d, m), clm.p_active(c.h, d, m), clm.churn_score(c.h, d, m), clm.churn_score(c.h, d, m, NULL), clm.expected_purchases(c.h, d, m),
        clm.expected_spend(c.h, d, m), clm.clv(c.h, d, m), clm.scores(c.h, d, m), clm.lifecycle_stage(c.h, d), clm.lifecycle_stage(c.h, d, m))), 'every score as of a day')
FROM past p JOIN customer c USING (id), model;

-- Value
SELECT ok(bool_and(abs(clm.clv(h, d, m, n, 0, .3) - .3 * clm.expected_purchases(h, d, m, n) * clm.expected_spend(h, d, m))
    <= 1e-9 * clm.clv(h, d, m, n, 0, .3)), 'without discount: margin x purchases x spend') FROM scored WHERE s IS NOT NULL;
SELECT ok(bool_and(abs(clm.clv(h, d, m, n, .1, 4) - 4 * clm.clv(h, d, m, n, .1, 1)) <= 1e-14 * clm.clv(h, d, m, n, .1, 4)), 'margin scales') FROM scored WHERE s IS NOT NULL;
SELECT ok(bool_and(clm.clv(h, d, m, n, .1) <= clm.clv(h, d, m, n + 1, .1) AND clm.clv(h, d, m, n, .1) <= clm.clv(h, d, m, NULL, .1) * (1 + 1e-12)
    AND clm.clv(h, d, m, n, .2) <= clm.clv(h, d, m, n, .1) * (1 + 1e-12)), 'a longer horizon adds, a larger discount takes away') FROM scored WHERE s IS NOT NULL;
SELECT ok(bool_and(abs(clm.clv(h, d, m, 1000000, .1) / clm.clv(h, d, m, NULL, .1) - 1) < 1e-9), 'a huge horizon tends to no end') FROM scored WHERE s IS NOT NULL AND n = 0;
SELECT ok(bool_and(abs(clm.clv(h, d, m, NULL, 1e-9) / clm.clv(h, d, m, NULL, 0) - 1) < 1e-3), 'a small discount tends to none, where the sum is finite')
FROM scored WHERE s IS NOT NULL AND n = 0 AND (m).params[3] > 1.5;
-- One purchase a day later is worth a day's discount less: d/dn clv = rate x discount
SELECT ok(bool_and(abs((clm.clv(h, d, m, n + 1, .5) - clm.clv(h, d, m, n, .5)) / ((clm.clv(h, d, m, n + 1, 0) - clm.clv(h, d, m, n, 0)) * 1.5 ^ (-(n + .5) / 365.25)) - 1) < 1e-5),
    'a year''s discount is spread over its days') FROM scored WHERE s IS NOT NULL AND n > 0 AND n < 1000;

-- The models say what simulation does: customers drawn from a model, scored by it after a year, and what they did in the half year after
CREATE TEMP TABLE drawn AS
    SELECT f.m, clm.history(day, amount) AS h
    FROM (SELECT clm.customer_model(family, 7, params, '{6,4,15}') AS m, family, params
          FROM (VALUES ('bg/nbd', '{.6,20,.8,2.5}'::float8[]), ('mbg/nbd', '{.9,15,.7,1.5}')) v(family, params)) f,
        clm.simulate(20000, '2023-01-01', '2024-06-30', 43, family, params, 7, '{6,4,15}', join_by => '2023-06-30')
    GROUP BY f.m, customer_id;
CREATE TEMP TABLE outcome AS
    SELECT (m).family, clm.expected_purchases(h, d, m, 182) AS purchases, clm.p_active(h, d, m, 182) AS active, clm.expected_spend(h, d, m) AS spend,
           clm.occasions(h, d, d + 182) AS did, clm.total(h, d, d + 182) AS spent, CASE WHEN (clm.rfm(h, d)).x > 0 THEN 'repeat' ELSE 'once' END AS kind
    FROM drawn, (VALUES (date '2023-12-31')) v(d) WHERE clm.occasions(h, NULL, d) > 0;
SELECT ok(bool_and(abs(z) < 4), 'expected purchases come true')
FROM (SELECT family, kind, (avg(did) - avg(purchases)) / (stddev(did - purchases) / sqrt(count(*))) AS z FROM outcome GROUP BY 1, 2) v;
SELECT ok(bool_and(abs(z) < 4), 'p_active comes true')
FROM (SELECT family, kind, (avg((did > 0)::int) - avg(active)) / (stddev((did > 0)::int - active) / sqrt(count(*))) AS z FROM outcome GROUP BY 1, 2) v;
SELECT ok(bool_and(abs(z) < 4), 'expected spend comes true')
FROM (SELECT family, kind, (avg(spent - did * spend)) / (stddev(spent - did * spend) / sqrt(count(*))) AS z FROM outcome WHERE did > 0 GROUP BY 1, 2) v;

SELECT * FROM finish();
ROLLBACK;
