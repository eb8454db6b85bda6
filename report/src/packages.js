// The npm packages of the program: installs them beside it, as package-lock.json has them, where they are missing.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { UserError } from './error.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

const isMissing = (name) => !existsSync(`${folder}/node_modules/${name}/package.json`);

// Without those that only the tests need.
export function ensurePackages(names) {
    const missing = names.filter(isMissing);
    if (missing.length === 0) return;
    process.stderr.write(`Installing ${missing.join(' and ')} by npm into ${folder}node_modules (once) ...\n`);
    const npm = spawnSync('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund', '--ignore-scripts'], {
        cwd: folder,
        encoding: 'utf8',
    });
    if (npm.error?.code === 'ENOENT') throw new UserError('npm is missing; on Debian and Ubuntu: apt-get install npm');
    if (npm.status !== 0 || missing.some(isMissing)) throw new UserError(explain(npm));
}

function explain(npm) {
    const said = `${npm.stderr ?? npm.error?.message ?? ''}`;
    const reason = said.split('\n').find((line) => /^npm (error|ERR!) (?!code)/.test(line)) ?? 'npm ci failed';
    return `could not install the packages (${reason.replace(/^npm (error|ERR!) /, '')}): this needs the npm registry once; `
        + `on a machine without network, copy ${folder}node_modules from one where 'npm ci' has run`;
}
