-- The views of a mart: plain columns over its stored tables, with comments on views and columns.

CREATE FUNCTION clm.mart_view_query(view name) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    -- Placeholders, see clm.mart_view: {s} the schema of the stored tables, {i} a calendar period, {as_of} and {horizon} of the
    -- setting as sub-selects (a join with its row would keep the planner from workers), {from k AS x}
    -- a label, {label x} its columns.
    RETURN CASE view
WHEN 'overview' THEN $sql$
SELECT t.as_of, d.first_day, g.customers, d.active_customers, g.new_customers, g.purchases, g.revenue, g.expected_purchases, g.clv, g.clv_total, g.value_at_risk,
       g.churn_score / nullif(g.scored, 0) AS mean_churn_score, t.gini, t.top20_share, CASE WHEN (t.model).spend IS NULL THEN 'value_to_date' ELSE 'clv' END AS value_basis, t.horizon AS horizon_days, t.discount, t.margin, t.calendar, t.no_model
FROM {s}.setting t,
     (SELECT sum(customers)::bigint AS customers, coalesce(sum(customers) FILTER (WHERE stage = 'new'), 0)::bigint AS new_customers, sum(purchases)::bigint AS purchases, sum(revenue) AS revenue,
             sum(expected_purchases) AS expected_purchases, sum(clv) AS clv, sum(clv_total) AS clv_total, sum(value_at_risk) AS value_at_risk,
             sum(churn_score) AS churn_score, sum(scored) AS scored FROM {s}.segment) g,
     (SELECT min(first_day) AS first_day, sum(active)::bigint AS active_customers
      FROM (SELECT first_day, sum(active) AS active FROM {s}.start GROUP BY 1 HAVING sum(customers) > 0) p) d$sql$
WHEN 'customers' THEN $sql$
SELECT c.customer, c.first_day AS first_purchase, c.last_day AS last_purchase, c.purchases, c.revenue, c.revenue / c.purchases AS average_purchase,
       {as_of} - c.first_day AS tenure_days, {as_of} - c.last_day AS recency_days, {label stage}, {label raw_stage}, c.stage_reason, c.thin::int AS thin,
       c.churn_score, {label churn_band}, c.p_alive, c.expected_purchases, c.expected_spend, c.value_to_date, c.clv, c.value_to_date + c.clv AS clv_total,
       c.value, c.churn_score * c.value AS value_at_risk,
       CASE WHEN c.expected_purchases >= 1 THEN {as_of} + ceil({horizon} / c.expected_purchases)::int END AS next_purchase,
       {label tier}, (10 - c.percentile / 10)::int AS value_decile, c.r_score::int AS r_score, c.f_score::int AS f_score, c.m_score::int AS m_score,
       {label rfm_group}, {label matrix_class}
FROM {s}.customer_next c {from c.stage::text AS stage} {from c.raw_stage::text AS raw_stage} {from c.churn_band AS churn_band} {from c.tier AS tier}
     {from c.rfm_group AS rfm_group} {from c.matrix_class AS matrix_class}$sql$
WHEN 'stages' THEN $sql$
SELECT {label stage}, g.customers, g.customers / sum(g.customers) OVER ()::float8 AS customers_share, g.revenue, g.value_to_date, g.clv, g.value,
       g.value / nullif(greatest(sum(g.value) OVER (), 0), 0) AS value_share, g.churn_score / nullif(g.scored, 0) AS mean_churn_score, g.value_at_risk
FROM (SELECT stage, sum(customers)::bigint AS customers, sum(revenue) AS revenue, sum(value_to_date) AS value_to_date, sum(clv) AS clv, sum(value) AS value,
             sum(churn_score) AS churn_score, sum(scored)::bigint AS scored, sum(value_at_risk) AS value_at_risk
      FROM {s}.segment GROUP BY stage HAVING sum(customers) > 0) g
     {from g.stage::text AS stage}$sql$
WHEN 'lifecycle_flow' THEN $sql$
SELECT f.period, (row_number() OVER w)::int AS period_order, ((f.period + {i})::date <= t.as_of + 1)::int AS complete, f.active AS active_customers,
       f.new AS new_customers, f.stayed AS returning_customers, f.active - f.new - f.stayed AS resurrected_customers,
       coalesce(lag(f.active) OVER w - f.stayed, 0) AS dormant_customers,
       f.stayed / nullif(lag(f.active) OVER w, 0)::float8 AS retention,
       (f.active - f.stayed) / nullif(lag(f.active) OVER w - f.stayed, 0)::float8 AS pulse
