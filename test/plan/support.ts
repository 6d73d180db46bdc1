/** States to plan between, and carrying a plan out on a state. */
import type { RegistryIdentity, RegistrySnapshot } from '../../src/model/registry-snapshot.ts';
import { sortSnapshot } from '../../src/model/registry-snapshot.ts';
import type { SchemaVersion } from '../../src/model/schema-version.ts';
import { parseSubjectName } from '../../src/model/subject-name.ts';
import type { GivenId } from '../../src/plan/id-map.ts';
import { makePlan, type PlannedRestore } from '../../src/plan/make-plan.ts';
import type { Plan, PlanOptions } from '../../src/plan/plan.ts';
import type { PlanSourceState, PlanTargetState, TargetCapabilities } from '../../src/plan/plan-input.ts';
import { playStep } from '../../src/plan/play-step.ts';
import type { SchemaPort } from '../../src/schema/schema-port.ts';

import { isRefusal } from '../../src/semantics/decision.ts';
import { computeGuid } from '../../src/semantics/guid.ts';
import { snapshotFromState, stateFromSnapshot } from '../../src/semantics/snapshot-state.ts';
import { lenientLanguages } from '../semantics/support.ts';

export const IDENTITY: RegistryIdentity = { name: 'dr', kind: 'srgit' };

/** What the embedded registry can do, which is what Confluent can do but that it keeps rule sets. */
/** Every text is taken that parses: plans between random histories are to be about rows, not about schemas. */
export const lenientPort: SchemaPort = {
  ...lenientLanguages,
  canonicalize: (schemaType, schema, references, options) =>
    lenientLanguages.canonicalize(schemaType, schema, references, { ...options, validate: false }),
};

export const EVERYTHING: TargetCapabilities = {
  import: true,
  importNeedsMode: true,
  forcedVersions: true,
  contexts: true,
  modes: true,
  metadata: true,
  ruleSets: 'kept',
  compatibilityTest: true,
};

export const NO_IMPORT: TargetCapabilities = { ...EVERYTHING, import: false, forcedVersions: false };

export const RESTORE: PlanOptions = {
  kind: 'restore',
  strategy: 'preserve',
  strategyBySubject: [],
  ids: 'rewrite',
  subjectMapping: [],
  forceRegister: false,
  includeSoftDeleted: true,
  settings: true,
  prune: false,
  permanent: false,
};

export const EMPTY: RegistrySnapshot = {
  registry: IDENTITY,
  contexts: [{ name: '.', subjects: [] }],
  global: {},
  gaps: [],
};

export interface GivenRow extends Partial<SchemaVersion> {
  /** Qualified. */
  readonly subject: string;
}

/** An Avro record of this name, with a field of a type that is defined elsewhere where one is named. */
export const record = (name: string, of?: string): string =>
  `{"type":"record","name":"${name}","fields":[${of === undefined ? '' : `{"name":"f","type":"${of}"}`}]}`;

/** Rows as a snapshot: version 1, id 1, a text of its own and a right guid where nothing else is said. */
export function snapshotOf(rows: readonly GivenRow[], more: Partial<RegistrySnapshot> = {}): RegistrySnapshot {
  const contexts = new Map<string, Map<string, SchemaVersion[]>>();
  for (const { subject: name, ...given } of rows) {
    const { context, subject } = parseSubjectName(name);
    const subjects = contexts.get(context) ?? new Map<string, SchemaVersion[]>();
    contexts.set(context, subjects);
    const content = { schemaType: 'AVRO' as const, schema: record('R'), references: [], ...given };
    const row = { version: 1, id: 1, guid: computeGuid(content), deleted: false, ...content };
    subjects.set(subject, [...(subjects.get(subject) ?? []), row]);
  }
  return sortSnapshot({
    ...EMPTY,
    contexts: [...contexts].map(([name, subjects]) => ({
      name,
      subjects: [...subjects].map(([subject, versions]) => ({ name: subject, versions })),
    })),
    ...more,
  });
}

/** The snapshot with settings of one subject or level. */
export function withSettings(
  snapshot: RegistrySnapshot,
  level: string,
  settings: { readonly compatibility?: string; readonly fields?: object; readonly mode?: string },
): RegistrySnapshot {
  const { compatibility, fields, mode } = settings;
  const state = stateFromSnapshot(snapshot);
  if (compatibility !== undefined || fields !== undefined) {
    state.configs.set(level, { ...(compatibility === undefined ? {} : { compatibility }), fields: { ...fields } });
  }
  if (mode !== undefined) state.modes.set(level, mode);
  return snapshotFromState(state, snapshot.registry);
}

