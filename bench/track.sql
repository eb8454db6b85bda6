-- What clm.track costs a loader: to a table of orders as many come again in batches, the same in the same commits, once without and
-- once with tracking, in turns; the ratio is the median of the pairs. It runs alone, too, some minutes: scripts/with-cluster psql -X -q -f
-- bench/track.sql; -v customers=10000 makes it short, -v rounds=5 steadier.
\set ON_ERROR_STOP on
\if :{?customers} \else \set customers 1000000 \endif
\ir common.sql

CREATE SCHEMA track_bench;
SET search_path = track_bench, public;
CREATE TABLE load_run (variant integer, tracked boolean, ms float8, cpu_ms float8);
-- CPU time of this backend so far, which a busy machine changes less than the time that passes
CREATE FUNCTION cpu_ms() RETURNS float8 LANGUAGE sql AS $$
    SELECT (part[14]::float8 + part[15]::float8) * 10 FROM string_to_array(pg_read_file('/proc/self/stat'), ' ') part
$$;
-- batch: orders a statement and commit; key: whether the customer of an order references a table of customers; fill:
-- fillfactor of the target while it is filled
CREATE TABLE variant (id integer PRIMARY KEY, customers integer, batch integer, orders integer, amount_type text, key boolean, fill integer, target float8);
INSERT INTO variant VALUES
    (1, greatest(:customers / 10, 1000), 1000, :customers, 'numeric', true, 50, 3),
    (2, greatest(:customers / 10, 1000), 1000, :customers, 'numeric', false, 50, 3),
    (3, greatest(:customers / 10, 1000), 1000, :customers, 'float8', false, 50, 3),
    (4, greatest(:customers / 10, 1000), 1, :customers / 20, 'numeric', true, 50, NULL);

-- Orders over three years in the order of their days, customers drawn evenly: hardly two of a customer lie side by side.
CREATE PROCEDURE make_source(customers integer, orders integer) LANGUAGE plpgsql AS $$
BEGIN
    DROP TABLE IF EXISTS source, orders, buyers;
    CREATE TABLE buyers AS SELECT i AS customer FROM generate_series(0::bigint, customers - 1) i;
    ALTER TABLE buyers ADD PRIMARY KEY (customer);
    CREATE TABLE source AS
        SELECT i AS id, (hashint8extended(i, 1) & 9223372036854775807) % customers AS customer,
            date '2022-01-01' + (i * 1095 / (2 * orders))::integer AS day, round((hashint8(i) & 65535) / 100.0, 2) AS amount
        FROM generate_series(1::bigint, 2 * orders) i;
    ALTER TABLE source ADD PRIMARY KEY (id);
    ANALYZE source, buyers;
END
$$;
CREATE PROCEDURE make_orders(orders integer, amount_type text, key boolean, fill integer) LANGUAGE plpgsql AS $$
BEGIN
    DROP TABLE IF EXISTS orders, histories;
    EXECUTE format('CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, customer bigint NOT NULL %s, day date NOT NULL, amount %s NOT NULL)',
        CASE WHEN key THEN 'REFERENCES buyers' END, amount_type);
    CREATE INDEX ON orders (customer);
    EXECUTE format('INSERT INTO orders (customer, day, amount) SELECT customer, day, amount FROM source WHERE id <= %s', orders);
    EXECUTE format('CREATE TABLE histories (customer bigint PRIMARY KEY, h clm.history NOT NULL) WITH (fillfactor = %s)', fill);
END
$$;
CREATE PROCEDURE load(orders integer, batch integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR start IN orders .. 2 * orders - 1 BY batch LOOP
        INSERT INTO orders (customer, day, amount) SELECT customer, day, amount FROM source WHERE id > start AND id <= start + batch ORDER BY id;
        COMMIT;
    END LOOP;
END
$$;
CREATE PROCEDURE measure(rounds integer) LANGUAGE plpgsql AS $$
DECLARE
    v record;
    tracked boolean;
    start timestamptz;
    start_cpu float8;
BEGIN
    FOR v IN SELECT * FROM variant ORDER BY id LOOP
        CALL make_source(v.customers, v.orders);
        FOR round IN 1 .. rounds LOOP
            FOREACH tracked IN ARRAY ARRAY[false, true] LOOP
                CALL make_orders(v.orders, v.amount_type, v.key, v.fill);
                IF tracked THEN
                    PERFORM clm.track('orders', 'customer', 'day', 'amount', 'histories');
                    ALTER TABLE histories SET (fillfactor = 90); -- as README says
                END IF;
                COMMIT;
                ANALYZE orders, histories;
                COMMIT;
                start := clock_timestamp();
                start_cpu := cpu_ms();
                CALL load(v.orders, v.batch);
                INSERT INTO load_run VALUES (v.id, tracked, extract(epoch FROM clock_timestamp() - start) * 1000, cpu_ms() - start_cpu);
            END LOOP;
        END LOOP;
        IF EXISTS (SELECT FROM histories NATURAL FULL JOIN (SELECT customer, clm.history(day, amount) AS fresh FROM orders GROUP BY customer) f
                   WHERE clm.history_send(h) IS DISTINCT FROM clm.history_send(fresh)) THEN
            RAISE EXCEPTION 'the tracked table differs from the orders';
        END IF;
    END LOOP;
END
$$;
CALL measure(:rounds);

WITH pair AS (
    SELECT variant, p.plain, t.tracked, t.cpu / p.cpu AS cpu_ratio
    FROM (SELECT variant, ms AS plain, cpu_ms AS cpu, row_number() OVER (PARTITION BY variant) AS round FROM load_run WHERE NOT tracked) p
    JOIN (SELECT variant, ms AS tracked, cpu_ms AS cpu, row_number() OVER (PARTITION BY variant) AS round FROM load_run WHERE tracked) t USING (variant, round))
INSERT INTO public.bench_result (section, what, yardstick, ms, yardstick_ms, value, least, most, target, note)
    SELECT 'track', format('%s orders, %s a commit, amounts %s%s', v.orders, v.batch, v.amount_type, CASE WHEN v.key THEN ', foreign key' ELSE '' END), 'the same load, untracked',
           percentile_cont(.5) WITHIN GROUP (ORDER BY tracked), percentile_cont(.5) WITHIN GROUP (ORDER BY plain),
           percentile_cont(.5) WITHIN GROUP (ORDER BY tracked / plain), min(tracked / plain), max(tracked / plain), v.target,
           format('%s times the CPU time', round(percentile_cont(.5) WITHIN GROUP (ORDER BY cpu_ratio)::numeric, 2))
    FROM pair JOIN variant v ON v.id = variant GROUP BY v.id ORDER BY v.id;
DROP SCHEMA track_bench CASCADE;
SELECT what, round(ms) AS ms, round(yardstick_ms) AS "untracked ms", round(value::numeric, 2) AS ratio, note FROM public.bench_result WHERE section = 'track' ORDER BY sort;
