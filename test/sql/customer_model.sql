-- The aggregate clm.customer_model: estimates, weights, constants of an aggregation, errors, its state.
\set VERBOSITY terse
SET datestyle = ISO;
SET extra_float_digits = 0;

-- 520 customers as (x, t_x, t in weeks, mean spend, number of such customers)
CREATE TEMP TABLE summary (x bigint, t_x float8, t float8, monetary float8, customers bigint);
INSERT INTO summary VALUES
    (0,0,40,NULL,154), (0,0,52,NULL,116), (1,3,40,20,7), (1,3,40,40,6), (1,3,40,90,6), (1,3,52,20,3),
    (1,3,52,40,8), (1,3,52,90,4), (1,12,40,20,6), (1,12,40,40,2), (1,12,40,90,9), (1,12,52,40,5),
    (1,12,52,90,4), (1,24,40,20,3), (1,24,40,40,3), (1,24,40,90,8), (1,24,52,20,2), (1,24,52,40,9),
    (1,24,52,90,3), (1,36,40,20,4), (1,36,40,40,2), (1,36,40,90,3), (1,36,52,40,6), (1,36,52,90,5),
    (2,3,40,40,4), (2,3,52,90,2), (2,12,40,40,5), (2,12,40,90,3), (2,12,52,20,2), (2,12,52,40,7),
    (2,24,40,20,2), (2,24,40,40,6), (2,24,40,90,2), (2,24,52,20,3), (2,24,52,90,3), (2,36,40,20,2),
    (2,36,40,40,6), (2,36,40,90,5), (2,36,52,90,3), (2,48,52,20,2), (2,48,52,40,3), (2,48,52,90,5),
    (3,12,40,40,4), (3,24,40,40,2), (3,24,52,40,4), (3,24,52,90,3), (3,36,40,20,2), (3,36,40,40,2),
    (3,36,40,90,4), (3,36,52,20,2), (3,36,52,40,2), (3,36,52,90,2), (3,48,52,20,3), (4,24,40,20,2),
    (4,24,40,90,5), (4,36,40,20,2), (4,36,40,40,4), (4,36,40,90,5), (4,36,52,40,2), (5,24,40,40,2),
    (5,36,40,40,4), (5,36,52,90,2), (5,48,52,40,2), (6,24,40,40,2), (6,36,40,40,2), (6,36,40,90,3),
    (6,36,52,40,2), (6,48,52,40,2), (7,36,40,90,3), (7,36,52,40,3);

-- Known estimates, found by maximising the textbook likelihoods with 40 digits
CREATE TEMP TABLE model AS
    SELECT clm.customer_model(clm.rfm(x, t_x, t, monetary), 'mbg/nbd', customers, 7) AS m FROM summary;
SELECT d.name, known.value AS known, abs(d.value / known.value - 1) < 1e-6 AS value_agrees,
       abs(d.se / known.se - 1) < 1e-4 AS se_agrees
FROM model, clm.describe(m) WITH ORDINALITY d(name, value, se, i)
LEFT JOIN (VALUES
    ('r', 3.871568924499, 2.023868409), ('alpha', 58.7775868451, 28.6890993),
    ('a', .7923634080866, .218019549), ('b', .9414965235813, .3007537426),
    ('log_likelihood', -2543.12642764928, NULL), ('customers', 520, NULL),
    ('p', 5.113279311030, 1.918667363), ('q', 5.979359960095, 1.534079529),
    ('gamma', 53.92279420941, 34.84431145),
    ('spend_log_likelihood', -1171.61069843698, NULL), ('spend_customers', 250, NULL)) known(name, value, se) USING (name)
ORDER BY i;
SELECT (m).family, (m).period, (m).as_of, (m).customers, (m).spend_customers FROM model;

