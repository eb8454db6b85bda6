-- The marts that the tests of the report page look at: one with everything and names that must stay data, one without a model,
-- one of nobody, one of weeks, and a schema that is none.
\set ON_ERROR_STOP on
SET client_min_messages = error;
CREATE EXTENSION IF NOT EXISTS clm;

CREATE TABLE orders AS
    SELECT CASE customer_id WHEN 1 THEN '</script><script>window.harmed = 1</script>' WHEN 2 THEN '<img src=x onerror="window.harmed = 1">'
                            WHEN 3 THEN '<!-- {{data}} $& "quoted" 客户' ELSE 'customer ' || customer_id END AS customer, day, amount
    FROM clm.simulate(2500, date '2023-07-01', date '2025-06-30', 42);
CALL clm.create_mart('shop', 'orders', 'customer', 'day', 'amount', as_of => date '2024-12-31');
CALL clm.refresh_mart('shop', as_of => date '2025-03-31');
CALL clm.refresh_mart('shop', as_of => date '2025-06-15', refit => true);

CREATE TABLE once AS SELECT g AS customer, date '2025-01-01' + g % 60 AS day, 10.0 + g AS amount FROM generate_series(1, 50) g;
CALL clm.create_mart('no model', 'once', 'customer', 'day', 'amount');

-- create_mart makes no mart of nobody, but views in its place may have no rows, such as those of a filter.
CREATE SCHEMA nobody;
SELECT format('CREATE VIEW nobody.%I AS SELECT * FROM "no model".%I WHERE false', relname, relname)
FROM pg_class WHERE relnamespace = '"no model"'::regnamespace \gexec

CALL clm.create_mart('weekly', 'orders', 'customer', 'day', calendar => 'week', as_of => date '2025-06-30');

CREATE SCHEMA "no mart";
CREATE ROLE report_stranger;
CREATE ROLE report_reader;
GRANT USAGE ON SCHEMA shop TO report_reader;
