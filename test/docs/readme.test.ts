/**
 * The README from the top, as somebody does it who has just cloned the repository: every command as printed, output as printed.
 * SRGIT_WRITE_DOCS=1 writes what the commands print into the page; read what changed.
 *
 * Slow: it compiles the clone and plays the demo. `npm ci` is what is installed here, and `npm run check` is not run: this test
 * is part of it.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CLI_ENV } from '../support/cli.ts';
import { findDeadPort } from '../support/loopback-server.ts';
import { isShown, type PlayedCommand, parseConsole, playConsole } from './console-player.ts';

const ROOT = join(import.meta.dirname, '../..');
const README = join(ROOT, 'README.md');
const PLAY_MS = 300_000;
const WRITES = process.env['SRGIT_WRITE_DOCS'] === '1';

const page = readFileSync(README, 'utf8');
const home = mkdtempSync(join(tmpdir(), 'srgit-readme-'));
let played: readonly PlayedCommand[] = [];

/** What git would give to somebody else. */
function cloneHere(folder: string): void {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], { cwd: ROOT, encoding: 'utf8' });
  for (const file of new Set(files.split('\0'))) {
    if (file === '' || file.startsWith('test/') || !existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
}

/** npm, but for what needs the network or would run this test again. */
function standIn(folder: string, clone: string): void {
  const npm = execFileSync('bash', ['-c', 'command -v npm'], { encoding: 'utf8' }).trim();
  const script = `#!/bin/bash
case "$*" in
  ci) ln -sfn '${ROOT}/node_modules' '${clone}/node_modules' ;;
  'run check') echo '0 passed, 0 failed' ;;
  link) printf '#!/bin/sh\\nexec "${process.execPath}" "${clone}/bin/run.js" "$@"\\n' > '${folder}/srgit'; chmod +x '${folder}/srgit' ;;
  *) exec '${npm}' "$@" ;;
esac
`;
  writeFileSync(join(folder, 'npm'), script);
  chmodSync(join(folder, 'npm'), 0o755);
}

beforeAll(async () => {
  const clone = join(home, 'srgit');
  const bin = join(home, 'bin');
  for (const folder of [clone, bin]) mkdirSync(folder);
  cloneHere(clone);
  standIn(bin, clone);
  const ports = new Map<number, number>();
  for (const port of [8081, 8082, 8083]) ports.set(port, await findDeadPort());
  played = await playConsole(
    parseConsole(page, (block) => block.includes('npm ')),
    {
      cwd: clone,
      env: { ...CLI_ENV, PATH: [bin, dirname(process.execPath), CLI_ENV['PATH']].join(':') },
      ports,
      logs: join(home, 'logs'),
    },
  );
  if (WRITES) writeFileSync(README, withOutputs(page));
}, PLAY_MS);

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** All of them, so that commits and ids fit together; none where nothing differs: those of yesterday are no worse. */
function withOutputs(text: string): string {
  const stories = played.filter(({ shown }) => !shown.command.startsWith('npm '));
  if (stories.every(({ shown, printed }) => isOutputShown(shown.shows, printed))) return text;
  const lines = text.split('\n');
  for (const { shown, printed } of stories.toReversed()) lines.splice(shown.from, shown.to - shown.from, ...printed);
  return lines.join('\n');
}

function isOutputShown(shows: readonly string[], printed: readonly string[]): boolean {
  return shows.length === printed.length && shows.every((line, index) => isShown(line, printed[index] ?? ''));
}

describe('README', () => {
  it('is long enough to be a story', () => {
    expect(played.length).toBeGreaterThan(20);
  });

  it.skipIf(WRITES)('shows what its commands print', () => {
    for (const { shown, printed } of played) {
      if (shown.command.startsWith('npm ') || isOutputShown(shown.shows, printed)) continue;
      expect(printed.join('\n'), `$ ${shown.command}`).toBe(shown.shows.join('\n'));
    }
  });

  it('says so where a command does not end with 0', () => {
    for (const [index, { shown, exit, printed }] of played.entries()) {
      if (exit === 0) continue;
      expect(played[index + 1]?.shown, `$ ${shown.command}\n${printed.join('\n')}`).toMatchObject({
        command: 'echo $?',
        shows: [`${exit}`],
      });
    }
  });

  it('plays the demo to its end', () => {
    const demo = played.find(({ shown }) => shown.command.includes('npm run demo'));
    expect(demo?.exit, demo?.printed.join('\n')).toBe(0);
    expect(demo?.printed.at(-1)).toMatch(/^Done\. Look around: /);
  });

  it('names scripts that are there', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: object };
    for (const [, name = ''] of page.matchAll(/npm run ([\w:]+)/g)) expect(scripts).toHaveProperty([name]);
  });

  it('has a workflow whose inputs the Action knows', () => {
    const [, text = ''] = /```yaml\n(name: schemas export.*?)```/s.exec(page) ?? [];
    const workflow = parse(text) as { jobs: { export: { steps: { uses: string; with?: object }[] } } };
    const action = parse(readFileSync(join(ROOT, 'action.yml'), 'utf8')) as { inputs: object };
    const step = workflow.jobs.export.steps.find(({ uses }) => uses.startsWith('srgit/'));
    expect(Object.keys(step?.with ?? {}).length).toBeGreaterThan(0);
    for (const input of Object.keys(step?.with ?? {})) expect(action.inputs).toHaveProperty([input]);
  });
});