-- Weights: a row of weight n is n rows; the defaults of the other signatures are MBG/NBD and a week
SELECT bool_and(m = single) AS single, bool_and(m = family) AS family, bool_and(m = split) AS split
FROM model, (
    SELECT clm.customer_model(clm.rfm(x, t_x, t, monetary)) AS single,
           clm.customer_model(clm.rfm(x, t_x, t, monetary), 'mbg/nbd') AS family
    FROM summary, generate_series(1, customers)) a, (
    SELECT clm.customer_model(clm.rfm(x, t_x, t, monetary), 'mbg/nbd', part, 7) AS split
    FROM summary, LATERAL (VALUES (1), (customers - 1)) v(part)) b;
-- Weight 0 or NULL and a NULL summary, or one without x, t_x or t, are no customers
SELECT m = (
    SELECT clm.customer_model(s, 'mbg/nbd', w, 7)
    FROM (SELECT clm.rfm(x, t_x, t, monetary), customers FROM summary
          UNION ALL SELECT clm.rfm(9, 1, 2, 3), 0 UNION ALL SELECT clm.rfm(9, 1, 2, 3), NULL
          UNION ALL SELECT NULL, 5 UNION ALL SELECT clm.rfm(NULL, 1, 2, 3), 5
          UNION ALL SELECT clm.rfm(9, NULL, 2, 3), 5 UNION ALL SELECT clm.rfm(9, 1, NULL, 3), 5) v(s, w)) AS same
FROM model;
-- No value known: NULL monetary, or 0 as other tools write it, and n_monetary NULL; -0 is 0
SELECT clm.customer_model_transition(NULL, s) FROM (VALUES (clm.rfm(2, 1, 3)), (clm.rfm(2, 1, 3, 0)),
    (clm.rfm(2, 1, 3, NULL, 2)), (clm.rfm(2, 1, 3, 5, 0)), (clm.rfm(2, 1, 3, 5)), (clm.rfm(2, 1, 3, 5, 1)),
    (clm.rfm(0, '-0', '-0'))) v(s);
-- Another unit of time: times and alpha double, nothing else changes
SELECT d.name, round((o.value / d.value)::numeric, 6) AS ratio
FROM model, clm.describe(m) d JOIN LATERAL (
    SELECT (clm.describe(clm.customer_model(clm.rfm(x, 2 * t_x, 2 * t, monetary), 'mbg/nbd', customers, 3))).* FROM summary) o
    USING (name)
WHERE name IN ('r', 'alpha', 'a', 'b', 'p', 'q', 'gamma') ORDER BY name;

-- Nothing to fit gives NULL
SELECT clm.customer_model(s) IS NULL AS no_rows FROM (SELECT clm.rfm(1, 1, 1) WHERE false) v(s);
SELECT clm.customer_model(NULL::clm.rfm) IS NULL AS rfm, clm.customer_model(NULL::clm.history, date '2024-01-01') IS NULL AS history,
       clm.customer_model('{2024-01-02:5}'::clm.history, date '2024-01-01') IS NULL AS before_the_first_day,
       clm.customer_model('{2024-01-01:-5}'::clm.history, date '2024-01-01') IS NULL AS refunds_alone,
       clm.customer_model(clm.rfm(1, 1, 1), 'bg/nbd', 0, 7) IS NULL AS weight_0
FROM generate_series(1, 3);

-- No fit that can be trusted is an error with a hint
\set VERBOSITY default
SELECT clm.customer_model(clm.rfm(2, 5, 10));
SELECT clm.customer_model(clm.rfm(0, 0, t)) FROM generate_series(1, 10) t;
SELECT clm.customer_model(clm.rfm(x, 0, 0)) FROM generate_series(1, 3) x;
SELECT clm.customer_model(clm.rfm(x, t_x, t, monetary), 'bg/nbd', customers, 7) FROM summary;
SELECT clm.customer_model(clm.rfm(1, 5, 10)) FROM generate_series(1, 10);
SELECT clm.customer_model(clm.rfm(1, 5, 10), 'pareto');
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, date '2024-01-01', '');
\set VERBOSITY terse

