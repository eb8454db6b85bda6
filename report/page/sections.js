// What is on the page, in order: sections of cards. A card has a chart with a sentence that says what it shows, the same
// figures as a table, or else the reason why there is nothing to show.

// A card: id, title, why it is empty, height and chart, what it says, note, controls, caption, columns and rows of its table.
function card({ id, wide, empty, title, note, controls, height, draw, say, columns, rows, body }) {
    const heading = element('h3', { id: `title-${id}` }, title);
    const box = element('section', { class: wide ? 'card wide' : 'card', id: `card-${id}`, 'aria-labelledby': `title-${id}` });
    box.append(element('div', { class: 'card-head' }, heading, empty ? null : controls));
    if (empty) {
        box.append(element('p', { class: 'empty', style: `min-height: ${Math.min(height ?? 120, 200)}px` }, empty));
        return box;
    }
    if (say) box.append(element('p', { class: 'say', id: `say-${id}` }, say));
    if (draw) box.append(chartHost(id, height, draw, `${title}. ${say ?? ''}`));
    if (body) box.append(body);
    if (note) box.append(element('p', { class: 'note' }, note));
    if (columns) box.append(tableAlternative(title, columns, rows));
    return box;
}

// The table is made when it is opened: a cohort table may be long.
function tableAlternative(title, columns, rows) {
    const details = element('details', {}, element('summary', {}, t('asTable')));
    details.addEventListener('toggle', () => {
        if (details.open && !details.querySelector('table')) details.append(scrolling(title, plainTable(title, columns, rows)));
    });
    return details;
}

const section = (id, lead, ...cards) => element('section', { class: 'section', id, 'aria-labelledby': `heading-${id}` },
    element('h2', { id: `heading-${id}` }, t(id)), lead && element('p', { class: 'lead' }, lead), element('div', { class: 'cards' }, cards.flat()));

const unless = (good, reason) => (!hasCustomers ? t('noCustomers') : good ? null : t(reason));

const barHeight = (rows, each = 40) => Math.max(160, 40 + rows.length * each);

const groupsHeight = () => Math.max(barHeight(mart.churn_bands, 46), barHeight(mart.rfm_groups, 46)) + 20;

const number = true;
const countOf = (column, heading = column) => [t(heading), (row) => count(row[column]), number];
const moneyOf = (column, heading) => [t(heading), (row) => money(row[column]), number];
const shareOf = (column, heading) => [t(heading), (row) => percentFine(row[column]), number];
const nameOf = (column, heading) => [t(heading), (row) => labelOf(row, column)];
const periodOf = (column, heading) => [t(heading), (row) => periodName(row[column])];

function keyFigures() {
    const o = mart.overview;
    const model = (value, note) => [value, hasModel ? note : t('noModel')];
    const value = mart.stages.length > 0 ? sum(mart.stages, 'value') : null;
    const tiles = [
        ['customers', short(o.customers), t('newToday', short(o.new_customers)), o.customers],
        ['active', short(o.active_customers), t('activeShare', percent(hasCustomers ? o.active_customers / o.customers : null)), o.active_customers],
        ['revenue', short(o.revenue), t('purchasesMade', short(o.purchases)), o.revenue],
        ['expected', ...model(short(o.expected_purchases), t('nextDays', o.horizon_days)), o.expected_purchases],
        valueIsClv ? ['clv', ...model(short(o.clv), t('clvNote', o.horizon_days, percent(o.discount))), o.clv]
            : ['valueToDate', short(value), t('valueToDateNote'), value],
        ['risk', ...model(short(o.value_at_risk), value > 0 ? t('riskShare', percent(o.value_at_risk / value)) : t('riskNote')), o.value_at_risk],
        ['churn', ...model(percent(o.mean_churn_score), t('churnNote')), o.mean_churn_score],
        ['top20', percent(o.top20_share), t('gini', decimal(o.gini)), o.top20_share],
    ];
    return element('dl', { class: 'figures' }, tiles.map(([key, figureText, note, exact]) =>
        element('div', { class: 'figure', id: `figure-${key}`, title: exact === null || exact === undefined ? null : figure(exact) },
            element('dt', {}, t(key)), element('dd', { class: 'big' }, figureText), element('dd', { class: 'small' }, note))));
}

