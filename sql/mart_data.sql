-- What the views of a mart call their classes, and the action that they propose in each stage.

CREATE TABLE clm.mart_label_builtin (
    kind text NOT NULL,
    code text NOT NULL,
    sort int NOT NULL,
    en text NOT NULL,
    zh text NOT NULL,
    PRIMARY KEY (kind, code)
);
COMMENT ON TABLE clm.mart_label_builtin IS 'Labels of the views that clm.create_mart makes';
COMMENT ON COLUMN clm.mart_label_builtin.kind IS 'What is labelled: stage, churn_band, tier, rfm_group, curve or item (a row of the view model)';
COMMENT ON COLUMN clm.mart_label_builtin.code IS 'Short stable identifier within the kind, as the views give it';
COMMENT ON COLUMN clm.mart_label_builtin.sort IS 'Order in lists, unique within the kind';
COMMENT ON COLUMN clm.mart_label_builtin.en IS 'Label in English';
COMMENT ON COLUMN clm.mart_label_builtin.zh IS 'Label in Chinese';

INSERT INTO clm.mart_label_builtin (kind, code, sort, en, zh) VALUES
    ('stage', 'prospect', 1, 'Prospect', '潜在客户'),
    ('stage', 'engaged', 2, 'Engaged', '已接触'),
    ('stage', 'new', 3, 'New', '新客户'),
    ('stage', 'growing', 4, 'Growing', '成长'),
    ('stage', 'mature', 5, 'Mature', '成熟'),
    ('stage', 'declining', 6, 'Declining', '衰退'),
    ('stage', 'churned', 7, 'Churned', '流失'),
    ('stage', 'regained', 8, 'Regained', '回归'),
    ('churn_band', 'very_low', 1, 'Very low', '极低'),
    ('churn_band', 'low', 2, 'Low', '低'),
    ('churn_band', 'medium', 3, 'Medium', '中'),
    ('churn_band', 'high', 4, 'High', '高'),
    ('churn_band', 'very_high', 5, 'Very high', '极高'),
    ('tier', 'top', 1, 'Top 1 %', '顶级客户（前 1%）'),
    ('tier', 'large', 2, 'Large: next 4 %', '大客户（其后 4%）'),
    ('tier', 'medium', 3, 'Medium: next 15 %', '中等客户（其后 15%）'),
    ('tier', 'small', 4, 'Small: other 80 %', '小客户（其余 80%）'),
    ('rfm_group', 'champions', 1, 'Champions', '重要价值客户'),
    ('rfm_group', 'recent', 2, 'Recent', '新近客户'),
    ('rfm_group', 'loyal', 3, 'Loyal', '忠诚客户'),
    ('rfm_group', 'valuable_at_risk', 4, 'Valuable at risk', '重要挽留客户'),
    ('rfm_group', 'to_develop', 5, 'To develop', '待发展客户'),
    ('rfm_group', 'asleep', 6, 'Asleep', '沉睡客户'),
    ('curve', 'lorenz', 1, 'Lorenz curve: from the least valuable', '洛伦兹曲线（价值由低到高）'),
    ('curve', 'whale', 2, 'Whale curve: from the most valuable', '鲸鱼曲线（价值由高到低）'),
    ('item', 'family', 1, 'Family of the model', '模型族'),
    ('item', 'period', 2, 'Days of a period', '每期天数'),
    ('item', 'customers', 3, 'Customers fitted to', '参与拟合的客户数'),
    ('item', 'log_likelihood', 30, 'Log-likelihood of the purchases', '购买部分的对数似然'),
    ('item', 'spend_customers', 31, 'Repeat buyers fitted to', '参与拟合的重复购买客户数'),
    ('item', 'spend_log_likelihood', 32, 'Log-likelihood of the spend', '金额部分的对数似然'),
    ('item', 'aic', 33, 'Akaike''s information criterion', '赤池信息准则（AIC）'),
    ('item', 'bic', 34, 'Bayesian information criterion', '贝叶斯信息准则（BIC）'),
    ('item', 'tracking_ratio', 40, 'Check: actual / expected repeat purchases', '检验：重复购买次数，实际 / 预期'),
    ('item', 'tracking_error', 41, 'Check: mean absolute error of a period, as a share of the purchases', '检验：各期绝对误差的平均值占购买次数的比例'),
    ('item', 'frequency_error', 42, 'Check: share of customers whose number of purchases the model misplaces', '检验：购买次数与模型分布不符的客户占比'),
    ('item', 'seasonal_months', 43, 'Check: months of the year that depart from the model', '检验：一年中明显偏离模型的月份数');

CREATE TABLE clm.next_action_builtin (
    lifecycle_stage text PRIMARY KEY,
    action text NOT NULL,
    en text NOT NULL,
    zh text NOT NULL
);
COMMENT ON TABLE clm.next_action_builtin IS 'The action of clm.action that the call list of a mart proposes in each stage';
COMMENT ON COLUMN clm.next_action_builtin.lifecycle_stage IS 'Stage of clm.stage; a stage without a row is not called';
COMMENT ON COLUMN clm.next_action_builtin.action IS 'Code of the action in clm.action';
COMMENT ON COLUMN clm.next_action_builtin.en IS 'Why to call, in English; the list adds the day of the last purchase';
COMMENT ON COLUMN clm.next_action_builtin.zh IS 'Why to call, in Chinese; the list adds the day of the last purchase';

INSERT INTO clm.next_action_builtin (lifecycle_stage, action, en, zh) VALUES
    ('new', 'second_purchase', 'a new customer, easily lost', '新客户，容易流失'),
    ('growing', 'call_centre_recommendation', 'buys more and more: much to lose', '购买不断增加，一旦流失损失大'),
    ('mature', 'high_value_care', 'a steady customer whose value is at risk', '购买稳定的客户，价值有流失风险'),
    ('declining', 'save_scheme', 'buys less and less', '购买不断减少'),
    ('regained', 'welcome_back', 'came back, and may leave again', '流失后回归，可能再次流失');
