-- Offers, prospects, pilots and what drives the market.

CREATE TABLE offer AS
    SELECT * FROM (VALUES ('data bonus', '流量赠送', .30, 6, 1), ('loyalty gift', '忠诚礼品', .22, 4, 1),
                          ('plan upgrade', '套餐升级', .38, 12, 2), ('care call', '关怀回访', .12, 0, 3))
                  o(offer, zh, accept, cost, contact);

-- prospect: people of a region who were approached, with signals from 0 to 1: how the firm is spoken of where they are,
-- how well they can judge the offer, how close their trade is to the service, and their interest. converted is NULL for
-- the open ones, who are the people of c without a purchase.
CREATE TABLE prospect AS
    SELECT id, region, channel, cost, category_spend, reputation, level, industry_fit, interest,
           CASE WHEN id < 0 THEN draw(id, 'converts')
                < .02 + .2 * (.1 * reputation + .2 * level + .2 * industry_fit + .5 * interest) ^ 2 END AS converted
    FROM (SELECT id, region, channel, CASE channel WHEN 'online' THEN 6 WHEN 'store' THEN 9 WHEN 'partner' THEN 12
          ELSE 3 END AS cost,
                 round((80 + 400 * draw(id, 'spending'))::numeric) AS category_spend,
                 draw(id, 'reputation') AS reputation, draw(id, 'level') AS level, draw(id, 'fit') AS industry_fit,
                 draw(id, 'interest') AS interest
          FROM (SELECT id, region, channel FROM c WHERE h IS NULL
                UNION ALL
                SELECT -id, region, channel FROM c) people) p;

-- referral: who brought whom; would_have_joined: that customer would have come anyway.
CREATE TABLE referral AS
    SELECT r.referrer_id, t.id AS referred_id, t.first_day AS joined_on, draw(t.id, 'anyway') < .4 AS would_have_joined
    FROM today t, LATERAL (SELECT o.id AS referrer_id FROM today o WHERE o.first_day < t.first_day
                           ORDER BY md5(o.id % 60 || 'referrer' || t.id % 40), o.id LIMIT 1) r
    WHERE t.channel = 'referral';

-- pilot: customers with and without a retention measure, and whether they were kept. trial: three measures tested at the
-- same time against one control group, in each channel, with the margin of the next 90 days.
CREATE TABLE pilot AS
    SELECT id, treated, draw(id, 'kept') < .62 + CASE WHEN treated THEN effect ELSE 0 END AS kept
    FROM (SELECT id, draw(id, 'arm') < .5 AS treated,
                 CASE channel WHEN 'online' THEN .16 WHEN 'store' THEN .05 WHEN 'partner' THEN -.02 ELSE -.12 END AS effect
          FROM today) p;
CREATE TABLE trial AS
    SELECT id, channel, arm, kept, CASE WHEN kept THEN cents(30 + 20 * draw(id, 'margin')) ELSE 0 END AS margin
    FROM (SELECT id, channel, arm,
                 draw(id, 'stays') < CASE WHEN arm = 'letter' AND channel = 'referral' THEN .42 WHEN arm = 'letter' THEN .62
                                     WHEN arm = 'call' THEN .68 WHEN arm = 'call and visit' THEN .80 ELSE .60 END AS kept
          FROM (SELECT id, channel, one_of(ARRAY['control', 'letter', 'call', 'call and visit'], draw(id, 'test')) AS arm
                FROM today) a) b;

-- driver: what outside the company drives the market (society, technology, economy, environment, politics), with its
-- influence on the business and the attention it gets, both from 0 to 10.
CREATE TABLE driver AS
    SELECT * FROM (VALUES
        ('technology', 'artificial intelligence', '人工智能', 8.5, 8.0), ('technology', '5G and beyond', '5G及后续技术', 7.5, 6.5),
        ('technology', 'cloud services', '云服务', 7.0, 5.0), ('technology', 'data security', '数据安全', 8.0, 4.5),
        ('social', 'ageing population', '人口老龄化', 6.5, 3.0), ('social', 'personalised demand', '需求个性化', 8.2, 7.5),
        ('social', 'sharing and subscriptions', '共享与订阅', 5.5, 6.0), ('social', 'health awareness', '健康意识', 4.0, 3.5),
        ('economic', 'household income', '居民收入', 7.8, 6.8), ('economic', 'price competition', '价格竞争', 9.0, 8.5),
        ('economic', 'market saturation', '市场饱和', 8.8, 4.8), ('economic', 'cost of capital', '资金成本', 4.5, 2.5),
        ('political', 'number portability', '携号转网', 8.4, 5.2), ('political', 'privacy law', '隐私法规', 6.8, 6.2),
        ('political', 'tariff regulation', '资费监管', 6.0, 7.0), ('environment', 'energy consumption', '能源消耗', 3.8, 4.0),
        ('environment', 'recycling of devices', '终端回收', 3.0, 2.0)) d(kind, driver, zh, influence, attention);
