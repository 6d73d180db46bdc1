/** What speaks against a plan: each reason, and all of them at once. */
import { describe, expect, it } from 'vitest';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { PlanOptions } from '../../src/plan/plan.ts';
import type { PendingSchema, PlanSourceState, PlanTargetState } from '../../src/plan/plan-input.ts';
import { REASONS, type Reason } from '../../src/plan/reasons.ts';
import { schemaLanguages } from '../../src/schema/schema-port.ts';
import {
  EMPTY,
  NO_IMPORT,
  planFor,
  problemsOf,
  RESTORE,
  record,
  snapshotOf,
  sourceOf,
  stepsOf,
  targetOf,
  withSettings,
} from './support.ts';

const V1 = '{"type":"record","name":"O","fields":[{"name":"a","type":"int"}]}';
const NOT_BACKWARD = '{"type":"record","name":"O","fields":[{"name":"a","type":"int"},{"name":"b","type":"int"}]}';
const one = snapshotOf([{ subject: 'a', schema: V1 }]);
const two = snapshotOf([
  { subject: 'a', schema: V1 },
  { subject: 'a', version: 2, id: 2, schema: NOT_BACKWARD },
]);
const pending = (more: Partial<PendingSchema>): PendingSchema => ({
  context: '.',
  subject: 'a',
  version: 2,
  schemaType: 'AVRO',
  schema: NOT_BACKWARD,
  file: 'subjects/a/v2.avsc',
  ...more,
});
const redacted = { properties: { key: '<sensitive>' }, sensitive: ['key'] };

interface Case {
  readonly reason: Reason;
  readonly severity: 'error' | 'warning';
  readonly source?: PlanSourceState;
  readonly target?: PlanTargetState;
  readonly options?: Partial<PlanOptions>;
  readonly message: RegExp;
}

