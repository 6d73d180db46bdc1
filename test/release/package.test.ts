/**
 * What a person gets who installs the package. Slow: it is packed and installed once, with every dependency.
 */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type InstalledPackage, installPackage, type Ran, ROOT, run } from './staged-package.ts';

const EXAMPLES = join(ROOT, 'examples');
const examples = readdirSync(EXAMPLES).filter((file) => /\.(ts|cjs)$/.test(file));
const page = readFileSync(join(ROOT, 'docs/library.md'), 'utf8');

let installed: InstalledPackage;
let demo: Promise<Ran> | undefined;

beforeAll(async () => {
  installed = await installPackage();
  cpSync(EXAMPLES, installed.project, { recursive: true });
  // The longest of all: it plays while the others run.
  demo = run('npx', ['--no-install', 'srgit', 'demo'], installed.project);
}, 300_000);

afterAll(async () => {
  await demo?.catch(() => undefined);
  installed?.remove();
}, 120_000);

it('the tarball holds what it may, its entry points are there, and publint and attw find nothing', () => {
  const { code, stdout, stderr } = installed.checked;
  expect(stdout + stderr).not.toContain('FAULT');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^srgit-\d+\.\d+\.\d+\S*\.tgz: \d+ files, \d+ kB$/m);
});

describe.each(examples)('examples/%s', (file) => {
  it('stands in docs/library.md as it is', () => {
    const text = readFileSync(join(EXAMPLES, file), 'utf8');
    expect(page).toContain(`\`\`\`${file.endsWith('.cjs') ? 'js' : 'ts'}\n${text}\`\`\`\n`);
  });

  it('prints what the page says', async () => {
    const tree = join(installed.project, 'node_modules/srgit/schemas-example');
    const { code, stdout, stderr } = await run(process.execPath, [file, tree], installed.project);
    expect(code, stderr).toBe(0);
    expect(stderr).toBe('');
    expect(page).toContain(`\`\`\`console\n$ node ${file}\n${stdout}\`\`\`\n`);
  }, 60_000);
});

/** Strict, and the libraries' own declarations are checked too: what our types name must be there. */
const OPTIONS = {
  target: 'es2024',
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  noEmit: true,
  types: ['node'],
  // A consumer has these of its own.
  typeRoots: [join(ROOT, 'node_modules/@types')],
};

async function typeErrors(files: readonly string[]): Promise<string> {
  const project = join(installed.project, 'tsconfig.json');
  writeFileSync(project, JSON.stringify({ compilerOptions: OPTIONS, files }));
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, stderr } = await run(process.execPath, [tsc, '-p', project], installed.project);
  return stdout + stderr;
}

describe('types', () => {
  it('resolve for consumers that import, the examples, and for one that requires', async () => {
    writeFileSync(
      join(installed.project, 'consumer.cts'),
      `import srgit = require('srgit');
const url: Promise<string> = srgit.serve().then((registry) => registry.url);
const code: srgit.ErrorCode = 'SRGIT_TREE_MISSING';
export = { url, code };
`,
    );
    expect(await typeErrors([...examples.filter((file) => file.endsWith('.ts')), 'consumer.cts'])).toBe('');
  }, 120_000);

  it('are wrong for what is wrong', async () => {
    writeFileSync(
      join(installed.project, 'wrong.mts'),
      `import { decodeFrame, openTree, serve } from 'srgit';
await openTree(1);
await serve({ tre: 'schemas' });
const id: string | undefined = decodeFrame(new Uint8Array())?.kind === 'id' ? 1 : undefined;
export { id };
`,
    );
    const errors = await typeErrors(['wrong.mts']);
    expect(errors.match(/error TS\d+/g)).toHaveLength(3);
  }, 120_000);
});

it('the check of the package sees what is wrong with one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'srgit-wrong-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const files: Readonly<Record<string, string>> = {
    'package.json': JSON.stringify({
      name: 'wrong',
      version: '1.0.0',
      type: 'module',
      bin: { wrong: 'bin/gone.js' },
      types: './dist/index.d.ts',
      exports: { '.': { default: './dist/index.js', types: './dist/index.d.ts' } },
      dependencies: { yaml: '^2.0.0' },
      repository: { type: 'git', url: 'git+https://github.com/somebody/else.git' },
    }),
    'dist/index.js': `export const where = ${JSON.stringify(ROOT)};\n`,
    'dist/index.js.map': '{}',
    'dist/index.d.ts': "export { where } from './gone.js';\n",
    'dist/part.ts': 'export {};\n',
    'test/part.test.js': '',
  };
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  const check = [join(ROOT, 'scripts/pack-check.mjs'), folder, '--repository', 'srgit/srgit'];
  const { code, stdout } = await run(process.execPath, check, ROOT);
  expect(code).toBe(1);
  for (const fault of [
    'test/part.test.js is not to be published',
    'dist/index.js.map is not to be published',
    'dist/part.ts is not to be published',
    'README.md is missing',
    'THIRD-PARTY-LICENCES is missing',
    'dist/index.js names a folder of this machine',
    'bin/gone.js is named in package.json and not there',
    'yaml is not pinned: ^2.0.0',
    'but it is published from srgit/srgit',
    'publint: ',
    'are the types wrong: ',
  ]) {
    expect(stdout).toContain(fault);
  }
}, 60_000);

it('npx srgit demo plays to its end', async () => {
  const played = await demo;
  expect(played, played?.stderr).toMatchObject({ code: 0 });
  const stdout = played?.stdout;
  expect(stdout).toContain('The same answer, byte for byte');
  expect(stdout).toContain('Done. Look around:');
}, 120_000);
