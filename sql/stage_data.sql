-- The ten published stage systems as data: what they are, and how each of them calls the stages of clm.stage.

CREATE TABLE clm.stage_system_builtin (
    system text PRIMARY KEY,
    sort int NOT NULL,
    stages int NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL,
    source text NOT NULL
);
COMMENT ON TABLE clm.stage_system_builtin IS 'Published systems of lifecycle stages';
COMMENT ON COLUMN clm.stage_system_builtin.system IS 'Short name of the system, as functions take it';
COMMENT ON COLUMN clm.stage_system_builtin.sort IS 'Order in lists';
COMMENT ON COLUMN clm.stage_system_builtin.stages IS 'Number of stages that the system tells apart';
COMMENT ON COLUMN clm.stage_system_builtin.en IS 'Name in English';
COMMENT ON COLUMN clm.stage_system_builtin.zh IS 'Name in Chinese';
COMMENT ON COLUMN clm.stage_system_builtin.description_en IS 'What the system describes, a sentence in English';
COMMENT ON COLUMN clm.stage_system_builtin.description_zh IS 'What the system describes, a sentence in Chinese';
COMMENT ON COLUMN clm.stage_system_builtin.source IS 'Where the system was published';

INSERT INTO clm.stage_system_builtin (system, sort, stages, en, zh, description_en, description_zh, source) VALUES
    ('telecom5', 1, 5, 'Telecom A-E', '电信客户生命周期 A-E',
     'From acquisition to exit in the five lettered stages that telecom operators use',
     '电信运营商使用的五个字母阶段，从客户获取到客户离网',
     'McKinsey & Company, customer lifecycle management for China Telecom'),
    ('clm4', 2, 4, 'Four phases of CLM', '客户生命周期管理四阶段',
     'Winning customers, bringing them from the first to the second purchase, keeping them buying, and losing them, the tendency to leave included',
     '获取客户、促成二次购买、维持重复购买、客户流失（含流失倾向）',
     'Customer lifecycle management literature (Chinese)'),
    ('nurture4', 3, 4, 'Acquire, nurture, develop, maintain', '获取、培养、发展、维护',
     'The four tasks of customer management, nurturing contacts before their first purchase among them; losing customers is no task and has no label',
     '客户管理的四项任务，其中培养指首次购买之前的接触与教育；流失不是任务，故无对应名称',
     'Customer lifecycle management literature (Chinese)'),
    ('relationship4', 4, 4, 'Four periods of a relationship', '客户关系四时期',
     'The level of the relationship over time: exploring each other, forming, stable, and going back',
     '客户关系水平随时间的发展：考察、形成、稳定、退化',
     'Theory of the customer relationship lifecycle (Chinese CRM textbooks)'),
    ('journey6', 5, 6, 'Customer journey', '客户旅程六阶段',
     'What the customer goes through with a brand, from hearing of it to leaving it',
     '客户与品牌接触的全过程，从认知到流失',
     'Brand marketing literature (Chinese)'),
    ('textbook4', 6, 4, 'Prospect, new, existing', '潜在客户、新客户、老客户',
     'The textbook series of prospect, new and existing customer; its fourth stage, the new customer of a new service, is an existing customer whose history with that one product is new',
     '教科书划分：潜在客户、新客户、老客户；第四阶段“新业务的新客户”指老客户在某项新业务的单独历史中处于新客户阶段',
     'CRM textbooks (Chinese)'),
    ('life5', 7, 5, 'Life of a customer', '客户生命五阶段',
     'The relationship told as a life from birth to death; before the first purchase there is none',
     '把客户关系比作生命，从诞生到死亡；首次购买之前尚无生命',
     'Customer lifecycle management literature (Chinese)'),
    ('consumption5', 8, 5, 'Consumption of a subscriber', '消费变化五阶段',
     'How much a subscriber spends: starting, growing, stable, falling, gone; before the first purchase there is nothing to see',
     '按用户消费额的变化划分：开始、增长、稳定、下降、离网；首次购买之前无消费',
     'Telecom practice (Chinese literature)'),
    ('scope4', 9, 4, 'Scope of CLM', '客户生命周期管理的范围',
     'What the company does with customers at each time: acquire them, raise their value, retain them, manage their leaving',
     '企业在各时期的管理工作：获取、提升价值、保留、离网管理',
     'Customer lifecycle management literature (Chinese)'),
    ('dwyer5', 10, 5, 'Buyer-seller relationship', '买卖关系五阶段',
     'The five phases through which a relationship of buyer and seller develops and ends',
     '买卖双方关系由建立到解体的五个阶段',
     'Dwyer, Schurr & Oh 1987, Developing Buyer-Seller Relationships, Journal of Marketing 51(2)');

