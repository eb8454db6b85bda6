-- Marts: clm.create_mart builds, from a table of orders, stored histories, a model and scores in the schema <mart>_store, and in
-- the schema <mart> plain views for those who look (sql/mart_views.sql); clm.refresh_mart brings in what is new.
--
-- Everything is written with the rights of the caller, in his transaction: a call that fails or is cancelled leaves the old
-- mart whole. Large tables are made anew beside the old ones and take their places at the end, so that readers wait for that
-- moment only; a refresh as of the same day changes some of their rows. What a mart is made of is its row of clm.mart_setting. Tables in between are dropped before the end; they are not
-- UNLOGGED, since what a failed call leaves of such tables can keep a server from recovering after a crash.

CREATE TYPE clm.mart_setting AS (
    mart name,
    orders regclass,
    customer name,
    day name,
    amount name,
    period integer,
    horizon integer,
    discount float8,
    margin float8,
    family text,
    calendar text,
    time_zone text,
    observed_from date,
    watermark name,
    seen text,
    tracked boolean,
    confirm integer,
    call_list integer,
    as_of date,
    previous_as_of date,
    model clm.customer_model,
    no_model text,
    gini float8,
    top20_share float8
);
COMMENT ON TYPE clm.mart_setting IS 'What a mart is made of: the arguments of clm.create_mart, the day it is as of, and its model';
COMMENT ON COLUMN clm.mart_setting.mart IS 'The schema of its views; the stored tables are in the schema of this name with _store';
COMMENT ON COLUMN clm.mart_setting.orders IS 'The table, view or foreign table of orders';
COMMENT ON COLUMN clm.mart_setting.customer IS 'Column of the customer';
COMMENT ON COLUMN clm.mart_setting.day IS 'Column of the day';
COMMENT ON COLUMN clm.mart_setting.amount IS 'Column of the amount; NULL: every order counts 1';
COMMENT ON COLUMN clm.mart_setting.period IS 'Days of a period of the model';
COMMENT ON COLUMN clm.mart_setting.horizon IS 'Days that expected purchases and values look ahead';
COMMENT ON COLUMN clm.mart_setting.discount IS 'Discount a year';
COMMENT ON COLUMN clm.mart_setting.margin IS 'Margin, a share of the amounts';
COMMENT ON COLUMN clm.mart_setting.family IS 'Family of the model, or auto';
COMMENT ON COLUMN clm.mart_setting.calendar IS 'Calendar periods of cohorts and flows: week, month, quarter or year';
COMMENT ON COLUMN clm.mart_setting.time_zone IS 'Time zone of the days; needed where the day is a timestamptz';
COMMENT ON COLUMN clm.mart_setting.observed_from IS 'First day of complete data, where customers are older than the data';
COMMENT ON COLUMN clm.mart_setting.watermark IS 'Column that grows with every order added; NULL: a refresh reads all orders';
COMMENT ON COLUMN clm.mart_setting.seen IS 'Its largest value that was read';
COMMENT ON COLUMN clm.mart_setting.tracked IS 'Whether clm.track keeps the histories up to date';
COMMENT ON COLUMN clm.mart_setting.confirm IS 'As of how many days in a row a new stage must be found before a customer''s stage changes';
COMMENT ON COLUMN clm.mart_setting.call_list IS 'Customers on the list early_warning, at most';
COMMENT ON COLUMN clm.mart_setting.as_of IS 'The day the mart is as of';
COMMENT ON COLUMN clm.mart_setting.previous_as_of IS 'The day it was as of before; NULL: only this one so far';
COMMENT ON COLUMN clm.mart_setting.model IS 'The model; NULL where none could be fitted';
COMMENT ON COLUMN clm.mart_setting.no_model IS 'Why none could be fitted';
COMMENT ON COLUMN clm.mart_setting.gini IS 'Gini coefficient of the values of all customers';
COMMENT ON COLUMN clm.mart_setting.top20_share IS 'Share of the value that the best fifth of the customers have';

-- Names and expressions

CREATE FUNCTION clm.mart_store(mart name) RETURNS name
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (mart::text || '_store')::name;
COMMENT ON FUNCTION clm.mart_store(name) IS 'Part of clm.create_mart: the schema of the stored tables of a mart';

