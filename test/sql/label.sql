-- clm.label and the tables behind it: ten published stage systems, and the user's own.
\set VERBOSITY default
\set SHOW_CONTEXT never
SET client_encoding = 'UTF8';

\pset format unaligned
SELECT system, stages, en, zh FROM clm.stage_system ORDER BY sort;
\pset format aligned
-- A system tells as many stages apart as it says; textbook4's fourth needs the history of one product, and is no label
SELECT system, stages, count(DISTINCT code) AS codes, count(DISTINCT (code, l.en, l.zh)) AS labels, count(*) AS rows
FROM clm.stage_system JOIN clm.stage_label l USING (system) GROUP BY system, stages, sort ORDER BY sort;

-- Every stage in every system, in Chinese, in English and as a code; NULL where a system has no such stage
\pset null -
CREATE TEMP VIEW cell AS
    SELECT s.system, s.sort, stage, lang, clm.label(stage, s.system, lang) AS label
    FROM clm.stage_system s, unnest(enum_range(NULL::clm.stage)) stage, (VALUES ('zh'), ('en'), ('code')) l(lang);
CREATE TEMP VIEW matrix AS
    SELECT lang, system, sort, max(label) FILTER (WHERE stage = 'prospect') AS prospect, max(label) FILTER (WHERE stage = 'engaged') AS engaged,
           max(label) FILTER (WHERE stage = 'new') AS new, max(label) FILTER (WHERE stage = 'growing') AS growing,
           max(label) FILTER (WHERE stage = 'mature') AS mature, max(label) FILTER (WHERE stage = 'declining') AS declining,
           max(label) FILTER (WHERE stage = 'churned') AS churned, max(label) FILTER (WHERE stage = 'regained') AS regained
    FROM cell GROUP BY lang, system, sort;
\pset format unaligned
SELECT system, prospect, engaged, new, growing, mature, declining, churned, regained FROM matrix WHERE lang = 'zh' ORDER BY sort;
\pset format aligned
SELECT system, prospect, engaged, new, growing, mature, declining, churned, regained FROM matrix WHERE lang = 'en' ORDER BY sort;
SELECT system, prospect, engaged, new, growing, mature, declining, churned, regained FROM matrix WHERE lang = 'code' ORDER BY sort;

-- Modelling choices say that they are, and other names of a stage are said
SELECT system, stage, note_en <> '' AS note_en, note_zh <> '' AS note_zh FROM clm.stage_label WHERE note_en IS NOT NULL OR note_zh IS NOT NULL
ORDER BY system, stage;

-- Defaults, named arguments, NULLs
SELECT clm.label('churned'), clm.label('churned', lang => 'zh'), clm.label('churned', 'clm4'),
       clm.label(NULL), clm.label('new', NULL), clm.label('new', lang => NULL);

-- Unknown names list the known ones
SELECT clm.label('new', 'telecom');
SELECT clm.label('new', '');
SELECT clm.label('new', lang => 'de');
SELECT clm.label('prospect', 'life5', 'de');
SELECT clm.label(NULL, 'telecom', 'de');
SELECT clm.label('lost');

-- The caller's operators and functions of the same names are not used
CREATE SCHEMA clm_test_label;
CREATE FUNCTION clm_test_label.never(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT false';
CREATE OPERATOR clm_test_label.= (LEFTARG = text, RIGHTARG = text, FUNCTION = clm_test_label.never);
SET search_path = clm_test_label, pg_catalog;
SELECT clm.label('new'), clm.label('churned', 'life5', 'code');
RESET search_path;
DROP OPERATOR clm_test_label.= (text, text);
DROP FUNCTION clm_test_label.never;
DROP SCHEMA clm_test_label;

-- Customers who came back have no stage of their own in any published system: a note says so in each
SELECT system FROM clm.stage_label WHERE stage = 'regained' AND (note_en LIKE 'A modelling choice: %' AND note_zh LIKE '建模选择：%') IS NOT TRUE;

-- The user's rows: changed labels, a hidden one, a new system, a changed one and a hidden one
BEGIN;
INSERT INTO clm.stage_label_user (system, stage, en, zh) VALUES ('telecom5', 'churned', 'Gone', '离开'), ('telecom5', 'mature', NULL, '核心客户');
INSERT INTO clm.stage_label_user (system, stage, hidden) VALUES ('telecom5', 'declining', true);
SELECT clm.label('churned') AS changed, clm.label('churned', lang => 'zh') AS zh, clm.label('churned', lang => 'code') AS code,
       clm.label('declining') AS hidden, clm.label('mature') AS shipped;
SELECT code, en, zh, question_en, question_zh FROM clm.stage_label WHERE system = 'telecom5' AND stage IN ('mature', 'churned') ORDER BY stage;
SELECT system, count(*) FROM clm.stage_label WHERE system = 'telecom5' GROUP BY system;
INSERT INTO clm.stage_system_user (system, sort, stages, en, zh, description_en, description_zh, source)
VALUES ('ours', 0, 2, 'Ours', '我们的', 'Two stages', '两个阶段', 'ourselves');
INSERT INTO clm.stage_label_user (system, stage, code, en, zh) VALUES ('ours', 'new', 'in', 'In', '进'), ('ours', 'churned', 'out', 'Out', '出');
INSERT INTO clm.stage_system_user (system, hidden) VALUES ('life5', true);
INSERT INTO clm.stage_system_user (system, sort, en) VALUES ('dwyer5', 99, 'Dwyer');
SELECT clm.label('new', 'ours') AS new, clm.label('churned', 'ours', 'zh') AS churned, clm.label('mature', 'ours') AS mature;
SELECT system, en, sort, stages FROM clm.stage_system ORDER BY sort;
SELECT count(*) AS labels_of_a_hidden_system FROM clm.stage_label WHERE system = 'life5';
-- A new label that is incomplete is NULL in the languages that it lacks; a system is known without a place in the list
INSERT INTO clm.stage_label_user (system, stage, zh) VALUES ('ours', 'mature', '熟');
INSERT INTO clm.stage_system_user (system) VALUES ('bare');
SELECT clm.label('mature', 'ours', 'zh') AS zh, clm.label('mature', 'ours') AS en, clm.label('mature', 'bare') AS bare;
SAVEPOINT hidden;
SELECT clm.label('new', 'life5');
ROLLBACK TO hidden;
SELECT clm.label('none', 'ours');
ROLLBACK;
SELECT clm.label('churned'), clm.label('new', 'life5'), count(*) FROM clm.stage_system;
