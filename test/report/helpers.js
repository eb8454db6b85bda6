// What the tests share: the program, the views as the database has them, and a browser that notices errors and requests.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

export const folder = fileURLToPath(new URL('../../report', import.meta.url));
const packages = createRequire(`${folder}/package.json`);
const pg = packages('pg');
const { chromium } = packages('playwright-core');

export const scratch = mkdtempSync(path.join(os.tmpdir(), 'clm-report-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

export function report(args, environment = {}) {
    const { status, stdout, stderr } = spawnSync(`${folder}/clm-report`, args, { encoding: 'utf8', env: { ...process.env, ...environment }, maxBuffer: 1e8 });
    return { status, stdout, stderr };
}

// The page of a mart, as a file, which is written once.
const pages = new Map();

export function pageOf(schema, lang = 'en') {
    const file = path.join(scratch, `${schema}.${lang}.html`);
    if (!pages.has(file)) {
        const { status, stderr } = report(['--schema', schema, '--out', file, '--lang', lang]);
        if (status !== 0) throw new Error(stderr);
        pages.set(file);
    }
    return file;
}

export const text = (file) => readFileSync(file, 'utf8');

// Days as text, counts as numbers.
export async function query(sql) {
    const client = new pg.Client({ host: process.env.PGHOST, user: process.env.PGUSER, types: {
        getTypeParser: (oid, format) => ({ 20: Number, 1082: String })[oid] ?? pg.types.getTypeParser(oid, format) } });
    await client.connect();
    try {
        return (await client.query(sql)).rows;
    } finally {
        await client.end();
    }
}

export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });

// A page that keeps what went wrong: errors, messages, dialogs and every request but that of the file itself.
export async function open(browser, file, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
    const page = await context.newPage();
    page.wrong = [];
    page.on('pageerror', (error) => page.wrong.push(`error: ${error.message}`));
    page.on('console', (message) => page.wrong.push(`console: ${message.text()}`));
    page.on('dialog', (dialog) => { page.wrong.push('dialog'); dialog.dismiss(); });
    const url = pathToFileURL(file).href;
    page.on('request', (request) => { if (request.url() !== url && !request.url().startsWith('data:')) page.wrong.push(`request: ${request.url()}`); });
    await page.goto(url);
    return page;
}

// The option that a chart holds, as far as it is data.
export const chart = (page, id) => page.evaluate((host) => {
    const { series, xAxis, yAxis } = window.echarts.getInstanceByDom(document.getElementById(`chart-${host}`)).getOption();
    return { series: series.map(({ name, type, data, links, nodes, markLine }) => ({ name, type, data, links, nodes, marks: markLine?.data })),
        x: xAxis?.map(({ data }) => data), y: yAxis?.map(({ data }) => data) };
}, id);

export const values = (series) => series.data.map((item) => item?.value ?? item);
