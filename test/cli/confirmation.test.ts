/**
 * The question before something is deleted, answered at a terminal. Node has no pseudo terminal: the streams of the real
 * program are pipes that say they are one, and send the bytes that a terminal sends for its keys.
 */
import { spawn } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { CLI_ENV, cliEntry } from '../support/cli.ts';
import { record, register } from '../support/embedded-registry.ts';
import { type StrictRegistry, strictRegistryDuringTest } from '../support/restoring.ts';
import { temporaryFolder } from '../support/trees.ts';

const EXAMPLE = join(import.meta.dirname, '../../schemas-example');
const HOOK = join(import.meta.dirname, '../support/terminal-hook.ts');
const QUESTION = 'Go on? [y/N] ';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const ENTER = '\r';

beforeAll(async () => {
  await cliEntry();
});

interface Answered {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Writes that the registry got for the command. */
  readonly writes: number;
  readonly registry: StrictRegistry;
}

/** Overwrites one subject that is different in the registry, and answers when asked. */
async function answer(keys: string | 'end' | 'SIGINT' | 'SIGTERM'): Promise<Answered> {
  const cwd = temporaryFolder();
  cpSync(EXAMPLE, join(cwd, 'schemas'), { recursive: true });
  const registry = await strictRegistryDuringTest();
  await register(registry.url, 'orders-value', record('SomethingElse'));
  const before = registry.writes.length;
  const args = ['restore', '--strategy', 'overwrite', '--url', registry.url];
  const child = spawn(process.execPath, ['--import', HOOK, await cliEntry(), ...args], { cwd, env: CLI_ENV });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [stdout, stderr] = ['', ''];
  let asked = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (asked || !stderr.includes(QUESTION)) return;
    asked = true;
    if (keys === 'SIGINT' || keys === 'SIGTERM') child.kill(keys);
    else if (keys === 'end') child.stdin.end();
    else child.stdin.write(keys);
  });
  child.stdin.on('error', () => undefined);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect({ asked, stderr: asked ? '' : stderr, code: asked ? 0 : code }).toEqual({ asked: true, stderr: '', code: 0 });
  return { code, stdout, stderr, writes: registry.writes.length - before, registry };
}

function isReplaced({ state }: StrictRegistry): boolean {
  return !state.subjects.get('orders-value')?.rows[0]?.schema.includes('SomethingElse');
}

describe('the question before a loss', { timeout: 60_000 }, () => {
  it.each(['y', 'yes', ' YES ', 'Y'])('goes on with %j', async (word) => {
    const { code, stdout, stderr, registry } = await answer(`${word}${ENTER}`);
    expect([code, isReplaced(registry)]).toEqual([0, true]);
    expect(stderr).toContain('1 version will be deleted for good, of 1 subject.\n  orders-value\n');
    expect(stdout).toContain('✓ verified:');
  });

  it.each([
    ['nothing', ''],
    ['n', 'n'],
    ['no', 'no'],
    ['a word that begins like yes', 'yep'],
    ['yes twice', 'yes yes'],
    ['a key for a move', '\u001b[A'],
    ['a very long word', 'y'.repeat(5000)],
  ])('takes %s for a no', async (_, word) => {
    const { code, stdout, writes, registry } = await answer(`${word}${ENTER}`);
    expect([code, stdout, writes, isReplaced(registry)]).toEqual([1, 'Nothing was written.\n', 0, false]);
  });

  it.each([
    ['the key for the end', CTRL_D],
    ['a closed input', 'end'],
  ])('takes %s for a no', async (_, keys) => {
    const { code, stdout, writes } = await answer(keys);
    expect([code, stdout, writes]).toEqual([1, 'Nothing was written.\n', 0]);
  });

  it.each([
    ['Ctrl-C', CTRL_C],
    ['Ctrl-C after half an answer', `ye${CTRL_C}`],
    ['SIGINT from elsewhere', 'SIGINT'],
    ['SIGTERM', 'SIGTERM'],
  ])('is interrupted by %s', async (_, keys) => {
    const { code, stdout, stderr, writes } = await answer(keys);
    expect([code, stdout, writes]).toEqual([130, '', 0]);
    expect(stderr).toContain('(SRGIT_INTERRUPTED)');
  });

  it('stands on a line of its own, with no progress before it', async () => {
    const { stderr } = await answer(`n${ENTER}`);
    const shown = stderr.slice(0, stderr.indexOf('1 version will be'));
    expect(shown === '' || shown.endsWith('\r\u001b[K')).toBe(true);
  });
});
