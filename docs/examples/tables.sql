CREATE TABLE orders AS -- of 2,000 simulated customers
    SELECT customer_id, day, amount FROM clm.simulate(2000, date '2023-01-01', date '2024-12-31', seed => 7);
CREATE TABLE customers AS
    SELECT customer_id, clm.history(day, amount) AS h FROM orders GROUP BY customer_id;
CREATE TABLE model AS
    SELECT clm.customer_model(h, date '2024-12-31') AS m FROM customers;
