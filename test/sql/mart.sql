-- Marts: wrong input, and small or odd data. (What the views hold is in test/pgtap/mart.sql.)
SET client_min_messages = warning;
\set SHOW_CONTEXT never
CREATE EXTENSION IF NOT EXISTS clm;
CREATE SCHEMA shop;
SET search_path = shop, public;
CREATE TABLE sale (customer integer, day date, amount numeric);
INSERT INTO sale SELECT customer_id, day, amount FROM clm.simulate(300, date '2024-01-01', date '2024-06-30', seed => 3);

-- Wrong arguments
CALL clm.create_mart(NULL, 'sale', 'customer', 'day', 'amount');
CALL clm.create_mart('mart', 'nowhere', 'customer', 'day', 'amount');
CALL clm.create_mart('mart', 'sale', 'client', 'day', 'amount');
CALL clm.create_mart('mart', 'sale', 'customer', 'amount', 'day');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'day');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', watermark => 'number');
CREATE TABLE note AS SELECT *, to_json(day) AS text FROM sale;
CALL clm.create_mart('mart', 'note', 'customer', 'day', 'amount', watermark => 'text');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', period => 0);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', horizon => 0);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', horizon => NULL);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', discount => 'NaN');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', discount => -.1);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', margin => 0);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', margin => 'Infinity');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', family => 'arima');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', calendar => 'fortnight');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', confirm => 0);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', call_list => -1);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', as_of => 'infinity');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', as_of => '2023-12-31');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', observed_from => '2024-07-01');
-- Percentages typed as such are warned of; without an amount a margin is money an order.
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', margin => 40, discount => 10, as_of => '2023-12-31');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', margin => 40, as_of => '2023-12-31');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', time_zone => 'Europe/Berlin');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', track => true, watermark => 'day');
CALL clm.create_mart('a_name_of_more_than_fifty_seven_bytes_is_too_long_for_two_schemas', 'sale', 'customer', 'day', 'amount');
CALL clm.create_mart('shop', 'sale', 'customer', 'day', 'amount');
CALL clm.refresh_mart('shop');
CALL clm.refresh_mart('nowhere');
CALL clm.refresh_mart(NULL);
CALL clm.drop_mart('shop');
-- A time with a zone
CREATE TABLE instant AS SELECT customer, (day + time '23:30') AT TIME ZONE 'UTC' AS at, amount FROM sale;
CALL clm.create_mart('mart', 'instant', 'customer', 'at', 'amount');
CALL clm.create_mart('mart', 'instant', 'customer', 'at', 'amount', time_zone => 'Mars/Olympus');
-- Nothing has been made by all these.
SELECT nspname FROM pg_namespace WHERE nspname LIKE '%mart%' OR nspname LIKE '%\_store';
CALL clm.create_mart('mart', 'instant', 'customer', 'at', 'amount', time_zone => 'Asia/Shanghai');
SELECT as_of, first_day = (SELECT min(day) + 1 FROM sale) AS a_day_later FROM mart.overview;
CALL clm.drop_mart('mart');

-- Small and odd data
CREATE TABLE odd (customer text, day timestamp, amount float8);
CALL clm.create_mart('mart', 'odd', 'customer', 'day', 'amount');
INSERT INTO odd VALUES (NULL, '2024-01-01', 1), ('a', NULL, 1), ('b', '2024-01-01', NULL), ('c', '2024-01-02', -5);
CALL clm.create_mart('mart', 'odd', 'customer', 'day', 'amount');
INSERT INTO odd VALUES ('d', '2024-01-03 12:00', 20), ('d', '2024-02-01 10:00', 30);
CALL clm.create_mart('mart', 'odd', 'customer', 'day', 'amount'); -- one customer
SELECT customer, purchases, revenue, stage, churn_score, clv, value, value_decile, tier, r_score, f_score, m_score, rfm_group, matrix_class FROM mart.customers;
SELECT customers, revenue, clv, value_basis, gini FROM mart.overview;
SELECT count(*) AS rows_without_a_model FROM (SELECT item FROM mart.model UNION ALL SELECT 'tracking' FROM mart.tracking UNION ALL SELECT 'frequency' FROM mart.frequency UNION ALL SELECT churn_band FROM mart.churn_bands UNION ALL SELECT matrix_class FROM mart.matrix) q;
SELECT cohort, period, size, active, cumulative_value FROM mart.cohorts ORDER BY 1, 2;
CALL clm.drop_mart('mart');
INSERT INTO odd SELECT 'x' || i, date '2024-01-01' + i, 10 FROM generate_series(1, 50) i;
DELETE FROM odd WHERE customer = 'd';
CALL clm.create_mart('mart', 'odd', 'customer', 'day', 'amount'); -- nobody has bought twice
SELECT stage, customers, value FROM mart.stages ORDER BY stage_order;
SELECT value_decile, tier, count(*) FROM mart.customers GROUP BY 1, 2; -- all are equal
INSERT INTO odd VALUES ('x1', '2024-03-01', 'NaN');
CALL clm.refresh_mart('mart');
BEGIN;
TRUNCATE odd;
CALL clm.refresh_mart('mart', '2024-03-01');
ROLLBACK;
SELECT as_of, customers FROM mart.overview; -- as it was
CALL clm.drop_mart('mart');

