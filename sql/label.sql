-- Functions that read the reference tables: the name of a stage, and of the cell of a matrix.

CREATE FUNCTION clm.in_language(lang text, en text, zh text, code text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF lang NOT IN ('en', 'zh', 'code') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = pg_catalog.format('unknown language "%s"', lang),
            HINT = 'Known languages are: en, zh, code.';
    END IF;
    RETURN CASE lang WHEN 'en' THEN en WHEN 'zh' THEN zh WHEN 'code' THEN code END;
END
$$;
COMMENT ON FUNCTION clm.in_language(text, text, text, text) IS
    'Part of clm.label and clm.matrix: the second, third or fourth argument, that is the name in English (en), in Chinese (zh), '
    'or the code (code), by lang; NULL where lang is, an error where it is anything else';

CREATE FUNCTION clm.label(stage clm.stage, system text DEFAULT 'telecom5', lang text DEFAULT 'en') RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE COST 2000 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    en text;
    zh text;
    code text;
BEGIN
    SELECT l.en, l.zh, l.code INTO en, zh, code FROM clm.stage_label l WHERE l.system = label.system AND l.stage = label.stage;
    IF NOT FOUND THEN -- alone: a condition with a query in it is a query in every call
        IF NOT EXISTS (SELECT FROM clm.stage_system s WHERE s.system = label.system) THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = pg_catalog.format('unknown stage system "%s"', system),
                HINT = pg_catalog.format('Known systems are: %s.',
                    (SELECT pg_catalog.string_agg(s.system, ', ' ORDER BY s.sort, s.system) FROM clm.stage_system s));
        END IF;
    END IF;
    RETURN clm.in_language(lang, en, zh, code);
END
$$;
COMMENT ON FUNCTION clm.label(clm.stage, text, text) IS
    'The name of a stage in a published system, in English (en) or Chinese (zh), or its code; NULL where the system has no '
    'such stage. Unknown systems and languages are errors';

CREATE FUNCTION clm.matrix(name text, x float8, y float8, x_cut float8, y_cut float8, lang text DEFAULT 'en') RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 2000 SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    en text; -- stays NULL, like the others, where a number is NULL, which is neither high nor low
    zh text;
    code text;
BEGIN
    SELECT c.en, c.zh, c.code INTO en, zh, code FROM clm.matrix_cell c
    WHERE c.matrix = matrix.name AND c.x_high = (x >= x_cut) AND c.y_high = (y >= y_cut);
    IF NOT FOUND AND name IS NOT NULL THEN -- alone, as above
        IF NOT EXISTS (SELECT FROM clm.matrix_cell c WHERE c.matrix = matrix.name) THEN
            RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
                MESSAGE = pg_catalog.format('unknown matrix "%s"', name),
                HINT = pg_catalog.format('Known matrices are: %s.',
                    (SELECT pg_catalog.string_agg(DISTINCT c.matrix, ', ' ORDER BY c.matrix) FROM clm.matrix_cell c));
        END IF;
    END IF;
    IF pg_catalog.num_nulls(x, y, x_cut, y_cut) = 0 AND NOT ('Infinity' > ALL (ARRAY[@x, @y, @x_cut, @y_cut])) THEN
        RAISE EXCEPTION USING ERRCODE = 'numeric_value_out_of_range',
            MESSAGE = (SELECT pg_catalog.format('%s must be a finite number, not %s', v.argument, v.value)
                       FROM (VALUES ('x', x), ('y', y), ('x_cut', x_cut), ('y_cut', y_cut)) v(argument, value)
                       WHERE NOT @v.value < 'Infinity' LIMIT 1);
    END IF;
    RETURN clm.in_language(lang, en, zh, code);
END
$$;
COMMENT ON FUNCTION clm.matrix(text, float8, float8, float8, float8, text) IS
    'The cell of a two-axis matrix into which x and y fall, in English (en) or Chinese (zh), or its code; at the cut counts as '
    'high. NULL where a number is, and where you have hidden the cell; NaN, infinity, an unknown matrix (clm.matrix_cell lists '
    'them) and an unknown language are errors';
