-- clm.create_mart and clm.refresh_mart: what the views hold against plain SQL over the orders, the types and comments that BI
-- tools need, and refreshed marts against new ones.
BEGIN;
SELECT no_plan();
SET LOCAL max_parallel_workers_per_gather = 0;

CREATE TABLE sale AS
    SELECT row_number() OVER (ORDER BY day, customer_id) AS id, customer_id::integer AS customer, day, round(amount::numeric, 2) AS amount
    FROM clm.simulate(3000, date '2023-01-01', date '2024-06-30', seed => 7) WHERE day <= '2024-06-20';
INSERT INTO sale VALUES (1000001, NULL, '2024-01-01', 10), (1000002, 5, '2024-03-01', -20), (1000003, 999999, '2024-03-01', -5);
CREATE INDEX ON sale (id);
CALL clm.create_mart('mart', 'sale', 'customer', 'day', 'amount', as_of => '2024-05-31', margin => .4, horizon => 180, watermark => 'id');
CREATE TEMP TABLE m AS SELECT (s.model).* FROM mart_store.setting s;
CREATE TEMP TABLE h AS SELECT customer, clm.history(day, amount) AS h FROM sale WHERE customer IS NOT NULL GROUP BY customer;

-- What BI tools can open
CREATE TEMP TABLE col AS
    SELECT c.relname AS view, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, col_description(c.oid, a.attnum) AS comment
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace = 'mart'::regnamespace;
SELECT set_eq('SELECT relname::text, relkind::text FROM pg_class WHERE relnamespace = ''mart''::regnamespace',
    $$SELECT v, 'v' FROM unnest('{overview,customers,stages,lifecycle_flow,stage_flow,cohorts,value_deciles,concentration,churn_bands,rfm_groups,matrix,equity,model,tracking,frequency,early_warning}'::text[]) v$$,
    'the mart has these views and nothing else');
SELECT is_empty('SELECT view, name, type FROM col WHERE type !~ ''^(double precision|integer|bigint|text|character varying.*|date)$''', 'columns are of plain types');
SELECT is_empty('SELECT view, name FROM col WHERE comment IS NULL', 'every column has a comment');
SELECT is_empty('SELECT c.relname FROM pg_class c WHERE relnamespace = ''mart''::regnamespace AND obj_description(c.oid) IS NULL', 'every view has a comment');
SELECT is_empty($$SELECT c.view, c.name FROM col c WHERE name LIKE '%\_zh' AND name NOT IN ('advice_zh', 'x_zh', 'y_zh', 'reason_zh')
    AND 4 <> (SELECT count(*) FROM col d WHERE d.view = c.view AND d.name IN (left(c.name, -3), left(c.name, -3) || '_order', left(c.name, -3) || '_en', c.name)
              AND d.type = CASE d.name WHEN left(c.name, -3) || '_order' THEN 'integer' ELSE 'text' END)$$, 'each label has its code, order, English and Chinese');
SELECT is_empty(format('SELECT * FROM (%s) q WHERE n > 0', string_agg(format('SELECT %L AS view, %L AS col, count(*) FILTER (WHERE %I IN (''NaN'', ''Infinity'', ''-Infinity'')) AS n FROM mart.%I', view, name, name, view), ' UNION ALL ')),
    'no NaN and no infinity anywhere') FROM col WHERE type = 'double precision';
SELECT is_empty(format('SELECT * FROM (%s) q WHERE n = 0', string_agg(format('SELECT %L AS view, count(*) AS n FROM mart.%I', view, view), ' UNION ALL ')), 'every view is filled')
    FROM (SELECT DISTINCT view FROM col) v;
SELECT is_empty($$SELECT v.viewname FROM pg_views v WHERE schemaname = 'mart' AND definition ~ 'clm\.\w+\('$$, 'views only read: no function of clm is called');

-- Customers: the scores are those of the functions
SELECT results_eq($$SELECT customer, first_purchase, last_purchase, purchases, revenue, tenure_days, recency_days FROM mart.customers ORDER BY customer$$,
    $$SELECT customer, min(day) FILTER (WHERE amount >= 0), max(day) FILTER (WHERE amount >= 0), (count(DISTINCT day) FILTER (WHERE amount >= 0))::integer, clm.total(clm.history(day, amount)),
             date '2024-05-31' - min(day) FILTER (WHERE amount >= 0), date '2024-05-31' - max(day) FILTER (WHERE amount >= 0)
      FROM sale WHERE customer IS NOT NULL AND day <= '2024-05-31' GROUP BY customer HAVING count(*) FILTER (WHERE amount >= 0) > 0 ORDER BY customer$$,
    'first and last purchase, purchases and revenue are those of the orders');
