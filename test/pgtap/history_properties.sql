-- Properties of histories, checked against plain SQL on generated rows.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
SET LOCAL search_path TO clm, public;
SELECT plan(33);

-- 200 customers with 1 to 80 rows on few days, so that most days have several. Amounts: refunds, free orders, cents,
-- and a few that lie far apart; `exact` are multiples of 1/64, which double precision adds without rounding.
DO 'BEGIN PERFORM setseed(0.42); END';
CREATE TEMP TABLE source AS
    SELECT row_number() OVER () AS id, customer, date '2023-11-15' + floor(60 * random() ^ 2)::int AS day,
        CASE WHEN customer % 10 = 0 THEN -round((100 * random())::numeric, 2)
             WHEN random() < 0.1 THEN 0
             WHEN random() < 0.02 THEN round((1e15 * (random() - 0.5))::numeric, 1)
             ELSE round((100 * random() - 30)::numeric, 2) END AS amount,
        floor(6400 * random() - 1600)::float8 / 64 AS exact
    FROM generate_series(1, 200) customer, LATERAL generate_series(1, 1 + customer * 2 % 80) row;
CREATE INDEX ON source (customer, day);
ANALYZE source;
CREATE TEMP TABLE whole AS
    SELECT customer, history(day, amount) AS h, history(day, exact) AS e, history(day) AS visits FROM source GROUP BY customer;
SELECT ok(count(*) = 200 AND bool_or(occasions(h) = 0) AND bool_or(h::text ~ '\*') AND max(cardinality(days(h))) > 25, 'the rows cover the cases')
FROM whole;

--
-- Any order of the rows gives the same bytes.
--
SELECT is((SELECT count(*) FROM (SELECT customer, n, history_send(history(day, amount ORDER BY md5(id || ' ' || n))) AS bytes
                                 FROM source, generate_series(1, 20) n GROUP BY customer, n) p
           JOIN whole USING (customer) WHERE bytes <> history_send(h)), 0::bigint, '20 permutations: same bytes');
SELECT is((SELECT count(*) FROM (SELECT customer, history(day, amount ORDER BY day, amount) AS up, history(day, amount ORDER BY day DESC, amount DESC) AS down
                                 FROM source GROUP BY customer) p
           JOIN whole USING (customer) WHERE history_send(up) <> history_send(h) OR history_send(down) <> history_send(h)), 0::bigint,
    'ascending and descending: same bytes');
SELECT is((SELECT count(*) FROM (SELECT customer, history(array_agg(day), array_agg(amount::float8)) AS a,
                                     ('{' || string_agg(day || ':' || amount, ',' ORDER BY md5(id::text)) || '}')::history AS t FROM source GROUP BY customer) p
           JOIN whole USING (customer) WHERE history_send(a) <> history_send(h) OR history_send(t) <> history_send(h)), 0::bigint,
    'from arrays and from text: same bytes');

--
-- Split, rolled up
--
CREATE FUNCTION pg_temp.part(key text, parts int) RETURNS int LANGUAGE sql IMMUTABLE AS
    $$SELECT ('x' || left(md5(key), 7))::bit(28)::int % parts$$;
CREATE TEMP TABLE rolled AS
    SELECT customer, parts, split, rollup(h ORDER BY md5(h::text)) AS h, count(*) AS used
    FROM (SELECT customer, parts, split, history(day, amount) AS h
          FROM source, unnest(ARRAY[1, 2, 3, 7, 50]) parts, unnest(ARRAY['day', 'row']) split
          GROUP BY customer, parts, split, pg_temp.part(CASE split WHEN 'day' THEN day::text ELSE id::text END, parts)) p
    GROUP BY customer, parts, split;
SELECT ok(bool_or(used > 20), 'the splits have many parts') FROM rolled;
SELECT is((SELECT count(*) FROM rolled r JOIN whole w USING (customer) WHERE split = 'day' AND history_send(r.h) <> history_send(w.h)), 0::bigint,
    'a split that leaves days whole, rolled up: same bytes');
SELECT is((SELECT count(*) FROM rolled r JOIN whole w USING (customer) WHERE days(r.h) <> days(w.h) OR occasions(r.h) <> occasions(w.h)
           OR (SELECT array_agg(occasion) FROM entries(r.h)) <> (SELECT array_agg(occasion) FROM entries(w.h))), 0::bigint,
    'any split, rolled up: same days, same occasions');
