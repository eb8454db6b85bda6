-- What does a customer cost by channel, what is he worth, and when is the money back?
-- For: marketing, deciding where to advertise. cac: cost of a won customer; ltv: lifetime value, paid from the first month
-- on, 97 % retention and 1 % discount a month; roi: (ltv - cac) / cac; payback: months until the retained margin has paid
-- the cac; most: the highest cac at which the channel still earns 1 for each 2 spent. Sales, margin and lifetime value are
-- three numbers.
-- Needs: c(id, channel, h), acquired(id, channel, cac, m), prospect(channel, cost, converted)
-- Source: Gupta & Lehmann 2003; Berger & Nasr 1998.
SELECT a.channel, count(*) AS won, round((sum(cac) / count(*))::numeric, 2) AS cac, round(avg(sales)::numeric, 2) AS sales,
       round(avg(m)::numeric, 2) AS monthly_margin, round(avg(ltv)::numeric, 2) AS ltv,
       round((avg(ltv) / nullif(avg(cac), 0))::numeric, 2) AS ltv_cac,
       round((avg(ltv - cac) / nullif(avg(cac), 0))::numeric, 2) AS roi,
       round((avg(cac) / nullif(avg(m) * .97, 0))::numeric, 1) AS payback, round((avg(ltv) / 1.5)::numeric, 2) AS most
FROM (SELECT acquired.*, clm.clv(m, .97, .01, advance => true) AS ltv, clm.total(h, NULL, date :'d') AS sales
      FROM acquired JOIN c USING (id, channel)) a
GROUP BY a.channel ORDER BY ltv_cac DESC, a.channel;

-- Conversion of the people who were approached, and what one of them is worth before he has decided: conversion x ltv - cost.
-- break_even is the conversion at which approaching people just pays.
SELECT channel, approached, converted, round(100 * conversion, 2) AS "conversion %", cost,
       round((conversion * ltv - cost)::numeric, 2) AS prospect_value, round((100 * cost / ltv)::numeric, 2) AS "break_even %"
FROM (SELECT channel, count(*) AS approached, count(*) FILTER (WHERE converted) AS converted,
             avg(converted::int) AS conversion,
             round(avg(cost), 2) AS cost FROM prospect WHERE converted IS NOT NULL GROUP BY channel) p
JOIN (SELECT channel, avg(clm.clv(m, .97, .01, advance => true)) AS ltv FROM acquired GROUP BY channel) a USING (channel)
ORDER BY prospect_value DESC, channel;

-- A worked example, years: margin 100, retention .8, 10 % a year, acquisition cost 60, 5 a prospect at 3 % conversion.
SELECT round((ltv / 60)::numeric, 2) AS ltv_cac, round(((ltv - 60) / 60)::numeric, 2) AS roi,
       round(60 / (100 * .8), 2) AS payback,
       round((.03 * ltv - 5)::numeric, 2) AS prospect_value
FROM (SELECT clm.clv(100, .8, .1) AS ltv) x;
