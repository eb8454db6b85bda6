// The views of the mart as objects, from the data in the page.

const source = JSON.parse(document.getElementById('data').textContent);

function rowsOf({ columns, rows, labels = {} }) {
    return rows.map((values) => {
        const row = {};
        columns.forEach((column, i) => {
            if (!(column in labels)) row[column] = values[i];
            else addLabel(row, column, labels[column][values[i]]);
        });
        return row;
    });
}

function addLabel(row, name, label) {
    const [code, order, en, zh] = label ?? [null, null, null, null];
    Object.assign(row, { [name]: code, [`${name}_order`]: order, [`${name}_en`]: en, [`${name}_zh`]: zh });
}

const mart = Object.fromEntries(Object.entries(source.views).map(([name, view]) => [name, rowsOf(view)]));
mart.overview = mart.overview[0] ?? { customers: 0, calendar: 'month', value_basis: 'value_to_date' };

const hasCustomers = mart.overview.customers > 0;
const hasModel = mart.model.length > 0;
const valueIsClv = mart.overview.value_basis === 'clv';

const sum = (rows, column) => rows.reduce((total, row) => total + (row[column] ?? 0), 0);
const largest = (rows, column) => rows.reduce((best, row) => ((row[column] ?? -Infinity) > (best[column] ?? -Infinity) ? row : best), rows[0]);
const distinct = (rows, column) => [...new Map(rows.map((row) => [row[column], row])).values()];