CREATE TEMP TABLE moved AS SELECT customer, day, sum(abs(amount)) AS moved FROM source GROUP BY customer, day;
CREATE INDEX ON moved (customer, day);
ANALYZE moved;
SELECT is((SELECT count(*) FROM rolled r JOIN whole w USING (customer), LATERAL entries(r.h) a JOIN LATERAL entries(w.h) b USING (day) JOIN moved m USING (day)
           WHERE m.customer = r.customer AND abs(a.amount - b.amount) > 1e-15 * m.moved::float8), 0::bigint,
    'any split, rolled up: amounts equal within 1e-15 of what moved on the day');
SELECT is((SELECT count(*) FROM (SELECT customer, rollup(h) AS h FROM (SELECT customer, history(day, exact) AS h FROM source GROUP BY customer, id % 5) p GROUP BY customer) r
           JOIN whole USING (customer) WHERE history_send(r.h) <> history_send(e)), 0::bigint,
    'where sums are exact, any split rolled up: same bytes');

-- Pair by pair, from either end, as a balanced tree
CREATE TEMP TABLE fold AS
    WITH RECURSIVE part AS (SELECT customer, pg_temp.part(day::text, 8) AS i, history(day, amount) AS h FROM source GROUP BY customer, 2),
    parts AS (SELECT customer, array_agg(h ORDER BY i) AS h FROM part GROUP BY customer),
    forward AS (SELECT customer, h, 1 AS i, h[1] AS sum FROM parts
                UNION ALL SELECT customer, h, i + 1, sum OPERATOR(clm.+) h[i + 1] FROM forward WHERE i < cardinality(h)),
    backward AS (SELECT customer, h, cardinality(h) AS i, h[cardinality(h)] AS sum FROM parts
                 UNION ALL SELECT customer, h, i - 1, merge(h[i - 1], sum) FROM backward WHERE i > 1)
    SELECT f.customer, f.sum AS forward, b.sum AS backward FROM forward f JOIN backward b USING (customer) WHERE f.i = cardinality(f.h) AND b.i = 1;
SELECT is((SELECT count(*) FROM fold JOIN whole USING (customer) WHERE history_send(forward) = history_send(h) AND history_send(backward) = history_send(h)), 200::bigint,
    'a chain of + and a chain of merge: same bytes');
SELECT is((SELECT count(*) FROM whole a JOIN whole b ON b.customer = a.customer % 200 + 1 JOIN whole c ON c.customer = b.customer % 200 + 1
           WHERE a.e + b.e = b.e + a.e AND (a.e + b.e) + c.e = a.e + (b.e + c.e) AND a.e + b.e = merge(a.e, b.e) AND a.h + b.h = b.h + a.h), 200::bigint,
    '+ is commutative and associative');

--
-- As of a day: what rows up to that day give
--
CREATE TEMP TABLE past AS
    SELECT w.customer, d::date AS d, w.h, w.e, as_of(w.h, d::date) AS past,
        (SELECT history(day, amount) FROM source s WHERE s.customer = w.customer AND s.day <= d) AS up_to
    FROM whole w, generate_series(timestamp '2023-11-13', '2024-01-15', '3 days') d WHERE w.customer % 4 <> 3;
SELECT ok(bool_or(past IS NULL) AND bool_or(past IS NOT NULL) AND bool_or(past = h), 'the days lie before, between and after') FROM past;
SELECT is((SELECT count(*) FROM past WHERE history_send(past) IS DISTINCT FROM history_send(up_to)), 0::bigint, 'as_of(h, d) = the history of the rows up to d');
SELECT is((SELECT count(*) FROM past WHERE recency(h, d) IS DISTINCT FROM recency(past, d) OR tenure(h, d) IS DISTINCT FROM tenure(past, d)
           OR trend(h, d, 7, 5) IS DISTINCT FROM trend(past, d, 7, 5) OR rfm(h, d) IS DISTINCT FROM rfm(past, d) OR rfm(h, d, 7, '2023-11-25') IS DISTINCT FROM rfm(past, d, 7, '2023-11-25')
           OR occasions(h, NULL, d) IS DISTINCT FROM coalesce(occasions(past), 0) OR total(h, NULL, d) IS DISTINCT FROM coalesce(total(past), 0)), 0::bigint,
    'nothing that takes a day sees what came after it');
