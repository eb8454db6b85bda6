// The page in a browser: its numbers are those of the views, its controls work, and names of customers stay data.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { chart, launch, open, pageOf, query, values } from './helpers.js';

let browser;
let page;
let all; // number of customers, as the page writes it

before(async () => {
    browser = await launch();
    page = await open(browser, pageOf('shop'));
    const [{ n }] = await query('SELECT count(*) AS n FROM shop.customers');
    all = n.toLocaleString('en-GB');
});

after(async () => browser?.close());

const column = (rows, name) => rows.map((row) => row[name]);

// Equal up to the rounding of floating-point sums.
function near(actual, expected, what) {
    assert.equal(actual.length, expected.length, `${what}: number of values`);
    actual.forEach((value, i) => assert.ok(value === expected[i] || Math.abs(value - expected[i]) <= 1e-8 * Math.max(1, Math.abs(expected[i])),
        `${what}, value ${i}: ${value}, not ${expected[i]}`));
}

const bodyText = (selector) => page.$$eval(`${selector} tbody tr`, (rows) => rows.map((row) => [...row.cells].map((cell) => cell.textContent)));

describe('the numbers are those of the views', () => {
    test('key figures', async () => {
        const [o] = await query('SELECT * FROM shop.overview');
        const exact = (id) => page.getAttribute(`#figure-${id}`, 'title');
        const english = (value, options) => new Intl.NumberFormat('en-GB', options).format(value);
        for (const [id, value] of [['customers', o.customers], ['active', o.active_customers], ['revenue', o.revenue], ['expected', o.expected_purchases],
            ['clv', o.clv], ['risk', o.value_at_risk], ['churn', o.mean_churn_score], ['top20', o.top20_share]]) {
            const shown = Number((await exact(id)).replaceAll(',', ''));
            assert.ok(Math.abs(shown - value) <= 1e-5 * value, `${id}: ${shown}, not ${value}`);
        }
        assert.equal(await page.textContent('#figure-customers .big'), english(o.customers));
        // Programs differ in how they write thousand in short: k or K.
        assert.equal((await page.textContent('#figure-revenue .big')).toLowerCase(), english(o.revenue, { notation: 'compact', maximumSignificantDigits: 3 }).toLowerCase());
        assert.equal(await page.textContent('#figure-churn .big'), english(o.mean_churn_score, { style: 'percent' }));
        assert.match(await page.textContent('header p'), /As of 15 Jun 2025/);
    });

    test('stages', async () => {
        const rows = await query('SELECT * FROM shop.stages ORDER BY stage_order');
        const counts = await chart(page, 'stages');
        assert.deepEqual(values(counts.series[0]), column(rows, 'customers'));
        assert.deepEqual(counts.y[0], column(rows, 'stage_en'));
        const [rest, risk] = (await chart(page, 'stage-value')).series.map(values);
        near(risk, column(rows, 'value_at_risk'), 'at risk');
        near(rest.map((value, i) => value + risk[i]), column(rows, 'value'), 'value');
    });

    test('lifecycle flow, with the dormant below the axis', async () => {
        const rows = await query('SELECT * FROM shop.lifecycle_flow ORDER BY period');
        const { series } = await chart(page, 'flow');
        const held = Object.fromEntries(series.map((one) => [one.name, values(one)]));
        assert.deepEqual(held.New, column(rows, 'new_customers'));
        assert.deepEqual(held.Returning, column(rows, 'returning_customers'));
        assert.deepEqual(held.Resurrected, column(rows, 'resurrected_customers'));
        assert.deepEqual(held.Dormant.map((value) => 0 - value), column(rows, 'dormant_customers'));
        near(held.Pulse, rows.map((row) => (row.complete ? row.pulse : null)), 'pulse');
        assert.equal(rows.at(-1).complete, 0, 'the last month is not over in this mart');
    });

    test('moves between stages, step by step', async () => {
        const steps = await query('SELECT DISTINCT to_day FROM shop.stage_flow ORDER BY to_day DESC');
        assert.ok(steps.length >= 3, 'several steps');
        assert.deepEqual(await page.$$eval('#sankey-step option', (options) => options.map((option) => option.value)), column(steps, 'to_day'));
        for (const { to_day: day } of steps) {
            await page.selectOption('#sankey-step', day);
            const rows = await query(`SELECT * FROM shop.stage_flow WHERE to_day = '${day}' AND customers > 0 ORDER BY from_stage_order, to_stage_order`);
            const links = () => chart(page, 'sankey').then(({ series }) => series[0].links.map((link) => [link.source, link.target, link.value]));
            const expected = rows.map((row) => [`from ${row.from_stage}`, `to ${row.to_stage}`, row.customers]);
            assert.deepEqual(await links(), expected, `step to ${day}`);
            await page.check('#moved-only');
            assert.deepEqual(await links(), expected.filter((_, i) => rows[i].from_stage !== rows[i].to_stage), `moved, to ${day}`);
            await page.uncheck('#moved-only');
        }
    });

    test('deciles and curves', async () => {
        const deciles = await query('SELECT * FROM shop.value_deciles ORDER BY decile');
        const [share, cumulative] = (await chart(page, 'deciles')).series.map(values);
        near(share, column(deciles, 'value_share'), 'shares');
        near(cumulative, column(deciles, 'cumulative_value_share'), 'cumulative shares');
        const { series } = await chart(page, 'concentration');
        for (const [name, curve] of [['Whale curve', 'whale'], ['Lorenz curve', 'lorenz']]) {
            const points = await query(`SELECT * FROM shop.concentration WHERE curve = '${curve}' ORDER BY point`);
            const held = values(series.find((one) => one.name === name));
            near(held.map(([x]) => x), column(points, 'customers_share'), `${curve} x`);
            near(held.map(([, y]) => y), column(points, 'value_share'), `${curve} y`);
        }
    });

    test('the scatter plot: a sample of the customers with their classes, and the cuts', async () => {
        const customers = new Map((await query('SELECT customer, value, churn_score, matrix_class_en FROM shop.customers')).map((row) => [row.customer, row]));
        const [cut] = await query('SELECT x_cut, y_cut FROM shop.matrix LIMIT 1');
        const { series } = await chart(page, 'scatter');
        let points = 0;
        for (const one of series) {
            for (const { value: [x, y], exact, customer } of one.data) {
                const row = customers.get(customer);
                assert.equal(one.name, row.matrix_class_en);
                near([exact, y], [row.value, 1 - row.churn_score], customer);
                assert.ok(x === exact || (exact < x && x < cut.x_cut), 'drawn where it is, or at the edge');
                points += 1;
            }
        }
        assert.equal(points, Math.min(2000, customers.size));
        assert.ok((await page.textContent('#card-scatter .note')).startsWith(`2,000 of ${all} customers: a random sample`));
        near([series[0].marks[0].xAxis, series[0].marks[1].yAxis], [cut.x_cut, cut.y_cut], 'cuts');
        const classes = await query('SELECT * FROM shop.matrix ORDER BY matrix_class_order');
        assert.deepEqual(await page.$$eval('.class h4', (names) => names.map((name) => name.textContent)), column(classes, 'matrix_class_en'));
        assert.deepEqual(await page.$$eval('.class p:last-child', (advice) => advice.map((one) => one.textContent)), column(classes, 'advice_en'));
    });

    test('cohorts', async () => {
        const rows = await query('SELECT * FROM shop.cohorts ORDER BY cohort_order, period');
        const later = rows.filter((row) => row.period > 0);
        const cells = values((await chart(page, 'heatmap')).series[0]);
        assert.deepEqual(cells.map(([period, cohort]) => [period + 1, cohort + 1]), later.map((row) => [row.period, row.cohort_order]));
        near(cells.map(([, , share]) => share), column(later, 'retention'), 'retention');
        const lines = (await chart(page, 'cohort-value')).series.flatMap(values);
        near(lines.map(([, value]) => value), column(rows, 'cumulative_value_per_customer'), 'value per customer');
        const equity = await query('SELECT * FROM shop.equity ORDER BY cohort');
        const [toDate, toCome] = (await chart(page, 'equity')).series.map(values);
        near(toDate, column(equity, 'value_to_date'), 'to date');
        near(toCome, column(equity, 'clv'), 'to come');
    });

    test('churn bands and RFM groups', async () => {
        const bands = await query('SELECT * FROM shop.churn_bands ORDER BY churn_band_order');
        const [customers, rest, risk] = (await chart(page, 'bands')).series.map(values);
        assert.deepEqual(customers, column(bands, 'customers'));
        near(risk, column(bands, 'value_at_risk'), 'at risk');
        near(rest.map((value, i) => value + risk[i]), column(bands, 'value'), 'value');
        const groups = await query('SELECT *, value / sum(value) OVER () AS share FROM shop.rfm_groups ORDER BY rfm_group_order');
        const [customersShare, valueShare] = (await chart(page, 'rfm')).series.map(values);
        near(customersShare, column(groups, 'customers_share'), 'share of the customers');
        near(valueShare, column(groups, 'share'), 'share of the value');
    });

    test('checks of the model and its parameters', async () => {
        const tracking = await query('SELECT * FROM shop.tracking ORDER BY period');
        const [actual, expected] = (await chart(page, 'tracking')).series.map(values);
        near(actual, column(tracking, 'actual'), 'actual');
        near(expected, column(tracking, 'expected'), 'expected');
        const [actualSum, expectedSum] = (await chart(page, 'tracking-sum')).series.map(values);
        near(actualSum, column(tracking, 'cumulative_actual'), 'cumulative actual');
        near(expectedSum, column(tracking, 'cumulative_expected'), 'cumulative expected');
        const frequency = await query('SELECT * FROM shop.frequency ORDER BY purchases');
        const [customers, modelled] = (await chart(page, 'frequency')).series.map(values);
        assert.deepEqual(customers, column(frequency, 'customers'));
        near(modelled, column(frequency, 'expected_customers'), 'expected customers');
        const items = await query('SELECT item_en, value, note FROM shop.model');
        const shown = new Map((await bodyText('#card-parameters')).map(([name, value]) => [name, value]));
        for (const item of items) {
            const value = shown.get(item.item_en);
            if (item.value === null) assert.equal(value, item.note);
            else assert.ok(Math.abs(Number(value.replaceAll(',', '')) - item.value) <= 1e-5 * Math.abs(item.value), item.item_en);
        }
    });

    test('the call list', async () => {
        const rows = await query('SELECT * FROM shop.early_warning ORDER BY rank');
        const shown = await bodyText('#call-list');
        assert.deepEqual(shown.map((row) => row[1]), column(rows, 'customer').slice(0, 15));
        assert.deepEqual(shown.map((row) => row[7]), column(rows, 'reason_en').slice(0, 15));
        await page.click('#call-list .more');
        assert.equal((await bodyText('#call-list')).length, Math.min(60, rows.length));
    });

    test('each chart has its figures as a table too', async () => {
        const sizes = await query(`SELECT (SELECT count(*) FROM shop.stages) AS stages, (SELECT count(*) FROM shop.lifecycle_flow) AS flow,
            (SELECT count(*) FROM shop.cohorts) AS heatmap, (SELECT count(*) FROM shop.tracking) AS tracking, (SELECT count(*) FROM shop.matrix) AS scatter`);
        for (const [id, size] of Object.entries(sizes[0])) {
            await page.click(`#card-${id} summary`);
            await page.waitForSelector(`#card-${id} details table`);
            assert.equal((await bodyText(`#card-${id} details`)).length, size, id);
            await page.click(`#card-${id} summary`);
        }
        const without = await page.$$eval('.card', (cards) => cards.filter((card) => card.querySelector('.chart') && !card.querySelector('details')).map((card) => card.id));
        assert.deepEqual(without, []);
    });
});