-- Without spend, or without spread of it, the model carries no spend part; where it has no optimum a WARNING says so
SELECT (m).spend, (m).spend_se, (m).spend_log_likelihood, (m).spend_customers
FROM (SELECT clm.customer_model(clm.rfm(x, t_x, t), 'mbg/nbd', customers, 7) FROM summary
      UNION ALL SELECT clm.customer_model(clm.rfm(x, t_x, t, 10), 'mbg/nbd', customers, 7) FROM summary
      UNION ALL SELECT clm.customer_model(clm.rfm(x, t_x, t, 10 + x % 2 * 1e-9), 'mbg/nbd', customers, 7) FROM summary) v(m);

-- family, period and as_of are the same for all rows of an aggregation, and never NULL
\set VERBOSITY default
SELECT clm.customer_model(clm.rfm(1, 1, 2), f) FROM (VALUES ('bg/nbd'), ('mbg/nbd')) v(f);
SELECT clm.customer_model(clm.rfm(1, 1, 2), 'bg/nbd', 1, p) FROM (VALUES (7), (30)) v(p);
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, d) FROM (VALUES (date '2024-01-01'), ('2024-01-02')) v(d);
\set VERBOSITY sqlstate
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, d) FROM (VALUES (date '2024-01-01'), (NULL)) v(d);
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, date 'infinity');
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, date '-infinity');
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, date '2024-01-01', NULL);
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, date '2024-01-01', 'bg/nbd', NULL::int);
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, date '2024-01-01', 'bg/nbd', 0);
SELECT clm.customer_model('{2024-01-01:5}'::clm.history, date '2024-01-01', 'bg/nbd', -7);
SELECT clm.customer_model(clm.rfm(1, 1, 2), NULL);
SELECT clm.customer_model(clm.rfm(1, 1, 2), NULL, 1, 7);
SELECT clm.customer_model(clm.rfm(1, 1, 2), 'bg/nbd', 1, NULL);
SELECT clm.customer_model(clm.rfm(1, 1, 2), 'bg/nbd', -1, 7);
SELECT clm.customer_model(clm.rfm(1, 1, 2), 'bg/nbd', 9223372036854775807, 7) FROM generate_series(1, 2);
SELECT clm.customer_model(clm.rfm(1, 1, 2), 'bg/nbd', 9007199254740993, 7);
\set VERBOSITY terse

-- Summaries that contradict themselves
SELECT clm.customer_model(clm.rfm(-1, 0, 1));
SELECT clm.customer_model(clm.rfm(1, 2, 1));
SELECT clm.customer_model(clm.rfm(1, -1, 1));
SELECT clm.customer_model(clm.rfm(0, 1, 1));
SELECT clm.customer_model(clm.rfm(1, 1, 'NaN'));
SELECT clm.customer_model(clm.rfm(1, 'NaN', 1));
SELECT clm.customer_model(clm.rfm(1, 1, 'Infinity'));
SELECT clm.customer_model(clm.rfm(1, '-Infinity', 1));
SELECT clm.customer_model(clm.rfm(0, 0, -1));
SELECT clm.customer_model(clm.rfm(1, 1, 1, 5, 2));
SELECT clm.customer_model(clm.rfm(1, 1, 1, 5, -1));
SELECT clm.customer_model(clm.rfm(1, 1, 1, -5));
SELECT clm.customer_model(clm.rfm(1, 1, 1, 'NaN'));
SELECT clm.customer_model(clm.rfm(1, 1, 1, 'Infinity'));
SELECT clm.customer_model(clm.rfm(1, 1, 1, 0, 1));

-- The state as text: equal customers are one group with a weight, in canonical order
SELECT clm.customer_model_transition(clm.customer_model_transition(clm.customer_model_transition(NULL,
    clm.rfm(2, 1.5, 3, .1)), clm.rfm(0, 0, 3)), clm.rfm(2, 1.5, 3, .1));
