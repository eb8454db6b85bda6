-- The query of query_of('source') gives the digest :reference by sorting, by spilling, and by parallel workers; 8 tests.
SET LOCAL enable_hashagg TO off;
SELECT is(digest_of(query_of('source')), :'reference', 'sorted groups: same bytes');
SET LOCAL enable_hashagg TO on;
SET LOCAL work_mem TO '64kB';
SELECT is(digest_of(query_of('source')), :'reference', 'groups that do not fit into memory: same bytes');
SET LOCAL work_mem TO '4MB';

-- Parallel
SET LOCAL max_parallel_workers_per_gather TO 2;
SET LOCAL min_parallel_table_scan_size TO 0;
SET LOCAL parallel_setup_cost TO 0;
SET LOCAL parallel_tuple_cost TO 0.3;
SET LOCAL parallel_leader_participation TO off;
SELECT matches(plan_of(query_of('source')), 'Finalize (Hash|Group)Aggregate.*Gather.*Partial (Hash|Group)Aggregate', 'parallel: the plan is partial');
SELECT matches(plan_of(query_of('source'), 'ANALYZE, COSTS off, TIMING off'), 'Workers Launched: [12]', 'parallel: by workers, as the leader takes no part');
SELECT is(digest_of(query_of('source')), :'reference', 'parallel: same bytes');
SET LOCAL enable_hashagg TO off;
SELECT matches(plan_of(query_of('source')), 'Finalize GroupAggregate.*Gather Merge.*Partial GroupAggregate', 'parallel, sorted: the plan is partial');
SELECT is(digest_of(query_of('source')), :'reference', 'parallel, sorted: same bytes');
SET LOCAL enable_hashagg TO on;
SET LOCAL parallel_leader_participation TO on;
SELECT is(digest_of(query_of('source')), :'reference', 'parallel, with the leader: same bytes');