SELECT results_eq($$SELECT customer, stage, stage_reason, thin, churn_score, p_alive, expected_purchases, expected_spend, value_to_date, clv, clv_total, value_at_risk FROM mart.customers ORDER BY customer$$,
    $$SELECT customer, s.stage::text, s.stage_reason, s.thin::integer, s.churn_score, s.p_alive, s.expected_purchases, s.expected_spend, s.value_to_date, s.clv, s.clv_total, s.churn_score * s.clv
      FROM h, (SELECT clm.customer_model(h, date '2024-05-31') AS m FROM h) f, LATERAL clm.scores(h, date '2024-05-31', m, 180, .10, .4) s
      WHERE clm.occasions(h, NULL, date '2024-05-31') > 0 ORDER BY customer$$, 'scores are those of clm.scores with the model of clm.customer_model');
SELECT is_empty($$SELECT customer FROM mart.customers WHERE next_purchase IS DISTINCT FROM CASE WHEN expected_purchases >= 1 THEN date '2024-05-31' + ceil(180 / expected_purchases)::integer END$$,
    'the next purchase is expected after horizon / expected purchases');

-- Classes by rank: equal values share the lower one
SELECT is_empty($$SELECT customer FROM (SELECT *, count(*) OVER () AS n, rank() OVER (ORDER BY value) - 1 AS below, rank() OVER (ORDER BY purchases) - 1 AS fewer,
                         rank() OVER (ORDER BY revenue) - 1 AS cheaper, rank() OVER (ORDER BY recency_days) - 1 AS fresher FROM mart.customers) q
    WHERE value_decile <> 10 - (SELECT count(*) FROM generate_series(1, 9) i WHERE below >= ceil(n * i / 10.0))
       OR f_score <> 1 + (SELECT count(*) FROM generate_series(1, 4) i WHERE fewer >= ceil(n * i / 5.0))
       OR m_score <> 1 + (SELECT count(*) FROM generate_series(1, 4) i WHERE cheaper >= ceil(n * i / 5.0))
       OR r_score <> 5 - (SELECT count(*) FROM generate_series(1, 4) i WHERE fresher >= ceil(n * i / 5.0))
       OR tier <> CASE WHEN below >= ceil(n * .99) THEN 'top' WHEN below >= ceil(n * .95) THEN 'large' WHEN below >= ceil(n * .8) THEN 'medium' ELSE 'small' END$$,
    'deciles, tiers and RFM scores are those of the ranks');
SELECT results_eq('SELECT matrix_class, count(*) FROM mart.customers GROUP BY 1 ORDER BY 1',
    $$SELECT clm.matrix('profitability', value, 1 - churn_score, (SELECT x_cut FROM mart.matrix LIMIT 1), (SELECT y_cut FROM mart.matrix LIMIT 1), 'code'), count(*) FROM mart.customers GROUP BY 1 ORDER BY 1$$,
    'classes are those of clm.matrix');
SELECT results_eq('SELECT DISTINCT x_cut, y_cut FROM mart.matrix', $$SELECT (SELECT min(value) FROM mart.customers WHERE value > (SELECT percentile_disc(.5) WITHIN GROUP (ORDER BY value) FROM mart.customers)),
             (SELECT min(1 - churn_score) FROM mart.customers WHERE 1 - churn_score > (SELECT percentile_disc(.5) WITHIN GROUP (ORDER BY 1 - churn_score) FROM mart.customers))$$,
    'cut above the medians');

-- Every summary adds up to the customers
CREATE FUNCTION pg_temp.sums(view text, by text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT results_eq(
        ''SELECT %2$I, customers, round(value::numeric, 6), round(value_at_risk::numeric, 6) FROM mart.%1$I ORDER BY 1'',
        ''SELECT %3$s, count(*), round(sum(value)::numeric, 6), round(sum(value_at_risk)::numeric, 6) FROM mart.customers GROUP BY 1 ORDER BY 1'', ''%1$s'')',
        view, by, CASE by WHEN 'decile' THEN 'value_decile' ELSE by END);
