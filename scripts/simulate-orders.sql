-- Two years of orders of 5,000 simulated customers; the same every time, because the seed is given.
CREATE TABLE orders AS
    SELECT customer_id::text AS customer, day, amount
    FROM clm.simulate(5000, date '2023-07-01', date '2025-06-30', 42);

ANALYZE orders;