describe('the table of customers', () => {
    const matches = () => page.textContent('#matches');
    const names = async () => (await bodyText('#customer-table')).map((row) => row[0]);

    test('begins with the most valuable', async () => {
        assert.equal(await matches(), `${all} of ${all} customers`);
        assert.deepEqual(await names(), column(await query('SELECT customer FROM shop.customers ORDER BY value DESC NULLS LAST, customer LIMIT 25'), 'customer'));
    });

    test('sorts by every column, both ways, NULL last', async () => {
        for (const [name, order] of [['churn_score', 'churn_score'], ['purchases', 'purchases'], ['last_purchase', 'last_purchase'], ['stage', 'stage_order'],
            ['next_purchase', 'next_purchase']]) {
            for (const direction of [0, 1]) {
                await page.click(`[data-sort="${name}"]`);
                const sort = await page.getAttribute(`th:has([data-sort="${name}"])`, 'aria-sort');
                const [{ first }] = await query(`SELECT array_agg(${order}::text) AS first FROM (SELECT ${order} FROM shop.customers
                    ORDER BY ${order} ${sort === 'descending' ? 'DESC' : 'ASC'} NULLS LAST LIMIT 25) AS top`);
                const keys = new Map((await query(`SELECT customer, ${order}::text AS key FROM shop.customers`)).map((row) => [row.customer, row.key]));
                assert.deepEqual((await names()).map((customer) => Number(keys.get(customer)) || keys.get(customer)), first.map((key) => Number(key) || key), `${name} ${sort} ${direction}`);
            }
        }
        await page.click('[data-sort="customer"]');
        assert.equal((await page.$$('[aria-sort]')).length, 1, 'one column is sorted');
    });

    test('filters by class and name, and says how many match', async () => {
        const [{ n }] = await query("SELECT count(*) AS n FROM shop.customers WHERE stage = 'mature' AND churn_band = 'high'");
        await page.selectOption('#filter-stage', 'mature');
        await page.selectOption('#filter-churn_band', 'high');
        assert.equal(await matches(), `${n} of ${all} customers`);
        await page.fill('#search', 'no such customer');
        assert.match(await page.textContent('#customer-table'), /No customer matches these filters/);
        await page.click('#reset');
        assert.equal(await matches(), `${all} of ${all} customers`);
        await page.fill('#search', 'CUSTOMER 77');
        const [{ found }] = await query("SELECT count(*) AS found FROM shop.customers WHERE customer LIKE 'customer 77%'");
        assert.equal(await matches(), `${found} of ${all} customers`);
        await page.click('#reset');
    });

    test('turns pages', async () => {
        const first = await names();
        await page.click('[data-turn="1"]');
        assert.match(await page.textContent('.pager'), /Page 2 of 99/);
        assert.equal((await names()).filter((name) => first.includes(name)).length, 0);
        await page.click('[data-turn="-1"]');
        assert.deepEqual(await names(), first);
    });
});

