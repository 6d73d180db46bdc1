import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GitCommand } from '../../src/git/git-command.ts';
import { GitRepository } from '../../src/git/repository.ts';
import { GIT_ENV, git, remote, repository } from '../support/git.ts';
import { temporaryFolder } from '../support/trees.ts';

const options = { env: GIT_ENV };

describe('GitRepository', () => {
  it('commits the path alone and leaves what is staged elsewhere staged', async () => {
    const folder = repository();
    mkdirSync(join(folder, 'schemas'));
    writeFileSync(join(folder, 'schemas/a'), '1');
    writeFileSync(join(folder, 'other'), '1');
    git(folder, 'add', 'other');
    const repo = await GitRepository.open(join(folder, 'schemas'), options);
    expect(repo.pathInside(join(folder, 'schemas'))).toBe('schemas');
    const commit = await repo.commitPath('schemas', {
      message: 'first `$(x)`\n\nbody',
      authorName: 'Ann',
      authorEmail: 'ann@example.com',
    });
    expect(commit).toMatch(/^[0-9a-f]{40}$/);
    expect(git(folder, 'show', '--name-only', '--format=%an <%ae>|%B', 'HEAD')).toBe(
      'Ann <ann@example.com>|first `$(x)`\n\nbody\n\n\nschemas/a',
    );
    expect(git(folder, 'status', '--porcelain')).toBe('A  other');
    expect(await repo.commitPath('schemas', { message: 'again' })).toBeUndefined();
  });

  it('says so when there is no repository, no identity, no such branch name', async () => {
    const folder = temporaryFolder();
    await expect(GitRepository.open(folder, options)).rejects.toMatchObject({ code: 'SRGIT_GIT_NO_REPOSITORY' });
    const anonymous = {
      env: {
        ...GIT_ENV,
        GIT_AUTHOR_NAME: '',
        GIT_AUTHOR_EMAIL: '',
        GIT_COMMITTER_NAME: '',
        GIT_COMMITTER_EMAIL: '',
        EMAIL: '',
        HOME: folder,
      },
    };
    const home = repository();
    writeFileSync(join(home, 'a'), '1');
    const repo = await GitRepository.open(home, anonymous);
    await expect(repo.commitPath('.', { message: 'x' })).rejects.toMatchObject({ code: 'SRGIT_GIT_NO_IDENTITY' });
    await expect(repo.switchBranch('--upload-pack=x', 'origin')).rejects.toMatchObject({ code: 'SRGIT_USAGE' });
    await expect(repo.switchBranch('a..b', 'origin')).rejects.toMatchObject({ code: 'SRGIT_USAGE' });
    expect(() => repo.pathInside(folder)).toThrow(/not inside the repository/);
  });

  it('waits for a lock that is let go, and names one that is not', async () => {
    const folder = repository();
    writeFileSync(join(folder, 'a'), '1');
    const lock = join(folder, '.git/index.lock');
    const repo = await GitRepository.open(folder, options);
    writeFileSync(lock, '');
    await expect(new GitCommand(folder, options).run('add', 'a')).rejects.toMatchObject({ code: 'SRGIT_GIT_BUSY' });
    setTimeout(() => rmSync(lock), 400);
    expect(await repo.commitPath('.', { message: 'x' })).toMatch(/^[0-9a-f]{40}$/);
  });

  it('knows the branch, and that a detached head has none', async () => {
    const folder = repository();
    writeFileSync(join(folder, 'a'), '1');
    const repo = await GitRepository.open(folder, options);
    expect(await repo.currentBranch()).toBe('main');
    await repo.commitPath('.', { message: 'x' });
    git(folder, 'checkout', '--quiet', '--detach');
    expect(await repo.currentBranch()).toBeUndefined();
  });

  it('pushes, and after a race puts its commits on top of the others', async () => {
    const shared = remote();
    const one = shared.clone('one');
    const two = shared.clone('two');
    const write = (clone: string, file: string, text: string) => {
      mkdirSync(join(clone, 'schemas'), { recursive: true });
      writeFileSync(join(clone, 'schemas', file), text);
    };
    write(one, 'a', '1');
    const first = await GitRepository.open(one, options);
    await first.commitPath('schemas', { message: 'one' });
    expect(await first.isAhead('origin', 'main')).toBe(true);
    await first.push('origin', 'main');
    expect(await first.isAhead('origin', 'main')).toBe(false);

    write(two, 'a', '2');
    write(two, 'b', '2');
    const second = await GitRepository.open(two, options);
    await second.commitPath('schemas', { message: 'two' });
    await expect(second.push('origin', 'main')).rejects.toMatchObject({
      code: 'SRGIT_GIT_PUSH_REJECTED',
      retriable: true,
    });
    await second.rebaseOnto(await second.fetch('origin', 'main'), 'schemas');
    await second.push('origin', 'main');
    expect(git(shared.url, 'log', '--format=%s', 'main')).toBe('two\none');
    expect(git(shared.url, 'show', 'main:schemas/a')).toBe('2');
    await expect(second.push('nowhere', 'main')).rejects.toMatchObject({ code: 'SRGIT_GIT_FAILED' });
  });

  it('takes no folder for another one renamed, so that no file of one lands in the other', async () => {
    const shared = remote();
    const text = (subject: string, version: number) =>
      `${'the same line in every schema\n'.repeat(20)}${subject} ${version}\n`;
    const put = (clone: string, subject: string, versions: readonly number[]) => {
      mkdirSync(join(clone, 'schemas', subject), { recursive: true });
      for (const version of versions)
        writeFileSync(join(clone, 'schemas', subject, `v${version}`), text(subject, version));
    };
    const one = shared.clone('one');
    put(one, 's7', [1]);
    const first = await GitRepository.open(one, options);
    await first.commitPath('schemas', { message: 'base' });
    await first.push('origin', 'main');
    const two = shared.clone('two');
    git(two, 'reset', '--quiet', '--hard', 'origin/main');

    rmSync(join(one, 'schemas/s7'), { recursive: true });
    put(one, 's30', [1]);
    await first.commitPath('schemas', { message: 's7 is gone, s30 is new' });
    await first.push('origin', 'main');

    put(two, 's7', [1, 2, 3]);
    const second = await GitRepository.open(two, options);
    await second.commitPath('schemas', { message: 's7 has grown' });
    await second.rebaseOnto(await second.fetch('origin', 'main'), 'schemas');
    expect(git(two, 'ls-files').split('\n')).not.toContain('schemas/s30/v2');
    expect(git(two, 'ls-files').split('\n')).toContain('schemas/s7/v2');
  });

  it('takes the remote branch when there is one, and makes a new one where not', async () => {
    const shared = remote();
    const one = shared.clone('one');
    writeFileSync(join(one, 'a'), '1');
    git(one, 'add', 'a');
    git(one, 'commit', '--quiet', '-m', 'a');
    git(one, 'push', '--quiet', 'origin', 'HEAD:main', 'HEAD:nightly');
    const two = await GitRepository.open(shared.clone('two'), options);
    await two.switchBranch('nightly', 'origin');
    expect(git(two.root, 'log', '--format=%s')).toBe('a');
    await two.switchBranch('fresh', 'origin');
    expect(await two.currentBranch()).toBe('fresh');
  });

  it('gives back the files of a commit without touching index or work tree', async () => {
    const folder = repository();
    mkdirSync(join(folder, 'schemas'));
    writeFileSync(join(folder, 'schemas/a'), 'old\r\n');
    git(folder, 'add', '.');
    git(folder, 'commit', '--quiet', '-m', 'a');
    git(folder, 'tag', 'v1');
    writeFileSync(join(folder, 'schemas/a'), 'new');
    const repo = await GitRepository.open(folder, options);
    const target = join(temporaryFolder(), 'out');
    await repo.materialise(await repo.resolveRef('v1'), 'schemas', target);
    expect(git(target, 'hash-object', 'a')).toBe(git(folder, 'rev-parse', 'v1:schemas/a'));
    expect(git(folder, 'status', '--porcelain')).toBe('M schemas/a');
    await expect(repo.resolveRef('nope')).rejects.toMatchObject({ code: 'SRGIT_GIT_FAILED' });
    await expect(repo.materialise('HEAD', 'nothing', target)).rejects.toMatchObject({ code: 'SRGIT_TREE_MISSING' });
  });
});
