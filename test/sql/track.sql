-- clm.track and clm.untrack: what a tracked table holds, under which statements and names, and what cannot be tracked.
SET datestyle TO ISO;
SET timezone TO 'UTC';
\set SHOW_CONTEXT never

-- Differences between a tracked table and its orders: none
CREATE FUNCTION differences(orders regclass, customer name, arguments text, target regclass) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %s t FULL JOIN (SELECT %I AS customer, clm.history(%s) AS fresh FROM %s WHERE %2$I IS NOT NULL GROUP BY %2$I
                    HAVING clm.history(%3$s) IS NOT NULL) f ON t.customer::text = f.customer::text WHERE clm.history_send(t.h) IS DISTINCT FROM clm.history_send(f.fresh)',
                   target, customer, arguments, orders) INTO n;
    RETURN n;
END
$$;

CREATE TABLE orders (id int PRIMARY KEY, customer int, day date, amount numeric, note text);
CREATE INDEX ON orders (customer);
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history);
INSERT INTO orders SELECT i, i % 4, date '2024-01-01' + i, i FROM generate_series(1, 12) i;

-- What is there already is aggregated; the number of rows that were written comes back, and running it again writes none.
SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories');
SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories');
TABLE histories ORDER BY customer;
TABLE clm.tracked;

-- New days are merged; a day that a customer has already is aggregated again.
INSERT INTO orders VALUES (20, 1, '2024-02-01', 5), (21, 1, '2024-02-01', -7), (22, 9, '2024-02-01', 0.1);
INSERT INTO orders VALUES (23, 9, '2024-02-01', 0.2), (24, 9, '2024-02-01', 0.3), (25, 1, '2023-12-31', 1);
SELECT * FROM histories WHERE customer IN (1, 9) ORDER BY customer;

-- Rows with a NULL do not count, and a customer without any other has no history.
INSERT INTO orders VALUES (30, NULL, '2024-02-01', 5), (31, 8, NULL, 5), (32, 8, '2024-02-01', NULL);
SELECT count(*) FROM histories WHERE customer = 8 OR customer IS NULL;
UPDATE orders SET amount = 5 WHERE id = 32;
SELECT * FROM histories WHERE customer = 8;
UPDATE orders SET day = NULL WHERE id = 32;
SELECT count(*) FROM histories WHERE customer = 8;

-- Updates of amount, day and customer; of something else: the row of the histories is not even written
UPDATE orders SET amount = amount * 2 WHERE customer = 1;
UPDATE orders SET day = day + 1 WHERE customer = 2;
UPDATE orders SET customer = 7 WHERE customer = 3;
SELECT differences('orders', 'customer', 'day, amount', 'histories'), (SELECT array_agg(customer ORDER BY customer) FROM histories) AS customers;
SELECT array_agg(ctid ORDER BY customer) AS versions FROM histories \gset
UPDATE orders SET note = 'seen';
UPDATE orders SET amount = amount::numeric(20, 5), day = day;
DELETE FROM orders WHERE false;
SELECT array_agg(ctid ORDER BY customer) = :'versions' AS unchanged FROM histories;

-- Deletes: who has no order left has no row left
DELETE FROM orders WHERE customer = 9 OR id = 20;
SELECT differences('orders', 'customer', 'day, amount', 'histories'), count(*) FROM histories WHERE customer = 9;

-- COPY, upserts, statements that change the table more than once, MERGE
COPY orders (id, customer, day, amount) FROM stdin;
40	1	2024-03-01	1
41	10	2024-03-01	2
42	1	2024-03-01	3
\.
INSERT INTO orders SELECT id, customer, day + 1, amount FROM orders UNION ALL SELECT 50, 2, '2024-03-03', 4
    ON CONFLICT (id) DO UPDATE SET day = excluded.day, amount = orders.amount + 1;
INSERT INTO orders VALUES (40, 5, '2024-03-01', 1), (51, 5, '2024-03-01', 1) ON CONFLICT DO NOTHING;
WITH gone AS (DELETE FROM orders WHERE customer = 1 RETURNING *), changed AS (UPDATE orders SET amount = 3 WHERE customer = 2 RETURNING *)
    INSERT INTO orders SELECT id + 100, customer, day, amount FROM gone UNION ALL SELECT id + 200, 1, day, amount FROM changed;
MERGE INTO orders o USING generate_series(1, 300) i ON o.id = i
    WHEN MATCHED AND id % 3 = 0 THEN DELETE WHEN MATCHED AND id % 3 = 1 THEN UPDATE SET amount = id
    WHEN NOT MATCHED AND i % 50 = 0 THEN INSERT VALUES (i, 11, date '2024-04-01' + i, i);