END
$$;
SELECT pg_temp.sums(view, by) FROM (VALUES ('stages', 'stage'), ('value_deciles', 'decile'), ('churn_bands', 'churn_band'), ('matrix', 'matrix_class')) v(view, by);
SELECT results_eq('SELECT rfm_group, customers, round(mean_purchases::numeric, 9), round(revenue::numeric, 6) FROM mart.rfm_groups ORDER BY 1',
    'SELECT rfm_group, count(*), round(avg(purchases), 9), round(sum(revenue)::numeric, 6) FROM mart.customers GROUP BY 1 ORDER BY 1', 'rfm_groups');
SELECT results_eq('SELECT cohort, customers, round(clv_total::numeric, 6) FROM mart.equity ORDER BY 1',
    $$SELECT date_trunc('month', first_purchase)::date, count(*), round(sum(clv_total)::numeric, 6) FROM mart.customers GROUP BY 1 ORDER BY 1$$, 'equity');
SELECT results_eq('SELECT customers, active_customers, new_customers, purchases, round(clv::numeric, 6), round(mean_churn_score::numeric, 9), gini, top20_share FROM mart.overview',
    $$SELECT count(*), count(*) FILTER (WHERE stage <> 'churned'), count(*) FILTER (WHERE stage = 'new'), sum(purchases), round(sum(clv)::numeric, 6), round(avg(churn_score)::numeric, 9),
             (clm.concentration(value)).gini, (clm.concentration(value)).top20 FROM mart.customers$$, 'overview');
SELECT results_eq('SELECT round(sum(customers_share)::numeric, 9), round(sum(value_share)::numeric, 9) FROM mart.stages', 'VALUES (1::numeric, 1::numeric)', 'shares add up to 1');

-- Curves
SELECT results_eq('SELECT curve, min(point), max(customers_share), round(max(value_share)::numeric, 9) FROM mart.concentration GROUP BY 1 ORDER BY 1', $$VALUES ('lorenz', 0, 1::float8, 1::numeric), ('whale', 0, 1, 1)$$, 'curves begin at the origin and end at 1');
SELECT is_empty($$SELECT p.curve, p.point FROM mart.concentration p WHERE abs(value_share - (SELECT coalesce(sum(value), 0) / (SELECT sum(value) FROM mart.customers) FROM
        (SELECT value, row_number() OVER (ORDER BY CASE p.curve WHEN 'lorenz' THEN value ELSE -value END) / (count(*) OVER ())::float8 AS place FROM mart.customers) c WHERE place <= p.customers_share + 1e-12)) > 1e-9$$,
    'each point is the share of the value that so many customers have');

-- Flows and cohorts by plain SQL
CREATE TEMP TABLE active AS SELECT DISTINCT customer, date_trunc('month', day)::date AS month FROM sale WHERE customer IS NOT NULL AND amount >= 0 AND day <= '2024-05-31';
SELECT results_eq('SELECT period, active_customers, new_customers, returning_customers, resurrected_customers, dormant_customers FROM mart.lifecycle_flow ORDER BY 1',
    $$WITH flow AS (SELECT m.month, a.customer, a.customer IS NOT NULL AS now, m.month = f.first AS fresh, b.customer IS NOT NULL AS before
                    FROM (SELECT generate_series(timestamp '2023-01-01', '2024-05-01', '1 month')::date AS month) m CROSS JOIN (SELECT customer, min(month) AS first FROM active GROUP BY 1) f
                    LEFT JOIN active a ON a.customer = f.customer AND a.month = m.month LEFT JOIN active b ON b.customer = f.customer AND b.month = (m.month - interval '1 month')::date)
      SELECT month, count(*) FILTER (WHERE now), count(*) FILTER (WHERE now AND fresh), count(*) FILTER (WHERE now AND before), count(*) FILTER (WHERE now AND NOT before AND NOT fresh), count(*) FILTER (WHERE before AND NOT now)
      FROM flow GROUP BY 1 ORDER BY 1$$, 'growth accounting by month');
SELECT results_eq($$SELECT cohort, period, size, active, round(retention::numeric, 9), round(value::numeric, 6) FROM mart.cohorts WHERE active > 0 ORDER BY 1, 2$$,
    $$WITH f AS (SELECT customer, min(month) AS cohort FROM active GROUP BY 1), n AS (SELECT cohort, count(*) AS size FROM f GROUP BY 1),
           sold AS (SELECT cohort, greatest(date_trunc('month', day)::date, cohort) AS month, sum(amount) AS amount FROM sale JOIN f USING (customer) WHERE day <= '2024-05-31' GROUP BY 1, 2)
      SELECT cohort, (extract(year FROM age(month, cohort)) * 12 + extract(month FROM age(month, cohort)))::integer, n.size, a.active, round(a.active::numeric / n.size, 9), round(.4 * s.amount, 6)
      FROM (SELECT cohort, month, count(*) AS active FROM active JOIN f USING (customer) GROUP BY 1, 2) a JOIN n USING (cohort) JOIN sold s USING (cohort, month) ORDER BY 1, 2$$,
    'cohorts by month; a refund before the first purchase is in the first month');
