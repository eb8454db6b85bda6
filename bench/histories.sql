-- history(day, amount) a customer against the four built-in aggregates in the same plan: a hash table in memory, groups that
-- come sorted, a hash table that spills; and what workers gain where groups are few.
\ir common.sql
\set builtin 'SELECT count(n), max(f), max(l), max(s) FROM (SELECT count(*) n, min(day) f, max(day) l, sum(amount) s FROM %s GROUP BY %s) q'
\set history 'SELECT count(h) FROM (SELECT clm.history(day, amount) h FROM %s GROUP BY %s) q'
\set four 'count(*), min(day), max(day), sum(amount)'
-- 64 MB for a million customers, and the 4 MB times 2 of a server where nobody sets them: with fewer as much less, so that
-- groups spill as often
SELECT greatest(64, 64 * 1024 * (:customers / 1e6))::integer || 'kB' AS spilling_memory, greatest(64, 8 * 1024 * (:customers / 1e6))::integer || 'kB' AS default_memory \gset

INSERT INTO pair (section, what, yardstick_name, target, yardstick, query, settings, plan, no_plan) VALUES
    ('histories', 'history(day, amount), a hash table in memory', :'four', 1.3,
     format(:'builtin', 'orders', 'customer'), format(:'history', 'orders', 'customer'), '{}', 'HashAggregate.*Batches: 1 ', 'Gather|Disk|Sort'),
    ('histories', 'history(day, amount), rows sorted by customer', :'four', 1.3,
     format(:'builtin', 'sorted_orders', 'customer'), format(:'history', 'sorted_orders', 'customer'), '{"enable_hashagg": "off", "enable_seqscan": "off", "enable_bitmapscan": "off"}',
     'GroupAggregate.*Index Scan', 'Gather|Sort|Hash'),
    ('histories', 'history(day, amount), a hash table that spills at work_mem 64 MB', :'four', 1.3,
     format(:'builtin', 'orders', 'customer'), format(:'history', 'orders', 'customer'), jsonb_build_object('work_mem', :'spilling_memory', 'enable_sort', 'off'),
     'HashAggregate.*Batches: \d+ .*Disk Usage', 'Gather|Sort'),
    ('histories', 'history(day, amount), a hash table that spills at work_mem 4 MB, the default', :'four', 1.3,
     format(:'builtin', 'orders', 'customer'), format(:'history', 'orders', 'customer'), jsonb_build_object('work_mem', :'default_memory', 'enable_sort', 'off'),
     'HashAggregate.*Batches: \d+ .*Disk Usage', 'Gather|Sort'),
    ('histories', 'history(day, amount), 100 groups, 2 workers', :'four', NULL,
     format(:'builtin', 'orders', 'customer % 100'), format(:'history', 'orders', 'customer % 100'), '{"max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0"}',
     'Finalize.*Workers Launched: 2.*Partial HashAggregate', NULL);
INSERT INTO pair (section, what, yardstick_name, target, yardstick, query, settings, yardstick_settings, plan, yardstick_plan, faster) VALUES
    ('histories', 'history(day, amount), 100 groups: serial / 2 workers', 'the same without workers', 1.5,
     format(:'history', 'orders', 'customer % 100'), format(:'history', 'orders', 'customer % 100'), '{"max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0"}', '{}',
     'Finalize.*Workers Launched: 2.*Partial HashAggregate', 'HashAggregate', true),
    ('histories', 'the four aggregates, 100 groups: serial / 2 workers', 'the same without workers', NULL,
     format(:'builtin', 'orders', 'customer % 100'), format(:'builtin', 'orders', 'customer % 100'), '{"max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0"}', '{}',
     'Finalize.*Workers Launched: 2.*Partial HashAggregate', 'HashAggregate', true);
-- A history a customer: the planner takes no workers, as nearly every row passes through the leader; what they would gain
INSERT INTO pair (section, what, yardstick_name, yardstick, query, settings, yardstick_settings, plan, yardstick_plan, faster) VALUES
    ('histories', 'history(day, amount): serial / 2 workers, parallel_tuple_cost 0.01', 'the same without workers',
     format(:'history', 'orders', 'customer'), format(:'history', 'orders', 'customer'),
     '{"max_parallel_workers_per_gather": "2", "parallel_setup_cost": "0", "parallel_tuple_cost": "0.01"}', '{}', 'Finalize.*Workers Launched: 2.*Partial HashAggregate',
     'HashAggregate', true);
CALL pg_temp.run_pairs();