describe('switches', () => {
    test('Chinese and back', async () => {
        await page.click('[data-choice=zh]');
        assert.equal(await page.textContent('h1'), '客户生命周期报告');
        assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
        const rows = await query('SELECT * FROM shop.stages ORDER BY stage_order');
        assert.deepEqual((await chart(page, 'stages')).y[0], column(rows, 'stage_zh'));
        const [call] = await query('SELECT reason_zh FROM shop.early_warning ORDER BY rank LIMIT 1');
        assert.equal((await bodyText('#call-list'))[0][7], call.reason_zh);
        const english = await page.$$eval('h2, h3, dt, thead th, label, nav a', (texts) => texts.map((one) => one.textContent).filter((said) => /[A-Za-z]{4}/.test(said)));
        assert.deepEqual(english, [], 'no heading is left in English');
        await page.click('[data-choice=en]');
        assert.equal(await page.textContent('h1'), 'Customer lifecycle report');
    });

    test('dark, light, and as the system has it', async () => {
        const ground = () => page.evaluate(() => [document.documentElement.dataset.theme, getComputedStyle(document.body).backgroundColor,
            window.echarts.getInstanceByDom(document.getElementById('chart-stages')).getOption().textStyle.color]);
        const light = await ground();
        assert.equal(light[0], 'light');
        await page.click('[data-choice=dark]');
        const dark = await ground();
        assert.equal(dark[0], 'dark');
        dark.forEach((value, i) => assert.notEqual(value, light[i]));
        await page.click('[data-choice=system]');
        assert.deepEqual(await ground(), light);
        await page.emulateMedia({ colorScheme: 'dark' });
        await page.waitForSelector('html[data-theme=dark]');
        assert.deepEqual(await ground(), dark);
        await page.click('[data-choice=light]');
        assert.deepEqual(await ground(), light);
        await page.emulateMedia({ colorScheme: 'light' });
        await page.click('[data-choice=system]');
    });

    test('it opens in the language asked for', async () => {
        const chinese = await open(browser, pageOf('no model', 'zh'));
        assert.equal(await chinese.textContent('h1'), '客户生命周期报告');
        await chinese.context().close();
    });
});

