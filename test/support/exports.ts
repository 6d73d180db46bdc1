/** What tests of the export command share: running it, and looking at what it left. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RegistrySnapshot, SubjectState } from '../../src/model/registry-snapshot.ts';
import type { ManifestDocument } from '../../src/tree/documents.ts';
import { type CliOptions, type CliResult, runCli, runCliJson } from './cli.ts';
import { git } from './git.ts';
import { readFolder, temporaryFolder } from './trees.ts';

export function exportTo(cwd: string, url: string, args: readonly string[] = [], env: CliOptions['env'] = {}) {
  return runCli(['export', '--url', url, ...args], { cwd, env });
}

/** Runs an export that must go well, and gives its result document. */
export async function exported(
  cwd: string,
  url: string,
  args: readonly string[] = [],
  env: CliOptions['env'] = {},
): Promise<Record<string, unknown>> {
  const { code, stderr, json } = await runCliJson(['export', '--url', url, ...args], { cwd, env });
  expect({ code, stderr, json }).toMatchObject({ code: 0 });
  return json as Record<string, unknown>;
}

/** Exit code 1, nothing on stdout, and a few lines that end in the code and hold none of the secrets. */
export function expectFailure(result: CliResult, code: string, ...secrets: readonly string[]): void {
  expect(result).toMatchObject({ code: 1, stdout: '' });
  const lines = result.stderr.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(4);
  expect(lines[0]).toMatch(/^Error: /);
  expect(lines.at(-1)).toBe(`(${code})`);
  expectNoSecrets(result, ...secrets);
}

export function expectNoSecrets({ stdout, stderr }: CliResult, ...secrets: readonly string[]): void {
  for (const secret of secrets) {
    expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).not.toContain(Buffer.from(secret).toString('base64').replace(/=+$/, ''));
  }
}

/** The tree's files by path; the time of the export is the one thing that differs between two exports of one state. */
export function treeOf(repository: string): Map<string, string> {
  return new Map(
    [...readFolder(join(repository, 'schemas'))].map(([path, text]) => [
      path,
      path.endsWith('manifest.json') ? text.replace(/"backup_timestamp": "[^"]+"/, '"backup_timestamp": "…"') : text,
    ]),
  );
}

/** Paths whose text differs: a short answer where a comparison of whole trees fills the screen. */
export function differingFiles(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].filter((path) => a.get(path) !== b.get(path));
}

/** What must not move when a command fails: every file, and the last commit. */
export function stateOf(repository: string): { readonly files: Map<string, string>; readonly head: string } {
  return {
    files: readFolder(repository),
    head: existsSync(join(repository, '.git')) ? git(repository, 'rev-list', '--all') : '',
  };
}

export function manifestOf(repository: string): ManifestDocument {
  return JSON.parse(readFileSync(join(repository, 'schemas/manifest.json'), 'utf8')) as ManifestDocument;
}

/** Verifies by the command; gives its findings. */
export async function verified(cwd: string, ...args: readonly string[]) {
  const { code, json, stderr } = await runCliJson(['verify', ...(args.length === 0 ? ['--offline'] : args)], { cwd });
  const { findings, differences } = json as {
    readonly findings: readonly { readonly severity: string; readonly code: string; readonly file?: string }[];
    readonly differences?: readonly unknown[];
  };
  return { code, stderr, findings, differences };
}

/**
 * A repository with one committed export, for a whole test file to copy or look at: the caller removes `home`, a folder
 * with nothing else in it.
 */
export async function exportedRepository(url: string): Promise<{ readonly home: string; readonly folder: string }> {
  const home = mkdtempSync(join(tmpdir(), 'srgit-exported-'));
  const folder = join(home, 'repository');
  mkdirSync(folder);
  git(folder, 'init', '--quiet', '--initial-branch=main');
  await exported(folder, url, ['--commit']);
  return { home, folder };
}

/** A copy of a prepared repository, so that each test may damage its own. */
export function copyOf(repository: string): string {
  const copy = join(temporaryFolder(), 'copy');
  cpSync(repository, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

/** The snapshot without the subjects that the filter refuses. */
export function withSubjects(snapshot: RegistrySnapshot, keep: (subject: SubjectState, index: number) => boolean) {
  return {
    ...snapshot,
    contexts: snapshot.contexts.map((context) => ({ ...context, subjects: context.subjects.filter(keep) })),
  };
}
