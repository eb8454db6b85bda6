-- # Tests of scores
-- How well scores rank and predict what happened, and what a campaign that follows them earns.

-- clm.ranking
SELECT r.n, r.hits, r.auc, r.gini, r.lift, r.ks, r.brier
FROM (SELECT (clm.ranking(score, hit)).*
      FROM (VALUES (.9, true), (.8, true), (.7, false), (.6, true), (.55, false), (.5, false), (.4, false), (.3, true), (.2, false), (.1, false)) s(score, hit)) r;

-- clm.calibration: Churn scores as of June, and who had bought nothing more at the end of the year
SELECT c.* FROM (SELECT clm.ranking(clm.churn_score(h, date '2024-06-30', m, 184), clm.occasions(h, date '2024-06-30', date '2024-12-31') = 0) AS r
                 FROM customers, (SELECT clm.customer_model(h, date '2024-06-30') AS m FROM customers) fitted) q,
    LATERAL clm.calibration(r) c;

-- clm.empc: The best campaign contacts 80 % of these customers and earns 18 each
SELECT p.mpc, p.mpc_share, p.empc
FROM (SELECT (clm.empc(score, hit)).*
      FROM (VALUES (.9, true), (.8, true), (.7, false), (.6, true), (.55, false), (.5, false), (.4, false), (.3, true), (.2, false), (.1, false)) s(score, hit)) p;