export function sourceOf(snapshot: RegistrySnapshot, more: Partial<PlanSourceState> = {}): PlanSourceState {
  return {
    identity: { kind: 'tree', name: 'schemas' },
    snapshot,
    pending: [],
    findings: [],
    retiredIds: new Map(),
    ...more,
  };
}

export function targetOf(
  snapshot: RegistrySnapshot,
  capabilities: Partial<TargetCapabilities> = {},
  more: Partial<PlanTargetState> = {},
): PlanTargetState {
  return { identity: IDENTITY, snapshot, capabilities: { ...EVERYTHING, ...capabilities }, ...more };
}

export interface Planned extends PlannedRestore {
  readonly source: PlanSourceState;
  readonly target: PlanTargetState;
}

export function planFor(
  source: RegistrySnapshot | PlanSourceState,
  target: RegistrySnapshot | PlanTargetState,
  options: Partial<PlanOptions> = {},
  port: SchemaPort = lenientPort,
): Planned {
  const from = 'snapshot' in source ? source : sourceOf(source);
  const to = 'snapshot' in target ? target : targetOf(target);
  const planned = makePlan(from, to, { ...RESTORE, ...options }, { port });
  // A plan is saved and read again.
  return { ...planned, plan: JSON.parse(JSON.stringify(planned.plan)), source: from, target: to };
}

/** Carries the plan out on a fresh state of its target. @throws what a step is refused for. */
export function play(planned: Planned, port: SchemaPort = lenientPort): RegistrySnapshot {
  return carryOut(planned, port).snapshot;
}

/** What the registry answers to the plan's registrations, by step. */
export function givenIds(planned: Planned): ReadonlyMap<number, GivenId> {
  return carryOut(planned, lenientPort).given;
}

function carryOut({ plan, texts, target }: Planned, port: SchemaPort) {
  const { ruleSets, importNeedsMode } = target.capabilities;
  const state = stateFromSnapshot(target.snapshot, { maxIds: Object.fromEntries(target.maxIds ?? []) });
  const given = new Map<number, GivenId>();
  for (const step of plan.steps) {
    const result = playStep(state, step, step.action === 'register' ? texts(step) : undefined, {
      port,
      rules: { strictConfluent: ruleSets === 'dropped' },
      importAnytime: !importNeedsMode,
    });
    if (isRefusal(result)) throw new Error(`step ${step.step} ${JSON.stringify(step)}: ${result.refusal}`);
    if (result.registered !== undefined) given.set(step.step, result.registered);
  }
  return { snapshot: snapshotFromState(state, target.snapshot.registry), given };
}

/** `ERROR REASON subject v1`, in order. */
export function problemsOf({ problems }: Plan): readonly string[] {
  return problems.map(
    ({ severity, reason, subject, version }) =>
      `${severity} ${reason}${subject === undefined ? '' : ` ${subject}`}${version === undefined ? '' : ` v${version}`}`,
  );
}

export function errorsOf({ problems }: Plan): readonly string[] {
  return problems.filter(({ severity }) => severity === 'error').map(({ reason, message }) => `${reason}: ${message}`);
}

/** Steps on one line each. */
export function stepsOf({ steps }: Plan): readonly string[] {
  return steps.map((step) => {
    switch (step.action) {
      case 'register':
        return `${step.way} ${step.subject} v${step.version}${step.id === undefined ? '' : ` id ${step.id}`}`;
      case 'delete-version':
        return `delete${step.permanent ? ' for good' : ''} ${step.subject} v${step.version} (${step.why})`;
      case 'delete-subject':
        return `delete${step.permanent ? ' for good' : ''} ${step.subject} (${step.why})`;
      case 'set-mode':
        return `mode ${step.subject} ${step.mode}${step.temporary ? ' for now' : ''}`;
      default:
        return `config ${step.subject} ${JSON.stringify(step.config)}${step.temporary ? ' for now' : ''}`;
    }
  });
}

/** Rows as `subject v1 id 1 guid`, soft-deleted ones marked. */
export function rowsOf(snapshot: RegistrySnapshot): readonly string[] {
  return snapshot.contexts.flatMap((context) =>
    context.subjects.flatMap((subject) =>
      subject.versions.map(
        (row) =>
          `${context.name === '.' ? '' : `:${context.name}:`}${subject.name} v${row.version} id ${row.id} ${row.guid}${row.deleted ? ' deleted' : ''}`,
      ),
    ),
  );
}