SELECT is((SELECT round(sum(value)::numeric, 6) FROM mart.cohorts), (SELECT round(sum(value_to_date)::numeric, 6) FROM mart.customers), 'cohort values add up to the value to date');
SELECT results_eq('SELECT DISTINCT period_day, complete FROM mart.cohorts WHERE period_day >= ''2024-04-01'' ORDER BY 1', $$VALUES (date '2024-04-01', 1), ('2024-05-01', 1)$$, 'May is complete on its last day');
SELECT results_eq('SELECT from_stage, to_stage, customers FROM mart.stage_flow WHERE latest = 1 ORDER BY 1, 2',
    $$SELECT clm.lifecycle_stage(h, date '2024-04-30', q.m)::text, c.stage, count(*) FROM h JOIN mart.customers c USING (customer),
      (SELECT clm.customer_model(family, period, params, spend) AS m FROM m) q GROUP BY 1, 2 ORDER BY 1, 2$$, 'the first moves are from the stages a month before');

-- The model
SELECT results_eq($$SELECT item, value, se FROM mart.model WHERE item IN ('r', 'alpha', 'a', 'b', 'p', 'q', 'gamma') ORDER BY 1$$,
    $$SELECT d.name, d.value, d.se FROM (SELECT clm.customer_model(h, date '2024-05-31') AS m FROM h) f, clm.describe(m) d WHERE d.name IN ('r', 'alpha', 'a', 'b', 'p', 'q', 'gamma') ORDER BY 1$$, 'parameters');
SELECT results_eq('SELECT period, period_day, actual, expected FROM mart.tracking ORDER BY 1',
    $$SELECT p.period, p.last_day, p.actual::float8, p.expected FROM (SELECT clm.tracking(h, date '2024-05-31', 7) AS t FROM h) q, (SELECT clm.customer_model(h, date '2024-05-31') AS m FROM h) f, clm.points(t, m) p ORDER BY 1$$, 'tracking');
SELECT results_eq('SELECT purchases, customers FROM mart.frequency ORDER BY 1', 'SELECT least(purchases - 1, 7), count(*) FROM mart.customers GROUP BY 1 ORDER BY 1', 'frequency: actual');
SELECT results_eq('SELECT purchases, customers, round(expected_customers::numeric, 6) FROM mart.frequency ORDER BY 1',
    $$SELECT p.purchases, p.customers, round(p.expected_customers::numeric, 6)
      FROM (SELECT clm.frequency_fit(h, date '2024-05-31', m, date '2024-05-31') AS f FROM h, (SELECT clm.customer_model(h, date '2024-05-31') AS m FROM h) f) q, clm.points(q.f) p ORDER BY 1$$, 'frequency, as of clm.frequency_fit');

-- The call list
SELECT results_eq('SELECT rank, customer FROM mart.early_warning ORDER BY 1',
    $$SELECT (row_number() OVER (ORDER BY value_at_risk DESC, customer))::integer, customer FROM mart.customers WHERE stage NOT IN ('churned') AND value_at_risk > 0 AND (stage = 'declining' OR recency_days > coalesce(clm.cadence((SELECT h FROM h WHERE h.customer = customers.customer AND clm.last_day(h) <= '2024-05-31')), (last_purchase - first_purchase) / nullif(purchases - 1, 0)::float8, 30)) ORDER BY 1 LIMIT 500$$, 'the highest values at risk of those who have not left and are silent for longer than usual');
SELECT is_empty('SELECT rank FROM mart.early_warning WHERE num_nulls(action, action_en, action_zh, reason_en, reason_zh, stage_en, tier_zh) > 0', 'each with an action and a reason');

