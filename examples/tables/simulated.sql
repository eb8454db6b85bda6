-- orders(order_id, customer_id, day, amount): 2,000 simulated customers, 2022 to 2024. From September 2023 on, one customer
-- in ten spends less and less and one in ten more and more; one order in fifty is refunded nine days later.
CREATE TABLE orders AS
    SELECT row_number() OVER (ORDER BY customer_id, day, amount) AS order_id, customer_id, day,
           cents(amount * exp(drift * least(greatest(day - date '2023-09-01', 0), 360) / 30)) AS amount
    FROM clm.simulate(2000, date '2022-01-01', date '2024-12-31', seed => 42, params => '{1.1,4,0.5,5}',
                      spend => '{6,4,30}', join_by => date '2024-09-30'),
         LATERAL (SELECT CASE WHEN draw(customer_id, 'drift') < .1 THEN -.12
                              WHEN draw(customer_id, 'drift') >= .9 THEN .10 ELSE 0 END AS drift) d;

INSERT INTO orders
    SELECT 1000000 + order_id, customer_id, day + 9, -amount
    FROM orders WHERE draw(order_id, 'refund') < .02 AND day + 9 <= date '2024-12-31';
