-- Early warning: which customers should be called this month, and with which offer?
-- For: the save desk and the call centre. A customer is looked at when the plan ends within 60 days, or when usage or
-- purchases fall beyond what is noise (stage declining of the one history or the other; the figures are of the mean of six
-- months), and when he is not likely to have left already. He is on the list when the best offer is expected to earn at
-- least 10, since a desk can make only so many calls. churn is the probability of no purchase in 90 days, at_stake the value
-- of the next 12 months if the customer stays, profit the expected profit of making the offer. One row a customer: the best
-- next action, whatever the touchpoint.
-- Needs: c(id, h), model(m), contract(id, ends_on), offer(offer, zh, accept, cost, contact), usage(id, h)
-- Source: Neslin et al. 2006 (profit of an offer); Fader, Hardie & Lee 2005 (value).
WITH scored AS (
    SELECT c.id, s.stage, s.churn_score AS churn, s.clv / nullif(s.p_alive, 0) AS at_stake,
           CASE WHEN ends_on BETWEEN date :'d' AND date :'d' + 60 THEN ends_on - date :'d' END AS days_left,
           CASE clm.lifecycle_stage(u.h, date :'d') WHEN 'declining' THEN round(-100 * clm.trend(u.h, date :'d')) END
           AS usage_fall,
           CASE s.stage WHEN 'declining' THEN round(-100 * clm.trend(c.h, date :'d')) END AS sales_fall
    FROM c LEFT JOIN contract USING (id) LEFT JOIN usage u USING (id), model,
         LATERAL clm.scores(c.h, date :'d', m, 365, .10, .45) s
    WHERE s.p_alive > .2
), best AS (
    SELECT DISTINCT ON (id) f.*, offer, zh, clm.offer_value(churn, accept, at_stake, cost, contact) AS profit
    FROM scored f, offer WHERE num_nonnulls(days_left, usage_fall, sales_fall) > 0 ORDER BY id, profit DESC, offer
)
SELECT id, coalesce(clm.label(stage, 'telecom5', 'en'), 'n/a') AS stage,
       coalesce(clm.label(stage, 'telecom5', 'zh'), '不适用') AS "阶段",
       concat_ws('; ', 'plan ends in ' || days_left || ' d', 'usage falls ' || usage_fall || ' % a month',
                 'purchases fall ' || sales_fall || ' % a month') AS reason,
       concat_ws('；', '套餐' || days_left || '天后到期', '用量月均下降' || usage_fall || '%',
                 '购买额月均下降' || sales_fall || '%') AS "原因",
       round(churn::numeric, 2) AS churn, round(at_stake::numeric, 2) AS at_stake, offer, zh AS "优惠",
       round(profit::numeric, 2) AS profit
FROM best WHERE profit >= 10 ORDER BY best.profit DESC, id LIMIT 12;

-- How long the list is, and what choosing is worth: the profit of the calls on the list, of all that pay at all, and of
-- calling everybody who was looked at.
WITH scored AS (
    SELECT c.id, s.churn_score AS churn, s.clv / nullif(s.p_alive, 0) AS at_stake
    FROM c LEFT JOIN contract USING (id) LEFT JOIN usage u USING (id), model,
         LATERAL clm.scores(c.h, date :'d', m, 365, .10, .45) s
    WHERE s.p_alive > .2 AND (ends_on BETWEEN date :'d' AND date :'d' + 60
                              OR 'declining' IN (s.stage, clm.lifecycle_stage(u.h, date :'d')))
), best AS (
    SELECT id, max(clm.offer_value(churn, accept, at_stake, cost, contact)) AS profit FROM scored, offer GROUP BY id
)
SELECT count(*) AS looked_at, count(*) FILTER (WHERE profit > 0) AS paying, count(*) FILTER (WHERE profit >= 10) AS to_call,
       round(sum(profit) FILTER (WHERE profit >= 10)::numeric) AS profit_of_the_list,
       round(sum(profit) FILTER (WHERE profit > 0)::numeric) AS profit_of_all_paying,
       round(sum(profit)::numeric) AS profit_of_all
FROM best;
