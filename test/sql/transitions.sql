-- clm.transitions: moves between states as text, by aggregates and as rows; value and forecast by state; every error.
SET search_path = clm, public;
SET extra_float_digits = 0;
\set VERBOSITY terse

-- What a statement says: its value as text, or its SQLSTATE, message and hint
CREATE FUNCTION pg_temp.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value text;
    message text;
    detail text;
    hint text;
BEGIN
    EXECUTE statement INTO value;
    RETURN value;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE, left(message, 120), nullif(detail, ''), nullif(hint, ''));
END
$$;

-- Text: sorted bytewise, equal moves add up, quotes where they are needed
SELECT '{}'::transitions, ' { } '::transitions, '{new>growing:120}'::transitions;
SELECT '{b>a:1,a>b:2,a>ab:3,"">a:4,é>Z:5,B>a:6,a>b:40}'::transitions AS sorted;
SELECT E' {\n"new" > growing : 007 , new\t>"on hold":3 }'::transitions AS spaces;
SELECT '{"odd, name">churned:3,"a>b">"c:d":1,"{">"}":1,"<">" ":1,"say \"hi\"">"back\\slash":2,"\p\l\a\i\n">新客户:1}'::transitions AS quoted;
SELECT from_state, to_state, count FROM entries('{"odd, name">churned:3,"a>b">"c:d":1,"say \"hi\"">"back\\slash":2,"\p\l\a\i\n">新客户:1}'::transitions);
SELECT '{a>b:9223372036854775807}'::transitions, '{a>b:9223372036854775806,a>b:1}'::transitions;

-- What text is refused
SELECT t AS text, pg_temp.try(format('SELECT %L::transitions', t)) AS says FROM (VALUES
    (1, ''), (2, '{'), (3, '}'), (4, '{}x'), (5, 'a>b:1'), (6, '{a>b}'), (7, '{a>b:}'), (8, '{a:1}'), (9, '{>b:1}'), (10, '{a>:1}'), (11, '{a b>c:1}'),
    (12, '{a>b:1,}'), (13, '{a>b:1 c>d:1}'), (14, '{a>b:0}'), (15, '{a>b:-1}'), (16, '{a>b:1.5}'), (17, '{a>b:1e3}'), (18, '{"a>b:1}'), (19, '{"a\'), (20, '{"a"b>c:1}'),
    (21, '{a\b>c:1}'), (22, '{a>b:9223372036854775808}'), (23, '{a>b:99999999999999999999999999}'), (24, '{a>b:9223372036854775807,a>b:1}'),
    (25, '{a>b>c:1}'), (26, '{a<b:1}'), (27, '{新客户 流失:1}')) v(i, t) ORDER BY i;
SELECT pg_temp.try(format('SELECT length(%L::transitions::text)', format('{%s>b:1}', repeat('x', 1024)))) AS longest,
       pg_temp.try(format('SELECT length(%L::transitions::text)', format('{%s>b:1}', repeat('x', 1025)))) AS too_long,
       pg_temp.try(format('SELECT length(%L::transitions::text)', format('{a>%s:1}', repeat('客', 342)))) AS too_many_bytes;
SELECT pg_temp.try($$SELECT '{a>b:1'::transitions_state$$) AS state, pg_temp.try($$SELECT '{b>c:1, a>b:1, b>c:1}'::transitions_state$$) AS and_one;

-- Binary: version, number of moves, then lengths, names and counts
SELECT transitions_send('{}'), transitions_send('{new>"":258}'), transitions_state_send('{b>a:1,a>b:2}');
-- A COPY file of one row with one field, the given bytes
CREATE TEMP TABLE received (transitions transitions, transitions_state transitions_state);
CREATE FUNCTION pg_temp.receive(type text, field bytea) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    file bytea := '\x5047434f50590aff0d0a00' || '\x0000000000000000'::bytea || '\x0001' || int4send(length(field)) || field || '\xffff';
    escaped text := '';
    result text;
BEGIN
    FOR i IN 0..length(file) - 1 LOOP
        escaped := escaped || '\' || (get_byte(file, i) / 64) || (get_byte(file, i) / 8 % 8) || (get_byte(file, i) % 8);
    END LOOP;
    TRUNCATE pg_temp.received;
    EXECUTE format('COPY pg_temp.received (%I) FROM PROGRAM %L (FORMAT binary)', type, format('printf ''%s''', escaped));
    EXECUTE format('SELECT %I::text FROM pg_temp.received', type) INTO STRICT result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS result = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE, SQLERRM, nullif(result, ''));
