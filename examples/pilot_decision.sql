-- Did the pilot work, and where should it be rolled out?
-- For: whoever pays for the roll-out. Customers were treated at random; kept is the outcome. lift is the difference in
-- retention with its 95 % interval. A kept customer is worth 120, the measure costs 4 a head: roll out where even the lower
-- end pays, stop where even the upper end does not, else keep testing. needed: customers an arm for a lift of 5 points to
-- be seen with 80 % power; empty where so many are kept that there is no room for 5 points more. incremental: profit that
-- the pilot itself has brought.
-- Needs: c(id, channel), pilot(id, treated, kept)
-- Source: Newcombe 1998 (interval of a difference of proportions).
SELECT coalesce(channel, 'all') AS channel, n_treated, n_control, round(lift::numeric, 3) AS lift,
       round(ci_low::numeric, 3) AS ci_low,
       round(ci_high::numeric, 3) AS ci_high, round(p_value::numeric, 4) AS p_value,
       round((n_treated * (lift * 120 - 4))::numeric) AS incremental,
       CASE WHEN kept < .95 THEN clm.sample_size(kept, kept + .05) END AS needed,
       CASE WHEN lift IS NULL THEN 'no data 无数据' WHEN ci_low * 120 > 4 THEN 'roll out 推广'
            WHEN ci_high * 120 < 4 THEN 'stop 停止' ELSE 'keep testing 继续试点' END AS decision
FROM (SELECT channel, clm.uplift(treated, kept) AS u, avg(kept::int) FILTER (WHERE NOT treated)::float8 AS kept
      FROM pilot JOIN c USING (id) GROUP BY ROLLUP (channel)) q, LATERAL (SELECT (u).*) x
ORDER BY q.channel NULLS LAST;

-- What the roll-out returns on its cost, in the channels where it pays, for the customers there who are not treated yet.
SELECT count(*) AS channels, sum(customers) AS customers, round(sum(customers * (lift * 120 - 4))::numeric) AS gain,
       round((sum(customers * (lift * 120 - 4)) / sum(customers * 4))::numeric, 2) AS roi
FROM (SELECT channel, count(*) FILTER (WHERE NOT treated) AS customers, clm.uplift(treated, kept) AS u
      FROM pilot JOIN c USING (id) GROUP BY channel) q, LATERAL (SELECT (u).lift, (u).ci_low) x
WHERE ci_low * 120 > 4;

-- A worked example: 4300 of 5000 kept with, 4200 of 5000 without; value 266.67, cost 4; and the sample for 84 to 86 %.
SELECT x.n_treated, round(x.lift::numeric, 3) AS lift, round(x.se::numeric, 5) AS se, round(x.ci_low::numeric, 4) AS ci_low,
       round(x.ci_high::numeric, 4) AS ci_high, round(x.p_value::numeric, 4) AS p_value,
       round((x.n_treated * (x.lift * 266.67 - 4))::numeric) AS incremental, clm.sample_size(.84, .86) AS needed
FROM (SELECT clm.uplift(n <= 5000, n % 5000 < CASE WHEN n <= 5000 THEN 4300 ELSE 4200 END) AS u
      FROM generate_series(1, 10000) n) q,
     LATERAL (SELECT (u).*) x;
