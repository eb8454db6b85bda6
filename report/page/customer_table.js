// The table of customers: filtered, sorted and turned page by page in the browser.

const PAGE_ROWS = 25;
const FILTERS = [['stage', 'stage'], ['tier', 'tier'], ['churn_band', 'band'], ['rfm_group', 'group'], ['matrix_class', 'class']];

// Column, heading, how a cell is shown, whether it is a number.
const CUSTOMER_COLUMNS = [
    ['customer', 'customer', (row) => row.customer],
    ['stage', 'stage', (row) => badge(labelOf(row, 'stage'), stageColour(row.stage, row.stage_order))],
    ['tier', 'tier', (row) => labelOf(row, 'tier')],
    ['value', 'valueColumn', (row) => money(row.value), true],
    ['value_at_risk', 'risk', (row) => money(row.value_at_risk), true],
    ['churn_score', 'churnScore', (row) => meter(row.churn_score), true],
    ['expected_purchases', 'expectedPurchases', (row) => decimal(row.expected_purchases), true],
    ['purchases', 'purchases', (row) => count(row.purchases), true],
    ['revenue', 'revenue', (row) => money(row.revenue), true],
    ['last_purchase', 'lastPurchase', (row) => isoDay(row.last_purchase), true],
    ['next_purchase', 'nextPurchase', (row) => isoDay(row.next_purchase), true],
    ['rfm_group', 'group', (row) => labelOf(row, 'rfm_group')],
    ['matrix_class', 'class', (row) => labelOf(row, 'matrix_class')],
];

const tableChoice = { search: '', filters: {}, sort: 'value', descending: true, page: 0 };

const meter = (share) => (share === null ? t('none')
    : element('span', { class: 'meter', style: `--share: ${share}` }, percentFine(share)));

function matching() {
    const search = tableChoice.search.trim().toLocaleLowerCase();
    const wanted = Object.entries(tableChoice.filters).filter(([, code]) => code !== '');
    return mart.customers.filter((row) => (search === '' || String(row.customer).toLocaleLowerCase().includes(search))
        && wanted.every(([name, code]) => row[name] === code));
}

// NULL is last in both directions; classes sort in their own order, numbers inside names by size.
function sorted(rows) {
    const { sort, descending } = tableChoice;
    const key = `${sort}_order` in (rows[0] ?? {}) ? `${sort}_order` : sort;
    const names = new Intl.Collator(LOCALES[state.lang], { numeric: true });
    const compare = (a, b) => (typeof a === 'number' ? a - b : names.compare(a, b));
    return [...rows].sort((a, b) => {
        if (a[key] === null || b[key] === null) return (a[key] === null) - (b[key] === null);
        return descending ? compare(b[key], a[key]) : compare(a[key], b[key]);
    });
}

function customerTable() {
    const box = element('div', { id: 'customer-table' });
    const results = element('div');
    const redraw = () => drawResults(results);
    box.append(filterBar(redraw), results);
    redraw();
    return box;
}

function filterBar(redraw) {
    const change = (apply) => (event) => {
        apply(event.target.value);
        tableChoice.page = 0;
        redraw();
    };
    const search = element('input', { type: 'search', id: 'search', placeholder: t('search'), 'aria-label': t('search'), value: tableChoice.search,
        oninput: change((value) => { tableChoice.search = value; }) });
    const selects = FILTERS.map(([name, heading]) => filterSelect(name, heading, change((value) => { tableChoice.filters[name] = value; })));
    const bar = element('div', { class: 'filters', role: 'search' }, search, selects);
    bar.append(element('button', { type: 'button', class: 'quiet', id: 'reset', onclick: () => {
        Object.assign(tableChoice, { search: '', filters: {}, page: 0 });
        bar.querySelectorAll('input, select').forEach((field) => { field.value = ''; });
        redraw();
    } }, t('reset')));
    return bar;
}

function filterSelect(name, heading, onchange) {
    const classes = distinct(mart.customers, name).filter((row) => row[name] !== null).sort((a, b) => a[`${name}_order`] - b[`${name}_order`]);
    const select = element('select', { id: `filter-${name}`, onchange }, element('option', { value: '' }, t('all')),
        classes.map((row) => element('option', { value: row[name], selected: tableChoice.filters[name] === row[name] }, labelOf(row, name))));
    return element('label', {}, element('span', {}, t(heading)), select);
}

function drawResults(results) {
    const rows = sorted(matching());
    const pages = Math.max(1, Math.ceil(rows.length / PAGE_ROWS));
    tableChoice.page = Math.min(tableChoice.page, pages - 1);
    const first = tableChoice.page * PAGE_ROWS;
    const table = plainTable(t('table'), CUSTOMER_COLUMNS.map(([, heading, cell, number]) => [t(heading), cell, number]), rows.slice(first, first + PAGE_ROWS));
    makeSortable(table, results);
    const turn = (text, by, able) => element('button', { type: 'button', disabled: !able, 'data-turn': by, onclick: () => {
        tableChoice.page += by;
        drawResults(results);
        results.querySelector(`[data-turn="${by}"]:not([disabled])`)?.focus();
    } }, text);
    results.replaceChildren(
        element('p', { class: 'matches', id: 'matches', role: 'status' }, t('matches', count(rows.length), count(mart.customers.length))),
        rows.length > 0 ? scrolling(t('table'), table) : element('p', { class: 'empty' }, t('noMatch')),
        element('div', { class: 'pager' }, turn(t('previous'), -1, tableChoice.page > 0),
            element('span', {}, t('page', count(tableChoice.page + 1), count(pages))), turn(t('next'), 1, tableChoice.page < pages - 1)));
}

function makeSortable(table, results) {
    table.querySelectorAll('thead th').forEach((cell, i) => {
        const [column, heading, , number] = CUSTOMER_COLUMNS[i];
        const isSorted = tableChoice.sort === column;
        if (isSorted) cell.setAttribute('aria-sort', tableChoice.descending ? 'descending' : 'ascending');
        cell.replaceChildren(element('button', { type: 'button', 'data-sort': column, onclick: () => {
            Object.assign(tableChoice, { sort: column, descending: isSorted ? !tableChoice.descending : Boolean(number), page: 0 });
            drawResults(results);
            results.querySelector(`[data-sort="${column}"]`)?.focus();
        } }, t(heading)));
    });
}
