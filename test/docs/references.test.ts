/** Pages that are written from the code, and links: what the scripts say when something is wrong. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ERROR_WORDS, REASON_WORDS, TREE_FINDING_WORDS } from '../../scripts/error-words.ts';
import { HEALTH_FINDINGS } from '../../src/app/health/health-findings.ts';
import { ERROR_CODES } from '../../src/errors.ts';
import { REASONS } from '../../src/plan/reasons.ts';
import { TOPIC_FINDINGS } from '../../src/semantics/topic/findings.ts';
import { temporaryFolder } from '../support/trees.ts';

const ROOT = join(import.meta.dirname, '../..');

function checkLinks(...args: readonly string[]): { readonly status: number | null; readonly said: string } {
  const script = join(ROOT, 'scripts/check-links.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('docs/errors.md', () => {
  it('is what the code says', () => {
    execFileSync(process.execPath, [join(ROOT, 'scripts/error-reference.mjs'), '--check'], { stdio: 'pipe' });
  });

  it('has every code', () => {
    const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8');
    const findings = [TREE_FINDING_WORDS, TOPIC_FINDINGS, HEALTH_FINDINGS].flatMap((kind) => Object.keys(kind));
    const wanted = [
      ...ERROR_CODES.map((code) => `\n### ${code}\n`),
      ...[...REASONS, ...findings].map((code) => `\n| \`${code}\` | `),
    ];
    expect(wanted.filter((start) => !page.includes(start))).toEqual([]);
  });

  it('has no words for codes that are gone', () => {
    expect(Object.keys(ERROR_WORDS).sort()).toEqual([...ERROR_CODES].sort());
    expect(Object.keys(REASON_WORDS).sort()).toEqual([...REASONS].sort());
  });
});

describe('docs/README.md', () => {
  it('lists every page', () => {
    const index = readFileSync(join(ROOT, 'docs/README.md'), 'utf8');
    const pages = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md') && name !== 'README.md');
    expect(pages.filter((name) => !index.includes(`](${name})`))).toEqual([]);
  });
});

describe('pictures', () => {
  const folder = join(ROOT, 'docs/images');

  it.each(readdirSync(folder))('%s is shown, has words, and both themes', (name) => {
    const picture = readFileSync(join(folder, name), 'utf8');
    expect(picture).toMatch(/<title[^>]*>\w/);
    expect(picture).toContain('prefers-color-scheme: dark');
    expect(picture).not.toMatch(/<script|href="http|@import/);
    expect(readFileSync(join(ROOT, 'README.md'), 'utf8')).toMatch(
      new RegExp(`!\\[\\w[^\\]]+\\]\\(docs/images/${name}\\)`),
    );
  });
});

describe('links', () => {
  it('lead somewhere', () => {
    const { status, said } = checkLinks();
    expect(status, said).toBe(0);
    expect(said).toMatch(/^\d\d+ pages, /);
  });

  it('are named where they do not', () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'docs'));
    writeFileSync(join(folder, 'docs/a.svg'), '<svg/>');
    writeFileSync(
      join(folder, 'README.md'),
      [
        '# Some `code` & more',
        '## Twice',
        '## Twice',
        '[a](docs/a.md) [b](docs/a.md#one-two) [c](docs/a.md#gone) [d](#some-code--more) [e](#twice-1) [f](#twice-2)',
        '![g](docs/a.svg) ![h](docs/b.svg) [i](../outside.md) [j](https://example.com/x)',
        '`[k](code.md)`',
        '```md',
        '[l](code.md)',
        '```',
        '<img src="docs/c.png">',
        '[m]: docs/gone.md',
      ].join('\n'),
    );
    writeFileSync(join(folder, 'docs/a.md'), '# One, two\n');
    const { status, said } = checkLinks(folder);
    expect(status).toBe(1);
    expect(said.trim().split('\n')).toEqual([
      'README.md:4: docs/a.md#gone: has no such heading',
      'README.md:4: #twice-2: has no such heading',
      'README.md:5: docs/b.svg: is not there',
      'README.md:5: ../outside.md: leads out of the repository',
      'README.md:10: docs/c.png: is not there',
      'README.md:11: docs/gone.md: is not there',
    ]);
    expect(checkLinks('--list', folder).said).toContain('https://example.com/x  (README.md:5)');
  });
});