describe('everybody can read it', () => {
    test('headings, names of charts, unique ids', async () => {
        const found = await page.evaluate(() => {
            const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map((one) => Number(one.tagName[1]));
            const ids = [...document.querySelectorAll('[id]')].map((one) => one.id);
            return {
                skips: levels.filter((level, i) => i > 0 && level > levels[i - 1] + 1).length, first: levels[0], tops: levels.filter((level) => level === 1).length,
                twice: ids.filter((id, i) => ids.indexOf(id) !== i),
                charts: [...document.querySelectorAll('.chart')].map((one) => [one.getAttribute('role'), one.getAttribute('aria-label').length > 20]),
                nameless: [...document.querySelectorAll('button, select, input')].filter((one) => !one.textContent.trim() && !one.getAttribute('aria-label') && !one.labels?.length).length,
            };
        });
        assert.deepEqual([found.skips, found.first, found.tops, found.twice, found.nameless], [0, 1, 1, [], 0]);
        assert.equal(found.charts.length, 15);
        found.charts.forEach(([role, named]) => assert.ok(role === 'img' && named));
    });

    test('text stands out from its ground in both themes', async () => {
        for (const theme of ['light', 'dark']) {
            await page.click(`[data-choice=${theme}]`);
            const ratios = await page.evaluate(() => {
                const luminance = (colour) => colour.match(/[\d.]+/g).slice(0, 3).map((x) => x / 255).map((x) => (x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4))
                    .reduce((total, x, i) => total + x * [0.2126, 0.7152, 0.0722][i], 0);
                const ground = (one) => { for (let at = one; at; at = at.parentElement) { const colour = getComputedStyle(at).backgroundColor; if (!/, 0\)$/.test(colour)) return colour; } return 'rgb(255, 255, 255)'; };
                return ['h1', 'header p', '.lead', '.say', '.note', '.big', '.small', 'td', 'thead button', 'summary', '.class p', '.matches', 'footer p', '.segmented [aria-pressed=false]', '.segmented [aria-pressed=true]'].map((selector) => {
                    const one = document.querySelector(selector);
                    const [a, b] = [luminance(getComputedStyle(one).color), luminance(ground(one))].sort((x, y) => y - x);
                    return [selector, (a + 0.05) / (b + 0.05)];
                });
            });
            ratios.forEach(([selector, ratio]) => assert.ok(ratio >= 4.5, `${theme} ${selector}: ${ratio}`));
        }
        await page.click('[data-choice=system]');
    });

    test('a phone scrolls in one direction only', async () => {
        const phone = await open(browser, pageOf('shop'), { viewport: { width: 320, height: 800 }, isMobile: true, hasTouch: true });
        for (const lang of ['zh', 'en']) {
            await phone.tap(`[data-choice=${lang}]`);
            assert.equal(await phone.evaluate(() => document.documentElement.scrollWidth), 320, lang);
        }
        assert.deepEqual(phone.wrong, []);
        await phone.context().close();
    });

    test('on paper: light, without controls, as wide as the sheet', async () => {
        const paper = await open(browser, pageOf('shop'), { colorScheme: 'dark' });
        await paper.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
        await paper.emulateMedia({ media: 'print', colorScheme: 'dark' });
        for (const selector of ['nav', '.switches', '.filters', '.pager', '#card-stages details', '#sankey-step']) {
            assert.equal(await paper.isVisible(selector), false, selector);
        }
        assert.equal(await paper.getAttribute('html', 'data-theme'), 'light');
        const widest = await paper.$$eval('.chart > div:first-child', (charts) => Math.max(...charts.map((one) => one.getBoundingClientRect().right)));
        assert.ok(widest <= 703, `${widest}`);
        await paper.evaluate(() => window.dispatchEvent(new Event('afterprint')));
        assert.equal(await paper.getAttribute('html', 'data-theme'), 'dark');
        assert.ok((await paper.pdf({ preferCSSPageSize: true })).length > 50000);
        assert.deepEqual(paper.wrong, []);
        await paper.context().close();
    });
});

