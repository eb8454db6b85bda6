-- # Migration
-- Where customers move: how many went from one state to another, and where they will be.

-- clm.transitions: Stages at the end of September and of December
SELECT clm.transitions(clm.lifecycle_stage(h, date '2024-09-30'), clm.lifecycle_stage(h, date '2024-12-31')) FROM customers
WHERE clm.lifecycle_stage(h, date '2024-09-30') IN ('growing', 'declining');

-- clm.forecast: A thousand active customers, two steps ahead
SELECT f.* FROM clm.forecast('{active>active:70,active>silent:30,silent>active:25,silent>silent:45,silent>lost:30,lost>lost:1}',
                             ARRAY['active', 'silent', 'lost'], ARRAY[1000, 0, 0], 2) f;
