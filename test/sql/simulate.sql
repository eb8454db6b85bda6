-- clm.simulate: reproducible, within its days, of the asked shape; errors.
\set VERBOSITY terse
SET datestyle = ISO;
SET extra_float_digits = 0;

-- The same arguments give the same purchases; another seed gives others; customer i does not depend on how many there are
CREATE TEMP TABLE purchase AS SELECT * FROM clm.simulate(1000, '2023-01-01', '2024-12-31', 7);
SELECT count(*) AS differ FROM (
    (SELECT * FROM purchase EXCEPT ALL SELECT * FROM clm.simulate(1000, '2023-01-01', '2024-12-31', 7))
    UNION ALL (SELECT * FROM clm.simulate(1000, '2023-01-01', '2024-12-31', 7) EXCEPT ALL SELECT * FROM purchase)) v;
SELECT count(*) AS differ FROM (
    (SELECT * FROM purchase WHERE customer_id <= 10 EXCEPT ALL SELECT * FROM clm.simulate(10, '2023-01-01', '2024-12-31', 7))
    UNION ALL (SELECT * FROM clm.simulate(10, '2023-01-01', '2024-12-31', 7) EXCEPT ALL SELECT * FROM purchase WHERE customer_id <= 10)) v;
SELECT count(*) AS in_common FROM (
    SELECT customer_id, amount FROM purchase INTERSECT SELECT customer_id, amount FROM clm.simulate(1000, '2023-01-01', '2024-12-31', 8)) v;

-- Customers 1 .. n, each with a first purchase; days within start .. stop; amounts positive
SELECT count(DISTINCT customer_id) AS customers, min(customer_id), max(customer_id), bool_and(day BETWEEN '2023-01-01' AND '2024-12-31') AS days,
       bool_and(amount > 0 AND amount < 'infinity') AS amounts
FROM purchase;
-- First purchases fall evenly between start and join_by, both included; by default join_by is stop
SELECT min(first), max(first), avg(first - date '2023-01-01') BETWEEN 330 AND 400 AS even
FROM (SELECT min(day) AS first FROM purchase GROUP BY customer_id) v;
SELECT min(first), max(first) FROM (SELECT min(day) AS first FROM clm.simulate(1000, '2023-01-01', '2024-12-31', join_by => '2023-01-03') GROUP BY customer_id) v;
SELECT min(day), max(day) FROM clm.simulate(1000, '2023-01-01', '2023-01-01', 1, params => '{1,1e-3,1,1}');

-- Defaults: seed 1, MBG/NBD at the estimates for CDNOW in weeks
SELECT count(*) AS differ FROM (
    SELECT * FROM clm.simulate(100, '2024-01-01', '2024-06-30') EXCEPT ALL
    SELECT * FROM clm.simulate(100, '2024-01-01', '2024-06-30', 1, 'mbg/nbd', '{.525,6.183,.891,1.614}', 7, '{6.25,3.74,15.44}', '2024-06-30')) v;
-- A period of another length only counts time in another unit
SELECT count(*) AS differ FROM (
    SELECT * FROM clm.simulate(100, '2024-01-01', '2024-06-30', 1, 'bg/nbd', '{.5,8,.8,2.5}', 7) EXCEPT ALL
    SELECT * FROM clm.simulate(100, '2024-01-01', '2024-06-30', 1, 'bg/nbd', '{.5,56,.8,2.5}', 1)) v;
-- In MBG/NBD some leave with the first purchase, in BG/NBD nobody does: with a fast rate and certain drop-out
SELECT family, round(avg(purchases), 2) AS purchases
FROM (SELECT f AS family, customer_id, count(*) AS purchases FROM (VALUES ('bg/nbd'), ('mbg/nbd')) v(f),
          clm.simulate(1000, '2024-01-01', '2024-12-31', 3, f, '{1000,1,1000,.001}', join_by => '2024-01-31') GROUP BY 1, 2) w
GROUP BY family ORDER BY family;

-- Mean spend of gamma-gamma p gamma / (q - 1), here 6 x 10 / (4 - 1) = 20; each customer's own mean varies
SELECT abs(avg(mean) - 20) < 4 * stddev(mean) / sqrt(count(*)) AS mean, stddev(mean) BETWEEN 5 AND 30 AS spread
FROM (SELECT avg(amount) AS mean FROM clm.simulate(4000, '2024-01-01', '2024-12-31', 3, spend => '{6,4,10}') GROUP BY customer_id) v;

-- Nobody, and nothing
SELECT count(*) FROM clm.simulate(0, '2024-01-01', '2024-12-31');
SELECT count(*) FROM clm.simulate(5, '2024-01-01', '2024-12-31', -9223372036854775808);

-- Errors
SELECT * FROM clm.simulate(-1, '2024-01-01', '2024-12-31');
SELECT * FROM clm.simulate(NULL, '2024-01-01', '2024-12-31');
SELECT * FROM clm.simulate(1, NULL, '2024-12-31');
SELECT * FROM clm.simulate(1, '2024-01-01', NULL);
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', NULL);
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', family => NULL);
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', period => NULL);
SELECT * FROM clm.simulate(1, '2024-01-01', '2023-12-31');
SELECT * FROM clm.simulate(1, '-infinity', '2023-12-31');
SELECT * FROM clm.simulate(1, '2024-01-01', 'infinity');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', join_by => '2023-12-31');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', join_by => '2025-01-01');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', join_by => 'infinity');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', period => 0);
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', family => 'poisson');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', params => '{1,2,3}');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', params => '{{1,2},{3,4}}');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', params => '{1,2,3,NULL}');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', params => '{1,2,3,NaN}');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', params => '{1,2,3,Infinity}');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', params => '{1,0,3,4}');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', spend => '{1,2}');
SELECT * FROM clm.simulate(1, '2024-01-01', '2024-12-31', spend => '{1,2,-3}');
-- More purchases than any customer makes
SELECT count(*) FROM clm.simulate(1, '2024-01-01', '2024-12-31', params => '{1e300,1e-3,1e-3,1e3}');
