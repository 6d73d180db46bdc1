/** What a newcomer sees who types something wrong: each line in a process of its own. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { cliEntry, runCli } from '../support/cli.ts';
import { findDeadPort } from '../support/loopback-server.ts';
import { temporaryFolder } from '../support/trees.ts';

const SOURCES = join(import.meta.dirname, '../../src/commands');
/** Commands and topics, as they are typed first. */
const FIRST_WORDS = readdirSync(SOURCES)
  .map((name) => name.replace(/\.ts$/, ''))
  .sort();
const COMMANDS = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) =>
    name
      .replace(/\.ts$/, '')
      .replaceAll(/[/\\]/g, ' ')
      .replace(/ index$/, ''),
  )
  .sort();

beforeAll(async () => {
  await cliEntry();
});

async function refused(...args: string[]): Promise<string> {
  const cwd = temporaryFolder();
  const { code, stdout, stderr } = await runCli(args, { cwd });
  expect(stdout).toBe('');
  return `${stderr.replaceAll(cwd, '<cwd>')}[${code}]`;
}

describe('a wrong command line', () => {
  const errors: readonly (readonly [string[], string])[] = [
    [['exprot'], 'Error: there is no command "exprot"\nDid you mean srgit export?\n(SRGIT_USAGE)\n[2]'],
    [
      ['frobnicate'],
      `Error: there is no command "frobnicate"\nCommands: ${FIRST_WORDS.join(', ')}.\n(SRGIT_USAGE)\n[2]`,
    ],
    [
      ['--tree', 'x', 'export'],
      `Error: there is no flag --tree before the command\nCommands: ${FIRST_WORDS.join(', ')}.\n(SRGIT_USAGE)\n[2]`,
    ],
    [
      ['export', 'orders'],
      'Error: srgit export takes no argument: "orders"\nEverything is said with flags: see srgit export --help.\n(SRGIT_USAGE)\n[2]',
    ],
    [
      ['verify', '--offline', 'orders'],
      'Error: nothing is known to do with "orders"\nSee srgit verify --help.\n(SRGIT_USAGE)\n[2]',
    ],
    [
      ['export', '--sbject', 'x'],
      'Error: srgit export has no flag --sbject\nDid you mean --subject? See srgit export --help.\n(SRGIT_USAGE)\n[2]',
    ],
    [['serve', '-x'], 'Error: srgit serve has no flag -x\nSee srgit serve --help.\n(SRGIT_USAGE)\n[2]'],
    [['export', '--subject'], 'Error: --subject needs a value\nSee srgit export --help.\n(SRGIT_USAGE)\n[2]'],
    [
      ['export', '--concurrency', '0'],
      'Error: --concurrency 0 is too small: 1 at least\nSee srgit export --help.\n(SRGIT_USAGE)\n[2]',
    ],
    [
      ['serve', '--port', 'http'],
      'Error: --port http is not a whole number\nSee srgit serve --help.\n(SRGIT_USAGE)\n[2]',
    ],
    [
      ['export', '--versions', 'newest'],
      'Error: --versions newest is none of all, latest\nSee srgit export --help.\n(SRGIT_USAGE)\n[2]',
    ],
    [
      ['serve', '--empty', '--ref', 'main'],
      'Error: --ref and --empty exclude each other\nSee srgit serve --help.\n(SRGIT_USAGE)\n[2]',
    ],
    [
      ['export', '--tree', ''],
      'Error: --tree is empty\nGive it a value or leave it out; an unset variable of the shell often is the reason.\n(SRGIT_USAGE)\n[2]',
    ],
    [
      ['export'],
      'Error: no registry is configured\nPass --url https://registry:8081, set SRGIT_URL, or list it under `registries:` in srgit.yaml.\n(SRGIT_CONFIG_MISSING)\n[2]',
    ],
    [
      ['export', '--url', 'localhost:8081'],
      'Error: "localhost:8081" is not the URL of a registry\nWrite it in full: https://registry.example.com:8081\n(SRGIT_CONFIG_INVALID)\n[2]',
    ],
    [
      ['export', '--url', 'http://x', '--header', 'X-Team=a'],
      'Error: --header needs the form "Name: value"\nExample: --header "X-Team: data"\n(SRGIT_USAGE)\n[2]',
    ],
    [
      ['describe', '--config', 'no.yaml'],
      'Error: there is no configuration file no.yaml\nCheck --config.\n(SRGIT_CONFIG_MISSING)\n[2]',
    ],
    [
      ['describe'],
      'Error: there is no schema tree at <cwd>/schemas\nRun `srgit export` first, or point --tree at the folder that holds manifest.json.\n(SRGIT_TREE_MISSING)\n[1]',
    ],
    [
      ['index', '--quiet'],
      'Error: there is no schema tree at <cwd>/schemas\nPoint --tree at the folder that holds the subjects folder.\n(SRGIT_TREE_MISSING)\n[1]',
    ],
    [
      ['serve', '--ref', 'main'],
      'Error: <cwd> is not in a git repository\nRun `git init` there first: commits, --ref and `srgit diff` need a repository.\n(SRGIT_GIT_NO_REPOSITORY)\n[1]',
    ],
  ];
  it.each(errors)('srgit %j', async (args, text) => {
    expect(await refused(...args)).toBe(text);
  });

  it('is told as one JSON document with --json', async () => {
    const cwd = temporaryFolder();
    for (const args of [['exprot'], ['export', '--sbject'], ['export'], ['describe', '--format', 'json']]) {
      const json = args.includes('--format') ? [] : ['--json'];
      const { code, stdout, stderr } = await runCli([...args, ...json], { cwd });
      expect(JSON.parse(stdout)).toMatchObject({
        error: { code: expect.stringMatching(/^SRGIT_/), message: expect.any(String), hint: expect.any(String) },
      });
      expect([code, stderr]).toEqual([args.includes('--format') ? 1 : 2, '']);
    }
  });
});

