-- Two-axis matrices: what the four cells of each are called, and what to do with the customers in them.

CREATE TABLE clm.matrix_cell_builtin (
    matrix text NOT NULL,
    x_high boolean NOT NULL,
    y_high boolean NOT NULL,
    code text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    x_en text NOT NULL,
    x_zh text NOT NULL,
    y_en text NOT NULL,
    y_zh text NOT NULL,
    advice_en text NOT NULL,
    advice_zh text NOT NULL,
    source text NOT NULL,
    PRIMARY KEY (matrix, x_high, y_high)
);
COMMENT ON TABLE clm.matrix_cell_builtin IS 'The cells of two-axis matrices, which clm.matrix(name, x, y, x_cut, y_cut) finds';
COMMENT ON COLUMN clm.matrix_cell_builtin.matrix IS 'Short name of the matrix, as clm.matrix takes it';
COMMENT ON COLUMN clm.matrix_cell_builtin.x_high IS 'Whether the cell has x at or above its cut';
COMMENT ON COLUMN clm.matrix_cell_builtin.y_high IS 'Whether the cell has y at or above its cut';
COMMENT ON COLUMN clm.matrix_cell_builtin.code IS 'Short stable identifier of the cell within the matrix';
COMMENT ON COLUMN clm.matrix_cell_builtin.en IS 'Name of the cell in English';
COMMENT ON COLUMN clm.matrix_cell_builtin.zh IS 'Name of the cell in Chinese';
COMMENT ON COLUMN clm.matrix_cell_builtin.x_en IS 'What x measures, in English';
COMMENT ON COLUMN clm.matrix_cell_builtin.x_zh IS 'What x measures, in Chinese';
COMMENT ON COLUMN clm.matrix_cell_builtin.y_en IS 'What y measures, in English';
COMMENT ON COLUMN clm.matrix_cell_builtin.y_zh IS 'What y measures, in Chinese';
COMMENT ON COLUMN clm.matrix_cell_builtin.advice_en IS 'What to do, a sentence in English';
COMMENT ON COLUMN clm.matrix_cell_builtin.advice_zh IS 'What to do, a sentence in Chinese';
COMMENT ON COLUMN clm.matrix_cell_builtin.source IS 'Where the matrix was published';

-- Of the profitability matrix some prints give the class Maintain a weak retention too, which would leave customers of low
-- contribution and high retention without a class.
INSERT INTO clm.matrix_cell_builtin (matrix, x_high, y_high, code, en, zh, x_en, x_zh, y_en, y_zh, advice_en, advice_zh, source)
SELECT axes.matrix, x_high, y_high, code, en, zh, x_en, x_zh, y_en, y_zh, advice_en, advice_zh, source
FROM (VALUES
    ('profitability', 'Contribution', '客户贡献度', 'Retention', '客户持续性',
     'McKinsey & Company, customer profitability matrix'),
    ('price_cost', 'Net price', '净价格', 'Cost to serve', '服务成本',
     'Shapiro, Rangan, Moriarty & Ross 1987, Manage Customers for Profits (Not Just Sales), Harvard Business Review 65(5)'),
    ('clv_crv', 'Customer lifetime value (CLV)', '客户终身价值（CLV）', 'Customer referral value (CRV)', '客户推荐价值（CRV）',
     'Kumar, Petersen & Leone 2007, How Valuable Is Word of Mouth?, Harvard Business Review 85(10)'),
    ('value_risk', 'Customer value', '客户价值', 'Churn risk', '流失风险',
     'Common practice of churn management'),
    ('impact_attention', 'Impact', '影响力', 'Attention', '关注度',
     'STEEP analysis of drivers (social, technological, economic, environmental, political), as consultants practise it'))
        AS axes(matrix, x_en, x_zh, y_en, y_zh, source)
