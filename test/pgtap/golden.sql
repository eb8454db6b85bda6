-- Every estimate of the golden tables through SQL: standard errors, log-likelihoods and parameters of all families on the
-- field's published data, and the values of CDNOW's customers. The tables are not part of the project: where CLM_SHARED
-- does not name a folder that has them, there is nothing to test.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
\getenv shared CLM_SHARED
\if :{?shared}
SELECT plan(217);
\cd :shared

CREATE TEMP TABLE golden (model text, dataset text, customers bigint, name text, value float8, se float8, line integer GENERATED ALWAYS AS IDENTITY);
\copy golden (model, dataset, customers, name, value, se) FROM 'golden/mle_golden.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE retention (year integer, regular numeric, highend numeric);
\copy retention FROM 'data/retention_regular_highend.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE donation (x bigint, t_x float8, n float8, donors bigint);
\copy donation FROM 'data/donations.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE log (orig_id text, id text, day date, cds integer, amount numeric);
\copy log FROM 'data/cdnow_sample_log.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE summary (id integer, x bigint, t_x float8, t float8);
\copy summary FROM 'data/cdnow_summary.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE apparel (id text, day date, amount numeric);
\copy apparel FROM 'data/apparel_trans.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE covariate (id text, gender float8, channel float8);
\copy covariate FROM 'data/apparel_staticcov.csv' (FORMAT csv, HEADER)

-- The same customers as histories. Calibration ends on 1997-09-30, and with the 104th week since 2005-01-02.
CREATE TEMP TABLE buyer AS
    SELECT 'cdnow_exact(days/7)' AS dataset, id, date '1997-09-30' AS as_of, clm.history(day, amount) AS h, NULL::float8[] AS z
    FROM log GROUP BY id
    UNION ALL
    SELECT 'apparel_104w', id, '2006-12-31', clm.history(day, amount), ARRAY[gender, channel]
    FROM apparel JOIN covariate USING (id) GROUP BY id, gender, channel;

-- Estimates in the order of the table: parameters, log-likelihood.
CREATE TEMP TABLE fitted (model text, dataset text, customers bigint, params float8[], se float8[], log_likelihood float8);

-- Of a thousand customers who signed up those who left at the end of year t, and those who are still there after year n
INSERT INTO fitted
SELECT family, format('%s_S0..S%s', segment, n), (m).customers, (m).params, (m).se, (m).log_likelihood
FROM (SELECT segment, n, family, clm.retention_model(year, left_then, family, number::bigint) AS m
      FROM unnest(ARRAY[4, 5, 7, 12]) n, unnest(ARRAY['sbg', 'bdw']) family,
           (SELECT segment, year, 10 * there AS there, 10 * (lag(there) OVER (PARTITION BY segment ORDER BY year) - there) AS gone
            FROM retention, LATERAL (VALUES ('regular', regular), ('highend', highend)) s(segment, there)) y,
           LATERAL (VALUES (true, gone), (false, CASE WHEN year = n THEN there END)) g(left_then, number)
      WHERE year <= n GROUP BY segment, n, family) f;

INSERT INTO fitted
SELECT 'bgbb', 'donations1995', (m).customers, (m).params, (m).se, (m).log_likelihood
FROM (SELECT clm.customer_model(clm.rfm(x, t_x, n), 'bg/bb', donors, 365) AS m FROM donation) f;

