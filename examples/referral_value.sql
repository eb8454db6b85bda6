-- Who brings us customers, and what are these referrals worth?
-- For: the referral programme. A referred customer who would not have joined otherwise (type 1) counts with the margin,
-- less the reward and the cost of running the programme, plus the acquisition cost saved; one who would have joined anyway
-- (type 2) counts with the saved cost only. Two years, discounted at 8 % a year. saved: what a customer costs in the other
-- channels.
-- Needs: c(id, h), model(m), acquired(channel, cac), referral(referrer_id, referred_id, joined_on, would_have_joined)
-- Source: Kumar, Petersen & Leone 2007, 2010.
WITH saved AS (
    SELECT avg(cac) AS saved FROM acquired WHERE channel <> 'referral'
), worth AS (
    SELECT referrer_id, referred_id, would_have_joined, year,
           CASE WHEN would_have_joined THEN 0
                ELSE .45 * clm.total(h, joined_on - 1 + (year - 1) * 365, least(joined_on - 1 + year * 365, date :'d'))
                     - CASE WHEN year = 1 THEN 15 ELSE 0 END END
           + CASE WHEN year = 1 THEN saved ELSE 0 END AS gain
    FROM referral JOIN c ON c.id = referred_id, saved, generate_series(1, 2) year
)
SELECT referrer_id, count(DISTINCT referred_id) AS referred,
       count(DISTINCT referred_id) FILTER (WHERE NOT would_have_joined) AS type_1,
       round(sum(gain / 1.08 ^ year)::numeric, 2) AS crv
FROM worth GROUP BY referrer_id ORDER BY crv DESC, referrer_id LIMIT 10;

-- Referral value and lifetime value side by side: value and share of the champions (both high), and so on; cut at the median.
WITH saved AS (
    SELECT avg(cac) AS saved FROM acquired WHERE channel <> 'referral'
), crv AS (
    SELECT referrer_id AS id, sum((CASE WHEN would_have_joined THEN 0
                                   ELSE .45 * clm.total(h, joined_on - 1, date :'d') - 15 END + saved) / 1.08) AS crv
    FROM referral JOIN c ON c.id = referred_id, saved GROUP BY referrer_id
), both_values AS (
    SELECT id, crv, clm.clv(h, date :'d', m, 365, .08, .45) AS clv FROM crv JOIN c USING (id), model
), cut AS (
    SELECT percentile_cont(.5) WITHIN GROUP (ORDER BY clv) AS clv_cut,
           percentile_cont(.5) WITHIN GROUP (ORDER BY crv) AS crv_cut FROM both_values
)
SELECT clm.matrix('clv_crv', clv, crv, clv_cut, crv_cut, 'en') AS class,
       clm.matrix('clv_crv', clv, crv, clv_cut, crv_cut, 'zh') AS "类别",
       count(*) AS referrers, round(avg(clv)::numeric, 2) AS clv, round(avg(crv)::numeric, 2) AS crv
FROM both_values, cut GROUP BY 1, 2 ORDER BY clv DESC, class;

-- Never add the two up over the base: the margin of a type-1 customer is in his own value and in his referrer's.
SELECT count(*) AS referred, round(sum(own)::numeric) AS own_value,
       round(sum(own) FILTER (WHERE NOT would_have_joined)::numeric) AS counted_twice
FROM (SELECT would_have_joined, .45 * clm.total(h, joined_on - 1, date :'d') AS own
      FROM referral JOIN c ON c.id = referred_id) x;

-- A worked example: 8 %; type 1 brings 100, then 120, for 5 and 10, then 10, and saves 40; type 2 saves 40.
SELECT round(sum(gain / 1.08 ^ t), 2) AS crv, string_agg(round(gain / 1.08 ^ t, 2)::text, ' + ' ORDER BY n) AS parts
FROM (VALUES (1, 1, 100 - 5 - 10 + 40), (2, 2, 120 - 10), (3, 1, 40)) x(n, t, gain);
