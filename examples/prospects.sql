-- Which prospects are worth approaching, and what may it cost?
-- For: sales and community managers. All people of a region are prospects; four signals (how the firm is spoken of, how
-- well the prospect can judge, how close his trade is, his interest) make an index; the conversion of each band of the
-- index is taken from those who were approached before. value: conversion x first-year margin of his wallet x lifetime
-- multiple - cost.
-- Needs: prospect(id, region, channel, cost, category_spend, reputation, level, industry_fit, interest, converted)
-- Source: expected value of a prospect, Blattberg & Deighton 1996.
WITH indexed AS (
    SELECT *, width_bucket(clm.score('{.1,.2,.2,.5}', ARRAY[reputation, level, industry_fit, interest]),
                           ARRAY[.35, .45, .55, .65]::float8[]) AS band FROM prospect
), rate AS (
    SELECT band, count(*) AS approached, avg(converted::int)::float8 AS conversion FROM indexed WHERE converted IS NOT NULL
    GROUP BY band
), open AS (
    SELECT i.id, i.region, i.channel, i.band, cost, .3 * .45 * category_spend * clm.clv(1, .7, .1, advance => true) AS worth,
           conversion FROM indexed i JOIN rate USING (band) WHERE converted IS NULL
)
SELECT band, approached, round(100 * r.conversion::numeric, 2) AS "conversion %", count(o.id) AS open_now,
       count(o.id) FILTER (WHERE clm.offer_value(1, o.conversion, worth, 0, cost) > 0) AS worth_approaching,
       round(sum(greatest(clm.offer_value(1, o.conversion, worth, 0, cost), 0))::numeric) AS expected_value,
       round((r.conversion * avg(worth))::numeric, 2) AS most_a_contact_may_cost
FROM rate r LEFT JOIN open o USING (band) GROUP BY band, approached, r.conversion ORDER BY band;

-- The best open prospects.
WITH indexed AS (
    SELECT *, width_bucket(clm.score('{.1,.2,.2,.5}', ARRAY[reputation, level, industry_fit, interest]),
                           ARRAY[.35, .45, .55, .65]::float8[]) AS band FROM prospect
), rate AS (
    SELECT band, avg(converted::int)::float8 AS conversion FROM indexed WHERE converted IS NOT NULL GROUP BY band
)
SELECT id, region, channel, coalesce(clm.label(clm.lifecycle_stage(NULL, date :'d'), 'telecom5', 'zh'), '不适用') AS "阶段",
       category_spend AS wallet, round(conversion::numeric, 4) AS conversion,
       round(clm.offer_value(1, conversion, .3 * .45 * category_spend * clm.clv(1, .7, .1, advance => true), 0,
                             cost)::numeric, 2) AS value
FROM indexed JOIN rate USING (band) WHERE converted IS NULL
ORDER BY value DESC, id LIMIT 8;

-- How much of the value of a customer may be spent to win him: the acquisition cost at which nothing is left of it.
SELECT round(clm.clv(e)::numeric, 2) AS value,
       round(clm.breakeven(e, 'acquisition_cost')::numeric, 2) AS acquisition_cost_at_most,
       round((.3 * clm.breakeven(e, 'acquisition_cost'))::numeric, 2) AS "budget at 30 %"
FROM (SELECT clm.economics(conversion => .03, acquisition_cost => 5, revenue => 100, churn => .2, discount => .1) AS e) x;
