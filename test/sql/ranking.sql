-- The aggregates clm.ranking and clm.empc, clm.calibration, and their states: worked values, definitions, edges, errors.
\set VERBOSITY terse
SET extra_float_digits = 0;

CREATE TEMP TABLE worked (score float8, hit boolean);
INSERT INTO worked VALUES (.9, true), (.8, true), (.7, false), (.6, true), (.55, false), (.5, false), (.4, false),
    (.3, true), (.2, false), (.1, false);
-- AUC .7917, KS .583, Brier .195; lift of the top 20 % 2.5
SELECT (clm.ranking(score, hit)).* FROM worked;
SELECT c.* FROM (SELECT clm.ranking(score, hit) AS r FROM worked) w, clm.calibration(r) c;
SELECT sum(c.hits) / sum(c.n) / ((r).hits::numeric / (r).n) AS lift_20
FROM (SELECT clm.ranking(score, hit) AS r FROM worked) w, clm.calibration(r) c WHERE bin >= 9 GROUP BY r;
-- MPC 18.0 at 80 %, EMPC 18.072
SELECT n, hits, mpc, mpc_share, mpc_threshold, round(empc::numeric, 9) AS empc, round(empc_share::numeric, 9) AS empc_share FROM (SELECT (clm.empc(score, hit)).* FROM worked) e;
SELECT clm.empc(score, hit, 200, 10, 1, 6, 14) = clm.empc(score, hit) AS defaults FROM worked;

-- Against the definitions: eight bases with many, few and no equal scores
CREATE TEMP TABLE base AS
    SELECT base, i, CASE base WHEN 1 THEN i / 700.0 WHEN 2 THEN i % 7 / 7.0 WHEN 3 THEN (i * 37 % 101) / 101.0 WHEN 4 THEN i % 2
            WHEN 5 THEN (i * i % 211) / 211.0 WHEN 6 THEN (i % 13) / 13.0 ELSE -1e3 * sin(i) END::float8 AS score,
        (i * 7919 + base * 31) % 97 < CASE base WHEN 2 THEN 20 + i % 7 * 9 WHEN 3 THEN 5 + (i * 37 % 101) * 80 / 101 ELSE 30 END AS hit
    FROM generate_series(1, 8) base, LATERAL generate_series(1, CASE base WHEN 7 THEN 11 WHEN 8 THEN 23 ELSE 600 + base END) i;
CREATE TEMP TABLE measured AS SELECT base, clm.ranking(score, hit) AS r, clm.empc(score, hit, 100, 5, 2, 3, 5) AS e FROM base GROUP BY base;
WITH pairs AS (
    SELECT h.base, avg(CASE WHEN h.score > m.score THEN 1 WHEN h.score = m.score THEN .5 ELSE 0 END) AS auc
    FROM base h JOIN base m USING (base) WHERE h.hit AND NOT m.hit GROUP BY h.base
), walk AS (
    SELECT base, score, hit,
        count(*) FILTER (WHERE hit) OVER w / (count(*) FILTER (WHERE hit) OVER b)::float8
            - count(*) FILTER (WHERE NOT hit) OVER w / (count(*) FILTER (WHERE NOT hit) OVER b)::float8 AS distance,
        ceil(count(*) OVER b / 10.0) AS top, count(*) OVER d - count(*) OVER t AS above, count(*) OVER t AS equal,
        count(*) OVER w - count(*) OVER t AS below, count(*) OVER b AS n
    FROM base WINDOW b AS (PARTITION BY base), w AS (PARTITION BY base ORDER BY score), d AS (PARTITION BY base ORDER BY score DESC),
        t AS (PARTITION BY base, score)
), defined AS (
    SELECT base, max(abs(distance)) AS ks, avg((score - hit::int) ^ 2) AS brier, count(*) AS n, count(*) FILTER (WHERE hit) AS hits,
        sum(greatest(0, least(1, (top - above) / equal::float8))) FILTER (WHERE hit) / max(top) / avg(hit::int) AS lift,
        min(score) >= 0 AND max(score) <= 1 AS probabilities
    FROM walk GROUP BY base
)
SELECT base, (r).n, (r).hits, round((r).auc::numeric, 6) AS auc, abs((r).auc - p.auc) < 1e-12 AS auc_agrees,
    abs((r).gini - (2 * p.auc - 1)) < 1e-12 AS gini_agrees, abs((r).ks - d.ks) < 1e-12 AS ks_agrees,
    abs((r).lift - d.lift) < 1e-12 AS lift_agrees, abs((r).brier - d.brier) < 1e-12 AS brier_agrees, probabilities,
    ((r).n, (r).hits) = (d.n, d.hits) AS counts_agree
