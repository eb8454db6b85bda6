-- # Contracts
-- Customers who leave at the end of a period, which is seen: how long they stay, and what they are worth.

-- clm.retention_model: Of 1,000 who began together, so many left after each year, and 491 are still there
SELECT (m).params, (m).customers, (m).churned
FROM (SELECT clm.retention_model(tenure, churned, 'bdw', n) AS m
      FROM (VALUES (1, true, 131), (2, true, 126), (3, true, 90), (4, true, 60), (5, true, 42), (6, true, 34), (7, true, 26), (7, false, 491))
           subscription(tenure, churned, n)) q;

-- clm.retention_model: With published parameters, by the function
SELECT family, params FROM clm.retention_model('sbg', ARRAY[3.80, 15.20]);

-- clm.survival, clm.retention_rate: Half of them are there after three periods; those who stayed renew more often (Fader & Hardie 2007)
SELECT tenure, clm.survival(m, tenure), clm.retention_rate(m, tenure) FROM clm.retention_model('sbg', ARRAY[1, 3]) m, generate_series(0, 3) tenure;

-- clm.points: The projected curve of a retention model
SELECT p.* FROM clm.points(clm.retention_model('sbg', ARRAY[1, 3]), 3) p;

-- clm.points: A tracking: repeat purchases by half years, actual and expected
SELECT p.* FROM (SELECT clm.tracking(h, date '2024-12-31', 182) AS t FROM customers) q, model, LATERAL clm.points(t, m) p;

-- clm.points: A frequency fit: customers by their number of repeat purchases
SELECT p.purchases, p.customers, p.expected_customers
FROM (SELECT clm.frequency_fit(h, date '2024-12-31', m, NULL) AS f FROM customers, model) q, LATERAL clm.points(f) p;

-- clm.points: A retention curve with its 95 % interval: 1 of 10, 2 of 8 and 1 of 5 leave
SELECT p.period, p.at_risk, p.churned, p.survival, p.se, p.ci_low, p.ci_high
FROM (SELECT clm.retention_curve(tenure, churned, n) AS c
      FROM (VALUES (1, true, 1), (1, false, 1), (2, true, 2), (2, false, 1), (3, true, 1), (3, false, 4)) v(tenure, churned, n)) q,
    LATERAL clm.points(c) p;