SELECT differences('orders', 'customer', 'day, amount', 'histories'), count(*) > 4 AS many FROM histories;

-- An amount that no history takes is the error of the statement that brings it.
INSERT INTO orders VALUES (900, 1, '2024-05-01', 'NaN');
INSERT INTO orders VALUES (900, 1, 'infinity', 1);
UPDATE orders SET amount = 'Infinity';
SELECT differences('orders', 'customer', 'day, amount', 'histories'), count(*) FILTER (WHERE id = 900) FROM orders;

-- TRUNCATE, of the orders and of the histories, which come back
TRUNCATE histories;
SELECT differences('orders', 'customer', 'day, amount', 'histories'), count(*) > 4 AS many FROM histories;
TRUNCATE orders;
SELECT count(*) FROM histories;
INSERT INTO orders VALUES (1, 1, '2024-01-01', 1);
TRUNCATE orders, histories;
SELECT count(*) FROM histories;

-- Triggers of others that change the same orders
CREATE FUNCTION gift() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() = 1 THEN
        INSERT INTO orders VALUES (NEW.id + 1000, NEW.customer, NEW.day, 0.1), (NEW.id + 2000, NEW.customer + 1, NEW.day + 1, 0.2);
        UPDATE orders SET amount = amount + 0.3 WHERE customer = NEW.customer;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER gift AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION gift();
INSERT INTO orders SELECT i, i % 3, date '2024-01-01' + i / 3, 0.1 FROM generate_series(1, 9) i;
SELECT differences('orders', 'customer', 'day, amount', 'histories'), count(*) FROM histories;
DROP TRIGGER gift ON orders;
-- and that change or delete the new orders before these are counted
CREATE FUNCTION correct() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders SET day = day + 100 WHERE note = 'late';
    UPDATE orders SET customer = 88 WHERE note = 'other';
    DELETE FROM orders WHERE note = 'test';
    UPDATE orders SET note = NULL;
    RETURN NULL;
END
$$;
CREATE TRIGGER correct AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION correct(); -- comes before clm_track_…
INSERT INTO orders VALUES (101, 80, '2024-01-01', 1, 'late'), (102, 81, '2024-01-01', 1, 'other'), (103, 82, '2024-01-01', 1, 'test'), (104, 83, '2024-01-01', 1, NULL);
SELECT differences('orders', 'customer', 'day, amount', 'histories');
DROP TRIGGER correct ON orders;
CREATE TRIGGER correct AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION correct();
INSERT INTO orders VALUES (111, 80, '2024-01-02', 1, 'late'), (112, 81, '2024-01-02', 1, 'other'), (113, 82, '2024-01-02', 1, 'test'), (114, 83, '2024-01-02', 1, NULL);
SELECT differences('orders', 'customer', 'day, amount', 'histories');
SELECT * FROM histories WHERE customer >= 80 ORDER BY customer;
DROP TRIGGER correct ON orders;

-- Several targets; names change; another column; one is untracked, then all
CREATE TABLE visits (customer int PRIMARY KEY, h clm.history NOT NULL, touched timestamptz DEFAULT now());
SELECT clm.track('orders', 'customer', 'day', NULL, 'visits');
INSERT INTO orders VALUES (60, 1, '2024-06-01', 12), (61, 1, '2024-06-01', 13);
SELECT h FROM histories WHERE customer = 1;
SELECT h FROM visits WHERE customer = 1;
ALTER TABLE orders RENAME TO purchases;
ALTER TABLE purchases RENAME amount TO money;
\set VERBOSITY terse
INSERT INTO purchases VALUES (62, 1, '2024-06-02', 12);
\set VERBOSITY default
SELECT clm.track('purchases', 'customer', 'day', 'money', 'histories'), clm.track('purchases', 'customer', 'day', NULL, 'visits');
INSERT INTO purchases VALUES (62, 1, '2024-06-02', 12);
SELECT differences('purchases', 'customer', 'day, money', 'histories'), differences('purchases', 'customer', 'day', 'visits');
SELECT * FROM clm.tracked ORDER BY 1, 2;
SELECT clm.untrack('purchases', 'visits');
SELECT * FROM clm.tracked;
INSERT INTO purchases VALUES (63, 1, '2024-06-03', 12);
SELECT differences('purchases', 'customer', 'day, money', 'histories'), differences('purchases', 'customer', 'day', 'visits');
SELECT clm.track('purchases', 'customer', 'day', NULL, 'visits');
SELECT clm.untrack('purchases');
SELECT count(*) FROM clm.tracked;
SELECT tgname FROM pg_trigger WHERE tgrelid IN ('purchases'::regclass, 'histories'::regclass, 'visits'::regclass);
SELECT proname FROM pg_proc WHERE proname LIKE 'clm\_track%' AND pronamespace = 'public'::regnamespace;
SELECT clm.untrack('purchases');
SELECT clm.untrack('purchases', 'visits');