END
$$;
\set name_a '''\\x0000000161'''
\set name_b '''\\x0000000162'''
\set two '''\\x0000000000000002'''
SELECT type, i, pg_temp.receive(type, message) FROM (VALUES ('transitions'), ('transitions_state')) t(type), (VALUES
    (1, '\x0100000000'::bytea),
    (2, '\x0100000001'::bytea || :name_a || :name_b || :two),
    (3, '\x0100000002'::bytea || :name_b || :name_a || :two || :name_a || :name_b || :two),
    (4, ''), (5, '\x01'), (6, '\x0200000000'), (7, '\x0100000001'), (8, '\x01ffffffff'), (9, '\x0100000000ff'),
    (10, '\x0100000001'::bytea || :name_a || :name_b || '\x0000000000000000'),
    (11, '\x0100000001'::bytea || :name_a || :name_b || '\xffffffffffffffff'),
    (12, '\x0100000001'::bytea || '\xffffffff6161616161' || :name_b || :two),
    (13, '\x0100000001'::bytea || :name_a || '\x0000000a62' || :two),
    (14, '\x0100000001'::bytea || :name_a || '\x0000000962' || :two),
    (15, '\x0100000002'::bytea || :name_a || :name_b || :two || :name_a || :name_b || :two),
    (16, '\x0100000001'::bytea || '\x00000001ff' || :name_b || :two),
    (17, '\x0100000001'::bytea || '\x0000000100' || :name_b || :two),
    (18, '\x0100000001'::bytea || '\x00000401' || convert_to(repeat('x', 1025), 'UTF8') || :name_b || :two)) m(i, message) ORDER BY type, i;
-- Every prefix of a message but the whole is refused
CREATE TEMP TABLE message AS SELECT transitions_send('{"">a:1,a>b:2,"b c">b:300}') AS m;
SELECT left(pg_temp.receive('transitions', substr(m, 1, n)), 5) AS says, count(*) FROM message, generate_series(0, length(m)) n GROUP BY 1 ORDER BY 1;

-- The aggregate: a row with a NULL is skipped; none gives NULL
SELECT transitions(f, t) FROM (VALUES ('new', 'growing'), ('new', 'churned'), ('new', 'growing'), (NULL, 'new'), ('new', NULL), ('', '')) v(f, t);
SELECT transitions(f, t), rollup(NULL::transitions) AS rollup FROM (VALUES (NULL, 'new'), ('new', NULL)) v(f, t);
SELECT transitions('a', 'b') AS empty, rollup('{}'::transitions) AS rollup FROM generate_series(1, 0);
SELECT pg_temp.try($$SELECT transitions(repeat('x', 1025), 'b')$$) AS too_long, length(transitions(repeat('x', 1024), repeat('y', 1024))::text) AS longest;
SELECT i, transitions(f, t) OVER (ORDER BY i) AS running FROM (VALUES (1, 'a', 'b'), (2, 'b', 'a'), (3, 'a', 'b')) v(i, f, t);
-- 160,000 distinct moves, and as many as there are rows in the table
SELECT count(*), sum(count), count(*) FILTER (WHERE count = 2 AND share = 1 / 400.0::float8) AS right_ones
FROM (SELECT transitions('state ' || i % 400, 'state ' || i / 400 % 400) AS t FROM generate_series(1, 320000) i) s, entries(t);
SELECT count(*) AS moves, bool_and(e.count IS NOT DISTINCT FROM b.count) AND bool_and(abs(e.share - b.share) < 1e-15) AS as_counted_by_sql
FROM (SELECT transitions((i * 7919 % 50)::text, (i::bigint * i % 499)::text) AS t FROM generate_series(0, 99999) i) s, entries(t) e
    FULL JOIN (SELECT f, t, count(*), count(*)::float8 / sum(count(*)) OVER (PARTITION BY f) AS share
               FROM (SELECT (i * 7919 % 50)::text AS f, (i::bigint * i % 499)::text AS t FROM generate_series(0, 99999) i) v GROUP BY f, t) b
    ON e.from_state = b.f AND e.to_state = b.t;