-- A stage that a system does not have has no row.
CREATE TABLE clm.stage_label_builtin (
    system text NOT NULL,
    stage clm.stage NOT NULL,
    code text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    note_en text,
    note_zh text,
    question_en text,
    question_zh text,
    PRIMARY KEY (system, stage)
);
COMMENT ON TABLE clm.stage_label_builtin IS
    'What each published system calls a stage (no row where it has no such stage)';
COMMENT ON COLUMN clm.stage_label_builtin.system IS 'The system, see clm.stage_system';
COMMENT ON COLUMN clm.stage_label_builtin.stage IS 'The stage of the classifier';
COMMENT ON COLUMN clm.stage_label_builtin.code IS 'Short stable identifier within the system; the letter where it has letters';
COMMENT ON COLUMN clm.stage_label_builtin.en IS 'Label in English';
COMMENT ON COLUMN clm.stage_label_builtin.zh IS 'Label in Chinese';
COMMENT ON COLUMN clm.stage_label_builtin.note_en IS 'Why this label, where it is a choice, and what else the stage is called, in English';
COMMENT ON COLUMN clm.stage_label_builtin.note_zh IS 'Why this label, where it is a choice, and what else the stage is called, in Chinese';
COMMENT ON COLUMN clm.stage_label_builtin.question_en IS
    'What to ask about customers in this stage, in English, where the system has such questions';
COMMENT ON COLUMN clm.stage_label_builtin.question_zh IS
    'What to ask about customers in this stage, in Chinese, where the system has such questions';

