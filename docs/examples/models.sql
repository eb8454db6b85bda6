-- # Customer models
-- How often customers without a contract buy, when they leave, and what a purchase is worth: models that the aggregate
-- `customer_model` fits to histories, or to customer summaries.

-- clm.rfm: Of a history, in weeks
SELECT r.* FROM clm.rfm('{2024-01-01:20,2024-01-15:30,2024-02-05:40}', date '2024-03-04') r;

-- clm.rfm: A summary of your own
SELECT r.* FROM clm.rfm(2, 30.43, 38.86, 22.35) r;

-- clm.customer_model: Fitted to histories, by the aggregate
SELECT (m).family, (m).customers, (m).params, (m).spend FROM (SELECT clm.customer_model(h, date '2024-12-31', 'bg/nbd') AS m FROM customers) q;

-- clm.customer_model: Fitted to summaries with a number of donors for each, by a family of discrete time
SELECT (m).customers, (m).params
FROM (SELECT clm.customer_model(clm.rfm(x, t_x, 6), 'bg/bb', n, 365) AS m
      FROM (VALUES (0, 0, 3464), (1, 1, 1091), (1, 3, 156), (1, 6, 104), (2, 2, 456), (2, 5, 157), (3, 4, 372), (4, 6, 277), (5, 6, 524), (6, 6, 1203))
           donors(x, t_x, n)) q;

-- clm.customer_model: With parameters that were published (Fader, Hardie & Lee 2005), by the function
SELECT (clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}')).spend;

-- clm.describe: A customer model
SELECT d.* FROM model, LATERAL clm.describe(m) d;

-- clm.describe: A retention model
SELECT d.* FROM (SELECT clm.retention_model(tenure, tenure < 5, 'sbg', n) AS m
                 FROM (VALUES (1, 250), (2, 150), (3, 100), (4, 70), (5, 430)) v(tenure, n)) q, LATERAL clm.describe(m) d;

-- clm.given: What a covariate does (1 for customers of the web shop)
SELECT clm.expected_purchases(clm.given(m, ARRAY[0])) AS shop, clm.expected_purchases(clm.given(m, ARRAY[1])) AS web
FROM (SELECT clm.customer_model(h, date '2024-12-31', clm.fit_options('bg/nbd'), ARRAY[(customer_id % 2)::float8]) AS m FROM customers) q;

-- clm.log_likelihood, clm.aic, clm.bic: Which family fits the same customers better
SELECT family, clm.log_likelihood(m), clm.aic(m), clm.bic(m)
FROM (SELECT family, clm.customer_model(h, date '2024-12-31', family) AS m FROM customers, unnest(ARRAY['bg/nbd', 'mbg/nbd']) family
      GROUP BY family) q ORDER BY family;

-- clm.comparison: What `'auto'` has compared
SELECT c.* FROM (SELECT clm.customer_model(h, date '2024-12-31', 'auto') AS m FROM customers) q, LATERAL clm.comparison(m) c;

-- clm.fit_options: A small segment is fitted with a weak prior
SELECT (m).customers, (m).params FROM (SELECT clm.customer_model(h, date '2024-12-31', clm.fit_options(prior => 2)) AS m FROM customers WHERE customer_id <= 30) q;