-- Parts and whole
SELECT merge('{a>b:1,b>c:2}'::transitions, '{a>b:3,a>a:4}'), '{a>b:1}'::transitions + '{a>b:2}', '{a>b:1}'::transitions + '{}', '{}'::transitions + '{}' AS none, '{a>b:1}'::transitions + NULL AS nothing;
SELECT rollup(t) FROM (VALUES ('{a>b:1,b>c:2}'::transitions), (NULL), ('{}'), ('{a>b:3,a>a:4}')) v(t);
SELECT pg_temp.try($$SELECT '{a>b:9223372036854775807}'::transitions + '{a>b:1}'$$) AS plus,
       pg_temp.try($$SELECT rollup(t) FROM (VALUES ('{a>b:9223372036854775807}'::transitions), ('{a>b:1}')) v(t)$$) AS rollup;
SELECT '{a>b:1,b>c:2}'::transitions = '{b>c:2,a>b:1}' AS equal, '{a>b:1}'::transitions = '{a>b:2}' AS other_count, '{a>b:1}'::transitions <> '{a>c:1}' AS other_state,
       '{a>bc:1}'::transitions <> '{ab>c:1}' AS other_border, '{}'::transitions = '{}' AS none, '{}'::transitions = NULL AS nothing;
-- Stored, compressed and out of line
CREATE TEMP TABLE stored AS SELECT i, transitions(repeat('long ', 20) || j % i, repeat('name ', 20) || j / i) AS t FROM (VALUES (1), (30), (200)) v(i), generate_series(0, i * i - 1) j GROUP BY i;
SELECT i, (SELECT count(*) FROM entries(t)) AS moves, t = t::text::transitions AS by_text, t + t = (t::text::transitions) + t AS sums, pg_column_size(t) < length(t::text) / 2 OR i = 1 AS compressed
FROM stored ORDER BY i;

-- Rows: shares of all moves out of a state
SELECT * FROM entries('{new>growing:120,new>churned:30,new>new:50,churned>churned:7}'::transitions);
SELECT * FROM entries('{a>a:9223372036854775807,a>b:9223372036854775807}'::transitions);
SELECT count(*) FROM entries('{}'::transitions);
SELECT count(*) FROM entries(NULL::transitions);

-- Value by state: the example of the formula, for ever and four periods ahead (106.04, 25.68, 0), and V_0 = R
CREATE TEMP TABLE example AS SELECT '{a>a:70,a>b:30,b>a:25,b>b:45,b>c:30}'::transitions AS t;
\set VERBOSITY default
SELECT state, round(clv::numeric, 2) AS clv FROM example, clv(t, '{a,b,c}', '{40,-4,0}', .1);
SELECT state, round(clv::numeric, 2) AS clv FROM example, clv(t, '{c,a,b}', '{5,40,-4}', .1, 4);
SET client_min_messages = error;
SELECT state, clv FROM example, clv(t, '{b,c,a}', '{-4,7,40}', .1, periods => 0);
-- Two states are a constant retention rate: 366.67; T periods ahead are T + 1 margins in advance
SELECT state, clv, clv(100, .8, .1, advance => true) FROM clv('{active>active:8,active>lost:2}'::transitions, '{active,lost}', '{100,0}', .1);
SELECT periods, v.clv, abs(v.clv - clv(100, .8, .1, periods => periods + 1, advance => true)) < 1e-12 AS same
FROM generate_series(0, 20, 5) periods, clv('{active>active:8,active>lost:2}'::transitions, '{active,lost}', '{100,0}', .1, periods) v WHERE state = 'active';
-- The same by brute force: the recursion in SQL, from the rows of entries
CREATE TEMP TABLE chain AS
    SELECT transitions('s' || i % 6, 's' || (i * i + i / 7) % 6) AS t, ARRAY['s4','s1','s0','s5','s2','s3'] AS states, ARRAY[10,-3,.5,7,100,0]::float8[] AS rewards FROM generate_series(1, 1000) i;
