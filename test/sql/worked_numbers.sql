-- The worked numbers of the literature and of the formulas' derivations, to the digits that are printed there.
\set VERBOSITY terse
SET client_min_messages = error;
CREATE TEMP TABLE worked (sort serial, what text, got numeric, printed numeric);

-- Constant retention (Berger & Nasr 1998; Gupta & Lehmann 2003, 2005): margin 100, retention .8, discount .1
INSERT INTO worked (what, got, printed) VALUES
    ('clv, end of period', clm.clv(100, .8, .1), 266.67),
    ('clv, advance', clm.clv(100, .8, .1, advance => true), 366.67),
    ('clv, 5 periods', clm.clv(100, .8, .1, periods => 5), 212.41),
    ('clv, 5 periods, advance', clm.clv(100, .8, .1, periods => 5, advance => true), 292.06),
    ('clv, growth 3 %', clm.clv(100, .8, .1, growth => .03), 298.55),
    ('expected life, periods', clm.clv(1, .8, 0, advance => true), 5),
    ('half-life, periods', ln(.5) / ln(.8), 3.11),
    ('10 % a year a month, %', 100 * (1.1 ^ (1 / 12.) - 1), .797),
    ('retention .97 a month, a year', .97 ^ 12, .694);

-- Elasticities (Gupta, Lehmann & Stuart 2004), acquisition cost 60. With the first margin as cost, advance timing less it is
-- end timing; retention is the driver renewal where every contract expires
CREATE TEMP VIEW elastic AS SELECT
    clm.economics(revenue => 100, expiring => 1, renewal => .8, discount => .1, acquisition_cost => 100) AS gross,
    clm.economics(revenue => 100, expiring => 1, renewal => .8, discount => .1, acquisition_cost => 160) AS net;
INSERT INTO worked (what, got, printed)
SELECT w.* FROM elastic, LATERAL (VALUES
    ('elasticity of retention, gross', clm.elasticity(gross, 'renewal'), 3.67),
    ('elasticity of retention, net of cost', clm.elasticity(net, 'renewal'), 4.73),
    ('elasticity of the discount, net', clm.elasticity(net, 'discount'), -.43),
    ('elasticity of the margin, net', (clm.clv(100 * 1.00001, .8, .1, 60) / clm.clv(100, .8, .1, 60) - 1) / .00001, 1.29),
    ('elasticity of the acquisition cost', (clm.clv(100, .8, .1, 60 * 1.00001) / clm.clv(100, .8, .1, 60) - 1) / .00001, -.29),
    ('1 % more retention, %', 100 * (clm.clv(100, .808, .1) / clm.clv(100, .8, .1) - 1), 3.77)) w(what, got, printed);

-- Customer equity (Gupta, Lehmann & Stuart 2004; Rust, Lemon & Zeithaml 2004): three cohorts
INSERT INTO worked (what, got, printed)
SELECT 'equity of cohort ' || k, n * clm.clv(100, .8, .1, c, advance => true) / 1.1 ^ k, printed
FROM (VALUES (0, 1000, 60, 306667), (1, 1200, 60, 334545), (2, 1300, 70, 318733)) cohort(k, n, c, printed);
INSERT INTO worked (what, got, printed) SELECT 'customer equity', sum(got), 959945 FROM worked WHERE what LIKE 'equity of cohort%';

-- Value in five parts
INSERT INTO worked (what, got, printed) VALUES
    ('cpv of a year', clm.cpv(12000, .35, .30), 1260),
    ('cpv of all years, retention .8', clm.cpv(12000, .35, .30) * clm.clv(1, .8, .1), 3360),
    ('wallet gap', clm.cpv(12000, 1 - .35, .30), 2340),
    ('ppv: influence x reach x mean cpv', .02 * 150 * 420, 1260),
    ('total of five parts', clm.total(ROW(1260, 1260, 2, NULL, 40)::clm.value), 2562);

