import { describe, expect, it } from 'vitest';
import { syntheticSnapshot } from '../../bench/synthetic-registry.ts';
import { registryDuringTest } from '../support/embedded-registry.ts';
import { expectFailure, exported, exportTo, manifestOf, stateOf, verified, withSubjects } from '../support/exports.ts';
import { git, repository } from '../support/git.ts';

const full = syntheticSnapshot({ subjects: 60, versions: 1, bytes: 300 });
const ids = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index);
/** Ids follow the number in the name, not the order of the list. */
const without = (count: number) => withSubjects(full, ({ versions }) => (versions[0]?.id ?? 0) > count);

describe('what a registry no longer has', () => {
  it('does not empty the tree when the registry answers with no subject', async () => {
    const folder = repository();
    await exported(folder, (await registryDuringTest(full)).url, ['--commit']);
    const before = stateOf(folder);
    const empty = await registryDuringTest(withSubjects(full, () => false));
    const result = await exportTo(folder, empty.url, ['--commit']);
    expectFailure(result, 'SRGIT_DELETION_GUARD');
    expect(result.stderr).toContain('the tree has 60 versions');
    expect(result.stderr).toContain('--allow-deletions');
    expect(stateOf(folder)).toEqual(before);
  });

  it('leaves the tree alone when more than a tenth is gone, and goes on when asked to', async () => {
    const folder = repository();
    await exported(folder, (await registryDuringTest(full)).url, ['--commit']);
    const before = stateOf(folder);
    const smaller = await registryDuringTest(without(7));
    const result = await exportTo(folder, smaller.url, ['--commit']);
    expectFailure(result, 'SRGIT_DELETION_GUARD');
    expect(result.stderr).toContain('7 of the tree');
    expect(stateOf(folder)).toEqual(before);

    await exported(folder, smaller.url, ['--commit', '--allow-deletions']);
    expect(manifestOf(folder)).toMatchObject({ retired_ids: ids(1, 8), max_id: 60 });
    expect(manifestOf(folder).subjects).toHaveLength(53);
    expect(await verified(folder, '--url', smaller.url)).toMatchObject({ code: 0, differences: [], findings: [] });
    expect(git(folder, 'status', '--porcelain')).toBe('');
  });

  it('removes a tenth, or fewer than five, without being asked', async () => {
    const folder = repository();
    await exported(folder, (await registryDuringTest(full)).url);
    await exported(folder, (await registryDuringTest(without(6))).url);
    expect(manifestOf(folder).retired_ids).toEqual(ids(1, 7));

    const small = repository();
    const few = syntheticSnapshot({ subjects: 6, versions: 1, bytes: 300 });
    await exported(small, (await registryDuringTest(few)).url);
    await exported(small, (await registryDuringTest(withSubjects(few, (_, index) => index > 3))).url);
    expect(manifestOf(small).subjects).toHaveLength(2);
    expect(manifestOf(small).retired_ids).toHaveLength(4);
  });

  it('keeps an id retired for good, and takes it off the list when it comes back', async () => {
    const folder = repository();
    const all = await registryDuringTest(full);
    await exported(folder, all.url);
    await exported(folder, (await registryDuringTest(without(2))).url);
    await exported(folder, (await registryDuringTest(without(3))).url);
    expect(manifestOf(folder).retired_ids).toEqual([1, 2, 3]);
    await exported(folder, all.url);
    expect(manifestOf(folder).retired_ids).toEqual([]);
  });
});