function stagesCard() {
    const top = largest(mart.stages, 'customers');
    return card({ id: 'stages', title: t('stages'), height: barHeight(mart.stages), draw: stagesChart, empty: unless(top, 'noCustomers'),
        say: top && t('sayStages', count(top.customers), count(mart.overview.customers), percent(top.customers_share), labelOf(top, 'stage')),
        columns: [nameOf('stage', 'stage'), countOf('customers'), shareOf('customers_share', 'share'), moneyOf('revenue', 'revenue'), shareOf('mean_churn_score', 'churn')],
        rows: mart.stages });
}

function stageValueCard() {
    const top = largest(mart.stages, 'value');
    return card({ id: 'stage-value', title: t('stageValue'), height: barHeight(mart.stages), draw: stageValueChart,
        empty: unless(top && sum(mart.stages, 'value') > 0, 'emptyValue'),
        say: top && t('sayStageValue', labelOf(top, 'stage'), percent(top.value_share), short(top.value_at_risk)),
        columns: [nameOf('stage', 'stage'), moneyOf('value', 'valueColumn'), shareOf('value_share', 'share'), moneyOf('value_at_risk', 'risk'),
            moneyOf('value_to_date', 'toDate'), moneyOf('clv', 'toCome')], rows: mart.stages });
}

function flowCard() {
    const last = mart.lifecycle_flow.filter((row) => row.complete).at(-1);
    return card({ id: 'flow', wide: true, title: t('flow'), height: 420, draw: flowChart, note: t('flowNote'), empty: unless(mart.lifecycle_flow.length > 0, 'noCustomers'),
        say: last && t('sayFlow', periodName(last.period), count(last.new_customers), count(last.returning_customers),
            count(last.resurrected_customers), count(last.dormant_customers)),
        columns: [periodOf('period', 'period'), countOf('active_customers', 'buyers'), countOf('new_customers', 'new'), countOf('returning_customers', 'returning'),
            countOf('resurrected_customers', 'resurrected'), countOf('dormant_customers', 'dormant'), shareOf('retention', 'retention'),
            [t('pulse'), (row) => decimal(row.pulse), number], [t('complete'), (row) => t(row.complete ? 'yes' : 'no')]], rows: mart.lifecycle_flow });
}

function sankeyCard() {
    const rows = sankeyRows();
    const stayed = sum(rows.filter((row) => !hasMoved(row)), 'customers');
    const steps = element('select', { 'aria-label': t('sankeyStep'), id: 'sankey-step', onchange: (event) => chooseMoves({ to_day: event.target.value }) },
        sankeySteps().map((row) => element('option', { value: row.to_day, selected: row.to_day === rows[0]?.to_day },
            t('sankeyFrom', longDay(row.from_day), longDay(row.to_day)))));
    const moved = element('label', { class: 'check' }, element('input', { type: 'checkbox', id: 'moved-only', checked: sankeyChoice.movedOnly,
        onchange: (event) => chooseMoves({ movedOnly: event.target.checked }) }), t('movedOnly'));
    const made = card({ id: 'sankey', wide: true, title: t('sankey'), height: 380, draw: shownMoves().length > 0 ? sankeyChart : null, controls: element('div', { class: 'controls' }, moved, steps),
        body: shownMoves().length > 0 ? null : element('p', { class: 'empty' }, t('emptyMoves')),
        empty: unless(rows.length > 0, 'emptyFlow'), say: t('saySankey', count(stayed), count(sum(rows, 'customers') - stayed)),
        columns: [nameOf('from_stage', 'from'), nameOf('to_stage', 'to'), countOf('customers'), shareOf('share', 'share')], rows });
    return made;
}

function chooseMoves(choice) {
    Object.assign(sankeyChoice, choice);
    const focused = document.activeElement?.id;
    replaceCard('sankey', sankeyCard());
    if (focused) document.getElementById(focused)?.focus();
}

