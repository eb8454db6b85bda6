-- The five parts of customer lifetime value, under the names that the type clm.value gives them.

CREATE TABLE clm.value_part_builtin (
    n int NOT NULL,
    part text PRIMARY KEY,
    en text NOT NULL,
    zh text NOT NULL,
    description_en text NOT NULL,
    description_zh text NOT NULL,
    computation_en text NOT NULL,
    computation_zh text NOT NULL,
    caution_en text NOT NULL,
    caution_zh text NOT NULL,
    source text NOT NULL
);
COMMENT ON TABLE clm.value_part_builtin IS 'The five parts of customer lifetime value: what each is, and how to compute it';
COMMENT ON COLUMN clm.value_part_builtin.n IS 'Order in lists';
COMMENT ON COLUMN clm.value_part_builtin.part IS 'Short name of the part, as the type clm.value has it';
COMMENT ON COLUMN clm.value_part_builtin.en IS 'Name in English';
COMMENT ON COLUMN clm.value_part_builtin.zh IS 'Name in Chinese';
COMMENT ON COLUMN clm.value_part_builtin.description_en IS 'What the part is, a sentence in English';
COMMENT ON COLUMN clm.value_part_builtin.description_zh IS 'What the part is, a sentence in Chinese';
COMMENT ON COLUMN clm.value_part_builtin.computation_en IS 'How it is computed, in English';
COMMENT ON COLUMN clm.value_part_builtin.computation_zh IS 'How it is computed, in Chinese';
COMMENT ON COLUMN clm.value_part_builtin.caution_en IS 'What to beware of, in English';
COMMENT ON COLUMN clm.value_part_builtin.caution_zh IS 'What to beware of, in Chinese';
COMMENT ON COLUMN clm.value_part_builtin.source IS 'Where the part was published, and what it corresponds to elsewhere';

INSERT INTO clm.value_part_builtin (n, part, en, zh, description_en, description_zh, computation_en, computation_zh,
                                    caution_en, caution_zh, source) VALUES
    (1, 'cpv', 'Customer purchase value (CPV)', '客户购买价值（CPV）',
     'The profit from what the customer buys in a period',
     '客户在一个时期内直接购买所带来的利润',
     'Spending in the category with all suppliers × share of it that is yours × margin per unit of spending',
     '客户消费能力（在该品类向所有供应商的支出）× 客户份额 × 单位边际利润',
     'It is the value of one period: for a lifetime multiply it by the multiple of the retention and the discount rate, or use a fitted model',
     '这是单期价值：要得到终身价值，须乘以由保持率和折现率决定的倍数，或使用拟合模型',
     'CRM textbooks (Chinese); Berger & Nasr 1998, Customer Lifetime Value: Marketing Models and Applications, Journal of Interactive Marketing 12(1)'),
    (2, 'ppv', 'Public praise value (PPV)', '客户口碑价值（PPV）',
     'The profit from purchases of others that the customer''s word of mouth causes',
     '客户的口碑促使他人购买所带来的利润',
     'Influence × number of people reached × average purchase value of those reached; or, from records of referrals, the customer referral value (CRV)',
     '影响力 × 影响范围 × 受影响者的平均购买价值；如有推荐记录，可用客户推荐价值（CRV）',
     'Add it up for one customer only: in the sum over all customers the purchases of those who were referred count twice, once in their own CPV and once in the PPV of whoever referred them',
     '只可在单个客户内相加：若对全部客户汇总，被推荐客户的购买会重复计算，一次计入其本人的 CPV，一次计入推荐人的 PPV',
     'CRM textbooks (Chinese); Kumar, Petersen & Leone 2007, How Valuable Is Word of Mouth?, Harvard Business Review 85(10)'),
    (3, 'civ', 'Customer information value (CIV)', '客户信息价值（CIV）',
     'What the customer''s data, complaints, suggestions and requests, given for nothing, are worth to the company',
     '客户无偿提供的资料、投诉、建议和需求对企业的价值',
     'Number of items supplied × cost of collecting such an item otherwise; about the same for every customer',
     '提供的信息条数 × 以其他方式收集一条信息的成本；各客户大致相同',
     'CIV means something else in Kumar et al. 2010: customer influencer value, the effect of a customer on others, which belongs to the public praise value here. Their customer knowledge value is this part and the next one together',
     '名称易混：Kumar 等（2010）的 CIV 是客户影响者价值，即对其他客户的影响，在此归入口碑价值；其 CKV 大致相当于此处的信息价值与知识价值之和',
     'CRM textbooks (Chinese); for the other meaning: Kumar et al. 2010, Undervalued or Overvalued Customers, Journal of Service Research 13(3)'),
    (4, 'ckv', 'Customer knowledge value (CKV)', '客户知识价值（CKV）',
     'What the know-how of a customer is worth where it turns into better products or processes',
     '客户的专门知识转化为产品或流程改进所带来的价值',
     'Probability that the idea is adopted × its gain × the customer''s share in it − cost of putting it to use; NULL where a customer has no such knowledge',
     '采纳概率 × 收益 × 客户贡献比例 − 转化成本；没有此类知识的客户记为空值',
     'CKV means customer knowledge value in Kumar et al. 2010 too, but there it is the value of all feedback that customers give, so it covers the information value here as well',
     '名称易混：Kumar 等（2010）的 CKV 指客户全部反馈的价值，范围更广，也包含此处的信息价值',
     'CRM textbooks (Chinese); for the other meaning: Kumar et al. 2010, Undervalued or Overvalued Customers, Journal of Service Research 13(3)'),
    (5, 'ctv', 'Customer trading value (CTV)', '客户交易价值（CTV）',
     'The income from third parties who pay for access to the customer: selling together, entering the market, using the trust in the brand',
     '第三方为接触客户而支付的收益：联合销售、市场准入、借用客户对品牌的信任',
     'Sum of the income from partners that is owed to the customer, discounted',
     '可归因于该客户的合作方收入之和，按折现计算',
     'Count it only where the customer has agreed that partners may make offers; published engagement value has no counterpart to it',
     '仅在客户同意接受合作方营销时计入；国外的客户契合价值体系中没有对应部分',
     'CRM textbooks (Chinese)');
