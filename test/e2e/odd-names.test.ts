/** Subject names that are paths, devices, escapes or forged lines, through the whole chain and back. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spawnCli } from '../support/cli.ts';
import { type EmbeddedRegistry, record, register, request, startRegistry } from '../support/embedded-registry.ts';
import { differingFiles, exported, exportedRepository, treeOf, verified } from '../support/exports.ts';
import { git } from '../support/git.ts';

const NAMES = [
  '../../etc/passwd',
  '/etc/passwd',
  'a/b',
  'a\\b',
  '.',
  '..',
  '.git',
  '.hidden',
  'CON',
  'con.txt',
  'trailing.',
  'trailing ',
  'é',
  'e\u0301',
  '語'.repeat(80),
  'x'.repeat(400),
  `${'x'.repeat(400)}y`,
  '%2F',
  '%',
  '~empty',
  'Orders',
  'orders',
  'ORDERS',
  '-rf',
  '--upload-pack=touch x',
  'a"b\'c`d$(e)',
  '*?[x]',
  'forged\n- orders-value (9 versions)\nSigned-off-by: Mallory',
  '\u001b[31mred\u001b[0m',
  'tab\there',
  '\u202egnp.exe',
  ':not a context',
  '',
];

let registry: EmbeddedRegistry;
let parent = '';
let folder = '';
const taken: string[] = [];

beforeAll(async () => {
  registry = await startRegistry();
  for (const [index, name] of NAMES.entries()) {
    // Not every name is one that the registry takes; which are is for the registry's own tests.
    await register(registry.url, name, record(`R${index}`)).then(
      () => taken.push(name),
      () => undefined,
    );
  }
  ({ home: parent, folder } = await exportedRepository(registry.url));
});

afterAll(async () => {
  await registry.close();
  rmSync(parent, { recursive: true, force: true });
});

/** Everything there is below a path, `.git` left out. */
function everythingBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter((path) => !/(^|\/)\.git(\/|$)/.test(path));
}

describe('odd subject names', () => {
  it('are taken by the registry, most of them', () => {
    expect(taken.length).toBeGreaterThan(20);
    expect(taken).toEqual(expect.arrayContaining(['../../etc/passwd', 'a/b', 'CON', 'é', '%2F', 'Orders', 'orders']));
  });

  it('never leave the tree, and are names that every file system takes', () => {
    expect(readdirSync(parent)).toEqual(['repository']);
    expect(readdirSync(folder).sort()).toEqual(['.git', 'schemas']);
    const paths = everythingBelow(join(folder, 'schemas'));
    const subjects = paths
      .filter((path) => /^subjects\/[^/]+$/.test(path))
      .map((path) => path.slice('subjects/'.length));
    expect(subjects).toHaveLength(taken.length);
    for (const subject of subjects) {
      expect(subject).toMatch(/^[A-Za-z0-9_~%-][A-Za-z0-9._~%-]*$/);
      expect(subject).not.toMatch(/\.$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i);
      expect(subject.length).toBeLessThanOrEqual(180);
    }
    // On macOS and Windows names that fold alike are one folder.
    expect(new Set(subjects.map((subject) => subject.toLowerCase())).size).toBe(subjects.length);
    for (const path of paths) expect(path).toMatch(/^([^/]+\/){0,2}[^/]+$/);
  });

  it('forge no line of the commit message and no path of the commit', () => {
    const [title = '', blank, ...lines] = git(folder, 'log', '-1', '--format=%B').split('\n');
    expect(title).toMatch(/^schemas: \d+ subjects added/);
    expect(blank).toBe('');
    const own = lines.filter((line) => line !== '');
    // A line for each subject; whatever else was set is a line of its own too.
    expect(own.filter((line) => line.startsWith('+ '))).toHaveLength(taken.length);
    for (const line of own) expect(line).toMatch(/^[+~] [^\p{Cc}\u202a-\u202e]+$/u);
    expect(own.join('\n')).not.toMatch(/^Signed-off-by/m);
    expect(git(folder, 'log', '-1', '--format=%(trailers)')).toBe('');
    const files = git(folder, 'ls-tree', '-r', '--name-only', '-z', 'HEAD').split('\0').filter(Boolean);
    expect(files.every((file) => /^schemas\/[\x21-\x7e]+$/.test(file))).toBe(true);
  });

  it('come back from the tree as the same registry', async () => {
    expect(await verified(folder)).toMatchObject({ code: 0, findings: [] });
    expect(await verified(folder, '--url', registry.url)).toMatchObject({ code: 0, differences: [] });
    const serving = await spawnCli(['serve', '--port', '0'], { cwd: folder });
    try {
      const url = await new Promise<string>((resolve, reject) => {
        serving.child.stdout?.on('data', () => {
          const found = /http:\/\/127\.0\.0\.1:\d+/.exec(serving.output().stdout)?.[0];
          if (found !== undefined) resolve(found);
        });
        void serving.done.then(({ stderr }) => reject(new Error(stderr)));
      });
      expect(await request(url, 'GET', '/subjects')).toEqual(await request(registry.url, 'GET', '/subjects'));
      for (const name of taken) {
        const path = `/subjects/${encodeURIComponent(name)}/versions/latest`;
        const answer = await request(url, 'GET', path);
        expect(answer).toEqual(await request(registry.url, 'GET', path));
      }
      const rows = '/schemas?subjectPrefix=:*:&deleted=true';
      expect(await request(url, 'GET', rows)).toEqual(await request(registry.url, 'GET', rows));
    } finally {
      serving.kill('SIGTERM');
    }
    expect(await serving.done).toMatchObject({ code: 0 });
  });

  it('make the same tree again', async () => {
    const before = treeOf(folder);
    expect(await exported(folder, registry.url, ['--commit', '--full'])).toMatchObject({ upToDate: true });
    expect(differingFiles(treeOf(folder), before)).toEqual([]);
  });
});