test('names of customers are data', async () => {
    const nasty = ['</script><script>window.harmed = 1</script>', '<img src=x onerror="window.harmed = 1">', '<!-- {{data}} $& "quoted" 客户'];
    for (const name of nasty) {
        await page.fill('#search', name.slice(0, 12));
        assert.deepEqual((await bodyText('#customer-table')).map((row) => row[0]), [name]);
    }
    await page.click('#reset');
    const tips = await page.evaluate(() => {
        const host = document.getElementById('chart-scatter');
        const plot = window.echarts.getInstanceByDom(host);
        const nastyPoints = plot.getOption().series.flatMap(({ data }, seriesIndex) => data.map((point, dataIndex) => ({ seriesIndex, dataIndex, name: point.customer })))
            .filter(({ name }) => name.includes('<'));
        return nastyPoints.map(({ seriesIndex, dataIndex, name }) => {
            plot.dispatchAction({ type: 'showTip', seriesIndex, dataIndex });
            const tip = host.querySelector('.tip');
            return [name, tip.querySelector('strong').textContent, tip.querySelectorAll('script, img').length];
        });
    });
    assert.ok(tips.length > 0, 'one of them is in the sample');
    tips.forEach(([name, shown, elements]) => assert.deepEqual([shown, elements], [name, 0]));
    assert.equal(await page.evaluate(() => window.harmed), undefined);
});