INSERT INTO clm.stage_label_builtin (system, stage, code, en, zh) VALUES
    ('telecom5', 'prospect', 'A', 'Acquisition', '客户获取'),
    ('telecom5', 'engaged', 'A', 'Acquisition', '客户获取'),
    ('telecom5', 'new', 'B', 'Build-up', '客户提升'),
    ('telecom5', 'growing', 'B', 'Build-up', '客户提升'),
    ('telecom5', 'mature', 'C', 'Climax', '客户成熟'),
    ('telecom5', 'declining', 'D', 'Decline', '客户衰退'),
    ('telecom5', 'churned', 'E', 'Exit', '客户离网'),
    ('telecom5', 'regained', 'B', 'Build-up', '客户提升'),
    ('clm4', 'prospect', 'acquire', 'Acquisition', '获取'),
    ('clm4', 'engaged', 'acquire', 'Acquisition', '获取'),
    ('clm4', 'new', 'develop', 'Development', '发展'),
    ('clm4', 'growing', 'maintain', 'Maintenance', '维护'),
    ('clm4', 'mature', 'maintain', 'Maintenance', '维护'),
    ('clm4', 'declining', 'lose', 'Churn', '流失'),
    ('clm4', 'churned', 'lose', 'Churn', '流失'),
    ('clm4', 'regained', 'develop', 'Development', '发展'),
    ('nurture4', 'prospect', 'acquire', 'Acquisition', '获取'),
    ('nurture4', 'engaged', 'nurture', 'Nurture', '培养'),
    ('nurture4', 'new', 'develop', 'Development', '发展'),
    ('nurture4', 'growing', 'develop', 'Development', '发展'),
    ('nurture4', 'mature', 'maintain', 'Maintenance', '维护'),
    ('nurture4', 'declining', 'maintain', 'Maintenance', '维护'),
    ('nurture4', 'regained', 'develop', 'Development', '发展'),
    ('relationship4', 'prospect', 'explore', 'Exploration', '考察期'),
    ('relationship4', 'engaged', 'explore', 'Exploration', '考察期'),
    ('relationship4', 'new', 'explore', 'Exploration', '考察期'),
    ('relationship4', 'growing', 'form', 'Formation', '形成期'),
    ('relationship4', 'mature', 'stable', 'Stability', '稳定期'),
    ('relationship4', 'declining', 'degenerate', 'Degeneration', '退化期'),
    ('relationship4', 'churned', 'degenerate', 'Degeneration', '退化期'),
    ('relationship4', 'regained', 'form', 'Formation', '形成期'),
    ('journey6', 'prospect', 'aware', 'Awareness', '认知'),
    ('journey6', 'engaged', 'interest', 'Interest', '兴趣'),
    ('journey6', 'new', 'purchase', 'Purchase', '购买'),
    ('journey6', 'growing', 'repurchase', 'Repurchase', '再次购买'),
    ('journey6', 'mature', 'repurchase', 'Repurchase', '再次购买'),
    ('journey6', 'declining', 'use', 'Use', '使用'),
    ('journey6', 'churned', 'lose', 'Churn', '流失'),
    ('journey6', 'regained', 'repurchase', 'Repurchase', '再次购买'),
    ('textbook4', 'prospect', 'prospect', 'Prospect', '潜在客户'),
    ('textbook4', 'engaged', 'prospect', 'Prospect', '潜在客户'),
    ('textbook4', 'new', 'new', 'New customer', '新客户'),
    ('textbook4', 'growing', 'existing', 'Existing customer', '老客户'),
    ('textbook4', 'mature', 'existing', 'Existing customer', '老客户'),
    ('textbook4', 'declining', 'existing', 'Existing customer', '老客户'),
    ('textbook4', 'regained', 'new', 'New customer', '新客户'),
    ('life5', 'new', 'birth', 'Birth', '诞生'),
    ('life5', 'growing', 'growth', 'Growth', '成长'),
    ('life5', 'mature', 'maturity', 'Maturity', '成熟'),
    ('life5', 'declining', 'ageing', 'Ageing', '衰老'),
    ('life5', 'churned', 'death', 'Death', '死亡'),
    ('life5', 'regained', 'birth', 'Birth', '诞生'),
    ('consumption5', 'new', 'start', 'Starting to spend', '开始消费'),
    ('consumption5', 'growing', 'grow', 'Growing spend', '消费成长'),
    ('consumption5', 'mature', 'stable', 'Stable spend', '消费稳定'),
    ('consumption5', 'declining', 'fall', 'Falling spend', '消费下降'),
    ('consumption5', 'churned', 'leave', 'Off the network', '离网'),
    ('consumption5', 'regained', 'start', 'Starting to spend', '开始消费'),
    ('scope4', 'prospect', 'acquire', 'Acquisition', '获取'),
    ('scope4', 'engaged', 'acquire', 'Acquisition', '获取'),
    ('scope4', 'new', 'raise', 'Raising value', '提升价值'),
    ('scope4', 'growing', 'raise', 'Raising value', '提升价值'),
    ('scope4', 'mature', 'retain', 'Retention', '保留'),
    ('scope4', 'declining', 'retain', 'Retention', '保留'),
    ('scope4', 'churned', 'exit', 'Churn management', '离网管理'),
    ('scope4', 'regained', 'raise', 'Raising value', '提升价值'),
    ('dwyer5', 'prospect', 'awareness', 'Awareness', '认知'),
    ('dwyer5', 'engaged', 'exploration', 'Exploration', '探索'),
    ('dwyer5', 'new', 'exploration', 'Exploration', '探索'),
    ('dwyer5', 'growing', 'expansion', 'Expansion', '扩展'),
    ('dwyer5', 'mature', 'commitment', 'Commitment', '承诺'),
    ('dwyer5', 'declining', 'dissolution', 'Dissolution', '解体'),
    ('dwyer5', 'churned', 'dissolution', 'Dissolution', '解体'),
    ('dwyer5', 'regained', 'expansion', 'Expansion', '扩展');