-- More refunds than purchases: there are no shares of a loss
CREATE TABLE loss AS SELECT customer, day, amount FROM sale WHERE customer <= 50;
INSERT INTO loss VALUES ((SELECT min(customer) FROM loss), '2024-06-30', -100000);
CALL clm.create_mart('mart', 'loss', 'customer', 'day', 'amount');
SELECT value_basis, revenue < 0 AS a_loss FROM mart.overview;
SELECT count(*) AS shares_beyond FROM (SELECT value_share FROM mart.stages UNION ALL SELECT value_share FROM mart.value_deciles UNION ALL SELECT cumulative_value_share FROM mart.value_deciles
    UNION ALL SELECT value_share FROM mart.matrix) q WHERE NOT value_share BETWEEN 0 AND 1 + 1e-9;
CALL clm.drop_mart('mart');

-- Amounts that the arithmetic of a model cannot take
CREATE TABLE tiny AS SELECT customer, day, 5e-324::float8 * (1 + customer % 7) AS amount FROM sale;
CALL clm.create_mart('mart', 'tiny', 'customer', 'day', 'amount');
SELECT value_basis, no_model FROM mart.overview;
CALL clm.drop_mart('mart');

-- Without amounts: purchases are counted, and there is no clv
CALL clm.create_mart('mart', 'sale', 'customer', 'day');
SELECT value_basis, customers, purchases, expected_purchases > 0 AS expected, clv FROM mart.overview;
CALL clm.drop_mart('mart');

-- More than half of the customers have the lowest value: they are low
CREATE TABLE once AS SELECT customer, day FROM sale;
INSERT INTO once SELECT 1000 + i, date '2024-01-01' + i FROM generate_series(1, 150) i;
CALL clm.create_mart('mart', 'once', 'customer', 'day');
SELECT x_cut, sum(customers) AS customers, sum(customers) FILTER (WHERE matrix_class IN ('maintain', 'inefficient')) > 150 AS many_are_low FROM mart.matrix GROUP BY 1;
CALL clm.drop_mart('mart');
-- A mistyped day
INSERT INTO once VALUES (1, '2098-06-30');
CALL clm.create_mart('mart', 'once', 'customer', 'day', calendar => 'year');
SELECT as_of FROM mart.overview;
CALL clm.drop_mart('mart');

-- Names with quotes, spaces and capitals; a view
CREATE SCHEMA "The ""Shop""";
CREATE VIEW "The ""Shop"""."It's sold" AS SELECT customer AS "Client 'No.'", day AS "the day", amount AS "Amount %s $1" FROM sale;
CALL clm.create_mart('My "Mart" %I \1 {i}', '"The ""Shop"""."It''s sold"', 'Client ''No.''', 'the day', 'Amount %s $1', calendar => 'quarter');
CALL clm.refresh_mart('My "Mart" %I \1 {i}', '2024-07-31');
SELECT as_of, customers, calendar FROM "My ""Mart"" %I \1 {i}".overview;
SELECT obj_description('"My ""Mart"" %I \1 {i}"'::regnamespace, 'pg_namespace');
CALL clm.drop_mart('My "Mart" %I \1 {i}');

-- Customers who are equal in the orders are one, and a type's owner cannot put code into a cast
CREATE TABLE loose (customer numeric, day date, amount float8);
INSERT INTO loose VALUES (1, '2024-01-01', 5), (1.0, '2024-02-01', 5), (2, '2024-02-01', 5);
CALL clm.create_mart('mart', 'loose', 'customer', 'day', 'amount');
SELECT customer, purchases FROM mart.customers ORDER BY 1;
CALL clm.drop_mart('mart');
CREATE TYPE colour AS ENUM ('red', 'green');
CREATE FUNCTION colour_text(colour) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'run as %', current_user; END $$;
CREATE CAST (colour AS text) WITH FUNCTION colour_text(colour);
CREATE TABLE paint AS SELECT unnest('{red,green,red}'::colour[]) AS customer, generate_series(timestamp '2024-01-01', '2024-01-03', '1 day') AS day;
CALL clm.create_mart('mart', 'paint', 'customer', 'day');
SELECT customer, purchases FROM mart.customers ORDER BY 1;
CALL clm.drop_mart('mart');