const CASES: readonly Case[] = [
  {
    reason: 'EDITED_VERSION',
    severity: 'error',
    source: sourceOf(one, {
      findings: [
        { severity: 'error', code: 'SRGIT_TREE_EDITED_VERSION', message: 'v1.avsc was edited', file: 'v1.avsc' },
      ],
    }),
    message: /^v1\.avsc was edited$/,
  },
  {
    reason: 'INVALID_SCHEMA',
    severity: 'error',
    source: sourceOf(snapshotOf([{ subject: 'a', schema: '{"type":"nonsense"}' }])),
    message: /^Schema registration failed for subject a: /,
  },
  {
    reason: 'REFERENCE_MISSING',
    severity: 'error',
    source: sourceOf(
      snapshotOf([{ subject: 'a', references: [{ name: 'n', subject: 'common-address-value', version: 1 }] }]),
    ),
    message: /^Reference to subject 'common-address-value' version 1 not found: a version 1 needs it$/,
  },
  {
    reason: 'REFERENCE_CYCLE',
    severity: 'error',
    source: sourceOf(
      snapshotOf([
        { subject: 'a', references: [{ name: 'n', subject: 'b', version: 1 }] },
        { subject: 'b', id: 2, references: [{ name: 'n', subject: 'a', version: 1 }] },
        { subject: 'c', id: 3, references: [{ name: 'n', subject: 'a', version: 1 }] },
      ]),
    ),
    message: /^a version 1 is part of a circle of references/,
  },
  {
    reason: 'SENSITIVE_REDACTED',
    severity: 'error',
    source: sourceOf(snapshotOf([{ subject: 'a', metadata: redacted }])),
    message: /without the values of its sensitive metadata/,
  },
  {
    reason: 'PARTIAL_SOURCE',
    severity: 'warning',
    source: sourceOf({ ...one, gaps: [{ what: 'config', why: 'HTTP 403' }] }),
    message: /^the source does not know config: HTTP 403$/,
  },
  {
    reason: 'SUBJECT_COLLISION',
    severity: 'error',
    source: sourceOf(snapshotOf([{ subject: 'a' }, { subject: 'b' }])),
    options: { subjectMapping: [{ from: 'a', to: 'b' }] },
    message: /^a and b would both become b$/,
  },
  {
    reason: 'INVALID_SUBJECT',
    severity: 'error',
    source: sourceOf(snapshotOf([{ subject: '__EMPTY' }])),
    message: /^"__EMPTY" cannot be a subject's name/,
  },
  {
    reason: 'CONTEXTS_UNSUPPORTED',
    severity: 'error',
    source: sourceOf(snapshotOf([{ subject: ':.x:a' }])),
    target: targetOf(EMPTY, { contexts: false }),
    message: /^:\.x:a is in a context, and this registry has none$/,
  },
  {
    reason: 'ID_TAKEN',
    severity: 'error',
    target: targetOf(snapshotOf([{ subject: 'other', schema: record('X') }])),
    options: { ids: 'force' },
    message: /^a version 1 cannot have id 1: the id belongs to other version 1 in the target$/,
  },
  {
    reason: 'ID_UNMAPPED',
    severity: 'error',
    options: { ids: 'manual', idMapping: { '.': { 7: 8 } } },
    message: /^a version 1, id 1: the id mapping does not say what it becomes$/,
  },
  {
    reason: 'RETIRED_ID',
    severity: 'error',
    source: sourceOf(one, { retiredIds: new Map([['.', [1]]]) }),
    options: { ids: 'force' },
    message: /^a version 1 cannot have id 1: the id is retired/,
  },
  {
    reason: 'VERSION_TAKEN',
    severity: 'error',
    target: targetOf(snapshotOf([{ subject: 'a', id: 9, schema: record('X') }])),
    options: { ids: 'force' },
    message: /^version 1 of a is another schema in the target$/,
  },
  {
    reason: 'VERSION_GAP',
    severity: 'warning',
    source: sourceOf(snapshotOf([{ subject: 'a', version: 3 }])),
    target: targetOf(EMPTY, NO_IMPORT),
    message: /^a version 3 becomes version 1 of a: this registry numbers versions itself$/,
  },
  {
    reason: 'CONTENT_CONFLICT',
    severity: 'error',
    source: sourceOf(snapshotOf([{ subject: 'a' }, { subject: 'b', schema: record('X') }])),
    message: /^id 1 of the source stands for two schemas: one of them is b version 1$/,
  },
  {
    reason: 'TEXT_CHANGED',
    severity: 'warning',
    source: sourceOf(snapshotOf([{ subject: 'a', schema: '{"name":"O", "type":"record", "fields":[]}' }])),
    message: /stores its text in another form/,
  },
  {
    reason: 'INCOMPATIBLE',
    severity: 'error',
    source: sourceOf(two),
    target: targetOf(one),
    message: /^Schema registration failed for subject a: version 2 is incompatible with version 1 at level BACKWARD: /,
  },
  {
    reason: 'MODE_READONLY',
    severity: 'error',
    target: targetOf(withSettings(EMPTY, '', { mode: 'READONLY' })),
    message: /^the registry is in READONLY mode in the target$/,
  },
  {
    reason: 'MODE_UNSUPPORTED',
    severity: 'warning',
    source: sourceOf(withSettings(one, 'a', { mode: 'READONLY' })),
    target: targetOf(EMPTY, { ...NO_IMPORT, modes: false }),
    message: /^this registry has no modes that could be set: a level keeps its$/,
  },
  {
    reason: 'IMPORT_UNSUPPORTED',
    severity: 'error',
    target: targetOf(EMPTY, NO_IMPORT),
    options: { ids: 'force' },
    message: /^this registry takes no ids, so they cannot be forced$/,
  },
  {
    reason: 'REFERENCED',
    severity: 'error',
    source: sourceOf(snapshotOf([{ subject: 'a', schema: record('A') }])),
    target: targetOf(
      snapshotOf([
        { subject: 'a', schema: record('X') },
        { subject: 'b', id: 2, schema: record('B', 'X'), references: [{ name: 'X', subject: 'a', version: 1 }] },
      ]),
    ),
    options: { strategy: 'overwrite' },
    message: /^a version 1 cannot be replaced: b version 1, which the tree does not have, refers to it$/,
  },
  {
    reason: 'CONFIG_UNSUPPORTED',
    severity: 'warning',
    source: sourceOf(withSettings(one, 'a', { fields: { normalize: true } })),
    target: targetOf(EMPTY, { configFields: ['compatibility'] }),
    message: /^this registry does not keep the config field normalize, which one level sets$/,
  },
  {
    reason: 'METADATA_UNSUPPORTED',
    severity: 'warning',
    source: sourceOf(snapshotOf([{ subject: 'a', metadata: { properties: { k: 'v' } } }])),
    target: targetOf(EMPTY, { metadata: false }),
    message: /^this registry drops the metadata of a version of a$/,
  },
  {
    reason: 'RULES_DROPPED',
    severity: 'warning',
    source: sourceOf(snapshotOf([{ subject: 'a', ruleSet: { domainRules: [{ name: 'r' }] } }])),
    target: targetOf(EMPTY, { ruleSets: 'dropped' }),
    message: /^this registry drops the rule set of a version of a$/,
  },
  {
    reason: 'ALIAS',
    severity: 'error',
    // Where the rules are known it is lifted for the time of the restore.
    target: targetOf(withSettings(EMPTY, 'a', { fields: { alias: 'b' } }), {}, { identity: { kind: 'unknown' } }),
    message: /^a is an alias of b in the target/,
  },
  {
    reason: 'SKIPPED',
    severity: 'warning',
    source: sourceOf(two),
    target: targetOf(one),
    options: { strategy: 'skip' },
    message: /^a is left alone: the target has 1 of its versions live, 1 of the source's are not among them$/,
  },
  {
    reason: 'LOSES_DATA',
    severity: 'warning',
    target: targetOf(snapshotOf([{ subject: 'a', id: 4, schema: record('X') }])),
    options: { strategy: 'overwrite' },
    message: /^a: version 1 \(id 4\) is deleted for good/,
  },
  {
    reason: 'TARGET_UNREADABLE',
    severity: 'error',
    target: targetOf({ ...EMPTY, gaps: [{ what: 'mode', why: 'HTTP 403' }] }),
    message: /^the mode of a cannot be read, so it could not be put back$/,
  },
];

