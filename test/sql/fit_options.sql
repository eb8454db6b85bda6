-- Options of fits: the best family, priors, observation start, hold-outs, covariates, and scoring with these.
\set VERBOSITY default
SET datestyle = ISO;
SET extra_float_digits = 0;
CREATE TEMP TABLE purchase AS
    SELECT customer_id AS id, clm.history(day, amount) AS h
    FROM clm.simulate(1500, date '2022-01-01', date '2023-12-31', seed => 11, family => 'bg/nbd', params => '{1.2,8,.7,1.5}') GROUP BY 1;
CREATE FUNCTION pg_temp.brief(m clm.customer_model) RETURNS text LANGUAGE SQL AS $$
    SELECT format('%s %s %s %s', m.family, m.period, (SELECT array_agg(round(p::numeric, 3)) FROM unnest(m.params) p),
                  round(m.log_likelihood::numeric, 3)) $$;

-- What is left out stays as usual; names, NULL attributes and the plain form agree
SELECT clm.fit_options(), clm.fit_options(prior => 2, family => 'bg/nbd');
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options()) = clm.customer_model(h, date '2023-12-31') AS default_is_default,
       clm.customer_model(h, date '2023-12-31', clm.fit_options(family => 'bg/nbd', period => 30))
           = clm.customer_model(h, date '2023-12-31', 'bg/nbd', 30) AS same,
       clm.customer_model(h, date '2023-12-31', ROW(NULL, NULL, NULL, NULL, NULL)::clm.fit_options)
           = clm.customer_model(h, date '2023-12-31') AS nulls
FROM purchase;
SELECT clm.customer_model(r, clm.fit_options('bg/nbd'), 1) = clm.customer_model(r, 'bg/nbd') AS same_from_summaries
FROM (SELECT clm.rfm(h, '2023-12-31') AS r FROM purchase) s;

-- The best family: the one that made the data wins, and it says by how much
SELECT pg_temp.brief(m), (m).criterion, (m).compared[:2],
       abs((m).compared_by[array_position((m).compared, 'bg/nbd')] - clm.bic(m)) < 1e-6 AS bic,
       m = clm.customer_model(h, date '2023-12-31', 'auto') AS by_name
FROM purchase, (SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('auto')) AS m FROM purchase) a GROUP BY m;
SELECT c.family, c.criterion, c.worse_by >= 0 AS worse, c.chosen
FROM (SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('auto', holdout => '2023-06-30')) AS m FROM purchase) a,
     LATERAL clm.comparison(m) c WHERE c.family IN ('bg/nbd', 'mbg/nbd');
-- A given family with a hold-out: its log-score is kept, the model is that of all data
SELECT (m).compared, round((m).compared_by[1]::numeric, 2) AS log_score,
       (m).params = (SELECT (clm.customer_model(h, date '2023-12-31', 'mbg/nbd')).params FROM purchase) AS same_model
FROM (SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(holdout => '2023-06-30')) AS m FROM purchase) a;
SELECT count(*) AS no_comparison FROM (SELECT clm.customer_model(h, date '2023-12-31') AS m FROM purchase) a, LATERAL clm.comparison(m);
SELECT round(clm.log_likelihood(m)::numeric, 3) = round((m).log_likelihood::numeric, 3) AS ll,
       abs(clm.aic(m) - (8 - 2 * (m).log_likelihood)) < 1e-9 AS aic, abs(clm.bic(m) - (4 * ln(1500::float8) - 2 * (m).log_likelihood)) < 1e-9 AS bic
FROM (SELECT clm.customer_model(h, date '2023-12-31') AS m FROM purchase) a;
SELECT clm.log_likelihood(NULL::clm.customer_model), clm.aic(NULL::clm.customer_model), clm.bic(clm.customer_model('bg/nbd', 7, '{1,1,1,1}'));

