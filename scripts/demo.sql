-- From orders to scores. `make demo` runs this file; it can be run as well on any table orders(customer, day, amount):
--     psql -v as_of=2024-06-30 -v period=7 -v days=365 -v model=mbg/nbd -v money=on -f scripts/demo.sql
-- as_of   the model and the scores know nothing of later days, which are kept for a check at the end
-- period  length in days of the model's unit of time
-- days    how far ahead the scores look
-- money   off where orders have no amount: then purchases are counted only
\set QUIET on
\set ON_ERROR_STOP on
\pset footer off
\pset pager off
\pset null -

SELECT count(*) AS orders, count(DISTINCT customer) AS customers, min(day) AS first_day, max(day) AS last_day,
       :'as_of'::date - max(day) AS silent_days, :'as_of'::date - max(day) > 30 AS is_late
FROM orders WHERE day <= :'as_of'::date \gset
SELECT greatest(max(day) - :'as_of'::date, 0) AS holdout_days, max(day) > :'as_of'::date AS has_holdout
FROM orders \gset

\echo Fitting :model to the :orders orders of :customers customers from :first_day to :last_day, as of :as_of ...
\if :is_late
\echo The last order is of :last_day, :silent_days days before AS_OF: all that time counts as silence of the customers.
\endif

-- 1. One history a customer.
\if :money
CREATE TABLE customers AS
    SELECT customer, clm.history(day, amount) AS h
    FROM orders
    GROUP BY customer;
\else
CREATE TABLE customers AS
    SELECT customer, clm.history(day) AS h
    FROM orders
    GROUP BY customer;
\endif

-- 2. One model for all of them, fitted on what was known at the end of the day as_of. It has no spend part where the
--    amounts do not allow one: all value is then left out below.
SET client_min_messages = error;
CREATE TABLE model AS
    SELECT clm.customer_model(h, :'as_of'::date, :'model', :period) AS m
    FROM customers;

RESET client_min_messages;
SELECT (m).spend IS NULL AND :'money'::boolean AS without_spend, (m).spend IS NOT NULL AS money FROM model \gset

-- 3. The scores of those who had bought by then.
CREATE TABLE scores AS
    SELECT c.customer, clm.recency(c.h, :'as_of'::date) AS days_since_last,
           round(clm.cadence(clm.as_of(c.h, :'as_of'::date))) AS usual_gap, s.*
    FROM customers AS c, model,
         LATERAL clm.scores(c.h, :'as_of'::date, m, :days) AS s
    WHERE clm.occasions(c.h, NULL, :'as_of'::date) > 0;

\echo
SELECT (m).family AS fitted_family FROM model \gset
\echo 'The fitted model:' :fitted_family 'with its parameters and their standard errors (a period is' :period 'days)'
SELECT name, trim_scale(round(value::numeric, 6)) AS value, round(se::numeric, 6) AS standard_error
FROM model, LATERAL clm.describe(m);

\if :money

\echo 'Customers and value by stage of the lifecycle (value to date; clv is what is to come in' :days 'days, discounted)'
SELECT stage, clm.label(stage, 'clm4', 'en') AS stage_en, clm.label(stage, 'clm4', 'zh') AS stage_zh,
       count(*) AS customers,
       round(sum(value_to_date)::numeric, 2) AS value_to_date, round(sum(clv)::numeric, 2) AS clv
FROM scores
GROUP BY stage
ORDER BY stage;

\echo 'The ten most valuable customers'
SELECT customer, stage, round(p_alive::numeric, 3) AS p_alive,
       round(expected_purchases::numeric, 2) AS expected_purchases, round(expected_spend::numeric, 2) AS expected_spend,
       round(value_to_date::numeric, 2) AS value_to_date, round(clv::numeric, 2) AS clv
FROM scores
ORDER BY scores.clv DESC NULLS LAST, customer
LIMIT 10;

\echo 'The ten most valuable customers at risk (more likely than not, no further purchase within 90 days; not yet gone).'
\echo 'They have been silent for days_since_last; their usual gap between purchases is usual_gap.'
SELECT customer, stage, days_since_last, usual_gap, round(churn_score::numeric, 3) AS churn_score,
       round(value_to_date::numeric, 2) AS value_to_date, round(clv::numeric, 2) AS clv
FROM scores
WHERE churn_score > .5 AND scores.stage <> 'churned'
ORDER BY scores.clv DESC NULLS LAST, customer
LIMIT 10;

\echo 'Customer equity: the sum of clv over all customers'
SELECT count(*) AS customers, round(sum(value_to_date)::numeric, 2) AS value_to_date,
       round(sum(clv)::numeric, 2) AS customer_equity
FROM scores;

\else

\if :without_spend
\echo 'The amounts of the repeat buyers are nearly equal or too few for a model of spend:'
\else
\echo 'The orders have no amount:'
\endif
\echo 'purchases are counted, and value, spend and customer equity are left out.'

\echo
\echo 'Customers by stage of the lifecycle (purchases expected in' :days 'days)'
SELECT stage, clm.label(stage, 'clm4', 'en') AS stage_en, clm.label(stage, 'clm4', 'zh') AS stage_zh,
       count(*) AS customers,
       round(sum(expected_purchases)::numeric, 1) AS expected_purchases
FROM scores
GROUP BY stage
ORDER BY stage;

\echo 'The ten customers with the most purchases to come'
SELECT customer, stage, round(p_alive::numeric, 3) AS p_alive,
       round(expected_purchases::numeric, 2) AS expected_purchases
FROM scores
ORDER BY scores.expected_purchases DESC, customer
LIMIT 10;

\echo 'The ten with the most to come at risk (more likely than not, no further purchase within 90 days; not yet gone)'
SELECT customer, stage, days_since_last, usual_gap, round(churn_score::numeric, 3) AS churn_score,
       round(expected_purchases::numeric, 2) AS expected_purchases
FROM scores
WHERE churn_score > .5 AND scores.stage <> 'churned'
ORDER BY scores.expected_purchases DESC, customer
LIMIT 10;

\endif

\if :has_holdout

\echo 'Hold-out: repeat purchases in the' :holdout_days 'days after' :as_of', which the model has not seen'
SELECT CASE WHEN GROUPING(x) = 1 THEN 'all' WHEN x = 7 THEN '7+' ELSE x::text END AS "repeats before",
       count(*) AS customers, sum(actual) AS actual, round(sum(predicted)::numeric, 1) AS predicted,
       round(avg(actual), 3) AS "actual each", round(avg(predicted)::numeric, 3) AS "predicted each"
FROM (SELECT least(clm.occasions(h, NULL, :'as_of'::date) - 1, 7) AS x,
             clm.occasions(h, :'as_of'::date, NULL) AS actual,
             clm.expected_purchases(h, :'as_of'::date, m, :holdout_days) AS predicted
      FROM customers, model
      WHERE clm.occasions(h, NULL, :'as_of'::date) > 0) AS holdout
GROUP BY ROLLUP (x)
ORDER BY GROUPING(x), x;

\endif
