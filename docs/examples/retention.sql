-- # Retention curves
-- How many customers stay how long, where not all have left yet.

-- clm.retention_curve: Its rows are shown at clm.points
SELECT (c).customers, (c).churned, (c).tenure, (c).survival
FROM (SELECT clm.retention_curve(tenure, churned, n) AS c
      FROM (VALUES (1, true, 1), (1, false, 1), (2, true, 2), (2, false, 1), (3, true, 1), (3, false, 4)) v(tenure, churned, n)) q;