FROM (SELECT period_day AS period, sum(active)::bigint AS active, coalesce(sum(size) FILTER (WHERE period = 0), 0)::bigint AS new, sum(stayed)::bigint AS stayed
      FROM {s}.cohort GROUP BY period_day) f, {s}.setting t
WINDOW w AS (ORDER BY f.period)$sql$
WHEN 'stage_flow' THEN $sql$
SELECT m.from_day, m.to_day, (m.to_day = t.as_of)::int AS latest, {label from_stage}, {label to_stage}, m.customers,
       m.customers / sum(m.customers) OVER (PARTITION BY m.from_day, m.to_day, m.from_stage)::float8 AS share
FROM (SELECT from_day, to_day, from_stage, to_stage, sum(customers)::bigint AS customers FROM {s}.move GROUP BY 1, 2, 3, 4 HAVING sum(customers) > 0) m CROSS JOIN {s}.setting t {from m.from_stage::text AS from_stage} {from m.to_stage::text AS to_stage}$sql$
WHEN 'cohorts' THEN $sql$
SELECT c.cohort, (dense_rank() OVER (ORDER BY c.cohort))::int AS cohort_order, c.period, c.period_day, ((c.period_day + {i})::date <= t.as_of + 1)::int AS complete,
       c.size, c.active, c.active / c.size::float8 AS retention, t.margin * c.amount AS value, t.margin * sum(c.amount) OVER w AS cumulative_value,
       t.margin * sum(c.amount) OVER w / c.size AS cumulative_value_per_customer
FROM (SELECT cohort, period, period_day, sum(size)::bigint AS size, sum(active)::bigint AS active, sum(amount) AS amount
      FROM {s}.cohort GROUP BY 1, 2, 3 HAVING sum(size) > 0) c, {s}.setting t
WINDOW w AS (PARTITION BY c.cohort ORDER BY c.period)$sql$
WHEN 'value_deciles' THEN $sql$
SELECT d.decile, d.customers, d.value, d.value / nullif(greatest(sum(d.value) OVER (), 0), 0) AS value_share,
       sum(d.customers) OVER w / sum(d.customers) OVER ()::float8 AS cumulative_customers_share, sum(d.value) OVER w / nullif(greatest(sum(d.value) OVER (), 0), 0) AS cumulative_value_share,
       d.value / d.customers AS mean_value, (SELECT -c.minus_percentiles[10 * d.decile] FROM {s}.cut c) AS above, (SELECT -c.minus_percentiles[10 * d.decile - 10] FROM {s}.cut c) AS up_to,
       d.churn_score / nullif(d.scored, 0) AS mean_churn_score, d.value_at_risk
FROM (SELECT 10 - percentile / 10 AS decile, sum(customers)::bigint AS customers, sum(value) AS value,
             sum(churn_score) AS churn_score, sum(scored)::bigint AS scored, sum(value_at_risk) AS value_at_risk FROM {s}.percentile GROUP BY 1 HAVING sum(customers) > 0) d
WINDOW w AS (ORDER BY d.decile)$sql$
WHEN 'concentration' THEN $sql$
SELECT {label curve}, (row_number() OVER (PARTITION BY p.curve ORDER BY p.place) - 1)::int AS point,
       sum(p.customers) OVER w / sum(p.customers) OVER (PARTITION BY p.curve)::float8 AS customers_share,
       sum(p.value) OVER w / nullif(greatest(sum(p.value) OVER (PARTITION BY p.curve), 0), 0) AS value_share
FROM (SELECT curve, CASE curve WHEN 'lorenz' THEN percentile ELSE 99 - percentile END AS place, sum(customers)::bigint AS customers, sum(value) AS value
      FROM {s}.percentile, (VALUES ('lorenz'), ('whale')) v(curve) GROUP BY 1, 2 HAVING sum(customers) > 0
      UNION ALL SELECT curve, -1, 0, 0 FROM (VALUES ('lorenz'), ('whale')) origin(curve) WHERE EXISTS (SELECT FROM {s}.percentile)) p {from p.curve AS curve}
