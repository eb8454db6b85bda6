-- The levers of customer value, in the order of the value chain, and the side effects that make a pull at a single one
-- cost more than it brings.

CREATE TABLE clm.lever_builtin (
    n int NOT NULL,
    code text PRIMARY KEY,
    driver text NOT NULL,
    kind text NOT NULL,
    flow text NOT NULL,
    stages clm.stage[] NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL
);
COMMENT ON TABLE clm.lever_builtin IS 'The levers of customer value, one for each driver of a customer''s economics';
COMMENT ON COLUMN clm.lever_builtin.n IS 'Place in the value chain, from first consideration to win-back';
COMMENT ON COLUMN clm.lever_builtin.code IS 'Short stable identifier of the lever';
COMMENT ON COLUMN clm.lever_builtin.driver IS 'The driver of a customer''s economics that the lever moves, as effects name it';
COMMENT ON COLUMN clm.lever_builtin.kind IS
    'What the lever changes: acquisition (customers who join), revenue, cost, or retention (how long customers stay)';
COMMENT ON COLUMN clm.lever_builtin.flow IS
    'Where it acts on the base of customers: on-ramp (joining and coming back), value (while they are there) or off-ramp (leaving, and leaving debts)';
COMMENT ON COLUMN clm.lever_builtin.stages IS 'Stages of the customers on whom the lever is pulled';
COMMENT ON COLUMN clm.lever_builtin.en IS 'Name in English';
COMMENT ON COLUMN clm.lever_builtin.zh IS 'Name in Chinese';
COMMENT ON COLUMN clm.lever_builtin.description_en IS 'What the lever does, a sentence in English';
COMMENT ON COLUMN clm.lever_builtin.description_zh IS 'What the lever does, a sentence in Chinese';

INSERT INTO clm.lever_builtin (n, code, driver, kind, flow, stages, en, zh, description_en, description_zh) VALUES
    (1, 'consideration', 'conversion', 'acquisition', 'on-ramp', '{prospect,engaged}', 'Consideration', '购买意向',
     'Raises the probability that a prospect considers the offer and becomes a customer',
     '提高潜在客户考虑并最终购买的概率'),
    (2, 'acquisition', 'acquisition_cost', 'acquisition', 'on-ramp', '{prospect,engaged}', 'Acquisition', '新客户获取',
     'Lowers what is spent on each customer who is won',
     '降低获取每位新客户的成本'),
    (3, 'usage', 'revenue', 'revenue', 'value', '{new,growing,mature,declining,regained}', 'Usage and revenue', '使用量与收入提升',
     'Stimulates usage, so that each customer brings more revenue a period',
     '刺激使用，提高每位客户每期的收入贡献'),
    (4, 'service_cost', 'service_cost', 'cost', 'value', '{new,growing,mature,declining,regained}', 'Cost to serve', '服务成本管理',
     'Lowers the cost of everyday service for each customer and period',
     '降低每位客户每期的日常服务成本'),
    (5, 'cross_sell', 'cross_sell', 'revenue', 'value', '{growing,mature}', 'Cross-selling and up-selling', '交叉销售与向上销售',
     'Adds the contribution of further products and of better versions of those that the customer has',
     '向客户销售更多产品或更高档次的产品，增加每期贡献'),
    (6, 'price', 'price', 'revenue', 'value', '{growing,mature,declining}', 'Price', '价格调整',
     'Changes the price level, which goes straight into the margin and, the other way, into the willingness to stay',
     '调整资费水平，直接影响利润，同时反向影响客户的去留'),
    (7, 'renewal', 'renewal', 'retention', 'value', '{growing,mature,declining}', 'Contract renewal', '合同续签',
     'Raises the probability that a customer whose contract or plan expires renews it',
     '提高合同或优惠计划到期客户的续签概率'),
    (8, 'migration', 'migration', 'revenue', 'value', '{growing,mature,declining}', 'Brand and plan migration', '品牌与套餐迁移',
     'Guides moves between brands and plans, so that their net effect on the contribution is positive',
     '引导客户在品牌和套餐之间迁移，使其对贡献的净影响为正'),
    (9, 'retention', 'save', 'retention', 'off-ramp', '{mature,declining,regained}', 'Early warning and retention', '离网预警与挽留',
     'Recognises customers who are about to leave, and saves a larger share of them',
     '及早识别有离网倾向的客户，并提高挽留成功的比例'),
    (10, 'bad_debt', 'bad_debt', 'cost', 'off-ramp', '{new,growing,mature,declining,churned,regained}', 'Bad debt', '坏账管理',
     'Lowers the share of billed revenue that is never paid',
     '降低已出账收入中无法收回的比例'),
    (11, 'winback', 'winback', 'acquisition', 'on-ramp', '{churned}', 'Win-back', '流失客户赢回',
     'Raises the probability that a customer who has left comes back, where the second life is worth more than the offer',
     '在第二次生命周期的价值高于赢回成本时，提高流失客户回归的概率');

