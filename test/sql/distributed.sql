-- The aggregate likelihood and the procedure fit_customer_model: what they count, and what they refuse.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS clm;
SET client_min_messages = notice;
SET search_path = public;
\set d '''2024-12-31''::date'
CREATE TABLE distributed_customer AS
    SELECT customer_id AS id, clm.history(day, amount) AS h FROM clm.simulate(400, date '2024-01-01', date '2024-12-31', 3) GROUP BY 1;

-- One customer, by hand: BG/NBD with r = alpha = a = b = 1 of (x = 0, t = 1) is 1 / (1 + 1), and gradients by differences
SELECT l.family, l.params, l.period, l.as_of, l.since, round(exp(l.log_likelihood)::numeric, 12) AS likelihood, l.customers, l.moments, l.least, l.largest
FROM (SELECT clm.likelihood('{2024-12-24:5}'::clm.history, :d, 'bg/nbd', '{1,1,1,1}', 7) AS l) q, LATERAL (SELECT (q.l).*) l;
-- (x = 1, t_x = t = 1): r alpha^r / (alpha + t)^(r + 1) (1 / 2 + 1 / 2) = 1 / 4
SELECT round(exp(l.log_likelihood)::numeric, 12) AS likelihood, (SELECT array_agg(round(g::numeric, 9)) FROM unnest(l.gradient) g) AS gradient, l.period, l.as_of
FROM (SELECT (clm.likelihood(clm.rfm(1, 1, 1), 'BG/NBD', '{1,1,1,1}')).*) l;
-- Weights stand for so many customers; 0 and NULL for none
SELECT a = b AS same, (a).customers FROM (SELECT clm.likelihood(clm.rfm(2, 3, 5), 'pareto/nbd', '{.5,3,.6,2}', w) AS a FROM unnest(ARRAY[3, NULL, 0, 4]::bigint[]) w) q,
    (SELECT clm.likelihood(clm.rfm(2, 3, 5), 'pareto/nbd', '{.5,3,.6,2}') AS b FROM generate_series(1, 7)) r;
SELECT clm.likelihood(clm.rfm(2, 3, 5), 'bg/nbd', '{1,1,1,1}', -1);
-- Spend: only repeat purchases with a value count
SELECT (l).family, (l).customers, (l).period, round(((l).moments)[1]::numeric, 9) AS log_spend, (l).least, (l).largest
FROM (SELECT clm.likelihood(h, :d, 'gamma-gamma', '{6,4,15}', 7) AS l
      FROM unnest('{"{2024-01-01:5}","{2024-01-01:5,2024-02-01:10}","{2024-01-01:5,2024-02-01:-10}","{2024-01-01:5,2024-02-01:0,2024-03-01:20}",NULL}'::clm.history[]) h) q;
-- Nobody: NULL
SELECT clm.likelihood(NULL::clm.history, :d, 'bg/nbd', '{1,1,1,1}', 7) IS NULL AS null_history, clm.likelihood('{2025-01-01:1}'::clm.history, :d, 'bg/nbd', '{1,1,1,1}', 7) IS NULL AS later,
    clm.likelihood(NULL::clm.rfm, 'bg/nbd', '{1,1,1,1}') IS NULL AS null_summary, clm.likelihood(clm.rfm(NULL, 1, 2), 'bg/nbd', '{1,1,1,1}') IS NULL AS null_x;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,1,1,1}', 7) IS NULL AS no_rows FROM distributed_customer WHERE id < 0;
-- Not finite at these parameters: NULL, and the customers are counted all the same
SELECT (l).log_likelihood, (l).gradient, (l).customers FROM (SELECT clm.likelihood(h, :d, 'bg/nbd', '{1e308,1e-308,1,1}', 7) AS l FROM distributed_customer) q;
-- The families that look at gaps
SELECT clm.likelihood(clm.rfm(1, 1, 1), 'bg/cnbd-k', '{2,1,1,1,1}');
SELECT clm.likelihood(clm.rfm(1, 1.5, 2.5), 'bg/bb', '{1,1,1,1}');
-- k = 1 is BG/NBD
SELECT abs((clm.likelihood(h, :d, 'bg/cnbd-k', '{1,.3,4,.8,2.4}', 7)).log_likelihood / (clm.likelihood(h, :d, 'bg/nbd', '{.3,4,.8,2.4}', 7)).log_likelihood - 1) < 1e-12 AS same FROM distributed_customer;

-- Arguments
SELECT clm.likelihood(h, NULL, 'bg/nbd', '{1,1,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, 'infinity', 'bg/nbd', '{1,1,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, NULL, '{1,1,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'auto', '{1,1,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', NULL, 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{{1,1},{1,1}}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,NULL,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,NaN,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,Infinity,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,-2,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'mbg/cnbd-k', '{1.5,1,1,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'gamma-gamma', '{1,0,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,1,1,1}', NULL) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,1,1,1}', 0) FROM distributed_customer;
SELECT clm.likelihood(h, :d, clm.fit_options('bg/nbd', since => '2025-01-01'), '{1,1,1,1}', false) FROM distributed_customer;
SELECT clm.likelihood(h, :d, clm.fit_options('auto'), '{1,1,1,1}', false) FROM distributed_customer;
SELECT clm.likelihood(h, :d, NULL::clm.fit_options, '{1,1,1,1}', false) FROM distributed_customer;
SELECT clm.likelihood(h, :d, clm.fit_options('bg/nbd'), '{1,1,1,1}', NULL) FROM distributed_customer;
SELECT (clm.likelihood(h, :d, clm.fit_options('bg/nbd', since => '2024-03-01'), '{1,1,1,1}', false)).since FROM distributed_customer;
SELECT clm.likelihood(h, :d, clm.fit_options('bg/nbd'), '{1,1,1,1}', false) = clm.likelihood(h, :d, 'bg/nbd', '{1,1,1,1}', 7) AS purchases,
    clm.likelihood(h, :d, clm.fit_options(), '{6,4,15}', true) = clm.likelihood(h, :d, 'gamma-gamma', '{6,4,15}', 7) AS spend,
    clm.likelihood(clm.rfm(h, :d), clm.fit_options('bg/nbd'), '{1,1,1,1}', false, id) = clm.likelihood(clm.rfm(h, :d), 'bg/nbd', '{1,1,1,1}', id) AS summaries FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', ARRAY[1, 1, 1, id], 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, CASE WHEN id > 3 THEN 'bg/nbd' ELSE 'mbg/nbd' END, '{1,1,1,1}', 7) FROM distributed_customer;
SELECT clm.likelihood(h, :d, 'bg/nbd', '{1,1,1,1}', 1 + (id % 2)::integer) FROM distributed_customer;

-- The state: exact sums as text, and what does not belong there
CREATE AGGREGATE likelihood_state(clm.rfm, text, float8[]) (SFUNC = clm.likelihood_transition, STYPE = clm.likelihood_state);
SELECT likelihood_state(clm.rfm(1, 1, 1), 'bg/nbd', '{1,1,1,1}') AS state \gset
SELECT :'state' AS state;
SELECT clm.likelihood_final(:'state') = clm.likelihood(clm.rfm(1, 1, 1), 'bg/nbd', '{1,1,1,1}') AS same, :'state'::clm.likelihood_state::text = :'state' AS round_trip;
SELECT clm.likelihood_combine(NULL, :'state')::text = :'state' AS with_none, clm.likelihood_combine(:'state', NULL)::text = :'state' AS and_none, clm.likelihood_combine(NULL, NULL) IS NULL AS none;
SELECT (clm.likelihood_final(clm.likelihood_combine(:'state', :'state'))).customers;
SELECT pg_column_size(likelihood_state(clm.rfm(id % 9, (id % 9) * 1.1, 12 + id / 1e3), 'pareto/nbd', '{.553,10.578,.606,11.669}')) < 1024 AS small FROM generate_series(1, 20000) id;
SELECT replace(:'state', '1 1 1', '1 -1 1')::clm.likelihood_state;
SELECT regexp_replace(:'state', '^1 ', '2 ')::clm.likelihood_state;
SELECT regexp_replace(:'state', '^1 1 ', '1 77 ')::clm.likelihood_state;
SELECT (:'state' || ' 1')::clm.likelihood_state;
SELECT ''::clm.likelihood_state;
SELECT 'NaN'::clm.likelihood_state;
SELECT clm.likelihood_combine(:'state', regexp_replace(:'state', '^1 1 ', '1 0 ')::clm.likelihood_state);

-- The procedure
CALL clm.fit_customer_model('SELECT h FROM distributed_customer', :d, clm.fit_options('bg/nbd')) \gset
SELECT (:'model'::clm.customer_model).family, (:'model'::clm.customer_model).customers, (:'model'::clm.customer_model).as_of, (:'model'::clm.customer_model).spend IS NOT NULL AS spend;
-- Whatever is a SELECT, however it is written
CREATE FUNCTION same_as(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    fitted clm.customer_model;
    wanted clm.customer_model := (SELECT clm.customer_model(h, date '2024-12-31', 'bg/nbd') FROM distributed_customer);
BEGIN
    CALL clm.fit_customer_model(query, date '2024-12-31', clm.fit_options('bg/nbd'), fitted);
    RETURN (SELECT bool_and(abs(f / w - 1) < 1e-6) FROM unnest(fitted.params || fitted.se || fitted.spend || fitted.spend_se || fitted.log_likelihood || fitted.spend_log_likelihood,
        wanted.params || wanted.se || wanted.spend || wanted.spend_se || wanted.log_likelihood || wanted.spend_log_likelihood) u(f, w))
        AND (fitted.family, fitted.period, fitted.as_of, fitted.customers, fitted.spend_customers) = (wanted.family, wanted.period, wanted.as_of, wanted.customers, wanted.spend_customers);
END
$$;
CREATE VIEW distributed_view AS SELECT h AS "a ""name""", 1 AS one FROM distributed_customer;
CREATE DOMAIN distributed_history AS clm.history;
SELECT query, same_as(query) FROM (VALUES
    ('TABLE distributed_customer'), ('TABLE distributed_view; -- a comment'), ('  SELECT h FROM distributed_customer ORDER BY id LIMIT 400 -- a comment'),
    ('WITH c AS (SELECT * FROM distributed_customer) SELECT 1 AS h, h FROM c'), ('SELECT h::distributed_history FROM distributed_customer'),
    ('SELECT h FROM distributed_customer WHERE id <= 100 UNION ALL SELECT h FROM distributed_customer WHERE id > 100')) v(query);
-- Several queries
CALL clm.fit_customer_model(ARRAY['SELECT h FROM distributed_customer WHERE id % 3 = 0', 'SELECT h FROM distributed_customer WHERE id % 3 > 0', 'SELECT h FROM distributed_customer WHERE id < 0'],
    :d, clm.fit_options('bg/nbd')) \gset parts_
SELECT (:'parts_model'::clm.customer_model).customers, abs((:'parts_model'::clm.customer_model).log_likelihood / (:'model'::clm.customer_model).log_likelihood - 1) < 1e-12 AS same;
-- A weight of another name is told of; one of a history is an error
CALL clm.fit_customer_model('SELECT clm.rfm(h, date ''2024-12-31'') AS s, count(*) AS n FROM distributed_customer GROUP BY 1', NULL, clm.fit_options('bg/nbd')) \gset unweighted_
CALL clm.fit_customer_model('SELECT h, 2 AS weight FROM distributed_customer', :d);
CALL clm.fit_customer_model('SELECT clm.rfm(h, date ''2024-12-31''), 1 AS weight, 2 AS weight FROM distributed_customer', NULL);
-- Summaries, with weights
CALL clm.fit_customer_model('SELECT clm.rfm(h, date ''2024-12-31'') AS s, count(*)::integer AS weight FROM distributed_customer GROUP BY 1', NULL, clm.fit_options('bg/nbd')) \gset rfm_
SELECT (:'rfm_model'::clm.customer_model).customers, (:'rfm_model'::clm.customer_model).as_of, abs((:'rfm_model'::clm.customer_model).log_likelihood / (:'model'::clm.customer_model).log_likelihood - 1) < 1e-12 AS same;
-- Counts have no spend part, without a word; amounts that hardly differ have none, with a warning
CALL clm.fit_customer_model('SELECT clm.history(day) AS h FROM distributed_customer, clm.entries(h) e GROUP BY id', :d) \gset count_
SELECT (:'count_model'::clm.customer_model).spend IS NULL AS no_spend;
CALL clm.fit_customer_model('SELECT clm.history(day, 10 + id % 2) AS h FROM distributed_customer, clm.entries(h) e GROUP BY id', :d) \gset count_
SELECT (:'count_model'::clm.customer_model).spend IS NULL AS no_spend;

-- What it refuses
\set VERBOSITY default
CALL clm.fit_customer_model(NULL::text, :d);
CALL clm.fit_customer_model(NULL::text[], :d);
CALL clm.fit_customer_model('{}'::text[], :d);
CALL clm.fit_customer_model(ARRAY['TABLE distributed_customer', NULL], :d);
CALL clm.fit_customer_model('', :d);
CALL clm.fit_customer_model('SELECT h FROM distributed_customer; SELECT 1', :d);
CALL clm.fit_customer_model('SELECT 1) q; DROP TABLE distributed_customer; --', :d);
CALL clm.fit_customer_model('SELECT h FROM distributed_customer WHERE id = $1', :d);
CALL clm.fit_customer_model('DELETE FROM distributed_customer RETURNING h', :d);
\set VERBOSITY terse
CALL clm.fit_customer_model('WITH gone AS (DELETE FROM distributed_customer RETURNING h) SELECT h FROM gone', :d);
\set VERBOSITY default
CALL clm.fit_customer_model('SELECT h INTO distributed_copy FROM distributed_customer', :d);
CALL clm.fit_customer_model('EXPLAIN SELECT h FROM distributed_customer', :d);
CALL clm.fit_customer_model('SELECT h FROM nowhere', :d);
CALL clm.fit_customer_model('SELECT id FROM distributed_customer', :d);
CALL clm.fit_customer_model('SELECT h, clm.as_of(h, date ''2024-06-30'') AS before FROM distributed_customer', :d);
CALL clm.fit_customer_model('SELECT h, clm.rfm(h, date ''2024-06-30'') AS s FROM distributed_customer', :d);
CALL clm.fit_customer_model(ARRAY['SELECT h FROM distributed_customer', 'SELECT clm.rfm(h, date ''2024-06-30'') AS s FROM distributed_customer'], :d);
CALL clm.fit_customer_model('SELECT h FROM distributed_customer', NULL);
CALL clm.fit_customer_model('SELECT h FROM distributed_customer', 'infinity');
CALL clm.fit_customer_model('SELECT clm.rfm(h, date ''2024-06-30'') AS s FROM distributed_customer', :d);
CALL clm.fit_customer_model('SELECT clm.rfm(h, date ''2024-06-30'') AS s FROM distributed_customer', NULL, clm.fit_options('bg/cnbd-k'));
CALL clm.fit_customer_model('SELECT clm.rfm(h, date ''2024-06-30'') AS s FROM distributed_customer', NULL, clm.fit_options(since => '2024-01-01'));
\set VERBOSITY terse
CALL clm.fit_customer_model('SELECT clm.rfm(h, date ''2024-06-30'') AS s, -1 AS weight FROM distributed_customer', NULL);
\set VERBOSITY default
CALL clm.fit_customer_model('SELECT h FROM distributed_customer', :d, clm.fit_options('auto'));
CALL clm.fit_customer_model('SELECT h FROM distributed_customer', :d, clm.fit_options(holdout => '2024-06-30'));
CALL clm.fit_customer_model('SELECT h FROM distributed_customer', :d, clm.fit_options(since => '2025-06-30'));
CALL clm.fit_customer_model('SELECT h FROM distributed_customer', :d, clm.fit_options(period => 0));
CALL clm.fit_customer_model('SELECT h FROM distributed_customer WHERE false', :d);
CALL clm.fit_customer_model('SELECT h FROM distributed_customer', '2020-01-01');
CALL clm.fit_customer_model('SELECT h FROM distributed_customer WHERE id = 1', :d);
CALL clm.fit_customer_model('SELECT h FROM distributed_customer WHERE clm.occasions(h) = 1', :d);
\set VERBOSITY sqlstate
CALL clm.fit_customer_model('SELECT h FROM distributed_customer WHERE random() < .5', :d);
\set VERBOSITY terse
-- An error in the middle of a fit is that error, and the session lives on
CREATE SEQUENCE distributed_rows;
CALL clm.fit_customer_model('SELECT h FROM distributed_customer WHERE 1 / (1300 - nextval(''distributed_rows'')) IS NOT NULL', :d);
SELECT nextval('distributed_rows') BETWEEN 1201 AND 1602 AS in_a_later_pass;
SELECT same_as('TABLE distributed_customer') AS after;