CREATE FUNCTION clm.mart_key_type(orders regclass, customer name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE clm.track_base_type(orders, customer) WHEN 'int2'::regtype THEN 'integer' WHEN 'int4'::regtype THEN 'integer'
           WHEN 'int8'::regtype THEN 'bigint' ELSE 'text' END;
COMMENT ON FUNCTION clm.mart_key_type(regclass, name) IS 'Part of clm.create_mart: the type that a column of customers has in the mart';

CREATE FUNCTION clm.mart_collation(orders regclass, customer name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce((SELECT format(' COLLATE %I.%I', n.nspname, c.collname)
                     FROM pg_attribute a JOIN pg_collation c ON c.oid = a.attcollation JOIN pg_namespace n ON n.oid = c.collnamespace
                     WHERE a.attrelid = orders AND a.attname = customer AND NOT c.collisdeterministic), '');
COMMENT ON FUNCTION clm.mart_collation(regclass, name) IS 'Part of clm.create_mart: the collation of a column of customers where it takes different texts for equal';

CREATE FUNCTION clm.mart_key(s clm.mart_setting, customer text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    -- What is equal in the orders gets one text: 1 and 1.0, or citext of any case. A cast of a user's own type would run code of
    -- his, with the rights of the caller; concat takes what the output function writes.
    RETURN (SELECT format(CASE WHEN t.oid = 'numeric'::regtype THEN 'trim_scale(%s)::text' WHEN t.typname = 'citext' THEN 'lower(concat(%s))'
                               WHEN t.typnamespace <> 'pg_catalog'::regnamespace THEN 'concat(%s)' ELSE '%s::%s' END,
                          customer, clm.mart_key_type(s.orders, s.customer))
            FROM pg_type t WHERE t.oid = clm.track_base_type(s.orders, s.customer));
COMMENT ON FUNCTION clm.mart_key(clm.mart_setting, text) IS
    'Part of clm.create_mart: a customer of the orders, given as an expression, as an expression of the mart''s type';

CREATE FUNCTION clm.mart_history(s clm.mart_setting) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format('clm.history(%s%s)',
        CASE WHEN s.time_zone IS NULL THEN format('o.%I', s.day) ELSE format('(o.%I AT TIME ZONE %L)', s.day, s.time_zone) END,
        CASE WHEN s.amount IS NULL THEN '' ELSE format(', o.%I::%s', s.amount,
            CASE clm.track_base_type(s.orders, s.amount) WHEN 'numeric'::regtype THEN 'numeric' ELSE 'float8' END) END);
COMMENT ON FUNCTION clm.mart_history(clm.mart_setting) IS 'Part of clm.create_mart: the history of the orders o, as an expression';

CREATE FUNCTION clm.mart_interval(calendar text) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE calendar WHEN 'week' THEN interval '7 days' WHEN 'month' THEN interval '1 month'
           WHEN 'quarter' THEN interval '3 months' WHEN 'year' THEN interval '1 year' END;
COMMENT ON FUNCTION clm.mart_interval(text) IS 'Part of clm.create_mart: length of a calendar period: week, month, quarter or year; NULL for others';

-- Checks

CREATE FUNCTION clm.mart_watermark_types() RETURNS regtype[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{int2,int4,int8,float4,float8,numeric,date,timestamp,timestamptz,text,varchar,uuid}'::regtype[];
COMMENT ON FUNCTION clm.mart_watermark_types() IS 'Part of clm.create_mart: types of watermarks; those of users might come with casts and operators of theirs';

CREATE FUNCTION clm.mart_check_columns(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    wrong record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = s.orders) THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_table', MESSAGE = format('the table of orders of mart "%s" does not exist', s.mart),
            DETAIL = 'It has been dropped.', HINT = 'clm.drop_mart removes the mart, clm.create_mart makes one of another table.';
    END IF;
    SELECT c.name INTO wrong FROM unnest(ARRAY[s.customer, s.day, s.amount, s.watermark]) c(name)
    WHERE c.name IS NOT NULL AND clm.track_base_type(s.orders, c.name) IS NULL LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('column "%s" of %s does not exist', wrong.name, s.orders),
            HINT = format('Its columns are: %s.', (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
                                                  WHERE a.attrelid = s.orders AND a.attnum > 0 AND NOT a.attisdropped));
    END IF;
    SELECT c.name, c.wanted, clm.track_base_type(s.orders, c.name) AS type INTO wrong
    FROM (VALUES (s.day, clm.track_day_types(), 'a day must be of type date, timestamp or timestamptz'),
                 (s.amount, clm.track_amount_types(), 'an amount must be of type integer, float or numeric'),
                 (s.watermark, clm.mart_watermark_types(), 'a watermark must be a number, a date or time, a text or a uuid')) c(name, types, wanted)
    WHERE c.name IS NOT NULL AND clm.track_base_type(s.orders, c.name) <> ALL (c.types) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
            MESSAGE = format('column "%s" of %s is of type %s: %s', wrong.name, s.orders, wrong.type, wrong.wanted),
            HINT = 'A view can convert it.';
    END IF;
    IF (clm.track_base_type(s.orders, s.day) = 'timestamptz'::regtype) <> (s.time_zone IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = CASE WHEN s.time_zone IS NULL
            THEN format('column "%s" of %s is of type timestamptz: time_zone is needed to tell its days', s.day, s.orders)
            ELSE format('time_zone is for days of type timestamptz, and column "%s" of %s is not', s.day, s.orders) END,
            HINT = CASE WHEN s.time_zone IS NULL THEN 'For example time_zone => ''Europe/Berlin''.' ELSE 'Leave time_zone out.' END;
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_check_columns(clm.mart_setting) IS
    'Part of clm.create_mart: an error where the columns are not there or cannot be used';

CREATE FUNCTION clm.mart_check_options(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    wrong text;
BEGIN
    wrong := CASE
        WHEN num_nulls(s.mart, s.orders, s.customer, s.day) > 0 THEN 'schema, orders, customer and day must not be NULL'
        WHEN num_nulls(s.period, s.horizon, s.discount, s.margin, s.family, s.calendar, s.tracked, s.confirm, s.call_list) > 0
            THEN 'period, horizon, discount, margin, family, calendar, track, confirm and call_list must not be NULL'
        WHEN s.horizon NOT BETWEEN 1 AND 36525 THEN format('horizon must be between 1 and 36525 days, not %s', s.horizon)
        WHEN NOT (s.discount >= 0 AND s.discount <= 10) THEN format('discount must be between 0 and 10 a year, not %s', s.discount)
        WHEN NOT (s.margin > 0 AND s.margin <= 1e6) THEN format('margin must be above 0 and at most 1e6, not %s', s.margin)
        WHEN clm.mart_interval(s.calendar) IS NULL THEN format('calendar must be week, month, quarter or year, not "%s"', s.calendar)
        WHEN s.confirm NOT BETWEEN 1 AND 100 THEN format('confirm must be between 1 and 100, not %s', s.confirm)
        WHEN s.call_list NOT BETWEEN 0 AND 1000000 THEN format('call_list must be between 0 and 1000000, not %s', s.call_list)
        WHEN NOT (isfinite(coalesce(s.as_of, '2000-01-01')) AND isfinite(coalesce(s.observed_from, '2000-01-01')))
            THEN 'as_of and observed_from must be finite'
        WHEN s.tracked AND num_nonnulls(s.time_zone, s.watermark) > 0 THEN 'track goes without time_zone and without watermark'
        WHEN octet_length(s.mart) > 57 THEN format('the name "%s" is longer than 57 bytes', s.mart)
        END;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = wrong;
    END IF;
    IF s.margin > 1 AND s.amount IS NOT NULL THEN
        RAISE WARNING USING MESSAGE = format('a margin of %s is %s %% of the amounts', s.margin, 100 * s.margin), HINT = 'A margin is a share: 40 % is .4.';
    END IF;
    IF s.discount > 1 THEN
        RAISE WARNING USING MESSAGE = format('a discount of %s is %s %% a year', s.discount, 100 * s.discount), HINT = 'A discount is a share: 10 % a year is .1.';
    END IF;
    -- Errors of a family or a period, before any order is read
    PERFORM clm.customer_model_transition(NULL, clm.history('{2000-01-01}'::date[], '{1}'), date '2000-01-01', clm.fit_options(s.family, s.period));
END
$$;
COMMENT ON FUNCTION clm.mart_check_options(clm.mart_setting) IS 'Part of clm.create_mart: an error where an argument makes no sense, a warning where it looks like a percentage';

CREATE FUNCTION clm.mart_settings(mart name) RETURNS clm.mart_setting
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    setting regclass;
    owner regrole;
    s clm.mart_setting;
BEGIN
    IF mart IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'schema must not be NULL';
    END IF;
    setting := to_regclass(format('%I.setting', clm.mart_store(mart)));
    IF setting IS NULL OR (SELECT c.reloftype FROM pg_class c WHERE c.oid = setting) <> 'clm.mart_setting'::regtype THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object', MESSAGE = format('schema "%s" is not a mart', mart),
            HINT = 'CALL clm.create_mart(schema, orders, customer, day, amount) makes one.';
    END IF;
    -- What the owner has written there runs with the rights of the caller; and who owns the schema can put other tables there.
    SELECT r.owner INTO owner
    FROM (SELECT c.relowner AS owner FROM pg_class c WHERE c.oid = setting UNION ALL
          SELECT n.nspowner FROM pg_namespace n WHERE n.nspname = clm.mart_store(mart)) r
    WHERE r.owner <> quote_ident(current_user)::regrole LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('must be owner of mart "%s"', mart),
            HINT = format('SET ROLE %s first.', owner);
    END IF;
    EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', setting); -- one refresh at a time
    EXECUTE format('SELECT FROM %s FOR UPDATE', setting); -- which fails, to be tried again, where the snapshot is older than the last one
    EXECUTE format('SELECT t.* FROM %s t', setting) INTO s;
    s.mart := mart; -- where the schemas have been renamed
    RETURN s;
END
$$;
COMMENT ON FUNCTION clm.mart_settings(name) IS
    'Part of clm.refresh_mart: what a mart is made of, locked until the end of the transaction; an error where there is no such '
    'mart, or it is another owner''s';

CREATE FUNCTION clm.mart_check_refresh(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    was regtype := (SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = to_regclass(format('%I.added', clm.mart_store(s.mart))) AND a.attname = 'customer');
    type regtype := clm.mart_key_type(s.orders, s.customer)::regtype;
BEGIN
    IF was <> type THEN
        RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch', MESSAGE = format('customers of mart "%s" are of type %s, and those of %s are now of type %s', s.mart, was, s.orders, type),
            HINT = 'Make the mart anew: clm.drop_mart, then clm.create_mart.';
    ELSIF s.tracked AND NOT EXISTS (SELECT FROM clm.tracked t WHERE t.orders = s.orders AND t.target = to_regclass(format('%I.history', clm.mart_store(s.mart)))) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state', MESSAGE = format('%s is not tracked any more for mart "%s"', s.orders, s.mart),
            HINT = format('SELECT clm.track(%L, %L, %L, %L, %L) begins anew.', s.orders, s.customer, s.day, s.amount, format('%I.history', clm.mart_store(s.mart)));
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_check_refresh(clm.mart_setting) IS 'Part of clm.refresh_mart: an error where the column of customers has got another type, or a mart that is tracked is not any more';

-- Steps

CREATE FUNCTION clm.mart_seconds(start timestamptz) RETURNS numeric
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    RETURN round(extract(epoch FROM clock_timestamp() - start), 1);
COMMENT ON FUNCTION clm.mart_seconds(timestamptz) IS 'Part of clm.create_mart: seconds since a time, for the progress that it tells';

CREATE FUNCTION clm.mart_step(what text, statement text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    start timestamptz := clock_timestamp();
    n bigint;
BEGIN
    EXECUTE statement;
    GET DIAGNOSTICS n = ROW_COUNT;
    RAISE NOTICE '%: % rows, % s', what, n, clm.mart_seconds(start);
    RETURN n;
END
$$;
COMMENT ON FUNCTION clm.mart_step(text, text) IS 'Part of clm.create_mart: runs a statement and tells rows and seconds; the number of rows';

CREATE FUNCTION clm.mart_columns(s clm.mart_setting, target name, template name DEFAULT '%I') RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT string_agg(format(template::text, a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a
            WHERE a.attrelid = to_regclass(format('%I.%I', clm.mart_store(s.mart), target)) AND a.attnum > 0 AND NOT a.attisdropped);
COMMENT ON FUNCTION clm.mart_columns(clm.mart_setting, name, name) IS 'Part of clm.create_mart: the columns of a stored table, each put into a template of format()';

CREATE FUNCTION clm.mart_gather(s clm.mart_setting, target name, query text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    n bigint;
BEGIN
    EXECUTE format('CREATE TABLE %I.gathered (%s) AS %s', store, clm.mart_columns(s, target), query);
    EXECUTE format('INSERT INTO %1$I.%2$I SELECT * FROM %1$I.gathered', store, target);
    GET DIAGNOSTICS n = ROW_COUNT;
    EXECUTE format('DROP TABLE %I.gathered', store);
    RETURN n;
END
$$;
COMMENT ON FUNCTION clm.mart_gather(clm.mart_setting, name, text) IS
    'Part of clm.create_mart: adds the rows of a query to a table; INSERT … SELECT has no workers, CREATE TABLE AS has';

CREATE FUNCTION clm.mart_swap(mart name, old name, new name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(mart);
BEGIN
    IF to_regclass(format('%I.%I', store, old)) IS NOT NULL THEN
        EXECUTE format('DROP TABLE %I.%I', store, old);
    END IF;
    EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', store, new, old);
    EXECUTE format('ALTER INDEX %I.%I RENAME TO %I', store, new || '_pkey', old || '_pkey');
END
$$;
COMMENT ON FUNCTION clm.mart_swap(name, name, name) IS 'Part of clm.refresh_mart: a new table takes the place of an old one';

CREATE FUNCTION clm.mart_read_all(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
BEGIN
    -- In the order of their key, and so are the customers made of them: a refresh of some finds its way through pages in turn.
    PERFORM clm.mart_step('histories from all orders', format(
        'CREATE TABLE %1$I.history_next WITH (fillfactor = 90) AS SELECT %2$s AS customer, %3$s AS h FROM %4$s o WHERE o.%5$I IS NOT NULL %6$s GROUP BY 1 HAVING %3$s IS NOT NULL ORDER BY 1',
        store, clm.mart_key(s, format('o.%I', s.customer)), clm.mart_history(s), s.orders, s.customer,
        CASE WHEN s.seen IS NULL THEN '' ELSE format('AND (o.%I > %L) IS NOT TRUE', s.watermark, s.seen) END));
    EXECUTE format('ALTER TABLE %I.history_next ADD PRIMARY KEY (customer)', store);
    PERFORM clm.mart_swap(s.mart, 'history', 'history_next');
    EXECUTE format('ANALYZE %I.history', store);
END
$$;
COMMENT ON FUNCTION clm.mart_read_all(clm.mart_setting) IS
    'Part of clm.create_mart: histories of all customers, from all orders, but those above the watermark that was seen: the next refresh counts them';

CREATE FUNCTION clm.mart_track(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    type text := (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = s.orders AND a.attname = s.customer);
    start timestamptz := clock_timestamp();
BEGIN
    EXECUTE format('CREATE TABLE %I.history (customer %s PRIMARY KEY, h clm.history) WITH (fillfactor = 50)', store, type);
    RAISE NOTICE 'histories from all orders, tracked from now on: % rows, % s',
        clm.track(s.orders, s.customer, s.day, s.amount, format('%I.history', store)::regclass),
        clm.mart_seconds(start);
    -- The room that is left now is for updates: the server would clean a page at each look as long as less of it were free.
    EXECUTE format('ALTER TABLE %I.history SET (fillfactor = 90)', store);
    EXECUTE format('ANALYZE %I.history', store);
END
$$;
COMMENT ON FUNCTION clm.mart_track(clm.mart_setting) IS 'Part of clm.create_mart: histories that clm.track keeps up to date';

CREATE FUNCTION clm.mart_read_new(s clm.mart_setting, upto text) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET default_statistics_target = 1 -- for the number of rows
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    batch integer;
BEGIN
    EXECUTE format('SELECT coalesce(max(batch), 0) + 1 FROM %I.added', store) INTO batch;
    PERFORM clm.mart_step('histories of new orders', format(
        'INSERT INTO %1$I.added SELECT %2$s, %3$s, %4$s FROM %5$s o WHERE o.%6$I IS NOT NULL AND o.%7$I > %8$L AND o.%7$I <= %9$L GROUP BY 1 HAVING %3$s IS NOT NULL ORDER BY 1',
        store, clm.mart_key(s, format('o.%I', s.customer)), clm.mart_history(s), batch, s.orders, s.customer, s.watermark, s.seen, upto));
    EXECUTE format('ANALYZE %I.added (customer, batch)', store);
    RETURN batch;
END
$$;
COMMENT ON FUNCTION clm.mart_read_new(clm.mart_setting, text) IS
    'Part of clm.refresh_mart: gathers the orders above the watermark that was seen, up to another one (NULL: none), in the table added; the number of this batch in there';

-- OFFSET '0' has a function called once, not for each field of what it gives. OFFSET 0 would do so too, but keep workers out of the
-- join: it is an integer that must be cast to bigint, which the planner has not yet done where it looks for what workers can do.

CREATE FUNCTION clm.mart_touched(s clm.mart_setting, batch integer) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format($sql$(
SELECT b.customer, b.h_before, b.h_new, coalesce(clm.merge(b.h_before, b.h_new), b.h_new) AS h
FROM (SELECT n.customer, n.h AS h_new, coalesce(clm.merge(o.h, a.h), o.h, a.h) AS h_before
      FROM %1$I.added n LEFT JOIN %1$I.history o USING (customer) LEFT JOIN (SELECT customer, clm.rollup(h) AS h FROM %1$I.added WHERE batch < %2$s GROUP BY 1) a USING (customer)
      WHERE n.batch = %2$s OFFSET '0') b OFFSET '0')$sql$, clm.mart_store(s.mart), batch);
COMMENT ON FUNCTION clm.mart_touched(clm.mart_setting, integer) IS
    'Part of clm.refresh_mart: the query of customers with orders in a batch, with their histories before it and with it';

CREATE FUNCTION clm.mart_merge_added(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
BEGIN
    EXECUTE format('CREATE TABLE %1$I.merged AS SELECT a.customer, clm.rollup(a.h) AS h FROM %1$I.added a GROUP BY 1', store);
    EXECUTE format('ANALYZE %I.merged (customer)', store);
    PERFORM clm.mart_step('histories with new orders merged', format('MERGE INTO %1$I.history t USING %1$I.merged m ON t.customer = m.customer
        WHEN MATCHED THEN UPDATE SET h = clm.merge(t.h, m.h) WHEN NOT MATCHED THEN INSERT VALUES (m.customer, m.h)', store));
    EXECUTE format('DROP TABLE %I.merged', store);
    EXECUTE format('DELETE FROM %I.added', store);
END
$$;
COMMENT ON FUNCTION clm.mart_merge_added(clm.mart_setting) IS 'Part of clm.refresh_mart: merges the orders that have been gathered into the histories';

CREATE FUNCTION clm.mart_watermark(s clm.mart_setting, above text) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    seen text;
BEGIN
    IF s.watermark IS NOT NULL THEN
        EXECUTE format('SELECT o.%1$I::text FROM %2$s o WHERE o.%1$I %3$s ORDER BY o.%1$I DESC LIMIT 1', s.watermark, s.orders,
            CASE WHEN above IS NULL THEN 'IS NOT NULL' ELSE format('> %L', above) END) INTO seen; -- as there is no max(uuid)
    END IF;
    RETURN seen;
END
$$;
COMMENT ON FUNCTION clm.mart_watermark(clm.mart_setting, text) IS
    'Part of clm.create_mart: the largest value of the watermark column, above a given one (NULL: of all); NULL where there is none';

CREATE FUNCTION clm.mart_last_day(s clm.mart_setting) RETURNS date
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    last date;
BEGIN
    EXECUTE format('SELECT max(clm.last_day(h)) FROM %I.history', clm.mart_store(s.mart)) INTO last;
    IF last IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('%s has no purchase', s.orders),
            DETAIL = 'A purchase is an order with a customer, a day and an amount of at least 0.';
    END IF;
    RETURN last;
END
$$;
COMMENT ON FUNCTION clm.mart_last_day(clm.mart_setting) IS 'Part of clm.create_mart: the day of the last purchase; an error where there is none';

CREATE FUNCTION clm.mart_check_days(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    first date;
BEGIN
    EXECUTE format('SELECT min(clm.first_day(h)) FROM %I.history', clm.mart_store(s.mart)) INTO first;
    IF NOT isfinite(s.as_of) OR s.as_of < first OR first IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'no_data_found', MESSAGE = format('%s has no purchase up to %s', s.orders, s.as_of),
            DETAIL = coalesce('The first one is of ' || first || '.', 'A purchase is an order with a customer, a day and an amount of at least 0.');
    ELSIF s.observed_from > s.as_of THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('observed_from (%s) is after as_of (%s)', s.observed_from, s.as_of);
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_check_days(clm.mart_setting) IS 'Part of clm.create_mart: an error where no purchase lies before the day of the mart';

CREATE FUNCTION clm.mart_fit(s clm.mart_setting) RETURNS clm.mart_setting
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    start timestamptz := clock_timestamp();
    model clm.customer_model;
BEGIN
    EXECUTE format('SELECT (m).* FROM (SELECT clm.customer_model(h, %L::date, clm.fit_options(%L, %s, since => %L)) AS m FROM %I.history OFFSET 0) q',
        s.as_of, s.family, s.period, s.observed_from, clm.mart_store(s.mart)) INTO model;
    RAISE NOTICE 'model %: % customers, % s', model.family, model.customers, clm.mart_seconds(start);
    s.model := model;
    s.no_model := NULL;
    RETURN s;
EXCEPTION WHEN invalid_parameter_value OR numeric_value_out_of_range THEN -- by what the data are: the options have been checked
    RAISE WARNING USING MESSAGE = 'the mart has no model: ' || SQLERRM, HINT = 'Stages come from the histories alone, and other scores are NULL.';
    s.model := NULL;
    s.no_model := SQLERRM;
    RETURN s;
END
$$;
COMMENT ON FUNCTION clm.mart_fit(clm.mart_setting) IS 'Part of clm.create_mart: the settings with a new model; without one, with a warning, where none can be fitted';

-- Scores

CREATE FUNCTION clm.mart_value(s clm.mart_setting) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN (s.model).spend IS NULL THEN 'value_to_date' ELSE 'clv' END;
COMMENT ON FUNCTION clm.mart_value(clm.mart_setting) IS
    'Part of clm.create_mart: what customers are ranked by, clv where the model has a spend part, or else value_to_date';

CREATE FUNCTION clm.mart_flow_from(s clm.mart_setting) RETURNS date
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(s.previous_as_of, (s.as_of - clm.mart_interval(s.calendar))::date);
COMMENT ON FUNCTION clm.mart_flow_from(clm.mart_setting) IS
    'Part of clm.create_mart: the day from which moves between stages are counted, the previous as_of or a calendar period ago';

CREATE FUNCTION clm.mart_stage_before(s clm.mart_setting) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
BEGIN
    s.model.as_of := NULL; -- it has seen what came after that day, which is meant
    RETURN CASE WHEN s.model IS NULL THEN format('clm.lifecycle_stage(h, %L::date)', clm.mart_flow_from(s))
           ELSE format('clm.lifecycle_stage(h, %L::date, %L::clm.customer_model)', clm.mart_flow_from(s), s.model) END;
END
$$;
COMMENT ON FUNCTION clm.mart_stage_before(clm.mart_setting) IS
    'Part of clm.create_mart: the stage of the history h on the day from which moves are counted, as an expression';

CREATE FUNCTION clm.mart_scored(s clm.mart_setting, histories text, kept text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
BEGIN
    RETURN format($sql$
SELECT customer, first_day, last_day, purchases, revenue, (x).stage AS raw_stage, (x).stage_reason, (x).thin, (x).churn_score, (x).p_alive,
       (x).expected_purchases, (x).expected_spend, (x).value_to_date, (x).clv, stage_before%6$s
FROM (SELECT %1$s AS customer, clm.first_day(h) AS first_day, %2$L::date - clm.recency(h, %2$L::date) AS last_day,
             clm.occasions(h, NULL, %2$L::date) AS purchases, clm.total(h, NULL, %2$L::date) AS revenue, %3$s AS x, %4$s AS stage_before%6$s
      FROM %5$s t WHERE clm.occasions(h, NULL, %2$L::date) > 0 OFFSET '0') q$sql$,
        CASE WHEN s.tracked THEN clm.mart_key(s, 't.customer') ELSE 't.customer' END, s.as_of,
        CASE WHEN s.model IS NULL THEN format('ROW(clm.lifecycle_stage(h, %L::date), NULL, clm.occasions(h, NULL, %L::date) < 3, NULL, NULL, NULL, NULL, '
                                              '%s * clm.total(h, NULL, %L::date), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)::clm.customer_score',
                                              s.as_of, s.as_of, s.margin, s.as_of)
             ELSE format('clm.scores(h, %L::date, %L::clm.customer_model, %s, %s, %s)', s.as_of, s.model, s.horizon, s.discount, s.margin) END,
        CASE WHEN s.previous_as_of IS NULL THEN clm.mart_stage_before(s) ELSE 'NULL::clm.stage' END, histories, kept);
END
$$;
COMMENT ON FUNCTION clm.mart_scored(clm.mart_setting, text, text) IS
    'Part of clm.create_mart: the query of the scores of customers with histories, with the stage before where no earlier refresh has told it; kept names further columns of the histories, each after a comma';

CREATE FUNCTION clm.mart_confirmed(s clm.mart_setting, is_later boolean) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    -- Of a customer n and the stored row o of the same customer. A refresh as of the same day votes again, on what there was before
    -- that day.
    RETURN CASE WHEN s.previous_as_of IS NULL THEN 'n.stage_before, n.raw_stage AS stage, 1 AS agreed, NULL::clm.stage AS raw_before, 0 AS agreed_before'
        ELSE format('%1$s AS stage_before,
            CASE WHEN %1$s IS NULL OR n.raw_stage = %1$s OR CASE WHEN n.raw_stage = %2$s THEN %3$s + 1 ELSE 1 END >= %4$s THEN n.raw_stage ELSE %1$s END AS stage,
            CASE WHEN n.raw_stage = %2$s THEN %3$s + 1 ELSE 1 END AS agreed, %2$s AS raw_before, %3$s AS agreed_before',
            CASE WHEN is_later THEN 'o.stage' ELSE 'o.stage_before' END, CASE WHEN is_later THEN 'o.raw_stage' ELSE 'o.raw_before' END,
            CASE WHEN is_later THEN 'o.agreed' ELSE 'o.agreed_before' END, s.confirm) END;
COMMENT ON FUNCTION clm.mart_confirmed(clm.mart_setting, boolean) IS
    'Part of clm.refresh_mart: the stage that enough refreshes agree on, and what later ones need to know, as expressions';

CREATE FUNCTION clm.mart_counted(template name) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT string_agg(format(template::text, c), ', ')
            FROM unnest('{first_day,last_day,purchases,revenue,stage,stage_before,churn_score,expected_purchases,value_to_date,clv,value,percentile,r_score,f_score,m_score,
                          churn_band,rfm_group,matrix_class}'::text[]) c);
COMMENT ON FUNCTION clm.mart_counted(name) IS 'Part of clm.create_mart: the columns of a customer that clm.mart_count reads, each put into a template of format()';

CREATE FUNCTION clm.mart_score(s clm.mart_setting, histories text, is_later boolean, is_patch boolean) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format('SELECT n.customer, n.first_day, n.last_day, n.purchases, n.revenue, n.raw_stage, n.stage_reason, n.thin, n.churn_score, n.p_alive,
            n.expected_purchases, n.expected_spend, n.value_to_date, n.clv, %s%s FROM (%s) n%s',
        clm.mart_confirmed(s, is_later), CASE WHEN is_patch THEN ', n.h_before, n.h_new, o.ctid AS place, ' || clm.mart_counted('o.%1$I AS before_%1$s') ELSE '' END,
        clm.mart_scored(s, histories, CASE WHEN is_patch THEN ', h_before, h_new' ELSE '' END),
        CASE WHEN is_patch OR s.previous_as_of IS NOT NULL THEN format(' LEFT JOIN %I.customer o USING (customer)', clm.mart_store(s.mart)) ELSE '' END);
COMMENT ON FUNCTION clm.mart_score(clm.mart_setting, text, boolean, boolean) IS
    'Part of clm.create_mart: the query of the scores of customers with histories; of a patch with the histories, and with their stored rows and the places of those';

CREATE FUNCTION clm.mart_classes() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format($sql$
       CASE WHEN churn_score < .2 THEN 'very_low' WHEN churn_score < .4 THEN 'low' WHEN churn_score < .6 THEN 'medium'
            WHEN churn_score < .8 THEN 'high' WHEN churn_score IS NOT NULL THEN 'very_high' END AS churn_band,
       CASE WHEN percentile >= 99 THEN 'top' WHEN percentile >= 95 THEN 'large' WHEN percentile >= 80 THEN 'medium' WHEN percentile IS NOT NULL THEN 'small' END AS tier,
       CASE WHEN r_score >= 4 AND f_score >= 4 AND m_score >= 4 THEN 'champions' WHEN r_score >= 4 AND f_score <= 2 THEN 'recent'
            WHEN r_score >= 3 AND f_score >= 3 THEN 'loyal' WHEN r_score <= 2 AND m_score >= 4 THEN 'valuable_at_risk'
            WHEN r_score <= 2 AND f_score <= 2 THEN 'asleep' ELSE 'to_develop' END AS rfm_group,
       %s AS matrix_class$sql$,
        coalesce((SELECT 'CASE ' || string_agg(format('WHEN (value >= x_cut) = %L AND (1 - churn_score >= y_cut) = %L THEN %L', c.x_high, c.y_high, c.code), ' ') || ' END'
         FROM clm.matrix_cell c WHERE c.matrix = 'profitability'), 'NULL::text'));
COMMENT ON FUNCTION clm.mart_classes() IS
    'Part of clm.create_mart: classes of a customer, as expressions: the band of the churn score; the tier of the customer pyramid '
    '(Curry & Curry 2000: 1, 4, 15 and 80 %); the RFM group; the cell of the profitability matrix';

CREATE FUNCTION clm.mart_minus(cuts float8[]) RETURNS float8[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    -- width_bucket counts the cuts that are <= its operand. Of the negatives these are the cuts >= it: a value on a cut is below it.
    RETURN (SELECT array_agg(-c ORDER BY -c) FROM unnest(cuts) c);
COMMENT ON FUNCTION clm.mart_minus(float8[]) IS 'Part of clm.create_mart: cut points with the other sign, ascending';

CREATE FUNCTION clm.mart_quintiles(percentiles float8[]) RETURNS float8[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ARRAY[percentiles[20], percentiles[40], percentiles[60], percentiles[80]];
COMMENT ON FUNCTION clm.mart_quintiles(float8[]) IS 'Part of clm.create_mart: the quintiles among the percentiles';

CREATE FUNCTION clm.mart_cut(s clm.mart_setting) RETURNS clm.concentration
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    value text := clm.mart_value(s);
    q record;
    above record;
BEGIN
    EXECUTE format('SELECT clm.percentiles(%1$s) AS value, clm.percentiles(1 - churn_score) AS stay, clm.percentiles(revenue) AS revenue, clm.percentiles((%2$L::date - last_day)::float8) AS recency,
        clm.percentiles(purchases::float8) AS purchases, clm.concentration(%1$s) AS whole FROM %3$I.scored', value, s.as_of, store) INTO q;
    -- The least of the upper half: in the matrix a value on its cut counts as high.
    EXECUTE format('SELECT min(%1$s) FILTER (WHERE %1$s > $1) AS value, min(1 - churn_score) FILTER (WHERE 1 - churn_score > $2) AS stay FROM %2$I.scored', value, store)
        INTO above USING q.value[50], q.stay[50];
    EXECUTE format('DELETE FROM %I.cut', store);
    EXECUTE format('INSERT INTO %I.cut VALUES ($1, $2, $3, $4, $5, $6, $7)', store)
        USING s.as_of, clm.mart_minus(q.value), coalesce(above.value, q.value[50]), coalesce(above.stay, q.stay[50]), clm.mart_quintiles(q.recency),
              clm.mart_minus(clm.mart_quintiles(q.purchases)), clm.mart_minus(clm.mart_quintiles(q.revenue));
    RETURN q.whole;
END
$$;
COMMENT ON FUNCTION clm.mart_cut(clm.mart_setting) IS 'Part of clm.create_mart: stores the cut points of all customers'' scores; how concentrated their values are';

CREATE FUNCTION clm.mart_classed(s clm.mart_setting, scored text, others text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
DECLARE
    cut record;
BEGIN
    EXECUTE format('SELECT * FROM %I.cut', clm.mart_store(s.mart)) INTO cut;
    RETURN format($sql$
SELECT customer, first_day, last_day, purchases, revenue, stage, raw_stage, stage_before, raw_before, agreed, agreed_before, stage_reason,
       thin, churn_score, p_alive, expected_purchases, expected_spend, value_to_date, clv, value, percentile, r_score, f_score, m_score,%2$s%3$s
FROM (SELECT t.*, t.%1$s AS value, %5$L::float8 AS x_cut, %6$L::float8 AS y_cut, (99 - width_bucket(-t.%1$s, %7$L::float8[]))::smallint AS percentile,
             (5 - width_bucket(%8$L::date - t.last_day - 1, %9$L::float8[]))::smallint AS r_score,
             (5 - width_bucket(-t.purchases, %10$L::float8[]))::smallint AS f_score,
             (5 - width_bucket(-t.revenue, %11$L::float8[]))::smallint AS m_score
      FROM (%4$s) t OFFSET '0') q$sql$, clm.mart_value(s), clm.mart_classes(), others, scored,
        cut.x_cut, cut.y_cut, cut.minus_percentiles, cut.as_of, cut.recency, cut.minus_purchases, cut.minus_revenue);
END
$$;
COMMENT ON FUNCTION clm.mart_classed(clm.mart_setting, text, text) IS 'Part of clm.create_mart: the query of the customers as they are stored, from one of their scores; others names further columns of that, each after a comma';

CREATE FUNCTION clm.mart_score_all(s clm.mart_setting, is_later boolean) RETURNS clm.mart_setting
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET default_statistics_target = 30
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    start timestamptz;
    whole clm.concentration;
BEGIN
    PERFORM clm.mart_step('scores', format('CREATE TABLE %I.scored AS %s', store, clm.mart_score(s, format('%I.history', store), is_later, false)));
    start := clock_timestamp();
    whole := clm.mart_cut(s);
    s.gini := whole.gini;
    s.top20_share := whole.top20;
    RAISE NOTICE 'cut points: % s', clm.mart_seconds(start);
    PERFORM clm.mart_step('classes', format('CREATE TABLE %I.customer_next WITH (fillfactor = 80) AS %s', store, clm.mart_classed(s, format('SELECT * FROM %I.scored', store), '')));
    EXECUTE format('DROP TABLE %I.scored', store);
    EXECUTE format('ALTER TABLE %I.customer_next ADD PRIMARY KEY (customer)', store);
    EXECUTE format('ANALYZE %I.customer_next', store);
    RETURN s;
END
$$;
COMMENT ON FUNCTION clm.mart_score_all(clm.mart_setting, boolean) IS
    'Part of clm.create_mart: the scores of all customers, in a new table; the settings with how concentrated their values are';

CREATE FUNCTION clm.mart_score_touched(s clm.mart_setting, batch integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET default_statistics_target = 1
    SET min_parallel_table_scan_size = 0 SET parallel_leader_participation = off -- few rows, but much to do with each; the leader stores them
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    patched bigint;
BEGIN
    patched := clm.mart_step('scores of customers with new orders', format('CREATE TABLE %I.patched AS %s', store,
        clm.mart_classed(s, clm.mart_score(s, clm.mart_touched(s, batch), false, true), ', place, h_before, h_new, ' || clm.mart_counted('before_%s'))));
    EXECUTE format('ANALYZE %I.patched (place, stage, churn_band, rfm_group, matrix_class, first_day)', store);
    RETURN patched;
END
$$;
COMMENT ON FUNCTION clm.mart_score_touched(clm.mart_setting, integer) IS
    'Part of clm.refresh_mart: the scores of customers with orders in a batch as of the same day, classed by the cut points that there are, in the table patched; beside them what was stored; their number';

CREATE FUNCTION clm.mart_store_patched(s clm.mart_setting, patched bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
BEGIN
    IF clm.mart_step('stored again', format('UPDATE %1$I.customer c SET (%2$s) = ROW(%3$s) FROM %1$I.patched p WHERE c.ctid = p.place',
            store, clm.mart_columns(s, 'customer'), clm.mart_columns(s, 'customer', 'p.%I'))) < patched THEN
        EXECUTE format('INSERT INTO %1$I.customer SELECT %2$s FROM %1$I.patched WHERE place IS NULL', store, clm.mart_columns(s, 'customer'));
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_store_patched(clm.mart_setting, bigint) IS 'Part of clm.refresh_mart: the customers of the table patched, so many, take their places, or new ones';

-- What is counted and summed from the customers, for the views to read

CREATE FUNCTION clm.mart_create_tables(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format($sql$
CREATE TABLE %1$I.setting OF clm.mart_setting;
CREATE TABLE %1$I.added (customer %2$s, h clm.history, batch int);
CREATE TABLE %1$I.label (kind text, code text, sort int, en text, zh text, PRIMARY KEY (kind, code));
CREATE TABLE %1$I.cut (as_of date, minus_percentiles float8[], x_cut float8, y_cut float8, recency float8[], minus_purchases float8[], minus_revenue float8[]);
CREATE TABLE %1$I.segment (stage clm.stage, churn_band text, rfm_group text, matrix_class text, customers bigint, purchases bigint, recency_days bigint, r bigint, f bigint, m bigint,
    revenue float8, expected_purchases float8, value_to_date float8, clv float8, clv_total float8, value float8, scored bigint, churn_score float8, value_at_risk float8);
CREATE TABLE %1$I.percentile (percentile smallint, customers bigint, value float8, scored bigint, churn_score float8, value_at_risk float8);
CREATE TABLE %1$I.start (first_day date, customers bigint, active bigint, revenue float8, value_to_date float8, clv float8, clv_total float8, value_at_risk float8);
CREATE TABLE %1$I.move (from_day date, to_day date, from_stage clm.stage, to_stage clm.stage, customers bigint);
CREATE TABLE %1$I.cohort (cohort date, period int, period_day date, size bigint, active bigint, stayed bigint, amount float8);
CREATE TABLE %1$I.item (place int, code text, value float8, se float8, note text);
CREATE TABLE %1$I.tracking (period int, period_day date, actual float8, expected float8, cumulative_actual float8, cumulative_expected float8);
CREATE TABLE %1$I.frequency (purchases int, customers bigint, expected_customers float8);
CREATE TABLE %1$I.call (rank int, customer %2$s, stage clm.stage, tier text, churn_score float8, value float8, value_at_risk float8, first_day date, last_day date, purchases int)$sql$,
        clm.mart_store(s.mart), clm.mart_key_type(s.orders, s.customer) || clm.mart_collation(s.orders, s.customer));
END
$$;
COMMENT ON FUNCTION clm.mart_create_tables(clm.mart_setting) IS 'Part of clm.create_mart: the stored tables but history and customer';

CREATE FUNCTION clm.mart_labels(OUT kind text, OUT code text, OUT sort integer, OUT en text, OUT zh text) RETURNS SETOF record
    LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    -- Every column is named, else the server that stores the definition names it, each version in its way.
    SELECT l.kind, l.code, l.sort, l.en, l.zh FROM clm.mart_label l
    UNION ALL SELECT 'matrix_class' AS kind, c.code, 1 + (NOT c.x_high)::int * 2 + (NOT c.y_high)::int AS sort, c.en, c.zh FROM clm.matrix_cell c WHERE c.matrix = 'profitability'
    UNION ALL SELECT 'matrix_advice' AS kind, c.code, NULL AS sort, c.advice_en AS en, c.advice_zh AS zh FROM clm.matrix_cell c WHERE c.matrix = 'profitability'
    UNION ALL SELECT DISTINCT 'matrix_axis' AS kind, a.code, NULL::int AS sort, a.en, a.zh FROM clm.matrix_cell c, LATERAL (VALUES ('x', c.x_en, c.x_zh), ('y', c.y_en, c.y_zh)) a(code, en, zh)
              WHERE c.matrix = 'profitability' AND c.x_high AND c.y_high
    UNION ALL SELECT 'action' AS kind, a.code, row_number() OVER (ORDER BY a.code) AS sort, a.en, a.zh FROM clm.action a
    UNION ALL SELECT 'touchpoint' AS kind, p.code, p.sort, p.en, p.zh FROM clm.touchpoint p
    UNION ALL SELECT 'reason' AS kind, n.lifecycle_stage AS code, NULL AS sort, n.en, n.zh FROM clm.next_action n
    UNION ALL SELECT 'next_action' AS kind, n.lifecycle_stage AS code, NULL AS sort, n.action AS en, a.touchpoint AS zh FROM clm.next_action n LEFT JOIN clm.action a ON a.code = n.action;
END;
COMMENT ON FUNCTION clm.mart_labels() IS 'Part of clm.create_mart: the labels that a mart copies; of several with one kind and code it takes the first';

CREATE FUNCTION clm.mart_label_all(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format('DELETE FROM %1$I.label; INSERT INTO %1$I.label SELECT * FROM clm.mart_labels() ON CONFLICT DO NOTHING', clm.mart_store(s.mart));
END
$$;
COMMENT ON FUNCTION clm.mart_label_all(clm.mart_setting) IS 'Part of clm.create_mart: copies labels, so that views need none but the mart''s own tables';

CREATE FUNCTION clm.mart_has_other_labels(s clm.mart_setting) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    others boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT * FROM %1$I.label EXCEPT SELECT * FROM clm.mart_labels())
        OR (SELECT count(DISTINCT (kind, code)) FROM clm.mart_labels()) <> (SELECT count(*) FROM %1$I.label)', clm.mart_store(s.mart)) INTO others;
    RETURN others;
END
$$;
COMMENT ON FUNCTION clm.mart_has_other_labels(clm.mart_setting) IS 'Part of clm.refresh_mart: whether labels, or classes and actions that have them, have changed since the mart copied them';

CREATE FUNCTION clm.mart_uncount(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format('DELETE FROM %1$I.segment; DELETE FROM %1$I.start; DELETE FROM %1$I.percentile; DELETE FROM %1$I.cohort; DELETE FROM %1$I.move WHERE to_day >= %2$L', clm.mart_store(s.mart), s.as_of);
END
$$;
COMMENT ON FUNCTION clm.mart_uncount(clm.mart_setting) IS 'Part of clm.create_mart: empties what clm.mart_count and clm.mart_cohorts add to';

CREATE FUNCTION clm.mart_count(s clm.mart_setting, customers text, sign integer) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
BEGIN
    -- All in one look
    EXECUTE format($sql$
CREATE TABLE %1$I.counted AS
SELECT CASE WHEN grouping(churn_band) = 0 THEN 'segment' WHEN grouping(first_day) = 0 THEN 'start' WHEN grouping(percentile) = 0 THEN 'percentile' ELSE 'move' END AS target,
       stage, churn_band, rfm_group, matrix_class, first_day, percentile, from_stage, %4$s * count(*) AS customers, %4$s * count(*) FILTER (WHERE stage <> 'churned') AS active,
       %4$s * sum(purchases) AS purchases, %4$s * sum(%3$L::date - last_day) AS recency_days, %4$s * sum(r_score) AS r, %4$s * sum(f_score) AS f, %4$s * sum(m_score) AS m,
       %4$s * sum(revenue) AS revenue, %4$s * sum(expected_purchases) AS expected_purchases, %4$s * sum(value_to_date) AS value_to_date, %4$s * sum(clv) AS clv,
       %4$s * sum(value_to_date + clv) AS clv_total, %4$s * sum(value) AS value, %4$s * count(churn_score) AS scored, %4$s * sum(churn_score) AS churn_score,
       %4$s * sum(churn_score * value) AS value_at_risk
FROM (SELECT *, coalesce(stage_before, 'prospect') AS from_stage FROM %2$s c) q
GROUP BY GROUPING SETS ((stage, churn_band, rfm_group, matrix_class), (first_day), (percentile), (from_stage, stage))$sql$, store, customers, s.as_of, sign);
    EXECUTE format($sql$
INSERT INTO %1$I.segment SELECT stage, churn_band, rfm_group, matrix_class, customers, purchases, recency_days, r, f, m, revenue, expected_purchases, value_to_date, clv, clv_total, value, scored,
    churn_score, value_at_risk FROM %1$I.counted WHERE target = 'segment';
INSERT INTO %1$I.start SELECT first_day, customers, active, revenue, value_to_date, clv, clv_total, value_at_risk FROM %1$I.counted WHERE target = 'start';
INSERT INTO %1$I.percentile SELECT percentile, customers, value, scored, churn_score, value_at_risk FROM %1$I.counted WHERE target = 'percentile' AND percentile IS NOT NULL;
INSERT INTO %1$I.move SELECT %2$L, %3$L, from_stage, stage, customers FROM %1$I.counted WHERE target = 'move';
DROP TABLE %1$I.counted$sql$, store, clm.mart_flow_from(s), s.as_of);
END
$$;
COMMENT ON FUNCTION clm.mart_count(clm.mart_setting, text, integer) IS
    'Part of clm.create_mart: adds numbers and sums of customers by class, first day and percentile of value, and moves between stages; sign -1 takes them off';

CREATE FUNCTION clm.mart_cohorts_of(s clm.mart_setting, h text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN format('clm.cohorts(%s, %L::date, %L)', h, s.as_of, s.calendar);
COMMENT ON FUNCTION clm.mart_cohorts_of(clm.mart_setting, text) IS 'Part of clm.create_mart: the cohorts of histories, as an expression';

CREATE FUNCTION clm.mart_cohorts(s clm.mart_setting, cohorts text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM clm.mart_gather(s, 'cohort', format('SELECT e.cohort, e.period, e.period_day, q.sign * e.size, q.sign * e.active, q.sign * e.stayed, q.sign * e.amount
        FROM (%s) q(c, sign), LATERAL clm.entries(q.c) e', cohorts));
END
$$;
COMMENT ON FUNCTION clm.mart_cohorts(clm.mart_setting, text) IS
    'Part of clm.create_mart: adds customers and amounts by cohort and period, of a query of cohorts with signs; -1 takes them off';

CREATE FUNCTION clm.mart_frequency(s clm.mart_setting) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
DECLARE
    fit text := format('clm.frequency_fit(h, %1$L::date, %2$L::clm.customer_model, %1$L::date)', s.as_of, s.model);
    since date := coalesce(s.observed_from, '-infinity'); -- what older customers did before is not known
BEGIN
    IF (s.model).family = 'bg/bb' THEN -- which counts opportunities, not purchases
        RETURN format('SELECT p.purchases, p.customers, p.expected_customers FROM (SELECT %s AS f FROM %I.history WHERE clm.first_day(h) >= %L::date) q, LATERAL clm.points(q.f) p',
            fit, clm.mart_store(s.mart), since);
    END IF;
    -- What the model expects depends on the first day alone: it is asked once a day, not once a customer.
    RETURN format($sql$
SELECT e.purchases, coalesce(a.customers, 0), e.customers
FROM (SELECT p.purchases, sum(d.customers * p.expected_customers) AS customers
      FROM %1$I.start d, LATERAL (SELECT %2$s AS f FROM (SELECT clm.history(ARRAY[d.first_day], '{1}') AS h) o) q, LATERAL clm.points(q.f) p WHERE d.first_day >= %3$L::date GROUP BY 1) e
     LEFT JOIN (SELECT least(purchases - 1, 7) AS purchases, count(*) AS customers FROM %1$I.customer_next WHERE first_day >= %3$L::date GROUP BY 1) a USING (purchases)$sql$,
        clm.mart_store(s.mart), fit, since);
END
$$;
COMMENT ON FUNCTION clm.mart_frequency(clm.mart_setting) IS 'Part of clm.create_mart: the query of customers by number of repeat purchases, actual and expected';

CREATE FUNCTION clm.mart_check_model(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET extra_float_digits = 1
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    start timestamptz := clock_timestamp();
    tracking clm.tracking;
BEGIN
    EXECUTE format('DELETE FROM %1$I.item; DELETE FROM %1$I.tracking; DELETE FROM %1$I.frequency', store);
    IF s.model IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('SELECT (t).* FROM (SELECT clm.tracking(h, %L::date, %s) AS t FROM %I.history WHERE clm.first_day(h) >= %L::date OFFSET 0) q',
        s.as_of, s.period, store, coalesce(s.observed_from, '-infinity')) INTO tracking;
    EXECUTE format('INSERT INTO %I.tracking SELECT p.period, p.last_day, p.actual, p.expected, p.cumulative_actual, p.cumulative_expected FROM clm.points($1, $2) p', store)
        USING tracking, s.model;
    PERFORM clm.mart_gather(s, 'frequency', clm.mart_frequency(s));
    EXECUTE format($sql$
INSERT INTO %1$I.item
    SELECT d.place, d.name, d.value, d.se, NULL FROM clm.describe($1) WITH ORDINALITY d(name, value, se, place)
    UNION ALL SELECT NULL, 'family', NULL, NULL, ($1).family
    UNION ALL SELECT NULL, 'aic', clm.aic($1), NULL, NULL
    UNION ALL SELECT NULL, 'bic', clm.bic($1), NULL, NULL
    UNION ALL SELECT NULL, 'tracking_ratio', sum(t.actual) / nullif(sum(t.expected), 0), NULL, NULL FROM %1$I.tracking t
    UNION ALL SELECT NULL, 'tracking_error', avg(abs(t.actual - t.expected)) / nullif(avg(t.actual), 0), NULL, NULL FROM %1$I.tracking t
    UNION ALL SELECT NULL, 'frequency_error', sum(abs(f.customers - f.expected_customers)) / 2 / nullif(sum(f.customers), 0), NULL, NULL FROM %1$I.frequency f
    UNION ALL SELECT NULL, 'seasonal_months', count(*) FILTER (WHERE m.departs), NULL, NULL FROM clm.seasonality($2, $1) m$sql$, store) USING s.model, tracking;
    RAISE NOTICE 'checks of the model: % s', clm.mart_seconds(start);
END
$$;
COMMENT ON FUNCTION clm.mart_check_model(clm.mart_setting) IS 'Part of clm.create_mart: parameters of the model, and how it agrees with the purchases';

CREATE FUNCTION clm.mart_call_list(s clm.mart_setting, customers text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    listed bigint;
BEGIN
    -- Four times as many as are shown, so that a refresh of some customers can do without a look at all.
    EXECUTE format($sql$
CREATE TABLE %1$I.listed AS
    SELECT customer, stage, tier, churn_score, value, value_at_risk, first_day, last_day, purchases
    FROM (%2$s) c
    WHERE value_at_risk > 0 AND stage = ANY (%3$L)
      AND (stage = 'declining' OR %5$L::date - last_day > coalesce((last_day - first_day) / nullif(purchases - 1, 0)::float8, 30))
    ORDER BY value_at_risk DESC, customer LIMIT %4$s$sql$,
        store, customers, (SELECT array_agg(stage) FROM unnest(enum_range(NULL::clm.stage)) stage WHERE stage::text IN (SELECT n.lifecycle_stage FROM clm.next_action n)), 4::bigint * s.call_list, s.as_of);
    EXECUTE format('DELETE FROM %I.call', store);
    EXECUTE format('INSERT INTO %1$I.call SELECT row_number() OVER (ORDER BY value_at_risk DESC, customer), * FROM %1$I.listed', store);
    GET DIAGNOSTICS listed = ROW_COUNT;
    EXECUTE format('DROP TABLE %I.listed', store);
    RETURN listed;
END
$$;
COMMENT ON FUNCTION clm.mart_call_list(clm.mart_setting, text) IS
    'Part of clm.create_mart: lists the customers with the highest value at risk, in stages that have a next action, who are declining or silent for longer than the mean gap between '
    'their purchases (30 days after a first one); their number';

CREATE FUNCTION clm.mart_call_list_all(s clm.mart_setting, customers name) RETURNS bigint
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    RETURN clm.mart_call_list(s, format('SELECT *, churn_score * value AS value_at_risk FROM %I.%I', clm.mart_store(s.mart), customers));
COMMENT ON FUNCTION clm.mart_call_list_all(clm.mart_setting, name) IS 'Part of clm.create_mart: the call list, from all customers';

CREATE FUNCTION clm.mart_call_list_patched(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    -- Whoever is not on the list and not patched comes after its last one: down to there the list is whole.
    IF clm.mart_call_list(s, format($sql$
WITH last AS MATERIALIZED (SELECT value_at_risk, customer FROM %1$I.call ORDER BY rank DESC LIMIT 1),
     p AS MATERIALIZED (SELECT customer, stage, tier, churn_score, value, churn_score * value AS value_at_risk, first_day, last_day, purchases FROM %1$I.patched
                        WHERE churn_score * value >= (SELECT value_at_risk FROM last) OR customer IN (SELECT customer FROM %1$I.call))
SELECT customer, stage, tier, churn_score, value, value_at_risk, first_day, last_day, purchases FROM %1$I.call WHERE customer NOT IN (SELECT customer FROM p)
UNION ALL SELECT p.* FROM p, last WHERE p.value_at_risk > last.value_at_risk OR p.value_at_risk = last.value_at_risk AND p.customer <= last.customer$sql$,
            clm.mart_store(s.mart))) < s.call_list THEN
        PERFORM clm.mart_call_list_all(s, 'customer');
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_call_list_patched(clm.mart_setting) IS 'Part of clm.refresh_mart: the call list, from what it was and the customers of the table patched';

-- The whole

CREATE FUNCTION clm.mart_set(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    EXECUTE format('DELETE FROM %I.setting', clm.mart_store(s.mart));
    EXECUTE format('INSERT INTO %I.setting SELECT ($1).*', clm.mart_store(s.mart)) USING s;
END
$$;
COMMENT ON FUNCTION clm.mart_set(clm.mart_setting) IS 'Part of clm.create_mart: stores the settings';

CREATE FUNCTION clm.mart_build(s clm.mart_setting, is_later boolean, refit boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    start timestamptz;
BEGIN
    IF refit THEN
        s := clm.mart_fit(s);
    END IF;
    s := clm.mart_score_all(s, is_later);
    start := clock_timestamp();
    PERFORM clm.mart_uncount(s);
    PERFORM clm.mart_count(s, format('%I.customer_next', store), 1);
    PERFORM clm.mart_cohorts(s, format('SELECT %s, 1 FROM %I.history', clm.mart_cohorts_of(s, 'h'), store));
    PERFORM clm.mart_call_list_all(s, 'customer_next');
    RAISE NOTICE 'classes, cohorts and the call list: % s', clm.mart_seconds(start);
    PERFORM clm.mart_check_model(s);
    PERFORM clm.mart_label_all(s);
    PERFORM clm.mart_set(s);
    EXECUTE format('ANALYZE %1$I.setting, %1$I.label, %1$I.cut, %1$I.segment, %1$I.percentile, %1$I.start, %1$I.move, %1$I.cohort, %1$I.call', store);
    -- Readers of customers wait from here on.
    PERFORM clm.mart_views(s);
    PERFORM clm.mart_swap(s.mart, 'customer', 'customer_next');
END
$$;
COMMENT ON FUNCTION clm.mart_build(clm.mart_setting, boolean, boolean) IS
    'Part of clm.create_mart: all that is made of the histories';

CREATE FUNCTION clm.mart_patch(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET random_page_cost = .1 -- customers are looked up in the order of their keys, and stored again in that of their places; new orders often lie together, too
    AS $$
DECLARE
    store name := clm.mart_store(s.mart);
    upto text := clm.mart_watermark(s, s.seen);
    patched bigint;
BEGIN
    patched := clm.mart_score_touched(s, clm.mart_read_new(s, upto));
    s.seen := coalesce(upto, s.seen);
    PERFORM clm.mart_cohorts(s, format('SELECT v.* FROM (SELECT %s AS old, %s AS new FROM %I.patched OFFSET 0) p, LATERAL (VALUES (p.old, -1), (p.new, 1)) v',
        clm.mart_cohorts_of(s, 'h_before'), clm.mart_cohorts_of(s, 'coalesce(clm.merge(h_before, h_new), h_new)'), store));
    PERFORM clm.mart_count(s, format('(SELECT %s FROM %I.patched WHERE place IS NOT NULL)', clm.mart_counted('before_%1$s AS %1$I'), store), -1);
    PERFORM clm.mart_count(s, format('%I.patched', store), 1);
    PERFORM clm.mart_store_patched(s, patched);
    PERFORM clm.mart_call_list_patched(s);
    PERFORM clm.mart_set(s);
    EXECUTE format('DROP TABLE %I.patched', store);
END
$$;
COMMENT ON FUNCTION clm.mart_patch(clm.mart_setting) IS
    'Part of clm.refresh_mart: reads new orders, and what they change as of the same day, with the same model. Cut points, the concentration and the checks of the model stay as they were';

CREATE FUNCTION clm.mart_warn_of_last_day(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    before date;
BEGIN
    EXECUTE format('SELECT max(last_day) FROM %I.customer WHERE last_day < %L', clm.mart_store(s.mart), s.as_of) INTO before;
    IF s.as_of > current_date OR s.as_of - before > 90 THEN
        RAISE WARNING USING MESSAGE = format('the mart is as of the last purchase, %s', s.as_of),
            DETAIL = format('%sThe one before is of %s.', CASE WHEN s.as_of > current_date THEN 'That day is still to come. ' ELSE '' END, before),
            HINT = 'Where that is a mistyped day, give as_of.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_warn_of_last_day(clm.mart_setting) IS 'Part of clm.create_mart: a warning where the last purchase may be a mistyped day';

CREATE FUNCTION clm.mart_warn_of_older(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    early record;
BEGIN
    EXECUTE format('SELECT d.upto, sum(t.customers) FILTER (WHERE t.first_day <= d.upto) / sum(t.customers) AS share
        FROM %1$I.start t, (SELECT min(first_day) + (%2$L::date - min(first_day)) / 20 AS upto FROM %1$I.start) d GROUP BY d.upto', clm.mart_store(s.mart), s.as_of) INTO early;
    IF s.observed_from IS NULL AND early.share > .2 THEN
        RAISE WARNING USING MESSAGE = format('%s %% of the customers have their first order in the first 5 %% of the days, up to %s', round(100 * early.share), early.upto),
            DETAIL = 'Many of them are likely to be older than the data: what looks like a first order is none.',
            HINT = 'observed_from => first day of complete data lets their clocks start there; or this is a cohort, and all is well.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_warn_of_older(clm.mart_setting) IS 'Part of clm.create_mart: a warning where customers are older than the data';

CREATE PROCEDURE clm.create_mart(
    schema name, orders regclass, customer name, day name, amount name DEFAULT NULL, period integer DEFAULT 7, as_of date DEFAULT NULL, horizon integer DEFAULT 365,
    discount float8 DEFAULT .10, margin float8 DEFAULT 1, family text DEFAULT 'mbg/nbd', calendar text DEFAULT 'month', time_zone text DEFAULT NULL,
    observed_from date DEFAULT NULL, watermark name DEFAULT NULL, track boolean DEFAULT false, confirm integer DEFAULT 1, call_list integer DEFAULT 500)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET datestyle = iso SET extra_float_digits = 1 SET bytea_output = hex SET standard_conforming_strings = on
    AS $$
DECLARE
    s clm.mart_setting := ROW(schema, orders, customer, day, amount, period, horizon, discount, margin, family, calendar, time_zone, observed_from, watermark, NULL,
                              track, confirm, call_list, as_of, NULL, NULL, NULL, NULL, NULL);
    taken name;
BEGIN
    PERFORM clm.mart_check_options(s);
    PERFORM clm.mart_check_columns(s);
    SELECT n.nspname INTO taken FROM pg_namespace n WHERE n.nspname IN (s.mart, clm.mart_store(s.mart)) ORDER BY n.nspname LIMIT 1;
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'duplicate_schema', MESSAGE = format('schema "%s" already exists', taken),
            HINT = format('clm.refresh_mart brings a mart up to date, clm.drop_mart removes one. A mart needs the names "%s" and "%s".', s.mart, clm.mart_store(s.mart));
    END IF;
    EXECUTE format('CREATE SCHEMA %I', s.mart);
    EXECUTE format('CREATE SCHEMA %I', clm.mart_store(s.mart));
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', s.mart, format('Customer mart of %s, made by clm.create_mart', s.orders));
    EXECUTE format('COMMENT ON SCHEMA %I IS %L', clm.mart_store(s.mart), format('Stored tables of the mart "%s"', s.mart));
    PERFORM clm.mart_create_tables(s);
    s.seen := clm.mart_watermark(s, NULL);
    IF s.tracked THEN
        PERFORM clm.mart_track(s);
    ELSE
        PERFORM clm.mart_read_all(s);
    END IF;
    s.as_of := coalesce(s.as_of, clm.mart_last_day(s));
    PERFORM clm.mart_check_days(s);
    PERFORM clm.mart_build(s, false, true);
    IF as_of IS NULL THEN
        PERFORM clm.mart_warn_of_last_day(s);
    END IF;
    PERFORM clm.mart_warn_of_older(s);
END
$$;
COMMENT ON PROCEDURE clm.create_mart(name, regclass, name, name, name, integer, date, integer, float8, float8, text, text, text, date, name, boolean, integer, integer) IS
    'Builds a mart of a table, view or foreign table of orders: in the schema that is named, views of plain columns for BI tools, with comments; beside it, '
    'in the schema <schema>_store, what they read. amount NULL: every order counts 1. period: days of a period of the model; as_of: the day up to which orders count, NULL: the last '
    'purchase; horizon: days that values look ahead; discount a year; margin: share of the amounts; calendar: week, month, quarter or year, of cohorts and flows; '
    'time_zone: of a timestamptz; observed_from: first day of complete data; watermark: column that grows with every order added, so that refreshes read new '
    'orders only; track: clm.track keeps the histories up to date; confirm: a stage changes after so many days of refreshes agree; call_list: its length. With the rights of the caller; an error leaves nothing';

CREATE FUNCTION clm.mart_read(s clm.mart_setting, whole boolean) RETURNS clm.mart_setting
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    upto text; -- orders that come in while others are read wait for the next refresh, which would count them again
BEGIN
    IF s.watermark IS NULL OR s.seen IS NULL OR whole THEN
        s.seen := clm.mart_watermark(s, NULL);
        EXECUTE format('DELETE FROM %I.added', clm.mart_store(s.mart));
        PERFORM clm.mart_read_all(s);
    ELSE
        upto := clm.mart_watermark(s, s.seen);
        PERFORM clm.mart_read_new(s, upto);
        PERFORM clm.mart_merge_added(s);
        s.seen := coalesce(upto, s.seen);
    END IF;
    RETURN s;
END
$$;
COMMENT ON FUNCTION clm.mart_read(clm.mart_setting, boolean) IS
    'Part of clm.refresh_mart: reads new orders and merges them into the histories, or reads all; the settings with the watermark that was seen';

CREATE PROCEDURE clm.refresh_mart(schema name, as_of date DEFAULT NULL, refit boolean DEFAULT false, whole boolean DEFAULT false)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET datestyle = iso SET extra_float_digits = 1 SET bytea_output = hex SET standard_conforming_strings = on
    AS $$
DECLARE
    s clm.mart_setting := clm.mart_settings(schema);
    before date := s.as_of;
    is_patch boolean := s.watermark IS NOT NULL AND s.seen IS NOT NULL AND as_of IS NOT DISTINCT FROM s.as_of AND refit IS NOT TRUE AND whole IS NOT TRUE
        AND NOT clm.mart_has_other_labels(s);
BEGIN
    PERFORM clm.mart_check_columns(s);
    PERFORM clm.mart_check_refresh(s);
    IF is_patch THEN
        PERFORM clm.mart_patch(s);
    ELSE
        IF NOT s.tracked THEN
            s := clm.mart_read(s, coalesce(whole, false));
        END IF;
        s.as_of := coalesce(as_of, clm.mart_last_day(s));
        PERFORM clm.mart_check_days(s);
        IF s.as_of > before THEN
            s.previous_as_of := before;
        ELSIF s.as_of <= s.previous_as_of THEN
            s.previous_as_of := NULL; -- back in time: stages begin anew
        END IF;
        PERFORM clm.mart_build(s, s.as_of > before, coalesce(refit, false));
        IF as_of IS NULL THEN
            PERFORM clm.mart_warn_of_last_day(s);
        END IF;
    END IF;
END
$$;
COMMENT ON PROCEDURE clm.refresh_mart(name, date, boolean, boolean) IS
    'Brings a mart up to date: reads new orders (where it has a watermark or is tracked, or else all; whole => true: all), scores every customer as of as_of (NULL: '
    'the last purchase), with the model that it has or, with refit => true, a new one. Where only orders above the watermark are new, as_of the same, it scores the customers who have some, by the same cut points. Readers see the old mart until it is done; an error leaves the old one';

CREATE PROCEDURE clm.drop_mart(schema name)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET standard_conforming_strings = on SET client_min_messages = warning
    AS $$
DECLARE
    s clm.mart_setting := clm.mart_settings(schema);
    store name := clm.mart_store(s.mart);
    view name;
BEGIN
    PERFORM clm.untrack(t.orders, t.target) FROM clm.tracked t WHERE t.target = to_regclass(format('%I.history', store)) AND t.orders IS NOT NULL;
    PERFORM clm.track_drop(t.function) FROM clm.tracked t WHERE t.target = to_regclass(format('%I.history', store)); -- of orders that are gone
    -- What else somebody has put there or made of views and tables is not ours: it makes this an error.
    FOR view IN SELECT c.view FROM clm.mart_comments() c WHERE c.col IS NULL LOOP
        EXECUTE format('DROP VIEW IF EXISTS %I.%I', s.mart, view);
    END LOOP;
    EXECUTE format('DROP SCHEMA IF EXISTS %I', s.mart);
    EXECUTE format('DROP TABLE IF EXISTS %1$I.setting, %1$I.history, %1$I.customer, %1$I.added, %1$I.label, %1$I.cut, %1$I.segment, %1$I.percentile, %1$I.start, '
                   '%1$I.move, %1$I.cohort, %1$I.item, %1$I.tracking, %1$I.frequency, %1$I.call', store);
    EXECUTE format('DROP SCHEMA %I', store);
END
$$;
COMMENT ON PROCEDURE clm.drop_mart(name) IS
    'Removes a mart: its views and its stored tables. An error where other objects depend on them or are in their schemas';