CREATE TEMP TABLE step AS SELECT from_state, to_state, share FROM chain, entries(t);
WITH RECURSIVE ahead AS (
    SELECT 0 AS periods, states, rewards AS v, rewards FROM chain
    UNION ALL
    SELECT periods + 1, states, (SELECT array_agg(rewards[i] + (SELECT coalesce(sum(share * v[array_position(states, to_state)]), 0) FROM step WHERE from_state = states[i]) / 1.05 ORDER BY i)
                                 FROM generate_series(1, 6) i), rewards
    FROM ahead WHERE periods < 30)
SELECT count(*) AS compared, max(abs(c.clv - v[array_position(ahead.states, state)])) < 1e-9 AS same FROM ahead, chain, clv(t, chain.states, chain.rewards, .05, periods) c;
WITH v AS (SELECT v.*, rewards[array_position(states, state)] AS reward FROM chain, clv(t, states, rewards, .05) v)
SELECT count(*) AS states, max(abs(v.clv - reward - (SELECT sum(share * n.clv) FROM step JOIN v n ON n.state = to_state WHERE from_state = v.state) / 1.05)) < 1e-9 AS solves_its_equation FROM v;
SELECT max(abs(v.clv - f.clv)) < 1e-9 AS far_ahead_is_for_ever FROM chain, clv(t, states, rewards, .05) v
    JOIN LATERAL clv(t, states, rewards, .05, 2147483647) f USING (state);
-- The order of the states does not matter; a list of one; no states
SELECT count(*), bool_and(a.clv = b.clv OR abs(a.clv / b.clv - 1) < 1e-13) AS same FROM chain, clv(t, states, rewards, .1) a
    JOIN LATERAL (SELECT array_agg(s ORDER BY s) AS s, array_agg(r ORDER BY s) AS r FROM unnest(states, rewards) u(s, r)) o ON true JOIN LATERAL clv(t, o.s, o.r, .1) b USING (state);
SELECT * FROM clv('{a>a:1}'::transitions, '{a}', '{11}', .1);
SELECT * FROM clv('{}'::transitions, '{}', '{}', .1);
-- Discounts: 0 and below up to a horizon only; 1 + 2 * 2 + 4 * 2 * 2 ... at -50 %
SELECT discount, (SELECT clv FROM clv('{a>a:1}'::transitions, '{a}', '{1}', discount, 3)) FROM unnest('{-.5,0,1,1e308}'::float8[]) discount;
-- A NULL but of periods gives no rows
SELECT (SELECT count(*) FROM clv(NULL::transitions, '{a}', '{1}', .1)) AS t, (SELECT count(*) FROM clv('{a>a:1}'::transitions, NULL, '{1}', .1)) AS states,
       (SELECT count(*) FROM clv('{a>a:1}'::transitions, '{a}', NULL, .1)) AS rewards, (SELECT count(*) FROM clv('{a>a:1}'::transitions, '{a}', '{1}', NULL)) AS discount,
       (SELECT count(*) FROM clv('{a>a:1}'::transitions, '{a}', '{1}', .1, NULL)) AS periods;

-- Errors
SELECT arguments, pg_temp.try(format('SELECT clv FROM clv(''{new>new:1,new>"grow ing":2,"grow ing">new:1}''::clm.transitions, %s) WHERE state = ''new''', arguments)) AS says FROM (VALUES
    (1, $$'{new,grow ing}', '{1,2}', .1$$), (2, $$'{new}', '{1}', .1$$), (3, $$'{new,growing}', '{1,2}', .1$$), (4, $$'{new,grow ing,churned}', '{1,2,3}', .1$$),
    (5, $$'{new,grow ing,new}', '{1,2,3}', .1$$), (6, $$'{new,NULL}', '{1,2}', .1$$), (7, $$'{new,grow ing}', '{1,NULL}', .1$$), (8, $$'{new,grow ing}', '{1}', .1$$),
    (9, $$'{new,grow ing}', '{1,2,3}', .1$$), (10, $$'{}', '{}', .1$$), (11, $$'{{new,grow ing}}', '{1,2}', .1$$), (12, $$'{new,grow ing}', '{{1},{2}}', .1$$),
    (13, $$'{new,grow ing}', '{NaN,2}', .1$$), (14, $$'{new,grow ing}', '{1,-Infinity}', .1$$), (15, $$'{new,grow ing}', '{1,2}', 'NaN'$$), (16, $$'{new,grow ing}', '{1,2}', 'Infinity'$$),
    (17, $$'{new,grow ing}', '{1,2}', 0$$), (18, $$'{new,grow ing}', '{1,2}', -.1$$), (19, $$'{new,grow ing}', '{1,2}', 1e-300$$), (20, $$'{new,grow ing}', '{1,2}', -1, 5$$),
    (21, $$'{new,grow ing}', '{1,2}', -2, 5$$), (22, $$'{new,grow ing}', '{1,2}', .1, -1$$), (23, $$'{new,grow ing}', '{1e308,1e308}', .1$$), (24, $$'{new,grow ing}', '{1e308,1e308}', 0, 5$$),
    (25, $$'{NEW,grow ing}', '{1,2}', .1$$), (26, $$'[0:1]={new,grow ing}', '[5:6]={1,2}', .1$$)) v(i, arguments) ORDER BY i;