FROM measured JOIN pairs p USING (base) JOIN defined d USING (base) ORDER BY base;
-- Bins by mid-ranks
WITH ranked AS (
    SELECT base, score, hit, rank() OVER w AS first, count(*) OVER (PARTITION BY base, score) AS equal, count(*) OVER (PARTITION BY base) AS n
    FROM base WINDOW w AS (PARTITION BY base ORDER BY score)
), binned AS (
    SELECT base, floor(10 * (first - 1 + equal / 2.0) / n)::int + 1 AS bin, count(*) AS n, avg(score) AS mean_score,
        count(*) FILTER (WHERE hit) AS hits, avg(hit::int) AS hit_rate
    FROM ranked GROUP BY 1, 2
)
SELECT count(*) AS bins, count(DISTINCT base) AS bases, bool_and(b.n = c.n AND b.hits = c.hits AND abs(b.mean_score - c.mean_score) <= 1e-12 * abs(b.mean_score)
    AND abs(b.hit_rate - c.hit_rate) < 1e-12) AS agree
FROM binned b FULL JOIN (SELECT base, c.* FROM measured, clm.calibration(r) c) c USING (base, bin);
-- Profit: the best of all thresholds, and its mean over the acceptance rate, Beta(3, 5), by the midpoint rule
WITH threshold AS (
    SELECT DISTINCT base, score, count(*) OVER w / (count(*) OVER b)::float8 AS share,
        count(*) FILTER (WHERE hit) OVER w / (count(*) OVER b)::float8 AS hits
    FROM base WINDOW b AS (PARTITION BY base), w AS (PARTITION BY base ORDER BY score DESC)
    UNION ALL SELECT DISTINCT base, NULL::float8, 0, 0 FROM base
), acceptance AS (
    SELECT 3 / 8.0::float8 AS gamma, NULL::float8 AS weight
    UNION ALL SELECT gamma, 105 * gamma ^ 2 * (1 - gamma) ^ 4 / 400 FROM generate_series(1, 400) i, LATERAL (SELECT (i - .5)::float8 / 400 AS gamma) g
), best AS (
    SELECT DISTINCT ON (base, gamma) base, gamma, weight, score, share, profit
    FROM threshold, acceptance, LATERAL (SELECT (gamma * 95 - 2) * hits - 7 * (share - hits) AS profit) p
    ORDER BY base, gamma, round(profit::numeric, 12) DESC, share
), defined AS (
    SELECT base, sum(weight * profit) AS empc, sum(weight * share) AS share FROM best WHERE weight IS NOT NULL GROUP BY base
)
SELECT base, round((e).mpc::numeric, 6) AS mpc, abs((e).mpc - b.profit) < 1e-12 AS mpc_agrees,
    abs((e).mpc_share - b.share) < 1e-12 AS share_agrees, (e).mpc_threshold IS NOT DISTINCT FROM b.score AS threshold_agrees,
    round((e).empc::numeric, 6) AS empc, abs((e).empc - d.empc) < 1e-3 AS empc_agrees, abs((e).empc_share - d.share) < 1e-2 AS empc_share_agrees,
    (e).empc >= (e).mpc AS not_less
FROM measured JOIN best b USING (base) JOIN defined d USING (base) WHERE weight IS NULL ORDER BY base;
-- A score and any rising function of it rank alike
SELECT count(*) AS bases, bool_and(((a).auc, (a).ks, (a).lift, (a).bin_n, (a).bin_hits) = ((r).auc, (r).ks, (r).lift, (r).bin_n, (r).bin_hits)) AS same,
    bool_and(((b).mpc, (b).mpc_share, (b).empc, (b).empc_share) = ((e).mpc, (e).mpc_share, (e).empc, (e).empc_share)) AS same_profit
