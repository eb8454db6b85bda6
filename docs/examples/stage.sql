-- # Lifecycle stages
-- Where each customer stands.

-- clm.lifecycle_stage: From the history alone
SELECT what, clm.lifecycle_stage(h, date '2024-12-31')
FROM (VALUES ('never bought', NULL::clm.history), ('first purchase in December', '{2024-12-05:20}'),
             ('every month', '{2024-07-10:20,2024-08-12:20,2024-09-09:20,2024-10-11:20,2024-11-10:20,2024-12-12:20}'),
             ('silent for half a year', '{2024-05-05:20,2024-06-05:20,2024-07-01:20}')) c(what, h);

-- clm.lifecycle_stage: With a fitted model in place of the rule of silence
SELECT clm.lifecycle_stage(h, date '2024-12-31', m) AS stage, count(*) FROM customers, model GROUP BY stage ORDER BY stage;
