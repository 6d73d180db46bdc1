import { describe, expect, it } from 'vitest';
import type { RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import type { TreeChange } from '../../src/model/tree-change.ts';
import { compareSnapshots } from '../../src/plan/compare-snapshots.ts';
import { DRIFT_CAUSES, explainDrift } from '../../src/plan/drift-cause.ts';
import type { PlanOptions } from '../../src/plan/plan.ts';
import { CAUSE_WORDS } from '../../src/render/drift-words.ts';
import { renderPlanMarkdown, renderPlanText } from '../../src/render/plan-report.ts';
import { schemaLanguages } from '../../src/schema/schema-port.ts';
import { EMPTY, type GivenRow, planFor, record, snapshotOf, sourceOf, targetOf, withSettings } from './support.ts';

const A: GivenRow = { subject: 'a', id: 1, schema: record('A') };
const B: GivenRow = { subject: 'b', id: 2, schema: record('B') };
const TREE = snapshotOf([A, B]);

/** The same as `record('A')` to Avro, but not to a reader of texts. */
const A_WRITTEN_OTHERWISE = '{"name": "A", "type": "record", "fields": [ ]}';

function causes(tree: RegistrySnapshot, registry: RegistrySnapshot, retired: readonly number[] = []) {
  const retiredIds = new Map([['.', retired]]);
  const found = compareSnapshots(tree, registry, {
    left: 'the tree',
    right: 'the registry',
    ignoreConfig: () => false,
    ignoreMode: () => false,
    ignoreMissing: () => false,
    redacted: '<sensitive>',
    explain: explainDrift({ tree, registry, retiredIds }, schemaLanguages),
  });
  return found.map(
    ({ subject, version, cause }) => `${subject}${version === undefined ? '' : ` v${version}`} ${cause}`,
  );
}

const C: GivenRow = { subject: 'a', version: 2, id: 3, schema: record('C') };

describe('the likely cause of a difference', () => {
  it.each<[string, readonly GivenRow[], string]>([
    ['a version that a producer registered', [A, B, C], 'a v2 registered'],
    ['an id that meant another schema', [A, B, { ...C, id: 2 }], 'a v2 id-reused'],
    ['an id that was retired', [A, B, { ...C, id: 9 }], 'a v2 id-reused'],
    ['the same schema again, with its id', [A, B, { ...A, subject: 'c' }], 'c v1 registered'],
    ['a version that is gone', [A], 'b v1 deleted'],
    [
      'a version that is gone, and its id given to another',
      [A, { ...C, version: 1, subject: 'b', id: 2 }],
      'b v1 overwritten',
    ],
    ['a soft delete', [A, { ...B, deleted: true }], 'b v1 soft-deleted'],
    ['a text that was written another way', [{ ...A, schema: A_WRITTEN_OTHERWISE }, B], 'a v1 recanonicalised'],
    ['a version that was overwritten', [{ ...A, schema: record('X') }, B], 'a v1 overwritten'],
    ['a schema that is no schema', [{ ...A, schema: '{' }, B], 'a v1 overwritten'],
    ['another id for the same', [{ ...A, id: 7 }, B], 'a v1 renumbered'],
    ['metadata that was sent again', [{ ...A, metadata: { properties: { a: 'b' } } }, B], 'a v1 amended'],
  ])('%s', (_, rows, expected) => {
    expect(causes(TREE, snapshotOf(rows), [9])).toEqual([expected]);
  });

  it('is of settings, contexts and what is live again, too', () => {
    expect(causes(TREE, withSettings(TREE, 'a', { compatibility: 'NONE' }))).toEqual(['a config-changed']);
    expect(causes(TREE, withSettings(TREE, '', { mode: 'READONLY' }))).toEqual([' mode-changed']);
    expect(causes(snapshotOf([A, { ...B, deleted: true }]), TREE)).toEqual(['b v1 undeleted']);
    expect(causes(TREE, snapshotOf([A, B, { ...C, subject: ':.new:c', version: 1 }]))).toEqual([
      ':.new: context-changed',
      ':.new:c v1 registered',
    ]);
  });

  it('is told for what an export changed', () => {
    const registry = snapshotOf([
      { ...A, schema: A_WRITTEN_OTHERWISE },
      B,
      { ...C, id: 2 },
      { ...C, subject: 'd', version: 1 },
    ]);
    const { change } = explainDrift({ tree: TREE, registry, retiredIds: new Map() }, schemaLanguages);
    const told: readonly (readonly [TreeChange, string])[] = [
      [{ kind: 'version-replaced', subject: 'a', version: 1, id: 1 }, 'recanonicalised'],
      [{ kind: 'version-replaced', subject: 'gone', version: 1, id: 1 }, 'overwritten'],
      [{ kind: 'version-added', subject: 'a', version: 2, id: 2 }, 'id-reused'],
      [{ kind: 'subject-added', subject: 'd', versions: 1 }, 'registered'],
      [{ kind: 'version-soft-deleted', subject: 'b', version: 1, id: 2 }, 'soft-deleted'],
      [{ kind: 'config', subject: '' }, 'config-changed'],
    ];
    for (const [one, cause] of told) expect(change(one), JSON.stringify(one)).toBe(cause);
  });

  it('has words on one line for every one, which end no code that they stand in', () => {
    expect(Object.keys(CAUSE_WORDS).sort()).toEqual([...DRIFT_CAUSES].sort());
    for (const words of Object.values(CAUSE_WORDS)) {
      expect(words).toMatch(/^[^\n|<>]+$/);
      expect(words.split('`').length % 2).toBe(1);
    }
  });
});

describe('the likely causes of what a plan will change', () => {
  const plan = (registry: RegistrySnapshot, options: Partial<PlanOptions> = {}, tree = TREE) =>
    planFor(tree, registry, options).plan;
  const reconcile = { kind: 'reconcile', strategy: 'overwrite', ids: 'keep', prune: true } as const;
  const bySubject = (registry: RegistrySnapshot, options: Partial<PlanOptions> = reconcile) =>
    Object.fromEntries(plan(registry, options).subjects.map(({ subject, causes }) => [subject, causes]));

  it('are named by subject', () => {
    const registry = withSettings(
      snapshotOf([{ ...A, schema: record('X') }, { ...B, deleted: true }, C, { ...C, subject: 'stray', version: 1 }]),
      'stray',
      { compatibility: 'NONE' },
    );
    expect(bySubject(registry)).toEqual({
      a: ['overwritten', 'registered'],
      b: ['soft-deleted'],
      stray: ['registered', 'config-changed'],
    });
    expect(bySubject(snapshotOf([A, { ...C, subject: 'c', version: 1, id: 2 }]))).toEqual({
      a: undefined,
      b: ['id-reused'],
      c: ['id-reused'],
    });
    expect(bySubject(withSettings(TREE, 'b', { mode: 'READONLY' }))).toEqual({ a: undefined, b: ['mode-changed'] });
  });

  it('are not an id used again where the registry numbers by itself', () => {
    const other = snapshotOf([
      { ...A, id: 2 },
      { ...C, subject: 'c', version: 1, id: 1 },
    ]);
    expect(bySubject(other, { kind: 'restore' })).toMatchObject({ b: ['deleted'] });
  });

  it('are told apart from what was added to the tree by hand', () => {
    const pending = [
      { context: '.', subject: 'a', version: 2, schemaType: 'AVRO' as const, schema: record('C'), file: 'a/v2.avsc' },
    ];
    const { plan: made } = planFor(sourceOf(TREE, { pending }), TREE);
    expect(made.subjects.map(({ subject, causes }) => [subject, causes])).toEqual([
      ['a', ['added-to-tree']],
      ['b', undefined],
    ]);
    expect(renderPlanText(made)).toContain(`\nLikely causes:\n  ${CAUSE_WORDS['added-to-tree']}: a\n`);
  });

  it('are none for an empty registry, a tree in its place, other names, and a registry as source', () => {
    expect(plan(EMPTY).subjects.every(({ causes }) => causes === undefined)).toBe(true);
    const renamed = plan(snapshotOf([A]), { subjectMapping: [{ from: '*', to: 'x-*' }] });
    expect(renamed.subjects.every(({ causes }) => causes === undefined)).toBe(true);
    const tree = targetOf(snapshotOf([A]), {}, { standIn: true });
    expect(planFor(TREE, tree).plan.subjects.every(({ causes }) => causes === undefined)).toBe(true);
    const source = sourceOf(TREE, { identity: { kind: 'registry', name: 'old' } });
    expect(planFor(source, snapshotOf([A])).plan.subjects.every(({ causes }) => causes === undefined)).toBe(true);
  });

  it('are told once each, with the places', () => {
    const many = Array.from({ length: 13 }, (_, at) => ({ subject: `s${at}`, id: 10 + at, schema: record(`S${at}`) }));
    const registry = withSettings(snapshotOf([A, B, ...many]), '', { compatibility: 'NONE' });
    const made = plan(registry, reconcile, withSettings(TREE, '', { compatibility: 'FULL' }));
    const text = renderPlanText(made);
    expect(text).toContain('\nLikely causes:\n');
    expect(text).toMatch(/\n {2}registered past the review, .*: s0, s1, s10, .* and 3 more\n/);
    expect(text).toContain(`\n  ${CAUSE_WORDS['config-changed']}: the registry\n`);
    const grave = plan(
      snapshotOf([
        { ...A, subject: 'a|`b' },
        { ...B, schema: record('X') },
      ]),
      reconcile,
    );
    expect(renderPlanMarkdown(grave)).toContain(`- ⚠️ ${CAUSE_WORDS.overwritten}: \`b\``);
    expect(renderPlanMarkdown(grave)).toContain('``a|`b``');
  });
});