FROM measured JOIN (SELECT base, clm.ranking(score * 3 - 7, hit) AS a, clm.empc(atan(score / 1000), hit, 100, 5, 2, 3, 5) AS b FROM base GROUP BY base) q USING (base);

-- Edges: nobody, NULLs, one customer, one class, constant, perfect and inverse scores, extreme scores
SELECT clm.ranking(score, hit) IS NULL AS no_ranking, clm.empc(score, hit) IS NULL AS no_empc FROM worked WHERE false;
SELECT clm.ranking(NULL, hit) IS NULL AS no_score, clm.ranking(score, NULL) IS NULL AS no_hit, clm.empc(NULL, hit) IS NULL AS no_score, clm.empc(score, NULL) IS NULL AS no_hit FROM worked;
SELECT clm.ranking(v.score, v.hit) = (SELECT clm.ranking(score, hit) FROM worked) AS skipped,
    clm.empc(v.score, v.hit) = (SELECT clm.empc(score, hit) FROM worked) AS skipped
FROM (TABLE worked UNION ALL VALUES (NULL, true), (.5, NULL), (NULL, NULL)) v(score, hit);
CREATE TEMP VIEW edge (name, score, hit) AS
    SELECT 'all hits', score, true FROM worked UNION ALL SELECT 'all misses', score, false FROM worked
    UNION ALL VALUES ('one hit', .25, true), ('one miss', .25, false), ('one each', .5, true), ('one each', .5, false)
    UNION ALL SELECT 'constant', 3, hit FROM worked UNION ALL SELECT 'perfect', hit::int, hit FROM worked
    UNION ALL SELECT 'inverse', 1 - hit::int, hit FROM worked
    UNION ALL SELECT 'huge', 1.7e308 * (score - .5) * 2, hit FROM worked UNION ALL SELECT 'tiny', 4.94065645841247e-324 * round(score * 10), hit FROM worked;
SELECT name, (r).n, (r).hits, (r).auc, (r).gini, (r).lift, (r).ks, (r).brier FROM (SELECT name, clm.ranking(score, hit) AS r FROM edge GROUP BY name) q ORDER BY name;
SELECT name, (e).n, (e).hits, (e).mpc, (e).mpc_share, (e).mpc_threshold, round((e).empc::numeric, 9) AS empc, round((e).empc_share::numeric, 9) AS empc_share
FROM (SELECT name, clm.empc(score, hit) AS e FROM edge GROUP BY name) q ORDER BY name;
SELECT name, c.* FROM (SELECT name, clm.ranking(score, hit) AS r FROM edge GROUP BY name) q, clm.calibration(r) c
WHERE name IN ('constant', 'huge', 'inverse', 'one each') ORDER BY name, bin;
SELECT (clm.ranking(score, hit)).brier FROM (VALUES (0::float8, false), (1, true), (1, false)) v(score, hit);
-- 0 and -0 are the same score
SELECT (clm.ranking(score, hit)).auc, (clm.ranking(score, hit)).bin_n FROM (VALUES ('-0'::float8, true), (0, false)) v(score, hit);
SELECT clm.ranking('NaN', true);
SELECT clm.ranking('Infinity', true);
SELECT clm.ranking(score, hit) FROM (TABLE worked UNION ALL VALUES ('-Infinity'::float8, false)) v(score, hit);
SELECT clm.empc('NaN', true);
SELECT clm.empc('Infinity', true, 200, 10, 1, 6, 14);