-- Migration between states (Pfeifer & Carraway 2000)
CREATE TEMP TABLE moved AS SELECT clm.transitions(f, t) AS t FROM
    (VALUES ('active', 'active', 70), ('active', 'silent', 30), ('silent', 'active', 25), ('silent', 'silent', 45), ('silent', 'lost', 30),
            ('lost', 'lost', 1)) v(f, t, n), generate_series(1, n);
INSERT INTO worked (what, got, printed)
SELECT format('clv of state %s, %s periods', state, coalesce(periods::text, 'all')), clv, printed
FROM moved, (VALUES (NULL, 'active', 147.46), (NULL, 'silent', 49.95), (NULL, 'lost', 0), (4, 'active', 106.04), (4, 'silent', 25.68), (4, 'lost', 0)) p(periods, name, printed),
    LATERAL clm.clv(t, ARRAY['active', 'silent', 'lost'], ARRAY[40, -4, 0], .1, periods) WHERE state = name;
INSERT INTO worked (what, got, printed)
SELECT 'clv of two states', clv, 366.67
FROM (SELECT clm.transitions(f, t) AS t FROM (VALUES ('active', 'active', 8), ('active', 'lost', 2), ('lost', 'lost', 1)) v(f, t, n), generate_series(1, n)) m,
    LATERAL clm.clv(t, ARRAY['active', 'lost'], ARRAY[100, 0], .1) WHERE state = 'active';

-- BG/NBD, MBG/NBD and gamma-gamma at the published parameters (Fader, Hardie & Lee 2005; Batislam et al. 2007)
INSERT INTO worked (what, got, printed)
SELECT w.* FROM (SELECT clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}') AS bg, clm.customer_model('mbg/nbd', 7, '{.243,4.414,.793,2.426}') AS mbg,
                        clm.customer_model('bg/nbd', 7, '{.243,4.414,.793,2.426}', '{6.25,3.74,15.44}') AS spend,
                        clm.rfm(2, 30.43, 38.86, 22.35) AS two, clm.rfm(0, 0, 38.86) AS none) q,
    LATERAL (VALUES ('P(alive), BG/NBD', clm.p_alive(two, bg), .7266), ('E[Y(39)]', clm.expected_purchases(two, bg, 39), 1.226),
                    ('P(alive), MBG/NBD formula', clm.p_alive(two, mbg), .774), ('the same of a one-time buyer', clm.p_alive(none, mbg), .637),
                    ('expected spend of the population', clm.expected_spend(none, spend), 35.22), ('expected spend after 2 x 22.35', clm.expected_spend(two, spend), 24.66))
        w(what, got, printed);

-- Referral value (Kumar, Petersen & Leone 2007), discount .08
INSERT INTO worked (what, got, printed)
SELECT what, sum(money / 1.08 ^ t), printed FROM (VALUES
    ('referral, would not have joined', 1, 100 - 5 - 10 + 40, 115.74), ('referral, its second period', 2, 120 - 10, 94.31),
    ('referral, would have joined anyway', 1, 40, 37.04)) v(what, t, money, printed) GROUP BY what, printed;
INSERT INTO worked (what, got, printed) SELECT 'referral value', sum(got), 247.09 FROM worked WHERE what LIKE 'referral, %';

-- Prospects, win-back, save campaign (Stauss & Friege 1999; Neslin et al. 2006)
INSERT INTO worked (what, got, printed) VALUES
    ('a prospect', clm.clv(clm.economics(conversion => .03, revenue => 100, churn => .2, discount => .1, acquisition_cost => 5 + .03 * 100)), 3.00),
    ('second lifetime value', clm.clv(80, .7, .1), 140),
    ('win-back offer', clm.offer_value(1, .12, 140, 40, 3), 9.0),
    ('save offer at churn .30', clm.offer_value(.30, .3, 400, 10, 1), 27.1),
    ('save campaign, a contact', clm.offer_value(.02 * 4, .3, 400, 10, 1), -.84),
    ('save campaign', 100000 * .1 * clm.offer_value(.02 * 4, .3, 400, 10, 1) - 2000, -10400),
    ('churn from which it pays', (10 + 1) / (.3 * 400 + 10 * (1 - .3)), .0866),
    ('lift that it needs', (10 + 1) / (.3 * 400 + 10 * (1 - .3)) / .02, 4.33),
    ('lift that it needs, fixed cost included', (10 + 1 + .2) / (.3 * 400 + 10 * (1 - .3)) / .02, 4.41);

