-- Whom of the lost customers should we try to win back?
-- For: the win-back team, with the database of lost customers. second_life is the value of a second lifetime: who comes
-- back pays at once, then stays from month to month with probability .93 (it was .97 the first time). profit is what an
-- offer of 40 and a contact of 3 are expected to bring; only profitable ones are listed.
-- Needs: lost(id, line, reason, m, p)
-- Source: Stauss & Friege 1999; Thomas, Blattberg & Fox 2004.
SELECT id, line, reason, round(second_life::numeric, 2) AS second_life, p, round(profit::numeric, 2) AS profit
FROM (SELECT lost.*, clm.clv(m, .93, .01, advance => true) AS second_life,
             clm.offer_value(1, p, clm.clv(m, .93, .01, advance => true), 40, 3) AS profit FROM lost) l
WHERE l.profit > 0 ORDER BY l.profit DESC, id LIMIT 10;

-- By the line that they had and the reason why they left; break_even is the probability to return above which asking pays.
SELECT line, reason, count(*) AS lost, count(*) FILTER (WHERE profit > 0) AS worth_asking,
       round(avg(second_life)::numeric, 2) AS second_life,
       round((3 / nullif(avg(second_life) - 40, 0))::numeric, 3) AS break_even,
       round(avg(p)::numeric, 3) AS p, round(coalesce(sum(profit) FILTER (WHERE profit > 0), 0)::numeric) AS regain_profit
FROM (SELECT lost.*, clm.clv(m, .93, .01, advance => true) AS second_life,
             clm.offer_value(1, p, clm.clv(m, .93, .01, advance => true), 40, 3) AS profit FROM lost) l
GROUP BY line, reason ORDER BY line, regain_profit DESC, reason;

-- A worked example: margin 80, retention .7, 10 % a period at its end; one in eight returns.
SELECT round(v::numeric, 2) AS second_life, round(clm.offer_value(1, .12, v, 40, 3)::numeric, 2) AS profit,
       round((3 / (v - 40))::numeric, 3) AS break_even
FROM (SELECT clm.clv(80, .7, .1) AS v) x;
