-- Labels: a view over the shipped rows and the user's, where the user's win by key; so upgrades replace the shipped
-- rows, dumps carry the user's, and both can be there.

CREATE TABLE clm.stage_system_user (
    LIKE clm.stage_system_builtin INCLUDING COMMENTS, hidden boolean NOT NULL DEFAULT false, PRIMARY KEY (system));
COMMENT ON TABLE clm.stage_system_user IS
    'Your own stage systems: a row adds a system or replaces the shipped one of that name, hidden => true leaves it and its '
    'labels out';
COMMENT ON COLUMN clm.stage_system_user.hidden IS 'Leaves the system of that name out';
CREATE TABLE clm.stage_label_user (
    LIKE clm.stage_label_builtin INCLUDING COMMENTS, hidden boolean NOT NULL DEFAULT false, PRIMARY KEY (system, stage));
COMMENT ON TABLE clm.stage_label_user IS
    'Your own labels: a row adds a label or replaces the shipped one of that system and stage, hidden => true leaves it out';
COMMENT ON COLUMN clm.stage_label_user.hidden IS 'Leaves the label of that system and stage out';
SELECT pg_catalog.pg_extension_config_dump('clm.stage_system_user', '');
SELECT pg_catalog.pg_extension_config_dump('clm.stage_label_user', '');

CREATE VIEW clm.stage_system AS
    SELECT system, sort, stages, en, zh, description_en, description_zh, source FROM clm.stage_system_user WHERE NOT hidden
    UNION ALL
    SELECT system, sort, stages, en, zh, description_en, description_zh, source FROM clm.stage_system_builtin b
    WHERE NOT EXISTS (SELECT FROM clm.stage_system_user u WHERE u.system = b.system);
COMMENT ON VIEW clm.stage_system IS 'Published systems of lifecycle stages, shipped and your own';

CREATE VIEW clm.stage_label AS
    SELECT system, stage, code, en, zh, note_en, note_zh FROM (
        SELECT system, stage, code, en, zh, note_en, note_zh FROM clm.stage_label_user WHERE NOT hidden
        UNION ALL
        SELECT system, stage, code, en, zh, note_en, note_zh FROM clm.stage_label_builtin b
        WHERE NOT EXISTS (SELECT FROM clm.stage_label_user u WHERE u.system = b.system AND u.stage = b.stage)) l
    WHERE NOT EXISTS (SELECT FROM clm.stage_system_user s WHERE s.system = l.system AND s.hidden);
COMMENT ON VIEW clm.stage_label IS 'The name of each clm.stage in each system; no row where a system has no such stage';

-- Columns of the views mean what those of the tables do.
DO $$
DECLARE
    described record;
BEGIN
    FOR described IN
        SELECT v.attrelid::pg_catalog.regclass AS view, v.attname AS name,
               pg_catalog.col_description(t.attrelid, t.attnum) AS comment
        FROM (VALUES ('clm.stage_system', 'clm.stage_system_builtin'), ('clm.stage_label', 'clm.stage_label_builtin')) o(view, base)
        JOIN pg_catalog.pg_attribute v ON v.attrelid = o.view::pg_catalog.regclass
        JOIN pg_catalog.pg_attribute t ON t.attrelid = o.base::pg_catalog.regclass AND t.attname = v.attname AND t.attnum > 0
    LOOP
        EXECUTE pg_catalog.format('COMMENT ON COLUMN %s.%I IS %L', described.view, described.name, described.comment);
    END LOOP;
END
$$;

CREATE FUNCTION clm.label(stage clm.stage, system text DEFAULT 'telecom5', lang text DEFAULT 'en') RETURNS text
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    found_label clm.stage_label;
BEGIN
    IF lang NOT IN ('en', 'zh', 'code') THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = pg_catalog.format('unknown language "%s"', lang),
            HINT = 'Known languages are: en, zh, code.';
    END IF;
    SELECT * INTO found_label FROM clm.stage_label l WHERE l.system = label.system AND l.stage = label.stage;
    IF NOT FOUND AND NOT EXISTS (SELECT FROM clm.stage_system s WHERE s.system = label.system) THEN
        RAISE EXCEPTION USING ERRCODE = 'invalid_parameter_value',
            MESSAGE = pg_catalog.format('unknown stage system "%s"', system),
            HINT = pg_catalog.format('Known systems are: %s.',
                (SELECT pg_catalog.string_agg(s.system, ', ' ORDER BY s.sort, s.system) FROM clm.stage_system s));
    END IF;
    RETURN CASE lang WHEN 'en' THEN found_label.en WHEN 'zh' THEN found_label.zh ELSE found_label.code END;
END
$$;
COMMENT ON FUNCTION clm.label(clm.stage, text, text) IS
    'The name of a stage in a published system, in English (en) or Chinese (zh), or its code; NULL where the system has no '
    'such stage';