-- A prior makes small segments fit
SELECT clm.customer_model(h, date '2023-12-31', 'bg/nbd') FROM purchase WHERE id BETWEEN 30 AND 35;
SELECT pg_temp.brief(m), (m).prior FROM (
    SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd', prior => 1)) AS m FROM purchase WHERE id BETWEEN 30 AND 35) a;

-- Observation that starts late: customers are left-truncated there, and scored so
SELECT (m).since, (m).customers, m.params = by_hand.params AS as_by_hand,
       (SELECT bool_and(clm.p_alive(h, '2023-12-31', m) = clm.p_alive(clm.rfm(h, '2023-12-31', since => '2022-07-01'), m)) FROM purchase) AS scores
FROM (SELECT (clm.customer_model(h, date '2023-12-31', clm.fit_options(since => '2022-07-01'))).* FROM purchase) m,
     (SELECT (clm.customer_model(clm.rfm(h, '2023-12-31', since => '2022-07-01'))).* FROM purchase) by_hand;

-- Errors
SELECT clm.customer_model(h, date '2023-12-31', NULL::clm.fit_options) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('x')) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(period => 0)) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(prior => 0)) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(prior => 'NaN')) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(prior => 'infinity')) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(since => 'infinity')) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(since => '2024-01-01')) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(holdout => '2023-12-31')) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(since => '2023-02-01', holdout => '2023-01-31')) FROM purchase;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('auto', holdout => '2022-01-02')) FROM purchase WHERE id <= 300;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options(prior => id)) FROM purchase;
SELECT clm.customer_model(clm.rfm(1, 1, 2), clm.fit_options(since => '2023-12-31'), 1);
SELECT clm.customer_model(clm.rfm(1, 1, 2), clm.fit_options(), -1);

-- Covariates: web customers buy twice as often
CREATE TEMP TABLE customer AS
    SELECT id, h, CASE WHEN web THEN 1.0 ELSE 0 END AS web, 20 + id % 30 AS age FROM (
        SELECT customer_id AS id, clm.history(day, amount) AS h, false AS web
        FROM clm.simulate(1200, date '2022-01-01', date '2023-12-31', seed => 1, family => 'bg/nbd', params => '{1.2,16,.7,1.5}') GROUP BY 1
        UNION ALL SELECT customer_id + 5000, clm.history(day, amount), true
        FROM clm.simulate(1200, date '2022-01-01', date '2023-12-31', seed => 2, family => 'bg/nbd', params => '{1.2,8,.7,1.5}') GROUP BY 1) s;
CREATE TEMP TABLE model AS
    SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web, age]) AS m FROM customer;
SELECT d.name, abs(d.value - truth) < 3 * d.se AS right_, d.se < .3 AS known
FROM model, LATERAL clm.describe(m) d JOIN (VALUES ('purchase z[1]', ln(2)), ('purchase z[2]', 0), ('dropout z[1]', 0), ('dropout z[2]', 0)) t(name, truth)
    USING (name) ORDER BY d.name;
SELECT (clm.given(m, '{1,30}')).params[2] / (clm.given(m, '{0,30}')).params[2] / exp(-(m).purchase_effects[1]) - 1 < 1e-12 AS alpha,
       clm.aic(m) = 16 - 2 * (m).log_likelihood AS eight_parameters, (clm.given(m, '{1,30}')).spend = (m).spend AS spend, (clm.given(m, '{1,30}')).as_of
FROM model;
-- Like a model for each class, where the class is the only covariate
SELECT round(avg(abs(clm.expected_purchases(h, '2023-12-31', clm.given(c.m, ARRAY[web])) / clm.expected_purchases(h, '2023-12-31', s.m) - 1))::numeric, 1) AS apart
FROM customer JOIN (SELECT web, clm.customer_model(h, date '2023-12-31', 'bg/nbd') AS m FROM customer GROUP BY web) s USING (web),
     (SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web]) AS m FROM customer) c;
SELECT clm.p_alive(h, '2023-12-31', m) FROM customer, model LIMIT 1;
SELECT clm.given(m, '{1}') FROM model;
SELECT clm.given(m, '{1,NULL}') FROM model;
SELECT clm.given(m, '{1,NaN}') FROM model;
SELECT clm.given(m, '{1,1e308}') FROM model;
SELECT clm.given(m, NULL), clm.given(NULL, '{1}') FROM model;
SELECT clm.given(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{1}');
SELECT clm.given(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{}') = clm.customer_model('bg/nbd', 7, '{1,2,3,4}') AS nothing_given;
SELECT clm.p_alive(clm.rfm(1, 1, 2), jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), v::jsonb))
FROM (VALUES ('{"purchase_effects": [1]}')) w(v);
SELECT clm.given(jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{"purchase_effects": [1], "dropout_effects": [1,2]}'), '{1}');
SELECT clm.given(jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{"purchase_effects": [], "dropout_effects": []}'), '{}');
SELECT clm.given(jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{"purchase_effects": ["NaN"], "dropout_effects": [1]}'), '{1}');
-- A model whose parts do not go together
SELECT clm.given(jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{"purchase_effects": [1], "dropout_effects": ["NaN"]}'), '{1}');
SELECT clm.p_alive(clm.rfm(1, 1, 2), jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{"as_of": "infinity"}'));
SELECT clm.p_alive(clm.rfm(1, 1, 2), jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,2,3,4}'), '{"since": "-infinity"}'));
-- Customers who came after the day do not count, whatever their covariates are
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web]) = (SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web])
    FROM (SELECT h, web FROM customer UNION ALL SELECT '{2024-01-01:5,2024-01-02:5}', 100) c) AS later_customer FROM customer;

SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('auto'), ARRAY[web]) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd', holdout => '2023-01-01'), ARRAY[web]) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web, 1]) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web, age, 2 * web - age]) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), '{}'::float8[]) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), array_fill(1.0::float8, ARRAY[17])) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), CASE WHEN id < 9 THEN '{1}' ELSE '{1,2}' END::float8[]) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web, 'NaN']) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web, NULL]) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), NULL) IS NULL AS nobody FROM customer;
SELECT clm.customer_model(h, NULL, clm.fit_options('bg/nbd'), ARRAY[web]) FROM customer;

