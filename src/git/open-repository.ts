/** Finds the repository that a path lies in, or will lie in: the folder itself need not exist yet. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { GitOptions } from './git-command.ts';
import { GitRepository } from './repository.ts';

/** @throws SrgitError SRGIT_GIT_NO_REPOSITORY */
export async function openRepositoryOf(path: string, options: GitOptions): Promise<GitRepository> {
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return GitRepository.open(folder, options);
}
