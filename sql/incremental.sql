-- Incremental histories: clm.track writes a trigger function for a table of orders and a table of histories, which keeps
-- the one up to date with the other, and clm.untrack removes it.
--
-- What is tracked is not kept in a table: it is in the triggers, which follow renames, dumps and restores. The arguments of
-- a trigger tell whether its table is the one that was given as orders, a part of it, or the target.

CREATE VIEW clm.tracked AS
    SELECT o.tgrelid::regclass AS orders, t.tgrelid::regclass AS target, p.oid::regprocedure AS function,
           obj_description(p.oid, 'pg_proc') AS made_by
    FROM pg_proc p
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'x'
    JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND e.extname = 'clm'
    LEFT JOIN (SELECT DISTINCT tgfoid, tgrelid FROM pg_trigger WHERE tgargs = E'\\x6f726465727300') o ON o.tgfoid = p.oid -- 'orders'
    LEFT JOIN (SELECT DISTINCT tgfoid, tgrelid FROM pg_trigger WHERE tgargs = E'\\x74617267657400') t ON t.tgfoid = p.oid -- 'target'
    WHERE p.proname ~ '^clm_track_[0-9]+$' AND p.prorettype = 'trigger'::regtype;
COMMENT ON VIEW clm.tracked IS 'Tables of histories that clm.track keeps up to date';
COMMENT ON COLUMN clm.tracked.orders IS 'The table of orders; NULL where it has been dropped';
COMMENT ON COLUMN clm.tracked.target IS 'The table of histories; NULL where it has been dropped: the next clm.track of the orders cleans up, or clm.untrack(orders)';
COMMENT ON COLUMN clm.tracked.function IS 'The trigger function, which belongs to the owner of the target';
COMMENT ON COLUMN clm.tracked.made_by IS
    'The call that wrote it, with the names of that time: it can be run again as long as these have not changed. Read it first: the owner of the function can change it';

CREATE FUNCTION clm.track_tables(orders regclass) RETURNS SETOF regclass
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
    WITH RECURSIVE member(id) AS (
        SELECT orders::oid
        UNION
        SELECT i.inhrelid FROM pg_inherits i JOIN member m ON i.inhparent = m.id)
    SELECT id::regclass FROM member ORDER BY id = orders DESC, id;
END;
COMMENT ON FUNCTION clm.track_tables(regclass) IS
    'Part of clm.track: a table and all its partitions or children; a statement on any of them changes the table, and fires only '
    'its own triggers';

