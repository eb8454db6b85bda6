// The command: its errors, how it connects, and what it writes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { folder, pageOf, report, scratch, text } from './helpers.js';

function fails(args, message, environment) {
    const { status, stderr } = report(args, environment);
    assert.equal(status, 1);
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length, 1, `one line: ${stderr}`);
}

test('errors are one clear line', () => {
    fails(['--schema', 'nothing'], /^clm-report: there is no schema "nothing" in the database "clm_report"$/m);
    fails(['--schema', 'no mart'], /the schema "no mart" is no mart: it has no view "overview"; CALL clm\.create_mart makes one/);
    fails(['--schema', 'shop', '--db', 'no_such_database'], /cannot connect to the database: database "no_such_database" does not exist/);
    fails(['--schema', 'shop', '--db', 'host=127.0.0.1 port=1'], /cannot connect to the database: .*ECONNREFUSED/);
    fails(['--schema', 'shop', '--db', 'user=report_stranger'], /cannot connect to the database: .*report_stranger/);
    fails(['--schema', 'shop', '--db', 'service=x'], /the connection option "service" is not supported/);
    fails(['--schema', 'shop', '--db', "dbname='x"], /cannot read the connection string from its character 1 on/);
    fails(['--schema', 'shop', '--out', `${scratch}/no/folder.html`], /cannot write .*no\/folder\.html/);
});

test('rights that are missing are named', () => {
    fails(['--schema', 'shop'], /no right to use the schema "shop"/, { PGOPTIONS: '-c role=report_stranger' });
    fails(['--schema', 'shop'], /no right to read the mart "shop": permission denied for view overview/, { PGOPTIONS: '-c role=report_reader' });
});

test('a wrong use shows how to use it, with status 2', () => {
    for (const args of [[], ['--schema', 'shop', '--lang', 'fr'], ['--what'], ['--schema', 'shop', 'more']]) {
        const { status, stderr } = report(args);
        assert.equal(status, 2, args.join(' '));
        assert.match(stderr, /^usage: clm-report --schema MART/m);
    }
    assert.equal(report(['--help']).status, 0);
});

test('the database by its name, a connection string or a URL; the page to a file or the standard output', () => {
    const file = pageOf('shop');
    const user = process.env.PGUSER;
    const socket = process.env.PGHOST;
    for (const db of ['clm_report', `host=${socket} dbname = 'clm_report' user=${user}`, `postgresql://${user}@/clm_report?host=${encodeURIComponent(socket)}`]) {
        const { status, stdout, stderr } = report(['--schema', 'shop', '--db', db, '--out', '-'], { PGDATABASE: '' });
        assert.equal(status, 0, stderr);
        assert.ok(stdout === text(file), `the same page from ${db}`);
    }
});

test('the page is one file of some MB, with one program library and no address to load from', () => {
    const page = text(pageOf('shop'));
    assert.ok(page.length < 3e6, `${page.length} characters`);
    assert.match(page, /<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'sha256-/);
    assert.equal(page.match(/<script/g).length, 3, 'the data, the library and the program');
    assert.doesNotMatch(page.replace(/<script>[^]*?<\/script>/g, ''), /(?:src|href)="(?!#|data:)/);
});

test('without packages and without network it says so', () => {
    const copy = `${scratch}/copy`;
    mkdirSync(copy);
    for (const part of ['clm-report', 'package.json', 'package-lock.json', 'src', 'page']) cpSync(`${folder}/${part}`, `${copy}/${part}`, { recursive: true });
    const environment = { npm_config_registry: 'http://127.0.0.1:1/', npm_config_cache: `${scratch}/cache`, npm_config_fetch_retries: '0', npm_config_offline: 'false' };
    const { status, stderr } = spawnSync(`${copy}/clm-report`, ['--schema', 'shop'], { encoding: 'utf8', env: { ...process.env, ...environment } });
    assert.equal(status, 1);
    assert.match(stderr, /^clm-report: could not install the packages \(.*\): this needs the npm registry once/m);
});
