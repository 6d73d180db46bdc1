/** Exports that push: races, protected branches, and pushes that failed earlier. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticSnapshot } from '../../bench/synthetic-registry.ts';
import { CLI_ENV } from '../support/cli.ts';
import { registryDuringTest } from '../support/embedded-registry.ts';
import {
  differingFiles,
  expectFailure,
  exported,
  exportTo,
  stateOf,
  treeOf,
  verified,
  withSubjects,
} from '../support/exports.ts';
import { git, remote, repository } from '../support/git.ts';
import { temporaryFolder } from '../support/trees.ts';

const base = syntheticSnapshot({ subjects: 30, versions: 1, bytes: 300 });
/** Two later states, of which neither holds the other: each lacks a subject and has new versions. */
const grown = syntheticSnapshot({ subjects: 30, versions: 3, bytes: 300 });
const one = withSubjects(grown, (_, index) => index !== 3);
const two = withSubjects(syntheticSnapshot({ subjects: 33, versions: 1, bytes: 300 }), (_, index) => index !== 7);

function script(path: string, text: string): void {
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

/** The tree of a fresh clone, less the manifest: what it remembers of ids differs with the way there. */
function remoteFiles(shared: ReturnType<typeof remote>): { clone: string; files: Map<string, string> } {
  const clone = shared.clone('look');
  const files = treeOf(clone);
  files.delete('manifest.json');
  return { clone, files };
}

describe('a remote that moves between commit and push', () => {
  // Before git asks the remote where it stands it says "fetch first", after that the remote cannot lock its branch.
  it.each([
    ['before git looks', 'wrapper', true],
    ['after git looked', 'hook', true],
    ['before git looks, at the first export of both', 'wrapper', false],
  ] as const)('ends in exactly one state of the registry (%s)', async (_, way, withBase) => {
    const shared = remote();
    const other = shared.clone('other');
    const mine = shared.clone('mine');
    if (withBase) {
      await exported(other, (await registryDuringTest(base)).url, ['--push']);
      git(mine, 'pull', '--quiet', 'origin', 'main');
    }
    await exported(other, (await registryDuringTest(one)).url, ['--commit', '--allow-deletions']);
    const marker = join(temporaryFolder(), 'moved');
    const realGit = git(other, '--exec-path');
    const race = `if [ ! -e '${marker}' ]; then touch '${marker}'; env -u GIT_DIR -u GIT_INDEX_FILE git -C '${other}' push --quiet origin HEAD:main; fi`;
    let env = {};
    if (way === 'hook') script(join(mine, '.git/hooks/pre-push'), race);
    else {
      const bin = temporaryFolder();
      script(
        join(bin, 'git'),
        `PATH='${CLI_ENV['PATH']}'\nif [ "$1" = push ]; then ${race}; fi\nexec '${realGit}/git' "$@"`,
      );
      env = { PATH: `${bin}${delimiter}${CLI_ENV['PATH']}` };
    }
    const registry = await registryDuringTest(two);
    const result = await exported(mine, registry.url, ['--push', '--allow-deletions'], env);
    expect(existsSync(marker)).toBe(true);
    expect(result['pushed']).toMatchObject({ remote: 'origin', branch: 'main', races: 1 });

    const { clone, files } = remoteFiles(shared);
    const fresh = repository();
    await exported(fresh, registry.url);
    const expected = treeOf(fresh);
    expected.delete('manifest.json');
    expect(differingFiles(files, expected)).toEqual([]);
    expect(await verified(clone, '--url', registry.url)).toMatchObject({ code: 0, differences: [] });
    expect((await verified(clone)).findings).toEqual([]);
    expect(git(shared.url, 'rev-list', '--min-parents=2', 'main')).toBe('');
    expect(git(mine, 'status', '--porcelain')).toBe('');
    expect(git(mine, 'rev-parse', 'HEAD')).toBe(git(shared.url, 'rev-parse', 'main'));
  });

  it('takes four exports at once, and ends in the state of one of them', async () => {
    const shared = remote();
    const states = [base, one, two, grown];
    const urls = await Promise.all(states.map(async (state) => (await registryDuringTest(state)).url));
    const clones = urls.map((_, index) => shared.clone(`clone-${index}`));
    await Promise.all(
      clones.map((clone, index) => exported(clone, urls[index] ?? '', ['--push', '--allow-deletions'])),
    );
    const { clone, files } = remoteFiles(shared);
    const candidates = await Promise.all(
      urls.map(async (url) => {
        const fresh = repository();
        await exported(fresh, url);
        const expected = treeOf(fresh);
        expected.delete('manifest.json');
        return expected;
      }),
    );
    const [nearest] = candidates.map((state) => differingFiles(files, state)).sort((a, b) => a.length - b.length);
    expect(nearest).toEqual([]);
    expect((await verified(clone)).findings).toEqual([]);
    expect(git(shared.url, 'fsck', '--strict', '--no-dangling')).toBe('');
  });
});

describe('a push', () => {
  it('that a protected branch refuses is tried once, and made up for by the next export', async () => {
    const shared = remote();
    const clone = shared.clone('clone');
    const tries = join(temporaryFolder(), 'tries');
    const hook = join(shared.url, 'hooks/pre-receive');
    script(hook, `echo try >> '${tries}'\necho 'main is protected' >&2\nexit 1`);
    const { url } = await registryDuringTest(base);
    const result = await exportTo(clone, url, ['--push']);
    expectFailure(result, 'SRGIT_GIT_PUSH_REJECTED');
    expect(result.stderr).toContain('--branch');
    expect(readFileSync(tries, 'utf8')).toBe('try\n');
    expect(git(clone, 'rev-list', '--count', 'HEAD')).toBe('1');

    script(hook, 'exit 0');
    const again = await exported(clone, url, ['--push']);
    expect(again).toMatchObject({ upToDate: true, pushed: { branch: 'main' } });
    expect(git(shared.url, 'rev-parse', 'main')).toBe(git(clone, 'rev-parse', 'HEAD'));
    expect(await exported(clone, url, ['--push'])).not.toHaveProperty('pushed');
  });

  it('goes to a branch that is new, is there, or is only on the remote', async () => {
    const shared = remote();
    const clone = shared.clone('clone');
    const first = await registryDuringTest(base);
    const next = await registryDuringTest(grown);
    await exported(clone, first.url, ['--push']);
    await exported(clone, next.url, ['--push', '--branch', 'nightly']);
    expect(git(shared.url, 'rev-list', '--count', 'nightly')).toBe('2');
    expect(git(shared.url, 'rev-list', '--count', 'main')).toBe('1');
    git(clone, 'switch', '--quiet', 'main');
    expect(await exported(clone, next.url, ['--push', '--branch', 'nightly'])).toMatchObject({ upToDate: true });
    const other = shared.clone('other');
    git(other, 'pull', '--quiet', 'origin', 'main');
    await exported(other, (await registryDuringTest(one)).url, ['--push', '--branch', 'nightly', '--allow-deletions']);
    expect(git(shared.url, 'rev-list', '--count', 'nightly')).toBe('3');
  });

  it('needs a remote of that name, and a branch of a name that git takes', async () => {
    const folder = repository();
    const { url } = await registryDuringTest(base);
    const before = stateOf(folder);
    expect(await exportTo(folder, url, ['--push', '--branch', '--upload-pack=touch x'])).toMatchObject({ code: 2 });
    expect(await exportTo(folder, url, ['--push', '--branch=-x'])).toMatchObject({ code: 2 });
    expect(stateOf(folder)).toEqual(before);
    const result = await exportTo(folder, url, ['--push', '--remote', 'nowhere']);
    expectFailure(result, 'SRGIT_GIT_FAILED');
    expect(result.stderr).toContain('git remote add nowhere');
  });

  it('shows no credentials of the remote when it fails', async () => {
    const folder = repository();
    git(folder, 'remote', 'add', 'origin', 'https://user:s3cr3t-token@127.0.0.1:1/x.git');
    const { url } = await registryDuringTest(base);
    expectFailure(await exportTo(folder, url, ['--push']), 'SRGIT_GIT_FAILED', 's3cr3t-token');
    expect((await exportTo(folder, url, ['--push', '--debug'])).stderr).not.toContain('s3cr3t-token');
  });
});
