/** Exports into repositories in every state that a repository is found in. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticSnapshot } from '../../bench/synthetic-registry.ts';
import { registryDuringTest } from '../support/embedded-registry.ts';
import { expectFailure, exported, exportTo, stateOf, verified } from '../support/exports.ts';
import { git, remote, repository } from '../support/git.ts';
import { temporaryFolder } from '../support/trees.ts';

const small = syntheticSnapshot({ subjects: 3, versions: 2, bytes: 300 });
const larger = syntheticSnapshot({ subjects: 5, versions: 2, bytes: 300 });

describe('a commit', () => {
  it('holds the tree alone: what is staged elsewhere stays staged, what is changed stays changed', async () => {
    const folder = repository();
    writeFileSync(join(folder, 'kept'), 'old');
    git(folder, 'add', '.');
    git(folder, 'commit', '--quiet', '-m', 'start');
    writeFileSync(join(folder, 'staged'), 'x');
    git(folder, 'add', 'staged');
    writeFileSync(join(folder, 'kept'), 'new');
    await exported(folder, (await registryDuringTest(small)).url, ['--commit']);
    expect(git(folder, 'status', '--porcelain')).toBe('M kept\nA  staged');
    expect(git(folder, 'show', '--name-only', '--format=', 'HEAD')).not.toMatch(/^(kept|staged)$/m);
    expect(git(folder, 'diff', '--stat', 'HEAD', '--', 'schemas')).toBe('');
  });

  it('is made of a detached head too; only a push needs a branch', async () => {
    const folder = repository();
    const { url } = await registryDuringTest(small);
    await exported(folder, url, ['--commit']);
    git(folder, 'checkout', '--quiet', '--detach');
    const more = await registryDuringTest(larger);
    await exported(folder, more.url, ['--commit']);
    expect(git(folder, 'rev-list', '--count', 'HEAD')).toBe('2');
    git(folder, 'remote', 'add', 'origin', remote().url);
    const result = await exportTo(folder, more.url, ['--push']);
    expectFailure(result, 'SRGIT_GIT_FAILED');
    expect(result.stderr).toContain('--branch');
  });

  it('is not made in the middle of a merge, and nothing is written then', async () => {
    const folder = repository();
    const { url } = await registryDuringTest(small);
    await exported(folder, url, ['--commit']);
    git(folder, 'switch', '--quiet', '--create', 'side');
    git(folder, 'commit', '--quiet', '--allow-empty', '-m', 'side');
    git(folder, 'switch', '--quiet', 'main');
    git(folder, 'merge', '--quiet', '--no-ff', '--no-commit', 'side');
    const before = stateOf(folder);
    const result = await exportTo(folder, (await registryDuringTest(larger)).url, ['--commit']);
    expectFailure(result, 'SRGIT_GIT_BUSY');
    expect(stateOf(folder)).toEqual(before);
  });

  it('needs a repository, and nothing is written without', async () => {
    const folder = temporaryFolder();
    const result = await exportTo(folder, (await registryDuringTest(small)).url, ['--commit']);
    expectFailure(result, 'SRGIT_GIT_NO_REPOSITORY');
    expect(stateOf(folder).files.size).toBe(0);
  });

  it.each([
    ['schemas/', 'schemas/manifest.json'],
    ['*.proto', '.proto'],
  ])('refuses a tree of which git ignores a part (%s), before anything is written', async (rule, named) => {
    const folder = repository();
    writeFileSync(join(folder, '.gitignore'), `${rule}\n`);
    const result = await exportTo(folder, (await registryDuringTest(small)).url, ['--commit']);
    expectFailure(result, 'SRGIT_GIT_FAILED');
    expect(result.stderr).toContain(named);
    expect(result.stderr).toContain(`.gitignore:1:${rule}`);
    expect([...stateOf(folder).files.keys()]).toEqual(['.gitignore']);
  });

  it('says who is to commit when git does not know, and takes it from flags', async () => {
    const folder = repository();
    git(folder, 'config', 'user.useConfigOnly', 'true');
    const nobody = {
      GIT_AUTHOR_NAME: undefined,
      GIT_AUTHOR_EMAIL: undefined,
      GIT_COMMITTER_NAME: undefined,
      GIT_COMMITTER_EMAIL: undefined,
      EMAIL: undefined,
    };
    const { url } = await registryDuringTest(small);
    expectFailure(await exportTo(folder, url, ['--commit'], nobody), 'SRGIT_GIT_NO_IDENTITY');
    await exported(folder, url, ['--commit', '--author-name=Ann', '--author-email=ann@example.com'], nobody);
    expect(git(folder, 'log', '--format=%an <%ae> %cn')).toBe('Ann <ann@example.com> Ann');
    expect(git(folder, 'status', '--porcelain')).toBe('');
  });
});

describe('a lock that a killed git left', () => {
  it('is named and left to a person; without it the export goes on', async () => {
    // Slow: srgit waits ten seconds for a lock that may still be let go.
    const folder = repository();
    const lock = join(folder, '.git/index.lock');
    writeFileSync(lock, '');
    const { url } = await registryDuringTest(small);
    const result = await exportTo(folder, url, ['--commit']);
    expectFailure(result, 'SRGIT_GIT_BUSY');
    expect(result.stderr).toContain(lock);
    rmSync(lock);
    await exported(folder, url, ['--commit']);
    expect(git(folder, 'status', '--porcelain')).toBe('');
    expect(await verified(folder)).toMatchObject({ code: 0, findings: [] });
  });
});
