-- A mart of the real purchases of CDNOW: every view is filled, and its model and key figures are those of the literature and of
-- the data. The data are not part of the project: where CLM_SHARED does not name a folder that has them, there is nothing to test.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
\getenv shared CLM_SHARED
\if :{?shared}
SELECT plan(9);
\cd :shared

CREATE TABLE purchase (orig_id text, customer text, day date, cds integer, amount float8);
\copy purchase FROM 'data/cdnow_sample_log.csv' (FORMAT csv, HEADER)
CALL clm.create_mart('cdnow', 'purchase', 'customer', 'day', 'amount', as_of => '1997-09-30', family => 'bg/nbd');
SELECT is_empty(format('SELECT * FROM (%s) q WHERE n = 0', string_agg(format('SELECT %L AS view, count(*) AS n FROM cdnow.%I', viewname, viewname), ' UNION ALL ')), 'every view is filled')
    FROM pg_views WHERE schemaname = 'cdnow';
-- Fader, Hardie & Lee 2005, table 2
SELECT results_eq($$SELECT item, round(value::numeric, 3) FROM cdnow.model WHERE item IN ('r', 'alpha', 'a', 'b') ORDER BY item_order$$,
    $$VALUES ('r', .243), ('alpha', 4.414), ('a', .793), ('b', 2.426)$$, 'the published parameters');
SELECT is((SELECT round(value::numeric, 1) FROM cdnow.model WHERE item = 'log_likelihood'), -9582.4, 'and log-likelihood');
SELECT is((SELECT customers FROM cdnow.overview), 2357::bigint, 'the published number of customers');
SELECT results_eq('SELECT customers, round(revenue::numeric, 2), purchases FROM cdnow.overview', $$SELECT count(DISTINCT customer), round(sum(amount)::numeric, 2), count(DISTINCT (customer, day)) FROM purchase WHERE day <= '1997-09-30'$$, 'key figures');
SELECT is((SELECT customers FROM cdnow.frequency WHERE purchases = 0), (SELECT count(*) FROM (SELECT FROM purchase WHERE day <= '1997-09-30' GROUP BY customer HAVING count(DISTINCT day) = 1) o), 'customers who bought once');
SELECT ok((SELECT value BETWEEN .95 AND 1.05 FROM cdnow.model WHERE item = 'tracking_ratio'), 'the model tracks the purchases');
CALL clm.refresh_mart('cdnow', '1998-06-30');
SELECT results_eq('SELECT as_of, round(revenue::numeric, 2) FROM cdnow.overview', $$SELECT date '1998-06-30', round(sum(amount)::numeric, 2) FROM purchase$$, 'a refresh brings in the rest');
SELECT is((SELECT sum(customers) FROM cdnow.stage_flow WHERE latest = 1 AND from_day = '1997-09-30'), 2357::numeric, 'everybody has gone from one day to the other');
SELECT * FROM finish();
\else
SELECT plan(1);
SELECT skip('the data are not here', 1);
SELECT * FROM finish();
\endif
ROLLBACK;
