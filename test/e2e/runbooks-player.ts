/**
 * Plays a page of docs/recovery or docs/migration: its ```sh blocks are run as they stand, in order, in one folder, and what the ```text block
 * behind one shows must occur in what it printed.
 *
 * - ```sh exit=3: the block ends with that code; 0 where nothing is said.
 * - ```sh until=WORD: the block goes on running; the next one begins when it has printed the word.
 * - `<!-- stage: WORDS -->`: what a person does elsewhere; the test does it.
 * - `<!-- file: NAME -->` before a block: the reader writes this file.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type RunbookStep =
  | { readonly kind: 'stage'; readonly words: readonly string[] }
  | { readonly kind: 'file'; readonly name: string; readonly text: string }
  | {
      readonly kind: 'run';
      readonly script: string;
      readonly exit: number;
      readonly until?: string;
      /** Lines, `…` for anything. */
      readonly shows: readonly string[];
    };

const PIECE =
  /^( *)```(sh|text)([^\n]*)\n(.*?)^ *```$|<!-- stage: (.*?) -->|<!-- file: (\S+) -->\n```\w+\n(.*?)^```$/gms;

/** @throws Error for an output that no command is before. */
export function parseRunbook(page: string): readonly RunbookStep[] {
  const steps: RunbookStep[] = [];
  for (const [, indent = '', language, info = '', body = '', stage, name, text = ''] of page.matchAll(PIECE)) {
    if (name !== undefined) {
      steps.push({ kind: 'file', name, text });
      continue;
    }
    if (stage !== undefined) {
      steps.push({ kind: 'stage', words: stage.trim().split(/\s+/) });
      continue;
    }
    const block = body.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
    if (language === 'sh') {
      const until = /until=(\S+)/.exec(info)?.[1];
      const exit = Number(/exit=(\d+)/.exec(info)?.[1] ?? 0);
      steps.push({ kind: 'run', script: block, exit, shows: [], ...(until === undefined ? {} : { until }) });
      continue;
    }
    const last = steps.at(-1);
    if (last?.kind !== 'run') throw new Error(`an output without its command:\n${block}`);
    const shows = block.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
    steps[steps.length - 1] = { ...last, shows };
  }
  return steps;
}

export interface Stage {
  readonly cwd: string;
  /** Read anew for each block. */
  readonly env: Record<string, string>;
  /** Does what the page says that a person does. */
  readonly act: (words: readonly string[]) => Promise<void>;
}

/** @returns everything printed. @throws Error naming the block that does not do what the page says */
export async function playRunbook(steps: readonly RunbookStep[], { cwd, env, act }: Stage): Promise<string> {
  const running: ChildProcess[] = [];
  let printed = '';
  try {
    for (const [at, step] of steps.entries()) {
      if (step.kind === 'stage') {
        await act(step.words);
        continue;
      }
      if (step.kind === 'file') {
        writeFileSync(join(cwd, step.name), step.text);
        continue;
      }
      const file = join(cwd, `.output-${at}`);
      const output = openSync(file, 'w');
      const child = spawn('bash', ['-euo', 'pipefail', '-c', step.script], {
        ...{ cwd, env, detached: true },
        stdio: ['ignore', output, output],
      });
      closeSync(output);
      const said = (): string => readFileSync(file, 'utf8');
      let code: number | null = 0;
      if (step.until === undefined) [code] = (await once(child, 'exit')) as [number | null];
      else {
        running.push(child);
        for (let waited = 0; !said().includes(step.until) && waited < 120_000; waited += 100) await sleep(100);
      }
      printed += `$ ${step.script}${said()}`;
      const missing = missingLine(step.shows, said());
      if (code !== step.exit || missing !== undefined || (step.until !== undefined && !said().includes(step.until))) {
        const why = missing === undefined ? `it ended with ${code}, not ${step.exit}` : `it does not show: ${missing}`;
        throw new Error(`${why}\n${printed}`);
      }
    }
    return printed;
  } finally {
    for (const child of running) await endGroup(child);
  }
}

/** The first line that does not occur behind those before it. */
function missingLine(shows: readonly string[], output: string): string | undefined {
  const lines = output.split('\n').map((line) => line.trim());
  let from = 0;
  for (const shown of shows) {
    const pattern = new RegExp(`^${shown.split('…').map(escapeRegExp).join('.*')}$`);
    const found = lines.findIndex((line, index) => index >= from && pattern.test(line));
    if (found < 0) return shown;
    from = found + 1;
  }
  return undefined;
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await exited;
}
