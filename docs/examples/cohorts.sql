-- # Cohorts
-- Customers by the calendar period of their first occasion: who is still active, and what each cohort has brought.

-- clm.cohorts: Half a year of cohorts by quarter
SELECT clm.cohorts(h, date '2024-06-30', 'quarter') FROM customers WHERE clm.first_day(h) >= '2024-01-01';

-- clm.entries: Its rows
SELECT e.* FROM (SELECT clm.cohorts(h, date '2024-12-31', 'quarter') AS c FROM customers WHERE clm.first_day(h) >= '2024-04-01') q, LATERAL clm.entries(c) e
ORDER BY cohort, period;
