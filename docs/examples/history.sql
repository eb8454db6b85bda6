-- # Histories
-- What happened: the history of a customer, one small value with an entry a day, made from rows by the aggregate `history`
-- and read by plain functions.

-- clm.history: From rows, by the aggregate
SELECT customer_id, clm.history(day, amount)
FROM (VALUES (1, date '2024-01-20', 30), (1, date '2024-01-05', 12.5), (1, date '2024-01-05', 7.5), (1, date '2024-02-01', -30),
             (2, date '2024-03-01', 99)) o(customer_id, day, amount)
GROUP BY customer_id ORDER BY customer_id;

-- clm.history: From arrays, by the function
SELECT clm.history(ARRAY['2024-01-20', '2024-01-05', '2024-02-01']::date[], ARRAY[30, 20, -30]);

-- clm.days, clm.amounts
SELECT clm.days(h), clm.amounts(h) FROM (SELECT '{2024-01-05:20,2024-01-20:30,2024-02-01:-30}'::clm.history AS h) c;

-- clm.entries: The rows of a history; a refund is no occasion
SELECT e.* FROM clm.entries('{2024-01-05:20,2024-01-20:30,2024-02-01:-30}'::clm.history) e;

-- clm.entries: The rows of transitions, as a Sankey chart takes them
SELECT e.* FROM clm.entries('{new>churned:192,new>mature:54,mature>mature:109,mature>churned:60}'::clm.transitions) e;

-- clm.as_of
SELECT clm.as_of('{2024-01-05:20,2024-01-20:30,2024-02-01:-30}', date '2024-01-31');

-- clm.occasions: All of them, and those of January after the 5th
SELECT clm.occasions(h), clm.occasions(h, after => '2024-01-05', upto => '2024-01-31') AS in_january
FROM (SELECT '{2024-01-05:20,2024-01-20:30,2024-02-01:-30,2024-02-11:15}'::clm.history AS h) c;

-- clm.total: Of a history, to date and in January
SELECT clm.total(h), clm.total(h, after => '2023-12-31', upto => '2024-01-31') AS in_january
FROM (SELECT '{2024-01-05:20,2024-01-20:30,2024-02-01:-30,2024-02-11:15}'::clm.history AS h) c;

-- clm.total: Of a value in five parts
SELECT clm.total(ROW(1260, 1260, 2, NULL, 40)::clm.value);

-- clm.first_day, clm.last_day, clm.recency, clm.tenure, clm.cadence
SELECT clm.first_day(h), clm.last_day(h), clm.recency(h, date '2024-03-01'), clm.tenure(h, date '2024-03-01'), clm.cadence(h)
FROM (SELECT '{2024-01-05:20,2024-01-20:30,2024-02-11:15,2024-02-20:-15}'::clm.history AS h) c;

-- clm.trend: A monthly bill that falls from 320 to 190 falls by 9.2 % of its mean a month
SELECT clm.trend(clm.history(ARRAY['2024-01-15', '2024-02-14', '2024-03-15', '2024-04-14', '2024-05-14', '2024-06-13']::date[],
                             ARRAY[320, 310, 305, 280, 240, 190]), date '2024-06-30');

-- clm.merge: Two histories
SELECT clm.merge('{2024-01-05:20,2024-01-20:30}'::clm.history, '{2024-01-20:5,2024-02-11:15}');

-- clm.merge: Two values in five parts
SELECT (clm.merge(ROW(1260, 1260, 2, NULL, NULL)::clm.value, ROW(1920, NULL, 2, NULL, NULL)::clm.value)).*;

-- clm.merge_new_days: New days are merged; a day that both have gives NULL, and the history is to be made from the orders again
SELECT clm.merge_new_days('{2024-01-05:20}', '{2024-02-11:15}'), clm.merge_new_days('{2024-01-05:20}', '{2024-01-05:15}') IS NULL AS again;

-- clm.=, clm.<>, clm.<, clm.<=, clm.>, clm.>=
SELECT a OPERATOR(clm.=) b AS eq, a OPERATOR(clm.<>) b AS ne, a OPERATOR(clm.<) b AS lt, a OPERATOR(clm.<=) b AS le,
       a OPERATOR(clm.>) b AS gt, a OPERATOR(clm.>=) b AS ge
FROM (SELECT '{2024-01-05:20}'::clm.history AS a, '{2024-01-05:21}'::clm.history AS b) c;

-- clm.+
SELECT '{2024-01-05:20}'::clm.history OPERATOR(clm.+) '{2024-02-11:15}'::clm.history AS history,
       '{new>mature:54}'::clm.transitions OPERATOR(clm.+) '{new>mature:6,new>churned:192}'::clm.transitions AS transitions;

-- clm.rollup: The histories of a household
SELECT clm.rollup(h) FROM (VALUES ('{2024-01-05:20}'::clm.history), (NULL), ('{2024-01-05:5,2024-02-11:15}')) members(h);

-- clm.rollup: The moves of two regions
SELECT clm.rollup(t) FROM (VALUES ('{new>churned:192,new>mature:54}'::clm.transitions), ('{new>mature:6,mature>mature:9}')) regions(t);