-- Levers: clv with win-back, margin and retention of the drivers, single levers and their side effects
CREATE TEMP VIEW base AS SELECT clm.economics(revenue => 60, gross_margin => .45, service_cost => 8, churn => .03, bad_debt => .02, winback => .005,
                                              discount => .01, acquisition_cost => 55) AS e;
INSERT INTO worked (what, got, printed)
SELECT w.* FROM base, LATERAL (VALUES
    ('clv with win-back', clm.clv(clm.economics(revenue => 100, churn => .2, discount => .1, winback => .1, winback_cost => 2)), 540.0),
    ('margin of the drivers', clm.margin(e), 17.8), ('retention of the drivers', clm.retention(e), .97), ('clv of the drivers', clm.clv(e), 544.27),
    ('retention with contracts', clm.retention(clm.economics(expiring => .05, renewal => .8, churn => .02, save => .25)), .97575)) w(what, got, printed);
INSERT INTO worked (what, got, printed)
SELECT format('%s, %s', trap, CASE WHEN headline_only THEN 'headline' ELSE 'full effect' END), clm.clv(clm.apply(e, effects)) - clm.clv(e), printed
FROM base, (VALUES ('plan_optimisation', true, 92.2), ('plan_optimisation', false, -41.4), ('data_service', true, 86.9), ('data_service', false, -20.9),
                   ('ivr', true, 50.5), ('ivr', false, -18.0)) p(name, headline_only, printed)
JOIN LATERAL (SELECT trap, array_agg(ROW(trap, driver, delta)::clm.effect ORDER BY driver) FILTER (WHERE headline OR NOT headline_only) AS effects
              FROM clm.side_effect GROUP BY trap) s ON trap = name;
-- A price rise of 10 % may cost 2.12 points of retention
INSERT INTO worked (what, got, printed)
SELECT w.* FROM (SELECT 1 - clm.breakeven(clm.economics(revenue => 110, acquisition_cost => 110, churn => .2, discount => .1), 'churn', clm.clv(100, .8, .1)) AS r) b,
    LATERAL (VALUES ('break-even retention', r, .7788), ('points of retention', 100 * (.8 - r), 2.12)) w(what, got, printed);

-- Acquisition against retention budget (Blattberg & Deighton 1996)
INSERT INTO worked (what, got, printed)
SELECT w.* FROM (SELECT ln(.05 * .4 * 120) / .05 AS a) budget, LATERAL (SELECT .4 * (1 - exp(-.05 * a)) AS rate) r,
    LATERAL (VALUES ('acquisition budget', a, 17.51), ('acquisition rate', rate, .233), ('cost of a won customer', a / rate, 75.04), ('equity a prospect', rate * 120 - a, 10.49))
        w(what, got, printed);
INSERT INTO worked (what, got, printed)
SELECT w.* FROM (SELECT a, r, rate, win * (50 + (50 - r / rate) * rate / (1 + .12 - rate)) - a AS equity
                 FROM generate_series(0, 40, .1) a, generate_series(.1, 40, .1) r, LATERAL (SELECT .4 * (1 - exp(-.05 * a)) AS win, .7 * (1 - exp(-.08 * r)) AS rate) q
                 ORDER BY equity DESC LIMIT 1) best,
    LATERAL (VALUES ('joint optimum: retention budget', r, 16.2), ('joint optimum: acquisition budget', a, 5.3), ('joint optimum: retention', rate, .508),
                    ('joint optimum: equity', equity, .76)) w(what, got, printed);

