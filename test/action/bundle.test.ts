import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { builtBundle } from './run-bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

it('the committed bundle is the one that these sources make, byte by byte', async () => {
  const folder = await builtBundle();
  for (const file of ['index.js', 'licenses.txt']) {
    const [committed, made] = [readFileSync(join(ROOT, 'dist-action', file)), readFileSync(join(folder, file))];
    // Two megabytes of difference are no help to anybody.
    expect(committed.equals(made), `dist-action/${file} is old: run node scripts/build-action.mjs`).toBe(true);
  }
}, 120_000);

it('the bundle holds no path of the machine that made it, and the licence of everything in it', async () => {
  const folder = await builtBundle();
  const bundle = readFileSync(join(folder, 'index.js'), 'utf8');
  expect(bundle).not.toContain(ROOT);
  expect(bundle).not.toContain('node_modules/.cache');
  const licences = readFileSync(join(folder, 'licenses.txt'), 'utf8');
  for (const name of ['@actions/core', '@platformatic/kafka', 'simple-git', 'undici', 'yaml']) {
    expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  }
}, 120_000);