SELECT pg_temp.try($$SELECT count(*) FROM clv('{}'::transitions, '{a}', '{1}', .1)$$) AS no_moves;
SELECT pg_temp.try($$SELECT count(*) FROM (SELECT transitions('s' || i, 's' || (i + 1) % 200) AS t, array_agg('s' || i) AS s, array_agg(1::float8) AS r FROM generate_series(0, 199) i) c, clv(t, s, r, .1)$$) AS two_hundred,
       pg_temp.try($$SELECT count(*) FROM (SELECT transitions('s' || i, 's' || (i + 1) % 201) AS t, array_agg('s' || i) AS s, array_agg(1::float8) AS r FROM generate_series(0, 200) i) c, clv(t, s, r, .1)$$) AS and_one;
SELECT pg_temp.try($$SELECT count(*) FROM (SELECT transitions('s' || i, 's' || i) AS t FROM generate_series(0, 200) i) c, clv(t, '{s0}', '{1}', .1)$$) AS many_unknown;
-- One that is told apart by its length only, and a cancel of a horizon without end
SELECT pg_temp.try($$SELECT count(*) FROM clv('{a>aa:1,aa>a:1}'::transitions, '{a,aaa}', '{1,1}', .1)$$) AS prefix;
SET statement_timeout = 200;
SELECT count(*) FROM clv('{a>a:1,a>b:1,b>a:1}'::transitions, '{a,b}', '{1,1}', 0, 2147483647);
RESET statement_timeout;

-- Forecast: step 0 is the mix, then by hand; the total stays; all end where nobody leaves
SELECT step, state, round(amount::numeric, 9) AS amount FROM example, forecast(t, '{a,b,c}', '{1000,0,0}', 2);
SELECT count(*), max(abs(total - 1)) < 1e-12 AS total_stays FROM (SELECT step, sum(amount) AS total FROM chain, forecast(t, states, '{.1,.2,.3,.1,.2,.1}', 1000) GROUP BY step) s;
SELECT state, round(amount::numeric, 6) AS amount FROM example, forecast(t, '{a,b,c}', '{10,20,30}', 10000) WHERE step = 10000;
SELECT * FROM example, forecast(t, '{c,b,a}', '{1,-0,1e-300}', 0) OFFSET 0;
-- Ten steps are four and then six
SELECT max(abs(a.amount - b.amount)) < 1e-12 AS same FROM chain, forecast(t, states, '{1,2,3,4,5,6}', 10) a,
    LATERAL (SELECT array_agg(amount ORDER BY array_position(states, state)) AS mix FROM forecast(t, states, '{1,2,3,4,5,6}', 4) WHERE step = 4) m, forecast(t, states, mix, 6) b
WHERE a.step = b.step + 4 AND a.state = b.state;
SELECT (SELECT count(*) FROM forecast(NULL::transitions, '{a}', '{1}', 1)) AS t, (SELECT count(*) FROM forecast('{a>a:1}'::transitions, NULL, '{1}', 1)) AS states,
       (SELECT count(*) FROM forecast('{a>a:1}'::transitions, '{a}', NULL, 1)) AS mix, (SELECT count(*) FROM forecast('{a>a:1}'::transitions, '{a}', '{1}', NULL)) AS steps;
