-- # Names of stages and matrices
-- Functions that look up a name in the reference tables.

-- clm.label
SELECT stage, clm.label(stage), clm.label(stage, 'clm4', 'en') AS clm4, clm.label(stage, 'clm4', 'zh') AS "四阶段"
FROM unnest(ARRAY['prospect', 'new', 'mature', 'churned']::clm.stage[]) stage;

-- clm.matrix: High profit, low loyalty
SELECT clm.matrix('profitability', 80, 20, 50, 50), clm.matrix('profitability', 80, 20, 50, 50, 'zh') AS "类型";
