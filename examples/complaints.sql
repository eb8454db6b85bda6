-- How many complaints are there, how fast are they resolved, and what do they do to customers?
-- For: service quality. Complaints are histories too: how often and how long ago.
-- Needs: c(id, h), model(m), contact(customer_id, day, touchpoint, topic, resolved_on), survey(id, expected,
-- service_quality)
-- Source: Fornell & Wernerfelt 1987 (complaint management).

-- By touchpoint: complaints of the last year, share resolved, days to resolve.
SELECT coalesce(touchpoint, 'all') AS touchpoint, count(*) AS complaints,
       round(100.0 * count(resolved_on) / count(*), 1) AS "resolved %", round(avg(resolved_on - day), 1) AS days,
       percentile_disc(.9) WITHIN GROUP (ORDER BY resolved_on - day) AS nine_in_ten_within
FROM contact WHERE topic = 'complaint' AND day > date :'d' - 365 AND day <= date :'d' GROUP BY ROLLUP (touchpoint)
ORDER BY contact.touchpoint NULLS LAST;

-- Complaints and churn: customers by complaints of the last year.
SELECT least(coalesce(clm.occasions(t.h, date :'d' - 365), 0), 2) AS complaints, count(*) AS customers,
       round(avg(clm.recency(t.h, date :'d'))) AS days_since_last,
       round(avg(clm.churn_score(c.h, date :'d', m, 90))::numeric, 3) AS churn,
       round(100.0 * avg((clm.occasions(c.h, date :'d', date :'d' + 90) > 0)::int), 1) AS "% buying in the next 90 days"
FROM c LEFT JOIN (SELECT customer_id AS id, clm.history(day) AS h FROM contact
                  WHERE topic = 'complaint' AND day <= date :'d' GROUP BY customer_id) t USING (id), model
WHERE clm.occasions(c.h, NULL, date :'d') > 0 GROUP BY 1 ORDER BY 1;

-- Service as perceived, by the touchpoint that a customer uses most: gap to what was expected.
SELECT touchpoint, count(*) AS answers, round(avg(clm.gap(expected, service_quality))::numeric, 2) AS gap
FROM (SELECT DISTINCT ON (customer_id) customer_id AS id, touchpoint, count(*) AS n FROM contact
      WHERE day <= date :'d' GROUP BY customer_id, touchpoint ORDER BY customer_id, n DESC, touchpoint) t JOIN survey USING (id)
GROUP BY touchpoint ORDER BY gap, touchpoint;