-- Campaigns: nobody is contacted where it does not pay; all hits are where it costs nothing
SELECT name, (e).mpc / unit AS mpc, (e).mpc_share, (e).mpc_threshold, round(((e).empc / unit)::numeric, 9) AS empc, round((e).empc_share::numeric, 9) AS empc_share FROM (
    SELECT 1 AS i, 1 AS unit, 'too dear' AS name, clm.empc(score, hit, 200, 10, 500, 6, 14) AS e FROM worked UNION ALL
    SELECT 2, 1, 'too dear as a rule', clm.empc(score, hit, 200, 0, 70, 6, 14) FROM worked UNION ALL
    SELECT 3, 1, 'no cost', clm.empc(score, hit, 200, 0, 0, 6, 14) FROM worked UNION ALL
    SELECT 4, 7, 'in another currency', clm.empc(score, hit, 1400, 70, 7, 6, 14) FROM worked UNION ALL
    SELECT 5, 8e305::float8, 'large', clm.empc(score, hit, 1.6e308, .08e308, .008e308, 6, 14) FROM worked UNION ALL
    SELECT 6, 1, 'almost certain', clm.empc(score, hit, 200, 10, 1, 3e5, 7e5) FROM worked UNION ALL
    SELECT 7, 1, 'all or nobody', clm.empc(score, hit, 200, 10, 1, .000003, .000007) FROM worked) q ORDER BY i;
SELECT clm.empc(score, hit, 0, 0, 1, 6, 14) FROM worked;
SELECT clm.empc(score, hit, -5, 0, 1, 6, 14) FROM worked;
SELECT clm.empc(score, hit, 200, 200, 1, 6, 14) FROM worked;
SELECT clm.empc(score, hit, 200, -1, 1, 6, 14) FROM worked;
SELECT clm.empc(score, hit, 200, 10, -1, 6, 14) FROM worked;
SELECT clm.empc(score, hit, 200, 10, 1, 0, 14) FROM worked;
SELECT clm.empc(score, hit, 200, 10, 1, 6, 1e7) FROM worked;
SELECT clm.empc(score, hit, 'NaN', 10, 1, 6, 14) FROM worked;
SELECT clm.empc(score, hit, 200, 10, 'Infinity', 6, 14) FROM worked;
SELECT clm.empc(score, hit, NULL, 10, 1, 6, 14) FROM worked;
SELECT clm.empc(score, hit, 200, 10, 1, 6, NULL) FROM worked;
\set VERBOSITY default
SELECT clm.empc(score, hit, 200, 10, 1 + (score < .2)::int, 6, 14) FROM worked;
\set VERBOSITY terse
SELECT (clm.empc(score, hit, 200, 10, CASE WHEN score < .5 THEN '-0' ELSE 0 END, 6, 14)).mpc FROM worked;
SELECT count(*) AS campaigns FROM (SELECT clm.empc(score, hit, 200, 10, contact, 6, 14) FROM worked, generate_series(0, 3) contact GROUP BY contact) q;

