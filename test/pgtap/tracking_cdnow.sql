-- Model checks on real purchases of 2,357 customers of CDNOW against values computed elsewhere from the published formulas
-- (mpmath, 25 digits). The data are not part of the project: where CLM_SHARED does not name a folder that has them, there is
-- nothing to test.
BEGIN;
CREATE EXTENSION IF NOT EXISTS pgtap;
CREATE EXTENSION IF NOT EXISTS clm;
\getenv shared CLM_SHARED
\if :{?shared}
SELECT plan(47);
\cd :shared

CREATE TEMP TABLE log (orig_id text, id text, day date, cds integer, amount float8);
\copy log FROM 'data/cdnow_sample_log.csv' (FORMAT csv, HEADER)
CREATE TEMP TABLE customer AS SELECT id, clm.history(day, amount) AS h FROM log GROUP BY id;
-- The parameters that Fader, Hardie & Lee 2005 print, rounded
CREATE TEMP TABLE published AS
    SELECT jsonb_populate_record(clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}'), '{"as_of": "1997-09-30"}') AS m;

-- Tracking: equation 9, summed over the days on which customers came
CREATE TEMP TABLE tracked AS SELECT p.* FROM (SELECT clm.tracking(h, '1998-06-30') AS t FROM customer) q, published, clm.points(t, m) p;
SELECT is((count(*), min(first_day), max(last_day))::text, '(78,1997-01-01,1998-06-30)', '78 weeks') FROM tracked;
SELECT is(t.actual, v.actual, format('week %s: actual', period))
FROM tracked t JOIN (VALUES (1, 0::bigint), (2, 19), (12, 123), (39, 62), (40, 50), (52, 30), (78, 28)) v(period, actual) USING (period);
SELECT is(cumulative_actual, v.actual, format('up to week %s: actual', period))
FROM tracked JOIN (VALUES (1, 0::bigint), (2, 19), (12, 733), (39, 2457), (40, 2507), (52, 3183), (78, 4339)) v(period, actual) USING (period);
SELECT ok(abs(t.cumulative_expected / v.expected - 1) < 1e-11, format('up to week %s: expected %s', period, v.expected))
FROM tracked t JOIN (VALUES (1, 3.2138431308864205), (2, 14.89060287717698), (12, 612.6915283475037), (39, 2497.5635294873058),
    (40, 2550.2970201075089), (52, 3132.1243332763431), (78, 4166.3727203857433)) v(period, expected) USING (period);
SELECT is(sum(actual), 1882::numeric, 'actual purchases in the hold-out, weeks 40 to 78') FROM tracked WHERE holdout;
SELECT is(min(period), 40, 'the hold-out begins with week 40') FROM tracked WHERE holdout;
SELECT is_empty('SELECT FROM (SELECT clm.tracking(h, ''1998-06-30'') AS t FROM customer) q, published, clm.seasonality(t, m) WHERE departs', 'no month departs from the trend');
SELECT is(count(*), 12::bigint, 'twelve months are judged') FROM (SELECT clm.tracking(h, '1998-06-30') AS t FROM customer) q, published, clm.seasonality(t, m);
-- By cohort: the whole is the sum of its parts
SELECT collect_tap(is(sum(p.actual), 4339::numeric, 'actual purchases by cohort'), ok(abs(sum(p.expected) / 4166.3727203857433 - 1) < 1e-11, 'expected purchases by cohort'))
FROM (SELECT clm.tracking(h, '1998-06-30', (date '1998-06-30' - clm.first_day(h)) + 1) AS t FROM customer GROUP BY clm.first_day(h)) q, published, clm.points(t, m) p;

-- Frequency fit: equation 8
CREATE TEMP TABLE frequency AS SELECT p.* FROM (SELECT clm.frequency_fit(h, '1997-09-30', m, '1998-06-30') AS f FROM customer, published) q, clm.points(f) p;
SELECT collect_tap(ok(abs(f.expected_customers / v.expected - 1) < 1e-11, format('%s purchases: %s customers expected', purchases, v.expected)),
    is(f.customers, v.customers, format('%s purchases: customers', purchases)))
FROM frequency f JOIN (VALUES (0, 1411::bigint, 1406.4997927021538), (1, 439, 460.80757643575518), (2, 214, 192.70943419413506), (3, 100, 101.30672937242987), (4, 62, 59.936084827189868),
    (5, 38, 38.178569640659969), (6, 29, 25.589687429608473), (7, 64, 71.972125398067777)) v(purchases, customers, expected) USING (purchases);
SELECT is(round(sum(customers * holdout_actual)), 1882::float8, 'actual purchases in the hold-out') FROM frequency;
-- The table that make demo prints, by plain SQL
SELECT is(count(*), 8::bigint, 'hold-out by purchases before: as plain SQL has it') FROM frequency f JOIN (
    SELECT x, count(*) AS customers, avg(actual) AS actual, avg(predicted) AS predicted
    FROM (SELECT least(clm.occasions(h, NULL, '1997-09-30') - 1, 7) AS x, clm.occasions(h, '1997-09-30', NULL) AS actual, clm.expected_purchases(h, '1997-09-30', m, 273) AS predicted
          FROM customer, published) holdout GROUP BY x) s ON s.x = f.purchases
WHERE s.customers = f.customers AND abs(f.holdout_actual - s.actual) < 1e-12 AND abs(f.holdout_expected - s.predicted) < 1e-12;
SELECT is(count(*), 8::bigint, 'without a hold-out') FROM (SELECT clm.frequency_fit(h, '1997-09-30', m, NULL) AS f FROM customer, published) q, clm.points(f) p
JOIN frequency f2 USING (purchases, customers, expected_customers) WHERE p.holdout_actual IS NULL AND p.holdout_expected IS NULL;

\else
SELECT plan(1);
SELECT skip('CLM_SHARED names no folder with the data', 1);
\endif
SELECT * FROM finish();
ROLLBACK;
