/** The commit that a pull request is held against. */
import type { Config } from '../config/types.ts';
import { SrgitError } from '../errors.ts';
import { openRepositoryOf } from '../git/open-repository.ts';
import type { ActionRun } from './action-run.ts';

/**
 * Full hash of the pull request's base, fetched where the checkout is shallow; undefined where there is no pull request,
 * or the commit cannot be had, which is a warning.
 */
export async function findBase({ event, env, signal, warn }: ActionRun, config: Config): Promise<string | undefined> {
  const { pullRequest } = event;
  if (pullRequest === undefined) return undefined;
  try {
    const repository = await openRepositoryOf(config.tree, { env, signal });
    try {
      return await repository.resolveRef(pullRequest.baseSha);
    } catch (error) {
      if (!(error instanceof SrgitError) || error.code !== 'SRGIT_GIT_FAILED') throw error;
      return await repository.fetch(config.git.remote, pullRequest.baseRef);
    }
  } catch (error) {
    if (!(error instanceof SrgitError) || error.code === 'SRGIT_INTERRUPTED') throw error;
    warn(`the base of the pull request cannot be had (fetch-depth: 0 brings it): ${error.message}`);
    return undefined;
  }
}
