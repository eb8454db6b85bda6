-- What is the whole customer base worth, cohort by cohort, those still to come included?
-- For: the board and investors. to_come and equity have no horizon: all that customers will ever bring, discounted at 10 % a
-- year. five_years is the part of it that falls into the next five years, less what winning customers in those years costs:
-- the figure to show to whoever doubts what is decades ahead.
-- Needs: c(id, h), model(m), acquired(id, day, cac, m)
-- Source: Gupta, Lehmann & Stuart 2004; Rust, Lemon & Zeithaml 2004.

-- Today's customers by quarter of their first purchase: what they cost, what they have brought, what is still to come.
SELECT to_char(date_trunc('quarter', day), 'YYYY "Q"Q') AS cohort, count(*) AS customers, round(avg(cac)::numeric, 2) AS cac,
       round(100.0 * avg((s.stage <> 'churned')::int)) AS "% still here",
       round(sum(s.value_to_date)::numeric) AS value_to_date,
       round(sum(s.clv)::numeric) AS to_come,
       round(sum(clm.clv(h, date :'d', model.m, 1826, .10, .45))::numeric) AS five_years,
       round(avg(s.clv_total - cac)::numeric, 2) AS lifetime_less_cac
FROM acquired a JOIN c USING (id), model, LATERAL clm.scores(h, date :'d', model.m, NULL, .10, .45) s
GROUP BY 1 ORDER BY 1;

-- Customer equity: today's customers and the cohorts of the next four years, at the intake, cost, margin and retention of
-- the last year; each future cohort is discounted to today.
WITH intake AS (
    SELECT count(*) AS n, avg(cac) AS cac, avg(12 * m) AS margin FROM acquired WHERE day > date :'d' - 365
), retention AS (
    SELECT avg((clm.lifecycle_stage(h, date :'d') <> 'churned')::int)::float8 AS r FROM c
    WHERE clm.occasions(h, NULL, date :'d' - 365) > 0 AND clm.lifecycle_stage(h, date :'d' - 365) <> 'churned'
)
SELECT coalesce(part, 'customer equity') AS part, sum(customers) AS customers, round(sum(equity)::numeric) AS equity,
       round(sum(five_years)::numeric) AS five_years
FROM (SELECT 'today''s customers' AS part, count(*) AS customers, sum(clm.clv(h, date :'d', m, NULL, .10, .45)) AS equity,
             sum(clm.clv(h, date :'d', m, 1826, .10, .45)) AS five_years
      FROM c, model WHERE clm.occasions(h, NULL, date :'d') > 0
      UNION ALL
      SELECT format('won in year %s', k), n, n * (clm.clv(margin, r, .10, advance => true) - cac) / 1.1 ^ k,
             n * (clm.clv(margin, r, .10, periods => 5 - k, advance => true) - cac) / 1.1 ^ k
      FROM intake, retention, generate_series(1, 4) k) p
GROUP BY ROLLUP (part) ORDER BY p.part NULLS LAST;

-- A worked example: three cohorts, margin 100, retention .8, 10 %.
SELECT round(sum(equity)::numeric) AS equity, string_agg(round(equity::numeric)::text, ' + ' ORDER BY k) AS cohorts
FROM (SELECT k, n * (clm.clv(100, .8, .1, advance => true) - c) / 1.1 ^ k AS equity
      FROM (VALUES (0, 1000, 60), (1, 1200, 60), (2, 1300, 70)) x(k, n, c)) y;