SELECT clm.customer_model_transition(NULL, '{2024-01-01:5,2024-01-15:20}'::clm.history, date '2024-01-29', 'bg/nbd', 14);
SELECT clm.customer_model_combine('2 mbg/nbd 7 5 0 -2147483648 -2147483648 1 2 1.5 3 1 1 2 0.1 1 0 0 0 0', '2 mbg/nbd 7 5 0 -2147483648 -2147483648 2 0 0 3 4 2 1.5 3 2 1 2 0.1 2 0 0 0 0');
SELECT clm.customer_model_combine(NULL, s) IS NOT NULL AS left_null, clm.customer_model_combine(s, NULL) IS NOT NULL AS right_null,
       clm.customer_model_combine(NULL, NULL) IS NULL AS both_null, clm.customer_model_final(NULL) IS NULL AS final_null
FROM (VALUES ('2 mbg/nbd 7 5 0 -2147483648 -2147483648 0 0 0 0 0 0'::clm.customer_model_state)) v(s);
-- States gathered apart, after a detour by text and by binary, combine and fit to the same bits as the whole
CREATE AGGREGATE pg_temp.gather(clm.rfm, text, bigint, integer) (
    SFUNC = clm.customer_model_transition, STYPE = clm.customer_model_state, COMBINEFUNC = clm.customer_model_combine);
CREATE TEMP TABLE part AS
    SELECT x % 3 AS part, pg_temp.gather(clm.rfm(x, t_x, t, monetary), 'mbg/nbd', customers, 7) AS state FROM summary GROUP BY 1;
SELECT m = clm.customer_model_final(clm.customer_model_combine(clm.customer_model_combine(a.state, b.state), c.state)) AS whole,
       m = clm.customer_model_final(clm.customer_model_combine(c.state::text::clm.customer_model_state,
               clm.customer_model_combine(b.state::text::clm.customer_model_state, a.state))) AS by_text
FROM model, part a, part b, part c WHERE (a.part, b.part, c.part) = (0, 1, 2);
INSERT INTO part SELECT 3, pg_temp.gather(clm.rfm(x, t_x / 7, t / 7 + 1e-15, monetary / 3), 'bg/nbd', customers, 30) FROM summary;
SELECT part, state::text::clm.customer_model_state::text = state::text AS same, clm.customer_model_combine(state::text::clm.customer_model_state, state)::text
       = clm.customer_model_combine(state, state)::text AS exact FROM part ORDER BY part;
CREATE TEMP TABLE back (LIKE part);
\getenv results PG_ABS_BUILDDIR
\cd :results
\copy part TO 'customer_model_state' (FORMAT binary)
\copy back FROM 'customer_model_state' (FORMAT binary)
SELECT part, b.state::text = a.state::text AS same FROM part a JOIN back b USING (part) ORDER BY part;

-- Outside an aggregate the arguments stay as they are
SELECT s::text = before AS unchanged
FROM (SELECT s, s::text AS before, clm.customer_model_transition(s, clm.rfm(1, 1, 3)), clm.customer_model_combine(s, s)
      FROM (VALUES ('2 mbg/nbd 7 -2147483648 0 -2147483648 -2147483648 1 0 0 3 4 0 0 0 0 0'::clm.customer_model_state)) v(s) OFFSET 0) w;
DO $$
DECLARE
    a clm.customer_model_state := clm.customer_model_transition(NULL, clm.rfm(0, 0, 3));
    b clm.customer_model_state := clm.customer_model_transition(a, clm.rfm(1, 1, 3));
    c clm.customer_model_state := clm.customer_model_combine(a, b);
BEGIN
    RAISE NOTICE 'a %, b %, c %', a, b, c;
END
$$;
-- States of different constants do not mix
SELECT clm.customer_model_combine('2 mbg/nbd 7 5 0 -2147483648 -2147483648 0 0 0 0 0 0', '2 bg/nbd 7 5 0 -2147483648 -2147483648 0 0 0 0 0 0');
SELECT clm.customer_model_combine('2 mbg/nbd 7 5 0 -2147483648 -2147483648 0 0 0 0 0 0', '2 mbg/nbd 14 5 0 -2147483648 -2147483648 0 0 0 0 0 0');
SELECT clm.customer_model_combine('2 mbg/nbd 7 5 0 -2147483648 -2147483648 0 0 0 0 0 0', '2 mbg/nbd 7 6 0 -2147483648 -2147483648 0 0 0 0 0 0');
SELECT clm.customer_model_transition('2 mbg/nbd 7 5 0 -2147483648 -2147483648 0 0 0 0 0 0', clm.rfm(1, 1, 3));

