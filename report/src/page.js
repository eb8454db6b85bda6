// Puts the page together: one file with its style, its program, the chart library and the data of the mart, and a policy
// that forbids every request.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const read = (name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');

// The parts of the page's program, in one scope and in this order.
const PARTS = ['text', 'format', 'theme', 'data', 'element', 'charts_lifecycle', 'charts_value', 'charts_model', 'customer_table',
    'sections', 'main'];

// Of customers, label columns become indexes into lists of labels, and numbers keep nine digits: it is most of the page.
const LONG_VIEWS = ['customers', 'scatter'];

export function makePage(mart, lang) {
    const scripts = [
        inlineScript(read('node_modules/echarts/dist/echarts.min.js')),
        inlineScript(`(() => {\n'use strict';\n${PARTS.map((part) => read(`page/${part}.js`)).join('\n')}})();\n`),
    ];
    const values = {
        title: escapeHtml(`${mart.mart} · clm`),
        lang,
        policy: `default-src 'none'; script-src ${scripts.map((script) => `'sha256-${script.hash}'`).join(' ')}; `
            + "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'",
        style: read('page/style.css'),
        data: json({ ...mart, views: compact(mart.views), lang }),
        scripts: scripts.map((script) => script.element).join('\n'),
    };
    return read('page/page.html').replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]);
}

function inlineScript(source) {
    const safe = source.replace(/<\/(script)/gi, '<\\/$1').replace(/<!--/g, '<\\!--');
    return { element: `<script>${safe}</script>`, hash: createHash('sha256').update(safe).digest('base64') };
}

const escapeHtml = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

// Data inside a script element: no end tag and no comment can be in it.
const json = (value) => JSON.stringify(value).replace(/</g, '\\u003c');

function compact(views) {
    return Object.fromEntries(Object.entries(views).map(
        ([name, view]) => [name, LONG_VIEWS.includes(name) ? withLabels(view) : view]));
}

function withLabels(view) {
    const names = view.columns.filter((column) => view.columns.includes(`${column}_order`));
    const places = names.map((name) => view.columns.indexOf(name));
    const labels = Object.fromEntries(names.map((name) => [name, []]));
    const seen = names.map(() => new Map());
    const columns = view.columns.filter((column) => !names.some((name) => column.startsWith(`${name}_`)));
    const kept = columns.map((column) => view.columns.indexOf(column));
    const rows = view.rows.map((row) => kept.map((place) => {
        const label = places.indexOf(place);
        if (label < 0) return shorten(row[place]);
        if (row[place] === null) return null;
        if (!seen[label].has(row[place])) {
            seen[label].set(row[place], labels[names[label]].length);
            labels[names[label]].push(row.slice(place, place + 4));
        }
        return seen[label].get(row[place]);
    }));
    return { columns, labels, rows };
}

const shorten = (value) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(9)) : value;
