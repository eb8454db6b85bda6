-- Orders of simulated customers over three years, about ten each, in the order of their days; and what is made of them.
CREATE EXTENSION IF NOT EXISTS clm;
SET client_min_messages = warning;

CREATE TABLE orders AS
    SELECT customer_id::integer AS customer, day, amount
    FROM clm.simulate(:customers, date '2022-01-01', date '2024-12-31', seed => 1, params => '{1.2,6,0.5,2.9}',
                      join_by => date '2023-09-30')
    ORDER BY day, hashint4(customer_id::integer);
CREATE TABLE customers AS
    SELECT customer, clm.history(day, amount) AS h FROM orders GROUP BY customer;
CREATE TABLE model AS SELECT clm.customer_model(h, date '2024-12-31', 'bg/nbd') AS m FROM customers;
CREATE TABLE summaries AS
    SELECT customer, clm.rfm(h, date '2024-12-31') AS summary, clm.tenure(h, date '2024-12-31')::float8 AS tenure
    FROM customers;
-- 20 signals a customer, the j-th uniform between 0 and j, and an outcome that depends on four of them
CREATE TABLE signals AS
    SELECT hashint4extended(i, 0) / 18446744073709551616.0 + .5 < 1 / (1 + exp(1.5 - x[1] - .5 * x[2] - x[3] / 3 + x[4])) AS outcome, x
    FROM generate_series(1, :customers) i,
        LATERAL (SELECT array_agg(j * (hashint4extended(i, j) / 18446744073709551616.0::float8 + .5) ORDER BY j) AS x
                 FROM generate_series(1, 20) j) s;
CREATE TABLE response AS SELECT clm.response_model(outcome, x) AS m FROM signals;
VACUUM ANALYZE signals;
VACUUM ANALYZE response;
VACUUM ANALYZE orders;
VACUUM ANALYZE customers;
VACUUM ANALYZE model;
VACUUM ANALYZE summaries;