-- The state of the aggregate with covariates: text, order, combination, malformed input
SELECT clm.covariate_model_transition(clm.covariate_model_transition(clm.covariate_model_transition(NULL, h, '2024-03-01', o, '{1,0}'), h, '2024-03-01', o, '{1,-0}'),
    h, '2024-03-01', o, '{0,2.5}')
FROM (VALUES ('{2024-01-01:5,2024-02-05:10}'::clm.history, clm.fit_options('bg/nbd', prior => 3))) v(h, o);
SELECT clm.covariate_model_combine(s, s), clm.covariate_model_combine(s, NULL)::text = s::text AS right_null, clm.covariate_model_final(NULL) IS NULL AS empty
FROM (SELECT clm.covariate_model_transition(NULL, '{2024-01-01:5}', '2024-03-01', clm.fit_options('bg/nbd'), '{1}') AS s) v;
SELECT clm.covariate_model_combine(clm.covariate_model_transition(NULL, '{2024-01-01:5}', '2024-03-01', clm.fit_options('bg/nbd'), '{1}'),
                                   clm.covariate_model_transition(NULL, '{2024-01-01:5}', '2024-03-01', clm.fit_options('mbg/nbd'), '{1}'));
SELECT ''::clm.covariate_model_state;
SELECT replace(s, '8826', '8826.5')::clm.covariate_model_state FROM (SELECT clm.covariate_model_transition(NULL, '{2024-01-01:5}', '2024-03-01', clm.fit_options('bg/nbd'), '{1}')::text AS s) v;
-- Covariates far from 0, or that hardly vary for their size, are told apart from constants
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[1e9 + web]) FROM customer;
SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[1e14 + web]) FROM customer;
SELECT abs((a.m).purchase_effects[1] * 1e300 / (b.m).purchase_effects[1] - 1) < 1e-6 AS units FROM
    (SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[1e300 * web]) AS m FROM customer) a,
    (SELECT clm.customer_model(h, date '2023-12-31', clm.fit_options('bg/nbd'), ARRAY[web]) AS m FROM customer) b;
-- Where the family that the hold-out prefers cannot be fitted to all, the next best is taken
CREATE TEMP TABLE ended AS
    SELECT customer_id AS id, clm.history(day, amount) AS h FROM clm.simulate(3000, date '2022-01-01', date '2023-12-31', 42) GROUP BY 1;
\set VERBOSITY terse
SELECT (m).family, (SELECT string_agg(family, ' ' ORDER BY family) FROM clm.comparison(m) WHERE value IS NULL) AS cannot_be_fitted
FROM (SELECT clm.customer_model(h, date '2026-11-22', clm.fit_options('auto', holdout => date '2023-06-30')) AS m FROM ended) a;
-- An empty state merges into nothing
SELECT clm.customer_model_combine(NULL, '2 mbg/nbd 7 -2147483648 0 -2147483648 -2147483648 0 0 0 0 0 0');
-- Models by hand: no NaN from accessors
SELECT clm.log_likelihood(m), clm.aic(m), clm.bic(m) FROM (SELECT jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,1,1,1}'), '{"log_likelihood": "NaN", "customers": -3}') AS m) v;
SELECT c.* FROM (SELECT jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{1,1,1,1}'), '{"criterion": "bic", "compared": ["bg/nbd", "mbg/nbd", "bg/bb"],
    "compared_by": [3, "-Infinity", "NaN"]}') AS m) v, clm.comparison(m) c;
SELECT clm.expected_purchases(clm.customer_model('bg/bb', 7, '{1,1,1,1}'), 70000000);