-- The target is dropped first: statements on the orders fail until it is untracked.
SELECT clm.track('purchases', 'customer', 'day', 'money', 'histories');
DROP TABLE histories;
\set VERBOSITY terse
INSERT INTO purchases VALUES (64, 1, '2024-06-04', 12);
\set VERBOSITY default
TABLE clm.tracked;
SELECT clm.untrack('purchases');
INSERT INTO purchases VALUES (64, 1, '2024-06-04', 12);
-- The orders are dropped first: the target can be tracked anew.
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history);
SELECT clm.track('purchases', 'customer', 'day', 'money', 'histories') > 0 AS filled;
DROP TABLE purchases;
CREATE TABLE orders (id int PRIMARY KEY, customer int, day date, amount numeric);
SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories');
DELETE FROM histories;
SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories');
INSERT INTO orders VALUES (1, 1, '2024-06-04', 12);
TABLE histories;
SELECT count(*) FROM pg_proc WHERE proname LIKE 'clm\_track%' AND pronamespace = 'public'::regnamespace;
-- One of two targets is dropped: the next clm.track of the orders is enough.
TRUNCATE visits;
SELECT clm.track('orders', 'customer', 'day', NULL, 'visits') > 0 AS filled;
DROP TABLE histories;
SELECT clm.track('orders', 'customer', 'day', NULL, 'visits');
SELECT orders, target FROM clm.tracked;
INSERT INTO orders VALUES (2, 1, '2024-06-05', 12);
-- Both are dropped: the function is left, until the next clm.track.
DROP TABLE orders, visits;
SELECT orders, target, made_by FROM clm.tracked;
CREATE TABLE orders (customer int, day date, amount numeric);
CREATE INDEX ON orders (customer);
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history);
SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories');
SELECT orders, target FROM clm.tracked;
SELECT clm.untrack('orders');
DROP TABLE orders, histories;

-- Partitions, of several levels and with columns in another order; rows that move; statements on a partition itself
CREATE TABLE parts (customer int, day date, amount float8) PARTITION BY RANGE (day);
CREATE INDEX ON parts (customer);
CREATE TABLE parts_a PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
CREATE TABLE parts_b (amount float8, gone int, day date, customer int);
ALTER TABLE parts_b DROP COLUMN gone;
ALTER TABLE parts ATTACH PARTITION parts_b FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
CREATE TABLE parts_c PARTITION OF parts FOR VALUES FROM ('2024-03-01') TO ('2024-05-01') PARTITION BY HASH (customer);
CREATE TABLE parts_c0 PARTITION OF parts_c FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE parts_c1 PARTITION OF parts_c FOR VALUES WITH (MODULUS 2, REMAINDER 1);
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history);
SELECT clm.track('parts', 'customer', 'day', 'amount', 'histories');
INSERT INTO parts SELECT i % 10, date '2024-01-01' + i, i / 8.0 FROM generate_series(0, 119) i;
INSERT INTO parts_b (customer, day, amount) VALUES (1, '2024-02-03', 5), (77, '2024-02-03', 5);
INSERT INTO parts_c VALUES (1, '2024-03-03', 5), (78, '2024-03-03', 5);
COPY parts_c1 FROM stdin;
\.
UPDATE parts SET day = day + 25 WHERE customer IN (2, 3) AND day < '2024-04-01';
UPDATE parts_c SET customer = customer + 1 WHERE customer BETWEEN 4 AND 5;
DELETE FROM parts_c0 WHERE customer < 8;
SELECT differences('parts', 'customer', 'day, amount', 'histories'), count(*) FROM histories;
TRUNCATE parts_a;
SELECT differences('parts', 'customer', 'day, amount', 'histories'), count(*) FROM histories;
TRUNCATE parts_c;
SELECT differences('parts', 'customer', 'day, amount', 'histories'), count(*) FROM histories;
-- A new partition: statements on the whole see it at once, those on itself after clm.track.
CREATE TABLE parts_d PARTITION OF parts FOR VALUES FROM ('2024-05-01') TO ('2024-06-01');
INSERT INTO parts VALUES (1, '2024-05-01', 1);
SELECT differences('parts', 'customer', 'day, amount', 'histories');
INSERT INTO parts_d VALUES (1, '2024-05-02', 1);
SELECT clm.track('parts', 'customer', 'day', 'amount', 'histories');
INSERT INTO parts_d VALUES (1, '2024-05-03', 1);
SELECT differences('parts', 'customer', 'day, amount', 'histories');
-- A detached one: clm.track takes its rows out and its triggers off.
ALTER TABLE parts DETACH PARTITION parts_d;
SELECT clm.track('parts', 'customer', 'day', 'amount', 'histories');
INSERT INTO parts_d VALUES (1, '2024-05-04', 1);
SELECT differences('parts', 'customer', 'day, amount', 'histories');
SELECT tgrelid::regclass, count(*), min(tgname) FROM pg_trigger WHERE tgname LIKE 'clm%' GROUP BY 1 ORDER BY 1::text;
SELECT clm.track('parts_b', 'customer', 'day', 'amount', 'histories');
SELECT clm.untrack('parts', 'histories');
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'clm%';
DROP TABLE parts, parts_d, histories;

