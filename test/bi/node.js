// What node's pg tells of the views of schemas in its results, and what it reads in them, as lines for test/scripts/bi.t:
//     node node.js HOST PORT DATABASE USER PASSWORD SCHEMA ...
// The driver has no call for metadata: programs read information_schema, and the types of a result's fields.
'use strict';
const crypto = require('crypto');
const pg = require('pg');

const KINDS = new Map([[23, 'number'], [20, 'number'], [701, 'number'], [25, 'text'], [1043, 'text'], [1082, 'date']]);

function print(...fields) {
    console.log(fields.join('\t'));
}

// By default a date is the midnight of the client's time zone, and a bigint is a string of digits.
function day(date) {
    const digits = (number, n) => String(number).padStart(n, '0');
    return `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
}

// The sum of numbers, the first and last date, the digest of the sorted texts.
function checksum(kind, values) {
    if (values.length === 0) return '';
    if (kind === 'number') return values.reduce((sum, value) => sum + Number(value), 0).toString();
    if (kind === 'date') {
        const days = values.map(day).sort();
        return `${days[0]} ${days[days.length - 1]}`;
    }
    return crypto.createHash('md5').update([...values].sort().join('\n')).digest('hex');
}

async function read(client, schema, view) {
    const quoted = [schema, view].map((name) => client.escapeIdentifier(name)).join('.');
    const result = await client.query({ text: `SELECT * FROM ${quoted}`, rowMode: 'array' });
    const kinds = result.fields.map((field) => KINDS.get(field.dataTypeID) || `not plain: ${field.dataTypeID}`);
    result.fields.forEach((field, i) => print('column', schema, view, field.name, kinds[i], ''));
    if (kinds.some((kind) => kind.startsWith('not plain'))) return;
    print('rows', schema, view, result.rows.length);
    result.fields.forEach((field, i) => {
        const values = result.rows.map((row) => row[i]).filter((value) => value !== null);
        print('sum', schema, view, field.name, values.length, checksum(kinds[i], values));
    });
}

async function main(host, port, database, user, password, ...schemas) {
    const client = new pg.Client({ host, port: Number(port), database, user, password });
    await client.connect();
    for (const schema of schemas) {
        const views = await client.query('SELECT table_name FROM information_schema.tables WHERE table_schema = $1 AND table_type = $2 ORDER BY 1', [schema, 'VIEW']);
        for (const row of views.rows) {
            print('view', schema, row.table_name, '');
            await read(client, schema, row.table_name);
        }
    }
    await client.end();
}

main(...process.argv.slice(2)).catch((error) => {
    console.error(error);
    process.exit(1);
});