-- Profit and ranking of a score (Verbeke et al. 2012; Verbraken, Verbeke & Baesens 2013)
CREATE TEMP TABLE scored (score float8, hit boolean);
INSERT INTO scored VALUES (.9, true), (.8, true), (.7, false), (.6, true), (.55, false), (.5, false), (.4, false), (.3, true), (.2, false), (.1, false);
INSERT INTO worked (what, got, printed)
SELECT w.* FROM (SELECT clm.ranking(score, hit) AS r, clm.empc(score, hit) AS p FROM scored) q,
    LATERAL (SELECT sum(hits)::float8 / sum(n) AS top_rate FROM clm.calibration(r) WHERE bin > 8) top,
    LATERAL (VALUES ('maximum profit', (p).mpc, 18.0), ('its share of customers', (p).mpc_share, .8), ('expected maximum profit', (p).empc, 18.072),
                    ('AUC', (r).auc, .7917), ('lift of the top 20 %', top_rate / ((r).hits::float8 / (r).n), 2.5), ('KS', (r).ks, .583), ('Brier', (r).brier, .195)) w(what, got, printed);

-- A response score and its reasons
INSERT INTO worked (what, got, printed)
SELECT w.* FROM clm.response_model(ARRAY[-2.2, 1.1, .8, -.6], ARRAY[.4, .1, 1]) m, LATERAL (SELECT array_agg(contribution ORDER BY signal) AS c FROM clm.reasons(m, ARRAY[1.5, .2, 2])) r,
    LATERAL (VALUES ('score of a response model', clm.score(m, ARRAY[1.5, .2, 2]), .169), ('its first reason', c[1], 1.21), ('its second', c[2], .08), ('its third', c[3], -.60)) w(what, got, printed);

-- Pilots: 4300 of 5000 treated stay, 4200 of 5000 others
CREATE TEMP TABLE pilot AS
    SELECT clm.uplift(i <= 5000, CASE WHEN i <= 5000 THEN i <= 4300 ELSE i <= 9200 END) AS u,
           clm.uplift(i <= 5000, (CASE WHEN i <= 5000 THEN i <= 4300 ELSE i <= 9200 END)::int::float8) AS means FROM generate_series(1, 10000) i;
INSERT INTO worked (what, got, printed)
SELECT w.* FROM pilot, LATERAL (VALUES
    ('uplift', (u).lift, .020), ('its standard error', (u).se, .00714), ('Newcombe''s interval, from', (u).ci_low, .0060), ('to', (u).ci_high, .0340),
    ('of means: standard error', (means).se, .00714), ('of means: from', (means).ci_low, .0060), ('of means: to', (means).ci_high, .0340),
    ('z', (u).lift / (u).se, 2.80), ('p-value', (u).p_value, .0051), ('customers an arm', clm.sample_size(.84, .86), 5003),
    ('incremental profit', 5000 * (u).lift * clm.clv(100, .8, .1) - 5000 * 4, 6667)) w(what, got, printed);

-- Retention with censoring (Kaplan & Meier 1958, Greenwood): 1 of 10, 2 of 8 and 1 of 5 leave
INSERT INTO worked (what, got, printed)
SELECT w.* FROM (SELECT clm.retention_curve(tenure, churned) AS c FROM (VALUES (1, true, 1), (1, false, 1), (2, true, 2), (2, false, 1), (3, true, 1), (3, false, 4))
                 v(tenure, churned, n), generate_series(1, n)) q, LATERAL (SELECT survival, se FROM clm.points(c) WHERE period = 3) p,
    LATERAL (VALUES ('survival', survival, .540), ('its standard error', se, .173)) w(what, got, printed);

