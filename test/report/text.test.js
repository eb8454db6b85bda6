// What the page says: the same in both languages, all of it used, and nothing used that is not there.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import { folder, text } from './helpers.js';

const parts = readdirSync(`${folder}/page`).filter((name) => name.endsWith('.js'));
const program = parts.filter((name) => name !== 'text.js').map((name) => text(`${folder}/page/${name}`)).join('\n');
const TEXT = new Function(`${text(`${folder}/page/text.js`)}; return TEXT;`)();

test('English and Chinese have the same texts with the same places for values', () => {
    assert.deepEqual(Object.keys(TEXT.zh).sort(), Object.keys(TEXT.en).sort());
    const places = (said) => [...new Set(String(said).match(/\{\d\}/g))].sort();
    for (const key of Object.keys(TEXT.en)) assert.deepEqual(places(TEXT.zh[key]), places(TEXT.en[key]), key);
});

test('every text is used, and every text that is used is there', () => {
    for (const key of Object.keys(TEXT.en)) assert.match(program, new RegExp(`['.]${key}\\b`), key);
    for (const [, key] of program.matchAll(/\bt\('(\w+)'/g)) assert.ok(key in TEXT.en, key);
});

test('the page has every part of the program', () => {
    const listed = text(`${folder}/src/page.js`).match(/const PARTS = \[([^]*?)\]/)[1].match(/\w+/g);
    assert.deepEqual(listed.map((name) => `${name}.js`).sort(), parts.sort());
});