WINDOW w AS (PARTITION BY p.curve ORDER BY p.place)$sql$
WHEN 'churn_bands' THEN $sql$
SELECT {label churn_band}, b.lower, b.upper, coalesce(g.customers, 0) AS customers, coalesce(g.customers / sum(g.customers) OVER ()::float8, 0) AS customers_share,
       g.churn_score / nullif(g.customers, 0) AS mean_churn_score, coalesce(g.value, 0) AS value, coalesce(g.value_at_risk, 0) AS value_at_risk
FROM (VALUES ('very_low', 0::float8, .2::float8), ('low', .2, .4), ('medium', .4, .6), ('high', .6, .8), ('very_high', .8, 1)) b(code, lower, upper)
     LEFT JOIN (SELECT churn_band, sum(customers)::bigint AS customers, sum(churn_score) AS churn_score, sum(value) AS value, sum(value_at_risk) AS value_at_risk
                FROM {s}.segment GROUP BY 1 HAVING sum(customers) > 0) g ON g.churn_band = b.code {from b.code AS churn_band}
WHERE EXISTS (SELECT FROM {s}.segment WHERE churn_band IS NOT NULL)$sql$
WHEN 'rfm_groups' THEN $sql$
SELECT {label rfm_group}, g.customers, g.customers / sum(g.customers) OVER ()::float8 AS customers_share, g.r / g.customers::float8 AS mean_r, g.f / g.customers::float8 AS mean_f,
       g.m / g.customers::float8 AS mean_m, g.recency_days / g.customers::float8 AS mean_recency_days, g.purchases / g.customers::float8 AS mean_purchases, g.revenue, g.value,
       g.churn_score / nullif(g.scored, 0) AS mean_churn_score
FROM (SELECT rfm_group, sum(customers)::bigint AS customers, sum(r)::bigint AS r, sum(f)::bigint AS f, sum(m)::bigint AS m, sum(recency_days)::bigint AS recency_days,
             sum(purchases)::bigint AS purchases, sum(revenue) AS revenue, sum(value) AS value, sum(churn_score) AS churn_score, sum(scored)::bigint AS scored
      FROM {s}.segment GROUP BY 1 HAVING sum(customers) > 0) g {from g.rfm_group AS rfm_group}$sql$
WHEN 'matrix' THEN $sql$
SELECT {label matrix_class}, a.en AS advice_en, a.zh AS advice_zh, x.en AS x_en, x.zh AS x_zh, y.en AS y_en, y.zh AS y_zh, u.x_cut, u.y_cut,
       coalesce(g.customers, 0) AS customers, coalesce(g.customers / sum(g.customers) OVER ()::float8, 0) AS customers_share, coalesce(g.value, 0) AS value,
       g.value / nullif(greatest(sum(g.value) OVER (), 0), 0) AS value_share, g.churn_score / nullif(g.customers, 0) AS mean_churn_score, coalesce(g.value_at_risk, 0) AS value_at_risk
FROM {s}.cut u CROSS JOIN {s}.label k
     LEFT JOIN (SELECT matrix_class, sum(customers)::bigint AS customers, sum(value) AS value, sum(churn_score) AS churn_score, sum(value_at_risk) AS value_at_risk
                FROM {s}.segment GROUP BY 1 HAVING sum(customers) > 0) g ON g.matrix_class = k.code
     LEFT JOIN {s}.label a ON a.kind = 'matrix_advice' AND a.code = k.code
     LEFT JOIN {s}.label x ON x.kind = 'matrix_axis' AND x.code = 'x' LEFT JOIN {s}.label y ON y.kind = 'matrix_axis' AND y.code = 'y' {from k.code AS matrix_class}
WHERE k.kind = 'matrix_class' AND EXISTS (SELECT FROM {s}.segment WHERE matrix_class IS NOT NULL)$sql$
WHEN 'equity' THEN $sql$
SELECT e.cohort, (row_number() OVER (ORDER BY e.cohort))::int AS cohort_order, e.customers, e.active / e.customers::float8 AS active_share, e.revenue, e.value_to_date, e.clv, e.clv_total,
       e.value_at_risk
FROM (SELECT date_trunc(t.calendar, p.first_day::timestamp)::date AS cohort, sum(p.customers)::bigint AS customers, sum(p.active)::bigint AS active, sum(p.revenue) AS revenue,
             sum(p.value_to_date) AS value_to_date, sum(p.clv) AS clv, sum(p.clv_total) AS clv_total, sum(p.value_at_risk) AS value_at_risk
      FROM {s}.start p, {s}.setting t GROUP BY 1 HAVING sum(p.customers) > 0) e$sql$
