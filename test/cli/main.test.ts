/** What is said without a command, and what becomes of output: colour, width, readers that leave, full disks. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { bold, hasColour, paintMarks, paintMessage } from '../../src/cli/colour.ts';
import { plainReasons } from '../../src/cli/plain-reason.ts';
import { terminalWidth } from '../../src/cli/terminal-width.ts';
import { renderRootHelp } from '../../src/render/root-help.ts';
import { DOCUMENT_SCHEMAS } from '../../src/tree/document-schemas.ts';
import { CLI_ENV, cliEntry, runCli } from '../support/cli.ts';
import { temporaryFolder } from '../support/trees.ts';

vi.setConfig({ testTimeout: 60_000 });

const ROOT = join(import.meta.dirname, '../..');
const ESCAPE = '\u001b';

beforeAll(async () => {
  await cliEntry();
}, 120_000);

describe('help of srgit itself', () => {
  const help = {
    description: 'Schemas in git.',
    version: 'srgit/1.0.0',
    commands: [
      {
        id: 'export',
        summary: 'Write what the registry has into the tree: schemas, their ids and settings, all of it.',
      },
      { id: 'topic diff', summary: 'Compare.' },
    ],
    topics: [{ name: 'topic', description: 'The topic of the schemas.' }],
  };

  it.each([40, 80, 200])('keeps within %d columns', (width) => {
    const text = renderRootHelp(help, width, bold);
    const lines = text.replaceAll(`${ESCAPE}[1m`, '').replaceAll(`${ESCAPE}[22m`, '').split('\n');
    expect(lines.filter((line) => line.length > width)).toEqual([]);
    expect(text).toContain(`${ESCAPE}[1mTOPIC${ESCAPE}[22m`);
  });

  it('is bold only where somebody can see it', async () => {
    const cwd = temporaryFolder();
    const [piped, forced, refused, unset] = await Promise.all([
      runCli(['--help'], { cwd }),
      runCli(['--help'], { cwd, env: { FORCE_COLOR: '1' } }),
      runCli(['--help', '--no-color'], { cwd, env: { FORCE_COLOR: '1' } }),
      runCli(['--help'], { cwd, env: { FORCE_COLOR: '1', NO_COLOR: '1' } }),
    ]);
    expect(piped?.stdout).not.toContain(ESCAPE);
    expect(forced?.stdout).toContain(`${ESCAPE}[1mCOMMANDS${ESCAPE}[22m`);
    expect(refused?.stdout).toBe(piped?.stdout);
    expect(unset?.stdout).toBe(piped?.stdout);
  });
});

describe('colour', () => {
  it.each([
    [{ isTTY: true }, {}, [], true],
    [{}, {}, [], false],
    [{ isTTY: true }, { TERM: 'dumb' }, [], false],
    [{ isTTY: true }, { NO_COLOR: '1' }, [], false],
    [{ isTTY: true }, { NO_COLOR: '' }, [], true],
    [{}, { FORCE_COLOR: '1' }, [], true],
    [{ isTTY: true }, { FORCE_COLOR: '0' }, [], false],
    [{}, { FORCE_COLOR: '1', NO_COLOR: '1' }, [], false],
    [{ isTTY: true }, { FORCE_COLOR: '1' }, ['--no-color'], false],
  ])('of %j with %j and %j is %s', (stream, env, args, is) => {
    expect(hasColour(stream, env, args)).toBe(is);
  });

  it('is on marks and on the first word of a message, and nowhere else', () => {
    expect(paintMarks('✓ a ✓ b\n  ✗ c\n! d\nx ! y\n!important')).toBe(
      `${ESCAPE}[32m✓${ESCAPE}[39m a ✓ b\n  ${ESCAPE}[31m✗${ESCAPE}[39m c\n${ESCAPE}[33m!${ESCAPE}[39m d\nx ! y\n!important`,
    );
    expect(paintMessage('Error: Error: x')).toBe(`${ESCAPE}[31mError:${ESCAPE}[39m Error: x`);
  });

  it('is on errors of a run that is forced to', async () => {
    const cwd = temporaryFolder();
    const env = { FORCE_COLOR: '1' };
    expect(
      (await runCli(['describe'], { cwd, env })).stderr.startsWith(`${ESCAPE}[31mError:${ESCAPE}[39m there is no`),
    ).toBe(true);
    expect(
      (await runCli(['exprot'], { cwd, env })).stderr.startsWith(`${ESCAPE}[31mError:${ESCAPE}[39m there is no`),
    ).toBe(true);
    expect((await runCli(['describe', '--json'], { cwd, env })).stdout).not.toContain(ESCAPE);
  });
});

it.each([
  [{}, {}, 80],
  [{ isTTY: true, columns: 132 }, {}, 132],
  [{ isTTY: true, columns: 5 }, {}, 40],
  [{ isTTY: true, columns: 900 }, {}, 200],
  [{ columns: 132 }, { OCLIF_COLUMNS: '100' }, 100],
])('the width of %j with %j is %d', (stream, env, width) => {
  expect(terminalWidth(stream, env)).toBe(width);
});

it.each([
  [
    "x cannot be read: ENOENT: no such file or directory, open 'x'",
    'x cannot be read: there is no such file or folder (ENOENT)',
  ],
  ['x: EACCES', 'x: permission denied (EACCES)'],
  [
    'cannot listen: listen EADDRINUSE: address already in use :::80',
    'cannot listen: another program listens there already (EADDRINUSE)',
  ],
  [
    "EXDEV: cross-device link not permitted, rename 'a' -> 'b'",
    "EXDEV: cross-device link not permitted, rename 'a' -> 'b'",
  ],
  ['nothing of the kind', 'nothing of the kind'],
])('%s', (message, text) => {
  expect(plainReasons(message)).toBe(text);
});

describe('output that nobody takes', () => {
  it('is no matter where the reader has what it wanted', async () => {
    const cwd = temporaryFolder();
    cpSync(join(ROOT, 'schemas-example'), join(cwd, 'schemas'), { recursive: true });
    for (const args of [['--help'], ['describe'], ['verify', '--offline', '--json'], ['export', '--help']]) {
      const child = spawn(process.execPath, [await cliEntry(), ...args], { cwd, env: CLI_ENV });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      child.stdout.destroy();
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect([args, code, stderr]).toEqual([args, 0, '']);
    }
  });

  it('is a failure where the disk is full', async () => {
    const cwd = temporaryFolder();
    cpSync(join(ROOT, 'schemas-example'), join(cwd, 'schemas'), { recursive: true });
    const run = `"$0" "$@" > /dev/full`;
    for (const args of [['--help'], ['describe'], ['describe', '--json']]) {
      const child = spawn('bash', ['-c', run, process.execPath, await cliEntry(), ...args], { cwd, env: CLI_ENV });
      let stderr = '';
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr += text;
      });
      const code = await new Promise((resolve) => child.once('close', resolve));
      expect([args, code, stderr]).toEqual([
        args,
        1,
        'Error: the output cannot be written: the disk is full (ENOSPC)\n(SRGIT_STORAGE_WRITE)\n',
      ]);
    }
  });
});

describe('the compiled schemas of the tree', () => {
  it('are up to date', () => {
    execFileSync(process.execPath, [join(ROOT, 'scripts/tree-validators.mjs'), '--check'], { stdio: 'pipe' });
  });

  it('are of schemas that are right by themselves: no run checks that', () => {
    const ajv = new Ajv2020();
    for (const schema of Object.values(DOCUMENT_SCHEMAS)) expect(ajv.validateSchema(schema)).toBe(true);
  });
});
