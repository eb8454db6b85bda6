-- Prints bench_result as tables that can be pasted into a README.
\pset format unaligned
\pset tuples_only on
CREATE FUNCTION pg_temp.digits(value float8) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN abs(value) >= 1000 THEN to_char(value, 'FM999,999,999,990') WHEN abs(value) >= 10 THEN round(value::numeric)::text
                WHEN abs(value) >= 1 THEN round(value::numeric, 2)::text ELSE round(value::numeric, 3)::text END
$$;
CREATE FUNCTION pg_temp.with_unit(value float8, unit text) RETURNS text LANGUAGE sql AS $$
    SELECT pg_temp.digits(value) || CASE unit WHEN 'times' THEN '' ELSE ' ' || unit END
$$;
SELECT E'\n| section | what | ms | against | ms | ratio | least - most | target | met |\n|---|---|---|---|---|---|---|---|---|';
SELECT format('| %s | %s | %s | %s | %s | %s | %s | %s | %s |', section, what || coalesce(' (' || note || ')', ''), coalesce(round(ms)::text, ''), yardstick,
              coalesce(round(yardstick_ms)::text, ''), pg_temp.with_unit(value, unit), coalesce(pg_temp.digits(least) || ' - ' || pg_temp.digits(most), ''),
              coalesce(CASE WHEN at_least THEN 'at least ' ELSE 'at most ' END || target || CASE unit WHEN 'times' THEN '' ELSE ' ' || unit END, ''),
              CASE WHEN target IS NULL THEN '' WHEN at_least AND value >= target OR NOT at_least AND value <= target THEN 'yes' ELSE 'NO' END)
FROM bench_result ORDER BY sort;
SELECT format(E'\n%s of %s targets met, which are for a million customers on a quiet machine', count(*) FILTER (WHERE CASE WHEN at_least THEN value >= target ELSE value <= target END), count(*))
FROM bench_result WHERE target IS NOT NULL;