function decilesCard() {
    const rows = mart.value_deciles;
    return card({ id: 'deciles', title: t('deciles'), height: 320, draw: decilesChart, empty: unless(rows.some((row) => row.value_share !== null), 'emptyValue'),
        say: rows[0]?.decile === 1 && t('sayDeciles', percent(rows[0].cumulative_customers_share), percent(rows[0].value_share)),
        columns: [countOf('decile'), countOf('customers'), moneyOf('value', 'valueColumn'), shareOf('value_share', 'valueShare'), shareOf('cumulative_value_share', 'cumulative'),
            moneyOf('mean_value', 'meanValue'), [t('range'), (row) => `${row.above === null ? '' : money(row.above)} – ${row.up_to === null ? '' : money(row.up_to)}`, number], shareOf('mean_churn_score', 'churn'),
            moneyOf('value_at_risk', 'risk')], rows });
}

function concentrationCard() {
    return card({ id: 'concentration', title: t('concentration'), height: 320, draw: concentrationChart, empty: unless(mart.concentration.some((row) => row.value_share > 0), 'emptyValue'),
        say: t('sayConcentration', percent(mart.overview.top20_share)),
        columns: [nameOf('curve', 'curve'), shareOf('customers_share', 'shareOfCustomers'), shareOf('value_share', 'shareOfValue')], rows: mart.concentration });
}

function scatterCard() {
    const top = largest(mart.matrix, 'value');
    const total = mart.overview.customers;
    const shown = mart.scatter.length < total ? t('scatterNote', count(mart.scatter.length), count(total)) : t('scatterAll', count(total));
    return card({ id: 'scatter', wide: true, title: t('scatter'), height: 420, draw: scatterChart, empty: unless(mart.scatter.length > 0, 'emptyScores'),
        say: top && t('sayScatter', count(top.customers), percent(top.value_share), labelOf(top, 'matrix_class')),
        note: scatterHasFloored() ? `${shown} ${t('scatterFloor', axisNumber(scatterFloor()))}` : shown,
        body: element('div', { class: 'classes', 'aria-label': t('classes'), role: 'list' }, mart.matrix.map(matrixClass)),
        columns: [nameOf('matrix_class', 'class'), countOf('customers'), shareOf('customers_share', 'share'), moneyOf('value', 'valueColumn'), shareOf('value_share', 'valueShare'),
            moneyOf('value_at_risk', 'risk'), shareOf('mean_churn_score', 'churn'), [t('advice'), (row) => row[`advice_${state.lang}`] ?? '']], rows: mart.matrix });
}

const matrixClass = (row) => element('div', { class: 'class', role: 'listitem', style: `--hue: ${classColour(row.matrix_class, row.matrix_class_order)}` },
    element('h4', {}, labelOf(row, 'matrix_class')),
    element('p', { class: 'numbers' }, `${short(row.customers)} (${percent(row.customers_share)}) · ${t('valueColumn')} ${short(row.value)} (${percent(row.value_share)})`),
    element('p', {}, row[`advice_${state.lang}`] ?? ''));

function equityCard() {
    const toDate = short(sum(mart.equity, 'value_to_date'));
    return card({ id: 'equity', wide: true, title: t('equity'), height: 300, draw: equityChart, empty: unless(mart.equity.length > 0, 'noCustomers'),
        say: mart.equity.some(hasClv) ? t('sayEquity', toDate, short(sum(mart.equity, 'clv'))) : t('sayToDate', toDate),
        columns: [periodOf('cohort', 'period'), countOf('customers'), shareOf('active_share', 'activeShareColumn'), moneyOf('revenue', 'revenue'), moneyOf('value_to_date', 'toDate'),
            moneyOf('clv', 'toCome'), moneyOf('value_at_risk', 'risk')], rows: mart.equity });
}

function cohortNote() {
    const all = new Set(mart.equity.map((row) => row.cohort)).size;
    return all > source.limits.cohorts || mart.cohorts.some((row) => row.period === source.limits.cohort_periods)
        ? t('lastCohorts', source.limits.cohorts, source.limits.cohort_periods) : '';
}