-- Children of the old kind
CREATE TABLE parent (customer int, day date, amount float8);
CREATE TABLE child (extra int) INHERITS (parent);
CREATE INDEX ON parent (customer);
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history);
SELECT clm.track('parent', 'customer', 'day', 'amount', 'histories');
INSERT INTO parent VALUES (1, '2024-01-01', 1), (2, '2024-01-01', 1);
INSERT INTO child VALUES (1, '2024-01-02', 1), (3, '2024-01-01', 1);
UPDATE parent SET amount = 2;
UPDATE ONLY parent SET amount = amount + 1;
DELETE FROM child WHERE customer = 3;
SELECT differences('parent', 'customer', 'day, amount', 'histories');
TABLE histories ORDER BY customer;
SELECT clm.track('child', 'customer', 'day', 'amount', 'histories');
-- of two parents: a statement on the other one would go unnoticed
CREATE TABLE stranger (LIKE parent);
ALTER TABLE child INHERIT stranger;
SELECT clm.track('parent', 'customer', 'day', 'amount', 'histories');
DROP TABLE parent, stranger CASCADE;
DROP TABLE histories;

-- Foreign keys that delete and change orders
CREATE TABLE buyers (customer int PRIMARY KEY);
CREATE TABLE orders (customer int REFERENCES buyers ON DELETE CASCADE ON UPDATE CASCADE, day date, amount float8);
CREATE INDEX ON orders (customer);
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history);
SELECT clm.track('orders', 'customer', 'day', 'amount', 'histories');
INSERT INTO buyers SELECT generate_series(1, 20);
INSERT INTO orders SELECT i % 20 + 1, date '2024-01-01' + i, i FROM generate_series(1, 100) i;
DELETE FROM buyers WHERE customer < 5;
UPDATE buyers SET customer = customer + 100 WHERE customer > 15;
SELECT differences('orders', 'customer', 'day, amount', 'histories'), count(*), max(customer) FROM histories;
DROP TABLE orders, histories, buyers;

-- Names that need quotes, are cut off, or are those that the trigger function uses itself; the same names in two schemas
CREATE SCHEMA "odd ""schema""";
CREATE TABLE "odd ""schema"""."Bestellungen 'im' \ $code$ März" ("Kunde ""Nr""" text, "new" date, "touched" float8, tg_op int);
CREATE INDEX ON "odd ""schema"""."Bestellungen 'im' \ $code$ März" ("Kunde ""Nr""");
CREATE TABLE "odd ""schema"""."a table name of just sixty-three bytes, which is the most it is" (id int, touched clm.history, "t" text UNIQUE);
SELECT clm.track('"odd ""schema"""."Bestellungen ''im'' \ $code$ März"', 'Kunde "Nr"', 'new', 'touched', '"odd ""schema"""."a table name of just sixty-three bytes, which is the most it is"');
INSERT INTO "odd ""schema"""."Bestellungen 'im' \ $code$ März" VALUES ('a', '2024-01-01', 1), ('a', '2024-01-01', 2), ('B', '2024-01-01', 1);
INSERT INTO "odd ""schema"""."Bestellungen 'im' \ $code$ März" VALUES ('a', '2024-01-01', 1);
UPDATE "odd ""schema"""."Bestellungen 'im' \ $code$ März" SET touched = 5 WHERE "Kunde ""Nr""" = 'B';
SELECT t, touched FROM "odd ""schema"""."a table name of just sixty-three bytes, which is the most it is" ORDER BY t;
CREATE TABLE "odd ""schema""".orders (customer int, t date);
CREATE TABLE "odd ""schema""".histories (customer int PRIMARY KEY, h clm.history);
CREATE TABLE orders (customer int, t date);
CREATE TABLE histories (customer int PRIMARY KEY, h clm.history);
CREATE TABLE visits (customer int PRIMARY KEY, h clm.history);
SELECT clm.track('orders', 'customer', 't', NULL, 'histories'), clm.track('"odd ""schema""".orders', 'customer', 't', NULL, '"odd ""schema""".histories'),
       clm.track('orders', 'customer', 't', 'customer', 'visits');