-- A watermark: every order counts once, also those that come in while others are read, and those that went and came back
CREATE TABLE come AS SELECT row_number() OVER (ORDER BY day, customer)::integer AS id, * FROM sale;
CREATE SEQUENCE tick START 300;
CREATE VIEW coming AS SELECT * FROM come WHERE id <= (SELECT nextval('tick')); -- one more order whenever somebody looks
CALL clm.create_mart('mart', 'coming', 'customer', 'day', 'amount', as_of => '2024-06-30', watermark => 'id');
CALL clm.refresh_mart('mart', '2024-06-30');
CALL clm.refresh_mart('mart', '2024-06-30', whole => true);
CALL clm.refresh_mart('mart', '2024-06-29');
SELECT setval('tick', 10000) > 0 AS all_there;
CALL clm.refresh_mart('mart', '2024-06-30');
SELECT abs(revenue - (SELECT sum(amount) FROM sale)) < 1e-6 AS each_once FROM mart.overview;
BEGIN;
DELETE FROM come WHERE id > 50;
CALL clm.refresh_mart('mart', '2024-06-30');
INSERT INTO come SELECT row_number() OVER (ORDER BY day, customer)::integer AS id, * FROM sale OFFSET 50;
CALL clm.refresh_mart('mart', '2024-06-30');
SELECT abs(revenue - (SELECT sum(amount) FROM sale)) < 1e-6 AS each_once FROM mart.overview;
ROLLBACK;
CALL clm.drop_mart('mart');
CREATE TABLE kind AS SELECT md5(random()::text)::uuid AS uuid, .1::float8 + .2::float8 AS float, day + time '12:00:00.123456' AS at, customer::text COLLATE "C" AS name, * FROM sale;
SET extra_float_digits = 0;
DO $$
DECLARE
    col name;
BEGIN
    FOREACH col IN ARRAY '{uuid,float,at,name,customer,amount,day}'::name[] LOOP
        CALL clm.create_mart('mart', 'kind', 'customer', 'day', 'amount', watermark => col);
        CALL clm.refresh_mart('mart');
        IF (SELECT abs(revenue - (SELECT sum(amount) FROM sale)) > 1e-6 FROM mart.overview) THEN
            RAISE WARNING 'orders counted twice by watermark %', col;
        END IF;
        CALL clm.drop_mart('mart');
    END LOOP;
END
$$;
RESET extra_float_digits;

-- A mart is not lost by a call that fails, and drops nothing of others
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', as_of => '2024-05-31');
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount');
CALL clm.refresh_mart('mart', '2020-01-01');
SET statement_timeout = 1;
CALL clm.refresh_mart('mart', '2024-06-30', refit => true);
RESET statement_timeout;
SELECT as_of FROM mart.overview;
CREATE VIEW shop.best AS SELECT customer FROM mart.customers WHERE tier = 'top';
BEGIN;
CALL clm.refresh_mart('mart', '2024-06-30');
SELECT c.relname AS locked_for_readers FROM pg_locks l JOIN pg_class c ON c.oid = l.relation AND c.relnamespace = 'mart'::regnamespace WHERE l.mode = 'AccessExclusiveLock' AND l.pid = pg_backend_pid();
COMMIT;
SELECT count(*) FROM shop.best;
CALL clm.drop_mart('mart');
SELECT as_of FROM mart.overview;
DROP VIEW shop.best;
DROP VIEW mart.frequency;
CALL clm.refresh_mart('mart', '2024-06-30');
SELECT count(*) AS made_again, obj_description('mart.frequency'::regclass, 'pg_class') FROM mart.frequency;
CREATE VIEW shop.best AS SELECT customer FROM mart_store.customer;
CALL clm.drop_mart('mart');
DROP VIEW shop.best;
CREATE TABLE mart_store.mine AS SELECT 1 AS one;
CALL clm.drop_mart('mart');
SELECT one FROM mart_store.mine;
DROP TABLE mart_store.mine;
-- Of renamed schemas, and not of another mart that has got the name
ALTER SCHEMA mart RENAME TO old;
ALTER SCHEMA mart_store RENAME TO old_store;
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', as_of => '2024-05-31');
CALL clm.refresh_mart('old', '2024-06-29');
SELECT old.as_of AS old, mart.as_of AS mart FROM old.overview old, mart.overview mart;
DROP SCHEMA old CASCADE;
CALL clm.drop_mart('old');
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'old%';
-- A row of the user's own that a copy of the labels has already
INSERT INTO clm.mart_label_user (kind, code, en) VALUES ('action', 'save_scheme', 'Mine');
CALL clm.refresh_mart('mart', '2024-06-30');
DELETE FROM clm.mart_label_user;
-- Orders that change under it
ALTER TABLE sale RENAME amount TO price;
CALL clm.refresh_mart('mart');
ALTER TABLE sale RENAME price TO amount;
CREATE TABLE gone AS SELECT * FROM sale;
CREATE INDEX ON gone (customer);
CALL clm.create_mart('wide', 'gone', 'customer', 'day', 'amount');
ALTER TABLE gone ALTER customer TYPE bigint;
CALL clm.refresh_mart('wide');
CALL clm.drop_mart('wide');
CALL clm.create_mart('wide', 'gone', 'customer', 'day', 'amount', track => true);
SELECT clm.untrack('gone');
INSERT INTO gone VALUES (1, '2024-06-30', 10);
CALL clm.refresh_mart('wide');
SELECT clm.track('gone', 'customer', 'day', 'amount', 'wide_store.history');
CALL clm.refresh_mart('wide');
SELECT abs(revenue - (SELECT sum(amount) FROM gone)) < 1e-6 AS all_there FROM wide.overview;
DROP TABLE gone;
CALL clm.refresh_mart('wide');
CALL clm.drop_mart('wide');
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'wide%';

