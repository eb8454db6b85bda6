// How --db is read: a database's name, a libpq connection string (key=value ...) or a URL. What it leaves out comes from
// libpq's environment variables, as in psql: the local socket where no host is named, the system's user.

import { existsSync } from 'node:fs';
import os from 'node:os';
import { parse } from 'pg-connection-string';
import { UserError } from './error.js';

const SOCKET_FOLDERS = ['/var/run/postgresql', '/tmp'];
const SSL_KEYS = ['sslmode', 'sslrootcert', 'sslcert', 'sslkey'];
const KEYS = { host: 'host', hostaddr: 'host', port: 'port', dbname: 'database', user: 'user', password: 'password',
    options: 'options', application_name: 'application_name' };

export function connectionOptions(db) {
    const options = /^postgres(ql)?:\/\//.test(db) ? fromUrl(db) : /=/.test(db) ? fromConninfo(db) : { database: db };
    options.user ||= process.env.PGUSER || os.userInfo().username;
    options.host ||= process.env.PGHOST || localSocket(options.port || process.env.PGPORT || 5432);
    options.application_name ||= process.env.PGAPPNAME || 'clm-report';
    return withoutEmpty(options);
}

function localSocket(port) {
    return SOCKET_FOLDERS.find((folder) => existsSync(`${folder}/.s.PGSQL.${port}`));
}

const withoutEmpty = (options) =>
    Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined && value !== null && value !== ''));

// libpq's meaning of sslmode, in which "require" does not check the certificate.
function fromUrl(url) {
    try {
        return { ...parse(url, { useLibpqCompat: true }) };
    } catch (error) {
        throw new UserError(`--db: ${error.message}`);
    }
}

function fromConninfo(text) {
    const options = {};
    const ssl = new URLSearchParams();
    for (const [key, value] of keywords(text)) {
        if (key in KEYS) options[KEYS[key]] = value;
        else if (SSL_KEYS.includes(key)) ssl.set(key, value);
        else if (key === 'passfile') process.env.PGPASSFILE = value;
        else if (key === 'connect_timeout') options.connectionTimeoutMillis = 1000 * Number(value);
        else throw new UserError(`--db: the connection option "${key}" is not supported`);
    }
    if (`${ssl}`) options.ssl = fromUrl(`postgres:///?${ssl}`).ssl;
    return options;
}

// Pairs of key and value; a value may be quoted, with backslashes before quotes and backslashes.
function* keywords(text) {
    const pattern = /\s*(\w+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'|((?:[^\s'\\]|\\.)*))(?:\s+|$)/gy;
    let end = 0;
    for (let match; end < text.length && (match = pattern.exec(text)); end = pattern.lastIndex) {
        yield [match[1], (match[2] ?? match[3]).replace(/\\(.)/g, '$1')];
    }
    if (end < text.length && /\S/.test(text.slice(end))) {
        throw new UserError(`--db: cannot read the connection string from its character ${end + 1} on`);
    }
}