INSERT INTO orders VALUES (1, '2024-01-01'), (2, '2024-01-01');
INSERT INTO "odd ""schema""".orders VALUES (3, '2024-01-01');
SELECT (SELECT string_agg(h::text, ' ' ORDER BY customer) FROM histories) AS one, (SELECT string_agg(h::text, ' ') FROM "odd ""schema""".histories) AS other,
       (SELECT string_agg(h::text, ' ' ORDER BY customer) FROM visits) AS amounts;
SELECT orders, target FROM clm.tracked ORDER BY orders::text, target::text;
SELECT clm.untrack('orders');
DROP SCHEMA "odd ""schema""" CASCADE;
DROP TABLE orders, histories, visits;

-- Types of customers, days and amounts
CREATE DOMAIN code AS varchar(10) CHECK (value <> '');
CREATE TYPE channel AS ENUM ('web', 'shop');
CREATE TABLE orders (c1 code, c2 char(5), c3 uuid, c4 channel, c5 numeric, ts timestamp, tz timestamptz, i bigint, r real, s text);
INSERT INTO orders SELECT 'c' || i % 7, i % 7, md5((i % 7)::text)::uuid, (ARRAY['web', 'shop'])[i % 2 + 1]::channel, (i % 7)::numeric(10, 2),
    timestamp '2024-01-01 23:00' + i * interval '7 hours', timestamptz '2024-01-01 23:00+00' + i * interval '7 hours', i, i / 4.0, 'x' FROM generate_series(1, 60) i;
CREATE TABLE h1 (customer code PRIMARY KEY, h clm.history);
CREATE TABLE h2 (customer char(5) PRIMARY KEY, h clm.history);
CREATE TABLE h3 (customer uuid PRIMARY KEY, h clm.history);
CREATE TABLE h4 (customer channel PRIMARY KEY, h clm.history);
CREATE TABLE h5 (customer numeric PRIMARY KEY, h clm.history);
SET client_min_messages TO warning;
SELECT clm.track('orders', 'c1', 'ts', 'i', 'h1') AS h1, clm.track('orders', 'c2', 'tz', 'r', 'h2') AS h2, clm.track('orders', 'c3', 'ts', NULL, 'h3') AS h3,
       clm.track('orders', 'c4', 'tz', NULL, 'h4') AS h4, clm.track('orders', 'c5', 'tz', 'i', 'h5') AS h5;
INSERT INTO orders SELECT * FROM orders;
INSERT INTO orders SELECT c1, c2, c3, c4, c5, ts + interval '1 year', tz + interval '1 year', i, r, s FROM orders;
DELETE FROM orders WHERE c2 = '3';
UPDATE orders SET i = i + 1, r = 2, ts = ts + interval '2 hours', tz = tz + interval '2 hours' WHERE c4 = 'web';
SET timezone TO 'Asia/Shanghai';
INSERT INTO orders VALUES ('c1', '1', NULL, 'web', 1.000, '2026-01-01 01:00', '2026-01-01 01:00', 1, 1);
UPDATE orders SET i = i + 1 WHERE c4 = 'shop';
SET timezone TO 'UTC';
SELECT differences('orders', 'c1', 'ts, i', 'h1') AS h1, differences('orders', 'c2', 'tz, r', 'h2') AS h2, differences('orders', 'c3', 'ts', 'h3') AS h3,
       differences('orders', 'c4', 'tz', 'h4') AS h4, differences('orders', 'c5', 'tz, i', 'h5') AS h5;
SELECT clm.last_day(h) FROM h5 WHERE customer = 1;
SELECT clm.untrack('orders');
RESET client_min_messages;

