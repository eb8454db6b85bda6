-- Which forces outside the company deserve more attention than they get?
-- For: strategy. Drivers of society, technology, economy, environment and politics, rated from 0 to 10 for influence on the
-- business and for the attention that they get.
-- Needs: driver(kind, driver, zh, influence, attention)
-- Source: STEEP analysis.

-- The map, cut at the mean of all drivers; what matters and is overlooked comes first.
WITH rated AS (
    SELECT *, avg(influence) OVER ()::float8 AS influence_cut, avg(attention) OVER ()::float8 AS attention_cut FROM driver
)
SELECT kind, driver, zh AS "驱动因素", influence, attention,
       clm.matrix('impact_attention', influence, attention, influence_cut, attention_cut, 'en') AS cell,
       clm.matrix('impact_attention', influence, attention, influence_cut, attention_cut, 'zh') AS "象限"
FROM rated ORDER BY influence - attention DESC, driver;

-- A matrix of one's own is four rows of clm.matrix_cell_user; here they are taken back at the end.
BEGIN;
INSERT INTO clm.matrix_cell_user (matrix, x_high, y_high, code, en, zh, x_en, x_zh, y_en, y_zh, advice_en, advice_zh, source)
    SELECT 'steep', x_high, y_high, code, en, zh, 'Influence', '影响力', 'Attention', '关注度', advice_en, advice_zh,
           'our strategy team'
    FROM (VALUES (true, true, 'priority', 'Priority', '重点', 'Put it into this year''s plan', '列入本年计划'),
                 (true, false, 'study', 'Study', '研究', 'Name somebody who looks into it', '指定专人研究'),
                 (false, true, 'calm', 'Calm down', '降温', 'Spend no more on it', '不再追加投入'),
                 (false, false, 'watch', 'Watch', '观察', 'Look again in a year', '一年后再看'))
         cell(x_high, y_high, code, en, zh, advice_en, advice_zh);
SELECT m.en AS cell, m.zh AS "象限", m.advice_zh AS "建议", count(*) AS drivers,
       string_agg(d.zh, '、' ORDER BY influence DESC, d.driver) AS "驱动因素"
FROM driver d JOIN clm.matrix_cell m ON m.matrix = 'steep'
     AND m.code = clm.matrix('steep', influence, attention, 6.5, 5.5, 'code')
GROUP BY m.en, m.zh, m.advice_zh ORDER BY drivers DESC, cell;
ROLLBACK;
