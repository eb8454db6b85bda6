-- A mart of a table orders(customer, day, amount), for the report page; `make report` runs this file.
--     psql -v as_of=2025-06-30 -v period=7 -v days=365 -v model=mbg/nbd -v money=on -f scripts/report.sql
-- as_of   the last day that counts
-- period  length in days of the model's unit of time
-- days    how far ahead the scores look
-- money   off where orders have no amount: then purchases are counted only
\set ON_ERROR_STOP on
SET client_min_messages = warning;

SELECT CASE WHEN :'money'::boolean THEN 'amount' ELSE '' END AS amount \gset
CALL clm.create_mart('mart', 'orders', 'customer', 'day', nullif(:'amount', '')::name, period => :period, as_of => :'as_of'::date,
                     horizon => :days, family => :'model');