-- A key that is wider than the customers; a customer's type that has got wider than the key
CREATE TABLE codes (c varchar(5), n numeric(6, 2), day date);
CREATE INDEX ON codes (c);
CREATE INDEX ON codes (n);
CREATE TABLE h_wide (customer varchar(7) PRIMARY KEY, h clm.history);
CREATE TABLE h_narrow (customer varchar(3) PRIMARY KEY, h clm.history);
CREATE TABLE h_number (customer numeric(6, 2) PRIMARY KEY, h clm.history);
CREATE TABLE h_other (customer numeric(7, 2) PRIMARY KEY, h clm.history);
SELECT clm.track('codes', 'c', 'day', NULL, 'h_wide');
SELECT clm.track('codes', 'c', 'day', NULL, 'h_narrow');
SELECT clm.track('codes', 'n', 'day', NULL, 'h_number');
SELECT clm.track('codes', 'n', 'day', NULL, 'h_other');
ALTER TABLE codes ALTER n TYPE numeric(6, 3);
INSERT INTO codes VALUES ('abcde', 1.004, '2024-01-01');
SELECT clm.untrack('codes', 'h_number');
ALTER TABLE codes ALTER c TYPE varchar(9);
INSERT INTO codes VALUES ('abcde', 1, '2024-01-01'), ('abcdefg', 1, '2024-01-01');
INSERT INTO codes VALUES ('abcdefgh', 1, '2024-01-01');
TABLE h_wide ORDER BY customer;
SELECT clm.untrack('codes');
DROP TABLE codes, h_wide, h_narrow, h_number, h_other;

-- Settings of a session: every name quoted; backslashes in strings
CREATE TABLE sets (customer int, day date, amount float8);
CREATE INDEX ON sets (customer);
CREATE TABLE set_histories (customer int PRIMARY KEY, h clm.history);
SET quote_all_identifiers TO on;
SELECT clm.track('sets', 'customer', 'day', 'amount', 'set_histories');
\c
SET standard_conforming_strings TO off;
INSERT INTO sets VALUES (1, DATE '2024-01-01', 1), (2, DATE '2024-01-01', 1);
DELETE FROM sets WHERE customer = 2;
SELECT * FROM set_histories;
SELECT clm.untrack('sets');
DROP TABLE sets, set_histories;
\c
SET datestyle TO ISO;
SET timezone TO 'UTC';

-- Names that have changed hands: an error, not the orders of another table
CREATE TABLE handed (customer int, day date, amount float8);
CREATE INDEX ON handed (customer);
CREATE TABLE handed_histories (customer int PRIMARY KEY, h clm.history);
SELECT clm.track('handed', 'customer', 'day', 'amount', 'handed_histories');
INSERT INTO handed VALUES (1, '2024-01-01', 10);
SELECT orders, target, made_by FROM clm.tracked WHERE orders = 'handed'::regclass;
ALTER TABLE handed RENAME TO handed_old;
INSERT INTO handed_old VALUES (1, '2024-01-02', 10);
CREATE TABLE handed (LIKE handed_old);
INSERT INTO handed VALUES (1, '2023-01-01', 99);
UPDATE handed_old SET amount = 11;
TABLE handed_histories;
SELECT clm.track('handed_old', 'customer', 'day', 'amount', 'handed_histories');
UPDATE handed_old SET amount = 11;
TABLE handed_histories;
DROP TABLE handed_histories;
INSERT INTO handed_old VALUES (2, '2024-01-02', 10);
SELECT clm.untrack(NULL);
SELECT clm.untrack('handed_old');
INSERT INTO handed_old VALUES (2, '2024-01-02', 10);
DROP TABLE handed, handed_old;

