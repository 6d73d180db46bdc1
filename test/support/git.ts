/** Real git repositories for tests. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './trees.ts';

/** Environment of git in tests: an identity, and nothing of the user's own configuration. */
export const GIT_ENV: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_'))),
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_AUTHOR_NAME: 'Test',
  GIT_AUTHOR_EMAIL: 'test@example.com',
  GIT_COMMITTER_NAME: 'Test',
  GIT_COMMITTER_EMAIL: 'test@example.com',
};

export function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', [...args], { cwd: folder, env: GIT_ENV, encoding: 'utf8', stdio: 'pipe' }).trim();
}

/** An empty repository with the branch `main`. */
export function repository(): string {
  const folder = temporaryFolder();
  git(folder, 'init', '--quiet', '--initial-branch=main');
  return folder;
}

/** A bare remote, and clones of it. */
export function remote(): { readonly url: string; clone(name: string): string } {
  const folder = temporaryFolder();
  const url = join(folder, 'remote.git');
  mkdirSync(url);
  git(url, 'init', '--quiet', '--bare', '--initial-branch=main');
  return {
    url,
    clone(name) {
      git(folder, 'clone', '--quiet', url, name);
      const clone = join(folder, name);
      git(clone, 'checkout', '--quiet', '-B', 'main');
      return clone;
    },
  };
}
