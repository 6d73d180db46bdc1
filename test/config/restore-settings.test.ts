/** The `restore:` section in both spellings, and the flags over it. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/load-config.ts';
import { type RestoreFlags, withRestoreFlags } from '../../src/config/restore-settings.ts';
import { SrgitError } from '../../src/errors.ts';
import { folderWith } from './support.ts';

const NEEDS = { registry: false, restore: true };

function restoreOf(section: string) {
  const folder = folderWith(`restore: ${section}\n`);
  return loadConfig({}, {}, folder, NEEDS).restore;
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof SrgitError) return error.code;
    throw error;
  }
  return 'no error';
}

describe('the restore section', () => {
  it('is read with everything that it has', () => {
    const folder = folderWith(
      'restore:\n  strategy: overwrite\n  strategy_by_subject: { "a-*": skip, "b": preserve }\n  id_policy: manual\n  id_mapping_file: ids.json\n' +
        '  subject_mapping: { "x-*": "y-*", orders: other }\n  to_context: ":.dr:"\n  set_compatibility: none\n  force_register: true\n' +
        '  include_soft_deleted: false\n  settings: false\n',
    );
    expect(loadConfig({}, {}, folder, NEEDS).restore).toEqual({
      enabled: true,
      strategy: 'overwrite',
      strategyBySubject: [
        { subjects: 'a-*', strategy: 'skip' },
        { subjects: 'b', strategy: 'preserve' },
      ],
      ids: 'manual',
      idMappingFile: join(folder, 'ids.json'),
      subjectMapping: [
        { from: 'x-*', to: 'y-*' },
        { from: 'orders', to: 'other' },
      ],
      toContext: '.dr',
      setCompatibility: 'NONE',
      forceRegister: true,
      includeSoftDeleted: false,
      settings: false,
    });
  });

  it.each([
    ['{}', 'rewrite'],
    ['{ id_mapping: true }', 'rewrite'],
    ['{ id_mapping: true, rewrite_ids: true, force_ids: false }', 'rewrite'],
    ['{ rewrite_ids: true, id_policy: rewrite }', 'rewrite'],
    ['{ force_ids: true }', 'force'],
    ['{ force_ids: true, rewrite_ids: false }', 'force'],
    ['{ id_policy: keep }', 'keep'],
    ['{ id_mapping_file: x.json }', 'manual'],
    ['{ id_mapping_file: x.json, rewrite_ids: true }', 'manual'],
  ])('%s is policy %s', (section, policy) => {
    expect(restoreOf(section).ids).toBe(policy);
  });

  it.each([
    '{ force_ids: true, rewrite_ids: true }',
    '{ id_policy: keep, force_ids: true }',
    '{ id_policy: manual }',
    '{ strategy: merge }',
    '{ stratgy: skip }',
    '{ set_compatibility: SOME }',
    '{ to_context: "a:b" }',
    '{ subject_mapping: { "a-*": b } }',
    '{ subject_mapping: { "*-*": "*-*" } }',
    '{ strategy_by_subject: { a: merge } }',
  ])('%s is refused', (section) => {
    expect(codeOf(() => restoreOf(section))).toBe('SRGIT_CONFIG_INVALID');
  });

  it('is not looked at by commands that do not restore', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable as the file has it
    const folder = folderWith('restore: { force_ids: true, rewrite_ids: true, id_mapping_file: "${NOWHERE}" }\n');
    expect(loadConfig({}, {}, folder, { registry: false }).restore.ids).toBe('rewrite');
    expect(codeOf(() => loadConfig({}, {}, folder, NEEDS))).toBe('SRGIT_ENV_UNSET');
  });
});

describe('flags', () => {
  const base = () => restoreOf('{ strategy: skip, strategy_by_subject: { a: overwrite }, subject_mapping: { a: b } }');
  const flagged = (flags: RestoreFlags) => withRestoreFlags(base(), flags, '/here');

  it('beat the file', () => {
    expect(flagged({})).toEqual(base());
    expect(flagged({ strategy: 'overwrite' })).toMatchObject({ strategy: 'overwrite', strategyBySubject: [] });
    expect(flagged({ idMappingFile: 'ids.json' })).toMatchObject({ ids: 'manual', idMappingFile: '/here/ids.json' });
    expect(flagged({ map: ['x=y', 'k=v=w'] }).subjectMapping).toEqual([
      { from: 'x', to: 'y' },
      { from: 'k', to: 'v=w' },
    ]);
    expect(
      flagged({ toContext: 'dr', setCompatibility: 'full', includeSoftDeleted: false, settings: false }),
    ).toMatchObject({ toContext: '.dr', setCompatibility: 'FULL', includeSoftDeleted: false, settings: false });
  });

  it.each<RestoreFlags>([
    { ids: 'manual' },
    { map: ['x'] },
    { map: ['=y'] },
    { map: ['x='] },
    { map: ['*=y'] },
    { setCompatibility: 'LAX' },
    { toContext: '__GLOBAL' },
  ])('%j is refused', (flags) => {
    expect(codeOf(() => flagged(flags))).toBe('SRGIT_USAGE');
  });
});