describe('where there is nothing to show', () => {
    const emptyText = (where, id) => where.textContent(`#card-${id} .empty`);

    test('without a model the page says so, and shows what there is', async () => {
        const plain = await open(browser, pageOf('no model'));
        for (const id of ['scatter', 'bands', 'calls']) assert.match(await emptyText(plain, id), /needs a model/, id);
        for (const id of ['tracking', 'tracking-sum', 'frequency', 'parameters']) assert.match(await emptyText(plain, id), /has no model/, id);
        assert.equal(await plain.textContent('#figure-customers .big'), '50');
        assert.equal(await plain.textContent('#figure-expected .small'), 'no model');
        assert.equal(await plain.textContent('#figure-valueToDate .big'), '1,775');
        const rows = await query('SELECT * FROM "no model".value_deciles ORDER BY decile');
        near(values((await chart(plain, 'deciles')).series[0]), column(rows, 'value_share'), 'shares');
        assert.equal((await plain.$$('#customer-table tbody tr')).length, 25);
        assert.deepEqual(plain.wrong, []);
        await plain.context().close();
    });

    test('a mart of nobody', async () => {
        const empty = await open(browser, pageOf('nobody'));
        const said = await empty.$$eval('.empty', (texts) => texts.map((one) => one.textContent));
        assert.equal(said.length, await empty.$$eval('.card', (cards) => cards.length));
        said.forEach((reason) => assert.match(reason, /^Nobody had bought|no model|needs a model/));
        assert.equal(await empty.textContent('#figure-customers .big'), '0');
        await empty.click('[data-choice=zh]');
        assert.deepEqual(empty.wrong, []);
        await empty.context().close();
    });

    test('weeks, and no amounts: the last cohorts, and value to date', async () => {
        const weekly = await open(browser, pageOf('weekly'));
        const { y } = await chart(weekly, 'heatmap');
        assert.equal(y[0].length, 35, '36 cohorts, the last of which has no later period');
        assert.match(await weekly.textContent('#card-heatmap .note'), /The last 36 cohorts, up to period 60/);
        assert.equal((await chart(weekly, 'equity')).series.length, 1);
        assert.deepEqual(weekly.wrong, []);
        await weekly.context().close();
    });
});

test('no error, no message and no request in all of this', () => assert.deepEqual(page.wrong, []));
