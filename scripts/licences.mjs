// Writes THIRD-PARTY-LICENCES: every package that an installation brings, with its licence and the text of it. With --check
// only tells whether the file is up to date. A licence that is not on the list below is a fault either way.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const file = join(root, 'THIRD-PARTY-LICENCES');

/** Each lets anybody use, change and pass on, and asks for no more than that its text goes along. */
const ALLOWED = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'ISC',
  'MIT',
]);

/** SPDX expressions as packages have them: `(MIT OR CC0-1.0)`, `Apache-2.0 AND BSD-3-Clause`. */
function isAllowed(expression) {
  const text = expression.replaceAll(/[()]/g, ' ').trim();
  const all = text.split(/\s+AND\s+/);
  // With both in one expression it would matter how they are nested: such a one is for a person to read.
  if (all.length > 1) return !/\sOR\s/.test(text) && all.every((one) => ALLOWED.has(one));
  return text.split(/\s+OR\s+/).some((one) => ALLOWED.has(one));
}

/** By the lock file, so that the list is the same on every machine. */
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const found = Object.entries(packages)
  .filter(([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional)
  .map(([path, { version, license, os, cpu }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    // Which of these is installed depends on the machine.
    const isOfPlatform = os !== undefined || cpu !== undefined;
    return { title: `${name} ${version}`, license, text: isOfPlatform ? '' : textOf(join(root, path)) };
  })
  .sort((a, b) => (a.title < b.title ? -1 : 1));

function textOf(home) {
  if (!existsSync(home)) throw new Error(`${home} is not installed: run npm ci`);
  const files = readdirSync(home).filter((name) => /^(licen[cs]e|notice|copying)([.-]|$)/i.test(name));
  return files
    .sort()
    .map((name) =>
      readFileSync(join(home, name), 'utf8')
        .replaceAll('\r\n', '\n')
        .replaceAll(/[ \t]+$/gm, '')
        .trim(),
    )
    .join('\n\n');
}

const faults = found.filter(({ license }) => typeof license !== 'string' || !isAllowed(license));
for (const { title, license } of faults) console.error(`${title} is under ${license}, which is not on the list`);

const NO_TEXT = 'The text of the licence is not with these packages, or they are for one platform each.';
const groups = new Map();
for (const one of found) groups.set(one.text, [...(groups.get(one.text) ?? []), one]);
const titlesOf = (group) => group.map(({ title, license }) => `${title} (${license})`).join('\n');
const sections = [...groups].map(([text, group]) => `${titlesOf(group)}\n\n${text === '' ? NO_TEXT : text}`);
const wanted = `What srgit depends on when it runs, and under which licences. Written by scripts/licences.mjs.

${sections.join(`\n\n${'-'.repeat(80)}\n\n`)}
`;

if (process.argv.includes('--check')) {
  if (!existsSync(file) || readFileSync(file, 'utf8') !== wanted) {
    console.error('THIRD-PARTY-LICENCES is out of date: run `npm run licences`.');
    process.exitCode = 1;
  }
} else writeFileSync(file, wanted);
if (faults.length > 0) process.exitCode = 1;