-- The printed summary, rounded to two decimals
INSERT INTO fitted
SELECT replace(replace(family, '/', ''), 'pareto', 'p'), 'cdnow_csv(2dp)', (m).customers, (m).params, (m).se, (m).log_likelihood
FROM (SELECT family, clm.customer_model(clm.rfm(x, t_x, t), family) AS m FROM summary, unnest(ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd']) family
      GROUP BY family) f;

CREATE TEMP TABLE model AS
    SELECT dataset, family, clm.customer_model(h, as_of, family) AS m FROM buyer, unnest(ARRAY['bg/nbd', 'mbg/nbd', 'pareto/nbd']) family
    GROUP BY dataset, family;
INSERT INTO fitted
SELECT replace(replace(family, '/', ''), 'pareto', 'p'), dataset, (m).customers, (m).params, (m).se, (m).log_likelihood FROM model;

-- Spend: the mean of the repeat purchases, from the log and rounded to cents as it was printed
INSERT INTO fitted
SELECT 'gg', 'cdnow946(btyd m.x exact)', (m).spend_customers, (m).spend, (m).spend_se, (m).spend_log_likelihood
FROM model WHERE dataset LIKE 'cdnow%' AND family = 'bg/nbd';
INSERT INTO fitted
SELECT 'gg', 'cdnow946(csv m.x)', (m).spend_customers, (m).spend, (m).spend_se, (m).spend_log_likelihood
FROM (SELECT clm.customer_model(clm.rfm(x, t_x, t, round(total / nullif(x, 0), 2)::float8)) AS m
      FROM summary LEFT JOIN
          (SELECT id::integer AS id, sum(amount) AS total FROM log l WHERE day <= '1997-09-30' AND day > (SELECT min(day) FROM log f WHERE f.id = l.id)
           GROUP BY id) spent USING (id)) f;

-- Covariates: those of drop-out come first in the table
INSERT INTO fitted
SELECT 'pnbd_staticcov', dataset, (m).customers, (m).params || (m).dropout_effects || (m).purchase_effects,
       (m).se || (m).dropout_effects_se || (m).purchase_effects_se, (m).log_likelihood
FROM (SELECT dataset, clm.customer_model(h, as_of, clm.fit_options('pareto/nbd'), z) AS m FROM buyer WHERE z IS NOT NULL GROUP BY dataset) f;

CREATE TEMP TABLE compared AS
    SELECT g.*, f.customers AS fitted_to, CASE WHEN g.name = 'loglik' THEN f.log_likelihood ELSE f.params[i] END AS got, f.se[i] AS got_se,
           format('%s, %s: %s', g.model, g.dataset, g.name) AS what
    FROM (SELECT *, row_number() OVER (PARTITION BY model, dataset ORDER BY line) AS i FROM golden) g LEFT JOIN fitted f USING (model, dataset);

SELECT is(count(*), 118::bigint, 'rows of mle_golden.csv') FROM compared;
-- The estimates with covariates are given to nine digits
SELECT cmp_ok(abs(got / value - 1), '<=', CASE model WHEN 'pnbd_staticcov' THEN 1e-6 ELSE 1e-5 END::float8, what)
FROM compared WHERE name <> 'loglik' ORDER BY line;
SELECT cmp_ok(abs(got - value), '<=', 1e-6::float8, what) FROM compared WHERE name = 'loglik' ORDER BY line;
SELECT cmp_ok(abs(got_se / se - 1), '<=', 1e-3::float8, what || ', standard error') FROM compared WHERE name <> 'loglik' ORDER BY line;
SELECT ok(bool_and(fitted_to IS NOT DISTINCT FROM customers), 'as many customers') FROM compared;

-- Values of CDNOW's customers under the parameters that the papers print
CREATE TEMP TABLE customer (id integer, x bigint, t_x float8, t float8, m float8, em float8, palive float8, cet39 float8, cet52 float8,
    clv12_lifetimes float8, clv12 float8, dert float8, rlv float8);
\copy customer FROM 'golden/clv_cdnow_golden.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE valued AS
    SELECT c.*, clm.rfm(x, t_x, t, c.m) AS s, clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}') AS model,
           1.1 ^ (365.25 / 364) - 1 AS discount
    FROM customer c;
SELECT collect_tap(is(count(*), 20::bigint, 'customers of clv_cdnow_golden.csv'),
    cmp_ok(max(coalesce(abs(clm.p_alive(s, model) / palive - 1), 'Infinity')), '<=', 1e-9::float8, 'P(alive)'),
    cmp_ok(max(coalesce(abs(clm.expected_purchases(s, model, 39) / cet39 - 1), 'Infinity')), '<=', 1e-9::float8, 'purchases in 39 weeks'),
    cmp_ok(max(coalesce(abs(clm.expected_purchases(s, model, 52) / cet52 - 1), 'Infinity')), '<=', 1e-9::float8, 'purchases in 52 weeks'),
    cmp_ok(max(coalesce(abs(clm.expected_spend(s, model) / em - 1), 'Infinity')), '<=', 1e-9::float8, 'expected spend'),
    cmp_ok(max(coalesce(abs(clm.clv(s, model, NULL, discount) / rlv - 1), 'Infinity')), '<=', 1e-9::float8, 'residual value'))
FROM valued;
-- A year month by month: purchases of each month of 4.345 weeks at its end, at 1 % a month
SELECT cmp_ok(max(coalesce(abs(got / clv12 - 1), 'Infinity')), '<=', 1e-9::float8, 'value of twelve months')
FROM (SELECT id, clv12, sum((clm.expected_purchases(s, model, 4.345 * month) - clm.expected_purchases(s, model, 4.345 * (month - 1))) / 1.01 ^ month)
                  * clm.expected_spend(s, model) AS got
      FROM valued, generate_series(1, 12) month GROUP BY id, clv12, s, model) y;

\else
SELECT plan(1);
SELECT skip('CLM_SHARED names no folder with the tables', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
