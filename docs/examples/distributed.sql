-- # Fits over several machines
-- A fit to customers who do not fit into one machine's memory.

-- clm.likelihood
SELECT (l).customers, (l).log_likelihood, (l).gradient
FROM (SELECT clm.likelihood(clm.rfm(h, date '2024-12-31'), 'bg/nbd', '{.243,4.414,.793,2.426}') AS l FROM customers) q;

-- clm.customer_picture: The picture of four customers
SELECT clm.customer_picture(clm.rfm(x, t_x, t), clm.fit_options('bg/nbd'), n) FROM (VALUES (0, 0, 39, 3), (2, 30, 39, 1)) v(x, t_x, t, n);

-- clm.fit_customer_model
CALL clm.fit_customer_model('SELECT h FROM customers', date '2024-12-31', clm.fit_options('bg/nbd')) \gset
SELECT (:'model'::clm.customer_model).params;