-- Malformed states
SELECT ''::clm.customer_model_state;
SELECT '3 mbg/nbd 7 0 0 -2147483648 -2147483648 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2'::clm.customer_model_state;
SELECT '2 x/nbd 7 0 0 -2147483648 -2147483648 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 0 0 0 -2147483648 -2147483648 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 2147483647 0 -2147483648 -2147483648 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 -2147483648 1 0 0 1 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 -2147483648 1 0 0 1 1 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 -2147483648 1 0 0 nan 1 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 -2147483648 1 1 3 2 1 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 -2147483648 1 1 1 2 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 -2147483648 0 1 0 5 1 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 -2147483648 0 1 1 -5 1 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 -2147483648 99999999999999999999 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 -1 -2147483648 -2147483648 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 1 -2147483648 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 0 0 -2147483648 0 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 mbg/nbd 7 99999999999 0 -2147483648 -2147483648 0 0 0 0 0 0'::clm.customer_model_state;
SELECT '2 auto 7 9 0 -2147483648 5 0 0 1 1 1 2 0 0 0 0'::clm.customer_model_state;
SELECT '2 auto 7 9 0 -2147483648 5 0 0 0 1 0 1 0 0'::clm.customer_model_state;
SELECT '2 auto 7 9 0 -2147483648 5 0 0 0 1 4000001 1 0 0'::clm.customer_model_state;
SELECT '2 auto 7 9 0 -2147483648 5 0 0 0 1 5 0 0 0'::clm.customer_model_state;
SELECT clm.customer_model_combine(s, s) FROM (VALUES ('2 auto 7 9 0 -2147483648 5 0 0 0 1 5 9223372036854775807 0 0'::clm.customer_model_state)) v(s);
SELECT clm.customer_model_combine(s, s) FROM (VALUES ('2 auto 7 9 .5 -9 5 1 1 1 2 1 0 1 0 0 1 1 1 7 1 0 1 9 3'::clm.customer_model_state)) v(s);

-- A state of few customers is flat, one of many is not: on either side and across the border it is the same state, made
-- at once or from parts
\set VERBOSITY default
SELECT count(*) AS sizes, bool_and(whole.s::text = parts.s::text) AS same_by_parts,
       bool_and(whole.s::text = clm.customer_model_transition(most.s, clm.rfm(n % 5, n % 5 * .5, 9, 2.5, n % 5), 'bg/nbd', 1, 7)::text) AS same_by_rows
FROM unnest(ARRAY[2, 3, 5, 41, 42, 43, 83, 84, 85, 86, 168, 169, 170, 500]) n,
     LATERAL (SELECT pg_temp.gather(clm.rfm(i % 5, i % 5 * .5, 9, 2.5, i % 5), 'bg/nbd', 1, 7) AS s FROM generate_series(1, n) i) whole,
     LATERAL (SELECT pg_temp.gather(clm.rfm(i % 5, i % 5 * .5, 9, 2.5, i % 5), 'bg/nbd', 1, 7) AS s FROM generate_series(1, n - 1) i) most,
     LATERAL (SELECT clm.customer_model_combine(
                (SELECT pg_temp.gather(clm.rfm(i % 5, i % 5 * .5, 9, 2.5, i % 5), 'bg/nbd', 1, 7) FROM generate_series(1, n / 2) i),
                (SELECT pg_temp.gather(clm.rfm(i % 5, i % 5 * .5, 9, 2.5, i % 5), 'bg/nbd', 1, 7) FROM generate_series(n / 2 + 1, n) i)) AS s) parts;
