-- Intervals of scores: the number of purchases that simulated customers make falls into its interval as often as the level
-- says, and the newcomer's value is what simulated newcomers bring.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SELECT plan(37);

CREATE TEMP TABLE truth AS
    SELECT family, period, params, clm.customer_model(family, period, params, '{6.25,3.74,15.44}') AS m
    FROM (VALUES ('bg/nbd', 7, '{.9,8,.8,6}'::float8[]), ('mbg/nbd', 7, '{.9,8,.8,6}'), ('pareto/nbd', 7, '{.9,8,.8,40}'),
        ('bg/bb', 73, '{1.2,.8,.9,5}'), ('bg/cnbd-k', 7, '{2,.9,4,.8,6}'), ('mbg/cnbd-k', 7, '{3,1.2,4,.8,6}')) v(family, period, params);
-- A thousand customers who join in the first half of 2023; half way through 2024 the model knows them, the rest is to come
CREATE TEMP TABLE customer AS
    SELECT family, customer_id, clm.history(day, amount) AS h
    FROM truth, clm.simulate(1000, '2023-01-01', '2025-06-30', 61, family, params, period, '{6.25,3.74,15.44}', '2023-06-30') GROUP BY 1, 2;
CREATE TEMP TABLE scored AS
    SELECT family, level, clm.occasions(h, date '2024-06-30', date '2025-06-30') AS actual, s.*
    FROM customer JOIN truth USING (family), (VALUES (.9::float8), (.5)) v(level),
        clm.scores(h, date '2024-06-30', m, 365, level => level) s;

SELECT cmp_ok(avg((actual BETWEEN purchases_lower AND purchases_upper)::int)::float8, '>=', level - 3 * sqrt(level * (1 - level) / count(*)),
    format('%s, level %s: the actual number lies within', family, level)) FROM scored GROUP BY family, level ORDER BY family, level;
SELECT cmp_ok(avg((actual > purchases_upper)::int)::float8, '<=', (1 - level) / 2 + 3 * sqrt((1 - level) / 2 / count(*)),
    format('%s, level %s: and is rarely above', family, level)) FROM scored GROUP BY family, level ORDER BY family, level;
-- Not by being wide: beside the widest interval that everybody would need, most are narrow
SELECT cmp_ok(avg(purchases_upper - purchases_lower)::float8, '<', .5 * (SELECT max(actual)::float8 FROM scored), format('%s: the intervals are narrow', family))
FROM scored WHERE level = .9 GROUP BY family ORDER BY family;
SELECT ok(bool_and(s.expected_purchases_lower <= s.expected_purchases_upper AND s.purchases_lower <= s.purchases_upper AND s.clv_lower <= s.clv_upper
    AND s.purchases_upper = floor(s.purchases_upper) AND s.expected_purchases_lower >= 0), 'lower ends below upper ends') FROM scored s;

-- A newcomer's value: the sum of what newcomers spend within a year of their first day
SELECT ok(abs(avg(spent) - value) < 4 * stddev(spent) / sqrt(count(*)), format('%s: a newcomer is worth what newcomers spend', family))
FROM (SELECT family, customer_id, clm.total(clm.history(day, amount), NULL, min(day) + 365) AS spent, clm.clv(m, 365, 0) AS value
      FROM truth, clm.simulate(20000, '2023-01-01', '2024-02-15', 62, family, params, period, '{6.25,3.74,15.44}', '2023-01-31') GROUP BY family, customer_id, m) v
GROUP BY family, value ORDER BY family;

SELECT * FROM finish();
ROLLBACK;
