-- Have our best customers been cared for?
-- For: key accounts and the community managers. Contacts are histories as well: of each customer, how long ago and how
-- regularly somebody spoke with him, in both directions.
-- Needs: c(id, region, h), model(m), contact(customer_id, day, touchpoint, inbound)
-- Source: Berry & Parasuraman 1991 (levels of retention).

-- Contact by value tier: interaction should be deepest with the best customers.
WITH valued AS (
    SELECT c.id, c.h, ntile(10) OVER (ORDER BY clm.clv(h, date :'d', m, 365, .10, .45) DESC, c.id) AS tenth FROM c, model
    WHERE clm.occasions(h, NULL, date :'d') > 0
), contacted AS (
    SELECT customer_id AS id, clm.history(day) AS h, clm.history(day) FILTER (WHERE inbound) AS inbound FROM contact
    WHERE day <= date :'d' GROUP BY customer_id
)
SELECT CASE WHEN tenth = 1 THEN 'top 10 %' WHEN tenth <= 3 THEN 'next 20 %' ELSE 'others' END AS tier, count(*) AS customers,
       round(avg(coalesce(clm.occasions(t.h, date :'d' - 365), 0)), 2) AS contacts_a_year,
       round(avg(coalesce(clm.occasions(inbound, date :'d' - 365), 0)), 2) AS by_the_customer,
       round(avg(clm.recency(t.h, date :'d'))) AS days_since_last,
       count(*) FILTER (WHERE coalesce(clm.recency(t.h, date :'d'), 1000) > 90) AS not_in_90_days
FROM valued v LEFT JOIN contacted t USING (id) GROUP BY 1 ORDER BY min(tenth);

-- By touchpoint, the customers of the top tenth: cadence is the mean number of days between two contacts.
WITH valued AS (
    SELECT id FROM (SELECT id, ntile(10) OVER (ORDER BY clm.clv(h, date :'d', m, 365, .10, .45) DESC, id) AS tenth
                    FROM c, model WHERE clm.occasions(h, NULL, date :'d') > 0) x WHERE tenth = 1
)
SELECT touchpoint, count(*) AS customers, round(avg(clm.cadence(h))::numeric) AS cadence,
       round(avg(clm.recency(h, date :'d'))) AS days_since_last
FROM (SELECT customer_id, touchpoint, clm.history(day) AS h FROM contact JOIN valued ON id = customer_id
      WHERE day <= date :'d' GROUP BY customer_id, touchpoint) x
GROUP BY touchpoint ORDER BY touchpoint;

-- To be called this week: of the top tenth, those not spoken with for the longest time, with their usage.
SELECT id, region, round(clv::numeric, 2) AS clv, last_contact, round(clm.trend(h, date :'d')::numeric, 3) AS trend,
       clm.lifecycle_stage(h, date :'d') AS stage
FROM (SELECT c.*, clm.clv(h, date :'d', m, 365, .10, .45) AS clv,
             ntile(10) OVER (ORDER BY clm.clv(h, date :'d', m, 365, .10, .45) DESC, id) AS tenth,
             last_contact
      FROM c LEFT JOIN (SELECT customer_id AS id, max(day) AS last_contact FROM contact WHERE day <= date :'d'
                        GROUP BY customer_id) t USING (id), model
      WHERE clm.occasions(h, NULL, date :'d') > 0) x
WHERE tenth = 1 ORDER BY last_contact NULLS FIRST, id LIMIT 8;
