-- The work of with_lifetimes.py in clm, serial, for the same customers; the lines that it prints come on standard input.
\ir common.sql
CREATE TEMP TABLE step (step text, seconds float8);
\copy step FROM PSTDIN (FORMAT csv)
SELECT pg_temp.configure('{}') \g /dev/null
CREATE TEMP TABLE lifetimes_customers AS SELECT * FROM customers WHERE customer <= :part;
ANALYZE lifetimes_customers;
INSERT INTO bench_result (section, what, yardstick, ms, yardstick_ms, value)
    SELECT 'lifetimes', format('%s of %s customers', step, :part), 'clm', 1000 * seconds, ms, 1000 * seconds / ms
    FROM step JOIN (VALUES
        ('histories', 'SELECT count(clm.rfm(h, date ''2024-12-31'')) FROM (SELECT clm.history(day, amount) h FROM orders WHERE customer <= ' || :part || ' GROUP BY customer) q'),
        ('fit', 'SELECT clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'') FROM lifetimes_customers'),
        ('scores', 'SELECT sum((s).clv) FROM (SELECT clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) s FROM lifetimes_customers OFFSET 0) q')
    ) q(step, query) USING (step), LATERAL pg_temp.timed(query);