JOIN (VALUES
    ('profitability', true, true, 'profitable', 'Profitable', '盈利型',
     'The main source of profit: keep these customers with the best service, and watch over them',
     '利润的主要来源：以最好的服务留住他们，并持续关注'),
    ('profitability', true, false, 'prospective', 'Prospective', '前景型',
     'They contribute much but may leave: improve the service and build loyalty',
     '贡献高但不稳定：改善服务，培养忠诚度'),
    ('profitability', false, true, 'maintain', 'Maintain', '保持型',
     'They stay and contribute a little: serve them at lower cost, and raise their contribution where it can be raised',
     '关系持久但贡献有限：降低服务成本，并在可能时提升其贡献'),
    ('profitability', false, false, 'inefficient', 'Inefficient', '低效型',
     'They contribute little, perhaps less than they cost, and do not stay: put less into them, or end the relation, and move the resources to others',
     '贡献低甚至亏损，且不持久：减少投入或终止服务，把资源转向其他客户'),
    ('price_cost', true, true, 'carriage_trade', 'Carriage trade', '贵宾型',
     'They cost much to serve and pay for it: keep up the service that they pay for',
     '服务成本高，但愿意为此付高价：保持与价格相称的优质服务'),
    ('price_cost', true, false, 'passive', 'Passive', '被动型',
     'They pay a high price and ask for little: the most profitable, to be guarded against competitors and never taken for granted',
     '付高价而要求不多：利润最高，须防范竞争对手，不可视为理所当然'),
    ('price_cost', false, true, 'aggressive', 'Aggressive', '强势型',
     'They ask for the best service at the lowest price: charge for services, lower their cost, or let the price rise',
     '要求以最低的价格得到最好的服务：对附加服务收费、降低服务成本或提高价格'),
    ('price_cost', false, false, 'bargain_basement', 'Bargain basement', '廉价型',
     'They pay little and need little: keep the service plain and automatic',
     '支付的价格低，要求也少：提供简单、自动化的服务'),
    ('clv_crv', true, true, 'champions', 'Champions', '冠军客户',
     'They buy much and bring others: keep both up, and let nothing disturb them',
     '购买多，推荐也多：两方面都保持，避免打扰'),
    ('clv_crv', true, false, 'affluents', 'Affluents', '富裕客户',
     'They buy much but bring few others: encourage them to refer',
     '购买多，推荐少：鼓励其推荐他人'),
    ('clv_crv', false, true, 'advocates', 'Advocates', '倡导客户',
     'They bring others but buy little themselves: win them for cross-selling and up-selling',
     '推荐多，自己购买少：通过交叉销售和向上销售提高其购买'),
    ('clv_crv', false, false, 'misers', 'Misers', '吝啬客户',
     'They neither buy much nor bring others: encourage both, at low cost',
     '购买和推荐都少：以较低成本同时促进两者'),
    ('value_risk', true, true, 'save', 'Save', '重点挽留',
     'Call them first, find out why they want to leave, and make the best offer that still pays',
     '优先联系，了解离开的原因，在仍有利润的前提下给出最优挽留方案'),
    ('value_risk', true, false, 'cherish', 'Cherish', '悉心维护',
     'Look after them regularly and sell them more, without offering discounts that nobody asked for',
     '定期关怀并深化合作，无需主动让利'),
    ('value_risk', false, true, 'let_go', 'Save at low cost or let go', '低成本挽留或放弃',
     'Offer only what costs next to nothing, and let those go who cost more than they bring',
     '仅采用几乎没有成本的挽留方式；服务成本高于收益的客户不再挽留'),
    ('value_risk', false, false, 'develop', 'Serve leanly and develop', '精简服务并培育',
     'Serve them by self-service, and raise their value by usage and cross-selling',
     '以自助服务为主，通过提升使用量和交叉销售提高其价值'),
    ('impact_attention', true, true, 'act', 'Act', '立即应对',
     'The driver matters and everybody knows it: have a plan and carry it out',
     '影响大且广受关注：制定并落实应对方案'),
    ('impact_attention', true, false, 'blind_spot', 'Blind spot', '盲点',
     'The driver matters more than people think: look into it before others do',
     '影响大却少有人关注：抢在他人之前深入研究'),
    ('impact_attention', false, true, 'noise', 'Noise', '过热话题',
     'The driver is talked about more than it matters: spend no more on it than it deserves',
     '讨论多而影响小：避免投入过多资源'),
    ('impact_attention', false, false, 'monitor', 'Monitor', '持续观察',
     'The driver matters little so far: look again at the next review',
     '目前影响不大：留待下次评估时复查'))
        AS cell(matrix, x_high, y_high, code, en, zh, advice_en, advice_zh) USING (matrix);
