-- # Live orders
-- A table of histories that triggers keep up to date with a table of orders.

-- clm.track
CREATE TABLE live_orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer_id int, day date, amount numeric);
CREATE INDEX ON live_orders (customer_id);
CREATE TABLE live_histories (customer_id int PRIMARY KEY, h clm.history NOT NULL);
SELECT clm.track('live_orders', 'customer_id', 'day', 'amount', 'live_histories');
INSERT INTO live_orders (customer_id, day, amount) VALUES (1, '2024-01-05', 20), (2, '2024-01-06', 15), (1, '2024-02-11', 30);
DELETE FROM live_orders WHERE customer_id = 2;
SELECT * FROM live_histories;

-- clm.tracked
SELECT orders, target, made_by FROM clm.tracked;

-- clm.untrack
SELECT clm.untrack('live_orders');
