// Elements of the page: text always goes in as text, so that no name of a customer is ever read as HTML.

function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
        if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
        else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? '' : value);
    }
    made.append(...children.flat().filter((child) => child !== null && child !== undefined));
    return made;
}

// A plain table: columns are [heading, cell of a row, is a number].
function plainTable(caption, columns, rows) {
    const head = columns.map(([heading, , number]) => element('th', { scope: 'col', class: number && 'number' }, heading));
    const body = rows.map((row) => element('tr', {}, columns.map(([heading, cell, number], i) =>
        element(i === 0 ? 'th' : 'td', { scope: i === 0 && 'row', class: number && 'number', 'data-label': heading }, cell(row)))));
    return element('table', {}, element('caption', {}, caption), element('thead', {}, element('tr', {}, head)), element('tbody', {}, body));
}

// Wide tables scroll in a region of their own, which the keyboard reaches.
const scrolling = (label, table) => element('div', { class: 'scroll', role: 'region', tabindex: 0, 'aria-label': label }, table);

const badge = (text, colour) => element('span', { class: 'badge', style: `--hue: ${colour}` }, text);

// One of several choices, as buttons: choices are [value, text, what it says aloud].
function segmented(name, choices, chosen, choose) {
    return element('div', { class: 'segmented', role: 'group', 'aria-label': name }, choices.map(([value, text, lang]) =>
        element('button', { type: 'button', 'data-choice': value, lang, 'aria-pressed': String(value === chosen), onclick: () => choose(value) }, text)));
}