WHEN 'model' THEN $sql$
SELECT i.code AS item, coalesce(l.sort, 9 + i.place) AS item_order, coalesce(l.en, i.code) AS item_en, coalesce(l.zh, i.code) AS item_zh, i.value, i.se, i.note
FROM {s}.item i LEFT JOIN {s}.label l ON l.kind = 'item' AND l.code = i.code$sql$
WHEN 'tracking' THEN 'SELECT t.period, t.period_day, t.actual, t.expected, t.cumulative_actual, t.cumulative_expected FROM {s}.tracking t'
WHEN 'frequency' THEN 'SELECT f.purchases, f.customers, f.expected_customers FROM {s}.frequency f'
WHEN 'early_warning' THEN $sql$
SELECT c.rank, c.customer, {label stage}, {label tier}, c.churn_score, c.value, c.value_at_risk, c.last_day AS last_purchase, {as_of} - c.last_day AS recency_days,
       concat_ws('; ', r.en, 'last purchase ' || to_char(c.last_day, 'YYYY-MM-DD'), 'one every ' || round((c.last_day - c.first_day) / nullif(c.purchases - 1, 0)::numeric) || ' d before') AS reason_en,
       concat_ws('；', r.zh, '最近一次购买 ' || to_char(c.last_day, 'YYYY-MM-DD'), '此前平均每 ' || round((c.last_day - c.first_day) / nullif(c.purchases - 1, 0)::numeric) || ' 天一次') AS reason_zh, {label action}, {label touchpoint}
FROM {s}.call c LEFT JOIN {s}.label r ON r.kind = 'reason' AND r.code = c.stage::text LEFT JOIN {s}.label n ON n.kind = 'next_action' AND n.code = c.stage::text
     {from c.stage::text AS stage} {from c.tier AS tier} {from n.en AS action} {from n.zh AS touchpoint}
WHERE c.rank <= (SELECT t.call_list FROM {s}.setting t)$sql$
    END;
COMMENT ON FUNCTION clm.mart_view_query(name) IS 'Part of clm.create_mart: the query of a view, with placeholders';

