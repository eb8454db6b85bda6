-- # Marts
-- From a table of orders to plain views for BI tools, in one call.

-- clm.create_mart: The views of a mart, and one of them
SET client_min_messages = warning;
CALL clm.create_mart('mart', 'orders', 'customer_id', 'day', 'amount', as_of => '2024-12-31', margin => .4, confirm => 2);
SELECT c.relname AS view, obj_description(c.oid, 'pg_class') AS comment FROM pg_class c WHERE c.relnamespace = 'mart'::regnamespace ORDER BY 1;
SELECT churn_band_en, churn_band_zh, customers, round(value::numeric, 2) AS value, round(value_at_risk::numeric, 2) AS at_risk FROM mart.churn_bands ORDER BY churn_band_order;

-- clm.refresh_mart: A month later
CALL clm.refresh_mart('mart', '2025-01-31');
SELECT stage_en, count(*), count(*) FILTER (WHERE stage <> raw_stage) AS waiting FROM mart.customers GROUP BY stage_order, stage_en ORDER BY stage_order;

-- clm.drop_mart
CALL clm.drop_mart('mart');
SELECT count(*) AS schemas FROM pg_namespace WHERE nspname IN ('mart', 'mart_store');

-- clm.mart_label: The tiers of customers by value
SELECT code, sort, en, zh FROM clm.mart_label WHERE kind = 'tier' ORDER BY sort;

-- clm.next_action: What the call list proposes
SELECT n.lifecycle_stage, n.en AS reason, a.en AS action, a.zh AS "措施" FROM clm.next_action n JOIN clm.action a ON a.code = n.action ORDER BY n.lifecycle_stage;
