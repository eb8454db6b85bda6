-- clm.rfm: the customer summary of a history, and the one that users bring.
SET search_path TO clm, public;
SET datestyle TO ISO;

-- Periods of 7 days: the first purchase starts the clock and is not counted; t_x and t in periods since then.
-- Purchases on the days 0, 213 and 240, seen until day 272: x = 2, t_x = 240 / 7 = 34.29, t = 272 / 7 = 38.86
SELECT '{1997-01-01:30,1997-08-02:10.5,1997-08-29:20}'::history AS h \gset
SELECT x, round(t_x::numeric, 2) AS t_x, round(t::numeric, 2) AS t, monetary, n_monetary, left_truncated FROM rfm(:'h', '1997-09-30', 7);
SELECT rfm(:'h', '1997-09-30', 7) = rfm(:'h', '1997-09-30') AS seven_by_default, rfm(:'h', '1997-09-30', 1) AS days, rfm(:'h', '1997-09-30', period => 272) AS one_period;

-- It is the summary as of the end of a day.
SELECT d, (rfm(:'h', d, 1)).* FROM unnest(ARRAY['1996-12-31', '1997-01-01', '1997-01-02', '1997-08-01', '1997-08-02', '1997-08-28', '1997-08-29', '1997-08-30']::date[]) d;
SELECT bool_and(rfm(:'h', d, 1) IS NOT DISTINCT FROM rfm(as_of(:'h', d), d, 1)) AS same FROM generate_series(0, 300) i, LATERAL (SELECT date '1996-12-20' + i) t(d);

-- Free orders and negative net days are occasions without a value; refunds alone are nothing; two orders a day are one.
SELECT what, (rfm(h, '2024-01-31', 1)).* FROM (VALUES
    (1, 'one purchase', '{2024-01-01:10}'::history),
    (2, 'two orders a day', '{2024-01-01:10,2024-01-01:5,2024-01-11:3,2024-01-11:4}'),
    (3, 'free repeat order', '{2024-01-01:10,2024-01-11:0,2024-01-21:30}'),
    (4, 'free repeat orders only', '{2024-01-01:10,2024-01-11:0}'),
    (5, 'free first order', '{2024-01-01:0,2024-01-11:8}'),
    (6, 'negative net day', '{2024-01-01:10,2024-01-11:20,2024-01-11:-25,2024-01-16:4}'),
    (7, 'refund between', '{2024-01-01:10,2024-01-06:-10,2024-01-11:20}'),
    (8, 'refund last', '{2024-01-01:10,2024-01-11:20,2024-01-21:-20}'),
    (9, 'refund first', '{2023-12-01:-10,2024-01-01:10,2024-01-11:20}'),
    (10, 'refund on the first day', '{2024-01-01:10,2024-01-01:-10,2024-01-11:20}'),
    (11, 'refunds only', '{2024-01-01:-10,2024-01-11:-20}'),
    (12, 'nothing', '{}'),
    (13, 'NULL', NULL)) v(i, what, h) ORDER BY i;
SELECT count(*), count(rfm(h, '2024-01-31')) AS with_summary FROM (VALUES ('{2024-01-01:-10}'::history), ('{}'), (NULL), ('{2024-02-01:10}')) v(h);

-- The identities behind it, on simulated customers
CREATE TABLE customer AS SELECT customer_id, history(day, amount) AS h FROM simulate(500, '2023-01-01', '2023-12-31', 7) GROUP BY customer_id;
SELECT bool_and(r.x = occasions(h, NULL, d) - 1
    AND r.t = tenure(h, d) / 7::float8 AND abs(r.t - r.t_x - CASE r.x WHEN 0 THEN r.t ELSE recency(h, d) / 7::float8 END) < 1e-12
    AND r.n_monetary = (SELECT count(*) FROM entries(h) WHERE occasion AND amount > 0 AND day > first_day(h) AND day <= d)
    AND abs(coalesce(r.monetary, 0) - (SELECT coalesce(avg(amount), 0) FROM entries(h) WHERE occasion AND amount > 0 AND day > first_day(h) AND day <= d)) <= 1e-12 * coalesce(r.monetary, 1)
    AND (r.monetary IS NULL) = (r.n_monetary = 0)) AS holds, count(*) > 300 AS enough
FROM customer, LATERAL (SELECT date '2023-09-30') t(d), LATERAL rfm(h, d) r WHERE r.x IS NOT NULL;

--
-- since: customers older than the data are left-truncated there
--
SELECT '{2023-06-01:10,2023-12-31:20,2024-01-01:5,2024-01-11:-3,2024-01-21:0,2024-02-10:7}'::history AS h \gset
SELECT since, (rfm(:'h', '2024-03-01', 1, since)).* FROM unnest(ARRAY[NULL, '2023-05-01', '2023-06-01', '2023-06-02', '2023-12-31', '2024-01-01', '2024-01-02', '2024-01-11', '2024-02-10', '2024-02-11', '2024-03-01', '2024-03-02']::date[]) WITH ORDINALITY u(since, i) ORDER BY i;
SELECT rfm('{2024-01-05:1,2024-01-15:2}', '2024-02-01', 1, '2024-01-05') AS starts_with_the_data, rfm('{2024-01-05:-1,2024-01-15:2,2024-01-16:3}', '2024-02-01', 1, '2024-01-10') AS older_only_by_a_refund,
    rfm('{2024-01-05:1}', '2024-02-01', 1, '4714-11-24 BC') AS since_ever, rfm('{2024-01-05:1}', '2024-01-04', 1, '2024-01-01') AS not_yet;

--
-- NULL arguments, the first and last date, and what is refused
--
SELECT rfm(:'h', NULL) AS nothing, rfm(:'h'::history, '2024-03-01', NULL) AS nothing, rfm(NULL::history, '2024-03-01') AS nothing, rfm(NULL::history, '2024-03-01', 0) AS nothing,
    (rfm(:'h', '2024-03-01', 1, NULL)).left_truncated;
SELECT rfm('{4714-11-24 BC:1,5874897-12-31:2}', '5874897-12-31', 1), rfm('{4714-11-24 BC:1,5874897-12-31:2}', '5874897-12-31', 2147483647, '4714-11-25 BC');
SELECT rfm('{2024-01-01:1e308,2024-01-02:1e308,2024-01-03:-1e308}', '2024-03-01', 1);
\set VERBOSITY terse
SELECT rfm(:'h', '2024-03-01', 0);
SELECT rfm(:'h', '2024-03-01', -7);
SELECT rfm(:'h', 'infinity');
SELECT rfm(:'h', '-infinity');
SELECT rfm(:'h', '2024-03-01', 7, 'infinity');
SELECT rfm('{2024-01-01:1,2024-01-02:1e308,2024-01-03:1e308}', '2024-03-01', 1);
\set VERBOSITY default

-- A summary of one's own
SELECT rfm(2, 30.43, 38.86), rfm(2, 30.43, 38.86, 20.5), rfm(2, 30.43, 38.86, 20.5, 1), rfm(x => 0, t_x => 0, t => 10);

DROP TABLE customer;