-- Rankings that users build; what comes from an older version may lack the bins
SELECT count(*) FROM clm.calibration(NULL);
SELECT count(*) FROM clm.calibration(ROW(10, 4, .8, .6, 2, .5, .2, NULL, NULL, NULL)::clm.ranking);
CREATE FUNCTION pg_temp.calibration_of(bin_n text, bin_score text, bin_hits text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT c::text FROM clm.calibration(ROW(0, 0, NULL, NULL, NULL, NULL, NULL, bin_n::bigint[], bin_score::float8[], bin_hits::bigint[])::clm.ranking) c;
EXCEPTION WHEN OTHERS THEN
    RETURN NEXT SQLSTATE || ' ' || SQLERRM;
END
$$;
SELECT pg_temp.calibration_of('{2,0,0,0,0,0,0,0,0,4}', '{.1,7,0,0,0,0,0,0,0,.9}', '{0,0,0,0,0,0,0,0,0,3}');
SELECT pg_temp.calibration_of('{1,2,3}', '{0,0,0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0,0,0}');
SELECT pg_temp.calibration_of('{}', '{}', '{}');
SELECT pg_temp.calibration_of('{1,1,1,1,1,1,1,1,1,1}', '{0,0}', '{0,0,0,0,0,0,0,0,0,0}');
SELECT pg_temp.calibration_of('{1,1,1,1,1,1,1,1,1,1}', '{0,0,0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0,0,0,0}');
SELECT pg_temp.calibration_of('{1,1,1,1,1,1,1,1,1,NULL}', '{0,0,0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0,0,0}');
SELECT pg_temp.calibration_of('{1,1,1,1,1,1,1,1,1,1}', '{0,0,0,0,0,0,0,0,0,NaN}', '{0,0,0,0,0,0,0,0,0,0}');
SELECT pg_temp.calibration_of('{{1,1,1,1,1},{1,1,1,1,1}}', '{0,0,0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0,0,0}');
SELECT pg_temp.calibration_of('{1,1,1,1,1,1,1,1,1,1}', '{0,0,0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0,0,2}');
SELECT pg_temp.calibration_of('{1,1,1,1,1,1,1,1,1,-1}', '{0,0,0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0,0,0}');
SELECT pg_temp.calibration_of('{1,1,1,1,1,1,1,1,1,1}', '{0,0,0,0,0,0,0,0,0,0}', '{0,0,0,0,0,0,0,0,0,-1}');

-- States: rows (score, customers, hits), sorted and merged
CREATE AGGREGATE pg_temp.ranking_state_of(float8, boolean) (SFUNC = clm.ranking_transition, STYPE = clm.ranking_state, COMBINEFUNC = clm.ranking_combine);
CREATE AGGREGATE pg_temp.empc_state_of(float8, boolean, float8, float8, float8, float8, float8) (SFUNC = clm.empc_transition, STYPE = clm.empc_state, COMBINEFUNC = clm.empc_combine);
SELECT pg_temp.ranking_state_of(score, hit), pg_temp.empc_state_of(score, hit, 200, 10, 1, 6, 14)
FROM (VALUES (.5, true), (-3, false), ('-0', true), (.1, true), (.5, false), (0, false), (1e308, true)) v(score, hit);
SELECT clm.ranking_combine('1 2 0.25 3 1 1 1 0', '1 2 1 2 2 -1 1 1') AS ranking, clm.empc_combine('1 200 10 1 6 14 1 0.25 3 1', '1 200 10 1 6 14 1 0.25 1 1') AS empc;
-- Equal rows that add up to too many are no value, since it would have no output
SELECT '1 2 0.25 9007199254740991 0 0.25 9007199254740991 0'::clm.ranking_state;
SELECT '1 200 10 1 6 14 2 0.25 9007199254740991 0 0.25 9007199254740991 0'::clm.empc_state;
SELECT clm.ranking_combine(NULL, s) AS left_null, clm.ranking_combine(s, NULL) AS right_null, clm.ranking_combine(NULL, NULL) IS NULL AS both_null,
    clm.ranking_final(NULL) IS NULL AS final_null, clm.empc_final(NULL) IS NULL AS empc_final_null
FROM (VALUES ('1 1 0.25 3 1'::clm.ranking_state)) v(s);
SELECT clm.ranking_final('1 0') AS ranking, clm.empc_final('1 200 10 1 6 14 0') AS empc;
SELECT (clm.ranking_final('1 2 0.25 4503599627370496 1 0.75 4503599627370496 4503599627370496')).*;
SELECT n, hits, mpc, mpc_share, mpc_threshold, round(empc::numeric, 9) AS empc
FROM clm.empc_final('1 200 10 1 6 14 2 0.25 4503599627370496 1 0.75 4503599627370496 4503599627370496');
-- Outside an aggregate the arguments stay as they are
DO $$
DECLARE
    a clm.ranking_state := clm.ranking_transition(NULL, 1, false);
    b clm.ranking_state := clm.ranking_transition(a, 2, true);
    c clm.ranking_state := clm.ranking_combine(a, b);
BEGIN
    RAISE NOTICE 'a %, b %, c %, twice %', a, b, c, clm.ranking_combine(c, c);
END
$$;
-- Campaigns do not mix
SELECT clm.empc_combine('1 200 10 1 6 14 0', '1 200 10 2 6 14 0');
SELECT clm.empc_combine('1 200 10 1 6 14 0', '1 100 10 1 6 14 0');
SELECT clm.empc_transition('1 200 10 1 6 15 0', .5, true);
SELECT clm.empc_transition('1 200 10 1 6 14 0', .5, true);
-- More customers than can be counted exactly
SELECT clm.ranking_combine('1 1 0.25 9007199254740992 1', '1 1 0.5 1 1');
SELECT clm.ranking_combine('1 1 0.25 9223372036854775807 1', '1 1 0.5 9223372036854775807 1');

-- Growth: from one row to ten thousand, over every doubling and, from 64 kB, merging; in order, in disorder, in parts
CREATE AGGREGATE pg_temp.merged(clm.ranking_state) (SFUNC = clm.ranking_combine, STYPE = clm.ranking_state);
CREATE TEMP TABLE grown AS
    SELECT n, distinct_scores AS d, pg_temp.ranking_state_of(i * 7919 % distinct_scores * .1, i % 3 = 0 ORDER BY i) AS s,
        pg_temp.ranking_state_of(i * 7919 % distinct_scores * .1, i % 3 = 0 ORDER BY md5(i::text)) AS shuffled,
        count(DISTINCT i * 7919 % distinct_scores) AS scores
    FROM unnest(ARRAY[1, 9, 10, 11, 20, 21, 2729, 2730, 2731, 5460, 5461, 10000]) n, unnest(ARRAY[3, 2000, 2700, 100000]) distinct_scores, generate_series(1, n) i
    GROUP BY 1, 2;
SELECT count(*) AS states, bool_and(s::text = shuffled::text) AS same, bool_and(split_part(s::text, ' ', 2)::int = scores) AS merged,
    bool_and(((clm.ranking_final(s)).n, (clm.ranking_final(s)).hits) = (n, n / 3)) AS counted,
    bool_and(s::text::clm.ranking_state::text = s::text) AS text_comes_back
FROM grown;
SELECT count(*) AS states, bool_and(g.s::text = p.s::text) AS same_by_parts, bool_and(clm.ranking_final(g.s)::text = clm.ranking_final(p.s)::text) AS same_ranking
FROM grown g, LATERAL (
    SELECT pg_temp.merged(CASE WHEN part % 2 = 0 THEN s ELSE s::text::clm.ranking_state END ORDER BY md5(part::text)) AS s
    FROM (SELECT i % 5 AS part, pg_temp.ranking_state_of(i * 7919 % d * .1, i % 3 = 0) AS s FROM generate_series(1, n) i GROUP BY 1) q) p;
-- Few distinct scores keep a state small, however many customers; one that is nearly full of distinct ones doubles once
SELECT d, pg_column_size(pg_temp.ranking_state_of(i % d, i % 3 = 0)) AS bytes FROM unnest(ARRAY[5, 1000, 2700]) d, generate_series(1, 200000) i GROUP BY d ORDER BY d;
SELECT pg_column_size(pg_temp.merged(s)) AS bytes, (clm.ranking_final(pg_temp.merged(s))).n AS n
FROM (SELECT pg_temp.ranking_state_of(i, i % 3 = 0) AS s FROM generate_series(1, 2000) i) q, generate_series(1, 100);

-- Malformed text
CREATE FUNCTION pg_temp.input_of(type text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
    why text;
BEGIN
    EXECUTE format('SELECT %L::clm.%I::text', input, type) INTO result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, nullif(why, ''));
END
$$;
SELECT input, pg_temp.input_of('ranking_state', input) AS ranking_state
FROM unnest(ARRAY['1 0', ' 1  1 0.5   1 0 ', '1 2 1 1 0 1 2 2', '1 1 -0 1 0', '1 1 1e-400 1 0', '', '1', '2 0', 'x 0', '1 -1', '1 x', '1 1', '1 1 0.5', '1 1 0.5 1', '1 1 0.5 1 0 0', '1 1 0.5 1 0.5',
    '1 2 0.5 1 0', '1 1 nan 1 0', '1 1 inf 1 0', '1 1 1e999 1 0', '1 1 0.5 0 0', '1 1 0.5 -1 0', '1 1 0.5 1 2', '1 1 0.5 1 -1', '1 1 0.5x 1 0', '1 1 0.5 99999999999999999999 0',
    '1 9223372036854775807 0.5 1 0', '1 2 0.5 9007199254740992 0 0.6 1 0']) input;
SELECT input, pg_temp.input_of('empc_state', input) AS empc_state
FROM unnest(ARRAY['1 200 10 -0 6 14 0', '1 200 10 1 6 14 1 0.5 1 0', '1 0', '1 200 10 1 6', '1 200 10 1 6 14', '1 200 10 1 6 14 1', '1 200 10 nan 6 14 0', '1 0 0 1 6 14 0', '1 200 200 1 6 14 0',
    '1 200 -1 1 6 14 0', '1 200 10 -1 6 14 0', '1 200 10 1 0 14 0', '1 200 10 1 6 1e7 0', '1 200 10 1 6 14 1 0.5 1 2']) input;

-- Malformed binary: a COPY file of one row with one field, the given bytes
CREATE TEMP TABLE received (ranking_state clm.ranking_state, empc_state clm.empc_state);
CREATE FUNCTION pg_temp.receive(type text, field bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    file bytea := '\x5047434f50590aff0d0a00' || '\x0000000000000000'::bytea || '\x0001' || int4send(length(field)) || field || '\xffff';
    escaped text := '';
    result text;
BEGIN
    FOR i IN 0..length(file) - 1 LOOP
        escaped := escaped || '\' || (get_byte(file, i) / 64) || (get_byte(file, i) / 8 % 8) || (get_byte(file, i) % 8);
    END LOOP;
    TRUNCATE received;
    EXECUTE format('COPY received (%I) FROM PROGRAM %L (FORMAT binary)', type, format('printf ''%s''', escaped));
    EXECUTE format('SELECT %I::text FROM received', type) INTO STRICT result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, nullif(result, ''));
END
$$;
CREATE FUNCTION pg_temp.row_of(score float8, n bigint, hits bigint) RETURNS bytea LANGUAGE sql AS $$SELECT float8send(score) || int8send(n) || int8send(hits)$$;
CREATE FUNCTION pg_temp.message(rows bytea, n bigint DEFAULT NULL, version int DEFAULT 1, constants float8[] DEFAULT '{}') RETURNS bytea LANGUAGE sql AS $$
    SELECT set_byte('\x00', 0, version) || coalesce((SELECT string_agg(float8send(c), '' ORDER BY i) FROM unnest(constants) WITH ORDINALITY u(c, i)), '')
        || int8send(coalesce(n, length(rows) / 24)) || rows
$$;
SELECT pg_temp.receive('ranking_state', clm.ranking_state_send(s)) = s::text AS same
FROM (VALUES ('1 0'::clm.ranking_state), ('1 1 0.25 3 1'), ('1 3 -1e+308 9 1 4e-324 2 2 0.1 1 0')) v(s);
SELECT pg_temp.receive('empc_state', clm.empc_state_send(s)) = s::text AS same FROM (VALUES ('1 200 10 1 6 14 0'::clm.empc_state), ('1 0.1 0 0 1e-06 1e+06 1 0.25 3 1')) v(s);
SELECT name, pg_temp.receive('ranking_state', field) AS ranking_state
FROM (VALUES
    (1, 'unsorted, -0', pg_temp.message(pg_temp.row_of(2, 1, 1) || pg_temp.row_of('-0', 1, 1) || pg_temp.row_of(2, 3, 1) || pg_temp.row_of(0, 1, 0))),
    (2, 'nothing', ''::bytea),
    (3, 'version 0', pg_temp.message('', version => 0)),
    (4, 'version 2', pg_temp.message('', version => 2)),
    (5, 'no count', '\x01'),
    (6, 'part of a count', '\x0100000000'),
    (7, 'count too small', pg_temp.message(pg_temp.row_of(1, 1, 1) || pg_temp.row_of(2, 1, 1), 1)),
    (8, 'count too large', pg_temp.message(pg_temp.row_of(1, 1, 1), 2)),
    (9, 'largest count', pg_temp.message(pg_temp.row_of(1, 1, 1), 9223372036854775807)),
    (10, 'negative count', pg_temp.message('', -1)),
    (11, 'one byte missing', substr(pg_temp.message(pg_temp.row_of(1, 1, 1)), 1, 32)),
    (12, 'one byte more', pg_temp.message(pg_temp.row_of(1, 1, 1)) || '\x00'),
    (13, 'NaN', pg_temp.message(pg_temp.row_of('NaN', 1, 1))),
    (14, 'infinity', pg_temp.message(pg_temp.row_of('-Infinity', 1, 1))),
    (15, 'no customer', pg_temp.message(pg_temp.row_of(1, 0, 0))),
    (16, 'negative customers', pg_temp.message(pg_temp.row_of(1, -1, -1))),
    (17, 'more hits than customers', pg_temp.message(pg_temp.row_of(1, 1, 2))),
    (18, 'negative hits', pg_temp.message(pg_temp.row_of(1, 1, -1))),
    (19, 'too many customers', pg_temp.message(pg_temp.row_of(1, 9223372036854775807, 1) || pg_temp.row_of(1, 9223372036854775807, 1)))) v(i, name, field) ORDER BY i;
SELECT name, pg_temp.receive('empc_state', field) AS empc_state
FROM (VALUES
    (1, '-0', pg_temp.message(pg_temp.row_of(1, 1, 1), constants => '{200,10,-0,6,14}')),
    (2, 'no constants', '\x01'),
    (3, 'truncated constants', '\x01' || float8send(200) || '\x00'),
    (4, 'NaN', pg_temp.message('', constants => '{200,NaN,1,6,14}')),
    (5, 'infinity', pg_temp.message('', constants => '{Infinity,10,1,6,14}')),
    (6, 'outside the domain', pg_temp.message('', constants => '{200,300,1,6,14}')),
    (7, 'no count', substr(pg_temp.message('', constants => '{200,10,1,6,14}'), 1, 45)),
    (8, 'negative count', pg_temp.message('', -1, constants => '{200,10,1,6,14}')),
    (9, 'wrong row', pg_temp.message(pg_temp.row_of(1, 1, 2), constants => '{200,10,1,6,14}'))) v(i, name, field) ORDER BY i;
-- Every truncation of a message is an error
SELECT count(*) AS truncations, count(*) FILTER (WHERE pg_temp.receive('empc_state', substr(m, 1, length)) LIKE '08P01 %' OR pg_temp.receive('empc_state', substr(m, 1, length)) LIKE '22P03 %') AS errors
FROM clm.empc_state_send('1 200 10 1 6 14 2 0.25 3 1 0.5 1 1') m, generate_series(0, length(m) - 1) length;

-- Windows: running, moving and whole
SELECT count(*) AS rows, bool_and(r IS NOT DISTINCT FROM (SELECT clm.ranking(score, hit) FROM worked p WHERE p.score >= w.score)) AS running,
    bool_and(e IS NOT DISTINCT FROM (SELECT clm.empc(score, hit) FROM worked p WHERE p.score >= w.score)) AS running_empc,
    bool_and(moving IS NOT DISTINCT FROM (SELECT clm.ranking(score, hit) FROM (SELECT * FROM worked p WHERE p.score >= w.score ORDER BY p.score LIMIT 4) l)) AS moving
FROM (SELECT score, clm.ranking(score, hit) OVER (ORDER BY score DESC) AS r, clm.empc(score, hit) OVER (ORDER BY score DESC) AS e,
          clm.ranking(score, hit) OVER (ORDER BY score DESC ROWS 3 PRECEDING) AS moving FROM worked) w;

-- Model and score as of a day, outcome after it: the report of a backtest
CREATE TEMP TABLE c AS SELECT customer_id, clm.history(day, amount) AS h FROM clm.simulate(500, '2023-01-01', '2023-12-31', 7) GROUP BY customer_id;
WITH past AS (SELECT clm.customer_model(h, '2023-09-30') AS m FROM c), backtest AS (
    SELECT (clm.ranking(clm.churn_score(h, '2023-09-30', m, 92), clm.occasions(h, '2023-09-30', '2023-12-31') = 0)).* FROM c, past
    WHERE clm.occasions(h, NULL, '2023-09-30') > 0
)
SELECT n BETWEEN 300 AND 500 AS n, hits BETWEEN n / 10 AND n AS hits, auc BETWEEN .7 AND 1 AS auc, lift > 1 AS lift, brier BETWEEN 0 AND .25 AS brier FROM backtest;
