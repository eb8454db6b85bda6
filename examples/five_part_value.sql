-- What is a customer worth in all five respects, and how much of his wallet do we have?
-- For: value management. cpv purchase value 购买价值, ppv word of mouth 口碑价值, civ information 信息价值, ckv knowledge 知识价值 (not
-- every customer has it), ctv trading value 交易价值; all a year. share: our part of what he spends on the category; gap: the
-- margin on the rest. A suggestion or complaint is worth 2, what it would have cost to ask; a customer whose idea is tried
-- is worth probability x gain x his part of it, less the cost of trying.
-- Needs: c(id, region, h), contact(customer_id, day, topic), wallet(id, category_spend, ppv, ctv)
-- Source: CRM textbooks (five-part value); Cooil et al. 2007 (share of wallet).
WITH year AS (
    SELECT c.id, category_spend, ppv, ctv,
           least(1, greatest(0, clm.total(h, date :'d' - 365, date :'d') / nullif(category_spend, 0))) AS share,
           2.0 * coalesce(told, 0) AS civ, CASE WHEN c.id % 50 = 0 THEN .3 * 200 * .5 - 10 END AS ckv
    FROM c JOIN wallet USING (id)
         LEFT JOIN (SELECT customer_id AS id, count(*) AS told FROM contact
                    WHERE topic IN ('complaint', 'suggestion') AND day > date :'d' - 365 AND day <= date :'d'
                    GROUP BY customer_id) t USING (id)
), valued AS (
    SELECT id, category_spend, share, ROW(clm.cpv(category_spend, share, .45), ppv, civ, ckv, ctv)::clm.value AS v FROM year
)
SELECT id, round(clm.total(v)::numeric, 2) AS value, round((v).cpv::numeric, 2) AS cpv, round((v).ppv::numeric, 2) AS ppv,
       round((v).civ::numeric, 2) AS civ, round((v).ckv::numeric, 2) AS ckv, round((v).ctv::numeric, 2) AS ctv,
       num_nonnulls(nullif((v).cpv, 0), (v).ppv, nullif((v).civ, 0), (v).ckv, (v).ctv) AS sources,
       round(share::numeric, 2) AS share, round(((1 - share) * category_spend * .45)::numeric, 2) AS gap
FROM valued ORDER BY clm.total(v) DESC, id LIMIT 8;

-- The base: each part in total, and the potential that lies in the wallets. ppv is others' purchases: they are in those
-- customers' cpv as well, so the sum over all customers counts them twice.
WITH valued AS (
    SELECT category_spend, share, ROW(clm.cpv(category_spend, share, .45), ppv, 0, NULL, ctv)::clm.value AS v
    FROM (SELECT category_spend, ppv, ctv,
                 least(1, greatest(0, clm.total(h, date :'d' - 365, date :'d') / nullif(category_spend, 0))) AS share
          FROM c JOIN wallet USING (id)) y
)
SELECT count(*) AS customers, round((clm.sum(v)).cpv::numeric) AS cpv, round((clm.sum(v)).ppv::numeric) AS ppv,
       round((clm.sum(v)).ctv::numeric) AS ctv,
       round(clm.total(clm.sum(v))::numeric) AS value,
       round((sum(share * category_spend) / sum(category_spend))::numeric, 3) AS share,
       round(sum((1 - share) * category_spend * .45)::numeric) AS gap
FROM valued;

-- Value by share of wallet and region: old yardstick (sales) and new one (share of the customer) side by side.
SELECT region, count(*) AS customers, round(sum(year)::numeric) AS sales,
       round((100 * sum(year) / sum(sum(year)) OVER ())::numeric, 1) AS "% of our sales",
       round((sum(year) / sum(category_spend))::numeric, 3) AS share_of_wallet,
       round(sum(greatest(category_spend - year, 0) * .45)::numeric) AS gap
FROM (SELECT region, category_spend, clm.total(h, date :'d' - 365, date :'d') AS year FROM c JOIN wallet USING (id)) x
GROUP BY region ORDER BY region;

-- A worked example: 12000 a year, share .35, unit margin .30; retention .8 and 10 %; word of mouth .02 x 150 x 420.
SELECT round(cpv::numeric) AS cpv, round((cpv * clm.clv(1, .8, .1))::numeric) AS cpv_of_all_years,
       12000 * (1 - .35) * .30 AS gap,
       .02 * 150 * 420 AS ppv
FROM (SELECT clm.cpv(12000, .35, .30) AS cpv) x;