-- Names that look like code: they are names
CREATE SCHEMA "
<<clm_track>>DECLARE touched int[]:=x.f();/*";
CREATE TABLE "
<<clm_track>>DECLARE touched int[]:=x.f();/*"."*/z text:=$$;BEGIN%s %1$s ""--" ("%I customer" int, "day$$" date, "'amount" float8);
CREATE TABLE "
<<clm_track>>DECLARE touched int[]:=x.f();/*"."100 % 'h' $code$" ("%L key
--" int PRIMARY KEY, "%s h" clm.history);
CREATE TEMP VIEW hostile AS SELECT oid::regclass AS name, relname FROM pg_class WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname LIKE '%clm_track>>%') AND relkind = 'r';
SET client_min_messages = warning;
SELECT clm.track((SELECT name FROM hostile WHERE relname LIKE '%z text%'), '%I customer', 'day$$', '''amount', (SELECT name FROM hostile WHERE relname LIKE '100%'));
SELECT format('INSERT INTO %s VALUES (1, ''2024-01-01'', 2), (1, ''2024-01-01'', 3), (2, ''2024-01-01'', 2)', name) AS load, format('DELETE FROM %s WHERE "%%I customer" = 2', name) AS remove
FROM hostile WHERE relname LIKE '%z text%' \gset
:load; :load; :remove;
SELECT format('TABLE %s', name) AS look FROM hostile WHERE relname LIKE '100%' \gset
:look;
SELECT clm.untrack((SELECT name FROM hostile WHERE relname LIKE '%z text%'));
DROP VIEW hostile;
DROP SCHEMA "
<<clm_track>>DECLARE touched int[]:=x.f();/*" CASCADE;
RESET client_min_messages;

-- Casts and views that come after the orders were tracked do not run with the rights of the target's owner
CREATE TABLE planted (customer int, day date, amount float8);
CREATE TABLE planted_histories (customer int PRIMARY KEY, h clm.history);
CREATE INDEX ON planted (customer);
SELECT clm.track('planted', 'customer', 'day', 'amount', 'planted_histories');
INSERT INTO planted VALUES (1, '2024-01-01', 1);
CREATE TYPE crafted AS (d date);
CREATE FUNCTION crafted_day(c crafted) RETURNS date LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE NOTICE 'planted code runs'; RETURN c.d; END $$;
CREATE CAST (crafted AS date) WITH FUNCTION crafted_day(crafted) AS IMPLICIT;
ALTER TABLE planted ALTER day TYPE crafted USING ROW(day)::crafted;
INSERT INTO planted VALUES (1, ROW('2024-01-02'), 1);
SELECT clm.track('planted', 'customer', 'day', 'amount', 'planted_histories');
ALTER TABLE planted ALTER day TYPE date USING (day).d;
ALTER TABLE planted ALTER customer TYPE numeric;
INSERT INTO planted VALUES (1.4, '2024-01-02', 1);
ALTER TABLE planted ALTER customer TYPE int;
ALTER TABLE planted RENAME TO real_orders;
CREATE VIEW planted AS SELECT customer, crafted_day(ROW(day)) AS day, amount FROM real_orders;
DELETE FROM real_orders;
TABLE planted_histories;
DROP VIEW planted;
ALTER TABLE real_orders RENAME TO planted;
CREATE TABLE by_pair (customer crafted, day date, amount float8);
CREATE TABLE pair_histories (customer crafted PRIMARY KEY, h clm.history);
SELECT clm.track('by_pair', 'customer', 'day', 'amount', 'pair_histories');
CREATE DOMAIN crafted_domain AS crafted;
CREATE TABLE by_domain (customer crafted_domain, day date, amount float8);
CREATE TABLE domain_histories (customer crafted_domain PRIMARY KEY, h clm.history);
SELECT clm.track('by_domain', 'customer', 'day', 'amount', 'domain_histories');
DROP TABLE by_domain, domain_histories;
DROP DOMAIN crafted_domain;

-- TRUNCATE under a snapshot that may miss orders of others
BEGIN ISOLATION LEVEL REPEATABLE READ;
TRUNCATE planted;
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
TRUNCATE planted_histories;
ROLLBACK;
TRUNCATE planted_histories;
TABLE planted_histories;
SELECT clm.untrack('planted');
DROP TABLE planted, planted_histories, by_pair, pair_histories;
DROP FUNCTION crafted_day CASCADE;
DROP TYPE crafted;

-- What cannot be tracked
CREATE TABLE target (customer int PRIMARY KEY, h clm.history);
CREATE TABLE source (customer int, day date, amount float8, s text, a int[]);
SELECT clm.track(NULL, 'customer', 'day', 'amount', 'target');
SELECT clm.track('source', NULL, 'day', 'amount', 'target');
SELECT clm.track('nowhere', 'customer', 'day', 'amount', 'target');
SELECT clm.track('source', 'buyer', 'day', 'amount', 'target');
SELECT clm.track('source', 'customer', 'date', 'amount', 'target');
SELECT clm.track('source', 'customer', 'day', 'value', 'target');
SELECT clm.track('source', 'customer', 'ctid', 'amount', 'target');
SELECT clm.track('source', 'customer', 's', 'amount', 'target');
SELECT clm.track('source', 'customer', 'day', 's', 'target');
SELECT clm.track('source', 'customer', 'amount', NULL, 'target');
SELECT clm.track('source', 's', 'day', 'amount', 'target');
SELECT clm.track('target', 'customer', 'day', 'amount', 'target');
ALTER TABLE source DROP COLUMN amount;
SELECT clm.track('source', 'customer', 'day', '........pg.dropped.3........', 'target');
ALTER TABLE source ADD COLUMN amount float8;
CREATE VIEW seen AS TABLE source;
CREATE MATERIALIZED VIEW stored AS TABLE source;
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE far (customer int, day date, amount float8) SERVER elsewhere;
CREATE TEMP TABLE passing (customer int, day date, amount float8);
CREATE SEQUENCE numbers;
CREATE UNLOGGED TABLE quick (customer int, day date, amount float8);
SELECT clm.track('seen', 'customer', 'day', 'amount', 'target');
SELECT clm.track('stored', 'customer', 'day', 'amount', 'target');
SELECT clm.track('far', 'customer', 'day', 'amount', 'target');
SELECT clm.track('passing', 'customer', 'day', 'amount', 'target');
SELECT clm.track('numbers', 'customer', 'day', 'amount', 'target');
SELECT clm.track('quick', 'customer', 'day', 'amount', 'target');
CREATE TABLE parts (customer int, day date, amount float8) PARTITION BY LIST (customer);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES IN (1);
CREATE FOREIGN TABLE parts_2 PARTITION OF parts FOR VALUES IN (2) SERVER elsewhere;
SELECT clm.track('parts', 'customer', 'day', 'amount', 'target');
DROP FOREIGN TABLE parts_2;
ALTER TABLE parts_1 SET UNLOGGED;
SELECT clm.track('parts', 'customer', 'day', 'amount', 'target');
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'clm%';
-- Targets
CREATE TABLE t0 (customer int PRIMARY KEY);
CREATE TABLE t2 (customer int PRIMARY KEY, h clm.history, g clm.history);
CREATE TABLE t3 (customer int, h clm.history);
CREATE TABLE t4 (customer int UNIQUE DEFERRABLE, h clm.history);
CREATE TABLE t5 (customer int, h clm.history);
CREATE UNIQUE INDEX ON t5 (customer) WHERE customer > 0;
CREATE UNIQUE INDEX ON t5 ((customer + 1));
CREATE UNIQUE INDEX ON t5 (customer, h);
CREATE TABLE t6 (customer bigint PRIMARY KEY, h clm.history);
CREATE TABLE t7 (a int UNIQUE, b int UNIQUE, h clm.history);
CREATE TABLE t8 (s text COLLATE "C" PRIMARY KEY, h clm.history);
CREATE VIEW t9 AS TABLE target;
CREATE UNLOGGED TABLE ta (customer int PRIMARY KEY, h clm.history);
CREATE TEMP TABLE tb (customer int PRIMARY KEY, h clm.history);
CREATE TABLE tc (a int[] PRIMARY KEY, h clm.history);
SELECT clm.track('source', 'customer', 'day', 'amount', 't0');
SELECT clm.track('source', 'customer', 'day', 'amount', 't2');
SELECT clm.track('source', 'customer', 'day', 'amount', 't3');
SELECT clm.track('source', 'customer', 'day', 'amount', 't4');
SELECT clm.track('source', 'customer', 'day', 'amount', 't5');
SELECT clm.track('source', 'customer', 'day', 'amount', 't6');
SELECT clm.track('source', 'customer', 'day', 'amount', 't7');
SELECT clm.track('source', 's', 'day', 'amount', 't8');
SELECT clm.track('source', 'customer', 'day', 'amount', 't9');
SELECT clm.track('source', 'customer', 'day', 'amount', 'ta');
SELECT clm.track('source', 'customer', 'day', 'amount', 'tb');
SELECT clm.track('source', 'a', 'day', 'amount', 'tc');
-- A table of customers is no target: rows without orders would be lost.
INSERT INTO target VALUES (1, NULL), (2, '{2024-01-01:1}');
SELECT clm.track('source', 'customer', 'day', 'amount', 'target');
SELECT count(*) FROM target;
DELETE FROM target;
-- One target has one table of orders.
SELECT clm.track('source', 'customer', 'day', 'amount', 'target');
CREATE TABLE more (customer int, day date, amount float8);
SELECT clm.track('more', 'customer', 'day', 'amount', 'target');
-- A snapshot that may be older than the lock
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT clm.track('source', 'customer', 'day', 'amount', 'target');
ROLLBACK;
-- Merging new days: NULL where a day is in both
SELECT clm.merge_new_days('{2024-01-01:1}', '{2024-01-02:2}'), clm.merge_new_days('{2024-01-02:-2*,2024-02-01:5}', '{2023-01-01:1,2024-01-03:0.1}'),
       clm.merge_new_days('{}', '{2024-01-02:2}'), clm.merge_new_days('{}', '{}');
SELECT clm.merge_new_days('{2024-01-01:1}', '{2024-01-01:2}') IS NULL AS same, clm.merge_new_days('{2024-01-01:1,2024-01-03:1}', '{2023-01-01:1,2024-01-03:0}') IS NULL AS one_of,
       clm.merge_new_days(NULL, '{}') IS NULL AS no_a, clm.merge_new_days('{}', NULL) IS NULL AS no_b;
-- The extension takes the triggers with it, not the tables.
SET client_min_messages TO warning;
DROP EXTENSION clm CASCADE;
INSERT INTO source (customer) VALUES (1);
SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'clm%';
-- For the tests that follow
CREATE EXTENSION clm;
