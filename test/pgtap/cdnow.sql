-- Real purchases of 2,357 customers of CDNOW against the literature and independent estimates. The data are not part of
-- the project: where CLM_SHARED does not name a folder that has them, there is nothing to test.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
\getenv shared CLM_SHARED
\if :{?shared}
SELECT plan(59);
\cd :shared

CREATE TEMP TABLE log (orig_id text, id text, day date, cds integer, amount float8);
\copy log FROM 'data/cdnow_sample_log.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE summary (id integer, x bigint, t_x float8, t float8);
\copy summary FROM 'data/cdnow_summary.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE golden (id integer, x bigint, t_x float8, t float8, m float8, em float8, palive float8, cet39 float8, cet52 float8,
    clv12_lifetimes float8, clv12 float8, dert float8, rlv float8);
\copy golden FROM 'golden/clv_cdnow_golden.csv' (FORMAT csv, HEADER)

\set d '''1997-09-30''::date'
CREATE TEMP TABLE customer AS SELECT id, clm.history(day, amount) AS h FROM log GROUP BY id;
CREATE TEMP TABLE fitted AS
    SELECT f AS family, clm.customer_model(h, :d, f) AS m FROM customer, unnest(ARRAY['bg/nbd', 'mbg/nbd']) f GROUP BY f;
-- The parameters that the papers print, rounded
CREATE TEMP TABLE published AS
    SELECT clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}') AS m;

SELECT is(count(*), 2357::bigint, 'customers') FROM customer;

-- Estimates
CREATE FUNCTION pg_temp.relative(got float8, want float8, tolerance float8, what text) RETURNS text LANGUAGE sql AS $$
    SELECT cmp_ok(abs(got / want - 1), '<=', tolerance, format('%s is %s', what, want));
$$;
SELECT pg_temp.relative(d.value, v.value, 1e-5, family || ': ' || d.name)
FROM fitted JOIN (VALUES ('bg/nbd', 'r', .242594522), ('bg/nbd', 'alpha', 4.41360202), ('bg/nbd', 'a', .792922017), ('bg/nbd', 'b', 2.42590678),
    ('mbg/nbd', 'r', .524843159), ('mbg/nbd', 'alpha', 6.18308528), ('mbg/nbd', 'a', .891359391), ('mbg/nbd', 'b', 1.61400224))
    v(family, name, value) USING (family), clm.describe(m) d WHERE d.name = v.name;
SELECT pg_temp.relative(d.se, v.se, 1e-3, 'bg/nbd: standard error of ' || v.name)
FROM fitted, clm.describe(m) d JOIN (VALUES ('r', .0125574), ('alpha', .3782241), ('a', .1857338), ('b', .7054143)) v(name, se) USING (name)
WHERE family = 'bg/nbd';
SELECT ok(abs((m).log_likelihood - v.ll) <= 1e-6, family || ': log-likelihood ' || v.ll)
FROM fitted JOIN (VALUES ('bg/nbd', -9582.42920667), ('mbg/nbd', -9582.13571555)) v(family, ll) USING (family);
SELECT is((m).customers, 2357::bigint, family || ': customers') FROM fitted;
SELECT is(((m).period, (m).as_of)::text, '(7,1997-09-30)', family || ': period and as_of') FROM fitted;
SELECT pg_temp.relative(d.value, v.value, 1e-6, family || ': ' || d.name)
FROM fitted, clm.describe(m) d JOIN (VALUES ('p', 6.249572), ('q', 3.744225), ('gamma', 15.443521)) v(name, value) USING (name);
SELECT ok(abs((m).spend_log_likelihood + 4055.917695) <= 1e-5, family || ': log-likelihood of spend') FROM fitted;
SELECT is((m).spend_customers, 946::bigint, family || ': repeat buyers with a spend') FROM fitted;

-- The printed summary, rounded to two decimals, gives the printed estimates
SELECT is(array_agg(round(p::numeric, 3) ORDER BY i)::text, want, family || ' from the printed summary')
FROM (SELECT 'bg/nbd' AS family, '{0.243,4.414,0.793,2.426}' AS want, clm.customer_model(clm.rfm(x, t_x, t), 'bg/nbd') AS m FROM summary
      UNION ALL SELECT 'mbg/nbd', '{0.525,6.183,0.891,1.614}', clm.customer_model(clm.rfm(x, t_x, t)) FROM summary) v,
    unnest((m).params) WITH ORDINALITY u(p, i) GROUP BY family, want;
SELECT ok(abs((clm.customer_model(clm.rfm(x, t_x, t), 'bg/nbd')).log_likelihood + 9582.4292) < 1e-2, 'log-likelihood of the printed summary') FROM summary;
SELECT is((clm.customer_model(clm.rfm(h, :d))).params, (SELECT (m).params FROM fitted WHERE family = 'mbg/nbd'), 'from rfm as from histories')
FROM customer;

-- The papers' customer
SELECT is(round(clm.p_alive(clm.rfm(2, 30.43, 38.86), m)::numeric, 4), .7266, 'P(alive) of customer (2, 30.43, 38.86)') FROM published;
SELECT is(round(clm.expected_purchases(clm.rfm(2, 30.43, 38.86), m, 39)::numeric, 3), 1.226, 'expected purchases in 39 weeks') FROM published;
SELECT is(round(clm.p_alive(clm.rfm(2, 30.43, 38.86), m)::numeric, 4), .7061, 'P(alive) under MBG/NBD') FROM fitted WHERE family = 'mbg/nbd';
SELECT is(round(clm.p_alive(clm.rfm(0, 0, 38.86), m)::numeric, 4), .3897, 'P(alive) of a one-time buyer under MBG/NBD') FROM fitted
WHERE family = 'mbg/nbd';

-- Independent values with 15 digits for 20 customers
SELECT collect_tap(ok(bool_and(abs(clm.p_alive(c, m) - palive) <= 1e-12 + 1e-9 * palive), 'P(alive) of the golden customers'),
       ok(bool_and(abs(clm.expected_purchases(c, m, 39) / cet39 - 1) <= 1e-9), 'their purchases in 39 weeks'),
       ok(bool_and(abs(clm.expected_purchases(c, m, 52) / cet52 - 1) <= 1e-9), 'their purchases in 52 weeks'),
       ok(bool_and(abs(clm.expected_spend(c, m) / em - 1) <= 1e-9), 'their expected spend'),
       ok(bool_and(abs(clm.clv(c, m, NULL, 1.1 ^ (365.25 / 364) - 1, 1) / (dert * em) - 1) <= 1e-9), 'their value without an end'),
       ok(bool_and(abs((clm.scores(c, m, NULL, 1.1 ^ (365.25 / 364) - 1, 1)).clv / (dert * em) - 1) <= 1e-9), 'the same from scores'),
       is(count(*), 20::bigint, 'golden customers'))
FROM published, (SELECT *, clm.rfm(x, t_x, t, m) AS c FROM golden) v(id, x, t_x, t, mean, em, palive, cet39, cet52, _1, _2, dert, rlv, c);

-- Hold-out: repeat purchases in the 39 weeks after
SELECT is(sum(clm.occasions(h, :d)), 1882::bigint, 'actual purchases in weeks 40 to 78') FROM customer;
SELECT ok(abs(sum(clm.expected_purchases(h, :d, m, 273)) - v.total) <= 1, family || ': expected ' || v.total)
FROM customer, fitted JOIN (VALUES ('bg/nbd', 1653), ('mbg/nbd', 1577)) v(family, total) USING (family) GROUP BY family, v.total;
SELECT ok(abs(avg(abs(clm.expected_purchases(h, :d, m, 273) - clm.occasions(h, :d))) - v.mae) < .001, family || ': mean absolute error ' || v.mae)
FROM customer, fitted JOIN (VALUES ('bg/nbd', .786), ('mbg/nbd', .765)) v(family, mae) USING (family) GROUP BY family, v.mae;

-- Churn: no purchase in those 39 weeks. AUC by mid-ranks
CREATE TEMP TABLE prediction AS
    SELECT family, form, CASE form WHEN 'horizon' THEN clm.churn_score(h, :d, m, 273) ELSE clm.churn_score(h, :d, m, NULL) END AS score,
           clm.occasions(h, :d) = 0 AS churned
    FROM customer, fitted, (VALUES ('horizon'), ('latent')) v(form);
CREATE TEMP TABLE quality AS
    SELECT family, form, avg(churned::int) AS observed, avg(score) AS mean, avg((score - churned::int) ^ 2) AS brier,
           (sum(rank) FILTER (WHERE churned) - count(*) FILTER (WHERE churned) * (count(*) FILTER (WHERE churned) + 1) / 2.0)
           / (count(*) FILTER (WHERE churned) * count(*) FILTER (WHERE NOT churned)) AS auc
    FROM (SELECT *, rank() OVER w + (count(*) OVER (PARTITION BY family, form, score) - 1) / 2.0 AS rank
          FROM prediction WINDOW w AS (PARTITION BY family, form ORDER BY score)) r
    GROUP BY family, form;
SELECT is(round(q.auc, 3), v.auc, format('%s, %s form: AUC', family, form))
FROM quality q JOIN (VALUES ('bg/nbd', 'horizon', .757), ('bg/nbd', 'latent', .316), ('mbg/nbd', 'horizon', .760), ('mbg/nbd', 'latent', .687))
    v(family, form, auc) USING (family, form);
SELECT collect_tap(is(round(observed, 3), .710, 'observed share of churn'), is(round(mean::numeric, 3), .760, 'mbg/nbd: mean score'),
       is(round(brier::numeric, 3), .161, 'mbg/nbd: Brier score'))
FROM quality WHERE family = 'mbg/nbd' AND form = 'horizon';
-- Of those whom the model form calls churned (less than .10 to buy within 90 days) less than a tenth do
SELECT cmp_ok(avg((clm.occasions(h, :d, :d + 90) > 0)::int), '<', .1, 'returns among those called churned')
FROM customer, fitted WHERE family = 'mbg/nbd' AND clm.lifecycle_stage(h, :d, m) = 'churned';
SELECT cmp_ok(count(*), '>', 1000::bigint, 'many are called churned')
FROM customer, fitted WHERE family = 'mbg/nbd' AND clm.lifecycle_stage(h, :d, m) = 'churned';
-- Sums of scores are what the single functions sum to
SELECT ok(abs(sum(s.clv) / sum(clm.clv(h, :d, m)) - 1) < 1e-12, 'customer equity from scores') FROM customer, fitted, clm.scores(h, :d, m) s
WHERE family = 'mbg/nbd';

\else
SELECT plan(1);
SELECT skip('CLM_SHARED names no folder with the data', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