SELECT arguments, pg_temp.try(format('SELECT amount FROM forecast(''{a>b:1,b>a:1}''::clm.transitions, %s)', arguments)) AS says FROM (VALUES
    (1, $$'{a,b}', '{1,-1}', 1$$), (2, $$'{a,b}', '{1,NaN}', 1$$), (3, $$'{a,b}', '{Infinity,1}', 1$$), (4, $$'{a,b}', '{1,NULL}', 1$$), (5, $$'{a,b}', '{1}', 1$$), (6, $$'{a}', '{1}', 1$$),
    (7, $$'{a,b,c}', '{1,1,1}', 1$$), (8, $$'{a,b}', '{1,1}', -1$$), (9, $$'{a,b}', '{1,1}', 10001$$), (10, $$'{a,a}', '{1,1}', 1$$), (11, $$'{a,b}', '{1.7e308,1.7e308}', 3$$)) v(i, arguments) ORDER BY i;
SELECT pg_temp.try($$SELECT max(amount) FROM forecast('{a>b:1,b>b:1}'::clm.transitions, '{a,b}', '{1.7e308,1.7e308}', 1)$$) AS out_of_range;
RESET client_min_messages;

-- Warnings: one a call, of all such states; none where all states are left; none of a forecast
SELECT * FROM clv('{a>a:1,a>b:1,a>"lost, again":2}'::transitions, '{a,lost\, again,b}', '{1,2,3}', .1);
SELECT * FROM clv('{a>a:1,a>lost:1,lost>lost:3}'::transitions, '{a,lost}', '{1,0}', .1);
SELECT * FROM forecast('{a>lost:1}'::transitions, '{a,lost}', '{1,0}', 1);

-- Without the schema in the search_path, operators need their schema, their function twins do not
SET search_path = pg_catalog;
SELECT '{a>b:1}'::clm.transitions OPERATOR(clm.+) '{a>b:2}', clm.merge('{a>b:1}'::clm.transitions, '{a>b:2}'), clm.transitions_eq('{a>b:1}', '{a>b:1}');
RESET search_path;

-- Stages over a quarter: the value of a customer by stage
CREATE TEMP TABLE c AS SELECT clm.history(day, amount) AS h FROM clm.simulate(4000, '2022-01-01', '2024-06-30', 7) GROUP BY customer_id;
\set d '''2024-06-30'''
CREATE TEMP TABLE by_stage AS
SELECT v.* FROM (SELECT clm.transitions(clm.lifecycle_stage(h,:d::date-90)::text, clm.lifecycle_stage(h,:d)::text) t FROM c WHERE h IS NOT NULL) q,
  LATERAL clm.clv(t, ARRAY['prospect','new','growing','mature','declining','churned','regained'], ARRAY[0,15,30,25,12,0,18]::float8[], .025) v;
SELECT count(*) AS stages, count(*) FILTER (WHERE clv > 0) AS worth_something FROM by_stage;
-- Soft errors, where the server has them: five bad texts for two types
SELECT current_setting('server_version_num')::int >= 160000 AS has_soft_errors \gset
\set refused 10
\if :has_soft_errors
SELECT count(*) AS refused FROM unnest(ARRAY['{', '{a>b:0}', '{a>b:9223372036854775808}', '{a>b:9223372036854775807,a>b:1}', format('{%s>b:1}', repeat('x', 1025))]) t,
    unnest(ARRAY['clm.transitions', 'clm.transitions_state']) type WHERE NOT pg_input_is_valid(t, type) \gset
\endif
\echo :refused

-- Lifecycle stages count by their names; a function that returns rows also stands in the select list
SELECT clm.transitions(f, t) AS stages, clm.transitions(f::text, t::text) OPERATOR(clm.=) clm.transitions(f, t) AS as_text
FROM (VALUES ('new'::clm.stage, 'growing'::clm.stage), ('new', 'churned'), (NULL, 'new'), ('churned', NULL), ('new', 'growing')) v(f, t);
SELECT clm.transitions('new', 'growing') AS literals, clm.transitions(NULL, 'new') IS NULL AS null_row, clm.transitions(s, s) IS NULL AS no_row
FROM (VALUES (NULL::clm.stage)) v(s);
SELECT clm.entries('{new>growing:2,new>new:6}'::clm.transitions);
