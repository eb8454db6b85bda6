-- Along the customer's journey, how much of the possible value do we realise?
-- For: strategy. Income by link of the journey and by part of value, of which realised; the rest is still possible within
-- five years. The realisation rate is realised / (realised + unrealised).
-- Needs: journey(customer_id, n, part, realised, unrealised), link(n, link, zh)
-- Source: value of the whole life cycle by links of the journey (Deloitte, luxury cars: 56.3 % of 710 thousand realised).
SELECT coalesce(link.n::text, 'all') AS n, CASE grouping(link.n) WHEN 0 THEN min(link) ELSE '' END AS link,
       CASE grouping(link.n) WHEN 0 THEN min(zh) ELSE '合计' END AS "环节", round(sum(realised)::numeric) AS realised,
       round(sum(unrealised)::numeric) AS unrealised,
       round((100 * sum(realised) / nullif(sum(realised + unrealised), 0))::numeric, 1) AS "realisation %"
FROM journey JOIN link USING (n) GROUP BY ROLLUP (link.n) ORDER BY link.n NULLS LAST;

-- The same by part of value: bought, spread by word of mouth, known to us, learnt from, traded.
SELECT p.en AS part, p.zh AS "价值构成", round(sum(realised)::numeric) AS realised, round(sum(unrealised)::numeric) AS unrealised,
       round((100 * sum(realised) / nullif(sum(realised + unrealised), 0))::numeric, 1) AS "realisation %"
FROM journey j JOIN clm.value_part p ON p.part = j.part GROUP BY p.en, p.zh ORDER BY realised DESC, part;

-- Customers by how much of their value is realised: the lower bands are the potential.
SELECT band, count(*) AS customers, round(avg(realised)::numeric, 2) AS realised,
       round(avg(unrealised)::numeric, 2) AS unrealised
FROM (SELECT sum(realised) AS realised, sum(unrealised) AS unrealised,
             CASE width_bucket(sum(realised) / nullif(sum(realised + unrealised), 0), ARRAY[.3, .4, .5]::float8[])
                  WHEN 0 THEN 'below 30 %' WHEN 1 THEN '30 to 40 %' WHEN 2 THEN '40 to 50 %' ELSE 'from 50 %' END AS band
      FROM journey GROUP BY customer_id) x
GROUP BY band ORDER BY avg(realised / nullif(realised + unrealised, 0));

-- Published examples, thousands a customer over five years.
SELECT brand, total, rate AS "realisation %", round(total * rate / 100, 1) AS realised,
       round(total * (100 - rate) / 100, 1) AS unrealised
FROM (VALUES ('luxury', 710, 56.3), ('mass market', 383, 38.8), ('new energy', 328, 26.5), ('domestic', 280, 33.5))
     x(brand, total, rate)
ORDER BY total DESC;