CREATE FUNCTION clm.mart_view(s clm.mart_setting, view name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    query text := clm.mart_view_query(view);
BEGIN
    query := regexp_replace(query, '\{from (\S+) AS (raw_|from_|to_)?(\w+)\}', 'LEFT JOIN {s}.label l_\2\3 ON l_\2\3.kind = ''\3'' AND l_\2\3.code = \1', 'g');
    query := regexp_replace(query, '\{label (\w+)\}', 'l_\1.code AS \1, l_\1.sort AS \1_order, l_\1.en AS \1_en, l_\1.zh AS \1_zh', 'g');
    query := regexp_replace(query, '\{(as_of|horizon)\}', '(SELECT t.\1 FROM {s}.setting t)', 'g');
    query := replace(query, '{i}', format('interval %L', clm.mart_interval(s.calendar)));
    query := replace(query, '{s}', format('%I', clm.mart_store(s.mart))); -- the last: a name may hold anything
    EXECUTE format('CREATE OR REPLACE VIEW %I.%I AS %s', s.mart, view, query);
END
$$;
COMMENT ON FUNCTION clm.mart_view(clm.mart_setting, name) IS 'Part of clm.create_mart: makes a view';

CREATE FUNCTION clm.mart_comments() RETURNS TABLE (view name, col name, comment text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 120
    -- A row without a view is for the columns of that name of all views.
BEGIN ATOMIC
    VALUES
        ('overview'::name, NULL::name, 'The customer base in one row'),
        ('customers', NULL, 'Every customer with a purchase, with all scores and classes'),
        ('stages', NULL, 'Customers and value by stage of the lifecycle'),
        ('lifecycle_flow', NULL, 'Growth accounting: who is new, returning, resurrected or dormant, by calendar period'),
        ('stage_flow', NULL, 'Moves of customers between stages, from refresh to refresh; the first from a calendar period before'),
        ('cohorts', NULL, 'Customers by the calendar period of their first purchase: retention and value, period by period'),
        ('value_deciles', NULL, 'Tenths of the customers by value, the best first; equal values are in the lower tenth'),
        ('concentration', NULL, 'Points of the Lorenz curve and of the whale curve of value'),
        ('churn_bands', NULL, 'Customers and value at stake by the probability of no purchase in 90 days'),
        ('rfm_groups', NULL, 'Customers by recency, frequency and monetary value'),
        ('matrix', NULL, 'The customer profitability matrix: value against retention, both cut at the median'),
        ('equity', NULL, 'Value to date and value to come by the calendar period of the first purchase'),
        ('model', NULL, 'The model: parameters, standard errors, checks; no rows where none could be fitted'),
        ('tracking', NULL, 'Check of the model: repeat purchases by period, actual and expected; where there is an observed_from, of customers who came since'),
        ('frequency', NULL, 'Check of the model: customers by number of repeat purchases, actual and expected; where there is an observed_from, of those who came since'),
        ('early_warning', NULL, 'Call list: customers who are declining or silent for longer than the mean gap between their purchases (30 days after a first one), by value at risk, with the next best action'),
        (NULL, 'as_of', 'The day up to which orders count'),
        (NULL, 'first_day', 'Day of the first purchase of anybody'),
        (NULL, 'customers', 'Number of customers'),
        (NULL, 'customers_share', 'Share of all customers'),
        ('concentration', 'customers_share', 'Share of the customers up to this point of the curve'),
        (NULL, 'active_customers', 'Customers who are not churned'),
        ('lifecycle_flow', 'active_customers', 'Customers with a purchase in the period'),
        (NULL, 'new_customers', 'Customers in the stage new'),
        ('lifecycle_flow', 'new_customers', 'Customers with their first purchase in the period'),
        (NULL, 'returning_customers', 'Customers with purchases in this period and in the one before'),
        (NULL, 'resurrected_customers', 'Customers with a purchase in this period, none in the one before, and some before that'),
        (NULL, 'dormant_customers', 'Customers with a purchase in the period before and none in this one; charts show them below the axis'),
        (NULL, 'purchases', 'Number of days with a purchase'),
        ('frequency', 'purchases', 'Number of repeat purchases; 7 stands for 7 or more'),
        (NULL, 'revenue', 'Sum of all amounts up to as_of, refunds taken off'),
        (NULL, 'average_purchase', 'Revenue per day with a purchase'),
        (NULL, 'value_to_date', 'Margin x revenue: what has been earned'),
        (NULL, 'clv', 'Remaining value: margin of the purchases expected within the horizon, discounted; NULL where the model has no spend part'),
        (NULL, 'clv_total', 'value_to_date + clv'),
        (NULL, 'value', 'What customers are ranked by: clv, or value_to_date where the model has no spend part (see overview.value_basis)'),
        ('model', 'value', 'Value of the item'),
        ('cohorts', 'value', 'Margin x amounts of the cohort in the period'),
        (NULL, 'value_share', 'Share of the value of all customers; NULL where that is not positive'),
        ('concentration', 'value_share', 'Share of all value that these customers have; above 1 where others bring losses'),
        (NULL, 'value_at_risk', 'churn_score x value: what is expected to be gone if who does not buy in 90 days never does; a weight for priorities, not a forecast'),
        (NULL, 'mean_value', 'Value per customer'),
        (NULL, 'mean_churn_score', 'Mean probability of no purchase in 90 days'),
        (NULL, 'gini', 'Gini coefficient of value: 0 where all are equal, near 1 where one customer has all'),
        (NULL, 'top20_share', 'Share of the value that the best fifth of the customers have'),
        (NULL, 'value_basis', 'What value means: clv, or value_to_date where the model has no spend part'),
        (NULL, 'horizon_days', 'Days that expected purchases and clv look ahead'),
        (NULL, 'discount', 'Discount a year'),
        (NULL, 'margin', 'Margin, a share of the amounts'),
        (NULL, 'calendar', 'Calendar periods: week, month, quarter or year'),
        (NULL, 'no_model', 'Why there is no model; NULL where there is one'),
        (NULL, 'customer', 'The customer, as in the orders'),
        (NULL, 'first_purchase', 'Day of the first purchase'),
        (NULL, 'last_purchase', 'Day of the last purchase'),
        (NULL, 'tenure_days', 'Days since the first purchase'),
        (NULL, 'recency_days', 'Days since the last purchase'),
        (NULL, 'stage', 'Stage of the lifecycle; with confirm above 1 the one that so many refreshes agree on'),
        (NULL, 'raw_stage', 'Stage as this refresh finds it'),
        (NULL, 'stage_reason', 'The rule that decided raw_stage, with its numbers'),
        (NULL, 'thin', '1 where fewer than two repeat purchases tell of the customer: the scores say more of customers like this one'),
        (NULL, 'churn_score', 'Probability of no purchase in the next 90 days'),
        (NULL, 'churn_band', 'Band of the churn score, a fifth of the scale each'),
        (NULL, 'p_alive', 'Probability of not having left for good'),
        (NULL, 'expected_purchases', 'Purchases expected within the horizon'),
        (NULL, 'expected_spend', 'Expected amount of a purchase'),
        (NULL, 'next_purchase', 'Day by which one purchase is expected: horizon / expected_purchases days ahead; NULL where less than one is expected within the horizon'),
        (NULL, 'tier', 'Tier of the customer pyramid by value: the top 1 %, the next 4 %, the next 15 %, the others'),
        (NULL, 'value_decile', 'Tenth by value, 1 the best'),
        (NULL, 'r_score', 'Recency score 1 to 5 by quintiles, 5 the most recent'),
        (NULL, 'f_score', 'Frequency score 1 to 5 by quintiles of the number of purchases, 5 the most frequent'),
        (NULL, 'm_score', 'Monetary score 1 to 5 by quintiles of revenue, 5 the highest'),
        (NULL, 'rfm_group', 'Group by the three RFM scores, the first that holds: champions, r, f and m at least 4; recent, r at least 4 and f at most 2; loyal, r and f at least 3; valuable_at_risk, r at most 2 and m at least 4; asleep, r and f at most 2; to_develop, the others'),
        (NULL, 'matrix_class', 'Cell of the profitability matrix'),
        (NULL, 'advice_en', 'What to do with these customers, in English'),
        (NULL, 'advice_zh', 'What to do with these customers, in Chinese'),
        (NULL, 'x_en', 'What the x axis measures, in English'),
        (NULL, 'x_zh', 'What the x axis measures, in Chinese'),
        (NULL, 'y_en', 'What the y axis measures, in English'),
        (NULL, 'y_zh', 'What the y axis measures, in Chinese'),
        (NULL, 'x_cut', 'The lowest value above the median: from here on x is high'),
        (NULL, 'y_cut', 'The lowest 1 - churn_score above the median: from here on y is high. Half of the customers are, however likely they are to buy'),
        ('lifecycle_flow', 'period', 'First day of the calendar period'),
        ('cohorts', 'period', 'Calendar periods since that of the first purchase, which is 0'),
        ('tracking', 'period', 'Period of the model, from the first purchase of anybody'),
        (NULL, 'period_order', 'Order of the periods, from 1'),
        (NULL, 'complete', '1 where the period has ended by as_of, or else 0'),
        (NULL, 'retention', 'Share of the customers of the period before who bought again'),
        ('cohorts', 'retention', 'Share of the cohort with a purchase in the period'),
        (NULL, 'pulse', '(new + resurrected) / dormant: above 1 the base grows'),
        (NULL, 'from_day', 'Day from which the move is counted'),
        (NULL, 'to_day', 'Day up to which the move is counted'),
        (NULL, 'latest', '1 for the moves up to the day of the mart, 0 for earlier ones'),
        (NULL, 'from_stage', 'Stage on from_day; prospect: no purchase yet'),
        (NULL, 'to_stage', 'Stage on to_day'),
        (NULL, 'share', 'Share of those who were in from_stage'),
        (NULL, 'cohort', 'First day of the calendar period of the first purchase'),
        (NULL, 'cohort_order', 'Order of the cohorts, from 1'),
        ('cohorts', 'period_day', 'First day of the period'),
        ('tracking', 'period_day', 'Last day of the period'),
        (NULL, 'size', 'Customers of the cohort'),
        (NULL, 'active', 'Customers of the cohort with a purchase in the period'),
        (NULL, 'cumulative_value', 'Value of the cohort up to the end of the period'),
        (NULL, 'cumulative_value_per_customer', 'The same per customer of the cohort'),
        (NULL, 'decile', 'Tenth of the customers by value, 1 the best'),
        (NULL, 'cumulative_customers_share', 'Share of the customers in this tenth and better ones'),
        (NULL, 'cumulative_value_share', 'Share of the value of this tenth and better ones'),
        (NULL, 'above', 'Values of the tenth are above this; NULL for the last tenth'),
        (NULL, 'up_to', 'Values of the tenth are not above this; NULL for the first tenth'),
        (NULL, 'curve', 'lorenz: customers from the least valuable; whale: from the most valuable'),
        (NULL, 'point', 'Order of the points of a curve, from 0 at the origin'),
        (NULL, 'lower', 'Lower end of the band, included'),
        (NULL, 'upper', 'Upper end of the band'),
        (NULL, 'mean_r', 'Mean recency score'),
        (NULL, 'mean_f', 'Mean frequency score'),
        (NULL, 'mean_m', 'Mean monetary score'),
        (NULL, 'mean_recency_days', 'Mean days since the last purchase'),
        (NULL, 'mean_purchases', 'Mean number of purchases'),
        (NULL, 'active_share', 'Share of the cohort that is not churned'),
        (NULL, 'item', 'Parameter, number or check'),
        (NULL, 'se', 'Standard error; NULL where there is none'),
        (NULL, 'note', 'The item where it is a text: the family'),
        (NULL, 'actual', 'Repeat purchases in the period'),
        (NULL, 'expected', 'Repeat purchases that the model expects in the period'),
        (NULL, 'cumulative_actual', 'Repeat purchases up to the end of the period'),
        (NULL, 'cumulative_expected', 'Repeat purchases that the model expects up to the end of the period'),
        (NULL, 'expected_customers', 'Number of customers that the model expects'),
        (NULL, 'rank', 'Place on the list, 1 first'),
        (NULL, 'reason_en', 'Why to call, in English'),
        (NULL, 'reason_zh', 'Why to call, in Chinese'),
        (NULL, 'action', 'Next best action, a code of clm.action'),
        (NULL, 'touchpoint', 'Where to do it, a code of clm.touchpoint; NULL where the action has no place');
END;
COMMENT ON FUNCTION clm.mart_comments() IS 'Part of clm.create_mart: comments of the views and of their columns';

CREATE FUNCTION clm.mart_comment(mart name) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    described record;
BEGIN
    FOR described IN SELECT c.view, c.comment FROM clm.mart_comments() c WHERE c.col IS NULL LOOP
        EXECUTE format('COMMENT ON VIEW %I.%I IS %L', mart, described.view, described.comment);
    END LOOP;
    FOR described IN
        SELECT c.relname AS view, a.attname AS col,
               coalesce((SELECT m.comment FROM clm.mart_comments() m WHERE m.col = a.attname AND coalesce(m.view, c.relname) = c.relname ORDER BY m.view LIMIT 1),
                        CASE WHEN a.attname LIKE '%\_order' THEN 'Order of ' || left(a.attname, -6) || ' in lists'
                             WHEN a.attname LIKE '%\_en' THEN 'Label of ' || left(a.attname, -3) || ', in English'
                             WHEN a.attname LIKE '%\_zh' THEN 'Label of ' || left(a.attname, -3) || ', in Chinese' END) AS comment
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE c.relnamespace = to_regnamespace(format('%I', mart)) AND c.relname IN (SELECT m.view FROM clm.mart_comments() m WHERE m.col IS NULL) LOOP
        EXECUTE format('COMMENT ON COLUMN %I.%I.%I IS %L', mart, described.view, described.col, described.comment);
    END LOOP;
END
$$;
COMMENT ON FUNCTION clm.mart_comment(name) IS 'Part of clm.create_mart: writes the comments of the views';

CREATE FUNCTION clm.mart_views(s clm.mart_setting) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    view name;
    is_missing boolean;
    is_new boolean := false;
BEGIN
    -- A refresh replaces the one view that reads the new table, and so locks no other: a reader in a transaction who goes on to another
    -- view while the refresh waits for him would deadlock with it.
    FOR view IN SELECT c.view FROM clm.mart_comments() c WHERE c.col IS NULL LOOP
        is_missing := to_regclass(format('%I.%I', s.mart, view)) IS NULL;
        is_new := is_new OR is_missing;
        IF is_missing OR view = 'customers' THEN
            PERFORM clm.mart_view(s, view);
        END IF;
    END LOOP;
    IF is_new THEN
        PERFORM clm.mart_comment(s.mart);
    END IF;
END
$$;
COMMENT ON FUNCTION clm.mart_views(clm.mart_setting) IS 'Part of clm.create_mart: makes the views that are not there, and lets customers read the new table';
