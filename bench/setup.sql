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
VACUUM ANALYZE orders;
VACUUM ANALYZE customers;
VACUUM ANALYZE model;
VACUUM ANALYZE summaries;