CREATE FUNCTION clm.track_check_table(orders regclass, member regclass, target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    kind "char" := (SELECT c.relkind FROM pg_class c WHERE c.oid = member);
    persistence "char" := (SELECT c.relpersistence FROM pg_class c WHERE c.oid = member);
    target_persistence "char" := (SELECT c.relpersistence FROM pg_class c WHERE c.oid = target);
BEGIN
    IF kind IN ('v', 'm', 'f') THEN
        RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
            MESSAGE = format('cannot track %s: %s is a %s', orders, CASE WHEN member = orders THEN 'it' ELSE member::text END,
                CASE kind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END),
            DETAIL = 'Statement triggers with transition tables work on ordinary and partitioned tables only.',
            HINT = CASE WHEN kind = 'f' THEN 'Aggregate what is in another database there, and merge the histories.'
                        ELSE 'Track the table that the view reads; a stored generated column that is NULL leaves rows out.' END;
    ELSIF kind NOT IN ('r', 'p') THEN
        RAISE EXCEPTION USING ERRCODE = 'wrong_object_type', MESSAGE = format('cannot track %s: it is not a table', orders);
    ELSIF 't' IN (persistence, target_persistence) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_table_definition',
            MESSAGE = format('cannot track %s: %s is a temporary table', orders, CASE persistence WHEN 't' THEN member ELSE target END),
            HINT = 'What ON COMMIT deletes fires no trigger. Aggregate it where you need it.';
    ELSIF member = target THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value', MESSAGE = format('%s cannot be both orders and target', member);
    ELSIF kind = 'r' AND persistence <> target_persistence THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_table_definition',
            MESSAGE = format('%s and %s must both be logged or both be unlogged', member, target),
            DETAIL = 'A crash empties unlogged tables, without a trigger.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_check_table(regclass, regclass, regclass) IS
    'Part of clm.track: an error where a table of orders or one of its partitions is of a kind that cannot be tracked';

CREATE FUNCTION clm.track_base_type(orders regclass, col name) RETURNS regtype
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN (SELECT coalesce(nullif(t.typbasetype, 0), t.oid)::regtype FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
            WHERE a.attrelid = orders AND a.attname = col AND a.attnum > 0 AND NOT a.attisdropped);
COMMENT ON FUNCTION clm.track_base_type(regclass, name) IS
    'Part of clm.track: the type of a column, or the one that its domain is made of; NULL where there is no such column';

CREATE FUNCTION clm.track_day_types() RETURNS regtype[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{date,timestamp,timestamptz}'::regtype[];
CREATE FUNCTION clm.track_amount_types() RETURNS regtype[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '{int2,int4,int8,float4,float8,numeric}'::regtype[];
COMMENT ON FUNCTION clm.track_day_types() IS
    'Part of clm.track: types of days. Columns of other types might come with casts, which would run with the rights of the target''s owner';
COMMENT ON FUNCTION clm.track_amount_types() IS 'Part of clm.track: types of amounts';

CREATE FUNCTION clm.track_check_orders(orders regclass, customer name, day name, amount name) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    part regclass;
    parent regclass;
    missing name;
    virtual name;
BEGIN
    SELECT i.inhrelid, i.inhparent INTO part, parent FROM pg_inherits i
    WHERE i.inhrelid IN (SELECT clm.track_tables(orders)) AND i.inhparent NOT IN (SELECT clm.track_tables(orders)) LIMIT 1;
    IF parent IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'wrong_object_type',
            MESSAGE = format(CASE WHEN part = orders THEN 'cannot track %1$s alone: it is a part of %2$s'
                             ELSE 'cannot track %1$s: its part %3$s is one of %2$s as well' END, orders, parent, part),
            DETAIL = format('Statements on %s change it without firing its triggers.', parent),
            HINT = format(CASE WHEN part = orders THEN 'Track %2$s.' ELSE 'ALTER TABLE %1$s NO INHERIT %2$s takes it out.' END, part, parent);
    END IF;
    SELECT c.name, CASE WHEN a.attgenerated = 'v' THEN c.name END INTO missing, virtual
    FROM unnest(ARRAY[customer, day, amount]) c(name)
    LEFT JOIN pg_attribute a ON a.attrelid = orders AND a.attname = c.name AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.name IS NOT NULL AND (a.attname IS NULL OR a.attgenerated = 'v') LIMIT 1;
    IF virtual IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = format('column "%s" of %s is a virtual generated column', virtual, orders),
            HINT = 'Triggers see stored columns only: make it STORED.';
    ELSIF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_column', MESSAGE = format('column "%s" of %s does not exist', missing, orders);
    END IF;
    SELECT c.name INTO missing FROM (VALUES (day, clm.track_day_types()), (amount, clm.track_amount_types())) c(name, types)
    WHERE c.name IS NOT NULL AND clm.track_base_type(orders, c.name) <> ALL (c.types) LIMIT 1;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'datatype_mismatch',
            MESSAGE = format('column "%s" of %s is of type %s', missing, orders,
                (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_attribute a WHERE a.attrelid = orders AND a.attname = missing)),
            HINT = 'Days are of type date, timestamp or timestamptz, amounts integers, floats or numeric. A stored generated column can convert others.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_check_orders(regclass, name, name, name) IS
    'Part of clm.track: an error where the columns of orders are not there or cannot be aggregated';

CREATE FUNCTION clm.track_arguments(day name, amount name) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN format('o.%I', day) || CASE WHEN amount IS NULL THEN '' ELSE format(', o.%I', amount) END;
COMMENT ON FUNCTION clm.track_arguments(name, name) IS
    'Part of clm.track: the arguments of clm.history for the orders o, with an amount where there is a column of amounts';

CREATE FUNCTION clm.track_has_index(orders regclass, customer name) RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                   WHERE i.indrelid = orders AND a.attname = customer AND i.indisvalid AND i.indpred IS NULL);
COMMENT ON FUNCTION clm.track_has_index(regclass, name) IS
    'Part of clm.track: whether there is an index by which the orders of a customer are found';

CREATE FUNCTION clm.track_columns(orders regclass, customer name, target regclass, OUT key name, OUT history name, OUT equals text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    source pg_attribute := (SELECT a FROM pg_attribute a WHERE a.attrelid = orders AND a.attname = customer);
    kind text := format_type(source.atttypid, source.atttypmod);
    candidates bigint;
BEGIN
    IF (SELECT c.relkind FROM pg_class c WHERE c.oid = target) <> 'r' THEN
        RAISE EXCEPTION USING ERRCODE = 'wrong_object_type', MESSAGE = format('the target %s is not an ordinary table', target);
    END IF;
    SELECT min(a.attname), count(*) INTO history, candidates FROM pg_attribute a
    WHERE a.attrelid = target AND a.atttypid = 'clm.history'::regtype AND a.attgenerated = '' AND NOT a.attisdropped;
    IF candidates <> 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_table_definition',
            MESSAGE = format('the target %s must have one column of type clm.history, not %s', target, candidates),
            HINT = format('For example: CREATE TABLE … (customer %s PRIMARY KEY, h clm.history).', kind);
    END IF;
    -- Rows conflict by that index, so it must tell customers apart just as GROUP BY does.
    SELECT CASE WHEN count(*) = 1 OR bool_or(a.attname = customer) THEN coalesce(min(a.attname) FILTER (WHERE a.attname = customer), min(a.attname)) END,
           min(format('OPERATOR(%I.%s)', s.nspname, o.oprname)), count(*)
    INTO key, equals, candidates
    FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indkey[0] = a.attnum AND i.indnkeyatts = 1
    JOIN pg_opclass c ON c.oid = i.indclass[0] AND c.opcdefault AND c.opcmethod = (SELECT m.oid FROM pg_am m WHERE m.amname = 'btree')
    JOIN pg_amop e ON e.amopfamily = c.opcfamily AND e.amopstrategy = 3 AND e.amoplefttype = c.opcintype AND e.amoprighttype = c.opcintype
    JOIN pg_operator o ON o.oid = e.amopopr JOIN pg_namespace s ON s.oid = o.oprnamespace
    WHERE a.attrelid = target AND a.atttypid = source.atttypid AND a.attcollation = source.attcollation AND i.indcollation[0] = a.attcollation
      AND (a.atttypmod IN (-1, source.atttypmod) OR a.atttypid = 'varchar'::regtype AND source.atttypmod BETWEEN 0 AND a.atttypmod)
      AND i.indisunique AND i.indimmediate AND i.indisvalid AND i.indpred IS NULL;
    IF key IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_table_definition',
            MESSAGE = CASE candidates WHEN 0 THEN format('the target %s has no unique index on a column of type %s', target, kind)
                      ELSE format('the target %s has %s unique columns of type %s, and none is called "%s"', target, candidates, kind, customer) END,
            DETAIL = format('Its key must be unique, not deferrable, and of the type and collation of column "%s" of %s.', customer, orders),
            HINT = format('For example: CREATE TABLE … (%I %s PRIMARY KEY, h clm.history).', customer, kind);
    ELSIF (SELECT t.typcategory IN ('A', 'C') FROM pg_type t WHERE t.oid = source.atttypid) THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported', MESSAGE = format('customers of type %s cannot be tracked', kind);
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_columns(regclass, name, regclass) IS
    'Part of clm.track: the columns of the target and the operator that compares customers; an error where the target does not fit';

CREATE FUNCTION clm.track_check_rights(orders regclass, customer name, day name, amount name, target regclass) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    keeper regrole := (SELECT c.relowner FROM pg_class c WHERE c.oid = target); -- as whom the triggers work
    hidden regclass;
BEGIN
    IF NOT pg_has_role(keeper, 'USAGE') THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('must be owner of table %s', target);
    END IF;
    IF NOT has_schema_privilege(keeper, (SELECT c.relnamespace FROM pg_class c WHERE c.oid = orders), 'USAGE')
       OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = orders AND a.attname IN (customer, day, amount)
                  AND NOT has_column_privilege(keeper, orders, a.attnum, 'SELECT')) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%s, who owns %s, may not read %s', keeper, target, orders),
            HINT = 'The triggers work with the rights of the owner of the target.';
    END IF;
    SELECT c.oid INTO hidden FROM pg_class c, pg_roles r
    WHERE c.oid IN (orders, target) AND r.oid = keeper AND c.relrowsecurity AND NOT r.rolsuper AND NOT r.rolbypassrls
      AND (c.relforcerowsecurity OR NOT pg_has_role(r.oid, c.relowner, 'USAGE'));
    IF hidden IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege',
            MESSAGE = format('%s, who owns %s, is subject to row-level security of %s', keeper, target, hidden),
            DETAIL = 'Histories of some of the orders would be wrong.',
            HINT = 'The owner of the target must own the orders as well, or have BYPASSRLS.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_check_rights(regclass, name, name, name, regclass) IS
    'Part of clm.track: an error where the caller does not own the target, or its owner does not see all orders';

CREATE FUNCTION clm.track_verify(relation oid, trigger name, event text, orders text, target text, customer name, day name, amount name, key name)
    RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    -- Only clm.track can put the function on a table, so these are the tables that it was told. Catalogs are read here and not by
    -- functions, which would plan their queries for every statement.
    IF NOT EXISTS (SELECT FROM pg_trigger mine, pg_trigger o, pg_trigger t
                   WHERE mine.tgrelid = relation AND mine.tgname = trigger
                     AND o.tgrelid = to_regclass(orders) AND o.tgfoid = mine.tgfoid AND o.tgargs = E'\\x6f726465727300'
                     AND t.tgrelid = to_regclass(target) AND t.tgfoid = mine.tgfoid AND t.tgargs = E'\\x74617267657400') THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('%s cannot be kept up to date with %s', target, orders),
            DETAIL = 'One of them was renamed, moved or dropped, or this transaction is older than the tracking.',
            HINT = 'Run clm.track(orders, customer, day, amount, target) again with the present names; or clm.untrack(orders) to end it.';
    ELSIF NOT EXISTS (SELECT FROM pg_attribute c, pg_attribute k, pg_attribute d, pg_type dt, pg_attribute a, pg_type at
                      WHERE c.attrelid = orders::regclass AND c.attname = customer
                        AND k.attrelid = target::regclass AND k.attname = key AND k.atttypid = c.atttypid
                        -- What varchar(n) does not take is an error; other types round.
                        AND (k.atttypmod IN (-1, c.atttypmod) OR k.atttypid = 'varchar'::regtype)
                        AND d.attrelid = c.attrelid AND d.attname = day AND dt.oid = d.atttypid
                        AND coalesce(nullif(dt.typbasetype, 0), dt.oid) = ANY (clm.track_day_types())
                        AND a.attrelid = c.attrelid AND a.attname = amount AND at.oid = a.atttypid
                        AND coalesce(nullif(at.typbasetype, 0), at.oid) = ANY (clm.track_day_types() || clm.track_amount_types())) THEN
        RAISE EXCEPTION USING ERRCODE = 'object_not_in_prerequisite_state',
            MESSAGE = format('%s cannot be kept up to date with %s', target, orders),
            DETAIL = 'A column that is tracked was renamed or dropped, or has another type.',
            HINT = 'Run clm.track(orders, customer, day, amount, target) again with the present names; or clm.untrack(orders) to end it.';
    ELSIF event = 'TRUNCATE' AND current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION USING ERRCODE = 'feature_not_supported',
            MESSAGE = format('cannot truncate a tracked table in a transaction at isolation level %s', current_setting('transaction_isolation')),
            DETAIL = 'Its snapshot may miss orders of others.', HINT = 'Truncate at level read committed, or delete.';
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_verify(oid, name, text, text, text, name, name, name, name) IS
    'Part of clm.track: an error of a statement on a tracked table where the names that were tracked now mean other tables or types';

CREATE FUNCTION clm.track_code(orders regclass, customer name, day name, amount name, target regclass) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    kind text := (SELECT format_type(a.atttypid, -1) FROM pg_attribute a WHERE a.attrelid = orders AND a.attname = customer);
    columns record := clm.track_columns(orders, customer, target);
    -- One index scan a customer, whatever the planner believes of a table that is being loaded; or one pass for all.
    each_one text := format('unnest($1) u(customer) CROSS JOIN LATERAL (SELECT clm.history(%s) AS h FROM %s o WHERE o.%I %s u.customer) f',
        clm.track_arguments(day, amount), orders, customer, columns.equals);
    at_once text := format('(SELECT u.customer, clm.history(%s) AS h FROM unnest($1) u(customer) LEFT JOIN %s o ON o.%I %s u.customer GROUP BY u.customer) f',
        clm.track_arguments(day, amount), orders, customer, columns.equals);
    merge text := format('MERGE INTO %s t USING (SELECT customer, h FROM ', target);
    changes text := format(') f ON t.%I %s f.customer WHEN MATCHED AND f.h IS NULL THEN DELETE WHEN MATCHED THEN UPDATE SET %I = f.h',
        columns.key, columns.equals, columns.history);
    counts text := format('o.%I IS NOT NULL AND o.%I IS NOT NULL AND o.%I IS NOT NULL', customer, day, coalesce(amount, day));
    watched text := format('o.%I AS customer, o.%I AS day, o.%I AS amount', customer, day, coalesce(amount, day));
BEGIN
    RETURN format($code$
-- Written by clm.track, which writes it again when a table or a column has another name.
#variable_conflict use_column
<<clm_track>>
DECLARE
    touched %8$s[]; -- customers whose orders are aggregated again
BEGIN
    PERFORM clm.track_verify(TG_RELID, TG_NAME, TG_OP, %14$L, %15$L, %16$L, %17$L, %18$L, %19$L);
    -- Customers are locked in the order of their keys, so that two loaders never wait for each other.
    IF TG_OP = 'INSERT' THEN
        -- An empty history stands for one that shares a day with the new rows, until it is aggregated again below. So are all of
        -- them where another trigger, of the same statement of the client, may have changed the new rows already.
        WITH merged AS (
            INSERT INTO %1$s AS t (%5$I, %6$I)
            SELECT o.%4$I, clm.history(%3$s) FROM clm_new o WHERE %9$s GROUP BY o.%4$I ORDER BY o.%4$I
            ON CONFLICT (%5$I) DO UPDATE SET %6$I = coalesce(clm.merge_new_days(t.%6$I, excluded.%6$I), '{}')
            RETURNING t.%5$I AS customer, clm.history_eq(t.%6$I, '{}') AS shares)
        SELECT array_agg(m.customer) INTO clm_track.touched FROM merged m
        WHERE m.shares OR (SELECT current_setting('clm.track_nested', true) = extract(epoch FROM statement_timestamp())::text);
    ELSE
        IF pg_trigger_depth() > 1 THEN
            PERFORM set_config('clm.track_nested', extract(epoch FROM statement_timestamp())::text, true);
        END IF;
        IF TG_OP = 'UPDATE' THEN
            SELECT array_agg(DISTINCT c.customer ORDER BY c.customer) INTO clm_track.touched
            FROM ((SELECT %10$s FROM clm_old o EXCEPT ALL SELECT %10$s FROM clm_new o)
                  UNION ALL
                  (SELECT %10$s FROM clm_new o EXCEPT ALL SELECT %10$s FROM clm_old o)) c
            WHERE c.customer IS NOT NULL;
        ELSIF TG_OP = 'DELETE' THEN
            SELECT array_agg(DISTINCT o.%4$I ORDER BY o.%4$I) INTO clm_track.touched FROM clm_old o WHERE o.%4$I IS NOT NULL;
        ELSE
            SELECT array_agg(c.customer ORDER BY c.customer) INTO clm_track.touched
            FROM (SELECT t.%5$I AS customer FROM %1$s t UNION SELECT o.%4$I FROM %2$s o) c WHERE c.customer IS NOT NULL;
        END IF;
        INSERT INTO %1$s AS t (%5$I, %6$I) SELECT u.customer, '{}' FROM unnest(clm_track.touched) u(customer)
        ON CONFLICT (%5$I) DO UPDATE SET %6$I = t.%6$I WHERE false;
    END IF;
    IF clm_track.touched IS NULL THEN
        RETURN NULL;
    END IF;
    -- Under read committed the next query sees all that was committed before the locks were had. A snapshot of the
    -- transaction may be older: that is a serialization failure where the customer has changed, as the locks have found, or
    -- was deleted, which shows here.
    IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        PERFORM FROM %1$s t WHERE t.%5$I %7$s ANY (clm_track.touched) FOR NO KEY UPDATE;
    END IF;
    EXECUTE CASE WHEN cardinality(clm_track.touched) <= %13$s THEN %11$L ELSE %12$L END USING clm_track.touched;
    RETURN NULL;
END
$code$, target, orders, clm.track_arguments(day, amount), customer, columns.key, columns.history, columns.equals, kind, counts, watched,
        merge || each_one || changes, merge || at_once || changes, CASE WHEN clm.track_has_index(orders, customer) THEN 1000 ELSE 0 END,
        orders::text, target::text, customer, day, coalesce(amount, day), columns.key);
END
$$;
COMMENT ON FUNCTION clm.track_code(regclass, name, name, name, regclass) IS
    'Part of clm.track: the body of the trigger function';

CREATE FUNCTION clm.track_drop(function regprocedure) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
    AS $$
DECLARE
    member regclass;
BEGIN
    -- Writers lock the orders before the target, and so does this, where it may: DROP FUNCTION begins with the target.
    FOR member IN SELECT t.tgrelid FROM pg_trigger t WHERE t.tgfoid = function GROUP BY t.tgrelid
                  ORDER BY bool_or(t.tgargs = E'\\x74617267657400'), bool_or(t.tgargs = E'\\x6f726465727300') DESC, t.tgrelid LOOP
        IF has_table_privilege(member, 'UPDATE, DELETE, TRUNCATE') THEN
            EXECUTE format('LOCK TABLE ONLY %s IN ACCESS EXCLUSIVE MODE', member);
        END IF;
    END LOOP;
    EXECUTE format('DROP FUNCTION %s CASCADE', function); -- and its triggers
END
$$;
COMMENT ON FUNCTION clm.track_drop(regprocedure) IS 'Part of clm.untrack: removes the triggers and their function';

CREATE FUNCTION clm.track_function(orders regclass, target regclass, code text, made_by text, OUT function text, OUT is_new boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    home regnamespace := (SELECT c.relnamespace FROM pg_class c WHERE c.oid = target);
    keeper regrole := (SELECT c.relowner FROM pg_class c WHERE c.oid = target);
    found regprocedure;
    free integer := 1;
    grantee text;
BEGIN
    -- Functions of tables that have been dropped, and one of another owner or schema
    FOR found IN SELECT t.function FROM clm.tracked t JOIN pg_proc p ON p.oid = t.function
                 WHERE pg_has_role(p.proowner, 'USAGE')
                   AND ((t.target IS NULL AND (t.orders = track_function.orders OR t.orders IS NULL))
                    OR (t.orders IS NULL AND t.target = track_function.target)
                    OR (t.orders = track_function.orders AND t.target = track_function.target
                        AND (p.proowner <> keeper OR p.pronamespace <> home))) LOOP
        PERFORM clm.track_drop(found);
    END LOOP;
    SELECT t.function INTO found FROM clm.tracked t JOIN pg_proc p ON p.oid = t.function
    WHERE t.orders = track_function.orders AND t.target = track_function.target AND p.proowner = keeper;
    is_new := found IS NULL;
    -- Triggers are called after the function: its name must be free in every schema.
    WHILE is_new AND EXISTS (SELECT FROM pg_proc p WHERE p.proname = 'clm_track_' || free) LOOP
        free := free + 1;
    END LOOP;
    function := format('%s.%I', home, coalesce((SELECT p.proname FROM pg_proc p WHERE p.oid = found), 'clm_track_' || free));
    EXECUTE format('CREATE %s FUNCTION %s() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER '
        'SET search_path = pg_catalog, pg_temp SET row_security = off AS %L', CASE WHEN is_new THEN '' ELSE 'OR REPLACE' END, function, code);
    EXECUTE format('COMMENT ON FUNCTION %s() IS %L', function, made_by);
    EXECUTE format('ALTER FUNCTION %s() DEPENDS ON EXTENSION clm', function);
    -- Nobody else may put it on a table of his own: it writes with the rights of the target's owner.
    FOR grantee IN SELECT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END
                   FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                   WHERE p.oid = to_regprocedure(function || '()') AND a.grantee <> p.proowner LOOP
        EXECUTE format('REVOKE ALL ON FUNCTION %s() FROM %s', function, grantee);
    END LOOP;
    IF keeper <> quote_ident(current_user)::regrole THEN
        EXECUTE format('ALTER FUNCTION %s() OWNER TO %s', function, keeper);
    END IF;
END
$$;
COMMENT ON FUNCTION clm.track_function(regclass, regclass, text, text) IS
    'Part of clm.track: makes the trigger function or replaces it; its name, and whether it is a new one';

CREATE FUNCTION clm.track_triggers(orders regclass, target regclass, function text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    name name := (SELECT p.proname FROM pg_proc p WHERE p.oid = to_regprocedure(function || '()'));
    done regclass[] := '{}';
    member regclass;
    event record;
    stray record;
BEGIN
    -- A trigger locks its table against writers and against new partitions, whose number is then known.
    LOOP
        SELECT t INTO member FROM clm.track_tables(orders) t WHERE t <> ALL (done) LIMIT 1;
        EXIT WHEN member IS NULL;
        PERFORM clm.track_check_table(orders, member, target);
        FOR event IN VALUES ('INSERT', 'REFERENCING NEW TABLE AS clm_new'), ('DELETE', 'REFERENCING OLD TABLE AS clm_old'),
                            ('UPDATE', 'REFERENCING OLD TABLE AS clm_old NEW TABLE AS clm_new'), ('TRUNCATE', '') LOOP
            EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER %s ON %s %s EXECUTE FUNCTION %s(%L)', name || '_' || lower(event.column1),
                event.column1, member, event.column2, function, CASE WHEN member = orders THEN 'orders' ELSE 'part' END);
        END LOOP;
        done := done || member;
    END LOOP;
    EXECUTE format('CREATE OR REPLACE TRIGGER %I AFTER TRUNCATE ON %s EXECUTE FUNCTION %s(%L)', name || '_truncate', target, function, 'target');
    -- Partitions that have been detached
    FOR stray IN SELECT t.tgname, t.tgrelid::regclass AS member FROM pg_trigger t
                 WHERE t.tgfoid = to_regprocedure(function || '()') AND t.tgrelid <> ALL (done || target) LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', stray.tgname, stray.member);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clm.track_triggers(regclass, regclass, text) IS
    'Part of clm.track: puts the triggers on orders, its partitions or children, and the target, and locks these tables';

CREATE FUNCTION clm.track_fill(orders regclass, customer name, day name, amount name, target regclass, function text,
                               OUT written bigint, OUT removed bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    columns record := clm.track_columns(orders, customer, target);
    keeper regrole := (SELECT c.relowner FROM pg_class c WHERE c.oid = target);
    fill text := (SELECT format('%s.%I', p.pronamespace::regnamespace, p.proname || '_fill') FROM pg_proc p
                  WHERE p.oid = to_regprocedure(function || '()'));
BEGIN
    -- Triggers of the target and functions of its types are its owner's: they must not run with the rights of the caller.
    EXECUTE format('CREATE FUNCTION %s(OUT written bigint, OUT removed bigint) LANGUAGE sql SECURITY DEFINER '
        'SET search_path = pg_catalog, pg_temp SET row_security = off AS %L', fill, format($sql$
WITH whole AS MATERIALIZED (
    SELECT o.%4$I AS customer, clm.history(%3$s) AS h FROM %2$s o WHERE o.%4$I IS NOT NULL GROUP BY o.%4$I),
gone AS (
    DELETE FROM %1$s t WHERE NOT EXISTS (SELECT FROM whole w WHERE w.customer %7$s t.%5$I AND w.h IS NOT NULL) RETURNING 1),
fresh AS (
    INSERT INTO %1$s AS t (%5$I, %6$I) SELECT w.customer, w.h FROM whole w WHERE w.h IS NOT NULL ORDER BY w.customer
    ON CONFLICT (%5$I) DO UPDATE SET %6$I = excluded.%6$I WHERE clm.history_eq(t.%6$I, excluded.%6$I) IS NOT TRUE RETURNING 1)
SELECT (SELECT count(*) FROM fresh), (SELECT count(*) FROM gone)$sql$,
        target, orders, clm.track_arguments(day, amount), customer, columns.key, columns.history, columns.equals));
    EXECUTE format('REVOKE ALL ON FUNCTION %s() FROM PUBLIC', fill);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s() TO %s', fill, quote_ident(current_user)::regrole);
    IF keeper <> quote_ident(current_user)::regrole THEN
        EXECUTE format('ALTER FUNCTION %s() OWNER TO %s', fill, keeper);
    END IF;
    EXECUTE format('SELECT f.written, f.removed FROM %s() f', fill) INTO written, removed;
    EXECUTE format('DROP FUNCTION %s()', fill);
END
$$;
COMMENT ON FUNCTION clm.track_fill(regclass, name, name, name, regclass, text) IS
    'Part of clm.track: aggregates all orders and brings the target up to date, with the rights of its owner; numbers of histories '
    'written and of rows removed';

CREATE FUNCTION clm.track(orders regclass, customer name, day name, amount name, target regclass) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    other regclass;
    made record;
    filled record;
BEGIN
    IF num_nulls(orders, customer, day, target) > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'orders, customer, day and target must not be NULL',
            HINT = 'Only amount may be: then every order counts 1.';
    ELSIF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_transaction_state',
            MESSAGE = format('clm.track cannot run in a transaction at isolation level %s', current_setting('transaction_isolation')),
            DETAIL = 'Its snapshot may be older than the lock on the orders.', HINT = 'Run it at level read committed.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('clm.track', 0)); -- functions and triggers of two at a time would get one name
    PERFORM clm.track_check_table(orders, orders, target);
    PERFORM clm.track_check_rights(orders, customer, day, amount, target);
    PERFORM clm.track_check_orders(orders, customer, day, amount);
    PERFORM clm.track_columns(orders, customer, target);
    SELECT t.orders INTO other FROM clm.tracked t WHERE t.target = track.target AND t.orders <> track.orders;
    IF other IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'object_in_use', MESSAGE = format('%s is already kept up to date with %s', target, other),
            HINT = format('Give %s a target of its own, or track a table that both are partitions of.', orders);
    END IF;
    made := clm.track_function(orders, target, clm.track_code(orders, customer, day, amount, target),
                               format('clm.track(%L, %L, %L, %L, %L)', orders, customer, day, amount, target));
    PERFORM clm.track_triggers(orders, target, made.function);
    filled := clm.track_fill(orders, customer, day, amount, target, made.function);
    IF made.is_new AND filled.removed > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = format('the target %s has %s rows of customers without a history in %s', target, filled.removed, orders),
            DETAIL = 'A tracked table has rows of customers with a history only: the others would be deleted.',
            HINT = 'Take a table of its own for the histories, or delete these rows.';
    END IF;
    IF NOT clm.track_has_index(orders, customer) THEN
        RAISE NOTICE USING MESSAGE = format('%s has no index that begins with column "%s"', orders, customer),
            DETAIL = 'Every update, delete or second batch of a day reads the whole table without one.',
            HINT = 'Create it, then run clm.track again.';
    END IF;
    RETURN filled.written + filled.removed;
END
$$;
COMMENT ON FUNCTION clm.track(regclass, name, name, name, regclass) IS
    'Keeps target, a table of one row (customer, history) a customer, up to date with the table orders by statement triggers: at '
    'any time it holds SELECT customer, clm.history(day, amount) FROM orders WHERE customer IS NOT NULL GROUP BY customer HAVING '
    'clm.history(day, amount) IS NOT NULL, byte for byte. amount NULL: every order counts 1. Brings the target up to date first '
    'and returns the number of its rows that were changed. Run it again after partitions were attached or detached and after '
    'tables or columns were renamed. Tables that cannot be tracked are errors';

CREATE FUNCTION clm.untrack(orders regclass, target regclass DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET client_min_messages = warning
    AS $$
DECLARE
    function regprocedure;
    ended bigint := 0;
BEGIN
    IF orders IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'null_value_not_allowed', MESSAGE = 'orders must not be NULL';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('clm.track', 0));
    FOR function IN SELECT t.function FROM clm.tracked t JOIN pg_proc p ON p.oid = t.function
                    WHERE t.orders = untrack.orders AND (untrack.target IS NULL OR t.target = untrack.target)
                      AND pg_has_role(p.proowner, 'USAGE') LOOP
        PERFORM clm.track_drop(function);
        ended := ended + 1;
    END LOOP;
    IF ended = 0 AND EXISTS (SELECT FROM clm.tracked t WHERE t.orders = untrack.orders AND (untrack.target IS NULL OR t.target = untrack.target)) THEN
        RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = format('only the owner of a target can end the tracking of %s', orders);
    END IF;
    IF ended = 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'undefined_object',
            MESSAGE = CASE WHEN target IS NULL THEN format('%s is not tracked', orders) ELSE format('%s is not kept up to date with %s', target, orders) END,
            HINT = 'The view clm.tracked lists what is tracked.';
    END IF;
    RETURN ended;
END
$$;
COMMENT ON FUNCTION clm.untrack(regclass, regclass) IS
    'Ends what clm.track has begun for a table of orders: for one target, or for all where target is NULL, also where the target '
    'is gone. The target stays as it is. Returns how many it ended; an error where there was none';
