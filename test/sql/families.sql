-- Families of models in SQL: what each fits to, discrete time, regular buyers, covariates of drop-out, errors.
\set VERBOSITY default
SET datestyle = ISO;
SET extra_float_digits = 0;
CREATE FUNCTION pg_temp.recovered(m clm.customer_model, truth float8[]) RETURNS text LANGUAGE SQL AS $$
    SELECT m.family || ': ' || string_agg(CASE WHEN se IS NULL THEN (p = t)::text ELSE (abs(p - t) < 3 * se)::text END, ' ' ORDER BY i)
    FROM ROWS FROM (unnest(m.params), unnest(m.se), unnest(truth)) WITH ORDINALITY AS r(p, se, t, i) $$;

-- Every family finds the parameters that customers were simulated with, within three standard errors
CREATE TEMP TABLE simulated AS
    SELECT family, period, params, customer_id AS id, clm.history(day, amount) AS h
    FROM (VALUES ('mbg/nbd', 1, '{1.2,60,.7,1.5}'::float8[]), ('bg/nbd', 1, '{1.2,60,.7,1.5}'), ('pareto/nbd', 1, '{.9,70,.8,90}'),
        ('mbg/cnbd-k', 1, '{2,1.5,20,.7,2}'), ('bg/cnbd-k', 1, '{3,1.5,15,.7,2}')) f(family, period, params),
        LATERAL clm.simulate(4000, date '2022-01-01', date '2023-12-31', seed => 5, family => family, params => params, period => period,
            join_by => date '2022-06-30') GROUP BY 1, 2, 3, 4;
SELECT pg_temp.recovered(clm.customer_model(h, date '2023-12-31', family, period), params) FROM simulated GROUP BY family, params ORDER BY family;
-- Purchases a day apart are one day's: as_of on the last opportunity's day keeps them apart
CREATE TEMP TABLE donor AS
    SELECT customer_id AS id, clm.history(day, amount) AS h
    FROM clm.simulate(6000, date '2010-12-31', date '2020-12-31', seed => 5, family => 'bg/bb', params => '{1.2,.75,.66,2.78}', period => 365,
        join_by => date '2011-12-31') GROUP BY 1;
SELECT pg_temp.recovered(clm.customer_model(h, date '2020-12-31', 'bg/bb', 365), '{1.2,.75,.66,2.78}') FROM donor;

-- Discrete time: opportunities end with as_of, so with years the day of the gift and leap years do not matter
CREATE TEMP TABLE yearly AS SELECT clm.customer_model('bg/bb', 365, '{1.2,.75,.66,2.78}', '{6,4,16}') AS m;
CREATE TEMP TABLE gift (donor text, h clm.history, summary clm.rfm);
INSERT INTO gift
    SELECT 'every 15 December', clm.history(make_date(y, 12, 15), 50::float8), clm.rfm(6, 6, 6) FROM generate_series(1995, 2001) y
    UNION ALL SELECT 'some day in November or December', clm.history(date '1995-11-03' + (y - 1995) * 365 + (y * 17 % 50), 50::float8), clm.rfm(6, 6, 6) FROM generate_series(1995, 2001) y
    UNION ALL SELECT 'twice in a year', '{1995-12-15:50,1997-03-01:50,1997-11-01:50,1998-06-01:20}', clm.rfm(2, 3, 6)
    UNION ALL SELECT 'once', '{1995-12-15:50}', clm.rfm(0, 0, 6)
    UNION ALL SELECT 'this year', '{2001-06-30:50}', clm.rfm(0, 0, 0);
SELECT donor, clm.p_alive(h, '2001-12-31', m) = clm.p_alive(summary, m) AS alive, clm.p_active(h, '2001-12-31', m, 365) = clm.p_active(summary, m, 1) AS active,
       clm.expected_purchases(h, '2001-12-31', m, 1825) = clm.expected_purchases(summary, m, 5) AS purchases,
       round(clm.expected_purchases(h, '2001-12-31', m, 1825)::numeric, 3) AS in_five_years, clm.lifecycle_stage(h, '2001-12-31', m, horizon => 365) AS stage
FROM gift, yearly ORDER BY donor;
SELECT clm.expected_purchases(h, '2001-12-31', m, 729) = clm.expected_purchases(h, '2001-12-31', m, 365) AS rounded_down,
       clm.expected_purchases(h, '2001-12-31', m, 0) AS none_ahead, (clm.scores(h, '2001-12-31', m)).churn_score = 1 - clm.p_active(summary, m, 1) AS churn_of_a_year
