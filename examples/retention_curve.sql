-- How long do customers stay, by channel?
-- For: marketing and planning. Months of the subscriptions; those who are still here are not counted as kept for ever, only
-- for as long as they were seen (censored). survival: share still here after so many months, with its 95 % interval; empty
-- where nobody has been seen for that long.
-- Needs: c(id, channel), subscription(id, started_on, ended_on)
-- Source: Kaplan & Meier 1958.
WITH life AS (
    SELECT channel, (least(ended_on, date :'d') - started_on) / 30 AS months,
           ended_on IS NOT NULL AND ended_on <= date :'d' AS churned
    FROM subscription JOIN c USING (id) WHERE started_on <= date :'d'
), curve AS (
    SELECT coalesce(channel, 'all') AS channel, clm.retention_curve(months, churned) AS curve FROM life
    GROUP BY ROLLUP (channel)
)
SELECT channel, month, at_risk, round(survival::numeric, 3) AS survival, round(ci_low::numeric, 3) AS ci_low,
       round(ci_high::numeric, 3) AS ci_high
FROM curve CROSS JOIN unnest(ARRAY[3, 6, 12, 18, 24]) month LEFT JOIN LATERAL clm.points(curve) ON period = month
ORDER BY channel, month;

-- What longer lives are worth: monthly retention now and with one point more, expected further months 1 / (1 - r), and the
-- value of a margin of 10 a month.
WITH rate AS (
    SELECT channel, 1 - count(*) FILTER (WHERE ended_on <= date :'d')
                        / sum((least(ended_on, date :'d') - started_on) / 30.0 + 1)::float8 AS r
    FROM subscription JOIN c USING (id) WHERE started_on <= date :'d' GROUP BY channel
)
SELECT channel, round(r::numeric, 4) AS retention, round((1 / (1 - r))::numeric, 1) AS months,
       round(clm.clv(10, r, .01, advance => true)::numeric, 2) AS clv,
       round((1 / (1 - r - .01))::numeric, 1) AS months_then,
       round((clm.clv(10, r + .01, .01, advance => true) - clm.clv(10, r, .01, advance => true))::numeric, 2) AS more
FROM rate ORDER BY channel;

-- A worked example: 1 of 10 leave, then 2 of 8, then 1 of 5; in between one, one and four others are last seen.
SELECT period, at_risk, churned, round(survival::numeric, 3) AS survival, round(se::numeric, 3) AS se
FROM (SELECT clm.retention_curve(t, left_us) AS curve
      FROM (VALUES (1, true), (1, false), (2, true), (2, true), (2, false), (3, true), (3, false), (3, false), (3, false),
            (3, false)) x(t, left_us)) q, LATERAL clm.points(curve)
ORDER BY period;
