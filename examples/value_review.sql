-- How has the value of the base developed from quarter to quarter?
-- For: the quarterly review. Every line is what was known on its day: histories as of that day, and a model fitted to them.
-- value_to_date is the margin earned so far, to_come that of the next 365 days, both at a margin of 45 %. Volume and value
-- stand side by side, since they need not agree. The five lines need 18 months of data: a day less than 180 days after the
-- first order is left out, since no model can be fitted to so little.
-- Needs: c(id, h), model(m)
-- Source: Berger & Nasr 1998; Fader, Hardie & Lee 2005.
WITH day AS (
    SELECT date :'d' - 91 * q AS day FROM generate_series(0, 4) q
    WHERE date :'d' - 91 * q >= (SELECT min(clm.first_day(h)) + 180 FROM c)
), fitted AS (
    SELECT day, clm.customer_model(h, day) AS m FROM c, day GROUP BY day
)
SELECT day, count(*) AS customers, count(*) FILTER (WHERE s.stage <> 'churned') AS here,
       count(*) FILTER (WHERE s.stage = 'new') AS new,
       count(*) FILTER (WHERE s.stage = 'growing') AS growing, count(*) FILTER (WHERE s.stage = 'mature') AS mature,
       round(sum(s.value_to_date)::numeric) AS value_to_date,
       round(sum(s.clv)::numeric) AS to_come, round(sum(s.clv_total)::numeric) AS lifetime,
       round((sum(s.clv) - lag(sum(s.clv)) OVER (ORDER BY day))::numeric) AS change
FROM c, fitted, LATERAL clm.scores(h, day, m, 365, .10, .45) s
WHERE clm.occasions(h, NULL, day) > 0 GROUP BY day ORDER BY day;

-- One customer's value, seen from each quarter: the best of today.
WITH best AS (
    SELECT id, h FROM c, model ORDER BY clm.clv(h, date :'d', m, 365, .10, .45) DESC NULLS LAST, id LIMIT 1
)
SELECT id, date :'d' - 91 * q AS day, clm.lifecycle_stage(h, date :'d' - 91 * q) AS stage,
       clm.occasions(h, NULL, date :'d' - 91 * q) AS orders,
       round(clm.total(h, date :'d' - 91 * (q + 1), date :'d' - 91 * q)::numeric, 2) AS sales,
       round((.45 * clm.total(h, NULL, date :'d' - 91 * q))::numeric, 2) AS value_to_date
FROM best, generate_series(0, 4) q ORDER BY day;
