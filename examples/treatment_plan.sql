-- What do we do with the customers of each stage, and where?
-- For: all who meet customers.
-- Needs: c(h)
-- Source: customer lifecycle management in telecom: a question, actions and touchpoints for each stage.

-- The question of each stage, and how many customers it is asked of today.
SELECT l.code, min(l.zh) AS "阶段", min(l.question_zh) AS "要考虑的问题", min(l.question_en) AS question,
       coalesce(sum(customers), 0) AS customers
FROM clm.stage_label l LEFT JOIN (SELECT clm.lifecycle_stage(h, date :'d') AS stage, count(*) AS customers FROM c
                                  GROUP BY 1) s USING (stage)
WHERE l.system = 'telecom5' GROUP BY l.code ORDER BY l.code;

-- Actions by stage and touchpoint, each with the lever that it moves.
SELECT a.stage, t.zh AS "接触点", l.zh AS "价值杠杆", a.en AS action, a.zh AS "措施"
FROM clm.action a LEFT JOIN clm.touchpoint t ON t.code = a.touchpoint LEFT JOIN clm.lever l ON l.code = a.lever
ORDER BY a.stage, t.sort NULLS LAST, a.code;

-- The twelve improvement initiatives in their order.
SELECT initiative_no AS no, min(l.zh) AS "价值杠杆", string_agg(DISTINCT a.zh, '；' ORDER BY a.zh) AS "举措"
FROM clm.action a LEFT JOIN clm.lever l ON l.code = a.lever WHERE initiative_no IS NOT NULL GROUP BY initiative_no
ORDER BY initiative_no;
