/** Who reads a page of commands: a folder that is a git repository, a shell in which `srgit` is found, and a test that watches. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { expect } from 'vitest';
import { parseRunbook, playRunbook } from '../e2e/runbooks-player.ts';
import { CLI_ENV, cliEntry, runCli } from '../support/cli.ts';
import { repository } from '../support/git.ts';

const DOCS = join(import.meta.dirname, '../../docs');

export class PageReader {
  /** Within a test: the folder goes when it ends. */
  readonly cwd = repository();
  readonly env: Record<string, string>;

  constructor(program: string, env: Readonly<Record<string, string>> = {}) {
    const bin = join(this.cwd, '.bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'srgit'), `#!/bin/sh\nexec '${process.execPath}' '${program}' "$@"\n`);
    chmodSync(join(bin, 'srgit'), 0o755);
    writeFileSync(join(this.cwd, '.gitignore'), '.bin\n.output-*\n');
    this.env = { ...CLI_ENV, ...env, PATH: [bin, CLI_ENV['PATH']].join(delimiter) };
  }

  async srgit(...args: readonly string[]): Promise<void> {
    const { code, stderr, stdout } = await runCli(args, { cwd: this.cwd, env: this.env });
    expect(code, stderr + stdout).toBe(0);
  }

  /** @param page relative to docs. @returns everything printed. @throws Error naming the block that is not as the page says */
  async play(
    page: string,
    act: (words: readonly string[]) => Promise<void> = ([what]) => Promise.reject(new Error(`no such stage: ${what}`)),
  ): Promise<string> {
    return this.playText(readFileSync(join(DOCS, page), 'utf8'), page, act);
  }

  async playText(text: string, name: string, act: (words: readonly string[]) => Promise<void>): Promise<string> {
    const steps = parseRunbook(text);
    expect(steps.filter(({ kind }) => kind === 'run').length).toBeGreaterThan(2);
    const printed = await playRunbook(steps, { cwd: this.cwd, env: this.env, act });
    if (process.env['SRGIT_SHOW_RUNBOOKS'] === '1') process.stdout.write(`\n===== ${name}\n${printed}\n`);
    return printed;
  }
}

export async function pageReader(env?: Readonly<Record<string, string>>): Promise<PageReader> {
  return new PageReader(await cliEntry(), env);
}
