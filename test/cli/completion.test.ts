/** Completion by the shells themselves, as far as this machine has them; bash is always there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { completionScript, SHELLS } from '../../src/cli/completion-script.ts';
import type { Manifest } from '../../src/cli/manifest.ts';
import { runCli, runCliJson } from '../support/cli.ts';
import { temporaryFolder } from '../support/trees.ts';

vi.setConfig({ testTimeout: 60_000 });

const flag = (name: string, more: object = {}) => ({
  name,
  type: 'boolean' as const,
  description: `It's [${name}]: so`,
  ...more,
});
const MANIFEST: Manifest = {
  version: '1',
  commands: {
    export: {
      id: 'export',
      summary: "Write the registry's schemas",
      args: {},
      flags: {
        quiet: flag('quiet', { char: 'q' }),
        references: flag('references', { allowNo: true }),
        versions: flag('versions', { type: 'option', options: ['all', 'latest'] }),
        tree: flag('tree', { type: 'option' }),
        secret: flag('secret', { hidden: true }),
      },
    },
    explain: { id: 'explain', summary: 'x', args: {}, flags: {} },
    idmap: { id: 'idmap', summary: 'x', args: {}, flags: { check: flag('check') } },
    'idmap:convert': { id: 'idmap:convert', summary: 'x', args: {}, flags: { to: flag('to') } },
    'topic:diff': { id: 'topic:diff', summary: 'x', args: {}, flags: { topic: flag('topic', { type: 'option' }) } },
    hidden: { id: 'hidden', hidden: true, args: {}, flags: {} },
  },
};

/** What bash offers for the last word. */
function bash(script: string, ...words: string[]): string[] {
  const out = execFileSync(
    'bash',
    [
      '-c',
      `${script}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _srgit; printf '%s\\n' "\${COMPREPLY[@]}"`,
      'bash',
      'srgit',
      ...words,
    ],
    { encoding: 'utf8' },
  );
  return out.split('\n').filter((line) => line !== '');
}

describe('completion in bash', () => {
  const script = completionScript('bash', MANIFEST);
  it.each([
    [['ex'], ['explain', 'export']],
    [[''], ['explain', 'export', 'idmap', 'topic']],
    [['topic', ''], ['diff']],
    [
      ['export', '--'],
      ['--quiet', '--references', '--no-references', '--versions', '--tree'],
    ],
    [['export', '--quiet', '--no'], ['--no-references']],
    [['export', '--versions', 'l'], ['latest']],
    [['export', '--tree', ''], []],
    [['topic', 'diff', '--t'], ['--topic']],
    [['idmap', ''], ['convert']],
    [['idmap', '--'], ['--check']],
    [['idmap', 'convert', '--'], ['--to']],
    [['nothing', '--'], []],
  ])('of %j', (words, offered) => {
    expect(bash(script, ...words)).toEqual(offered);
  });
});

describe('srgit completion', () => {
  let scripts: Record<string, string> = {};
  beforeAll(async () => {
    const cwd = import.meta.dirname;
    scripts = Object.fromEntries(
      await Promise.all(
        SHELLS.map(async (shell) => [shell, (await runCli(['completion', shell], { cwd })).stdout] as const),
      ),
    );
  }, 120_000);

  it('offers every command and its flags', () => {
    const script = scripts['bash'] ?? '';
    expect(bash(script, 'ver')).toEqual(['verify']);
    expect(bash(script, 'topic', 'ins')).toEqual(['inspect']);
    expect(bash(script, 'restore', '--strategy', '')).toEqual(['preserve', 'skip', 'overwrite']);
    expect(bash(script, 'export', '--no-')).toEqual(expect.arrayContaining(['--no-color', '--no-references']));
    expect(bash(script, 'completion', '')).toEqual([]);
  });

  it.each(SHELLS)('is a script that %s takes', (shell) => {
    const file = join(temporaryFolder(), 'script');
    writeFileSync(file, scripts[shell] ?? '');
    expect(scripts[shell]).toContain('verify');
    const { error, status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
    // A machine without that shell can only tell that there is a script.
    if (error !== undefined && 'code' in error && error.code === 'ENOENT' && shell !== 'bash') {
      console.log(`${shell} is not on this machine: its script was not read by it`);
      return;
    }
    expect([status, stderr]).toEqual([0, '']);
  });

  it('refuses another shell, and has the script in its document', async () => {
    const cwd = temporaryFolder();
    const { code, stderr } = await runCli(['completion', 'tcsh'], { cwd });
    expect([code, stderr.split('\n')[0]]).toEqual([2, 'Error: tcsh is none of bash, zsh, fish']);
    const { json } = await runCliJson(['completion', 'bash'], { cwd });
    expect(json).toEqual({ shell: 'bash', script: scripts['bash']?.trimEnd() });
  });
});
