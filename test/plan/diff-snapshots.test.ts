/** One version on two sides: what of it is different. */
import { describe, expect, it } from 'vitest';
import { diffSnapshots, UNREGISTERED } from '../../src/plan/diff-snapshots.ts';
import { renderDiff } from '../../src/render/schema-diff.ts';
import { snapshotOf } from './support.ts';

const V1 = '{"type":"record","name":"O","fields":[]}';
const V2 = '{"type":"record","name":"O","doc":"other","fields":[]}';

describe('a version of both sides', () => {
  const diff = (from: object, to: object) =>
    diffSnapshots(
      snapshotOf([{ subject: 'a', schema: V1, ...from }]),
      snapshotOf([{ subject: 'a', schema: V1, ...to }]),
    );

  it('is the same schema where only its id is different', () => {
    const found = diff({ id: 7 }, { id: 9 });
    expect(found).toMatchObject([{ versions: [{ change: 'renumbered', id: 9, was: 7 }] }]);
    expect(renderDiff(found, 'here', 'there')).toContain('~ version 1 (id 9) the same schema, which was id 7');
    const registered = diff({ id: UNREGISTERED }, { id: 9 });
    expect(renderDiff(registered, 'here', 'there')).toContain('version 1 (id 9) the same schema, which had no id');
    expect(diff({ id: 7 }, { id: 7 })).toEqual([]);
  });

  it('is replaced where its text is another, whatever the ids', () => {
    for (const id of [7, 9]) {
      expect(diff({ id: 7 }, { id, schema: V2 })).toMatchObject([{ versions: [{ change: 'replaced', id }] }]);
    }
  });
});