function heatmapCard() {
    const first = mart.cohorts.filter((row) => row.period === 1 && row.complete);
    return card({ id: 'heatmap', wide: true, title: t('heatmap'), height: 90 + Math.max(4, distinct(laterPeriods(), 'cohort_order').length) * 22, draw: heatmapChart,
        empty: unless(laterPeriods().length > 0, 'emptyCohorts'), note: `${t('heatmapNote')} ${cohortNote()}`,
        say: first.length > 0 ? t('sayHeatmap', percentFine(sum(first, 'active') / sum(first, 'size'))) : null,
        columns: [periodOf('cohort', 'cohort'), countOf('size'), countOf('period'), countOf('active', 'buyers'), shareOf('retention', 'retention'),
            [t('complete'), (row) => t(row.complete ? 'yes' : 'no')]], rows: mart.cohorts });
}

function cohortValueCard() {
    const oldest = mart.cohorts.filter((row) => row.cohort_order === mart.cohorts[0]?.cohort_order).at(-1);
    return card({ id: 'cohort-value', wide: true, title: t('cohortValue'), height: 360, draw: cohortValueChart, empty: unless(laterPeriods().length > 0, 'emptyCohorts'), note: cohortNote(),
        say: oldest && t('sayCohortValue', money(oldest.cumulative_value_per_customer), oldest.period + 1),
        columns: [periodOf('cohort', 'cohort'), countOf('period'), moneyOf('value', 'valueColumn'), moneyOf('cumulative_value', 'cumulative'),
            moneyOf('cumulative_value_per_customer', 'cohortValue')], rows: mart.cohorts });
}

function bandsCard() {
    const top = largest(mart.churn_bands, 'value_at_risk');
    return card({ id: 'bands', title: t('bands'), height: groupsHeight(), draw: bandsChart,
        empty: unless(hasModel && mart.churn_bands.length > 0, 'emptyScores'),
        say: top && t('sayBands', count(top.customers), short(top.value_at_risk), labelOf(top, 'churn_band')),
        columns: [nameOf('churn_band', 'band'), [t('score'), (row) => t('bandRange', percent(row.lower), percent(row.upper)), number], countOf('customers'),
            shareOf('customers_share', 'share'), moneyOf('value', 'valueColumn'), moneyOf('value_at_risk', 'risk'), shareOf('mean_churn_score', 'churn')], rows: mart.churn_bands });
}

function rfmCard() {
    const top = largest(mart.rfm_groups, 'customers');
    const mean = (column, letter) => [t('mean', letter), (row) => decimal(row[column]), number];
    return card({ id: 'rfm', title: t('rfm'), height: groupsHeight(), draw: rfmChart, note: t('rfmNote'), empty: unless(top, 'emptyRfm'),
        say: top && t('sayRfm', labelOf(top, 'rfm_group'), percent(top.customers_share)),
        columns: [nameOf('rfm_group', 'group'), countOf('customers'), shareOf('customers_share', 'share'), mean('mean_r', 'R'), mean('mean_f', 'F'), mean('mean_m', 'M'),
            countOf('mean_recency_days', 'recency'), [t('meanPurchases'), (row) => decimal(row.mean_purchases), number], moneyOf('revenue', 'revenue'),
            moneyOf('value', 'valueColumn'), shareOf('mean_churn_score', 'churn')], rows: mart.rfm_groups });
}

const callsStep = () => (isNarrow(window.innerWidth) ? 5 : 15);

