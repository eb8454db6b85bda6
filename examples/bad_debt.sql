-- How much of what we have billed will never be paid?
-- For: finance and credit control. Expected loss = probability of default x loss given default x balance.
-- Needs: c(id, h), arrears(id, pd, lgd, balance, overdue)
-- Source: Basel Committee on Banking Supervision 2005 (expected loss).

-- By stage of the customer; the last column feeds the driver bad_debt: expected loss relative to the sales of 90 days.
SELECT coalesce(clm.label(stage, 'telecom5', 'zh'), '不适用') AS "阶段", stage, count(*) AS customers,
       count(balance) AS in_arrears, round(sum(balance)::numeric) AS balance,
       round(sum(clm.expected_loss(pd, lgd, balance))::numeric, 2) AS expected_loss,
       round((100 * sum(clm.expected_loss(pd, lgd, balance)) / nullif(sum(billed), 0))::numeric, 2) AS "bad_debt %"
FROM (SELECT clm.lifecycle_stage(h, date :'d') AS stage, clm.total(h, date :'d' - 90, date :'d') AS billed, pd, lgd, balance
      FROM c LEFT JOIN arrears USING (id) WHERE clm.occasions(h, NULL, date :'d') > 0) x
GROUP BY stage ORDER BY stage;

-- Ageing of the balances, with the rates of loss that the company has seen by age.
SELECT coalesce(age, 'all') AS overdue, count(*) AS bills, round(sum(balance)::numeric) AS balance, CASE grouping(age)
       WHEN 0 THEN min(rate) END AS rate, round(sum(balance * rate)::numeric, 2) AS provision,
       round(sum(clm.expected_loss(pd, lgd, balance))::numeric, 2) AS expected_loss
FROM arrears JOIN (VALUES (0, 30, '0 to 30 days', .01), (31, 60, '31 to 60 days', .05), (61, 90, '61 to 90 days', .20),
                   (91, 100000, 'over 90 days', .50)) a(low, high, age, rate)
     ON overdue BETWEEN low AND high
GROUP BY ROLLUP (age) ORDER BY a.age NULLS LAST;

-- Whom to ask for payment first.
SELECT id, overdue, balance, pd, round(clm.expected_loss(pd, lgd, balance)::numeric, 2) AS expected_loss,
       clm.lifecycle_stage(h, date :'d') AS stage
FROM arrears JOIN c USING (id) ORDER BY clm.expected_loss(pd, lgd, balance) DESC, id LIMIT 5;

-- Worked examples: .04 x .6 x 500, and balances of 1000, 200, 80 and 40 at 1, 5, 20 and 50 %.
SELECT clm.expected_loss(.04, .6, 500) AS expected_loss, sum(balance * rate) AS provision
FROM (VALUES (1000, .01), (200, .05), (80, .20), (40, .50)) x(balance, rate);