describe('a registry that is not there', () => {
  it('is an error of one try that names it, and shows no secret with --debug', async () => {
    const cwd = temporaryFolder();
    const url = `http://user:hunter2@127.0.0.1:${await findDeadPort()}`;
    const env = { SRGIT_USERNAME: 'u', SRGIT_PASSWORD: 'hunter2' };
    const { code, stdout, stderr } = await runCli(['export', '--url', url, '--debug', '--header', 'X-Key: hunter2'], {
      cwd,
      env,
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^Error: GET .* connection refused\n.*\n\(SRGIT_REGISTRY_UNREACHABLE\)\n\{/);
    expect(stderr).toContain('Caused by:');
    expect(stderr).not.toContain('hunter2');
  });
});

describe('a wrong srgit.yaml', () => {
  it('is told with every place', async () => {
    const cwd = temporaryFolder();
    writeFileSync(
      join(cwd, 'srgit.yaml'),
      'tree: x\nregstries:\n  prod: { url: http://x }\nbackup:\n  include_versions: new\n',
    );
    const { code, stderr } = await runCli(['describe'], { cwd });
    expect(stderr.replaceAll(`${cwd}/`, '')).toBe(
      'Error: srgit.yaml:2:1 unknown key "regstries"; did you mean "registries"?\n' +
        'srgit.yaml:5:21 backup.include_versions must be one of all, latest\n' +
        'Every key is described in docs/configuration.md.\n(SRGIT_CONFIG_INVALID)\n',
    );
    expect(code).toBe(2);
  });

  it('of a registry does not stop what needs none', async () => {
    const cwd = temporaryFolder();
    mkdirSync(join(cwd, 'schemas/subjects'), { recursive: true });
    writeFileSync(
      join(cwd, 'srgit.yaml'),
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable as the file has it
      'registries:\n  a: { url: "http://a", auth: { token: "${TOKEN}" } }\n  b: { url: http://b }\n',
    );
    expect((await runCli(['describe'], { cwd })).code).toBe(0);
    expect((await runCli(['verify', '--offline'], { cwd })).code).toBe(0);
    const { code, stderr } = await runCli(['verify', '--registry', 'a'], { cwd });
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable as the file has it
    expect([code, stderr.includes('${TOKEN} is not set')]).toEqual([2, true]);
  });
});

describe('help', () => {
  it.each(COMMANDS)('of %s fits a hundred columns and has examples', async (command) => {
    const cwd = temporaryFolder();
    const { code, stdout } = await runCli([...command.split(' '), '--help'], {
      cwd,
      env: { COLUMNS: '100', OCLIF_COLUMNS: '100' },
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`EXAMPLES\n  $ srgit ${command}`);
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what must not be there
    expect(stdout).not.toMatch(/\u001b/);
  });

  it('is found in every usual way', async () => {
    const cwd = temporaryFolder();
    const [flag, short, word, none, all] = await Promise.all(
      [['serve', '--help'], ['serve', '-h'], ['help', 'serve'], [], ['help']].map((args) => runCli(args, { cwd })),
    );
    expect(short).toEqual(flag);
    expect(word).toEqual(flag);
    expect(all).toEqual(none);
    for (const command of COMMANDS) expect(none?.stdout).toContain(`\n  ${command} `);
    expect((await runCli(['--version'], { cwd })).stdout).toMatch(/^srgit\/\d+\.\d+\.\d+ /);
  });
});