const plan = ({ source = sourceOf(one), target = targetOf(EMPTY), options = {} }: Partial<Case>) =>
  makePlan(source, target, { ...RESTORE, ...options }, { port: schemaLanguages }).plan;

describe('reasons', () => {
  it('have a case each', () => {
    expect(CASES.map(({ reason }) => reason)).toEqual(REASONS);
  });

  it.each(CASES)('$reason', (given) => {
    const { problems, steps } = plan(given);
    const found = problems.filter(({ reason }) => reason === given.reason);
    expect(found.map(({ severity }) => severity)).toContain(given.severity);
    expect(found.map(({ message }) => message)).toEqual(expect.arrayContaining([expect.stringMatching(given.message)]));
    for (const { message, hint = '' } of problems) expect(`${message} ${hint}`).not.toMatch(/undefined|\[object/);
    if (given.options?.ids === 'force' && given.severity === 'error') expect(steps).toEqual([]);
  });

  it('are told all at once, errors first', () => {
    const source = sourceOf(
      snapshotOf([
        { subject: 'a', schema: V1 },
        { subject: 'a', version: 2, id: 2, schema: NOT_BACKWARD },
        { subject: 'lost', id: 3, schema: record('L'), references: [{ name: 'n', subject: 'nowhere', version: 1 }] },
        { subject: 'taken', id: 4, schema: record('T') },
        { subject: 'frozen', id: 5, schema: record('F') },
        { subject: 'fine', id: 6, schema: record('G') },
        { subject: 'fine', version: 2, id: 6, schema: record('G'), deleted: true },
      ]),
      { findings: [{ severity: 'error', code: 'SRGIT_TREE_EDITED_VERSION', message: 'edited' }] },
    );
    const there = snapshotOf([
      { subject: 'a', schema: V1 },
      { subject: 'other', id: 4, schema: record('X') },
    ]);
    const target = targetOf(withSettings(there, 'frozen', { mode: 'READONLY' }));
    for (const ids of ['keep', 'force'] as const) {
      const { problems, steps } = plan({ source, target, options: { ids } });
      const errors = problems.filter(({ severity }) => severity === 'error').map(({ reason }) => reason);
      const expected = ['EDITED_VERSION', 'INCOMPATIBLE', 'MODE_READONLY', 'REFERENCE_MISSING'];
      expect(errors.toSorted()).toEqual((ids === 'force' ? [...expected, 'ID_TAKEN'] : expected).toSorted());
      if (ids === 'force') expect(steps).toEqual([]);
    }
  });

  it('are told on one line, whatever lines a parser breaks', () => {
    const broken = '{"type":"record",\n"name":"R", oops}';
    const { problems } = plan({
      source: sourceOf(snapshotOf([{ subject: 'a', schema: broken }]), {
        pending: [pending({ subject: 'b', version: 1, schema: broken })],
        findings: [{ severity: 'error', code: 'SRGIT_TREE_EDITED_VERSION', message: 'one\r\n two\u2028three' }],
      }),
    });
    expect(problems.map(({ message }) => message)).toEqual([
      'one two three',
      expect.stringMatching(/^Schema registration failed for subject a: .* start field name at \[Source: .*\]$/),
      expect.stringMatching(/^Schema registration failed for subject b: .* start field name at \[Source: .*\]$/),
    ]);
  });

  it('of what follows from another problem are not told', () => {
    const source = snapshotOf([
      { subject: 'a', schema: record('A'), references: [{ name: 'n', subject: 'nowhere', version: 1 }] },
      { subject: 'b', id: 2, schema: record('B', 'A'), references: [{ name: 'A', subject: 'a', version: 1 }] },
    ]);
    expect(problemsOf(planFor(source, EMPTY).plan)).toEqual(['error REFERENCE_MISSING a v1']);
  });
});

describe('compatibility', () => {
  const incompatible = (source: PlanSourceState, target: PlanTargetState, options: Partial<PlanOptions> = {}) =>
    plan({ source, target, options }).problems.filter(({ reason }) => reason === 'INCOMPATIBLE').length;

  it('is asked of what follows live versions of the target, not of history', () => {
    expect(incompatible(sourceOf(two), targetOf(EMPTY))).toBe(0);
    expect(incompatible(sourceOf(two), targetOf(one))).toBe(1);
    const later = snapshotOf([{ subject: 'a', version: 2, id: 2, schema: NOT_BACKWARD }]);
    expect(incompatible(sourceOf(two), targetOf(later))).toBe(0);
    const deleted = snapshotOf([{ subject: 'a', schema: V1, deleted: true }]);
    expect(incompatible(sourceOf(two), targetOf(deleted))).toBe(0);
  });

  it('is asked at the level in force in the target', () => {
    for (const [level, count] of [
      ['NONE', 0],
      ['FORWARD', 0],
      ['FULL', 1],
    ] as const) {
      expect(incompatible(sourceOf(two), targetOf(withSettings(one, '', { compatibility: level })))).toBe(count);
      expect(incompatible(sourceOf(two), targetOf(withSettings(one, 'a', { compatibility: level })))).toBe(count);
    }
  });

  it('is lifted as asked for, without a change of the config: an import is not checked', () => {
    for (const options of [
      { setCompatibility: 'NONE' as const },
      { setCompatibility: 'FORWARD' as const },
      { forceRegister: true },
    ]) {
      const made = plan({ source: sourceOf(two), target: targetOf(one), options });
      expect(made.problems).toEqual([]);
      expect(made.steps.map(({ action }) => action)).toEqual(['set-mode', 'register', 'set-mode']);
    }
    expect(incompatible(sourceOf(two), targetOf(one), { strategy: 'overwrite' })).toBe(0);
  });

  it("of what is posted is the server's, whose level is set for the time of it", () => {
    const target = targetOf(withSettings(one, 'a', { compatibility: 'FULL', fields: { normalize: true } }), NO_IMPORT);
    expect(incompatible(sourceOf(two), target)).toBe(1);
    const made = plan({ source: sourceOf(two), target, options: { setCompatibility: 'FORWARD' } });
    expect(made.problems).toEqual([]);
    expect(stepsOf(made)).toEqual([
      'config a {"compatibility":"FORWARD"} for now',
      'post a v2',
      'config a {"compatibility":"FULL"}',
    ]);
  });

  it('of what was added by hand is asked as well', () => {
    const source = sourceOf(one, { pending: [pending({})] });
    const [problem] = plan({ source, target: targetOf(one) }).problems;
    expect(problem).toMatchObject({ reason: 'INCOMPATIBLE', subject: 'a', version: 2, file: 'subjects/a/v2.avsc' });
    expect(problem?.message).toMatch(
      /^Schema registration failed for subject a: it is incompatible with version 1 at level /,
    );
    expect(problem?.hint).toMatch(/set_compatibility: NONE .* force_register: true/);
  });
});