SELECT is((SELECT count(*) FROM past WHERE as_of(past, d) IS DISTINCT FROM past OR as_of(past, d + 100) IS DISTINCT FROM past
           OR as_of(past, d - 5) IS DISTINCT FROM as_of(h, d - 5)), 0::bigint, 'as_of twice is as_of once');

--
-- Accessors against SQL on the rows
--
CREATE TEMP TABLE net AS
    SELECT customer, day, sum(amount) AS amount, sum(exact) AS exact, bool_or(amount >= 0) AS occasion, bool_or(exact >= 0) AS exact_occasion, count(*) AS rows
    FROM source GROUP BY customer, day;
CREATE INDEX ON net (customer, day);
ANALYZE net;
SELECT is((SELECT count(*) FROM whole w WHERE (SELECT array_agg((day, amount, occasion) ORDER BY day) FROM entries(w.e)) IS DISTINCT FROM
               (SELECT array_agg((day, exact, exact_occasion) ORDER BY day) FROM net n WHERE n.customer = w.customer)), 0::bigint, 'entries are days, net amounts and occasions');
SELECT is((SELECT count(*) FROM whole w WHERE (SELECT array_agg(day ORDER BY day) FROM net n WHERE n.customer = w.customer) IS DISTINCT FROM days(w.e)
           OR (SELECT array_agg(exact ORDER BY day) FROM net n WHERE n.customer = w.customer) IS DISTINCT FROM amounts(w.e)), 0::bigint, 'days and amounts');
SELECT is((SELECT count(*) FROM whole w JOIN net n USING (customer), LATERAL entries(w.h) e
           WHERE e.day = n.day AND (e.occasion <> n.occasion OR abs(e.amount - n.amount::float8) > 1e-15 * (SELECT moved FROM moved m WHERE m.customer = n.customer AND m.day = n.day)::float8)), 0::bigint,
    'net amounts of cents are exact to double precision');
SELECT is((SELECT count(*) FROM whole w WHERE (SELECT array_agg(rows::float8 ORDER BY day) FROM net n WHERE n.customer = w.customer) IS DISTINCT FROM amounts(visits)
           OR days(visits) <> days(h) OR occasions(visits) <> cardinality(days(h))), 0::bigint, 'without an amount each row counts 1');
SELECT is((SELECT count(*) FROM whole w, LATERAL (SELECT min(day) FILTER (WHERE occasion) AS first, max(day) FILTER (WHERE occasion) AS last, count(*) FILTER (WHERE occasion) AS n FROM net WHERE net.customer = w.customer) s
           WHERE (first_day(h), last_day(h), occasions(h)) IS DISTINCT FROM (s.first, s.last, s.n::int)
           OR cadence(h) IS DISTINCT FROM CASE WHEN n > 1 THEN (s.last - s.first) / (n - 1)::float8 END), 0::bigint, 'first_day, last_day, occasions and cadence');
SELECT is((SELECT count(*) FROM past p, LATERAL (SELECT min(day) AS first, max(day) AS last FROM net WHERE net.customer = p.customer AND occasion AND day <= d) s
           WHERE recency(h, d) IS DISTINCT FROM d - s.last OR tenure(h, d) IS DISTINCT FROM d - s.first), 0::bigint, 'recency and tenure');
SELECT is((SELECT count(*) FROM past p, LATERAL (VALUES (d - 20, d), (d - 1, d), (d, d), (d, d - 9), (NULL, d), (d, NULL), (NULL, NULL)) b(after, upto),
           LATERAL (SELECT count(*) FILTER (WHERE exact_occasion) AS n, coalesce(sum(exact), 0) AS sum FROM net WHERE net.customer = p.customer AND day > coalesce(after, '-infinity') AND day <= coalesce(upto, 'infinity')) s
           WHERE occasions(e, after, upto) <> s.n OR total(e, after, upto) <> s.sum), 0::bigint, 'occasions and total between any bounds');
SELECT is((SELECT count(*) FROM whole w, LATERAL (SELECT sum(amount) AS sum, sum(abs(amount)) AS moved FROM source s WHERE s.customer = w.customer) s
           WHERE abs(total(h) - s.sum::float8) > 1e-15 * s.moved::float8), 0::bigint, 'totals of cents are exact to double precision');
SELECT is((SELECT count(*) FROM past p WHERE occasions(h) <> occasions(h, NULL, d) + occasions(h, d, NULL)), 0::bigint, 'two halves make a whole');

