-- Bad values in every argument: an error with its SQLSTATE or a documented NULL, never NaN, infinity or a crash.
\set VERBOSITY terse
SET datestyle = ISO;
SET extra_float_digits = 0;

CREATE TEMP TABLE scored_model AS
    SELECT clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}') AS m
    UNION ALL SELECT clm.customer_model('mbg/nbd', 7, '{.525,6.183,.891,1.614}', '{6.25,3.74,15.44}');

-- What an expression does: 'value', 'null', 'not finite' or the SQLSTATE
CREATE FUNCTION pg_temp.does(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    value float8;
    results text[] := '{}';
    m clm.customer_model;
BEGIN
    FOR m IN SELECT (s.m).* FROM scored_model s LOOP
        BEGIN
            EXECUTE 'SELECT ' || expression INTO value USING m;
            results := results || CASE WHEN value IS NULL THEN 'null' WHEN value IN ('NaN', 'infinity', '-infinity') THEN 'not finite' ELSE 'value' END;
        EXCEPTION WHEN OTHERS THEN
            results := results || SQLSTATE::text;
        END;
    END LOOP;
    RETURN (SELECT string_agg(DISTINCT r, ', ' ORDER BY r) FROM unnest(results) r);
END
$$;
CREATE TEMP TABLE bad_float8 AS SELECT v COLLATE "C" FROM (VALUES ('NaN'), ('Infinity'), ('-Infinity'), ('-1'), ('-1e-300'), ('-0'), ('1e-300'), ('1e308'), (NULL)) b(v);
CREATE TEMP TABLE bad_integer AS SELECT v COLLATE "C" FROM (VALUES ('-2147483648'), ('-1'), ('0'), ('2147483647'), (NULL)) b(v);
CREATE TEMP TABLE bad_bigint AS SELECT v COLLATE "C" FROM (VALUES ('-9223372036854775808'), ('-1'), ('9223372036854775807'), (NULL)) b(v);
CREATE TEMP TABLE bad_date AS SELECT v COLLATE "C" FROM (VALUES ('infinity'), ('-infinity'), ('4714-11-24 BC'), ('5874897-12-31'), (NULL)) b(v);

-- Functions of a history: as_of, days, annual_discount, margin
CREATE TEMP TABLE history_call AS SELECT name COLLATE "C" FROM (VALUES
    ('p_alive'), ('p_active'), ('churn_score'), ('expected_purchases'), ('expected_spend'), ('clv')) c(name);
SELECT name, v AS as_of, pg_temp.does(format('clm.%s(''{2024-01-01:5,2024-02-01:7}'', %L::date, $1)', name, v)) AS does
FROM history_call, bad_date ORDER BY name, v;
SELECT name, v AS days, pg_temp.does(format('clm.%s(''{2024-01-01:5,2024-02-01:7}'', ''2024-03-01'', $1, %L::integer)', name, v)) AS does
FROM history_call, bad_integer WHERE name <> 'expected_spend' ORDER BY name, v;
SELECT v, pg_temp.does(format('clm.clv(''{2024-01-01:5,2024-02-01:7}'', ''2024-03-01'', $1, 365, %L::float8)', v)) AS discount,
       pg_temp.does(format('clm.clv(''{2024-01-01:5,2024-02-01:7}'', ''2024-03-01'', $1, 365, .1, %L::float8)', v)) AS margin,
       pg_temp.does(format('(clm.scores(''{2024-01-01:5,2024-02-01:7}'', ''2024-03-01'', $1, 365, %L::float8)).clv', v)) AS scores_discount,
       pg_temp.does(format('(clm.scores(''{2024-01-01:5,2024-02-01:7}'', ''2024-03-01'', $1, 365, .1, %L::float8)).clv_total', v)) AS scores_margin
FROM bad_float8 ORDER BY v;
-- Money beyond the range of a number, also where the model has no say
SELECT what, pg_temp.does(format('(clm.scores(%L, ''2024-03-01'', $1, 365, .1, 1e300)).value_to_date', h)) AS value_to_date
FROM (VALUES ('purchases', '{2024-01-01:1e300}'), ('refunds alone', '{2024-01-01:-1e300}'), ('repeats', '{2024-01-01:1,2024-02-01:1e300}')) v(what, h);
SELECT pg_temp.does('(clm.scores(''{2024-01-01:1.7e308,2024-02-01:1.7e308}'', ''2024-03-01'', $1)).value_to_date') AS total,
       pg_temp.does('(clm.scores(''{2024-01-01:9e307,2024-02-01:8e307}'', ''2024-03-01'', $1)).clv_total') AS clv_total;

-- Functions of a summary: x, t_x, t, monetary, n_monetary
CREATE TEMP TABLE rfm_call AS SELECT name COLLATE "C", call FROM (VALUES
    ('p_alive', 'clm.p_alive(%s, $1)'), ('p_active', 'clm.p_active(%s, $1)'), ('churn_score', 'clm.churn_score(%s, $1)'),
    ('expected_purchases', 'clm.expected_purchases(%s, $1)'), ('expected_spend', 'clm.expected_spend(%s, $1)'), ('clv', 'clm.clv(%s, $1)'),
    ('scores', '(clm.scores(%s, $1)).clv')) c(name, call);
SELECT v AS x, string_agg(name || ' ' || pg_temp.does(format(call, format('clm.rfm(%L::bigint, 1, 2, 5)', v))), ', ' ORDER BY name) AS does
FROM rfm_call, bad_bigint GROUP BY v ORDER BY v;
SELECT v AS t_x, string_agg(name || ' ' || pg_temp.does(format(call, format('clm.rfm(3, %L::float8, 2, 5)', v))), ', ' ORDER BY name) AS does
FROM rfm_call, bad_float8 GROUP BY v ORDER BY v;
SELECT v AS t, string_agg(name || ' ' || pg_temp.does(format(call, format('clm.rfm(3, 0, %L::float8, 5)', v))), ', ' ORDER BY name) AS does
FROM rfm_call, bad_float8 GROUP BY v ORDER BY v;
SELECT v AS monetary, string_agg(name || ' ' || pg_temp.does(format(call, format('clm.rfm(3, 1, 2, %L::float8)', v))), ', ' ORDER BY name) AS does
FROM rfm_call, bad_float8 GROUP BY v ORDER BY v;
SELECT v AS n_monetary, string_agg(name || ' ' || pg_temp.does(format(call, format('clm.rfm(3, 1, 2, 5, %L::bigint)', v))), ', ' ORDER BY name) AS does
FROM rfm_call, bad_bigint GROUP BY v ORDER BY v;
SELECT v AS periods, pg_temp.does(format('clm.p_alive(clm.rfm(3, 1, 2, 5), $1, %L)', v)) AS p_alive,
       pg_temp.does(format('clm.p_active(clm.rfm(3, 1, 2, 5), $1, %L)', v)) AS p_active,
       pg_temp.does(format('clm.churn_score(clm.rfm(3, 1, 2, 5), $1, %L)', v)) AS churn_score,
       pg_temp.does(format('clm.expected_purchases(clm.rfm(3, 1, 2, 5), $1, %L::float8)', v)) AS expected_purchases,
       pg_temp.does(format('clm.clv(clm.rfm(3, 1, 2, 5), $1, %L)', v)) AS clv,
       pg_temp.does(format('(clm.scores(clm.rfm(3, 1, 2, 5), $1, %L)).clv', v)) AS scores
FROM bad_float8 WHERE v IS NULL OR v <> '1e308' ORDER BY v;
-- Times and counts at the far end together
SELECT name, pg_temp.does(format(call, 'clm.rfm(9223372036854775807, 1.7e308, 1.7e308, 1.7e308)')) AS all_huge,
       pg_temp.does(format(call, 'clm.rfm(9223372036854775807, 1e-300, 1.7e308, 5)')) AS long_gone,
       pg_temp.does(format(call, 'clm.rfm(9223372036854775807, 0, 0, 5)')) AS at_once,
       pg_temp.does(format(call, 'clm.rfm(1, 1e-300, 1e-300, 1e-300)')) AS tiny
FROM rfm_call ORDER BY name;

-- A new customer
SELECT v AS days, pg_temp.does(format('clm.expected_purchases($1, %L::integer)', v)) AS expected_purchases,
       pg_temp.does(format('clm.p_purchases($1, 2, %L::integer)', v)) AS p_purchases, pg_temp.does(format('clm.p_purchases($1, %L::integer)', v)) AS n
FROM bad_integer ORDER BY v;

-- Parameters at the ends of the range: every score is a value or an error
SELECT DISTINCT d.does FROM (VALUES (1e-308), (1e-3), (1), (1e3), (1e300)) r(r), (VALUES (1e-308), (1), (1e300)) alpha(alpha),
    (VALUES (1e-308), (1), (1e300)) a(a), (VALUES (1e-308), (1), (1e300)) b(b), rfm_call,
    (VALUES ('clm.rfm(0, 0, 30, NULL)'), ('clm.rfm(2, 20, 30, 5)'), ('clm.rfm(1000000, 30, 30, 5)')) c(c),
    (VALUES ('bg/nbd'), ('mbg/nbd')) f(f),
    LATERAL (SELECT pg_temp.does(replace(format(call, c), '$1', format(
        'clm.customer_model(%L, 7, ARRAY[%s, %s, %s, %s]::float8[], ''{6.25,3.74,15.44}'')',
        f, r::float8, alpha::float8, a::float8, b::float8)))) d(does)
ORDER BY does;
