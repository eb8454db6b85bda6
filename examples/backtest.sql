-- Would the churn score have found those who then left?
-- For: whoever relies on the scores. Model and scores as they stood 92 days before the day of the report, outcome what
-- happened since: no purchase. Nothing later than that day is known to either. auc: how often a lost customer ranks above a
-- kept one; lift: rate of loss in the tenth with the highest scores, relative to all.
-- Needs: c(h)
-- Source: Lemmens & Croux 2006.
WITH past AS (
    SELECT clm.customer_model(h, date :'d' - 92) AS m FROM c
), scored AS (
    SELECT clm.churn_score(h, date :'d' - 92, m, 92) AS score, clm.occasions(h, date :'d' - 92, date :'d') = 0 AS lost
    FROM c, past WHERE clm.occasions(h, NULL, date :'d' - 92) > 0
)
SELECT r.n, r.hits, round(r.auc::numeric, 3) AS auc, round(r.gini::numeric, 3) AS gini, round(r.lift::numeric, 2) AS lift,
       round(r.ks::numeric, 3) AS ks,
       round(r.brier::numeric, 4) AS brier
FROM (SELECT clm.ranking(score, lost) AS r FROM scored) q, LATERAL (SELECT (q.r).*) r;

-- Are the probabilities right? Customers in bins of the score, expected and observed rate of loss.
WITH past AS (
    SELECT clm.customer_model(h, date :'d' - 92) AS m FROM c
)
SELECT b.bin, b.n, round(b.mean_score::numeric, 3) AS expected, round(b.hit_rate::numeric, 3) AS observed
FROM (SELECT clm.ranking(clm.churn_score(h, date :'d' - 92, m, 92), clm.occasions(h, date :'d' - 92, date :'d') = 0) AS r
      FROM c, past WHERE clm.occasions(h, NULL, date :'d' - 92) > 0) q, LATERAL clm.calibration(r) b
ORDER BY b.bin;

-- What is a retention campaign led by the score worth at best, and how many should it reach? A kept customer is worth 200,
-- the offer costs 10, the contact 1, and about 30 % take it. Source: Verbeke et al. 2012 (maximum profit), Verbraken,
-- Verbeke & Baesens 2013 (expected maximum profit).
WITH past AS (
    SELECT clm.customer_model(h, date :'d' - 92) AS m FROM c
)
SELECT round(e.mpc::numeric, 2) AS mpc, round(e.mpc_share::numeric, 3) AS mpc_share, round(e.empc::numeric, 3) AS empc
FROM (SELECT clm.empc(clm.churn_score(h, date :'d' - 92, m, 92), clm.occasions(h, date :'d' - 92, date :'d') = 0) AS e
      FROM c, past WHERE clm.occasions(h, NULL, date :'d' - 92) > 0) q, LATERAL (SELECT (q.e).*) e;

-- A worked example of ten customers.
SELECT round(r.auc::numeric, 4) AS auc, round(r.gini::numeric, 4) AS gini, round(r.ks::numeric, 3) AS ks,
       round(r.brier::numeric, 3) AS brier, round(e.mpc::numeric, 1) AS mpc,
       round(e.mpc_share::numeric, 2) AS mpc_share, round(e.empc::numeric, 3) AS empc
FROM (SELECT clm.ranking(score, hit) AS r, clm.empc(score, hit) AS e
      FROM unnest('{.9,.8,.7,.6,.55,.5,.4,.3,.2,.1}'::float8[], '{1,1,0,1,0,0,0,1,0,0}'::int[]::boolean[]) x(score, hit)) q,
     LATERAL (SELECT (q.r).*) r, LATERAL (SELECT (q.e).*) e;