-- The trend against regr_slope: sums of the last k periods of p days, from the period of the first occasion on
SELECT is((SELECT count(*) FROM past, unnest(ARRAY[3, 4, 6, 12]) k, unnest(ARRAY[1, 5, 7, 30]) p,
           LATERAL (SELECT least(k, (d - first_day(e)) / p + 1) AS n) n,
           LATERAL (SELECT regr_slope(s, i) / nullif(avg(s), 0) AS slope, avg(s) AS mean
                    FROM generate_series(1, n) i, LATERAL (SELECT total(e, d - p * (n - i + 1), d - p * (n - i)) AS s) y) o
           WHERE CASE WHEN n < 3 OR n IS NULL OR d < first_day(e) OR o.mean <= 0 THEN trend(e, d, p, k) IS NOT NULL
                      ELSE abs(trend(e, d, p, k) - o.slope) > 1e-9 * (1 + abs(o.slope)) OR trend(e, d, p, k) IS NULL END), 0::bigint,
    'the trend is regr_slope / avg over the periods');

--
-- There and back
--
SELECT is((SELECT count(*) FROM whole WHERE history_send(h::text::history) <> history_send(h) OR history_send(visits::text::history) <> history_send(visits)), 0::bigint,
    'text and back: same bytes');
-- Every exponent that a double has, both signs, through text
CREATE TEMP TABLE extreme AS
    SELECT i, s * (1 + random()) * CASE WHEN i < -1022 THEN 2::float8 ^ -1022 * 2::float8 ^ (i + 1022) ELSE 2::float8 ^ i END AS amount
    FROM generate_series(-1073, 1022, 3) i, (VALUES (1), (-1)) s(s);
SELECT is((SELECT count(*) FROM extreme, LATERAL (SELECT history(ARRAY[date '2024-01-05'], ARRAY[amount]) AS h) x
           WHERE float8send(total(h)) <> float8send(amount) OR float8send(total(h::text::history)) <> float8send(amount) OR amounts(h) <> ARRAY[amount]), 0::bigint,
    'amounts of any size, smallest and largest, keep every bit');
SELECT is((SELECT count(*) FROM (SELECT d, ('{' || to_char(d, 'YYYY-MM-DD') || ':1}')::history AS h FROM (SELECT date '0001-01-01' + i * 997 AS d FROM generate_series(0, 3600) i) days) x
           WHERE days(h) <> ARRAY[d] OR first_day(h) <> d OR h <> history(ARRAY[d], ARRAY[1]) OR h::text <> '{' || to_char(d, 'YYYY-MM-DD') || ':1}'), 0::bigint,
    'days read and written as dates are, years 1 to 9999');
SELECT is((SELECT count(*) FROM (SELECT date '4714-11-24 BC' + (i::bigint * 715827)::int AS d FROM generate_series(0, 2999) i) x,
           LATERAL (SELECT history(ARRAY[d], ARRAY[1]) AS h) y WHERE days(h::text::history) <> ARRAY[d] OR h::text <> '{' || d::text || ':1}'), 0::bigint,
    'days across all dates there are');

--
-- Order
--
SELECT is((SELECT array_agg(customer ORDER BY h, customer) FROM whole),
    (SELECT array_agg(customer ORDER BY key, customer) FROM (SELECT customer, (SELECT array_agg((day, amount, occasion) ORDER BY day) FROM entries(h)) AS key FROM whole) k),
    'the order of histories is that of their entries');
SELECT is((SELECT count(*) FROM whole a, whole b WHERE (a.h < b.h)::int + (a.h = b.h)::int + (a.h > b.h)::int <> 1
           OR (a.h = b.h) <> (history_send(a.h) = history_send(b.h)) OR (a.h = b.h AND history_hash(a.h) <> history_hash(b.h))), 0::bigint,
    'exactly one of <, = and > holds; equal histories have equal bytes and hashes');
SELECT cmp_ok((SELECT count(DISTINCT history_hash(h)) FROM whole), '>=', (SELECT count(DISTINCT h) - 1 FROM whole), 'hashes tell histories apart');
SELECT cmp_ok((SELECT count(DISTINCT history_hash_extended(h, 1)) FROM whole), '=', (SELECT count(DISTINCT h) FROM whole), 'so do 64-bit hashes');

SELECT * FROM finish();
ROLLBACK;
