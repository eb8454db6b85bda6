-- Fits of the families, each against a scan of what it is fitted to; the note is the number of evaluations of the whole
-- likelihood.
\ir common.sql
\set scan 'SELECT sum(clm.recency(h, date ''2024-12-31'')) FROM customers'
INSERT INTO pair (section, what, yardstick_name, target, yardstick, query, note)
    SELECT 'fits', fit, yardstick_name, target, yardstick, query, ' evaluations'
    FROM (VALUES
        ('customer_model, bg/nbd, with spend', 'sum(recency(h, d))', 6, :'scan', 'SELECT (clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'')).evaluations FROM customers'),
        ('customer_model, mbg/nbd, with spend', 'sum(recency(h, d))', NULL, :'scan', 'SELECT (clm.customer_model(h, date ''2024-12-31'')).evaluations FROM customers'),
        ('customer_model, pareto/nbd, with spend', 'sum(recency(h, d))', NULL, :'scan', 'SELECT (clm.customer_model(h, date ''2024-12-31'', ''pareto/nbd'')).evaluations FROM customers'),
        ('customer_model, bg/bb in months, with spend', 'sum(recency(h, d))', NULL, :'scan', 'SELECT (clm.customer_model(h, date ''2024-12-31'', ''bg/bb'', 30)).evaluations FROM customers'),
        ('customer_model, mbg/cnbd-k, with spend', 'sum(recency(h, d))', NULL, :'scan', 'SELECT (clm.customer_model(h, date ''2024-12-31'', ''mbg/cnbd-k'')).evaluations FROM customers'),
        ('retention_model, sbg', 'sum(tenure)', NULL, 'SELECT sum(tenure) FROM contracts', 'SELECT (clm.retention_model(tenure, churned)).evaluations FROM contracts'),
        ('retention_model, bdw', 'sum(tenure)', NULL, 'SELECT sum(tenure) FROM contracts', 'SELECT (clm.retention_model(tenure, churned, ''bdw'')).evaluations FROM contracts'),
        ('response_model, 20 signals', 'regr_slope(outcome, x[1])', 15, 'SELECT regr_slope(outcome::integer, x[1]) FROM signals', 'SELECT (clm.response_model(outcome, x)).evaluations FROM signals')
    ) v(fit, yardstick_name, target, yardstick, query);
INSERT INTO pair (section, what, yardstick_name, target, yardstick, query) VALUES
    ('fits', 'customer_model, pareto/nbd', 'customer_model, bg/nbd', 10,
     'SELECT clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'') FROM customers', 'SELECT clm.customer_model(h, date ''2024-12-31'', ''pareto/nbd'') FROM customers');
INSERT INTO pair (section, what, yardstick_name, yardstick, query, settings, yardstick_settings, plan, yardstick_plan, faster) VALUES
    ('fits', 'customer_model, bg/nbd: serial / 2 workers', 'the same without workers', 'SELECT clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'') FROM customers',
     'SELECT clm.customer_model(h, date ''2024-12-31'', ''bg/nbd'') FROM customers', '{"max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0"}', '{}', 'Finalize Aggregate.*Gather', 'Aggregate', true);
CALL pg_temp.run_pairs();
