-- How much should be spent on winning customers, and how much on keeping them?
-- For: the marketing budget. a(A) = ceiling x (1 - exp(-k A)) of the prospects are won by spending A on each; r(R) of the
-- customers are kept by spending R a year on each. The value per prospect is a [M + (M - R/r) r / (1 + d - r)] - A. At the
-- best point the next yuan spent on winning and the next spent on keeping both return just one. k is set by one observed
-- point: k = -ln(1 - a/ceiling)/A.
-- Needs: acquired(channel, m), prospect(channel, cost, converted)
-- Source: Blattberg & Deighton 1996; Pfeifer 2005.

-- Acquisition alone, by channel: what is spent on a prospect and what share is won, from our own prospects; the ceiling is
-- taken as four times the share won now. worth: lifetime value of a won customer. best: what should be spent, A* = ln(k x
-- ceiling x worth) / k.
SELECT channel, round(spent, 2) AS spent, round(100 * won, 2) AS "won %", round(worth::numeric, 2) AS worth,
       round((won * worth - spent)::numeric, 2) AS value_now, round(best::numeric, 2) AS best,
       round((100 * ceiling * (1 - exp(-k * best)))::numeric, 2) AS "won then %",
       round((ceiling * (1 - exp(-k * best)) * worth - best)::numeric, 2) AS value_then
FROM (SELECT *, CASE WHEN k * ceiling * worth > 1 THEN ln(k * ceiling * worth) / k ELSE 0 END AS best
      FROM (SELECT channel, spent, won, 4 * won AS ceiling, -ln(1 - 1 / 4.0)::float8 / spent AS k, worth
            FROM (SELECT channel, avg(cost) AS spent, avg(converted::int) AS won FROM prospect WHERE converted IS NOT NULL
                  GROUP BY channel) p
            JOIN (SELECT channel, avg(clm.clv(m, .97, .01, advance => true)) AS worth FROM acquired
                  GROUP BY channel) a USING (channel)) q) r
ORDER BY channel;

-- A worked example of acquisition alone: ceiling .4, k .05, worth 120.
SELECT round(best::numeric, 2) AS best, round(won::numeric, 3) AS won, round((best / won)::numeric, 2) AS per_won_customer,
       round((won * worth - best)::numeric, 2) AS value_per_prospect
FROM (SELECT ln(k * ceiling * worth) / k AS best, ceiling * (1 - exp(-ln(k * ceiling * worth))) AS won, worth
      FROM (VALUES (.4::float8, .05::float8, 120::float8)) x(ceiling, k, worth)) y;

-- Both together, on a grid of 0.1: the ceiling of retention is .7 with k .08, margin M 50 and 12 % discount a year; the row
-- is the best point of all. The last two columns are what the next unit spent on winning and on keeping returns there.
WITH parameters (ceiling_a, k_a, ceiling_r, k_r, m, d) AS (
    VALUES (.4::float8, .05::float8, .7::float8, .08::float8, 50::float8, .12::float8)
), kept AS (
    SELECT p.*, n / 10.0::float8 AS r_spent, ceiling_r * (1 - exp(-k_r * n / 10)) AS r
    FROM parameters p, generate_series(1, 400) n
), customer AS (
    SELECT *, m + (m - r_spent / r) * r / (1 + d - r) AS clv FROM kept
), best AS (
    SELECT c.*, n / 10.0::float8 AS a_spent, ceiling_a * (1 - exp(-k_a * n / 10)) AS a,
           ceiling_a * (1 - exp(-k_a * n / 10)) * clv - n / 10.0::float8 AS equity
    FROM customer c, generate_series(0, 400) n ORDER BY equity DESC, a_spent, r_spent LIMIT 1
)
SELECT r_spent AS "R*", a_spent AS "A*", round(r::numeric, 3) AS r, round(a::numeric, 3) AS a, round(clv::numeric, 2) AS clv,
       round(equity::numeric, 2) AS equity_per_prospect,
       round((ceiling_a * k_a * exp(-k_a * a_spent) * clv)::numeric, 2) AS next_on_winning,
       round((ceiling_r * k_r * exp(-k_r * r_spent) * (m * (1 + d) - r_spent) / (1 + d - r))::numeric, 2) AS next_on_keeping
FROM best;