UPDATE clm.stage_label_builtin SET
    note_en = 'Also called the development period, seen from the company, which develops customers',
    note_zh = '从企业角度看又称开发期，即开发客户的时期'
WHERE system = 'relationship4' AND code = 'explore';

UPDATE clm.stage_label_builtin SET
    note_en = 'Also called the growth period: returns rise and little more has to be spent',
    note_zh = '又称成长期：回报增多，只需少量发展投入'
WHERE system = 'relationship4' AND code = 'form';

-- No published system has a stage of its own for customers who came back.
UPDATE clm.stage_label_builtin l SET note_en = 'A modelling choice: ' || c.en, note_zh = '建模选择：' || c.zh
FROM (VALUES
    ('telecom5', 'regained'::clm.stage,
     'the texts call a return re-entry, a way in; a customer who came back is known already, so build-up fits better than acquisition',
     '文献称之为“再入网”，属于进入方式；回归客户已为企业所了解，归入客户提升比归入客户获取更合适'),
    ('clm4', 'regained',
     'a customer who came back has to be brought to the next purchase, as after a first one',
     '回归客户如同刚完成首次购买的客户，需要促成下一次购买'),
    ('nurture4', 'declining',
     'the system has no stage of loss, so keeping the purchases of a declining customer is part of maintaining',
     '该体系没有流失阶段，消费下降的客户归入维护'),
    ('nurture4', 'regained',
     'a customer who came back knows the company and needs no nurturing, but buys little so far',
     '回归客户已了解企业，无需再次培养，但购买尚少，有待发展'),
    ('relationship4', 'regained',
     'both sides know each other, so the relationship forms anew without being explored again; the period is also called the growth period',
     '双方已相互了解，关系重新形成而无需再次考察；形成期又称成长期'),
    ('journey6', 'declining',
     'a customer whose purchases decline is taken to use the product without repurchasing',
     '消费下降的客户视为仍在使用、但不再重复购买'),
    ('journey6', 'regained',
     'the purchase of a customer who came back is taken as a repurchase, not as a first one',
     '回归客户的购买视为再次购买，而非首次购买'),
    ('textbook4', 'regained',
     'a customer who came back is treated like a new one, whose confidence and trust have to be won',
     '回归客户的信心和信任需要重新建立，视同新客户'),
    ('life5', 'regained',
     'the second life of a customer begins with a birth, as the first one did',
     '客户回归是第二次生命的开始，与首次购买一样归入诞生'),
    ('consumption5', 'regained',
     'a customer who came back starts to spend afresh',
     '回归客户视为重新开始消费'),
    ('scope4', 'regained',
     'what the company has to do with a customer who came back is to raise the value again',
     '对回归客户的管理工作是重新提升其价值'),
    ('dwyer5', 'regained',
     'buyer and seller know each other, so the relationship expands again without another exploration',
     '买卖双方已相互了解，关系再次扩展而无需重新探索')) c(system, stage, en, zh)
WHERE l.system = c.system AND l.stage = c.stage;

UPDATE clm.stage_label_builtin l SET question_en = q.en, question_zh = q.zh
FROM (VALUES
    ('A', 'How do we find prospects and win them as customers?', '如何发现潜在客户，并使其成为我们的客户？'),
    ('B', 'How do we make customers into high-value customers?', '如何把客户培养成高价值客户？'),
    ('C', 'How do we bring customers to use new products, and make them loyal?', '如何促使客户使用新产品，并培养其忠诚度？'),
    ('D', 'How do we prolong the lives of customers?', '如何延长客户的生命周期？'),
    ('E', 'How do we win back customers who have left?', '如何赢回已经离开的客户？')) q(code, en, zh)
WHERE l.system = 'telecom5' AND l.code = q.code;