-- A refresh: what it makes is what a new mart is
CREATE FUNCTION pg_temp.rounded(schema text, view text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT %s FROM %I.%I', string_agg(format(CASE atttypid WHEN 'float8'::regtype THEN 'round(%I::numeric, 6)' ELSE '%I' END, attname), ', ' ORDER BY attnum), schema, view)
    FROM pg_attribute WHERE attrelid = format('%I.%I', schema, view)::regclass AND attnum > 0
$$;
CREATE FUNCTION pg_temp.differences(one text, other text) RETURNS TABLE (view text, n bigint) LANGUAGE plpgsql AS $$
BEGIN
    FOR view IN SELECT relname FROM pg_class WHERE relnamespace = one::regnamespace LOOP
        EXECUTE format('SELECT count(*) FROM ((%1$s EXCEPT %2$s) UNION ALL (%2$s EXCEPT %1$s)) d', pg_temp.rounded(one, view), pg_temp.rounded(other, view)) INTO n;
        RETURN NEXT;
    END LOOP;
END
$$;
CREATE TABLE fresh_sale AS SELECT * FROM sale;
SELECT lives_ok($$CALL clm.create_mart('again', 'fresh_sale', 'customer', 'day', 'amount', as_of => '2024-05-31', margin => .4, horizon => 180)$$, 'a second mart');
SELECT is_empty($$SELECT * FROM pg_temp.differences('mart', 'again') WHERE n > 0$$, 'the same orders make the same mart');
INSERT INTO sale SELECT id + 2000000, customer, '2024-05-31', amount FROM sale WHERE customer % 9 = 0 AND day > '2024-05-01';
INSERT INTO sale VALUES (3000000, 777777, '2024-05-20', 30);
CALL clm.refresh_mart('mart', '2024-05-31', refit => true);
CREATE TABLE more_sale AS SELECT * FROM sale;
CALL clm.create_mart('more', 'more_sale', 'customer', 'day', 'amount', as_of => '2024-05-31', margin => .4, horizon => 180);
SELECT is_empty($$SELECT * FROM pg_temp.differences('mart', 'more') WHERE n > 0$$, 'a refresh by watermark makes what a new mart is');
SELECT isnt((SELECT customers FROM mart.overview), (SELECT customers FROM again.overview), 'and not what it was');
UPDATE sale SET amount = amount + 1 WHERE id < 100;
CALL clm.refresh_mart('mart', '2024-05-31', refit => true);
SELECT is_empty($$SELECT * FROM pg_temp.differences('mart', 'more') WHERE n > 0$$, 'a change below the watermark is not seen');
CALL clm.refresh_mart('mart', '2024-05-31', refit => true, whole => true);
SELECT isnt((SELECT revenue FROM mart.overview), (SELECT revenue FROM more.overview), 'but where the whole is read');

-- As of the same day with the same model only customers with new orders are scored again
CREATE TABLE grown AS SELECT * FROM fresh_sale;
CALL clm.create_mart('patched', 'grown', 'customer', 'day', 'amount', as_of => '2024-05-31', watermark => 'id', call_list => 40);
CALL clm.create_mart('scored', 'grown', 'customer', 'day', 'amount', as_of => '2024-05-31', watermark => 'id', call_list => 40);
CREATE TEMP TABLE untouched AS SELECT customer, ctid AS place FROM patched_store.customer;
INSERT INTO grown SELECT id + 2000000, customer, '2024-05-31', amount FROM fresh_sale WHERE customer % 9 = 0 AND day > '2024-05-01';
INSERT INTO grown VALUES (3000000, 777777, '2024-05-20', 30), (3000001, 888888, '2024-06-10', 30), (3000002, 18, '2023-02-01', -7);
CALL clm.refresh_mart('patched', '2024-05-31');
INSERT INTO grown VALUES (3000003, 777777, '2024-05-20', 5), (3000004, 777778, '2024-05-21', 5), (3000005, 27, '2024-05-22', 5);
CALL clm.refresh_mart('patched', '2024-05-31');
CALL clm.refresh_mart('patched', '2024-05-31');
CALL clm.refresh_mart('scored', '2024-05-31', whole => true);
SELECT is_empty($$SELECT * FROM pg_temp.differences('patched', 'scored') WHERE n > 0 AND view IN ('stages', 'lifecycle_flow', 'stage_flow', 'cohorts', 'churn_bands', 'equity')$$,
    'refreshed so, sums are those of a mart that is scored as a whole');
SELECT results_eq('SELECT as_of, customers, active_customers, purchases, round(clv_total::numeric, 6), round(value_at_risk::numeric, 6) FROM patched.overview',
    'SELECT as_of, customers, active_customers, purchases, round(clv_total::numeric, 6), round(value_at_risk::numeric, 6) FROM scored.overview', 'and the key figures');
SELECT results_eq('SELECT rank, customer FROM patched.early_warning ORDER BY 1', 'SELECT rank, customer FROM scored.early_warning ORDER BY 1', 'and the call list');
SELECT bag_eq(format('SELECT %s FROM patched.customers', list), format('SELECT %s FROM scored.customers', list), 'and so are the customers')
FROM (VALUES ('customer, purchases, first_purchase, last_purchase, round(revenue::numeric, 6) AS revenue, stage, raw_stage, stage_reason, round(clv::numeric, 6) AS clv, round(churn_score::numeric, 9) AS churn_score, churn_band')) v(list);
SELECT ok((SELECT count(*) FROM untouched u JOIN patched_store.customer c ON c.customer = u.customer AND c.ctid = u.place) > .8 * (SELECT count(*) FROM untouched), 'the others were left alone');
SELECT is((SELECT sum(customers) FROM patched.value_deciles), (SELECT customers::numeric FROM patched.overview), 'everybody is in a tenth');
CALL clm.refresh_mart('patched', '2024-06-20');
CALL clm.refresh_mart('scored', '2024-06-20', whole => true);
SELECT is_empty($$SELECT * FROM pg_temp.differences('patched', 'scored') WHERE n > 0$$, 'a later day brings all together');

-- Tracked orders
CREATE TABLE live (customer text, day date, amount float8);
INSERT INTO live SELECT customer, day, amount FROM fresh_sale;
CREATE INDEX ON live (customer);
CALL clm.create_mart('tracked', 'live', 'customer', 'day', 'amount', track => true, as_of => '2024-05-31');
INSERT INTO live SELECT customer, '2024-05-30', 12 FROM fresh_sale WHERE id <= 50;
DELETE FROM live WHERE customer = '17';
CALL clm.refresh_mart('tracked', '2024-06-20', refit => true);
CREATE TABLE dead AS TABLE live;
CALL clm.create_mart('untracked', 'dead', 'customer', 'day', 'amount', as_of => '2024-06-20');
SELECT is_empty($$SELECT * FROM pg_temp.differences('tracked', 'untracked') WHERE n > 0 AND view <> 'stage_flow'$$, 'a tracked mart sees inserts and deletes without reading the orders');
CALL clm.drop_mart('tracked');
SELECT is_empty('SELECT * FROM clm.tracked', 'a dropped mart is not tracked any more');

-- Customers whom the orders take for one are one, tracked or not (where the server has citext)
CREATE FUNCTION pg_temp.customers_of_any_case(track boolean) RETURNS text LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
    found text;
BEGIN
    CREATE EXTENSION IF NOT EXISTS citext;
    EXECUTE 'CREATE TABLE anycase AS SELECT unnest(''{Ann,ANN,Bob}''::citext[]) AS customer, generate_series(timestamp ''2024-01-01'', ''2024-01-03'', ''1 day'') AS day';
    EXECUTE format('CALL clm.create_mart(''cased'', ''anycase'', ''customer'', ''day'', track => %L)', track);
    EXECUTE 'SELECT string_agg(customer || purchases, '' '' ORDER BY customer) FROM cased.customers' INTO found;
    CALL clm.drop_mart('cased');
    DROP TABLE anycase;
    RETURN found;
END
$$;
SELECT CASE WHEN EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext') THEN is(pg_temp.customers_of_any_case(t), 'ann2 bob1', 'citext, tracked: ' || t)
       ELSE skip('no citext', 1) END FROM unnest('{false,true}'::boolean[]) t;

-- Stages by two refreshes that agree
CREATE TABLE flip AS SELECT customer, day, amount FROM fresh_sale;
CALL clm.create_mart('calm', 'flip', 'customer', 'day', 'amount', as_of => '2024-05-31', confirm => 2);
SELECT is((SELECT count(*) FROM calm.customers WHERE stage <> raw_stage), 0::bigint, 'the first refresh decides alone');
CREATE TEMP TABLE step AS SELECT 1 AS n, customer, stage, raw_stage FROM calm.customers;
CALL clm.refresh_mart('calm', '2024-06-07');
INSERT INTO step SELECT 2, customer, stage, raw_stage FROM calm.customers;
CALL clm.refresh_mart('calm', '2024-06-07');
SELECT is_empty('SELECT customer, stage, raw_stage FROM calm.customers EXCEPT SELECT customer, stage, raw_stage FROM step WHERE n = 2', 'a refresh as of the same day does not count twice');
CALL clm.refresh_mart('calm', '2024-06-14');
INSERT INTO step SELECT 3, customer, stage, raw_stage FROM calm.customers;
SELECT ok((SELECT count(*) FROM step WHERE n = 2 AND stage <> raw_stage) > 20, 'a new stage waits');
SELECT is_empty($$SELECT c.customer FROM step a JOIN step b USING (customer) JOIN step c USING (customer) WHERE a.n = 1 AND b.n = 2 AND c.n = 3
    AND (b.stage <> a.stage OR c.stage <> CASE WHEN c.raw_stage = b.stage OR c.raw_stage = b.raw_stage THEN c.raw_stage ELSE b.stage END)$$, 'until two refreshes agree');
SELECT is((SELECT string_agg(from_day || ' ' || to_day || ' ' || latest, ', ' ORDER BY to_day) FROM (SELECT DISTINCT from_day, to_day, latest FROM calm.stage_flow) f),
    '2024-04-30 2024-05-31 0, 2024-05-31 2024-06-07 0, 2024-06-07 2024-06-14 1', 'moves are kept from refresh to refresh');
SELECT results_eq('SELECT from_stage, to_stage, customers FROM calm.stage_flow WHERE latest = 1 ORDER BY 1, 2',
    'SELECT coalesce(b.stage, ''prospect''), c.stage, count(*) FROM step c LEFT JOIN step b ON b.customer = c.customer AND b.n = 2 WHERE c.n = 3 GROUP BY 1, 2 ORDER BY 1, 2', 'and are those of the confirmed stages');
SELECT lives_ok($$CALL clm.refresh_mart('calm', '2024-06-01')$$, 'a mart can go back in time');
SELECT is((SELECT count(*) FROM calm.customers WHERE stage <> raw_stage), 0::bigint, 'where stages begin anew');

-- Customers older than the data: the model is checked on those who came since
CREATE TABLE late AS SELECT * FROM fresh_sale WHERE day >= '2023-04-01';
CALL clm.create_mart('observed', 'late', 'customer', 'day', 'amount', as_of => '2024-05-31', observed_from => '2023-07-01');
SELECT is((SELECT sum(actual) FROM observed.tracking), (SELECT sum(actual) FROM (SELECT clm.tracking(h, date '2024-05-31') AS t FROM (SELECT clm.history(day, amount) AS h FROM late GROUP BY customer) l
    WHERE clm.first_day(h) >= '2023-07-01') q, (SELECT (s.model).* FROM observed_store.setting s) m, clm.points(t, m) p)::float8, 'tracking is of customers who came since');
SELECT ok((SELECT value BETWEEN .9 AND 1.1 FROM observed.model WHERE item = 'tracking_ratio'), 'and agrees with the model');
SELECT is((SELECT customers FROM observed.frequency WHERE purchases = 0), (SELECT count(*) FROM observed.customers WHERE first_purchase >= '2023-07-01' AND purchases = 1), 'so is the frequency');

-- Labels of the user's own
INSERT INTO clm.mart_label_user (kind, code, en) VALUES ('tier', 'top', 'VIP');
CALL clm.refresh_mart('calm', '2024-06-14');
SELECT is((SELECT DISTINCT tier_en || tier_zh FROM calm.customers WHERE tier = 'top'), 'VIP顶级客户（前 1%）', 'labels of the user''s own');

-- They come in as of the same day, too, and so do codes of classes
CREATE TABLE few AS SELECT * FROM fresh_sale;
CALL clm.create_mart('labelled', 'few', 'customer', 'day', 'amount', as_of => '2024-05-31', watermark => 'id');
UPDATE clm.mart_label_user SET en = 'First' WHERE code = 'top';
INSERT INTO clm.matrix_cell_user (matrix, x_high, y_high, code, en) VALUES ('profitability', true, true, 'stars', 'Stars');
INSERT INTO few SELECT id + 5000000, customer, '2024-05-31', amount FROM few WHERE id % 7 = 0;
CALL clm.refresh_mart('labelled', '2024-05-31');
SELECT is((SELECT DISTINCT tier_en FROM labelled.customers WHERE tier = 'top'), 'First', 'labels of the user''s own, as of the same day');
SELECT is((SELECT sum(customers) FROM labelled.matrix), (SELECT customers::numeric FROM labelled.overview), 'and with another code of a class everybody has one');
DELETE FROM clm.matrix_cell_user;
DELETE FROM clm.mart_label_user;

-- Classes that all have left have sums of 0, not what rounding left
CREATE TABLE leaving AS SELECT row_number() OVER () AS id, customer_id AS customer, day, amount FROM clm.simulate(300, '2023-01-01', '2024-06-30', 7);
CALL clm.create_mart('left', 'leaving', 'customer', 'day', 'amount', as_of => '2024-06-30', watermark => 'id');
INSERT INTO leaving SELECT 600000 + g, 1 + g % 320, date '2024-06-30' - g % 500, 5 FROM generate_series(1, 4000) g;
CALL clm.refresh_mart('left', '2024-06-30');
SELECT is_empty('SELECT * FROM "left".matrix WHERE customers = 0 AND (value <> 0 OR value_at_risk <> 0 OR value_share IS NOT NULL)', 'cells that all have left are empty');
SELECT ok((SELECT count(*) > 0 FROM "left".matrix WHERE customers = 0) AND (SELECT count(*) > 0 FROM left_store.segment WHERE customers < 0), 'and there are some');

-- Among customers with as much at risk, the call list goes by customer
CREATE TABLE tie (id bigserial, customer text, day date);
INSERT INTO tie (customer, day) SELECT 'x' || customer_id, day FROM clm.simulate(300, '2023-01-01', '2024-06-30', 7);
INSERT INTO tie (customer, day) SELECT chr(64 + i), d FROM generate_series(1, 12) i, (SELECT date '2023-01-01' + 20 * g FROM generate_series(0, 20) g UNION ALL SELECT '2024-03-25') q(d);
CALL clm.create_mart('tied', 'tie', 'customer', 'day', as_of => '2024-06-30', watermark => 'id', call_list => 1);
INSERT INTO tie (customer, day) SELECT 'Z', day FROM tie WHERE customer = 'B';
INSERT INTO tie (customer, day) VALUES ('A', '2024-06-30');
CALL clm.refresh_mart('tied', '2024-06-30');
INSERT INTO tie (customer, day) SELECT unnest('{B,C,D}'::text[]), '2024-06-30';
CALL clm.refresh_mart('tied', '2024-06-30');
SELECT is((SELECT customer FROM tied.early_warning), 'E', 'the first of those with as much at risk');

-- Keys that a collation takes for equal (where the server has such collations)
CREATE FUNCTION pg_temp.purchases_of_any_case() RETURNS text LANGUAGE plpgsql SET client_min_messages = error AS $$
DECLARE
    patched integer;
BEGIN
    CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
    CREATE TABLE collated AS SELECT id, ('k' || customer)::text COLLATE any_case AS customer, day, amount FROM few;
    CALL clm.create_mart('any_cased', 'collated', 'customer', 'day', 'amount', as_of => '2024-06-30', watermark => 'id');
    INSERT INTO collated VALUES (9000001, 'K5', '2024-06-30', 10);
    CALL clm.refresh_mart('any_cased', '2024-06-30');
    INSERT INTO collated VALUES (9000002, 'k5', '2024-06-29', 10);
    CALL clm.refresh_mart('any_cased', '2024-06-30');
    INSERT INTO collated VALUES (9000003, 'k5', '2024-06-28', 10), (9000004, 'K5', '2024-06-28', 10);
    CALL clm.refresh_mart('any_cased', '2024-06-30');
    CALL clm.refresh_mart('any_cased', '2024-07-01');
    patched := (SELECT purchases FROM any_cased.customers WHERE customer = 'k5');
    CALL clm.refresh_mart('any_cased', '2024-07-01', whole => true);
    RETURN patched - (SELECT purchases FROM any_cased.customers WHERE customer = 'k5');
EXCEPTION WHEN feature_not_supported OR undefined_object THEN
    RETURN 0;
END
$$;
SELECT is(pg_temp.purchases_of_any_case(), '0', 'customers whom a collation takes for one are one');

-- Keys of bytes, in sessions that print them in other ways
CREATE TABLE bytes AS SELECT id, decode(lpad(to_hex(customer), 8, '0'), 'hex') AS customer, day, amount FROM few;
CALL clm.create_mart('of_bytes', 'bytes', 'customer', 'day', 'amount', as_of => '2024-06-30', watermark => 'id');
INSERT INTO bytes SELECT 9000001, customer, '2024-06-30', 10 FROM bytes WHERE amount > 0 LIMIT 1;
SET bytea_output = escape;
CALL clm.refresh_mart('of_bytes', '2024-06-30');
SELECT is((SELECT count(*) FROM of_bytes.customers), (SELECT count(DISTINCT customer) FROM bytes WHERE amount >= 0), 'keys of bytes do not depend on the session');
RESET bytea_output;

SELECT * FROM finish();
ROLLBACK;