-- Rights: the mart is its owner's; orders are read with the rights of the caller, row by row
CREATE ROLE clm_regress_analyst;
CREATE ROLE clm_regress_reader;
SELECT format('GRANT CREATE ON DATABASE %I TO clm_regress_analyst', current_database()) \gexec
GRANT USAGE ON SCHEMA shop TO clm_regress_analyst;
SET ROLE clm_regress_analyst;
CALL clm.create_mart('hers', 'shop.sale', 'customer', 'day', 'amount');
CALL clm.refresh_mart('mart');
RESET ROLE;
GRANT SELECT ON sale TO clm_regress_analyst;
ALTER TABLE sale ENABLE ROW LEVEL SECURITY;
CREATE POLICY part ON sale TO clm_regress_analyst USING (customer <= 100);
SET ROLE clm_regress_analyst;
CALL clm.create_mart('hers', 'shop.sale', 'customer', 'day', 'amount');
GRANT USAGE ON SCHEMA hers TO clm_regress_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA hers TO clm_regress_reader;
SELECT max(customer) <= 100 AS her_rows FROM hers.customers;
RESET ROLE;
ALTER SCHEMA mart_store OWNER TO clm_regress_analyst;
CALL clm.refresh_mart('mart'); -- she could have put tables of hers there
ALTER SCHEMA mart_store OWNER TO CURRENT_USER;
CALL clm.refresh_mart('hers'); -- not even a superuser, who would run what she wrote
SET ROLE clm_regress_reader;
SELECT customers > 0 AS can_read FROM hers.overview;
SELECT * FROM hers_store.setting;
RESET ROLE;
SET ROLE clm_regress_analyst;
CALL clm.drop_mart('hers');
RESET ROLE;
SELECT format('REVOKE CREATE ON DATABASE %I FROM clm_regress_analyst', current_database()) \gexec
DROP OWNED BY clm_regress_analyst, clm_regress_reader;
DROP ROLE clm_regress_analyst, clm_regress_reader;

-- Customers older than the data
CREATE TABLE late AS SELECT * FROM sale WHERE day >= '2024-03-01';
CALL clm.create_mart('warned', 'late', 'customer', 'day', 'amount');
CALL clm.create_mart('observed', 'late', 'customer', 'day', 'amount', observed_from => '2024-03-01');
CALL clm.drop_mart('warned');
CALL clm.drop_mart('observed');
CALL clm.drop_mart('mart');
-- Settings under which the code reads otherwise, in a session that has not read it yet
\c -
SET client_min_messages = warning;
SET standard_conforming_strings = off;
SET escape_string_warning = off;
CALL clm.create_mart('mart', 'shop.late', 'customer', 'day', 'amount', observed_from => '2024-03-01');
CALL clm.refresh_mart('mart');
SELECT count(DISTINCT stage_en) > 2 AS labelled FROM mart.customers;
CALL clm.drop_mart('mart');
RESET standard_conforming_strings;
DROP SCHEMA shop, "The ""Shop""" CASCADE;
