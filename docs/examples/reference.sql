-- # Reference tables
-- The names of stages, levers, matrices and actions, and the terms of the field, in English and Chinese. Each view shows the
-- shipped rows and your own.

-- clm.stage_system
SELECT system, stages, en, zh FROM clm.stage_system ORDER BY sort;

-- clm.stage_label
SELECT stage, code, en, zh FROM clm.stage_label WHERE system = 'telecom5' ORDER BY stage;

-- clm.stage_label: A label of your own
BEGIN;
INSERT INTO clm.stage_label_user (system, stage, en, zh) VALUES ('telecom5', 'mature', 'Core', '核心客户');
SELECT stage, en, zh FROM clm.stage_label WHERE system = 'telecom5' AND stage IN ('growing', 'mature') ORDER BY stage;
ROLLBACK;

-- clm.lever
SELECT n, code, driver, kind, flow, en, zh FROM clm.lever ORDER BY n;

-- clm.side_effect: A cheaper hotline: what it saves, and what it does besides
SELECT driver, delta, headline, lever, description_en FROM clm.side_effect WHERE trap = 'ivr' ORDER BY sort, driver;

-- clm.value_part
SELECT part, en, zh, computation_en FROM clm.value_part WHERE n <= 2 ORDER BY n;

-- clm.matrix_cell
SELECT x_high, y_high, en, zh, advice_en FROM clm.matrix_cell WHERE matrix = 'value_risk' ORDER BY x_high DESC, y_high DESC;

-- clm.touchpoint
SELECT code, kind, online, en, zh FROM clm.touchpoint WHERE sort <= 5 ORDER BY sort;

-- clm.action: What to do with customers in decline by telephone
SELECT a.code, a.lever, a.en, a.zh FROM clm.action a WHERE a.stage = 'declining' AND a.touchpoint = 'outbound_call' ORDER BY a.code;

-- clm.process_step
SELECT n, en, zh FROM clm.process_step WHERE process = 'clm' ORDER BY n;

-- clm.term
SELECT en, zh, definition_en FROM clm.term WHERE code IN ('churn', 'share_of_wallet') ORDER BY code;
