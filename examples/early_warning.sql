-- Early warning: which customers should be called this month, and with which offer?
-- For: the save desk and the call centre. A customer is on the list when the plan ends within 90 days or usage falls by
-- more than 5 % of its mean a month, is not likely to have left already, and the best offer pays for itself. churn is the
-- probability of no purchase in 90 days, at_stake the value of the next 12 months if the customer stays, profit the
-- expected profit of making the offer. One row a customer: the best next action, whatever the touchpoint.
-- Source: Neslin et al. 2006 (profit of an offer); Fader, Hardie & Lee 2005 (value).
WITH scored AS (
    SELECT c.id, c.region, s.stage, s.churn_score AS churn, s.clv / nullif(s.p_alive, 0) AS at_stake,
           clm.trend(c.h, date :'d') AS trend, ends_on - date :'d' AS days_left
    FROM c JOIN contract USING (id), model, LATERAL clm.scores(c.h, date :'d', m, 365, .10, .45) s
    WHERE s.p_alive > .2
), flagged AS (
    SELECT *, days_left BETWEEN 0 AND 90 AS plan_ends, trend < -.05 AS falls
    FROM scored WHERE days_left BETWEEN 0 AND 90 OR trend < -.05
), best AS (
    SELECT DISTINCT ON (id) f.*, offer, zh, clm.offer_value(churn, accept, at_stake, cost, contact) AS profit
    FROM flagged f, offer ORDER BY id, profit DESC, offer
)
SELECT id, coalesce(clm.label(stage, 'telecom5', 'en'), 'n/a') AS stage,
       coalesce(clm.label(stage, 'telecom5', 'zh'), '不适用') AS "阶段",
       concat_ws('; ', CASE WHEN plan_ends THEN format('plan ends in %s d', days_left) END,
                 CASE WHEN falls THEN format('usage %s %% a month', round(100 * trend::numeric)) END) AS reason,
       concat_ws('；', CASE WHEN plan_ends THEN format('套餐%s天后到期', days_left) END,
                 CASE WHEN falls THEN format('用量每月%s%%', round(100 * trend::numeric)) END) AS "原因",
       round(churn::numeric, 2) AS churn, round(at_stake::numeric, 2) AS at_stake, offer, zh AS "优惠",
       round(profit::numeric, 2) AS profit
FROM best WHERE profit > 0 ORDER BY best.profit DESC, id LIMIT 12;

-- What choosing is worth: the profit of calling those on the list against that of calling everybody who was flagged.
WITH flagged AS (
    SELECT c.id, clm.churn_score(c.h, date :'d', m, 90) AS churn,
           clm.clv(c.h, date :'d', m, 365, .10, .45) / nullif(clm.p_alive(c.h, date :'d', m), 0) AS at_stake
    FROM c JOIN contract USING (id), model
    WHERE clm.p_alive(c.h, date :'d', m) > .2
      AND (ends_on BETWEEN date :'d' AND date :'d' + 90 OR clm.trend(c.h, date :'d') < -.05)
), best AS (
    SELECT id, max(clm.offer_value(churn, accept, at_stake, cost, contact)) AS profit FROM flagged, offer GROUP BY id
)
SELECT count(*) AS flagged, count(*) FILTER (WHERE profit > 0) AS to_call, round(sum(profit)::numeric) AS profit_of_all,
       round(sum(profit) FILTER (WHERE profit > 0)::numeric) AS profit_of_the_list
FROM best;
