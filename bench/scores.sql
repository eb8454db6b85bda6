-- Scores against a scan of the same table that calls the cheapest built-in function for each row.
\ir common.sql
\set over_histories 'SELECT sum(exp(customer * 1e-7::float8)) FROM customers'
\set over_summaries 'SELECT sum(exp(tenure * 1e-3)) FROM summaries'
INSERT INTO pair (section, what, yardstick_name, target, yardstick, query)
    SELECT 'scores', what, 'a scan with exp(float8)', target, yardstick, query
    FROM (VALUES
        ('p_alive(h, d, m)', 2, :'over_histories', 'SELECT sum(clm.p_alive(h, date ''2024-12-31'', (SELECT m FROM model))) FROM customers'),
        ('p_alive(rfm, m)', 2, :'over_summaries', 'SELECT sum(clm.p_alive(summary, (SELECT m FROM model))) FROM summaries'),
        ('churn_score(h, d, m, 90)', NULL, :'over_histories', 'SELECT sum(clm.churn_score(h, date ''2024-12-31'', (SELECT m FROM model), 90)) FROM customers'),
        ('expected_purchases(h, d, m, 365)', NULL, :'over_histories', 'SELECT sum(clm.expected_purchases(h, date ''2024-12-31'', (SELECT m FROM model), 365)) FROM customers'),
        ('clv(h, d, m, 365)', NULL, :'over_histories', 'SELECT sum(clm.clv(h, date ''2024-12-31'', (SELECT m FROM model), 365)) FROM customers'),
        ('lifecycle_stage(h, d)', NULL, :'over_histories', 'SELECT count(clm.lifecycle_stage(h, date ''2024-12-31'')) FROM customers'),
        ('scores(h, d, m), no level', NULL, :'over_histories',
         'SELECT sum((s).clv) FROM (SELECT clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) s FROM customers OFFSET 0) q'),
        ('score(response_model, x), 20 signals', NULL, 'SELECT sum(exp(-x[1])) FROM signals', 'SELECT sum(clm.score(m, x)) FROM signals, response')
    ) v(what, target, yardstick, query);
INSERT INTO pair (section, what, yardstick_name, yardstick, query, settings, yardstick_settings, plan, yardstick_plan, faster) VALUES
    ('scores', 'scores(h, d, m): serial / 2 workers', 'the same without workers',
     'SELECT sum((s).clv) FROM (SELECT clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) s FROM customers OFFSET 0) q',
     'SELECT sum((s).clv) FROM (SELECT clm.scores(h, date ''2024-12-31'', (SELECT m FROM model)) s FROM customers OFFSET 0) q',
     '{"max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0"}', '{}', 'Gather', 'Aggregate', true);
CALL pg_temp.run_pairs();
