-- Orders of simulated customers over three years, about ten each, in the order of their days; the same by customer; and what
-- is made of them.
\ir common.sql
CREATE TABLE orders AS
    SELECT customer_id::integer AS customer, day, amount
    FROM clm.simulate(:customers, date '2022-01-01', date '2024-12-31', seed => 1, params => '{1.2,6,0.5,2.9}',
                      join_by => date '2023-09-30')
    ORDER BY day, hashint4(customer_id::integer);
CREATE TABLE sorted_orders AS SELECT * FROM orders ORDER BY customer;
CREATE INDEX ON sorted_orders (customer);
CREATE TABLE customers AS
    SELECT customer, clm.history(day, amount) AS h FROM orders GROUP BY customer;
CREATE TABLE model AS SELECT clm.customer_model(h, date '2024-12-31', 'bg/nbd') AS m FROM customers;
CREATE TABLE summaries AS
    SELECT customer, clm.rfm(h, date '2024-12-31') AS summary, clm.tenure(h, date '2024-12-31')::float8 AS tenure
    FROM customers;
-- Contracts of customers with a chance of leaving of their own
CREATE TABLE contracts AS
    SELECT least(life, 1 + i % 60) AS tenure, life <= 1 + i % 60 AS churned
    FROM (SELECT i, ceil(ln(random()) / ln(1 - chance))::bigint + 1 AS life
          FROM (SELECT i, .02 + .3 * random() ^ 3 AS chance FROM generate_series(1, :customers) i) c) l;
-- 20 signals a customer, the j-th uniform between 0 and j, and an outcome that depends on four of them
CREATE TABLE signals AS
    SELECT hashint4extended(i, 0) / 18446744073709551616.0 + .5 < 1 / (1 + exp(1.5 - x[1] - .5 * x[2] - x[3] / 3 + x[4])) AS outcome, x
    FROM generate_series(1, :customers) i,
        LATERAL (SELECT array_agg(j * (hashint4extended(i, j) / 18446744073709551616.0::float8 + .5) ORDER BY j) AS x
                 FROM generate_series(1, 20) j) s;
CREATE TABLE response AS SELECT clm.response_model(outcome, x) AS m FROM signals;
-- So that the planner knows how few groups of customer % 100 there are
CREATE STATISTICS orders_by_hundredths ON (customer % 100) FROM orders;
-- Two workers however small the tables are; whether there are any is up to each benchmark.
ALTER TABLE orders SET (parallel_workers = 2);
ALTER TABLE customers SET (parallel_workers = 2);
VACUUM ANALYZE orders;
VACUUM ANALYZE sorted_orders;
VACUUM ANALYZE customers;
VACUUM ANALYZE model;
VACUUM ANALYZE summaries;
VACUUM ANALYZE contracts;
VACUUM ANALYZE signals;
VACUUM ANALYZE response;