CREATE TABLE clm.side_effect_builtin (
    trap text NOT NULL,
    sort int NOT NULL,
    driver text NOT NULL,
    delta float8 NOT NULL,
    headline boolean NOT NULL,
    lever text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL,
    PRIMARY KEY (trap, driver)
);
COMMENT ON TABLE clm.side_effect_builtin IS
    'Traps of looking at a single lever: initiatives that gain at the lever they are judged by, and lose more at others '
    '(the directions are published, the sizes an example for a customer with revenue 60 a period)';
COMMENT ON COLUMN clm.side_effect_builtin.trap IS 'Short name of the trap; its rows are all the effects of one initiative';
COMMENT ON COLUMN clm.side_effect_builtin.sort IS 'Order in lists, the headline effect of a trap before the others';
COMMENT ON COLUMN clm.side_effect_builtin.driver IS 'The driver of a customer''s economics that changes';
COMMENT ON COLUMN clm.side_effect_builtin.delta IS
    'By how much it changes, in money a period or as a probability. The directions are published; the sizes are an example for '
    'a customer with revenue 60, gross margin .45, service cost 8, churn .03 and bad debt .02 a period: put in your own';
COMMENT ON COLUMN clm.side_effect_builtin.headline IS 'Whether this is the effect by which the initiative is usually judged';
COMMENT ON COLUMN clm.side_effect_builtin.lever IS 'The lever to which the driver belongs, see clm.lever';
COMMENT ON COLUMN clm.side_effect_builtin.en IS 'Name of the trap in English';
COMMENT ON COLUMN clm.side_effect_builtin.zh IS 'Name of the trap in Chinese';
COMMENT ON COLUMN clm.side_effect_builtin.description_en IS 'What this effect means, a sentence in English';
COMMENT ON COLUMN clm.side_effect_builtin.description_zh IS 'What this effect means, a sentence in Chinese';

INSERT INTO clm.side_effect_builtin (trap, sort, driver, delta, headline, lever, en, zh, description_en, description_zh) VALUES
    ('plan_optimisation', 1, 'save', .20, true, 'retention', 'Plan optimisation', '套餐优化',
     'Moving customers to the plan that suits them best keeps many who would have left',
     '为客户换用最合适的套餐，留住许多原本会离网的客户'),
    ('plan_optimisation', 2, 'revenue', -8, false, 'usage', 'Plan optimisation', '套餐优化',
     'Recurring revenue falls, since those who would have stayed pay less too, and some of those who are kept are worth nothing or less than nothing',
     '经常性收入减少：原本不会离网的客户也少付了钱，留住的客户中还有低价值甚至负价值客户'),
    ('data_service', 3, 'revenue', 6, true, 'usage', 'New data service', '推出新数据业务',
     'A new data service raises the revenue of each customer',
     '推出新的数据业务，提高每位客户的收入'),
    ('data_service', 4, 'service_cost', 3.2, false, 'service_cost', 'New data service', '推出新数据业务',
     'Customers call more often because of it, so that the cash cost of serving them rises',
     '客户来电增多，服务的现金成本随之上升'),
    ('ivr', 5, 'service_cost', -1.5, true, 'service_cost', 'Automated answering', '电话自动应答',
     'Machines answer calls in place of agents, which lowers the cost of service',
     '以自动应答代替人工接听，降低服务成本'),
    ('ivr', 6, 'churn', .004, false, 'retention', 'Automated answering', '电话自动应答',
     'Customers of high value, who expect to reach a person, leave more often',
     '希望得到人工服务的高价值客户更容易离网'),
    ('ivr', 7, 'cross_sell', -.5, false, 'cross_sell', 'Automated answering', '电话自动应答',
     'Fewer conversations leave fewer chances for up-selling and cross-selling',
     '与客户的对话减少，向上销售和交叉销售的机会随之减少');