function callsCard() {
    const rows = mart.early_warning;
    const columns = [[t('rank'), (row) => count(row.rank), number], [t('customer'), (row) => row.customer],
        [t('stage'), (row) => badge(labelOf(row, 'stage'), stageColour(row.stage, row.stage_order))], nameOf('tier', 'tier'), moneyOf('value_at_risk', 'risk'),
        [t('churnScore'), (row) => meter(row.churn_score), number], [t('lastPurchase'), (row) => isoDay(row.last_purchase), number],
        [t('reason'), (row) => row[`reason_${state.lang}`] ?? t('none')], nameOf('action', 'action'), nameOf('touchpoint', 'touchpoint')];
    const body = element('div', { id: 'call-list' });
    const show = (shown) => {
        const left = rows.length - shown;
        body.replaceChildren(scrolling(t('calls'), plainTable(t('calls'), columns, rows.slice(0, shown))));
        body.firstChild.classList.add('stacks');
        if (left > 0) body.append(element('button', { type: 'button', class: 'quiet more', onclick: () => show(shown + 3 * callsStep()) }, t('more', Math.min(left, 3 * callsStep()))));
    };
    show(callsStep());
    return card({ id: 'calls', wide: true, title: t('calls'), body, empty: unless(hasModel, 'emptyScores') ?? unless(rows.length > 0, 'emptyCalls'),
        say: source.calls > rows.length ? `${t('callsNote')} ${t('callsOf', count(rows.length), count(source.calls))}` : t('callsNote') });
}

function tableCard() {
    const all = mart.overview.customers;
    const top = mart.customers.length < all ? `${t('tableTop', count(mart.customers.length), count(all))} ` : '';
    return card({ id: 'customers', wide: true, title: t('tableTitle'), empty: unless(true), say: `${top}${t('tableLead')}`, body: hasCustomers ? customerTable() : null });
}

function trackingCard(id, title, draw) {
    const last = mart.tracking.at(-1);
    return card({ id, title, height: 300, draw, empty: unless(mart.tracking.length > 0, 'emptyModel'), note: t('periodsOf'),
        say: last && t('sayTracking', count(last.cumulative_actual), count(last.cumulative_expected)),
        columns: [[t('period'), (row) => isoDay(row.period_day)], countOf('actual'), [t('modelled'), (row) => decimal(row.expected), number],
            countOf('cumulative_actual', 'trackingCumulative'), [`${t('cumulative')}: ${t('modelled')}`, (row) => decimal(row.cumulative_expected), number]],
        rows: mart.tracking });
}

function frequencyCard() {
    const once = mart.frequency.find((row) => row.purchases === 0);
    // As high as the list of parameters beside it.
    return card({ id: 'frequency', title: t('frequency'), height: Math.min(Math.max(300, 31 * mart.model.length), 520), draw: frequencyChart, empty: unless(mart.frequency.length > 0, 'emptyModel'),
        say: once && t('sayFrequency', count(once.customers), count(once.expected_customers)),
        columns: [[t('repeat'), repeats, number], countOf('customers', 'actual'), [t('modelled'), (row) => decimal(row.expected_customers), number]], rows: mart.frequency });
}

function parametersCard() {
    const columns = [nameOf('item', 'item'), [t('figure'), (row) => (row.value === null && row.note ? row.note : figure(row.value)), number], [t('se'), (row) => figure(row.se), number]];
    return card({ id: 'parameters', title: t('parameters'), empty: unless(hasModel, 'emptyModel'),
        body: hasModel ? scrolling(t('parameters'), plainTable(t('parameters'), columns, mart.model)) : null });
}

function sections() {
    const o = mart.overview;
    return [
        element('section', { class: 'section', id: 'overview', 'aria-label': t('overview') }, keyFigures()),
        section('lifecycle', t('lifecycleLead'), stagesCard(), stageValueCard(), flowCard(), sankeyCard()),
        section('value', hasCustomers ? t('valueLead', valueIsClv ? t('valueIsClv', o.horizon_days) : t('valueIsToDate')) : null, decilesCard(), concentrationCard(), scatterCard(), equityCard()),
        section('cohorts', t('cohortsLead'), heatmapCard(), cohortValueCard()),
        section('risks', t('risksLead'), bandsCard(), rfmCard(), callsCard()),
        section('table', null, tableCard()),
        section('model', t('modelLead'), trackingCard('tracking', t('tracking'), trackingEach), trackingCard('tracking-sum', t('trackingCumulative'), trackingSum),
            frequencyCard(), parametersCard()),
    ];
}