FROM gift, yearly WHERE donor = 'once';
-- The customer of the paper: (3, 4, 6), alive in year 7; discounted at 10 % a year
SELECT round(clm.p_alive(clm.rfm(3, 4, 6), m, 1)::numeric, 8) AS published_alive,
       round((clm.clv(clm.rfm(3, 4, 6, 50), m, NULL, 1.1 ^ (365.25 / 365) - 1) / clm.expected_spend(clm.rfm(3, 4, 6, 50), m))::numeric, 6) AS published_dert FROM yearly;
SELECT clm.churn_score(h, '2001-12-31', m) FROM gift, yearly;
SELECT clm.expected_purchases(summary, m, .5) FROM gift, yearly;
SELECT clm.expected_purchases(clm.rfm(3, 4.5, 6), m, 1) FROM yearly;
SELECT clm.expected_purchases(clm.rfm(5, 4, 6), m, 1) FROM yearly;
SELECT clm.customer_model(clm.rfm(5, 4, 6), 'bg/bb') FROM generate_series(1, 5);
SELECT clm.customer_model(h, date '2001-12-31', clm.fit_options('bg/bb', 365, holdout => '1999-12-31')) FROM gift;
SELECT clm.customer_model(h, date '2001-12-31', clm.fit_options('bg/bb', 365), '{1}') FROM gift;

-- Regular families look at gaps, which summaries do not carry; k is a whole number
SELECT clm.customer_model(clm.rfm(5, 4, 6), 'bg/cnbd-k') FROM generate_series(1, 5);
SELECT clm.p_alive(clm.rfm(5, 4, 6), clm.customer_model('bg/cnbd-k', 7, '{2.5,1,1,1,1}'));
SELECT clm.p_alive(clm.rfm(5, 4, 6), clm.customer_model('bg/cnbd-k', 7, '{21,1,1,1,1}'));
SELECT clm.p_alive(clm.rfm(5, 4, 6), clm.customer_model('bg/cnbd-k', 7, '{1,1,1,1}'));
SELECT abs(clm.p_alive(clm.rfm(5, 4, 6), clm.customer_model('BG/CNBD-k', 7, '{1,.5,6,.9,1.6}')) - clm.p_alive(clm.rfm(5, 4, 6), clm.customer_model('BG/NBD', 7, '{.5,6,.9,1.6}'))) < 1e-14 AS k_of_1;
SELECT clm.customer_model('{2024-01-01:5,11000-01-01:5,11000-02-01:5,25000-01-01:5}'::clm.history, date '25000-01-01', 'bg/cnbd-k') FROM generate_series(1, 2);

-- The limits between families: alpha = beta, s = 1 and so on are no special cases
SELECT bool_and(abs(clm.expected_purchases(r, clm.customer_model('pareto/nbd', 7, ARRAY[.6, 10, s, 10]), 52) / clm.expected_purchases(r, clm.customer_model('pareto/nbd', 7, ARRAY[.6, 10 * (1 + 1e-12), s, 10]), 52) - 1) < 1e-9) AS continuous
FROM (VALUES (clm.rfm(2, 20, 30)), (clm.rfm(0, 0, 30)), (clm.rfm(50, 29, 30))) c(r), unnest(ARRAY[.5, 1 - 1e-13, 1, 1 + 1e-13, 2]) s;

-- Covariates of drop-out: two groups that differ in how readily they leave
CREATE TEMP TABLE leaver AS
    SELECT 0::float8 AS g, customer_id AS id, clm.history(day, amount) AS h FROM clm.simulate(2000, '2021-01-01', '2023-06-30', 1, 'bg/nbd', '{1,8,.5,4.5}') GROUP BY 1, 2
    UNION ALL SELECT 1, customer_id, clm.history(day, amount) FROM clm.simulate(2000, '2021-01-01', '2023-06-30', 2, 'bg/nbd', '{1,8,1.5,2.5}') GROUP BY 1, 2;
SELECT d.name, round(d.value::numeric, 1) AS value, d.se < .1 AS known, abs(d.value) < 3 * d.se AS may_be_none
FROM (SELECT clm.customer_model(h, date '2023-06-30', clm.fit_options('bg/nbd'), ARRAY[g]) AS m FROM leaver) q, clm.describe(m) d WHERE name LIKE '%z%';
SELECT d.name, d.value > 3 * d.se AS leaves_sooner
FROM (SELECT clm.customer_model(h, date '2023-06-30', clm.fit_options('pareto/nbd'), ARRAY[g]) AS m FROM leaver) q, clm.describe(m) d WHERE name LIKE 'dropout%';
