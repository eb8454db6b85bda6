-- Which existing customers are new customers of one of our services?
-- For: product managers. The textbook's fourth stage, the new customer of a new service (新业务的新客户), is an existing customer
-- whose own history with one service has just begun. old_trend is how the services that he had before are doing: who is
-- content with the old takes up the new.
-- Needs: c(id, h), order_line(customer_id, day, product, amount)
-- Source: CRM textbooks: prospect, new customer, existing customer, new customer of a new service.
WITH service_history AS (
    SELECT customer_id AS id, product, clm.history(day, amount) AS h FROM order_line GROUP BY customer_id, product
), position AS (
    SELECT c.id, s.product, clm.lifecycle_stage(c.h, date :'d') AS stage,
           clm.lifecycle_stage(s.h, date :'d') AS service_stage,
           clm.trend(c.h, clm.first_day(s.h) - 1) AS old_trend
    FROM c JOIN service_history s USING (id) WHERE clm.occasions(c.h, NULL, date :'d') > 0
)
SELECT product, count(*) FILTER (WHERE service_stage <> 'prospect') AS customers,
       count(*) FILTER (WHERE service_stage = 'new' AND stage = 'new') AS "新客户",
       count(*) FILTER (WHERE service_stage = 'new' AND stage IN ('growing', 'mature', 'declining')) AS "新业务的新客户",
       round(avg(old_trend) FILTER (WHERE service_stage = 'new' AND stage IN ('growing', 'mature', 'declining'))::numeric,
             3) AS old_trend,
       round(100.0 * count(*) FILTER (WHERE service_stage = 'new' AND stage IN ('growing', 'mature', 'declining'))
             / nullif(count(*) FILTER (WHERE stage IN ('growing', 'mature', 'declining')), 0), 1) AS "% of its existing"
FROM position GROUP BY product ORDER BY product;

-- All customers in the four stages: the fourth takes precedence over existing customer.
SELECT CASE WHEN new_service AND stage IN ('growing', 'mature', 'declining') THEN '新业务的新客户'
            ELSE coalesce(clm.label(stage, 'textbook4', 'zh'), '不适用') END AS "阶段", count(*) AS customers
FROM (SELECT c.id, clm.lifecycle_stage(c.h, date :'d') AS stage,
             coalesce(bool_or(clm.lifecycle_stage(s.h, date :'d') = 'new'), false) AS new_service
      FROM c LEFT JOIN (SELECT customer_id, product, clm.history(day, amount) AS h FROM order_line
                        GROUP BY customer_id, product) s
                    ON s.customer_id = c.id
      GROUP BY c.id, c.h) p
GROUP BY 1 ORDER BY customers DESC, 1;
