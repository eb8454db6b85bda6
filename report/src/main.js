// The command: reads the arguments, the mart, and writes the page. Every failure is one line on stderr and a status of 1,
// a wrong use one of 2.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from './error.js';
import { ensurePackages } from './packages.js';

const USAGE = `usage: clm-report --schema MART [--db DATABASE] [--out FILE] [--lang en|zh]

Writes one self-contained HTML page from the views of a mart (see clm.create_mart).
  --schema  the schema of the mart
  --db      name of the database, a connection string (host=... dbname=...) or a URL; what it leaves out is taken from
            PGHOST, PGPORT, PGUSER, PGDATABASE and PGPASSWORD or the password file
  --out     the file to write (default clm-report.html); - is the standard output
  --lang    the language that the page opens in (default en); the reader can switch it`;

function readArguments(argv) {
    const { values } = parseArgs({
        args: argv,
        options: {
            db: { type: 'string', default: '' },
            schema: { type: 'string' },
            out: { type: 'string', default: 'clm-report.html' },
            lang: { type: 'string', default: 'en' },
            help: { type: 'boolean', default: false },
        },
    });
    if (!values.help && !values.schema) throw new TypeError('--schema is missing');
    if (!['en', 'zh'].includes(values.lang)) throw new TypeError(`--lang is en or zh, not '${values.lang}'`);
    return values;
}

function write(file, page) {
    if (file === '-') {
        process.stdout.write(page);
        return;
    }
    try {
        writeFileSync(file, page);
    } catch (error) {
        throw new UserError(`cannot write ${file}: ${error.message}`);
    }
    process.stdout.write(`The report page: ${resolve(file)} (${(Buffer.byteLength(page) / 1e6).toFixed(1)} MB)\n`);
}

// The packages may have to be installed first, so what needs them is loaded afterwards.
async function report(options) {
    ensurePackages(['pg', 'echarts']);
    const { readMart } = await import('./mart.js');
    const { makePage } = await import('./page.js');
    write(options.out, makePage(await readMart(options.db, options.schema), options.lang));
}

async function main() {
    let options;
    try {
        options = readArguments(process.argv.slice(2));
    } catch (error) {
        process.stderr.write(`clm-report: ${error.message}\n${USAGE}\n`);
        return 2;
    }
    if (options.help) {
        process.stdout.write(`${USAGE}\n`);
        return 0;
    }
    try {
        await report(options);
        return 0;
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        process.stderr.write(`clm-report: ${error.message}\n`);
        return 1;
    }
}

process.exitCode = await main();
