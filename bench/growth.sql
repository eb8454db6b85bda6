-- Cost of an order as the number of orders grows by 10 and by 100, step by step and all steps together, serial: how many times
-- that of a tenth. Histories in a hash table in memory, of sorted rows, and with a server's work_mem of 4 MB, which is what it has
-- where nobody sets it: a hash table larger than the caches spills then, and its parts fit them.
\ir common.sql
CREATE TABLE growth_orders_10 AS SELECT * FROM orders WHERE customer <= :customers / 10;
CREATE TABLE growth_orders_100 AS SELECT * FROM orders WHERE customer <= :customers / 100;
CREATE TABLE growth_customers_10 AS SELECT * FROM customers WHERE customer <= :customers / 10;
CREATE TABLE growth_customers_100 AS SELECT * FROM customers WHERE customer <= :customers / 100;
CREATE TABLE growth_sorted_10 AS SELECT * FROM sorted_orders WHERE customer <= :customers / 10 ORDER BY customer;
CREATE TABLE growth_sorted_100 AS SELECT * FROM sorted_orders WHERE customer <= :customers / 100 ORDER BY customer;
CREATE INDEX ON growth_sorted_10 (customer);
CREATE INDEX ON growth_sorted_100 (customer);
VACUUM ANALYZE growth_sorted_10;
VACUUM ANALYZE growth_sorted_100;
VACUUM ANALYZE growth_orders_10;
VACUUM ANALYZE growth_orders_100;
VACUUM ANALYZE growth_customers_10;
VACUUM ANALYZE growth_customers_100;

\set four 'SELECT count(n), max(f), max(l), max(s) FROM (SELECT count(*) n, min(day) f, max(day) l, sum(amount) s FROM ORDERS GROUP BY customer) q'
\set history 'SELECT count(h) FROM (SELECT clm.history(day, amount) h FROM ORDERS GROUP BY customer) q'
\set spilling '{"work_mem": "4MB", "hash_mem_multiplier": "2", "enable_sort": "off"}'
CREATE TEMP TABLE growth_step (step text, settings jsonb, query text);
INSERT INTO growth_step VALUES
    ('the four aggregates', '{}', :'four'),
    ('the four aggregates, work_mem 4 MB', :'spilling', :'four'),
    ('histories', '{}', :'history'),
    ('histories, work_mem 4 MB', :'spilling', :'history'),
    ('histories of rows sorted by customer', '{}', 'SELECT count(h) FROM (SELECT clm.history(day, amount) h FROM (SELECT * FROM SORTED ORDER BY customer) o GROUP BY customer) q'),
    ('fit', '{}', 'SELECT clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'') FROM CUSTOMERS'),
    ('scores', '{}', 'SELECT sum((s).clv) FROM (SELECT clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) s FROM CUSTOMERS OFFSET 0) q');
-- All steps together, by the step that they begin with
CREATE TEMP TABLE growth_way (way text, first text);
INSERT INTO growth_way VALUES
    ('from orders to scores', 'histories'),
    ('from orders to scores, work_mem 4 MB', 'histories, work_mem 4 MB'),
    ('from orders sorted by customer to scores', 'histories of rows sorted by customer');

CREATE TEMP TABLE growth_run (round integer, step text, scale integer, ns float8);
DO $$
DECLARE
    tried record;
    orders float8 := (SELECT count(*) FROM orders);
BEGIN
    FOR round IN 0 .. current_setting('bench.rounds')::integer LOOP
        FOR tried IN
            SELECT step, scale, settings, replace(replace(replace(query, 'ORDERS', CASE scale WHEN 1 THEN 'orders' ELSE 'growth_orders_' || scale END),
                                                          'SORTED', CASE scale WHEN 1 THEN 'sorted_orders' ELSE 'growth_sorted_' || scale END),
                                                  'CUSTOMERS', CASE scale WHEN 1 THEN 'customers' ELSE 'growth_customers_' || scale END) AS query
            FROM growth_step, (VALUES (100), (10), (1)) v(scale)
        LOOP
            PERFORM pg_temp.configure(tried.settings);
            -- The small ones more often, so that each lasts about as long
            FOR again IN 1 .. CASE WHEN round = 0 THEN 1 WHEN tried.scale = 1 THEN 1 ELSE least(tried.scale / 3, 10) END LOOP
                INSERT INTO growth_run SELECT round, tried.step, tried.scale, ms * 1e6 / orders * tried.scale FROM pg_temp.timed(tried.query);
            END LOOP;
        END LOOP;
    END LOOP;
END
$$;
CREATE TEMP VIEW growth_median AS
    SELECT step, scale, percentile_cont(.5) WITHIN GROUP (ORDER BY ns) AS ns FROM growth_run WHERE round > 0 GROUP BY step, scale;
INSERT INTO bench_result (section, what, yardstick, value, target, note)
    SELECT 'growth', format('%s: an order of %s', step, to_char(orders / scale, 'FM999,999,999')), format('an order of %s', to_char(orders / scale / 10, 'FM999,999,999')),
           ns / before, CASE WHEN step !~ '^the four' THEN 1.3 END, format('%s ns an order', round(ns::numeric))
    FROM (SELECT step, scale, ns, lag(ns) OVER (PARTITION BY step ORDER BY scale DESC) AS before
          FROM (SELECT step, scale, ns FROM growth_median
                UNION ALL SELECT way, scale, sum(ns) FROM growth_median, growth_way WHERE step IN (first, 'fit', 'scores') GROUP BY way, scale) s) g,
        (SELECT round(count(*), -5) AS orders FROM orders) o
    WHERE before IS NOT NULL ORDER BY step, scale DESC;
DROP TABLE growth_orders_10, growth_orders_100, growth_sorted_10, growth_sorted_100, growth_customers_10, growth_customers_100;