-- Contracts of customers who differ (Fader & Hardie 2007, 2010): alpha 1, beta 3, discount .1; a constant rate of .75 for comparison
INSERT INTO worked (what, got, printed)
SELECT w.* FROM clm.retention_model('sbg', ARRAY[1, 3]) m, LATERAL (VALUES
    ('retention in period 1', clm.retention_rate(m, 0), .75), ('in period 2', clm.retention_rate(m, 1), .8), ('in period 3', clm.retention_rate(m, 2), .833),
    ('survival of 3 periods', clm.survival(m, 3), .5), ('margin multiple, advance', clm.clv(m, 0, 1, .1, advance => true), 4.295),
    ('of a constant rate', clm.clv(1, .75, .1, advance => true), 3.143), ('undervalued, %', 100 * (clm.clv(1, .75, .1, advance => true) / clm.clv(m, 0, 1, .1, advance => true) - 1), -27),
    ('DERL(1)', clm.clv(m, 0, 1, .1), 3.62), ('DERL(2)', clm.clv(m, 1, 1, .1), 4.22), ('DERL(3)', clm.clv(m, 2, 1, .1), 4.70), ('DERL(4)', clm.clv(m, 3, 1, .1), 5.10)) w(what, got, printed);
INSERT INTO worked (what, got, printed)
SELECT format('DERL(%s), alpha 3.80, beta 15.20', n), clm.clv(clm.retention_model('sbg', ARRAY[3.80, 15.20]), n - 1, 1, .1), printed
FROM unnest('{3.31,3.45,3.59,3.72,3.84}'::numeric[]) WITH ORDINALITY u(printed, n);

-- Usage trend, recommendation, acquisition, satisfaction, growth, credit, concentration
INSERT INTO worked (what, got, printed)
SELECT 'trend of a falling bill, %', 100 * clm.trend(clm.history('{2024-01-15,2024-02-14,2024-03-15,2024-04-14,2024-05-14,2024-06-13}'::date[], '{320,310,305,280,240,190}'), '2024-06-30'), -9.2;
INSERT INTO worked (what, got, printed)
SELECT w.* FROM (VALUES (1000., 400., 300., 200.)) basket(n, a, b, ab),
    LATERAL (VALUES ('support', ab / n, .2), ('confidence', ab / a, .5), ('lift', ab / a / (b / n), 1.667), ('cosine', ab / sqrt(a * b), .577)) w(what, got, printed);
INSERT INTO worked (what, got, printed) VALUES
    ('LTV : CAC', clm.clv(100, .8, .1) / 60, 4.44), ('return on acquisition', clm.clv(100, .8, .1, 60) / 60, 3.44),
    ('payback, periods', 60 / (100 * .8), .75), ('payback on the full margin', 60 / 100., .60),
    ('satisfaction gap', clm.gap(4.2, 3.6), -.6),
    ('realised value, luxury cars', .563 * 710, 399.7),
    ('pulse of growth', (120 + 30) / 90., 1.67), ('gross revenue retention', (1000 - 40 - 60) / 1000., .90), ('net revenue retention', (1000 - 40 - 60 + 80) / 1000., .98),
    ('expected loss', clm.expected_loss(.04, .6, 500), 12);
INSERT INTO worked (what, got, printed)
SELECT 'expected loss by age of arrears', sum(clm.expected_loss(rate, 1, balance)), 56 FROM (VALUES (1000, .01), (200, .05), (80, .20), (40, .50)) v(balance, rate);
INSERT INTO worked (what, got, printed)
SELECT w.* FROM (SELECT clm.concentration(v) AS a FROM unnest('{120,80,60,30,20,10,5,0,-25,-50}'::float8[]) v) a,
    (SELECT clm.concentration(v) AS b FROM unnest('{120,80,60,30,20,10,5,5,5,5}'::float8[]) v) b,
    LATERAL (VALUES ('total', (a).total, 250), ('peak of the whale curve', (a).peak, 1.30), ('its position', (a).peak_position, .70), ('top 20 %', (a).top20, .80),
                    ('loss', (a).loss, -.30), ('Gini', (b).gini, .565), ('top 20 % without losses', (b).top20, .588)) w(what, got, printed);

SELECT what, printed, round(got, scale(printed)) = printed AS agrees FROM worked ORDER BY sort;
SELECT count(*) AS numbers, count(*) FILTER (WHERE round(got, scale(printed)) = printed) AS agree FROM worked;
